/* sheet_pix.h - what the steps of sheet.c share: resampling, small copies, the paper under the ink. 8-bit gray or 32-bit
 * colour pictures; NULL only when memory runs out, or from a NULL picture. */
#ifndef JEM_HW_SHEET_PIX_H
#define JEM_HW_SHEET_PIX_H
#include <leptonica/allheaders.h>
#include <stdbool.h>

/* A rectangle that lies in a picture, turned clockwise by angle_deg around its centre. */
struct sheet_frame {
    double cx, cy, w, h; /* pixels */
    double angle_deg;
};

/* The content of the frame, upright, w x h pixels, white where the frame leaves the picture. Bilinear, in one pass:
 * turning, cutting and scaling blur the page once. */
PIX *sheet_sample(PIX *src, const struct sheet_frame *frame, int w, int h);

/* Where a point (u, v) of the unit square lies in a picture, in pixels: (x . (u, v, 1), y . (u, v, 1)) / z . (u, v, 1). */
struct sheet_projection {
    double x[3], y[3], z[3];
};
/* What the projection shows of the unit square, w x h pixels, as above. z must not be 0 anywhere in the square. */
PIX *sheet_project(PIX *src, const struct sheet_projection *map, int w, int h);

/* A copy, each pixel the mean of factor x factor (1, 2, 4, 8) pixels; the second in gray. */
PIX *sheet_small(PIX *src, unsigned factor);
PIX *sheet_gray_small(PIX *src, unsigned factor);
/* The largest of 1, 2, 4, 8 that leaves at least `dpi_min`. */
unsigned sheet_factor(unsigned dpi, unsigned dpi_min);

/* The paper of a small gray picture: the brightness that each place would have without its ink, smooth. What is dark
 * over more than 14 mm is not taken for paper. */
PIX *sheet_paper(PIX *small, unsigned dpi);

/* 1-bit mask of the marks on the paper, at the size of `small`: darker than the paper by `levels` of 256, joined over
 * 0.7 mm, and then at least 3 mm long. Without streaks down the page, and without what lies within
 * 2.5 mm of an edge or, being a shadow, leads there. */
PIX *sheet_marks(PIX *small, PIX *paper, unsigned dpi, int levels);

static inline int sheet_px(double mm, unsigned dpi)
{
    return (int)(mm * dpi / 25.4 + 0.5);
}
#endif
