/* page_report.c - headquarters: the numbers of a period, on the page, to print, and as files. */
#include <string.h>

#include "jemput/report.h"
#include "office.h"

static bool report_day(const struct web_form *f, const char *name, int32_t *out, struct jem_error *err)
{
    const char *text = web_form_text(f, name);
    return *text == '\0' || jem_day_parse(text, out, err) == JEM_OK;
}

static void report_file(struct web_page *p, const char *type, const char *name, enum jem_code rc,
    const struct jem_error *err)
{
    struct jem_buf header = JEM_BUF_INIT(120);
    if (rc != JEM_OK) {
        jem_buf_clear(p->b);
        web_page_error(p, err);
        return;
    }
    jem_buf_fmt(&header, "attachment; filename=\"%s\"", name);
    p->a->type = type;
    web_answer_header(p->a, "Content-Disposition", jem_buf_text(&header));
    jem_buf_release(&header);
}

/* Of one service, one village or district, and a period; all of it stands in the address. */
static void report_filter(struct web_page *p, const json_t *report, const char *same)
{
    struct jem_buf *b = p->b;
    const struct web_form *f = &p->r->args;
    const struct jem_catalog *catalog = NULL;
    web_html(b,
        "<form class=\"filter noprint\"><label for=rf>%t</label><input class=short id=rf name=from value=\"%s\" "
        "maxlength=10><label for=rt>%t</label><input class=short id=rt name=to value=\"%s\" maxlength=10><label "
        "for=rs>%t</label><select id=rs name=s><option value=\"\">%t",
        JEM_T_WEB_VISIT_FROM, jem_json_str(report, "from", ""), JEM_T_WEB_VISIT_TO, jem_json_str(report, "to", ""),
        JEM_T_REPORT_C_SERVICE, JEM_T_TARGET_ALL);
    if (jem_app_catalog(p->app, &catalog, NULL) == JEM_OK)
        for (size_t i = 0; i < jem_catalog_count(catalog); i++) {
            const struct jem_service *s = jem_catalog_at(catalog, i);
            web_html(b, "<option value=\"%s\"%s>%s", s->id,
                strcmp(s->id, web_form_text(f, "s")) == 0 ? " selected" : "", jem_pair(s->name));
        }
    web_html(b,
        "</select><label for=rv>%t</label><input id=rv class=short name=v value=\"%s\" maxlength=13 "
        "inputmode=numeric><button class=second>%t</button><a href=\"%s&amp;f=pdf\">PDF</a> <a "
        "href=\"%s&amp;f=csv\">CSV</a> <a href=\"/laporan/target\">%t</a>",
        JEM_T_WEB_REPORT_PLACE, web_form_text(f, "v"), JEM_T_WEB_F_SHOW, same, same, JEM_T_WEB_TARGETS);
    if (web_may_export(p))
        web_html(b, " <a href=\"/ekspor\">%t</a>", JEM_T_WEB_EXPORT);
    jem_buf_str(b, "</form>");
}

static void report_page(struct web_page *p, const json_t *report, struct jem_error *err)
{
    const struct web_form *f = &p->r->args;
    struct jem_buf same = JEM_BUF_INIT(600), csv = JEM_BUF_INIT(700);
    jem_buf_fmt(&same, "/laporan?from=%s&to=%s&s=", jem_json_str(report, "from", ""), jem_json_str(report, "to", ""));
    web_url_text(&same, web_form_text(f, "s"));
    jem_buf_str(&same, "&v=");
    web_url_text(&same, web_form_text(f, "v"));
    jem_buf_fmt(&csv, "%s&f=csv&g=", jem_buf_text(&same));
    web_page_begin(p, WEB_NAV_REPORT, jem_text(JEM_T_WEB_REPORT), false);
    report_filter(p, report, jem_buf_text(&same));
    jem_buf_str(p->b, "<div class=report>");
    enum jem_code rc = jem_report_body(report, jem_buf_text(&csv), p->b, err);
    jem_buf_release(&same);
    jem_buf_release(&csv);
    if (rc != JEM_OK) {
        web_page_error(p, err);
        return;
    }
    jem_buf_str(p->b, "</div>");
    web_page_end(p);
}

void web_page_report(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *f = &p->r->args;
    struct jem_selection what = JEM_SELECTION_ALL;
    const char *format = web_form_text(f, "f");
    const char *service = web_form_text(f, "s"), *village = web_form_text(f, "v");
    json_t *report = NULL;
    what.service = *service ? service : NULL;
    what.village = *village ? village : NULL;
    if (!report_day(f, "from", &what.from_day, &err) || !report_day(f, "to", &what.to_day, &err) ||
        jem_report_make(p->app, &what, &report, &err) != JEM_OK)
        web_page_error(p, &err);
    else if (strcmp(format, "pdf") == 0)
        report_file(p, "application/pdf", "laporan.pdf", jem_report_pdf(report, p->b, &err), &err);
    else if (strcmp(format, "csv") == 0)
        report_file(p, "text/csv; charset=utf-8", "laporan.csv",
            jem_report_csv(report, web_form_text(f, "g"), p->b, &err), &err);
    else
        report_page(p, report, &err);
    json_decref(report);
}
