/* hq_lane.c - HQ's own lane: what it has accepted, and its own events, in signed chains of one part after the other.
 *
 * tree `heads`: "hq inc 1 seq 57 epoch 2" (own events sealed so far, and with which key), then for every accepted part of a
 * van's records, by van, "van 3 1.2 OID seq 420"; and `segment` when the commit carries events of HQ's lane 0, sealed to HQ
 * itself. Subject "hq 12: events 50-57". Parents: the commit before, then each head that is new against its table. A root has no
 * parent, so that first parents are this lane's alone.
 *
 * Durable steps: (1) one pack, (2) the part's ref. What is new is read from the lane's own table. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <git2/tree.h>

#include "merge.h"
#include "pack.h"
#include "part.h"
#include "seal.h"

#define HQ_EVENTS 2000
#define HQ_BYTES ((size_t)1 << 20)
#define HQ_INCS_MAX 64

struct hq_lane {
    struct jem_trip *trip;
    struct jem_lane_ref part; /* that is written */
    git_oid head;
    bool there;
    uint64_t number, seq; /* commits in the part; last event of the incarnation that is sealed */
    uint16_t epoch;       /* of the part */
    struct jem_buf table; /* of the head */
    struct jem_buf vans;  /* the vans' lines as they are now */
    git_oid *parents;     /* [0] is the lane's own */
    size_t parent_count;
    bool merge; /* the vans' heads still have to go in */
};

enum jem_code jem_hq_file(struct jem_ledger *ledger, const git_oid *oid, const char *name, git_odb_object **out,
    struct jem_error *err)
{
    git_commit *commit = NULL;
    git_tree *tree = NULL;
    *out = NULL;
    int rc = git_commit_lookup(&commit, ledger->repo, oid);
    if (rc == 0)
        rc = git_commit_tree(&tree, commit);
    const git_tree_entry *entry = rc == 0 ? git_tree_entry_byname(tree, name) : NULL;
    if (entry != NULL)
        rc = git_odb_read(out, ledger->odb, git_tree_entry_id(entry));
    git_tree_free(tree);
    git_commit_free(commit);
    return rc == 0 ? JEM_OK : jem_gitlib_fail(err, rc, ledger->path);
}

/* Takes up where the last part of incarnation `inc` ends. */
static enum jem_code hq_read(struct hq_lane *lane, const struct jem_parts *parts, uint16_t inc, struct jem_error *err)
{
    git_odb_object *heads = NULL;
    unsigned told = 0, epoch = 0;
    const struct jem_part *last = jem_parts_last(parts, inc);
    jem_buf_clear(&lane->table);
    lane->part = (struct jem_lane_ref){ JEM_LANE_HQ, 0, inc, 0 };
    lane->there = last != NULL;
    lane->seq = lane->number = 0;
    lane->epoch = 0;
    if (last == NULL)
        return JEM_OK;
    lane->part = last->lane;
    lane->head = last->head;
    lane->number = jem_commit_number(lane->trip->ledger, &last->head, "hq");
    enum jem_code code = jem_hq_file(lane->trip->ledger, &last->head, "heads", &heads, err);
    if (heads != NULL)
        jem_buf_add(&lane->table, git_odb_object_data(heads), git_odb_object_size(heads));
    git_odb_object_free(heads);
    if (code == JEM_OK)
        code = jem_buf_ok(&lane->table, err);
    if (code == JEM_OK &&
        (sscanf(jem_buf_text(&lane->table), "hq inc %u seq %" SCNu64 " epoch %u", &told, &lane->seq, &epoch) != 3 ||
            told != inc || epoch > UINT16_MAX))
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_HOLE);
    lane->epoch = (uint16_t)epoch;
    return code;
}

