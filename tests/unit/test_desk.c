/* test_desk.c - HQ's day over a folder hub: decisions and who may take them, conflicts of two hands, duplicates of two
 * vans, the catalogue's next version, documents that arrive, the public's file. */
// room: app
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app_world.h"
#include "jemput/care.h"
#include "jemput/day.h"
#include "jemput/desk.h"
#include "jemput/exchange.h"
#include "jemput/file.h"
#include "jemput/intake.h"
#include "jemput/law.h"
#include "jemput/lookup.h"
#include "jemput/paper.h"
#include "jemput/version.h"
#include "unit.h"

static struct jem_error err;

static int setup(void **state)
{
    (void)state;
    world_make(&world, 2);
    return 0;
}

static enum jem_code decide(struct jem_app *app, uint64_t number, enum jem_status to, const char *reason)
{
    json_t *o = NULL;
    struct jem_decision in = { .number = number, .to = to, .reason = reason };
    enum jem_code rc = jem_desk_decide(app, &in, &o, &err);
    json_decref(o);
    return rc;
}

static void status_is(struct jem_app *app, uint64_t number, const char *status)
{
    json_t *o = NULL;
    assert_int_equal(jem_show(app, number, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "status", ""), status);
    json_decref(o);
}

static void an_application_walks_to_its_end(void **state)
{
    (void)state;
    uint64_t number = world_apply(world.van[0], "kia", 1);
    assert_int_equal(decide(world.hq, number, JEM_STATUS_VERIFIED, NULL), JEM_ENOTFOUND); /* not here yet */
    world_sync(&world, 0);
    status_is(world.hq, number, "received");
    assert_int_equal(decide(world.van[0], number, JEM_STATUS_VERIFIED, NULL), JEM_EDENIED);
    assert_int_equal(decide(world.hq, number, JEM_STATUS_READY, NULL), JEM_EINVAL);
    assert_non_null(strstr(err.msg, "verified"));
    assert_non_null(strstr(err.msg, "returned"));
    assert_int_equal(decide(world.hq, number, JEM_STATUS_RECEIVED, NULL), JEM_EINVAL); /* it is that already */
    assert_int_equal(decide(world.hq, number, JEM_STATUS_WITHDRAWN, "x"), JEM_EINVAL);
    assert_int_equal(decide(world.hq, number, JEM_STATUS_LINKED, "x"), JEM_EINVAL);
    assert_int_equal(decide(world.hq, number, JEM_STATUS_UNKNOWN, "x"), JEM_EINVAL);
    assert_int_equal(decide(world.hq, number, JEM_STATUS_RETURNED, ""), JEM_EINVAL); /* why? */
    assert_int_equal(decide(world.hq, number, JEM_STATUS_RETURNED, "Foto KK buram"), JEM_OK);
    world_sync(&world, 0);
    status_is(world.van[0], number, "returned");
    json_t *o = NULL, *set = json_pack("{s:s}", "child_name", "Anak Siti");
    assert_int_equal(jem_correct(world.van[0], number, set, NULL, &o, NULL, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "status", ""), "received");
    json_decref(o);
    json_decref(set);
    world_sync(&world, 0);
    static const enum jem_status way[] = { JEM_STATUS_VERIFIED, JEM_STATUS_IN_PROCESS, JEM_STATUS_READY,
        JEM_STATUS_HANDED_OVER };
    for (size_t i = 0; i < sizeof way / sizeof *way; i++)
        assert_int_equal(decide(world.hq, number, way[i], NULL), JEM_OK);
    assert_int_equal(decide(world.hq, number, JEM_STATUS_REJECTED, "terlambat"), JEM_EINVAL);
    world_sync(&world, 0);
    status_is(world.van[0], number, "handed_over");
    set = json_pack("{s:s}", "child_name", "Anak Budi");
    assert_int_equal(jem_correct(world.van[0], number, set, NULL, &o, NULL, &err), JEM_EINVAL);
    json_decref(set);
    assert_int_equal(jem_withdraw(world.van[0], number, "batal", &o, &err), JEM_EINVAL);
}

