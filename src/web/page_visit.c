/* page_visit.c - visits, outages, and the survey's result. */
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "jemput/clock.h"
#include "jemput/day.h"
#include "jemput/region.h"
#include "office.h"

#define VISIT_VILLAGES 40

static void when(struct jem_buf *b, const json_t *row, const char *key)
{
    char text[64] = "";
    if (json_is_integer(json_object_get(row, key)))
        jem_time_human(jem_json_int(row, key, 0), text, sizeof text);
    web_html(b, "%s", *text ? text : "-");
}

/* Answers a POST: back to `path`, or what went wrong. */
static void visit_done(struct web_page *p, enum jem_code rc, const struct jem_error *err, const char *path, json_t *out)
{
    if (rc == JEM_OK)
        web_answer_redirect(p->a, path);
    else
        web_page_error(p, err);
    json_decref(out);
}

/* ---- visits ---- */

static void visit_text(struct web_page *p, const char *name, enum jem_text label, bool required)
{
    web_html(p->b, "<label for=%s>%t</label><input id=%s name=%s maxlength=400 value=\"%s\"%s>", name, label, name,
        name, web_form_text(&p->r->form, name), required ? " required" : "");
}

static void visit_plans(struct web_page *p, const json_t *plans, bool may_open)
{
    size_t i;
    json_t *it;
    web_html(p->b, "<h2>%t</h2>", JEM_T_VISIT_PLANS);
    if (json_array_size(plans) == 0) {
        web_html(p->b, "<p class=empty>%t</p>", p->hq ? JEM_T_WEB_VISIT_NO_PLANS_HQ : JEM_T_WEB_VISIT_NO_PLANS);
        return;
    }
    web_html(p->b,
        "<table class=rows><caption class=hide>%t</caption><thead><tr><th scope=col>%t<th scope=col>%t<th "
        "scope=col>%t<th "
        "scope=col>%t<tbody>",
        JEM_T_VISIT_PLANS, JEM_T_CLI_C_FIRST, JEM_T_CLI_C_VILLAGE, JEM_T_CLI_C_LAST, JEM_T_WEB_QUEUE_DO);
    json_array_foreach((json_t *)(uintptr_t)plans, i, it)
    {
        web_html(p->b, "<tr><td class=when>%s<td><b>%s</b><small>%s</small><td class=when>%s<td>",
            jem_json_str(it, "first", ""), jem_json_str(it, "village_name", ""), jem_json_str(it, "place", ""),
            jem_json_str(it, "last", ""));
        if (p->hq) {
            web_html(p->b, "van %d<br><a href=\"/kunjungan/jadwal?p=%u\">%t<span class=hide> %s</span></a>",
                (int)jem_json_int(it, "van", 0), jem_json_str(it, "id", ""), JEM_T_WEB_VISIT_CHANGE,
                jem_json_str(it, "village_name", ""));
        } else if (may_open) {
            web_form_begin(p, "/kunjungan/buka", " class=inline");
            web_html(p->b, "<input type=hidden name=plan value=\"%s\"><button class=second>%t</button></form>",
                jem_json_str(it, "id", ""), JEM_T_WEB_VISIT_OPEN);
        }
    }
    jem_buf_str(p->b, "</table>");
}

/* found: villages that the typed name may mean, when several. */
static void visit_now(struct web_page *p, const json_t *current, const struct jem_region *found, size_t count)
{
    if (!json_is_object(current)) {
        web_html(p->b, "<section class=card><h2>%t</h2>", JEM_T_WEB_VISIT_OPEN);
        web_form_begin(p, "/kunjungan/buka", " class=ask");
        web_village_ask(p, web_form_text(&p->r->form, "village"), found, count);
        visit_text(p, "place", JEM_T_CLI_C_PLACE, false);
        visit_text(p, "team", JEM_T_WEB_VISIT_TEAM, false);
        web_html(p->b, "<button>%t</button></form></section>", JEM_T_WEB_VISIT_OPEN);
        return;
    }
    web_html(p->b, "<section class=card><h2>%s</h2><p>%s<br><small>%s &middot; ",
        jem_json_str(current, "village_name", ""), jem_json_str(current, "place", ""),
        jem_json_str(current, "team", ""));
    when(p->b, current, "opened_ms");
    jem_buf_str(p->b, "</small></p>");
    web_form_begin(p, "/kunjungan/tutup", " class=ask");
    visit_text(p, "note", JEM_T_WEB_NOTE, false);
    web_html(p->b, "<button>%t</button></form></section>", JEM_T_WEB_VISIT_CLOSE);
}

