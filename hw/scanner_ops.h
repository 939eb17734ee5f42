/* scanner_ops.h - what a way to reach scanners has to do; scanner.c holds the list of them.
 *
 * A backend's `self` stays valid over an unplug: each call finds the device again by its identity. Rules of scan:
 * every whole page goes to jem_scan_hand_over at once, in order; a page that is not whole (no EOI) is never handed over;
 * report->end, resumable and half_sheet are set before it returns; messages name the pages kept through
 * jem_scan_fail. */
#ifndef JEM_HW_SCANNER_OPS_H
#define JEM_HW_SCANNER_OPS_H
#include "jemput/scanner.h"

/* One run of a batch. */
struct jem_scan_run {
    const atomic_bool *cancel; /* never NULL here */
    const struct jem_scan_sink *sink;
    struct jem_scan_report *report;
    const struct jem_scan_settings *settings;
    unsigned job_pages; /* handed over in this run */
    bool again;         /* the first page repeats a front */
};

struct jem_scanner_ops {
    const char *scheme; /* of ids: "usb", "ipp-usb", "sane" */
    enum jem_scanner_via via;
    /* Appends what it finds with jem_scanner_list_add. JEM_ENOMEM only. `usb` may be NULL. */
    enum jem_code (*list)(struct jem_usb *usb, struct jem_scanner_list *list, struct jem_error *err);
    /* `name` is the id without "scheme:". Touches no device. */
    enum jem_code (*open)(struct jem_usb *usb, const char *name, void **self, struct jem_error *err);
    void (*close)(void *self);
    enum jem_code (*caps)(void *self, struct jem_scanner_caps *out, struct jem_error *err);
    enum jem_code (*status)(void *self, struct jem_scanner_status *out, struct jem_error *err);
    /* settings are checked and cut to the caps by jem_scan_settings_fit before. */
    enum jem_code (
        *scan)(void *self, const struct jem_scan_settings *settings, struct jem_scan_run *run, struct jem_error *err);
};
extern const struct jem_scanner_ops jem_scanner_usb, jem_scanner_ipp_usb, jem_scanner_sane;

struct jem_scanner {
    const struct jem_scanner_ops *ops;
    void *self;
};

/* Appends a copy. JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_scanner_list_add(struct jem_scanner_list *list, const struct jem_scanner_info *info,
    struct jem_error *err);

/* Numbers the page, tells its side and gives it to the sink. JEM_ECORRUPT when the bytes are not a whole JPEG. The code
 * of the sink otherwise. */
JEM_NODISCARD enum jem_code jem_scan_hand_over(struct jem_scan_run *run, const unsigned char *jpeg, size_t len,
    struct jem_error *err);
/* True when no further page is wanted. */
bool jem_scan_enough(const struct jem_scan_run *run);
bool jem_scan_cancelled(const struct jem_scan_run *run);

/* Ends a run that did not come to its end: sets report, writes the message for `end` with the pages that are kept, and
 * returns its code. For FAILED, BUSY and REFUSED `detail` (may be NULL) is the sentence of the layer below. */
enum jem_code jem_scan_fail(struct jem_scan_run *run, enum jem_scan_end end, int native, const char *detail,
    struct jem_error *err);
/* The same for a failure of a layer below: unplugged, cancelled, busy (err->native of usb.h, JEM_EBUSY), else FAILED with
 * its code and sentence. */
enum jem_code jem_scan_broke(struct jem_scan_run *run, const struct jem_error *why, struct jem_error *err);
/* Ends a run well. */
enum jem_code jem_scan_done(struct jem_scan_run *run);

/* JEM_EINVAL when the source, colour or resolution is not there; the region is cut to the source. Pure. */
JEM_NODISCARD enum jem_code jem_scan_settings_fit(const struct jem_scanner_caps *caps,
    const struct jem_scan_settings *in, struct jem_scan_settings *out, struct jem_error *err);
#endif
