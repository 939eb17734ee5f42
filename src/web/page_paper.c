/* page_paper.c - a receipt's way to paper through our own printer: what the queue and the printer say, the question when nobody
 * can say, a copy, and the browser's print for a van without a printer. */
#include <stdlib.h>
#include <string.h>

#include "devices.h"
#include "jemput/lookup.h"
#include "jemput/print.h"

#define PAPER_REFRESH_S 2

struct paper {
    struct web_page *p;
    uint64_t number;
    char text[JEM_NUMBER_TEXT];
    json_t *jobs, *state;
    const json_t *job; /* the newest, or NULL */
    int64_t receipts;
    bool printer, running, focus;
};

static void paper_load(struct paper *t)
{
    struct web_page *p = t->p;
    json_t *o = NULL;
    jem_number_format(t->number, t->text);
    if (jem_station_read(p->office->station, &t->state, NULL) != JEM_OK) /* first: what comes after it is news */
        t->state = NULL;
    bool waits = jem_station_prints(p->office->station, t->number);
    if (jem_print_jobs(p->app, t->number, false, &t->jobs, NULL) == JEM_OK)
        t->job = json_array_get(json_object_get(t->jobs, "jobs"), 0);
    if (jem_show(p->app, t->number, &o, NULL) == JEM_OK)
        t->receipts = jem_json_int(o, "receipts", 0);
    json_decref(o);
    const char *state = jem_json_str(t->job, "state", "");
    t->printer = jem_station_has_printer(p->office->station);
    t->running = waits || strcmp(state, "printing") == 0;
}

static void paper_button(struct paper *t, const char *name, int64_t value, enum jem_text text, const char *more)
{
    web_html(t->p->b, "<button id=b-%s name=%s value=%l", name, name, value);
    jem_buf_str(t->p->b, more);
    web_html(t->p->b, ">%t</button>", text);
}

/* The browser prints a picture: for a van without a printer of ours, or while that one is out of paper. */
static void paper_browser(struct paper *t)
{
    struct jem_buf action = JEM_BUF_INIT(60);
    jem_buf_fmt(&action, "/p/%s/cetak", t->text);
    if (t->printer)
        web_html(t->p->b, "<details><summary>%t</summary>", JEM_T_WEB_PAPER_BROWSER);
    web_form_begin(t->p, jem_buf_text(&action), " class=print");
    web_html(t->p->b,
        "<label for=w>%t</label><select id=w name=w><option value=58>58 mm<option value=80>80 mm</select>"
        "<button%s%s>%t</button></form>",
        JEM_T_WEB_PAPER, t->focus && !t->printer ? " autofocus" : "", t->focus && !t->printer ? "" : " class=second",
        t->receipts > 0 ? JEM_T_WEB_PRINT_COPY : JEM_T_WEB_PRINT);
    if (t->printer)
        jem_buf_str(t->p->b, "</details>");
    jem_buf_release(&action);
}

static void paper_words(struct paper *t)
{
    struct jem_buf *b = t->p->b;
    const char *state = jem_json_str(t->job, "state", ""), *reason = jem_json_str(t->job, "reason", "");
    const json_t *lost = json_object_get(t->state, "print");
    int64_t copy = jem_json_int(t->job, "copy", 0);
    if (t->running)
        web_html(b, "<p role=status class=note>%t</p>", JEM_T_WEB_PAPER_PRINTING);
    else if (strcmp(jem_json_str(lost, "number", ""), t->text) == 0)
        web_html(b, "<p role=alert class=\"note bad\">%s</p>", jem_json_str(lost, "text", ""));
    else if (strcmp(state, "unknown") == 0)
        web_html(b, "<p role=alert class=\"note wait\"><b>%t</b> %s</p>", JEM_T_WEB_PAPER_ASK, reason);
    else if (strcmp(state, "failed") == 0)
        web_html(b, "<p role=alert class=\"note bad\"><b>%t</b> %s</p>", JEM_T_WEB_PAPER_FAILED, reason);
    else if (strcmp(state, "queued") == 0)
        web_html(b, "<p role=status class=\"note wait\">%t</p>", JEM_T_WEB_PAPER_QUEUED);
    else if (strcmp(state, "printed") == 0 && copy > 0) {
        jem_buf_str(b, "<p role=status class=\"note ok\">");
        web_html_say(b, JEM_T_WEB_PAPER_COPY, (int)copy);
        jem_buf_str(b, "</p>");
    } else if (strcmp(state, "printed") == 0)
        web_html(b, "<p role=status class=\"note ok\">%t</p>", JEM_T_WEB_PAPER_PRINTED);
}

