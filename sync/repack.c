/* repack.c - which packs go into a new one, and which objects of them.
 *
 * Durable steps: (1) the new pack with its index, fsynced and named by libgit2; (2) the packs that it stands for, each its index
 * first, so that no index ever names a pack that is gone. Stopped before (1) there is a file that no git reads, swept away next
 * time; stopped within (2) some objects are there twice, which git allows. Refs were moved before: what they do not reach is not
 * wanted.
 *
 * Packs are joined as digits of a counter: those that are small beside all smaller ones together become one. So each byte
 * is written again some few times in its life, and not at each round. */
#include "repack.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <git2/pack.h>
#include <git2/refs.h>
#include <git2/tree.h>

#include "chain.h"
#include "jemput/codec.h"
#include "jemput/file.h"

#define REPACK_INDEX_MAX ((size_t)1 << 30)
#define REPACK_KEEP_PACKS 25 /* at most, beside the one into which others are joined */

/* ---- a set of ids ---- */

struct repack_set {
    git_oid *slots; /* all zero: empty. No object has that id. */
    size_t count, cap;
};

static const git_oid repack_none = { { 0 } };

/* The slot of an id, or where it belongs: ids are hashes already. */
static size_t set_slot(const struct repack_set *set, const git_oid *oid)
{
    size_t at;
    memcpy(&at, oid->id, sizeof at);
    for (at &= set->cap - 1; !git_oid_equal(&set->slots[at], &repack_none) && !git_oid_equal(&set->slots[at], oid);)
        at = (at + 1) & (set->cap - 1);
    return at;
}

static bool set_has(const struct repack_set *set, const git_oid *oid)
{
    return set->cap > 0 && git_oid_equal(&set->slots[set_slot(set, oid)], oid);
}

/* *fresh false: it was there. */
static enum jem_code set_add(struct repack_set *set, const git_oid *oid, bool *fresh, struct jem_error *err)
{
    if (set->count * 3 >= set->cap * 2) {
        struct repack_set wider = { .cap = set->cap == 0 ? 1024 : set->cap * 2, .count = set->count };
        wider.slots = calloc(wider.cap, sizeof *wider.slots);
        if (wider.slots == NULL)
            return jem_fail_nomem(err);
        for (size_t i = 0; i < set->cap; i++)
            if (!git_oid_equal(&set->slots[i], &repack_none))
                wider.slots[set_slot(&wider, &set->slots[i])] = set->slots[i];
        free(set->slots);
        *set = wider;
    }
    size_t at = set_slot(set, oid);
    *fresh = !git_oid_equal(&set->slots[at], oid);
    set->slots[at] = *oid;
    set->count += *fresh;
    return JEM_OK;
}

/* ---- the packs ---- */

struct repack_pack {
    char name[64]; /* "pack-..." without its ending */
    uint64_t bytes;
    git_oid *oids;
    size_t count, live;
    bool taken; /* its live objects go into the new pack, and it goes */
};

struct repack {
    struct jem_ledger *ledger;
    char dir[1100];
    struct repack_pack *packs;
    size_t count, cap;
    struct repack_set live;
    bool prune;
};

static void repack_path(const struct repack *r, const char *name, const char *ending, char out[1500])
{
    snprintf(out, 1500, "%s/%s%s", r->dir, name, ending);
}

static bool repack_there(const struct repack *r, const char *name, const char *ending)
{
    char path[1500];
    repack_path(r, name, ending, path);
    return jem_path_exists(path);
}

/* Ids of an index of version 2 (gitformat-pack): magic, version, 256 counts, ids. False for another. */
static bool repack_read_index(struct repack_pack *pack, const struct jem_buf *index)
{
    static const unsigned char magic[8] = { 0xff, 't', 'O', 'c', 0, 0, 0, 2 };
    const size_t ids = sizeof magic + (size_t)256 * 4;
    if (index->len < ids || memcmp(index->data, magic, sizeof magic) != 0)
        return false;
    const unsigned char *n = index->data + ids - 4;
    pack->count = (size_t)n[0] << 24 | (size_t)n[1] << 16 | (size_t)n[2] << 8 | n[3];
    if ((index->len - ids) / GIT_OID_RAWSZ < pack->count)
        return false;
    pack->oids = malloc((pack->count + 1) * sizeof *pack->oids);
    for (size_t i = 0; pack->oids != NULL && i < pack->count; i++)
        git_oid_fromraw(&pack->oids[i], index->data + ids + i * GIT_OID_RAWSZ);
    return pack->oids != NULL;
}

