/* page_morning.c - the check before the day's first citizen: one button, one list, each line with what to do. */
#include <string.h>

#include "devices.h"
#include "jemput/clock.h"

#define MORNING_REFRESH_S 2

static const struct {
    const char *check;
    enum jem_text text;
} morning_names[] = {
    { "program", JEM_T_WEB_CHECK_PROGRAM },
    { "usb", JEM_T_WEB_CHECK_USB },
    { "scanner", JEM_T_CLI_L_SCANNER },
    { "printer", JEM_T_CLI_C_PRINTER },
    { "reader", JEM_T_CLI_L_READER },
    { "holder", JEM_T_WEB_CHECK_HOLDER },
    { "disk", JEM_T_WEB_CHECK_DISK },
    { "clock", JEM_T_WEB_CHECK_CLOCK },
    { "hub", JEM_T_WEB_CHECK_HUB },
    { "print", JEM_T_WEB_CHECK_PRINT },
    { "scan", JEM_T_WEB_CHECK_SCAN },
};

static void morning_answer(struct web_page *p)
{
    web_form_begin(p, "/perangkat/pagi/kertas", " class=actions");
    web_html(p->b, "<button name=keluar value=1>%t</button><button class=second name=keluar value=0>%t</button></form>",
        JEM_T_WEB_PAPER_YES, JEM_T_WEB_PAPER_NO);
}

static void morning_row(struct web_page *p, const json_t *row)
{
    const char *check = jem_json_str(row, "check", ""), *level = jem_json_str(row, "level", "");
    const char *subject = jem_json_str(row, "subject", "");
    bool ok = strcmp(level, "ok") == 0, fault = strcmp(level, "fault") == 0, ask = strcmp(level, "ask") == 0;
    web_html(p->b, "<li class=%s><span class=\"badge %s\">%t</span> <b>",
        ok      ? "done"
        : fault ? "bad"
                : "now",
        ok      ? "ok"
        : fault ? "bad"
                : "wait",
        ok      ? JEM_T_WEB_CHECK_OK
        : fault ? JEM_T_WEB_CHECK_FAULT
        : ask   ? JEM_T_WEB_CHECK_ASK
                : JEM_T_WEB_CHECK_NOTE);
    for (size_t i = 0; i < sizeof morning_names / sizeof *morning_names; i++)
        if (strcmp(morning_names[i].check, check) == 0)
            web_html(p->b, "%t", morning_names[i].text);
    web_html(p->b, "</b> <small>%s</small><p>%s</p>", subject, jem_json_str(row, "text", ""));
    if (ask)
        morning_answer(p);
    jem_buf_str(p->b, "</li>");
}

static void morning_verdict(struct web_page *p, const json_t *rows)
{
    size_t i, faults = 0, asks = 0;
    const json_t *row;
    json_array_foreach(rows, i, row)
    {
        faults += strcmp(jem_json_str(row, "level", ""), "fault") == 0;
        asks += strcmp(jem_json_str(row, "level", ""), "ask") == 0;
    }
    if (faults > 0) {
        jem_buf_str(p->b, "<p role=alert class=\"note bad\">");
        web_html_say(p->b, JEM_T_WEB_MORNING_FAULTS, (int)faults);
        jem_buf_str(p->b, "</p>");
    } else if (asks == 0) {
        web_html(p->b, "<p role=status class=\"note ok\">%t</p>", JEM_T_WEB_MORNING_OK);
    }
}

static void morning_part(struct web_page *p, const json_t *check, int64_t rev)
{
    const json_t *rows = json_object_get(check, "rows"), *row;
    bool running = jem_json_bool(check, "running", false);
    size_t i;
    char at[64];
    web_html(p->b, "<div id=morning data-part=\"/perangkat/pagi\" data-rev=%l%s>", rev, running ? " data-run" : "");
    web_form_begin(p, "/perangkat/pagi", " class=actions");
    web_html(p->b, "<button name=semua value=1%s>%t</button><button class=second name=cetak value=1%s>%t</button>",
        running ? " disabled" : "", JEM_T_WEB_MORNING_START, running ? " disabled" : "", JEM_T_WEB_CHECK_PRINT);
    web_html(p->b, "<button class=second name=pindai value=1%s>%t</button></form>", running ? " disabled" : "",
        JEM_T_WEB_CHECK_SCAN);
    if (running)
        web_html(p->b, "<p role=status class=note>%t</p>", JEM_T_WEB_MORNING_RUNNING);
    else if (check != NULL)
        morning_verdict(p, rows);
    if (check != NULL) {
        jem_time_human(jem_json_int(check, "at_ms", 0), at, sizeof at);
        web_html(p->b, "<p class=sub>%s</p><ol class=checks>", at);
        json_array_foreach(rows, i, row) morning_row(p, row);
        jem_buf_str(p->b, "</ol>");
    }
    if (jem_json_bool(check, "picture", false))
        web_html(p->b, "<figure><img class=receipt src=\"/perangkat/uji?v=%l\" alt=\"%t\"></figure>",
            jem_json_int(check, "at_ms", 0), JEM_T_WEB_CHECK_SCAN);
    jem_buf_str(p->b, "</div>");
}

void web_page_morning(struct web_page *p)
{
    json_t *state = NULL;
    int64_t rev = jem_station_read(p->office->station, &state, NULL) == JEM_OK ? jem_json_int(state, "rev", 0) : 0;
    json_t *check = jem_station_checked(p->office->station);
    json_decref(state);
    p->devices = true;
    p->refresh_s = jem_json_bool(check, "running", false) ? MORNING_REFRESH_S : 0;
    web_page_begin(p, WEB_NAV_DEVICES, jem_text(JEM_T_WEB_MORNING), false);
    web_html(p->b, "<h1>%t</h1><p>%t</p><section class=card>", JEM_T_WEB_MORNING, JEM_T_WEB_MORNING_WHAT);
    morning_part(p, check, rev);
    web_html(p->b, "</section><p><a href=\"/perangkat\">%t</a></p>", JEM_T_WEB_DEVICES);
    web_page_end(p);
    json_decref(check);
}

void web_page_morning_start(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_station *station = p->office->station;
    bool print = web_form_get(&p->r->form, "cetak") != NULL, scan = web_form_get(&p->r->form, "pindai") != NULL;
    enum jem_code rc =
        print || scan ? jem_station_try(station, p->app, print, scan, &err) : jem_station_check(station, p->app, &err);
    web_part_answer(p, rc, &err, "/perangkat/pagi");
}

void web_page_morning_answer(struct web_page *p)
{
    jem_station_check_answer(p->office->station, strcmp(web_form_text(&p->r->form, "keluar"), "1") == 0);
    web_answer_redirect(p->a, "/perangkat/pagi");
}

void web_page_morning_picture(struct web_page *p)
{
    if (jem_station_picture(p->office->station, p->b) != JEM_OK) {
        web_page_not_found(p);
        return;
    }
    p->a->type = p->b->len >= 4 && memcmp(p->b->data, "\x89PNG", 4) == 0 ? "image/png" : "image/jpeg";
}
