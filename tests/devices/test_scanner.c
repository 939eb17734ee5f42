// room: hw
/* Scanners over virtual USB: what they can, pages from platen and feeder, and every state that needs a person. */
#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jemput/clock.h"
#include "escl_job.h"
#include "scan_kit.h"
#include "scanner_ops.h"

static int begin_duplex(void **state)
{
    *state = scan_kit_new("tests/devices/scanner_duplex");
    return 0;
}

static int begin_chunked(void **state)
{
    *state = scan_kit_new("tests/devices/scanner_chunked");
    return 0;
}

static int begin_quirky(void **state)
{
    *state = scan_kit_new("tests/devices/scanner_quirky");
    return 0;
}

static int finish(void **state)
{
    scan_kit_free(*state);
    return 0;
}

/* Whatever happened: a job that was made is deleted, and no request was out of order. */
static void nothing_is_left(struct scan_kit *k)
{
    struct escl_counts c = escl_device_counts(k->device);
    assert_int_equal(c.created, c.deleted);
    assert_int_equal(c.open_jobs, 0);
    assert_int_equal(c.outside, 0);
}

static void says(const struct scan_kit *k, enum jem_text text)
{
    if (strncmp(k->err.msg, jem_text(text), strlen(jem_text(text))) != 0)
        fail_msg("\"%s\" does not say \"%s\"", k->err.msg, jem_text(text));
}

/* ---- what there is -------------------------------------------------------------------------------------------------- */

static void lists_and_tells_what_it_can(void **state)
{
    struct scan_kit *k = *state;
    struct jem_scanner_list list;
    struct jem_scanner_caps caps;
    jem_scanner_close(k->scanner);
    k->scanner = NULL;
    assert_int_equal(jem_scanners_list(k->usb, &list, NULL), JEM_OK);
    size_t ours = list.count;
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.items[i].id, "usb:1-1/SN-200") == 0)
            ours = i;
    assert_true(ours < list.count);
    assert_string_equal(list.items[ours].name, "Uji Pindai 200");
    assert_string_equal(list.items[ours].serial, "SN-200");
    assert_int_equal(list.items[ours].via, JEM_VIA_USB);
    assert_true(list.items[ours].usable);
    jem_scanner_list_release(&list);

    assert_int_equal(jem_scanner_open(k->usb, k->id, &k->scanner, &k->err), JEM_OK);
    assert_int_equal(jem_scanner_caps(k->scanner, &caps, &k->err), JEM_OK);
    assert_string_equal(caps.model, "Uji Pindai 200");
    const struct jem_scan_source_caps *platen = &caps.sources[JEM_SOURCE_PLATEN], *adf = &caps.sources[JEM_SOURCE_ADF];
    assert_int_equal(platen->resolution_count, 3);
    assert_int_equal(platen->resolutions[0], 200);
    assert_int_equal(platen->max_height_300dpi, 3508);
    assert_int_equal(adf->range.step, 25);
    assert_int_equal(adf->colours, 1 << JEM_COLOUR_GRAY | 1 << JEM_COLOUR_RGB);
    assert_true(caps.sources[JEM_SOURCE_ADF_DUPLEX].present);
    assert_int_equal(jem_scan_dpi_choose(platen, 250), 300);
    assert_int_equal(jem_scan_dpi_choose(platen, 1200), 600);
    assert_int_equal(jem_scan_dpi_choose(adf, 210), 225);
    assert_int_equal(jem_scan_dpi_choose(adf, 9999), 600);
    assert_int_equal(jem_scan_colour_choose(adf, JEM_COLOUR_BILEVEL), JEM_COLOUR_GRAY);
}

static void tells_its_state(void **state)
{
    struct scan_kit *k = *state;
    struct jem_scanner_status s;
    escl_device_load(k->device, 1, 2);
    assert_int_equal(jem_scanner_status(k->scanner, &s, &k->err), JEM_OK);
    assert_int_equal(s.state, JEM_SCANNER_IDLE);
    assert_int_equal(s.adf, JEM_ADF_LOADED);
    assert_string_equal(jem_scanner_status_text(&s), jem_text(JEM_T_SCANNER_LOADED));
    vusb_unplug(escl_device_vusb(k->device));
    assert_int_equal(jem_scanner_status(k->scanner, &s, &k->err), JEM_OK);
    assert_int_equal(s.state, JEM_SCANNER_GONE);
    scan_kit_replug(k);
    escl_device_load(k->device, 1, 0);
    assert_int_equal(jem_scanner_status(k->scanner, &s, &k->err), JEM_OK);
    assert_int_equal(s.adf, JEM_ADF_EMPTY);
}

