// room: record
/* test_event.c - ids, hashes and order of events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "gen_events.h"
#include "jemput/catalog.h"
#include "jemput/codec.h"

#define SEED 20261121u

static void id_round_trip(void **state)
{
    (void)state;
    struct prop rng = { SEED };
    char text[JEM_EVENT_ID_TEXT];
    for (int i = 0; i < 20000; i++) {
        struct jem_event_id a = { (uint16_t)prop_u64(&rng), (uint16_t)(prop_u64(&rng) >> gen_below(&rng, 64)),
            (uint16_t)(1 + gen_below(&rng, 65535)), 1 + (prop_u64(&rng) >> (16 + gen_below(&rng, 48))) };
        struct jem_event_id b;
        if (a.seq >= (uint64_t)1 << 48)
            a.seq = 1;
        jem_event_id_format(&a, text);
        assert_true(jem_event_id_parse(text, &b));
        assert_int_equal(jem_event_id_cmp(&a, &b), 0);
    }
    struct jem_event_id most = { 65535, 65535, 65535, ((uint64_t)1 << 48) - 1 };
    jem_event_id_format(&most, text);
    assert_string_equal(text, "65535.65535.65535.281474976710655");
}

static void id_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "3", "3.0.1", "3.0.1.", "3.0.1.17.", "3.0.1.17.2", "03.0.1.17", "3.0.1.017",
        "3.0.0.17", "3.0.1.0", "65536.0.1.1", "1.0.1.281474976710656", "-3.0.1.1", "3.0.1.1 ", " 3.0.1.1", "+3.0.1.1",
        "3..1.1", "3.0.1.x", "3,0,1,1", "3.0.1.99999999999999999999999" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct jem_event_id id = { 9, 9, 9, 9 };
        assert_false(jem_event_id_parse(bad[i], &id));
        assert_int_equal(id.seq, 9);
    }
}

static struct jem_event one(struct prop *rng)
{
    const char *service = "";
    json_t *body = json_object();
    assert_int_equal(json_object_set_new(body, "fields", gen_fields(rng, &service)), 0);
    struct jem_event prev = { 0 };
    for (size_t i = 0; i < 32; i++)
        prev.hash[i] = (unsigned char)prop_u64(rng);
    return gen_event(3, 2, 17, prop_u64(rng), prop_u64(rng) >> 14, "application.submitted", body, &prev);
}

static void flip(void *at, size_t bit)
{
    ((unsigned char *)at)[bit / 8] ^= (unsigned char)(1u << bit % 8);
}

/* Every bit of bytes [at, at + n) matters. */
static void flip_all(struct jem_event *e, void *at, size_t n)
{
    struct jem_error err;
    for (size_t bit = 0; bit < n * 8; bit++) {
        flip(at, bit);
        assert_int_equal(jem_event_verify(e, &err), JEM_ECORRUPT);
        assert_int_equal(err.code, JEM_ECORRUPT);
        flip(at, bit);
    }
}

static void every_bit_counts(void **state)
{
    (void)state;
    struct prop rng = { SEED };
    for (int round = 0; round < 8; round++) {
        struct jem_event e = one(&rng);
        assert_int_equal(jem_event_verify(&e, NULL), JEM_OK);
        flip_all(&e, &e.id.writer, 2);
        flip_all(&e, &e.id.lane, 2);
        flip_all(&e, &e.id.inc, 2);
        flip_all(&e, &e.id.seq, 8);
        flip_all(&e, &e.hlc, 8);
        flip_all(&e, &e.wall_ms, 8);
        flip_all(&e, &e.clock_source, sizeof e.clock_source);
        flip_all(&e, &e.subject, 8);
        flip_all(&e, e.actor, strlen(e.actor));
        flip_all(&e, e.kind, strlen(e.kind));
        flip_all(&e, e.body, e.body_len);
        flip_all(&e, e.body_hash, 32);
        flip_all(&e, e.prev_hash, 32);
        flip_all(&e, e.hash, 32);
        assert_int_equal(jem_event_verify(&e, NULL), JEM_OK);
        jem_event_release(&e);
    }
}

