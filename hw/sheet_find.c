/* sheet_find.c - the rectangle that differs from the bed.
 *
 * 1. The bed is the commonest brightness of a ring along the edges: a sheet laid into a corner of the glass leaves most
 *    of the ring to the lid.
 * 2. What differs from it in any colour, with gaps closed, holes filled and specks opened away, is a mask; its largest
 *    part is the candidate.
 * 3. The smallest rectangle around the candidate's hull gives the rough place; straight lines through its four sides,
 *    without the rounded corners, give the angle and the edges. Dust beside an edge moves a mean less than a maximum.
 * 4. A candidate that does not fill its rectangle is no sheet. */
#include "sheet_find.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "sheet_outline.h"

#define BED_SHARE_MIN 0.35
#define BED_STRIP_MIN 0.08 /* of the ring: a feeder's bed below or beside a sheet that is shorter or narrower */
#define BED_STRIP_APART 40 /* of 256, from the paper */
#define BED_STEP_MIN 12    /* of 256: less is grain */
#define FILL_MIN 0.85
#define SHEET_MIN_MM 28.0
#define PAGE_SHARE_MIN 0.15 /* of a bright bed: less may be a picture on a white page */
#define CARD_LONG_MM 85.6
#define CARD_SHORT_MM 53.98
#define CARD_SLACK_MM 4.0
#define CARD_SLEEVE_MM 20.0

/* ---- the bed ---- */

static int find_gray_at(PIX *small, int x, int y)
{
    uint32_t *row = pixGetData(small) + (size_t)y * (size_t)pixGetWpl(small);
    if (pixGetDepth(small) == 8)
        return GET_DATA_BYTE(row, x);
    uint32_t p = row[x];
    return (int)((p >> 24) * 77 + (p >> 16 & 255) * 151 + (p >> 8 & 255) * 28) >> 8;
}

struct bed {
    int gray;
    int tone[3];
    int step; /* what differs by more is not bed */
};

/* Calls back for every pixel of a ring some pixels inside the edges: the outermost ones are often dark. */
#define RING_INSET 3
static long ring_sum(PIX *small, const struct bed *bed, long histogram[256], long sum[3])
{
    int w = pixGetWidth(small), h = pixGetHeight(small);
    long n = 0;
    for (int y = RING_INSET; y < h - RING_INSET; y++) {
        bool edge_row = y < RING_INSET + 2 || y >= h - RING_INSET - 2;
        for (int x = RING_INSET; x < w - RING_INSET; x++) {
            if (!edge_row && x == RING_INSET + 2)
                x = w - RING_INSET - 2;
            int gray = find_gray_at(small, x, y);
            if (histogram) {
                histogram[gray]++;
                n++;
            } else if (abs(gray - bed->gray) <= 6) {
                uint32_t p = pixGetData(small)[(size_t)y * (size_t)pixGetWpl(small) + (size_t)x];
                for (unsigned i = 0; i < 3; i++)
                    sum[i] += pixGetDepth(small) == 8 ? (long)gray : (long)(p >> (24 - 8 * i) & 255);
                n++;
            }
        }
    }
    return n;
}

/* `paper` < 0: the commonest tone; else the commonest that is far from it. */
static bool find_bed(PIX *small, int paper, struct bed *bed)
{
    long histogram[256] = { 0 }, sum[3] = { 0 }, best = -1;
    long total = ring_sum(small, bed, histogram, NULL);
    for (int g = 0; g < 256; g++) {
        long near = 0;
        if (paper >= 0 && abs(g - paper) < BED_STRIP_APART)
            continue;
        for (int d = -3; d <= 3; d++)
            near += g + d >= 0 && g + d < 256 ? histogram[g + d] : 0;
        if (near > best) {
            best = near;
            bed->gray = g;
        }
    }
    long n = ring_sum(small, bed, NULL, sum);
    if (n == 0 || (double)n < (paper < 0 ? BED_SHARE_MIN : BED_STRIP_MIN) * (double)total)
        return false;
    for (unsigned i = 0; i < 3; i++)
        bed->tone[i] = (int)(sum[i] / n);
    long spread = 0; /* mean distance of the bed's own pixels from its tone */
    for (int d = -6; d <= 6; d++)
        spread += bed->gray + d >= 0 && bed->gray + d < 256 ? abs(d) * histogram[bed->gray + d] : 0;
    bed->step = BED_STEP_MIN + (int)(3 * spread / n);
    return true;
}

