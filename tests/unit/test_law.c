/* test_law.c - the rights of the person over a district: erased at headquarters, in the van by its next sync, in the public file and
 * in exports made afterwards; what the report names; access with its trail; retention. */
// room: app
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_world.h"
#include "jemput/care.h"
#include "jemput/clock.h"
#include "jemput/data.h"
#include "jemput/desk.h"
#include "jemput/file.h"
#include "jemput/intake.h"
#include "jemput/law.h"
#include "jemput/lookup.h"
#include "own.h"
#include "unit.h"

static struct jem_error err;

static int setup(void **state)
{
    (void)state;
    world_make(&world, 2);
    return 0;
}

static const char *path_of(const char *name)
{
    static char path[600];
    (void)snprintf(path, sizeof path, "%s/%s", world.root, name);
    return path;
}

static void export(const char *name)
{
    json_t *o = NULL;
    struct jem_export in = { .format = JEM_EXPORT_JSONL,
        .path = path_of(name),
        .what = JEM_SELECTION_ALL,
        .nik = true,
        .reason = "uji" };
    assert_int_equal(jem_data_export(world.hq, &in, &o, &err), JEM_OK);
    json_decref(o);
}

static bool holds(const char *name, const char *text)
{
    struct jem_buf b = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    assert_int_equal(jem_file_read(path_of(name), JEM_BUF_DEFAULT_MAX, &b, &err), JEM_OK);
    bool held = memmem(b.data, b.len, text, strlen(text)) != NULL;
    jem_buf_release(&b);
    return held;
}

static bool shown(struct jem_app *app, uint64_t number)
{
    json_t *o = NULL;
    bool is = jem_show(app, number, &o, &err) == JEM_OK;
    json_decref(o);
    return is;
}

static void sound(struct jem_app *app)
{
    json_t *o = NULL;
    assert_int_equal(jem_care_audit(app, false, &o, &err), JEM_OK);
    json_decref(o);
}

