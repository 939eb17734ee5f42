/* ippusb.c - HTTP pipes over bulk endpoints.
 *
 * Reads are asked in 16 KiB (a multiple of 1024: some devices send nothing into other sizes), 16 of them in flight, only
 * while a response is awaited. A pipe cannot be closed: what was not read would be the start of the next response. So
 * after a failure, and when it is claimed, a pipe is reset in steps: transfers back, SOFT_RESET, the setting again,
 * what still comes is thrown away; when that does not bring silence, the port is reset. */
#include "ippusb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/clock.h"
#include "quirks.h"

#define READ_BYTES 16384
#define READS_IN_FLIGHT 16
#define CONTROL_MS 2000
#define QUIET_MS 40
#define STALE_MAX_BYTES ((size_t)1 << 20)
#define STALE_MAX_MS 3000
#define PRINTER_SOFT_RESET 2
#define TO_INTERFACE 0x21 /* printer class 1.1 */
#define TO_OTHER 0x23     /* printer class 1.0 */

struct ippusb_pipe {
    struct jem_http1_pipe base;
    struct jem_ippusb *device;
    struct jem_usb_alt alt;
    struct jem_usb_stream *stream;
};
struct jem_ippusb {
    struct jem_usb_device *usb;
    unsigned quirks;
    struct ippusb_pipe pipes[JEM_IPPUSB_PIPES_MAX];
    unsigned pipe_count;
};

static bool alt_is_ipp(const struct jem_usb_alt *a)
{
    bool standard = a->class == 7 && a->subclass == 1 && a->protocol == 4;
    bool hp = a->class == 255 && a->subclass == 9 && a->protocol == 1;
    return (standard || hp) && a->bulk_in.address && a->bulk_out.address;
}

size_t jem_ippusb_alts(const struct jem_usb_info *info, const struct jem_usb_alt **out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < info->alt_count && n < cap; i++) {
        bool known = false;
        for (size_t k = 0; k < n; k++)
            known = known || out[k]->interface == info->alts[i].interface;
        if (!known && alt_is_ipp(&info->alts[i]))
            out[n++] = &info->alts[i];
    }
    return n;
}

/* ---- resets ------------------------------------------------------------------------------------------------------- */

/* Some devices know the request only in its older form, some not at all (*known is false then): neither is a failure. */
static bool pipe_soft_reset(struct ippusb_pipe *pipe, bool *known, struct jem_error *err)
{
    struct jem_usb_wait wait = { CONTROL_MS, NULL };
    struct jem_error why = { 0 };
    static const uint8_t types[] = { TO_INTERFACE, TO_OTHER };
    *known = true;
    for (size_t i = 0; i < sizeof types; i++) {
        if (jem_usb_control(pipe->device->usb, types[i], PRINTER_SOFT_RESET, 0, pipe->alt.interface, NULL, 0, wait,
                NULL, &why) == JEM_OK)
            return true;
        if (why.native == JEM_USB_GONE || why.native == JEM_USB_TIMEOUT) {
            if (err)
                *err = why;
            return false;
        }
    }
    *known = false;
    return true;
}

/* Throws away what comes until the pipe is quiet. False when it does not become quiet. */
static bool pipe_drain(struct ippusb_pipe *pipe, struct jem_error *err)
{
    unsigned char waste[4096];
    struct jem_error why = { 0 };
    size_t total = 0, got;
    int64_t until_ms = jem_mono_ms() + STALE_MAX_MS;
    while (total < STALE_MAX_BYTES && jem_mono_ms() < until_ms) {
        enum jem_code code = jem_usb_stream_read(pipe->stream, waste, sizeof waste, READ_BYTES,
            (struct jem_usb_wait){ QUIET_MS, NULL }, &got, &why);
        if (code != JEM_OK && why.native == JEM_USB_TIMEOUT)
            return true;
        if (code != JEM_OK) {
            if (err)
                *err = why;
            return false;
        }
        total += got;
        if (got == 0)
            jem_http1_pause(10, NULL);
    }
    if (err)
        (void)jem_fail(err, JEM_EIO, JEM_D_HW, JEM_USB_FAILED, JEM_T_HTTP1_BAD);
    return false;
}

static enum jem_code pipe_settle(struct ippusb_pipe *pipe, bool *known, struct jem_error *err)
{
    struct jem_error why = { 0 };
    jem_usb_stream_drop(pipe->stream);
    bool soft = pipe_soft_reset(pipe, known, &why);
    enum jem_code code = soft ? jem_usb_claim(pipe->device->usb, pipe->alt.interface, pipe->alt.alt, &why) : why.code;
    if (code == JEM_OK && jem_usb_clear_halt(pipe->device->usb, pipe->alt.bulk_in.address, &why) == JEM_OK &&
        jem_usb_clear_halt(pipe->device->usb, pipe->alt.bulk_out.address, &why) == JEM_OK && pipe_drain(pipe, &why))
        return JEM_OK;
    if (err)
        *err = why;
    return why.code;
}

static enum jem_code port_reset(struct jem_ippusb *device, struct jem_error *err)
{
    bool known;
    for (unsigned i = 0; i < device->pipe_count; i++)
        jem_usb_stream_drop(device->pipes[i].stream);
    enum jem_code code = jem_usb_reset(device->usb, err);
    for (unsigned i = 0; i < device->pipe_count && code == JEM_OK; i++) {
        code = pipe_settle(&device->pipes[i], &known, err);
        device->pipes[i].base.dirty = code != JEM_OK;
    }
    return code;
}

