/* list.c - listings of applications and counts. */
#include <string.h>

#include "log.h"
#include "views.h"

#define LIST_LIMIT 50u
#define LIST_LIMIT_MAX 10000u
#define LIST_DAY_MS ((int64_t)86400000)
#define LIST_WIB_MS ((int64_t)7 * 3600000) /* a day begins at midnight of Indonesia's western time */

static const char SAME[] =
    "SELECT " JEM_ROW_COLUMNS "FROM application a INDEXED BY application_nik WHERE a.nik = ?1 AND a.nik <> '' "
    "AND a.service = ?2 AND a.day >= ?3 AND a.status NOT IN (8, 9, 10) AND a.seq > 0 "
    "ORDER BY a.at DESC, a.number DESC";
static const char PAIRS[] = "SELECT p.a, p.b, a.service FROM pair p CROSS JOIN application a ON a.number = p.a "
                            "ORDER BY p.at, p.a, p.b";
static const char PAIRS_ACROSS[] = "SELECT a, b, '' FROM pair WHERE a >> 38 <> b >> 38 ORDER BY a, b"; /* of two vans */
static const char PAIR_TOLD[] = "SELECT 1 FROM event WHERE subject = ?1 AND subject <> 0 AND kind = 'duplicate.found' "
                                "AND json_extract(body, '$.other') = ?2 LIMIT 1";
static const char ONE[] = "SELECT " JEM_ROW_COLUMNS "FROM application a WHERE a.number = ?1";
static const char PENDING_DOCUMENTS[] = "SELECT count(*) FROM outgoing o WHERE o.confirmed = 0 "
                                        "AND EXISTS (SELECT 1 FROM blob b WHERE b.hash = o.hash)";
static const char UNCONFIRMED[] = "SELECT count(*) FROM application WHERE confirmed = 0";
static const char OLDEST[] = "SELECT min(at) FROM application INDEXED BY application_unconfirmed WHERE confirmed = 0";
static const char APPLICATIONS[] = "SELECT n FROM hot WHERE what = 'applications' AND number = 0";
static const char DOCUMENTS[] = "SELECT n FROM hot WHERE what = 'documents' AND number = 0";
static const char CONFLICTS[] = "SELECT count(*) FROM application WHERE conflicts > 0";
static const char ILLEGAL[] = "SELECT count(*) FROM application WHERE illegal > 0";
static const char DUPLICATES[] = "SELECT count(*) FROM pair";

/* at <> 0: the submission has arrived. The index is named: it holds every filter but those of the partial ones. */
static void list_sql(const struct jem_list_query *q, struct jem_buf *sql)
{
    const char *index = q->unconfirmed      ? "application_unconfirmed"
                        : q->open_conflicts ? "application_conflict"
                        : q->open_illegal   ? "application_illegal"
                                            : "application_list";
    jem_buf_fmt(sql, "SELECT " JEM_ROW_COLUMNS "FROM application a INDEXED BY %s WHERE a.at <> 0", index);
    if (q->unconfirmed)
        jem_buf_str(sql, " AND a.confirmed = 0");
    if (q->open_conflicts)
        jem_buf_str(sql, " AND a.conflicts > 0");
    if (q->open_illegal)
        jem_buf_str(sql, " AND a.illegal > 0");
    if (q->status != JEM_STATUS_UNKNOWN)
        jem_buf_str(sql, " AND a.status = ?1");
    if (q->village != NULL)
        jem_buf_str(sql, " AND a.village >= ?2 AND a.village < ?2 || ':'"); /* ':' follows '9' */
    if (q->service != NULL)
        jem_buf_str(sql, " AND a.service = ?3");
    if (q->day != INT32_MIN)
        jem_buf_str(sql, " AND a.at >= ?4 AND a.at < ?5");
    if (q->before != 0)
        jem_buf_fmt(sql, " AND (a.at, a.number) %s (SELECT at, number FROM application WHERE number = ?6)",
            q->oldest_first ? ">" : "<");
    const char *order = q->oldest_first ? "" : " DESC";
    jem_buf_fmt(sql, " ORDER BY a.at%s, a.number%s LIMIT ?7", order, order);
}

