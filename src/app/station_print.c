/* station_print.c - the thread that owns the receipt printer: how it stands, and receipts through the queue. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/clock.h"
#include "jemput/print_queue.h"
#include "jemput/usb.h"
#include "print_own.h"
#include "station_own.h"

#define PRINTER_LOOK_MS 10000
#define PRINTER_SILENT_MS 60000 /* one that never answers is not asked so often */
#define PRINTER_RESUME_MS ((int64_t)3600 * 1000)

/* printer_lock is held. */
static void printer_look(struct jem_station *s, struct jem_app *app)
{
    struct jem_usb *usb = jem_devices_usb(s->devices);
    struct jem_printer_list list = { NULL, 0 };
    const struct jem_printer_info *info = NULL;
    struct station_printer d = { .known = true };
    struct jem_error err = { .msg = "" };
    enum jem_code rc = own_printer_pick(app, usb, NULL, &list, &info, &err);
    d.count = list.count;
    if (info != NULL) {
        d.here = true;
        d.usable = rc == JEM_OK;
        d.office = info->via == JEM_PRINTER_CUPS;
        (void)snprintf(d.id, sizeof d.id, "%s", info->id);
        (void)snprintf(d.name, sizeof d.name, "%s", info->name);
        (void)snprintf(d.why, sizeof d.why, "%s", rc == JEM_OK ? "" : err.msg);
    }
    if (rc == JEM_OK && !d.office)
        d.state = jem_printer_ask(usb, info, own_printer_profile(app, info));
    jem_printer_list_release(&list);
    pthread_mutex_lock(&s->lock);
    bool same = s->printer.known && strcmp(d.id, s->printer.id) == 0 && d.here == s->printer.here &&
                d.usable == s->printer.usable && d.state == s->printer.state;
    s->printer = d;
    if (!same)
        station_touch(s);
    pthread_mutex_unlock(&s->lock);
}

/* Into the queue (unless it is there) and out of it. What cannot even be queued is told to the page of that application. */
static void print_one(struct jem_station *s, const struct station_print *p)
{
    struct jem_usb *usb = jem_devices_usb(s->devices);
    struct jem_error err = { .msg = "" };
    json_t *job = NULL, *done = NULL;
    int64_t id = p->job;
    enum jem_code rc = JEM_OK;
    jem_lang_set(p->lang);
    if (id == 0) {
        rc = jem_print_add(p->app, usb, p->number, NULL, &job, &err);
        bool waits = rc == JEM_EEXISTS && strcmp(jem_json_str(job, "state", ""), "queued") == 0;
        id = rc == JEM_OK || waits ? jem_json_int(job, "job", 0) : 0;
    }
    pthread_mutex_lock(&s->lock);
    if (rc != JEM_OK && rc != JEM_EEXISTS) {
        s->print_failed = p->number;
        (void)snprintf(s->print_text, sizeof s->print_text, "%s", err.msg);
    }
    station_touch(s);
    pthread_mutex_unlock(&s->lock);
    if (id != 0)
        rc = jem_print_run(p->app, usb, id, &s->stop, &done, &err);
    json_decref(job);
    json_decref(done);
}

/* Receipts and tickets that an earlier process queued and never began. */
static void print_resume(struct jem_station *s, struct jem_app *app)
{
    json_t *o = NULL, *it;
    size_t i;
    int64_t now_ms = jem_store_now_ms(jem_app_store(app));
    if (jem_print_jobs(app, 0, true, &o, NULL) != JEM_OK)
        return;
    json_array_foreach(json_object_get(o, "jobs"), i, it)
    {
        bool fresh = now_ms - jem_json_int(it, "at_ms", 0) < PRINTER_RESUME_MS;
        unsigned ticket = (unsigned)jem_json_int(it, "ticket", 0);
        uint64_t number = ticket != 0 ? jem_print_ticket((int32_t)jem_json_int(it, "day", 0), ticket) : 0;
        if (fresh && strcmp(jem_json_str(it, "state", ""), "queued") == 0 &&
            (number != 0 || jem_number_parse(jem_json_str(it, "number", ""), &number, NULL) == JEM_OK) &&
            jem_station_print(s, app, number, jem_json_int(it, "job", 0), NULL) != JEM_OK)
            break;
    }
    json_decref(o);
}

static void printer_print(struct jem_station *s, struct jem_app *app)
{
    pthread_mutex_lock(&s->lock);
    struct station_print p = s->prints[0];
    memmove(&s->prints[0], &s->prints[1], (s->print_count - 1) * sizeof *s->prints);
    s->print_count--;
    s->printing = true;
    s->printing_number = p.number;
    station_touch(s);
    pthread_mutex_unlock(&s->lock);
    if (s->hooks.busy != NULL)
        s->hooks.busy(s->hooks.ctx, true);
    print_one(s, &p);
    if (s->hooks.busy != NULL)
        s->hooks.busy(s->hooks.ctx, false);
    if (s->hooks.recorded != NULL)
        s->hooks.recorded(s->hooks.ctx);
    jem_app_close(p.app);
    pthread_mutex_lock(&s->lock);
    s->printing = false;
    station_touch(s);
    pthread_mutex_unlock(&s->lock);
    if (app != NULL)
        printer_look(s, app);
}

void *station_printer_main(void *ctx)
{
    struct jem_station *s = ctx;
    unsigned seen = 0;
    int64_t looked_ms = jem_mono_ms();
    pthread_mutex_lock(&s->lock);
    while (!s->end) {
        int64_t now = jem_mono_ms(), age = now - looked_ms;
        unsigned changes = station_usb_changes(s);
        struct jem_app *app = s->app[1];
        bool silent = s->printer.state == JEM_PRINTER_UNKNOWN;
        bool print = s->print_count > 0, resume = app != NULL && !s->resumed && !print;
        bool look = app != NULL && !print &&
                    (s->look_printer || changes != seen ||
                        (s->printer.here && now - s->watched_ms < STATION_WATCHED_MS &&
                            age > (silent ? PRINTER_SILENT_MS : PRINTER_LOOK_MS)));
        if (!print && !look && !resume) {
            station_wait(s);
            continue;
        }
        s->look_printer = s->look_printer && !look;
        s->resumed = s->resumed || resume;
        pthread_mutex_unlock(&s->lock);
        pthread_mutex_lock(&s->printer_lock);
        if (print)
            printer_print(s, app);
        if (look)
            printer_look(s, app);
        pthread_mutex_unlock(&s->printer_lock);
        if (resume)
            print_resume(s, app);
        seen = look ? changes : seen;
        looked_ms = jem_mono_ms();
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}
