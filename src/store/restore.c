/* restore.c - a store made again from a backup.
 *
 * Durable steps: (1) jemput.db.new, copied and hashed; (2) slots.json; (3) in jemput.db.new the new incarnation and the note
 * of what the backup holds, in one unit; (4) jemput.db.new takes the name jemput.db. The folder holds a store from (4) on:
 * whatever an interrupted restore left before is made anew. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "backup_file.h"
#include "jemput/file.h"
#include "kept.h"
#include "secret.h"

#define RESTORE_PATH 4096

/* The newest of its own, whatever the clock said. */
static const char LAST_OWN[] =
    "SELECT number, at FROM application WHERE writer = ?1 AND seq > 0 ORDER BY inc DESC, seq DESC LIMIT 1";

struct restore {
    const char *path, *dir;
    char made[RESTORE_PATH], db[RESTORE_PATH], slots[RESTORE_PATH];
    struct jem_backup_file file;
    struct jem_store *store;
    unsigned char *key;
    struct jem_error *err;
};

/* ---- the folder ---- */

/* What `jemput init` or `restore` leave when they are interrupted. */
static bool restore_leftover(const char *name)
{
    static const char *const names[] = { ".", "..", "create.lock", "slots.lock", "slots.json", "slots.json.tmp",
        "jemput.db.new", "jemput.db.new-wal", "jemput.db.new-shm", "jemput.db.new-journal" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static enum jem_code restore_folder_free(const struct restore *r)
{
    bool free_ = true;
    if (jem_path_exists(r->db))
        return jem_fail(r->err, JEM_EEXISTS, JEM_D_STORE, 0, JEM_T_STORE_EXISTS, r->dir);
    DIR *d = opendir(r->dir);
    if (d == NULL)
        return jem_fail_errno(r->err, errno, r->dir);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        free_ = free_ && restore_leftover(e->d_name);
    (void)closedir(d);
    return free_ ? JEM_OK : jem_fail(r->err, JEM_EEXISTS, JEM_D_STORE, 0, JEM_T_BACKUP_IN_USE, r->dir);
}

/* After a failure the folder is as it was: empty. */
static void restore_clear(const struct restore *r)
{
    static const char *const behind[] = { "", "-wal", "-shm", "-journal" };
    char path[RESTORE_PATH + 8];
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
        (void)snprintf(path, sizeof path, "%s%s", r->made, behind[i]);
        (void)unlink(path);
    }
    (void)unlink(r->slots);
    (void)unlink(r->db); /* got its name, but not durably */
}

/* ---- bytes ---- */

static enum jem_code restore_copy(struct restore *r)
{
    unsigned char hash[32];
    restore_clear(r); /* of an interrupted one; restore_folder_free found no store */
    int fd = open(r->made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return jem_fail_errno(r->err, errno, r->made);
    enum jem_code rc = jem_backup_hash(r->file.fd, r->path, r->file.db_at, r->file.db_size, fd, r->made, hash, r->err);
    if (rc == JEM_OK && fsync(fd) != 0)
        rc = jem_fail_errno(r->err, errno, r->made);
    (void)close(fd);
    if (rc == JEM_OK && !jem_backup_lists(r->file.manifest, JEM_BACKUP_DB, r->file.db_size, hash))
        rc = jem_fail(r->err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_BACKUP_CUT, r->path);
    if (rc == JEM_OK)
        rc = jem_file_write(r->slots, r->file.slots.data, r->file.slots.len, 0600, r->err);
    return rc;
}

/* ---- the database ---- */

static enum jem_code restore_unit(struct jem_store *store, int64_t made_ms, struct jem_error *err)
{
    struct jem_buf kept = JEM_BUF_INIT((size_t)64 << 20);
    char at[24];
    uint16_t inc = 0;
    (void)snprintf(at, sizeof at, "%lld", (long long)made_ms);
    enum jem_code rc = jem_store_begin(store, err);
    if (rc != JEM_OK)
        return rc;
    rc = jem_kept_read(store, &kept, err);
    if (rc == JEM_OK)
        rc = jem_kept_write(store, &kept, err);
    if (rc == JEM_OK)
        rc = jem_store_meta_set(store, "restored.from", at, err);
    if (rc == JEM_OK && store->writer >= 0)
        rc = jem_store_inc_next(store, &inc, err);
    jem_buf_release(&kept);
    return jem_store_leave(store, true, rc, err);
}

/* Checked as it came, before anything in it is changed. */
static enum jem_code restore_database(struct restore *r)
{
    enum jem_code rc = jem_db_open(r->store, r->made, false, r->err);
    if (rc == JEM_OK)
        rc = jem_backup_check(r->store, r->path, r->file.manifest, r->err);
    if (rc == JEM_OK)
        rc = jem_store_ready(r->store, r->err);
    if (rc == JEM_OK)
        rc = restore_unit(r->store, jem_json_int(r->file.manifest, "at_ms", 0), r->err);
    return rc;
}

static enum jem_code restore_last(struct jem_store *store, json_t *out, struct jem_error *err)
{
    bool row = false;
    char number[JEM_NUMBER_TEXT];
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, LAST_OWN, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, store->writer);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row)
        jem_number_format((uint64_t)sqlite3_column_int64(st, 0), number);
    if (rc == JEM_OK &&
        (json_object_set_new(out, "last_number", row ? json_string(number) : json_null()) != 0 ||
            json_object_set_new(out, "last_ms", json_integer(row ? sqlite3_column_int64(st, 1) : 0)) != 0))
        rc = jem_fail_nomem(err);
    jem_db_done(st);
    return rc;
}