static void names_who_holds_it(void **state)
{
    struct scan_kit *k = *state;
    struct jem_scanner_caps caps;
    vusb_fault(escl_device_vusb(k->device), &(struct vusb_faults){ .held = true });
    assert_int_equal(jem_scanner_caps(k->scanner, &caps, &k->err), JEM_EBUSY);
    assert_non_null(strstr(k->err.msg, "usblp (kernel)"));
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_PLATEN, JEM_COLOUR_GRAY, 200), JEM_EBUSY);
    assert_int_equal(k->report.end, JEM_SCAN_BUSY);
    assert_non_null(strstr(k->err.msg, "usblp (kernel)"));
    vusb_fault(escl_device_vusb(k->device), NULL);
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_PLATEN, JEM_COLOUR_GRAY, 200), JEM_OK);
}

/* ---- pages ----------------------------------------------------------------------------------------------------------- */

static void scans_the_platen(void **state)
{
    struct scan_kit *k = *state;
    char settings[4096];
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_PLATEN, JEM_COLOUR_RGB, 300), JEM_OK);
    assert_int_equal(k->report.end, JEM_SCAN_DONE);
    assert_int_equal(k->count, 1);
    assert_true(scan_kit_page_is(k, 0, 1));
    assert_int_equal(k->pages[0].dpi, 300);
    assert_int_equal(k->pages[0].side, JEM_SIDE_FRONT);
    escl_device_settings(k->device, settings, sizeof settings);
    assert_non_null(strstr(settings, "<scan:ColorMode>RGB24</scan:ColorMode>"));
    assert_non_null(strstr(settings, "<pwg:Width>2550</pwg:Width><pwg:Height>3508</pwg:Height>"));
    assert_non_null(strstr(settings, "<scan:CompressionFactor>25</scan:CompressionFactor>"));
    assert_non_null(strstr(settings, "<scan:DocumentFormatExt>"));
    assert_null(strstr(settings, "Duplex"));
    nothing_is_left(k);
}

static void scans_a_region(void **state)
{
    struct scan_kit *k = *state;
    char settings[4096];
    const struct jem_scan_settings card = { .source = JEM_SOURCE_PLATEN,
        .colour = JEM_COLOUR_GRAY,
        .dpi = 600,
        .x_300dpi = 100,
        .y_300dpi = 3000,
        .width_300dpi = 1011,
        .height_300dpi = 638 };
    struct jem_scan_settings fitted;
    struct jem_scanner_caps caps;
    assert_int_equal(jem_scanner_caps(k->scanner, &caps, &k->err), JEM_OK);
    assert_int_equal(jem_scan_settings_fit(&caps, &card, &fitted, &k->err), JEM_OK);
    assert_int_equal(fitted.height_300dpi, 508); /* cut to the bed */
    assert_int_equal(fitted.width_300dpi, 1011);
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_PLATEN, JEM_COLOUR_GRAY, 123), JEM_EINVAL);
    assert_int_equal(k->report.end, JEM_SCAN_REFUSED);
    assert_non_null(strstr(k->err.msg, "200"));
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_BILEVEL, 200), JEM_EINVAL);
    assert_non_null(strstr(k->err.msg, "gray"));
    escl_device_settings(k->device, settings, sizeof settings);
    assert_string_equal(settings, "");
}