/* The layout of event.h, assembled here by hand. */
static void header_is_as_documented(void **state)
{
    (void)state;
    struct jem_event e = { .id = { 3, 2, 1, 17 },
        .hlc = 0x0102030405060708u,
        .wall_ms = 1795053600000,
        .clock_source = JEM_CLOCK_GPS,
        .subject = 0x0003a0a0a0a0a0a0u,
        .actor = "siti",
        .kind = "x.y" };
    unsigned char expect[32], body_hash[32];
    struct jem_buf b = JEM_BUF_INIT(1000);
    char body[] = "{}";
    e.body = body;
    e.body_len = 2;
    memset(e.prev_hash, 0xab, 32);
    jem_hash("{}", 2, body_hash);
    jem_buf_add(&b, e.prev_hash, 32);
    jem_buf_str(&b, "jemput-event-1\n");
    jem_buf_u16(&b, 3);
    jem_buf_u16(&b, 2);
    jem_buf_u16(&b, 1);
    jem_buf_u48(&b, 17);
    jem_buf_u64(&b, 0x0102030405060708u);
    jem_buf_u64(&b, 1795053600000u);
    jem_buf_byte(&b, 3);
    jem_buf_u64(&b, 0x0003a0a0a0a0a0a0u);
    jem_buf_byte(&b, 4);
    jem_buf_str(&b, "siti");
    jem_buf_byte(&b, 3);
    jem_buf_str(&b, "x.y");
    jem_buf_add(&b, body_hash, 32);
    jem_hash(b.data, b.len, expect);
    jem_event_seal(&e);
    assert_memory_equal(e.hash, expect, 32);
    assert_memory_equal(e.body_hash, body_hash, 32);
    jem_buf_release(&b);
}

static void redaction_keeps_the_hash(void **state)
{
    (void)state;
    struct prop rng = { SEED + 1 };
    struct jem_event e = one(&rng);
    unsigned char hash[32];
    memcpy(hash, e.hash, 32);
    free(e.body);
    e.body = NULL;
    e.body_len = 0;
    assert_int_equal(jem_event_verify(&e, NULL), JEM_OK);
    jem_event_seal(&e);
    assert_memory_equal(e.hash, hash, 32);
    flip_all(&e, e.body_hash, 32);
    jem_event_release(&e);
}

static void forms_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = { "", "[]", "1", "null", "{ }", "{\"b\":1,\"a\":2}", "{\"a\":1.5}",
        "{\"a\":1,\"a\":1}", "{\"a\":\"\\u0041\"}", "{\"a\":01}", "{\"a\":-0}", "{\"a\":9007199254740993}", "{}\n",
        "{\"a\":\"\xff\"}", "{\"a\":tru}" };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct jem_event e = { .id = { 3, 0, 1, 1 }, .actor = "siti", .kind = "user.put" };
        e.body = strdup(bodies[i]);
        e.body_len = strlen(bodies[i]);
        jem_event_seal(&e);
        assert_int_equal(jem_event_verify(&e, NULL), JEM_ECORRUPT);
        jem_event_release(&e);
    }
    static const struct jem_event names[] = {
        { .id = { 3, 0, 1, 1 }, .actor = "", .kind = "user.put" },
        { .id = { 3, 0, 1, 1 }, .actor = "Siti", .kind = "user.put" },
        { .id = { 3, 0, 1, 1 }, .actor = "siti", .kind = "" },
        { .id = { 3, 0, 1, 1 }, .actor = "siti", .kind = "user put" },
        { .id = { 3, 0, 0, 1 }, .actor = "siti", .kind = "user.put" },
        { .id = { 3, 0, 1, 0 }, .actor = "siti", .kind = "user.put" },
        { .id = { 3, 0, 1, (uint64_t)1 << 48 }, .actor = "siti", .kind = "user.put" },
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct jem_event e = names[i];
        jem_event_seal(&e);
        assert_int_equal(jem_event_verify(&e, NULL), JEM_ECORRUPT);
    }
    struct jem_event full = { .id = { 3, 0, 1, 1 }, .kind = "user.put" };
    memset(full.actor, 'a', sizeof full.actor); /* no NUL */
    jem_event_seal(&full);
    assert_int_equal(jem_event_verify(&full, NULL), JEM_ECORRUPT);
}

