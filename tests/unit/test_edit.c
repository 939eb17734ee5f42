/* test_edit.c - the catalogue's editor: what is typed becomes what the parser reads and back, faults stand at their input, two admins
 * never overwrite each other unseen, and a version is what was looked at. */
// room: app
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_world.h"
#include "edit_own.h"
#include "jemput/catalog_edit.h"
#include "jemput/desk.h"
#include "jemput/file.h"
#include "jemput/intake.h"
#include "unit.h"

static struct jem_error err;

static json_t *get(const char *id)
{
    json_t *o = NULL;
    assert_int_equal(jem_edit_get(world.hq, id, &o, &err), JEM_OK);
    return o;
}

static int64_t rev_of(const char *id)
{
    json_t *o = get(id);
    int64_t rev = jem_json_int(o, "rev", 0);
    json_decref(o);
    return rev;
}

/* One place of a part; the code, and what came with it (may be NULL). */
static enum jem_code put(const char *id, const char *part, const char *item, const char *path, const char *text,
    int64_t seen, json_t **out)
{
    json_t *o = NULL, *values = json_pack("{s:s}", path, text);
    struct jem_edit_change in = { .id = id, .part = part, .item = item, .values = values, .seen = seen };
    enum jem_code rc = jem_edit_put(world.hq, &in, &o, &err);
    json_decref(values);
    if (out != NULL)
        *out = o;
    else
        json_decref(o);
    return rc;
}

static const char *fault_at(const json_t *out, const char *path)
{
    size_t i;
    const json_t *it;
    json_array_foreach(json_object_get(out, "faults"), i, it)
    {
        if (strcmp(jem_json_str(it, "path", "-"), path) == 0)
            return jem_json_str(it, "text", "");
    }
    return NULL;
}

static json_t *list_row(const char *id)
{
    json_t *o = NULL, *row = NULL, *it;
    size_t i;
    assert_int_equal(jem_edit_list(world.hq, &o, &err), JEM_OK);
    json_array_foreach(json_object_get(o, "services"), i, it)
    {
        if (strcmp(jem_json_str(it, "id", ""), id) == 0)
            row = json_incref(it);
    }
    json_decref(o);
    return row;
}

static void drop(const char *id)
{
    json_t *o = NULL;
    if (jem_edit_drop(world.hq, id, -1, &o, &err) == JEM_OK)
        json_decref(o);
}

/* Every part of every service: shown as text and taken back, nothing changes. */
static void what_is_shown_is_what_is_read(void **state)
{
    (void)state;
    json_t *list = NULL, *row, *o = NULL, *it;
    size_t i, k;
    assert_int_equal(jem_edit_list(world.hq, &list, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(list, "services")), 15);
    json_array_foreach(json_object_get(list, "services"), i, row)
    {
        const char *id = jem_json_str(row, "id", "");
        json_t *service = get(id);
        for (const struct jem_edit_part *part = jem_edit_parts; part->name != NULL; part++) {
            const json_t *body = json_object_get(service, "service");
            size_t items = part->list != NULL ? json_array_size(json_object_get(body, part->list)) : 1;
            for (k = 0; k < items; k++) {
                const char *item =
                    part->list == NULL
                        ? ""
                        : jem_json_str(json_array_get(json_object_get(body, part->list), k), part->key, "");
                json_t *values = jem_edit_values(part, body, item);
                struct jem_edit_change in = { .id = id,
                    .part = part->name,
                    .item = item,
                    .values = values,
                    .seen = -1 };
                if (jem_edit_put(world.hq, &in, &o, &err) != JEM_OK)
                    fail_msg("%s %s %s: %s", id, part->name, item, err.msg);
                json_decref(o);
                json_decref(values);
            }
        }
        json_decref(service);
    }
    json_decref(list);
    assert_int_equal(jem_edit_list(world.hq, &list, &err), JEM_OK);
    assert_int_equal(jem_json_int(list, "drafts", -1), 0); /* not one of them is a change */
    json_decref(list);
    it = get("ktp-el");
    assert_int_equal(json_array_size(json_object_get(it, "changes")), 0);
    json_decref(it);
}

