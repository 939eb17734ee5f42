/* round_hq.c - HQ's two rounds: merge takes what the vans sent, publish sends what they should know.
 *
 * Several hubs are visited one after the other; one that does not answer is reported at the end and stops none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "district.h"
#include "jemput/log.h"
#include "merge.h"
#include "seal.h"

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

static enum jem_code hq_fetch(struct jem_trip *trip, struct jem_error *err)
{
    static const char *const specs[] = { "+refs/heads/van/*:refs/hub/van/*", "+refs/heads/scan/*:refs/hub/scan/*" };
    size_t count;
    bool fresh = false;
    const struct jem_link_ref *refs = jem_link_refs(trip->link, &count);
    for (size_t i = 0; i < count && !fresh; i++) {
        char hub[JEM_REF_MAX + 16];
        git_oid seen;
        bool there;
        if (strncmp(refs[i].name, "refs/heads/van/", 15) != 0 && strncmp(refs[i].name, "refs/heads/scan/", 16) != 0)
            continue;
        snprintf(hub, sizeof hub, "refs/hub/%s", refs[i].name + strlen("refs/heads/"));
        enum jem_code code = jem_ledger_ref(trip->ledger, hub, &seen, &there, err);
        if (code != JEM_OK)
            return code;
        fresh = !there || !git_oid_equal(&seen, &refs[i].oid);
    }
    jem_trip_step(trip, JEM_STEP_FETCH);
    return fresh ? jem_link_fetch(trip->link, specs, 2, err) : JEM_OK;
}

static enum jem_code hq_merge_van(struct jem_trip *trip, const char *actor, const json_t *van, const char *lane,
    struct jem_error *err)
{
    struct jem_merge merge = { .trip = trip,
        .actor = actor,
        .van = (unsigned)jem_json_int(van, "van", 0),
        .inc = (uint16_t)jem_json_int(van, "inc", 1) };
    if (strcmp(lane, "refs/heads/van/") == 0)
        return jem_merge_records(&merge, err);
    return trip->options->dry_run ? JEM_OK : jem_merge_scans(&merge, err);
}

enum jem_code jem_merge_lanes(struct jem_trip *trip, const char *actor, const struct jem_link_ref *refs, size_t count,
    struct jem_error *err)
{
    static const char *const lanes[] = { "refs/heads/van/", "refs/heads/scan/" };
    json_t *vans = NULL;
    enum jem_code code = jem_store_vans(trip->store, &vans, err);
    jem_trip_step(trip, JEM_STEP_MERGE);
    for (int k = 0; k < 2; k++) /* records of all vans come before any document */
        for (size_t i = 0; code == JEM_OK && i < count && !jem_trip_stop(trip); i++) {
            if (strncmp(refs[i].name, lanes[k], strlen(lanes[k])) != 0)
                continue;
            struct jem_lane_ref lane = { 0 };
            bool known = jem_lane_parse(JEM_LANE_HEADS, refs[i].name, &lane);
            const json_t *van = hq_find_van(vans, known ? lane.van : 0);
            code = van != NULL
                       ? hq_merge_van(trip, actor, van, lanes[k], err)
                       : jem_merge_quarantine(trip, refs[i].name, &refs[i].oid, jem_text(JEM_T_LANE_UNKNOWN_VAN), err);
        }
    json_decref(vans);
    return code;
}

static enum jem_code hq_merge_hub(struct jem_trip *trip, const char *actor, bool first, struct jem_error *err)
{
    size_t count;
    (void)first;
    enum jem_code code = hq_fetch(trip, err);
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
    enum jem_code code = JEM_OK;
    if (!trip->options->dry_run)
        code = jem_merge_pairs(trip, actor, err);
    if (code == JEM_OK && !trip->options->dry_run)
        code = jem_hq_advance(trip, err);
    return code == JEM_OK ? hq_counts(trip, err) : code;
}

enum jem_code jem_round_merge(struct jem_store *store, const char *actor, const struct jem_round_options *options,
    struct jem_round_report *out, struct jem_error *err)
{
    struct jem_trip trip;
    enum jem_code failed = JEM_OK, code = jem_trip_begin(&trip, store, JEM_ROLE_HQ, options, out, err);
    if (code != JEM_OK)
        goto out;
    failed = hq_each_hub(&trip, actor, hq_merge_hub, err);
    code = failed == JEM_OK || hq_hub_failed(failed) ? JEM_OK : failed;
    /* what did arrive is finished, also when a hub failed */
    if (code == JEM_OK)
        code = jem_merge_finish(&trip, actor, failed == JEM_OK ? err : NULL);
    if (failed != JEM_OK)
        code = failed;
    code = jem_trip_asked(&trip, code, err);
    if (code == JEM_OK)
        jem_trip_step(&trip, JEM_STEP_DONE);
out:
    jem_trip_end(&trip);
    return code;
}

