// room: hw
/* One fault at every so many bytes of a batch, in and out, as SQLite's tests fail every Nth write: whatever breaks and
 * wherever, the scan ends in time, says what happened, keeps the pages that came, and the same call brings the rest. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escl_job.h"
#include "jemput/clock.h"
#include "prop.h"
#include "scan_kit.h"

#define PAGES 4
#define POINTS 11
#define SILENT_POINTS 6 /* each waits for its time to be over */
#define RUN_MS_MAX 12000

struct sweep {
    const char *folder;
    enum vusb_event event;
    bool in;
};

static const char *const event_names[] = { "none", "unplug", "stall", "silence", "garbage", "loss" };

/* Pages 1..PAGES in order, each byte by byte; under garbage a page may be damaged where no length or mark tells. */
static void pages_are_right(const struct scan_kit *k, bool garbage)
{
    unsigned damaged = 0;
    assert_int_equal(k->count, k->report.pages);
    for (unsigned i = 0; i < k->count; i++) {
        assert_int_equal(k->pages[i].number, i + 1);
        damaged += !scan_kit_page_is(k, i, i + 1);
    }
    assert_in_range(damaged, 0, garbage ? 1 : 0);
}

static void message_is_right(const struct scan_kit *k, enum vusb_event event, enum jem_code code)
{
    if (code == JEM_OK) {
        assert_int_equal(k->report.end, JEM_SCAN_DONE);
        assert_int_equal(k->count, PAGES);
        return;
    }
    assert_true(k->err.msg[0] != '\0' && strlen(k->err.msg) < sizeof k->err.msg - 1);
    assert_int_equal(k->err.code, code);
    assert_true(k->report.resumable);
    if (event == VUSB_UNPLUG) {
        assert_int_equal(k->report.end, JEM_SCAN_GONE);
        assert_int_equal(strncmp(k->err.msg, jem_text(JEM_T_SCAN_GONE), strlen(jem_text(JEM_T_SCAN_GONE))), 0);
    }
    if (k->report.pages > 0) {
        char kept[64];
        (void)snprintf(kept, sizeof kept, jem_text(JEM_T_SCAN_KEPT), k->report.pages);
        assert_non_null(strstr(k->err.msg, kept));
    }
}

/* The officer puts back what is not kept, and goes on. */
static void goes_on(struct scan_kit *k, bool garbage)
{
    for (int tries = 0; tries < 3 && k->report.pages < PAGES; tries++) {
        escl_device_load(k->device, k->report.pages + 1, PAGES - k->report.pages);
        enum jem_code code = scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200);
        /* What the fault left in the device may break one more request. */
        if (code != JEM_OK)
            message_is_right(k, VUSB_NONE, code);
    }
    assert_int_equal(k->report.pages, PAGES);
    pages_are_right(k, garbage);
}

static void one_fault(struct scan_kit *k, const struct sweep *sweep, int64_t after)
{
    struct vusb_faults faults = { 0 };
    if (sweep->in) {
        faults.in_event = sweep->event;
        faults.in_after = after;
    } else {
        faults.out_event = sweep->event;
        faults.out_after = after;
    }
    scan_kit_forget(k);
    escl_device_load(k->device, 1, PAGES);
    vusb_fault(escl_device_vusb(k->device), &faults);
    int64_t start = jem_mono_ms();
    enum jem_code code = scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200);
    if (jem_mono_ms() - start > RUN_MS_MAX)
        fail_msg("%s after %lld bytes %s took %lld ms", event_names[sweep->event], (long long)after,
            sweep->in ? "in" : "out", (long long)(jem_mono_ms() - start));
    message_is_right(k, sweep->event, code);
    pages_are_right(k, sweep->event == VUSB_GARBAGE);
    if (sweep->event == VUSB_UNPLUG)
        scan_kit_replug(k);
    else
        vusb_fault(escl_device_vusb(k->device), NULL);
    goes_on(k, sweep->event == VUSB_GARBAGE);
}

