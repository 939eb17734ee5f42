/* scan_kit.h - a scanner under test: the virtual device, the scanner opened, the pages that came. */
#ifndef SCAN_KIT_H
#define SCAN_KIT_H
#include "escl_device.h"
#include "jemput/scanner.h"
#include "jemput/usb.h"

struct jem_escl_times;

#define SCAN_KIT_PAGES 64
struct scan_kit {
    struct vusb_bus *bus;
    struct escl_device *device;
    struct jem_usb *usb;
    struct jem_scanner *scanner;
    char id[160];
    size_t page_bytes;
    struct {
        unsigned char *jpeg;
        size_t len;
        unsigned number, dpi;
        enum jem_scan_side side;
        enum jem_scan_source source;
        bool again;
    } pages[SCAN_KIT_PAGES];
    unsigned count;
    atomic_bool cancel;
    unsigned cancel_at;                        /* sets the flag when so many pages are here; 0: never */
    const struct vusb_faults *fault_at_cancel; /* what comes from then on has this fault; NULL: none */
    unsigned sink_fails_at;                    /* the sink refuses the page after so many; 0: never */
    struct jem_scan_report report;
    struct jem_error err;
};
extern const struct jem_escl_times scan_kit_times; /* waits of tenths of a second */

/* A device of a folder under tests/devices, plugged in, its scanner opened with the short waits. */
struct scan_kit *scan_kit_new(const char *folder);
void scan_kit_free(struct scan_kit *k);
void scan_kit_times_set(struct jem_scanner *scanner, const struct jem_escl_times *times);
/* One run, its pages appended. */
enum jem_code scan_kit_scan(struct scan_kit *k, enum jem_scan_source source, enum jem_scan_colour colour, unsigned dpi);
void scan_kit_forget(struct scan_kit *k); /* a new batch: forgets pages and report */
/* Page i (from 0) is page `number` of the device, byte by byte. */
bool scan_kit_page_is(const struct scan_kit *k, unsigned i, unsigned number);
/* Pulls the cable when it is in, and plugs it in; returns when libusb knows. */
void scan_kit_replug(struct scan_kit *k);
#endif
