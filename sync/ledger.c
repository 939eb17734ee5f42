/* ledger.c - the bare repository of a store, the hub that it can make, and git's list of signers. */
#include "ledger_repo.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>

#include "jemput/codec.h"
#include "jemput/file.h"
#include "jemput/sshsig.h"
#include "published.h"
#include "stale.h"

void jem_writer_name(unsigned writer, char name[24])
{
    if (writer == 0)
        snprintf(name, 24, "hq");
    else
        snprintf(name, 24, "van %u", writer);
}

void jem_writer_mail(unsigned writer, char mail[48])
{
    if (writer == 0)
        snprintf(mail, 48, "hq@jemput.invalid");
    else
        snprintf(mail, 48, "van-%u@jemput.invalid", writer);
}

uint64_t jem_commit_number(struct jem_ledger *ledger, const git_oid *oid, const char *noun)
{
    git_commit *commit = NULL;
    uint64_t number = 0;
    size_t n = strlen(noun);
    if (git_commit_lookup(&commit, ledger->repo, oid) == 0) {
        const char *subject = git_commit_message(commit);
        if (strncmp(subject, noun, n) != 0 || sscanf(subject + n, " %" SCNu64, &number) != 1)
            number = 0;
    }
    git_commit_free(commit);
    return number;
}

/* Sets "key = value" lines, ended by NULL, in the configuration of a repository. */
static int ledger_configure(git_repository *repo, const char *const settings[][2])
{
    git_config *config = NULL;
    int rc = git_repository_config(&config, repo);
    for (size_t i = 0; rc == 0 && settings[i][0] != NULL; i++)
        rc = git_config_set_string(config, settings[i][0], settings[i][1]);
    git_config_free(config);
    return rc;
}

