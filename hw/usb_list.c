/* usb_list.c - what is plugged in, and who holds it. Names and serial numbers come from sysfs: the kernel read them
 * when the device arrived, and no permission is needed. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "usb_own.h"

#define SYSFS "/sys/bus/usb/devices"

/* Printable UTF-8 of a foreign text: control characters become spaces, spaces at the ends go, a byte that is not UTF-8
 * becomes '?'. */
static void text_clean(const char *in, size_t n, char *out, size_t cap)
{
    size_t at = 0;
    for (size_t i = 0; i < n && in[i] && at + 5 < cap;) {
        unsigned char c = (unsigned char)in[i];
        size_t more = c >= 0xf0 && c < 0xf5 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : 0;
        bool good = c < 0x80 || (c >= 0xc2 && c < 0xf5 && i + more < n);
        for (size_t k = 1; good && c >= 0x80 && k <= more; k++)
            good = ((unsigned char)in[i + k] & 0xc0) == 0x80;
        if (c < 0x80 || !good) {
            out[at++] = !good ? '?' : (c < 0x20 || c == 0x7f) ? ' ' : (char)c;
            i++;
            continue;
        }
        memcpy(out + at, in + i, more + 1);
        at += more + 1;
        i += more + 1;
    }
    while (at > 0 && out[at - 1] == ' ')
        at--;
    out[at] = '\0';
    size_t lead = strspn(out, " ");
    memmove(out, out + lead, at - lead + 1);
}

static void sysfs_text(const char *path, const char *name, char *out, size_t cap)
{
    char file[160], text[256];
    (void)snprintf(file, sizeof file, SYSFS "/%s/%s", path, name);
    out[0] = '\0';
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    if (n > 0)
        text_clean(text, (size_t)n, out, cap);
}

static void info_path(libusb_device *lib, char *out, size_t cap)
{
    uint8_t ports[7];
    int n = libusb_get_port_numbers(lib, ports, sizeof ports);
    size_t at = (size_t)snprintf(out, cap, "%u", libusb_get_bus_number(lib));
    for (int i = 0; i < n && at + 5 < cap; i++)
        at += (size_t)snprintf(out + at, cap - at, "%c%u", i ? '.' : '-', ports[i]);
}

static void info_id(struct jem_usb_info *info)
{
    if (info->serial[0])
        (void)snprintf(info->id, sizeof info->id, "%s/%s", info->path, info->serial);
    else
        (void)snprintf(info->id, sizeof info->id, "%s/%04x:%04x", info->path, info->vendor, info->product);
}

static void alt_endpoints(const struct libusb_interface_descriptor *d, struct jem_usb_alt *alt)
{
    for (int i = 0; i < d->bNumEndpoints; i++) {
        const struct libusb_endpoint_descriptor *e = &d->endpoint[i];
        bool in = e->bEndpointAddress & LIBUSB_ENDPOINT_IN;
        unsigned kind = e->bmAttributes & LIBUSB_TRANSFER_TYPE_MASK;
        struct jem_usb_endpoint *to = kind == LIBUSB_TRANSFER_TYPE_BULK ? (in ? &alt->bulk_in : &alt->bulk_out)
                                      : kind == LIBUSB_TRANSFER_TYPE_INTERRUPT && in ? &alt->interrupt_in
                                                                                     : NULL;
        if (to && to->address == 0 && e->bEndpointAddress != 0)
            *to = (struct jem_usb_endpoint){ e->bEndpointAddress, e->wMaxPacketSize & 0x7ff };
    }
}

static bool info_alts(libusb_device *lib, struct jem_usb_info *info)
{
    struct libusb_config_descriptor *config = NULL;
    if (libusb_get_active_config_descriptor(lib, &config) != 0)
        return false;
    info->configuration = config->bConfigurationValue;
    for (int i = 0; i < config->bNumInterfaces; i++)
        for (int k = 0; k < config->interface[i].num_altsetting && info->alt_count < JEM_USB_ALTS_MAX; k++) {
            const struct libusb_interface_descriptor *d = &config->interface[i].altsetting[k];
            struct jem_usb_alt *alt = &info->alts[info->alt_count++];
            *alt = (struct jem_usb_alt){ .interface = d->bInterfaceNumber,
                .alt = d->bAlternateSetting,
                .class = d->bInterfaceClass,
                .subclass = d->bInterfaceSubClass,
                .protocol = d->bInterfaceProtocol };
            alt_endpoints(d, alt);
        }
    libusb_free_config_descriptor(config);
    return true;
}

bool jem_usb_info_read(libusb_device *lib, struct jem_usb_info *out)
{
    struct libusb_device_descriptor d;
    *out = (struct jem_usb_info){ 0 };
    if (libusb_get_device_descriptor(lib, &d) != 0 || d.bDeviceClass == LIBUSB_CLASS_HUB)
        return false;
    out->bus = libusb_get_bus_number(lib);
    out->address = libusb_get_device_address(lib);
    out->vendor = d.idVendor;
    out->product = d.idProduct;
    info_path(lib, out->path, sizeof out->path);
    sysfs_text(out->path, "manufacturer", out->maker, sizeof out->maker);
    sysfs_text(out->path, "product", out->model, sizeof out->model);
    sysfs_text(out->path, "serial", out->serial, sizeof out->serial);
    info_id(out);
    return info_alts(lib, out);
}

