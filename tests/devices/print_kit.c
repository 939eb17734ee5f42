/* print_kit.c - a printed receipt against its own picture. */
#include "print_kit.h"

#include <png.h>
#include <stdlib.h>

#include "app_world.h"
#include "decode.h"
#include "jemput/lookup.h"
#include "jemput/paper.h"
#include "unit.h"

#define KIT_FEED (4 * 30) /* ESC d 4 at the default spacing */

struct print_picture print_picture_of(struct jem_app *app, uint64_t number, unsigned width_mm)
{
    struct jem_buf b = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    struct jem_error err;
    if (jem_paper_receipt(app, number, JEM_PAPER_PNG, width_mm, &b, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    png_image image = { .version = PNG_IMAGE_VERSION };
    assert_int_not_equal(png_image_begin_read_from_memory(&image, b.data, b.len), 0);
    image.format = PNG_FORMAT_GRAY;
    struct print_picture p = { image.width, image.height, malloc(PNG_IMAGE_SIZE(image)) };
    assert_non_null(p.gray);
    assert_int_not_equal(png_image_finish_read(&image, NULL, p.gray, 0, NULL), 0);
    jem_buf_release(&b);
    return p;
}

/* Of the pixels of a dot and its neighbours: 1 all black, 0 all white, -1 an edge. */
static int picture_dot(const struct print_picture *p, unsigned x, unsigned y)
{
    unsigned black = 0, white = 0;
    for (unsigned j = 2 * y - 2; j < 2 * y + 4; j++)
        for (unsigned i = 2 * x - 2; i < 2 * x + 4; i++) {
            unsigned char g = p->gray[(size_t)j * p->width + i];
            black += g < 50;
            white += g > 205;
        }
    return black == 36 ? 1 : white == 36 ? 0 : -1;
}

static bool paper_has(const struct escpos_view *paper, unsigned top, unsigned margin, unsigned rows,
    const struct print_picture *p)
{
    unsigned sure = 0;
    for (unsigned y = 0; y < rows; y++)
        for (unsigned x = 0; x < paper->head_dots; x++) {
            int wanted = picture_dot(p, x + margin, y + margin);
            sure += wanted >= 0;
            if (wanted >= 0 && escpos_view_dot(paper, x, top + y) != wanted)
                return false;
        }
    return sure > paper->head_dots * rows / 2;
}

void print_paper_ends(struct jem_app *app, const struct escpos_view *paper, const struct print_picture *p,
    uint64_t number)
{
    unsigned margin = (p->width / 2 - paper->head_dots) / 2, rows = p->height / 2 - 2 * margin;
    size_t stride = paper->head_dots / 8;
    char text[512];
    json_t *verdict = NULL;
    struct jem_error err;
    struct jem_buf pbm = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    assert_true(paper->height >= rows + KIT_FEED);
    unsigned top = paper->height - KIT_FEED - rows;
    if (!paper_has(paper, top, margin, rows, p))
        fail_msg("the paper (%u rows of %u) ends with another picture", paper->height, paper->head_dots);
    decode_pbm(paper->head_dots, rows, stride, paper->bits + top * stride, &pbm);
    decode_qr("pbm", pbm.data, pbm.len, text, sizeof text);
    assert_int_equal(jem_paper_verify(app, text, &verdict, &err), JEM_OK);
    assert_int_equal(world_number(verdict, "number"), number);
    json_decref(verdict);
    jem_buf_release(&pbm);
}

int64_t print_issued(struct jem_app *app, uint64_t number)
{
    json_t *o = NULL;
    struct jem_error err;
    if (jem_show(app, number, &o, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    int64_t n = jem_json_int(o, "receipts", -1);
    json_decref(o);
    return n;
}
