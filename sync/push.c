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
 * Such a hub over lean http gets the next slice before it answered the one before, as long as nothing drops: the line is not idle
 * while the hub works and its answer travels. It begins when the one before is over - its last byte has left this machine, and the
 * time that it takes at the link's speed is up, for relays on the way may hold any amount of it - and only when it takes much
 * longer than an answer, so that by its end the hub has moved the ref from where it goes on. After a loss each waits for the answer.
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

#define PUSH_TRIES 8 /* of one slice */
#define PUSH_LIES 2  /* success told, nothing stored */
#define PUSH_PAUSE_MAX_MS 8000
#define PUSH_HTTP_TOO_LARGE 413
#define PUSH_LOOK_BYTES 16384 /* a look at the hub takes no more, a new connection included */

struct push {
    struct jem_trip *trip;
    const char *ref;
    uint64_t *events;
    const struct jem_trip_source *source;
    bool one_a_connection; /* libgit2 1.5 cannot push twice on one ssh connection */
    git_oid head;          /* where our ref stands */
    git_oid hub, proved;   /* where the hub's ref is believed to stand, and where it was seen */
    bool there, any;       /* that there is one */
    bool looked;           /* it was read at least once */
    unsigned tries;        /* lost in a row */
    uint64_t wire;         /* jem_trip_wire when the last slice was answered, or begun alone */
    int64_t answered_ms;
};

/* Commits that go, oldest first. */
struct push_queue {
    struct jem_oids fresh;
    size_t at;
};

struct push_slice {
    git_oid head;
    size_t commits; /* 0: none */
    uint64_t bytes, events;
    int64_t begun_ms;
    bool beside;           /* another was on its way at the same time */
    struct jem_error fail; /* of its beginning */
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
            !jem_trip_again(trip))
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
static enum jem_code push_passed(struct push *push, const struct push_slice *slice, uint64_t wire,
    struct jem_error *err)
{
    struct jem_trip *trip = push->trip;
    enum jem_code code = JEM_OK;
    uint64_t before = jem_trip_wire(trip), again = 0;
    push->there = true;
    push->tries = 0;
    trip->silences = jem_link_silences(trip->link);
    trip->report->slices++;
    jem_pace_seen(&trip->pace, slice->bytes, jem_mono_ms() - slice->begun_ms);
    if (push->one_a_connection || jem_link_reports(trip->link)) {
        code = push_read(push, err);
        again = jem_trip_wire(trip) - before;
    }
    push_clock(&trip->rate, slice->bytes,
        jem_mono_ms() - (slice->begun_ms > push->answered_ms ? slice->begun_ms : push->answered_ms));
    push->answered_ms = jem_mono_ms();
    if (slice->beside)
        jem_slice_flown(&trip->slice, wire);
    else
        jem_slice_passed(&trip->slice, wire, again,
            slice->bytes > JEM_SLICE_COMMIT ? slice->bytes - JEM_SLICE_COMMIT : 0);
    if (code != JEM_OK && jem_retry_of(code) != JEM_RETRY_NEVER)
        jem_slice_dropped(&trip->slice, 0, PUSH_LOOK_BYTES);
    return code;
}

/* A slice that did not arrive: the link dropped, the server takes no body of that size, or its ref stood elsewhere. */
static void push_lost(struct push *push, const struct push_slice *lost, uint64_t wire, const struct jem_error *why)
{
    struct jem_slice *slice = &push->trip->slice;
    if (why->native == JEM_LINK_ELSEWHERE) {
        jem_slice_carried(slice, wire);
        return;
    }
    if (why->native == PUSH_HTTP_TOO_LARGE)
        jem_slice_refused(slice, lost->bytes);
    else
        jem_slice_dropped(slice, wire, lost->bytes + JEM_SLICE_ASK);
}

