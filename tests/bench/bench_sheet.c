// room: hw
/* bench_sheet.c - pages per second through the image pipeline, of one core (its time, whatever else runs), beside what no pipeline can leave out:
 * decoding the scan and compressing a page of that size. */
#include <leptonica/allheaders.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "jemput/sheet.h"
#include "jpeg.h"
#include "prop.h"
#include "sheet_kit.h"

#define SHEET_DPI 300u
#define SHEET_ROUNDS 7
#define SHEET_MAX_PIXELS 80000000u

static double bare_us(const struct kit_jpeg *jpeg, bool gray)
{
    double start = bench_cpu_us();
    unsigned char *out = NULL;
    size_t n = 0;
    PIX *pix = jem_jpeg_decode(jpeg->p, jpeg->n, gray, 1, SHEET_MAX_PIXELS);
    if (!pix || pixWriteMemJpeg(&out, &n, pix, 75, 0) != 0)
        bench_die("the page cannot be decoded");
    lept_free(out);
    pixDestroy(&pix);
    return bench_cpu_us() - start;
}

static double pipeline_us(const struct kit_jpeg *jpeg, const struct jem_sheet_settings *settings)
{
    struct jem_error err = { 0 };
    struct jem_sheet sheet;
    double start = bench_cpu_us();
    bench_ok(jem_sheet_process(settings, jpeg->p, jpeg->n, &sheet, &err), &err);
    double took = bench_cpu_us() - start;
    if (sheet.warnings != 0 || sheet.skew_deg < 1)
        bench_die("the page is not seen as it is");
    jem_sheet_release(&sheet);
    return took;
}

static void sheet_row(const struct kit_jpeg *jpeg, enum jem_scan_colour colour, const char *what)
{
    const struct jem_sheet_settings settings = { .colour = colour, .dpi = SHEET_DPI, .find_receipt = true };
    double whole[SHEET_ROUNDS], bare[SHEET_ROUNDS];
    char measured[64], baseline[64], ratio[32];
    for (size_t i = 0; i < SHEET_ROUNDS; i++) {
        bare[i] = bare_us(jpeg, colour != JEM_COLOUR_RGB);
        whole[i] = pipeline_us(jpeg, &settings);
    }
    double one = bench_at(whole, SHEET_ROUNDS, .5), least = bench_at(bare, SHEET_ROUNDS, .5);
    (void)snprintf(measured, sizeof measured, "%.1f pages/s (%.0f ms)", 1e6 / one, one / 1e3);
    (void)snprintf(baseline, sizeof baseline, "%.1f pages/s: decode, compress", 1e6 / least);
    (void)snprintf(ratio, sizeof ratio, "%.2f × time", one / least);
    bench_row(what, measured, baseline, ratio, "≥ 1 page/s");
}

int main(void)
{
    struct prop g = { .state = 20261122 };
    PIX *page = kit_paper(&g, KIT_A4_W_MM, KIT_A4_H_MM, SHEET_DPI);
    kit_text(&g, page, SHEET_DPI);
    kit_stamp(page, SHEET_DPI, 130, 240, 120);
    PIX *turned = kit_turn(page, 2, 240), *colour = pixConvertTo32(turned);
    pixDestroy(&page);
    struct kit_jpeg gray_jpeg = kit_jpeg(&turned, SHEET_DPI), colour_jpeg = kit_jpeg(&colour, SHEET_DPI);
    sheet_row(&gray_jpeg, JEM_COLOUR_GRAY, "scanned page, A4 at 300 dpi, gray: straight, clean, preview, QR");
    sheet_row(&colour_jpeg, JEM_COLOUR_RGB, "the same in colour");
    kit_jpeg_free(&gray_jpeg);
    kit_jpeg_free(&colour_jpeg);
    return 0;
}
