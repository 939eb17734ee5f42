/* vusb.h - virtual USB devices under real libusb code, on umockdev. Programs that use it run under umockdev-wrapper
 * (tests/run does that for tests/devices).
 *
 * A device is a folder with a file `device`, lines of "key value", # begins a comment:
 *     vendor 04b8            product 0202           (hexadecimal; required)
 *     maker T   model T   serial T                  (string descriptors; a serial that is missing is not told)
 *     speed 480                                     (megabits)
 *     port 3                                        (socket: bus path "1-3"; 1..15; by default the next free one)
 *     interface 0 alt 1 class 7/1/4                 (decimal; begins an interface setting)
 *     extra 09 21 11 01 00 01 22 3f 00              (bytes after that interface's descriptor: HID class descriptor)
 *     endpoint 81 bulk 512                          (hexadecimal address; bulk | interrupt; bytes a packet)
 *     driver usblp                                  (the kernel's driver on this interface until it is detached)
 *     report 05 8c 09 02 ...                        (HID report descriptor)
 *     id1284 MFG:...;MDL:...;                       (answer to GET_DEVICE_ID)
 * Every other key is the behaviour's own: vusb_key tells its value.
 *
 * State is kept under one recursive lock; behaviours are called with it held, in umockdev's thread or in the thread
 * that called vusb_*. They may call vusb_send, vusb_send_later, vusb_fault, vusb_halt, vusb_hold and vusb_pull. */
#ifndef VUSB_H
#define VUSB_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vusb_bus;
struct vusb_device;

struct vusb_behaviour { /* each may be NULL */
    /* The host sent bytes on an OUT endpoint (one transfer). */
    void (*out)(struct vusb_device *d, void *ctx, uint8_t endpoint, const uint8_t *p, size_t n);
    /* A class or vendor request that the harness does not answer by itself (it answers descriptors, GET_DEVICE_ID,
     * SET_CONFIGURATION). Returns the bytes put in data, or -1 to stall. */
    int (*control)(struct vusb_device *d, void *ctx, const uint8_t setup[8], uint8_t *data, size_t len);
    /* SET_INTERFACE on interface >= 0; bus reset: interface -1; plugged in: interface -2. What was queued for the host
     * is gone already. */
    void (*restart)(struct vusb_device *d, void *ctx, int interface, int alt);
};

/* The one bus. Ends the program with a message when umockdev is not there. */
struct vusb_bus *vusb_bus_new(void);
void vusb_bus_free(struct vusb_bus *bus); /* with its devices */
/* Reads folder/device. Not plugged in yet. */
struct vusb_device *vusb_device_new(struct vusb_bus *bus, const char *folder, const struct vusb_behaviour *behaviour,
    void *ctx);
/* A value of `device`, NULL when the key is not there; the nth of equal keys. Lives as long as the device. */
const char *vusb_key(const struct vusb_device *d, const char *key, size_t nth);
void vusb_plug(struct vusb_device *d);
void vusb_unplug(struct vusb_device *d); /* the cable is pulled; returns when the system was told. Harmless twice */
bool vusb_plugged(struct vusb_device *d);
/* The cable is pulled now; the system is told a moment later by the harness's own thread. */
void vusb_pull(struct vusb_device *d);
/* "1-3/SERIAL" as jem_usb_info.id has it. */
const char *vusb_id(struct vusb_device *d);
unsigned vusb_address(struct vusb_device *d); /* another one each time it is plugged in */

/* Queues bytes for the host on an IN endpoint, as one answer: it ends with a short packet (a zero-length one when it
 * must, unless the no_zlp fault is on). */
void vusb_send(struct vusb_device *d, uint8_t endpoint, const void *p, size_t n);
/* The same after a while; answers of one endpoint keep their order. */
void vusb_send_later(struct vusb_device *d, uint8_t endpoint, const void *p, size_t n, unsigned delay_ms);
/* n packets without a byte. */
void vusb_send_empty(struct vusb_device *d, uint8_t endpoint, unsigned n);
void vusb_flush(struct vusb_device *d, uint8_t endpoint); /* forgets what is queued on an IN endpoint */
void vusb_cut(struct vusb_device *d, uint8_t endpoint);  /* the same, but an answer that has begun goes on to its end */
void vusb_halt(struct vusb_device *d, uint8_t endpoint); /* stalls until the host clears it */
/* The device takes no more bytes on an OUT endpoint (NAK) until it is let go. */
void vusb_hold(struct vusb_device *d, uint8_t endpoint, bool held);
bool vusb_claimed(struct vusb_device *d, int interface);

enum vusb_event {
    VUSB_NONE = 0,
    VUSB_UNPLUG,  /* the cable is pulled there */
    VUSB_STALL,   /* the endpoint halts there, once; after clear_halt it goes on */
    VUSB_SILENCE, /* nothing more moves until a reset, a SET_INTERFACE or a replug */
    VUSB_GARBAGE, /* the next 64 bytes are noise (IN) */
    VUSB_LOSS,    /* the next 700 bytes are lost (IN) */
    VUSB_EMPTY,   /* the transfer ends there, and three come without a byte; nothing is lost (IN) */
    VUSB_HALF     /* the answer breaks off there: its rest never comes (IN) */
};
struct vusb_faults {
    enum vusb_event in_event; /* once, when in_after bulk IN bytes were sent since vusb_fault was called */
    int64_t in_after;
    enum vusb_event out_event; /* UNPLUG, STALL or SILENCE: the same for OUT bytes taken */
    int64_t out_after;
    unsigned short_max;  /* cuts answers into transfers of at most so many bytes; 0: off */
    unsigned empty_each; /* zero-length packets before each answer */
    bool no_zlp;         /* an answer of a multiple of the packet size ends without a zero-length packet */
    bool held;           /* another program holds every interface: claims fail */
    unsigned out_ms;     /* each OUT transfer takes so long */
};
void vusb_fault(struct vusb_device *d, const struct vusb_faults *faults); /* NULL: none */

struct vusb_counts {
    uint64_t urbs, in_bytes, out_bytes, resets, alt_sets;
    unsigned most_in_flight; /* IN transfers of one endpoint */
};
struct vusb_counts vusb_counts(struct vusb_device *d);
/* Where the virtual /sys and /dev are: UMOCKDEV_DIR for another process. */
const char *vusb_bus_dir(const struct vusb_bus *bus);
#endif
