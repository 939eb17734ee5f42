/* feed.c - what HQ tells this van: fetched part by part, each verified whole, then imported in one unit.
 *
 * Durable steps: (1) fetched objects and refs/hub/ with the part's tail, (2) events and meta "feed.head.<inc>.<part>" in one
 * unit, (3) refs/accepted/ with the tail. The meta alone decides; the ref keeps the objects from being collected. */
#include <stdio.h>
#include <string.h>

#include "jemput/codec.h"
#include "merge.h"
#include "verify.h"

#define FEED_TRIES 3

static void feed_key(const struct jem_lane_ref *lane, char key[JEM_LANE_TEXT])
{
    snprintf(key, JEM_LANE_TEXT, "feed.head.%u.%lu", (unsigned)lane->inc, (unsigned long)lane->part);
}

enum jem_code jem_feed_head(struct jem_trip *trip, const struct jem_lane_ref *lane, git_oid *out, bool *there,
    struct jem_error *err)
{
    char key[JEM_LANE_TEXT];
    feed_key(lane, key);
    return jem_trip_accepted(trip, key, out, there, err);
}

static enum jem_code feed_read(struct jem_trip *trip, const struct jem_part *part, const git_oid *accepted,
    struct jem_event_list *events, struct jem_error *err)
{
    unsigned char hq[32];
    struct jem_oids fresh = { 0 };
    enum jem_relation relation = JEM_RELATION_UNKNOWN;
    struct jem_lane_state state = { .store = trip->store,
        .keys = trip->keys,
        .peer = 0,
        .peer_inc = part->lane.inc,
        .writer = 0,
        .lane = (uint16_t)trip->self,
        .inc = part->lane.inc,
        .part = part->lane.part,
        .sign_public = hq };
    enum jem_code code = jem_keys_public(trip->store, 0, hq, err);
    if (code == JEM_OK)
        code = jem_chain_compare(trip->ledger, accepted, &part->head, &relation, &fresh, err);
    if (code == JEM_OK && relation == JEM_RELATION_BEHIND && !trip->several &&
        !jem_trip_by_bundle(trip, &part->lane, accepted))
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_ROLLED_BACK);
    if (code == JEM_OK && relation == JEM_RELATION_FOREIGN)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_REWRITTEN);
    if (code == JEM_OK && accepted != NULL)
        code = jem_lane_resume(&state, trip->ledger, accepted, err);
    for (size_t i = 0; code == JEM_OK && i < fresh.count; i++)
        code = jem_lane_check(&state, trip->ledger, &fresh.items[i], events, err);
    jem_oids_release(&fresh);
    /* sealed for a key that this van lost when it was restored, and told anew since */
    if (code == JEM_ECORRUPT && state.keyless && jem_lane_is_known(&state, trip->ledger, &part->head)) {
        jem_event_list_release(events);
        code = JEM_OK;
    }
    return code;
}

/* ---- our word to HQ ---- */

/* ledger.acked for HQ's lane as far as it is here. */
static enum jem_code feed_ack(struct jem_trip *trip, uint16_t inc, struct jem_error *err)
{
    char hash[65], oid[JEM_OID_HEX] = "";
    struct jem_stream_head head;
    struct jem_parts parts = { 0 };
    git_oid last = { { 0 } };
    enum jem_code code = jem_store_head(trip->store, 0, (uint16_t)trip->self, inc, &head, err);
    if (code == JEM_OK)
        code = jem_parts_local(trip->ledger, "refs/accepted/", JEM_LANE_FEED, trip->self, &parts, err);
    const struct jem_part *part = jem_parts_last(&parts, inc);
    if (part != NULL)
        last = part->head;
    jem_parts_release(&parts);
    if (code != JEM_OK)
        return code;
    jem_hex(head.hash, 32, hash);
    git_oid_tostr(oid, sizeof oid, &last);
    json_t *body = json_pack("{s:i,s:i,s:I,s:s,s:s,s:s,s:i,s:[]}", "writer", 0, "inc", (int)inc, "seq",
        (json_int_t)head.last.seq, "hash", hash, "level", "received", "head", oid, "scan", 0, "missing");
    if (body == NULL)
        return jem_fail_nomem(err);
    code = jem_store_append(trip->store, 0, 0, "ledger.acked", body, "jemput", NULL, err);
    json_decref(body);
    return code;
}

