// room: hw
/* Attachments: previews of good files; one clear answer, in both languages, for every kind of bad one. */
#include "unit.h"

#include <leptonica/allheaders.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/page.h"
#include "jemput/photo.h"
#include "picture.h"
#include "prop.h"

struct file {
    unsigned char *p;
    size_t n;
};

/* A page that looks like one: white, with lines of "text", a photo-like patch, and a red corner at the top left. */
static PIX *scan_of(int w, int h)
{
    PIX *pix = pixCreate(w, h, 32);
    pixSetAllArbitrary(pix, 0xFFFFFF00);
    for (int y = h / 4; y < h - h / 8; y += h / 40 + 2)
        for (int x = w / 10; x < w - w / 10; x += w / 60 + 2)
            pixRasterop(pix, x, y, w / 90 + 1, h / 90 + 1, PIX_CLR, NULL, 0, 0);
    for (int y = 0; y < h / 5; y++)
        for (int x = w / 2; x < w; x++)
            pixSetRGBPixel(pix, x, y, x * 255 / w, y * 255 / h, (x + y) * 255 / (w + h));
    for (int y = 0; y < h / 6; y++)
        for (int x = 0; x < w / 6; x++)
            pixSetRGBPixel(pix, x, y, 220, 0, 0);
    return pix;
}

static struct file jpeg_of(int w, int h)
{
    struct file f = { 0 };
    PIX *pix = scan_of(w, h);
    assert_int_equal(pixWriteMemJpeg(&f.p, &f.n, pix, 85, 0), 0);
    pixDestroy(&pix);
    return f;
}

static struct file png_of(int w, int h)
{
    struct file f = { 0 };
    PIX *pix = scan_of(w, h);
    assert_int_equal(pixWriteMemPng(&f.p, &f.n, pix, 0), 0);
    pixDestroy(&pix);
    return f;
}

/* A PDF with `pages` small pages, and a trailer with `extra`. Poppler finds the objects without a table. */
static struct file pdf_of(unsigned pages, const char *extra)
{
    struct jem_buf b = JEM_BUF_INIT(1 << 20);
    jem_buf_fmt(&b, "%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count %u/Kids[",
        pages);
    for (unsigned i = 0; i < pages; i++)
        jem_buf_fmt(&b, "%u 0 R ", 10 + 2 * i);
    jem_buf_str(&b, "]>>endobj\n");
    for (unsigned i = 0; i < pages; i++) {
        static const char stream[] = "0.8 0 0 rg 0 700 100 142 re f";
        jem_buf_fmt(&b, "%u 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %u 0 R>>endobj\n", 10 + 2 * i,
            11 + 2 * i);
        jem_buf_fmt(&b, "%u 0 obj<</Length %zu>>stream\n%s\nendstream endobj\n", 11 + 2 * i, sizeof stream - 1, stream);
    }
    jem_buf_fmt(&b, "trailer<</Root 1 0 R/Size %u%s>>\nstartxref\n0\n%%%%EOF\n", 12 + 2 * pages, extra);
    assert_int_equal(jem_buf_ok(&b, NULL), JEM_OK);
    return (struct file){ b.data, b.len };
}

static void is_refused(const void *p, size_t n, const char *name, const char *id, const char *en)
{
    static const enum jem_lang langs[] = { JEM_LANG_ID, JEM_LANG_EN };
    const char *const expected[] = { id, en };
    for (size_t i = 0; i < 2; i++) {
        struct jem_document_view view;
        struct jem_error err = { 0 };
        jem_lang_set(langs[i]);
        assert_int_equal(jem_document_look(p, n, name, &view, &err), JEM_EINVAL);
        if (!strstr(err.msg, expected[i]))
            fail_msg("\"%s\" is not in: %s", expected[i], err.msg);
        assert_null(strstr(err.msg, "Budi"));
        assert_int_equal(view.pages, 0);
        assert_null(view.previews[0].jpeg);
    }
    jem_lang_set(JEM_LANG_ID);
}

