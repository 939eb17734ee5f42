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
#define ASKED_POINTS 2
#define RUN_MS_MAX 12000

struct sweep {
    const char *folder;
    enum vusb_event event;
    bool in;
};

static const char *const event_names[] = { "none", "unplug", "stall", "silence", "garbage", "loss", "empty transfers",
    "half an answer" };

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
    if (event == VUSB_EMPTY)
        fail_msg("nothing was lost, and yet: %s", k->err.msg);
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
    int64_t points = sweep->event == VUSB_SILENCE || sweep->event == VUSB_HALF ? SILENT_POINTS : POINTS;
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
SWEEP(reads_of_no_length, "tests/devices/scanner_duplex", VUSB_EMPTY, true)
SWEEP(reads_of_no_length_in_chunks, "tests/devices/scanner_chunked", VUSB_EMPTY, true)
SWEEP(half_a_page, "tests/devices/scanner_duplex", VUSB_HALF, true)
SWEEP(half_a_page_in_chunks, "tests/devices/scanner_chunked", VUSB_HALF, true)
SWEEP(quirky_and_unplugged, "tests/devices/scanner_quirky", VUSB_UNPLUG, true)
SWEEP(quirky_and_stalls, "tests/devices/scanner_quirky", VUSB_STALL, true)
SWEEP(quirky_and_silent, "tests/devices/scanner_quirky", VUSB_SILENCE, true)
SWEEP(quirky_and_empty, "tests/devices/scanner_quirky", VUSB_EMPTY, true)

/* ---- outside of a batch ---------------------------------------------------------------------------------------------- */

static void ends_well_or_says_why(enum vusb_event event, enum jem_code code, int64_t start_ms,
    const struct jem_error *err)
{
    if (jem_mono_ms() - start_ms > RUN_MS_MAX)
        fail_msg("%s took %lld ms", event_names[event], (long long)(jem_mono_ms() - start_ms));
    if (code != JEM_OK && (event == VUSB_EMPTY || err->code != code || err->msg[0] == '\0'))
        fail_msg("%s: %s: %s", event_names[event], jem_code_name(code), err->msg);
}

static void mend(struct scan_kit *k, enum vusb_event event)
{
    if (event == VUSB_UNPLUG)
        scan_kit_replug(k);
    else
        vusb_fault(escl_device_vusb(k->device), NULL);
}

/* Opened anew and asked what it can and how it is, with a fault on the way; when that is mended it tells both. */
static void asked_with_a_fault(struct scan_kit *k, enum vusb_event event, int64_t after)
{
    struct jem_scanner_caps caps;
    struct jem_scanner_status status;
    jem_scanner_close(k->scanner);
    assert_int_equal(jem_scanner_open(k->usb, k->id, &k->scanner, &k->err), JEM_OK);
    scan_kit_times_set(k->scanner, &scan_kit_times);
    vusb_fault(escl_device_vusb(k->device), &(struct vusb_faults){ .in_event = event, .in_after = after });
    int64_t start_ms = jem_mono_ms();
    enum jem_code code = jem_scanner_caps(k->scanner, &caps, &k->err);
    ends_well_or_says_why(event, code, start_ms, &k->err);
    start_ms = jem_mono_ms();
    code = jem_scanner_status(k->scanner, &status, &k->err);
    ends_well_or_says_why(event, code, start_ms, &k->err);
    mend(k, event);
    for (int tries = 0; tries < 3; tries++) /* what the fault left in the device may break one more answer */
        if ((code = jem_scanner_caps(k->scanner, &caps, &k->err)) == JEM_OK &&
            (code = jem_scanner_status(k->scanner, &status, &k->err)) == JEM_OK)
            break;
    if (code != JEM_OK)
        fail_msg("%s after %lld bytes: %s", event_names[event], (long long)after, k->err.msg);
    assert_true(caps.sources[JEM_SOURCE_ADF].present);
    assert_int_equal(status.state, JEM_SCANNER_IDLE);
}

static void asked_what_it_can(void **state)
{
    static const char *const folders[] = { "tests/devices/scanner_duplex", "tests/devices/scanner_chunked" };
    (void)state;
    for (size_t f = 0; f < 2; f++) {
        struct scan_kit *k = scan_kit_new(folders[f]);
        struct vusb_device *d = escl_device_vusb(k->device);
        uint64_t before = vusb_counts(d).in_bytes;
        asked_with_a_fault(k, VUSB_NONE, 0);
        int64_t total =
            (int64_t)(vusb_counts(d).in_bytes - before) * 3 / 4; /* the last status is asked when it is mended */
        struct prop g = prop_start("asking");
        for (int event = VUSB_UNPLUG; event <= VUSB_HALF; event++)
            for (int64_t i = 0; i < ASKED_POINTS; i++)
                asked_with_a_fault(k, (enum vusb_event)event,
                    total * i / ASKED_POINTS + (int64_t)prop_below(&g, (uint64_t)total / ASKED_POINTS));
        scan_kit_free(k);
    }
}

/* A fault in what comes after a cancel: the job is over all the same, and the next one works. */
static void cancelled_meanwhile(void **state)
{
    static const int64_t after[] = { 0, 100, 2500 };
    (void)state;
    struct scan_kit *k = scan_kit_new("tests/devices/scanner_duplex");
    for (int event = VUSB_UNPLUG; event <= VUSB_HALF; event++)
        for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
            struct vusb_faults faults = { .in_event = (enum vusb_event)event, .in_after = after[i] };
            scan_kit_forget(k);
            escl_device_load(k->device, 1, PAGES);
            escl_device_slow(k->device, 20);
            k->cancel_at = 2;
            k->fault_at_cancel = &faults;
            int64_t start_ms = jem_mono_ms();
            enum jem_code code = scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200);
            ends_well_or_says_why(VUSB_NONE, code, start_ms, &k->err);
            assert_int_not_equal(code, JEM_OK);
            assert_true(
                k->report.end == JEM_SCAN_CANCELLED || (event == VUSB_UNPLUG && k->report.end == JEM_SCAN_GONE));
            assert_int_equal(k->count, 2);
            pages_are_right(k, false);
            k->fault_at_cancel = NULL;
            k->cancel_at = 0;
            atomic_store(&k->cancel, false);
            escl_device_slow(k->device, 0);
            mend(k, (enum vusb_event)event);
            goes_on(k, false);
        }
    scan_kit_free(k);
}

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
            unsigned sheets = shorts[i / 2] < 64 ? 1 : 2; /* so many small ones take their time */
            scan_kit_forget(k);
            escl_device_load(k->device, 1, sheets);
            vusb_fault(escl_device_vusb(k->device),
                &(struct vusb_faults){ .short_max = shorts[i / 2], .empty_each = (unsigned)i % 3, .no_zlp = i % 2 });
            if (scan_kit_scan(k, JEM_SOURCE_ADF, JEM_COLOUR_GRAY, 200) != JEM_OK)
                fail_msg("%s, %u bytes: %s", folders[f], shorts[i / 2], k->err.msg);
            assert_int_equal(k->count, sheets);
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
        cmocka_unit_test(reads_of_no_length),
        cmocka_unit_test(reads_of_no_length_in_chunks),
        cmocka_unit_test(half_a_page),
        cmocka_unit_test(half_a_page_in_chunks),
        cmocka_unit_test(quirky_and_unplugged),
        cmocka_unit_test(quirky_and_stalls),
        cmocka_unit_test(quirky_and_silent),
        cmocka_unit_test(quirky_and_empty),
        cmocka_unit_test(asked_what_it_can),
        cmocka_unit_test(cancelled_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
