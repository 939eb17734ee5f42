/* sheet.c - the display list: text through pango, boxes, one QR code. */
#include "sheet.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/clock.h"

#define SHEET_ITEMS_MAX 2048u
#define SHEET_PNG_SCALE 2
#define SHEET_PT_PER_DOT (72.0 / 25.4 / JEM_SHEET_DOTS_PER_MM)
/* Gray at or above this share of ink becomes black. Below one half, because thermal heads thin out hairlines. */
#define SHEET_INK_THRESHOLD 102u

#define SHEET_LINE_SPACING 0.9f /* of the font's own, which is made for pages: paper is short here */
#define SHEET_STEP_EM 1.1       /* "1. " */

enum sheet_kind { SHEET_TEXT, SHEET_FILL, SHEET_FRAME, SHEET_TICK };
struct sheet_item {
    enum sheet_kind kind;
    double x, y, w, h, line;
    bool white;
    PangoLayout *layout;
};
struct jem_sheet {
    unsigned width, margin, height;
    PangoContext *pango;
    struct sheet_item *items;
    size_t count, cap;
    bool failed;
    struct jem_qr qr;
    unsigned qr_x, qr_y;
};

static const char sheet_font[] = "Noto Sans,DejaVu Sans,sans-serif";
static const char sheet_font_code[] = "DejaVu Sans Mono,Noto Sans Mono,monospace";

struct jem_sheet *jem_sheet_new(unsigned width_dots, unsigned margin_dots)
{
    struct jem_sheet *sheet = calloc(1, sizeof *sheet);
    if (!sheet)
        return NULL;
    sheet->width = width_dots;
    sheet->margin = margin_dots;
    sheet->pango = pango_font_map_create_context(pango_cairo_font_map_get_default());
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(sheet->pango, options);
    pango_cairo_context_set_resolution(sheet->pango, 72);
    pango_context_set_round_glyph_positions(sheet->pango, FALSE);
    cairo_font_options_destroy(options);
    return sheet;
}

void jem_sheet_free(struct jem_sheet *sheet)
{
    if (!sheet)
        return;
    for (size_t i = 0; i < sheet->count; i++)
        if (sheet->items[i].layout)
            g_object_unref(sheet->items[i].layout);
    free(sheet->items);
    jem_qr_release(&sheet->qr);
    g_object_unref(sheet->pango);
    free(sheet);
}

static void sheet_add(struct jem_sheet *sheet, struct sheet_item item)
{
    if (sheet->count == sheet->cap) {
        size_t cap = sheet->cap ? 2 * sheet->cap : 64;
        struct sheet_item *items = cap > SHEET_ITEMS_MAX ? NULL : realloc(sheet->items, cap * sizeof *items);
        if (!items) {
            sheet->failed = true;
            if (item.layout)
                g_object_unref(item.layout);
            return;
        }
        sheet->items = items;
        sheet->cap = cap;
    }
    sheet->items[sheet->count++] = item;
}

