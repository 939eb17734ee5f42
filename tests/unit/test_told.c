// room: store
/* test_told.c - what follows from HQ's word: documents that a van lets go of, chunks after a restore, "durable" after a
 * backup, the district, dictionaries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "gen_events.h"
#include "kept.h"
#include "store_kit.h"
#include "unit.h"

/* ---- documents ---- */

struct page {
    unsigned char hash[32];
    char hex[65];
};

static struct page blob(struct kit *kit, enum jem_blob_class cls, const char *text)
{
    struct page p;
    struct jem_error err = { 0 };
    jem_hash(text, strlen(text), p.hash);
    jem_hex(p.hash, 32, p.hex);
    assert_int_equal(jem_store_blob_put(kit->store, p.hash, cls, text, strlen(text), &err), JEM_OK);
    return p;
}

static void attach(struct kit *kit, uint64_t number, const struct page *original, const struct page *preview)
{
    kit_append(kit, 0, number, "document.attached",
        json_pack("{s:i, s:s, s:s, s:i, s:s, s:[{s:s, s:i}]}", "ordinal", 1, "kind", "kk", "mime", "image/jpeg", "size",
            8, "hash", original->hex, "pages", "preview", preview->hex, "size", 8));
}

static enum jem_blob_place place_of(struct kit *kit, const struct page *p)
{
    enum jem_blob_place place = JEM_BLOB_NOWHERE;
    struct jem_error err = { 0 };
    assert_int_equal(jem_store_blob_place(kit->store, p->hash, &place, &err), JEM_OK);
    assert_int_equal(place == JEM_BLOB_HERE, jem_store_blob_has(kit->store, p->hash));
    return place;
}

static uint64_t prune(struct kit *kit, int days)
{
    struct jem_error err = { 0 };
    uint64_t blobs = 0, bytes = 0;
    assert_int_equal(jem_store_blobs_prune(kit->store, jem_store_today(kit->store) + days, &blobs, &bytes, &err),
        JEM_OK);
    assert_int_equal(bytes, 8 * blobs);
    return blobs;
}

static void sent(struct kit *kit, const struct page *p, uint64_t chunk)
{
    struct jem_error err = { 0 };
    kit_begin(kit->store);
    assert_int_equal(jem_store_outgoing_sent(kit->store, p->hash, 8, chunk, &err), JEM_OK);
    kit_commit(kit->store);
}

static uint64_t waiting(struct kit *kit)
{
    struct jem_error err = { 0 };
    struct jem_outgoing next_out;
    enum jem_code rc = jem_store_outgoing_next(kit->store, &next_out, &err);
    return rc == JEM_ENOTFOUND ? 0 : next_out.size - next_out.sent;
}

