/* printer_usb.c - receipt printers through libusb: the bulk pipes of a printer-class interface and its three requests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "printer_port.h"
#include "usb.h"

#define USB_REQUEST_MS 500
#define REQUEST_IN 0xA1 /* class request to an interface, data comes in */
#define REQUEST_OUT 0x21
#define GET_DEVICE_ID 0
#define GET_PORT_STATUS 1
#define SOFT_RESET 2

#define CLASS_PRINTER 7
#define CLASS_VENDOR 255

struct usb_printer {
    struct jem_usb_device *device;
    struct jem_usb_alt alt;
};

const struct jem_usb_alt *printer_usb_alt(const struct jem_usb_info *info)
{
    const struct jem_usb_alt *found = NULL;
    bool known = printer_is_known(info->vendor, info->product);
    for (size_t i = 0; i < info->alt_count; i++) {
        const struct jem_usb_alt *a = &info->alts[i];
        if (a->class == CLASS_PRINTER && a->subclass == 1 && a->protocol == 4)
            return NULL;
        bool fits = a->bulk_out.address != 0 &&
                    ((a->class == CLASS_PRINTER && a->subclass == 1) || (known && a->class == CLASS_VENDOR));
        /* Two-way before one-way, printer class before vendor's own. */
        if (fits && (found == NULL || (found->bulk_in.address == 0 && a->bulk_in.address != 0) ||
                        (found->class != CLASS_PRINTER && a->class == CLASS_PRINTER)))
            found = a;
    }
    return found;
}

static enum jem_code usb_write(void *self, const unsigned char *p, size_t n, int timeout_ms, const atomic_bool *cancel,
    size_t *done, struct jem_error *err)
{
    struct usb_printer *u = self;
    *done = 0;
    return jem_usb_write(u->device, u->alt.bulk_out.address, p, n,
        (struct jem_usb_wait){ .timeout_ms = timeout_ms, .cancel = cancel }, done, err);
}

static enum jem_code usb_read(void *self, unsigned char *p, size_t cap, int timeout_ms, size_t *got,
    struct jem_error *err)
{
    struct usb_printer *u = self;
    *got = 0;
    if (u->alt.bulk_in.address == 0)
        return jem_fail(err, JEM_EIO, JEM_D_HW, JEM_USB_FAILED, JEM_T_PRINTER_FAULT);
    enum jem_code rc = jem_usb_read(u->device, u->alt.bulk_in.address, p, cap,
        (struct jem_usb_wait){ .timeout_ms = timeout_ms }, got, err);
    if (rc == JEM_OK || err->native == JEM_USB_GONE)
        return rc;
    if (err->native == JEM_USB_STALL)
        return jem_usb_clear_halt(u->device, u->alt.bulk_in.address, err);
    return JEM_OK;
}

static int usb_port_status(void *self)
{
    struct usb_printer *u = self;
    unsigned char status = 0;
    size_t done = 0;
    struct jem_error err;
    enum jem_code rc = jem_usb_control(u->device, REQUEST_IN, GET_PORT_STATUS, 0, u->alt.interface, &status, 1,
        (struct jem_usb_wait){ .timeout_ms = USB_REQUEST_MS }, &done, &err);
    return rc == JEM_OK && done == 1 ? status : -1;
}

static void usb_soft_reset(void *self)
{
    struct usb_printer *u = self;
    struct jem_error err;
    enum jem_code rc = jem_usb_control(u->device, REQUEST_OUT, SOFT_RESET, 0, u->alt.interface, NULL, 0,
        (struct jem_usb_wait){ .timeout_ms = USB_REQUEST_MS }, NULL, &err);
    (void)rc;
}

static enum jem_code usb_clear(void *self, struct jem_error *err)
{
    struct usb_printer *u = self;
    return jem_usb_clear_halt(u->device, u->alt.bulk_out.address, err);
}

