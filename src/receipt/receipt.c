/* receipt.c - places a receipt's parts on a sheet: what the citizen needs first stands first. */
#include "jemput/receipt.h"

#include <math.h>
#include <string.h>

#include "parts.h"
#include "sheet.h"

/* Text keeps off the edges: some letters reach out of their box, and cheap heads do not print their last dots. */
#define RECEIPT_INSET 4.0

#define RECEIPT_FIELD_LINES 4 /* of a value beside its label */

struct receipt_paper {
    unsigned width_mm, width_dots, margin_dots, columns;
    unsigned qr_dots; /* wider codes cost paper and read no better */
    double title, number, body, small, label_dots;
};
static const struct receipt_paper receipt_papers[] = {
    /* of one width_mm the narrower first */
    { 58, 384, 40, 32, 384, 32, 46, 24, 20, 132 },
    { 80, 512, 64, 44, 440, 38, 52, 26, 22, 164 },
    { 80, 576, 32, 48, 440, 42, 56, 27, 23, 180 },
};

static const struct receipt_paper *receipt_paper_of(const struct jem_receipt *r)
{
    const struct receipt_paper *found = NULL;
    for (size_t i = 0; i < sizeof receipt_papers / sizeof *receipt_papers; i++) {
        const struct receipt_paper *p = &receipt_papers[i];
        if (p->width_mm == r->width_mm && (r->head_dots == 0 || p->width_dots <= r->head_dots))
            found = p;
    }
    return found;
}

struct receipt_flow { /* a pen that moves down the sheet */
    struct jem_sheet *sheet;
    const struct receipt_paper *paper;
    double y;
};

static double flow_width(const struct receipt_flow *f)
{
    return f->paper->width_dots - 2 * RECEIPT_INSET;
}

/* Text over the whole width. */
static void flow_text(struct receipt_flow *f, const struct jem_sheet_style *style, const char *text)
{
    f->y += jem_sheet_text(f->sheet, RECEIPT_INSET, f->y, flow_width(f), style, text);
}

static void flow_centre(struct receipt_flow *f, double size, bool bold, const char *text)
{
    struct jem_sheet_style style = { .size_dots = size, .bold = bold, .align = JEM_SHEET_CENTRE };
    if (*text)
        flow_text(f, &style, text);
}

/* Centred in one line, smaller when it has to be. */
static void flow_headline(struct receipt_flow *f, double size, bool code, const char *text)
{
    struct jem_sheet_style style = { .size_dots = size, .bold = true, .code = code, .align = JEM_SHEET_CENTRE };
    style.size_dots = jem_sheet_fit(f->sheet, flow_width(f), &style, text);
    flow_text(f, &style, text);
}

static void flow_rule(struct receipt_flow *f, double thick)
{
    f->y = ceil(f->y) + 6;
    jem_sheet_fill(f->sheet, 0, f->y, f->paper->width_dots, thick);
    f->y += thick + 6;
}

/* White on a black bar of the whole width. */
static void flow_bar(struct receipt_flow *f, double size, const char *text)
{
    struct jem_sheet_style style = { .size_dots = size, .bold = true, .white = true, .align = JEM_SHEET_CENTRE };
    double width = f->paper->width_dots;
    /* The bar goes under its text, so it is placed before it. */
    double height = jem_sheet_measure(f->sheet, width - 16, &style, text);
    f->y = ceil(f->y);
    jem_sheet_fill(f->sheet, 0, f->y, width, ceil(height) + 4);
    jem_sheet_text(f->sheet, 8, f->y + 2, width - 16, &style, text);
    f->y += ceil(height) + 4;
}

static void flow_heading(struct receipt_flow *f, const char *label)
{
    struct jem_sheet_style style = { .size_dots = f->paper->small + 2, .bold = true };
    f->y += 8;
    flow_text(f, &style, label);
}

/* Fine print: the published parts of the service standard are long, and paper is carried on the van. */
static void flow_note(struct receipt_flow *f, const struct jem_receipt_part *part)
{
    struct jem_sheet_style style = { .size_dots = f->paper->small, .bold = part->strong, .steps = true };
    flow_heading(f, part->label);
    flow_text(f, &style, part->text);
}

/* A label and its value side by side; a value that would run down a narrow column gets the whole width. */
static void flow_field(struct receipt_flow *f, const struct jem_receipt_part *part)
{
    const struct receipt_paper *p = f->paper;
    struct jem_sheet_style label = { .size_dots = p->small }, value = { .size_dots = p->body, .bold = part->strong };
    double value_width = p->width_dots - p->label_dots - RECEIPT_INSET;
    if (jem_sheet_measure(f->sheet, value_width, &value, part->text) > p->body * RECEIPT_FIELD_LINES * 1.4) {
        flow_note(f, part);
        f->y += 8;
        return;
    }
    double drop = (p->body - p->small) * 1.05; /* both on one base line */
    double a = drop + jem_sheet_text(f->sheet, RECEIPT_INSET, f->y + drop, p->label_dots - 8, &label, part->label);
    double b = jem_sheet_text(f->sheet, p->label_dots, f->y, value_width, &value, part->text);
    f->y += fmax(a, b) + 2;
}

enum receipt_mark { RECEIPT_BOX, RECEIPT_TICK };

static void flow_items(struct receipt_flow *f, const struct jem_receipt_part_list *list, double inset,
    enum receipt_mark mark)
{
    const struct receipt_paper *p = f->paper;
    struct jem_sheet_style style = { .size_dots = p->body, .bold = mark == RECEIPT_BOX };
    double side = floor(p->body * 0.75), left = inset + side + 10;
    for (size_t i = 0; i < list->count; i++) {
        double top = floor(f->y + p->body * 0.36);
        if (mark == RECEIPT_BOX)
            jem_sheet_frame(f->sheet, inset, top, side, side, 2);
        else
            jem_sheet_tick(f->sheet, inset, top, side);
        f->y += jem_sheet_text(f->sheet, left, f->y, p->width_dots - left - inset, &style, list->items[i]) + 2;
    }
}