static void scans_the_feeder(void **state)
{
    struct scan_kit *k = *state;
    escl_device_load(k->device, 1, 5);
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200), JEM_OK);
    assert_int_equal(k->count, 5);
    for (unsigned i = 0; i < 5; i++) {
        assert_true(scan_kit_page_is(k, i, i + 1));
        assert_int_equal(k->pages[i].number, i + 1);
        assert_int_equal(k->pages[i].side, JEM_SIDE_FRONT);
    }
    nothing_is_left(k);
    scan_kit_forget(k);
    escl_device_load(k->device, 1, 6);
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_ADF_DUPLEX, JEM_COLOUR_RGB, 225), JEM_OK);
    assert_int_equal(k->count, 6);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(k->pages[i].side, i % 2 ? JEM_SIDE_BACK : JEM_SIDE_FRONT);
    char settings[4096];
    escl_device_settings(k->device, settings, sizeof settings);
    assert_non_null(strstr(settings, "<scan:Duplex>true</scan:Duplex>"));
    nothing_is_left(k);
}

static void stops_at_the_pages_wanted(void **state)
{
    struct scan_kit *k = *state;
    const struct jem_scan_settings settings = { .source = JEM_SOURCE_ADF,
        .colour = JEM_COLOUR_GRAY,
        .dpi = 200,
        .max_pages = 2 };
    const struct jem_scan_sink none = { NULL, NULL };
    escl_device_load(k->device, 1, 5);
    k->cancel_at = 0;
    k->report.pages = 2; /* two are here already */
    assert_int_equal(jem_scanner_scan(k->scanner, &settings, NULL, &none, &k->report, &k->err), JEM_OK);
    assert_int_equal(escl_device_left(k->device), 5);
}

/* ---- what people have to see to ---------------------------------------------------------------------------------------- */

static void an_empty_feeder(void **state)
{
    struct scan_kit *k = *state;
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200), JEM_EIO);
    assert_int_equal(k->report.end, JEM_SCAN_NO_PAPER);
    assert_true(k->report.resumable);
    says(k, JEM_T_SCAN_NO_PAPER);
    nothing_is_left(k);
}

static void resumes_after(struct scan_kit *k, enum escl_trouble what, enum jem_scan_end end, enum jem_text text)
{
    char kept[64];
    escl_device_load(k->device, 1, 6);
    escl_device_trouble(k->device, what, 4);
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_ADF_DUPLEX, JEM_COLOUR_GRAY, 200), JEM_EIO);
    assert_int_equal(k->report.end, end);
    assert_int_equal(k->report.pages, 3);
    assert_true(k->report.resumable);
    assert_true(k->report.half_sheet);
    says(k, text);
    (void)snprintf(kept, sizeof kept, jem_text(JEM_T_SCAN_KEPT), 3U);
    assert_non_null(strstr(k->err.msg, kept));
    assert_non_null(strstr(k->err.msg, jem_text(JEM_T_SCAN_HALF_SHEET)));
    nothing_is_left(k);
    /* Nothing was done: it says the same, and keeps what is there. */
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_ADF_DUPLEX, JEM_COLOUR_GRAY, 200), JEM_EIO);
    assert_int_equal(k->report.end, end);
    assert_int_equal(k->report.pages, 3);
    assert_true(k->report.half_sheet);
    /* The sheet whose back was lost goes in again. */
    escl_device_trouble(k->device, ESCL_FINE, 0);
    escl_device_load(k->device, 3, 4);
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_ADF_DUPLEX, JEM_COLOUR_GRAY, 200), JEM_OK);
    static const unsigned order[] = { 1, 2, 3, 3, 4, 5, 6 };
    assert_int_equal(k->count, 7);
    for (unsigned i = 0; i < 7; i++) {
        assert_true(scan_kit_page_is(k, i, order[i]));
        assert_int_equal(k->pages[i].again, i == 3);
        assert_int_equal(k->pages[i].number, i + 1);
        assert_int_equal(k->pages[i].side, order[i] % 2 ? JEM_SIDE_FRONT : JEM_SIDE_BACK);
    }
    assert_false(k->report.half_sheet);
    nothing_is_left(k);
}

static void a_jam(void **state)
{
    resumes_after(*state, ESCL_JAM, JEM_SCAN_JAM, JEM_T_SCAN_JAM);
}

static void an_open_cover(void **state)
{
    resumes_after(*state, ESCL_COVER, JEM_SCAN_COVER, JEM_T_SCAN_COVER);
}

