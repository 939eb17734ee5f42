/* report_page.c - the report on paper and in a spreadsheet: one printable page with pictures in SVG, and a line a number. */
#include <string.h>

#include "jemput/csv.h"
#include "jemput/report.h"
#include "report_own.h"

#define PICTURE_WIDTH 640
#define BAR_HEIGHT 22
#define BAR_LEFT 220
#define DAY_HEIGHT 90

void own_report_text(struct jem_buf *b, const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        switch (*p) {
        case '&': jem_buf_str(b, "&amp;"); break;
        case '<': jem_buf_str(b, "&lt;"); break;
        case '>': jem_buf_str(b, "&gt;"); break;
        case '"': jem_buf_str(b, "&quot;"); break;
        default: jem_buf_byte(b, (unsigned char)*p);
        }
}

/* A number, or the words for one that is too small to be told or that there is none of. */
static void page_number(struct jem_buf *b, const json_t *v, bool small)
{
    if (json_is_integer(v))
        jem_buf_fmt(b, "%lld", (long long)json_integer_value(v));
    else if (small)
        jem_buf_fmt(b, "&lt; %d", JEM_REPORT_SMALL);
    else
        jem_buf_str(b, "–");
}

/* ---- the frame of a section ---- */

void own_report_section(const struct own_view *v, enum jem_text title)
{
    jem_buf_str(v->b, "<section><h2>");
    own_report_text(v->b, jem_text(title));
    jem_buf_str(v->b, "</h2>");
}

void own_report_picture(const struct own_view *v, enum jem_text title, int width, int height)
{
    jem_buf_fmt(v->b, "<svg role=\"img\" viewBox=\"0 0 %d %d\" width=\"100%%\"><title>", width, height);
    own_report_text(v->b, jem_text(title));
    jem_buf_str(v->b, "</title>");
}

static void table_cells(struct jem_buf *b, const json_t *row, const struct own_column *columns)
{
    for (const struct own_column *c = columns; c->key != NULL; c++) {
        const json_t *cell = json_object_get(row, c->key);
        jem_buf_str(b, json_is_string(cell) ? "<td>" : "<td class=\"n\">");
        if (json_is_string(cell))
            own_report_text(b, json_string_value(cell));
        else
            page_number(b, cell, c->small);
        jem_buf_str(b, "</td>");
    }
}

static void table_file(const struct own_view *v, const char *section, const char *title)
{
    if (v->csv == NULL)
        return;
    jem_buf_str(v->b, "<p class=\"noprint\"><a href=\"");
    own_report_text(v->b, v->csv);
    jem_buf_fmt(v->b, "%s\">CSV<span class=\"hide\"> ", section);
    own_report_text(v->b, title);
    jem_buf_str(v->b, "</span></a></p>");
}

void own_report_table(const struct own_view *v, const json_t *rows, const struct own_column *columns,
    const char *section, bool folded)
{
    struct jem_buf *b = v->b;
    size_t i;
    const json_t *row;
    if (folded) {
        jem_buf_str(b, "<details><summary>");
        own_report_text(b, jem_text(JEM_T_REPORT_TABLE));
        jem_buf_str(b, "</summary>");
    }
    jem_buf_str(b, "<div class=\"wide-table\" tabindex=\"0\" role=\"region\" aria-label=\"");
    own_report_text(b, jem_text(JEM_T_REPORT_TABLE));
    jem_buf_fmt(b, ": %s, ", section);
    own_report_text(b, jem_text(columns->head));
    jem_buf_str(b, "\"><table><thead><tr>");
    for (const struct own_column *c = columns; c->key != NULL; c++) {
        jem_buf_str(b, "<th scope=\"col\">");
        own_report_text(b, jem_text(c->head));
        jem_buf_str(b, "</th>");
    }
    jem_buf_str(b, "</tr></thead><tbody>");
    json_array_foreach(rows, i, row)
    {
        jem_buf_str(b, "<tr>");
        table_cells(b, row, columns);
        jem_buf_str(b, "</tr>");
    }
    jem_buf_str(b, "</tbody></table></div>");
    table_file(v, section, jem_text(columns->head));
    if (folded)
        jem_buf_str(b, "</details>");
}

/* ---- pictures ---- */

struct bar {
    const char *key;
    enum jem_text label;
};

