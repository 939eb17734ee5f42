// room: hw
/* Code readers: a stream of whole codes, from reports and from a serial line, through every fault of a cable; mice, modems and
 * garbage are none. */
#include "unit.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hid.h"
#include "jemput/clock.h"
#include "jemput/reader.h"
#include "prop.h"
#include "vusb.h"

static struct desk {
    struct vusb_bus *bus;
    struct vusb_device *hid, *serial;
    struct jem_usb *usb;
    pthread_mutex_t lock;
    char last[JEM_CODE_READER_TEXT_MAX + 1];
    unsigned codes, gone;
    unsigned line_set, terminal; /* CDC requests that came */
} desk = { .lock = PTHREAD_MUTEX_INITIALIZER };
static struct jem_error err;

static int control(struct vusb_device *d, void *ctx, const uint8_t setup[8], uint8_t *data, size_t len)
{
    (void)d, (void)ctx, (void)data, (void)len;
    desk.line_set += setup[0] == 0x21 && setup[1] == 0x20;
    desk.terminal += setup[0] == 0x21 && setup[1] == 0x22;
    return setup[0] == 0x21 ? (int)len : -1;
}
static const struct vusb_behaviour behaviour = { .control = control };

static void scanned(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    pthread_mutex_lock(&desk.lock);
    assert_int_equal(strlen(text), n);
    memcpy(desk.last, text, n + 1);
    desk.codes++;
    pthread_mutex_unlock(&desk.lock);
}

static void gone(void *ctx, const char *why)
{
    (void)ctx;
    pthread_mutex_lock(&desk.lock);
    desk.gone += strlen(why) > 20;
    pthread_mutex_unlock(&desk.lock);
}

static const struct jem_code_reader_sink sink = { scanned, gone, NULL };

