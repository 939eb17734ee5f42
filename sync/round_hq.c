/* round_hq.c - HQ's two rounds: merge takes what the vans sent, publish sends what they should know.
 *
 * Several hubs are visited one after the other; one that does not answer is reported at the end and stops none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "district.h"
#include "jemput/log.h"
#include "lane_seal.h"
#include "merge.h"
#include "prune.h"
#include "take_up.h"

/* What is done at one hub, `first` for the first of the list. */
typedef enum jem_code hq_visit(struct jem_trip *trip, const char *actor, bool first, struct jem_error *err);

/* A failure of one hub; the others go on. What fails here at HQ (disk, keys, store) ends the round. */
static bool hq_hub_failed(enum jem_code code)
{
    return code == JEM_ELINK || code == JEM_EDENIED || code == JEM_ECORRUPT || code == JEM_EINVAL;
}

static enum jem_code hq_each_hub(struct jem_trip *trip, const char *actor, hq_visit *visit, struct jem_error *err)
{
    struct jem_buf hubs = JEM_BUF_INIT((size_t)1 << 20);
    struct jem_error first_error = { 0 };
    enum jem_code failed = JEM_OK, code = jem_trip_hubs(trip, &hubs, err);
    char *rest = NULL;
    bool first = true;
    trip->several = code == JEM_OK && strchr(jem_buf_text(&hubs), '\n') != strrchr(jem_buf_text(&hubs), '\n');
    for (char *url = code == JEM_OK ? strtok_r((char *)hubs.data, "\n", &rest) : NULL;
         url != NULL && !jem_trip_stop(trip); url = strtok_r(NULL, "\n", &rest)) {
        struct jem_error why = { 0 };
        code = jem_trip_enter(trip, url, &why);
        if (code == JEM_OK)
            code = visit(trip, actor, first, &why);
        jem_trip_leave(trip);
        first = false;
        if (code == JEM_OK)
            continue;
        jem_log(JEM_LOG_WARN, "sync: %s", why.msg);
        if (failed == JEM_OK) {
            failed = code;
            first_error = why;
        }
        if (!hq_hub_failed(code))
            break;
    }
    jem_buf_wipe(&hubs);
    if (failed != JEM_OK && err != NULL)
        *err = first_error;
    return failed != JEM_OK ? failed : code;
}

/* ---- merge ---- */

static const json_t *hq_find_van(const json_t *vans, unsigned n)
{
    size_t i;
    json_t *van;
    json_array_foreach(vans, i, van) if (n != 0 && jem_json_int(van, "van", 0) == (int64_t)n) return van;
    return NULL;
}

/* True for a part that is not here as the hub has it, nor was accepted so and let go since. */
static enum jem_code hq_is_fresh(struct jem_trip *trip, const struct jem_part *part, bool *out, struct jem_error *err)
{
    char hub[JEM_LANE_TEXT], key[JEM_LANE_TEXT], hex[JEM_OID_HEX];
    git_oid seen;
    bool there;
    struct jem_buf accepted = JEM_BUF_INIT(128);
    jem_lane_name("refs/hub/", &part->lane, hub);
    *out = false;
    enum jem_code code = jem_ledger_ref(trip->ledger, hub, &seen, &there, err);
    if (code != JEM_OK || (there && git_oid_equal(&seen, &part->head)))
        return code;
    snprintf(key, sizeof key, "accepted.%s.%u.%u.%lu", jem_lane_word(part->lane.kind), part->lane.van,
        (unsigned)part->lane.inc, (unsigned long)part->lane.part);
    code = jem_store_meta_get(trip->store, key, &accepted, err);
    git_oid_tostr(hex, sizeof hex, &part->head);
    *out = there || strncmp(jem_buf_text(&accepted), hex, GIT_OID_HEXSZ) != 0;
    jem_buf_release(&accepted);
    return code == JEM_ENOTFOUND ? JEM_OK : code;
}

static enum jem_code hq_fetch(struct jem_trip *trip, struct jem_error *err)
{
    size_t count, fresh = 0;
    struct jem_parts parts = { 0 };
    const struct jem_link_ref *refs = jem_link_refs(trip->link, &count);
    enum jem_code code = jem_parts_listed(refs, count, JEM_LANE_VAN, 0, &parts, err);
    if (code == JEM_OK)
        code = jem_parts_listed(refs, count, JEM_LANE_SCAN, 0, &parts, err);
    for (size_t i = 0; code == JEM_OK && i < parts.count; i++) {
        bool wanted;
        code = hq_is_fresh(trip, &parts.items[i], &wanted, err);
        if (code == JEM_OK && wanted)
            parts.items[fresh++] = parts.items[i];
    }
    parts.count = fresh;
    jem_trip_step(trip, JEM_STEP_FETCH);
    if (code == JEM_OK)
        code = jem_parts_fetch(trip->link, &parts, err);
    jem_parts_release(&parts);
    return code;
}

