/* escl_job.c - one scan job.
 *
 *     CREATE --201--> LOAD --page--> (hand over) --pause--> LOAD ... --404--> DELETE --> done
 *       | 503, 409..    | 503, 404..                                            ^
 *       v               v                                                       |
 *     CHECK --------> wait a second and ask again, or stop with a reason -------+
 *
 * ScannerStatus is read after every answer that is not the thing itself: it tells a jam from an empty feeder. Whatever
 * happens, a job that was created is deleted at the end, unless the device is gone. A page is handed over only when it
 * has come whole; the ones before it are kept by then.
 *
 * Cancelled in mid-page, the job is deleted over the second pipe, which makes the device end the page; the first pipe is
 * drained. With one pipe only, the page is drained first. */
#include "escl_job.h"

#include <stdio.h>
#include <string.h>

#include "jemput/clock.h"
#include "quirks.h"

#define PAGE_MAX_BYTES ((size_t)192 << 20)
#define SEND_MS 10000
#define SLOW_START_MS 25000

const struct jem_escl_times jem_escl_times_usual = { .retry_ms = 1000,
    .answer_ms = 10000,
    .create_ms = 60000,
    .page_first_ms = 120000,
    .page_idle_ms = 30000,
    .page_total_ms = 180000,
    .drain_ms = 15000 };

struct escl_ask {
    const char *method, *path;
    const struct jem_buf *body;
    bool page; /* may take long, and be large */
    void (*on_cancel)(void *ctx);
    void *ctx;
};

static enum jem_code escl_ask(struct jem_escl *escl, struct jem_http1_pipe *pipe, const struct escl_ask *ask,
    const atomic_bool *cancel, struct jem_buf *out, struct jem_http1_response *r, struct jem_error *err)
{
    const struct jem_escl_times *t = escl->times;
    int answer_ms = escl->quirks & JEM_QUIRK_SLOW_START && t->answer_ms < SLOW_START_MS ? SLOW_START_MS : t->answer_ms;
    const struct jem_http1_request request = { .method = ask->method,
        .path = ask->path,
        .content_type = ask->body ? "text/xml" : NULL,
        .body = ask->body ? ask->body->data : NULL,
        .body_len = ask->body ? ask->body->len : 0 };
    int first_ms = ask->page ? t->page_first_ms : ask->body && t->create_ms > answer_ms ? t->create_ms : answer_ms;
    const struct jem_http1_limits limits = { .first_byte_ms = first_ms,
        .idle_ms = ask->page ? t->page_idle_ms : answer_ms,
        .send_ms = answer_ms < SEND_MS ? answer_ms : SEND_MS,
        .total_ms = ask->page ? t->page_total_ms : first_ms + 2 * answer_ms,
        .drain_ms = t->drain_ms,
        .max_body_bytes = ask->page ? PAGE_MAX_BYTES : (size_t)1 << 20 };
    const struct jem_http1_exchange what = { .request = &request,
        .limits = &limits,
        .cancel = cancel,
        .on_cancel = ask->on_cancel,
        .ctx = ask->ctx,
        .body = out };
    enum jem_code code = jem_http1_exchange(pipe, &what, r, err);
    if (code == JEM_OK && r->server[0])
        (void)snprintf(escl->server, sizeof escl->server, "%s", r->server);
    return code;
}

/* ---- what it can, how it is ------------------------------------------------------------------------------------------ */

enum jem_code jem_escl_caps(struct jem_escl *escl, const atomic_bool *cancel, struct jem_error *err)
{
    const struct escl_ask ask = { .method = "GET", .path = "/eSCL/ScannerCapabilities" };
    struct jem_http1_response r;
    struct jem_buf body = JEM_BUF_INIT((size_t)1 << 20);
    enum jem_code code = JEM_OK;
    for (int tries = 1; !escl->caps_known && code == JEM_OK; tries++) {
        jem_buf_clear(&body);
        code = escl_ask(escl, escl->pipe, &ask, cancel, &body, &r, err);
        if (code != JEM_OK)
            break;
        if (r.status == 200) {
            code = jem_escl_caps_read(body.data, body.len, &escl->caps, err);
            escl->caps_known = code == JEM_OK;
        } else if (r.status == 503 && tries < 5)
            jem_http1_pause(escl->times->retry_ms, cancel);
        else
            code = jem_fail(err, r.status == 503 ? JEM_EBUSY : JEM_ENOTFOUND, JEM_D_HW, (int)r.status,
                r.status == 503 ? JEM_T_SCAN_BUSY : JEM_T_IPPUSB_NOT, escl->pipe->name);
    }
    jem_buf_release(&body);
    return code;
}

