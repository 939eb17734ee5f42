// room: receipt
/* A receipt's token comes back as it was signed, survives what scanners do to text, and no changed bit passes. */
#include "unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "jemput/clock.h"
#include "jemput/number.h"
#include "jemput/token.h"
#include "prop.h"

struct keys {
    unsigned char pub[32], secret[64];
};

static struct keys keys_of(unsigned char seed_byte)
{
    struct keys k;
    unsigned char seed[32];
    memset(seed, seed_byte, sizeof seed);
    crypto_sign_seed_keypair(k.pub, k.secret, seed);
    return k;
}

static struct jem_token sample(void)
{
    return (struct jem_token){ .van = 3,
        .number = jem_number_make(3, 0x2345678901),
        .day = 20778,
        .service_code = 517,
        .documents = 4,
        .incomplete = true };
}

static void sample_text(const struct keys *k, unsigned char raw[JEM_TOKEN_BYTES], char text[256])
{
    struct jem_token t = sample();
    struct jem_error err = { 0 };
    assert_int_equal(jem_token_sign(&t, k->secret, raw, &err), JEM_OK);
    assert_int_equal(jem_token_text(raw, "status.cianjurkab.go.id", text, 256, &err), JEM_OK);
}

static enum jem_code parse(const char *text, struct jem_error *err)
{
    struct jem_token t;
    unsigned char raw[JEM_TOKEN_BYTES];
    return jem_token_parse(text, &t, raw, err);
}

static void has_the_layout_of_its_header(void **state)
{
    (void)state;
    struct keys k = keys_of(7);
    unsigned char raw[JEM_TOKEN_BYTES], hash[32];
    char text[256];
    sample_text(&k, raw, text);
    jem_hash(k.pub, sizeof k.pub, hash);
    static const unsigned char head[] = { 1, 0, 3 };
    /* van 3 << 38 | 0x2345678901, 7 bytes; 20778 - 18262 days; 517; 4 documents; incomplete */
    static const unsigned char tail[] = { 0x00, 0x00, 0xE3, 0x45, 0x67, 0x89, 0x01, 0x09, 0xD4, 0x02, 0x05, 4, 1 };
    assert_memory_equal(raw, head, 3);
    assert_memory_equal(raw + 3, hash, 4);
    assert_memory_equal(raw + 7, tail, sizeof tail);

    unsigned char message[17 + 24];
    memcpy(message, "jemput-receipt-1\n", 17);
    memcpy(message + 17, raw, 24);
    assert_int_equal(crypto_sign_verify_detached(raw + 24, message, sizeof message, k.pub), 0);
    assert_int_equal(strncmp(text, "HTTPS://STATUS.CIANJURKAB.GO.ID/T/04", 36), 0);
    assert_int_equal(strlen(text), strlen("HTTPS://STATUS.CIANJURKAB.GO.ID/T/") + JEM_TOKEN_CHARS);
}

static void comes_back_as_it_was_signed(void **state)
{
    (void)state;
    struct prop g = prop_start("token round trip");
    for (size_t i = 0; i < prop_rounds(200); i++) {
        struct keys k = keys_of((unsigned char)prop_u64(&g));
        struct jem_token t = { .van = (unsigned)prop_below(&g, JEM_VAN_MAX + 1),
            .number = 1 + prop_below(&g, (UINT64_C(1) << 50) - 1),
            .day = 18262 + (int32_t)prop_below(&g, 65536),
            .service_code = (unsigned)prop_below(&g, 65536),
            .documents = (unsigned)prop_below(&g, 256),
            .incomplete = prop_below(&g, 2) };
        unsigned char raw[JEM_TOKEN_BYTES], back_raw[JEM_TOKEN_BYTES];
        char text[256];
        struct jem_token back;
        assert_int_equal(jem_token_sign(&t, k.secret, raw, NULL), JEM_OK);
        assert_int_equal(jem_token_text(raw, "h.id", text, sizeof text, NULL), JEM_OK);
        assert_int_equal(jem_token_parse(text, &back, back_raw, NULL), JEM_OK);
        assert_memory_equal(raw, back_raw, sizeof raw);
        assert_int_equal(back.van, t.van);
        assert_int_equal(back.number, t.number);
        assert_int_equal(back.day, t.day);
        assert_int_equal(back.service_code, t.service_code);
        assert_int_equal(back.documents, t.documents);
        assert_int_equal(back.incomplete, t.incomplete);
        assert_int_equal(jem_token_verify(back_raw, k.pub, NULL), JEM_OK);
    }
}

