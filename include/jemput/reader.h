/* reader.h - code readers that do not type: HID-POS (usage page 0x8C) and USB serial (CDC ACM), by libusb.
 * A reader that acts as a keyboard is not here: the page takes what it types. */
#ifndef JEMPUT_READER_H
#define JEMPUT_READER_H
#include "jemput/buf.h"
#include "jemput/usb.h"

#define JEM_CODE_READER_TEXT_MAX 4096 /* bytes of one code: the largest QR code holds 2953 */

enum jem_code_reader_via { JEM_CODE_READER_UNKNOWN = 0, JEM_CODE_READER_HID, JEM_CODE_READER_SERIAL };
const char *jem_code_reader_via_name(enum jem_code_reader_via via); /* "hid", "serial" */

struct jem_code_reader_info {
    char id[128]; /* "usb:1-2.3/SERIAL" */
    char name[128], serial[64];
    enum jem_code_reader_via via;
    bool usable;
    char why[320]; /* when not usable: one line for people, what to do */
};
struct jem_code_reader_list {
    struct jem_code_reader_info *items;
    size_t count;
};
void jem_code_reader_list_release(struct jem_code_reader_list *list);
/* HID devices that describe themselves as code scanners (asks each HID device for its report descriptor), and serial ones
 * of makers of readers: a modem or a GPS is serial, too, and is not ours. */
JEM_NODISCARD enum jem_code jem_code_readers_list(struct jem_usb *usb, struct jem_code_reader_list *out,
    struct jem_error *err);

struct jem_code_reader_sink { /* called in the reader's own thread */
    /* One code, whole: without the reader's line end, NUL-terminated; other control characters are dropped. */
    void (*scanned)(void *ctx, const char *text, size_t n);
    /* Once, when it was unplugged or does not work any more; nothing is scanned after it. `why` is for people. */
    void (*gone)(void *ctx, const char *why);
    void *ctx;
};
struct jem_code_reader;
/* Claims it (the kernel's driver is detached, given back at close) and starts its thread. `sink` is copied, `usb` borrowed
 * until close. JEM_EBUSY held | JEM_EDENIED | JEM_EIO gone | JEM_ENOTFOUND no such reader */
JEM_NODISCARD enum jem_code jem_code_reader_open(struct jem_usb *usb, const char *id,
    const struct jem_code_reader_sink *sink, struct jem_code_reader **out, struct jem_error *err);
/* Within 1 s. NULL accepted. Not from the sink. */
void jem_code_reader_close(struct jem_code_reader *reader);
#endif
