/* stream.c - the streams of the log and their ends. */
#include <stdlib.h>
#include <string.h>

#include "log.h"

static const char STREAM_ALL[] = "SELECT id, writer, lane, inc FROM stream ORDER BY id";
static const char STREAM_ADD[] = "INSERT INTO stream (writer, lane, inc) VALUES (?1, ?2, ?3)";
static const char STREAM_HEAD[] = "SELECT id, hlc, hash FROM event WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1";

int64_t jem_event_rowid(const struct jem_store_stream *stream, uint64_t seq)
{
    return (int64_t)((uint64_t)stream->id << JEM_SEQ_BITS | seq);
}

static enum jem_code stream_push(struct jem_store *store, const struct jem_store_stream *stream, struct jem_error *err)
{
    if (store->stream_count == store->stream_cap) {
        size_t cap = store->stream_cap == 0 ? 32 : store->stream_cap * 2;
        struct jem_store_stream *list = realloc(store->streams, cap * sizeof *list);
        if (list == NULL)
            return jem_fail_nomem(err);
        store->streams = list;
        store->stream_cap = cap;
    }
    store->streams[store->stream_count++] = *stream;
    return JEM_OK;
}

enum jem_code jem_streams_load(struct jem_store *store, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    if (store->streams_known)
        return JEM_OK;
    store->stream_count = store->stream_last = 0;
    enum jem_code rc = jem_db_prepare(store, STREAM_ALL, &st, err);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        struct jem_store_stream stream = { .id = sqlite3_column_int64(st, 0),
            .writer = (uint16_t)sqlite3_column_int64(st, 1),
            .lane = (uint16_t)sqlite3_column_int64(st, 2),
            .inc = (uint16_t)sqlite3_column_int64(st, 3) };
        rc = stream_push(store, &stream, err);
    }
    jem_db_done(st);
    store->streams_known = rc == JEM_OK;
    return rc;
}

enum jem_code jem_stream_head(struct jem_store *store, struct jem_store_stream *stream, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    if (stream->head_known)
        return JEM_OK;
    enum jem_code rc = jem_db_prepare(store, STREAM_HEAD, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, jem_event_rowid(stream, 0));
    jem_bind_int(st, 2, jem_event_rowid(stream, JEM_SEQ_MAX));
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row) {
        const void *hash = sqlite3_column_blob(st, 2);
        stream->seq = (uint64_t)sqlite3_column_int64(st, 0) & JEM_SEQ_MAX;
        stream->hlc = (uint64_t)sqlite3_column_int64(st, 1);
        if (sqlite3_column_bytes(st, 2) == (int)sizeof stream->hash)
            memcpy(stream->hash, hash, sizeof stream->hash);
        else
            rc = jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_STORE_CORRUPT);
    }
    stream->head_known = rc == JEM_OK;
    jem_db_done(st);
    return rc;
}

static struct jem_store_stream *stream_find(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t inc)
{
    for (size_t n = 0; n < store->stream_count; n++) {
        size_t i = (store->stream_last + n) % store->stream_count;
        struct jem_store_stream *s = &store->streams[i];
        if (s->writer == writer && s->lane == lane && s->inc == inc) {
            store->stream_last = i;
            return s;
        }
    }
    return NULL;
}

static enum jem_code stream_add(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t inc,
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, STREAM_ADD, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, writer);
    jem_bind_int(st, 2, lane);
    jem_bind_int(st, 3, inc);
    rc = jem_db_run(store, st, err);
    if (rc == JEM_OK) {
        struct jem_store_stream stream = { .id = sqlite3_last_insert_rowid(store->db),
            .writer = writer,
            .lane = lane,
            .inc = inc,
            .head_known = true };
        rc = stream_push(store, &stream, err);
    }
    return rc;
}

enum jem_code jem_stream_get(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t inc, bool create,
    struct jem_store_stream **out, struct jem_error *err)
{
    *out = NULL;
    enum jem_code rc = jem_streams_load(store, err);
    if (rc == JEM_OK && stream_find(store, writer, lane, inc) == NULL && create)
        rc = stream_add(store, writer, lane, inc, err);
    struct jem_store_stream *stream = rc == JEM_OK ? stream_find(store, writer, lane, inc) : NULL;
    if (stream != NULL)
        rc = jem_stream_head(store, stream, err);
    if (rc == JEM_OK)
        *out = stream;
    return rc;
}
