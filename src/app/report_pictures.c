/* report_pictures.c - pictures of the report, drawn as SVG: days of each service, the survey's elements, villages by days since the
 * last application there, links of vans, the queue's hours. Each says in words what it shows; tables stand beside them. */
#include <stdlib.h>
#include <string.h>

#include "report_own.h"

#define MULTIPLE_WIDTH 200
#define MULTIPLE_HEIGHT 40
#define TILE 92
#define TILE_HEIGHT 44
#define TILES_A_ROW 7
#define DOT 22
#define CELL 26

static void picture_open(struct jem_buf *b, enum jem_text title, int width, int height)
{
    jem_buf_str(b, "<section><h2>");
    own_report_text(b, jem_text(title));
    jem_buf_fmt(b, "</h2><svg role=\"img\" viewBox=\"0 0 %d %d\" width=\"100%%\"><title>", width, height);
    own_report_text(b, jem_text(title));
    jem_buf_str(b, "</title>");
}

static void picture_label(struct jem_buf *b, int x, int y, const char *text)
{
    jem_buf_fmt(b, "<text x=\"%d\" y=\"%d\">", x, y);
    own_report_text(b, text);
    jem_buf_str(b, "</text>");
}

/* ---- days of each service ---- */

void own_report_multiples(struct jem_buf *b, const json_t *report)
{
    const json_t *services = json_object_get(report, "services"), *row, *day;
    size_t i, d, n = json_array_size(services);
    if (n == 0)
        return;
    jem_buf_fmt(b, "<svg role=\"img\" viewBox=\"0 0 %d %d\" width=\"100%%\"><title>", MULTIPLE_WIDTH * 3,
        (int)((n + 2) / 3) * (MULTIPLE_HEIGHT + 24));
    own_report_text(b, jem_text(JEM_T_REPORT_MULTIPLES));
    jem_buf_str(b, "</title>");
    json_array_foreach(services, i, row)
    {
        const json_t *days = json_object_get(row, "days");
        int x = (int)(i % 3) * MULTIPLE_WIDTH, y = (int)(i / 3) * (MULTIPLE_HEIGHT + 24);
        size_t count = json_array_size(days);
        int64_t most = 1;
        json_array_foreach(days, d, day) most = json_integer_value(day) > most ? json_integer_value(day) : most;
        picture_label(b, x, y + 11, jem_json_str(row, "name", ""));
        json_array_foreach(days, d, day)
        {
            int64_t h = json_integer_value(day) * MULTIPLE_HEIGHT / most;
            if (h > 0)
                jem_buf_fmt(b, "<rect x=\"%zu\" y=\"%lld\" width=\"%zu\" height=\"%lld\"/>",
                    (size_t)x + d * (MULTIPLE_WIDTH - 12) / count, (long long)(y + 16 + MULTIPLE_HEIGHT - h),
                    (MULTIPLE_WIDTH - 12) / count > 1 ? (MULTIPLE_WIDTH - 12) / count - 1 : 1, (long long)h);
        }
    }
    jem_buf_str(b, "</svg>");
}

/* ---- the survey ---- */

/* NRR of an element runs from 1 to 4; the line of grade B stands at 76.61 of 100, which is NRR 3.0644. */
static void picture_survey(struct jem_buf *b, const json_t *report)
{
    const json_t *survey = json_object_get(report, "survey"), *elements = json_object_get(survey, "elements"), *it;
    size_t i, n = json_array_size(elements);
    picture_open(b, JEM_T_REPORT_SURVEY, 640, n > 0 ? (int)n * 22 + 18 : 4);
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
    jem_buf_str(b, "</p></section>");
}

/* ---- villages ---- */

