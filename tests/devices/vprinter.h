/* vprinter.h - a virtual receipt printer: the paper of escpos_view behind the USB of vusb. Its folder says
 * which endpoints print and tell, how wide its head is, whether it answers (yes|no), and its port status (`status`,
 * hexadecimal; none: it stalls the request). */
#ifndef VPRINTER_H
#define VPRINTER_H
#include <pthread.h>
#include <stdint.h>

#include "escpos_view.h"
#include "vusb.h"

struct vprinter {
    struct vusb_device *device;
    struct escpos_view view; /* under the lock */
    pthread_mutex_t lock;
    unsigned char out, in; /* endpoints */
    int status;            /* of the port; -1: stalls */
    size_t buffer_bytes;   /* that it takes while it cannot print; then it takes nothing */
    unsigned answer_ms;    /* its answers come so late */
    unsigned soft_resets;
    int64_t last_us;        /* CLOCK_MONOTONIC when the last bytes came, before they were executed */
    uint64_t taken;         /* bytes */
    bool noisy;             /* answers with noise */
    bool deaf_reset;        /* stalls SOFT_RESET, as the cheapest do */
    unsigned char said[64]; /* what it has to tell, once the lock is free */
    size_t said_len;
};
/* Not plugged in yet. */
void vprinter_make(struct vprinter *p, struct vusb_bus *bus, const char *folder);
void vprinter_drop(struct vprinter *p); /* after the bus */
/* The officer's hands: a new roll, the cover, the switch. */
void vprinter_sense(struct vprinter *p, struct escpos_sensors sensors);
/* A roll with so many rows left; -1: endless. */
void vprinter_roll(struct vprinter *p, long rows);
/* What stands on the paper is torn off. */
void vprinter_tear(struct vprinter *p);
/* Switched off and on: what waited in it is gone. */
void vprinter_power(struct vprinter *p);
#endif
