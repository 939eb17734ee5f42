/* page.c - looks at an attached file and draws small previews.
 *
 * The order is the defence: size of the file, kind, size in pixels, then decoding. JPEG and PNG are decoded here by
 * libjpeg and leptonica after our own walk over their structure; PDF, a whole language, only by poppler in a confined
 * child. */
#include "jemput/page.h"

#include <leptonica/allheaders.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/clock.h"
#include "jemput/file.h"
#include "jpeg.h"
#include "picture.h"
#include "sniff.h"
#include "turn.h"

#define PAGE_MAX_PIXELS ((uint64_t)80000000)
#define PAGE_PREVIEW_MAX_BYTES ((size_t)25 << 10)
#define PAGE_PDF_TIMEOUT_MS 60000 /* for all pages together */
#define PAGE_PDFINFO_MAX_BYTES ((size_t)64 << 10)
#define PAGE_PPM_MAX_BYTES ((size_t)JEM_PREVIEW_LONG_EDGE_PX * JEM_PREVIEW_LONG_EDGE_PX * 3 + 64)

const char *jem_mime_name(enum jem_mime mime)
{
    switch (mime) {
    case JEM_MIME_JPEG: return "image/jpeg";
    case JEM_MIME_PNG: return "image/png";
    case JEM_MIME_PDF: return "application/pdf";
    case JEM_MIME_UNKNOWN: break;
    }
    return "application/octet-stream";
}

void jem_document_view_release(struct jem_document_view *view)
{
    for (unsigned i = 0; i < JEM_DOCUMENT_MAX_PAGES; i++)
        lept_free(view->previews[i].jpeg);
    *view = (struct jem_document_view){ 0 };
}

static void page_quiet(void)
{
    setMsgSeverity(L_SEVERITY_NONE); /* our own messages say what is wrong */
}

static enum jem_code page_fail(struct jem_error *err, enum jem_text key)
{
    return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, key);
}

/* Takes *pix over and leaves the picture that follows from it, NULL when that failed. */
static void page_replace(PIX **pix, PIX *next)
{
    pixDestroy(pix);
    *pix = next;
}

/* 8-bit gray or colour, no transparency, long edge at most JEM_PREVIEW_LONG_EDGE_PX. */
static void page_shrink(PIX **pix)
{
    if (pixGetSpp(*pix) == 4)
        page_replace(pix, pixAlphaBlendUniform(*pix, 0xFFFFFF00)); /* paper shows through */
    if (*pix)
        page_replace(pix, pixConvertTo8Or32(*pix, L_COPY, 0));
    if (!*pix)
        return;
    int w = pixGetWidth(*pix), h = pixGetHeight(*pix), edge = w > h ? w : h;
    if (edge <= JEM_PREVIEW_LONG_EDGE_PX)
        return;
    int small_w = (int)((int64_t)w * JEM_PREVIEW_LONG_EDGE_PX / edge);
    int small_h = (int)((int64_t)h * JEM_PREVIEW_LONG_EDGE_PX / edge);
    page_replace(pix, pixScaleToSize(*pix, small_w > 0 ? small_w : 1, small_h > 0 ? small_h : 1));
}

/* The finest of a few qualities that stays small: previews travel before everything else. A page so full of detail that
 * even the lowest is large is made smaller instead, which reads better than more compression. */
static enum jem_code page_encode(PIX **pix, struct jem_page_preview *out, struct jem_error *err)
{
    static const struct {
        float scale;
        int quality;
    } steps[] = { { 1, 75 }, { 1, 60 }, { 1, 45 }, { 1, 35 }, { 0.75f, 45 }, { 1, 35 }, { 0.75f, 35 } };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        lept_free(out->jpeg);
        *out = (struct jem_page_preview){ 0 };
        if (steps[i].scale < 1)
            page_replace(pix, pixScale(*pix, steps[i].scale, steps[i].scale));
        /* Progressive files are smaller, and show something sooner on a slow link. */
        if (!*pix || pixWriteMemJpeg(&out->jpeg, &out->len, *pix, steps[i].quality, 1) != 0)
            return jem_fail_nomem(err);
        if (out->len <= PAGE_PREVIEW_MAX_BYTES)
            break;
    }
    return JEM_OK;
}

