// room: sync
/* test_dictionary.c - dictionaries make segments smaller, hold no person, and nothing but the right one opens a segment. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "box.h"
#include "dictionary.h"
#include "gen_nasty.h"
#include "jemput/codec.h"
#include "prop.h"
#include "unit.h"

#define HEADER_BYTES 10
#define CHECK_BYTES 16
#define SEGMENT_DICTIONARY_AT 16

static struct jem_box_key key;
static const struct jem_dictionary *shipped;

static int setup(void **state)
{
    (void)state;
    key.epoch = 7;
    if (sodium_init() < 0)
        return -1;
    jem_random(key.shared, sizeof key.shared);
    shipped = jem_dictionary_shipped(JEM_DICTIONARY_SHIPPED);
    return shipped != NULL ? 0 : -1;
}

static void good(enum jem_code code, const struct jem_error *err)
{
    if (code != JEM_OK)
        fail_msg("%s: %s", jem_code_name(code), err->msg);
}

/* The file of the shipped dictionary, as the repository has it. */
static void shipped_file(struct jem_buf *out)
{
    char path[64];
    snprintf(path, sizeof path, "sync/assets/dictionary-%d.bin", JEM_DICTIONARY_SHIPPED);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    for (int c; (c = fgetc(f)) != EOF;)
        jem_buf_byte(out, (unsigned char)c);
    fclose(f);
    assert_false(out->failed);
}

static size_t sealed_size(const struct jem_dictionary *d, const struct jem_event *events, size_t count)
{
    struct jem_buf out = JEM_BUF_INIT((size_t)16 << 20);
    struct jem_event_list back = { 0 };
    struct jem_error err = { 0 };
    good(jem_segment_seal(&key, d, events, count, &out, &err), &err);
    good(jem_segment_open(&key, d, out.data, out.len, &back, &err), &err);
    assert_int_equal(back.count, count);
    for (size_t i = 0; i < count; i++)
        assert_memory_equal(back.items[i].hash, events[i].hash, 32);
    size_t n = out.len;
    jem_event_list_release(&back);
    jem_buf_release(&out);
    return n;
}

/* One application, ten, a hundred: the people are the tests', whom nobody trained on. */
static void test_smaller(void **state)
{
    (void)state;
    static const struct {
        size_t applications, percent; /* at most this much of what it takes without */
    } rows[] = { { 1, 62 }, { 10, 68 }, { 100, 91 } };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        size_t with = 0, without = 0, rounds = 40 / rows[r].applications + 2;
        for (size_t i = 0; i < rounds; i++) {
            struct jem_event_list list = { 0 };
            gen_events(7000 + i, rows[r].applications, 1, GEN_SUBMIT, &list);
            with += sealed_size(shipped, list.items, list.count);
            without += sealed_size(NULL, list.items, list.count);
            jem_event_list_release(&list);
        }
        print_message("%zu applications: %zu bytes with the dictionary, %zu without\n", rows[r].applications,
            with / rounds, without / rounds);
        assert_true(with * 100 <= without * rows[r].percent);
    }
}

/* ---- damage ---- */

static enum jem_code open_code(const void *p, size_t n)
{
    struct jem_dictionary *d = NULL;
    struct jem_error err;
    unsigned char *copy = malloc(n == 0 ? 1 : n); /* exact, so that a sanitizer sees a read past the end */
    assert_non_null(copy);
    if (n > 0)
        memcpy(copy, p, n);
    enum jem_code code = jem_dictionary_open(copy, n, &d, &err);
    assert_int_equal(d != NULL, code == JEM_OK);
    free(copy);
    jem_dictionary_free(d);
    return code;
}

static void test_damaged_file(void **state)
{
    (void)state;
    struct jem_buf file = JEM_BUF_INIT(1 << 20);
    shipped_file(&file);
    assert_int_equal(open_code(file.data, file.len), JEM_OK);
    for (size_t i = 0; i < file.len; i += i < 64 || i + 64 > file.len ? 1 : 97) {
        file.data[i] ^= (unsigned char)(1u << i % 8);
        if (open_code(file.data, file.len) != JEM_ECORRUPT)
            fail_msg("byte %zu is free", i);
        file.data[i] ^= (unsigned char)(1u << i % 8);
        assert_int_equal(open_code(file.data, i), JEM_ECORRUPT);
    }
    jem_buf_byte(&file, 0);
    assert_int_equal(open_code(file.data, file.len), JEM_ECORRUPT);
    jem_buf_release(&file);
}

