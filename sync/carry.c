/* carry.c - what a mule does: keep, hand on, let go. */
#include "carry.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jemput/codec.h"
#include "jemput/file.h"
#include "jemput/log.h"
#include "repack.h"
#include "stale.h"

#define CARRY_FUTURE_S 86400 /* a head dated later than this from now tells nothing about which is newer */

static enum jem_code carry_dir(struct jem_store *store, char dir[1024], struct jem_error *err)
{
    return jem_path_join(dir, 1024, jem_store_dir(store), "carry", err);
}

enum jem_code jem_carry_open(struct jem_store *store, bool make, struct jem_ledger **out, struct jem_error *err)
{
    char dir[1024];
    *out = NULL;
    enum jem_code code = carry_dir(store, dir, err);
    if (code != JEM_OK || (!make && !jem_path_exists(dir)))
        return code;
    code = jem_ledger_open(dir, out, err);
    if (code == JEM_OK) /* under sync.lock, as the ledger */
        jem_stale_sweep((*out)->path, 0);
    return code;
}

enum jem_code jem_carry_lend(struct jem_trip *trip, const struct jem_ledger *carry, struct jem_error *err)
{
    char objects[1024];
    enum jem_code code = jem_path_join(objects, sizeof objects, carry->path, "objects", err);
    if (code != JEM_OK)
        return code;
    int rc = git_odb_add_disk_alternate(trip->ledger->odb, objects);
    return rc == 0 ? JEM_OK : jem_gitlib_fail(err, rc, carry->path);
}

struct carry_list {
    struct jem_ledger *carry;
    struct jem_bundle_ref *refs;
    size_t count, cap;
};

static int carry_list_add(const char *name, void *ctx)
{
    struct carry_list *list = ctx;
    if (strlen(name) >= JEM_REF_MAX || list->count >= JEM_BUNDLE_REFS_MAX)
        return 0;
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 16 : list->cap * 2;
        struct jem_bundle_ref *refs = realloc(list->refs, cap * sizeof *refs);
        if (refs == NULL)
            return GIT_EUSER;
        list->refs = refs;
        list->cap = cap;
    }
    struct jem_bundle_ref *ref = &list->refs[list->count];
    snprintf(ref->name, sizeof ref->name, "%s", name);
    if (git_reference_name_to_id(&ref->oid, list->carry->repo, name) == 0)
        list->count++;
    return 0;
}

enum jem_code jem_carry_list(struct jem_ledger *carry, struct jem_bundle_ref **refs, size_t *count,
    struct jem_error *err)
{
    struct carry_list list = { .carry = carry };
    int rc = git_reference_foreach_glob(carry->repo, "refs/heads/*", carry_list_add, &list);
    *refs = list.refs;
    *count = list.count;
    if (rc == GIT_EUSER)
        return jem_fail_nomem(err);
    return rc == 0 ? JEM_OK : jem_gitlib_fail(err, rc, carry->path);
}

/* ---- keep ---- */

/* True when the walk from `head` comes to `to`. */
static enum jem_code carry_reaches(struct jem_ledger *carry, const git_oid *head, const git_oid *to, bool *out,
    enum jem_walk_end *end, struct jem_error *err)
{
    struct jem_oids between = { 0 };
    git_oid missing;
    enum jem_code code = jem_lane_walk(carry, head, to, &between, end, &missing, err);
    *out = *end == JEM_WALK_MET;
    jem_oids_release(&between);
    return code;
}

static int64_t carry_time(struct jem_ledger *carry, const git_oid *oid)
{
    git_commit *commit = NULL;
    int64_t at = INT64_MIN;
    if (git_commit_lookup(&commit, carry->repo, oid) == 0)
        at = git_commit_time(commit);
    git_commit_free(commit);
    return at;
}

enum jem_code jem_carry_keep(struct jem_ledger *carry, const struct jem_bundle_ref *ref, int64_t now_ms, bool *kept,
    struct jem_error *err)
{
    git_oid have;
    bool there, onward = true, older = false;
    enum jem_walk_end end;
    int64_t fresh_s = carry_time(carry, &ref->oid);
    *kept = false;
    if (fresh_s == INT64_MIN) /* only named by the file, not in it */
        return JEM_OK;
    enum jem_code code = jem_ledger_ref(carry, ref->name, &have, &there, err);
    if (code == JEM_OK && there && git_oid_equal(&have, &ref->oid))
        return JEM_OK;
    if (code == JEM_OK && there)
        code = carry_reaches(carry, &ref->oid, &have, &onward, &end, err);
    if (code == JEM_OK && !onward)
        code = carry_reaches(carry, &have, &ref->oid, &older, &end, err);
    if (code == JEM_OK && !onward && !older) {
        /* two pieces of one lane with a gap between them, or a lane that began anew: the later one counts */
        int64_t have_s = carry_time(carry, &have);
        older = fresh_s < have_s && have_s <= now_ms / 1000 + CARRY_FUTURE_S;
    }
    if (code != JEM_OK || older)
        return code;
    *kept = true;
    return jem_ledger_ref_set(carry, ref->name, &ref->oid, err);
}

/* ---- hand on ---- */

static void carry_drop(struct jem_ledger *carry, const char *ref)
{
    char seen[JEM_REF_MAX + 16];
    snprintf(seen, sizeof seen, "refs/hub/%s", ref + strlen("refs/heads/"));
    (void)git_reference_remove(carry->repo, ref);
    (void)git_reference_remove(carry->repo, seen);
}