/* What is still to bring is the one thing that must not be overlooked: a frame with a black head. */
static void flow_missing(struct receipt_flow *f, const struct jem_receipt_part_list *list)
{
    if (list->count == 0)
        return;
    f->y = ceil(f->y) + 8;
    double top = f->y;
    flow_bar(f, f->paper->body, list->label);
    f->y += 4;
    flow_items(f, list, 12, RECEIPT_BOX);
    f->y = ceil(f->y) + 6;
    jem_sheet_frame(f->sheet, 0, top, f->paper->width_dots, f->y - top, 3);
    f->y += 4;
}

static enum jem_code flow_qr(struct receipt_flow *f, const char *text, struct jem_error *err)
{
    if (!text || !*text)
        return JEM_OK;
    struct jem_qr qr = { 0 };
    enum jem_code code = jem_qr_fit(text, f->paper->qr_dots, &qr, err);
    if (code != JEM_OK)
        return code;
    unsigned side = jem_qr_side_dots(&qr);
    f->y = ceil(f->y);
    jem_sheet_qr(f->sheet, (f->paper->width_dots - side) / 2, (unsigned)f->y, &qr);
    f->y += side;
    flow_centre(f, f->paper->small, false, jem_text(JEM_T_RECEIPT_SCAN));
    return JEM_OK;
}

static enum jem_code receipt_place(struct receipt_flow *f, const struct jem_receipt_parts *parts, const char *qr,
    struct jem_error *err)
{
    const struct receipt_paper *p = f->paper;
    flow_headline(f, p->title, false, jem_text(JEM_T_RECEIPT_TITLE));
    flow_centre(f, p->small + 1, false, jem_text(JEM_T_RECEIPT_NOT_DOCUMENT));
    flow_rule(f, 3);
    flow_centre(f, p->body, true, parts->place);
    if (*parts->copy) {
        f->y += 6;
        flow_bar(f, p->title, parts->copy);
    }
    enum jem_code code = flow_qr(f, qr, err);
    if (code != JEM_OK)
        return code;
    f->y += 8;
    flow_centre(f, p->small, false, jem_text(JEM_T_RECEIPT_NUMBER));
    flow_headline(f, p->number, true, parts->number);
    flow_rule(f, 3);
    for (size_t i = 0; i < parts->field_count; i++)
        flow_field(f, &parts->fields[i]);
    flow_missing(f, &parts->missing);
    if (parts->brought.count > 0)
        flow_heading(f, parts->brought.label);
    flow_items(f, &parts->brought, RECEIPT_INSET, RECEIPT_TICK);
    for (size_t i = 0; i < parts->note_count; i++)
        flow_note(f, &parts->notes[i]);
    flow_rule(f, 2);
    flow_centre(f, p->small, false, jem_text(JEM_T_RECEIPT_KEEP));
    return jem_sheet_finish(f->sheet, f->y + 4, err);
}

/* A finished sheet, owned by the caller. */
static enum jem_code receipt_sheet(const struct jem_receipt *r, const struct receipt_paper *paper,
    struct jem_sheet **out, struct jem_error *err)
{
    struct receipt_flow flow = { jem_sheet_new(paper->width_dots, paper->margin_dots), paper, 0 };
    if (!flow.sheet)
        return jem_fail_nomem(err);
    struct jem_receipt_parts parts;
    jem_receipt_parts_init(&parts, r);
    enum jem_code code = receipt_place(&flow, &parts, r->qr, err);
    jem_receipt_parts_release(&parts);
    if (code == JEM_OK)
        *out = flow.sheet;
    else
        jem_sheet_free(flow.sheet);
    return code;
}

static enum jem_code receipt_text(const struct jem_receipt *r, const struct receipt_paper *paper, struct jem_buf *out,
    struct jem_error *err)
{
    struct jem_receipt_parts parts;
    jem_receipt_parts_init(&parts, r);
    jem_receipt_parts_text(&parts, r->qr, paper->columns, out);
    jem_receipt_parts_release(&parts);
    return jem_buf_ok(out, err);
}

enum jem_code jem_receipt_draw(const struct jem_receipt *r, enum jem_receipt_format format, struct jem_buf *out,
    struct jem_error *err)
{
    const struct receipt_paper *paper = receipt_paper_of(r);
    if (!paper)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_RECEIPT_WIDTH, r->width_mm);
    if (format == JEM_RECEIPT_TEXT)
        return receipt_text(r, paper, out, err);
    if (format != JEM_RECEIPT_PNG && format != JEM_RECEIPT_SVG && format != JEM_RECEIPT_PDF)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_RECEIPT_FORMAT);
    struct jem_sheet *sheet = NULL;
    enum jem_code code = receipt_sheet(r, paper, &sheet, err);
    if (code == JEM_OK)
        code = jem_sheet_draw(sheet, format, jem_text(JEM_T_RECEIPT_TITLE), r->at_unix_ms, out, err);
    jem_sheet_free(sheet);
    return code;
}

enum jem_code jem_receipt_raster(const struct jem_receipt *r, struct jem_raster *out, struct jem_error *err)
{
    const struct receipt_paper *paper = receipt_paper_of(r);
    if (!paper)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_RECEIPT_WIDTH, r->width_mm);
    struct jem_sheet *sheet = NULL;
    enum jem_code code = receipt_sheet(r, paper, &sheet, err);
    if (code == JEM_OK)
        code = jem_sheet_raster(sheet, out, err);
    jem_sheet_free(sheet);
    return code;
}
