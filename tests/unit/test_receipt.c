// room: receipt
/* Every rendering of a receipt carries the same code, the same words, and stays on its paper. */
#include "unit.h"

#include <cairo.h>
#include <glib.h>
#include <pango/pangocairo.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "jemput/number.h"
#include "jemput/receipt.h"
#include "prop.h"
#include "qr.h"

static char qr_text[256];
static const unsigned widths_mm[] = { 58, 80 };
static const enum jem_lang langs[] = { JEM_LANG_ID, JEM_LANG_EN };

static int make_code(void **state)
{
    (void)state;
    unsigned char seed[32] = { 1 }, pub[32], secret[64], raw[JEM_TOKEN_BYTES];
    crypto_sign_seed_keypair(pub, secret, seed);
    struct jem_token t = { .van = 3, .number = jem_number_make(3, 0x2345678901), .day = 20778, .service_code = 5 };
    return jem_token_sign(&t, secret, raw, NULL) != JEM_OK ||
           jem_token_text(raw, "status.cianjurkab.go.id", qr_text, sizeof qr_text, NULL) != JEM_OK;
}

/* The fonts that pango keeps for a thread: given back, so that a leak of ours would show. */
static int drop_fonts(void **state)
{
    (void)state;
    pango_cairo_font_map_set_default(NULL);
    cairo_debug_reset_static_data();
    return 0;
}

static struct jem_receipt sample(unsigned width_mm)
{
    static const char *const brought[] = { "Surat keterangan lahir dari bidan", "Kartu Keluarga", "KTP-el orang tua" };
    static const char *const missing[] = { "Buku nikah atau F-2.04 dengan dua saksi", "Formulir F-2.01" };
    return (struct jem_receipt){ .region = "Kabupaten Cianjur",
        .van_name = "Van 3",
        .number = jem_number_make(3, 0x2345678901),
        .qr = qr_text,
        .service = "Akta kelahiran",
        .agency = "Dinas Kependudukan dan Pencatatan Sipil",
        .day = 20778,
        .at_unix_ms = 1795244700000,
        .officer = "Siti Nurhaliza",
        .promised = "1 sampai 24 jam",
        .cost = "Gratis",
        .procedure = "Petugas memeriksa berkas, kantor memverifikasi, akta diantar bersama kunjungan berikutnya.",
        .product = "Kutipan akta kelahiran, KK baru, dan KIA",
        .requirements = brought,
        .requirement_count = 3,
        .missing = missing,
        .missing_count = 2,
        .ask = "Pindai kode QR atau tanyakan di kantor desa.",
        .complaint = "SP4N-LAPOR! lapor.go.id, SMS 1708",
        .width_mm = width_mm };
}

static void draw(const struct jem_receipt *r, enum jem_receipt_format format, struct jem_buf *out)
{
    struct jem_error err = { 0 };
    if (jem_receipt_draw(r, format, out, &err) != JEM_OK)
        fail_msg("%s", err.msg);
}

static void each_combination(void (*check)(const struct jem_receipt *r))
{
    for (size_t l = 0; l < 2; l++)
        for (size_t w = 0; w < 2; w++) {
            jem_lang_set(langs[l]);
            struct jem_receipt r = sample(widths_mm[w]);
            check(&r);
        }
    jem_lang_set(JEM_LANG_ID);
}

static void check_png(const struct jem_receipt *r)
{
    struct jem_buf png = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    char text[512];
    draw(r, JEM_RECEIPT_PNG, &png);
    decode_qr("png", png.data, png.len, text, sizeof text);
    assert_string_equal(text, qr_text);
    jem_buf_release(&png);
}

static void check_vector(const struct jem_receipt *r, enum jem_receipt_format format, const char *const tool[])
{
    struct jem_buf drawn = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX), png = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    char text[512];
    draw(r, format, &drawn);
    decode_run(tool, drawn.data, drawn.len, &png);
    decode_qr("png", png.data, png.len, text, sizeof text);
    assert_string_equal(text, qr_text);
    jem_buf_release(&drawn);
    jem_buf_release(&png);
}

static void check_svg(const struct jem_receipt *r)
{
    static const char *const tool[] = { "/usr/bin/rsvg-convert", "-d", "203.2", "-p", "203.2", NULL };
    check_vector(r, JEM_RECEIPT_SVG, tool);
}

