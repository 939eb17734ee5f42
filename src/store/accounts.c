/* accounts.c - who may use this store, which vans HQ knows, and the published catalogue. */
#include <string.h>

#include "log.h"
#include "views.h"

static const char ACCOUNT_ALL[] =
    "SELECT officer, name, role, length(put_key) > 0, disabled_key > put_key, agency FROM account "
    "ORDER BY officer";
static const char ACCOUNT_ONE[] =
    "SELECT officer, name, role, length(put_key) > 0, disabled_key > put_key, agency FROM account "
    "WHERE officer = ?1";
static const char ACCOUNT_FIRST[] = "SELECT value FROM meta WHERE key = 'officer.first'";
static const char VAN_ALL[] = "SELECT van, name, sign, box, epoch, inc, enrolled FROM van ORDER BY van";
static const char CATALOG_KEY[] = "SELECT key FROM catalog";
/* Of HQ's own lane: each van has a copy of each in its own. */
static const char CATALOG_ALL[] =
    "SELECT s.inc, e.id & ?1, json_extract(e.body, '$.version'), e.actor, e.wall, "
    "json_array_length(e.body, '$.catalog.services') "
    "FROM stream s JOIN event e ON e.id BETWEEN s.id << 40 AND (s.id << 40) + ?1 WHERE s.writer = 0 AND s.lane = 0 "
    "AND e.kind = 'catalog.published' AND e.body IS NOT NULL ORDER BY 3 DESC, e.id DESC";
#define CATALOG_SEQ_MASK (((int64_t)1 << 40) - 1)

static json_t *account_json(const char *user, const char *name, const char *role, const char *agency, bool disabled)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:b}", "user", user, "name", name, "role", role, "agency", agency,
        "disabled", disabled);
}

/* The officer who made the store: an account, in the highest role, until the log says more of it. */
static enum jem_code account_first(struct jem_store *store, struct jem_buf *out, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, ACCOUNT_FIRST, &st, err);
    if (rc == JEM_OK)
        rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row) {
        jem_buf_str(out, jem_column_text(st, 0));
        rc = jem_buf_ok(out, err);
    }
    jem_db_done(st);
    return rc;
}

/* NULL for an account that was only ever disabled and is not the first officer's. */
static json_t *account_row(sqlite3_stmt *st, const char *first)
{
    const char *user = jem_column_text(st, 0);
    bool disabled = sqlite3_column_int(st, 4) != 0;
    if (sqlite3_column_int(st, 3) != 0)
        return account_json(user, jem_column_text(st, 1), jem_column_text(st, 2), jem_column_text(st, 5), disabled);
    return strcmp(user, first) == 0 ? account_json(user, user, "admin", "", disabled) : NULL;
}

enum jem_code jem_store_users(struct jem_store *store, json_t **out, struct jem_error *err)
{
    bool row = false, seen = false;
    struct jem_buf first = JEM_BUF_INIT(64);
    sqlite3_stmt *st = NULL;
    json_t *users = json_array();
    *out = NULL;
    enum jem_code rc = users == NULL ? jem_fail_nomem(err) : account_first(store, &first, err);
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, ACCOUNT_ALL, &st, err);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        json_t *v = account_row(st, jem_buf_text(&first));
        seen = seen || strcmp(jem_column_text(st, 0), jem_buf_text(&first)) == 0;
        if (v != NULL && json_array_append_new(users, v) != 0)
            rc = jem_fail_nomem(err);
    }
    jem_db_done(st);
    if (rc == JEM_OK && !seen && first.len > 0 &&
        json_array_insert_new(users, 0, account_json(jem_buf_text(&first), jem_buf_text(&first), "admin", "", false)) !=
            0)
        rc = jem_fail_nomem(err);
    if (rc == JEM_OK)
        *out = json_incref(users);
    json_decref(users);
    jem_buf_release(&first);
    return rc;
}

enum jem_code jem_store_user(struct jem_store *store, const char *user, json_t **out, struct jem_error *err)
{
    bool row = false;
    struct jem_buf first = JEM_BUF_INIT(64);
    sqlite3_stmt *st = NULL;
    *out = NULL;
    enum jem_code rc = account_first(store, &first, err);
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, ACCOUNT_ONE, &st, err);
    if (rc == JEM_OK) {
        jem_bind_text(st, 1, user);
        rc = jem_db_step(store, st, &row, err);
    }
    if (rc == JEM_OK) {
        if (row)
            *out = account_row(st, jem_buf_text(&first));
        else if (first.len > 0 && strcmp(user, jem_buf_text(&first)) == 0)
            *out = account_json(user, user, "admin", "", false);
        if (*out == NULL)
            rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_NO_OFFICER);
    }
    jem_db_done(st);
    jem_buf_release(&first);
    return rc;
}

