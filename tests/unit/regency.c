/* regency.c - a scratch regency, and stock git to check it with. */
#include "regency.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cheap_slot.h"
#include "jemput/codec.h"
#include "jemput/file.h"
#include "prop.h"
#include "scratch.h"
#include "unit.h"

const unsigned regency_number[REGENCY_VANS] = { 3, 7, 12 };
const struct jem_clock *regency_clock;

static const struct jem_clock *clock_now(void)
{
    return regency_clock != NULL ? regency_clock : jem_clock_system();
}

static void good(enum jem_code code, const struct jem_error *err)
{
    if (code != JEM_OK)
        fail_msg("%s: %s", jem_code_name(code), err->msg);
}

static void regency_catalog(struct jem_store *hq)
{
    struct jem_error err = { 0 };
    json_t *catalog = NULL;
    good(jem_catalog_read_dir("src/record/catalog", &catalog, &err), &err);
    json_t *body = json_pack("{s:i,s:o}", "version", 1, "catalog", catalog);
    good(jem_store_begin(hq, &err), &err);
    good(jem_store_append(hq, 0, 0, "catalog.published", body, REGENCY_USER, NULL, &err), &err);
    good(jem_store_commit(hq, &err), &err);
    json_decref(body);
}

static void regency_enrol(struct regency *r, unsigned i)
{
    struct jem_error err = { 0 };
    struct jem_buf request = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX), grant = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    struct jem_enrol_words words, again;
    good(jem_enrol_request(r->van[i], &request, &words, &err), &err);
    good(jem_enrol_grant(r->hq, REGENCY_USER, request.data, request.len, regency_number[i], &grant, &words, &again,
             &err),
        &err);
    good(jem_enrol_accept(r->van[i], REGENCY_USER, grant.data, grant.len, &words, &err), &err);
    good(jem_store_meta_set(r->van[i], "hub", r->hub, &err), &err);
    jem_buf_release(&request);
    jem_buf_release(&grant);
}

void regency_enrol_more(struct regency *r, unsigned i)
{
    struct jem_error err = { 0 };
    char dir[sizeof r->van_dir[i]];
    snprintf(dir, sizeof dir, "%s/van%u", r->root, regency_number[i]);
    memcpy(r->van_dir[i], dir, sizeof dir);
    good(jem_store_create(r->van_dir[i], JEM_ROLE_VAN, "Van", REGENCY_USER, REGENCY_PASSPHRASE, clock_now(), &r->van[i],
             &err),
        &err);
    good(cheap_slot(r->van_dir[i], REGENCY_USER, REGENCY_PASSPHRASE, &err), &err);
    good(jem_keys_create(r->van[i], &err), &err);
    regency_enrol(r, i);
}

void regency_make(struct regency *r, unsigned vans)
{
    struct jem_error err = { 0 };
    *r = (struct regency){ 0 };
    jem_lang_set(JEM_LANG_EN);
    scratch_dir(r->root, sizeof r->root, "regency");
    snprintf(r->hub, sizeof r->hub, "%s/hub.git", r->root);
    snprintf(r->hq_dir, sizeof r->hq_dir, "%s/hq", r->root);
    good(jem_hub_init(r->hub, &err), &err);
    good(jem_store_create(r->hq_dir, JEM_ROLE_HQ, "Pusat", REGENCY_USER, REGENCY_PASSPHRASE, clock_now(), &r->hq, &err),
        &err);
    good(cheap_slot(r->hq_dir, REGENCY_USER, REGENCY_PASSPHRASE, &err), &err);
    good(jem_keys_create(r->hq, &err), &err);
    good(jem_store_meta_set(r->hq, "hub", r->hub, &err), &err);
    regency_catalog(r->hq);
    for (unsigned i = 0; i < vans; i++)
        regency_enrol_more(r, i);
}

void regency_close(struct regency *r)
{
    jem_store_close(r->hq);
    r->hq = NULL;
    for (unsigned i = 0; i < REGENCY_VANS; i++) {
        jem_store_close(r->van[i]);
        r->van[i] = NULL;
    }
}

