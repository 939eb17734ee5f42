/* page_plan.c - headquarters: visits planned, changed and cancelled, and which villages they cover.
 *
 *   /kunjungan/jadwal[?p=PLAN|?v=VILLAGE]   the form -> POST   POST /kunjungan/batal
 *   /kunjungan/cakupan?from=&to=&k=STATE    the table; &f=csv a file */
#include <string.h>

#include "entry.h"
#include "jemput/clock.h"
#include "jemput/day.h"
#include "jemput/region.h"

#define PLAN_VILLAGES 40

/* ---- a plan ---- */

struct plan_form {
    struct web_page *p;
    json_t *values;      /* {"van","village","from","to","place","note"} as typed or as it stands; owned */
    const char *plan;    /* the one that is changed, or "" */
    const char *failure; /* or NULL */
    const struct jem_region *found;
    size_t found_count; /* of villages that the typed name may mean, when several */
};

static void plan_vans(const struct plan_form *f)
{
    struct jem_buf *b = f->p->b;
    json_t *vans = NULL, *it;
    size_t i;
    web_html(b, "<label for=van>%t</label><select id=van name=van>", JEM_T_WEB_VISIT_VAN);
    if (jem_store_vans(jem_app_store(f->p->app), &vans, NULL) == JEM_OK)
        json_array_foreach(vans, i, it)
        {
            int64_t van = jem_json_int(it, "van", 0);
            web_html(b, "<option value=%l%s>%l &middot; %s", van,
                van == jem_json_int(f->values, "van", 0) ? " selected" : "", van, jem_json_str(it, "name", ""));
        }
    jem_buf_str(b, "</select>");
    json_decref(vans);
}

static void plan_input(const struct plan_form *f, const char *name, enum jem_text label, enum jem_text hint,
    bool needed)
{
    struct jem_buf *b = f->p->b;
    web_html(b, "<label for=%s>%t</label><input%s id=%s name=%s maxlength=400 value=\"%s\"%s", name, label,
        hint != JEM_T_NONE ? " class=short" : "", name, name, jem_json_str(f->values, name, ""),
        needed ? " required" : "");
    if (hint != JEM_T_NONE)
        web_html(b, " aria-describedby=%sh><small id=%sh>%t</small>", name, name, hint);
    else
        jem_buf_byte(b, '>');
}

static void plan_page(const struct plan_form *f)
{
    struct web_page *p = f->p;
    struct jem_buf *b = p->b;
    enum jem_text title = *f->plan ? JEM_T_WEB_VISIT_CHANGE : JEM_T_WEB_VISIT_PLAN;
    web_page_begin(p, WEB_NAV_DAY, jem_text(title), f->failure != NULL);
    web_html(b,
        "<h1>%t</h1><p class=sub><a href=\"/kunjungan\">%t</a> &middot; <a href=\"/kunjungan/cakupan\">%t</a></p>",
        title, JEM_T_WEB_VISITS, JEM_T_WEB_COVERAGE);
    if (f->failure != NULL)
        web_html(b, "<p class=\"note bad\" role=alert>%s</p>", f->failure);
    jem_buf_str(b, "<section class=card>");
    web_form_begin(p, "/kunjungan/jadwal", " class=ask");
    web_html(b, "<input type=hidden name=plan value=\"%s\">", f->plan);
    plan_vans(f);
    web_village_ask(p, jem_json_str(f->values, "village", ""), f->found, f->found_count);
    plan_input(f, "from", JEM_T_WEB_VISIT_FROM, JEM_T_WEB_DAY_HINT, true);
    plan_input(f, "to", JEM_T_WEB_VISIT_TO, JEM_T_WEB_VISIT_TO_HINT, false);
    plan_input(f, "place", JEM_T_CLI_C_PLACE, JEM_T_NONE, false);
    plan_input(f, "note", JEM_T_WEB_NOTE, JEM_T_NONE, false);
    web_html(b, "<button>%t</button></form></section>", title);
    if (*f->plan) {
        web_html(b, "<section class=card aria-labelledby=ch><h2 id=ch>%t</h2>", JEM_T_WEB_VISIT_CANCEL);
        web_form_begin(p, "/kunjungan/batal", " class=ask");
        web_html(b,
            "<input type=hidden name=plan value=\"%s\"><label for=why>%t</label><input id=why name=reason "
            "maxlength=400 "
            "required><button class=danger>%t</button></form></section>",
            f->plan, JEM_T_WEB_VISIT_WHY, JEM_T_WEB_VISIT_CANCEL);
    }
    web_page_end(p);
}