static PIX *preview_of(const void *p, size_t n, const char *name)
{
    struct jem_document_view view;
    struct jem_error err = { 0 };
    if (jem_document_look(p, n, name, &view, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(view.pages, 1);
    PIX *pix = pixReadMem(view.previews[0].jpeg, view.previews[0].len);
    assert_non_null(pix);
    jem_document_view_release(&view);
    return pix;
}

static bool is_red(PIX *pix, int x, int y)
{
    int r = 0, g = 255, b = 255;
    return pixGetRGBPixel(pix, x, y, &r, &g, &b) == 0 && r > 150 && g < 100 && b < 100;
}

static void previews_are_small(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 2480, 3508 }, { 3508, 2480 }, { 1300, 900 }, { 640, 400 }, { 200, 300 },
        { 5000, 3 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int is_jpeg = 0; is_jpeg < 2; is_jpeg++) {
            int w = sizes[i][0], h = sizes[i][1], edge = w > h ? w : h;
            struct file f = is_jpeg ? jpeg_of(w, h) : png_of(w, h);
            struct jem_document_view view;
            struct jem_error err = { 0 };
            assert_int_equal(jem_document_look(f.p, f.n, is_jpeg ? "KTP Budi.JPG" : NULL, &view, &err), JEM_OK);
            assert_int_equal(view.mime, is_jpeg ? JEM_MIME_JPEG : JEM_MIME_PNG);
            assert_int_equal(view.pages, 1);
            assert_true(view.previews[0].len <= 25 << 10);
            assert_memory_equal(view.previews[0].jpeg, "\xFF\xD8\xFF", 3);
            PIX *pix = pixReadMem(view.previews[0].jpeg, view.previews[0].len);
            int small_w = pixGetWidth(pix), small_h = pixGetHeight(pix);
            int small_edge = small_w > small_h ? small_w : small_h;
            int whole = edge > JEM_PREVIEW_LONG_EDGE_PX ? JEM_PREVIEW_LONG_EDGE_PX : edge;
            assert_true(small_edge == whole || small_edge == whole * 3 / 4);
            if (h > 100)
                assert_true(is_red(pix, small_w / 12, small_h / 12));
            pixDestroy(&pix);
            jem_document_view_release(&view);
            lept_free(f.p);
        }
    assert_string_equal(jem_mime_name(JEM_MIME_PNG), "image/png");
}

static void reads_every_kind_of_png(void **state)
{
    (void)state;
    static const int depths[] = { 1, 2, 4, 8, 16, 32 };
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        PIX *pix = pixCreate(900, 700, depths[i]);
        struct file f = { 0 };
        assert_int_equal(pixWriteMemPng(&f.p, &f.n, pix, 0), 0);
        PIX *preview = preview_of(f.p, f.n, "a.png");
        assert_int_equal(pixGetWidth(preview), 640);
        assert_int_equal(pixGetHeight(preview), 497);
        pixDestroy(&pix);
        pixDestroy(&preview);
        lept_free(f.p);
    }
    /* What is transparent shows the paper, which is white. */
    PIX *clear = pixCreate(100, 100, 32);
    pixSetSpp(clear, 4);
    struct file f = { 0 };
    assert_int_equal(pixWriteMemPng(&f.p, &f.n, clear, 0), 0);
    PIX *preview = preview_of(f.p, f.n, "a.png");
    int r = 0, g = 0, b = 0;
    if (pixGetDepth(preview) == 8)
        preview = pixConvert8To32(preview);
    pixGetRGBPixel(preview, 50, 50, &r, &g, &b);
    assert_true(r > 250 && g > 250 && b > 250);
    pixDestroy(&clear);
    pixDestroy(&preview);
    lept_free(f.p);
}

