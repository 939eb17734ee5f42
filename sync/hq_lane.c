/* hq_lane.c - HQ's own branch: what it has accepted, and its own events, in one signed chain.
 *
 * tree `heads`, lines sorted by van: "hq inc 1 seq 57" (own lane sealed so far), "van 3 OID inc 1 seq 420"; and `segment`
 * when the commit carries events of HQ's lane 0, sealed to HQ itself. Parents: the commit before, then each head that
 * is new against its table. The root has no parent, so that first parents are this lane's alone.
 *
 * Durable steps: (1) one pack, (2) refs/heads/main. What is new is read from the lane's own table. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <git2/tree.h>

#include "merge.h"
#include "pack.h"
#include "seal.h"

#define HQ_EVENTS 2000
#define HQ_BYTES ((size_t)1 << 20)

struct hq_lane {
    struct jem_trip *trip;
    git_oid head;
    bool there;
    struct jem_buf table; /* of the head */
    struct jem_buf vans;  /* the vans' lines as they are now */
    git_oid *parents;     /* [0] is the lane's own */
    size_t parent_count;
};

static enum jem_code hq_read(struct hq_lane *lane, struct jem_error *err)
{
    git_commit *commit = NULL;
    git_tree *tree = NULL;
    git_odb_object *object = NULL;
    enum jem_code code = jem_ledger_ref(lane->trip->ledger, "refs/heads/hq/1.1", &lane->head, &lane->there, err);
    if (code != JEM_OK || !lane->there)
        return code;
    int rc = git_commit_lookup(&commit, lane->trip->ledger->repo, &lane->head);
    if (rc == 0)
        rc = git_commit_tree(&tree, commit);
    const git_tree_entry *entry = rc == 0 ? git_tree_entry_byname(tree, "heads") : NULL;
    if (entry != NULL && (rc = git_odb_read(&object, lane->trip->ledger->odb, git_tree_entry_id(entry))) == 0)
        jem_buf_add(&lane->table, git_odb_object_data(object), git_odb_object_size(object));
    if (rc != 0)
        code = jem_gitlib_fail(err, rc, lane->trip->ledger->path);
    git_odb_object_free(object);
    git_tree_free(tree);
    git_commit_free(commit);
    return code == JEM_OK ? jem_buf_ok(&lane->table, err) : code;
}

/* First of HQ's events that the lane does not hold. */
static struct jem_event_id hq_next(const struct hq_lane *lane)
{
    struct jem_event_id next = { 0, 0, jem_store_inc(lane->trip->store), 1 };
    unsigned inc = 0;
    uint64_t seq = 0;
    if (sscanf(jem_buf_text(&lane->table), "hq inc %u seq %" SCNu64, &inc, &seq) == 2 && inc == next.inc)
        next.seq = seq + 1;
    return next;
}

/* Writes the van's line; its head is a parent when the lane's table has another. */
static enum jem_code hq_van(struct hq_lane *lane, const json_t *van, struct jem_error *err)
{
    char key[40], hex[JEM_OID_HEX], known[80];
    unsigned n = (unsigned)jem_json_int(van, "van", 0);
    uint16_t inc = (uint16_t)jem_json_int(van, "inc", 1);
    git_oid accepted;
    bool any;
    struct jem_stream_head head;
    snprintf(key, sizeof key, "accepted.van.%u.1.1", n);
    enum jem_code code = jem_trip_accepted(lane->trip, key, &accepted, &any, err);
    if (code != JEM_OK || !any)
        return code;
    code = jem_store_head(lane->trip->store, (uint16_t)n, 0, inc, &head, err);
    if (code != JEM_OK)
        return code;
    snprintf(known, sizeof known, "van %u %s ", n, git_oid_tostr(hex, sizeof hex, &accepted));
    jem_buf_fmt(&lane->vans, "%sinc %u seq %" PRIu64 "\n", known, inc, head.last.seq);
    if (strstr(jem_buf_text(&lane->table), known) == NULL)
        lane->parents[lane->parent_count++] = accepted;
    return JEM_OK;
}

