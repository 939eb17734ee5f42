// room: record
/* test_region.c - the region table: complete, sorted, searchable. */
#include <stdio.h>
#include <string.h>

#include "jemput/region.h"
#include "unit.h"

extern const unsigned char jem_asset_regions_bin_start[], jem_asset_regions_bin_end[];

static uint32_t word_at(size_t i)
{
    const unsigned char *p = jem_asset_regions_bin_start + i;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void file_is_as_described(void **state)
{
    (void)state;
    assert_memory_equal(jem_asset_regions_bin_start, "JRG1\0\1\0\0", 8);
    size_t want = 28 + 12 * (size_t)(word_at(8) + word_at(12) + word_at(16)) + 8 * (size_t)word_at(20) + word_at(24);
    assert_int_equal((size_t)(jem_asset_regions_bin_end - jem_asset_regions_bin_start), want);
    assert_int_equal(jem_asset_regions_bin_start[want - 1], 0);
}

static void counts(void **state)
{
    (void)state;
    assert_int_equal(jem_region_count(JEM_REGION_PROVINCE), 38);
    assert_int_equal(jem_region_count(JEM_REGION_REGENCY), 514);
    assert_int_equal(jem_region_count(JEM_REGION_DISTRICT), 7277);
    assert_int_equal(jem_region_count(JEM_REGION_VILLAGE), 83763);
    assert_int_equal(jem_region_count(JEM_REGION_UNKNOWN), 0);
    assert_int_equal(jem_region_count((enum jem_region_level)9), 0);
}

/* Every region is a child of the one that its code names, in order, and is found by its code. */
static size_t walk(const char *code, enum jem_region_level level)
{
    static const size_t digits[] = { 0, 2, 4, 6, 10 };
    struct jem_region child, before = { .code = "" };
    size_t total = 0;
    for (size_t i = 0; jem_region_children(code, i, &child, 1) == 1; i++) {
        assert_int_equal(child.level, level);
        assert_int_equal(strlen(child.code), digits[level]);
        assert_int_equal(strncmp(child.code, code, strlen(code)), 0);
        assert_true(strcmp(before.code, child.code) < 0);
        assert_true(child.name[0] > ' ');
        assert_null(strpbrk(child.name, "\"*\r\n,"));
        struct jem_region found;
        assert_true(jem_region_find(child.code, &found));
        assert_string_equal(found.code, child.code);
        assert_ptr_equal(found.name, child.name);
        before = child;
        total += level == JEM_REGION_VILLAGE ? 1 : walk(child.code, level + 1);
    }
    return total;
}

static void every_village_is_reached(void **state)
{
    (void)state;
    assert_int_equal(walk("", JEM_REGION_PROVINCE), 83763);
}

static void find(void **state)
{
    (void)state;
    struct jem_region r;
    assert_true(jem_region_find("32", &r));
    assert_string_equal(r.name, "Jawa Barat");
    assert_int_equal(r.level, JEM_REGION_PROVINCE);
    assert_true(jem_region_find("3203", &r));
    assert_string_equal(r.name, "Kab. Cianjur");
    assert_true(jem_region_find("32.03.01", &r));
    assert_string_equal(r.code, "320301");
    assert_string_equal(r.name, "Cianjur");
    assert_true(jem_region_find("31.71", &r));
    assert_string_equal(r.name, "Kota Adm. Jakarta Pusat");
    assert_true(jem_region_find("31", &r));
    assert_string_equal(r.name, "DKI Jakarta");
    assert_true(jem_region_find("3513152017", &r)); /* written Soka"an in the source */
    assert_string_equal(r.name, "Soka'an");
    static const char *const unknown[] = { "", ".", "3", "00", "99", "320", "3200", "32031", "320399", "3203011",
        "32030199999", "320301999", "3203019999", "32 03", "32a3", "-32", "32030120010", "3203012001000000000000" };
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        if (jem_region_find(unknown[i], &r))
            fail_msg("\"%s\" is found", unknown[i]);
}

static void children_in_parts(void **state)
{
    (void)state;
    struct jem_region all[40], part[40];
    size_t n = jem_region_children("", 0, all, 40);
    assert_int_equal(n, 38);
    assert_string_equal(all[0].name, "Aceh");
    assert_string_equal(all[37].name, "Papua Barat Daya");
    assert_int_equal(jem_region_children("", 30, part, 40), 8);
    assert_string_equal(part[0].code, all[30].code);
    assert_int_equal(jem_region_children("", 38, part, 40), 0);
    assert_int_equal(jem_region_children("", SIZE_MAX, part, 40), 0);
    assert_int_equal(jem_region_children("", 0, part, 5), 5);
    assert_int_equal(jem_region_children("99", 0, part, 40), 0);
    struct jem_region village;
    assert_true(jem_region_children("320301", 0, &village, 1) == 1);
    assert_int_equal(jem_region_children(village.code, 0, part, 40), 0);
}

static void full_names(void **state)
{
    (void)state;
    char name[160];
    struct jem_region village;
    assert_true(jem_region_children("320301", 0, &village, 1) == 1);
    jem_region_full_name(village.code, name, sizeof name);
    char want[160];
    snprintf(want, sizeof want, "%s, Cianjur, Kab. Cianjur, Jawa Barat", village.name);
    assert_string_equal(name, want);
    jem_region_full_name("32", name, sizeof name);
    assert_string_equal(name, "Jawa Barat");
    jem_region_full_name("3299", name, sizeof name);
    assert_string_equal(name, "");
    jem_region_full_name("", name, sizeof name);
    assert_string_equal(name, "");
    jem_region_full_name("3203", name, 8);
    assert_string_equal(name, "Kab. Ci");
}

static void search(void **state)
{
    (void)state;
    struct jem_region hits[50];
    size_t n = jem_region_search("3203", "cikondang", hits, 50);
    assert_true(n >= 1);
    assert_string_equal(hits[0].name, "Cikondang");
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(hits[i].level, JEM_REGION_VILLAGE);
        assert_int_equal(strncmp(hits[i].code, "3203", 4), 0);
    }
    n = jem_region_search("3203", "SUKA", hits, 50); /* beginnings before what only holds it */
    assert_true(n > 10);
    assert_int_equal(strncmp(hits[0].name, "Suka", 4), 0);
    n = jem_region_search("320301", "cianjur", hits, 50); /* a district's name gives its villages */
    struct jem_region all[50];
    assert_int_equal(n, jem_region_children("320301", 0, all, 50));
    n = jem_region_search("", "cikondang,  cibeber", hits, 50); /* village and district together */
    assert_true(n >= 1);
    assert_string_equal(hits[0].name, "Cikondang");
    char name[160];
    jem_region_full_name(hits[0].code, name, sizeof name);
    assert_non_null(strstr(name, "Cibeber"));
    assert_int_equal(jem_region_search("", "suka", hits, 7), 7);
    assert_int_equal(jem_region_search("3203", "", hits, 50), 0);
    assert_int_equal(jem_region_search("3203", " , ", hits, 50), 0);
    assert_int_equal(jem_region_search("3203", "zzzz", hits, 50), 0);
    assert_int_equal(jem_region_search("99", "suka", hits, 50), 0);
    assert_int_equal(jem_region_search("3203", "suka", hits, 0), 0);
}

/* Whatever the text, results are inside, distinct and hold the text. */
static void search_gives_only_what_fits(void **state)
{
    (void)state;
    static const char *const texts[] = { "a", "su", "kar", "neg", "'", "ir 2", "mulya" };
    struct jem_region hits[300];
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
        size_t n = jem_region_search("3203", texts[t], hits, 300);
        assert_true(n <= 256);
        for (size_t i = 0; i < n; i++) {
            char district[7], both[200];
            struct jem_region of;
            snprintf(district, sizeof district, "%.6s", hits[i].code);
            assert_true(jem_region_find(district, &of));
            snprintf(both, sizeof both, "%s|%s", hits[i].name, of.name);
            assert_non_null(strcasestr(both, texts[t]));
            for (size_t j = 0; j < i; j++)
                assert_string_not_equal(hits[i].code, hits[j].code);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_is_as_described),
        cmocka_unit_test(counts),
        cmocka_unit_test(every_village_is_reached),
        cmocka_unit_test(find),
        cmocka_unit_test(children_in_parts),
        cmocka_unit_test(full_names),
        cmocka_unit_test(search),
        cmocka_unit_test(search_gives_only_what_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
