// room: store
/* test_trust.c - whose key counts in which incarnation, where a van ends, acknowledgements that go down,
 * rulings, and stores of an older format. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "gen_events.h"
#include "store_kit.h"
#include "unit.h"

static json_t *rotated(int epoch, char box)
{
    char b[65];
    memset(b, box, 64);
    b[64] = '\0';
    return json_pack("{s:i, s:s}", "epoch", epoch, "box", b);
}

static json_t *revoked(int van, int inc, int seq)
{
    char hash[65];
    memset(hash, '0', 64);
    hash[64] = '\0';
    return json_pack("{s:i, s:i, s:i, s:s, s:s}", "van", van, "inc", inc, "seq", seq, "hash", hash, "reason", "hilang");
}

/* The first hexadecimal digit of a key; '-' when there is none. */
static char box_of(struct kit *kit, uint16_t writer, uint16_t inc, uint16_t epoch)
{
    unsigned char key[32];
    char hex[65];
    struct jem_error err = { 0 };
    enum jem_code rc = jem_store_box_key(kit->store, writer, inc, epoch, key, &err);
    if (rc == JEM_ENOTFOUND)
        return '-';
    assert_int_equal(rc, JEM_OK);
    jem_hex(key, 32, hex);
    return hex[0];
}

static char sign_of(struct kit *kit, uint16_t van, uint16_t inc)
{
    unsigned char key[32];
    char hex[65];
    struct jem_error err = { 0 };
    enum jem_code rc = jem_store_sign_key(kit->store, van, inc, key, &err);
    if (rc == JEM_ENOTFOUND)
        return '-';
    assert_int_equal(rc, JEM_OK);
    jem_hex(key, 32, hex);
    return hex[0];
}

static int epoch_of(struct kit *kit, uint16_t writer)
{
    uint16_t epoch = 0;
    struct jem_error err = { 0 };
    enum jem_code rc = jem_store_epoch(kit->store, writer, &epoch, &err);
    if (rc == JEM_ENOTFOUND)
        return -1;
    assert_int_equal(rc, JEM_OK);
    return epoch;
}

static uint64_t limit_of(struct kit *kit, uint16_t van, uint16_t inc)
{
    uint64_t seq = 0;
    struct jem_error err = { 0 };
    assert_int_equal(jem_store_van_limit(kit->store, van, inc, &seq, &err), JEM_OK);
    return seq;
}

/* ---- keys ---- */

/* A van rotates, is restored from a backup made before, and rotates again: the lost key counts for what it sealed, and
 * for nothing since. */
static void test_keys_of_a_restored_van(void **state)
{
    (void)state;
    struct kit kit;
    struct kit_stream hq = { .writer = 0, .lane = 0, .inc = 1 }, van = { .writer = 3, .lane = 0, .inc = 1 };
    kit_open(&kit, JEM_ROLE_HQ, 0);
    assert_int_equal(epoch_of(&kit, 3), -1);
    kit_next(&kit, &hq, "van.enrolled", kit_enrolled(3, 'a', '1', 1, 1));
    kit_next(&kit, &van, "fee.waived", kit_note());
    kit_next(&kit, &van, "key.rotated", rotated(2, '2'));
    kit_next(&kit, &van, "fee.waived", kit_note());
    struct kit_stream backup = van;
    kit_next(&kit, &van, "key.rotated", rotated(3, '3'));
    kit_next(&kit, &van, "fee.waived", kit_note());
    assert_int_equal(epoch_of(&kit, 3), 3);
    assert_int_equal(box_of(&kit, 3, 1, 1), '1');
    assert_int_equal(box_of(&kit, 3, 1, 2), '2');
    assert_int_equal(box_of(&kit, 3, 1, 3), '3');
    assert_int_equal(box_of(&kit, 3, 1, 4), '-');
    struct kit_stream again = kit_restored(&backup, 900);
    kit_next(&kit, &again, "fee.waived", kit_note());
    assert_int_equal(epoch_of(&kit, 3), 2);
    assert_int_equal(box_of(&kit, 3, 900, 2), '2');
    assert_int_equal(box_of(&kit, 3, 900, 3), '-');
    assert_int_equal(box_of(&kit, 3, 1, 3), '3');
    kit_next(&kit, &again, "key.rotated", rotated(3, '4'));
    assert_int_equal(epoch_of(&kit, 3), 3);
    assert_int_equal(box_of(&kit, 3, 900, 3), '4');
    assert_int_equal(box_of(&kit, 3, 1, 3), '3');
    /* restored once more, from a backup of the second life: its history goes through both */
    struct kit_stream third = kit_restored(&again, 2000);
    kit_next(&kit, &again, "key.rotated", rotated(4, '5'));
    kit_next(&kit, &third, "fee.waived", kit_note());
    assert_int_equal(epoch_of(&kit, 3), 3);
    assert_int_equal(box_of(&kit, 3, 2000, 3), '4');
    assert_int_equal(box_of(&kit, 3, 2000, 2), '2');
    assert_int_equal(box_of(&kit, 3, 2000, 4), '-');
    kit_close(&kit);
}

