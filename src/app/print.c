/* print.c - the print queue: see the diagram in the header.
 *
 * Durable steps of a run, each a transaction of its own:
 *   1. state printing, copy, cut = 1        before the first byte goes to the printer
 *   2. printed + receipt.printed | unknown | failed, cut as it turned out
 * One lock file for each printer is held from before 1 until after 2. A job that stands at `printing` while its printer's
 * lock is free was left by a process that died. */
#include "jemput/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/file.h"
#include "jemput/print_queue.h"
#include "jemput/receipt.h"
#include "print_own.h"

#define PRINT_LIST 50
#define PRINT_WIDTH_CUPS 80
#define PRINT_TITLE_BYTES 64

static const struct {
    const char *name;
    enum jem_text text;
} print_states[] = {
    [JEM_JOB_UNSET] = { "unset", JEM_T_NONE },
    [JEM_JOB_QUEUED] = { "queued", JEM_T_PRINT_QUEUED },
    [JEM_JOB_PRINTING] = { "printing", JEM_T_PRINT_PRINTING },
    [JEM_JOB_PRINTED] = { "printed", JEM_T_PRINT_PRINTED },
    [JEM_JOB_UNKNOWN] = { "unknown", JEM_T_PRINT_UNKNOWN },
    [JEM_JOB_FAILED] = { "failed", JEM_T_PRINT_FAILED },
    [JEM_JOB_DROPPED] = { "dropped", JEM_T_PRINT_DROPPED },
};

/* ---- tickets ---- */

#define PRINT_TICKET ((uint64_t)1 << 60)
#define PRINT_TICKET_BITS 16

uint64_t jem_print_ticket(int32_t day, unsigned ticket)
{
    return PRINT_TICKET | (uint64_t)(uint32_t)day << PRINT_TICKET_BITS | (ticket & 0xFFFF);
}

static bool print_is_ticket(uint64_t number)
{
    return (number & PRINT_TICKET) != 0;
}

static unsigned print_ticket_of(uint64_t number)
{
    return (unsigned)(number & 0xFFFF);
}

static int32_t print_day_of(uint64_t number)
{
    return (int32_t)(uint32_t)(number >> PRINT_TICKET_BITS);
}

static void print_number(uint64_t number, char out[JEM_NUMBER_TEXT])
{
    if (print_is_ticket(number))
        (void)snprintf(out, JEM_NUMBER_TEXT, "%03u", print_ticket_of(number));
    else
        jem_number_format(number, out);
}

void own_print_number(json_t *o, uint64_t number)
{
    char text[JEM_NUMBER_TEXT];
    print_number(number, text);
    json_object_set_new(o, "number", json_string(text));
    if (print_is_ticket(number)) {
        json_object_set_new(o, "ticket", json_integer((json_int_t)print_ticket_of(number)));
        json_object_set_new(o, "day", json_integer((json_int_t)print_day_of(number)));
    }
}

/* Which copy is printed next; tickets have none. */
static enum jem_code print_copy(struct jem_app *app, uint64_t number, unsigned *copy, struct jem_error *err)
{
    *copy = 0;
    return print_is_ticket(number) ? JEM_OK : own_paper_copy(app, number, copy, err);
}

static json_t *print_json(const struct jem_print_job *job)
{
    json_t *o = json_pack("{s:I,s:s,s:s,s:s,s:i,s:i,s:s,s:s,s:s,s:I,s:b}", "job", (json_int_t)job->id, "state",
        print_states[job->state].name, "state_text", jem_text(print_states[job->state].text), "reason", job->reason,
        "copy", (int)job->copy, "width", (int)job->width_mm, "format", job->format, "printer", job->printer, "officer",
        job->officer, "at_ms", (json_int_t)job->at_unix_ms, "ask", (int)(job->state == JEM_JOB_UNKNOWN));
    if (o != NULL)
        own_print_number(o, job->number);
    return o;
}

static enum jem_code print_give(struct jem_app *app, int64_t id, json_t **out, struct jem_error *err)
{
    struct jem_print_job job;
    enum jem_code rc = jem_store_job(app->store, id, &job, err);
    return rc == JEM_OK ? own_give(print_json(&job), out, err) : rc;
}

