/* sheet.c - the way of a scanned page:
 *
 *   decode -> find the sheet on the bed -> find the lines' skew -> one resampling (turned, cut, scaled) -> white paper
 *          -> marks, blur, which way up, receipt -> JPEG to keep, preview
 *
 * All looking is done on small copies (75-150 dpi); only resampling, whitening and compression touch every pixel. */
#include "jemput/sheet.h"

#include <leptonica/allheaders.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "jpeg.h"
#include "picture.h"
#include "sheet_clean.h"
#include "sheet_find.h"
#include "sheet_look.h"
#include "sheet_pix.h"
#include "sheet_qr.h"
#include "sheet_quad.h"

#define SHEET_READ_MAX_PIXELS ((uint64_t)80000000)
#define SHEET_WORK_MAX_PIXELS ((uint64_t)40000000)
#define SHEET_MIN_PX 64
#define SHEET_DPI_MIN 50u
#define SHEET_DPI_MAX 2400u
#define SHEET_A4_LONG_MM 297.0
#define SHEET_LOOK_DPI 60u  /* small copies for areas */
#define SHEET_LINES_DPI 150 /* for lines of text */
#define SHEET_MARK_LEVELS 15
#define SHEET_QUALITY 75
#define SHEET_TEXT_QUALITY 60
#define SHEET_CARD_QUALITY 85
#define SHEET_TURN_MIN_DEG 0.05 /* less is not worth a blur */

struct sheet_job {
    const struct jem_sheet_settings *set;
    struct jem_sheet *out;
    struct jem_error *err;
    PIX *src;
    unsigned dpi; /* of src */
    struct sheet_frame frame;
    PIX *page;          /* upright, cut, clean */
    unsigned page_dpi;  /* of page and its copies of lines_dpi */
    PIX *small, *marks; /* of page */
    unsigned small_dpi;
    PIX *bits; /* of page, at lines_dpi */
    unsigned lines_dpi;
};

static void sheet_quiet(void)
{
    setMsgSeverity(L_SEVERITY_NONE);
}

static enum jem_code sheet_fail(struct jem_error *err, enum jem_text key)
{
    return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, key);
}

enum jem_text jem_sheet_warning_text(enum jem_sheet_warning warning)
{
    switch (warning) {
    case JEM_SHEET_BLANK: return JEM_T_SHEET_BLANK;
    case JEM_SHEET_BLURRED: return JEM_T_SHEET_BLURRED;
    case JEM_SHEET_TURNED: return JEM_T_SHEET_TURNED;
    case JEM_SHEET_NO_CARD: return JEM_T_SHEET_NO_CARD;
    }
    return JEM_T_NONE;
}

void jem_sheet_release(struct jem_sheet *sheet)
{
    lept_free(sheet->jpeg);
    lept_free(sheet->preview);
    *sheet = (struct jem_sheet){ 0 };
}

/* ---- reading ---- */

/* As if the long edge were that of A4, unless something else is told. */
static unsigned sheet_dpi(unsigned told, uint32_t width, uint32_t height)
{
    if (told < SHEET_DPI_MIN || told > SHEET_DPI_MAX)
        told = (unsigned)((width > height ? width : height) * 25.4 / SHEET_A4_LONG_MM + 0.5);
    return told < SHEET_DPI_MIN ? SHEET_DPI_MIN : told > SHEET_DPI_MAX ? SHEET_DPI_MAX : told;
}

static unsigned sheet_out_dpi(const struct sheet_job *job)
{
    bool is_colour = job->set->colour == JEM_COLOUR_RGB, is_gray = job->set->colour == JEM_COLOUR_GRAY;
    unsigned most = is_colour || is_gray || job->out->is_card ? 300 : 200;
    return job->dpi < most ? job->dpi : most;
}

/* libjpeg can skip detail while decoding: nothing above 300 dpi is kept, and memory is bounded. */
static unsigned sheet_reduction(const struct jem_picture_facts *facts, unsigned dpi)
{
    unsigned reduction = 1;
    uint64_t pixels = (uint64_t)facts->width * facts->height;
    while (reduction < 8 && (dpi / (reduction * 2) >= 300 || pixels / reduction / reduction > SHEET_WORK_MAX_PIXELS))
        reduction *= 2;
    return reduction;
}