/* The lines of the vans' parts; a head is a parent when the lane's table has another. */
static enum jem_code hq_vans(struct hq_lane *lane, struct jem_error *err)
{
    struct jem_parts parts = { 0 };
    enum jem_code code = jem_parts_local(lane->trip->ledger, "refs/accepted/", JEM_LANE_VAN, 0, &parts, err);
    lane->parents = code == JEM_OK ? calloc(parts.count + 1, sizeof *lane->parents) : NULL;
    lane->parent_count = 1;
    if (code == JEM_OK && lane->parents == NULL)
        code = jem_fail_nomem(err);
    for (size_t i = 0; code == JEM_OK && i < parts.count; i++) {
        const struct jem_part *part = &parts.items[i];
        char line[120], hex[JEM_OID_HEX];
        uint64_t first, last = 0;
        git_oid head = part->head;
        (void)jem_part_events(lane->trip->ledger, &head, &first, &last);
        snprintf(line, sizeof line, "van %u %u.%" PRIu32 " %s seq %" PRIu64 "\n", part->lane.van,
            (unsigned)part->lane.inc, part->lane.part, git_oid_tostr(hex, sizeof hex, &head), last);
        jem_buf_str(&lane->vans, line);
        if (strstr(jem_buf_text(&lane->table), line) == NULL)
            lane->parents[lane->parent_count++] = head;
    }
    jem_parts_release(&parts);
    lane->merge = lane->parent_count > 1;
    return code == JEM_OK ? jem_buf_ok(&lane->vans, err) : code;
}

/* One commit: the one before as parent, and the vans' heads when `merge`. */
static enum jem_code hq_commit(struct hq_lane *lane, struct jem_pack *pack, const struct jem_buf *segment, uint64_t seq,
    bool merge, int64_t at_ms, const char *subject, struct jem_error *err)
{
    struct jem_trip *trip = lane->trip;
    struct jem_pack_file files[2] = { { .name = "heads" }, { .name = "segment" } };
    struct jem_buf heads = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    git_oid made;
    jem_buf_fmt(&heads, "hq inc %u seq %" PRIu64 " epoch %u\n%s", (unsigned)lane->part.inc, seq, (unsigned)lane->epoch,
        lane->there ? jem_buf_text(&lane->vans) : "");
    enum jem_code code = jem_buf_ok(&heads, err);
    lane->parents[0] = lane->head;
    struct jem_pack_commit commit = { .parents = lane->parents,
        .parent_count = !lane->there ? 0
                        : merge      ? lane->parent_count
                                     : 1,
        .writer = 0,
        .at_unix_s = at_ms / 1000,
        .subject = subject,
        .sign_secret = trip->keys->sign_secret };
    if (code == JEM_OK)
        code = jem_pack_blob(pack, heads.data, heads.len, &files[0].blob, err);
    if (code == JEM_OK && segment->len > 0)
        code = jem_pack_blob(pack, segment->data, segment->len, &files[1].blob, err);
    if (code == JEM_OK)
        code = jem_pack_tree(pack, files, segment->len > 0 ? 2 : 1, &commit.tree, err);
    if (code == JEM_OK)
        code = jem_pack_commit(pack, &commit, &made, err);
    if (code == JEM_OK) {
        lane->head = made;
        lane->there = true;
        lane->number++;
        lane->seq = seq;
        lane->merge = lane->merge && !merge;
    }
    jem_buf_release(&heads);
    return code;
}

/* The part that takes the next event, and up to which one. */
static enum jem_code hq_part(struct hq_lane *lane, const struct jem_parts *parts, struct jem_seal_plan *plan,
    char after[JEM_AFTER_TEXT], struct jem_error *err)
{
    struct jem_trip *trip = lane->trip;
    const struct jem_event_id next = { 0, 0, lane->part.inc, lane->seq + 1 };
    struct jem_after what;
    enum jem_code code =
        jem_keys_epoch_at(trip->store, trip->keys, 0, next.inc, next.seq, &plan->epoch, &plan->until, err);
    after[0] = '\0';
    if (code != JEM_OK || (lane->there && lane->epoch == plan->epoch && lane->number < JEM_PART_COMMITS))
        return code;
    code = jem_after_find(trip->store, &next, &what, err);
    if (code == JEM_OK)
        code = jem_part_number(trip->store, parts, &lane->part, err);
    if (code == JEM_OK)
        jem_after_format(&what, lane->part.inc, lane->part.part, after);
    lane->there = false;
    lane->number = 0;
    lane->epoch = plan->epoch;
    jem_buf_clear(&lane->table);
    return code;
}

