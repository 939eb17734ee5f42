// room: app
/* What is typed before it is a record: drafts and their end, what is known of a person, corrections of a form that was open for a
 * while; and what the search finds besides applications. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "app_world.h"
#include "jemput/care.h"
#include "jemput/day.h"
#include "jemput/draft.h"
#include "jemput/intake.h"
#include "jemput/lookup.h"

#define ID "0123456789abcdef0123456789abcdef"

static struct jem_error err;

static enum jem_code put(struct jem_app *app, const char *id, const char *name)
{
    json_t *draft = json_pack("{s:s,s:i,s:{s:s}}", "service", "kia", "catalog", 1, "fields", "name", name);
    enum jem_code rc = jem_draft_put(app, id, draft, &err);
    json_decref(draft);
    return rc;
}

static size_t drafts(struct jem_app *app)
{
    json_t *o = NULL;
    assert_int_equal(jem_draft_list(app, true, &o, &err), JEM_OK);
    size_t n = json_array_size(json_object_get(o, "drafts"));
    json_decref(o);
    return n;
}

/* The officer's own name for a handle on the same van. */
static struct jem_app *another_officer(void)
{
    json_t *o = NULL;
    struct jem_app *app = NULL;
    assert_int_equal(jem_care_user_add(world.van[0], "budi", "Budi", "officer", NULL, WORLD_PASSPHRASE, &o, &err),
        JEM_OK);
    json_decref(o);
    assert_int_equal(jem_app_open(world.van_dir[0], "budi", WORLD_PASSPHRASE, &app, &err), JEM_OK);
    return app;
}

