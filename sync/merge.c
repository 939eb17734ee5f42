/* merge.c - the records of one van, at HQ, part by part.
 *
 * Durable steps: (1) objects fetched, refs/hub/ and the part's tail; (2) for each unit: events, their acknowledgement and meta
 * "accepted.van.<n>.<inc>.<part>" together; (3) refs/accepted/ and the tail. The meta decides; the ref keeps the objects. A crash
 * anywhere repeats no event and no acknowledgement. */
#include "merge.h"

#include <stdio.h>
#include <string.h>

#include "ahead.h"
#include "jemput/codec.h"
#include "jemput/log.h"
#include "ledger_repo.h"

enum jem_code jem_merge_quarantine(struct jem_trip *trip, const char *ref, const git_oid *head, bool late,
    const char *reason, struct jem_error *err)
{
    char hex[JEM_OID_HEX];
    enum jem_ruling ruling = JEM_RULING_NONE;
    git_oid_tostr(hex, sizeof hex, head);
    enum jem_code code = jem_store_ruling(trip->store, ref, hex, &ruling, err);
    if (code != JEM_OK || ruling == JEM_RULING_REFUSE)
        return code; /* a person has seen it */
    trip->report->quarantined++;
    jem_log(JEM_LOG_WARN, "sync: %s at %.10s is quarantined", ref, hex);
    if (trip->options->dry_run)
        return JEM_OK;
    return late ? jem_store_quarantine_late(trip->store, ref, hex, reason, err)
                : jem_store_quarantine_put(trip->store, ref, hex, reason, err);
}

/* ---- acknowledgements ---- */

static enum jem_code ack_head(struct jem_trip *trip, unsigned van, uint16_t inc, git_oid *out, struct jem_error *err)
{
    struct jem_parts parts = { 0 };
    memset(out, 0, sizeof *out);
    enum jem_code code = jem_parts_local(trip->ledger, "refs/accepted/", JEM_LANE_VAN, van, &parts, err);
    const struct jem_part *last = jem_parts_last(&parts, inc);
    if (last != NULL)
        *out = last->head;
    jem_parts_release(&parts);
    return code;
}

enum jem_code jem_merge_ack(struct jem_trip *trip, const char *actor, unsigned van, uint16_t inc, const git_oid *head,
    json_t *missing, bool even_none, struct jem_error *err)
{
    struct jem_stream_head stream;
    char hash[65], oid[JEM_OID_HEX];
    git_oid last;
    uint64_t chunks = 0;
    enum jem_code code = jem_store_head(trip->store, (uint16_t)van, 0, inc, &stream, err);
    if (code != JEM_OK || (stream.last.seq == 0 && !even_none))
        return code;
    code = jem_scan_accepted(trip, van, inc, &chunks, err);
    if (code == JEM_OK && head == NULL)
        code = ack_head(trip, van, inc, &last, err);
    if (code != JEM_OK)
        return code;
    jem_hex(stream.hash, 32, hash);
    git_oid_tostr(oid, sizeof oid, head != NULL ? head : &last);
    json_t *body = json_pack("{s:i,s:i,s:I,s:s,s:s,s:s,s:I,s:O?}", "writer", (int)van, "inc", (int)inc, "seq",
        (json_int_t)stream.last.seq, "hash", hash, "level", "received", "head", oid, "scan", (json_int_t)chunks,
        "missing", missing);
    if (body != NULL && missing == NULL)
        json_object_set_new(body, "missing", json_array());
    if (body == NULL)
        return jem_fail_nomem(err);
    code = jem_store_append(trip->store, (uint16_t)van, 0, "ledger.acked", body, actor, NULL, err);
    json_decref(body);
    return code;
}

/* Every incarnation of a van that has events here, or its highest when there is none. */
static enum jem_code restate_van(struct jem_trip *trip, const char *actor, unsigned van, struct jem_error *err)
{
    uint16_t inc = UINT16_MAX;
    bool any = false;
    enum jem_code code = jem_store_begin(trip->store, err);
    if (code != JEM_OK)
        return code;
    for (; code == JEM_OK; inc--) {
        code = jem_store_inc_upto(trip->store, (uint16_t)van, 0, inc, &inc, err);
        if (code != JEM_OK || inc == 0)
            break;
        code = jem_merge_ack(trip, actor, van, inc, NULL, NULL, false, err);
        any = true;
    }
    if (code == JEM_OK && !any && (code = jem_store_van_inc(trip->store, (uint16_t)van, &inc, err)) == JEM_OK)
        code = jem_merge_ack(trip, actor, van, inc, NULL, NULL, true, err);
    if (code == JEM_OK)
        return jem_store_commit(trip->store, err);
    jem_store_rollback(trip->store);
    return code;
}

