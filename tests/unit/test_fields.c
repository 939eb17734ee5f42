// room: record
/* test_fields.c - what a form's values become: what nobody sees goes, odd spaces are spaces, a name has letters. */
#include <stdlib.h>
#include <string.h>

#include "jemput/catalog.h"
#include "jemput/clock.h"
#include "prop.h"
#include "unit.h"

static struct jem_catalog *catalog;

static int begin(void **state)
{
    (void)state;
    json_t *root = NULL;
    struct jem_error err;
    bool ok = jem_catalog_builtin(&root, &err) == JEM_OK && jem_catalog_parse(root, &catalog, NULL, &err) == JEM_OK;
    json_decref(root);
    return ok ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    jem_catalog_free(catalog);
    return 0;
}

struct checked {
    char name[600];
    size_t errors, warnings;
};

static struct checked check(const char *name)
{
    struct checked out = { .name = "" };
    static const struct jem_issues none;
    struct jem_issues issues = none;
    json_t *fields = json_pack("{s:s}", "name", name);
    jem_intake_check(jem_catalog_find(catalog, "ktp-el"), fields, true, 20000, &issues);
    snprintf(out.name, sizeof out.name, "%s", jem_json_str(fields, "name", ""));
    out.errors = issues.errors;
    out.warnings = issues.count - issues.errors;
    json_decref(fields);
    return out;
}

static void is_kept(const char *typed, const char *kept, size_t warnings)
{
    struct checked c = check(typed);
    assert_int_equal(c.errors, 0);
    assert_string_equal(c.name, kept);
    assert_int_equal(c.warnings, warnings);
}

static void names(void **state)
{
    (void)state;
    is_kept("  Siti \t Aminah\n", "Siti Aminah", 0);
    is_kept("Siti\xc2\xa0\xe2\x80\x83"
            "Aminah\xe3\x80\x80",
        "Siti Aminah", 0);                                                    /* U+00A0 U+2003, U+3000 */
    is_kept("Si\xe2\x80\x8bti\xef\xbb\xbf Am\xc2\xadinah", "Siti Aminah", 0); /* no width, soft hyphen */
    is_kept("Siti \xe2\x80\xae Aminah", "Siti Aminah", 0);                    /* U+202E turns the rest around */
    is_kept("\xe2\x81\xa7Siti\xe2\x81\xa9 \xd8\x9c\xc2\x85"
            "Aminah",
        "Siti Aminah", 0); /* U+2067 U+2069, U+061C, U+0085 */
    is_kept("Drs. H. Ma'ruf Ali-Akbar, M.Pd. (alm.)", "Drs. H. Ma'ruf Ali-Akbar, M.Pd. (alm.)", 0);
    is_kept("Ce\xcc\x81line \xc5\x9e", "Ce\xcc\x81line \xc5\x9e", 0); /* an accent of its own, a letter with one */
    is_kept("\xd9\x85\xd8\xad\xd9\x85\xd8\xaf", "\xd9\x85\xd8\xad\xd9\x85\xd8\xaf", 0);
    is_kept("\xf0\x9f\x98\x80 Siti", "\xf0\x9f\x98\x80 Siti", 1);
    is_kept("Siti <b>", "Siti <b>", 1);
    is_kept("Siti 2", "Siti 2", 1);
    static const char *const refused[] = { "12345", "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", "\xcc\x81\xcc\x81", "--- {}|~",
        "\xe2\x86\x92", "\xe2\x80\x8b", "Si\x01ti", "" };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_int_equal(check(refused[i]).errors, 1);
}

/* Whatever is kept stays as it is when it is checked again, and its ends are letters or marks, never a gap. */
static void kept_once_is_kept_for_good(void **state)
{
    (void)state;
    static const char *const parts[] = { "a", "B", " ", "\t", "\n", "\xc2\xa0", "\xc2\xad", "\xe2\x80\x8b",
        "\xe2\x80\xae", "\xe2\x80\x89", "\xef\xbb\xbf", "\xe3\x80\x80", "\xe2\x81\xa6", "\xcc\x81", "\xc3\xa9",
        "\xf0\x9f\x98\x80" };
    struct prop g = prop_start("kept_once_is_kept_for_good");
    for (size_t round = 0; round < prop_rounds(5000); round++) {
        char typed[80] = "";
        for (size_t i = 0, n = prop_below(&g, 16), at = 0; i < n; i++)
            at += (size_t)snprintf(typed + at, sizeof typed - at, "%s",
                parts[prop_below(&g, sizeof parts / sizeof *parts)]);
        struct checked once = check(typed);
        if (once.errors > 0)
            continue;
        struct checked twice = check(once.name);
        assert_int_equal(twice.errors, 0);
        assert_string_equal(twice.name, once.name);
        assert_null(strstr(once.name, "  "));
        assert_true(once.name[0] != ' ' && once.name[strlen(once.name) - 1] != ' ');
    }
}

static void days(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *kept; /* kept NULL: refused */
    } table[] = { { "29-02-2024", "2024-02-29" }, { "29/2/2024", "2024-02-29" }, { "2024-02-29", "2024-02-29" },
        { "29-02-2023", NULL }, { "29-02-1900", NULL }, { "29-02-2000", "2000-02-29" }, { "-1", NULL },
        { "-0001-01-01", NULL }, { "0000-00-00", NULL }, { "31-12-9999", NULL }, { "99999-01-01", NULL },
        { "01-01-1800", NULL } };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        static const struct jem_issues none;
        struct jem_issues issues = none;
        json_t *fields = json_pack("{s:s}", "birth_date", table[i].typed);
        jem_intake_check(jem_catalog_find(catalog, "ktp-el"), fields, true, 20000, &issues);
        assert_int_equal(issues.errors, table[i].kept != NULL ? 0 : 1);
        if (table[i].kept != NULL)
            assert_string_equal(jem_json_str(fields, "birth_date", ""), table[i].kept);
        json_decref(fields);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(kept_once_is_kept_for_good),
        cmocka_unit_test(days),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
