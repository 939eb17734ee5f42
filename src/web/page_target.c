/* page_target.c - headquarters: applications a month to reach, by service and by village. Admins change them; each form carries what its
 * editor saw, so that nobody's number is overwritten unseen. */
#include <string.h>

#include "entry.h"
#include "jemput/region.h"
#include "jemput/report.h"

#define TARGET_VILLAGES 40

/* The number in a form of its own, or only the number. */
static void target_number(struct web_page *p, const json_t *row, const char *name, size_t i)
{
    struct jem_buf *b = p->b;
    int64_t monthly = jem_json_int(row, "monthly", 0);
    const char *village = jem_json_str(row, "village", "");
    if (!web_admin(p)) {
        web_html(b, "%l", monthly);
        return;
    }
    web_form_begin(p, "/laporan/target", " class=filter");
    web_html(b,
        "<input type=hidden name=service value=\"%s\"><input type=hidden name=village value=\"%s\"><input type=hidden "
        "name=was value=%l><label class=hide for=\"m%s%d\">%t: %s %s</label><input class=short id=\"m%s%d\" "
        "name=monthly inputmode=numeric maxlength=7 value=%l><button class=second>%t<span class=hide> %s "
        "%s</span></button></form>",
        jem_json_str(row, "service", ""), village, monthly, *village ? "v" : "s", (int)i, JEM_T_WEB_TARGET_MONTHLY,
        name, jem_json_str(row, "village_name", ""), *village ? "v" : "s", (int)i, monthly, JEM_T_WEB_TARGET_SAVE, name,
        jem_json_str(row, "village_name", ""));
}

static void target_services(struct web_page *p, const json_t *rows)
{
    struct jem_buf *b = p->b;
    const json_t *row;
    size_t i;
    web_html(b,
        "<h2>%t</h2><table class=\"rows named\"><caption class=hide>%t</caption><thead><tr><th scope=col>%t<th "
        "scope=col>%t<tbody>",
        JEM_T_WEB_TARGET_SERVICES, JEM_T_WEB_TARGET_SERVICES, JEM_T_REPORT_C_SERVICE, JEM_T_WEB_TARGET_MONTHLY);
    json_array_foreach(rows, i, row)
    {
        web_html(b, "<tr><td>%s<td>", jem_json_str(row, "name", ""));
        target_number(p, row, jem_json_str(row, "name", ""), i);
    }
    jem_buf_str(b, "</table>");
}

static void target_villages(struct web_page *p, const json_t *rows)
{
    struct jem_buf *b = p->b;
    const json_t *row;
    size_t i;
    web_html(b, "<h2>%t</h2>", JEM_T_WEB_TARGET_VILLAGES);
    if (json_array_size(rows) == 0) {
        web_html(b, "<p class=empty>%t</p>", JEM_T_WEB_TARGET_NONE);
        return;
    }
    web_html(b,
        "<table class=\"rows named\"><caption class=hide>%t</caption><thead><tr><th scope=col>%t<th "
        "scope=col>%t<tbody>",
        JEM_T_WEB_TARGET_VILLAGES, JEM_T_REPORT_C_VILLAGE, JEM_T_WEB_TARGET_MONTHLY);
    json_array_foreach(rows, i, row)
    {
        web_html(b, "<tr><td>%s<small>%s</small><td>", jem_json_str(row, "village_name", ""),
            jem_json_str(row, "service_name", ""));
        target_number(p, row, jem_json_str(row, "service_name", ""), i);
    }
    jem_buf_str(b, "</table>");
}

/* found: villages that the typed name may mean, when several. */
static void target_add(struct web_page *p, const json_t *services, const struct jem_region *found, size_t count)
{
    struct jem_buf *b = p->b;
    const struct web_form *f = &p->r->form;
    const json_t *row;
    size_t i;
    if (!web_admin(p))
        return;
    web_html(b, "<section class=card aria-labelledby=ah><h2 id=ah>%t</h2>", JEM_T_WEB_TARGET_ADD);
    web_form_begin(p, "/laporan/target", " class=ask");
    jem_buf_str(b, "<input type=hidden name=add value=1>");
    web_village_ask(p, web_form_text(f, "village"), found, count);
    web_html(b, "<label for=ts>%t</label><select id=ts name=service><option value=all>%t", JEM_T_REPORT_C_SERVICE,
        JEM_T_TARGET_ALL);
    json_array_foreach(services, i, row)
    {
        const char *id = jem_json_str(row, "service", "");
        web_html(b, "<option value=\"%s\"%s>%s", id, strcmp(id, web_form_text(f, "service")) == 0 ? " selected" : "",
            jem_json_str(row, "name", ""));
    }
    web_html(b,
        "</select><label for=tm>%t</label><input class=short id=tm name=monthly inputmode=numeric maxlength=7 required "
        "value=\"%s\"><button>%t</button></form></section>",
        JEM_T_WEB_TARGET_MONTHLY, web_form_text(f, "monthly"), JEM_T_WEB_TARGET_ADD);
}

static void target_page(struct web_page *p, const char *failure, const struct jem_region *found, size_t count)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_buf *b = p->b;
    json_t *o = NULL;
    if (jem_report_targets(p->app, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    web_page_begin(p, WEB_NAV_REPORT, jem_text(JEM_T_WEB_TARGETS), failure != NULL);
    web_html(b, "<h1>%t</h1><p class=sub><a href=\"/laporan\">%t</a></p>", JEM_T_WEB_TARGETS, JEM_T_WEB_REPORT);
    if (failure != NULL)
        web_html(b, "<p class=\"note bad\" role=alert>%s</p>", failure);
    else if (*web_form_text(&p->r->args, "d"))
        web_html(b, "<p class=\"note ok\" role=status>%t</p>", JEM_T_WEB_TARGET_KEPT);
    web_html(b, "<p>%t</p>", JEM_T_WEB_TARGETS_ABOUT);
    target_add(p, json_object_get(o, "services"), found, count);
    target_villages(p, json_object_get(o, "villages"));
    target_services(p, json_object_get(o, "services"));
    web_page_end(p);
    json_decref(o);
}

void web_page_targets(struct web_page *p)
{
    target_page(p, NULL, NULL, 0);
}

void web_page_target_put(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_region found[TARGET_VILLAGES];
    const struct web_form *f = &p->r->form;
    int64_t monthly = web_form_number(f, "monthly", -1), was = web_form_number(f, "was", 0);
    json_t *out = NULL;
    bool village = *web_form_text(f, "add") || *web_form_text(f, "village");
    size_t n = village ? web_village_taken(p, found, TARGET_VILLAGES) : 0;
    enum jem_code rc = n > 1 ? jem_fail(&err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_WEB_VISIT_VILLAGES)
                             : jem_report_target(p->app, web_form_text(f, "service"),
                                   !village ? NULL
                                   : n == 1 ? found[0].code
                                            : "",
                                   monthly, was, &out, &err);
    if (rc == JEM_OK) {
        web_answer_redirect(p->a, "/laporan/target?d=1");
    } else if (rc == JEM_EINVAL || rc == JEM_EEXISTS) {
        p->a->status = rc == JEM_EINVAL ? 422 : 409;
        target_page(p, err.msg, found, n);
    } else {
        web_page_error(p, &err);
    }
    json_decref(out);
}
