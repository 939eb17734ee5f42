/* station.c - the life of a station, and what pages ask of it. */
#include "station_own.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jemput/clock.h"
#include "jemput/print.h"
#include "jemput/usb.h"
#include "print_own.h"

#define STATION_CODE_MS 10000

/* ---- shared by the threads ---- */

void station_wait(struct jem_station *s)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += STATION_TICK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    (void)pthread_cond_timedwait(&s->changed, &s->lock, &until);
}

void station_touch(struct jem_station *s)
{
    s->rev++;
    pthread_cond_broadcast(&s->changed);
}

unsigned station_usb_changes(struct jem_station *s)
{
    struct jem_usb *usb = jem_devices_usb(s->devices);
    return usb != NULL ? jem_usb_changes(usb) : 0;
}

/* ---- life ---- */

static void station_locks(struct jem_station *s)
{
    pthread_condattr_t monotonic;
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->scanner_lock, NULL);
    pthread_mutex_init(&s->printer_lock, NULL);
    pthread_mutex_init(&s->readers_lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

enum jem_code jem_station_new(const struct jem_station_hooks *hooks, struct jem_station **out, struct jem_error *err)
{
    static void *(*const mains[])(void *) = { station_scanner_main, station_printer_main, station_readers_main };
    sigset_t all, before;
    struct jem_station *s = calloc(1, sizeof *s);
    *out = NULL;
    if (s == NULL)
        return jem_fail_nomem(err);
    station_locks(s);
    s->hooks = *hooks;
    s->picture = JEM_BUF_INIT(OWN_TRAY_PAGE_MAX);
    s->watched_ms = jem_mono_ms() - STATION_WATCHED_MS;
    sigfillset(&all); /* signals are the server's: also libusb's threads would end it in the middle of things */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    enum jem_code rc = jem_devices_new(&s->devices, err);
    for (size_t i = 0; rc == JEM_OK && i < sizeof mains / sizeof *mains; i++) {
        if (pthread_create(&s->threads[i], NULL, mains[i], s) == 0)
            s->thread_count++;
        else
            rc = jem_fail(err, JEM_EBUSY, JEM_D_APP, 0, JEM_T_STATION_THREAD);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == JEM_OK)
        *out = s;
    else
        jem_station_free(s);
    return rc;
}

void jem_station_free(struct jem_station *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    s->end = true;
    atomic_store(&s->stop, true);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < s->thread_count; i++)
        pthread_join(s->threads[i], NULL);
    for (size_t i = 0; i < s->print_count; i++)
        jem_app_close(s->prints[i].app);
    jem_app_close(s->job_app);
    jem_app_close(s->app[0]);
    jem_app_close(s->app[1]);
    jem_devices_free(s->devices);
    json_decref(s->list);
    json_decref(s->check);
    jem_buf_release(&s->picture);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->scanner_lock);
    pthread_mutex_destroy(&s->printer_lock);
    pthread_mutex_destroy(&s->readers_lock);
    free(s);
}

void jem_station_offer(struct jem_station *s, struct jem_app *app)
{
    struct jem_app *own[2] = { NULL, NULL };
    pthread_mutex_lock(&s->lock);
    s->watched_ms = jem_mono_ms();
    bool wanted = s->app[0] == NULL || s->app[1] == NULL;
    pthread_mutex_unlock(&s->lock);
    if (!wanted)
        return;
    for (size_t i = 0; i < 2; i++)
        if (jem_app_dup(app, &own[i], NULL) != JEM_OK)
            own[i] = NULL;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < 2; i++)
        if (s->app[i] == NULL) {
            s->app[i] = own[i];
            own[i] = NULL;
        }
    s->look_scanner = s->look_printer = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    jem_app_close(own[0]);
    jem_app_close(own[1]);
}

void jem_station_look(struct jem_station *s)
{
    pthread_mutex_lock(&s->lock);
    s->want_list = s->look_scanner = s->look_printer = true;
    station_touch(s);
    pthread_mutex_unlock(&s->lock);
}

/* ---- work ---- */

