/* sheet_look.h - what a person would see at a glance: blurred, which way up, a QR. */
#ifndef JEM_HW_SHEET_LOOK_H
#define JEM_HW_SHEET_LOOK_H
#include "sheet_pix.h"

/* The spread of edges in pixels, 0 when there are too few (see blur_um in jemput/sheet.h). */
double sheet_blur(PIX *src);

/* The clockwise turn that makes text upright, and how many standard deviations speak for it. `bits`: 1 bit, 150-200 dpi. */
void sheet_upright(PIX *bits, unsigned *turn_deg, double *sure);
#endif
