/* escpos.h - ESC/POS command bytes for a 1-bit raster (GS v 0, strips of at most 128 rows), pure encoding.
 * Source: the ESC/POS command reference (ESC @, GS v 0, ESC d, GS V). */
#ifndef JEMPUT_ESCPOS_H
#define JEMPUT_ESCPOS_H
#include "jemput/buf.h"
struct jem_escpos_page {
    unsigned width_dots, height_dots;
    size_t stride;
    const unsigned char *bits;
    bool cut;
};
/* Appends init, strips, feed and (if cut) a partial cut. */
JEM_NODISCARD enum jem_code jem_escpos_encode(const struct jem_escpos_page *page, struct jem_buf *out,
    struct jem_error *err);
#endif
