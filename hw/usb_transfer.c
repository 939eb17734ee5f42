/* usb_transfer.c - transfers that fly, land and are taken back; control, write and read built of them.
 *
 * libusb's own timeouts are not used: a wait here ends by our clock, and then the transfer is cancelled and waited for,
 * so that its buffer is ours again. One that the kernel never gives back is left to its device, and freed with it. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jemput/clock.h"
#include "usb_own.h"

#define SLICE_MS 20       /* how late a cancel flag may be seen */
#define TAKE_BACK_MS 3000 /* the kernel gives cancelled transfers back at once */
#define GONE_MS 1000      /* after an unplug, transfers come back by themselves */
#define SUSPECT_MS 400    /* a bus error before the news of an unplug */
#define WRITE_CHUNK 16384
#define WRITE_FLIGHTS 4
#define CONTROL_MAX 4096

static void LIBUSB_CALL transfer_landed(struct libusb_transfer *lib)
{
    struct jem_usb_transfer *t = lib->user_data;
    struct jem_usb_device *device = t->device;
    (void)pthread_mutex_lock(&device->lock);
    t->flying = false;
    if (lib->status == LIBUSB_TRANSFER_NO_DEVICE)
        atomic_store(&device->gone, true);
    (void)pthread_cond_broadcast(&device->landed);
    (void)pthread_mutex_unlock(&device->lock);
}

struct jem_usb_transfer *jem_usb_transfer_new(struct jem_usb_device *device, size_t size)
{
    struct jem_usb_transfer *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->device = device;
    t->size = size;
    t->lib = libusb_alloc_transfer(0);
    t->buffer = malloc(size ? size : 1);
    if (!t->lib || !t->buffer) {
        libusb_free_transfer(t->lib);
        free(t->buffer);
        free(t);
        return NULL;
    }
    t->next = device->transfers;
    device->transfers = t;
    return t;
}

void jem_usb_transfer_free(struct jem_usb_transfer *t)
{
    if (!t)
        return;
    jem_usb_transfers_take_back(&t, 1);
    if (t->lost)
        return;
    for (struct jem_usb_transfer **p = &t->device->transfers; *p; p = &(*p)->next)
        if (*p == t) {
            *p = t->next;
            break;
        }
    libusb_free_transfer(t->lib);
    free(t->buffer);
    free(t);
}

static int transfer_submit(struct jem_usb_transfer *t)
{
    if (t->lost)
        return LIBUSB_ERROR_IO;
    if (atomic_load(&t->device->gone))
        return LIBUSB_ERROR_NO_DEVICE;
    (void)pthread_mutex_lock(&t->device->lock);
    t->flying = true;
    (void)pthread_mutex_unlock(&t->device->lock);
    int rc = libusb_submit_transfer(t->lib);
    if (rc != 0) {
        (void)pthread_mutex_lock(&t->device->lock);
        t->flying = false;
        (void)pthread_mutex_unlock(&t->device->lock);
    }
    return rc;
}

int jem_usb_transfer_start(struct jem_usb_transfer *t, uint8_t endpoint, bool interrupt, size_t len)
{
    if (interrupt)
        libusb_fill_interrupt_transfer(t->lib, t->device->handle, endpoint, t->buffer, (int)len, transfer_landed, t, 0);
    else
        libusb_fill_bulk_transfer(t->lib, t->device->handle, endpoint, t->buffer, (int)len, transfer_landed, t, 0);
    return transfer_submit(t);
}

bool jem_usb_transfer_flies(struct jem_usb_transfer *t)
{
    (void)pthread_mutex_lock(&t->device->lock);
    bool flies = t->flying;
    (void)pthread_mutex_unlock(&t->device->lock);
    return flies;
}

/* Sleeps until something lands, at most to `until_ms`. The device's lock is held. */
static void landed_wait(struct jem_usb_device *device, int64_t until_ms)
{
    struct timespec until = { (time_t)(until_ms / 1000), (long)(until_ms % 1000) * 1000000 };
    (void)pthread_cond_timedwait(&device->landed, &device->lock, &until);
}

int jem_usb_transfer_wait(struct jem_usb_transfer *t, int64_t deadline_ms, const atomic_bool *cancel)
{
    struct jem_usb_device *device = t->device;
    int rc = 0;
    int64_t gone_at_ms = 0;
    (void)pthread_mutex_lock(&device->lock);
    while (t->flying && rc == 0) {
        int64_t now_ms = jem_mono_ms(), until_ms = deadline_ms;
        if (atomic_load(&device->gone) && gone_at_ms == 0)
            gone_at_ms = now_ms;
        if (cancel && until_ms > now_ms + SLICE_MS)
            until_ms = now_ms + SLICE_MS;
        if (gone_at_ms && now_ms > gone_at_ms + GONE_MS)
            rc = JEM_USB_GONE;
        else if (cancel && atomic_load(cancel))
            rc = JEM_USB_CANCELLED;
        else if (now_ms >= deadline_ms)
            rc = JEM_USB_TIMEOUT;
        else
            landed_wait(device, gone_at_ms && until_ms > gone_at_ms + GONE_MS ? gone_at_ms + GONE_MS + 1 : until_ms);
    }
    (void)pthread_mutex_unlock(&device->lock);
    return rc;
}

