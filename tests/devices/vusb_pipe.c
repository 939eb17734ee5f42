/* vusb_pipe.c - moves packets between the host's URBs and the device's answers, as a host controller does: one active
 * URB an endpoint, in order; a short packet ends a URB, a packet that does not fit is babble. */
#include "vusb_pipe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOISE_BYTES 64
#define LOSS_BYTES 700
#define EMPTY_TRANSFERS 3

static int64_t mono_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void list_append(struct vusb_urb **list, struct vusb_urb *u)
{
    while (*list)
        list = &(*list)->next;
    u->next = NULL;
    *list = u;
}

static void list_remove(struct vusb_urb **list, struct vusb_urb *u)
{
    while (*list && *list != u)
        list = &(*list)->next;
    if (*list)
        *list = u->next;
}

static struct vusb_end *end_of(struct vusb_pipes *pipes, uint8_t endpoint)
{
    for (size_t i = 0; i < pipes->end_count; i++)
        if (pipes->ends[i].address == endpoint)
            return &pipes->ends[i];
    vusb_die("no endpoint %02x", endpoint);
}

/* ---- URBs ---------------------------------------------------------------------------------------------------------- */

struct vusb_urb *vusb_pipe_submit(struct vusb_pipes *pipes, struct vusb_urb urb)
{
    struct vusb_urb *u = calloc(1, sizeof *u);
    if (!u)
        vusb_die("out of memory");
    *u = urb;
    list_append(&pipes->pending, u);
    pipes->counts.urbs++;
    unsigned in_flight = 0;
    for (struct vusb_urb *p = pipes->pending; p; p = p->next)
        in_flight += p->endpoint == u->endpoint && (u->endpoint & 0x80);
    if (in_flight > pipes->counts.most_in_flight)
        pipes->counts.most_in_flight = in_flight;
    return u;
}

void vusb_pipe_finish(struct vusb_pipes *pipes, struct vusb_urb *u, int status, size_t filled)
{
    u->status = status;
    u->filled = filled;
    list_remove(&pipes->pending, u);
    list_append(&pipes->done, u);
    pipes->host.ready(pipes->host.ctx, true);
}

static void urb_end(struct vusb_pipes *pipes, struct vusb_urb *u, int status)
{
    vusb_pipe_finish(pipes, u, status, u->filled);
}

struct vusb_urb *vusb_pipe_take(struct vusb_pipes *pipes, const void *owner)
{
    struct vusb_urb *u = pipes->done;
    while (u && owner && u->owner != owner)
        u = u->next;
    if (u)
        list_remove(&pipes->done, u);
    else if (!pipes->done && !pipes->gone)
        pipes->host.ready(pipes->host.ctx, false);
    return u;
}

void vusb_pipe_drop(struct vusb_pipes *pipes, struct vusb_urb *u)
{
    pipes->host.drop(pipes->host.ctx, u);
    free(u);
}

int vusb_pipe_discard(struct vusb_pipes *pipes, const void *owner, uint64_t id)
{
    for (struct vusb_urb *u = pipes->pending; u; u = u->next)
        if (u->id == id && u->owner == owner) {
            urb_end(pipes, u, -ENOENT);
            return 0;
        }
    return -EINVAL;
}

static void forget_in(struct vusb_pipes *pipes, struct vusb_urb **list, const void *owner)
{
    for (struct vusb_urb *u = *list, *next; u; u = next) {
        next = u->next;
        if (owner && u->owner != owner)
            continue;
        list_remove(list, u);
        vusb_pipe_drop(pipes, u);
    }
}

void vusb_pipe_forget(struct vusb_pipes *pipes, const void *owner)
{
    forget_in(pipes, &pipes->pending, owner);
    forget_in(pipes, &pipes->done, owner);
}

void vusb_pipe_gone(struct vusb_pipes *pipes)
{
    pipes->gone = true;
    while (pipes->pending)
        urb_end(pipes, pipes->pending, -ESHUTDOWN);
    pipes->host.ready(pipes->host.ctx, true);
}

/* ---- faults -------------------------------------------------------------------------------------------------------- */

void vusb_pipe_faults(struct vusb_pipes *pipes, const struct vusb_faults *faults)
{
    pipes->faults = faults ? *faults : (struct vusb_faults){ 0 };
    pipes->in_moved = pipes->out_moved = 0;
    pipes->noise_left = pipes->loss_left = 0;
    pipes->empty_left = 0;
    pipes->silent = false;
}

static void answer_drop(struct vusb_end *end)
{
    struct vusb_answer *a = end->first;
    end->first = a->next;
    if (!end->first)
        end->last = NULL;
    free(a);
}

