/* vusb.c - the bus: plugging, the kernel's side of usbfs (ioctls, URBs), and the clock of late answers.
 *
 * The device node is a FIFO of one page that is full unless a URB can be reaped: poll() then reports POLLOUT as the
 * kernel's usbfs does. A regular file would always be writable, and libusb would spin. */
#include "vusb.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <umockdev.h>
#include <unistd.h>

#include "vusb_ep0.h"
#include "vusb_file.h"
#include "vusb_pipe.h"

#define DEVICES_MAX 16
#define TICK_US 1000

struct vusb_bus {
    UMockdevTestbed *testbed;
    char *root;
    pthread_mutex_t plugging; /* one uevent at a time */
    pthread_t ticker;
    bool stop;
    unsigned next_address, next_port;
    struct vusb_device *devices[DEVICES_MAX];
    size_t count;
};

struct vusb_device {
    struct vusb_bus *bus;
    struct vusb_file file;
    const struct vusb_behaviour *behaviour;
    void *ctx;
    UMockdevIoctlBase *handler;
    pthread_mutex_t lock;
    struct vusb_pipes pipes;
    unsigned port, address;
    char id[112], node[64], node_real[256], syspath[64];
    int fifo;
    bool ready, plugged;             /* plugged: the system was told that it is there */
    gpointer owner[VUSB_INTERFACES]; /* the client that claimed it */
    uint8_t alt[VUSB_INTERFACES];
    bool driver_bound[VUSB_INTERFACES];
};

static void device_lock(struct vusb_device *d)
{
    (void)pthread_mutex_lock(&d->lock);
}

static void device_unlock(struct vusb_device *d)
{
    (void)pthread_mutex_unlock(&d->lock);
}

/* ---- the node -------------------------------------------------------------------------------------------------- */

static void node_ready(void *ctx, bool ready)
{
    struct vusb_device *d = ctx;
    char page[4096] = "";
    if (d->fifo < 0 || d->ready == ready)
        return;
    if (ready)
        while (read(d->fifo, page, sizeof page) > 0)
            continue;
    else
        while (write(d->fifo, page, sizeof page) > 0)
            continue;
    d->ready = ready;
}

static void node_out(void *ctx, uint8_t endpoint, const uint8_t *p, size_t n)
{
    struct vusb_device *d = ctx;
    if (d->behaviour && d->behaviour->out)
        d->behaviour->out(d, d->ctx, endpoint, p, n);
}

/* What umockdev keeps of a URB: copies here, which the reap writes back to the program. */
struct node_urb {
    UMockdevIoctlData *data, *buffer;
};

static struct usbdevfs_urb *node_urb_facts(const struct vusb_urb *u)
{
    return (struct usbdevfs_urb *)(void *)((struct node_urb *)u->host)->data->data;
}

static void node_drop(void *ctx, struct vusb_urb *u)
{
    struct node_urb *n = u->host;
    (void)ctx;
    if (n->buffer)
        umockdev_ioctl_data_unref(n->buffer);
    umockdev_ioctl_data_unref(n->data);
    g_free(n);
}

static void device_restart(struct vusb_device *d, int interface, int alt)
{
    for (size_t i = 0; i < d->file.endpoint_count; i++)
        if (interface < 0 || d->file.endpoints[i].interface == interface)
            vusb_pipe_restart(&d->pipes, d->file.endpoints[i].address);
    if (d->behaviour && d->behaviour->restart)
        d->behaviour->restart(d, d->ctx, interface, alt);
}

/* The bytes of the data stage, -1 to stall. */
static int device_control(struct vusb_device *d, const uint8_t setup[8], uint8_t *data, size_t len)
{
    int n = vusb_ep0(&d->file, setup, data, len);
    if (n != VUSB_EP0_NOT_MINE)
        return n;
    return d->behaviour && d->behaviour->control ? d->behaviour->control(d, d->ctx, setup, data, len) : -1;
}

/* ---- the kernel's drivers ---------------------------------------------------------------------------------------- */

