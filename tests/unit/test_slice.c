// room: sync
/* test_slice.c - the square-root rule against links that drop at random, and its memory. */
#include <math.h>
#include <stdio.h>

#include "prop.h"
#include "slice.h"
#include "unit.h"

static void test_doubles(void **state)
{
    struct jem_slice s;
    (void)state;
    jem_slice_start(&s, 560);
    assert_int_equal(s.size, JEM_SLICE_FIRST);
    for (uint64_t want = JEM_SLICE_FIRST * 2; want < JEM_SLICE_MAX; want *= 2) {
        jem_slice_passed(&s, s.size + 560, 0, s.size);
        assert_int_equal(s.size, want);
    }
    for (int i = 0; i < 3; i++)
        jem_slice_passed(&s, s.size + 560, 0, s.size);
    assert_int_equal(s.size, JEM_SLICE_MAX);
    assert_int_equal(s.overhead, 560);
}

static void test_drops(void **state)
{
    struct jem_slice s;
    (void)state;
    jem_slice_start(&s, 560);
    jem_slice_passed(&s, 16944, 0, 16384);
    jem_slice_dropped(&s, 13056, 16944); /* 30,000 bytes since it came up */
    assert_int_equal(s.lasting, 30000);
    assert_int_equal(s.size, 5796); /* sqrt(2 * 560 * 30000) */
    jem_slice_passed(&s, 6356, 0, 5796);
    assert_int_equal(s.size, 5796);
    for (int i = 0; i < 40; i++)
        jem_slice_dropped(&s, 10, s.size);
    assert_int_equal(s.size, JEM_SLICE_MIN);
    /* and a link that mends is found out */
    for (int i = 0; i < 20; i++)
        jem_slice_passed(&s, s.size + 560, 0, s.size);
    assert_int_equal(s.size, JEM_SLICE_MAX);
    jem_slice_dropped(&s, 0, s.size);
    assert_true(s.size < JEM_SLICE_MAX && s.lasting > 1000000);
}

/* A server that takes no more at once is no bad link: slices stay as long as it takes them, also in the next round. */
static void test_refused(void **state)
{
    struct jem_slice s, again;
    char text[JEM_SLICE_TEXT];
    (void)state;
    jem_slice_start(&s, 560);
    while (s.size < JEM_SLICE_MAX)
        jem_slice_passed(&s, s.size + 560, 0, s.size);
    jem_slice_refused(&s, (uint64_t)2 << 20);
    assert_int_equal(s.size, JEM_SLICE_USUAL);
    jem_slice_refused(&s, 600000);
    assert_int_equal(s.size, 300000);
    assert_int_equal(s.lasting, 0);
    jem_slice_write(&s, text);
    assert_true(jem_slice_read(&again, text));
    jem_slice_passed(&again, again.size + 560, 0, again.size);
    assert_int_equal(again.size, 300000);
    for (int i = 0; i < 20; i++)
        jem_slice_refused(&again, again.size);
    assert_int_equal(again.size, JEM_SLICE_MIN);
}

static void test_memory(void **state)
{
    static const char *const bad[] = { "", "size", "size 1 overhead 2", "size 1 overhead 2 lasting 3",
        "size 1 overhead 2 lasting 3 most 1 least 2 drops 3",
        "size 1 overhead 2 lasting 3 most 1 least 2 drops 3 cap 4 5", "lasting 1 overhead 2 size 3",
        "size x overhead y lasting z" };
    struct jem_slice s, again;
    char text[JEM_SLICE_TEXT];
    (void)state;
    jem_slice_start(&s, 900);
    jem_slice_dropped(&s, 100000, 200000);
    jem_slice_write(&s, text);
    assert_true(jem_slice_read(&again, text));
    assert_int_equal(again.size, s.size);
    assert_int_equal(again.lasting, s.lasting);
    assert_int_equal(again.overhead, s.overhead);
    assert_int_equal(again.most, s.most);
    assert_int_equal(again.least, s.least);
    assert_int_equal(again.drops, s.drops);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(jem_slice_read(&again, bad[i]));
        assert_int_equal(again.size, s.size);
    }
    assert_true(jem_slice_read(&again, "size 999999999999999 overhead 999999999999999 lasting 999999999999999 most "
                                       "999999999999999 least 0 drops 999999999999999 cap 999999999999999"));
    jem_slice_passed(&again, UINT64_MAX, 0, 0);
    jem_slice_dropped(&again, UINT64_MAX, UINT64_MAX);
    assert_true(again.size <= JEM_SLICE_MAX);
    assert_true(jem_slice_read(&again, "size 0 overhead 0 lasting 1 most 0 least 0 drops 0 cap 0"));
    assert_int_equal(again.size, JEM_SLICE_MIN);
}

