/* test_gone.c - an erased person over a whole district: every table and page of every store, the sealed history in every repository,
 * exports, packages, the public file and backups are searched for what was known of the person; before the erasure each is found
 * where it belongs, afterwards nowhere, also after a restore from a backup that still knew. */
// room: app
#include <ctype.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_world.h"
#include "db.h"
#include "jemput/agency.h"
#include "jemput/care.h"
#include "jemput/data.h"
#include "jemput/day.h"
#include "jemput/desk.h"
#include "jemput/exchange.h"
#include "jemput/file.h"
#include "jemput/intake.h"
#include "jemput/law.h"
#include "jemput/lookup.h"
#include "jemput/tray_store.h"
#include "unit.h"

#define SERVICE "bpjs-kesehatan"
#define PERSON 4321
#define OTHER_PERSON 4322 /* stays */

/* What is known of the person, and by whom: h headquarters, a the van that took the application, b the one where it went on. */
enum mark {
    M_NIK,
    M_NAME,
    M_PHONE,
    M_PHONE_THERE,
    M_BANK,
    M_WHY_CORRECTED,
    M_FILE,
    M_SCAN,
    M_NOTE,
    M_COMPLAINT,
    M_COMPLAINANT,
    M_CONTACT,
    M_ANSWER,
    M_RECEIVER,
    M_HANDED,
    M_TRAY,
    M_COUNT
};
static struct {
    const char *text, *who;
    size_t n;
} marks[M_COUNT] = {
    [M_NIK] = { NULL, "hab", 16 },
    [M_NAME] = { "Zubaidah Qurratulaini", "ha", 0 },
    [M_PHONE] = { "081299887766", "ha", 0 },
    [M_PHONE_THERE] = { "081377665544", "hb", 0 },
    [M_BANK] = { "Bank Xanthosoma", "ha", 0 },
    [M_WHY_CORRECTED] = { "salinan Wyvernia", "ha", 0 },
    [M_FILE] = { "kk-zyzzyva.png", "ha", 0 },
    [M_SCAN] = { NULL, "ha", 0 },
    [M_NOTE] = { "Quixotica datang lagi", "ha", 0 },
    [M_COMPLAINT] = { "Antrean Jabberwock", "ha", 0 },
    [M_COMPLAINANT] = { "Pengadu Kwashiorkor", "ha", 0 },
    [M_CONTACT] = { "kotak@zephyrus.id", "ha", 0 },
    [M_ANSWER] = { "Maaf Tuan Ozymandias", "ha", 0 },
    [M_RECEIVER] = { "Penerima Nyctinasty", "ha", 0 },
    [M_HANDED] = { "anak sulung Vexillum", "ha", 0 },
    [M_TRAY] = { "halaman Floccinauci", "a", 0 }, /* scanned, and not yet a document */
};
static const char *const words[] = { "zubaidah", "qurratulaini" }; /* as an index has them */

static struct jem_error err;
static uint64_t number, kept;
static struct jem_buf scan;
static char nik[17], package[24];

/* ---- searching ---- */

static bool holds(const void *where, size_t n, const void *what, size_t m)
{
    const unsigned char *a = where, *b = what;
    if (m == 0 || n < m)
        return false;
    for (size_t i = 0; i <= n - m; i++) {
        size_t k = 0;
        while (k < m && tolower(a[i + k]) == tolower(b[k]))
            k++;
        if (k == m)
            return true;
    }
    return false;
}

/* A line for every mark that these bytes hold; how many they are. */
static unsigned marks_in(const void *bytes, size_t n, const char *where, bool found[M_COUNT])
{
    unsigned hits = 0;
    for (unsigned i = 0; i < M_COUNT; i++)
        if (holds(bytes, n, marks[i].text, marks[i].n)) {
            hits++;
            if (found != NULL)
                found[i] = true;
            else
                print_error("%s holds \"%.40s\"\n", where, i == M_SCAN ? "(the scan)" : marks[i].text);
        }
    for (size_t i = 0; found == NULL && i < sizeof words / sizeof *words; i++)
        if (holds(bytes, n, words[i], strlen(words[i]))) {
            print_error("%s holds the word %s\n", where, words[i]);
            hits++;
        }
    return hits;
}

static unsigned marks_in_table(sqlite3 *db, const char *store, const char *table, bool found[M_COUNT])
{
    char sql[200], where[200];
    sqlite3_stmt *st = NULL;
    unsigned hits = 0;
    (void)snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", table);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    while (sqlite3_step(st) == SQLITE_ROW)
        for (int c = 0; c < sqlite3_column_count(st); c++) {
            (void)snprintf(where, sizeof where, "%s: %s.%s", store, table, sqlite3_column_name(st, c));
            const void *bytes = sqlite3_column_blob(st, c);
            if (bytes != NULL)
                hits += marks_in(bytes, (size_t)sqlite3_column_bytes(st, c), where, found);
        }
    sqlite3_finalize(st);
    return hits;
}

