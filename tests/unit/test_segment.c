// room: sync
/* test_segment.c - any valid events come back byte for byte; nothing else opens, and nothing brings the reader down. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "box.h"
#include "columns.h"
#include "gen_nasty.h"
#include "prop.h"
#include "range.h"
#include "unit.h"

#define HEADER_BYTES 18

static struct jem_box_key key, other_key;

static int setup(void **state)
{
    (void)state;
    unsigned char a_public[32], a_secret[32], b_public[32], b_secret[32];
    if (sodium_init() < 0)
        return -1;
    crypto_box_keypair(a_public, a_secret);
    crypto_box_keypair(b_public, b_secret);
    return jem_box_key_make(&key, 7, a_public, b_secret, NULL) == JEM_OK &&
                   jem_box_key_make(&other_key, 7, a_public, a_secret, NULL) == JEM_OK
               ? 0
               : -1;
}

static void expect(enum jem_code got, enum jem_code wanted, const struct jem_error *err)
{
    if (got != wanted)
        fail_msg("code %s instead of %s: %s", jem_code_name(got), jem_code_name(wanted), got == JEM_OK ? "" : err->msg);
}

static void expect_same(const struct jem_event *a, const struct jem_event *b)
{
    assert_int_equal(jem_event_id_cmp(&a->id, &b->id), 0);
    assert_true(a->hlc == b->hlc && a->wall_ms == b->wall_ms && a->clock_source == b->clock_source);
    assert_true(a->subject == b->subject);
    assert_string_equal(a->actor, b->actor);
    assert_string_equal(a->kind, b->kind);
    assert_int_equal(a->body == NULL, b->body == NULL);
    assert_int_equal(a->body_len, b->body_len);
    if (a->body != NULL)
        assert_memory_equal(a->body, b->body, a->body_len + 1);
    assert_memory_equal(a->body_hash, b->body_hash, 32);
    assert_memory_equal(a->prev_hash, b->prev_hash, 32);
    assert_memory_equal(a->hash, b->hash, 32);
}

static void seal_under(const struct jem_dictionary *dictionary, const struct jem_event *events, size_t count,
    struct jem_buf *out)
{
    struct jem_error err = { 0 };
    expect(jem_segment_seal(&key, dictionary, events, count, out, &err), JEM_OK, &err);
}

static void seal(const struct jem_event *events, size_t count, struct jem_buf *out)
{
    seal_under(jem_dictionary_shipped(JEM_DICTIONARY_SHIPPED), events, count, out);
}

static void round_trip_under(const struct jem_dictionary *dictionary, const struct jem_event *events, size_t count)
{
    struct jem_buf sealed = JEM_BUF_INIT((size_t)64 << 20);
    struct jem_event_list back = { 0 };
    struct jem_segment_header header;
    struct jem_error err = { 0 };
    jem_buf_str(&sealed, "before"); /* it is appended to */
    seal_under(dictionary, events, count, &sealed);
    expect(jem_segment_header_read(sealed.data + 6, sealed.len - 6, &header, &err), JEM_OK, &err);
    assert_int_equal(header.epoch, 7);
    assert_int_equal(header.writer, events[0].id.writer);
    assert_int_equal(header.count, count);
    assert_true(header.dictionary == 0 || header.dictionary == jem_dictionary_id(dictionary));
    assert_true(header.first == events[0].id.seq);
    expect(jem_segment_open(&key, NULL, sealed.data + 6, sealed.len - 6, &back, &err), JEM_OK, &err);
    assert_int_equal(back.count, count);
    for (size_t i = 0; i < count; i++) {
        expect_same(&back.items[i], &events[i]);
        expect(jem_event_verify(&back.items[i], &err), JEM_OK, &err);
    }
    jem_event_list_release(&back);
    jem_buf_release(&sealed);
}

static void round_trip(const struct jem_event *events, size_t count)
{
    round_trip_under(NULL, events, count);
    round_trip_under(jem_dictionary_shipped(JEM_DICTIONARY_SHIPPED), events, count);
}