static void check_pdf(const struct jem_receipt *r)
{
    static const char *const tool[] = { "/usr/bin/pdftoppm", "-png", "-r", "203.2", "-", NULL };
    check_vector(r, JEM_RECEIPT_PDF, tool);
}

static void check_raster(const struct jem_receipt *r)
{
    struct jem_raster raster;
    struct jem_buf pbm = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    char text[512];
    assert_int_equal(jem_receipt_raster(r, &raster, NULL), JEM_OK);
    assert_int_equal(raster.width_dots, r->width_mm == 58 ? 384 : 576);
    decode_pbm(raster.width_dots, raster.height_dots, raster.stride, raster.bits, &pbm);
    decode_qr("pbm", pbm.data, pbm.len, text, sizeof text);
    assert_string_equal(text, qr_text);
    jem_buf_release(&pbm);
    jem_raster_release(&raster);
}

static void png_carries_the_code(void **state)
{
    (void)state;
    each_combination(check_png);
}

static void svg_carries_the_code(void **state)
{
    (void)state;
    each_combination(check_svg);
}

static void pdf_carries_the_code(void **state)
{
    (void)state;
    each_combination(check_pdf);
}

static void raster_carries_the_code(void **state)
{
    (void)state;
    each_combination(check_raster);
}

static bool raster_black(const struct jem_raster *r, unsigned x, unsigned y)
{
    return r->bits[y * r->stride + x / 8] >> (7 - x % 8) & 1;
}

/* The code in the raster is the code that was computed, square for square, with nothing in its quiet zone. */
static void raster_modules_are_whole_dots(void **state)
{
    (void)state;
    struct jem_receipt r = sample(58);
    struct jem_raster raster;
    struct jem_qr qr;
    assert_int_equal(jem_receipt_raster(&r, &raster, NULL), JEM_OK);
    assert_int_equal(jem_qr_fit(qr_text, raster.width_dots, &qr, NULL), JEM_OK);
    unsigned side = jem_qr_side_dots(&qr), left = (raster.width_dots - side) / 2, found = 0;
    for (unsigned top = 0; top + side <= raster.height_dots; top++) {
        bool same = true;
        for (unsigned y = 0; same && y < side; y++)
            for (unsigned x = 0; same && x < side; x++) {
                unsigned column = x / qr.dots - JEM_QR_QUIET, row = y / qr.dots - JEM_QR_QUIET;
                bool dark = column < qr.modules && row < qr.modules && qr.dark[row * qr.modules + column];
                same = raster_black(&raster, left + x, top + y) == dark;
            }
        found += same;
    }
    assert_int_equal(found, 1);
    jem_qr_release(&qr);
    jem_raster_release(&raster);
}

static void code_is_as_strong_as_the_paper_allows(void **state)
{
    (void)state;
    char text[400] = "HTTPS://A.ID/T/";
    size_t head = strlen(text);
    unsigned at_token = 0, m_until = 0;
    for (size_t payload = 20; payload < 380; payload++) {
        memset(text + head, 'A', payload);
        text[head + payload] = 0;
        struct jem_qr qr;
        struct jem_error err = { 0 };
        enum jem_code code = jem_qr_fit(text, 384, &qr, &err);
        if (code == JEM_EINVAL) {
            assert_true(m_until > 0 && strlen(err.msg) > 20);
            continue;
        }
        assert_int_equal(code, JEM_OK);
        assert_true(qr.dots >= JEM_QR_MIN_DOTS && jem_qr_side_dots(&qr) <= 384);
        m_until = (unsigned)(head + payload);
        if (payload == JEM_TOKEN_CHARS)
            at_token = qr.modules;
        jem_qr_release(&qr);
    }
    assert_int_equal(at_token, 49); /* 156 characters: version 8-Q holds 157 */
    assert_int_equal(m_until, 262); /* what 9-M holds; version 10 does not fit with 6 dots a module */
}

static void normalise(const char *text, GString *out)
{
    for (; *text; text++)
        if (!g_ascii_isspace(*text))
            g_string_append_c(out, *text);
}

