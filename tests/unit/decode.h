/* decode.h - an independent reader of QR codes (zbarimg) and an interpreter of ESC/POS, for checking what we draw. */
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

/* What came out of a printer. */
struct decode_paper {
    unsigned width, height; /* dots */
    unsigned char *bits;    /* rows of (width + 7) / 8 bytes */
    unsigned strips, tallest_strip, feeds, cuts;
    bool reset_first;
};
/* Executes ESC @, GS v 0, ESC d and GS V as the command reference describes them. False at an unknown, cut or
 * inconsistent command. Release with free(bits). */
bool decode_escpos(const unsigned char *p, size_t n, struct decode_paper *out);
#endif