/* Events of one stream of the list, in order; they stay the list's. */
static size_t pick_stream(const struct jem_event_list *list, uint16_t writer, uint16_t lane, struct jem_event *out)
{
    size_t n = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].id.writer == writer && list->items[i].id.lane == lane)
            out[n++] = list->items[i];
    return n;
}

static void test_district(void **state)
{
    (void)state;
    struct prop g = prop_start("district");
    for (size_t round = 0; round < prop_rounds(6); round++) {
        struct jem_event_list list = { 0 };
        enum gen_mix mix = (enum gen_mix)(GEN_SUBMIT + (int)(round % 3));
        gen_events(prop_u64(&g), 1 + prop_below(&g, 120), 3, mix, &list);
        struct jem_event *stream = calloc(list.count, sizeof *stream);
        for (unsigned s = 0; s < 6; s++) {
            uint16_t writer = (uint16_t)(s < 3 ? s + 1 : 0), lane = (uint16_t)(s < 3 ? 0 : s - 2);
            size_t n = pick_stream(&list, writer, lane, stream), at = 0;
            while (at < n) {
                size_t count = 1 + prop_below(&g, 200);
                if (count > n - at)
                    count = n - at;
                round_trip(stream + at, count);
                at += count;
            }
        }
        free(stream);
        jem_event_list_release(&list);
    }
}

static void test_nasty(void **state)
{
    (void)state;
    struct prop g = prop_start("nasty");
    for (size_t round = 0; round < prop_rounds(150); round++) {
        struct prop rng = { prop_u64(&g) };
        struct jem_event_list list = { 0 };
        gen_nasty(&rng, 1 + prop_below(&g, round % 10 == 0 ? 300 : 20), &list);
        round_trip(list.items, list.count);
        jem_event_list_release(&list);
    }
}

static struct jem_event event_of(uint64_t seq, const char *kind, const char *body, const struct jem_event *prev)
{
    struct jem_event e = { .id = { 3, 0, 1, seq }, .hlc = (uint64_t)1790000000000u << 16 | seq, .clock_source = 2 };
    e.wall_ms = (int64_t)(e.hlc >> 16);
    memcpy(e.actor, "siti", sizeof "siti");
    snprintf(e.kind, sizeof e.kind, "%s", kind);
    e.body_len = strlen(body);
    e.body = malloc(e.body_len + 1);
    assert_non_null(e.body);
    memcpy(e.body, body, e.body_len + 1);
    if (prev != NULL)
        memcpy(e.prev_hash, prev->hash, 32);
    jem_event_seal(&e);
    return e;
}

static char *repeat(const char *head, const char *unit, size_t n, const char *tail)
{
    struct jem_buf b = JEM_BUF_INIT(JEM_EVENT_BODY_MAX);
    jem_buf_str(&b, head);
    for (size_t i = 0; i < n; i++)
        jem_buf_str(&b, unit);
    jem_buf_str(&b, tail);
    assert_false(b.failed);
    return (char *)b.data;
}

/* The largest bodies, more leaves than are told apart, thousands of columns, of shapes, of kinds. */
static void test_limits(void **state)
{
    (void)state;
    struct jem_event one[3];
    char *bodies[3] = { repeat("{\"a\":\"", "abcdefgh", 262000, "\"}"), repeat("{\"a\":[0", ",12", 600000, "]}"),
        repeat("{\"a\":[\"\"", ",\"x\"", 400000, "]}") };
    for (int i = 0; i < 3; i++) {
        one[i] = event_of((uint64_t)i + 1, "x", bodies[i], i == 0 ? NULL : &one[i - 1]);
        free(bodies[i]);
    }
    round_trip(one, 3);
    for (int i = 0; i < 3; i++)
        jem_event_release(&one[i]);

    struct jem_event *many = calloc(JEM_SEGMENT_EVENTS_MAX, sizeof *many);
    assert_non_null(many);
    for (size_t i = 0; i < JEM_SEGMENT_EVENTS_MAX; i++) {
        char body[200], kind[40];
        snprintf(body, sizeof body, "{\"k%zu\":\"%zu\",\"m%zu\":{\"n\":%zu,\"o\":[{},[],true]}}", i, i * i, i % 7, i);
        snprintf(kind, sizeof kind, "kind%zu", i / 2);
        many[i] = event_of(i + 1, kind, body, i == 0 ? NULL : &many[i - 1]);
    }
    round_trip(many, JEM_SEGMENT_EVENTS_MAX);
    for (size_t i = 0; i < JEM_SEGMENT_EVENTS_MAX; i++)
        jem_event_release(&many[i]);
    free(many);
}

