// room: hw
/* vusb_run.c - puts virtual USB devices around a program that knows nothing of them:
 *
 *     umockdev-wrapper vusb_run FOLDER [KEY=VALUE]... [FOLDER ...] -- COMMAND ARGUMENTS
 *
 * A folder with a key `head` is a receipt printer, one with `caps` or caps.xml a scanner, any other a device that is
 * silent. Keys of the folder before them: sheets=N (in the feeder), page-bytes=N, slow-ms=N (each piece of a page),
 * jam-at=N (page), page-N=FILE (a JPEG), unplug-ms=N, plug-ms=N (after so long), unplug-page=N (when that page has gone out), replug-ms=N (so long
 * after it was unplugged). The exit code is the command's; what the devices saw is told
 * on stderr, one line a device.
 *
 * VUSB_CONTROL names a FIFO: a line "N KEY=VALUE" there does the same to the Nth device (from 0) while the command runs, and
 * also: plug=1, unplug=1, mend=1 (the jam is seen to), paper=FILE (what stands on the printer's paper, as PBM), tear=1,
 * cover=0|1, empty=0|1 (paper), code=TEXT (a HID reader reads it). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "escl_device.h"
#include "jemput/clock.h"
#include "vprinter.h"
#include "vusb_file.h"

#define DEVICES_MAX 8

struct device {
    const char *folder;
    struct vusb_device *usb;
    struct escl_device *scanner;
    struct vprinter printer;
    bool is_printer;
    int64_t plug_ms, unplug_ms, replug_ms; /* 0: not */
    unsigned unplug_page;
};

static void device_make(struct device *d, struct vusb_bus *bus, const char *folder)
{
    struct vusb_file file;
    char caps[512];
    vusb_file_read(&file, folder);
    (void)snprintf(caps, sizeof caps, "%s/caps.xml", folder);
    d->folder = folder;
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

static void device_set(struct device *d, const char *text)
{
    char key[32] = "";
    unsigned value = 0;
    if (d->scanner && sscanf(text, "page-%u=", &value) == 1) {
        escl_device_page_file(d->scanner, value, strchr(text, '=') + 1);
        return;
    }
    if (sscanf(text, "%31[a-z-]=%u", key, &value) != 2)
        vusb_die("not KEY=NUMBER: %s", text);
    if (strcmp(key, "plug-ms") == 0)
        d->plug_ms = value;
    else if (strcmp(key, "unplug-ms") == 0)
        d->unplug_ms = value;
    else if (strcmp(key, "replug-ms") == 0)
        d->replug_ms = value;
    else if (!d->scanner)
        vusb_die("%s is no scanner: %s", d->folder, text);
    else if (strcmp(key, "sheets") == 0)
        escl_device_load(d->scanner, 1, value);
    else if (strcmp(key, "unplug-page") == 0)
        d->unplug_page = value;
    else if (strcmp(key, "page-bytes") == 0)
        escl_device_page_bytes(d->scanner, value);
    else if (strcmp(key, "slow-ms") == 0)
        escl_device_slow(d->scanner, value);
    else if (strcmp(key, "jam-at") == 0)
        escl_device_trouble(d->scanner, ESCL_JAM, value);
    else
        vusb_die("no such key: %s", text);
}

static void device_report(struct device *d)
{
    struct vusb_counts c = vusb_counts(d->usb);
    (void)fprintf(stderr, "vusb: %s %s in=%llu out=%llu", vusb_id(d->usb), d->folder, (unsigned long long)c.in_bytes,
        (unsigned long long)c.out_bytes);
    if (d->scanner) {
        struct escl_counts e = escl_device_counts(d->scanner);
        (void)fprintf(stderr, " created=%u deleted=%u pages=%u outside=%u", e.created, e.deleted, e.pages, e.outside);
    }
    (void)fputc('\n', stderr);
}

static bool device_leaves(const struct device *d, int64_t now_ms)
{
    return (d->unplug_ms && now_ms >= d->unplug_ms) ||
           (d->unplug_page && escl_device_counts(d->scanner).pages >= d->unplug_page);
}

/* ---- while it runs ---- */

static void control_paper(struct device *d, const char *path)
{
    char temporary[512];
    (void)snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *f = fopen(temporary, "we");
    if (f == NULL)
        return;
    pthread_mutex_lock(&d->printer.lock);
    const struct escpos_view *view = &d->printer.view;
    (void)fprintf(f, "P4\n%u %u\n", view->head_dots, view->height);
    (void)fwrite(view->bits, 1, (size_t)((view->head_dots + 7) / 8) * view->height, f);
    pthread_mutex_unlock(&d->printer.lock);
    (void)fclose(f);
    (void)rename(temporary, path);
}

static void control_sense(struct device *d, const char *key, bool on)
{
    struct escpos_sensors sensors = d->printer.view.sensors;
    if (strcmp(key, "cover") == 0)
        sensors.cover_open = on;
    else
        sensors.paper_out = on;
    vprinter_sense(&d->printer, sensors);
}

/* Reports of the reader in tests/devices/hid_pos. */
static void control_code(struct device *d, const char *code)
{
    for (size_t n = strlen(code), at = 0; at < n;) {
        unsigned char report[62] = { 2 };
        size_t part = n - at < 56 ? n - at : 56;
        report[1] = (unsigned char)part;
        memcpy(report + 2, "]Q1", 3);
        memcpy(report + 5, code + at, part);
        at += part;
        report[61] = at < n;
        vusb_send(d->usb, 0x81, report, sizeof report);
    }
}

static void control_do(struct device *d, char *text)
{
    char *value = strchr(text, '=');
    if (value == NULL)
        return;
    *value++ = '\0';
    bool on = *value == '1';
    if (strcmp(text, "plug") == 0)
        vusb_plug(d->usb);
    else if (strcmp(text, "unplug") == 0)
        vusb_unplug(d->usb);
    else if (strcmp(text, "mend") == 0)
        escl_device_trouble(d->scanner, ESCL_FINE, 0);
    else if (strcmp(text, "paper") == 0)
        control_paper(d, value);
    else if (strcmp(text, "tear") == 0)
        vprinter_tear(&d->printer);
    else if (strcmp(text, "cover") == 0 || strcmp(text, "empty") == 0)
        control_sense(d, text, on);
    else if (strcmp(text, "code") == 0)
        control_code(d, value);
    else {
        value[-1] = '=';
        device_set(d, text);
    }
}

static void control_read(int fd, struct device *devices, size_t n)
{
    static char text[8192];
    static size_t len;
    ssize_t got = fd >= 0 ? read(fd, text + len, sizeof text - 1 - len) : 0;
    char *end, *line = text;
    if (got <= 0)
        return;
    len += (size_t)got;
    text[len] = '\0';
    for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        char *rest = NULL;
        unsigned long which = strtoul(line, &rest, 10);
        if (rest != line && which < n)
            control_do(&devices[which], rest + strspn(rest, " "));
    }
    len = strlen(line);
    memmove(text, line, len + 1);
}