static int hq_van_order(const void *a, const void *b)
{
    int64_t x = jem_json_int(*(json_t *const *)a, "van", 0), y = jem_json_int(*(json_t *const *)b, "van", 0);
    return x < y ? -1 : x > y;
}

static enum jem_code hq_vans(struct hq_lane *lane, struct jem_error *err)
{
    json_t *vans = NULL, *van;
    size_t i, count;
    enum jem_code code = jem_store_vans(lane->trip->store, &vans, err);
    if (code != JEM_OK)
        return code;
    count = json_array_size(vans);
    json_t **sorted = calloc(count + 1, sizeof *sorted);
    lane->parents = calloc(count + 1, sizeof *lane->parents);
    lane->parent_count = 1;
    if (sorted == NULL || lane->parents == NULL)
        code = jem_fail_nomem(err);
    if (code == JEM_OK) {
        json_array_foreach(vans, i, van) sorted[i] = van;
        qsort(sorted, count, sizeof *sorted, hq_van_order);
    }
    for (i = 0; code == JEM_OK && i < count; i++)
        code = hq_van(lane, sorted[i], err);
    free(sorted);
    json_decref(vans);
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
    jem_buf_fmt(&heads, "hq inc %u seq %" PRIu64 "\n%s", jem_store_inc(trip->store), seq,
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
    }
    jem_buf_release(&heads);
    return code;
}

static enum jem_code hq_write(struct hq_lane *lane, struct jem_pack *pack, bool *wrote, struct jem_error *err)
{
    struct jem_trip *trip = lane->trip;
    struct jem_seal_plan plan = { .ref = "refs/heads/hq/1.1",
        .peer = 0,
        .max_events = HQ_EVENTS,
        .max_bytes = HQ_BYTES };
    struct jem_event_id next = hq_next(lane);
    struct jem_buf segment = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    bool merged = lane->parent_count == 1;
    enum jem_code code = JEM_OK;
    *wrote = false;
    for (;;) {
        size_t count = 0;
        uint64_t first = next.seq;
        int64_t at_ms = jem_store_now_ms(trip->store);
        char subject[96];
        jem_buf_clear(&segment);
        code = jem_seal_segment(trip->ledger, trip->store, trip->keys, &plan, &next, &segment, &count, &at_ms, err);
        if (code != JEM_OK || (count == 0 && merged))
            break;
        if (count > 0)
            snprintf(subject, sizeof subject, "hq: events %" PRIu64 "-%" PRIu64, first, next.seq - 1);
        else
            snprintf(subject, sizeof subject, lane->there ? "hq: %zu lanes accepted" : "hq", lane->parent_count - 1);
        bool merge = lane->there && !merged;
        code = hq_commit(lane, pack, &segment, next.seq - 1, merge, at_ms, subject, err);
        merged = merged || merge;
        *wrote = true;
        if (code != JEM_OK)
            break;
    }
    jem_buf_release(&segment);
    return code;
}

enum jem_code jem_hq_advance(struct jem_trip *trip, struct jem_error *err)
{
    struct hq_lane lane = { .trip = trip,
        .table = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX),
        .vans = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX) };
    struct jem_pack pack = { 0 };
    bool wrote = false;
    enum jem_code code = hq_read(&lane, err);
    if (code == JEM_OK)
        code = hq_vans(&lane, err);
    if (code == JEM_OK)
        code = jem_pack_begin(&pack, trip->ledger, err);
    if (code == JEM_OK)
        code = hq_write(&lane, &pack, &wrote, err);
    if (code == JEM_OK && wrote)
        code = jem_pack_finish(&pack, err);
    if (code == JEM_OK && wrote)
        code = jem_ledger_ref_set(trip->ledger, "refs/heads/hq/1.1", &lane.head, err);
    jem_pack_release(&pack);
    jem_buf_release(&lane.table);
    jem_buf_release(&lane.vans);
    free(lane.parents);
    return code;
}
