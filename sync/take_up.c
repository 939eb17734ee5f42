/* take_up.c - our own parts, as the hub has them.
 *
 * Durable steps for each part: (1) objects and refs/hub/ with its tail, (2) its events, in units, (3) refs/heads/ with its
 * tail. Stopped anywhere, the next round does the rest. */
#include "take_up.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "jemput/log.h"
#include "lane_seal.h"
#include "merge.h"
#include "prune.h"
#include "published.h"
#include "verify.h"

#define TAKE_UNIT 5000 /* events */

struct take {
    struct jem_trip *trip;
    const struct jem_part *part;
    struct jem_oids fresh; /* commits that this ledger's own part lacks */
    git_oid local;
    bool there;
    struct jem_lane_state state;
    unsigned char sign[32];
    struct jem_event_list events;
};

/* True when the part has to be fetched or taken: this ledger has no such ref and needs it, or the hub is ahead of it. */
static enum jem_code take_is_due(struct take *take, bool *due, struct jem_error *err)
{
    char ref[JEM_LANE_TEXT];
    struct jem_ledger *ledger = take->trip->ledger;
    const bool here = git_odb_exists(ledger->odb, &take->part->head) != 0;
    bool done = false;
    jem_lane_name(JEM_LANE_HEADS, &take->part->lane, ref);
    enum jem_code code = jem_ledger_ref(ledger, ref, &take->local, &take->there, err);
    /* what its reader has, and this ledger let go of, is not wanted back */
    if (code == JEM_OK && here && !take->there && take->part->lane.kind != JEM_LANE_HQ)
        code = jem_part_done(take->trip, take->part, &done, err);
    if (code == JEM_OK && !done)
        code = jem_prune_dropped(take->trip, &take->part->lane, &take->part->head, &done, err);
    *due = !done && (!here || !take->there);
    return code;
}

/* ---- HQ's own lane: two files, no reader but HQ ---- */

static enum jem_code take_hq_events(struct take *take, const git_oid *oid, struct jem_error *err)
{
    struct jem_trip *trip = take->trip;
    git_odb_object *segment = NULL;
    struct jem_segment_header header;
    struct jem_box_key key;
    const struct jem_dictionary *dictionary = NULL;
    enum jem_code code = jem_commit_verify(trip->ledger, oid, take->sign, err);
    if (code == JEM_OK)
        code = jem_hq_file(trip->ledger, oid, "segment", &segment, err);
    if (code != JEM_OK || segment == NULL)
        return code;
    const void *p = git_odb_object_data(segment);
    size_t n = git_odb_object_size(segment);
    code = jem_segment_header_read(p, n, &header, err);
    if (code == JEM_OK)
        code = jem_keys_box(trip->store, trip->keys, 0, 1, header.epoch, &key, err);
    if (code == JEM_OK)
        code = jem_published_find(trip->ledger, trip->store, header.dictionary, &dictionary, err);
    if (code == JEM_OK)
        code = jem_segment_open(&key, dictionary, p, n, &take->events, err);
    sodium_memzero(&key, sizeof key);
    git_odb_object_free(segment);
    for (size_t i = 0; code == JEM_OK && i < take->events.count; i++)
        if (take->events.items[i].id.writer != 0 || take->events.items[i].id.lane != 0)
            code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_SEGMENT_FORM);
    return code == JEM_ENOTFOUND ? JEM_ECORRUPT : code; /* a key that we have lost */
}

/* ---- records and feeds ---- */

static struct jem_lane_state take_state(const struct take *take, uint16_t peer_inc)
{
    const struct jem_lane_ref *lane = &take->part->lane;
    bool feed = lane->kind == JEM_LANE_FEED;
    return (struct jem_lane_state){ .store = take->trip->store,
        .keys = take->trip->keys,
        .peer = feed ? lane->van : 0,
        .peer_inc = peer_inc,
        .writer = (uint16_t)(feed ? 0 : lane->van),
        .lane = (uint16_t)(feed ? lane->van : 0),
        .inc = lane->inc,
        .part = lane->part,
        .sign_public = take->sign };
}

/* With which incarnation of the reader it was sealed: the newest whose key opens the first commit. */
static enum jem_code take_peer(struct take *take, struct jem_error *err)
{
    const git_oid *first = take->there ? &take->local : &take->fresh.items[0];
    bool feed = take->part->lane.kind == JEM_LANE_FEED;
    enum jem_code code = JEM_ECORRUPT;
    for (uint16_t inc = UINT16_MAX; code == JEM_ECORRUPT && inc != 0;) {
        struct jem_lane_state state = take_state(take, inc);
        code = jem_lane_resume(&state, take->trip->ledger, first, err);
        take->state = take_state(take, inc);
        if (code == JEM_OK && take->there)
            take->state = state;
        if (code == JEM_ECORRUPT) {
            enum jem_code found = jem_store_inc_upto(take->trip->store, (uint16_t)(feed ? take->part->lane.van : 0),
                (uint16_t)(feed ? 0 : take->trip->self), (uint16_t)(inc - 1), &inc, err);
            code = found == JEM_OK ? JEM_ECORRUPT : found;
        }
    }
    return code;
}

static enum jem_code take_import(struct take *take, struct jem_error *err)
{
    struct jem_store *store = take->trip->store;
    size_t added = 0;
    enum jem_code code = take->events.count == 0 ? JEM_OK : jem_store_begin(store, err);
    if (code != JEM_OK || take->events.count == 0)
        return code;
    code = jem_store_import(store, take->events.items, take->events.count, &added, err);
    if (code == JEM_OK)
        code = jem_store_commit(store, err);
    else
        jem_store_rollback(store);
    if (code == JEM_OK)
        take->trip->report->received_events += added;
    jem_event_list_release(&take->events);
    return code;
}

