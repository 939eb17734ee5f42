/* printer_lp.c - receipt printers through the kernel's driver: /dev/usb/lpN. The numbers follow the order of plugging
 * in, so nodes are found by the socket and the serial number that /sys tells. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/lp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "jemput/clock.h"
#include "printer_port.h"
#include "usb.h"

#define LP_CLASS "/sys/class/usbmisc"
#define LP_MAX 32
#define LP_LAST_MS 500 /* for what is on the way when the node is closed: the driver would throw it away */

struct lp {
    int fd;
    bool reads;
    char node[96];
};

static enum jem_code lp_fail(const struct lp *lp, int errnum, struct jem_error *err)
{
    if (errnum == ENODEV || errnum == ENXIO || errnum == ESHUTDOWN)
        return jem_fail(err, JEM_EIO, JEM_D_HW, JEM_USB_GONE, JEM_T_PRINTER_GONE);
    if (errnum == EPIPE)
        return jem_fail(err, JEM_EIO, JEM_D_HW, JEM_USB_STALL, JEM_T_PRINTER_FAULT);
    return jem_fail(err, JEM_EIO, JEM_D_HW, JEM_USB_FAILED, JEM_T_PRINTER_NODE, lp->node, strerror(errnum));
}

/* Waits for room (or for something to read). JEM_OK, or why not. */
static enum jem_code lp_wait(const struct lp *lp, short events, int64_t deadline_ms, const atomic_bool *cancel,
    struct jem_error *err)
{
    for (;;) {
        int64_t left_ms = deadline_ms - jem_mono_ms();
        struct pollfd p = { .fd = lp->fd, .events = events };
        if (cancel != NULL && atomic_load(cancel))
            return jem_fail(err, JEM_EBUSY, JEM_D_HW, JEM_USB_CANCELLED, JEM_T_PRINTER_CANCELLED);
        if (left_ms <= 0)
            return jem_fail(err, JEM_EIO, JEM_D_HW, JEM_USB_TIMEOUT, JEM_T_PRINTER_STUCK);
        int n = poll(&p, 1, (int)(left_ms < 50 ? left_ms : 50));
        if (n > 0 && p.revents & (POLLHUP | POLLERR)) /* also "room": the driver counts what it threw away as sent */
            return lp_fail(lp, ENODEV, err);
        if (n > 0 && p.revents & events)
            return JEM_OK;
    }
}

static enum jem_code lp_write(void *self, const unsigned char *p, size_t n, int timeout_ms, const atomic_bool *cancel,
    size_t *done, struct jem_error *err)
{
    const struct lp *lp = self;
    int64_t deadline_ms = jem_mono_ms() + timeout_ms;
    *done = 0;
    while (*done < n) {
        enum jem_code rc = lp_wait(lp, POLLOUT, deadline_ms, cancel, err);
        if (rc != JEM_OK)
            return rc;
        ssize_t took = write(lp->fd, p + *done, n - *done);
        if (took < 0 && errno != EAGAIN && errno != EINTR)
            return lp_fail(lp, errno, err);
        if (took <= 0)
            poll(NULL, 0, 5); /* a driver that says "room" and takes nothing */
        else
            *done += (size_t)took;
    }
    return n == 0 ? lp_wait(lp, POLLOUT, deadline_ms, cancel, err) : JEM_OK;
}

static enum jem_code lp_read(void *self, unsigned char *p, size_t cap, int timeout_ms, size_t *got,
    struct jem_error *err)
{
    const struct lp *lp = self;
    *got = 0;
    if (!lp->reads)
        return jem_fail(err, JEM_EIO, JEM_D_HW, JEM_USB_FAILED, JEM_T_PRINTER_NODE, lp->node, strerror(EBADF));
    enum jem_code rc = lp_wait(lp, POLLIN, jem_mono_ms() + timeout_ms, NULL, err);
    if (rc != JEM_OK)
        return err->native == JEM_USB_TIMEOUT ? JEM_OK : rc;
    ssize_t n = read(lp->fd, p, cap);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return lp_fail(lp, errno, err);
    if (n <= 0)
        poll(NULL, 0, 5); /* one-way printers are always "readable" and have nothing */
    else
        *got = (size_t)n;
    return JEM_OK;
}

static int lp_port_status(void *self)
{
    const struct lp *lp = self;
    int status = 0;
    return ioctl(lp->fd, LPGETSTATUS, &status) == 0 ? status & 0xFF : -1;
}

static void lp_soft_reset(void *self)
{
    const struct lp *lp = self;
    (void)ioctl(lp->fd, LPRESET);
}