enum jem_code jem_escl_status(struct jem_escl *escl, const char *job_path, struct jem_escl_status *out,
    struct jem_error *err)
{
    const struct escl_ask ask = { .method = "GET", .path = "/eSCL/ScannerStatus" };
    struct jem_http1_response r;
    struct jem_buf body = JEM_BUF_INIT((size_t)1 << 20);
    *out = (struct jem_escl_status){ .job = JEM_ESCL_JOB_UNKNOWN };
    enum jem_code code = escl_ask(escl, escl->pipe, &ask, NULL, &body, &r, err);
    if (code == JEM_OK && r.status == 200)
        code = jem_escl_status_read(body.data, body.len, job_path, out, err);
    else if (code == JEM_OK && r.status == 503)
        out->common.state = JEM_SCANNER_BUSY;
    else if (code == JEM_OK)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_HW, (int)r.status, JEM_T_HTTP1_BAD);
    jem_buf_release(&body);
    return code;
}

/* ---- a job ------------------------------------------------------------------------------------------------------------- */

struct escl_job {
    struct jem_escl *escl;
    const struct jem_scan_settings *settings;
    struct jem_scan_run *run;
    char path[JEM_ESCL_PATH_MAX]; /* "": not created */
    bool deleted;
    struct jem_escl_facts facts;
    int load_ms;
};

/* Reads ScannerStatus into the facts; a failure only means that nothing is known. False when the device is gone. */
static bool job_check(struct escl_job *job, struct jem_error *why)
{
    job->facts.status_known =
        jem_escl_status(job->escl, job->path[0] ? job->path : NULL, &job->facts.status, why) == JEM_OK;
    return job->facts.status_known || why->native != JEM_USB_GONE;
}

static void job_delete_over(struct escl_job *job, struct jem_http1_pipe *pipe)
{
    const struct escl_ask ask = { .method = "DELETE", .path = job->path };
    struct jem_http1_response r;
    struct jem_error ignored; /* the job may be over, and forgotten by the device */
    if (job->path[0] == '\0' || job->deleted)
        return;
    job->deleted = escl_ask(job->escl, pipe, &ask, NULL, NULL, &r, &ignored) == JEM_OK;
}

/* The flag was seen while a page comes: the other pipe tells the device to stop. */
static void job_on_cancel(void *ctx)
{
    struct escl_job *job = ctx;
    if (job->escl->aside)
        job_delete_over(job, job->escl->aside);
}

/* JEM_OK with next = TAKE: go on; else `code` is the end of the run. */
static enum jem_code job_follow(struct escl_job *job, struct jem_escl_verdict verdict, struct jem_error *err)
{
    if (verdict.next == JEM_ESCL_WAIT) {
        jem_http1_pause(job->escl->times->retry_ms, job->run->cancel);
        if (jem_scan_cancelled(job->run))
            return jem_scan_fail(job->run, JEM_SCAN_CANCELLED, JEM_USB_CANCELLED, NULL, err);
    }
    if (verdict.next != JEM_ESCL_STOP || verdict.end == JEM_SCAN_DONE)
        return JEM_OK;
    char http[256] = "";
    if (verdict.end == JEM_SCAN_FAILED)
        (void)snprintf(http, sizeof http, jem_text(JEM_T_SCAN_HTTP), job->escl->pipe->name, job->facts.http);
    return jem_scan_fail(job->run, verdict.end, (int)job->facts.http, http, err);
}

static enum jem_code job_create_once(struct escl_job *job, const struct jem_buf *body, struct jem_escl_verdict *verdict,
    struct jem_error *err)
{
    const struct escl_ask ask = { .method = "POST", .path = "/eSCL/ScanJobs", .body = body };
    struct jem_http1_response r;
    struct jem_error why = { 0 };
    enum jem_code code = escl_ask(job->escl, job->escl->pipe, &ask, job->run->cancel, NULL, &r, &why);
    if (code != JEM_OK) {
        /* A job that was created all the same would keep the scanner busy: its path is kept for DELETE. */
        if (r.status < 200 || r.status > 299 || !jem_escl_job_path(r.location, job->path))
            job->path[0] = '\0';
        return jem_scan_broke(job->run, &why, err);
    }
    job->facts.http = r.status;
    job->facts.tries++;
    job->facts.status_known = false;
    if (r.status >= 200 && r.status < 300) {
        *verdict = jem_escl_judge_create(&job->facts);
        if (!jem_escl_job_path(r.location, job->path))
            return jem_scan_fail(job->run, JEM_SCAN_FAILED, (int)r.status, jem_text(JEM_T_HTTP1_BAD), err);
        return JEM_OK;
    }
    if (!job_check(job, &why))
        return jem_scan_broke(job->run, &why, err);
    *verdict = jem_escl_judge_create(&job->facts);
    return job_follow(job, *verdict, err);
}

static enum jem_code job_create(struct escl_job *job, struct jem_error *err)
{
    struct jem_scan_settings settings = *job->settings;
    struct jem_buf body = JEM_BUF_INIT((size_t)16 << 10);
    struct jem_escl_verdict verdict = { JEM_ESCL_WAIT, JEM_SCAN_END_UNKNOWN };
    enum jem_code code = jem_escl_settings_write(&settings, &job->escl->caps, &body, err);
    while (code == JEM_OK && verdict.next != JEM_ESCL_TAKE) {
        if (verdict.next == JEM_ESCL_PLAIN) {
            settings.colour = job->facts.colour = JEM_COLOUR_GRAY;
            jem_buf_clear(&body);
            code = jem_escl_settings_write(&settings, &job->escl->caps, &body, err);
        }
        if (code == JEM_OK && jem_scan_cancelled(job->run))
            code = jem_scan_fail(job->run, JEM_SCAN_CANCELLED, JEM_USB_CANCELLED, NULL, err);
        if (code == JEM_OK)
            code = job_create_once(job, &body, &verdict, err);
    }
    jem_buf_release(&body);
    job->facts.tries = 0;
    return code;
}

