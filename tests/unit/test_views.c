// room: store
/* test_views.c - any order of arrival gives the same rows; acknowledgements, accounts, vans, catalogue, duplicates,
 * listings, audit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "gen_day.h"
#include "gen_trust.h"
#include "store_kit.h"
#include "unit.h"

/* ---- order ---- */

#define STREAMS_MAX 48

static json_t *acked(int writer, int64_t seq, const char *level, int64_t scan, json_t *missing)
{
    static const char zero[] = "0000000000000000000000000000000000000000000000000000000000000000";
    return json_pack("{s:i, s:i, s:I, s:s, s:s, s:s, s:I, s:o}", "writer", writer, "inc", 1, "seq", (json_int_t)seq,
        "hash", zero, "level", level, "head", "0000000000000000000000000000000000000000", "scan", (json_int_t)scan,
        "missing", missing == NULL ? json_array() : missing);
}

/* What else moves views: HQ acknowledges vans, publishes a catalogue with windows, puts and disables accounts, and some
 * people apply once more at the office;
 * all in an incarnation that the generator leaves alone. `lane` is the one whose accounts this store believes. */
static void add_hq(struct jem_event_list *list, struct prop *rng, uint16_t lane)
{
    struct jem_event prev = { 0 };
    struct jem_error err = { 0 };
    uint64_t hlc = list->items[list->count / 2].hlc;
    json_t *services = json_object(), *again[4] = { NULL };
    size_t count = list->count;
    for (size_t i = 0; i < count; i++) {
        json_t *body = NULL;
        if (strcmp(list->items[i].kind, "application.submitted") != 0)
            continue;
        assert_int_equal(jem_json_parse(list->items[i].body, list->items[i].body_len, "gen", &body, &err), JEM_OK);
        assert_int_equal(json_object_set_new(services, jem_json_str(body, "service", ""), json_true()), 0);
        json_decref(again[i % 4]);
        again[i % 4] = body;
    }
    json_decref(again[3]);
    again[3] = json_deep_copy(again[0]); /* a pair that nobody touches */
    for (uint64_t seq = 1; seq <= 17; seq++) {
        const char *kind = seq % 4 == 0   ? "catalog.published"
                           : seq % 4 == 1 ? "user.put"
                           : seq % 4 == 2 ? "user.disabled"
                                          : "ledger.acked";
        json_t *body = NULL;
        uint64_t subject = 0;
        if (seq == 17) {
            char other[JEM_NUMBER_TEXT];
            kind = "application.linked";
            subject = list->items[0].subject;
            jem_number_format(jem_number_make(1, 1), other);
            body = json_pack("{s:s, s:s}", "apart", other, "reason", "orang lain");
        } else if (seq > 12) {
            kind = "application.submitted";
            subject = jem_number_make(0, prop_u64(rng));
            body = again[seq - 13];
        } else if (seq % 4 == 0) {
            const char *id;
            json_t *v, *all = json_array();
            json_object_foreach(services, id, v)
                assert_int_equal(json_array_append_new(all,
                                     json_pack("{s:s, s:i}", "id", id, "duplicate_window_days", seq == 8 ? 90 : 1)),
                    0);
            body = json_pack("{s:i, s:{s:i, s:o}}", "version", seq == 12 ? 4 : (int)seq, "catalog", "version", (int)seq,
                "services", all);
        } else if (seq % 4 == 1) {
            body = json_pack("{s:s, s:s, s:s}", "user", "wati", "name", "Wati", "role", "clerk");
        } else if (seq % 4 == 2) {
            body = json_pack("{s:s, s:s}", "user", "wati", "reason", "pindah");
        } else {
            body = acked((int)(1 + prop_below(rng, 4)), (int64_t)prop_below(rng, 60), seq == 7 ? "durable" : "received",
                0, NULL);
        }
        struct jem_event e = gen_event(0, lane, seq, hlc + seq, subject, kind, body, seq == 1 ? NULL : &prev);
        e.id.inc = 2;
        jem_event_seal(&e);
        prev = e;
        assert_int_equal(jem_event_list_push(list, &e, &err), JEM_OK);
    }
    json_decref(services);
}

