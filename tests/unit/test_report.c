/* test_report.c - the numbers of a period agree with what was done, small groups are not told, and page and table hold the same. */
// room: app
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_world.h"
#include "jemput/csv.h"
#include "jemput/desk.h"
#include "jemput/report.h"
#include "unit.h"

#define PEOPLE 9

static struct jem_error err;
static uint64_t numbers[PEOPLE];

static void decide(uint64_t number, enum jem_status to, const char *reason)
{
    json_t *o = NULL;
    struct jem_decision d = { .number = number, .to = to, .reason = reason };
    assert_int_equal(jem_desk_decide(world.hq, &d, &o, &err), JEM_OK);
    json_decref(o);
}

static int setup(void **state)
{
    (void)state;
    world_make(&world, 2);
    for (unsigned i = 0; i < PEOPLE; i++)
        numbers[i] = world_apply(world.van[i % 2], i < 6 ? "kia" : "ktp-el", i);
    world_sync(&world, 0);
    world_sync(&world, 1);
    static const enum jem_status way[] = { JEM_STATUS_VERIFIED, JEM_STATUS_IN_PROCESS, JEM_STATUS_READY,
        JEM_STATUS_HANDED_OVER };
    for (size_t i = 0; i < 4; i++)
        decide(numbers[0], way[i], NULL);
    decide(numbers[1], JEM_STATUS_REJECTED, "bukan penduduk");
    decide(numbers[2], JEM_STATUS_RETURNED, "KK <3203121002150003> buram");
    return 0;
}

static const json_t *entry(const json_t *report, const char *list, const char *key, const char *value)
{
    size_t i;
    json_t *it;
    json_array_foreach(json_object_get(report, list), i, it)
    {
        if (strcmp(jem_json_str(it, key, ""), value) == 0)
            return it;
    }
    fail_msg("no %s in %s", value, list);
    return NULL;
}

static void numbers_agree(void **state)
{
    (void)state;
    json_t *r = NULL, *day;
    struct jem_selection all = JEM_SELECTION_ALL;
    size_t i;
    int64_t sum = 0;
    assert_int_equal(jem_report_make(world.hq, &all, &r, &err), JEM_OK);
    assert_int_equal(jem_json_int(r, "applications", 0), PEOPLE);
    assert_int_equal(jem_json_int(r, "before", -1), 0);
    const json_t *kia = entry(r, "services", "service", "kia");
    assert_int_equal(jem_json_int(kia, "submitted", 0), 6);
    assert_int_equal(jem_json_int(kia, "decided", 0), 2);
    assert_int_equal(jem_json_int(kia, "on_time", 0), 2);
    assert_int_equal(jem_json_int(kia, "late", -1), 0);
    assert_int_equal(jem_json_int(kia, "open", 0), 4); /* the returned one waits too */
    assert_int_equal(jem_json_int(kia, "median_hours", -1), 0);
    assert_true(json_is_null(json_object_get(entry(r, "services", "service", "ktp-el"), "median_hours")));
    assert_int_equal(json_array_size(json_object_get(r, "days")), 30);
    json_array_foreach(json_object_get(r, "days"), i, day) sum += jem_json_int(day, "submitted", 0);
    assert_int_equal(sum, PEOPLE);
    const json_t *age = json_object_get(r, "ageing"), *funnel = json_object_get(r, "funnel");
    assert_int_equal(jem_json_int(age, "on_time", 0) + jem_json_int(age, "due_soon", 0), PEOPLE - 2);
    assert_int_equal(jem_json_int(funnel, "decided", 0), 2);
    assert_int_equal(jem_json_int(funnel, "collected", 0), 1);
    const json_t *why = json_array_get(json_object_get(r, "returns"), 0);
    assert_true(json_is_null(json_object_get(why, "count"))); /* one person */
    world_no_nik(jem_json_str(why, "reason", ""));
    assert_int_equal(jem_json_int(entry(r, "vans", "name",
                                      jem_json_str(json_array_get(json_object_get(r, "vans"), 0), "name", "")),
                         "submitted", 0),
        5);
    json_decref(r);
}

static void a_period_has_its_baseline(void **state)
{
    (void)state;
    json_t *r = NULL;
    int32_t today = jem_store_today(jem_app_store(world.hq));
    struct jem_selection next = JEM_SELECTION_ALL, wrong = JEM_SELECTION_ALL;
    next.from_day = today + 1;
    next.to_day = today + 7;
    assert_int_equal(jem_report_make(world.hq, &next, &r, &err), JEM_OK);
    assert_int_equal(jem_json_int(r, "applications", -1), 0);
    assert_int_equal(jem_json_int(r, "before", -1), PEOPLE);
    json_decref(r);
    wrong.from_day = today + 1;
    assert_int_equal(jem_report_make(world.hq, &wrong, &r, &err), JEM_EINVAL);
    assert_int_equal(jem_report_make(world.van[0], &next, &r, &err), JEM_EDENIED);
}

static size_t count_of(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, part)) != NULL; p++)
        n++;
    return n;
}

static void page_and_table_hold_it(void **state)
{
    (void)state;
    static const enum jem_lang langs[] = { JEM_LANG_ID, JEM_LANG_EN };
    struct jem_selection all = JEM_SELECTION_ALL;
    json_t *r = NULL, *rows = NULL;
    struct jem_buf csv = JEM_BUF_INIT(1 << 20);
    assert_int_equal(jem_report_make(world.hq, &all, &r, &err), JEM_OK);
    for (size_t i = 0; i < 2; i++) {
        struct jem_buf page = JEM_BUF_INIT(1 << 20);
        jem_lang_set(langs[i]);
        assert_int_equal(jem_report_html(r, &page, &err), JEM_OK);
        const char *text = jem_buf_text(&page);
        world_no_nik(text);
        assert_null(strstr(text, "KK <")); /* escaped */
        assert_null(strstr(text, "<script"));
        static const char *const pairs[] = { "section", "table", "svg", "details", "title", "text", "td" };
        for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
            char open[20], shut[20];
            (void)snprintf(open, sizeof open, "<%s", pairs[k]);
            (void)snprintf(shut, sizeof shut, "</%s>", pairs[k]);
            assert_int_equal(count_of(text, open), count_of(text, shut));
        }
        jem_buf_release(&page);
    }
    jem_lang_set(JEM_LANG_ID);
    assert_int_equal(jem_report_csv(r, NULL, &csv, &err), JEM_OK);
    assert_int_equal(jem_csv_read(jem_buf_text(&csv), csv.len, &rows, &err), JEM_OK);
    for (size_t i = 0; i < json_array_size(rows); i++)
        assert_int_equal(json_array_size(json_array_get(rows, i)), 4);
    json_decref(rows);
    jem_buf_release(&csv);
    json_decref(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_agree),
        cmocka_unit_test(a_period_has_its_baseline),
        cmocka_unit_test(page_and_table_hold_it),
    };
    return cmocka_run_group_tests(tests, setup, world_down);
}