static enum jem_code lp_clear(void *self, struct jem_error *err)
{
    (void)self, (void)err; /* the kernel's driver has cleared the halt */
    return JEM_OK;
}

static void lp_free(void *self)
{
    struct lp *lp = self;
    struct jem_error ignored;
    enum jem_code rc = lp_wait(lp, POLLOUT, jem_mono_ms() + LP_LAST_MS, NULL, &ignored);
    (void)rc;
    (void)close(lp->fd);
    free(lp);
}

static const struct printer_port_ops lp_ops = { lp_write, lp_read, lp_port_status, lp_soft_reset, lp_clear, lp_free };

enum jem_code printer_lp_open(const char *node, struct printer_port *out, struct jem_error *err)
{
    struct lp *lp = calloc(1, sizeof *lp);
    if (lp == NULL)
        return jem_fail_nomem(err);
    (void)snprintf(lp->node, sizeof lp->node, "%s", node);
    lp->fd = open(node, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    lp->reads = lp->fd >= 0;
    if (lp->fd < 0 && errno == EACCES)
        lp->fd = open(node, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (lp->fd < 0) {
        int errnum = errno;
        free(lp);
        if (errnum == EBUSY)
            return jem_fail(err, JEM_EBUSY, JEM_D_HW, JEM_USB_HELD, JEM_T_PRINTER_NODE_HELD, node);
        if (errnum == EACCES)
            return jem_fail(err, JEM_EDENIED, JEM_D_HW, JEM_USB_DENIED, JEM_T_PRINTER_NODE_DENIED, node);
        return jem_fail(err, JEM_EIO, JEM_D_HW, JEM_USB_GONE, JEM_T_PRINTER_GONE);
    }
    out->ops = &lp_ops;
    out->self = lp;
    return JEM_OK;
}

/* ---- finding ---- */

/* One line of a file in /sys, without control characters. "" when it is not there. */
static void lp_attribute(const char *dir, const char *name, char *out, size_t cap)
{
    char path[PATH_MAX];
    *out = '\0';
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return;
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return;
    if (fgets(out, (int)cap, f) == NULL)
        *out = '\0';
    (void)fclose(f);
    char *w = out;
    for (const char *r = out; *r; r++)
        if ((unsigned char)*r >= 0x20 && *r != 0x7f)
            *w++ = *r;
    *w = '\0';
}

/* /sys/class/usbmisc/lp0/device leads to .../1-2.3/1-2.3:1.0; the device itself is one up. */
static bool lp_describe(const char *name, struct printer_lp *out)
{
    char link[PATH_MAX], interface[PATH_MAX], device[PATH_MAX], number[16];
    *out = (struct printer_lp){ .vendor = 0 };
    if (snprintf(link, sizeof link, LP_CLASS "/%s/device", name) >= (int)sizeof link || !realpath(link, interface))
        return false;
    const char *base = strrchr(interface, '/');
    size_t path_len = base ? strcspn(base + 1, ":") : 0;
    if (base == NULL || path_len == 0 || path_len >= sizeof out->path || base[1 + path_len] != ':' ||
        snprintf(out->node, sizeof out->node, "/dev/usb/%s", name) >= (int)sizeof out->node)
        return false;
    memcpy(out->path, base + 1, path_len);
    (void)snprintf(device, sizeof device, "%.*s", (int)(base - interface), interface);
    lp_attribute(interface, "ieee1284_id", out->id1284, sizeof out->id1284);
    lp_attribute(device, "manufacturer", out->maker, sizeof out->maker);
    lp_attribute(device, "product", out->model, sizeof out->model);
    lp_attribute(device, "serial", out->serial, sizeof out->serial);
    lp_attribute(device, "idVendor", number, sizeof number);
    out->vendor = (uint16_t)strtoul(number, NULL, 16);
    lp_attribute(device, "idProduct", number, sizeof number);
    out->product = (uint16_t)strtoul(number, NULL, 16);
    return out->vendor != 0;
}

enum jem_code printer_lp_list(struct printer_lp **out, size_t *count, struct jem_error *err)
{
    *out = NULL;
    *count = 0;
    DIR *dir = opendir(LP_CLASS);
    if (dir == NULL)
        return JEM_OK; /* no such driver */
    struct printer_lp *list = calloc(LP_MAX, sizeof *list);
    const struct dirent *e;
    while (list != NULL && *count < LP_MAX && (e = readdir(dir)) != NULL)
        if (strncmp(e->d_name, "lp", 2) == 0 && lp_describe(e->d_name, &list[*count]))
            ++*count;
    (void)closedir(dir);
    *out = list;
    return list != NULL ? JEM_OK : jem_fail_nomem(err);
}
