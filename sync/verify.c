/* verify.c - the terms on which commits are believed. */
#include "verify.h"

#include <sodium.h>
#include <string.h>

static enum jem_code lane_fail(struct jem_error *err, const git_oid *oid, enum jem_text key)
{
    char hex[JEM_OID_HEX];
    return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, key, git_oid_tostr(hex, 11, oid));
}

static enum jem_code lane_open(const struct jem_lane_state *state, const struct jem_lane_commit *commit,
    struct jem_event_list *out, struct jem_error *err)
{
    struct jem_segment_header header;
    struct jem_box_key key;
    enum jem_code code = jem_segment_header_read(commit->p, commit->n, &header, err);
    if (code != JEM_OK)
        return code;
    if (header.writer != state->writer)
        return lane_fail(err, &commit->oid, JEM_T_LANE_WRITER);
    code = jem_keys_box(state->store, state->keys, state->peer, header.epoch, &key, err);
    if (code == JEM_ENOTFOUND)
        return lane_fail(err, &commit->oid, JEM_T_LANE_EPOCH);
    if (code == JEM_OK)
        code = jem_segment_open(&key, commit->p, commit->n, out, err);
    sodium_memzero(&key, sizeof key);
    return code;
}

static void lane_move(struct jem_lane_state *state, const git_oid *oid, const struct jem_event *last)
{
    state->any = true;
    state->head = *oid;
    state->last = last->id;
    memcpy(state->hash, last->hash, 32);
}

enum jem_code jem_lane_resume(struct jem_lane_state *state, struct jem_ledger *ledger, const git_oid *head,
    struct jem_error *err)
{
    struct jem_lane_commit commit;
    struct jem_event_list events = { 0 };
    enum jem_code code = jem_lane_commit_read(ledger, head, "segment", &commit, err);
    if (code == JEM_OK)
        code = lane_open(state, &commit, &events, err);
    if (code == JEM_OK && events.count == 0)
        code = lane_fail(err, head, JEM_T_LANE_STREAM);
    if (code == JEM_OK)
        lane_move(state, head, &events.items[events.count - 1]);
    jem_event_list_release(&events);
    jem_lane_commit_release(&commit);
    return code;
}

/* Events from `first` on are one run of the stream that goes on where the state stands. */
static bool lane_follows(const struct jem_lane_state *state, const struct jem_event_list *events, size_t first)
{
    uint16_t inc = state->any ? state->last.inc : state->inc != 0 ? state->inc : events->items[first].id.inc;
    uint64_t next = state->any ? state->last.seq + 1 : 1;
    const unsigned char *hash = state->any ? state->hash : NULL;
    for (size_t i = first; i < events->count; i++) {
        const struct jem_event *e = &events->items[i];
        if (e->id.writer != state->writer || e->id.lane != state->lane || e->id.inc != inc || e->id.seq != next++)
            return false;
        if (hash != NULL && memcmp(e->prev_hash, hash, 32) != 0)
            return false;
        hash = e->hash;
    }
    return true;
}

enum jem_code jem_lane_check(struct jem_lane_state *state, struct jem_ledger *ledger, const git_oid *oid,
    struct jem_event_list *out, struct jem_error *err)
{
    struct jem_lane_commit commit = { 0 };
    size_t first = out->count;
    enum jem_code code = jem_commit_verify(ledger, oid, state->sign_public, err);
    if (code == JEM_OK)
        code = jem_lane_commit_read(ledger, oid, "segment", &commit, err);
    if (code == JEM_OK &&
        (commit.parents != (state->any ? 1 : 0) || (state->any && !git_oid_equal(&commit.parent, &state->head))))
        code = lane_fail(err, oid, JEM_T_LANE_PARENT);
    if (code == JEM_OK)
        code = lane_open(state, &commit, out, err);
    if (code == JEM_OK && (out->count == first || !lane_follows(state, out, first)))
        code = lane_fail(err, oid, JEM_T_LANE_STREAM);
    if (code == JEM_OK)
        lane_move(state, oid, &out->items[out->count - 1]);
    else
        while (out->count > first)
            jem_event_release(&out->items[--out->count]);
    jem_lane_commit_release(&commit);
    return code;
}