static bool slowly_canonical(const char *s, size_t n)
{
    json_t *v = NULL;
    struct jem_buf b = JEM_BUF_INIT(1 << 20);
    bool same = jem_json_parse(s, n, "x", &v, NULL) == JEM_OK && json_is_object(v) &&
                jem_json_canonical(v, &b, NULL) == JEM_OK && b.len == n && memcmp(b.data, s, n) == 0;
    json_decref(v);
    jem_buf_release(&b);
    return same;
}

static bool verified(const char *s, size_t n)
{
    struct jem_event e = { .id = { 3, 0, 1, 1 }, .actor = "siti", .kind = "x" };
    e.body = malloc(n + 1);
    assert_non_null(e.body);
    memcpy(e.body, s, n);
    e.body[n] = '\0';
    e.body_len = n;
    jem_event_seal(&e);
    enum jem_code rc = jem_event_verify(&e, NULL);
    jem_event_release(&e);
    return rc == JEM_OK;
}

/* A body is accepted exactly when reading and writing it gives the same bytes: texts with everything that JSON has,
 * and the same texts with a few bytes changed, cut or doubled. */
static void canonical_means_written_again(void **state)
{
    (void)state;
    static const char *const texts[] = { "{}", "{\"a\":1,\"b\":[true,false,null,-1,0,9007199254740992]}",
        "{\"\":\"\",\"A\":{\"a\":{}},\"a\":[[],[{}]],\"ab\":\"\xc3\xa9\xe2\x80\xa2\xf0\x9f\x9a\x90\"}",
        "{\"a\":\"\\b\\t\\n\\f\\r\\\"\\\\\\u0001\\u001f\\u000b\x7f/\"}", "{\"a\\nb\":1}", "{\"\xc3\xa9\":1}",
        "{\"\xee\x80\x80\":1,\"\xf0\x9f\x9a\x90\":2}", "{\"\xf0\x9f\x9a\x90\":2,\"\xee\x80\x80\":1}",
        "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xc0\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}", "{\"a\":\"\\u0000\"}",
        "{\"a\":\"\\u001F\"}", "{\"a\":\"\\/\"}", "{\"a\":\"\\u000a\"}", "{\"a\":\"\\u0020\"}",
        "{\"a\":-9007199254740993}" };
    static const char bytes[] = "{}[]:,\"\\0123456789-+.eEtfnu abAB\x01\x1f\x7f\x80\xbf\xc3\xed\xf0\xf4\xff";
    struct prop rng = prop_start("canonical means written again");
    struct jem_event_list list = { 0 };
    size_t right = 0;
    gen_events(1, 4, 2, GEN_FULL, &list);
    for (size_t round = prop_rounds(60000); round > 0; round--) {
        char s[4096];
        bool real = gen_chance(&rng, 15);
        const struct jem_event *e = &list.items[gen_below(&rng, (unsigned)list.count)];
        const char *from = real ? e->body : texts[gen_below(&rng, sizeof texts / sizeof *texts)];
        size_t n = strlen(from);
        assert_true(n < sizeof s - 8);
        memcpy(s, from, n);
        for (unsigned k = gen_below(&rng, 4); k > 0 && n > 0; k--) {
            size_t at = gen_below(&rng, (unsigned)n);
            switch (gen_below(&rng, 4)) {
            case 0: s[at] = bytes[gen_below(&rng, sizeof bytes - 1)]; break;
            case 1: memmove(s + at, s + at + 1, --n - at); break;
            case 2: memmove(s + at + 1, s + at, n++ - at); break;
            default: n = gen_chance(&rng, 20) ? at : n; break;
            }
        }
        bool want = slowly_canonical(s, n);
        right += want;
        if (verified(s, n) != want)
            fail_msg("%.*s: %s", (int)n, s, want ? "refused" : "accepted");
    }
    assert_true(right > 1000);
    /* Nesting ends at 32. */
    for (size_t depth = 25; depth < 40; depth++) {
        char s[100] = "{\"a\":";
        memset(s + 5, '[', depth);
        memset(s + 5 + depth, ']', depth);
        s[5 + 2 * depth] = '}';
        assert_int_equal(verified(s, 6 + 2 * depth), slowly_canonical(s, 6 + 2 * depth));
    }
    jem_event_list_release(&list);
}

