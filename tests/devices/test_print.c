// room: app
/* Receipts to virtual printers: from the store through queue, encoder and USB onto paper, which is compared with the
 * receipt's own picture and scanned; and what becomes of the queue when the cable, the roll or the cover goes. */
#include "unit.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_world.h"
#include "jemput/clock.h"
#include "jemput/day.h"
#include "jemput/print.h"
#include "jemput/printer.h"
#include "jemput/usb.h"
#include "print_kit.h"
#include "prop.h"
#include "vprinter.h"

static struct desk {
    struct world world;
    struct vusb_bus *bus;
    struct vprinter small, large; /* 58 mm without a word; 80 mm with sensors */
    struct jem_usb *usb;
    unsigned people;
} desk;
static struct jem_error err;

static int begin(void **state)
{
    (void)state;
    world_make(&desk.world, 1);
    desk.bus = vusb_bus_new();
    vprinter_make(&desk.small, desk.bus, "tests/devices/pos58");
    vprinter_make(&desk.large, desk.bus, "tests/devices/tm80");
    vusb_plug(desk.large.device);
    vusb_plug(desk.small.device);
    if (jem_usb_new(&desk.usb, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    jem_usb_free(desk.usb);
    vusb_bus_free(desk.bus);
    vprinter_drop(&desk.small);
    vprinter_drop(&desk.large);
    world_free(&desk.world);
    return 0;
}

/* Plugged in, and the kit has seen it. */
static void plug(struct vprinter *p)
{
    bool seen = false;
    if (!vusb_plugged(p->device))
        vusb_plug(p->device);
    for (int tries = 0; tries < 500 && !seen; tries++) {
        struct jem_usb_info *infos = NULL;
        size_t count = 0;
        assert_int_equal(jem_usb_list(desk.usb, &infos, &count, &err), JEM_OK);
        for (size_t i = 0; i < count; i++)
            seen = seen || strcmp(infos[i].id, vusb_id(p->device)) == 0;
        free(infos);
        if (!seen)
            poll(NULL, 0, 10);
    }
    assert_true(seen);
}

/* Both printers as a new day finds them. */
static int fresh(void **state)
{
    (void)state;
    struct vprinter *both[] = { &desk.small, &desk.large };
    for (size_t i = 0; i < 2; i++) {
        plug(both[i]);
        vusb_fault(both[i]->device, NULL);
        both[i]->noisy = both[i]->deaf_reset = false;
        both[i]->answer_ms = 0;
        vprinter_power(both[i]);
        vprinter_sense(both[i], (struct escpos_sensors){ 0 });
        vprinter_tear(both[i]);
    }
    return 0;
}

static struct jem_app *van(void)
{
    return desk.world.van[0];
}

static uint64_t applicant(void)
{
    return world_apply(van(), "kia", 100 + desk.people++);
}

static const char *id_of(struct vprinter *p)
{
    static char id[160];
    (void)snprintf(id, sizeof id, "usb:%s", vusb_id(p->device));
    return id;
}

static int64_t queued(struct vprinter *p, uint64_t number)
{
    json_t *job = NULL;
    if (jem_print_add(van(), desk.usb, number, id_of(p), &job, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    int64_t id = jem_json_int(job, "job", 0);
    assert_string_equal(jem_json_str(job, "state", ""), "queued");
    json_decref(job);
    return id;
}

/* Runs the job; its state afterwards. */
static enum jem_code run(int64_t id, char state[16])
{
    json_t *job = NULL;
    int64_t start_ms = jem_mono_ms();
    enum jem_code rc = jem_print_run(van(), desk.usb, id, NULL, &job, &err);
    assert_true(jem_mono_ms() - start_ms < 60000);
    assert_non_null(job);
    (void)snprintf(state, 16, "%s", jem_json_str(job, "state", ""));
    if (rc != JEM_OK)
        assert_true(*jem_json_str(job, "reason", "") != 0);
    json_decref(job);
    return rc;
}

static void answer(int64_t id, bool yes)
{
    json_t *job = NULL;
    if (jem_print_answer(van(), id, yes, &job, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    assert_string_equal(jem_json_str(job, "state", ""), yes ? "printed" : "failed");
    json_decref(job);
}

/* ---- tests ---- */

static void printers_are_listed_once_with_their_states(void **state)
{
    (void)state;
    json_t *o = NULL, *it;
    size_t i, seen = 0;
    assert_int_equal(jem_print_printers(van(), desk.usb, true, &o, &err), JEM_OK);
    json_array_foreach(json_object_get(o, "printers"), i, it)
    {
        const char *id = jem_json_str(it, "id", "");
        if (strncmp(id, "usb:", 4) != 0)
            continue;
        seen++;
        bool large = strcmp(id, "usb:1-4/J3C0012345") == 0;
        assert_string_equal(jem_json_str(it, "state", ""), large ? "ready" : "unknown");
        assert_int_equal(jem_json_int(it, "width", 0), large ? 80 : 58);
        assert_string_equal(jem_json_str(it, "name", ""),
            large ? "EPSON TM-T20II" : "STMicroelectronics POS58 Printer USB");
        assert_true(jem_json_bool(it, "usable", false));
    }
    assert_int_equal(seen, 2);
    json_decref(o);
    assert_int_equal(jem_print_add(van(), desk.usb, applicant(), NULL, &o, &err),
        JEM_ENOTFOUND); /* which of the two? */
    assert_non_null(strstr(err.msg, "J3C0012345"));
}

static void a_receipt_is_printed_dot_by_dot_and_copies_say_so(void **state)
{
    (void)state;
    uint64_t number = applicant();
    char now[16];
    for (int copy = 0; copy < 3; copy++) {
        struct print_picture p = print_picture_of(van(), number, 80);
        int64_t job = queued(&desk.large, number);
        vprinter_tear(&desk.large);
        if (run(job, now) != JEM_OK)
            fail_msg("%s", err.msg);
        assert_string_equal(now, "printed");
        print_paper_ends(van(), &desk.large.view, &p, number);
        assert_int_equal(desk.large.view.cuts, 1);
        assert_int_equal(desk.large.view.unknown + desk.large.view.characters, 0);
        assert_int_equal(print_issued(van(), number), copy + 1);
        free(p.gray);
    }
}

static void a_printer_without_a_word_makes_the_officer_say(void **state)
{
    (void)state;
    uint64_t number = applicant();
    char now[16];
    json_t *o = NULL;
    struct print_picture p = print_picture_of(van(), number, 58);
    int64_t job = queued(&desk.small, number);
    assert_int_equal(run(job, now), JEM_OK);
    assert_string_equal(now, "unknown");
    print_paper_ends(van(), &desk.small.view, &p, number);
    assert_int_equal(print_issued(van(), number), 0);
    assert_int_equal(jem_print_add(van(), desk.usb, number, id_of(&desk.small), &o, &err), JEM_EEXISTS);
    assert_int_equal(jem_json_int(o, "job", 0), job);
    assert_true(jem_json_bool(o, "ask", false));
    json_decref(o);
    o = NULL;
    assert_int_equal(jem_print_drop(van(), job, &o, &err), JEM_EINVAL); /* it may lie there */
    answer(job, false);
    assert_int_equal(print_issued(van(), number), 0);
    assert_int_equal(jem_print_answer(van(), job, true, &o, &err), JEM_EINVAL);
    vprinter_tear(&desk.small);
    assert_int_equal(run(job, now), JEM_OK);
    print_paper_ends(van(), &desk.small.view, &p, number); /* still the original: the first did not come out */
    answer(job, true);
    assert_int_equal(print_issued(van(), number), 1);
    free(p.gray);
}

enum trouble {
    PULLED_BEFORE,
    PULLED,
    STALLED,
    FULL,
    PAPER_BEFORE,
    PAPER,
    COVER_BEFORE,
    COVER,
    HELD,
    NOISE,
    SLOW,
    ANSWERS_PULLED, /* the cable goes, the pipe stalls or falls silent as the printer tells how it is */
    ANSWERS_STALLED,
    ANSWERS_SILENT,
    ANSWERS_EMPTY, /* with transfers of no length around them */
    TROUBLES
};

static void make_trouble(struct vprinter *p, enum trouble trouble, int64_t at)
{
    struct vusb_faults f = { .out_after = at };
    switch (trouble) {
    case PULLED_BEFORE: vusb_unplug(p->device); break;
    case PULLED: f.out_event = VUSB_UNPLUG; break;
    case STALLED: f.out_event = VUSB_STALL; break;
    case FULL: f.out_event = VUSB_SILENCE; break;
    case PAPER_BEFORE: vprinter_sense(p, (struct escpos_sensors){ .paper_out = true }); break;
    case PAPER: vprinter_roll(p, 1 + (long)(at / (p->view.head_dots / 8))); break;
    case COVER_BEFORE: vprinter_sense(p, (struct escpos_sensors){ .cover_open = true }); break;
    case COVER: break; /* opened by hand while it prints */
    case HELD: f.held = true; break;
    case NOISE: p->noisy = true; break;
    case SLOW: f.out_ms = 20; break;
    case ANSWERS_PULLED: f.in_event = VUSB_UNPLUG; break;
    case ANSWERS_STALLED: f.in_event = VUSB_STALL; break;
    case ANSWERS_SILENT: f.in_event = VUSB_SILENCE; break;
    case ANSWERS_EMPTY: f.in_event = VUSB_EMPTY, f.empty_each = 3; break;
    case TROUBLES: break;
    }
    f.in_after = at % 24; /* its words have one byte or four: some at the start, one after each strip */
    vusb_fault(p->device, &f);
}

struct hand { /* the officer's, on another thread */
    struct vprinter *p;
    unsigned row;
};

static void *open_cover(void *arg)
{
    struct hand *h = arg;
    for (int i = 0; i < 5000; i++) {
        pthread_mutex_lock(&h->p->lock);
        bool there = h->p->view.height >= h->row;
        pthread_mutex_unlock(&h->p->lock);
        if (there)
            break;
        poll(NULL, 0, 1);
    }
    vprinter_sense(h->p, (struct escpos_sensors){ .cover_open = true });
    return NULL;
}

/* One trouble in one job. What the queue says fits the paper; when it is mended the receipt comes out whole, and counts once. */
static void live_through(struct vprinter *p, enum trouble trouble, int64_t at)
{
    uint64_t number = applicant();
    unsigned mm = p == &desk.large ? 80 : 58;
    char now[16];
    pthread_t thread;
    struct hand hand = { p, 1 + (unsigned)(at / (p->view.head_dots / 8)) };
    struct print_picture picture = print_picture_of(van(), number, mm);
    int64_t job = queued(p, number);
    make_trouble(p, trouble, at);
    if (trouble == COVER)
        assert_int_equal(pthread_create(&thread, NULL, open_cover, &hand), 0);
    unsigned before = p->view.height;
    enum jem_code rc = run(job, now);
    if (trouble == COVER)
        pthread_join(thread, NULL);
    bool talks = p == &desk.large;
    if (rc != JEM_OK)
        assert_string_equal(now, "failed");
    if (trouble == PULLED_BEFORE || trouble == HELD ||
        ((trouble == PAPER_BEFORE || trouble == COVER_BEFORE) && talks)) {
        assert_int_not_equal(rc, JEM_OK);
        assert_int_equal(p->view.height, before);
    }
    if (trouble == PAPER_BEFORE && talks)
        assert_non_null(strstr(err.msg, jem_printer_state_text(JEM_PRINTER_PAPER_OUT)));
    if (trouble == COVER && rc != JEM_OK && talks)
        assert_non_null(strstr(err.msg, jem_printer_state_text(JEM_PRINTER_COVER_OPEN)));
    if ((trouble == SLOW || trouble == ANSWERS_EMPTY || trouble == ANSWERS_STALLED) && talks)
        assert_string_equal(now, "printed");
    if (trouble == ANSWERS_SILENT || trouble == ANSWERS_PULLED)
        assert_string_not_equal(now, "printed");
    if (trouble == NOISE)
        assert_string_equal(now, "unknown");
    if (strcmp(now, "printed") == 0) {
        assert_true(talks);
        print_paper_ends(van(), &p->view, &picture, number);
    }
    if (strcmp(now, "unknown") == 0)
        answer(job, false); /* whatever it is: print it once more */
    if (trouble == PULLED || trouble == PULLED_BEFORE || trouble == ANSWERS_PULLED)
        vusb_unplug(p->device);
    void *none = NULL;
    fresh(&none);
    if (strcmp(now, "printed") != 0) {
        assert_int_equal(print_issued(van(), number), 0);
        job = strcmp(now, "failed") == 0 && at % 2 ? queued(p, number) : job;
        if (run(job, now) != JEM_OK)
            fail_msg("trouble %d at %lld: %s", trouble, (long long)at, err.msg);
        print_paper_ends(van(), &p->view, &picture, number);
        assert_string_equal(now, talks ? "printed" : "unknown");
        if (!talks)
            answer(job, true);
    }
    assert_int_equal(print_issued(van(), number), 1);
    free(picture.gray);
}

static void trouble_is_told_and_mended(void **state)
{
    (void)state;
    struct prop g = prop_start("printing troubles");
    for (int t = 0; t < TROUBLES; t++)
        for (size_t round = 0; round < prop_rounds(t == FULL || t == ANSWERS_SILENT ? 1 : 2); round++) {
            /* The one without a word is slow: only where its way is another. */
            bool small = round % 2 && (t == PULLED || t == COVER);
            struct vprinter *p = small ? &desk.small : &desk.large;
            int64_t at = round == 0 ? 20000 : (int64_t)prop_below(&g, 500) * 64;
            live_through(p, (enum trouble)t, at);
        }
}

/* A printer that keeps what was cut off in its buffer, and does not know the reset. */
static void a_cut_job_does_not_spoil_the_next(void **state)
{
    (void)state;
    uint64_t number = applicant();
    char now[16];
    struct print_picture picture = print_picture_of(van(), number, 58);
    for (int64_t at = 12800; at < 15000; at += 1088) {
        desk.small.deaf_reset = true;
        int64_t job = queued(&desk.small, number);
        vusb_fault(desk.small.device, &(struct vusb_faults){ .out_event = VUSB_UNPLUG, .out_after = at });
        assert_int_not_equal(run(job, now), JEM_OK);
        assert_true(escpos_view_waiting(&desk.small.view) > 0);
        vusb_unplug(desk.small.device);
        vusb_fault(desk.small.device, NULL);
        plug(&desk.small);
        assert_int_equal(run(job, now), JEM_OK);
        print_paper_ends(van(), &desk.small.view, &picture, number);
        answer(job, false);
    }
    free(picture.gray);
}

static void the_chosen_printer_is_found_in_another_socket(void **state)
{
    (void)state;
    json_t *o = NULL;
    char now[16];
    uint64_t number = applicant();
    assert_int_equal(jem_print_choose(van(), desk.usb, "usb:9-9/J3C0012345", NULL, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "profile", ""), "epson-576");
    json_decref(o);
    assert_int_equal(jem_print_choose(van(), desk.usb, NULL, "laser", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_print_choose(van(), desk.usb, "usb:1-4/NOBODY", NULL, &o, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_print_add(van(), desk.usb, number, NULL, &o, &err), JEM_OK); /* no question any more */
    assert_string_equal(jem_json_str(o, "printer", ""), "usb:1-4/J3C0012345");
    int64_t job = jem_json_int(o, "job", 0);
    json_decref(o);
    /* Another kind, chosen by the officer: columns instead of a raster. */
    assert_int_equal(jem_print_choose(van(), desk.usb, NULL, "80-column", &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(run(job, now), JEM_OK);
    assert_string_equal(now, "printed");
    assert_true(desk.large.view.tallest_strip == 24);
    assert_int_equal(jem_print_choose(van(), desk.usb, NULL, "epson-576", &o, &err), JEM_OK);
    json_decref(o);
}

/* Nothing is recorded of a ticket's paper: nobody is asked, and one that did not come out is printed again. */
static void a_ticket_goes_through_the_same_queue(void **state)
{
    (void)state;
    json_t *o = NULL, *job = NULL;
    char now[16];
    struct vprinter *both[] = { &desk.small, &desk.large };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(jem_queue_issue(van(), "elderly", &o, &err), JEM_OK);
        unsigned number = (unsigned)jem_json_int(o, "number", 0);
        uint64_t ticket = jem_print_ticket(jem_store_today(jem_app_store(van())), number);
        if (jem_print_add(van(), desk.usb, ticket, id_of(both[i]), &job, &err) != JEM_OK)
            fail_msg("%s", err.msg);
        assert_string_equal(jem_json_str(job, "number", ""), jem_json_str(o, "text", ""));
        assert_int_equal(jem_json_int(job, "ticket", 0), number);
        int64_t id = jem_json_int(job, "job", 0);
        json_decref(job);
        json_decref(o);
        if (i == 1) {
            vprinter_sense(&desk.large, (struct escpos_sensors){ .paper_out = true });
            assert_int_not_equal(run(id, now), JEM_OK);
            assert_string_equal(now, "failed");
            vprinter_sense(&desk.large, (struct escpos_sensors){ 0 });
        }
        assert_int_equal(run(id, now), JEM_OK);
        assert_string_equal(now, "printed");
    }
    /* One of a day that is over is not printed as today's. */
    assert_int_equal(jem_print_add(van(), desk.usb, jem_print_ticket(20000, 1), id_of(&desk.large), &job, &err),
        JEM_OK);
    assert_int_equal(run(jem_json_int(job, "job", 0), now), JEM_ENOTFOUND);
    assert_string_equal(now, "failed");
    json_decref(job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(printers_are_listed_once_with_their_states, fresh),
        cmocka_unit_test_setup(a_receipt_is_printed_dot_by_dot_and_copies_say_so, fresh),
        cmocka_unit_test_setup(a_printer_without_a_word_makes_the_officer_say, fresh),
        cmocka_unit_test_setup(trouble_is_told_and_mended, fresh),
        cmocka_unit_test_setup(a_cut_job_does_not_spoil_the_next, fresh),
        cmocka_unit_test_setup(a_ticket_goes_through_the_same_queue, fresh),
        cmocka_unit_test_setup(the_chosen_printer_is_found_in_another_socket, fresh),
    };
    return cmocka_run_group_tests(tests, begin, finish);
}
