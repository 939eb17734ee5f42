/* habits.c - what earlier applications tell about the next one: of the officer who types it, and of the person it is for. */
#include "views.h"

#define HABITS_LOOKED_AT 1000 /* newest applications of the store, of whichever officer */

/* Both walk the index of the list from its newest end and stop after a bounded number of rows. */
static const char SERVICES[] =
    "SELECT service FROM (SELECT a.service, a.officer FROM application a INDEXED BY application_list WHERE a.at <> 0 "
    "ORDER BY a.at DESC LIMIT ?2) WHERE officer = ?1 GROUP BY service ORDER BY count(*) DESC, service";
static const char VILLAGE[] =
    "SELECT village FROM (SELECT a.village, a.officer, a.at, a.number FROM application a INDEXED BY application_list "
    "WHERE a.at >= ?3 ORDER BY a.at DESC LIMIT ?2) WHERE officer = ?1 AND village <> '' ORDER BY at DESC, number DESC "
    "LIMIT 1";
static const char PERSON[] =
    "SELECT " JEM_ROW_COLUMNS "FROM application a INDEXED BY application_nik WHERE a.nik = ?1 AND a.nik <> '' "
    "AND a.seq > 0 ORDER BY a.at DESC, a.number DESC LIMIT ?2";

static enum jem_code habits_texts(struct jem_store *store, const char *sql, const char *officer, int64_t since_ms,
    json_t *out, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, officer);
    jem_bind_int(st, 2, HABITS_LOOKED_AT);
    if (sqlite3_bind_parameter_count(st) > 2)
        jem_bind_int(st, 3, since_ms);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row)
        if (json_array_append_new(out, json_string(jem_column_text(st, 0))) != 0)
            rc = jem_fail_nomem(err);
    jem_db_done(st);
    return rc;
}

enum jem_code jem_store_habits(struct jem_store *store, const char *officer, int64_t since_ms, json_t **out,
    struct jem_error *err)
{
    json_t *services = json_array(), *villages = json_array();
    *out = NULL;
    enum jem_code rc = habits_texts(store, SERVICES, officer, 0, services, err);
    if (rc == JEM_OK)
        rc = habits_texts(store, VILLAGE, officer, since_ms, villages, err);
    if (rc == JEM_OK) {
        const json_t *village = json_array_get(villages, 0);
        *out =
            json_pack("{s:O,s:s}", "services", services, "village", village != NULL ? json_string_value(village) : "");
        rc = *out != NULL ? JEM_OK : jem_fail_nomem(err);
    }
    json_decref(services);
    json_decref(villages);
    return rc;
}

enum jem_code jem_store_person(struct jem_store *store, const char *nik, unsigned limit, json_t **out,
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    *out = json_array();
    enum jem_code rc = *out == NULL ? jem_fail_nomem(err) : jem_db_prepare(store, PERSON, &st, err);
    if (rc == JEM_OK) {
        jem_bind_text(st, 1, nik);
        jem_bind_int(st, 2, limit);
        rc = jem_rows_append(store, st, *out, err);
    }
    if (rc != JEM_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return rc;
}
