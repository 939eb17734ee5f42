/* report.c - the numbers of a period: counted in one walk over its applications. */
#include "jemput/report.h"

#include <stdlib.h>
#include <string.h>

#include "data_own.h"
#include "day_own.h"
#include "jemput/region.h"
#include "numbers.h"
#include "report_own.h"

#define REPORT_HOUR_MS ((int64_t)3600000)
#define REPORT_DAYS 30
#define REPORT_DAYS_MAX 1100
#define REPORT_RETURNS 10

/* What is counted of one service. */
struct tally {
    const struct jem_service *service;
    int64_t submitted, before, open, decided, handed_over, returned, rejected, on_time, late, overdue;
    int64_t *days;            /* submitted, by day from the first of the period */
    struct own_numbers hours; /* from submission to the end of the office's part */
};

struct report {
    struct jem_app *app;
    const struct jem_catalog *catalog;
    int64_t now_ms;
    int32_t from, to;
    struct tally *tallies;                               /* one a service of the catalogue */
    json_t *villages, *villages_before, *vans, *reasons; /* a village: {"n","last","by":{service:{"n"}}} */
    int64_t *days;                                       /* submitted, by day from `from` */
    int64_t total, before, complete, ageing[4];
    struct jem_error *err;
};

static bool report_open(enum jem_status s)
{
    return s == JEM_STATUS_SUBMITTED || s == JEM_STATUS_RECEIVED || s == JEM_STATUS_VERIFIED ||
           s == JEM_STATUS_IN_PROCESS || s == JEM_STATUS_RETURNED;
}

/* When the office's part ended: ready, handed over or rejected, whichever came first. */
static int64_t report_end_ms(const int64_t at_ms[JEM_STATUS_COUNT])
{
    static const enum jem_status ends[] = { JEM_STATUS_READY, JEM_STATUS_HANDED_OVER, JEM_STATUS_REJECTED };
    int64_t end = INT64_MIN;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (at_ms[ends[i]] != INT64_MIN && (end == INT64_MIN || at_ms[ends[i]] < end))
            end = at_ms[ends[i]];
    return end;
}

/* Adds one to members of an entry of `all` under `key`, which is made when it is not there. */
static json_t *report_entry(json_t *all, const char *key)
{
    json_t *entry = json_object_get(all, key);
    if (entry == NULL && json_object_set_new(all, key, json_object()) == 0)
        entry = json_object_get(all, key);
    json_object_set_new(entry, "n", json_integer(jem_json_int(entry, "n", 0) + 1));
    return entry;
}

static void report_last_day(json_t *entry, int32_t day)
{
    if (day > jem_json_int(entry, "last", INT32_MIN))
        json_object_set_new(entry, "last", json_integer(day));
}

/* The village of an application, counted for it and for its service. */
static json_t *report_village(json_t *all, const struct jem_application *a, const char *service)
{
    json_t *entry = report_entry(all, jem_json_str(json_object_get(a->state, "fields"), "village", ""));
    if (json_object_get(entry, "by") == NULL)
        json_object_set_new(entry, "by", json_object());
    (void)report_entry(json_object_get(entry, "by"), service);
    return entry;
}

/* When the promise ends, outages of its van and of HQ left out. */
static enum jem_code report_due(struct report *r, const struct tally *t, const struct jem_application *a,
    int64_t *due_ms)
{
    int64_t excused_ms = 0;
    return own_promise(r->app, jem_number_van(a->number), a->submitted_ms, t->service->promised_hours, due_ms,
        &excused_ms, r->err);
}

static void report_age(struct report *r, struct tally *t, int64_t due_ms)
{
    int64_t left_ms = due_ms - r->now_ms, day_ms = 24 * REPORT_HOUR_MS;
    t->open++;
    t->overdue += left_ms < 0;
    r->ageing[left_ms > 2 * day_ms ? 0 : left_ms >= 0 ? 1 : left_ms >= -7 * day_ms ? 2 : 3]++;
}

