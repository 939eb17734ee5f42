/* qr.h - the modules of a QR code, and how large they may be on paper. */
#ifndef JEM_RECEIPT_QR_H
#define JEM_RECEIPT_QR_H
#include <cairo.h>

#include "jemput/buf.h"

#define JEM_QR_QUIET 4u    /* modules of white on every side (ISO/IEC 18004) */
#define JEM_QR_MIN_DOTS 6u /* below, blurred thermal prints stop decoding */

struct jem_qr {
    unsigned modules;    /* a side, without the quiet zone */
    unsigned dots;       /* a module's side on paper */
    unsigned char *dark; /* modules * modules bytes, 1 is black */
};

/* The strongest code that fits: level Q when its modules are still JEM_QR_MIN_DOTS dots wide in `width_dots`, quiet
 * zone included, else level M. Release with jem_qr_release.
 * JEM_EINVAL not even M fits, or no text | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_qr_fit(const char *text, unsigned width_dots, struct jem_qr *out,
    struct jem_error *err);
void jem_qr_release(struct jem_qr *qr);

/* Side in dots, quiet zone included. */
unsigned jem_qr_side_dots(const struct jem_qr *qr);

/* Calls `run` for every horizontal run of dark modules: column, row and length, in modules without the quiet zone. */
void jem_qr_runs(const struct jem_qr *qr, void (*run)(void *ctx, unsigned x, unsigned y, unsigned length), void *ctx);
/* Adds the dark modules to the path of `cr`; (x, y) is the corner of the quiet zone. */
void jem_qr_path(const struct jem_qr *qr, cairo_t *cr, double x, double y);
#endif
