// room: app
/* Receipts between the sheets of a feeder: a printed receipt is recognised on a scan however it lies, and the pages that
 * follow belong to its application. */
#include "unit.h"

#include <sodium.h>
#include <string.h>

#include "jemput/number.h"
#include "jemput/receipt.h"
#include "jemput/sheet.h"
#include "jemput/token.h"
#include "sheet_kit.h"

struct paper {
    char qr[256];
    PIX *pix; /* gray, at the scan's resolution */
};

/* A receipt as it comes off a printer of 203 dpi: dots a little spread, paper not quite white. */
static struct paper receipt_of(uint64_t random, unsigned width_mm, unsigned dpi)
{
    unsigned char pub[32], secret[64], raw[JEM_TOKEN_BYTES];
    struct paper out = { .pix = NULL };
    struct jem_raster raster;
    crypto_sign_keypair(pub, secret);
    const struct jem_token token = { .van = 7, .number = jem_number_make(7, random), .day = 20778, .service_code = 3 };
    assert_int_equal(jem_token_sign(&token, secret, raw, NULL), JEM_OK);
    assert_int_equal(jem_token_text(raw, "status.cianjurkab.go.id", out.qr, sizeof out.qr, NULL), JEM_OK);
    const struct jem_receipt r = { .region = "Kabupaten Cianjur",
        .number = token.number,
        .qr = out.qr,
        .service = "Kartu Identitas Anak",
        .day = token.day,
        .at_unix_ms = 1795244700000,
        .width_mm = width_mm };
    assert_int_equal(jem_receipt_raster(&r, &raster, NULL), JEM_OK);
    PIX *dots = pixCreate((int)raster.width_dots, (int)raster.height_dots, 8);
    for (unsigned y = 0; y < raster.height_dots; y++)
        for (unsigned x = 0; x < raster.width_dots; x++)
            pixSetPixel(dots, (int)x, (int)y, raster.bits[y * raster.stride + x / 8] & 0x80u >> x % 8 ? 50 : 235);
    jem_raster_release(&raster);
    float scale = (float)dpi / 203;
    out.pix = pixScale(dots, scale, scale);
    pixDestroy(&dots);
    assert_non_null(out.pix);
    return out;
}

static struct jem_sheet sheet_of(PIX **pix, unsigned dpi)
{
    const struct jem_sheet_settings settings = { .colour = JEM_COLOUR_GRAY, .find_receipt = true };
    struct jem_sheet out;
    struct jem_error err = { 0 };
    struct kit_jpeg jpeg = kit_jpeg(pix, dpi);
    if (jem_sheet_process(&settings, jpeg.p, jpeg.n, &out, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    kit_jpeg_free(&jpeg);
    return out;
}

static void a_receipt_is_read_however_it_lies(void **state)
{
    (void)state;
    static const unsigned resolutions[] = { 150, 200, 300 };
    struct prop g = prop_start("receipts on scans");
    for (size_t round = 0; round < prop_rounds(6); round++) {
        unsigned dpi = resolutions[round % 3], tone = prop_below(&g, 2) ? 20 : 250;
        double angle = (double)prop_below(&g, 360000) / 1000;
        struct paper paper = receipt_of(round + 1, prop_below(&g, 2) ? 58 : 80, dpi);
        PIX *bed = kit_lay(paper.pix, tone, 216, 297, dpi, 100, 140, angle);
        kit_grain(&g, bed, 4);
        struct jem_sheet sheet = sheet_of(&bed, dpi);
        if (strcmp(sheet.receipt, paper.qr) != 0)
            fail_msg("%u dpi, bed %u, turned by %.1f: \"%s\"", dpi, tone, angle, sheet.receipt);
        jem_sheet_release(&sheet);
        pixDestroy(&paper.pix);
    }
}

static void a_batch_is_parted_by_its_receipts(void **state)
{
    (void)state;
    struct prop g = prop_start("a batch");
    struct paper receipts[2] = { receipt_of(1, 58, 150), receipt_of(2, 80, 150) };
    static const char batch_of[] = "p0bpp1pb"; /* p a page, b a blank side, 0 and 1 the receipts */
    const char *owners[] = { "", receipts[0].qr, receipts[1].qr };
    const int expected[] = { 0, -1, -1, 1, 1, -1, 2, 2 }; /* the owner, -1: not a page to keep */
    struct jem_sheet_batch batch = { 0 };
    for (size_t i = 0; batch_of[i]; i++) {
        PIX *page = kit_paper(&g, KIT_A4_W_MM, KIT_A4_H_MM, 150);
        if (batch_of[i] == 'p')
            kit_text(&g, page, 150);
        if (batch_of[i] == '0' || batch_of[i] == '1') {
            pixDestroy(&page);
            page = kit_lay(receipts[batch_of[i] - '0'].pix, 240, KIT_A4_W_MM, KIT_A4_H_MM, 150, 90, 130, 1.5);
        }
        struct jem_sheet sheet = sheet_of(&page, 150);
        bool kept = jem_sheet_batch_take(&batch, &sheet);
        assert_int_equal(kept, expected[i] >= 0);
        if (kept)
            assert_string_equal(batch.owner, owners[expected[i]]);
        jem_sheet_release(&sheet);
    }
    pixDestroy(&receipts[0].pix);
    pixDestroy(&receipts[1].pix);
}

/* A code of something else on a document does not part a batch. */
static void other_codes_are_passed_over(void **state)
{
    (void)state;
    struct prop g = prop_start("other codes");
    struct jem_buf png = JEM_BUF_INIT(1 << 20);
    assert_int_equal(jem_qr_draw("HTTPS://TTE.EXAMPLE.GO.ID/V/0123456789", JEM_RECEIPT_PNG, 4, &png, NULL), JEM_OK);
    PIX *code = pixReadMem(png.data, png.len), *gray = pixConvertTo8(code, 0);
    PIX *page = kit_paper(&g, KIT_A4_W_MM, KIT_A4_H_MM, 150);
    kit_text(&g, page, 150);
    pixRasterop(page, 800, 1400, pixGetWidth(gray), pixGetHeight(gray), PIX_SRC, gray, 0, 0);
    struct jem_sheet sheet = sheet_of(&page, 150);
    assert_string_equal(sheet.receipt, "");
    jem_sheet_release(&sheet);
    pixDestroy(&code);
    pixDestroy(&gray);
    jem_buf_release(&png);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_is_read_however_it_lies),
        cmocka_unit_test(a_batch_is_parted_by_its_receipts),
        cmocka_unit_test(other_codes_are_passed_over),
    };
    return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