static PangoLayout *sheet_layout(const struct jem_sheet *sheet, double width, const struct jem_sheet_style *style,
    const char *text)
{
    PangoLayout *layout = pango_layout_new(sheet->pango);
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family_static(font, style->code ? sheet_font_code : sheet_font);
    pango_font_description_set_weight(font, style->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_absolute_size(font, style->size_dots * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);

    /* A hyphen that a broken address seems to have would be typed by its reader. */
    PangoAttrList *attrs = pango_attr_list_new();
    pango_attr_list_insert(attrs, pango_attr_insert_hyphens_new(FALSE));
    pango_layout_set_attributes(layout, attrs);
    pango_attr_list_unref(attrs);

    if (style->steps && strchr(text, '\n'))
        pango_layout_set_indent(layout, (int)(-style->size_dots * SHEET_STEP_EM * PANGO_SCALE));
    if (width > 0)
        pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_line_spacing(layout, SHEET_LINE_SPACING);
    pango_layout_set_auto_dir(layout, FALSE); /* a foreign name must not turn its line around */
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(layout, style->align == JEM_SHEET_CENTRE ? PANGO_ALIGN_CENTER : PANGO_ALIGN_LEFT);
    pango_layout_set_text(layout, text, -1);
    return layout;
}

double jem_sheet_text(struct jem_sheet *sheet, double x, double y, double width, const struct jem_sheet_style *style,
    const char *text)
{
    PangoLayout *layout = sheet_layout(sheet, width, style, text);
    PangoRectangle ink, logical;
    pango_layout_get_extents(layout, &ink, &logical);
    /* Accents and swashes may reach out of their lines: what would leave the paper is broken or moved back onto it. */
    double room = sheet->width - 2;
    for (double narrow = width; ink.width > room * PANGO_SCALE && narrow > width / 2; narrow -= 8) {
        pango_layout_set_width(layout, (int)(narrow * PANGO_SCALE));
        pango_layout_get_extents(layout, &ink, &logical);
    }
    double left = x + (double)ink.x / PANGO_SCALE, right = left + (double)ink.width / PANGO_SCALE;
    if (left < 1)
        x += 1 - left;
    else if (right > room + 1)
        x -= right - (room + 1);
    sheet_add(sheet, (struct sheet_item){ SHEET_TEXT, x, y, width, 0, 0, style->white, layout });
    return (double)logical.height / PANGO_SCALE;
}

static PangoRectangle sheet_extents(const struct jem_sheet *sheet, double width, const struct jem_sheet_style *style,
    const char *text)
{
    PangoLayout *layout = sheet_layout(sheet, width, style, text);
    PangoRectangle logical;
    pango_layout_get_extents(layout, NULL, &logical);
    g_object_unref(layout);
    return logical;
}

double jem_sheet_measure(const struct jem_sheet *sheet, double width, const struct jem_sheet_style *style,
    const char *text)
{
    return (double)sheet_extents(sheet, width, style, text).height / PANGO_SCALE;
}

double jem_sheet_fit(const struct jem_sheet *sheet, double width, const struct jem_sheet_style *style, const char *text)
{
    double natural = (double)sheet_extents(sheet, 0, style, text).width / PANGO_SCALE;
    return natural <= width ? style->size_dots : floor(style->size_dots * width / natural * 4) / 4;
}

void jem_sheet_fill(struct jem_sheet *sheet, double x, double y, double w, double h)
{
    sheet_add(sheet, (struct sheet_item){ SHEET_FILL, x, y, w, h, 0, false, NULL });
}

void jem_sheet_frame(struct jem_sheet *sheet, double x, double y, double w, double h, double line)
{
    sheet_add(sheet, (struct sheet_item){ SHEET_FRAME, x, y, w, h, line, false, NULL });
}

void jem_sheet_tick(struct jem_sheet *sheet, double x, double y, double size)
{
    sheet_add(sheet, (struct sheet_item){ SHEET_TICK, x, y, size, size, size / 6, false, NULL });
}

void jem_sheet_qr(struct jem_sheet *sheet, unsigned x, unsigned y, struct jem_qr *qr)
{
    jem_qr_release(&sheet->qr);
    sheet->qr = *qr;
    sheet->qr_x = x;
    sheet->qr_y = y;
    *qr = (struct jem_qr){ 0 };
}

enum jem_code jem_sheet_finish(struct jem_sheet *sheet, double height_dots, struct jem_error *err)
{
    unsigned height = (unsigned)ceil(height_dots);
    if (height > JEM_SHEET_MAX_DOTS)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_RECEIPT_TALL, height / JEM_SHEET_DOTS_PER_MM);
    if (sheet->failed)
        return jem_fail_nomem(err);
    sheet->height = height;
    return JEM_OK;
}

