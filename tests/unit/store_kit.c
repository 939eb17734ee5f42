/* store_kit.c - a scratch store for suites. */
#include "store_kit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cheap_slot.h"
#include "gen_events.h"
#include "jemput/file.h"
#include "scratch.h"
#include "unit.h"

static int64_t kit_now(void *ctx)
{
    struct kit *kit = ctx;
    return kit->now_ms;
}

static enum jem_clock_source kit_source(void *ctx)
{
    (void)ctx;
    return JEM_CLOCK_OPERATOR;
}

void kit_open(struct kit *kit, enum jem_role role, int van)
{
    struct jem_error err = { 0 };
    memset(kit, 0, sizeof *kit);
    kit->now_ms = 1795250000000; /* November 2026 */
    kit->clock = (struct jem_clock){ kit_now, kit_source, kit };
    scratch_dir(kit->dir, sizeof kit->dir, "store");
    enum jem_code rc = jem_store_create(kit->dir, role, role == JEM_ROLE_HQ ? "Dinas" : "Van Uji", "siti",
        KIT_PASSPHRASE, &kit->clock, &kit->store, &err);
    if (rc == JEM_OK)
        rc = cheap_slot(kit->dir, "siti", KIT_PASSPHRASE, &err);
    if (rc != JEM_OK)
        fail_msg("%s", err.msg);
    if (van > 0) {
        char text[12];
        (void)snprintf(text, sizeof text, "%d", van);
        assert_int_equal(jem_store_meta_set(kit->store, "van", text, &err), JEM_OK);
        assert_int_equal(jem_store_writer(kit->store), van);
    }
}

void kit_close(struct kit *kit)
{
    jem_store_close(kit->store);
    kit->store = NULL;
    DIR *d = opendir(kit->dir);
    assert_non_null(d);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        char path[400];
        (void)snprintf(path, sizeof path, "%s/%s", kit->dir, e->d_name);
        if (e->d_name[0] != '.')
            (void)unlink(path);
    }
    (void)closedir(d);
    assert_int_equal(rmdir(kit->dir), 0);
}

void kit_begin(struct jem_store *store)
{
    struct jem_error err = { 0 };
    if (jem_store_begin(store, &err) != JEM_OK)
        fail_msg("%s", err.msg);
}

void kit_commit(struct jem_store *store)
{
    struct jem_error err = { 0 };
    if (jem_store_commit(store, &err) != JEM_OK)
        fail_msg("%s", err.msg);
}

json_t *kit_submitted(const char *service, const char *nik, const char *name, const char *village)
{
    json_t *body = json_pack("{s:s, s:i, s:s, s:{s:s, s:s, s:s}, s:[]}", "service", service, "catalog", 1, "channel",
        "van", "fields", "nik", nik, "name", name, "village", village, "warnings");
    assert_non_null(body);
    return body;
}

struct jem_event_id kit_append(struct kit *kit, uint16_t lane, uint64_t number, const char *kind, json_t *body)
{
    struct jem_error err = { 0 };
    struct jem_event_id id = { 0 };
    bool own = jem_store_begin(kit->store, &err) == JEM_OK;
    assert_true(own);
    enum jem_code rc = jem_store_append(kit->store, lane, number, kind, body, "siti", &id, &err);
    if (rc != JEM_OK)
        fail_msg("%s", err.msg);
    kit_commit(kit->store);
    json_decref(body);
    return id;
}

void kit_next_about(struct kit *kit, struct kit_stream *s, uint64_t subject, const char *kind, json_t *body)
{
    struct jem_error err = { 0 };
    struct jem_event before = { 0 };
    size_t added = 0;
    assert_non_null(body);
    kit->now_ms += 1000;
    memcpy(before.hash, s->hash, 32);
    struct jem_event e =
        gen_event(s->writer, s->lane, ++s->seq, (uint64_t)kit->now_ms << 16, subject, kind, body, &before);
    e.id.inc = s->inc;
    jem_event_seal(&e);
    memcpy(s->hash, e.hash, 32);
    kit_begin(kit->store);
    enum jem_code rc = jem_store_import(kit->store, &e, 1, &added, &err);
    if (rc != JEM_OK)
        fail_msg("%s", err.msg);
    kit_commit(kit->store);
    assert_int_equal(added, 1);
    jem_event_release(&e);
}

void kit_next(struct kit *kit, struct kit_stream *s, const char *kind, json_t *body)
{
    kit_next_about(kit, s, 0, kind, body);
}

