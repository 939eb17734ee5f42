/* scanner.h - every scanner behind one table: eSCL over IPP-USB, eSCL over the loopback port of a running ipp-usb, SANE.
 *
 * Lengths are in 1/300 inch, as eSCL has them (A4 is 2480 x 3508). Each finished page is handed over at once; what was
 * handed over is never taken back. A scanner is used by one thread at a time; the cancel flag may be set from any. */
#ifndef JEMPUT_SCANNER_H
#define JEMPUT_SCANNER_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jemput/error.h"

struct jem_usb;
struct jem_scanner;

enum jem_scanner_via { JEM_VIA_UNKNOWN = 0, JEM_VIA_USB, JEM_VIA_IPP_USB, JEM_VIA_SANE };
const char *jem_scanner_via_name(enum jem_scanner_via via); /* "usb", "ipp-usb", "sane" */

struct jem_scanner_info {
    char id[160];   /* "usb:1-2.3/SERIAL", "ipp-usb:60000", "sane:test:0" */
    char name[128]; /* maker and model, for people */
    char serial[64];
    enum jem_scanner_via via;
    bool usable;
    char why[320]; /* when not usable: one line for people, what to do */
};
struct jem_scanner_list {
    struct jem_scanner_info *items;
    size_t count;
};
void jem_scanner_list_release(struct jem_scanner_list *list);

/* Every scanner that can be found, each once: a device that ipp-usb serves is listed as "ipp-usb:", one that SANE also
 * sees through eSCL is not listed twice. `usb` may be NULL (no USB on this machine). What could not be asked is left
 * out or listed as not usable, so this fails for JEM_ENOMEM only. May take some seconds. */
JEM_NODISCARD enum jem_code jem_scanners_list(struct jem_usb *usb, struct jem_scanner_list *out, struct jem_error *err);

/* `usb` is borrowed until close. Claims nothing that status, caps or scan do not need: a scanner that was unplugged
 * stays open, and is found again by its identity. JEM_EINVAL an id of no known form | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_scanner_open(struct jem_usb *usb, const char *id, struct jem_scanner **out,
    struct jem_error *err);
/* Ends any job that is left on the device. NULL accepted. */
void jem_scanner_close(struct jem_scanner *scanner);

enum jem_scan_source { JEM_SOURCE_UNKNOWN = 0, JEM_SOURCE_PLATEN, JEM_SOURCE_ADF, JEM_SOURCE_ADF_DUPLEX };
#define JEM_SOURCES 4
enum jem_scan_colour { JEM_COLOUR_UNKNOWN = 0, JEM_COLOUR_BILEVEL, JEM_COLOUR_GRAY, JEM_COLOUR_RGB };
const char *jem_scan_source_name(enum jem_scan_source source);                      /* "platen", "adf", "adf-duplex" */
JEM_NODISCARD bool jem_scan_source_parse(const char *s, enum jem_scan_source *out); /* the same words */
const char *jem_scan_colour_name(enum jem_scan_colour colour);                      /* "bilevel", "gray", "colour" */
JEM_NODISCARD bool jem_scan_colour_parse(const char *s, enum jem_scan_colour *out); /* the same words, "color" */

#define JEM_SCAN_RESOLUTIONS_MAX 32
struct jem_scan_range { /* max 0: there is none */
    unsigned min, max, step;
};
struct jem_scan_source_caps {
    bool present;
    uint32_t min_width_300dpi, min_height_300dpi, max_width_300dpi, max_height_300dpi;
    unsigned resolutions[JEM_SCAN_RESOLUTIONS_MAX]; /* ascending; empty when it has a range */
    size_t resolution_count;
    struct jem_scan_range range;
    unsigned colours; /* bits 1 << enum jem_scan_colour */
    bool jpeg;        /* delivers image/jpeg (bilevel pages then come as gray JPEG of two tones) */
};
struct jem_scanner_caps {
    char model[128], serial[64];
    struct jem_scan_source_caps sources[JEM_SOURCES]; /* by enum jem_scan_source */
};
/* JEM_EIO unplugged or silent | JEM_EBUSY held (the holder is named) | JEM_ECORRUPT it answers nonsense */
JEM_NODISCARD enum jem_code jem_scanner_caps(struct jem_scanner *scanner, struct jem_scanner_caps *out,
    struct jem_error *err);
/* The resolution to ask for: the smallest that is not below `wanted`, else the largest. 0 when it has none. */
unsigned jem_scan_dpi_choose(const struct jem_scan_source_caps *caps, unsigned wanted);
/* The colour mode to ask for: the wanted one or the next richer, else the richest that there is. */
enum jem_scan_colour jem_scan_colour_choose(const struct jem_scan_source_caps *caps, enum jem_scan_colour wanted);

