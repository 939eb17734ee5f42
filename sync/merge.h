/* merge.h - HQ's half of a round, part by part: records and documents of one van, pairs, HQ's own lane. All of them join a trip
 * whose hub has been fetched into refs/hub/. Commits that do not hold are quarantined and are JEM_OK. */
#ifndef JEMPUT_SYNC_MERGE_H
#define JEMPUT_SYNC_MERGE_H
#include "trip.h"

/* One part of a van's lane, as the hub lists it. */
struct jem_merge {
    struct jem_trip *trip;
    const char *actor;
    struct jem_lane_ref lane;
    git_oid head;
    bool *early; /* NULL, or set, and nothing quarantined, when the part follows an event that a later part may bring */
};
/* Records: verifies the part from the accepted head on, imports in units of about JEM_MERGE_UNIT events with their
 * acknowledgement, quarantines the rest from the first commit that does not hold, or that came after this writing was closed
 * (jem_store_van_limit) and nobody admitted. The root of a new incarnation gets the van's own events back that it lacks. */
#define JEM_MERGE_UNIT 10000
JEM_NODISCARD enum jem_code jem_merge_records(const struct jem_merge *merge, struct jem_error *err);
/* Documents: chunks of the part from the accepted place on; quarantined from the first that is not the van's next
 * one. Documents that came together wrong are asked for again in the acknowledgement. */
JEM_NODISCARD enum jem_code jem_merge_scans(const struct jem_merge *merge, struct jem_error *err);
/* Keeps a ref with its reason until it is good again, and counts it. late: good work that a person may admit. */
JEM_NODISCARD enum jem_code jem_merge_quarantine(struct jem_trip *trip, const char *ref, const git_oid *head, bool late,
    const char *reason, struct jem_error *err);
/* Appends ledger.acked for all that is accepted of that incarnation. head: of its last part, NULL: as refs/accepted tells;
 * missing: array, may be NULL. Within an open unit; nothing is appended while no event of it is here, but for `even_none`. */
JEM_NODISCARD enum jem_code jem_merge_ack(struct jem_trip *trip, const char *actor, unsigned van, uint16_t inc,
    const git_oid *head, json_t *missing, bool even_none, struct jem_error *err);
/* HQ was restored and writes in a new incarnation: states anew how far it has each van, once. */
JEM_NODISCARD enum jem_code jem_merge_restate(struct jem_trip *trip, const char *actor, struct jem_error *err);
/* Gives a van its own events back that come after (inc, seq): history.returned, on its lane, for incarnation `to` to read.
 * Within an open unit. */
JEM_NODISCARD enum jem_code jem_history_return(struct jem_store *store, const struct jem_keys *keys, const char *actor,
    unsigned van, uint16_t inc, uint64_t seq, uint16_t to, struct jem_error *err);
/* The same with a key that is given: for an incarnation that is being enrolled in the same unit. */
JEM_NODISCARD enum jem_code jem_history_give(struct jem_store *store, const struct jem_box_key *key, const char *actor,
    unsigned van, uint16_t inc, uint64_t seq, uint16_t to, struct jem_error *err);
/* What was taken of a closed incarnation after `seq`, for the van's newest one: it has not seen that. Nothing when inc is the
 * newest. */
JEM_NODISCARD enum jem_code jem_history_add(struct jem_store *store, const struct jem_keys *keys, const char *actor,
    unsigned van, uint16_t inc, uint64_t seq, struct jem_error *err);
/* Van: takes what a feed returned of its own events. Within an open unit. What does not hold is told in the log and left. */
JEM_NODISCARD enum jem_code jem_history_take(struct jem_trip *trip, uint16_t hq_inc,
    const struct jem_event_list *events, struct jem_error *err);
/* Tells both vans, once, of every pair of applications across vans. */
JEM_NODISCARD enum jem_code jem_merge_pairs(struct jem_trip *trip, const char *actor, struct jem_error *err);
/* Tells the van that began it of every application whose stage another van moved. */
JEM_NODISCARD enum jem_code jem_merge_moved(struct jem_trip *trip, const char *actor, struct jem_error *err);
/* Records of all lanes listed, then documents; a van that is not enrolled is quarantined. The lanes' heads stand under
 * trip->seen. */
JEM_NODISCARD enum jem_code jem_merge_lanes(struct jem_trip *trip, const char *actor, const struct jem_link_ref *refs,
    size_t count, struct jem_error *err);
/* What follows when all that arrived is in: pairs, moved stages, HQ's own lane, counts. */
JEM_NODISCARD enum jem_code jem_merge_finish(struct jem_trip *trip, const char *actor, struct jem_error *err);
/* Seals and commits what HQ has for one van. */
JEM_NODISCARD enum jem_code jem_feed_seal(struct jem_trip *trip, unsigned van, struct jem_error *err);
/* Commits to HQ's own lane what is new: accepted heads and events of HQ's own lane. */
JEM_NODISCARD enum jem_code jem_hq_advance(struct jem_trip *trip, struct jem_error *err);

/* A file of a commit of HQ's own lane; *out NULL: it has none. Free with git_odb_object_free. */
JEM_NODISCARD enum jem_code jem_hq_file(struct jem_ledger *ledger, const git_oid *oid, const char *name,
    git_odb_object **out, struct jem_error *err);

/* Chunks accepted of an incarnation's documents: their places go on across its parts. */
JEM_NODISCARD enum jem_code jem_scan_accepted(struct jem_trip *trip, unsigned van, uint16_t inc, uint64_t *chunks,
    struct jem_error *err);
#endif