static bool same_stream(const struct jem_event_id *a, const struct jem_event_id *b)
{
    return a->writer == b->writer && a->lane == b->lane && a->inc == b->inc;
}

/* Imports all streams of `list` in random turns and portions, each stream in its own order. */
static void import_mixed(struct kit *kit, const struct jem_event_list *list, struct prop *rng)
{
    struct jem_error err = { 0 };
    struct jem_event_id heads[STREAMS_MAX];
    size_t streams = 0, left = list->count;
    for (size_t i = 0; i < list->count; i++) {
        size_t s = 0;
        while (s < streams && !same_stream(&heads[s], &list->items[i].id))
            s++;
        if (s == streams) {
            assert_true(streams < STREAMS_MAX);
            heads[streams] = list->items[i].id;
            heads[streams++].seq = 0;
        }
    }
    while (left > 0) {
        kit_begin(kit->store);
        for (uint64_t turn = 1 + prop_below(rng, 6); turn > 0 && left > 0; turn--) {
            struct jem_event_id *head = &heads[prop_below(rng, streams)];
            uint64_t portion = 1 + prop_below(rng, 9);
            for (size_t i = 0; i < list->count && portion > 0; i++) {
                const struct jem_event *e = &list->items[i];
                size_t added = 0;
                if (!same_stream(head, &e->id) || e->id.seq != head->seq + 1)
                    continue;
                if (jem_store_import(kit->store, e, 1, &added, &err) != JEM_OK)
                    fail_msg("%s", err.msg);
                assert_int_equal(added, 1);
                head->seq++;
                left--;
                portion--;
            }
        }
        kit_commit(kit->store);
    }
}

static const char *const views_used[] = { "application", "apart", "need", "pair", "span", "ack", "account", "catalog",
    "application WHERE conflicts > 0", "application WHERE illegal > 0", "application WHERE confirmed = 1", "enrolment",
    "box WHERE seq = 0", "box WHERE seq > 0", "revoked", "ruling WHERE admit", "dictionary", "district", "ticket",
    "ticket_step", "visit_plan", "visit", "visit_end", "handover", "complaint", "complaint_answer", "outage",
    "outage_end", "outage_photo", "survey" };
#define VIEWS_USED (sizeof views_used / sizeof *views_used)