/* A new laptop has new keys, and none of the old one's. */
static void test_keys_of_a_reissued_van(void **state)
{
    (void)state;
    struct kit kit;
    struct kit_stream hq = { .writer = 0, .lane = 0, .inc = 1 }, van = { .writer = 3, .lane = 0, .inc = 1 };
    kit_open(&kit, JEM_ROLE_HQ, 0);
    kit_next(&kit, &hq, "van.enrolled", kit_enrolled(3, 'a', '1', 1, 1));
    kit_next(&kit, &van, "key.rotated", rotated(2, '2'));
    assert_int_equal(sign_of(&kit, 3, 1), 'a');
    assert_int_equal(sign_of(&kit, 3, 77), 'a');
    assert_int_equal(sign_of(&kit, 4, 1), '-');
    kit_next(&kit, &hq, "van.enrolled", kit_enrolled(3, 'b', '7', 2, 500));
    assert_int_equal(sign_of(&kit, 3, 1), 'a');
    assert_int_equal(sign_of(&kit, 3, 499), 'a');
    assert_int_equal(sign_of(&kit, 3, 500), 'b');
    assert_int_equal(sign_of(&kit, 3, 501), 'b');
    assert_int_equal(box_of(&kit, 3, 500, 2), '7');
    assert_int_equal(box_of(&kit, 3, 500, 1), '-');
    assert_int_equal(box_of(&kit, 3, 1, 1), '1');
    assert_int_equal(box_of(&kit, 3, 1, 2), '2');
    assert_int_equal(epoch_of(&kit, 3), 2);
    struct kit_stream fresh = kit_restored(&van, 500);
    kit_next(&kit, &fresh, "key.rotated", rotated(3, '8'));
    assert_int_equal(box_of(&kit, 3, 500, 3), '8');
    assert_int_equal(box_of(&kit, 3, 500, 2), '7');
    kit_close(&kit);
}

/* At a van: HQ's first key from the grant, the others from its lane, none that HQ lost. */
static void test_keys_of_hq_at_a_van(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    unsigned char granted[32];
    struct kit_stream hq = { .writer = 0, .lane = 3, .inc = 1 };
    kit_open(&kit, JEM_ROLE_VAN, 3);
    memset(granted, 0xcc, sizeof granted);
    assert_int_equal(epoch_of(&kit, 0), -1);
    assert_int_equal(jem_store_secret_set(kit.store, "hq.box.12", granted, 32, &err), JEM_OK);
    assert_int_equal(epoch_of(&kit, 0), 12);
    assert_int_equal(box_of(&kit, 0, 1, 12), 'c');
    kit_next(&kit, &hq, "fee.waived", kit_note());
    struct kit_stream backup = hq;
    kit_next(&kit, &hq, "key.rotated", rotated(13, 'd'));
    assert_int_equal(epoch_of(&kit, 0), 13);
    struct kit_stream again = kit_restored(&backup, 40);
    kit_next(&kit, &again, "fee.waived", kit_note());
    assert_int_equal(epoch_of(&kit, 0), 12);
    assert_int_equal(box_of(&kit, 0, 1, 13), 'd');
    assert_int_equal(box_of(&kit, 0, 40, 13), '-');
    assert_int_equal(jem_store_secret_drop(kit.store, "hq.box.12", &err), JEM_OK);
    assert_int_equal(jem_store_secret_drop(kit.store, "hq.box.12", &err), JEM_OK);
    assert_int_equal(epoch_of(&kit, 0), -1);
    kit_close(&kit);
}

/* ---- ends ---- */

