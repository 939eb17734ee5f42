/* photo.h - a picture of a paper that a camera took, before it is looked at like a scan (sheet.h). Pure; hostile input. */
#ifndef JEMPUT_PHOTO_H
#define JEMPUT_PHOTO_H
#include "jemput/sheet.h"

#define JEM_PHOTO_LONG_EDGE_PX 3508  /* A4 at 300 dpi: what a catalogue asks of a document at most */
#define JEM_PHOTO_SCENE_EDGE_PX 1600 /* a picture of a place or a person; some 300 KB, which a bad link has to carry */

/* True for a JPEG that a camera wrote: it says how it was held, where and when (EXIF), or it is larger than any scan that is
 * kept here. */
bool jem_photo_is(const void *p, size_t n);
/* The same picture upright, at most long_edge_px long, as a JPEG without a word about camera, place or time.
 * Appends to out. JEM_EINVAL damaged, cut off, more than 80 megapixels | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_photo_upright(const void *p, size_t n, unsigned long_edge_px, struct jem_buf *out,
    struct jem_error *err);
/* The text of a receipt's QR that a camera took, from near by or with the whole strip of paper; "" when none is read. It says
 * nothing about the signature. JEM_EINVAL no JPEG, damaged, cut off, more than 80 megapixels */
JEM_NODISCARD enum jem_code jem_photo_receipt(const void *p, size_t n, char out[JEM_SHEET_QR_MAX],
    struct jem_error *err);
#endif
