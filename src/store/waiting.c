/* waiting.c - what waits at HQ: stage by stage and service by service along application_open_N (views.c), then merged by age. */
#include "jemput/waiting.h"

#include <stdlib.h>
#include <string.h>

#include "views.h"

/* The stage stands in the text: a partial index is used only where its condition is. */
#define WAITING_FROM(stage) "FROM application INDEXED BY application_open_" #stage " WHERE status = " #stage
#define WAITING_KEYS(stage) \
    "SELECT number, at " WAITING_FROM(stage) " AND service = ?1 AND at < ?2 AND at <> 0 ORDER BY at"
#define WAITING_NEXT(stage) "SELECT min(service) " WAITING_FROM(stage) " AND service > ?1"
static const struct waiting_stage {
    enum jem_status status;
    const char *keys, *next;
} waiting_stages[] = {
    { JEM_STATUS_RECEIVED, WAITING_KEYS(2), WAITING_NEXT(2) },
    { JEM_STATUS_VERIFIED, WAITING_KEYS(3), WAITING_NEXT(3) },
    { JEM_STATUS_IN_PROCESS, WAITING_KEYS(4), WAITING_NEXT(4) },
    { JEM_STATUS_READY, WAITING_KEYS(5), WAITING_NEXT(5) },
    { JEM_STATUS_RETURNED, WAITING_KEYS(7), WAITING_NEXT(7) },
};
#define WAITING_STAGES (sizeof waiting_stages / sizeof *waiting_stages)
static const char WAITING_ROW[] = "SELECT " JEM_ROW_COLUMNS "FROM application a WHERE a.number = ?1";
static const char WAITING_LACKING[] =
    "SELECT a.number, a.at, a.service, a.status FROM (SELECT DISTINCT number FROM lacking) l "
    "CROSS JOIN application a ON a.number = l.number WHERE a.at <> 0 ORDER BY a.at, a.number";
static const char VAN_LACKING[] =
    "SELECT count(*), coalesce(min(at), 0) FROM (SELECT a.at FROM lacking l "
    "CROSS JOIN application a ON a.number = l.number WHERE a.writer = ?1 AND a.at <> 0 UNION ALL "
    "SELECT p.at FROM outage_photo p WHERE p.van = ?1 AND NOT EXISTS (SELECT 1 FROM blob b WHERE b.hash = p.hash) "
    "UNION ALL SELECT p.at FROM outage_photo p WHERE p.van = ?1 "
    "AND NOT EXISTS (SELECT 1 FROM blob b WHERE b.hash = p.preview))";

struct waiting_key {
    int64_t at, number;
};
struct waiting_keys {
    struct waiting_key *items;
    size_t count, cap;
};

static int waiting_by_age(const void *a, const void *b)
{
    const struct waiting_key *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static enum jem_code waiting_add(struct waiting_keys *keys, int64_t at, int64_t number, struct jem_error *err)
{
    if (keys->count == keys->cap) {
        size_t cap = keys->cap == 0 ? 256 : keys->cap * 2;
        struct waiting_key *more = realloc(keys->items, cap * sizeof *more);
        if (more == NULL)
            return jem_fail_nomem(err);
        keys->items = more;
        keys->cap = cap;
    }
    keys->items[keys->count++] = (struct waiting_key){ at, number };
    return JEM_OK;
}

/* The oldest `limit` of the keys as rows. Frees the keys. */
static enum jem_code waiting_rows(struct jem_store *store, struct waiting_keys *keys, unsigned limit, json_t **out,
    struct jem_error *err)
{
    json_t *rows = json_array();
    enum jem_code rc = rows == NULL ? jem_fail_nomem(err) : JEM_OK;
    if (keys->count > 1)
        qsort(keys->items, keys->count, sizeof *keys->items, waiting_by_age);
    for (size_t i = 0; rc == JEM_OK && i < keys->count && i < limit; i++) {
        sqlite3_stmt *st = NULL;
        rc = jem_db_prepare(store, WAITING_ROW, &st, err);
        if (rc != JEM_OK)
            break;
        jem_bind_int(st, 1, keys->items[i].number);
        rc = jem_rows_append(store, st, rows, err);
    }
    free(keys->items);
    *out = rc == JEM_OK ? json_incref(rows) : NULL;
    json_decref(rows);
    return rc;
}

/* One service in one stage: its oldest that count, `limit` at most. */
static enum jem_code waiting_run(struct jem_store *store, const char *sql, const struct jem_waiting *of, unsigned limit,
    jem_waiting_keep *keep, void *ctx, struct waiting_keys *keys, struct jem_error *err)
{
    bool row = false;
    unsigned n = 0;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, of->service);
    jem_bind_int(st, 2, of->until_ms);
    while (rc == JEM_OK && n < limit && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        int64_t number = sqlite3_column_int64(st, 0), at = sqlite3_column_int64(st, 1);
        if (keep != NULL && !keep(ctx, of->service, (uint64_t)number, at))
            continue;
        n++;
        rc = waiting_add(keys, at, number, err);
    }
    jem_db_done(st);
    return rc;
}

