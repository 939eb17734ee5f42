// room: hw
/* Receipt printers without a bus: what is said and what is believed, and one page through a port that fails at every byte in
 * every way. What came out is read from the paper, not from the driver. */
#include "unit.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "../devices/escpos_view.h"
#include "escpos_status.h"
#include "printer_job.h"
#include "prop.h"
#include "usb.h"

/* ---- a port to a printer of the tests ---- */

enum fake_fault { FAKE_NONE, FAKE_GONE, FAKE_STALL, FAKE_HALT, FAKE_SILENCE, FAKE_PAPER, FAKE_COVER, FAKE_LAST };

#define FAKE_PACKET 64 /* bytes: what a device takes, it takes in packets */

struct fake {
    struct escpos_view view;
    unsigned char said[8192];
    size_t said_len, taken, room; /* room: of its buffer while it cannot print */
    int port;                     /* GET_PORT_STATUS */
    enum fake_fault fault;
    size_t fault_at;
    bool struck, deaf_reset, noisy;
    unsigned halts;
};

static void fake_say(void *ctx, const unsigned char *p, size_t n)
{
    struct fake *f = ctx;
    if (f->said_len + n <= sizeof f->said) {
        memcpy(f->said + f->said_len, p, n);
        f->said_len += n;
    }
}

static enum jem_code fake_fail(struct jem_error *err, enum jem_usb_fault fault)
{
    return jem_fail(err, JEM_EIO, JEM_D_HW, fault, JEM_T_PRINTER_FAULT);
}

static bool fake_halted(const struct fake *f)
{
    const struct escpos_sensors *s = &f->view.sensors;
    return s->paper_out || s->cover_open || s->error;
}

static void fake_strike(struct fake *f)
{
    struct escpos_sensors s = f->view.sensors;
    f->struck = true;
    s.paper_out = f->fault == FAKE_PAPER;
    s.cover_open = f->fault == FAKE_COVER;
    escpos_view_sense(&f->view, s);
}

static enum jem_code fake_write(void *self, const unsigned char *p, size_t n, int timeout_ms, const atomic_bool *cancel,
    size_t *done, struct jem_error *err)
{
    struct fake *f = self;
    (void)cancel;
    *done = 0;
    while (*done < n) {
        if (f->fault != FAKE_NONE && !f->struck && f->taken >= f->fault_at && *done % FAKE_PACKET == 0)
            fake_strike(f);
        if (f->struck && f->fault == FAKE_GONE)
            return fake_fail(err, JEM_USB_GONE);
        if (f->struck && (f->fault == FAKE_HALT || (f->fault == FAKE_STALL && f->halts == 0))) {
            f->halts++;
            return fake_fail(err, JEM_USB_STALL);
        }
        bool full = fake_halted(f) && escpos_view_waiting(&f->view) >= f->room;
        if (full || (f->struck && f->fault == FAKE_SILENCE)) {
            poll(NULL, 0, timeout_ms < 20 ? timeout_ms : 20);
            return fake_fail(err, JEM_USB_TIMEOUT);
        }
        escpos_view_take(&f->view, p + *done, 1);
        f->taken++;
        ++*done;
    }
    return JEM_OK;
}

static enum jem_code fake_read(void *self, unsigned char *p, size_t cap, int timeout_ms, size_t *got,
    struct jem_error *err)
{
    struct fake *f = self;
    if (f->struck && f->fault == FAKE_GONE)
        return fake_fail(err, JEM_USB_GONE);
    *got = f->said_len < cap ? f->said_len : cap;
    memcpy(p, f->said, *got);
    memmove(f->said, f->said + *got, f->said_len - *got);
    f->said_len -= *got;
    if (*got == 0 && f->noisy)
        p[(*got)++] = 0xFF;
    if (*got == 0 || f->noisy)
        poll(NULL, 0, timeout_ms < 5 ? timeout_ms : 5);
    return JEM_OK;
}

