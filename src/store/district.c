/* district.c - stages of the whole district: at HQ which applications changed since a van was told, at a van what HQ told.
 *
 * HQ keeps one row an application in `changed`, at the end whenever its stage changes, so that what is new to a van is the
 * end of that table. A rebuild of the views changes no stage and leaves the table as it is. */
#include <stdlib.h>

#include "jemput/district.h"
#include "views.h"

static const char DISTRICT_PUT[] =
    "INSERT INTO district (number, stage, day, key) SELECT ?1, ?2, ?3, ?4 "
    "WHERE NOT EXISTS (SELECT 1 FROM erased WHERE number = ?1) "
    "ON CONFLICT (number) DO UPDATE SET stage = excluded.stage, day = excluded.day, key = excluded.key "
    "WHERE excluded.key > key";
static const char DISTRICT_GET[] = "SELECT stage, day, key FROM district WHERE number = ?1";
static const char CHANGED_LAST[] = "SELECT max(rev) FROM changed";
static const char CHANGED_DROP[] = "DELETE FROM changed WHERE number = ?1";
static const char CHANGED_ADD[] = "INSERT OR IGNORE INTO changed (rev, number, day) VALUES (?1, ?2, ?3)";
static const char CHANGED_SINCE[] =
    "SELECT c.rev, c.number, c.day, max(a.status, 2) FROM changed c CROSS JOIN application a ON a.number = c.number "
    "WHERE c.rev > ?1 AND c.number >> 38 <> ?2 ORDER BY c.rev LIMIT ?3";
static const char CHANGED_ACROSS[] =
    "SELECT c.rev, c.number FROM changed c CROSS JOIN event e ON e.subject = c.number "
    "CROSS JOIN stream s ON s.id = e.id >> 40 WHERE c.rev > ?1 AND c.number >> 38 <> 0 AND e.subject <> 0 "
    "AND s.writer NOT IN (0, c.number >> 38) GROUP BY c.rev ORDER BY c.rev LIMIT ?2";
_Static_assert(JEM_STATUS_RECEIVED == 2, "CHANGED_SINCE names it: what HQ has is received");

enum jem_code jem_district_apply(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err)
{
    unsigned char key[JEM_KEY_BYTES];
    struct jem_district_case *cases = NULL;
    size_t count = 0;
    struct jem_error ignored;
    enum jem_code rc = jem_district_unpack(body, &cases, &count, &ignored);
    if (rc == JEM_ENOMEM)
        return jem_fail_nomem(err);
    rc = JEM_OK; /* damaged cases tell nothing; the event stays in the log */
    jem_key_make(e, key);
    for (size_t i = 0; rc == JEM_OK && i < count; i++) {
        sqlite3_stmt *st = NULL;
        rc = jem_db_prepare(store, DISTRICT_PUT, &st, err);
        if (rc != JEM_OK)
            break;
        jem_bind_int(st, 1, (int64_t)cases[i].number);
        jem_bind_int(st, 2, cases[i].stage);
        jem_bind_int(st, 3, cases[i].day);
        jem_bind_blob(st, 4, key, sizeof key);
        rc = jem_db_run(store, st, err);
    }
    free(cases);
    return rc;
}

enum jem_code jem_store_district(struct jem_store *store, uint64_t number, struct jem_district_case *out,
    int64_t *told_ms, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *out = (struct jem_district_case){ .number = number };
    *told_ms = 0;
    enum jem_code rc = jem_db_prepare(store, DISTRICT_GET, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, (int64_t)number);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row) {
        struct jem_reader key = jem_reader_of(sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2));
        out->stage = (enum jem_status)sqlite3_column_int(st, 0);
        out->day = sqlite3_column_int(st, 1);
        *told_ms = jem_hlc_unix_ms(jem_read_u64(&key));
    }
    jem_db_done(st);
    return rc == JEM_OK && !row ? jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_NO_APPLICATION) : rc;
}

enum jem_code jem_district_note(struct jem_store *store, uint64_t number, int64_t stage_ms, bool fresh,
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = JEM_OK;
    if (store->role != JEM_ROLE_HQ || store->rebuilding)
        return JEM_OK;
    if (store->changed_rev == 0)
        rc = jem_db_int(store, CHANGED_LAST, 0, &store->changed_rev, err);
    if (rc == JEM_OK && !fresh && (rc = jem_db_prepare(store, CHANGED_DROP, &st, err)) == JEM_OK) {
        jem_bind_int(st, 1, (int64_t)number);
        rc = jem_db_run(store, st, err);
    }
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, CHANGED_ADD, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, store->changed_rev + 1);
    jem_bind_int(st, 2, (int64_t)number);
    jem_bind_int(st, 3, jem_day_of_unix_ms(stage_ms));
    rc = jem_db_run(store, st, err);
    store->changed_rev += rc == JEM_OK;
    return rc;
}

enum jem_code jem_store_district_changed(struct jem_store *store, uint64_t since_rev, unsigned van_to_leave_out,
    size_t max, struct jem_district_case **out, size_t *count, uint64_t *rev, struct jem_error *err)
{
    bool row = false;
    int64_t last = 0;
    sqlite3_stmt *st = NULL;
    *count = 0;
    *rev = since_rev;
    *out = calloc(max == 0 ? 1 : max, sizeof **out);
    enum jem_code rc = *out == NULL ? jem_fail_nomem(err) : jem_db_int(store, CHANGED_LAST, 0, &last, err);
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, CHANGED_SINCE, &st, err);
    if (rc == JEM_OK) {
        jem_bind_int(st, 1, (int64_t)since_rev);
        jem_bind_int(st, 2, van_to_leave_out);
        jem_bind_int(st, 3, (int64_t)max);
    }
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row && *count < max) {
        *rev = (uint64_t)sqlite3_column_int64(st, 0);
        (*out)[(*count)++] = (struct jem_district_case){ .number = (uint64_t)sqlite3_column_int64(st, 1),
            .stage = (enum jem_status)sqlite3_column_int(st, 3),
            .day = sqlite3_column_int(st, 2) };
    }
    jem_db_done(st);
    if (rc == JEM_OK && *count < max && (uint64_t)last > *rev)
        *rev = (uint64_t)last; /* nothing but that van's own stands behind */
    if (rc != JEM_OK) {
        free(*out);
        *out = NULL;
        *count = 0;
    }
    return rc;
}

enum jem_code jem_store_changed_across(struct jem_store *store, uint64_t since_rev, size_t max, uint64_t *numbers,
    size_t *count, uint64_t *rev, struct jem_error *err)
{
    bool row = false;
    int64_t last = 0;
    sqlite3_stmt *st = NULL;
    *count = 0;
    *rev = since_rev;
    enum jem_code rc = jem_db_int(store, CHANGED_LAST, 0, &last, err);
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, CHANGED_ACROSS, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, (int64_t)since_rev);
    jem_bind_int(st, 2, (int64_t)max);
    while (*count < max && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        *rev = (uint64_t)sqlite3_column_int64(st, 0);
        numbers[(*count)++] = (uint64_t)sqlite3_column_int64(st, 1);
    }
    jem_db_done(st);
    if (rc == JEM_OK && *count < max && (uint64_t)last > *rev)
        *rev = (uint64_t)last;
    return rc;
}