static void order_is_total(void **state)
{
    (void)state;
    struct prop rng = { SEED + 2 };
    for (int i = 0; i < 5000; i++) {
        struct jem_event e[3];
        memset(e, 0, sizeof e);
        for (int k = 0; k < 3; k++) {
            e[k].hlc = gen_below(&rng, 3);
            e[k].id = (struct jem_event_id){ (uint16_t)gen_below(&rng, 3), (uint16_t)gen_below(&rng, 2), 1,
                1 + gen_below(&rng, 3) };
        }
        int ab = jem_event_cmp(&e[0], &e[1]), ba = jem_event_cmp(&e[1], &e[0]), bc = jem_event_cmp(&e[1], &e[2]);
        assert_int_equal(ab, -ba);
        if (ab < 0 && bc < 0)
            assert_true(jem_event_cmp(&e[0], &e[2]) < 0);
        if (ab == 0)
            assert_true(e[0].hlc == e[1].hlc && jem_event_id_cmp(&e[0].id, &e[1].id) == 0);
        if (e[0].hlc < e[1].hlc)
            assert_true(ab < 0);
    }
}

/* Generated events: every stream is contiguous and chained, every body is canonical and fits its schema. */
static void generated_streams_are_whole(void **state)
{
    (void)state;
    struct jem_event_list list = { 0 }, again = { 0 };
    uint64_t seq[8][8] = { { 0 } };
    unsigned char prev[8][8][32] = { { { 0 } } };
    gen_events(SEED, 200, 3, GEN_FULL, &list);
    gen_events(SEED, 200, 3, GEN_FULL, &again);
    assert_int_equal(list.count, again.count);
    assert_true(list.count > 1000);
    for (size_t i = 0; i < list.count; i++) {
        const struct jem_event *e = &list.items[i];
        json_t *body = NULL;
        struct jem_error err = { 0 };
        assert_int_equal(jem_event_verify(e, &err), JEM_OK);
        assert_int_equal(e->id.seq, ++seq[e->id.writer][e->id.lane]);
        assert_memory_equal(e->prev_hash, prev[e->id.writer][e->id.lane], 32);
        memcpy(prev[e->id.writer][e->id.lane], e->hash, 32);
        assert_memory_equal(e->hash, again.items[i].hash, 32);
        assert_int_equal(jem_json_parse(e->body, e->body_len, "body", &body, NULL), JEM_OK);
        if (jem_kind_check(e->kind, body, &err) != JEM_OK)
            fail_msg("%s: %s", e->kind, err.msg);
        json_decref(body);
    }
    jem_event_list_release(&list);
    jem_event_list_release(&again);
}

/* What the generator enters is what an officer could: the starting catalogue refuses none of it. */
static void generated_forms_fit_the_catalogue(void **state)
{
    (void)state;
    struct prop rng = prop_start("forms");
    struct jem_catalog *catalog = NULL;
    json_t *root = NULL;
    int32_t today = 0;
    assert_int_equal(jem_catalog_read_dir("src/record/catalog", &root, NULL), JEM_OK);
    assert_int_equal(jem_catalog_parse(root, &catalog, NULL, NULL), JEM_OK);
    assert_int_equal(jem_day_parse("2026-11-21", &today, NULL), JEM_OK);
    for (size_t i = prop_rounds(2000); i > 0; i--) {
        struct jem_issues issues = { 0 };
        const char *service = "";
        json_t *fields = gen_fields(&rng, &service), *before = json_deep_copy(fields);
        const struct jem_service *found = jem_catalog_find(catalog, service);
        if (found == NULL)
            fail_msg("no service %s", service);
        jem_intake_check(found, fields, false, today, &issues);
        if (issues.errors > 0)
            fail_msg("%s: %s", issues.items[0].field, issues.items[0].msg);
        assert_true(json_equal(before, fields)); /* in normal form already */
        json_decref(before);
        json_decref(fields);
    }
    jem_catalog_free(catalog);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(id_round_trip),
        cmocka_unit_test(id_refused),
        cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(header_is_as_documented),
        cmocka_unit_test(redaction_keeps_the_hash),
        cmocka_unit_test(forms_refused),
        cmocka_unit_test(canonical_means_written_again),
        cmocka_unit_test(order_is_total),
        cmocka_unit_test(generated_streams_are_whole),
        cmocka_unit_test(generated_forms_fit_the_catalogue),
    };
    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