/* The plan as it stands; NULL: there is none of that id any more. New reference. */
static json_t *plan_stands(struct web_page *p, const char *id)
{
    json_t *o = NULL, *it, *found = NULL;
    size_t i;
    if (jem_visit_list(p->app, &o, NULL) != JEM_OK)
        return NULL;
    json_array_foreach(json_object_get(o, "plans"), i, it)
    {
        if (strcmp(jem_json_str(it, "id", ""), id) == 0)
            found = json_pack("{s:O,s:O,s:O,s:O,s:O,s:O}", "van", json_object_get(it, "van"), "village",
                json_object_get(it, "village"), "from", json_object_get(it, "first"), "to", json_object_get(it, "last"),
                "place", json_object_get(it, "place"), "note", json_object_get(it, "note"));
    }
    json_decref(o);
    return found;
}

static void plan_get(struct web_page *p)
{
    struct plan_form f = { .p = p, .plan = web_form_text(&p->r->args, "p") };
    if (*f.plan == '\0')
        f.values = json_pack("{s:s}", "village", web_form_text(&p->r->args, "v"));
    else if ((f.values = plan_stands(p, f.plan)) == NULL) {
        web_page_not_found(p);
        return;
    }
    plan_page(&f);
    json_decref(f.values);
}

static enum jem_code plan_keep(struct plan_form *f, struct jem_region *found, struct jem_error *err)
{
    struct web_page *p = f->p;
    const char *to = jem_json_str(f->values, "to", "");
    struct jem_visit_plan plan = { .van = (unsigned)jem_json_int(f->values, "van", 0),
        .place = jem_json_str(f->values, "place", ""),
        .note = jem_json_str(f->values, "note", ""),
        .replaces = *f->plan ? f->plan : NULL };
    json_t *out = NULL;
    size_t n = web_village_taken(p, found, PLAN_VILLAGES);
    if (n > 1) {
        f->found = found;
        f->found_count = n;
        return jem_fail(err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_WEB_VISIT_VILLAGES);
    }
    plan.village = n == 1 ? found[0].code : "";
    enum jem_code rc = jem_day_parse(jem_json_str(f->values, "from", ""), &plan.first, err);
    plan.last = plan.first;
    if (rc == JEM_OK && *to)
        rc = jem_day_parse(to, &plan.last, err);
    if (rc == JEM_OK)
        rc = jem_visit_plan(p->app, &plan, &out, err);
    json_decref(out);
    return rc;
}

void web_page_plan(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_region found[PLAN_VILLAGES];
    const struct web_form *form = &p->r->form;
    if (!p->r->post) {
        plan_get(p);
        return;
    }
    struct plan_form f = { .p = p, .plan = web_form_text(form, "plan") };
    f.values = json_pack("{s:I,s:s,s:s,s:s,s:s,s:s}", "van", (json_int_t)web_form_number(form, "van", 0), "village",
        web_form_text(form, "village"), "from", web_form_text(form, "from"), "to", web_form_text(form, "to"), "place",
        web_form_text(form, "place"), "note", web_form_text(form, "note"));
    if (plan_keep(&f, found, &err) == JEM_OK) {
        web_answer_redirect(p->a, "/kunjungan?d=1");
    } else {
        p->a->status = 422;
        f.failure = err.msg;
        plan_page(&f);
    }
    json_decref(f.values);
}

void web_page_plan_cancel(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *out = NULL;
    const struct web_form *form = &p->r->form;
    if (jem_visit_cancel(p->app, web_form_text(form, "plan"), web_form_text(form, "reason"), &out, &err) == JEM_OK)
        web_answer_redirect(p->a, "/kunjungan?d=1");
    else
        web_page_error(p, &err);
    json_decref(out);
}

/* ---- coverage ---- */

static const struct {
    const char *state;
    enum jem_text label;
} coverage_states[] = { { "", JEM_T_WEB_COVERAGE_ALL }, { "none", JEM_T_VISIT_STATE_NONE },
    { "planned", JEM_T_VISIT_STATE_PLANNED }, { "visited", JEM_T_VISIT_STATE_VISITED } };

static void coverage_filter(struct web_page *p, const json_t *o, const char *only)
{
    struct jem_buf *b = p->b;
    const char *from = jem_json_str(o, "from", ""), *to = jem_json_str(o, "to", "");
    web_html(b,
        "<form class=filter><label for=cf>%t</label><input class=short id=cf name=from value=\"%s\" "
        "maxlength=10><label "
        "for=ct>%t</label><input class=short id=ct name=to value=\"%s\" maxlength=10><label for=ck>%t</label><select "
        "id=ck name=k>",
        JEM_T_WEB_VISIT_FROM, from, JEM_T_WEB_VISIT_TO, to, JEM_T_WEB_COVERAGE_ONLY);
    for (size_t i = 0; i < sizeof coverage_states / sizeof *coverage_states; i++)
        web_html(b, "<option value=\"%s\"%s>%t", coverage_states[i].state,
            strcmp(coverage_states[i].state, only) == 0 ? " selected" : "", coverage_states[i].label);
    web_html(b,
        "</select><button class=second>%t</button><a href=\"/kunjungan/cakupan?from=%u&amp;to=%u&amp;k=%u&amp;f=csv\">"
        "CSV</a></form>",
        JEM_T_WEB_F_SHOW, from, to, only);
}

