/* report_pictures.c - pictures of the report, drawn as SVG: days of each service, the survey's elements, villages by days since the
 * last visit there, links of vans, the queue's hours. Each says in words what it shows; tables stand beside them. */
#include <stdlib.h>
#include <string.h>

#include "numbers.h"
#include "report_own.h"

#define MULTIPLE_WIDTH 200
#define MULTIPLE_HEIGHT 40
#define MULTIPLE_NAME 28 /* characters of a service's name that fit above its picture; the table has it whole */
#define TILE 17          /* of a village's square */
#define TILES_LEFT 150
#define TILES_A_ROW 28
#define WEEK 7
#define DOT 22
#define CELL 26
#define LINKS_WIDTH 840

static void picture_label(struct jem_buf *b, int x, int y, const char *text)
{
    jem_buf_fmt(b, "<text x=\"%d\" y=\"%d\">", x, y);
    own_report_text(b, text);
    jem_buf_str(b, "</text>");
}

/* ---- days of each service ---- */

static void multiple_name(struct jem_buf *b, int x, int y, const char *name)
{
    size_t n = 0, bytes = 0;
    while (name[bytes] != '\0' && n < MULTIPLE_NAME) {
        do
            bytes++;
        while (((unsigned char)name[bytes] & 0xc0) == 0x80);
        n++;
    }
    struct jem_buf cut = JEM_BUF_INIT(MULTIPLE_NAME * 4 + 4);
    jem_buf_add(&cut, name, bytes);
    if (name[bytes] != '\0')
        jem_buf_str(&cut, "…");
    picture_label(b, x, y, jem_buf_text(&cut));
    jem_buf_release(&cut);
}

static int64_t multiple_median(const json_t *days, size_t day)
{
    int64_t week[WEEK];
    size_t n = 0;
    for (size_t k = day + 1 > WEEK ? day + 1 - WEEK : 0; k <= day; k++)
        week[n++] = json_integer_value(json_array_get(days, k));
    json_t *median = own_quantile(week, n, 50);
    int64_t out = json_integer_value(median);
    json_decref(median);
    return out;
}

static void picture_multiple(struct jem_buf *b, const json_t *days, int x, int y)
{
    const json_t *day;
    size_t d, count = json_array_size(days), width = (MULTIPLE_WIDTH - 12) / (count > 0 ? count : 1);
    int64_t most = 1;
    json_array_foreach(days, d, day) most = json_integer_value(day) > most ? json_integer_value(day) : most;
    json_array_foreach(days, d, day)
    {
        int64_t h = json_integer_value(day) * MULTIPLE_HEIGHT / most;
        if (h > 0)
            jem_buf_fmt(b, "<rect x=\"%zu\" y=\"%lld\" width=\"%zu\" height=\"%lld\"/>",
                (size_t)x + d * (MULTIPLE_WIDTH - 12) / count, (long long)(y + 16 + MULTIPLE_HEIGHT - h),
                width > 1 ? width - 1 : 1, (long long)h);
    }
    jem_buf_str(b, "<polyline points=\"");
    for (d = 0; d < count; d++)
        jem_buf_fmt(b, "%zu,%lld ", (size_t)x + d * (MULTIPLE_WIDTH - 12) / count + width / 2,
            (long long)(y + 16 + MULTIPLE_HEIGHT - multiple_median(days, d) * MULTIPLE_HEIGHT / most));
    jem_buf_str(b, "\"/>");
}

void own_report_multiples(const struct own_view *v)
{
    const json_t *services = json_object_get(v->report, "services"), *row;
    size_t i, n = json_array_size(services);
    if (n == 0)
        return;
    own_report_picture(v, JEM_T_REPORT_MULTIPLES, MULTIPLE_WIDTH * 3, (int)((n + 2) / 3) * (MULTIPLE_HEIGHT + 24));
    json_array_foreach(services, i, row)
    {
        int x = (int)(i % 3) * MULTIPLE_WIDTH, y = (int)(i / 3) * (MULTIPLE_HEIGHT + 24);
        multiple_name(v->b, x, y + 11, jem_json_str(row, "name", ""));
        picture_multiple(v->b, json_object_get(row, "days"), x, y);
    }
    jem_buf_str(v->b, "</svg>");
}