/* The file around any payload, as whoever may publish could make it. */
static void wrap(uint16_t id, uint32_t claimed, const void *payload, size_t n, struct jem_buf *out)
{
    unsigned char check[32];
    jem_buf_clear(out);
    jem_buf_str(out, "JSD1");
    jem_buf_u16(out, id);
    jem_buf_u32(out, claimed);
    assert_true(jem_buf_reserve(out, ZSTD_compressBound(n)));
    size_t packed = ZSTD_compress(out->data + out->len, ZSTD_compressBound(n), payload, n, 1);
    assert_false(ZSTD_isError(packed));
    out->len += packed;
    jem_hash(out->data, out->len, check);
    jem_buf_add(out, check, CHECK_BYTES);
    assert_false(out->failed);
}

static void unwrap(const struct jem_buf *file, struct jem_buf *payload)
{
    size_t n = file->len - HEADER_BYTES - CHECK_BYTES;
    unsigned long long size = ZSTD_getFrameContentSize(file->data + HEADER_BYTES, n);
    assert_true(size < 1 << 20 && jem_buf_reserve(payload, size));
    payload->len = ZSTD_decompress(payload->data, size, file->data + HEADER_BYTES, n);
    assert_true(payload->len == size);
}

/* A payload that lies: refused, or a dictionary like any other. */
static void test_hostile_payload(void **state)
{
    (void)state;
    struct prop g = prop_start("hostile dictionary");
    struct jem_buf file = JEM_BUF_INIT(4 << 20), payload = JEM_BUF_INIT(1 << 20), bad = JEM_BUF_INIT(1 << 20);
    struct jem_event_list list = { 0 };
    size_t opened = 0, refused = 0;
    shipped_file(&file);
    unwrap(&file, &payload);
    gen_events(3, 5, 1, GEN_DAY, &list);
    for (size_t round = 0; round < prop_rounds(150); round++) {
        struct jem_dictionary *d = NULL;
        struct jem_error err;
        jem_buf_clear(&bad);
        jem_buf_add(&bad, payload.data, payload.len);
        for (uint64_t n = 1 + prop_below(&g, 4); n > 0; n--) {
            size_t near = prop_below(&g, 2) == 0 ? 3000 : bad.len, at = prop_below(&g, near);
            bad.data[at] = (unsigned char)prop_u64(&g);
        }
        if (prop_below(&g, 8) == 0)
            bad.len = prop_below(&g, bad.len - 1) + 1;
        wrap(300, (uint32_t)bad.len, bad.data, bad.len, &file);
        enum jem_code code = jem_dictionary_open(file.data, file.len, &d, &err);
        assert_true(code == JEM_OK || code == JEM_ECORRUPT);
        *(code == JEM_OK ? &opened : &refused) += 1;
        if (d != NULL)
            (void)sealed_size(d, list.items, list.count);
        jem_dictionary_free(d);
    }
    assert_true(opened > 0 && refused > 0);
    wrap(300, (uint32_t)payload.len + 1, payload.data, payload.len, &file);
    assert_int_equal(open_code(file.data, file.len), JEM_ECORRUPT);
    wrap(0, (uint32_t)payload.len, payload.data, payload.len, &file);
    assert_int_equal(open_code(file.data, file.len), JEM_ECORRUPT);
    /* A small file that becomes large. */
    unsigned char *zeros = calloc(1, (size_t)2 << 20);
    assert_non_null(zeros);
    wrap(300, 2 << 20, zeros, (size_t)2 << 20, &file);
    assert_true(file.len < 1000);
    assert_int_equal(open_code(file.data, file.len), JEM_ECORRUPT);
    free(zeros);
    jem_event_list_release(&list);
    jem_buf_release(&file);
    jem_buf_release(&payload);
    jem_buf_release(&bad);
}

/* ---- trained at HQ ---- */

static void train(const struct jem_event_list *list, const struct jem_dictionary_rule *rule, struct jem_buf *file,
    struct jem_dictionary **out)
{
    struct jem_error err = { 0 };
    good(jem_dictionary_train(list->items, list->count, 0, rule, file, &err), &err);
    good(jem_dictionary_open(file->data, file->len, out, &err), &err);
    assert_true(jem_dictionary_id(*out) > JEM_DICTIONARY_SHIPPED_MAX);
}

static bool holds(const struct jem_buf *text, const char *part)
{
    return memmem(text->data, text->len, part, strlen(part)) != NULL;
}

