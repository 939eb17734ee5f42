/* reader.c - code readers by libusb: found, claimed, and read by a thread of their own.
 *
 * HID-POS: one or more reports make a code; the "continued" bit or the reader's line end says which. Serial: a line end makes a
 * code, or a tenth of a second of silence, for readers that send none. */
#include "jemput/reader.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hid.h"
#include "usb.h"

#define READER_REQUEST_MS 500
#define READER_WAIT_MS 300  /* of one read: so soon a close is noticed */
#define READER_QUIET_MS 100 /* of silence ends a serial code */
#define READERS_MAX 32
#define READER_STALLS 3

#define CLASS_HID 3
#define CLASS_CDC 2
#define CLASS_CDC_DATA 10

const char *jem_code_reader_via_name(enum jem_code_reader_via via)
{
    static const char *const names[] = { "unknown", "hid", "serial" };
    return via <= JEM_CODE_READER_SERIAL ? names[via] : names[0];
}

/* Makers whose serial devices are code readers (names of the USB ID repository, and their manuals' "USB serial" mode). */
static const struct {
    uint16_t vendor;
    const char *maker;
} reader_makers[] = {
    { 0x0c2e, "Honeywell, Metrologic" },
    { 0x0536, "Hand Held Products" },
    { 0x05e0, "Symbol, Zebra" },
    { 0x05f9, "PSC, Datalogic" },
    { 0x080c, "Datalogic" },
    { 0x1eab, "Newland" },
    { 0x065a, "Optoelectronics, Opticon" },
};

/* ---- finding ---- */

static bool reader_makes(uint16_t vendor)
{
    for (size_t i = 0; i < sizeof reader_makers / sizeof *reader_makers; i++)
        if (reader_makers[i].vendor == vendor)
            return true;
    return false;
}

static const struct jem_usb_alt *reader_alt(const struct jem_usb_info *info, uint8_t class)
{
    for (size_t i = 0; i < info->alt_count; i++) {
        const struct jem_usb_alt *a = &info->alts[i];
        if (a->class != class || (class == CLASS_CDC && a->subclass != 2))
            continue;
        if (class == CLASS_CDC || (class == CLASS_HID ? a->interrupt_in.address : a->bulk_in.address) != 0)
            return a;
    }
    return NULL;
}

/* GET_DESCRIPTOR (report) of a HID interface. */
static bool reader_describe(struct jem_usb_device *device, uint8_t interface, struct hid_scanner *out)
{
    unsigned char descriptor[HID_DESCRIPTOR_MAX];
    size_t n = 0;
    struct jem_error err;
    return jem_usb_control(device, 0x81, 6, 0x2200, interface, descriptor, sizeof descriptor,
               (struct jem_usb_wait){ .timeout_ms = READER_REQUEST_MS }, &n, &err) == JEM_OK &&
           hid_scanner_parse(descriptor, n, out);
}

/* A mouse and a keyboard are HID, too: only the descriptor tells. The kernel's driver has read it; asking the device
 * itself would take the interface from that driver, and a keyboard lost its keys for a moment. Only an interface that no
 * driver holds is asked. Devices that say "boot" (subclass 1) are none of ours. */
static bool reader_is_scanner(struct jem_usb *usb, const struct jem_usb_info *info, const struct jem_usb_alt *alt,
    bool usable)
{
    struct jem_usb_device *device = NULL;
    struct hid_scanner scanner;
    unsigned char descriptor[HID_DESCRIPTOR_MAX];
    struct jem_error err;
    if (alt->subclass != 0)
        return false;
    size_t n = jem_usb_hid_report(info, alt->interface, descriptor, sizeof descriptor);
    if (n > 0)
        return hid_scanner_parse(descriptor, n, &scanner);
    if (!usable) /* cannot be asked: listed when its maker makes readers */
        return reader_makes(info->vendor);
    if (jem_usb_opened(usb, info))
        return true; /* being read by us */
    if (jem_usb_open(usb, info->id, &device, &err) != JEM_OK)
        return false;
    bool is = jem_usb_claim(device, alt->interface, alt->alt, &err) == JEM_OK &&
              reader_describe(device, alt->interface, &scanner);
    jem_usb_close(device);
    return is;
}

