/* trip.c - what every round shares: lock, link, limits, progress, and pushing one lane. */
#include "trip.h"

#include <stdio.h>
#include <string.h>

#include "chain.h"
#include "jemput/codec.h"
#include "jemput/file.h"
#include "jemput/log.h"
#include "stale.h"

#define TRIP_HTTP_OVERHEAD 1000 /* bytes that a slice costs, until they are measured */
#define TRIP_SSH_OVERHEAD 6000
#define TRIP_SILENCES 2
#define TRIP_HUB_LOCK_S 5 /* a lock of a ref lasts for a rename */

enum jem_code jem_trip_begin(struct jem_trip *trip, struct jem_store *store, enum jem_role role,
    const struct jem_round_options *options, struct jem_round_report *report, struct jem_error *err)
{
    char path[1024];
    *trip = (struct jem_trip){ .store = store, .options = options, .report = report, .seen = "refs/hub/", .lock = -1 };
    memset(report, 0, sizeof *report);
    if (jem_store_role(store) != role)
        return jem_fail(err, JEM_EDENIED, JEM_D_SYNC, 0,
            role == JEM_ROLE_VAN ? JEM_T_ROUND_ROLE_VAN : JEM_T_ROUND_ROLE_HQ);
    if (jem_store_writer(store) < (role == JEM_ROLE_VAN ? 1 : 0))
        return jem_fail(err, JEM_EDENIED, JEM_D_SYNC, 0, JEM_T_ROUND_NOT_ENROLLED);
    trip->self = (unsigned)jem_store_writer(store);
    if (options->deadline_s > 0)
        trip->deadline_ms = jem_mono_ms() + (int64_t)options->deadline_s * 1000;
    enum jem_code code = jem_path_join(path, sizeof path, jem_store_dir(store), "sync.lock", err);
    if (code == JEM_OK)
        code = jem_lock_take(path, &trip->lock, err);
    if (code == JEM_OK)
        code = jem_ledger_open(jem_store_dir(store), &trip->ledger, err);
    if (code == JEM_OK) /* under sync.lock nobody else writes there */
        jem_stale_sweep(trip->ledger->path, 0);
    if (code == JEM_OK)
        code = jem_keys_load(store, &trip->keys, err);
    return code;
}

void jem_trip_end(struct jem_trip *trip)
{
    jem_trip_leave(trip);
    jem_keys_free(trip->keys);
    jem_ledger_free(trip->ledger);
    jem_lock_release(trip->lock);
    *trip = (struct jem_trip){ .lock = -1 };
}

enum jem_code jem_trip_hubs(struct jem_trip *trip, struct jem_buf *out, struct jem_error *err)
{
    if (trip->options->remote != NULL) {
        jem_buf_fmt(out, "%s\n", trip->options->remote);
        return jem_buf_ok(out, err);
    }
    static const char *const keys[] = { "hub", "hubs" };
    for (int i = 0; i < 2; i++) {
        enum jem_code code = jem_store_meta_get(trip->store, keys[i], out, err);
        if (code != JEM_OK && code != JEM_ENOTFOUND)
            return code;
        if (out->len > 0 && out->data[out->len - 1] != '\n')
            jem_buf_byte(out, '\n');
    }
    if (out->len == 0)
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_SYNC, 0, JEM_T_HUB_NONE);
    return jem_buf_ok(out, err);
}

/* A hub with other heads and no part of any lane is somebody else's. */
static bool trip_hub_is_foreign(const struct jem_link *link)
{
    size_t count, heads = 0;
    struct jem_lane_ref lane;
    const struct jem_link_ref *refs = jem_link_refs(link, &count);
    for (size_t i = 0; i < count; i++) {
        if (jem_lane_parse(JEM_LANE_HEADS, refs[i].name, &lane))
            return false;
        heads += strncmp(refs[i].name, JEM_LANE_HEADS, strlen(JEM_LANE_HEADS)) == 0;
    }
    return heads > 0;
}

