/* kinds_view.c - the views of events that are not about one application: accounts, vans and the catalogue here, the rest
 * in acks.c, trust.c, district.c, dictionary.c and day_view.c. Each keeps the key of the event that won, so that every order of
 * arrival ends the same.
 *
 * Whose word counts: vans, revocations, rulings, dictionaries and the catalogue are HQ's (writer 0); acknowledgements are
 * HQ's about vans, and a van's about HQ's lane for it; a box key is its owner's. Accounts are those that this store's
 * own writer put, and those that HQ put into this writer's lane: no van can make itself an account at HQ, nor HQ's
 * account for one van appear at another. */
#include <string.h>

#include <sodium.h>

#include "log.h"
#include "views.h"

static const char ACCOUNT_PUT[] =
    "INSERT INTO account (officer, name, role, agency, put_key, disabled_key) VALUES (?1, ?2, ?3, ?5, ?4, x'') "
    "ON CONFLICT (officer) DO UPDATE SET name = excluded.name, role = excluded.role, agency = excluded.agency, "
    "put_key = excluded.put_key WHERE excluded.put_key > put_key";
static const char ACCOUNT_DISABLE[] =
    "INSERT INTO account (officer, name, role, agency, put_key, disabled_key) VALUES (?1, '', '', '', x'', ?4) "
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
        jem_bind_text(st, 5, jem_json_str(body, "agency", ""));
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
    rc = jem_db_run(store, st, err);
    return rc == JEM_OK ? jem_writer_enrolled(store, e, body, err) : rc;
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

enum jem_code jem_body_base64(const json_t *body, const char *member, struct jem_buf *out, struct jem_error *err)
{
    const char *text = jem_json_str(body, member, "");
    size_t n = strlen(text), used = 0;
    if (!jem_buf_reserve(out, n / 4 * 3 + 1))
        return jem_fail_nomem(err);
    if (sodium_base642bin(out->data + out->len, n / 4 * 3, text, n, NULL, &used, NULL,
            sodium_base64_VARIANT_ORIGINAL) != 0)
        return JEM_ENOTFOUND;
    out->len += used;
    out->data[out->len] = '\0';
    return JEM_OK;
}

static bool kind_ours(const struct jem_store *store, const struct jem_event *e)
{
    return (int)e->id.writer == store->writer ? e->id.lane == 0 : e->id.writer == 0 && (int)e->id.lane == store->writer;
}

/* What is named for the first time, by this van itself. */
static bool kind_sends(const struct jem_store *store, const struct jem_event *e)
{
    return !store->rebuilding && store->role == JEM_ROLE_VAN && (int)e->id.writer == store->writer;
}

static enum jem_code kind_apply(struct jem_store *store, enum jem_kind kind, const struct jem_event *e,
    const json_t *body, struct jem_error *err)
{
    bool hq = e->id.writer == 0;
    if (kind == JEM_KIND_DOCUMENT_ATTACHED || kind == JEM_KIND_OUTAGE_PHOTOGRAPHED) {
        enum jem_code rc = kind_sends(store, e) ? jem_outgoing_add(store, body, e->wall_ms, err) : JEM_OK;
        if (rc != JEM_OK)
            return rc;
    }
    if (jem_day_concerns(kind))
        return jem_day_apply(store, kind, e, body, err);
    switch (kind) {
    case JEM_KIND_LEDGER_ACKED: return jem_acks_apply(store, e, body, err);
    case JEM_KIND_KEY_ROTATED: return jem_writer_rotated(store, e, body, err);
    case JEM_KIND_VAN_REVOKED: return hq ? jem_writer_revoked(store, e, body, err) : JEM_OK;
    case JEM_KIND_QUARANTINE_RULED: return hq ? jem_writer_ruled(store, e, body, err) : JEM_OK;
    case JEM_KIND_DICTIONARY_PUBLISHED: return hq ? jem_dictionary_apply(store, e, body, err) : JEM_OK;
    case JEM_KIND_BODY_REDACTED:
        return hq && (store->role == JEM_ROLE_HQ || kind_ours(store, e)) ? jem_erase_apply(store, e, body, err)
                                                                         : JEM_OK;
    case JEM_KIND_DISTRICT_STATUS:
        return hq && store->role == JEM_ROLE_VAN && kind_ours(store, e) ? jem_district_apply(store, e, body, err)
                                                                        : JEM_OK;
    case JEM_KIND_USER_PUT: return kind_ours(store, e) ? kind_user(store, ACCOUNT_PUT, e, body, err) : JEM_OK;
    case JEM_KIND_USER_DISABLED: return kind_ours(store, e) ? kind_user(store, ACCOUNT_DISABLE, e, body, err) : JEM_OK;
    case JEM_KIND_VAN_ENROLLED: return hq ? kind_van(store, e, body, err) : JEM_OK;
    case JEM_KIND_CATALOG_PUBLISHED: return hq ? kind_catalog(store, e, body, err) : JEM_OK;
    default: return JEM_OK;
    }
}

static bool kind_concerns(enum jem_kind kind)
{
    switch (kind) {
    case JEM_KIND_LEDGER_ACKED:
    case JEM_KIND_USER_PUT:
    case JEM_KIND_USER_DISABLED:
    case JEM_KIND_VAN_ENROLLED:
    case JEM_KIND_CATALOG_PUBLISHED:
    case JEM_KIND_DOCUMENT_ATTACHED:
    case JEM_KIND_KEY_ROTATED:
    case JEM_KIND_VAN_REVOKED:
    case JEM_KIND_QUARANTINE_RULED:
    case JEM_KIND_DISTRICT_STATUS:
    case JEM_KIND_DICTIONARY_PUBLISHED:
    case JEM_KIND_BODY_REDACTED: return true;
    default: return jem_day_concerns(kind);
    }
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