void jem_usb_transfers_take_back(struct jem_usb_transfer *const *transfers, size_t n)
{
    for (size_t i = n; i-- > 0;)
        if (!transfers[i]->lost && jem_usb_transfer_flies(transfers[i]))
            (void)libusb_cancel_transfer(transfers[i]->lib);
    int64_t deadline_ms = jem_mono_ms() + TAKE_BACK_MS;
    for (size_t i = 0; i < n; i++) {
        struct jem_usb_transfer *t = transfers[i];
        if (!t->lost && jem_usb_transfer_wait(t, deadline_ms, NULL) != 0)
            t->lost = true;
    }
}

int jem_usb_transfer_result(const struct jem_usb_transfer *t)
{
    struct jem_usb_device *device = t->device;
    if (t->lost)
        return JEM_USB_FAILED;
    switch (t->lib->status) {
    case LIBUSB_TRANSFER_COMPLETED: return 0;
    case LIBUSB_TRANSFER_TIMED_OUT: return JEM_USB_TIMEOUT;
    case LIBUSB_TRANSFER_CANCELLED: return atomic_load(&device->gone) ? JEM_USB_GONE : JEM_USB_CANCELLED;
    case LIBUSB_TRANSFER_STALL: return JEM_USB_STALL;
    case LIBUSB_TRANSFER_NO_DEVICE: return JEM_USB_GONE;
    case LIBUSB_TRANSFER_OVERFLOW: return JEM_USB_OVERFLOW;
    case LIBUSB_TRANSFER_ERROR: break;
    }
    int64_t until_ms = jem_mono_ms() + SUSPECT_MS;
    (void)pthread_mutex_lock(&device->lock);
    while (!atomic_load(&device->gone) && jem_mono_ms() < until_ms)
        landed_wait(device, until_ms);
    (void)pthread_mutex_unlock(&device->lock);
    return atomic_load(&device->gone) ? JEM_USB_GONE : JEM_USB_FAILED;
}

bool jem_usb_endpoint_interrupt(const struct jem_usb_device *device, uint8_t endpoint)
{
    for (size_t i = 0; i < device->info.alt_count; i++)
        if (device->info.alts[i].interrupt_in.address == endpoint)
            return true;
    return false;
}

/* Waits for one transfer and takes it back when the wait ends early. */
static int transfer_finish(struct jem_usb_transfer *t, int64_t deadline_ms, const atomic_bool *cancel)
{
    int rc = jem_usb_transfer_wait(t, deadline_ms, cancel);
    if (rc != 0)
        jem_usb_transfers_take_back(&t, 1);
    int landed = jem_usb_transfer_result(t);
    if (rc != 0 && landed != 0 && landed != JEM_USB_GONE)
        return rc;
    return landed; /* it may have landed just before it was taken back */
}

/* ---- control ------------------------------------------------------------------------------------------------------ */

enum jem_code jem_usb_control(struct jem_usb_device *device, uint8_t type, uint8_t request, uint16_t value,
    uint16_t index, void *data, uint16_t len, struct jem_usb_wait wait, size_t *done, struct jem_error *err)
{
    if (done)
        *done = 0;
    if (len > CONTROL_MAX)
        return jem_usb_fail(device, JEM_USB_FAILED, err);
    struct jem_usb_transfer *t = jem_usb_transfer_new(device, LIBUSB_CONTROL_SETUP_SIZE + (size_t)len);
    if (!t)
        return jem_fail_nomem(err);
    libusb_fill_control_setup(t->buffer, type, request, value, index, len);
    if (!(type & LIBUSB_ENDPOINT_IN) && len > 0)
        memcpy(t->buffer + LIBUSB_CONTROL_SETUP_SIZE, data, len);
    libusb_fill_control_transfer(t->lib, device->handle, t->buffer, transfer_landed, t, 0);
    int rc = transfer_submit(t);
    if (rc == 0)
        rc = transfer_finish(t, jem_mono_ms() + wait.timeout_ms, wait.cancel);
    if (rc == 0) {
        size_t n = (size_t)t->lib->actual_length;
        if (type & LIBUSB_ENDPOINT_IN)
            memcpy(data, t->buffer + LIBUSB_CONTROL_SETUP_SIZE, n);
        if (done)
            *done = n;
    }
    jem_usb_transfer_free(t);
    return rc == 0 ? JEM_OK : jem_usb_fail(device, rc, err);
}

