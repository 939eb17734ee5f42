/* page_scan.c - scanned pages beside a form or an application: the button, what it scans and how, the pages as they come. */
#include <stdlib.h>
#include <string.h>

#include "devices.h"
#include "jemput/lookup.h"
#include "jemput/tray.h"

#define TRAY_REFRESH_S 2

struct tray {
    struct web_page *p;
    const char *name, *service_id;
    const struct jem_service *service; /* NULL: not known, nothing can be scanned */
    uint64_t number;                   /* 0: of a draft */
    json_t *show, *scan, *missing;
    int64_t rev;
    bool in_form, running;
};

/* ---- loading ---- */

static bool tray_name_ok(const char *name, uint64_t *number)
{
    char text[JEM_NUMBER_TEXT];
    if (strlen(name) == OFFICE_DRAFT_ID - 1 && strspn(name, "0123456789abcdef") == OFFICE_DRAFT_ID - 1) {
        *number = 0;
        return true;
    }
    if (jem_number_parse(name, number, NULL) != JEM_OK)
        return false;
    jem_number_format(*number, text);
    return strcmp(text, name) == 0;
}

static void tray_load(struct tray *t)
{
    struct web_page *p = t->p;
    const struct jem_catalog *catalog = NULL;
    json_t *all = NULL, *o = NULL;
    if (jem_station_read(p->office->station, &all, NULL) == JEM_OK) /* first: what comes after it is news */
        t->scan = json_incref(json_object_get(all, "scan"));
    t->rev = jem_json_int(all, "rev", 0);
    json_decref(all);
    if (jem_tray_show(p->app, t->name, &t->show, NULL) != JEM_OK)
        t->show = json_object();
    t->running = strcmp(jem_json_str(t->scan, "tray", ""), t->name) == 0 && jem_json_bool(t->scan, "running", false);
    if (jem_app_catalog(p->app, &catalog, NULL) != JEM_OK)
        return;
    if (t->number != 0 && jem_show(p->app, t->number, &o, NULL) == JEM_OK) {
        t->service = jem_catalog_find(catalog, jem_json_str(o, "service", ""));
        t->missing = json_incref(json_object_get(o, "missing"));
    } else if (t->number == 0) {
        t->service = jem_catalog_find(catalog, t->service_id);
    }
    json_decref(o);
}

static void tray_release(struct tray *t)
{
    json_decref(t->show);
    json_decref(t->scan);
    json_decref(t->missing);
}

static const char *tray_label(const struct tray *t, const char *kind)
{
    for (size_t i = 0; t->service != NULL && i < t->service->requirement_count; i++)
        if (strcmp(t->service->requirements[i].kind, kind) == 0)
            return jem_pair(t->service->requirements[i].label);
    return jem_text(JEM_T_LABEL_PAPER_OTHER);
}

static bool tray_has(const struct tray *t, const char *kind)
{
    size_t i;
    const json_t *it;
    json_array_foreach(json_object_get(t->show, "pages"), i, it)
    {
        if (strcmp(jem_json_str(it, "kind", ""), kind) == 0)
            return true;
    }
    return false;
}

static bool tray_misses(const struct tray *t, const struct jem_requirement *r)
{
    size_t i;
    const json_t *it;
    if (t->number == 0)
        return r->required;
    json_array_foreach(t->missing, i, it)
    {
        if (strcmp(jem_json_str(it, "kind", ""), r->kind) == 0)
            return true;
    }
    return false;
}

