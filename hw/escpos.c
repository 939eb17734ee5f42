/* escpos.c - a 1-bit picture as ESC/POS commands.
 *
 *   ESC @            1B 40                          reset to defaults
 *   GS v 0 m x y     1D 76 30 00 xL xH yL yH data   raster: x bytes a row, y rows, most significant bit left, 1 prints
 *   ESC 3 n          1B 33 n                        line spacing of n dots
 *   ESC * 33 n       1B 2A 21 nL nH data            n columns of 24 dots, 3 bytes each from the top; LF prints the band
 *   ESC 2            1B 32                          default line spacing
 *   ESC d n          1B 64 n                        feed n lines
 *   ESC p 0 t1 t2    1B 70 00 19 FA                 pulse of 50 ms on the drawer's connector
 *   GS V A|B n       1D 56 41|42 n                  feed to the cutter and n more units, cut fully | partially
 *
 * The picture goes out in strips, because printers without a large buffer print garbage when all of it comes at once,
 * and because the sender may look at the paper sensor between two commands. A band of ESC * is as high as the line
 * spacing; where the unit of ESC 3 is finer than a dot, printers feed by the height of the band. */
#include "jemput/escpos.h"

#define ESCPOS_WIDTH_MAX_DOTS 2400u /* 300 mm: no receipt printer is wider; a larger value is a mistake */
#define ESCPOS_HEIGHT_MAX_DOTS 65535u
#define ESCPOS_FEED_LINES 4 /* from the print head to the tear bar */
#define ESCPOS_BAND_ROWS 24u

const struct jem_escpos_style jem_escpos_plain = { .command = JEM_ESCPOS_RASTER,
    .strip_rows = JEM_ESCPOS_STRIP_ROWS,
    .cut = JEM_ESCPOS_CUT_PARTIAL };

enum jem_code jem_escpos_check(const struct jem_escpos_style *style, const struct jem_escpos_page *page,
    struct jem_error *err)
{
    unsigned widest = style->width_dots > 0 ? style->width_dots : ESCPOS_WIDTH_MAX_DOTS;
    bool sane = page->bits && page->width_dots > 0 && page->width_dots <= widest && page->height_dots > 0 &&
                page->height_dots <= ESCPOS_HEIGHT_MAX_DOTS && page->stride >= (page->width_dots + 7) / 8;
    if (!sane)
        return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_ESCPOS_SIZE, page->width_dots, page->height_dots);
    return JEM_OK;
}

/* White bytes left of a page that is narrower than the head. */
static unsigned escpos_margin(const struct jem_escpos_style *style, const struct jem_escpos_page *page)
{
    return style->width_dots > page->width_dots ? (style->width_dots - page->width_dots) / 16 : 0;
}

static unsigned escpos_strip_rows(const struct jem_escpos_style *style)
{
    unsigned rows = style->strip_rows;
    if (rows < ESCPOS_BAND_ROWS || rows > JEM_ESCPOS_STRIP_ROWS)
        rows = JEM_ESCPOS_STRIP_ROWS;
    return style->command == JEM_ESCPOS_COLUMNS ? rows - rows % ESCPOS_BAND_ROWS : rows;
}

unsigned jem_escpos_strips(const struct jem_escpos_style *style, const struct jem_escpos_page *page)
{
    unsigned rows = escpos_strip_rows(style);
    return (page->height_dots + rows - 1) / rows;
}

/* Byte x of row y. Dots right of the width are cleared: they would be printed. */
static unsigned char escpos_byte(const struct jem_escpos_page *page, unsigned x, unsigned y)
{
    unsigned char b = page->bits[y * page->stride + x];
    unsigned used = page->width_dots - x * 8;
    return used >= 8 ? b : b & (unsigned char)(0xFF00u >> used);
}