/* How ink and paper are put on a surface. On A8, which has no colours, paper is opaque and ink takes it away. */
static void sheet_ink(cairo_t *cr, bool is_a8, bool white)
{
    cairo_set_operator(cr, is_a8 && !white ? CAIRO_OPERATOR_DEST_OUT : CAIRO_OPERATOR_OVER);
    double level = white && !is_a8 ? 1 : 0;
    cairo_set_source_rgb(cr, level, level, level);
}

static void sheet_paint_item(cairo_t *cr, const struct sheet_item *item)
{
    switch (item->kind) {
    case SHEET_TEXT:
        cairo_move_to(cr, item->x, item->y);
        pango_cairo_show_layout(cr, item->layout);
        break;
    case SHEET_FILL:
        cairo_rectangle(cr, item->x, item->y, item->w, item->h);
        cairo_fill(cr);
        break;
    case SHEET_FRAME:
        cairo_set_line_width(cr, item->line);
        cairo_rectangle(cr, item->x + item->line / 2, item->y + item->line / 2, item->w - item->line,
            item->h - item->line);
        cairo_stroke(cr);
        break;
    case SHEET_TICK:
        cairo_set_line_width(cr, item->line);
        cairo_move_to(cr, item->x + item->w * 0.06, item->y + item->h * 0.55);
        cairo_line_to(cr, item->x + item->w * 0.36, item->y + item->h * 0.86);
        cairo_line_to(cr, item->x + item->w * 0.94, item->y + item->h * 0.14);
        cairo_stroke(cr);
        break;
    }
}

static void sheet_paint(const struct jem_sheet *sheet, cairo_t *cr, bool is_a8, bool with_qr)
{
    sheet_ink(cr, is_a8, true);
    cairo_paint(cr);
    for (size_t i = 0; i < sheet->count; i++) {
        sheet_ink(cr, is_a8, sheet->items[i].white);
        sheet_paint_item(cr, &sheet->items[i]);
    }
    if (with_qr && sheet->qr.dark) {
        sheet_ink(cr, is_a8, false);
        jem_qr_path(&sheet->qr, cr, sheet->qr_x, sheet->qr_y);
        cairo_fill(cr);
    }
}

static cairo_status_t sheet_write(void *ctx, const unsigned char *p, unsigned n)
{
    struct jem_buf *out = ctx;
    jem_buf_add(out, p, n);
    return out->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

static enum jem_code sheet_status(cairo_status_t status, const struct jem_buf *out, struct jem_error *err)
{
    if (status == CAIRO_STATUS_SUCCESS)
        return out ? jem_buf_ok(out, err) : JEM_OK;
    if (status == CAIRO_STATUS_NO_MEMORY)
        return jem_fail_nomem(err);
    return jem_fail(err, JEM_EINTERNAL, JEM_D_RECEIPT, (int)status, JEM_T_RECEIPT_DRAW, cairo_status_to_string(status));
}

enum jem_code jem_sheet_png(cairo_surface_t *surface, struct jem_buf *out, struct jem_error *err)
{
    return sheet_status(cairo_surface_write_to_png_stream(surface, sheet_write, out), out, err);
}

/* The sheet in gray. margin: of paper beside it, in dots. */
static cairo_surface_t *sheet_gray(const struct jem_sheet *sheet, unsigned margin, int scale, bool with_qr)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, (int)(sheet->width + 2 * margin) * scale,
        (int)(sheet->height + 2 * margin) * scale);
    cairo_t *cr = cairo_create(surface);
    cairo_scale(cr, scale, scale);
    cairo_translate(cr, margin, margin);
    sheet_paint(sheet, cr, true, with_qr);
    cairo_destroy(cr);
    cairo_surface_flush(surface);
    return surface;
}

