// room: store
/* test_find.c - words, typing errors, and looking for applications by number, NIK and name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen_events.h"
#include "store_kit.h"
#include "unit.h"
#include "words.h"

static void test_words_split(void **state)
{
    (void)state;
    struct jem_word_list w;
    jem_words_split("  H. Ma'ruf AMIN-Nur,  é1 ", &w);
    assert_int_equal(w.count, 5);
    assert_string_equal(w.items[0], "h");
    assert_string_equal(w.items[1], "maruf");
    assert_string_equal(w.items[2], "amin");
    assert_string_equal(w.items[3], "nur");
    assert_string_equal(w.items[4], "é1");
    jem_words_split("", &w);
    assert_int_equal(w.count, 0);
    jem_words_split("a b c d e f g h i j k l m n o", &w);
    assert_int_equal(w.count, JEM_WORDS_MAX);
    jem_words_split("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz x", &w);
    assert_int_equal(strlen(w.items[0]), JEM_WORD_BYTES - 1);
    assert_string_equal(w.items[1], "x");
}

static unsigned distance(const char *a, const char *b, unsigned max)
{
    return jem_words_distance(a, strlen(a), b, strlen(b), max);
}

/* The definition, without bounds or rows. */
static unsigned slow(const char *a, size_t an, const char *b, size_t bn)
{
    if (an == 0 || bn == 0)
        return (unsigned)(an + bn);
    unsigned best = slow(a, an - 1, b, bn - 1) + (a[an - 1] != b[bn - 1]);
    unsigned v = slow(a, an - 1, b, bn) + 1;
    best = v < best ? v : best;
    v = slow(a, an, b, bn - 1) + 1;
    best = v < best ? v : best;
    if (an > 1 && bn > 1 && a[an - 1] == b[bn - 2] && a[an - 2] == b[bn - 1]) {
        v = slow(a, an - 2, b, bn - 2) + 1;
        best = v < best ? v : best;
    }
    return best;
}

static void test_distance(void **state)
{
    (void)state;
    struct prop rng = prop_start("edit distance");
    assert_int_equal(distance("siti", "siti", 2), 0);
    assert_int_equal(distance("siti", "siit", 2), 1);
    assert_int_equal(distance("rahayu", "rahayoe", 2), 2);
    assert_int_equal(distance("rahayu", "budi", 2), 3);
    for (size_t i = 0; i < prop_rounds(3000); i++) {
        char a[8] = "", b[8] = "";
        size_t an = prop_below(&rng, 7), bn = prop_below(&rng, 7);
        for (size_t j = 0; j < an; j++)
            a[j] = (char)('a' + prop_below(&rng, 3));
        for (size_t j = 0; j < bn; j++)
            b[j] = (char)('a' + prop_below(&rng, 3));
        unsigned real = slow(a, an, b, bn);
        for (unsigned max = 0; max < 4; max++)
            assert_int_equal(distance(a, b, max), real <= max ? real : max + 1);
    }
}

/* Against every word, without the filters. */
static void test_near_finds_all(void **state)
{
    (void)state;
    struct prop rng = prop_start("near words");
    struct jem_error err = { 0 };
    struct jem_words words = { 0 };
    uint32_t near[4000];
    char text[4000][12];
    for (size_t i = 0; i < 4000; i++) {
        size_t n = 3 + prop_below(&rng, 8);
        memset(text[i], 0, sizeof text[i]);
        for (size_t j = 0; j < n; j++)
            text[i][j] = (char)('a' + prop_below(&rng, 4));
        assert_int_equal(jem_words_add(&words, text[i], &err), JEM_OK);
    }
    for (size_t q = 0; q < 50; q++) {
        unsigned forgiven = jem_words_forgiven(strlen(text[q])), last = 1;
        size_t expected = 0, n = jem_words_near(&words, text[q], near, 4000);
        for (size_t i = 0; i < 4000; i++) {
            unsigned d = distance(text[q], text[i], 9);
            expected += d >= 1 && d <= forgiven;
        }
        assert_int_equal(n, expected);
        for (size_t i = 0; i < n; i++) {
            unsigned d = distance(text[q], words.text + words.items[near[i]].at, 9);
            assert_true(d >= last && d <= forgiven);
            last = d;
        }
    }
    jem_words_release(&words);
}

