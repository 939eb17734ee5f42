/* page_day.c - the van's day at a glance, its queue, and the evening's sheet. */
#include <stdlib.h>
#include <string.h>

#include "jemput/clock.h"
#include "jemput/day.h"
#include "devices.h"
#include "jemput/print.h"

static void day_link(struct web_page *p, const char *path, enum jem_text title, enum jem_text about)
{
    web_html(p->b, "<li><a href=\"%s\"><b>%t</b><small>%t</small></a>", path, title, about);
}

static void day_visit(struct web_page *p)
{
    json_t *visit = NULL;
    if (jem_visit_current(p->app, &visit, NULL) == JEM_OK) {
        jem_buf_str(p->b, "<p class=note>");
        web_html_say(p->b, JEM_T_WEB_DAY_VISIT, jem_json_str(visit, "village_name", ""));
        jem_buf_str(p->b, "</p>");
    } else {
        web_html(p->b, "<p class=\"note wait\">%t <a href=\"/kunjungan\">%t</a></p>", JEM_T_WEB_DAY_NO_VISIT,
            JEM_T_WEB_VISIT_OPEN);
    }
    json_decref(visit);
}

/* The link of the second screen: whoever has it sees numbers and answers the survey, nothing else. */
static void day_screen(struct web_page *p)
{
    char token[WEB_SCREEN_TOKEN];
    bool on = web_screen_token(p->office, token);
    web_html(p->b, "<section class=card><h2>%t</h2><p>%t</p>", JEM_T_WEB_SCREEN, JEM_T_WEB_SCREEN_ABOUT);
    if (on)
        web_html(p->b,
            "<p><a class=\"button second\" href=\"/layar?k=%s\" target=_blank>%t</a> <a class=\"button second\" "
            "href=\"/survei?k=%s\" target=_blank>%t</a></p>",
            token, JEM_T_WEB_SCREEN_QUEUE, token, JEM_T_WEB_SCREEN_SURVEY);
    web_form_begin(p, on ? "/hari/layar/tutup" : "/hari/layar", "");
    web_html(p->b, "<button class=%s>%t</button></form></section>", on ? "danger" : "second",
        on ? JEM_T_WEB_SCREEN_END : JEM_T_WEB_SCREEN_MAKE);
}

void web_page_day(struct web_page *p)
{
    web_page_begin(p, WEB_NAV_DAY, jem_text(JEM_T_WEB_DAY), false);
    web_html(p->b, "<h1>%t</h1>", JEM_T_WEB_DAY);
    if (!p->hq)
        day_visit(p);
    jem_buf_str(p->b, "<ul class=services>");
    if (!p->hq)
        day_link(p, "/antrean", JEM_T_WEB_QUEUE, JEM_T_WEB_QUEUE_ABOUT);
    day_link(p, "/kunjungan", JEM_T_WEB_VISITS, JEM_T_WEB_VISITS_ABOUT);
    if (p->hq)
        day_link(p, "/kunjungan/cakupan", JEM_T_WEB_COVERAGE, JEM_T_WEB_COVERAGE_ABOUT);
    day_link(p, "/penyerahan", JEM_T_WEB_HANDOVER, JEM_T_WEB_HANDOVER_ABOUT);
    day_link(p, "/pengaduan", JEM_T_WEB_COMPLAINTS, JEM_T_WEB_COMPLAINTS_ABOUT);
    day_link(p, "/gangguan", JEM_T_WEB_OUTAGES, JEM_T_WEB_OUTAGES_ABOUT);
    day_link(p, "/survei/hasil", JEM_T_WEB_SURVEY, JEM_T_WEB_SURVEY_ABOUT);
    if (!p->hq)
        day_link(p, "/lembar", JEM_T_WEB_SHEET, JEM_T_WEB_SHEET_ABOUT);
    jem_buf_str(p->b, "</ul>");
    if (!p->hq)
        day_screen(p);
    web_page_end(p);
}

void web_page_screen_make(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    enum jem_code rc = jem_app_require(p->app, JEM_ROLE_VAN, "supervisor", &err);
    if (rc == JEM_OK)
        rc = web_screen_open(p->office, p->app, &err);
    if (rc == JEM_OK)
        web_answer_redirect(p->a, "/hari");
    else
        web_page_error(p, &err);
}

void web_page_screen_end(struct web_page *p)
{
    web_screen_close(p->office);
    web_answer_redirect(p->a, "/hari");
}

/* ---- queue ---- */

