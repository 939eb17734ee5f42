/* link_lean.c - the half of a link that speaks to an http hub with as few requests as it can.
 *
 * The refs are read when the hub is entered, or recalled from the round before; and again after pushes when somebody asks. Once
 * such a reading found what the pushes before it reported, the hub is trusted to report truly: only a push that failed is
 * looked after from then on. What HQ acknowledges is signed, and no report stands in for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "jemput/clock.h"
#include "jemput/log.h"
#include "lane.h"
#include "link_parts.h"

#define LINK_MOVED_MAX 8 /* more of them are read with all others */

bool jem_link_lean_over(struct jem_link *link)
{
    uint64_t up, down;
    if (!jem_lean_unfit(link->lean))
        return false;
    jem_log(JEM_LOG_INFO, "sync: the server of %s does not speak git's protocol v2 over http: libgit2 takes over",
        link->url);
    jem_lean_bytes(link->lean, &up, &down);
    link->up += up;
    link->down += down;
    jem_lean_free(link->lean);
    link->lean = NULL;
    return true;
}

static enum jem_code link_note(struct jem_link_ref **refs, size_t *count, const char *ref, const git_oid *oid,
    struct jem_error *err)
{
    size_t i = 0;
    while (i < *count && strcmp((*refs)[i].name, ref) != 0)
        i++;
    if (i == *count) {
        struct jem_link_ref *longer = realloc(*refs, (*count + 1) * sizeof *longer);
        if (longer == NULL)
            return jem_fail_nomem(err);
        *refs = longer;
        memset(&longer[i], 0, sizeof longer[i]);
        snprintf(longer[i].name, sizeof longer[i].name, "%s", ref);
        ++*count;
    }
    (*refs)[i].oid = *oid;
    return JEM_OK;
}

/* ---- recalling ---- */

bool jem_link_recall(struct jem_link *link, const struct jem_link_ref *refs, size_t count)
{
    struct jem_link_ref *copy = link->lean != NULL ? calloc(count + 1, sizeof *copy) : NULL;
    if (copy == NULL)
        return false;
    memcpy(copy, refs, count * sizeof *copy);
    free(link->refs);
    link->refs = copy;
    link->ref_count = count;
    link->read = link->recalled = link->trusted = true;
    return true;
}

bool jem_link_recalled(const struct jem_link *link)
{
    return link->lean != NULL && link->recalled;
}

void jem_link_forget(struct jem_link *link)
{
    link->read = link->recalled = link->trusted = false;
}

bool jem_link_reports(const struct jem_link *link)
{
    return link->lean != NULL && link->trusted;
}

/* No push is in doubt; one that is on its way is not. */
static bool link_settled(const struct jem_link *link)
{
    return link->moved_count == 0 || link->flying > 0;
}

bool jem_link_knows(const struct jem_link *link)
{
    return link->lean != NULL && link->read && link_settled(link);
}

/* ---- reading ---- */

/* Adds what pushes see and the refs do not tell: a hub may hide lanes from fetches. */
static enum jem_code link_lean_look(struct jem_link *link, struct jem_error *err)
{
    struct jem_lean_refs more;
    enum jem_code code = jem_lean_list_push(link->lean, &more, err);
    for (size_t i = 0; code == JEM_OK && i < more.count; i++)
        code = link_note(&link->refs, &link->ref_count, more.items[i].name, &more.items[i].oid, err);
    link->looked = code == JEM_OK;
    jem_lean_refs_release(&more);
    return code;
}

static enum jem_code link_lean_list(struct jem_link *link, const char *const *prefixes, size_t count,
    struct jem_error *err)
{
    struct jem_lean_refs refs;
    enum jem_code code = jem_lean_list(link->lean, prefixes, count, &refs, err);
    if (code != JEM_OK)
        return code;
    free(link->refs);
    link->refs = refs.items;
    link->ref_count = refs.count;
    link->heard_ms = jem_mono_ms();
    return JEM_OK;
}

