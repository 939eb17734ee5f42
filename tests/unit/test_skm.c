// room: record
/* test_skm.c - the survey's arithmetic by worked examples: exact ninths, grades at their borders, sample sizes. */
#include "jemput/skm.h"
#include "unit.h"

static struct jem_skm of(int n, int answer)
{
    struct jem_skm skm = { .n = 0 };
    int answers[JEM_SKM_ELEMENTS];
    for (int i = 0; i < JEM_SKM_ELEMENTS; i++)
        answers[i] = answer;
    for (int i = 0; i < n; i++)
        assert_true(jem_skm_add(&skm, answers));
    return skm;
}

static void test_perfect_is_exactly_100(void **state)
{
    (void)state;
    for (int n = 1; n < 400; n++) {
        struct jem_skm best = of(n, 4), worst = of(n, 1);
        assert_int_equal(jem_skm_ikm(&best), 10000);
        assert_int_equal(jem_skm_ikm(&worst), 2500);
        assert_int_equal(jem_skm_nrr(&best, 8), 400);
    }
}

/* Two people: 4,4,4,4,4,4,4,4,3 and 3,3,3,4,3,3,3,3,3: 35 + 28 = 63 of 72: 25 * 63 / 18 = 87.5. */
static void test_worked_example(void **state)
{
    (void)state;
    struct jem_skm skm = { .n = 0 };
    assert_true(jem_skm_add(&skm, (int[]){ 4, 4, 4, 4, 4, 4, 4, 4, 3 }));
    assert_true(jem_skm_add(&skm, (int[]){ 3, 3, 3, 4, 3, 3, 3, 3, 3 }));
    assert_int_equal(jem_skm_ikm(&skm), 8750);
    assert_int_equal(jem_skm_grade(jem_skm_ikm(&skm)), 'B');
    assert_int_equal(jem_skm_nrr(&skm, 0), 350);
    assert_int_equal(jem_skm_nrr(&skm, 3), 400);
    assert_int_equal(jem_skm_nrr(&skm, 8), 300);
    /* one of three says 1: 100 / 3 and 2 / 3 are rounded once, at the end */
    struct jem_skm third = of(2, 4);
    assert_true(jem_skm_add(&third, (int[]){ 1, 4, 4, 4, 4, 4, 4, 4, 4 }));
    assert_int_equal(jem_skm_nrr(&third, 0), 300);
    assert_int_equal(jem_skm_ikm(&third), 9722);
}

static void test_grades(void **state)
{
    (void)state;
    assert_int_equal(jem_skm_grade(10000), 'A');
    assert_int_equal(jem_skm_grade(8831), 'A');
    assert_int_equal(jem_skm_grade(8830), 'B');
    assert_int_equal(jem_skm_grade(7661), 'B');
    assert_int_equal(jem_skm_grade(7660), 'C');
    assert_int_equal(jem_skm_grade(6500), 'C');
    assert_int_equal(jem_skm_grade(6499), 'D');
    assert_int_equal(jem_skm_grade(2500), 'D');
}

static void test_sample(void **state)
{
    (void)state;
    assert_int_equal(jem_skm_sample(0), 0);
    assert_int_equal(jem_skm_sample(1), 1);
    assert_int_equal(jem_skm_sample(50), 44);
    assert_int_equal(jem_skm_sample(1200), 291);
    assert_int_equal(jem_skm_sample(2000), 322);
}

static void test_wrong_answers_add_nothing(void **state)
{
    (void)state;
    struct jem_skm skm = of(3, 2);
    assert_false(jem_skm_add(&skm, (int[]){ 4, 4, 4, 4, 4, 4, 4, 4, 5 }));
    assert_false(jem_skm_add(&skm, (int[]){ 0, 4, 4, 4, 4, 4, 4, 4, 4 }));
    assert_int_equal(skm.n, 3);
    assert_int_equal(jem_skm_ikm(&skm), 5000);
    struct jem_skm none = { .n = 0 };
    assert_int_equal(jem_skm_ikm(&none), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_perfect_is_exactly_100),
        cmocka_unit_test(test_worked_example),
        cmocka_unit_test(test_grades),
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_wrong_answers_add_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
