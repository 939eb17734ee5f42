/* db.c - the one way to SQLite: the encrypted connection, cached statements, errors in our codes, the authorizer. */
#include "db.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "tar.h"

/* Nothing that happened is altered. The triggers say the same to other programs that have the key; this says it
 * to our own mistakes, and also keeps the triggers themselves. */
static bool db_is_log(const char *table)
{
    return table != NULL && (strcmp(table, "event") == 0 || strcmp(table, "stream") == 0);
}

static int db_authorize(void *ctx, int action, const char *a, const char *b, const char *c, const char *d)
{
    const struct jem_store *store = ctx;
    (void)c, (void)d;
    switch (action) {
    case SQLITE_UPDATE:
        if (store->redacting && db_is_log(a) && (strcmp(b, "body") == 0 || strcmp(b, "body_hash") == 0))
            return SQLITE_OK;
        return db_is_log(a) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_DELETE:
    case SQLITE_DROP_TABLE:
    case SQLITE_ALTER_TABLE: return db_is_log(action == SQLITE_ALTER_TABLE ? b : a) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_DROP_INDEX: return db_is_log(b) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_DROP_TRIGGER: return db_is_log(b) && !store->fitting ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA:
        return a != NULL && (strcmp(a, "writable_schema") == 0 || strcmp(a, "recursive_triggers") == 0) ? SQLITE_DENY
                                                                                                        : SQLITE_OK;
    case SQLITE_ATTACH: return SQLITE_DENY;
    default: return SQLITE_OK;
    }
}

void jem_db_authorize(struct jem_store *store, bool on)
{
    (void)sqlite3_set_authorizer(store->db, on ? db_authorize : NULL, store);
}

enum jem_code jem_db_fail(struct jem_store *store, int rc, struct jem_error *err)
{
    int sys = sqlite3_system_errno(store->db);
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return jem_fail(err, JEM_EBUSY, JEM_D_STORE, rc, JEM_T_STORE_BUSY);
    case SQLITE_FULL: return jem_fail(err, JEM_ENOSPC, JEM_D_STORE, rc, JEM_T_STORE_FULL);
    case SQLITE_IOERR:
        if (sys == ENOSPC || sys == EDQUOT || sys == EFBIG)
            return jem_fail(err, JEM_ENOSPC, JEM_D_STORE, rc, JEM_T_STORE_FULL);
        if (rc == SQLITE_IOERR_NOMEM)
            return jem_fail_nomem(err);
        return jem_fail(err, JEM_EIO, JEM_D_STORE, rc, JEM_T_STORE_IO, sqlite3_errstr(rc), sys);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, rc, JEM_T_STORE_CORRUPT);
    case SQLITE_NOMEM: return jem_fail_nomem(err);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN: return jem_fail(err, JEM_EDENIED, JEM_D_STORE, rc, JEM_T_STORE_READONLY);
    case SQLITE_AUTH: return jem_fail(err, JEM_EDENIED, JEM_D_STORE, rc, JEM_T_STORE_APPEND_ONLY);
    case SQLITE_TOOBIG: return jem_fail(err, JEM_EINVAL, JEM_D_STORE, rc, JEM_T_STORE_TOOBIG);
    default: return jem_fail(err, JEM_EINTERNAL, JEM_D_STORE, rc, JEM_T_STORE_INTERNAL, sqlite3_errmsg(store->db));
    }
}

/* "raw:" and the key's bytes: no derivation, the key is random already. The salt that the file starts with is the
 * cipher's own. */
static int db_key(struct jem_store *store)
{
    unsigned char raw[4 + JEM_STORE_KEY_BYTES] = { 'r', 'a', 'w', ':' };
    int aegis = sqlite3mc_cipher_index("aegis");
    int rc = aegis > 0 && sqlite3mc_config(store->db, "cipher", aegis) == aegis ? SQLITE_OK : SQLITE_ERROR;
    memcpy(raw + 4, store->key, JEM_STORE_KEY_BYTES);
    if (rc == SQLITE_OK)
        rc = sqlite3_key(store->db, raw, (int)sizeof raw);
    sodium_memzero(raw, sizeof raw);
    return rc;
}

/* recursive_triggers lets INSERT OR REPLACE meet the log's triggers too. temp_store: a temporary file would be
 * plain text. */
static const char DB_SETUP[] = "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA foreign_keys = ON;"
                               "PRAGMA recursive_triggers = ON;"
                               "PRAGMA trusted_schema = OFF;"
                               "PRAGMA secure_delete = ON;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA mmap_size = 0;"
                               "PRAGMA cache_size = -16000;"
                               "PRAGMA journal_size_limit = 67108864";

#define DB_WAIT_MS 2
#define DB_TRIES 5000

/* Another connection writes: asks again in short, even steps. SQLite's own handler waits longer at each try, up to 100 ms, so
 * that who came last is served first and the first may wait for long after the lock is free. */
static int db_wait(void *ctx, int tries)
{
    (void)ctx;
    if (tries >= DB_TRIES)
        return 0;
    (void)nanosleep(&(struct timespec){ .tv_nsec = DB_WAIT_MS * 1000000L }, NULL);
    return 1;
}