/* A reason that is cut to what the row holds, at the end of a character. */
static void print_reason(struct jem_print_job *job, const char *text)
{
    size_t n = strlen(text);
    if (n >= sizeof job->reason)
        for (n = sizeof job->reason - 1; n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80; n--)
            continue;
    memcpy(job->reason, text, n);
    job->reason[n] = '\0';
}

/* ---- the lock of a printer ---- */

static enum jem_code print_lock(struct jem_app *app, const char *printer, int *fd, struct jem_error *err)
{
    unsigned char hash[32];
    char hex[17], name[40], path[4096];
    jem_hash(printer, strlen(printer), hash);
    jem_hex(hash, 8, hex);
    (void)snprintf(name, sizeof name, "print-%s.lock", hex);
    enum jem_code rc = jem_path_join(path, sizeof path, jem_store_dir(app->store), name, err);
    if (rc == JEM_OK)
        rc = jem_lock_take(path, fd, err);
    if (rc == JEM_EBUSY)
        rc = jem_fail(err, rc, JEM_D_APP, 0, JEM_T_PRINT_BUSY);
    return rc;
}

static enum jem_code print_orphan(struct jem_app *app, struct jem_print_job *job, struct jem_error *err)
{
    job->state = print_is_ticket(job->number) ? JEM_JOB_FAILED : JEM_JOB_UNKNOWN;
    print_reason(job, jem_text(JEM_T_PRINT_ORPHAN));
    enum jem_code rc = jem_store_job_put(app->store, job, JEM_JOB_BIT(JEM_JOB_PRINTING), err);
    return rc == JEM_EBUSY ? JEM_OK : rc; /* somebody else was faster */
}

/* Jobs that a dead process left at `printing`. `held` (may be NULL) is the printer whose lock we have. */
static enum jem_code print_settle(struct jem_app *app, const char *held, struct jem_error *err)
{
    struct jem_print_job *jobs = NULL;
    size_t count = 0;
    enum jem_code rc = jem_store_jobs(app->store, 0, JEM_JOB_BIT(JEM_JOB_PRINTING), PRINT_LIST, &jobs, &count, err);
    for (size_t i = 0; rc == JEM_OK && i < count; i++) {
        int fd = -1;
        bool ours = held != NULL && strcmp(held, jobs[i].printer) == 0;
        if (held != NULL && !ours)
            continue;
        if (ours || print_lock(app, jobs[i].printer, &fd, NULL) == JEM_OK)
            rc = print_orphan(app, &jobs[i], err);
        jem_lock_release(fd);
    }
    free(jobs);
    return rc;
}

/* ---- adding, looking, answering ---- */

/* What failed before is done with: this job stands for it. */
static enum jem_code print_replace(struct jem_app *app, uint64_t number, struct jem_error *err)
{
    struct jem_print_job *jobs = NULL;
    size_t count = 0;
    const unsigned failed = JEM_JOB_BIT(JEM_JOB_FAILED);
    enum jem_code rc = jem_store_jobs(app->store, number, failed, PRINT_LIST, &jobs, &count, err);
    for (size_t i = 0; rc == JEM_OK && i < count; i++) {
        jobs[i].state = JEM_JOB_DROPPED;
        rc = jem_store_job_put(app->store, &jobs[i], failed, err);
    }
    free(jobs);
    return rc;
}

static enum jem_code print_queue(struct jem_app *app, struct jem_print_job *job, struct jem_error *err)
{
    enum jem_code rc = jem_store_begin(app->store, err);
    if (rc != JEM_OK)
        return rc;
    rc = jem_store_job_add(app->store, job, err);
    if (rc == JEM_OK)
        rc = print_replace(app, job->number, err);
    if (rc == JEM_OK)
        return jem_store_commit(app->store, err);
    jem_store_rollback(app->store);
    return rc;
}

