/* round_van.c - a van's round.
 *
 *   connect -> feed -> (seal -> records)... -> documents -> feed once more, when the hub's changed meanwhile
 *           -> what is carried for others
 *
 * Where the round before left the hub's refs as they were then (recall.h), nothing is read before the records go: the feed is asked
 * for after them. When the hub refuses such a push, or the link drops in it, the refs are read and all is done from the start.
 *
 * A feed that is refused stops nothing: records still go out. */
#include <stdio.h>
#include <string.h>

#include "carry.h"
#include "lane_seal.h"
#include "prune.h"
#include "recall.h"
#include "take_up.h"

#define VAN_READ_TRIES 4

/* Our own events acknowledged so far: the boundary of jem_store_acked, which covers a prefix of the stream. */
static enum jem_code van_acked(struct jem_trip *trip, uint64_t *out, struct jem_error *err)
{
    struct jem_stream_head head;
    struct jem_event_id id = { (uint16_t)trip->self, 0, jem_store_inc(trip->store), 0 };
    *out = 0;
    enum jem_code code = jem_store_head(trip->store, id.writer, 0, id.inc, &head, err);
    if (code != JEM_OK)
        return code;
    for (uint64_t low = 0, high = head.last.seq; low < high;) {
        id.seq = low + (high - low + 1) / 2;
        if (jem_store_acked(trip->store, &id, "received"))
            *out = low = id.seq;
        else
            high = id.seq - 1;
    }
    return JEM_OK;
}

static enum jem_code van_pending(struct jem_trip *trip, struct jem_error *err)
{
    json_t *counts = NULL;
    enum jem_code code = jem_store_counts(trip->store, &counts, err);
    if (code == JEM_OK) {
        trip->report->pending_events = (uint64_t)jem_json_int(counts, "pending_events", 0);
        trip->report->pending_documents = (uint64_t)jem_json_int(counts, "pending_documents", 0);
    }
    json_decref(counts);
    return code;
}

/* A segment is one commit and cannot be cut once it is signed: it is sealed to what a slice carries, where a byte holds
 * about eight of the events' bodies. */
static size_t van_segment_bytes(const struct jem_trip *trip)
{
    uint64_t bytes = 8 * trip->slice.size;
    return bytes == 0 || bytes > JEM_SEGMENT_BYTES ? JEM_SEGMENT_BYTES
           : bytes < JEM_SEGMENT_BYTES_MIN         ? JEM_SEGMENT_BYTES_MIN
                                                   : (size_t)bytes;
}

static struct jem_lane_plan van_plan(const struct jem_trip *trip)
{
    return (struct jem_lane_plan){ .kind = JEM_LANE_VAN,
        .van = trip->self,
        .max_events = JEM_SEGMENT_EVENTS,
        .max_bytes = van_segment_bytes(trip),
        .max_commits = JEM_BATCH_SLICES };
}

/* ---- what a round would send ---- */

/* What of a part lies past the head that the hub was last seen to have. */
static enum jem_code van_expect_part(struct jem_trip *trip, const struct jem_part *part, uint64_t *bytes,
    struct jem_error *err)
{
    char seen[JEM_LANE_TEXT];
    git_oid hub;
    bool there = false, done = false;
    struct jem_oids fresh = { 0 };
    enum jem_relation relation = JEM_RELATION_UNKNOWN;
    jem_lane_name("refs/hub/", &part->lane, seen);
    enum jem_code code = jem_ledger_ref(trip->ledger, seen, &hub, &there, err);
    if (code == JEM_OK && !there && part->lane.kind == JEM_LANE_VAN)
        code = jem_part_done(trip, part, &done, err);
    if (code == JEM_OK && !done)
        code = jem_chain_compare(trip->ledger, there ? &hub : NULL, &part->head, &relation, &fresh, err);
    for (size_t i = 0; code == JEM_OK && i < fresh.count; i++)
        *bytes += jem_lane_commit_bytes(trip->ledger, &fresh.items[i]);
    jem_oids_release(&fresh);
    return code;
}

static enum jem_code van_expect_sealed(struct jem_trip *trip, enum jem_lane_kind kind, uint64_t *bytes,
    struct jem_error *err)
{
    struct jem_parts parts = { 0 };
    enum jem_code code = jem_parts_local(trip->ledger, JEM_LANE_HEADS, kind, trip->self, &parts, err);
    for (size_t i = 0; code == JEM_OK && i < parts.count; i++)
        code = van_expect_part(trip, &parts.items[i], bytes, err);
    jem_parts_release(&parts);
    return code;
}