static int fake_port(void *self)
{
    const struct fake *f = self;
    return f->port;
}

static void fake_reset(void *self)
{
    struct fake *f = self;
    if (!f->deaf_reset)
        f->view.pending_len = 0;
}

static enum jem_code fake_clear(void *self, struct jem_error *err)
{
    (void)self, (void)err;
    return JEM_OK;
}

static void fake_free(void *self)
{
    (void)self;
}

static const struct printer_port_ops fake_ops = { fake_write, fake_read, fake_port, fake_reset, fake_clear, fake_free };

static struct fake *fake_new(unsigned head_dots)
{
    struct fake *f = calloc(1, sizeof *f);
    assert_non_null(f);
    escpos_view_init(&f->view, head_dots);
    f->view.reply = fake_say;
    f->view.ctx = f;
    f->port = -1;
    f->room = 600;
    return f;
}

static void fake_drop(struct fake *f)
{
    escpos_view_release(&f->view);
    free(f);
}

/* ---- pages ---- */

#define PAGE_ROWS 150
static unsigned char page_bits[72 * PAGE_ROWS];

static struct jem_escpos_page page_of(unsigned width, uint64_t seed)
{
    for (size_t i = 0; i < sizeof page_bits; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        page_bits[i] = (unsigned char)(seed >> 56);
    }
    return (struct jem_escpos_page){ width, PAGE_ROWS, width / 8, page_bits };
}

/* The page stands on the paper, its last row `below` rows above the end of what came out. */
static bool is_whole(const struct escpos_view *v, const struct jem_escpos_page *page, unsigned below)
{
    if (v->height < page->height_dots + below)
        return false;
    unsigned top = v->height - below - page->height_dots;
    for (unsigned y = 0; y < page->height_dots; y++)
        for (unsigned x = 0; x < page->width_dots; x++)
            if (escpos_view_dot(v, x, top + y) != (page->bits[y * page->stride + x / 8] >> (7 - x % 8) & 1))
                return false;
    return true;
}

#define FEED_ROWS (4 * 30) /* ESC d 4 at the default spacing */

static bool has_ink(const struct escpos_view *v)
{
    for (unsigned y = 0; y < v->height; y++)
        for (unsigned x = 0; x < v->head_dots; x++)
            if (escpos_view_dot(v, x, y))
                return true;
    return false;
}

static enum jem_code print_on(struct fake *f, const char *profile, const struct jem_escpos_page *page, bool resync,
    struct jem_print_report *report, struct jem_error *err)
{
    struct printer_talk talk;
    printer_talk_init(&talk, (struct printer_port){ &fake_ops, f }, jem_printer_profile(profile));
    talk.stuck_ms = 60;
    return printer_job_run(&talk, page, resync, NULL, report, err);
}

/* ---- tests ---- */

static void profiles_are_whole(void **state)
{
    (void)state;
    const struct jem_printer_profile *p;
    size_t n = 0;
    for (; (p = jem_printer_profile_at(n)) != NULL; n++) {
        assert_ptr_equal(jem_printer_profile(p->id), p);
        assert_true(strlen(p->evidence) > 20 && *jem_text(p->name));
        assert_true(p->paper_mm == 58 ? p->style.width_dots == 384
                                      : p->paper_mm == 80 && p->style.width_dots >= 512 && p->style.width_dots <= 640);
        assert_true(p->style.strip_rows >= 24 && p->style.strip_rows <= 128);
        assert_true(p->asked || p->pause_ms > 0); /* who is not asked is not overrun */
    }
    assert_true(n >= 8);
    assert_null(jem_printer_profile("laser"));
    assert_string_equal(jem_printer_profile_of(0x0416, 0x5011)->id, "58");
    assert_string_equal(jem_printer_profile_of(0x04b8, 0x0202)->id, "epson-512");
    assert_string_equal(jem_printer_profile_of(0x04b8, 0x0e15)->id, "epson-576");
    assert_string_equal(jem_printer_profile_of(0x1234, 0x5678)->id, "58");
}

