/* printer_port.h - the way to a receipt printer: libusb, or the kernel's /dev/usb/lpN. Failures carry the values of
 * enum jem_usb_fault in err->native on both. Private to hw. */
#ifndef JEM_HW_PRINTER_PORT_H
#define JEM_HW_PRINTER_PORT_H
#include "jemput/printer.h"

struct printer_port_ops {
    /* Sends within timeout_ms; *done bytes were taken, also on failure (JEM_USB_TIMEOUT: the printer takes no more). The
     * kernel's driver takes bytes before the printer does, and throws away what is on the way when it is closed: with
     * n = 0, JEM_OK means that nothing is on the way any more. */
    enum jem_code (*write)(void *self, const unsigned char *p, size_t n, int timeout_ms, const atomic_bool *cancel,
        size_t *done, struct jem_error *err);
    /* What the printer says within timeout_ms. *got 0: nothing. Fails only when the printer cannot be heard at all. */
    enum jem_code (*read)(void *self, unsigned char *p, size_t cap, int timeout_ms, size_t *got, struct jem_error *err);
    /* GET_PORT_STATUS; -1 when it is not answered. */
    int (*port_status)(void *self);
    /* SOFT_RESET of the printer class: its buffers are flushed. Printers that do not know it go on. */
    void (*soft_reset)(void *self);
    /* After JEM_USB_STALL on a write. */
    enum jem_code (*clear)(void *self, struct jem_error *err);
    void (*free)(void *self);
};
struct printer_port {
    const struct printer_port_ops *ops;
    void *self;
};

struct jem_usb_alt;
/* The setting that prints: class 7, one- or two-way; or the first with a bulk OUT of a device that is known to print
 * although its interface says "vendor specific". NULL: none. Office printers with IPP-USB are none of ours. */
const struct jem_usb_alt *printer_usb_alt(const struct jem_usb_info *info);
JEM_NODISCARD enum jem_code printer_usb_open(struct jem_usb *usb, const char *usb_id, struct printer_port *out,
    struct jem_error *err);
/* The IEEE 1284 id of a plugged-in printer, "" when it does not tell or is in use. */
void printer_usb_id1284(struct jem_usb *usb, const struct jem_usb_info *info, char out[512]);

JEM_NODISCARD enum jem_code printer_lp_open(const char *node, struct printer_port *out, struct jem_error *err);
struct printer_lp { /* a node of the kernel's driver, and where it is plugged in */
    char node[96], path[32], maker[64], model[64], serial[64], id1284[512];
    uint16_t vendor, product;
};
/* What /sys/class/usbmisc has; *out is the caller's. NULL: none. */
JEM_NODISCARD enum jem_code printer_lp_list(struct printer_lp **out, size_t *count, struct jem_error *err);

/* The profiles name this device. */
bool printer_is_known(uint16_t vendor, uint16_t product);
/* True when an IEEE 1284 id names a language of office printers (PCL, PostScript, ...): they print ESC/POS as pages of
 * garbage, and CUPS has them. */
bool printer_is_office(const char *id1284);
#endif
