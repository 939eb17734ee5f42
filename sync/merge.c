/* merge.c - the records of one van, at HQ.
 *
 * Durable steps: (1) objects fetched, refs/hub/van/<n>; (2) for each unit: events, their acknowledgement and meta
 * "accepted.van.<n>" together; (3) refs/accepted/van/<n>. The meta decides; the ref keeps the objects. A crash
 * anywhere repeats no event and no acknowledgement. */
#include "merge.h"

#include <stdio.h>
#include <string.h>

#include "ahead.h"
#include "jemput/codec.h"
#include "jemput/log.h"

enum jem_code jem_merge_quarantine(struct jem_trip *trip, const char *ref, const git_oid *head, const char *reason,
    struct jem_error *err)
{
    char hex[JEM_OID_HEX];
    git_oid_tostr(hex, sizeof hex, head);
    trip->report->quarantined++;
    jem_log(JEM_LOG_WARN, "sync: %s at %.10s is quarantined", ref, hex);
    return trip->options->dry_run ? JEM_OK : jem_store_quarantine_put(trip->store, ref, hex, reason, err);
}

enum jem_code jem_merge_ack(const struct jem_merge *merge, json_t *missing, struct jem_error *err)
{
    struct jem_trip *trip = merge->trip;
    struct jem_stream_head head;
    char key[40], hash[65], oid[JEM_OID_HEX];
    git_oid accepted, scan;
    bool any;
    uint64_t chunks;
    snprintf(key, sizeof key, "accepted.van.%u.1.1", merge->van);
    enum jem_code code = jem_trip_accepted(trip, key, &accepted, &any, err);
    if (code != JEM_OK || !any)
        return code;
    git_oid_tostr(oid, sizeof oid, &accepted);
    code = jem_scan_accepted(trip, merge->van, &scan, &any, &chunks, err);
    if (code == JEM_OK)
        code = jem_store_head(trip->store, (uint16_t)merge->van, 0, merge->inc, &head, err);
    if (code != JEM_OK || head.last.seq == 0)
        return code;
    jem_hex(head.hash, 32, hash);
    json_t *body = json_pack("{s:i,s:i,s:I,s:s,s:s,s:s,s:I,s:O?}", "writer", (int)merge->van, "inc", (int)merge->inc,
        "seq", (json_int_t)head.last.seq, "hash", hash, "level", "received", "head", oid, "scan", (json_int_t)chunks,
        "missing", missing);
    if (body != NULL && missing == NULL)
        json_object_set_new(body, "missing", json_array());
    if (body == NULL)
        return jem_fail_nomem(err);
    code = jem_store_append(trip->store, (uint16_t)merge->van, 0, "ledger.acked", body, merge->actor, NULL, err);
    json_decref(body);
    return code;
}

/* A unit of work that fills commit by commit. */
struct merge_unit {
    const struct jem_merge *merge;
    size_t count, added; /* events of the open unit; 0: none is open */
};

/* Takes the events over. On failure nothing of the unit is left. */
static enum jem_code unit_fill(struct merge_unit *unit, struct jem_event_list *events, struct jem_error *err)
{
    struct jem_trip *trip = unit->merge->trip;
    size_t count = events->count, added = count;
    enum jem_code code = JEM_OK;
    if (!trip->options->dry_run) {
        if (unit->count == 0)
            code = jem_store_begin(trip->store, err);
        if (code == JEM_OK)
            code = jem_store_import_verified(trip->store, events, &added, err);
        if (code != JEM_OK)
            jem_store_rollback(trip->store);
    }
    unit->count += count;
    unit->added += added;
    jem_event_list_release(events);
    return code;
}

static enum jem_code unit_close(struct merge_unit *unit, const git_oid *head, struct jem_error *err)
{
    struct jem_trip *trip = unit->merge->trip;
    char key[40], ref[64], hex[JEM_OID_HEX];
    enum jem_code code = JEM_OK;
    snprintf(key, sizeof key, "accepted.van.%u.1.1", unit->merge->van);
    jem_lane_name("refs/accepted/", &(struct jem_lane_ref){ JEM_LANE_VAN, unit->merge->van, 1, 1 }, ref);
    if (!trip->options->dry_run) {
        code = jem_store_meta_set(trip->store, key, git_oid_tostr(hex, sizeof hex, head), err);
        if (code == JEM_OK)
            code = jem_merge_ack(unit->merge, NULL, err);
        if (code == JEM_OK)
            code = jem_store_commit(trip->store, err);
        else
            jem_store_rollback(trip->store);
        if (code == JEM_OK)
            code = jem_ledger_ref_set(trip->ledger, ref, head, err);
    }
    if (code == JEM_OK) {
        trip->report->accepted_events += unit->added;
        trip->progress.records_done += unit->count;
        jem_trip_tell(trip);
    }
    unit->count = unit->added = 0;
    return code;
}

