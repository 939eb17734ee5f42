/* escl_device.h - the eSCL server inside a virtual scanner: a feeder with sheets, a platen, jobs, and what may go wrong.
 * It speaks over the pipes of a virtual USB device, or over TCP as a running ipp-usb does. What it does differently
 * stands in its folder's `device` file:
 *     caps FILE              the capabilities; by default caps.xml in the folder
 *     chunked yes            bodies in chunks            until-close yes   bodies without length
 *     location FORMAT        the Location of a job, %s is its id
 *     early-404 N            the first N answers to NextDocument of each page are 404
 *     busy-503 N             the first N answers to a new job are 503
 *     feeder-end 409         an empty feeder answers 409 instead of 404
 *     interim-100 yes        a "100 Continue" before each answer
 *     first-interface N      the first pipe's interface
 *     reset-stalls yes       SOFT_RESET is refused
 *     server NAME            the Server field
 *     refuse-bilevel yes     BlackAndWhite1 is refused with 409
 *     host-plain yes         a Host with a port is answered by 404
 *     all-404 yes            everything is
 *     tail-crlf yes          an empty line behind each answer
 *     create-ms N            a new job is answered after so long
 *     empty-jams yes         a job with an empty feeder jams it */
#ifndef ESCL_DEVICE_H
#define ESCL_DEVICE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vusb.h"

struct escl_device;

/* A whole JPEG, always the same for one number and size. Lives as long as the program. */
const unsigned char *escl_page(unsigned number, size_t about_bytes, size_t *len);

/* On USB; plugged in by the caller. */
struct escl_device *escl_device_usb(struct vusb_bus *bus, const char *folder);
/* On a free port from 60000 on, *port, as ipp-usb has it. */
struct escl_device *escl_device_tcp(const char *folder, unsigned *port);
void escl_device_free(struct escl_device *e); /* the USB device belongs to its bus */
struct vusb_device *escl_device_vusb(struct escl_device *e);

/* The feeder holds pages first..first+count-1 (fronts and backs in turn when a job is duplex). */
void escl_device_load(struct escl_device *e, unsigned first, unsigned count);
unsigned escl_device_left(struct escl_device *e);
void escl_device_page_bytes(struct escl_device *e, size_t about_bytes); /* 3000 until set */
/* The page with this number (to 15) is the JPEG of a file. Before the device is used. */
void escl_device_page_file(struct escl_device *e, unsigned number, const char *path);

enum escl_trouble { ESCL_FINE = 0, ESCL_JAM, ESCL_COVER };
/* The page with this number does not come: 409 and the feeder's state, until it is set to ESCL_FINE. */
void escl_device_trouble(struct escl_device *e, enum escl_trouble what, unsigned at_page);
/* The page with this number breaks off in the middle: its length is told, half of it comes, then the jam. */
void escl_device_jam_inside(struct escl_device *e, unsigned at_page);
/* The page with this number has no end mark, as if cut off inside the device. */
void escl_device_cut_page(struct escl_device *e, unsigned at_page);
/* Somebody else's job: 503 to everything new. */
void escl_device_busy(struct escl_device *e, bool busy);
/* Pages come in pieces of 2 KiB, each after so many ms. */
void escl_device_slow(struct escl_device *e, unsigned piece_ms);

struct escl_counts {
    unsigned created, deleted, pages, open_jobs;
    unsigned outside; /* requests without Host: localhost, with Expect, or out of order */
};
struct escl_counts escl_device_counts(struct escl_device *e);
/* Copies the last ScanSettings. */
void escl_device_settings(struct escl_device *e, char *out, size_t cap);
#endif