/* ---- the survey ---- */

/* NRR of an element runs from 1 to 4; the line of grade B stands at 76.61 of 100, which is NRR 3.0644. */
static void picture_survey(const struct own_view *v)
{
    static const struct own_column columns[] = { { "name", JEM_T_REPORT_C_ELEMENT, false },
        { "nrr", JEM_T_REPORT_C_NRR, false }, { NULL, JEM_T_NONE, false } };
    struct jem_buf *b = v->b;
    const json_t *survey = json_object_get(v->report, "survey"), *elements = json_object_get(survey, "elements"), *it;
    size_t i, n = json_array_size(elements);
    own_report_section(v, JEM_T_REPORT_SURVEY);
    own_report_picture(v, JEM_T_REPORT_SURVEY, 640, n > 0 ? (int)n * 22 + 18 : 4);
    json_array_foreach(elements, i, it)
    {
        double nrr = strtod(jem_json_str(it, "nrr", "0"), NULL);
        int y = (int)i * 22;
        jem_buf_fmt(b, "<text x=\"214\" y=\"%d\" text-anchor=\"end\">", y + 15);
        own_report_text(b, jem_json_str(it, "name", ""));
        jem_buf_fmt(b,
            "</text><rect x=\"220\" y=\"%d\" width=\"%d\" height=\"16\"/><text x=\"%d\" y=\"%d\">%.2f</text>", y + 2,
            (int)(nrr * 90), (int)(nrr * 90) + 226, y + 15, nrr);
    }
    if (n > 0)
        jem_buf_fmt(b, "<polyline points=\"495,0 495,%d\"/><text x=\"495\" y=\"%d\" text-anchor=\"middle\">B</text>",
            (int)n * 22, (int)n * 22 + 14);
    jem_buf_str(b, "</svg><p>");
    if (json_is_string(json_object_get(survey, "grade")))
        jem_buf_fmt(b, jem_text(JEM_T_REPORT_IKM), jem_json_str(survey, "ikm", ""), jem_json_str(survey, "grade", ""),
            (long long)jem_json_int(survey, "n", 0), (long long)jem_json_int(survey, "sample", 0));
    else
        jem_buf_fmt(b, jem_text(JEM_T_REPORT_IKM_FEW), (long long)jem_json_int(survey, "n", 0));
    jem_buf_str(b, "</p>");
    own_report_table(v, elements, columns, "survey", true);
    jem_buf_str(b, "</section>");
}

/* ---- villages ---- */

/* A week, a month, a quarter, longer; a village that was never visited is empty. */
static const char *tile_shade(const json_t *row)
{
    int64_t days = jem_json_int(row, "days_since", -1);
    return days < 0 ? "0" : days <= 7 ? "0.15" : days <= 30 ? "0.4" : days <= 90 ? "0.7" : "1";
}

static void tile(struct jem_buf *b, const json_t *row, int x, int y)
{
    int64_t days = jem_json_int(row, "days_since", -1);
    jem_buf_fmt(b, "<rect class=\"tile\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill-opacity=\"%s\"><title>", x,
        y, TILE - 3, TILE - 3, tile_shade(row));
    own_report_text(b, jem_json_str(row, "name", ""));
    if (days >= 0)
        jem_buf_fmt(b, ": %lld", (long long)days);
    else
        jem_buf_fmt(b, ": %s", jem_text(JEM_T_REPORT_NEVER));
    jem_buf_str(b, "</title></rect>");
}

/* A row a district, a square a village; rows that are full go on below. */
static int tiles(struct jem_buf *b, const json_t *villages)
{
    const json_t *row;
    const char *district = NULL;
    size_t i, at = 0;
    int y = -TILE;
    json_array_foreach(villages, i, row)
    {
        const char *name = jem_json_str(row, "district", "");
        bool next = district == NULL || strcmp(district, name) != 0;
        if (next || at == TILES_A_ROW) {
            y += TILE;
            at = 0;
        }
        if (next && b != NULL)
            picture_label(b, 0, y + TILE - 5, name);
        district = name;
        if (b != NULL)
            tile(b, row, TILES_LEFT + (int)at * TILE, y);
        at++;
    }
    return y + TILE;
}

