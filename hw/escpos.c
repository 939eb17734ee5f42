/* escpos.c - a 1-bit raster as ESC/POS commands.
 *
 *   ESC @            1B 40                          reset to defaults
 *   GS v 0 m x y     1D 76 30 00 xL xH yL yH data   raster: x bytes a row, y rows, most significant bit left, 1 prints
 *   ESC d n          1B 64 n                        feed n lines
 *   GS V B n         1D 56 42 n                     feed to the cutter and n more units, cut partially
 *
 * The raster goes out in strips, because printers without a large buffer print garbage when a whole picture comes at
 * once, and because the sender may look at the paper sensor between two commands. */
#include "jemput/escpos.h"

#define ESCPOS_STRIP_ROWS 128u
#define ESCPOS_WIDTH_MAX_DOTS 2400u /* 300 mm: no receipt printer is wider; a larger value is a mistake */
#define ESCPOS_HEIGHT_MAX_DOTS 65535u
#define ESCPOS_FEED_LINES 4 /* from the print head to the tear bar */

static void escpos_strip(const struct jem_escpos_page *page, unsigned top, unsigned rows, struct jem_buf *out)
{
    unsigned bytes = (page->width_dots + 7) / 8;
    /* Dots right of the width are cleared: they would be printed. */
    unsigned char last_mask = (unsigned char)(0xFF00u >> ((page->width_dots - 1) % 8 + 1));
    const unsigned char head[] = { 0x1D, 'v', '0', 0, (unsigned char)bytes, (unsigned char)(bytes >> 8),
        (unsigned char)rows, (unsigned char)(rows >> 8) };
    jem_buf_add(out, head, sizeof head);
    for (unsigned y = top; y < top + rows; y++) {
        const unsigned char *row = page->bits + y * page->stride;
        jem_buf_add(out, row, bytes - 1);
        jem_buf_byte(out, row[bytes - 1] & last_mask);
    }
}

enum jem_code jem_escpos_encode(const struct jem_escpos_page *page, struct jem_buf *out, struct jem_error *err)
{
    static const unsigned char reset[] = { 0x1B, '@' }, feed[] = { 0x1B, 'd', ESCPOS_FEED_LINES },
                               cut[] = { 0x1D, 'V', 'B', 0 };
    bool sane = page->bits && page->width_dots > 0 && page->width_dots <= ESCPOS_WIDTH_MAX_DOTS &&
                page->height_dots > 0 && page->height_dots <= ESCPOS_HEIGHT_MAX_DOTS &&
                page->stride >= (page->width_dots + 7) / 8;
    if (!sane)
        return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_ESCPOS_SIZE, page->width_dots, page->height_dots);

    size_t before = out->len;
    jem_buf_add(out, reset, sizeof reset);
    for (unsigned top = 0; top < page->height_dots; top += ESCPOS_STRIP_ROWS) {
        unsigned left = page->height_dots - top;
        escpos_strip(page, top, left < ESCPOS_STRIP_ROWS ? left : ESCPOS_STRIP_ROWS, out);
    }
    jem_buf_add(out, feed, sizeof feed);
    if (page->cut)
        jem_buf_add(out, cut, sizeof cut);
    enum jem_code code = jem_buf_ok(out, err);
    if (code != JEM_OK && out->data) { /* half a picture must not reach a printer */
        out->len = before;
        out->data[before] = 0;
    }
    return code;
}
