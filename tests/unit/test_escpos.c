// room: hw
/* What the encoder sends, a printer that knows only the command reference turns back into the same dots. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "jemput/escpos.h"
#include "prop.h"

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
        struct jem_escpos_page page = { width, height, stride, bits, round % 2 };
        struct jem_buf out = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
        jem_buf_str(&out, "x"); /* the encoder appends */
        assert_int_equal(jem_escpos_encode(&page, &out, NULL), JEM_OK);

        struct decode_paper paper;
        assert_true(decode_escpos(out.data + 1, out.len - 1, &paper));
        assert_true(paper.reset_first);
        assert_int_equal(paper.width, bytes * 8);
        assert_int_equal(paper.height, height);
        assert_true(paper.tallest_strip <= 128);
        assert_int_equal(paper.strips, (height + 127) / 128);
        assert_true(paper.feeds > 0);
        assert_int_equal(paper.cuts, page.cut);
        for (unsigned y = 0; y < height; y++)
            for (unsigned x = 0; x < bytes * 8; x++) {
                bool sent = x < width && bits[y * stride + x / 8] >> (7 - x % 8) & 1;
                bool printed = paper.bits[y * bytes + x / 8] >> (7 - x % 8) & 1;
                if (sent != printed)
                    fail_msg("dot %u, %u of %u x %u", x, y, width, height);
            }
        free(paper.bits);
        free(bits);
        jem_buf_release(&out);
    }
}

/* The exact bytes of a small picture, written out by hand from the command reference. */
static void has_the_bytes_of_the_reference(void **state)
{
    (void)state;
    static const unsigned char bits[] = { 0xFF, 0xFF, 0x01, 0x00 };
    static const unsigned char expected[] = { 0x1B, 0x40, 0x1D, 0x76, 0x30, 0x00, 0x02, 0x00, 0x02, 0x00, 0xFF, 0xF0,
        0x01, 0x00, 0x1B, 0x64, 0x04, 0x1D, 0x56, 0x42, 0x00 };
    struct jem_escpos_page page = { 12, 2, 2, bits, true };
    struct jem_buf out = JEM_BUF_INIT(100);
    assert_int_equal(jem_escpos_encode(&page, &out, NULL), JEM_OK);
    assert_int_equal(out.len, sizeof expected);
    assert_memory_equal(out.data, expected, sizeof expected);
    jem_buf_release(&out);
}

static void refuses_what_no_printer_takes(void **state)
{
    (void)state;
    static const unsigned char bits[400] = { 0 };
    const struct jem_escpos_page bad[] = { { 0, 1, 48, bits, false }, { 384, 0, 48, bits, false },
        { 384, 1, 47, bits, false }, { 384, 1, 48, NULL, false }, { 2401, 1, 301, bits, false },
        { 384, 65536, 48, bits, false } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct jem_buf out = JEM_BUF_INIT(1000);
        struct jem_error err = { 0 };
        assert_int_equal(jem_escpos_encode(&bad[i], &out, &err), JEM_EINVAL);
        assert_true(strlen(err.msg) > 20);
        assert_int_equal(out.len, 0);
        jem_buf_release(&out);
    }
}

static void leaves_no_half_picture(void **state)
{
    (void)state;
    unsigned char bits[48 * 200] = { 0 };
    struct jem_escpos_page page = { 384, 200, 48, bits, true };
    for (size_t max = 1; max < 9000; max += 701) {
        struct jem_buf out = JEM_BUF_INIT(max);
        jem_buf_str(&out, "x");
        assert_int_equal(jem_escpos_encode(&page, &out, NULL), JEM_ENOMEM);
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