void regency_open(struct regency *r)
{
    struct jem_error err = { 0 };
    good(jem_store_open(r->hq_dir, REGENCY_USER, REGENCY_PASSPHRASE, clock_now(), &r->hq, &err), &err);
    for (unsigned i = 0; i < REGENCY_VANS && r->van_dir[i][0] != '\0'; i++)
        good(jem_store_open(r->van_dir[i], REGENCY_USER, REGENCY_PASSPHRASE, clock_now(), &r->van[i], &err), &err);
}

void regency_free(struct regency *r)
{
    char command[128];
    regency_close(r);
    snprintf(command, sizeof command, "rm -rf '%s'", r->root);
    assert_int_equal(system(command), 0);
}

/* ---- work ---- */

static uint64_t regency_submit(struct jem_store *van, const char *nik, const char *name)
{
    struct jem_error err = { 0 };
    uint64_t number;
    json_t *body = json_pack("{s:s,s:i,s:s,s:{s:s,s:s},s:[]}", "service", "akta-kelahiran", "catalog", 1, "channel",
        "van", "fields", "nik", nik, "name", name, "warnings");
    good(jem_store_number_new(van, &number, &err), &err);
    good(jem_store_append(van, 0, number, "application.submitted", body, REGENCY_USER, NULL, &err), &err);
    json_decref(body);
    return number;
}

uint64_t regency_apply(struct jem_store *van, const char *nik, const char *name)
{
    struct jem_error err = { 0 };
    good(jem_store_begin(van, &err), &err);
    uint64_t number = regency_submit(van, nik, name);
    good(jem_store_commit(van, &err), &err);
    return number;
}

void regency_apply_many(struct jem_store *van, unsigned count, unsigned seed)
{
    struct jem_error err = { 0 };
    good(jem_store_begin(van, &err), &err);
    for (unsigned i = 0; i < count; i++) {
        char nik[20], name[40];
        snprintf(nik, sizeof nik, "3273%02u%02u0190%04u", 1 + seed % 30, 1 + i / 9000 % 28, 1 + i % 9000);
        snprintf(name, sizeof name, "Pemohon %u %u", seed, i);
        regency_submit(van, nik, name);
    }
    good(jem_store_commit(van, &err), &err);
}

void regency_attach(struct jem_store *van, uint64_t number, size_t size, uint64_t seed)
{
    struct jem_error err = { 0 };
    struct prop g = { seed };
    unsigned char hash[32], preview_hash[32], preview[3000], *bytes = malloc(size);
    char hex[65], preview_hex[65];
    assert_non_null(bytes);
    prop_bytes(&g, bytes, size);
    prop_bytes(&g, preview, sizeof preview);
    jem_hash(bytes, size, hash);
    jem_hash(preview, sizeof preview, preview_hash);
    jem_hex(hash, 32, hex);
    jem_hex(preview_hash, 32, preview_hex);
    json_t *body = json_pack("{s:i,s:s,s:s,s:I,s:s,s:[{s:s,s:i}]}", "ordinal", 1, "kind", "kk", "mime", "image/jpeg",
        "size", (json_int_t)size, "hash", hex, "pages", "preview", preview_hex, "size", (int)sizeof preview);
    good(jem_store_begin(van, &err), &err);
    good(jem_store_blob_put(van, hash, JEM_BLOB_ORIGINAL, bytes, size, &err), &err);
    good(jem_store_blob_put(van, preview_hash, JEM_BLOB_PREVIEW, preview, sizeof preview, &err), &err);
    good(jem_store_append(van, 0, number, "document.attached", body, REGENCY_USER, NULL, &err), &err);
    good(jem_store_commit(van, &err), &err);
    json_decref(body);
    free(bytes);
}

void regency_decide(struct jem_store *hq, uint64_t number, const char *from, const char *to)
{
    struct jem_error err = { 0 };
    json_t *body = json_pack("{s:s,s:s}", "from", from, "to", to);
    good(jem_store_begin(hq, &err), &err);
    good(jem_store_append(hq, (uint16_t)jem_number_van(number), number, "status.changed", body, REGENCY_USER, NULL,
             &err),
        &err);
    good(jem_store_commit(hq, &err), &err);
    json_decref(body);
}

/* ---- rounds ---- */

static const struct jem_round_options plain;

struct jem_round_report regency_van(struct regency *r, unsigned i)
{
    struct jem_round_report report;
    struct jem_error err = { 0 };
    good(jem_round_van(r->van[i], &plain, &report, &err), &err);
    return report;
}