/* A device that knows no SOFT_RESET may still hold half a request: only a reset of the port makes it forget. */
static enum jem_code pipe_recover(struct jem_http1_pipe *base, struct jem_error *err)
{
    struct ippusb_pipe *pipe = (struct ippusb_pipe *)base;
    struct jem_error why = { 0 };
    bool known = false;
    enum jem_code code = pipe_settle(pipe, &known, &why);
    if (code == JEM_OK && known) {
        base->dirty = false;
        return JEM_OK;
    }
    if (code == JEM_OK || (why.native != JEM_USB_GONE && !jem_usb_gone(pipe->device->usb)))
        return port_reset(pipe->device, err);
    if (err)
        *err = why;
    return why.code;
}

/* ---- the pipe ----------------------------------------------------------------------------------------------------- */

static enum jem_code pipe_send(struct jem_http1_pipe *base, const void *p, size_t n, struct jem_usb_wait wait,
    struct jem_error *err)
{
    struct ippusb_pipe *pipe = (struct ippusb_pipe *)base;
    return jem_usb_write(pipe->device->usb, pipe->alt.bulk_out.address, p, n, wait, NULL, err);
}

static enum jem_code pipe_receive(struct jem_http1_pipe *base, void *p, size_t cap, size_t want,
    struct jem_usb_wait wait, size_t *got, bool *end, struct jem_error *err)
{
    struct ippusb_pipe *pipe = (struct ippusb_pipe *)base;
    *end = false;
    return jem_usb_stream_read(pipe->stream, p, cap, want, wait, got, err);
}

static void pipe_rest(struct jem_http1_pipe *base, bool close)
{
    struct ippusb_pipe *pipe = (struct ippusb_pipe *)base;
    (void)close; /* the pipe is the connection: there is nothing to close */
    jem_usb_stream_pause(pipe->stream);
    if (jem_usb_stream_left(pipe->stream) > 0)
        base->dirty = true; /* bytes that nobody asked for */
}

static const struct jem_http1_pipe_ops pipe_ops = { pipe_send, pipe_receive, pipe_rest, pipe_recover };

/* ---- the device --------------------------------------------------------------------------------------------------- */

static enum jem_code pipe_open(struct jem_ippusb *device, const struct jem_usb_alt *alt, struct jem_error *err)
{
    struct ippusb_pipe *pipe = &device->pipes[device->pipe_count];
    enum jem_code code = jem_usb_claim(device->usb, alt->interface, alt->alt, err);
    if (code != JEM_OK)
        return code;
    *pipe = (struct ippusb_pipe){ .base.ops = &pipe_ops, .device = device, .alt = *alt };
    const struct jem_usb_info *info = jem_usb_device_info(device->usb);
    jem_usb_info_label(info, pipe->base.name);
    (void)snprintf(pipe->base.host, sizeof pipe->base.host, "%s",
        device->quirks & JEM_QUIRK_HOST_PORT ? "localhost:80" : "localhost");
    code = jem_usb_stream_open(device->usb, alt->bulk_in.address, READ_BYTES, READS_IN_FLIGHT, &pipe->stream, err);
    if (code != JEM_OK) {
        jem_usb_release(device->usb, alt->interface);
        return code;
    }
    device->pipe_count++;
    bool known;
    if (pipe_settle(pipe, &known, NULL) == JEM_OK)
        return JEM_OK;
    return port_reset(device, err);
}

enum jem_code jem_ippusb_open(struct jem_usb *usb, const char *id, struct jem_ippusb **out, struct jem_error *err)
{
    const struct jem_usb_alt *alts[JEM_IPPUSB_PIPES_MAX];
    char name[160];
    *out = NULL;
    struct jem_ippusb *device = calloc(1, sizeof *device);
    if (!device)
        return jem_fail_nomem(err);
    enum jem_code code = jem_usb_open(usb, id, &device->usb, err);
    if (code != JEM_OK)
        goto out;
    const struct jem_usb_info *info = jem_usb_device_info(device->usb);
    jem_usb_info_label(info, name);
    device->quirks = jem_quirks_of(name, "");
    size_t n = jem_ippusb_alts(info, alts, device->quirks & JEM_QUIRK_ONE_PIPE ? 1 : JEM_IPPUSB_PIPES_MAX);
    if (n == 0) {
        code = jem_fail(err, JEM_ENOTFOUND, JEM_D_HW, 0, JEM_T_IPPUSB_NOT, name);
        goto out;
    }
    if (device->quirks & JEM_QUIRK_RESET_ON_OPEN)
        code = jem_usb_reset(device->usb, err);
    if (code == JEM_OK)
        code = pipe_open(device, alts[0], err);
    for (size_t i = 1; i < n && code == JEM_OK; i++)
        if (pipe_open(device, alts[i], NULL) != JEM_OK)
            break; /* one pipe is enough */
out:
    if (code == JEM_OK)
        *out = device;
    else
        jem_ippusb_close(device);
    return code;
}

void jem_ippusb_close(struct jem_ippusb *device)
{
    if (!device)
        return;
    for (unsigned i = 0; i < device->pipe_count; i++)
        jem_usb_stream_close(device->pipes[i].stream);
    jem_usb_close(device->usb);
    free(device);
}

bool jem_ippusb_gone(const struct jem_ippusb *device)
{
    return jem_usb_gone(device->usb);
}

unsigned jem_ippusb_quirks(const struct jem_ippusb *device)
{
    return device->quirks;
}

struct jem_http1_pipe *jem_ippusb_pipe(struct jem_ippusb *device, unsigned i)
{
    return i < device->pipe_count ? &device->pipes[i].base : NULL;
}