/* Takes *pix over. */
static enum jem_code page_preview(PIX **pix, unsigned orientation, struct jem_page_preview *out, struct jem_error *err)
{
    if (*pix)
        page_shrink(pix);
    if (*pix)
        jem_picture_turn(pix, orientation);
    enum jem_code code = *pix ? page_encode(pix, out, err) : page_fail(err, JEM_T_PAGE_DAMAGED);
    pixDestroy(pix);
    return code;
}

/* libjpeg can skip detail while decoding: 1, 2, 4 or 8 times smaller. */
static unsigned page_jpeg_reduction(const struct jem_picture_facts *facts)
{
    uint32_t edge = facts->width > facts->height ? facts->width : facts->height;
    unsigned reduction = 8;
    while (reduction > 1 && edge / reduction < JEM_PREVIEW_LONG_EDGE_PX)
        reduction /= 2;
    return reduction;
}

static enum jem_code page_look_picture(const unsigned char *p, size_t n, struct jem_document_view *view,
    struct jem_error *err)
{
    bool is_jpeg = view->mime == JEM_MIME_JPEG;
    struct jem_picture_facts facts = is_jpeg ? jem_picture_jpeg(p, n) : jem_picture_png(p, n);
    if ((uint64_t)facts.width * facts.height > PAGE_MAX_PIXELS)
        return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_PAGE_PIXELS, facts.width, facts.height,
            (unsigned)(PAGE_MAX_PIXELS / 1000000));
    if (facts.width == 0 || facts.height == 0)
        return page_fail(err, JEM_T_PAGE_DAMAGED);
    if (!facts.whole)
        return page_fail(err, JEM_T_PAGE_CUT);
    PIX *pix;
    if (is_jpeg) {
        pix = jem_jpeg_decode(p, n, false, page_jpeg_reduction(&facts), PAGE_MAX_PIXELS);
    } else {
        struct jem_buf bare = JEM_BUF_INIT(JEM_DOCUMENT_MAX_BYTES);
        jem_picture_png_strip(p, n, &bare);
        pix = bare.failed ? NULL : pixReadMemPng(bare.data, bare.len);
        jem_buf_release(&bare);
    }
    view->pages = 1;
    return page_preview(&pix, facts.orientation, &view->previews[0], err);
}

/* What a failed run of a poppler tool means. A missing program or a full memory is not the file's fault. */
static enum jem_code page_pdf_failed(enum jem_code code, const unsigned char *p, size_t n, struct jem_error *err)
{
    if (code != JEM_EINVAL)
        return code;
    return page_fail(err, memmem(p, n, "/Encrypt", 8) ? JEM_T_PAGE_ENCRYPTED : JEM_T_PAGE_DAMAGED);
}

/* A PDF that opens without a password (it may only forbid printing or copying) is as good as any other. */
static enum jem_code page_count_pdf(const unsigned char *p, size_t n, int timeout_ms, unsigned *pages,
    struct jem_error *err)
{
    static const char *const argv[] = { "/usr/bin/pdfinfo", "-", NULL };
    struct jem_buf text = JEM_BUF_INIT(PAGE_PDFINFO_MAX_BYTES);
    enum jem_code code = jem_child_run(argv, p, n, timeout_ms, PAGE_PDFINFO_MAX_BYTES, &text, err);
    if (code != JEM_OK) {
        code = page_pdf_failed(code, p, n, err);
        goto out;
    }
    const char *line = strstr(jem_buf_text(&text), "\nPages:");
    unsigned long count = line ? strtoul(line + strlen("\nPages:"), NULL, 10) : 0;
    if (count == 0)
        code = page_fail(err, JEM_T_PAGE_DAMAGED);
    else if (count > JEM_DOCUMENT_MAX_PAGES)
        code = jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_PAGE_COUNT, count, (unsigned)JEM_DOCUMENT_MAX_PAGES);
    else
        *pages = (unsigned)count;
