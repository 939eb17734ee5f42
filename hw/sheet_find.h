/* sheet_find.h - where the sheet or card lies on the bed, and how far its text is turned. */
#ifndef JEM_HW_SHEET_FIND_H
#define JEM_HW_SHEET_FIND_H
#include "sheet_pix.h"

#include "jemput/sheet.h"

/* The sheet or card that stands out from the bed, in pixels of `small` (8-bit gray or 32-bit colour, about 75-150 dpi).
 * False when the bed is not one even tone, or nothing rectangular of a fit size lies on it: white paper under a white
 * lid, a page as large as the bed. *is_card: it has the size of ID-1. */
bool sheet_find(PIX *small, unsigned dpi, enum jem_sheet_shape shape, struct sheet_frame *out, bool *is_card);

/* The clockwise angle of the lines of text in a 1-bit picture of about 150 dpi: within 8 degrees of upright or, when
 * `sideways`, of lying on the side. 0 when it holds too few lines to tell. */
double sheet_text_skew(PIX *bits, bool sideways, bool *sure);
#endif
