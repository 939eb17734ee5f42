/* desk.c - what waits for HQ: new and late applications, conflicts, duplicates, quarantined refs, missing pages. */
#include "jemput/desk.h"

#include <string.h>

#include "day_own.h"
#include "own.h"

#define DESK_PAGE 1000

/* ---- inbox ---- */

struct inbox {
    struct jem_app *app;
    const struct jem_catalog *catalog; /* NULL: none published */
    unsigned limit;
    json_t *out;
    json_t *overdue, *incomplete; /* the oldest `limit` of each */
};

static enum jem_code inbox_rows(struct inbox *b, const char *key, const struct jem_list_query *query,
    struct jem_error *err)
{
    json_t *rows = NULL;
    struct jem_list_query q = *query;
    q.limit = b->limit;
    q.day = INT32_MIN;
    q.oldest_first = true;
    enum jem_code rc = jem_store_list(b->app->store, &q, &rows, err);
    if (rc != JEM_OK)
        return rc;
    own_dress_rows(b->app, rows);
    return json_object_set_new(b->out, key, rows) == 0 ? JEM_OK : jem_fail_nomem(err);
}

/* The oldest matter most, and come first. */
static void inbox_keep(const struct inbox *b, json_t *list, json_t *row)
{
    if (json_array_size(list) < b->limit)
        json_array_append(list, row);
}

static bool inbox_late(const struct inbox *b, const json_t *row)
{
    const char *id = jem_json_str(row, "service", "");
    const struct jem_service *service = b->catalog != NULL ? jem_catalog_find(b->catalog, id) : NULL;
    if (service == NULL || service->promised_hours <= 0)
        return false;
    int64_t at = jem_json_int(row, "at_ms", 0), due_ms = at + (int64_t)service->promised_hours * 3600 * 1000,
            excused = 0;
    if (due_ms >= jem_store_now_ms(b->app->store))
        return false;
    if (own_promise(b->app, (unsigned)jem_json_int(row, "van", 0), at, service->promised_hours, &due_ms, &excused,
            NULL) != JEM_OK)
        return true; /* better asked about once too often */
    return due_ms < jem_store_now_ms(b->app->store);
}

/* Walks all applications of a stage that HQ still works on. */
static enum jem_code inbox_walk(struct inbox *b, enum jem_status status, struct jem_error *err)
{
    struct jem_list_query q = { .status = status, .day = INT32_MIN, .limit = DESK_PAGE, .oldest_first = true };
    for (;;) {
        json_t *rows = NULL, *row;
        size_t i;
        enum jem_code rc = jem_store_list(b->app->store, &q, &rows, err);
        if (rc != JEM_OK)
            return rc;
        json_array_foreach(rows, i, row)
        {
            if (status != JEM_STATUS_READY && inbox_late(b, row))
                inbox_keep(b, b->overdue, row);
            if (jem_json_int(row, "documents", 0) > jem_json_int(row, "arrived", 0))
                inbox_keep(b, b->incomplete, row);
        }
        size_t n = json_array_size(rows);
        uint64_t before = 0;
        bool more = n == DESK_PAGE &&
                    jem_number_parse(jem_json_str(json_array_get(rows, n - 1), "number", ""), &before, NULL) == JEM_OK;
        json_decref(rows);
        if (!more)
            return JEM_OK;
        q.before = before;
    }
}

static enum jem_code inbox_open_work(struct inbox *b, struct jem_error *err)
{
    static const enum jem_status open[] = { JEM_STATUS_RECEIVED, JEM_STATUS_VERIFIED, JEM_STATUS_IN_PROCESS };
    enum jem_code rc = JEM_OK;
    b->overdue = json_array();
    b->incomplete = json_array();
    for (size_t i = 0; i < sizeof open / sizeof *open && rc == JEM_OK; i++)
        rc = inbox_walk(b, open[i], err);
    own_dress_rows(b->app, b->overdue);
    own_dress_rows(b->app, b->incomplete);
    json_object_set_new(b->out, "overdue", b->overdue);
    json_object_set_new(b->out, "incomplete", b->incomplete);
    return rc;
}

static enum jem_code desk_duplicates(struct jem_app *app, json_t *out, struct jem_error *err)
{
    json_t *pairs = NULL, *pair;
    size_t i;
    enum jem_code rc = jem_store_duplicates(app->store, &pairs, err);
    if (rc != JEM_OK)
        return rc;
    json_array_foreach(pairs, i, pair)
    {
        json_t *both = json_pack("[O,O]", json_object_get(pair, "a"), json_object_get(pair, "b"));
        own_dress_rows(app, both);
        json_decref(both);
    }
    return json_object_set_new(out, "duplicates", pairs) == 0 ? JEM_OK : jem_fail_nomem(err);
}