static void visit_past(struct web_page *p, const json_t *visits)
{
    size_t i;
    json_t *it;
    if (json_array_size(visits) == 0)
        return;
    web_html(p->b,
        "<h2>%t</h2><table class=rows><caption class=hide>%t</caption><thead><tr><th scope=col>%t<th scope=col>%t<th "
        "scope=col>%t<th scope=col>%t<tbody>",
        JEM_T_VISIT_VISITS, JEM_T_VISIT_VISITS, JEM_T_CLI_C_FIRST, JEM_T_CLI_C_VILLAGE, JEM_T_CLI_C_LAST,
        JEM_T_WEB_VISIT_COUNTS);
    json_array_foreach((json_t *)(uintptr_t)visits, i, it)
    {
        jem_buf_str(p->b, "<tr><td class=when>");
        when(p->b, it, "opened_ms");
        web_html(p->b, "<td><b>%s</b><small>van %d</small><td class=when>", jem_json_str(it, "village_name", ""),
            (int)jem_json_int(it, "van", 0));
        when(p->b, it, "closed_ms");
        web_html(p->b, "<td>%d / %d", (int)jem_json_int(it, "applications", 0), (int)jem_json_int(it, "tickets", 0));
    }
    jem_buf_str(p->b, "</table>");
}

static void visits_page(struct web_page *p, const char *failure, const struct jem_region *found, size_t count)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    if (jem_visit_list(p->app, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    const json_t *current = json_object_get(o, "current");
    web_page_begin(p, WEB_NAV_DAY, jem_text(JEM_T_WEB_VISITS), failure != NULL);
    web_html(p->b, "<div class=head><h1>%t</h1><a class=\"button second\" href=\"/kunjungan.ics\">%t</a></div>",
        JEM_T_WEB_VISITS, JEM_T_WEB_VISIT_ICS);
    if (failure != NULL)
        web_html(p->b, "<p class=\"note bad\" role=alert>%s</p>", failure);
    else if (*web_form_text(&p->r->args, "d"))
        web_html(p->b, "<p class=\"note ok\" role=status>%t</p>", JEM_T_WEB_VISIT_PLANNED);
    if (p->hq)
        web_html(p->b,
            "<p><a class=button href=\"/kunjungan/jadwal\">%t</a> <a class=\"button second\" "
            "href=\"/kunjungan/cakupan\">%t</a></p>",
            JEM_T_WEB_VISIT_PLAN, JEM_T_WEB_COVERAGE);
    else
        visit_now(p, current, found, count);
    visit_plans(p, json_object_get(o, "plans"), !json_is_object(current));
    visit_past(p, json_object_get(o, "visits"));
    web_page_end(p);
    json_decref(o);
}

void web_page_visits(struct web_page *p)
{
    visits_page(p, NULL, NULL, 0);
}

void web_page_visits_ics(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    if (jem_visit_ics(p->app, p->b, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    p->a->type = "text/calendar; charset=utf-8";
    web_answer_header(p->a, "Content-Disposition", "attachment; filename=\"kunjungan.ics\"");
}

void web_page_visit_open(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_region found[VISIT_VILLAGES];
    json_t *out = NULL;
    const struct web_form *f = &p->r->form;
    const char *plan = web_form_get(f, "plan");
    size_t n = plan == NULL ? web_village_taken(p, found, VISIT_VILLAGES) : 0;
    const char *village = plan != NULL ? NULL : n == 1 ? found[0].code : "";
    enum jem_code rc =
        n > 1 ? jem_fail(&err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_WEB_VISIT_VILLAGES)
              : jem_visit_open(p->app, plan, village, web_form_text(f, "place"), web_form_text(f, "team"), &out, &err);
    if (rc == JEM_EINVAL && plan == NULL) {
        p->a->status = 422;
        visits_page(p, err.msg, found, n);
        return;
    }
    visit_done(p, rc, &err, "/kunjungan", out);
}

void web_page_visit_close(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *out = NULL;
    enum jem_code rc = jem_visit_close(p->app, web_form_text(&p->r->form, "note"), &out, &err);
    visit_done(p, rc, &err, "/kunjungan", out);
}

/* ---- outages ---- */

/* The photos of a form: several files, or what a tablet's camera takes. of: tells the fields of one outage from another's. */
static void outage_fields(struct web_page *p, const char *of)
{
    web_html(p->b,
        "<label for=\"file%s\">%t</label><input type=file id=\"file%s\" name=file multiple "
        "accept=\"image/jpeg,image/png\" aria-describedby=\"fileh%s\"><small id=\"fileh%s\">%t</small><label "
        "for=\"photo%s\">%t</label><input type=file id=\"photo%s\" name=photo accept=\"image/*\" capture=environment>",
        of, JEM_T_WEB_OUTAGE_PHOTOS, of, of, of, JEM_T_WEB_OUTAGE_PHOTOS_WHY, of, JEM_T_WEB_PHOTO, of);
}

static void outage_form(struct web_page *p)
{
    static const struct {
        const char *code;
        enum jem_text label;
    } whats[] = { { "power", JEM_T_OUTAGE_POWER }, { "network", JEM_T_OUTAGE_NETWORK },
        { "printer", JEM_T_OUTAGE_PRINTER }, { "scanner", JEM_T_OUTAGE_SCANNER }, { "server", JEM_T_OUTAGE_SERVER },
        { "other", JEM_T_OUTAGE_OTHER } };
    web_html(p->b, "<section class=card><h2>%t</h2>", JEM_T_WEB_OUTAGE_NOTE);
    web_form_begin(p, "/gangguan", " class=ask enctype=\"multipart/form-data\"");
    web_html(p->b, "<label for=what>%t</label><select id=what name=what>", JEM_T_WEB_OUTAGE_WHAT);
    for (size_t i = 0; i < sizeof whats / sizeof *whats; i++)
        web_html(p->b, "<option value=%s>%t", whats[i].code, whats[i].label);
    web_html(p->b,
        "</select><label for=from>%t</label><input class=short id=from name=from aria-describedby=fromh><small "
        "id=fromh>%t</small><label for=to>%t</label><input class=short id=to name=to aria-describedby=toh><small "
        "id=toh>%t</small>",
        JEM_T_CLI_C_FIRST, JEM_T_WEB_OUTAGE_FROM, JEM_T_CLI_C_LAST, JEM_T_WEB_OUTAGE_TO);
    web_html(p->b, "<label for=note>%t</label><input id=note name=note maxlength=400>", JEM_T_WEB_NOTE);
    outage_fields(p, "");
    web_html(p->b, "<button>%t</button></form></section>", JEM_T_WEB_SAVE_DAY);
}

/* Where its bytes are not here, what is known of them. */
static void outage_photo(struct web_page *p, const char *id, const json_t *photo, int n, const char *what)
{
    const char *at = jem_json_str(photo, "at", "");
    bool here = strcmp(at, "here") == 0;
    if (here)
        web_html(p->b, "<a href=\"/gangguan/foto?g=%u&amp;n=%d\">", id, n);
    if (jem_json_bool(photo, "preview_here", false)) {
        web_html(p->b, "<img loading=lazy src=\"/gangguan/foto?g=%u&amp;n=%d&amp;k=1\" alt=\"", id, n);
        web_html_say(p->b, JEM_T_WEB_OUTAGE_PHOTO, n, what);
        jem_buf_str(p->b, "\">");
    } else {
        web_html(p->b, "<span class=blank>%t</span>",
            strcmp(at, "hq") == 0 ? JEM_T_WEB_PREVIEW_AT_HQ : JEM_T_WEB_PREVIEW_LATER);
    }
    if (here)
        jem_buf_str(p->b, "</a>");
}

/* Under what failed: the photos, and for those who noted it a form for more. */
static void outage_evidence(struct web_page *p, const json_t *it)
{
    const char *id = jem_json_str(it, "id", ""), *what = jem_json_str(it, "what_label", "");
    const json_t *photos = json_object_get(it, "photos");
    size_t count = json_array_size(photos);
    if (count > 0) {
        jem_buf_str(p->b, "<div class=thumbs>");
        for (size_t i = 0; i < count; i++)
            outage_photo(p, id, json_array_get(photos, i), (int)i + 1, what);
        jem_buf_str(p->b, "</div>");
    }
    if ((int)jem_json_int(it, "van", -1) != jem_store_writer(jem_app_store(p->app)) || count >= JEM_OUTAGE_PHOTOS_MAX)
        return;
    web_html(p->b, "<details class=small><summary>%t<span class=hide> %s</span></summary>", JEM_T_WEB_OUTAGE_ADD, what);
    web_form_begin(p, "/gangguan/foto", " class=ask enctype=\"multipart/form-data\"");
    web_html(p->b, "<input type=hidden name=g value=\"%s\">", id);
    outage_fields(p, id);
    web_html(p->b, "<button class=second>%t</button></form></details>", JEM_T_WEB_OUTAGE_ADD);
}

void web_page_outages(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL, *it;
    size_t i;
    if (jem_outage_list(p->app, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    const json_t *rows = json_object_get(o, "outages");
    web_page_begin(p, WEB_NAV_DAY, jem_text(JEM_T_WEB_OUTAGES), false);
    web_html(p->b, "<h1>%t</h1><p class=sub>%t</p>", JEM_T_WEB_OUTAGES, JEM_T_WEB_OUTAGES_WHY);
    outage_form(p);
    if (json_array_size(rows) > 0)
        web_html(p->b,
            "<table class=rows><caption class=hide>%t</caption><thead><tr><th scope=col>%t<th scope=col>%t<th "
            "scope=col>%t<th scope=col>%t<tbody>",
            JEM_T_WEB_OUTAGES, JEM_T_CLI_C_FIRST, JEM_T_WEB_OUTAGE_WHAT, JEM_T_CLI_C_LAST, JEM_T_CLI_C_MINUTES);
    json_array_foreach((json_t *)(uintptr_t)rows, i, it)
    {
        bool lasts = json_is_null(json_object_get(it, "to_ms"));
        jem_buf_str(p->b, "<tr><td class=when>");
        when(p->b, it, "from_ms");
        web_html(p->b, "<td><b>%s</b><small>%s (van %d)</small>", jem_json_str(it, "what_label", ""),
            jem_json_str(it, "note", ""), (int)jem_json_int(it, "van", 0));
        outage_evidence(p, it);
        jem_buf_str(p->b, "<td class=when>");
        when(p->b, it, "to_ms");
        web_html(p->b, "<td>%d", (int)jem_json_int(it, "minutes", 0));
        if (lasts && (int)jem_json_int(it, "van", -1) == jem_store_writer(jem_app_store(p->app))) {
            web_form_begin(p, "/gangguan/selesai", " class=inline");
            web_html(p->b, " <input type=hidden name=id value=\"%s\"><button class=plain>%t</button></form>",
                jem_json_str(it, "id", ""), JEM_T_WEB_OUTAGE_OVER);
        }
    }
    if (json_array_size(rows) > 0)
        jem_buf_str(p->b, "</table>");
    web_page_end(p);
    json_decref(o);
}

/* The files that were chosen; what a form sends for a field left empty has no bytes. */
static struct jem_outage_photos outage_files(const struct web_form *f, struct jem_attachment items[WEB_FORM_FILES_MAX])
{
    struct jem_outage_photos photos = { .items = items };
    for (size_t i = 0; i < f->file_count; i++)
        if (f->files[i].size > 0)
            items[photos.count++] = (struct jem_attachment){ .bytes = f->files[i].bytes,
                .size = f->files[i].size,
                .name = f->files[i].filename };
    return photos;
}

void web_page_outage_photo(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *args = &p->r->args;
    unsigned long n = strtoul(web_form_text(args, "n"), NULL, 10);
    const char *mime = NULL;
    if (n > JEM_OUTAGE_PHOTOS_MAX || jem_outage_photo(p->app, web_form_text(args, "g"), (unsigned)n,
                                         *web_form_text(args, "k") != '\0', p->b, &mime, &err) == JEM_ENOTFOUND)
        web_page_not_found(p);
    else if (err.code != JEM_OK)
        web_page_error(p, &err);
    else
        p->a->type = mime;
}

void web_page_outage_attach(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_attachment items[WEB_FORM_FILES_MAX];
    const struct jem_outage_photos photos = outage_files(&p->r->form, items);
    json_t *out = NULL;
    enum jem_code rc = jem_outage_attach(p->app, web_form_text(&p->r->form, "g"), &photos, &out, &err);
    visit_done(p, rc, &err, "/gangguan", out);
}

void web_page_outage_note(struct web_page *p)
{
    struct jem_attachment items[WEB_FORM_FILES_MAX];
    const struct jem_outage_photos photos = outage_files(&p->r->form, items);
    struct jem_error err = { .code = JEM_OK };
    json_t *out = NULL;
    int64_t from = jem_store_now_ms(jem_app_store(p->app)), to = 0;
    const struct web_form *f = &p->r->form;
    enum jem_code rc = JEM_OK;
    if (*web_form_text(f, "from"))
        rc = jem_time_typed(p->app, web_form_text(f, "from"), &from, &err);
    if (rc == JEM_OK && *web_form_text(f, "to"))
        rc = jem_time_typed(p->app, web_form_text(f, "to"), &to, &err);
    if (rc == JEM_OK)
        rc = jem_outage_note(p->app, web_form_text(f, "what"), from, to, web_form_text(f, "note"), &photos, &out, &err);
    visit_done(p, rc, &err, "/gangguan", out);
}

void web_page_outage_end(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *out = NULL;
    enum jem_code rc = jem_outage_end(p->app, web_form_text(&p->r->form, "id"), 0, &out, &err);
    visit_done(p, rc, &err, "/gangguan", out);
}

/* ---- the survey's result ---- */

static void survey_elements(struct web_page *p, const json_t *o)
{
    size_t i;
    json_t *it;
    web_html(p->b,
        "<table class=rows><caption class=hide>%t</caption><thead><tr><th scope=col>%t<th scope=col>%t<tbody>",
        JEM_T_WEB_SURVEY, JEM_T_CLI_C_ELEMENT, JEM_T_CLI_C_NRR);
    json_array_foreach(json_object_get(o, "elements"), i, it)
    {
        web_html(p->b, "<tr><td>%s<td>%s", jem_json_str(it, "name", ""), jem_json_str(it, "nrr", ""));
    }
    json_array_foreach(json_object_get(o, "groups"), i, it)
    {
        web_html(p->b, "<tr><td>%s <small>%t %d</small><td>%s %s", jem_json_str(it, "label", ""), JEM_T_CLI_C_COUNT,
            (int)jem_json_int(it, "n", 0), jem_json_str(it, "ikm", ""), jem_json_str(it, "grade", ""));
    }
    jem_buf_str(p->b, "</table>");
}

void web_page_survey_report(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    int32_t last = jem_store_today(jem_app_store(p->app));
    if (jem_survey_report(p->app, last - 364, last, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    web_page_begin(p, WEB_NAV_DAY, jem_text(JEM_T_WEB_SURVEY), false);
    web_html(p->b, "<h1>%t</h1><p class=sub>", JEM_T_WEB_SURVEY);
    web_html_say(p->b, JEM_T_WEB_SURVEY_COUNTS, (int)jem_json_int(o, "n", 0), (int)jem_json_int(o, "sample", 0),
        (int)jem_json_int(o, "population", 0));
    jem_buf_str(p->b, "</p>");
    if (json_is_string(json_object_get(o, "ikm"))) {
        web_html(p->b, "<p class=big>%s %s</p>", jem_json_str(o, "ikm", ""), jem_json_str(o, "grade", ""));
        survey_elements(p, o);
    } else {
        web_html(p->b, "<p class=empty>%t</p>", JEM_T_WEB_SURVEY_FEW);
    }
    web_page_end(p);
    json_decref(o);
}