/* The driver takes or leaves an interface: its link in /sys; usbhid keeps the report descriptor there, too. */
static void driver_bind(struct vusb_device *d, unsigned interface, bool bound)
{
    const char *driver = d->file.driver[interface];
    if (!driver[0])
        return;
    g_autofree char *dir =
        g_strdup_printf("%s/sys/devices/usb1/1-%u/1-%u:1.%u", d->bus->root, d->port, d->port, interface);
    g_autofree char *link = g_strconcat(dir, "/driver", NULL);
    g_autofree char *target = g_strconcat("../../../../../bus/usb/drivers/", driver, NULL);
    g_autofree char *hid = g_strdup_printf("%s/0003:%04X:%04X.0001", dir, d->file.vendor, d->file.product);
    g_autofree char *report = g_strconcat(hid, "/report_descriptor", NULL);
    d->driver_bound[interface] = bound;
    (void)unlink(link);
    (void)unlink(report);
    (void)rmdir(hid);
    if (!bound)
        return;
    (void)g_mkdir_with_parents(dir, 0755);
    if (symlink(target, link) != 0)
        vusb_die("symlink %s: %s", link, strerror(errno));
    if (strcmp(driver, "usbhid") != 0)
        return;
    (void)g_mkdir_with_parents(hid, 0755);
    if (!g_file_set_contents(report, (const char *)d->file.report, (gssize)d->file.report_len, NULL))
        vusb_die("cannot write %s", report);
}

/* ---- ioctls ------------------------------------------------------------------------------------------------------ */

static int answer_int(UMockdevIoctlData *arg, size_t size, UMockdevIoctlData **out)
{
    *out = umockdev_ioctl_data_resolve(arg, 0, size, NULL);
    return *out ? 0 : -EFAULT;
}

static int client_claim(struct vusb_device *d, gpointer client, unsigned interface, bool detach)
{
    if (interface >= d->file.interfaces)
        return -EINVAL;
    if (d->pipes.faults.held || (d->owner[interface] && d->owner[interface] != client))
        return -EBUSY;
    if (d->driver_bound[interface] && !detach)
        return -EBUSY;
    if (d->driver_bound[interface])
        driver_bind(d, interface, false);
    d->owner[interface] = client;
    return 0;
}

static int client_driver(struct vusb_device *d, const struct usbdevfs_ioctl *cmd)
{
    if (cmd->ifno < 0 || cmd->ifno >= d->file.interfaces)
        return -EINVAL;
    bool bound = d->driver_bound[cmd->ifno], binds = (unsigned)cmd->ioctl_code == (unsigned)USBDEVFS_CONNECT;
    if ((unsigned)cmd->ioctl_code == (unsigned)USBDEVFS_DISCONNECT && !bound)
        return -ENODATA;
    if (binds != bound)
        driver_bind(d, (unsigned)cmd->ifno, binds);
    return 0;
}

static int client_set_alt(struct vusb_device *d, gpointer client, const struct usbdevfs_setinterface *set)
{
    if (set->interface >= d->file.interfaces || d->owner[set->interface] != client)
        return -EINVAL;
    d->alt[set->interface] = (uint8_t)set->altsetting;
    d->pipes.counts.alt_sets++;
    device_restart(d, (int)set->interface, (int)set->altsetting);
    return 0;
}

/* The endpoint's setting must be the current one and its interface claimed: the kernel would claim it by itself with a
 * warning, which hides mistakes. */
static bool urb_allowed(const struct vusb_device *d, gpointer client, uint8_t endpoint)
{
    for (size_t i = 0; i < d->file.endpoint_count; i++) {
        const struct vusb_endpoint_facts *e = &d->file.endpoints[i];
        if (e->address == endpoint && e->alt == d->alt[e->interface] && d->owner[e->interface] == client)
            return true;
    }
    return false;
}