static enum jem_code report_count(struct report *r, struct tally *t, const struct jem_application *a,
    struct jem_event_list *events)
{
    int64_t at_ms[JEM_STATUS_COUNT];
    char van[8];
    int32_t day = jem_day_of_unix_ms(a->submitted_ms);
    enum jem_code rc = jem_application_stages(events, at_ms, r->err);
    if (rc != JEM_OK)
        return rc;
    int64_t end_ms = report_end_ms(at_ms), due_ms = 0;
    rc = report_due(r, t, a, &due_ms);
    if (rc != JEM_OK)
        return rc;
    t->submitted++;
    t->handed_over += at_ms[JEM_STATUS_HANDED_OVER] != INT64_MIN;
    t->rejected += at_ms[JEM_STATUS_REJECTED] != INT64_MIN;
    t->returned += at_ms[JEM_STATUS_RETURNED] != INT64_MIN;
    if (end_ms != INT64_MIN) {
        int64_t took_ms = end_ms > a->submitted_ms ? end_ms - a->submitted_ms : 0;
        bool late = end_ms > due_ms;
        t->decided++;
        t->late += late;
        t->on_time += !late;
        rc = own_numbers_add(&t->hours, took_ms / REPORT_HOUR_MS, r->err);
    }
    if (report_open(a->status))
        report_age(r, t, due_ms);
    json_t *kinds = own_kinds(a), *missing = own_missing(t->service, kinds);
    r->complete += json_array_size(missing) == 0;
    report_last_day(report_village(r->villages, a, t->service->id), day);
    (void)snprintf(van, sizeof van, "%u", (unsigned)a->submitted.writer);
    json_t *entry = report_entry(r->vans, van);
    report_last_day(entry, day);
    if (json_array_size(missing) > 0)
        json_object_set_new(entry, "missing", json_integer(jem_json_int(entry, "missing", 0) + 1));
    if (day >= r->from && day <= r->to) {
        r->days[day - r->from]++;
        t->days[day - r->from]++;
    }
    json_decref(kinds);
    json_decref(missing);
    return rc;
}

/* Reasons of returns, as the clerks gave them; runs of digits of a NIK are masked. */
static void report_reasons(struct report *r, const struct jem_event_list *events)
{
    for (size_t i = 0; i < events->count; i++) {
        const struct jem_event *e = &events->items[i];
        json_t *body = NULL, *reason;
        struct jem_error ignored;
        if (jem_kind_parse(e->kind) != JEM_KIND_STATUS_CHANGED || e->body == NULL ||
            jem_json_parse(e->body, e->body_len, "event", &body, &ignored) != JEM_OK)
            continue;
        const char *code = jem_json_str(body, "code", "");
        reason = data_masked(*code != '\0' ? code : jem_json_str(body, "reason", ""));
        if (strcmp(jem_json_str(body, "to", ""), "returned") == 0 && reason != NULL)
            (void)report_entry(r->reasons, json_string_value(reason));
        json_decref(reason);
        json_decref(body);
    }
}

static struct tally *report_tally(struct report *r, const char *service)
{
    for (size_t i = 0; i < jem_catalog_count(r->catalog); i++)
        if (strcmp(r->tallies[i].service->id, service) == 0)
            return &r->tallies[i];
    return NULL;
}

static enum jem_code report_walk(struct report *r, const struct jem_selection *what, bool baseline)
{
    uint64_t *numbers = NULL;
    size_t count = 0;
    enum jem_code rc = jem_store_select(r->app->store, what, &numbers, &count, r->err);
    for (size_t i = 0; rc == JEM_OK && i < count; i++) {
        struct jem_application a = { 0 };
        struct jem_event_list events = { 0 };
        rc = own_load(r->app, numbers[i], &a, &events, r->err);
        struct tally *t = rc == JEM_OK ? report_tally(r, jem_json_str(a.state, "service", "")) : NULL;
        if (rc == JEM_OK && baseline) {
            r->before++;
            if (t != NULL) {
                t->before++;
                (void)report_village(r->villages_before, &a, t->service->id);
            }
        } else if (rc == JEM_OK) {
            r->total++;
            report_reasons(r, &events);
            if (t != NULL)
                rc = report_count(r, t, &a, &events);
        }
        jem_event_list_release(&events);
        jem_application_release(&a);
    }
    free(numbers);
    return rc;
}

/* ---- as JSON ---- */

static json_t *report_tally_days(const struct report *r, const struct tally *t)
{
    json_t *list = json_array();
    for (int32_t d = 0; d <= r->to - r->from; d++)
        json_array_append_new(list, json_integer((json_int_t)t->days[d]));
    return list;
}

static json_t *report_services(struct report *r)
{
    json_t *list = json_array();
    for (size_t i = 0; i < jem_catalog_count(r->catalog); i++) {
        struct tally *t = &r->tallies[i];
        if (t->submitted + t->before == 0)
            continue;
        json_array_append_new(list,
            json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:i,s:o,s:o,s:o}", "service", t->service->id,
                "name", jem_pair(t->service->name), "submitted", (json_int_t)t->submitted, "before",
                (json_int_t)t->before, "open", (json_int_t)t->open, "decided", (json_int_t)t->decided, "handed_over",
                (json_int_t)t->handed_over, "returned", (json_int_t)t->returned, "rejected", (json_int_t)t->rejected,
                "on_time", (json_int_t)t->on_time, "late", (json_int_t)t->late, "overdue", (json_int_t)t->overdue,
                "promised_hours", t->service->promised_hours, "median_hours",
                own_quantile(t->hours.items, t->hours.count, 50), "p90_hours",
                own_quantile(t->hours.items, t->hours.count, 90), "days", report_tally_days(r, t)));
    }
    return list;
}

