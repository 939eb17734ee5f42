/* sheet_pix.c - resampling, small copies, the paper under the ink. */
#include "sheet_pix.h"

#include <math.h>
#include <stdint.h>

#define PAPER_CLOSE_MM 14.0
#define PAPER_SMOOTH_MM 4.0
#define MARKS_JOIN_MM 0.7
#define MARKS_MIN_MM 3.0
#define MARKS_EDGE_MM 2.5
#define STREAK_WIDTH_MM 1.6 /* a hair, smeared by the small copy */
#define STREAK_SHARE 0.6

/* ---- resampling ---- */

/* Where the pixels of a row come from: 16.16 fixed point, wide enough for any picture. */
struct sample_walk {
    int64_t x, y, dx, dy;
};

static uint32_t sample_mix(uint32_t a, uint32_t b, uint32_t f) /* f of 256; two 8-bit values in a word, 16 bits apart */
{
    return ((a * (256 - f) + b * f) >> 8) & 0x00FF00FFu;
}

static uint32_t sample_four(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t fx, uint32_t fy)
{
    const uint32_t m = 0x00FF00FFu;
    uint32_t low = sample_mix(sample_mix(a & m, b & m, fx), sample_mix(c & m, d & m, fx), fy);
    uint32_t high = sample_mix(sample_mix(a >> 8 & m, b >> 8 & m, fx), sample_mix(c >> 8 & m, d >> 8 & m, fx), fy);
    return high << 8 | low;
}

/* A picture's pixels as the loops read them: plain bytes of gray, or words of colour. */
struct sample_from {
    const void *p;
    size_t stride; /* in pixels */
    int w, h;
    bool gray;
};

/* Pixel i of a row from a place in 16.16 fixed point; white outside. `gray` as in from: a constant where it is called. */
__attribute__((always_inline)) static inline void sample_pixel(const struct sample_from *from, bool gray, int64_t px,
    int64_t py, void *row, int i)
{
    int64_t x = px >> 16, y = py >> 16;
    bool outside = x < 0 || y < 0 || x >= from->w - 1 || y >= from->h - 1;
    size_t at = outside ? 0 : (size_t)y * from->stride + (size_t)x;
    uint32_t fx = (uint32_t)(px >> 8) & 255, fy = (uint32_t)(py >> 8) & 255;
    if (gray) {
        const uint8_t *q = (const uint8_t *)from->p + at;
        uint8_t *to = (uint8_t *)row + i;
        *to = 255;
        if (outside)
            return;
        uint32_t top = q[0] * (256 - fx) + q[1] * fx, low = q[from->stride] * (256 - fx) + q[from->stride + 1] * fx;
        *to = (uint8_t)((top * (256 - fy) + low * fy + 32768) >> 16);
    } else {
        const uint32_t *q = (const uint32_t *)from->p + at;
        uint32_t *to = (uint32_t *)row + i;
        *to = outside ? 0xFFFFFF00u : sample_four(q[0], q[1], q[from->stride], q[from->stride + 1], fx, fy);
    }
}

static struct sample_walk sample_start(const struct sheet_frame *f, int w, int h, int row)
{
    double a = f->angle_deg * M_PI / 180, c = cos(a), s = sin(a), sx = f->w / w, sy = f->h / h;
    double u = 0.5 * sx - f->w / 2, v = (row + 0.5) * sy - f->h / 2;
    return (struct sample_walk){ .x = (int64_t)((f->cx + u * c - v * s - 0.5) * 65536),
        .y = (int64_t)((f->cy + u * s + v * c - 0.5) * 65536),
        .dx = (int64_t)(sx * c * 65536),
        .dy = (int64_t)(sx * s * 65536) };
}

