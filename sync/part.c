/* part.c - listing parts, their ends, and what a root follows. */
#include "part.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/codec.h"

void jem_parts_release(struct jem_parts *parts)
{
    free(parts->items);
    *parts = (struct jem_parts){ 0 };
}

static bool parts_push(struct jem_parts *parts, const struct jem_lane_ref *lane, const git_oid *head)
{
    if (parts->count == parts->cap) {
        size_t cap = parts->cap == 0 ? 8 : parts->cap * 2;
        struct jem_part *items = realloc(parts->items, cap * sizeof *items);
        if (items == NULL)
            return false;
        parts->items = items;
        parts->cap = cap;
    }
    parts->items[parts->count++] = (struct jem_part){ *lane, *head };
    return true;
}

static int part_order(const void *a, const void *b)
{
    return jem_lane_cmp(&((const struct jem_part *)a)->lane, &((const struct jem_part *)b)->lane);
}

static void parts_sort(struct jem_parts *parts)
{
    if (parts->count > 1)
        qsort(parts->items, parts->count, sizeof *parts->items, part_order);
}

struct parts_walk {
    struct jem_ledger *ledger;
    struct jem_parts *parts;
    const char *root;
};

static int parts_visit(const char *name, void *ctx)
{
    struct parts_walk *walk = ctx;
    struct jem_lane_ref lane;
    git_oid head;
    if (!jem_lane_parse(walk->root, name, &lane) || git_reference_name_to_id(&head, walk->ledger->repo, name) != 0)
        return 0;
    return parts_push(walk->parts, &lane, &head) ? 0 : GIT_EUSER;
}

enum jem_code jem_parts_local(struct jem_ledger *ledger, const char *root, enum jem_lane_kind kind, unsigned van,
    struct jem_parts *out, struct jem_error *err)
{
    char prefix[JEM_LANE_TEXT], glob[JEM_LANE_TEXT + 2];
    struct parts_walk walk = { ledger, out, root };
    jem_lane_prefix(root, kind, van, prefix);
    snprintf(glob, sizeof glob, "%s*", prefix);
    int rc = git_reference_foreach_glob(ledger->repo, glob, parts_visit, &walk);
    parts_sort(out);
    if (rc == GIT_EUSER)
        return jem_fail_nomem(err);
    return rc == 0 ? JEM_OK : jem_gitlib_fail(err, rc, ledger->path);
}

enum jem_code jem_parts_listed(const struct jem_link_ref *refs, size_t count, enum jem_lane_kind kind, unsigned van,
    struct jem_parts *out, struct jem_error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct jem_lane_ref lane;
        if (jem_lane_parse(JEM_LANE_HEADS, refs[i].name, &lane) && lane.kind == kind && (van == 0 || lane.van == van) &&
            !parts_push(out, &lane, &refs[i].oid))
            return jem_fail_nomem(err);
    }
    parts_sort(out);
    return JEM_OK;
}

enum jem_code jem_parts_fetch(struct jem_link *link, const struct jem_parts *parts, struct jem_error *err)
{
    enum { SPEC = 2 * JEM_LANE_TEXT + 8 };
    char *texts = calloc(parts->count + 1, SPEC);
    const char **specs = calloc(parts->count + 1, sizeof *specs);
    enum jem_code code = texts == NULL || specs == NULL ? jem_fail_nomem(err) : JEM_OK;
    for (size_t i = 0; code == JEM_OK && i < parts->count; i++) {
        char from[JEM_LANE_TEXT], to[JEM_LANE_TEXT];
        jem_lane_name(JEM_LANE_HEADS, &parts->items[i].lane, from);
        jem_lane_name("refs/hub/", &parts->items[i].lane, to);
        snprintf(texts + i * SPEC, SPEC, "+%s:%s", from, to);
        specs[i] = texts + i * SPEC;
    }
    if (code == JEM_OK && parts->count > 0)
        code = jem_link_fetch(link, specs, parts->count, err);
    free(specs);
    free(texts);
    return code;
}

