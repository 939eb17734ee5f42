/* visit.c - HQ's schedule of visits, and what became of it; the schedule as iCalendar. */
#include <stdio.h>
#include <string.h>

#include "day_own.h"
#include "jemput/codec.h"
#include "jemput/region.h"

#define VISIT_LIST 50
#define ICS_LINE 75 /* octets without the line's end (RFC 5545 3.1) */

static enum jem_code visit_village(const char *code, struct jem_error *err)
{
    struct jem_region region;
    if (code != NULL && jem_region_find(code, &region) && region.level == JEM_REGION_VILLAGE)
        return JEM_OK;
    return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_VISIT_VILLAGE);
}

/* A plan that stands; new reference. */
static enum jem_code visit_find_plan(struct jem_app *app, const char *id, json_t **out, struct jem_error *err)
{
    json_t *plans = NULL, *it;
    size_t i;
    enum jem_code rc = jem_store_visit_plans(app->store, -1, 0, &plans, err);
    *out = NULL;
    json_array_foreach(plans, i, it)
    {
        if (strcmp(jem_json_str(it, "id", ""), id) == 0)
            *out = json_incref(it);
    }
    json_decref(plans);
    if (rc == JEM_OK && *out == NULL)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_VISIT_NO_PLAN);
    return rc;
}

static bool visit_van_known(struct jem_app *app, unsigned van)
{
    json_t *vans = NULL, *it;
    size_t i;
    bool known = false;
    if (jem_store_vans(app->store, &vans, NULL) != JEM_OK)
        return false;
    json_array_foreach(vans, i, it)
    {
        known |= jem_json_int(it, "van", -1) == (json_int_t)van;
    }
    json_decref(vans);
    return known;
}

enum jem_code jem_visit_plan(struct jem_app *app, const struct jem_visit_plan *plan, json_t **out,
    struct jem_error *err)
{
    char first[11], last[11], id[JEM_EVENT_ID_TEXT];
    json_t *old = NULL;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    if (rc == JEM_OK)
        rc = visit_village(plan->village, err);
    if (rc == JEM_OK && plan->last < plan->first)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_VISIT_DAYS);
    if (rc == JEM_OK && !visit_van_known(app, plan->van))
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_VISIT_VAN, plan->van);
    if (rc == JEM_OK && plan->replaces != NULL)
        rc = visit_find_plan(app, plan->replaces, &old, err);
    /* What one van's lane replaces must be of that lane: a plan that moves to another van is cancelled and made anew. */
    if (rc == JEM_OK && old != NULL && jem_json_int(old, "van", 0) != (json_int_t)plan->van)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_VISIT_OTHER_VAN);
    json_decref(old);
    if (rc != JEM_OK)
        return rc;
    jem_day_format(plan->first, first);
    jem_day_format(plan->last, last);
    json_t *body = json_pack("{s:i,s:s,s:s,s:s,s:s}", "van", (int)plan->van, "village", plan->village, "from", first,
        "to", last, "place", "");
    rc = own_day_text(body, "place", plan->place, false, err);
    if (rc == JEM_OK)
        rc = own_day_text(body, "note", plan->note, false, err);
    if (plan->replaces != NULL)
        json_object_set_new(body, "replaces", json_string(plan->replaces));
    if (rc != JEM_OK) {
        json_decref(body);
        return rc;
    }
    rc = own_day_put(app, false, (uint16_t)plan->van, 0, "visit.planned", body, id, err);
    if (rc != JEM_OK)
        return rc;
    return own_give(json_pack("{s:s,s:i,s:s,s:s,s:s}", "plan", id, "van", (int)plan->van, "village", plan->village,
                        "from", first, "to", last),
        out, err);
}

