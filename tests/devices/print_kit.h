/* print_kit.h - a printed receipt against its own picture, for suites of printing. */
#ifndef PRINT_KIT_H
#define PRINT_KIT_H
#include <stdint.h>

#include "escpos_view.h"

struct jem_app;
struct print_picture { /* gray, two pixels a dot, with a margin */
    unsigned width, height;
    unsigned char *gray; /* free() */
};
/* The receipt's own PNG, as it would be issued now. */
struct print_picture print_picture_of(struct jem_app *app, uint64_t number, unsigned width_mm);
/* Fails unless the last thing on the paper is this picture, dot by dot (but for edges, where gray and black differ), and the
 * code in it, as zbarimg reads it, verifies as the number. */
void print_paper_ends(struct jem_app *app, const struct escpos_view *paper, const struct print_picture *p,
    uint64_t number);
/* How often the receipt counts as issued. */
int64_t print_issued(struct jem_app *app, uint64_t number);
#endif