static void test_pruning(void **state)
{
    (void)state;
    struct kit kit;
    struct kit_stream hq = { .writer = 0, .lane = 3, .inc = 1 };
    kit_open(&kit, JEM_ROLE_VAN, 3);
    struct page a = blob(&kit, JEM_BLOB_ORIGINAL, "aaaaaaaa"), b = blob(&kit, JEM_BLOB_PREVIEW, "bbbbbbbb");
    struct page shared = blob(&kit, JEM_BLOB_ORIGINAL, "cccccccc"), loose = blob(&kit, JEM_BLOB_ORIGINAL, "dddddddd");
    uint64_t one = kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    uint64_t other = kit_submit(&kit, "pbb", "3203014507900002", "Budi Santoso");
    attach(&kit, one, &a, &b);
    attach(&kit, one, &shared, &b);
    attach(&kit, other, &shared, &b);
    sent(&kit, &b, 1);
    sent(&kit, &a, 2);
    sent(&kit, &shared, 3);
    assert_int_equal(waiting(&kit), 0);
    assert_int_equal(prune(&kit, 100000), 0); /* nobody has confirmed anything, and there is no catalogue */
    kit_next(&kit, &hq, "ledger.acked", kit_acked(3, 1, 5, "received", 3, NULL));
    kit_next(&kit, &hq, "catalog.published",
        json_pack("{s:i, s:{s:i, s:[{s:s, s:i}, {s:s, s:i}]}}", "version", 1, "catalog", "version", 1, "services", "id",
            "ktp-el", "retention_days", 100, "id", "pbb", "retention_days", 900));
    assert_int_equal(prune(&kit, 100000), 0); /* received is not durable */
    kit_next(&kit, &hq, "ledger.acked", kit_acked(3, 1, 5, "durable", 2, NULL));
    assert_int_equal(prune(&kit, 100), 0);
    assert_int_equal(prune(&kit, 101),
        1); /* a; b's page is still needed by the other application, `shared` is not durable */
    assert_int_equal(place_of(&kit, &a), JEM_BLOB_AT_HQ);
    assert_int_equal(place_of(&kit, &b), JEM_BLOB_HERE);
    assert_int_equal(prune(&kit, 901), 1);
    assert_int_equal(place_of(&kit, &b), JEM_BLOB_AT_HQ);
    assert_int_equal(place_of(&kit, &shared), JEM_BLOB_HERE);
    kit_next(&kit, &hq, "ledger.acked", kit_acked(3, 1, 5, "durable", 3, NULL));
    assert_int_equal(prune(&kit, 899), 0);
    assert_int_equal(prune(&kit, 901), 1);
    assert_int_equal(prune(&kit, 100000), 0);
    json_t *rows = NULL; /* what is safe at HQ does not count as missing */
    struct jem_list_query q = { .day = INT32_MIN, .service = "ktp-el" };
    struct jem_error err = { 0 };
    assert_int_equal(jem_store_list(kit.store, &q, &rows, &err), JEM_OK);
    assert_int_equal(jem_json_int(json_array_get(rows, 0), "documents", 0), 2);
    assert_int_equal(jem_json_int(json_array_get(rows, 0), "arrived", 0), 2);
    json_decref(rows);
    assert_int_equal(place_of(&kit, &loose), JEM_BLOB_HERE); /* no document names it: it is not ours to judge */
    struct page before = a; /* its event came back after a restore, its bytes did not */
    before.hash[0] ^= 1;
    jem_hex(before.hash, 32, before.hex);
    assert_int_equal(place_of(&kit, &before), JEM_BLOB_NOWHERE);
    attach(&kit, one, &before, &b);
    assert_int_equal(place_of(&kit, &before), JEM_BLOB_BEFORE);
    kit_digest(kit.store, true, (char[65]){ 0 });
    kit_close(&kit);
}

/* Chunks of a restored van are numbered on: an acknowledgement of the life before says nothing of them. */
static void test_chunks_of_a_restored_van(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct kit_stream hq = { .writer = 0, .lane = 3, .inc = 1 };
    uint16_t inc = 0;
    uint64_t whole = 0;
    kit_open(&kit, JEM_ROLE_VAN, 3);
    struct page a = blob(&kit, JEM_BLOB_ORIGINAL, "aaaaaaaa"), b = blob(&kit, JEM_BLOB_PREVIEW, "bbbbbbbb");
    uint64_t one = kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    attach(&kit, one, &a, &b);
    sent(&kit, &b, 1);
    kit_begin(kit.store);
    assert_int_equal(jem_store_inc_next(kit.store, &inc, &err), JEM_OK);
    kit_commit(kit.store);
    sent(&kit, &a, 2);
    kit_next(&kit, &hq, "ledger.acked", kit_acked(3, 1, 2, "received", 6, NULL));
    assert_int_equal(kit_count(&kit, "pending_documents"), 1);
    kit_next(&kit, &hq, "ledger.acked", kit_acked(3, inc, 1, "received", 2, NULL));
    assert_int_equal(kit_count(&kit, "pending_documents"), 0);
    assert_int_equal(waiting(&kit), 0);
    /* the hub lost what came after chunk 1 */
    assert_int_equal(jem_store_outgoing_rewind(kit.store, 1, &err), JEM_OK);
    assert_int_equal(waiting(&kit), 8);
    assert_int_equal(kit_count(&kit, "pending_documents"), 1);
    sent(&kit, &a, 2);
    assert_int_equal(jem_store_outgoing_whole(kit.store, 9, &whole, &err), JEM_OK);
    assert_int_equal(whole, 1);
    kit_next(&kit, &hq, "ledger.acked", kit_acked(3, inc, 1, "received", 2, NULL));
    assert_int_equal(kit_count(&kit, "pending_documents"), 0);
    /* another HQ speaks: what it does not have counts as not confirmed */
    struct kit_stream again = kit_restored(&hq, 9);
    kit_next(&kit, &again, "ledger.acked", kit_acked(3, inc, 1, "received", 1, NULL));
    assert_int_equal(kit_count(&kit, "pending_documents"), 1);
    kit_close(&kit);
}

