// room: base
/* Base 32 and hex give back what went in; the check characters find every error they promise to find. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/codec.h"
#include "prop.h"

static void base32_round_trip(void **state)
{
    (void)state;
    struct prop g = prop_start("base32_round_trip");
    for (size_t round = 0; round < prop_rounds(5000); round++) {
        unsigned char p[100];
        size_t n = prop_below(&g, sizeof p);
        prop_bytes(&g, p, n);
        struct jem_buf text = JEM_BUF_INIT(1000), spoken = JEM_BUF_INIT(2000), back = JEM_BUF_INIT(1000);
        jem_base32_encode(p, n, &text);
        assert_int_equal(text.len, (n * 8 + 4) / 5);
        for (size_t i = 0; i < text.len; i++) { /* as a person types it */
            char c = (char)text.data[i];
            uint64_t how = prop_below(&g, 6);
            if (how == 0)
                jem_buf_byte(&spoken, '-');
            if (how == 1 && c >= 'A')
                c = (char)(c - 'A' + 'a');
            if (how == 2)
                c = c == '0' ? 'o' : c == '1' ? "ILil"[prop_below(&g, 4)] : c;
            jem_buf_byte(&spoken, (unsigned char)c);
        }
        assert_int_equal(jem_base32_decode(jem_buf_text(&spoken), spoken.len, &back, NULL), JEM_OK);
        assert_int_equal(back.len, n);
        if (n)
            assert_memory_equal(back.data, p, n);
        jem_buf_release(&text);
        jem_buf_release(&spoken);
        jem_buf_release(&back);
    }
}

static void base32_refuses(void **state)
{
    (void)state;
    static const char *const wrong[] = { "U0", "0!", "01", "000", "0", "00\xC3\xA9", "ZZ" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct jem_buf out = JEM_BUF_INIT(100);
        jem_buf_str(&out, "kept");
        assert_int_equal(jem_base32_decode(wrong[i], strlen(wrong[i]), &out, NULL), JEM_EINVAL);
        assert_int_equal(out.len, 4);
        jem_buf_release(&out);
    }
    assert_int_equal(jem_base32_value('\0'), -1);
    for (unsigned v = 0; v < 32; v++)
        assert_int_equal(jem_base32_value(jem_base32_char(v)), v);
}

/* All single and double substitutions of numbers of every length that is used, and all swaps of neighbours. */
static void check_finds_all_single_and_double_errors(void **state)
{
    (void)state;
    struct prop g = prop_start("check_finds_all_single_and_double_errors");
    for (size_t round = 0; round < prop_rounds(4); round++) {
        size_t n = round % 4 == 0 ? 29 : round % 4 == 1 ? 10 : 1 + prop_below(&g, 29);
        uint8_t word[31];
        for (size_t i = 0; i < n; i++)
            word[i] = (uint8_t)prop_below(&g, 32);
        jem_check_symbols(word, n, word + n);
        size_t total = n + 2;
        assert_true(jem_check_valid(word, total));
        for (size_t i = 0; i < total; i++)
            for (uint8_t e = 1; e < 32; e++) {
                word[i] ^= e;
                assert_false(jem_check_valid(word, total));
                for (size_t j = i + 1; j < total; j++)
                    for (uint8_t f = 1; f < 32; f++) {
                        word[j] ^= f;
                        if (jem_check_valid(word, total))
                            fail_msg("%zu^%u %zu^%u is not found", i, e, j, f);
                        word[j] ^= f;
                    }
                word[i] ^= e;
            }
        for (size_t i = 0; i + 1 < total; i++) {
            uint8_t a = word[i], b = word[i + 1];
            word[i] = b;
            word[i + 1] = a;
            assert_int_equal(jem_check_valid(word, total), a == b);
            word[i] = a;
            word[i + 1] = b;
        }
    }
}

