/* push.c - one lane to the hub, slice by slice.
 *
 *   begin (read the hub's ref) -> slice -> slice ... -> prove (read it again)
 *                       ^            | lost
 *                       +-- prove <- pause
 *
 * Several slices go on one connection. Nothing counts as arrived before the hub's own ref says so: after the last slice, and
 * after a loss before anything is sent again, so that a slice whose answer alone was lost is not sent twice. A hub that was seen to
 * do what it reports (jem_link_reports) is believed slice by slice.
 *
 * Where the hub's refs are recalled from the round before, nothing is tried twice: what fails ends the push, and the round reads
 * the refs before it goes on. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "chain.h"
#include "jemput/clock.h"
#include "jemput/codec.h"
#include "trip.h"
#include "wire.h"

#define PUSH_TRIES 8 /* of one slice */
#define PUSH_LIES 2  /* success told, nothing stored */
#define PUSH_PAUSE_MAX_MS 8000
#define PUSH_HTTP_TOO_LARGE 413
#define PUSH_LOOK_BYTES 16384 /* a look at the hub takes no more, a new connection included */

struct push {
    struct jem_trip *trip;
    const char *ref;
    uint64_t *events;
    bool one_a_connection; /* libgit2 1.5 cannot push twice on one ssh connection */
    git_oid hub, proved;   /* where the hub's ref is believed to stand, and where it was seen */
    bool there, any;       /* that there is one */
    bool looked;           /* it was read at least once */
    unsigned tries;        /* lost in a row */
};

static uint64_t push_commit_bytes(struct jem_ledger *ledger, const git_oid *oid)
{
    return jem_lane_commit_bytes(ledger, oid) + JEM_SLICE_COMMIT;
}

void jem_trip_pause(unsigned tries)
{
    uint16_t noise;
    jem_random(&noise, sizeof noise);
    long ms = 100L << (tries < 7 ? tries : 7);
    if (ms > PUSH_PAUSE_MAX_MS)
        ms = PUSH_PAUSE_MAX_MS;
    ms += ms / 2 * noise / UINT16_MAX;
    nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

/* What the hub was last seen to hold, kept for a round that has no link. */
static enum jem_code push_note(struct push *push, struct jem_error *err)
{
    char seen[JEM_REF_MAX + 16];
    snprintf(seen, sizeof seen, "refs/hub/%s", push->ref + strlen("refs/heads/"));
    return jem_ledger_ref_set(push->trip->ledger, seen, &push->proved, err);
}

/* Counts what arrived between the head that was seen and the one that is seen now. */
static enum jem_code push_count(struct push *push, const git_oid *at, struct jem_error *err)
{
    struct jem_oids fresh = { 0 };
    enum jem_relation relation = JEM_RELATION_UNKNOWN;
    enum jem_code code =
        jem_chain_compare(push->trip->ledger, push->any ? &push->proved : NULL, at, &relation, &fresh, err);
    if (code == JEM_OK && relation != JEM_RELATION_SAME && relation != JEM_RELATION_AHEAD)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_HUB_OTHER_HISTORY, push->ref);
    for (size_t i = 0; code == JEM_OK && push->events != NULL && i < fresh.count; i++)
        *push->events += jem_lane_commit_events(push->trip->ledger, &fresh.items[i]);
    jem_oids_release(&fresh);
    return code;
}

/* Reads where the hub's ref stands. What it gained since it was read last was sent by us. */
static enum jem_code push_read(struct push *push, struct jem_error *err)
{
    enum jem_code code = jem_link_refresh(push->trip->link, true, err);
    if (code != JEM_OK)
        return code;
    const git_oid *at = jem_link_find(push->trip->link, push->ref);
    if (at != NULL && push->looked)
        code = push_count(push, at, err);
    push->there = push->any = at != NULL;
    if (at != NULL)
        push->hub = push->proved = *at;
    if (code == JEM_OK && at != NULL && push->looked)
        code = push_note(push, err);
    push->looked = true;
    return code;
}