/* Every row of every table, and every page as it stands: free ones too, with what lies in the unused middle of each. */
static unsigned marks_in_store(struct jem_app *app, const char *name, bool found[M_COUNT])
{
    sqlite3 *db = jem_app_store(app)->db;
    sqlite3_stmt *st = NULL;
    sqlite3_int64 size = 0;
    unsigned hits = 0, tables = 0;
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT name FROM sqlite_master WHERE type = 'table'", -1, &st, NULL),
        SQLITE_OK);
    for (; sqlite3_step(st) == SQLITE_ROW; tables++)
        hits += marks_in_table(db, name, (const char *)sqlite3_column_text(st, 0), found);
    sqlite3_finalize(st);
    assert_true(tables > 50);
    assert_int_equal(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL), SQLITE_OK);
    unsigned char *pages = sqlite3_serialize(db, "main", &size, 0);
    assert_non_null(pages);
    assert_memory_equal(pages, "SQLite format 3", 16);
    hits += marks_in(pages, (size_t)size, name, found);
    sqlite3_free(pages);
    return hits;
}

static void known_at(struct jem_app *app, char who)
{
    bool found[M_COUNT] = { false };
    (void)marks_in_store(app, "", found);
    for (unsigned i = 0; i < M_COUNT; i++)
        if (found[i] != (strchr(marks[i].who, who) != NULL))
            fail_msg("%c %s \"%s\"", who, found[i] ? "knows" : "does not know",
                i == M_SCAN ? "the scan" : marks[i].text);
}

static void nowhere_at(struct jem_app *app, const char *name)
{
    json_t *o = NULL;
    if (marks_in_store(app, name, NULL) > 0)
        fail_msg("the person is in %s", name);
    assert_int_equal(jem_find(app, "zubaidah", 50, &o, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "applications")), 0);
    json_decref(o);
    assert_int_equal(jem_show(app, number, &o, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_care_audit(app, false, &o, &err), JEM_OK); /* the chains hold */
    json_decref(o);
}

static unsigned files_hits, files_seen;

static int marks_in_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    struct jem_buf b = JEM_BUF_INIT((size_t)256 << 20);
    (void)st;
    (void)ftw;
    if (type != FTW_F || jem_file_read(path, (size_t)256 << 20, &b, &err) != JEM_OK)
        return 0;
    files_seen++;
    files_hits += marks_in(b.data, b.len, path + strlen(world.root), NULL);
    jem_buf_release(&b);
    return 0;
}

/* As they lie on the disk: stores and backups are sealed, files for people are not. */
static void nowhere_in_files(void)
{
    files_hits = files_seen = 0;
    assert_int_equal(nftw(world.root, marks_in_file, 16, FTW_PHYS), 0);
    assert_true(files_seen > 40);
    assert_int_equal(files_hits, 0);
}

/* What git gives out of every object of every repository, reachable or not. */
static void nowhere_in_git(void)
{
    char command[900], out[300];
    struct jem_buf all = JEM_BUF_INIT((size_t)64 << 20);
    (void)snprintf(out, sizeof out, "%s/objects.all", world.root);
    (void)snprintf(command, sizeof command,
        "find '%s' -type d -name objects | while read -r o; do git --git-dir=\"${o%%/objects}\" cat-file "
        "--batch-all-objects --batch --unordered; done >'%s'",
        world.root, out);
    assert_int_equal(system(command), 0);
    assert_int_equal(jem_file_read(out, (size_t)64 << 20, &all, &err), JEM_OK);
    assert_int_equal(remove(out), 0);
    assert_true(all.len > 20000 && !all.failed);
    assert_int_equal(marks_in(all.data, all.len, "git", NULL), 0);
    jem_buf_release(&all);
}

/* ---- the district ---- */

static const char *path_of(const char *name)
{
    static char path[400];
    (void)snprintf(path, sizeof path, "%s/%s", world.root, name);
    return path;
}

static void done(enum jem_code rc, json_t **o)
{
    if (rc != JEM_OK)
        fail_msg("%s: %s", jem_code_name(rc), err.msg);
    json_decref(*o);
    *o = NULL;
}

static uint64_t apply_as(const char *name, const char *phone, const char *bank, unsigned person)
{
    json_t *fields = world_form(world.van[0], SERVICE, person), *o = NULL;
    struct jem_attachment paper = { .kind = "lain", .bytes = scan.data, .size = scan.len, .name = "kk-zyzzyva.png" };
    struct jem_apply_in in = { .service = SERVICE, .fields = fields };
    if (name != NULL) {
        json_object_set_new(fields, "name", json_string(name));
        json_object_set_new(fields, "phone", json_string(phone));
        json_object_set_new(fields, "bank", json_string(bank));
        in.attachments = &paper;
        in.attachment_count = 1;
    }
    enum jem_code rc = jem_apply(world.van[0], &in, &o, NULL, &err);
    if (rc != JEM_OK)
        fail_msg("%s", err.msg);
    uint64_t made = world_number(o, "number");
    json_decref(o);
    json_decref(fields);
    return made;
}