static enum jem_code sheet_draw_vector(const struct jem_sheet *sheet, enum jem_receipt_format format, const char *title,
    int64_t at_unix_ms, struct jem_buf *out, struct jem_error *err)
{
    double w = (sheet->width + 2 * sheet->margin) * SHEET_PT_PER_DOT;
    double h = (sheet->height + 2 * sheet->margin) * SHEET_PT_PER_DOT;
    cairo_surface_t *surface;
    if (format == JEM_RECEIPT_PDF) {
        char created[26];
        jem_time_iso(at_unix_ms, created);
        surface = cairo_pdf_surface_create_for_stream(sheet_write, out, w, h);
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title);
        /* The time of the application, not of drawing: the same receipt gives the same bytes. */
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, created);
    } else {
        surface = cairo_svg_surface_create_for_stream(sheet_write, out, w, h);
    }
    cairo_t *cr = cairo_create(surface);
    cairo_scale(cr, SHEET_PT_PER_DOT, SHEET_PT_PER_DOT);
    cairo_translate(cr, sheet->margin, sheet->margin);
    sheet_paint(sheet, cr, false, true);
    cairo_show_page(cr);
    cairo_status_t status = cairo_status(cr);
    cairo_destroy(cr);
    cairo_surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    return sheet_status(status, out, err);
}

enum jem_code jem_sheet_draw(const struct jem_sheet *sheet, enum jem_receipt_format format, const char *title,
    int64_t at_unix_ms, struct jem_buf *out, struct jem_error *err)
{
    if (format != JEM_RECEIPT_PNG)
        return sheet_draw_vector(sheet, format, title, at_unix_ms, out, err);
    cairo_surface_t *surface = sheet_gray(sheet, sheet->margin, SHEET_PNG_SCALE, true);
    enum jem_code code = jem_sheet_png(surface, out, err);
    cairo_surface_destroy(surface);
    return code;
}

struct sheet_stamp {
    struct jem_raster *raster;
    unsigned x, y, dots;
};

static void sheet_stamp_run(void *ctx, unsigned x, unsigned y, unsigned length)
{
    const struct sheet_stamp *s = ctx;
    unsigned left = s->x + (x + JEM_QR_QUIET) * s->dots, right = left + length * s->dots;
    unsigned top = s->y + (y + JEM_QR_QUIET) * s->dots;
    for (unsigned row = top; row < top + s->dots; row++)
        for (unsigned dot = left; dot < right; dot++)
            s->raster->bits[row * s->raster->stride + dot / 8] |= (unsigned char)(0x80u >> dot % 8);
}

enum jem_code jem_sheet_raster(const struct jem_sheet *sheet, struct jem_raster *out, struct jem_error *err)
{
    size_t stride = (sheet->width + 7) / 8;
    struct jem_raster raster = { sheet->width, sheet->height, stride, calloc(sheet->height, stride) };
    cairo_surface_t *gray = sheet_gray(sheet, 0, 1, false);
    enum jem_code code = sheet_status(cairo_surface_status(gray), NULL, err);
    if (code == JEM_OK && !raster.bits)
        code = jem_fail_nomem(err);
    if (code == JEM_OK) {
        const unsigned char *pixels = cairo_image_surface_get_data(gray);
        size_t gray_stride = (size_t)cairo_image_surface_get_stride(gray);
        for (unsigned y = 0; y < sheet->height; y++)
            for (unsigned x = 0; x < sheet->width; x++)
                if (255u - pixels[y * gray_stride + x] >= SHEET_INK_THRESHOLD)
                    raster.bits[y * stride + x / 8] |= (unsigned char)(0x80u >> x % 8);
        if (sheet->qr.dark) {
            struct sheet_stamp stamp = { &raster, sheet->qr_x, sheet->qr_y, sheet->qr.dots };
            jem_qr_runs(&sheet->qr, sheet_stamp_run, &stamp);
        }
        *out = raster;
        raster.bits = NULL;
    }
    free(raster.bits);
    cairo_surface_destroy(gray);
    return code;
}

void jem_raster_release(struct jem_raster *raster)
{
    free(raster->bits);
    *raster = (struct jem_raster){ 0 };
}