static struct jem_app *officer(const char *user, const char *role)
{
    json_t *o = NULL;
    struct jem_app *app = NULL;
    assert_int_equal(jem_care_user_add(world.hq, user, user, role, NULL, WORLD_PASSPHRASE, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_app_open(world.hq_dir, user, WORLD_PASSPHRASE, &app, &err), JEM_OK);
    return app;
}

static void each_role_decides_its_own(void **state)
{
    (void)state;
    uint64_t number = world_apply(world.van[0], "kia", 2), other = world_apply(world.van[0], "kia", 3);
    json_t *o = NULL;
    world_sync(&world, 0);
    struct jem_app *clerk = officer("loket", "clerk"), *verifier = officer("periksa", "verifier");
    struct jem_app *approver = officer("setuju", "approver");
    assert_int_equal(decide(clerk, number, JEM_STATUS_VERIFIED, NULL), JEM_EDENIED);
    assert_int_equal(decide(clerk, other, JEM_STATUS_RETURNED, "KK belum ada"), JEM_OK);
    assert_int_equal(decide(clerk, other, JEM_STATUS_RECEIVED, NULL), JEM_OK);
    assert_int_equal(decide(verifier, other, JEM_STATUS_REJECTED, "Bukan warga kabupaten ini"), JEM_OK);
    assert_int_equal(decide(verifier, number, JEM_STATUS_VERIFIED, NULL), JEM_OK);
    assert_int_equal(decide(verifier, number, JEM_STATUS_IN_PROCESS, NULL), JEM_EDENIED);
    assert_int_equal(decide(approver, number, JEM_STATUS_IN_PROCESS, NULL), JEM_OK);
    assert_int_equal(jem_desk_link(clerk, number, other, true, "beda orang", &o, &err), JEM_EDENIED);
    assert_int_equal(jem_desk_catalog_publish(approver, world.root, &o, &err), JEM_EDENIED);
    assert_int_equal(jem_exchange_enrol(clerk, "x", 9, "y", &o, &err), JEM_EDENIED);
    jem_app_close(clerk);
    jem_app_close(verifier);
    jem_app_close(approver);
}

/* Two clerks had the same page before them. Nobody's decision is lost, and none is overwritten. */
static void two_decisions_are_a_question(void **state)
{
    (void)state;
    uint64_t number = world_apply(world.van[0], "kia", 4);
    json_t *o = NULL, *shown = NULL;
    world_sync(&world, 0);
    struct jem_app *one = officer("meja1", "verifier"), *two = officer("meja2", "verifier");
    struct jem_decision yes = { .number = number, .to = JEM_STATUS_VERIFIED, .seen = JEM_STATUS_RECEIVED };
    struct jem_decision no = { .number = number,
        .to = JEM_STATUS_RETURNED,
        .seen = JEM_STATUS_RECEIVED,
        .code = "document_unreadable" };
    assert_int_equal(jem_desk_decide(one, &yes, &o, &err), JEM_OK);
    assert_false(jem_json_bool(o, "waits", true));
    json_decref(o);
    assert_int_equal(jem_desk_decide(two, &yes, &o, &err), JEM_OK); /* they agree */
    assert_false(jem_json_bool(o, "waits", true));
    json_decref(o);
    assert_int_equal(jem_show(world.hq, number, &shown, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(shown, "illegal")), 0);
    json_decref(shown);
    assert_int_equal(jem_desk_decide(two, &no, &o, &err), JEM_OK);
    assert_true(jem_json_bool(o, "waits", false));
    assert_string_equal(jem_json_str(o, "status", ""), "verified");
    json_decref(o);
    assert_int_equal(jem_show(world.hq, number, &shown, &err), JEM_OK);
    assert_string_equal(jem_json_str(shown, "status", ""), "verified");
    const json_t *waits = json_array_get(json_object_get(shown, "illegal"), 0);
    assert_string_equal(jem_json_str(waits, "to", ""), "returned");
    assert_int_equal(jem_desk_resolve_transition(one, number, jem_json_str(waits, "event", ""), true, "memang buram",
                         &o, &err),
        JEM_OK);
    assert_string_equal(jem_json_str(o, "status", ""), "returned");
    json_decref(o);
    json_decref(shown);
    assert_int_equal(jem_show(world.hq, number, &shown, &err), JEM_OK);
    assert_string_equal(jem_json_str(shown, "reason", ""), "dokumen tidak terbaca");
    assert_string_equal(jem_json_str(shown, "reason_code", ""), "document_unreadable");
    json_decref(shown);
    no.code = "no_such_code";
    assert_int_equal(jem_desk_decide(two, &no, &o, &err), JEM_EINVAL);
    jem_app_close(one);
    jem_app_close(two);
}

/* HQ and the van correct one field without having seen each other. */
static uint64_t quarrel(unsigned person)
{
    uint64_t number = world_apply(world.van[0], "kia", person);
    json_t *o = NULL, *at_van = json_pack("{s:s}", "child_name", "Anak Menurut Van"),
           *at_hq = json_pack("{s:s}", "child_name", "Anak Menurut Pusat");
    world_sync(&world, 0);
    assert_int_equal(jem_correct(world.van[0], number, at_van, NULL, &o, NULL, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_correct(world.hq, number, at_hq, NULL, &o, NULL, &err), JEM_OK);
    json_decref(o);
    json_decref(at_van);
    json_decref(at_hq);
    world_sync(&world, 0);
    return number;
}

static void a_conflict_is_kept_until_somebody_rules(void **state)
{
    (void)state;
    uint64_t number = quarrel(10);
    char text[JEM_NUMBER_TEXT];
    json_t *o = NULL, *seen = NULL;
    jem_number_format(number, text);
    assert_int_equal(jem_desk_conflicts(world.hq, &o, &err), JEM_OK);
    const json_t *c = json_array_get(json_object_get(o, "conflicts"), 0);
    assert_string_equal(jem_json_str(c, "number", ""), text);
    assert_string_equal(jem_json_str(c, "field", ""), "child_name");
    assert_string_not_equal(jem_json_str(c, "before", ""), "");
    assert_int_equal(json_array_size(json_object_get(c, "values")), 2);
    json_decref(o);
    assert_int_equal(jem_desk_inbox(world.hq, 10, NULL, &o, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "conflicts")), 1);
    json_decref(o);
    struct jem_app *hq = world.hq;
    assert_int_equal(jem_desk_resolve_field(hq, number, "name", "Siti", "x", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_desk_resolve_field(hq, number, "child_name", "Anak", "", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_desk_resolve_field(hq, number, "child_name", "", "x", &o, &err), JEM_EINVAL); /* required */
    assert_int_equal(jem_desk_resolve_field(world.van[0], number, "child_name", "Anak", "x", &o, &err), JEM_EDENIED);
    assert_int_equal(jem_desk_resolve_field(hq, number, "child_name", " Anak Menurut  Van", "Sesuai akta kelahiran", &o,
                         &err),
        JEM_OK);
    assert_string_equal(jem_json_str(o, "value", ""), "Anak Menurut Van");
    json_decref(o);
    world_sync(&world, 0);
    struct jem_app *const both[] = { world.hq, world.van[0] };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(jem_show(both[i], number, &seen, &err), JEM_OK);
        assert_int_equal(json_array_size(json_object_get(seen, "conflicts")), 0);
        assert_string_equal(jem_json_str(json_object_get(seen, "fields"), "child_name", ""), "Anak Menurut Van");
        json_decref(seen);
    }
}

static void an_illegal_step_waits_for_a_ruling(void **state)
{
    (void)state;
    json_t *o = NULL;
    uint64_t number = world_apply(world.van[0], "kia", 20);
    world_sync(&world, 0);
    /* HQ rejects while the van, which has not heard of it, records the withdrawal. */
    assert_int_equal(decide(world.hq, number, JEM_STATUS_REJECTED, "Syarat tidak dipenuhi"), JEM_OK);
    assert_int_equal(jem_withdraw(world.van[0], number, "Pemohon batal", &o, &err), JEM_OK);
    json_decref(o);
    world_sync(&world, 0);
    assert_int_equal(jem_desk_conflicts(world.hq, &o, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "illegal")), 1);
    char event[64];
    snprintf(event, sizeof event, "%s", jem_json_str(json_array_get(json_object_get(o, "illegal"), 0), "event", ""));
    json_decref(o);
    assert_int_equal(jem_desk_resolve_transition(world.hq, number, "1.0.1.999", true, "x", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_desk_resolve_transition(world.hq, number, event, true, "Pemohon memang batal", &o, &err),
        JEM_OK);
    assert_string_equal(jem_json_str(o, "status", ""), "withdrawn");
    json_decref(o);
    world_sync(&world, 0);
    status_is(world.van[0], number, "withdrawn");
}

static void duplicates_across_vans_reach_both(void **state)
{
    (void)state;
    uint64_t a = world_apply(world.van[0], "kia", 30), b = world_apply(world.van[1], "kia", 30);
    uint64_t c = world_apply(world.van[0], "kia", 31), d = world_apply(world.van[1], "kia", 31);
    json_t *o = NULL;
    world_sync(&world, 0);
    world_sync(&world, 1);
    world_sync(&world, 0);
    assert_int_equal(jem_desk_conflicts(world.hq, &o, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "duplicates")), 2);
    const json_t *pair = json_array_get(json_object_get(o, "duplicates"), 0);
    assert_string_not_equal(jem_json_str(json_object_get(pair, "a"), "service_name", ""), "");
    json_decref(o);
    const uint64_t pairs[] = { a, b };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(jem_show(world.van[i], pairs[i], &o, &err), JEM_OK);
        assert_int_equal(json_array_size(json_object_get(o, "duplicates")), 1);
        json_decref(o);
    }
    assert_int_equal(jem_desk_link(world.hq, b, b, false, "sama", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_desk_link(world.hq, b, jem_number_make(2, 1), false, "sama", &o, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_desk_link(world.hq, b, a, false, "", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_desk_link(world.hq, b, a, false, "Anak yang sama", &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "status", ""), "linked");
    json_decref(o);
    assert_int_equal(jem_desk_link(world.hq, a, b, false, "terbalik", &o, &err),
        JEM_EINVAL); /* b stands for nobody now */
    assert_int_equal(jem_desk_link(world.hq, d, c, true, "Anak yang berbeda", &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_desk_conflicts(world.hq, &o, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "duplicates")), 0);
    json_decref(o);
    world_sync(&world, 1);
    status_is(world.van[1], b, "linked");
}

static void documents_arrive_page_by_page(void **state)
{
    (void)state;
    struct jem_buf pdf = JEM_BUF_INIT(1 << 20), back = JEM_BUF_INIT(1 << 20);
    json_t *o = NULL;
    const char *mime = NULL;
    world_pdf(3, &pdf);
    uint64_t number = world_apply(world.van[0], "kia", 40);
    struct jem_attachment a = { .kind = "kk", .bytes = pdf.data, .size = pdf.len, .name = "kk.pdf" };
    assert_int_equal(jem_attach(world.van[0], number, &a, &o, &err), JEM_OK);
    json_decref(o);
    world_sync(&world, 0);
    assert_int_equal(jem_show(world.hq, number, &o, &err), JEM_OK);
    const json_t *doc = json_array_get(json_object_get(o, "documents"), 0);
    assert_int_equal(jem_json_int(doc, "pages", 0), 3);
    assert_int_equal(jem_json_int(doc, "arrived", 0), 3);
    assert_int_equal(jem_json_int(doc, "previews", 0), 3);
    assert_true(jem_json_bool(doc, "complete", false));
    json_decref(o);
    assert_int_equal(jem_document_bytes(world.hq, number, 1, 1, 0, &back, &mime, &err), JEM_OK);
    assert_int_equal(back.len, pdf.len);
    assert_memory_equal(back.data, pdf.data, pdf.len);
    jem_buf_release(&pdf);
    jem_buf_release(&back);
}

static void inbox_shows_what_waits(void **state)
{
    (void)state;
    json_t *o = NULL;
    uint64_t number = world_apply(world.van[1], "akta-kelahiran", 50);
    char text[JEM_NUMBER_TEXT];
    jem_number_format(number, text);
    world_sync(&world, 1);
    json_t *oldest = NULL;
    assert_int_equal(jem_desk_inbox(world.hq, 50, NULL, &o, &err), JEM_OK);
    assert_int_equal(jem_desk_inbox(world.hq, 1, NULL, &oldest, &err), JEM_OK);
    const json_t *fresh = json_object_get(o, "new"), *first = json_object_get(oldest, "new");
    assert_string_equal(jem_json_str(json_array_get(fresh, json_array_size(fresh) - 1), "number", ""), text);
    assert_int_equal(json_array_size(first), 1);
    assert_true(json_equal(json_array_get(first, 0), json_array_get(fresh, 0)));
    json_decref(oldest);
    static const char *const keys[] = { "returned", "ready", "overdue", "conflicts", "illegal", "duplicates",
        "quarantine", "incomplete" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_true(json_is_array(json_object_get(o, keys[i])));
    assert_true(json_is_object(json_object_get(o, "counts")));
    json_decref(o);
    assert_int_equal(jem_desk_inbox(world.van[0], 1, NULL, &o, &err), JEM_EDENIED);
    assert_int_equal(jem_desk_vans(world.hq, &o, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "vans")), 2);
    json_decref(o);
}

/* An officer of one agency sees and decides its applications, and learns of others no more than number and stage. */
static void an_agency_minds_its_own(void **state)
{
    (void)state;
    uint64_t theirs = world_apply(world.van[0], "nib", 60), other = world_apply(world.van[0], "kia", 61);
    struct jem_app *app = NULL;
    json_t *o = NULL, *row;
    size_t i;
    char text[JEM_NUMBER_TEXT];
    world_sync(&world, 0);
    assert_int_equal(jem_care_user_add(world.hq, "izin", "Izin", "admin", "dpmptsp", WORLD_PASSPHRASE, &o, &err),
        JEM_EINVAL);
    assert_int_equal(jem_care_user_add(world.hq, "izin", "Izin", "clerk", "entah", WORLD_PASSPHRASE, &o, &err),
        JEM_EINVAL);
    assert_non_null(strstr(err.msg, "dpmptsp"));
    assert_int_equal(jem_care_user_add(world.hq, "izin", "Izin", "clerk", "dpmptsp", WORLD_PASSPHRASE, &o, &err),
        JEM_OK);
    json_decref(o);
    assert_int_equal(jem_app_open(world.hq_dir, "izin", WORLD_PASSPHRASE, &app, &err), JEM_OK);
    assert_int_equal(decide(app, theirs, JEM_STATUS_VERIFIED, NULL), JEM_EDENIED); /* a clerk returns, and no more */
    assert_int_equal(jem_care_user_change(world.hq, "izin", "verifier", NULL, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "agency", ""), "dpmptsp");
    json_decref(o);
    assert_int_equal(decide(app, other, JEM_STATUS_VERIFIED, NULL), JEM_EDENIED);
    assert_int_equal(jem_show(app, other, &o, &err), JEM_EDENIED);
    assert_int_equal(jem_desk_inbox(app, 50, NULL, &o, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "new")), 1);
    json_decref(o);
    struct jem_list_query all = { .day = INT32_MIN };
    assert_int_equal(jem_list(app, &all, &o, &err), JEM_OK);
    jem_number_format(theirs, text);
    json_array_foreach(json_object_get(o, "applications"), i, row)
        assert_int_equal(*jem_json_str(row, "name", "") != '\0', strcmp(jem_json_str(row, "number", ""), text) == 0);
    json_decref(o);
    assert_int_equal(decide(app, theirs, JEM_STATUS_VERIFIED, NULL), JEM_OK);
    assert_int_equal(jem_care_user_change(world.hq, "izin", NULL, "", &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(decide(app, other, JEM_STATUS_VERIFIED, NULL), JEM_OK);
    assert_int_equal(jem_care_user_change(world.hq, jem_app_user(world.hq), "clerk", NULL, &o, &err), JEM_EDENIED);
    jem_app_close(app);
}

static void what_a_van_brought_is_told(void **state)
{
    (void)state;
    json_t *o = NULL;
    world_apply(world.van[0], "kia", 65);
    world_sync(&world, 0);
    assert_int_equal(jem_desk_vans(world.hq, &o, &err), JEM_OK);
    const json_t *van = json_array_get(json_object_get(o, "vans"), 0);
    assert_true(jem_json_int(van, "seen_ms", 0) > 0);
    assert_string_equal(jem_json_str(van, "version", ""), JEM_VERSION);
    assert_string_not_equal(jem_json_str(van, "clock", ""), "");
    assert_int_equal(jem_json_int(van, "unsafe_events", -1), jem_json_int(van, "seq", 0)); /* no backup was made */
    assert_int_equal(jem_json_int(van, "events", -1), jem_json_int(van, "seq", 0));
    assert_int_equal(jem_json_int(van, "kept", -1), 0);
    assert_true(jem_json_int(van, "unsafe_oldest_ms", 0) > 0);
    assert_int_equal(jem_json_int(van, "lacking_files", -1), 0);
    json_decref(o);
}

static void a_number_shown_whole_is_on_record(void **state)
{
    (void)state;
    uint64_t number = world_apply(world.van[0], "kia", 66);
    char text[JEM_NUMBER_TEXT], nik[17];
    json_t *o = NULL, *it;
    size_t i, seen = 0;
    world_sync(&world, 0);
    world_nik(66, nik);
    jem_number_format(number, text);
    assert_int_equal(jem_law_reveal(world.hq, number, " ", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_law_reveal(world.hq, number, "mencocokkan KTP", &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(json_object_get(o, "fields"), "nik", ""), nik);
    json_decref(o);
    assert_int_equal(jem_law_access(world.hq, text, "permintaan", &o, &err), JEM_OK);
    json_array_foreach(json_object_get(o, "exports"), i, it) seen +=
        strcmp(jem_json_str(it, "what", ""), "reveal") == 0 &&
        strcmp(jem_json_str(it, "reason", ""), "mencocokkan KTP") == 0;
    assert_int_equal(seen, 1);
    json_decref(o);
}

static void catalog_write(const char *folder, int version, const char *name)
{
    json_t *root = NULL, *services, *s;
    char path[400];
    size_t i;
    assert_int_equal(jem_store_catalog(jem_app_store(world.hq), &root, &err), JEM_OK);
    services = json_incref(json_object_get(root, "services"));
    json_object_del(root, "services");
    json_object_set_new(root, "version", json_integer(version));
    snprintf(path, sizeof path, "%s/services", folder);
    assert_int_equal(jem_dir_make(path, 0700, &err), JEM_OK);
    snprintf(path, sizeof path, "%s/catalog.json", folder);
    assert_int_equal(json_dump_file(root, path, 0), 0);
    json_array_foreach(services, i, s)
    {
        if (strcmp(jem_json_str(s, "id", ""), "kia") == 0)
            json_object_set_new(json_object_get(s, "name"), "id", json_string(name));
        snprintf(path, sizeof path, "%s/services/%s.json", folder, jem_json_str(s, "id", ""));
        assert_int_equal(json_dump_file(s, path, 0), 0);
    }
    json_decref(services);
    json_decref(root);
}

static void a_new_catalogue_reaches_the_vans(void **state)
{
    (void)state;
    char folder[300];
    json_t *o = NULL;
    const struct jem_catalog *catalog = NULL;
    snprintf(folder, sizeof folder, "%s/katalog", world.root);
    catalog_write(folder, 1, "Kartu Anak Baru"); /* not newer: raised */
    assert_int_equal(jem_desk_catalog_publish(world.hq, folder, &o, &err), JEM_OK);
    assert_int_equal(jem_json_int(o, "version", 0), 2);
    assert_int_equal(jem_json_int(o, "services", 0), 15);
    json_decref(o);
    catalog_write(folder, 40, "Kartu Anak Terbaru");
    assert_int_equal(jem_desk_catalog_publish(world.hq, folder, &o, &err), JEM_OK);
    assert_int_equal(jem_json_int(o, "version", 0), 40);
    json_decref(o);
    assert_int_equal(jem_app_catalog(world.van[0], &catalog, &err), JEM_OK);
    assert_int_equal(jem_catalog_version(catalog), 1);
    world_sync(&world, 0);
    assert_int_equal(jem_app_catalog(world.van[0], &catalog, &err), JEM_OK);
    assert_int_equal(jem_catalog_version(catalog), 40);
    assert_string_equal(jem_catalog_find(catalog, "kia")->name[JEM_ID], "Kartu Anak Terbaru");
    /* A faulty one is not published. */
    char path[400];
    snprintf(path, sizeof path, "%s/services/kia.json", folder);
    json_t *kia = NULL;
    assert_int_equal(jem_json_file(path, 1 << 20, &kia, &err), JEM_OK);
    json_object_del(kia, "code");
    assert_int_equal(json_dump_file(kia, path, 0), 0);
    json_decref(kia);
    assert_int_equal(jem_desk_catalog_publish(world.hq, folder, &o, &err), JEM_EINVAL);
    assert_int_equal(jem_app_catalog(world.hq, &catalog, &err), JEM_OK);
    assert_int_equal(jem_catalog_version(catalog), 40);
}

static void headquarters_takes_applications_itself(void **state)
{
    (void)state;
    uint64_t number = world_apply(world.hq, "ktp-el", 70);
    struct jem_buf qr = JEM_BUF_INIT(512);
    json_t *o = NULL;
    assert_int_equal(jem_number_van(number), 0);
    assert_int_equal(jem_show(world.hq, number, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "channel", ""), "office");
    assert_string_equal(jem_json_str(o, "status", ""), "received");
    json_decref(o);
    assert_int_equal(decide(world.hq, number, JEM_STATUS_VERIFIED, NULL), JEM_OK);
    assert_int_equal(jem_paper_qr(world.hq, number, &qr, &err), JEM_OK);
    assert_int_equal(jem_paper_verify(world.van[0], jem_buf_text(&qr), &o, &err), JEM_OK); /* a van knows HQ's key */
    assert_false(jem_json_bool(o, "known", true));
    json_decref(o);
    jem_buf_release(&qr);
}

static enum jem_code go_on(struct jem_app *app, uint64_t number, const char *service, unsigned person,
    const char *channel, bool *again)
{
    char nik[17];
    json_t *o = NULL;
    world_nik(person, nik);
    struct jem_continue in = { .service = service, .nik = nik, .channel = channel };
    enum jem_code rc = jem_continue(app, number, &in, &o, &err);
    *again = jem_json_bool(o, "again", false);
    json_decref(o);
    return rc;
}

static json_t *seen_at(struct jem_app *app, uint64_t number)
{
    json_t *o = NULL;
    assert_int_equal(jem_show(app, number, &o, &err), JEM_OK);
    return o;
}

/* Begun by another system at headquarters and at the other van: a van adds papers and answers by the number; the channel stays, the
 * same NIK is one value, another one a question. */
static void an_application_goes_on_in_another_channel(void **state)
{
    (void)state;
    bool again = false;
    json_t *o = NULL, *set = json_pack("{s:s,s:s}", "phone", "081234509876", "child_name", "Anak Lain");
    struct jem_buf png = JEM_BUF_INIT(1 << 20);
    struct jem_apply_in in = { .service = "kia", .fields = world_form(world.hq, "kia", 80), .channel = "electronic" };
    assert_int_equal(jem_apply(world.hq, &in, &o, NULL, &err), JEM_OK);
    uint64_t number = world_number(o, "number"), other = world_apply(world.van[0], "kia", 81);
    json_decref(o);
    assert_int_equal(decide(world.hq, number, JEM_STATUS_RETURNED, "KK belum ada"), JEM_OK);
    world_sync(&world, 0);
    world_sync(&world, 1);
    struct jem_attachment paper = { .kind = "kk", .name = "kk.png" };
    world_png(80, &png);
    paper.bytes = png.data;
    paper.size = png.len;
    assert_int_equal(jem_attach(world.van[1], number, &paper, &o, &err), JEM_ENOTFOUND); /* not before it goes on */
    assert_int_equal(go_on(world.van[1], number, NULL, 80, NULL, &again), JEM_EINVAL);
    assert_non_null(strstr(err.msg, "QR"));
    assert_int_equal(go_on(world.van[1], number, "tidak-ada", 80, NULL, &again), JEM_ENOTFOUND);
    assert_int_equal(go_on(world.van[1], number, "kia", 80, "burung", &again), JEM_EINVAL);
    assert_int_equal(go_on(world.van[1], number, "kia", 80, NULL, &again), JEM_OK);
    assert_false(again);
    assert_int_equal(go_on(world.van[1], number, "kia", 82, NULL, &again), JEM_ENOTFOUND);
    assert_int_equal(jem_attach(world.van[1], number, &paper, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_correct(world.van[1], number, set, NULL, &o, NULL, &err), JEM_OK);
    json_decref(o);
    json_decref(set);
    o = seen_at(world.van[1], number);
    assert_string_equal(jem_json_str(o, "service", ""), "kia");
    assert_string_equal(jem_json_str(o, "day", "-"), "");
    assert_false(jem_json_bool(o, "began_here", true));
    assert_string_equal(jem_json_str(o, "confirmed", ""), "recorded");
    json_decref(o);
    assert_int_equal(go_on(world.van[1], other, "kia", 83, NULL, &again),
        JEM_OK); /* a wrong number, or a wrong person */
    world_sync(&world, 1);
    status_is(world.hq, number, "received"); /* it was returned */
    o = seen_at(world.hq, number);
    assert_string_equal(jem_json_str(o, "channel", ""), "electronic");
    assert_int_equal(json_array_size(json_object_get(o, "documents")), 1);
    assert_string_equal(jem_json_str(json_object_get(o, "fields"), "phone", ""),
        "081234509876");                                       /* nobody had given one */
    const json_t *questions = json_object_get(o, "conflicts"); /* the NIK is none */
    assert_int_equal(json_array_size(questions), 1);
    assert_string_equal(jem_json_str(json_array_get(questions, 0), "field", ""), "child_name");
    json_decref(o);
    o = seen_at(world.hq, other);
    assert_string_equal(jem_json_str(json_array_get(json_object_get(o, "conflicts"), 0), "field", ""), "nik");
    json_decref(o);
    o = seen_at(world.van[1], number);
    assert_string_equal(jem_json_str(o, "confirmed", ""), "confirmed");
    json_decref(o);
    assert_int_equal(go_on(world.van[1], number, NULL, 80, NULL, &again), JEM_OK);
    assert_true(again);
    /* The other way round: begun at a van's counter, a system adds to it. Its own van knows of it after a round. */
    assert_int_equal(go_on(world.hq, other, NULL, 84, "electronic", &again), JEM_ENOTFOUND);
    assert_int_equal(go_on(world.hq, number, NULL, 80, "electronic", &again), JEM_OK);
    assert_true(again);
    assert_int_equal(decide(world.hq, number, JEM_STATUS_REJECTED, "bukan warga"), JEM_OK);
    world_sync(&world, 1);
    assert_int_equal(go_on(world.van[1], number, NULL, 80, NULL, &again), JEM_EINVAL);
    assert_int_equal(jem_attach(world.van[1], number, &paper, &o, &err), JEM_EINVAL);
    assert_int_equal(go_on(world.van[0], jem_number_make(1, 999), "kia", 80, NULL, &again),
        JEM_ENOTFOUND); /* its own */
    json_decref(in.fields);
    jem_buf_release(&png);
}

/* What another van supplied is seen at the van that began it by what headquarters does next. */
static void the_van_that_began_it_follows(void **state)
{
    (void)state;
    bool again = false;
    uint64_t number = world_apply(world.van[0], "kia", 95);
    world_sync(&world, 0);
    assert_int_equal(decide(world.hq, number, JEM_STATUS_RETURNED, "KK belum ada"), JEM_OK);
    world_sync(&world, 0);
    world_sync(&world, 1);
    status_is(world.van[0], number, "returned");
    assert_int_equal(go_on(world.van[1], number, "kia", 95, NULL, &again), JEM_OK);
    world_sync(&world, 1);
    status_is(world.hq, number, "received");
    assert_int_equal(decide(world.hq, number, JEM_STATUS_VERIFIED, NULL), JEM_OK);
    world_sync(&world, 0);
    status_is(world.van[0], number, "verified");
}

/* Documents that are ready travel with whichever van comes next to the village. */
static void any_van_hands_over_what_is_ready(void **state)
{
    (void)state;
    json_t *o = NULL;
    uint64_t number = world_apply(world.van[0], "kia", 90);
    struct jem_buf png = JEM_BUF_INIT(1 << 20);
    world_png(90, &png);
    struct jem_attachment photo = { .kind = "lain", .name = "serah.png", .bytes = png.data, .size = png.len };
    struct jem_handover_in in = { .name = "Dewi Lestari", .relation = "family", .nik = "0018", .photo = &photo };
    world_sync(&world, 0);
    assert_int_equal(decide(world.hq, number, JEM_STATUS_VERIFIED, NULL), JEM_OK);
    world_sync(&world, 1);
    assert_int_equal(jem_handover_record(world.van[1], number, &in, &o, &err), JEM_EINVAL);
    assert_int_equal(decide(world.hq, number, JEM_STATUS_IN_PROCESS, NULL), JEM_OK);
    assert_int_equal(decide(world.hq, number, JEM_STATUS_READY, NULL), JEM_OK);
    world_sync(&world, 1);
    photo.kind = "kk"; /* what papers its service knows is not known here */
    assert_int_equal(jem_handover_record(world.van[1], number, &in, &o, &err), JEM_EINVAL);
    photo.kind = "lain";
    assert_int_equal(jem_handover_record(world.van[1], number, &in, &o, &err), JEM_OK);
    json_decref(o);
    world_sync(&world, 1);
    status_is(world.hq, number, "handed_over");
    o = seen_at(world.hq, number);
    assert_int_equal(json_array_size(json_object_get(o, "documents")), 1);
    json_decref(o);
    assert_int_equal(jem_handover_list(world.van[1], NULL, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(json_array_get(json_object_get(o, "handed"), 0), "name", ""), "Dewi Lestari");
    json_decref(o);
    world_sync(&world, 0);
    status_is(world.van[0], number, "handed_over");
    assert_int_equal(jem_handover_record(world.van[0], number, &in, &o, &err), JEM_EINVAL);
    assert_int_equal(jem_handover_record(world.van[1], number, &in, &o, &err), JEM_EINVAL);
    jem_buf_release(&png);
}

static void the_public_file_tells_stages_and_no_names(void **state)
{
    (void)state;
    char path[300];
    struct jem_buf file = JEM_BUF_INIT(64 << 20);
    json_t *o = NULL;
    uint64_t number = world_apply(world.van[0], "kia", 60);
    char nik[17];
    world_nik(60, nik);
    world_sync(&world, 0);
    assert_int_equal(decide(world.hq, number, JEM_STATUS_VERIFIED, NULL), JEM_OK);
    snprintf(path, sizeof path, "%s/status.db", world.root);
    assert_int_equal(jem_desk_status_export(world.hq, path, &o, &err), JEM_OK);
    assert_true(jem_json_int(o, "rows", 0) > 5);
    json_decref(o);
    assert_int_equal(jem_file_read(path, 64 << 20, &file, &err), JEM_OK);
    assert_null(memmem(file.data, file.len, nik, 16));
    assert_null(memmem(file.data, file.len, "Rahmawati", 9));
    jem_buf_release(&file);
    assert_int_equal(jem_desk_status_export(world.van[0], path, &o, &err), JEM_EDENIED);
}

static void everything_still_adds_up(void **state)
{
    (void)state;
    struct jem_app *const all[] = { world.hq, world.van[0], world.van[1] };
    for (size_t i = 0; i < 3; i++) {
        json_t *o = NULL;
        assert_int_equal(jem_care_audit(all[i], true, &o, &err), JEM_OK);
        json_decref(o);
    }
    struct jem_buf signers = JEM_BUF_INIT(1 << 16);
    assert_int_equal(jem_exchange_signers(world.hq, &signers, &err), JEM_OK);
    assert_non_null(strstr(jem_buf_text(&signers), "van-2@jemput.invalid"));
    jem_buf_release(&signers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_application_walks_to_its_end),
        cmocka_unit_test(each_role_decides_its_own),
        cmocka_unit_test(two_decisions_are_a_question),
        cmocka_unit_test(a_conflict_is_kept_until_somebody_rules),
        cmocka_unit_test(an_illegal_step_waits_for_a_ruling),
        cmocka_unit_test(duplicates_across_vans_reach_both),
        cmocka_unit_test(documents_arrive_page_by_page),
        cmocka_unit_test(inbox_shows_what_waits),
        cmocka_unit_test(an_agency_minds_its_own),
        cmocka_unit_test(what_a_van_brought_is_told),
        cmocka_unit_test(a_number_shown_whole_is_on_record),
        cmocka_unit_test(a_new_catalogue_reaches_the_vans),
        cmocka_unit_test(headquarters_takes_applications_itself),
        cmocka_unit_test(an_application_goes_on_in_another_channel),
        cmocka_unit_test(the_van_that_began_it_follows),
        cmocka_unit_test(any_van_hands_over_what_is_ready),
        cmocka_unit_test(the_public_file_tells_stages_and_no_names),
        cmocka_unit_test(everything_still_adds_up),
    };
    return cmocka_run_group_tests(tests, setup, world_down);
}
