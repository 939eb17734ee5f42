/* test_app.c - the handle: new folders, logins, roles, officers, the state, the self-test. */
// room: app
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app_world.h"
#include "jemput/care.h"
#include "jemput/devices.h"
#include "jemput/exchange.h"
#include "jemput/file.h"
#include "jemput/intake.h"
#include "unit.h"

static struct jem_error err;

static enum jem_code init_try(struct jem_init in, const char *sub)
{
    char dir[300];
    json_t *out = NULL;
    snprintf(dir, sizeof dir, "%s/%s", world.root, sub);
    in.dir = dir;
    enum jem_code rc = jem_app_init(&in, &out, &err);
    json_decref(out);
    return rc;
}

static void init_refuses_bad_input_and_leaves_nothing(void **state)
{
    (void)state;
    const struct jem_init good = { .role = JEM_ROLE_HQ,
        .name = "Kantor",
        .user = "kepala",
        .passphrase = WORLD_PASSPHRASE };
    struct jem_init in = good;
    in.name = "  ";
    assert_int_equal(init_try(in, "bad"), JEM_EINVAL);
    in = good;
    in.user = "Kepala Kantor";
    assert_int_equal(init_try(in, "bad"), JEM_EINVAL);
    in = good;
    in.region = "320301"; /* a district */
    assert_int_equal(init_try(in, "bad"), JEM_EINVAL);
    in = good;
    in.host = "https://status.example/";
    assert_int_equal(init_try(in, "bad"), JEM_EINVAL);
    in = good;
    in.hub = "gopher://hub";
    assert_int_equal(init_try(in, "bad"), JEM_EINVAL);
    in = good;
    in.role = JEM_ROLE_UNKNOWN;
    assert_int_equal(init_try(in, "bad"), JEM_EINVAL);
    in = good;
    in.passphrase = "pendek";
    assert_int_equal(init_try(in, "bad"), JEM_EINVAL);
    assert_int_equal(init_try(good, "bad"), JEM_OK); /* nothing of the refused ones is in the way */
    assert_int_equal(init_try(good, "bad"), JEM_EEXISTS);
}

static void open_says_what_is_wrong(void **state)
{
    (void)state;
    struct jem_app *app = NULL;
    char nowhere[300];
    snprintf(nowhere, sizeof nowhere, "%s/nowhere", world.root);
    assert_int_equal(jem_app_open(nowhere, "kepala", WORLD_PASSPHRASE, &app, &err), JEM_ENOTFOUND);
    assert_non_null(strstr(err.msg, "jemput init"));
    assert_int_equal(jem_app_open(world.hq_dir, "kepala", "kata sandi lain", &app, &err), JEM_ELOCKED);
    assert_int_equal(jem_app_open(world.hq_dir, "bukan", WORLD_PASSPHRASE, &app, &err), JEM_ELOCKED);
    assert_int_equal(jem_app_open(world.hq_dir, "../kepala", WORLD_PASSPHRASE, &app, &err), JEM_ELOCKED);
    assert_int_equal(jem_app_open(world.hq_dir, NULL, WORLD_PASSPHRASE, &app, &err), JEM_ELOCKED);
    assert_null(app);
    assert_int_equal(jem_exit_of(JEM_ELOCKED), 6);
}

static void state_tells_role_catalogue_and_hub(void **state)
{
    (void)state;
    json_t *o = NULL;
    assert_int_equal(jem_app_state(world.van[0], &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "role", ""), "van");
    assert_int_equal(jem_json_int(o, "van", -1), 1);
    assert_string_equal(jem_json_str(o, "user_role", ""), "supervisor");
    assert_int_equal(jem_json_int(o, "catalog", -1), 1);
    assert_string_equal(jem_json_str(o, "host", ""), "status.example");
    assert_string_equal(jem_json_str(o, "hub", ""), world.hub);
    assert_true(jem_json_int(o, "disk_free", 0) > 0);
    assert_true(json_is_null(json_object_get(o, "last_sync_ms")));
    json_decref(o);
    world_sync(&world, 0);
    assert_int_equal(jem_app_state(world.van[0], &o, &err), JEM_OK);
    assert_true(json_is_true(json_object_get(o, "last_sync_ok")));
    assert_true(jem_json_int(o, "last_sync_ms", 0) > 0);
    json_decref(o);
    assert_int_equal(jem_app_state(world.hq, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "role", ""), "hq");
    assert_int_equal(jem_json_int(o, "van", -1), 0);
    assert_string_equal(jem_json_str(o, "user_role", ""), "admin");
    json_decref(o);
}

