/* verify.c - the terms on which commits are believed. */
#include "verify.h"

#include <sodium.h>
#include <string.h>

#include "published.h"

static enum jem_code lane_fail(struct jem_error *err, const git_oid *oid, enum jem_text key)
{
    char hex[JEM_OID_HEX];
    return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, key, git_oid_tostr(hex, 11, oid));
}

/* The key that opens the commit's segment. */
static enum jem_code lane_key(const struct jem_lane_state *state, const struct jem_lane_commit *commit,
    struct jem_box_key *key, uint16_t *dictionary, bool *keyless, struct jem_error *err)
{
    struct jem_segment_header header;
    enum jem_code code = jem_segment_header_read(commit->p, commit->n, &header, err);
    if (code != JEM_OK)
        return code;
    *dictionary = header.dictionary;
    if (header.writer != state->writer)
        return lane_fail(err, &commit->oid, JEM_T_LANE_WRITER);
    code = jem_keys_box(state->store, state->keys, state->peer, state->peer_inc, header.epoch, key, err);
    *keyless = code == JEM_ENOTFOUND;
    return *keyless ? lane_fail(err, &commit->oid, JEM_T_LANE_EPOCH) : code;
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
    struct jem_box_key key;
    struct jem_event_list events = { 0 };
    uint16_t id;
    bool keyless;
    const struct jem_dictionary *dictionary = NULL;
    enum jem_code code = jem_lane_commit_read(ledger, head, "segment", &commit, err);
    if (code == JEM_OK)
        code = lane_key(state, &commit, &key, &id, &keyless, err);
    if (code == JEM_OK)
        code = jem_published_find(ledger, state->store, id, &dictionary, err);
    if (code == JEM_OK)
        code = jem_segment_open(&key, dictionary, commit.p, commit.n, &events, err);
    sodium_memzero(&key, sizeof key);
    if (code == JEM_OK && events.count == 0)
        code = lane_fail(err, head, JEM_T_LANE_STREAM);
    if (code == JEM_OK)
        lane_move(state, head, &events.items[events.count - 1]);
    jem_event_list_release(&events);
    jem_lane_commit_release(&commit);
    return code;
}

/* The events are one run of the stream that goes on where the state stands, or where the root says. */
static bool lane_follows(const struct jem_lane_state *state, const struct jem_after *after,
    const struct jem_event_list *events)
{
    static const unsigned char zero[32];
    uint16_t inc = state->any ? state->last.inc : state->inc;
    uint64_t next = 1;
    const unsigned char *hash = zero;
    if (state->any || after->there) {
        hash = state->any ? state->hash : after->hash;
        next = state->any ? state->last.seq + 1 : after->inc == inc ? after->seq + 1 : 1;
    }
    for (size_t i = 0; i < events->count; i++) {
        const struct jem_event *e = &events->items[i];
        if (e->id.writer != state->writer || e->id.lane != state->lane || e->id.inc != inc || e->id.seq != next++)
            return false;
        if (memcmp(e->prev_hash, hash, 32) != 0)
            return false;
        hash = e->hash;
    }
    return true;
}

/* What the message of a root says, and whether the store has that event. */
static enum jem_code lane_root(const struct jem_lane_state *state, struct jem_ledger *ledger, struct jem_lane_job *job)
{
    git_commit *commit = NULL;
    struct jem_event e = { 0 };
    int rc = git_commit_lookup(&commit, ledger->repo, &job->commit.oid);
    if (rc != 0)
        return jem_gitlib_fail(&job->err, rc, ledger->path);
    job->after_written = jem_after_parse(git_commit_message(commit), state->inc, state->part, &job->after) &&
                         (!job->after.there || job->after.inc <= state->inc);
    git_commit_free(commit);
    job->after_known = !job->after.there;
    if (!job->after_written || !job->after.there)
        return JEM_OK;
    struct jem_event_id id = { state->writer, state->lane, job->after.inc, job->after.seq };
    enum jem_code code = jem_store_event(state->store, &id, &e, &job->err);
    job->after_known = code == JEM_OK && memcmp(e.hash, job->after.hash, 32) == 0;
    jem_event_release(&e);
    return code == JEM_ENOTFOUND ? JEM_OK : code;
}