/* The same JPEG with an EXIF segment that says how the camera was held; both byte orders. */
static struct file with_orientation(const struct file *jpeg, unsigned orientation, bool big_endian)
{
    unsigned char exif[] = { 0xFF, 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'I', 'I', '*', 0, 8, 0, 0, 0, 1, 0, 0x12, 1,
        3, 0, 1, 0, 0, 0, (unsigned char)orientation, 0, 0, 0, 0, 0, 0, 0 };
    if (big_endian)
        memcpy(exif + 10,
            (unsigned char[]){ 'M', 'M', 0, '*', 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0,
                (unsigned char)orientation, 0, 0, 0, 0, 0, 0 },
            26);
    struct file f = { malloc(jpeg->n + sizeof exif), jpeg->n + sizeof exif };
    assert_non_null(f.p);
    memcpy(f.p, jpeg->p, 2);
    memcpy(f.p + 2, exif, sizeof exif);
    memcpy(f.p + 2 + sizeof exif, jpeg->p + 2, jpeg->n - 2);
    return f;
}

static void photos_stand_upright(void **state)
{
    (void)state;
    /* Where the stored top left corner belongs: right?, bottom?; and whether the sides swap. */
    static const bool corner[9][3] = { { 0 }, { 0, 0, 0 }, { 1, 0, 0 }, { 1, 1, 0 }, { 0, 1, 0 }, { 0, 0, 1 },
        { 1, 0, 1 }, { 1, 1, 1 }, { 0, 1, 1 } };
    struct file jpeg = jpeg_of(1200, 800);
    for (unsigned o = 1; o <= 8; o++) {
        struct file f = with_orientation(&jpeg, o, o % 2);
        assert_int_equal(jem_picture_jpeg(f.p, f.n).orientation, o);
        PIX *pix = preview_of(f.p, f.n, NULL);
        int w = pixGetWidth(pix), h = pixGetHeight(pix);
        assert_int_equal(w > h, !corner[o][2]);
        for (int right = 0; right < 2; right++)
            for (int bottom = 0; bottom < 2; bottom++) {
                bool red = is_red(pix, right ? w - w / 12 : w / 12, bottom ? h - h / 12 : h / 12);
                if (red != (right == corner[o][0] && bottom == corner[o][1]))
                    fail_msg("orientation %u, corner %d %d", o, right, bottom);
            }
        pixDestroy(&pix);
        free(f.p);
    }
    lept_free(jpeg.p);
}

