/* station_scan.c - the thread that owns the scanner: what is here and how it stands, scans, and the morning's check. */
#include "station_own.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "jemput/clock.h"

#define SCANNER_LOOK_MS 15000
/* Making pages straight and clean takes a processor for a while: what officers save comes first. */
#define SCANNER_NICE 5

/* ---- which, and how it stands ---- */

static void scanner_status(struct jem_station *s, struct station_scanner *d)
{
    struct jem_scanner *scanner = NULL;
    d->status = (struct jem_scanner_status){ JEM_SCANNER_UNKNOWN, JEM_ADF_UNKNOWN };
    if (!d->here || !d->usable || d->via == JEM_VIA_SANE) /* SANE tells no state without opening the device for long */
        return;
    if (jem_scanner_open(jem_devices_usb(s->devices), d->id, &scanner, NULL) == JEM_OK &&
        jem_scanner_status(scanner, &d->status, NULL) != JEM_OK)
        d->status = (struct jem_scanner_status){ JEM_SCANNER_UNKNOWN, JEM_ADF_UNKNOWN };
    jem_scanner_close(scanner);
}

static void scanner_show(struct jem_station *s, const struct station_scanner *d)
{
    pthread_mutex_lock(&s->lock);
    bool same = strcmp(d->id, s->scanner.id) == 0 && d->here == s->scanner.here && d->usable == s->scanner.usable &&
                d->status.state == s->scanner.status.state && d->status.adf == s->scanner.status.adf &&
                s->scanner.known == d->known;
    s->scanner = *d;
    if (!same)
        station_touch(s);
    pthread_mutex_unlock(&s->lock);
}

/* scanner_lock is held. */
static void scanner_look(struct jem_station *s, struct jem_app *app)
{
    struct jem_scanner_list list;
    struct station_scanner d = { .known = true };
    struct jem_error err = { .msg = "" };
    if (jem_scanners_list(jem_devices_usb(s->devices), &list, &err) != JEM_OK)
        return;
    enum jem_code rc = own_scanner_pick(app, &list, NULL, d.id, &err);
    const struct jem_scanner_info *info = own_scanner_find(&list, d.id);
    d.count = list.count;
    d.usable = rc == JEM_OK;
    if (rc == JEM_EBUSY && list.count > 0) {
        d.here = true;
        (void)snprintf(d.why, sizeof d.why, "%s", err.msg);
    }
    if (info != NULL && rc == JEM_OK) {
        d.here = true;
        d.via = info->via;
        (void)snprintf(d.name, sizeof d.name, "%s", info->name);
    }
    jem_scanner_list_release(&list);
    scanner_status(s, &d);
    scanner_show(s, &d);
}

static void scanner_ask(struct jem_station *s)
{
    pthread_mutex_lock(&s->lock);
    struct station_scanner d = s->scanner;
    pthread_mutex_unlock(&s->lock);
    scanner_status(s, &d);
    scanner_show(s, &d);
}

/* The list of the devices page: every device is asked, so that nobody else may have one meanwhile. */
static void scanner_list(struct jem_station *s, struct jem_app *app)
{
    json_t *list = NULL;
    pthread_mutex_lock(&s->printer_lock);
    pthread_mutex_lock(&s->readers_lock);
    station_readers_close(s);
    enum jem_code rc = jem_devices_list(app, s->devices, true, &list, NULL);
    pthread_mutex_unlock(&s->readers_lock);
    pthread_mutex_unlock(&s->printer_lock);
    pthread_mutex_lock(&s->lock);
    if (rc == JEM_OK) {
        json_decref(s->list);
        s->list = list;
    }
    s->listing = false;
    station_touch(s);
    pthread_mutex_unlock(&s->lock);
}

/* ---- a scan ---- */

