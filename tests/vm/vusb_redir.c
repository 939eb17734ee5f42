/* vusb_redir.c - vusb.h by the usbredir protocol (usbredir-protocol.txt of its authors, version 0.7): this side is the
 * "usb-host" that has the device, the machine's emulator the "usb-guest".
 *
 * A bulk packet is one URB of the machine; interrupt IN packets are sent unasked from start_ to stop_interrupt_receiving. */
#include "vusb_redir.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <usbredirparser.h>

#include "vusb_ep0.h"
#include "vusb_pipe.h"

#define DEVICES_MAX 8
#define INTERRUPT_ID UINT64_MAX /* of URBs that nobody sent: they ask for interrupt packets */

struct vusb_bus {
    struct vusb_device *devices[DEVICES_MAX];
    size_t count;
};
struct vusb_device {
    struct vusb_file file;
    struct vusb_pipes pipes;
    const struct vusb_behaviour *behaviour;
    void *ctx;
    int listener, fd; /* -1: none */
    struct usbredirparser *parser;
    bool greeted, plugged, told; /* the machine said hello; the cable is in; the machine was told */
    uint8_t configuration, alt[VUSB_INTERFACES];
    uint32_t receiving; /* interrupt IN endpoints, a bit each */
    uint64_t interrupts;
    unsigned plugs;
    char id[112];
};

static const char *redir_directory = ".";

void vusb_redir_directory(const char *directory)
{
    redir_directory = directory;
}

/* ---- what the machine is told ------------------------------------------------------------------------------------ */

static uint8_t redir_status(int status)
{
    return status == 0            ? usb_redir_success
           : status == -ENOENT    ? usb_redir_cancelled
           : status == -EPIPE     ? usb_redir_stall
           : status == -EOVERFLOW ? usb_redir_babble
                                  : usb_redir_ioerror;
}

static void tell_endpoints(struct vusb_device *d)
{
    struct usb_redir_ep_info_header info;
    memset(&info, 0, sizeof info);
    memset(info.type, usb_redir_type_invalid, sizeof info.type);
    info.type[0] = info.type[16] = usb_redir_type_control;
    for (size_t i = 0; i < d->file.endpoint_count; i++) {
        const struct vusb_endpoint_facts *e = &d->file.endpoints[i];
        unsigned at = (e->address & 15U) + (e->address & 0x80 ? 16 : 0);
        if (d->alt[e->interface] != e->alt)
            continue;
        info.type[at] = e->interrupt ? usb_redir_type_interrupt : usb_redir_type_bulk;
        info.interval[at] = e->interrupt ? 4 : 0;
        info.interface[at] = e->interface;
        info.max_packet_size[at] = e->max_packet;
    }
    usbredirparser_send_ep_info(d->parser, &info);
}

static void tell_interfaces(struct vusb_device *d)
{
    struct usb_redir_interface_info_header info;
    memset(&info, 0, sizeof info);
    for (const uint8_t *p = d->file.config; p < d->file.config + d->file.config_len && p[0] > 0; p += p[0])
        if (p[1] == 4 && p[3] == d->alt[p[2]]) {
            info.interface[info.interface_count] = p[2];
            info.interface_class[info.interface_count] = p[5];
            info.interface_subclass[info.interface_count] = p[6];
            info.interface_protocol[info.interface_count++] = p[7];
        }
    usbredirparser_send_interface_info(d->parser, &info);
}

static void tell_plug(struct vusb_device *d)
{
    if (!d->greeted || d->plugged == d->told)
        return;
    d->told = d->plugged;
    if (!d->plugged) {
        usbredirparser_send_device_disconnect(d->parser);
        return;
    }
    struct usb_redir_device_connect_header connect = { .speed = d->file.speed >= 480 ? usb_redir_speed_high
                                                                                     : usb_redir_speed_full,
        .vendor_id = d->file.vendor,
        .product_id = d->file.product,
        .device_version_bcd = 0x0100 };
    tell_endpoints(d);
    tell_interfaces(d);
    usbredirparser_send_device_connect(d->parser, &connect);
}

