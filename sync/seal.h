/* seal.h - where a lane's commits end, and what is still to be sealed. */
#ifndef JEMPUT_SYNC_SEAL_H
#define JEMPUT_SYNC_SEAL_H
#include "verify.h"

/* One segment of the stream's events after *next (moved past them), at most max_events/max_bytes; *count 0: none are left.
 * Appends the sealed bytes; *last_ms is the HLC time of the last event. */
JEM_NODISCARD enum jem_code jem_seal_segment(struct jem_ledger *ledger, struct jem_store *store,
    const struct jem_keys *keys, const struct jem_seal_plan *plan, struct jem_event_id *next, struct jem_buf *out,
    size_t *count, int64_t *last_ms, struct jem_error *err);
/* First event that the ref does not hold yet, by its head's subject. */
JEM_NODISCARD enum jem_code jem_seal_next(struct jem_ledger *ledger, const struct jem_seal_plan *plan,
    struct jem_event_id *next, struct jem_error *err);
#endif
