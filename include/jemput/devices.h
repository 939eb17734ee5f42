/* devices.h - scanners, printers and code readers of this laptop: what is here and how it stands, scanning into an
 * application, and what keeps a device from working.
 *
 *   a page:  scanner --> sheet (upright, cut, clean, preview, warnings) --> document.attached, durable --> `page` is told
 *
 * A batch that was stopped (jam, cover, unplugged, cancelled) leaves its place in the store for an hour: the same call goes
 * on with it, with the pages' numbers, the sheet whose back was lost and the application of the last separator. */
#ifndef JEMPUT_DEVICES_H
#define JEMPUT_DEVICES_H
#include <stdatomic.h>

#include "jemput/app.h"
#include "jemput/scanner.h"

struct jem_usb;
struct jem_devices; /* the one jem_usb of the process, lent to all */

/* Without libusb (no USB on this machine) there are still SANE's network scanners and CUPS's printers. JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_devices_new(struct jem_devices **out, struct jem_error *err);
void jem_devices_free(struct jem_devices *devices); /* NULL accepted; what was opened from it is closed before */
struct jem_usb *jem_devices_usb(struct jem_devices *devices); /* NULL: no USB. Borrowed */

/* {"scanners":[{"id","name","via","serial","usable":bool,"why","chosen":bool,"state","adf","state_text",
 *    "sources":[{"source","width_mm","height_mm","dpi":[..] or [min,max,step] with "dpi_range":true,"colours":[..]}]}],
 *  "printers": as jem_print_printers, "profiles", "readers":[{"id","name","via","serial","usable","why"}]}
 * With `look` scanners and printers are asked for capabilities and state: some seconds. */
JEM_NODISCARD enum jem_code jem_devices_list(struct jem_app *app, struct jem_devices *devices, bool look, json_t **out,
    struct jem_error *err);

struct jem_scan_in {
    uint64_t number;
    const char *kind;            /* of document, of the application's service */
    const char *scanner;         /* NULL: the remembered one, else the only one. A named one is remembered */
    enum jem_scan_source source; /* UNKNOWN: the feeder when paper lies in it, else the glass */
    enum jem_scan_colour colour; /* UNKNOWN: as the kind of document asks */
    unsigned dpi;                /* 0: 200 for black and white, else 300 */
    /* Both sides of a card on one page. From a duplex feeder they come together. From the glass the second side is scanned when
     * watch->turn says that the card was turned; into a tray, by the next call. */
    bool card;
    /* NULL: pages become documents of `number` at once. Else the tray (tray.h) in which they wait; `number` is 0 for that of
     * a draft, and `service` then tells its kinds. */
    const char *tray, *service;
    int64_t replace; /* page of the tray whose place one scanned page takes; 0: none */
};
struct jem_scan_watch {
    void (*page)(void *ctx, const json_t *page); /* hears of each page as soon as it is durable: an entry of "pages" */
    void *ctx;
    bool (*turn)(void *ctx); /* asks for the other side of the card; false: there is none. NULL: nobody can be asked */
};
/* Each page becomes a document of its own, or waits in a tray: its entry has "id" instead of "ordinal" then. A printed receipt between the sheets of a feeder is not kept: the pages behind
 * it go to its application, as "lain" when that one does not know the kind.
 * {"number","scanner","source","dpi","colour","pages":[{"page","number","ordinal","kind","size","mime","side","card":bool,
 *  "twice":bool it was here already,"warnings":[{"key","text"}]}],"kept": pages of the whole batch,"end","resumable":bool,
 *  "half_sheet":bool}, also on failure once the scanner is known. `cancel`, `watch` may be NULL.
 * JEM_EIO no scanner, gone, jam, cover, no paper | JEM_EBUSY held or cancelled | JEM_EINVAL kind, settings, closed
 * application | JEM_ENOTFOUND no such application */
JEM_NODISCARD enum jem_code jem_scan_documents(struct jem_app *app, struct jem_devices *devices,
    const struct jem_scan_in *in, const atomic_bool *cancel, const struct jem_scan_watch *watch, json_t **out,
    struct jem_error *err);

/* Remembers the scanner for this store. JEM_ENOTFOUND no such scanner */
JEM_NODISCARD enum jem_code jem_scan_choose(struct jem_app *app, struct jem_devices *devices, const char *scanner,
    struct jem_error *err);
/* How papers of a kind were scanned last from a page: source and colour may be UNKNOWN, dpi 0. */
struct jem_scan_habit {
    enum jem_scan_source source;
    enum jem_scan_colour colour;
    unsigned dpi;
    bool card;
};
void jem_scan_habit(struct jem_app *app, const char *kind, struct jem_scan_habit *out);
JEM_NODISCARD enum jem_code jem_scan_habit_keep(struct jem_app *app, const char *kind,
    const struct jem_scan_habit *habit, struct jem_error *err);

/* Looks at everything that keeps a day's work from going well.
 * {"ok":bool,"findings":[{"check":"usb|scanner|printer|reader|holder|disk|clock|hub","level":"ok|note|fault","subject",
 *  "text": what is found and what to do}]}; ok: no fault. */
JEM_NODISCARD enum jem_code jem_doctor(struct jem_app *app, struct jem_devices *devices, json_t **out,
    struct jem_error *err);
#endif
