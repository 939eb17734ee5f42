/* sheet_quad.c - a sheet that a camera saw from the side.
 *
 * 1. The paper is what is brighter than the threshold that parts the picture's brightness best (Otsu); gaps closed, holes filled.
 * 2. The largest quadrilateral with corners on the hull of its largest part gives the rough corners.
 * 3. A line through the outline along each side, without the corners that may be round or folded, gives the sides; where they
 *    meet are the corners.
 * 4. What does not fill its quadrilateral, reaches the picture's edge, or lies among other bright things is no sheet. */
#include "sheet_quad.h"

#include <math.h>
#include <stdlib.h>

#define QUAD_SHARE_MIN 0.08    /* of the picture */
#define QUAD_FILL_MIN 0.95     /* of itself */
#define QUAD_RING_MAX 0.2      /* of the picture's edge may be as bright */
#define QUAD_STEP_MIN 24       /* of 256, between paper and table */
#define QUAD_ANGLE_MIN_SIN 0.5 /* 30 to 150 degrees at each corner */
#define QUAD_INSET 1.5         /* pixels of the small picture, at the corners */
#define QUAD_HULL_MAX 400      /* corners; a circle of 900 pixels has fewer */
#define SIDE_CORNER 0.12       /* of a side's length, at either end */
#define SIDE_POINTS_MIN 0.6    /* of those that a straight side would have */
#define FOCAL_USUAL 0.8        /* of the long edge: a telephone's main camera, 26 to 28 mm on 36 x 24 */
#define FOCAL_LEAST 0.5
#define FOCAL_MOST 2.5

/* ---- the paper ---- */

/* 1 where it is bright. NULL also when the picture has one tone. */
static PIX *quad_bright(PIX *small)
{
    int threshold = 0, dark = 0, bright = 0;
    PIX *calm = pixBlockconv(small, 1, 1), *mask = NULL;
    if (calm && pixSplitDistributionFgBg(calm, 0.1f, 1, &threshold, &dark, &bright, NULL) == 0 &&
        bright - dark >= QUAD_STEP_MIN)
        mask = pixThresholdToBinary(calm, threshold);
    if (mask)
        pixInvert(mask, mask);
    pixDestroy(&calm);
    return mask;
}

/* The share of a ring along the picture's edges that is set. */
static double quad_ring(PIX *mask)
{
    int w = pixGetWidth(mask), h = pixGetHeight(mask), set = 0, n = 0;
    for (int y = 1; y < h - 1; y++) {
        bool edge_row = y == 1 || y == h - 2;
        const uint32_t *row = pixGetData(mask) + (size_t)y * (size_t)pixGetWpl(mask);
        for (int x = 1; x < w - 1; x += edge_row || x == w - 2 ? 1 : w - 3) {
            set += GET_DATA_BIT(row, x) ? 1 : 0;
            n++;
        }
    }
    return n > 0 ? (double)set / n : 1;
}

/* ---- the corners ---- */

/* The largest quadrilateral among the hull's corners: for each two that face each other, the farthest one on either side. */
static bool quad_rough(const struct sheet_point *hull, size_t n, struct sheet_quad *out)
{
    double best = 0;
    for (size_t i = 0; i + 2 < n; i++)
        for (size_t k = i + 2; k < n; k++) {
            double far[2] = { 0, 0 };
            size_t at[2] = { i, i };
            for (size_t j = 0; j < n; j++) {
                double d = fabs(sheet_turn(hull[i], hull[k], hull[j]));
                bool side = j > i && j < k;
                if (d > far[side]) {
                    far[side] = d;
                    at[side] = j;
                }
            }
            if (far[0] > 0 && far[1] > 0 && far[0] + far[1] > best) {
                best = far[0] + far[1];
                *out = (struct sheet_quad){ { hull[i], hull[at[1]], hull[k], hull[at[0]] } };
            }
        }
    return best > 0;
}

struct quad_line { /* through at, along a unit vector */
    struct sheet_point at, along;
};

/* The line of least squares through the outline's points near the side from a to b, not beside its ends. False when there are too
 * few for a straight side. */