/* Bytes on the wire for one byte carried, over a link that drops each connection after `cut` bytes until it mends,
 * `mends` bytes on. */
static double carry_cut(uint64_t cut, uint64_t mends, uint64_t *whole)
{
    struct jem_slice s;
    const uint64_t total = 20000000, h = 560;
    uint64_t wire = 0, done = 0, left = cut;
    jem_slice_start(&s, h);
    while (done < total && wire < 100 * total) {
        uint64_t room = jem_slice_room(&s), n = s.size;
        if (room != JEM_SLICE_NO_LIMIT && room < h + JEM_SLICE_MIN && s.held > 0) {
            jem_slice_left(&s);
            left = cut;
            continue;
        }
        if (room != JEM_SLICE_NO_LIMIT)
            n = room > h + 1 ? room - h : 1;
        if (done >= mends)
            left = total;
        if (n + h <= left) {
            wire += n + h;
            left -= n + h;
            done += n;
            jem_slice_passed(&s, n + h, 0, n);
        } else {
            wire += left;
            jem_slice_dropped(&s, left, n + h);
            left = cut;
        }
    }
    *whole = jem_slice_whole(&s);
    return (double)wire / (double)done;
}

static void test_cut(void **state)
{
    uint64_t whole;
    (void)state;
    for (uint64_t cut = 12000; cut <= 300000; cut *= 5) {
        double cost = carry_cut(cut, UINT64_MAX, &whole);
        printf("a drop after each %llu bytes: %.3f\n", (unsigned long long)cut, cost);
        assert_true(cost < 1 + 560.0 / (double)cut + 0.05);
    }
    assert_true(carry_cut(30000, 5000000, &whole) < 1.06);
    assert_int_equal(whole, JEM_SLICE_MAX); /* it mended, and that was found out */
}

/* Bytes on the wire for one byte carried, over a link whose drops come after `mean` bytes on average. fixed 0: the rule. */
static double carry(struct prop *rng, double mean, uint64_t fixed)
{
    struct jem_slice s;
    const uint64_t total = 20000000, h = 560;
    double wire = 0, left = 0;
    uint64_t done = 0;
    jem_slice_start(&s, h);
    while (done < total && wire < 100.0 * (double)total) {
        if (left <= 0)
            left = -log(((double)prop_below(rng, 1000000) + 1) / 1000001) * mean;
        uint64_t size = fixed != 0 ? fixed : s.size;
        double whole = (double)(size + h);
        if (whole <= left) {
            wire += whole;
            left -= whole;
            done += size;
            jem_slice_passed(&s, size + h, 0, size);
        } else {
            wire += left;
            jem_slice_dropped(&s, (uint64_t)left, size + h);
            left = 0;
        }
    }
    return wire / (double)done;
}