enum jem_code jem_visit_cancel(struct jem_app *app, const char *plan, const char *reason, json_t **out,
    struct jem_error *err)
{
    json_t *old = NULL;
    char first[11], last[11];
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    if (rc == JEM_OK)
        rc = visit_find_plan(app, plan, &old, err);
    if (rc != JEM_OK)
        return rc;
    uint16_t van = (uint16_t)jem_json_int(old, "van", 0);
    jem_day_format((int32_t)jem_json_int(old, "first", 0), first);
    jem_day_format((int32_t)jem_json_int(old, "last", 0), last);
    json_t *body =
        json_pack("{s:i,s:O,s:s,s:s,s:O,s:s,s:b}", "van", (int)van, "village", json_object_get(old, "village"), "from",
            first, "to", last, "place", json_object_get(old, "place"), "replaces", plan, "cancelled", 1);
    rc = own_day_text(body, "note", reason, false, err);
    json_decref(old);
    if (rc != JEM_OK)
        json_decref(body);
    else
        rc = own_day_put(app, false, van, 0, "visit.planned", body, NULL, err);
    return rc == JEM_OK ? own_give(json_pack("{s:s,s:b}", "plan", plan, "cancelled", 1), out, err) : rc;
}

/* ---- at the van ---- */

enum jem_code jem_visit_current(struct jem_app *app, json_t **out, struct jem_error *err)
{
    json_t *open = NULL;
    int writer = jem_store_writer(app->store);
    enum jem_code rc = jem_store_visits(app->store, writer < 0 ? 0 : writer, true, 1, &open, err);
    json_t *row = json_incref(json_array_get(open, 0));
    json_decref(open);
    if (rc == JEM_OK && row == NULL)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_VISIT_NONE);
    if (rc != JEM_OK)
        return rc;
    own_village_name(row);
    *out = row;
    return JEM_OK;
}

/* "Siti, Asep" and lines -> ["Siti","Asep"] */
static enum jem_code visit_team(const char *text, json_t **out, struct jem_error *err)
{
    char clean[OWN_REASON_MAX + 1];
    enum jem_code rc = own_reason(text, false, clean, err);
    json_t *list = json_array();
    for (char *p = clean; rc == JEM_OK && *p != '\0';) {
        size_t n = strcspn(p, ","), end = n;
        bool more = p[n] == ',';
        while (end > 0 && p[end - 1] == ' ')
            end--;
        size_t start = strspn(p, " ");
        if (start < end && json_array_size(list) < 40)
            json_array_append_new(list, json_stringn(p + start, end - start));
        p += n + more;
    }
    if (rc == JEM_OK)
        *out = list;
    else
        json_decref(list);
    return rc;
}

enum jem_code jem_visit_open(struct jem_app *app, const char *plan, const char *village, const char *place,
    const char *team, json_t **out, struct jem_error *err)
{
    json_t *planned = NULL, *open = NULL, *names = NULL, *body = NULL;
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK && jem_visit_current(app, &open, NULL) == JEM_OK)
        rc = jem_fail(err, JEM_EEXISTS, JEM_D_APP, 0, JEM_T_VISIT_IS_OPEN, jem_json_str(open, "village_name", ""));
    json_decref(open);
    if (rc == JEM_OK && plan != NULL)
        rc = visit_find_plan(app, plan, &planned, err);
    if (village == NULL)
        village = jem_json_str(planned, "village", NULL);
    if (place == NULL || *place == '\0')
        place = jem_json_str(planned, "place", "");
    if (rc == JEM_OK)
        rc = visit_village(village, err);
    if (rc == JEM_OK)
        rc = visit_team(team, &names, err);
    if (rc == JEM_OK) {
        body = json_pack("{s:s,s:s,s:O}", "village", village, "place", "", "team", names);
        rc = own_day_text(body, "place", place, false, err);
        if (plan != NULL)
            json_object_set_new(body, "plan", json_string(plan));
    }
    if (rc == JEM_OK)
        rc = own_day_put(app, false, 0, 0, "visit.opened", json_incref(body), NULL, err);
    json_decref(body);
    json_decref(names);
    json_decref(planned);
    return rc == JEM_OK ? jem_visit_current(app, out, err) : rc;
}