out:
    jem_buf_release(&text);
    return code;
}

static enum jem_code page_draw_pdf(const unsigned char *p, size_t n, unsigned page, int timeout_ms,
    struct jem_page_preview *out, struct jem_error *err)
{
    char number[16], edge[16];
    snprintf(number, sizeof number, "%u", page);
    snprintf(edge, sizeof edge, "%d", JEM_PREVIEW_LONG_EDGE_PX);
    const char *const argv[] = { "/usr/bin/pdftoppm", "-cropbox", "-scale-to", edge, "-f", number, "-l", number, "-",
        NULL };
    struct jem_buf ppm = JEM_BUF_INIT(PAGE_PPM_MAX_BYTES);
    enum jem_code code = jem_child_run(argv, p, n, timeout_ms, PAGE_PPM_MAX_BYTES, &ppm, err);
    if (code != JEM_OK) {
        if (code == JEM_EINVAL)
            code = jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_PAGE_DAMAGED_AT, page);
        goto out;
    }
    /* The child has read hostile input: what it prints is bounded like any other picture. */
    int format, w, h;
    if (pixReadHeaderMem(ppm.data, ppm.len, &format, &w, &h, NULL, NULL, NULL) != 0 || format != IFF_PNM ||
        w > JEM_PREVIEW_LONG_EDGE_PX || h > JEM_PREVIEW_LONG_EDGE_PX) {
        code = jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_PAGE_DAMAGED_AT, page);
        goto out;
    }
    PIX *pix = pixReadMemPnm(ppm.data, ppm.len);
    code = page_preview(&pix, 1, out, err);
out:
    jem_buf_release(&ppm);
    return code;
}

static enum jem_code page_look_pdf(const unsigned char *p, size_t n, struct jem_document_view *view,
    struct jem_error *err)
{
    int64_t deadline_ms = jem_mono_ms() + PAGE_PDF_TIMEOUT_MS;
    enum jem_code code = page_count_pdf(p, n, PAGE_PDF_TIMEOUT_MS, &view->pages, err);
    for (unsigned i = 0; code == JEM_OK && i < view->pages; i++) {
        int64_t left_ms = deadline_ms - jem_mono_ms();
        code = left_ms > 0 ? page_draw_pdf(p, n, i + 1, (int)left_ms, &view->previews[i], err)
                           : page_fail(err, JEM_T_PAGE_SLOW);
    }
    return code;
}

enum jem_code jem_document_look(const void *p, size_t n, const char *name, struct jem_document_view *out,
    struct jem_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, page_quiet);
    *out = (struct jem_document_view){ 0 };
    if (n == 0)
        return page_fail(err, JEM_T_PAGE_EMPTY);
    if (n > JEM_DOCUMENT_MAX_BYTES)
        return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_PAGE_LARGE, (n + (1 << 20) - 1) >> 20,
            JEM_DOCUMENT_MAX_BYTES >> 20);
    enum jem_text looks_like;
    out->mime = jem_sniff(p, n, &looks_like);
    enum jem_code code = JEM_OK;
    if (out->mime == JEM_MIME_UNKNOWN)
        code = jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_PAGE_KIND, jem_text(looks_like));
    if (code == JEM_OK)
        code = jem_sniff_name(name, out->mime, err);
    if (code == JEM_OK)
        code = out->mime == JEM_MIME_PDF ? page_look_pdf(p, n, out, err) : page_look_picture(p, n, out, err);
    if (code != JEM_OK)
        jem_document_view_release(out);
    return code;
}