static void paper_buttons(struct paper *t)
{
    const char *state = jem_json_str(t->job, "state", ""), *first = t->focus ? " autofocus" : "";
    int64_t job = jem_json_int(t->job, "job", 0);
    struct jem_buf action = JEM_BUF_INIT(60);
    bool open = strcmp(state, "queued") == 0 || strcmp(state, "failed") == 0;
    if (t->running || (!t->printer && strcmp(state, "unknown") != 0 && !open))
        return;
    jem_buf_fmt(&action, "/p/%s/kertas", t->text);
    web_form_begin(t->p, jem_buf_text(&action), " class=actions data-quiet");
    if (strcmp(state, "unknown") == 0) {
        paper_button(t, "ya", job, JEM_T_WEB_PAPER_YES, first);
        paper_button(t, "tidak", job, JEM_T_WEB_PAPER_NO, " class=second");
    } else if (open) {
        paper_button(t, "ulang", job, JEM_T_WEB_PAPER_AGAIN, first);
        paper_button(t, "lepas", job, JEM_T_WEB_PAPER_DROP, " class=plain");
    } else {
        paper_button(t, "cetak", 1, t->receipts > 0 ? JEM_T_WEB_PRINT_COPY : JEM_T_WEB_PRINT,
            t->focus ? first : " class=second");
    }
    jem_buf_str(t->p->b, "</form>");
    jem_buf_release(&action);
}

static void paper_part(struct paper *t)
{
    web_html(t->p->b, "<div id=paper data-part=\"/p/%s/kertas\" data-rev=%l%s>", t->text,
        jem_json_int(t->state, "rev", 0), t->running ? " data-run" : "");
    paper_words(t);
    paper_buttons(t);
    if (!t->running)
        paper_browser(t);
    jem_buf_str(t->p->b, "<p class=\"fault bad\" role=alert data-error hidden></p></div>");
}

static void paper_release(struct paper *t)
{
    json_decref(t->jobs);
    json_decref(t->state);
}

void web_paper_box(struct web_page *p, uint64_t number, bool focus)
{
    struct paper t = { .p = p, .number = number, .focus = focus };
    paper_load(&t);
    paper_part(&t);
    paper_release(&t);
}

void web_paper_recorded(struct web_page *p, uint64_t number)
{
    struct jem_station *station = p->office->station;
    if (!jem_station_has_printer(station) || !jem_print_auto(p->app))
        return;
    enum jem_code rc = jem_station_print(station, p->app, number, 0, NULL);
    (void)rc; /* the page of the receipt shows that it is not printed, and offers it */
}

static enum jem_code paper_do(struct paper *t, const char *what, int64_t job, struct jem_error *err)
{
    struct jem_app *app = t->p->app;
    json_t *out = NULL;
    enum jem_code rc;
    if (strcmp(what, "cetak") == 0 || strcmp(what, "ulang") == 0)
        return jem_station_print(t->p->office->station, app, t->number, strcmp(what, "ulang") == 0 ? job : 0, err);
    if (strcmp(what, "lepas") == 0)
        rc = jem_print_drop(app, job, &out, err);
    else
        rc = jem_print_answer(app, job, strcmp(what, "ya") == 0, &out, err);
    json_decref(out);
    return rc;
}

void web_page_paper(struct web_page *p, uint64_t number)
{
    static const char *const all[] = { "cetak", "ulang", "ya", "tidak", "lepas" };
    struct paper t = { .p = p, .number = number };
    struct jem_error err = { .code = JEM_OK };
    struct jem_buf to = JEM_BUF_INIT(60);
    jem_number_format(number, t.text);
    jem_buf_fmt(&to, "/p/%s/kertas", t.text);
    for (size_t i = 0; p->r->post && i < sizeof all / sizeof *all; i++) {
        const char *value = web_form_get(&p->r->form, all[i]);
        if (value == NULL)
            continue;
        enum jem_code rc = paper_do(&t, all[i], strtoll(value, NULL, 10), &err);
        web_part_answer(p, rc, &err, jem_buf_text(&to));
        jem_buf_release(&to);
        return;
    }
    jem_buf_release(&to);
    paper_load(&t);
    p->devices = true;
    p->refresh_s = t.running ? PAPER_REFRESH_S : 0;
    web_page_begin(p, WEB_NAV_NONE, t.text, false);
    web_html(p->b, "<h1>%t <span class=number>%s</span></h1><section class=card><h2>%t</h2>", JEM_T_WEB_RECEIPT, t.text,
        JEM_T_WEB_PAPER_WAY);
    paper_part(&t);
    web_html(p->b,
        "</section><p class=actions><a class=button href=\"/baru\">%t <kbd>F2</kbd></a> <a href=\"/p/%s\">%t</a></p>",
        JEM_T_WEB_NEXT, t.text, JEM_T_WEB_OPEN_RECORD);
    web_page_end(p);
    paper_release(&t);
}
