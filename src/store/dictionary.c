/* dictionary.c - compression dictionaries that HQ published, and which of them stands where on a lane. */
#include "views.h"

static const char DICTIONARY_PUT[] = "INSERT OR REPLACE INTO dictionary (lane, inc, seq, id) VALUES (?1, ?2, ?3, ?4)";
/* The same id on several lanes names the same bytes; the newest incarnation's, should HQ have been restored between. */
static const char DICTIONARY_PLACE[] = "SELECT lane, inc, seq FROM dictionary WHERE id = ?1 "
                                       "ORDER BY inc DESC, lane, seq DESC LIMIT 1";
static const char DICTIONARY_BEFORE[] = "SELECT id FROM dictionary WHERE lane = ?1 AND (inc, seq) < (?2, ?3) "
                                        "ORDER BY inc DESC, seq DESC LIMIT 1";

enum jem_code jem_dictionary_apply(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, DICTIONARY_PUT, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, e->id.lane);
    jem_bind_int(st, 2, e->id.inc);
    jem_bind_int(st, 3, (int64_t)e->id.seq);
    jem_bind_int(st, 4, jem_json_int(body, "id", 0));
    return jem_db_run(store, st, err);
}

static enum jem_code dictionary_place(struct jem_store *store, uint16_t id, struct jem_event_id *out,
    struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, DICTIONARY_PLACE, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, id);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row)
        *out = (struct jem_event_id){ 0, (uint16_t)sqlite3_column_int64(st, 0), (uint16_t)sqlite3_column_int64(st, 1),
            (uint64_t)sqlite3_column_int64(st, 2) };
    else if (rc == JEM_OK)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_NO_DICTIONARY, (unsigned)id);
    jem_db_done(st);
    return rc;
}

enum jem_code jem_store_dictionary(struct jem_store *store, uint16_t id, struct jem_buf *out, struct jem_error *err)
{
    struct jem_event_id at;
    struct jem_event e = { 0 };
    json_t *body = NULL;
    enum jem_code rc = dictionary_place(store, id, &at, err);
    if (rc == JEM_OK)
        rc = jem_store_event(store, &at, &e, err);
    if (rc == JEM_OK && e.body == NULL)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_NO_DICTIONARY, (unsigned)id);
    if (rc == JEM_OK)
        rc = jem_json_parse(e.body, e.body_len, "dictionary.published", &body, err);
    if (rc == JEM_OK && (rc = jem_body_base64(body, "bytes", out, err)) == JEM_ENOTFOUND)
        rc = jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_STORE_CORRUPT);
    json_decref(body);
    jem_event_release(&e);
    return rc;
}

enum jem_code jem_store_dictionary_before(struct jem_store *store, const struct jem_event_id *at, uint16_t *id,
    struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *id = 0;
    enum jem_code rc = jem_db_prepare(store, DICTIONARY_BEFORE, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, at->lane);
    jem_bind_int(st, 2, at->inc);
    jem_bind_int(st, 3, (int64_t)at->seq);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row)
        *id = (uint16_t)sqlite3_column_int64(st, 0);
    jem_db_done(st);
    return rc;
}

enum jem_code jem_store_dictionary_latest(struct jem_store *store, uint16_t *id, struct jem_error *err)
{
    const int writer = jem_store_writer(store);
    const struct jem_event_id end = { 0, (uint16_t)(writer < 0 ? 0 : writer), UINT16_MAX, INT64_MAX };
    return jem_store_dictionary_before(store, &end, id, err);
}
