/* report_more.c - what the report tells beside applications: survey, complaints, outages, queue, links of vans, targets. */
#include <stdlib.h>
#include <string.h>

#include "day_own.h"
#include "jemput/desk.h"
#include "numbers.h"
#include "report_own.h"

#define MORE_LINK_DAYS 14
#define MORE_LINK_EVENTS 3000u
#define MORE_ROWS 100000u
#define MORE_HOURS 24
#define MORE_OUTAGES 2500 /* of one van */

/* ---- complaints, outages ---- */

static enum jem_code more_complaints(struct jem_app *app, int32_t from, int32_t to, json_t *report,
    struct jem_error *err)
{
    json_t *o = NULL, *row;
    size_t i;
    int64_t filed = 0, closed = 0, late = 0, open = 0;
    enum jem_code rc = jem_complaint_list(app, false, NULL, &o, err);
    json_array_foreach(json_object_get(o, "complaints"), i, row)
    {
        int32_t day = jem_day_of_unix_ms(jem_json_int(row, "at_ms", 0));
        bool is_closed = jem_json_int(row, "closed_ms", 0) > 0;
        if (day < from || day > to)
            continue;
        filed++;
        closed += is_closed;
        open += !is_closed;
        late += jem_json_bool(row, "late", false) || jem_json_bool(row, "late_first", false);
    }
    json_decref(o);
    json_object_set_new(report, "complaints",
        json_pack("{s:I,s:I,s:I,s:I}", "filed", (json_int_t)filed, "closed", (json_int_t)closed, "open",
            (json_int_t)open, "late", (json_int_t)late));
    return rc;
}

/* Photos of the outages that touched the period. */
static enum jem_code more_photos(struct jem_app *app, int van, int64_t from_ms, int64_t to_ms, int64_t *out,
    struct jem_error *err)
{
    json_t *rows = NULL, *it, *photos;
    size_t i;
    enum jem_code rc = jem_store_outages(app->store, van, to_ms, MORE_OUTAGES, &rows, err);
    *out = 0;
    json_array_foreach(rows, i, it)
    {
        if (rc != JEM_OK || jem_json_int(it, "to_ms", to_ms) < from_ms)
            continue;
        photos = NULL;
        rc = jem_store_outage_photos(app->store, jem_json_str(it, "id", ""), &photos, err);
        *out += (int64_t)json_array_size(photos);
        json_decref(photos);
    }
    json_decref(rows);
    return rc;
}

/* Minutes of the period in which a writer could not work, each counted once a writer. */
static enum jem_code more_outages(struct jem_app *app, int32_t from, int32_t to, json_t *report, struct jem_error *err)
{
    json_t *vans = NULL, *van, *list = json_array();
    size_t i;
    enum jem_code rc = jem_store_vans(app->store, &vans, err);
    json_array_foreach(vans, i, van)
    {
        int64_t ms = 0, photos = 0, number = jem_json_int(van, "van", 0);
        if (rc == JEM_OK)
            rc = own_outage_ms(app, (unsigned)number, own_day_begins(from), own_day_begins(to + 1), &ms, err);
        if (rc == JEM_OK && ms > 0)
            rc = more_photos(app, (int)number, own_day_begins(from), own_day_begins(to + 1), &photos, err);
        if (ms > 0)
            json_array_append_new(list, json_pack("{s:O,s:I,s:I}", "name", json_object_get(van, "name"), "hours",
                                            (json_int_t)((ms + 1800000) / 3600000), "photos", (json_int_t)photos));
    }
    json_decref(vans);
    json_object_set_new(report, "outages", list);
    return rc;
}

/* ---- the queue ---- */

struct waits {
    struct own_numbers minutes;
    int64_t cells[7][MORE_HOURS];
};

static enum jem_code waits_ticket(struct waits *w, const json_t *ticket, struct jem_error *err)
{
    int64_t issued_ms = jem_json_int(ticket, "issued_ms", 0), called_ms = jem_json_int(ticket, "called_ms", 0);
    int64_t local_ms = issued_ms - own_day_begins(0);                     /* western Indonesia's clock */
    w->cells[(local_ms / DAY_MS + 3) % 7][local_ms % DAY_MS / 3600000]++; /* 1970-01-01 was a Thursday; 0 is Monday */
    if (called_ms < issued_ms)
        return JEM_OK;
    return own_numbers_add(&w->minutes, (called_ms - issued_ms) / 60000, err);
}