static PIX *find_differs(PIX *small, const struct bed *bed)
{
    int w = pixGetWidth(small), h = pixGetHeight(small);
    PIX *mask = pixCreate(w, h, 1);
    for (int y = 0; mask && y < h; y++) {
        uint32_t *to = pixGetData(mask) + (size_t)y * (size_t)pixGetWpl(mask);
        const uint32_t *from = pixGetData(small) + (size_t)y * (size_t)pixGetWpl(small);
        for (int x = 0; x < w; x++) {
            int far = 0;
            for (unsigned i = 0; i < 3; i++) {
                int v = pixGetDepth(small) == 8 ? GET_DATA_BYTE(from, x) : (int)(from[x] >> (24 - 8 * i) & 255);
                int d = abs(v - bed->tone[i]);
                far = d > far ? d : far;
            }
            if (far > bed->step)
                SET_DATA_BIT(to, x);
        }
    }
    return mask;
}

/* ---- the candidate ---- */

static void frame_around(const struct sheet_point *p, size_t n, double c, double s, struct sheet_frame *out)
{
    double low_u = INFINITY, high_u = -INFINITY, low_v = INFINITY, high_v = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        double u = p[i].x * c + p[i].y * s, v = -p[i].x * s + p[i].y * c;
        low_u = fmin(low_u, u);
        high_u = fmax(high_u, u);
        low_v = fmin(low_v, v);
        high_v = fmax(high_v, v);
    }
    double u = (low_u + high_u) / 2, v = (low_v + high_v) / 2;
    *out =
        (struct sheet_frame){ u * c - v * s, u * s + v * c, high_u - low_u, high_v - low_v, atan2(s, c) * 180 / M_PI };
}

/* The smallest rectangle around a convex outline has a side along one of its edges. The angle is in (-45, 45]. */
static bool find_rectangle(struct sheet_points *all, struct sheet_frame *out)
{
    struct sheet_point *hull = malloc((all->n + 1) * sizeof *hull);
    size_t n = hull ? sheet_hull(all, hull) : 0;
    double best = INFINITY;
    for (size_t i = 0; i < n; i++) {
        struct sheet_point a = hull[i], b = hull[(i + 1) % n];
        double angle = atan2(b.y - a.y, b.x - a.x);
        angle -= M_PI_2 * ceil((angle - M_PI_4) / M_PI_2);
        struct sheet_frame frame;
        frame_around(hull, n, cos(angle), sin(angle), &frame);
        if (frame.w * frame.h < best) {
            best = frame.w * frame.h;
            *out = frame;
        }
    }
    free(hull);
    return n >= 3;
}

/* ---- straight sides ---- */

struct side_fit { /* across = mean + slope * along, over the points near one side */
    double n, along, across, along2, both;
};

static void side_add(struct side_fit *f, double along, double across)
{
    f->n++;
    f->along += along;
    f->across += across;
    f->along2 += along * along;
    f->both += along * across;
}

static bool side_line(const struct side_fit *f, double *at, double *slope)
{
    double d = f->n * f->along2 - f->along * f->along;
    if (f->n < 8 || d <= 0)
        return false;
    *slope = (f->n * f->both - f->along * f->across) / d;
    *at = (f->across - *slope * f->along) / f->n; /* where it crosses the middle of the frame */
    return true;
}

#define SIDE_NEAR_PX 3.0
#define SIDE_SHARE 0.36 /* of the length, from the middle: corners are round, torn, or folded */
static bool find_sides(const struct sheet_points *all, struct sheet_frame *frame)
{
    double a = frame->angle_deg * M_PI / 180, c = cos(a), s = sin(a), turn = 0, weight = 0;
    struct side_fit fit[4] = { 0 }; /* left, right, top, bottom */
    for (size_t i = 0; i < all->n; i++) {
        double dx = all->at[i].x - frame->cx, dy = all->at[i].y - frame->cy;
        double u = dx * c + dy * s, v = -dx * s + dy * c;
        if (fabs(v) < SIDE_SHARE * frame->h && frame->w / 2 - fabs(u) < SIDE_NEAR_PX)
            side_add(&fit[u > 0], v, u);
        else if (fabs(u) < SIDE_SHARE * frame->w && frame->h / 2 - fabs(v) < SIDE_NEAR_PX)
            side_add(&fit[2 + (v > 0)], u, v);
    }
    double at[4], slope[4];
    for (size_t i = 0; i < 4; i++) {
        if (!side_line(&fit[i], &at[i], &slope[i]))
            return false;
        double length = i < 2 ? frame->h : frame->w;
        turn += (i < 2 ? -slope[i] : slope[i]) * length; /* a turned upright side leans the other way */
        weight += length;
    }
    double u = (at[0] + at[1]) / 2, v = (at[2] + at[3]) / 2;
    frame->cx += u * c - v * s;
    frame->cy += u * s + v * c;
    frame->w = at[1] - at[0];
    frame->h = at[3] - at[2];
    frame->angle_deg += atan(turn / weight) * 180 / M_PI;
    return true;
}

