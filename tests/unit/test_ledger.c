// room: sync
/* test_ledger.c - hub addresses, the hub's settings, seals and what stock git says of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/file.h"
#include "pack.h"
#include "regency.h"
#include "scratch.h"
#include "seal.h"
#include "unit.h"

static void url_case(const char *url, const char *clean, const char *user, const char *password)
{
    char c[512], u[128], p[256];
    struct jem_error err = { 0 };
    if (jem_hub_url_split(url, c, u, p, &err) != JEM_OK)
        fail_msg("%s: %s", url, err.msg);
    assert_string_equal(c, clean);
    assert_string_equal(u, user);
    assert_string_equal(p, password);
}

static void test_url(void **state)
{
    static const char *const bad[] = { "", "ftp://host/x", "http://", "http://host", "http:///x", "http://u%4@h/x",
        "http://u%00@h/x", "ssh://user:secret@host/x", "@host:x", "-oProxyCommand=x", "git://host/x", "http://h/x\ny",
        "file://relative" };
    char c[512], u[128], p[256], long_url[700];
    (void)state;
    url_case("http://van07:rahasia@hub.example/git/x.git", "http://hub.example/git/x.git", "van07", "rahasia");
    url_case("https://hub.example:8443/x", "https://hub.example:8443/x", "", "");
    url_case("https://van%4007:a%3Ab%2Fc@h/x", "https://h/x", "van@07", "a:b/c");
    url_case("https://u@h/x", "https://h/x", "u", "");
    url_case("ssh://git@host:2222/srv/x.git", "ssh://git@host:2222/srv/x.git", "git", "");
    url_case("git@host:srv/x.git", "git@host:srv/x.git", "git", "");
    url_case("file:///srv/x.git", "/srv/x.git", "", "");
    url_case("/srv/x.git", "/srv/x.git", "", "");
    assert_int_equal(jem_hub_url_split("stick/x.git", c, u, p, NULL), JEM_OK);
    assert_int_equal(c[0], '/');
    assert_string_equal(c + strlen(c) - 12, "/stick/x.git");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (jem_hub_url_split(bad[i], c, u, p, NULL) != JEM_EINVAL)
            fail_msg("taken: %s", bad[i]);
    memset(long_url, 'a', sizeof long_url - 1);
    long_url[sizeof long_url - 1] = '\0';
    memcpy(long_url, "http://h/", 9);
    assert_int_equal(jem_hub_url_split(long_url, c, u, p, NULL), JEM_EINVAL);
}

static void test_hub(void **state)
{
    struct regency r = { 0 };
    struct jem_error err = { 0 };
    char path[128];
    (void)state;
    jem_lang_set(JEM_LANG_EN);
    scratch_dir(r.root, sizeof r.root, "ledger");
    snprintf(r.hub, sizeof r.hub, "%s/hub.git", r.root);
    assert_int_equal(jem_hub_init(r.hub, &err), JEM_OK);
    assert_int_equal(jem_hub_init(r.hub, &err), JEM_OK);
    static const char *const settings[] = { "receive.unpackLimit 1", "core.fsync all", "receive.fsckObjects true",
        "receive.denyNonFastForwards true", "http.receivepack true", "core.sharedRepository 1" };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        char key[64], value[16];
        assert_int_equal(sscanf(settings[i], "%63s %15s", key, value), 2);
        assert_int_equal(regency_git(&r, "-C hub.git config --get %s '^%s$'", key, value), 0);
    }
    assert_int_equal(regency_git(&r, "-C hub.git fsck --strict"), 0);
    snprintf(path, sizeof path, "%s/taken", r.root);
    assert_int_equal(regency_git(&r, "init -q taken && touch taken/photo.jpg"), 0);
    assert_int_equal(jem_hub_init(path, &err), JEM_EEXISTS);
    assert_non_null(strstr(err.msg, path));
    regency_free(&r);
}

static struct jem_seal_plan van_plan(size_t max_events)
{
    return (struct jem_seal_plan){ .ref = "refs/heads/van/3/1.1",
        .stream = { 3, 0, 1, 0 },
        .peer = 0,
        .max_events = max_events,
        .max_bytes = 256 << 10 };
}

static void test_seal(void **state)
{
    struct regency r;
    struct jem_error err = { 0 };
    struct jem_ledger *ledger = NULL;
    struct jem_keys *keys = NULL;
    struct jem_seal_plan plan = van_plan(100);
    char first[JEM_OID_HEX], head[JEM_OID_HEX];
    size_t commits;
    (void)state;
    regency_make(&r, 1);
    uint64_t before = regency_count(r.van[0], 3, 0);
    regency_apply_many(r.van[0], 350, 1);
    assert_int_equal(jem_ledger_open(r.van_dir[0], &ledger, &err), JEM_OK);
    assert_int_equal(jem_keys_load(r.van[0], &keys, &err), JEM_OK);
    assert_int_not_equal(regency_git(&r, "-C van3/ledger.git rev-parse --verify -q %s", plan.ref), 0);
    assert_int_equal(jem_ledger_seal(ledger, r.van[0], keys, &plan, &commits, &err), JEM_OK);
    assert_int_equal(commits, (before + 350 + 99) / 100);
    regency_head(&r, "van3/ledger.git", plan.ref, first);
    assert_int_equal(strlen(first), 40);
    /* one pack, nothing loose */
    assert_int_equal(regency_git(&r,
                         "-C van3/ledger.git count-objects -v >o && grep -qx 'count: 0' o && grep -qx 'packs: 1' o"),
        0);
    assert_int_equal(regency_git(&r,
                         "-C van3/ledger.git fsck --strict >o 2>&1 && ! grep -E 'error|warning|dangling' o"),
        0);
    /* the tree has one file, the message the run of events */
    assert_int_equal(regency_git(&r, "-C van3/ledger.git ls-tree refs/heads/van/3/1.1 >tree && test $(wc -l <tree) = 1 "
                                     "&& grep -q 'segment$' tree"),
        0);
    assert_int_equal(regency_git(&r,
                         "-C van3/ledger.git log -1 --format=%%s%%an%%ae%%ai refs/heads/van/3/1.1 >o && "
                         "grep -qE '^segment [0-9]+: events [0-9]+-%d.*\\+0000$' o",
                         (int)before + 350),
        0);
    /* nothing new, nothing made */
    assert_int_equal(jem_ledger_seal(ledger, r.van[0], keys, &plan, &commits, &err), JEM_OK);
    assert_int_equal(commits, 0);
    regency_head(&r, "van3/ledger.git", plan.ref, head);
    assert_string_equal(head, first);
    /* a crash between pack and ref: the ref tells what is sealed, and the run goes on without a gap */
    regency_apply_many(r.van[0], 10, 2);
    assert_int_equal(jem_ledger_seal(ledger, r.van[0], keys, &plan, &commits, &err), JEM_OK);
    assert_int_equal(commits, 1);
    assert_int_equal(regency_git(&r, "-C van3/ledger.git update-ref refs/heads/van/3/1.1 %s", first), 0);
    struct jem_event_id next;
    assert_int_equal(jem_seal_next(ledger, &plan, &next, &err), JEM_OK);
    assert_int_equal(next.seq, before + 351);
    assert_int_equal(jem_ledger_seal(ledger, r.van[0], keys, &plan, &commits, &err), JEM_OK);
    assert_int_equal(commits, 1);
    assert_int_equal(jem_seal_next(ledger, &plan, &next, &err), JEM_OK);
    assert_int_equal(next.seq, before + 361);
    jem_keys_free(keys);
    jem_ledger_free(ledger);
    regency_free(&r);
}

