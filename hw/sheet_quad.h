/* sheet_quad.h - a sheet of paper or a card in a camera's picture: its four corners, and the sheet as it looks from straight above. */
#ifndef JEM_HW_SHEET_QUAD_H
#define JEM_HW_SHEET_QUAD_H
#include "sheet_outline.h"

struct sheet_quad { /* in the order of the clock, from the one at the top left of what is nearly upright */
    struct sheet_point at[4];
};

/* What is bright on something darker, has four straight sides, lies whole in the picture and fills at least a twelfth of it. `small`
 * is a gray picture of about 60 dpi, as if the long edge of the whole were that of A4. The light need not be even. */
bool sheet_quad_find(PIX *small, unsigned dpi, struct sheet_quad *out);

/* Width by height of the rectangle that a camera sees as this quadrilateral in a picture of w x h pixels, when it looks at the
 * middle of the picture (Zhang and He, "Whiteboard scanning and image enhancement", Digital Signal Processing 17, 2007, section
 * 3.2.2). */
double sheet_quad_aspect(const struct sheet_quad *quad, double w, double h);

/* The rectangle from straight above, as fine as its longest sides are in src, and no longer than src. NULL only when memory runs
 * out. */
PIX *sheet_quad_straight(PIX *src, const struct sheet_quad *quad);
#endif
