/* application_row.c - the row of one application: folded, compared, written only when it changed. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "glance.h"
#include "views.h"

/* The row, its texts borrowed from the fold, an event, or a statement under its cursor. */
struct row {
    uint64_t number;
    int64_t stage_ms; /* not of the table */
    int64_t at, day, status, confirmed, conflicts, illegal, documents, writer, inc, seq;
    const char *service, *village, *nik, *name, *officer;
};

static const char ROW_GET[] = "SELECT " JEM_ROW_COLUMNS "FROM application a WHERE a.number = ?1";
/* Not INSERT OR REPLACE: that could fail half done, so SQLite would open a savepoint for it, at which FTS5 writes out
 * all that it gathered. */
static const char ROW_ADD[] =
    "INSERT INTO application (number, at, day, status, confirmed, conflicts, illegal, documents, writer, "
    "inc, seq, service, village, nik, name, officer) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) ON CONFLICT (number) DO NOTHING";
static const char ROW_CHANGE[] =
    "UPDATE application SET at = ?2, day = ?3, status = ?4, confirmed = ?5, conflicts = ?6, illegal = ?7, "
    "documents = ?8, writer = ?9, inc = ?10, seq = ?11, service = ?12, village = ?13, nik = ?14, name = ?15, "
    "officer = ?16 WHERE number = ?1";
static const char NEED_ADD[] = "INSERT INTO need (number, doc, part, hash) VALUES (?1, ?2, ?3, ?4)";
static const char LACKING_ADD[] = "INSERT OR IGNORE INTO lacking (hash, number) SELECT ?4, ?1 "
                                  "WHERE NOT EXISTS (SELECT 1 FROM blob WHERE hash = ?4)";
static const char LACKING_DROP[] = "DELETE FROM lacking WHERE number = ?1";
static const char NEED_DROP[] = "DELETE FROM need WHERE number = ?1";
static const char APART_ADD[] = "INSERT OR IGNORE INTO apart (a, b) VALUES (?1, ?2)";
static const char APART_DROP[] = "DELETE FROM apart WHERE a = ?1";

static void row_read(sqlite3_stmt *st, struct row *out)
{
    int64_t *const integers[] = { &out->at, &out->day, &out->status, &out->confirmed, &out->conflicts, &out->illegal,
        &out->documents, &out->writer, &out->inc, &out->seq };
    const char **const texts[] = { &out->service, &out->village, &out->nik, &out->name, &out->officer };
    out->number = (uint64_t)sqlite3_column_int64(st, 0);
    for (int i = 0; i < 10; i++)
        *integers[i] = sqlite3_column_int64(st, 1 + i);
    for (int i = 0; i < 5; i++)
        *texts[i] = jem_column_text(st, 11 + i);
}

static bool row_same(const struct row *a, const struct row *b)
{
    return a->number == b->number && a->at == b->at && a->day == b->day && a->status == b->status &&
           a->confirmed == b->confirmed && a->conflicts == b->conflicts && a->illegal == b->illegal &&
           a->documents == b->documents && a->writer == b->writer && a->inc == b->inc && a->seq == b->seq &&
           strcmp(a->service, b->service) == 0 && strcmp(a->village, b->village) == 0 && strcmp(a->nik, b->nik) == 0 &&
           strcmp(a->name, b->name) == 0 && strcmp(a->officer, b->officer) == 0;
}

static enum jem_code row_put(struct jem_store *store, const char *sql, const struct row *row, struct jem_error *err)
{
    const int64_t integers[] = { (int64_t)row->number, row->at, row->day, row->status, row->confirmed, row->conflicts,
        row->illegal, row->documents, row->writer, row->inc, row->seq };
    const char *const texts[] = { row->service, row->village, row->nik, row->name, row->officer };
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    for (int i = 0; i < 11; i++)
        jem_bind_int(st, 1 + i, integers[i]);
    for (int i = 0; i < 5; i++)
        jem_bind_text(st, 12 + i, texts[i]);
    return jem_db_run(store, st, err);
}

/* A confirmed application is at HQ: its own rows are, a van's once HQ's acknowledgement covers the submission. Of one
 * whose submission is not here HQ knows more than we do. */
static enum jem_code row_confirm(struct jem_store *store, struct row *row, struct jem_error *err)
{
    uint64_t acked = 0, scan = 0;
    enum jem_code rc = JEM_OK;
    bool theirs = store->role == JEM_ROLE_HQ || row->seq == 0 || row->writer == 0;
    if (!theirs)
        rc = jem_ack_get(store, (uint16_t)row->writer, 0, (uint16_t)row->inc, JEM_LEVEL_RECEIVED, &acked, &scan, err);
    row->confirmed = theirs || (uint64_t)row->seq <= acked;
    if (row->confirmed && row->status == JEM_STATUS_SUBMITTED)
        row->status = JEM_STATUS_RECEIVED;
    return rc;
}