static void tell_done(struct vusb_device *d, const struct vusb_urb *u)
{
    bool in = u->endpoint & 0x80;
    int n = in ? (int)u->filled : 0;
    if (u->control) {
        struct usb_redir_control_packet_header h = *(struct usb_redir_control_packet_header *)u->host;
        h.status = redir_status(u->status);
        h.length = (uint16_t)u->filled;
        usbredirparser_send_control_packet(d->parser, u->id, &h, in && n > 0 ? u->bytes : NULL, n);
    } else if (u->id == INTERRUPT_ID) {
        struct usb_redir_interrupt_packet_header h = { .endpoint = u->endpoint,
            .status = redir_status(u->status),
            .length = (uint16_t)u->filled };
        if (u->status != -ENOENT)
            usbredirparser_send_interrupt_packet(d->parser, d->interrupts++, &h, n > 0 ? u->bytes : NULL, n);
    } else {
        struct usb_redir_bulk_packet_header h = { .endpoint = u->endpoint,
            .status = redir_status(u->status),
            .length = (uint16_t)u->filled,
            .length_high = (uint16_t)(u->filled >> 16) };
        usbredirparser_send_bulk_packet(d->parser, u->id, &h, in && n > 0 ? u->bytes : NULL, n);
    }
}

/* ---- what the machine asks --------------------------------------------------------------------------------------- */

static void device_restart(struct vusb_device *d, int interface, int alt)
{
    for (size_t i = 0; i < d->file.endpoint_count; i++)
        if (interface < 0 || d->file.endpoints[i].interface == interface)
            vusb_pipe_restart(&d->pipes, d->file.endpoints[i].address);
    if (d->behaviour && d->behaviour->restart)
        d->behaviour->restart(d, d->ctx, interface, alt);
}

static void on_hello(void *priv, struct usb_redir_hello_header *hello)
{
    struct vusb_device *d = priv;
    (void)hello;
    d->greeted = true;
}

static void on_disconnect_ack(void *priv)
{
    (void)priv; /* the machine has seen that the cable is pulled */
}

static void on_reset(void *priv)
{
    struct vusb_device *d = priv;
    d->pipes.counts.resets++;
    memset(d->alt, 0, sizeof d->alt);
    device_restart(d, -1, 0);
    tell_endpoints(d);
}

static void on_set_configuration(void *priv, uint64_t id, struct usb_redir_set_configuration_header *set)
{
    struct vusb_device *d = priv;
    d->configuration = set->configuration;
    memset(d->alt, 0, sizeof d->alt);
    tell_endpoints(d);
    tell_interfaces(d);
    struct usb_redir_configuration_status_header h = { .status = usb_redir_success, .configuration = d->configuration };
    usbredirparser_send_configuration_status(d->parser, id, &h);
}

static void on_get_configuration(void *priv, uint64_t id)
{
    struct vusb_device *d = priv;
    struct usb_redir_configuration_status_header h = { .status = usb_redir_success, .configuration = d->configuration };
    usbredirparser_send_configuration_status(d->parser, id, &h);
}

static bool setting_exists(const struct vusb_file *file, uint8_t interface, uint8_t alt)
{
    for (const uint8_t *p = file->config; p < file->config + file->config_len && p[0] > 0; p += p[0])
        if (p[1] == 4 && p[2] == interface && p[3] == alt)
            return true;
    return false;
}

static void on_set_alt(void *priv, uint64_t id, struct usb_redir_set_alt_setting_header *set)
{
    struct vusb_device *d = priv;
    bool known = setting_exists(&d->file, set->interface, set->alt);
    if (known) {
        d->alt[set->interface] = set->alt;
        d->pipes.counts.alt_sets++;
        device_restart(d, set->interface, set->alt);
        tell_endpoints(d);
        tell_interfaces(d);
    }
    struct usb_redir_alt_setting_status_header h = { .status = known ? usb_redir_success : usb_redir_stall,
        .interface = set->interface,
        .alt = set->alt };
    usbredirparser_send_alt_setting_status(d->parser, id, &h);
}

