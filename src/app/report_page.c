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

/* ---- pictures ---- */

struct bar {
    const char *label;
    int64_t value;
};

static void picture_begin(struct jem_buf *b, enum jem_text title, int height)
{
    jem_buf_str(b, "<section><h2>");
    own_report_text(b, jem_text(title));
    jem_buf_fmt(b, "</h2><svg role=\"img\" viewBox=\"0 0 %d %d\" width=\"100%%\"><title>", PICTURE_WIDTH, height);
    own_report_text(b, jem_text(title));
    jem_buf_str(b, "</title>");
}

static void picture_bars(struct jem_buf *b, enum jem_text title, const struct bar *bars, size_t n)
{
    int64_t most = 1;
    for (size_t i = 0; i < n; i++)
        most = bars[i].value > most ? bars[i].value : most;
    picture_begin(b, title, (int)(n > 0 ? n : 1) * BAR_HEIGHT);
    for (size_t i = 0; i < n; i++) {
        int y = (int)i * BAR_HEIGHT;
        int64_t w = bars[i].value * (PICTURE_WIDTH - BAR_LEFT - 60) / most;
        jem_buf_fmt(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", BAR_LEFT - 6, y + 15);
        own_report_text(b, bars[i].label);
        jem_buf_fmt(b,
            "</text><rect x=\"%d\" y=\"%d\" width=\"%lld\" height=\"16\"/><text x=\"%lld\" y=\"%d\">%lld</text>",
            BAR_LEFT, y + 2, (long long)w, (long long)(BAR_LEFT + w + 6), y + 15, (long long)bars[i].value);
    }
    jem_buf_str(b, "</svg>");
}

/* Submitted each day as bars, the median of seven days as a line. */
static void picture_days(struct jem_buf *b, const json_t *days)
{
    size_t i, n = json_array_size(days);
    json_t *day;
    int64_t most = 1;
    json_array_foreach(days, i, day) most =
        jem_json_int(day, "submitted", 0) > most ? jem_json_int(day, "submitted", 0) : most;
    picture_begin(b, JEM_T_REPORT_DAYS, DAY_HEIGHT + 16);
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

/* ---- tables ---- */

struct column {
    const char *key;
    enum jem_text head;
    bool small; /* null means too few to be told */
};

/* Rows of objects; columns end with key NULL. */
static void page_table(struct jem_buf *b, const json_t *rows, const struct column *columns)
{
    size_t i;
    json_t *row;
    jem_buf_str(b, "<div class=\"wide-table\" tabindex=\"0\" role=\"region\" aria-label=\"");
    own_report_text(b, jem_text(JEM_T_REPORT_TABLE));
    jem_buf_str(b, ": ");
    own_report_text(b, jem_text(columns->head));
    jem_buf_str(b, "\"><table><thead><tr>");
    for (const struct column *c = columns; c->key != NULL; c++) {
        jem_buf_str(b, "<th scope=\"col\">");
        own_report_text(b, jem_text(c->head));
        jem_buf_str(b, "</th>");
    }
    jem_buf_str(b, "</tr></thead><tbody>");
    json_array_foreach(rows, i, row)
    {
        jem_buf_str(b, "<tr>");
        for (const struct column *c = columns; c->key != NULL; c++) {
            const json_t *v = json_object_get(row, c->key);
            jem_buf_str(b, json_is_string(v) ? "<td>" : "<td class=\"n\">");
            if (json_is_string(v))
                own_report_text(b, json_string_value(v));
            else
                page_number(b, v, c->small);
            jem_buf_str(b, "</td>");
        }
        jem_buf_str(b, "</tr>");
    }
    jem_buf_str(b, "</tbody></table></div>");
}

static void page_services(struct jem_buf *b, const json_t *report)
{
    static const struct column columns[] = { { "name", JEM_T_REPORT_C_SERVICE, false },
        { "submitted", JEM_T_REPORT_C_SUBMITTED, false }, { "before", JEM_T_REPORT_C_BEFORE, false },
        { "target", JEM_T_REPORT_C_TARGET, false }, { "progress", JEM_T_REPORT_C_PROGRESS, false },
        { "decided", JEM_T_REPORT_C_DECIDED, false }, { "on_time", JEM_T_REPORT_C_ON_TIME, false },
        { "late", JEM_T_REPORT_C_LATE, false }, { "open", JEM_T_REPORT_C_OPEN, false },
        { "overdue", JEM_T_REPORT_C_OVERDUE, false }, { "promised_hours", JEM_T_REPORT_C_PROMISED, false },
        { "median_hours", JEM_T_REPORT_C_MEDIAN, false }, { "p90_hours", JEM_T_REPORT_C_P90, false },
        { NULL, JEM_T_NONE, false } };
    jem_buf_str(b, "<section><h2>");
    own_report_text(b, jem_text(JEM_T_REPORT_SERVICES));
    jem_buf_str(b, "</h2>");
    page_table(b, json_object_get(report, "services"), columns);
    jem_buf_str(b, "</section>");
}

static void page_ageing(struct jem_buf *b, const json_t *report)
{
    const json_t *age = json_object_get(report, "ageing"), *funnel = json_object_get(report, "funnel");
    const struct bar ages[] = { { jem_text(JEM_T_REPORT_AGE_ON_TIME), jem_json_int(age, "on_time", 0) },
        { jem_text(JEM_T_REPORT_AGE_SOON), jem_json_int(age, "due_soon", 0) },
        { jem_text(JEM_T_REPORT_AGE_WEEK), jem_json_int(age, "overdue_week", 0) },
        { jem_text(JEM_T_REPORT_AGE_MORE), jem_json_int(age, "overdue_more", 0) } };
    const struct bar steps[] = { { jem_text(JEM_T_REPORT_F_RECEIVED), jem_json_int(funnel, "received", 0) },
        { jem_text(JEM_T_REPORT_F_COMPLETE), jem_json_int(funnel, "complete", 0) },
        { jem_text(JEM_T_REPORT_C_DECIDED), jem_json_int(funnel, "decided", 0) },
        { jem_text(JEM_T_REPORT_F_COLLECTED), jem_json_int(funnel, "collected", 0) } };
    picture_bars(b, JEM_T_REPORT_AGEING, ages, sizeof ages / sizeof *ages);
    jem_buf_str(b, "</section>");
    picture_bars(b, JEM_T_REPORT_FUNNEL, steps, sizeof steps / sizeof *steps);
    static const struct column returns[] = { { "reason", JEM_T_REPORT_C_REASON, false },
        { "count", JEM_T_REPORT_C_COUNT, true }, { NULL, JEM_T_NONE, false } };
    page_table(b, json_object_get(report, "returns"), returns);
    jem_buf_str(b, "</section>");
}

static void page_places(struct jem_buf *b, const json_t *report)
{
    static const struct column villages[] = { { "name", JEM_T_REPORT_C_VILLAGE, false },
        { "submitted", JEM_T_REPORT_C_SUBMITTED, true }, { "last_day", JEM_T_REPORT_C_LAST, false },
        { "days_since", JEM_T_REPORT_C_SINCE, false }, { NULL, JEM_T_NONE, false } };
    static const struct column vans[] = { { "name", JEM_T_REPORT_C_VAN, false },
        { "submitted", JEM_T_REPORT_C_SUBMITTED, false }, { "documents_missing", JEM_T_REPORT_C_MISSING, false },
        { "last_day", JEM_T_REPORT_C_LAST, false }, { NULL, JEM_T_NONE, false } };
    jem_buf_str(b, "<section><h2>");
    own_report_text(b, jem_text(JEM_T_REPORT_VILLAGES));
    jem_buf_str(b, "</h2>");
    page_table(b, json_object_get(report, "villages"), villages);
    jem_buf_str(b, "</section>");
    jem_buf_str(b, "<section><h2>");
    own_report_text(b, jem_text(JEM_T_REPORT_VANS));
    jem_buf_str(b, "</h2>");
    page_table(b, json_object_get(report, "vans"), vans);
    jem_buf_str(b, "</section>");
}

static const char PAGE_STYLE[] =
    "<style>body{font:14px/1.4 system-ui,\"Noto Sans\",sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem;"
    "color:#111;background:#fff}table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #bbb;"
    "padding:.2rem .4rem;text-align:left}.n{text-align:right;font-variant-numeric:tabular-nums}svg{max-width:40rem}"
    "svg "
    "text{font-size:12px}.under{fill:#fff}circle{fill:#1f5f99}rect{fill:#1f5f99}polyline{fill:"
    "none;stroke:#b00020;stroke-width:2}"
    "section{break-inside:avoid}@page{size:A4;margin:15mm}</style>";

enum jem_code jem_report_body(const json_t *report, struct jem_buf *out, struct jem_error *err)
{
    static const struct column days[] = { { "day", JEM_T_REPORT_C_DAY, false },
        { "submitted", JEM_T_REPORT_C_SUBMITTED, false }, { "median7", JEM_T_REPORT_C_MEDIAN7, false },
        { NULL, JEM_T_NONE, false } };
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
    page_services(out, report);
    picture_days(out, json_object_get(report, "days"));
    own_report_multiples(out, report);
    jem_buf_str(out, "<details><summary>");
    own_report_text(out, jem_text(JEM_T_REPORT_TABLE));
    jem_buf_str(out, "</summary>");
    page_table(out, json_object_get(report, "days"), days);
    jem_buf_str(out, "</details></section>");
    page_ageing(out, report);
    own_report_pictures(out, report);
    page_places(out, report);
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
    enum jem_code rc = jem_report_body(report, out, err);
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

enum jem_code jem_report_csv(const json_t *report, struct jem_buf *out, struct jem_error *err)
{
    static const struct {
        const char *list, *key;
    } lists[] = { { "services", "service" }, { "villages", "village" }, { "days", "day" }, { "returns", "reason" },
        { "vans", "name" } };
    static const char *const groups[] = { "ageing", "funnel", "complaints" };
    const char *key;
    json_t *row, *v;
    size_t k;
    jem_buf_str(out, "section,what,measure,value\r\n");
    csv_line(out, "period", "from", "day", json_object_get(report, "from"));
    csv_line(out, "period", "to", "day", json_object_get(report, "to"));
    csv_line(out, "period", "applications", "count", json_object_get(report, "applications"));
    csv_line(out, "period", "before", "count", json_object_get(report, "before"));
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        json_array_foreach(json_object_get(report, lists[i].list), k, row)
        {
            json_object_foreach(row, key, v)
            {
                if (strcmp(key, lists[i].key) != 0)
                    csv_line(out, lists[i].list, jem_json_str(row, lists[i].key, ""), key, v);
            }
        }
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        json_object_foreach(json_object_get(report, groups[i]), key, v)
        {
            csv_line(out, groups[i], key, "count", v);
        }
    return jem_buf_ok(out, err);
}