enum jem_scanner_state {
    JEM_SCANNER_UNKNOWN = 0,
    JEM_SCANNER_IDLE,
    JEM_SCANNER_BUSY,
    JEM_SCANNER_TESTING, /* cleans or measures itself: busy for a while */
    JEM_SCANNER_STOPPED, /* an error that a person has to see to */
    JEM_SCANNER_GONE     /* not plugged in */
};
enum jem_adf_state {
    JEM_ADF_UNKNOWN = 0, /* also: it has none, or does not tell */
    JEM_ADF_LOADED,
    JEM_ADF_EMPTY,
    JEM_ADF_JAM, /* also two sheets at once */
    JEM_ADF_COVER
};
struct jem_scanner_status {
    enum jem_scanner_state state;
    enum jem_adf_state adf;
};
const char *jem_scanner_state_name(enum jem_scanner_state state); /* "idle", ... */
const char *jem_adf_state_name(enum jem_adf_state state);         /* "loaded", ... */
/* A sentence for people about a state, in the thread's language. Borrowed, static. */
const char *jem_scanner_status_text(const struct jem_scanner_status *status);
/* Advisory: devices lie. An unplugged scanner is JEM_OK with JEM_SCANNER_GONE. */
JEM_NODISCARD enum jem_code jem_scanner_status(struct jem_scanner *scanner, struct jem_scanner_status *out,
    struct jem_error *err);

struct jem_scan_settings {
    enum jem_scan_source source;
    enum jem_scan_colour colour;
    unsigned dpi;                                             /* chosen by jem_scan_dpi_choose */
    uint32_t x_300dpi, y_300dpi, width_300dpi, height_300dpi; /* width 0: all that the source has; cut to it */
    unsigned max_pages; /* of the batch, counted from its start; 0: until the feeder is empty */
};
enum jem_scan_side { JEM_SIDE_UNKNOWN = 0, JEM_SIDE_FRONT, JEM_SIDE_BACK };
struct jem_scan_page {
    const unsigned char *jpeg; /* a whole JPEG: begins with SOI, ends with EOI. Borrowed for the call */
    size_t len;
    unsigned number; /* in the batch, from 1 */
    unsigned dpi;    /* that was asked for */
    enum jem_scan_source source;
    enum jem_scan_side side; /* FRONT unless duplex */
    bool again;              /* the front of the sheet whose back was lost: the page before is likely the same */
};
struct jem_scan_sink {
    /* Takes a finished page. Anything but JEM_OK ends the scan with that code. Called in the thread of the scan. */
    enum jem_code (*page)(void *ctx, const struct jem_scan_page *page, struct jem_error *err);
    void *ctx;
};
enum jem_scan_end { /* how a run ended */
    JEM_SCAN_END_UNKNOWN = 0,
    JEM_SCAN_DONE,      /* the feeder is empty, the platen's one page is here, or max_pages is reached */
    JEM_SCAN_NO_PAPER,  /* the feeder was empty from the start */
    JEM_SCAN_CANCELLED, /* the flag */
    JEM_SCAN_JAM,
    JEM_SCAN_COVER,
    JEM_SCAN_GONE,    /* unplugged */
    JEM_SCAN_BUSY,    /* somebody else's job, or held by another program */
    JEM_SCAN_REFUSED, /* it does not take these settings */
    JEM_SCAN_FAILED   /* anything else: silence, garbage, a sink that failed */
};
struct jem_scan_report {
    unsigned pages; /* handed over since the batch began: all of them are kept */
    enum jem_scan_end end;
    bool resumable;  /* the same call with the same report goes on with the sheets that are left */
    bool half_sheet; /* duplex: the front of the last sheet is here, its back is not: put that sheet back, too */
};
const char *jem_scan_end_name(enum jem_scan_end end); /* "done", "no-paper", ... */

/* Scans until the source is empty. `report` is zeroed by the caller for a new batch; given again as it came back, the
 * batch goes on: numbers continue, and a scanner that was unplugged is opened again. JEM_OK only when end is DONE;
 * else the message says what happened, how many pages are kept and what to do. JEM_EBUSY cancelled or busy | JEM_EIO
 * jam, cover, no paper, unplugged, silent | JEM_EINVAL settings | JEM_ECORRUPT garbage | what the sink returned. Ends by
 * itself: no page may take longer than three minutes. */
JEM_NODISCARD enum jem_code jem_scanner_scan(struct jem_scanner *scanner, const struct jem_scan_settings *settings,
    const atomic_bool *cancel, const struct jem_scan_sink *sink, struct jem_scan_report *report, struct jem_error *err);
#endif