static void sweep_all(const struct sweep *sweep)
{
    struct scan_kit *k = scan_kit_new(sweep->folder);
    struct vusb_device *d = escl_device_vusb(k->device);
    struct vusb_counts before = vusb_counts(d), after;
    escl_device_load(k->device, 1, PAGES);
    if (scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200) != JEM_OK)
        fail_msg("%s", k->err.msg);
    after = vusb_counts(d);
    int64_t total = (int64_t)(sweep->in ? after.in_bytes - before.in_bytes : after.out_bytes - before.out_bytes);
    struct prop g = prop_start(event_names[sweep->event]);
    int64_t points = sweep->event == VUSB_SILENCE ? SILENT_POINTS : POINTS;
    for (int64_t i = 0; i < points; i++)
        one_fault(k, sweep, total * i / points + (int64_t)prop_below(&g, (uint64_t)(total / points)));
    scan_kit_free(k);
}

#define SWEEP(name, folder, event, in)                         \
    static void name(void **state)                             \
    {                                                          \
        (void)state;                                           \
        sweep_all(&(const struct sweep){ folder, event, in }); \
    }

SWEEP(unplugged_while_it_answers, "tests/devices/scanner_duplex", VUSB_UNPLUG, true)
SWEEP(unplugged_while_it_is_asked, "tests/devices/scanner_duplex", VUSB_UNPLUG, false)
SWEEP(stalls_while_it_answers, "tests/devices/scanner_duplex", VUSB_STALL, true)
SWEEP(stalls_while_it_is_asked, "tests/devices/scanner_duplex", VUSB_STALL, false)
SWEEP(falls_silent_while_it_answers, "tests/devices/scanner_duplex", VUSB_SILENCE, true)
SWEEP(falls_silent_while_it_is_asked, "tests/devices/scanner_chunked", VUSB_SILENCE, false)
SWEEP(sends_garbage, "tests/devices/scanner_duplex", VUSB_GARBAGE, true)
SWEEP(sends_garbage_in_chunks, "tests/devices/scanner_chunked", VUSB_GARBAGE, true)
SWEEP(loses_bytes, "tests/devices/scanner_duplex", VUSB_LOSS, true)
SWEEP(loses_bytes_in_chunks, "tests/devices/scanner_chunked", VUSB_LOSS, true)
SWEEP(quirky_and_unplugged, "tests/devices/scanner_quirky", VUSB_UNPLUG, true)
SWEEP(quirky_and_stalls, "tests/devices/scanner_quirky", VUSB_STALL, true)
SWEEP(quirky_and_silent, "tests/devices/scanner_quirky", VUSB_SILENCE, true)

/* Cut answers, empty packets, no end of a full packet: nothing is wrong with these. */
static void takes_bytes_as_they_come(void **state)
{
    static const char *const folders[] = { "tests/devices/scanner_duplex", "tests/devices/scanner_chunked",
        "tests/devices/scanner_quirky" };
    static const unsigned shorts[] = { 7, 63, 64, 511, 512, 513, 4096 };
    (void)state;
    for (size_t f = 0; f < 3; f++) {
        struct scan_kit *k = scan_kit_new(folders[f]);
        scan_kit_times_set(k->scanner, &jem_escl_times_usual); /* on a busy machine bytes take their time, too */
        for (size_t i = 0; i < 2 * sizeof shorts / sizeof shorts[0]; i++) {
            scan_kit_forget(k);
            escl_device_load(k->device, 1, 2);
            vusb_fault(escl_device_vusb(k->device),
                &(struct vusb_faults){ .short_max = shorts[i / 2], .empty_each = (unsigned)i % 3, .no_zlp = i % 2 });
            if (scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200) != JEM_OK)
                fail_msg("%s, %u bytes: %s", folders[f], shorts[i / 2], k->err.msg);
            assert_int_equal(k->count, 2);
            pages_are_right(k, false);
        }
        scan_kit_free(k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_bytes_as_they_come),
        cmocka_unit_test(unplugged_while_it_answers),
        cmocka_unit_test(unplugged_while_it_is_asked),
        cmocka_unit_test(stalls_while_it_answers),
        cmocka_unit_test(stalls_while_it_is_asked),
        cmocka_unit_test(falls_silent_while_it_answers),
        cmocka_unit_test(falls_silent_while_it_is_asked),
        cmocka_unit_test(sends_garbage),
        cmocka_unit_test(sends_garbage_in_chunks),
        cmocka_unit_test(loses_bytes),
        cmocka_unit_test(loses_bytes_in_chunks),
        cmocka_unit_test(quirky_and_unplugged),
        cmocka_unit_test(quirky_and_stalls),
        cmocka_unit_test(quirky_and_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