static enum jem_code repack_add(struct repack *r, const char *name, struct jem_error *err)
{
    char path[1500];
    struct stat st;
    struct jem_buf index = JEM_BUF_INIT(REPACK_INDEX_MAX);
    struct repack_pack pack = { .taken = false };
    snprintf(pack.name, sizeof pack.name, "%s", name);
    repack_path(r, name, ".pack", path);
    if (stat(path, &st) != 0 || repack_there(r, name, ".keep"))
        return JEM_OK;
    pack.bytes = (uint64_t)st.st_size;
    repack_path(r, name, ".idx", path);
    enum jem_code code = jem_file_read(path, REPACK_INDEX_MAX, &index, err);
    if (code == JEM_OK && repack_read_index(&pack, &index)) {
        if (r->count == r->cap) {
            size_t cap = r->cap == 0 ? 64 : r->cap * 2;
            struct repack_pack *packs = realloc(r->packs, cap * sizeof *packs);
            if (packs != NULL) {
                r->packs = packs;
                r->cap = cap;
            } else {
                code = jem_fail_nomem(err);
            }
        }
        if (code == JEM_OK)
            r->packs[r->count++] = pack;
        else
            free(pack.oids);
    }
    jem_buf_release(&index);
    return code;
}

static int repack_order(const void *a, const void *b)
{
    const struct repack_pack *x = a, *y = b;
    return x->bytes != y->bytes ? (x->bytes < y->bytes ? -1 : 1) : strcmp(x->name, y->name);
}

/* "pack-<hex>" of "pack-<hex>.idx"; false for another ending. */
static bool repack_stem(const char *file, const char *ending, char stem[64])
{
    size_t n = strlen(file), tail = strlen(ending);
    if (n <= tail || n - tail >= 64 || strncmp(file, "pack-", 5) != 0 || strcmp(file + n - tail, ending) != 0)
        return false;
    memcpy(stem, file, n - tail);
    stem[n - tail] = '\0';
    return true;
}

/* Indexes in the folder. */
static size_t repack_count(const struct repack *r)
{
    char stem[64];
    size_t count = 0;
    DIR *d = opendir(r->dir);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
        count += repack_stem(e->d_name, ".idx", stem);
    if (d != NULL)
        closedir(d);
    return count;
}

/* Finds the packs, smallest first, and sweeps away what an interrupted writer left: a pack without its index is read by nobody,
 * and whoever wrote one held the lock that we hold. */
static enum jem_code repack_list(struct repack *r, struct jem_error *err)
{
    char stem[64], path[1500];
    enum jem_code code = JEM_OK;
    DIR *d = opendir(r->dir);
    if (d == NULL)
        return JEM_OK;
    for (struct dirent *e; code == JEM_OK && (e = readdir(d)) != NULL;) {
        repack_path(r, e->d_name, "", path);
        if (repack_stem(e->d_name, ".idx", stem))
            code = repack_add(r, stem, err);
        else if ((repack_stem(e->d_name, ".pack", stem) && !repack_there(r, stem, ".idx")) ||
                 strncmp(e->d_name, "pack_git2_", 10) == 0)
            (void)unlink(path);
    }
    closedir(d);
    if (r->count > 1)
        qsort(r->packs, r->count, sizeof *r->packs, repack_order);
    return code;
}

/* ---- what refs reach ---- */

/* The tree of a commit and its files. */
static enum jem_code reach_tree(struct repack *r, const git_commit *commit, struct jem_error *err)
{
    bool fresh;
    git_tree *tree = NULL;
    enum jem_code code = set_add(&r->live, git_commit_tree_id(commit), &fresh, err);
    if (code != JEM_OK || !fresh)
        return code;
    int rc = git_commit_tree(&tree, commit);
    for (size_t i = 0; rc == 0 && code == JEM_OK && i < git_tree_entrycount(tree); i++)
        code = set_add(&r->live, git_tree_entry_id(git_tree_entry_byindex(tree, i)), &fresh, err);
    git_tree_free(tree);
    return rc == 0 ? code : jem_gitlib_fail(err, rc, r->ledger->path);
}

/* A commit, once; its parents wait in `next`. One that is not here is where a carried lane begins. */
static enum jem_code reach_commit(struct repack *r, const git_oid *oid, struct jem_oids *next, struct jem_error *err)
{
    bool fresh;
    git_commit *commit = NULL;
    if (set_has(&r->live, oid) || !git_odb_exists(r->ledger->odb, oid))
        return JEM_OK;
    int rc = git_commit_lookup(&commit, r->ledger->repo, oid);
    if (rc != 0)
        return jem_gitlib_fail(err, rc, r->ledger->path);
    enum jem_code code = set_add(&r->live, oid, &fresh, err);
    if (code == JEM_OK)
        code = reach_tree(r, commit, err);
    for (unsigned i = 0; code == JEM_OK && i < git_commit_parentcount(commit); i++)
        code = jem_oids_push(next, git_commit_parent_id(commit, i), err);
    git_commit_free(commit);
    return code;
}

static int reach_ref(const char *name, void *ctx)
{
    struct repack *r = ((void **)ctx)[0];
    struct jem_oids *next = ((void **)ctx)[1];
    git_oid oid;
    if (git_reference_name_to_id(&oid, r->ledger->repo, name) != 0)
        return 0;
    return jem_oids_push(next, &oid, NULL) == JEM_OK ? 0 : GIT_EUSER;
}

