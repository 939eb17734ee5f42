/* slip.h - a short strip of paper besides the receipt: a queue ticket, the sheet of a day. Drawn as receipt.h draws. */
#ifndef JEMPUT_SLIP_H
#define JEMPUT_SLIP_H
#include "jemput/receipt.h"

struct jem_slip_line {
    const char *label, *text;
};
struct jem_slip { /* all borrowed, in the wanted language; NULL or "" leaves the line out */
    const char *title, *place;
    const char *big_label, *big; /* one line, as large as it fits */
    const struct jem_slip_line *lines;
    size_t line_count;
    const char *qr, *qr_text; /* what the code says; what stands below it */
    const char *note;
    int64_t at_unix_ms;
    unsigned width_mm, head_dots; /* as struct jem_receipt */
};
/* Appends; JEM_RECEIPT_TEXT too. JEM_EINVAL wrong width | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_slip_draw(const struct jem_slip *slip, enum jem_receipt_format format,
    struct jem_buf *out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_slip_raster(const struct jem_slip *slip, struct jem_raster *out, struct jem_error *err);
#endif