static void office_printers_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        bool office;
    } ids[] = {
        { "MFG:EPSON;CMD:ESC/POS;MDL:TM-T20II;CLS:PRINTER;", false },
        { "MFG:Hewlett-Packard;CMD:PJL,PML,PCLXL,URP,PCL,PDF,POSTSCRIPT;MDL:HP LaserJet;CLS:PRINTER;", true },
        { "MFG:EPSON;CMD:ESCPL2,BDC,D4,D4PX,ESCPR1;MDL:L3110 Series;CLS:PRINTER;", true },
        { "MANUFACTURER:Brother;COMMAND SET:PJL,HBP,URF;MODEL:HL-L2360D;", true },
        { "MFG:POS;MDL:58Printer;CMD:;", false },
        { "", false },
        { "nonsense without anything", false },
        { "CMD:", false },
        { "CMD:,,,;PCL", false },
    };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        assert_int_equal(printer_is_office(ids[i].id), ids[i].office);
}

static void a_port_status_brings_bad_news_only(void **state)
{
    (void)state;
    for (unsigned b = 0; b < 256; b++) {
        enum jem_printer_state s = escpos_port_state((unsigned char)b);
        assert_true(s != JEM_PRINTER_READY && s != JEM_PRINTER_PAPER_LOW);
    }
    assert_int_equal(escpos_port_state(0x18), JEM_PRINTER_UNKNOWN); /* what a printer says that does not know */
    assert_int_equal(escpos_port_state(0x00), JEM_PRINTER_UNKNOWN);
    assert_int_equal(escpos_port_state(0xFF), JEM_PRINTER_UNKNOWN);
    assert_int_equal(escpos_port_state(0x38), JEM_PRINTER_PAPER_OUT);
    assert_int_equal(escpos_port_state(0x30), JEM_PRINTER_PAPER_OUT);
    assert_int_equal(escpos_port_state(0x10), JEM_PRINTER_FAULT);
    assert_int_equal(escpos_port_state(0x08), JEM_PRINTER_OFFLINE);
}

/* Noise never makes a printer ready. */
static void noise_is_no_answer(void **state)
{
    (void)state;
    struct prop g = prop_start("printer noise");
    unsigned char question[ESCPOS_ASK_BYTES], noise[40];
    for (size_t round = 0; round < prop_rounds(3000); round++) {
        struct escpos_ear ear;
        escpos_ear_init(&ear);
        size_t n = prop_below(&g, sizeof noise);
        prop_bytes(&g, noise, n);
        for (size_t i = 0; i < n; i++) /* the one pattern of an answer to DLE EOT, and the start of an automatic one */
            if ((noise[i] & 0x93) == 0x12 || (noise[i] & 0x93) == 0x10)
                noise[i] |= 0x80;
        escpos_ear_ask(&ear, ESCPOS_ASK_PRINTER, question);
        escpos_ear_hear(&ear, noise, n);
        assert_int_equal(escpos_ear_state(&ear), JEM_PRINTER_UNKNOWN);
        assert_false(escpos_ear_done(&ear));
        assert_int_equal(ear.heard + ear.noise, n);
    }
}

