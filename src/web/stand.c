/* stand.c - the citizens' pages on the van's own Wi-Fi: how an application stands, the services, preparing an application.
 * Nobody logs in, nothing here belongs to a person, and every page works without a script.
 *
 *   /warga                 what there is           /warga/status?n=...    one application
 *   /warga/layanan[/ID]    services                /warga/siapkan/ID      the form; then /warga/kode/CODE
 *   /warga/foto            a receipt's QR, photographed
 *   /warga/survei          satisfaction            /warga/pengaduan       a complaint: stand_voice.c */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "entry.h"
#include "jemput/clock.h"
#include "jemput/receipt.h"
#include "jemput/stand.h"
#include "stand.h"

#define STAND_QR_PX 6
#define STAND_COST 3 /* misses */

/* ---- the frame ---- */

void web_stand_begin(struct web_page *p, const char *title, bool wrong)
{
    struct web_assets *assets = &p->office->assets;
    bool english = jem_lang_get() == JEM_LANG_EN;
    json_t *about = NULL;
    struct jem_buf *b = p->b;
    if (jem_stand_about(p->app, &about, NULL) != JEM_OK)
        about = NULL;
    const char *region = jem_json_str(about, "region", "");
    web_html(b,
        "<!doctype html><html lang=%s><head><meta charset=utf-8><meta name=viewport "
        "content=\"width=device-width,initial-scale=1\"><meta name=color-scheme content=\"light dark\"><title>",
        jem_lang_name(jem_lang_get()));
    if (wrong)
        web_html(b, "%t ", JEM_T_WEB_ERROR_PREFIX);
    web_html(b,
        "%s</title><link rel=icon href=\"%s\"><link rel=stylesheet href=\"%s\"></head><body class=stand><a class=skip "
        "href=\"#main\">%t</a><header class=top><a class=brand href=\"/warga\">%s</a><div class=who><a class=lang "
        "lang=%s hreflang=%s href=\"",
        title, web_asset_path(assets, "icon.svg"), web_asset_path(assets, "app.css"), JEM_T_WEB_SKIP,
        *region ? region : jem_text(JEM_T_SITE_NAME), english ? "id" : "en", english ? "id" : "en");
    web_html_text(b, p->r->path);
    web_html(b, "?l=%s\">%s</a></div></header><main id=main tabindex=-1>", english ? "id" : "en",
        english ? "Indonesia" : "English");
    json_decref(about);
}

void web_stand_end(struct web_page *p)
{
    if (strcmp(p->r->path, "/warga") != 0)
        web_html(p->b, "<p><a href=\"/warga\">%t</a></p>", JEM_T_STAND_HOME);
    jem_buf_str(p->b, "</main></body></html>");
}

static void stand_message(struct web_page *p, unsigned status, enum jem_text title, const char *text)
{
    p->a->status = status;
    jem_buf_clear(p->b);
    web_stand_begin(p, jem_text(title), true);
    web_html(p->b, "<div class=card><h1>%t</h1><p role=alert>%s</p></div>", title, text);
    web_stand_end(p);
}

void web_stand_cost(struct web_page *p)
{
    for (int i = 0; i < STAND_COST; i++)
        web_gate_missed(&p->office->gate, p->r);
}

static void stand_none(struct web_page *p)
{
    web_gate_missed(&p->office->gate, p->r);
    stand_message(p, 404, JEM_T_WEB_NOT_FOUND_TITLE, jem_text(JEM_T_STAND_NONE));
}

/* ---- how an application stands ---- */

static void stand_status(struct web_page *p, const char *text)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_status_row row = { .number = 0 };
    json_t *about = NULL;
    struct site_page page = { .b = p->b, .ask = "/warga/status", .home = "/warga" };
    enum jem_code rc = jem_stand_about(p->app, &about, &err);
    page.about = about;
    p->a->csp = p->office->stand_csp;
    if (rc == JEM_OK && *text)
        rc = jem_stand_status(p->app, text, &row, &err);
    if (rc == JEM_OK && *text) {
        char number[JEM_NUMBER_TEXT];
        jem_number_format(row.number, number);
        snprintf(page.self, sizeof page.self, "/warga/s/%s", number);
        site_page_found(&page, &row, NULL);
    } else if (rc == JEM_OK) {
        site_page_form(&page);
    } else if (rc == JEM_ENOTFOUND) {
        p->a->status = 404;
        web_gate_missed(&p->office->gate, p->r);
        site_page_none(&page);
    } else {
        p->a->status = 503;
        site_page_down(&page);
    }
    json_decref(about);
}