/* Some devices (Pantum printers) fail the first requests for their strings, also the kernel's. False: it does not
 * answer at all, and each further question would take a second. */
static bool ask_string(libusb_device_handle *handle, uint8_t index, char *out, size_t cap)
{
    unsigned char text[128];
    for (int tries = 0; tries < 3 && index != 0 && out[0] == '\0'; tries++) {
        int n = libusb_get_string_descriptor_ascii(handle, index, text, sizeof text);
        if (n > 0)
            text_clean((const char *)text, (size_t)n, out, cap);
        else if (n == LIBUSB_ERROR_NO_DEVICE || n == LIBUSB_ERROR_TIMEOUT)
            return false;
    }
    return true;
}

/* Asks the device itself, once, for strings that the kernel could not get. */
static void usb_info_ask(struct jem_usb *usb, libusb_device *lib, struct jem_usb_info *info)
{
    struct libusb_device_descriptor d;
    libusb_device_handle *handle = NULL;
    if (libusb_get_device_descriptor(lib, &d) != 0 ||
        ((!d.iManufacturer || info->maker[0]) && (!d.iProduct || info->model[0]) &&
            (!d.iSerialNumber || info->serial[0])) ||
        jem_usb_recall(usb, lib, info) || libusb_open(lib, &handle) != 0)
        return;
    if (ask_string(handle, d.iSerialNumber, info->serial, sizeof info->serial) &&
        ask_string(handle, d.iProduct, info->model, sizeof info->model))
        (void)ask_string(handle, d.iManufacturer, info->maker, sizeof info->maker);
    libusb_close(handle);
    info_id(info);
    jem_usb_remember(usb, lib, info, true);
}

void jem_usb_info_label(const struct jem_usb_info *info, char out[160])
{
    bool twice = info->maker[0] && strncasecmp(info->model, info->maker, strlen(info->maker)) == 0;
    if (info->model[0])
        (void)snprintf(out, 160, "%s%s%s", twice ? "" : info->maker, twice || !info->maker[0] ? "" : " ", info->model);
    else
        (void)snprintf(out, 160, "USB %s", info->id);
}

static int info_order(const void *a, const void *b)
{
    const struct jem_usb_info *x = a, *y = b;
    return x->bus != y->bus ? (x->bus < y->bus ? -1 : 1) : strverscmp(x->path, y->path);
}

enum jem_code jem_usb_list(struct jem_usb *usb, struct jem_usb_info **out, size_t *count, struct jem_error *err)
{
    libusb_device **found = NULL;
    *out = NULL;
    *count = 0;
    ssize_t n = libusb_get_device_list(usb->ctx, &found);
    if (n < 0)
        return n == LIBUSB_ERROR_NO_MEM
                   ? jem_fail_nomem(err)
                   : jem_fail(err, JEM_EIO, JEM_D_HW, (int)n, JEM_T_USB_START, libusb_error_name((int)n));
    struct jem_usb_info *items = n > 0 ? calloc((size_t)n, sizeof *items) : NULL;
    enum jem_code code = n > 0 && !items ? jem_fail_nomem(err) : JEM_OK;
    for (ssize_t i = 0; i < n && items; i++)
        if (jem_usb_info_read(found[i], &items[*count]))
            usb_info_ask(usb, found[i], &items[(*count)++]);
    libusb_free_device_list(found, 1);
    if (*count == 0) {
        free(items);
        return code;
    }
    qsort(items, *count, sizeof *items, info_order);
    *out = items;
    return JEM_OK;
}

/* "1-2/ABC": everything behind the first slash is the serial number (or vendor and product, which nobody moves). */
static bool same_serial(const struct jem_usb_info *info, const char *id)
{
    const char *slash = strchr(id, '/');
    return slash && info->serial[0] && strcmp(slash + 1, info->serial) == 0;
}

libusb_device *jem_usb_find(struct jem_usb *usb, const char *id, struct jem_usb_info *out)
{
    libusb_device **found = NULL, *moved = NULL, *exact = NULL;
    struct jem_usb_info info, moved_info = { 0 };
    unsigned alike = 0;
    ssize_t n = libusb_get_device_list(usb->ctx, &found);
    for (ssize_t i = 0; i < n && !exact; i++) {
        if (!jem_usb_info_read(found[i], &info))
            continue;
        usb_info_ask(usb, found[i], &info);
        if (strcmp(info.id, id) == 0) {
            exact = found[i];
            *out = info;
        } else if (same_serial(&info, id)) {
            alike++;
            moved = found[i];
            moved_info = info;
        }
    }
    if (!exact && alike == 1) {
        exact = moved;
        *out = moved_info;
    }
    if (exact)
        libusb_ref_device(exact);
    if (n >= 0)
        libusb_free_device_list(found, 1);
    return exact;
}

