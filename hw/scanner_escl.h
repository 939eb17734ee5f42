/* scanner_escl.h - an eSCL scanner behind USB or behind a running ipp-usb. */
#ifndef JEM_HW_SCANNER_ESCL_H
#define JEM_HW_SCANNER_ESCL_H
#include "escl_job.h"
#include "ippusb.h"

struct jem_scanner_escl {
    struct jem_usb *usb; /* NULL: over the loopback */
    char id[160];        /* of the USB device */
    unsigned port;       /* of ipp-usb */
    struct jem_ippusb *device;
    struct jem_http1_pipe *tcp, *tcp_aside;
    struct jem_escl escl;
};
#endif