enum jem_code jem_visit_close(struct jem_app *app, const char *note, json_t **out, struct jem_error *err)
{
    json_t *open = NULL, *counts = NULL;
    enum jem_code rc = jem_visit_current(app, &open, err);
    if (rc != JEM_OK)
        return rc;
    rc = jem_store_day_counts(app->store, jem_store_writer(app->store), jem_json_int(open, "opened_ms", 0),
        jem_store_now_ms(app->store) + 1, &counts, err);
    const json_t *row = json_array_get(counts, 0);
    const char *id = jem_json_str(open, "id", "");
    json_t *body = json_pack("{s:s,s:I,s:I}", "visit", id, "applications",
        (json_int_t)jem_json_int(row, "applications", 0), "tickets", (json_int_t)jem_json_int(row, "tickets", 0));
    json_t *told = json_copy(body);
    if (rc == JEM_OK)
        rc = own_day_text(body, "note", note, false, err);
    if (rc == JEM_OK)
        rc = own_day_put(app, false, 0, 0, "visit.closed", json_incref(body), NULL, err);
    json_decref(body);
    json_decref(open);
    json_decref(counts);
    if (rc == JEM_OK)
        return own_give(told, out, err);
    json_decref(told);
    return rc;
}

static void visit_days(json_t *row)
{
    static const char *const keys[] = { "first", "last" };
    for (size_t i = 0; i < 2; i++) {
        char day[11];
        jem_day_format((int32_t)jem_json_int(row, keys[i], 0), day);
        json_object_set_new(row, keys[i], json_string(day));
    }
}

static enum jem_code visit_plans(struct jem_app *app, json_t **out, struct jem_error *err)
{
    json_t *it;
    size_t i;
    int van = jem_store_role(app->store) == JEM_ROLE_HQ ? -1 : jem_store_writer(app->store);
    enum jem_code rc = jem_store_visit_plans(app->store, van, jem_store_today(app->store), out, err);
    json_array_foreach(rc == JEM_OK ? *out : NULL, i, it)
    {
        own_village_name(it);
        visit_days(it);
    }
    return rc;
}

enum jem_code jem_visit_list(struct jem_app *app, json_t **out, struct jem_error *err)
{
    json_t *plans = NULL, *visits = NULL, *current = NULL, *it;
    size_t i;
    bool hq = jem_store_role(app->store) == JEM_ROLE_HQ;
    enum jem_code rc = visit_plans(app, &plans, err);
    if (rc == JEM_OK)
        rc = jem_store_visits(app->store, hq ? -1 : jem_store_writer(app->store), false, VISIT_LIST, &visits, err);
    json_array_foreach(visits, i, it)
    {
        own_village_name(it);
    }
    if (rc == JEM_OK && !hq && jem_visit_current(app, &current, NULL) != JEM_OK)
        current = NULL;
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:O,s:O,s:O?}", "plans", plans, "visits", visits, "current",
                          current != NULL ? current : json_null()),
            out, err);
    json_decref(plans);
    json_decref(visits);
    json_decref(current);
    return rc;
}

/* ---- iCalendar ---- */

