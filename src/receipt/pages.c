/* pages.c - A4 pages of text, tables and bars, through pango into a PDF. */
#include "jemput/pages.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/clock.h"

#define PAGES_WIDTH 595.0 /* A4 in points */
#define PAGES_HEIGHT 842.0
#define PAGES_MARGIN 42.0
#define PAGES_INNER (PAGES_WIDTH - 2 * PAGES_MARGIN)
#define PAGES_CELL 58.0 /* width of a cell that is not the first */
#define PAGES_CELLS_MAX 8
#define PAGES_LABEL 170.0 /* of a bar */
#define PAGES_WORDS 60.0

struct jem_pages {
    struct jem_buf bytes;
    cairo_surface_t *surface;
    cairo_t *cr;
    double y;
};

static cairo_status_t pages_write(void *ctx, const unsigned char *data, unsigned n)
{
    struct jem_pages *pages = ctx;
    jem_buf_add(&pages->bytes, data, n);
    return pages->bytes.failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

/* The text set in `width` points; *height: what it takes. The caller unrefs. */
static PangoLayout *pages_layout(struct jem_pages *pages, const char *text, double size, bool bold, double width,
    bool right, double *height)
{
    int w = 0, h = 0;
    PangoLayout *layout = pango_cairo_create_layout(pages->cr);
    PangoFontDescription *font = pango_font_description_from_string("Noto Sans,DejaVu Sans,sans-serif");
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(layout, right ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
    pango_layout_set_text(layout, text, -1);
    pango_layout_get_size(layout, &w, &h);
    *height = (double)h / PANGO_SCALE;
    return layout;
}

static void pages_room(struct jem_pages *pages, double height)
{
    if (pages->y + height <= PAGES_HEIGHT - PAGES_MARGIN)
        return;
    cairo_show_page(pages->cr);
    pages->y = PAGES_MARGIN;
}

static void pages_put(struct jem_pages *pages, PangoLayout *layout, double x, double y)
{
    cairo_move_to(pages->cr, x, y);
    pango_cairo_show_layout(pages->cr, layout);
    g_object_unref(layout);
}

static void pages_line(struct jem_pages *pages, const char *text, double size, bool bold, double before, double after)
{
    double height = 0;
    PangoLayout *layout = pages_layout(pages, text, size, bold, PAGES_INNER, false, &height);
    pages_room(pages, before + height + after);
    pages_put(pages, layout, PAGES_MARGIN, pages->y + before);
    pages->y += before + height + after;
}

struct jem_pages *jem_pages_new(const char *title, int64_t at_unix_s)
{
    char created[26];
    struct jem_pages *pages = calloc(1, sizeof *pages);
    if (pages == NULL)
        return NULL;
    pages->bytes = JEM_BUF_INIT((size_t)64 << 20);
    pages->surface = cairo_pdf_surface_create_for_stream(pages_write, pages, PAGES_WIDTH, PAGES_HEIGHT);
    cairo_pdf_surface_set_metadata(pages->surface, CAIRO_PDF_METADATA_TITLE, title);
    jem_time_iso(at_unix_s * 1000, created);
    cairo_pdf_surface_set_metadata(pages->surface, CAIRO_PDF_METADATA_CREATE_DATE, created);
    pages->cr = cairo_create(pages->surface);
    pages->y = PAGES_MARGIN;
    pages_line(pages, title, 16, true, 0, 6);
    return pages;
}

void jem_pages_heading(struct jem_pages *pages, const char *text)
{
    pages_room(pages, 70); /* a heading does not stand alone at the foot of a page */
    pages_line(pages, text, 11, true, 12, 3);
}

void jem_pages_text(struct jem_pages *pages, const char *text)
{
    pages_line(pages, text, 9, false, 0, 2);
}

void jem_pages_row(struct jem_pages *pages, const char *const *cells, size_t count, bool head)
{
    PangoLayout *layouts[PAGES_CELLS_MAX];
    double most = 0;
    count = count < PAGES_CELLS_MAX ? count : PAGES_CELLS_MAX;
    double first = PAGES_INNER - PAGES_CELL * (double)(count > 0 ? count - 1 : 0);
    for (size_t i = 0; i < count; i++) {
        double height = 0;
        layouts[i] =
            pages_layout(pages, cells[i], head ? 7.5 : 8.5, head, (i == 0 ? first : PAGES_CELL) - 4, i > 0, &height);
        most = height > most ? height : most;
    }
    pages_room(pages, most + 4);
    for (size_t i = 0; i < count; i++)
        pages_put(pages, layouts[i], PAGES_MARGIN + (i == 0 ? 0 : first + PAGES_CELL * (double)(i - 1)), pages->y + 2);
    pages->y += most + 4;
    cairo_set_line_width(pages->cr, 0.4);
    cairo_move_to(pages->cr, PAGES_MARGIN, pages->y);
    cairo_line_to(pages->cr, PAGES_MARGIN + PAGES_INNER, pages->y);
    cairo_stroke(pages->cr);
}

void jem_pages_bar(struct jem_pages *pages, const char *label, int64_t value, int64_t most, const char *words)
{
    double height = 0, other = 0, room = PAGES_INNER - PAGES_LABEL - PAGES_WORDS;
    PangoLayout *name = pages_layout(pages, label, 8.5, false, PAGES_LABEL - 6, true, &height);
    PangoLayout *number = pages_layout(pages, words, 8.5, false, PAGES_WORDS, false, &other);
    double length = most > 0 && value > 0 ? room * (double)value / (double)most : 0;
    pages_room(pages, height + 3);
    pages_put(pages, name, PAGES_MARGIN, pages->y);
    cairo_set_source_rgb(pages->cr, 0.12, 0.37, 0.6);
    cairo_rectangle(pages->cr, PAGES_MARGIN + PAGES_LABEL, pages->y + 1, length, height > 10 ? 9 : height - 2);
    cairo_fill(pages->cr);
    cairo_set_source_rgb(pages->cr, 0, 0, 0);
    pages_put(pages, number, PAGES_MARGIN + PAGES_LABEL + length + 4, pages->y);
    pages->y += (height > other ? height : other) + 3;
}

enum jem_code jem_pages_finish(struct jem_pages *pages, struct jem_buf *out, struct jem_error *err)
{
    cairo_show_page(pages->cr);
    cairo_status_t status = cairo_status(pages->cr);
    cairo_destroy(pages->cr);
    cairo_surface_finish(pages->surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(pages->surface);
    cairo_surface_destroy(pages->surface);
    jem_buf_add(out, pages->bytes.data, pages->bytes.len);
    enum jem_code rc = pages->bytes.failed || out->failed ? jem_fail_nomem(err) : JEM_OK;
    if (rc == JEM_OK && status != CAIRO_STATUS_SUCCESS)
        rc = jem_fail(err, JEM_EINTERNAL, JEM_D_RECEIPT, (int)status, JEM_T_PAGES_FAILED,
            cairo_status_to_string(status));
    jem_buf_release(&pages->bytes);
    free(pages);
    return rc;
}
