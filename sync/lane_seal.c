/* lane_seal.c - which part takes the next events.
 *
 * What is sealed is read from the parts' heads; where a key begins, from the log. Both survive every crash, so nothing else
 * is noted. */
#include "lane_seal.h"

#include "seal.h"
#include "verify.h"

#define SEAL_INCS_MAX 64 /* incarnations with events; a writer is not restored that often */

/* Where one incarnation of our stream stands. */
struct lane_stand {
    const struct jem_lane_plan *plan;
    struct jem_event_id next; /* first event that no part holds, or that the reader lacks */
    uint64_t last;            /* of the stream, or the last that its reader is sent */
    const struct jem_part *part;
    bool anew; /* a new part, whatever `part` could take */
};

static struct jem_event_id lane_stream(const struct jem_trip *trip, enum jem_lane_kind kind, unsigned van, uint16_t inc)
{
    if (kind == JEM_LANE_FEED)
        return (struct jem_event_id){ 0, (uint16_t)van, inc, 0 };
    return (struct jem_event_id){ (uint16_t)trip->self, 0, inc, 0 };
}

/* How far the reader of our stream has it, by its own word. */
static enum jem_code lane_acked(struct jem_trip *trip, enum jem_lane_kind kind, unsigned van, uint16_t inc,
    uint64_t *seq, struct jem_error *err)
{
    uint64_t scan;
    *seq = 0;
    if (kind == JEM_LANE_FEED)
        return jem_store_ack(trip->store, 0, (uint16_t)van, inc, "received", seq, &scan, err);
    return jem_store_ack(trip->store, (uint16_t)trip->self, 0, inc, "received", seq, &scan, err);
}

enum jem_code jem_part_done(struct jem_trip *trip, const struct jem_part *part, bool *done, struct jem_error *err)
{
    uint64_t first, last, acked;
    *done = false;
    enum jem_code code = lane_acked(trip, part->lane.kind, part->lane.van, part->lane.inc, &acked, err);
    if (code == JEM_OK)
        *done = jem_part_events(trip->ledger, &part->head, &first, &last) && last <= acked;
    return code;
}

/* True when the reader has the keys of the part. One that was restored may have lost those of an epoch that it had named, and
 * named others since. */
static enum jem_code lane_readable(struct jem_trip *trip, const struct jem_part *part, bool *readable,
    struct jem_error *err)
{
    bool feed = part->lane.kind == JEM_LANE_FEED;
    unsigned reader = feed ? part->lane.van : 0;
    struct jem_lane_state state = { .store = trip->store,
        .keys = trip->keys,
        .peer = reader,
        .peer_inc = UINT16_MAX,
        .writer = (uint16_t)trip->self };
    struct jem_error why = { .code = JEM_OK };
    uint16_t inc = 1;
    *readable = true;
    enum jem_code code = jem_store_van_inc(trip->store, (uint16_t)reader, &inc, err);
    if (code != JEM_OK || inc == 1)
        return code;
    code = jem_lane_resume(&state, trip->ledger, &part->head, &why);
    *readable = code == JEM_OK;
    if (code != JEM_OK && code != JEM_ECORRUPT && err != NULL)
        *err = why;
    return code == JEM_ECORRUPT ? JEM_OK : code;
}

/* How far a reader that has events up to `acked` comes with the parts that are here, one after the other. *end: the part in
 * which that is, NULL: in none. */
static enum jem_code lane_covered(struct jem_trip *trip, const struct jem_parts *parts, uint16_t inc, uint64_t acked,
    uint64_t *upto, const struct jem_part **end, struct jem_error *err)
{
    enum jem_code code = JEM_OK;
    *upto = acked;
    *end = NULL;
    for (size_t i = 0; code == JEM_OK && i < parts->count; i++) {
        const struct jem_part *part = &parts->items[i];
        git_oid root;
        uint64_t first, last, ignored;
        bool readable = false;
        if (part->lane.inc != inc)
            continue;
        if (!jem_part_events(trip->ledger, &part->head, &ignored, &last))
            return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_HOLE);
        if (last < *upto)
            continue;
        code = jem_part_root(trip->ledger, part, &root, err);
        if (code != JEM_OK || !jem_part_events(trip->ledger, &root, &first, &ignored) || first > *upto + 1)
            continue;
        code = lane_readable(trip, part, &readable, err);
        if (code == JEM_OK && readable) {
            *upto = last;
            *end = part;
        }
    }
    return code;
}

/* True when the hub that is visited has nothing of the part and the reader all of it: it need not go there again. */
static bool lane_is_over(const struct jem_trip *trip, const struct jem_part *part, bool acked)
{
    char ref[JEM_LANE_TEXT];
    jem_lane_name(JEM_LANE_HEADS, &part->lane, ref);
    return acked && trip->link != NULL && jem_link_find(trip->link, ref) == NULL &&
           jem_parts_any(trip->link, part->lane.kind, part->lane.van);
}

