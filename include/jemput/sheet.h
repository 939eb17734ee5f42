/* sheet.h - what becomes of a scanned page: upright, cut to the sheet or card, clean, with a preview and warnings.
 *
 * Pure functions on picture bytes: no device, no clock, no disk; any thread. Pictures are hostile input: their size is
 * bounded before decoding, and a picture that is cut off or damaged is refused whole.
 *
 * The original is a JPEG (gray, or colour where the kind of document asks for it) of at most 300 dpi. The preview of a
 * page of text is a bilevel picture, because black on white at 100-200 dpi can be read where a gray one of the same
 * length cannot. It is written as a PNG of one bit a pixel and not as TIFF with CCITT G4: of the browsers of the officer's
 * page only Safari shows a TIFF, every one shows a PNG, and a preview that is not shown is none. The PNG is longer
 * than G4 (1.1 times at 100 dpi, 1.4 at 200), which costs resolution, not bytes: the finest of 200, 150, 120 and 100 dpi
 * within the limit is taken. A page with photographs, a page whose faint stamp would vanish in two tones, a page in colour and a card get
 * the gray or colour JPEG of page.h instead. */
#ifndef JEMPUT_SHEET_H
#define JEMPUT_SHEET_H
#include "jemput/page.h"
#include "jemput/scanner.h"

enum jem_sheet_shape {
    JEM_SHEET_ANY = 0, /* a card when what lies on the bed has the size of one, else a page */
    JEM_SHEET_PAGE,
    JEM_SHEET_CARD /* ID-1 of ISO/IEC 7810, 85.6 x 54 mm: KTP-el, SIM, bank cards */
};
struct jem_sheet_settings {
    enum jem_sheet_shape shape;
    /* As the kind of document asks: BILEVEL (also UNKNOWN) and GRAY give a gray original, at most 200 and 300 dpi; RGB
     * a colour one. */
    enum jem_scan_colour colour;
    unsigned dpi;      /* of the scan; 0: as the JPEG's header says, else as if its long edge were that of A4 */
    unsigned turn_deg; /* 0, 90, 180 or 270 clockwise, on top of what is straightened: a person's answer to TURNED */
    bool find_receipt; /* look for the QR of a receipt */
    /* A camera took it: a sheet or card that lies whole on something darker is put straight as it looks from above, however
     * aside the camera stood; its size is not known, so that it is never taken for a card. */
    bool camera;
    /* The page was made by this function before: it is turned and looked at again, and neither straightened nor cut nor
     * cleaned twice. Then shape CARD means that it is a card. */
    bool finished;
};

enum jem_sheet_warning { /* bits */
    JEM_SHEET_BLANK = 1,
    JEM_SHEET_BLURRED = 2,
    JEM_SHEET_TURNED = 4, /* upside down or lying on its side: see upright_deg */
    JEM_SHEET_NO_CARD = 8 /* shape CARD, and no card is found on the bed: the picture is not cut */
};
/* A sentence for people. Each bit alone; JEM_T_NONE for anything else. */
enum jem_text jem_sheet_warning_text(enum jem_sheet_warning warning);

#define JEM_SHEET_QR_MAX 256
#define JEM_SHEET_PREVIEW_MAX_BYTES ((size_t)40 << 10) /* of a bilevel one; a dense A4 page of text at 120 dpi */
struct jem_sheet {
    unsigned char *jpeg; /* the original to keep */
    size_t jpeg_len;
    unsigned width, height, dpi;
    unsigned char *preview; /* PNG of one bit a pixel, or JPEG */
    size_t preview_len;
    enum jem_mime preview_mime;
    bool is_card;
    bool is_cut;       /* to the edges of the sheet or card, which were seen on the bed */
    double skew_deg;   /* how far it lay clockwise from upright, before it was turned back */
    unsigned warnings; /* bits */
    /* Ink: the share of the sheet, in parts per million, that marks of at least 3 mm cover. Dust, the shadows at the
     * edges, streaks of the feeder's glass and what shines through from the other side do not count. BLANK when 0. */
    unsigned ink_ppm;
    /* Blur: the standard deviation of a step edge's spread, in micrometres, on the sharper quarter of all strong edges,
     * in the worse direction. A good scan has 30-90; 0 when too few edges tell. BLURRED from JEM_SHEET_BLUR_UM. */
    unsigned blur_um;
    /* Which way up: lines of Latin text have more ascenders (b d h k l t) than descenders (g j p q y). Counted by
     * leptonica's hit-miss transforms in all four directions; upright_sure is the difference in standard deviations.
     * TURNED from JEM_SHEET_TURN_SURE, which text of five lines reaches; text in capitals alone (parts of a KTP or KK)
     * tells nothing, and then nothing is said. */
    unsigned upright_deg; /* the clockwise turn that would make it upright: 0, 90, 180 or 270 */
    double upright_sure;
    char receipt[JEM_SHEET_QR_MAX]; /* the text of the receipt's QR, "" when there is none or it was not asked for */
};
#define JEM_SHEET_BLUR_UM 170
#define JEM_SHEET_TURN_SURE 6.0

/* Straightens, cuts, cleans and looks at one page. Release *out with jem_sheet_release; zeroed on failure.
 * JEM_EINVAL: no JPEG, cut off, damaged, more than 80 megapixels, smaller than 64 x 64 | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_sheet_process(const struct jem_sheet_settings *settings, const void *jpeg, size_t n,
    struct jem_sheet *out, struct jem_error *err);
void jem_sheet_release(struct jem_sheet *sheet); /* zero accepted */

/* One page with the front above the back, both at the finer of the two resolutions and with a white margin; its
 * warnings are those of both. The two sheets stay the caller's. JEM_EINVAL as above | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_sheet_combine(const struct jem_sheet *front, const struct jem_sheet *back,
    struct jem_sheet *out, struct jem_error *err);

/* A printed receipt between the sheets of a feeder parts the batch: the pages that follow, up to the next receipt, belong
 * to its application. This is the rule for a run of pages in their order: false for the separator itself and for its
 * blank back, true for a page to keep, whose receipt is then *owner ("" before the first separator). */
struct jem_sheet_batch {
    char owner[JEM_SHEET_QR_MAX];
    bool after_separator; /* the page before was one */
};
JEM_NODISCARD bool jem_sheet_batch_take(struct jem_sheet_batch *batch, const struct jem_sheet *sheet);
#endif
