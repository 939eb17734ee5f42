// room: hw
/* Scanned pages: straight, cut, clean, looked at; and hostile pictures. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/sheet.h"
#include "sheet_kit.h"
#include "sheet_qr.h"

#define DPI 150u
static const struct jem_sheet_settings as_gray = { .colour = JEM_COLOUR_GRAY };
static const struct jem_sheet_settings as_colour = { .colour = JEM_COLOUR_RGB };

/* Takes *pix over. */
static struct jem_sheet sheet_of(const struct jem_sheet_settings *settings, PIX **pix, unsigned dpi)
{
    struct jem_sheet out;
    struct jem_error err = { 0 };
    struct kit_jpeg jpeg = kit_jpeg(pix, dpi);
    if (jem_sheet_process(settings, jpeg.p, jpeg.n, &out, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    kit_jpeg_free(&jpeg);
    assert_true(out.jpeg_len > 0 && out.preview_len > 0);
    return out;
}

static PIX *picture_of(const struct jem_sheet *sheet)
{
    PIX *pix = pixReadMem(sheet->jpeg, sheet->jpeg_len);
    assert_non_null(pix);
    assert_int_equal(pixGetWidth(pix), sheet->width);
    assert_int_equal(pixGetHeight(pix), sheet->height);
    return pix;
}

static PIX *letter(struct prop *g, unsigned dpi)
{
    PIX *page = kit_paper(g, KIT_A4_W_MM, KIT_A4_H_MM, dpi);
    kit_text(g, page, dpi);
    return page;
}

/* The height of the letter's rule around a column: the first row that is dark over 3 mm. */
static int rule_at(PIX *page, int x, unsigned dpi)
{
    int n = kit_px(3, dpi);
    for (int y = 0; y < pixGetHeight(page) / 4; y++) {
        int dark = 0;
        for (int i = 0; i < n; i++)
            dark += GET_DATA_BYTE(pixGetData(page) + (size_t)y * (size_t)pixGetWpl(page), x + i) < 128;
        if (dark == n)
            return y;
    }
    fail_msg("no rule at column %d", x);
    return 0;
}

static double slant_of(const struct jem_sheet *sheet)
{
    PIX *pix = picture_of(sheet);
    int a = pixGetWidth(pix) * 3 / 10, b = pixGetWidth(pix) * 7 / 10;
    double slant = atan2(rule_at(pix, b, sheet->dpi) - rule_at(pix, a, sheet->dpi), b - a) * 180 / M_PI;
    pixDestroy(&pix);
    return slant;
}

static void a_turned_page_comes_back_upright(void **state)
{
    (void)state;
    struct prop g = prop_start("turned pages");
    for (size_t round = 0; round < prop_rounds(4); round++) {
        double angle = (double)prop_below(&g, 12001) / 1000 - 6;
        PIX *page = letter(&g, DPI), *turned = kit_turn(page, angle, 240);
        pixDestroy(&page);
        struct jem_sheet sheet = sheet_of(&as_gray, &turned, DPI);
        double slant = slant_of(&sheet);
        if (fabs(sheet.skew_deg - angle) > 0.25 || fabs(slant) > 0.5)
            fail_msg("turned by %.3f, measured %.3f, left %.3f", angle, sheet.skew_deg, slant);
        assert_int_equal(sheet.warnings, 0);
        jem_sheet_release(&sheet);
    }
}

/* Marks in all four corners are still there after a page was turned back. */
static void nothing_is_lost_at_the_corners(void **state)
{
    (void)state;
    struct prop g = prop_start("corners");
    PIX *page = letter(&g, DPI), *turned = kit_turn(page, 5, 240);
    int w = pixGetWidth(turned), h = pixGetHeight(turned), n = kit_px(8, DPI), in = kit_px(5, DPI);
    for (int corner = 0; corner < 4; corner++)
        pixRasterop(turned, corner & 1 ? w - in - n : in, corner & 2 ? h - in - n : in, n, n, PIX_CLR, NULL, 0, 0);
    pixDestroy(&page);
    struct jem_sheet sheet = sheet_of(&as_gray, &turned, DPI);
    assert_true(fabs(sheet.skew_deg - 5) < 0.3);
    PIX *out = picture_of(&sheet), *black = pixThresholdToBinary(out, 60);
    PIX *squares = pixOpenBrick(NULL, black, n / 2, n / 2);
    int count = 0;
    pixCountConnComp(squares, 8, &count);
    assert_int_equal(count, 4);
    pixCountPixels(squares, &count, NULL);
    assert_true(count > 4 * n * n * 9 / 10);
    pixDestroy(&squares);
    pixDestroy(&black);
    pixDestroy(&out);
    jem_sheet_release(&sheet);
}

static bool is_card_blue(PIX *pix, double x, double y)
{
    int r = 0, g = 0, b = 0;
    pixGetRGBPixel(pix, (int)x, (int)y, &r, &g, &b);
    return b > r + 10 && b > 120;
}

static void a_card_is_cut_out_of_the_bed(void **state)
{
    (void)state;
    static const unsigned beds[] = { 12, 60, 245, 255 };
    struct prop g = prop_start("cards");
    PIX *card = kit_card(&g, DPI);
    for (size_t round = 0; round < prop_rounds(5); round++) {
        double angle = (double)prop_below(&g, 90000) / 1000 - 45, x = 55 + (double)prop_below(&g, 100);
        double y = 55 + (double)prop_below(&g, 180);
        unsigned tone = beds[prop_below(&g, 4)];
        struct jem_sheet_settings settings = as_colour;
        settings.shape = prop_below(&g, 2) ? JEM_SHEET_CARD : JEM_SHEET_ANY;
        PIX *bed = kit_lay(card, tone, 216, 297, DPI, x, y, angle);
        kit_grain(&g, bed, 2);
        struct jem_sheet sheet = sheet_of(&settings, &bed, DPI);
        double w = sheet.width * 25.4 / sheet.dpi, h = sheet.height * 25.4 / sheet.dpi;
        if (!sheet.is_card || !sheet.is_cut || fabs(w - 85.6) > 2 || fabs(h - 53.98) > 2 ||
            fabs(sheet.skew_deg - angle) > 0.5)
            fail_msg("bed %u, turned by %.2f: %.1f x %.1f mm, turned by %.2f", tone, angle, w, h, sheet.skew_deg);
        assert_int_equal(sheet.warnings & ~(unsigned)JEM_SHEET_TURNED, 0);
        PIX *out = picture_of(&sheet);
        double mm = sheet.dpi / 25.4;
        assert_true(is_card_blue(out, 2 * mm, h * mm / 2) && is_card_blue(out, (w - 2) * mm, h * mm / 2));
        assert_true(is_card_blue(out, w * mm / 2, 2 * mm) && is_card_blue(out, w * mm / 2, (h - 2) * mm));
        pixDestroy(&out);
        assert_int_equal(sheet.preview_mime, JEM_MIME_JPEG);
        jem_sheet_release(&sheet);
    }
    pixDestroy(&card);
}

static void a_card_that_is_not_there_is_missed(void **state)
{
    (void)state;
    struct prop g = prop_start("no card");
    const struct jem_sheet_settings settings = { .shape = JEM_SHEET_CARD, .colour = JEM_COLOUR_RGB };
    PIX *page = letter(&g, 100), *sheet_pix = pixConvertTo32(page);
    pixDestroy(&page);
    struct jem_sheet sheet = sheet_of(&settings, &sheet_pix, 100);
    assert_true((sheet.warnings & JEM_SHEET_NO_CARD) && !sheet.is_card && !sheet.is_cut);
    jem_sheet_release(&sheet);
}

static void a_small_sheet_is_cut_out_of_a_dark_bed(void **state)
{
    (void)state;
    struct prop g = prop_start("sheet on a bed");
    PIX *page = kit_paper(&g, 148, 210, DPI);
    kit_text(&g, page, DPI);
    PIX *bed = kit_lay(page, 30, 216, 297, DPI, 95, 125, 3);
    pixDestroy(&page);
    struct jem_sheet sheet = sheet_of(&as_gray, &bed, DPI);
    assert_true(sheet.is_cut && !sheet.is_card && fabs(sheet.skew_deg - 3) < 0.3);
    assert_true(fabs(sheet.width * 25.4 / sheet.dpi - 148) < 2 && fabs(sheet.height * 25.4 / sheet.dpi - 210) < 2);
    assert_true(fabs(slant_of(&sheet)) < 0.5);
    jem_sheet_release(&sheet);

    /* A feeder: the sheet is as wide as the picture, and the dark bed shows below it only. */
    page = kit_paper(&g, KIT_A4_W_MM, 240, DPI);
    kit_text(&g, page, DPI);
    bed = kit_lay(page, 20, KIT_A4_W_MM, KIT_A4_H_MM, DPI, KIT_A4_W_MM / 2, 120, 0);
    pixDestroy(&page);
    sheet = sheet_of(&as_gray, &bed, DPI);
    assert_true(sheet.is_cut && fabs(sheet.height * 25.4 / sheet.dpi - 240) < 2);
    jem_sheet_release(&sheet);
}

/* A photograph on a white page is no sheet on a white bed. */
static void a_page_is_not_cut_to_its_picture(void **state)
{
    (void)state;
    struct prop g = prop_start("picture on a page");
    PIX *page = kit_paper(&g, KIT_A4_W_MM, KIT_A4_H_MM, 100);
    kit_photo(page, 100, 60, 80, 60, 80);
    struct jem_sheet sheet = sheet_of(&as_gray, &page, 100);
    assert_false(sheet.is_cut);
    assert_int_equal(sheet.height, kit_px(KIT_A4_H_MM, 100));
    jem_sheet_release(&sheet);
}

static void dust_is_blank_and_a_faint_stamp_is_not(void **state)
{
    (void)state;
    struct prop g = prop_start("blank sheets");
    for (size_t round = 0; round < prop_rounds(3); round++) {
        PIX *page = kit_paper(&g, KIT_A4_W_MM, KIT_A4_H_MM, DPI);
        kit_dust(&g, page, DPI, prop_below(&g, 60));
        /* A hair on the feeder's glass draws a line down every sheet; edges throw shadows. */
        pixRasterop(page, kit_px(30 + (double)prop_below(&g, 150), DPI), 0, 2, pixGetHeight(page), PIX_CLR, NULL, 0, 0);
        pixRasterop(page, 0, 0, kit_px(1.5, DPI), pixGetHeight(page) / 2, PIX_CLR, NULL, 0, 0);
        PIX *stamped = pixCopy(NULL, page);
        struct jem_sheet sheet = sheet_of(&as_gray, &page, DPI);
        assert_int_equal(sheet.ink_ppm, 0);
        assert_int_equal(sheet.warnings, JEM_SHEET_BLANK);
        jem_sheet_release(&sheet);
        kit_stamp(stamped, DPI, 20 + (double)prop_below(&g, 140), 20 + (double)prop_below(&g, 220), 26);
        sheet = sheet_of(&as_gray, &stamped, DPI);
        assert_true(sheet.ink_ppm > 300);
        assert_int_equal(sheet.warnings & JEM_SHEET_BLANK, 0);
        jem_sheet_release(&sheet);
    }
}

static void blur_grows_the_figure_and_then_warns(void **state)
{
    (void)state;
    static const int radius[] = { 0, 1, 3, 8 };
    for (unsigned dpi = 150; dpi <= 300; dpi += 150) {
        struct prop g = prop_start("blur");
        PIX *page = letter(&g, dpi);
        unsigned last = 0;
        for (size_t i = 0; i < sizeof radius / sizeof *radius; i++) {
            PIX *blurred = radius[i] ? pixBlockconv(page, radius[i], radius[i]) : pixCopy(NULL, page);
            struct jem_sheet sheet = sheet_of(&as_gray, &blurred, dpi);
            if (sheet.blur_um <= last)
                fail_msg("%u dpi, radius %d: %u after %u", dpi, radius[i], sheet.blur_um, last);
            last = sheet.blur_um;
            double box_um = (2 * radius[i] + 1) * 25400.0 / dpi;
            if (box_um < 150)
                assert_int_equal(sheet.warnings & JEM_SHEET_BLURRED, 0);
            else if (box_um > 900)
                assert_int_equal(sheet.warnings & JEM_SHEET_BLURRED, JEM_SHEET_BLURRED);
            jem_sheet_release(&sheet);
        }
        pixDestroy(&page);
    }
}

static PIX *quarters(PIX *page, unsigned deg)
{
    return deg == 0     ? pixCopy(NULL, page)
           : deg == 180 ? pixRotate180(NULL, page)
                        : pixRotate90(page, deg == 90 ? 1 : -1);
}

static void upside_down_text_is_found_and_mended(void **state)
{
    (void)state;
    struct prop g = prop_start("upside down");
    PIX *page = letter(&g, DPI);
    for (unsigned deg = 0; deg < 360; deg += 90) {
        struct jem_sheet_settings settings = as_gray;
        PIX *turned = quarters(page, deg), *again = pixCopy(NULL, turned);
        struct jem_sheet sheet = sheet_of(&settings, &turned, DPI);
        assert_int_equal(sheet.upright_deg, (360 - deg) % 360);
        assert_true(sheet.upright_sure > JEM_SHEET_TURN_SURE);
        assert_int_equal(sheet.warnings, deg == 0 ? 0 : JEM_SHEET_TURNED);
        settings.turn_deg = sheet.upright_deg;
        jem_sheet_release(&sheet);
        sheet = sheet_of(&settings, &again, DPI);
        assert_int_equal(sheet.upright_deg, 0);
        assert_int_equal(sheet.warnings, 0);
        assert_true(sheet.height > sheet.width);
        assert_true(fabs(slant_of(&sheet)) < 0.2);
        jem_sheet_release(&sheet);
    }
    pixDestroy(&page);
}

static void what_tells_nothing_is_not_called_upside_down(void **state)
{
    (void)state;
    struct prop g = prop_start("no text");
    PIX *page = kit_paper(&g, KIT_A4_W_MM, KIT_A4_H_MM, DPI);
    kit_stamp(page, DPI, 80, 100, 200);
    kit_photo(page, DPI, 30, 200, 40, 60);
    struct jem_sheet sheet = sheet_of(&as_gray, &page, DPI);
    assert_int_equal(sheet.warnings, 0);
    jem_sheet_release(&sheet);
}

static void previews_suit_what_they_show(void **state)
{
    (void)state;
    struct prop g = prop_start("previews");
    PIX *page = letter(&g, DPI), *stamped = pixCopy(NULL, page), *pictured = pixCopy(NULL, page);
    PIX *coloured = pixConvertTo32(page);
    struct jem_sheet sheet = sheet_of(&as_gray, &page, DPI);
    assert_int_equal(sheet.preview_mime, JEM_MIME_PNG);
    assert_true(sheet.preview_len <= JEM_SHEET_PREVIEW_MAX_BYTES);
    PIX *preview = pixReadMem(sheet.preview, sheet.preview_len);
    assert_non_null(preview);
    assert_int_equal(pixGetDepth(preview), 1);
    assert_true(pixGetHeight(preview) >= kit_px(KIT_A4_H_MM, 100) - 2);
    pixDestroy(&preview);
    jem_sheet_release(&sheet);

    kit_stamp(stamped, DPI, 120, 240, 30); /* two tones would not show it */
    kit_photo(pictured, DPI, 30, 60, 100, 90);
    PIX **others[] = { &stamped, &pictured, &coloured };
    for (size_t i = 0; i < 3; i++) {
        sheet = sheet_of(i == 2 ? &as_colour : &as_gray, others[i], DPI);
        if (sheet.preview_mime != JEM_MIME_JPEG)
            fail_msg("page %zu has a preview in two tones", i);
        jem_sheet_release(&sheet);
    }
}

static void paper_gets_white_and_marks_stay(void **state)
{
    (void)state;
    struct prop g = prop_start("clean");
    PIX *page = letter(&g, DPI);
    for (int y = 0; y < pixGetHeight(page); y++) { /* a shadow from the left, as of a book's fold */
        l_uint32 *row = pixGetData(page) + (size_t)y * (size_t)pixGetWpl(page);
        for (int x = 0; x < pixGetWidth(page); x++)
            SET_DATA_BYTE(row, x, (l_uint8)(GET_DATA_BYTE(row, x) * (190 + 60 * x / pixGetWidth(page)) / 256));
    }
    struct jem_sheet sheet = sheet_of(&as_gray, &page, DPI);
    PIX *out = picture_of(&sheet), *not_white = pixThresholdToBinary(out, 250), *ink = pixThresholdToBinary(out, 140);
    PIX *near_ink = pixDilateBrick(NULL, ink, 9, 9), *stains = pixSubtract(NULL, not_white, near_ink);
    int dark = 0, near = 0, stained = 0, all = pixGetWidth(out) * pixGetHeight(out);
    pixCountPixels(ink, &dark, NULL);
    pixCountPixels(near_ink, &near, NULL);
    pixCountPixels(stains, &stained, NULL);
    if (stained > (all - near) / 50 || dark < all / 50)
        fail_msg("stained %.3f, ink %.3f", (double)stained / (all - near), (double)dark / all);
    pixDestroy(&not_white);
    pixDestroy(&ink);
    pixDestroy(&near_ink);
    pixDestroy(&stains);
    pixDestroy(&out);
    jem_sheet_release(&sheet);
}

static void the_original_is_as_the_kind_asks(void **state)
{
    (void)state;
    struct prop g = prop_start("kinds");
    static const struct {
        enum jem_scan_colour colour;
        int depth;
        unsigned dpi;
    } kinds[] = { { JEM_COLOUR_BILEVEL, 8, 200 }, { JEM_COLOUR_GRAY, 8, 300 }, { JEM_COLOUR_RGB, 32, 300 } };
    PIX *page = letter(&g, 300), *colour = pixConvertTo32(page);
    pixDestroy(&page);
    struct kit_jpeg jpeg = kit_jpeg(&colour, 300);
    for (size_t i = 0; i < 3; i++) {
        const struct jem_sheet_settings settings = { .colour = kinds[i].colour };
        struct jem_sheet sheet;
        assert_int_equal(jem_sheet_process(&settings, jpeg.p, jpeg.n, &sheet, NULL), JEM_OK);
        PIX *out = picture_of(&sheet);
        assert_int_equal(pixGetDepth(out), kinds[i].depth);
        assert_int_equal(sheet.dpi, kinds[i].dpi);
        assert_int_equal(pixGetXRes(out), kinds[i].dpi);
        assert_true(abs((int)sheet.width - kit_px(KIT_A4_W_MM, sheet.dpi)) < 3);
        pixDestroy(&out);
        jem_sheet_release(&sheet);
    }
    kit_jpeg_free(&jpeg);
}

static void both_sides_of_a_card_make_one_page(void **state)
{
    (void)state;
    struct prop g = prop_start("two sides");
    struct jem_sheet side[2], page;
    PIX *card = kit_card(&g, DPI);
    for (size_t i = 0; i < 2; i++) {
        PIX *bed = kit_lay(card, 20, 216, 297, DPI, 80, 80, 2);
        side[i] = sheet_of(&as_colour, &bed, DPI);
    }
    pixDestroy(&card);
    side[1].warnings |= JEM_SHEET_BLURRED;
    assert_int_equal(jem_sheet_combine(&side[0], &side[1], &page, NULL), JEM_OK);
    PIX *out = picture_of(&page);
    double mm = page.dpi / 25.4;
    assert_true(fabs(page.height / mm - (2 * 53.98 + 15)) < 2 && fabs(page.width / mm - 95.6) < 2);
    assert_true(is_card_blue(out, 8 * mm, 12 * mm) && is_card_blue(out, 8 * mm, 72 * mm));
    assert_false(is_card_blue(out, 40 * mm, 62 * mm));
    assert_int_equal(page.warnings & JEM_SHEET_BLURRED, JEM_SHEET_BLURRED);
    pixDestroy(&out);
    jem_sheet_release(&page);
    side[0].jpeg[side[0].jpeg_len / 2] ^= 0x55;
    side[0].jpeg_len /= 2;
    assert_int_equal(jem_sheet_combine(&side[0], &side[1], &page, NULL), JEM_EINVAL);
    jem_sheet_release(&side[0]);
    jem_sheet_release(&side[1]);
}

static void receipts_part_a_batch(void **state)
{
    (void)state;
    struct jem_sheet_batch batch = { 0 };
    struct jem_sheet page = { 0 }, blank = { .warnings = JEM_SHEET_BLANK }, first = { .receipt = "HTTPS://A/T/1" };
    struct jem_sheet second = { .receipt = "HTTPS://A/T/2" };
    assert_true(jem_sheet_batch_take(&batch, &page));
    assert_string_equal(batch.owner, "");
    assert_false(jem_sheet_batch_take(&batch, &first));
    assert_false(jem_sheet_batch_take(&batch, &blank)); /* its back */
    assert_true(jem_sheet_batch_take(&batch, &page));
    assert_true(jem_sheet_batch_take(&batch, &blank)); /* the back of a page: for a person to see */
    assert_string_equal(batch.owner, first.receipt);
    assert_false(jem_sheet_batch_take(&batch, &second));
    assert_true(jem_sheet_batch_take(&batch, &page));
    assert_string_equal(batch.owner, second.receipt);
}

static void only_a_receipts_text_parts(void **state)
{
    (void)state;
    char text[200] = "HTTPS://STATUS.EXAMPLE.ID/T/";
    while (strlen(text) < 180)
        strncat(text, "K", 2);
    assert_true(sheet_qr_is_receipt(text, strlen(text)));
    assert_false(sheet_qr_is_receipt(text, 90));
    text[100] = '!';
    assert_false(sheet_qr_is_receipt(text, strlen(text)));
    text[100] = 'k';
    assert_true(sheet_qr_is_receipt(text, strlen(text)));
    text[26] = 'X'; /* /X/ */
    assert_false(sheet_qr_is_receipt(text, strlen(text)));
    assert_false(sheet_qr_is_receipt("https:///T/", 11));
    assert_false(sheet_qr_is_receipt("", 0));
}

static void is_refused(const void *p, size_t n, const char *why)
{
    struct jem_sheet sheet;
    struct jem_error err = { 0 };
    assert_int_equal(jem_sheet_process(&as_gray, p, n, &sheet, &err), JEM_EINVAL);
    if (!strstr(err.msg, why))
        fail_msg("\"%s\" is not in: %s", why, err.msg);
    assert_null(sheet.jpeg);
    assert_null(sheet.preview);
}

static void what_is_no_page_is_refused(void **state)
{
    (void)state;
    struct prop g = prop_start("no page");
    is_refused("", 0, "kosong");
    is_refused("%PDF-1.4 and more", 17, "rusak");
    PIX *tiny = kit_paper(&g, 10, 10, 100);
    struct kit_jpeg jpeg = kit_jpeg(&tiny, 100);
    is_refused(jpeg.p, jpeg.n, "39 x 39");
    kit_jpeg_free(&jpeg);
    PIX *page = letter(&g, 75);
    jpeg = kit_jpeg(&page, 75);
    is_refused(jpeg.p, jpeg.n / 2, "terpotong");
    unsigned char *frame = memmem(jpeg.p, jpeg.n, "\xFF\xC0", 2); /* length, precision, height, width */
    assert_non_null(frame);
    memset(frame + 5, 0xFF, 4);
    is_refused(jpeg.p, jpeg.n, "65535 x 65535");
    kit_jpeg_free(&jpeg);
}

/* Whatever the bytes are: a page or a refusal, no crash, nothing left behind. */
static void damaged_pictures_do_no_harm(void **state)
{
    (void)state;
    struct prop g = prop_start("damage");
    PIX *page = letter(&g, 75), *card = kit_card(&g, 100);
    PIX *pictures[] = { page, kit_lay(card, 20, 120, 90, 100, 60, 45, 9) };
    pixDestroy(&card);
    for (size_t k = 0; k < 2; k++) {
        struct kit_jpeg jpeg = kit_jpeg(&pictures[k], 100);
        unsigned char *copy = malloc(jpeg.n);
        assert_non_null(copy);
        size_t taken = 0;
        for (size_t round = 0; round < prop_rounds(12); round++) {
            memcpy(copy, jpeg.p, jpeg.n);
            for (size_t hits = 1 + prop_below(&g, 6); hits > 0; hits--)
                copy[prop_below(&g, prop_below(&g, 3) ? jpeg.n : 700)] = (unsigned char)prop_u64(&g);
            const struct jem_sheet_settings settings = { .shape = (enum jem_sheet_shape)prop_below(&g, 3),
                .colour = (enum jem_scan_colour)prop_below(&g, 4),
                .dpi = (unsigned)prop_below(&g, 5000),
                .turn_deg = 90 * (unsigned)prop_below(&g, 4),
                .find_receipt = true };
            struct jem_sheet sheet;
            enum jem_code code = jem_sheet_process(&settings, copy, jpeg.n, &sheet, NULL);
            assert_true(code == JEM_OK || code == JEM_EINVAL || code == JEM_ENOMEM);
            taken += code == JEM_OK;
            jem_sheet_release(&sheet);
        }
        assert_true(taken > 0);
        free(copy);
        kit_jpeg_free(&jpeg);
    }
}

/* Strips, specks, extremes: the smallest picture that is taken and very long ones. */
static void odd_shapes_do_no_harm(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 64, 64 }, { 64, 5000 }, { 5000, 64 }, { 65, 300 }, { 1000, 1000 } };
    struct prop g = prop_start("odd shapes");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (unsigned dpi = 50; dpi <= 1200; dpi *= 2) {
            PIX *pix = pixCreate(sizes[i][0], sizes[i][1], 8);
            pixSetAllArbitrary(pix, (unsigned)prop_below(&g, 256));
            for (int n = 0; n < 20; n++)
                pixRasterop(pix, (int)prop_below(&g, 5000), (int)prop_below(&g, 5000), 40, 9, PIX_CLR, NULL, 0, 0);
            const struct jem_sheet_settings settings = { .dpi = dpi, .find_receipt = true };
            struct kit_jpeg jpeg = kit_jpeg(&pix, dpi);
            struct jem_sheet sheet;
            enum jem_code code = jem_sheet_process(&settings, jpeg.p, jpeg.n, &sheet, NULL);
            assert_true(code == JEM_OK || code == JEM_EINVAL);
            jem_sheet_release(&sheet);
            kit_jpeg_free(&jpeg);
        }
}

