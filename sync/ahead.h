/* ahead.h - the commits of a lane, one after the other: while the caller works on one, a thread of its own opens the
 * segments of the next few. Internal to the room sync. */
#ifndef SYNC_AHEAD_H
#define SYNC_AHEAD_H
#include "verify.h"

struct jem_ahead;
/* Everything is borrowed until jem_ahead_stop; `state` stands before the first of `oids`. JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_ahead_start(struct jem_lane_state *state, struct jem_ledger *ledger,
    const struct jem_oids *oids, struct jem_ahead **out, struct jem_error *err);
/* The next commit, as jem_lane_check: appends its events, moves the state. At most one call for each of `oids`, and none
 * after one that failed. Store and repository are used by the calling thread only. */
JEM_NODISCARD enum jem_code jem_ahead_next(struct jem_ahead *ahead, struct jem_event_list *out, struct jem_error *err);
void jem_ahead_stop(struct jem_ahead *ahead); /* NULL accepted */
#endif
