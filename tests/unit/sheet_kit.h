/* sheet_kit.h - what scanners see, drawn: pages of text, cards on a bed, blank sheets with dust, faint stamps. Gray or
 * colour pictures of leptonica's, owned by the caller; everything follows from the generator. */
#ifndef SHEET_KIT_H
#define SHEET_KIT_H
#include <leptonica/allheaders.h>
#include <stdbool.h>

#include "prop.h"

#define KIT_A4_W_MM 210.0
#define KIT_A4_H_MM 297.0
int kit_px(double mm, unsigned dpi);

/* A gray sheet of w x h mm, of a brightness of 240 or so, with grain. */
PIX *kit_paper(struct prop *g, double w_mm, double h_mm, unsigned dpi);
/* Lines of an Indonesian letter in upper and lower case, with a rule and a heading. */
void kit_text(struct prop *g, PIX *page, unsigned dpi);
/* A round stamp of 34 mm with a ring and letters, `levels` darker than the paper. */
void kit_stamp(PIX *page, unsigned dpi, double x_mm, double y_mm, int levels);
/* Specks of 0.1 to 0.7 mm. */
void kit_dust(struct prop *g, PIX *page, unsigned dpi, size_t count);
/* A photograph: shades everywhere. */
void kit_photo(PIX *page, unsigned dpi, double x_mm, double y_mm, double w_mm, double h_mm);
/* A card in colour as it is held: pale blue with a pattern, capitals and small letters on it, a portrait, round corners
 * (outside of them 0, to be laid over a bed). */
PIX *kit_card(struct prop *g, unsigned dpi);
/* Lays a gray or colour sheet on a bed of w x h mm and one tone: its centre at x, y mm, turned clockwise. In colour. */
PIX *kit_lay(PIX *sheet, unsigned tone, double w_mm, double h_mm, unsigned dpi, double x_mm, double y_mm,
    double angle_deg);
/* Turned about its centre; the corners are filled with the tone. */
PIX *kit_turn(PIX *sheet, double angle_deg, unsigned tone);
/* As a camera sees a gray sheet on a table, w x h pixels: `aside` and `over` tell how far it stands beside it and below it, `roll` how it
 * is held, in degrees. Seen from straight above the sheet would fill `fill` of the picture, which looks `off` of its width past the
 * sheet's middle. The light falls off by a third from left to right; the table has a grain of its own. */
struct kit_view {
    int w, h;
    double focal; /* of the long edge */
    double aside, over, roll, fill, off;
    int table; /* its brightness */
};
PIX *kit_camera(PIX *sheet, const struct kit_view *view);
void kit_grain(struct prop *g, PIX *pix, int levels);

struct kit_jpeg {
    unsigned char *p;
    size_t n;
};
/* Takes *pix over. */
struct kit_jpeg kit_jpeg(PIX **pix, unsigned dpi);
void kit_jpeg_free(struct kit_jpeg *jpeg);
#endif