static int ledger_make(git_repository **repo, const char *path)
{
    /* Objects are sealed: a search for deltas among them is time lost. libgit2 1.5 takes the size from which it leaves
     * deltas out from pack.deltaCacheSize; git and later libgit2 take it from core.bigFileThreshold. */
    static const char *const settings[][2] = { { "core.bigFileThreshold", "2000" }, { "pack.deltaCacheSize", "2000" },
        { "core.fsync", "all" }, { "gc.auto", "0" }, { NULL, NULL } };
    git_repository_init_options opts;
    git_repository_init_options_init(&opts, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
    opts.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH | GIT_REPOSITORY_INIT_NO_REINIT;
    opts.mode = 0700;
    opts.initial_head = "hq/1.1";
    int rc = git_repository_init_ext(repo, path, &opts);
    return rc == 0 ? ledger_configure(*repo, settings) : rc;
}

/* A repository that was not there: made beside its place and moved there whole, so that who is killed here leaves none that
 * cannot be opened, or lacks its settings. One that is there and cannot be opened is mended where it is. */
static int ledger_make_whole(git_repository **repo, const char *path)
{
    char aside[1100];
    if (jem_path_exists(path)) {
        jem_stale_sweep(path, 0);
        return ledger_make(repo, path);
    }
    snprintf(aside, sizeof aside, "%s.new", path);
    jem_tree_remove(aside);
    int rc = ledger_make(repo, aside);
    git_repository_free(*repo);
    *repo = NULL;
    if (rc == 0 && rename(aside, path) != 0 && errno != ENOTEMPTY &&
        errno != EEXIST) { /* else: somebody else just did */
        git_error_set(GIT_ERROR_OS, "%s: %s", path, strerror(errno));
        rc = -1;
    }
    return rc == 0 ? git_repository_open_bare(repo, path) : rc;
}

enum jem_code jem_ledger_open(const char *dir, struct jem_ledger **out, struct jem_error *err)
{
    jem_gitlib_start();
    struct jem_ledger *ledger = calloc(1, sizeof *ledger);
    if (ledger == NULL)
        return jem_fail_nomem(err);
    enum jem_code code = jem_path_join(ledger->path, sizeof ledger->path, dir, "ledger.git", err);
    if (code != JEM_OK)
        goto out;
    int rc = git_repository_open_bare(&ledger->repo, ledger->path);
    if (rc == GIT_ENOTFOUND)
        rc = ledger_make_whole(&ledger->repo, ledger->path);
    if (rc == 0)
        rc = git_repository_odb(&ledger->odb, ledger->repo);
    if (rc == 0)
        rc = git_mempack_new(&ledger->fresh);
    if (rc == 0 && (rc = git_odb_add_backend(ledger->odb, ledger->fresh, 1000)) != 0)
        ledger->fresh->free(ledger->fresh);
    if (rc != 0)
        code = jem_gitlib_fail(err, rc, ledger->path);
out:
    if (code == JEM_OK)
        *out = ledger;
    else
        jem_ledger_free(ledger);
    return code;
}

void jem_ledger_free(struct jem_ledger *ledger)
{
    if (ledger == NULL)
        return;
    jem_published_free(ledger->published);
    git_odb_free(ledger->odb);
    git_repository_free(ledger->repo);
    free(ledger);
}

enum jem_code jem_ledger_ref(struct jem_ledger *ledger, const char *ref, git_oid *out, bool *there,
    struct jem_error *err)
{
    int rc = git_reference_name_to_id(out, ledger->repo, ref);
    *there = rc == 0;
    return rc == 0 || rc == GIT_ENOTFOUND ? JEM_OK : jem_gitlib_fail(err, rc, ledger->path);
}

enum jem_code jem_ledger_ref_set(struct jem_ledger *ledger, const char *ref, const git_oid *oid, struct jem_error *err)
{
    git_reference *made = NULL;
    int rc = git_reference_create(&made, ledger->repo, ref, oid, 1, NULL);
    git_reference_free(made);
    return rc == 0 ? JEM_OK : jem_gitlib_fail(err, rc, ledger->path);
}

/* ---- hub ---- */

/* True for a folder that holds something and is no git repository. */
static bool hub_is_taken(const char *dir)
{
    char head[1100];
    snprintf(head, sizeof head, "%s/HEAD", dir);
    if (jem_path_exists(head))
        return false;
    DIR *d = opendir(dir);
    bool taken = false;
    for (struct dirent *e; d != NULL && !taken && (e = readdir(d)) != NULL;)
        taken = strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    if (d != NULL)
        closedir(d);
    return taken;
}

enum jem_code jem_hub_init(const char *dir, struct jem_error *err)
{
    /* Stock receive-pack says "ok" before anything is durable: unpackLimit keeps the pack whole and core.fsync syncs
     * it. No part of a lane rewinds, so that denyNonFastForwards may stand for all of them; a part that is durable is
     * dropped whole by its writer, who may therefore delete refs. */
    static const char *const settings[][2] = { { "receive.unpackLimit", "1" }, { "transfer.unpackLimit", "1" },
        { "core.fsync", "all" }, { "receive.fsckObjects", "true" }, { "receive.denyNonFastForwards", "true" },
        { "receive.denyDeletes", "false" }, { "receive.denyDeleteCurrent", "ignore" }, { "http.receivepack", "true" },
        { "core.logAllRefUpdates", "true" }, { NULL, NULL } };
    jem_gitlib_start();
    if (hub_is_taken(dir))
        return jem_fail(err, JEM_EEXISTS, JEM_D_SYNC, 0, JEM_T_HUB_FOLDER_TAKEN, dir);
    git_repository *repo = NULL;
    git_repository_init_options opts;
    git_repository_init_options_init(&opts, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
    opts.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH;
    opts.mode = GIT_REPOSITORY_INIT_SHARED_GROUP;
    opts.initial_head = "hq/1.1";
    int rc = git_repository_init_ext(&repo, dir, &opts);
    if (rc == 0)
        rc = ledger_configure(repo, settings);
    enum jem_code code = rc == 0 ? JEM_OK : jem_gitlib_fail(err, rc, dir);
    git_repository_free(repo);
    return code;
}

/* ---- signers ---- */

static enum jem_code signers_line(struct jem_buf *out, unsigned writer, const unsigned char public_key[32],
    struct jem_error *err)
{
    char mail[48];
    jem_writer_mail(writer, mail);
    jem_buf_fmt(out, "%s namespaces=\"git\" ", mail);
    enum jem_code code = jem_ssh_public_text(public_key, mail, out, err);
    if (code == JEM_OK && out->len > 0 && out->data[out->len - 1] != '\n')
        jem_buf_byte(out, '\n');
    return code;
}

enum jem_code jem_ledger_signers(struct jem_store *store, struct jem_buf *out, struct jem_error *err)
{
    unsigned char key[32];
    json_t *vans = NULL;
    enum jem_code code = jem_keys_public(store, 0, key, err);
    if (code == JEM_OK)
        code = signers_line(out, 0, key, err);
    if (code != JEM_OK)
        return code;
    if (jem_store_role(store) == JEM_ROLE_HQ) {
        size_t i;
        json_t *van;
        code = jem_store_sign_keys(store, 0, &vans, err); /* also of laptops that were replaced */
        json_array_foreach(vans, i, van)
        {
            unsigned n = (unsigned)jem_json_int(van, "van", 0);
            const char *hex = jem_json_str(van, "sign", "");
            if (code == JEM_OK && n != 0 && jem_unhex(hex, strlen(hex), key, 32))
                code = signers_line(out, n, key, err);
        }
        json_decref(vans);
    } else if (jem_store_writer(store) > 0) {
        code = jem_keys_public(store, (unsigned)jem_store_writer(store), key, err);
        if (code == JEM_OK)
            code = signers_line(out, (unsigned)jem_store_writer(store), key, err);
    }
    return code == JEM_OK ? jem_buf_ok(out, err) : code;
}