static void a_jam_inside_a_page(void **state)
{
    struct scan_kit *k = *state;
    escl_device_load(k->device, 1, 4);
    escl_device_jam_inside(k->device, 3);
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200), JEM_EIO);
    assert_int_equal(k->report.end, JEM_SCAN_JAM);
    assert_int_equal(k->count, 2);
    says(k, JEM_T_SCAN_JAM);
    nothing_is_left(k);
    escl_device_trouble(k->device, ESCL_FINE, 0);
    escl_device_load(k->device, 3, 2);
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200), JEM_OK);
    assert_int_equal(k->count, 4);
    assert_true(scan_kit_page_is(k, 2, 3) && scan_kit_page_is(k, 3, 4));
    nothing_is_left(k);
}

static void half_a_page(void **state)
{
    struct scan_kit *k = *state;
    escl_device_load(k->device, 1, 3);
    escl_device_cut_page(k->device, 2);
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200), JEM_ECORRUPT);
    assert_int_equal(k->report.end, JEM_SCAN_FAILED);
    assert_int_equal(k->count, 1);
    assert_non_null(strstr(k->err.msg, "2"));
    assert_true(k->report.resumable);
    nothing_is_left(k);
}

static void a_job_of_somebody_else(void **state)
{
    struct scan_kit *k = *state;
    escl_device_busy(k->device, true);
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_PLATEN, JEM_COLOUR_GRAY, 200), JEM_EBUSY);
    assert_int_equal(k->report.end, JEM_SCAN_BUSY);
    says(k, JEM_T_SCAN_BUSY_NOW);
    escl_device_busy(k->device, false);
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_PLATEN, JEM_COLOUR_GRAY, 200), JEM_OK);
    nothing_is_left(k);
}

static void a_sink_that_is_full(void **state)
{
    struct scan_kit *k = *state;
    escl_device_load(k->device, 1, 4);
    k->sink_fails_at = 2;
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200), JEM_ENOSPC);
    assert_int_equal(k->report.pages, 2);
    assert_int_equal(k->report.end, JEM_SCAN_FAILED);
    assert_non_null(strstr(k->err.msg, "disk full"));
    nothing_is_left(k);
}

/* ---- cancel ------------------------------------------------------------------------------------------------------------ */

/* When the device has the job. */
static void *cancel_soon(void *ctx)
{
    struct scan_kit *k = ctx;
    for (int i = 0; i < 400 && escl_device_counts(k->device).created == 0; i++) /* a busy machine comes to it late */
        usleep(5000);
    usleep(120000);
    atomic_store(&k->cancel, true);
    return NULL;
}

static void cancelled_and_usable_again(struct scan_kit *k, unsigned pages_at_most)
{
    int64_t start = jem_mono_ms();
    pthread_t thread;
    bool by_thread = k->cancel_at == 0 && !atomic_load(&k->cancel);
    escl_device_load(k->device, 1, 5);
    if (by_thread)
        assert_int_equal(pthread_create(&thread, NULL, cancel_soon, k), 0);
    enum jem_code code = scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200);
    if (by_thread)
        (void)pthread_join(thread, NULL);
    assert_int_equal(code, JEM_EBUSY);
    assert_int_equal(k->report.end, JEM_SCAN_CANCELLED);
    assert_true(k->count <= pages_at_most);
    assert_true(jem_mono_ms() - start < 4000);
    says(k, JEM_T_SCAN_CANCELLED);
    nothing_is_left(k);
    for (unsigned i = 0; i < k->count; i++)
        assert_true(scan_kit_page_is(k, i, i + 1));
    escl_device_slow(k->device, 0);
    scan_kit_forget(k);
    escl_device_load(k->device, 1, 2);
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200), JEM_OK);
    assert_true(scan_kit_page_is(k, 0, 1) && scan_kit_page_is(k, 1, 2));
    nothing_is_left(k);
}

static void cancels_before_it_begins(void **state)
{
    struct scan_kit *k = *state;
    atomic_store(&k->cancel, true);
    cancelled_and_usable_again(k, 0);
}

static void cancels_between_pages(void **state)
{
    struct scan_kit *k = *state;
    k->cancel_at = 2;
    cancelled_and_usable_again(k, 2);
}

