/* blob.c - the bytes of documents, whole or arriving in pieces.
 *
 * Pieces may come in any order, twice, and cut differently each time. partial.upto counts the bytes from 0 without a
 * gap; a piece that touches it moves it on, and so may pieces that came before it. */
#include <string.h>

#include "views.h"

#define BLOB_MAX ((uint64_t)256 << 20)

static const char BLOB_FIND[] = "SELECT id, cls FROM blob WHERE hash = ?1";
static const char BLOB_ADD[] = "INSERT INTO blob (hash, cls, size) VALUES (?1, ?2, ?3)";
static const char LACKING_DROP[] = "DELETE FROM lacking WHERE hash = ?1";
static const char PREVIEW_ADD[] = "INSERT INTO preview (id, bytes) VALUES (?1, ?2)";
static const char ORIGINAL_ADD[] = "INSERT INTO original (id, bytes) VALUES (?1, ?2)";
static const char PREVIEW_GET[] = "SELECT bytes FROM preview WHERE id = ?1";
static const char ORIGINAL_GET[] = "SELECT bytes FROM original WHERE id = ?1";
static const char PARTIAL_GET[] = "SELECT cls, total, upto FROM partial WHERE hash = ?1";
static const char PARTIAL_PUT[] = "INSERT INTO partial (hash, cls, total, upto) VALUES (?1, ?2, ?3, ?4) "
                                  "ON CONFLICT (hash) DO UPDATE SET upto = excluded.upto";
static const char PARTIAL_DROP[] = "DELETE FROM partial WHERE hash = ?1";
static const char PIECE_ADD[] = "INSERT OR IGNORE INTO piece (hash, start, size, bytes) VALUES (?1, ?2, ?3, ?4)";
static const char PIECE_REACH[] = "SELECT max(start + size) FROM piece WHERE hash = ?1 AND start > ?2 AND start <= ?3";
static const char PIECE_ALL[] = "SELECT start, bytes FROM piece WHERE hash = ?1 ORDER BY start, size DESC";
static const char PIECE_DROP[] = "DELETE FROM piece WHERE hash = ?1";

static enum jem_code blob_find(struct jem_store *store, const unsigned char hash[32], int64_t *id, int *cls,
    struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *id = 0;
    enum jem_code rc = jem_db_prepare(store, BLOB_FIND, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_blob(st, 1, hash, 32);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row) {
        *id = sqlite3_column_int64(st, 0);
        *cls = sqlite3_column_int(st, 1);
    }
    jem_db_done(st);
    return rc;
}

static enum jem_code blob_add(struct jem_store *store, const unsigned char hash[32], enum jem_blob_class cls,
    const void *p, size_t n, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, BLOB_ADD, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_blob(st, 1, hash, 32);
    jem_bind_int(st, 2, cls);
    jem_bind_int(st, 3, (int64_t)n);
    rc = jem_db_run(store, st, err);
    int64_t id = sqlite3_last_insert_rowid(store->db);
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, cls == JEM_BLOB_PREVIEW ? PREVIEW_ADD : ORIGINAL_ADD, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, id);
    jem_bind_blob(st, 2, p, n);
    rc = jem_db_run(store, st, err);
    if (rc == JEM_OK && store->role == JEM_ROLE_HQ)
        rc = jem_db_prepare(store, LACKING_DROP, &st, err);
    if (rc != JEM_OK || store->role != JEM_ROLE_HQ)
        return rc;
    jem_bind_blob(st, 1, hash, 32);
    return jem_db_run(store, st, err);
}

static enum jem_code blob_class_ok(enum jem_blob_class cls, uint64_t size, struct jem_error *err)
{
    if ((cls != JEM_BLOB_PREVIEW && cls != JEM_BLOB_ORIGINAL) || size == 0 || size > BLOB_MAX)
        return jem_fail(err, JEM_EINVAL, JEM_D_STORE, 0, JEM_T_STORE_BLOB_INPUT);
    return JEM_OK;
}

