/* unit.c - the unit of work: BEGIN IMMEDIATE, appends and imports, the projection, COMMIT with its fsync. */
#include "db.h"

#include <assert.h>
#include <stdlib.h>

#include "views.h"

static const char UNIT_BEGIN[] = "BEGIN IMMEDIATE";
static const char UNIT_COMMIT[] = "COMMIT";
static const char UNIT_ROLLBACK[] = "ROLLBACK";

static enum jem_code unit_run(struct jem_store *store, const char *sql, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    return rc == JEM_OK ? jem_db_run(store, st, err) : rc;
}

static void unit_clear(struct jem_store *store)
{
    for (size_t i = 0; i < store->fresh.count; i++)
        jem_event_release(&store->fresh.items[i]);
    store->fresh.count = 0;
    store->fresh_bytes = 0;
    store->minted_count = 0;
    store->tally_applications = store->tally_documents = 0;
    store->changed_rev = 0;
    store->erased_known = false;
    store->in_unit = false;
}

enum jem_code jem_store_begin(struct jem_store *store, struct jem_error *err)
{
    assert(!store->in_unit);
    enum jem_code rc = unit_run(store, UNIT_BEGIN, err);
    if (rc != JEM_OK)
        return rc;
    store->in_unit = true;
    rc = jem_store_refresh(store, err);
    if (rc != JEM_OK)
        jem_store_rollback(store);
    return rc;
}

void jem_store_rollback(struct jem_store *store)
{
    struct jem_error ignored;
    if (!store->in_unit)
        return;
    /* SQLite has rolled back by itself after some errors (full disk). */
    if (sqlite3_get_autocommit(store->db) == 0)
        (void)unit_run(store, UNIT_ROLLBACK, &ignored);
    unit_clear(store);
    jem_store_forget(store);
}

enum jem_code jem_store_commit(struct jem_store *store, struct jem_error *err)
{
    enum jem_code rc = jem_store_need_unit(store, err);
    if (rc == JEM_OK)
        rc = jem_views_flush(store, err);
    if (rc == JEM_OK)
        rc = unit_run(store, UNIT_COMMIT, err);
    if (rc == JEM_OK)
        unit_clear(store);
    else
        jem_store_rollback(store);
    return rc;
}

enum jem_code jem_store_need_unit(const struct jem_store *store, struct jem_error *err)
{
    /* SQLite may have ended the transaction by itself: what follows must not be committed piece by piece. */
    if (store->in_unit && sqlite3_get_autocommit(store->db) == 0)
        return JEM_OK;
    return jem_fail(err, JEM_EINTERNAL, JEM_D_STORE, 0, JEM_T_STORE_NO_UNIT);
}

enum jem_code jem_store_enter(struct jem_store *store, bool *own, struct jem_error *err)
{
    *own = !store->in_unit;
    return *own ? jem_store_begin(store, err) : JEM_OK;
}

enum jem_code jem_store_leave(struct jem_store *store, bool own, enum jem_code rc, struct jem_error *err)
{
    if (!own)
        return rc;
    if (rc == JEM_OK)
        return jem_store_commit(store, err);
    jem_store_rollback(store);
    return rc;
}
