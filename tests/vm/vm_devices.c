/* vm_devices.c - the virtual devices of a virtual machine, and who pulls their cables:
 *
 *     vm_devices DIRECTORY FOLDER...
 *
 * DIRECTORY/0.sock, 1.sock ... are the machine's USB ports, by the usbredir protocol; over DIRECTORY/ctl.sock the machine
 * commands what happens outside of it, a line a command, and gets one line back for each, "ok ..." or "no ...". NAME is the
 * last part of a FOLDER:
 *     plug NAME | unplug NAME
 *     fault NAME [in=EVENT:BYTES] [out=EVENT:BYTES] [short=N] [empty=N] [zlp=no] [out-ms=N]      (vusb.h; none: no fault)
 *     halt NAME ENDPOINT                 (hexadecimal)
 *     sheets NAME N | page-bytes NAME N | slow NAME MS | busy NAME 0|1
 *     jam NAME PAGE | cover NAME PAGE | fine NAME | inside NAME PAGE | cut NAME PAGE
 *     paper NAME ok|out|cover|near | tear NAME | power NAME | answer-ms NAME MS
 *     code NAME TEXT                     (a HID-POS reader has read this)
 *     counts NAME                        (ok key=value ...)
 *     picture NAME FILE                  (what stands on the paper, as PBM in DIRECTORY)
 *     end                                (ends this program)
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "escl_device.h"
#include "vprinter.h"
#include "vusb_file.h"
#include "vusb_redir.h"

#define DEVICES_MAX 8
#define STEP_MS 2

struct device {
    const char *name, *folder;
    struct vusb_device *usb;
    struct escl_device *scanner;
    struct vprinter printer;
    bool is_printer;
};

static const char *directory;
static struct device devices[DEVICES_MAX];
static size_t device_count;

static void device_make(struct device *d, struct vusb_bus *bus, const char *folder)
{
    struct vusb_file file;
    char caps[512];
    vusb_file_read(&file, folder);
    (void)snprintf(caps, sizeof caps, "%s/caps.xml", folder);
    d->folder = folder;
    d->name = strrchr(folder, '/') ? strrchr(folder, '/') + 1 : folder;
    d->is_printer = vusb_file_key(&file, "head", 0) != NULL;
    bool is_scanner = vusb_file_key(&file, "caps", 0) || access(caps, R_OK) == 0;
    vusb_file_release(&file);
    if (d->is_printer) {
        vprinter_make(&d->printer, bus, folder);
        d->usb = d->printer.device;
    } else if (is_scanner) {
        d->scanner = escl_device_usb(bus, folder);
        d->usb = escl_device_vusb(d->scanner);
    } else
        d->usb = vusb_device_new(bus, folder, NULL, NULL);
}

static struct device *device_named(const char *name)
{
    for (size_t i = 0; i < device_count; i++)
        if (strcmp(devices[i].name, name) == 0)
            return &devices[i];
    return NULL;
}

/* ---- commands: each writes its answer, and says whether it knew what to do ------------------------------------------ */

static enum vusb_event event_named(const char *text, long long *after)
{
    static const char *const names[] = { "none", "unplug", "stall", "silence", "garbage", "loss" };
    *after = strchr(text, ':') ? strtoll(strchr(text, ':') + 1, NULL, 10) : 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(text, names[i], strlen(names[i])) == 0)
            return (enum vusb_event)i;
    return VUSB_NONE;
}

