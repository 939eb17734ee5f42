/* test_erase.c - an erased person is found nowhere in a store: not in a table, not in a page, whether in use, free or moved, and
 * not in the write-ahead log; whatever arrives in whatever order; the chains still verify, and nobody else lost anything. */
// room: store
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db.h"
#include "prop.h"
#include "store_kit.h"
#include "unit.h"

#define ERASED_NIK "3203014507900077"
#define ERASED_NAME "Zubaidah Qurratulaini"
#define ERASED_WORDS 5
static const char *const traces[] = { ERASED_NIK, "Zubaidah", "zubaidah", "qurratulaini", "PNGZUBAIDAHSECRET" };

static struct jem_error err;

static json_t *redacted(uint64_t number)
{
    char text[JEM_NUMBER_TEXT];
    jem_number_format(number, text);
    return json_pack("{s:[s],s:s}", "numbers", text, "basis", "permintaan pemohon");
}

static json_t *attached(const char *bytes)
{
    unsigned char hash[32];
    char hex[65];
    jem_hash(bytes, strlen(bytes), hash);
    jem_hex(hash, 32, hex);
    return json_pack("{s:i,s:s,s:s,s:i,s:s,s:[],s:s}", "ordinal", 1, "kind", "kk", "mime", "image/png", "size",
        (int)strlen(bytes), "hash", hex, "pages", "name", "kk zubaidah.png");
}

/* Every page as it stands, in the clear: those that are free too, with what lies in their unused middle. */
static bool pages_hold(struct kit *kit, const char *text)
{
    sqlite3_int64 size = 0;
    unsigned char *pages = sqlite3_serialize(kit->store->db, "main", &size, 0);
    assert_non_null(pages);
    assert_memory_equal(pages, "SQLite format 3", 16);
    bool held = memmem(pages, (size_t)size, text, strlen(text)) != NULL;
    sqlite3_free(pages);
    return held;
}

static void nowhere(struct kit *kit)
{
    bool done = false;
    char wal[200];
    struct stat st = { 0 };
    assert_int_equal(jem_store_scrub(kit->store, &done, &err), JEM_OK);
    (void)snprintf(wal, sizeof wal, "%s/jemput.db-wal", kit->dir);
    if (done) {
        assert_int_equal(stat(wal, &st), 0);
        assert_true(st.st_size < 60000); /* the note that it was done; nothing from before */
    }
    assert_int_equal(sqlite3_wal_checkpoint_v2(kit->store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL),
        SQLITE_OK);
    for (size_t i = 0; i < ERASED_WORDS; i++)
        if (pages_hold(kit, traces[i]))
            fail_msg("a page still holds %s", traces[i]);
}

static size_t found(struct kit *kit, const char *text)
{
    json_t *rows = NULL;
    assert_int_equal(jem_store_find(kit->store, text, 50, &rows, &err), JEM_OK);
    size_t n = json_array_size(rows);
    json_decref(rows);
    return n;
}

static void crowd(struct kit *kit, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        char nik[17], name[60];
        (void)snprintf(nik, sizeof nik, "320301450790%04u", i + 100);
        (void)snprintf(name, sizeof name, "Siti Orang%u", i);
        kit_submit(kit, "ktp-el", nik, name);
    }
}

