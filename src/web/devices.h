/* devices.h - the parts of pages that show scanner and printer. Private to src/web.
 *
 * A part is an element with an id and data-part, the address at which the server draws it alone: the script of devices puts
 * it in its place again when something changed since data-rev, and without a script that address is a page of its own. */
#ifndef WEB_DEVICES_H
#define WEB_DEVICES_H
#include "jemput/station.h"
#include "office.h"

/* {"scanner":{"k","t"},"printer":{"k","t"}} into the strip of a van. */
void web_devices_strip(struct web_page *p, json_t *strip);
/* "devices" of /api/state. New reference. */
json_t *web_devices_state(struct web_page *p);
void web_api_code(struct web_page *p);

/* The scanned pages beside a form (its draft) or an application (its number), and the button that scans. In a form the controls belong to
 * web_tray_form, which stands behind it, and nothing is shown without a script: there the form's own button leads to the
 * tray's page. */
void web_tray_beside(struct web_page *p, const char *tray, const char *service, bool in_form);
void web_tray_form(struct web_page *p, const char *tray, const char *service);
void web_page_tray(struct web_page *p, const char *rest); /* /pindaian/REST */
/* 303 to the tray's page. */
void web_tray_open(struct web_page *p, const char *tray, const char *service);

/* A receipt's way to paper: printing, printed, asked, failed; the browser's print when there is no printer. */
void web_paper_box(struct web_page *p, uint64_t number, bool focus);
void web_page_paper(struct web_page *p, uint64_t number);
/* Recorded just now: its receipt is printed when a printer is here. Nothing waits for it. */
void web_paper_recorded(struct web_page *p, uint64_t number);

void web_page_devices(struct web_page *p);
void web_page_devices_look(struct web_page *p);
void web_page_devices_printer(struct web_page *p);
void web_page_devices_scanner(struct web_page *p);
void web_page_morning(struct web_page *p);
void web_page_morning_start(struct web_page *p);
void web_page_morning_answer(struct web_page *p);
void web_page_morning_picture(struct web_page *p);
/* POST of a part: {"ok"} or {"error"} for the script, else 303 to `path` or a page of the error. */
void web_part_answer(struct web_page *p, enum jem_code rc, const struct jem_error *err, const char *path);
#endif
