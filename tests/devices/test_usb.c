// room: hw
/* USB devices as the rest of hw uses them: identity, hotplug, claims, and transfers under every fault that a cable and a
 * device can make. */
#include "unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jemput/clock.h"
#include "prop.h"
#include "usb.h"
#include "vusb.h"

struct world {
    struct vusb_bus *bus;
    struct vusb_device *echo;
    struct jem_usb *usb;
    bool deaf; /* the device swallows what it gets */
};

static void echo_out(struct vusb_device *d, void *ctx, uint8_t endpoint, const uint8_t *p, size_t n)
{
    const struct world *w = ctx;
    if (endpoint == 1 && !w->deaf)
        vusb_send(d, 0x82, p, n);
}

static int echo_control(struct vusb_device *d, void *ctx, const uint8_t setup[8], uint8_t *data, size_t len)
{
    (void)d;
    (void)ctx;
    if (setup[0] == 0xc0 && setup[1] == 7 && len >= 3) {
        memcpy(data, setup + 2, 3);
        return 3;
    }
    return setup[0] == 0x40 && setup[1] == 8 ? 0 : -1;
}

static const struct vusb_behaviour echo = { .out = echo_out, .control = echo_control };

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->bus = vusb_bus_new();
    w->echo = vusb_device_new(w->bus, "tests/devices/echo", &echo, w);
    vusb_plug(w->echo);
    struct jem_error err;
    if (jem_usb_new(&w->usb, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    *state = w;
    return 0;
}

static int finish(void **state)
{
    struct world *w = *state;
    jem_usb_free(w->usb);
    vusb_bus_free(w->bus);
    free(w);
    return 0;
}

static struct jem_usb_device *opened(struct world *w)
{
    struct jem_usb_device *device;
    struct jem_error err;
    if (jem_usb_open(w->usb, vusb_id(w->echo), &device, &err) != JEM_OK || jem_usb_claim(device, 0, 0, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    return device;
}

#define WAIT(ms) ((struct jem_usb_wait){ .timeout_ms = (ms) })

/* ---- what is there ------------------------------------------------------------------------------------------------- */

static void tells_what_is_plugged_in(void **state)
{
    struct world *w = *state;
    struct vusb_device *bare = vusb_device_new(w->bus, "tests/devices/bare", NULL, NULL);
    struct jem_usb_info *list;
    size_t n;
    assert_int_equal(jem_usb_list(w->usb, &list, &n, NULL), JEM_OK);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].id, "1-1/G-001");
    assert_string_equal(list[0].path, "1-1");
    assert_string_equal(list[0].maker, "Uji");
    assert_string_equal(list[0].model, "Gema");
    assert_int_equal(list[0].vendor, 0x1209);
    assert_int_equal(list[0].alt_count, 3);
    assert_int_equal(list[0].alts[0].bulk_out.address, 0x01);
    assert_int_equal(list[0].alts[0].bulk_in.address, 0x82);
    assert_int_equal(list[0].alts[0].interrupt_in.address, 0x83);
    assert_int_equal(list[0].alts[0].interrupt_in.max_packet, 8);
    assert_int_equal(list[0].alts[2].protocol, 4);
    assert_int_equal(list[0].alts[2].alt, 1);
    assert_int_equal(list[0].alts[1].bulk_in.address, 0);
    free(list);

    unsigned before = jem_usb_changes(w->usb);
    vusb_plug(bare);
    for (int i = 0; i < 400 && jem_usb_changes(w->usb) == before; i++)
        usleep(5000);
    assert_int_equal(jem_usb_list(w->usb, &list, &n, NULL), JEM_OK);
    assert_int_equal(n, 2);
    assert_string_equal(list[1].id, "1-2/0416:5011");
    assert_string_equal(list[1].model, "Struk"); /* asked of the device itself */
    free(list);
}

/* Waits for the next change of `*seen`, and tells whether `id` is plugged in then; -1 when nothing changed. */
static int after_a_change(struct world *w, unsigned *seen, const char *id)
{
    struct jem_usb_info *list = NULL;
    size_t n = 0;
    int there = 0;
    for (int i = 0; i < 1000 && jem_usb_changes(w->usb) == *seen; i++)
        usleep(5000);
    if (jem_usb_changes(w->usb) == *seen)
        return -1;
    *seen = jem_usb_changes(w->usb);
    assert_int_equal(jem_usb_list(w->usb, &list, &n, NULL), JEM_OK);
    for (size_t i = 0; i < n; i++)
        there |= strcmp(list[i].id, id) == 0;
    free(list);
    return there;
}

static void tells_who_comes_and_goes(void **state)
{
    struct world *w = *state;
    unsigned seen = jem_usb_changes(w->usb);
    vusb_unplug(w->echo);
    assert_int_equal(after_a_change(w, &seen, "1-1/G-001"), 0);
    vusb_plug(w->echo);
    assert_int_equal(after_a_change(w, &seen, "1-1/G-001"), 1);
    vusb_unplug(w->echo);
    assert_int_equal(after_a_change(w, &seen, "1-1/G-001"), 0);
}

/* ---- one owner ----------------------------------------------------------------------------------------------------- */

static void has_one_owner(void **state)
{
    struct world *w = *state;
    struct jem_usb_device *first = opened(w), *second;
    struct jem_error err;
    assert_int_equal(jem_usb_open(w->usb, vusb_id(w->echo), &second, &err), JEM_EBUSY);
    assert_null(second);
    assert_non_null(strstr(err.msg, "Uji Gema"));
    jem_usb_close(first);
    assert_false(vusb_claimed(w->echo, 0));
    second = opened(w);
    jem_usb_close(second);
    assert_int_equal(jem_usb_open(w->usb, "1-9/none", &second, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_usb_open(w->usb, "1-9/G-001", &second, &err), JEM_OK); /* moved to another socket */
    jem_usb_close(second);
}

static void takes_an_interface_from_the_kernel(void **state)
{
    struct world *w = *state;
    struct jem_usb_device *device = opened(w);
    struct jem_error err;
    char holder[64];
    jem_usb_holder(jem_usb_device_info(device), 1, holder);
    assert_string_equal(holder, "usblp (kernel)");
    assert_int_equal(jem_usb_claim(device, 1, 1, &err), JEM_OK);
    assert_int_equal(vusb_counts(w->echo).alt_sets, 1);
    jem_usb_close(device);
    vusb_fault(w->echo, &(struct vusb_faults){ .held = true });
    assert_int_equal(jem_usb_open(w->usb, vusb_id(w->echo), &device, &err), JEM_OK);
    assert_int_equal(jem_usb_claim(device, 1, 1, &err), JEM_EBUSY);
    assert_int_equal(err.native, JEM_USB_HELD);
    assert_non_null(strstr(err.msg, "usblp (kernel)"));
    jem_usb_close(device);
}

static void names_the_process_that_holds_it(void **state)
{
    struct world *w = *state;
    struct jem_usb_info *list;
    size_t n;
    char node[300], holder[64], expected[64];
    assert_int_equal(jem_usb_list(w->usb, &list, &n, NULL), JEM_OK);
    (void)snprintf(node, sizeof node, "%s/dev/bus/usb/%03u/%03u", vusb_bus_dir(w->bus), list[0].bus, list[0].address);
    pid_t pid = fork();
    if (pid == 0) { /* another program with the node open */
        (void)setpgid(0, 0);
        (void)execl("/bin/sh", "sh", "-c", "exec 3<>\"$1\"; sleep 20; :", "sh", node, NULL);
        _exit(127);
    }
    (void)snprintf(expected, sizeof expected, "sh (%d)", (int)pid);
    for (int i = 0; i < 400; i++) {
        jem_usb_holder(&list[0], 0, holder);
        if (strcmp(holder, expected) == 0)
            break;
        usleep(5000);
    }
    (void)kill(-pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    assert_string_equal(holder, expected);
    free(list);
}

/* ---- transfers ------------------------------------------------------------------------------------------------------ */

static void controls(void **state)
{
    struct world *w = *state;
    struct jem_usb_device *device = opened(w);
    struct jem_error err;
    unsigned char data[16];
    size_t n;
    assert_int_equal(jem_usb_control(device, 0xc0, 7, 0x1234, 5, data, 16, WAIT(1000), &n, &err), JEM_OK);
    assert_int_equal(n, 3);
    assert_memory_equal(data, "\x34\x12\x05", 3);
    assert_int_equal(jem_usb_control(device, 0x40, 8, 0, 0, data, 16, WAIT(1000), &n, &err), JEM_OK);
    assert_int_equal(jem_usb_control(device, 0xc0, 9, 0, 0, data, 16, WAIT(1000), &n, &err), JEM_EIO);
    assert_int_equal(err.native, JEM_USB_STALL);
    assert_int_equal(jem_usb_control(device, 0xa1, 0, 0, 1, data, 16, WAIT(1000), &n, &err), JEM_OK);
    assert_memory_equal(data + 2, "MFG:Uji", 7);
    jem_usb_close(device);
}

static unsigned char *noise(struct prop *g, size_t n)
{
    unsigned char *p = malloc(n + 1);
    assert_non_null(p);
    prop_bytes(g, p, n);
    return p;
}

/* Reads n bytes of the stream; a body of a multiple of the packet size without an empty packet comes by the timeout. */
static void stream_all(struct jem_usb_stream *s, const unsigned char *expected, size_t n, int timeout_ms)
{
    unsigned char chunk[7000];
    struct jem_error err;
    size_t at = 0, got;
    for (int waits = 0; at < n && waits < 200;) {
        enum jem_code code = jem_usb_stream_read(s, chunk, sizeof chunk, n - at, WAIT(timeout_ms), &got, &err);
        if (code != JEM_OK && err.native != JEM_USB_TIMEOUT)
            fail_msg("%s", err.msg);
        waits += code != JEM_OK || got == 0;
        if (code == JEM_OK) {
            assert_true(at + got <= n);
            assert_memory_equal(chunk, expected + at, got);
            at += got;
        }
    }
    assert_int_equal(at, n);
}

static void streams_what_was_sent(void **state)
{
    struct world *w = *state;
    struct prop g = prop_start("usb stream");
    struct jem_usb_device *device = opened(w);
    struct jem_error err;
    for (size_t round = 0; round < prop_rounds(25); round++) {
        size_t n = 1 + (size_t)prop_below(&g, round % 5 == 0 ? 300000 : 3000), done;
        if (round % 4 == 0)
            n = (n / 512 + 1) * 512;
        struct vusb_faults faults = { .no_zlp = round % 2 == 0, .empty_each = (unsigned)prop_below(&g, 3) };
        if (round % 3 == 0)
            faults.short_max = 1 + (unsigned)prop_below(&g, 2000);
        vusb_fault(w->echo, &faults);
        unsigned char *p = noise(&g, n);
        struct jem_usb_stream *s;
        unsigned flights = 1 + (unsigned)prop_below(&g, 16);
        assert_int_equal(jem_usb_write(device, 1, p, n, WAIT(5000), &done, &err), JEM_OK);
        assert_int_equal(done, n);
        assert_int_equal(jem_usb_stream_open(device, 0x82, 1024 * (1 + prop_below(&g, 16)), flights, &s, &err), JEM_OK);
        stream_all(s, p, n, 60);
        jem_usb_stream_close(s);
        vusb_flush(w->echo, 0x82);
        free(p);
    }
    jem_usb_close(device);
}

static void waits_end_by_time_and_by_cancel(void **state)
{
    struct world *w = *state;
    struct jem_usb_device *device = opened(w);
    struct jem_error err;
    unsigned char data[64];
    atomic_bool cancel = true;
    size_t got;
    int64_t start = jem_mono_ms();
    assert_int_equal(jem_usb_read(device, 0x82, data, sizeof data, WAIT(150), &got, &err), JEM_EIO);
    assert_int_equal(err.native, JEM_USB_TIMEOUT);
    assert_in_range(jem_mono_ms() - start, 140, 1500);
    assert_int_equal(jem_usb_read(device, 0x82, data, sizeof data, (struct jem_usb_wait){ 60000, &cancel }, &got, &err),
        JEM_EBUSY);
    assert_int_equal(err.native, JEM_USB_CANCELLED);
    assert_true(jem_mono_ms() - start < 3000);
    vusb_send(w->echo, 0x82, "after", 5); /* what comes after a wait that ended is not lost */
    assert_int_equal(jem_usb_read(device, 0x82, data, sizeof data, WAIT(1000), &got, &err), JEM_OK);
    assert_int_equal(got, 5);
    struct jem_usb_stream *s;
    assert_int_equal(jem_usb_stream_open(device, 0x82, 1024, 12, &s, &err), JEM_OK);
    assert_int_equal(jem_usb_stream_read(s, data, sizeof data, SIZE_MAX, WAIT(50), &got, &err), JEM_EIO);
    assert_int_equal(err.native, JEM_USB_TIMEOUT);
    assert_int_equal(vusb_counts(w->echo).most_in_flight, 12);
    jem_usb_stream_close(s);
    vusb_send(w->echo, 0x83, "\1\2\3\4", 4);
    assert_int_equal(jem_usb_read(device, 0x83, data, 8, WAIT(1000), &got, &err), JEM_OK);
    assert_int_equal(got, 4);
    vusb_fault(w->echo, &(struct vusb_faults){ .out_ms = 60000 });
    assert_int_equal(jem_usb_write(device, 1, data, 64, WAIT(100), &got, &err), JEM_EIO);
    assert_int_equal(err.native, JEM_USB_TIMEOUT);
    assert_int_equal(got, 0);
    jem_usb_close(device);
}

static void goes_on_after_a_stall(void **state)
{
    struct world *w = *state;
    struct jem_usb_device *device = opened(w);
    struct jem_usb_stream *s;
    struct jem_error err;
    unsigned char data[4096], sent[4096];
    size_t done, got, at = 0;
    struct prop g = prop_start("stall");
    prop_bytes(&g, sent, sizeof sent);
    vusb_fault(w->echo, &(struct vusb_faults){ .in_event = VUSB_STALL, .in_after = 1000 });
    assert_int_equal(jem_usb_write(device, 1, sent, sizeof sent, WAIT(1000), &done, &err), JEM_OK);
    assert_int_equal(jem_usb_stream_open(device, 0x82, 1024, 4, &s, &err), JEM_OK);
    enum jem_code code;
    while ((code = jem_usb_stream_read(s, data + at, sizeof data - at, sizeof data, WAIT(1000), &got, &err)) == JEM_OK)
        at += got;
    assert_int_equal(err.native, JEM_USB_STALL);
    assert_int_equal(at, 1000);
    assert_int_equal(jem_usb_clear_halt(device, 0x82, &err), JEM_OK);
    while (at < sizeof data) {
        assert_int_equal(jem_usb_stream_read(s, data + at, sizeof data - at, sizeof data - at, WAIT(1000), &got, &err),
            JEM_OK);
        at += got;
    }
    assert_memory_equal(data, sent, sizeof sent);
    vusb_fault(w->echo, &(struct vusb_faults){ .out_event = VUSB_STALL, .out_after = 700 });
    assert_int_equal(jem_usb_write(device, 1, sent, sizeof sent, WAIT(1000), &done, &err), JEM_EIO);
    assert_int_equal(err.native, JEM_USB_STALL);
    assert_int_equal(done, 700);
    jem_usb_stream_close(s);
    jem_usb_close(device);
}

/* The cable is pulled after every so many bytes in either direction: what came stays, the message is right, and the
 * device works again when it is back. */
static void survives_the_pull_of_the_cable(void **state)
{
    struct world *w = *state;
    unsigned char sent[6000], data[6000];
    struct prop g = prop_start("pull");
    struct jem_error err;
    prop_bytes(&g, sent, sizeof sent);
    for (int64_t after = 0; after <= 6000; after += 500) {
        struct jem_usb_device *device = opened(w);
        struct jem_usb_stream *s;
        size_t done, got, at = 0;
        bool in = after % 1000 == 0;
        int64_t start = jem_mono_ms();
        vusb_fault(w->echo, in ? &(struct vusb_faults){ .in_event = VUSB_UNPLUG, .in_after = after }
                               : &(struct vusb_faults){ .out_event = VUSB_UNPLUG, .out_after = after });
        assert_int_equal(jem_usb_stream_open(device, 0x82, 1024, 8, &s, &err), JEM_OK);
        enum jem_code code = jem_usb_write(device, 1, sent, sizeof sent, WAIT(2000), &done, &err);
        while (code == JEM_OK &&
               (code = jem_usb_stream_read(s, data + at, sizeof data - at, SIZE_MAX, WAIT(2000), &got, &err)) == JEM_OK)
            at += got;
        if (in && after == 6000)
            vusb_unplug(w->echo);
        assert_int_equal(err.native, in && after == 6000 ? JEM_USB_TIMEOUT : JEM_USB_GONE);
        if (in) {
            assert_int_equal(at, after);
            assert_memory_equal(data, sent, at);
        } else
            assert_true(done <= (size_t)after);
        for (int i = 0; i < 400 && !jem_usb_gone(device); i++)
            usleep(5000);
        assert_true(jem_usb_gone(device));
        assert_int_equal(jem_usb_control(device, 0xc0, 7, 0, 0, data, 8, WAIT(1000), &got, &err), JEM_EIO);
        assert_int_equal(err.native, JEM_USB_GONE);
        jem_usb_stream_close(s);
        jem_usb_close(device);
        assert_true(jem_mono_ms() - start < 5000);
        for (int i = 0; i < 400 && vusb_plugged(w->echo); i++)
            usleep(5000);
        vusb_fault(w->echo, NULL);
        unsigned before = jem_usb_changes(w->usb);
        vusb_plug(w->echo);
        for (int i = 0; i < 400 && jem_usb_changes(w->usb) == before; i++)
            usleep(5000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_what_is_plugged_in, begin, finish),
        cmocka_unit_test_setup_teardown(tells_who_comes_and_goes, begin, finish),
        cmocka_unit_test_setup_teardown(has_one_owner, begin, finish),
        cmocka_unit_test_setup_teardown(takes_an_interface_from_the_kernel, begin, finish),
        cmocka_unit_test_setup_teardown(names_the_process_that_holds_it, begin, finish),
        cmocka_unit_test_setup_teardown(controls, begin, finish),
        cmocka_unit_test_setup_teardown(streams_what_was_sent, begin, finish),
        cmocka_unit_test_setup_teardown(waits_end_by_time_and_by_cancel, begin, finish),
        cmocka_unit_test_setup_teardown(goes_on_after_a_stall, begin, finish),
        cmocka_unit_test_setup_teardown(survives_the_pull_of_the_cable, begin, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