static enum jem_code van_json(struct jem_store *store, sqlite3_stmt *st, json_t **out, struct jem_error *err)
{
    struct jem_stream_head head;
    uint64_t acked = 0, scan = 0;
    uint16_t van = (uint16_t)sqlite3_column_int(st, 0), inc = 0;
    json_t *revoked = NULL;
    enum jem_code rc = jem_store_van_inc(store, van, &inc, err);
    if (rc == JEM_OK)
        rc = jem_store_head(store, van, 0, inc, &head, err);
    if (rc == JEM_OK)
        rc = jem_ack_get(store, van, 0, inc, JEM_LEVEL_RECEIVED, &acked, &scan, err);
    if (rc == JEM_OK)
        rc = jem_writer_revocation(store, van, &revoked, err);
    if (rc != JEM_OK)
        return rc;
    *out = json_pack("{s:i, s:s, s:s, s:s, s:I, s:i, s:I, s:I, s:I, s:o}", "van", (int)van, "name",
        jem_column_text(st, 1), "sign", jem_column_text(st, 2), "box", jem_column_text(st, 3), "epoch",
        (json_int_t)sqlite3_column_int64(st, 4), "inc", (int)inc, "seq", (json_int_t)head.last.seq, "acked",
        (json_int_t)acked, "enrolled_ms", (json_int_t)sqlite3_column_int64(st, 6), "revoked", revoked);
    return *out == NULL ? jem_fail_nomem(err) : JEM_OK;
}

enum jem_code jem_store_vans(struct jem_store *store, json_t **out, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    json_t *vans = json_array();
    *out = NULL;
    enum jem_code rc = vans == NULL ? jem_fail_nomem(err) : jem_db_prepare(store, VAN_ALL, &st, err);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        json_t *v = NULL;
        rc = van_json(store, st, &v, err);
        if (rc == JEM_OK && json_array_append_new(vans, v) != 0)
            rc = jem_fail_nomem(err);
    }
    jem_db_done(st);
    if (rc == JEM_OK)
        *out = json_incref(vans);
    json_decref(vans);
    return rc;
}

static enum jem_code catalog_event(struct jem_store *store, struct jem_event_id *out, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, CATALOG_KEY, &st, err);
    if (rc == JEM_OK)
        rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row && sqlite3_column_bytes(st, 0) == JEM_KEY_BYTES)
        jem_key_id(sqlite3_column_blob(st, 0), out);
    else if (rc == JEM_OK)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_NO_CATALOG);
    jem_db_done(st);
    return rc;
}

static enum jem_code catalog_read(struct jem_store *store, const struct jem_event_id *id, json_t **out,
    struct jem_error *err)
{
    struct jem_event e = { 0 };
    json_t *body = NULL;
    enum jem_code rc = jem_store_event(store, id, &e, err);
    if (rc == JEM_OK && e.body == NULL)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_NO_CATALOG);
    if (rc == JEM_OK)
        rc = jem_json_parse(e.body, e.body_len, "catalog.published", &body, err);
    if (rc == JEM_OK)
        *out = json_incref(json_object_get(body, "catalog"));
    json_decref(body);
    jem_event_release(&e);
    return rc;
}

enum jem_code jem_store_catalog(struct jem_store *store, json_t **out, struct jem_error *err)
{
    struct jem_event_id id;
    *out = NULL;
    enum jem_code rc = catalog_event(store, &id, err);
    return rc == JEM_OK ? catalog_read(store, &id, out, err) : rc;
}

enum jem_code jem_store_catalogs(struct jem_store *store, json_t **out, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    json_t *list = json_array();
    *out = NULL;
    enum jem_code rc = list == NULL ? jem_fail_nomem(err) : jem_db_prepare(store, CATALOG_ALL, &st, err);
    if (rc == JEM_OK)
        jem_bind_int(st, 1, CATALOG_SEQ_MASK);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        struct jem_event_id id = { 0, 0, (uint16_t)sqlite3_column_int(st, 0), (uint64_t)sqlite3_column_int64(st, 1) };
        char text[JEM_EVENT_ID_TEXT];
        jem_event_id_format(&id, text);
        if (json_array_append_new(list,
                json_pack("{s:s,s:I,s:s,s:I,s:I}", "event", text, "version", (json_int_t)sqlite3_column_int64(st, 2),
                    "officer", jem_column_text(st, 3), "at_ms", (json_int_t)sqlite3_column_int64(st, 4), "services",
                    (json_int_t)sqlite3_column_int64(st, 5))) != 0)
            rc = jem_fail_nomem(err);
    }
    jem_db_done(st);
    if (rc == JEM_OK)
        *out = json_incref(list);
    json_decref(list);
    return rc;
}

enum jem_code jem_store_catalog_of(struct jem_store *store, const char *event, json_t **out, struct jem_error *err)
{
    struct jem_event_id id;
    *out = NULL;
    return jem_event_id_parse(event, &id) ? catalog_read(store, &id, out, err)
                                          : jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_NO_CATALOG);
}
