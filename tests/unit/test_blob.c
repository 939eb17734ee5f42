// room: store
/* test_blob.c - documents: whole, in pieces, going out; drafts and quarantine. */
#include <stdlib.h>
#include <string.h>

#include "jemput/codec.h"
#include "prop.h"
#include "store_kit.h"
#include "unit.h"

static void test_put_get(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    unsigned char hash[32], other[32];
    struct jem_buf out = JEM_BUF_INIT(1 << 20);
    kit_open(&kit, JEM_ROLE_VAN, 3);
    jem_hash("isi dokumen", 11, hash);
    jem_hash("lain", 4, other);
    assert_false(jem_store_blob_has(kit.store, hash));
    assert_int_equal(jem_store_blob_get(kit.store, hash, &out, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_store_blob_put(kit.store, other, JEM_BLOB_ORIGINAL, "isi dokumen", 11, &err), JEM_ECORRUPT);
    assert_int_equal(jem_store_blob_put(kit.store, hash, JEM_BLOB_UNKNOWN, "isi dokumen", 11, &err), JEM_EINVAL);
    kit_begin(kit.store);
    assert_int_equal(jem_store_blob_put(kit.store, hash, JEM_BLOB_ORIGINAL, "isi dokumen", 11, &err), JEM_OK);
    jem_store_rollback(kit.store);
    assert_false(jem_store_blob_has(kit.store, hash));
    assert_int_equal(jem_store_blob_put(kit.store, hash, JEM_BLOB_ORIGINAL, "isi dokumen", 11, &err), JEM_OK);
    assert_int_equal(jem_store_blob_put(kit.store, hash, JEM_BLOB_ORIGINAL, "isi dokumen", 11, &err), JEM_OK);
    assert_int_equal(jem_store_blob_get(kit.store, hash, &out, &err), JEM_OK);
    assert_int_equal(out.len, 11);
    assert_memory_equal(out.data, "isi dokumen", 11);
    assert_false(kit_file_holds(kit.dir, "jemput.db-wal", "isi dokumen"));
    jem_buf_release(&out);
    kit_close(&kit);
}

/* Pieces cut at random, in random order, overlapping and repeated, make the whole exactly when every byte is there. */
static void test_pieces_in_any_order(void **state)
{
    (void)state;
    struct prop rng = prop_start("pieces in any order");
    struct kit kit;
    struct jem_error err = { 0 };
    kit_open(&kit, JEM_ROLE_HQ, 0);
    for (size_t round = 0; round < prop_rounds(20); round++) {
        unsigned char bytes[3000], hash[32];
        bool have[3000] = { false }, done = false;
        size_t total = 1 + prop_below(&rng, sizeof bytes), missing = total;
        prop_bytes(&rng, bytes, total);
        jem_hash(bytes, total, hash);
        while (!done) {
            size_t offset = prop_below(&rng, total), n = 1 + prop_below(&rng, 1 + total / 3);
            if (prop_below(&rng, 4) == 0) /* random places alone would hit the last gap late */
                for (offset = 0; offset + 1 < total && have[offset]; offset++)
                    ;
            if (n > total - offset)
                n = total - offset;
            assert_int_equal(jem_store_blob_piece(kit.store, hash, JEM_BLOB_PREVIEW, total, offset, bytes + offset, n,
                                 &done, &err),
                JEM_OK);
            for (size_t i = offset; i < offset + n; i++) {
                missing -= !have[i];
                have[i] = true;
            }
            assert_int_equal(done, missing == 0);
            assert_int_equal(jem_store_blob_has(kit.store, hash), done);
        }
        struct jem_buf out = JEM_BUF_INIT(4096);
        assert_int_equal(jem_store_blob_get(kit.store, hash, &out, &err), JEM_OK);
        assert_int_equal(out.len, total);
        assert_memory_equal(out.data, bytes, total);
        jem_buf_release(&out);
        assert_int_equal(jem_store_blob_piece(kit.store, hash, JEM_BLOB_PREVIEW, total, 0, bytes, 1, &done, &err),
            JEM_OK);
        assert_true(done);
    }
    kit_close(&kit);
}

static void test_wrong_pieces_are_dropped(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    unsigned char hash[32];
    bool done = false;
    kit_open(&kit, JEM_ROLE_HQ, 0);
    jem_hash("abcdef", 6, hash);
    assert_int_equal(jem_store_blob_piece(kit.store, hash, JEM_BLOB_ORIGINAL, 6, 3, "xyz", 3, &done, &err), JEM_OK);
    assert_int_equal(jem_store_blob_piece(kit.store, hash, JEM_BLOB_ORIGINAL, 6, 0, "abc", 3, &done, &err),
        JEM_ECORRUPT);
    assert_false(done);
    assert_false(jem_store_blob_has(kit.store, hash));
    /* nothing of the wrong ones is left */
    assert_int_equal(jem_store_blob_piece(kit.store, hash, JEM_BLOB_ORIGINAL, 6, 0, "abc", 3, &done, &err), JEM_OK);
    assert_false(done);
    assert_int_equal(jem_store_blob_piece(kit.store, hash, JEM_BLOB_ORIGINAL, 6, 3, "def", 3, &done, &err), JEM_OK);
    assert_true(done);
    /* pieces of another whole start anew; impossible places are refused */
    jem_hash("ghi", 3, hash);
    assert_int_equal(jem_store_blob_piece(kit.store, hash, JEM_BLOB_ORIGINAL, 9, 0, "ghi", 3, &done, &err), JEM_OK);
    assert_int_equal(jem_store_blob_piece(kit.store, hash, JEM_BLOB_ORIGINAL, 3, 0, "gh", 2, &done, &err), JEM_OK);
    assert_int_equal(jem_store_blob_piece(kit.store, hash, JEM_BLOB_ORIGINAL, 3, 2, "i", 1, &done, &err), JEM_OK);
    assert_true(done);
    assert_int_equal(jem_store_blob_piece(kit.store, hash, JEM_BLOB_ORIGINAL, 3, 3, "i", 1, &done, &err), JEM_EINVAL);
    assert_int_equal(jem_store_blob_piece(kit.store, hash, JEM_BLOB_ORIGINAL, 3, UINT64_MAX, "i", 1, &done, &err),
        JEM_EINVAL);
    assert_int_equal(jem_store_blob_piece(kit.store, hash, JEM_BLOB_ORIGINAL, (uint64_t)1 << 40, 0, "i", 1, &done,
                         &err),
        JEM_EINVAL);
    kit_close(&kit);
}

/* ---- going out ---- */

static void blob_text(const char *text, char hex[65])
{
    unsigned char hash[32];
    jem_hash(text, strlen(text), hash);
    jem_hex(hash, 32, hex);
}

static void attach(struct kit *kit, uint64_t number, int ordinal, const char *original, const char *preview)
{
    struct jem_error err = { 0 };
    unsigned char hash[32];
    char a[65], b[65];
    blob_text(original, a);
    blob_text(preview, b);
    jem_hash(original, strlen(original), hash);
    assert_int_equal(jem_store_blob_put(kit->store, hash, JEM_BLOB_ORIGINAL, original, strlen(original), &err), JEM_OK);
    jem_hash(preview, strlen(preview), hash);
    assert_int_equal(jem_store_blob_put(kit->store, hash, JEM_BLOB_PREVIEW, preview, strlen(preview), &err), JEM_OK);
    kit_append(kit, 0, number, "document.attached",
        json_pack("{s:i, s:s, s:s, s:I, s:s, s:[{s:s, s:I}]}", "ordinal", ordinal, "kind", "kk", "mime", "image/png",
            "size", (json_int_t)strlen(original), "hash", a, "pages", "preview", b, "size",
            (json_int_t)strlen(preview)));
}

static void next_is(struct kit *kit, const char *text, uint64_t sent)
{
    struct jem_error err = { 0 };
    struct jem_outgoing out;
    unsigned char hash[32];
    assert_int_equal(jem_store_outgoing_next(kit->store, &out, &err), JEM_OK);
    jem_hash(text, strlen(text), hash);
    assert_memory_equal(out.hash, hash, 32);
    assert_int_equal(out.size, strlen(text));
    assert_int_equal(out.sent, sent);
}

static void sent(struct kit *kit, const char *text, uint64_t upto, uint64_t chunk)
{
    struct jem_error err = { 0 };
    unsigned char hash[32];
    jem_hash(text, strlen(text), hash);
    assert_int_equal(jem_store_outgoing_sent(kit->store, hash, upto, chunk, &err), JEM_OK);
}

static int64_t pending(struct kit *kit)
{
    struct jem_error err = { 0 };
    json_t *counts = NULL;
    assert_int_equal(jem_store_counts(kit->store, &counts, &err), JEM_OK);
    int64_t n = jem_json_int(counts, "pending_documents", -1);
    json_decref(counts);
    return n;
}

static void ack(struct kit *kit, struct jem_event *last, int64_t scan, const char *missing)
{
    static const char zero[] = "0000000000000000000000000000000000000000000000000000000000000000";
    struct jem_error err = { 0 };
    struct jem_event e = { 0 };
    size_t added = 0;
    e.id = (struct jem_event_id){ 0, 3, 1, last->id.seq + 1 };
    e.hlc = last->hlc + 1;
    memcpy(e.kind, "ledger.acked", 12);
    memcpy(e.actor, "hq", 2);
    memcpy(e.prev_hash, last->hash, 32);
    e.clock_source = JEM_CLOCK_NTP;
    json_t *body = json_pack("{s:i, s:i, s:i, s:s, s:s, s:s, s:I, s:[]}", "writer", 3, "inc", 1, "seq", 1, "hash", zero,
        "level", "received", "head", "0000000000000000000000000000000000000000", "scan", (json_int_t)scan, "missing");
    if (missing != NULL)
        assert_int_equal(json_array_append_new(json_object_get(body, "missing"), json_string(missing)), 0);
    struct jem_buf text = JEM_BUF_INIT(4096);
    assert_int_equal(jem_json_canonical(body, &text, &err), JEM_OK);
    json_decref(body);
    e.body = (char *)text.data;
    e.body_len = text.len;
    jem_event_seal(&e);
    kit_begin(kit->store);
    assert_int_equal(jem_store_import(kit->store, &e, 1, &added, &err), JEM_OK);
    kit_commit(kit->store);
    jem_event_release(last);
    *last = e;
}

static void test_outgoing_lane(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_outgoing out;
    struct jem_event last = { 0 };
    char hex[65];
    kit_open(&kit, JEM_ROLE_VAN, 3);
    assert_int_equal(jem_store_outgoing_next(kit.store, &out, &err), JEM_ENOTFOUND);
    uint64_t number = kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    attach(&kit, number, 1, "asli satu", "kecil satu");
    attach(&kit, number, 2, "asli dua", "kecil dua");
    assert_int_equal(pending(&kit), 4);
    next_is(&kit, "kecil satu", 0);
    sent(&kit, "kecil satu", 4, 1);
    next_is(&kit, "kecil satu", 4);
    sent(&kit, "kecil satu", 10, 2);
    next_is(&kit, "kecil dua", 0);
    sent(&kit, "kecil dua", 9, 3);
    next_is(&kit, "asli satu", 0);
    sent(&kit, "asli satu", 9, 4);
    ack(&kit, &last, 3, NULL);
    assert_int_equal(pending(&kit), 2);
    /* HQ lacks one of what it acknowledged: it goes again, once */
    blob_text("kecil dua", hex);
    ack(&kit, &last, 4, hex);
    assert_int_equal(pending(&kit), 2);
    next_is(&kit, "kecil dua", 0);
    sent(&kit, "kecil dua", 9, 5);
    ack(&kit, &last, 4, hex);
    next_is(&kit, "asli dua", 0);
    sent(&kit, "asli dua", 8, 6);
    ack(&kit, &last, 6, NULL);
    assert_int_equal(pending(&kit), 0);
    assert_int_equal(jem_store_outgoing_next(kit.store, &out, &err), JEM_ENOTFOUND);
    kit_digest(kit.store, true, (char[65]){ 0 });
    assert_int_equal(pending(&kit), 0);
    jem_event_release(&last);
    kit_close(&kit);
}

/* At HQ a document counts as arrived when its original and every preview are here. */
static void test_rows_tell_what_arrived(void **state)
{
    (void)state;
    struct kit van, hq;
    struct jem_error err = { 0 };
    struct jem_event_list list = { 0 };
    struct jem_event_id from = { 3, 0, 1, 1 };
    size_t added = 0;
    static const char *const parts[] = { "asli satu", "kecil satu" };
    kit_open(&van, JEM_ROLE_VAN, 3);
    kit_open(&hq, JEM_ROLE_HQ, 0);
    attach(&van, kit_submit(&van, "ktp-el", "3203014507900001", "Siti Rahayu"), 1, parts[0], parts[1]);
    assert_int_equal(jem_store_events(van.store, &from, 100, 1 << 20, &list, &err), JEM_OK);
    kit_begin(hq.store);
    assert_int_equal(jem_store_import(hq.store, list.items, list.count, &added, &err), JEM_OK);
    kit_commit(hq.store);
    for (int64_t i = 0; i < 3; i++) {
        struct jem_list_query q = { .day = INT32_MIN };
        json_t *rows = NULL;
        assert_int_equal(jem_store_list(hq.store, &q, &rows, &err), JEM_OK);
        assert_int_equal(jem_json_int(json_array_get(rows, 0), "documents", -1), 1);
        assert_int_equal(jem_json_int(json_array_get(rows, 0), "arrived", -1), i == 2);
        json_decref(rows);
        unsigned char hash[32];
        if (i == 2)
            break;
        jem_hash(parts[i], strlen(parts[i]), hash);
        assert_int_equal(jem_store_blob_put(hq.store, hash, i == 0 ? JEM_BLOB_ORIGINAL : JEM_BLOB_PREVIEW, parts[i],
                             strlen(parts[i]), &err),
            JEM_OK);
    }
    jem_event_list_release(&list);
    kit_close(&van);
    kit_close(&hq);
}

static void test_drafts_and_quarantine(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    json_t *v = NULL;
    kit_open(&kit, JEM_ROLE_HQ, 0);
    json_t *draft = json_pack("{s:s, s:{s:s}}", "service", "ktp-el", "fields", "name", "Siti");
    assert_int_equal(jem_store_draft_put(kit.store, "a", "siti", draft, &err), JEM_OK);
    kit.now_ms++;
    assert_int_equal(jem_store_draft_put(kit.store, "b", "siti", draft, &err), JEM_OK);
    assert_int_equal(jem_store_draft_put(kit.store, "c", "budi", draft, &err), JEM_OK);
    kit.now_ms++;
    assert_int_equal(jem_store_draft_put(kit.store, "a", "siti", draft, &err), JEM_OK);
    assert_int_equal(jem_store_drafts(kit.store, "siti", &v, &err), JEM_OK);
    assert_int_equal(json_array_size(v), 2);
    assert_string_equal(jem_json_str(json_array_get(v, 0), "id", ""), "a");
    assert_true(json_equal(json_object_get(json_array_get(v, 1), "draft"), draft));
    json_decref(v);
    /* Another officer takes it over; until then it is nobody else's. */
    assert_int_equal(jem_store_draft_put(kit.store, "a", "budi", draft, &err), JEM_EDENIED);
    assert_non_null(strstr(err.msg, "siti"));
    assert_int_equal(jem_store_draft_take(kit.store, "a", "budi", &err), JEM_OK);
    assert_int_equal(jem_store_draft_put(kit.store, "a", "siti", draft, &err), JEM_EDENIED);
    assert_int_equal(jem_store_draft_take(kit.store, "a", "siti", &err), JEM_OK);
    assert_int_equal(jem_store_draft_take(kit.store, "none", "siti", &err), JEM_ENOTFOUND);
    json_decref(draft);
    assert_int_equal(jem_store_draft_drop(kit.store, "a", &err), JEM_OK);
    assert_int_equal(jem_store_drafts(kit.store, "siti", &v, &err), JEM_OK);
    assert_int_equal(json_array_size(v), 1);
    json_decref(v);
    assert_int_equal(jem_store_quarantine_put(kit.store, "refs/heads/van/3", "ab12", "tanda tangan salah", &err),
        JEM_OK);
    assert_int_equal(jem_store_quarantine_put(kit.store, "refs/heads/van/3", "cd34", "rantai terputus", &err), JEM_OK);
    assert_int_equal(jem_store_quarantine(kit.store, &v, &err), JEM_OK);
    assert_int_equal(json_array_size(v), 1);
    assert_string_equal(jem_json_str(json_array_get(v, 0), "head", ""), "cd34");
    json_decref(v);
    assert_int_equal(jem_store_quarantine_clear(kit.store, "refs/heads/van/3", &err), JEM_OK);
    assert_int_equal(jem_store_quarantine(kit.store, &v, &err), JEM_OK);
    assert_int_equal(json_array_size(v), 0);
    json_decref(v);
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_get),
        cmocka_unit_test(test_pieces_in_any_order),
        cmocka_unit_test(test_wrong_pieces_are_dropped),
        cmocka_unit_test(test_outgoing_lane),
        cmocka_unit_test(test_rows_tell_what_arrived),
        cmocka_unit_test(test_drafts_and_quarantine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
