/* select.c - numbers of the applications that something is about. */
#include <stdlib.h>
#include <string.h>

#include "jemput/selection.h"
#include "views.h"

#define SELECT_DAY_MS ((int64_t)86400000)
#define SELECT_WIB_MS ((int64_t)7 * 3600000)

#define SELECT_WHERE                                                                                                \
    "a.at <> 0 AND (?1 IS NULL OR a.service = ?1) AND (?2 IS NULL OR (a.village >= ?2 AND a.village < ?2 || ':')) " \
    "AND a.at >= ?3 AND a.at < ?4 AND (?5 = 0 OR a.status = ?5)"
static const char SELECT_NUMBERS[] =
    "SELECT a.number FROM application a INDEXED BY application_list WHERE " SELECT_WHERE " ORDER BY a.at, a.number";
static const char SELECT_ONE[] = "SELECT a.number FROM application a WHERE " SELECT_WHERE " AND a.number = ?6";

static void select_bind(sqlite3_stmt *st, const struct jem_selection *what)
{
    jem_bind_text(st, 1, what->service);
    jem_bind_text(st, 2, what->village);
    jem_bind_int(st, 3,
        what->from_day == INT32_MIN ? INT64_MIN : (int64_t)what->from_day * SELECT_DAY_MS - SELECT_WIB_MS);
    jem_bind_int(st, 4,
        what->to_day == INT32_MAX ? INT64_MAX : ((int64_t)what->to_day + 1) * SELECT_DAY_MS - SELECT_WIB_MS);
    jem_bind_int(st, 5, what->status);
}

enum jem_code jem_store_select(struct jem_store *store, const struct jem_selection *what, uint64_t **out, size_t *count,
    struct jem_error *err)
{
    bool row = false;
    size_t cap = 0;
    sqlite3_stmt *st = NULL;
    *out = NULL;
    *count = 0;
    enum jem_code rc = jem_db_prepare(store, SELECT_NUMBERS, &st, err);
    if (rc != JEM_OK)
        return rc;
    select_bind(st, what);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        if (*count == cap) {
            cap = cap == 0 ? 256 : cap * 2;
            uint64_t *more = realloc(*out, cap * sizeof *more);
            if (more == NULL) {
                rc = jem_fail_nomem(err);
                break;
            }
            *out = more;
        }
        (*out)[(*count)++] = (uint64_t)sqlite3_column_int64(st, 0);
    }
    jem_db_done(st);
    if (rc != JEM_OK) {
        free(*out);
        *out = NULL;
        *count = 0;
    }
    return rc;
}

bool jem_store_selected(struct jem_store *store, const struct jem_selection *what, uint64_t number)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    struct jem_error ignored;
    if (jem_db_prepare(store, SELECT_ONE, &st, &ignored) != JEM_OK)
        return false;
    select_bind(st, what);
    jem_bind_int(st, 6, (int64_t)number);
    if (jem_db_step(store, st, &row, &ignored) != JEM_OK)
        row = false;
    jem_db_done(st);
    return row;
}
