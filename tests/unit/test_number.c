// room: record
/* test_number.c - the application number and its check characters. */
#include <stdio.h>
#include <string.h>

#include "jemput/number.h"
#include "prop.h"
#include "unit.h"

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static struct prop rng;

static uint64_t next_random(void)
{
    return prop_u64(&rng);
}

static uint64_t some_number(void)
{
    uint64_t random = next_random();
    return jem_number_make((unsigned)(random >> 50), random | 1);
}

/* Parses and expects a refusal that leaves *out alone. */
static void expect_refused(const char *text, const char *says)
{
    struct jem_error err = { 0 };
    uint64_t out = 77;
    assert_int_equal(jem_number_parse(text, &out, &err), JEM_EINVAL);
    assert_int_equal(out, 77);
    assert_int_equal(err.code, JEM_EINVAL);
    assert_int_equal(err.domain, JEM_D_RECORD);
    if (!strstr(err.msg, says))
        fail_msg("\"%s\" gives \"%s\", not \"%s\"", text, err.msg, says);
}

static void number_holds_van_and_random(void **state)
{
    (void)state;
    assert_int_equal(jem_number_van(jem_number_make(4095, UINT64_MAX)), 4095);
    assert_int_equal(jem_number_van(jem_number_make(4096, 5)), 0);
    assert_true(jem_number_make(4095, UINT64_MAX) == ((uint64_t)1 << 50) - 1);
    assert_true(jem_number_make(1, 0) == (uint64_t)1 << 38);
    assert_true(jem_number_make(0, 9) == 9);
}

static void round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < prop_rounds(20000); i++) {
        uint64_t number = some_number(), back = 0;
        char text[JEM_NUMBER_TEXT];
        jem_number_format(number, text);
        assert_int_equal(strlen(text), JEM_NUMBER_TEXT - 1);
        assert_true(text[4] == '-' && text[9] == '-');
        assert_int_equal(jem_number_parse(text, &back, NULL), JEM_OK);
        assert_true(back == number);
    }
}

static void forgives_how_people_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < prop_rounds(2000); i++) {
        uint64_t number = some_number(), back = 0;
        char text[JEM_NUMBER_TEXT], loose[80];
        jem_number_format(number, text);
        size_t n = 0;
        loose[n++] = ' ';
        for (const char *p = text; *p; p++) {
            char c = *p;
            if (c == '-' && next_random() % 2)
                continue;
            if (c == '1')
                c = "1IiLl"[next_random() % 5];
            else if (c == '0')
                c = "0Oo"[next_random() % 3];
            else if (c >= 'A' && next_random() % 2)
                c = (char)(c + 32);
            loose[n++] = c;
            if (next_random() % 4 == 0)
                loose[n++] = ' ';
        }
        loose[n++] = '\n';
        loose[n] = '\0';
        assert_int_equal(jem_number_parse(loose, &back, NULL), JEM_OK);
        assert_true(back == number);
    }
}

/* The positions of the 12 symbols in the text. */
static const int place[12] = { 0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13 };

static void every_single_substitution_is_refused_and_suggested(void **state)
{
    (void)state;
    for (size_t round = 0; round < prop_rounds(100); round++) {
        char text[JEM_NUMBER_TEXT], wrong[JEM_NUMBER_TEXT];
        jem_number_format(some_number(), text);
        for (int i = 0; i < 12; i++)
            for (int c = 0; c < 32; c++) {
                if (alphabet[c] == text[place[i]])
                    continue;
                memcpy(wrong, text, sizeof text);
                wrong[place[i]] = alphabet[c];
                expect_refused(wrong, text);
            }
    }
}

static void every_double_substitution_is_refused(void **state)
{
    (void)state;
    for (size_t round = 0; round < prop_rounds(3); round++) {
        char text[JEM_NUMBER_TEXT], wrong[JEM_NUMBER_TEXT];
        jem_number_format(some_number(), text);
        for (int i = 0; i < 12; i++)
            for (int j = i + 1; j < 12; j++)
                for (int c = 0; c < 32 * 32; c++) {
                    memcpy(wrong, text, sizeof text);
                    wrong[place[i]] = alphabet[c / 32];
                    wrong[place[j]] = alphabet[c % 32];
                    uint64_t out;
                    if (strcmp(wrong, text) != 0)
                        assert_int_equal(jem_number_parse(wrong, &out, NULL), JEM_EINVAL);
                }
    }
}

static void every_swap_is_refused(void **state)
{
    (void)state;
    size_t suggested = 0, rounds = 0;
    for (size_t round = 0; round < prop_rounds(2000); round++, rounds++) {
        char text[JEM_NUMBER_TEXT];
        jem_number_format(some_number(), text);
        for (int i = 0; i + 1 < 12; i++) {
            char wrong[JEM_NUMBER_TEXT];
            memcpy(wrong, text, sizeof text);
            wrong[place[i]] = text[place[i + 1]];
            wrong[place[i + 1]] = text[place[i]];
            if (strcmp(wrong, text) == 0)
                continue;
            struct jem_error err;
            uint64_t out;
            assert_int_equal(jem_number_parse(wrong, &out, &err), JEM_EINVAL);
            suggested += strstr(err.msg, text) != NULL;
        }
    }
    assert_true(suggested > rounds * 5); /* most swaps that no single change explains are named */
}

static void other_forms_are_refused_with_their_reason(void **state)
{
    (void)state;
    uint64_t number = jem_number_make(3, 123456789);
    char text[JEM_NUMBER_TEXT], wrong[32];
    jem_number_format(number, text);
    expect_refused("", "0");
    expect_refused("---- ----", "0");
    snprintf(wrong, sizeof wrong, "%.13s", text);
    expect_refused(wrong, "11");
    snprintf(wrong, sizeof wrong, "%s7", text);
    expect_refused(wrong, "13");
    memcpy(wrong, text, sizeof text);
    wrong[5] = 'U';
    expect_refused(wrong, "ke-5");
    wrong[5] = '*';
    expect_refused(wrong, "ke-5");
    snprintf(wrong, sizeof wrong, "%.4s•%s", text, text + 5);
    expect_refused(wrong, "13");
    expect_refused("0000-0000-0000", "salah ketik");
    jem_lang_set(JEM_LANG_EN);
    expect_refused("0000-0000-0001", "mistyped");
    jem_lang_set(JEM_LANG_ID);
}

int main(void)
{
    rng = prop_start("number");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number_holds_van_and_random),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(forgives_how_people_write),
        cmocka_unit_test(every_single_substitution_is_refused_and_suggested),
        cmocka_unit_test(every_double_substitution_is_refused),
        cmocka_unit_test(every_swap_is_refused),
        cmocka_unit_test(other_forms_are_refused_with_their_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