static void test_refuses_to_seal(void **state)
{
    (void)state;
    struct jem_event_list list = { 0 };
    struct jem_buf out = JEM_BUF_INIT(1 << 20);
    struct jem_error err;
    gen_events(5, 5, 1, GEN_SUBMIT, &list);
    jem_buf_str(&out, "kept");
    struct jem_event e[5];
    expect(jem_segment_seal(&key, NULL, list.items, 0, &out, &err), JEM_EINVAL, &err);
    expect(jem_segment_seal(&key, NULL, list.items, JEM_SEGMENT_EVENTS_MAX + 1, &out, &err), JEM_EINVAL, &err);

    memcpy(e, list.items, sizeof e);
    e[2] = e[3]; /* a gap */
    expect(jem_segment_seal(&key, NULL, e, 3, &out, &err), JEM_EINVAL, &err);
    memcpy(e, list.items, sizeof e);
    e[1].id.writer = 9;
    expect(jem_segment_seal(&key, NULL, e, 5, &out, &err), JEM_EINVAL, &err);
    memcpy(e, list.items, sizeof e);
    e[4].id.inc = 2;
    expect(jem_segment_seal(&key, NULL, e, 5, &out, &err), JEM_EINVAL, &err);
    memcpy(e, list.items, sizeof e);
    e[3].prev_hash[0] ^= 1;
    expect(jem_segment_seal(&key, NULL, e, 5, &out, &err), JEM_EINVAL, &err);
    memcpy(e, list.items, sizeof e);
    e[2].subject ^= 4; /* no longer what its hash says */
    expect(jem_segment_seal(&key, NULL, e, 5, &out, &err), JEM_EINVAL, &err);
    assert_string_equal(jem_buf_text(&out), "kept");

    struct jem_buf small = JEM_BUF_INIT(60);
    expect(jem_segment_seal(&key, NULL, list.items, 5, &small, &err), JEM_ENOMEM, &err);
    assert_int_equal(small.len, 0);
    jem_buf_release(&small);
    jem_buf_release(&out);
    jem_event_list_release(&list);
}

static enum jem_code open_code(const struct jem_box_key *with, const void *p, size_t n)
{
    struct jem_event_list back = { 0 };
    struct jem_error err;
    unsigned char *copy = malloc(n == 0 ? 1 : n); /* exact, so that a sanitizer sees a read past the end */
    assert_non_null(copy);
    if (n > 0)
        memcpy(copy, p, n);
    enum jem_code code = jem_segment_open(with, NULL, copy, n, &back, &err);
    if (code != JEM_OK)
        assert_int_equal(back.count, 0);
    free(copy);
    jem_event_list_release(&back);
    return code;
}