static void list_bind(sqlite3_stmt *st, const struct jem_list_query *q)
{
    int64_t begin = (int64_t)q->day * LIST_DAY_MS - LIST_WIB_MS;
    unsigned limit = q->limit == 0 ? LIST_LIMIT : q->limit > LIST_LIMIT_MAX ? LIST_LIMIT_MAX : q->limit;
    jem_bind_int(st, 1, q->status);
    jem_bind_text(st, 2, q->village);
    jem_bind_text(st, 3, q->service);
    jem_bind_int(st, 4, begin);
    jem_bind_int(st, 5, begin + LIST_DAY_MS);
    jem_bind_int(st, 6, (int64_t)q->before);
    jem_bind_int(st, 7, limit);
}

enum jem_code jem_store_list(struct jem_store *store, const struct jem_list_query *query, json_t **out,
    struct jem_error *err)
{
    struct jem_buf sql = JEM_BUF_INIT(4096);
    sqlite3_stmt *st = NULL;
    json_t *rows = json_array();
    *out = NULL;
    list_sql(query, &sql);
    enum jem_code rc = rows == NULL ? jem_fail_nomem(err) : jem_buf_ok(&sql, err);
    if (rc == JEM_OK) {
        int native = sqlite3_prepare_v2(store->db, jem_buf_text(&sql), -1, &st, NULL);
        if (native != SQLITE_OK)
            rc = jem_db_fail(store, native, err);
    }
    if (rc == JEM_OK) {
        list_bind(st, query);
        rc = jem_rows_append(store, st, rows, err);
    }
    sqlite3_finalize(st);
    jem_buf_release(&sql);
    if (rc == JEM_OK)
        *out = json_incref(rows);
    json_decref(rows);
    return rc;
}

enum jem_code jem_store_same(struct jem_store *store, const char *nik, const char *service, int32_t since_day,
    json_t **out, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    *out = json_array();
    enum jem_code rc = *out == NULL ? jem_fail_nomem(err) : jem_db_prepare(store, SAME, &st, err);
    if (rc == JEM_OK) {
        jem_bind_text(st, 1, nik);
        jem_bind_text(st, 2, service);
        jem_bind_int(st, 3, since_day);
        rc = jem_rows_append(store, st, *out, err);
    }
    if (rc != JEM_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return rc;
}

static enum jem_code list_one(struct jem_store *store, int64_t number, json_t **out, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *out = NULL;
    enum jem_code rc = jem_db_prepare(store, ONE, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, number);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK)
        *out = row ? jem_row_json(store, st, &rc, err) : json_null();
    jem_db_done(st);
    return rc;
}

/* Appends {"a":row,"b":row}; *pair is borrowed from `pairs`. */
static enum jem_code pair_add(struct jem_store *store, json_t *pairs, int64_t a, int64_t b, json_t **pair,
    struct jem_error *err)
{
    json_t *rows[2] = { NULL, NULL };
    enum jem_code rc = list_one(store, a, &rows[0], err);
    if (rc == JEM_OK)
        rc = list_one(store, b, &rows[1], err);
    *pair = rc == JEM_OK ? json_pack("{s:O, s:O}", "a", rows[0], "b", rows[1]) : NULL;
    if (rc == JEM_OK && json_array_append_new(pairs, *pair) != 0)
        rc = jem_fail_nomem(err);
    json_decref(rows[0]);
    json_decref(rows[1]);
    return rc;
}

static enum jem_code pair_told(struct jem_store *store, int64_t number, int64_t other, bool *told,
    struct jem_error *err)
{
    char text[JEM_NUMBER_TEXT];
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, PAIR_TOLD, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_number_format((uint64_t)other, text);
    jem_bind_int(st, 1, number);
    jem_bind_text(st, 2, text);
    rc = jem_db_step(store, st, told, err);
    jem_db_done(st);
    return rc;
}

/* One pair of those listed. */
typedef enum jem_code pair_visit(struct jem_store *store, json_t *pairs, int64_t a, int64_t b, struct jem_error *err);

static enum jem_code pair_any(struct jem_store *store, json_t *pairs, int64_t a, int64_t b, struct jem_error *err)
{
    json_t *pair;
    return pair_add(store, pairs, a, b, &pair, err);
}

