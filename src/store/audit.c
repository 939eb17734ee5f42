/* audit.c - is the store what it says? Every chain, body and blob against its hash, and the views against the log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "audit.h"
#include "log.h"
#include "views.h"

#define AUDIT_PROBLEMS_MAX 100

static const char AUDIT_EVENTS[] = "SELECT " JEM_EVENT_COLUMNS " FROM event e ORDER BY e.id";
static const char AUDIT_BLOBS[] =
    "SELECT b.hash, b.size, CASE b.cls WHEN 1 THEN (SELECT p.bytes FROM preview p WHERE p.id = b.id) "
    "ELSE (SELECT o.bytes FROM original o WHERE o.id = b.id) END FROM blob b ORDER BY b.id";
/* Every view whose rows follow from the log alone. Postings and the vocabulary follow from `application`. */
static const char *const AUDIT_VIEWS[] = {
    "SELECT * FROM application ORDER BY number",
    "SELECT * FROM apart ORDER BY a, b",
    "SELECT * FROM need ORDER BY number, doc, part",
    "SELECT * FROM lacking ORDER BY hash, number",
    "SELECT * FROM pair ORDER BY a, b",
    "SELECT * FROM span ORDER BY service",
    "SELECT * FROM ack ORDER BY writer, lane, inc, level",
    "SELECT * FROM enrolment ORDER BY van, inc",
    "SELECT * FROM box ORDER BY writer, epoch, inc",
    "SELECT * FROM revoked ORDER BY van, inc",
    "SELECT * FROM ruling ORDER BY ref, head",
    "SELECT * FROM district ORDER BY number",
    "SELECT * FROM dictionary ORDER BY lane, inc, seq",
    "SELECT * FROM erased ORDER BY number",
    "SELECT * FROM account ORDER BY officer",
    "SELECT * FROM van ORDER BY van",
    "SELECT * FROM catalog",
    "SELECT * FROM ticket ORDER BY id",
    "SELECT * FROM ticket_step ORDER BY id",
    "SELECT * FROM visit_plan ORDER BY id",
    "SELECT * FROM visit ORDER BY id",
    "SELECT * FROM visit_end ORDER BY id",
    "SELECT * FROM handover ORDER BY id",
    "SELECT * FROM complaint ORDER BY id",
    "SELECT * FROM complaint_answer ORDER BY id",
    "SELECT * FROM outage ORDER BY id",
    "SELECT * FROM outage_end ORDER BY id",
    "SELECT * FROM outage_photo ORDER BY id",
    "SELECT * FROM survey ORDER BY id",
    "SELECT what, n FROM hot WHERE what <> 'name' ORDER BY what, number",
};

struct audit {
    struct jem_store *store;
    json_t *problems;
    struct jem_audit_counts counts;
    struct jem_error *err;
};

static enum jem_code audit_problem(struct audit *a, enum jem_text key, const char *what)
{
    struct jem_error text;
    (void)jem_fail(&text, JEM_ECORRUPT, JEM_D_STORE, 0, key, what);
    if (json_array_size(a->problems) < AUDIT_PROBLEMS_MAX &&
        json_array_append_new(a->problems, json_string(text.msg)) != 0)
        return jem_fail_nomem(a->err);
    return JEM_OK;
}

/* ---- chains ---- */

static bool audit_chained(const struct jem_event *e, const struct jem_event *prev)
{
    static const unsigned char zero[32];
    bool same = prev->id.seq != 0 && prev->id.writer == e->id.writer && prev->id.lane == e->id.lane &&
                prev->id.inc == e->id.inc;
    if (e->id.seq == 1)
        return e->id.inc > 1 || memcmp(e->prev_hash, zero, 32) == 0;
    return same && prev->id.seq + 1 == e->id.seq && memcmp(prev->hash, e->prev_hash, 32) == 0;
}

static enum jem_code audit_event(struct audit *a, sqlite3_stmt *st, struct jem_event *prev)
{
    struct jem_event e;
    struct jem_error why;
    char id[JEM_EVENT_ID_TEXT];
    enum jem_code rc = jem_event_read(a->store, st, true, &e, &why);
    if (rc == JEM_ENOMEM)
        return jem_fail_nomem(a->err);
    a->counts.events++;
    if (rc != JEM_OK) {
        jem_event_release(&e);
        return audit_problem(a, JEM_T_AUDIT_ROW, "");
    }
    if (e.id.seq > 1 && prev->id.seq + 1 == e.id.seq)
        memcpy(e.prev_hash, prev->hash, 32);
    a->counts.streams += e.id.seq == 1;
    jem_event_id_format(&e.id, id);
    if (!audit_chained(&e, prev))
        rc = audit_problem(a, JEM_T_AUDIT_CHAIN, id);
    else if (jem_event_verify(&e, &why) != JEM_OK)
        rc = audit_problem(a, JEM_T_AUDIT_EVENT, id);
    jem_event_release(prev);
    *prev = e;
    return rc;
}

static enum jem_code audit_events(struct audit *a)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    struct jem_event prev = { 0 };
    enum jem_code rc = jem_db_prepare(a->store, AUDIT_EVENTS, &st, a->err);
    while (rc == JEM_OK && (rc = jem_db_step(a->store, st, &row, a->err)) == JEM_OK && row)
        rc = audit_event(a, st, &prev);
    jem_db_done(st);
    jem_event_release(&prev);
    return rc;
}

