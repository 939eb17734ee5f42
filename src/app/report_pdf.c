/* report_pdf.c - the report on A4 paper. */
#include <stdlib.h>
#include <string.h>

#include "jemput/pages.h"
#include "report_own.h"

static void pdf_number(const json_t *v, char out[24])
{
    if (json_is_integer(v))
        (void)snprintf(out, 24, "%lld", (long long)json_integer_value(v));
    else
        (void)snprintf(out, 24, "%s", json_is_string(v) ? "" : "-");
}

struct pdf_column {
    const char *key;
    enum jem_text head;
};

static void pdf_table(struct jem_pages *pages, const json_t *rows, const struct pdf_column *columns)
{
    const char *cells[8];
    char numbers[8][24];
    size_t n = 0, i;
    const json_t *row;
    for (; n < 8 && columns[n].key != NULL; n++)
        cells[n] = jem_text(columns[n].head);
    jem_pages_row(pages, cells, n, true);
    json_array_foreach(rows, i, row)
    {
        for (size_t c = 0; c < n; c++) {
            const json_t *v = json_object_get(row, columns[c].key);
            pdf_number(v, numbers[c]);
            cells[c] = json_is_string(v) ? json_string_value(v) : numbers[c];
        }
        jem_pages_row(pages, cells, n, false);
    }
}

static void pdf_bars(struct jem_pages *pages, const json_t *group, const char *const *keys, const enum jem_text *labels,
    size_t n)
{
    int64_t most = 1;
    for (size_t i = 0; i < n; i++)
        most = jem_json_int(group, keys[i], 0) > most ? jem_json_int(group, keys[i], 0) : most;
    for (size_t i = 0; i < n; i++) {
        char words[24];
        pdf_number(json_object_get(group, keys[i]), words);
        jem_pages_bar(pages, jem_text(labels[i]), jem_json_int(group, keys[i], 0), most, words);
    }
}

static void pdf_survey(struct jem_pages *pages, const json_t *survey)
{
    char text[240];
    size_t i;
    const json_t *it;
    jem_pages_heading(pages, jem_text(JEM_T_REPORT_SURVEY));
    json_array_foreach(json_object_get(survey, "elements"), i, it)
    {
        double nrr = strtod(jem_json_str(it, "nrr", "0"), NULL);
        (void)snprintf(text, sizeof text, "%.2f", nrr);
        jem_pages_bar(pages, jem_json_str(it, "name", ""), (int64_t)(nrr * 100), 400, text);
    }
    if (json_is_string(json_object_get(survey, "grade")))
        (void)snprintf(text, sizeof text, jem_text(JEM_T_REPORT_IKM), jem_json_str(survey, "ikm", ""),
            jem_json_str(survey, "grade", ""), (long long)jem_json_int(survey, "n", 0),
            (long long)jem_json_int(survey, "sample", 0));
    else
        (void)snprintf(text, sizeof text, jem_text(JEM_T_REPORT_IKM_FEW), (long long)jem_json_int(survey, "n", 0));
    jem_pages_text(pages, text);
}

static void pdf_day(struct jem_pages *pages, const json_t *report)
{
    char text[300];
    const json_t *c = json_object_get(report, "complaints"), *q = json_object_get(report, "queue"), *it;
    size_t i;
    jem_pages_heading(pages, jem_text(JEM_T_REPORT_COMPLAINTS));
    (void)snprintf(text, sizeof text, jem_text(JEM_T_REPORT_COMPLAINTS_ARE), (long long)jem_json_int(c, "filed", 0),
        (long long)jem_json_int(c, "closed", 0), (long long)jem_json_int(c, "open", 0),
        (long long)jem_json_int(c, "late", 0));
    jem_pages_text(pages, text);
    json_array_foreach(json_object_get(report, "outages"), i, it)
    {
        char hours[80], photos[40] = "";
        (void)snprintf(hours, sizeof hours, jem_text(JEM_T_REPORT_OUTAGE), (long long)jem_json_int(it, "hours", 0));
        if (jem_json_int(it, "photos", 0) > 0)
            (void)snprintf(photos, sizeof photos, jem_text(JEM_T_REPORT_OUTAGE_PHOTOS),
                (long long)jem_json_int(it, "photos", 0));
        (void)snprintf(text, sizeof text, "%.170s%s%s", jem_json_str(it, "name", ""), hours, photos);
        jem_pages_text(pages, text);
    }
    jem_pages_heading(pages, jem_text(JEM_T_REPORT_QUEUE));
    (void)snprintf(text, sizeof text, jem_text(JEM_T_REPORT_WAITS), (long long)jem_json_int(q, "tickets", 0),
        (long long)jem_json_int(q, "median_minutes", 0), (long long)jem_json_int(q, "p90_minutes", 0));
    jem_pages_text(pages, text);
}

static void pdf_coverage(struct jem_pages *pages, const json_t *o)
{
    char text[300];
    jem_pages_heading(pages, jem_text(JEM_T_WEB_COVERAGE));
    (void)snprintf(text, sizeof text, jem_text(JEM_T_VISIT_COVERED), (long long)jem_json_int(o, "visited", 0),
        (long long)jem_json_int(o, "total", 0), (long long)jem_json_int(o, "percent", 0),
        (long long)jem_json_int(o, "planned", 0), (long long)jem_json_int(o, "none", 0));
    jem_pages_text(pages, text);
}