enum jem_code jem_print_add(struct jem_app *app, struct jem_usb *usb, uint64_t number, const char *printer,
    json_t **out, struct jem_error *err)
{
    struct jem_printer_list list = { NULL, 0 };
    const struct jem_printer_info *info = NULL;
    struct jem_print_job job = { .number = number };
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = print_copy(app, number, &job.copy, err);
    if (rc == JEM_OK)
        rc = print_settle(app, NULL, err);
    if (rc == JEM_OK)
        rc = own_printer_pick(app, usb, printer, &list, &info, err);
    if (rc == JEM_OK) {
        const struct jem_printer_profile *p = own_printer_profile(app, info);
        job.width_mm = p != NULL ? p->paper_mm : PRINT_WIDTH_CUPS;
        (void)snprintf(job.format, sizeof job.format, "%s", p != NULL ? "escpos" : "pdf");
        (void)snprintf(job.printer, sizeof job.printer, "%s", info->id);
        (void)snprintf(job.officer, sizeof job.officer, "%s", app->user);
        rc = print_queue(app, &job, err);
    }
    jem_printer_list_release(&list);
    if (rc == JEM_OK)
        return own_give(print_json(&job), out, err);
    if (rc == JEM_EEXISTS && print_give(app, job.id, out, NULL) != JEM_OK)
        *out = NULL;
    return rc;
}

enum jem_code jem_print_jobs(struct jem_app *app, uint64_t number, bool open, json_t **out, struct jem_error *err)
{
    const unsigned waiting = JEM_JOB_BIT(JEM_JOB_QUEUED) | JEM_JOB_BIT(JEM_JOB_PRINTING) |
                             JEM_JOB_BIT(JEM_JOB_UNKNOWN) | JEM_JOB_BIT(JEM_JOB_FAILED);
    struct jem_print_job *jobs = NULL;
    size_t count = 0;
    enum jem_code rc = print_settle(app, NULL, err);
    if (rc == JEM_OK)
        rc = jem_store_jobs(app->store, number, open ? waiting : ~0u, PRINT_LIST, &jobs, &count, err);
    if (rc != JEM_OK)
        return rc;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, print_json(&jobs[i]));
    free(jobs);
    return own_give(json_pack("{s:o}", "jobs", list), out, err);
}

/* Printed, and the event that says so: together. */
static enum jem_code print_issue(struct jem_app *app, struct jem_print_job *job, unsigned from, struct jem_error *err)
{
    enum jem_code rc = jem_store_begin(app->store, err);
    if (rc != JEM_OK)
        return rc;
    job->state = JEM_JOB_PRINTED;
    job->reason[0] = '\0';
    job->cut = false;
    rc = jem_store_job_put(app->store, job, from, err);
    if (rc == JEM_OK && !print_is_ticket(job->number))
        rc = own_paper_note(app, job->number, job->format, job->width_mm, job->copy, err);
    if (rc == JEM_OK)
        return jem_store_commit(app->store, err);
    jem_store_rollback(app->store);
    return rc;
}

enum jem_code jem_print_answer(struct jem_app *app, int64_t id, bool came_out, json_t **out, struct jem_error *err)
{
    struct jem_print_job job;
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = print_settle(app, NULL, err);
    if (rc == JEM_OK)
        rc = jem_store_job(app->store, id, &job, err);
    if (rc == JEM_OK && job.state != JEM_JOB_UNKNOWN)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_PRINT_NOT_ASKED, (long long)id);
    if (rc != JEM_OK)
        return rc;
    if (came_out) {
        rc = print_issue(app, &job, JEM_JOB_BIT(JEM_JOB_UNKNOWN), err);
    } else {
        job.state = JEM_JOB_FAILED;
        job.cut = true; /* nobody knows what the printer waits for */
        print_reason(&job, jem_text(JEM_T_PRINT_SAID_NO));
        rc = jem_store_job_put(app->store, &job, JEM_JOB_BIT(JEM_JOB_UNKNOWN), err);
    }
    return rc == JEM_OK ? print_give(app, id, out, err) : rc;
}

enum jem_code jem_print_drop(struct jem_app *app, int64_t id, json_t **out, struct jem_error *err)
{
    struct jem_print_job job;
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = jem_store_job(app->store, id, &job, err);
    if (rc == JEM_OK && job.state != JEM_JOB_QUEUED && job.state != JEM_JOB_FAILED)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_PRINT_NO_DROP, (long long)id);
    if (rc != JEM_OK)
        return rc;
    unsigned from = JEM_JOB_BIT(job.state);
    job.state = JEM_JOB_DROPPED;
    rc = jem_store_job_put(app->store, &job, from, err);
    return rc == JEM_OK ? print_give(app, id, out, err) : rc;
}

