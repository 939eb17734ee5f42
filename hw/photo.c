/* photo.c - decodes with the reduction that still is fine enough, turns, scales, writes anew. What the camera wrote beside the
 * picture (EXIF, XMP, maker's notes, thumbnails) is not carried over: only pixels are. */
#include "jemput/photo.h"

#include <string.h>

#include "jpeg.h"
#include "picture.h"
#include "sheet_qr.h"
#include "turn.h"

#define PHOTO_MAX_PIXELS ((uint64_t)80000000)
#define PHOTO_SCAN_PIXELS ((uint64_t)JEM_PHOTO_LONG_EDGE_PX * JEM_PHOTO_LONG_EDGE_PX)
#define PHOTO_QUALITY 88
#define PHOTO_APP1 0xe1u
#define PHOTO_SOS 0xdau

void jem_picture_turn(PIX **pix, unsigned orientation)
{
    if (orientation >= 5) {
        PIX *next = pixRotate90(*pix, orientation == 8 ? -1 : 1);
        pixDestroy(pix);
        *pix = next;
    }
    if (!*pix)
        return;
    if (orientation == 2 || orientation == 5)
        pixFlipLR(*pix, *pix);
    else if (orientation == 4 || orientation == 7)
        pixFlipTB(*pix, *pix);
    else if (orientation == 3)
        pixRotate180(*pix, *pix);
}

/* Walks the segments before the picture (ITU-T T.81, B.1.1) for one that is EXIF or XMP. */
static bool photo_tells(const unsigned char *p, size_t n)
{
    size_t at = 2;
    while (at + 4 <= n && p[at] == 0xff) {
        unsigned marker = p[at + 1];
        size_t size = (size_t)p[at + 2] << 8 | p[at + 3];
        if (marker == PHOTO_SOS || size < 2)
            return false;
        if (marker == PHOTO_APP1)
            return true;
        at += 2 + size;
    }
    return false;
}

bool jem_photo_is(const void *p, size_t n)
{
    const unsigned char *bytes = p;
    if (n < 4 || bytes[0] != 0xff || bytes[1] != 0xd8)
        return false;
    struct jem_picture_facts facts = jem_picture_jpeg(bytes, n);
    return photo_tells(bytes, n) || (uint64_t)facts.width * facts.height > PHOTO_SCAN_PIXELS;
}

/* What may be decoded at all. */
static enum jem_code photo_check(const void *p, size_t n, struct jem_picture_facts *facts, struct jem_error *err)
{
    *facts = jem_picture_jpeg(p, n);
    if ((uint64_t)facts->width * facts->height > PHOTO_MAX_PIXELS)
        return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_PAGE_PIXELS, facts->width, facts->height,
            (unsigned)(PHOTO_MAX_PIXELS / 1000000));
    bool damaged = facts->width == 0 || facts->height == 0;
    if (damaged || !facts->whole)
        return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, damaged ? JEM_T_PAGE_DAMAGED : JEM_T_PAGE_CUT);
    setMsgSeverity(L_SEVERITY_NONE);
    return JEM_OK;
}

static PIX *photo_scaled(PIX *pix, l_int32 long_edge)
{
    l_int32 w = pixGetWidth(pix), h = pixGetHeight(pix), edge = w > h ? w : h;
    if (edge <= long_edge)
        return pixClone(pix);
    l_float32 scale = (l_float32)long_edge / (l_float32)edge;
    return pixScale(pix, scale, scale);
}

enum jem_code jem_photo_upright(const void *p, size_t n, unsigned long_edge_px, struct jem_buf *out,
    struct jem_error *err)
{
    unsigned char *jpeg = NULL;
    size_t len = 0;
    struct jem_picture_facts facts;
    enum jem_code rc = photo_check(p, n, &facts, err);
    if (rc != JEM_OK)
        return rc;
    uint32_t edge = facts.width > facts.height ? facts.width : facts.height;
    PIX *pix = jem_jpeg_decode(p, n, false, edge >= 2 * long_edge_px ? 2 : 1, PHOTO_MAX_PIXELS);
    if (pix == NULL)
        return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_PAGE_DAMAGED);
    PIX *small = photo_scaled(pix, (l_int32)long_edge_px);
    pixDestroy(&pix);
    if (small != NULL)
        jem_picture_turn(&small, facts.orientation);
    rc = small != NULL && pixWriteMemJpeg(&jpeg, &len, small, PHOTO_QUALITY, 0) == 0 ? JEM_OK : jem_fail_nomem(err);
    pixDestroy(&small);
    if (rc == JEM_OK) {
        jem_buf_add(out, jpeg, len);
        rc = jem_buf_ok(out, err);
    }
    lept_free(jpeg);
    return rc;
}

/* zbar reads a code whose modules have 3 to 10 pixels, soft edges better when it lies aslant (sheet.c): the first size is right
 * for a code that fills the picture, the last for a strip of paper in one of 12 megapixels. */
enum jem_code jem_photo_receipt(const void *p, size_t n, char out[JEM_SHEET_QR_MAX], struct jem_error *err)
{
    static const l_int32 edges[] = { 800, 1400, 2400, 4000 };
    struct jem_picture_facts facts;
    out[0] = '\0';
    enum jem_code rc = photo_check(p, n, &facts, err);
    if (rc != JEM_OK)
        return rc;
    PIX *gray = jem_jpeg_decode(p, n, true, 1, PHOTO_MAX_PIXELS);
    if (gray == NULL)
        return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_PAGE_DAMAGED);
    l_int32 edge = (l_int32)(facts.width > facts.height ? facts.width : facts.height);
    for (size_t i = 0; out[0] == '\0' && i < sizeof edges / sizeof *edges && (i == 0 || edge > edges[i - 1]); i++) {
        PIX *small = photo_scaled(gray, edges[i]), *soft = small != NULL ? pixBlockconv(small, 1, 1) : NULL;
        if (!sheet_qr(small, out, JEM_SHEET_QR_MAX))
            (void)sheet_qr(soft, out, JEM_SHEET_QR_MAX);
        pixDestroy(&small);
        pixDestroy(&soft);
    }
    pixDestroy(&gray);
    return JEM_OK;
}
