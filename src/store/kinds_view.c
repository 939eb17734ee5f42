/* kinds_view.c - the views of events that are not about one application: acknowledgements, accounts, vans, the
 * catalogue. Each keeps the key of the event that won, so that every order of arrival ends the same.
 *
 * Whose word counts: acknowledgements, vans and the catalogue are HQ's (writer 0). Accounts are those that this store's
 * own writer put, and those that HQ put into this writer's lane: no van can make itself an account at HQ, nor HQ's
 * account for one van appear at another. */
#include <string.h>

#include "log.h"
#include "views.h"

static const char ACK_GET[] = "SELECT seq FROM ack WHERE writer = ?1 AND inc = ?2 AND level = ?3";
static const char ACK_PUT[] = "INSERT INTO ack (writer, inc, level, seq) VALUES (?1, ?2, ?3, ?4) "
                              "ON CONFLICT (writer, inc, level) DO UPDATE SET seq = excluded.seq "
                              "WHERE excluded.seq > seq";
static const char CONFIRM[] =
    "UPDATE application SET confirmed = 1, status = CASE status WHEN 1 THEN 2 ELSE status END "
    "WHERE confirmed = 0 AND writer = ?1 AND inc = ?2 AND seq <= ?3";
static const char ACCOUNT_PUT[] =
    "INSERT INTO account (officer, name, role, put_key, disabled_key) VALUES (?1, ?2, ?3, ?4, x'') "
    "ON CONFLICT (officer) DO UPDATE SET name = excluded.name, role = excluded.role, put_key = excluded.put_key "
    "WHERE excluded.put_key > put_key";
static const char ACCOUNT_DISABLE[] =
    "INSERT INTO account (officer, name, role, put_key, disabled_key) VALUES (?1, '', '', x'', ?4) "
    "ON CONFLICT (officer) DO UPDATE SET disabled_key = excluded.disabled_key "
    "WHERE excluded.disabled_key > disabled_key";
static const char VAN_PUT[] =
    "INSERT INTO van (van, name, sign, box, epoch, inc, enrolled, key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
    "ON CONFLICT (van) DO UPDATE SET name = excluded.name, sign = excluded.sign, box = excluded.box, "
    "epoch = excluded.epoch, inc = excluded.inc, enrolled = excluded.enrolled, key = excluded.key "
    "WHERE excluded.key > key";
static const char CATALOG_PUT[] =
    "INSERT INTO catalog (one, version, key) VALUES (1, ?1, ?2) "
    "ON CONFLICT (one) DO UPDATE SET version = excluded.version, key = excluded.key "
    "WHERE excluded.version > version OR (excluded.version = version AND excluded.key > key)";
static const char SPAN_DROP[] = "DELETE FROM span";
static const char SPAN_ADD[] = "INSERT OR REPLACE INTO span (service, days) VALUES (?1, ?2)";

enum jem_code jem_ack_get(struct jem_store *store, uint16_t writer, uint16_t inc, int level, uint64_t *out,
    struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *out = 0;
    enum jem_code rc = jem_db_prepare(store, ACK_GET, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, writer);
    jem_bind_int(st, 2, inc);
    jem_bind_int(st, 3, level);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row)
        *out = (uint64_t)sqlite3_column_int64(st, 0);
    jem_db_done(st);
    return rc;
}

static enum jem_code ack_raise(struct jem_store *store, int64_t writer, int64_t inc, int level, int64_t seq,
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, ACK_PUT, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, writer);
    jem_bind_int(st, 2, inc);
    jem_bind_int(st, 3, level);
    jem_bind_int(st, 4, seq);
    return jem_db_run(store, st, err);
}

enum jem_code jem_views_confirm(struct jem_store *store, int64_t writer, int64_t inc, int64_t seq,
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    _Static_assert(JEM_STATUS_SUBMITTED == 1 && JEM_STATUS_RECEIVED == 2, "CONFIRM names these values");
    enum jem_code rc = jem_db_prepare(store, CONFIRM, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, writer);
    jem_bind_int(st, 2, inc);
    jem_bind_int(st, 3, seq);
    return jem_db_run(store, st, err);
}

static enum jem_code kind_acked(struct jem_store *store, const json_t *body, struct jem_error *err)
{
    int64_t writer = jem_json_int(body, "writer", -1), inc = jem_json_int(body, "inc", 0);
    int64_t seq = jem_json_int(body, "seq", 0);
    bool durable = strcmp(jem_json_str(body, "level", ""), "durable") == 0;
    enum jem_code rc = ack_raise(store, writer, inc, JEM_LEVEL_RECEIVED, seq, err);
    if (rc == JEM_OK && durable)
        rc = ack_raise(store, writer, inc, JEM_LEVEL_DURABLE, seq, err);
    if (rc == JEM_OK)
        rc = jem_views_confirm(store, writer, inc, seq, err);
    if (rc == JEM_OK && !store->rebuilding && store->role == JEM_ROLE_VAN && writer == store->writer)
        rc = jem_outgoing_acked(store, jem_json_int(body, "scan", 0), json_object_get(body, "missing"), err);
    return rc;
}