enum jem_code jem_report_pdf(const json_t *report, struct jem_buf *out, struct jem_error *err)
{
    static const struct pdf_column services[] = { { "name", JEM_T_REPORT_C_SERVICE },
        { "submitted", JEM_T_REPORT_C_SUBMITTED }, { "before", JEM_T_REPORT_C_BEFORE },
        { "target", JEM_T_REPORT_C_TARGET }, { "on_time", JEM_T_REPORT_C_ON_TIME }, { "late", JEM_T_REPORT_C_LATE },
        { "overdue", JEM_T_REPORT_C_OVERDUE }, { "median_hours", JEM_T_REPORT_C_MEDIAN }, { NULL, JEM_T_NONE } };
    static const struct pdf_column villages[] = { { "name", JEM_T_REPORT_C_VILLAGE },
        { "submitted", JEM_T_REPORT_C_SUBMITTED }, { "days_since", JEM_T_REPORT_C_SINCE }, { NULL, JEM_T_NONE } };
    static const struct pdf_column targets[] = { { "village_name", JEM_T_REPORT_C_VILLAGE },
        { "service_name", JEM_T_REPORT_C_SERVICE }, { "submitted", JEM_T_REPORT_C_SUBMITTED },
        { "before", JEM_T_REPORT_C_BEFORE }, { "target", JEM_T_REPORT_C_TARGET },
        { "progress", JEM_T_REPORT_C_PROGRESS }, { NULL, JEM_T_NONE } };
    static const struct pdf_column vans[] = { { "name", JEM_T_REPORT_C_VAN }, { "submitted", JEM_T_REPORT_C_SUBMITTED },
        { "documents_missing", JEM_T_REPORT_C_MISSING }, { NULL, JEM_T_NONE } };
    static const struct pdf_column returns[] = { { "label", JEM_T_REPORT_C_REASON }, { "count", JEM_T_REPORT_C_COUNT },
        { NULL, JEM_T_NONE } };
    static const char *const ages[] = { "on_time", "due_soon", "overdue_week", "overdue_more" };
    static const enum jem_text age_labels[] = { JEM_T_REPORT_AGE_ON_TIME, JEM_T_REPORT_AGE_SOON, JEM_T_REPORT_AGE_WEEK,
        JEM_T_REPORT_AGE_MORE };
    static const char *const steps[] = { "received", "complete", "decided", "collected" };
    static const enum jem_text step_labels[] = { JEM_T_REPORT_F_RECEIVED, JEM_T_REPORT_F_COMPLETE,
        JEM_T_REPORT_C_DECIDED, JEM_T_REPORT_F_COLLECTED };
    struct jem_buf text = JEM_BUF_INIT(600);
    jem_buf_fmt(&text, "%s · %.200s", jem_text(JEM_T_REPORT_TITLE), jem_json_str(report, "place", ""));
    struct jem_pages *pages = jem_pages_new(jem_buf_text(&text), jem_json_int(report, "made_ms", 0) / 1000);
    jem_buf_clear(&text);
    if (pages == NULL) {
        jem_buf_release(&text);
        return jem_fail_nomem(err);
    }
    jem_buf_fmt(&text, "%s – %s: ", jem_json_str(report, "from", ""), jem_json_str(report, "to", ""));
    jem_buf_fmt(&text, jem_text(JEM_T_REPORT_TOTAL), (long long)jem_json_int(report, "applications", 0),
        (long long)jem_json_int(report, "before", 0));
    jem_pages_text(pages, jem_buf_text(&text));
    jem_buf_release(&text);
    jem_pages_heading(pages, jem_text(JEM_T_REPORT_SERVICES));
    pdf_table(pages, json_object_get(report, "services"), services);
    jem_pages_heading(pages, jem_text(JEM_T_REPORT_AGEING));
    pdf_bars(pages, json_object_get(report, "ageing"), ages, age_labels, 4);
    jem_pages_heading(pages, jem_text(JEM_T_REPORT_FUNNEL));
    pdf_bars(pages, json_object_get(report, "funnel"), steps, step_labels, 4);
    pdf_table(pages, json_object_get(report, "returns"), returns);
    pdf_survey(pages, json_object_get(report, "survey"));
    pdf_day(pages, report);
    pdf_coverage(pages, json_object_get(report, "coverage"));
    if (json_array_size(json_object_get(report, "targets")) > 0) {
        jem_pages_heading(pages, jem_text(JEM_T_REPORT_TARGETS));
        pdf_table(pages, json_object_get(report, "targets"), targets);
    }
    jem_pages_heading(pages, jem_text(JEM_T_REPORT_VILLAGES));
    pdf_table(pages, json_object_get(report, "villages"), villages);
    jem_pages_heading(pages, jem_text(JEM_T_REPORT_VANS));
    pdf_table(pages, json_object_get(report, "vans"), vans);
    return jem_pages_finish(pages, out, err);
}
