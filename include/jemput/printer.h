/* printer.h - receipt printers (ESC/POS over USB or /dev/usb/lpN) and office printers (PDF through CUPS).
 *
 * A printer's word is believed only when it gives one: a state that was not told is UNKNOWN, never READY, and a page whose
 * end nobody confirmed is UNKNOWN, never printed. One thread at a time for one open printer. */
#ifndef JEMPUT_PRINTER_H
#define JEMPUT_PRINTER_H
#include <stdatomic.h>

#include "jemput/escpos.h"
#include "jemput/usb.h"

/* ---- profiles: what kinds of printer differ in ---- */

struct jem_printer_profile {
    const char *id;     /* "58", "epson-512": stable, chosen by officers and kept in the store */
    enum jem_text name; /* for people */
    unsigned paper_mm;  /* 58 or 80: the layout */
    struct jem_escpos_style style;
    bool asked;           /* for its status; one that stays silent is not asked again before it is reopened */
    unsigned pause_ms;    /* after each strip, for printers that take bytes faster than they print and overrun */
    const char *evidence; /* where the row comes from */
};
/* All of them, in a fixed order; NULL past the end. */
const struct jem_printer_profile *jem_printer_profile_at(size_t i);
const struct jem_printer_profile *jem_printer_profile(const char *id); /* NULL: no such profile */
/* The profile of a USB device by its numbers; of one that nobody knows the cautious "58". Never NULL. */
const struct jem_printer_profile *jem_printer_profile_of(uint16_t vendor, uint16_t product);

/* ---- finding ---- */

enum jem_printer_via { JEM_PRINTER_VIA_UNKNOWN = 0, JEM_PRINTER_USB, JEM_PRINTER_LP, JEM_PRINTER_CUPS };
const char *jem_printer_via_name(enum jem_printer_via via); /* "usb", "lp", "cups" */

struct jem_printer_info {
    char id[128];   /* "usb:1-2.3/SERIAL" for a receipt printer however it is reached; "cups:NAME" */
    char name[128]; /* maker and model, for people */
    char serial[64];
    char node[96]; /* "/dev/usb/lp0" of this moment; with usb "" when there is none; cups: the name of the queue */
    enum jem_printer_via via;
    const struct jem_printer_profile *profile; /* NULL for cups */
    bool usable;
    char why[320]; /* when not usable: one line for people, what to do */
};
struct jem_printer_list {
    struct jem_printer_info *items;
    size_t count;
};
void jem_printer_list_release(struct jem_printer_list *list);
/* Every printer that can be found, each once: a device that may not be opened by libusb is listed by its /dev/usb/lpN when
 * that may. `usb` may be NULL (no USB). With `cups` also CUPS's queues (runs lpstat). What cannot be asked is left out. */
JEM_NODISCARD enum jem_code jem_printers_list(struct jem_usb *usb, bool cups, struct jem_printer_list *out,
    struct jem_error *err);
/* The printer that `id` means now: the same socket and serial, else the only one with that serial number. NULL: not here */
const struct jem_printer_info *jem_printer_find(const struct jem_printer_list *list, const char *id);

/* ---- state ---- */

enum jem_printer_state { /* kept in the store: values never change */
    JEM_PRINTER_UNKNOWN = 0,
    JEM_PRINTER_READY = 1,
    JEM_PRINTER_PAPER_LOW = 2, /* ready, the roll is near its end */
    JEM_PRINTER_PAPER_OUT = 3,
    JEM_PRINTER_COVER_OPEN = 4,
    JEM_PRINTER_OFFLINE = 5, /* switched off line, or busy with its feed button */
    JEM_PRINTER_FAULT = 6,   /* cutter, temperature */
    JEM_PRINTER_STUCK = 7,   /* takes no more bytes and does not say why */
    JEM_PRINTER_GONE = 8     /* unplugged or switched off */
};
const char *jem_printer_state_name(enum jem_printer_state state); /* "paper_out" */
/* What it means and what to do, in the thread's language. Static. */
const char *jem_printer_state_text(enum jem_printer_state state);

/* ---- use ---- */

struct jem_printer;
/* Takes the interface (usb: the kernel's driver is detached, given back at close; lp: the device file is opened).
 * `profile` NULL: that of the info. `usb` borrowed until close. JEM_EBUSY held (by whom) | JEM_EDENIED | JEM_EIO gone */
JEM_NODISCARD enum jem_code jem_printer_open(struct jem_usb *usb, const struct jem_printer_info *info,
    const struct jem_printer_profile *profile, struct jem_printer **out, struct jem_error *err);
void jem_printer_close(struct jem_printer *printer); /* NULL accepted */
/* How it stands, asked within 3 s: by its /dev/usb/lpN where that may be opened, so that the kernel's driver keeps its
 * interface, else as open and close do. UNKNOWN also when somebody else holds it. */
enum jem_printer_state jem_printer_ask(struct jem_usb *usb, const struct jem_printer_info *info,
    const struct jem_printer_profile *profile);

enum jem_printed {
    JEM_PRINTED_UNKNOWN = 0, /* every byte was taken, nobody said that it was printed: ask the officer */
    JEM_PRINTED_YES,         /* the printer confirmed that it has executed everything, with paper under its head */
    JEM_PRINTED_NO           /* not all of it went out: what lies there is no whole page */
};
struct jem_print_report {
    enum jem_printed outcome;
    enum jem_printer_state state; /* that it was left in */
    size_t sent_bytes;            /* 0: the paper is untouched */
};
/* Prints one page. `resync`: the last job on this printer was cut off: what it may still wait for is filled with white
 * first. JEM_OK with outcome YES or UNKNOWN, else NO and why: JEM_EINVAL the page does not fit | JEM_EBUSY paper, cover or
 * off line: mend and repeat; or cancelled | JEM_EIO gone, stuck or refusing. Ends within two minutes whatever happens. */
JEM_NODISCARD enum jem_code jem_printer_print(struct jem_printer *printer, const struct jem_escpos_page *page,
    bool resync, const atomic_bool *cancel, struct jem_print_report *report, struct jem_error *err);

/* ---- office printers ---- */

/* Hands a PDF to a CUPS queue and waits up to a minute for its end. Never YES: CUPS says the same of a job that was printed, that
 * lies in the printer's memory, and that was withdrawn. JEM_OK with UNKNOWN: it is over | JEM_EIO no such queue, or CUPS does not
 * answer | JEM_EBUSY it still waits in its queue (UNKNOWN: it may print later), or CUPS says that it was cancelled (NO) */
JEM_NODISCARD enum jem_code jem_printer_print_pdf(const struct jem_printer_info *info, const void *pdf, size_t n,
    const char *title, struct jem_print_report *report, struct jem_error *err);
#endif