/* One content line, folded: at most 75 octets, never inside a character. Values are escaped (3.3.11). */
static void ics_line(struct jem_buf *out, const char *name, const char *value, bool text)
{
    struct jem_buf line = JEM_BUF_INIT(8192);
    jem_buf_fmt(&line, "%s:", name);
    for (const char *p = value; *p != '\0'; p++) {
        if (text && (*p == '\\' || *p == ';' || *p == ','))
            jem_buf_byte(&line, '\\');
        if (*p == '\n')
            jem_buf_str(&line, text ? "\\n" : " ");
        else if ((unsigned char)*p >= 0x20)
            jem_buf_byte(&line, (unsigned char)*p);
    }
    const char *all = jem_buf_text(&line);
    for (size_t at = 0, room = ICS_LINE; at < line.len; room = ICS_LINE - 1) {
        size_t n = line.len - at < room ? line.len - at : room;
        while (at + n < line.len && n > 1 && ((unsigned char)all[at + n] & 0xC0) == 0x80)
            n--;
        jem_buf_add(out, all + at, n);
        at += n;
        jem_buf_str(out, at < line.len ? "\r\n " : "\r\n");
    }
    jem_buf_release(&line);
}

/* "2026-11-21" -> "20261121"; `after`: the day behind it, since DTEND is exclusive. */
static void ics_day(struct jem_buf *out, const char *name, const char *iso, int after)
{
    int32_t day = 0;
    char text[11], plain[9];
    if (jem_day_parse(iso, &day, NULL) != JEM_OK)
        return;
    jem_day_format(day + after, text);
    (void)snprintf(plain, sizeof plain, "%.4s%.2s%.2s", text, text + 5, text + 8);
    ics_line(out, name, plain, false);
}

static void ics_stamp(struct jem_buf *out, int64_t at_ms)
{
    char day[11], stamp[20];
    int64_t ms = at_ms % DAY_MS, seconds = ms / 1000;
    jem_day_format((int32_t)(at_ms / DAY_MS), day);
    (void)snprintf(stamp, sizeof stamp, "%.4s%.2s%.2sT%02d%02d%02dZ", day, day + 5, day + 8, (int)(seconds / 3600),
        (int)(seconds / 60 % 60), (int)(seconds % 60));
    ics_line(out, "DTSTAMP", stamp, false);
}

static void ics_event(struct jem_buf *out, const json_t *plan)
{
    struct jem_buf text = JEM_BUF_INIT(2048);
    jem_buf_str(out, "BEGIN:VEVENT\r\n");
    jem_buf_fmt(&text, "%s@jemput", jem_json_str(plan, "id", ""));
    ics_line(out, "UID", jem_buf_text(&text), false);
    ics_stamp(out, jem_json_int(plan, "planned_ms", 0));
    ics_day(out, "DTSTART;VALUE=DATE", jem_json_str(plan, "first", ""), 0);
    ics_day(out, "DTEND;VALUE=DATE", jem_json_str(plan, "last", ""), 1);
    jem_buf_clear(&text);
    jem_buf_fmt(&text, jem_text(JEM_T_VISIT_SUMMARY), (int)jem_json_int(plan, "van", 0),
        jem_json_str(plan, "village_name", ""));
    ics_line(out, "SUMMARY", jem_buf_text(&text), true);
    jem_buf_clear(&text);
    const char *place = jem_json_str(plan, "place", "");
    jem_buf_fmt(&text, "%s%s%s", place, *place ? ", " : "", jem_json_str(plan, "village_name", ""));
    ics_line(out, "LOCATION", jem_buf_text(&text), true);
    if (*jem_json_str(plan, "note", ""))
        ics_line(out, "DESCRIPTION", jem_json_str(plan, "note", ""), true);
    jem_buf_str(out, "END:VEVENT\r\n");
    jem_buf_release(&text);
}

enum jem_code jem_visit_ics(struct jem_app *app, struct jem_buf *out, struct jem_error *err)
{
    json_t *plans = NULL, *it;
    size_t i;
    enum jem_code rc = visit_plans(app, &plans, err);
    if (rc != JEM_OK)
        return rc;
    jem_buf_str(out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Jemput//jemput//ID\r\nCALSCALE:GREGORIAN\r\n");
    json_array_foreach(plans, i, it)
    {
        ics_event(out, it);
    }
    jem_buf_str(out, "END:VCALENDAR\r\n");
    json_decref(plans);
    return jem_buf_ok(out, err);
}
