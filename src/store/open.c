/* open.c - the life of a store.
 *
 * A new store is filled under the name jemput.db.new; then slots.json is written; then the database gets its name. The
 * folder holds a store from that rename on: whatever an interrupted `create` left before is made anew. */
#include "db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "assets.h"
#include "jemput/file.h"
#include "secret.h"
#include "views.h"

#define STORE_FORMAT "1"
#define STORE_LOCAL 6 /* of the local tables: local.sql is 1, local_2.sql makes it 2, and so on */
#define STORE_NAME_MAX 200

enum jem_code jem_store_new(const char *dir, const unsigned char *key, const struct jem_clock *clock,
    struct jem_store **out, struct jem_error *err)
{
    struct jem_store *store = calloc(1, sizeof *store);
    *out = NULL;
    if (store == NULL)
        return jem_fail_nomem(err);
    store->clock = clock;
    store->writer = -1;
    store->inc = 1;
    store->data_version = -1;
    store->dir = strdup(dir);
    store->key = jem_secret_new(JEM_STORE_KEY_BYTES);
    if (store->dir == NULL || store->key == NULL) {
        jem_store_close(store);
        return jem_fail_nomem(err);
    }
    memcpy(store->key, key, JEM_STORE_KEY_BYTES);
    *out = store;
    return JEM_OK;
}

void jem_store_close(struct jem_store *store)
{
    if (store == NULL)
        return;
    if (store->db != NULL) {
        jem_store_rollback(store);
        jem_db_close(store);
    }
    jem_event_list_release(&store->fresh);
    jem_words_release(&store->words);
    free(store->streams);
    free(store->minted);
    free(store->dir);
    sodium_free(store->key);
    free(store);
}

/* ---- open ---- */

static enum jem_code store_meta_is(struct jem_store *store, const char *key, const char *value, bool *same,
    struct jem_error *err)
{
    struct jem_buf got = JEM_BUF_INIT(256);
    enum jem_code rc = jem_store_meta_get(store, key, &got, err);
    *same = rc == JEM_OK && strcmp(jem_buf_text(&got), value) == 0;
    jem_buf_release(&got);
    return rc == JEM_ENOTFOUND ? JEM_OK : rc;
}

static enum jem_code store_current(struct jem_store *store, unsigned *local, bool *views, struct jem_error *err)
{
    char version[12];
    bool same = false;
    enum jem_code rc = JEM_OK;
    for (*local = STORE_LOCAL; rc == JEM_OK && *local > 1 && !same; *local -= !same) {
        (void)snprintf(version, sizeof version, "%u", *local);
        rc = store_meta_is(store, "local", version, &same, err);
    }
    (void)snprintf(version, sizeof version, "%d", JEM_VIEWS_VERSION);
    return rc == JEM_OK ? store_meta_is(store, "views", version, views, err) : rc;
}

/* The tables that formats after `local` added. */
static enum jem_code store_local_add(struct jem_store *store, unsigned local, struct jem_error *err)
{
    const struct {
        const char *sql, *end;
    } added[] = { { jem_asset_local_2_sql_start, jem_asset_local_2_sql_end },
        { jem_asset_local_3_sql_start, jem_asset_local_3_sql_end },
        { jem_asset_local_4_sql_start, jem_asset_local_4_sql_end },
        { jem_asset_local_5_sql_start, jem_asset_local_5_sql_end },
        { jem_asset_local_6_sql_start, jem_asset_local_6_sql_end } };
    enum jem_code rc = JEM_OK;
    store->fitting = true;
    for (unsigned i = local - 1; rc == JEM_OK && i < STORE_LOCAL - 1; i++)
        rc = jem_db_exec(store, added[i].sql, (size_t)(added[i].end - added[i].sql), err);
    store->fitting = false;
    return rc;
}

/* What the tables of an older format lack. Stages are told anew: nobody was told any before format 2. */
static enum jem_code store_local_fit(struct jem_store *store, unsigned local, struct jem_error *err)
{
    static const char told[] = "INSERT OR IGNORE INTO changed (number, day) SELECT number, day FROM application "
                               "WHERE (SELECT value FROM meta WHERE key = 'role') = 'hq' ORDER BY number";
    char version[12];
    (void)snprintf(version, sizeof version, "%d", STORE_LOCAL);
    enum jem_code rc = local < 2 ? jem_db_exec(store, told, sizeof told - 1, err) : JEM_OK;
    return rc == JEM_OK ? jem_store_meta_set(store, "local", version, err) : rc;
}

/* Tables of an older version get what they lack, views of another version are folded anew, by whoever opens first. */
static enum jem_code store_fit(struct jem_store *store, struct jem_error *err)
{
    unsigned local = 0;
    bool views = false;
    enum jem_code rc = store_current(store, &local, &views, err);
    if (rc != JEM_OK || (local == STORE_LOCAL && views))
        return rc;
    rc = jem_store_begin(store, err);
    if (rc != JEM_OK)
        return rc;
    rc = store_current(store, &local, &views, err);
    if (rc == JEM_OK)
        rc = store_local_add(store, local, err);
    if (rc == JEM_OK && !views)
        rc = jem_views_rebuild(store, err);
    if (rc == JEM_OK && local < STORE_LOCAL)
        rc = store_local_fit(store, local, err);
    return jem_store_leave(store, true, rc, err);
}