void jem_lane_job_take(const struct jem_lane_state *state, struct jem_ledger *ledger, const git_oid *oid,
    struct jem_lane_job *job)
{
    memset(job, 0, sizeof *job);
    git_oid_cpy(&job->commit.oid, oid);
    job->code = jem_commit_verify(ledger, oid, state->sign_public, &job->err);
    if (job->code == JEM_OK)
        job->code = jem_lane_commit_read(ledger, oid, "segment", &job->commit, &job->err);
    job->read = job->code == JEM_OK;
    if (job->read && !state->any && job->commit.parents == 0)
        job->code = lane_root(state, ledger, job);
    if (job->read && job->code == JEM_OK)
        job->code = lane_key(state, &job->commit, &job->key, &job->dictionary_id, &job->keyless, &job->err);
    job->ledger = ledger;
    if (job->code != JEM_OK)
        return;
    struct jem_error missing;
    enum jem_code code = jem_published_find(ledger, state->store, job->dictionary_id, &job->dictionary, &missing);
    job->waits = code == JEM_ECORRUPT;
    if (code != JEM_OK && !job->waits) {
        job->code = code;
        job->err = missing;
    }
}

void jem_lane_job_open(struct jem_lane_job *job)
{
    if (job->waits)
        return;
    if (job->code == JEM_OK) {
        job->code = jem_segment_open(&job->key, job->dictionary, job->commit.p, job->commit.n, &job->events, &job->err);
        job->keyless = job->code == JEM_ECORRUPT && job->err.domain == JEM_D_CRYPTO;
    }
    for (size_t i = 0; job->code == JEM_OK && i < job->events.count; i++)
        job->code = jem_event_verify(&job->events.items[i], &job->err);
    sodium_memzero(&job->key, sizeof job->key);
}

/* What was wrong with a commit by itself is told after what is wrong with its place. */
static enum jem_code lane_place(struct jem_lane_state *state, struct jem_lane_job *job)
{
    const struct jem_lane_commit *commit = &job->commit;
    if (job->read &&
        (commit->parents != (state->any ? 1 : 0) || (state->any && !git_oid_equal(&commit->parent, &state->head))))
        return lane_fail(&job->err, &commit->oid, JEM_T_LANE_PARENT);
    if (job->read && !state->any && !job->after_written)
        return lane_fail(&job->err, &commit->oid, JEM_T_LANE_PART);
    state->early = job->read && !state->any && !job->after_known;
    if (state->early) /* also when its key is not known: that comes with what it follows */
        return lane_fail(&job->err, &commit->oid, JEM_T_LANE_AFTER);
    state->keyless = job->keyless;
    if (job->code != JEM_OK)
        return job->code;
    if (job->events.count == 0 || !lane_follows(state, &job->after, &job->events))
        return lane_fail(&job->err, &commit->oid, JEM_T_LANE_STREAM);
    return JEM_OK;
}

enum jem_code jem_lane_job_finish(struct jem_lane_state *state, struct jem_lane_job *job, struct jem_event_list *out,
    struct jem_error *err)
{
    size_t had = out->count;
    if (job->waits) {
        job->waits = false;
        job->code = jem_published_find(job->ledger, state->store, job->dictionary_id, &job->dictionary, &job->err);
        jem_lane_job_open(job);
    }
    enum jem_code code = lane_place(state, job);
    if (code == JEM_OK)
        code = jem_published_learn(job->ledger, job->events.items, job->events.count, &job->err);
    if (code != JEM_OK) {
        if (err != NULL)
            *err = job->err;
        return code;
    }
    if (!state->any)
        state->after = job->after;
    struct jem_event last = job->events.items[job->events.count - 1]; /* its body goes to `out` */
    for (size_t i = 0; code == JEM_OK && i < job->events.count; i++)
        code = jem_event_list_push(out, &job->events.items[i], err);
    if (code == JEM_OK)
        lane_move(state, &job->commit.oid, &last);
    else
        while (out->count > had)
            jem_event_release(&out->items[--out->count]);
    return code;
}

bool jem_lane_is_known(const struct jem_lane_state *state, struct jem_ledger *ledger, const git_oid *head)
{
    struct jem_stream_head stream;
    uint64_t first, last;
    return jem_store_inc(state->store) > 1 && jem_commit_verify(ledger, head, state->sign_public, NULL) == JEM_OK &&
           jem_part_events(ledger, head, &first, &last) &&
           jem_store_head(state->store, state->writer, state->lane, state->inc, &stream, NULL) == JEM_OK &&
           last <= stream.last.seq;
}

void jem_lane_job_release(struct jem_lane_job *job)
{
    jem_event_list_release(&job->events);
    jem_lane_commit_release(&job->commit);
    sodium_memzero(&job->key, sizeof job->key);
}

enum jem_code jem_lane_check(struct jem_lane_state *state, struct jem_ledger *ledger, const git_oid *oid,
    struct jem_event_list *out, struct jem_error *err)
{
    struct jem_lane_job job;
    jem_lane_job_take(state, ledger, oid, &job);
    jem_lane_job_open(&job);
    enum jem_code code = jem_lane_job_finish(state, &job, out, err);
    jem_lane_job_release(&job);
    return code;
}