static void check_suggests_the_one_change(void **state)
{
    (void)state;
    struct prop g = prop_start("check_suggests_the_one_change");
    for (size_t round = 0; round < prop_rounds(3000); round++) {
        size_t n = 1 + prop_below(&g, 29);
        uint8_t word[31], typed[31];
        for (size_t i = 0; i < n; i++)
            word[i] = (uint8_t)prop_below(&g, 32);
        jem_check_symbols(word, n, word + n);
        memcpy(typed, word, n + 2);
        assert_false(jem_check_suggest(typed, n + 2)); /* nothing to repair */
        typed[prop_below(&g, n + 2)] ^= (uint8_t)(1 + prop_below(&g, 31));
        assert_true(jem_check_suggest(typed, n + 2));
        assert_memory_equal(typed, word, n + 2);
        typed[0] ^= 1;
        typed[n + 1] ^= (uint8_t)(1 + prop_below(&g, 31));
        if (jem_check_suggest(typed, n + 2)) /* two changes: whatever is offered is a word of the code */
            assert_true(jem_check_valid(typed, n + 2));
    }
}

static void hex_round_trip(void **state)
{
    (void)state;
    unsigned char p[256], back[256];
    char text[513];
    for (unsigned i = 0; i < 256; i++)
        p[i] = (unsigned char)i;
    jem_hex(p, 256, text);
    assert_memory_equal(text + 2 * 0xab, "abac", 4);
    assert_true(jem_unhex(text, 512, back, 256));
    assert_memory_equal(p, back, 256);
    assert_true(jem_unhex("AbCd", 4, back, 2));
    assert_false(jem_unhex("abc", 3, back, 2));
    assert_false(jem_unhex("abcg", 4, back, 2));
}

/* BLAKE2b-256 of the empty string, from RFC 7693's reference implementation. */
static void the_hash_is_blake2b_256(void **state)
{
    (void)state;
    unsigned char h[32];
    char text[65];
    jem_hash(NULL, 0, h);
    jem_hex(h, 32, text);
    assert_string_equal(text, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

static void words_are_easy_to_tell_apart(void **state)
{
    (void)state;
    static const char *const words[] = {
#define W(word) #word,
#include "words.def"
#undef W
    };
    assert_int_equal(sizeof words / sizeof *words, 256);
    for (size_t i = 0; i < 256; i++) {
        size_t n = strlen(words[i]);
        assert_true(n >= 4 && n <= 7 && strspn(words[i], "abcdefghijklmnopqrstuvwxyz") == n);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(strncmp(words[i], words[j], 4), 0);
    }
}

static void fingerprints_name_eight_bytes(void **state)
{
    (void)state;
    unsigned char h[32] = { 0, 1, 2, 3, 252, 253, 254, 255, 9 };
    char a[96], b[96];
    jem_fingerprint_words(h, a);
    h[8] = 10;
    jem_fingerprint_words(h, b);
    assert_string_equal(a, b);
    size_t hyphens = 0;
    for (const char *p = a; *p; p++)
        hyphens += *p == '-';
    assert_int_equal(hyphens, 7);
    for (size_t i = 0; i < 8; i++) {
        h[i] ^= 1;
        jem_fingerprint_words(h, b);
        assert_string_not_equal(a, b);
        h[i] ^= 1;
    }
}

static void random_bytes_differ(void **state)
{
    (void)state;
    unsigned char a[32] = { 0 }, b[32] = { 0 };
    jem_random(a, sizeof a);
    jem_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base32_round_trip),
        cmocka_unit_test(base32_refuses),
        cmocka_unit_test(check_finds_all_single_and_double_errors),
        cmocka_unit_test(check_suggests_the_one_change),
        cmocka_unit_test(hex_round_trip),
        cmocka_unit_test(the_hash_is_blake2b_256),
        cmocka_unit_test(words_are_easy_to_tell_apart),
        cmocka_unit_test(fingerprints_name_eight_bytes),
        cmocka_unit_test(random_bytes_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