static unsigned queue_counter(const struct web_form *form)
{
    unsigned counter = (unsigned)strtoul(web_form_text(form, "c"), NULL, 10);
    return counter >= 1 && counter <= 9 ? counter : 1;
}

static void queue_back(struct web_page *p, const char *more, long long number)
{
    struct jem_buf to = JEM_BUF_INIT(80);
    jem_buf_fmt(&to, "/antrean?c=%u", queue_counter(&p->r->form));
    if (*more)
        jem_buf_fmt(&to, "&%s=%lld", more, number);
    web_answer_redirect(p->a, jem_buf_text(&to));
    jem_buf_release(&to);
}

static void queue_hidden(struct web_page *p, unsigned counter)
{
    web_html(p->b, "<input type=hidden name=c value=%d>", (int)counter);
}

static void queue_ticket_form(struct web_page *p, const json_t *ticket, unsigned counter)
{
    const char *state = jem_json_str(ticket, "state", "");
    int number = (int)jem_json_int(ticket, "number", 0);
    bool called = strcmp(state, "called") == 0;
    web_form_begin(p, "/antrean/nomor", " class=actions");
    queue_hidden(p, counter);
    web_html(p->b, "<input type=hidden name=n value=%d><button class=plain name=do value=call>%t</button>", number,
        called ? JEM_T_WEB_QUEUE_RECALL : JEM_T_WEB_QUEUE_CALL);
    if (called)
        web_html(p->b,
            "<button class=plain name=do value=serve>%t</button><button class=plain name=do value=skip>%t</button>",
            JEM_T_WEB_QUEUE_SERVE, JEM_T_WEB_QUEUE_SKIP);
    jem_buf_str(p->b, "</form>");
}

static void queue_rows(struct web_page *p, const json_t *tickets, unsigned counter)
{
    size_t i;
    json_t *it;
    web_html(p->b,
        "<table class=rows><caption class=hide>%t</caption><thead><tr><th scope=col>%t<th scope=col>%t<th "
        "scope=col>%t<th "
        "scope=col>%t<tbody>",
        JEM_T_WEB_QUEUE, JEM_T_CLI_C_TICKET, JEM_T_CLI_C_GROUP, JEM_T_CLI_C_STATUS, JEM_T_WEB_QUEUE_DO);
    json_array_foreach((json_t *)(uintptr_t)tickets, i, it)
    {
        if (strcmp(jem_json_str(it, "state", ""), "served") == 0)
            continue;
        web_html(p->b, "<tr><td class=number>%s<td>%s<td>%s", jem_json_str(it, "text", ""),
            jem_json_str(it, "category_label", ""), jem_json_str(it, "state_label", ""));
        if (jem_json_int(it, "counter", 0) > 0)
            web_html(p->b, " <small>%t %d</small>", JEM_T_CLI_C_COUNTER, (int)jem_json_int(it, "counter", 0));
        jem_buf_str(p->b, "<td>");
        queue_ticket_form(p, it, counter);
    }
    jem_buf_str(p->b, "</table>");
}

static void queue_give(struct web_page *p, unsigned counter)
{
    static const struct {
        const char *code;
        enum jem_text label;
    } groups[] = { { "general", JEM_T_QUEUE_GENERAL }, { "elderly", JEM_T_QUEUE_ELDERLY },
        { "disability", JEM_T_QUEUE_DISABILITY }, { "maternal", JEM_T_QUEUE_MATERNAL }, { "child", JEM_T_QUEUE_CHILD },
        { "disaster", JEM_T_QUEUE_DISASTER } };
    jem_buf_str(p->b, "<section class=card>");
    web_html(p->b, "<h2>%t</h2>", JEM_T_WEB_QUEUE_GIVE);
    web_form_begin(p, "/antrean/beri", " class=actions");
    queue_hidden(p, counter);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        web_html(p->b, "<button%s name=g value=%s>%t%s</button>", i == 0 ? " data-key=p" : " class=second",
            groups[i].code, groups[i].label, "");
    web_html(p->b, "<label class=check><input type=checkbox name=print value=1 checked> %t</label></form></section>",
        JEM_T_WEB_QUEUE_PRINT);
}

static void queue_times(struct web_page *p, const json_t *o)
{
    const json_t *wait = json_object_get(o, "wait_s");
    jem_buf_str(p->b, "<p class=sub>");
    web_html_say(p->b, JEM_T_WEB_QUEUE_COUNTS, (int)jem_json_int(o, "waiting", 0), (int)jem_json_int(o, "served", 0));
    if (jem_json_int(wait, "n", 0) > 0) {
        jem_buf_byte(p->b, ' ');
        web_html_say(p->b, JEM_T_WEB_QUEUE_WAIT, (int)(jem_json_int(wait, "median", 0) / 60),
            (int)(jem_json_int(wait, "p90", 0) / 60));
    }
    jem_buf_str(p->b, "</p>");
}