static void refuses_every_flipped_bit(void **state)
{
    (void)state;
    struct keys k = keys_of(9);
    unsigned char raw[JEM_TOKEN_BYTES];
    char text[256];
    sample_text(&k, raw, text);
    assert_int_equal(jem_token_verify(raw, k.pub, NULL), JEM_OK);
    for (size_t bit = 0; bit < 8 * sizeof raw; bit++) {
        raw[bit / 8] ^= (unsigned char)(1u << bit % 8);
        struct jem_error err = { 0 };
        assert_int_equal(jem_token_verify(raw, k.pub, &err), JEM_ECORRUPT);
        assert_true(strlen(err.msg) > 20);
        raw[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
}

/* No text but the one that was printed leads to a valid receipt (letters that are read alike do not count). */
static void refuses_every_changed_character(void **state)
{
    (void)state;
    struct keys k = keys_of(9);
    unsigned char raw[JEM_TOKEN_BYTES], other[JEM_TOKEN_BYTES];
    struct jem_token t;
    char text[256];
    sample_text(&k, raw, text);
    size_t start = strlen(text) - JEM_TOKEN_CHARS;
    struct prop g = prop_start("token substitution");
    for (size_t i = start; i < strlen(text); i++) {
        char was = text[i];
        do
            text[i] = jem_base32_char((unsigned)prop_below(&g, 32));
        while (text[i] == was);
        if (jem_token_parse(text, &t, other, NULL) == JEM_OK)
            assert_int_equal(jem_token_verify(other, k.pub, NULL), JEM_ECORRUPT);
        text[i] = was;
    }
}

static void names_a_foreign_key(void **state)
{
    (void)state;
    struct keys k = keys_of(1), other = keys_of(2);
    unsigned char raw[JEM_TOKEN_BYTES];
    char text[256];
    struct jem_error err = { 0 };
    sample_text(&k, raw, text);
    assert_int_equal(jem_token_verify(raw, other.pub, &err), JEM_ECORRUPT);
    assert_int_equal(err.domain, JEM_D_RECEIPT);
    struct jem_error key_err = err;
    raw[40] ^= 1;
    assert_int_equal(jem_token_verify(raw, k.pub, &err), JEM_ECORRUPT);
    assert_string_not_equal(err.msg, key_err.msg);
}

static void replace(char *s, const char *from, const char *to, char *out)
{
    size_t n = 0;
    while (*s) {
        if (strncmp(s, from, strlen(from)) == 0) {
            memcpy(out + n, to, strlen(to));
            n += strlen(to);
            s += strlen(from);
        } else {
            out[n++] = *s++;
        }
    }
    out[n] = 0;
}

/* ':' and '/' as other layouts type them: US without shift, German, Spanish, French, Danish. */
static void forgives_what_wedge_scanners_change(void **state)
{
    (void)state;
    struct keys k = keys_of(3);
    unsigned char raw[JEM_TOKEN_BYTES], back[JEM_TOKEN_BYTES];
    struct jem_token t;
    char text[256], a[512], b[512];
    sample_text(&k, raw, text);
    static const char *const layouts[][2] = { { ";", "/" }, { "Ö", "-" }, { "Ñ", "-" }, { "M", "!" }, { "Æ", "-" },
        { ":", "&" }, { ">", "?" }, { ".", "_" } };
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        replace(text, "S:", "S\x01", a);
        replace(a, "\x01", layouts[i][0], b);
        replace(b, "/", layouts[i][1], a);
        if (jem_token_parse(a, &t, back, NULL) != JEM_OK)
            fail_msg("not read: %s", a);
        assert_memory_equal(raw, back, sizeof raw);
    }
    for (size_t i = 0; text[i]; i++)
        a[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]), a[i + 1] = 0;
    assert_int_equal(jem_token_parse(a, &t, back, NULL), JEM_OK);
    assert_memory_equal(raw, back, sizeof raw);
}