static void row_fill(const struct jem_application *a, const struct jem_event *const *events, size_t count,
    struct row *out)
{
    const json_t *fields = json_object_get(a->state, "fields");
    *out = (struct row){ .number = a->number,
        .status = a->status,
        .conflicts = a->conflicts,
        .illegal = a->illegal,
        .documents = a->documents,
        .stage_ms = a->stage_ms,
        .service = jem_json_str(a->state, "service", ""),
        .village = jem_json_str(fields, "village", ""),
        .nik = jem_json_str(fields, "nik", ""),
        .name = jem_json_str(fields, "name", ""),
        .officer = "",
        .writer = jem_number_van(a->number) };
    if (a->submitted.seq == 0)
        return;
    out->at = a->submitted_ms;
    out->day = jem_day_of_unix_ms(a->submitted_ms);
    out->writer = a->submitted.writer;
    out->inc = a->submitted.inc;
    out->seq = (int64_t)a->submitted.seq;
    for (size_t i = 0; i < count; i++)
        if (jem_event_id_cmp(&events[i]->id, &a->submitted) == 0)
            out->officer = events[i]->actor;
}

/* ---- what hangs on a row ---- */

static enum jem_code row_number_run(struct jem_store *store, const char *sql, uint64_t number, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, (int64_t)number);
    return jem_db_run(store, st, err);
}

static enum jem_code need_add(struct jem_store *store, uint64_t number, size_t doc, size_t part, const char *hex,
    struct jem_error *err)
{
    unsigned char hash[32];
    sqlite3_stmt *st = NULL;
    if (!jem_unhex(hex, strlen(hex), hash, sizeof hash))
        return JEM_OK; /* a writer's mistake: nothing that could ever arrive */
    enum jem_code rc = jem_db_prepare(store, NEED_ADD, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, (int64_t)number);
    jem_bind_int(st, 2, (int64_t)doc);
    jem_bind_int(st, 3, (int64_t)part);
    jem_bind_blob(st, 4, hash, sizeof hash);
    rc = jem_db_run(store, st, err);
    if (rc == JEM_OK && store->role == JEM_ROLE_HQ)
        rc = jem_db_prepare(store, LACKING_ADD, &st, err);
    if (rc != JEM_OK || store->role != JEM_ROLE_HQ)
        return rc;
    jem_bind_int(st, 1, (int64_t)number);
    jem_bind_blob(st, 4, hash, sizeof hash);
    return jem_db_run(store, st, err);
}

static enum jem_code row_needs(struct jem_store *store, const struct jem_application *a, bool had,
    struct jem_error *err)
{
    const json_t *documents = json_object_get(a->state, "documents");
    enum jem_code rc = had ? row_number_run(store, NEED_DROP, a->number, err) : JEM_OK;
    if (rc == JEM_OK && had && store->role == JEM_ROLE_HQ)
        rc = row_number_run(store, LACKING_DROP, a->number, err);
    for (size_t d = 0; rc == JEM_OK && d < json_array_size(documents); d++) {
        const json_t *document = json_array_get(documents, d), *pages = json_object_get(document, "pages");
        rc = need_add(store, a->number, d, 0, jem_json_str(document, "hash", ""), err);
        for (size_t p = 0; rc == JEM_OK && p < json_array_size(pages); p++)
            rc = need_add(store, a->number, d, p + 1, jem_json_str(json_array_get(pages, p), "preview", ""), err);
    }
    return rc;
}

/* state.apart holds numbers as texts. Removed ones cannot be: events stay. */
static enum jem_code row_apart(struct jem_store *store, const struct jem_application *a, bool had,
    struct jem_error *err)
{
    const json_t *apart = json_object_get(a->state, "apart");
    enum jem_code rc = had ? row_number_run(store, APART_DROP, a->number, err) : JEM_OK;
    for (size_t i = 0; rc == JEM_OK && i < json_array_size(apart); i++) {
        uint64_t other = 0;
        const char *text = json_string_value(json_array_get(apart, i));
        struct jem_error ignored;
        if (text == NULL || jem_number_parse(text, &other, &ignored) != JEM_OK)
            continue;
        sqlite3_stmt *st = NULL;
        rc = jem_db_prepare(store, APART_ADD, &st, err);
        if (rc == JEM_OK) {
            jem_bind_int(st, 1, (int64_t)a->number);
            jem_bind_int(st, 2, (int64_t)other);
            rc = jem_db_run(store, st, err);
        }
    }
    return rc;
}

