// room: app
/* Receipts through the kernel's driver, /dev/usb/lpN: found by socket and serial number, never by N; a second process that
 * prints, two at once, and one that is killed at any moment: the queue then asks, and a receipt still counts once. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "app_world.h"
#include "jemput/file.h"
#include "jemput/number.h"
#include "jemput/print.h"
#include "jemput/usb.h"
#include "print_kit.h"
#include "prop.h"
#include "vprinter.h"

#define PRINTER_ID "usb:3-1.2/J3C0099887"

/* A printer behind a terminal without line rules: bytes in, answers out. */
static struct station {
    struct world world;
    struct vusb_bus *bus; /* for its /sys and /dev */
    struct escpos_view view;
    pthread_mutex_t lock;
    pthread_t thread;
    int master, keep; /* keep: so that the line stays up between two programs */
    atomic_bool stop;
    atomic_uint delay_us; /* for every 256 bytes */
    unsigned people;
} st;
static struct jem_error err;

static struct jem_app *van(void)
{
    return st.world.van[0];
}

static void say(void *ctx, const unsigned char *p, size_t n)
{
    (void)ctx;
    ssize_t done = write(st.master, p, n);
    (void)done; /* nobody listens: so be it */
}

static void *print_all(void *arg)
{
    (void)arg;
    while (!atomic_load(&st.stop)) {
        unsigned char b[256];
        struct pollfd p = { .fd = st.master, .events = POLLIN };
        if (poll(&p, 1, 20) <= 0)
            continue;
        ssize_t n = read(st.master, b, sizeof b);
        if (n <= 0)
            continue;
        pthread_mutex_lock(&st.lock);
        escpos_view_take(&st.view, b, (size_t)n);
        pthread_mutex_unlock(&st.lock);
        if (atomic_load(&st.delay_us) > 0)
            poll(NULL, 0, (int)(atomic_load(&st.delay_us) / 1000));
    }
    return NULL;
}

static void put(const char *dir, const char *name, const char *text)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    if (jem_file_write(path, text, strlen(text), 0644, &err) != JEM_OK)
        fail_msg("%s", err.msg);
}

/* /sys/class/usbmisc/lpN of a printer at `socket`, its node leading to `tty`. */
static void lp_make(unsigned n, const char *socket, const char *serial, const char *id1284, const char *tty)
{
    char device[400], interface[500], class[400], link[500], node[400];
    const char *root = vusb_bus_dir(st.bus);
    (void)snprintf(device, sizeof device, "%s/sys/devices/usb9/%s", root, socket);
    (void)snprintf(interface, sizeof interface, "%s/%s:1.0", device, socket);
    (void)snprintf(class, sizeof class, "%s/sys/class/usbmisc/lp%u", root, n);
    (void)snprintf(node, sizeof node, "%s/dev/usb", root);
    assert_int_equal(jem_dir_make(interface, 0755, &err), JEM_OK);
    assert_int_equal(jem_dir_make(class, 0755, &err), JEM_OK);
    assert_int_equal(jem_dir_make(node, 0755, &err), JEM_OK);
    put(device, "idVendor", "04b8\n");
    put(device, "idProduct", "0e15\n");
    put(device, "manufacturer", "EPSON\n");
    put(device, "product", "TM-T20II\n");
    put(device, "serial", serial);
    put(interface, "ieee1284_id", id1284);
    (void)snprintf(link, sizeof link, "%s/device", class);
    assert_int_equal(symlink(interface, link), 0);
    (void)snprintf(link, sizeof link, "%s/lp%u", node, n);
    assert_int_equal(symlink(tty, link), 0);
}

static void lp_unmake(unsigned n)
{
    char path[500];
    (void)snprintf(path, sizeof path, "%s/sys/class/usbmisc/lp%u/device", vusb_bus_dir(st.bus), n);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/sys/class/usbmisc/lp%u", vusb_bus_dir(st.bus), n);
    (void)rmdir(path);
    (void)snprintf(path, sizeof path, "%s/dev/usb/lp%u", vusb_bus_dir(st.bus), n);
    (void)unlink(path);
}