static void the_printer_s_word_is_understood(void **state)
{
    (void)state;
    static const struct {
        struct escpos_sensors sensors;
        enum jem_printer_state state;
    } cases[] = {
        { { 0 }, JEM_PRINTER_READY },
        { { .near_end = true }, JEM_PRINTER_PAPER_LOW },
        { { .paper_out = true }, JEM_PRINTER_PAPER_OUT },
        { { .cover_open = true }, JEM_PRINTER_COVER_OPEN },
        { { .cover_open = true, .paper_out = true }, JEM_PRINTER_COVER_OPEN },
        { { .offline = true }, JEM_PRINTER_OFFLINE },
        { { .error = true }, JEM_PRINTER_FAULT },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake *f = fake_new(576);
        struct printer_talk talk;
        f->view.sensors = cases[i].sensors;
        printer_talk_init(&talk, (struct printer_port){ &fake_ops, f }, jem_printer_profile("80"));
        assert_int_equal(printer_talk_look(&talk), cases[i].state);
        /* The same by itself, without a question. */
        struct escpos_ear ear;
        escpos_ear_init(&ear);
        f->said_len = 0;
        f->view.automatic = true;
        escpos_view_sense(&f->view, cases[i].sensors);
        escpos_ear_hear(&ear, f->said, f->said_len);
        assert_int_equal(escpos_ear_state(&ear), cases[i].state);
        fake_drop(f);
    }
}

static void silence_is_never_ready(void **state)
{
    (void)state;
    static const struct {
        bool mute, noisy;
        int port;
        enum jem_printer_state state;
    } cases[] = { { true, false, -1, JEM_PRINTER_UNKNOWN }, { true, true, -1, JEM_PRINTER_UNKNOWN },
        { true, false, 0x18, JEM_PRINTER_UNKNOWN }, { true, false, 0x38, JEM_PRINTER_PAPER_OUT },
        { true, true, 0xA5, JEM_PRINTER_UNKNOWN }, { false, true, -1, JEM_PRINTER_READY } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake *f = fake_new(576);
        struct printer_talk talk;
        f->view.mute = cases[i].mute;
        f->noisy = cases[i].noisy;
        f->port = cases[i].port;
        printer_talk_init(&talk, (struct printer_port){ &fake_ops, f }, jem_printer_profile("80"));
        assert_int_equal(printer_talk_look(&talk), cases[i].state);
        fake_drop(f);
    }
}

static void a_page_comes_out_and_is_believed(void **state)
{
    (void)state;
    static const struct {
        const char *profile;
        unsigned head;
        bool mute;
        enum jem_printed outcome;
    } cases[] = { { "80", 576, false, JEM_PRINTED_YES }, { "80", 576, true, JEM_PRINTED_UNKNOWN },
        { "58", 384, false, JEM_PRINTED_UNKNOWN }, { "58-status", 384, false, JEM_PRINTED_YES },
        { "80-column", 576, false, JEM_PRINTED_YES }, { "epson-512", 512, false, JEM_PRINTED_YES } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake *f = fake_new(cases[i].head);
        struct jem_print_report report;
        struct jem_error err = { .msg = "" };
        struct jem_escpos_page page = page_of(cases[i].head, i);
        f->view.mute = cases[i].mute;
        assert_int_equal(print_on(f, cases[i].profile, &page, i % 2, &report, &err), JEM_OK);
        assert_int_equal(report.outcome, cases[i].outcome);
        assert_true(report.sent_bytes > page.stride * PAGE_ROWS);
        assert_int_equal(f->view.unknown + f->view.characters + escpos_view_waiting(&f->view), 0);
        bool bands = strcmp(cases[i].profile, "80-column") == 0; /* of 24 rows: the last is filled with white */
        assert_true(is_whole(&f->view, &page, FEED_ROWS + (bands ? 23 - (PAGE_ROWS - 1) % 24 : 0)));
        assert_int_equal(f->view.asked > 0, strcmp(cases[i].profile, "58") != 0);
        fake_drop(f);
    }
}

static void no_bad_printer_is_begun(void **state)
{
    (void)state;
    static const struct escpos_sensors bad[] = { { .paper_out = true }, { .cover_open = true }, { .offline = true },
        { .error = true } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fake *f = fake_new(576);
        struct jem_print_report report;
        struct jem_error err = { .msg = "" };
        struct jem_escpos_page page = page_of(576, i);
        f->view.sensors = bad[i];
        assert_int_equal(print_on(f, "80", &page, false, &report, &err), i < 3 ? JEM_EBUSY : JEM_EIO);
        assert_int_equal(report.outcome, JEM_PRINTED_NO);
        assert_int_equal(report.sent_bytes, 0);
        assert_int_equal(f->view.strips, 0);
        assert_non_null(strstr(err.msg, jem_printer_state_text(report.state)));
        fake_drop(f);
    }
}

