// room: sync
/* SSHSIG signatures and OpenSSH key texts, checked against the stock ssh-keygen and git. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jemput/sshsig.h"
#include "scratch.h"

struct fixture {
    char dir[64];
    unsigned char public_key[32], secret[64];
};

static void put(const struct fixture *f, const char *name, const void *p, size_t n)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(p, 1, n, out), n);
    assert_int_equal(fclose(out), 0);
}

/* Runs a shell line inside the folder; its exit code. */
static int run(const struct fixture *f, const char *line)
{
    char command[2048];
    snprintf(command, sizeof command, "cd %s && export HOME=%s && ( %s ) >out 2>&1", f->dir, f->dir, line);
    int status = system(command);
    return status;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    scratch_dir(f->dir, sizeof f->dir, "sshsig");
    if (sodium_init() < 0)
        return -1;
    crypto_sign_keypair(f->public_key, f->secret);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", f->dir);
    int status = system(command);
    free(f);
    return status;
}

static void sign(const struct fixture *f, const char *msg, struct jem_buf *out)
{
    struct jem_error err;
    assert_int_equal(jem_sshsig_sign(f->secret, msg, strlen(msg), out, &err), JEM_OK);
}

static enum jem_code verify(const struct fixture *f, const struct jem_buf *armor, const char *msg)
{
    struct jem_error err = { 0 };
    return jem_sshsig_verify(jem_buf_text(armor), armor->len, msg, strlen(msg), f->public_key, &err);
}

static void put_signers(const struct fixture *f)
{
    struct jem_buf line = JEM_BUF_INIT(4096);
    jem_buf_str(&line, "van-3@jemput.invalid ");
    assert_int_equal(jem_ssh_public_text(f->public_key, "van 3", &line, NULL), JEM_OK);
    jem_buf_byte(&line, '\n');
    put(f, "signers", line.data, line.len);
    jem_buf_release(&line);
}

static void stock_ssh_keygen_accepts(void **state)
{
    const struct fixture *f = *state;
    const char *msg = "tree 1234\n\nsegment 12: events 341-420\n";
    struct jem_buf armor = JEM_BUF_INIT(4096);
    sign(f, msg, &armor);
    assert_int_not_equal(armor.data[armor.len - 1], '\n');
    put(f, "sig", armor.data, armor.len);
    put(f, "msg", msg, strlen(msg));
    put(f, "wrong", "tree 1235", 9);
    put_signers(f);
    assert_int_equal(run(f, "ssh-keygen -Y verify -f signers -I van-3@jemput.invalid -n git -s sig <msg"), 0);
    assert_int_not_equal(run(f, "ssh-keygen -Y verify -f signers -I van-3@jemput.invalid -n git -s sig <wrong"), 0);
    assert_int_not_equal(run(f, "ssh-keygen -Y verify -f signers -I van-3@jemput.invalid -n file -s sig <msg"), 0);
    jem_buf_release(&armor);
}

static void stock_ssh_keygen_reads_the_private_key_and_we_accept_its_signature(void **state)
{
    const struct fixture *f = *state;
    struct jem_buf text = JEM_BUF_INIT(4096), armor = JEM_BUF_INIT(8192);
    assert_int_equal(jem_ssh_private_text(f->secret, "van 3", &text, NULL), JEM_OK);
    put(f, "key", text.data, text.len);
    put(f, "msg", "hello", 5);
    jem_buf_clear(&text);
    assert_int_equal(jem_ssh_public_text(f->public_key, "van 3", &text, NULL), JEM_OK);
    jem_buf_byte(&text, '\n');
    put(f, "key.want", text.data, text.len);
    assert_int_equal(run(f, "chmod 600 key && ssh-keygen -y -f key >key.got && cmp key.got key.want"), 0);
    assert_int_equal(run(f, "rm -f msg.sig && ssh-keygen -Y sign -f key -n git msg && cp msg.sig sig"), 0);

    char path[256];
    snprintf(path, sizeof path, "%s/sig", f->dir);
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    for (int c; (c = fgetc(in)) != EOF;)
        jem_buf_byte(&armor, (unsigned char)c);
    fclose(in);
    assert_int_equal(verify(f, &armor, "hello"), JEM_OK);
    assert_int_equal(verify(f, &armor, "hallo"), JEM_ECORRUPT);
    jem_buf_release(&text);
    jem_buf_release(&armor);
}

