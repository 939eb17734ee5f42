/* printer_job.c - one page through a port: see the diagram in the header. */
#include "printer_job.h"

#include <poll.h>
#include <string.h>

#include "jemput/clock.h"
#include "usb.h"

#define JOB_ANSWER_MS 400   /* printers answer within a few ms; a busy one when it has finished a line */
#define JOB_SLICE_MS 500    /* of a write: between two the printer is listened to */
#define JOB_STUCK_MS 10000  /* without one byte taken: the slowest 58 mm printer empties its buffer in 3 s */
#define JOB_DONE_MS 10000   /* for the last lines and the knife */
#define JOB_LIMIT_MS 110000 /* of everything: 2 m of paper at 25 mm/s */
#define JOB_MISSES 2        /* unanswered questions on the way, then it is not asked again */

void printer_talk_init(struct printer_talk *talk, struct printer_port port, const struct jem_printer_profile *profile)
{
    *talk =
        (struct printer_talk){ .port = port, .profile = profile, .mute = !profile->asked, .stuck_ms = JOB_STUCK_MS };
    escpos_ear_init(&talk->ear);
}

/* ---- asking ---- */

/* Takes in what the printer says until `deadline_ms`, one read at least. */
static void talk_listen(struct printer_talk *t, int timeout_ms)
{
    unsigned char b[64];
    size_t got = 0;
    struct jem_error err = { .native = 0 };
    if (t->gone)
        return;
    if (t->port.ops->read(t->port.self, b, sizeof b, timeout_ms, &got, &err) == JEM_OK)
        escpos_ear_hear(&t->ear, b, got);
    else if (err.native == JEM_USB_GONE)
        t->gone = true;
    else
        poll(NULL, 0, timeout_ms < 20 ? timeout_ms : 20); /* it cannot be heard: no busy loop */
}

/* A command of three bytes. One that a stall cut in two is finished: half a command swallows what follows. */
static bool talk_say(struct printer_talk *t, const unsigned char p[ESCPOS_ASK_BYTES])
{
    size_t at = 0;
    for (int tries = 0; tries < 2 && at < ESCPOS_ASK_BYTES && !t->gone; tries++) {
        struct jem_error err = { .native = 0 };
        size_t done = 0;
        enum jem_code rc =
            t->port.ops->write(t->port.self, p + at, ESCPOS_ASK_BYTES - at, JOB_ANSWER_MS, NULL, &done, &err);
        at += done;
        t->gone = rc != JEM_OK && err.native == JEM_USB_GONE;
        if (rc != JEM_OK && (err.native != JEM_USB_STALL || t->port.ops->clear(t->port.self, &err) != JEM_OK))
            break;
    }
    return at == ESCPOS_ASK_BYTES;
}

/* One question. False: no answer. */
static bool talk_ask(struct printer_talk *t, enum escpos_ask what)
{
    unsigned char question[ESCPOS_ASK_BYTES];
    escpos_ear_ask(&t->ear, what, question);
    if (!talk_say(t, question)) {
        t->ear.waits = 0;
        return false;
    }
    int64_t deadline_ms = jem_mono_ms() + JOB_ANSWER_MS, left_ms;
    while (t->ear.told[what] < 0 && !t->gone && (left_ms = deadline_ms - jem_mono_ms()) > 0)
        talk_listen(t, (int)left_ms);
    t->ear.waits = 0;
    return t->ear.told[what] >= 0;
}

/* What is known without asking on the wire that may be blocked. */
static enum jem_printer_state talk_known(struct printer_talk *t)
{
    enum jem_printer_state state = t->gone ? JEM_PRINTER_GONE : escpos_ear_state(&t->ear);
    if (state != JEM_PRINTER_UNKNOWN)
        return state;
    int port = t->port.ops->port_status(t->port.self);
    return port < 0 ? JEM_PRINTER_UNKNOWN : escpos_port_state((unsigned char)port);
}

static void talk_ask_why(struct printer_talk *t)
{
    int printer = t->ear.told[ESCPOS_ASK_PRINTER];
    if (printer >= 0 && printer & 0x08 && talk_ask(t, ESCPOS_ASK_OFFLINE))
        (void)talk_ask(t, ESCPOS_ASK_ERROR);
}