static void absent(const struct jem_buf *payload, const char *what)
{
    char folded[200];
    size_t n = strlen(what);
    assert_true(n < sizeof folded);
    for (size_t i = 0; i <= n; i++)
        folded[i] = (char)(what[i] >= 'A' && what[i] <= 'Z' ? what[i] - 'A' + 'a' : what[i]);
    if (holds(payload, what) || holds(payload, folded))
        fail_msg("the dictionary holds \"%s\"", what);
}

/* Every name of two words or more, every number, address and phone of every application. A name of one word is somebody's
 * only as long as it is no word of the program's own dictionary. */
static void absent_person(const struct jem_buf *payload, const struct jem_buf *ours, const json_t *fields)
{
    const char *key_of;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)fields, key_of, value)
    {
        const char *text = json_string_value(value);
        size_t n = strlen(key_of);
        bool name = n >= 4 && strcmp(key_of + n - 4, "name") == 0;
        bool number = strspn(text, "0123456789") == strlen(text) && strlen(text) > 3;
        if (number || strcmp(key_of, "address") == 0 || (name && strchr(text, ' ') != NULL)) {
            absent(payload, text);
        } else if (name) {
            char quoted[200];
            size_t len = strlen(text);
            /* As a whole word: its length stands before it. */
            quoted[0] = (char)len;
            for (size_t i = 0; i <= len; i++)
                quoted[i + 1] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
            if (holds(payload, quoted) && !holds(ours, quoted))
                fail_msg("the dictionary holds the name %s", text);
        }
    }
}

static void test_nobody_inside(void **state)
{
    (void)state;
    const struct jem_dictionary_rule rule = { .applications_min = 20, .base = shipped };
    struct jem_event_list list = { 0 };
    struct jem_buf file = JEM_BUF_INIT(1 << 20), payload = JEM_BUF_INIT(1 << 20), ours = JEM_BUF_INIT(1 << 20);
    struct jem_buf own = JEM_BUF_INIT(1 << 20);
    struct jem_dictionary *d = NULL;
    size_t people = 0;
    gen_events(77, 1500, 3, GEN_FULL, &list);
    train(&list, &rule, &file, &d);
    unwrap(&file, &payload);
    shipped_file(&own);
    unwrap(&own, &ours);
    for (size_t i = 0; i < list.count; i++) {
        json_t *body = NULL;
        const struct jem_event *e = &list.items[i];
        assert_int_equal(jem_json_parse(e->body, e->body_len, "event", &body, NULL), JEM_OK);
        const json_t *fields = json_object_get(body, "fields"), *set = json_object_get(body, "set");
        if (fields != NULL)
            absent_person(&payload, &ours, fields);
        people += fields != NULL;
        const char *field;
        json_t *write;
        json_object_foreach((json_t *)(uintptr_t)set, field, write)
        {
            json_t *one = json_pack("{s:O}", field, json_object_get(write, "v"));
            absent_person(&payload, &ours, one);
            json_decref(one);
        }
        json_decref(body);
    }
    assert_int_equal(people, 1500);
    assert_true(holds(&payload, "neglasari")); /* a hamlet of many */
    jem_dictionary_free(d);
    jem_event_list_release(&list);
    jem_buf_release(&file);
    jem_buf_release(&payload);
    jem_buf_release(&ours);
    jem_buf_release(&own);
}

/* A value that k - 1 applications have stays out, one that k have may come in; how often one application repeats it does
 * not count. */
static void test_rule(void **state)
{
    (void)state;
    const struct jem_dictionary_rule rule = { .applications_min = 20 };
    for (unsigned applications = 19; applications <= 20; applications++) {
        struct jem_event_list list = { 0 };
        struct jem_buf file = JEM_BUF_INIT(1 << 20), payload = JEM_BUF_INIT(1 << 20);
        struct jem_dictionary *d = NULL;
        for (unsigned i = 0; i < 60; i++) {
            const char *clinic = i < applications ? "Sukawening" : i % 2 == 0 ? "Cibuluh" : "Cibuluh Hilir";
            for (unsigned again = 0; again < (i < 2 ? 40 : 1); again++) {
                struct jem_event e = gen_event(1, 0, list.count + 1, (uint64_t)(list.count + 1) << 20, 5000 + i,
                    "application.submitted", json_pack("{s:{s:s}}", "fields", "clinic", clinic),
                    list.count == 0 ? NULL : &list.items[list.count - 1]);
                assert_int_equal(jem_event_list_push(&list, &e, NULL), JEM_OK);
            }
        }
        train(&list, &rule, &file, &d);
        unwrap(&file, &payload);
        assert_int_equal(holds(&payload, "Sukawening") || holds(&payload, "sukawening"), applications == 20);
        assert_true(holds(&payload, "ibuluh"));
        jem_dictionary_free(d);
        jem_event_list_release(&list);
        jem_buf_release(&file);
        jem_buf_release(&payload);
    }
    struct jem_buf none = JEM_BUF_INIT(1 << 20);
    struct jem_error err;
    assert_int_equal(jem_dictionary_train(NULL, 0, 0, &rule, &none, &err), JEM_EINVAL);
    assert_int_equal(none.len, 0);
    jem_buf_release(&none);
}