/* Looks for every part of the receipt, white space apart: lines may break anywhere. */
static void has_every_part(const struct jem_receipt *r, const char *text, bool with_code)
{
    GString *all = g_string_new(NULL), *part = g_string_new(NULL);
    normalise(text, all);
    char number[JEM_NUMBER_TEXT];
    jem_number_format(r->number, number);
    const char *parts[32] = { r->region, r->van_name, number, r->service, r->agency, r->officer, r->promised, r->cost,
        r->procedure, r->product, r->ask, r->complaint, jem_text(JEM_T_RECEIPT_TITLE),
        jem_text(JEM_T_RECEIPT_NOT_DOCUMENT), jem_lang_get() == JEM_LANG_ID ? "14.05 WIB" : "14:05 WIB",
        "21 November 2026" };
    size_t n = 16;
    for (size_t i = 0; i < r->requirement_count; i++)
        parts[n++] = r->requirements[i];
    for (size_t i = 0; i < r->missing_count; i++)
        parts[n++] = r->missing[i];
    if (with_code)
        parts[n++] = r->qr;
    for (size_t i = 0; i < n; i++) {
        g_string_truncate(part, 0);
        normalise(parts[i], part);
        if (!strstr(all->str, part->str))
            fail_msg("\"%s\" is not on the receipt:\n%s", parts[i], text);
    }
    g_string_free(all, TRUE);
    g_string_free(part, TRUE);
}

static void check_text(const struct jem_receipt *r)
{
    struct jem_buf text = JEM_BUF_INIT(65536);
    draw(r, JEM_RECEIPT_TEXT, &text);
    has_every_part(r, jem_buf_text(&text), true);
    jem_buf_release(&text);
}

static void check_pdf_words(const struct jem_receipt *r)
{
    static const char *const tool[] = { "/usr/bin/pdftotext", "-raw", "-", "-", NULL };
    struct jem_buf pdf = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX), text = JEM_BUF_INIT(65536);
    draw(r, JEM_RECEIPT_PDF, &pdf);
    decode_run(tool, pdf.data, pdf.len, &text);
    has_every_part(r, jem_buf_text(&text), false);
    jem_buf_release(&pdf);
    jem_buf_release(&text);
}

static void every_part_is_printed(void **state)
{
    (void)state;
    each_combination(check_text);
    each_combination(check_pdf_words);
}

static void copies_are_marked(void **state)
{
    (void)state;
    struct jem_receipt r = sample(58);
    struct jem_buf text = JEM_BUF_INIT(65536);
    draw(&r, JEM_RECEIPT_TEXT, &text);
    assert_null(strstr(jem_buf_text(&text), "SALINAN"));
    jem_buf_clear(&text);
    r.copy = 2;
    draw(&r, JEM_RECEIPT_TEXT, &text);
    assert_non_null(strstr(jem_buf_text(&text), "SALINAN 2"));
    jem_buf_clear(&text);
    jem_lang_set(JEM_LANG_EN);
    draw(&r, JEM_RECEIPT_TEXT, &text);
    assert_non_null(strstr(jem_buf_text(&text), "COPY 2"));
    jem_lang_set(JEM_LANG_ID);
    jem_buf_release(&text);
}

struct png_source {
    const unsigned char *p;
    size_t left;
};

static cairo_status_t png_read(void *ctx, unsigned char *p, unsigned n)
{
    struct png_source *s = ctx;
    if (n > s->left)
        return CAIRO_STATUS_READ_ERROR;
    memcpy(p, s->p, n);
    s->p += n;
    s->left -= n;
    return CAIRO_STATUS_SUCCESS;
}

/* Ink outside of the printable area would be cut off by a printer: on the picture it would lie in the margin. */
static void margin_is_white(const struct jem_receipt *r)
{
    struct jem_buf png = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    draw(r, JEM_RECEIPT_PNG, &png);
    struct png_source source = { png.data, png.len };
    cairo_surface_t *s = cairo_image_surface_create_from_png_stream(png_read, &source);
    assert_int_equal(cairo_surface_status(s), CAIRO_STATUS_SUCCESS);
    int w = cairo_image_surface_get_width(s), h = cairo_image_surface_get_height(s);
    int stride = cairo_image_surface_get_stride(s), margin = (w - 2 * (r->width_mm == 58 ? 384 : 576)) / 2;
    const unsigned char *pixels = cairo_image_surface_get_data(s);
    assert_true(margin >= 60);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const unsigned char *pixel = pixels + (ptrdiff_t)y * stride + (ptrdiff_t)x * 4;
            bool outside = x < margin || x >= w - margin || y < margin || y >= h - margin;
            if (outside && pixel[0] != 255)
                fail_msg("ink at %d, %d of %d x %d", x, y, w, h);
        }
    cairo_surface_destroy(s);
    jem_buf_release(&png);
}

