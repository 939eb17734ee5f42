/* bundle_out.c - what goes into a file: lanes from where the reader stands.
 *
 * Where HQ stands is read from its last acknowledgement; where a van stands, from the head of the feed's part that came in its
 * last file (refs/known/ and the tail). Nothing is noted as sent: a stick that is lost costs another export. */
#include <stdlib.h>
#include <string.h>

#include "carry.h"
#include "district.h"
#include "jemput/bundle.h"
#include "lane_seal.h"
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

/* ---- a van's file ---- */

/* How far a commit goes: its last event, or its chunk. */
static uint64_t out_upto(struct jem_trip *trip, enum jem_lane_kind kind, const git_oid *oid)
{
    uint64_t first, last;
    if (kind == JEM_LANE_SCAN)
        return jem_commit_number(trip->ledger, oid, "chunk");
    return jem_part_events(trip->ledger, oid, &first, &last) ? last : UINT64_MAX;
}

/* The last commit of a part that HQ has, by its own word. */
static enum jem_code out_base(struct jem_trip *trip, const struct jem_part *part, git_oid *base, bool *based,
    struct jem_error *err)
{
    uint64_t seq, scan;
    enum jem_walk_end end;
    git_oid missing;
    struct jem_oids chain = { 0 };
    *based = false;
    enum jem_code code =
        jem_store_ack(trip->store, (uint16_t)trip->self, 0, part->lane.inc, "received", &seq, &scan, err);
    uint64_t acked = part->lane.kind == JEM_LANE_SCAN ? scan : seq;
    if (code == JEM_OK && acked > 0)
        code = jem_lane_walk(trip->ledger, &part->head, NULL, &chain, &end, &missing, err);
    for (size_t i = chain.count; code == JEM_OK && !*based && i-- > 0;)
        if (out_upto(trip, part->lane.kind, &chain.items[i]) <= acked) {
            *base = chain.items[i];
            *based = true;
        }
    jem_oids_release(&chain);
    return code;
}

/* Our own parts of a lane; those that HQ has whole stay out, but for the one that is written. */
static enum jem_code out_parts(struct bundle_set *set, enum jem_lane_kind kind, bool full, bool cut,
    struct jem_error *err)
{
    struct jem_trip *trip = set->trip;
    struct jem_parts parts = { 0 };
    enum jem_code code = jem_parts_local(trip->ledger, JEM_LANE_HEADS, kind, trip->self, &parts, err);
    for (size_t i = 0; code == JEM_OK && i < parts.count; i++) {
        char ref[JEM_LANE_TEXT];
        git_oid base;
        bool based = false;
        if (!full)
            code = out_base(trip, &parts.items[i], &base, &based, err);
        bool has_all = based && git_oid_equal(&base, &parts.items[i].head);
        jem_lane_name(JEM_LANE_HEADS, &parts.items[i].lane, ref);
        if (code == JEM_OK && (!has_all || i + 1 == parts.count))
            code = set_add(set, ref, &parts.items[i].head, based ? &base : NULL, cut, err);
    }
    jem_parts_release(&parts);
    return code;
}

static enum jem_code out_records(struct bundle_set *set, bool full, struct jem_error *err)
{
    struct jem_trip *trip = set->trip;
    size_t commits;
    bool followed;
    struct jem_lane_plan plan = { .kind = JEM_LANE_VAN,
        .van = trip->self,
        .max_events = JEM_SEGMENT_EVENTS,
        .max_bytes = JEM_SEGMENT_BYTES };
    enum jem_code code = jem_trip_follow(trip, &followed, err);
    if (code == JEM_OK)
        code = jem_feed_tell(trip, err);
    if (code == JEM_OK)
        code = jem_lane_seal(trip, &plan, &commits, err);
    return code == JEM_OK ? out_parts(set, JEM_LANE_VAN, full, false, err) : code;
}