static void note_views_used(struct kit *kit, bool used[VIEWS_USED])
{
    for (size_t i = 0; i < VIEWS_USED; i++) {
        char sql[128];
        sqlite3_stmt *st = NULL;
        (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", views_used[i]);
        assert_int_equal(sqlite3_prepare_v2(kit->store->db, sql, -1, &st, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(st), SQLITE_ROW);
        used[i] = used[i] || sqlite3_column_int(st, 0) > 0;
        assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
    }
}

/* Every answer about keys, ends and acknowledgements, as one hash. */
static void trust_digest(struct kit *kit, char out[65])
{
    struct jem_buf text = JEM_BUF_INIT((size_t)1 << 20);
    struct jem_error err = { 0 };
    unsigned char key[32], hash[32];
    for (uint16_t writer = 0; writer <= 4; writer++) {
        uint16_t epoch = 0, last = 0;
        enum jem_code rc = jem_store_epoch(kit->store, writer, &epoch, &err);
        assert_int_equal(jem_store_van_inc(kit->store, writer, &last, &err), JEM_OK);
        jem_buf_fmt(&text, "%u: epoch %d %u last %u\n", writer, rc, epoch, last);
        for (uint16_t inc = 1; inc <= 8; inc++) {
            uint64_t limit = 0, seq = 0, scan = 0;
            for (uint16_t e = 1; e <= 4; e++) {
                memset(key, 0, sizeof key);
                rc = jem_store_box_key(kit->store, writer, inc, e, key, &err);
                jem_buf_fmt(&text, "box %d ", rc);
                jem_buf_add(&text, key, sizeof key);
            }
            memset(key, 0, sizeof key);
            rc = jem_store_sign_key(kit->store, writer, inc, key, &err);
            jem_buf_add(&text, key, sizeof key);
            assert_int_equal(jem_store_van_limit(kit->store, writer, inc, &limit, &err), JEM_OK);
            jem_buf_fmt(&text, "sign %d limit %llu\n", rc, (unsigned long long)limit);
            for (uint16_t lane = 0; lane <= 4; lane++) {
                assert_int_equal(jem_store_ack(kit->store, writer, lane, inc, "durable", &seq, &scan, &err), JEM_OK);
                jem_buf_fmt(&text, "%llu %llu ", (unsigned long long)seq, (unsigned long long)scan);
            }
        }
    }
    assert_int_equal(jem_buf_ok(&text, &err), JEM_OK);
    jem_hash(text.data, text.len, hash);
    jem_hex(hash, sizeof hash, out);
    jem_buf_release(&text);
}

static void order_of(enum jem_role role, int van)
{
    struct prop rng = prop_start("views in any order");
    bool used[VIEWS_USED] = { false };
    for (size_t round = 0; round < prop_rounds(3); round++) {
        struct jem_event_list list = { 0 };
        char first[65] = "", digest[65], rebuilt[65], trust[65], trusted[65] = "";
        gen_events(prop_u64(&rng), 40, 4, GEN_FULL, &list);
        gen_trust(prop_u64(&rng), 4, &list);
        gen_day(prop_u64(&rng), 4, &list);
        add_hq(&list, &rng, (uint16_t)van);
        for (int order = 0; order < 4; order++) {
            struct kit kit;
            kit_open(&kit, role, van);
            if (order == 0) {
                struct jem_error err = { 0 };
                size_t added = 0;
                kit_begin(kit.store);
                assert_int_equal(jem_store_import(kit.store, list.items, list.count, &added, &err), JEM_OK);
                assert_int_equal(added, list.count);
                kit_commit(kit.store);
            } else {
                import_mixed(&kit, &list, &rng);
            }
            kit_digest(kit.store, false, digest);
            trust_digest(&kit, trust);
            kit_digest(kit.store, true, rebuilt);
            assert_string_equal(digest, rebuilt);
            if (order == 0) {
                memcpy(first, digest, sizeof first);
                memcpy(trusted, trust, sizeof trusted);
                note_views_used(&kit, used);
            }
            assert_string_equal(first, digest);
            assert_string_equal(trusted, trust);
            kit_close(&kit);
        }
        jem_event_list_release(&list);
    }
    /* An order that fills no rows would prove nothing. HQ is told nothing of the district. */
    for (size_t i = 0; i < VIEWS_USED; i++)
        if (!used[i] && !(role == JEM_ROLE_HQ && strcmp(views_used[i], "district") == 0))
            fail_msg("no rows in %s", views_used[i]);
}

static void test_any_order_at_hq(void **state)
{
    (void)state;
    order_of(JEM_ROLE_HQ, 0);
}

static void test_any_order_at_a_van(void **state)
{
    (void)state;
    order_of(JEM_ROLE_VAN, 2);
}

/* ---- listings of all kinds ---- */

static json_t *list_all(struct kit *kit)
{
    struct jem_error err = { 0 };
    struct jem_list_query q = { .day = INT32_MIN };
    json_t *rows = NULL;
    assert_int_equal(jem_store_list(kit->store, &q, &rows, &err), JEM_OK);
    return rows;
}

static size_t list_count(struct kit *kit, struct jem_list_query q)
{
    struct jem_error err = { 0 };
    json_t *rows = NULL;
    assert_int_equal(jem_store_list(kit->store, &q, &rows, &err), JEM_OK);
    size_t n = json_array_size(rows);
    json_decref(rows);
    return n;
}

/* A submission's row comes from a glance at its body, a rebuild's from the fold: the digests are the same also for
 * what a glance cannot read. */
static void test_glance_sees_what_the_fold_sees(void **state)
{
    (void)state;
    static const char *const names[] = { "Siti \"Ningsih\" Rahayu", "garis\\miring", "baris\nbaru", "", "é ü 你",
        "{}[],:", "fields", "name\":\"x" };
    struct kit kit;
    struct jem_error err = { 0 };
    json_t *rows = NULL;
    char digest[65], rebuilt[65];
    kit_open(&kit, JEM_ROLE_HQ, 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        kit.now_ms++;
        kit_submit(&kit, "ktp-el", "3203014507900001", names[i]);
    }
    rows = list_all(&kit);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(jem_json_str(json_array_get(rows, sizeof names / sizeof *names - 1 - i), "name", "-"),
            names[i]);
    json_decref(rows);
    /* members of a newer version around and before ours, with our names at other depths */
    for (int depth = 1; depth < 14; depth += 2) {
        json_t *body = kit_submitted("kia", "3203014507900002", "Budi Santoso", "3203012001");
        json_t *deep = json_pack("{s:s, s:{s:s}, s:[i,b,n]}", "name", "Bukan", "fields", "nik", "1", "list", -5, 1);
        for (int i = 0; i < depth; i++)
            deep = json_pack("{s:[o], s:s}", "fields", deep, "service", "lain");
        assert_int_equal(json_object_set_new(body, "a_newer_member", deep), 0);
        kit_begin(kit.store);
        uint64_t number = 0;
        assert_int_equal(jem_store_number_new(kit.store, &number, &err), JEM_OK);
        jem_store_rollback(kit.store);
        kit_append(&kit, 0, number, "application.submitted", body);
    }
    kit_digest(kit.store, false, digest);
    kit_digest(kit.store, true, rebuilt);
    assert_string_equal(digest, rebuilt);
    struct jem_list_query q = { .day = INT32_MIN, .service = "kia" };
    assert_int_equal(list_count(&kit, q), 7);
    kit_close(&kit);
}

/* ---- acknowledgements ---- */

static void import_one(struct kit *kit, struct jem_event *e)
{
    struct jem_error err = { 0 };
    size_t added = 0;
    kit_begin(kit->store);
    if (jem_store_import(kit->store, e, 1, &added, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    kit_commit(kit->store);
    assert_int_equal(added, 1);
}

static void test_acknowledgement_confirms(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_application a;
    kit_open(&kit, JEM_ROLE_VAN, 3);
    uint64_t first = kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    kit.now_ms += 1000;
    kit_submit(&kit, "kia", "3203014507900002", "Budi Santoso");
    assert_int_equal(kit_count(&kit, "unconfirmed"), 2);
    assert_int_equal(kit_count(&kit, "pending_events"), 2);
    assert_int_equal(kit_count(&kit, "oldest_unconfirmed_ms"), 1795250000000);
    struct jem_event ack =
        gen_event(0, 3, 1, (uint64_t)kit.now_ms << 16, 0, "ledger.acked", acked(3, 1, "received", 0, NULL), NULL);
    import_one(&kit, &ack);
    assert_int_equal(kit_count(&kit, "unconfirmed"), 1);
    assert_int_equal(kit_count(&kit, "pending_events"), 1);
    json_t *rows = list_all(&kit);
    assert_int_equal(json_array_size(rows), 2);
    assert_string_equal(jem_json_str(json_array_get(rows, 0), "status", ""), "submitted");
    assert_string_equal(jem_json_str(json_array_get(rows, 1), "status", ""), "received");
    assert_true(jem_json_bool(json_array_get(rows, 1), "confirmed", false));
    assert_false(jem_json_bool(json_array_get(rows, 1), "durable", true));
    json_decref(rows);
    assert_int_equal(jem_store_application(kit.store, first, &a, NULL, &err), JEM_OK);
    assert_int_equal(a.status, JEM_STATUS_RECEIVED);
    jem_application_release(&a);
    struct jem_event_id id = { 3, 0, 1, 1 };
    assert_true(jem_store_acked(kit.store, &id, "received"));
    assert_false(jem_store_acked(kit.store, &id, "durable"));
    id.seq = 2;
    assert_false(jem_store_acked(kit.store, &id, "received"));
    struct jem_event durable =
        gen_event(0, 3, 2, ((uint64_t)kit.now_ms << 16) + 1, 0, "ledger.acked", acked(3, 2, "durable", 0, NULL), &ack);
    import_one(&kit, &durable);
    assert_true(jem_store_acked(kit.store, &id, "durable"));
    assert_int_equal(kit_count(&kit, "unconfirmed"), 0);
    rows = list_all(&kit);
    assert_true(jem_json_bool(json_array_get(rows, 0), "durable", false));
    json_decref(rows);
    kit_digest(kit.store, true, (char[65]){ 0 });
    jem_event_release(&ack);
    jem_event_release(&durable);
    kit_close(&kit);
}

/* A van cannot confirm, publish, or make accounts for others. */
static void test_only_hq_is_believed(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    json_t *v = NULL;
    kit_open(&kit, JEM_ROLE_VAN, 3);
    kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    struct jem_event forged = gen_event(4, 0, 1, 1, 0, "ledger.acked", acked(3, 1, "received", 0, NULL), NULL);
    import_one(&kit, &forged);
    assert_int_equal(kit_count(&kit, "unconfirmed"), 1);
    jem_event_release(&forged);
    kit_close(&kit);

    kit_open(&kit, JEM_ROLE_HQ, 0);
    struct jem_event user = gen_event(4, 0, 1, 1, 0, "user.put",
        json_pack("{s:s, s:s, s:s}", "user", "jahat", "name", "Jahat", "role", "admin"), NULL);
    import_one(&kit, &user);
    assert_int_equal(jem_store_user(kit.store, "jahat", &v, &err), JEM_ENOTFOUND);
    jem_event_release(&user);
    kit_append(&kit, 4, 0, "user.put", json_pack("{s:s, s:s, s:s}", "user", "wati", "name", "Wati", "role", "officer"));
    assert_int_equal(jem_store_user(kit.store, "wati", &v, &err), JEM_ENOTFOUND);
    kit_close(&kit);
}

static void test_accounts(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    json_t *v = NULL;
    kit_open(&kit, JEM_ROLE_HQ, 0);
    assert_int_equal(jem_store_user(kit.store, "siti", &v, &err), JEM_OK);
    assert_string_equal(jem_json_str(v, "role", ""), "admin");
    json_decref(v);
    kit_append(&kit, 0, 0, "user.put", json_pack("{s:s, s:s, s:s}", "user", "wati", "name", "Wati", "role", "clerk"));
    kit_append(&kit, 0, 0, "user.disabled", json_pack("{s:s, s:s}", "user", "wati", "reason", "pindah"));
    kit_append(&kit, 0, 0, "user.disabled", json_pack("{s:s, s:s}", "user", "siti", "reason", "pensiun"));
    assert_int_equal(jem_store_user(kit.store, "siti", &v, &err), JEM_OK);
    assert_true(jem_json_bool(v, "disabled", false));
    json_decref(v);
    assert_int_equal(jem_store_users(kit.store, &v, &err), JEM_OK);
    assert_int_equal(json_array_size(v), 2);
    json_decref(v);
    kit_append(&kit, 0, 0, "user.put", json_pack("{s:s, s:s, s:s}", "user", "wati", "name", "Wati K", "role", "clerk"));
    assert_int_equal(jem_store_user(kit.store, "wati", &v, &err), JEM_OK);
    assert_false(jem_json_bool(v, "disabled", true));
    assert_string_equal(jem_json_str(v, "name", ""), "Wati K");
    json_decref(v);
    kit_close(&kit);
}

/* ---- catalogue and duplicates ---- */

static json_t *catalog(int version, int window)
{
    return json_pack("{s:i, s:{s:s, s:i, s:[{s:s, s:i}]}}", "version", version, "catalog", "format", "jemput-catalog-1",
        "version", version, "services", "id", "ktp-el", "duplicate_window_days", window);
}

static int64_t pairs_of(struct kit *kit)
{
    struct jem_error err = { 0 };
    json_t *pairs = NULL;
    assert_int_equal(jem_store_duplicates(kit->store, 99, NULL, NULL, &pairs, &err), JEM_OK);
    int64_t n = (int64_t)json_array_size(pairs);
    assert_int_equal(kit_count(kit, "duplicates"), n);
    json_decref(pairs);
    return n;
}

static void test_duplicates(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    json_t *v = NULL;
    char text[JEM_NUMBER_TEXT];
    kit_open(&kit, JEM_ROLE_HQ, 0);
    assert_int_equal(jem_store_catalog(kit.store, &v, &err), JEM_ENOTFOUND);
    uint64_t first = kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    kit.now_ms += 10ll * 86400000;
    uint64_t second = kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    kit_submit(&kit, "kia", "3203014507900001", "Siti Rahayu");
    assert_int_equal(pairs_of(&kit), 0);
    kit_append(&kit, 0, 0, "catalog.published", catalog(1, 30));
    assert_int_equal(pairs_of(&kit), 1);
    kit_append(&kit, 0, 0, "catalog.published", catalog(2, 5));
    assert_int_equal(pairs_of(&kit), 0);
    kit_append(&kit, 0, 0, "catalog.published", catalog(3, 30));
    assert_int_equal(jem_store_catalog(kit.store, &v, &err), JEM_OK);
    assert_int_equal(jem_json_int(v, "version", 0), 3);
    json_decref(v);
    assert_int_equal(jem_store_duplicates(kit.store, 99, NULL, NULL, &v, &err), JEM_OK);
    jem_number_format(first, text);
    assert_string_equal(jem_json_str(json_object_get(json_array_get(v, 0), "a"), "number", ""), text);
    json_decref(v);
    int32_t today = jem_store_today(kit.store);
    assert_int_equal(jem_store_same(kit.store, "3203014507900001", "ktp-el", today - 30, &v, &err), JEM_OK);
    assert_int_equal(json_array_size(v), 2);
    json_decref(v);
    assert_int_equal(jem_store_same(kit.store, "3203014507900001", "ktp-el", today - 5, &v, &err), JEM_OK);
    assert_int_equal(json_array_size(v), 1);
    json_decref(v);
    uint64_t third = kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    assert_int_equal(pairs_of(&kit), 3);
    kit_append(&kit, 0, third, "application.withdrawn", json_pack("{s:s}", "reason", "keliru"));
    assert_int_equal(pairs_of(&kit), 1);
    kit_append(&kit, 0, second, "application.linked", json_pack("{s:s, s:s}", "apart", text, "reason", "kembar"));
    assert_int_equal(pairs_of(&kit), 0);
    kit_digest(kit.store, true, (char[65]){ 0 });
    assert_int_equal(pairs_of(&kit), 0);
    kit_close(&kit);
}

static void test_vans(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_event_list list = { 0 };
    json_t *vans = NULL;
    size_t added = 0;
    static const char key[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    kit_open(&kit, JEM_ROLE_HQ, 0);
    kit_append(&kit, 0, 0, "van.enrolled",
        json_pack("{s:i, s:s, s:s, s:s, s:i, s:i}", "van", 1, "name", "Van Utara", "sign", key, "box", key, "epoch", 1,
            "inc", 1));
    gen_events(5, 10, 1, GEN_SUBMIT, &list);
    kit_begin(kit.store);
    assert_int_equal(jem_store_import(kit.store, list.items, list.count, &added, &err), JEM_OK);
    kit_commit(kit.store);
    kit_append(&kit, 1, 0, "ledger.acked", acked(1, 7, "received", 0, NULL));
    assert_int_equal(jem_store_vans(kit.store, &vans, &err), JEM_OK);
    const json_t *van = json_array_get(vans, 0);
    assert_int_equal(json_array_size(vans), 1);
    assert_string_equal(jem_json_str(van, "name", ""), "Van Utara");
    assert_int_equal(jem_json_int(van, "seq", 0), list.count);
    assert_int_equal(jem_json_int(van, "acked", 0), 7);
    json_decref(vans);
    jem_event_list_release(&list);
    kit_close(&kit);
}

/* ---- listings ---- */

static void test_list_filters_and_pages(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    uint64_t number = 0;
    kit_open(&kit, JEM_ROLE_HQ, 0);
    int32_t today = jem_store_today(kit.store);
    for (int i = 0; i < 25; i++) {
        if (i % 4 != 3) /* some share their millisecond */
            kit.now_ms += 3600000;
        number = kit_submit(&kit, i % 5 == 0 ? "kia" : "ktp-el", "3203014507900001", "Siti Rahayu");
    }
    kit_append(&kit, 0, number, "status.changed", json_pack("{s:s, s:s}", "from", "received", "to", "verified"));
    kit_append(&kit, 0, number, "status.changed", json_pack("{s:s, s:s}", "from", "ready", "to", "handed_over"));
    struct jem_list_query q = { .day = INT32_MIN };
    assert_int_equal(list_count(&kit, q), 25);
    q.service = "kia";
    assert_int_equal(list_count(&kit, q), 5);
    q.service = NULL;
    q.village = "320301";
    assert_int_equal(list_count(&kit, q), 25);
    q.village = "32030";
    assert_int_equal(list_count(&kit, q), 25);
    q.village = "320302";
    assert_int_equal(list_count(&kit, q), 0);
    q.village = NULL;
    q.status = JEM_STATUS_VERIFIED;
    assert_int_equal(list_count(&kit, q), 1);
    q.status = JEM_STATUS_RECEIVED;
    assert_int_equal(list_count(&kit, q), 24);
    q.status = JEM_STATUS_UNKNOWN;
    q.open_illegal = true;
    assert_int_equal(list_count(&kit, q), 1);
    q.open_illegal = false;
    q.unconfirmed = true;
    assert_int_equal(list_count(&kit, q), 0);
    q.unconfirmed = false;
    size_t days = 0;
    for (q.day = today - 1; q.day < today + 4; q.day++)
        days += list_count(&kit, q);
    assert_int_equal(days, 25);
    /* pages of 4 meet every row once, newest first */
    q = (struct jem_list_query){ .day = INT32_MIN, .limit = 4 };
    size_t seen = 0;
    int64_t last = INT64_MAX;
    for (;;) {
        json_t *rows = NULL;
        assert_int_equal(jem_store_list(kit.store, &q, &rows, &err), JEM_OK);
        size_t n = json_array_size(rows);
        for (size_t i = 0; i < n; i++) {
            const json_t *row = json_array_get(rows, i);
            assert_true(jem_json_int(row, "at_ms", 0) <= last);
            last = jem_json_int(row, "at_ms", 0);
            assert_int_equal(jem_number_parse(jem_json_str(row, "number", ""), &q.before, &err), JEM_OK);
        }
        json_decref(rows);
        seen += n;
        if (n == 0)
            break;
    }
    assert_int_equal(seen, 25);
    kit_close(&kit);
}

/* ---- audit ---- */

static void audit_expects(struct kit *kit, const char *problem)
{
    struct jem_error err = { 0 };
    json_t *report = NULL;
    bool found = false;
    assert_int_equal(jem_store_audit(kit->store, false, &report, &err), JEM_ECORRUPT);
    const json_t *problems = json_object_get(report, "problems");
    for (size_t i = 0; i < json_array_size(problems); i++)
        found = found || strstr(json_string_value(json_array_get(problems, i)), problem) != NULL;
    if (!found)
        fail_msg("no problem speaks of %s", problem);
    json_decref(report);
}

static void raw(struct kit *kit, const char *sql)
{
    char *msg = NULL;
    assert_int_equal(sqlite3_set_authorizer(kit->store->db, NULL, NULL), SQLITE_OK);
    if (sqlite3_exec(kit->store->db, sql, NULL, NULL, &msg) != SQLITE_OK)
        fail_msg("%s: %s", sql, msg);
}

/* Somebody who has the key removes the triggers and alters what happened. */
static void test_audit_finds_tampering(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    unsigned char hash[32];
    kit_open(&kit, JEM_ROLE_VAN, 3);
    for (int i = 0; i < 5; i++)
        kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    jem_hash("halaman", 7, hash);
    assert_int_equal(jem_store_blob_put(kit.store, hash, JEM_BLOB_PREVIEW, "halaman", 7, &err), JEM_OK);
    kit_digest(kit.store, false, (char[65]){ 0 });
    raw(&kit, "UPDATE application SET name = 'Siti Rahayo' WHERE rowid = (SELECT min(rowid) FROM application)");
    audit_expects(&kit, "--rebuild");
    json_t *report = NULL;
    assert_int_equal(jem_store_audit(kit.store, true, &report, &err), JEM_ECORRUPT);
    json_decref(report);
    kit_digest(kit.store, false, (char[65]){ 0 });
    raw(&kit, "UPDATE preview SET bytes = x'00'");
    audit_expects(&kit, "Isi dokumen");
    raw(&kit, "UPDATE preview SET bytes = CAST('halaman' AS BLOB)");
    raw(&kit, "DROP TRIGGER event_no_update");
    raw(&kit, "DROP TRIGGER event_no_delete");
    raw(&kit, "UPDATE event SET body = replace(body, 'Rahayu', 'Rahaya') WHERE id & 0xffff = 2");
    audit_expects(&kit, "3.0.1.2");
    raw(&kit, "UPDATE event SET body = replace(body, 'Rahaya', 'Rahayu') WHERE id & 0xffff = 2");
    kit_digest(kit.store, false, (char[65]){ 0 });
    raw(&kit, "UPDATE event SET actor = 'budi' WHERE id & 0xffff = 4");
    audit_expects(&kit, "3.0.1.4");
    raw(&kit, "UPDATE event SET actor = 'siti' WHERE id & 0xffff = 4");
    raw(&kit, "DELETE FROM event WHERE id & 0xffff = 3");
    audit_expects(&kit, "3.0.1.4");
    kit_close(&kit);
}

/* Views of another version are folded anew when the store is opened. */
static void test_old_views_are_rebuilt(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_store *other = NULL;
    char before[65], after[65];
    kit_open(&kit, JEM_ROLE_VAN, 3);
    kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    kit_digest(kit.store, false, before);
    raw(&kit, "DROP TABLE application; UPDATE meta SET value = '0' WHERE key = 'views'");
    assert_int_equal(jem_store_dup(kit.store, &other, &err), JEM_OK);
    kit_digest(other, false, after);
    assert_string_equal(before, after);
    jem_store_close(other);
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_order_at_hq),
        cmocka_unit_test(test_any_order_at_a_van),
        cmocka_unit_test(test_glance_sees_what_the_fold_sees),
        cmocka_unit_test(test_acknowledgement_confirms),
        cmocka_unit_test(test_only_hq_is_believed),
        cmocka_unit_test(test_accounts),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_vans),
        cmocka_unit_test(test_list_filters_and_pages),
        cmocka_unit_test(test_audit_finds_tampering),
        cmocka_unit_test(test_old_views_are_rebuilt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
