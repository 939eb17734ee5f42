/* meta.c - small local values: settings and secrets, and what the handle remembers of them. */
#include "db.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

static const char META_GET[] = "SELECT value FROM meta WHERE key = ?1";
static const char META_SET[] = "INSERT INTO meta (key, value) VALUES (?1, ?2) "
                               "ON CONFLICT (key) DO UPDATE SET value = excluded.value";
static const char SECRET_GET[] = "SELECT value FROM secret WHERE key = ?1";
static const char SECRET_SET[] = "INSERT INTO secret (key, value) VALUES (?1, ?2) "
                                 "ON CONFLICT (key) DO UPDATE SET value = excluded.value";
static const char SECRET_DROP[] = "DELETE FROM secret WHERE key = ?1";
static const char META_OWN[] = "SELECT (SELECT value FROM meta WHERE key = 'van'), "
                               "(SELECT value FROM meta WHERE key = 'inc')";
static const char DATA_VERSION[] = "PRAGMA data_version";

static enum jem_code meta_get(struct jem_store *store, const char *sql, const char *key, struct jem_buf *out,
    struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, key);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && !row)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_UNSET, key);
    if (rc == JEM_OK) {
        const void *p = sqlite3_column_blob(st, 0);
        jem_buf_add(out, p, (size_t)sqlite3_column_bytes(st, 0));
        rc = jem_buf_ok(out, err);
    }
    jem_db_done(st);
    return rc;
}

enum jem_code jem_store_meta_get(struct jem_store *store, const char *key, struct jem_buf *out, struct jem_error *err)
{
    return meta_get(store, META_GET, key, out, err);
}

enum jem_code jem_store_meta_number(struct jem_store *store, const char *key, uint64_t *out, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(32);
    *out = 0;
    enum jem_code rc = jem_store_meta_get(store, key, &text, err);
    if (rc == JEM_OK && sscanf(jem_buf_text(&text), "%" SCNu64, out) != 1)
        *out = 0;
    jem_buf_release(&text);
    return rc == JEM_ENOTFOUND ? JEM_OK : rc;
}

enum jem_code jem_store_secret_get(struct jem_store *store, const char *key, struct jem_buf *out, struct jem_error *err)
{
    return meta_get(store, SECRET_GET, key, out, err);
}

enum jem_code jem_store_meta_set(struct jem_store *store, const char *key, const char *value, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, META_SET, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, key);
    jem_bind_text(st, 2, value);
    rc = jem_db_run(store, st, err);
    if (strcmp(key, "van") == 0 || strcmp(key, "inc") == 0) {
        jem_store_forget(store);
        /* What follows in the same unit is written under the new number. */
        if (rc == JEM_OK && store->in_unit)
            rc = jem_store_refresh(store, err);
    }
    return rc;
}

enum jem_code jem_store_secret_set(struct jem_store *store, const char *key, const void *p, size_t n,
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, SECRET_SET, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, key);
    jem_bind_blob(st, 2, p, n);
    return jem_db_run(store, st, err);
}

enum jem_code jem_store_secret_drop(struct jem_store *store, const char *key, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, SECRET_DROP, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, key);
    return jem_db_run(store, st, err);
}

enum jem_code jem_inc_after(uint16_t inc, uint16_t *out, struct jem_error *err)
{
    uint32_t left = (uint32_t)UINT16_MAX - inc, half = (left + 1) / 2;
    *out = 0;
    if (left == 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_STORE, 0, JEM_T_STORE_INC_SPENT);
    *out = (uint16_t)(inc + 1 + randombytes_uniform(half));
    return JEM_OK;
}

enum jem_code jem_store_inc_next(struct jem_store *store, uint16_t *out, struct jem_error *err)
{
    uint16_t seen = 0;
    char text[8];
    enum jem_code rc = jem_store_need_unit(store, err);
    if (rc == JEM_OK)
        rc = jem_store_van_inc(store, (uint16_t)(store->writer < 0 ? 0 : store->writer), &seen, err);
    if (rc == JEM_OK)
        rc = jem_inc_after(seen > store->inc ? seen : store->inc, out, err);
    if (rc == JEM_OK) {
        (void)snprintf(text, sizeof text, "%u", (unsigned)*out);
        rc = jem_store_meta_set(store, "inc", text, err);
    }
    return rc;
}

void jem_store_forget(struct jem_store *store)
{
    store->data_version = -1;
    store->hlc_known = false;
    store->hlc = 0;
    store->stream_count = 0;
    store->stream_last = 0;
    store->streams_known = false;
}

enum jem_code jem_store_refresh(struct jem_store *store, struct jem_error *err)
{
    int64_t version = 0;
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_int(store, DATA_VERSION, 0, &version, err);
    if (rc != JEM_OK || version == store->data_version)
        return rc;
    jem_store_forget(store);
    rc = jem_db_prepare(store, META_OWN, &st, err);
    if (rc == JEM_OK)
        rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK) {
        long van = strtol(jem_column_text(st, 0), NULL, 10), inc = strtol(jem_column_text(st, 1), NULL, 10);
        bool known = sqlite3_column_type(st, 0) != SQLITE_NULL && van >= 0 && van <= (long)JEM_VAN_MAX;
        store->writer = known ? (int)van : -1;
        store->inc = inc >= 1 && inc <= UINT16_MAX ? (uint16_t)inc : 1;
        store->data_version = version;
    }
    jem_db_done(st);
    return rc;
}

/* A long-lived handle sees an enrolment that another process made; when it cannot look, it knows what it knew. */
static const struct jem_store *meta_current(const struct jem_store *store)
{
    struct jem_error ignored;
    if (!store->in_unit && jem_store_refresh((struct jem_store *)(uintptr_t)store, &ignored) != JEM_OK)
        ((struct jem_store *)(uintptr_t)store)->data_version = -1;
    return store;
}

int jem_store_writer(const struct jem_store *store)
{
    return meta_current(store)->writer;
}

uint16_t jem_store_inc(const struct jem_store *store)
{
    return meta_current(store)->inc;
}
