// room: app
/* A phone's picture of a receipt: the code alone or the strip on a table, aslant, a little out of focus; and of no receipt. */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "jemput/photo.h"
#include "jemput/receipt.h"
#include "sheet_kit.h"

/* As a camera sees it that stands aside: turned by deg around an upright axis, from no farther than four fifths of the picture's
 * width. Consumes src. */
static PIX *seen_aside(PIX *src, int deg)
{
    double w = pixGetWidth(src), h = pixGetHeight(src), turn = deg * M_PI / 180;
    PTA *from = ptaCreate(4), *to = ptaCreate(4);
    for (int i = 0; i < 4; i++) {
        double x = (i == 1 || i == 2 ? 0.3 : -0.3) * w, y = (i >= 2 ? 0.3 : -0.3) * h;
        double near_by = 0.8 * w / (0.8 * w + x * sin(turn));
        ptaAddPt(from, (l_float32)(x + w / 2), (l_float32)(y + h / 2));
        ptaAddPt(to, (l_float32)(x * cos(turn) * near_by + w / 2), (l_float32)(y * near_by + h / 2));
    }
    PIX *out = pixProjectivePta(src, from, to, L_BRING_IN_WHITE);
    ptaDestroy(&from);
    ptaDestroy(&to);
    pixDestroy(&src);
    return out;
}

static void a_camera_reads_the_receipt(void **state)
{
    (void)state;
    static const struct {
        int edge, module, angle, aside; /* pixels of the picture's long edge and of a module */
    } shots[] = { { 1200, 12, 0, 0 }, { 1600, 6, 7, 0 }, { 4000, 40, 12, 0 }, { 4000, 13, -20, 0 }, { 4000, 7, 3, 0 },
        { 900, 4, 90, 0 }, { 2000, 16, 0, 20 }, { 2000, 16, 30, 20 }, { 2000, 8, 0, 40 }, { 2000, 8, -30, 35 } };
    struct prop g = prop_start("receipts in photographs");
    char text[160], got[JEM_SHEET_QR_MAX];
    struct jem_error err = { 0 };
    snprintf(text, sizeof text, "HTTPS://STATUS.CIANJUR.EXAMPLE/T/%0120d", 7);
    for (size_t i = 0; i < sizeof shots / sizeof *shots; i++) {
        struct jem_buf png = JEM_BUF_INIT((size_t)8 << 20);
        assert_int_equal(jem_qr_draw(text, JEM_RECEIPT_PNG, (unsigned)shots[i].module, &png, &err), JEM_OK);
        PIX *read = pixReadMem(png.data, png.len), *code = pixConvertTo8(read, 0);
        PIX *shot = pixCreate(shots[i].edge * 3 / 4, shots[i].edge, 8);
        int w = pixGetWidth(code), x = (pixGetWidth(shot) - w) / 2, y = (pixGetHeight(shot) - w) / 2;
        pixSetAllArbitrary(shot, 120);
        if (w > pixGetWidth(shot) - 20)
            fail_msg("shot %zu: a code of %d pixels does not fit", i, w);
        pixRasterop(shot, x - 8, y - 8, w + 16, w + 16, PIX_SET, NULL, 0, 0);
        pixRasterop(shot, x, y, w, w, PIX_SRC, code, 0, 0);
        PIX *turned = kit_turn(shot, shots[i].angle, 120);
        if (shots[i].aside != 0)
            turned = seen_aside(turned, shots[i].aside);
        PIX *soft = pixBlockconv(turned, 1, 1);
        kit_grain(&g, soft, 12);
        pixDestroy(&read);
        pixDestroy(&code);
        pixDestroy(&shot);
        pixDestroy(&turned);
        jem_buf_release(&png);
        struct kit_jpeg jpeg = kit_jpeg(&soft, 300);
        assert_int_equal(jem_photo_receipt(jpeg.p, jpeg.n, got, &err), JEM_OK);
        if (strcmp(got, text) != 0)
            fail_msg("shot %zu is not read", i);
        assert_int_equal(jem_photo_receipt(jpeg.p, jpeg.n / 2, got, &err), JEM_EINVAL);
        assert_string_equal(got, "");
        kit_jpeg_free(&jpeg);
    }
    PIX *page = kit_paper(&g, KIT_A4_W_MM, KIT_A4_H_MM, 100);
    kit_text(&g, page, 100);
    struct kit_jpeg jpeg = kit_jpeg(&page, 100);
    assert_int_equal(jem_photo_receipt(jpeg.p, jpeg.n, got, &err), JEM_OK);
    assert_string_equal(got, "");
    kit_jpeg_free(&jpeg);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_camera_reads_the_receipt) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
