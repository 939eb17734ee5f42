/* bundle_out.c - what goes into a file: lanes from where the reader stands.
 *
 * Where HQ stands is read from its last acknowledgement; where a van stands, from the head of the feed that came in its last
 * file (refs/known/feed/<n>). Nothing is noted as sent: a stick that is lost costs another export. */
#include <stdlib.h>
#include <string.h>

#include "carry.h"
#include "jemput/bundle.h"
#include "merge.h"

#define OUT_COMMIT_BYTES 420 /* commit, tree and signature around a segment or chunk */

struct bundle_set {
    struct jem_trip *trip;
    struct jem_bundle_report *report;
    struct jem_bundle_lane *lanes;
    size_t count, cap;
    uint64_t bytes, limit;
};

static void set_release(struct bundle_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        jem_oids_release(&set->lanes[i].fresh);
    free(set->lanes);
}

static struct jem_bundle_lane *set_new(struct bundle_set *set, const char *ref, struct jem_error *err)
{
    if (set->count == set->cap) {
        size_t cap = set->cap == 0 ? 16 : set->cap * 2;
        struct jem_bundle_lane *lanes = realloc(set->lanes, cap * sizeof *lanes);
        if (lanes == NULL) {
            (void)jem_fail_nomem(err);
            return NULL;
        }
        set->lanes = lanes;
        set->cap = cap;
    }
    struct jem_bundle_lane *lane = &set->lanes[set->count];
    *lane = (struct jem_bundle_lane){ .based = false };
    snprintf(lane->ref, sizeof lane->ref, "%s", ref);
    return lane;
}

/* Leaves out the end of a document lane that does not fit. False when nothing of it is left. */
static bool set_cut(struct bundle_set *set, struct jem_bundle_lane *lane, bool cut)
{
    size_t keep = 0;
    for (; keep < lane->fresh.count; keep++) {
        uint64_t bytes = jem_lane_commit_bytes(set->trip->ledger, &lane->fresh.items[keep]) + OUT_COMMIT_BYTES;
        if (cut && set->bytes + bytes > set->limit)
            break;
        set->bytes += bytes;
    }
    lane->fresh.count = keep;
    if (keep > 0)
        lane->head = lane->fresh.items[keep - 1];
    else if (lane->based)
        lane->head = lane->base;
    return keep > 0 || lane->based;
}

/* Adds the lane `ref` up to head, from after `base` (NULL: from its beginning here) on. */
static enum jem_code set_add(struct bundle_set *set, const char *ref, const git_oid *head, const git_oid *base,
    bool cut, struct jem_error *err)
{
    enum jem_walk_end end;
    git_oid missing;
    struct jem_bundle_lane *lane = set_new(set, ref, err);
    if (lane == NULL)
        return JEM_ENOMEM;
    lane->head = *head;
    enum jem_code code = jem_lane_walk(set->trip->ledger, head, base, &lane->fresh, &end, &missing, err);
    lane->based = end == JEM_WALK_MET || end == JEM_WALK_MISSING;
    if (lane->based)
        lane->base = end == JEM_WALK_MET ? *base : missing;
    if (code != JEM_OK || !set_cut(set, lane, cut)) {
        jem_oids_release(&lane->fresh);
        return code;
    }
    for (size_t i = 0; i < lane->fresh.count; i++)
        set->report->events += jem_lane_commit_events(set->trip->ledger, &lane->fresh.items[i]);
    set->count++;
    return JEM_OK;
}

/* ---- where the reader stands ---- */

/* Looks for the newest acknowledgement of our events among those of the feed from `first` to its end. */
static enum jem_code out_ack_in(struct jem_trip *trip, const struct jem_event_id *first, bool *found, git_oid *head,
    uint64_t *chunks, struct jem_error *err)
{
    struct jem_event_list events = { 0 };
    enum jem_code code = jem_store_events(trip->store, first, 256, (size_t)1 << 24, &events, err);
    for (size_t i = events.count; code == JEM_OK && !*found && i-- > 0;) {
        json_t *body = NULL;
        if (strcmp(events.items[i].kind, "ledger.acked") != 0 || events.items[i].body == NULL)
            continue;
        code = jem_json_parse(events.items[i].body, events.items[i].body_len, "ledger.acked", &body, err);
        if (code == JEM_OK && jem_json_int(body, "writer", 0) == (int64_t)trip->self &&
            jem_json_int(body, "inc", 0) == jem_store_inc(trip->store) &&
            git_oid_fromstr(head, jem_json_str(body, "head", "")) == 0) {
            *found = true;
            *chunks = (uint64_t)jem_json_int(body, "scan", 0);
        }
        json_decref(body);
    }
    jem_event_list_release(&events);
    return code;
}