static bool command_fault(struct device *d, char *words)
{
    struct vusb_faults f = { 0 };
    long long after;
    char *rest = NULL;
    for (char *w = strtok_r(words, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
        unsigned n = strchr(w, '=') ? (unsigned)strtoul(strchr(w, '=') + 1, NULL, 10) : 0;
        if (strncmp(w, "in=", 3) == 0) {
            f.in_event = event_named(w + 3, &after);
            f.in_after = after;
        } else if (strncmp(w, "out=", 4) == 0) {
            f.out_event = event_named(w + 4, &after);
            f.out_after = after;
        } else if (strncmp(w, "short=", 6) == 0)
            f.short_max = n;
        else if (strncmp(w, "empty=", 6) == 0)
            f.empty_each = n;
        else if (strcmp(w, "zlp=no") == 0)
            f.no_zlp = true;
        else if (strncmp(w, "out-ms=", 7) == 0)
            f.out_ms = n;
        else
            return false;
    }
    vusb_fault(d->usb, &f);
    return true;
}

/* The report of the folder hid_pos: identifier 2, a count, three bytes of symbology, 56 of data, the bit "continued". */
static bool command_code(struct device *d, const char *text)
{
    for (size_t at = 0, n = strlen(text); at < n;) {
        size_t part = n - at < 56 ? n - at : 56;
        uint8_t report[62] = { 2, (uint8_t)part, ']', 'Q', '1' };
        memcpy(report + 5, text + at, part);
        at += part;
        report[61] = at < n;
        vusb_send(d->usb, 0x81, report, sizeof report);
    }
    return true;
}

static bool command_counts(struct device *d, char *out, size_t cap)
{
    struct vusb_counts c = vusb_counts(d->usb);
    int n = snprintf(out, cap, "ok plugged=%d urbs=%llu in=%llu out=%llu resets=%llu flight=%u", vusb_plugged(d->usb),
        (unsigned long long)c.urbs, (unsigned long long)c.in_bytes, (unsigned long long)c.out_bytes,
        (unsigned long long)c.resets, c.most_in_flight);
    if (d->scanner) {
        struct escl_counts e = escl_device_counts(d->scanner);
        (void)snprintf(out + n, cap - (size_t)n, " created=%u deleted=%u pages=%u open=%u outside=%u left=%u",
            e.created, e.deleted, e.pages, e.open_jobs, e.outside, escl_device_left(d->scanner));
    }
    if (d->is_printer)
        (void)snprintf(out + n, cap - (size_t)n,
            " rows=%u strips=%u cuts=%u unknown=%u characters=%u waiting=%zu asked=%u", d->printer.view.height,
            d->printer.view.strips, d->printer.view.cuts, d->printer.view.unknown, d->printer.view.characters,
            escpos_view_waiting(&d->printer.view), d->printer.view.asked);
    return true;
}

static bool command_picture(const struct device *d, const char *file)
{
    char path[300];
    const struct escpos_view *v = &d->printer.view;
    (void)snprintf(path, sizeof path, "%s/%s", directory, file);
    FILE *f = d->is_printer && !strchr(file, '/') ? fopen(path, "w") : NULL;
    if (!f)
        return false;
    size_t n = (size_t)((v->head_dots + 7) / 8) * v->height;
    bool good = fprintf(f, "P4\n%u %u\n", v->head_dots, v->height) > 0 && (n == 0 || fwrite(v->bits, 1, n, f) == n);
    return fclose(f) == 0 && good;
}

static bool command_paper(struct device *d, const char *what)
{
    if (!d->is_printer)
        return false;
    vprinter_sense(&d->printer, (struct escpos_sensors){ .paper_out = strcmp(what, "out") == 0,
                                    .cover_open = strcmp(what, "cover") == 0,
                                    .near_end = strcmp(what, "near") == 0 });
    return true;
}

static bool command_scanner(struct device *d, const char *verb, unsigned n)
{
    struct escl_device *e = d->scanner;
    if (!e)
        return false;
    if (strcmp(verb, "sheets") == 0)
        escl_device_load(e, 1, n);
    else if (strcmp(verb, "page-bytes") == 0)
        escl_device_page_bytes(e, n);
    else if (strcmp(verb, "slow") == 0)
        escl_device_slow(e, n);
    else if (strcmp(verb, "busy") == 0)
        escl_device_busy(e, n != 0);
    else if (strcmp(verb, "jam") == 0)
        escl_device_trouble(e, ESCL_JAM, n);
    else if (strcmp(verb, "cover") == 0)
        escl_device_trouble(e, ESCL_COVER, n);
    else if (strcmp(verb, "fine") == 0)
        escl_device_trouble(e, ESCL_FINE, 0);
    else if (strcmp(verb, "inside") == 0)
        escl_device_jam_inside(e, n);
    else if (strcmp(verb, "cut") == 0)
        escl_device_cut_page(e, n);
    else
        return false;
    return true;
}

static bool command_run(char *line, char *out, size_t cap)
{
    char verb[24] = "", name[64] = "";
    int used = 0;
    if (sscanf(line, "%23s %63s %n", verb, name, &used) < 2)
        return false;
    char *rest = line + used;
    struct device *d = device_named(name);
    if (!d)
        return false;
    unsigned n = (unsigned)strtoul(rest, NULL, 10);
    if (strcmp(verb, "plug") == 0) {
        if (!vusb_plugged(d->usb))
            vusb_plug(d->usb);
    } else if (strcmp(verb, "unplug") == 0)
        vusb_unplug(d->usb);
    else if (strcmp(verb, "fault") == 0)
        return command_fault(d, rest);
    else if (strcmp(verb, "halt") == 0)
        vusb_halt(d->usb, (uint8_t)strtoul(rest, NULL, 16));
    else if (strcmp(verb, "counts") == 0)
        return command_counts(d, out, cap);
    else if (strcmp(verb, "code") == 0)
        return command_code(d, rest);
    else if (strcmp(verb, "picture") == 0)
        return command_picture(d, rest);
    else if (strcmp(verb, "paper") == 0)
        return command_paper(d, rest);
    else if (strcmp(verb, "tear") == 0 && d->is_printer)
        vprinter_tear(&d->printer);
    else if (strcmp(verb, "power") == 0 && d->is_printer)
        vprinter_power(&d->printer);
    else if (strcmp(verb, "answer-ms") == 0 && d->is_printer)
        d->printer.answer_ms = n;
    else
        return command_scanner(d, verb, n);
    return true;
}

/* ---- the machine's line ---------------------------------------------------------------------------------------------- */

struct line {
    int listener, fd;
    char text[1024];
    size_t len;
};

static int line_listen(void)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s/ctl.sock", directory);
    (void)unlink(at.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1) != 0)
        vusb_die("%s: %s", at.sun_path, strerror(errno));
    return fd;
}