static int client_submit(struct vusb_device *d, UMockdevIoctlClient *client, UMockdevIoctlData *arg)
{
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_urb), NULL), *buffer = NULL;
    if (!data)
        return -EFAULT;
    struct usbdevfs_urb *urb = (void *)data->data;
    if (urb->type != USBDEVFS_URB_TYPE_CONTROL && !urb_allowed(d, client, urb->endpoint)) {
        umockdev_ioctl_data_unref(data);
        return -ENOENT;
    }
    if (urb->buffer_length > 0)
        buffer = umockdev_ioctl_data_resolve(data, G_STRUCT_OFFSET(struct usbdevfs_urb, buffer),
            (size_t)urb->buffer_length, NULL);
    struct node_urb *host = g_new0(struct node_urb, 1);
    *host = (struct node_urb){ data, buffer };
    struct vusb_urb *u = vusb_pipe_submit(&d->pipes, (struct vusb_urb){ .owner = client,
                                                         .id = data->client_addr,
                                                         .host = host,
                                                         .endpoint = urb->endpoint,
                                                         .control = urb->type == USBDEVFS_URB_TYPE_CONTROL,
                                                         .bytes = buffer ? buffer->data : NULL,
                                                         .len = (size_t)urb->buffer_length });
    if (u->control) {
        int n = d->pipes.silent ? -EPROTO
                                : device_control(d, buffer->data, buffer->data + 8, (size_t)urb->buffer_length - 8);
        vusb_pipe_finish(&d->pipes, u, n == -1 ? -EPIPE : n < 0 ? n : 0, n > 0 ? (size_t)n : 0);
    }
    return 0;
}

static int client_reap(struct vusb_device *d, UMockdevIoctlClient *client, UMockdevIoctlData *arg)
{
    struct vusb_urb *u = vusb_pipe_take(&d->pipes, client);
    if (!u)
        return d->pipes.gone ? -ENODEV : -EAGAIN;
    UMockdevIoctlData *slot = umockdev_ioctl_data_resolve(arg, 0, sizeof(void *), NULL);
    if (slot) {
        node_urb_facts(u)->status = u->status;
        node_urb_facts(u)->actual_length = (int)u->filled;
        (void)umockdev_ioctl_data_set_ptr(slot, 0, ((struct node_urb *)u->host)->data);
        umockdev_ioctl_data_unref(slot);
    }
    vusb_pipe_drop(&d->pipes, u);
    return slot ? 0 : -EFAULT;
}

static int client_reset(struct vusb_device *d)
{
    d->pipes.counts.resets++;
    d->pipes.silent = false;
    device_restart(d, -1, 0);
    return 0;
}

