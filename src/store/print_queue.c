/* print_queue.c - receipts on their way to paper: rows of the table print_job. The rules are the application's. */
#include "jemput/print_queue.h"

#include <stdio.h>
#include <stdlib.h>

#include "db.h"

#define JOB_COLUMNS "id, number, format, width, copy, printer, officer, state, reason, cut, at, changed"

static const char JOB_ADD[] =
    "INSERT INTO print_job (number, format, width, copy, printer, officer, state, reason, cut, at, "
    "changed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, '', 0, ?7, ?7) RETURNING id";
static const char JOB_OPEN[] = "SELECT id FROM print_job WHERE number = ?1 AND state IN (1, 2, 4)";
static const char JOB_GET[] = "SELECT " JOB_COLUMNS " FROM print_job WHERE id = ?1";
static const char JOB_PUT[] = "UPDATE print_job SET format = ?2, width = ?3, copy = ?4, printer = ?5, state = ?6, "
                              "reason = ?7, cut = ?8, changed = ?9 WHERE id = ?1 AND (1 << state) & ?10 RETURNING id";
static const char JOB_LIST[] =
    "SELECT " JOB_COLUMNS " FROM print_job WHERE (?1 = 0 OR number = ?1) AND (1 << state) & ?2 "
    "ORDER BY id DESC LIMIT ?3";
static const char JOB_CUT[] =
    "SELECT cut FROM print_job WHERE printer = ?1 AND state <> 1 ORDER BY changed DESC, id DESC "
    "LIMIT 1";

static void job_text(sqlite3_stmt *st, int at, char *out, size_t cap)
{
    (void)snprintf(out, cap, "%s", jem_column_text(st, at));
}

static void job_read(sqlite3_stmt *st, struct jem_print_job *job)
{
    *job = (struct jem_print_job){ .id = sqlite3_column_int64(st, 0),
        .number = (uint64_t)sqlite3_column_int64(st, 1),
        .width_mm = (unsigned)sqlite3_column_int(st, 3),
        .copy = (unsigned)sqlite3_column_int(st, 4),
        .state = (enum jem_job_state)sqlite3_column_int(st, 7),
        .cut = sqlite3_column_int(st, 9) != 0,
        .at_unix_ms = sqlite3_column_int64(st, 10),
        .changed_unix_ms = sqlite3_column_int64(st, 11) };
    job_text(st, 2, job->format, sizeof job->format);
    job_text(st, 5, job->printer, sizeof job->printer);
    job_text(st, 6, job->officer, sizeof job->officer);
    job_text(st, 8, job->reason, sizeof job->reason);
}

/* One integer of a prepared and bound statement; false: no row. */
static enum jem_code job_one(struct jem_store *store, sqlite3_stmt *st, int64_t *out, bool *row, struct jem_error *err)
{
    enum jem_code rc = jem_db_step(store, st, row, err);
    if (rc == JEM_OK && *row)
        *out = sqlite3_column_int64(st, 0);
    jem_db_done(st);
    return rc;
}

/* Fails when another job of the number may still become paper. */
static enum jem_code job_alone(struct jem_store *store, uint64_t number, int64_t id, int64_t *other,
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    bool row = false;
    int64_t found = 0;
    enum jem_code rc = jem_db_prepare(store, JOB_OPEN, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, (int64_t)number);
    rc = job_one(store, st, &found, &row, err);
    if (rc != JEM_OK || !row || found == id)
        return rc;
    *other = found;
    return jem_fail(err, JEM_EEXISTS, JEM_D_STORE, 0, JEM_T_STORE_JOB_OPEN, (long long)found);
}