enum jem_code jem_merge_restate(struct jem_trip *trip, const char *actor, struct jem_error *err)
{
    char done[16];
    struct jem_buf said = JEM_BUF_INIT(16);
    json_t *vans = NULL, *van;
    size_t i;
    uint16_t own = jem_store_inc(trip->store);
    snprintf(done, sizeof done, "%u", (unsigned)own);
    enum jem_code code = jem_store_meta_get(trip->store, "restated", &said, err);
    bool again = own > 1 && strcmp(jem_buf_text(&said), done) != 0;
    jem_buf_release(&said);
    if (code == JEM_ENOTFOUND)
        code = JEM_OK;
    if (code != JEM_OK || !again || trip->options->dry_run)
        return code;
    code = jem_store_vans(trip->store, &vans, err);
    json_array_foreach(vans, i, van) if (code == JEM_OK) code =
        restate_van(trip, actor, (unsigned)jem_json_int(van, "van", 0), err);
    json_decref(vans);
    return code == JEM_OK ? jem_store_meta_set(trip->store, "restated", done, err) : code;
}

/* ---- records ---- */

/* A unit of work that fills commit by commit. */
struct merge_unit {
    const struct jem_merge *merge;
    size_t count, added; /* events of the open unit; 0: none is open */
};

static void merge_key(const struct jem_merge *merge, char key[JEM_LANE_TEXT])
{
    snprintf(key, JEM_LANE_TEXT, "accepted.van.%u.%u.%lu", merge->lane.van, (unsigned)merge->lane.inc,
        (unsigned long)merge->lane.part);
}

/* Takes the events over. On failure nothing of the unit is left. after: of a root, else NULL. */
static enum jem_code unit_fill(struct merge_unit *unit, struct jem_event_list *events, const struct jem_after *after,
    struct jem_error *err)
{
    const struct jem_merge *merge = unit->merge;
    struct jem_trip *trip = merge->trip;
    struct jem_stream_head head = { .last = { .seq = 0 } };
    size_t count = events->count, added = count;
    enum jem_code code = JEM_OK;
    if (!trip->options->dry_run) {
        if (unit->count == 0)
            code = jem_store_begin(trip->store, err);
        if (code == JEM_OK)
            code = jem_store_head(trip->store, (uint16_t)merge->lane.van, 0, merge->lane.inc, &head, err);
        if (code == JEM_OK)
            code = jem_store_import_verified(trip->store, events, &added, err);
        if (code == JEM_OK && added > 0)
            code = jem_history_add(trip->store, trip->keys, merge->actor, merge->lane.van, merge->lane.inc,
                head.last.seq, err);
        if (code == JEM_OK && added > 0 && after != NULL && after->there && after->inc < merge->lane.inc)
            code = jem_history_return(trip->store, trip->keys, merge->actor, merge->lane.van, after->inc, after->seq,
                merge->lane.inc, err);
        if (code != JEM_OK)
            jem_store_rollback(trip->store);
    }
    unit->count += count;
    unit->added += added;
    jem_event_list_release(events);
    return code;
}

/* When something of this van was last taken in, and by its commit, which program sealed it: meta "seen.VAN". */
static enum jem_code merge_seen(struct jem_trip *trip, unsigned van, const git_oid *head, struct jem_error *err)
{
    char key[24];
    struct jem_buf text = JEM_BUF_INIT(120);
    git_commit *commit = NULL;
    const char *version = "";
    if (git_commit_lookup(&commit, trip->ledger->repo, head) == 0 && git_commit_committer(commit) != NULL)
        version = git_commit_committer(commit)->name;
    snprintf(key, sizeof key, "seen.%u", van);
    jem_buf_fmt(&text, "%lld %.40s", (long long)jem_store_now_ms(trip->store),
        strncmp(version, "jemput ", 7) == 0 ? version + 7 : "");
    enum jem_code code = jem_store_meta_set(trip->store, key, jem_buf_text(&text), err);
    git_commit_free(commit);
    jem_buf_release(&text);
    return code;
}

