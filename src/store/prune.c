/* prune.c - a van lets go of documents that HQ's backup holds, when their time is over.
 *
 * A blob goes when all of these hold: it is an own document's (outgoing); it lies whole in a chunk that a durable
 * acknowledgement covers, of an incarnation not above the one that the acknowledgement speaks of; and every application that
 * names it is past its service's retention, and every outage that it shows past the longest of all. */
#include "views.h"

/* `old` goes first: while nothing is past the shortest retention, nothing else is read. */
static const char PRUNE_LIST[] =
    "WITH keep (service, days) AS (SELECT key, value FROM json_each(?2)), "
    "old (hash, day) AS MATERIALIZED (SELECT o.hash, o.day FROM outgoing o WHERE "
    "o.day < ?3 - (SELECT min(days) FROM keep) AND EXISTS (SELECT 1 FROM blob b WHERE b.hash = o.hash) "
    "AND " JEM_SQL_DURABLE(
        "?1") "), "
              "uses (hash, until) AS (SELECT n.hash, max(a.day, o.day) + coalesce(k.days, 1000000000) FROM need n "
              "CROSS JOIN old o ON o.hash = n.hash CROSS JOIN application a ON a.number = n.number "
              "LEFT JOIN keep k ON k.service = a.service UNION ALL "
              "SELECT o.hash, o.day + (SELECT max(days) FROM keep) FROM old o "
              "CROSS JOIN outage_photo p ON o.hash IN (p.hash, p.preview)) "
              "SELECT b.id, b.cls, b.size FROM (SELECT hash, max(until) AS until FROM uses GROUP BY hash) u "
              "JOIN blob b ON b.hash = u.hash WHERE u.until < ?3 ORDER BY b.id";
static const char PRUNE_PREVIEW[] = "DELETE FROM preview WHERE id = ?1";
static const char PRUNE_ORIGINAL[] = "DELETE FROM original WHERE id = ?1";
static const char PRUNE_BLOB[] = "DELETE FROM blob WHERE id = ?1";
static const char PLACE[] = "SELECT EXISTS (SELECT 1 FROM blob WHERE hash = ?2), "
                            "EXISTS (SELECT 1 FROM outgoing o WHERE o.hash = ?2 AND " JEM_SQL_DURABLE(
                                "?1") "), EXISTS (SELECT 1 FROM outgoing o WHERE o.hash = ?2)"; /* ours */

/* {service: days} as JSON text. JEM_ENOTFOUND: no catalogue */
static enum jem_code prune_days(struct jem_store *store, struct jem_buf *out, struct jem_error *err)
{
    json_t *catalog = NULL, *days = json_object();
    enum jem_code rc = days == NULL ? jem_fail_nomem(err) : jem_store_catalog(store, &catalog, err);
    const json_t *services = json_object_get(catalog, "services");
    for (size_t i = 0; rc == JEM_OK && i < json_array_size(services); i++) {
        const json_t *service = json_array_get(services, i);
        int64_t n = jem_json_int(service, "retention_days", 0);
        if (n > 0 && json_object_set_new(days, jem_json_str(service, "id", ""), json_integer(n)) != 0)
            rc = jem_fail_nomem(err);
    }
    if (rc == JEM_OK)
        rc = jem_json_canonical(days, out, err);
    if (rc == JEM_OK)
        rc = jem_buf_ok(out, err);
    json_decref(days);
    json_decref(catalog);
    return rc;
}

static enum jem_code prune_run(struct jem_store *store, const char *sql, int64_t id, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, id);
    return jem_db_run(store, st, err);
}

/* Ids and classes of what may go, gathered first: what is being read is not altered. */
static enum jem_code prune_find(struct jem_store *store, const char *days, int32_t today, struct jem_buf *out,
    uint64_t *bytes, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, PRUNE_LIST, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, store->writer);
    jem_bind_text(st, 2, days);
    jem_bind_int(st, 3, today);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        jem_buf_u64(out, (uint64_t)sqlite3_column_int64(st, 0));
        jem_buf_byte(out, (unsigned char)sqlite3_column_int(st, 1));
        *bytes += (uint64_t)sqlite3_column_int64(st, 2);
    }
    jem_db_done(st);
    return rc == JEM_OK ? jem_buf_ok(out, err) : rc;
}

static enum jem_code prune_unit(struct jem_store *store, const char *days, int32_t today, uint64_t *blobs,
    uint64_t *bytes, struct jem_error *err)
{
    struct jem_buf found = JEM_BUF_INIT((size_t)1 << 30);
    uint64_t count = 0, size = 0;
    enum jem_code rc = prune_find(store, days, today, &found, &size, err);
    struct jem_reader r = jem_reader_of(found.data, found.len);
    while (rc == JEM_OK && jem_reader_left(&r) > 0) {
        int64_t id = (int64_t)jem_read_u64(&r);
        rc = prune_run(store, jem_read_u8(&r) == JEM_BLOB_PREVIEW ? PRUNE_PREVIEW : PRUNE_ORIGINAL, id, err);
        if (rc == JEM_OK)
            rc = prune_run(store, PRUNE_BLOB, id, err);
        count++;
    }
    jem_buf_release(&found);
    if (rc == JEM_OK) {
        *blobs = count;
        *bytes = size;
    }
    return rc;
}

enum jem_code jem_store_blobs_prune(struct jem_store *store, int32_t today, uint64_t *blobs, uint64_t *bytes,
    struct jem_error *err)
{
    struct jem_buf days = JEM_BUF_INIT(JEM_EVENT_BODY_MAX);
    bool own = false;
    *blobs = *bytes = 0;
    if (store->role != JEM_ROLE_VAN || jem_store_writer(store) < 0)
        return JEM_OK;
    enum jem_code rc = prune_days(store, &days, err);
    if (rc == JEM_OK)
        rc = jem_store_enter(store, &own, err);
    if (rc == JEM_OK) {
        rc = prune_unit(store, jem_buf_text(&days), today, blobs, bytes, err);
        rc = jem_store_leave(store, own, rc, err);
    }
    jem_buf_release(&days);
    return rc == JEM_ENOTFOUND ? JEM_OK : rc;
}

enum jem_code jem_store_blob_place(struct jem_store *store, const unsigned char hash[32], enum jem_blob_place *out,
    struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *out = JEM_BLOB_NOWHERE;
    enum jem_code rc = jem_db_prepare(store, PLACE, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, store->writer);
    jem_bind_blob(st, 2, hash, 32);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row)
        *out = sqlite3_column_int(st, 0) != 0   ? JEM_BLOB_HERE
               : sqlite3_column_int(st, 1) != 0 ? JEM_BLOB_AT_HQ
               : sqlite3_column_int(st, 2) != 0 ? JEM_BLOB_BEFORE
                                                : JEM_BLOB_NOWHERE;
    jem_db_done(st);
    return rc;
}
