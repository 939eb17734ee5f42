/* slip.c - places a slip's lines on a sheet. */
#include "jemput/slip.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sheet.h"

#define SLIP_INSET 4.0
#define SLIP_TEXT_MAX 600

struct slip_pen {
    struct jem_sheet *sheet;
    double y, width;
    unsigned dots;
};

/* What a printer must not get: control characters become spaces. Texts come from forms that refuse bad UTF-8. */
static const char *slip_clean(const char *in, char out[SLIP_TEXT_MAX])
{
    size_t n = 0;
    for (; in != NULL && in[n] != '\0' && n < SLIP_TEXT_MAX - 1; n++)
        out[n] = (unsigned char)in[n] < 0x20 || in[n] == 0x7f ? ' ' : in[n];
    while (n > 0 && in[n] != '\0' && ((unsigned char)in[n] & 0xC0) == 0x80)
        n--;
    out[n] = '\0';
    return out;
}

static void slip_text(struct slip_pen *p, double size, bool bold, enum jem_sheet_align align, const char *text)
{
    char clean[SLIP_TEXT_MAX];
    struct jem_sheet_style style = { .size_dots = size, .bold = bold, .align = align };
    if (text != NULL && *text)
        p->y += jem_sheet_text(p->sheet, SLIP_INSET, p->y, p->width, &style, slip_clean(text, clean));
}

static void slip_rule(struct slip_pen *p)
{
    p->y = ceil(p->y) + 6;
    jem_sheet_fill(p->sheet, 0, p->y, p->dots, 3);
    p->y += 9;
}

static enum jem_code slip_qr(struct slip_pen *p, const struct jem_slip *slip, struct jem_error *err)
{
    struct jem_qr qr = { 0 };
    if (slip->qr == NULL || *slip->qr == '\0')
        return JEM_OK;
    /* A short text needs no large code. */
    unsigned room = strlen(slip->qr) < 60 ? p->dots * 6 / 10 : p->dots;
    enum jem_code rc = jem_qr_fit(slip->qr, room, &qr, err);
    if (rc != JEM_OK)
        return rc;
    unsigned side = jem_qr_side_dots(&qr);
    p->y = ceil(p->y);
    jem_sheet_qr(p->sheet, (p->dots - side) / 2, (unsigned)p->y, &qr);
    p->y += side;
    slip_text(p, 20, false, JEM_SHEET_CENTRE, slip->qr_text);
    return JEM_OK;
}

static void slip_big(struct slip_pen *p, const char *text)
{
    char clean[SLIP_TEXT_MAX];
    struct jem_sheet_style style = { .size_dots = 150, .bold = true, .align = JEM_SHEET_CENTRE };
    if (text == NULL || *text == '\0')
        return;
    style.size_dots = jem_sheet_fit(p->sheet, p->width, &style, slip_clean(text, clean));
    p->y += jem_sheet_text(p->sheet, SLIP_INSET, p->y, p->width, &style, clean);
}

static unsigned slip_dots(const struct jem_slip *slip)
{
    unsigned dots = slip->width_mm == 58 ? 384 : slip->width_mm == 80 ? 576 : 0;
    return slip->head_dots != 0 && slip->head_dots < dots ? slip->head_dots : dots;
}

static enum jem_code slip_sheet(const struct jem_slip *slip, struct jem_sheet **out, struct jem_error *err)
{
    char line[SLIP_TEXT_MAX * 2];
    struct slip_pen p = { .dots = slip_dots(slip) };
    if (p.dots == 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_RECEIPT_WIDTH, slip->width_mm);
    p.width = p.dots - 2 * SLIP_INSET;
    p.sheet = *out = jem_sheet_new(p.dots, 32);
    if (p.sheet == NULL)
        return jem_fail_nomem(err);
    slip_text(&p, 32, true, JEM_SHEET_CENTRE, slip->title);
    slip_text(&p, 24, false, JEM_SHEET_CENTRE, slip->place);
    slip_rule(&p);
    slip_text(&p, 24, false, JEM_SHEET_CENTRE, slip->big_label);
    slip_big(&p, slip->big);
    for (size_t i = 0; i < slip->line_count; i++) {
        (void)snprintf(line, sizeof line, "%s: %s", slip->lines[i].label, slip->lines[i].text);
        slip_text(&p, 24, false, JEM_SHEET_LEFT, line);
    }
    enum jem_code rc = slip_qr(&p, slip, err);
    if (rc != JEM_OK)
        return rc;
    slip_rule(&p);
    slip_text(&p, 22, false, JEM_SHEET_CENTRE, slip->note);
    return jem_sheet_finish(p.sheet, p.y + 4, err);
}

static void slip_plain(struct jem_buf *out, const char *a, const char *b)
{
    char clean[SLIP_TEXT_MAX];
    if (b == NULL || *b == '\0')
        return;
    if (*a)
        jem_buf_fmt(out, "%s: ", a);
    jem_buf_fmt(out, "%s\n", slip_clean(b, clean));
}

enum jem_code jem_slip_draw(const struct jem_slip *slip, enum jem_receipt_format format, struct jem_buf *out,
    struct jem_error *err)
{
    struct jem_sheet *sheet = NULL;
    if (format == JEM_RECEIPT_TEXT) {
        slip_plain(out, "", slip->title);
        slip_plain(out, "", slip->place);
        slip_plain(out, slip->big_label != NULL ? slip->big_label : "", slip->big);
        for (size_t i = 0; i < slip->line_count; i++)
            slip_plain(out, slip->lines[i].label, slip->lines[i].text);
        slip_plain(out, "", slip->qr);
        slip_plain(out, "", slip->note);
        return jem_buf_ok(out, err);
    }
    enum jem_code rc = slip_sheet(slip, &sheet, err);
    if (rc == JEM_OK)
        rc = jem_sheet_draw(sheet, format, slip->title, slip->at_unix_ms, out, err);
    jem_sheet_free(sheet);
    return rc;
}

enum jem_code jem_slip_raster(const struct jem_slip *slip, struct jem_raster *out, struct jem_error *err)
{
    struct jem_sheet *sheet = NULL;
    enum jem_code rc = slip_sheet(slip, &sheet, err);
    if (rc == JEM_OK)
        rc = jem_sheet_raster(sheet, out, err);
    jem_sheet_free(sheet);
    return rc;
}