static void on_get_alt(void *priv, uint64_t id, struct usb_redir_get_alt_setting_header *get)
{
    struct vusb_device *d = priv;
    struct usb_redir_alt_setting_status_header h = { .status = usb_redir_success,
        .interface = get->interface,
        .alt = d->alt[get->interface % VUSB_INTERFACES] };
    usbredirparser_send_alt_setting_status(d->parser, id, &h);
}

static void ask_interrupt(struct vusb_device *d, uint8_t endpoint)
{
    for (size_t i = 0; i < d->file.endpoint_count; i++)
        if (d->file.endpoints[i].address == endpoint) {
            size_t n = d->file.endpoints[i].max_packet;
            (void)vusb_pipe_submit(&d->pipes, (struct vusb_urb){ .owner = d,
                                                  .id = INTERRUPT_ID,
                                                  .endpoint = endpoint,
                                                  .bytes = calloc(1, n),
                                                  .len = n });
            return;
        }
}

static void on_start_interrupts(void *priv, uint64_t id, struct usb_redir_start_interrupt_receiving_header *start)
{
    struct vusb_device *d = priv;
    struct usb_redir_interrupt_receiving_status_header h = { .status = usb_redir_success, .endpoint = start->endpoint };
    if (!(d->receiving & 1U << (start->endpoint & 15)))
        ask_interrupt(d, start->endpoint);
    d->receiving |= 1U << (start->endpoint & 15);
    usbredirparser_send_interrupt_receiving_status(d->parser, id, &h);
}

static void stop_interrupts(struct vusb_device *d, uint8_t endpoint)
{
    d->receiving &= ~(1U << (endpoint & 15));
    for (struct vusb_urb *u = d->pipes.pending; u; u = u->next)
        if (u->id == INTERRUPT_ID && u->endpoint == endpoint) {
            vusb_pipe_finish(&d->pipes, u, -ENOENT, 0);
            return;
        }
}

static void on_stop_interrupts(void *priv, uint64_t id, struct usb_redir_stop_interrupt_receiving_header *stop)
{
    struct vusb_device *d = priv;
    struct usb_redir_interrupt_receiving_status_header h = { .status = usb_redir_success, .endpoint = stop->endpoint };
    stop_interrupts(d, stop->endpoint);
    usbredirparser_send_interrupt_receiving_status(d->parser, id, &h);
}

static void on_cancel(void *priv, uint64_t id)
{
    struct vusb_device *d = priv;
    (void)vusb_pipe_discard(&d->pipes, d, id);
}

/* Data of an OUT packet is ours from here on; an IN packet gets room for its answer. */
static void submit(struct vusb_device *d, struct vusb_urb u, uint8_t *data, int data_len)
{
    u.owner = d;
    if (data_len > 0 || !(u.endpoint & 0x80)) {
        u.len = (size_t)data_len;
        u.bytes = malloc(u.len + 1);
        if (u.bytes && data)
            memcpy(u.bytes, data, u.len);
    } else
        u.bytes = malloc(u.len + 1);
    usbredirparser_free_packet_data(d->parser, data);
    if (!u.bytes)
        vusb_die("out of memory");
    struct vusb_urb *mine = vusb_pipe_submit(&d->pipes, u);
    if (!u.control)
        return;
    const struct usb_redir_control_packet_header *h = u.host;
    const uint8_t setup[8] = { h->requesttype, h->request, (uint8_t)h->value, (uint8_t)(h->value >> 8),
        (uint8_t)h->index, (uint8_t)(h->index >> 8), (uint8_t)h->length, (uint8_t)(h->length >> 8) };
    if (d->pipes.silent)
        return; /* until the machine cancels it */
    int n = vusb_ep0(&d->file, setup, mine->bytes, mine->len);
    if (setup[0] == 2 && setup[1] == 1 && setup[2] == 0) { /* CLEAR_FEATURE(ENDPOINT_HALT) */
        vusb_pipe_unhalt(&d->pipes, setup[4]);
        n = 0;
    }
    if (n == VUSB_EP0_NOT_MINE)
        n = d->behaviour && d->behaviour->control ? d->behaviour->control(d, d->ctx, setup, mine->bytes, mine->len)
                                                  : -1;
    vusb_pipe_finish(&d->pipes, mine, n < 0 ? -EPIPE : 0, n > 0 ? (size_t)n : 0);
}

