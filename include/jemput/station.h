/* station.h - the devices of a van whose pages are served: one owner for each device, whichever page asks.
 *
 *   thread "scanner":  waits -> list and state (plugged in or out, asked for, now and then while pages are looked at)
 *                            -> a scan into a tray (tray.h), page by page -> waits
 *                            -> the morning's check -> waits
 *   thread "printer":  waits -> state -> a receipt through the queue (print.h) -> waits
 *   thread "readers":  code readers that do not type are opened as they come; what they read waits for the page of the
 *                      officer who was active last
 *
 * No call waits for a device. Every function may be called from any thread; `app` is borrowed for the call. Texts are in the
 * language of the thread that asks, but for what a device said: that is in the language of whoever began the work. */
#ifndef JEMPUT_STATION_H
#define JEMPUT_STATION_H
#include "jemput/devices.h"

struct jem_station;
struct jem_station_hooks {                /* called in the station's threads; each may be NULL */
    void (*busy)(void *ctx, bool begins); /* around a scan and a print */
    void (*recorded)(void *ctx);          /* events may have been appended */
    void *ctx;
};
/* JEM_ENOMEM | JEM_EBUSY no threads to be had */
JEM_NODISCARD enum jem_code jem_station_new(const struct jem_station_hooks *hooks, struct jem_station **out,
    struct jem_error *err);
/* Stops a scan or print under way and waits for it. NULL accepted. */
void jem_station_free(struct jem_station *station);
/* An officer is here: until the first, nobody looks at devices. Receipts that were queued within the last hour and did not
 * begin are printed now. Also says that pages are looked at. */
void jem_station_offer(struct jem_station *station, struct jem_app *app);
/* Looks for devices again, with capabilities; the list is then in jem_station_list. */
void jem_station_look(struct jem_station *station);

/* Begins a scan into in->tray, copied. JEM_EBUSY one is under way */
JEM_NODISCARD enum jem_code jem_station_scan(struct jem_station *station, struct jem_app *app,
    const struct jem_scan_in *in, struct jem_error *err);
void jem_station_scan_stop(struct jem_station *station);
/* Prints the receipt of an application, or a ticket (jem_print_ticket), with job 0, or a job of it that is queued or failed. JEM_EBUSY too many wait */
JEM_NODISCARD enum jem_code jem_station_print(struct jem_station *station, struct jem_app *app, uint64_t number,
    int64_t job, struct jem_error *err);
/* The receipt of that application waits for the printer, or is being printed. */
bool jem_station_prints(struct jem_station *station, uint64_t number);
/* True when a receipt printer was found that can be used, or one was chosen and is here. */
bool jem_station_has_printer(struct jem_station *station);

/* As jem_print_choose and jem_scan_choose; looks again. They list what is connected and open nothing. */
JEM_NODISCARD enum jem_code jem_station_choose_printer(struct jem_station *station, struct jem_app *app,
    const char *printer, const char *profile, json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_station_choose_scanner(struct jem_station *station, struct jem_app *app,
    const char *scanner, struct jem_error *err);

/* {"rev": grows with every change,"looking":bool,
 *  "scanner":{"k":"ok|wait|bad","state":"none|ready|scanning|jam|cover|stopped|busy|gone|unknown|held","t"},
 *  "printer":{"k","state":"none|printing|ready|paper_low|paper_out|cover_open|...|unknown|held","t","name"},
 *  "scan":null|{"tray","running":bool,"pages","seconds","end","ok":bool,"resumable":bool,"half_sheet":bool,"text",
 *    "elsewhere":[{"number","pages"}] that a separator sent to other applications},
 *  "print":null|{"number","text"} the last receipt or ticket (with "ticket","day") that could not be queued, and why,
 *  "readers":n} */
JEM_NODISCARD enum jem_code jem_station_read(struct jem_station *station, json_t **out, struct jem_error *err);
/* What jem_devices_list found with `look`, or NULL: nobody asked yet. New reference. */
json_t *jem_station_list(struct jem_station *station);
/* The next code that was read within the last 10 s, once; JEM_ENOTFOUND there is none. */
JEM_NODISCARD enum jem_code jem_station_code(struct jem_station *station, char *out, size_t cap);

/* The morning's check: the program's own tests, doctor, a test print, a test scan. JEM_EBUSY one runs, or a scan */
JEM_NODISCARD enum jem_code jem_station_check(struct jem_station *station, struct jem_app *app, struct jem_error *err);
/* {"running":bool,"at_ms","rows":[{"check":"program|usb|..|print|scan","level":"ok|note|fault|ask","subject","text"}],"picture":bool},
 * or NULL: none yet. "ask": did the test page come out? New reference. */
json_t *jem_station_checked(struct jem_station *station);
void jem_station_check_answer(struct jem_station *station, bool came_out);
/* Test print, test scan alone: rows of the same check. */
JEM_NODISCARD enum jem_code jem_station_try(struct jem_station *station, struct jem_app *app, bool print, bool scan,
    struct jem_error *err);
/* The preview of the last test scan. JEM_ENOTFOUND none */
JEM_NODISCARD enum jem_code jem_station_picture(struct jem_station *station, struct jem_buf *out);
#endif
