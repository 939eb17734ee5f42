/* tray_own.h - what scanning, recording and the trays share. Private to src/app. */
#ifndef APP_TRAY_OWN_H
#define APP_TRAY_OWN_H
#include "jemput/sheet.h"
#include "jemput/tray.h"
#include "jemput/tray_store.h"
#include "own.h"

#define OWN_TRAY_AGAIN 256u /* of a page's warnings: its sheet may be here twice */
#define OWN_TRAY_PAGE_MAX ((size_t)16 << 20)

/* [{"key","text"}] of a page's warnings. New reference. */
json_t *own_sheet_warnings(unsigned warnings);
/* The sheet as it would be had it just been scanned; jpeg and preview borrowed from the buffers: no release. */
void own_tray_sheet(const struct jem_tray_page *page, const struct jem_buf *jpeg, const struct jem_buf *preview,
    struct jem_sheet *out);
/* Into a tray, or in the place of the page that page->id names. page's tray, officer and kind are set. When the tray is that
 * of a draft which was recorded meanwhile, the page goes to the tray of its application; page->tray then says so. */
JEM_NODISCARD enum jem_code own_tray_put(struct jem_app *app, struct jem_tray_page *page, const struct jem_sheet *sheet,
    enum jem_scan_colour colour, struct jem_error *err);
json_t *own_tray_page_json(const struct jem_tray_page *page);
/* The page of that tray, and that this officer may see it. */
JEM_NODISCARD enum jem_code own_tray_page(struct jem_app *app, const char *tray, int64_t id, struct jem_tray_page *out,
    struct jem_buf *jpeg, struct jem_buf *preview, struct jem_error *err);
/* A page as a document; its bytes are in doc->file and *preview, which the caller keeps until it is recorded. */
JEM_NODISCARD enum jem_code own_tray_document(struct jem_app *app, const struct jem_tray_page *page,
    struct own_document *doc, struct jem_buf *preview, struct jem_error *err);
/* In the unit that records a draft: its pages that became documents go, those that came since wait for the application. */
JEM_NODISCARD enum jem_code own_tray_recorded(struct jem_app *app, const char *draft, uint64_t number,
    const struct jem_tray_page *pages, size_t count, struct jem_error *err);
#endif