/* ---- in a store ---- */

static json_t *find(struct kit *kit, const char *text)
{
    struct jem_error err = { 0 };
    json_t *rows = NULL;
    if (jem_store_find(kit->store, text, 10, &rows, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    return rows;
}

static void expect_first(struct kit *kit, const char *text, const char *name)
{
    json_t *rows = find(kit, text);
    if (strcmp(jem_json_str(json_array_get(rows, 0), "name", ""), name) != 0)
        fail_msg("\"%s\" finds \"%s\", not \"%s\"", text, jem_json_str(json_array_get(rows, 0), "name", ""), name);
    json_decref(rows);
}

static void expect_none(struct kit *kit, const char *text)
{
    json_t *rows = find(kit, text);
    if (json_array_size(rows) != 0)
        fail_msg("\"%s\" finds \"%s\"", text, jem_json_str(json_array_get(rows, 0), "name", ""));
    json_decref(rows);
}

static void expect_people(struct kit *kit, const char *const names[9], const uint64_t numbers[9])
{
    char text[JEM_NUMBER_TEXT];
    expect_first(kit, "siti rahayu", "Siti Rahayu");
    expect_first(kit, "RAHAYU siti", "Siti Rahayu");
    expect_first(kit, "rahayu ningsih", "Siti Rahayu Ningsih");
    expect_first(kit, "rah nin", "Siti Rahayu Ningsih");
    expect_first(kit, "budi", "Budi Santoso");
    expect_first(kit, "santos", "Budi Santoso");
    expect_first(kit, "maruf", "Muhammad Ma'ruf");
    expect_first(kit, "ma'ruf muh", "Muhammad Ma'ruf");
    expect_first(kit, "nur aini", "Nur-Aini");
    expect_first(kit, "d kusuma", "Dewi Kusumawardhani");
    /* typing errors: a swap, a letter more, one less, another; two in long words */
    expect_first(kit, "stii aminah", "Siti Aminah");
    expect_first(kit, "siti amminah", "Siti Aminah");
    expect_first(kit, "bdui santso", "Budi Santoso");
    expect_first(kit, "kusumawardani", "Dewi Kusumawardhani");
    expect_first(kit, "kusumowardani", "Dewi Kusumawardhani");
    expect_first(kit, "sunandr sunarja", "Asep Sunandar Sunarya");
    expect_none(kit, "wati");
    expect_none(kit, "siti wardoyo");
    expect_none(kit, "");
    expect_none(kit, "\" OR * AND ( NEAR");
    expect_none(kit, "'; DROP TABLE name; --");
    /* NIK */
    expect_first(kit, "3203014507900002", "Siti Rahayu");
    expect_first(kit, "3203 0145 0790 0002", "Siti Rahayu");
    json_t *rows = find(kit, "320301");
    assert_int_equal(json_array_size(rows), 3);
    json_decref(rows);
    rows = find(kit, "3203");
    assert_int_equal(json_array_size(rows), 0);
    json_decref(rows);
    /* number: whole, sloppy, its beginning */
    for (size_t i = 0; i < 9; i++) {
        jem_number_format(numbers[i], text);
        expect_first(kit, text, names[i]);
        for (char *p = text; *p != '\0'; p++)
            if (*p >= 'A' && *p <= 'Z')
                *p = (char)(*p - 'A' + 'a');
        expect_first(kit, text, names[i]);
        text[9] = '\0';
        expect_first(kit, text, names[i]);
    }
}

static void test_find_people(void **state)
{
    (void)state;
    static const char *const names[] = { "Siti Rahayu Ningsih", "Siti Rahayu", "Siti Aminah", "Budi Santoso",
        "Muhammad Ma'ruf", "Ujang", "Dewi Kusumawardhani", "Nur-Aini", "Asep Sunandar Sunarya" };
    struct kit kit;
    uint64_t numbers[9];
    kit_open(&kit, JEM_ROLE_VAN, 3);
    for (size_t i = 0; i < 9; i++) {
        char nik[17] = "3203014507900001";
        nik[15] = (char)('1' + i);
        nik[5] = (char)('0' + i % 3);
        numbers[i] = kit_submit(&kit, "ktp-el", nik, names[i]);
    }
    expect_people(&kit, names, numbers); /* looked at one by one */
    kit_digest(kit.store, true, (char[65]){ 0 });
    expect_people(&kit, names, numbers); /* by their postings */
    kit_close(&kit);
}

/* A corrected name is found under the new words only, also after a rebuild. */
static void test_index_follows_corrections(void **state)
{
    (void)state;
    struct kit kit;
    kit_open(&kit, JEM_ROLE_VAN, 3);
    uint64_t number = kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    expect_first(&kit, "rahayu", "Siti Rahayu");
    kit_append(&kit, 0, number, "application.corrected",
        json_pack("{s:{s:{s:s, s:[s]}}}", "set", "name", "v", "Siti Wulandari", "base", "3.0.1.1"));
    for (int i = 0; i < 2; i++) {
        expect_first(&kit, "wulandari", "Siti Wulandari");
        expect_first(&kit, "wulandri", "Siti Wulandari");
        expect_none(&kit, "rahayu");
        json_t *rows = find(&kit, "siti");
        assert_int_equal(json_array_size(rows), 1);
        json_decref(rows);
        kit_digest(kit.store, true, (char[65]){ 0 });
    }
    kit_close(&kit);
}

/* Names come one by one; at some point those that wait get their postings; all are found at every moment, also those
 * whose name changed while they waited. */
static void test_waiting_names_settle(void **state)
{
    (void)state;
    static const char *const firsts[] = { "Agus", "Bambang", "Cahyo", "Dewi", "Endang", "Fitri", "Gunawan", "Hendra",
        "Indah", "Joko" };
    static const char *const lasts[] = { "Wibowo", "Lestari", "Pratama", "Susanti", "Kurniawan", "Hidayat", "Utami",
        "Saputra", "Nugroho", "Maharani", "Permana", "Setiawan", "Handayani", "Firmansyah", "Anggraini" };
    struct kit kit;
    char name[64];
    kit_open(&kit, JEM_ROLE_VAN, 3);
    for (size_t i = 0; i < 150; i++) {
        (void)snprintf(name, sizeof name, "%s %s", firsts[i % 10], lasts[i / 10]);
        uint64_t number = kit_submit(&kit, "ktp-el", "3203014507900001", i % 7 == 0 ? "Salah Ketik" : name);
        if (i % 7 == 0) {
            char base[JEM_EVENT_ID_TEXT];
            struct jem_error err = { 0 };
            struct jem_stream_head head;
            assert_int_equal(jem_store_head(kit.store, 3, 0, 1, &head, &err), JEM_OK);
            jem_event_id_format(&head.last, base);
            kit_append(&kit, 0, number, "application.corrected",
                json_pack("{s:{s:{s:s, s:[s]}}}", "set", "name", "v", name, "base", base));
        }
        expect_first(&kit, name, name);
        if (i % 10 == 0)
            expect_none(&kit, "salah ketik");
    }
    for (size_t i = 0; i < 150; i++) {
        (void)snprintf(name, sizeof name, "%s %s", lasts[i / 10], firsts[i % 10]);
        json_t *rows = find(&kit, name);
        (void)snprintf(name, sizeof name, "%s %s", firsts[i % 10], lasts[i / 10]);
        assert_string_equal(jem_json_str(json_array_get(rows, 0), "name", ""), name);
        json_decref(rows);
    }
    kit_digest(kit.store, true, (char[65]){ 0 });
    kit_close(&kit);
}

/* Everybody is found by the own name, by it with one letter changed, and by the beginnings of its words. */
static void test_everybody_is_found(void **state)
{
    (void)state;
    struct prop rng = prop_start("everybody is found");
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_event_list list = { 0 };
    size_t added = 0, missed = 0, tries = 0;
    json_t *rows = NULL;
    gen_events(prop_u64(&rng), 400, 2, GEN_SUBMIT, &list);
    kit_open(&kit, JEM_ROLE_HQ, 0);
    kit_begin(kit.store);
    assert_int_equal(jem_store_import(kit.store, list.items, list.count, &added, &err), JEM_OK);
    kit_commit(kit.store);
    struct jem_list_query q = { .day = INT32_MIN, .limit = 400 };
    assert_int_equal(jem_store_list(kit.store, &q, &rows, &err), JEM_OK);
    assert_int_equal(json_array_size(rows), 400);
    for (size_t i = 0; i < 400; i++) {
        char text[128];
        const char *name = jem_json_str(json_array_get(rows, i), "name", "");
        expect_first(&kit, name, name);
        struct jem_word_list w;
        jem_words_split(name, &w);
        if (w.count > 4 || strlen(w.items[0]) < 5)
            continue;
        text[0] = '\0';
        for (size_t j = 0; j < w.count; j++) {
            strncat(text, w.items[j], 30);
            strncat(text, " ", 2);
        }
        text[1 + prop_below(&rng, 3)] = 'q';
        json_t *found = NULL;
        bool here = false;
        assert_int_equal(jem_store_find(kit.store, text, 50, &found, &err), JEM_OK);
        for (size_t j = 0; j < json_array_size(found); j++)
            here = here || strcmp(jem_json_str(json_array_get(found, j), "name", ""), name) == 0;
        json_decref(found);
        missed += !here;
        tries++;
    }
    assert_true(tries > 100);
    assert_int_equal(missed, 0);
    json_decref(rows);
    jem_event_list_release(&list);
    kit_close(&kit);
}

/* More names in one unit than their postings wait for in memory, each with a word of its own; then all from the log. */
static void test_long_names_in_one_unit(void **state)
{
    (void)state;
    enum { PEOPLE = 1600 };
    static const char rest[] = "kertanegarawijayakusumadiningrat purwadisastrahadikusumaningrat "
                               "suryodiningratkertawinatasastra mangkunegarankusumawardhanisari";
    struct kit kit;
    struct jem_error err = { 0 };
    char name[240];
    kit_open(&kit, JEM_ROLE_HQ, 0);
    kit_begin(kit.store);
    for (unsigned i = 0; i < PEOPLE; i++) {
        uint64_t number = 0;
        (void)snprintf(name, sizeof name, "x%04u %s %s", i, rest, "adiwinatakusumanegara prabangkara");
        json_t *body = kit_submitted("ktp-el", "3203014507900001", name, "3203012001");
        assert_int_equal(jem_store_number_new(kit.store, &number, &err), JEM_OK);
        assert_int_equal(jem_store_append(kit.store, 0, number, "application.submitted", body, "siti", NULL, &err),
            JEM_OK);
        json_decref(body);
    }
    kit_commit(kit.store);
    for (int again = 0; again < 2; again++) {
        for (unsigned i = 0; i < PEOPLE; i++) {
            (void)snprintf(name, sizeof name, "x%04u", i);
            json_t *rows = find(&kit, name);
            assert_memory_equal(jem_json_str(json_array_get(rows, 0), "name", ""), name, 5);
            json_decref(rows);
        }
        kit_digest(kit.store, true, (char[65]){ 0 });
    }
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_split),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_near_finds_all),
        cmocka_unit_test(test_find_people),
        cmocka_unit_test(test_index_follows_corrections),
        cmocka_unit_test(test_waiting_names_settle),
        cmocka_unit_test(test_everybody_is_found),
        cmocka_unit_test(test_long_names_in_one_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