static void test_cost(void **state)
{
    static const struct {
        double mean, most;
    } links[] = { { 1e12, 1.01 }, { 200000, 1.13 }, { 60000, 1.25 }, { 25000, 1.42 } };
    struct prop rng = prop_start("slice cost");
    (void)state;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        double rule = carry(&rng, links[i].mean, 0), large = carry(&rng, links[i].mean, 65536);
        printf("a drop in %.0f bytes: %.3f by the rule, %.3f with slices of 64 KB\n", links[i].mean, rule, large);
        assert_true(rule < links[i].most);
        assert_true(rule < large + 0.001);
    }
}

/* Slices that double, but hold no more than ten seconds of the link, over one of that speed where each answer is awaited. */
static unsigned paced(uint64_t speed, int64_t wait_ms, uint64_t total, uint64_t *longest)
{
    struct jem_pace pace = { 0 };
    struct prop g = prop_start("pace");
    uint64_t size = JEM_SLICE_FIRST;
    unsigned slices = 0;
    *longest = 0;
    for (uint64_t left = total; left > 0; slices++) {
        uint64_t bytes = size, breath = 10 * pace.speed;
        if (slices > 0 && breath < bytes)
            bytes = breath > JEM_SLICE_FIRST ? breath : JEM_SLICE_FIRST;
        if (bytes > left)
            bytes = left;
        int64_t carried_ms = (int64_t)(bytes * 1000 / speed);
        jem_pace_seen(&pace, bytes, carried_ms + wait_ms + (int64_t)prop_below(&g, (uint64_t)wait_ms / 10 + 1));
        *longest = (uint64_t)carried_ms > *longest ? (uint64_t)carried_ms : *longest;
        left -= bytes;
        size = 2 * size < JEM_SLICE_MAX ? 2 * size : JEM_SLICE_MAX;
    }
    return slices;
}

static void test_pace(void **state)
{
    uint64_t longest;
    (void)state;
    /* a satellite: what is waited for is soon little beside what is carried */
    unsigned slices = paced(375000, 1200, 30 << 20, &longest);
    assert_true(slices <= 18);
    assert_true(longest <= 15000);
    /* a narrow one: nothing else waits much longer than ten seconds */
    slices = paced(3750, 1200, 1 << 20, &longest);
    assert_true(slices >= 20 && slices <= 60);
    assert_true(longest <= 15000);
    /* a cable: nothing is to be waited for */
    paced(100 << 20, 1, 64 << 20, &longest);
    assert_true(longest <= 1000);
}

/* Slices that go side by side grow as others do, teach nothing of what one costs, and end with the first drop. */
static void test_flown(void **state)
{
    struct jem_slice s;
    (void)state;
    jem_slice_start(&s, 560);
    assert_true(jem_slice_calm(&s));
    jem_slice_flown(&s, 3 * s.size);
    assert_int_equal(s.size, JEM_SLICE_FIRST * 2);
    assert_int_equal(s.overhead, 560);
    assert_int_equal(s.held, 3 * JEM_SLICE_FIRST);
    jem_slice_dropped(&s, 0, s.size);
    assert_false(jem_slice_calm(&s));
    for (int i = 0; i < 40 && !jem_slice_calm(&s); i++)
        jem_slice_flown(&s, s.size);
    assert_true(jem_slice_calm(&s)); /* four times what it lasted went through */
}

/* A slice may begin beside another when it takes twice as long as an answer is waited for; nobody knows before a speed is known. */
static void test_outlasts(void **state)
{
    struct jem_pace pace = { 0 };
    (void)state;
    assert_false(jem_pace_outlasts(&pace, UINT64_C(1) << 40));
    assert_int_equal(jem_pace_ms(&pace, 1000), 0);
    pace = (struct jem_pace){ .speed = 100000, .least = 16384, .least_ms = 1500 };
    assert_int_equal(jem_pace_ms(&pace, 250000), 2500);
    assert_true(jem_pace_outlasts(&pace, 300000));
    assert_false(jem_pace_outlasts(&pace, 299000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_drops),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_cost),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_pace),
        cmocka_unit_test(test_flown),
        cmocka_unit_test(test_outlasts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