static void roles_are_asked_for(void **state)
{
    (void)state;
    assert_int_equal(jem_app_require(world.hq, JEM_ROLE_HQ, "admin,approver", &err), JEM_OK);
    assert_int_equal(jem_app_require(world.hq, JEM_ROLE_HQ, "approver", &err), JEM_EDENIED);
    assert_int_equal(jem_app_require(world.hq, JEM_ROLE_HQ, "adm", &err), JEM_EDENIED);
    assert_int_equal(jem_app_require(world.hq, JEM_ROLE_VAN, NULL, &err), JEM_EDENIED);
    assert_int_equal(jem_app_require(world.van[0], JEM_ROLE_HQ, NULL, &err), JEM_EDENIED);
    jem_lang_set(JEM_LANG_EN);
    assert_int_equal(jem_app_require(world.hq, JEM_ROLE_HQ, "clerk,verifier", &err), JEM_EDENIED);
    assert_non_null(strstr(err.msg, "clerk, verifier"));
    jem_lang_set(JEM_LANG_ID);
}

static void officers_come_and_go(void **state)
{
    (void)state;
    json_t *o = NULL;
    struct jem_app *siti = NULL, *again = NULL;
    const char *dir = world.van_dir[0];
    assert_int_equal(jem_care_user_add(world.van[0], "siti", "Siti R.", "admin", NULL, WORLD_PASSPHRASE, &o, &err),
        JEM_EINVAL);
    assert_int_equal(jem_care_user_add(world.van[0], "Siti", "Siti R.", "officer", NULL, WORLD_PASSPHRASE, &o, &err),
        JEM_EINVAL);
    assert_int_equal(jem_care_user_add(world.van[0], "siti", "Siti R.", "officer", NULL, "pendek", &o, &err),
        JEM_EINVAL);
    assert_int_equal(jem_care_user_add(world.van[0], "siti", "Siti R.", "officer", NULL, "sandi pertama", &o, &err),
        JEM_OK);
    json_decref(o);
    assert_int_equal(jem_care_user_add(world.van[0], "siti", "Siti R.", "officer", NULL, "sandi pertama", &o, &err),
        JEM_EEXISTS);
    assert_int_equal(jem_app_open(world.van_dir[0], "siti", "sandi salah!", &siti, &err), JEM_ELOCKED);
    assert_int_equal(jem_app_open(world.van_dir[0], "siti", "sandi pertama", &siti, &err), JEM_OK);
    assert_string_equal(jem_app_user_role(siti), "officer");
    assert_int_equal(jem_care_user_add(siti, "agus", "", "officer", NULL, WORLD_PASSPHRASE, &o, &err), JEM_EDENIED);

    assert_int_equal(jem_care_passphrase(siti, "bukan ini", "sandi kedua", &o, &err), JEM_ELOCKED);
    assert_int_equal(jem_care_passphrase(siti, "sandi pertama", "sandi pertama", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_care_passphrase(siti, "sandi pertama", "pendek", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_care_passphrase(siti, "sandi pertama", "sandi kedua", &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_app_open(dir, "siti", "sandi pertama", &again, &err), JEM_ELOCKED);
    assert_int_equal(jem_app_open(dir, "siti", "sandi kedua", &again, &err), JEM_OK);
    jem_app_close(again);
    again = NULL;

    assert_int_equal(jem_care_user_disable(world.van[0], "petugas1", "coba", &o, &err), JEM_EDENIED);
    assert_int_equal(jem_care_user_disable(world.van[0], "tiada", "coba", &o, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_care_user_disable(world.van[0], "siti", " ", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_care_user_disable(world.van[0], "siti", "pindah tugas", &o, &err), JEM_OK);
    json_decref(o);
    /* The handle that was open is of no more use either. */
    struct jem_apply_in in = { .service = "kia", .fields = world_form(world.van[0], "kia", 900) };
    assert_int_equal(jem_apply(siti, &in, &o, NULL, &err), JEM_ELOCKED);
    json_decref(in.fields);
    jem_app_close(siti);
    assert_int_equal(jem_app_open(dir, "siti", "sandi kedua", &again, &err), JEM_ELOCKED);
    assert_int_equal(jem_care_user_add(world.van[0], "siti", "Siti R.", "supervisor", NULL, "sandi ketiga", &o, &err),
        JEM_OK);
    json_decref(o);
    assert_int_equal(jem_app_open(dir, "siti", "sandi ketiga", &again, &err), JEM_OK);
    assert_string_equal(jem_app_user_role(again), "supervisor");
    jem_app_close(again);
    assert_int_equal(jem_care_users(world.van[0], &o, &err), JEM_OK);
    assert_true(json_array_size(json_object_get(o, "users")) >= 2);
    json_decref(o);
}

static void a_van_before_enrolment_takes_officers_but_no_applications(void **state)
{
    (void)state;
    char dir[300], request[300], grant[300];
    json_t *o = NULL;
    struct jem_app *van = NULL, *agus = NULL;
    const struct jem_catalog *catalog = NULL;
    snprintf(dir, sizeof dir, "%s/fresh", world.root);
    snprintf(request, sizeof request, "%s/fresh-request", world.root);
    snprintf(grant, sizeof grant, "%s/fresh-grant", world.root);
    struct jem_init in = { .dir = dir,
        .role = JEM_ROLE_VAN,
        .name = "Van baru",
        .user = "penyelia",
        .passphrase = WORLD_PASSPHRASE };
    assert_int_equal(jem_app_init(&in, &o, &err), JEM_OK);
    assert_true(strlen(jem_json_str(o, "words", "")) > 10);
    json_decref(o);
    assert_int_equal(jem_app_open(dir, "penyelia", WORLD_PASSPHRASE, &van, &err), JEM_OK);
    assert_string_equal(jem_app_user_role(van), "supervisor");
    assert_int_equal(jem_app_catalog(van, &catalog, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_care_user_add(van, "agus", "Agus", "officer", NULL, WORLD_PASSPHRASE, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_care_user_add(van, "agus", "Agus", "officer", NULL, WORLD_PASSPHRASE, &o, &err), JEM_EEXISTS);
    assert_int_equal(jem_app_open(dir, "agus", WORLD_PASSPHRASE, &agus, &err), JEM_OK);
    assert_string_equal(jem_app_user_role(agus), "officer");

    struct jem_apply_in form = { .service = "kia", .fields = world_form(world.hq, "kia", 1) };
    assert_int_equal(jem_apply(agus, &form, &o, NULL, &err), JEM_EDENIED);
    assert_non_null(strstr(err.msg, "jemput enrol request"));
    assert_int_equal(jem_exchange_sync(van, NULL, &o, &err), JEM_EDENIED);
    assert_int_equal(jem_exchange_request(agus, request, &o, &err), JEM_EDENIED);

    assert_int_equal(jem_exchange_request(van, request, &o, &err), JEM_OK);
    char words[100];
    snprintf(words, sizeof words, "%s", jem_json_str(o, "words", ""));
    json_decref(o);
    assert_int_equal(jem_exchange_enrol(world.hq, request, 1, grant, &o, &err), JEM_EEXISTS); /* another van's number */
    assert_int_equal(jem_exchange_enrol(world.hq, request, 0, grant, &o, &err), JEM_EINVAL);
    assert_int_equal(jem_exchange_enrol(world.hq, request, 7, grant, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "request_words", ""), words);
    snprintf(words, sizeof words, "%s", jem_json_str(o, "words", ""));
    json_decref(o);
    assert_int_equal(jem_exchange_accept(world.van[0], grant, &o, &err) == JEM_OK, 0); /* not its grant */
    assert_int_equal(jem_exchange_accept(van, grant, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "words", ""), words);
    json_decref(o);

    /* The handle that was open sees the number; the officer who waited has become an account of the log. */
    assert_int_equal(jem_apply(agus, &form, &o, NULL, &err), JEM_OK);
    assert_int_equal(jem_number_van(world_number(o, "number")), 7);
    json_decref(o);
    json_decref(form.fields);
    assert_int_equal(jem_store_user(jem_app_store(van), "agus", &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "role", ""), "officer");
    json_decref(o);
    jem_app_close(agus);
    jem_app_close(van);
}

static void another_thread_gets_its_own_handle(void **state)
{
    (void)state;
    struct jem_app *dup = NULL;
    int64_t before = world_count(world.van[0]);
    assert_int_equal(jem_app_dup(world.van[0], &dup, &err), JEM_OK);
    assert_string_equal(jem_app_user(dup), jem_app_user(world.van[0]));
    world_apply(dup, "kia", 500);
    assert_int_equal(world_count(world.van[0]), before + 1);
    jem_app_close(dup);
}

static void hub_logins_are_split_off_and_dropped_with_the_hub(void **state)
{
    (void)state;
    json_t *o = NULL;
    assert_int_equal(jem_exchange_hub_set(world.hq, "http://kantor:rahasia@hub.example/jemput.git", &o, &err), JEM_OK);
    char *text = json_dumps(o, 0);
    assert_null(strstr(text, "rahasia"));
    assert_string_equal(jem_json_str(o, "user", ""), "kantor");
    assert_non_null(strstr(jem_json_str(o, "ssh_public_key", ""), "ssh-ed25519 "));
    free(text);
    json_decref(o);
    assert_int_equal(jem_exchange_hub_set(world.hq, "ftp://x", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_exchange_hub_set(world.hq, world.hub, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "hub", ""), world.hub);
    assert_string_equal(jem_json_str(o, "user", "x"), "");
    json_decref(o);
}

static void a_missing_hub_is_told_and_noted(void **state)
{
    (void)state;
    json_t *o = NULL;
    struct jem_round_options options = { .remote = "/nonexistent/hub.git" };
    enum jem_code rc = jem_exchange_sync(world.van[0], &options, &o, &err);
    assert_int_equal(rc, JEM_ELINK);
    assert_int_equal(jem_exit_of(rc), 4);
    assert_int_equal(jem_app_state(world.van[0], &o, &err), JEM_OK);
    assert_true(json_is_false(json_object_get(o, "last_sync_ok")));
    assert_true(strlen(jem_json_str(o, "last_sync_text", "")) > 0);
    json_decref(o);
}

static int64_t faults_of_the_disk(void)
{
    struct jem_devices *devices = NULL;
    json_t *o = NULL, *it;
    size_t i;
    int64_t n = 0;
    assert_int_equal(jem_devices_new(&devices, &err), JEM_OK);
    assert_int_equal(jem_doctor(world.van[0], devices, &o, &err), JEM_OK);
    json_array_foreach(json_object_get(o, "findings"), i, it) n +=
        strcmp(jem_json_str(it, "check", ""), "disk") == 0 && strcmp(jem_json_str(it, "level", ""), "fault") == 0;
    json_decref(o);
    jem_devices_free(devices);
    return n;
}

/* Tests may run as root, whom no permission stops: a folder that is not there cannot be written either. */
static void a_folder_that_cannot_be_written_is_a_fault(void **state)
{
    (void)state;
    char away[sizeof world.van_dir[0] + 8];
    assert_int_equal(faults_of_the_disk(), 0);
    snprintf(away, sizeof away, "%s.away", world.van_dir[0]);
    assert_int_equal(rename(world.van_dir[0], away), 0);
    int64_t n = faults_of_the_disk();
    assert_int_equal(rename(away, world.van_dir[0]), 0);
    assert_int_equal(n, 1);
}

static void audit_and_selftest_pass(void **state)
{
    (void)state;
    json_t *o = NULL;
    assert_int_equal(jem_care_audit(world.van[0], true, &o, &err), JEM_OK);
    assert_true(jem_json_bool(o, "views_equal", false));
    json_decref(o);
    assert_int_equal(jem_care_selftest(&o, &err), JEM_OK);
    assert_true(jem_json_bool(o, "ok", false));
    assert_true(json_array_size(json_object_get(o, "checks")) >= 10);
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_refuses_bad_input_and_leaves_nothing),
        cmocka_unit_test(open_says_what_is_wrong),
        cmocka_unit_test(state_tells_role_catalogue_and_hub),
        cmocka_unit_test(roles_are_asked_for),
        cmocka_unit_test(officers_come_and_go),
        cmocka_unit_test(a_van_before_enrolment_takes_officers_but_no_applications),
        cmocka_unit_test(another_thread_gets_its_own_handle),
        cmocka_unit_test(hub_logins_are_split_off_and_dropped_with_the_hub),
        cmocka_unit_test(a_missing_hub_is_told_and_noted),
        cmocka_unit_test(a_folder_that_cannot_be_written_is_a_fault),
        cmocka_unit_test(audit_and_selftest_pass),
    };
    return cmocka_run_group_tests(tests, world_up, world_down);
}