static enum jem_code pair_untold(struct jem_store *store, json_t *pairs, int64_t a, int64_t b, struct jem_error *err)
{
    json_t *pair = NULL;
    bool told_a = false, told_b = false;
    enum jem_code rc = pair_told(store, a, b, &told_a, err);
    if (rc == JEM_OK)
        rc = pair_told(store, b, a, &told_b, err);
    if (rc != JEM_OK || (told_a && told_b))
        return rc;
    rc = pair_add(store, pairs, a, b, &pair, err);
    if (rc == JEM_OK && (json_object_set_new(pair, "tell_a", json_boolean(!told_a)) != 0 ||
                            json_object_set_new(pair, "tell_b", json_boolean(!told_b)) != 0))
        rc = jem_fail_nomem(err);
    return rc;
}

static enum jem_code pairs_list(struct jem_store *store, const char *sql, pair_visit *visit, size_t limit,
    jem_service_filter *filter, void *ctx, json_t **out, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    json_t *pairs = json_array();
    *out = NULL;
    enum jem_code rc = pairs == NULL ? jem_fail_nomem(err) : jem_db_prepare(store, sql, &st, err);
    while (rc == JEM_OK && json_array_size(pairs) < limit && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row)
        if (filter == NULL || filter(ctx, jem_column_text(st, 2)))
            rc = visit(store, pairs, sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1), err);
    jem_db_done(st);
    if (rc == JEM_OK)
        *out = json_incref(pairs);
    json_decref(pairs);
    return rc;
}

enum jem_code jem_store_duplicates(struct jem_store *store, size_t limit, jem_service_filter *filter, void *ctx,
    json_t **out, struct jem_error *err)
{
    return pairs_list(store, PAIRS, pair_any, limit, filter, ctx, out, err);
}

enum jem_code jem_store_duplicates_untold(struct jem_store *store, json_t **out, struct jem_error *err)
{
    return pairs_list(store, PAIRS_ACROSS, pair_untold, SIZE_MAX, NULL, NULL, out, err);
}

/* Own events that HQ has not acknowledged yet, of all incarnations; HQ has its own. */
static enum jem_code list_pending_events(struct jem_store *store, int64_t *out, struct jem_error *err)
{
    *out = 0;
    enum jem_code rc = store->in_unit ? JEM_OK : jem_store_refresh(store, err);
    if (rc == JEM_OK && store->role == JEM_ROLE_VAN)
        rc = jem_streams_load(store, err);
    for (size_t i = 0; rc == JEM_OK && store->role == JEM_ROLE_VAN && i < store->stream_count; i++) {
        struct jem_store_stream *s = &store->streams[i];
        uint64_t acked = 0, scan = 0;
        if (s->writer != store->writer)
            continue;
        rc = jem_stream_head(store, s, err);
        if (rc == JEM_OK)
            rc = jem_ack_get(store, s->writer, s->lane, s->inc, JEM_LEVEL_RECEIVED, &acked, &scan, err);
        if (rc == JEM_OK && s->seq > acked)
            *out += (int64_t)(s->seq - acked);
    }
    return rc;
}

enum jem_code jem_store_counts(struct jem_store *store, json_t **out, struct jem_error *err)
{
    static const struct {
        const char *name, *sql;
    } counts[] = { { "applications", APPLICATIONS }, { "unconfirmed", UNCONFIRMED },
        { "oldest_unconfirmed_ms", OLDEST }, { "documents", DOCUMENTS }, { "pending_documents", PENDING_DOCUMENTS },
        { "conflicts", CONFLICTS }, { "illegal", ILLEGAL }, { "duplicates", DUPLICATES } };
    int64_t n = 0;
    json_t *all = json_object();
    *out = NULL;
    enum jem_code rc = all == NULL ? jem_fail_nomem(err) : list_pending_events(store, &n, err);
    if (rc == JEM_OK && json_object_set_new(all, "pending_events", json_integer(n)) != 0)
        rc = jem_fail_nomem(err);
    for (size_t i = 0; rc == JEM_OK && i < sizeof counts / sizeof *counts; i++) {
        rc = jem_db_int(store, counts[i].sql, -1, &n, err);
        json_t *v = n < 0 && counts[i].sql == OLDEST ? json_null() : json_integer(n);
        if (rc == JEM_OK && json_object_set(all, counts[i].name, v) != 0)
            rc = jem_fail_nomem(err);
        json_decref(v);
    }
    if (rc == JEM_OK)
        *out = json_incref(all);
    json_decref(all);
    return rc;
}
