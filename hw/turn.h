/* turn.h - a stored picture, upright. */
#ifndef JEM_HW_TURN_H
#define JEM_HW_TURN_H
#include <leptonica/allheaders.h>

/* EXIF 2.3, tag 0x0112, says where the first row and column belong. Takes *pix over and leaves what follows from it, NULL when
 * that failed. */
void jem_picture_turn(PIX **pix, unsigned orientation);
#endif