static void test_envelope(void **state)
{
    (void)state;
    struct jem_event_list list = { 0 };
    struct jem_buf sealed = JEM_BUF_INIT(1 << 20);
    gen_events(11, 2, 1, GEN_DAY, &list);
    seal(list.items, list.count, &sealed);
    assert_int_equal(open_code(&key, sealed.data, sealed.len), JEM_OK);
    assert_int_equal(open_code(&other_key, sealed.data, sealed.len), JEM_ECORRUPT);
    for (size_t n = 0; n < sealed.len; n++)
        assert_int_equal(open_code(&key, sealed.data, n), JEM_ECORRUPT);
    for (size_t i = 0; i < sealed.len * 8; i++) {
        sealed.data[i / 8] ^= (unsigned char)(1u << i % 8);
        if (open_code(&key, sealed.data, sealed.len) != JEM_ECORRUPT)
            fail_msg("bit %zu of byte %zu is free", i % 8, i / 8);
        sealed.data[i / 8] ^= (unsigned char)(1u << i % 8);
    }
    struct jem_error err;
    struct jem_event_list back = { 0 };
    sealed.data[17] = 5;
    jem_lang_set(JEM_LANG_EN);
    expect(jem_segment_open(&key, NULL, sealed.data, sealed.len, &back, &err), JEM_ECORRUPT, &err);
    assert_non_null(strstr(err.msg, "dictionary 5"));
    assert_non_null(strstr(err.msg, "newer"));
    jem_lang_set(JEM_LANG_ID);
    jem_buf_release(&sealed);
    jem_event_list_release(&list);
}