/* Refs that pushes were to move are read anew, and those that are gone forgotten. */
static enum jem_code link_lean_reread(struct jem_link *link, struct jem_error *err)
{
    const char *names[LINK_MOVED_MAX];
    struct jem_lean_refs refs;
    size_t kept = 0;
    for (size_t i = 0; i < link->moved_count; i++)
        names[i] = link->moved[i].name;
    enum jem_code code = jem_lean_list(link->lean, names, link->moved_count, &refs, err);
    if (code != JEM_OK)
        return code;
    for (size_t i = 0; i < link->ref_count; i++) {
        bool moved = false;
        for (size_t k = 0; k < link->moved_count; k++)
            moved = moved || strcmp(link->refs[i].name, names[k]) == 0;
        if (!moved)
            link->refs[kept++] = link->refs[i];
    }
    link->ref_count = kept;
    for (size_t i = 0; code == JEM_OK && i < refs.count; i++)
        code = link_note(&link->refs, &link->ref_count, refs.items[i].name, &refs.items[i].oid, err);
    jem_lean_refs_release(&refs);
    return code;
}

/* A van's own lanes, or all refs of a hub that has none of them. */
static enum jem_code link_lean_read(struct jem_link *link, struct jem_error *err)
{
    static const char *const all = "refs/heads/";
    char names[3][JEM_LANE_TEXT];
    const char *own[3];
    enum jem_code code = JEM_OK;
    for (int i = 0; i < 3; i++) {
        jem_lane_prefix(JEM_LANE_HEADS, (enum jem_lane_kind)(JEM_LANE_VAN + i), (unsigned)jem_store_writer(link->store),
            names[i]);
        own[i] = names[i];
    }
    bool few = jem_store_role(link->store) == JEM_ROLE_VAN;
    if (few)
        code = link_lean_list(link, own, 3, err);
    if (code == JEM_OK && (!few || link->ref_count == 0))
        code = link_lean_list(link, &all, 1, err);
    return code;
}

/* True when each ref that a push was to move stands where the push said. */
static bool link_lean_kept(const struct jem_link *link)
{
    for (size_t i = 0; i < link->moved_count; i++) {
        const git_oid *at = jem_link_find(link, link->moved[i].name);
        if (at == NULL ? !git_oid_is_zero(&link->moved[i].oid) : !git_oid_equal(at, &link->moved[i].oid))
            return false;
    }
    return link->moved_count > 0;
}

enum jem_code jem_link_lean_refresh(struct jem_link *link, bool for_push, struct jem_error *err)
{
    bool few = jem_store_role(link->store) == JEM_ROLE_VAN;
    if (for_push && link->read && link_settled(link))
        return JEM_OK;
    link->recalled = false;
    bool again = for_push && link->read && !few && link->moved_count <= LINK_MOVED_MAX;
    link->read = link->looked = false;
    enum jem_code code = again ? link_lean_reread(link, err) : link_lean_read(link, err);
    if (code == JEM_OK && for_push && link->hides)
        code = link_lean_look(link, err);
    link->read = code == JEM_OK;
    if (code == JEM_OK) {
        link->trusted = link->trusted || link_lean_kept(link);
        link->moved_count = 0;
    }
    return code;
}

enum jem_code jem_link_hear(struct jem_link *link, struct jem_error *err)
{
    char feed[JEM_LANE_TEXT];
    const char *names[] = { feed };
    struct jem_lean_refs refs;
    if (link->lean == NULL || (link->heard_ms != 0 && jem_mono_ms() - link->heard_ms < JEM_LINK_HEAR_MS))
        return JEM_OK;
    jem_lane_prefix(JEM_LANE_HEADS, JEM_LANE_FEED, (unsigned)jem_store_writer(link->store), feed);
    enum jem_code code = jem_lean_list(link->lean, names, 1, &refs, err);
    if (code != JEM_OK)
        return code;
    size_t kept = 0;
    for (size_t i = 0; i < link->ref_count; i++)
        if (strncmp(link->refs[i].name, feed, strlen(feed)) != 0)
            link->refs[kept++] = link->refs[i];
    link->ref_count = kept;
    for (size_t i = 0; code == JEM_OK && i < refs.count; i++)
        code = link_note(&link->refs, &link->ref_count, refs.items[i].name, &refs.items[i].oid, err);
    link->heard_ms = jem_mono_ms();
    jem_lean_refs_release(&refs);
    return code;
}

/* ---- pushing ---- */

bool jem_link_flies(const struct jem_link *link)
{
    return jem_link_reports(link) && link->flying < JEM_LEAN_FLIGHTS;
}

/* Where the ref stands for the next push: as the one on its way leaves it, or as it was read. */
static const git_oid *link_before(const struct jem_link *link, const char *ref)
{
    return link->flying > 0 ? &link->flights[link->flying - 1].oid : jem_link_find(link, ref);
}

