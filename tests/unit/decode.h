/* decode.h - an independent reader of QR codes (zbarimg), for checking what we draw. */
#ifndef DECODE_H
#define DECODE_H
#include <stdbool.h>
#include <stddef.h>

#include "jemput/buf.h"

/* The text of the one QR code in a picture, without its final line end. `kind` is ImageMagick's name: "png", "pbm".
 * Fails the test when nothing is found. out_cap > length. */
void decode_qr(const char *kind, const void *picture, size_t n, char *out, size_t out_cap);
/* Runs a program of the test's packages on `in`; fails the test when it fails. */
void decode_run(const char *const argv[], const void *in, size_t n, struct jem_buf *out);
/* A 1-bit raster as a PBM file (P4: most significant bit left, 1 is black). */
void decode_pbm(unsigned width, unsigned height, size_t stride, const unsigned char *bits, struct jem_buf *out);
#endif