static enum jem_code restore_report(struct restore *r, json_t **out)
{
    const json_t *counts = json_object_get(r->file.manifest, "counts");
    *out = json_pack("{s:s, s:s, s:i, s:i, s:I, s:I, s:I, s:I}", "role", r->store->role == JEM_ROLE_HQ ? "hq" : "van",
        "name", jem_json_str(r->file.manifest, "name", ""), "van", r->store->writer, "inc", (int)r->store->inc,
        "events", (json_int_t)jem_json_int(counts, "events", 0), "applications",
        (json_int_t)jem_json_int(counts, "applications", 0), "documents",
        (json_int_t)jem_json_int(counts, "documents", 0), "at_ms",
        (json_int_t)jem_json_int(r->file.manifest, "at_ms", 0));
    return *out == NULL ? jem_fail_nomem(r->err) : restore_last(r->store, *out, r->err);
}

static enum jem_code restore_locked(struct restore *r, const char *user, const char *passphrase,
    const struct jem_clock *clock, json_t **out)
{
    enum jem_code rc = restore_folder_free(r);
    if (rc != JEM_OK)
        return rc;
    rc = restore_copy(r);
    if (rc == JEM_OK)
        rc = jem_slots_open(r->dir, user, passphrase, r->key, r->err);
    if (rc == JEM_OK)
        rc = jem_store_new(r->dir, r->key, clock, &r->store, r->err);
    if (rc == JEM_OK)
        rc = restore_database(r);
    if (rc == JEM_OK)
        rc = restore_report(r, out);
    jem_store_close(r->store); /* the last handle moves the WAL into the file */
    if (rc == JEM_OK)
        rc = jem_store_name_it(r->dir, r->made, r->db, true, r->err);
    if (rc != JEM_OK)
        restore_clear(r);
    return rc;
}

enum jem_code jem_backup_restore(const char *path, const char *dir, const char *user, const char *passphrase,
    const struct jem_clock *clock, json_t **out, struct jem_error *err)
{
    struct restore r = { .path = path, .dir = dir, .err = err };
    char lock[RESTORE_PATH];
    int fd = -1;
    *out = NULL;
    r.key = jem_secret_new(JEM_STORE_KEY_BYTES);
    enum jem_code rc = r.key == NULL ? jem_fail_nomem(err) : jem_backup_file_open(path, &r.file, err);
    const struct {
        char *out;
        const char *name;
    } paths[] = { { r.made, "jemput.db.new" }, { r.db, JEM_BACKUP_DB }, { r.slots, JEM_BACKUP_SLOTS },
        { lock, "create.lock" } };
    for (size_t i = 0; rc == JEM_OK && i < sizeof paths / sizeof *paths; i++)
        rc = jem_path_join(paths[i].out, RESTORE_PATH, dir, paths[i].name, err);
    if (rc == JEM_OK)
        rc = jem_dir_make(dir, 0700, err);
    if (rc == JEM_OK)
        rc = restore_folder_free(&r); /* not even a lock is made in a folder that is somebody's */
    if (rc == JEM_OK)
        rc = jem_lock_take(lock, &fd, err);
    if (rc == JEM_OK)
        rc = restore_locked(&r, user, passphrase, clock, out);
    jem_lock_release(fd);
    if (rc != JEM_OK) {
        json_decref(*out);
        *out = NULL;
    }
    jem_backup_file_close(&r.file);
    sodium_free(r.key);
    return rc;
}