static int client_ioctl(struct vusb_device *d, UMockdevIoctlClient *client, gulong request, UMockdevIoctlData *arg)
{
    g_autoptr(UMockdevIoctlData) data = NULL;
    switch (request) {
    case USBDEVFS_GET_CAPABILITIES:
        if (answer_int(arg, 4, &data) < 0)
            return -EFAULT;
        *(guint32 *)(void *)data->data = USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_BULK_CONTINUATION |
                                         USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_BULK_SCATTER_GATHER |
                                         USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
        return 0;
    case USBDEVFS_CLAIMINTERFACE:
        return answer_int(arg, 4, &data) < 0 ? -EFAULT
                                             : client_claim(d, client, *(unsigned *)(void *)data->data, false);
    case USBDEVFS_DISCONNECT_CLAIM:
        return answer_int(arg, sizeof(struct usbdevfs_disconnect_claim), &data) < 0
                   ? -EFAULT
                   : client_claim(d, client, ((struct usbdevfs_disconnect_claim *)(void *)data->data)->interface, true);
    case USBDEVFS_RELEASEINTERFACE: {
        if (answer_int(arg, 4, &data) < 0)
            return -EFAULT;
        unsigned n = *(unsigned *)(void *)data->data;
        if (n >= d->file.interfaces || d->owner[n] != client)
            return -EINVAL;
        d->owner[n] = NULL;
        return 0;
    }
    case USBDEVFS_GETDRIVER: {
        if (answer_int(arg, sizeof(struct usbdevfs_getdriver), &data) < 0)
            return -EFAULT;
        struct usbdevfs_getdriver *g = (void *)data->data;
        if (g->interface >= d->file.interfaces || !d->driver_bound[g->interface])
            return -ENODATA;
        (void)snprintf(g->driver, sizeof g->driver, "%s", d->file.driver[g->interface]);
        return 0;
    }
    case USBDEVFS_IOCTL:
        return answer_int(arg, sizeof(struct usbdevfs_ioctl), &data) < 0 ? -EFAULT
                                                                         : client_driver(d, (void *)data->data);
    case USBDEVFS_SETINTERFACE:
        return answer_int(arg, sizeof(struct usbdevfs_setinterface), &data) < 0
                   ? -EFAULT
                   : client_set_alt(d, client, (void *)data->data);
    case USBDEVFS_SETCONFIGURATION: return 0;
    case USBDEVFS_CLEAR_HALT:
        if (answer_int(arg, 4, &data) < 0)
            return -EFAULT;
        vusb_pipe_unhalt(&d->pipes, (uint8_t) * (unsigned *)(void *)data->data);
        return 0;
    case USBDEVFS_RESET: return client_reset(d);
    case USBDEVFS_SUBMITURB: return client_submit(d, client, arg);
    case USBDEVFS_REAPURB:
    case USBDEVFS_REAPURBNDELAY: return client_reap(d, client, arg);
    case USBDEVFS_DISCARDURB: return vusb_pipe_discard(&d->pipes, client, *(gulong *)(void *)arg->data);
    default: return -ENOTTY;
    }
}

/* A program closed the device, or died with it open: umockdev tells the first by a property, the second only by the end
 * of its object. */
static void client_gone(gpointer ctx, GObject *client)
{
    struct vusb_device *d = ctx;
    device_lock(d);
    vusb_pipe_forget(&d->pipes, client);
    for (unsigned i = 0; i < VUSB_INTERFACES; i++)
        if (d->owner[i] == (gpointer)client)
            d->owner[i] = NULL;
    device_unlock(d);
}

static void on_client_changed(GObject *client, GParamSpec *spec, gpointer ctx)
{
    (void)spec;
    client_gone(ctx, client);
}

static gboolean on_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer ctx)
{
    struct vusb_device *d = ctx;
    (void)base;
    gulong request = umockdev_ioctl_client_get_request(client);
    if (!g_object_get_data(G_OBJECT(client), "vusb")) {
        g_object_set_data(G_OBJECT(client), "vusb", d);
        g_signal_connect(client, "notify::connected", G_CALLBACK(on_client_changed), d);
        g_object_weak_ref(G_OBJECT(client), client_gone, d);
    }
    device_lock(d);
    bool after_all = request == USBDEVFS_REAPURB || request == USBDEVFS_REAPURBNDELAY ||
                     request == USBDEVFS_RELEASEINTERFACE || request == USBDEVFS_DISCARDURB;
    int rc =
        d->pipes.gone && !after_all ? -ENODEV : client_ioctl(d, client, request, umockdev_ioctl_client_get_arg(client));
    umockdev_ioctl_client_complete(client, rc < 0 ? -1 : 0, rc < 0 ? -rc : 0);
    if (request == USBDEVFS_SUBMITURB && rc == 0)
        vusb_pipe_pump(&d->pipes);
    device_unlock(d);
    return TRUE;
}

/* ---- plugging ---------------------------------------------------------------------------------------------------- */