static char tty_name[128];

static int begin(void **state)
{
    (void)state;
    world_make(&st.world, 1);
    st.bus = vusb_bus_new();
    st.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(st.master >= 0 && grantpt(st.master) == 0 && unlockpt(st.master) == 0);
    assert_int_equal(ptsname_r(st.master, tty_name, sizeof tty_name), 0);
    st.keep = open(tty_name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios raw;
    assert_int_equal(tcgetattr(st.keep, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(st.keep, TCSANOW, &raw), 0);
    escpos_view_init(&st.view, 576);
    st.view.reply = say;
    pthread_mutex_init(&st.lock, NULL);
    assert_int_equal(pthread_create(&st.thread, NULL, print_all, NULL), 0);
    lp_make(0, "3-1.2", "J3C0099887\n", "MFG:EPSON;CMD:ESC/POS;MDL:TM-T20II;CLS:PRINTER;\n", tty_name);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    atomic_store(&st.stop, true);
    pthread_join(st.thread, NULL);
    (void)close(st.keep);
    (void)close(st.master);
    escpos_view_release(&st.view);
    vusb_bus_free(st.bus);
    world_free(&st.world);
    return 0;
}

/* Waits until the printer has executed all that is on its way. */
static void settle(void)
{
    int waits = 1;
    for (size_t last = ~(size_t)0, now = 0; now != last || waits > 0;) {
        last = now;
        poll(NULL, 0, 60);
        pthread_mutex_lock(&st.lock);
        now = escpos_view_waiting(&st.view) + st.view.height;
        pthread_mutex_unlock(&st.lock);
        assert_int_equal(ioctl(st.master, FIONREAD, &waits), 0);
    }
}

/* The paper is torn off; what a dead program left on its way is gone. */
static int fresh(void **state)
{
    (void)state;
    atomic_store(&st.delay_us, 0);
    settle();
    (void)tcflush(st.keep, TCIOFLUSH);
    pthread_mutex_lock(&st.lock);
    st.view.automatic = false;
    escpos_view_tear(&st.view);
    pthread_mutex_unlock(&st.lock);
    return 0;
}

static void paper_ends(const struct print_picture *p, uint64_t number)
{
    settle();
    pthread_mutex_lock(&st.lock);
    struct escpos_view view = st.view;
    view.bits = malloc((size_t)(view.head_dots / 8) * view.height);
    if (view.bits)
        memcpy(view.bits, st.view.bits, (size_t)(view.head_dots / 8) * view.height);
    pthread_mutex_unlock(&st.lock);
    assert_non_null(view.bits);
    print_paper_ends(van(), &view, p, number);
    free(view.bits);
}

static uint64_t applicant(void)
{
    return world_apply(van(), "kia", 300 + st.people++);
}

static unsigned strips_now(void)
{
    pthread_mutex_lock(&st.lock);
    unsigned n = st.view.strips;
    pthread_mutex_unlock(&st.lock);
    return n;
}

static void it_is_found_by_its_socket_and_prints(void **state)
{
    (void)state;
    json_t *o = NULL;
    uint64_t number = applicant();
    for (unsigned n = 0; n < 2; n++) { /* plugged in again it is lp7: nobody minds */
        struct print_picture p = print_picture_of(van(), number, 80);
        fresh(NULL);
        assert_int_equal(jem_print_add(van(), NULL, number, n == 0 ? PRINTER_ID : NULL, &o, &err), JEM_OK);
        assert_string_equal(jem_json_str(o, "printer", ""), PRINTER_ID);
        int64_t job = jem_json_int(o, "job", 0);
        json_decref(o);
        bool printed = false;
        for (int tries = 0; tries < 5 && !printed; tries++) { /* on a slow machine its answers may come too late */
            if (jem_print_run(van(), NULL, job, NULL, &o, &err) != JEM_OK)
                fail_msg("%s", err.msg);
            printed = strcmp(jem_json_str(o, "state", ""), "printed") == 0;
            json_decref(o);
            if (!printed) {
                assert_int_equal(jem_print_answer(van(), job, false, &o, &err), JEM_OK);
                json_decref(o);
            }
        }
        assert_true(printed);
        paper_ends(&p, number);
        free(p.gray);
        lp_unmake(n == 0 ? 0 : 7);
        lp_make(7, "3-1.2", "J3C0099887\n", "MFG:EPSON;\n", tty_name);
    }
    assert_int_equal(print_issued(van(), number), 2);
}

static void states_are_told_through_the_node(void **state)
{
    (void)state;
    static const struct {
        struct escpos_sensors sensors;
        const char *name;
    } cases[] = { { { 0 }, "ready" }, { { .near_end = true }, "paper_low" }, { { .paper_out = true }, "paper_out" },
        { { .cover_open = true }, "cover_open" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *o = NULL;
        pthread_mutex_lock(&st.lock);
        escpos_view_sense(&st.view, cases[i].sensors);
        pthread_mutex_unlock(&st.lock);
        assert_int_equal(jem_print_printers(van(), NULL, true, &o, &err), JEM_OK);
        const json_t *first = json_array_get(json_object_get(o, "printers"), 0);
        assert_string_equal(jem_json_str(first, "via", ""), "lp");
        assert_string_equal(jem_json_str(first, "state", ""), cases[i].name);
        json_decref(o);
    }
    pthread_mutex_lock(&st.lock);
    escpos_view_sense(&st.view, (struct escpos_sensors){ 0 });
    pthread_mutex_unlock(&st.lock);
}

static json_t *told_of(struct jem_usb *usb, const char *id, json_t **all)
{
    size_t i;
    json_t *it;
    assert_int_equal(jem_print_printers(van(), usb, true, all, &err), JEM_OK);
    json_array_foreach(json_object_get(*all, "printers"), i,
        it) if (strcmp(jem_json_str(it, "id", ""), id) == 0) return it;
    fail_msg("%s is not listed", id);
    return NULL;
}

/* Asked every ten seconds: by its node, so that the driver does not lose it and find it again each time. */
static void a_question_takes_nothing_from_the_driver(void **state)
{
    (void)state;
    static struct vprinter printer;
    struct jem_usb *usb = NULL;
    char driver[300], target[300];
    json_t *all = NULL;
    vprinter_make(&printer, st.bus, "tests/devices/tm80");
    vusb_plug(printer.device);
    (void)snprintf(driver, sizeof driver, "%s/sys/devices/usb1/1-4/1-4:1.0/driver", vusb_bus_dir(st.bus));
    lp_make(4, "1-4", "J3C0012345\n", "MFG:EPSON;\n", tty_name);
    assert_int_equal(jem_usb_new(&usb, &err), JEM_OK);
    const json_t *it = told_of(usb, "usb:1-4/J3C0012345", &all);
    assert_string_equal(jem_json_str(it, "via", ""), "usb");
    assert_string_equal(jem_json_str(it, "state", ""), "ready");
    json_decref(all);
    assert_int_equal(vusb_counts(printer.device).urbs, 0);
    assert_true(readlink(driver, target, sizeof target) > 0);
    lp_unmake(4); /* without a node it is taken for the moment */
    it = told_of(usb, "usb:1-4/J3C0012345", &all);
    assert_string_equal(jem_json_str(it, "state", ""), "ready");
    json_decref(all);
    assert_true(vusb_counts(printer.device).urbs > 0);
    jem_usb_free(usb);
    vusb_unplug(printer.device);
}

/* ---- a program of its own ---- */

static pid_t start_print(uint64_t number)
{
    char text[JEM_NUMBER_TEXT], file[300];
    (void)snprintf(file, sizeof file, "%s/passphrase", st.world.root);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    (void)fprintf(f, "%s\n", WORLD_PASSPHRASE);
    assert_int_equal(fclose(f), 0);
    jem_number_format(number, text);
    const char *jemput = getenv("JEMPUT");
    assert_non_null(jemput);
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        (void)dup2(null, 1);
        (void)dup2(null, 2);
        execl(jemput, "jemput", "-C", st.world.van_dir[0], "--user", jem_app_user(van()), "--passphrase-file", file,
            "print", text, "--printer", PRINTER_ID, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static void last_job(uint64_t number, char now[16], int64_t *job)
{
    json_t *o = NULL;
    assert_int_equal(jem_print_jobs(van(), number, false, &o, &err), JEM_OK);
    const json_t *last = json_array_get(json_object_get(o, "jobs"), 0);
    (void)snprintf(now, 16, "%s", jem_json_str(last, "state", "none"));
    *job = jem_json_int(last, "job", 0);
    json_decref(o);
}

static void a_killed_program_leaves_a_question(void **state)
{
    (void)state;
    struct prop g = prop_start("printing killed");
    unsigned asked = 0;
    for (size_t round = 0; round < prop_rounds(8); round++) {
        uint64_t number = applicant();
        char now[16];
        int64_t job;
        int status;
        bool yes = round % 2;
        json_t *o = NULL;
        struct print_picture p = print_picture_of(van(), number, 80);
        fresh(NULL);
        atomic_store(&st.delay_us, 2000);
        pid_t pid = start_print(number);
        assert_true(pid > 0);
        for (int i = 0; i < 20000 && strips_now() < 1 + round % 5; i++) /* it prints */
            poll(NULL, 0, 1);
        poll(NULL, 0, (int)prop_below(&g, 60));
        (void)kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        fresh(NULL);
        last_job(number, now, &job);
        if (WIFSIGNALED(status)) /* bytes went out: it can be no other */
            assert_true(strcmp(now, "unknown") == 0 || strcmp(now, "printed") == 0);
        assert_int_equal(print_issued(van(), number), strcmp(now, "printed") == 0);
        if (strcmp(now, "unknown") == 0) {
            asked++;
            assert_int_equal(jem_print_answer(van(), job, yes, &o, &err), JEM_OK);
            json_decref(o);
            assert_int_equal(print_issued(van(), number), yes);
        }
        if (strcmp(now, "unknown") == 0 && !yes) {
            if (jem_print_run(van(), NULL, job, NULL, &o, &err) != JEM_OK)
                fail_msg("%s", err.msg);
            bool printed = strcmp(jem_json_str(o, "state", ""), "printed") == 0;
            json_decref(o);
            paper_ends(&p, number); /* the original, behind whatever was cut off */
            if (!printed) {
                assert_int_equal(jem_print_answer(van(), job, true, &o, &err), JEM_OK);
                json_decref(o);
            }
            assert_int_equal(print_issued(van(), number), 1);
        }
        free(p.gray);
    }
    assert_true(asked > 0);
}

static void two_programs_print_one_receipt_apart(void **state)
{
    (void)state;
    uint64_t number = applicant();
    int status[2];
    int64_t good = 0;
    atomic_store(&st.delay_us, 1000);
    pid_t pid[2] = { start_print(number), start_print(number) };
    for (int i = 0; i < 2; i++) {
        assert_int_equal(waitpid(pid[i], &status[i], 0), pid[i]);
        good += WIFEXITED(status[i]) && WEXITSTATUS(status[i]) == 0;
    }
    fresh(NULL);
    char now[16];
    int64_t job;
    last_job(number, now, &job);
    assert_true(good >= 1 || strcmp(now, "unknown") == 0); /* on a slow machine its answers may come too late */
    assert_int_equal(print_issued(van(), number), good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(it_is_found_by_its_socket_and_prints, fresh),
        cmocka_unit_test_setup(states_are_told_through_the_node, fresh),
        cmocka_unit_test_setup(a_question_takes_nothing_from_the_driver, fresh),
        cmocka_unit_test_setup(a_killed_program_leaves_a_question, fresh),
        cmocka_unit_test_setup(two_programs_print_one_receipt_apart, fresh),
    };
    return cmocka_run_group_tests(tests, begin, finish);
}
