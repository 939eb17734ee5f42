/* report_own.h - what the files of the report share. Private to src/app. */
#ifndef APP_REPORT_OWN_H
#define APP_REPORT_OWN_H
#include "jemput/report.h"
#include "own.h"

/* Adds survey, coverage, complaints, outages, queue and links. */
JEM_NODISCARD enum jem_code own_report_more(struct jem_app *app, int32_t from, int32_t to, json_t *report,
    struct jem_error *err);
/* Adds each service's target and "targets"; villages, before: what was counted ({village:{"n","by":{service:{"n"}}}}). */
JEM_NODISCARD enum jem_code own_report_targets(struct jem_app *app, const struct jem_selection *period,
    const json_t *villages, const json_t *before, json_t *report, struct jem_error *err);
/* Its "n", or null when that is too small to be told. New reference. */
json_t *own_report_small(const json_t *entry);

/* A page that is being drawn. */
struct own_view {
    struct jem_buf *b;
    const json_t *report;
    const char *csv; /* jem_report_body */
};
struct own_column {
    const char *key; /* NULL ends the list */
    enum jem_text head;
    bool small; /* null means too few to be told */
};
/* Text for markup. */
void own_report_text(struct jem_buf *b, const char *text);
/* <section>, its heading. */
void own_report_section(const struct own_view *v, enum jem_text title);
/* <svg> with its title, of so many units. */
void own_report_picture(const struct own_view *v, enum jem_text title, int width, int height);
/* Rows of objects; `folded` in <details>; with the link to the section's file. */
void own_report_table(const struct own_view *v, const json_t *rows, const struct own_column *columns,
    const char *section, bool folded);
/* Pictures beside those of report_page.c: a small one of days for each service; survey, villages, links, queue, complaints. */
void own_report_multiples(const struct own_view *v);
void own_report_pictures(const struct own_view *v);
#endif