json_t *own_report_small(const json_t *entry)
{
    int64_t n = jem_json_int(entry, "n", 0);
    return n < JEM_REPORT_SMALL ? json_null() : json_integer((json_int_t)n);
}

static json_t *report_villages(struct report *r)
{
    const char *code;
    json_t *entry, *list = json_array();
    int32_t today = jem_store_today(r->app->store);
    json_object_foreach(r->villages, code, entry)
    {
        char name[160] = "", day[11];
        int32_t last = (int32_t)jem_json_int(entry, "last", today);
        jem_region_full_name(code, name, sizeof name);
        jem_day_format(last, day);
        json_array_append_new(list,
            json_pack("{s:s,s:s,s:o,s:o,s:s,s:i}", "village", code, "name", name, "submitted", own_report_small(entry),
                "before", own_report_small(json_object_get(r->villages_before, code)), "last_day", day, "days_since",
                (int)(today - last)));
    }
    return list;
}

static json_t *report_days(const struct report *r)
{
    json_t *list = json_array();
    for (int32_t d = r->from; d <= r->to; d++) {
        int64_t week[7];
        size_t n = 0;
        char day[11];
        for (int32_t k = d - 6 < r->from ? r->from : d - 6; k <= d; k++)
            week[n++] = r->days[k - r->from];
        jem_day_format(d, day);
        json_array_append_new(list, json_pack("{s:s,s:I,s:o}", "day", day, "submitted",
                                        (json_int_t)r->days[d - r->from], "median7", own_quantile(week, n, 50)));
    }
    return list;
}

static int report_by_count(const void *a, const void *b)
{
    int64_t x = jem_json_int(*(json_t *const *)a, "n", 0), y = jem_json_int(*(json_t *const *)b, "n", 0);
    return x != y ? (x < y) - (x > y)
                  : strcmp(jem_json_str(*(json_t *const *)a, "reason", ""),
                        jem_json_str(*(json_t *const *)b, "reason", ""));
}

/* Of one that is too small to be told, nothing. */
static int64_t report_told(const json_t *entry)
{
    int64_t n = jem_json_int(entry, "n", 0);
    return n < JEM_REPORT_SMALL ? 0 : n;
}

static json_t *report_returns(struct report *r)
{
    size_t n = 0;
    const char *reason;
    json_t *entry, *list = json_array();
    json_t **all = calloc(json_object_size(r->reasons) + 1, sizeof *all);
    if (all == NULL)
        return list;
    json_object_foreach(r->reasons, reason, entry)
    {
        json_object_set_new(entry, "reason", json_string(reason));
        all[n++] = entry;
    }
    qsort(all, n, sizeof *all, report_by_count);
    int64_t told = 0, so_far = 0;
    for (size_t i = 0; i < n && i < REPORT_RETURNS; i++)
        told += report_told(all[i]);
    for (size_t i = 0; i < n && i < REPORT_RETURNS; i++) {
        so_far += report_told(all[i]);
        json_array_append_new(list,
            json_pack("{s:s,s:s,s:o,s:o}", "reason", jem_json_str(all[i], "reason", ""), "label",
                jem_reason_label(jem_json_str(all[i], "reason", "")), "count", own_report_small(all[i]), "share",
                report_told(all[i]) > 0 ? json_integer((json_int_t)(so_far * 100 / told)) : json_null()));
    }
    free(all);
    return list;
}

static enum jem_code report_vans(struct report *r, json_t **out)
{
    json_t *vans = NULL, *van;
    size_t i;
    *out = json_array();
    enum jem_code rc = jem_store_vans(r->app->store, &vans, r->err);
    json_array_foreach(vans, i, van)
    {
        char key[8], day[11] = "";
        (void)snprintf(key, sizeof key, "%d", (int)jem_json_int(van, "van", 0));
        const json_t *entry = json_object_get(r->vans, key);
        if (json_object_get(entry, "last") != NULL)
            jem_day_format((int32_t)jem_json_int(entry, "last", 0), day);
        json_array_append_new(*out,
            json_pack("{s:I,s:s,s:I,s:I,s:s}", "van", (json_int_t)jem_json_int(van, "van", 0), "name",
                jem_json_str(van, "name", ""), "submitted", (json_int_t)jem_json_int(entry, "n", 0),
                "documents_missing", (json_int_t)jem_json_int(entry, "missing", 0), "last_day", day));
    }
    json_decref(vans);
    return rc;
}