static bool quad_side(const struct sheet_points *all, struct sheet_point a, struct sheet_point b, double near,
    struct quad_line *out)
{
    double length = hypot(b.x - a.x, b.y - a.y), ux = (b.x - a.x) / length, uy = (b.y - a.y) / length;
    double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0;
    for (size_t i = 0; i < all->n; i++) {
        double dx = all->at[i].x - a.x, dy = all->at[i].y - a.y, t = (dx * ux + dy * uy) / length;
        if (t < SIDE_CORNER || t > 1 - SIDE_CORNER || fabs(dy * ux - dx * uy) > near)
            continue;
        n++;
        sx += dx;
        sy += dy;
        sxx += dx * dx;
        sxy += dx * dy;
        syy += dy * dy;
    }
    double expected = fmax(fabs(b.x - a.x), fabs(b.y - a.y)) * (1 - 2 * SIDE_CORNER); /* a point a row or column */
    if (n < 8 || n < SIDE_POINTS_MIN * expected)
        return false;
    double mx = sx / n, my = sy / n,
           angle = 0.5 * atan2(2 * (sxy / n - mx * my), sxx / n - mx * mx - (syy / n - my * my));
    *out = (struct quad_line){ { a.x + mx, a.y + my }, { cos(angle), sin(angle) } };
    return true;
}

static bool quad_meet(const struct quad_line *a, const struct quad_line *b, struct sheet_point *out)
{
    double cross = a->along.x * b->along.y - a->along.y * b->along.x;
    if (fabs(cross) < QUAD_ANGLE_MIN_SIN)
        return false;
    double t = ((b->at.x - a->at.x) * b->along.y - (b->at.y - a->at.y) * b->along.x) / cross;
    *out = (struct sheet_point){ a->at.x + t * a->along.x, a->at.y + t * a->along.y };
    return true;
}

static bool quad_sides(const struct sheet_points *all, double near, struct sheet_quad *quad)
{
    struct quad_line side[4];
    for (size_t i = 0; i < 4; i++)
        if (!quad_side(all, quad->at[i], quad->at[(i + 1) % 4], near, &side[i]))
            return false;
    for (size_t i = 0; i < 4; i++)
        if (!quad_meet(&side[(i + 3) % 4], &side[i], &quad->at[i]))
            return false;
    return true;
}

static double quad_area(const struct sheet_quad *q)
{
    return (sheet_turn(q->at[0], q->at[1], q->at[2]) + sheet_turn(q->at[0], q->at[2], q->at[3])) / 2;
}

/* The first corner is the one whose side to the next runs most to the right. */
static void quad_begin(struct sheet_quad *q)
{
    size_t first = 0;
    double best = -2;
    for (size_t i = 0; i < 4; i++) {
        struct sheet_point a = q->at[i], b = q->at[(i + 1) % 4];
        double right = (b.x - a.x) / hypot(b.x - a.x, b.y - a.y);
        if (right > best) {
            best = right;
            first = i;
        }
    }
    struct sheet_quad turned;
    for (size_t i = 0; i < 4; i++)
        turned.at[i] = q->at[(first + i) % 4];
    *q = turned;
}

static bool quad_fits(const struct sheet_quad *q, const struct sheet_part *part, int w, int h)
{
    double area = quad_area(q);
    if (area < QUAD_SHARE_MIN * w * h || (double)part->area < QUAD_FILL_MIN * area)
        return false;
    for (size_t i = 0; i < 4; i++) {
        struct sheet_point p = q->at[i];
        if (p.x < 1 || p.y < 1 || p.x > w - 1 || p.y > h - 1 ||
            sheet_turn(q->at[(i + 3) % 4], p, q->at[(i + 1) % 4]) <= 0)
            return false;
    }
    return true;
}

/* The outermost pixels are half table: a little less than what is seen. */
static void quad_inside(struct sheet_quad *q)
{
    struct sheet_point middle = { 0 };
    for (size_t i = 0; i < 4; i++)
        middle = (struct sheet_point){ middle.x + q->at[i].x / 4, middle.y + q->at[i].y / 4 };
    for (size_t i = 0; i < 4; i++) {
        double dx = middle.x - q->at[i].x, dy = middle.y - q->at[i].y, step = QUAD_INSET / hypot(dx, dy);
        q->at[i] = (struct sheet_point){ q->at[i].x + dx * step, q->at[i].y + dy * step };
    }
}