static void stand_photo(struct web_page *p, const char *qr)
{
    struct jem_buf to = JEM_BUF_INIT(4 * JEM_SHEET_QR_MAX);
    web_stand_cost(p);
    if (*qr) {
        jem_buf_str(&to, "/warga/status?n=");
        web_url_text(&to, qr);
        web_answer_redirect(p->a, jem_buf_text(&to));
    } else {
        stand_message(p, 422, JEM_T_WEB_QR_PHOTO, jem_text(JEM_T_WEB_QR_PHOTO_NONE));
    }
    jem_buf_release(&to);
}

/* ---- what there is ---- */

static void stand_home(struct web_page *p)
{
    static const struct {
        const char *path;
        enum jem_text title, text;
    } ways[] = { { "/warga/layanan", JEM_T_STAND_SERVICES, JEM_T_STAND_SERVICES_TEXT },
        { "/warga/survei", JEM_T_WEB_SURVEY, JEM_T_STAND_SURVEY_TEXT },
        { "/warga/pengaduan", JEM_T_STAND_COMPLAINT, JEM_T_STAND_COMPLAINT_TEXT } };
    struct jem_buf *b = p->b;
    web_stand_begin(p, jem_text(JEM_T_STAND_TITLE), false);
    web_html(b,
        "<h1>%t</h1><form class=\"card ask\" action=\"/warga/status\"><label for=n>%t</label><input id=n name=n "
        "required "
        "maxlength=200 autocomplete=off autocapitalize=characters spellcheck=false aria-describedby=nh><small "
        "id=nh>%t</small><button>%t</button></form>",
        JEM_T_STAND_TITLE, JEM_T_SITE_FORM_LABEL, JEM_T_SITE_FORM_HINT, JEM_T_SITE_FORM_BUTTON);
    jem_buf_str(b,
        "<form method=post action=\"" WEB_STAND_PHOTO "\" enctype=\"multipart/form-data\" class=\"card ask\">");
    web_photo_field(b);
    jem_buf_str(b, "<ul class=services>");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        web_html(b, "<li><a href=\"%s\"><b>%t</b><small>%t</small></a>", ways[i].path, ways[i].title, ways[i].text);
    web_html(b, "</ul><p><small>%t</small></p>", JEM_T_STAND_PRIVATE);
    web_stand_end(p);
}

/* ---- services ---- */

static void stand_services(struct web_page *p, const struct jem_catalog *catalog)
{
    struct jem_buf *b = p->b;
    web_stand_begin(p, jem_text(JEM_T_STAND_SERVICES), false);
    web_html(b, "<h1>%t</h1><ul class=services>", JEM_T_STAND_SERVICES);
    for (size_t i = 0; i < jem_catalog_count(catalog); i++) {
        const struct jem_service *s = jem_catalog_at(catalog, i);
        if (s->retired)
            continue;
        web_html(b, "<li><a href=\"/warga/layanan/%u\"><b>%s</b><small>%s &middot; ", s->id, jem_pair(s->name),
            jem_pair(s->promised));
        web_fee(b, s);
        jem_buf_str(b, "</small></a>");
    }
    jem_buf_str(b, "</ul>");
    web_stand_end(p);
}

static void stand_requirements(struct jem_buf *b, const struct jem_service *s)
{
    web_html(b, "<section class=card aria-labelledby=reqh><h2 id=reqh>%t</h2><ul>", JEM_T_STAND_BRING);
    for (size_t i = 0; i < s->requirement_count; i++) {
        const struct jem_requirement *r = &s->requirements[i];
        web_html(b, "<li>%s", jem_pair(r->label));
        if (*jem_pair(r->when))
            web_html(b, " <small>%s</small>", jem_pair(r->when));
        if (r->shown_only)
            web_html(b, " <small>%t</small>", JEM_T_WEB_SHOWN_ONLY);
    }
    jem_buf_str(b, "</ul></section>");
}