static void an_erased_person_is_nowhere(void **state)
{
    (void)state;
    static const char scan[] = "PNGZUBAIDAHSECRET and many more bytes of a scan";
    struct kit kit;
    char before[65], after[65];
    unsigned char hash[32];
    struct jem_application a;
    kit_open(&kit, JEM_ROLE_HQ, 0);
    crowd(&kit, 0, 150);
    uint64_t number = kit_submit(&kit, "ktp-el", ERASED_NIK, ERASED_NAME);
    jem_hash(scan, strlen(scan), hash);
    assert_int_equal(jem_store_blob_put(kit.store, hash, JEM_BLOB_ORIGINAL, scan, strlen(scan), &err), JEM_OK);
    kit_append(&kit, 0, number, "document.attached", attached(scan));
    crowd(&kit, 150, 300);
    kit_append(&kit, 0, number, "status.changed",
        json_pack("{s:s,s:s,s:s}", "from", "received", "to", "returned", "reason", "Zubaidah harus datang"));
    uint64_t twin = kit_submit(&kit, "ktp-el", ERASED_NIK, ERASED_NAME);
    assert_int_equal(found(&kit, "zubaidah"), 2);
    assert_true(pages_hold(&kit, ERASED_NIK) && pages_hold(&kit, "Zubaidah") && pages_hold(&kit, traces[4]));
    kit_append(&kit, 0, 0, "body.redacted", redacted(number));
    assert_int_equal(found(&kit, "zubaidah"), 1); /* the other application of the same person is another matter */
    kit_append(&kit, 0, 0, "body.redacted", redacted(twin));
    assert_int_equal(found(&kit, "zubaidah"), 0);
    assert_int_equal(found(&kit, "zubaidh"), 0);
    assert_int_equal(found(&kit, ERASED_NIK), 0);
    assert_true(found(&kit, "orang7") > 0 && found(&kit, "orang299") > 0);
    assert_int_equal(jem_store_application(kit.store, number, &a, NULL, &err), JEM_ENOTFOUND);
    assert_false(jem_store_blob_has(kit.store, hash));
    assert_int_equal(kit_count(&kit, "applications"), 300);
    assert_int_equal(kit_count(&kit, "documents"), 0);
    assert_int_equal(kit_count(&kit, "duplicates"), 0);
    nowhere(&kit);
    kit_digest(kit.store, false, before);
    kit_digest(kit.store, true, after);
    assert_string_equal(before, after);
    nowhere(&kit);
    kit_close(&kit);
}

/* What arrives later is stored without its body, in its place of the chain; its document's bytes are not taken. */
static void what_comes_later_is_erased_too(void **state)
{
    (void)state;
    static const char scan[] = "PNGZUBAIDAHSECRET late";
    struct kit kit;
    struct kit_stream van = { .writer = 3, .lane = 0, .inc = 1 };
    unsigned char hash[32];
    bool done = false;
    uint64_t number = jem_number_make(3, 4711);
    struct jem_event_list events = { 0 };
    kit_open(&kit, JEM_ROLE_HQ, 0);
    kit_append(&kit, 0, 0, "body.redacted", redacted(number));
    kit_next_about(&kit, &van, number, "application.submitted",
        kit_submitted("ktp-el", ERASED_NIK, ERASED_NAME, "3203122001"));
    kit_next_about(&kit, &van, number, "document.attached", attached(scan));
    kit_next_about(&kit, &van, jem_number_make(3, 4712), "application.submitted",
        kit_submitted("ktp-el", "3203014507900001", "Siti Rahayu", "3203122001"));
    jem_hash(scan, strlen(scan), hash);
    assert_int_equal(jem_store_blob_piece(kit.store, hash, JEM_BLOB_ORIGINAL, strlen(scan), 0, scan, strlen(scan),
                         &done, &err),
        JEM_OK);
    assert_true(done); /* not asked for again */
    assert_false(jem_store_blob_has(kit.store, hash));
    assert_int_equal(jem_store_subject_events(kit.store, number, &events, &err), JEM_OK);
    assert_int_equal(events.count, 2);
    for (size_t i = 0; i < events.count; i++) {
        assert_null(events.items[i].body);
        assert_int_equal(jem_event_verify(&events.items[i], &err), JEM_OK);
    }
    jem_event_list_release(&events);
    assert_int_equal(kit_count(&kit, "applications"), 1);
    nowhere(&kit);
    kit_close(&kit);
}

