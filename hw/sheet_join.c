/* sheet_join.c - what is made of several sheets: both sides of a card on one page, a batch parted by receipts. */
#include "jemput/sheet.h"

#include <leptonica/allheaders.h>
#include <stdlib.h>
#include <string.h>

#include "jpeg.h"
#include "sheet_pix.h"

#define JOIN_MARGIN_MM 5.0
#define JOIN_QUALITY 85
#define JOIN_MAX_PIXELS ((uint64_t)40000000)

/* One side, at the resolution of the page. */
static PIX *join_side(const struct jem_sheet *side, unsigned dpi)
{
    PIX *pix = jem_jpeg_decode(side->jpeg, side->jpeg_len, false, 1, JOIN_MAX_PIXELS);
    if (!pix || side->dpi == dpi)
        return pix;
    float scale = (float)dpi / (float)side->dpi;
    PIX *scaled = pixScale(pix, scale, scale);
    pixDestroy(&pix);
    return scaled;
}

/* Takes both over; gray only when both are. */
static PIX *join_page(PIX *front, PIX *back, unsigned dpi)
{
    int margin = sheet_px(JOIN_MARGIN_MM, dpi), w = pixGetWidth(front), h = pixGetHeight(front);
    int depth = pixGetDepth(front) == 8 && pixGetDepth(back) == 8 ? 8 : 32;
    int wide = w > pixGetWidth(back) ? w : pixGetWidth(back);
    PIX *sides[] = { depth == 8 ? pixClone(front) : pixConvertTo32(front),
        depth == 8 ? pixClone(back) : pixConvertTo32(back) };
    PIX *page = pixCreateNoInit(wide + 2 * margin, h + pixGetHeight(back) + 3 * margin, depth);
    if (page)
        pixSetAll(page);
    for (int i = 0, y = margin; i < 2; i++) {
        if (page && sides[i]) {
            int side_w = pixGetWidth(sides[i]), side_h = pixGetHeight(sides[i]);
            pixRasterop(page, (pixGetWidth(page) - side_w) / 2, y, side_w, side_h, PIX_SRC, sides[i], 0, 0);
            y += side_h + margin;
        } else {
            pixDestroy(&page);
        }
        pixDestroy(&sides[i]);
    }
    return page;
}

enum jem_code jem_sheet_combine(const struct jem_sheet *front, const struct jem_sheet *back, struct jem_sheet *out,
    struct jem_error *err)
{
    *out = (struct jem_sheet){ 0 };
    unsigned dpi = front->dpi > back->dpi ? front->dpi : back->dpi;
    uint64_t high = 0, wide = 0;
    const struct jem_sheet *const sheets[] = { front, back };
    for (size_t i = 0; i < 2; i++) {
        if (sheets[i]->dpi == 0 || sheets[i]->jpeg_len == 0)
            return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_PAGE_EMPTY);
        uint64_t w = (uint64_t)sheets[i]->width * dpi / sheets[i]->dpi;
        high += (uint64_t)sheets[i]->height * dpi / sheets[i]->dpi;
        wide = w > wide ? w : wide;
    }
    if (high > 65000 || wide > 65000 || wide * high > JOIN_MAX_PIXELS)
        return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_PAGE_PIXELS, (unsigned)wide, (unsigned)high,
            (unsigned)(JOIN_MAX_PIXELS / 1000000));
    PIX *a = join_side(front, dpi), *b = join_side(back, dpi), *page = a && b ? join_page(a, b, dpi) : NULL;
    struct jem_document_view view = { 0 };
    enum jem_code code = a && b ? JEM_OK : jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_PAGE_DAMAGED);
    if (code == JEM_OK && page)
        pixSetResolution(page, (int)dpi, (int)dpi);
    if (code == JEM_OK && (!page || pixWriteMemJpeg(&out->jpeg, &out->jpeg_len, page, JOIN_QUALITY, 0) != 0))
        code = jem_fail_nomem(err);
    if (code == JEM_OK)
        code = jem_document_look(out->jpeg, out->jpeg_len, NULL, &view, err);
    if (code == JEM_OK) {
        out->width = (unsigned)pixGetWidth(page);
        out->height = (unsigned)pixGetHeight(page);
        out->dpi = dpi;
        out->preview = view.previews[0].jpeg;
        out->preview_len = view.previews[0].len;
        out->preview_mime = JEM_MIME_JPEG;
        view.previews[0].jpeg = NULL;
        out->is_card = front->is_card && back->is_card;
        out->is_cut = front->is_cut && back->is_cut;
        out->warnings = front->warnings | back->warnings;
        out->ink_ppm = (front->ink_ppm + back->ink_ppm) / 2;
        out->blur_um = front->blur_um > back->blur_um ? front->blur_um : back->blur_um;
    }
    jem_document_view_release(&view);
    pixDestroy(&a);
    pixDestroy(&b);
    pixDestroy(&page);
    if (code != JEM_OK)
        jem_sheet_release(out);
    return code;
}

bool jem_sheet_batch_take(struct jem_sheet_batch *batch, const struct jem_sheet *sheet)
{
    bool was_separator = batch->after_separator;
    batch->after_separator = sheet->receipt[0] != '\0';
    if (batch->after_separator) {
        memcpy(batch->owner, sheet->receipt, sizeof batch->owner);
        return false;
    }
    return !(was_separator && (sheet->warnings & JEM_SHEET_BLANK));
}
