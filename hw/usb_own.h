/* usb_own.h - what the files of usb share; the only header that includes libusb. */
#ifndef JEM_HW_USB_OWN_H
#define JEM_HW_USB_OWN_H
#include <libusb.h>
#include <pthread.h>

#include "usb.h"

/* What is known of a device that is plugged in: when it leaves, sysfs tells nothing any more. */
struct jem_usb_known {
    libusb_device *lib; /* referenced; NULL: a free place */
    bool asked;         /* the device itself was asked for its strings */
    struct jem_usb_info info;
};
#define JEM_USB_KNOWN_MAX 64

struct jem_usb {
    libusb_context *ctx;
    libusb_hotplug_callback_handle hotplug;
    pthread_t thread;
    pthread_mutex_t lock; /* devices */
    atomic_bool stop;
    atomic_uint changes;
    struct jem_usb_device *devices;                /* that are open */
    struct jem_usb_known known[JEM_USB_KNOWN_MAX]; /* guarded by lock */
};

/* One transfer and its buffer. It belongs to its device until the device is closed. */
struct jem_usb_transfer {
    struct jem_usb_transfer *next;
    struct jem_usb_device *device;
    struct libusb_transfer *lib;
    unsigned char *buffer;
    size_t size;
    bool flying; /* guarded by device->lock */
    bool lost;   /* was not given back in time: only freed at close */
};

struct jem_usb_device {
    struct jem_usb_device *next;
    struct jem_usb *usb;
    libusb_device_handle *handle;
    struct jem_usb_info info;
    pthread_mutex_t lock; /* transfers' flying */
    pthread_cond_t landed;
    atomic_bool gone;
    uint32_t claimed; /* a bit an interface */
    struct jem_usb_transfer *transfers;
};

/* ---- usb_list.c ---- */
/* What sysfs and the cached descriptors tell; opens nothing. False for a hub or a device without configuration. */
bool jem_usb_info_read(libusb_device *lib, struct jem_usb_info *out);
/* Whether another program prints through the kernel's node of this interface (/dev/usb/lpN, which only one may open): taking the
 * interface from the driver would cut its job off. `node` gets the name. */
bool jem_usb_node_held(const struct jem_usb_info *info, uint8_t interface, char node[40]);
/* The device with this identity. Referenced: libusb_unref_device. NULL when there is none. */
libusb_device *jem_usb_find(struct jem_usb *usb, const char *id, struct jem_usb_info *out);

/* ---- usb.c ---- */
void jem_usb_remember(struct jem_usb *usb, libusb_device *lib, const struct jem_usb_info *info, bool asked);
/* What is remembered of a device that was asked. */
bool jem_usb_recall(struct jem_usb *usb, const libusb_device *lib, struct jem_usb_info *out);
/* Writes the message of a libusb error and returns its code. */
enum jem_code jem_usb_fail(struct jem_usb_device *device, int native, struct jem_error *err);

/* ---- usb_transfer.c ---- */
struct jem_usb_transfer *jem_usb_transfer_new(struct jem_usb_device *device, size_t size);
void jem_usb_transfer_free(struct jem_usb_transfer *transfer); /* NULL accepted; takes it back first */
/* Submits `len` bytes of the buffer on an endpoint (the kind is known from the endpoint). 0 or a libusb error. */
int jem_usb_transfer_start(struct jem_usb_transfer *transfer, uint8_t endpoint, bool interrupt, size_t len);
/* Waits until it has landed. 0 | JEM_USB_TIMEOUT | JEM_USB_CANCELLED | JEM_USB_GONE; it flies on unless 0. */
int jem_usb_transfer_wait(struct jem_usb_transfer *transfer, int64_t deadline_ms, const atomic_bool *cancel);
/* Takes back those that fly, the last first: a transfer never loses bytes to one behind it. */
void jem_usb_transfers_take_back(struct jem_usb_transfer *const *transfers, size_t n);
/* 0 or a libusb error, of a landed transfer. A bus error of a device that is about to go is JEM_USB_GONE. */
int jem_usb_transfer_result(const struct jem_usb_transfer *transfer);
bool jem_usb_transfer_flies(struct jem_usb_transfer *transfer);
bool jem_usb_endpoint_interrupt(const struct jem_usb_device *device, uint8_t endpoint);
#endif