static void on_control(void *priv, uint64_t id, struct usb_redir_control_packet_header *h, uint8_t *data, int len)
{
    struct usb_redir_control_packet_header *kept = malloc(sizeof *kept);
    if (!kept)
        vusb_die("out of memory");
    *kept = *h;
    submit(priv,
        (struct vusb_urb){ .id = id, .host = kept, .endpoint = h->endpoint, .control = true, .len = h->length }, data,
        len);
}

static void on_bulk(void *priv, uint64_t id, struct usb_redir_bulk_packet_header *h, uint8_t *data, int len)
{
    submit(priv,
        (struct vusb_urb){ .id = id, .endpoint = h->endpoint, .len = (size_t)h->length | (size_t)h->length_high << 16 },
        data, len);
}

static void on_interrupt(void *priv, uint64_t id, struct usb_redir_interrupt_packet_header *h, uint8_t *data, int len)
{
    struct vusb_device *d = priv;
    h->status = usb_redir_success;
    if (d->behaviour && d->behaviour->out)
        d->behaviour->out(d, d->ctx, h->endpoint, data, (size_t)len);
    usbredirparser_free_packet_data(d->parser, data);
    usbredirparser_send_interrupt_packet(d->parser, id, h, NULL, 0);
}

/* ---- the socket ---------------------------------------------------------------------------------------------------- */

static int on_read(void *priv, uint8_t *data, int count)
{
    struct vusb_device *d = priv;
    ssize_t n = recv(d->fd, data, (size_t)count, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    return n > 0 ? (int)n : -1;
}

static int on_write(void *priv, uint8_t *data, int count)
{
    struct vusb_device *d = priv;
    ssize_t n = send(d->fd, data, (size_t)count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    return (int)n;
}

static void on_log(void *priv, int level, const char *text)
{
    const struct vusb_device *d = priv;
    if (level <= usbredirparser_warning)
        (void)fprintf(stderr, "%s: %s\n", d->id, text);
}

static void parser_make(struct vusb_device *d)
{
    uint32_t caps[USB_REDIR_CAPS_SIZE] = { 0 };
    static const int known[] = { usb_redir_cap_connect_device_version, usb_redir_cap_device_disconnect_ack,
        usb_redir_cap_ep_info_max_packet_size, usb_redir_cap_64bits_ids, usb_redir_cap_32bits_bulk_length };
    struct usbredirparser *p = d->parser = usbredirparser_create();
    if (!p)
        vusb_die("out of memory");
    p->priv = d;
    p->log_func = on_log;
    p->read_func = on_read;
    p->write_func = on_write;
    p->hello_func = on_hello;
    p->reset_func = on_reset;
    p->device_disconnect_ack_func = on_disconnect_ack;
    p->set_configuration_func = on_set_configuration;
    p->get_configuration_func = on_get_configuration;
    p->set_alt_setting_func = on_set_alt;
    p->get_alt_setting_func = on_get_alt;
    p->start_interrupt_receiving_func = on_start_interrupts;
    p->stop_interrupt_receiving_func = on_stop_interrupts;
    p->cancel_data_packet_func = on_cancel;
    p->control_packet_func = on_control;
    p->bulk_packet_func = on_bulk;
    p->interrupt_packet_func = on_interrupt;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        usbredirparser_caps_set_cap(caps, known[i]);
    usbredirparser_init(p, "jemput tests", caps, USB_REDIR_CAPS_SIZE, usbredirparser_fl_usb_host);
}

static int listen_at(size_t number)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s/%zu.sock", redir_directory, number);
    (void)unlink(at.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1) != 0)
        vusb_die("%s: %s", at.sun_path, strerror(errno));
    return fd;
}

