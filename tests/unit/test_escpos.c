// room: hw
/* What the encoder sends, a printer that knows only the command reference turns back into the same dots. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "../devices/escpos_view.h"
#include "jemput/escpos.h"
#include "prop.h"

static bool dot(const struct jem_escpos_page *page, unsigned x, unsigned y)
{
    return x < page->width_dots && y < page->height_dots && page->bits[y * page->stride + x / 8] >> (7 - x % 8) & 1;
}

/* The paper holds the page, `left` dots from its edge, from its first row on, and nothing else. */
static void same_dots(const struct escpos_view *paper, const struct jem_escpos_page *page, unsigned left)
{
    assert_true(paper->height > page->height_dots);
    for (unsigned y = 0; y < paper->height; y++)
        for (unsigned x = 0; x < paper->head_dots; x++)
            if (escpos_view_dot(paper, x, y) != (x >= left && dot(page, x - left, y)))
                fail_msg("dot %u, %u of %u x %u", x, y, page->width_dots, page->height_dots);
}

static void comes_out_dot_by_dot(void **state)
{
    (void)state;
    struct prop g = prop_start("escpos round trip");
    for (size_t round = 0; round < prop_rounds(150); round++) {
        unsigned width = 1 + (unsigned)prop_below(&g, 640), height = 1 + (unsigned)prop_below(&g, 600);
        if (round < 4) {
            width = round % 2 ? 576 : 384;
            height = 127 + (unsigned)round;
        }
        size_t bytes = (width + 7) / 8, stride = bytes + prop_below(&g, 5);
        unsigned char *bits = malloc(stride * height);
        assert_non_null(bits);
        prop_bytes(&g, bits, stride * height);
        struct jem_escpos_page page = { width, height, stride, bits };
        struct jem_escpos_style style = { .command = round % 3 ? JEM_ESCPOS_RASTER : JEM_ESCPOS_COLUMNS,
            .width_dots = round % 5 ? 0 : width + (unsigned)prop_below(&g, 100),
            .strip_rows = 24 + (unsigned)prop_below(&g, 105),
            .cut = (enum jem_escpos_cut)(round % 3),
            .drawer = round % 2 };
        struct jem_buf out = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
        jem_buf_str(&out, "x"); /* the encoder appends */
        assert_int_equal(jem_escpos_encode(&style, &page, &out, NULL), JEM_OK);

        struct escpos_view paper;
        escpos_view_init(&paper, style.width_dots ? style.width_dots : (unsigned)bytes * 8);
        for (size_t at = 1, n; at < out.len; at += n) { /* in pieces, as a bus delivers it */
            n = 1 + prop_below(&g, 700);
            n = n < out.len - at ? n : out.len - at;
            escpos_view_take(&paper, out.data + at, n);
        }
        assert_int_equal(escpos_view_waiting(&paper) + paper.unknown + paper.characters, 0);
        assert_int_equal(paper.resets, 1);
        assert_true(paper.tallest_strip <= style.strip_rows);
        assert_int_equal(paper.cuts, style.cut != JEM_ESCPOS_CUT_NONE);
        assert_int_equal(paper.pulses, style.drawer);
        same_dots(&paper, &page, style.width_dots > width ? (style.width_dots - width) / 16 * 8 : 0);
        escpos_view_release(&paper);
        free(bits);
        jem_buf_release(&out);
    }
}

/* The exact bytes of a small picture, written out by hand from the command reference. */
static void has_the_bytes_of_the_reference(void **state)
{
    (void)state;
    static const unsigned char bits[] = { 0xFF, 0xFF, 0x01, 0x00 };
    static const unsigned char raster[] = { 0x1B, 0x40, 0x1D, 0x76, 0x30, 0x00, 0x02, 0x00, 0x02, 0x00, 0xFF, 0xF0,
        0x01, 0x00, 0x1B, 0x64, 0x04, 0x1D, 0x56, 0x42, 0x00 };
    static const unsigned char columns[] = { 0x1B, 0x40, 0x1B, 0x33, 0x18, 0x1B, 0x2A, 0x21, 0x04, 0x00, 0x80, 0x00,
        0x00, 0x80, 0x00, 0x00, 0xC0, 0x00, 0x00, 0xC0, 0x00, 0x00, 0x0A, 0x1B, 0x32, 0x1B, 0x64, 0x04, 0x1D, 0x56,
        0x41, 0x00, 0x1B, 0x70, 0x00, 0x19, 0xFA };
    struct jem_escpos_page page = { 12, 2, 2, bits }, narrow = { 4, 2, 1, (const unsigned char[]){ 0xF0, 0x30 } };
    struct jem_escpos_style style = { .command = JEM_ESCPOS_COLUMNS, .cut = JEM_ESCPOS_CUT_FULL, .drawer = true };
    struct jem_buf out = JEM_BUF_INIT(100);
    assert_int_equal(jem_escpos_encode(&jem_escpos_plain, &page, &out, NULL), JEM_OK);
    assert_int_equal(out.len, sizeof raster);
    assert_memory_equal(out.data, raster, sizeof raster);
    jem_buf_clear(&out);
    assert_int_equal(jem_escpos_encode(&style, &narrow, &out, NULL), JEM_OK);
    assert_int_equal(out.len, sizeof columns);
    assert_memory_equal(out.data, columns, sizeof columns);
    jem_buf_release(&out);
}

static void refuses_what_no_printer_takes(void **state)
{
    (void)state;
    static const unsigned char bits[400] = { 0 };
    const struct jem_escpos_page bad[] = { { 0, 1, 48, bits }, { 384, 0, 48, bits }, { 384, 1, 47, bits },
        { 384, 1, 48, NULL }, { 2401, 1, 301, bits }, { 384, 65536, 48, bits } };
    const struct jem_escpos_style narrow = { .command = JEM_ESCPOS_RASTER, .width_dots = 384 };
    const struct jem_escpos_page wide = { 385, 1, 49, bits };
    struct jem_error err = { 0 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct jem_buf out = JEM_BUF_INIT(1000);
        assert_int_equal(jem_escpos_encode(&jem_escpos_plain, &bad[i], &out, &err), JEM_EINVAL);
        assert_true(strlen(err.msg) > 20);
        assert_int_equal(out.len, 0);
        jem_buf_release(&out);
    }
    assert_int_equal(jem_escpos_check(&narrow, &wide, &err), JEM_EINVAL);
}

static void leaves_no_half_picture(void **state)
{
    (void)state;
    unsigned char bits[48 * 200] = { 0 };
    struct jem_escpos_page page = { 384, 200, 48, bits };
    for (size_t max = 1; max < 9000; max += 701) {
        struct jem_buf out = JEM_BUF_INIT(max);
        jem_buf_str(&out, "x");
        assert_int_equal(jem_escpos_encode(&jem_escpos_plain, &page, &out, NULL), JEM_ENOMEM);
        assert_string_equal(jem_buf_text(&out), "x");
        assert_int_equal(out.len, 1);
        jem_buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_out_dot_by_dot),
        cmocka_unit_test(has_the_bytes_of_the_reference),
        cmocka_unit_test(refuses_what_no_printer_takes),
        cmocka_unit_test(leaves_no_half_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