static void test_secret(void **state)
{
    (void)state;
    struct jem_event_list list = { 0 };
    struct jem_buf sealed = JEM_BUF_INIT(1 << 20);
    gen_events(12, 20, 1, GEN_SUBMIT, &list);
    seal(list.items, list.count, &sealed);
    static const char *const words[] = { "Siti", "Suryana", "3203", "siti", "nik", "fields", "application" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_null(memmem(sealed.data, sealed.len, words[i], strlen(words[i])));
    jem_buf_release(&sealed);
    jem_event_list_release(&list);
}

/* Wraps plain columns as the format says, byte by byte. */
static void wrap(const struct jem_segment_header *h, const void *columns, size_t n, struct jem_buf *out)
{
    struct jem_buf packed = JEM_BUF_INIT((size_t)64 << 20);
    struct jem_reader r = jem_reader_of(columns, n);
    uint64_t numbers = jem_read_varint(&r);
    size_t at = numbers > jem_reader_left(&r) ? n : n - jem_reader_left(&r) + numbers; /* where the texts begin */
    jem_buf_add(&packed, columns, at);
    assert_true(jem_buf_reserve(&packed, ZSTD_compressBound(n - at)));
    size_t more = ZSTD_compress(packed.data + packed.len, ZSTD_compressBound(n - at),
        (const unsigned char *)columns + at, n - at, 1);
    assert_false(ZSTD_isError(more));
    packed.len += more;
    jem_buf_clear(out);
    jem_buf_str(out, "JSG1");
    jem_buf_u16(out, h->epoch);
    jem_buf_u16(out, h->writer);
    jem_buf_u48(out, h->first);
    jem_buf_u16(out, h->count);
    jem_buf_u16(out, h->dictionary);
    assert_int_equal(out->len, HEADER_BYTES);
    assert_int_equal(jem_box_seal(&key, &packed, out, NULL), JEM_OK);
    jem_buf_release(&packed);
}

static void mutate(struct prop *g, struct jem_buf *b)
{
    for (uint64_t n = 1 + prop_below(g, 4); n > 0 && b->len > 0; n--) {
        size_t at = prop_below(g, 3) == 0 ? prop_below(g, b->len) : prop_below(g, b->len < 60 ? b->len : 60);
        switch (prop_below(g, 4)) {
        case 0: b->data[at] ^= (unsigned char)(1u << prop_below(g, 8)); break;
        case 1: b->data[at] = (unsigned char)prop_u64(g); break;
        case 2: b->len = at; break;
        default: memmove(b->data + at, b->data + at + 1, b->len - at - 1); b->len--;
        }
    }
}

/* Who holds the key may still lie inside the box: an error or some events, never more. */
static void test_mutated_columns(void **state)
{
    (void)state;
    struct prop g = prop_start("mutated columns");
    size_t opened = 0, refused = 0;
    for (size_t round = 0; round < prop_rounds(40); round++) {
        struct prop rng = { prop_u64(&g) };
        struct jem_event_list list = { 0 };
        struct jem_buf plain = JEM_BUF_INIT((size_t)32 << 20), bad = JEM_BUF_INIT((size_t)32 << 20);
        struct jem_buf sealed = JEM_BUF_INIT((size_t)32 << 20);
        if (round % 2 == 0)
            gen_nasty(&rng, 1 + prop_below(&g, 30), &list);
        else
            gen_events(rng.state, 1 + prop_below(&g, 30), 1, GEN_DAY, &list);
        struct jem_segment_header h = { .epoch = 7, .writer = list.items[0].id.writer, .count = (uint16_t)list.count };
        h.first = list.items[0].id.seq;
        expect(jem_columns_write(list.items, list.count, NULL, &plain, NULL), JEM_OK, &(struct jem_error){ 0 });
        for (int i = 0; i < 60; i++) {
            jem_buf_clear(&bad);
            jem_buf_add(&bad, plain.data, plain.len);
            mutate(&g, &bad);
            wrap(&h, bad.data, bad.len, &sealed);
            enum jem_code code = open_code(&key, sealed.data, sealed.len);
            assert_true(code == JEM_OK || code == JEM_ECORRUPT);
            *(code == JEM_OK ? &opened : &refused) += 1;
        }
        jem_buf_release(&plain);
        jem_buf_release(&bad);
        jem_buf_release(&sealed);
        jem_event_list_release(&list);
    }
    assert_true(refused > opened); /* the mutations do reach the reader's checks */
}

/* A header that claims another run than the columns hold. */
static void test_lying_header(void **state)
{
    (void)state;
    struct jem_event_list list = { 0 };
    struct jem_buf plain = JEM_BUF_INIT(1 << 20), sealed = JEM_BUF_INIT(1 << 20);
    gen_events(21, 9, 1, GEN_SUBMIT, &list);
    struct jem_segment_header h = { .epoch = 7, .writer = 1, .first = 1, .count = 9 }, lie;
    expect(jem_columns_write(list.items, list.count, NULL, &plain, NULL), JEM_OK, &(struct jem_error){ 0 });
    wrap(&h, plain.data, plain.len, &sealed);
    assert_int_equal(open_code(&key, sealed.data, sealed.len), JEM_OK);
    for (int i = 0; i < 4; i++) {
        lie = h;
        lie.writer = (uint16_t)(i == 0 ? 2 : h.writer);
        lie.first = i == 1 ? 2 : h.first;
        lie.count = (uint16_t)(i == 2 ? 8 : i == 3 ? 10 : h.count);
        wrap(&lie, plain.data, plain.len, &sealed);
        assert_int_equal(open_code(&key, sealed.data, sealed.len), JEM_ECORRUPT);
    }
    jem_buf_byte(&plain, 'x'); /* bytes that belong to nothing */
    wrap(&h, plain.data, plain.len, &sealed);
    assert_int_equal(open_code(&key, sealed.data, sealed.len), JEM_ECORRUPT);
    jem_buf_release(&plain);
    jem_buf_release(&sealed);
    jem_event_list_release(&list);
}

/* A frame that says it is four gigabytes is refused before memory is taken; so is one that tells no size. */
static void test_claims(void **state)
{
    (void)state;
    static const unsigned char huge[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00, 0x00 };
    static const unsigned char silent[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x01, 0x00, 0x00 };
    struct {
        const unsigned char *p;
        size_t n;
    } frames[] = { { huge, sizeof huge }, { silent, sizeof silent } };
    for (size_t i = 0; i < 2; i++) {
        struct jem_buf packed = JEM_BUF_INIT(100), sealed = JEM_BUF_INIT(200);
        jem_buf_str(&packed, "\x01x"); /* one byte of numbers */
        jem_buf_add(&packed, frames[i].p, frames[i].n);
        jem_buf_str(&sealed, "JSG1");
        jem_buf_u16(&sealed, 7);
        jem_buf_u16(&sealed, 1);
        jem_buf_u48(&sealed, 1);
        jem_buf_u16(&sealed, 1);
        jem_buf_u16(&sealed, 0);
        assert_int_equal(jem_box_seal(&key, &packed, &sealed, NULL), JEM_OK);
        assert_int_equal(open_code(&key, sealed.data, sealed.len), JEM_ECORRUPT);
        jem_buf_release(&packed);
        jem_buf_release(&sealed);
    }
}

/* A thousand applications take at most 0.75 of what zstd makes of the same lines, at its best level. */
static void test_small(void **state)
{
    (void)state;
    struct jem_event_list list = { 0 };
    struct jem_buf lines = JEM_BUF_INIT((size_t)8 << 20), sealed = JEM_BUF_INIT((size_t)8 << 20);
    gen_events(31, 1000, 1, GEN_SUBMIT, &list);
    for (size_t i = 0; i < list.count; i++)
        jem_buf_fmt(&lines, "%s\n", list.items[i].body);
    seal(list.items, list.count, &sealed);
    size_t cap = ZSTD_compressBound(lines.len);
    void *packed = malloc(cap);
    ZSTD_CCtx *z = ZSTD_createCCtx();
    assert_true(packed != NULL && z != NULL);
    ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, 19);
    ZSTD_CCtx_setParameter(z, ZSTD_c_enableLongDistanceMatching, 1);
    size_t n = ZSTD_compress2(z, packed, cap, lines.data, lines.len);
    assert_false(ZSTD_isError(n));
    print_message("1000 applications: %zu bytes sealed, %zu bytes their bodies under zstd\n", sealed.len, n);
    assert_true(sealed.len * 100 <= n * 75);
    ZSTD_freeCCtx(z);
    free(packed);
    jem_buf_release(&lines);
    jem_buf_release(&sealed);
    jem_event_list_release(&list);
}