/* A page that broke off. The device is asked once what happened: a jam in mid-page shows as a broken answer. */
static enum jem_code job_page_broke(struct escl_job *job, const struct jem_error *why, struct jem_error *err)
{
    struct jem_error ignored = { 0 };
    if (why->native == JEM_USB_GONE || why->native == JEM_USB_CANCELLED)
        return jem_scan_broke(job->run, why, err);
    if (!job_check(job, &ignored))
        return jem_scan_broke(job->run, &ignored, err);
    struct jem_escl_verdict verdict = jem_escl_judge_feeder(&job->facts);
    if (verdict.next == JEM_ESCL_STOP && verdict.end != JEM_SCAN_NO_PAPER)
        return jem_scan_fail(job->run, verdict.end, why->native, NULL, err);
    return jem_scan_broke(job->run, why, err);
}

static enum jem_code job_page_once(struct escl_job *job, struct jem_buf *page, struct jem_escl_verdict *verdict,
    struct jem_error *err)
{
    char path[JEM_ESCL_PATH_MAX + 16];
    (void)snprintf(path, sizeof path, "%s/NextDocument", job->path);
    const struct escl_ask ask = { .method = "GET", .path = path, .page = true, .on_cancel = job_on_cancel, .ctx = job };
    struct jem_http1_response r;
    struct jem_error why = { 0 };
    int64_t start_ms = jem_mono_ms();
    jem_buf_clear(page);
    enum jem_code code = escl_ask(job->escl, job->escl->pipe, &ask, job->run->cancel, page, &r, &why);
    if (code != JEM_OK)
        return job_page_broke(job, &why, err);
    job->load_ms = (int)(jem_mono_ms() - start_ms);
    job->facts.http = r.status;
    job->facts.tries++;
    job->facts.pages = job->run->job_pages;
    job->facts.status_known = false;
    if (r.status != 200 && !job_check(job, &why))
        return jem_scan_broke(job->run, &why, err);
    *verdict = jem_escl_judge_page(&job->facts);
    if (verdict->next != JEM_ESCL_TAKE)
        return job_follow(job, *verdict, err);
    job->facts.tries = 0;
    code = jem_scan_hand_over(job->run, page->data, page->len, &why);
    if (code == JEM_OK)
        return JEM_OK;
    if (code == JEM_ECORRUPT)
        return job_page_broke(job, &why, err);
    return jem_scan_broke(job->run, &why, err); /* the sink's own failure */
}

static enum jem_code job_pages(struct escl_job *job, struct jem_error *err)
{
    struct jem_buf page = JEM_BUF_INIT(PAGE_MAX_BYTES + 1);
    struct jem_escl_verdict verdict = { JEM_ESCL_WAIT, JEM_SCAN_END_UNKNOWN };
    enum jem_code code = JEM_OK;
    while (code == JEM_OK && !(verdict.next == JEM_ESCL_STOP && verdict.end == JEM_SCAN_DONE) &&
           !jem_scan_enough(job->run)) {
        if (verdict.next == JEM_ESCL_TAKE)
            jem_http1_pause(jem_escl_pause_ms(job->load_ms), job->run->cancel);
        if (jem_scan_cancelled(job->run))
            code = jem_scan_fail(job->run, JEM_SCAN_CANCELLED, JEM_USB_CANCELLED, NULL, err);
        else
            code = job_page_once(job, &page, &verdict, err);
    }
    jem_buf_release(&page);
    return code;
}

enum jem_code jem_escl_scan(struct jem_escl *escl, const struct jem_scan_settings *settings, struct jem_scan_run *run,
    struct jem_error *err)
{
    struct escl_job job = { .escl = escl, .settings = settings, .run = run };
    struct jem_error why = { 0 };
    job.facts =
        (struct jem_escl_facts){ .source = settings->source, .colour = settings->colour, .quirks = escl->quirks };
    if (escl->quirks & JEM_QUIRK_ASK_FEEDER && settings->source != JEM_SOURCE_PLATEN) {
        if (!job_check(&job, &why))
            return jem_scan_broke(run, &why, err);
        struct jem_escl_verdict verdict = jem_escl_judge_feeder(&job.facts);
        if (verdict.next == JEM_ESCL_STOP)
            return jem_scan_fail(run, verdict.end, 0, NULL, err);
    }
    enum jem_code code = job_create(&job, err);
    if (code == JEM_OK)
        code = job_pages(&job, err);
    if (run->report->end != JEM_SCAN_GONE)
        job_delete_over(&job, escl->pipe);
    return code == JEM_OK ? jem_scan_done(run) : code;
}