/* One tile a village, the longest ago first in shade: a week, a month, a quarter, longer. */
static void picture_villages(struct jem_buf *b, const json_t *report)
{
    static const char *const shades[] = { "0.9", "0.6", "0.35", "0.12" };
    const json_t *villages = json_object_get(report, "villages"), *it;
    size_t i, n = json_array_size(villages);
    if (n == 0)
        return;
    picture_open(b, JEM_T_REPORT_TILES, TILE * TILES_A_ROW, (int)((n + TILES_A_ROW - 1) / TILES_A_ROW) * TILE_HEIGHT);
    json_array_foreach(villages, i, it)
    {
        int64_t days = jem_json_int(it, "days_since", 0);
        int x = (int)(i % TILES_A_ROW) * TILE, y = (int)(i / TILES_A_ROW) * TILE_HEIGHT;
        const char *name = jem_json_str(it, "name", "");
        char text[60];
        int n_name = (int)(strcspn(name, ",") < 9 ? strcspn(name, ",") : 9);
        (void)snprintf(text, sizeof text, "%.*s %lld", n_name, name, (long long)days);
        jem_buf_fmt(b, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill-opacity=\"%s\"><title>", x, y, TILE - 4,
            TILE_HEIGHT - 4,
            shades[days <= 7    ? 3
                   : days <= 30 ? 2
                   : days <= 90 ? 1
                                : 0]);
        own_report_text(b, name);
        jem_buf_str(b, "</title></rect>");
        jem_buf_fmt(b, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"18\" class=\"under\"/>", x, y + TILE_HEIGHT - 22,
            TILE - 4);
        picture_label(b, x + 3, y + TILE_HEIGHT - 9, text);
    }
    jem_buf_str(b, "</svg></section>");
}

/* ---- links, queue, complaints ---- */

static void picture_links(struct jem_buf *b, const json_t *report)
{
    const json_t *links = json_object_get(report, "links"), *it;
    size_t i, n = json_array_size(links);
    if (n == 0)
        return;
    picture_open(b, JEM_T_REPORT_LINKS, 640, (int)n * DOT + 4);
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
    jem_buf_str(b, "</svg></section>");
}

static void picture_queue(struct jem_buf *b, const json_t *report)
{
    const json_t *queue = json_object_get(report, "queue"), *cells = json_object_get(queue, "cells"), *it;
    size_t i;
    int64_t most = 1;
    if (json_array_size(cells) == 0)
        return;
    json_array_foreach(cells, i, it) most =
        jem_json_int(it, "tickets", 0) > most ? jem_json_int(it, "tickets", 0) : most;
    picture_open(b, JEM_T_REPORT_QUEUE, 60 + 24 * CELL, 7 * CELL + 20);
    for (int d = 0; d < 7; d++) {
        static const enum jem_text names[] = { JEM_T_REPORT_MON, JEM_T_REPORT_TUE, JEM_T_REPORT_WED, JEM_T_REPORT_THU,
            JEM_T_REPORT_FRI, JEM_T_REPORT_SAT, JEM_T_REPORT_SUN };
        picture_label(b, 0, d * CELL + 17, jem_text(names[d]));
    }
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
    jem_buf_str(b, "</p></section>");
}

static void picture_complaints(struct jem_buf *b, const json_t *report)
{
    const json_t *c = json_object_get(report, "complaints"), *it;
    size_t i;
    jem_buf_str(b, "<section><h2>");
    own_report_text(b, jem_text(JEM_T_REPORT_COMPLAINTS));
    jem_buf_str(b, "</h2><p>");
    jem_buf_fmt(b, jem_text(JEM_T_REPORT_COMPLAINTS_ARE), (long long)jem_json_int(c, "filed", 0),
        (long long)jem_json_int(c, "closed", 0), (long long)jem_json_int(c, "open", 0),
        (long long)jem_json_int(c, "late", 0));
    jem_buf_str(b, "</p>");
    json_array_foreach(json_object_get(report, "outages"), i, it)
    {
        jem_buf_str(b, "<p>");
        own_report_text(b, jem_json_str(it, "name", ""));
        jem_buf_fmt(b, jem_text(JEM_T_REPORT_OUTAGE), (long long)jem_json_int(it, "hours", 0));
        jem_buf_str(b, "</p>");
    }
    jem_buf_str(b, "</section>");
}

void own_report_pictures(struct jem_buf *b, const json_t *report)
{
    picture_survey(b, report);
    picture_villages(b, report);
    picture_links(b, report);
    picture_queue(b, report);
    picture_complaints(b, report);
}