static void erased_everywhere(void **state)
{
    (void)state;
    char nik[17], text[JEM_NUMBER_TEXT];
    json_t *o = NULL, *preview = NULL;
    uint64_t number = world_apply(world.van[0], "kia", 70), kept = world_apply(world.van[0], "kia", 71);
    world_nik(70, nik);
    jem_number_format(number, text);
    world_sync(&world, 0);
    world_sync(&world, 1);
    assert_int_equal(jem_elsewhere(world.van[1], number, &o, &err), JEM_OK);
    json_decref(o);
    export("before.jsonl");
    assert_true(holds("before.jsonl", nik));
    assert_int_equal(jem_law_erase_preview(world.van[0], number, &o, &err), JEM_EDENIED);
    assert_int_equal(jem_law_erase_preview(world.hq, number, &preview, &err), JEM_OK);
    assert_true(shown(world.hq, number));
    char *told = json_dumps(preview, 0);
    world_no_nik(told);
    free(told);
    assert_int_equal(jem_law_erase(world.van[0], number, "permintaan", &o, &err), JEM_EDENIED);
    assert_int_equal(jem_law_erase(world.hq, number, " ", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_law_erase(world.hq, number, "permintaan pemohon", &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "number", ""), text);
    assert_true(jem_json_int(o, "events", 0) >= 1);
    assert_int_equal(json_array_size(json_object_get(o, "vans")), 2);
    assert_int_equal(json_array_size(json_object_get(o, "exports")), 1);
    assert_string_equal(jem_json_str(json_array_get(json_object_get(o, "exports"), 0), "to", ""), "before.jsonl");
    world_no_nik(jem_json_str(o, "sealed", ""));
    json_object_del(o, "basis");
    json_object_del(o, "scrubbed");
    assert_true(json_equal(o, preview)); /* what was foretold is what went */
    json_decref(o);
    json_decref(preview);
    assert_int_equal(jem_law_erase_preview(world.hq, number, &o, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_law_erase(world.hq, number, "lagi", &o, &err), JEM_ENOTFOUND);
    assert_false(shown(world.hq, number));
    assert_true(shown(world.van[0], number)); /* until it hears of it */
    /* What the van records meanwhile about it comes too, and is erased. */
    json_t *set = json_pack("{s:s}", "child_name", "Anak Terlambat");
    assert_int_equal(jem_correct(world.van[0], number, set, NULL, &o, NULL, &err), JEM_OK);
    json_decref(o);
    json_decref(set);
    world_sync(&world, 0);
    world_sync(&world, 1);
    assert_false(shown(world.hq, number));
    assert_false(shown(world.van[0], number));
    assert_non_null(strstr(err.msg, "PDP"));
    assert_int_equal(jem_elsewhere(world.van[1], number, &o, &err), JEM_ENOTFOUND);
    assert_true(shown(world.hq, kept) && shown(world.van[0], kept));
    export("after.jsonl");
    assert_false(holds("after.jsonl", nik));
    assert_false(holds("after.jsonl", "Anak Terlambat"));
    assert_int_equal(jem_desk_status_export(world.hq, path_of("status.db"), &o, &err), JEM_OK);
    assert_int_equal(jem_json_int(o, "rows", 0), world_count(world.hq));
    json_decref(o);
    sound(world.hq);
    sound(world.van[0]);
    sound(world.van[1]);
}

static void access_tells_all_and_is_on_record(void **state)
{
    (void)state;
    char nik[17];
    json_t *o = NULL;
    uint64_t number = world_apply(world.van[1], "ktp-el", 80);
    world_sync(&world, 1);
    world_nik(80, nik);
    assert_int_equal(jem_law_access(world.hq, nik, "", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_law_access(world.hq, nik, "surat 3/2026", &o, &err), JEM_OK);
    const json_t *applications = json_object_get(o, "applications");
    assert_int_equal(json_array_size(applications), 1);
    const json_t *one = json_array_get(applications, 0);
    assert_string_equal(jem_json_str(one, "nik", ""), nik);
    assert_true(json_array_size(json_object_get(one, "events")) >= 1);
    assert_int_equal(world_number(one, "number"), number);
    assert_int_equal(strlen(jem_json_str(one, "kept_until", "")), 10);
    json_decref(o);
    assert_int_equal(jem_law_processing(world.hq, &o, &err), JEM_OK);
    const json_t *recipients = json_object_get(o, "recipients");
    bool noted = false;
    for (size_t i = 0; i < json_array_size(recipients); i++)
        noted = noted || strcmp(jem_json_str(json_array_get(recipients, i), "what", ""), "access") == 0;
    assert_true(noted);
    json_decref(o);
    /* Named where it was about this person, and nowhere else. */
    uint64_t stranger = world_apply(world.van[1], "ktp-el", 81);
    world_sync(&world, 1);
    const json_t *exports;
    assert_int_equal(jem_law_access(world.hq, nik, "surat 4/2026", &o, &err), JEM_OK);
    exports = json_object_get(o, "exports");
    assert_string_equal(jem_json_str(json_array_get(exports, 0), "reason", ""), "surat 3/2026");
    json_decref(o);
    assert_int_equal(jem_law_erase_preview(world.hq, stranger, &o, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "exports")), 0);
    json_decref(o);
    assert_int_equal(jem_law_processing(world.hq, &o, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "erasures")), 1);
    assert_true(json_array_size(json_object_get(o, "purposes")) >= 15);
    const json_t *others = json_object_get(o, "others");
    assert_true(json_array_size(others) >= 4);
    for (size_t i = 0; i < json_array_size(others); i++)
        assert_true(*jem_json_str(json_array_get(others, i), "what", "") &&
                    *jem_json_str(json_array_get(others, i), "data", ""));
    json_decref(o);
}

static int64_t later_ms(void *ctx)
{
    (void)ctx;
    return jem_clock_system()->now_unix_ms(NULL) + (int64_t)3652 * 24 * 3600 * 1000;
}

static enum jem_clock_source later_source(void *ctx)
{
    (void)ctx;
    return JEM_CLOCK_NTP;
}

static const struct jem_clock later_clock = { later_ms, later_source, NULL };

static void retention_takes_what_is_due_only(void **state)
{
    (void)state;
    json_t *o = NULL;
    uint64_t number = world_apply(world.van[0], "kia", 90);
    world_sync(&world, 0);
    struct jem_decision no = { .number = number, .to = JEM_STATUS_REJECTED, .reason = "tidak lengkap" };
    assert_int_equal(jem_desk_decide(world.hq, &no, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_law_retention(world.hq, true, -1, &o, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "due")), 0); /* it ended today */
    json_decref(o);
    assert_int_equal(jem_law_retention(world.hq, false, -1, &o, &err), JEM_OK);
    assert_int_equal(jem_json_int(o, "erased", -1), 0);
    json_decref(o);
    assert_true(shown(world.hq, number));
    /* Ten years on. */
    struct jem_app *later = NULL;
    struct jem_store *store = NULL;
    assert_int_equal(jem_store_open(world.hq_dir, jem_app_user(world.hq), WORLD_PASSPHRASE, &later_clock, &store, &err),
        JEM_OK);
    assert_int_equal(own_app_of(store, jem_app_user(world.hq), &later, &err), JEM_OK);
    assert_int_equal(jem_law_retention(later, true, -1, &o, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "due")), 1);
    assert_int_equal(world_number(json_array_get(json_object_get(o, "due"), 0), "number"), number);
    const json_t *counted = json_array_get(json_object_get(o, "services"), 0);
    assert_string_equal(jem_json_str(counted, "service", ""), "kia");
    assert_int_equal(jem_json_int(counted, "count", 0), 1);
    json_decref(o);
    assert_int_equal(jem_law_retention(later, false, 0, &o, &err), JEM_EBUSY); /* nobody saw this one */
    assert_true(shown(later, number));
    assert_int_equal(jem_law_retention(later, false, 1, &o, &err), JEM_OK);
    assert_int_equal(jem_json_int(o, "erased", -1), 1);
    json_decref(o);
    assert_false(shown(later, number));
    sound(later);
    jem_app_close(later);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(erased_everywhere),
        cmocka_unit_test(access_tells_all_and_is_on_record),
        cmocka_unit_test(retention_takes_what_is_due_only),
    };
    return cmocka_run_group_tests(tests, setup, world_down);
}