/* One part; *early as in struct jem_merge. */
static enum jem_code hq_merge_part(struct jem_trip *trip, const char *actor, const json_t *vans,
    const struct jem_part *part, bool *early, struct jem_error *err)
{
    struct jem_merge merge = { .trip = trip, .actor = actor, .lane = part->lane, .head = part->head, .early = early };
    char ref[JEM_LANE_TEXT];
    jem_lane_name(JEM_LANE_HEADS, &part->lane, ref);
    if (hq_find_van(vans, part->lane.van) == NULL)
        return jem_merge_quarantine(trip, ref, &part->head, false, jem_text(JEM_T_LANE_UNKNOWN_VAN), err);
    if (part->lane.kind == JEM_LANE_VAN)
        return jem_merge_records(&merge, err);
    return trip->options->dry_run ? JEM_OK : jem_merge_scans(&merge, err);
}

/* Parts of one kind, in order. What follows an event that a later part brought is tried once more. */
static enum jem_code hq_merge_kind(struct jem_trip *trip, const char *actor, const json_t *vans,
    const struct jem_parts *parts, struct jem_error *err)
{
    bool *early = calloc(parts->count + 1, sizeof *early);
    enum jem_code code = early == NULL ? jem_fail_nomem(err) : JEM_OK;
    for (size_t i = 0; code == JEM_OK && i < parts->count && !jem_trip_stop(trip); i++)
        code = hq_merge_part(trip, actor, vans, &parts->items[i], &early[i], err);
    for (size_t i = 0; code == JEM_OK && i < parts->count && !jem_trip_stop(trip); i++)
        if (early[i])
            code = hq_merge_part(trip, actor, vans, &parts->items[i], NULL, err);
    free(early);
    return code;
}

/* Refs beside the lanes' parts that claim to be lanes. */
static enum jem_code hq_merge_others(struct jem_trip *trip, const struct jem_link_ref *refs, size_t count,
    struct jem_error *err)
{
    enum jem_code code = JEM_OK;
    for (size_t i = 0; code == JEM_OK && i < count; i++) {
        struct jem_lane_ref lane;
        bool claims =
            strncmp(refs[i].name, "refs/heads/van/", 15) == 0 || strncmp(refs[i].name, "refs/heads/scan/", 16) == 0;
        if (claims && !jem_lane_parse(JEM_LANE_HEADS, refs[i].name, &lane))
            code = jem_merge_quarantine(trip, refs[i].name, &refs[i].oid, false, jem_text(JEM_T_LANE_UNKNOWN_VAN), err);
    }
    return code;
}

enum jem_code jem_merge_lanes(struct jem_trip *trip, const char *actor, const struct jem_link_ref *refs, size_t count,
    struct jem_error *err)
{
    static const enum jem_lane_kind kinds[] = { JEM_LANE_VAN, JEM_LANE_SCAN };
    json_t *vans = NULL;
    jem_trip_step(trip, JEM_STEP_MERGE);
    enum jem_code code = jem_merge_restate(trip, actor, err);
    if (code == JEM_OK)
        code = jem_store_vans(trip->store, &vans, err);
    for (int k = 0; code == JEM_OK && k < 2; k++) { /* records of all vans come before any document */
        struct jem_parts parts = { 0 };
        code = jem_parts_listed(refs, count, kinds[k], 0, &parts, err);
        if (code == JEM_OK)
            code = hq_merge_kind(trip, actor, vans, &parts, err);
        jem_parts_release(&parts);
    }
    json_decref(vans);
    return code == JEM_OK ? hq_merge_others(trip, refs, count, err) : code;
}

/* Our own lanes as the hub has them, when they are not here; keys that were lost with what came after a backup are made anew. */
static enum jem_code hq_take_up(struct jem_trip *trip, const char *actor, struct jem_error *err)
{
    struct jem_keys *keys = NULL;
    enum jem_code code = jem_take_up(trip, err);
    if (code != JEM_OK || jem_store_inc(trip->store) == 1)
        return code;
    code = jem_keys_mend(trip->store, actor, err);
    if (code == JEM_OK)
        code = jem_keys_load(trip->store, &keys, err);
    if (code == JEM_OK) {
        jem_keys_free(trip->keys);
        trip->keys = keys;
    }
    return code;
}

