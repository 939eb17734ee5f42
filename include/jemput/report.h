/* report.h - how the service does: numbers of a period for people who steer it, without anybody's name. */
#ifndef JEMPUT_REPORT_H
#define JEMPUT_REPORT_H
#include "jemput/app.h"
#include "jemput/selection.h"

/* A group of fewer persons than this is told as "fewer", never as a number: villages, reasons. */
#define JEM_REPORT_SMALL 5
/* Any HQ officer. Applications submitted in the selection (open ends: the last 30 days up to today), and, as the baseline, those of
 * the period of the same length just before.
 * {"place","from","to","made_ms","applications":n,"before":n of the baseline,
 *  "services":[{"service","name","submitted","before","open","decided","handed_over","returned" ever,"rejected","on_time","late":
 *    decided after the promised time,"overdue": open past it,"promised_hours","median_hours","p90_hours" from submission to
 *    ready, handed over or rejected, whichever came first; null without one,"days":[submitted each day],"target","progress": percent,
 *    null without a target}],
 *  "villages":[{"village","name","submitted" or null when small,"before" the same,"last_day","days_since"}],
 *  "targets":[{"village","village_name","service" ("all": every),"service_name","submitted","before","target","progress"; null when small}],
 *  "coverage": jem_visit_coverage of the period,
 *  "days":[{"day","submitted","median7"}] each day of the period,
 *  "ageing":{"on_time","due_soon" within 2 days,"overdue_week" 1-7 days,"overdue_more"} of what is open,
 *  "funnel":{"received","complete","decided","collected"}, "returns":[{"reason","label","count" or null when small,"share": per
 *    cent of those told, up to this one}] most first,
 *  "vans":[{"van","name","submitted","documents_missing","last_day"}],
 *  "survey": jem_survey_report of the period (PermenPANRB 14/2017: U1-U9, IKM, grade, sample; small groups hidden),
 *  "complaints":{"filed","closed","open","late": past a term of SP4N-LAPOR!},"outages":[{"name","hours","photos": of them}],
 *  "queue":{"tickets","median_minutes","p90_minutes","cells":[{"weekday": 0 Monday,"hour","tickets"}]},
 *  "links":[{"van","name","days": fourteen of "0" and "1", today last: HQ took something in,"met": how many,"unsafe_events","oldest_day"
 *    of these or "","lacking_files"}]}
 * Promised times leave out outages of the van and of HQ. */
JEM_NODISCARD enum jem_code jem_report_make(struct jem_app *app, const struct jem_selection *what, json_t **out,
    struct jem_error *err);
/* Admin. Applications a month to reach: of a service in the region (village NULL), or in a village, there also of "all" services; 0: none.
 * was: what the admin saw (-1: anything). {"service","monthly","village"?} JEM_EEXISTS: it is another one by now */
JEM_NODISCARD enum jem_code jem_report_target(struct jem_app *app, const char *service, const char *village,
    int64_t monthly, int64_t was, json_t **out, struct jem_error *err);
/* {"services":[{"service","name","monthly"}] all that are offered,"villages":[{"village","village_name","service","service_name","monthly"}]} */
JEM_NODISCARD enum jem_code jem_report_targets(struct jem_app *app, json_t **out, struct jem_error *err);
/* What stands between the page's frame: headings, pictures, tables. csv: the address of a section's file without the section's name
 * ("/laporan?f=csv&g="), or NULL for no such links. Appended. */
JEM_NODISCARD enum jem_code jem_report_body(const json_t *report, const char *csv, struct jem_buf *out,
    struct jem_error *err);
/* The same for paper. Appended. */
JEM_NODISCARD enum jem_code jem_report_pdf(const json_t *report, struct jem_buf *out, struct jem_error *err);
/* The report as one printable page, with pictures drawn as SVG and each picture's table; and as comma-separated values, a
 * line a number: section, what, measure, value; of one section, or all (NULL, ""; without the villages of "coverage"). Appended. */
JEM_NODISCARD enum jem_code jem_report_html(const json_t *report, struct jem_buf *out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_report_csv(const json_t *report, const char *section, struct jem_buf *out,
    struct jem_error *err);
#endif
