/* desk.c - what waits for HQ: new and late applications, conflicts, duplicates, quarantined refs, missing pages. */
#include "jemput/desk.h"

#include <stdlib.h>
#include <string.h>

#include "day_own.h"
#include "jemput/waiting.h"
#include "own.h"

#define DESK_PAGE 1000

/* ---- inbox ---- */

struct inbox {
    struct jem_app *app;
    const struct jem_catalog *catalog; /* NULL: none published */
    unsigned limit;
    json_t *out;
    struct jem_waiting *of; /* services of which something waits, and which are the officer's */
    size_t count;
    json_t *names; /* in which their names lie */
};

#define INBOX_WORK (1u << JEM_STATUS_RECEIVED | 1u << JEM_STATUS_VERIFIED | 1u << JEM_STATUS_IN_PROCESS)

static bool desk_is_ours(void *ctx, const char *service)
{
    return own_agency_has(ctx, service);
}

static bool inbox_is_ours(void *ctx, const char *service, uint64_t number, int64_t at_ms)
{
    struct inbox *b = ctx;
    (void)number;
    (void)at_ms;
    return own_agency_has(b->app, service);
}

static const struct jem_service *inbox_service(const struct inbox *b, const char *id)
{
    return b->catalog != NULL ? jem_catalog_find(b->catalog, id) : NULL;
}

/* Past the promised time, outages left out. */
static bool inbox_is_late(void *ctx, const char *id, uint64_t number, int64_t at_ms)
{
    struct inbox *b = ctx;
    const struct jem_service *service = inbox_service(b, id);
    int64_t due_ms = 0, excused = 0;
    if (own_promise(b->app, jem_number_van(number), at_ms, service->promised_hours, &due_ms, &excused, NULL) != JEM_OK)
        return true; /* better asked about once too often */
    return due_ms < jem_store_now_ms(b->app->store);
}

static enum jem_code inbox_services(struct inbox *b, struct jem_error *err)
{
    size_t i;
    json_t *name;
    enum jem_code rc = jem_store_waiting_services(b->app->store, &b->names, err);
    if (rc != JEM_OK)
        return rc;
    b->of = calloc(json_array_size(b->names) + 1, sizeof *b->of);
    if (b->of == NULL)
        return jem_fail_nomem(err);
    json_array_foreach(b->names, i, name)
    {
        if (own_agency_has(b->app, json_string_value(name)))
            b->of[b->count++] = (struct jem_waiting){ json_string_value(name), INT64_MAX };
    }
    return rc;
}

/* Takes the rows over. */
static enum jem_code inbox_give(struct inbox *b, const char *key, json_t *rows, struct jem_error *err)
{
    own_dress_rows(b->app, rows);
    return json_object_set_new(b->out, key, rows) == 0 ? JEM_OK : jem_fail_nomem(err);
}

static enum jem_code inbox_stage(struct inbox *b, const char *key, enum jem_status status, struct jem_error *err)
{
    json_t *rows = NULL;
    enum jem_code rc =
        jem_store_waiting(b->app->store, 1u << status, b->of, b->count, b->limit, NULL, NULL, &rows, err);
    return rc == JEM_OK ? inbox_give(b, key, rows, err) : rc;
}

static enum jem_code inbox_overdue(struct inbox *b, struct jem_error *err)
{
    json_t *rows = NULL;
    size_t n = 0;
    struct jem_waiting *of = calloc(b->count + 1, sizeof *of);
    if (of == NULL)
        return jem_fail_nomem(err);
    for (size_t i = 0; i < b->count; i++) {
        const struct jem_service *service = inbox_service(b, b->of[i].service);
        if (service == NULL || service->promised_hours <= 0)
            continue;
        of[n++] = (struct jem_waiting){ b->of[i].service,
            jem_store_now_ms(b->app->store) - (int64_t)service->promised_hours * 3600 * 1000 };
    }
    enum jem_code rc = jem_store_waiting(b->app->store, INBOX_WORK, of, n, b->limit, inbox_is_late, b, &rows, err);
    free(of);
    return rc == JEM_OK ? inbox_give(b, "overdue", rows, err) : rc;
}

static enum jem_code inbox_incomplete(struct inbox *b, struct jem_error *err)
{
    json_t *rows = NULL;
    enum jem_code rc = jem_store_lacking(b->app->store, INBOX_WORK, b->limit, inbox_is_ours, b, &rows, err);
    return rc == JEM_OK ? inbox_give(b, "incomplete", rows, err) : rc;
}