static enum jem_code push_look(struct push *push, struct jem_error *err)
{
    uint64_t before = jem_trip_wire(push->trip);
    enum jem_code code = push_read(push, err);
    jem_slice_carried(&push->trip->slice, jem_trip_wire(push->trip) - before);
    return code;
}

/* After a loss: waits and looks, again when the look is lost too. `code` and *err are the loss. */
static enum jem_code push_recover(struct push *push, enum jem_code code, struct jem_error *err)
{
    struct jem_trip *trip = push->trip;
    while (code != JEM_OK) {
        if (jem_link_recalled(trip->link) || jem_retry_of(code) == JEM_RETRY_NEVER || push->tries + 1 >= PUSH_TRIES ||
            !jem_trip_may(trip, 0))
            return code;
        trip->report->retries++;
        jem_trip_pause(push->tries++);
        if (!jem_trip_may(trip, 0))
            return code;
        jem_trip_sweep(trip);
        code = push_look(push, err);
        if (code != JEM_OK)
            jem_slice_dropped(&trip->slice, 0, PUSH_LOOK_BYTES);
    }
    return JEM_OK;
}

/* A ref that was refused because the slice before, answered too late, had moved it, is looked at once more. */
static enum jem_code push_refused(struct push *push, enum jem_code code, struct jem_error *err)
{
    struct jem_error why;
    git_oid before = push->hub;
    bool was = push->there;
    if (push->tries == 0 || push_look(push, &why) != JEM_OK)
        return code;
    bool moved = push->there != was || (was && !git_oid_equal(&before, &push->hub));
    return moved ? jem_fail(err, JEM_ELINK, JEM_D_SYNC, 0, JEM_T_HUB_NOT_STORED, push->ref) : code;
}

static void push_clock(uint64_t *average, uint64_t bytes, int64_t took_ms)
{
    uint64_t rate = bytes * 1000 / (uint64_t)(took_ms > 0 ? took_ms : 1);
    *average = *average == 0 ? rate : (3 * *average + rate) / 4;
}

/* A slice that arrived. libgit2 needs a new connection for the next one: what that costs belongs to the slice. Where reports
 * count, reading the ref sends nothing. */
static enum jem_code push_passed(struct push *push, uint64_t bytes, uint64_t wire, int64_t begun_ms,
    struct jem_error *err)
{
    struct jem_trip *trip = push->trip;
    enum jem_code code = JEM_OK;
    uint64_t before = jem_trip_wire(trip), again = 0;
    push->there = true;
    push->tries = 0;
    trip->report->slices++;
    jem_pace_seen(&trip->pace, bytes, jem_mono_ms() - begun_ms);
    if (push->one_a_connection || jem_link_reports(trip->link)) {
        code = push_read(push, err);
        again = jem_trip_wire(trip) - before;
    }
    push_clock(&trip->rate, bytes, jem_mono_ms() - begun_ms);
    jem_slice_passed(&trip->slice, wire, again, bytes > JEM_SLICE_COMMIT ? bytes - JEM_SLICE_COMMIT : 0);
    if (code != JEM_OK && jem_retry_of(code) != JEM_RETRY_NEVER)
        jem_slice_dropped(&trip->slice, 0, PUSH_LOOK_BYTES);
    return code;
}

/* A slice that did not arrive: the link dropped, the server takes no body of that size, or its ref stood elsewhere. */
static void push_lost(struct push *push, uint64_t bytes, uint64_t wire, int64_t begun_ms, const struct jem_error *why)
{
    struct jem_slice *slice = &push->trip->slice;
    if (why->native == JEM_LINK_ELSEWHERE) {
        jem_slice_carried(slice, wire);
        return;
    }
    if (why->native == PUSH_HTTP_TOO_LARGE)
        jem_slice_refused(slice, bytes);
    else
        jem_slice_dropped(slice, wire, bytes + JEM_SLICE_ASK);
    if (jem_mono_ms() - begun_ms >= JEM_WIRE_SILENT_MS) /* waiting so long eight times is hanging */
        push->tries += PUSH_TRIES / 2;
}