static enum jem_code out_documents(struct bundle_set *set, bool full, bool cut, struct jem_error *err)
{
    struct jem_trip *trip = set->trip;
    size_t before = set->count;
    enum jem_code code = jem_scan_seal(trip, set->limit, err);
    if (code == JEM_OK)
        code = out_parts(set, JEM_LANE_SCAN, full, cut, err);
    if (code == JEM_OK && set->count > before)
        code = jem_store_outgoing_whole(trip->store,
            jem_commit_number(trip->ledger, &set->lanes[set->count - 1].head, "chunk"), &set->report->documents, err);
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

/* The last part of the feed that we have, as a line without objects: HQ's answer then begins after it. */
static enum jem_code out_claim(struct bundle_set *set, struct jem_error *err)
{
    struct jem_parts parts = { 0 };
    char ref[JEM_LANE_TEXT];
    git_oid head;
    bool any = false;
    enum jem_code code =
        jem_parts_local(set->trip->ledger, "refs/accepted/", JEM_LANE_FEED, set->trip->self, &parts, err);
    if (code == JEM_OK && parts.count > 0) {
        const struct jem_lane_ref *last = &parts.items[parts.count - 1].lane;
        jem_lane_name(JEM_LANE_HEADS, last, ref);
        code = jem_feed_head(set->trip, last, &head, &any, err);
    }
    if (code == JEM_OK && any)
        code = set_add(set, ref, &head, &head, false, err);
    jem_parts_release(&parts);
    return code;
}

static enum jem_code out_to_hq(struct bundle_set *set, const struct jem_bundle_options *options, struct jem_error *err)
{
    bool cut = options->budget_bytes != 0;
    enum jem_code code = out_records(set, options->full, err);
    if (code == JEM_OK)
        code = out_carried(set, JEM_LANE_VAN, 0, false, err);
    if (code == JEM_OK && !options->full)
        code = out_claim(set, err);
    if (code == JEM_OK)
        code = out_documents(set, options->full, cut, err);
    return code == JEM_OK ? out_carried(set, JEM_LANE_SCAN, 0, cut, err) : code;
}

/* ---- HQ's file ---- */

/* From the part on that the van was last heard to have; what it acknowledged whole before stays out. */
static enum jem_code out_feed(struct bundle_set *set, unsigned van, bool full, struct jem_error *err)
{
    struct jem_trip *trip = set->trip;
    struct jem_parts parts = { 0 }, known = { 0 };
    enum jem_code code = jem_parts_local(trip->ledger, JEM_LANE_HEADS, JEM_LANE_FEED, van, &parts, err);
    if (code == JEM_OK && !full)
        code = jem_parts_local(trip->ledger, "refs/known/", JEM_LANE_FEED, van, &known, err);
    const struct jem_part *last = known.count > 0 ? &known.items[known.count - 1] : NULL;
    for (size_t i = 0; code == JEM_OK && i < parts.count; i++) {
        char ref[JEM_LANE_TEXT];
        int order = last == NULL ? 1 : jem_lane_cmp(&parts.items[i].lane, &last->lane);
        bool done = false;
        if (!full && i + 1 < parts.count)
            code = jem_part_done(trip, &parts.items[i], &done, err);
        jem_lane_name(JEM_LANE_HEADS, &parts.items[i].lane, ref);
        if (code == JEM_OK && !done && order >= 0)
            code = set_add(set, ref, &parts.items[i].head, order == 0 ? &last->head : NULL, false, err);
    }
    jem_parts_release(&parts);
    jem_parts_release(&known);
    return code;
}

static enum jem_code out_to_van(struct bundle_set *set, const struct jem_bundle_options *options, struct jem_error *err)
{
    struct jem_trip *trip = set->trip;
    bool enrolled = false;
    json_t *vans = NULL, *van;
    size_t i;
    enum jem_code code = jem_store_vans(trip->store, &vans, err);
    json_array_foreach(vans, i, van) enrolled |= jem_json_int(van, "van", 0) == (int64_t)options->van;
    json_decref(vans);
    if (code == JEM_OK && !enrolled)
        code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_KEYS_NO_VAN, options->van);
    if (code == JEM_OK) /* as a round does before it publishes */
        code = jem_district_tell(trip->store, "jemput", options->van, err);
    if (code == JEM_OK)
        code = jem_feed_seal(trip, options->van, err);
    if (code == JEM_OK)
        code = jem_hq_advance(trip, err);
    return code == JEM_OK ? out_feed(set, options->van, options->full, err) : code;
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
    const uint64_t most = options->limit_bytes != 0 ? options->limit_bytes : JEM_BUNDLE_BYTES_MAX;
    struct bundle_set set = { .trip = &trip,
        .report = out,
        .limit = options->budget_bytes != 0 ? options->budget_bytes : most };
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
    if (code == JEM_OK && set.bytes > most)
        code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_BUNDLE_TOO_BIG);
    if (code == JEM_OK)
        code = jem_bundle_write(trip.ledger, path, set.lanes, set.count, most, &out->bytes, err);
    out->refs = set.count;
    set_release(&set);
    jem_trip_end(&trip);
    return code;
}
