/* lookup.c - finding: an application by what is typed or scanned, lists, the log. */
#include "jemput/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "jemput/labels.h"
#include "jemput/number.h"
#include "own.h"

/* ---- what other files share ---- */

/* The stage of an application whose submission is not here, as headquarters told it. */
static void lookup_told(struct jem_app *app, struct jem_application *a)
{
    struct jem_district_case told;
    int64_t told_ms;
    if (jem_store_district(app->store, a->number, &told, &told_ms, NULL) != JEM_OK || told.stage == JEM_STATUS_UNKNOWN)
        return;
    a->status = told.stage;
    a->stage_ms = (int64_t)told.day * 86400000;
}

enum jem_code own_load(struct jem_app *app, uint64_t number, struct jem_application *out, struct jem_event_list *events,
    struct jem_error *err)
{
    enum jem_code rc = jem_store_application(app->store, number, out, events, err);
    bool erased = false;
    if (rc == JEM_ENOTFOUND && jem_store_erased(app->store, number, &erased, NULL, NULL, err) == JEM_OK && erased)
        return jem_fail(err, rc, JEM_D_APP, 0, JEM_T_STORE_ERASED);
    if (rc == JEM_ENOTFOUND) {
        char text[JEM_NUMBER_TEXT];
        jem_number_format(number, text);
        return jem_fail(err, rc, JEM_D_APP, 0, JEM_T_LOOKUP_NONE, text);
    }
    if (rc == JEM_OK && out->status == JEM_STATUS_SUBMITTED && out->submitted.seq > 0 &&
        jem_store_acked(app->store, &out->submitted, "received"))
        out->status = JEM_STATUS_RECEIVED;
    if (rc == JEM_OK && out->submitted.seq == 0)
        lookup_told(app, out);
    if (rc == JEM_OK && !own_agency_has(app, jem_json_str(out->state, "service", ""))) {
        jem_application_release(out);
        if (events != NULL)
            jem_event_list_release(events);
        rc = jem_fail(err, JEM_EDENIED, JEM_D_APP, 0, JEM_T_APP_AGENCY, app->agency);
    }
    return rc;
}

enum jem_code own_load_told(struct jem_app *app, uint64_t number, struct jem_application *out,
    struct jem_event_list *events, struct jem_error *err)
{
    struct jem_store *store = app->store;
    struct jem_error ignored;
    bool erased = false;
    enum jem_code rc = own_load(app, number, out, events, err);
    if (rc != JEM_ENOTFOUND || jem_store_role(store) != JEM_ROLE_VAN ||
        (int)jem_number_van(number) == jem_store_writer(store) ||
        jem_store_erased(store, number, &erased, NULL, NULL, &ignored) != JEM_OK || erased)
        return rc;
    *out = (struct jem_application){ .number = number, .status = JEM_STATUS_SUBMITTED, .state = json_object() };
    lookup_told(app, out);
    return out->state != NULL ? JEM_OK : jem_fail_nomem(err);
}

const struct jem_service *own_service_or_null(struct jem_app *app, const char *id)
{
    const struct jem_catalog *catalog = NULL;
    if (jem_app_catalog(app, &catalog, NULL) != JEM_OK)
        return NULL;
    return jem_catalog_find(catalog, id);
}

enum jem_code own_service(struct jem_app *app, const struct jem_application *a, const struct jem_service **out,
    struct jem_error *err)
{
    const struct jem_catalog *catalog = NULL;
    const char *id = jem_json_str(a->state, "service", "");
    enum jem_code rc = jem_app_catalog(app, &catalog, err);
    if (rc != JEM_OK)
        return rc;
    *out = jem_catalog_find(catalog, id);
    return *out != NULL ? JEM_OK : jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_LOOKUP_SERVICE_GONE, id);
}