/* True when the URB was ended by it. */
static bool event_fires(struct vusb_pipes *pipes, struct vusb_end *end, struct vusb_urb *u, enum vusb_event event)
{
    switch (event) {
    case VUSB_UNPLUG: vusb_pipe_gone(pipes); return true;
    case VUSB_STALL:
        end->halted = true;
        urb_end(pipes, u, -EPIPE);
        return true;
    case VUSB_SILENCE: pipes->silent = true; return true;
    case VUSB_GARBAGE: pipes->noise_left = NOISE_BYTES; return false;
    case VUSB_LOSS: pipes->loss_left = LOSS_BYTES; return false;
    case VUSB_EMPTY:
        pipes->empty_left = EMPTY_TRANSFERS;
        urb_end(pipes, u, 0);
        return true;
    case VUSB_HALF:
        answer_drop(end);
        urb_end(pipes, u, 0);
        return true;
    case VUSB_NONE: break;
    }
    return false;
}

static bool in_event(struct vusb_pipes *pipes, struct vusb_end *end, struct vusb_urb *u)
{
    enum vusb_event event = pipes->faults.in_event;
    if (event == VUSB_NONE || end->interrupt || pipes->in_moved < pipes->faults.in_after)
        return false;
    pipes->faults.in_event = VUSB_NONE;
    return event_fires(pipes, end, u, event);
}

static bool out_event(struct vusb_pipes *pipes, struct vusb_end *end, struct vusb_urb *u)
{
    enum vusb_event event = pipes->faults.out_event;
    if (event == VUSB_NONE || end->interrupt || pipes->out_moved + (int64_t)u->len <= pipes->faults.out_after)
        return false;
    pipes->faults.out_event = VUSB_NONE;
    u->filled = (size_t)(pipes->faults.out_after - pipes->out_moved);
    if (u->filled > 0) { /* what came before the event has come */
        pipes->counts.out_bytes += u->filled;
        pipes->host.out(pipes->host.ctx, end->address, u->bytes, u->filled);
    }
    return event_fires(pipes, end, u, event);
}

/* ---- moving -------------------------------------------------------------------------------------------------------- */

static void answer_copy(struct vusb_pipes *pipes, struct vusb_answer *a, uint8_t *to, size_t n)
{
    memcpy(to, a->data + a->at, n);
    for (size_t i = 0; i < n && pipes->noise_left > 0; i++, pipes->noise_left--)
        to[i] = (uint8_t)(to[i] ^ (0x5a + i * 37));
    a->at += n;
}

/* One step of an IN URB: true when something moved or ended. */
static bool in_step(struct vusb_pipes *pipes, struct vusb_end *end, struct vusb_urb *u, int64_t now_us)
{
    struct vusb_answer *a = end->first;
    size_t space = u->len - u->filled;
    if (end->halted) {
        urb_end(pipes, u, -EPIPE);
        return true;
    }
    if (!a || a->due_us > now_us)
        return false;
    if (a->at < a->len && in_event(pipes, end, u))
        return true;
    if (pipes->empty_left > 0 && !end->interrupt) {
        pipes->empty_left--;
        urb_end(pipes, u, 0);
        return true;
    }
    if (pipes->loss_left > 0 && !end->interrupt) {
        size_t lost = a->len - a->at < pipes->loss_left ? a->len - a->at : pipes->loss_left;
        a->at += lost;
        pipes->loss_left -= lost;
    }
    size_t left = a->len - a->at, n = left < space ? left : space;
    if (n < left)
        n -= n % end->max_packet;
    if (n < left && n == 0) {
        urb_end(pipes, u, space == 0 ? 0 : -EOVERFLOW);
        return true;
    }
    if (pipes->faults.in_event != VUSB_NONE && !end->interrupt && (int64_t)n > pipes->faults.in_after - pipes->in_moved)
        n = (size_t)(pipes->faults.in_after - pipes->in_moved);
    if (n > 0) {
        answer_copy(pipes, a, u->bytes + u->filled, n);
        u->filled += n;
        pipes->counts.in_bytes += n;
        pipes->in_moved += end->interrupt ? 0 : (int64_t)n;
    }
    if (a->at < a->len) {
        if (u->filled == u->len)
            urb_end(pipes, u, 0);
        return true;
    }
    bool full = u->filled == u->len;
    if (a->zero_last && full && left > 0) { /* its zero-length packet goes to the next URB */
        urb_end(pipes, u, 0);
        return true;
    }
    bool ends = a->zero_last || a->len % end->max_packet != 0 || full;
    answer_drop(end);
    if (ends)
        urb_end(pipes, u, 0);
    return true;
}

static bool out_step(struct vusb_pipes *pipes, struct vusb_end *end, struct vusb_urb *u, int64_t now_us)
{
    if (end->halted) {
        urb_end(pipes, u, -EPIPE);
        return true;
    }
    if (end->held)
        return false;
    if (out_event(pipes, end, u))
        return true;
    if (pipes->faults.out_ms > 0 && u->due_us == 0)
        u->due_us = now_us + (int64_t)pipes->faults.out_ms * 1000;
    if (u->due_us > now_us)
        return false;
    u->filled = u->len;
    pipes->counts.out_bytes += u->filled;
    pipes->out_moved += end->interrupt ? 0 : (int64_t)u->filled;
    list_remove(&pipes->pending, u); /* what the device does with the bytes may end the other transfers */
    pipes->host.out(pipes->host.ctx, end->address, u->bytes, u->filled);
    list_append(&pipes->pending, u);
    urb_end(pipes, u, 0);
    return true;
}

