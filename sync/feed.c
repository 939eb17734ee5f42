/* feed.c - what HQ tells this van: fetched, verified whole, then imported in one unit.
 *
 * Durable steps: (1) fetched objects and refs/hub/feed/<n>, (2) events and meta "feed.head.1.1" in one unit, (3)
 * refs/accepted/feed/<n>. "feed.head.1.1" alone decides; the ref keeps the objects from being collected. */
#include <stdio.h>
#include <string.h>

#include "trip.h"
#include "verify.h"

static enum jem_code feed_read(struct jem_trip *trip, const git_oid *accepted, const git_oid *head,
    struct jem_event_list *events, struct jem_error *err)
{
    unsigned char hq[32];
    struct jem_oids fresh = { 0 };
    enum jem_relation relation = JEM_RELATION_UNKNOWN;
    struct jem_lane_state state = { .store = trip->store,
        .keys = trip->keys,
        .peer = 0,
        .peer_inc = 1,
        .writer = 0,
        .lane = (uint16_t)trip->self,
        .sign_public = hq };
    enum jem_code code = jem_keys_public(trip->store, 0, hq, err);
    if (code == JEM_OK)
        code = jem_chain_compare(trip->ledger, accepted, head, &relation, &fresh, err);
    if (code == JEM_OK && relation == JEM_RELATION_BEHIND && !trip->several &&
        !jem_trip_by_bundle(trip, &(struct jem_lane_ref){ JEM_LANE_FEED, trip->self, 1, 1 }, accepted))
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_ROLLED_BACK);
    if (code == JEM_OK && relation == JEM_RELATION_FOREIGN)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_REWRITTEN);
    if (code == JEM_OK && accepted != NULL)
        code = jem_lane_resume(&state, trip->ledger, accepted, err);
    for (size_t i = 0; code == JEM_OK && i < fresh.count; i++)
        code = jem_lane_check(&state, trip->ledger, &fresh.items[i], events, err);
    jem_oids_release(&fresh);
    return code;
}

static enum jem_code feed_import(struct jem_trip *trip, struct jem_event_list *events, const git_oid *head,
    struct jem_error *err)
{
    char hex[JEM_OID_HEX];
    size_t added = 0;
    enum jem_code code = jem_store_begin(trip->store, err);
    if (code != JEM_OK)
        return code;
    code = jem_store_import_verified(trip->store, events, &added, err);
    if (code == JEM_OK)
        code = jem_store_meta_set(trip->store, "feed.head.1.1", git_oid_tostr(hex, sizeof hex, head), err);
    if (code == JEM_OK)
        code = jem_store_commit(trip->store, err);
    else
        jem_store_rollback(trip->store);
    if (code == JEM_OK)
        trip->report->received_events += added;
    return code;
}

enum jem_code jem_feed_accept(struct jem_trip *trip, const git_oid *head, struct jem_error *err)
{
    char kept[64];
    git_oid accepted;
    bool any;
    struct jem_event_list events = { 0 };
    struct jem_error why = { .code = JEM_OK };
    jem_lane_name("refs/accepted/", &(struct jem_lane_ref){ JEM_LANE_FEED, trip->self, 1, 1 }, kept);
    enum jem_code code = jem_trip_accepted(trip, "feed.head.1.1", &accepted, &any, err);
    if (code != JEM_OK)
        return code;
    code = feed_read(trip, any ? &accepted : NULL, head, &events, &why);
    bool fresh = events.count > 0;
    if (code == JEM_OK && fresh)
        code = feed_import(trip, &events, head, &why);
    jem_event_list_release(&events);
    if (code == JEM_ECORRUPT) {
        snprintf(trip->report->refused, sizeof trip->report->refused, "%s", why.msg);
        return JEM_OK;
    }
    if (code != JEM_OK) {
        if (err != NULL)
            *err = why;
        return code;
    }
    return fresh ? jem_ledger_ref_set(trip->ledger, kept, head, err) : JEM_OK;
}

enum jem_code jem_feed_take(struct jem_trip *trip, struct jem_error *err)
{
    char ref[64], hub[64], spec[160];
    git_oid accepted, head;
    bool any, there;
    jem_lane_name("refs/heads/", &(struct jem_lane_ref){ JEM_LANE_FEED, trip->self, 1, 1 }, ref);
    jem_lane_name("refs/hub/", &(struct jem_lane_ref){ JEM_LANE_FEED, trip->self, 1, 1 }, hub);
    snprintf(spec, sizeof spec, "+%s:%s", ref, hub);
    jem_trip_step(trip, JEM_STEP_FEED);
    trip->report->refused[0] = '\0';
    enum jem_code code = jem_trip_accepted(trip, "feed.head.1.1", &accepted, &any, err);
    const git_oid *at = jem_link_find(trip->link, ref);
    if (code != JEM_OK || at == NULL || (any && git_oid_equal(at, &accepted)))
        return code;
    code = jem_link_fetch(trip->link, &(const char *){ spec }, 1, err);
    if (code == JEM_OK)
        code = jem_ledger_ref(trip->ledger, hub, &head, &there, err);
    return code == JEM_OK && there ? jem_feed_accept(trip, &head, err) : code;
}

enum jem_code jem_feed_hear(struct jem_trip *trip, struct jem_error *err)
{
    char ref[64];
    git_oid accepted;
    bool any;
    struct jem_progress progress = trip->progress;
    jem_lane_name("refs/heads/", &(struct jem_lane_ref){ JEM_LANE_FEED, trip->self, 1, 1 }, ref);
    enum jem_code code = jem_trip_accepted(trip, "feed.head.1.1", &accepted, &any, err);
    const git_oid *at = jem_link_find(trip->link, ref);
    if (code != JEM_OK || at == NULL || (any && git_oid_equal(at, &accepted)) || trip->report->refused[0] != '\0' ||
        !jem_trip_may(trip, 0))
        return code;
    code = jem_link_refresh(trip->link, false, err);
    if (code == JEM_OK)
        code = jem_feed_take(trip, err);
    trip->progress = progress;
    return code;
}
