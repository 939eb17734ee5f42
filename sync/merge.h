/* merge.h - HQ's half of a round, part by part: records and documents of one van, pairs, HQ's own lane. All of them join a trip
 * whose hub has been fetched into refs/hub/. Commits that do not hold are quarantined and are JEM_OK. */
#ifndef JEMPUT_SYNC_MERGE_H
#define JEMPUT_SYNC_MERGE_H
#include "trip.h"

struct jem_merge {
    struct jem_trip *trip;
    const char *actor;
    unsigned van;
    uint16_t inc; /* of the van */
};
/* Records: verifies refs/hub/van/<n> from the accepted head on, imports in units of about JEM_MERGE_UNIT events with their
 * acknowledgement, quarantines the rest from the first commit that does not hold. */
#define JEM_MERGE_UNIT 10000
JEM_NODISCARD enum jem_code jem_merge_records(const struct jem_merge *merge, struct jem_error *err);
/* Documents: chunks of refs/hub/scan/<n> from the accepted place on; quarantined from the first that is not the van's next
 * one. Documents that came together wrong are asked for again in the acknowledgement. */
JEM_NODISCARD enum jem_code jem_merge_scans(const struct jem_merge *merge, struct jem_error *err);
/* Keeps a ref with its reason until it is good again, and counts it. */
JEM_NODISCARD enum jem_code jem_merge_quarantine(struct jem_trip *trip, const char *ref, const git_oid *head,
    const char *reason, struct jem_error *err);
/* Appends ledger.acked for all that is accepted of the van. missing: array, may be NULL. Within an open unit; nothing is
 * appended while no event of the van is here. */
JEM_NODISCARD enum jem_code jem_merge_ack(const struct jem_merge *merge, json_t *missing, struct jem_error *err);
/* Tells both vans, once, of every pair of applications across vans. */
JEM_NODISCARD enum jem_code jem_merge_pairs(struct jem_trip *trip, const char *actor, struct jem_error *err);
/* Records of all lanes listed, then documents; a van that is not enrolled is quarantined. The lanes' heads stand under
 * trip->seen. */
JEM_NODISCARD enum jem_code jem_merge_lanes(struct jem_trip *trip, const char *actor, const struct jem_link_ref *refs,
    size_t count, struct jem_error *err);
/* What follows when all that arrived is in: pairs, HQ's own lane, counts. */
JEM_NODISCARD enum jem_code jem_merge_finish(struct jem_trip *trip, const char *actor, struct jem_error *err);
/* Seals and commits what HQ has for one van. */
JEM_NODISCARD enum jem_code jem_feed_seal(struct jem_trip *trip, unsigned van, struct jem_error *err);
/* Commits to HQ's own lane what is new: accepted heads and events of HQ's own lane. */
JEM_NODISCARD enum jem_code jem_hq_advance(struct jem_trip *trip, struct jem_error *err);

/* Chunks accepted of a van's document lane and the commit where they end. */
JEM_NODISCARD enum jem_code jem_scan_accepted(struct jem_trip *trip, unsigned van, git_oid *head, bool *any,
    uint64_t *chunks, struct jem_error *err);
#endif
