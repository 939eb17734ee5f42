/* test_plan.c - what headquarters plans: visits and the villages that they cover, targets and how much of them a period reached. */
// room: app
#include <stdio.h>
#include <string.h>

#include "app_world.h"
#include "jemput/clock.h"
#include "jemput/csv.h"
#include "jemput/day.h"
#include "jemput/region.h"
#include "jemput/report.h"
#include "unit.h"

static struct jem_error err;
static struct jem_region villages[4]; /* of the first district: the form's own, and three more */

static int setup(void **state)
{
    world_up(state);
    assert_int_equal(jem_region_children("320301", 0, villages, 4), 4);
    return 0;
}

static json_t *coverage(int32_t from, int32_t to)
{
    json_t *o = NULL;
    assert_int_equal(jem_visit_coverage(world.hq, from, to, &o, &err), JEM_OK);
    return o;
}

static const json_t *village_row(const json_t *o, const char *list, const char *village, const char *service)
{
    size_t i;
    const json_t *it;
    json_array_foreach(json_object_get(o, list), i, it)
    {
        if (strcmp(jem_json_str(it, "village", ""), village) == 0 &&
            (service == NULL || strcmp(jem_json_str(it, "service", ""), service) == 0))
            return it;
    }
    return NULL;
}

static void counts(const json_t *o, int64_t visited, int64_t planned)
{
    int64_t total = jem_json_int(o, "total", 0);
    assert_int_equal(jem_json_int(o, "visited", -1), visited);
    assert_int_equal(jem_json_int(o, "planned", -1), planned);
    assert_int_equal(jem_json_int(o, "none", -1), total - visited - planned);
    assert_int_equal(jem_json_int(o, "percent", -1), visited * 100 / total);
    assert_int_equal(json_array_size(json_object_get(o, "villages")), total);
}

static char *plan(const struct jem_region *village, int32_t first, int32_t last, const char *replaces, char id[64])
{
    json_t *o = NULL;
    struct jem_visit_plan in = { .van = 1,
        .village = village->code,
        .first = first,
        .last = last,
        .replaces = replaces };
    assert_int_equal(jem_visit_plan(world.hq, &in, &o, &err), JEM_OK);
    (void)snprintf(id, 64, "%s", jem_json_str(o, "plan", ""));
    json_decref(o);
    return id;
}