static void coverage_row(struct web_page *p, const json_t *row)
{
    struct jem_buf *b = p->b;
    const char *state = jem_json_str(row, "state", ""), *last = jem_json_str(row, "last_day", "");
    const char *next = jem_json_str(row, "next_day", "");
    web_html(b, "<tr><td><b>%s</b><small>%s</small><td><span class=\"badge %s\">%s</span>",
        jem_json_str(row, "name", ""), jem_json_str(row, "district", ""),
        *state == 'v'   ? "ok"
        : *state == 'p' ? ""
                        : "wait",
        jem_json_str(row, "state_label", ""));
    web_html(b, "<td><span class=fold>%t: </span>%l<td class=when>", JEM_T_WEB_COVERAGE_VISITS,
        jem_json_int(row, "visits", 0));
    if (*last) {
        web_html(b, "<span class=fold>%t: </span>%s<small>van %l &middot; ", JEM_T_WEB_COVERAGE_LAST, last,
            jem_json_int(row, "last_van", 0));
        web_html_say(b, JEM_T_WEB_COVERAGE_DAYS, (long long)jem_json_int(row, "days_since", 0));
        jem_buf_str(b, "</small>");
    }
    jem_buf_str(b, "<td class=when>");
    if (*next)
        web_html(b, "<span class=fold>%t: </span>%s<small>van %l</small>", JEM_T_WEB_COVERAGE_NEXT, next,
            jem_json_int(row, "next_van", 0));
    else
        web_html(b, "<a href=\"/kunjungan/jadwal?v=%u\">%t<span class=hide> %s</span></a>",
            jem_json_str(row, "village", ""), JEM_T_WEB_VISIT_PLAN, jem_json_str(row, "name", ""));
}

static void coverage_page(struct web_page *p, const json_t *o, const char *only)
{
    struct jem_buf *b = p->b;
    const json_t *row;
    size_t i;
    web_page_begin(p, WEB_NAV_DAY, jem_text(JEM_T_WEB_COVERAGE), false);
    web_html(b, "<h1>%t</h1><p class=sub><a href=\"/kunjungan\">%t</a></p>", JEM_T_WEB_COVERAGE, JEM_T_WEB_VISITS);
    coverage_filter(p, o, only);
    jem_buf_str(b, "<p class=note role=status>");
    web_html_say(b, JEM_T_VISIT_COVERED, (long long)jem_json_int(o, "visited", 0),
        (long long)jem_json_int(o, "total", 0), (long long)jem_json_int(o, "percent", 0),
        (long long)jem_json_int(o, "planned", 0), (long long)jem_json_int(o, "none", 0));
    jem_buf_str(b, "</p>");
    if (*jem_json_str(o, "region", "") == '\0')
        web_html(b, "<p class=\"note wait\">%t</p>", JEM_T_VISIT_REGION);
    web_html(b,
        "<div class=wide-table tabindex=0 role=region aria-label=\"%t\"><table class=\"rows named\"><caption "
        "class=hide>%t</caption><thead><tr><th scope=col>%t<th scope=col>%t<th scope=col>%t<th scope=col>%t<th "
        "scope=col>%t<tbody>",
        JEM_T_WEB_COVERAGE, JEM_T_WEB_COVERAGE, JEM_T_WEB_VISIT_VILLAGE, JEM_T_WEB_CATALOG_STATE,
        JEM_T_WEB_COVERAGE_VISITS, JEM_T_WEB_COVERAGE_LAST, JEM_T_WEB_COVERAGE_NEXT);
    json_array_foreach(json_object_get(o, "villages"), i, row)
    {
        if (*only == '\0' || strcmp(jem_json_str(row, "state", ""), only) == 0)
            coverage_row(p, row);
    }
    jem_buf_str(b, "</table></div>");
    web_page_end(p);
}

void web_page_coverage(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *f = &p->r->args;
    const char *from = web_form_text(f, "from"), *to = web_form_text(f, "to"), *only = web_form_text(f, "k");
    int32_t first = INT32_MIN, last = INT32_MAX;
    json_t *o = NULL;
    if ((*from && jem_day_parse(from, &first, &err) != JEM_OK) || (*to && jem_day_parse(to, &last, &err) != JEM_OK) ||
        jem_visit_coverage(p->app, first, last, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
    } else if (strcmp(web_form_text(f, "f"), "csv") != 0) {
        coverage_page(p, o, only);
    } else if (jem_visit_coverage_csv(o, only, p->b, &err) == JEM_OK) {
        p->a->type = "text/csv; charset=utf-8";
        web_answer_header(p->a, "Content-Disposition", "attachment; filename=\"cakupan.csv\"");
    } else {
        web_page_error(p, &err);
    }
    json_decref(o);
}