/* Waits for what becomes of a slice. */
static enum jem_code push_finish(struct push *push, const struct push_slice *slice, struct jem_error *err)
{
    struct jem_trip *trip = push->trip;
    struct jem_error why = slice->fail;
    enum jem_code code = why.code;
    if (code == JEM_OK)
        code = jem_link_push_end(trip->link, &why);
    uint64_t wire = jem_trip_wire(trip) - push->wire;
    push->wire += wire;
    trip->grounded = trip->grounded || code != JEM_OK;
    if (code != JEM_OK && err != NULL)
        *err = why;
    if (code == JEM_EDENIED)
        return push_recover(push, push_refused(push, code, err), err);
    if (code == JEM_OK) {
        push->hub = slice->head;
        code = push_passed(push, slice, wire, err);
    } else if (jem_retry_of(code) != JEM_RETRY_NEVER) {
        push_lost(push, slice, wire, &why);
        if (why.native == PUSH_HTTP_TOO_LARGE &&
            slice->commits == 1) /* a commit cannot be cut: the server's administrator has to help */
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

/* Fills the queue with what lies between `from` (NULL: nothing) and our head. */
static enum jem_code push_fill(struct push *push, const git_oid *from, struct push_queue *queue, struct jem_error *err)
{
    enum jem_relation relation = JEM_RELATION_UNKNOWN;
    jem_oids_release(&queue->fresh);
    *queue = (struct push_queue){ .at = 0 };
    enum jem_code code = jem_chain_compare(push->trip->ledger, from, &push->head, &relation, &queue->fresh, err);
    if (code == JEM_OK && relation != JEM_RELATION_AHEAD && relation != JEM_RELATION_SAME)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_HUB_OTHER_HISTORY, push->ref);
    if (code == JEM_OK)
        push_expect(push, &queue->fresh);
    return code;
}

/* Begins the next slice of the queue; none when it is empty, no more may go, or it would not outlast the answer to the one
 * beside which it goes. */
static enum jem_code push_next(struct push *push, struct push_queue *queue, bool beside, struct push_slice *slice,
    struct jem_error *err)
{
    struct jem_trip *trip = push->trip;
    const struct jem_oids rest = { queue->fresh.items + queue->at, queue->fresh.count - queue->at, 0 };
    enum jem_code code = JEM_OK;
    *slice = (struct push_slice){ .beside = beside };
    if (rest.count == 0)
        return JEM_OK;
    if (!beside)
        code = push_make_room(push, push_commit_bytes(trip->ledger, &rest.items[0]), err);
    size_t n = push_cut(push, &rest, &slice->bytes);
    if (code != JEM_OK || !jem_trip_may(trip, slice->bytes) ||
        (beside && !jem_pace_outlasts(&trip->pace, slice->bytes)))
        return code;
    slice->head = rest.items[n - 1];
    slice->commits = n;
    for (size_t i = 0; i < n; i++)
        slice->events += jem_lane_commit_events(trip->ledger, &rest.items[i]);
    slice->begun_ms = jem_mono_ms();
    if (!beside)
        push->wire = jem_trip_wire(trip);
    queue->at += n;
    if (jem_link_push_begin(trip->link, &slice->head, push->ref, slice->bytes, &slice->fail) != JEM_OK)
        trip->grounded = true; /* told when the slice is finished */
    return JEM_OK;
}

static bool push_flies(const struct push *push)
{
    const struct jem_trip *trip = push->trip;
    return !trip->grounded && jem_link_flies(trip->link) && jem_slice_calm(&trip->slice) &&
           trip->options->budget_bytes == 0 && jem_pace_outlasts(&trip->pace, jem_trip_most(trip, trip->slice.size));
}

/* Begins what goes beside `slice` once that has left: of the queue, or of what its source has meanwhile. */
static enum jem_code push_beside(struct push *push, struct push_queue *queue, struct push_slice *slice,
    struct push_slice *next, struct jem_error *err)
{
    enum jem_code code = JEM_OK;
    *next = (struct push_slice){ .commits = 0 };
    if (slice->fail.code != JEM_OK || !push_flies(push) || !jem_trip_may(push->trip, 0))
        return JEM_OK;
    if (queue->at == queue->fresh.count && push->source != NULL) {
        bool there;
        code = push->source->more(push->source->ctx, err);
        if (code == JEM_OK)
            code = jem_ledger_ref(push->trip->ledger, push->ref, &push->head, &there, err);
        if (code == JEM_OK)
            code = push_fill(push, &slice->head, queue, err);
    }
    if (code != JEM_OK || queue->at == queue->fresh.count)
        return code;
    jem_link_push_sent(push->trip->link, slice->begun_ms + jem_pace_ms(&push->trip->pace, slice->bytes));
    code = push_next(push, queue, true, next, err);
    slice->beside = slice->beside || next->commits > 0;
    return code;
}

/* Slice after slice, until all are there, a loss moved the place to go on from, or no more may go. */
static enum jem_code push_each(struct push *push, struct push_queue *queue, struct jem_error *err)
{
    struct push_slice slice, next;
    struct jem_error why = { .code = JEM_OK };
    enum jem_code code = push_next(push, queue, false, &slice, err);
    while (code == JEM_OK && slice.commits > 0) {
        enum jem_code beside = push_beside(push, queue, &slice, &next, &why);
        code = push_finish(push, &slice, err);
        if (code != JEM_OK || !push->there || !git_oid_equal(&push->hub, &slice.head))
            break;
        push_tell(push->trip, slice.events, slice.bytes);
        if (beside != JEM_OK) {
            code = beside;
            if (err != NULL)
                *err = why;
        } else if (next.commits == 0) {
            code = push_next(push, queue, false, &next, err);
        }
        slice = next;
    }
    jem_link_push_settle(push->trip->link);
    return code;
}

/* Sends what lies between the hub's head and ours. */
static enum jem_code push_run(struct push *push, struct jem_error *err)
{
    enum jem_code code = JEM_OK;
    struct push_queue queue = { .at = 0 };
    while (code == JEM_OK && !push->trip->stopped && !(push->there && git_oid_equal(&push->hub, &push->head))) {
        code = push_fill(push, push->there ? &push->hub : NULL, &queue, err);
        if (code == JEM_OK)
            code = push_each(push, &queue, err);
    }
    jem_oids_release(&queue.fresh);
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

enum jem_code jem_trip_push(struct jem_trip *trip, const char *ref, uint64_t *events,
    const struct jem_trip_source *source, struct jem_error *err)
{
    bool there;
    struct jem_error why;
    struct push push = { .trip = trip,
        .ref = ref,
        .events = events,
        .source = source,
        .one_a_connection = jem_hub_url_kind(jem_link_url(trip->link)) == JEM_HUB_SSH };
    enum jem_code code = jem_ledger_ref(trip->ledger, ref, &push.head, &there, err);
    if (code != JEM_OK || !there)
        return code;
    const git_oid *at = jem_link_find(trip->link, ref);
    if (at != NULL && git_oid_equal(at, &push.head)) {
        push.proved = push.head;
        return push_note(&push, err);
    }
    code = push_look(&push, err);
    if (code == JEM_ELINK)
        code = push_recover(&push, code, err);
    for (unsigned lies = 0; code == JEM_OK; lies++) {
        code = push_run(&push, err);
        if (code != JEM_OK && (jem_link_recalled(trip->link) || jem_trip_silent(trip)))
            break;
        enum jem_code proved = push_prove(&push, code == JEM_OK ? err : &why);
        if (code == JEM_OK)
            code = proved;
        if (code != JEM_ELINK || lies >= PUSH_LIES || push.tries > 0 || !jem_trip_again(trip))
            break;
        trip->report->retries++;
        jem_trip_pause(lies);
        code = JEM_OK;
    }
    (void)jem_trip_may(trip, 0);
    return code;
}