/* Fills the gap below a lane from the hub. Documents are left to sticks: theirs is the whole lane of scans. */
static enum jem_code carry_fill(struct jem_trip *trip, const struct jem_bundle_ref *ref, struct jem_error *err)
{
    char spec[2 * JEM_REF_MAX + 24];
    snprintf(spec, sizeof spec, "+%s:refs/hub/%s", ref->name, ref->name + strlen("refs/heads/"));
    return jem_link_fetch(trip->link, &(const char *){ spec }, 1, err);
}

/* *push: the hub lacks what is carried and can take it. *had: it has it all. Neither: it stays, for a stick or a later hub.
 * libgit2 pushes only a lane that is whole here. */
static enum jem_code carry_judge(struct jem_trip *trip, const struct jem_bundle_ref *ref, bool *push, bool *had,
    struct jem_error *err)
{
    struct jem_lane_ref lane;
    bool met = false;
    enum jem_walk_end end;
    const git_oid *found = jem_link_find(trip->link, ref->name);
    *push = false;
    *had = found != NULL && git_oid_equal(found, &ref->oid);
    if (*had)
        return JEM_OK;
    enum jem_code code = carry_reaches(trip->ledger, &ref->oid, NULL, &met, &end, err);
    *push = code == JEM_OK && found == NULL && end == JEM_WALK_ROOT;
    if (code != JEM_OK || found == NULL)
        return code;
    git_oid at = *found;
    if (jem_lane_parse(JEM_LANE_HEADS, ref->name, &lane) && lane.kind != JEM_LANE_SCAN &&
        (end == JEM_WALK_MISSING || !git_odb_exists(trip->ledger->odb, &at))) {
        code = carry_fill(trip, ref, err);
        if (code == JEM_OK)
            code = carry_reaches(trip->ledger, &ref->oid, NULL, &met, &end, err);
    }
    bool whole = end == JEM_WALK_ROOT;
    if (code == JEM_OK)
        code = carry_reaches(trip->ledger, &ref->oid, &at, &met, &end, err);
    *push = code == JEM_OK && met && whole;
    if (code == JEM_OK && !met)
        code = carry_reaches(trip->ledger, &at, &ref->oid, had, &end, err);
    return code;
}

static enum jem_code carry_one(struct jem_trip *trip, const struct jem_bundle_ref *ref, struct jem_error *err)
{
    bool push, had;
    enum jem_code code = carry_judge(trip, ref, &push, &had, err);
    if (code == JEM_OK && push) {
        code = jem_trip_push(trip, ref->name, NULL, NULL, err);
        const git_oid *at = jem_link_find(trip->link, ref->name);
        had = at != NULL && git_oid_equal(at, &ref->oid);
    }
    if (code == JEM_OK && had)
        carry_drop(trip->ledger, ref->name);
    return code;
}

/* What was handed on goes from the disk; small packs are joined. before: lanes that were carried. */
static void carry_shrink(struct jem_ledger *carry, size_t before)
{
    struct jem_bundle_ref *refs = NULL;
    struct jem_repack done;
    struct jem_error why;
    size_t left = 0;
    if (jem_carry_list(carry, &refs, &left, NULL) == JEM_OK && left > 0 &&
        jem_ledger_repack(carry, left < before, &done, &why) != JEM_OK)
        jem_log(JEM_LOG_WARN, "sync: what is carried takes as much room as before: %s", why.msg);
    free(refs);
}

enum jem_code jem_carry_send(struct jem_trip *trip, const char *url, struct jem_error *err)
{
    struct jem_ledger *carry, *own = trip->ledger;
    struct jem_bundle_ref *refs = NULL;
    size_t count = 0;
    struct jem_error why = { .code = JEM_OK };
    enum jem_code code = jem_carry_open(trip->store, false, &carry, err);
    if (code != JEM_OK || carry == NULL)
        return code;
    code = jem_carry_list(carry, &refs, &count, err);
    if (code == JEM_OK && count > 0) {
        jem_trip_leave(trip);
        trip->ledger = carry;
        enum jem_code there = jem_trip_enter(trip, url, &why);
        for (size_t i = 0; there == JEM_OK && i < count && !trip->stopped; i++)
            if (carry_one(trip, &refs[i], &why) != JEM_OK)
                jem_log(JEM_LOG_WARN, "sync: %s is still carried: %s", refs[i].name, why.msg);
        jem_trip_leave(trip);
        trip->ledger = own;
        carry_shrink(carry, count);
    }
    free(refs);
    jem_ledger_free(carry);
    jem_carry_sweep(trip->store);
    return code;
}

/* ---- let go ---- */

void jem_carry_sweep(struct jem_store *store)
{
    char dir[1024];
    struct jem_ledger *carry = NULL;
    struct jem_bundle_ref *refs = NULL;
    size_t count = 1;
    if (carry_dir(store, dir, NULL) != JEM_OK || jem_carry_open(store, false, &carry, NULL) != JEM_OK || carry == NULL)
        return;
    if (jem_carry_list(carry, &refs, &count, NULL) != JEM_OK)
        count = 1;
    free(refs);
    jem_ledger_free(carry);
    if (count == 0)
        jem_tree_remove(dir);
}
