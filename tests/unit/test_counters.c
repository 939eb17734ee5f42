// room: app
/* Counters and the stand: who may come in offline, machines that are enrolled, what citizens prepare. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_world.h"
#include "jemput/care.h"
#include "jemput/prepared.h"
#include "jemput/slots.h"
#include "jemput/stand.h"
#include "jemput/tablet.h"

static struct jem_error err;

static void add_officer(const char *user)
{
    json_t *o = NULL;
    assert_int_equal(jem_care_user_add(world.van[0], user, user, "officer", NULL, WORLD_PASSPHRASE, &o, &err), JEM_OK);
    json_decref(o);
}

static enum jem_code enters(const char *user)
{
    struct jem_app *app = NULL;
    enum jem_code rc = jem_app_open(world.van_dir[0], user, WORLD_PASSPHRASE, &app, &err);
    jem_app_close(app);
    return rc;
}

static void heard_days_ago(int days)
{
    char text[32];
    struct jem_store *store = jem_app_store(world.van[0]);
    int64_t at = jem_store_now_ms(store) - (int64_t)days * 24 * 3600 * 1000;
    snprintf(text, sizeof text, "%lld", (long long)at);
    assert_int_equal(jem_store_meta_set(store, "last_good_ms", text, &err), JEM_OK);
}

static void officers_work_45_days_without_headquarters(void **state)
{
    (void)state;
    add_officer("siti");
    assert_int_equal(enters("siti"), JEM_OK);
    heard_days_ago(45);
    assert_int_equal(enters("siti"), JEM_OK);
    heard_days_ago(46);
    assert_int_equal(enters("siti"), JEM_EDENIED);
    assert_non_null(strstr(err.msg, "46"));
    assert_int_equal(enters(jem_app_user(world.van[0])), JEM_OK); /* a supervisor may, and syncs */
    world_sync(&world, 0);
    assert_int_equal(enters("siti"), JEM_OK);
}