static void visited_planned_and_neither(void **state)
{
    (void)state;
    int32_t today = jem_store_today(jem_app_store(world.hq));
    char first[64], second[64];
    json_t *o = coverage(today - 30, today + 30);
    int64_t total = jem_json_int(o, "total", 0);
    assert_true(total > 300 && total < 500); /* a regency's */
    counts(o, 0, 0);
    json_decref(o);
    plan(&villages[1], today + 3, today + 4, NULL, first);
    o = coverage(today - 30, today + 30);
    counts(o, 0, 1);
    assert_string_equal(jem_json_str(village_row(o, "villages", villages[1].code, NULL), "state", ""), "planned");
    json_decref(o);
    o = coverage(today - 30, today); /* planned behind the period: told, and not counted */
    counts(o, 0, 0);
    assert_true(*jem_json_str(village_row(o, "villages", villages[1].code, NULL), "next_day", "") != '\0');
    json_decref(o);
    /* Moved to another village, then cancelled: the old one stands no more. */
    plan(&villages[2], today + 5, today + 5, first, second);
    o = coverage(today - 30, today + 30);
    counts(o, 0, 1);
    assert_string_equal(jem_json_str(village_row(o, "villages", villages[1].code, NULL), "state", ""), "none");
    json_decref(o);
    struct jem_visit_plan again = { .van = 1,
        .village = villages[1].code,
        .first = today,
        .last = today,
        .replaces = first };
    assert_int_equal(jem_visit_plan(world.hq, &again, &o, &err),
        JEM_ENOTFOUND); /* another admin replaced it meanwhile */
    assert_int_equal(jem_visit_cancel(world.hq, second, "jembatan putus", &o, &err), JEM_OK);
    json_decref(o);
    o = coverage(today - 30, today + 30);
    counts(o, 0, 0);
    json_decref(o);
    /* A visit that was made counts, planned or not. */
    assert_int_equal(jem_visit_open(world.van[0], NULL, villages[3].code, "Balai desa", "Siti", &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_visit_close(world.van[0], "", &o, &err), JEM_OK);
    json_decref(o);
    world_sync(&world, 0);
    o = coverage(today - 30, today + 30);
    counts(o, 1, 0);
    const json_t *row = village_row(o, "villages", villages[3].code, NULL);
    assert_int_equal(jem_json_int(row, "visits", 0), 1);
    assert_int_equal(jem_json_int(row, "days_since", -1), 0);
    assert_int_equal(jem_json_int(row, "last_van", 0), 1);
    assert_true(*jem_json_str(row, "district", "") != '\0');
    json_decref(o);
    o = coverage(today - 60, today - 1); /* before: not covered then, known all the same */
    counts(o, 0, 0);
    assert_true(*jem_json_str(village_row(o, "villages", villages[3].code, NULL), "last_day", "") != '\0');
    json_decref(o);
    assert_int_equal(jem_visit_coverage(world.hq, today, today - 1, &o, &err), JEM_EINVAL);
    assert_int_equal(jem_visit_coverage(world.van[0], today, today, &o, &err), JEM_EDENIED);
}

static void the_quarter_unless_said(void **state)
{
    (void)state;
    json_t *o = coverage(INT32_MIN, INT32_MAX);
    int32_t from = 0, to = 0, today = jem_store_today(jem_app_store(world.hq));
    assert_int_equal(jem_day_parse(jem_json_str(o, "from", ""), &from, &err), JEM_OK);
    assert_int_equal(jem_day_parse(jem_json_str(o, "to", ""), &to, &err), JEM_OK);
    assert_true(from <= today && today <= to);
    assert_in_range(to - from + 1, 90, 92);
    assert_string_equal(jem_json_str(o, "from", "") + 8, "01");
    json_decref(o);
}

static void coverage_as_a_file(void **state)
{
    (void)state;
    json_t *o = coverage(INT32_MIN, INT32_MAX), *rows = NULL;
    struct jem_buf csv = JEM_BUF_INIT(1 << 20);
    json_object_set_new(json_array_get(json_object_get(o, "villages"), 0), "name", json_string("=1+1"));
    assert_int_equal(jem_visit_coverage_csv(o, NULL, &csv, &err), JEM_OK);
    assert_non_null(strstr(jem_buf_text(&csv), "'=1+1")); /* no spreadsheet computes it */
    assert_int_equal(jem_csv_read(jem_buf_text(&csv), csv.len, &rows, &err), JEM_OK);
    assert_int_equal(json_array_size(rows), jem_json_int(o, "total", 0) + 1);
    json_decref(rows);
    jem_buf_clear(&csv);
    assert_int_equal(jem_visit_coverage_csv(o, "visited", &csv, &err), JEM_OK);
    assert_int_equal(jem_csv_read(jem_buf_text(&csv), csv.len, &rows, &err), JEM_OK);
    assert_int_equal(json_array_size(rows), jem_json_int(o, "visited", 0) + 1);
    json_decref(rows);
    jem_buf_release(&csv);
    json_decref(o);
}

static enum jem_code target(const char *service, const char *village, int64_t monthly, int64_t was)
{
    json_t *o = NULL;
    enum jem_code rc = jem_report_target(world.hq, service, village, monthly, was, &o, &err);
    if (rc == JEM_OK)
        json_decref(o);
    return rc;
}

static void targets_are_kept_and_seen(void **state)
{
    (void)state;
    json_t *o = NULL;
    const char *v = villages[0].code;
    assert_int_equal(target("kia", NULL, 30, -1), JEM_OK);
    assert_int_equal(target("kia", NULL, 31, 0), JEM_EEXISTS); /* it was 30 by then */
    assert_int_equal(target("kia", v, 12, 0), JEM_OK);
    assert_int_equal(target("all", v, 60, 0), JEM_OK);
    assert_int_equal(target("kia", v, 13, 0), JEM_EEXISTS);
    assert_int_equal(target("kia", v, 14, 12), JEM_OK);
    assert_int_equal(target("all", NULL, 5, -1), JEM_ENOTFOUND);
    assert_int_equal(target("tidak-ada", v, 5, -1), JEM_ENOTFOUND);
    assert_int_equal(target("kia", "320301", 5, -1), JEM_EINVAL);
    assert_int_equal(target("kia", v, -1, -1), JEM_EINVAL);
    assert_int_equal(jem_report_targets(world.hq, &o, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "villages")), 2);
    assert_int_equal(jem_json_int(village_row(o, "villages", v, "kia"), "monthly", 0), 14);
    json_decref(o);
    assert_int_equal(target("all", v, 0, 60), JEM_OK); /* 0 takes it away */
    assert_int_equal(jem_report_targets(world.hq, &o, &err), JEM_OK);
    assert_null(village_row(o, "villages", v, "all"));
    json_decref(o);
    assert_int_equal(target("all", v, 60, 0), JEM_OK);
}