static enum jem_code unit_close(struct merge_unit *unit, const git_oid *head, struct jem_error *err)
{
    const struct jem_merge *merge = unit->merge;
    struct jem_trip *trip = merge->trip;
    char key[JEM_LANE_TEXT], ref[JEM_LANE_TEXT], hex[JEM_OID_HEX];
    enum jem_code code = JEM_OK;
    merge_key(merge, key);
    jem_lane_name("refs/accepted/", &merge->lane, ref);
    if (!trip->options->dry_run) {
        code = jem_store_meta_set(trip->store, key, git_oid_tostr(hex, sizeof hex, head), err);
        if (code == JEM_OK && unit->added > 0)
            code = jem_merge_ack(trip, merge->actor, merge->lane.van, merge->lane.inc, head, NULL, false, err);
        if (code == JEM_OK)
            code = merge_seen(trip, merge->lane.van, head, err);
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

/* What is read of one part. */
struct merge_walk {
    const struct jem_merge *merge;
    struct jem_lane_state state;
    unsigned char key[32];
    struct jem_oids fresh;
    uint64_t limit;  /* no event after it is taken, */
    size_t admitted; /* but for so many of `fresh`, which a person let in */
    bool late;       /* the commit that does not hold came too late */
};

/* Up to which commit somebody admitted what came late. */
static enum jem_code walk_admitted(struct merge_walk *walk, struct jem_error *err)
{
    char ref[JEM_LANE_TEXT], hex[JEM_OID_HEX];
    enum jem_ruling ruling = JEM_RULING_NONE;
    const struct jem_lane_ref *lane = &walk->merge->lane;
    enum jem_code code =
        jem_store_van_limit(walk->merge->trip->store, (uint16_t)lane->van, lane->inc, &walk->limit, err);
    jem_lane_name(JEM_LANE_HEADS, lane, ref);
    walk->admitted = 0;
    for (size_t i = walk->limit == UINT64_MAX ? 0 : walk->fresh.count; code == JEM_OK && i > 0; i--) {
        git_oid_tostr(hex, sizeof hex, &walk->fresh.items[i - 1]);
        code = jem_store_ruling(walk->merge->trip->store, ref, hex, &ruling, err);
        if (ruling == JEM_RULING_ADMIT) {
            walk->admitted = i;
            break;
        }
    }
    return code;
}

/* JEM_EDENIED: these events came after the writing was closed. */
static enum jem_code walk_in_time(struct merge_walk *walk, size_t at, const struct jem_event_list *events,
    struct jem_error *err)
{
    char hex[JEM_OID_HEX];
    if (events->count == 0 || at < walk->admitted || events->items[events->count - 1].id.seq <= walk->limit)
        return JEM_OK;
    walk->late = true;
    return jem_fail(err, JEM_EDENIED, JEM_D_SYNC, 0, JEM_T_LANE_LATE, git_oid_tostr(hex, 11, &walk->fresh.items[at]),
        (unsigned long long)walk->limit);
}

/* The commits one after the other into units of about `limit` events. JEM_OK with *bad set at the first that does not
 * hold; a failure of the store is the outcome. */
static enum jem_code merge_commits(struct merge_walk *walk, size_t limit, enum jem_code *bad, struct jem_error *err)
{
    struct merge_unit unit = { .merge = walk->merge };
    struct jem_event_list events = { 0 };
    struct jem_ahead *ahead = NULL;
    struct jem_error why = { 0 };
    git_oid good = walk->state.head;
    bool root = !walk->state.any;
    enum jem_code code = jem_ahead_start(&walk->state, walk->merge->trip->ledger, &walk->fresh, &ahead, err);
    for (size_t i = 0; code == JEM_OK && *bad == JEM_OK && i < walk->fresh.count; i++) {
        *bad = jem_ahead_next(ahead, &events, &why);
        if (*bad == JEM_OK && (*bad = walk_in_time(walk, i, &events, &why)) != JEM_OK)
            jem_event_list_release(&events);
        bool last = *bad != JEM_OK || i + 1 == walk->fresh.count;
        if (events.count > 0) {
            code = unit_fill(&unit, &events, root && i == 0 ? &walk->state.after : NULL, err);
            good = walk->state.head;
        }
        if (code == JEM_OK && unit.count > 0 && (last || limit == 1 || unit.count + JEM_SEGMENT_EVENTS > limit))
            code = unit_close(&unit, &good, err);
    }
    if (code == JEM_OK && *bad != JEM_OK && err != NULL)
        *err = why;
    jem_ahead_stop(ahead);
    jem_event_list_release(&events);
    return code;
}

/* JEM_ECORRUPT (JEM_EDENIED: late) with its reason at the first commit that does not hold; the good ones before it are in. With
 * limit 1 every commit is a unit of its own. */
static enum jem_code merge_walk(struct merge_walk *walk, const git_oid *accepted, size_t limit, bool *in_import,
    struct jem_error *err)
{
    const struct jem_merge *merge = walk->merge;
    struct jem_trip *trip = merge->trip;
    enum jem_relation relation = JEM_RELATION_UNKNOWN;
    walk->state = (struct jem_lane_state){ .store = trip->store,
        .keys = trip->keys,
        .peer = merge->lane.van,
        .peer_inc = merge->lane.inc,
        .writer = (uint16_t)merge->lane.van,
        .inc = merge->lane.inc,
        .part = merge->lane.part,
        .sign_public = walk->key };
    enum jem_code code = jem_keys_sign(trip->store, merge->lane.van, merge->lane.inc, walk->key, err), bad = JEM_OK;
    *in_import = false;
    walk->fresh.count = 0;
    if (code == JEM_ENOTFOUND) /* an incarnation that nobody enrolled */
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_UNKNOWN_VAN);
    if (code == JEM_OK)
        code = jem_chain_compare(trip->ledger, accepted, &merge->head, &relation, &walk->fresh, err);
    if (code == JEM_OK && relation == JEM_RELATION_BEHIND && !trip->several &&
        !jem_trip_by_bundle(trip, &merge->lane, accepted))
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_ROLLED_BACK);
    if (code == JEM_OK && relation == JEM_RELATION_FOREIGN)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_REWRITTEN);
    if (code == JEM_OK && walk->fresh.count > 0)
        code = walk_admitted(walk, err);
    if (code == JEM_OK && accepted != NULL && walk->fresh.count > 0)
        code = jem_lane_resume(&walk->state, trip->ledger, accepted, err);
    if (code == JEM_OK && walk->fresh.count > 0) {
        code = merge_commits(walk, limit, &bad, err);
        *in_import = code != JEM_OK;
    }
    return code != JEM_OK ? code : bad;
}