/* ---- durable, as HQ tells it ---- */

static void test_durable_follows_the_backup(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_buf list = JEM_BUF_INIT((size_t)1 << 20);
    struct kit_stream van = { .writer = 3, .lane = 0, .inc = 1 };
    size_t told = 9;
    uint64_t seq = 0, scan = 0;
    kit_open(&kit, JEM_ROLE_HQ, 0);
    kit_append(&kit, 0, 0, "van.enrolled", kit_enrolled(3, 'a', '1', 1, 1));
    for (int i = 0; i < 4; i++)
        kit_next(&kit, &van, "fee.waived", kit_note());
    kit_append(&kit, 3, 0, "ledger.acked", kit_acked(3, 1, 4, "received", 11, NULL));
    assert_int_equal(jem_store_ack_durable(kit.store, "siti", &told, &err), JEM_OK);
    assert_int_equal(told, 0);
    assert_int_equal(jem_kept_read(kit.store, &list, &err), JEM_OK);
    kit_begin(kit.store);
    assert_int_equal(jem_kept_write(kit.store, &list, &err), JEM_OK);
    kit_commit(kit.store);
    kit_next(&kit, &van, "fee.waived", kit_note());
    assert_int_equal(jem_store_kept(kit.store, 3, 0, 1, &seq, &scan, &err), JEM_OK);
    assert_int_equal(seq, 4);
    assert_int_equal(scan, 11);
    assert_int_equal(jem_store_kept(kit.store, 0, 3, 1, &seq, &scan, &err), JEM_OK);
    assert_int_equal(seq, 1);
    assert_int_equal(jem_store_ack_durable(kit.store, "siti", &told, &err), JEM_OK);
    assert_int_equal(told, 1);
    kit_expect_ack(&kit, 3, 0, "durable", 4, 11);
    assert_int_equal(jem_store_ack_durable(kit.store, "siti", &told, &err), JEM_OK);
    assert_int_equal(told, 0);
    jem_buf_release(&list);
    kit_close(&kit);
}

/* ---- district ---- */