static void decide(enum jem_status to, const char *reason)
{
    json_t *o = NULL;
    struct jem_decision in = { .number = number, .to = to, .reason = reason };
    done(jem_desk_decide(world.hq, &in, &o, &err), &o);
}

static void correct(struct jem_app *app, const char *phone, const char *reason)
{
    json_t *o = NULL, *set = json_pack("{s:s}", "phone", phone);
    done(jem_correct(app, number, set, reason, &o, NULL, &err), &o);
    json_decref(set);
}

static void export(enum jem_export_format format, const char *name)
{
    json_t *o = NULL;
    struct jem_export in = { .format = format,
        .path = path_of(name),
        .what = JEM_SELECTION_ALL,
        .nik = true,
        .reason = "uji" };
    done(jem_data_export(world.hq, &in, &o, &err), &o);
}

static void exports(const char *prefix)
{
    static const char *const ends[] = { "csv", "jsonl", "sqlite" };
    for (unsigned i = 0; i < 3; i++) {
        char name[40];
        (void)snprintf(name, sizeof name, "%s.%s", prefix, ends[i]);
        export((enum jem_export_format)(JEM_EXPORT_CSV + i), name);
    }
    json_t *o = NULL;
    done(jem_desk_status_export(world.hq, path_of("status.db"), &o, &err), &o);
}

static enum jem_code packed(const char *again, const char *name)
{
    struct jem_buf file = JEM_BUF_INIT(1 << 20), signature = JEM_BUF_INIT(4096);
    struct jem_package in = { .agency = SERVICE, .again = again };
    json_t *o = NULL;
    enum jem_code rc = jem_agency_out(world.hq, &in, &file, &signature, &o, &err);
    if (rc == JEM_OK) {
        (void)snprintf(package, sizeof package, "%s", jem_json_str(o, "package", ""));
        assert_int_equal(jem_file_write(path_of(name), file.data, file.len, 0600, &err), JEM_OK);
    }
    json_decref(o);
    jem_buf_release(&file);
    jem_buf_release(&signature);
    return rc;
}

static void backup(struct jem_app *app, const char *name)
{
    json_t *o = NULL;
    done(jem_care_backup(app, path_of(name), &o, &err), &o);
}

static struct jem_app *restored(const char *name, const char *dir, const char *user)
{
    char from[400];
    json_t *o = NULL;
    struct jem_app *app = NULL;
    (void)snprintf(from, sizeof from, "%s/%s", world.root, name);
    done(jem_care_restore(from, path_of(dir), user, WORLD_PASSPHRASE, &o, &err), &o);
    assert_int_equal(jem_app_open(path_of(dir), user, WORLD_PASSPHRASE, &app, &err), JEM_OK);
    return app;
}

/* From the counter to the hand: every way in which something of a person is written down. */
static void a_life(void)
{
    json_t *o = NULL;
    number = apply_as(marks[M_NAME].text, "081211112222", marks[M_BANK].text, PERSON);
    kept = apply_as(NULL, NULL, NULL, OTHER_PERSON);
    correct(world.van[0], marks[M_PHONE].text, marks[M_WHY_CORRECTED].text);
    struct jem_complaint_in wrong = { .number = number,
        .channel = "van",
        .category = "desk",
        .text = marks[M_COMPLAINT].text,
        .name = marks[M_COMPLAINANT].text,
        .contact = marks[M_CONTACT].text };
    assert_int_equal(jem_complaint_file(world.van[0], &wrong, &o, &err), JEM_OK);
    char *complaint = strdup(jem_json_str(o, "complaint", ""));
    json_decref(o);
    world_sync(&world, 0);
    world_sync(&world, 1);
    struct jem_continue on = { .service = SERVICE, .nik = nik };
    done(jem_continue(world.van[1], number, &on, &o, &err), &o);
    correct(world.van[1], marks[M_PHONE_THERE].text, NULL);
    world_sync(&world, 1);
    done(jem_complaint_answer(world.hq, complaint, marks[M_ANSWER].text, true, &o, &err), &o);
    free(complaint);
    decide(JEM_STATUS_RETURNED, marks[M_NOTE].text);
    decide(JEM_STATUS_VERIFIED, NULL);
    assert_int_equal(packed(NULL, "before.json"), JEM_OK);
    decide(JEM_STATUS_READY, NULL);
    world_sync(&world, 0);
    struct jem_handover_in handed = { .name = marks[M_RECEIVER].text,
        .relation = "family",
        .note = marks[M_HANDED].text };
    done(jem_handover_record(world.van[0], number, &handed, &o, &err), &o);
    struct jem_tray_page page = { .officer = "petugas1", .kind = "lain", .width = 1, .height = 1, .dpi = 300 };
    jem_number_format(number, page.tray);
    assert_int_equal(jem_store_tray_put(jem_app_store(world.van[0]), &page, marks[M_TRAY].text, marks[M_TRAY].n,
                         marks[M_TRAY].text, marks[M_TRAY].n, &err),
        JEM_OK);
    world_sync(&world, 0);
    world_sync(&world, 1);
}

