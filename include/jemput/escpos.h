/* escpos.h - a 1-bit picture as ESC/POS commands: pure encoding, whole or strip by strip.
 * Source: Epson's ESC/POS command reference (ESC @, GS v 0, ESC *, ESC 3, ESC 2, ESC d, ESC p, GS V). */
#ifndef JEMPUT_ESCPOS_H
#define JEMPUT_ESCPOS_H
#include "jemput/buf.h"

#define JEM_ESCPOS_STRIP_ROWS 128u /* more in one command overruns the buffer of cheap printers */

enum jem_escpos_command {
    JEM_ESCPOS_UNKNOWN = 0,
    JEM_ESCPOS_RASTER, /* GS v 0: rows of bytes */
    JEM_ESCPOS_COLUMNS /* ESC * 33: bands of 24 dots, column by column */
};
enum jem_escpos_cut { JEM_ESCPOS_CUT_NONE = 0, JEM_ESCPOS_CUT_PARTIAL, JEM_ESCPOS_CUT_FULL };
struct jem_escpos_style { /* what one kind of printer wants */
    enum jem_escpos_command command;
    unsigned width_dots; /* of the print head: a narrower page is centred to 8 dots; 0: as wide as the page */
    unsigned strip_rows; /* 24..128 */
    enum jem_escpos_cut cut;
    bool drawer; /* pulses the connector of a cash drawer (here: a lamp or bell) when the page is done */
};
/* For files and printers that nothing is known of: GS v 0 in strips of 128 rows, partial cut. */
extern const struct jem_escpos_style jem_escpos_plain;

struct jem_escpos_page { /* borrowed; most significant bit left, 1 prints */
    unsigned width_dots, height_dots;
    size_t stride;
    const unsigned char *bits;
};
/* JEM_EINVAL: no picture, or wider than the head, or longer than 65535 rows (8 m). */
JEM_NODISCARD enum jem_code jem_escpos_check(const struct jem_escpos_style *style, const struct jem_escpos_page *page,
    struct jem_error *err);

/* The parts of a job whose page was checked, each appended to `out`: whole commands, so that a sender may ask for the
 * status between two of them. */
void jem_escpos_begin(const struct jem_escpos_style *style, struct jem_buf *out);
unsigned jem_escpos_strips(const struct jem_escpos_style *style, const struct jem_escpos_page *page);
void jem_escpos_strip(const struct jem_escpos_style *style, const struct jem_escpos_page *page, unsigned index,
    struct jem_buf *out);
void jem_escpos_end(const struct jem_escpos_style *style, struct jem_buf *out);

/* The whole job; `out` unchanged on failure. JEM_EINVAL | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_escpos_encode(const struct jem_escpos_style *style, const struct jem_escpos_page *page,
    struct jem_buf *out, struct jem_error *err);
#endif