static void test_limits(void **state)
{
    (void)state;
    struct kit kit;
    struct kit_stream hq = { .writer = 0, .lane = 0, .inc = 1 }, van = { .writer = 3, .lane = 0, .inc = 1 };
    kit_open(&kit, JEM_ROLE_HQ, 0);
    kit_next(&kit, &hq, "van.enrolled", kit_enrolled(3, 'a', '1', 1, 1));
    for (int i = 0; i < 4; i++)
        kit_next(&kit, &van, "fee.waived", kit_note());
    assert_true(limit_of(&kit, 3, 1) == UINT64_MAX);
    assert_true(limit_of(&kit, 3, 60) == UINT64_MAX);
    struct kit_stream again = kit_restored(&van, 60);
    kit_next(&kit, &again, "fee.waived", kit_note());
    assert_int_equal(limit_of(&kit, 3, 1), 4);
    assert_int_equal(limit_of(&kit, 3, 30), 0);
    assert_true(limit_of(&kit, 3, 60) == UINT64_MAX);
    kit_next(&kit, &hq, "van.revoked", revoked(3, 60, 1));
    assert_int_equal(limit_of(&kit, 3, 60), 1);
    assert_int_equal(limit_of(&kit, 3, 61), 0); /* the thief restores a backup: nothing of it counts */
    assert_int_equal(limit_of(&kit, 3, 1), 4);
    kit_next(&kit, &hq, "van.enrolled", kit_enrolled(3, 'b', '2', 1, 100));
    assert_true(limit_of(&kit, 3, 100) == UINT64_MAX);
    assert_true(limit_of(&kit, 3, 101) == UINT64_MAX);
    assert_int_equal(limit_of(&kit, 3, 61), 0);
    assert_int_equal(limit_of(&kit, 3, 60), 1);
    kit_next(&kit, &hq, "van.revoked", revoked(3, 1, 2));
    assert_int_equal(limit_of(&kit, 3, 1), 2);
    assert_true(limit_of(&kit, 3, 100) == UINT64_MAX);
    json_t *vans = NULL;
    struct jem_error err = { 0 };
    assert_int_equal(jem_store_vans(kit.store, &vans, &err), JEM_OK);
    const json_t *row = json_array_get(vans, 0);
    assert_int_equal(jem_json_int(row, "inc", 0), 100);
    assert_int_equal(jem_json_int(json_object_get(row, "revoked"), "inc", 0), 1);
    json_decref(vans);
    kit_close(&kit);
}

static void test_incarnations(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_event e;
    uint16_t inc = 0, next_inc = 0;
    bool far = false;
    kit_open(&kit, JEM_ROLE_VAN, 3);
    struct jem_event_id first = kit_append(&kit, 0, 0, "fee.waived", kit_note());
    kit_append(&kit, 0, 0, "fee.waived", kit_note());
    struct jem_stream_head head;
    assert_int_equal(jem_store_head(kit.store, 3, 0, 1, &head, &err), JEM_OK);
    assert_int_equal(jem_store_inc_next(kit.store, &inc, &err), JEM_EINTERNAL);
    kit_begin(kit.store);
    assert_int_equal(jem_store_inc_next(kit.store, &inc, &err), JEM_OK);
    kit_commit(kit.store);
    assert_true(inc > 1);
    assert_int_equal(jem_store_inc(kit.store), inc);
    struct jem_event_id root = kit_append(&kit, 0, 0, "fee.waived", kit_note());
    assert_int_equal(root.inc, inc);
    assert_int_equal(root.seq, 1);
    assert_int_equal(first.inc, 1);
    assert_int_equal(jem_store_event(kit.store, &root, &e, &err), JEM_OK);
    assert_memory_equal(e.prev_hash, head.hash, 32);
    jem_event_release(&e);
    kit_digest(kit.store, true, (char[65]){ 0 });
    for (int i = 0; i < 200; i++) {
        assert_int_equal(jem_inc_after(10, &next_inc, &err), JEM_OK);
        assert_true(next_inc > 10 && next_inc <= 11 + 65525 / 2);
        far = far || next_inc > 1000;
    }
    assert_true(far);
    assert_int_equal(jem_inc_after(UINT16_MAX - 1, &next_inc, &err), JEM_OK);
    assert_int_equal(next_inc, UINT16_MAX);
    assert_int_equal(jem_inc_after(UINT16_MAX, &next_inc, &err), JEM_EINVAL);
    kit_close(&kit);
}

/* ---- acknowledgements ---- */