static enum jem_code kind_user(struct jem_store *store, const char *sql, const struct jem_event *e, const json_t *body,
    struct jem_error *err)
{
    unsigned char key[JEM_KEY_BYTES];
    sqlite3_stmt *st = NULL;
    jem_key_make(e, key);
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, jem_json_str(body, "user", ""));
    if (sql == ACCOUNT_PUT) {
        jem_bind_text(st, 2, jem_json_str(body, "name", ""));
        jem_bind_text(st, 3, jem_json_str(body, "role", ""));
    }
    jem_bind_blob(st, 4, key, sizeof key);
    return jem_db_run(store, st, err);
}

static enum jem_code kind_van(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err)
{
    unsigned char key[JEM_KEY_BYTES];
    sqlite3_stmt *st = NULL;
    jem_key_make(e, key);
    enum jem_code rc = jem_db_prepare(store, VAN_PUT, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, jem_json_int(body, "van", 0));
    jem_bind_text(st, 2, jem_json_str(body, "name", ""));
    jem_bind_text(st, 3, jem_json_str(body, "sign", ""));
    jem_bind_text(st, 4, jem_json_str(body, "box", ""));
    jem_bind_int(st, 5, jem_json_int(body, "epoch", 0));
    jem_bind_int(st, 6, jem_json_int(body, "inc", 1));
    jem_bind_int(st, 7, e->wall_ms);
    jem_bind_blob(st, 8, key, sizeof key);
    return jem_db_run(store, st, err);
}

static enum jem_code catalog_spans(struct jem_store *store, const json_t *catalog, struct jem_error *err)
{
    const json_t *services = json_object_get(catalog, "services");
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, SPAN_DROP, &st, err);
    if (rc == JEM_OK)
        rc = jem_db_run(store, st, err);
    for (size_t i = 0; rc == JEM_OK && i < json_array_size(services); i++) {
        const json_t *service = json_array_get(services, i);
        int64_t days = jem_json_int(service, "duplicate_window_days", 0);
        if (days <= 0)
            continue;
        rc = jem_db_prepare(store, SPAN_ADD, &st, err);
        if (rc != JEM_OK)
            break;
        jem_bind_text(st, 1, jem_json_str(service, "id", ""));
        jem_bind_int(st, 2, days);
        rc = jem_db_run(store, st, err);
    }
    return rc == JEM_OK ? jem_pairs_all(store, err) : rc;
}

static enum jem_code kind_catalog(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err)
{
    unsigned char key[JEM_KEY_BYTES];
    sqlite3_stmt *st = NULL;
    jem_key_make(e, key);
    enum jem_code rc = jem_db_prepare(store, CATALOG_PUT, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, jem_json_int(body, "version", 0));
    jem_bind_blob(st, 2, key, sizeof key);
    rc = jem_db_run(store, st, err);
    if (rc == JEM_OK && sqlite3_changes(store->db) > 0)
        rc = catalog_spans(store, json_object_get(body, "catalog"), err);
    return rc;
}

static bool kind_ours(const struct jem_store *store, const struct jem_event *e)
{
    return (int)e->id.writer == store->writer ? e->id.lane == 0 : e->id.writer == 0 && (int)e->id.lane == store->writer;
}

static enum jem_code kind_apply(struct jem_store *store, enum jem_kind kind, const struct jem_event *e,
    const json_t *body, struct jem_error *err)
{
    bool hq = e->id.writer == 0;
    switch (kind) {
    case JEM_KIND_LEDGER_ACKED: return hq ? kind_acked(store, body, err) : JEM_OK;
    case JEM_KIND_USER_PUT: return kind_ours(store, e) ? kind_user(store, ACCOUNT_PUT, e, body, err) : JEM_OK;
    case JEM_KIND_USER_DISABLED: return kind_ours(store, e) ? kind_user(store, ACCOUNT_DISABLE, e, body, err) : JEM_OK;
    case JEM_KIND_VAN_ENROLLED: return hq ? kind_van(store, e, body, err) : JEM_OK;
    case JEM_KIND_CATALOG_PUBLISHED: return hq ? kind_catalog(store, e, body, err) : JEM_OK;
    case JEM_KIND_DOCUMENT_ATTACHED:
        if (store->rebuilding || store->role != JEM_ROLE_VAN || (int)e->id.writer != store->writer)
            return JEM_OK;
        return jem_outgoing_add(store, body, err);
    default: return JEM_OK;
    }
}

static bool kind_concerns(enum jem_kind kind)
{
    return kind == JEM_KIND_LEDGER_ACKED || kind == JEM_KIND_USER_PUT || kind == JEM_KIND_USER_DISABLED ||
           kind == JEM_KIND_VAN_ENROLLED || kind == JEM_KIND_CATALOG_PUBLISHED || kind == JEM_KIND_DOCUMENT_ATTACHED;
}

/* A redacted body, or one that does not fit its kind, changes no view: it stays in the log. */
enum jem_code jem_views_kind(struct jem_store *store, const struct jem_event *e, struct jem_error *err)
{
    enum jem_kind kind = jem_kind_parse(e->kind);
    json_t *body = NULL;
    struct jem_error ignored;
    if (!kind_concerns(kind) || e->body == NULL)
        return JEM_OK;
    enum jem_code rc = jem_json_parse(e->body, e->body_len, "event", &body, &ignored);
    if (rc == JEM_OK)
        rc = jem_kind_check(e->kind, body, &ignored);
    if (rc == JEM_OK)
        rc = kind_apply(store, kind, e, body, err);
    else if (rc != JEM_ENOMEM)
        rc = JEM_OK;
    else
        rc = jem_fail_nomem(err);
    json_decref(body);
    return rc;
}