static enum jem_code repack_reach(struct repack *r, struct jem_error *err)
{
    struct jem_oids next = { 0 };
    void *ctx[2] = { r, &next };
    int rc = git_reference_foreach_name(r->ledger->repo, reach_ref, ctx);
    enum jem_code code = rc == 0           ? JEM_OK
                         : rc == GIT_EUSER ? jem_fail_nomem(err)
                                           : jem_gitlib_fail(err, rc, r->ledger->path);
    while (code == JEM_OK && next.count > 0) {
        const git_oid oid = next.items[--next.count];
        code = reach_commit(r, &oid, &next, err);
    }
    jem_oids_release(&next);
    return code;
}

/* ---- which packs ---- */

static bool repack_lives(const struct repack *r, const git_oid *oid)
{
    return !r->prune || set_has(&r->live, oid);
}

static void repack_choose(struct repack *r)
{
    size_t left = 0, small = 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < r->count; i++) {
        struct repack_pack *pack = &r->packs[i];
        for (size_t k = 0; k < pack->count; k++)
            pack->live += repack_lives(r, &pack->oids[k]);
        pack->taken = pack->live < pack->count;
        left += pack->live > 0;
    }
    for (size_t i = 0; left > JEM_REPACK_PACKS && i < r->count; i++) {
        struct repack_pack *pack = &r->packs[i];
        if (pack->live == 0)
            continue;
        if (small >= 2 && pack->bytes > sum && left - small <= REPACK_KEEP_PACKS)
            break;
        pack->taken = true;
        sum += pack->bytes;
        small++;
    }
}

/* ---- the new pack ---- */

static enum jem_code repack_write(struct repack *r, char made[64], struct jem_error *err)
{
    git_packbuilder *builder = NULL;
    made[0] = '\0';
    int rc = git_packbuilder_new(&builder, r->ledger->repo);
    for (size_t i = 0; rc == 0 && i < r->count; i++)
        for (size_t k = 0; rc == 0 && r->packs[i].taken && k < r->packs[i].count; k++)
            if (repack_lives(r, &r->packs[i].oids[k]))
                rc = git_packbuilder_insert(builder, &r->packs[i].oids[k], NULL);
    if (rc == 0 && git_packbuilder_object_count(builder) > 0) {
        rc = git_packbuilder_write(builder, NULL, 0, NULL, NULL);
        if (rc == 0)
            snprintf(made, 64, "pack-%s", git_packbuilder_name(builder));
    }
    git_packbuilder_free(builder);
    return rc == 0 ? JEM_OK : jem_gitlib_fail(err, rc, r->ledger->path);
}

static void repack_remove(const struct repack *r, const char *name)
{
    static const char *const endings[] = { ".idx", ".pack", ".rev" };
    char path[1500];
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        repack_path(r, name, endings[i], path);
        (void)unlink(path);
    }
}

static enum jem_code repack_run(struct repack *r, struct jem_repack *out, struct jem_error *err)
{
    char made[64];
    struct stat st;
    size_t taken = 0;
    for (size_t i = 0; i < r->count; i++)
        taken += r->packs[i].taken;
    if (taken == 0)
        return JEM_OK;
    enum jem_code code = repack_write(r, made, err);
    if (code == JEM_OK && made[0] != '\0' && !(repack_there(r, made, ".idx") && repack_there(r, made, ".pack")))
        code = jem_fail(err, JEM_EIO, JEM_D_GIT, 0, JEM_T_LEDGER_GIT, r->ledger->path, "no new pack");
    if (code != JEM_OK)
        return code;
    for (size_t i = 0; i < r->count; i++) {
        if (!r->packs[i].taken || strcmp(r->packs[i].name, made) == 0)
            continue;
        repack_remove(r, r->packs[i].name);
        out->bytes_after -= r->packs[i].bytes;
        out->packs_after--;
    }
    char path[1500];
    repack_path(r, made, ".pack", path);
    if (made[0] != '\0' && stat(path, &st) == 0) {
        out->bytes_after += (uint64_t)st.st_size;
        out->packs_after++;
    }
    return JEM_OK; /* a pack that comes back after a power cut is found here again */
}

enum jem_code jem_ledger_repack(struct jem_ledger *ledger, bool prune, struct jem_repack *out, struct jem_error *err)
{
    struct repack r = { .ledger = ledger, .prune = prune };
    *out = (struct jem_repack){ 0 };
    snprintf(r.dir, sizeof r.dir, "%s/objects/pack", ledger->path);
    out->packs_before = out->packs_after = repack_count(&r);
    if (!prune && out->packs_before <= JEM_REPACK_PACKS)
        return JEM_OK;
    enum jem_code code = repack_list(&r, err);
    for (size_t i = 0; i < r.count; i++)
        out->bytes_before += r.packs[i].bytes;
    out->packs_before = out->packs_after = r.count;
    out->bytes_after = out->bytes_before;
    if (code == JEM_OK && prune)
        code = repack_reach(&r, err);
    if (code == JEM_OK) {
        repack_choose(&r);
        code = repack_run(&r, out, err);
    }
    for (size_t i = 0; i < r.count; i++)
        free(r.packs[i].oids);
    free(r.packs);
    free(r.live.slots);
    return code;
}
