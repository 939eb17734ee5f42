/* test_page.c - the page of a test print: edge to edge, so that a wrong width is seen at once; no receipt, and not like one. */
#include "sheet.h"

#define TEST_STEPS 16u

enum jem_code jem_test_page_raster(const char *title, const char *const *lines, size_t count, unsigned head_dots,
    struct jem_raster *out, struct jem_error *err)
{
    const struct jem_sheet_style big = { .size_dots = 34, .bold = true, .align = JEM_SHEET_CENTRE },
                                 small = { .size_dots = 22, .align = JEM_SHEET_CENTRE };
    struct jem_sheet *sheet = jem_sheet_new(head_dots, 0);
    double y = 12, width = head_dots, step = width / TEST_STEPS;
    if (sheet == NULL)
        return jem_fail_nomem(err);
    jem_sheet_fill(sheet, 0, 0, width, 4);
    y += jem_sheet_text(sheet, 0, y, width, &big, title) + 8;
    for (size_t i = 0; i < count; i++)
        y += jem_sheet_text(sheet, 8, y, width - 16, &small, lines[i]) + 4;
    for (unsigned i = 0; i < TEST_STEPS; i++) /* a head with a dead dot or a wrong width shows here */
        jem_sheet_fill(sheet, i * step, y + (i % 2) * 12, step, 12);
    jem_sheet_frame(sheet, 0, y + 30, width, 40, 3);
    jem_sheet_fill(sheet, 0, y + 82, width, 4);
    enum jem_code rc = jem_sheet_finish(sheet, y + 90, err);
    if (rc == JEM_OK)
        rc = jem_sheet_raster(sheet, out, err);
    jem_sheet_free(sheet);
    return rc;
}