static void picture_villages(const struct own_view *v)
{
    static const struct own_column columns[] = { { "name", JEM_T_REPORT_C_VILLAGE, false },
        { "district", JEM_T_REPORT_C_DISTRICT, false }, { "visits", JEM_T_REPORT_C_VISITS, false },
        { "last_day", JEM_T_REPORT_C_LAST, false }, { "days_since", JEM_T_REPORT_C_SINCE, false },
        { NULL, JEM_T_NONE, false } };
    const json_t *o = json_object_get(v->report, "coverage"), *villages = json_object_get(o, "villages"), *row;
    json_t *visited = json_array();
    size_t i;
    json_array_foreach(villages, i, row)
    {
        if (*jem_json_str(row, "last_day", ""))
            json_array_append(visited, (json_t *)(uintptr_t)row);
    }
    if (json_array_size(villages) > 0) {
        own_report_section(v, JEM_T_REPORT_VISIT_TILES);
        own_report_picture(v, JEM_T_REPORT_VISIT_TILES, TILES_LEFT + TILES_A_ROW * TILE, tiles(NULL, villages));
        (void)tiles(v->b, villages);
        jem_buf_str(v->b, "</svg><p>");
        own_report_text(v->b, jem_text(JEM_T_REPORT_TILES_ARE));
        jem_buf_byte(v->b, ' ');
        jem_buf_fmt(v->b, jem_text(JEM_T_VISIT_COVERED), (long long)jem_json_int(o, "visited", 0),
            (long long)jem_json_int(o, "total", 0), (long long)jem_json_int(o, "percent", 0),
            (long long)jem_json_int(o, "planned", 0), (long long)jem_json_int(o, "none", 0));
        jem_buf_str(v->b, "</p>");
        own_report_table(v, visited, columns, "coverage", true); /* those that were not are in the file */
        jem_buf_str(v->b, "</section>");
    }
    json_decref(visited);
}

/* ---- links, queue, complaints ---- */

static void picture_links(const struct own_view *v)
{
    static const struct own_column columns[] = { { "name", JEM_T_REPORT_C_VAN, false },
        { "met", JEM_T_REPORT_C_MET, false }, { "unsafe_events", JEM_T_REPORT_C_UNSAFE, false },
        { "oldest_day", JEM_T_REPORT_C_OLDEST, false }, { "lacking_files", JEM_T_REPORT_C_LACKING, false },
        { NULL, JEM_T_NONE, false } };
    struct jem_buf *b = v->b;
    const json_t *links = json_object_get(v->report, "links"), *it;
    size_t i, n = json_array_size(links);
    if (n == 0)
        return;
    own_report_section(v, JEM_T_REPORT_LINKS);
    own_report_picture(v, JEM_T_REPORT_LINKS, LINKS_WIDTH, (int)n * DOT + 4);
    json_array_foreach(links, i, it)
    {
        const char *days = jem_json_str(it, "days", "");
        int y = (int)i * DOT + DOT / 2;
        char risk[80];
        picture_label(b, 0, y + 5, jem_json_str(it, "name", ""));
        for (size_t d = 0; days[d] != '\0'; d++)
            jem_buf_fmt(b, "<circle cx=\"%zu\" cy=\"%d\" r=\"6\" fill-opacity=\"%s\"/>", 200 + d * DOT, y,
                days[d] == '1' ? "1" : "0.12");
        (void)snprintf(risk, sizeof risk, jem_text(JEM_T_REPORT_RISK), (long long)jem_json_int(it, "unsafe_events", 0),
            (long long)jem_json_int(it, "lacking_files", 0));
        picture_label(b, 200 + 14 * DOT, y + 5, risk);
    }
    jem_buf_str(b, "</svg>");
    own_report_table(v, links, columns, "links", true);
    jem_buf_str(b, "</section>");
}

static const enum jem_text weekdays[] = { JEM_T_REPORT_MON, JEM_T_REPORT_TUE, JEM_T_REPORT_WED, JEM_T_REPORT_THU,
    JEM_T_REPORT_FRI, JEM_T_REPORT_SAT, JEM_T_REPORT_SUN };