static int begin(void **state)
{
    (void)state;
    desk.bus = vusb_bus_new();
    desk.hid = vusb_device_new(desk.bus, "tests/devices/hid_pos", &behaviour, NULL);
    desk.serial = vusb_device_new(desk.bus, "tests/devices/cdc_reader", &behaviour, NULL);
    vusb_plug(desk.hid);
    vusb_plug(desk.serial);
    if (jem_usb_new(&desk.usb, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    jem_usb_free(desk.usb);
    vusb_bus_free(desk.bus);
    return 0;
}

static struct jem_code_reader *opened(struct vusb_device *d)
{
    struct jem_code_reader *r = NULL;
    char id[160];
    enum jem_code rc = JEM_EIO;
    (void)snprintf(id, sizeof id, "usb:%s", vusb_id(d));
    pthread_mutex_lock(&desk.lock);
    desk.codes = desk.gone = 0;
    desk.last[0] = 0;
    pthread_mutex_unlock(&desk.lock);
    vusb_flush(d, d == desk.serial ? 0x83 : 0x81);              /* what nobody read before, on a busy machine */
    for (int tries = 0; tries < 100 && rc != JEM_OK; tries++) { /* it was plugged in a moment ago */
        rc = jem_code_reader_open(desk.usb, id, &sink, &r, &err);
        if (rc != JEM_OK)
            poll(NULL, 0, 20);
    }
    if (rc != JEM_OK)
        fail_msg("%s", err.msg);
    return r;
}

struct seen {
    char last[JEM_CODE_READER_TEXT_MAX + 1];
    unsigned codes, gone;
};

static struct seen seen(void)
{
    struct seen now;
    pthread_mutex_lock(&desk.lock);
    memcpy(now.last, desk.last, sizeof now.last);
    now.codes = desk.codes;
    now.gone = desk.gone;
    pthread_mutex_unlock(&desk.lock);
    return now;
}

/* Waits until the last code has this in it. */
static void comes(const char *text)
{
    for (int i = 0; i < 3000 && !strstr(seen().last, text); i++)
        poll(NULL, 0, 1);
}

/* Waits until the reader's end was told. */
static void goes(void)
{
    for (int i = 0; i < 2000 && seen().gone == 0; i++)
        poll(NULL, 0, 1);
    assert_int_equal(seen().gone, 1);
}

/* Waits until so many codes came. */
static void came(unsigned codes)
{
    for (int i = 0; i < 3000; i++) {
        if (seen().codes >= codes)
            return;
        poll(NULL, 0, 1);
    }
    fail_msg("%u codes of %u came", seen().codes, codes);
}

static void hid_send(const char *code)
{
    for (size_t n = strlen(code), at = 0; at < n || at == 0;) {
        uint8_t report[64] = { 2 };
        size_t part = n - at < 56 ? n - at : 56;
        report[1] = (uint8_t)part;
        memcpy(report + 2, "]Q1", 3);
        memcpy(report + 5, code + at, part);
        at += part;
        report[61] = at < n;
        vusb_send(desk.hid, 0x81, report, 62);
        if (part == 0)
            break;
    }
}

static void serial_send(const char *text)
{
    vusb_send(desk.serial, 0x83, text, strlen(text));
}

/* ---- tests ---- */

static void readers_are_listed(void **state)
{
    (void)state;
    struct jem_code_reader_list list;
    assert_int_equal(jem_code_readers_list(desk.usb, &list, &err), JEM_OK);
    assert_int_equal(list.count, 2);
    for (size_t i = 0; i < list.count; i++) {
        bool hid = list.items[i].via == JEM_CODE_READER_HID;
        assert_string_equal(list.items[i].name, hid ? "Honeywell Xenon 1900" : "Datalogic Gryphon GD4430");
        assert_true(list.items[i].usable);
    }
    jem_code_reader_list_release(&list);
    assert_int_equal(jem_code_readers_list(NULL, &list, &err), JEM_OK);
    assert_int_equal(list.count, 0);
    jem_code_reader_list_release(&list);
}

/* What the kernel's driver holds is looked at in /sys: nobody takes a keyboard from it, not for a moment. */
static void a_list_takes_nothing_from_the_kernel(void **state)
{
    (void)state;
    struct vusb_device *keys = vusb_device_new(desk.bus, "tests/vm/keyboard", NULL, NULL);
    struct jem_code_reader_list list;
    vusb_plug(keys);
    uint64_t before = vusb_counts(desk.hid).urbs;
    for (int i = 0; i < 200 && jem_usb_changes(desk.usb) < 3; i++)
        poll(NULL, 0, 10);
    assert_int_equal(jem_code_readers_list(desk.usb, &list, &err), JEM_OK);
    assert_int_equal(list.count, 2);
    assert_int_equal(vusb_counts(keys).urbs, 0);
    assert_int_equal(vusb_counts(desk.hid).urbs, before);
    jem_code_reader_list_release(&list);
    struct jem_code_reader *r = opened(desk.hid); /* held by us: no driver knows it any more */
    assert_int_equal(jem_code_readers_list(desk.usb, &list, &err), JEM_OK);
    assert_int_equal(list.count, 2);
    jem_code_reader_list_release(&list);
    jem_code_reader_close(r);
    vusb_unplug(keys);
}

static void codes_come_whole(void **state)
{
    (void)state;
    struct prop g = prop_start("reader codes");
    for (int serial = 0; serial < 2; serial++) {
        struct jem_code_reader *r = opened(serial ? desk.serial : desk.hid);
        for (unsigned round = 0; round < 40; round++) {
            char code[600], line[610];
            size_t n = 1 + prop_below(&g, sizeof code - 1);
            if (round < 6)
                n = round < 3 ? 55 + round : 111 + round - 3; /* at the ends of reports */
            for (size_t i = 0; i < n; i++)
                code[i] = (char)(0x21 + prop_below(&g, 0x5e));
            code[n] = 0;
            (void)snprintf(line, sizeof line, "%s%s", code, round % 3 == 0 ? "\r\n" : round % 3 == 1 ? "\r" : "");
            if (serial)
                serial_send(line);
            else
                hid_send(round % 2 ? line : code);
            came(round + 1);
            assert_string_equal(seen().last, code);
        }
        jem_code_reader_close(r);
        assert_int_equal(seen().codes, 40);
        assert_int_equal(seen().gone, 0);
    }
    assert_true(desk.line_set > 0 && desk.terminal > 0);
}

static void other_reports_and_garbage_are_no_codes(void **state)
{
    (void)state;
    struct prop g = prop_start("reader garbage");
    struct jem_code_reader *r = opened(desk.hid);
    for (unsigned i = 0; i < 200; i++) {
        uint8_t report[64];
        prop_bytes(&g, report, sizeof report);
        if (report[0] == 2)
            report[0] = 4;
        vusb_send(desk.hid, 0x81, report, 1 + prop_below(&g, 62));
    }
    vusb_send_empty(desk.hid, 0x81, 5);
    hid_send("");
    hid_send("HTTPS://STATUS.EXAMPLE/T/04");
    came(1);
    assert_string_equal(seen().last, "HTTPS://STATUS.EXAMPLE/T/04");
    assert_int_equal(seen().codes, 1);
    /* A report that says more than it holds, and one longer than any code. */
    uint8_t liar[62] = { 2, 255 };
    vusb_send(desk.hid, 0x81, liar, 20);
    for (unsigned i = 0; i < 100; i++) {
        uint8_t endless[62] = { 2, 56 };
        memset(endless + 5, 'A', 56);
        endless[61] = 1;
        vusb_send(desk.hid, 0x81, endless, sizeof endless);
    }
    poll(NULL, 0, 200);
    jem_code_reader_close(r);
    r = opened(desk.serial);
    char *flood = malloc(20001);
    assert_non_null(flood);
    memset(flood, 'B', 20000);
    flood[20000] = 0;
    serial_send(flood);
    serial_send("\rgood\r");
    comes("good");
    assert_string_equal(seen().last, "good");
    assert_int_equal(seen().codes, 1);
    jem_code_reader_close(r);
    free(flood);
}

static void faults_end_in_time_and_are_told(void **state)
{
    (void)state;
    for (int serial = 0; serial < 2; serial++) {
        struct vusb_device *d = serial ? desk.serial : desk.hid;
        struct jem_code_reader *r = opened(d);
        vusb_halt(d, serial ? 0x83 : 0x81); /* a stall is cleared */
        poll(NULL, 0, 50);
        if (serial)
            serial_send("after\r");
        else
            hid_send("after");
        came(1);
        assert_string_equal(seen().last, "after");
        vusb_unplug(d);
        goes();
        int64_t start_ms = jem_mono_ms();
        jem_code_reader_close(r);
        assert_true(jem_mono_ms() - start_ms < 1000);
        vusb_plug(d);
        r = opened(d); /* and again */
        start_ms = jem_mono_ms();
        jem_code_reader_close(r); /* with nothing to read */
        assert_true(jem_mono_ms() - start_ms < 1000);
        assert_int_equal(seen().gone, 0);
    }
}

/* Half a code, and then something happens. One whose next report does not come never comes; on a line without lengths what
 * stands there after a pause is a code. The next one comes whole. */
enum mishap { NOTHING_READ, STALLED, RUBBISH, NO_MORE, PULLED, MISHAPS };

static void half_then(struct vusb_device *d, enum mishap mishap)
{
    bool serial = d == desk.serial;
    uint8_t endpoint = serial ? 0x83 : 0x81, half[62] = { 2, 4, ']', 'Q', '1', 'H', 'A', 'L', 'F' };
    half[61] = 1;
    struct jem_code_reader *r = opened(d);
    if (serial)
        serial_send("HALF");
    else
        vusb_send(d, endpoint, half, sizeof half);
    poll(NULL, 0, 10);
    switch (mishap) {
    case NOTHING_READ: vusb_send_empty(d, endpoint, 4); break;
    case STALLED: vusb_halt(d, endpoint); break;
    case RUBBISH: vusb_send(d, endpoint, "\x04\x01\x02\x03", 4); break;
    case NO_MORE: poll(NULL, 0, 400); break;
    case PULLED: vusb_unplug(d); break;
    case MISHAPS: break;
    }
    if (mishap == PULLED) {
        goes();
        assert_int_equal(seen().codes, 0);
        jem_code_reader_close(r);
        vusb_plug(d);
        r = opened(d);
    }
    if (serial)
        serial_send("WHOLE\r");
    else
        hid_send("WHOLE");
    comes("WHOLE");
    bool joined = mishap != PULLED && mishap != NO_MORE;
    if (joined && strcmp(seen().last, "WHOLE") != 0) /* on a slow machine the pause is long */
        assert_string_equal(seen().last, "HALFWHOLE");
    else
        assert_string_equal(seen().last, "WHOLE");
    assert_int_equal(seen().codes, serial && mishap != PULLED && strcmp(seen().last, "WHOLE") == 0 ? 2 : 1);
    jem_code_reader_close(r);
    assert_int_equal(seen().gone, 0);
}

static void half_a_code_spoils_no_other(void **state)
{
    (void)state;
    for (int mishap = 0; mishap < MISHAPS; mishap++) {
        half_then(desk.hid, (enum mishap)mishap);
        half_then(desk.serial, (enum mishap)mishap);
    }
}

static void one_owner_at_a_time(void **state)
{
    (void)state;
    struct jem_code_reader *r = opened(desk.hid), *second = NULL;
    char id[160];
    (void)snprintf(id, sizeof id, "usb:%s", vusb_id(desk.hid));
    assert_int_equal(jem_code_reader_open(desk.usb, id, &sink, &second, &err), JEM_EBUSY);
    assert_null(second);
    jem_code_reader_close(r);
    assert_int_equal(jem_code_reader_open(desk.usb, "usb:7-7/NOBODY", &sink, &second, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_code_reader_open(desk.usb, "tty:0", &sink, &second, &err), JEM_ENOTFOUND);
}

/* ---- the descriptor, pure ---- */

static void a_mouse_is_no_scanner(void **state)
{
    (void)state;
    static const uint8_t mouse[] = { 0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0x09, 0x01, 0xa1, 0x00, 0x05, 0x09, 0x19, 0x01,
        0x29, 0x03, 0x15, 0x00, 0x25, 0x01, 0x95, 0x03, 0x75, 0x01, 0x81, 0x02, 0x95, 0x01, 0x75, 0x05, 0x81, 0x03,
        0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x15, 0x81, 0x25, 0x7f, 0x75, 0x08, 0x95, 0x02, 0x81, 0x06, 0xc0, 0xc0 };
    struct hid_scanner s;
    assert_false(hid_scanner_parse(mouse, sizeof mouse, &s));
}

static void any_descriptor_is_survived(void **state)
{
    (void)state;
    struct prop g = prop_start("hid descriptors");
    static const uint8_t seed[] = { 0x05, 0x8c, 0x09, 0x02, 0xa1, 0x01, 0x85, 0x02, 0x75, 0x08, 0x95, 0x38, 0x09, 0xfe,
        0x81, 0x02, 0xc0 };
    unsigned taken = 0;
    for (size_t round = 0; round < prop_rounds(20000); round++) {
        uint8_t d[80], report[80];
        size_t n = prop_below(&g, sizeof d), len = 0;
        struct hid_scanner s;
        char text[100];
        bool more;
        prop_bytes(&g, d, sizeof d);
        if (round % 2) {
            memcpy(d, seed, sizeof seed);
            n = sizeof seed;
            d[prop_below(&g, n)] = (uint8_t)prop_u64(&g);
        }
        if (!hid_scanner_parse(d, n, &s))
            continue;
        taken++;
        prop_bytes(&g, report, sizeof report);
        report[0] = s.reports[0].id;
        (void)hid_scanner_read(&s, report, prop_below(&g, sizeof report + 1), text, sizeof text, &len, &more);
        assert_true(len <= sizeof text);
    }
    assert_true(taken > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_are_listed),
        cmocka_unit_test(a_list_takes_nothing_from_the_kernel),
        cmocka_unit_test(codes_come_whole),
        cmocka_unit_test(other_reports_and_garbage_are_no_codes),
        cmocka_unit_test(faults_end_in_time_and_are_told),
        cmocka_unit_test(half_a_code_spoils_no_other),
        cmocka_unit_test(one_owner_at_a_time),
        cmocka_unit_test(a_mouse_is_no_scanner),
        cmocka_unit_test(any_descriptor_is_survived),
    };
    return cmocka_run_group_tests(tests, begin, finish);
}