static enum jem_code inbox_counts(struct inbox *b, struct jem_error *err)
{
    json_t *quarantine = NULL, *counts = NULL;
    enum jem_code rc = jem_store_quarantine(b->app->store, &quarantine, err);
    if (rc == JEM_OK)
        rc = jem_store_counts(b->app->store, &counts, err);
    json_object_set_new(b->out, "quarantine", quarantine != NULL ? quarantine : json_array());
    json_object_set_new(b->out, "counts", counts != NULL ? counts : json_object());
    return rc;
}

enum jem_code jem_desk_inbox(struct jem_app *app, unsigned limit, json_t **out, struct jem_error *err)
{
    static const struct {
        const char *key;
        struct jem_list_query query;
    } lists[] = {
        { "new", { .status = JEM_STATUS_RECEIVED } },
        { "returned", { .status = JEM_STATUS_RETURNED } },
        { "ready", { .status = JEM_STATUS_READY } },
        { "conflicts", { .open_conflicts = true } },
        { "illegal", { .open_illegal = true } },
    };
    struct inbox b = { .app = app, .limit = limit == 0 ? OWN_LIST_LIMIT : limit };
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    if (rc != JEM_OK)
        return rc;
    if (jem_app_catalog(app, &b.catalog, NULL) != JEM_OK)
        b.catalog = NULL;
    b.out = json_object();
    for (size_t i = 0; i < sizeof lists / sizeof *lists && rc == JEM_OK; i++)
        rc = inbox_rows(&b, lists[i].key, &lists[i].query, err);
    if (rc == JEM_OK)
        rc = inbox_open_work(&b, err);
    if (rc == JEM_OK)
        rc = desk_duplicates(app, b.out, err);
    if (rc == JEM_OK)
        rc = inbox_counts(&b, err);
    if (rc == JEM_OK)
        return own_give(b.out, out, err);
    json_decref(b.out);
    return rc;
}

/* ---- conflicts ---- */

/* Entries of a folded application under `key`, each with its number, onto `list`. */
static void conflicts_take(const struct jem_application *a, const char *key, json_t *list)
{
    size_t i;
    json_t *it;
    json_array_foreach(json_object_get(a->state, key), i, it)
    {
        json_t *entry = json_copy(it);
        if (entry != NULL)
            (void)own_put_number(entry, "number", a->number);
        json_array_append_new(list, entry);
    }
}

static enum jem_code conflicts_of(struct jem_app *app, const struct jem_list_query *query, const char *key, json_t *out,
    struct jem_error *err)
{
    json_t *rows = NULL, *row, *list = json_array();
    size_t i;
    enum jem_code rc = jem_store_list(app->store, query, &rows, err);
    json_array_foreach(rows, i, row)
    {
        struct jem_application a = { 0 };
        uint64_t number = 0;
        if (rc != JEM_OK || jem_number_parse(jem_json_str(row, "number", ""), &number, NULL) != JEM_OK)
            continue;
        rc = own_load(app, number, &a, NULL, err);
        if (rc == JEM_OK)
            conflicts_take(&a, key, list);
        jem_application_release(&a);
    }
    json_decref(rows);
    json_object_set_new(out, key, list);
    return rc;
}

enum jem_code jem_desk_conflicts(struct jem_app *app, json_t **out, struct jem_error *err)
{
    struct jem_list_query fields = { .open_conflicts = true, .day = INT32_MIN, .limit = DESK_PAGE };
    struct jem_list_query steps = { .open_illegal = true, .day = INT32_MIN, .limit = DESK_PAGE };
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    if (rc != JEM_OK)
        return rc;
    json_t *o = json_object();
    rc = conflicts_of(app, &fields, "conflicts", o, err);
    if (rc == JEM_OK)
        rc = conflicts_of(app, &steps, "illegal", o, err);
    if (rc == JEM_OK)
        rc = desk_duplicates(app, o, err);
    if (rc == JEM_OK)
        return own_give(o, out, err);
    json_decref(o);
    return rc;
}

enum jem_code jem_desk_vans(struct jem_app *app, json_t **out, struct jem_error *err)
{
    json_t *vans = NULL;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    if (rc == JEM_OK)
        rc = jem_store_vans(app->store, &vans, err);
    return rc == JEM_OK ? own_give(json_pack("{s:o}", "vans", vans), out, err) : rc;
}