enum jem_code jem_store_blob_put(struct jem_store *store, const unsigned char hash[32], enum jem_blob_class cls,
    const void *p, size_t n, struct jem_error *err)
{
    unsigned char real[32];
    int64_t id = 0;
    int old = 0;
    bool own = false;
    enum jem_code rc = blob_class_ok(cls, n, err);
    if (rc != JEM_OK)
        return rc;
    jem_hash(p, n, real);
    if (memcmp(real, hash, sizeof real) != 0)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_STORE_BLOB_HASH);
    rc = jem_store_enter(store, &own, err);
    if (rc != JEM_OK)
        return rc;
    rc = blob_find(store, hash, &id, &old, err);
    if (rc == JEM_OK && id == 0)
        rc = blob_add(store, hash, cls, p, n, err);
    return jem_store_leave(store, own, rc, err);
}

enum jem_code jem_store_blob_get(struct jem_store *store, const unsigned char hash[32], struct jem_buf *out,
    struct jem_error *err)
{
    int64_t id = 0;
    int cls = 0;
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = blob_find(store, hash, &id, &cls, err);
    if (rc == JEM_OK && id == 0)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_NO_BLOB);
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, cls == JEM_BLOB_PREVIEW ? PREVIEW_GET : ORIGINAL_GET, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, id);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row) {
        const void *p = sqlite3_column_blob(st, 0);
        jem_buf_add(out, p, (size_t)sqlite3_column_bytes(st, 0));
        rc = jem_buf_ok(out, err);
    } else if (rc == JEM_OK) {
        rc = jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_STORE_CORRUPT);
    }
    jem_db_done(st);
    return rc;
}

bool jem_store_blob_has(struct jem_store *store, const unsigned char hash[32])
{
    struct jem_error ignored;
    int64_t id = 0;
    int cls = 0;
    return blob_find(store, hash, &id, &cls, &ignored) == JEM_OK && id != 0;
}

/* ---- pieces ---- */

struct partial {
    int64_t cls, total, upto;
};

static enum jem_code partial_get(struct jem_store *store, const unsigned char hash[32], struct partial *out,
    struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *out = (struct partial){ 0 };
    enum jem_code rc = jem_db_prepare(store, PARTIAL_GET, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_blob(st, 1, hash, 32);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row)
        *out =
            (struct partial){ sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2) };
    jem_db_done(st);
    return rc;
}

static enum jem_code piece_drop(struct jem_store *store, const unsigned char hash[32], struct jem_error *err)
{
    static const char *const drops[] = { PIECE_DROP, PARTIAL_DROP };
    enum jem_code rc = JEM_OK;
    for (size_t i = 0; rc == JEM_OK && i < 2; i++) {
        sqlite3_stmt *st = NULL;
        rc = jem_db_prepare(store, drops[i], &st, err);
        if (rc == JEM_OK) {
            jem_bind_blob(st, 1, hash, 32);
            rc = jem_db_run(store, st, err);
        }
    }
    return rc;
}

/* Moves upto past every piece that touches it. Those that start at or before it were counted when they came. */
static enum jem_code piece_reach(struct jem_store *store, const unsigned char hash[32], struct partial *at,
    int64_t piece_end, struct jem_error *err)
{
    enum jem_code rc = JEM_OK;
    int64_t reach = piece_end;
    while (rc == JEM_OK && reach > at->upto) {
        bool row = false;
        sqlite3_stmt *st = NULL;
        int64_t before = at->upto;
        at->upto = reach;
        rc = jem_db_prepare(store, PIECE_REACH, &st, err);
        if (rc != JEM_OK)
            return rc;
        jem_bind_blob(st, 1, hash, 32);
        jem_bind_int(st, 2, before);
        jem_bind_int(st, 3, at->upto);
        rc = jem_db_step(store, st, &row, err);
        reach = rc == JEM_OK && row ? sqlite3_column_int64(st, 0) : 0;
        jem_db_done(st);
    }
    return rc;
}