/* What this hub holds of the vans' lanes, noted for the end of the round. */
static enum jem_code hq_list(struct jem_trip *trip, struct jem_error *err)
{
    size_t count;
    const struct jem_link_ref *refs = jem_link_refs(trip->link, &count);
    enum jem_code code = jem_parts_listed(refs, count, JEM_LANE_VAN, 0, trip->listed, err);
    return code == JEM_OK ? jem_parts_listed(refs, count, JEM_LANE_SCAN, 0, trip->listed, err) : code;
}

static enum jem_code hq_merge_hub(struct jem_trip *trip, const char *actor, bool first, struct jem_error *err)
{
    size_t count;
    (void)first;
    enum jem_code code = trip->options->dry_run ? JEM_OK : hq_take_up(trip, actor, err);
    if (code == JEM_OK)
        code = hq_list(trip, err);
    if (code == JEM_OK)
        code = hq_fetch(trip, err);
    const struct jem_link_ref *refs = jem_link_refs(trip->link, &count);
    return code == JEM_OK ? jem_merge_lanes(trip, actor, refs, count, err) : code;
}

static enum jem_code hq_counts(struct jem_trip *trip, struct jem_error *err)
{
    json_t *counts = NULL;
    enum jem_code code = jem_store_counts(trip->store, &counts, err);
    trip->report->conflicts = (uint64_t)jem_json_int(counts, "conflicts", 0);
    trip->report->pending_documents = (uint64_t)jem_json_int(counts, "pending_documents", 0);
    json_decref(counts);
    return code;
}

enum jem_code jem_merge_finish(struct jem_trip *trip, const char *actor, struct jem_error *err)
{
    if (trip->options->dry_run)
        return hq_counts(trip, err);
    enum jem_code code = jem_merge_pairs(trip, actor, err);
    if (code == JEM_OK)
        code = jem_merge_moved(trip, actor, err);
    if (code == JEM_OK)
        code = jem_hq_advance(trip, err);
    return code == JEM_OK ? hq_counts(trip, err) : code;
}

/* What the vans have dropped, and every hub was asked. */
static enum jem_code hq_let_go(struct jem_trip *trip, struct jem_error *err)
{
    enum jem_code code = jem_prune_read(trip, JEM_LANE_VAN, trip->listed, err);
    if (code == JEM_OK)
        code = jem_prune_read(trip, JEM_LANE_SCAN, trip->listed, err);
    if (code == JEM_OK)
        jem_prune_finish(trip);
    return code;
}

enum jem_code jem_round_merge(struct jem_store *store, const char *actor, const struct jem_round_options *options,
    struct jem_round_report *out, struct jem_error *err)
{
    struct jem_trip trip;
    struct jem_parts listed = { 0 };
    enum jem_code failed = JEM_OK, code = jem_trip_begin(&trip, store, JEM_ROLE_HQ, options, out, err);
    if (code != JEM_OK)
        goto out;
    trip.listed = &listed;
    failed = hq_each_hub(&trip, actor, hq_merge_hub, err);
    code = failed == JEM_OK || hq_hub_failed(failed) ? JEM_OK : failed;
    /* what did arrive is finished, also when a hub failed */
    if (code == JEM_OK)
        code = jem_merge_finish(&trip, actor, failed == JEM_OK ? err : NULL);
    if (failed != JEM_OK)
        code = failed;
    if (code == JEM_OK && !options->dry_run && !trip.stopped)
        code = hq_let_go(&trip, err);
    code = jem_trip_asked(&trip, code, err);
    if (code == JEM_OK)
        jem_trip_step(&trip, JEM_STEP_DONE);
out:
    jem_parts_release(&listed);
    jem_trip_end(&trip);
    return code;
}

/* ---- publish ---- */

static struct jem_lane_plan hq_feed_plan(unsigned van)
{
    return (struct jem_lane_plan){ .kind = JEM_LANE_FEED,
        .van = van,
        .max_events = JEM_SEGMENT_EVENTS,
        .max_bytes = JEM_SEGMENT_BYTES };
}

enum jem_code jem_feed_seal(struct jem_trip *trip, unsigned van, struct jem_error *err)
{
    size_t commits;
    struct jem_lane_plan plan = hq_feed_plan(van);
    return jem_lane_seal(trip, &plan, &commits, err);
}

static enum jem_code hq_seal_feeds(struct jem_trip *trip, const char *actor, struct jem_error *err)
{
    json_t *vans = NULL, *van;
    size_t i;
    enum jem_code code = jem_store_vans(trip->store, &vans, err);
    jem_trip_step(trip, JEM_STEP_SEAL);
    json_array_foreach(vans, i, van)
    {
        unsigned n = (unsigned)jem_json_int(van, "van", 0);
        struct jem_lane_plan plan = hq_feed_plan(n);
        uint64_t events = 0;
        if (code != JEM_OK)
            break;
        if (trip->options->dry_run) {
            code = jem_lane_unsealed(trip, &plan, &events, err);
            trip->report->published_events += events;
            continue;
        }
        code = jem_district_tell(trip->store, actor, n, err);
        if (code == JEM_OK)
            code = jem_feed_seal(trip, n, err);
    }
    json_decref(vans);
    return code;
}

