// room: base
/* The table of texts: both languages are there, and take the same arguments. */
#include "unit.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "jemput/text.h"

#define SPECS_MAX 16

static const char *const key_names[] = {
    "NONE",
#define T(key, id, en) #key,
#include "text/all.def"
#undef T
};

/* The arguments of a printf format: types[i] is the conversion of argument i, "zu" or "s" or "*" for a width.
 * -1 when the format is ill-formed. */
static int specs_parse(const char *f, char types[SPECS_MAX][8])
{
    int next = 0, count = 0, numbered = 0, plain = 0;
    memset(types, 0, SPECS_MAX * sizeof *types);
    while ((f = strchr(f, '%'))) {
        f++;
        if (*f == '%') {
            f++;
            continue;
        }
        int at = -1;
        size_t digits = strspn(f, "0123456789");
        if (digits > 0 && f[digits] == '$') {
            at = 0;
            for (size_t i = 0; i < digits && at < SPECS_MAX; i++)
                at = at * 10 + (f[i] - '0');
            at--;
            f += digits + 1;
            numbered = 1;
        } else
            plain = 1;
        f += strspn(f, "-+ #0");
        for (int part = 0; part < 2; part++) {
            if (part == 1 && *f++ != '.') {
                f--;
                break;
            }
            if (*f == '*') {
                if (numbered || next >= SPECS_MAX)
                    return -1;
                types[next++][0] = '*';
                f++;
            } else
                f += strspn(f, "0123456789");
        }
        if (at < 0)
            at = next++;
        if (at < 0 || at >= SPECS_MAX)
            return -1;
        size_t mods = strspn(f, "hlzjt");
        if (mods > 2 || !f[mods] || !strchr("diuxXcs", f[mods]))
            return -1;
        char type[8] = "";
        memcpy(type, f, mods);
        type[mods] = f[mods] == 'i' ? 'd' : f[mods];
        if (types[at][0] && strcmp(types[at], type) != 0)
            return -1;
        memcpy(types[at], type, sizeof type);
        f += mods + 1;
    }
    if (numbered && plain)
        return -1;
    while (count < SPECS_MAX && types[count][0])
        count++;
    for (int i = count; i < SPECS_MAX; i++)
        if (types[i][0])
            return -1; /* an argument is skipped: printf cannot know its size */
    return count;
}

static void the_parser_sees_formats(void **state)
{
    (void)state;
    char t[SPECS_MAX][8];
    assert_int_equal(specs_parse("100 %% of %s: %zu, %-5.2d", t), 3);
    assert_string_equal(t[1], "zu");
    assert_int_equal(specs_parse("%2$s after %1$lld", t), 2);
    assert_string_equal(t[0], "lld");
    assert_int_equal(specs_parse("%.*s", t), 2);
    assert_int_equal(specs_parse("%2$s alone", t), -1);
    assert_int_equal(specs_parse("%s and %1$s", t), -1);
    assert_int_equal(specs_parse("50 %", t), -1);
    assert_int_equal(specs_parse("%n", t), -1);
}

/* The white space that a text ends in: a line or a prompt ends alike in both languages. */
static const char *tail_of(const char *s)
{
    const char *end = s + strlen(s);
    while (end > s && isspace((unsigned char)end[-1]))
        end--;
    return end;
}

static void both_languages_are_there_and_agree(void **state)
{
    (void)state;
    int bad = 0;
    for (int k = 1; k < JEM_T_COUNT; k++) {
        const char *id = jem_text_in(JEM_LANG_ID, (enum jem_text)k), *en = jem_text_in(JEM_LANG_EN, (enum jem_text)k);
        char a[SPECS_MAX][8], b[SPECS_MAX][8];
        const char *why = NULL;
        if (!id || !en || !*id || !*en)
            why = "a text is missing";
        else if (specs_parse(id, a) < 0 || specs_parse(en, b) < 0)
            why = "a format is ill-formed";
        else if (memcmp(a, b, sizeof a) != 0)
            why = "the formats take different arguments";
        else if (strpbrk(id, "\t\r") || strpbrk(en, "\t\r") || strcmp(tail_of(id), tail_of(en)) != 0)
            why = "white space inside, or at the end of one language only";
        if (why) {
            bad++;
            fprintf(stderr, "%s: %s\n  id: %s\n  en: %s\n", key_names[k], why, id ? id : "-", en ? en : "-");
        }
    }
    assert_int_equal(bad, 0);
}

/* A labelled line of the command line, "Label   value": src/cli/cli.h, JEM_LABEL_WIDTH. */
static void labels_fit_their_column(void **state)
{
    (void)state;
    int seen = 0, bad = 0;
    for (int k = 1; k < JEM_T_COUNT; k++)
        for (int lang = JEM_LANG_ID; strncmp(key_names[k], "CLI_L_", 6) == 0 && lang <= JEM_LANG_EN; lang++) {
            const char *s = jem_text_in((enum jem_lang)lang, (enum jem_text)k);
            size_t columns = 0;
            for (const char *c = s; *c; c++)
                columns += ((unsigned char)*c & 0xC0) != 0x80;
            seen++;
            if (columns > 24) {
                bad++;
                fprintf(stderr, "%s: %zu columns: %s\n", key_names[k], columns, s);
            }
        }
    assert_true(seen > 50);
    assert_int_equal(bad, 0);
}

static void *other_thread(void *arg)
{
    *(enum jem_lang *)arg = jem_lang_get();
    jem_lang_set(JEM_LANG_EN);
    return NULL;
}

static void the_language_is_the_threads(void **state)
{
    (void)state;
    assert_int_equal(jem_lang_get(), JEM_LANG_ID);
    assert_string_equal(jem_text(JEM_T_BASE_MONTH_8), "Agustus");
    jem_lang_set(JEM_LANG_EN);
    assert_string_equal(jem_text(JEM_T_BASE_MONTH_8), "August");
    enum jem_lang seen = JEM_LANG_UNKNOWN;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, other_thread, &seen), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(seen, JEM_LANG_ID);
    jem_lang_set(JEM_LANG_UNKNOWN);
    assert_int_equal(jem_lang_get(), JEM_LANG_EN);
    jem_lang_set(JEM_LANG_ID);
}

static void names_are_read(void **state)
{
    (void)state;
    assert_int_equal(jem_lang_parse("id"), JEM_LANG_ID);
    assert_int_equal(jem_lang_parse("id_ID.UTF-8"), JEM_LANG_ID);
    assert_int_equal(jem_lang_parse("en-US"), JEM_LANG_EN);
    assert_int_equal(jem_lang_parse("C"), JEM_LANG_UNKNOWN);
    assert_int_equal(jem_lang_parse("idiot"), JEM_LANG_UNKNOWN);
    assert_int_equal(jem_lang_parse(""), JEM_LANG_UNKNOWN);
    assert_int_equal(jem_lang_parse(NULL), JEM_LANG_UNKNOWN);
    assert_string_equal(jem_lang_name(JEM_LANG_EN), "en");
    assert_string_equal(jem_text((enum jem_text)JEM_T_COUNT), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parser_sees_formats),
        cmocka_unit_test(both_languages_are_there_and_agree),
        cmocka_unit_test(labels_fit_their_column),
        cmocka_unit_test(the_language_is_the_threads),
        cmocka_unit_test(names_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
