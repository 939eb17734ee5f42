/* sheet_outline.h - the outline of what stands out in a small picture, for those who look for straight edges in it. */
#ifndef JEM_HW_SHEET_OUTLINE_H
#define JEM_HW_SHEET_OUTLINE_H
#include "sheet_pix.h"

struct sheet_part {
    PIX *pix; /* owned */
    int x, y;
    long area, rest; /* pixels of it; of all others */
};
struct sheet_point {
    double x, y;
};
struct sheet_points {
    struct sheet_point *at; /* free() */
    size_t n;
};

/* Takes *mask over: gaps closed, holes filled, specks opened away. NULL only when memory runs out. */
PIX *sheet_solid(PIX *mask, unsigned dpi);
/* Its largest part; out->pix stays NULL when there is none. */
void sheet_largest(PIX *solid, struct sheet_part *out);
/* The first and last pixel of every row and column: all that a convex outline has. Centres of pixels' outer edges. False when it
 * is too small to tell, or memory runs out; out->at is to be freed all the same. */
bool sheet_outline(const struct sheet_part *part, struct sheet_points *out);
/* The convex hull, with the corners in the order of the clock as a picture shows it. Sorts `all`; hull has room for all->n + 1. */
size_t sheet_hull(struct sheet_points *all, struct sheet_point *hull);

/* Above 0 when the way from a over b to c bends with the clock, as a picture shows it. */
static inline double sheet_turn(struct sheet_point a, struct sheet_point b, struct sheet_point c)
{
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}
#endif
