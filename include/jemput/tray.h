/* tray.h - scanned pages beside a form or an application, until they become documents: looked at, turned, thrown away, put
 * together, scanned again. Every page is durable from the moment it is told of; nothing in a tray is an event, and nothing
 * of it is sent, so that a page that was thrown away costs no byte of the link.
 *
 *   scanned --> tray of a draft  --application recorded (jem_apply names the draft)--> its documents
 *           --> tray of a number --jem_tray_attach--> documents of that application
 *
 * A tray's name is the draft's id or the application's number as on paper. The tray of a draft is for the officer who scanned into it;
 * one of an application for every officer of the van. */
#ifndef JEMPUT_TRAY_H
#define JEMPUT_TRAY_H
#include "jemput/app.h"

/* {"tray","pages":[{"id","kind","card":bool,"half":bool a front that waits for its back,"size","at_ms",
 *  "warnings":[{"key","text"}]}],"half": id of the last page when it waits for its back, else 0} */
JEM_NODISCARD enum jem_code jem_tray_show(struct jem_app *app, const char *tray, json_t **out, struct jem_error *err);
/* Trays with pages in them: [{"tray","pages","at_ms","officer"}]. */
JEM_NODISCARD enum jem_code jem_trays(struct jem_app *app, json_t **out, struct jem_error *err);
/* The preview, or the page itself. mime: static text. JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_tray_bytes(struct jem_app *app, const char *tray, int64_t id, bool preview,
    struct jem_buf *out, const char **mime, struct jem_error *err);
/* Each JEM_ENOTFOUND: no such page in that tray (any more). turn_deg 90, 180 or 270 clockwise. */
JEM_NODISCARD enum jem_code jem_tray_turn(struct jem_app *app, const char *tray, int64_t id, unsigned turn_deg,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_tray_drop(struct jem_app *app, const char *tray, int64_t id, struct jem_error *err);
/* `service` tells which kinds there are; NULL in the tray of an application. JEM_EINVAL no such kind */
JEM_NODISCARD enum jem_code jem_tray_kind(struct jem_app *app, const char *tray, int64_t id, const char *service,
    const char *kind, struct jem_error *err);
/* Puts the page above the one behind it: both sides of a card on one page. JEM_EINVAL nothing is behind it */
JEM_NODISCARD enum jem_code jem_tray_combine(struct jem_app *app, const char *tray, int64_t id, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_tray_clear(struct jem_app *app, const char *tray, struct jem_error *err);
/* All pages become documents of the application, each in a unit of its own with its place in the tray: a page is never lost
 * nor doubled. {"number","documents":[as jem_attach]}; on failure *out tells those that are attached. */
JEM_NODISCARD enum jem_code jem_tray_attach(struct jem_app *app, uint64_t number, json_t **out, struct jem_error *err);
#endif