/* HQ was restored from a backup and has less: what it does not have is unconfirmed again, whatever comes late. */
static void test_a_restored_hq_unconfirms(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_application a;
    struct kit_stream hq = { .writer = 0, .lane = 3, .inc = 1 };
    uint64_t numbers[4];
    char digest[65], rebuilt[65];
    kit_open(&kit, JEM_ROLE_VAN, 3);
    for (int i = 0; i < 4; i++)
        numbers[i] = kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    kit_next(&kit, &hq, "ledger.acked", kit_acked(3, 1, 3, "durable", 5, NULL));
    struct kit_stream backup = hq;
    kit_next(&kit, &hq, "ledger.acked", kit_acked(3, 1, 4, "received", 9, NULL));
    assert_int_equal(kit_count(&kit, "unconfirmed"), 0);
    kit_expect_ack(&kit, 3, 0, "received", 4, 9);
    kit_expect_ack(&kit, 3, 0, "durable", 3, 5);
    struct kit_stream again = kit_restored(&backup, 700);
    kit_next(&kit, &again, "ledger.acked", kit_acked(3, 1, 1, "received", 2, NULL));
    kit_expect_ack(&kit, 3, 0, "received", 1, 2);
    kit_expect_ack(&kit, 3, 0, "durable", 0, 0);
    assert_int_equal(kit_count(&kit, "unconfirmed"), 3);
    assert_int_equal(kit_count(&kit, "pending_events"), 3);
    assert_int_equal(jem_store_application(kit.store, numbers[3], &a, NULL, &err), JEM_OK);
    assert_int_equal(a.status, JEM_STATUS_SUBMITTED);
    jem_application_release(&a);
    kit_next(&kit, &hq, "ledger.acked", kit_acked(3, 1, 4, "durable", 9, NULL)); /* from the life that was lost */
    kit_expect_ack(&kit, 3, 0, "received", 1, 2);
    assert_int_equal(kit_count(&kit, "unconfirmed"), 3);
    kit_digest(kit.store, false, digest);
    kit_digest(kit.store, true, rebuilt);
    assert_string_equal(digest, rebuilt);
    kit_next(&kit, &again, "ledger.acked", kit_acked(3, 1, 4, "received", 9, NULL));
    assert_int_equal(kit_count(&kit, "unconfirmed"), 0);
    kit_close(&kit);
}

/* A van's word about HQ's lane counts for that lane; about anything else it does not. */
static void test_a_van_acknowledges_its_feed(void **state)
{
    (void)state;
    struct kit kit;
    struct kit_stream van = { .writer = 3, .lane = 0, .inc = 1 };
    kit_open(&kit, JEM_ROLE_HQ, 0);
    kit_next(&kit, &van, "ledger.acked", kit_acked(0, 1, 17, "received", 0, NULL));
    kit_next(&kit, &van, "ledger.acked", kit_acked(4, 1, 17, "durable", 3, NULL));
    kit_expect_ack(&kit, 0, 3, "received", 17, 0);
    kit_expect_ack(&kit, 0, 0, "received", 0, 0);
    kit_expect_ack(&kit, 0, 4, "received", 0, 0);
    kit_expect_ack(&kit, 4, 0, "received", 0, 0);
    kit_expect_ack(&kit, 4, 3, "received", 0, 0);
    kit_close(&kit);
}

/* ---- rulings and quarantine ---- */

#define REF "refs/heads/van/3/1.1"
#define HEAD_A "00000000000000000000000000000000000000aa"
#define HEAD_B "00000000000000000000000000000000000000bb"

static size_t quarantined(struct kit *kit, const char *class)
{
    struct jem_error err = { 0 };
    json_t *list = NULL;
    size_t n = 0;
    assert_int_equal(jem_store_quarantine(kit->store, &list, &err), JEM_OK);
    for (size_t i = 0; i < json_array_size(list); i++)
        n += strcmp(jem_json_str(json_array_get(list, i), "class", ""), class) == 0;
    json_decref(list);
    return n;
}

static void rule(struct kit *kit, const char *head, bool admit)
{
    kit->now_ms += 1000;
    kit_append(kit, 0, 0, "quarantine.ruled",
        json_pack("{s:s, s:s, s:b, s:s}", "ref", REF, "head", head, "admit", admit, "reason", "sudah diperiksa"));
}