/* False: the end. */
static bool line_step(struct line *l)
{
    struct pollfd p = { .fd = l->fd >= 0 ? l->fd : l->listener, .events = POLLIN };
    if (poll(&p, 1, 0) <= 0)
        return true;
    if (l->fd < 0) {
        l->fd = accept(l->listener, NULL, NULL);
        return true;
    }
    ssize_t n = recv(l->fd, l->text + l->len, sizeof l->text - 1 - l->len, MSG_DONTWAIT);
    if (n <= 0)
        return n < 0 && (errno == EAGAIN || errno == EINTR);
    l->len += (size_t)n;
    l->text[l->len] = '\0';
    for (char *end; (end = strchr(l->text, '\n'));) {
        char out[512] = "ok";
        *end = '\0';
        if (strcmp(l->text, "end") == 0)
            return false;
        if (!command_run(l->text, out, sizeof out - 1))
            (void)snprintf(out, sizeof out, "no");
        size_t told = strlen(out);
        out[told] = '\n';
        if (send(l->fd, out, told + 1, MSG_NOSIGNAL) < 0)
            return false;
        l->len -= (size_t)(end + 1 - l->text);
        memmove(l->text, end + 1, l->len + 1);
    }
    return l->len < sizeof l->text - 1;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        vusb_die("usage: vm_devices DIRECTORY FOLDER...");
    directory = argv[1];
    vusb_redir_directory(directory);
    struct vusb_bus *bus = vusb_bus_new();
    for (int i = 2; i < argc && device_count < DEVICES_MAX; i++)
        device_make(&devices[device_count++], bus, argv[i]);
    struct line line = { .listener = line_listen(), .fd = -1 };
    for (bool on = true; on;) {
        struct pollfd polls[DEVICES_MAX + 1];
        size_t n = vusb_redir_polls(bus, polls, DEVICES_MAX);
        polls[n++] = (struct pollfd){ .fd = line.fd >= 0 ? line.fd : line.listener, .events = POLLIN };
        (void)poll(polls, n, STEP_MS);
        on = line_step(&line);
        vusb_redir_step(bus);
    }
    vusb_bus_free(bus);
    for (size_t i = 0; i < device_count; i++) {
        escl_device_free(devices[i].scanner);
        if (devices[i].is_printer)
            vprinter_drop(&devices[i].printer);
    }
    return 0;
}
