// room: sync
/* test_district.c - the district's stages: any cases come back as they were, and what they cost in a sealed segment. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/district.h"
#include "jemput/number.h"
#include "jemput/segment.h"
#include "prop.h"
#include "unit.h"

#define CASES 20000
#define VANS 12
#define TODAY 20778

static struct jem_error err;

/* A district some months old: most of the applications handed over, the others on their way. */
static struct jem_district_case *district(struct prop *g, size_t count)
{
    struct jem_district_case *cases = calloc(count, sizeof *cases);
    assert_non_null(cases);
    for (size_t i = 0; i < count; i++) {
        bool done = prop_below(g, 10) < 7;
        cases[i].number = jem_number_make((unsigned)(1 + prop_below(g, VANS)), prop_u64(g));
        cases[i].stage = done ? JEM_STATUS_HANDED_OVER : (enum jem_status)(2 + prop_below(g, 4));
        cases[i].day = (int32_t)(TODAY - (int64_t)prop_below(g, done ? 200 : 20));
    }
    return cases;
}

static void any_cases_come_back(void **state)
{
    (void)state;
    struct prop g = prop_start("district");
    for (size_t round = 0; round < prop_rounds(200); round++) {
        size_t count = 1 + prop_below(&g, 300), n = 0;
        struct jem_district_case *cases = district(&g, count), *back = NULL;
        json_t *body = NULL;
        if (prop_below(&g, 4) == 0) /* days far apart, numbers side by side */
            for (size_t i = 0; i < count; i++)
                cases[i] = (struct jem_district_case){ .number = jem_number_make(4095, i),
                    .stage = (enum jem_status)(1 + i % 5),
                    .day = (int32_t)(prop_below(&g, 60000)) };
        assert_int_equal(jem_district_pack(cases, count, &body, &err), JEM_OK);
        assert_int_equal(jem_kind_check("district.status", body, &err), JEM_OK);
        assert_int_equal(jem_district_unpack(body, &back, &n, &err), JEM_OK);
        assert_int_equal(n, count);
        for (size_t i = 0; i < count; i++) /* packing sorted them */
            assert_true(
                back[i].number == cases[i].number && back[i].stage == cases[i].stage && back[i].day == cases[i].day);
        free(back);
        free(cases);
        json_decref(body);
    }
}

/* Whatever stands in "cases", nothing is read past it and numbers stay numbers. */
static void altered_cases_are_refused_or_in_bounds(void **state)
{
    (void)state;
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct prop g = prop_start("altered district");
    struct jem_district_case *cases = district(&g, 40);
    json_t *body = NULL;
    size_t refused = 0, rounds = prop_rounds(3000);
    assert_int_equal(jem_district_pack(cases, 40, &body, &err), JEM_OK);
    char *good = strdup(jem_json_str(body, "cases", ""));
    assert_non_null(good);
    for (size_t i = 0; i < rounds; i++) {
        struct jem_district_case *back = NULL;
        size_t n = 0, len = strlen(good);
        char *text = strdup(good);
        assert_non_null(text);
        for (size_t k = 0; k <= prop_below(&g, 3); k++)
            text[prop_below(&g, len - 2)] = alphabet[prop_below(&g, 64)];
        if (prop_below(&g, 3) == 0)
            text[prop_below(&g, len / 4) * 4] = '\0';
        json_object_set_new(body, "cases", json_string(text));
        if (jem_district_unpack(body, &back, &n, &err) != JEM_OK)
            refused++;
        for (size_t k = 0; k < n; k++)
            assert_true(back[k].number != 0 && back[k].number >> 50 == 0);
        free(back);
        free(text);
    }
    assert_true(refused > rounds / 4);
    free(good);
    free(cases);
    json_decref(body);
}

static void twenty_thousand_cases_are_cheap(void **state)
{
    (void)state;
    struct prop g = prop_start("20,000 cases");
    struct jem_district_case *cases = district(&g, CASES);
    struct jem_buf text = JEM_BUF_INIT(JEM_EVENT_BODY_MAX), segment = JEM_BUF_INIT(JEM_EVENT_BODY_MAX);
    unsigned char public_key[32], secret[32];
    struct jem_box_key key;
    json_t *body = NULL;
    assert_int_equal(jem_district_pack(cases, CASES, &body, &err), JEM_OK);
    assert_int_equal(jem_json_canonical(body, &text, &err), JEM_OK);
    struct jem_event e = { .id = { 0, 7, 1, 1 }, .hlc = 1, .wall_ms = 1, .actor = "rina", .kind = "district.status" };
    e.body = (char *)text.data;
    e.body_len = text.len;
    jem_event_seal(&e);
    crypto_box_keypair(public_key, secret);
    assert_int_equal(jem_box_key_make(&key, 1, public_key, secret, &err), JEM_OK);
    assert_int_equal(jem_segment_seal(&key, NULL, &e, 1, &segment, &err), JEM_OK);
    printf("district: %d cases of %d vans in a sealed segment of %zu B: %.2f B a case\n", CASES, VANS, segment.len,
        (double)segment.len / CASES);
    assert_true(segment.len <= (size_t)15 * CASES);
    jem_buf_release(&text);
    jem_buf_release(&segment);
    json_decref(body);
    free(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cases_come_back),
        cmocka_unit_test(altered_cases_are_refused_or_in_bounds),
        cmocka_unit_test(twenty_thousand_cases_are_cheap),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
