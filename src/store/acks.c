/* acks.c - how far the reader of a lane has it.
 *
 * The reader's highest incarnation rules. Within one incarnation acknowledgements only rise; when a higher one speaks
 * first of a lane, all that lower ones said of that lane is void, whichever of the writer's incarnations it was about:
 * the reader was restored from a backup and may have less. What is then not covered any more is unconfirmed again. */
#include <stdlib.h>
#include <string.h>

#include "views.h"

/* A laptop that was replaced is no reader any more: its successor has nothing of what it had. */
static const char ACK_GET[] =
    "SELECT seq, scan FROM ack WHERE writer = ?1 AND lane = ?2 AND inc = ?3 AND level = ?4 "
    "AND (?1 <> 0 OR teller >= coalesce((SELECT max(e.inc) FROM enrolment e WHERE e.van = ?2), 0))";
static const char ACK_TELLER[] = "SELECT max(teller) FROM ack WHERE writer = ?1 AND lane = ?2";
static const char ACK_DROP[] = "DELETE FROM ack WHERE writer = ?1 AND lane = ?2";
static const char ACK_PUT[] =
    "INSERT INTO ack (writer, lane, inc, level, teller, seq, scan, head) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
    "ON CONFLICT (writer, lane, inc, level) DO UPDATE SET seq = max(seq, excluded.seq), "
    "scan = max(scan, excluded.scan), "
    "head = CASE WHEN (excluded.seq, excluded.head) > (seq, head) THEN excluded.head ELSE head END";
static const char CONFIRM[] =
    "UPDATE application SET confirmed = 1, status = CASE status WHEN 1 THEN 2 ELSE status END "
    "WHERE confirmed = 0 AND writer = ?1 AND inc = ?2 AND seq <= ?3";
static const char UNCOVERED[] =
    "SELECT p.number FROM application p WHERE p.confirmed = 1 AND p.writer = ?1 AND p.seq > 0 AND p.seq > "
    "coalesce((SELECT a.seq FROM ack a WHERE a.writer = ?1 AND a.lane = 0 AND a.inc = p.inc AND a.level = 1), 0)";
_Static_assert(JEM_STATUS_SUBMITTED == 1 && JEM_STATUS_RECEIVED == 2 && JEM_LEVEL_RECEIVED == 1,
    "CONFIRM and UNCOVERED name these values");

struct ack {
    int64_t writer, lane, inc, teller, seq, scan;
    const char *head;
    bool durable;
};

enum jem_code jem_ack_get(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t inc, int level,
    uint64_t *seq, uint64_t *scan, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *seq = *scan = 0;
    enum jem_code rc = jem_db_prepare(store, ACK_GET, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, writer);
    jem_bind_int(st, 2, lane);
    jem_bind_int(st, 3, inc);
    jem_bind_int(st, 4, level);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row) {
        *seq = (uint64_t)sqlite3_column_int64(st, 0);
        *scan = (uint64_t)sqlite3_column_int64(st, 1);
    }
    jem_db_done(st);
    return rc;
}

enum jem_code jem_store_ack(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t inc, const char *level,
    uint64_t *seq, uint64_t *scan, struct jem_error *err)
{
    return jem_ack_get(store, writer, lane, inc, strcmp(level, "durable") == 0 ? JEM_LEVEL_DURABLE : JEM_LEVEL_RECEIVED,
        seq, scan, err);
}

static enum jem_code ack_lane(struct jem_store *store, const char *sql, const struct ack *a, int64_t *out,
    struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *out = 0;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, a->writer);
    jem_bind_int(st, 2, a->lane);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row)
        *out = sqlite3_column_int64(st, 0);
    jem_db_done(st);
    return rc;
}

static enum jem_code ack_put(struct jem_store *store, const struct ack *a, int level, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, ACK_PUT, &st, err);
    if (rc != JEM_OK)
        return rc;
    const int64_t values[] = { a->writer, a->lane, a->inc, level, a->teller, a->seq, a->scan };
    for (int i = 0; i < 7; i++)
        jem_bind_int(st, 1 + i, values[i]);
    jem_bind_text(st, 8, a->head);
    return jem_db_run(store, st, err);
}

static enum jem_code ack_confirm(struct jem_store *store, const struct ack *a, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, CONFIRM, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, a->writer);
    jem_bind_int(st, 2, a->inc);
    jem_bind_int(st, 3, a->seq);
    return jem_db_run(store, st, err);
}

/* Rows that nothing covers any more are folded anew: only the log tells which stage they are at without it. */
static enum jem_code ack_unconfirm(struct jem_store *store, const struct ack *a, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    struct jem_buf numbers = JEM_BUF_INIT((size_t)1 << 30);
    enum jem_code rc = jem_db_prepare(store, UNCOVERED, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, a->writer);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row)
        jem_buf_u64(&numbers, (uint64_t)sqlite3_column_int64(st, 0));
    jem_db_done(st);
    if (rc == JEM_OK)
        rc = jem_buf_ok(&numbers, err);
    struct jem_reader r = jem_reader_of(numbers.data, numbers.len);
    while (rc == JEM_OK && jem_reader_left(&r) > 0)
        rc = jem_views_refold(store, jem_read_u64(&r), err);
    jem_buf_release(&numbers);
    return rc;
}

static enum jem_code ack_apply(struct jem_store *store, const struct ack *a, const json_t *missing,
    struct jem_error *err)
{
    int64_t ruling = 0, none = 0;
    enum jem_code rc = ack_lane(store, ACK_TELLER, a, &ruling, err);
    if (rc != JEM_OK || a->teller < ruling)
        return rc;
    bool anew = ruling != 0 && a->teller > ruling;
    if (anew)
        rc = ack_lane(store, ACK_DROP, a, &none, err);
    if (rc == JEM_OK)
        rc = ack_put(store, a, JEM_LEVEL_RECEIVED, err);
    if (rc == JEM_OK && a->durable)
        rc = ack_put(store, a, JEM_LEVEL_DURABLE, err);
    if (rc != JEM_OK || a->writer == 0)
        return rc;
    rc = ack_confirm(store, a, err);
    if (rc == JEM_OK && anew && store->role == JEM_ROLE_VAN)
        rc = ack_unconfirm(store, a, err);
    if (rc == JEM_OK && !store->rebuilding && store->role == JEM_ROLE_VAN && a->writer == store->writer)
        rc = jem_outgoing_acked(store, a->inc, a->scan, missing, anew, err);
    return rc;
}

enum jem_code jem_acks_apply(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err)
{
    struct ack a = { .writer = jem_json_int(body, "writer", -1),
        .lane = e->id.writer, /* HQ reads lane 0 of vans, a van the lane that has its number */
        .inc = jem_json_int(body, "inc", 0),
        .teller = e->id.inc,
        .seq = jem_json_int(body, "seq", 0),
        .scan = jem_json_int(body, "scan", 0),
        .head = jem_json_str(body, "head", ""),
        .durable = strcmp(jem_json_str(body, "level", ""), "durable") == 0 };
    if ((e->id.writer == 0) == (a.writer == 0))
        return JEM_OK;
    return ack_apply(store, &a, json_object_get(body, "missing"), err);
}