static enum jem_code sheet_read(const void *jpeg, size_t n, bool gray, unsigned told_dpi, PIX **out, unsigned *dpi,
    struct jem_error *err)
{
    const unsigned char *p = jpeg;
    if (n < 4 || p[0] != 0xFF || p[1] != 0xD8)
        return sheet_fail(err, n == 0 ? JEM_T_PAGE_EMPTY : JEM_T_PAGE_DAMAGED);
    struct jem_picture_facts facts = jem_picture_jpeg(p, n);
    if ((uint64_t)facts.width * facts.height > SHEET_READ_MAX_PIXELS)
        return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_PAGE_PIXELS, facts.width, facts.height,
            (unsigned)(SHEET_READ_MAX_PIXELS / 1000000));
    if (!facts.whole)
        return sheet_fail(err, JEM_T_PAGE_CUT);
    *dpi = sheet_dpi(told_dpi != 0 ? told_dpi : facts.dpi, facts.width, facts.height);
    unsigned reduction = sheet_reduction(&facts, *dpi);
    if (facts.width / reduction < SHEET_MIN_PX || facts.height / reduction < SHEET_MIN_PX)
        return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_SHEET_SMALL, facts.width, facts.height, SHEET_MIN_PX,
            SHEET_MIN_PX);
    *out = jem_jpeg_decode(p, n, gray, reduction, SHEET_READ_MAX_PIXELS);
    *dpi = *dpi / reduction < SHEET_DPI_MIN ? SHEET_DPI_MIN : *dpi / reduction;
    if (*out && gray && pixGetDepth(*out) != 8) { /* printers' colours */
        PIX *converted = pixConvertTo8(*out, 0);
        pixDestroy(out);
        *out = converted;
    }
    return *out ? JEM_OK : sheet_fail(err, JEM_T_PAGE_DAMAGED);
}

/* ---- placing ---- */

static PIX *sheet_cut(PIX *src, const struct sheet_frame *frame, unsigned dpi, unsigned dpi_out)
{
    double w = frame->w * dpi_out / dpi, h = frame->h * dpi_out / dpi;
    return sheet_sample(src, frame, w < 1 ? 1 : (int)(w + 0.5), h < 1 ? 1 : (int)(h + 0.5));
}

/* The lines of what lies in the frame, for skew and orientation. */
static PIX *sheet_lines(PIX *src, const struct sheet_frame *frame, unsigned dpi, unsigned dpi_out)
{
    PIX *cut = sheet_cut(src, frame, dpi, dpi_out), *gray = cut ? pixConvertTo8(cut, 0) : NULL;
    PIX *bits = gray && sheet_clean(gray, dpi_out) ? sheet_bits(gray, dpi_out, dpi_out) : NULL;
    pixDestroy(&cut);
    pixDestroy(&gray);
    return bits;
}

/* Turning a whole picture around its centre moves what stands near its corners out: the frame grows by the boxes of
 * marks that would be lost, never by empty bed. */
static bool sheet_keep_corners(struct sheet_job *job)
{
    unsigned factor = sheet_factor(job->dpi, SHEET_LOOK_DPI), dpi = job->dpi / factor;
    PIX *small = sheet_gray_small(job->src, factor), *paper = sheet_paper(small, dpi);
    PIX *marks = sheet_marks(small, paper, dpi, SHEET_MARK_LEVELS);
    BOXA *boxes = marks ? pixConnCompBB(marks, 8) : NULL;
    struct sheet_frame *f = &job->frame;
    double a = f->angle_deg * M_PI / 180, c = cos(a), s = sin(a), low_u = -f->w / 2, low_v = -f->h / 2;
    double high_u = -low_u, high_v = -low_v, more = sheet_px(4, job->dpi);
    for (int i = 0; boxes && i < boxaGetCount(boxes); i++) {
        int x, y, w, h;
        boxaGetBoxGeometry(boxes, i, &x, &y, &w, &h);
        for (int corner = 0; corner < 4; corner++) {
            double dx = (x + (corner & 1 ? w : 0)) * (double)factor - f->cx;
            double dy = (y + (corner & 2 ? h : 0)) * (double)factor - f->cy;
            double u = dx * c + dy * s, v = -dx * s + dy * c;
            low_u = fmin(low_u, u - more);
            high_u = fmax(high_u, u + more);
            low_v = fmin(low_v, v - more);
            high_v = fmax(high_v, v + more);
        }
    }
    bool done = boxes != NULL;
    double u = (low_u + high_u) / 2, v = (low_v + high_v) / 2;
    f->cx += u * c - v * s;
    f->cy += u * s + v * c;
    f->w = high_u - low_u;
    f->h = high_v - low_v;
    boxaDestroy(&boxes);
    pixDestroy(&marks);
    pixDestroy(&paper);
    pixDestroy(&small);
    return done;
}

