// room: store
/* test_store.c - the life of a store, units, the log's refusals, the file's secrecy. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

#include "db.h"
#include "gen_events.h"
#include "scratch.h"
#include "store_kit.h"
#include "unit.h"

static void test_create_open_dup(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_store *other = NULL;
    struct jem_buf text = JEM_BUF_INIT(100);
    kit_open(&kit, JEM_ROLE_VAN, -1);
    assert_int_equal(jem_store_role(kit.store), JEM_ROLE_VAN);
    assert_int_equal(jem_store_writer(kit.store), -1);
    assert_int_equal(jem_store_inc(kit.store), 1);
    assert_int_equal(jem_store_meta_get(kit.store, "name", &text, &err), JEM_OK);
    assert_string_equal(jem_buf_text(&text), "Van Uji");
    assert_int_equal(jem_store_meta_get(kit.store, "hub", &text, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_store_create(kit.dir, JEM_ROLE_HQ, "x", "siti", KIT_PASSPHRASE, &kit.clock, &other, &err),
        JEM_EEXISTS);
    assert_null(other);
    assert_int_equal(jem_store_open(kit.dir, "siti", "salah sama sekali", &kit.clock, &other, &err), JEM_ELOCKED);
    assert_int_equal(jem_store_open("/nonexistent", "siti", KIT_PASSPHRASE, &kit.clock, &other, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_store_slot_put(kit.store, "budi", "hujan di bulan juni", &err), JEM_OK);
    assert_int_equal(jem_store_open(kit.dir, "budi", "hujan di bulan juni", &kit.clock, &other, &err), JEM_OK);
    assert_int_equal(jem_store_secret_set(other, "hub.password", "r\0ahasia", 8, &err), JEM_OK);
    jem_store_close(other);
    assert_int_equal(jem_store_dup(kit.store, &other, &err), JEM_OK);
    jem_buf_clear(&text);
    assert_int_equal(jem_store_secret_get(other, "hub.password", &text, &err), JEM_OK);
    assert_int_equal(text.len, 8);
    /* one handle enrols, the other sees it */
    assert_int_equal(jem_store_meta_set(other, "van", "7", &err), JEM_OK);
    assert_int_equal(jem_store_writer(kit.store), 7);
    jem_store_close(other);
    jem_buf_release(&text);
    kit_close(&kit);
}

static void test_append_needs_unit_and_enrolment(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    uint64_t number = 0;
    json_t *body = kit_submitted("ktp-el", "3203014507900001", "Siti Rahayu", "3203012001");
    kit_open(&kit, JEM_ROLE_VAN, -1);
    assert_int_equal(jem_store_append(kit.store, 0, 5, "application.submitted", body, "siti", NULL, &err),
        JEM_EINTERNAL);
    kit_begin(kit.store);
    assert_int_equal(jem_store_number_new(kit.store, &number, &err), JEM_EDENIED);
    assert_int_equal(jem_store_append(kit.store, 0, 5, "application.submitted", body, "siti", NULL, &err), JEM_EDENIED);
    jem_store_rollback(kit.store);
    assert_int_equal(jem_store_meta_set(kit.store, "van", "3", &err), JEM_OK);
    kit_begin(kit.store);
    json_t *bad = json_pack("{s:i}", "service", 5);
    assert_int_equal(jem_store_append(kit.store, 0, 5, "application.submitted", bad, "siti", NULL, &err), JEM_EINVAL);
    assert_int_equal(jem_store_append(kit.store, 4, 5, "application.submitted", body, "siti", NULL, &err), JEM_EINVAL);
    jem_store_rollback(kit.store);
    json_decref(bad);
    json_decref(body);
    kit_close(&kit);
}