/* HQ's last acknowledgement: the accepted head of our records and how many chunks it has. */
static enum jem_code out_ack(struct jem_trip *trip, bool *found, git_oid *head, uint64_t *chunks, struct jem_error *err)
{
    struct jem_stream_head stream, next;
    struct jem_event_id at = { 0, (uint16_t)trip->self, 1, 1 };
    *found = false;
    *chunks = 0;
    enum jem_code code = jem_store_head(trip->store, 0, at.lane, 1, &stream, err);
    for (uint16_t inc = 2; code == JEM_OK && inc != 0; inc++) {
        code = jem_store_head(trip->store, 0, at.lane, inc, &next, err);
        if (code != JEM_OK || next.last.seq == 0)
            break;
        stream = next;
        at.inc = inc;
    }
    for (uint64_t last = stream.last.seq; code == JEM_OK && !*found && last > 0;) {
        at.seq = last > 256 ? last - 255 : 1;
        code = out_ack_in(trip, &at, found, head, chunks, err);
        last = at.seq - 1;
    }
    return code;
}

/* ---- a van's file ---- */

static enum jem_code out_records(struct bundle_set *set, const git_oid *base, struct jem_error *err)
{
    struct jem_trip *trip = set->trip;
    char ref[64];
    size_t commits;
    git_oid head;
    bool there = false;
    jem_lane_name("refs/heads/", &(struct jem_lane_ref){ JEM_LANE_VAN, trip->self, 1, 1 }, ref);
    struct jem_seal_plan plan = { .ref = ref,
        .stream = { (uint16_t)trip->self, 0, jem_store_inc(trip->store), 0 },
        .max_events = JEM_SEGMENT_EVENTS,
        .max_bytes = JEM_SEGMENT_BYTES };
    enum jem_code code = jem_ledger_seal(trip->ledger, trip->store, trip->keys, &plan, &commits, err);
    if (code == JEM_OK)
        code = jem_ledger_ref(trip->ledger, ref, &head, &there, err);
    return code == JEM_OK && there ? set_add(set, ref, &head, base, false, err) : code;
}

static enum jem_code out_documents(struct bundle_set *set, uint64_t chunks, bool cut, struct jem_error *err)
{
    struct jem_trip *trip = set->trip;
    char ref[64];
    git_oid head, base, missing;
    bool there = false, based = false;
    enum jem_walk_end end;
    struct jem_oids lane = { 0 };
    jem_lane_name("refs/heads/", &(struct jem_lane_ref){ JEM_LANE_SCAN, trip->self, 1, 1 }, ref);
    enum jem_code code = jem_scan_seal(trip, set->limit, err);
    if (code == JEM_OK)
        code = jem_ledger_ref(trip->ledger, ref, &head, &there, err);
    if (code != JEM_OK || !there)
        return code;
    if (chunks > 0)
        code = jem_lane_walk(trip->ledger, &head, NULL, &lane, &end, &missing, err);
    for (size_t i = lane.count; code == JEM_OK && !based && i-- > 0;)
        if (jem_commit_number(trip->ledger, &lane.items[i], "chunk") == chunks) {
            base = lane.items[i];
            based = true;
        }
    jem_oids_release(&lane);
    size_t before = set->count;
    if (code == JEM_OK)
        code = set_add(set, ref, &head, based ? &base : NULL, cut, err);
    if (code == JEM_OK && set->count > before)
        code = jem_store_outgoing_whole(trip->store, jem_commit_number(trip->ledger, &set->lanes[before].head, "chunk"),
            &set->report->documents, err);
    return code;
}

/* Lanes of `kind` that are carried; van 0: of every van. */
static enum jem_code out_carried(struct bundle_set *set, enum jem_lane_kind kind, unsigned van, bool cut,
    struct jem_error *err)
{
    struct jem_ledger *carry;
    struct jem_bundle_ref *refs = NULL;
    size_t count = 0;
    struct jem_lane_ref lane;
    enum jem_code code = jem_carry_open(set->trip->store, false, &carry, err);
    if (code != JEM_OK || carry == NULL)
        return code;
    code = jem_carry_list(carry, &refs, &count, err);
    for (size_t i = 0; code == JEM_OK && i < count; i++) {
        size_t before = set->count;
        if (!jem_lane_parse(JEM_LANE_HEADS, refs[i].name, &lane) || lane.kind != kind || (van != 0 && lane.van != van))
            continue;
        code = set_add(set, refs[i].name, &refs[i].oid, NULL, cut, err);
        set->report->carried += set->count - before;
    }
    free(refs);
    jem_ledger_free(carry);
    return code;
}

/* The feed that we have, as a line without objects: HQ's answer then begins after it. */
static enum jem_code out_claim(struct bundle_set *set, struct jem_error *err)
{
    char ref[64];
    git_oid head;
    bool any;
    jem_lane_name("refs/heads/", &(struct jem_lane_ref){ JEM_LANE_FEED, set->trip->self, 1, 1 }, ref);
    enum jem_code code = jem_trip_accepted(set->trip, "feed.head.1.1", &head, &any, err);
    return code == JEM_OK && any ? set_add(set, ref, &head, &head, false, err) : code;
}

