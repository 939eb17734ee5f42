/* report_own.h - what the files of the report share. Private to src/app. */
#ifndef APP_REPORT_OWN_H
#define APP_REPORT_OWN_H
#include "jemput/report.h"
#include "own.h"

/* Adds survey, complaints, outages, queue, links and each service's target. */
JEM_NODISCARD enum jem_code own_report_more(struct jem_app *app, int32_t from, int32_t to, json_t *report,
    struct jem_error *err);
/* Text for markup. */
void own_report_text(struct jem_buf *b, const char *text);
/* Pictures beside those of report_page.c: a small one of days for each service; survey, villages, links, queue, complaints. */
void own_report_multiples(struct jem_buf *b, const json_t *report);
void own_report_pictures(struct jem_buf *b, const json_t *report);
#endif
