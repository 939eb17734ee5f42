// room: hw
/* bench_scan.c - a page of 10 MB from a virtual IPP-USB scanner, against raw bulk reads of as many bytes from a virtual
 * device on the same bus, by libusb alone: 16 transfers of 16 KiB in flight, as the scanner's pipe has them. */
#include <libusb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "escl_device.h"
#include "jemput/scanner.h"
#include "jemput/usb.h"

#define ROUNDS 9
#define PAGE_BYTES 11500000 /* makes a JPEG of about 10 MB */
#define FLIGHTS 16
#define READ_BYTES 16384

struct blob {
    const unsigned char *p;
    size_t len;
};

static void blob_out(struct vusb_device *d, void *ctx, uint8_t endpoint, const uint8_t *p, size_t n)
{
    const struct blob *blob = ctx;
    (void)p;
    (void)n;
    if (endpoint == 1)
        vusb_send(d, 0x82, blob->p, blob->len);
}

struct raw {
    size_t got, want;
    unsigned flying;
    bool failed;
};

static void LIBUSB_CALL raw_landed(struct libusb_transfer *t)
{
    struct raw *raw = t->user_data;
    raw->got += (size_t)t->actual_length;
    raw->failed = raw->failed || (t->status != LIBUSB_TRANSFER_COMPLETED && t->status != LIBUSB_TRANSFER_CANCELLED);
    raw->flying--;
    if (raw->got < raw->want && !raw->failed && libusb_submit_transfer(t) == 0)
        raw->flying++;
}

static double raw_read(libusb_context *ctx, libusb_device_handle *handle, size_t want)
{
    static unsigned char buffers[FLIGHTS][READ_BYTES], go[1];
    struct libusb_transfer *t[FLIGHTS];
    struct raw raw = { .want = want };
    int sent;
    double start = bench_now_us();
    if (libusb_bulk_transfer(handle, 1, go, sizeof go, &sent, 2000) != 0)
        bench_die("the raw device takes nothing");
    for (unsigned i = 0; i < FLIGHTS; i++) {
        t[i] = libusb_alloc_transfer(0);
        libusb_fill_bulk_transfer(t[i], handle, 0x82, buffers[i], READ_BYTES, raw_landed, &raw, 0);
        raw.flying += libusb_submit_transfer(t[i]) == 0;
    }
    while (raw.got < want && !raw.failed)
        if (libusb_handle_events(ctx) != 0)
            bench_die("no events");
    double took = bench_now_us() - start;
    for (unsigned i = 0; i < FLIGHTS; i++)
        (void)libusb_cancel_transfer(t[i]);
    while (raw.flying > 0)
        (void)libusb_handle_events(ctx);
    for (unsigned i = 0; i < FLIGHTS; i++)
        libusb_free_transfer(t[i]);
    if (raw.failed || raw.got != want)
        bench_die("raw reads failed");
    return took;
}

static enum jem_code page_came(void *ctx, const struct jem_scan_page *page, struct jem_error *err)
{
    size_t *len = ctx;
    (void)err;
    *len = page->len;
    return JEM_OK;
}

static double scan_once(struct jem_scanner *scanner, size_t want)
{
    const struct jem_scan_settings settings = { .source = JEM_SOURCE_PLATEN, .colour = JEM_COLOUR_GRAY, .dpi = 300 };
    size_t got = 0;
    const struct jem_scan_sink sink = { page_came, &got };
    struct jem_scan_report report = { 0 };
    struct jem_error err;
    double start = bench_now_us();
    bench_ok(jem_scanner_scan(scanner, &settings, NULL, &sink, &report, &err), &err);
    if (got != want)
        bench_die("the page has another length");
    return bench_now_us() - start;
}

static libusb_device_handle *raw_open(libusb_context *ctx)
{
    libusb_device_handle *handle = libusb_open_device_with_vid_pid(ctx, 0x1209, 0x0001);
    if (!handle || libusb_claim_interface(handle, 0) != 0)
        bench_die("no raw device");
    return handle;
}

static void measure(struct vusb_bus *bus)
{
    double raw_us[ROUNDS], scan_us[ROUNDS];
    struct blob blob;
    struct jem_error err;
    struct jem_usb *usb;
    struct jem_scanner *scanner;
    struct jem_scanner_caps caps;
    libusb_context *ctx;
    blob.p = escl_page(1, PAGE_BYTES, &blob.len);
    const struct vusb_behaviour behaviour = { .out = blob_out };
    struct vusb_device *raw = vusb_device_new(bus, "tests/devices/echo", &behaviour, &blob);
    struct escl_device *device = escl_device_usb(bus, "tests/devices/scanner_duplex");
    escl_device_page_bytes(device, PAGE_BYTES);
    vusb_plug(raw);
    vusb_plug(escl_device_vusb(device));
    char id[160];
    (void)snprintf(id, sizeof id, "usb:%s", vusb_id(escl_device_vusb(device)));
    bench_ok(jem_usb_new(&usb, &err), &err);
    bench_ok(jem_scanner_open(usb, id, &scanner, &err), &err);
    bench_ok(jem_scanner_caps(scanner, &caps, &err), &err);
    if (libusb_init(&ctx) != 0)
        bench_die("no libusb");
    libusb_device_handle *handle = raw_open(ctx);
    for (int i = 0; i < ROUNDS; i++) {
        raw_us[i] = raw_read(ctx, handle, blob.len);
        scan_us[i] = scan_once(scanner, blob.len);
    }
    libusb_close(handle);
    libusb_exit(ctx);
    jem_scanner_close(scanner);
    jem_usb_free(usb);
    double mb = (double)blob.len / 1e6, raw_mbs = mb * 1e6 / bench_at(raw_us, ROUNDS, 0.5),
           scan_mbs = mb * 1e6 / bench_at(scan_us, ROUNDS, 0.5);
    char what[96], measured[48], baseline[64], ratio[32];
    (void)snprintf(what, sizeof what, "scan of one page of %.1f MB over a virtual IPP-USB pipe", mb);
    (void)snprintf(measured, sizeof measured, "%.0f MB/s", scan_mbs);
    (void)snprintf(baseline, sizeof baseline, "%.0f MB/s: raw bulk reads by libusb", raw_mbs);
    (void)snprintf(ratio, sizeof ratio, "%.2f ×", scan_mbs / raw_mbs);
    bench_row(what, measured, baseline, ratio, "≥ 0.9 ×");
    vusb_bus_free(bus);
    escl_device_free(device);
}

int main(int argc, char **argv)
{
    const char *preload = getenv("LD_PRELOAD");
    if ((!preload || !strstr(preload, "umockdev")) && argc > 0) {
        (void)execlp("umockdev-wrapper", "umockdev-wrapper", argv[0], (char *)NULL);
        bench_die("umockdev-wrapper is not there");
    }
    measure(vusb_bus_new());
    return 0;
}