enum jem_code jem_store_ready(struct jem_store *store, struct jem_error *err)
{
    bool ours = false, hq = false, van = false;
    enum jem_code rc = store_meta_is(store, "format", STORE_FORMAT, &ours, err);
    if (rc == JEM_OK)
        rc = store_meta_is(store, "role", "hq", &hq, err);
    if (rc == JEM_OK)
        rc = store_meta_is(store, "role", "van", &van, err);
    if (rc == JEM_EINTERNAL || (rc == JEM_OK && (!ours || hq == van)))
        return jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_STORE_FORMAT);
    if (rc == JEM_OK) {
        store->role = hq ? JEM_ROLE_HQ : JEM_ROLE_VAN;
        rc = store_fit(store, err);
    }
    return rc;
}

static enum jem_code store_attach(struct jem_store *store, struct jem_error *err)
{
    char path[4096];
    enum jem_code rc = jem_path_join(path, sizeof path, store->dir, "jemput.db", err);
    if (rc == JEM_OK && !jem_path_exists(path))
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_NONE, store->dir);
    if (rc == JEM_OK)
        rc = jem_db_open(store, path, false, err);
    if (rc == JEM_OK)
        rc = jem_store_ready(store, err);
    return rc;
}

static enum jem_code store_open_key(const char *dir, const unsigned char *key, const struct jem_clock *clock,
    struct jem_store **out, struct jem_error *err)
{
    enum jem_code rc = jem_store_new(dir, key, clock, out, err);
    if (rc == JEM_OK)
        rc = store_attach(*out, err);
    if (rc != JEM_OK) {
        jem_store_close(*out);
        *out = NULL;
    }
    return rc;
}

enum jem_code jem_store_open(const char *dir, const char *user, const char *passphrase, const struct jem_clock *clock,
    struct jem_store **out, struct jem_error *err)
{
    unsigned char *key = jem_secret_new(JEM_STORE_KEY_BYTES);
    *out = NULL;
    if (key == NULL)
        return jem_fail_nomem(err);
    enum jem_code rc = jem_slots_open(dir, user, passphrase, key, err);
    if (rc == JEM_OK)
        rc = store_open_key(dir, key, clock, out, err);
    sodium_free(key);
    return rc;
}

enum jem_code jem_store_dup(const struct jem_store *store, struct jem_store **out, struct jem_error *err)
{
    return store_open_key(store->dir, store->key, store->clock, out, err);
}

/* ---- create ---- */

static enum jem_code store_fill(struct jem_store *store, const char *role, const char *name, const char *user,
    struct jem_error *err)
{
    static const char begin[] = "BEGIN", commit[] = "COMMIT";
    const struct {
        const char *sql, *end;
    } parts[] = { { begin, begin + sizeof begin - 1 }, { jem_asset_log_sql_start, jem_asset_log_sql_end },
        { jem_asset_local_sql_start, jem_asset_local_sql_end }, { commit, commit + sizeof commit - 1 } };
    enum jem_code rc = JEM_OK;
    for (size_t i = 0; rc == JEM_OK && i < sizeof parts / sizeof *parts; i++)
        rc = jem_db_exec(store, parts[i].sql, (size_t)(parts[i].end - parts[i].sql), err);
    if (rc == JEM_OK)
        rc = jem_store_begin(store, err);
    if (rc != JEM_OK)
        return rc;
    const char *meta[][2] = { { "format", STORE_FORMAT }, { "role", role }, { "name", name }, { "officer.first", user },
        { "inc", "1" }, { "van", store->role == JEM_ROLE_HQ ? "0" : NULL } };
    for (size_t i = 0; rc == JEM_OK && i < sizeof meta / sizeof *meta; i++)
        if (meta[i][1] != NULL)
            rc = jem_store_meta_set(store, meta[i][0], meta[i][1], err);
    if (rc == JEM_OK)
        rc = store_local_add(store, 1, err);
    if (rc == JEM_OK)
        rc = store_local_fit(store, STORE_LOCAL, err);
    if (rc == JEM_OK)
        rc = jem_views_rebuild(store, err);
    return jem_store_leave(store, true, rc, err);
}