static enum jem_code job_add(struct jem_store *store, struct jem_print_job *job, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    bool row = false;
    enum jem_code rc = job_alone(store, job->number, 0, &job->id, err);
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, JOB_ADD, &st, err);
    if (rc != JEM_OK)
        return rc;
    job->state = JEM_JOB_QUEUED;
    job->at_unix_ms = job->changed_unix_ms = jem_store_now_ms(store);
    jem_bind_int(st, 1, (int64_t)job->number);
    jem_bind_text(st, 2, job->format);
    jem_bind_int(st, 3, job->width_mm);
    jem_bind_int(st, 4, job->copy);
    jem_bind_text(st, 5, job->printer);
    jem_bind_text(st, 6, job->officer);
    jem_bind_int(st, 7, job->at_unix_ms);
    return job_one(store, st, &job->id, &row, err);
}

enum jem_code jem_store_job_add(struct jem_store *store, struct jem_print_job *job, struct jem_error *err)
{
    bool own = false;
    enum jem_code rc = jem_store_enter(store, &own, err);
    return rc == JEM_OK ? jem_store_leave(store, own, job_add(store, job, err), err) : rc;
}

enum jem_code jem_store_job(struct jem_store *store, int64_t id, struct jem_print_job *out, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    bool row = false;
    enum jem_code rc = jem_db_prepare(store, JOB_GET, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, id);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row)
        job_read(st, out);
    jem_db_done(st);
    if (rc == JEM_OK && !row)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_JOB_NONE, (long long)id);
    return rc;
}

static enum jem_code job_put(struct jem_store *store, const struct jem_print_job *job, unsigned from,
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    bool row = false;
    int64_t id = 0;
    unsigned open = JEM_JOB_BIT(JEM_JOB_QUEUED) | JEM_JOB_BIT(JEM_JOB_PRINTING) | JEM_JOB_BIT(JEM_JOB_UNKNOWN);
    enum jem_code rc = JEM_JOB_BIT(job->state) & open ? job_alone(store, job->number, job->id, &id, err) : JEM_OK;
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, JOB_PUT, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, job->id);
    jem_bind_text(st, 2, job->format);
    jem_bind_int(st, 3, job->width_mm);
    jem_bind_int(st, 4, job->copy);
    jem_bind_text(st, 5, job->printer);
    jem_bind_int(st, 6, job->state);
    jem_bind_text(st, 7, job->reason);
    jem_bind_int(st, 8, job->cut);
    jem_bind_int(st, 9, jem_store_now_ms(store));
    jem_bind_int(st, 10, from);
    rc = job_one(store, st, &id, &row, err);
    if (rc == JEM_OK && !row)
        rc = jem_fail(err, JEM_EBUSY, JEM_D_STORE, 0, JEM_T_STORE_JOB_MOVED, (long long)job->id);
    return rc;
}

enum jem_code jem_store_job_put(struct jem_store *store, const struct jem_print_job *job, unsigned from,
    struct jem_error *err)
{
    bool own = false;
    enum jem_code rc = jem_store_enter(store, &own, err);
    return rc == JEM_OK ? jem_store_leave(store, own, job_put(store, job, from, err), err) : rc;
}

enum jem_code jem_store_jobs(struct jem_store *store, uint64_t number, unsigned in, unsigned limit,
    struct jem_print_job **out, size_t *count, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    bool row = false;
    *count = 0;
    *out = calloc(limit > 0 ? limit : 1, sizeof **out);
    enum jem_code rc = *out == NULL ? jem_fail_nomem(err) : jem_db_prepare(store, JOB_LIST, &st, err);
    if (rc == JEM_OK) {
        jem_bind_int(st, 1, (int64_t)number);
        jem_bind_int(st, 2, in);
        jem_bind_int(st, 3, limit);
    }
    while (rc == JEM_OK && *count < limit && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row)
        job_read(st, &(*out)[(*count)++]);
    jem_db_done(st);
    if (rc != JEM_OK) {
        free(*out);
        *out = NULL;
        *count = 0;
    }
    return rc;
}

enum jem_code jem_store_job_cut(struct jem_store *store, const char *printer, bool *cut, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    bool row = false;
    int64_t value = 0;
    enum jem_code rc = jem_db_prepare(store, JOB_CUT, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, printer);
    rc = job_one(store, st, &value, &row, err);
    *cut = rc == JEM_OK && row && value != 0;
    return rc;
}