static void long_words_stay_on_the_paper(void **state)
{
    (void)state;
    static const char *const items[] = { "Kependudukandanpencatatansipilkabupatencianjurprovinsijawabarat",
        "https://layanan.example.go.id/permohonan/akta-kelahiran/syarat-dan-ketentuan?versi=12",
        "ЖЖЖЖ 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字", "\xC3\xA4\xCC\x88\xCC\x88" };
    for (size_t w = 0; w < 2; w++) {
        struct jem_receipt r = sample(widths_mm[w]);
        r.region = "Kabupaten Kepulauan Siau Tagulandang Biaro, Provinsi Sulawesi Utara";
        r.service = items[0];
        r.officer = items[1];
        r.promised = items[2];
        r.procedure = items[0];
        r.requirements = r.missing = items;
        r.requirement_count = r.missing_count = 4;
        r.copy = 4000000000u;
        margin_is_white(&r);
        check_raster(&r);
    }
}

static void empty_parts_leave_no_line(void **state)
{
    (void)state;
    struct jem_receipt r = { .number = jem_number_make(1, 5),
        .day = 20778,
        .width_mm = 58,
        .cost = "",
        .service = "KIA" };
    struct jem_buf text = JEM_BUF_INIT(65536);
    draw(&r, JEM_RECEIPT_TEXT, &text);
    static const enum jem_text absent[] = { JEM_T_RECEIPT_AGENCY, JEM_T_RECEIPT_OFFICER, JEM_T_RECEIPT_COST,
        JEM_T_RECEIPT_PROMISED, JEM_T_RECEIPT_COPY, JEM_T_RECEIPT_CODE };
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        assert_null(strstr(jem_buf_text(&text), jem_text(absent[i])));
    assert_null(strcasestr(jem_buf_text(&text), jem_text(JEM_T_RECEIPT_MISSING)));
    assert_non_null(strstr(jem_buf_text(&text), "21 November 2026\n"));
    jem_buf_release(&text);
    margin_is_white(&r);
}

/* Names and catalogue texts may hold anything: no control character reaches a printer, no line is too wide. */
static void text_is_clean_and_narrow(void **state)
{
    (void)state;
    struct prop g = prop_start("receipt text");
    for (size_t round = 0; round < prop_rounds(200); round++) {
        char noise[3][200];
        for (size_t i = 0; i < 3; i++) {
            size_t n = prop_below(&g, 199);
            for (size_t j = 0; j < n; j++) {
                static const char usual[] = "abc de\n\x1B\xC2\xA0";
                noise[i][j] = usual[prop_below(&g, sizeof usual - 1)];
                if (prop_below(&g, 2))
                    noise[i][j] = (char)(1 + prop_below(&g, 255));
            }
            noise[i][n] = 0;
        }
        const char *list[] = { noise[0], noise[1] };
        struct jem_receipt r = sample(widths_mm[round % 2]);
        r.service = noise[0];
        r.procedure = noise[1];
        r.officer = noise[2];
        r.missing = list;
        struct jem_buf text = JEM_BUF_INIT(65536);
        draw(&r, JEM_RECEIPT_TEXT, &text);
        assert_true(g_utf8_validate(jem_buf_text(&text), (gssize)text.len, NULL));
        long line = 0, limit = r.width_mm == 58 ? 32 : 48;
        for (const char *p = jem_buf_text(&text); *p; p = g_utf8_next_char(p)) {
            gunichar c = g_utf8_get_char(p);
            assert_false(g_unichar_iscntrl(c) && c != '\n');
            line = c == '\n' ? 0 : line + (g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1);
            assert_true(line <= limit);
        }
        jem_buf_release(&text);
        if (round % 20 == 0)
            margin_is_white(&r);
    }
}

static void same_receipt_gives_same_bytes(void **state)
{
    (void)state;
    struct jem_receipt r = sample(58);
    for (int f = JEM_RECEIPT_PNG; f <= JEM_RECEIPT_TEXT; f++) {
        if (f == JEM_RECEIPT_SVG) /* cairo numbers its elements through the life of the process */
            continue;
        struct jem_buf a = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX), b = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
        draw(&r, (enum jem_receipt_format)f, &a);
        draw(&r, (enum jem_receipt_format)f, &b);
        assert_int_equal(a.len, b.len);
        assert_memory_equal(a.data, b.data, a.len);
        jem_buf_release(&a);
        jem_buf_release(&b);
    }
}

