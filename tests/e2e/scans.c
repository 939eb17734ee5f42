/* scans.c - draws paper and encodes it. Out of memory aborts: these are tests. */
#include "scans.h"

#include <png.h>
#include <stdio.h> /* jpeglib.h needs it */
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

/* ---- the drawing: 8-bit RGB, row by row ---- */

struct sheet {
    unsigned width, height;
    unsigned char *rgb;
};

static void sheet_rectangle(struct sheet *s, unsigned x, unsigned y, unsigned w, unsigned h,
    const unsigned char colour[3])
{
    for (unsigned row = y; row < y + h && row < s->height; row++)
        for (unsigned col = x; col < x + w && col < s->width; col++)
            memcpy(s->rgb + 3 * ((size_t)row * s->width + col), colour, 3);
}

static struct sheet sheet_draw(struct prop *rng, unsigned width, unsigned height)
{
    static const unsigned char ink[3] = { 40, 40, 60 }, stamp[3] = { 120, 30, 140 };
    struct sheet s = { width, height, malloc((size_t)width * height * 3) };
    if (s.rgb == NULL)
        abort();
    unsigned line = height / 48 + 2;
    uint64_t grain = 0;
    for (size_t i = 0; i < (size_t)width * height; i++) {
        if (i % 16 == 0)
            grain = prop_u64(rng);
        memset(s.rgb + 3 * i, (int)(232 + ((grain >> (4 * (i % 16))) & 15)), 3);
    }
    for (unsigned y = height / 10; y + line < height - height / 10; y += line * 2)
        for (unsigned x = width / 12; x < width - width / 6;) {
            unsigned word = line + (unsigned)prop_below(rng, 5 * line);
            sheet_rectangle(&s, x, y, word, line - line / 3, ink);
            x += word + line / 2 + 1;
        }
    sheet_rectangle(&s, (unsigned)prop_below(rng, width / 2 + 1), (unsigned)prop_below(rng, height / 2 + 1), width / 5,
        height / 12, stamp);
    return s;
}

/* ---- the files ---- */

void scans_jpeg(struct prop *rng, unsigned width, unsigned height, struct jem_buf *out)
{
    struct sheet s = sheet_draw(rng, width, height);
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *file = NULL;
    unsigned long size = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &file, &size);
    jpeg.image_width = width;
    jpeg.image_height = height;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 70, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < height) {
        JSAMPROW row = s.rgb + 3 * (size_t)jpeg.next_scanline * width;
        (void)jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    jem_buf_add(out, file, size);
    free(file);
    free(s.rgb);
}

void scans_png(struct prop *rng, unsigned width, unsigned height, struct jem_buf *out)
{
    struct sheet s = sheet_draw(rng, width, height);
    png_image image = { .version = PNG_IMAGE_VERSION, .width = width, .height = height, .format = PNG_FORMAT_RGB };
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    unsigned char *file = malloc(size);
    if (file == NULL || !png_image_write_to_memory(&image, file, &size, 0, s.rgb, 0, NULL))
        abort();
    jem_buf_add(out, file, size);
    free(file);
    free(s.rgb);
}

/* Objects: 1 catalogue, 2 pages, then three a page: page, content, picture. */
void scans_pdf(struct prop *rng, unsigned pages, unsigned width, unsigned height, struct jem_buf *out)
{
    size_t start = out->len, *at = calloc(3 * (size_t)pages + 3, sizeof *at);
    if (at == NULL)
        abort();
    unsigned n = 3;
    jem_buf_str(out, "%PDF-1.4\n");
    at[1] = out->len - start;
    jem_buf_str(out, "1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n");
    at[2] = out->len - start;
    jem_buf_fmt(out, "2 0 obj\n<</Type/Pages/Count %u/Kids[", pages);
    for (unsigned i = 0; i < pages; i++)
        jem_buf_fmt(out, "%u 0 R ", 3 + 3 * i);
    jem_buf_str(out, "]>>\nendobj\n");
    for (unsigned i = 0; i < pages; i++, n += 3) {
        static const char draw[] = "q 595 0 0 842 0 0 cm /P Do Q";
        struct jem_buf picture = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
        scans_jpeg(rng, width, height, &picture);
        at[n] = out->len - start;
        jem_buf_fmt(out,
            "%u 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %u 0 R"
            "/Resources<</XObject<</P %u 0 R>>>>>>\nendobj\n",
            n, n + 1, n + 2);
        at[n + 1] = out->len - start;
        jem_buf_fmt(out, "%u 0 obj\n<</Length %zu>>\nstream\n%s\nendstream\nendobj\n", n + 1, sizeof draw - 1, draw);
        at[n + 2] = out->len - start;
        jem_buf_fmt(out,
            "%u 0 obj\n<</Type/XObject/Subtype/Image/Width %u/Height %u/ColorSpace/DeviceRGB/BitsPerComponent 8"
            "/Filter/DCTDecode/Length %zu>>\nstream\n",
            n + 2, width, height, picture.len);
        jem_buf_add(out, picture.data, picture.len);
        jem_buf_str(out, "\nendstream\nendobj\n");
        jem_buf_release(&picture);
    }
    size_t table = out->len - start;
    jem_buf_fmt(out, "xref\n0 %u\n0000000000 65535 f \n", n);
    for (unsigned i = 1; i < n; i++)
        jem_buf_fmt(out, "%010zu 00000 n \n", at[i]);
    jem_buf_fmt(out, "trailer\n<</Root 1 0 R/Size %u>>\nstartxref\n%zu\n%%%%EOF\n", n, table);
    free(at);
}