/* ---- running ---- */

struct run {
    struct jem_app *app;
    struct jem_print_job job;
    const struct jem_printer_info *info;
    const struct jem_printer_profile *profile; /* NULL: CUPS */
    struct jem_printer *printer;
    struct jem_raster raster;
    struct jem_buf pdf;
    bool resync, began; /* began: step 1 is done */
    int lock;
};

static enum jem_code run_draw(struct run *r, struct jem_error *err)
{
    struct jem_print_job *job = &r->job;
    jem_raster_release(&r->raster);
    jem_buf_clear(&r->pdf);
    enum jem_code rc = print_copy(r->app, job->number, &job->copy, err);
    if (rc != JEM_OK)
        return rc;
    job->width_mm = r->profile != NULL ? r->profile->paper_mm : PRINT_WIDTH_CUPS;
    (void)snprintf(job->format, sizeof job->format, "%s", r->profile != NULL ? "escpos" : "pdf");
    if (print_is_ticket(job->number))
        return own_queue_draw(r->app, print_day_of(job->number), print_ticket_of(job->number), job->width_mm,
            r->profile != NULL ? r->profile->style.width_dots : 0, &r->raster, &r->pdf, err);
    return r->profile != NULL ? own_paper_raster(r->app, job->number, job->copy, job->width_mm,
                                    r->profile->style.width_dots, &r->raster, err)
                              : own_paper_pdf(r->app, job->number, job->copy, job->width_mm, &r->pdf, err);
}

/* Step 1. *stale: a copy was issued since this one was drawn. */
static enum jem_code run_begin(struct run *r, bool *stale, struct jem_error *err)
{
    unsigned copy = 0;
    struct jem_store *store = r->app->store;
    enum jem_code rc = jem_store_begin(store, err);
    if (rc != JEM_OK)
        return rc;
    rc = print_copy(r->app, r->job.number, &copy, err);
    *stale = rc == JEM_OK && copy != r->job.copy;
    if (rc == JEM_OK && !*stale) {
        unsigned from = JEM_JOB_BIT(r->job.state);
        r->job.state = JEM_JOB_PRINTING;
        r->job.reason[0] = '\0';
        r->job.cut = true;
        rc = jem_store_job_put(store, &r->job, from, err);
        if (rc == JEM_OK)
            rc = jem_store_commit(store, err);
        r->began = rc == JEM_OK;
    }
    if (!r->began)
        jem_store_rollback(store);
    return rc;
}

/* Everything that can fail before paper is touched. */
static enum jem_code run_prepare(struct run *r, struct jem_usb *usb, struct jem_error *err)
{
    bool stale = true;
    enum jem_code rc = jem_store_job_cut(r->app->store, r->job.printer, &r->resync, err);
    if (rc == JEM_OK && r->profile != NULL)
        rc = jem_printer_open(usb, r->info, r->profile, &r->printer, err);
    for (int tries = 0; rc == JEM_OK && stale && tries < 3; tries++) {
        rc = run_draw(r, err);
        if (rc == JEM_OK)
            rc = run_begin(r, &stale, err);
    }
    return rc == JEM_OK && stale ? jem_fail(err, JEM_EBUSY, JEM_D_APP, 0, JEM_T_PRINT_BUSY) : rc;
}

static enum jem_code run_print(struct run *r, const atomic_bool *cancel, struct jem_print_report *report,
    struct jem_error *err)
{
    if (r->profile != NULL) {
        const struct jem_escpos_page page = { r->raster.width_dots, r->raster.height_dots, r->raster.stride,
            r->raster.bits };
        return jem_printer_print(r->printer, &page, r->resync, cancel, report, err);
    }
    char title[PRINT_TITLE_BYTES], number[JEM_NUMBER_TEXT];
    print_number(r->job.number, number);
    (void)snprintf(title, sizeof title, "jemput %s", number);
    return jem_printer_print_pdf(r->info, r->pdf.data, r->pdf.len, title, report, err);
}