enum jem_code jem_merge_records(const struct jem_merge *merge, struct jem_error *err)
{
    struct jem_trip *trip = merge->trip;
    struct merge_walk walk = { .merge = merge };
    char ref[JEM_LANE_TEXT], key[JEM_LANE_TEXT];
    git_oid accepted;
    bool any, in_import = false;
    struct jem_error why = { 0 };
    enum jem_code code;
    jem_lane_name(JEM_LANE_HEADS, &merge->lane, ref);
    merge_key(merge, key);
    for (size_t unit = JEM_MERGE_UNIT;; unit = 1) {
        code = jem_trip_accepted(trip, key, &accepted, &any, &why);
        if (code == JEM_OK)
            code = merge_walk(&walk, any ? &accepted : NULL, unit, &in_import, &why);
        if (!in_import || unit == 1 || (code != JEM_ECORRUPT && code != JEM_EINVAL))
            break;
    }
    jem_oids_release(&walk.fresh);
    if (code == JEM_ECORRUPT && walk.state.keyless && jem_lane_is_known(&walk.state, trip->ledger, &merge->head))
        code = JEM_OK;
    bool early = code == JEM_ECORRUPT && walk.state.early && merge->early != NULL;
    if (early)
        *merge->early = true;
    else if (code == JEM_ECORRUPT || walk.late || (code == JEM_EINVAL && in_import))
        return jem_merge_quarantine(trip, ref, &merge->head, walk.late, why.msg, err);
    if (code == JEM_OK && !trip->options->dry_run)
        return jem_store_quarantine_clear(trip->store, ref, err);
    if (code != JEM_OK && !early && err != NULL)
        *err = why;
    return early ? JEM_OK : code;
}