static void escpos_raster(const struct jem_escpos_page *page, unsigned margin, unsigned top, unsigned rows,
    struct jem_buf *out)
{
    unsigned bytes = (page->width_dots + 7) / 8, wide = margin + bytes;
    const unsigned char head[] = { 0x1D, 'v', '0', 0, (unsigned char)wide, (unsigned char)(wide >> 8),
        (unsigned char)rows, (unsigned char)(rows >> 8) };
    jem_buf_add(out, head, sizeof head);
    for (unsigned y = top; y < top + rows; y++) {
        for (unsigned i = 0; i < margin; i++)
            jem_buf_byte(out, 0);
        jem_buf_add(out, page->bits + y * page->stride, bytes - 1);
        jem_buf_byte(out, escpos_byte(page, bytes - 1, y));
    }
}

static void escpos_band(const struct jem_escpos_page *page, unsigned margin, unsigned top, struct jem_buf *out)
{
    unsigned columns = margin * 8 + page->width_dots;
    const unsigned char head[] = { 0x1B, '*', 33, (unsigned char)columns, (unsigned char)(columns >> 8) };
    jem_buf_add(out, head, sizeof head);
    for (unsigned i = 0; i < margin * 8 * 3; i++)
        jem_buf_byte(out, 0);
    for (unsigned x = 0; x < page->width_dots; x++)
        for (unsigned third = 0; third < 3; third++) {
            unsigned char b = 0;
            for (unsigned i = 0; i < 8; i++) {
                unsigned y = top + third * 8 + i;
                bool dot = y < page->height_dots && page->bits[y * page->stride + x / 8] >> (7 - x % 8) & 1;
                b = (unsigned char)(b << 1 | dot);
            }
            jem_buf_byte(out, b);
        }
    jem_buf_byte(out, '\n');
}

void jem_escpos_begin(const struct jem_escpos_style *style, struct jem_buf *out)
{
    static const unsigned char reset[] = { 0x1B, '@' }, tight[] = { 0x1B, '3', ESCPOS_BAND_ROWS };
    jem_buf_add(out, reset, sizeof reset);
    if (style->command == JEM_ESCPOS_COLUMNS)
        jem_buf_add(out, tight, sizeof tight);
}

void jem_escpos_strip(const struct jem_escpos_style *style, const struct jem_escpos_page *page, unsigned index,
    struct jem_buf *out)
{
    unsigned most = escpos_strip_rows(style), top = index * most, margin = escpos_margin(style, page);
    unsigned rows = page->height_dots - top < most ? page->height_dots - top : most;
    if (style->command != JEM_ESCPOS_COLUMNS) {
        escpos_raster(page, margin, top, rows, out);
        return;
    }
    for (unsigned y = top; y < top + rows; y += ESCPOS_BAND_ROWS)
        escpos_band(page, margin, y, out);
}

void jem_escpos_end(const struct jem_escpos_style *style, struct jem_buf *out)
{
    static const unsigned char loose[] = { 0x1B, '2' }, feed[] = { 0x1B, 'd', ESCPOS_FEED_LINES },
                               pulse[] = { 0x1B, 'p', 0, 25, 250 };
    const unsigned char cut[] = { 0x1D, 'V', style->cut == JEM_ESCPOS_CUT_FULL ? 'A' : 'B', 0 };
    if (style->command == JEM_ESCPOS_COLUMNS)
        jem_buf_add(out, loose, sizeof loose);
    jem_buf_add(out, feed, sizeof feed);
    if (style->cut != JEM_ESCPOS_CUT_NONE)
        jem_buf_add(out, cut, sizeof cut);
    if (style->drawer)
        jem_buf_add(out, pulse, sizeof pulse);
}

enum jem_code jem_escpos_encode(const struct jem_escpos_style *style, const struct jem_escpos_page *page,
    struct jem_buf *out, struct jem_error *err)
{
    enum jem_code code = jem_escpos_check(style, page, err);
    if (code != JEM_OK)
        return code;
    size_t before = out->len;
    jem_escpos_begin(style, out);
    for (unsigned i = 0; i < jem_escpos_strips(style, page); i++)
        jem_escpos_strip(style, page, i, out);
    jem_escpos_end(style, out);
    code = jem_buf_ok(out, err);
    if (code != JEM_OK && out->data) { /* half a picture must not reach a printer */
        out->len = before;
        out->data[before] = 0;
    }
    return code;
}