static void queue_table(const struct own_view *v, const json_t *cells)
{
    static const struct own_column columns[] = { { "name", JEM_T_REPORT_C_WEEKDAY, false },
        { "hour", JEM_T_REPORT_C_HOUR, false }, { "tickets", JEM_T_REPORT_C_TICKETS, false },
        { NULL, JEM_T_NONE, false } };
    json_t *rows = json_array(), *it;
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)cells, i, it)
    {
        json_t *row = json_copy(it);
        json_object_set_new(row, "name", json_string(jem_text(weekdays[jem_json_int(it, "weekday", 0) % WEEK])));
        json_array_append_new(rows, row);
    }
    own_report_table(v, rows, columns, "queue", true);
    json_decref(rows);
}

static void picture_queue(const struct own_view *v)
{
    struct jem_buf *b = v->b;
    const json_t *queue = json_object_get(v->report, "queue"), *cells = json_object_get(queue, "cells"), *it;
    size_t i;
    int64_t most = 1;
    if (json_array_size(cells) == 0)
        return;
    json_array_foreach(cells, i, it) most =
        jem_json_int(it, "tickets", 0) > most ? jem_json_int(it, "tickets", 0) : most;
    own_report_section(v, JEM_T_REPORT_QUEUE);
    own_report_picture(v, JEM_T_REPORT_QUEUE, 60 + 24 * CELL, WEEK * CELL + 20);
    for (int d = 0; d < WEEK; d++)
        picture_label(b, 0, d * CELL + 17, jem_text(weekdays[d]));
    for (int h = 0; h < 24; h += 3)
        jem_buf_fmt(b, "<text x=\"%d\" y=\"%d\">%d</text>", 60 + h * CELL, 7 * CELL + 14, h);
    json_array_foreach(cells, i, it)
    {
        int64_t n = jem_json_int(it, "tickets", 0);
        jem_buf_fmt(b,
            "<rect x=\"%lld\" y=\"%lld\" width=\"%d\" height=\"%d\" "
            "fill-opacity=\"0.%02lld\"><title>%lld</title></rect>",
            (long long)(60 + jem_json_int(it, "hour", 0) * CELL), (long long)(jem_json_int(it, "weekday", 0) * CELL),
            CELL - 2, CELL - 2, (long long)(15 + n * 84 / most), (long long)n);
    }
    jem_buf_str(b, "</svg><p>");
    jem_buf_fmt(b, jem_text(JEM_T_REPORT_WAITS), (long long)jem_json_int(queue, "tickets", 0),
        (long long)jem_json_int(queue, "median_minutes", 0), (long long)jem_json_int(queue, "p90_minutes", 0));
    jem_buf_str(b, "</p>");
    queue_table(v, cells);
    jem_buf_str(b, "</section>");
}

static void picture_complaints(const struct own_view *v)
{
    struct jem_buf *b = v->b;
    const json_t *c = json_object_get(v->report, "complaints"), *it;
    size_t i;
    own_report_section(v, JEM_T_REPORT_COMPLAINTS);
    jem_buf_str(b, "<p>");
    jem_buf_fmt(b, jem_text(JEM_T_REPORT_COMPLAINTS_ARE), (long long)jem_json_int(c, "filed", 0),
        (long long)jem_json_int(c, "closed", 0), (long long)jem_json_int(c, "open", 0),
        (long long)jem_json_int(c, "late", 0));
    jem_buf_str(b, "</p>");
    json_array_foreach(json_object_get(v->report, "outages"), i, it)
    {
        jem_buf_str(b, "<p>");
        own_report_text(b, jem_json_str(it, "name", ""));
        jem_buf_fmt(b, jem_text(JEM_T_REPORT_OUTAGE), (long long)jem_json_int(it, "hours", 0));
        if (jem_json_int(it, "photos", 0) > 0)
            jem_buf_fmt(b, jem_text(JEM_T_REPORT_OUTAGE_PHOTOS), (long long)jem_json_int(it, "photos", 0));
        jem_buf_str(b, "</p>");
    }
    jem_buf_str(b, "</section>");
}

void own_report_pictures(const struct own_view *v)
{
    picture_survey(v);
    picture_villages(v);
    picture_links(v);
    picture_queue(v);
    picture_complaints(v);
}