enum jem_printer_state printer_talk_look(struct printer_talk *t)
{
    if (!t->mute) {
        talk_listen(t, 1); /* what was said before is no answer to this */
        if (!talk_ask(t, ESCPOS_ASK_PRINTER)) {
            t->mute = true;
        } else {
            (void)talk_ask(t, ESCPOS_ASK_PAPER);
            talk_ask_why(t);
        }
    }
    return talk_known(t);
}

/* ---- the job ---- */

struct job {
    struct printer_talk *talk;
    const atomic_bool *cancel;
    struct jem_print_report *report;
    int64_t deadline_ms;
    unsigned cleared, misses;
    bool drawing; /* what goes out now is part of the page */
};

static bool job_is_bad(enum jem_printer_state state)
{
    return state != JEM_PRINTER_UNKNOWN && state != JEM_PRINTER_READY && state != JEM_PRINTER_PAPER_LOW;
}

static enum jem_code job_stop(struct job *j, enum jem_printer_state state, struct jem_error *err)
{
    bool wait = state == JEM_PRINTER_PAPER_OUT || state == JEM_PRINTER_COVER_OPEN || state == JEM_PRINTER_OFFLINE;
    j->report->state = state;
    return jem_fail(err, wait ? JEM_EBUSY : JEM_EIO, JEM_D_HW, 0,
        j->report->sent_bytes > 0 ? JEM_T_PRINTER_CUT_OFF : JEM_T_PRINTER_NOT_BEGUN, jem_printer_state_text(state));
}

static bool job_cancelled(const struct job *j)
{
    return j->cancel != NULL && atomic_load(j->cancel);
}

static enum jem_code job_cancel(struct job *j, struct jem_error *err)
{
    return jem_fail(err, JEM_EBUSY, JEM_D_HW, JEM_USB_CANCELLED,
        j->report->sent_bytes > 0 ? JEM_T_PRINTER_CANCELLED_CUT : JEM_T_PRINTER_CANCELLED);
}

/* After a write that did not take all. JEM_OK: go on. */
static enum jem_code job_blocked(struct job *j, int native, int64_t since_ms, struct jem_error *err)
{
    struct printer_talk *t = j->talk;
    if (native == JEM_USB_GONE) {
        t->gone = true;
        return job_stop(j, JEM_PRINTER_GONE, err);
    }
    if (native == JEM_USB_CANCELLED)
        return job_cancel(j, err);
    if (native == JEM_USB_STALL && j->cleared++ == 0 && t->port.ops->clear(t->port.self, err) == JEM_OK)
        return JEM_OK;
    if (native != JEM_USB_TIMEOUT)
        return job_stop(j, JEM_PRINTER_FAULT, err);
    talk_listen(t, 20);
    enum jem_printer_state state = talk_known(t);
    if (job_is_bad(state))
        return job_stop(j, state, err);
    int64_t now_ms = jem_mono_ms();
    if (now_ms - since_ms > t->stuck_ms || now_ms > j->deadline_ms)
        return job_stop(j, JEM_PRINTER_STUCK, err);
    return JEM_OK;
}

static enum jem_code job_send(struct job *j, const struct jem_buf *b, struct jem_error *err)
{
    const struct printer_port *port = &j->talk->port;
    enum jem_code rc = jem_buf_ok(b, err);
    int64_t since_ms = jem_mono_ms();
    bool arrived = false;
    for (size_t at = 0; rc == JEM_OK && !arrived;) {
        struct jem_error why = { .native = 0 };
        size_t done = 0;
        if (job_cancelled(j))
            return job_cancel(j, err);
        enum jem_code wrote =
            port->ops->write(port->self, b->data + at, b->len - at, JOB_SLICE_MS, j->cancel, &done, &why);
        at += done;
        if (j->drawing)
            j->report->sent_bytes += done;
        if (done > 0)
            since_ms = jem_mono_ms();
        arrived = wrote == JEM_OK && done == 0 && at == b->len; /* the last, empty write: all is in the printer */
        if (wrote != JEM_OK)
            rc = job_blocked(j, why.native, since_ms, err);
    }
    return rc;
}

/* Between two strips. */
static enum jem_code job_check(struct job *j, struct jem_error *err)
{
    struct printer_talk *t = j->talk;
    if (t->mute)
        return JEM_OK;
    talk_listen(t, 1);
    if (!talk_ask(t, ESCPOS_ASK_PRINTER) && ++j->misses >= JOB_MISSES)
        t->mute = true;
    if (escpos_ear_state(&t->ear) == JEM_PRINTER_OFFLINE) {
        (void)talk_ask(t, ESCPOS_ASK_PAPER);
        talk_ask_why(t);
    }
    enum jem_printer_state state = t->gone ? JEM_PRINTER_GONE : escpos_ear_state(&t->ear);
    return job_is_bad(state) ? job_stop(j, state, err) : JEM_OK;
}