struct kit_stream kit_restored(const struct kit_stream *from, uint16_t inc)
{
    struct kit_stream s = *from;
    s.inc = inc;
    s.seq = 0;
    return s;
}

uint64_t kit_submit(struct kit *kit, const char *service, const char *nik, const char *name)
{
    struct jem_error err = { 0 };
    uint64_t number = 0;
    json_t *body = kit_submitted(service, nik, name, "3203012001");
    kit_begin(kit->store);
    assert_int_equal(jem_store_number_new(kit->store, &number, &err), JEM_OK);
    enum jem_code rc = jem_store_append(kit->store, 0, number, "application.submitted", body, "siti", NULL, &err);
    if (rc != JEM_OK)
        fail_msg("%s", err.msg);
    kit_commit(kit->store);
    json_decref(body);
    return number;
}

void kit_digest(struct jem_store *store, bool rebuild, char out[65])
{
    struct jem_error err = { 0 };
    json_t *report = NULL;
    enum jem_code rc = jem_store_audit(store, rebuild, &report, &err);
    if (rc != JEM_OK)
        fail_msg("%s: %s", err.msg, report == NULL ? "" : json_dumps(json_object_get(report, "problems"), 0));
    assert_true(jem_json_bool(report, "views_equal", false));
    (void)snprintf(out, 65, "%s", jem_json_str(report, "digest", ""));
    json_decref(report);
}

bool kit_file_holds(const char *dir, const char *name, const char *text)
{
    char path[400];
    struct jem_error err = { 0 };
    struct jem_buf file = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(jem_file_read(path, JEM_BUF_DEFAULT_MAX, &file, &err), JEM_OK);
    bool found = memmem(file.data, file.len, text, strlen(text)) != NULL;
    jem_buf_release(&file);
    return found;
}

json_t *kit_enrolled(int van, char sign, char box, int epoch, int inc)
{
    char a[65], b[65];
    memset(a, sign, 64);
    memset(b, box, 64);
    a[64] = b[64] = '\0';
    return json_pack("{s:i, s:s, s:s, s:s, s:i, s:i}", "van", van, "name", "Van Uji", "sign", a, "box", b, "epoch",
        epoch, "inc", inc);
}

json_t *kit_acked(int writer, int inc, int seq, const char *level, int scan, json_t *missing)
{
    char hash[65];
    memset(hash, '0', 64);
    hash[64] = '\0';
    return json_pack("{s:i, s:i, s:i, s:s, s:s, s:s, s:i, s:o}", "writer", writer, "inc", inc, "seq", seq, "hash", hash,
        "level", level, "head", "00000000000000000000000000000000000000aa", "scan", scan, "missing",
        missing == NULL ? json_array() : missing);
}

json_t *kit_note(void)
{
    return json_pack("{s:s}", "reason", "-");
}

int64_t kit_count(struct kit *kit, const char *what)
{
    struct jem_error err = { 0 };
    json_t *counts = NULL;
    assert_int_equal(jem_store_counts(kit->store, &counts, &err), JEM_OK);
    assert_non_null(json_object_get(counts, what));
    int64_t n = jem_json_int(counts, what, -1);
    json_decref(counts);
    return n;
}

void kit_expect_ack(struct kit *kit, uint16_t writer, uint16_t lane, const char *level, uint64_t seq, uint64_t scan)
{
    struct jem_error err = { 0 };
    uint64_t a = 0, b = 0;
    assert_int_equal(jem_store_ack(kit->store, writer, lane, 1, level, &a, &b, &err), JEM_OK);
    assert_int_equal(a, seq);
    assert_int_equal(b, scan);
}

/* ---- many ---- */

void kit_fill(struct jem_store *store, int64_t *now_ms, size_t count)
{
    static struct prop rng = { 11 };
    for (size_t done = 0; done < count;) {
        kit_begin(store);
        for (size_t i = 0; i < 10000 && done < count; i++, done++) {
            struct jem_error err = { 0 };
            uint64_t number = 0;
            const char *service = NULL;
            json_t *fields = gen_fields(&rng, &service);
            json_t *body = json_pack("{s:s, s:i, s:s, s:o, s:[]}", "service", service, "catalog", 1, "channel", "van",
                "fields", fields, "warnings");
            if (now_ms != NULL)
                *now_ms += 1000;
            assert_int_equal(jem_store_number_new(store, &number, &err), JEM_OK);
            assert_int_equal(jem_store_append(store, 0, number, "application.submitted", body, "siti", NULL, &err),
                JEM_OK);
            json_decref(body);
        }
        kit_commit(store);
    }
}
