/* kept.c - what the last verified backup holds, and HQ's word of it to the vans. */
#include "kept.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "views.h"

static const char KEPT_DROP[] = "DELETE FROM kept";
static const char KEPT_ADD[] =
    "INSERT INTO kept (writer, lane, inc, seq, hash, head, scan) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
static const char KEPT_ACK[] = "SELECT head, scan FROM ack WHERE writer = ?1 AND lane = ?2 AND inc = ?3 AND level = 1";
static const char KEPT_GET[] = "SELECT seq, scan FROM kept WHERE writer = ?1 AND lane = ?2 AND inc = ?3";
/* What vans were not told yet, or not by this incarnation of HQ. */
static const char KEPT_NEWS[] =
    "SELECT k.writer, k.lane, k.inc, k.seq, k.hash, k.head, k.scan FROM kept k JOIN van v ON v.van = k.writer "
    "LEFT JOIN ack a ON a.writer = k.writer AND a.lane = 0 AND a.inc = k.inc AND a.level = 2 AND a.teller = ?1 "
    "WHERE k.lane = 0 AND k.writer > 0 AND k.head <> '' "
    "AND (k.seq > coalesce(a.seq, 0) OR k.scan > coalesce(a.scan, 0)) ORDER BY k.writer, k.inc";

static int kept_cmp(const void *a, const void *b)
{
    const struct jem_kept *x = a, *y = b;
    const struct jem_event_id p = { x->writer, x->lane, x->inc, x->seq }, q = { y->writer, y->lane, y->inc, y->seq };
    return jem_event_id_cmp(&p, &q);
}

static enum jem_code kept_ack(struct jem_store *store, struct jem_kept *k, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, KEPT_ACK, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, k->writer);
    jem_bind_int(st, 2, k->lane);
    jem_bind_int(st, 3, k->inc);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row) {
        size_t n = (size_t)sqlite3_column_bytes(st, 0);
        if (n < sizeof k->head)
            memcpy(k->head, jem_column_text(st, 0), n);
        k->scan = (uint64_t)sqlite3_column_int64(st, 1);
    }
    jem_db_done(st);
    return rc;
}

enum jem_code jem_kept_read(struct jem_store *store, struct jem_buf *out, struct jem_error *err)
{
    enum jem_code rc = store->in_unit ? JEM_OK : jem_store_refresh(store, err);
    if (rc == JEM_OK)
        rc = jem_streams_load(store, err);
    for (size_t i = 0; rc == JEM_OK && i < store->stream_count; i++) {
        struct jem_store_stream *s = &store->streams[i];
        struct jem_kept k = { .writer = s->writer, .lane = s->lane, .inc = s->inc };
        rc = jem_stream_head(store, s, err);
        if (rc != JEM_OK || s->seq == 0)
            continue;
        k.seq = s->seq;
        memcpy(k.hash, s->hash, 32);
        rc = kept_ack(store, &k, err);
        jem_buf_add(out, &k, sizeof k);
    }
    if (rc == JEM_OK)
        rc = jem_buf_ok(out, err);
    if (rc == JEM_OK && out->len > 0)
        qsort(out->data, out->len / sizeof(struct jem_kept), sizeof(struct jem_kept), kept_cmp);
    return rc;
}

enum jem_code jem_kept_write(struct jem_store *store, const struct jem_buf *list, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_store_need_unit(store, err);
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, KEPT_DROP, &st, err);
    if (rc == JEM_OK)
        rc = jem_db_run(store, st, err);
    for (size_t at = 0; rc == JEM_OK && at + sizeof(struct jem_kept) <= list->len; at += sizeof(struct jem_kept)) {
        struct jem_kept k;
        memcpy(&k, list->data + at, sizeof k);
        rc = jem_db_prepare(store, KEPT_ADD, &st, err);
        if (rc != JEM_OK)
            break;
        jem_bind_int(st, 1, k.writer);
        jem_bind_int(st, 2, k.lane);
        jem_bind_int(st, 3, k.inc);
        jem_bind_int(st, 4, (int64_t)k.seq);
        jem_bind_blob(st, 5, k.hash, sizeof k.hash);
        jem_bind_text(st, 6, k.head);
        jem_bind_int(st, 7, (int64_t)k.scan);
        rc = jem_db_run(store, st, err);
    }
    return rc;
}

enum jem_code jem_store_kept(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t inc, uint64_t *seq,
    uint64_t *scan, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *seq = *scan = 0;
    enum jem_code rc = jem_db_prepare(store, KEPT_GET, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, writer);
    jem_bind_int(st, 2, lane);
    jem_bind_int(st, 3, inc);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row) {
        *seq = (uint64_t)sqlite3_column_int64(st, 0);
        *scan = (uint64_t)sqlite3_column_int64(st, 1);
    }
    jem_db_done(st);
    return rc;
}

static enum jem_code kept_news(struct jem_store *store, struct jem_buf *out, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, KEPT_NEWS, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, store->inc);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        struct jem_kept k = { .writer = (uint16_t)sqlite3_column_int64(st, 0),
            .inc = (uint16_t)sqlite3_column_int64(st, 2),
            .seq = (uint64_t)sqlite3_column_int64(st, 3),
            .scan = (uint64_t)sqlite3_column_int64(st, 6) };
        size_t n = (size_t)sqlite3_column_bytes(st, 5);
        if (sqlite3_column_bytes(st, 4) == 32)
            memcpy(k.hash, sqlite3_column_blob(st, 4), 32);
        if (n < sizeof k.head)
            memcpy(k.head, jem_column_text(st, 5), n);
        jem_buf_add(out, &k, sizeof k);
    }
    jem_db_done(st);
    return rc == JEM_OK ? jem_buf_ok(out, err) : rc;
}

static enum jem_code kept_tell(struct jem_store *store, const struct jem_kept *k, const char *actor,
    struct jem_error *err)
{
    char hash[65];
    jem_hex(k->hash, 32, hash);
    json_t *body = json_pack("{s:i, s:i, s:I, s:s, s:s, s:s, s:I, s:[]}", "writer", (int)k->writer, "inc", (int)k->inc,
        "seq", (json_int_t)k->seq, "hash", hash, "level", "durable", "head", k->head, "scan", (json_int_t)k->scan,
        "missing");
    if (body == NULL)
        return jem_fail_nomem(err);
    enum jem_code rc = jem_store_append(store, k->writer, 0, "ledger.acked", body, actor, NULL, err);
    json_decref(body);
    return rc;
}

enum jem_code jem_store_ack_durable(struct jem_store *store, const char *actor, size_t *told, struct jem_error *err)
{
    struct jem_buf news = JEM_BUF_INIT((size_t)16 << 20);
    bool own = false;
    *told = 0;
    if (store->role != JEM_ROLE_HQ)
        return jem_fail(err, JEM_EDENIED, JEM_D_STORE, 0, JEM_T_STORE_HQ_ONLY);
    enum jem_code rc = jem_store_enter(store, &own, err);
    if (rc != JEM_OK)
        return rc;
    rc = kept_news(store, &news, err);
    for (size_t at = 0; rc == JEM_OK && at + sizeof(struct jem_kept) <= news.len; at += sizeof(struct jem_kept)) {
        struct jem_kept k;
        memcpy(&k, news.data + at, sizeof k);
        rc = kept_tell(store, &k, actor, err);
        *told += rc == JEM_OK;
    }
    jem_buf_release(&news);
    return jem_store_leave(store, own, rc, err);
}
