/* test_paper.c - receipts: drawn, issued, copied, verified; forged, cut and foreign ones refused. */
// room: app
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "app_world.h"
#include "jemput/intake.h"
#include "jemput/lookup.h"
#include "jemput/paper.h"
#include "jemput/token.h"
#include "unit.h"

static struct jem_error err;
static uint64_t number;
static char qr[512];

static int setup(void **state)
{
    (void)state;
    struct jem_buf text = JEM_BUF_INIT(512);
    world_make(&world, 2);
    number = world_apply(world.van[0], "kia", 1);
    assert_int_equal(jem_paper_qr(world.van[0], number, &text, &err), JEM_OK);
    snprintf(qr, sizeof qr, "%s", jem_buf_text(&text));
    jem_buf_release(&text);
    return 0;
}

static void every_format_and_width_is_drawn(void **state)
{
    (void)state;
    static const struct {
        const char *name, *magic;
    } formats[] = { { "png", "\x89PNG" }, { "svg", "<?xml" }, { "pdf", "%PDF" }, { "escpos", "\x1b@" } };
    struct jem_buf out = JEM_BUF_INIT(16 << 20);
    for (unsigned width = 58; width <= 80; width += 22) {
        for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
            jem_buf_clear(&out);
            enum jem_paper_format f = jem_paper_format_parse(formats[i].name);
            assert_int_equal(jem_paper_receipt(world.van[0], number, f, width, &out, &err), JEM_OK);
            assert_memory_equal(out.data, formats[i].magic, strlen(formats[i].magic));
        }
    }
    assert_int_equal(jem_paper_receipt(world.van[0], number, JEM_PAPER_PNG, 70, &out, &err), JEM_EINVAL);
    assert_int_equal(jem_paper_format_parse("docx"), JEM_PAPER_UNKNOWN);
    assert_int_equal(jem_paper_receipt(world.van[0], number, JEM_PAPER_UNKNOWN, 58, &out, &err), JEM_EINVAL);
    assert_int_equal(jem_paper_receipt(world.van[0], jem_number_make(1, 5), JEM_PAPER_TEXT, 58, &out, &err),
        JEM_ENOTFOUND);
    jem_buf_release(&out);
}

static bool text_holds(const struct jem_buf *b, const char *words)
{
    return strstr(jem_buf_text(b), words) != NULL;
}

static void the_text_says_what_matters_and_no_nik(void **state)
{
    (void)state;
    struct jem_buf out = JEM_BUF_INIT(1 << 20);
    char text[JEM_NUMBER_TEXT];
    jem_number_format(number, text);
    assert_int_equal(jem_paper_receipt(world.van[0], number, JEM_PAPER_TEXT, 80, &out, &err), JEM_OK);
    assert_true(text_holds(&out, text));
    assert_true(text_holds(&out, "Van Uji 1"));
    assert_true(text_holds(&out, "0263-123456"));
    assert_true(text_holds(&out, "petugas1"));
    world_no_nik(jem_buf_text(&out));
    assert_false(text_holds(&out, "Siti"));
    assert_false(text_holds(&out, "Budi"));
    jem_buf_release(&out);
}