/* The cipher, the key, the settings. Closes on failure. */
static enum jem_code db_set_up(struct jem_store *store, int rc, const char *settings, struct jem_error *err)
{
    if (rc == SQLITE_OK)
        rc = sqlite3_extended_result_codes(store->db, 1);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_handler(store->db, db_wait, NULL);
    if (rc == SQLITE_OK) {
        (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        rc = db_key(store);
    }
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(store->db, settings, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_set_authorizer(store->db, db_authorize, store);
    if (rc == SQLITE_OK)
        return JEM_OK;
    enum jem_code code = store->db == NULL ? jem_fail_nomem(err) : jem_db_fail(store, rc, err);
    jem_db_close(store);
    return code;
}

enum jem_code jem_db_open(struct jem_store *store, const char *path, bool create, struct jem_error *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
    return db_set_up(store, sqlite3_open_v2(path, &store->db, flags, NULL), DB_SETUP, err);
}

/* No journal: a backup that is not whole is thrown away. Exclusive: there is no shared memory in a tar archive. */
static const char DB_TAR_SETUP[] = "PRAGMA locking_mode = EXCLUSIVE;"
                                   "PRAGMA journal_mode = OFF;"
                                   "PRAGMA synchronous = OFF;"
                                   "PRAGMA trusted_schema = OFF;"
                                   "PRAGMA cell_size_check = ON;"
                                   "PRAGMA temp_store = MEMORY;"
                                   "PRAGMA mmap_size = 0;"
                                   "PRAGMA cache_size = -16000";
static const char DB_TAR_READ_SETUP[] = "PRAGMA query_only = ON;"
                                        "PRAGMA trusted_schema = OFF;"
                                        "PRAGMA cell_size_check = ON;"
                                        "PRAGMA temp_store = MEMORY;"
                                        "PRAGMA mmap_size = 0;"
                                        "PRAGMA cache_size = -16000";

enum jem_code jem_db_open_tar(struct jem_store *store, const char *path, bool write, struct jem_error *err)
{
    const char *fs = jem_tar_vfs();
    int flags = SQLITE_OPEN_NOMUTEX | (write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    if (fs == NULL)
        return jem_fail_nomem(err);
    return db_set_up(store, sqlite3_open_v2(path, &store->db, flags, fs), write ? DB_TAR_SETUP : DB_TAR_READ_SETUP,
        err);
}

void jem_db_close(struct jem_store *store)
{
    for (size_t i = 0; i < JEM_DB_STATEMENTS; i++) {
        sqlite3_finalize(store->cache[i].st);
        store->cache[i].st = NULL;
        store->cache[i].sql = NULL;
    }
    int rc = sqlite3_close(store->db);
    assert(rc == SQLITE_OK);
    (void)rc;
    store->db = NULL;
}

enum jem_code jem_db_prepare(struct jem_store *store, const char *sql, sqlite3_stmt **out, struct jem_error *err)
{
    size_t at = ((uintptr_t)sql * 0x9e3779b97f4a7c15u) >> 40 & (JEM_DB_STATEMENTS - 1);
    *out = NULL;
    while (store->cache[at].sql != NULL && store->cache[at].sql != sql)
        at = (at + 1) & (JEM_DB_STATEMENTS - 1);
    if (store->cache[at].sql == NULL) {
        int rc = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &store->cache[at].st, NULL);
        if (rc != SQLITE_OK)
            return jem_db_fail(store, rc, err);
        store->cache[at].sql = sql;
    }
    assert(!sqlite3_stmt_busy(store->cache[at].st));
    *out = store->cache[at].st;
    return JEM_OK;
}

void jem_db_done(sqlite3_stmt *st)
{
    if (st == NULL)
        return;
    (void)sqlite3_reset(st);
    (void)sqlite3_clear_bindings(st);
}

enum jem_code jem_db_step(struct jem_store *store, sqlite3_stmt *st, bool *row, struct jem_error *err)
{
    int rc = sqlite3_step(st);
    *row = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? JEM_OK : jem_db_fail(store, rc, err);
}

enum jem_code jem_db_run(struct jem_store *store, sqlite3_stmt *st, struct jem_error *err)
{
    bool row = false;
    enum jem_code rc = jem_db_step(store, st, &row, err);
    assert(!row);
    jem_db_done(st);
    return rc;
}

enum jem_code jem_db_exec(struct jem_store *store, const char *sql, size_t n, struct jem_error *err)
{
    const char *end = sql + n;
    while (sql < end) {
        sqlite3_stmt *st = NULL;
        int rc = sqlite3_prepare_v2(store->db, sql, (int)(end - sql), &st, &sql);
        if (rc == SQLITE_OK && st == NULL)
            break; /* what is left is comment or white space */
        if (rc == SQLITE_OK) {
            do
                rc = sqlite3_step(st);
            while (rc == SQLITE_ROW);
        }
        enum jem_code code = rc == SQLITE_DONE ? JEM_OK : jem_db_fail(store, rc, err);
        sqlite3_finalize(st);
        if (code != JEM_OK)
            return code;
    }
    return JEM_OK;
}

enum jem_code jem_db_int(struct jem_store *store, const char *sql, int64_t fallback, int64_t *out,
    struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc == JEM_OK)
        rc = jem_db_step(store, st, &row, err);
    *out = row && sqlite3_column_type(st, 0) != SQLITE_NULL ? sqlite3_column_int64(st, 0) : fallback;
    jem_db_done(st);
    return rc;
}

void jem_bind_int(sqlite3_stmt *st, int at, int64_t v)
{
    (void)sqlite3_bind_int64(st, at, v);
}

void jem_bind_text(sqlite3_stmt *st, int at, const char *s)
{
    (void)sqlite3_bind_text(st, at, s, -1, SQLITE_STATIC);
}

void jem_bind_blob(sqlite3_stmt *st, int at, const void *p, size_t n)
{
    (void)sqlite3_bind_blob64(st, at, n == 0 ? "" : p, n, SQLITE_STATIC);
}

const char *jem_column_text(sqlite3_stmt *st, int at)
{
    const unsigned char *s = sqlite3_column_text(st, at);
    return s == NULL ? "" : (const char *)s;
}
