/* sheet_clean.h - white paper, and the bilevel preview of a page of text. */
#ifndef JEM_HW_SHEET_CLEAN_H
#define JEM_HW_SHEET_CLEAN_H
#include "sheet_pix.h"

/* Makes the paper white in place, each colour by itself: shadows, yellowed paper, grain. Marks keep their contrast: of a
 * stamp 10 % darker than the paper nine tenths are left. False when memory runs out. */
bool sheet_clean(PIX *page, unsigned dpi);

/* The 1-bit picture of a clean gray page at `dpi_out` (at most `dpi`), without specks. */
PIX *sheet_bits(PIX *gray, unsigned dpi, unsigned dpi_out);

/* Whether two tones tell what the page holds: not when more than 2 % of it looks different from afar (photographs, dark
 * areas), or when marks of over 60 square millimetres would not be seen. All at the size of `small`. */
bool sheet_is_text(PIX *small, PIX *bits, PIX *marks, unsigned dpi);
#endif
