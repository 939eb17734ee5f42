/* usb.h - one USB device in use: claims, control, bulk and interrupt transfers.
 *
 * One owner a device: a second jem_usb_open of the same device is refused. Every wait ends by time, by the cancel flag
 * or by an unplug; a wait that ends early takes its transfers back before it returns. A device is used by one thread
 * at a time; jem_usb_gone may be asked from any.
 *
 * Failures say what happened in err->native (err must not be NULL where the caller needs to tell them apart):
 *   JEM_USB_GONE       unplugged                             JEM_EIO
 *   JEM_USB_STALL      the endpoint is halted: clear it      JEM_EIO
 *   JEM_USB_TIMEOUT    nothing within wait.timeout_ms        JEM_EIO
 *   JEM_USB_CANCELLED  *wait.cancel was set                  JEM_EBUSY
 *   JEM_USB_DENIED     no permission                         JEM_EDENIED
 *   JEM_USB_HELD       another program holds it (is named)   JEM_EBUSY
 *   JEM_USB_OVERFLOW   the device sent more than was asked   JEM_EIO
 *   JEM_USB_FAILED     any other failure of the bus          JEM_EIO */
#ifndef JEM_HW_USB_H
#define JEM_HW_USB_H
#include "jemput/buf.h"
#include "jemput/usb.h"

enum jem_usb_fault { /* the values of libusb */
    JEM_USB_FAILED = -1,
    JEM_USB_DENIED = -3,
    JEM_USB_GONE = -4,
    JEM_USB_HELD = -6,
    JEM_USB_TIMEOUT = -7,
    JEM_USB_OVERFLOW = -8,
    JEM_USB_STALL = -9,
    JEM_USB_CANCELLED = -10
};

struct jem_usb_device;

struct jem_usb_wait {
    int timeout_ms;            /* of the whole call */
    const atomic_bool *cancel; /* may be NULL; looked at every 20 ms */
};

/* By jem_usb_info.id, wherever it is plugged in now when its serial number is found on one device only (a device moved
 * to another socket keeps its identity). JEM_ENOTFOUND not plugged in | JEM_EBUSY open already | JEM_EDENIED (says what
 * to install) | JEM_EIO */
JEM_NODISCARD enum jem_code jem_usb_open(struct jem_usb *usb, const char *id, struct jem_usb_device **out,
    struct jem_error *err);
/* Whether a part of this program has it open. */
bool jem_usb_opened(struct jem_usb *usb, const struct jem_usb_info *info);
/* Takes back transfers, releases claims (the kernel's driver gets its interface again). NULL accepted. */
void jem_usb_close(struct jem_usb_device *device);
const struct jem_usb_info *jem_usb_device_info(const struct jem_usb_device *device);
bool jem_usb_gone(const struct jem_usb_device *device);

/* The report descriptor of a HID interface as the kernel's driver read it (/sys, no permission needed): the driver keeps its
 * interface. 0: no driver holds it. */
size_t jem_usb_hid_report(const struct jem_usb_info *info, uint8_t interface, void *out, size_t cap);

/* Detaches the kernel's driver when there is one, claims, sets the alternate setting (also when it is 0 and the
 * interface has several). JEM_EBUSY: the message names the holder. */
JEM_NODISCARD enum jem_code jem_usb_claim(struct jem_usb_device *device, uint8_t interface, uint8_t alt,
    struct jem_error *err);
void jem_usb_release(struct jem_usb_device *device, uint8_t interface);

/* A control transfer. `type` is bmRequestType; data goes out, or comes in when type has bit 0x80; at most 4096 bytes.
 * *done (may be NULL) counts the bytes of the data stage. */
JEM_NODISCARD enum jem_code jem_usb_control(struct jem_usb_device *device, uint8_t type, uint8_t request,
    uint16_t value, uint16_t index, void *data, uint16_t len, struct jem_usb_wait wait, size_t *done,
    struct jem_error *err);

/* Sends n bytes on a bulk (or interrupt) OUT endpoint, several transfers in flight. *done (may be NULL) says how many
 * bytes the device took, also on failure. */
JEM_NODISCARD enum jem_code jem_usb_write(struct jem_usb_device *device, uint8_t endpoint, const void *p, size_t n,
    struct jem_usb_wait wait, size_t *done, struct jem_error *err);

/* One read of at most cap bytes on a bulk or interrupt IN endpoint: for status bytes and reports. JEM_OK with *got = 0
 * is a zero-length packet. */
JEM_NODISCARD enum jem_code jem_usb_read(struct jem_usb_device *device, uint8_t endpoint, void *p, size_t cap,
    struct jem_usb_wait wait, size_t *got, struct jem_error *err);

/* A stream of reads with several transfers in flight on one IN endpoint. Nothing that the device sent is lost when a
 * wait ends early: what came stays in the stream. */
struct jem_usb_stream;
/* transfer_bytes: a multiple of 1024; transfers: 1..32 kept in flight while somebody reads. */
JEM_NODISCARD enum jem_code jem_usb_stream_open(struct jem_usb_device *device, uint8_t endpoint, size_t transfer_bytes,
    unsigned transfers, struct jem_usb_stream **out, struct jem_error *err);
/* The next bytes in order, as soon as there are any. JEM_OK with *got = 0 is a zero-length packet ("wait"). `want`
 * bounds what is asked of the device ahead of the reader: transfers are only kept in flight for that many bytes
 * (SIZE_MAX: unknown). After JEM_USB_TIMEOUT every transfer has been taken back and what the device had sent into a
 * half-filled one comes first with the next call. */
JEM_NODISCARD enum jem_code jem_usb_stream_read(struct jem_usb_stream *stream, void *p, size_t cap, size_t want,
    struct jem_usb_wait wait, size_t *got, struct jem_error *err);
/* Takes back the transfers in flight; bytes that came stay readable. */
void jem_usb_stream_pause(struct jem_usb_stream *stream);
/* Bytes that came and nobody read yet. */
size_t jem_usb_stream_left(struct jem_usb_stream *stream);
/* Forgets them (after a reset). */
void jem_usb_stream_drop(struct jem_usb_stream *stream);
void jem_usb_stream_close(struct jem_usb_stream *stream); /* NULL accepted */

JEM_NODISCARD enum jem_code jem_usb_clear_halt(struct jem_usb_device *device, uint8_t endpoint, struct jem_error *err);
/* Resets the port; the claims stay. JEM_USB_GONE when the device came back as another one. */
JEM_NODISCARD enum jem_code jem_usb_reset(struct jem_usb_device *device, struct jem_error *err);
#endif