static bool reader_from_usb(struct jem_usb *usb, const struct jem_usb_info *info, struct jem_code_reader_info *r)
{
    const struct jem_usb_alt *hid = reader_alt(info, CLASS_HID), *cdc = reader_alt(info, CLASS_CDC);
    bool serial = cdc != NULL && reader_alt(info, CLASS_CDC_DATA) != NULL && reader_makes(info->vendor);
    struct jem_error err = { .msg = "" };
    if (hid == NULL && !serial)
        return false;
    *r = (struct jem_code_reader_info){ .via = serial ? JEM_CODE_READER_SERIAL : JEM_CODE_READER_HID };
    r->usable = jem_usb_may_open(usb, info->id, &err) == JEM_OK;
    (void)snprintf(r->id, sizeof r->id, "usb:%s", info->id);
    (void)snprintf(r->serial, sizeof r->serial, "%s", info->serial);
    (void)snprintf(r->why, sizeof r->why, "%s", r->usable ? "" : err.msg);
    if (*info->model)
        (void)snprintf(r->name, sizeof r->name, "%.60s %.60s", info->maker, info->model);
    else
        (void)snprintf(r->name, sizeof r->name, "%s %04x:%04x", jem_text(JEM_T_READER_NAME), info->vendor,
            info->product);
    return serial || reader_is_scanner(usb, info, hid, r->usable);
}

void jem_code_reader_list_release(struct jem_code_reader_list *list)
{
    free(list->items);
    *list = (struct jem_code_reader_list){ NULL, 0 };
}

enum jem_code jem_code_readers_list(struct jem_usb *usb, struct jem_code_reader_list *out, struct jem_error *err)
{
    struct jem_usb_info *infos = NULL;
    size_t count = 0;
    *out = (struct jem_code_reader_list){ calloc(READERS_MAX, sizeof *out->items), 0 };
    if (out->items == NULL)
        return jem_fail_nomem(err);
    enum jem_code rc = usb != NULL ? jem_usb_list(usb, &infos, &count, err) : JEM_OK;
    for (size_t i = 0; rc == JEM_OK && i < count && out->count < READERS_MAX; i++)
        out->count += reader_from_usb(usb, &infos[i], &out->items[out->count]);
    free(infos);
    if (rc != JEM_OK)
        jem_code_reader_list_release(out);
    return rc;
}

/* ---- reading ---- */

struct jem_code_reader {
    struct jem_usb_device *device;
    struct jem_code_reader_sink sink;
    enum jem_code_reader_via via;
    struct jem_usb_alt alt; /* that it is read from */
    struct hid_scanner scanner;
    pthread_t thread;
    atomic_bool stop;
    char text[JEM_CODE_READER_TEXT_MAX + 1];
    size_t len;
    bool overlong; /* more than any code holds: dropped up to its end */
};

/* Hands over what was gathered. */
static void reader_flush(struct jem_code_reader *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->len; i++)
        if ((unsigned char)r->text[i] >= 0x20 && r->text[i] != 0x7f)
            r->text[n++] = r->text[i];
    r->text[n] = '\0';
    if (n > 0 && !r->overlong)
        r->sink.scanned(r->sink.ctx, r->text, n);
    r->len = 0;
    r->overlong = false;
}

static void reader_take_report(struct jem_code_reader *r, const unsigned char *p, size_t n)
{
    bool more = false;
    if (!hid_scanner_read(&r->scanner, p, n, r->text, JEM_CODE_READER_TEXT_MAX, &r->len, &more))
        return;
    /* Readers without the bit end their code with the line end that they would type. */
    bool ended = r->len > 0 && (r->text[r->len - 1] == '\r' || r->text[r->len - 1] == '\n');
    if (!more || ended)
        reader_flush(r);
}

static void reader_take_bytes(struct jem_code_reader *r, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\r' || p[i] == '\n')
            reader_flush(r);
        else if (r->len < JEM_CODE_READER_TEXT_MAX)
            r->text[r->len++] = (char)p[i];
        else
            r->overlong = true;
    }
}

static uint8_t reader_endpoint(const struct jem_code_reader *r)
{
    return r->via == JEM_CODE_READER_HID ? r->alt.interrupt_in.address : r->alt.bulk_in.address;
}