bool jem_parts_any(const struct jem_link *link, enum jem_lane_kind kind, unsigned van)
{
    size_t count;
    struct jem_lane_ref lane;
    const struct jem_link_ref *refs = jem_link_refs(link, &count);
    for (size_t i = 0; i < count; i++)
        if (jem_lane_parse(JEM_LANE_HEADS, refs[i].name, &lane) && lane.kind == kind && lane.van == van)
            return true;
    return false;
}

const struct jem_part *jem_parts_last(const struct jem_parts *parts, uint16_t inc)
{
    for (size_t i = parts->count; i-- > 0;)
        if (parts->items[i].lane.inc == inc)
            return &parts->items[i];
    return NULL;
}

bool jem_part_events(struct jem_ledger *ledger, const git_oid *oid, uint64_t *first, uint64_t *last)
{
    git_commit *commit = NULL;
    uint64_t number;
    bool good = git_commit_lookup(&commit, ledger->repo, oid) == 0 &&
                sscanf(git_commit_message(commit), "segment %" SCNu64 ": events %" SCNu64 "-%" SCNu64, &number, first,
                    last) == 3;
    git_commit_free(commit);
    return good;
}

enum jem_code jem_part_epoch(struct jem_ledger *ledger, const struct jem_part *part, uint16_t *epoch,
    struct jem_error *err)
{
    struct jem_lane_commit commit;
    struct jem_segment_header header;
    const bool scan = part->lane.kind == JEM_LANE_SCAN;
    enum jem_code code = jem_lane_commit_read(ledger, &part->head, scan ? "chunk" : "segment", &commit, err);
    if (code == JEM_OK && scan) {
        struct jem_reader r = jem_reader_of(commit.p, commit.n);
        (void)jem_read_u32(&r);
        *epoch = jem_read_u16(&r);
    } else if (code == JEM_OK) {
        code = jem_segment_header_read(commit.p, commit.n, &header, err);
        *epoch = code == JEM_OK ? header.epoch : 0;
    }
    jem_lane_commit_release(&commit);
    return code;
}

static enum jem_code part_root_set(struct jem_ledger *ledger, const struct jem_lane_ref *lane, const git_oid *root,
    struct jem_error *err)
{
    char name[JEM_LANE_TEXT];
    jem_lane_name("refs/root/", lane, name);
    return jem_ledger_ref_set(ledger, name, root, err);
}

enum jem_code jem_part_root(struct jem_ledger *ledger, const struct jem_part *part, git_oid *out, struct jem_error *err)
{
    char name[JEM_LANE_TEXT];
    bool there = false;
    struct jem_oids chain = { 0 };
    enum jem_relation relation;
    jem_lane_name("refs/root/", &part->lane, name);
    enum jem_code code = jem_ledger_ref(ledger, name, out, &there, err);
    if (code != JEM_OK || there)
        return code;
    code = jem_chain_compare(ledger, NULL, &part->head, &relation, &chain, err);
    if (code == JEM_OK) {
        *out = chain.items[0];
        code = part_root_set(ledger, &part->lane, out, err);
    }
    jem_oids_release(&chain);
    return code;
}

enum jem_code jem_part_number(struct jem_store *store, const struct jem_parts *have, struct jem_lane_ref *lane,
    struct jem_error *err)
{
    char key[JEM_LANE_TEXT + 8], text[16];
    struct jem_buf last = JEM_BUF_INIT(16);
    uint32_t given = 0;
    jem_lane_prefix("part.", lane->kind, lane->van, key);
    snprintf(key + strlen(key), 8, "%u", (unsigned)lane->inc);
    enum jem_code code = jem_store_meta_get(store, key, &last, err);
    if (code == JEM_OK && sscanf(jem_buf_text(&last), "%" SCNu32, &given) != 1)
        given = 0;
    jem_buf_release(&last);
    if (code != JEM_OK && code != JEM_ENOTFOUND)
        return code;
    const struct jem_part *part = jem_parts_last(have, lane->inc);
    if (part != NULL && part->lane.part > given)
        given = part->lane.part;
    uint32_t least = lane->inc < jem_store_inc(store) ? 1000u * jem_store_inc(store) : 0;
    lane->part = (given > least ? given : least) + 1;
    snprintf(text, sizeof text, "%" PRIu32, lane->part);
    return jem_store_meta_set(store, key, text, err);
}