static void stand_service(struct web_page *p, const struct jem_service *s)
{
    struct jem_buf *b = p->b;
    web_stand_begin(p, jem_pair(s->name), false);
    web_html(b,
        "<div class=head><div><h1>%s</h1><p class=sub>%s</p></div></div><section class=card><dl "
        "class=list><div><dt>%s</dt><dd>%s</dd></div><div><dt>%s</dt><dd>",
        jem_pair(s->name), jem_pair(s->agency_name), jem_standard_label(JEM_STD_TIME), jem_pair(s->promised),
        jem_standard_label(JEM_STD_COST));
    web_fee(b, s);
    jem_buf_str(b, "</dd></div></dl></section>");
    stand_requirements(b, s);
    if (s->retired)
        web_html(b, "<p class=note>%t</p>", JEM_T_APPLY_RETIRED);
    else
        web_html(b, "<p><a class=button href=\"/warga/siapkan/%u\">%t</a></p><p><small>%t</small></p>", s->id,
            JEM_T_STAND_PREPARE, JEM_T_STAND_PREPARE_ABOUT);
    for (int i = 0; i < JEM_STD_PUBLISHED; i++)
        if (i != JEM_STD_TIME && i != JEM_STD_COST && *jem_pair(s->standard[i]))
            web_html(b, "<details class=small><summary>%s</summary><p>%s</p></details>",
                jem_standard_label((enum jem_standard)i), jem_pair(s->standard[i]));
    web_stand_end(p);
}

/* ---- preparing ---- */

static void prepare_form(struct web_page *p, struct web_entry *e, const char *failure)
{
    struct jem_buf *b = p->b;
    const char *name = jem_pair(e->service->name);
    web_stand_begin(p, name, failure != NULL || json_array_size(e->errors) > 0);
    web_html(b, "<h1>%s</h1><p>%t</p>", name, JEM_T_STAND_FORM_ABOUT);
    web_entry_summary(p, e, failure);
    web_html(b,
        "<form method=post action=\"/warga/siapkan/%u\" class=entry novalidate><section class=\"card span\"><div "
        "class=fields>",
        e->service->id);
    web_entry_fields(p, e, NULL);
    web_html(b, "</div></section><div class=actions><button>%t</button></div></form><p><small>%t</small></p>",
        JEM_T_STAND_FORM_DO, JEM_T_STAND_FORM_PRIVATE);
    web_stand_end(p);
}

static void prepare_post(struct web_page *p, struct web_entry *e)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_issues *issues = calloc(1, sizeof *issues);
    json_t *o = NULL;
    web_entry_read(p, e);
    /* The rules put what was typed into their own form: the page shows it as it was typed. */
    json_t *fields = json_copy(e->values);
    enum jem_code rc = issues == NULL || fields == NULL
                           ? jem_fail_nomem(&err)
                           : jem_stand_prepare(p->app, e->service->id, fields, &o, issues, &err);
    for (size_t i = 0; issues != NULL && i < issues->count && i < JEM_ISSUES_MAX; i++) {
        const struct jem_issue *it = &issues->items[i];
        bool several = json_object_get(e->villages, it->field) != NULL;
        if (it->severity == JEM_SEV_ERROR)
            web_entry_wrong(e, it->field, several ? jem_text(JEM_T_WEB_VILLAGES) : it->msg, false);
    }
    if (rc == JEM_OK) {
        struct jem_buf to = JEM_BUF_INIT(60);
        web_stand_cost(p);
        jem_buf_fmt(&to, "/warga/kode/%s", jem_json_str(o, "code", ""));
        web_answer_redirect(p->a, jem_buf_text(&to));
        jem_buf_release(&to);
    } else {
        p->a->status = rc == JEM_EINVAL ? 422 : 503;
        prepare_form(p, e, json_array_size(e->errors) > 0 ? NULL : err.msg);
    }
    json_decref(fields);
    json_decref(o);
    free(issues);
}

static void stand_prepare(struct web_page *p, const struct jem_service *s)
{
    struct web_entry e = { .service = s };
    if (p->r->post) {
        prepare_post(p, &e);
    } else {
        e.values = json_object();
        prepare_form(p, &e, NULL);
    }
    web_entry_release(&e);
}