static void headquarters_locks_an_officer_of_a_van(void **state)
{
    (void)state;
    unsigned char key[JEM_STORE_KEY_BYTES];
    json_t *o = NULL;
    add_officer("budi");
    world_sync(&world, 0);
    assert_int_equal(jem_care_user_disable_at(world.van[0], 1, "budi", "coba", &o, &err), JEM_EDENIED);
    assert_int_equal(jem_care_user_disable_at(world.hq, 77, "budi", "coba", &o, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_care_user_disable_at(world.hq, 1, "budi", " ", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_care_user_disable_at(world.hq, 1, "budi", "pindah tugas", &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(enters("budi"), JEM_OK); /* the van does not know yet */
    world_sync(&world, 0);
    world_sync(&world, 0);
    assert_int_equal(enters("budi"), JEM_ELOCKED);
    assert_int_equal(jem_slots_open(world.van_dir[0], "budi", WORLD_PASSPHRASE, key, &err),
        JEM_ELOCKED); /* nor the key */
}

static void machines_come_by_a_code_that_counts_once(void **state)
{
    (void)state;
    char token[JEM_TABLET_TOKEN], second[JEM_TABLET_TOKEN], typed[32] = "";
    json_t *o = NULL;
    struct jem_app *van = world.van[0];
    assert_int_equal(jem_tablet_invite(van, " ", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_tablet_invite(van, "Loket 2", &o, &err), JEM_OK);
    const char *code = jem_json_str(o, "code", "");
    assert_int_equal(strlen(code), 11);
    for (size_t i = 0; i < strlen(code); i++) /* as somebody types it */
        typed[i] = code[i] == '-' ? ' ' : code[i] == '0' ? 'o' : code[i] == '1' ? 'l' : code[i];
    json_decref(o);
    assert_int_equal(jem_tablet_enrol(van, "AAAAA-AAAAA", token, &o, &err), JEM_EDENIED);
    assert_int_equal(jem_tablet_enrol(van, "", token, &o, &err), JEM_EDENIED);
    assert_int_equal(jem_tablet_enrol(van, typed, token, &o, &err), JEM_OK);
    unsigned id = (unsigned)jem_json_int(o, "id", 0);
    json_decref(o);
    assert_int_equal(jem_tablet_enrol(van, typed, second, &o, &err), JEM_EDENIED);
    assert_int_equal(jem_tablet_of(van, token), id);
    assert_int_equal(jem_tablet_of(van, second), 0);
    assert_int_equal(jem_tablet_of(van, ""), 0);
    assert_int_equal(jem_tablet_list(van, &o, &err), JEM_OK);
    char *text = json_dumps(o, 0);
    assert_null(strstr(text, "hash"));
    free(text);
    json_decref(o);
    assert_int_equal(jem_tablet_revoke(van, id + 1, &o, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_tablet_revoke(van, id, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_tablet_of(van, token), 0);
}

static void what_a_citizen_prepares_is_one_officers_draft(void **state)
{
    (void)state;
    json_t *o = NULL, *drafts = NULL, *fields = world_form(world.van[0], "kia", 5);
    struct jem_issues issues = { .count = 0 };
    struct jem_app *van = world.van[0];
    struct jem_store *store = jem_app_store(van);
    json_object_set_new(fields, "phone", json_string("  "));
    assert_int_equal(jem_stand_prepare(van, "tiada", fields, &o, &issues, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_stand_prepare(van, "kia", fields, &o, &issues, &err), JEM_OK);
    char code[32];
    snprintf(code, sizeof code, "%s", jem_json_str(o, "code", ""));
    json_decref(o);
    assert_int_equal(jem_stand_prepared(van, code, &o, &err), JEM_OK);
    char *text = json_dumps(o, 0);
    world_no_nik(text);
    free(text);
    json_decref(o);
    assert_int_equal(jem_stand_take(van, "0000-0000", &o, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_stand_take(van, code, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_stand_take(van, code, &o, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_store_drafts(store, jem_app_user(van), &drafts, &err), JEM_OK);
    const json_t *draft = json_object_get(json_array_get(drafts, 0), "draft");
    assert_string_equal(jem_json_str(draft, "channel", ""), "self-service");
    json_decref(drafts);
    /* A day later it is gone. */
    issues.count = issues.errors = 0;
    assert_int_equal(jem_stand_prepare(van, "kia", fields, &o, &issues, &err), JEM_OK);
    int64_t now = jem_store_now_ms(store);
    assert_int_equal(jem_prepared_sweep(store, now + 1000, now + 2000, &err), JEM_OK);
    json_t *gone = NULL;
    assert_int_equal(jem_stand_prepared(van, jem_json_str(o, "code", ""), &gone, &err), JEM_ENOTFOUND);
    json_decref(o);
    /* Nothing but NIK and name is asked for, and what is there has to be right. */
    json_object_clear(fields);
    assert_int_equal(jem_stand_prepare(van, "kia", fields, &o, &issues, &err), JEM_EINVAL);
    assert_int_equal(issues.errors, 2);
    json_decref(fields);
}

static void the_stand_tells_a_stage_and_no_reason(void **state)
{
    (void)state;
    struct jem_status_row row;
    char number[JEM_NUMBER_TEXT];
    uint64_t n = world_apply(world.van[0], "kia", 40);
    jem_number_format(n, number);
    assert_int_equal(jem_stand_status(world.van[0], number, &row, &err), JEM_OK);
    assert_int_equal(row.status, JEM_STATUS_SUBMITTED);
    assert_true(row.service[0][0] != '\0');
    assert_string_equal(row.reason[0], jem_text(JEM_T_STATUS_DB_ASK));
    static const char *const wrong[] = { "", "x", "0000-0000-0001", "HTTPS://X/T/AAAA" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(jem_stand_status(world.van[0], wrong[i], &row, &err), JEM_ENOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(officers_work_45_days_without_headquarters),
        cmocka_unit_test(headquarters_locks_an_officer_of_a_van),
        cmocka_unit_test(machines_come_by_a_code_that_counts_once),
        cmocka_unit_test(what_a_citizen_prepares_is_one_officers_draft),
        cmocka_unit_test(the_stand_tells_a_stage_and_no_reason),
    };
    return cmocka_run_group_tests(tests, world_up, world_down);
}