/* What hangs on a row that was not there before. */
static enum jem_code row_added(struct jem_store *store, const struct row *now, struct jem_error *err)
{
    enum jem_code rc = jem_postings_new(store, now->number, now->name, err);
    if (rc == JEM_OK)
        rc = jem_pairs_fresh(store, now->number, now->nik, now->service, err);
    if (rc == JEM_OK)
        rc = jem_district_note(store, now->number, now->stage_ms, true, err);
    store->tally_applications++;
    store->tally_documents += now->documents;
    return rc;
}

/* A row without documents or words on duplicates. *added false: there is one already, which stays as it is. */
static enum jem_code row_add(struct jem_store *store, const struct row *now, bool *added, struct jem_error *err)
{
    enum jem_code rc = row_put(store, ROW_ADD, now, err);
    *added = rc == JEM_OK && sqlite3_changes64(store->db) > 0;
    return *added ? row_added(store, now, err) : rc;
}

/* The texts of `before` live until `st`, which read them, is given back: all that compares with them runs first. */
static enum jem_code row_change(struct jem_store *store, const struct row *before, const struct row *now,
    sqlite3_stmt *st, struct jem_error *err)
{
    bool same = row_same(before, now), renamed = strcmp(before->name, now->name) != 0;
    bool moved = before->status != now->status;
    char *name = renamed ? strdup(before->name) : NULL;
    store->tally_documents += now->documents - before->documents;
    jem_db_done(st);
    if (renamed && name == NULL)
        return jem_fail_nomem(err);
    enum jem_code rc = same ? JEM_OK : row_put(store, ROW_CHANGE, now, err);
    if (rc == JEM_OK && renamed)
        rc = jem_postings_change(store, now->number, name, now->name, err);
    if (rc == JEM_OK && moved)
        rc = jem_district_note(store, now->number, now->stage_ms, false, err);
    free(name);
    return rc;
}

static enum jem_code row_apply(struct jem_store *store, const struct jem_application *a, const struct row *now,
    bool whole, struct jem_error *err)
{
    struct row before;
    bool had = false, added = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = JEM_OK;
    if (!whole) {
        rc = jem_db_prepare(store, ROW_GET, &st, err);
        if (rc != JEM_OK)
            return rc;
        jem_bind_int(st, 1, (int64_t)a->number);
        rc = jem_db_step(store, st, &had, err);
        if (rc == JEM_OK && had) {
            row_read(st, &before);
            rc = row_change(store, &before, now, st, err);
        }
        jem_db_done(st);
    }
    if (rc == JEM_OK)
        rc = row_needs(store, a, had, err);
    if (rc == JEM_OK)
        rc = row_apart(store, a, had, err);
    if (rc == JEM_OK)
        rc = had ? jem_pairs_of(store, a->number, err) : row_add(store, now, &added, err);
    assert(rc != JEM_OK || had || added);
    return rc;
}

enum jem_code jem_views_application(struct jem_store *store, uint64_t number, const struct jem_event *const *events,
    size_t count, bool whole, struct jem_error *err)
{
    struct jem_application a = { 0 };
    struct row now;
    enum jem_code rc = jem_application_fold(events, count, &a, err);
    assert(rc != JEM_OK || a.number == number);
    if (rc == JEM_OK) {
        row_fill(&a, events, count, &now);
        rc = row_confirm(store, &now, err);
    }
    if (rc == JEM_OK)
        rc = row_apply(store, &a, &now, whole, err);
    jem_application_release(&a);
    return rc;
}

enum jem_code jem_views_submitted(struct jem_store *store, const struct jem_event *e, bool *done, struct jem_error *err)
{
    struct jem_glance g;
    *done = e->body != NULL && strcmp(e->kind, jem_kind_name(JEM_KIND_APPLICATION_SUBMITTED)) == 0 &&
            jem_glance_submitted(e->body, e->body_len, &g);
    if (!*done)
        return JEM_OK;
    struct row now = { .number = e->subject,
        .at = e->wall_ms,
        .stage_ms = e->wall_ms,
        .day = jem_day_of_unix_ms(e->wall_ms),
        .status = JEM_STATUS_SUBMITTED,
        .writer = e->id.writer,
        .inc = e->id.inc,
        .seq = (int64_t)e->id.seq,
        .service = g.service,
        .village = g.village,
        .nik = g.nik,
        .name = g.name,
        .officer = e->actor };
    enum jem_code rc = row_confirm(store, &now, err);
    return rc == JEM_OK ? row_add(store, &now, done, err) : rc;
}