static void station_take_scan(struct jem_station *s, const struct jem_scan_in *in)
{
    s->scan_in = *in;
    (void)snprintf(s->scan_tray, sizeof s->scan_tray, "%s", in->tray != NULL ? in->tray : "");
    (void)snprintf(s->scan_kind, sizeof s->scan_kind, "%s", in->kind != NULL ? in->kind : "");
    (void)snprintf(s->scan_service, sizeof s->scan_service, "%s", in->service != NULL ? in->service : "");
    (void)snprintf(s->scan_scanner, sizeof s->scan_scanner, "%s", in->scanner != NULL ? in->scanner : "");
    s->scan_in.tray = s->scan_tray;
    s->scan_in.kind = s->scan_kind;
    s->scan_in.service = s->scan_service;
    s->scan_in.scanner = s->scan_scanner;
    s->scanned = true;
    s->scan_ok = s->resumable = s->half_sheet = false;
    s->pages = 0;
    s->elsewhere_count = 0;
    s->scan_text[0] = s->scan_end[0] = '\0';
    s->begun_ms = jem_mono_ms();
}

static enum jem_code station_begin(struct jem_station *s, struct jem_app *app, enum station_step step,
    const struct jem_scan_in *in, unsigned tries, struct jem_error *err)
{
    struct jem_app *own = NULL;
    enum jem_code rc = jem_app_dup(app, &own, err);
    if (rc != JEM_OK)
        return rc;
    pthread_mutex_lock(&s->lock);
    bool taken = s->step == STATION_IDLE;
    if (taken) {
        s->step = step;
        s->job_app = own;
        s->job_lang = jem_lang_get();
        s->tries = tries;
        atomic_store(&s->stop, false);
        if (in != NULL)
            station_take_scan(s, in);
        station_touch(s);
    }
    pthread_mutex_unlock(&s->lock);
    if (taken)
        return JEM_OK;
    jem_app_close(own);
    return jem_fail(err, JEM_EBUSY, JEM_D_APP, 0, JEM_T_STATION_BUSY);
}

enum jem_code jem_station_scan(struct jem_station *s, struct jem_app *app, const struct jem_scan_in *in,
    struct jem_error *err)
{
    return station_begin(s, app, STATION_SCAN, in, 0, err);
}

void jem_station_scan_stop(struct jem_station *s)
{
    atomic_store(&s->stop, true);
}

enum jem_code jem_station_check(struct jem_station *s, struct jem_app *app, struct jem_error *err)
{
    return station_begin(s, app, STATION_CHECK, NULL, STATION_TRY_PROGRAM | STATION_TRY_PRINT | STATION_TRY_SCAN, err);
}

enum jem_code jem_station_try(struct jem_station *s, struct jem_app *app, bool print, bool scan, struct jem_error *err)
{
    unsigned tries = (print ? STATION_TRY_PRINT : 0) | (scan ? STATION_TRY_SCAN : 0);
    return station_begin(s, app, STATION_CHECK, NULL, tries, err);
}

enum jem_code jem_station_print(struct jem_station *s, struct jem_app *app, uint64_t number, int64_t job,
    struct jem_error *err)
{
    struct station_print one = { .number = number, .job = job, .lang = jem_lang_get() };
    enum jem_code rc = jem_app_dup(app, &one.app, err);
    if (rc != JEM_OK)
        return rc;
    pthread_mutex_lock(&s->lock);
    bool twice = false;
    for (size_t i = 0; i < s->print_count; i++)
        twice = twice || (s->prints[i].number == number && s->prints[i].job == job);
    bool taken = !twice && s->print_count < STATION_PRINTS_MAX;
    if (taken) {
        s->prints[s->print_count++] = one;
        s->print_failed = 0;
        station_touch(s);
    }
    pthread_mutex_unlock(&s->lock);
    if (taken)
        return JEM_OK;
    jem_app_close(one.app);
    return twice ? JEM_OK : jem_fail(err, JEM_EBUSY, JEM_D_APP, 0, JEM_T_STATION_PRINTS);
}

bool jem_station_prints(struct jem_station *s, uint64_t number)
{
    pthread_mutex_lock(&s->lock);
    bool found = s->printing && s->printing_number == number;
    for (size_t i = 0; i < s->print_count; i++)
        found = found || s->prints[i].number == number;
    pthread_mutex_unlock(&s->lock);
    return found;
}

bool jem_station_has_printer(struct jem_station *s)
{
    pthread_mutex_lock(&s->lock);
    bool has = s->printer.here && s->printer.usable;
    pthread_mutex_unlock(&s->lock);
    return has;
}