size_t vusb_redir_polls(struct vusb_bus *bus, struct pollfd *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < bus->count && n < cap; i++) {
        struct vusb_device *d = bus->devices[i];
        bool writes = d->fd >= 0 && usbredirparser_has_data_to_write(d->parser) > 0;
        out[n++] = (struct pollfd){ .fd = d->fd >= 0 ? d->fd : d->listener,
            .events = (short)(POLLIN | (writes ? POLLOUT : 0)) };
    }
    return n;
}

static void device_step(struct vusb_device *d)
{
    if (d->fd < 0) {
        struct pollfd p = { .fd = d->listener, .events = POLLIN };
        if (poll(&p, 1, 0) > 0 && (d->fd = accept(d->listener, NULL, NULL)) >= 0)
            parser_make(d);
        return;
    }
    if (usbredirparser_do_read(d->parser) == usbredirparser_read_io_error) {
        struct pollfd p = { .fd = d->fd, .events = POLLIN };
        if (poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR)) { /* the machine is off */
            (void)close(d->fd);
            d->fd = -1;
            d->greeted = false;
            return;
        }
    }
    if (d->pipes.gone)
        d->plugged = false;
    else
        vusb_pipe_pump(&d->pipes);
    for (struct vusb_urb *u; (u = vusb_pipe_take(&d->pipes, NULL));) {
        uint8_t endpoint = u->id == INTERRUPT_ID && u->status == 0 ? u->endpoint : 0;
        if (d->told && d->plugged)
            tell_done(d, u);
        vusb_pipe_drop(&d->pipes, u);
        if (endpoint && !d->pipes.gone && d->receiving & 1U << (endpoint & 15))
            ask_interrupt(d, endpoint);
    }
    tell_plug(d);
    if (usbredirparser_has_data_to_write(d->parser) > 0)
        (void)usbredirparser_do_write(d->parser);
}

void vusb_redir_step(struct vusb_bus *bus)
{
    for (size_t i = 0; i < bus->count; i++)
        device_step(bus->devices[i]);
}

/* ---- vusb.h -------------------------------------------------------------------------------------------------------- */

static void host_ready(void *ctx, bool ready)
{
    (void)ctx;
    (void)ready;
}

static void host_out(void *ctx, uint8_t endpoint, const uint8_t *p, size_t n)
{
    struct vusb_device *d = ctx;
    if (d->behaviour && d->behaviour->out)
        d->behaviour->out(d, d->ctx, endpoint, p, n);
}

static void host_drop(void *ctx, struct vusb_urb *u)
{
    (void)ctx;
    free(u->bytes);
    free(u->host);
}

struct vusb_bus *vusb_bus_new(void)
{
    struct vusb_bus *bus = calloc(1, sizeof *bus);
    if (!bus)
        vusb_die("out of memory");
    return bus;
}

void vusb_bus_free(struct vusb_bus *bus)
{
    for (size_t i = 0; i < bus->count; i++) {
        struct vusb_device *d = bus->devices[i];
        vusb_pipe_release(&d->pipes);
        vusb_file_release(&d->file);
        if (d->parser)
            usbredirparser_destroy(d->parser);
        if (d->fd >= 0)
            (void)close(d->fd);
        (void)close(d->listener);
        free(d);
    }
    free(bus);
}