/* Calls row for each row of a new picture of src's depth. */
typedef void sample_row(const void *how, const struct sample_from *from, int y, void *row, int w, int h);
static PIX *sample_rows(PIX *src, int w, int h, sample_row *row, const void *how)
{
    PIX *out = src ? pixCreateNoInit(w, h, pixGetDepth(src)) : NULL;
    if (!out)
        return NULL;
    bool gray = pixGetDepth(src) == 8;
    size_t in_words = (size_t)pixGetWpl(src), out_words = (size_t)pixGetWpl(out);
    const struct sample_from from = { .p = pixGetData(src),
        .stride = gray ? in_words * 4 : in_words,
        .w = pixGetWidth(src),
        .h = pixGetHeight(src),
        .gray = gray };
    if (gray)
        pixEndianByteSwap(src); /* leptonica keeps bytes in big-endian words: plain bytes for the loop */
    for (int y = 0; y < h; y++) {
        row(how, &from, y, pixGetData(out) + (size_t)y * out_words, w, h);
    }
    if (gray) {
        pixEndianByteSwap(src);
        pixEndianByteSwap(out);
    }
    return out;
}

static void sample_row_frame(const void *how, const struct sample_from *from, int y, void *row, int w, int h)
{
    struct sample_walk t = sample_start(how, w, h, y);
    const struct sample_from here = *from; /* what is written cannot change it */
    if (here.gray)
        for (int i = 0; i < w; i++, t.x += t.dx, t.y += t.dy)
            sample_pixel(&here, true, t.x, t.y, row, i);
    else
        for (int i = 0; i < w; i++, t.x += t.dx, t.y += t.dy)
            sample_pixel(&here, false, t.x, t.y, row, i);
}

PIX *sheet_sample(PIX *src, const struct sheet_frame *frame, int w, int h)
{
    return sample_rows(src, w, h, sample_row_frame, frame);
}

static void sample_row_projected(const void *how, const struct sample_from *from, int y, void *row, int w, int h)
{
    const struct sheet_projection *map = how;
    double v = (y + 0.5) / h;
    for (int i = 0; i < w; i++) {
        double u = (i + 0.5) / w, z = map->z[0] * u + map->z[1] * v + map->z[2];
        double px = (map->x[0] * u + map->x[1] * v + map->x[2]) / z - 0.5;
        double py = (map->y[0] * u + map->y[1] * v + map->y[2]) / z - 0.5;
        sample_pixel(from, from->gray, (int64_t)(px * 65536), (int64_t)(py * 65536), row, i);
    }
}

PIX *sheet_project(PIX *src, const struct sheet_projection *map, int w, int h)
{
    return sample_rows(src, w, h, sample_row_projected, map);
}

/* ---- small copies ---- */

unsigned sheet_factor(unsigned dpi, unsigned dpi_min)
{
    unsigned factor = 8;
    while (factor > 1 && dpi / factor < dpi_min)
        factor /= 2;
    return factor;
}

PIX *sheet_small(PIX *src, unsigned factor)
{
    PIX *small = src ? pixClone(src) : NULL;
    for (; small && factor > 1; factor /= 2) {
        PIX *half = pixScaleAreaMap2(small);
        pixDestroy(&small);
        small = half;
    }
    return small;
}

PIX *sheet_gray_small(PIX *src, unsigned factor)
{
    PIX *small = sheet_small(src, factor), *gray = small ? pixConvertTo8(small, 0) : NULL;
    pixDestroy(&small);
    return gray;
}

/* ---- paper and marks ---- */

static int odd(int n)
{
    return n < 3 ? 3 : n | 1;
}

PIX *sheet_paper(PIX *small, unsigned dpi)
{
    if (!small)
        return NULL;
    int w = pixGetWidth(small), h = pixGetHeight(small), edge = w < h ? w : h;
    int close = odd(sheet_px(PAPER_CLOSE_MM, dpi)), smooth = sheet_px(PAPER_SMOOTH_MM, dpi);
    if (close > edge / 2)
        close = odd(edge / 2 - 1);
    if (smooth > edge / 4)
        smooth = edge / 4;
    PIX *calm = pixBlockconv(small, 1, 1); /* closing takes maxima: grain would lift it */
    PIX *closed = calm ? pixCloseGray(calm, close, close) : NULL;
    PIX *out = closed ? pixBlockconv(closed, smooth > 0 ? smooth : 1, smooth > 0 ? smooth : 1) : NULL;
    pixDestroy(&calm);
    pixDestroy(&closed);
    return out;
}

