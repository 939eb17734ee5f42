/* sane.c - scanners of libsane, each request in a helper process of its own: libsane and its backends are never loaded
 * here. What a scanner can do is asked once and kept: opening a device may take seconds and move its lamp. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/clock.h"
#include "sane_child.h"
#include "scanner_ops.h"
#include "usb.h"

#define SANE_LIST_S 25 /* some backends look around the network */
#define SANE_OPEN_S 20 /* a lamp warms up */
#define SANE_PAGE_S 180
#define SANE_CANCEL_MS 5000
#define SANE_GRACE_MS 5000 /* for a helper that has said END: the device puts out its sheet and parks */
#define SANE_LAST_MS 1000  /* for one whose socket is closed */
#define SANE_LIST_MAX 64

/* SANE_Status of the standard, version 1.07. */
enum {
    SANE_IS_GOOD = 0,
    SANE_IS_CANCELLED = 2,
    SANE_IS_BUSY = 3,
    SANE_IS_INVAL = 4,
    SANE_IS_JAMMED = 6,
    SANE_IS_NO_DOCS = 7,
    SANE_IS_COVER_OPEN = 8,
    SANE_IS_IO_ERROR = 9,
    SANE_IS_DENIED = 11
};

struct sane_self {
    char name[152];
    struct jem_scanner_caps caps;
    bool caps_known;
};

/* ---- one request ---- */

struct sane_talk {
    struct sane_child child;
    struct jem_buf in; /* the frame at hand, with its head */
    unsigned type;
};

static struct jem_reader talk_payload(const struct sane_talk *t)
{
    return jem_reader_of(t->in.data + SANE_FRAME_HEAD, t->in.len - SANE_FRAME_HEAD);
}

static enum jem_code talk_start(struct sane_talk *t, struct jem_buf *request, struct jem_error *err)
{
    *t = (struct sane_talk){ .child = { .fd = -1 }, .in = JEM_BUF_INIT(SANE_FRAME_HEAD + SANE_PAGE_MAX_BYTES) };
    enum jem_code code = jem_buf_ok(request, err);
    if (code == JEM_OK)
        code = sane_child_start(&t->child, err);
    if (code == JEM_OK)
        (void)sane_child_send(&t->child, request); /* if it did not take it, the next read tells why */
    jem_buf_release(request);
    return code;
}

/* A request with a device's name. */
static struct jem_buf talk_request(enum sane_frame type, const char *name, const struct jem_scan_settings *settings)
{
    struct jem_buf b = JEM_BUF_INIT(2048);
    size_t at = sane_frame_open(&b, type);
    if (name)
        sane_put_text(&b, name);
    if (settings)
        sane_put_settings(&b, settings);
    sane_frame_close(&b, at);
    return b;
}

static void talk_stop(struct sane_talk *t, int grace_ms)
{
    (void)sane_child_stop(&t->child, grace_ms);
    jem_buf_release(&t->in);
}

static enum sane_next talk_next(struct sane_talk *t, int64_t deadline_ms, const atomic_bool *cancel)
{
    return sane_child_next(&t->child, deadline_ms, cancel, &t->type, &t->in);
}

/* The message for a helper that failed as a program; it is ended here, because how it died is part of the message. */
static enum jem_code talk_broke(struct sane_talk *t, enum sane_next next, int seconds, struct jem_error *err)
{
    int how = sane_child_stop(&t->child, next == SANE_NEXT_DIED ? SANE_LAST_MS : 0);
    if (next == SANE_NEXT_SILENT)
        return jem_fail(err, JEM_EIO, JEM_D_HW, JEM_USB_TIMEOUT, JEM_T_SANE_SILENT, seconds);
    if (next == SANE_NEXT_DIED)
        return jem_fail(err, JEM_EIO, JEM_D_HW, 0, JEM_T_SANE_CRASHED, how);
    return jem_fail(err, JEM_ECORRUPT, JEM_D_HW, 0, JEM_T_SANE_NONSENSE);
}