static const struct {
    const char *part, *item, *path, *text, *at, *says;
} wrong[] = {
    { "general", "", "name.en", "  ", "name.en", "kosong" },
    { "general", "", "promised.hours", "besok", "promised.hours", "1 sampai 8760" },
    { "general", "", "promised.hours", "", "promised.hours", "1 sampai 8760" },
    { "general", "", "fee.idr", "-5", "fee.idr", "0 sampai" },
    { "general", "", "agency", "tidak-ada", "agency", "tidak ada dalam katalog" },
    { "general", "", "without.warna", "1", "without[warna]", "tidak ada dalam katalog" },
    { "standard", "", "standard.time.id", "", "standard.time.id", "kosong" },
    { "stages", "", "stages.ready.en", "", "stages.ready.en", "kosong" },
    { "fields", "email", "type", "choice", "options", "options" },
    { "fields", "email", "options", "a | A | A\nb | B | B", "options", "tidak berlaku" },
    { "fields", "email", "name", "E Mail", "name", "huruf kecil" },
    { "fields", "email", "name", "request", "", "dua kali" },
    { "fields", "email", "label.en", "", "label.en", "kosong" },
    { "fields", "request", "options", "baru | Baru | New\nbaru | Lagi | Again", "options[baru]", "dua kali" },
    { "fields", "request", "options", "baru | Baru\nlama | Lama | Old", "options[baru].label.en", "kosong" },
    { "fields", "request", "options", "satu | Satu | One", "options", "2 sampai 100" },
    { "fields", "change_detail", "max_length", "5000", "max_length", "4000" },
    { "requirements", "ktp-lama", "when.id", "", "when.id", "kosong" },
    { "requirements", "ktp-lama", "required", "1", "when", "tidak selalu wajib" },
    { "requirements", "kk", "required", "", "when", "when" },
    { "requirements", "surat-polisi", "instead_of", "kartu", "instead_of", "tidak ada dalam katalog" },
    { "requirements", "ktp-lama", "kind", "ktp-dulu", "", "requirements[surat-polisi].instead_of" },
};

static void faults_stand_at_their_input(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        json_t *out = NULL;
        assert_int_equal(put("ktp-el", wrong[i].part, wrong[i].item, wrong[i].path, wrong[i].text, -1, &out),
            JEM_EINVAL);
        const char *text = fault_at(out, wrong[i].at);
        if (text == NULL || strstr(text, wrong[i].says) == NULL)
            fail_msg("%s=%s: at \"%s\" stands \"%s\" (%s)", wrong[i].path, wrong[i].text, wrong[i].at,
                text != NULL ? text : "nothing", err.msg);
        json_decref(out);
    }
    json_t *row = list_row("ktp-el");
    assert_string_equal(jem_json_str(row, "state", ""), "published"); /* nothing of it was kept */
    json_decref(row);
    assert_int_equal(put("tidak-ada", "general", "", "name.id", "X", -1, NULL), JEM_ENOTFOUND);
    assert_int_equal(put("ktp-el", "fields", "tidak_ada", "label.id", "X", -1, NULL), JEM_ENOTFOUND);
    assert_int_equal(put("ktp-el", "harga", "", "name.id", "X", -1, NULL), JEM_ENOTFOUND);
}

static void two_admins_see_each_other(void **state)
{
    (void)state;
    json_t *out = NULL;
    int64_t seen = rev_of("kia"); /* both opened it */
    assert_int_equal(put("kia", "general", "", "name.id", "Kartu Anak", seen, NULL), JEM_OK);
    assert_int_equal(put("kia", "general", "", "promised.hours", "48", seen, &out), JEM_EEXISTS);
    assert_string_equal(jem_json_str(out, "officer", ""), jem_app_user(world.hq));
    const json_t *changes = json_object_get(out, "changes");
    assert_int_equal(json_array_size(changes), 1); /* the other's name is not undone by what was typed */
    assert_string_equal(jem_json_str(json_array_get(changes, 0), "path", ""), "promised.hours");
    assert_string_equal(jem_json_str(json_array_get(changes, 0), "before", ""), "24");
    assert_string_equal(jem_json_str(json_array_get(changes, 0), "after", ""), "48");
    int64_t now = jem_json_int(out, "rev", 0);
    json_decref(out);
    json_t *o = get("kia");
    assert_int_equal(json_array_size(json_object_get(o, "changes")), 1); /* nothing was overwritten */
    json_decref(o);
    assert_int_equal(put("kia", "general", "", "promised.hours", "48", now, NULL), JEM_OK);
    o = get("kia");
    assert_int_equal(json_array_size(json_object_get(o, "changes")), 2);
    json_decref(o);
    /* Moving, retiring and dropping ask the same. */
    assert_int_equal(jem_edit_move(world.hq, "kia", "requirements", "kk", 1, now, &o, &err), JEM_EEXISTS);
    assert_int_equal(jem_edit_retire(world.hq, "kia", true, now, &o, &err), JEM_EEXISTS);
    assert_int_equal(jem_edit_drop(world.hq, "kia", now, &o, &err), JEM_EEXISTS);
    drop("kia");
    assert_int_equal(rev_of("kia"), seen); /* as it was */
}