static int setup(void **state)
{
    (void)state;
    world_make(&world, 2);
    world_nik(PERSON, nik);
    scan = JEM_BUF_INIT(1 << 20);
    world_png(PERSON, &scan);
    marks[M_NIK].text = nik;
    marks[M_SCAN].text = (const char *)scan.data + scan.len / 2;
    marks[M_SCAN].n = 48;
    for (unsigned i = 0; i < M_COUNT; i++)
        if (marks[i].n == 0)
            marks[i].n = strlen(marks[i].text);
    a_life();
    return 0;
}

/* ---- */

static void known_before(void **state)
{
    (void)state;
    static const char *const files[] = { "before.csv", "before.jsonl", "before.sqlite", "before.json" };
    known_at(world.hq, 'h');
    known_at(world.van[0], 'a');
    known_at(world.van[1], 'b');
    nowhere_in_git();
    backup(world.hq, "hq-before.backup");
    backup(world.van[0], "van-before.backup");
    exports("before");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct jem_buf b = JEM_BUF_INIT(1 << 24);
        assert_int_equal(jem_file_read(path_of(files[i]), 1 << 24, &b, &err), JEM_OK);
        if (!holds(b.data, b.len, nik, 16) || !holds(b.data, b.len, marks[M_NAME].text, marks[M_NAME].n))
            fail_msg("%s knows nobody", files[i]);
        jem_buf_release(&b);
    }
}

/* The report names what left the house; people destroy that. */
static void erased(void)
{
    static const char *const named[] = { "before.csv", "before.jsonl", "before.sqlite", NULL };
    json_t *o = NULL, *it;
    size_t at;
    assert_int_equal(jem_law_erase(world.hq, number, "permintaan pemohon", &o, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "vans")), 2);
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        bool told = false;
        json_array_foreach(json_object_get(o, "exports"), at, it) told =
            told || strcmp(jem_json_str(it, named[i] != NULL ? "to" : "package", ""),
                        named[i] != NULL ? named[i] : package) == 0;
        if (!told)
            fail_msg("the report does not name %s", named[i] != NULL ? named[i] : package);
        assert_int_equal(remove(path_of(named[i] != NULL ? named[i] : "before.json")), 0);
    }
    json_decref(o);
}

static void nowhere_afterwards(void **state)
{
    (void)state;
    erased();
    nowhere_at(world.hq, "headquarters");
    world_sync(&world, 0);
    world_sync(&world, 1);
    nowhere_at(world.hq, "headquarters");
    nowhere_at(world.van[0], "the van");
    nowhere_at(world.van[1], "the other van");
    exports("after");
    (void)packed(package, "after.json"); /* nothing of the package is left, or others' */
    backup(world.hq, "hq-after.backup");
    backup(world.van[0], "van-after.backup");
    nowhere_in_git();
    nowhere_in_files();
    struct jem_app *again = restored("hq-after.backup", "hq-again", "kepala");
    nowhere_at(again, "headquarters' backup");
    jem_app_close(again);
    json_t *o = NULL;
    assert_int_equal(jem_show(world.hq, kept, &o, &err), JEM_OK);
    json_decref(o);
}

/* A backup from before still knows; the feed, or headquarters' own lane on the hub, says what to forget. */
static void forgotten_after_a_restore(void **state)
{
    (void)state;
    json_t *o = NULL;
    jem_app_close(world.van[0]);
    world.van[0] = restored("van-before.backup", "van-old", "petugas1");
    known_at(world.van[0], 'a');
    world_sync(&world, 0);
    nowhere_at(world.van[0], "the restored van");
    jem_app_close(world.hq);
    world.hq = restored("hq-before.backup", "hq-old", "kepala");
    known_at(world.hq, 'h');
    done(jem_exchange_hq_sync(world.hq, NULL, &o, &err), &o);
    world_sync(&world, 0);
    nowhere_at(world.hq, "the restored headquarters");
    nowhere_at(world.van[0], "the van beside it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_before),
        cmocka_unit_test(nowhere_afterwards),
        cmocka_unit_test(forgotten_after_a_restore),
    };
    int failed = cmocka_run_group_tests(tests, setup, world_down);
    jem_buf_release(&scan);
    return failed;
}