static void test_rulings(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    enum jem_ruling ruling = JEM_RULING_ADMIT;
    kit_open(&kit, JEM_ROLE_HQ, 0);
    assert_int_equal(jem_store_quarantine_late(kit.store, REF, HEAD_A, "terlambat", &err), JEM_OK);
    assert_int_equal(jem_store_quarantine_put(kit.store, "refs/heads/van/9/1.1", HEAD_B, "van 9?", &err), JEM_OK);
    assert_int_equal(quarantined(&kit, "late"), 1);
    assert_int_equal(quarantined(&kit, "broken"), 1);
    assert_int_equal(jem_store_ruling(kit.store, REF, HEAD_A, &ruling, &err), JEM_OK);
    assert_int_equal(ruling, JEM_RULING_NONE);
    rule(&kit, HEAD_A, false);
    assert_int_equal(jem_store_ruling(kit.store, REF, HEAD_A, &ruling, &err), JEM_OK);
    assert_int_equal(ruling, JEM_RULING_REFUSE);
    assert_int_equal(quarantined(&kit, "late"), 0);
    assert_int_equal(jem_store_quarantine_late(kit.store, REF, HEAD_A, "terlambat", &err), JEM_OK);
    assert_int_equal(quarantined(&kit, "late"), 0);
    assert_int_equal(jem_store_quarantine_late(kit.store, REF, HEAD_B, "terlambat", &err), JEM_OK);
    assert_int_equal(quarantined(&kit, "late"), 1);
    rule(&kit, HEAD_A, true);
    assert_int_equal(jem_store_ruling(kit.store, REF, HEAD_A, &ruling, &err), JEM_OK);
    assert_int_equal(ruling, JEM_RULING_ADMIT);
    assert_int_equal(jem_store_ruling(kit.store, REF, HEAD_B, &ruling, &err), JEM_OK);
    assert_int_equal(ruling, JEM_RULING_NONE);
    kit_close(&kit);
}

static size_t changed(struct kit *kit, uint64_t *rev, unsigned without, size_t max, struct jem_district_case *first)
{
    struct jem_error err = { 0 };
    struct jem_district_case *cases = NULL;
    size_t count = 0;
    assert_int_equal(jem_store_district_changed(kit->store, *rev, without, max, &cases, &count, rev, &err), JEM_OK);
    *first = count > 0 ? cases[0] : (struct jem_district_case){ 0 };
    free(cases);
    return count;
}

/* ---- stores of format 1 ---- */

static void raw(struct kit *kit, const char *sql)
{
    char *msg = NULL;
    assert_int_equal(sqlite3_set_authorizer(kit->store->db, NULL, NULL), SQLITE_OK);
    if (sqlite3_exec(kit->store->db, sql, NULL, NULL, &msg) != SQLITE_OK)
        fail_msg("%s: %s", sql, msg);
}

static void test_an_older_store_is_brought_up(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_store *other = NULL;
    struct jem_district_case first;
    uint64_t rev = 0;
    kit_open(&kit, JEM_ROLE_HQ, 0);
    kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    assert_int_equal(jem_store_quarantine_put(kit.store, REF, HEAD_A, "rusak", &err), JEM_OK);
    raw(&kit, "DROP TABLE changed; DROP TABLE kept; ALTER TABLE outgoing DROP COLUMN inc; "
              "ALTER TABLE outgoing DROP COLUMN day; ALTER TABLE quarantine DROP COLUMN late; DROP TABLE box; "
              "DROP TABLE ruling; DROP TABLE print_job; DROP TABLE prepared; DROP TABLE tray_page; DROP TABLE refused; "
              "DELETE FROM meta WHERE key = 'local'; "
              "UPDATE meta SET value = "
              "'3' WHERE key = 'views'");
    if (jem_store_dup(kit.store, &other, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    jem_store_close(kit.store);
    kit.store = other;
    assert_int_equal(quarantined(&kit, "broken"), 1);
    assert_int_equal(changed(&kit, &rev, 4, 9, &first), 1);
    kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    assert_int_equal(changed(&kit, &rev, 4, 9, &first), 1);
    kit_digest(kit.store, true, (char[65]){ 0 });
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_of_a_restored_van),
        cmocka_unit_test(test_keys_of_a_reissued_van),
        cmocka_unit_test(test_keys_of_hq_at_a_van),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_incarnations),
        cmocka_unit_test(test_a_restored_hq_unconfirms),
        cmocka_unit_test(test_a_van_acknowledges_its_feed),
        cmocka_unit_test(test_rulings),
        cmocka_unit_test(test_an_older_store_is_brought_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