static enum jem_code lane_stand(struct jem_trip *trip, const struct jem_lane_plan *plan, const struct jem_parts *parts,
    uint16_t inc, struct lane_stand *out, struct jem_error *err)
{
    struct jem_stream_head head;
    uint64_t upto = 0, acked = 0, goes = UINT64_MAX;
    const struct jem_part *end = NULL;
    *out = (struct lane_stand){ .plan = plan, .next = lane_stream(trip, plan->kind, plan->van, inc) };
    out->part = jem_parts_last(parts, inc);
    enum jem_code code = jem_store_head(trip->store, out->next.writer, out->next.lane, inc, &head, err);
    if (code == JEM_OK)
        code = lane_acked(trip, plan->kind, plan->van, inc, &acked, err);
    if (code == JEM_OK)
        code = lane_covered(trip, parts, inc, acked, &upto, &end, err);
    if (code == JEM_OK && plan->kind == JEM_LANE_FEED)
        code = jem_store_feed_end(trip->store, (uint16_t)plan->van, inc, &goes, err);
    out->anew = out->part != NULL && (end != out->part || lane_is_over(trip, out->part, upto <= acked));
    out->next.seq = upto + 1;
    out->last = head.last.seq < goes ? head.last.seq : goes;
    return code;
}

/* The epoch that seals the next event, and the last event that it may seal. */
static enum jem_code lane_epoch(struct jem_trip *trip, const struct lane_stand *stand, uint16_t *epoch, uint64_t *until,
    struct jem_error *err)
{
    const uint16_t reader = (uint16_t)(stand->plan->kind == JEM_LANE_FEED ? stand->plan->van : 0);
    unsigned char key[32];
    uint16_t theirs = 0, inc = 1;
    enum jem_code code = jem_keys_epoch_at(trip->store, trip->keys, stand->next.lane, stand->next.inc, stand->next.seq,
        epoch, until, err);
    /* both sides have a key of it: HQ may be ahead of a van that was away, and behind after it was restored; a laptop that
     * replaced another has none of the epochs before it came */
    if (code == JEM_OK)
        code = jem_store_epoch(trip->store, reader, &theirs, err);
    if (code == JEM_OK)
        code = jem_store_van_inc(trip->store, reader, &inc, err);
    enum jem_code has = code == JEM_OK ? jem_store_box_key(trip->store, reader, inc, *epoch, key, NULL) : code;
    if (code == JEM_OK && (theirs < *epoch || has == JEM_ENOTFOUND))
        *epoch = theirs;
    return code;
}

/* The part that takes the next event: *seal is made for it. */
static enum jem_code lane_part(struct jem_trip *trip, const struct jem_parts *parts, const struct lane_stand *stand,
    char ref[JEM_LANE_TEXT], char after[JEM_AFTER_TEXT], struct jem_seal_plan *seal, struct jem_error *err)
{
    struct jem_lane_ref lane = { stand->plan->kind, stand->plan->van, stand->next.inc, 0 };
    struct jem_after what;
    uint16_t now = 0;
    uint64_t until, commits = 0;
    enum jem_code code = lane_epoch(trip, stand, &seal->epoch, &until, err);
    if (code == JEM_OK && stand->part != NULL) {
        code = jem_part_epoch(trip->ledger, stand->part, &now, err);
        commits = jem_commit_number(trip->ledger, &stand->part->head, "segment");
    }
    if (code != JEM_OK)
        return code;
    after[0] = '\0';
    if (stand->part != NULL && !stand->anew && now == seal->epoch && commits < JEM_PART_COMMITS) {
        lane = stand->part->lane;
    } else {
        commits = 0;
        code = jem_after_find(trip->store, &stand->next, &what, err);
        if (code == JEM_OK)
            code = jem_part_number(trip->store, parts, &lane, err);
        if (code == JEM_OK)
            jem_after_format(&what, lane.inc, lane.part, after);
    }
    jem_lane_name(JEM_LANE_HEADS, &lane, ref);
    seal->ref = ref;
    seal->after = after;
    seal->stream = stand->next;
    seal->from = stand->next.seq;
    seal->until = until < stand->last ? until : stand->last;
    seal->max_commits = (size_t)(JEM_PART_COMMITS - commits);
    return code;
}

static struct jem_seal_plan lane_seal_plan(const struct jem_lane_plan *plan)
{
    return (struct jem_seal_plan){ .peer = plan->kind == JEM_LANE_FEED ? plan->van : 0,
        .max_events = plan->max_events,
        .max_bytes = plan->max_bytes };
}

/* Seals into one part. *made 0: nothing is left of this incarnation. */
static enum jem_code lane_seal_part(struct jem_trip *trip, const struct jem_lane_plan *plan, uint16_t inc, size_t room,
    size_t *made, struct jem_error *err)
{
    struct jem_parts parts = { 0 };
    struct lane_stand stand;
    struct jem_seal_plan seal = lane_seal_plan(plan);
    char ref[JEM_LANE_TEXT], after[JEM_AFTER_TEXT];
    *made = 0;
    enum jem_code code = jem_parts_local(trip->ledger, JEM_LANE_HEADS, plan->kind, plan->van, &parts, err);
    if (code == JEM_OK)
        code = lane_stand(trip, plan, &parts, inc, &stand, err);
    if (code == JEM_OK && stand.next.seq <= stand.last) {
        code = lane_part(trip, &parts, &stand, ref, after, &seal, err);
        if (room != 0 && seal.max_commits > room)
            seal.max_commits = room;
        if (code == JEM_OK)
            code = jem_ledger_seal(trip->ledger, trip->store, trip->keys, &seal, made, err);
    }
    jem_parts_release(&parts);
    return code;
}