static enum jem_code take_commits(struct take *take, struct jem_error *err)
{
    struct jem_trip *trip = take->trip;
    bool hq = take->part->lane.kind == JEM_LANE_HQ;
    enum jem_code code = jem_keys_public(trip->store, (unsigned)jem_store_writer(trip->store), take->sign, err);
    if (code == JEM_OK && !hq)
        code = take_peer(take, err);
    for (size_t i = 0; code == JEM_OK && i < take->fresh.count; i++) {
        code = hq ? take_hq_events(take, &take->fresh.items[i], err)
                  : jem_lane_check(&take->state, trip->ledger, &take->fresh.items[i], &take->events, err);
        if (code == JEM_OK && (take->events.count >= TAKE_UNIT || i + 1 == take->fresh.count))
            code = take_import(take, err);
    }
    return code;
}

/* A part that was fetched. */
static enum jem_code take_part(struct take *take, struct jem_error *err)
{
    char ref[JEM_LANE_TEXT];
    enum jem_relation relation = JEM_RELATION_UNKNOWN;
    struct jem_ledger *ledger = take->trip->ledger;
    struct jem_error why = { .code = JEM_OK };
    jem_lane_name(JEM_LANE_HEADS, &take->part->lane, ref);
    enum jem_code code =
        jem_chain_compare(ledger, take->there ? &take->local : NULL, &take->part->head, &relation, &take->fresh, &why);
    if (code == JEM_OK && relation == JEM_RELATION_AHEAD)
        code = take_commits(take, &why);
    if (code == JEM_OK && relation == JEM_RELATION_AHEAD)
        code = jem_ledger_ref_set(ledger, ref, &take->part->head, &why);
    if (code == JEM_ECORRUPT && take->part->lane.inc != jem_store_inc(take->trip->store)) {
        jem_log(JEM_LOG_WARN, "sync: %s is not taken up: %s", ref, why.msg);
        return JEM_OK;
    }
    if (code == JEM_ECORRUPT && relation != JEM_RELATION_AHEAD)
        return JEM_OK;
    if (code == JEM_ECORRUPT)
        jem_log(JEM_LOG_WARN, "sync: %s is not taken up: %s", ref, why.msg);
    else if (code != JEM_OK && err != NULL)
        *err = why;
    return code == JEM_ECORRUPT ? JEM_OK : code;
}

/* From which incarnation on our key signs: parts of the laptop before are not for us, HQ returns what they held. */
static enum jem_code take_since(struct jem_trip *trip, uint16_t *since, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(16);
    unsigned inc = 0;
    enum jem_code code = jem_store_meta_get(trip->store, "enrolled.inc", &text, err);
    if (code == JEM_OK && (sscanf(jem_buf_text(&text), "%u", &inc) != 1 || inc > UINT16_MAX))
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_KEYS_DAMAGED, "enrolled.inc");
    jem_buf_release(&text);
    *since = (uint16_t)inc;
    return code == JEM_ENOTFOUND ? JEM_OK : code;
}

/* The parts of that kind which are due, in order. */
static enum jem_code take_kind(struct jem_trip *trip, enum jem_lane_kind kind, unsigned van, struct jem_error *err)
{
    char from[JEM_LANE_TEXT], to[JEM_LANE_TEXT], spec[2 * JEM_LANE_TEXT + 8];
    size_t count;
    bool fetched = false;
    uint16_t since = 0;
    struct jem_parts parts = { 0 };
    const struct jem_link_ref *refs = jem_link_refs(trip->link, &count);
    enum jem_code code = jem_parts_listed(refs, count, kind, van, &parts, err);
    if (code == JEM_OK)
        code = take_since(trip, &since, err);
    jem_lane_prefix(JEM_LANE_HEADS, kind, van, from);
    jem_lane_prefix("refs/hub/", kind, van, to);
    snprintf(spec, sizeof spec, "+%s*:%s*", from, to);
    for (size_t i = 0; code == JEM_OK && i < parts.count && !jem_trip_stop(trip); i++) {
        struct take take = { .trip = trip, .part = &parts.items[i] };
        bool due = false, twin = take.part->lane.inc > jem_store_inc(trip->store);
        if (take.part->lane.inc < since)
            continue;
        if (twin) {
            struct jem_error why;
            (void)jem_fail(&why, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_TWIN, trip->self);
            snprintf(trip->report->refused, sizeof trip->report->refused, "%s", why.msg);
            jem_log(JEM_LOG_WARN, "sync: %s", why.msg);
            continue;
        }
        code = take_is_due(&take, &due, err);
        if (code == JEM_OK && due && !fetched) {
            code = jem_link_fetch(trip->link, &(const char *){ spec }, 1, err);
            fetched = true;
        }
        if (code == JEM_OK && due)
            code = take_part(&take, err);
        jem_oids_release(&take.fresh);
        jem_event_list_release(&take.events);
    }
    jem_parts_release(&parts);
    return code;
}

enum jem_code jem_take_up(struct jem_trip *trip, struct jem_error *err)
{
    if (jem_store_role(trip->store) == JEM_ROLE_VAN)
        return take_kind(trip, JEM_LANE_VAN, trip->self, err);
    enum jem_code code = take_kind(trip, JEM_LANE_HQ, 0, err);
    return code == JEM_OK ? take_kind(trip, JEM_LANE_FEED, 0, err) : code;
}