/* What is scanned next: the rest of a batch, the card's other side, as asked, the first paper that is still missing, the first of all. */
static const char *tray_kind_next(const struct tray *t)
{
    const char *asked = web_form_text(&t->p->r->args, "k"), *first = "lain";
    const json_t *pages = json_object_get(t->show, "pages");
    bool goes_on =
        strcmp(jem_json_str(t->scan, "tray", ""), t->name) == 0 && jem_json_bool(t->scan, "resumable", false);
    if (json_array_size(pages) > 0 && (goes_on || jem_json_int(t->show, "half", 0) != 0))
        return jem_json_str(json_array_get(pages, json_array_size(pages) - 1), "kind", first);
    for (size_t i = t->service->requirement_count; i-- > 0;) {
        const struct jem_requirement *r = &t->service->requirements[i];
        if (!r->shown_only && strcmp(r->kind, asked) == 0)
            return r->kind;
        if (!r->shown_only)
            first = r->kind;
    }
    for (size_t i = 0; i < t->service->requirement_count; i++) {
        const struct jem_requirement *r = &t->service->requirements[i];
        if (!r->shown_only && !tray_has(t, r->kind) && tray_misses(t, r))
            return r->kind;
    }
    return first;
}

/* ---- drawing ---- */

static void tray_kind_option(struct tray *t, const char *kind, const char *label, bool chosen, bool habits)
{
    struct jem_scan_habit h;
    web_html(t->p->b, "<option value=\"%s\"%s", kind, chosen ? " selected" : "");
    if (habits) {
        jem_scan_habit(t->p->app, kind, &h);
        web_html(t->p->b, " data-h=\"%d %d %d %d\"", (int)h.source, (int)h.colour, (int)h.dpi, (int)h.card);
    }
    web_html(t->p->b, ">%s", label);
}

static void tray_kind_options(struct tray *t, const char *chosen, bool habits)
{
    for (size_t i = 0; i < t->service->requirement_count; i++) {
        const struct jem_requirement *r = &t->service->requirements[i];
        if (!r->shown_only)
            tray_kind_option(t, r->kind, jem_pair(r->label), strcmp(r->kind, chosen) == 0, habits);
    }
    tray_kind_option(t, "lain", jem_text(JEM_T_LABEL_PAPER_OTHER), strcmp(chosen, "lain") == 0, habits);
}

struct tray_choice {
    int value;
    enum jem_text text;
};

static void tray_setting(struct tray *t, const char *name, enum jem_text label, const struct tray_choice *choices,
    size_t count, int chosen)
{
    web_html(t->p->b, "<label>%t <select form=trayform id=tray-%s name=%s>", label, name, name);
    for (size_t i = 0; i < count; i++)
        web_html(t->p->b, "<option value=%d%s>%t", choices[i].value, choices[i].value == chosen ? " selected" : "",
            choices[i].text);
    web_html(t->p->b, "</select></label>");
}

static void tray_settings(struct tray *t, const char *kind)
{
    static const struct tray_choice sources[] = { { JEM_SOURCE_UNKNOWN, JEM_T_WEB_TRAY_SOURCE_AUTO },
        { JEM_SOURCE_PLATEN, JEM_T_WEB_TRAY_PLATEN }, { JEM_SOURCE_ADF, JEM_T_WEB_TRAY_ADF },
        { JEM_SOURCE_ADF_DUPLEX, JEM_T_WEB_TRAY_DUPLEX } };
    static const struct tray_choice colours[] = { { JEM_COLOUR_UNKNOWN, JEM_T_WEB_TRAY_AUTO },
        { JEM_COLOUR_BILEVEL, JEM_T_WEB_TRAY_BW }, { JEM_COLOUR_GRAY, JEM_T_WEB_TRAY_GRAY },
        { JEM_COLOUR_RGB, JEM_T_WEB_TRAY_COLOUR } };
    static const struct tray_choice fine[] = { { 0, JEM_T_WEB_TRAY_AUTO }, { 150, JEM_T_WEB_TRAY_150 },
        { 200, JEM_T_WEB_TRAY_200 }, { 300, JEM_T_WEB_TRAY_300 } };
    struct jem_scan_habit h;
    jem_scan_habit(t->p->app, kind, &h);
    web_html(t->p->b, "<details id=trayset><summary>%t</summary><div class=trayset>", JEM_T_WEB_TRAY_SETTINGS);
    tray_setting(t, "source", JEM_T_WEB_TRAY_SOURCE, sources, sizeof sources / sizeof *sources, (int)h.source);
    tray_setting(t, "colour", JEM_T_WEB_TRAY_TONES, colours, sizeof colours / sizeof *colours, (int)h.colour);
    tray_setting(t, "dpi", JEM_T_WEB_TRAY_DPI, fine, sizeof fine / sizeof *fine, (int)h.dpi);
    web_html(t->p->b,
        "<label class=check><input type=checkbox form=trayform id=tray-card name=card value=1%s> %t</label>"
        "<small>%t <a href=\"/perangkat\">%t</a></small></div></details>",
        h.card ? " checked" : "", JEM_T_WEB_TRAY_CARD, JEM_T_WEB_TRAY_REMEMBERED, JEM_T_WEB_DEVICES);
}