/* The events of one part, and the vans' heads. */
static enum jem_code hq_write(struct hq_lane *lane, struct jem_pack *pack, const struct jem_seal_plan *plan,
    const char *after, bool events, bool *wrote, struct jem_error *err)
{
    struct jem_trip *trip = lane->trip;
    struct jem_event_id next = { 0, 0, lane->part.inc, lane->seq + 1 };
    struct jem_buf segment = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    enum jem_code code = JEM_OK;
    *wrote = false;
    while (code == JEM_OK && lane->number < JEM_PART_COMMITS) {
        size_t count = 0;
        uint64_t first = next.seq;
        int64_t at_ms = jem_store_now_ms(trip->store);
        char subject[96 + JEM_AFTER_TEXT];
        bool merge = lane->there && lane->merge, root = !lane->there && after[0] != '\0';
        jem_buf_clear(&segment);
        if (events)
            code = jem_seal_segment(trip->ledger, trip->store, trip->keys, plan, &next, &segment, &count, &at_ms, err);
        if (code != JEM_OK || (count == 0 && !merge))
            break;
        if (count > 0)
            snprintf(subject, sizeof subject, "hq %" PRIu64 ": events %" PRIu64 "-%" PRIu64 "%s%s", lane->number + 1,
                first, next.seq - 1, root ? "\n\n" : "", root ? after : "");
        else
            snprintf(subject, sizeof subject, "hq %" PRIu64 ": %zu parts accepted", lane->number + 1,
                lane->parent_count - 1);
        code = hq_commit(lane, pack, &segment, next.seq - 1, merge, at_ms, subject, err);
        *wrote = true;
    }
    jem_buf_release(&segment);
    return code;
}

/* One part's worth of an incarnation. *more: there may be another. */
static enum jem_code hq_step(struct hq_lane *lane, uint16_t inc, bool own, bool *more, struct jem_error *err)
{
    struct jem_trip *trip = lane->trip;
    struct jem_parts parts = { 0 };
    struct jem_stream_head head = { 0 };
    struct jem_pack pack = { 0 };
    struct jem_seal_plan plan = { .max_events = HQ_EVENTS, .max_bytes = HQ_BYTES };
    char ref[JEM_LANE_TEXT], after[JEM_AFTER_TEXT] = "";
    bool wrote = false;
    *more = false;
    enum jem_code code = jem_parts_local(trip->ledger, JEM_LANE_HEADS, JEM_LANE_HQ, 0, &parts, err);
    if (code == JEM_OK)
        code = hq_read(lane, &parts, inc, err);
    if (code == JEM_OK)
        code = jem_store_head(trip->store, 0, 0, inc, &head, err);
    bool events = code == JEM_OK && lane->seq < head.last.seq;
    if (events)
        code = hq_part(lane, &parts, &plan, after, err);
    free(lane->parents);
    lane->parents = NULL;
    jem_buf_clear(&lane->vans);
    if (code == JEM_OK)
        code = hq_vans(lane, err);
    lane->merge = lane->merge && own;
    if (code == JEM_OK)
        code = jem_pack_begin(&pack, trip->ledger, err);
    if (code == JEM_OK)
        code = hq_write(lane, &pack, &plan, after, events, &wrote, err);
    if (code == JEM_OK && wrote)
        code = jem_pack_finish(&pack, err);
    jem_lane_name(JEM_LANE_HEADS, &lane->part, ref);
    if (code == JEM_OK && wrote)
        code = jem_ledger_ref_set(trip->ledger, ref, &lane->head, err);
    *more = code == JEM_OK && wrote && lane->seq < head.last.seq;
    jem_pack_release(&pack);
    jem_parts_release(&parts);
    return code;
}

enum jem_code jem_hq_advance(struct jem_trip *trip, struct jem_error *err)
{
    struct hq_lane lane = { .trip = trip,
        .table = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX),
        .vans = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX) };
    uint16_t incs[HQ_INCS_MAX], inc = UINT16_MAX;
    size_t count = 0;
    enum jem_code code = JEM_OK;
    for (; code == JEM_OK && count < HQ_INCS_MAX; inc--) {
        code = jem_store_inc_upto(trip->store, 0, 0, inc, &inc, err);
        if (code != JEM_OK || inc == 0)
            break;
        incs[count++] = inc;
    }
    while (code == JEM_OK && count > 0) {
        bool more = true;
        for (count--; code == JEM_OK && more;)
            code = hq_step(&lane, incs[count], count == 0, &more, err);
    }
    jem_buf_release(&lane.table);
    jem_buf_release(&lane.vans);
    free(lane.parents);
    return code;
}