static void usb_free(void *self)
{
    struct usb_printer *u = self;
    jem_usb_release(u->device, u->alt.interface);
    jem_usb_close(u->device);
    free(u);
}

static const struct printer_port_ops usb_ops = { usb_write, usb_read, usb_port_status, usb_soft_reset, usb_clear,
    usb_free };

enum jem_code printer_usb_open(struct jem_usb *usb, const char *usb_id, struct printer_port *out, struct jem_error *err)
{
    struct usb_printer *u = calloc(1, sizeof *u);
    if (u == NULL)
        return jem_fail_nomem(err);
    enum jem_code rc = jem_usb_open(usb, usb_id, &u->device, err);
    const struct jem_usb_alt *alt = rc == JEM_OK ? printer_usb_alt(jem_usb_device_info(u->device)) : NULL;
    if (rc == JEM_OK && alt == NULL)
        rc = jem_fail(err, JEM_EIO, JEM_D_HW, JEM_USB_GONE, JEM_T_PRINTER_GONE);
    if (rc == JEM_OK) {
        u->alt = *alt;
        rc = jem_usb_claim(u->device, alt->interface, alt->alt, err);
    }
    if (rc != JEM_OK) {
        jem_usb_close(u->device);
        free(u);
        return rc;
    }
    *out = (struct printer_port){ &usb_ops, u };
    return JEM_OK;
}

/* ---- which printers are ours ---- */

void printer_usb_id1284(struct jem_usb *usb, const struct jem_usb_info *info, char out[512])
{
    const struct jem_usb_alt *alt = printer_usb_alt(info);
    struct jem_usb_device *device = NULL;
    unsigned char data[512];
    size_t done = 0;
    struct jem_error err;
    *out = '\0';
    if (alt == NULL || jem_usb_open(usb, info->id, &device, &err) != JEM_OK)
        return;
    /* wValue: configuration index; wIndex: interface, alternate setting. The kernel answers this one without a claim. */
    enum jem_code rc = jem_usb_control(device, REQUEST_IN, GET_DEVICE_ID, 0, (uint16_t)(alt->interface << 8 | alt->alt),
        data, sizeof data, (struct jem_usb_wait){ .timeout_ms = USB_REQUEST_MS }, &done, &err);
    jem_usb_close(device);
    if (rc != JEM_OK || done < 2)
        return;
    size_t len = (size_t)data[0] << 8 | data[1], n = 0;
    len = len < 2 || len > done ? done : len; /* some count themselves out, some in little endian */
    for (size_t i = 2; i < len && n < 511; i++)
        if (data[i] >= 0x20 && data[i] < 0x7f)
            out[n++] = (char)data[i];
    out[n] = '\0';
}

/* The value of CMD: or COMMAND SET:, up to its semicolon. */
static const char *id_languages(const char *id, size_t *len)
{
    static const char *const keys[] = { "CMD:", "COMMAND SET:" };
    for (const char *p = id; *p != '\0';) {
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            if (strncasecmp(p, keys[k], strlen(keys[k])) == 0) {
                p += strlen(keys[k]);
                *len = strcspn(p, ";");
                return p;
            }
        p += strcspn(p, ";");
        p += strspn(p, "; ");
    }
    *len = 0;
    return id;
}

bool printer_is_office(const char *id1284)
{
    static const char *const languages[] = { "PCL", "PJL", "POSTSCRIPT", "PDF", "URF", "PWG", "ESCPL", "ESCPR", "BJL",
        "BJRASTER", "LIPS", "UFRII", "CAPT", "GDI", "ZJS", "XQX", "ACL", "SPL", "RPCS", "KPDL", "PRESCRIBE", "JPEG" };
    size_t len;
    const char *list = id_languages(id1284, &len);
    for (size_t at = 0; at < len;) {
        size_t n = strcspn(list + at, ",;");
        for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
            if (n >= strlen(languages[i]) && strncasecmp(list + at, languages[i], strlen(languages[i])) == 0)
                return true;
        at += n + 1;
    }
    return false;
}