static void scan_page(void *ctx, const json_t *page)
{
    struct jem_station *s = ctx;
    uint64_t number = 0;
    const char *text = jem_json_str(page, "number", "");
    pthread_mutex_lock(&s->lock);
    s->pages++;
    if (*text && jem_number_parse(text, &number, NULL) == JEM_OK) {
        size_t i = 0;
        while (i < s->elsewhere_count && s->elsewhere[i].number != number)
            i++;
        if (i == s->elsewhere_count && i < STATION_ELSEWHERE_MAX) {
            s->elsewhere[i].number = number;
            s->elsewhere[i].pages = 0;
            s->elsewhere_count++;
        }
        if (i < STATION_ELSEWHERE_MAX)
            s->elsewhere[i].pages++;
    }
    station_touch(s);
    pthread_mutex_unlock(&s->lock);
}

static void scan_run(struct jem_station *s)
{
    struct jem_error err = { .msg = "" };
    json_t *out = NULL;
    const struct jem_scan_watch watch = { .page = scan_page, .ctx = s };
    if (s->hooks.busy != NULL)
        s->hooks.busy(s->hooks.ctx, true);
    enum jem_code rc = jem_scan_documents(s->job_app, s->devices, &s->scan_in, &s->stop, &watch, &out, &err);
    if (s->hooks.busy != NULL)
        s->hooks.busy(s->hooks.ctx, false);
    if (s->hooks.recorded != NULL)
        s->hooks.recorded(s->hooks.ctx);
    scanner_ask(s);
    pthread_mutex_lock(&s->lock);
    s->scan_ok = rc == JEM_OK;
    s->ended_ms = jem_mono_ms();
    s->resumable = jem_json_bool(out, "resumable", false);
    s->half_sheet = jem_json_bool(out, "half_sheet", false);
    (void)snprintf(s->scan_text, sizeof s->scan_text, "%s", rc == JEM_OK ? "" : err.msg);
    (void)snprintf(s->scan_end, sizeof s->scan_end, "%s", jem_json_str(out, "end", rc == JEM_OK ? "done" : "failed"));
    pthread_mutex_unlock(&s->lock);
    json_decref(out);
}

/* ---- the thread ---- */

static void scanner_job(struct jem_station *s, enum station_step step)
{
    pthread_mutex_lock(&s->lock);
    jem_lang_set(s->job_lang);
    unsigned tries = s->tries;
    pthread_mutex_unlock(&s->lock);
    if (step == STATION_SCAN)
        scan_run(s);
    else
        station_check_run(s, s->job_app, tries);
    jem_app_close(s->job_app);
    pthread_mutex_lock(&s->lock);
    s->job_app = NULL;
    s->step = STATION_IDLE;
    station_touch(s);
    pthread_mutex_unlock(&s->lock);
}

void *station_scanner_main(void *ctx)
{
    struct jem_station *s = ctx;
    unsigned seen = 0;
    int64_t looked_ms = jem_mono_ms();
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), SCANNER_NICE);
    pthread_mutex_lock(&s->lock);
    while (!s->end) {
        int64_t now = jem_mono_ms();
        unsigned changes = station_usb_changes(s);
        struct jem_app *app = s->app[0];
        enum station_step step = s->step;
        bool look = app != NULL && (s->look_scanner || changes != seen), list = app != NULL && s->want_list;
        bool ask = app != NULL && s->scanner.here && now - s->watched_ms < STATION_WATCHED_MS &&
                   now - looked_ms > SCANNER_LOOK_MS;
        if (step == STATION_IDLE && !look && !list && !ask) {
            station_wait(s);
            continue;
        }
        s->look_scanner = s->look_scanner && !look;
        if (list && step == STATION_IDLE) {
            s->want_list = false;
            s->listing = true;
        }
        pthread_mutex_unlock(&s->lock);
        pthread_mutex_lock(&s->scanner_lock);
        if (look)
            scanner_look(s, app);
        if (step != STATION_IDLE)
            scanner_job(s, step);
        else if (list)
            scanner_list(s, app);
        else if (ask && !look)
            scanner_ask(s);
        pthread_mutex_unlock(&s->scanner_lock);
        seen = look ? changes : seen;
        looked_ms = jem_mono_ms();
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}