json_t *own_missing(const struct jem_service *service, const json_t *kinds)
{
    const struct jem_requirement *missing[64];
    json_t *list = json_array();
    size_t n = service != NULL ? jem_intake_missing(service, kinds, missing, sizeof missing / sizeof *missing) : 0;
    for (size_t i = 0; i < n; i++) {
        json_t *o = json_pack("{s:s,s:s}", "kind", missing[i]->kind, "label", jem_pair(missing[i]->label));
        if (o == NULL || json_array_append_new(list, o) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

json_t *own_kinds(const struct jem_application *a)
{
    json_t *kinds = json_array();
    size_t i;
    json_t *it;
    json_array_foreach(json_object_get(a->state, "documents"), i, it)
    {
        json_array_append(kinds, json_object_get(it, "kind"));
    }
    return kinds;
}

void own_dress_rows(struct jem_app *app, json_t *rows)
{
    const struct jem_catalog *catalog = NULL;
    size_t i;
    json_t *row;
    bool known = jem_app_catalog(app, &catalog, NULL) == JEM_OK;
    json_array_foreach(rows, i, row)
    {
        const char *id = jem_json_str(row, "service", "");
        const struct jem_service *service = known ? jem_catalog_find(catalog, id) : NULL;
        enum jem_status status = jem_status_parse(jem_json_str(row, "status", ""));
        json_object_set_new(row, "service_name", json_string(service != NULL ? jem_pair(service->name) : id));
        json_object_set_new(row, "status_label", json_string(jem_label_stage(service, status)));
        static const char *const person[] = { "nik", "name", "village" };
        for (size_t k = 0; k < 3 && !own_agency_has(app, id); k++)
            json_object_set_new(row, person[k], json_string(""));
    }
}

/* ---- one number ---- */

static size_t lookup_letters(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += (*text >= '0' && *text <= '9') || (*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z');
    return n;
}

enum jem_code jem_lookup_number(struct jem_app *app, const char *text, uint64_t *out, struct jem_error *err)
{
    struct jem_token token;
    unsigned char raw[JEM_TOKEN_BYTES];
    if (text == NULL || lookup_letters(text) <= 16)
        return jem_number_parse(text != NULL ? text : "", out, err);
    enum jem_code rc = jem_token_parse(text, &token, raw, err);
    if (rc != JEM_OK)
        return rc;
    rc = own_token_judge(app, &token, raw, err);
    if (rc == JEM_OK)
        *out = token.number;
    return rc;
}

enum jem_code jem_elsewhere(struct jem_app *app, uint64_t number, json_t **out, struct jem_error *err)
{
    struct jem_district_case told;
    int64_t told_ms;
    char day[11], text[JEM_NUMBER_TEXT];
    unsigned van = jem_number_van(number);
    bool other = jem_store_role(app->store) == JEM_ROLE_VAN && (int)van != jem_store_writer(app->store);
    enum jem_code rc = jem_store_district(app->store, number, &told, &told_ms, err);
    jem_number_format(number, text);
    if (rc == JEM_ENOTFOUND)
        return other ? jem_fail(err, rc, JEM_D_APP, 0, JEM_T_LOOKUP_ELSEWHERE_NONE, text, van)
                     : jem_fail(err, rc, JEM_D_APP, 0, JEM_T_LOOKUP_NONE, text);
    if (rc != JEM_OK)
        return rc;
    jem_day_format(told.day, day);
    return own_give(json_pack("{s:s,s:b,s:i,s:s,s:s,s:s,s:I}", "number", text, "elsewhere", 1, "van", (int)van,
                        "status", jem_status_name(told.stage), "status_label", jem_status_label(told.stage),
                        "stage_day", day, "told_ms", (json_int_t)told_ms),
        out, err);
}

/* ---- lists ---- */

enum jem_code jem_list(struct jem_app *app, const struct jem_list_query *query, json_t **out, struct jem_error *err)
{
    json_t *rows = NULL;
    struct jem_list_query q = *query;
    unsigned limit = q.limit == 0 ? OWN_LIST_LIMIT : q.limit > 9999 ? 9999 : q.limit;
    q.limit = limit + 1; /* one more tells whether there are more */
    enum jem_code rc = jem_store_list(app->store, &q, &rows, err);
    if (rc != JEM_OK)
        return rc;
    bool more = json_array_size(rows) > limit;
    if (more)
        json_array_remove(rows, limit);
    own_dress_rows(app, rows);
    return own_give(json_pack("{s:o,s:b}", "applications", rows, "more", (int)more), out, err);
}

enum jem_code jem_find(struct jem_app *app, const char *text, unsigned limit, json_t **out, struct jem_error *err)
{
    json_t *rows = NULL;
    enum jem_code rc = jem_store_find(app->store, text, limit == 0 ? OWN_LIST_LIMIT : limit, &rows, err);
    if (rc != JEM_OK)
        return rc;
    own_dress_rows(app, rows);
    return own_give(json_pack("{s:o}", "applications", rows), out, err);
}

/* ---- the log ---- */

static json_t *log_entry(const struct jem_event *e)
{
    char id[JEM_EVENT_ID_TEXT], hash[65];
    json_t *body = NULL;
    struct jem_buf digits = JEM_BUF_INIT(24);
    jem_event_id_format(&e->id, id);
    jem_hex(e->hash, 32, hash);
    jem_buf_fmt(&digits, "%llu", (unsigned long long)e->hlc);
    if (e->body == NULL || jem_json_parse(e->body, e->body_len, id, &body, NULL) != JEM_OK)
        body = json_null();
    json_t *entry = json_pack("{s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:s,s:o}", "event", id, "kind", e->kind, "label",
        jem_kind_label(e->kind), "actor", e->actor, "at_ms", (json_int_t)e->wall_ms, "hlc", jem_buf_text(&digits),
        "clock", jem_clock_source_name(e->clock_source), "hash", hash, "body", body);
    jem_buf_release(&digits);
    return entry;
}

static int log_order(const void *a, const void *b)
{
    return jem_event_cmp(a, b);
}

enum jem_code jem_log_show(struct jem_app *app, uint64_t number, json_t **out, struct jem_error *err)
{
    struct jem_event_list events = { 0 };
    struct jem_application a = { 0 };
    enum jem_code rc = own_load(app, number, &a, &events, err);
    json_t *list = json_array();
    if (rc == JEM_OK && events.count > 1)
        qsort(events.items, events.count, sizeof *events.items, log_order);
    for (size_t i = 0; i < events.count && rc == JEM_OK; i++)
        if (json_array_append_new(list, log_entry(&events.items[i])) != 0)
            rc = jem_fail_nomem(err);
    if (rc == JEM_OK) {
        json_t *o = json_pack("{s:O}", "events", list);
        if (o != NULL)
            (void)own_put_number(o, "number", number);
        rc = own_give(o, out, err);
    }
    json_decref(list);
    jem_event_list_release(&events);
    jem_application_release(&a);
    return rc;
}
