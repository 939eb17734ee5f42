/* usb.h - the USB devices that are plugged in: one context a process, with one event thread of its own.
 * The application makes one and lends it to scanners, printers and readers; doctor and devices look at the list. */
#ifndef JEMPUT_USB_H
#define JEMPUT_USB_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jemput/error.h"

struct jem_usb;

#define JEM_USB_ALTS_MAX 48

struct jem_usb_endpoint { /* address 0: the interface has none of this kind */
    uint8_t address;      /* with bit 0x80 when it is an IN endpoint */
    uint16_t max_packet;
};
/* One alternate setting of one interface. */
struct jem_usb_alt {
    uint8_t interface, alt, class, subclass, protocol;
    struct jem_usb_endpoint bulk_in, bulk_out, interrupt_in; /* the first of each kind */
};
struct jem_usb_info {
    char id[112];  /* identity: "1-2.3/SERIAL", or "1-2.3/04b8:0202" when it tells no serial number */
    char path[32]; /* bus and ports, "1-2.3": stays when it is plugged in again at the same socket */
    uint8_t bus, address;
    uint16_t vendor, product;
    char maker[64], model[64], serial[64]; /* UTF-8 without control characters; "" when not told */
    uint8_t configuration;                 /* bConfigurationValue */
    size_t alt_count;
    struct jem_usb_alt alts[JEM_USB_ALTS_MAX];
};

/* Starts the event thread. JEM_EIO libusb cannot start | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_usb_new(struct jem_usb **out, struct jem_error *err);
/* Every device opened from it must be closed before. NULL accepted. */
void jem_usb_free(struct jem_usb *usb);

/* What is plugged in now, without hubs, sorted by path. *out is the caller's: free(). NULL when there is none. */
JEM_NODISCARD enum jem_code jem_usb_list(struct jem_usb *usb, struct jem_usb_info **out, size_t *count,
    struct jem_error *err);

/* Grows with every arrival and departure: a cheap way to see that a list is stale. */
unsigned jem_usb_changes(struct jem_usb *usb);

/* Whether this user may open the device. JEM_OK | JEM_EDENIED (the message says what to install) | JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_usb_may_open(struct jem_usb *usb, const char *id, struct jem_error *err);
/* The name for people: maker and model, or the id. */
void jem_usb_info_label(const struct jem_usb_info *info, char out[160]);
/* Names who holds an interface: "usblp (kernel)", "ipp-usb (812)"; "" when nobody does. */
void jem_usb_holder(const struct jem_usb_info *info, uint8_t interface, char out[64]);
#endif