static void status(struct kit *kit, uint64_t number, const char *from, const char *to)
{
    kit->now_ms += 1000;
    kit_append(kit, 3, number, "status.changed", json_pack("{s:s, s:s}", "from", from, "to", to));
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

static void test_district_changes(void **state)
{
    (void)state;
    struct kit kit;
    struct kit_stream van = { .writer = 3, .lane = 0, .inc = 1 };
    struct jem_district_case first;
    uint64_t numbers[5], rev = 0, none = 0;
    kit_open(&kit, JEM_ROLE_HQ, 0);
    for (int i = 0; i < 5; i++) {
        numbers[i] = jem_number_make(3, (uint64_t)i + 1);
        kit_next_about(&kit, &van, numbers[i], "application.submitted",
            kit_submitted("ktp-el", "3203014507900001", "Siti Rahayu", "3203012001"));
    }
    assert_int_equal(changed(&kit, &none, 3, 100, &first), 0);
    assert_true(none > 0);
    assert_int_equal(changed(&kit, &none, 3, 100, &first), 0);
    assert_int_equal(changed(&kit, &rev, 4, 3, &first), 3);
    assert_int_equal(first.number, numbers[0]);
    assert_int_equal(first.stage, JEM_STATUS_RECEIVED);
    assert_int_equal(first.day, jem_store_today(kit.store));
    status(&kit, numbers[0], "received", "verified"); /* told already: comes again; not yet told: comes once */
    status(&kit, numbers[4], "received", "verified");
    status(&kit, numbers[4], "verified", "in_process");
    assert_int_equal(changed(&kit, &rev, 4, 3, &first), 3);
    assert_int_equal(first.number, numbers[3]);
    assert_int_equal(changed(&kit, &rev, 4, 3, &first), 0);
    status(&kit, numbers[4], "in_process", "ready");
    assert_int_equal(changed(&kit, &rev, 4, 3, &first), 1);
    assert_int_equal(first.number, numbers[4]);
    assert_int_equal(first.stage, JEM_STATUS_READY);
    uint64_t before = rev;
    kit_digest(kit.store, true, (char[65]){ 0 });
    assert_int_equal(changed(&kit, &rev, 4, 3, &first), 0);
    assert_int_equal(rev, before);
    kit_close(&kit);
}

static void test_district_at_a_van(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct kit_stream hq = { .writer = 0, .lane = 3, .inc = 1 };
    struct jem_district_case got;
    int64_t told_ms = 0;
    struct jem_district_case cases[] = { { jem_number_make(9, 5), JEM_STATUS_VERIFIED, 20770 },
        { jem_number_make(4, 7), JEM_STATUS_READY, 20779 } };
    json_t *body = NULL;
    kit_open(&kit, JEM_ROLE_VAN, 3);
    assert_int_equal(jem_district_pack(cases, 2, &body, &err), JEM_OK);
    kit_next(&kit, &hq, "district.status", body);
    assert_int_equal(jem_store_district(kit.store, jem_number_make(9, 5), &got, &told_ms, &err), JEM_OK);
    assert_int_equal(got.stage, JEM_STATUS_VERIFIED);
    assert_int_equal(got.day, 20770);
    assert_true(told_ms > 0 && told_ms <= jem_store_now_ms(kit.store));
    assert_int_equal(jem_store_district(kit.store, jem_number_make(9, 6), &got, &told_ms, &err), JEM_ENOTFOUND);
    struct jem_district_case later = { jem_number_make(9, 5), JEM_STATUS_HANDED_OVER, 20781 };
    assert_int_equal(jem_district_pack(&later, 1, &body, &err), JEM_OK);
    kit_next(&kit, &hq, "district.status", body);
    kit_next(&kit, &hq, "district.status", json_pack("{s:s, s:s}", "base", "2026-11-21", "cases", "AAAA"));
    assert_int_equal(jem_store_district(kit.store, jem_number_make(9, 5), &got, &told_ms, &err), JEM_OK);
    assert_int_equal(got.stage, JEM_STATUS_HANDED_OVER);
    kit_digest(kit.store, true, (char[65]){ 0 });
    kit_close(&kit);
}

/* ---- dictionaries ---- */

static json_t *published(int id, const char *bytes)
{
    return json_pack("{s:i, s:s}", "id", id, "bytes", bytes);
}

static void test_dictionaries(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_buf bytes = JEM_BUF_INIT(1000);
    struct kit_stream hq = { .writer = 0, .lane = 3, .inc = 1 };
    struct jem_event_id at = { 0, 3, 1, 2 };
    uint16_t id = 9;
    kit_open(&kit, JEM_ROLE_VAN, 3);
    assert_int_equal(jem_store_dictionary_latest(kit.store, &id, &err), JEM_OK);
    assert_int_equal(id, 0);
    kit_next(&kit, &hq, "fee.waived", kit_note());
    kit_next(&kit, &hq, "dictionary.published", published(300, "a2FtdXMgc2F0dQ=="));
    kit_next(&kit, &hq, "dictionary.published", published(301, "a2FtdXMgZHVh"));
    assert_int_equal(jem_store_dictionary_latest(kit.store, &id, &err), JEM_OK);
    assert_int_equal(id, 301);
    assert_int_equal(jem_store_dictionary_before(kit.store, &at, &id, &err), JEM_OK);
    assert_int_equal(id, 0);
    at.seq = 3;
    assert_int_equal(jem_store_dictionary_before(kit.store, &at, &id, &err), JEM_OK);
    assert_int_equal(id, 300);
    at = (struct jem_event_id){ 0, 3, 8, 1 };
    assert_int_equal(jem_store_dictionary_before(kit.store, &at, &id, &err), JEM_OK);
    assert_int_equal(id, 301);
    at.lane = 4;
    assert_int_equal(jem_store_dictionary_before(kit.store, &at, &id, &err), JEM_OK);
    assert_int_equal(id, 0);
    assert_int_equal(jem_store_dictionary(kit.store, 300, &bytes, &err), JEM_OK);
    assert_string_equal(jem_buf_text(&bytes), "kamus satu");
    assert_int_equal(jem_store_dictionary(kit.store, 302, &bytes, &err), JEM_ENOTFOUND);
    jem_buf_release(&bytes);
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pruning),
        cmocka_unit_test(test_chunks_of_a_restored_van),
        cmocka_unit_test(test_durable_follows_the_backup),
        cmocka_unit_test(test_district_changes),
        cmocka_unit_test(test_district_at_a_van),
        cmocka_unit_test(test_dictionaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