struct jem_round_report regency_merge(struct regency *r)
{
    struct jem_round_report report;
    struct jem_error err = { 0 };
    good(jem_round_merge(r->hq, REGENCY_USER, &plain, &report, &err), &err);
    return report;
}

struct jem_round_report regency_publish(struct regency *r)
{
    struct jem_round_report report;
    struct jem_error err = { 0 };
    good(jem_round_publish(r->hq, REGENCY_USER, &plain, &report, &err), &err);
    return report;
}

void regency_sync(struct regency *r, unsigned i)
{
    regency_van(r, i);
    regency_merge(r);
    regency_publish(r);
    struct jem_round_report report = regency_van(r, i);
    if (report.refused[0] != '\0')
        fail_msg("the feed was refused: %s", report.refused);
}

uint64_t regency_count(struct jem_store *store, unsigned writer, unsigned lane)
{
    struct jem_error err = { 0 };
    struct jem_stream_head head;
    good(jem_store_head(store, (uint16_t)writer, (uint16_t)lane, 1, &head, &err), &err);
    return head.last.seq;
}

void regency_same(struct jem_store *a, struct jem_store *b, unsigned writer, unsigned lane)
{
    struct jem_error err = { 0 };
    struct jem_stream_head x, y;
    good(jem_store_head(a, (uint16_t)writer, (uint16_t)lane, 1, &x, &err), &err);
    good(jem_store_head(b, (uint16_t)writer, (uint16_t)lane, 1, &y, &err), &err);
    assert_int_equal(x.last.seq, y.last.seq);
    assert_memory_equal(x.hash, y.hash, 32);
}

/* ---- stock git ---- */

int regency_git(const struct regency *r, const char *fmt, ...)
{
    char args[1024], command[1600];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(args, sizeof args, fmt, ap);
    va_end(ap);
    snprintf(command, sizeof command,
        "cd '%s' && HOME=%s git -c user.name=x -c user.email=x@x.invalid %s >git.out 2>&1", r->root, r->root, args);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void regency_head(const struct regency *r, const char *repository, const char *rev, char out[JEM_OID_HEX])
{
    char path[96];
    assert_int_equal(regency_git(r, "-C '%s' rev-parse --verify -q '%s'", repository, rev), 0);
    snprintf(path, sizeof path, "%s/git.out", r->root);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%40s", out), 1);
    fclose(f);
}

void regency_hub_clean(struct regency *r)
{
    struct jem_error err = { 0 };
    struct jem_buf signers = JEM_BUF_INIT(1 << 20), out = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    char path[160];
    assert_int_equal(regency_git(r, "-C hub.git fsck --strict --full"), 0);
    snprintf(path, sizeof path, "%s/git.out", r->root);
    good(jem_file_read(path, 1 << 20, &out, &err), &err);
    assert_null(strstr(jem_buf_text(&out), "error"));
    assert_null(strstr(jem_buf_text(&out), "warning"));
    good(jem_ledger_signers(r->hq, &signers, &err), &err);
    snprintf(path, sizeof path, "%s/signers", r->root);
    good(jem_file_write(path, signers.data, signers.len, 0600, &err), &err);
    assert_int_equal(regency_git(r,
                         "-C hub.git rev-list --glob=refs/heads/van --glob=refs/heads/feed --glob=refs/heads/hq"),
        0);
    assert_int_equal(regency_git(r,
                         "-C hub.git rev-list --glob=refs/heads/van --glob=refs/heads/feed --glob=refs/heads/hq >revs "
                         "&& test -s revs && "
                         "xargs git -c gpg.ssh.allowedSignersFile=%s/signers -C hub.git verify-commit <revs",
                         r->root),
        0);
    jem_buf_release(&signers);
    jem_buf_release(&out);
}

const char *regency_refs(struct regency *r, char *buf, size_t cap)
{
    struct jem_error err = { 0 };
    struct jem_buf out = JEM_BUF_INIT(cap);
    char path[96];
    assert_int_equal(regency_git(r, "-C hub.git for-each-ref"), 0);
    snprintf(path, sizeof path, "%s/git.out", r->root);
    good(jem_file_read(path, cap - 1, &out, &err), &err);
    snprintf(buf, cap, "%s", jem_buf_text(&out));
    jem_buf_release(&out);
    return buf;
}
