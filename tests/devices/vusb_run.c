// room: hw
/* vusb_run.c - puts virtual USB devices around a program that knows nothing of them:
 *
 *     umockdev-wrapper vusb_run FOLDER [KEY=VALUE]... [FOLDER ...] -- COMMAND ARGUMENTS
 *
 * A folder with a key `head` is a receipt printer, one with `caps` or caps.xml a scanner, any other a device that is
 * silent. Keys of the folder before them: sheets=N (in the feeder), page-bytes=N, slow-ms=N (each piece of a page),
 * jam-at=N (page), page-N=FILE (a JPEG), unplug-ms=N, plug-ms=N (after so long), unplug-page=N (when that page has gone out), replug-ms=N (so long
 * after it was unplugged). The exit code is the command's; what the devices saw is told
 * on stderr, one line a device. */
#include <errno.h>
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

static int run(struct device *devices, size_t n, char **command)
{
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