static void tray_state(struct tray *t)
{
    struct jem_buf *b = t->p->b;
    size_t i;
    const json_t *it;
    bool mine = strcmp(jem_json_str(t->scan, "tray", ""), t->name) == 0;
    bool ok = jem_json_bool(t->scan, "ok", false) || t->running;
    web_html(b, "<p role=%s data-scanstate class=\"note %s\"%s>%s", ok ? "status" : "alert", ok ? "" : "bad",
        mine ? "" : " hidden", mine ? jem_json_str(t->scan, "text", "") : "");
    if (mine && !ok && jem_json_bool(t->scan, "resumable", false))
        web_html(b, " <b>%t</b>", JEM_T_WEB_TRAY_RESUME);
    if (mine && jem_json_bool(t->scan, "half_sheet", false))
        web_html(b, " %t", JEM_T_WEB_TRAY_HALF_SHEET);
    jem_buf_str(b, "</p>");
    if (mine)
        json_array_foreach(json_object_get(t->scan, "elsewhere"), i, it)
        {
            const char *number = jem_json_str(it, "number", "");
            web_html(b, "<p class=\"note ok\">%t <a href=\"/p/%s\">%s</a> (%l)</p>", JEM_T_WEB_TRAY_ELSEWHERE, number,
                number, jem_json_int(it, "pages", 0));
        }
    if (jem_json_int(t->show, "half", 0) != 0 && !t->running)
        web_html(b, "<p class=\"note wait\" role=status>%t</p>", JEM_T_WEB_TRAY_TURN);
    jem_buf_str(b, "<p class=\"fault bad\" role=alert data-error hidden></p>");
}

static void tray_button(struct tray *t, const char *name, int64_t id, enum jem_text text, int place)
{
    web_html(t->p->b,
        "<button form=trayform class=plain id=b-%s-%l name=%s value=%l>%t<span class=hide> %t %d</span></button>", name,
        id, name, id, text, JEM_T_WEB_PAGE, place);
}

static void tray_page(struct tray *t, const json_t *page, int place, bool last)
{
    struct jem_buf *b = t->p->b;
    int64_t id = jem_json_int(page, "id", 0), at_ms = jem_json_int(page, "at_ms", 0);
    const char *kind = jem_json_str(page, "kind", "");
    size_t i;
    const json_t *it;
    web_html(b,
        "<li id=h%l><a href=\"/pindaian/%s/%l?v=%l\"><img src=\"/pindaian/%s/%l/kecil?v=%l\" alt=\"%t %d: %s\"></a>"
        "<div>",
        id, t->name, id, at_ms, t->name, id, at_ms, JEM_T_WEB_PAGE, place, tray_label(t, kind));
    web_html(b, "<label class=hide for=jenis-%l>%t %d</label><select form=trayform id=jenis-%l name=jenis-%l data-now>",
        id, JEM_T_WEB_TRAY_KIND_OF, place, id, id);
    tray_kind_options(t, kind, false);
    web_html(b, "</select><noscript>");
    tray_button(t, "jenis", id, JEM_T_WEB_TRAY_KIND_SET, place);
    web_html(b, "</noscript>");
    json_array_foreach(json_object_get(page, "warnings"), i, it)
        web_html(b, "<small class=wait>&#9650; %s</small>", jem_json_str(it, "text", ""));
    jem_buf_str(b, "<div class=ops>");
    tray_button(t, "putar", id, JEM_T_WEB_TRAY_ROTATE, place);
    tray_button(t, "ulang", id, JEM_T_WEB_TRAY_AGAIN, place);
    if (!last)
        tray_button(t, "gabung", id, JEM_T_WEB_TRAY_JOIN, place);
    tray_button(t, "buang", id, JEM_T_WEB_TRAY_DROP, place);
    jem_buf_str(b, "</div></div></li>");
}