/* Step 2. A failure to write it leaves the job at `printing`: it is asked for later. */
static enum jem_code run_end(struct run *r, enum jem_code printed, const struct jem_print_report *report,
    const struct jem_error *why, struct jem_error *err)
{
    const unsigned from = JEM_JOB_BIT(JEM_JOB_PRINTING);
    struct jem_print_job *job = &r->job;
    if (report->outcome == JEM_PRINTED_YES || (report->outcome == JEM_PRINTED_UNKNOWN && print_is_ticket(job->number)))
        return print_issue(r->app, job, from, err);
    job->state = report->outcome == JEM_PRINTED_NO ? JEM_JOB_FAILED : JEM_JOB_UNKNOWN;
    job->cut = report->outcome == JEM_PRINTED_NO && report->sent_bytes > 0;
    print_reason(job, printed != JEM_OK ? why->msg : jem_printer_state_text(report->state));
    return jem_store_job_put(r->app->store, job, from, err);
}

/* A job that never began: it failed, and why. */
static enum jem_code run_refuse(struct run *r, enum jem_code rc, const struct jem_error *why)
{
    unsigned from = JEM_JOB_BIT(JEM_JOB_QUEUED) | JEM_JOB_BIT(JEM_JOB_FAILED);
    r->job.state = JEM_JOB_FAILED;
    print_reason(&r->job, why->msg);
    enum jem_code put = jem_store_job_put(r->app->store, &r->job, from, NULL);
    (void)put; /* the first failure is what the officer has to hear */
    return rc;
}

static enum jem_code run_locked(struct run *r, struct jem_usb *usb, const atomic_bool *cancel, struct jem_error *err)
{
    struct jem_print_report report = { .outcome = JEM_PRINTED_NO };
    struct jem_error why = { .msg = "" };
    enum jem_code rc = print_settle(r->app, r->info->id, err);
    if (rc == JEM_OK)
        rc = jem_store_job(r->app->store, r->job.id, &r->job, err);
    if (rc == JEM_OK && r->job.state != JEM_JOB_QUEUED && r->job.state != JEM_JOB_FAILED)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_PRINT_NOT_NOW, (long long)r->job.id,
            jem_text(print_states[r->job.state].text));
    if (rc != JEM_OK)
        return rc;
    (void)snprintf(r->job.printer, sizeof r->job.printer, "%s", r->info->id); /* it may be in another socket by now */
    rc = run_prepare(r, usb, &why);
    if (r->began) {
        enum jem_code printed = run_print(r, cancel, &report, &why);
        rc = run_end(r, printed, &report, &why, err);
        if (rc == JEM_OK && report.outcome == JEM_PRINTED_NO)
            rc = printed;
        else
            return rc;
    } else {
        rc = run_refuse(r, rc, &why);
    }
    if (err != NULL)
        *err = why;
    return rc;
}

enum jem_code jem_print_run(struct jem_app *app, struct jem_usb *usb, int64_t id, const atomic_bool *cancel,
    json_t **out, struct jem_error *err)
{
    struct run r = { .app = app, .lock = -1, .pdf = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX) };
    struct jem_printer_list list = { NULL, 0 };
    struct jem_error why = { .msg = "" };
    *out = NULL;
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = jem_store_job(app->store, id, &r.job, err);
    if (rc != JEM_OK)
        return rc;
    rc = own_printer_pick(app, usb, r.job.printer, &list, &r.info, &why);
    if (rc != JEM_OK && (r.job.state == JEM_JOB_QUEUED || r.job.state == JEM_JOB_FAILED))
        rc = run_refuse(&r, rc, &why);
    if (rc == JEM_OK) {
        r.profile = own_printer_profile(app, r.info);
        rc = print_lock(app, r.info->id, &r.lock, &why);
    }
    if (rc == JEM_OK)
        rc = run_locked(&r, usb, cancel, &why);
    if (rc != JEM_OK && err != NULL)
        *err = why;
    jem_printer_close(r.printer);
    jem_lock_release(r.lock);
    jem_raster_release(&r.raster);
    jem_buf_release(&r.pdf);
    jem_printer_list_release(&list);
    enum jem_code told = print_give(app, id, out, rc == JEM_OK ? err : NULL);
    return rc == JEM_OK ? told : rc;
}