/* ---- what a kernel driver knows -------------------------------------------------------------------------------- */

/* The HID device of an interface has a folder in that of the interface, "0003:0C2E:0907.0001": bus, vendor, product, number. */
size_t jem_usb_hid_report(const struct jem_usb_info *info, uint8_t interface, void *out, size_t cap)
{
    char dir[160], path[450];
    ssize_t n = 0;
    (void)snprintf(dir, sizeof dir, SYSFS "/%s/%s:%u.%u", info->path, info->path, info->configuration, interface);
    DIR *d = opendir(dir);
    for (struct dirent *e; d && n <= 0 && (e = readdir(d));) {
        unsigned bus, vendor, product, number;
        if (sscanf(e->d_name, "%4x:%4x:%4x.%x", &bus, &vendor, &product, &number) != 4)
            continue;
        (void)snprintf(path, sizeof path, "%s/%s/report_descriptor", dir, e->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        n = fd >= 0 ? read(fd, out, cap) : 0;
        if (fd >= 0)
            close(fd);
    }
    if (d)
        closedir(d);
    return n > 0 ? (size_t)n : 0;
}

bool jem_usb_node_held(const struct jem_usb_info *info, uint8_t interface, char node[40])
{
    char dir[160];
    bool held = false;
    (void)snprintf(dir, sizeof dir, SYSFS "/%s/%s:%u.%u/usbmisc", info->path, info->path, info->configuration,
        interface);
    DIR *d = opendir(dir);
    for (struct dirent *e; d && !held && (e = readdir(d));) {
        if (strncmp(e->d_name, "lp", 2) != 0)
            continue;
        (void)snprintf(node, 40, "/dev/usb/%.20s", e->d_name);
        int fd = open(node, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        held = fd < 0 && errno == EBUSY;
        if (fd >= 0)
            close(fd);
    }
    if (d)
        closedir(d);
    return held;
}

/* ---- who holds an interface ------------------------------------------------------------------------------------ */

/* Whether a process has the device's node open. Another user's files are not shown to us. */
static bool process_holds(const char *pid, const struct stat *node)
{
    char dir[300], path[600];
    struct stat st;
    bool holds = false;
    (void)snprintf(dir, sizeof dir, "/proc/%s/fd", pid);
    DIR *d = opendir(dir);
    for (struct dirent *e; d && !holds && (e = readdir(d));) {
        (void)snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        holds = stat(path, &st) == 0 && st.st_dev == node->st_dev && st.st_ino == node->st_ino;
    }
    if (d)
        closedir(d);
    return holds;
}

static void process_name(const char *pid, char *out, size_t cap)
{
    char path[300];
    out[0] = '\0';
    (void)snprintf(path, sizeof path, "/proc/%s/comm", pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return;
    if (!fgets(out, (int)cap, f))
        out[0] = '\0';
    (void)fclose(f);
    out[strcspn(out, "\n")] = '\0';
}

/* The process that has the node open; else ipp-usb, which runs as another user, when it runs at all. */
static bool process_holder(const struct jem_usb_info *info, char out[64])
{
    char path[40], name[32], own[16];
    struct stat node;
    bool found = false, guess = false;
    (void)snprintf(path, sizeof path, "/dev/bus/usb/%03u/%03u", info->bus, info->address);
    if (stat(path, &node) != 0)
        return false;
    (void)snprintf(own, sizeof own, "%ld", (long)getpid());
    DIR *d = opendir("/proc");
    for (struct dirent *e; d && !found && (e = readdir(d));) {
        if (!isdigit((unsigned char)e->d_name[0]) || strcmp(e->d_name, own) == 0)
            continue;
        process_name(e->d_name, name, sizeof name);
        found = process_holds(e->d_name, &node);
        if (found || (!guess && strcmp(name, "ipp-usb") == 0)) {
            (void)snprintf(out, 64, "%s (%.10s)", name, e->d_name);
            guess = true;
        }
    }
    if (d)
        closedir(d);
    return found || guess;
}

void jem_usb_holder(const struct jem_usb_info *info, uint8_t interface, char out[64])
{
    char link[160], target[300];
    out[0] = '\0';
    (void)snprintf(link, sizeof link, SYSFS "/%s/%s:%u.%u/driver", info->path, info->path, info->configuration,
        interface);
    ssize_t n = readlink(link, target, sizeof target - 1);
    target[n > 0 ? n : 0] = '\0';
    const char *driver = strrchr(target, '/');
    driver = driver ? driver + 1 : target;
    if (*driver && strcmp(driver, "usbfs") != 0)
        (void)snprintf(out, 64, "%.40s (kernel)", driver);
    else if (!process_holder(info, out) && *driver)
        (void)snprintf(out, 64, "%s", jem_text(JEM_T_USB_HELD_SOMEBODY));
}