/* Of every incarnation of HQ. Within an open unit. */
static enum jem_code feed_ack_all(struct jem_trip *trip, struct jem_error *err)
{
    enum jem_code code = JEM_OK;
    for (uint16_t inc = UINT16_MAX; code == JEM_OK; inc--) {
        code = jem_store_inc_upto(trip->store, 0, (uint16_t)trip->self, inc, &inc, err);
        if (code != JEM_OK || inc == 0)
            break;
        code = feed_ack(trip, inc, err);
    }
    return code;
}

enum jem_code jem_feed_tell(struct jem_trip *trip, struct jem_error *err)
{
    char own[16];
    struct jem_buf told = JEM_BUF_INIT(16);
    uint16_t inc = jem_store_inc(trip->store);
    snprintf(own, sizeof own, "%u", (unsigned)inc);
    enum jem_code code = jem_store_meta_get(trip->store, "feed.told", &told, err);
    bool again = inc > 1 && strcmp(jem_buf_text(&told), own) != 0;
    jem_buf_release(&told);
    if (code == JEM_ENOTFOUND)
        code = JEM_OK;
    if (code != JEM_OK || !again)
        return code;
    code = jem_store_begin(trip->store, err);
    if (code != JEM_OK)
        return code;
    code = feed_ack_all(trip, err);
    if (code == JEM_OK)
        code = jem_store_meta_set(trip->store, "feed.told", own, err);
    if (code == JEM_OK)
        return jem_store_commit(trip->store, err);
    jem_store_rollback(trip->store);
    return code;
}

/* ---- taking ---- */

/* moved: HQ has begun a part since, and may drop the one before once it knows that it is here. */
static enum jem_code feed_import(struct jem_trip *trip, struct jem_event_list *events, const struct jem_part *part,
    bool moved, struct jem_error *err)
{
    char hex[JEM_OID_HEX], key[JEM_LANE_TEXT];
    size_t added = 0;
    enum jem_code code = jem_store_begin(trip->store, err);
    if (code != JEM_OK)
        return code;
    code = jem_history_take(trip, part->lane.inc, events, err);
    if (code == JEM_OK)
        code = jem_store_import_verified(trip->store, events, &added, err);
    feed_key(&part->lane, key);
    if (code == JEM_OK)
        code = jem_store_meta_set(trip->store, key, git_oid_tostr(hex, sizeof hex, &part->head), err);
    if (code == JEM_OK && moved)
        code = feed_ack_all(trip, err);
    if (code == JEM_OK)
        code = jem_store_commit(trip->store, err);
    else
        jem_store_rollback(trip->store);
    if (code == JEM_OK)
        trip->report->received_events += added;
    return code;
}

enum jem_code jem_feed_accept(struct jem_trip *trip, const struct jem_part *part, bool moved, struct jem_error *err)
{
    char kept[JEM_LANE_TEXT];
    git_oid accepted;
    bool any;
    struct jem_event_list events = { 0 };
    struct jem_error why = { .code = JEM_OK };
    jem_lane_name("refs/accepted/", &part->lane, kept);
    enum jem_code code = jem_feed_head(trip, &part->lane, &accepted, &any, err);
    if (code != JEM_OK)
        return code;
    code = feed_read(trip, part, any ? &accepted : NULL, &events, &why);
    bool fresh = events.count > 0;
    if (code == JEM_OK && fresh)
        code = feed_import(trip, &events, part, moved && !any, &why);
    jem_event_list_release(&events);
    if (code == JEM_ECORRUPT) {
        if (trip->report->refused[0] == '\0')
            snprintf(trip->report->refused, sizeof trip->report->refused, "%s", why.msg);
        return JEM_OK;
    }
    if (code != JEM_OK) {
        if (err != NULL)
            *err = why;
        return code;
    }
    return fresh ? jem_ledger_ref_set(trip->ledger, kept, &part->head, err) : JEM_OK;
}

