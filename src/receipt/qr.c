/* qr.c - QR codes by libqrencode, which picks the version and packs capitals and digits as alphanumeric segments. */
#include "qr.h"

#include <errno.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/receipt.h"
#include "sheet.h"

#define QR_MODULE_PX_MAX 40u

static enum jem_code qr_encode(const char *text, QRecLevel level, struct jem_qr *out, struct jem_error *err)
{
    QRcode *code = QRcode_encodeString(text, 0, level, QR_MODE_8, 1);
    if (!code)
        return errno == ENOMEM ? jem_fail_nomem(err) : jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, errno, JEM_T_QR_INPUT);
    size_t n = (size_t)code->width * (size_t)code->width;
    out->modules = (unsigned)code->width;
    out->dots = 1;
    out->dark = malloc(n);
    for (size_t i = 0; out->dark && i < n; i++)
        out->dark[i] = code->data[i] & 1;
    QRcode_free(code);
    return out->dark ? JEM_OK : jem_fail_nomem(err);
}

enum jem_code jem_qr_fit(const char *text, unsigned width_dots, struct jem_qr *out, struct jem_error *err)
{
    static const QRecLevel levels[] = { QR_ECLEVEL_Q, QR_ECLEVEL_M };
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        enum jem_code code = qr_encode(text, levels[i], out, err);
        if (code == JEM_EINVAL && levels[i] != QR_ECLEVEL_M)
            continue; /* too long for Q: M holds more */
        if (code != JEM_OK)
            return code;
        out->dots = width_dots / (out->modules + 2 * JEM_QR_QUIET);
        if (out->dots >= JEM_QR_MIN_DOTS)
            return JEM_OK;
        jem_qr_release(out);
    }
    return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_QR_PAPER, strlen(text));
}

void jem_qr_release(struct jem_qr *qr)
{
    free(qr->dark);
    *qr = (struct jem_qr){ 0 };
}

unsigned jem_qr_side_dots(const struct jem_qr *qr)
{
    return (qr->modules + 2 * JEM_QR_QUIET) * qr->dots;
}

void jem_qr_runs(const struct jem_qr *qr, void (*run)(void *ctx, unsigned x, unsigned y, unsigned length), void *ctx)
{
    for (unsigned y = 0; y < qr->modules; y++) {
        const unsigned char *row = qr->dark + (size_t)y * qr->modules;
        for (unsigned x = 0; x < qr->modules;) {
            unsigned start = x;
            while (x < qr->modules && row[x])
                x++;
            if (x > start)
                run(ctx, start, y, x - start);
            else
                x++;
        }
    }
}

static void qr_svg_run(void *ctx, unsigned x, unsigned y, unsigned length)
{
    jem_buf_fmt(ctx, "M%u %uh%uv1h-%uz", x + JEM_QR_QUIET, y + JEM_QR_QUIET, length, length);
}

static enum jem_code qr_svg(const struct jem_qr *qr, unsigned module_px, struct jem_buf *out, struct jem_error *err)
{
    unsigned side = qr->modules + 2 * JEM_QR_QUIET, px = side * module_px;
    jem_buf_fmt(out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" "
        "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%uv%uH0z\"/><path d=\"",
        px, px, side, side, side, side);
    jem_qr_runs(qr, qr_svg_run, out);
    jem_buf_str(out, "\"/></svg>\n");
    return jem_buf_ok(out, err);
}

static void qr_cairo_run(void *ctx, unsigned x, unsigned y, unsigned length)
{
    cairo_rectangle(ctx, x, y, length, 1);
}

void jem_qr_path(const struct jem_qr *qr, cairo_t *cr, double x, double y)
{
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_scale(cr, qr->dots, qr->dots);
    cairo_translate(cr, JEM_QR_QUIET, JEM_QR_QUIET);
    jem_qr_runs(qr, qr_cairo_run, cr);
    cairo_restore(cr);
}

static enum jem_code qr_png(const struct jem_qr *qr, struct jem_buf *out, struct jem_error *err)
{
    int side = (int)jem_qr_side_dots(qr);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, side, side);
    cairo_t *cr = cairo_create(surface);
    cairo_paint(cr); /* jem_sheet_png: an A8 surface is written as gray, opaque is white */
    cairo_set_operator(cr, CAIRO_OPERATOR_CLEAR);
    cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
    jem_qr_path(qr, cr, 0, 0);
    cairo_fill(cr);
    cairo_destroy(cr);
    enum jem_code code = jem_sheet_png(surface, out, err);
    cairo_surface_destroy(surface);
    return code;
}

enum jem_code jem_qr_draw(const char *text, enum jem_receipt_format format, unsigned module_px, struct jem_buf *out,
    struct jem_error *err)
{
    if (format != JEM_RECEIPT_PNG && format != JEM_RECEIPT_SVG)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_RECEIPT_FORMAT);
    if (module_px == 0 || module_px > QR_MODULE_PX_MAX)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_QR_INPUT);
    struct jem_qr qr = { 0 };
    enum jem_code code = qr_encode(text, QR_ECLEVEL_M, &qr, err);
    qr.dots = module_px;
    if (code == JEM_OK)
        code = format == JEM_RECEIPT_SVG ? qr_svg(&qr, module_px, out, err) : qr_png(&qr, out, err);
    jem_qr_release(&qr);
    return code;
}
