/* vusb_pipe.h - the endpoints of a virtual device: URBs of the host, answers of the device, faults. The caller holds the
 * device's lock. */
#ifndef VUSB_PIPE_H
#define VUSB_PIPE_H
#include "vusb.h"
#include "vusb_file.h"

struct vusb_urb { /* a transfer of the host */
    struct vusb_urb *next;
    const void *owner; /* the program that it belongs to; only compared */
    uint64_t id;       /* the host's name for it */
    void *host;        /* what the host keeps with it */
    uint8_t endpoint;
    bool control;
    uint8_t *bytes; /* the host's */
    size_t len;
    int status; /* 0 or -errno, once it is done */
    size_t filled;
    int64_t due_us; /* OUT: when the device has taken it; 0: not begun */
};

struct vusb_answer {
    struct vusb_answer *next;
    int64_t due_us;
    size_t len, at;
    bool zero_last; /* ends with a zero-length packet of its own */
    uint8_t data[];
};
struct vusb_end { /* one endpoint */
    uint8_t address;
    uint16_t max_packet;
    bool interrupt, halted, held;
    struct vusb_answer *first, *last;
};
struct vusb_pipe_host {
    void (*ready)(void *ctx, bool ready); /* a URB can be reaped, or none */
    void (*out)(void *ctx, uint8_t endpoint, const uint8_t *p, size_t n);
    void (*drop)(void *ctx, struct vusb_urb *urb); /* frees what the host keeps with it */
    void *ctx;
};
struct vusb_pipes {
    struct vusb_end ends[32];
    size_t end_count;
    struct vusb_pipe_host host;
    struct vusb_urb *pending, *done;
    struct vusb_faults faults;
    struct vusb_counts counts;
    int64_t in_moved, out_moved; /* bulk bytes since the faults were set */
    size_t noise_left, loss_left;
    unsigned empty_left;
    bool gone, silent, pumping;
};
void vusb_pipe_init(struct vusb_pipes *pipes, const struct vusb_file *file, const struct vusb_pipe_host *host);
void vusb_pipe_release(struct vusb_pipes *pipes);
/* Takes over what `urb` holds. */
struct vusb_urb *vusb_pipe_submit(struct vusb_pipes *pipes, struct vusb_urb urb);
void vusb_pipe_finish(struct vusb_pipes *pipes, struct vusb_urb *u, int status, size_t filled);
/* The first that is done, of one owner (NULL: of any). The caller drops it. */
struct vusb_urb *vusb_pipe_take(struct vusb_pipes *pipes, const void *owner);
void vusb_pipe_drop(struct vusb_pipes *pipes, struct vusb_urb *u);
int vusb_pipe_discard(struct vusb_pipes *pipes, const void *owner, uint64_t id); /* 0 or -errno */
void vusb_pipe_forget(struct vusb_pipes *pipes, const void *owner);              /* NULL: every owner */
void vusb_pipe_pump(struct vusb_pipes *pipes);                                   /* moves all that can be moved */
void vusb_pipe_gone(struct vusb_pipes *pipes);
void vusb_pipe_restart(struct vusb_pipes *pipes, uint8_t endpoint); /* unhalts, forgets answers, ends silence */
void vusb_pipe_send(struct vusb_pipes *pipes, uint8_t endpoint, const void *p, size_t n, unsigned delay_ms);
void vusb_pipe_send_empty(struct vusb_pipes *pipes, uint8_t endpoint, unsigned n);
void vusb_pipe_flush(struct vusb_pipes *pipes, uint8_t endpoint, bool begun_too);
void vusb_pipe_halt(struct vusb_pipes *pipes, uint8_t endpoint);
void vusb_pipe_hold(struct vusb_pipes *pipes, uint8_t endpoint, bool held);
void vusb_pipe_unhalt(struct vusb_pipes *pipes, uint8_t endpoint);
void vusb_pipe_faults(struct vusb_pipes *pipes, const struct vusb_faults *faults);
#endif