/* What a backend's failure means outside of a scan, and for what a scan has no end of its own. */
static enum jem_code talk_status(const struct sane_end *end, struct jem_error *err)
{
    bool gone = end->status == SANE_IS_INVAL || end->status == SANE_IS_IO_ERROR;
    if (end->stage <= SANE_STAGE_OPEN && gone)
        return jem_fail(err, JEM_EIO, JEM_D_HW, JEM_USB_GONE, JEM_T_SANE_GONE);
    switch (end->status) {
    case SANE_IS_GOOD: return JEM_OK;
    case SANE_IS_BUSY: return jem_fail(err, JEM_EBUSY, JEM_D_HW, 0, JEM_T_SANE_IN_USE);
    case SANE_IS_DENIED: return jem_fail(err, JEM_EDENIED, JEM_D_HW, 0, JEM_T_SANE_DENIED);
    case SANE_IS_IO_ERROR: return jem_fail(err, JEM_EIO, JEM_D_HW, 0, JEM_T_SANE_IO);
    default: return jem_fail(err, JEM_EIO, JEM_D_HW, 0, JEM_T_SANE_STATUS, end->text);
    }
}

/* Hears frames of the one type until END; `take` may be NULL when none are expected. */
static enum jem_code talk_until_end(struct sane_talk *t, int seconds, enum sane_frame type,
    enum jem_code (*take)(struct jem_reader *r, void *ctx, struct jem_error *err), void *ctx, struct jem_error *err)
{
    int64_t deadline_ms = jem_mono_ms() + seconds * 1000;
    for (;;) {
        jem_buf_clear(&t->in);
        enum sane_next next = talk_next(t, deadline_ms, NULL);
        if (next != SANE_NEXT_FRAME)
            return talk_broke(t, next, seconds, err);
        struct jem_reader r = talk_payload(t);
        struct sane_end end;
        if (t->type == SANE_FRAME_END && sane_get_end(&r, &end))
            return talk_status(&end, err);
        if (!take || t->type != (unsigned)type)
            return talk_broke(t, SANE_NEXT_NONSENSE, seconds, err);
        enum jem_code code = take(&r, ctx, err);
        if (code != JEM_OK)
            return code == JEM_ECORRUPT ? talk_broke(t, SANE_NEXT_NONSENSE, seconds, err) : code;
    }
}

/* ---- the list ---- */

struct sane_listing {
    struct jem_scanner_list *list;
    size_t count;
};

/* A camera is no scanner, and the network's devices are not this kit's. */
static bool list_skips(const char *name)
{
    return strncmp(name, "v4l:", 4) == 0 || strncmp(name, "net:", 4) == 0;
}

static enum jem_code list_take(struct jem_reader *r, void *ctx, struct jem_error *err)
{
    struct sane_listing *listing = ctx;
    struct jem_scanner_info info = { .via = JEM_VIA_SANE, .usable = true };
    char name[256], maker[256], model[256];
    sane_get_text(r, name, sizeof name);
    sane_get_text(r, maker, sizeof maker);
    sane_get_text(r, model, sizeof model);
    if (r->failed || jem_reader_left(r) != 0 || listing->count++ >= SANE_LIST_MAX)
        return JEM_ECORRUPT;
    if (list_skips(name) || strlen(name) >= sizeof((struct sane_self *)0)->name)
        return JEM_OK;
    (void)snprintf(info.id, sizeof info.id, "sane:%.*s", (int)sizeof info.id - 6, name);
    (void)snprintf(info.name, sizeof info.name, "%.60s %.60s", maker, model);
    return jem_scanner_list_add(listing->list, &info, err);
}

/* No helper: SANE is not installed, and there is nothing to say. A helper that breaks is told as a line of the list. */
static enum jem_code way_list(struct jem_usb *usb, struct jem_scanner_list *list, struct jem_error *err)
{
    (void)usb;
    struct sane_talk talk;
    struct sane_listing listing = { .list = list };
    struct jem_buf request = talk_request(SANE_FRAME_LIST, NULL, NULL);
    struct jem_error why = { 0 };
    enum jem_code code = talk_start(&talk, &request, &why);
    bool missing = code == JEM_ENOTFOUND;
    if (code == JEM_OK)
        code = talk_until_end(&talk, SANE_LIST_S, SANE_FRAME_DEVICE, list_take, &listing, &why);
    talk_stop(&talk, SANE_GRACE_MS);
    if (code == JEM_OK || missing)
        return JEM_OK;
    if (code == JEM_ENOMEM)
        return jem_fail_nomem(err);
    struct jem_scanner_info info = { .id = "sane:", .name = "SANE", .via = JEM_VIA_SANE };
    struct jem_error told = { 0 };
    (void)jem_fail(&told, code, JEM_D_HW, why.native, JEM_T_SANE_LIST, why.msg);
    (void)snprintf(info.why, sizeof info.why, "%s", told.msg);
    return jem_scanner_list_add(list, &info, err);
}

