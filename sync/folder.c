/* folder.c - one pack from a repository in a folder, and a ref of it deleted. Durable steps of a fetch: (1) the pack, written whole
 * into the ledger, each object's hash computed anew; (2) the refs. */
#include "folder.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <git2/revwalk.h>

bool jem_spec_target(const char *spec, const char *name, char out[JEM_REF_MAX])
{
    const char *from = spec + (*spec == '+'), *to = strchr(from, ':');
    size_t n = to != NULL ? (size_t)(to - from) : 0;
    if (n == 0)
        return false;
    to++;
    if (from[n - 1] != '*') {
        bool same = strlen(name) == n && memcmp(name, from, n) == 0;
        return same && snprintf(out, JEM_REF_MAX, "%s", to) < JEM_REF_MAX;
    }
    if (strncmp(name, from, n - 1) != 0)
        return false;
    return snprintf(out, JEM_REF_MAX, "%.*s%s", (int)strlen(to) - 1, to, name + n - 1) < JEM_REF_MAX;
}

#define FOLDER_PATH_MAX 1200

static uint64_t folder_pack_bytes(const char *into, git_packbuilder *pack)
{
    char path[FOLDER_PATH_MAX + 80];
    struct stat st;
    snprintf(path, sizeof path, "%s/pack-%s.pack", into, git_packbuilder_name(pack));
    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

struct folder {
    struct jem_ledger *ledger;
    const struct jem_link_ref *refs;
    size_t ref_count;
    const char *const *specs;
    size_t spec_count;
    git_repository *hub;
    git_odb *odb;
    git_revwalk *walk;
    git_packbuilder *pack;
};

typedef int folder_visit(struct folder *f, const struct jem_link_ref *ref, const char *target);

static int folder_each(struct folder *f, folder_visit *visit)
{
    int rc = 0;
    char target[JEM_REF_MAX];
    for (size_t i = 0; rc == 0 && i < f->ref_count; i++)
        for (size_t k = 0; rc == 0 && k < f->spec_count; k++)
            if (jem_spec_target(f->specs[k], f->refs[i].name, target))
                rc = visit(f, &f->refs[i], target);
    return rc;
}

/* What the ledger had of this ref is where the walk ends, if the hub still holds that. */
static int folder_want(struct folder *f, const struct jem_link_ref *ref, const char *target)
{
    git_oid had;
    int rc = git_reference_name_to_id(&had, f->ledger->repo, target);
    if (rc == 0 && git_oid_equal(&had, &ref->oid))
        return 0;
    if (rc == 0 && git_odb_exists(f->odb, &had))
        rc = git_revwalk_hide(f->walk, &had);
    if (rc != 0 && rc != GIT_ENOTFOUND)
        return rc;
    return git_revwalk_push(f->walk, &ref->oid);
}

static int folder_set(struct folder *f, const struct jem_link_ref *ref, const char *target)
{
    git_reference *made = NULL;
    int rc = git_reference_create(&made, f->ledger->repo, target, &ref->oid, 1, NULL);
    git_reference_free(made);
    return rc;
}

int jem_folder_fetch(struct jem_ledger *ledger, const char *path, const struct jem_link_ref *refs, size_t ref_count,
    const char *const *specs, size_t spec_count, git_indexer_progress_cb tell, void *ctx, uint64_t *bytes)
{
    struct folder f = { .ledger = ledger,
        .refs = refs,
        .ref_count = ref_count,
        .specs = specs,
        .spec_count = spec_count };
    char into[FOLDER_PATH_MAX];
    *bytes = 0;
    snprintf(into, sizeof into, "%s/objects/pack", ledger->path);
    int rc = git_repository_open_ext(&f.hub, path, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
    if (rc == 0)
        rc = git_repository_odb(&f.odb, f.hub);
    if (rc == 0)
        rc = git_revwalk_new(&f.walk, f.hub);
    if (rc == 0)
        rc = folder_each(&f, folder_want);
    if (rc == 0)
        rc = git_packbuilder_new(&f.pack, f.hub);
    if (rc == 0)
        rc = git_packbuilder_insert_walk(f.pack, f.walk);
    if (rc == 0 && git_packbuilder_object_count(f.pack) > 0) {
        rc = git_packbuilder_write(f.pack, into, 0, tell, ctx);
        if (rc == 0) {
            *bytes = folder_pack_bytes(into, f.pack);
            rc = git_odb_refresh(ledger->odb);
        }
    }
    if (rc == 0)
        rc = folder_each(&f, folder_set);
    git_packbuilder_free(f.pack);
    git_revwalk_free(f.walk);
    git_odb_free(f.odb);
    git_repository_free(f.hub);
    return rc;
}

static bool folder_denies_deletes(git_repository *hub)
{
    git_config *config = NULL;
    int denied = 0;
    if (git_repository_config_snapshot(&config, hub) == 0)
        (void)git_config_get_bool(&denied, config, "receive.denyDeletes");
    git_config_free(config);
    return denied != 0;
}

int jem_folder_drop(const char *path, const char *ref, const git_oid *was, bool *denied)
{
    git_repository *hub = NULL;
    git_reference *at = NULL;
    *denied = false;
    int rc = git_repository_open_ext(&hub, path, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
    if (rc == 0)
        rc = git_reference_lookup(&at, hub, ref);
    if (rc == 0 && (git_reference_type(at) != GIT_REFERENCE_DIRECT || !git_oid_equal(git_reference_target(at), was)))
        rc = GIT_EMODIFIED;
    if (rc == 0 && !(*denied = folder_denies_deletes(hub)))
        rc = git_reference_delete(at); /* compares once more, under the ref's lock */
    if (rc == GIT_ENOTFOUND && hub != NULL)
        rc = 0;
    git_reference_free(at);
    git_repository_free(hub);
    return rc;
}
