/* seal.c - events of our own streams into commits.
 *
 * Durable steps: (1) one pack of all the new commits, (2) the ref. A crash before (2) leaves objects that nobody names;
 * the next seal starts from the ref's head, which tells by its subject what has been sealed. */
#include "seal.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "pack.h"
#include "part.h"
#include "published.h"

enum jem_code jem_seal_next(struct jem_ledger *ledger, const struct jem_seal_plan *plan, struct jem_event_id *next,
    struct jem_error *err)
{
    git_oid head;
    bool there;
    uint64_t first, last;
    *next = plan->stream;
    next->seq = plan->from > 0 ? plan->from : 1;
    enum jem_code code = jem_ledger_ref(ledger, plan->ref, &head, &there, err);
    if (code != JEM_OK || !there)
        return code;
    if (!jem_part_events(ledger, &head, &first, &last))
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_HOLE);
    next->seq = last + 1;
    return JEM_OK;
}

/* Leaves out what lies past the plan's last event. */
static void seal_cut(const struct jem_seal_plan *plan, struct jem_event_list *events)
{
    while (plan->until != 0 && events->count > 0 && events->items[events->count - 1].id.seq > plan->until)
        jem_event_release(&events->items[--events->count]);
}

enum jem_code jem_seal_segment(struct jem_ledger *ledger, struct jem_store *store, const struct jem_keys *keys,
    const struct jem_seal_plan *plan, struct jem_event_id *next, struct jem_buf *out, size_t *count, int64_t *last_ms,
    struct jem_error *err)
{
    struct jem_event_list events = { 0 };
    const struct jem_dictionary *dictionary = NULL;
    struct jem_box_key key;
    *count = 0;
    enum jem_code code = jem_store_events(store, next, plan->max_events, plan->max_bytes, &events, err);
    seal_cut(plan, &events);
    if (code == JEM_OK && events.count > 0) {
        code =
            jem_keys_box(store, keys, plan->peer, UINT16_MAX, plan->epoch != 0 ? plan->epoch : keys->epoch, &key, err);
        if (code == JEM_OK)
            code = jem_published_for(ledger, store, &events.items[0].id, &dictionary, err);
        if (code == JEM_OK)
            code = jem_segment_seal(&key, dictionary, events.items, events.count, out, err);
        sodium_memzero(&key, sizeof key);
    }
    if (code == JEM_OK && events.count > 0) {
        const struct jem_event *last = &events.items[events.count - 1];
        *count = events.count;
        *last_ms = jem_hlc_unix_ms(last->hlc);
        next->seq = last->id.seq + 1;
    }
    jem_event_list_release(&events);
    return code;
}

static enum jem_code seal_commit(struct jem_pack *pack, const struct jem_keys *keys, const struct jem_seal_plan *plan,
    const struct jem_buf *segment, const char *subject, int64_t last_ms, git_oid *head, bool *there,
    struct jem_error *err)
{
    struct jem_pack_file file = { .name = "segment" };
    struct jem_pack_commit commit = { .parents = head,
        .parent_count = *there ? 1 : 0,
        .writer = plan->stream.writer,
        .at_unix_s = last_ms / 1000,
        .subject = subject,
        .sign_secret = keys->sign_secret };
    git_oid made;
    enum jem_code code = jem_pack_blob(pack, segment->data, segment->len, &file.blob, err);
    if (code == JEM_OK)
        code = jem_pack_tree(pack, &file, 1, &commit.tree, err);
    if (code == JEM_OK)
        code = jem_pack_commit(pack, &commit, &made, err);
    if (code == JEM_OK) {
        *head = made;
        *there = true;
    }
    return code;
}

enum jem_code jem_ledger_seal(struct jem_ledger *ledger, struct jem_store *store, const struct jem_keys *keys,
    const struct jem_seal_plan *plan, size_t *commits, struct jem_error *err)
{
    struct jem_pack pack = { 0 };
    struct jem_buf segment = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    struct jem_event_id next;
    git_oid head;
    bool there = false;
    *commits = 0;
    enum jem_code code = jem_seal_next(ledger, plan, &next, err);
    if (code == JEM_OK)
        code = jem_ledger_ref(ledger, plan->ref, &head, &there, err);
    if (code == JEM_OK)
        code = jem_pack_begin(&pack, ledger, err);
    uint64_t number = code == JEM_OK && there ? jem_commit_number(ledger, &head, "segment") : 0;
    while (code == JEM_OK && (plan->max_commits == 0 || *commits < plan->max_commits)) {
        size_t count;
        int64_t last_ms;
        char subject[80 + JEM_AFTER_TEXT];
        uint64_t first = next.seq;
        jem_buf_clear(&segment);
        code = jem_seal_segment(ledger, store, keys, plan, &next, &segment, &count, &last_ms, err);
        if (code != JEM_OK || count == 0)
            break;
        bool after = !there && plan->after != NULL && plan->after[0] != '\0';
        snprintf(subject, sizeof subject, "segment %" PRIu64 ": events %" PRIu64 "-%" PRIu64 "%s%s", ++number, first,
            next.seq - 1, after ? "\n\n" : "", after ? plan->after : "");
        code = seal_commit(&pack, keys, plan, &segment, subject, last_ms, &head, &there, err);
        *commits += code == JEM_OK;
    }
    if (code == JEM_OK && *commits > 0)
        code = jem_pack_finish(&pack, err);
    if (code == JEM_OK && *commits > 0)
        code = jem_ledger_ref_set(ledger, plan->ref, &head, err);
    if (code != JEM_OK)
        *commits = 0;
    jem_pack_release(&pack);
    jem_buf_release(&segment);
    return code;
}