/* ---- one scanner ---- */

static enum jem_code way_open(struct jem_usb *usb, const char *name, void **self, struct jem_error *err)
{
    (void)usb;
    struct sane_self *s = calloc(1, sizeof *s);
    *self = NULL;
    if (!s)
        return jem_fail_nomem(err);
    if (!*name || (size_t)snprintf(s->name, sizeof s->name, "%s", name) >= sizeof s->name) {
        free(s);
        return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_SCAN_ID, name);
    }
    *self = s;
    return JEM_OK;
}

static void way_close(void *self)
{
    free(self);
}

static enum jem_code caps_take(struct jem_reader *r, void *ctx, struct jem_error *err)
{
    (void)err;
    return sane_get_caps(r, ctx) ? JEM_OK : JEM_ECORRUPT;
}

static enum jem_code way_caps(void *self, struct jem_scanner_caps *out, struct jem_error *err)
{
    struct sane_self *s = self;
    if (!s->caps_known) {
        struct sane_talk talk;
        struct jem_buf request = talk_request(SANE_FRAME_CAPS, s->name, NULL);
        enum jem_code code = talk_start(&talk, &request, err);
        if (code == JEM_OK)
            code = talk_until_end(&talk, SANE_OPEN_S, SANE_FRAME_CAPS_ARE, caps_take, &s->caps, err);
        talk_stop(&talk, SANE_GRACE_MS);
        if (code != JEM_OK)
            return code;
        s->caps_known = true;
    }
    *out = s->caps;
    return JEM_OK;
}

/* SANE tells no state; whether the device opens does. */
static enum jem_code way_status(void *self, struct jem_scanner_status *out, struct jem_error *err)
{
    struct sane_self *s = self;
    struct sane_talk talk;
    struct jem_buf request = talk_request(SANE_FRAME_OPEN, s->name, NULL);
    struct jem_error why = { 0 };
    enum jem_code code = talk_start(&talk, &request, &why);
    if (code == JEM_OK)
        code = talk_until_end(&talk, SANE_OPEN_S, SANE_FRAME_UNKNOWN, NULL, NULL, &why);
    talk_stop(&talk, SANE_GRACE_MS);
    if (code == JEM_OK)
        out->state = JEM_SCANNER_IDLE;
    else if (code == JEM_EBUSY)
        out->state = JEM_SCANNER_BUSY;
    else if (why.native == JEM_USB_GONE)
        out->state = JEM_SCANNER_GONE;
    else {
        if (err)
            *err = why;
        return code;
    }
    return JEM_OK;
}

/* ---- a scan ---- */

/* What the helper's END means for the run. */
static enum jem_code scan_end(struct jem_scan_run *run, const struct sane_end *end, struct jem_error *err)
{
    struct jem_error why = { 0 };
    switch (end->status) {
    case SANE_IS_GOOD: return jem_scan_done(run);
    case SANE_IS_NO_DOCS:
        return run->job_pages > 0 && end->stage == SANE_STAGE_START
                   ? jem_scan_done(run)
                   : jem_scan_fail(run, JEM_SCAN_NO_PAPER, (int)end->status, NULL, err);
    case SANE_IS_JAMMED: return jem_scan_fail(run, JEM_SCAN_JAM, (int)end->status, NULL, err);
    case SANE_IS_COVER_OPEN: return jem_scan_fail(run, JEM_SCAN_COVER, (int)end->status, NULL, err);
    case SANE_IS_CANCELLED: return jem_scan_fail(run, JEM_SCAN_CANCELLED, JEM_USB_CANCELLED, NULL, err);
    case SANE_IS_INVAL:
        if (end->stage == SANE_STAGE_OPTIONS || end->stage == SANE_STAGE_START)
            return jem_scan_fail(run, JEM_SCAN_REFUSED, (int)end->status, NULL, err);
        break;
    default: break;
    }
    (void)talk_status(end, &why);
    return jem_scan_broke(run, &why, err);
}