static void tray_part(struct tray *t)
{
    struct jem_buf *b = t->p->b;
    const json_t *pages = json_object_get(t->show, "pages"), *it;
    size_t i, count = json_array_size(pages);
    const char *kind = tray_kind_next(t);
    web_html(b, "<div id=tray class=tray data-part=\"/pindaian/%s?s=%u\" data-rev=%l%s%s><h3>%t</h3>", t->name,
        t->service->id, t->rev, t->running ? " data-run" : "", t->in_form ? " hidden" : "", JEM_T_WEB_TRAY);
    tray_state(t);
    web_html(b, "<div class=trayrow><label for=tray-kind>%t</label><select form=trayform id=tray-kind name=kind>",
        JEM_T_WEB_TRAY_KIND);
    tray_kind_options(t, kind, true);
    jem_buf_str(b, "</select>");
    if (t->running)
        web_html(b, "<button form=trayform class=danger id=b-stop name=berhenti value=1>%t</button>",
            JEM_T_WEB_TRAY_STOP);
    else
        web_html(b,
            "<button form=trayform class=second id=b-scan name=pindai value=1 data-scan>%t <kbd>F8</kbd></button>",
            JEM_T_WEB_TRAY_SCAN);
    jem_buf_str(b, "</div>");
    tray_settings(t, kind);
    if (count > 0)
        jem_buf_str(b, "<ol class=sheets>");
    json_array_foreach(pages, i, it) tray_page(t, it, (int)i + 1, i + 1 == count);
    if (count > 0)
        jem_buf_str(b, "</ol>");
    if (count > 0 && t->number != 0)
        web_html(b,
            "<p class=\"note wait\">%t</p><div class=actions><button form=trayform id=b-attach name=lampirkan value=1 "
            "data-save>%t <kbd>F9</kbd></button></div>",
            JEM_T_WEB_TRAY_WAITS, JEM_T_WEB_TRAY_ATTACH);
    jem_buf_str(b, "</div>");
}

void web_tray_beside(struct web_page *p, const char *tray, const char *service, bool in_form)
{
    struct tray t = { .p = p, .name = tray, .service_id = service, .in_form = in_form };
    if (p->hq || !tray_name_ok(tray, &t.number))
        return;
    tray_load(&t);
    size_t count = json_array_size(json_object_get(t.show, "pages"));
    if (t.service != NULL)
        tray_part(&t);
    if (t.service != NULL && in_form) {
        web_html(p->b, "<noscript><p>");
        if (count > 0)
            web_html_say(p->b, JEM_T_WEB_TRAY_COUNT, (int)count);
        web_html(p->b, " <button class=second name=act value=scan>%t</button></p></noscript>", JEM_T_WEB_TRAY_GO);
    }
    tray_release(&t);
}

void web_tray_form(struct web_page *p, const char *tray, const char *service)
{
    struct jem_buf action = JEM_BUF_INIT(80);
    if (p->hq)
        return;
    jem_buf_fmt(&action, "/pindaian/%s", tray);
    web_form_begin(p, jem_buf_text(&action), " id=trayform data-quiet");
    web_html(p->b, "<input type=hidden name=s value=\"%s\"></form>", service);
    jem_buf_release(&action);
}

