/* test_lookup.c - reading: numbers typed and scanned, records, lists, search, the log, the catalogue. */
// room: app
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app_world.h"
#include "jemput/care.h"
#include "jemput/desk.h"
#include "jemput/intake.h"
#include "jemput/lookup.h"
#include "jemput/paper.h"
#include "unit.h"

static struct jem_error err;

static void a_number_is_read_as_people_type_it(void **state)
{
    (void)state;
    char text[JEM_NUMBER_TEXT], loose[40];
    uint64_t number = world_apply(world.van[0], "kia", 1), got = 0;
    jem_number_format(number, text);
    assert_int_equal(jem_lookup_number(world.van[0], text, &got, &err), JEM_OK);
    assert_true(got == number);
    snprintf(loose, sizeof loose, " %.4s %.4s%.4s\n", text, text + 5, text + 10);
    for (char *p = loose; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    got = 0;
    assert_int_equal(jem_lookup_number(world.van[0], loose, &got, &err), JEM_OK);
    assert_true(got == number);
    /* One wrong character is told with what it may have been, and never mended in silence. */
    text[7] = text[7] == '4' ? '5' : '4';
    got = 0;
    assert_int_equal(jem_lookup_number(world.van[0], text, &got, &err), JEM_EINVAL);
    assert_true(got == 0);
    jem_number_format(number, text);
    assert_non_null(strstr(err.msg, text));
    assert_int_equal(jem_lookup_number(world.van[0], "", &got, &err), JEM_EINVAL);
    assert_int_equal(jem_lookup_number(world.van[0], NULL, &got, &err), JEM_EINVAL);
    assert_int_equal(jem_lookup_number(world.van[0], "permohonan saya yang kemarin", &got, &err), JEM_EINVAL);
}

static void a_code_is_read_only_when_it_is_true(void **state)
{
    (void)state;
    uint64_t number = world_apply(world.van[0], "kia", 2), got = 0;
    struct jem_buf qr = JEM_BUF_INIT(512);
    assert_int_equal(jem_paper_qr(world.van[0], number, &qr, &err), JEM_OK);
    assert_int_equal(jem_lookup_number(world.van[0], jem_buf_text(&qr), &got, &err), JEM_OK);
    assert_true(got == number);
    char *p = (char *)qr.data + qr.len - 20;
    *p = *p == 'A' ? 'B' : 'A';
    assert_int_equal(jem_lookup_number(world.van[0], jem_buf_text(&qr), &got, &err), JEM_ECORRUPT);
    assert_int_equal(jem_exit_of(JEM_ECORRUPT), 5);
    jem_buf_release(&qr);
}

static void a_record_is_shown_whole(void **state)
{
    (void)state;
    json_t *o = NULL;
    uint64_t number = world_apply(world.van[0], "kia", 3);
    assert_int_equal(jem_show(world.van[0], number, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "service", ""), "kia");
    assert_string_not_equal(jem_json_str(o, "service_name", ""), "");
    assert_string_not_equal(jem_json_str(o, "agency", ""), "");
    assert_string_not_equal(jem_json_str(o, "promised", ""), "");
    assert_string_equal(jem_json_str(o, "status", ""), "submitted");
    assert_string_equal(jem_json_str(o, "status_label", ""), "Diajukan");
    assert_string_equal(jem_json_str(o, "confirmed", ""), "recorded");
    assert_string_equal(jem_json_str(o, "by", ""), "petugas1");
    assert_int_equal(jem_json_int(o, "van", 0), 1);
    assert_int_equal(strlen(jem_json_str(o, "day", "")), 10);
    assert_int_equal(json_array_size(json_object_get(o, "timeline")), 1);
    assert_int_equal(json_array_size(json_object_get(o, "conflicts")), 0);
    assert_int_equal(json_array_size(json_object_get(o, "documents")), 0);
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(o, "fields"), key, value)
    {
        assert_string_not_equal(jem_json_str(json_object_get(o, "labels"), key, ""), "");
    }
    json_decref(o);
    jem_lang_set(JEM_LANG_EN);
    assert_int_equal(jem_show(world.van[0], number, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "status_label", ""), "Submitted");
    json_decref(o);
    jem_lang_set(JEM_LANG_ID);
    world_sync(&world, 0);
    assert_int_equal(jem_show(world.van[0], number, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "status", ""), "received");
    assert_string_equal(jem_json_str(o, "confirmed", ""), "confirmed");
    json_decref(o);
    assert_int_equal(jem_show(world.van[0], jem_number_make(1, 77), &o, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_exit_of(JEM_ENOTFOUND), 3);
}

/* A van lets go of a document when HQ's backup holds it and its time is over; the record says where it is then. */
static void a_pruned_document_is_known_to_be_at_headquarters(void **state)
{
    (void)state;
    struct jem_buf png = JEM_BUF_INIT((size_t)4 << 20), bytes = JEM_BUF_INIT((size_t)4 << 20);
    struct jem_store *van = jem_app_store(world.van[0]);
    json_t *o = NULL;
    char backup[300];
    const char *mime;
    uint64_t number = world_apply(world.van[0], "kia", 77), blobs = 0, size = 0;
    world_png(77, &png);
    struct jem_attachment a = { .kind = "kk", .bytes = png.data, .size = png.len, .name = "kk.png" };
    assert_int_equal(jem_attach(world.van[0], number, &a, &o, &err), JEM_OK);
    json_decref(o);
    world_sync(&world, 0);
    assert_int_equal(jem_store_blobs_prune(van, jem_store_today(van) + 20000, &blobs, &size, &err), JEM_OK);
    assert_int_equal(blobs, 0); /* received is not durable */
    snprintf(backup, sizeof backup, "%s/hq.backup", world.root);
    assert_int_equal(jem_care_ack_durable(world.hq, &o, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_care_backup(world.hq, backup, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_care_ack_durable(world.hq, &o, &err), JEM_OK);
    json_decref(o);
    world_sync(&world, 0);
    assert_int_equal(jem_store_blobs_prune(van, jem_store_today(van) + 300, &blobs, &size, &err), JEM_OK);
    assert_int_equal(blobs, 0);
    assert_int_equal(jem_store_blobs_prune(van, jem_store_today(van) + 20000, &blobs, &size, &err), JEM_OK);
    assert_int_equal(blobs, 2);
    assert_int_equal(jem_show(world.van[0], number, &o, &err), JEM_OK);
    const json_t *group = json_array_get(json_object_get(o, "documents"), 0);
    const json_t *item = json_array_get(json_object_get(group, "items"), 0);
    assert_true(jem_json_bool(group, "complete", false));
    assert_int_equal(jem_json_int(group, "arrived", 0), 1);
    assert_false(jem_json_bool(item, "have", true));
    assert_string_equal(jem_json_str(item, "at", ""), "hq");
    assert_true(jem_json_bool(item, "previews_at_hq", false));
    json_decref(o);
    assert_int_equal(jem_document_bytes(world.van[0], number, 1, 1, 0, &bytes, &mime, &err), JEM_ENOTFOUND);
    assert_non_null(strstr(err.msg, "kantor pusat"));
    assert_int_equal(jem_document_bytes(world.hq, number, 1, 1, 0, &bytes, &mime, &err), JEM_OK);
    assert_int_equal(bytes.len, png.len);
    (void)remove(backup);
    jem_buf_release(&png);
    jem_buf_release(&bytes);
}

/* A page may name only a new file, outside the store's folder; the vans are told at once. */
static void a_backup_by_page_is_put_nowhere_else(void **state)
{
    (void)state;
    json_t *o = NULL;
    char path[400], inside[400];
    struct stat st, again;
    const char *const bad[] = { "", "hq.backup", "/tmp/hq", "/.backup", "/tmp/none/hq.backup", inside };
    snprintf(inside, sizeof inside, "%s/../%s/x.backup", world.hq_dir, strrchr(world.hq_dir, '/') + 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(jem_care_backup_tell(world.hq, bad[i], &o, &err), JEM_EINVAL);
    snprintf(path, sizeof path, "%s/page.backup", world.root);
    assert_int_equal(jem_care_backup_tell(world.van[0], path, &o, &err), JEM_EDENIED);
    assert_int_equal(jem_care_backup_tell(world.hq, path, &o, &err), JEM_OK);
    assert_true(jem_json_bool(o, "verified", false) && jem_json_bool(o, "same_disk", false));
    json_decref(o);
    assert_int_equal(jem_desk_vans(world.hq, &o, &err), JEM_OK);
    const json_t *van = json_array_get(json_object_get(o, "vans"), 0);
    assert_true(jem_json_int(van, "events", 0) > 0);
    assert_int_equal(jem_json_int(van, "kept", 0), jem_json_int(van, "events", 0));
    assert_int_equal(jem_json_int(van, "unsafe_events", -1), 0);
    json_decref(o);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(jem_care_backup_tell(world.hq, path, &o, &err), JEM_EEXISTS);
    assert_int_equal(stat(path, &again), 0);
    assert_int_equal(st.st_ino, again.st_ino);
    assert_int_equal(jem_care_backup_state(world.hq, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "file", ""), path);
    assert_true(jem_json_bool(o, "here", false));
    assert_non_null(strstr(jem_json_str(o, "offer", ""), "/jemput-"));
    json_decref(o);
    (void)remove(path);
}

static void lists_page_and_filter(void **state)
{
    (void)state;
    json_t *o = NULL;
    for (unsigned i = 10; i < 15; i++)
        world_apply(world.van[0], "ktp-el", i);
    struct jem_list_query q = { .service = "ktp-el", .day = INT32_MIN, .limit = 3 };
    assert_int_equal(jem_list(world.van[0], &q, &o, &err), JEM_OK);
    const json_t *rows = json_object_get(o, "applications");
    assert_int_equal(json_array_size(rows), 3);
    assert_true(jem_json_bool(o, "more", false));
    assert_string_not_equal(jem_json_str(json_array_get(rows, 0), "service_name", ""), "");
    assert_string_not_equal(jem_json_str(json_array_get(rows, 0), "status_label", ""), "");
    q.before = world_number(json_array_get(rows, 2), "number");
    json_decref(o);
    assert_int_equal(jem_list(world.van[0], &q, &o, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "applications")), 2);
    assert_false(jem_json_bool(o, "more", true));
    json_decref(o);
}

static void people_are_found_by_name_nik_and_number(void **state)
{
    (void)state;
    json_t *o = NULL, *set = json_pack("{s:s}", "name", "Wulandari Kusumaningrum");
    char nik[17], text[JEM_NUMBER_TEXT];
    uint64_t number = world_apply(world.van[0], "kia", 20);
    assert_int_equal(jem_correct(world.van[0], number, set, NULL, &o, NULL, &err), JEM_OK);
    json_decref(o);
    json_decref(set);
    world_nik(20, nik);
    jem_number_format(number, text);
    const char *const queries[] = { "kusumaningrum wulandari", "wulan", "kusumaningrun", nik, text };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        assert_int_equal(jem_find(world.van[0], queries[i], 5, &o, &err), JEM_OK);
        const json_t *first = json_array_get(json_object_get(o, "applications"), 0);
        if (strcmp(jem_json_str(first, "number", ""), text) != 0)
            fail_msg("not found by query %zu", i);
        json_decref(o);
    }
}

static void the_log_shows_bodies_in_order(void **state)
{
    (void)state;
    json_t *o = NULL;
    uint64_t number = world_apply(world.van[0], "kia", 30);
    assert_int_equal(jem_withdraw(world.van[0], number, "batal", &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_log_show(world.van[0], number, &o, &err), JEM_OK);
    const json_t *events = json_object_get(o, "events"), *last = json_array_get(events, 1);
    assert_int_equal(json_array_size(events), 2);
    assert_string_equal(jem_json_str(json_array_get(events, 0), "kind", ""), "application.submitted");
    assert_string_equal(jem_json_str(last, "kind", ""), "application.withdrawn");
    assert_string_equal(jem_json_str(json_object_get(last, "body"), "reason", ""), "batal");
    assert_int_equal(strlen(jem_json_str(last, "hash", "")), 64);
    json_decref(o);
    assert_int_equal(jem_log_show(world.van[0], jem_number_make(1, 78), &o, &err), JEM_ENOTFOUND);
}

static void the_catalogue_is_shown_in_both_languages(void **state)
{
    (void)state;
    json_t *all = NULL, *one = NULL;
    assert_int_equal(jem_catalog_show(world.van[0], NULL, &all, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(all, "services")), 15);
    json_decref(all);
    assert_int_equal(jem_catalog_show(world.van[0], "kia", &one, &err), JEM_OK);
    const json_t *s = json_array_get(json_object_get(one, "services"), 0);
    assert_int_equal(json_object_size(json_object_get(s, "standard")), JEM_STD_COUNT);
    assert_true(json_array_size(json_object_get(s, "fields")) > 5);
    assert_true(json_array_size(json_object_get(s, "requirements")) > 3);
    char name[200];
    snprintf(name, sizeof name, "%s", jem_json_str(s, "name", ""));
    json_decref(one);
    jem_lang_set(JEM_LANG_EN);
    assert_int_equal(jem_catalog_show(world.van[0], "kia", &one, &err), JEM_OK);
    assert_string_not_equal(jem_json_str(json_array_get(json_object_get(one, "services"), 0), "name", ""), name);
    json_decref(one);
    jem_lang_set(JEM_LANG_ID);
    assert_int_equal(jem_catalog_show(world.van[0], "kai", &one, &err), JEM_ENOTFOUND);
    assert_non_null(strstr(err.msg, "\"kia\""));
}

static void a_catalogue_is_checked_without_a_store(void **state)
{
    (void)state;
    json_t *o = NULL, *root = NULL;
    assert_int_equal(jem_store_catalog(jem_app_store(world.hq), &root, &err), JEM_OK);
    char *text = json_dumps(root, 0);
    assert_int_equal(jem_catalog_check_path(world_file(&world, "katalog.json", text, strlen(text)), &o, &err), JEM_OK);
    assert_int_equal(jem_json_int(o, "services", 0), 15);
    json_decref(o);
    free(text);
    json_t *service = json_array_get(json_object_get(root, "services"), 0);
    json_object_set_new(service, "code", json_integer(0));
    json_object_del(json_array_get(json_object_get(root, "services"), 1), "agency");
    text = json_dumps(root, 0);
    assert_int_equal(jem_catalog_check_path(world_file(&world, "katalog.json", text, strlen(text)), &o, &err),
        JEM_EINVAL);
    assert_false(jem_json_bool(o, "ok", true));
    assert_true(json_array_size(json_object_get(o, "problems")) >= 2);
    json_decref(o);
    free(text);
    json_decref(root);
    o = NULL;
    assert_int_equal(jem_catalog_check_path(world_file(&world, "katalog.json", "{", 1), &o, &err), JEM_EINVAL);
    assert_int_equal(json_array_size(json_object_get(o, "problems")), 1);
    json_decref(o);
    assert_int_equal(jem_catalog_check_path(world.root, &o, &err), JEM_ENOTFOUND); /* a folder without catalog.json */
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_read_as_people_type_it),
        cmocka_unit_test(a_code_is_read_only_when_it_is_true),
        cmocka_unit_test(a_record_is_shown_whole),
        cmocka_unit_test(a_pruned_document_is_known_to_be_at_headquarters),
        cmocka_unit_test(a_backup_by_page_is_put_nowhere_else),
        cmocka_unit_test(lists_page_and_filter),
        cmocka_unit_test(people_are_found_by_name_nik_and_number),
        cmocka_unit_test(the_log_shows_bodies_in_order),
        cmocka_unit_test(the_catalogue_is_shown_in_both_languages),
        cmocka_unit_test(a_catalogue_is_checked_without_a_store),
    };
    return cmocka_run_group_tests(tests, world_up, world_down);
}