static void refuse(const struct jem_receipt *r, enum jem_receipt_format format)
{
    struct jem_buf out = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    struct jem_error err = { 0 };
    assert_int_equal(jem_receipt_draw(r, format, &out, &err), JEM_EINVAL);
    assert_true(strlen(err.msg) > 20);
    jem_buf_release(&out);
}

static void refuses_what_no_printer_takes(void **state)
{
    (void)state;
    struct jem_receipt r = sample(57);
    refuse(&r, JEM_RECEIPT_PNG);
    refuse(&r, JEM_RECEIPT_TEXT);
    r = sample(58);
    refuse(&r, JEM_RECEIPT_UNKNOWN);
    char dense[1200];
    memset(dense, 'A', sizeof dense - 1);
    dense[sizeof dense - 1] = 0;
    r.qr = dense;
    refuse(&r, JEM_RECEIPT_PNG);
    r = sample(58);
    char *endless = malloc(60001);
    assert_non_null(endless);
    for (size_t i = 0; i < 60000; i++)
        endless[i] = i % 7 ? 'x' : ' ';
    endless[60000] = 0;
    r.procedure = endless;
    refuse(&r, JEM_RECEIPT_PDF);
    const char *items[3000];
    for (size_t i = 0; i < 3000; i++)
        items[i] = "x";
    r = sample(58);
    r.requirements = items;
    r.requirement_count = 3000;
    refuse(&r, JEM_RECEIPT_SVG);
    free(endless);
    struct jem_raster raster;
    r = sample(0);
    assert_int_equal(jem_receipt_raster(&r, &raster, NULL), JEM_EINVAL);
}

static void code_alone_decodes(void **state)
{
    (void)state;
    static const char *const rsvg[] = { "/usr/bin/rsvg-convert", NULL };
    char text[512];
    struct jem_buf png = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX), svg = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    for (unsigned px = 3; px <= 8; px += 5) {
        assert_int_equal(jem_qr_draw(qr_text, JEM_RECEIPT_PNG, px, &png, NULL), JEM_OK);
        decode_qr("png", png.data, png.len, text, sizeof text);
        assert_string_equal(text, qr_text);
        jem_buf_clear(&png);
        assert_int_equal(jem_qr_draw(qr_text, JEM_RECEIPT_SVG, px, &svg, NULL), JEM_OK);
        decode_run(rsvg, svg.data, svg.len, &png);
        decode_qr("png", png.data, png.len, text, sizeof text);
        assert_string_equal(text, qr_text);
        jem_buf_clear(&png);
        jem_buf_clear(&svg);
    }
    assert_int_equal(jem_qr_draw(qr_text, JEM_RECEIPT_PDF, 4, &png, NULL), JEM_EINVAL);
    assert_int_equal(jem_qr_draw(qr_text, JEM_RECEIPT_PNG, 0, &png, NULL), JEM_EINVAL);
    assert_int_equal(jem_qr_draw(qr_text, JEM_RECEIPT_PNG, 41, &png, NULL), JEM_EINVAL);
    assert_int_equal(jem_qr_draw("", JEM_RECEIPT_PNG, 4, &png, NULL), JEM_EINVAL);
    jem_buf_release(&png);
    jem_buf_release(&svg);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(png_carries_the_code),
        cmocka_unit_test(svg_carries_the_code),
        cmocka_unit_test(pdf_carries_the_code),
        cmocka_unit_test(raster_carries_the_code),
        cmocka_unit_test(raster_modules_are_whole_dots),
        cmocka_unit_test(code_is_as_strong_as_the_paper_allows),
        cmocka_unit_test(every_part_is_printed),
        cmocka_unit_test(copies_are_marked),
        cmocka_unit_test(long_words_stay_on_the_paper),
        cmocka_unit_test(empty_parts_leave_no_line),
        cmocka_unit_test(text_is_clean_and_narrow),
        cmocka_unit_test(same_receipt_gives_same_bytes),
        cmocka_unit_test(refuses_what_no_printer_takes),
        cmocka_unit_test(code_alone_decodes),
    };
    return cmocka_run_group_tests(tests, make_code, drop_fonts);
}
