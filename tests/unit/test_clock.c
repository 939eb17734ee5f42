// room: base
/* Clocks: stamps always grow and survive clocks that leap; days are those of western Indonesia. */
#include "unit.h"

#include <string.h>
#include <time.h>

#include "jemput/clock.h"
#include "prop.h"

#define NOW ((int64_t)1795244400000) /* 2026-11-21 14:00 WIB */
#define DAY ((int64_t)86400000)

static void stamps_follow_a_plausible_clock(void **state)
{
    (void)state;
    uint64_t a = jem_hlc_next(0, NOW);
    assert_int_equal(jem_hlc_unix_ms(a), NOW);
    assert_int_equal(jem_hlc_next(a, NOW), a + 1);
    assert_int_equal(jem_hlc_next(a, NOW - 5000), a + 1);
    assert_int_equal(jem_hlc_unix_ms(jem_hlc_next(a, NOW + 399 * DAY)), NOW + 399 * DAY);
}

static void stamps_do_not_follow_a_broken_clock(void **state)
{
    (void)state;
    uint64_t a = jem_hlc_next(0, NOW);
    assert_int_equal(jem_hlc_next(a, 0), a + 1);                     /* dead battery: 1970 */
    assert_int_equal(jem_hlc_next(a, NOW + 401 * DAY), a + 1);       /* a leap ahead */
    assert_int_equal(jem_hlc_next(0, JEM_CLOCK_EARLIEST_MS - 1), 1); /* a new store, dead battery */
    assert_int_equal(jem_hlc_next(a, INT64_MAX), a + 1);
    assert_int_equal(jem_hlc_next(a, INT64_MIN), a + 1);
    uint64_t full = a | 0xFFFF;
    assert_int_equal(jem_hlc_unix_ms(jem_hlc_next(full, NOW)), NOW + 1);
}

static void foreign_stamps_pull_only_a_day(void **state)
{
    (void)state;
    uint64_t a = jem_hlc_next(0, NOW);
    uint64_t near = (uint64_t)(NOW + JEM_HLC_MAX_AHEAD_MS) << 16, far = (uint64_t)(NOW + JEM_HLC_MAX_AHEAD_MS + 1)
                                                                        << 16;
    assert_int_equal(jem_hlc_seen(a, near, NOW), near);
    assert_int_equal(jem_hlc_seen(a, far, NOW), a);
    assert_int_equal(jem_hlc_seen(a, UINT64_MAX, NOW), a);
    assert_int_equal(jem_hlc_seen(near, a, NOW), near);
}

/* Whatever the wall clock does and whatever arrives, every own stamp is later than the one before. */
static void stamps_always_grow(void **state)
{
    (void)state;
    struct prop g = prop_start("stamps_always_grow");
    uint64_t last = 0;
    int64_t wall = NOW;
    for (size_t i = 0; i < prop_rounds(20000); i++) {
        switch (prop_below(&g, 20)) {
        case 0: wall = (int64_t)prop_below(&g, (uint64_t)1 << 50) - ((int64_t)1 << 48); break;
        case 1: wall = NOW; break;
        default: wall += (int64_t)prop_below(&g, 3000) - 1000; break;
        }
        uint64_t next = jem_hlc_next(last, wall);
        assert_true(next > last);
        last = next;
        uint64_t seen = jem_hlc_seen(last, prop_u64(&g) >> prop_below(&g, 40), wall);
        assert_true(seen >= last);
        last = seen;
    }
}

/* Our calendar against the C library's, over 1900..2199. */
static void days_agree_with_the_c_library(void **state)
{
    (void)state;
    for (int32_t day = -25567; day < 84000; day++) {
        time_t t = (time_t)day * 86400;
        struct tm tm;
        char want[16], got[11];
        gmtime_r(&t, &tm);
        strftime(want, sizeof want, "%Y-%m-%d", &tm);
        jem_day_format(day, got);
        assert_string_equal(got, want);
        int32_t back;
        assert_int_equal(jem_day_parse(got, &back, NULL), JEM_OK);
        assert_int_equal(back, day);
    }
}

static void wrong_days_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = { "", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-04-31",
        "2026-1-01", "26-01-01", "2026/01/01", "2026-01-01x", " 2026-01-01", "0000-01-01", "1900-02-29" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int32_t day = 7;
        struct jem_error err;
        assert_int_equal(jem_day_parse(wrong[i], &day, &err), JEM_EINVAL);
        assert_int_equal(day, 7);
    }
    int32_t leap;
    assert_int_equal(jem_day_parse("2000-02-29", &leap, NULL), JEM_OK);
}

static void the_day_turns_at_midnight_wib(void **state)
{
    (void)state;
    char day[11], iso[26], text[40];
    int64_t midnight = 1795280400000; /* 2026-11-22 00:00 WIB, 17:00 UTC */
    jem_day_format(jem_day_of_unix_ms(midnight - 1), day);
    assert_string_equal(day, "2026-11-21");
    jem_day_format(jem_day_of_unix_ms(midnight), day);
    assert_string_equal(day, "2026-11-22");
    jem_time_iso(midnight - 1000, iso);
    assert_string_equal(iso, "2026-11-21T23:59:59+07:00");
    jem_time_iso(-1, iso);
    assert_string_equal(iso, "1970-01-01T06:59:59+07:00");
    jem_lang_set(JEM_LANG_ID);
    jem_time_human(midnight + 14 * 3600000 + 5 * 60000, text, sizeof text);
    assert_string_equal(text, "22 Nov 2026 14.05");
    jem_day_human(jem_day_of_unix_ms(midnight) + 9, text, sizeof text);
    assert_string_equal(text, "1 Desember 2026");
    jem_lang_set(JEM_LANG_EN);
    jem_time_human(midnight, text, sizeof text);
    assert_string_equal(text, "22 Nov 2026 00:00");
    jem_lang_set(JEM_LANG_ID);
    jem_day_format(INT32_MAX, day);
    assert_string_equal(day, "9999-12-31");
}

static void the_system_clock_runs(void **state)
{
    (void)state;
    const struct jem_clock *c = jem_clock_system();
    int64_t now = c->now_unix_ms(c->ctx), mono = jem_mono_ms();
    assert_true(now / 1000 >= (int64_t)time(NULL) - 2 && now / 1000 <= (int64_t)time(NULL) + 2);
    assert_true(jem_mono_ms() >= mono);
    enum jem_clock_source source = c->source(c->ctx);
    assert_true(source == JEM_CLOCK_NTP || source == JEM_CLOCK_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stamps_follow_a_plausible_clock),
        cmocka_unit_test(stamps_do_not_follow_a_broken_clock),
        cmocka_unit_test(foreign_stamps_pull_only_a_day),
        cmocka_unit_test(stamps_always_grow),
        cmocka_unit_test(days_agree_with_the_c_library),
        cmocka_unit_test(wrong_days_are_refused),
        cmocka_unit_test(the_day_turns_at_midnight_wib),
        cmocka_unit_test(the_system_clock_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