static enum jem_code push_slice(struct push *push, const git_oid *oid, size_t commits, uint64_t bytes,
    struct jem_error *err)
{
    struct jem_trip *trip = push->trip;
    uint64_t before = jem_trip_wire(trip);
    int64_t begun_ms = jem_mono_ms();
    struct jem_error why = { .code = JEM_OK };
    enum jem_code code = jem_link_push(trip->link, oid, push->ref, bytes, &why);
    uint64_t wire = jem_trip_wire(trip) - before;
    if (code != JEM_OK && err != NULL)
        *err = why;
    if (code == JEM_EDENIED)
        return push_recover(push, push_refused(push, code, err), err);
    if (code == JEM_OK) {
        push->hub = *oid;
        code = push_passed(push, bytes, wire, begun_ms, err);
    } else if (jem_retry_of(code) != JEM_RETRY_NEVER) {
        push_lost(push, bytes, wire, begun_ms, &why);
        if (why.native == PUSH_HTTP_TOO_LARGE &&
            commits == 1) /* a commit cannot be cut: the server's administrator has to help */
            return code;
    }
    return push_recover(push, code, err);
}

/* The commits that go next: at least one, and no more than a slice, nor than the connection still holds. */
static size_t push_cut(const struct push *push, const struct jem_oids *fresh, uint64_t *bytes)
{
    uint64_t room = jem_slice_room(&push->trip->slice), size = push->trip->slice.size;
    if (room != JEM_SLICE_NO_LIMIT)
        size = room > JEM_SLICE_ASK ? room - JEM_SLICE_ASK : 0;
    const uint64_t most = jem_trip_most(push->trip, size < push->trip->slice.cap ? size : push->trip->slice.cap);
    size_t n = 0;
    *bytes = 0;
    while (n < fresh->count) {
        uint64_t more = push_commit_bytes(push->trip->ledger, &fresh->items[n]);
        if (n > 0 && *bytes + more > most)
            break;
        *bytes += more;
        n++;
    }
    return n;
}

/* A connection that is about to drop, and has carried something, gives way to a fresh one. */
static enum jem_code push_make_room(const struct push *push, uint64_t bytes, struct jem_error *err)
{
    struct jem_trip *trip = push->trip;
    uint64_t room = jem_slice_room(&trip->slice);
    if (push->one_a_connection || room >= bytes + JEM_SLICE_ASK || trip->slice.held == 0)
        return JEM_OK;
    jem_slice_left(&trip->slice);
    return jem_link_leave(trip->link, err);
}

static void push_tell(struct jem_trip *trip, uint64_t events, uint64_t bytes)
{
    struct jem_progress *p = &trip->progress;
    p->records_done += events;
    p->bytes_done += bytes;
    uint64_t left = p->bytes_total > p->bytes_done ? p->bytes_total - p->bytes_done : 0;
    p->seconds_left = trip->rate == 0 ? -1 : (int64_t)(left / trip->rate);
    jem_trip_tell(trip);
}

/* What is to be sent of this lane, unless whoever sends it knows of more. */
static void push_expect(struct push *push, const struct jem_oids *fresh)
{
    struct jem_progress *p = &push->trip->progress;
    uint64_t events = p->records_done, bytes = p->bytes_done;
    for (size_t i = 0; i < fresh->count; i++) {
        events += jem_lane_commit_events(push->trip->ledger, &fresh->items[i]);
        bytes += push_commit_bytes(push->trip->ledger, &fresh->items[i]);
    }
    p->records_total = events > p->records_total ? events : p->records_total;
    p->bytes_total = bytes > p->bytes_total ? bytes : p->bytes_total;
}