static void every_warning_has_its_sentence(void **state)
{
    (void)state;
    for (unsigned bit = 1; bit <= JEM_SHEET_NO_CARD; bit <<= 1)
        assert_true(jem_sheet_warning_text((enum jem_sheet_warning)bit) != JEM_T_NONE);
    assert_int_equal(jem_sheet_warning_text((enum jem_sheet_warning)64), JEM_T_NONE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turned_page_comes_back_upright),
        cmocka_unit_test(nothing_is_lost_at_the_corners),
        cmocka_unit_test(a_card_is_cut_out_of_the_bed),
        cmocka_unit_test(a_card_that_is_not_there_is_missed),
        cmocka_unit_test(a_small_sheet_is_cut_out_of_a_dark_bed),
        cmocka_unit_test(a_page_is_not_cut_to_its_picture),
        cmocka_unit_test(dust_is_blank_and_a_faint_stamp_is_not),
        cmocka_unit_test(blur_grows_the_figure_and_then_warns),
        cmocka_unit_test(upside_down_text_is_found_and_mended),
        cmocka_unit_test(what_tells_nothing_is_not_called_upside_down),
        cmocka_unit_test(previews_suit_what_they_show),
        cmocka_unit_test(paper_gets_white_and_marks_stay),
        cmocka_unit_test(the_original_is_as_the_kind_asks),
        cmocka_unit_test(both_sides_of_a_card_make_one_page),
        cmocka_unit_test(receipts_part_a_batch),
        cmocka_unit_test(only_a_receipts_text_parts),
        cmocka_unit_test(what_is_no_page_is_refused),
        cmocka_unit_test(damaged_pictures_do_no_harm),
        cmocka_unit_test(odd_shapes_do_no_harm),
        cmocka_unit_test(every_warning_has_its_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
