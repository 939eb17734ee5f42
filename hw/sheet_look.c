/* sheet_look.c - blur and orientation. */
#include "sheet_look.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* ---- blur ----
 *
 * A line of pixels goes up and down; each way from a turning point to the next is an edge with a height and a steepest
 * step. For a step edge spread by a Gaussian of sigma pixels, steepest / height = 1 / (sigma * sqrt(2 pi)). */

#define BLUR_LINES 320     /* looked at in each direction */
#define BLUR_EDGES_MIN 150 /* fewer tell nothing */
#define BLUR_EDGES_MAX 200000
#define BLUR_TURN 8    /* a way back of less is grain */
#define BLUR_HEIGHT 24 /* of 256 */

struct edge {
    uint8_t height, step;
};
struct edges {
    struct edge *at;
    size_t n;
};

static void blur_note(struct edges *e, int height, int step)
{
    if (height >= BLUR_HEIGHT && e->n < BLUR_EDGES_MAX)
        e->at[e->n++] = (struct edge){ (uint8_t)height, (uint8_t)step };
}

/* Walks the n values; a turn counts once the way back is longer than the grain. */
static void blur_line(const uint8_t *v, int n, struct edges *out)
{
    int low = v[0], high = v[0], up = 0, step = 0;
    for (int i = 1; i < n; i++) {
        int d = v[i] - v[i - 1];
        if (up >= 0 && v[i] > high)
            high = v[i];
        if (up <= 0 && v[i] < low)
            low = v[i];
        if (up >= 0 && high - v[i] > BLUR_TURN) {
            if (up > 0)
                blur_note(out, high - low, step);
            up = -1;
            low = v[i];
            step = abs(d);
        } else if (up <= 0 && v[i] - low > BLUR_TURN) {
            if (up < 0)
                blur_note(out, high - low, step);
            up = 1;
            high = v[i];
            step = abs(d);
        } else if (d * up > step) {
            step = d * up;
        }
    }
}

static int blur_gray(const uint32_t *row, int x, bool is_gray)
{
    return is_gray ? GET_DATA_BYTE(row, x) : (int)(row[x] >> 16 & 255); /* green sees most of what eyes see */
}

static void blur_gather(PIX *src, bool down, uint8_t *line, struct edges *out)
{
    int w = pixGetWidth(src), h = pixGetHeight(src), lines = down ? w : h, length = down ? h : w;
    int step = lines / BLUR_LINES > 0 ? lines / BLUR_LINES : 1;
    bool is_gray = pixGetDepth(src) == 8;
    size_t wpl = (size_t)pixGetWpl(src);
    for (int at = step / 2; at < lines; at += step) {
        for (int i = 0; i < length; i++)
            line[i] = (uint8_t)(down ? blur_gray(pixGetData(src) + (size_t)i * wpl, at, is_gray)
                                     : blur_gray(pixGetData(src) + (size_t)at * wpl, i, is_gray));
        blur_line(line, length, out);
    }
}

static int blur_order(const void *a, const void *b)
{
    const float *p = a, *q = b;
    return *p < *q ? -1 : *p > *q;
}

/* Edges of at least half the height of the tall ones: small ones are mostly the flanks of others. */
static double blur_sigma(const struct edges *e)
{
    size_t counts[256] = { 0 }, above = 0;
    for (size_t i = 0; i < e->n; i++)
        counts[e->at[i].height]++;
    int tall = 255;
    while (tall > 0 && (above += counts[tall]) < e->n / 10)
        tall--;
    float *sigma = malloc((e->n + 1) * sizeof *sigma);
    size_t n = 0;
    for (size_t i = 0; sigma && i < e->n; i++)
        if (e->at[i].height * 2 >= tall && e->at[i].step > 0)
            sigma[n++] = 0.39894f * (float)e->at[i].height / (float)e->at[i].step;
    double out = 0;
    if (n >= BLUR_EDGES_MIN) {
        qsort(sigma, n, sizeof *sigma, blur_order);
        out = (double)sigma[n / 4];
    }
    free(sigma);
    return out;
}

double sheet_blur(PIX *src)
{
    int w = pixGetWidth(src), h = pixGetHeight(src);
    uint8_t *line = malloc((size_t)(w > h ? w : h));
    struct edges e = { .at = malloc(BLUR_EDGES_MAX * sizeof *e.at) };
    double worst = 0;
    for (int down = 0; line && e.at && down < 2; down++) {
        e.n = 0;
        blur_gather(src, down, line, &e);
        worst = fmax(worst, blur_sigma(&e));
    }
    free(line);
    free(e.at);
    return worst;
}

/* ---- which way up ---- */

void sheet_upright(PIX *bits, unsigned *turn_deg, double *sure)
{
    float up = 0, left = 0;
    *turn_deg = 0;
    *sure = 0;
    if (!bits || pixOrientDetect(bits, &up, &left, 0, 0) != 0)
        return;
    /* Upright text gives up > 0; text whose top is at the left gives left > 0. */
    if (fabsf(up) >= fabsf(left))
        *turn_deg = up >= 0 ? 0 : 180;
    else
        *turn_deg = left >= 0 ? 90 : 270;
    *sure = (double)fmaxf(fabsf(up), fabsf(left));
}