static void sysfs_text(const struct vusb_device *d, GString *s)
{
    static const char *const strings[][2] = { { "maker", "manufacturer" }, { "model", "product" },
        { "serial", "serial" } };
    const struct vusb_file *f = &d->file;
    g_string_append_printf(s,
        "P: /devices/usb1/1-%u\nE: SUBSYSTEM=usb\nE: DRIVER=usb\nE: DEVTYPE=usb_device\nE: BUSNUM=001\n"
        "E: DEVNUM=%03u\nE: DEVNAME=%s\nE: MAJOR=189\nE: MINOR=%u\nE: PRODUCT=%x/%x/100\nA: dev=189:%u\\n\n",
        d->port, d->address, d->node, d->address - 1, f->vendor, f->product, d->address - 1);
    g_string_append_printf(s,
        "A: busnum=1\\n\nA: devnum=%u\\n\nA: devpath=%u\\n\nA: bConfigurationValue=1\\n\nA: bNumConfigurations=1\\n\n"
        "A: bNumInterfaces= %u\\n\nA: speed=%u\\n\nA: version= 2.00\\n\nA: idVendor=%04x\\n\nA: idProduct=%04x\\n\n"
        "A: bcdDevice=0100\\n\nA: bDeviceClass=00\\n\n",
        d->address, d->port, f->interfaces, f->speed, f->vendor, f->product);
    for (size_t i = 0; i < 3; i++)
        if (vusb_file_key(f, strings[i][0], 0) && !vusb_file_key(f, "strings-late", 0))
            g_string_append_printf(s, "A: %s=%s\\n\n", strings[i][1], vusb_file_key(f, strings[i][0], 0));
    g_string_append(s, "H: descriptors=");
    for (size_t i = 0; i < sizeof f->device; i++)
        g_string_append_printf(s, "%02x", f->device[i]);
    for (size_t i = 0; i < f->config_len; i++)
        g_string_append_printf(s, "%02x", f->config[i]);
    g_string_append(s, "\n");
}

void vusb_plug(struct vusb_device *d)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) s = g_string_new(NULL);
    (void)pthread_mutex_lock(&d->bus->plugging);
    if (d->plugged)
        vusb_die("%s is plugged in already", d->id);
    d->address = d->bus->next_address++;
    (void)snprintf(d->node, sizeof d->node, "/dev/bus/usb/001/%03u", d->address);
    (void)snprintf(d->node_real, sizeof d->node_real, "%s%s", d->bus->root, d->node);
    g_autofree char *dir = g_path_get_dirname(d->node_real); /* goes with the last device */
    (void)g_mkdir_with_parents(dir, 0755);
    if (mkfifo(d->node_real, 0666) != 0)
        vusb_die("mkfifo %s: %s", d->node_real, strerror(errno));
    device_lock(d);
    if (d->fifo >= 0)
        (void)close(d->fifo);
    d->fifo = open(d->node_real, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    (void)fcntl(d->fifo, F_SETPIPE_SZ, 4096);
    d->ready = true;
    node_ready(d, false);
    memset(d->owner, 0, sizeof d->owner);
    memset(d->alt, 0, sizeof d->alt);
    d->pipes.gone = d->pipes.silent = false;
    device_restart(d, -2, 0);
    device_unlock(d);
    if (!umockdev_testbed_attach_ioctl(d->bus->testbed, d->node, d->handler, &error))
        vusb_die("attach: %s", error->message);
    sysfs_text(d, s);
    device_lock(d);
    for (unsigned i = 0; i < d->file.interfaces; i++)
        driver_bind(d, i, true);
    device_unlock(d);
    if (!umockdev_testbed_add_from_string(d->bus->testbed, s->str, &error))
        vusb_die("add: %s", error->message);
    d->plugged = true;
    (void)pthread_mutex_unlock(&d->bus->plugging);
}

void vusb_pull(struct vusb_device *d)
{
    device_lock(d);
    vusb_pipe_gone(&d->pipes);
    memset(d->owner, 0, sizeof d->owner);
    device_unlock(d);
}

/* The bus's plugging lock is held. */
static void unplug_told(struct vusb_device *d)
{
    vusb_pull(d);
    d->plugged = false;
    umockdev_testbed_uevent(d->bus->testbed, d->syspath, "remove");
    umockdev_testbed_remove_device(d->bus->testbed, d->syspath);
    (void)umockdev_testbed_detach_ioctl(d->bus->testbed, d->node, NULL);
    (void)unlink(d->node_real);
}