struct vusb_device *vusb_device_new(struct vusb_bus *bus, const char *folder, const struct vusb_behaviour *behaviour,
    void *ctx)
{
    struct vusb_device *d = calloc(1, sizeof *d);
    if (!d || bus->count == DEVICES_MAX)
        vusb_die("too many devices");
    *d = (struct vusb_device){ .behaviour = behaviour, .ctx = ctx, .fd = -1, .listener = listen_at(bus->count) };
    vusb_file_read(&d->file, folder);
    vusb_pipe_init(&d->pipes, &d->file, &(struct vusb_pipe_host){ host_ready, host_out, host_drop, d });
    bus->devices[bus->count++] = d;
    const char *serial = vusb_file_key(&d->file, "serial", 0);
    if (serial)
        (void)snprintf(d->id, sizeof d->id, "1-%zu/%s", bus->count, serial);
    else
        (void)snprintf(d->id, sizeof d->id, "1-%zu/%04x:%04x", bus->count, d->file.vendor, d->file.product);
    return d;
}

const char *vusb_key(const struct vusb_device *d, const char *key, size_t nth)
{
    return vusb_file_key(&d->file, key, nth);
}

void vusb_plug(struct vusb_device *d)
{
    vusb_pipe_forget(&d->pipes, NULL);
    d->pipes.gone = d->pipes.silent = false;
    d->receiving = 0;
    d->plugged = true;
    d->plugs++;
    memset(d->alt, 0, sizeof d->alt);
    device_restart(d, -2, 0);
    if (d->parser)
        tell_plug(d);
}

void vusb_pull(struct vusb_device *d)
{
    vusb_pipe_gone(&d->pipes);
}

void vusb_unplug(struct vusb_device *d)
{
    vusb_pipe_gone(&d->pipes);
    vusb_pipe_forget(&d->pipes, NULL);
    d->plugged = false;
    if (d->parser)
        tell_plug(d);
}

bool vusb_plugged(struct vusb_device *d)
{
    return d->plugged && !d->pipes.gone;
}

const char *vusb_id(struct vusb_device *d)
{
    return d->id;
}

unsigned vusb_address(struct vusb_device *d)
{
    return d->plugs;
}

const char *vusb_bus_dir(const struct vusb_bus *bus)
{
    (void)bus;
    return redir_directory;
}

/* Who claimed an interface is the machine's own affair: in use is what is read. */
bool vusb_claimed(struct vusb_device *d, int interface)
{
    for (const struct vusb_urb *u = d->pipes.pending; u; u = u->next)
        for (size_t i = 0; i < d->file.endpoint_count; i++)
            if (d->file.endpoints[i].interface == interface && d->file.endpoints[i].address == u->endpoint)
                return true;
    return false;
}

void vusb_send_later(struct vusb_device *d, uint8_t endpoint, const void *p, size_t n, unsigned delay_ms)
{
    vusb_pipe_send(&d->pipes, endpoint, p, n, delay_ms);
}

void vusb_send(struct vusb_device *d, uint8_t endpoint, const void *p, size_t n)
{
    vusb_pipe_send(&d->pipes, endpoint, p, n, 0);
}

void vusb_send_empty(struct vusb_device *d, uint8_t endpoint, unsigned n)
{
    vusb_pipe_send_empty(&d->pipes, endpoint, n);
}

void vusb_flush(struct vusb_device *d, uint8_t endpoint)
{
    vusb_pipe_flush(&d->pipes, endpoint, true);
}

void vusb_cut(struct vusb_device *d, uint8_t endpoint)
{
    vusb_pipe_flush(&d->pipes, endpoint, false);
}

void vusb_halt(struct vusb_device *d, uint8_t endpoint)
{
    vusb_pipe_halt(&d->pipes, endpoint);
}

void vusb_hold(struct vusb_device *d, uint8_t endpoint, bool held)
{
    vusb_pipe_hold(&d->pipes, endpoint, held);
}

void vusb_fault(struct vusb_device *d, const struct vusb_faults *faults)
{
    vusb_pipe_faults(&d->pipes, faults);
}

struct vusb_counts vusb_counts(struct vusb_device *d)
{
    return d->pipes.counts;
}