/* One fault at one byte: what is told fits what lies there, and the next page comes out whole. */
static void fail_once(enum fake_fault fault, size_t at, bool mute, bool deaf_reset, const char *profile, unsigned head)
{
    struct fake *f = fake_new(head);
    struct jem_print_report report;
    struct jem_error err = { .msg = "" };
    struct jem_escpos_page page = page_of(head, at);
    f->fault = fault;
    f->fault_at = at;
    f->view.mute = mute;
    f->deaf_reset = deaf_reset;
    enum jem_code rc = print_on(f, profile, &page, false, &report, &err);
    bool whole = is_whole(&f->view, &page, FEED_ROWS);
    assert_int_equal(rc == JEM_OK, report.outcome != JEM_PRINTED_NO);
    assert_true(rc == JEM_OK || strlen(err.msg) > 20);
    if (report.outcome == JEM_PRINTED_YES)
        assert_true(whole);
    if (report.sent_bytes == 0)
        assert_false(has_ink(&f->view));
    if (!f->struck)
        assert_true(whole);
    if (fault == FAKE_STALL)
        assert_true(whole && rc == JEM_OK);
    if (f->struck && fault != FAKE_STALL && !mute && rc != JEM_OK)
        assert_int_equal(report.state, fault == FAKE_GONE    ? JEM_PRINTER_GONE
                                       : fault == FAKE_HALT  ? JEM_PRINTER_FAULT
                                       : fault == FAKE_PAPER ? JEM_PRINTER_PAPER_OUT
                                       : fault == FAKE_COVER ? JEM_PRINTER_COVER_OPEN
                                                             : JEM_PRINTER_STUCK);
    /* The officer mends it. */
    f->fault = FAKE_NONE;
    f->view.sensors = (struct escpos_sensors){ 0 };
    escpos_view_go(&f->view);
    page = page_of(head, at + 1);
    assert_int_equal(print_on(f, profile, &page, report.outcome != JEM_PRINTED_YES, &report, &err), JEM_OK);
    assert_true(is_whole(&f->view, &page, FEED_ROWS));
    assert_int_equal(escpos_view_waiting(&f->view), 0);
    fake_drop(f);
}

static void every_fault_at_every_place_is_told_truly(void **state)
{
    (void)state;
    struct prop g = prop_start("printer faults");
    const size_t bytes = 48 * PAGE_ROWS + 3 * 8 + 40; /* of a job on 58 mm */
    for (int fault = FAKE_GONE; fault < FAKE_LAST; fault++)
        for (size_t round = 0; round < prop_rounds(10); round++) {
            size_t at = round < 4 ? round * 5 : round < 8 ? bytes - round * 3 : prop_below(&g, bytes + 20);
            bool mute = round % 3 == 2;
            fail_once((enum fake_fault)fault, at, mute, round % 2, "58-status", 384);
        }
}

static void data_that_looks_like_a_question_confuses_nobody(void **state)
{
    (void)state;
    struct fake *f = fake_new(576);
    struct jem_print_report report;
    struct jem_error err;
    struct jem_escpos_page page = page_of(576, 1);
    for (size_t i = 0; i + 2 < sizeof page_bits; i += 3) /* the printer answers in the middle of the picture */
        memcpy(page_bits + i, (const unsigned char[]){ 0x10, 0x04, (unsigned char)(1 + i % 4) }, 3);
    f->view.sensors.near_end = true;
    assert_int_equal(print_on(f, "80", &page, false, &report, &err), JEM_OK);
    assert_int_equal(report.outcome, JEM_PRINTED_YES);
    assert_int_equal(report.state, JEM_PRINTER_PAPER_LOW);
    assert_true(is_whole(&f->view, &page, FEED_ROWS));
    fake_drop(f);
}