/* ---- write --------------------------------------------------------------------------------------------------------- */

struct usb_write {
    struct jem_usb_device *device;
    const unsigned char *p;
    size_t n, given, taken; /* bytes handed to transfers; bytes that the device took, in order */
    uint8_t endpoint;
    bool interrupt;
    struct jem_usb_transfer *flights[WRITE_FLIGHTS];
    size_t first, count; /* ring of transfers in flight */
};

static int write_start(struct usb_write *w)
{
    while (w->count < WRITE_FLIGHTS && w->given < w->n) {
        size_t at = (w->first + w->count) % WRITE_FLIGHTS;
        size_t left = w->n - w->given, len = left < WRITE_CHUNK ? left : WRITE_CHUNK;
        if (!w->flights[at] && !(w->flights[at] = jem_usb_transfer_new(w->device, len)))
            return LIBUSB_ERROR_NO_MEM;
        memcpy(w->flights[at]->buffer, w->p + w->given, len);
        int rc = jem_usb_transfer_start(w->flights[at], w->endpoint, w->interrupt, len);
        if (rc != 0)
            return rc;
        w->given += len;
        w->count++;
    }
    return 0;
}

/* Counts what the transfers in flight delivered after they were taken back. */
static void write_count_rest(struct usb_write *w)
{
    struct jem_usb_transfer *order[WRITE_FLIGHTS] = { NULL };
    for (size_t i = 0; i < w->count; i++)
        order[i] = w->flights[(w->first + i) % WRITE_FLIGHTS];
    jem_usb_transfers_take_back(order, w->count);
    for (size_t i = 0; i < w->count; i++) {
        if (order[i]->lost)
            break;
        w->taken += (size_t)order[i]->lib->actual_length;
        if (order[i]->lib->actual_length < order[i]->lib->length)
            break;
    }
    w->count = 0;
}

static int write_run(struct usb_write *w, struct jem_usb_wait wait)
{
    int64_t deadline_ms = jem_mono_ms() + wait.timeout_ms;
    while (w->taken < w->n) {
        int rc = write_start(w);
        if (rc == 0)
            rc = jem_usb_transfer_wait(w->flights[w->first], deadline_ms, wait.cancel);
        if (rc == 0)
            rc = jem_usb_transfer_result(w->flights[w->first]);
        if (rc != 0) {
            write_count_rest(w);
            return w->taken == w->n ? 0 : rc;
        }
        w->taken += (size_t)w->flights[w->first]->lib->actual_length;
        w->first = (w->first + 1) % WRITE_FLIGHTS;
        w->count--;
    }
    return 0;
}

enum jem_code jem_usb_write(struct jem_usb_device *device, uint8_t endpoint, const void *p, size_t n,
    struct jem_usb_wait wait, size_t *done, struct jem_error *err)
{
    struct usb_write w = { .device = device, .p = p, .n = n, .endpoint = endpoint };
    w.interrupt = jem_usb_endpoint_interrupt(device, endpoint);
    int rc = write_run(&w, wait);
    for (size_t i = 0; i < WRITE_FLIGHTS; i++)
        jem_usb_transfer_free(w.flights[i]);
    if (done)
        *done = w.taken;
    return rc == 0 ? JEM_OK : jem_usb_fail(device, rc, err);
}

/* ---- read ---------------------------------------------------------------------------------------------------------- */

enum jem_code jem_usb_read(struct jem_usb_device *device, uint8_t endpoint, void *p, size_t cap,
    struct jem_usb_wait wait, size_t *got, struct jem_error *err)
{
    *got = 0;
    struct jem_usb_transfer *t = jem_usb_transfer_new(device, cap);
    if (!t)
        return jem_fail_nomem(err);
    int rc = jem_usb_transfer_start(t, endpoint, jem_usb_endpoint_interrupt(device, endpoint), cap);
    if (rc == 0)
        rc = transfer_finish(t, jem_mono_ms() + wait.timeout_ms, wait.cancel);
    size_t n = rc == 0 || rc == JEM_USB_TIMEOUT ? (size_t)t->lib->actual_length : 0;
    if (n > 0 && !t->lost) { /* bytes that came before the time was over are not lost */
        memcpy(p, t->buffer, n);
        *got = n;
        rc = 0;
    }
    jem_usb_transfer_free(t);
    return rc == 0 ? JEM_OK : jem_usb_fail(device, rc, err);
}