/* ---- the range coder alone ---- */

static void range_run(struct jem_range *r, uint64_t seed, size_t steps, bool check)
{
    struct prop g = { seed };
    struct jem_range_model models[16];
    struct jem_range_number number;
    jem_range_models_init(models, 16);
    jem_range_number_init(&number);
    for (size_t i = 0; i < steps; i++) {
        uint64_t v = prop_u64(&g) >> prop_below(&g, 64), got = v;
        unsigned bits = (unsigned)prop_below(&g, 65);
        switch (prop_below(&g, 5)) {
        case 0:
            v = prop_below(&g, 40) == 0;
            got = jem_range_bit(r, models, (unsigned)v);
            break;
        case 1:
            v = bits == 64 ? v : v & (((uint64_t)1 << bits) - 1);
            got = jem_range_direct(r, v, bits);
            break;
        case 2:
            v &= 15;
            got = jem_range_tree(r, models, 4, (unsigned)v);
            break;
        case 3: got = jem_range_unsigned(r, &number, v); break;
        default:
            v = prop_below(&g, 20) == 0 ? (uint64_t)INT64_MIN : prop_u64(&g);
            got = (uint64_t)jem_range_signed(r, &number, (int64_t)v);
        }
        if (check && got != v)
            fail_msg("seed %llu step %zu", (unsigned long long)seed, i);
    }
}

static void test_range(void **state)
{
    (void)state;
    struct prop g = prop_start("range coder");
    for (size_t round = 0; round < prop_rounds(1000); round++) {
        struct jem_buf b = JEM_BUF_INIT(1 << 20);
        struct jem_range r;
        uint64_t seed = prop_u64(&g);
        size_t steps = prop_below(&g, 100);
        jem_buf_str(&b, "xyz");
        jem_range_encoder(&r, &b);
        range_run(&r, seed, steps, true);
        jem_range_finish(&r);
        assert_memory_equal(b.data, "xyz", 3);
        jem_range_decoder(&r, b.data + 3, b.len - 3);
        range_run(&r, seed, steps, true);
        assert_false(r.failed);
        jem_buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_district),
        cmocka_unit_test(test_nasty),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_refuses_to_seal),
        cmocka_unit_test(test_envelope),
        cmocka_unit_test(test_secret),
        cmocka_unit_test(test_mutated_columns),
        cmocka_unit_test(test_lying_header),
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_small),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