static PIX *marks_darker(PIX *small, PIX *paper, int levels)
{
    int w = pixGetWidth(small), h = pixGetHeight(small);
    PIX *out = pixCreate(w, h, 1);
    for (int y = 0; out && y < h; y++) {
        const uint32_t *a = pixGetData(small) + (size_t)y * (size_t)pixGetWpl(small);
        const uint32_t *b = pixGetData(paper) + (size_t)y * (size_t)pixGetWpl(paper);
        uint32_t *to = pixGetData(out) + (size_t)y * (size_t)pixGetWpl(out);
        for (int x = 0; x < w; x++)
            if ((GET_DATA_BYTE(b, x) - GET_DATA_BYTE(a, x)) * 256 > levels * GET_DATA_BYTE(b, x))
                SET_DATA_BIT(to, x);
    }
    return out;
}

/* Takes out the lines down the page that a hair on a feeder's glass draws, before they join with dust beside them. */
static void marks_no_streaks(PIX *dark, unsigned dpi)
{
    int width = sheet_px(STREAK_WIDTH_MM, dpi) + 1, length = (int)(pixGetHeight(dark) * STREAK_SHARE);
    PIX *lines = pixOpenBrick(NULL, dark, 1, length > 1 ? length : 2);
    PIX *bars = lines ? pixOpenBrick(NULL, lines, width, 1) : NULL; /* too wide for a hair */
    PIX *thin = bars ? pixSubtract(NULL, lines, bars) : NULL;
    PIX *grown = thin ? pixDilateBrick(NULL, thin, 3, 1) : NULL;
    if (grown)
        pixSubtract(dark, dark, grown);
    pixDestroy(&lines);
    pixDestroy(&bars);
    pixDestroy(&thin);
    pixDestroy(&grown);
}

static bool marks_counts(BOX *box, int w, int h, unsigned dpi)
{
    int margin = sheet_px(MARKS_EDGE_MM, dpi), x, y, bw, bh;
    boxGetGeometry(box, &x, &y, &bw, &bh);
    if ((bw > bh ? bw : bh) < sheet_px(MARKS_MIN_MM, dpi))
        return false;
    /* A thin one along an edge is the edge's shadow, wherever it ends. */
    bool at_side = x < margin || x + bw > w - margin, at_end = y < margin || y + bh > h - margin;
    return !(at_side && bw <= 2 * margin) && !(at_end && bh <= 2 * margin);
}

PIX *sheet_marks(PIX *small, PIX *paper, unsigned dpi, int levels)
{
    if (!small || !paper)
        return NULL;
    int w = pixGetWidth(small), h = pixGetHeight(small), join = odd(sheet_px(MARKS_JOIN_MM, dpi));
    PIX *calm = pixBlockconv(small, 1, 1), *dark = calm ? marks_darker(calm, paper, levels) : NULL;
    if (dark)
        marks_no_streaks(dark, dpi);
    PIX *joined = dark ? pixCloseSafeBrick(NULL, dark, join, join) : NULL;
    PIXA *parts = NULL;
    BOXA *boxes = joined ? pixConnComp(joined, &parts, 8) : NULL;
    PIX *out = boxes ? pixCreate(w, h, 1) : NULL;
    for (int i = 0; out && i < boxaGetCount(boxes); i++) {
        BOX *box = boxaGetBox(boxes, i, L_CLONE);
        int x, y, bw, bh;
        boxGetGeometry(box, &x, &y, &bw, &bh);
        if (marks_counts(box, w, h, dpi)) {
            PIX *part = pixaGetPix(parts, i, L_CLONE);
            pixRasterop(out, x, y, bw, bh, PIX_PAINT, part, 0, 0);
            pixDestroy(&part);
        }
        boxDestroy(&box);
    }
    pixDestroy(&calm);
    pixDestroy(&dark);
    pixDestroy(&joined);
    pixaDestroy(&parts);
    boxaDestroy(&boxes);
    return out;
}