/* A camera's picture of 12 megapixels: turned, no longer than A4 at 300 dpi, and not a byte of what the camera wrote. */
static void photos_lose_what_the_camera_told(void **state)
{
    (void)state;
    struct file jpeg = jpeg_of(4000, 3000), told = with_orientation(&jpeg, 6, true);
    struct jem_buf out = JEM_BUF_INIT((size_t)25 << 20);
    struct jem_error err = { 0 };
    assert_true(jem_photo_is(told.p, told.n));
    if (jem_photo_upright(told.p, told.n, JEM_PHOTO_LONG_EDGE_PX, &out, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    struct jem_picture_facts facts = jem_picture_jpeg(out.data, out.len);
    assert_int_equal(facts.height, JEM_PHOTO_LONG_EDGE_PX);
    assert_int_equal(facts.width, JEM_PHOTO_LONG_EDGE_PX * 3 / 4);
    assert_int_equal(facts.orientation, 1);
    assert_null(memmem(out.data, out.len, "Exif", 4));
    assert_false(jem_photo_is(out.data, out.len));
    PIX *pix = pixReadMem(out.data, out.len);
    assert_true(is_red(pix, (int)facts.width - 40, 40));
    pixDestroy(&pix);
    jem_buf_clear(&out);
    assert_int_equal(jem_photo_upright(told.p, told.n / 2, JEM_PHOTO_LONG_EDGE_PX, &out, &err), JEM_EINVAL);
    assert_int_equal(out.len, 0);
    jem_buf_release(&out);
    free(told.p);
    lept_free(jpeg.p);
    struct file scan = jpeg_of(1240, 1754);
    assert_false(jem_photo_is(scan.p, scan.n));
    assert_false(jem_photo_is("\xff\xd8", 2));
    lept_free(scan.p);
}

static void pdf_pages_are_drawn(void **state)
{
    (void)state;
    struct file f = pdf_of(3, "");
    struct jem_document_view view;
    struct jem_error err = { 0 };
    if (jem_document_look(f.p, f.n, "akta.pdf", &view, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(view.mime, JEM_MIME_PDF);
    assert_int_equal(view.pages, 3);
    for (unsigned i = 0; i < 3; i++) {
        PIX *pix = pixReadMem(view.previews[i].jpeg, view.previews[i].len);
        assert_int_equal(pixGetHeight(pix), 640);
        assert_true(is_red(pix, 20, 20) && !is_red(pix, 300, 20));
        pixDestroy(&pix);
    }
    assert_null(view.previews[3].jpeg);
    jem_document_view_release(&view);
    jem_document_view_release(&view);
    free(f.p);
}

static void refuses_bad_pdfs(void **state)
{
    (void)state;
    struct file f = pdf_of(51, "");
    is_refused(f.p, f.n, NULL, "51 halaman", "51 pages");
    free(f.p);
    /* Hashes that no empty password fits. */
    f = pdf_of(1, "/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4"
                  "/O<0101010101010101010101010101010101010101010101010101010101010101>"
                  "/U<0202020202020202020202020202020202020202020202020202020202020202>>>");
    is_refused(f.p, f.n, "Budi.pdf", "kata sandi", "password");
    free(f.p);
    static const char empty[] = "%PDF-1.7\nnothing at all\n%%EOF\n";
    is_refused(empty, sizeof empty - 1, NULL, "rusak", "damaged");
    f = pdf_of(1, "");
    is_refused(f.p, 40, NULL, "rusak", "damaged");
    free(f.p);
}

static void refuses_wrong_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *id, *en;
    } kinds[] = {
        { "\0\0\0\x18"
          "ftypheic\0\0\0\0",
            16, "HEIC", "HEIC" },
        { "RIFF\0\0\0\0WEBPVP8 ", 16, "gambar jenis lain", "another kind of picture" },
        { "GIF89a\1\0\1\0", 10, "GIF", "GIF" },
        { "PK\3\4\24\0\6\0", 8, "Office", "Office" },
        { "MZ\x90\0\3\0\0\0", 8, "program komputer", "computer program" },
        { "<!doctype html><html>", 21, "halaman web", "web page" },
        { "Nama: Budi", 10, "teks biasa", "plain text" },
        { "\x80\x81\x00\x01", 4, "tidak dikenal", "unknown" },
        { "\xFF", 1, "tidak dikenal", "unknown" },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        is_refused(kinds[i].bytes, kinds[i].n, "Budi.jpg", kinds[i].id, kinds[i].en);
    is_refused("", 0, "Budi.jpg", "kosong", "empty");
    is_refused(NULL, 0, NULL, "kosong", "empty");
    unsigned char *large = calloc(1, JEM_DOCUMENT_MAX_BYTES + 1);
    assert_non_null(large);
    is_refused(large, JEM_DOCUMENT_MAX_BYTES + 1, NULL, "26 MB, batasnya 25 MB", "26 MB, the limit is 25 MB");
    free(large);
}

static void refuses_endings_that_lie(void **state)
{
    (void)state;
    struct file png = png_of(50, 50), jpeg = jpeg_of(50, 50), pdf = pdf_of(1, "");
    is_refused(png.p, png.n, "KTP Budi.jpg", "berakhiran .jpg, tetapi isinya PNG",
        "ends in .jpg, but its content is PNG");
    is_refused(jpeg.p, jpeg.n, "KTP Budi.PDF", ".pdf, tetapi isinya JPEG", "content is JPEG");
    is_refused(pdf.p, pdf.n, "Budi.docx", ".docx, tetapi isinya PDF", "content is PDF");
    static const char *const honest[] = { "a.jpeg", "a.JPG", "a.jfif", "a", "", "a.b", "folder.pdf.jpg",
        "scan.2026-11-21" };
    for (size_t i = 0; i < sizeof honest / sizeof *honest; i++) {
        PIX *pix = preview_of(jpeg.p, jpeg.n, honest[i]);
        pixDestroy(&pix);
    }
    lept_free(png.p);
    lept_free(jpeg.p);
    free(pdf.p);
}

static void refuses_cut_pictures(void **state)
{
    (void)state;
    struct file png = png_of(700, 500), jpeg = jpeg_of(700, 500);
    for (size_t i = 1; i < 16; i++) {
        size_t n = jpeg.n * i / 16;
        is_refused(jpeg.p, n, NULL, "rusak", "damaged");
        is_refused(png.p, png.n * i / 16, NULL, "rusak", "damaged");
    }
    is_refused(jpeg.p, jpeg.n - 1, NULL, "terpotong", "cut off");
    is_refused(png.p, png.n - 1, NULL, "terpotong", "cut off");
    /* An end mark put behind the cut does not make it whole. */
    jpeg.p[jpeg.n / 2] = 0xFF;
    jpeg.p[jpeg.n / 2 + 1] = 0xD9;
    is_refused(jpeg.p, jpeg.n / 2 + 2, NULL, "rusak", "damaged");
    lept_free(png.p);
    lept_free(jpeg.p);
}

static void refuses_bombs_before_decoding(void **state)
{
    (void)state;
    /* 60,000 x 60,000 pixels in 33 bytes; the check sum need not be right to be refused for the size. */
    static const unsigned char bomb[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R',
        0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 1, 0, 0, 0, 0, 0, 0, 0, 0 };
    is_refused(bomb, sizeof bomb, "a.png", "60000 x 60000", "80 megapixels");
    struct file jpeg = jpeg_of(64, 64);
    size_t at = 2;
    while (jpeg.p[at + 1] != 0xC0)
        at += 2 + (size_t)(jpeg.p[at + 2] << 8 | jpeg.p[at + 3]);
    memset(jpeg.p + at + 5, 0xFF, 4);
    is_refused(jpeg.p, jpeg.n, NULL, "65535 x 65535", "80 megapixels");
    lept_free(jpeg.p);
}

/* Any damage: a preview or a refusal, never a crash or a leak (the sanitizers watch). */
static void survives_damage(void **state)
{
    (void)state;
    struct prop g = prop_start("damaged attachments");
    struct file files[] = { jpeg_of(300, 200), png_of(300, 200) };
    size_t refused = 0, rounds = prop_rounds(300);
    for (size_t i = 0; i < rounds; i++) {
        const struct file *f = &files[i % 2];
        unsigned char *copy = malloc(f->n);
        assert_non_null(copy);
        memcpy(copy, f->p, f->n);
        for (uint64_t edits = 1 + prop_below(&g, 5); edits > 0; edits--)
            copy[prop_below(&g, i % 3 ? f->n : 64)] = (unsigned char)prop_u64(&g);
        struct jem_document_view view;
        enum jem_code code = jem_document_look(copy, f->n, NULL, &view, NULL);
        assert_true(code == JEM_OK || code == JEM_EINVAL);
        refused += code != JEM_OK;
        jem_document_view_release(&view);
        free(copy);
    }
    assert_true(refused > rounds / 3);
    lept_free(files[0].p);
    lept_free(files[1].p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(previews_are_small),
        cmocka_unit_test(reads_every_kind_of_png),
        cmocka_unit_test(photos_stand_upright),
        cmocka_unit_test(photos_lose_what_the_camera_told),
        cmocka_unit_test(pdf_pages_are_drawn),
        cmocka_unit_test(refuses_bad_pdfs),
        cmocka_unit_test(refuses_wrong_kinds),
        cmocka_unit_test(refuses_endings_that_lie),
        cmocka_unit_test(refuses_cut_pictures),
        cmocka_unit_test(refuses_bombs_before_decoding),
        cmocka_unit_test(survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