/* A form that carries what its editor saw: what is apart merges, one place that both changed is told with both. */
static void what_is_apart_merges(void **state)
{
    (void)state;
    json_t *o = get("ikd"), *out = NULL;
    const struct jem_edit_part *part = jem_edit_part("general");
    json_t *was = jem_edit_values(part, json_object_get(o, "service"), NULL), *typed = json_deep_copy(was);
    struct jem_edit_change in = { .id = "ikd",
        .part = "general",
        .item = "",
        .values = typed,
        .was = was,
        .seen = jem_json_int(o, "rev", 0) };
    json_decref(o);
    json_object_set_new(typed, "name.id", json_string("IKD di desa"));
    assert_int_equal(put("ikd", "general", "", "promised.hours", "12", -1, NULL),
        JEM_OK); /* another admin, meanwhile */
    assert_int_equal(jem_edit_put(world.hq, &in, &out, &err), JEM_OK);
    json_decref(out);
    o = get("ikd");
    const json_t *service = json_object_get(o, "service");
    assert_int_equal(jem_json_int(json_object_get(service, "promised"), "hours", 0), 12);
    assert_string_equal(jem_json_str(json_object_get(service, "name"), "id", ""), "IKD di desa");
    json_decref(o);
    json_object_set_new(typed, "promised.hours", json_string("6")); /* now the same place, seen as it was at first */
    json_object_set_new(typed, "fee.idr", json_string("500"));
    assert_int_equal(jem_edit_put(world.hq, &in, &out, &err), JEM_EEXISTS);
    assert_string_equal(jem_json_str(json_object_get(out, "now"), "promised.hours", ""), "12");
    assert_string_equal(jem_json_str(json_object_get(out, "values"), "promised.hours", ""), "6");
    assert_int_equal(json_array_size(json_object_get(out, "changes")), 2);
    json_decref(out);
    o = get("ikd");
    assert_int_equal(jem_json_int(json_object_get(json_object_get(o, "service"), "fee"), "idr", -1), 0);
    json_decref(o);
    json_decref(was);
    json_decref(typed);
    /* A new item is apart from whatever others did; ticks that nobody set are part of it. */
    part = jem_edit_part("fields");
    was = jem_edit_values(part, NULL, NULL);
    typed = json_deep_copy(was);
    json_object_set_new(typed, "name", json_string("note_to_desk"));
    json_object_set_new(typed, "label.id", json_string("Catatan"));
    json_object_set_new(typed, "label.en", json_string("Note"));
    json_object_set_new(typed, "type", json_string("text"));
    in.part = "fields";
    in.values = typed;
    in.was = was;
    if (jem_edit_put(world.hq, &in, &out, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    json_decref(out);
    json_decref(was);
    json_decref(typed);
    drop("ikd");
}

static void items_are_added_moved_and_taken_out(void **state)
{
    (void)state;
    json_t *o = NULL,
           *values = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "name", "colour", "label.id", "Warna", "label.en", "Colour",
               "type", "choice", "required", "1", "options", "m | Merah | Red\r\n\n b|Biru |Blue ");
    struct jem_edit_change in = { .id = "ktp-el", .part = "fields", .item = "", .values = values, .seen = -1 };
    assert_int_equal(jem_edit_put(world.hq, &in, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "item", ""), "colour");
    json_decref(o);
    assert_int_equal(jem_edit_put(world.hq, &in, &o, &err), JEM_EINVAL); /* twice */
    json_decref(o);
    json_decref(values);
    assert_int_equal(jem_edit_move(world.hq, "ktp-el", "fields", "colour", -99, -1, &o, &err), JEM_OK);
    json_decref(o);
    struct jem_catalog *catalog = NULL;
    assert_int_equal(jem_edit_catalog(world.hq, &catalog, &err), JEM_OK);
    const struct jem_field *field = jem_service_field(jem_catalog_find(catalog, "ktp-el"), "colour");
    assert_non_null(field);
    assert_true(field->required);
    assert_int_equal(field->option_count, 2);
    assert_string_equal(field->options[1].value, "b");
    assert_string_equal(field->options[1].label[JEM_EN], "Blue");
    jem_catalog_free(catalog);
    o = get("ktp-el");
    const json_t *first = json_array_get(json_object_get(json_object_get(o, "service"), "fields"), 0);
    assert_string_equal(jem_json_str(first, "name", ""), "colour");
    json_decref(o);
    assert_int_equal(jem_edit_move(world.hq, "ktp-el", "fields", "colour", 0, -1, &o, &err), JEM_OK);
    json_decref(o);
    json_t *row = list_row("ktp-el"); /* all is as it was: no draft */
    assert_string_equal(jem_json_str(row, "state", ""), "published");
    json_decref(row);
}

static void published_is_what_was_looked_at(void **state)
{
    (void)state;
    json_t *o = NULL, *row = NULL;
    const struct jem_catalog *catalog = NULL;
    assert_int_equal(put("pbb", "general", "", "fee.idr", "15000", -1, NULL), JEM_OK);
    row = list_row("pbb");
    json_t *chosen = json_pack("{s:O}", "pbb", json_object_get(row, "rev"));
    json_decref(row);
    assert_int_equal(put("pbb", "general", "", "fee.idr", "20000", -1, NULL), JEM_OK);
    assert_int_equal(jem_edit_publish(world.hq, chosen, &o, &err), JEM_EEXISTS);
    json_object_set_new(chosen, "pbb", json_integer((json_int_t)rev_of("pbb")));
    assert_int_equal(put("nib", "general", "", "promised.hours", "3", -1, NULL),
        JEM_OK); /* somebody else's, not ready */
    assert_int_equal(jem_edit_publish(world.hq, chosen, &o, &err), JEM_OK);
    int64_t version = jem_json_int(o, "version", 0);
    assert_int_equal(json_array_size(json_object_get(o, "changed")), 1);
    json_decref(o);
    json_decref(chosen);
    assert_int_equal(jem_app_catalog(world.hq, &catalog, &err), JEM_OK);
    assert_int_equal(jem_catalog_version(catalog), version);
    assert_int_equal(jem_catalog_find(catalog, "pbb")->fee_idr, 20000);
    assert_int_equal(jem_catalog_find(catalog, "nib")->promised_hours, 1);
    world_sync(&world, 0);
    assert_int_equal(jem_app_catalog(world.van[0], &catalog, &err), JEM_OK);
    assert_int_equal(jem_catalog_find(catalog, "pbb")->fee_idr, 20000);
    drop("nib");
    assert_int_equal(jem_edit_publish(world.hq, NULL, &o, &err), JEM_EINVAL); /* nothing waits */
}

static void a_draft_over_what_was_published_anew(void **state)
{
    (void)state;
    char folder[300], path[400];
    json_t *o = NULL, *kia = NULL;
    (void)snprintf(folder, sizeof folder, "%s/ekspor", world.root);
    (void)snprintf(path, sizeof path, "%s/services/kia.json", folder);
    assert_int_equal(jem_edit_export(world.hq, 0, folder, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_edit_export(world.hq, 0, folder, &o, &err), JEM_EEXISTS);
    assert_int_equal(put("kia", "general", "", "name.id", "Dari halaman", -1, NULL), JEM_OK);
    assert_int_equal(jem_json_file(path, 1 << 20, &kia, &err), JEM_OK);
    json_object_set_new(kia, "retention_days", json_integer(999));
    assert_int_equal(json_dump_file(kia, path, 0), 0);
    json_decref(kia);
    assert_int_equal(jem_desk_catalog_publish(world.hq, folder, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_desk_catalog_publish(world.hq, folder, &o, &err), JEM_EEXISTS); /* of an older version now */
    assert_int_equal(jem_edit_publish(world.hq, NULL, &o, &err), JEM_EEXISTS);
    json_t *row = list_row("kia");
    assert_true(jem_json_bool(row, "behind", false));
    json_decref(row);
    assert_int_equal(jem_edit_keep(world.hq, "kia", -1, &o, &err), JEM_OK);
    json_decref(o);
    o = get("kia"); /* and is told what that takes back */
    assert_int_equal(json_array_size(json_object_get(o, "changes")), 2);
    json_decref(o);
    assert_int_equal(jem_edit_publish(world.hq, NULL, &o, &err), JEM_OK);
    json_decref(o);
}

static void versions_stay_and_differ(void **state)
{
    (void)state;
    json_t *o = NULL;
    assert_int_equal(jem_edit_versions(world.hq, &o, &err), JEM_OK);
    const json_t *all = json_object_get(o, "versions");
    size_t n = json_array_size(all);
    assert_true(n >= 4);
    assert_int_equal(jem_json_int(json_array_get(all, n - 1), "version", 0), 1);
    for (size_t i = 0; i + 1 < n; i++)
        assert_true(jem_json_int(json_array_get(all, i), "version", 0) >
                    jem_json_int(json_array_get(all, i + 1), "version", 0));
    json_decref(o);
    assert_int_equal(jem_edit_compare(world.hq, 1, 2, NULL, &o, &err), JEM_OK);
    const json_t *services = json_object_get(o, "services");
    assert_int_equal(json_array_size(services), 1);
    assert_string_equal(jem_json_str(json_array_get(services, 0), "id", ""), "pbb");
    const json_t *change = json_array_get(json_object_get(json_array_get(services, 0), "changes"), 0);
    assert_string_equal(jem_json_str(change, "path", ""), "fee.idr");
    assert_string_equal(jem_json_str(change, "after", ""), "20000");
    json_decref(o);
    assert_int_equal(jem_edit_compare(world.hq, 1, 99, NULL, &o, &err), JEM_ENOTFOUND);
    /* A service as it was becomes a draft; the same as what is published is none. */
    assert_int_equal(jem_edit_restore(world.hq, "pbb", 1, -1, &o, &err), JEM_OK);
    json_decref(o);
    o = get("pbb");
    assert_string_equal(jem_json_str(json_array_get(json_object_get(o, "changes"), 0), "before", ""), "20000");
    json_decref(o);
    assert_int_equal(jem_edit_restore(world.hq, "pbb", 2, -1, &o, &err), JEM_OK);
    json_decref(o);
    json_t *row = list_row("pbb");
    assert_string_equal(jem_json_str(row, "state", ""), "published");
    json_decref(row);
    assert_int_equal(jem_edit_restore(world.hq, "pbb", 99, -1, &o, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_edit_restore(world.hq, "tidak-ada", 1, -1, &o, &err), JEM_ENOTFOUND);
    /* An old version as a folder is that version, and does not come back by itself. */
    char folder[300];
    (void)snprintf(folder, sizeof folder, "%s/lama", world.root);
    assert_int_equal(jem_edit_export(world.hq, 1, folder, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_edit_compare(world.hq, 1, 0, folder, &o, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "services")), 0);
    json_decref(o);
    assert_int_equal(jem_desk_catalog_publish(world.hq, folder, &o, &err), JEM_EEXISTS);
}

static void a_new_service_and_one_that_stops(void **state)
{
    (void)state;
    json_t *o = NULL;
    const struct jem_catalog *catalog = NULL;
    uint64_t number = world_apply(world.van[0], "pdam", 41);
    assert_int_equal(jem_edit_new(world.hq, "kia", "pdam", &o, &err), JEM_EEXISTS);
    assert_int_equal(jem_edit_new(world.hq, "Pdam Tangki", "pdam", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_edit_new(world.hq, "pdam-tangki", "tidak-ada", &o, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_edit_new(world.hq, "pdam-tangki", "pdam", &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_edit_retire(world.hq, "pdam", true, -1, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_edit_publish(world.hq, NULL, &o, &err), JEM_OK);
    json_decref(o);
    world_sync(&world, 0);
    assert_int_equal(jem_app_catalog(world.van[0], &catalog, &err), JEM_OK);
    assert_int_equal(jem_catalog_find(catalog, "pdam-tangki")->code, 305); /* one more than any */
    assert_true(jem_catalog_find(catalog, "pdam")->retired);
    json_t *form = world_form(world.van[0], "pdam", 42);
    struct jem_apply_in in = { .service = "pdam", .fields = form };
    struct jem_issues issues = { .count = 0 };
    assert_int_equal(jem_apply(world.van[0], &in, &o, &issues, &err), JEM_EINVAL);
    assert_non_null(strstr(err.msg, "tidak ditawarkan"));
    json_decref(form);
    /* What was applied for goes on. */
    static const enum jem_status way[] = { JEM_STATUS_VERIFIED, JEM_STATUS_IN_PROCESS, JEM_STATUS_READY };
    for (size_t i = 0; i < 3; i++) {
        struct jem_decision d = { .number = number, .to = way[i] };
        assert_int_equal(jem_desk_decide(world.hq, &d, &o, &err), JEM_OK);
        json_decref(o);
    }
    (void)world_apply(world.van[0], "pdam-tangki", 43);
}

/* Agencies and fields of every service: checked with all services, previewed, published apart, taken back, never retired. */
static void what_all_services_share_is_a_draft_too(void **state)
{
    (void)state;
    json_t *o = NULL, *row = NULL;
    struct jem_catalog *catalog = NULL;
    const struct jem_catalog *now = NULL;
    json_t *pos = json_pack("{s:s,s:s,s:s}", "id", "pos", "name.id", "Kantor Pos", "name.en", "Post Office");
    json_t *mail = json_pack("{s:s,s:s,s:s,s:s,s:s}", "name", "mail", "label.id", "Surel", "label.en", "E-mail", "type",
        "email", "required", "");
    struct jem_edit_change
        agency = { .id = JEM_EDIT_COMMON, .part = "agencies", .item = "", .values = pos, .seen = -1 },
        field = { .id = JEM_EDIT_COMMON, .part = "common_fields", .item = "", .values = mail, .seen = -1 };
    assert_int_equal(put("ktp-el", "general", "", "agency", "pos", -1, NULL), JEM_EINVAL); /* nobody knows it */
    assert_int_equal(jem_edit_put(world.hq, &agency, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(o, "item", ""), "pos");
    json_decref(o);
    assert_int_equal(jem_edit_put(world.hq, &agency, &o, &err), JEM_EINVAL); /* twice */
    json_decref(o);
    assert_int_equal(jem_edit_put(world.hq, &field, &o, &err), JEM_OK);
    json_decref(o);
    /* faults stand at their input; what another part of the catalogue would lack is refused as well */
    assert_int_equal(put(JEM_EDIT_COMMON, "common_fields", "mail", "label.en", "", -1, &o), JEM_EINVAL);
    assert_non_null(fault_at(o, "label.en"));
    json_decref(o);
    assert_int_equal(put(JEM_EDIT_COMMON, "agencies", "dukcapil", "id", "capil", -1, &o), JEM_EINVAL);
    assert_non_null(fault_at(o, ""));
    assert_non_null(strstr(err.msg, "services["));
    json_decref(o);
    /* parts are of the one or of the other */
    assert_int_equal(put(JEM_EDIT_COMMON, "general", "", "fee.idr", "1", -1, NULL), JEM_ENOTFOUND);
    assert_int_equal(put("ktp-el", "agencies", "dukcapil", "name.en", "x", -1, NULL), JEM_ENOTFOUND);
    assert_int_equal(jem_edit_move(world.hq, "ktp-el", "agencies", "dukcapil", 0, -1, &o, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_edit_retire(world.hq, JEM_EDIT_COMMON, true, -1, &o, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_edit_new(world.hq, JEM_EDIT_COMMON, "kia", &o, &err), JEM_EEXISTS);
    assert_int_equal(jem_edit_new(world.hq, "kia-dua", JEM_EDIT_COMMON, &o, &err), JEM_ENOTFOUND);
    /* a service's draft and the form of every other see it before it is published */
    assert_int_equal(put("nib", "general", "", "agency", "pos", -1, NULL), JEM_OK);
    assert_int_equal(jem_edit_catalog(world.hq, &catalog, &err), JEM_OK);
    assert_non_null(jem_service_field(jem_catalog_find(catalog, "pdam"), "mail"));
    assert_string_equal(jem_catalog_find(catalog, "nib")->agency_name[JEM_EN], "Post Office");
    jem_catalog_free(catalog);
    o = get(JEM_EDIT_COMMON);
    assert_string_equal(jem_json_str(o, "state", ""), "changed");
    assert_true(json_array_size(json_object_get(o, "changes")) > 0);
    assert_int_equal(json_array_size(json_object_get(o, "faults")), 0);
    int64_t rev = jem_json_int(o, "rev", 0);
    json_decref(o);
    assert_int_equal(put(JEM_EDIT_COMMON, "agencies", "pos", "name.en", "Posts", rev - 1, &o), JEM_EEXISTS);
    json_decref(o);
    /* the service cannot go out without what it needs; then both do */
    json_t *chosen = json_pack("{s:I}", "nib", (json_int_t)rev_of("nib"));
    assert_int_equal(jem_edit_publish(world.hq, chosen, &o, &err), JEM_EINVAL);
    json_object_set_new(chosen, JEM_EDIT_COMMON, json_integer((json_int_t)rev));
    assert_int_equal(jem_edit_publish(world.hq, chosen, &o, &err), JEM_OK);
    int64_t version = jem_json_int(o, "version", 0);
    json_decref(o);
    json_decref(chosen);
    world_sync(&world, 0);
    assert_int_equal(jem_app_catalog(world.van[0], &now, &err), JEM_OK);
    assert_non_null(jem_service_field(jem_catalog_find(now, "pdam"), "mail"));
    assert_int_equal(jem_edit_list(world.hq, &o, &err), JEM_OK);
    assert_string_equal(jem_json_str(json_object_get(o, "common"), "state", ""), "published");
    assert_int_equal(jem_json_int(o, "drafts", -1), 0);
    json_decref(o);
    /* versions: what changed, and back; a version has no word of how drafts are kept */
    assert_int_equal(jem_edit_compare(world.hq, version - 1, version, NULL, &o, &err), JEM_OK);
    assert_true(json_array_size(json_object_get(o, "changes")) > 0);
    json_decref(o);
    assert_int_equal(own_edit_version(world.hq, 0, &o, &err), JEM_OK);
    assert_null(json_object_get(o, JEM_EDIT_COMMON));
    json_decref(o);
    assert_int_equal(jem_edit_restore(world.hq, JEM_EDIT_COMMON, version - 1, -1, &o, &err), JEM_OK);
    json_decref(o);
    row = list_row("nib"); /* which names the agency that would go */
    assert_true(jem_json_int(row, "faults", 0) > 0);
    json_decref(row);
    drop(JEM_EDIT_COMMON);
    assert_int_equal(jem_edit_restore(world.hq, "nib", version - 1, -1, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_edit_publish(world.hq, NULL, &o, &err), JEM_OK);
    json_decref(o);
    json_decref(pos);
    json_decref(mail);
}

static void a_code_is_never_anothers(void **state)
{
    (void)state;
    char folder[300], path[400];
    json_t *o = NULL, *service = NULL;
    (void)snprintf(folder, sizeof folder, "%s/kode", world.root);
    (void)snprintf(path, sizeof path, "%s/services/pbb.json", folder);
    assert_int_equal(jem_edit_export(world.hq, 0, folder, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_json_file(path, 1 << 20, &service, &err), JEM_OK);
    json_object_set_new(service, "code", json_integer(777));
    assert_int_equal(json_dump_file(service, path, 0), 0);
    json_decref(service);
    assert_int_equal(jem_desk_catalog_publish(world.hq, folder, &o, &err), JEM_EINVAL);
    assert_non_null(strstr(err.msg, "303"));
}

static void a_sample_receipt(void **state)
{
    (void)state;
    struct jem_buf text = JEM_BUF_INIT(1 << 20), png = JEM_BUF_INIT(8 << 20);
    assert_int_equal(put("ktp-el", "general", "", "promised.text.id", "Tiga hari sejak berkas lengkap", -1, NULL),
        JEM_OK);
    assert_int_equal(jem_edit_receipt(world.hq, NULL, "ktp-el", JEM_PAPER_TEXT, 80, &text, &err), JEM_OK);
    assert_non_null(strstr(jem_buf_text(&text), "CONTOH"));
    assert_non_null(strstr(jem_buf_text(&text), "Tiga hari sejak"));
    assert_int_equal(jem_edit_receipt(world.hq, NULL, "ktp-el", JEM_PAPER_PNG, 58, &png, &err), JEM_OK);
    assert_memory_equal(png.data, "\x89PNG", 4);
    jem_buf_release(&text);
    jem_buf_release(&png);
    drop("ktp-el");
}

struct writer {
    struct jem_app *app;
    const char *id, *path;
    unsigned kept, met; /* changes that stood, and those that met another's first */
};

/* Adds one to a number again and again, each time from what it saw. */
static void *write_on(void *arg)
{
    struct writer *w = arg;
    for (unsigned i = 0; w->kept < 8 && i < 400; i++) {
        json_t *o = NULL, *out = NULL;
        struct jem_error why;
        char text[24];
        if (jem_edit_get(w->app, w->id, &o, &why) != JEM_OK)
            continue;
        (void)snprintf(text, sizeof text, "%lld",
            (long long)jem_json_int(json_object_get(o, "service"), w->path, 0) + 1);
        json_t *values = json_pack("{s:s}", w->path, text);
        struct jem_edit_change in = { .id = w->id,
            .part = "general",
            .item = "",
            .values = values,
            .seen = jem_json_int(o, "rev", 0) };
        enum jem_code rc = jem_edit_put(w->app, &in, &out, &why);
        w->kept += rc == JEM_OK;
        w->met += rc == JEM_EEXISTS;
        json_decref(values);
        json_decref(out);
        json_decref(o);
    }
    return NULL;
}

/* Two of one service, one of another: every change stands once, however they meet. */
static void admins_at_once(void **state)
{
    (void)state;
    struct writer w[3] = { { .id = "samsat", .path = "retention_days" }, { .id = "samsat", .path = "retention_days" },
        { .id = "sim", .path = "retention_days" } };
    pthread_t threads[3];
    json_t *samsat = get("samsat"), *sim = get("sim");
    int64_t before = jem_json_int(json_object_get(samsat, "service"), "retention_days", 0);
    int64_t before_sim = jem_json_int(json_object_get(sim, "service"), "retention_days", 0);
    json_decref(samsat);
    json_decref(sim);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(jem_app_dup(world.hq, &w[i].app, &err), JEM_OK);
        assert_int_equal(pthread_create(&threads[i], NULL, write_on, &w[i]), 0);
    }
    for (size_t i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        jem_app_close(w[i].app);
        assert_int_equal(w[i].kept, 8);
    }
    assert_int_equal(w[2].met, 0); /* nobody else wrote there */
    samsat = get("samsat");
    sim = get("sim");
    assert_int_equal(jem_json_int(json_object_get(samsat, "service"), "retention_days", 0), before + 16);
    assert_int_equal(jem_json_int(json_object_get(sim, "service"), "retention_days", 0), before_sim + 8);
    json_decref(samsat);
    json_decref(sim);
    drop("samsat");
    drop("sim");
}

static void drafts_are_shown_as_a_form(void **state)
{
    (void)state;
    json_t *o = NULL;
    assert_int_equal(put("kia", "fields", "blood_type", "label.id", "Golongan darah si anak", -1, NULL), JEM_OK);
    assert_int_equal(jem_edit_show(world.hq, "kia", &o, &err), JEM_OK);
    char *text = json_dumps(o, JSON_COMPACT);
    assert_non_null(strstr(text, "Golongan darah si anak"));
    free(text);
    json_decref(o);
    assert_int_equal(jem_edit_show(world.hq, "kja", &o, &err), JEM_ENOTFOUND);
    drop("kia");
}

static void only_admins(void **state)
{
    (void)state;
    json_t *o = NULL;
    assert_int_equal(jem_edit_list(world.van[0], &o, &err), JEM_EDENIED);
    assert_int_equal(jem_edit_retire(world.van[0], "kia", true, -1, &o, &err), JEM_EDENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_shown_is_what_is_read),
        cmocka_unit_test(faults_stand_at_their_input),
        cmocka_unit_test(two_admins_see_each_other),
        cmocka_unit_test(what_is_apart_merges),
        cmocka_unit_test(items_are_added_moved_and_taken_out),
        cmocka_unit_test(published_is_what_was_looked_at),
        cmocka_unit_test(a_draft_over_what_was_published_anew),
        cmocka_unit_test(versions_stay_and_differ),
        cmocka_unit_test(a_new_service_and_one_that_stops),
        cmocka_unit_test(what_all_services_share_is_a_draft_too),
        cmocka_unit_test(a_code_is_never_anothers),
        cmocka_unit_test(a_sample_receipt),
        cmocka_unit_test(admins_at_once),
        cmocka_unit_test(drafts_are_shown_as_a_form),
        cmocka_unit_test(only_admins),
    };
    return cmocka_run_group_tests(tests, world_up, world_down);
}