/* What an earlier round learned of this link. A folder drops nothing. */
static void trip_slice_load(struct jem_trip *trip)
{
    char key[600];
    struct jem_buf text = JEM_BUF_INIT(JEM_SLICE_TEXT);
    const char *url = jem_link_url(trip->link);
    enum jem_hub_kind kind = jem_hub_url_kind(url);
    snprintf(key, sizeof key, "slice.%s", url);
    jem_slice_start(&trip->slice, kind == JEM_HUB_SSH ? TRIP_SSH_OVERHEAD : TRIP_HTTP_OVERHEAD);
    trip->pace = (struct jem_pace){ 0 };
    trip->grounded = false;
    trip->silences = 0;
    if (kind == JEM_HUB_FOLDER)
        trip->slice.size = JEM_SLICE_MAX;
    else if (jem_store_meta_get(trip->store, key, &text, NULL) == JEM_OK)
        (void)jem_slice_read(&trip->slice, jem_buf_text(&text));
    jem_buf_release(&text);
}

static void trip_slice_save(struct jem_trip *trip)
{
    char key[600], text[JEM_SLICE_TEXT];
    const char *url = jem_link_url(trip->link);
    snprintf(key, sizeof key, "slice.%s", url);
    jem_slice_write(&trip->slice, text);
    if (jem_hub_url_kind(url) != JEM_HUB_FOLDER && trip->report->slices > 0 &&
        jem_store_meta_set(trip->store, key, text, NULL) != JEM_OK)
        jem_log(JEM_LOG_WARN, "sync: what was learned of the link is not kept");
}

void jem_trip_sweep(struct jem_trip *trip)
{
    if (jem_hub_url_kind(jem_link_url(trip->link)) == JEM_HUB_FOLDER)
        jem_stale_sweep(jem_link_url(trip->link), TRIP_HUB_LOCK_S);
}

enum jem_code jem_trip_open(struct jem_trip *trip, const char *url, struct jem_error *err)
{
    jem_trip_step(trip, JEM_STEP_CONNECT);
    enum jem_code code = jem_link_open(trip->ledger, trip->store, url, &trip->link, err);
    if (code == JEM_OK) {
        jem_link_deadline(trip->link, trip->deadline_ms);
        trip_slice_load(trip);
        jem_trip_sweep(trip);
    }
    return code;
}

enum jem_code jem_trip_read(struct jem_trip *trip, struct jem_error *err)
{
    jem_link_forget(trip->link);
    enum jem_code code = jem_link_refresh(trip->link, false, err);
    if (code == JEM_OK && trip_hub_is_foreign(trip->link))
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_HUB_FOREIGN, jem_link_url(trip->link));
    return code;
}

enum jem_code jem_trip_enter(struct jem_trip *trip, const char *url, struct jem_error *err)
{
    enum jem_code code = jem_trip_open(trip, url, err);
    return code == JEM_OK ? jem_trip_read(trip, err) : code;
}

uint64_t jem_trip_wire(const struct jem_trip *trip)
{
    uint64_t up = 0, down = 0;
    if (trip->link != NULL)
        jem_link_bytes(trip->link, &up, &down);
    return up + down;
}

static void trip_book(struct jem_trip *trip)
{
    uint64_t up = 0, down = 0;
    if (trip->link != NULL)
        jem_link_bytes(trip->link, &up, &down);
    trip->report->bytes_up = trip->up_before + up;
    trip->report->bytes_down = trip->down_before + down;
}

void jem_trip_leave(struct jem_trip *trip)
{
    if (trip->link == NULL)
        return;
    trip_book(trip);
    trip_slice_save(trip);
    trip->up_before = trip->report->bytes_up;
    trip->down_before = trip->report->bytes_down;
    jem_link_free(trip->link);
    trip->link = NULL;
}

bool jem_trip_silent(const struct jem_trip *trip)
{
    return jem_link_silences(trip->link) >= trip->silences + TRIP_SILENCES;
}

void jem_trip_tell(struct jem_trip *trip)
{
    if (trip->options->progress != NULL)
        trip->options->progress(trip->options->ctx, &trip->progress);
}

void jem_trip_step(struct jem_trip *trip, enum jem_step step)
{
    trip->progress = (struct jem_progress){ .step = step, .seconds_left = -1 };
    jem_trip_tell(trip);
}