/* Our incarnations that have events in this stream, ascending. */
static enum jem_code lane_incs(struct jem_trip *trip, const struct jem_lane_plan *plan, uint16_t incs[SEAL_INCS_MAX],
    size_t *count, struct jem_error *err)
{
    struct jem_event_id stream = lane_stream(trip, plan->kind, plan->van, 0);
    uint16_t inc = UINT16_MAX;
    enum jem_code code = JEM_OK;
    for (*count = 0; code == JEM_OK && *count < SEAL_INCS_MAX; inc--) {
        code = jem_store_inc_upto(trip->store, stream.writer, stream.lane, inc, &inc, err);
        if (code != JEM_OK || inc == 0)
            break;
        incs[(*count)++] = inc;
    }
    for (size_t i = 0, j = *count; i + 1 < j; i++) {
        uint16_t swap = incs[i];
        incs[i] = incs[--j];
        incs[j] = swap;
    }
    return code;
}

enum jem_code jem_lane_seal(struct jem_trip *trip, const struct jem_lane_plan *plan, size_t *commits,
    struct jem_error *err)
{
    uint16_t incs[SEAL_INCS_MAX];
    size_t count = 0;
    *commits = 0;
    enum jem_code code = lane_incs(trip, plan, incs, &count, err);
    for (size_t i = 0; code == JEM_OK && i < count; i++) {
        size_t made = 1;
        while (code == JEM_OK && made > 0 && (plan->max_commits == 0 || *commits < plan->max_commits)) {
            size_t room = plan->max_commits == 0 ? 0 : plan->max_commits - *commits;
            code = lane_seal_part(trip, plan, incs[i], room, &made, err);
            *commits += made;
        }
    }
    return code;
}

/* What is done for one incarnation that is not wholly sealed, and what it adds up to. */
typedef enum jem_code lane_rest(struct jem_trip *trip, const struct lane_stand *stand, uint64_t *sum,
    struct jem_error *err);

static enum jem_code lane_each_inc(struct jem_trip *trip, const struct jem_lane_plan *plan, lane_rest *rest,
    uint64_t *sum, struct jem_error *err)
{
    uint16_t incs[SEAL_INCS_MAX];
    size_t count = 0;
    struct jem_parts parts = { 0 };
    enum jem_code code = lane_incs(trip, plan, incs, &count, err);
    if (code == JEM_OK)
        code = jem_parts_local(trip->ledger, JEM_LANE_HEADS, plan->kind, plan->van, &parts, err);
    for (size_t i = 0; code == JEM_OK && i < count; i++) {
        struct lane_stand stand;
        code = lane_stand(trip, plan, &parts, incs[i], &stand, err);
        if (code == JEM_OK)
            code = rest(trip, &stand, sum, err);
    }
    jem_parts_release(&parts);
    return code;
}

static enum jem_code lane_unsealed_inc(struct jem_trip *trip, const struct lane_stand *stand, uint64_t *events,
    struct jem_error *err)
{
    (void)trip;
    (void)err;
    if (stand->next.seq <= stand->last)
        *events += stand->last - stand->next.seq + 1;
    return JEM_OK;
}

enum jem_code jem_lane_unsealed(struct jem_trip *trip, const struct jem_lane_plan *plan, uint64_t *events,
    struct jem_error *err)
{
    *events = 0;
    return lane_each_inc(trip, plan, lane_unsealed_inc, events, err);
}

/* Seals one incarnation's rest into nothing. */
static enum jem_code lane_expect_inc(struct jem_trip *trip, const struct lane_stand *stand, uint64_t *bytes,
    struct jem_error *err)
{
    struct jem_seal_plan seal = lane_seal_plan(stand->plan);
    struct jem_event_id next = stand->next;
    struct jem_buf segment = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    uint64_t until;
    size_t count = 1;
    int64_t last_ms;
    enum jem_code code = lane_epoch(trip, stand, &seal.epoch, &until, err);
    seal.until = stand->last;
    while (code == JEM_OK && count > 0) {
        jem_buf_clear(&segment);
        code = jem_seal_segment(trip->ledger, trip->store, trip->keys, &seal, &next, &segment, &count, &last_ms, err);
        *bytes += segment.len;
    }
    jem_buf_release(&segment);
    return code;
}

enum jem_code jem_lane_expect(struct jem_trip *trip, const struct jem_lane_plan *plan, uint64_t *bytes,
    struct jem_error *err)
{
    return lane_each_inc(trip, plan, lane_expect_inc, bytes, err);
}