enum jem_code jem_store_waiting(struct jem_store *store, unsigned stages, const struct jem_waiting *of, size_t count,
    unsigned limit, jem_waiting_keep *keep, void *ctx, json_t **out, struct jem_error *err)
{
    struct waiting_keys keys = { .items = NULL };
    enum jem_code rc = JEM_OK;
    *out = NULL;
    for (size_t s = 0; s < WAITING_STAGES; s++)
        for (size_t i = 0; rc == JEM_OK && (stages >> waiting_stages[s].status & 1u) != 0 && i < count; i++)
            rc = waiting_run(store, waiting_stages[s].keys, &of[i], limit, keep, ctx, &keys, err);
    if (rc == JEM_OK)
        return waiting_rows(store, &keys, limit, out, err);
    free(keys.items);
    return rc;
}

/* From one service to the next along the index. */
static enum jem_code waiting_next(struct jem_store *store, const char *sql, json_t *found, struct jem_error *err)
{
    char after[64] = "";
    bool row = true;
    enum jem_code rc = JEM_OK;
    while (rc == JEM_OK && row) {
        sqlite3_stmt *st = NULL;
        rc = jem_db_prepare(store, sql, &st, err);
        if (rc != JEM_OK)
            return rc;
        jem_bind_text(st, 1, after);
        rc = jem_db_step(store, st, &row, err);
        const char *next = rc == JEM_OK && row ? jem_column_text(st, 0) : "";
        row = *next != '\0' && strlen(next) < sizeof after;
        if (row)
            memcpy(after, next, strlen(next) + 1);
        if (row && json_object_set_new(found, after, json_true()) != 0)
            rc = jem_fail_nomem(err);
        jem_db_done(st);
    }
    return rc;
}

enum jem_code jem_store_waiting_services(struct jem_store *store, json_t **out, struct jem_error *err)
{
    json_t *found = json_object(), *list = json_array(), *it;
    const char *name;
    enum jem_code rc = found == NULL || list == NULL ? jem_fail_nomem(err) : JEM_OK;
    for (size_t s = 0; rc == JEM_OK && s < WAITING_STAGES; s++)
        rc = waiting_next(store, waiting_stages[s].next, found, err);
    json_object_foreach(found, name, it) if (rc == JEM_OK && json_array_append_new(list, json_string(name)) != 0) rc =
        jem_fail_nomem(err);
    json_decref(found);
    *out = rc == JEM_OK ? json_incref(list) : NULL;
    json_decref(list);
    return rc;
}

/* ---- what has not come ---- */

enum jem_code jem_store_lacking(struct jem_store *store, unsigned stages, unsigned limit, jem_waiting_keep *keep,
    void *ctx, json_t **out, struct jem_error *err)
{
    struct waiting_keys keys = { .items = NULL };
    bool row = false;
    sqlite3_stmt *st = NULL;
    *out = NULL;
    enum jem_code rc = jem_db_prepare(store, WAITING_LACKING, &st, err);
    while (rc == JEM_OK && keys.count < limit && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        int64_t number = sqlite3_column_int64(st, 0), at = sqlite3_column_int64(st, 1);
        if ((stages >> sqlite3_column_int(st, 3) & 1u) != 0 &&
            (keep == NULL || keep(ctx, jem_column_text(st, 2), (uint64_t)number, at)))
            rc = waiting_add(&keys, at, number, err);
    }
    jem_db_done(st);
    if (rc == JEM_OK)
        return waiting_rows(store, &keys, limit, out, err);
    free(keys.items);
    return rc;
}

enum jem_code jem_store_van_lacking(struct jem_store *store, uint16_t van, int64_t *files, int64_t *oldest_ms,
    struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *files = *oldest_ms = 0;
    enum jem_code rc = jem_db_prepare(store, VAN_LACKING, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, van);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row) {
        *files = sqlite3_column_int64(st, 0);
        *oldest_ms = sqlite3_column_int64(st, 1);
    }
    jem_db_done(st);
    return rc;
}
