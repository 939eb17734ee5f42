/* lane_seal.h - a whole lane of ours sealed: the right part, the right key, the right beginning. */
#ifndef JEMPUT_SYNC_LANE_SEAL_H
#define JEMPUT_SYNC_LANE_SEAL_H
#include "part.h"
#include "trip.h"

struct jem_lane_plan {
    enum jem_lane_kind kind; /* VAN: our records; FEED: what HQ has for `van` */
    unsigned van;
    size_t max_events, max_bytes; /* of a segment */
    size_t max_commits;           /* 0: as many as it takes */
};
/* Seals what our stream has past its last commit, incarnation by incarnation; of a feed as far as jem_store_feed_end. A new part is begun when there is none, when
 * the key changes (the part before is cut right after the event that names the new one), when the part is full, and when the
 * reader, by its acknowledgement, lacks events before the oldest part that is still here: then right after what it has. */
JEM_NODISCARD enum jem_code jem_lane_seal(struct jem_trip *trip, const struct jem_lane_plan *plan, size_t *commits,
    struct jem_error *err);
/* Events that jem_lane_seal would seal. */
JEM_NODISCARD enum jem_code jem_lane_unsealed(struct jem_trip *trip, const struct jem_lane_plan *plan, uint64_t *events,
    struct jem_error *err);
/* Adds to *bytes what they come to, sealed. */
JEM_NODISCARD enum jem_code jem_lane_expect(struct jem_trip *trip, const struct jem_lane_plan *plan, uint64_t *bytes,
    struct jem_error *err);
/* True when every event of the part is acknowledged: the reader needs nothing of it. */
JEM_NODISCARD enum jem_code jem_part_done(struct jem_trip *trip, const struct jem_part *part, bool *done,
    struct jem_error *err);
#endif