static void test_append_read_back(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_event_list list = { 0 };
    struct jem_stream_head head;
    struct jem_application a;
    kit_open(&kit, JEM_ROLE_VAN, 3);
    uint64_t number = kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    assert_int_equal(jem_number_van(number), 3);
    kit.now_ms += 60000;
    kit_append(&kit, 0, number, "receipt.printed",
        json_pack("{s:i, s:s, s:i}", "copy", 0, "format", "text", "width", 58));
    assert_int_equal(jem_store_head(kit.store, 3, 0, 1, &head, &err), JEM_OK);
    assert_int_equal(head.last.seq, 2);
    struct jem_event_id from = { 3, 0, 1, 1 };
    assert_int_equal(jem_store_events(kit.store, &from, 10, 1000000, &list, &err), JEM_OK);
    assert_int_equal(list.count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(jem_event_verify(&list.items[i], &err), JEM_OK);
    assert_memory_equal(list.items[1].prev_hash, list.items[0].hash, 32);
    assert_memory_equal(head.hash, list.items[1].hash, 32);
    assert_true(list.items[1].hlc > list.items[0].hlc);
    struct jem_event one;
    assert_int_equal(jem_store_event(kit.store, &list.items[1].id, &one, &err), JEM_OK);
    assert_int_equal(jem_event_verify(&one, &err), JEM_OK);
    jem_event_release(&one);
    from.seq = 3;
    assert_int_equal(jem_store_event(kit.store, &from, &one, &err), JEM_ENOTFOUND);
    jem_event_list_release(&list);
    assert_int_equal(jem_store_application(kit.store, number, &a, &list, &err), JEM_OK);
    assert_int_equal(a.receipts, 1);
    assert_int_equal(a.status, JEM_STATUS_SUBMITTED);
    assert_int_equal(list.count, 2);
    assert_int_equal(jem_event_verify(&list.items[1], &err), JEM_OK);
    jem_application_release(&a);
    jem_event_list_release(&list);
    assert_int_equal(jem_store_application(kit.store, number + 1, &a, NULL, &err), JEM_ENOTFOUND);
    kit_close(&kit);
}

static void test_rollback_leaves_nothing(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_stream_head head;
    uint64_t number = 0;
    char before[65], after[65];
    kit_open(&kit, JEM_ROLE_VAN, 3);
    kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    kit_digest(kit.store, false, before);
    json_t *body = kit_submitted("ktp-el", "3203014507900002", "Budi", "3203012001");
    kit_begin(kit.store);
    assert_int_equal(jem_store_number_new(kit.store, &number, &err), JEM_OK);
    assert_int_equal(jem_store_append(kit.store, 0, number, "application.submitted", body, "siti", NULL, &err), JEM_OK);
    jem_store_rollback(kit.store);
    jem_store_rollback(kit.store);
    json_decref(body);
    assert_int_equal(jem_store_head(kit.store, 3, 0, 1, &head, &err), JEM_OK);
    assert_int_equal(head.last.seq, 1);
    kit_digest(kit.store, false, after);
    assert_string_equal(before, after);
    kit_submit(&kit, "ktp-el", "3203014507900002", "Budi");
    kit_digest(kit.store, true, after);
    kit_close(&kit);
}

/* What the connection itself refuses, and what remains refused to a program that has the key but not our authorizer. */
static void test_log_is_append_only(void **state)
{
    (void)state;
    static const char *const attacks[] = { "UPDATE event SET body = '{}'", "DELETE FROM event",
        "UPDATE stream SET writer = 9", "DELETE FROM stream",
        "INSERT OR REPLACE INTO event SELECT id, hlc, wall, source, subject, 'x', kind, hash, prev_hash, body_hash, "
        "body FROM event" };
    static const char *const structure[] = { "DROP TABLE event", "DROP TRIGGER event_no_update",
        "ALTER TABLE event RENAME TO gone", "PRAGMA writable_schema = ON", "DROP INDEX event_subject",
        "ATTACH ':memory:' AS other", "PRAGMA recursive_triggers = OFF" };
    struct kit kit;
    char digest[65];
    kit_open(&kit, JEM_ROLE_VAN, 3);
    kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++)
        assert_int_not_equal(sqlite3_exec(kit.store->db, attacks[i], NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(sqlite3_exec(kit.store->db, attacks[i], NULL, NULL, NULL), SQLITE_AUTH);
    for (size_t i = 0; i < sizeof structure / sizeof *structure; i++)
        assert_int_equal(sqlite3_exec(kit.store->db, structure[i], NULL, NULL, NULL), SQLITE_AUTH);
    assert_int_equal(sqlite3_set_authorizer(kit.store->db, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++)
        assert_int_equal(sqlite3_exec(kit.store->db, attacks[i], NULL, NULL, NULL), SQLITE_CONSTRAINT_TRIGGER);
    kit_digest(kit.store, false, digest);
    kit_close(&kit);
}

static void test_file_is_ciphertext(void **state)
{
    (void)state;
    static const char *const files[] = { "jemput.db", "jemput.db-wal" };
    static const char *const secrets[] = { "SQLite format 3", "Rahayu", "rahayu", "3203014507900001",
        "application.submitted", "CREATE TABLE" };
    struct kit kit;
    kit_open(&kit, JEM_ROLE_VAN, 3);
    for (int i = 0; i < 50; i++)
        kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    for (size_t f = 0; f < 2; f++)
        for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
            assert_false(kit_file_holds(kit.dir, files[f], secrets[i]));
    /* the same after the WAL went into the file */
    assert_int_equal(sqlite3_exec(kit.store->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        assert_false(kit_file_holds(kit.dir, "jemput.db", secrets[i]));
    kit_close(&kit);
}

static void test_altered_page_is_refused(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_store *other = NULL;
    char path[128];
    kit_open(&kit, JEM_ROLE_VAN, 3);
    kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    (void)snprintf(path, sizeof path, "%s/jemput.db", kit.dir);
    jem_store_close(kit.store);
    kit.store = NULL;
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, 1000, SEEK_SET), 0);
    int c = fgetc(f);
    assert_int_equal(fseek(f, 1000, SEEK_SET), 0);
    assert_int_not_equal(fputc(c ^ 1, f), EOF);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(jem_store_open(kit.dir, "siti", KIT_PASSPHRASE, &kit.clock, &other, &err), JEM_ECORRUPT);
    assert_null(other);
    kit_close(&kit);
}

static void test_import_follows_its_stream(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_event_list list = { 0 };
    size_t added = 0;
    char id[JEM_EVENT_ID_TEXT];
    gen_events(1, 20, 1, GEN_DAY, &list);
    assert_true(list.count > 20);
    kit_open(&kit, JEM_ROLE_HQ, 0);
    kit_begin(kit.store);
    assert_int_equal(jem_store_import(kit.store, list.items, 10, &added, &err), JEM_OK);
    assert_int_equal(added, 10);
    kit_commit(kit.store);
    kit_begin(kit.store);
    assert_int_equal(jem_store_import(kit.store, list.items, 12, &added, &err), JEM_OK);
    assert_int_equal(added, 2);
    kit_commit(kit.store);
    /* a gap */
    kit_begin(kit.store);
    assert_int_equal(jem_store_import(kit.store, list.items + 13, 1, &added, &err), JEM_ECORRUPT);
    jem_event_id_format(&list.items[13].id, id);
    assert_non_null(strstr(err.msg, id));
    jem_store_rollback(kit.store);
    /* a fork: another event with a known number */
    struct jem_event forged = list.items[11];
    forged.wall_ms++;
    jem_event_seal(&forged);
    kit_begin(kit.store);
    assert_int_equal(jem_store_import(kit.store, &forged, 1, &added, &err), JEM_ECORRUPT);
    jem_store_rollback(kit.store);
    /* a chain that does not hang on ours */
    forged = list.items[12];
    forged.prev_hash[0] ^= 1;
    jem_event_seal(&forged);
    kit_begin(kit.store);
    assert_int_equal(jem_store_import(kit.store, &forged, 1, &added, &err), JEM_ECORRUPT);
    jem_store_rollback(kit.store);
    /* an altered event */
    forged = list.items[12];
    forged.subject ^= 2;
    kit_begin(kit.store);
    assert_int_equal(jem_store_import(kit.store, &forged, 1, &added, &err), JEM_ECORRUPT);
    jem_store_rollback(kit.store);
    kit_begin(kit.store);
    assert_int_equal(jem_store_import(kit.store, list.items, list.count, &added, &err), JEM_OK);
    kit_commit(kit.store);
    kit_digest(kit.store, true, (char[65]){ 0 });
    jem_event_list_release(&list);
    kit_close(&kit);
}

static void test_clock_follows_the_log(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_store *other = NULL;
    struct jem_event e;
    kit_open(&kit, JEM_ROLE_VAN, 3);
    uint64_t number = kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    struct jem_event_id id = { 3, 0, 1, 1 };
    assert_int_equal(jem_store_event(kit.store, &id, &e, &err), JEM_OK);
    uint64_t first = e.hlc;
    jem_event_release(&e);
    kit.now_ms -= 10ll * 365 * 86400000; /* the battery died */
    assert_int_equal(jem_store_dup(kit.store, &other, &err), JEM_OK);
    kit_begin(other);
    json_t *body = json_pack("{s:s}", "reason", "salah");
    assert_int_equal(jem_store_append(other, 0, number, "application.withdrawn", body, "siti", &id, &err), JEM_OK);
    json_decref(body);
    kit_commit(other);
    assert_int_equal(jem_store_event(kit.store, &id, &e, &err), JEM_OK);
    assert_true(e.hlc > first);
    jem_event_release(&e);
    jem_store_close(other);
    kit_close(&kit);
}

/* A clock that was set back is told, also after something was recorded by it, and until it has caught up. */
static void test_a_clock_that_was_set_back(void **state)
{
    (void)state;
    struct kit kit;
    kit_open(&kit, JEM_ROLE_VAN, 3);
    assert_int_equal(jem_store_behind_ms(kit.store), 0);
    kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    assert_true(jem_store_behind_ms(kit.store) < JEM_CLOCK_BEHIND_MS);
    int64_t year_ms = INT64_C(365) * 24 * 3600 * 1000;
    kit.now_ms -= year_ms;
    for (int i = 0; i < 2; i++) {
        int64_t behind_ms = jem_store_behind_ms(kit.store);
        assert_true(behind_ms > year_ms - JEM_CLOCK_BEHIND_MS && behind_ms < year_ms + JEM_CLOCK_BEHIND_MS);
        kit_submit(&kit, "ktp-el", "3203014507900002", "Asep Mulyana");
    }
    kit.now_ms += year_ms + JEM_CLOCK_BEHIND_MS;
    assert_int_equal(jem_store_behind_ms(kit.store), 0);
    kit_close(&kit);
}

static void test_two_handles_write(void **state)
{
    (void)state;
    struct kit kit, second;
    struct jem_error err = { 0 };
    struct jem_stream_head head;
    kit_open(&kit, JEM_ROLE_VAN, 3);
    second = kit;
    assert_int_equal(jem_store_dup(kit.store, &second.store, &err), JEM_OK);
    for (int i = 0; i < 10; i++) {
        kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
        kit_submit(&second, "kia", "3203014507900002", "Budi Santoso");
    }
    assert_int_equal(jem_store_head(kit.store, 3, 0, 1, &head, &err), JEM_OK);
    assert_int_equal(head.last.seq, 20);
    /* a unit that stays open keeps the other out, and lets it in afterwards */
    assert_int_equal(sqlite3_busy_timeout(second.store->db, 50), SQLITE_OK);
    kit_begin(kit.store);
    assert_int_equal(jem_store_begin(second.store, &err), JEM_EBUSY);
    jem_store_rollback(kit.store);
    kit_submit(&second, "kia", "3203014507900002", "Budi Santoso");
    kit_digest(kit.store, false, (char[65]){ 0 });
    jem_store_close(second.store);
    kit_close(&kit);
}

/* Grows until `full` says stop; what was committed before stays, and the store works once there is room. */
static void fill_until_full(struct kit *kit, size_t *committed)
{
    struct jem_error err = { 0 };
    enum jem_code rc = JEM_OK;
    *committed = 0;
    while (rc == JEM_OK && *committed < 100000) {
        uint64_t number = 0;
        json_t *body = kit_submitted("ktp-el", "3203014507900001", "Siti Rahayu", "3203012001");
        rc = jem_store_begin(kit->store, &err);
        if (rc == JEM_OK)
            rc = jem_store_number_new(kit->store, &number, &err);
        if (rc == JEM_OK)
            rc = jem_store_append(kit->store, 0, number, "application.submitted", body, "siti", NULL, &err);
        if (rc == JEM_OK)
            rc = jem_store_commit(kit->store, &err);
        else
            jem_store_rollback(kit->store);
        *committed += rc == JEM_OK;
        json_decref(body);
    }
    assert_int_equal(rc, JEM_ENOSPC);
    assert_non_null(strstr(err.msg, "penuh"));
}

static void full_disk_check(struct kit *kit, size_t committed)
{
    struct jem_error err = { 0 };
    struct jem_stream_head head;
    assert_int_equal(jem_store_head(kit->store, 3, 0, 1, &head, &err), JEM_OK);
    assert_int_equal(head.last.seq, committed);
    kit_submit(kit, "kia", "3203014507900002", "Budi Santoso");
    kit_digest(kit->store, false, (char[65]){ 0 });
}

static void test_full_database(void **state)
{
    (void)state;
    struct kit kit;
    size_t committed = 0;
    kit_open(&kit, JEM_ROLE_VAN, 3);
    assert_int_equal(sqlite3_exec(kit.store->db, "PRAGMA max_page_count = 120", NULL, NULL, NULL), SQLITE_OK);
    fill_until_full(&kit, &committed);
    assert_true(committed > 10);
    assert_int_equal(sqlite3_exec(kit.store->db, "PRAGMA max_page_count = 1000000", NULL, NULL, NULL), SQLITE_OK);
    full_disk_check(&kit, committed);
    kit_close(&kit);
}

static void test_full_disk(void **state)
{
    (void)state;
    struct kit kit;
    size_t committed = 0;
    struct rlimit old, small = { 600000, RLIM_INFINITY };
    kit_open(&kit, JEM_ROLE_VAN, 3);
    assert_int_not_equal((long)signal(SIGXFSZ, SIG_IGN), (long)SIG_ERR);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    fill_until_full(&kit, &committed);
    assert_true(committed > 3);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    full_disk_check(&kit, committed);
    kit_close(&kit);
}

/* A real file system without room, where the right to mount one is there. */
static void test_full_file_system(void **state)
{
    (void)state;
    struct kit kit;
    size_t committed = 0;
    char dir[64], before[64];
    const char *base = getenv("TMPDIR");
    snprintf(before, sizeof before, "%s", base != NULL ? base : "");
    scratch_dir(dir, sizeof dir, "full");
    if (mount("jem-full", dir, "tmpfs", 0, "size=1m") != 0) {
        assert_int_equal(rmdir(dir), 0);
        print_message("no right to mount a small file system: passed over\n");
        skip();
    }
    assert_int_equal(setenv("TMPDIR", dir, 1), 0);
    kit_open(&kit, JEM_ROLE_VAN, 3);
    assert_int_equal(*before != '\0' ? setenv("TMPDIR", before, 1) : unsetenv("TMPDIR"), 0);
    fill_until_full(&kit, &committed);
    assert_true(committed > 3);
    assert_int_equal(mount("jem-full", dir, "tmpfs", MS_REMOUNT, "size=64m"), 0);
    full_disk_check(&kit, committed);
    kit_close(&kit);
    assert_int_equal(umount(dir), 0);
    assert_int_equal(rmdir(dir), 0);
}

static void test_numbers_are_new(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    uint64_t numbers[500];
    kit_open(&kit, JEM_ROLE_VAN, 4095);
    kit_begin(kit.store);
    for (size_t i = 0; i < 500; i++) {
        assert_int_equal(jem_store_number_new(kit.store, &numbers[i], &err), JEM_OK);
        assert_int_equal(jem_number_van(numbers[i]), 4095);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(numbers[i], numbers[j]);
    }
    jem_store_rollback(kit.store);
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create_open_dup),
        cmocka_unit_test(test_append_needs_unit_and_enrolment),
        cmocka_unit_test(test_append_read_back),
        cmocka_unit_test(test_rollback_leaves_nothing),
        cmocka_unit_test(test_log_is_append_only),
        cmocka_unit_test(test_file_is_ciphertext),
        cmocka_unit_test(test_altered_page_is_refused),
        cmocka_unit_test(test_import_follows_its_stream),
        cmocka_unit_test(test_clock_follows_the_log),
        cmocka_unit_test(test_a_clock_that_was_set_back),
        cmocka_unit_test(test_two_handles_write),
        cmocka_unit_test(test_full_database),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_full_file_system),
        cmocka_unit_test(test_numbers_are_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