static void *reader_loop(void *arg)
{
    struct jem_code_reader *r = arg;
    unsigned char b[1024];
    unsigned stalls = 0;
    struct jem_error err = { .native = 0 };
    size_t cap = r->via == JEM_CODE_READER_HID ? r->alt.interrupt_in.max_packet : sizeof b;
    cap = cap > 0 && cap < sizeof b ? cap : sizeof b;
    while (!atomic_load(&r->stop)) {
        size_t got = 0;
        bool half = r->via == JEM_CODE_READER_SERIAL && r->len > 0;
        struct jem_usb_wait wait = { half ? READER_QUIET_MS : READER_WAIT_MS, &r->stop };
        enum jem_code rc = jem_usb_read(r->device, reader_endpoint(r), b, cap, wait, &got, &err);
        if (rc == JEM_OK && got > 0)
            stalls = 0;
        if (rc == JEM_OK && r->via == JEM_CODE_READER_HID)
            reader_take_report(r, b, got);
        else if (rc == JEM_OK || (err.native == JEM_USB_TIMEOUT && got > 0))
            reader_take_bytes(r, b, got);
        else if (err.native == JEM_USB_TIMEOUT && half)
            reader_flush(r);
        else if (err.native == JEM_USB_TIMEOUT)
            r->len = 0; /* a report that announced more, and nothing came: it is not put before the next code */
        else if (err.native == JEM_USB_STALL && stalls++ < READER_STALLS &&
                 jem_usb_clear_halt(r->device, reader_endpoint(r), &err) == JEM_OK)
            continue;
        else if (err.native != JEM_USB_TIMEOUT && err.native != JEM_USB_CANCELLED)
            break;
        if (rc == JEM_OK && got == 0)
            poll(NULL, 0, 10); /* empty packets: no busy loop */
    }
    if (!atomic_load(&r->stop) && r->sink.gone != NULL)
        r->sink.gone(r->sink.ctx, jem_text(JEM_T_READER_GONE));
    return NULL;
}

/* 9600 8N1, as every reader's default, and "a terminal is here": some send nothing before that. */
static void reader_line(struct jem_code_reader *r, uint8_t interface)
{
    unsigned char coding[7] = { 0x80, 0x25, 0, 0, 0, 0, 8 };
    struct jem_usb_wait wait = { .timeout_ms = READER_REQUEST_MS };
    struct jem_error err;
    enum jem_code rc = jem_usb_control(r->device, 0x21, 0x20, 0, interface, coding, sizeof coding, wait, NULL, &err);
    if (rc == JEM_OK || err.native == JEM_USB_STALL)
        rc = jem_usb_control(r->device, 0x21, 0x22, 3, interface, NULL, 0, wait, NULL, &err);
    (void)rc; /* readers that do not know the requests send all the same */
}

static enum jem_code reader_claim(struct jem_code_reader *r, struct jem_error *err)
{
    const struct jem_usb_info *info = jem_usb_device_info(r->device);
    const struct jem_usb_alt *hid = reader_alt(info, CLASS_HID), *cdc = reader_alt(info, CLASS_CDC),
                             *data = reader_alt(info, CLASS_CDC_DATA);
    enum jem_code rc = JEM_OK;
    if (cdc != NULL && data != NULL && reader_makes(info->vendor)) {
        r->via = JEM_CODE_READER_SERIAL;
        r->alt = *data;
        rc = jem_usb_claim(r->device, cdc->interface, cdc->alt, err);
        if (rc == JEM_OK)
            rc = jem_usb_claim(r->device, data->interface, data->alt, err);
        if (rc == JEM_OK)
            reader_line(r, cdc->interface);
        return rc;
    }
    if (hid == NULL)
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_HW, 0, JEM_T_READER_NONE);
    r->via = JEM_CODE_READER_HID;
    r->alt = *hid;
    rc = jem_usb_claim(r->device, hid->interface, hid->alt, err);
    if (rc == JEM_OK && !reader_describe(r->device, hid->interface, &r->scanner))
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_HW, 0, JEM_T_READER_NONE);
    return rc;
}

enum jem_code jem_code_reader_open(struct jem_usb *usb, const char *id, const struct jem_code_reader_sink *sink,
    struct jem_code_reader **out, struct jem_error *err)
{
    *out = NULL;
    if (usb == NULL || strncmp(id, "usb:", 4) != 0)
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_HW, 0, JEM_T_READER_NONE);
    struct jem_code_reader *r = calloc(1, sizeof *r);
    if (r == NULL)
        return jem_fail_nomem(err);
    r->sink = *sink;
    enum jem_code rc = jem_usb_open(usb, id + 4, &r->device, err);
    if (rc == JEM_OK)
        rc = reader_claim(r, err);
    if (rc == JEM_OK && pthread_create(&r->thread, NULL, reader_loop, r) != 0)
        rc = jem_fail_nomem(err);
    if (rc != JEM_OK) {
        jem_usb_close(r->device);
        free(r);
        return rc;
    }
    *out = r;
    return JEM_OK;
}

void jem_code_reader_close(struct jem_code_reader *r)
{
    if (r == NULL)
        return;
    atomic_store(&r->stop, true);
    (void)pthread_join(r->thread, NULL);
    jem_usb_close(r->device);
    free(r);
}
