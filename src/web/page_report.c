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

static void report_page(struct web_page *p, const json_t *report, struct jem_error *err)
{
    const char *from = jem_json_str(report, "from", ""), *to = jem_json_str(report, "to", "");
    web_page_begin(p, WEB_NAV_REPORT, jem_text(JEM_T_WEB_REPORT), false);
    web_html(p->b,
        "<form class=\"filter noprint\"><label for=rf>%t</label><input class=short id=rf name=from value=\"%s\" "
        "maxlength=10><label for=rt>%t</label><input class=short id=rt name=to value=\"%s\" maxlength=10><button "
        "class=second>%t</button><a href=\"/laporan?from=%u&amp;to=%u&amp;f=pdf\">PDF</a> <a "
        "href=\"/laporan?from=%u&amp;to=%u&amp;f=csv\">CSV</a></form><div class=report>",
        JEM_T_CLI_O_FROM_DAY, from, JEM_T_CLI_O_TO_DAY, to, JEM_T_WEB_F_SHOW, from, to, from, to);
    if (jem_report_body(report, p->b, err) != JEM_OK) {
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
    json_t *report = NULL;
    if (!report_day(f, "from", &what.from_day, &err) || !report_day(f, "to", &what.to_day, &err) ||
        jem_report_make(p->app, &what, &report, &err) != JEM_OK)
        web_page_error(p, &err);
    else if (strcmp(format, "pdf") == 0)
        report_file(p, "application/pdf", "laporan.pdf", jem_report_pdf(report, p->b, &err), &err);
    else if (strcmp(format, "csv") == 0)
        report_file(p, "text/csv; charset=utf-8", "laporan.csv", jem_report_csv(report, p->b, &err), &err);
    else
        report_page(p, report, &err);
    json_decref(report);
}