/* Names and numbers of applicants stand in no object of the ledger. */
static void test_secret(void **state)
{
    struct regency r;
    struct jem_error err = { 0 };
    struct jem_ledger *ledger = NULL;
    struct jem_keys *keys = NULL;
    struct jem_seal_plan plan = van_plan(500);
    size_t commits;
    (void)state;
    regency_make(&r, 1);
    regency_apply(r.van[0], "3273014501900007", "Siti Zulaikha Wangsadinata");
    assert_int_equal(jem_ledger_open(r.van_dir[0], &ledger, &err), JEM_OK);
    assert_int_equal(jem_keys_load(r.van[0], &keys, &err), JEM_OK);
    assert_int_equal(jem_ledger_seal(ledger, r.van[0], keys, &plan, &commits, &err), JEM_OK);
    assert_int_equal(commits, 1);
    assert_int_equal(
        regency_git(&r,
            "-C van3/ledger.git cat-file --batch-all-objects --batch >all && test -s all && "
            "grep -q 'segment' all && ! grep -aqE '3273014501900007|Zulaikha|Wangsadinata|akta-kelahiran' all"),
        0);
    jem_keys_free(keys);
    jem_ledger_free(ledger);
    regency_free(&r);
}

static void test_signers(void **state)
{
    struct regency r;
    struct jem_error err = { 0 };
    struct jem_buf out = JEM_BUF_INIT(1 << 16);
    (void)state;
    regency_make(&r, 2);
    assert_int_equal(jem_ledger_signers(r.hq, &out, &err), JEM_OK);
    const char *text = jem_buf_text(&out);
    assert_true(strncmp(text, "hq@jemput.invalid namespaces=\"git\" ssh-ed25519 AAAA", 50) == 0);
    assert_non_null(strstr(text, "\nvan-3@jemput.invalid namespaces=\"git\" ssh-ed25519 AAAA"));
    assert_non_null(strstr(text, "\nvan-7@jemput.invalid namespaces=\"git\" ssh-ed25519 AAAA"));
    jem_buf_clear(&out);
    assert_int_equal(jem_ledger_signers(r.van[1], &out, &err), JEM_OK);
    assert_non_null(strstr(jem_buf_text(&out), "van-7@"));
    assert_null(strstr(jem_buf_text(&out), "van-3@"));
    jem_buf_release(&out);
    regency_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_url),
        cmocka_unit_test(test_hub),
        cmocka_unit_test(test_seal),
        cmocka_unit_test(test_secret),
        cmocka_unit_test(test_signers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