static enum jem_code store_make_file(const char *dir, const char *path, enum jem_role role, const char *name,
    const char *user, const unsigned char *key, const struct jem_clock *clock, struct jem_error *err)
{
    static const char *const leftovers[] = { "", "-wal", "-shm" };
    char old[4096 + 8];
    struct jem_store *store = NULL;
    for (size_t i = 0; i < sizeof leftovers / sizeof *leftovers; i++) {
        (void)snprintf(old, sizeof old, "%s%s", path, leftovers[i]);
        if (unlink(old) != 0 && errno != ENOENT)
            return jem_fail_errno(err, errno, old);
    }
    enum jem_code rc = jem_store_new(dir, key, clock, &store, err);
    if (rc == JEM_OK)
        rc = jem_db_open(store, path, true, err);
    if (rc == JEM_OK) {
        store->role = role;
        rc = store_fill(store, role == JEM_ROLE_HQ ? "hq" : "van", name, user, err);
    }
    jem_store_close(store); /* the last handle moves the WAL into the file */
    return rc;
}

/* Some file systems cannot name a file only where the name is free: there the caller's look before has to do. */
static int store_name_free(const char *from, const char *to)
{
    int rc = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
    return rc != 0 && errno == EINVAL ? rename(from, to) : rc;
}

enum jem_code jem_store_name_it(const char *dir, const char *from, const char *to, bool replace, struct jem_error *err)
{
    if ((replace ? rename(from, to) : store_name_free(from, to)) != 0)
        return errno == EEXIST ? jem_fail(err, JEM_EEXISTS, JEM_D_STORE, errno, JEM_T_BACKUP_EXISTS, to)
                               : jem_fail_errno(err, errno, to);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some file systems (FAT on a stick, FUSE) cannot sync a folder and say EINVAL. */
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL)) {
        enum jem_code rc = jem_fail_errno(err, errno, dir);
        if (fd >= 0)
            (void)close(fd);
        return rc;
    }
    (void)close(fd);
    return JEM_OK;
}

static enum jem_code store_create_locked(const char *dir, enum jem_role role, const char *name, const char *user,
    const char *passphrase, const unsigned char *key, const struct jem_clock *clock, struct jem_error *err)
{
    char path[4096], made[4096], slots[4096];
    enum jem_code rc = jem_path_join(path, sizeof path, dir, "jemput.db", err);
    if (rc == JEM_OK)
        rc = jem_path_join(made, sizeof made, dir, "jemput.db.new", err);
    if (rc == JEM_OK)
        rc = jem_path_join(slots, sizeof slots, dir, "slots.json", err);
    if (rc != JEM_OK)
        return rc;
    if (jem_path_exists(path))
        return jem_fail(err, JEM_EEXISTS, JEM_D_STORE, 0, JEM_T_STORE_EXISTS, dir);
    rc = store_make_file(dir, made, role, name, user, key, clock, err);
    if (rc == JEM_OK && unlink(slots) != 0 && errno != ENOENT)
        rc = jem_fail_errno(err, errno, slots);
    if (rc == JEM_OK)
        rc = jem_slots_create(dir, user, passphrase, key, err);
    if (rc == JEM_OK)
        rc = jem_store_name_it(dir, made, path, true, err);
    return rc;
}

enum jem_code jem_store_create(const char *dir, enum jem_role role, const char *name, const char *user,
    const char *passphrase, const struct jem_clock *clock, struct jem_store **out, struct jem_error *err)
{
    char lock[4096];
    int fd = -1;
    *out = NULL;
    if ((role != JEM_ROLE_VAN && role != JEM_ROLE_HQ) || name[0] == '\0' || strlen(name) > STORE_NAME_MAX)
        return jem_fail(err, JEM_EINVAL, JEM_D_STORE, 0, JEM_T_STORE_NAME, STORE_NAME_MAX);
    unsigned char *key = jem_secret_new(JEM_STORE_KEY_BYTES);
    if (key == NULL)
        return jem_fail_nomem(err);
    jem_random(key, JEM_STORE_KEY_BYTES);
    enum jem_code rc = jem_dir_make(dir, 0700, err);
    if (rc == JEM_OK)
        rc = jem_path_join(lock, sizeof lock, dir, "create.lock", err);
    if (rc == JEM_OK)
        rc = jem_lock_take(lock, &fd, err);
    if (rc == JEM_OK)
        rc = store_create_locked(dir, role, name, user, passphrase, key, clock, err);
    jem_lock_release(fd);
    if (rc == JEM_OK)
        rc = store_open_key(dir, key, clock, out, err);
    sodium_free(key);
    return rc;
}

/* ---- plain questions ---- */

const char *jem_store_dir(const struct jem_store *store)
{
    return store->dir;
}

enum jem_role jem_store_role(const struct jem_store *store)
{
    return store->role;
}

int64_t jem_store_now_ms(const struct jem_store *store)
{
    return store->clock->now_unix_ms(store->clock->ctx);
}

int32_t jem_store_today(const struct jem_store *store)
{
    return jem_day_of_unix_ms(jem_store_now_ms(store));
}

enum jem_code jem_store_slot_put(struct jem_store *store, const char *user, const char *passphrase,
    struct jem_error *err)
{
    return jem_slots_put(store->dir, user, passphrase, store->key, err);
}

enum jem_code jem_store_escrow(struct jem_store *store, const unsigned char hq_box_public[32], struct jem_error *err)
{
    return jem_slots_escrow(store->dir, hq_box_public, store->key, err);
}