/* ---- publish ---- */

static struct jem_seal_plan hq_feed_plan(const struct jem_trip *trip, unsigned van, char ref[64])
{
    jem_lane_name("refs/heads/", &(struct jem_lane_ref){ JEM_LANE_FEED, van, 1, 1 }, ref);
    return (struct jem_seal_plan){ .ref = ref,
        .stream = { 0, (uint16_t)van, jem_store_inc(trip->store), 0 },
        .peer = van,
        .max_events = JEM_SEGMENT_EVENTS,
        .max_bytes = JEM_SEGMENT_BYTES };
}

enum jem_code jem_feed_seal(struct jem_trip *trip, unsigned van, struct jem_error *err)
{
    char ref[64];
    size_t commits;
    struct jem_seal_plan plan = hq_feed_plan(trip, van, ref);
    return jem_ledger_seal(trip->ledger, trip->store, trip->keys, &plan, &commits, err);
}

static enum jem_code hq_seal_feeds(struct jem_trip *trip, const char *actor, struct jem_error *err)
{
    json_t *vans = NULL, *van;
    size_t i;
    enum jem_code code = jem_store_vans(trip->store, &vans, err);
    jem_trip_step(trip, JEM_STEP_SEAL);
    json_array_foreach(vans, i, van)
    {
        char ref[64];
        unsigned n = (unsigned)jem_json_int(van, "van", 0);
        struct jem_event_id next;
        struct jem_stream_head head;
        if (code != JEM_OK)
            break;
        if (!trip->options->dry_run) {
            code = jem_district_tell(trip->store, actor, n, err);
            if (code == JEM_OK)
                code = jem_feed_seal(trip, n, err);
            continue;
        }
        struct jem_seal_plan plan = hq_feed_plan(trip, n, ref);
        code = jem_seal_next(trip->ledger, trip->store, trip->keys, &plan, &next, err);
        if (code == JEM_OK)
            code = jem_store_head(trip->store, 0, plan.stream.lane, plan.stream.inc, &head, err);
        if (code == JEM_OK && head.last.seq >= next.seq)
            trip->report->published_events += head.last.seq - next.seq + 1;
    }
    json_decref(vans);
    return code;
}

/* The first hub gets every feed; another only those of vans that meet there. */
static bool hq_feed_goes(const struct jem_trip *trip, unsigned van, bool first)
{
    char lane[64], feed[64];
    jem_lane_name("refs/heads/", &(struct jem_lane_ref){ JEM_LANE_VAN, van, 1, 1 }, lane);
    jem_lane_name("refs/heads/", &(struct jem_lane_ref){ JEM_LANE_FEED, van, 1, 1 }, feed);
    return first || jem_link_find(trip->link, lane) != NULL || jem_link_find(trip->link, feed) != NULL;
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
        char ref[64];
        unsigned n = (unsigned)jem_json_int(van, "van", 0);
        if (code != JEM_OK || trip->stopped || !hq_feed_goes(trip, n, first))
            continue;
        jem_lane_name("refs/heads/", &(struct jem_lane_ref){ JEM_LANE_FEED, n, 1, 1 }, ref);
        code = jem_trip_push(trip, ref, &trip->report->published_events, &why);
        if (code != JEM_OK && failed == JEM_OK) {
            failed = code;
            if (err != NULL)
                *err = why;
        }
        if (code == JEM_ECORRUPT || code == JEM_EDENIED) /* this feed alone: the others go on */
            code = JEM_OK;
    }
    if (code == JEM_OK && first && !trip->stopped && json_array_size(vans) > 0)
        code = jem_trip_push(trip, "refs/heads/hq/1.1", NULL, failed == JEM_OK ? err : NULL);
    json_decref(vans);
    return failed != JEM_OK ? failed : code;
}

enum jem_code jem_round_publish(struct jem_store *store, const char *actor, const struct jem_round_options *options,
    struct jem_round_report *out, struct jem_error *err)
{
    struct jem_trip trip;
    enum jem_code code = jem_trip_begin(&trip, store, JEM_ROLE_HQ, options, out, err);
    if (code == JEM_OK)
        code = hq_seal_feeds(&trip, actor, err);
    if (code == JEM_OK && !options->dry_run)
        code = jem_hq_advance(&trip, err);
    if (code == JEM_OK && !options->dry_run)
        code = hq_each_hub(&trip, actor, hq_publish_hub, err);
    code = jem_trip_asked(&trip, code, err);
    if (code == JEM_OK)
        jem_trip_step(&trip, JEM_STEP_DONE);
    jem_trip_end(&trip);
    return code;
}
