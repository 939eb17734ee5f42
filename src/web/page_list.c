/* page_list.c - the officer's list and search: newest first, what the van knows and what HQ says side by side. */
#include <stdlib.h>
#include <string.h>

#include "jemput/clock.h"
#include "jemput/day.h"
#include "jemput/lookup.h"
#include "office.h"

#define LIST_LIMIT 25

static void row_html(struct jem_buf *b, const json_t *row)
{
    const char *number = jem_json_str(row, "number", "");
    bool durable = jem_json_bool(row, "durable", false), confirmed = jem_json_bool(row, "confirmed", false);
    int64_t documents = jem_json_int(row, "documents", 0), arrived = jem_json_int(row, "arrived", 0);
    char at[64];
    jem_time_human(jem_json_int(row, "at_ms", 0), at, sizeof at);
    web_html(b, "<tr><td><a class=row href=\"/p/%s\">%s</a><td><b>%s</b><small>%s</small><td class=when>%s<td>", number,
        number, jem_json_str(row, "name", ""), jem_json_str(row, "service_name", ""), at);
    web_badge_van(b, durable ? "durable" : confirmed ? "confirmed" : "recorded");
    jem_buf_str(b, "<td>");
    web_badge_status(b, jem_json_str(row, "status", ""), jem_json_str(row, "status_label", ""));
    if (jem_json_int(row, "conflicts", 0) + jem_json_int(row, "illegal", 0) > 0)
        web_html(b, " <span class=\"badge bad\">%t</span>", JEM_T_WEB_CONFLICT);
    if (arrived < documents) {
        jem_buf_str(b, " <small>");
        web_html_say(b, JEM_T_WEB_DOCUMENTS_ARRIVED, (long long)arrived, (long long)documents);
        jem_buf_str(b, "</small>");
    }
}

static void list_rows(struct web_page *p, const json_t *rows, enum jem_text caption)
{
    size_t i;
    const json_t *row;
    web_html(p->b,
        "<table class=rows><caption class=hide>%t</caption><thead><tr><th scope=col>%t<th scope=col>%t<th "
        "scope=col>%t<th scope=col>%t<th scope=col>%t<tbody>",
        caption, JEM_T_WEB_C_NUMBER, JEM_T_WEB_C_WHO, JEM_T_WEB_C_WHEN, JEM_T_WEB_C_VAN, JEM_T_WEB_C_HQ);
    json_array_foreach(rows, i, row)
    {
        row_html(p->b, row);
    }
    web_html(p->b, "</table>");
}

/* ---- the list ---- */

static void list_filter(struct web_page *p, const struct jem_list_query *q)
{
    struct jem_buf *b = p->b;
    web_html(b, "<form class=filter><label for=s>%t</label><select id=s name=s><option value=\"\">%t",
        JEM_T_WEB_F_STATUS, JEM_T_WEB_F_ALL);
    for (int s = JEM_STATUS_SUBMITTED; s < JEM_STATUS_COUNT; s++)
        web_html(b, "<option value=%s%s>%s", jem_status_name((enum jem_status)s),
            q->status == (enum jem_status)s ? " selected" : "", jem_status_label((enum jem_status)s));
    web_html(b, "</select>");
    if (!p->hq)
        web_html(b, "<label class=check><input type=checkbox name=u value=1%s> %t</label>",
            q->unconfirmed ? " checked" : "", JEM_T_WEB_F_UNCONFIRMED);
    web_html(b, "<button class=second>%t</button></form>", JEM_T_WEB_F_SHOW);
}

static void list_more(struct web_page *p, const struct jem_list_query *q, const json_t *rows, bool more)
{
    const json_t *last = json_array_get(rows, json_array_size(rows) - 1);
    web_html(p->b, "<p class=pages>");
    if (q->before != 0)
        web_html(p->b, "<a href=\"/?s=%u&amp;u=%s\">%t</a> ", web_form_text(&p->r->args, "s"),
            q->unconfirmed ? "1" : "", JEM_T_WEB_NEWEST);
    if (more)
        web_html(p->b, "<a rel=next href=\"/?s=%u&amp;u=%s&amp;b=%u\">%t</a>", web_form_text(&p->r->args, "s"),
            q->unconfirmed ? "1" : "", jem_json_str(last, "number", ""), JEM_T_WEB_OLDER);
    web_html(p->b, "</p>");
}

/* What a folder still lacks before it can work: enrolment, a catalogue. */
static void list_hints(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct jem_catalog *catalog = NULL;
    if (jem_store_writer(jem_app_store(p->app)) < 0)
        web_html(p->b, "<p class=\"note bad\">%t</p>", JEM_T_APP_NOT_ENROLLED);
    else if (jem_app_catalog(p->app, &catalog, &err) != JEM_OK)
        web_html(p->b, "<p class=\"note bad\">%s</p>", err.msg);
}

