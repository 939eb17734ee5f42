/* test_export.c - what leaves headquarters: who may, in which form, what is masked, and that it is on record. */
// room: app
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app_world.h"
#include "jemput/csv.h"
#include "jemput/data.h"
#include "jemput/desk.h"
#include "jemput/file.h"
#include "jemput/intake.h"
#include "unit.h"

#define PEOPLE 6

static struct jem_error err;
static uint64_t numbers[PEOPLE];

static int setup(void **state)
{
    (void)state;
    json_t *o = NULL, *set = json_pack("{s:s}", "child_name", "=HYPERLINK(\"http://x\")");
    world_make(&world, 2);
    for (unsigned i = 0; i < PEOPLE; i++)
        numbers[i] = world_apply(world.van[i % 2], i < 4 ? "kia" : "ktp-el", i);
    assert_int_equal(jem_correct(world.van[0], numbers[0], set, NULL, &o, NULL, &err), JEM_OK);
    json_decref(o);
    json_decref(set);
    world_sync(&world, 0);
    world_sync(&world, 1);
    struct jem_decision back = { .number = numbers[1],
        .to = JEM_STATUS_RETURNED,
        .reason = "KK 3203121002150003 buram" };
    assert_int_equal(jem_desk_decide(world.hq, &back, &o, &err), JEM_OK);
    json_decref(o);
    return 0;
}

static const char *path_of(const char *name)
{
    static char path[600];
    (void)snprintf(path, sizeof path, "%s/%s", world.root, name);
    return path;
}

static enum jem_code export(struct jem_app *app, const char *name, enum jem_export_format format, bool nik,
    const char *reason, int64_t *rows) {
    json_t *o = NULL; struct jem_export in = { .format = format,
                          .path = path_of(name),
                          .what = JEM_SELECTION_ALL,
                          .nik = nik,
                          .reason = reason };
    enum jem_code rc = jem_data_export(app, &in, &o, &err);
    if (rows != NULL) *rows = jem_json_int(o, "rows", -1);
    json_decref(o);
    return rc;
}

static void file_text(const char *name, struct jem_buf *out)
{
    *out = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    assert_int_equal(jem_file_read(path_of(name), JEM_BUF_DEFAULT_MAX, out, &err), JEM_OK);
}

static const char *cell(const json_t *rows, size_t row, const char *head)
{
    const json_t *heads = json_array_get(rows, 0);
    for (size_t i = 0; i < json_array_size(heads); i++)
        if (strcmp(json_string_value(json_array_get(heads, i)), head) == 0)
            return json_string_value(json_array_get(json_array_get(rows, row), i));
    fail_msg("no column %s", head);
    return NULL;
}