/* Those with something to rule on are few: pages of them until enough are the officer's. */
static enum jem_code inbox_open(struct inbox *b, const char *key, bool conflicts, struct jem_error *err)
{
    struct jem_list_query q = { .open_conflicts = conflicts,
        .open_illegal = !conflicts,
        .day = INT32_MIN,
        .limit = DESK_PAGE,
        .oldest_first = true };
    json_t *kept = json_array();
    bool more = true;
    enum jem_code rc = JEM_OK;
    while (rc == JEM_OK && more && json_array_size(kept) < b->limit) {
        json_t *rows = NULL, *row;
        size_t i;
        rc = jem_store_list(b->app->store, &q, &rows, err);
        json_array_foreach(rows, i, row)
        {
            if (json_array_size(kept) < b->limit && own_agency_has(b->app, jem_json_str(row, "service", "")))
                json_array_append(kept, row);
        }
        size_t n = json_array_size(rows);
        more = n == DESK_PAGE &&
               jem_number_parse(jem_json_str(json_array_get(rows, n - 1), "number", ""), &q.before, NULL) == JEM_OK;
        json_decref(rows);
    }
    return rc == JEM_OK ? inbox_give(b, key, kept, err) : (json_decref(kept), rc);
}

static enum jem_code desk_duplicates(struct jem_app *app, unsigned limit, json_t *out, struct jem_error *err)
{
    json_t *pairs = NULL, *pair, *rows = json_array();
    size_t i;
    enum jem_code rc = jem_store_duplicates(app->store, limit, desk_is_ours, app, &pairs, err);
    json_array_foreach(pairs, i, pair)
    {
        json_array_append(rows, json_object_get(pair, "a"));
        json_array_append(rows, json_object_get(pair, "b"));
    }
    own_dress_rows(app, rows);
    json_decref(rows);
    if (rc != JEM_OK)
        return rc;
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

static enum jem_code inbox_list(struct inbox *b, const char *key, struct jem_error *err)
{
    if (strcmp(key, "new") == 0)
        return inbox_stage(b, key, JEM_STATUS_RECEIVED, err);
    if (strcmp(key, "returned") == 0)
        return inbox_stage(b, key, JEM_STATUS_RETURNED, err);
    if (strcmp(key, "ready") == 0)
        return inbox_stage(b, key, JEM_STATUS_READY, err);
    if (strcmp(key, "overdue") == 0)
        return inbox_overdue(b, err);
    if (strcmp(key, "incomplete") == 0)
        return inbox_incomplete(b, err);
    if (strcmp(key, "duplicates") == 0)
        return desk_duplicates(b->app, b->limit, b->out, err);
    return inbox_open(b, key, strcmp(key, "conflicts") == 0, err);
}

enum jem_code jem_desk_inbox(struct jem_app *app, unsigned limit, const char *only, json_t **out, struct jem_error *err)
{
    static const char *const lists[] = { "new", "returned", "ready", "conflicts", "illegal", "overdue", "incomplete",
        "duplicates" };
    struct inbox b = { .app = app, .limit = limit == 0 ? OWN_LIST_LIMIT : limit };
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    if (rc != JEM_OK)
        return rc;
    if (jem_app_catalog(app, &b.catalog, NULL) != JEM_OK)
        b.catalog = NULL;
    b.out = json_object();
    rc = inbox_services(&b, err);
    for (size_t i = 0; i < sizeof lists / sizeof *lists && rc == JEM_OK; i++)
        if (only == NULL || strcmp(lists[i], only) == 0)
            rc = inbox_list(&b, lists[i], err);
    if (rc == JEM_OK && only == NULL)
        rc = inbox_counts(&b, err);
    free(b.of);
    json_decref(b.names);
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
        if (rc != JEM_OK || !own_agency_has(app, jem_json_str(row, "service", "")) ||
            jem_number_parse(jem_json_str(row, "number", ""), &number, NULL) != JEM_OK)
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
        rc = desk_duplicates(app, DESK_PAGE, o, err);
    if (rc == JEM_OK)
        return own_give(o, out, err);
    json_decref(o);
    return rc;
}

/* ---- vans ---- */

/* When HQ last took something in from it, and which program sealed that. */
static void van_seen(struct jem_app *app, unsigned van, json_t *row)
{
    char key[24], text[80] = "", *version = NULL;
    (void)snprintf(key, sizeof key, "seen.%u", van);
    (void)own_meta(app->store, key, "", text, sizeof text);
    int64_t at_ms = strtoll(text, &version, 10);
    json_object_set_new(row, "seen_ms", at_ms > 0 ? json_integer(at_ms) : json_null());
    json_object_set_new(row, "version", json_string(version != NULL && *version == ' ' ? version + 1 : ""));
}

/* An event's wall clock, and which clock that was. */
static int64_t van_event(struct jem_app *app, const struct jem_event_id *id, const char **clock)
{
    struct jem_event e = { .wall_ms = 0 };
    int64_t at_ms = 0;
    if (id->seq > 0 && jem_store_event(app->store, id, &e, NULL) == JEM_OK) {
        at_ms = e.wall_ms;
        *clock = jem_clock_source_name(e.clock_source);
    }
    jem_event_release(&e);
    return at_ms;
}

/* Of all laptops that this van had. */
struct van_safety {
    uint64_t events, kept, unsafe; /* here; in the last verified backup; in none that the van was told of */
    int64_t oldest_ms;             /* of the unsafe ones */
};

static enum jem_code van_safe(struct jem_app *app, struct jem_event_id id, struct van_safety *out,
    struct jem_error *err)
{
    struct jem_stream_head head;
    uint64_t durable = 0, kept = 0, scan = 0;
    const char *unused = "";
    enum jem_code rc = jem_store_head(app->store, id.writer, 0, id.inc, &head, err);
    if (rc == JEM_OK)
        rc = jem_store_ack(app->store, id.writer, 0, id.inc, "durable", &durable, &scan, err);
    if (rc == JEM_OK)
        rc = jem_store_kept(app->store, id.writer, 0, id.inc, &kept, &scan, err);
    if (rc != JEM_OK)
        return rc;
    uint64_t here = head.last.seq;
    out->events += here;
    out->kept += kept < here ? kept : here;
    if (here <= durable)
        return JEM_OK;
    out->unsafe += here - durable;
    id.seq = durable + 1;
    int64_t at_ms = van_event(app, &id, &unused);
    if (at_ms > 0 && (out->oldest_ms == 0 || at_ms < out->oldest_ms))
        out->oldest_ms = at_ms;
    return JEM_OK;
}

/* What would be lost if HQ's disk broke now, or the van: events that no verified backup told of holds; files not here. */
static enum jem_code van_progress(struct jem_app *app, json_t *row, struct jem_error *err)
{
    struct van_safety safety = { 0 };
    struct jem_event_id id = { .writer = (uint16_t)jem_json_int(row, "van", 0) };
    uint16_t inc = UINT16_MAX;
    int64_t files = 0, files_ms = 0;
    const char *clock = "";
    enum jem_code rc = jem_store_van_lacking(app->store, id.writer, &files, &files_ms, err);
    for (bool more = true; rc == JEM_OK && more; inc--) {
        rc = jem_store_inc_upto(app->store, id.writer, 0, inc, &inc, err);
        id.inc = inc;
        more = inc > 0;
        if (rc == JEM_OK && more)
            rc = van_safe(app, id, &safety, err);
    }
    if (rc != JEM_OK)
        return rc;
    van_seen(app, id.writer, row);
    id.inc = (uint16_t)jem_json_int(row, "inc", 1);
    id.seq = (uint64_t)jem_json_int(row, "seq", 0);
    int64_t newest_ms = van_event(app, &id, &clock), now_ms = jem_store_now_ms(app->store);
    json_t *more = json_pack("{s:I,s:I,s:I,s:s,s:I,s:I,s:I,s:I,s:I}", "events", (json_int_t)safety.events, "kept",
        (json_int_t)safety.kept, "newest_ms", (json_int_t)newest_ms, "clock", clock, "ahead_ms",
        (json_int_t)(newest_ms > now_ms ? newest_ms - now_ms : 0), "unsafe_events", (json_int_t)safety.unsafe,
        "unsafe_oldest_ms", (json_int_t)safety.oldest_ms, "lacking_files", (json_int_t)files, "lacking_oldest_ms",
        (json_int_t)files_ms);
    if (more == NULL || json_object_update(row, more) != 0)
        rc = jem_fail_nomem(err);
    json_decref(more);
    return rc;
}

enum jem_code jem_desk_vans(struct jem_app *app, json_t **out, struct jem_error *err)
{
    json_t *vans = NULL, *row;
    size_t i;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    if (rc == JEM_OK)
        rc = jem_store_vans(app->store, &vans, err);
    json_array_foreach(vans, i, row)
    {
        if (rc == JEM_OK)
            rc = van_progress(app, row, err);
    }
    if (rc == JEM_OK)
        return own_give(json_pack("{s:o}", "vans", vans), out, err);
    json_decref(vans);
    return rc;
}
