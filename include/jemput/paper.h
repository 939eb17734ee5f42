/* paper.h - receipts: drawing, issuing, verifying. */
#ifndef JEMPUT_PAPER_H
#define JEMPUT_PAPER_H
#include "jemput/app.h"
enum jem_paper_format {
    JEM_PAPER_UNKNOWN = 0,
    JEM_PAPER_PNG,
    JEM_PAPER_SVG,
    JEM_PAPER_PDF,
    JEM_PAPER_ESCPOS,
    JEM_PAPER_TEXT
};
enum jem_paper_format jem_paper_format_parse(const char *s);
/* Draws the receipt in the thread's language; marked SALINAN n when it was issued n times before. width_mm 58 or 80. Only the van that
 * took the application (its key) makes receipts: JEM_EDENIED otherwise. The QR of an application is the same every time (the token is kept). */
JEM_NODISCARD enum jem_code jem_paper_receipt(struct jem_app *app, uint64_t number, enum jem_paper_format format,
    unsigned width_mm, struct jem_buf *out, struct jem_error *err);
/* Records receipt.printed: {"number","copy"}. */
JEM_NODISCARD enum jem_code jem_paper_issued(struct jem_app *app, uint64_t number, enum jem_paper_format format,
    unsigned width_mm, json_t **out, struct jem_error *err);
/* The signed QR text of an application taken here. */
JEM_NODISCARD enum jem_code jem_paper_qr(struct jem_app *app, uint64_t number, struct jem_buf *out,
    struct jem_error *err);
/* Offline check: {"valid":bool,"number","van","day","service","documents","incomplete","known":bool,"status"?,"status_label"?,
 * "elsewhere"?,"stage_day"?,"told_ms"? (of another van: jem_elsewhere),"reason"?}; JEM_ECORRUPT when false (*out is set):
 * forged, altered, from a van whose key is not known here; JEM_EINVAL: not a receipt, or cut. */
JEM_NODISCARD enum jem_code jem_paper_verify(struct jem_app *app, const char *text, json_t **out,
    struct jem_error *err);
#endif
