/* chain.c - walking, comparing and reading lanes. */
#include "chain.h"

#include <stdlib.h>
#include <string.h>

#include <git2/buffer.h>
#include <git2/tree.h>

#include "jemput/sshsig.h"

void jem_oids_release(struct jem_oids *oids)
{
    free(oids->items);
    *oids = (struct jem_oids){ 0 };
}

enum jem_code jem_oids_push(struct jem_oids *oids, const git_oid *oid, struct jem_error *err)
{
    if (oids->count == oids->cap) {
        size_t cap = oids->cap == 0 ? 64 : oids->cap * 2;
        git_oid *items = realloc(oids->items, cap * sizeof *items);
        if (items == NULL)
            return jem_fail_nomem(err);
        oids->items = items;
        oids->cap = cap;
    }
    oids->items[oids->count++] = *oid;
    return JEM_OK;
}

void jem_oids_reverse(struct jem_oids *oids)
{
    for (size_t i = 0, j = oids->count; i + 1 < j; i++) {
        git_oid swap = oids->items[i];
        oids->items[i] = oids->items[--j];
        oids->items[j] = swap;
    }
}

/* Commits from `from` back by first parent, newest first, up to `stop` (not included) or the root. */
static enum jem_code chain_walk(struct jem_ledger *ledger, const git_oid *from, const git_oid *stop,
    struct jem_oids *out, bool *met, int *native, struct jem_error *err)
{
    git_oid at = *from;
    enum jem_code code = JEM_OK;
    for (*met = false, *native = 0; code == JEM_OK;) {
        if (stop != NULL && git_oid_equal(&at, stop)) {
            *met = true;
            break;
        }
        git_commit *commit = NULL;
        *native = git_commit_lookup(&commit, ledger->repo, &at);
        if (*native != 0)
            return jem_gitlib_fail(err, *native, ledger->path);
        code = jem_oids_push(out, &at, err);
        unsigned parents = git_commit_parentcount(commit);
        if (parents > 0)
            at = *git_commit_parent_id(commit, 0);
        git_commit_free(commit);
        if (parents == 0)
            break;
    }
    return code;
}

enum jem_code jem_chain_compare(struct jem_ledger *ledger, const git_oid *base, const git_oid *head,
    enum jem_relation *relation, struct jem_oids *fresh, struct jem_error *err)
{
    bool met;
    int native;
    *relation = JEM_RELATION_FOREIGN;
    if (base != NULL && git_oid_equal(base, head)) {
        *relation = JEM_RELATION_SAME;
        return JEM_OK;
    }
    struct jem_oids past = { 0 };
    enum jem_code code = chain_walk(ledger, head, base, fresh, &met, &native, err);
    if (code == JEM_OK && (met || base == NULL)) {
        *relation = JEM_RELATION_AHEAD;
        jem_oids_reverse(fresh);
        return JEM_OK;
    }
    fresh->count = 0;
    if (code != JEM_OK)
        return native == GIT_ENOTFOUND ? jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, native, JEM_T_LANE_HOLE) : code;
    code = chain_walk(ledger, base, head, &past, &met, &native, err);
    if (code == JEM_OK && met)
        *relation = JEM_RELATION_BEHIND;
    jem_oids_release(&past);
    return native == GIT_ENOTFOUND ? JEM_OK : code;
}

/* The tree's only entry, when it is a plain file of that name (any name for NULL). */
static enum jem_code lane_file(const git_commit *commit, const char *name, git_oid *blob, struct jem_error *err)
{
    git_tree *tree = NULL;
    char hex[JEM_OID_HEX];
    git_oid_tostr(hex, 11, git_commit_id(commit));
    bool good = git_commit_tree(&tree, commit) == 0 && git_tree_entrycount(tree) == 1;
    const git_tree_entry *entry = good ? git_tree_entry_byindex(tree, 0) : NULL;
    good = entry != NULL && git_tree_entry_filemode(entry) == GIT_FILEMODE_BLOB &&
           (name == NULL || strcmp(git_tree_entry_name(entry), name) == 0);
    if (good)
        *blob = *git_tree_entry_id(entry);
    git_tree_free(tree);
    return good ? JEM_OK : jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_TREE, hex);
}

enum jem_code jem_lane_commit_read(struct jem_ledger *ledger, const git_oid *oid, const char *name,
    struct jem_lane_commit *out, struct jem_error *err)
{
    *out = (struct jem_lane_commit){ .oid = *oid };
    git_commit *commit = NULL;
    git_oid blob;
    size_t n = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    int rc = git_commit_lookup(&commit, ledger->repo, oid);
    if (rc != 0)
        return jem_gitlib_fail(err, rc, ledger->path);
    out->parents = git_commit_parentcount(commit);
    if (out->parents > 0)
        out->parent = *git_commit_parent_id(commit, 0);
    enum jem_code code = lane_file(commit, name, &blob, err);
    git_commit_free(commit);
    if (code != JEM_OK)
        return code;
    rc = git_odb_read_header(&n, &type, ledger->odb, &blob);
    if (rc == 0 && (type != GIT_OBJECT_BLOB || n > JEM_LANE_FILE_MAX)) {
        char hex[JEM_OID_HEX];
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_TREE, git_oid_tostr(hex, 11, oid));
    }
    if (rc == 0)
        rc = git_odb_read(&out->object, ledger->odb, &blob);
    if (rc != 0)
        return jem_gitlib_fail(err, rc, ledger->path);
    out->p = git_odb_object_data(out->object);
    out->n = git_odb_object_size(out->object);
    return JEM_OK;
}

void jem_lane_commit_release(struct jem_lane_commit *commit)
{
    git_odb_object_free(commit->object);
    *commit = (struct jem_lane_commit){ 0 };
}

uint64_t jem_lane_commit_bytes(struct jem_ledger *ledger, const git_oid *oid)
{
    git_commit *commit = NULL;
    git_oid blob;
    size_t n = 0;
    git_object_t type;
    if (git_commit_lookup(&commit, ledger->repo, oid) == 0 && lane_file(commit, NULL, &blob, NULL) == JEM_OK &&
        git_odb_read_header(&n, &type, ledger->odb, &blob) != 0)
        n = 0;
    git_commit_free(commit);
    return n;
}

enum jem_code jem_commit_verify(struct jem_ledger *ledger, const git_oid *oid, const unsigned char public_key[32],
    struct jem_error *err)
{
    git_buf armor = GIT_BUF_INIT, text = GIT_BUF_INIT;
    git_oid id = *oid;
    char hex[JEM_OID_HEX];
    git_oid_tostr(hex, 11, oid);
    int rc = git_commit_extract_signature(&armor, &text, ledger->repo, &id, NULL);
    enum jem_code code;
    if (rc == GIT_ENOTFOUND)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, rc, JEM_T_LANE_UNSIGNED, hex);
    else if (rc != 0)
        code = jem_gitlib_fail(err, rc, ledger->path);
    else if ((code = jem_sshsig_verify(armor.ptr, armor.size, text.ptr, text.size, public_key, NULL)) == JEM_ECORRUPT)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_CRYPTO, 0, JEM_T_LANE_SIGNATURE, hex);
    else if (code != JEM_OK)
        code = jem_fail_nomem(err);
    git_buf_dispose(&armor);
    git_buf_dispose(&text);
    return code;
}