uint64_t jem_trip_most(const struct jem_trip *trip, uint64_t bytes)
{
    uint64_t breath = trip->pace.speed * JEM_TRIP_BREATH_S;
    uint64_t spent = jem_trip_wire(trip) + trip->up_before + trip->down_before, budget = trip->options->budget_bytes;
    if (breath < JEM_TRIP_BREATH_MIN)
        breath = JEM_TRIP_BREATH_MIN;
    if (breath < bytes)
        bytes = breath;
    if (budget != 0 && (spent >= budget || budget - spent < bytes))
        bytes = spent < budget ? budget - spent : 0;
    return bytes;
}

static void trip_stop_for(struct jem_trip *trip, enum jem_stopped why)
{
    trip->stopped = true;
    if (trip->report->stopped == JEM_STOPPED_NO || why == JEM_STOPPED_ASKED)
        trip->report->stopped = why;
}

static bool trip_late(const struct jem_trip *trip)
{
    return trip->deadline_ms != 0 && jem_mono_ms() >= trip->deadline_ms;
}

bool jem_trip_stop(struct jem_trip *trip)
{
    bool asked = trip->options->stop != NULL && *trip->options->stop != 0;
    if (asked)
        trip_stop_for(trip, JEM_STOPPED_ASKED);
    return asked;
}

bool jem_trip_may(struct jem_trip *trip, uint64_t bytes)
{
    trip_book(trip);
    if (trip_late(trip))
        trip_stop_for(trip, JEM_STOPPED_DEADLINE);
    if (trip->options->budget_bytes != 0 &&
        trip->report->bytes_up + trip->report->bytes_down + bytes > trip->options->budget_bytes)
        trip_stop_for(trip, JEM_STOPPED_BUDGET);
    return !jem_trip_stop(trip) && !trip->stopped;
}

bool jem_trip_again(struct jem_trip *trip)
{
    return !jem_trip_silent(trip) && jem_trip_may(trip, 0);
}

enum jem_code jem_trip_asked(struct jem_trip *trip, enum jem_code code, struct jem_error *err)
{
    bool asked = trip->options->stop != NULL && *trip->options->stop != 0;
    if (asked && trip->stopped)
        return jem_fail(err, JEM_ELINK, JEM_D_SYNC, 0, JEM_T_ROUND_STOPPED);
    /* a hub that never answered is no hub, whatever time there was */
    if (code != JEM_ELINK || err == NULL || err->native != JEM_LINK_LATE || trip->report->bytes_down == 0)
        return code;
    trip_stop_for(trip, JEM_STOPPED_DEADLINE);
    return JEM_OK;
}

enum jem_code jem_trip_follow(struct jem_trip *trip, bool *followed, struct jem_error *err)
{
    struct jem_keys *keys = NULL;
    enum jem_code code = jem_keys_follow(trip->store, followed, err);
    if (code == JEM_OK && *followed)
        code = jem_keys_load(trip->store, &keys, err);
    if (code == JEM_OK && *followed) {
        jem_keys_free(trip->keys);
        trip->keys = keys;
    }
    return code;
}

uint64_t jem_lane_commit_events(struct jem_ledger *ledger, const git_oid *oid)
{
    struct jem_lane_commit commit;
    struct jem_segment_header header;
    uint64_t events = 0;
    if (jem_lane_commit_read(ledger, oid, "segment", &commit, NULL) == JEM_OK &&
        jem_segment_header_read(commit.p, commit.n, &header, NULL) == JEM_OK)
        events = header.count;
    jem_lane_commit_release(&commit);
    return events;
}

enum jem_code jem_trip_accepted(struct jem_trip *trip, const char *key, git_oid *out, bool *there,
    struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(64);
    enum jem_code code = jem_store_meta_get(trip->store, key, &text, err);
    *there = code == JEM_OK && git_oid_fromstr(out, jem_buf_text(&text)) == 0;
    jem_buf_release(&text);
    return code == JEM_ENOTFOUND ? JEM_OK : code;
}

bool jem_trip_by_bundle(struct jem_trip *trip, const struct jem_lane_ref *lane, const git_oid *accepted)
{
    char ref[JEM_LANE_TEXT];
    git_oid brought;
    bool there = false;
    jem_lane_name("refs/brought/", lane, ref);
    return accepted != NULL && jem_ledger_ref(trip->ledger, ref, &brought, &there, NULL) == JEM_OK && there &&
           git_oid_equal(&brought, accepted);
}
