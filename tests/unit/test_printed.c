// room: app
/* From a signed token to paper and back: a receipt goes through the raster and the printer's commands, and what the
 * printer puts on paper decodes to the printed text and verifies. */
#include "unit.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "../devices/escpos_view.h"
#include "decode.h"
#include "jemput/escpos.h"
#include "jemput/number.h"
#include "jemput/receipt.h"

/* The text that a scanner reads from the paper. */
static void print_and_scan(const struct jem_receipt *r, char *out, size_t cap)
{
    struct jem_raster raster;
    struct jem_buf commands = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX), pbm = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    struct jem_error err = { 0 };
    if (jem_receipt_raster(r, &raster, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    struct jem_escpos_page page = { raster.width_dots, raster.height_dots, raster.stride, raster.bits };
    assert_int_equal(jem_escpos_encode(&jem_escpos_plain, &page, &commands, &err), JEM_OK);

    struct escpos_view paper;
    escpos_view_init(&paper, raster.width_dots);
    escpos_view_take(&paper, commands.data, commands.len);
    assert_int_equal(paper.unknown + paper.characters, 0);
    assert_true(paper.height > raster.height_dots);
    decode_pbm(paper.head_dots, paper.height, paper.head_dots / 8, paper.bits, &pbm);
    decode_qr("pbm", pbm.data, pbm.len, out, cap);
    escpos_view_release(&paper);
    jem_buf_release(&commands);
    jem_buf_release(&pbm);
    jem_raster_release(&raster);
}

static void paper_carries_the_signed_code(void **state)
{
    (void)state;
    unsigned char pub[32], secret[64], raw[JEM_TOKEN_BYTES], back[JEM_TOKEN_BYTES];
    crypto_sign_keypair(pub, secret);
    struct jem_token token = { .van = 7, .number = jem_number_make(7, 99), .day = 20778, .service_code = 3 }, read;
    char text[256], scanned[512];
    assert_int_equal(jem_token_sign(&token, secret, raw, NULL), JEM_OK);
    static const char *const hosts[] = { "s.id", "status.cianjurkab.go.id",
        "layanan-keliling.kabupatenkepulauansiau.go.id" };
    for (size_t h = 0; h < sizeof hosts / sizeof *hosts; h++)
        for (unsigned width_mm = 58; width_mm <= 80; width_mm += 22)
            for (int lang = JEM_LANG_ID; lang <= JEM_LANG_EN; lang++) {
                jem_lang_set((enum jem_lang)lang);
                assert_int_equal(jem_token_text(raw, hosts[h], text, sizeof text, NULL), JEM_OK);
                struct jem_receipt r = { .region = "Kabupaten Cianjur",
                    .number = token.number,
                    .qr = text,
                    .service = "Kartu Identitas Anak",
                    .day = token.day,
                    .at_unix_ms = 1795244700000,
                    .copy = width_mm == 80,
                    .width_mm = width_mm };
                print_and_scan(&r, scanned, sizeof scanned);
                assert_string_equal(scanned, text);
                assert_int_equal(jem_token_parse(scanned, &read, back, NULL), JEM_OK);
                assert_int_equal(read.number, token.number);
                assert_int_equal(jem_token_verify(back, pub, NULL), JEM_OK);
            }
    jem_lang_set(JEM_LANG_ID);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = { cmocka_unit_test(paper_carries_the_signed_code) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
