/* scan_kit.c */
#include "scan_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jemput/clock.h"
#include "scanner_escl.h"
#include "vusb_file.h"

const struct jem_escl_times scan_kit_times = { .retry_ms = 10,
    .answer_ms = 300,
    .create_ms = 300,
    .page_first_ms = 600,
    .page_idle_ms = 300,
    .page_total_ms = 4000,
    .drain_ms = 1500 };

void scan_kit_times_set(struct jem_scanner *scanner, const struct jem_escl_times *times)
{
    struct jem_scanner_escl *escl = scanner->self;
    escl->escl.times = times;
}

struct scan_kit *scan_kit_new(const char *folder)
{
    struct scan_kit *k = calloc(1, sizeof *k);
    if (!k)
        vusb_die("out of memory");
    k->bus = vusb_bus_new();
    k->device = escl_device_usb(k->bus, folder);
    k->page_bytes = 3000;
    vusb_plug(escl_device_vusb(k->device));
    if (jem_usb_new(&k->usb, &k->err) != JEM_OK)
        vusb_die("%s", k->err.msg);
    (void)snprintf(k->id, sizeof k->id, "usb:%s", vusb_id(escl_device_vusb(k->device)));
    if (jem_scanner_open(k->usb, k->id, &k->scanner, &k->err) != JEM_OK)
        vusb_die("%s", k->err.msg);
    scan_kit_times_set(k->scanner, &scan_kit_times);
    return k;
}

void scan_kit_forget(struct scan_kit *k)
{
    for (unsigned i = 0; i < k->count; i++)
        free(k->pages[i].jpeg);
    k->count = 0;
    k->cancel_at = k->sink_fails_at = 0;
    atomic_store(&k->cancel, false);
    k->report = (struct jem_scan_report){ 0 };
    k->err = (struct jem_error){ 0 };
}

void scan_kit_free(struct scan_kit *k)
{
    scan_kit_forget(k);
    jem_scanner_close(k->scanner);
    jem_usb_free(k->usb);
    vusb_bus_free(k->bus);
    escl_device_free(k->device);
    free(k);
}

static enum jem_code keep_page(void *ctx, const struct jem_scan_page *page, struct jem_error *err)
{
    struct scan_kit *k = ctx;
    if (k->sink_fails_at && k->count == k->sink_fails_at)
        return jem_fail(err, JEM_ENOSPC, JEM_D_STORE, 0, JEM_T_SCAN_MESSAGE, "disk full", "", "");
    if (k->count == SCAN_KIT_PAGES)
        vusb_die("too many pages");
    unsigned char *copy = malloc(page->len);
    if (!copy)
        vusb_die("out of memory");
    memcpy(copy, page->jpeg, page->len);
    k->pages[k->count].jpeg = copy;
    k->pages[k->count].len = page->len;
    k->pages[k->count].number = page->number;
    k->pages[k->count].dpi = page->dpi;
    k->pages[k->count].side = page->side;
    k->pages[k->count].source = page->source;
    k->pages[k->count].again = page->again;
    k->count++;
    if (k->cancel_at && k->count == k->cancel_at) {
        atomic_store(&k->cancel, true);
        if (k->fault_at_cancel)
            vusb_fault(escl_device_vusb(k->device), k->fault_at_cancel);
    }
    return JEM_OK;
}

enum jem_code scan_kit_scan(struct scan_kit *k, enum jem_scan_source source, enum jem_scan_colour colour, unsigned dpi)
{
    const struct jem_scan_settings settings = { .source = source, .colour = colour, .dpi = dpi };
    const struct jem_scan_sink sink = { keep_page, k };
    k->err = (struct jem_error){ 0 };
    return jem_scanner_scan(k->scanner, &settings, &k->cancel, &sink, &k->report, &k->err);
}

bool scan_kit_page_is(const struct scan_kit *k, unsigned i, unsigned number)
{
    size_t len;
    const unsigned char *jpeg = escl_page(number, k->page_bytes, &len);
    return i < k->count && k->pages[i].len == len && memcmp(k->pages[i].jpeg, jpeg, len) == 0;
}

void scan_kit_replug(struct scan_kit *k)
{
    struct vusb_device *d = escl_device_vusb(k->device);
    struct jem_usb_info *list;
    size_t n;
    vusb_unplug(d);
    vusb_fault(d, NULL);
    vusb_plug(d);
    size_t seen = 0;
    for (int64_t until_ms = jem_mono_ms() + 20000; jem_mono_ms() < until_ms;) {
        bool there = false;
        if (jem_usb_list(k->usb, &list, &n, NULL) == JEM_OK) {
            there = n == 1 && list[0].address == vusb_address(d) && strcmp(list[0].id, vusb_id(d)) == 0;
            seen = n;
            free(list);
        }
        if (there)
            return;
        usleep(2000);
    }
    vusb_die("the device does not come back; there are %zu", seen);
}