static enum jem_code report_give(struct report *r, json_t **out)
{
    char from[11], to[11], place[240];
    json_t *vans = NULL;
    json_int_t decided = 0, collected = 0;
    enum jem_code rc = report_vans(r, &vans);
    for (size_t i = 0; i < jem_catalog_count(r->catalog); i++) {
        decided += (json_int_t)r->tallies[i].decided;
        collected += (json_int_t)r->tallies[i].handed_over;
    }
    jem_day_format(r->from, from);
    jem_day_format(r->to, to);
    (void)own_meta(r->app->store, "place", "", place, sizeof place);
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:o,s:o,s:o,s:{s:I,s:I,s:I,s:I},s:{s:I,s:I,s:I,s:I},s:o,s:O}",
                          "place", place, "from", from, "to", to, "made_ms", (json_int_t)r->now_ms, "applications",
                          (json_int_t)r->total, "before", (json_int_t)r->before, "services", report_services(r),
                          "villages", report_villages(r), "days", report_days(r), "ageing", "on_time",
                          (json_int_t)r->ageing[0], "due_soon", (json_int_t)r->ageing[1], "overdue_week",
                          (json_int_t)r->ageing[2], "overdue_more", (json_int_t)r->ageing[3], "funnel", "received",
                          (json_int_t)r->total, "complete", (json_int_t)r->complete, "decided", decided, "collected",
                          collected, "returns", report_returns(r), "vans", vans),
            out, r->err);
    json_decref(vans);
    return rc;
}

enum jem_code jem_report_make(struct jem_app *app, const struct jem_selection *what, json_t **out,
    struct jem_error *err)
{
    struct report r = { .app = app, .now_ms = jem_store_now_ms(app->store), .err = err };
    struct jem_selection now = *what, then;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    if (rc == JEM_OK)
        rc = jem_app_catalog(app, &r.catalog, err);
    if (rc != JEM_OK)
        return rc;
    now.to_day = what->to_day == INT32_MAX ? jem_store_today(app->store) : what->to_day;
    now.from_day = what->from_day == INT32_MIN ? now.to_day - REPORT_DAYS + 1 : what->from_day;
    if (now.from_day > now.to_day || now.to_day - now.from_day >= REPORT_DAYS_MAX)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_REPORT_PERIOD, REPORT_DAYS_MAX);
    r.from = now.from_day;
    r.to = now.to_day;
    then = now;
    then.to_day = now.from_day - 1;
    then.from_day = now.from_day - (now.to_day - now.from_day + 1);
    size_t services = jem_catalog_count(r.catalog);
    r.tallies = calloc(services + 1, sizeof *r.tallies);
    r.days = calloc((size_t)(r.to - r.from + 1), sizeof *r.days);
    r.villages = json_object();
    r.villages_before = json_object();
    r.vans = json_object();
    r.reasons = json_object();
    if (r.tallies == NULL || r.days == NULL || r.villages == NULL || r.villages_before == NULL || r.vans == NULL ||
        r.reasons == NULL)
        rc = jem_fail_nomem(err);
    for (size_t i = 0; rc == JEM_OK && i < services; i++) {
        r.tallies[i].service = jem_catalog_at(r.catalog, i);
        r.tallies[i].days = calloc((size_t)(r.to - r.from + 1), sizeof *r.days);
        if (r.tallies[i].days == NULL)
            rc = jem_fail_nomem(err);
    }
    if (rc == JEM_OK)
        rc = report_walk(&r, &now, false);
    if (rc == JEM_OK)
        rc = report_walk(&r, &then, true);
    if (rc == JEM_OK)
        rc = report_give(&r, out);
    if (rc == JEM_OK) {
        rc = own_report_more(app, r.from, r.to, *out, err);
        if (rc == JEM_OK)
            rc = own_report_targets(app, &now, r.villages, r.villages_before, *out, err);
        if (rc != JEM_OK) {
            json_decref(*out);
            *out = NULL;
        }
    }
    for (size_t i = 0; r.tallies != NULL && i < services; i++) {
        free(r.tallies[i].hours.items);
        free(r.tallies[i].days);
    }
    free(r.tallies);
    free(r.days);
    json_decref(r.villages);
    json_decref(r.villages_before);
    json_decref(r.vans);
    json_decref(r.reasons);
    return rc;
}
