/* rows.c - rows of applications as JSON, and what the row itself does not hold. */
#include "views.h"

static const char ROW_ARRIVED[] =
    "SELECT count(*) FROM (SELECT n.doc FROM need n WHERE n.number = ?1 GROUP BY n.doc "
    "HAVING sum(NOT EXISTS (SELECT 1 FROM blob b WHERE b.hash = n.hash) AND NOT EXISTS "
    "(SELECT 1 FROM outgoing o WHERE o.hash = n.hash AND " JEM_SQL_DURABLE("?2") ")) = 0)";

/* Documents whose bytes are all here, or durable at HQ and pruned here. */
static enum jem_code row_arrived(struct jem_store *store, int64_t number, int64_t *out, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *out = 0;
    enum jem_code rc = jem_db_prepare(store, ROW_ARRIVED, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, number);
    jem_bind_int(st, 2, store->writer);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row)
        *out = sqlite3_column_int64(st, 0);
    jem_db_done(st);
    return rc;
}

json_t *jem_row_json(struct jem_store *store, sqlite3_stmt *st, enum jem_code *rc, struct jem_error *err)
{
    char number[JEM_NUMBER_TEXT], day[11] = "";
    int64_t id = sqlite3_column_int64(st, 0), documents = sqlite3_column_int64(st, 7), arrived = 0;
    uint64_t seq = (uint64_t)sqlite3_column_int64(st, 10), durable = 0, scan = 0;
    *rc = jem_ack_get(store, (uint16_t)sqlite3_column_int64(st, 8), 0, (uint16_t)sqlite3_column_int64(st, 9),
        JEM_LEVEL_DURABLE, &durable, &scan, err);
    if (*rc == JEM_OK && documents > 0)
        *rc = row_arrived(store, id, &arrived, err);
    if (*rc != JEM_OK)
        return NULL;
    jem_number_format((uint64_t)id, number);
    if (seq > 0)
        jem_day_format(sqlite3_column_int(st, 2), day);
    json_t *row =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:b, s:b, s:I, s:I, s:I, s:I, s:s}", "number", number,
            "service", jem_column_text(st, 11), "status", jem_status_name((enum jem_status)sqlite3_column_int(st, 3)),
            "name", jem_column_text(st, 14), "nik", jem_column_text(st, 13), "village", jem_column_text(st, 12), "day",
            day, "at_ms", (json_int_t)sqlite3_column_int64(st, 1), "van", (json_int_t)sqlite3_column_int64(st, 8),
            "confirmed", sqlite3_column_int(st, 4), "durable", seq > 0 && seq <= durable, "conflicts",
            (json_int_t)sqlite3_column_int64(st, 5), "illegal", (json_int_t)sqlite3_column_int64(st, 6), "documents",
            (json_int_t)documents, "arrived", (json_int_t)arrived, "by", jem_column_text(st, 15));
    if (row == NULL)
        *rc = jem_fail_nomem(err);
    return row;
}

enum jem_code jem_rows_append(struct jem_store *store, sqlite3_stmt *st, json_t *array, struct jem_error *err)
{
    bool row = false;
    enum jem_code rc = JEM_OK;
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        json_t *v = jem_row_json(store, st, &rc, err);
        if (rc == JEM_OK && json_array_append_new(array, v) != 0)
            rc = jem_fail_nomem(err);
    }
    jem_db_done(st);
    return rc;
}