/* The order in which events come does not matter to the bytes; the own words of a regency make its segments smaller. */
static void test_trained(void **state)
{
    (void)state;
    const struct jem_dictionary_rule rule = { .applications_min = 20, .base = shipped };
    struct jem_event_list list = { 0 }, back = { 0 }, fresh = { 0 };
    struct jem_buf a = JEM_BUF_INIT(1 << 20), b = JEM_BUF_INIT(1 << 20);
    struct jem_dictionary *d = NULL, *same = NULL;
    gen_events(78, 1200, 1, GEN_DAY, &list);
    train(&list, &rule, &a, &d);
    for (size_t i = 0; i < list.count / 2; i++) {
        struct jem_event t = list.items[i];
        list.items[i] = list.items[list.count - 1 - i];
        list.items[list.count - 1 - i] = t;
    }
    train(&list, &rule, &b, &same);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    gen_events(790, 30, 1, GEN_DAY, &fresh);
    size_t by_shipped = sealed_size(shipped, fresh.items, fresh.count),
           by_own = sealed_size(d, fresh.items, fresh.count);
    print_message("30 applications: %zu bytes with the program's dictionary, %zu with the regency's\n", by_shipped,
        by_own);
    assert_true(by_own < by_shipped);
    jem_dictionary_free(d);
    jem_dictionary_free(same);
    jem_event_list_release(&list);
    jem_event_list_release(&back);
    jem_event_list_release(&fresh);
    jem_buf_release(&a);
    jem_buf_release(&b);
}

/* ---- segments ---- */

static enum jem_code segment_code(const struct jem_dictionary *d, const struct jem_buf *sealed, struct jem_error *err)
{
    struct jem_event_list back = { 0 };
    enum jem_code code = jem_segment_open(&key, d, sealed->data, sealed->len, &back, err);
    if (code != JEM_OK)
        assert_int_equal(back.count, 0);
    jem_event_list_release(&back);
    return code;
}

/* Only the dictionary that the header names opens a segment, and a header that names another is a lie that shows. */
static void test_other_dictionary(void **state)
{
    (void)state;
    const struct jem_dictionary_rule rule = { .applications_min = 20, .base = shipped };
    struct jem_event_list list = { 0 };
    struct jem_buf file = JEM_BUF_INIT(1 << 20), sealed = JEM_BUF_INIT(1 << 20);
    struct jem_dictionary *d = NULL;
    struct jem_error err;
    gen_events(80, 600, 1, GEN_SUBMIT, &list);
    train(&list, &rule, &file, &d);
    const uint16_t ids[] = { 0, JEM_DICTIONARY_SHIPPED, jem_dictionary_id(d), 2, 255, 65535 };
    const struct jem_dictionary *dictionaries[] = { NULL, shipped, d };
    jem_lang_set(JEM_LANG_EN);
    for (size_t made = 0; made < 3; made++) {
        jem_buf_clear(&sealed);
        good(jem_segment_seal(&key, dictionaries[made], list.items, 12, &sealed, &err), &err);
        for (size_t told = 0; told < sizeof ids / sizeof *ids; told++) {
            sealed.data[SEGMENT_DICTIONARY_AT] = (unsigned char)(ids[told] >> 8);
            sealed.data[SEGMENT_DICTIONARY_AT + 1] = (unsigned char)ids[told];
            for (size_t given = 0; given < 3; given++) {
                bool right = told == made && (ids[told] <= JEM_DICTIONARY_SHIPPED || given == told);
                enum jem_code code = segment_code(dictionaries[given], &sealed, &err);
                if (code != (right ? JEM_OK : JEM_ECORRUPT))
                    fail_msg("made with %u, told %u, given %u: %s", ids[made], ids[told],
                        jem_dictionary_id(dictionaries[given]), jem_code_name(code));
                if (!right && ids[told] > 1 && ids[told] != jem_dictionary_id(dictionaries[given]))
                    assert_non_null(strstr(err.msg, "which is not here"));
            }
        }
    }
    jem_lang_set(JEM_LANG_ID);
    jem_dictionary_free(d);
    jem_event_list_release(&list);
    jem_buf_release(&file);
    jem_buf_release(&sealed);
}

