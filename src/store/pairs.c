/* pairs.c - likely duplicates: one NIK, one service, within the service's days, neither told apart nor ended by
 * rejection, withdrawal or linking. */
#include "views.h"

/* Ended: rejected 8, withdrawn 9, linked 10. */
#define PAIR_LIVE(t) t ".status NOT IN (8, 9, 10) AND " t ".nik <> '' AND " t ".seq > 0"
#define PAIR_ORDER                                                                    \
    "CASE WHEN (x.at, x.number) < (y.at, y.number) THEN x.number ELSE y.number END, " \
    "CASE WHEN (x.at, x.number) < (y.at, y.number) THEN y.number ELSE x.number END, min(x.at, y.at) "
#define PAIR_APART                                                              \
    "AND NOT EXISTS (SELECT 1 FROM apart WHERE a = x.number AND b = y.number) " \
    "AND NOT EXISTS (SELECT 1 FROM apart WHERE a = y.number AND b = x.number)"

/* A row: somebody beside the one that was just written. */
static const char PAIR_OTHERS[] = "SELECT 1 FROM application y INDEXED BY application_nik "
                                  "WHERE y.nik = ?1 AND y.nik <> '' AND y.service = ?2 LIMIT 1 OFFSET 1";
static const char PAIR_DROP_A[] = "DELETE FROM pair WHERE a = ?1";
static const char PAIR_DROP_B[] = "DELETE FROM pair WHERE b = ?1";
static const char PAIR_DROP_ALL[] = "DELETE FROM pair";
static const char PAIR_ADD[] = "INSERT OR IGNORE INTO pair (a, b, at) SELECT " PAIR_ORDER
                               "FROM application x JOIN span s ON s.service = x.service "
                               "CROSS JOIN application y ON y.nik = x.nik AND y.service = x.service "
                               "AND y.day BETWEEN x.day - s.days AND x.day + s.days AND y.number <> x.number "
                               "WHERE x.number = ?1 AND " PAIR_LIVE("x") " AND " PAIR_LIVE("y") " " PAIR_APART;
static const char PAIR_ADD_ALL[] = "INSERT OR IGNORE INTO pair (a, b, at) SELECT " PAIR_ORDER "FROM application x "
                                   "CROSS JOIN span s ON s.service = x.service "
                                   "CROSS JOIN application y ON y.nik = x.nik AND y.service = x.service "
                                   "AND y.day BETWEEN x.day AND x.day + s.days AND y.number <> x.number "
                                   "WHERE " PAIR_LIVE("x") " AND " PAIR_LIVE("y") " " PAIR_APART;
_Static_assert(JEM_STATUS_REJECTED == 8 && JEM_STATUS_WITHDRAWN == 9 && JEM_STATUS_LINKED == 10,
    "PAIR_LIVE names these values");

static enum jem_code pair_run(struct jem_store *store, const char *sql, int64_t number, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    if (sqlite3_bind_parameter_count(st) > 0)
        jem_bind_int(st, 1, number);
    return jem_db_run(store, st, err);
}

enum jem_code jem_pairs_of(struct jem_store *store, uint64_t number, struct jem_error *err)
{
    int64_t n = (int64_t)number;
    enum jem_code rc = pair_run(store, PAIR_DROP_A, n, err);
    if (rc == JEM_OK)
        rc = pair_run(store, PAIR_DROP_B, n, err);
    return rc == JEM_OK ? pair_run(store, PAIR_ADD, n, err) : rc;
}

enum jem_code jem_pairs_fresh(struct jem_store *store, uint64_t number, const char *nik, const char *service,
    struct jem_error *err)
{
    bool others = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, PAIR_OTHERS, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, nik);
    jem_bind_text(st, 2, service);
    rc = jem_db_step(store, st, &others, err);
    jem_db_done(st);
    return rc == JEM_OK && others ? pair_run(store, PAIR_ADD, (int64_t)number, err) : rc;
}

enum jem_code jem_pairs_all(struct jem_store *store, struct jem_error *err)
{
    enum jem_code rc = pair_run(store, PAIR_DROP_ALL, 0, err);
    return rc == JEM_OK ? pair_run(store, PAIR_ADD_ALL, 0, err) : rc;
}