/* ---- the verdict ---- */

/* One who asks for a card may have it laminated or in a sleeve. */
static bool find_is_card(const struct sheet_frame *f, unsigned dpi, enum jem_sheet_shape shape)
{
    double longer = fmax(f->w, f->h) * 25.4 / dpi - CARD_LONG_MM;
    double shorter = fmin(f->w, f->h) * 25.4 / dpi - CARD_SHORT_MM;
    double more = shape == JEM_SHEET_CARD ? CARD_SLEEVE_MM : CARD_SLACK_MM;
    return longer > -CARD_SLACK_MM && longer < more && shorter > -CARD_SLACK_MM && shorter < more;
}

static bool find_fits(PIX *small, const struct bed *bed, const struct sheet_part *part, const struct sheet_frame *f,
    unsigned dpi, enum jem_sheet_shape shape, bool is_card)
{
    double area = f->w * f->h, whole = (double)pixGetWidth(small) * pixGetHeight(small);
    if (fmin(f->w, f->h) * 25.4 / dpi < SHEET_MIN_MM || (double)part->area < FILL_MIN * area)
        return false;
    if (is_card && shape != JEM_SHEET_PAGE)
        return true;
    if (shape == JEM_SHEET_CARD)
        return false;
    if (area > 0.97 * whole)
        return false;
    /* White paper under a white lid shows only what is printed on it: a frame that leaves other marks out, or is small,
     * may be a photograph on a page. */
    if (bed->gray > 150 && area < PAGE_SHARE_MIN * whole)
        return false;
    return (double)part->rest < 0.002 * whole;
}

static bool find_on(PIX *small, const struct bed *bed, unsigned dpi, enum jem_sheet_shape shape,
    struct sheet_frame *out, bool *is_card)
{
    struct sheet_part part = { 0 };
    struct sheet_points outline = { 0 };
    bool found = false;
    PIX *solid = sheet_solid(find_differs(small, bed), dpi);
    sheet_largest(solid, &part);
    if (part.pix && sheet_outline(&part, &outline) && find_rectangle(&outline, out) && find_sides(&outline, out)) {
        *is_card = find_is_card(out, dpi, shape);
        found = find_fits(small, bed, &part, out, dpi, shape, *is_card);
    }
    pixDestroy(&solid);
    pixDestroy(&part.pix);
    free(outline.at);
    return found;
}

bool sheet_find(PIX *small, unsigned dpi, enum jem_sheet_shape shape, struct sheet_frame *out, bool *is_card)
{
    struct bed bed = { 0 }, strip = { 0 };
    bool found = false;
    if (find_bed(small, -1, &bed))
        found = find_on(small, &bed, dpi, shape, out, is_card);
    if (!found && shape != JEM_SHEET_CARD && find_bed(small, bed.gray, &strip))
        found = find_on(small, &strip, dpi, JEM_SHEET_PAGE, out, is_card);
    *is_card = found && *is_card;
    return found;
}

/* ---- text ---- */

#define SKEW_RANGE_DEG 8.0f
#define SKEW_SURE 3.0f /* leptonica's own advice */
double sheet_text_skew(PIX *bits, bool sideways, bool *sure)
{
    float angle = 0, conf = 0;
    PIX *turned = sideways ? pixRotate90(bits, 1) : pixClone(bits);
    bool failed = !turned || pixFindSkewSweepAndSearch(turned, &angle, &conf, 2, 1, SKEW_RANGE_DEG, 1.0f, 0.01f) != 0;
    pixDestroy(&turned);
    *sure = !failed && conf >= SKEW_SURE && fabsf(angle) < SKEW_RANGE_DEG;
    return *sure ? -(double)angle : 0; /* leptonica tells the turn that mends it */
}