void vusb_unplug(struct vusb_device *d)
{
    (void)pthread_mutex_lock(&d->bus->plugging);
    if (d->plugged)
        unplug_told(d);
    (void)pthread_mutex_unlock(&d->bus->plugging);
}

/* A cable that was pulled by a fault: looked at and told under one lock, or a device that was plugged in again meanwhile
 * would be taken away. */
static void tell_when_gone(struct vusb_device *d)
{
    (void)pthread_mutex_lock(&d->bus->plugging);
    device_lock(d);
    bool gone = d->pipes.gone;
    device_unlock(d);
    if (gone && d->plugged)
        unplug_told(d);
    (void)pthread_mutex_unlock(&d->bus->plugging);
}

bool vusb_plugged(struct vusb_device *d)
{
    (void)pthread_mutex_lock(&d->bus->plugging);
    bool plugged = d->plugged;
    (void)pthread_mutex_unlock(&d->bus->plugging);
    return plugged;
}

/* The harness's own thread: late answers, and the news of a cable that was pulled by a fault. */
static void *tick(void *arg)
{
    struct vusb_bus *bus = arg;
    for (;;) {
        g_usleep(TICK_US);
        (void)pthread_mutex_lock(&bus->plugging);
        bool stop = bus->stop;
        size_t count = bus->count;
        (void)pthread_mutex_unlock(&bus->plugging);
        if (stop)
            return NULL;
        for (size_t i = 0; i < count; i++) {
            struct vusb_device *d = bus->devices[i];
            device_lock(d);
            bool gone = d->pipes.gone;
            if (!gone)
                vusb_pipe_pump(&d->pipes);
            device_unlock(d);
            if (gone)
                tell_when_gone(d);
        }
    }
}

struct vusb_bus *vusb_bus_new(void)
{
    const char *preload = getenv("LD_PRELOAD");
    if (!preload || !strstr(preload, "umockdev"))
        vusb_die("run this under umockdev-wrapper");
    struct vusb_bus *bus = g_new0(struct vusb_bus, 1);
    bus->testbed = umockdev_testbed_new();
    bus->root = umockdev_testbed_get_root_dir(bus->testbed);
    bus->next_address = 2;
    bus->next_port = 1;
    (void)pthread_mutex_init(&bus->plugging, NULL);
    if (pthread_create(&bus->ticker, NULL, tick, bus) != 0)
        vusb_die("no thread");
    return bus;
}

void vusb_bus_free(struct vusb_bus *bus)
{
    for (size_t i = 0; i < bus->count; i++)
        vusb_unplug(bus->devices[i]);
    (void)pthread_mutex_lock(&bus->plugging);
    bus->stop = true;
    (void)pthread_mutex_unlock(&bus->plugging);
    (void)pthread_join(bus->ticker, NULL);
    g_object_unref(bus->testbed);
    for (size_t i = 0; i < bus->count; i++) {
        struct vusb_device *d = bus->devices[i];
        g_signal_handlers_disconnect_by_data(d->handler, d);
        g_object_unref(d->handler);
        vusb_pipe_release(&d->pipes);
        vusb_file_release(&d->file);
        if (d->fifo >= 0)
            (void)close(d->fifo);
        (void)pthread_mutex_destroy(&d->lock);
        g_free(d);
    }
    (void)pthread_mutex_destroy(&bus->plugging);
    g_free(bus->root);
    g_free(bus);
}