/* A sheet whose edges were seen: its lines may correct the edges a little, but a crooked print on a straight sheet stays
 * as it is. A sheet whose edges were not seen is straightened by its lines alone. */
#define SHEET_LINES_TRUST_DEG 0.7
static bool sheet_straighten(struct sheet_job *job)
{
    bool sure = false, cut = job->out->is_cut;
    unsigned dpi = job->dpi < SHEET_LINES_DPI ? job->dpi : SHEET_LINES_DPI;
    PIX *bits = sheet_lines(job->src, &job->frame, job->dpi, dpi);
    if (!bits)
        return false;
    double skew = sheet_text_skew(bits, false, &sure);
    if (!sure && !cut)
        skew = sheet_text_skew(bits, true, &sure);
    pixDestroy(&bits);
    if (!sure || (cut && fabs(skew) > SHEET_LINES_TRUST_DEG))
        return true;
    job->frame.angle_deg += skew;
    return cut || fabs(skew) < SHEET_TURN_MIN_DEG || sheet_keep_corners(job);
}

/* Where the camera's sheet is found, src becomes that sheet alone. False when memory runs out. */
static bool sheet_from_above(struct sheet_job *job)
{
    unsigned factor = sheet_factor(job->dpi, SHEET_LOOK_DPI);
    struct sheet_quad quad;
    PIX *small = sheet_gray_small(job->src, factor);
    bool done = small != NULL;
    if (done && sheet_quad_find(small, job->dpi / factor, &quad)) {
        for (size_t i = 0; i < 4; i++)
            quad.at[i] = (struct sheet_point){ quad.at[i].x * factor, quad.at[i].y * factor };
        PIX *straight = sheet_quad_straight(job->src, &quad);
        done = straight != NULL;
        if (done) {
            pixDestroy(&job->src);
            job->src = straight;
            job->dpi = sheet_dpi(0, (uint32_t)pixGetWidth(straight), (uint32_t)pixGetHeight(straight));
            job->out->is_cut = true;
        }
    }
    pixDestroy(&small);
    return done;
}

/* A scanner's bed has one tone up to its edges. Where a table's light falls off, what differs from it may be half of the table. */
static bool sheet_is_inside(const struct sheet_frame *f, PIX *small)
{
    double a = f->angle_deg * M_PI / 180, c = fabs(cos(a)), s = fabs(sin(a));
    double half_w = (f->w * c + f->h * s) / 2 + 1, half_h = (f->w * s + f->h * c) / 2 + 1;
    return f->cx > half_w && f->cy > half_h && f->cx + half_w < pixGetWidth(small) &&
           f->cy + half_h < pixGetHeight(small);
}

static bool sheet_place(struct sheet_job *job)
{
    if (job->set->camera && !sheet_from_above(job))
        return false;
    unsigned factor = sheet_factor(job->dpi, SHEET_LOOK_DPI);
    double w = pixGetWidth(job->src), h = pixGetHeight(job->src);
    if (job->set->finished) {
        job->frame = (struct sheet_frame){ w / 2, h / 2, w, h, 0 };
        job->out->is_card = job->set->shape == JEM_SHEET_CARD;
        return true;
    }
    struct sheet_frame *f = &job->frame;
    *f = (struct sheet_frame){ w / 2, h / 2, w, h, 0 };
    if (!job->out->is_cut) {
        struct sheet_frame found;
        PIX *small = sheet_small(job->src, factor);
        if (!small)
            return false;
        job->out->is_cut = sheet_find(small, job->dpi / factor, job->set->shape, &found, &job->out->is_card) &&
                           (!job->set->camera || sheet_is_inside(&found, small));
        job->out->is_card = job->out->is_cut && job->out->is_card && !job->set->camera;
        pixDestroy(&small);
        if (job->out->is_cut)
            *f = (struct sheet_frame){ found.cx * factor, found.cy * factor, found.w * factor, found.h * factor,
                found.angle_deg };
    }
    if (job->set->shape == JEM_SHEET_CARD && !job->out->is_card)
        job->out->warnings |= JEM_SHEET_NO_CARD;
    if (!job->out->is_card && !sheet_straighten(job))
        return false;
    job->out->skew_deg = f->angle_deg;
    if (job->out->is_card && f->h > f->w) /* cards are read lying */
        *f = (struct sheet_frame){ f->cx, f->cy, f->h, f->w, f->angle_deg - 90 };
    return true;
}

