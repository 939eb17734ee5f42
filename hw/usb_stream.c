/* usb_stream.c - reads with several transfers in flight, as a ring in the order of their submission.
 *
 *   slot:  idle --submit--> flying --lands--> landed --all bytes read--> idle
 *                              \--taken back--> landed (what had come) or idle (nothing)
 *
 * A slot is only submitted behind the ones before it, and transfers are taken back from the last to the first, so the
 * ring is always: landed slots, then flying ones, then idle ones. */
#include <stdlib.h>
#include <string.h>

#include "jemput/clock.h"
#include "usb_own.h"

#define FLIGHTS_MAX 32

struct jem_usb_stream {
    struct jem_usb_device *device;
    uint8_t endpoint;
    bool interrupt;
    size_t transfer_bytes;
    unsigned slots;
    struct jem_usb_transfer *ring[FLIGHTS_MAX];
    unsigned first, used; /* slots that fly or have landed */
    size_t at;            /* bytes read of the first slot */
};

static struct jem_usb_transfer *stream_slot(const struct jem_usb_stream *s, unsigned i)
{
    return s->ring[(s->first + i) % s->slots];
}

static void stream_next_slot(struct jem_usb_stream *s)
{
    s->first = (s->first + 1) % s->slots;
    s->used--;
    s->at = 0;
}

enum jem_code jem_usb_stream_open(struct jem_usb_device *device, uint8_t endpoint, size_t transfer_bytes,
    unsigned transfers, struct jem_usb_stream **out, struct jem_error *err)
{
    *out = NULL;
    if (transfers == 0 || transfers > FLIGHTS_MAX || transfer_bytes == 0 || transfer_bytes % 1024 != 0)
        return jem_usb_fail(device, JEM_USB_FAILED, err);
    struct jem_usb_stream *s = calloc(1, sizeof *s);
    if (!s)
        return jem_fail_nomem(err);
    *s = (struct jem_usb_stream){ .device = device,
        .endpoint = endpoint,
        .transfer_bytes = transfer_bytes,
        .slots = transfers,
        .interrupt = jem_usb_endpoint_interrupt(device, endpoint) };
    for (unsigned i = 0; i < transfers; i++)
        if (!(s->ring[i] = jem_usb_transfer_new(device, transfer_bytes))) {
            jem_usb_stream_close(s);
            return jem_fail_nomem(err);
        }
    *out = s;
    return JEM_OK;
}

/* Keeps transfers in flight for `want` more bytes, at least one. */
static int stream_fill(struct jem_usb_stream *s, size_t want)
{
    size_t ahead = 0;
    for (unsigned i = 0; i < s->used; i++)
        ahead += (size_t)stream_slot(s, i)->lib->length;
    while (s->used < s->slots && (ahead < want || s->used == 0)) {
        size_t left = want > ahead ? want - ahead : 1;
        size_t len = left < s->transfer_bytes ? (left + 1023) / 1024 * 1024 : s->transfer_bytes;
        int rc = jem_usb_transfer_start(stream_slot(s, s->used), s->endpoint, s->interrupt, len);
        if (rc != 0)
            return s->used > 0 ? 0 : rc;
        s->used++;
        ahead += len;
    }
    return 0;
}

void jem_usb_stream_pause(struct jem_usb_stream *s)
{
    struct jem_usb_transfer *order[FLIGHTS_MAX] = { NULL };
    for (unsigned i = 0; i < s->used; i++)
        order[i] = stream_slot(s, i);
    jem_usb_transfers_take_back(order, s->used);
    while (s->used > 0) {
        const struct jem_usb_transfer *t = stream_slot(s, s->used - 1);
        bool empty = t->lost || (t->lib->status == LIBUSB_TRANSFER_CANCELLED && t->lib->actual_length == 0);
        if (!empty)
            break;
        s->used--;
    }
    if (s->used == 0)
        s->at = 0;
}

/* Bytes of the first slot, which has landed. False when it holds none (or no more). */
static bool stream_take(struct jem_usb_stream *s, void *p, size_t cap, size_t *got)
{
    const struct jem_usb_transfer *t = stream_slot(s, 0);
    size_t left = (size_t)t->lib->actual_length - s->at;
    if (t->lost || left == 0)
        return false;
    *got = left < cap ? left : cap;
    memcpy(p, t->buffer + s->at, *got);
    s->at += *got;
    bool spent = s->at == (size_t)t->lib->actual_length;
    if (spent && (t->lib->status == LIBUSB_TRANSFER_COMPLETED || t->lib->status == LIBUSB_TRANSFER_CANCELLED))
        stream_next_slot(s);
    return true;
}

/* The first slot has landed with no bytes left: an empty packet (0), or its fault. */
static int stream_end_of_slot(struct jem_usb_stream *s)
{
    int rc = jem_usb_transfer_result(stream_slot(s, 0));
    stream_next_slot(s);
    if (rc == JEM_USB_CANCELLED)
        rc = 0;
    if (rc != 0) {
        jem_usb_stream_pause(s);
        jem_usb_stream_drop(s);
        return rc;
    }
    while (s->used > 0 && !jem_usb_transfer_flies(stream_slot(s, 0))) { /* a run of empty packets is one "wait" */
        const struct libusb_transfer *lib = stream_slot(s, 0)->lib;
        if (lib->status != LIBUSB_TRANSFER_COMPLETED || lib->actual_length > 0)
            break;
        stream_next_slot(s);
    }
    return 0;
}

enum jem_code jem_usb_stream_read(struct jem_usb_stream *s, void *p, size_t cap, size_t want, struct jem_usb_wait wait,
    size_t *got, struct jem_error *err)
{
    int64_t deadline_ms = jem_mono_ms() + wait.timeout_ms;
    *got = 0;
    int rc = stream_fill(s, want);
    if (rc == 0)
        rc = jem_usb_transfer_wait(stream_slot(s, 0), deadline_ms, wait.cancel);
    if (rc == JEM_USB_TIMEOUT || rc == JEM_USB_CANCELLED || rc == JEM_USB_GONE) {
        jem_usb_stream_pause(s);
        if (s->used > 0 && stream_take(s, p, cap, got))
            return JEM_OK;
    }
    if (rc != 0)
        return jem_usb_fail(s->device, rc, err);
    if (stream_take(s, p, cap, got))
        return JEM_OK;
    rc = stream_end_of_slot(s);
    return rc == 0 ? JEM_OK : jem_usb_fail(s->device, rc, err);
}

size_t jem_usb_stream_left(struct jem_usb_stream *s)
{
    size_t left = 0;
    for (unsigned i = 0; i < s->used; i++)
        if (!jem_usb_transfer_flies(stream_slot(s, i)))
            left += (size_t)stream_slot(s, i)->lib->actual_length - (i == 0 ? s->at : 0);
    return left;
}

void jem_usb_stream_drop(struct jem_usb_stream *s)
{
    jem_usb_stream_pause(s);
    s->used = 0;
    s->at = 0;
}

void jem_usb_stream_close(struct jem_usb_stream *s)
{
    if (!s)
        return;
    jem_usb_stream_drop(s);
    for (unsigned i = 0; i < s->slots; i++)
        jem_usb_transfer_free(s->ring[i]);
    free(s);
}