static enum jem_code van_expect(struct jem_trip *trip, struct jem_error *err)
{
    struct jem_lane_plan plan = van_plan(trip);
    uint64_t bytes = 0;
    enum jem_code code = van_expect_sealed(trip, JEM_LANE_VAN, &bytes, err);
    if (code == JEM_OK)
        code = van_expect_sealed(trip, JEM_LANE_SCAN, &bytes, err);
    if (code == JEM_OK)
        code = jem_lane_expect(trip, &plan, &bytes, err);
    if (code == JEM_OK)
        code = jem_scan_expect(trip, &bytes, err);
    trip->report->bytes_up = bytes;
    trip->report->slices = (bytes + JEM_SLICE_MAX - 1) / JEM_SLICE_MAX;
    return code;
}

/* ---- the round ---- */

/* Every part of ours that HQ does not have whole, or that the hub has the beginning of; the oldest first. */
static enum jem_code van_push(struct jem_trip *trip, struct jem_error *err)
{
    struct jem_parts parts = { 0 };
    char ref[JEM_LANE_TEXT];
    enum jem_code code = jem_parts_local(trip->ledger, JEM_LANE_HEADS, JEM_LANE_VAN, trip->self, &parts, err);
    for (size_t i = 0; code == JEM_OK && !trip->stopped && i < parts.count; i++) {
        bool done = false;
        jem_lane_name(JEM_LANE_HEADS, &parts.items[i].lane, ref);
        if (jem_link_find(trip->link, ref) == NULL)
            code = jem_part_done(trip, &parts.items[i], &done, err);
        if (i + 1 == parts.count && !jem_parts_any(trip->link, JEM_LANE_VAN, trip->self))
            done = false;
        if (code == JEM_OK && !done)
            code = jem_trip_push(trip, ref, &trip->report->pushed_events, NULL, err);
    }
    jem_parts_release(&parts);
    return code;
}

/* What was sealed earlier goes first; the rest is sealed by and by, to the size that the link is seen to carry. */
static enum jem_code van_records(struct jem_trip *trip, struct jem_error *err)
{
    size_t commits = 1;
    uint64_t waiting;
    enum jem_code code = jem_records_wait(trip, &waiting, err);
    jem_trip_step(trip, JEM_STEP_RECORDS);
    trip->progress.records_total = waiting;
    if (code == JEM_OK)
        code = van_push(trip, err);
    while (code == JEM_OK && commits > 0 && jem_trip_may(trip, 0)) {
        struct jem_lane_plan plan = van_plan(trip);
        code = jem_lane_seal(trip, &plan, &commits, err);
        if (code == JEM_OK && commits > 0)
            code = van_push(trip, err);
    }
    return code;
}

enum jem_code jem_records_wait(struct jem_trip *trip, uint64_t *events, struct jem_error *err)
{
    struct jem_lane_plan plan = van_plan(trip);
    *events = 0;
    return jem_lane_unsealed(trip, &plan, events, err);
}

enum jem_code jem_records_send(struct jem_trip *trip, struct jem_error *err)
{
    uint64_t waiting;
    struct jem_progress progress = trip->progress;
    enum jem_code code = jem_records_wait(trip, &waiting, err);
    if (code == JEM_OK && waiting > 0) {
        code = van_records(trip, err);
        trip->progress = progress;
    }
    return code;
}

/* Before anything is sealed: our own lane as the hub has it, a key for HQ's newest epoch, and what HQ has to know. */
static enum jem_code van_ready(struct jem_trip *trip, struct jem_error *err)
{
    bool followed = false;
    enum jem_code code = jem_take_up(trip, err);
    if (code == JEM_OK)
        code = jem_trip_follow(trip, &followed, err);
    return code == JEM_OK ? jem_feed_tell(trip, err) : code;
}

static enum jem_code van_send(struct jem_trip *trip, struct jem_error *err)
{
    jem_trip_step(trip, JEM_STEP_SEAL);
    enum jem_code code = van_ready(trip, err);
    if (code == JEM_OK)
        code = van_records(trip, err);
    if (code == JEM_OK && !trip->stopped)
        code = jem_scan_send(trip, err);
    return code;
}