static void stand_code(struct web_page *p, const char *text)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_buf *b = p->b, qr = JEM_BUF_INIT(60);
    json_t *o = NULL;
    char until[64];
    enum jem_code rc = jem_stand_prepared(p->app, text, &o, &err);
    if (rc == JEM_ENOTFOUND) {
        stand_none(p);
        return;
    }
    if (rc != JEM_OK) {
        stand_message(p, 503, JEM_T_WEB_FAILED, err.msg);
        return;
    }
    jem_time_human(jem_json_int(o, "until_ms", 0), until, sizeof until);
    jem_buf_fmt(&qr, "JEMPUT/S/%s", jem_json_str(o, "code", ""));
    web_stand_begin(p, jem_text(JEM_T_STAND_READY), false);
    web_html(b,
        "<h1>%t</h1><section class=\"card two\"><div><p>%s</p><p class=big>%s</p><p>%t</p><p>%t %s</p></div><figure>",
        JEM_T_STAND_READY, jem_json_str(o, "service_name", ""), jem_json_str(o, "code", ""), JEM_T_STAND_SHOW,
        JEM_T_STAND_UNTIL, until);
    if (jem_qr_draw(jem_buf_text(&qr), JEM_RECEIPT_SVG, STAND_QR_PX, b, NULL) != JEM_OK)
        web_html(b, "<p>%t</p>", JEM_T_WEB_FAILED);
    jem_buf_str(b, "</figure></section>");
    web_stand_end(p);
    jem_buf_release(&qr);
    json_decref(o);
}

/* ---- requests ---- */

static const char *stand_rest(const char *path, const char *with)
{
    size_t n = strlen(with);
    return strncmp(path, with, n) == 0 && path[n] != '\0' && strchr(path + n, '/') == NULL ? path + n : NULL;
}

static void stand_catalog(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct jem_catalog *catalog = NULL;
    const char *path = p->r->path, *service = stand_rest(path, "/warga/layanan/");
    const char *prepare = stand_rest(path, "/warga/siapkan/");
    if (jem_app_catalog(p->app, &catalog, &err) != JEM_OK) {
        stand_message(p, 503, JEM_T_WEB_FAILED, err.msg);
        return;
    }
    const char *id = service != NULL ? service : prepare;
    const struct jem_service *s = id != NULL ? jem_catalog_find(catalog, id) : NULL;
    if (id == NULL && strcmp(path, "/warga/layanan") == 0 && !p->r->post)
        stand_services(p, catalog);
    else if (s != NULL && service != NULL && !p->r->post)
        stand_service(p, s);
    else if (s != NULL && prepare != NULL && !s->retired)
        stand_prepare(p, s);
    else
        stand_none(p);
}

/* photo: the QR of a photograph, "" unreadable, NULL when none was sent */
static void stand_page(struct web_page *p, const char *photo)
{
    const char *path = p->r->path, *number = stand_rest(path, "/warga/s/"), *code = stand_rest(path, "/warga/kode/");
    if (web_stand_voice(p))
        return;
    if (photo != NULL)
        stand_photo(p, photo);
    else if (p->r->post)
        stand_catalog(p);
    else if (strcmp(path, "/warga") == 0)
        stand_home(p);
    else if (strcmp(path, "/warga/status") == 0)
        stand_status(p, web_form_text(&p->r->args, "n"));
    else if (number != NULL)
        stand_status(p, number);
    else if (code != NULL)
        stand_code(p, code);
    else
        stand_catalog(p);
}

void web_stand(struct web_page *p)
{
    char seconds[12];
    unsigned wait_s = p->r->tls ? web_gate_wait(&p->office->gate, p->r) : 0;
    struct site_page page = { .b = p->b, .ask = "/warga/status", .home = "/warga" };
    if (wait_s > 0) {
        p->a->status = 429;
        p->a->csp = p->office->stand_csp;
        snprintf(seconds, sizeof seconds, "%u", wait_s);
        web_answer_header(p->a, "Retry-After", seconds);
        site_page_busy(&page, wait_s);
        return;
    }
    bool photo = p->r->post && strcmp(p->r->path, WEB_STAND_PHOTO) == 0;
    char qr[JEM_SHEET_QR_MAX] = "";
    if (photo) /* takes its time, without the lock of the stand's store */
        web_photo_receipt(&p->r->form, qr);
    p->app = web_gate_enter(&p->office->gate);
    if (p->app == NULL) {
        web_answer_text(p->a, 503, JEM_T_STAND_CLOSED);
        return;
    }
    if (jem_store_role(jem_app_store(p->app)) == JEM_ROLE_VAN)
        stand_page(p, photo ? qr : NULL);
    else
        web_answer_text(p->a, 404, JEM_T_WEB_NOT_FOUND);
    web_gate_leave(&p->office->gate);
}
