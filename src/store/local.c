/* local.c - drafts and quarantine: what is kept here and is no event. */
#include "db.h"

#define DRAFT_OVER_MS ((int64_t)24 * 3600 * 1000)

static const char DRAFT_PUT[] =
    "INSERT INTO draft (id, officer, at, body) VALUES (?1, ?2, ?3, ?4) "
    "ON CONFLICT (id) DO UPDATE SET officer = excluded.officer, at = excluded.at, "
    "body = excluded.body WHERE draft.body <> '' AND draft.officer IN (excluded.officer, '')";
static const char DRAFT_TAKE[] = "UPDATE draft SET officer = ?2 WHERE id = ?1 AND body <> ''";
static const char DRAFT_TAKE_PAGES[] = "UPDATE tray_page SET officer = ?2 WHERE tray = ?1";
/* A draft that is over stays for a while, empty: a save of it that was on its way does not bring it back. */
static const char DRAFT_DROP[] = "INSERT INTO draft (id, officer, at, body) VALUES (?1, '', ?2, '') "
                                 "ON CONFLICT (id) DO UPDATE SET officer = '', at = excluded.at, body = ''";
static const char DRAFT_PAST[] = "DELETE FROM draft WHERE officer = '' AND at < ?1 AND body = ''";
static const char DRAFT_ONE[] = "SELECT id, officer, at, body FROM draft WHERE id = ?1 AND body <> ''";
static const char DRAFT_OF[] =
    "SELECT id, officer, at, body FROM draft WHERE officer = ?1 AND body <> '' ORDER BY at DESC, id";
static const char DRAFT_ALL[] = "SELECT id, officer, at, body FROM draft WHERE body <> '' ORDER BY at DESC, id";
static const char QUARANTINE_PUT[] = "INSERT INTO quarantine (ref, head, reason, at, late) VALUES (?1, ?2, ?3, ?4, ?5) "
                                     "ON CONFLICT (ref) DO UPDATE SET head = excluded.head, "
                                     "reason = excluded.reason, at = excluded.at, late = excluded.late";
static const char QUARANTINE_DROP[] = "DELETE FROM quarantine WHERE ref = ?1";
static const char QUARANTINE_ALL[] =
    "SELECT q.ref, q.head, q.reason, q.at, q.late FROM quarantine q WHERE NOT EXISTS "
    "(SELECT 1 FROM ruling r WHERE r.ref = q.ref AND r.head = q.head AND r.admit = 0) ORDER BY q.at, q.ref";

/* Why nothing was kept. */
static enum jem_code draft_of_another(struct jem_store *store, const char *id, struct jem_error *err)
{
    json_t *there = NULL;
    enum jem_code rc = jem_store_draft(store, id, &there, err);
    if (rc == JEM_OK)
        rc = jem_fail(err, JEM_EDENIED, JEM_D_STORE, 0, JEM_T_STORE_DRAFT_TAKEN, jem_json_str(there, "user", ""));
    json_decref(there);
    return rc;
}

enum jem_code jem_store_draft_put(struct jem_store *store, const char *id, const char *user, const json_t *draft,
    struct jem_error *err)
{
    struct jem_buf body = JEM_BUF_INIT(JEM_EVENT_BODY_MAX);
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_json_canonical(draft, &body, err);
    if (rc == JEM_OK)
        rc = jem_buf_ok(&body, err);
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, DRAFT_PUT, &st, err);
    if (rc == JEM_OK) {
        jem_bind_text(st, 1, id);
        jem_bind_text(st, 2, user);
        jem_bind_int(st, 3, jem_store_now_ms(store));
        jem_bind_text(st, 4, jem_buf_text(&body));
        rc = jem_db_run(store, st, err);
    }
    if (rc == JEM_OK && sqlite3_changes(store->db) == 0)
        rc = draft_of_another(store, id, err);
    jem_buf_wipe(&body);
    return rc;
}

static enum jem_code draft_give(struct jem_store *store, const char *sql, const char *id, const char *user,
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, id);
    jem_bind_text(st, 2, user);
    return jem_db_run(store, st, err);
}

enum jem_code jem_store_draft_take(struct jem_store *store, const char *id, const char *user, struct jem_error *err)
{
    bool own = false;
    enum jem_code rc = jem_store_enter(store, &own, err);
    if (rc != JEM_OK)
        return rc;
    rc = draft_give(store, DRAFT_TAKE, id, user, err);
    if (rc == JEM_OK && sqlite3_changes(store->db) == 0)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_DRAFT_NONE);
    if (rc == JEM_OK)
        rc = draft_give(store, DRAFT_TAKE_PAGES, id, user, err);
    return jem_store_leave(store, own, rc, err);
}

static enum jem_code local_drop(struct jem_store *store, const char *sql, const char *key, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, key);
    return jem_db_run(store, st, err);
}