static void stock_git_verify_commit_accepts(void **state)
{
    const struct fixture *f = *state;
    put_signers(f);
    assert_int_equal(run(f, "rm -rf r && git init -q r && cd r && git mktree </dev/null"), 0);
    const char *body = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
                       "author van 3 <van-3@jemput.invalid> 1790000000 +0000\n"
                       "committer van 3 <van-3@jemput.invalid> 1790000000 +0000\n";
    const char *message = "\nsegment 1: events 1-20\n";
    struct jem_buf whole = JEM_BUF_INIT(8192), armor = JEM_BUF_INIT(4096), commit = JEM_BUF_INIT(8192);
    jem_buf_str(&whole, body);
    jem_buf_str(&whole, message);
    sign(f, jem_buf_text(&whole), &armor);
    jem_buf_str(&commit, body);
    jem_buf_str(&commit, "gpgsig ");
    for (size_t i = 0; i < armor.len; i++) {
        jem_buf_byte(&commit, armor.data[i]);
        if (armor.data[i] == '\n')
            jem_buf_byte(&commit, ' ');
    }
    jem_buf_byte(&commit, '\n');
    jem_buf_str(&commit, message);
    put(f, "r/commit", commit.data, commit.len);
    assert_int_equal(run(f, "cd r && git config gpg.format ssh && git config gpg.ssh.allowedSignersFile ../signers && "
                            "git fsck --strict && git verify-commit $(git hash-object -t commit -w commit)"),
        0);
    assert_int_not_equal(run(f, "cd r && sed 's/1-20/1-21/' commit >other && "
                                "git verify-commit $(git hash-object -t commit -w other)"),
        0);
    jem_buf_release(&whole);
    jem_buf_release(&armor);
    jem_buf_release(&commit);
}

/* Every character of the armour, every bit: nothing that differs in substance may pass. */
static void any_change_is_refused(void **state)
{
    const struct fixture *f = *state;
    struct jem_buf armor = JEM_BUF_INIT(4096);
    sign(f, "message", &armor);
    assert_int_equal(verify(f, &armor, "message"), JEM_OK);
    for (size_t i = 0; i < armor.len; i++) {
        unsigned char was = armor.data[i];
        for (int bit = 0; bit < 7; bit++) {
            armor.data[i] = was ^ (unsigned char)(1u << bit);
            /* A carriage return where a line break was is the same signature. */
            if (!(was == '\n' && armor.data[i] == '\r'))
                assert_int_equal(verify(f, &armor, "message"), JEM_ECORRUPT);
        }
        armor.data[i] = was;
    }
    for (size_t n = 0; n < armor.len; n++)
        assert_int_equal(jem_sshsig_verify(jem_buf_text(&armor), n, "message", 7, f->public_key, NULL), JEM_ECORRUPT);
    jem_buf_str(&armor, "\n");
    assert_int_equal(verify(f, &armor, "message"), JEM_OK);
    jem_buf_str(&armor, "x");
    assert_int_equal(verify(f, &armor, "message"), JEM_ECORRUPT);
    jem_buf_release(&armor);
}

static void another_key_is_refused(void **state)
{
    const struct fixture *f = *state;
    struct jem_buf armor = JEM_BUF_INIT(4096);
    struct jem_error err;
    unsigned char other_public[32], other_secret[64];
    crypto_sign_keypair(other_public, other_secret);
    assert_int_equal(jem_sshsig_sign(other_secret, "m", 1, &armor, &err), JEM_OK);
    assert_int_equal(jem_sshsig_verify(jem_buf_text(&armor), armor.len, "m", 1, f->public_key, &err), JEM_ECORRUPT);
    assert_int_equal(jem_sshsig_verify(jem_buf_text(&armor), armor.len, "m", 1, other_public, &err), JEM_OK);
    jem_buf_release(&armor);
}

static void comments_stay_on_their_line(void **state)
{
    const struct fixture *f = *state;
    struct jem_buf out = JEM_BUF_INIT(4096);
    struct jem_error err;
    assert_int_equal(jem_ssh_public_text(f->public_key, "a\nssh-ed25519 AAAA", &out, &err), JEM_EINVAL);
    assert_int_equal(jem_ssh_private_text(f->secret, "a\rb", &out, &err), JEM_EINVAL);
    assert_int_equal(out.len, 0);
    assert_int_equal(jem_ssh_public_text(f->public_key, "", &out, &err), JEM_OK);
    assert_int_equal(strncmp(jem_buf_text(&out), "ssh-ed25519 AAAA", 16), 0);
    assert_true(isalnum(out.data[out.len - 1]) || strchr("+/=", out.data[out.len - 1]) != NULL);
    jem_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stock_ssh_keygen_accepts),
        cmocka_unit_test(stock_ssh_keygen_reads_the_private_key_and_we_accept_its_signature),
        cmocka_unit_test(stock_git_verify_commit_accepts),
        cmocka_unit_test(any_change_is_refused),
        cmocka_unit_test(another_key_is_refused),
        cmocka_unit_test(comments_stay_on_their_line),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
