// room: hw
/* A paper that a camera saw from the side lies as if it had been scanned; and what is no paper is left as it is. */
#include "unit.h"

#include <math.h>
#include <stdio.h>

#include "jemput/sheet.h"
#include "sheet_kit.h"

#define DPI 150u
static const struct kit_view above = { .w = 1050, .h = 1400, .focal = 0.8, .fill = 0.8, .table = 90 };

static struct kit_jpeg shot_of(struct prop *g, PIX *sheet, const struct kit_view *view)
{
    PIX *shot = kit_camera(sheet, view);
    kit_grain(g, shot, 6);
    return kit_jpeg(&shot, 0);
}

static struct jem_sheet seen(const struct kit_jpeg *shot, bool camera)
{
    const struct jem_sheet_settings settings = { .colour = JEM_COLOUR_GRAY, .camera = camera };
    struct jem_sheet out;
    struct jem_error err = { 0 };
    if (jem_sheet_process(&settings, shot->p, shot->n, &out, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    return out;
}

/* The ink of a page, a dot a millimetre, as wide as `grow` more millimetres. Takes the picture over. */
static PIX *ink_of(PIX *page, int w_mm, int h_mm, int grow)
{
    PIX *small = pixScaleToSize(page, w_mm, h_mm), *ink = pixThresholdToBinary(small, 200);
    PIX *out = pixDilateBrick(NULL, ink, 2 * grow + 1, 2 * grow + 1);
    pixDestroy(&page);
    pixDestroy(&small);
    pixDestroy(&ink);
    return out;
}

/* The share of the sheet's ink that lies where the result has some, within a millimetre and a half. */
static double alike(PIX *sheet, const struct jem_sheet *result)
{
    int w = (int)(pixGetWidth(sheet) * 25.4 / DPI + 0.5), h = (int)(pixGetHeight(sheet) * 25.4 / DPI + 0.5), all = 0,
        met = 0;
    PIX *here = ink_of(pixReadMem(result->jpeg, result->jpeg_len), w, h, 1), *there = ink_of(pixClone(sheet), w, h, 0);
    pixCountPixels(there, &all, NULL);
    pixAnd(there, there, here);
    pixCountPixels(there, &met, NULL);
    pixDestroy(&here);
    pixDestroy(&there);
    assert_true(all > 50);
    return (double)met / all;
}

/* A sheet with a square of 3 mm every 18 mm. */
static PIX *squares(struct prop *g, double w_mm, double h_mm)
{
    PIX *page = kit_paper(g, w_mm, h_mm, DPI);
    for (double y = 9; y < h_mm - 9; y += 18)
        for (double x = 9; x < w_mm - 9; x += 18)
            pixRasterop(page, kit_px(x, DPI), kit_px(y, DPI), kit_px(3, DPI), kit_px(3, DPI), PIX_CLR, NULL, 0, 0);
    return page;
}

static double somewhere(struct prop *g, double least, double most)
{
    return least + (most - least) * (double)prop_below(g, 10001) / 10000;
}

static void a_page_from_the_side_lies_straight(void **state)
{
    (void)state;
    static const double sizes[][2] = { { 210, 297 }, { 215, 330 }, { 210, 148 }, { 85.6, 53.98 } };
    struct prop g = prop_start("pages seen from the side");
    for (size_t i = 0; i < prop_rounds(15); i++) {
        bool card = i % 5 == 4;
        const double *size = sizes[card ? 3 : i % 5];
        PIX *page = card ? kit_card(&g, 300) : squares(&g, size[0], size[1]);
        struct kit_view view = above;
        view.focal = somewhere(&g, 0.7, 1.2);
        view.aside = somewhere(&g, -35, 35);
        view.over = somewhere(&g, -35, 35);
        view.roll = somewhere(&g, -20, 20);
        view.fill = size[0] < size[1] ? 0.5 : 0.65;
        view.off = somewhere(&g, -0.05, 0.05);
        view.table = (int)somewhere(&g, 20, card ? 70 : 110);
        struct kit_jpeg shot = shot_of(&g, page, &view);
        struct jem_sheet sheet = seen(&shot, true);
        kit_jpeg_free(&shot);
        double aspect = (double)sheet.width / sheet.height / (size[0] / size[1]), same = card ? 1 : alike(page, &sheet);
        bool both = fmin(fabs(view.aside), fabs(view.over)) >= 12; /* else nothing tells the focal length */
        if (!sheet.is_cut || fabs(aspect - 1) > (both ? 0.03 : 0.12) || same < 0.97)
            fail_msg("page %zu, %.0f aside, %.0f over, rolled %.0f: cut %d, shape %.3f, %.2f of the ink", i, view.aside,
                view.over, view.roll, sheet.is_cut, aspect, same);
        jem_sheet_release(&sheet);
        pixDestroy(&page);
    }
}

/* What the step is for: without it, the same picture keeps its slant. */
static void a_scanner_page_is_not_bent(void **state)
{
    (void)state;
    struct prop g = prop_start("a page as a scanner has it");
    PIX *page = squares(&g, KIT_A4_W_MM, KIT_A4_H_MM);
    struct kit_view view = above;
    view.fill = 0.7;
    view.aside = 30;
    view.over = 15;
    struct kit_jpeg shot = shot_of(&g, page, &view);
    struct jem_sheet with = seen(&shot, true), without = seen(&shot, false);
    kit_jpeg_free(&shot);
    assert_true(alike(page, &with) > 0.97);
    assert_true(alike(page, &without) < 0.7);
    jem_sheet_release(&with);
    jem_sheet_release(&without);
    pixDestroy(&page);
}

static void what_is_no_whole_paper_stays(void **state)
{
    (void)state;
    struct prop g = prop_start("pictures without a whole paper");
    PIX *page = squares(&g, KIT_A4_W_MM, KIT_A4_H_MM), *pictured = squares(&g, KIT_A4_W_MM, KIT_A4_H_MM);
    kit_photo(pictured, DPI, 40, 60, 120, 160);
    PIX *disc = pixCreate(1200, 1200, 8);
    for (int y = 0; y < 1200; y++)
        for (int x = 0; x < 1200; x++)
            pixSetPixel(disc, x, y, hypot(x - 600, y - 600) < 590 ? 240 : 90);
    const struct {
        const char *what;
        PIX *sheet;
        double fill, off;
        int table;
    } cases[] = { { "a page that fills the picture", page, 1.3, 0, 90 }, { "one that is cut off", page, 0.8, 0.4, 90 },
        { "a photograph on a page", pictured, 1.3, 0, 90 }, { "a white table", page, 0.7, 0, 236 },
        { "a plate", disc, 0.7, 0, 90 }, { "one that is far away", page, 0.25, 0, 90 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kit_view view = above;
        view.fill = cases[i].fill;
        view.off = cases[i].off;
        view.table = cases[i].table;
        view.aside = 12;
        struct kit_jpeg shot = shot_of(&g, cases[i].sheet, &view);
        struct jem_sheet sheet = seen(&shot, true);
        kit_jpeg_free(&shot);
        if (sheet.is_cut || sheet.width < 1000 || sheet.height < 1350)
            fail_msg("%s: %u x %u", cases[i].what, sheet.width, sheet.height);
        jem_sheet_release(&sheet);
    }
    pixDestroy(&disc);
    pixDestroy(&pictured);
    pixDestroy(&page);
}

/* Any shades at all: nothing but an answer is asked for. */
static void any_picture_has_an_answer(void **state)
{
    (void)state;
    const struct jem_sheet_settings settings = { .colour = JEM_COLOUR_GRAY, .camera = true };
    struct prop g = prop_start("any picture");
    for (size_t i = 0; i < prop_rounds(30); i++) {
        int w = 64 + (int)prop_below(&g, 500), h = 64 + (int)prop_below(&g, 500);
        PIX *pix = pixCreate(w, h, 8);
        pixSetAllArbitrary(pix, (l_uint32)prop_below(&g, 256));
        for (size_t k = prop_below(&g, 12); k > 0; k--) {
            int x = (int)prop_below(&g, (uint64_t)w), y = (int)prop_below(&g, (uint64_t)h);
            PIX *patch = pixCreate(1 + (int)prop_below(&g, (uint64_t)w), 1 + (int)prop_below(&g, (uint64_t)h), 8);
            pixSetAllArbitrary(patch, (l_uint32)prop_below(&g, 256));
            pixRasterop(pix, x - 20, y - 20, pixGetWidth(patch), pixGetHeight(patch), PIX_SRC, patch, 0, 0);
            pixDestroy(&patch);
        }
        struct kit_jpeg jpeg = kit_jpeg(&pix, 0);
        struct jem_sheet sheet;
        struct jem_error err = { 0 };
        if (jem_sheet_process(&settings, jpeg.p, jpeg.n, &sheet, &err) != JEM_OK)
            fail_msg("picture %zu: %s", i, err.msg);
        assert_true(sheet.width > 0 && sheet.height > 0);
        jem_sheet_release(&sheet);
        kit_jpeg_free(&jpeg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_from_the_side_lies_straight),
        cmocka_unit_test(a_scanner_page_is_not_bent),
        cmocka_unit_test(what_is_no_whole_paper_stays),
        cmocka_unit_test(any_picture_has_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