/* ---- what a root follows ---- */

void jem_after_format(const struct jem_after *after, uint16_t inc, uint32_t part, char out[JEM_AFTER_TEXT])
{
    char hash[65];
    out[0] = '\0';
    if (!after->there && part == 1)
        return;
    int n = snprintf(out, JEM_AFTER_TEXT, "part %u.%" PRIu32, (unsigned)inc, part);
    if (!after->there)
        return;
    jem_hex(after->hash, 32, hash);
    snprintf(out + n, JEM_AFTER_TEXT - (size_t)n, " after %u.%" PRIu64 " %s", (unsigned)after->inc, after->seq, hash);
}

bool jem_after_parse(const char *message, uint16_t inc, uint32_t part, struct jem_after *out)
{
    char again[JEM_AFTER_TEXT], hash[65];
    unsigned theirs, before;
    uint32_t number;
    const char *line = strstr(message, "\n\n");
    *out = (struct jem_after){ .there = false };
    line = line == NULL ? "\n" : line + 2;
    if (sscanf(line, "part %5u.%10" SCNu32 " after %5u.%15" SCNu64 " %64[0-9a-f]", &theirs, &number, &before, &out->seq,
            hash) == 5) {
        if (before > UINT16_MAX || !jem_unhex(hash, strlen(hash), out->hash, 32))
            return false;
        out->inc = (uint16_t)before;
        out->there = true;
    }
    jem_after_format(out, inc, part, again);
    size_t n = strlen(again);
    return strncmp(line, again, n) == 0 && strcmp(line + n, "\n") == 0;
}

/* The event with that hash among those of (writer, lane) in incarnations up to `most`, the newest first. */
static enum jem_code after_search(struct jem_store *store, const struct jem_event_id *first,
    const unsigned char hash[32], struct jem_after *out, struct jem_error *err)
{
    enum jem_code code = JEM_OK;
    for (uint16_t inc = first->inc; code == JEM_OK && !out->there && inc > 1;) {
        struct jem_stream_head head;
        code = jem_store_inc_upto(store, first->writer, first->lane, (uint16_t)(inc - 1), &inc, err);
        if (code != JEM_OK || inc == 0)
            break;
        code = jem_store_head(store, first->writer, first->lane, inc, &head, err);
        for (uint64_t seq = head.last.seq; code == JEM_OK && !out->there && seq > 0; seq--) {
            struct jem_event_id id = { first->writer, first->lane, inc, seq };
            struct jem_event e;
            code = jem_store_event(store, &id, &e, err);
            if (code == JEM_OK && memcmp(e.hash, hash, 32) == 0) {
                *out = (struct jem_after){ .there = true, .inc = inc, .seq = seq };
                memcpy(out->hash, hash, 32);
            }
            jem_event_release(&e);
        }
    }
    if (code == JEM_OK && !out->there)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_AFTER_LOST);
    return code;
}

enum jem_code jem_after_find(struct jem_store *store, const struct jem_event_id *first, struct jem_after *out,
    struct jem_error *err)
{
    static const unsigned char zero[32];
    struct jem_event e;
    *out = (struct jem_after){ .there = false };
    enum jem_code code = jem_store_event(store, first, &e, err);
    if (code == JEM_OK && first->seq > 1) {
        *out = (struct jem_after){ .there = true, .inc = first->inc, .seq = first->seq - 1 };
        memcpy(out->hash, e.prev_hash, 32);
    } else if (code == JEM_OK && memcmp(e.prev_hash, zero, 32) != 0) {
        code = after_search(store, first, e.prev_hash, out, err);
    }
    jem_event_release(&e);
    return code;
}