/* Commits one after the other, until all are there, a loss moved the place to go on from, or no more may go. */
static enum jem_code push_each(struct push *push, const struct jem_oids *fresh, struct jem_error *err)
{
    struct jem_trip *trip = push->trip;
    for (size_t i = 0, n; i < fresh->count; i += n) {
        uint64_t bytes, events = 0;
        struct jem_oids rest = { fresh->items + i, fresh->count - i, 0 };
        enum jem_code code = push_make_room(push, push_commit_bytes(trip->ledger, &rest.items[0]), err);
        if (code != JEM_OK)
            return code;
        n = push_cut(push, &rest, &bytes);
        const git_oid *last = &rest.items[n - 1];
        if (!jem_trip_may(trip, bytes))
            return JEM_OK;
        code = push_slice(push, last, n, bytes, err);
        if (code != JEM_OK || !push->there || !git_oid_equal(&push->hub, last))
            return code;
        for (size_t k = 0; k < n; k++)
            events += jem_lane_commit_events(trip->ledger, &rest.items[k]);
        push_tell(trip, events, bytes);
    }
    return JEM_OK;
}

/* Sends what lies between the hub's head and ours. */
static enum jem_code push_run(struct push *push, const git_oid *head, struct jem_error *err)
{
    enum jem_code code = JEM_OK;
    while (code == JEM_OK && !push->trip->stopped && !(push->there && git_oid_equal(&push->hub, head))) {
        struct jem_oids fresh = { 0 };
        enum jem_relation relation = JEM_RELATION_UNKNOWN;
        code = jem_chain_compare(push->trip->ledger, push->there ? &push->hub : NULL, head, &relation, &fresh, err);
        if (code == JEM_OK && relation != JEM_RELATION_AHEAD)
            code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_HUB_OTHER_HISTORY, push->ref);
        if (code == JEM_OK) {
            push_expect(push, &fresh);
            code = push_each(push, &fresh, err);
        }
        jem_oids_release(&fresh);
    }
    return code;
}

/* The hub's ref must stand where the answers said. */
static enum jem_code push_prove(struct push *push, struct jem_error *err)
{
    git_oid believed = push->hub;
    if (!push->there || (push->any && git_oid_equal(&push->proved, &push->hub)))
        return JEM_OK;
    enum jem_code code = push_look(push, err);
    if (code != JEM_OK && !push->trip->stopped) {
        jem_slice_dropped(&push->trip->slice, 0, PUSH_LOOK_BYTES);
        code = push_recover(push, code, err);
    }
    if (code == JEM_ELINK && push->trip->stopped) /* no time is left: it counts in the next round */
        return JEM_OK;
    if (code == JEM_OK && !(push->there && git_oid_equal(&push->hub, &believed)))
        code = jem_fail(err, JEM_ELINK, JEM_D_SYNC, 0, JEM_T_HUB_NOT_STORED, push->ref);
    return code;
}

enum jem_code jem_trip_push(struct jem_trip *trip, const char *ref, uint64_t *events, struct jem_error *err)
{
    git_oid head;
    bool there;
    struct jem_error why;
    struct push push = { .trip = trip,
        .ref = ref,
        .events = events,
        .one_a_connection = jem_hub_url_kind(jem_link_url(trip->link)) == JEM_HUB_SSH };
    enum jem_code code = jem_ledger_ref(trip->ledger, ref, &head, &there, err);
    if (code != JEM_OK || !there)
        return code;
    const git_oid *at = jem_link_find(trip->link, ref);
    if (at != NULL && git_oid_equal(at, &head)) {
        push.proved = head;
        return push_note(&push, err);
    }
    code = push_look(&push, err);
    if (code == JEM_ELINK)
        code = push_recover(&push, code, err);
    for (unsigned lies = 0; code == JEM_OK; lies++) {
        code = push_run(&push, &head, err);
        if (code != JEM_OK && jem_link_recalled(trip->link))
            break;
        enum jem_code proved = push_prove(&push, code == JEM_OK ? err : &why);
        if (code == JEM_OK)
            code = proved;
        if (code != JEM_ELINK || lies >= PUSH_LIES || push.tries > 0 || !jem_trip_may(trip, 0))
            break;
        trip->report->retries++;
        jem_trip_pause(lies);
        code = JEM_OK;
    }
    (void)jem_trip_may(trip, 0);
    return code;
}