static void forgives_wrapping_and_bare_codes(void **state)
{
    (void)state;
    struct keys k = keys_of(3);
    unsigned char raw[JEM_TOKEN_BYTES], back[JEM_TOKEN_BYTES];
    struct jem_token t;
    char text[256], a[512];
    sample_text(&k, raw, text);
    const char *bare = text + strlen(text) - JEM_TOKEN_CHARS;
    assert_int_equal(jem_token_parse(bare, &t, back, NULL), JEM_OK);
    snprintf(a, sizeof a, "  %.40s\r\n   %.60s\n%s\t\r\n", text, text + 40, text + 100);
    assert_int_equal(jem_token_parse(a, &t, back, NULL), JEM_OK);
    assert_memory_equal(raw, back, sizeof raw);
    snprintf(a, sizeof a, "%s/", text);
    assert_int_equal(jem_token_parse(a, &t, back, NULL), JEM_OK);
    size_t n = 0;
    for (size_t i = 0; i < JEM_TOKEN_CHARS; i++) {
        if (i > 0 && i % 4 == 0)
            a[n++] = i % 8 ? '-' : ' ';
        a[n++] = bare[i] == '0' ? 'o' : bare[i] == '1' ? 'l' : bare[i];
    }
    a[n] = 0;
    assert_int_equal(jem_token_parse(a, &t, back, NULL), JEM_OK);
    assert_memory_equal(raw, back, sizeof raw);
}

static void counts_missing_characters(void **state)
{
    (void)state;
    struct keys k = keys_of(4);
    unsigned char raw[JEM_TOKEN_BYTES];
    char text[256], expected[16];
    sample_text(&k, raw, text);
    size_t len = strlen(text), start = len - JEM_TOKEN_CHARS;
    for (size_t keep = 1; keep < JEM_TOKEN_CHARS; keep++) {
        struct jem_error err = { 0 };
        char was = text[start + keep];
        text[start + keep] = 0;
        assert_int_equal(parse(text, &err), JEM_EINVAL);
        snprintf(expected, sizeof expected, " %zu ", JEM_TOKEN_CHARS - keep);
        if (!strstr(err.msg, expected))
            fail_msg("%zu kept: %s", keep, err.msg);
        if (keep >= 16) {
            assert_int_equal(parse(text + start, &err), JEM_EINVAL);
            assert_non_null(strstr(err.msg, expected));
        }
        text[start + keep] = was;
    }
}

static void answers_in_both_languages(const char *text, const char *id, const char *en)
{
    struct jem_error err = { 0 };
    jem_lang_set(JEM_LANG_ID);
    assert_int_equal(parse(text, &err), JEM_EINVAL);
    if (!strstr(err.msg, id))
        fail_msg("\"%s\" gives: %s", text, err.msg);
    jem_lang_set(JEM_LANG_EN);
    assert_int_equal(parse(text, &err), JEM_EINVAL);
    if (!strstr(err.msg, en))
        fail_msg("\"%s\" gives: %s", text, err.msg);
    jem_lang_set(JEM_LANG_ID);
}

static void tells_foreign_texts_apart(void **state)
{
    (void)state;
    struct keys k = keys_of(5);
    unsigned char raw[JEM_TOKEN_BYTES];
    char text[256], a[1200];
    sample_text(&k, raw, text);
    static const char *const foreign[] = { "", " ", "\n", "0", "7K3M-Q9TD-X2AB", "04T8-T5CY-4GAC", "3203110101900018",
        "https://example.org", "https://example.org/t/", "HTTPS://T.EXAMPLE/ABC", "https://wa.me/62812", "http",
        "HTTP:/T", "BEGIN:VCARD", "00020101021126610016ID.CO.SHOPEE.WWW", "Tanda Terima", "\xFF\xFE\x80", "ÖÖÖ",
        "-/T/-" };
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        answers_in_both_languages(foreign[i], "bukan kode tanda terima", "not a Jemput receipt");
    memset(a, '0', sizeof a - 1);
    a[sizeof a - 1] = 0;
    answers_in_both_languages(a, "bukan kode tanda terima", "not a Jemput receipt");
    snprintf(a, sizeof a, "%s%s", text, text);
    answers_in_both_languages(a, "dua kode QR", "two QR codes");
    snprintf(a, sizeof a, "%s7", text);
    answers_in_both_languages(a, "kelebihan 1 karakter", "1 characters too many");
    snprintf(a, sizeof a, "%s", text);
    a[strlen(a) - JEM_TOKEN_CHARS + 9] = 'U';
    answers_in_both_languages(a, "karakter ke-10", "character 10");
    /* version 2: the first 8 bits are 00000010 */
    snprintf(a, sizeof a, "%s", text);
    a[strlen(a) - JEM_TOKEN_CHARS + 1] = '8';
    answers_in_both_languages(a, "versi 2", "version 2");
    /* the last bit of the last character is padding */
    snprintf(a, sizeof a, "%s", text);
    char *last = a + strlen(a) - 1;
    *last = jem_base32_char((unsigned)jem_base32_value(*last) | 1u);
    answers_in_both_languages(a, "rusak", "damaged");
}