static void cancels_in_mid_page(void **state)
{
    struct scan_kit *k = *state;
    escl_device_slow(k->device, 80); /* two pieces a page */
    cancelled_and_usable_again(k, 2);
}

/* Its lamp warms up before it answers to a new job: the job that comes of it all the same is deleted. */
static void cancels_while_a_job_begins(void **state)
{
    (void)state;
    static const struct jem_escl_times patient = { 10, 300, 3000, 3000, 3000, 9000, 3000 };
    struct scan_kit *k = scan_kit_new("tests/devices/quirk_lamp");
    scan_kit_times_set(k->scanner, &patient);
    cancelled_and_usable_again(k, 0);
    assert_int_equal(escl_device_counts(k->device).created, 2);
    scan_kit_free(k);
}

/* A page of a hundred pieces: the other pipe tells the device to stop, and the page ends there. */
static void cancels_a_long_page_by_the_other_pipe(void **state)
{
    struct scan_kit *k = *state;
    escl_device_page_bytes(k->device, k->page_bytes = 60000);
    escl_device_slow(k->device, 30);
    int64_t start = jem_mono_ms();
    unsigned resets = (unsigned)vusb_counts(escl_device_vusb(k->device)).resets;
    cancelled_and_usable_again(k, 0);
    assert_true(jem_mono_ms() - start < 1000); /* the page would take as long */
    assert_int_equal(vusb_counts(escl_device_vusb(k->device)).resets, resets);
}

/* The same where the device sends on: after a while the pipe is reset. */
static void gives_up_a_page_that_does_not_end(void **state)
{
    struct scan_kit *k = *state;
    escl_device_page_bytes(k->device, k->page_bytes = 300000);
    escl_device_slow(k->device, 30);
    cancelled_and_usable_again(k, 0);
}

/* ---- the one with the quirks ---------------------------------------------------------------------------------------------- */

static void works_with_every_quirk(void **state)
{
    struct scan_kit *k = *state;
    struct jem_scanner_caps caps;
    char settings[4096];
    struct vusb_device *d = escl_device_vusb(k->device);
    vusb_fault(d, &(struct vusb_faults){ .empty_each = 2, .no_zlp = true, .short_max = 700 });
    assert_int_equal(jem_scanner_caps(k->scanner, &caps, &k->err), JEM_OK);
    assert_false(caps.sources[JEM_SOURCE_PLATEN].present);
    assert_true(caps.sources[JEM_SOURCE_ADF].present);
    assert_true(vusb_claimed(d, 1));
    assert_false(vusb_claimed(d, 2)); /* one pipe only */
    escl_device_load(k->device, 1, 3);
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_BILEVEL, 200), JEM_OK);
    assert_int_equal(k->count, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_true(scan_kit_page_is(k, i, i + 1));
    escl_device_settings(k->device, settings, sizeof settings);
    assert_non_null(strstr(settings, "Grayscale8")); /* bilevel was refused */
    nothing_is_left(k);
}

static void cancels_with_one_pipe(void **state)
{
    struct scan_kit *k = *state;
    escl_device_slow(k->device, 60);
    cancelled_and_usable_again(k, 3);
}

/* Each line of the table that a virtual device can show. */
static struct scan_kit *scanned(const char *folder, unsigned sheets)
{
    struct scan_kit *k = scan_kit_new(folder);
    escl_device_load(k->device, 1, sheets);
    enum jem_code code = scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200);
    if (sheets > 0 && code != JEM_OK)
        fail_msg("%s: %s", folder, k->err.msg);
    assert_int_equal(k->count, sheets);
    for (unsigned i = 0; i < sheets; i++)
        assert_true(scan_kit_page_is(k, i, i + 1));
    nothing_is_left(k);
    return k;
}

static void works_with_the_models_of_the_table(void **state)
{
    (void)state;
    struct scan_kit *k = scanned("tests/devices/quirk_pantum", 2);
    assert_int_equal(vusb_counts(escl_device_vusb(k->device)).resets, 1);
    assert_true(vusb_claimed(escl_device_vusb(k->device), 0));
    assert_false(vusb_claimed(escl_device_vusb(k->device), 1));
    scan_kit_free(k);
    scan_kit_free(scanned("tests/devices/quirk_xerox", 2));
    k = scanned("tests/devices/quirk_canon", 0);
    assert_int_equal(k->report.end, JEM_SCAN_NO_PAPER); /* it was not told to scan, and did not jam */
    assert_int_equal(escl_device_counts(k->device).created, 0);
    scan_kit_free(k);
}