/* Bars of an object's members and their table; `bars` end with key NULL. */
static void page_bars(const struct own_view *v, enum jem_text title, const char *section, const struct bar *bars,
    enum jem_text head)
{
    struct jem_buf *b = v->b;
    const json_t *values = json_object_get(v->report, section);
    const struct own_column columns[] = { { "label", head, false }, { "count", JEM_T_REPORT_C_COUNT, false },
        { NULL, JEM_T_NONE, false } };
    json_t *rows = json_array();
    int64_t most = 1;
    int n = 0;
    for (; bars[n].key != NULL; n++)
        most = jem_json_int(values, bars[n].key, 0) > most ? jem_json_int(values, bars[n].key, 0) : most;
    own_report_picture(v, title, PICTURE_WIDTH, n * BAR_HEIGHT);
    for (int i = 0; i < n; i++) {
        int y = i * BAR_HEIGHT;
        int64_t value = jem_json_int(values, bars[i].key, 0), w = value * (PICTURE_WIDTH - BAR_LEFT - 60) / most;
        jem_buf_fmt(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", BAR_LEFT - 6, y + 15);
        own_report_text(b, jem_text(bars[i].label));
        jem_buf_fmt(b,
            "</text><rect x=\"%d\" y=\"%d\" width=\"%lld\" height=\"16\"/><text x=\"%lld\" y=\"%d\">%lld</text>",
            BAR_LEFT, y + 2, (long long)w, (long long)(BAR_LEFT + w + 6), y + 15, (long long)value);
        json_array_append_new(rows,
            json_pack("{s:s,s:I}", "label", jem_text(bars[i].label), "count", (json_int_t)value));
    }
    jem_buf_str(b, "</svg>");
    own_report_table(v, rows, columns, section, true);
    json_decref(rows);
}

/* Most first, and a line of how much all up to here are together. Those too small to be told have no bar. */
static void page_pareto(const struct own_view *v)
{
    static const struct own_column columns[] = { { "label", JEM_T_REPORT_C_REASON, false },
        { "count", JEM_T_REPORT_C_COUNT, true }, { "share", JEM_T_REPORT_C_SHARE, false },
        { NULL, JEM_T_NONE, false } };
    struct jem_buf *b = v->b, line = JEM_BUF_INIT(4096);
    const json_t *returns = json_object_get(v->report, "returns"), *it;
    size_t i, n = json_array_size(returns);
    int64_t most = jem_json_int(json_array_get(returns, 0), "count", 1);
    own_report_section(v, JEM_T_REPORT_PARETO);
    own_report_picture(v, JEM_T_REPORT_PARETO, PICTURE_WIDTH, n > 0 ? (int)n * BAR_HEIGHT : 4);
    json_array_foreach(returns, i, it)
    {
        int y = (int)i * BAR_HEIGHT, room = PICTURE_WIDTH - BAR_LEFT - 60;
        int64_t count = jem_json_int(it, "count", 0), w = count * room / most;
        jem_buf_fmt(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", BAR_LEFT - 6, y + 15);
        own_report_text(b, jem_json_str(it, "label", ""));
        jem_buf_str(b, "</text>");
        if (count == 0) {
            jem_buf_fmt(b, "<text x=\"%d\" y=\"%d\">&lt; %d</text>", BAR_LEFT, y + 15, JEM_REPORT_SMALL);
            continue;
        }
        jem_buf_fmt(b, "<rect x=\"%d\" y=\"%d\" width=\"%lld\" height=\"16\"/>", BAR_LEFT, y + 2, (long long)w);
        jem_buf_fmt(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%lld</text>", PICTURE_WIDTH, y + 15,
            (long long)count);
        jem_buf_fmt(&line, "%lld,%d ", (long long)(BAR_LEFT + jem_json_int(it, "share", 0) * room / 100), y + 10);
    }
    if (line.len > 0)
        jem_buf_fmt(b, "<polyline points=\"%s\"/>", jem_buf_text(&line));
    jem_buf_str(b, "</svg>");
    own_report_table(v, returns, columns, "returns", true);
    jem_buf_str(b, "</section>");
    jem_buf_release(&line);
}

/* Submitted each day as bars, the median of seven days as a line. */
static void picture_days(const struct own_view *v)
{
    struct jem_buf *b = v->b;
    const json_t *days = json_object_get(v->report, "days"), *day;
    size_t i, n = json_array_size(days);
    int64_t most = 1;
    json_array_foreach(days, i, day) most =
        jem_json_int(day, "submitted", 0) > most ? jem_json_int(day, "submitted", 0) : most;
    own_report_picture(v, JEM_T_REPORT_DAYS, PICTURE_WIDTH, DAY_HEIGHT + 16);
    json_array_foreach(days, i, day)
    {
        int64_t h = jem_json_int(day, "submitted", 0) * DAY_HEIGHT / most;
        jem_buf_fmt(b, "<rect x=\"%zu\" y=\"%lld\" width=\"%zu\" height=\"%lld\"/>", i * PICTURE_WIDTH / n,
            (long long)(DAY_HEIGHT - h), PICTURE_WIDTH / n > 1 ? PICTURE_WIDTH / n - 1 : 1, (long long)h);
    }
    jem_buf_str(b, "<polyline points=\"");
    json_array_foreach(days, i, day) jem_buf_fmt(b, "%zu,%lld ", i * PICTURE_WIDTH / n + PICTURE_WIDTH / n / 2,
        (long long)(DAY_HEIGHT - jem_json_int(day, "median7", 0) * DAY_HEIGHT / most));
    jem_buf_fmt(b, "\"/><text x=\"0\" y=\"%d\">", DAY_HEIGHT + 14);
    own_report_text(b, jem_json_str(json_array_get(days, 0), "day", ""));
    jem_buf_fmt(b, "</text><text x=\"%d\" y=\"%d\" text-anchor=\"end\">", PICTURE_WIDTH, DAY_HEIGHT + 14);
    own_report_text(b, jem_json_str(json_array_get(days, n > 0 ? n - 1 : 0), "day", ""));
    jem_buf_str(b, "</text></svg>");
}

/* ---- sections ---- */

static void page_services(const struct own_view *v)
{
    static const struct own_column columns[] = { { "name", JEM_T_REPORT_C_SERVICE, false },
        { "submitted", JEM_T_REPORT_C_SUBMITTED, false }, { "before", JEM_T_REPORT_C_BEFORE, false },
        { "target", JEM_T_REPORT_C_TARGET, false }, { "progress", JEM_T_REPORT_C_PROGRESS, false },
        { "decided", JEM_T_REPORT_C_DECIDED, false }, { "on_time", JEM_T_REPORT_C_ON_TIME, false },
        { "late", JEM_T_REPORT_C_LATE, false }, { "open", JEM_T_REPORT_C_OPEN, false },
        { "overdue", JEM_T_REPORT_C_OVERDUE, false }, { "promised_hours", JEM_T_REPORT_C_PROMISED, false },
        { "median_hours", JEM_T_REPORT_C_MEDIAN, false }, { "p90_hours", JEM_T_REPORT_C_P90, false },
        { NULL, JEM_T_NONE, false } };
    own_report_section(v, JEM_T_REPORT_SERVICES);
    own_report_table(v, json_object_get(v->report, "services"), columns, "services", false);
    jem_buf_str(v->b, "</section>");
}

static void page_days(const struct own_view *v)
{
    static const struct own_column days[] = { { "day", JEM_T_REPORT_C_DAY, false },
        { "submitted", JEM_T_REPORT_C_SUBMITTED, false }, { "median7", JEM_T_REPORT_C_MEDIAN7, false },
        { NULL, JEM_T_NONE, false } };
    own_report_section(v, JEM_T_REPORT_DAYS);
    picture_days(v);
    own_report_multiples(v);
    own_report_table(v, json_object_get(v->report, "days"), days, "days", true);
    jem_buf_str(v->b, "</section>");
}

static void page_ageing(const struct own_view *v)
{
    static const struct bar ages[] = { { "on_time", JEM_T_REPORT_AGE_ON_TIME }, { "due_soon", JEM_T_REPORT_AGE_SOON },
        { "overdue_week", JEM_T_REPORT_AGE_WEEK }, { "overdue_more", JEM_T_REPORT_AGE_MORE }, { NULL, JEM_T_NONE } };
    static const struct bar steps[] = { { "received", JEM_T_REPORT_F_RECEIVED },
        { "complete", JEM_T_REPORT_F_COMPLETE }, { "decided", JEM_T_REPORT_C_DECIDED },
        { "collected", JEM_T_REPORT_F_COLLECTED }, { NULL, JEM_T_NONE } };
    own_report_section(v, JEM_T_REPORT_AGEING);
    page_bars(v, JEM_T_REPORT_AGEING, "ageing", ages, JEM_T_REPORT_C_AGE);
    jem_buf_str(v->b, "</section>");
    own_report_section(v, JEM_T_REPORT_FUNNEL);
    page_bars(v, JEM_T_REPORT_FUNNEL, "funnel", steps, JEM_T_REPORT_C_STEP);
    jem_buf_str(v->b, "</section>");
    page_pareto(v);
}

static void page_places(const struct own_view *v)
{
    static const struct own_column targets[] = { { "village_name", JEM_T_REPORT_C_VILLAGE, false },
        { "service_name", JEM_T_REPORT_C_SERVICE, false }, { "submitted", JEM_T_REPORT_C_SUBMITTED, true },
        { "before", JEM_T_REPORT_C_BEFORE, true }, { "target", JEM_T_REPORT_C_TARGET, false },
        { "progress", JEM_T_REPORT_C_PROGRESS, false }, { NULL, JEM_T_NONE, false } };
    static const struct own_column villages[] = { { "name", JEM_T_REPORT_C_VILLAGE, false },
        { "submitted", JEM_T_REPORT_C_SUBMITTED, true }, { "before", JEM_T_REPORT_C_BEFORE, true },
        { "last_day", JEM_T_REPORT_C_LAST, false }, { "days_since", JEM_T_REPORT_C_SINCE, false },
        { NULL, JEM_T_NONE, false } };
    static const struct own_column vans[] = { { "name", JEM_T_REPORT_C_VAN, false },
        { "submitted", JEM_T_REPORT_C_SUBMITTED, false }, { "documents_missing", JEM_T_REPORT_C_MISSING, false },
        { "last_day", JEM_T_REPORT_C_LAST, false }, { NULL, JEM_T_NONE, false } };
    if (json_array_size(json_object_get(v->report, "targets")) > 0) {
        own_report_section(v, JEM_T_REPORT_TARGETS);
        own_report_table(v, json_object_get(v->report, "targets"), targets, "targets", false);
        jem_buf_str(v->b, "</section>");
    }
    own_report_section(v, JEM_T_REPORT_VILLAGES);
    own_report_table(v, json_object_get(v->report, "villages"), villages, "villages", false);
    jem_buf_str(v->b, "</section>");
    own_report_section(v, JEM_T_REPORT_VANS);
    own_report_table(v, json_object_get(v->report, "vans"), vans, "vans", false);
    jem_buf_str(v->b, "</section>");
}

static const char PAGE_STYLE[] =
    "<style>body{font:14px/1.4 system-ui,\"Noto Sans\",sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem;"
    "color:#111;background:#fff}table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #bbb;"
    "padding:.2rem .4rem;text-align:left}.n{text-align:right;font-variant-numeric:tabular-nums}svg{max-width:40rem}"
    "svg "
    "text{font-size:12px}.tile{stroke:#777}circle{fill:#1f5f99}rect{fill:#1f5f99}polyline{fill:"
    "none;stroke:#b00020;stroke-width:2}"
    "section{break-inside:avoid}@page{size:A4;margin:15mm}</style>";

enum jem_code jem_report_body(const json_t *report, const char *csv, struct jem_buf *out, struct jem_error *err)
{
    const struct own_view v = { .b = out, .report = report, .csv = csv };
    jem_buf_str(out, "<h1>");
    own_report_text(out, jem_text(JEM_T_REPORT_TITLE));
    jem_buf_str(out, " · ");
    own_report_text(out, jem_json_str(report, "place", ""));
    jem_buf_str(out, "</h1><p>");
    own_report_text(out, jem_json_str(report, "from", ""));
    jem_buf_str(out, " – ");
    own_report_text(out, jem_json_str(report, "to", ""));
    jem_buf_str(out, ": ");
    jem_buf_fmt(out, jem_text(JEM_T_REPORT_TOTAL), (long long)jem_json_int(report, "applications", 0),
        (long long)jem_json_int(report, "before", 0));
    jem_buf_str(out, "</p>");
    page_services(&v);
    page_days(&v);
    page_ageing(&v);
    own_report_pictures(&v);
    page_places(&v);
    return jem_buf_ok(out, err);
}

enum jem_code jem_report_html(const json_t *report, struct jem_buf *out, struct jem_error *err)
{
    jem_buf_fmt(out,
        "<!doctype html><html lang=\"%s\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width,initial-scale=1\"><title>",
        jem_lang_get() == JEM_LANG_EN ? "en" : "id");
    own_report_text(out, jem_text(JEM_T_REPORT_TITLE));
    jem_buf_fmt(out, "</title>%s<main>", PAGE_STYLE);
    enum jem_code rc = jem_report_body(report, NULL, out, err);
    jem_buf_str(out, "</main></html>\n");
    return rc == JEM_OK ? jem_buf_ok(out, err) : rc;
}

/* ---- a line a number ---- */

static void csv_line(struct jem_buf *out, const char *section, const char *what, const char *measure, const json_t *v)
{
    char number[24] = "";
    if (json_is_integer(v))
        (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(v));
    jem_csv_cell(out, section, true);
    jem_csv_cell(out, what, false);
    jem_csv_cell(out, measure, false);
    jem_csv_cell(out, json_is_string(v) ? json_string_value(v) : number, false);
    jem_csv_end(out);
}

static bool csv_wanted(const char *section, const char *name)
{
    return *section == '\0' || strcmp(section, name) == 0;
}

/* A row that goes by more than one word: "3203012001 ktp-el". */
static void csv_row(struct jem_buf *out, const char *section, const json_t *row, const char *key, const char *further)
{
    char number[24];
    struct jem_buf what = JEM_BUF_INIT(600);
    const json_t *v = json_object_get(row, key);
    const char *name;
    (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(v));
    jem_buf_str(&what, json_is_string(v) ? json_string_value(v) : number);
    if (further != NULL) {
        const json_t *w = json_object_get(row, further);
        (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(w));
        jem_buf_fmt(&what, " %s", json_is_string(w) ? json_string_value(w) : number);
    }
    json_object_foreach((json_t *)(uintptr_t)row, name, v)
    {
        if (strcmp(name, key) != 0 && (further == NULL || strcmp(name, further) != 0) && !json_is_array(v))
            csv_line(out, section, jem_buf_text(&what), name, v);
    }
    jem_buf_release(&what);
}

static void csv_period(const json_t *report, struct jem_buf *out)
{
    csv_line(out, "period", "from", "day", json_object_get(report, "from"));
    csv_line(out, "period", "to", "day", json_object_get(report, "to"));
    csv_line(out, "period", "applications", "count", json_object_get(report, "applications"));
    csv_line(out, "period", "before", "count", json_object_get(report, "before"));
}

enum jem_code jem_report_csv(const json_t *report, const char *section, struct jem_buf *out, struct jem_error *err)
{
    static const struct {
        const char *name, *in, *list, *key, *further; /* in: the object that holds the list, or NULL */
    } lists[] = { { "services", NULL, "services", "service", NULL }, { "days", NULL, "days", "day", NULL },
        { "returns", NULL, "returns", "reason", NULL }, { "survey", "survey", "elements", "name", NULL },
        { "survey", "survey", "groups", "label", NULL }, { "coverage", "coverage", "villages", "village", NULL },
        { "links", NULL, "links", "name", NULL }, { "queue", "queue", "cells", "weekday", "hour" },
        { "outages", NULL, "outages", "name", NULL }, { "targets", NULL, "targets", "village", "service" },
        { "villages", NULL, "villages", "village", NULL }, { "vans", NULL, "vans", "name", NULL } };
    static const char *const groups[] = { "ageing", "funnel", "complaints", "queue", "survey", "coverage" };
    const char *key;
    json_t *row, *v;
    size_t k;
    section = section != NULL ? section : "";
    jem_buf_str(out, "section,what,measure,value\r\n");
    if (csv_wanted(section, "period"))
        csv_period(report, out);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        json_object_foreach(json_object_get(report, groups[i]), key, v)
        {
            if (csv_wanted(section, groups[i]) && !json_is_array(v))
                csv_line(out, groups[i], key, "count", v);
        }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        /* A regency has hundreds of villages, most of them without a visit: they are told where they are asked for. */
        const json_t *holder = lists[i].in != NULL ? json_object_get(report, lists[i].in) : report;
        json_array_foreach(json_object_get(holder, lists[i].list), k, row)
        {
            if (csv_wanted(section, lists[i].name) && (*section != '\0' || strcmp(lists[i].name, "coverage") != 0))
                csv_row(out, lists[i].name, row, lists[i].key, lists[i].further);
        }
    }
    return jem_buf_ok(out, err);
}