/* Whatever a scanner or a person types: an answer, no crash, and nothing valid out of noise. */
static void survives_noise(void **state)
{
    (void)state;
    struct prop g = prop_start("token noise");
    struct keys k = keys_of(6);
    unsigned char raw[JEM_TOKEN_BYTES], other[JEM_TOKEN_BYTES];
    struct jem_token t;
    char text[256], noisy[300];
    sample_text(&k, raw, text);
    for (size_t i = 0; i < prop_rounds(3000); i++) {
        size_t n = strlen(text);
        memcpy(noisy, text, n + 1);
        for (uint64_t edits = 1 + prop_below(&g, 4); edits > 0 && n > 0; edits--) {
            size_t at = prop_below(&g, n);
            if (prop_below(&g, 3) == 0)
                noisy[at] = (char)(1 + prop_below(&g, 255));
            else if (prop_below(&g, 2) == 0)
                memmove(noisy + at, noisy + at + 1, n - at), n--;
            else
                noisy[n = at + 1] = 0;
        }
        if (jem_token_parse(noisy, &t, other, NULL) == JEM_OK && memcmp(raw, other, sizeof raw) != 0)
            assert_int_equal(jem_token_verify(other, k.pub, NULL), JEM_ECORRUPT);
    }
}

static void refuses_values_that_do_not_fit(void **state)
{
    (void)state;
    struct keys k = keys_of(8);
    unsigned char raw[JEM_TOKEN_BYTES];
    struct jem_token bad[7];
    for (size_t i = 0; i < 7; i++)
        bad[i] = sample();
    bad[0].van = JEM_VAN_MAX + 1;
    bad[1].number = 0;
    bad[2].number = UINT64_C(1) << 50;
    bad[3].day = 18261;
    bad[4].day = 18262 + 65536;
    bad[5].service_code = 65536;
    bad[6].documents = 256;
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(jem_token_sign(&bad[i], k.secret, raw, NULL), JEM_EINVAL);
    struct jem_error err;
    assert_int_equal(jem_token_sign(&bad[3], k.secret, raw, &err), JEM_EINVAL);
    assert_non_null(strstr(err.msg, "Setel tanggal dan jamnya")); /* what an officer can do about it */
}

static void refuses_hosts_that_a_qr_cannot_pack(void **state)
{
    (void)state;
    struct keys k = keys_of(8);
    unsigned char raw[JEM_TOKEN_BYTES];
    char text[256], longest[82];
    sample_text(&k, raw, text);
    memset(longest, 'a', 81);
    longest[81] = 0;
    static const char *const hosts[] = { "", "a b", "a/b", "a_b", "http://a", "ä.id" };
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        assert_int_equal(jem_token_text(raw, hosts[i], text, sizeof text, NULL), JEM_EINVAL);
    assert_int_equal(jem_token_text(raw, longest, text, sizeof text, NULL), JEM_EINVAL);
    longest[80] = 0;
    assert_int_equal(jem_token_text(raw, longest, text, sizeof text, NULL), JEM_OK);
    assert_int_equal(jem_token_text(raw, "status.id:8443", text, sizeof text, NULL), JEM_OK);
    assert_int_equal(parse(text, NULL), JEM_OK);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_layout_of_its_header),
        cmocka_unit_test(comes_back_as_it_was_signed),
        cmocka_unit_test(refuses_every_flipped_bit),
        cmocka_unit_test(refuses_every_changed_character),
        cmocka_unit_test(names_a_foreign_key),
        cmocka_unit_test(forgives_what_wedge_scanners_change),
        cmocka_unit_test(forgives_wrapping_and_bare_codes),
        cmocka_unit_test(counts_missing_characters),
        cmocka_unit_test(tells_foreign_texts_apart),
        cmocka_unit_test(survives_noise),
        cmocka_unit_test(refuses_values_that_do_not_fit),
        cmocka_unit_test(refuses_hosts_that_a_qr_cannot_pack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