enum jem_code jem_station_choose_printer(struct jem_station *s, struct jem_app *app, const char *printer,
    const char *profile, json_t **out, struct jem_error *err)
{
    return jem_print_choose(app, jem_devices_usb(s->devices), printer, profile, out, err);
}

enum jem_code jem_station_choose_scanner(struct jem_station *s, struct jem_app *app, const char *scanner,
    struct jem_error *err)
{
    return jem_scan_choose(app, s->devices, scanner, err);
}

/* ---- reading ---- */

static json_t *read_scanner(const struct jem_station *s)
{
    const struct station_scanner *d = &s->scanner;
    const char *k = "ok", *state = "ready";
    struct jem_buf t = JEM_BUF_INIT(600);
    if (s->step == STATION_SCAN) {
        long long seconds = (long long)((jem_mono_ms() - s->begun_ms) / 1000);
        state = "scanning";
        jem_buf_fmt(&t, jem_text(JEM_T_STATION_SCANNING), (int)s->pages, seconds);
    } else if (!d->here) {
        k = d->known ? "wait" : "";
        state = "none";
        jem_buf_str(&t, jem_text(!d->known      ? JEM_T_STATION_SCANNER_LOOKING
                                 : d->count > 1 ? JEM_T_STATION_SCANNER_WHICH
                                                : JEM_T_STATION_SCANNER_NONE));
    } else if (!d->usable) {
        k = "bad";
        state = "held";
        jem_buf_str(&t, d->why);
    } else if (d->status.state == JEM_SCANNER_GONE) {
        k = "bad";
        state = "gone";
        jem_buf_str(&t, jem_text(JEM_T_SCANNER_GONE));
    } else {
        bool jam = d->status.adf == JEM_ADF_JAM, cover = d->status.adf == JEM_ADF_COVER;
        bool stopped = d->status.state == JEM_SCANNER_STOPPED;
        bool waits = d->status.state == JEM_SCANNER_BUSY || d->status.state == JEM_SCANNER_TESTING;
        k = jam || cover || stopped ? "bad" : waits ? "wait" : "ok";
        state = jam ? "jam" : cover ? "cover" : stopped ? "stopped" : waits ? "busy" : "ready";
        jem_buf_str(&t, d->status.state == JEM_SCANNER_UNKNOWN && !jam && !cover ? jem_text(JEM_T_SCANNER_IDLE)
                                                                                 : jem_scanner_status_text(&d->status));
    }
    json_t *o = json_pack("{s:s,s:s,s:s,s:s}", "k", k, "state", state, "t", jem_buf_text(&t), "name", d->name);
    jem_buf_release(&t);
    return o;
}

static json_t *read_printer(const struct jem_station *s)
{
    const struct station_printer *d = &s->printer;
    const char *k = "ok", *state = jem_printer_state_name(d->state), *text = jem_printer_state_text(d->state);
    if (s->printing) {
        state = "printing";
        text = jem_text(JEM_T_STATION_PRINTING);
    } else if (!d->here) {
        k = d->known ? "wait" : "";
        state = "none";
        text = jem_text(!d->known      ? JEM_T_STATION_PRINTER_LOOKING
                        : d->count > 1 ? JEM_T_STATION_PRINTER_WHICH
                                       : JEM_T_STATION_PRINTER_NONE);
    } else if (!d->usable) {
        k = "bad";
        state = "held";
        text = d->why;
    } else if (d->office) {
        text = jem_text(JEM_T_STATION_PRINTER_OFFICE);
    } else if (d->state == JEM_PRINTER_UNKNOWN) {
        text = jem_text(JEM_T_STATION_PRINTER_SILENT);
        k = "wait";
    } else if (d->state != JEM_PRINTER_READY) {
        k = d->state == JEM_PRINTER_PAPER_LOW ? "wait" : "bad";
    }
    return json_pack("{s:s,s:s,s:s,s:s}", "k", k, "state", state, "t", text, "name", d->name);
}