bool sheet_quad_find(PIX *small, unsigned dpi, struct sheet_quad *out)
{
    struct sheet_part part = { 0 };
    struct sheet_points outline = { 0 };
    struct sheet_point *hull = NULL;
    bool found = false;
    PIX *mask = small ? quad_bright(small) : NULL;
    if (mask && quad_ring(mask) > QUAD_RING_MAX)
        pixDestroy(&mask);
    PIX *solid = sheet_solid(mask, dpi);
    sheet_largest(solid, &part);
    if (part.pix && sheet_outline(&part, &outline))
        hull = malloc((outline.n + 1) * sizeof *hull);
    if (hull) {
        size_t n = sheet_hull(&outline, hull);
        int w = pixGetWidth(small), h = pixGetHeight(small);
        double wide = fmax(3, 0.025 * (w > h ? w : h)); /* round corners draw the rough sides in */
        found = n >= 4 && n <= QUAD_HULL_MAX && quad_rough(hull, n, out) && quad_sides(&outline, wide, out) &&
                quad_sides(&outline, 2, out) && quad_fits(out, &part, w, h);
    }
    if (found) {
        quad_begin(out);
        quad_inside(out);
    }
    free(hull);
    free(outline.at);
    pixDestroy(&part.pix);
    pixDestroy(&solid);
    return found;
}

/* ---- from straight above ---- */

struct quad_vector {
    double x, y, z;
};

static struct quad_vector quad_cross(struct quad_vector a, struct quad_vector b)
{
    return (struct quad_vector){ a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x };
}

static double quad_dot(struct quad_vector a, struct quad_vector b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

double sheet_quad_aspect(const struct sheet_quad *quad, double w, double h)
{
    double edge = fmax(w, h);
    struct quad_vector m[4]; /* from the picture's middle, in long edges */
    for (size_t i = 0; i < 4; i++)
        m[i] = (struct quad_vector){ (quad->at[i].x - w / 2) / edge, (quad->at[i].y - h / 2) / edge, 1 };
    struct quad_vector diagonal = quad_cross(m[0], m[2]);
    double k2 = quad_dot(diagonal, m[3]) / quad_dot(quad_cross(m[1], m[2]), m[3]);
    double k3 = quad_dot(diagonal, m[1]) / quad_dot(quad_cross(m[3], m[2]), m[1]);
    struct quad_vector across = { k2 * m[1].x - m[0].x, k2 * m[1].y - m[0].y, k2 - 1 };
    struct quad_vector down = { k3 * m[3].x - m[0].x, k3 * m[3].y - m[0].y, k3 - 1 };
    /* Where one side hardly leans, nothing tells the focal length, and it hardly matters. */
    double lean = across.z * down.z, f2 = FOCAL_USUAL * FOCAL_USUAL;
    if (fabs(lean) > 1e-3)
        f2 = fmin(fmax(-(across.x * down.x + across.y * down.y) / lean, FOCAL_LEAST * FOCAL_LEAST),
            FOCAL_MOST * FOCAL_MOST);
    return sqrt((across.x * across.x + across.y * across.y + f2 * across.z * across.z) /
                (down.x * down.x + down.y * down.y + f2 * down.z * down.z));
}

/* From the unit square to the quadrilateral (Heckbert, "Fundamentals of texture mapping and image warping", 1989, section 2.2.3). */
static void quad_map(const struct sheet_quad *q, struct sheet_projection *out)
{
    const struct sheet_point *p = q->at;
    double dx1 = p[1].x - p[2].x, dx2 = p[3].x - p[2].x, sx = p[0].x - p[1].x + p[2].x - p[3].x;
    double dy1 = p[1].y - p[2].y, dy2 = p[3].y - p[2].y, sy = p[0].y - p[1].y + p[2].y - p[3].y;
    double det = dx1 * dy2 - dy1 * dx2, g = (sx * dy2 - sy * dx2) / det, h = (dx1 * sy - dy1 * sx) / det;
    *out = (struct sheet_projection){
        { p[1].x - p[0].x + g * p[1].x, p[3].x - p[0].x + h * p[3].x, p[0].x },
        { p[1].y - p[0].y + g * p[1].y, p[3].y - p[0].y + h * p[3].y, p[0].y },
        { g, h, 1 },
    };
}

static double quad_length(const struct sheet_quad *q, size_t side)
{
    struct sheet_point a = q->at[side], b = q->at[(side + 1) % 4];
    return hypot(b.x - a.x, b.y - a.y);
}

PIX *sheet_quad_straight(PIX *src, const struct sheet_quad *quad)
{
    struct sheet_projection map;
    double src_w = pixGetWidth(src), src_h = pixGetHeight(src), aspect = sheet_quad_aspect(quad, src_w, src_h);
    double w = fmax(quad_length(quad, 0), quad_length(quad, 2)), h = fmax(quad_length(quad, 1), quad_length(quad, 3));
    w = fmax(w, h * aspect);
    w *= fmin(1, fmax(src_w, src_h) / fmax(w, w / aspect));
    h = w / aspect;
    quad_map(quad, &map);
    return sheet_project(src, &map, (int)fmax(w + 0.5, 1), (int)fmax(h + 0.5, 1));
}