static void copies_are_counted_and_keep_the_code(void **state)
{
    (void)state;
    struct jem_buf out = JEM_BUF_INIT(1 << 20);
    json_t *o = NULL;
    uint64_t mine = world_apply(world.van[0], "kia", 2);
    for (int copy = 0; copy < 3; copy++) {
        jem_buf_clear(&out);
        assert_int_equal(jem_paper_receipt(world.van[0], mine, JEM_PAPER_TEXT, 58, &out, &err), JEM_OK);
        assert_int_equal(text_holds(&out, "SALINAN"), copy > 0);
        assert_int_equal(text_holds(&out, "SALINAN 2"), copy == 2);
        assert_int_equal(jem_paper_issued(world.van[0], mine, JEM_PAPER_PNG, 58, &o, &err), JEM_OK);
        assert_int_equal(jem_json_int(o, "copy", -1), copy);
        json_decref(o);
    }
    /* A paper that comes later changes what the receipt lists, not the code that was signed. */
    struct jem_buf png = JEM_BUF_INIT(1 << 20), before = JEM_BUF_INIT(512), after = JEM_BUF_INIT(512);
    world_png(1, &png);
    struct jem_attachment a = { .kind = "kk", .bytes = png.data, .size = png.len };
    assert_int_equal(jem_paper_qr(world.van[0], mine, &before, &err), JEM_OK);
    assert_int_equal(jem_attach(world.van[0], mine, &a, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_paper_qr(world.van[0], mine, &after, &err), JEM_OK);
    assert_string_equal(jem_buf_text(&before), jem_buf_text(&after));
    jem_buf_release(&before);
    jem_buf_release(&after);
    jem_buf_release(&png);
    jem_buf_release(&out);
}

static void only_the_van_that_took_it_makes_receipts(void **state)
{
    (void)state;
    struct jem_buf out = JEM_BUF_INIT(1 << 20);
    json_t *o = NULL;
    world_sync(&world, 0);
    assert_int_equal(jem_paper_receipt(world.hq, number, JEM_PAPER_TEXT, 58, &out, &err), JEM_EDENIED);
    assert_int_equal(jem_paper_issued(world.hq, number, JEM_PAPER_TEXT, 58, &o, &err), JEM_EDENIED);
    assert_int_equal(jem_paper_qr(world.hq, number, &out, &err), JEM_EDENIED);
    jem_buf_release(&out);
}

static void a_true_receipt_verifies_with_no_network(void **state)
{
    (void)state;
    json_t *o = NULL;
    char text[JEM_NUMBER_TEXT], lower[sizeof qr + 2];
    jem_number_format(number, text);
    assert_int_equal(jem_paper_verify(world.van[0], qr, &o, &err), JEM_OK);
    assert_true(jem_json_bool(o, "valid", false));
    assert_true(jem_json_bool(o, "known", false));
    assert_string_equal(jem_json_str(o, "number", ""), text);
    assert_int_equal(jem_json_int(o, "van", 0), 1);
    assert_int_equal(strlen(jem_json_str(o, "day", "")), 10);
    assert_string_not_equal(jem_json_str(o, "service", ""), "");
    json_decref(o);
    snprintf(lower, sizeof lower, "%s\n", qr);
    for (char *p = lower; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    assert_int_equal(jem_paper_verify(world.van[0], lower, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_paper_verify(world.hq, qr, &o, &err), JEM_OK);
    json_decref(o);
}

static void false_receipts_are_refused(void **state)
{
    (void)state;
    json_t *o = NULL;
    char bad[512];
    size_t n = strlen(qr);
    /* Every character of the payload that is changed. */
    for (size_t i = n - JEM_TOKEN_CHARS; i < n; i += 7) {
        snprintf(bad, sizeof bad, "%s", qr);
        bad[i] = bad[i] == 'Z' ? 'Y' : 'Z';
        o = NULL;
        enum jem_code rc = jem_paper_verify(world.van[0], bad, &o, &err);
        assert_true(rc == JEM_ECORRUPT || rc == JEM_EINVAL);
        assert_true(
            rc != JEM_ECORRUPT || (json_is_false(json_object_get(o, "valid")) && *jem_json_str(o, "reason", "")));
        json_decref(o);
    }
    o = NULL;
    snprintf(bad, sizeof bad, "%.*s", (int)n - 30, qr);
    assert_int_equal(jem_paper_verify(world.van[0], bad, &o, &err), JEM_EINVAL);
    assert_non_null(strstr(err.msg, "30"));
    assert_int_equal(jem_paper_verify(world.van[0], "https://example.com/promo", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_paper_verify(world.van[0], "", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_paper_verify(world.van[0], NULL, &o, &err), JEM_EINVAL);
    assert_null(o);
}

/* A token that any key signs: the text of it. */
static void sign_token(const unsigned char secret[64], unsigned van, uint64_t about, char out[256])
{
    unsigned char raw[JEM_TOKEN_BYTES];
    struct jem_token t = { .van = van, .number = about, .day = 20500, .service_code = 104, .documents = 1 };
    assert_int_equal(jem_token_sign(&t, secret, raw, &err), JEM_OK);
    assert_int_equal(jem_token_text(raw, "status.example", out, 256, &err), JEM_OK);
}

static void foreign_and_forged_signers_are_refused(void **state)
{
    (void)state;
    json_t *o = NULL;
    unsigned char pk[32], sk[64];
    char text[256];
    crypto_sign_keypair(pk, sk);
    sign_token(sk, 1, number, text); /* says it is van 1, is not its key */
    assert_int_equal(jem_paper_verify(world.van[0], text, &o, &err), JEM_ECORRUPT);
    assert_false(jem_json_bool(o, "valid", true));
    json_decref(o);
    sign_token(sk, 99, jem_number_make(99, 4), text); /* a van that nobody enrolled */
    assert_int_equal(jem_paper_verify(world.hq, text, &o, &err), JEM_ECORRUPT);
    assert_non_null(strstr(jem_json_str(o, "reason", ""), "99"));
    json_decref(o);
    /* A van's own true key over a number that is another van's. */
    struct jem_buf secret = JEM_BUF_INIT(64);
    assert_int_equal(jem_store_secret_get(jem_app_store(world.van[1]), "sign.secret", &secret, &err), JEM_OK);
    assert_int_equal(secret.len, 64);
    sign_token(secret.data, 2, number, text);
    assert_int_equal(jem_paper_verify(world.hq, text, &o, &err), JEM_ECORRUPT);
    json_decref(o);
    uint64_t got = 0;
    assert_int_equal(jem_lookup_number(world.hq, text, &got, &err), JEM_ECORRUPT);
    jem_buf_wipe(&secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_and_width_is_drawn),
        cmocka_unit_test(the_text_says_what_matters_and_no_nik),
        cmocka_unit_test(copies_are_counted_and_keep_the_code),
        cmocka_unit_test(only_the_van_that_took_it_makes_receipts),
        cmocka_unit_test(a_true_receipt_verifies_with_no_network),
        cmocka_unit_test(false_receipts_are_refused),
        cmocka_unit_test(foreign_and_forged_signers_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, world_down);
}
