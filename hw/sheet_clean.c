/* sheet_clean.c - white paper, and the bilevel preview of a page of text. */
#include "sheet_clean.h"

#include <stdint.h>
#include <stdlib.h>

#define CLEAN_PAPER 250   /* what the paper becomes before the grain is cut off */
#define CLEAN_WHITE 240   /* from here on white */
#define CLEAN_DARKEST 0.7 /* of the sheet's white: darker areas are pictures, not paper */
#define BITS_LEVEL 168    /* of a clean page: darker is ink */
#define SPECK_MM 0.2
#define TEXT_BLOCK_MM 1.7
#define TEXT_BLOCK_OFF 56    /* of 256, between a block and its two tones */
#define TEXT_BLOCKS_MAX 0.02 /* share of such blocks */
#define TEXT_LOST_MM2 60.0
#define TEXT_NEAR_MM 1.2

/* ---- white paper ---- */

/* The brightness that a tenth of the paper exceeds. */
static int clean_white(PIX *paper)
{
    long counts[256] = { 0 }, n = 0;
    for (int y = 0; y < pixGetHeight(paper); y++) {
        const uint32_t *row = pixGetData(paper) + (size_t)y * (size_t)pixGetWpl(paper);
        for (int x = 0; x < pixGetWidth(paper); x++, n++)
            counts[GET_DATA_BYTE(row, x)]++;
    }
    int white = 255;
    for (long above = 0; white > 0 && (above += counts[white]) < n / 10;)
        white--;
    return white;
}

/* curve[paper][v]: what a value becomes on paper of that brightness. */
static void clean_curves(int white, uint8_t curve[256][256])
{
    int darkest = (int)(white * CLEAN_DARKEST);
    for (int p = 0; p < 256; p++) {
        int paper = p < darkest ? darkest : p;
        for (int v = 0; v < 256; v++) {
            int out = paper > 0 ? v * CLEAN_PAPER / paper : v;
            curve[p][v] = (uint8_t)(out >= CLEAN_WHITE ? 255 : out);
        }
    }
}

/* One channel of the page, 0 (gray) or the shift of a colour. */
static bool clean_channel(PIX *page, int shift, PIX *small, unsigned dpi_small, unsigned factor)
{
    PIX *paper = sheet_paper(small, dpi_small);
    uint8_t(*curve)[256] = malloc(sizeof(uint8_t[256][256]));
    int w = pixGetWidth(page), h = pixGetHeight(page);
    if (paper && curve)
        clean_curves(clean_white(paper), curve);
    for (int y = 0; paper && curve && y < h; y++) {
        uint32_t *row = pixGetData(page) + (size_t)y * (size_t)pixGetWpl(page);
        int py = y / (int)factor < pixGetHeight(paper) ? y / (int)factor : pixGetHeight(paper) - 1;
        const uint32_t *from = pixGetData(paper) + (size_t)py * (size_t)pixGetWpl(paper);
        for (int x = 0; x < w;) {
            int px = x / (int)factor < pixGetWidth(paper) ? x / (int)factor : pixGetWidth(paper) - 1;
            const uint8_t *to = curve[GET_DATA_BYTE(from, px)];
            for (int end = x + (int)factor < w ? x + (int)factor : w; x < end; x++) {
                if (shift < 0)
                    SET_DATA_BYTE(row, x, to[GET_DATA_BYTE(row, x)]);
                else
                    row[x] = (row[x] & ~(255u << shift)) | (uint32_t)to[row[x] >> shift & 255] << shift;
            }
        }
    }
    bool done = paper && curve;
    pixDestroy(&paper);
    free(curve);
    return done;
}

bool sheet_clean(PIX *page, unsigned dpi)
{
    static const struct {
        int colour, shift;
    } channels[] = { { COLOR_RED, 24 }, { COLOR_GREEN, 16 }, { COLOR_BLUE, 8 } };
    unsigned factor = sheet_factor(dpi, 60);
    bool done = true;
    if (pixGetDepth(page) == 8) {
        PIX *small = sheet_gray_small(page, factor);
        done = clean_channel(page, -1, small, dpi / factor, factor);
        pixDestroy(&small);
        return done;
    }
    PIX *small = sheet_small(page, factor);
    for (size_t i = 0; i < 3; i++) {
        PIX *one = small ? pixGetRGBComponent(small, channels[i].colour) : NULL;
        done = one && clean_channel(page, channels[i].shift, one, dpi / factor, factor) && done;
        pixDestroy(&one);
    }
    pixDestroy(&small);
    return done;
}

/* ---- two tones ---- */

PIX *sheet_bits(PIX *gray, unsigned dpi, unsigned dpi_out)
{
    float scale = (float)dpi_out / (float)dpi;
    PIX *fit = !gray ? NULL : scale < 1 ? pixScaleAreaMap(gray, scale, scale) : pixClone(gray);
    PIX *bits = fit ? pixThresholdToBinary(fit, BITS_LEVEL) : NULL;
    int speck = sheet_px(SPECK_MM, dpi_out);
    if (bits && speck > 1) {
        PIX *tidy = pixSelectBySize(bits, speck, speck, 8, L_SELECT_IF_EITHER, L_SELECT_IF_GT, NULL);
        pixDestroy(&bits);
        bits = tidy;
    }
    pixDestroy(&fit);
    return bits;
}

static double text_mean(PIX *pix, int x0, int y0, int n)
{
    long sum = 0;
    for (int y = y0; y < y0 + n; y++) {
        const uint32_t *row = pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);
        for (int x = x0; x < x0 + n; x++)
            sum += GET_DATA_BYTE(row, x);
    }
    return (double)sum / (n * n);
}

/* Marks that have no black near them in two tones. */
static long text_lost(PIX *shown, PIX *marks, int near)
{
    PIX *black = pixThresholdToBinary(shown, 224);
    PIX *grown = black ? pixDilateBrick(NULL, black, near | 1, near | 1) : NULL;
    PIX *lost = grown ? pixSubtract(NULL, marks, grown) : NULL;
    int count = 0;
    if (lost)
        pixCountPixels(lost, &count, NULL);
    pixDestroy(&black);
    pixDestroy(&grown);
    pixDestroy(&lost);
    return count;
}

bool sheet_is_text(PIX *small, PIX *bits, PIX *marks, unsigned dpi)
{
    if (!small || !bits || !marks)
        return false;
    int w = pixGetWidth(small), h = pixGetHeight(small), n = sheet_px(TEXT_BLOCK_MM, dpi);
    PIX *gray = pixConvert1To8(NULL, bits, 255, 0), *shown = gray ? pixScaleToSize(gray, w, h) : NULL;
    pixDestroy(&gray);
    if (!shown)
        return false;
    long off = 0, all = 0;
    for (int y = 0; n > 0 && y + n <= h; y += n)
        for (int x = 0; x + n <= w; x += n, all++) {
            double d = text_mean(small, x, y, n) - text_mean(shown, x, y, n);
            off += d > TEXT_BLOCK_OFF || d < -TEXT_BLOCK_OFF;
        }
    double mm2 = (25.4 / dpi) * (25.4 / dpi);
    double lost_mm2 = (double)text_lost(shown, marks, sheet_px(2 * TEXT_NEAR_MM, dpi)) * mm2;
    pixDestroy(&shown);
    return all > 0 && (double)off <= TEXT_BLOCKS_MAX * (double)all && lost_mm2 <= TEXT_LOST_MM2;
}