static int run(struct device *devices, size_t n, char **command)
{
    const char *fifo = getenv("VUSB_CONTROL");
    int control = fifo != NULL ? open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC) : -1;
    int64_t start_ms = jem_mono_ms();
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        (void)execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, &status, WNOHANG) == 0) {
        int64_t now_ms = jem_mono_ms() - start_ms;
        control_read(control, devices, n);
        for (size_t i = 0; i < n; i++) {
            if (devices[i].plug_ms && now_ms >= devices[i].plug_ms && !vusb_plugged(devices[i].usb)) {
                devices[i].plug_ms = 0;
                vusb_plug(devices[i].usb);
            }
            if (device_leaves(&devices[i], now_ms)) {
                devices[i].unplug_ms = 0;
                devices[i].unplug_page = 0;
                vusb_unplug(devices[i].usb);
                devices[i].plug_ms = devices[i].replug_ms ? now_ms + devices[i].replug_ms : 0;
            }
        }
        (void)usleep(2000);
    }
    return pid < 0 ? 126 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    static struct device devices[DEVICES_MAX];
    size_t n = 0;
    int i = 1;
    struct vusb_bus *bus = vusb_bus_new();
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strchr(argv[i], '=') && n > 0)
            device_set(&devices[n - 1], argv[i]);
        else if (n < DEVICES_MAX)
            device_make(&devices[n++], bus, argv[i]);
        else
            vusb_die("too many devices");
    }
    if (n == 0 || i + 1 >= argc)
        vusb_die("usage: vusb_run FOLDER [KEY=VALUE]... -- COMMAND ARGUMENTS");
    for (size_t k = 0; k < n; k++)
        if (!devices[k].plug_ms)
            vusb_plug(devices[k].usb);
    int code = run(devices, n, argv + i + 1);
    for (size_t k = 0; k < n; k++)
        device_report(&devices[k]);
    vusb_bus_free(bus);
    for (size_t k = 0; k < n; k++) {
        escl_device_free(devices[k].scanner);
        if (devices[k].is_printer)
            vprinter_drop(&devices[k].printer);
    }
    return code;
}