/* The commits one after the other into units of about `limit` events. JEM_OK with *bad set at the first that does not
 * hold; a failure of the store is the outcome. */
static enum jem_code merge_commits(const struct jem_merge *merge, struct jem_lane_state *state,
    const struct jem_oids *fresh, size_t limit, enum jem_code *bad, struct jem_error *err)
{
    struct merge_unit unit = { .merge = merge };
    struct jem_event_list events = { 0 };
    struct jem_ahead *ahead = NULL;
    struct jem_error why = { 0 };
    enum jem_code code = jem_ahead_start(state, merge->trip->ledger, fresh, &ahead, err);
    for (size_t i = 0; code == JEM_OK && *bad == JEM_OK && i < fresh->count; i++) {
        *bad = jem_ahead_next(ahead, &events, &why);
        bool last = *bad != JEM_OK || i + 1 == fresh->count;
        if (events.count > 0)
            code = unit_fill(&unit, &events, err);
        if (code == JEM_OK && unit.count > 0 && (last || limit == 1 || unit.count + JEM_SEGMENT_EVENTS > limit))
            code = unit_close(&unit, &state->head, err);
    }
    if (code == JEM_OK && *bad != JEM_OK && err != NULL)
        *err = why;
    jem_ahead_stop(ahead);
    jem_event_list_release(&events);
    return code;
}

/* JEM_ECORRUPT with its reason at the first commit that does not hold; the good ones before it are in. With limit 1 every
 * commit is a unit of its own. */
static enum jem_code merge_walk(const struct jem_merge *merge, const git_oid *accepted, const git_oid *head,
    size_t limit, bool *in_import, struct jem_error *err)
{
    struct jem_trip *trip = merge->trip;
    unsigned char key[32];
    struct jem_oids fresh = { 0 };
    enum jem_relation relation = JEM_RELATION_UNKNOWN;
    struct jem_lane_state state = { .store = trip->store,
        .keys = trip->keys,
        .peer = merge->van,
        .peer_inc = merge->inc,
        .writer = (uint16_t)merge->van,
        .inc = merge->inc,
        .sign_public = key };
    enum jem_code code = jem_keys_public(trip->store, merge->van, key, err), bad = JEM_OK;
    *in_import = false;
    if (code == JEM_OK)
        code = jem_chain_compare(trip->ledger, accepted, head, &relation, &fresh, err);
    if (code == JEM_OK && relation == JEM_RELATION_BEHIND && !trip->several &&
        !jem_trip_by_bundle(trip, &(struct jem_lane_ref){ JEM_LANE_VAN, merge->van, 1, 1 }, accepted))
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_ROLLED_BACK);
    if (code == JEM_OK && relation == JEM_RELATION_FOREIGN)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_REWRITTEN);
    if (code == JEM_OK && accepted != NULL)
        code = jem_lane_resume(&state, trip->ledger, accepted, err);
    if (code == JEM_OK && fresh.count > 0) {
        code = merge_commits(merge, &state, &fresh, limit, &bad, err);
        *in_import = code != JEM_OK;
    }
    jem_oids_release(&fresh);
    return code != JEM_OK ? code : bad;
}

enum jem_code jem_merge_records(const struct jem_merge *merge, struct jem_error *err)
{
    struct jem_trip *trip = merge->trip;
    char ref[64], hub[64], key[40];
    git_oid head, accepted;
    bool there, any, in_import;
    jem_lane_name("refs/heads/", &(struct jem_lane_ref){ JEM_LANE_VAN, merge->van, 1, 1 }, ref);
    jem_lane_name(trip->seen, &(struct jem_lane_ref){ JEM_LANE_VAN, merge->van, 1, 1 }, hub);
    snprintf(key, sizeof key, "accepted.van.%u.1.1", merge->van);
    enum jem_code code = jem_ledger_ref(trip->ledger, hub, &head, &there, err);
    if (code != JEM_OK || !there)
        return code;
    struct jem_error why = { 0 };
    for (size_t unit = JEM_MERGE_UNIT;; unit = 1) {
        code = jem_trip_accepted(trip, key, &accepted, &any, err);
        if (code != JEM_OK)
            return code;
        code = merge_walk(merge, any ? &accepted : NULL, &head, unit, &in_import, &why);
        if (!in_import || unit == 1 || (code != JEM_ECORRUPT && code != JEM_EINVAL))
            break;
    }
    if (code == JEM_ECORRUPT || (code == JEM_EINVAL && in_import))
        return jem_merge_quarantine(trip, ref, &head, why.msg, err);
    if (code == JEM_OK && !trip->options->dry_run)
        return jem_store_quarantine_clear(trip->store, ref, err);
    if (code != JEM_OK && err != NULL)
        *err = why;
    return code;
}