static void lists_only_scanners(void **state)
{
    (void)state;
    struct vusb_bus *bus = vusb_bus_new();
    struct jem_usb *usb;
    struct jem_error err;
    struct jem_scanner_list list;
    struct escl_device *none = escl_device_usb(bus, "tests/devices/scanner_none");
    struct escl_device *broken = escl_device_usb(bus, "tests/devices/quirk_hp135a");
    vusb_plug(escl_device_vusb(none));
    vusb_plug(escl_device_vusb(broken));
    assert_int_equal(jem_usb_new(&usb, &err), JEM_OK);
    assert_int_equal(jem_scanners_list(usb, &list, &err), JEM_OK);
    for (size_t i = 0; i < list.count; i++)
        assert_null(strstr(list.items[i].id, "SN-100")); /* a printer */
    size_t i = 0;
    while (i < list.count && strcmp(list.items[i].id, "usb:1-2/H-1") != 0)
        i++;
    assert_true(i < list.count);
    assert_false(list.items[i].usable);
    assert_non_null(strstr(list.items[i].why, "SANE"));
    jem_scanner_list_release(&list);
    jem_usb_free(usb);
    vusb_bus_free(bus);
    escl_device_free(none);
    escl_device_free(broken);
}

/* What this program scans from is listed as usable: nobody else holds it. */
static void lists_what_it_uses_itself(void **state)
{
    struct scan_kit *k = *state;
    struct jem_scanner_list list;
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_PLATEN, JEM_COLOUR_GRAY, 200), JEM_OK);
    assert_int_equal(jem_scanners_list(k->usb, &list, &k->err), JEM_OK);
    size_t i = 0;
    while (i < list.count && strcmp(list.items[i].id, k->id) != 0)
        i++;
    assert_true(i < list.count);
    assert_true(list.items[i].usable);
    jem_scanner_list_release(&list);
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_PLATEN, JEM_COLOUR_GRAY, 200), JEM_OK);
}

/* Bodies without a length: a connection is closed behind them, a USB pipe falls silent. */
static void takes_bodies_without_length(void **state)
{
    (void)state;
    static const struct jem_escl_times patient = { 10, 3000, 3000, 3000, 3000, 9000, 3000 };
    struct scan_kit *k = scan_kit_new("tests/devices/scanner_unframed");
    scan_kit_times_set(k->scanner, &patient);
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_PLATEN, JEM_COLOUR_GRAY, 200), JEM_OK);
    assert_true(scan_kit_page_is(k, 0, 1));
    nothing_is_left(k);
    struct escl_device *usb = k->device;
    unsigned port;
    k->device = escl_device_tcp("tests/devices/scanner_unframed", &port);
    jem_scanner_close(k->scanner);
    (void)snprintf(k->id, sizeof k->id, "ipp-usb:%u", port);
    assert_int_equal(jem_scanner_open(NULL, k->id, &k->scanner, &k->err), JEM_OK);
    scan_kit_forget(k);
    escl_device_load(k->device, 1, 3);
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200), JEM_OK);
    assert_int_equal(k->count, 3);
    nothing_is_left(k);
    escl_device_free(k->device);
    k->device = usb;
    scan_kit_free(k);
}

static void is_found_at_another_socket(void **state)
{
    struct scan_kit *k = *state;
    jem_scanner_close(k->scanner);
    assert_int_equal(jem_scanner_open(k->usb, "usb:1-7/CN-45", &k->scanner, &k->err), JEM_OK);
    scan_kit_times_set(k->scanner, &scan_kit_times);
    escl_device_load(k->device, 1, 1);
    assert_int_equal(scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200), JEM_OK);
}

static void refuses_ids_of_no_form(void **state)
{
    struct scan_kit *k = *state;
    static const char *const bad[] = { "", "usb", "usb:", "usb:1-2", "ipp-usb:", "ipp-usb:x", "ipp-usb:99999",
        "tcp:1" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct jem_scanner *scanner;
        assert_int_equal(jem_scanner_open(k->usb, bad[i], &scanner, &k->err), JEM_EINVAL);
        assert_null(scanner);
    }
}