static void a_draft_is_kept_handed_over_and_ends_once(void **state)
{
    (void)state;
    struct jem_app *van = world.van[0], *budi = another_officer();
    json_t *o = NULL;
    assert_int_equal(put(van, "no id", "Siti"), JEM_EINVAL);
    assert_int_equal(put(van, ID, "Siti"), JEM_OK);
    assert_int_equal(put(van, ID, "Siti Rohmah"), JEM_OK);
    assert_int_equal(jem_draft_get(van, ID, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(json_object_get(o, "fields"), "name", ""), "Siti Rohmah");
    assert_true(jem_json_bool(o, "mine", false));
    assert_true(json_is_null(json_object_get(o, "carry")));
    json_decref(o);
    assert_int_equal(put(budi, ID, "Budi was here"), JEM_EDENIED);
    assert_int_equal(jem_draft_drop(budi, ID, &err), JEM_EDENIED);
    assert_int_equal(jem_draft_take(budi, ID, &err), JEM_OK);
    assert_int_equal(put(van, ID, "too late"), JEM_EDENIED);
    assert_int_equal(put(budi, ID, "Siti R."), JEM_OK);
    assert_int_equal(drafts(van), 1);
    assert_int_equal(jem_draft_drop(budi, ID, &err), JEM_OK);
    assert_int_equal(drafts(van), 0);
    /* A save that was on its way does not bring it back, and nobody can take what is over. */
    assert_int_equal(put(budi, ID, "late"), JEM_ENOTFOUND);
    assert_int_equal(jem_draft_take(van, ID, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_draft_get(van, ID, &o, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_draft_drop(van, ID, &err), JEM_ENOTFOUND);
    assert_int_equal(drafts(van), 0);
    jem_app_close(budi);
}

static void a_recorded_draft_does_not_come_back(void **state)
{
    (void)state;
    static const char *const ids[] = { "11111111111111111111111111111111", "22222222222222222222222222222222" };
    struct jem_app *van = world.van[0];
    for (unsigned i = 0; i < 2; i++) { /* one that was saved before, one whose first save is late */
        json_t *o = NULL;
        struct jem_apply_in in = { .service = "kia", .fields = world_form(van, "kia", 60 + i), .draft = ids[i] };
        if (i == 0)
            assert_int_equal(put(van, ids[i], "Siti"), JEM_OK);
        assert_int_equal(jem_apply(van, &in, &o, NULL, &err), JEM_OK);
        json_decref(o);
        json_decref(in.fields);
        assert_int_equal(put(van, ids[i], "late"), JEM_ENOTFOUND);
    }
    assert_int_equal(drafts(van), 0);
}

static void a_nik_tells_what_its_digits_and_earlier_applications_say(void **state)
{
    (void)state;
    struct jem_app *van = world.van[0];
    json_t *o = NULL;
    char nik[17];
    world_nik(70, nik);
    assert_int_equal(jem_known(van, "kia", "nik", nik, &o, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "earlier")), 0);
    assert_int_equal(json_object_size(json_object_get(o, "person")), 0);
    json_decref(o);
    uint64_t number = world_apply(van, "ktp-el", 70);
    char text[JEM_NUMBER_TEXT];
    jem_number_format(number, text);
    assert_int_equal(jem_known(van, "kia", "nik", nik, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "number", ""), text);
    assert_int_equal(json_array_size(json_object_get(o, "earlier")), 1);
    assert_string_not_equal(jem_json_str(json_object_get(o, "person"), "name", ""), "");
    json_decref(o);
    /* Of a child the digits tell the birth date, into the child's fields; the parent's telephone is not the child's. */
    assert_int_equal(jem_known(van, "kia", "child_nik", "3203014205190001", &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(json_object_get(o, "values"), "child_birth_date", ""), "2019-05-02");
    assert_string_equal(jem_json_str(json_object_get(o, "values"), "child_sex", ""), "P");
    assert_null(json_object_get(json_object_get(o, "values"), "birth_date"));
    json_decref(o);
    assert_int_equal(jem_known(van, "kia", "child_nik", nik, &o, &err), JEM_OK);
    assert_null(json_object_get(json_object_get(o, "person"), "phone"));
    json_decref(o);
    assert_int_equal(jem_known(van, "kia", "nik", "3203", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_known(van, "kia", "child_name", nik, &o, &err), JEM_EINVAL);
    assert_int_equal(jem_known(van, "tiada", "nik", nik, &o, &err), JEM_EINVAL);
    assert_int_equal(jem_habits(van, &o, &err), JEM_OK);
    assert_true(json_array_size(json_object_get(o, "services")) >= 2);
    json_decref(o);
}

static json_t *seen_of(struct jem_app *app, uint64_t number)
{
    json_t *o = NULL, *seen = json_object(), *it;
    const char *field;
    assert_int_equal(jem_show(app, number, &o, &err), JEM_OK);
    json_object_foreach(json_object_get(o, "written"), field, it)
    {
        json_object_set(seen, field, json_object_get(it, "heads"));
    }
    json_decref(o);
    return seen;
}

static enum jem_code correct(uint64_t number, const json_t *seen, const char *field, const char *value)
{
    json_t *out = NULL, *set = json_pack("{s:s}", field, value);
    enum jem_code rc = jem_correct_seen(world.van[0], number, set, seen, "", &out, NULL, &err);
    json_decref(out);
    json_decref(set);
    return rc;
}

static void what_another_wrote_since_is_not_written_over(void **state)
{
    (void)state;
    struct jem_app *van = world.van[0];
    uint64_t number = world_apply(van, "ktp-el", 80);
    json_t *o = NULL, *opened = seen_of(van, number);
    assert_int_equal(correct(number, opened, "name", "Asep S."), JEM_OK); /* the other one */
    assert_int_equal(correct(number, opened, "name", "Asep Sunandar"), JEM_EEXISTS);
    assert_int_equal(jem_show(van, number, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(json_object_get(o, "fields"), "name", ""), "Asep S.");
    json_decref(o);
    assert_int_equal(correct(number, opened, "phone", "081234567890"), JEM_OK); /* another field: both stay */
    json_t *now = seen_of(van, number);
    assert_int_equal(correct(number, now, "name", "Asep Sunandar"), JEM_OK);
    assert_int_equal(jem_show(van, number, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(json_object_get(o, "fields"), "name", ""), "Asep Sunandar");
    assert_string_equal(jem_json_str(json_object_get(o, "fields"), "phone", ""), "081234567890");
    assert_int_equal(json_array_size(json_object_get(o, "conflicts")), 0);
    json_decref(o);
    json_decref(now);
    json_decref(opened);
}

static size_t found(const char *text, const char *what)
{
    json_t *o = NULL;
    assert_int_equal(jem_day_find(world.van[0], text, 25, &o, &err), JEM_OK);
    size_t n = json_array_size(json_object_get(o, what));
    json_decref(o);
    return n;
}

static void search_reaches_complaints_visits_and_tickets(void **state)
{
    (void)state;
    struct jem_app *van = world.van[0];
    json_t *o = NULL;
    struct jem_complaint_in in = { .category = "desk",
        .text = "Antrean terlalu lama di Cibeber",
        .name = "Pak Ujang",
        .contact = "0812" };
    assert_int_equal(jem_complaint_file(van, &in, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_visit_open(van, NULL, "3203012001", "Balai Desa Sukamaju", "Siti, Asep", &o, &err), JEM_OK);
    json_decref(o);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(jem_queue_issue(van, "elderly", &o, &err), JEM_OK);
        json_decref(o);
    }
    assert_int_equal(found("cibeber LAMA", "complaints"), 1);
    assert_int_equal(found("ujang", "complaints"), 1);
    assert_int_equal(found("lama hilang", "complaints"), 0);
    assert_int_equal(found("sukamaju", "visits"), 1);
    assert_int_equal(found("asep balai", "visits"), 1);
    assert_int_equal(found("2", "tickets"), 1);
    assert_int_equal(found("002", "tickets"), 1);
    assert_int_equal(found("3", "tickets"), 0);
    assert_int_equal(found("  ", "complaints") + found("  ", "visits") + found("%", "visits"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draft_is_kept_handed_over_and_ends_once),
        cmocka_unit_test(a_recorded_draft_does_not_come_back),
        cmocka_unit_test(a_nik_tells_what_its_digits_and_earlier_applications_say),
        cmocka_unit_test(what_another_wrote_since_is_not_written_over),
        cmocka_unit_test(search_reaches_complaints_visits_and_tickets),
    };
    return cmocka_run_group_tests(tests, world_up, world_down);
}