/* What the last act was: a number given or called. */
static void queue_news(struct web_page *p)
{
    const struct web_form *args = &p->r->args;
    int given = (int)strtol(web_form_text(args, "given"), NULL, 10);
    int paper = (int)strtol(web_form_text(args, "paper"), NULL, 10);
    if (strcmp(web_form_text(args, "empty"), "1") == 0)
        web_html(p->b, "<p class=note role=status>%t</p>", JEM_T_QUEUE_EMPTY);
    int number = given > 0 ? given : paper;
    if (number <= 0)
        return;
    jem_buf_fmt(p->b, "<p class=\"note%s\" role=status>", paper > 0 ? " wait" : "");
    web_html_say(p->b, paper > 0 ? JEM_T_WEB_QUEUE_NO_PAPER : JEM_T_WEB_QUEUE_GIVEN, number);
    web_html(p->b, " <a href=\"/antrean/nomor.png?n=%d\" target=_blank>%t</a></p>", number, JEM_T_WEB_QUEUE_PICTURE);
}

/* Tickets whose paper did not come out, of this day or another: again, or let be. */
static void queue_papers(struct web_page *p, unsigned counter)
{
    json_t *o = NULL, *it;
    size_t i;
    if (jem_print_jobs(p->app, 0, true, &o, NULL) != JEM_OK)
        return;
    json_array_foreach(json_object_get(o, "jobs"), i, it)
    {
        int ticket = (int)jem_json_int(it, "ticket", 0), job = (int)jem_json_int(it, "job", 0);
        if (ticket == 0 || strcmp(jem_json_str(it, "state", ""), "failed") != 0)
            continue;
        web_form_begin(p, "/antrean/kertas", " class=\"note wait\"");
        queue_hidden(p, counter);
        web_html_say(p->b, JEM_T_WEB_QUEUE_NO_PAPER, ticket);
        web_html(p->b,
            " <small>%s</small><span class=actions><button class=second name=ulang value=%d>%t</button><button "
            "class=plain name=lepas "
            "value=%d>%t</button><a href=\"/antrean/nomor.png?n=%d\" target=_blank>%t</a></span></form>",
            jem_json_str(it, "reason", ""), job, JEM_T_WEB_PAPER_AGAIN, job, JEM_T_WEB_PAPER_DROP, ticket,
            JEM_T_WEB_QUEUE_PICTURE);
    }
    json_decref(o);
}

void web_page_queue_paper(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL, *it;
    size_t i;
    int64_t again = web_form_number(&p->r->form, "ulang", 0), drop = web_form_number(&p->r->form, "lepas", 0);
    enum jem_code rc = drop != 0 ? jem_print_drop(p->app, drop, &o, &err) : jem_print_jobs(p->app, 0, true, &o, &err);
    json_array_foreach(json_object_get(o, "jobs"), i, it)
    {
        uint64_t ticket =
            jem_print_ticket((int32_t)jem_json_int(it, "day", 0), (unsigned)jem_json_int(it, "ticket", 0));
        if (rc == JEM_OK && jem_json_int(it, "job", 0) == again && jem_json_int(it, "ticket", 0) != 0)
            rc = jem_station_print(p->office->station, p->app, ticket, again, &err);
    }
    json_decref(o);
    if (rc == JEM_OK)
        queue_back(p, "", 0);
    else
        web_page_error(p, &err);
}

