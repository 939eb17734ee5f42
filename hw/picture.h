/* picture.h - what the headers of a JPEG or PNG say, read before anything is decoded. Pure, bounded, no allocation. */
#ifndef JEM_HW_PICTURE_H
#define JEM_HW_PICTURE_H
#include "jemput/page.h"

struct jem_picture_facts {
    uint32_t width, height; /* as stored; 0 when no header tells */
    unsigned orientation;   /* 1..8 of EXIF, 1 when not told */
    unsigned dpi;           /* of a JPEG, as its JFIF header says; 0 when not told */
    bool whole;             /* the end mark is there, and every PNG chunk has its check sum */
};
/* Walks the segments of a JPEG, up to its first EOI (ITU-T T.81 annex B; EXIF 2.3 for the orientation; JFIF 1.02 for
 * the resolution). */
struct jem_picture_facts jem_picture_jpeg(const unsigned char *p, size_t n);
/* Walks the chunks of a PNG, up to IEND (W3C PNG, section 5). */
struct jem_picture_facts jem_picture_png(const unsigned char *p, size_t n);
/* Appends the PNG without the chunks that no preview needs (colour profiles, texts, times): less to decode, and libpng
 * prints no warnings about them. For a whole PNG only. */
void jem_picture_png_strip(const unsigned char *p, size_t n, struct jem_buf *out);
#endif