static enum jem_code out_to_hq(struct bundle_set *set, const struct jem_bundle_options *options, struct jem_error *err)
{
    bool acked, cut = options->budget_bytes != 0;
    git_oid head;
    uint64_t chunks;
    enum jem_code code = out_ack(set->trip, &acked, &head, &chunks, err);
    if (code == JEM_OK && options->full)
        acked = false;
    if (code == JEM_OK)
        code = out_records(set, acked ? &head : NULL, err);
    if (code == JEM_OK)
        code = out_carried(set, JEM_LANE_VAN, 0, false, err);
    if (code == JEM_OK && !options->full)
        code = out_claim(set, err);
    if (code == JEM_OK)
        code = out_documents(set, acked ? chunks : 0, cut, err);
    return code == JEM_OK ? out_carried(set, JEM_LANE_SCAN, 0, cut, err) : code;
}

/* ---- HQ's file ---- */

static enum jem_code out_to_van(struct bundle_set *set, const struct jem_bundle_options *options, struct jem_error *err)
{
    struct jem_trip *trip = set->trip;
    char ref[64], known[64];
    git_oid head, base;
    bool there = false, based = false, enrolled = false;
    json_t *vans = NULL, *van;
    size_t i;
    enum jem_code code = jem_store_vans(trip->store, &vans, err);
    json_array_foreach(vans, i, van) enrolled |= jem_json_int(van, "van", 0) == (int64_t)options->van;
    json_decref(vans);
    if (code == JEM_OK && !enrolled)
        code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_KEYS_NO_VAN, options->van);
    if (code == JEM_OK)
        code = jem_feed_seal(trip, options->van, err);
    if (code == JEM_OK)
        code = jem_hq_advance(trip, err);
    jem_lane_name("refs/heads/", &(struct jem_lane_ref){ JEM_LANE_FEED, options->van, 1, 1 }, ref);
    jem_lane_name("refs/known/", &(struct jem_lane_ref){ JEM_LANE_FEED, options->van, 1, 1 }, known);
    if (code == JEM_OK)
        code = jem_ledger_ref(trip->ledger, ref, &head, &there, err);
    if (code == JEM_OK && there && !options->full)
        code = jem_ledger_ref(trip->ledger, known, &base, &based, err);
    return code == JEM_OK && there ? set_add(set, ref, &head, based ? &base : NULL, false, err) : code;
}

/* ---- export ---- */

static enum jem_code out_fill(struct bundle_set *set, const struct jem_bundle_options *options, struct jem_error *err)
{
    struct jem_trip *trip = set->trip;
    struct jem_ledger *carry = NULL;
    if (jem_store_role(trip->store) == JEM_ROLE_HQ)
        return out_to_van(set, options, err);
    if (options->van == trip->self)
        return jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_BUNDLE_SELF, options->van);
    enum jem_code code = jem_carry_open(trip->store, false, &carry, err);
    if (code == JEM_OK && carry != NULL)
        code = jem_carry_lend(trip, carry, err);
    jem_ledger_free(carry);
    if (code == JEM_OK && options->van != 0)
        code = out_carried(set, JEM_LANE_FEED, options->van, false, err);
    else if (code == JEM_OK)
        code = out_to_hq(set, options, err);
    return code;
}

enum jem_code jem_bundle_export(struct jem_store *store, const char *path, const struct jem_bundle_options *options,
    struct jem_bundle_report *out, struct jem_error *err)
{
    static const struct jem_round_options plain;
    struct jem_round_report round;
    struct jem_trip trip = { .lock = -1 };
    struct bundle_set set = { .trip = &trip,
        .report = out,
        .limit = options->budget_bytes != 0 ? options->budget_bytes : JEM_BUNDLE_BYTES_MAX };
    enum jem_role role = jem_store_role(store);
    memset(out, 0, sizeof *out);
    if (role == JEM_ROLE_HQ && options->van == 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_BUNDLE_FOR_WHOM);
    enum jem_code code = jem_trip_begin(&trip, store, role, &plain, &round, err);
    if (code == JEM_OK)
        code = out_fill(&set, options, err);
    if (code == JEM_OK && set.count == 0)
        code = options->van != 0 ? jem_fail(err, JEM_ENOTFOUND, JEM_D_SYNC, 0, JEM_T_BUNDLE_NO_FEED, options->van)
                                 : jem_fail(err, JEM_ENOTFOUND, JEM_D_SYNC, 0, JEM_T_BUNDLE_NOTHING);
    if (code == JEM_OK && set.bytes > JEM_BUNDLE_BYTES_MAX)
        code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_BUNDLE_TOO_BIG);
    if (code == JEM_OK)
        code = jem_bundle_write(trip.ledger, path, set.lanes, set.count, &out->bytes, err);
    out->refs = set.count;
    set_release(&set);
    jem_trip_end(&trip);
    return code;
}
