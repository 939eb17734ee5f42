/* ippusb.h - IPP over USB: one or two HTTP pipes to a device, each an interface with two bulk endpoints.
 * Source: USB-IF, IPP Protocol Specification 1.0; interfaces 7/1/4, HP's older ones 255/9/1. */
#ifndef JEM_HW_IPPUSB_H
#define JEM_HW_IPPUSB_H
#include "http1.h"

#define JEM_IPPUSB_PIPES_MAX 2
/* The settings to claim, at most `cap`, one an interface. 0: this is no such device. Pure. */
size_t jem_ippusb_alts(const struct jem_usb_info *info, const struct jem_usb_alt **out, size_t cap);

struct jem_ippusb;
/* Claims, resets, and throws away what an earlier program left in the pipes. JEM_ENOTFOUND not plugged in | JEM_EBUSY
 * held (the holder is named) | JEM_EDENIED | JEM_EIO */
JEM_NODISCARD enum jem_code jem_ippusb_open(struct jem_usb *usb, const char *id, struct jem_ippusb **out,
    struct jem_error *err);
void jem_ippusb_close(struct jem_ippusb *device); /* NULL accepted */
bool jem_ippusb_gone(const struct jem_ippusb *device);
unsigned jem_ippusb_quirks(const struct jem_ippusb *device);
/* Pipe 0 is for all; pipe 1, when there is one (else NULL), for what must not wait behind a page. */
struct jem_http1_pipe *jem_ippusb_pipe(struct jem_ippusb *device, unsigned i);
#endif
