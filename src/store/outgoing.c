/* outgoing.c - the van's document lane: which bytes still have to go, and which HQ has. */
#include <string.h>

#include "views.h"

static const char OUT_ADD[] = "INSERT INTO outgoing (hash, cls, size, day) VALUES (?1, ?2, ?3, ?4) "
                              "ON CONFLICT (hash) DO UPDATE SET day = max(day, excluded.day)";
static const char OUT_NEXT[] =
    "SELECT o.hash, o.cls, o.size, o.sent FROM outgoing o INDEXED BY outgoing_waiting WHERE o.sent < o.size "
    "AND EXISTS (SELECT 1 FROM blob b WHERE b.hash = o.hash) ORDER BY o.cls, o.id LIMIT 1";
static const char OUT_SENT[] = "UPDATE outgoing SET sent = ?2, chunk = ?3, inc = ?4 WHERE hash = ?1";
static const char OUT_CONFIRM[] = "UPDATE outgoing SET confirmed = 1 WHERE confirmed = 0 AND sent = size "
                                  "AND chunk > 0 AND chunk <= ?1 AND inc <= ?2";
static const char OUT_UNCONFIRM[] = "UPDATE outgoing SET confirmed = 0 WHERE confirmed = 1";
static const char OUT_REWIND[] = "UPDATE outgoing SET sent = 0, chunk = 0, confirmed = 0 WHERE chunk > ?1";
static const char OUT_WHOLE[] = "SELECT count(*) FROM outgoing WHERE confirmed = 0 AND sent = size "
                                "AND chunk > 0 AND chunk <= ?1";
static const char OUT_AGAIN[] = "UPDATE outgoing SET sent = 0, chunk = 0, confirmed = 0 WHERE hash = ?1 "
                                "AND sent = size AND chunk <= ?2 AND inc <= ?3";

static enum jem_code outgoing_put(struct jem_store *store, const char *hex, enum jem_blob_class cls, int64_t size,
    int32_t day, struct jem_error *err)
{
    unsigned char hash[32];
    sqlite3_stmt *st = NULL;
    if (!jem_unhex(hex, strlen(hex), hash, sizeof hash) || size <= 0)
        return JEM_OK;
    enum jem_code rc = jem_db_prepare(store, OUT_ADD, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_blob(st, 1, hash, sizeof hash);
    jem_bind_int(st, 2, cls);
    jem_bind_int(st, 3, size);
    jem_bind_int(st, 4, day);
    return jem_db_run(store, st, err);
}

enum jem_code jem_outgoing_add(struct jem_store *store, const json_t *body, int64_t wall_ms, struct jem_error *err)
{
    const json_t *pages = json_object_get(body, "pages");
    const int32_t day = jem_day_of_unix_ms(wall_ms);
    enum jem_code rc =
        outgoing_put(store, jem_json_str(body, "hash", ""), JEM_BLOB_ORIGINAL, jem_json_int(body, "size", 0), day, err);
    for (size_t i = 0; rc == JEM_OK && i < json_array_size(pages); i++) {
        const json_t *page = json_array_get(pages, i);
        rc = outgoing_put(store, jem_json_str(page, "preview", ""), JEM_BLOB_PREVIEW, jem_json_int(page, "size", 0),
            day, err);
    }
    return rc;
}

enum jem_code jem_store_outgoing_next(struct jem_store *store, struct jem_outgoing *out, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    memset(out, 0, sizeof *out);
    enum jem_code rc = jem_db_prepare(store, OUT_NEXT, &st, err);
    if (rc == JEM_OK)
        rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && !row)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_ALL_SENT);
    if (rc == JEM_OK) {
        const void *hash = sqlite3_column_blob(st, 0);
        if (hash != NULL && sqlite3_column_bytes(st, 0) == 32)
            memcpy(out->hash, hash, 32);
        out->cls = (enum jem_blob_class)sqlite3_column_int(st, 1);
        out->size = (uint64_t)sqlite3_column_int64(st, 2);
        out->sent = (uint64_t)sqlite3_column_int64(st, 3);
    }
    jem_db_done(st);
    return rc;
}

enum jem_code jem_store_outgoing_sent(struct jem_store *store, const unsigned char hash[32], uint64_t sent,
    uint64_t chunk, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, OUT_SENT, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_blob(st, 1, hash, 32);
    jem_bind_int(st, 2, (int64_t)sent);
    jem_bind_int(st, 3, (int64_t)chunk);
    jem_bind_int(st, 4, store->inc);
    return jem_db_run(store, st, err);
}

enum jem_code jem_store_outgoing_whole(struct jem_store *store, uint64_t chunk, uint64_t *out, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *out = 0;
    enum jem_code rc = jem_db_prepare(store, OUT_WHOLE, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, (int64_t)chunk);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row)
        *out = (uint64_t)sqlite3_column_int64(st, 0);
    jem_db_done(st);
    return rc;
}

enum jem_code jem_store_outgoing_rewind(struct jem_store *store, uint64_t chunk, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, OUT_REWIND, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, (int64_t)chunk);
    return jem_db_run(store, st, err);
}

/* A blob that ended in a chunk past `scan` was sent again since HQ wrote this: it is not missing yet. */
static enum jem_code outgoing_again(struct jem_store *store, int64_t inc, int64_t scan, const json_t *missing,
    struct jem_error *err)
{
    enum jem_code rc = JEM_OK;
    for (size_t i = 0; rc == JEM_OK && i < json_array_size(missing); i++) {
        unsigned char hash[32];
        sqlite3_stmt *st = NULL;
        const char *hex = json_string_value(json_array_get(missing, i));
        if (hex == NULL || !jem_unhex(hex, strlen(hex), hash, sizeof hash))
            continue;
        rc = jem_db_prepare(store, OUT_AGAIN, &st, err);
        if (rc != JEM_OK)
            break;
        jem_bind_blob(st, 1, hash, sizeof hash);
        jem_bind_int(st, 2, scan);
        jem_bind_int(st, 3, inc);
        rc = jem_db_run(store, st, err);
    }
    return rc;
}

enum jem_code jem_outgoing_acked(struct jem_store *store, int64_t inc, int64_t scan, const json_t *missing, bool anew,
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = JEM_OK;
    if (anew) {
        rc = jem_db_prepare(store, OUT_UNCONFIRM, &st, err);
        if (rc == JEM_OK)
            rc = jem_db_run(store, st, err);
    }
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, OUT_CONFIRM, &st, err);
    if (rc == JEM_OK) {
        jem_bind_int(st, 1, scan);
        jem_bind_int(st, 2, inc);
        rc = jem_db_run(store, st, err);
    }
    return rc == JEM_OK ? outgoing_again(store, inc, scan, missing, err) : rc;
}