/* Any order of arrival of the streams ends in the same views, and nowhere does the person remain. */
static void every_order_ends_the_same(void **state)
{
    (void)state;
    struct prop g = prop_start("erase");
    for (size_t round = prop_rounds(6); round > 0; round--) {
        char digest[2][65];
        uint64_t number = jem_number_make(3, 1 + prop_below(&g, 1000000)), other = number + 1;
        for (int order = 0; order < 2; order++) {
            struct kit kit;
            struct kit_stream van = { .writer = 3, .lane = 0, .inc = 1 }, hq = { .writer = 0, .lane = 3, .inc = 1 };
            kit_open(&kit, JEM_ROLE_VAN, 3 + 4); /* a van that carries both: HQ's word counts only in its own lane */
            kit_close(&kit);
            kit_open(&kit, JEM_ROLE_HQ, -1);
            for (int part = 0; part < 2; part++) {
                if (part == order) {
                    kit.now_ms = 1790000000000;
                    kit_next_about(&kit, &van, number, "application.submitted",
                        kit_submitted("ktp-el", ERASED_NIK, ERASED_NAME, "3203122001"));
                    kit_next_about(&kit, &van, other, "application.submitted",
                        kit_submitted("ktp-el", "3203014507900001", "Siti Rahayu", "3203122001"));
                } else {
                    kit.now_ms = 1790000100000;
                    kit_next_about(&kit, &hq, number, "status.changed",
                        json_pack("{s:s,s:s,s:s}", "from", "received", "to", "returned", "reason", "Zubaidah"));
                    kit_next(&kit, &hq, "body.redacted", redacted(number));
                }
            }
            kit_digest(kit.store, false, digest[order]);
            nowhere(&kit);
            kit_close(&kit);
        }
        assert_string_equal(digest[0], digest[1]);
    }
}

/* A van heeds HQ's lane for it, and nobody else's word. */
static void only_headquarters_may_erase(void **state)
{
    (void)state;
    struct kit kit;
    struct kit_stream other = { .writer = 5, .lane = 0, .inc = 1 }, lane9 = { .writer = 0, .lane = 9, .inc = 1 },
                      mine = { .writer = 0, .lane = 3, .inc = 1 };
    kit_open(&kit, JEM_ROLE_VAN, 3);
    uint64_t number = kit_submit(&kit, "ktp-el", ERASED_NIK, ERASED_NAME);
    kit_append(&kit, 0, 0, "body.redacted", redacted(number));
    kit_next(&kit, &other, "body.redacted", redacted(number));
    kit_next(&kit, &lane9, "body.redacted", redacted(number));
    assert_int_equal(found(&kit, "zubaidah"), 1);
    kit_next(&kit, &mine, "body.redacted", redacted(number));
    assert_int_equal(found(&kit, "zubaidah"), 0);
    nowhere(&kit);
    kit_close(&kit);
}

static int scrub_files;

static int count_temporary_files(void *ctx)
{
    (void)ctx;
    DIR *dir = opendir("/proc/self/fd");
    for (struct dirent *d; dir != NULL && (d = readdir(dir)) != NULL;) {
        char link[300] = "", path[300];
        (void)snprintf(path, sizeof path, "/proc/self/fd/%s", d->d_name);
        if (readlink(path, link, sizeof link - 1) > 0)
            scrub_files += strstr(link, "etilqs") != NULL;
    }
    if (dir != NULL)
        (void)closedir(dir);
    return 0;
}

/* SQLite's temporary file would be plain text. */
static void scrubbing_makes_no_temporary_file(void **state)
{
    (void)state;
    struct kit kit;
    bool done = false;
    kit_open(&kit, JEM_ROLE_HQ, 0);
    crowd(&kit, 0, 300);
    uint64_t number = kit_submit(&kit, "ktp-el", ERASED_NIK, ERASED_NAME);
    kit_append(&kit, 0, 0, "body.redacted", redacted(number));
    sqlite3_progress_handler(kit.store->db, 500, count_temporary_files, NULL);
    assert_int_equal(jem_store_scrub(kit.store, &done, &err), JEM_OK);
    sqlite3_progress_handler(kit.store->db, 0, NULL, NULL);
    assert_true(done);
    assert_int_equal(scrub_files, 0);
    assert_int_equal(jem_store_scrub(kit.store, &done, &err), JEM_OK);
    assert_false(done); /* once */
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_erased_person_is_nowhere),
        cmocka_unit_test(what_comes_later_is_erased_too),
        cmocka_unit_test(every_order_ends_the_same),
        cmocka_unit_test(only_headquarters_may_erase),
        cmocka_unit_test(scrubbing_makes_no_temporary_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