static bool pump_once(struct vusb_pipes *pipes, int64_t now_us)
{
    bool seen[256] = { false };
    for (struct vusb_urb *u = pipes->pending; u; u = u->next) {
        uint8_t address = u->endpoint;
        if (u->control || seen[address])
            continue;
        seen[address] = true;
        struct vusb_end *end = end_of(pipes, address);
        if (address & 0x80 ? in_step(pipes, end, u, now_us) : out_step(pipes, end, u, now_us))
            return true; /* the list has changed */
    }
    return false;
}

void vusb_pipe_pump(struct vusb_pipes *pipes)
{
    if (pipes->pumping)
        return; /* a behaviour answers from within: the outer loop goes on */
    pipes->pumping = true;
    int64_t now_us = mono_us();
    while (!pipes->gone && !pipes->silent && pump_once(pipes, now_us))
        continue;
    pipes->pumping = false;
}

/* ---- answers ------------------------------------------------------------------------------------------------------- */

static void answer_add(struct vusb_end *end, const uint8_t *p, size_t n, bool zero_last, int64_t due_us)
{
    struct vusb_answer *a = calloc(1, sizeof *a + n);
    if (!a)
        vusb_die("out of memory");
    a->len = n;
    a->zero_last = zero_last;
    a->due_us = due_us;
    if (n > 0)
        memcpy(a->data, p, n);
    if (end->last)
        end->last->next = a;
    else
        end->first = a;
    end->last = a;
}

void vusb_pipe_send(struct vusb_pipes *pipes, uint8_t endpoint, const void *p, size_t n, unsigned delay_ms)
{
    struct vusb_end *end = end_of(pipes, endpoint);
    int64_t due_us = delay_ms ? mono_us() + (int64_t)delay_ms * 1000 : 0;
    size_t step = pipes->faults.short_max ? pipes->faults.short_max : n;
    const uint8_t *from = p;
    for (unsigned i = 0; i < pipes->faults.empty_each; i++)
        answer_add(end, NULL, 0, true, due_us);
    while (n > 0) {
        size_t k = n < step ? n : step;
        bool zero_last = k % end->max_packet == 0 && !pipes->faults.no_zlp && !end->interrupt;
        answer_add(end, from, k, zero_last, due_us);
        from += k;
        n -= k;
    }
}

void vusb_pipe_send_empty(struct vusb_pipes *pipes, uint8_t endpoint, unsigned n)
{
    while (n-- > 0)
        answer_add(end_of(pipes, endpoint), NULL, 0, true, 0);
}

void vusb_pipe_flush(struct vusb_pipes *pipes, uint8_t endpoint, bool begun_too)
{
    struct vusb_end *end = end_of(pipes, endpoint);
    struct vusb_answer *begun = !begun_too && end->first && end->first->at > 0 ? end->first : NULL;
    if (begun)
        end->first = begun->next;
    while (end->first)
        answer_drop(end);
    if (begun) {
        begun->next = NULL;
        end->first = end->last = begun;
    }
}

void vusb_pipe_halt(struct vusb_pipes *pipes, uint8_t endpoint)
{
    end_of(pipes, endpoint)->halted = true;
}

void vusb_pipe_hold(struct vusb_pipes *pipes, uint8_t endpoint, bool held)
{
    end_of(pipes, endpoint)->held = held;
}

void vusb_pipe_unhalt(struct vusb_pipes *pipes, uint8_t endpoint)
{
    end_of(pipes, endpoint)->halted = false;
}

void vusb_pipe_restart(struct vusb_pipes *pipes, uint8_t endpoint)
{
    vusb_pipe_unhalt(pipes, endpoint);
    vusb_pipe_flush(pipes, endpoint, true);
    pipes->silent = false;
}

void vusb_pipe_init(struct vusb_pipes *pipes, const struct vusb_file *file, const struct vusb_pipe_host *host)
{
    *pipes = (struct vusb_pipes){ .host = *host };
    for (size_t i = 0; i < file->endpoint_count; i++) {
        const struct vusb_endpoint_facts *e = &file->endpoints[i];
        bool known = false;
        for (size_t j = 0; j < pipes->end_count; j++)
            known = known || pipes->ends[j].address == e->address; /* another alternate setting */
        if (!known)
            pipes->ends[pipes->end_count++] =
                (struct vusb_end){ .address = e->address, .max_packet = e->max_packet, .interrupt = e->interrupt };
    }
}

void vusb_pipe_release(struct vusb_pipes *pipes)
{
    vusb_pipe_forget(pipes, NULL);
    for (size_t i = 0; i < pipes->end_count; i++)
        vusb_pipe_flush(pipes, pipes->ends[i].address, true);
}