void web_page_queue(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    unsigned counter = queue_counter(&p->r->args);
    if (jem_queue_list(p->app, -1, INT32_MIN, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    const json_t *tickets = json_object_get(o, "tickets");
    web_page_begin(p, WEB_NAV_QUEUE, jem_text(JEM_T_WEB_QUEUE), false);
    web_html(p->b, "<div class=head><h1>%t</h1><form class=filter><label for=c>%t</label><select id=c name=c>",
        JEM_T_WEB_QUEUE, JEM_T_CLI_C_COUNTER);
    for (unsigned c = 1; c <= 4; c++)
        web_html(p->b, "<option%s>%d", c == counter ? " selected" : "", (int)c);
    web_html(p->b, "</select><button class=second>%t</button></form></div>", JEM_T_WEB_QUEUE_SIT);
    queue_news(p);
    queue_papers(p, counter);
    queue_times(p, o);
    web_form_begin(p, "/antrean/panggil", " class=\"actions call\"");
    queue_hidden(p, counter);
    web_html(p->b, "<button data-key=n>%t <kbd>N</kbd></button></form>", JEM_T_WEB_QUEUE_NEXT);
    queue_give(p, counter);
    if (json_array_size(tickets) > 0)
        queue_rows(p, tickets, counter);
    else
        web_html(p->b, "<p class=empty>%t</p>", JEM_T_WEB_QUEUE_EMPTY);
    web_page_end(p);
    json_decref(o);
}

void web_page_queue_give(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_station *station = p->office->station;
    json_t *o = NULL;
    bool paper = true;
    if (jem_queue_issue(p->app, web_form_text(&p->r->form, "g"), &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    unsigned number = (unsigned)jem_json_int(o, "number", 0);
    if (strcmp(web_form_text(&p->r->form, "print"), "1") == 0) {
        uint64_t ticket = jem_print_ticket(jem_store_today(jem_app_store(p->app)), number);
        paper = jem_station_has_printer(station) && jem_station_print(station, p->app, ticket, 0, &err) == JEM_OK;
    }
    queue_back(p, paper ? "given" : "paper", number);
    json_decref(o);
}

void web_page_queue_next(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    unsigned counter = queue_counter(&p->r->form);
    enum jem_code rc = jem_queue_next(p->app, counter, &o, &err);
    if (rc == JEM_OK) {
        (void)jem_queue_speak((unsigned)jem_json_int(o, "number", 0), counter);
        queue_back(p, "", 0);
    } else if (rc == JEM_ENOTFOUND) {
        queue_back(p, "empty", 1);
    } else {
        web_page_error(p, &err);
    }
    json_decref(o);
}

void web_page_queue_act(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    unsigned counter = queue_counter(&p->r->form);
    unsigned number = (unsigned)strtoul(web_form_text(&p->r->form, "n"), NULL, 10);
    const char *act = web_form_text(&p->r->form, "do");
    enum jem_code rc;
    if (strcmp(act, "serve") == 0)
        rc = jem_queue_serve(p->app, number, &o, &err);
    else if (strcmp(act, "skip") == 0)
        rc = jem_queue_skip(p->app, number, &o, &err);
    else
        rc = jem_queue_call(p->app, number, counter, &o, &err);
    if (rc == JEM_OK && strcmp(act, "call") == 0)
        (void)jem_queue_speak(number, counter);
    if (rc == JEM_OK)
        queue_back(p, "", 0);
    else
        web_page_error(p, &err);
    json_decref(o);
}

void web_page_queue_picture(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    unsigned number = (unsigned)strtoul(web_form_text(&p->r->args, "n"), NULL, 10);
    if (jem_queue_paper(p->app, number, JEM_PAPER_PNG, 58, p->b, &err) != JEM_OK)
        web_page_error(p, &err);
    else
        p->a->type = "image/png";
}

/* ---- the evening's sheet ---- */

void web_page_sheet(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    int32_t day = 0;
    enum jem_code rc = jem_day_typed(p->app, web_form_text(&p->r->args, "d"), &day, &err);
    if (rc == JEM_OK)
        rc = jem_day_sheet(p->app, day, &o, &err);
    if (rc != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    const char *iso = jem_json_str(o, "day", "");
    web_page_begin(p, WEB_NAV_DAY, jem_text(JEM_T_WEB_SHEET), false);
    web_html(p->b,
        "<div class=noprint><h1>%t</h1><form class=filter><label for=d>%t</label><input class=short type=date id=d "
        "name=d "
        "value=\"%s\"><button class=second>%t</button></form><p>%t</p></div><img class=\"receipt paper\" "
        "src=\"/lembar.png?d=%u\" alt=\"",
        JEM_T_WEB_SHEET, JEM_T_SHEET_DAY, iso, JEM_T_WEB_F_SHOW, JEM_T_WEB_SHEET_HOW, iso);
    web_html_say(p->b, JEM_T_WEB_SHEET_ALT, iso, (int)jem_json_int(o, "count", 0));
    jem_buf_str(p->b, "\">");
    web_page_end(p);
    json_decref(o);
}

void web_page_sheet_picture(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    int32_t day = 0;
    enum jem_code rc = jem_day_typed(p->app, web_form_text(&p->r->args, "d"), &day, &err);
    if (rc == JEM_OK)
        rc = jem_day_sheet_paper(p->app, day, JEM_PAPER_PNG, 80, p->b, &err);
    if (rc != JEM_OK)
        web_page_error(p, &err);
    else
        p->a->type = "image/png";
}