static enum jem_code piece_store(struct jem_store *store, const unsigned char hash[32], struct partial *at,
    uint64_t offset, const void *p, size_t n, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, PIECE_ADD, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_blob(st, 1, hash, 32);
    jem_bind_int(st, 2, (int64_t)offset);
    jem_bind_int(st, 3, (int64_t)n);
    jem_bind_blob(st, 4, p, n);
    rc = jem_db_run(store, st, err);
    if (rc == JEM_OK && (int64_t)offset <= at->upto)
        rc = piece_reach(store, hash, at, (int64_t)(offset + n), err);
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, PARTIAL_PUT, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_blob(st, 1, hash, 32);
    jem_bind_int(st, 2, at->cls);
    jem_bind_int(st, 3, at->total);
    jem_bind_int(st, 4, at->upto);
    return jem_db_run(store, st, err);
}

/* All bytes are here: they become a blob when they hash right; else they are dropped, durably, and JEM_ECORRUPT. */
static enum jem_code piece_join(struct jem_store *store, const unsigned char hash[32], const struct partial *at,
    bool *wrong, struct jem_error *err)
{
    struct jem_buf whole = JEM_BUF_INIT((size_t)at->total);
    bool row = false;
    unsigned char real[32];
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, PIECE_ALL, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_blob(st, 1, hash, 32);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        size_t start = (size_t)sqlite3_column_int64(st, 0), n = (size_t)sqlite3_column_bytes(st, 1);
        const unsigned char *p = sqlite3_column_blob(st, 1);
        if (p != NULL && start <= whole.len && start + n > whole.len)
            jem_buf_add(&whole, p + (whole.len - start), start + n - whole.len);
    }
    jem_db_done(st);
    if (rc == JEM_OK)
        rc = jem_buf_ok(&whole, err);
    if (rc == JEM_OK) {
        jem_hash(whole.data, whole.len, real);
        *wrong = whole.len != (size_t)at->total || memcmp(real, hash, sizeof real) != 0;
        rc = piece_drop(store, hash, err);
    }
    if (rc == JEM_OK && !*wrong)
        rc = blob_add(store, hash, (enum jem_blob_class)at->cls, whole.data, whole.len, err);
    jem_buf_release(&whole);
    return rc;
}

static enum jem_code piece_take(struct jem_store *store, const unsigned char hash[32], enum jem_blob_class cls,
    uint64_t total, uint64_t offset, const void *p, size_t n, bool *done, bool *wrong, struct jem_error *err)
{
    struct partial at;
    int64_t id = 0;
    int old = 0;
    enum jem_code rc = blob_find(store, hash, &id, &old, err);
    *done = id != 0 || jem_blob_refused(store, hash);
    if (rc != JEM_OK || *done)
        return rc;
    rc = partial_get(store, hash, &at, err);
    /* Pieces that speak of another whole cannot belong together: the new ones count. */
    if (rc == JEM_OK && at.total != 0 && (at.total != (int64_t)total || at.cls != (int64_t)cls)) {
        rc = piece_drop(store, hash, err);
        at.total = 0;
    }
    if (at.total == 0)
        at = (struct partial){ (int64_t)cls, (int64_t)total, 0 };
    if (rc == JEM_OK)
        rc = piece_store(store, hash, &at, offset, p, n, err);
    if (rc == JEM_OK && at.upto == at.total) {
        rc = piece_join(store, hash, &at, wrong, err);
        *done = rc == JEM_OK && !*wrong;
    }
    return rc;
}

enum jem_code jem_store_blob_piece(struct jem_store *store, const unsigned char hash[32], enum jem_blob_class cls,
    uint64_t total, uint64_t offset, const void *p, size_t n, bool *done, struct jem_error *err)
{
    bool own = false, wrong = false;
    *done = false;
    enum jem_code rc = blob_class_ok(cls, total, err);
    if (rc == JEM_OK && (n == 0 || offset >= total || n > total - offset))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_STORE, 0, JEM_T_STORE_BLOB_INPUT);
    if (rc != JEM_OK)
        return rc;
    rc = jem_store_enter(store, &own, err);
    if (rc != JEM_OK)
        return rc;
    rc = piece_take(store, hash, cls, total, offset, p, n, done, &wrong, err);
    rc = jem_store_leave(store, own, rc, err);
    if (rc == JEM_OK && wrong)
        rc = jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_STORE_BLOB_HASH);
    return rc;
}
