/* sheet_outline.c - the largest part of a mask, what lies on its edge, and the hull of that. */
#include "sheet_outline.h"

#include <stdlib.h>

PIX *sheet_solid(PIX *mask, unsigned dpi)
{
    int close = sheet_px(1.5, dpi) | 1, open = sheet_px(3, dpi) | 1;
    PIX *closed = mask ? pixCloseSafeBrick(NULL, mask, close, close) : NULL;
    PIX *holes = closed ? pixHolesByFilling(closed, 4) : NULL;
    if (holes)
        pixOr(closed, closed, holes);
    PIX *out = holes ? pixOpenBrick(NULL, closed, open, open) : NULL;
    pixDestroy(&mask);
    pixDestroy(&closed);
    pixDestroy(&holes);
    return out;
}

void sheet_largest(PIX *solid, struct sheet_part *out)
{
    PIXA *parts = NULL;
    BOXA *boxes = solid ? pixConnComp(solid, &parts, 8) : NULL;
    int best = -1;
    for (int i = 0; boxes && i < boxaGetCount(boxes); i++) {
        PIX *part = pixaGetPix(parts, i, L_CLONE);
        int count = 0;
        pixCountPixels(part, &count, NULL);
        pixDestroy(&part);
        out->rest += count;
        if (count > out->area) {
            out->area = count;
            best = i;
        }
    }
    if (best >= 0) {
        out->rest -= out->area;
        boxaGetBoxGeometry(boxes, best, &out->x, &out->y, NULL, NULL);
        out->pix = pixaGetPix(parts, best, L_CLONE);
    }
    pixaDestroy(&parts);
    boxaDestroy(&boxes);
}

bool sheet_outline(const struct sheet_part *part, struct sheet_points *out)
{
    int w = pixGetWidth(part->pix), h = pixGetHeight(part->pix);
    int *top = malloc((size_t)w * 2 * sizeof *top), *low = top ? top + w : NULL;
    out->at = malloc(((size_t)w + (size_t)h) * 2 * sizeof *out->at);
    out->n = 0;
    if (!top || !out->at) {
        free(top);
        return false;
    }
    for (int x = 0; x < w; x++)
        top[x] = low[x] = -1;
    for (int y = 0; y < h; y++) {
        const uint32_t *row = pixGetData(part->pix) + (size_t)y * (size_t)pixGetWpl(part->pix);
        int first = -1, last = -1;
        for (int x = 0; x < w; x++) {
            if (!GET_DATA_BIT(row, x))
                continue;
            first = first < 0 ? x : first;
            last = x;
            top[x] = top[x] < 0 ? y : top[x];
            low[x] = y;
        }
        if (first >= 0) {
            out->at[out->n++] = (struct sheet_point){ part->x + first, part->y + y + 0.5 };
            out->at[out->n++] = (struct sheet_point){ part->x + last + 1, part->y + y + 0.5 };
        }
    }
    for (int x = 0; x < w; x++)
        if (top[x] >= 0) {
            out->at[out->n++] = (struct sheet_point){ part->x + x + 0.5, part->y + top[x] };
            out->at[out->n++] = (struct sheet_point){ part->x + x + 0.5, part->y + low[x] + 1 };
        }
    free(top);
    return out->n >= 8;
}

static int point_order(const void *a, const void *b)
{
    const struct sheet_point *p = a, *q = b;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return p->y < q->y ? -1 : p->y > q->y;
}

/* Andrew's monotone chain. */
size_t sheet_hull(struct sheet_points *all, struct sheet_point *hull)
{
    size_t n = 0;
    qsort(all->at, all->n, sizeof *all->at, point_order);
    for (size_t i = 0; i < all->n; i++) {
        while (n >= 2 && sheet_turn(hull[n - 2], hull[n - 1], all->at[i]) <= 0)
            n--;
        hull[n++] = all->at[i];
    }
    size_t lower = n + 1;
    for (size_t i = all->n - 1; i-- > 0;) {
        while (n >= lower && sheet_turn(hull[n - 2], hull[n - 1], all->at[i]) <= 0)
            n--;
        hull[n++] = all->at[i];
    }
    return n - 1;
}