static void the_roll_ends_on_the_last_row(void **state)
{
    (void)state;
    for (long rows = 0; rows <= PAGE_ROWS + FEED_ROWS + 40; rows += 10) {
        struct fake *f = fake_new(576);
        struct jem_print_report report;
        struct jem_error err;
        struct jem_escpos_page page = page_of(576, 1);
        f->view.paper_rows = rows > 0 ? rows : 1;
        enum jem_code rc = print_on(f, "80", &page, false, &report, &err);
        if (f->view.sensors.paper_out && f->view.height < PAGE_ROWS + FEED_ROWS)
            assert_int_not_equal(report.outcome, JEM_PRINTED_YES);
        if (!f->view.sensors.paper_out)
            assert_true(rc == JEM_OK && report.outcome == JEM_PRINTED_YES);
        else
            assert_int_equal(report.state, JEM_PRINTER_PAPER_OUT);
        fake_drop(f);
    }
}

static void a_cancelled_page_is_not_printed(void **state)
{
    (void)state;
    struct fake *f = fake_new(384);
    struct printer_talk talk;
    struct jem_print_report report;
    struct jem_error err;
    struct jem_escpos_page page = page_of(384, 1);
    atomic_bool cancel = true;
    printer_talk_init(&talk, (struct printer_port){ &fake_ops, f }, jem_printer_profile("58"));
    assert_int_equal(printer_job_run(&talk, &page, false, &cancel, &report, &err), JEM_EBUSY);
    assert_int_equal(report.outcome, JEM_PRINTED_NO);
    assert_false(has_ink(&f->view));
    fake_drop(f);
}

static void identity_follows_the_serial_number(void **state)
{
    (void)state;
    struct jem_printer_info items[3] = { { .id = "usb:1-2/A1" }, { .id = "usb:1-3/0416:5011" },
        { .id = "cups:kantor" } };
    struct jem_printer_list list = { items, 3 };
    assert_ptr_equal(jem_printer_find(&list, "usb:1-2/A1"), &items[0]);
    assert_ptr_equal(jem_printer_find(&list, "usb:2-1.4/A1"), &items[0]);
    assert_ptr_equal(jem_printer_find(&list, "usb:1-1/0416:5011"), &items[1]); /* the only one of its kind */
    assert_ptr_equal(jem_printer_find(&list, "cups:kantor"), &items[2]);
    assert_null(jem_printer_find(&list, "usb:1-2/A2"));
    assert_null(jem_printer_find(&list, "kantor"));
    items[0] = (struct jem_printer_info){ .id = "usb:1-4/0416:5011" };
    assert_null(jem_printer_find(&list, "usb:1-1/0416:5011")); /* two of them: nobody knows */
    assert_ptr_equal(jem_printer_find(&list, "usb:1-4/0416:5011"), &items[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profiles_are_whole),
        cmocka_unit_test(office_printers_are_told_apart),
        cmocka_unit_test(a_port_status_brings_bad_news_only),
        cmocka_unit_test(noise_is_no_answer),
        cmocka_unit_test(the_printer_s_word_is_understood),
        cmocka_unit_test(silence_is_never_ready),
        cmocka_unit_test(a_page_comes_out_and_is_believed),
        cmocka_unit_test(no_bad_printer_is_begun),
        cmocka_unit_test(every_fault_at_every_place_is_told_truly),
        cmocka_unit_test(data_that_looks_like_a_question_confuses_nobody),
        cmocka_unit_test(the_roll_ends_on_the_last_row),
        cmocka_unit_test(a_cancelled_page_is_not_printed),
        cmocka_unit_test(identity_follows_the_serial_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
