/* prepared.c - a table of codes. */
#include "jemput/prepared.h"

#include "db.h"

#define PREPARED_BODY_MAX ((size_t)64 << 10)

static const char PREPARED_PUT[] = "INSERT OR IGNORE INTO prepared (code, at, body) "
                                   "SELECT ?1, ?2, ?3 WHERE (SELECT count(*) FROM prepared) < ?4";
static const char PREPARED_GET[] = "SELECT at, body FROM prepared WHERE code = ?1";
static const char PREPARED_DROP[] = "DELETE FROM prepared WHERE code = ?1";
static const char PREPARED_COUNT[] = "SELECT count(*) FROM prepared";
static const char PREPARED_SWEEP[] = "DELETE FROM prepared WHERE at < ?1 OR at > ?2";

/* Nothing was inserted: which of the two it was. */
static enum jem_code prepared_why(struct jem_store *store, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, PREPARED_COUNT, &st, err);
    if (rc == JEM_OK)
        rc = jem_db_step(store, st, &row, err);
    bool full = rc == JEM_OK && row && sqlite3_column_int(st, 0) >= JEM_PREPARED_MAX;
    jem_db_done(st);
    if (rc != JEM_OK)
        return rc;
    return full ? jem_fail(err, JEM_EBUSY, JEM_D_STORE, 0, JEM_T_PREPARED_FULL)
                : jem_fail(err, JEM_EEXISTS, JEM_D_STORE, 0, JEM_T_PREPARED_FULL);
}

enum jem_code jem_prepared_put(struct jem_store *store, const char *code, const json_t *body, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(PREPARED_BODY_MAX);
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_json_canonical(body, &text, err);
    if (rc == JEM_OK)
        rc = jem_buf_ok(&text, err);
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, PREPARED_PUT, &st, err);
    if (rc == JEM_OK) {
        jem_bind_text(st, 1, code);
        jem_bind_int(st, 2, jem_store_now_ms(store));
        jem_bind_text(st, 3, jem_buf_text(&text));
        jem_bind_int(st, 4, JEM_PREPARED_MAX);
        rc = jem_db_run(store, st, err);
        if (rc == JEM_OK && sqlite3_changes(store->db) == 0)
            rc = prepared_why(store, err);
    }
    jem_buf_wipe(&text);
    return rc;
}

enum jem_code jem_prepared_get(struct jem_store *store, const char *code, json_t **body, int64_t *at_ms,
    struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *body = NULL;
    enum jem_code rc = jem_db_prepare(store, PREPARED_GET, &st, err);
    if (rc == JEM_OK) {
        jem_bind_text(st, 1, code);
        rc = jem_db_step(store, st, &row, err);
    }
    if (rc == JEM_OK && !row)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_PREPARED_NONE);
    if (rc == JEM_OK) {
        *at_ms = sqlite3_column_int64(st, 0);
        rc = jem_json_parse(jem_column_text(st, 1), (size_t)sqlite3_column_bytes(st, 1), "prepared", body, err);
    }
    jem_db_done(st);
    return rc;
}

enum jem_code jem_prepared_drop(struct jem_store *store, const char *code, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, PREPARED_DROP, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, code);
    return jem_db_run(store, st, err);
}

enum jem_code jem_prepared_sweep(struct jem_store *store, int64_t before_ms, int64_t now_ms, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, PREPARED_SWEEP, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, before_ms);
    jem_bind_int(st, 2, now_ms);
    return jem_db_run(store, st, err);
}
