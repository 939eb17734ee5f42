/* vusb_pipe.h - the endpoints of a virtual device: URBs of the host, answers of the device, faults. The caller holds the
 * device's lock. */
#ifndef VUSB_PIPE_H
#define VUSB_PIPE_H
#include "vusb.h"
#include "vusb_file.h"

/* As in umockdev.h. */
typedef struct _UMockdevIoctlData UMockdevIoctlData;
typedef struct _UMockdevIoctlClient UMockdevIoctlClient;

struct vusb_urb; /* a transfer of the host */

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
    bool gone, silent, pumping;
};
void vusb_pipe_init(struct vusb_pipes *pipes, const struct vusb_file *file, const struct vusb_pipe_host *host);
void vusb_pipe_release(struct vusb_pipes *pipes);
/* Takes both references. */
struct vusb_urb *vusb_pipe_submit(struct vusb_pipes *pipes, UMockdevIoctlClient *client, UMockdevIoctlData *urb,
    UMockdevIoctlData *buffer);
void vusb_pipe_finish(struct vusb_pipes *pipes, struct vusb_urb *u, int status, int actual);
int vusb_pipe_reap(struct vusb_pipes *pipes, UMockdevIoctlClient *client, UMockdevIoctlData *arg); /* 0 or -errno */
int vusb_pipe_discard(struct vusb_pipes *pipes, UMockdevIoctlClient *client, unsigned long address);
void vusb_pipe_forget(struct vusb_pipes *pipes, void *client);
void vusb_pipe_pump(struct vusb_pipes *pipes); /* moves all that can be moved */
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