/* ---- over the loopback port of ipp-usb -------------------------------------------------------------------------------- */

static void works_over_the_loopback(void **state)
{
    struct scan_kit *k = *state;
    static const char *const folders[] = { "tests/devices/scanner_duplex", "tests/devices/scanner_quirky" };
    for (size_t i = 0; i < 2; i++) {
        struct escl_device *usb = k->device;
        unsigned port;
        k->device = escl_device_tcp(folders[i], &port);
        jem_scanner_close(k->scanner);
        (void)snprintf(k->id, sizeof k->id, "ipp-usb:%u", port);
        assert_int_equal(jem_scanner_open(k->usb, k->id, &k->scanner, &k->err), JEM_OK);
        scan_kit_times_set(k->scanner, &scan_kit_times);
        escl_device_load(k->device, 1, 4);
        assert_int_equal(scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200), JEM_OK);
        assert_int_equal(k->count, 4);
        for (unsigned n = 0; n < 4; n++)
            assert_true(scan_kit_page_is(k, n, n + 1));
        nothing_is_left(k);
        scan_kit_forget(k);

        /* A device that ipp-usb serves is listed once: by its port. */
        struct jem_scanner_list list;
        vusb_fault(escl_device_vusb(usb), &(struct vusb_faults){ .held = true });
        assert_int_equal(jem_scanners_list(k->usb, &list, NULL), JEM_OK);
        unsigned found = 0;
        for (size_t n = 0; n < list.count; n++)
            found += strcmp(list.items[n].id, k->id) == 0 && list.items[n].usable;
        assert_int_equal(found, 1);
        for (size_t n = 0; n < list.count && i == 0; n++)
            assert_string_not_equal(list.items[n].id, "usb:1-1/SN-200");
        jem_scanner_list_release(&list);
        vusb_fault(escl_device_vusb(usb), NULL);

        escl_device_free(k->device); /* the service stops */
        struct jem_scanner_status status;
        assert_int_equal(jem_scanner_status(k->scanner, &status, &k->err), JEM_OK);
        assert_int_equal(status.state, JEM_SCANNER_GONE);
        k->device = usb;
    }
}

#define WITH(test, begin) cmocka_unit_test_setup_teardown(test, begin, finish)
int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(lists_and_tells_what_it_can, begin_duplex),
        WITH(tells_its_state, begin_duplex),
        WITH(names_who_holds_it, begin_duplex),
        WITH(scans_the_platen, begin_duplex),
        WITH(scans_a_region, begin_duplex),
        WITH(scans_the_feeder, begin_duplex),
        WITH(stops_at_the_pages_wanted, begin_duplex),
        WITH(an_empty_feeder, begin_duplex),
        WITH(a_jam, begin_duplex),
        WITH(an_open_cover, begin_duplex),
        WITH(a_jam_inside_a_page, begin_duplex),
        WITH(half_a_page, begin_duplex),
        WITH(a_job_of_somebody_else, begin_duplex),
        WITH(a_sink_that_is_full, begin_duplex),
        WITH(cancels_before_it_begins, begin_duplex),
        WITH(cancels_between_pages, begin_duplex),
        WITH(cancels_in_mid_page, begin_duplex),
        cmocka_unit_test(cancels_while_a_job_begins),
        WITH(cancels_a_long_page_by_the_other_pipe, begin_chunked),
        WITH(gives_up_a_page_that_does_not_end, begin_duplex),
        WITH(works_with_every_quirk, begin_quirky),
        WITH(cancels_with_one_pipe, begin_quirky),
        cmocka_unit_test(works_with_the_models_of_the_table),
        cmocka_unit_test(lists_only_scanners),
        WITH(lists_what_it_uses_itself, begin_duplex),
        cmocka_unit_test(takes_bodies_without_length),
        WITH(is_found_at_another_socket, begin_quirky),
        WITH(refuses_ids_of_no_form, begin_duplex),
        WITH(works_over_the_loopback, begin_duplex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