/* Lets a printer without a word keep up. */
static enum jem_code job_pause(struct job *j, struct jem_error *err)
{
    int64_t until_ms = jem_mono_ms() + j->talk->profile->pause_ms, left_ms;
    while ((left_ms = until_ms - jem_mono_ms()) > 0) {
        if (job_cancelled(j))
            return job_cancel(j, err);
        poll(NULL, 0, (int)(left_ms < 50 ? left_ms : 50));
    }
    return JEM_OK;
}

/* A job that was cut off in the middle of a strip left the printer waiting for the rest of it. Zeros are that rest, as
 * white dots; outside of a command they do nothing. */
static void job_resync(const struct jem_escpos_style *style, struct jem_buf *out)
{
    size_t most = (size_t)JEM_ESCPOS_STRIP_ROWS * ((style->width_dots + 7) / 8);
    for (size_t i = 0; i < most; i++)
        jem_buf_byte(out, 0);
}

static enum jem_code job_draw(struct job *j, const struct jem_escpos_page *page, bool resync, struct jem_error *err)
{
    const struct jem_escpos_style *style = &j->talk->profile->style;
    struct jem_buf b = JEM_BUF_INIT((size_t)1 << 20);
    unsigned strips = jem_escpos_strips(style, page);
    if (resync)
        job_resync(style, &b);
    jem_escpos_begin(style, &b);
    enum jem_code rc = job_send(j, &b, err);
    j->drawing = true;
    for (unsigned i = 0; rc == JEM_OK && i <= strips; i++) {
        jem_buf_clear(&b);
        if (i < strips)
            jem_escpos_strip(style, page, i, &b);
        else
            jem_escpos_end(style, &b);
        rc = job_send(j, &b, err);
        if (rc == JEM_OK && i < strips)
            rc = job_check(j, err);
        if (rc == JEM_OK && i < strips)
            rc = job_pause(j, err);
    }
    jem_buf_release(&b);
    return rc;
}

/* All was taken: was it executed? Nothing that comes now makes it a NO. */
static void job_confirm(struct job *j)
{
    struct printer_talk *t = j->talk;
    j->report->outcome = JEM_PRINTED_UNKNOWN;
    if (!t->mute) {
        talk_listen(t, 1);
        t->ear.done = -1;
        t->ear.waits_done = talk_say(t, escpos_ask_done);
        int64_t deadline_ms = jem_mono_ms() + JOB_DONE_MS, left_ms;
        while (t->ear.waits_done && !t->gone && !job_is_bad(escpos_ear_state(&t->ear)) && !job_cancelled(j) &&
               (left_ms = deadline_ms - jem_mono_ms()) > 0)
            talk_listen(t, (int)(left_ms < 100 ? left_ms : 100));
        t->ear.waits_done = false;
        if (escpos_ear_done(&t->ear))
            j->report->outcome = JEM_PRINTED_YES;
    }
    j->report->state = printer_talk_look(t);
}

enum jem_code printer_job_run(struct printer_talk *t, const struct jem_escpos_page *page, bool resync,
    const atomic_bool *cancel, struct jem_print_report *report, struct jem_error *err)
{
    *report = (struct jem_print_report){ .outcome = JEM_PRINTED_NO };
    struct job j = { .talk = t, .cancel = cancel, .report = report, .deadline_ms = jem_mono_ms() + JOB_LIMIT_MS };
    enum jem_code rc = jem_escpos_check(&t->profile->style, page, err);
    if (rc != JEM_OK)
        return rc;
    t->port.ops->soft_reset(t->port.self);
    escpos_ear_init(&t->ear);
    t->mute = !t->profile->asked;
    if (!t->mute)
        (void)talk_say(t, escpos_automatic_on);
    report->state = printer_talk_look(t);
    rc = job_is_bad(report->state) ? job_stop(&j, report->state, err) : job_draw(&j, page, resync, err);
    if (rc == JEM_OK)
        job_confirm(&j);
    if (t->profile->asked)
        (void)talk_say(t, escpos_automatic_off);
    return rc;
}