/* After the flag: the helper is told, and has a moment to stop the device and to end. A page that is whole by then was
 * scanned, and is kept. */
static enum jem_code scan_cancel(struct sane_talk *t, struct jem_scan_run *run, struct jem_error *err)
{
    int64_t deadline_ms = jem_mono_ms() + SANE_CANCEL_MS;
    struct jem_buf cancel = talk_request(SANE_FRAME_CANCEL, NULL, NULL);
    struct jem_error why = { 0 };
    enum jem_code code = JEM_OK;
    bool ended = false, hears = sane_child_send(&t->child, &cancel);
    jem_buf_release(&cancel);
    while (hears && !ended && code == JEM_OK) {
        hears = talk_next(t, deadline_ms, NULL) == SANE_NEXT_FRAME;
        ended = hears && t->type == SANE_FRAME_END;
        if (hears && t->type == SANE_FRAME_PAGE && !jem_scan_enough(run))
            code = jem_scan_hand_over(run, t->in.data + SANE_FRAME_HEAD, t->in.len - SANE_FRAME_HEAD, &why);
        if (hears)
            jem_buf_clear(&t->in);
    }
    if (!ended)
        (void)sane_child_stop(&t->child, 0);
    return code == JEM_OK ? jem_scan_fail(run, JEM_SCAN_CANCELLED, JEM_USB_CANCELLED, NULL, err)
                          : jem_scan_broke(run, &why, err);
}

static enum jem_code scan_pages(struct sane_talk *t, struct jem_scan_run *run, struct jem_error *err)
{
    int64_t deadline_ms = jem_mono_ms() + SANE_PAGE_S * 1000;
    struct jem_error why = { 0 };
    for (;;) {
        enum sane_next next = talk_next(t, deadline_ms, run->cancel);
        if (next == SANE_NEXT_CANCELLED)
            return scan_cancel(t, run, err);
        if (next != SANE_NEXT_FRAME) {
            (void)talk_broke(t, next, SANE_PAGE_S, &why);
            return jem_scan_broke(run, &why, err);
        }
        struct jem_reader r = talk_payload(t);
        struct sane_end end;
        if (t->type == SANE_FRAME_END && sane_get_end(&r, &end))
            return scan_end(run, &end, err);
        if (t->type != SANE_FRAME_PAGE || jem_scan_enough(run)) {
            (void)talk_broke(t, SANE_NEXT_NONSENSE, 0, &why);
            return jem_scan_broke(run, &why, err);
        }
        enum jem_code code = jem_scan_hand_over(run, r.p, jem_reader_left(&r), &why);
        if (code == JEM_ECORRUPT)
            (void)sane_child_stop(&t->child, 0);
        if (code != JEM_OK)
            return jem_scan_broke(run, &why, err);
        jem_buf_clear(&t->in);
        deadline_ms = jem_mono_ms() + SANE_PAGE_S * 1000;
    }
}

static enum jem_code way_scan(void *self, const struct jem_scan_settings *settings, struct jem_scan_run *run,
    struct jem_error *err)
{
    struct sane_self *s = self;
    struct sane_talk talk;
    struct jem_scan_settings wanted = *settings;
    struct jem_error why = { 0 };
    if (settings->source == JEM_SOURCE_PLATEN)
        wanted.max_pages = 1;
    else if (settings->max_pages > 0)
        wanted.max_pages = settings->max_pages - run->report->pages;
    if (jem_scan_cancelled(run))
        return jem_scan_fail(run, JEM_SCAN_CANCELLED, JEM_USB_CANCELLED, NULL, err);
    struct jem_buf request = talk_request(SANE_FRAME_SCAN, s->name, &wanted);
    enum jem_code code = talk_start(&talk, &request, &why);
    code = code == JEM_OK ? scan_pages(&talk, run, err) : jem_scan_broke(run, &why, err);
    talk_stop(&talk, SANE_GRACE_MS);
    return code;
}

const struct jem_scanner_ops jem_scanner_sane = {
    .scheme = "sane",
    .via = JEM_VIA_SANE,
    .list = way_list,
    .open = way_open,
    .close = way_close,
    .caps = way_caps,
    .status = way_status,
    .scan = way_scan,
};
