/* receipt.h - one layout of the receipt, drawn once, to every format.
 * 58 mm paper is 384 dots wide, 80 mm 576 (512 on narrower print heads), at 203 dpi; QR level Q where its modules are >= 6 dots, else M with
 * >= 6 dots, 4 modules of quiet zone, integer dots a module. PNG has two pixels a dot; labels are in the thread's
 * language. Texts are cleaned here: control characters and broken UTF-8 never reach paper or a terminal. */
#ifndef JEMPUT_RECEIPT_H
#define JEMPUT_RECEIPT_H
#include "jemput/buf.h"
#include "jemput/token.h"

enum jem_receipt_format {
    JEM_RECEIPT_UNKNOWN = 0,
    JEM_RECEIPT_PNG,
    JEM_RECEIPT_SVG,
    JEM_RECEIPT_PDF,
    JEM_RECEIPT_TEXT
};
struct jem_receipt { /* all borrowed, all texts already in the wanted language; NULL or "" leaves the line out */
    const char *region, *van_name; /* "Kabupaten Cianjur", "Van 3" */
    uint64_t number;
    const char *qr; /* QR text; printed number stands beside it */
    const char *service, *agency;
    int32_t day;
    int64_t at_unix_ms;
    const char *officer;
    const char *promised, *cost, *procedure, *product; /* published components */
    const char *const *requirements;
    size_t requirement_count; /* brought */
    const char *const *missing;
    size_t missing_count;  /* still to bring */
    const char *ask;       /* where and how to ask for the status */
    const char *complaint; /* complaint channel */
    unsigned copy;         /* 0 original; n prints SALINAN n / COPY n */
    unsigned width_mm;     /* 58 or 80 */
    unsigned head_dots;    /* of the printer: the layout is not wider; 0: 384 or 576 */
};
/* Appends. JEM_EINVAL wrong width, QR too long for the paper, over 2 m of paper | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_receipt_draw(const struct jem_receipt *r, enum jem_receipt_format format,
    struct jem_buf *out, struct jem_error *err);
/* 1-bit raster, rows of ceil(width/8) bytes, most significant bit left, 1 is black. */
struct jem_raster {
    unsigned width_dots, height_dots;
    size_t stride;
    unsigned char *bits;
};
JEM_NODISCARD enum jem_code jem_receipt_raster(const struct jem_receipt *r, struct jem_raster *out,
    struct jem_error *err);
void jem_raster_release(struct jem_raster *raster);
/* The page of a test print, as wide as the head: a title, lines of text, and a pattern that shows where the paper ends. */
JEM_NODISCARD enum jem_code jem_test_page_raster(const char *title, const char *const *lines, size_t count,
    unsigned head_dots, struct jem_raster *out, struct jem_error *err);
/* The QR alone, as SVG or PNG of integer modules, for pages. */
JEM_NODISCARD enum jem_code jem_qr_draw(const char *text, enum jem_receipt_format format, unsigned module_px,
    struct jem_buf *out, struct jem_error *err);
#endif