/* What HQ has for good goes, at the hub and here; and HQ's feed as far as it was read. */
static enum jem_code van_let_go(struct jem_trip *trip, struct jem_error *err)
{
    size_t count;
    struct jem_parts listed = { 0 };
    enum jem_code code = jem_prune_decide(trip, err);
    if (code == JEM_OK)
        jem_prune_hub(trip);
    if (code == JEM_OK)
        code = jem_prune_own(trip, err);
    const struct jem_link_ref *refs = jem_link_refs(trip->link, &count);
    if (code == JEM_OK)
        code = jem_parts_listed(refs, count, JEM_LANE_FEED, trip->self, &listed, err);
    if (code == JEM_OK)
        code = jem_prune_read(trip, JEM_LANE_FEED, &listed, err);
    jem_parts_release(&listed);
    return code;
}

static enum jem_code van_enter(struct jem_trip *trip, const char *url, struct jem_error *err)
{
    uint64_t waiting = 0;
    bool recalled = false;
    enum jem_code code = jem_trip_open(trip, url, err);
    if (code == JEM_OK)
        code = jem_records_wait(trip, &waiting, err);
    if (code == JEM_OK)
        code = jem_recall(trip, waiting > 0, &recalled, err);
    return code == JEM_OK && !recalled ? jem_trip_read(trip, err) : code;
}

static enum jem_code van_talk(struct jem_trip *trip, struct jem_error *err)
{
    enum jem_code code = jem_feed_take(trip, err);
    if (code == JEM_ELINK && jem_trip_again(trip)) {
        trip->report->retries++; /* records do not wait for it: it is asked for again after them */
        code = JEM_OK;
    }
    return code == JEM_OK ? van_send(trip, err) : code;
}

/* What was recalled did not hold, or nobody knows: reads the refs and begins again. `code` and *err are the failure. */
static enum jem_code van_talk_again(struct jem_trip *trip, enum jem_code code, struct jem_error *err)
{
    const bool hub = code == JEM_ELINK || code == JEM_EDENIED || code == JEM_ECORRUPT;
    enum jem_code again = JEM_ELINK;
    for (unsigned tries = 0; hub && again == JEM_ELINK && tries < VAN_READ_TRIES && jem_trip_again(trip); tries++) {
        trip->report->retries++;
        jem_trip_pause(tries);
        code = again = jem_trip_read(trip, err);
    }
    return again == JEM_OK ? van_talk(trip, err) : code;
}

static enum jem_code van_visit(struct jem_trip *trip, struct jem_error *err)
{
    struct jem_buf hubs = JEM_BUF_INIT(4096);
    enum jem_code code = jem_trip_hubs(trip, &hubs, err);
    if (code == JEM_OK) {
        hubs.data[strcspn(jem_buf_text(&hubs), "\n")] = '\0';
        code = van_enter(trip, jem_buf_text(&hubs), err);
    }
    if (code == JEM_OK) {
        code = van_talk(trip, err);
        if (code != JEM_OK && jem_link_recalled(trip->link))
            code = van_talk_again(trip, code, err);
    }
    if (code == JEM_OK) {
        jem_trip_step(trip, JEM_STEP_CONFIRM);
        code = jem_feed_hear(trip, err);
    }
    if (code == JEM_OK && !trip->stopped)
        code = van_let_go(trip, err);
    if (trip->link != NULL)
        jem_recall_keep(trip, code == JEM_OK);
    if (code == JEM_OK && !trip->stopped)
        code = jem_carry_send(trip, jem_buf_text(&hubs), err);
    jem_trip_leave(trip);
    jem_buf_wipe(&hubs);
    return code;
}

enum jem_code jem_round_van(struct jem_store *store, const struct jem_round_options *options,
    struct jem_round_report *out, struct jem_error *err)
{
    struct jem_trip trip;
    uint64_t acked_before = 0, acked_after = 0;
    enum jem_code code = jem_trip_begin(&trip, store, JEM_ROLE_VAN, options, out, err);
    if (code != JEM_OK)
        goto out;
    code = van_acked(&trip, &acked_before, err);
    if (code == JEM_OK)
        code = options->dry_run ? van_expect(&trip, err) : van_visit(&trip, err);
    code = jem_trip_asked(&trip, code, err);
    if (code == JEM_OK && !options->dry_run)
        jem_prune_finish(&trip);
    /* what was done stands in the report, also when the round broke off */
    if (van_acked(&trip, &acked_after, code == JEM_OK ? err : NULL) == JEM_OK && acked_after > acked_before)
        out->confirmed_events = acked_after - acked_before;
    enum jem_code counted = van_pending(&trip, code == JEM_OK ? err : NULL);
    if (code == JEM_OK)
        code = counted;
    if (code == JEM_OK)
        jem_trip_step(&trip, JEM_STEP_DONE);
out:
    jem_trip_end(&trip);
    return code;
}