static enum jem_code more_queue(struct jem_app *app, int32_t from, int32_t to, json_t *report, struct jem_error *err)
{
    struct waits w = { .minutes = { .items = NULL } };
    json_t *vans = NULL, *van, *ticket, *cells = json_array();
    size_t i, k;
    enum jem_code rc = jem_store_vans(app->store, &vans, err);
    json_array_foreach(vans, i, van)
    {
        for (int32_t day = from; rc == JEM_OK && day <= to; day++) {
            json_t *tickets = NULL;
            rc = jem_store_tickets(app->store, (unsigned)jem_json_int(van, "van", 0), day, &tickets, err);
            json_array_foreach(tickets, k, ticket)
            {
                if (rc == JEM_OK)
                    rc = waits_ticket(&w, ticket, err);
            }
            json_decref(tickets);
        }
    }
    int64_t total = 0;
    for (int d = 0; d < 7; d++)
        for (int h = 0; h < MORE_HOURS; h++) {
            total += w.cells[d][h];
            if (w.cells[d][h] > 0)
                json_array_append_new(cells,
                    json_pack("{s:i,s:i,s:I}", "weekday", d, "hour", h, "tickets", (json_int_t)w.cells[d][h]));
        }
    json_object_set_new(report, "queue",
        json_pack("{s:I,s:o,s:o,s:o}", "tickets", (json_int_t)total, "median_minutes",
            own_quantile(w.minutes.items, w.minutes.count, 50), "p90_minutes",
            own_quantile(w.minutes.items, w.minutes.count, 90), "cells", cells));
    free(w.minutes.items);
    json_decref(vans);
    return rc;
}

/* ---- links ---- */

/* Days of the last fourteen, today last, on which HQ took something in from a van: "00100...", from its acknowledgements. */
static enum jem_code link_days(struct jem_app *app, uint16_t van, int32_t today, char out[MORE_LINK_DAYS + 1],
    struct jem_error *err)
{
    struct jem_stream_head head;
    struct jem_event_list events = { 0 };
    uint16_t inc = jem_store_inc(app->store);
    memset(out, '0', MORE_LINK_DAYS);
    out[MORE_LINK_DAYS] = '\0';
    enum jem_code rc = jem_store_head(app->store, 0, van, inc, &head, err);
    uint64_t from = head.last.seq > MORE_LINK_EVENTS ? head.last.seq - MORE_LINK_EVENTS : 1;
    struct jem_event_id at = { 0, van, inc, from };
    if (rc == JEM_OK && head.last.seq > 0)
        rc = jem_store_events(app->store, &at, MORE_LINK_EVENTS + 1, (size_t)32 << 20, &events, err);
    for (size_t i = 0; i < events.count; i++) {
        int32_t ago = today - jem_day_of_unix_ms(events.items[i].wall_ms);
        if (jem_kind_parse(events.items[i].kind) == JEM_KIND_LEDGER_ACKED && ago >= 0 && ago < MORE_LINK_DAYS)
            out[MORE_LINK_DAYS - 1 - ago] = '1';
    }
    jem_event_list_release(&events);
    return rc;
}

static int link_met(const char *days)
{
    int n = 0;
    for (const char *d = days; *d != '\0'; d++)
        n += *d == '1';
    return n;
}

static enum jem_code more_links(struct jem_app *app, json_t *report, struct jem_error *err)
{
    json_t *o = NULL, *van, *list = json_array();
    size_t i;
    enum jem_code rc = jem_desk_vans(app, &o, err);
    json_array_foreach(json_object_get(o, "vans"), i, van)
    {
        char days[MORE_LINK_DAYS + 1], oldest[11] = "";
        if (rc != JEM_OK)
            break;
        rc = link_days(app, (uint16_t)jem_json_int(van, "van", 0), jem_store_today(app->store), days, err);
        if (jem_json_int(van, "unsafe_oldest_ms", 0) > 0)
            jem_day_format(jem_day_of_unix_ms(jem_json_int(van, "unsafe_oldest_ms", 0)), oldest);
        json_array_append_new(list, json_pack("{s:O,s:O,s:s,s:i,s:O,s:s,s:O}", "van", json_object_get(van, "van"),
                                        "name", json_object_get(van, "name"), "days", days, "met", link_met(days),
                                        "unsafe_events", json_object_get(van, "unsafe_events"), "oldest_day", oldest,
                                        "lacking_files", json_object_get(van, "lacking_files")));
    }
    json_decref(o);
    json_object_set_new(report, "links", list);
    return rc;
}

enum jem_code own_report_more(struct jem_app *app, int32_t from, int32_t to, json_t *report, struct jem_error *err)
{
    json_t *survey = NULL, *coverage = NULL;
    enum jem_code rc = jem_survey_report(app, from, to, &survey, err);
    if (rc == JEM_OK)
        json_object_set_new(report, "survey", survey);
    if (rc == JEM_OK)
        rc = jem_visit_coverage(app, from, to, &coverage, err);
    if (rc == JEM_OK)
        json_object_set_new(report, "coverage", coverage);
    if (rc == JEM_OK)
        rc = more_complaints(app, from, to, report, err);
    if (rc == JEM_OK)
        rc = more_outages(app, from, to, report, err);
    if (rc == JEM_OK)
        rc = more_queue(app, from, to, report, err);
    return rc == JEM_OK ? more_links(app, report, err) : rc;
}
