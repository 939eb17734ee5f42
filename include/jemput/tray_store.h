/* tray_store.h - scanned pages that are no documents yet: durable when a call returns, local, no events.
 * A tray's name is the id of a form's draft, or an application's number as on paper. */
#ifndef JEMPUT_TRAY_STORE_H
#define JEMPUT_TRAY_STORE_H
#include "jemput/store.h"

#define JEM_TRAY_NAME_MAX 40
struct jem_tray_page {
    int64_t id;
    char tray[JEM_TRAY_NAME_MAX + 1], officer[33], kind[33];
    unsigned place, width, height, dpi, colour, warnings; /* place counts from 1, gaps are harmless */
    bool card, half;
    int64_t at_unix_ms;
    size_t size_bytes; /* of the JPEG; only read */
};
/* A finished page behind the others of its tray, or, when page->id names one, instead of that one (place stays). Sets id, place
 * and time. Joins an open unit, as do the next. JEM_ENOTFOUND: the page to replace is gone */
JEM_NODISCARD enum jem_code jem_store_tray_put(struct jem_store *store, struct jem_tray_page *page, const void *jpeg,
    size_t jpeg_size, const void *preview, size_t preview_size, struct jem_error *err);
/* Pages of one tray (NULL: of all, by tray), in their order. *out is the caller's: free(). */
JEM_NODISCARD enum jem_code jem_store_tray(struct jem_store *store, const char *tray, struct jem_tray_page **out,
    size_t *count, struct jem_error *err);
/* One page; jpeg and preview (each may be NULL) are appended to. JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_store_tray_get(struct jem_store *store, int64_t id, struct jem_tray_page *out,
    struct jem_buf *jpeg, struct jem_buf *preview, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_store_tray_kind(struct jem_store *store, int64_t id, const char *kind,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_store_tray_drop(struct jem_store *store, int64_t id, struct jem_error *err);
/* All pages of a tray into another one. */
JEM_NODISCARD enum jem_code jem_store_tray_move(struct jem_store *store, const char *from, const char *to,
    struct jem_error *err);
#endif