static void a_csv_holds_every_application_masked(void **state)
{
    (void)state;
    struct jem_buf text;
    struct stat st;
    json_t *rows = NULL;
    char number[JEM_NUMBER_TEXT], nik[17];
    int64_t count = 0;
    bool returned = false;
    assert_int_equal(export(world.hq, "a.csv", JEM_EXPORT_CSV, false, NULL, &count), JEM_OK);
    assert_int_equal(count, PEOPLE);
    assert_int_equal(stat(path_of("a.csv"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    file_text("a.csv", &text);
    world_no_nik(jem_buf_text(&text));
    assert_non_null(strstr(jem_buf_text(&text), "\"'=HYPERLINK(\"\"http://x\"\")\""));
    assert_int_equal(jem_csv_read(jem_buf_text(&text), text.len, &rows, &err), JEM_OK);
    assert_int_equal(json_array_size(rows), PEOPLE + 1);
    for (size_t i = 1; i <= PEOPLE; i++) {
        assert_int_equal(json_array_size(json_array_get(rows, i)), json_array_size(json_array_get(rows, 0)));
        jem_number_format(numbers[1], number);
        if (strcmp(cell(rows, i, "number"), number) != 0)
            continue;
        returned = true;
        assert_string_equal(cell(rows, i, "status"), "returned");
        assert_true(strlen(cell(rows, i, "day_returned")) == 10);
        assert_string_equal(cell(rows, i, "day_verified"), "");
        assert_non_null(strstr(cell(rows, i, "reason"), "3203••••••••0003"));
    }
    assert_true(returned);
    json_decref(rows);
    jem_buf_release(&text);
    assert_int_equal(export(world.hq, "b.csv", JEM_EXPORT_CSV, true, "pemadanan data", NULL), JEM_OK);
    file_text("b.csv", &text);
    world_nik(0, nik);
    assert_non_null(strstr(jem_buf_text(&text), nik));
    jem_buf_release(&text);
}

static void lines_are_objects_and_tables_join(void **state)
{
    (void)state;
    struct jem_buf text;
    size_t lines = 0;
    char *rest = NULL;
    int64_t rows = 0;
    assert_int_equal(export(world.hq, "a.jsonl", JEM_EXPORT_JSONL, false, NULL, &rows), JEM_OK);
    file_text("a.jsonl", &text);
    world_no_nik(jem_buf_text(&text));
    for (char *line = strtok_r((char *)text.data, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest), lines++) {
        json_t *row = NULL;
        assert_int_equal(jem_json_parse(line, strlen(line), "line", &row, &err), JEM_OK);
        assert_true(json_is_object(json_object_get(row, "fields")) && json_is_object(json_object_get(row, "stages")));
        json_decref(row);
    }
    assert_int_equal(lines, PEOPLE);
    jem_buf_release(&text);
    assert_int_equal(export(world.hq, "a.db", JEM_EXPORT_SQLITE, false, NULL, &rows), JEM_OK);
    assert_int_equal(rows, PEOPLE);
    file_text("a.db", &text);
    assert_memory_equal(text.data, "SQLite format 3", 16);
    jem_buf_release(&text);
}

static void filters_choose(void **state)
{
    (void)state;
    static const struct {
        const char *service, *village;
        enum jem_status status;
        int from, to; /* days from today */
        int64_t rows;
    } cases[] = { { "kia", NULL, 0, -9, 9, 4 }, { "ktp-el", NULL, 0, -9, 9, 2 }, { "pdam", NULL, 0, -9, 9, 0 },
        { NULL, "3203", 0, -9, 9, PEOPLE }, { NULL, "1101", 0, -9, 9, 0 },
        { NULL, NULL, JEM_STATUS_RETURNED, -9, 9, 1 }, { NULL, NULL, 0, 1, 9, 0 }, { NULL, NULL, 0, 0, 0, PEOPLE },
        { NULL, NULL, 0, -9, -1, 0 } };
    int32_t today = jem_store_today(jem_app_store(world.hq));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *o = NULL;
        struct jem_export in = { .format = JEM_EXPORT_JSONL,
            .path = path_of("f.jsonl"),
            .what = { .service = cases[i].service,
                .village = cases[i].village,
                .status = cases[i].status,
                .from_day = today + cases[i].from,
                .to_day = today + cases[i].to } };
        assert_int_equal(jem_data_export(world.hq, &in, &o, &err), JEM_OK);
        assert_int_equal(jem_json_int(o, "rows", -1), cases[i].rows);
        json_decref(o);
    }
}

static void not_everybody_may(void **state)
{
    (void)state;
    assert_int_equal(export(world.van[0], "no.csv", JEM_EXPORT_CSV, false, NULL, NULL), JEM_EDENIED);
    assert_int_equal(export(world.hq, "no.csv", JEM_EXPORT_CSV, true, "  ", NULL), JEM_EINVAL);
    assert_int_equal(export(world.hq, "no/such/folder.csv", JEM_EXPORT_CSV, false, NULL, NULL), JEM_ENOTFOUND);
    assert_int_equal(access(path_of("no.csv"), F_OK), -1);
    assert_int_equal(access(path_of("no.csv.new"), F_OK), -1);
}

static void each_is_on_record(void **state)
{
    (void)state;
    struct jem_event_list events = { 0 };
    struct jem_event_id from = { 0, 0, jem_store_inc(jem_app_store(world.hq)), 1 };
    size_t noted = 0, whole = 0;
    assert_int_equal(jem_store_events(jem_app_store(world.hq), &from, 10000, (size_t)64 << 20, &events, &err), JEM_OK);
    for (size_t i = 0; i < events.count; i++)
        if (strcmp(events.items[i].kind, "data.exported") == 0) {
            noted++;
            whole += strstr(events.items[i].body, "\"whole\":true") != NULL;
            assert_null(strstr(events.items[i].body, world.root));
        }
    jem_event_list_release(&events);
    assert_int_equal(noted, 4 + 9);
    assert_int_equal(whole, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_csv_holds_every_application_masked),
        cmocka_unit_test(lines_are_objects_and_tables_join),
        cmocka_unit_test(filters_choose),
        cmocka_unit_test(not_everybody_may),
        cmocka_unit_test(each_is_on_record),
    };
    return cmocka_run_group_tests(tests, setup, world_down);
}