static bool sheet_make_page(struct sheet_job *job)
{
    struct sheet_frame f = job->frame;
    job->page_dpi = sheet_out_dpi(job);
    if (job->set->turn_deg % 180 == 90)
        f = (struct sheet_frame){ f.cx, f.cy, f.h, f.w, f.angle_deg };
    f.angle_deg -= job->set->turn_deg;
    bool is_whole = !job->out->is_cut && fabs(f.angle_deg) < SHEET_TURN_MIN_DEG && job->page_dpi == job->dpi;
    job->page = is_whole ? pixCopy(NULL, job->src) : sheet_cut(job->src, &f, job->dpi, job->page_dpi);
    return job->page && (job->out->is_card || job->set->finished || sheet_clean(job->page, job->page_dpi));
}

/* ---- looking ---- */

static bool sheet_see_marks(struct sheet_job *job)
{
    unsigned factor = sheet_factor(job->page_dpi, SHEET_LOOK_DPI);
    int count = 0;
    job->small_dpi = job->page_dpi / factor;
    job->small = sheet_gray_small(job->page, factor);
    PIX *paper = sheet_paper(job->small, job->small_dpi);
    job->marks = sheet_marks(job->small, paper, job->small_dpi, SHEET_MARK_LEVELS);
    pixDestroy(&paper);
    if (!job->marks)
        return false;
    pixCountPixels(job->marks, &count, NULL);
    double whole = (double)pixGetWidth(job->marks) * pixGetHeight(job->marks);
    job->out->ink_ppm = (unsigned)(count / whole * 1e6);
    if (job->out->ink_ppm == 0)
        job->out->warnings |= JEM_SHEET_BLANK;
    return true;
}

/* A module of a receipt's QR is 0.6 mm or more: 4 pixels at 150 dpi. zbar finds codes that lie aslant much better when
 * their edges are soft (20 of 20 against 14 at every angle, measured at 150, 200 and 300 dpi), fine ones when they are
 * not: both are tried, at about 150 dpi, where a look costs least. */
static void sheet_see_receipt(PIX *gray, struct sheet_job *job)
{
    char *text = job->out->receipt;
    PIX *plain = sheet_gray_small(gray, sheet_factor(job->page_dpi, 130));
    PIX *soft = plain ? pixBlockconv(plain, 1, 1) : NULL;
    if (!sheet_qr(soft, text, JEM_SHEET_QR_MAX))
        (void)sheet_qr(plain, text, JEM_SHEET_QR_MAX);
    pixDestroy(&plain);
    pixDestroy(&soft);
}

static bool sheet_see_lines(struct sheet_job *job)
{
    job->lines_dpi = job->page_dpi < SHEET_LINES_DPI ? job->page_dpi : SHEET_LINES_DPI;
    PIX *gray = pixConvertTo8(job->page, 0);
    job->bits = sheet_bits(gray, job->page_dpi, job->lines_dpi);
    if (job->set->find_receipt)
        sheet_see_receipt(gray, job);
    pixDestroy(&gray);
    if (!job->bits)
        return false;
    if (job->out->warnings & JEM_SHEET_BLANK)
        return true;
    sheet_upright(job->bits, &job->out->upright_deg, &job->out->upright_sure);
    if (job->out->upright_deg != 0 && job->out->upright_sure >= JEM_SHEET_TURN_SURE)
        job->out->warnings |= JEM_SHEET_TURNED;
    return true;
}

static void sheet_see_blur(struct sheet_job *job)
{
    job->out->blur_um = (unsigned)(sheet_blur(job->src) * 25400 / job->dpi + 0.5);
    if (job->out->blur_um >= JEM_SHEET_BLUR_UM && !(job->out->warnings & JEM_SHEET_BLANK))
        job->out->warnings |= JEM_SHEET_BLURRED;
}

/* ---- writing ---- */

