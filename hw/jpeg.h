/* jpeg.h - decodes a JPEG into a picture without a word on stderr. */
#ifndef JEM_HW_JPEG_H
#define JEM_HW_JPEG_H
#include <leptonica/allheaders.h>
#include <stdbool.h>
#include <stddef.h>

/* 8-bit gray (always when `gray` asks for it, which costs less than colour) or 32-bit colour, `reduction` (1, 2, 4 or 8)
 * times smaller than stored. Owned by the caller. NULL when the data is damaged, larger than max_pixels, or memory runs out. Bytes between the picture and its end mark, which
 * some cameras write, are no damage. */
PIX *jem_jpeg_decode(const unsigned char *p, size_t n, bool gray, unsigned reduction, uint64_t max_pixels);
#endif