/* A ref that the refs do not tell may yet be there for pushes: one look, before the first push of a lane. */
enum jem_code jem_link_lean_push_begin(struct jem_link *link, const git_oid *oid, const char *ref,
    struct jem_error *err)
{
    enum jem_code code = JEM_OK;
    const git_oid *before = link_before(link, ref);
    if (before == NULL && !link->looked) {
        code = link_lean_look(link, err);
        if (code == JEM_OK && jem_link_find(link, ref) != NULL) { /* the caller compares before it pushes */
            link->hides = true;
            link->read = false;
            code = jem_fail(err, JEM_ELINK, JEM_D_LINK, 0, JEM_T_HUB_SILENT, link->url, "a hidden ref");
        }
    }
    if (code == JEM_OK)
        code = link_note(&link->moved, &link->moved_count, ref, oid, err);
    if (code == JEM_OK)
        code = jem_lean_push_begin(link->lean, oid, ref, before, link->refs, link->ref_count, err);
    return code;
}

void jem_link_push_sent(struct jem_link *link, int64_t mono_ms)
{
    if (link->lean != NULL)
        jem_lean_push_sent(link->lean, mono_ms);
}

enum jem_code jem_link_lean_push_end(struct jem_link *link, const struct jem_link_flight *flight, struct jem_error *err)
{
    enum jem_code code = jem_lean_push_end(link->lean, err);
    if (code != JEM_OK) {
        link->flying = 0;
        return code;
    }
    code = link_note(&link->refs, &link->ref_count, flight->ref, &flight->oid, err);
    if (code == JEM_OK && link->trusted && link->flying == 0)
        jem_link_unnote(link->moved, &link->moved_count, flight->ref);
    return code;
}

enum jem_code jem_link_lean_drop(struct jem_link *link, const char *ref, const git_oid *was, struct jem_error *err)
{
    static const git_oid gone = { { 0 } };
    enum jem_code code = link_note(&link->moved, &link->moved_count, ref, &gone, err);
    if (code == JEM_OK)
        code = jem_lean_drop(link->lean, ref, was, err);
    if (code == JEM_OK && link->trusted)
        jem_link_unnote(link->moved, &link->moved_count, ref);
    return code;
}

/* ---- fetching ---- */

struct link_lanes {
    git_oid *wants, *haves;
    size_t want_count, have_count;
};

/* What the specs name and the ledger does not have as it stands at the hub. */
static enum jem_code link_lean_lanes(struct jem_link *link, const char *const *specs, size_t count, bool set,
    struct link_lanes *lanes, struct jem_error *err)
{
    char target[JEM_REF_MAX];
    git_oid had;
    bool there;
    enum jem_code code = JEM_OK;
    for (size_t i = 0; i < link->ref_count; i++)
        for (size_t k = 0; code == JEM_OK && k < count; k++) {
            const struct jem_link_ref *ref = &link->refs[i];
            if (!jem_spec_target(specs[k], ref->name, target))
                continue;
            code = jem_ledger_ref(link->ledger, target, &had, &there, err);
            if (code != JEM_OK || (there && git_oid_equal(&had, &ref->oid)))
                continue;
            if (set && !git_odb_exists(link->ledger->odb, &ref->oid))
                return jem_fail(err, JEM_ELINK, JEM_D_LINK, 0, JEM_T_HUB_SILENT, link->url, "an incomplete pack");
            if (set)
                code = jem_ledger_ref_set(link->ledger, target, &ref->oid, err);
            else
                lanes->wants[lanes->want_count++] = ref->oid;
            if (!set && there)
                lanes->haves[lanes->have_count++] = had;
        }
    return code;
}

enum jem_code jem_link_lean_fetch(struct jem_link *link, const char *const *specs, size_t count, struct jem_error *err)
{
    size_t most = link->ref_count * count + 1;
    struct link_lanes lanes = { calloc(most, sizeof(git_oid)), calloc(most, sizeof(git_oid)), 0, 0 };
    enum jem_code code = lanes.wants != NULL && lanes.haves != NULL ? JEM_OK : jem_fail_nomem(err);
    if (code == JEM_OK)
        code = link_lean_lanes(link, specs, count, false, &lanes, err);
    if (code == JEM_OK && lanes.want_count > 0)
        code = jem_lean_fetch(link->lean, lanes.wants, lanes.want_count, lanes.haves, lanes.have_count, err);
    if (code == JEM_OK && lanes.want_count > 0)
        code = link_lean_lanes(link, specs, count, true, &lanes, err);
    free(lanes.wants);
    free(lanes.haves);
    return code;
}