void web_tray_open(struct web_page *p, const char *tray, const char *service)
{
    struct jem_buf to = JEM_BUF_INIT(300);
    jem_buf_fmt(&to, "/pindaian/%s?s=", tray);
    web_url_text(&to, service);
    web_answer_redirect(p->a, jem_buf_text(&to));
    jem_buf_release(&to);
}

/* ---- the page ---- */

static void tray_get(struct tray *t)
{
    struct web_page *p = t->p;
    tray_load(t);
    if (t->service == NULL) {
        web_page_not_found(p);
        return;
    }
    p->devices = true;
    p->refresh_s = t->running ? TRAY_REFRESH_S : 0;
    web_page_begin(p, WEB_NAV_NONE, jem_text(JEM_T_WEB_TRAY), false);
    web_html(p->b, "<h1>%t</h1><p class=sub>%s", JEM_T_WEB_TRAY, jem_pair(t->service->name));
    if (t->number != 0)
        web_html(p->b, " &middot; <a href=\"/p/%s\">%s</a>", t->name, t->name);
    web_html(p->b, "</p><section class=card><h2>%t</h2>", JEM_T_WEB_DOCUMENTS);
    tray_part(t);
    jem_buf_str(p->b, "</section><p>");
    if (t->number != 0)
        web_html(p->b, "<a class=\"button second\" href=\"/p/%s\">%t</a></p>", t->name, JEM_T_WEB_TRAY_BACK_RECORD);
    else
        web_html(p->b, "<a class=\"button second\" href=\"/baru/%u?d=%s\">%t</a></p>", t->service->id, t->name,
            JEM_T_WEB_TRAY_BACK);
    web_tray_form(p, t->name, t->service->id);
    web_page_end(p);
}

static void tray_picture(struct tray *t, const char *rest)
{
    struct web_page *p = t->p;
    struct jem_error err = { .code = JEM_OK };
    char *end = NULL;
    long long id = strtoll(rest, &end, 10);
    bool small = strcmp(end, "/kecil") == 0;
    if (end == rest || (*end != '\0' && !small))
        web_page_not_found(p);
    else if (jem_tray_bytes(p->app, t->name, id, small, p->b, &p->a->type, &err) != JEM_OK)
        web_page_error(p, &err);
}

/* ---- what is done to it ---- */

static enum jem_code tray_scan(struct tray *t, int64_t replace, const char *kind, struct jem_error *err)
{
    const struct web_form *f = &t->p->r->form;
    long source = strtol(web_form_text(f, "source"), NULL, 10), colour = strtol(web_form_text(f, "colour"), NULL, 10);
    long dpi = strtol(web_form_text(f, "dpi"), NULL, 10);
    struct jem_scan_habit habit = { .source = source > 0 && source < JEM_SOURCES ? (enum jem_scan_source)source
                                                                                 : JEM_SOURCE_UNKNOWN,
        .colour = colour > 0 && colour <= JEM_COLOUR_RGB ? (enum jem_scan_colour)colour : JEM_COLOUR_UNKNOWN,
        .dpi = dpi >= 75 && dpi <= 1200 ? (unsigned)dpi : 0,
        .card = *web_form_text(f, "card") != '\0' };
    const struct jem_scan_in in = { .number = t->number,
        .kind = kind,
        .source = habit.source,
        .colour = habit.colour,
        .dpi = habit.dpi,
        .card = habit.card && replace == 0,
        .tray = t->name,
        .service = t->service_id,
        .replace = replace };
    enum jem_code rc = jem_station_scan(t->p->office->station, t->p->app, &in, err);
    return rc == JEM_OK && replace == 0 ? jem_scan_habit_keep(t->p->app, kind, &habit, err) : rc;
}