static enum jem_code sheet_write(PIX *page, unsigned dpi, int quality, struct jem_sheet *out, struct jem_error *err)
{
    pixSetResolution(page, (int)dpi, (int)dpi);
    out->width = (unsigned)pixGetWidth(page);
    out->height = (unsigned)pixGetHeight(page);
    out->dpi = dpi;
    return pixWriteMemJpeg(&out->jpeg, &out->jpeg_len, page, quality, 0) == 0 ? JEM_OK : jem_fail_nomem(err);
}

/* The preview of page.h: gray or colour. */
static enum jem_code sheet_preview_jpeg(struct jem_sheet *out, struct jem_error *err)
{
    struct jem_document_view view;
    enum jem_code code = jem_document_look(out->jpeg, out->jpeg_len, NULL, &view, err);
    if (code != JEM_OK)
        return code;
    out->preview = view.previews[0].jpeg;
    out->preview_len = view.previews[0].len;
    out->preview_mime = JEM_MIME_JPEG;
    view.previews[0].jpeg = NULL;
    jem_document_view_release(&view);
    return JEM_OK;
}

static bool sheet_png(PIX *gray, unsigned dpi, unsigned dpi_out, unsigned char **png, size_t *len)
{
    PIX *bits = sheet_bits(gray, dpi, dpi_out < dpi ? dpi_out : dpi);
    bool done = false;
    if (bits) {
        pixSetZlibCompression(bits, 9);
        done = pixWriteMemPng(png, len, bits, 0) == 0 && *len <= JEM_SHEET_PREVIEW_MAX_BYTES;
    }
    pixDestroy(&bits);
    return done;
}

/* The finest resolution whose PNG is short enough, from the coarsest on: most pages of text stop early. False when none
 * is, or memory runs out: a JPEG serves then. */
static bool sheet_preview_bits(struct sheet_job *job)
{
    static const unsigned steps[] = { 100, 120, 150, 200 };
    PIX *gray = pixConvertTo8(job->page, 0);
    bool fits = gray != NULL;
    for (size_t i = 0; fits && i < sizeof steps / sizeof *steps; i++) {
        unsigned char *png = NULL;
        size_t len = 0;
        fits = (i == 0 || steps[i - 1] < job->page_dpi) && sheet_png(gray, job->page_dpi, steps[i], &png, &len);
        if (fits) {
            lept_free(job->out->preview);
            job->out->preview = png;
            job->out->preview_len = len;
            job->out->preview_mime = JEM_MIME_PNG;
        } else {
            lept_free(png);
        }
    }
    pixDestroy(&gray);
    return job->out->preview != NULL;
}

static enum jem_code sheet_finish(struct sheet_job *job)
{
    bool is_card = job->out->is_card, is_text = job->set->colour <= JEM_COLOUR_BILEVEL;
    int quality = is_card ? SHEET_CARD_QUALITY : is_text ? SHEET_TEXT_QUALITY : SHEET_QUALITY;
    enum jem_code code = sheet_write(job->page, job->page_dpi, quality, job->out, job->err);
    if (code != JEM_OK)
        return code;
    bool two_tones = !is_card && job->set->colour != JEM_COLOUR_RGB &&
                     sheet_is_text(job->small, job->bits, job->marks, job->small_dpi);
    return two_tones && sheet_preview_bits(job) ? JEM_OK : sheet_preview_jpeg(job->out, job->err);
}

enum jem_code jem_sheet_process(const struct jem_sheet_settings *settings, const void *jpeg, size_t n,
    struct jem_sheet *out, struct jem_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, sheet_quiet);
    *out = (struct jem_sheet){ 0 };
    struct sheet_job job = { .set = settings, .out = out, .err = err };
    enum jem_code code =
        sheet_read(jpeg, n, settings->colour != JEM_COLOUR_RGB, settings->dpi, &job.src, &job.dpi, err);
    if (code == JEM_OK &&
        !(sheet_place(&job) && sheet_make_page(&job) && sheet_see_marks(&job) && sheet_see_lines(&job)))
        code = jem_fail_nomem(err);
    if (code == JEM_OK) {
        sheet_see_blur(&job);
        code = sheet_finish(&job);
    }
    pixDestroy(&job.src);
    pixDestroy(&job.page);
    pixDestroy(&job.small);
    pixDestroy(&job.marks);
    pixDestroy(&job.bits);
    if (code != JEM_OK)
        jem_sheet_release(out);
    return code;
}