enum jem_code jem_store_draft_drop(struct jem_store *store, const char *id, struct jem_error *err)
{
    bool own = false;
    sqlite3_stmt *st = NULL;
    int64_t now = jem_store_now_ms(store);
    enum jem_code rc = jem_store_enter(store, &own, err);
    if (rc != JEM_OK)
        return rc;
    rc = jem_db_prepare(store, DRAFT_DROP, &st, err);
    if (rc == JEM_OK) {
        jem_bind_text(st, 1, id);
        jem_bind_int(st, 2, now);
        rc = jem_db_run(store, st, err);
    }
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, DRAFT_PAST, &st, err);
    if (rc == JEM_OK) {
        jem_bind_int(st, 1, now - DRAFT_OVER_MS);
        rc = jem_db_run(store, st, err);
    }
    return jem_store_leave(store, own, rc, err);
}

static enum jem_code draft_json(sqlite3_stmt *st, json_t **out, struct jem_error *err)
{
    json_t *draft = NULL;
    const char *text = jem_column_text(st, 3);
    enum jem_code rc = jem_json_parse(text, (size_t)sqlite3_column_bytes(st, 3), "draft", &draft, err);
    if (rc != JEM_OK)
        return rc;
    *out = json_pack("{s:s, s:s, s:I, s:o}", "id", jem_column_text(st, 0), "user", jem_column_text(st, 1), "at_ms",
        (json_int_t)sqlite3_column_int64(st, 2), "draft", draft);
    return *out == NULL ? jem_fail_nomem(err) : JEM_OK;
}

static enum jem_code quarantine_json(sqlite3_stmt *st, json_t **out, struct jem_error *err)
{
    *out = json_pack("{s:s, s:s, s:s, s:I, s:s}", "ref", jem_column_text(st, 0), "head", jem_column_text(st, 1),
        "reason", jem_column_text(st, 2), "at_ms", (json_int_t)sqlite3_column_int64(st, 3), "class",
        sqlite3_column_int(st, 4) != 0 ? "late" : "broken");
    return *out == NULL ? jem_fail_nomem(err) : JEM_OK;
}

static enum jem_code local_list(struct jem_store *store, sqlite3_stmt *st,
    enum jem_code (*json)(sqlite3_stmt *, json_t **, struct jem_error *), json_t **out, struct jem_error *err)
{
    bool row = false;
    json_t *list = json_array();
    enum jem_code rc = list == NULL ? jem_fail_nomem(err) : JEM_OK;
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        json_t *v = NULL;
        rc = json(st, &v, err);
        if (rc == JEM_OK && json_array_append_new(list, v) != 0)
            rc = jem_fail_nomem(err);
    }
    jem_db_done(st);
    *out = rc == JEM_OK ? json_incref(list) : NULL;
    json_decref(list);
    return rc;
}

enum jem_code jem_store_drafts(struct jem_store *store, const char *user, json_t **out, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    *out = NULL;
    enum jem_code rc = jem_db_prepare(store, user != NULL ? DRAFT_OF : DRAFT_ALL, &st, err);
    if (rc != JEM_OK)
        return rc;
    if (user != NULL)
        jem_bind_text(st, 1, user);
    return local_list(store, st, draft_json, out, err);
}

enum jem_code jem_store_draft(struct jem_store *store, const char *id, json_t **out, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *out = NULL;
    enum jem_code rc = jem_db_prepare(store, DRAFT_ONE, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, id);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK)
        rc = row ? draft_json(st, out, err) : jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_DRAFT_NONE);
    jem_db_done(st);
    return rc;
}

static enum jem_code quarantine_put(struct jem_store *store, const char *ref, const char *head_hex, const char *reason,
    bool late, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, QUARANTINE_PUT, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, ref);
    jem_bind_text(st, 2, head_hex);
    jem_bind_text(st, 3, reason);
    jem_bind_int(st, 4, jem_store_now_ms(store));
    jem_bind_int(st, 5, late);
    return jem_db_run(store, st, err);
}

enum jem_code jem_store_quarantine_put(struct jem_store *store, const char *ref, const char *head_hex,
    const char *reason, struct jem_error *err)
{
    return quarantine_put(store, ref, head_hex, reason, false, err);
}

enum jem_code jem_store_quarantine_late(struct jem_store *store, const char *ref, const char *head_hex,
    const char *reason, struct jem_error *err)
{
    return quarantine_put(store, ref, head_hex, reason, true, err);
}

enum jem_code jem_store_quarantine_clear(struct jem_store *store, const char *ref, struct jem_error *err)
{
    return local_drop(store, QUARANTINE_DROP, ref, err);
}

enum jem_code jem_store_quarantine(struct jem_store *store, json_t **out, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    *out = NULL;
    enum jem_code rc = jem_db_prepare(store, QUARANTINE_ALL, &st, err);
    return rc == JEM_OK ? local_list(store, st, quarantine_json, out, err) : rc;
}