static enum jem_code tray_scan_again(struct tray *t, int64_t id, struct jem_error *err)
{
    json_t *show = NULL;
    const json_t *it;
    size_t i;
    const char *kind = NULL;
    enum jem_code rc = jem_tray_show(t->p->app, t->name, &show, err);
    json_array_foreach(json_object_get(show, "pages"), i, it)
    {
        if (jem_json_int(it, "id", 0) == id)
            kind = jem_json_str(it, "kind", NULL);
    }
    if (rc == JEM_OK && kind == NULL)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_WEB, 0, JEM_T_STORE_TRAY_NONE);
    if (rc == JEM_OK)
        rc = tray_scan(t, id, kind, err);
    json_decref(show);
    return rc;
}

static enum jem_code tray_set_kind(struct tray *t, int64_t id, struct jem_error *err)
{
    struct jem_buf name = JEM_BUF_INIT(40);
    jem_buf_fmt(&name, "jenis-%lld", (long long)id);
    const char *kind = web_form_text(&t->p->r->form, jem_buf_text(&name));
    enum jem_code rc = jem_tray_kind(t->p->app, t->name, id, t->service_id, kind, err);
    jem_buf_release(&name);
    return rc;
}

static enum jem_code tray_do(struct tray *t, const char *what, int64_t id, struct jem_error *err)
{
    struct jem_app *app = t->p->app;
    json_t *out = NULL;
    enum jem_code rc = JEM_OK;
    if (strcmp(what, "pindai") == 0)
        return tray_scan(t, 0, web_form_text(&t->p->r->form, "kind"), err);
    if (strcmp(what, "ulang") == 0)
        return tray_scan_again(t, id, err);
    if (strcmp(what, "putar") == 0)
        return jem_tray_turn(app, t->name, id, 90, err);
    if (strcmp(what, "buang") == 0)
        return jem_tray_drop(app, t->name, id, err);
    if (strcmp(what, "gabung") == 0)
        return jem_tray_combine(app, t->name, id, err);
    if (strcmp(what, "jenis") == 0)
        return tray_set_kind(t, id, err);
    if (strcmp(what, "berhenti") == 0)
        jem_station_scan_stop(t->p->office->station);
    else
        rc = jem_tray_attach(app, t->number, &out, err);
    json_decref(out);
    return rc;
}

static void tray_post(struct tray *t)
{
    static const char *const all[] = { "pindai", "berhenti", "ulang", "putar", "buang", "gabung", "jenis",
        "lampirkan" };
    struct web_page *p = t->p;
    struct jem_error err = { .code = JEM_OK };
    struct jem_buf to = JEM_BUF_INIT(400);
    t->service_id = web_form_text(&p->r->form, "s");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const char *value = web_form_get(&p->r->form, all[i]);
        bool attach = strcmp(all[i], "lampirkan") == 0;
        if (value == NULL || (attach && t->number == 0))
            continue;
        enum jem_code rc = tray_do(t, all[i], strtoll(value, NULL, 10), &err);
        if (attach) {
            jem_buf_fmt(&to, "/p/%s", t->name);
        } else {
            jem_buf_fmt(&to, "/pindaian/%s?s=", t->name);
            web_url_text(&to, t->service_id);
        }
        web_part_answer(p, rc, &err, jem_buf_text(&to));
        jem_buf_release(&to);
        return;
    }
    web_tray_open(p, t->name, t->service_id);
}

void web_page_tray(struct web_page *p, const char *rest)
{
    char name[JEM_NUMBER_TEXT + OFFICE_DRAFT_ID];
    size_t n = strcspn(rest, "/");
    struct tray t = { .p = p, .name = name, .service_id = web_form_text(&p->r->args, "s") };
    if (n == 0 || n >= sizeof name) {
        web_page_not_found(p);
        return;
    }
    memcpy(name, rest, n);
    name[n] = '\0';
    if (!tray_name_ok(name, &t.number))
        web_page_not_found(p);
    else if (p->r->post && rest[n] == '\0')
        tray_post(&t);
    else if (!p->r->post && rest[n] == '/')
        tray_picture(&t, rest + n + 1);
    else if (!p->r->post)
        tray_get(&t);
    else
        web_page_not_found(p);
    tray_release(&t);
}