static enum jem_code audit_blobs(struct audit *a)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(a->store, AUDIT_BLOBS, &st, a->err);
    while (rc == JEM_OK && (rc = jem_db_step(a->store, st, &row, a->err)) == JEM_OK && row) {
        unsigned char real[32];
        char hex[65] = "";
        const unsigned char *hash = sqlite3_column_blob(st, 0);
        const void *p = sqlite3_column_blob(st, 2);
        size_t n = (size_t)sqlite3_column_bytes(st, 2);
        jem_hash(p == NULL ? "" : p, n, real);
        a->counts.blobs++;
        if (sqlite3_column_int64(st, 1) == (int64_t)n && sqlite3_column_bytes(st, 0) == 32 &&
            memcmp(hash, real, 32) == 0)
            continue;
        if (sqlite3_column_bytes(st, 0) == 32)
            jem_hex(hash, 32, hex);
        rc = audit_problem(a, JEM_T_AUDIT_BLOB, hex);
    }
    jem_db_done(st);
    return rc;
}

enum jem_code jem_audit_log(struct jem_store *store, json_t *problems, struct jem_audit_counts *out,
    struct jem_error *err)
{
    struct audit a = { .store = store, .problems = problems, .err = err };
    enum jem_code rc = audit_events(&a);
    if (rc == JEM_OK)
        rc = audit_blobs(&a);
    *out = a.counts;
    return rc;
}

/* ---- views ---- */

/* One value: its type, its length, its bytes, so that no two rows look alike. */
static void audit_value(crypto_generichash_state *state, sqlite3_stmt *st, int at)
{
    unsigned char head[9] = { (unsigned char)sqlite3_column_type(st, at) };
    bool integer = head[0] == SQLITE_INTEGER;
    const void *p = integer ? NULL : sqlite3_column_blob(st, at);
    uint64_t v = integer ? (uint64_t)sqlite3_column_int64(st, at) : (uint64_t)sqlite3_column_bytes(st, at);
    for (int i = 0; i < 8; i++)
        head[1 + i] = (unsigned char)(v >> (56 - 8 * i));
    (void)crypto_generichash_update(state, head, sizeof head);
    if (p != NULL)
        (void)crypto_generichash_update(state, p, v);
}

static enum jem_code audit_digest(struct jem_store *store, unsigned char out[32], struct jem_error *err)
{
    crypto_generichash_state state;
    enum jem_code rc = JEM_OK;
    (void)crypto_generichash_init(&state, NULL, 0, 32);
    for (size_t i = 0; rc == JEM_OK && i < sizeof AUDIT_VIEWS / sizeof *AUDIT_VIEWS; i++) {
        bool row = false;
        sqlite3_stmt *st = NULL;
        rc = jem_db_prepare(store, AUDIT_VIEWS[i], &st, err);
        while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row)
            for (int c = 0; c < sqlite3_column_count(st); c++)
                audit_value(&state, st, c);
        jem_db_done(st);
        (void)crypto_generichash_update(&state, (const unsigned char *)AUDIT_VIEWS[i], strlen(AUDIT_VIEWS[i]));
    }
    (void)crypto_generichash_final(&state, out, 32);
    return rc;
}

/* Folds all anew inside a unit, compares, and keeps the new views only when asked to. */
static enum jem_code audit_views(struct audit *a, bool rebuild, bool *equal, unsigned char digest[32])
{
    unsigned char before[32];
    enum jem_code rc = jem_store_begin(a->store, a->err);
    if (rc != JEM_OK)
        return rc;
    rc = audit_digest(a->store, before, a->err);
    if (rc == JEM_OK)
        rc = jem_views_rebuild(a->store, a->err);
    if (rc == JEM_OK)
        rc = audit_digest(a->store, digest, a->err);
    *equal = rc == JEM_OK && memcmp(before, digest, 32) == 0;
    if (rc == JEM_OK && !rebuild) {
        jem_store_rollback(a->store);
        memcpy(digest, before, 32);
    } else {
        rc = jem_store_leave(a->store, true, rc, a->err);
    }
    if (rc == JEM_OK && !*equal)
        rc = audit_problem(a, rebuild ? JEM_T_AUDIT_VIEWS_REBUILT : JEM_T_AUDIT_VIEWS, "");
    return rc;
}

enum jem_code jem_store_audit(struct jem_store *store, bool rebuild, json_t **out, struct jem_error *err)
{
    struct audit a = { .store = store, .problems = json_array(), .err = err };
    bool equal = false;
    unsigned char digest[32] = { 0 };
    char hex[65];
    *out = NULL;
    enum jem_code rc = a.problems == NULL ? jem_fail_nomem(err) : audit_events(&a);
    if (rc == JEM_OK)
        rc = audit_blobs(&a);
    if (rc == JEM_OK)
        rc = audit_views(&a, rebuild, &equal, digest);
    jem_hex(digest, sizeof digest, hex);
    if (rc == JEM_ECORRUPT) /* a page that does not decrypt: the report says so */
        rc = audit_problem(&a, JEM_T_AUDIT_PAGE, "");
    if (rc == JEM_OK) {
        *out = json_pack("{s:I, s:I, s:I, s:b, s:s, s:O}", "events", (json_int_t)a.counts.events, "streams",
            (json_int_t)a.counts.streams, "blobs", (json_int_t)a.counts.blobs, "views_equal", equal, "digest", hex,
            "problems", a.problems);
        if (*out == NULL)
            rc = jem_fail_nomem(err);
        else if (json_array_size(a.problems) > 0)
            rc = jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_AUDIT_FOUND, json_array_size(a.problems));
    }
    json_decref(a.problems);
    return rc;
}
