/* kept.h - what a backup holds, stream by stream. Private to src/store. */
#ifndef JEM_STORE_KEPT_H
#define JEM_STORE_KEPT_H
#include "db.h"

struct jem_kept {
    uint16_t writer, lane, inc;
    uint64_t seq;
    unsigned char hash[32];
    char head[65]; /* hex of the commit that the reader of the stream acknowledged; "" when it did not */
    uint64_t scan; /* document chunks, of a van's stream at HQ */
};
/* Appends a struct jem_kept for every stream of the store that has events, by (writer, lane, inc). */
JEM_NODISCARD enum jem_code jem_kept_read(struct jem_store *store, struct jem_buf *out, struct jem_error *err);
/* Notes them instead of what was noted before. Needs an open unit. */
JEM_NODISCARD enum jem_code jem_kept_write(struct jem_store *store, const struct jem_buf *list, struct jem_error *err);
#endif
