/* sheet.h - a narrow sheet of paper as a list of things to draw, and its renderings.
 *
 * Everything is placed once, in printer dots (8 a millimetre, 203.2 dpi); every rendering walks the same list, so that
 * lines break at the same words on the screen, in a PDF and on thermal paper. Text is set by pango without hinting,
 * which makes its measures the same at every scale. One thread at a time. */
#ifndef JEM_RECEIPT_SHEET_H
#define JEM_RECEIPT_SHEET_H
#include <cairo.h>

#include "jemput/receipt.h"
#include "qr.h"

#define JEM_SHEET_DOTS_PER_MM 8u
#define JEM_SHEET_MAX_DOTS 16000u /* 2 m of paper; cairo's pictures end at 32767 pixels, a PNG has two a dot */

enum jem_sheet_align { JEM_SHEET_LEFT, JEM_SHEET_CENTRE };

struct jem_sheet_style {
    double size_dots; /* em */
    bool bold;
    bool white; /* on a bar */
    bool code;  /* digits of one width */
    bool steps; /* lines after a paragraph's first stand in, so that "1." and "2." stand out */
    enum jem_sheet_align align;
};

struct jem_sheet; /* opaque */
/* width_dots: printable; margin_dots: the paper beside it, drawn in PNG, SVG and PDF. NULL: no memory. */
struct jem_sheet *jem_sheet_new(unsigned width_dots, unsigned margin_dots);
void jem_sheet_free(struct jem_sheet *sheet); /* NULL accepted */

/* Adders. An item that does not fit into memory marks the sheet; jem_sheet_finish then says so. */

/* Text set into `width` dots, broken between words, inside a word that is wider. Returns its height. `text` must be
 * clean UTF-8 (parts.h). */
double jem_sheet_text(struct jem_sheet *sheet, double x, double y, double width, const struct jem_sheet_style *style,
    const char *text);
/* The height that jem_sheet_text would return, without drawing. */
double jem_sheet_measure(const struct jem_sheet *sheet, double width, const struct jem_sheet_style *style,
    const char *text);
/* The largest size up to style->size_dots at which `text` takes one line of `width`. */
double jem_sheet_fit(const struct jem_sheet *sheet, double width, const struct jem_sheet_style *style,
    const char *text);
void jem_sheet_fill(struct jem_sheet *sheet, double x, double y, double w, double h);
void jem_sheet_frame(struct jem_sheet *sheet, double x, double y, double w, double h, double line);
/* A tick mark in a square of `size` whose corner is (x, y). */
void jem_sheet_tick(struct jem_sheet *sheet, double x, double y, double size);
/* Takes the code over (zeroing *qr); one a sheet. x and y in whole dots. */
void jem_sheet_qr(struct jem_sheet *sheet, unsigned x, unsigned y, struct jem_qr *qr);

/* Sets the height. JEM_EINVAL taller than JEM_SHEET_MAX_DOTS | JEM_ENOMEM an adder failed */
JEM_NODISCARD enum jem_code jem_sheet_finish(struct jem_sheet *sheet, double height_dots, struct jem_error *err);

/* Renderings of a finished sheet. PNG: gray, two pixels a dot. title: into the metadata; at_unix_ms: its date. */
JEM_NODISCARD enum jem_code jem_sheet_draw(const struct jem_sheet *sheet, enum jem_receipt_format format,
    const char *title, int64_t at_unix_ms, struct jem_buf *out, struct jem_error *err);
/* Text through gray and a threshold; the code as exact squares of whole dots. */
JEM_NODISCARD enum jem_code jem_sheet_raster(const struct jem_sheet *sheet, struct jem_raster *out,
    struct jem_error *err);

/* Appends an A8 surface as a gray PNG: alpha 255 is white. */
JEM_NODISCARD enum jem_code jem_sheet_png(cairo_surface_t *surface, struct jem_buf *out, struct jem_error *err);
#endif
