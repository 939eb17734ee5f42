// room: app
/* What a reader read is told apart, whatever its keyboard layout made of it; noise is nothing. */
#include "unit.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "jemput/clock.h"
#include "jemput/number.h"
#include "jemput/scanned.h"
#include "jemput/token.h"
#include "prop.h"

static void receipts_numbers_and_tickets_are_told_apart(void **state)
{
    (void)state;
    unsigned char pk[32], secret[64], raw[JEM_TOKEN_BYTES];
    char text[256], number[JEM_NUMBER_TEXT];
    struct jem_scanned s;
    struct jem_token token = { .van = 7, .number = jem_number_make(7, 99), .day = 20778, .service_code = 3 };
    crypto_sign_keypair(pk, secret);
    assert_int_equal(jem_token_sign(&token, secret, raw, NULL), JEM_OK);
    assert_int_equal(jem_token_text(raw, "status.cianjurkab.go.id", text, sizeof text, NULL), JEM_OK);
    jem_scanned_read(text, &s);
    assert_int_equal(s.kind, JEM_SCANNED_RECEIPT);
    assert_int_equal(s.number, token.number);
    assert_int_equal(s.van, 7);
    assert_int_equal(s.day, 20778);
    jem_number_format(token.number, number);
    jem_scanned_read(number, &s);
    assert_int_equal(s.kind, JEM_SCANNED_NUMBER);
    assert_int_equal(s.number, token.number);
    assert_string_equal(jem_scanned_name(s.kind), "number");
}

static void tickets_survive_a_keyboard_layout(void **state)
{
    (void)state;
    static const char *const good[] = { "JEMPUT/Q/3/2026-11-22/A012", "jemput/q/3/2026-11-22/a012",
        "JEMPUT&Q&3&2026'11'22&A012" };
    static const char *const bad[] = { "JEMPUT/Q/3/2026-11-22/", "JEMPUT/Q/3/2026-13-22/A012",
        "JEMPUT/Q/4096/2026-11-22/A1", "JEMPUT/X/3/2026-11-22/A012", "JEMPUT/Q/3/2026-11-22/A012/B",
        "JEMPUT/Q/3/2026-11-22/A01234567", "JEMPUT/Q", "", "8991002101234", "https://example.com/promo",
        "JEMPUT/Q/x/2026-11-22/A012" };
    struct jem_scanned s;
    int32_t day;
    assert_int_equal(jem_day_parse("2026-11-22", &day, NULL), JEM_OK);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        jem_scanned_read(good[i], &s);
        assert_int_equal(s.kind, JEM_SCANNED_TICKET);
        assert_int_equal(s.van, 3);
        assert_int_equal(s.day, day);
        assert_string_equal(s.ticket, "A012");
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        jem_scanned_read(bad[i], &s);
        assert_int_equal(s.kind, JEM_SCANNED_UNKNOWN);
    }
}

static void noise_is_nothing(void **state)
{
    (void)state;
    struct prop g = prop_start("scanned noise");
    for (size_t round = 0; round < prop_rounds(2000); round++) {
        char text[200];
        size_t n = prop_below(&g, sizeof text);
        struct jem_scanned s;
        prop_bytes(&g, text, n);
        for (size_t i = 0; i < n; i++)
            if (text[i] == 0 || isalnum((unsigned char)text[i])) /* no accident spells a number */
                text[i] = '#';
        text[n < sizeof text ? n : n - 1] = 0;
        jem_scanned_read(text, &s);
        assert_int_equal(s.kind, JEM_SCANNED_UNKNOWN);
    }
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receipts_numbers_and_tickets_are_told_apart),
        cmocka_unit_test(tickets_survive_a_keyboard_layout),
        cmocka_unit_test(noise_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