/* The parts of our feed that the hub lists. *fresh: one of them stands elsewhere than it was taken. */
static enum jem_code feed_listed(struct jem_trip *trip, struct jem_parts *parts, bool *fresh, struct jem_error *err)
{
    size_t count;
    const struct jem_link_ref *refs = jem_link_refs(trip->link, &count);
    enum jem_code code = jem_parts_listed(refs, count, JEM_LANE_FEED, trip->self, parts, err);
    *fresh = false;
    for (size_t i = 0; code == JEM_OK && !*fresh && i < parts->count; i++) {
        git_oid accepted;
        bool any;
        code = jem_feed_head(trip, &parts->items[i].lane, &accepted, &any, err);
        *fresh = !any || !git_oid_equal(&accepted, &parts->items[i].head);
    }
    return code;
}

/* Only parts that were not taken as they stand are asked for: a hub may keep old ones that this ledger let go of. */
static enum jem_code feed_take(struct jem_trip *trip, struct jem_parts *parts, struct jem_error *err)
{
    size_t fresh = 0;
    enum jem_code code = JEM_OK;
    const struct jem_lane_ref oldest = parts->items[0].lane;
    for (size_t i = 0; code == JEM_OK && i < parts->count; i++) {
        git_oid accepted;
        bool any;
        code = jem_feed_head(trip, &parts->items[i].lane, &accepted, &any, err);
        if (code == JEM_OK && !(any && git_oid_equal(&accepted, &parts->items[i].head)))
            parts->items[fresh++] = parts->items[i];
    }
    parts->count = fresh;
    if (code == JEM_OK)
        code = jem_parts_fetch(trip->link, parts, err);
    for (size_t i = 0; code == JEM_OK && i < parts->count; i++)
        code = jem_feed_accept(trip, &parts->items[i], jem_lane_cmp(&parts->items[i].lane, &oldest) != 0, err);
    return code;
}

enum jem_code jem_feed_take(struct jem_trip *trip, struct jem_error *err)
{
    struct jem_parts parts = { 0 };
    bool fresh;
    jem_trip_step(trip, JEM_STEP_FEED);
    trip->report->refused[0] = '\0';
    enum jem_code code = feed_listed(trip, &parts, &fresh, err);
    if (code == JEM_OK && fresh)
        code = feed_take(trip, &parts, err);
    jem_parts_release(&parts);
    return code;
}

/* The refs of our feed; asked for again when the link drops. */
static enum jem_code feed_look(struct jem_trip *trip, struct jem_error *err)
{
    uint64_t before = jem_trip_wire(trip);
    enum jem_code code = jem_link_hear(trip->link, err);
    for (unsigned tries = 0; code == JEM_ELINK && tries < FEED_TRIES && jem_trip_again(trip); tries++) {
        trip->report->retries++;
        jem_trip_pause(tries);
        before = jem_trip_wire(trip);
        code = jem_link_hear(trip->link, err);
    }
    if (code == JEM_OK)
        jem_slice_carried(&trip->slice, jem_trip_wire(trip) - before);
    return code;
}

enum jem_code jem_feed_hear(struct jem_trip *trip, struct jem_error *err)
{
    struct jem_parts parts = { 0 };
    bool fresh = false;
    struct jem_progress progress = trip->progress;
    if (!jem_trip_may(trip, 0))
        return JEM_OK;
    enum jem_code code = feed_look(trip, err);
    if (code == JEM_OK)
        code = feed_listed(trip, &parts, &fresh, err);
    jem_parts_release(&parts);
    if (code != JEM_OK || !fresh || trip->report->refused[0] != '\0')
        return code;
    if (!jem_link_knows(trip->link)) /* a connection for pushes fetches nothing */
        code = jem_link_refresh(trip->link, false, err);
    if (code == JEM_OK)
        code = jem_feed_take(trip, err);
    trip->progress = progress;
    return code;
}