static json_t *read_scan(const struct jem_station *s)
{
    bool running = s->step == STATION_SCAN;
    json_t *elsewhere = json_array();
    struct jem_buf t = JEM_BUF_INIT(600);
    long long seconds = (long long)(((running ? jem_mono_ms() : s->ended_ms) - s->begun_ms) / 1000);
    if (!s->scanned) {
        json_decref(elsewhere);
        return json_null();
    }
    for (size_t i = 0; i < s->elsewhere_count; i++) {
        json_t *one = json_pack("{s:i}", "pages", (int)s->elsewhere[i].pages);
        (void)own_put_number(one, "number", s->elsewhere[i].number);
        json_array_append_new(elsewhere, one);
    }
    if (running)
        jem_buf_fmt(&t, jem_text(JEM_T_STATION_SCANNING), (int)s->pages, seconds);
    else if (s->scan_ok)
        jem_buf_fmt(&t, jem_text(JEM_T_STATION_SCANNED), (int)s->pages);
    else
        jem_buf_str(&t, s->scan_text);
    json_t *o = json_pack("{s:s,s:b,s:i,s:I,s:s,s:b,s:b,s:b,s:s,s:o}", "tray", s->scan_tray, "running", (int)running,
        "pages", (int)s->pages, "seconds", (json_int_t)seconds, "end", s->scan_end, "ok", (int)s->scan_ok, "resumable",
        (int)s->resumable, "half_sheet", (int)s->half_sheet, "text", jem_buf_text(&t), "elsewhere", elsewhere);
    jem_buf_release(&t);
    return o;
}

enum jem_code jem_station_read(struct jem_station *s, json_t **out, struct jem_error *err)
{
    pthread_mutex_lock(&s->lock);
    s->watched_ms = jem_mono_ms();
    json_t *print = json_null();
    if (s->print_failed != 0) {
        print = json_pack("{s:s}", "text", s->print_text);
        own_print_number(print, s->print_failed);
    }
    json_t *o = json_pack("{s:i,s:b,s:o,s:o,s:o,s:o,s:i}", "rev", (int)s->rev, "looking",
        (int)(s->want_list || s->listing), "scanner", read_scanner(s), "printer", read_printer(s), "scan", read_scan(s),
        "print", print, "readers", (int)s->reader_count);
    pthread_mutex_unlock(&s->lock);
    return own_give(o, out, err);
}

json_t *jem_station_list(struct jem_station *s)
{
    pthread_mutex_lock(&s->lock);
    json_t *list = s->list != NULL ? json_deep_copy(s->list) : NULL;
    pthread_mutex_unlock(&s->lock);
    return list;
}

enum jem_code jem_station_code(struct jem_station *s, char *out, size_t cap)
{
    pthread_mutex_lock(&s->lock);
    bool fresh = s->code_ms != 0 && jem_mono_ms() - s->code_ms < STATION_CODE_MS && strlen(s->code) < cap;
    if (fresh)
        memcpy(out, s->code, strlen(s->code) + 1);
    s->code_ms = 0;
    pthread_mutex_unlock(&s->lock);
    return fresh ? JEM_OK : JEM_ENOTFOUND;
}

json_t *jem_station_checked(struct jem_station *s)
{
    pthread_mutex_lock(&s->lock);
    json_t *check = s->check != NULL ? json_deep_copy(s->check) : NULL;
    if (check != NULL) {
        json_object_set_new(check, "running", json_boolean(s->step == STATION_CHECK));
        json_object_set_new(check, "picture", json_boolean(s->picture.len > 0));
    }
    pthread_mutex_unlock(&s->lock);
    return check;
}

enum jem_code jem_station_picture(struct jem_station *s, struct jem_buf *out)
{
    pthread_mutex_lock(&s->lock);
    bool here = s->picture.len > 0;
    if (here)
        jem_buf_add(out, s->picture.data, s->picture.len);
    pthread_mutex_unlock(&s->lock);
    return here ? JEM_OK : JEM_ENOTFOUND;
}

void jem_station_check_answer(struct jem_station *s, bool came_out)
{
    size_t i;
    json_t *row;
    pthread_mutex_lock(&s->lock);
    json_array_foreach(json_object_get(s->check, "rows"), i, row)
    {
        if (strcmp(jem_json_str(row, "level", ""), "ask") != 0)
            continue;
        json_object_set_new(row, "level", json_string(came_out ? "ok" : "fault"));
        json_object_set_new(row, "text",
            json_string(jem_text(came_out ? JEM_T_STATION_TEST_CAME : JEM_T_STATION_TEST_LOST)));
    }
    station_touch(s);
    pthread_mutex_unlock(&s->lock);
}