/* The first hub gets every feed; another only those of vans that meet there. */
static bool hq_feed_goes(const struct jem_trip *trip, unsigned van, bool first)
{
    size_t count;
    const struct jem_link_ref *refs = jem_link_refs(trip->link, &count);
    for (size_t i = 0; i < count && !first; i++) {
        struct jem_lane_ref lane;
        first = jem_lane_parse(JEM_LANE_HEADS, refs[i].name, &lane) && lane.van == van &&
                (lane.kind == JEM_LANE_VAN || lane.kind == JEM_LANE_FEED);
    }
    return first;
}

/* The parts of a lane of ours, the oldest first; those that their reader has whole stay where they are. */
static enum jem_code hq_push_parts(struct jem_trip *trip, enum jem_lane_kind kind, unsigned van, uint64_t *events,
    struct jem_error *err)
{
    struct jem_parts parts = { 0 };
    char ref[JEM_LANE_TEXT];
    enum jem_code code = jem_parts_local(trip->ledger, JEM_LANE_HEADS, kind, van, &parts, err);
    for (size_t i = 0; code == JEM_OK && !trip->stopped && i < parts.count; i++) {
        bool done = false;
        jem_lane_name(JEM_LANE_HEADS, &parts.items[i].lane, ref);
        if (kind == JEM_LANE_FEED && jem_link_find(trip->link, ref) == NULL)
            code = jem_part_done(trip, &parts.items[i], &done, err);
        if (code == JEM_OK && !done)
            code = jem_prune_dropped(trip, &parts.items[i].lane, &parts.items[i].head, &done, err);
        if (code == JEM_OK && !done)
            code = jem_trip_push(trip, ref, events, NULL, err);
    }
    jem_parts_release(&parts);
    return code;
}

static enum jem_code hq_publish_hub(struct jem_trip *trip, const char *actor, bool first, struct jem_error *err)
{
    json_t *vans = NULL, *van;
    size_t i;
    struct jem_error why;
    enum jem_code failed = JEM_OK, code = jem_store_vans(trip->store, &vans, err);
    (void)actor;
    jem_trip_step(trip, JEM_STEP_PUBLISH);
    json_array_foreach(vans, i, van)
    {
        unsigned n = (unsigned)jem_json_int(van, "van", 0);
        if (code != JEM_OK || trip->stopped || !hq_feed_goes(trip, n, first))
            continue;
        code = hq_push_parts(trip, JEM_LANE_FEED, n, &trip->report->published_events, &why);
        if (code != JEM_OK && failed == JEM_OK) {
            failed = code;
            if (err != NULL)
                *err = why;
        }
        if (code == JEM_ECORRUPT || code == JEM_EDENIED) /* this feed alone: the others go on */
            code = JEM_OK;
    }
    if (code == JEM_OK && first && !trip->stopped && json_array_size(vans) > 0)
        code = hq_push_parts(trip, JEM_LANE_HQ, 0, NULL, failed == JEM_OK ? err : NULL);
    json_decref(vans);
    if (code == JEM_OK)
        jem_prune_hub(trip);
    return failed != JEM_OK ? failed : code;
}

enum jem_code jem_round_publish(struct jem_store *store, const char *actor, const struct jem_round_options *options,
    struct jem_round_report *out, struct jem_error *err)
{
    struct jem_trip trip;
    enum jem_code code = jem_trip_begin(&trip, store, JEM_ROLE_HQ, options, out, err);
    if (code == JEM_OK && !options->dry_run)
        code = jem_trip_rotate(&trip, err);
    if (code == JEM_OK)
        code = hq_seal_feeds(&trip, actor, err);
    if (code == JEM_OK && !options->dry_run)
        code = jem_hq_advance(&trip, err);
    if (code == JEM_OK && !options->dry_run)
        code = jem_prune_decide(&trip, err);
    if (code == JEM_OK && !options->dry_run)
        code = hq_each_hub(&trip, actor, hq_publish_hub, err);
    if (code == JEM_OK && !options->dry_run)
        code = jem_prune_own(&trip, err);
    if (code == JEM_OK && !options->dry_run)
        jem_prune_finish(&trip);
    code = jem_trip_asked(&trip, code, err);
    if (code == JEM_OK)
        jem_trip_step(&trip, JEM_STEP_DONE);
    jem_trip_end(&trip);
    return code;
}
