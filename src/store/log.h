/* log.h - rows of the log. Private to src/store. */
#ifndef JEM_STORE_LOG_H
#define JEM_STORE_LOG_H
#include "db.h"

/* event.id = stream.id << JEM_SEQ_BITS | seq */
#define JEM_SEQ_BITS 40
#define JEM_SEQ_MAX (((uint64_t)1 << JEM_SEQ_BITS) - 1)

/* What jem_event_read takes, in this order, from `event e`. */
#define JEM_EVENT_COLUMNS \
    "e.id, e.hlc, e.wall, e.source, e.subject, e.actor, e.kind, e.hash, e.prev_hash, e.body_hash, e.body "

/* The event under the cursor, owned by the caller. prev_hash is zero where the row does not hold it; body_hash is
 * computed only when `hashes`. JEM_ECORRUPT: no such row was ever written. */
JEM_NODISCARD enum jem_code jem_event_read(struct jem_store *store, sqlite3_stmt *st, bool hashes,
    struct jem_event *out, struct jem_error *err);

/* The stream, with its end; made when `create`. NULL in *out: there is none. Borrowed until the next call. */
JEM_NODISCARD enum jem_code jem_stream_get(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t inc,
    bool create, struct jem_store_stream **out, struct jem_error *err);
/* The whole list into store->streams; ends are read only by jem_stream_get. */
JEM_NODISCARD enum jem_code jem_streams_load(struct jem_store *store, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_stream_head(struct jem_store *store, struct jem_store_stream *stream,
    struct jem_error *err);
int64_t jem_event_rowid(const struct jem_store_stream *stream, uint64_t seq);
#endif