struct vusb_device *vusb_device_new(struct vusb_bus *bus, const char *folder, const struct vusb_behaviour *behaviour,
    void *ctx)
{
    if (bus->count == DEVICES_MAX)
        vusb_die("too many devices");
    struct vusb_device *d = g_new0(struct vusb_device, 1);
    pthread_mutexattr_t attr;
    (void)pthread_mutexattr_init(&attr);
    (void)pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    (void)pthread_mutex_init(&d->lock, &attr);
    (void)pthread_mutexattr_destroy(&attr);
    d->bus = bus;
    d->fifo = -1;
    d->behaviour = behaviour;
    d->ctx = ctx;
    vusb_file_read(&d->file, folder);
    vusb_pipe_init(&d->pipes, &d->file, &(struct vusb_pipe_host){ node_ready, node_out, node_drop, d });
    d->port = d->file.port ? d->file.port : bus->next_port++;
    (void)snprintf(d->syspath, sizeof d->syspath, "/sys/devices/usb1/1-%u", d->port);
    const char *serial = vusb_file_key(&d->file, "serial", 0);
    if (serial)
        (void)snprintf(d->id, sizeof d->id, "1-%u/%s", d->port, serial);
    else
        (void)snprintf(d->id, sizeof d->id, "1-%u/%04x:%04x", d->port, d->file.vendor, d->file.product);
    d->handler = umockdev_ioctl_base_new();
    g_signal_connect(d->handler, "handle-ioctl", G_CALLBACK(on_ioctl), d);
    (void)pthread_mutex_lock(&bus->plugging);
    bus->devices[bus->count++] = d;
    (void)pthread_mutex_unlock(&bus->plugging);
    return d;
}

const char *vusb_key(const struct vusb_device *d, const char *key, size_t nth)
{
    return vusb_file_key(&d->file, key, nth);
}

const char *vusb_id(struct vusb_device *d)
{
    return d->id;
}

unsigned vusb_address(struct vusb_device *d)
{
    return d->address;
}

const char *vusb_bus_dir(const struct vusb_bus *bus)
{
    return bus->root;
}

bool vusb_claimed(struct vusb_device *d, int interface)
{
    device_lock(d);
    bool claimed = interface >= 0 && interface < VUSB_INTERFACES && d->owner[interface] != NULL;
    device_unlock(d);
    return claimed;
}

/* ---- what behaviours do -------------------------------------------------------------------------------------------- */

void vusb_send_later(struct vusb_device *d, uint8_t endpoint, const void *p, size_t n, unsigned delay_ms)
{
    device_lock(d);
    vusb_pipe_send(&d->pipes, endpoint, p, n, delay_ms);
    vusb_pipe_pump(&d->pipes);
    device_unlock(d);
}

void vusb_send(struct vusb_device *d, uint8_t endpoint, const void *p, size_t n)
{
    vusb_send_later(d, endpoint, p, n, 0);
}

void vusb_send_empty(struct vusb_device *d, uint8_t endpoint, unsigned n)
{
    device_lock(d);
    vusb_pipe_send_empty(&d->pipes, endpoint, n);
    vusb_pipe_pump(&d->pipes);
    device_unlock(d);
}

void vusb_flush(struct vusb_device *d, uint8_t endpoint)
{
    device_lock(d);
    vusb_pipe_flush(&d->pipes, endpoint, true);
    device_unlock(d);
}

void vusb_cut(struct vusb_device *d, uint8_t endpoint)
{
    device_lock(d);
    vusb_pipe_flush(&d->pipes, endpoint, false);
    device_unlock(d);
}

void vusb_halt(struct vusb_device *d, uint8_t endpoint)
{
    device_lock(d);
    vusb_pipe_halt(&d->pipes, endpoint);
    vusb_pipe_pump(&d->pipes);
    device_unlock(d);
}

void vusb_hold(struct vusb_device *d, uint8_t endpoint, bool held)
{
    device_lock(d);
    vusb_pipe_hold(&d->pipes, endpoint, held);
    vusb_pipe_pump(&d->pipes);
    device_unlock(d);
}

void vusb_fault(struct vusb_device *d, const struct vusb_faults *faults)
{
    device_lock(d);
    vusb_pipe_faults(&d->pipes, faults);
    vusb_pipe_pump(&d->pipes);
    device_unlock(d);
}

struct vusb_counts vusb_counts(struct vusb_device *d)
{
    device_lock(d);
    struct vusb_counts counts = d->pipes.counts;
    device_unlock(d);
    return counts;
}