void web_page_list(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_list_query q = { .day = INT32_MIN, .limit = LIST_LIMIT };
    json_t *o = NULL;
    q.status = jem_status_parse(web_form_text(&p->r->args, "s"));
    q.unconfirmed = !p->hq && strcmp(web_form_text(&p->r->args, "u"), "1") == 0;
    const char *before = web_form_text(&p->r->args, "b");
    if (*before && jem_number_parse(before, &q.before, NULL) != JEM_OK)
        q.before = 0;
    if (jem_list(p->app, &q, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    const json_t *rows = json_object_get(o, "applications");
    web_page_begin(p, WEB_NAV_LIST, jem_text(JEM_T_WEB_LIST), false);
    web_html(p->b, "<div class=head><h1>%t</h1>", JEM_T_WEB_LIST);
    if (!p->hq)
        web_html(p->b, "<a class=button href=\"/baru\">%t <kbd>F2</kbd></a>", JEM_T_WEB_NEW);
    web_html(p->b, "</div>");
    list_hints(p);
    web_drafts_wait(p); /* after a power cut the officer finds here what was typed */
    list_filter(p, &q);
    if (json_array_size(rows) > 0)
        list_rows(p, rows, JEM_T_WEB_LIST);
    else
        web_html(p->b, "<p class=empty>%t</p>", q.status || q.unconfirmed ? JEM_T_WEB_LIST_NONE : JEM_T_WEB_LIST_EMPTY);
    list_more(p, &q, rows, jem_json_bool(o, "more", false));
    web_page_end(p);
    json_decref(o);
}

/* ---- search ---- */

static bool find_to_record(struct web_page *p, const char *text)
{
    uint64_t number = 0;
    char shown[JEM_NUMBER_TEXT];
    if (!web_number_known(p, text, &number))
        return false;
    jem_number_format(number, shown);
    struct jem_buf to = JEM_BUF_INIT(40);
    jem_buf_fmt(&to, "/p/%s", shown);
    web_answer_redirect(p->a, jem_buf_text(&to));
    jem_buf_release(&to);
    return true;
}

static void find_complaint(struct web_page *p, const json_t *it)
{
    bool closed = jem_json_int(it, "closed_ms", 0) > 0;
    char at[64];
    jem_time_human(jem_json_int(it, "at_ms", 0), at, sizeof at);
    web_html(p->b,
        "<li><a class=row href=\"/pengaduan?id=%u\">%s</a> <span class=\"badge %s\">%t</span> <small>%s &middot; "
        "%s</small>",
        jem_json_str(it, "id", ""), jem_json_str(it, "text", ""), closed ? "ok" : "wait",
        closed ? JEM_T_COMPLAINT_DONE : JEM_T_COMPLAINT_RUNS, at, jem_json_str(it, "name", ""));
}

static void find_visit(struct web_page *p, const json_t *it)
{
    char at[64];
    int64_t opened = jem_json_int(it, "opened_ms", 0);
    jem_time_human(opened, at, sizeof at);
    web_html(p->b, "<li><a class=row href=\"/kunjungan\">%s</a> %s <small>%s</small>",
        jem_json_str(it, "village_name", ""), jem_json_str(it, "place", ""),
        opened > 0 ? at : jem_json_str(it, "first", ""));
}

static void find_ticket(struct web_page *p, const json_t *it)
{
    web_html(p->b, "<li><a class=row href=\"/antrean\">%s</a> %s <small>%s</small>", jem_json_str(it, "text", ""),
        jem_json_str(it, "category_label", ""), jem_json_str(it, "state_label", ""));
}

/* What was found of one sort, under its title; nothing where nothing was. */
static void find_section(struct web_page *p, enum jem_text title, const json_t *rows,
    void (*row)(struct web_page *p, const json_t *it))
{
    size_t i;
    const json_t *it;
    if (json_array_size(rows) == 0)
        return;
    web_html(p->b, "<section class=card><h2>%t</h2><ul class=drafts>", title);
    json_array_foreach(rows, i, it) row(p, it);
    jem_buf_str(p->b, "</ul></section>");
}

void web_page_find(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL, *day = NULL;
    const char *text = web_form_text(&p->r->args, "q");
    if (strlen(text) > 100) { /* a receipt's code in the search box */
        web_page_scan(p);
        return;
    }
    if (find_to_record(p, text))
        return;
    enum jem_code rc = *text ? jem_find(p->app, text, LIST_LIMIT, &o, &err) : JEM_OK;
    if (rc != JEM_OK && rc != JEM_EINVAL && rc != JEM_ENOTFOUND) {
        web_page_error(p, &err);
        return;
    }
    if (*text && jem_day_find(p->app, text, LIST_LIMIT, &day, NULL) != JEM_OK)
        day = NULL;
    const json_t *rows = json_object_get(o, "applications"), *complaints = json_object_get(day, "complaints");
    const json_t *visits = json_object_get(day, "visits"), *tickets = json_object_get(day, "tickets");
    bool more = json_array_size(complaints) + json_array_size(visits) + json_array_size(tickets) > 0;
    web_page_begin(p, WEB_NAV_LIST, jem_text(JEM_T_WEB_FOUND), false);
    web_html(p->b, "<h1>%t</h1>", JEM_T_WEB_FOUND);
    if (rc != JEM_OK && !more)
        web_html(p->b, "<p class=\"note bad\" role=alert>%s</p>", err.msg);
    else if (json_array_size(rows) > 0)
        list_rows(p, rows, JEM_T_WEB_FOUND);
    else if (!more)
        web_html(p->b, "<p class=empty>%t</p>", *text ? JEM_T_WEB_FOUND_NONE : JEM_T_WEB_FIND_HINT);
    find_section(p, JEM_T_WEB_QUEUE, tickets, find_ticket);
    find_section(p, JEM_T_WEB_COMPLAINTS, complaints, find_complaint);
    find_section(p, JEM_T_WEB_VISITS, visits, find_visit);
    web_page_end(p);
    json_decref(day);
    json_decref(o);
}