/* Frames under a dictionary that claim gigabytes, claim nothing, or hold more than they claim. */
static void test_bombs(void **state)
{
    (void)state;
    static const unsigned char huge[] = { 0xa0, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00, 0x00 };
    static const unsigned char silent[] = { 0x00, 0x58, 0x01, 0x00, 0x00 };
    static const unsigned char more[] = { 0x20, 0x04, 0x03, 0xff, 0x7f, 'x' }; /* 4 bytes, in a run of 512 K of x */
    const struct {
        const unsigned char *p;
        size_t n;
    } frames[] = { { huge, sizeof huge }, { silent, sizeof silent }, { more, sizeof more }, { huge, 0 } };
    struct jem_error err;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        struct jem_buf packed = JEM_BUF_INIT(100), sealed = JEM_BUF_INIT(200);
        jem_buf_str(&packed, "\x01x"); /* one byte of numbers */
        jem_buf_add(&packed, frames[i].p, frames[i].n);
        jem_buf_str(&sealed, "JSG1");
        jem_buf_u16(&sealed, 7);
        jem_buf_u16(&sealed, 1);
        jem_buf_u48(&sealed, 1);
        jem_buf_u16(&sealed, 1);
        jem_buf_u16(&sealed, JEM_DICTIONARY_SHIPPED);
        assert_int_equal(jem_box_seal(&key, &packed, &sealed, NULL), JEM_OK);
        assert_int_equal(segment_code(shipped, &sealed, &err), JEM_ECORRUPT);
        jem_buf_release(&packed);
        jem_buf_release(&sealed);
    }
}

/* Words in any case, words nobody knows, digits, spaces at both ends: all come back. */
static void test_words(void **state)
{
    (void)state;
    struct prop g = prop_start("words of a list");
    static const char *const words[] = { "Siti", "SITI", "siti", "sItI", "Rahayu", "RAHAYU", "rahayu", "Nur'aini", "RT",
        "Rt", "rt", "001", "01", "12/03", "Kp.", "KP.", "kp.", "", " ", "Jl.", "Zyxwvu", "Zyxwvu", "zyxwvu", "é", "-",
        "1234567890123456789", "bin", "Bin", "A", "a" };
    for (size_t round = 0; round < prop_rounds(200); round++) {
        struct jem_event_list list = { 0 };
        size_t count = 1 + prop_below(&g, 6);
        for (size_t i = 0; i < count; i++) {
            struct jem_buf text[2] = { JEM_BUF_INIT(400), JEM_BUF_INIT(400) };
            for (size_t t = 0; t < 2; t++)
                for (uint64_t n = prop_below(&g, 6); n > 0; n--)
                    jem_buf_fmt(&text[t], "%s%s", prop_below(&g, 5) != 0 && text[t].len > 0 ? " " : "",
                        words[prop_below(&g, sizeof words / sizeof *words)]);
            const char *name = jem_buf_text(&text[0]), *address = jem_buf_text(&text[1]);
            json_t *body = json_pack("{s:{s:s,s:s,s:s,s:s}}", "fields", "name", name, "address", address, "birth_place",
                address, "sex", prop_below(&g, 2) == 0 ? "L" : name);
            struct jem_event e = gen_event(1, 0, i + 1, (uint64_t)(i + 1) << 20, 9000 + i, "application.submitted",
                body, i == 0 ? NULL : &list.items[i - 1]);
            assert_int_equal(jem_event_list_push(&list, &e, NULL), JEM_OK);
            jem_buf_release(&text[0]);
            jem_buf_release(&text[1]);
        }
        (void)sealed_size(shipped, list.items, list.count);
        jem_event_list_release(&list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smaller),
        cmocka_unit_test(test_damaged_file),
        cmocka_unit_test(test_hostile_payload),
        cmocka_unit_test(test_nobody_inside),
        cmocka_unit_test(test_rule),
        cmocka_unit_test(test_trained),
        cmocka_unit_test(test_other_dictionary),
        cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
