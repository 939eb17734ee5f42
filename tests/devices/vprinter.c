/* vprinter.c - a virtual receipt printer: see the header. */
#include "vprinter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define VPRINTER_BUFFER 4096

static void vprinter_say(void *ctx, const unsigned char *bytes, size_t n)
{
    struct vprinter *p = ctx;
    for (size_t i = 0; i < n && p->said_len < sizeof p->said; i++)
        p->said[p->said_len++] = p->noisy ? (unsigned char)(0x80 | bytes[i]) : bytes[i];
}

static void vprinter_begin(struct vprinter *p)
{
    pthread_mutex_lock(&p->lock);
}

/* Tells what it has to tell and holds the bus if it must, without its own lock: the bus has one, too. */
static void vprinter_end(struct vprinter *p)
{
    unsigned char said[sizeof p->said];
    size_t n = p->said_len;
    const struct escpos_sensors *s = &p->view.sensors;
    bool halted = s->paper_out || s->cover_open || s->error, full = escpos_view_waiting(&p->view) >= p->buffer_bytes;
    memcpy(said, p->said, n);
    p->said_len = 0;
    pthread_mutex_unlock(&p->lock);
    if (n > 0)
        vusb_send_later(p->device, p->in, said, n, p->answer_ms);
    vusb_hold(p->device, p->out, halted && full);
}

static void vprinter_out(struct vusb_device *d, void *ctx, uint8_t endpoint, const uint8_t *bytes, size_t n)
{
    struct vprinter *p = ctx;
    (void)d;
    if (endpoint != p->out)
        return;
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    vprinter_begin(p);
    p->last_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    p->taken += n;
    escpos_view_take(&p->view, bytes, n);
    vprinter_end(p);
}

static int vprinter_control(struct vusb_device *d, void *ctx, const uint8_t setup[8], uint8_t *data, size_t len)
{
    struct vprinter *p = ctx;
    (void)d;
    if (setup[0] == 0xA1 && setup[1] == 1 && p->status >= 0 && len >= 1) {
        data[0] = (uint8_t)(p->status | (p->view.sensors.paper_out ? 0x20 : 0));
        return 1;
    }
    if (setup[0] == 0x21 && setup[1] == 2 && !p->deaf_reset) {
        vprinter_begin(p);
        p->soft_resets++;
        p->view.pending_len = 0;
        vprinter_end(p);
        return 0;
    }
    return -1;
}

static void vprinter_restart(struct vusb_device *d, void *ctx, int interface, int alt)
{
    struct vprinter *p = ctx;
    (void)d, (void)alt;
    if (interface < -1) /* plugged in */
        p->view.automatic = false;
}

void vprinter_make(struct vprinter *p, struct vusb_bus *bus, const char *folder)
{
    static const struct vusb_behaviour behaviour = { vprinter_out, vprinter_control, vprinter_restart };
    *p = (struct vprinter){ .status = -1, .buffer_bytes = VPRINTER_BUFFER };
    pthread_mutex_init(&p->lock, NULL);
    p->device = vusb_device_new(bus, folder, &behaviour, p);
    const char *head = vusb_key(p->device, "head", 0), *status = vusb_key(p->device, "status", 0),
               *answers = vusb_key(p->device, "answers", 0), *out = vusb_key(p->device, "print", 0),
               *in = vusb_key(p->device, "tell", 0);
    if (!head || !answers || !out || !in) {
        (void)fprintf(stderr, "vprinter: %s is no printer\n", folder);
        exit(1);
    }
    p->out = (unsigned char)strtoul(out, NULL, 16);
    p->in = (unsigned char)strtoul(in, NULL, 16);
    escpos_view_init(&p->view, (unsigned)strtoul(head, NULL, 10));
    p->view.mute = strcmp(answers, "no") == 0;
    p->view.reply = vprinter_say;
    p->view.ctx = p;
    if (status)
        p->status = (int)strtol(status, NULL, 16);
}

void vprinter_drop(struct vprinter *p)
{
    escpos_view_release(&p->view);
    pthread_mutex_destroy(&p->lock);
}

void vprinter_sense(struct vprinter *p, struct escpos_sensors sensors)
{
    vprinter_begin(p);
    p->view.paper_rows = sensors.paper_out ? 0 : -1;
    escpos_view_sense(&p->view, sensors);
    vprinter_end(p);
}

void vprinter_roll(struct vprinter *p, long rows)
{
    vprinter_begin(p);
    p->view.paper_rows = rows;
    vprinter_end(p);
}

void vprinter_tear(struct vprinter *p)
{
    vprinter_begin(p);
    escpos_view_tear(&p->view);
    vprinter_end(p);
}

void vprinter_power(struct vprinter *p)
{
    vprinter_begin(p);
    p->view.pending_len = 0;
    p->view.automatic = false;
    vprinter_end(p);
}