static json_t *report(const char *service, const char *village, int32_t from, int32_t to)
{
    json_t *r = NULL;
    struct jem_selection what = { .service = service, .village = village, .from_day = from, .to_day = to };
    assert_int_equal(jem_report_make(world.hq, &what, &r, &err), JEM_OK);
    return r;
}

static void a_period_against_its_targets(void **state)
{
    (void)state;
    int32_t today = jem_store_today(jem_app_store(world.hq));
    const char *v = villages[0].code;
    for (unsigned i = 0; i < 6; i++)
        (void)world_apply(world.van[0], "kia", 50 + i);
    (void)world_apply(world.van[0], "ktp-el", 60);
    world_sync(&world, 0);
    assert_int_equal(target("ktp-el", v, 20, 0), JEM_OK);
    json_t *r = report(NULL, NULL, today - 29, today); /* thirty days: the month's targets themselves */
    const json_t *kia = village_row(r, "targets", v, "kia"), *all = village_row(r, "targets", v, "all");
    assert_int_equal(jem_json_int(kia, "target", 0), 14);
    assert_int_equal(jem_json_int(kia, "submitted", 0), 6);
    assert_int_equal(jem_json_int(kia, "progress", 0), 42);
    assert_int_equal(jem_json_int(all, "submitted", 0), 7);
    assert_int_equal(jem_json_int(all, "progress", 0), 11);
    const json_t *ktp = village_row(r, "targets", v, "ktp-el"); /* one person: neither count nor share */
    assert_true(json_is_null(json_object_get(ktp, "submitted")));
    assert_true(json_is_null(json_object_get(ktp, "progress")));
    assert_true(json_is_null(json_object_get(village_row(r, "villages", v, NULL), "before")));
    json_decref(r);
    r = report(NULL, NULL, today + 1, today + 15); /* half a month, and the days before as its baseline */
    kia = village_row(r, "targets", v, "kia");
    assert_int_equal(jem_json_int(kia, "target", 0), 7);
    assert_int_equal(jem_json_int(kia, "before", 0), 6);
    assert_true(json_is_null(json_object_get(kia, "submitted")));
    json_decref(r);
    r = report("kia", NULL, today - 29, today);
    assert_int_equal(json_array_size(json_object_get(r, "targets")), 1); /* those of that service */
    json_decref(r);
    r = report(NULL, villages[1].code, today - 29, today);
    assert_int_equal(json_array_size(json_object_get(r, "targets")), 0);
    json_decref(r);
}

static void every_section_is_a_file(void **state)
{
    (void)state;
    static const char *const sections[] = { "services", "days", "ageing", "funnel", "survey", "coverage", "links",
        "complaints", "targets", "villages", "vans", "queue" };
    json_t *r = report(NULL, NULL, INT32_MIN, INT32_MAX), *rows = NULL;
    json_object_set_new(json_array_get(json_object_get(r, "vans"), 0), "name", json_string("@SUM(A1)"));
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        struct jem_buf csv = JEM_BUF_INIT(1 << 20);
        assert_int_equal(jem_report_csv(r, sections[i], &csv, &err), JEM_OK);
        assert_int_equal(jem_csv_read(jem_buf_text(&csv), csv.len, &rows, &err), JEM_OK);
        if (json_array_size(rows) < 2)
            fail_msg("nothing of %s", sections[i]);
        for (size_t k = 1; k < json_array_size(rows); k++)
            assert_string_equal(json_string_value(json_array_get(json_array_get(rows, k), 0)), sections[i]);
        if (strcmp(sections[i], "vans") == 0)
            assert_non_null(strstr(jem_buf_text(&csv), "'@SUM"));
        json_decref(rows);
        jem_buf_release(&csv);
    }
    /* Pictures with their tables, and no link where there is no server. */
    struct jem_buf page = JEM_BUF_INIT(4 << 20), paper = JEM_BUF_INIT(4 << 20);
    assert_int_equal(jem_report_body(r, "/laporan?f=csv&g=", &page, &err), JEM_OK);
    assert_non_null(strstr(jem_buf_text(&page), "/laporan?f=csv&amp;g=coverage\""));
    assert_int_equal(jem_report_html(r, &paper, &err), JEM_OK);
    assert_null(strstr(jem_buf_text(&paper), "href="));
    jem_buf_release(&page);
    jem_buf_release(&paper);
    json_decref(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(visited_planned_and_neither),
        cmocka_unit_test(the_quarter_unless_said),
        cmocka_unit_test(coverage_as_a_file),
        cmocka_unit_test(targets_are_kept_and_seen),
        cmocka_unit_test(a_period_against_its_targets),
        cmocka_unit_test(every_section_is_a_file),
    };
    return cmocka_run_group_tests(tests, setup, world_down);
}
