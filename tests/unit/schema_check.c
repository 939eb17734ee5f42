/* schema_check.c - JSON Schema, the part that the catalogue's schema is written in. */
#include "schema_check.h"

#include <regex.h>
#include <string.h>

#include "unit.h"

enum { PATTERN_MAX = 32 };
static struct {
    char text[64];
    regex_t compiled;
} patterns[PATTERN_MAX];
static size_t pattern_count;

void schema_release(void)
{
    while (pattern_count > 0)
        regfree(&patterns[--pattern_count].compiled);
}

static bool schema_pattern(const char *pattern, const char *s)
{
    size_t i = 0;
    while (i < pattern_count && strcmp(patterns[i].text, pattern) != 0)
        i++;
    if (i == pattern_count) {
        assert_true(i < PATTERN_MAX && strlen(pattern) < sizeof patterns[i].text);
        memcpy(patterns[i].text, pattern, strlen(pattern) + 1);
        assert_int_equal(regcomp(&patterns[i].compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
        pattern_count++;
    }
    return regexec(&patterns[i].compiled, s, 0, NULL, 0) == 0;
}

static json_int_t schema_chars(const char *s)
{
    json_int_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

static bool schema_type(const char *type, const json_t *v)
{
    static const struct {
        const char *name;
        json_type type;
    } names[] = { { "object", JSON_OBJECT }, { "array", JSON_ARRAY }, { "string", JSON_STRING },
        { "integer", JSON_INTEGER } };
    if (strcmp(type, "boolean") == 0)
        return json_is_boolean(v);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(type, names[i].name) == 0)
            return json_typeof(v) == names[i].type;
    fail_msg("type %s is not known here", type);
    return false;
}

static bool schema_object_word(const json_t *root, const json_t *schema, const char *word, const json_t *rule,
    const json_t *v)
{
    const char *name;
    json_t *member;
    if (strcmp(word, "required") == 0) {
        for (size_t i = 0; i < json_array_size(rule); i++)
            if (!json_object_get(v, json_string_value(json_array_get(rule, i))))
                return false;
    } else if (strcmp(word, "properties") == 0) {
        json_object_foreach((json_t *)(uintptr_t)rule, name, member)
        {
            const json_t *there = json_object_get(v, name);
            if (there && !schema_holds(root, member, there))
                return false;
        }
    } else { /* additionalProperties */
        assert_true(json_is_false(rule));
        const json_t *known = json_object_get(schema, "properties");
        json_object_foreach((json_t *)(uintptr_t)v, name, member)
        {
            if (!json_object_get(known, name))
                return false;
        }
    }
    return true;
}

static bool schema_array_word(const json_t *root, const char *word, const json_t *rule, const json_t *v)
{
    size_t n = json_array_size(v);
    if (strcmp(word, "minItems") == 0)
        return (json_int_t)n >= json_integer_value(rule);
    if (strcmp(word, "maxItems") == 0)
        return (json_int_t)n <= json_integer_value(rule);
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(v, i);
        if (strcmp(word, "items") == 0 && !schema_holds(root, rule, item))
            return false;
        for (size_t j = 0; strcmp(word, "uniqueItems") == 0 && j < i; j++)
            if (json_equal(json_array_get(v, j), item))
                return false;
    }
    return true;
}

static bool schema_string_word(const char *word, const json_t *rule, const json_t *v)
{
    const char *s = json_string_value(v);
    if (strcmp(word, "pattern") == 0)
        return schema_pattern(json_string_value(rule), s);
    if (strcmp(word, "minLength") == 0)
        return schema_chars(s) >= json_integer_value(rule);
    return schema_chars(s) <= json_integer_value(rule);
}

static bool schema_any_word(const json_t *root, const json_t *schema, const char *word, const json_t *rule,
    const json_t *v)
{
    if (strcmp(word, "$ref") == 0) {
        const char *ref = json_string_value(rule);
        assert_int_equal(strncmp(ref, "#/$defs/", 8), 0);
        const json_t *target = json_object_get(json_object_get(root, "$defs"), ref + 8);
        assert_non_null(target);
        return schema_holds(root, target, v);
    }
    if (strcmp(word, "type") == 0)
        return schema_type(json_string_value(rule), v);
    if (strcmp(word, "const") == 0)
        return json_equal(rule, v);
    if (strcmp(word, "not") == 0)
        return !schema_holds(root, rule, v);
    if (strcmp(word, "enum") == 0) {
        for (size_t i = 0; i < json_array_size(rule); i++)
            if (json_equal(json_array_get(rule, i), v))
                return true;
        return false;
    }
    if (strcmp(word, "allOf") == 0) {
        for (size_t i = 0; i < json_array_size(rule); i++)
            if (!schema_holds(root, json_array_get(rule, i), v))
                return false;
        return true;
    }
    if (strcmp(word, "if") == 0) {
        const json_t *branch = json_object_get(schema, schema_holds(root, rule, v) ? "then" : "else");
        return !branch || schema_holds(root, branch, v);
    }
    fail_msg("the schema uses \"%s\", which is not known here", word);
    return false;
}

static bool schema_listed(const char *list, const char *word)
{
    const char *at = strstr(list, word);
    return at && at[-1] == ' ' && at[strlen(word)] == ' ';
}

static bool schema_word(const json_t *root, const json_t *schema, const char *word, const json_t *rule, const json_t *v)
{
    if (schema_listed(" $schema $defs title description then else ", word))
        return true;
    if (schema_listed(" required properties additionalProperties ", word))
        return !json_is_object(v) || schema_object_word(root, schema, word, rule, v);
    if (schema_listed(" items minItems maxItems uniqueItems ", word))
        return !json_is_array(v) || schema_array_word(root, word, rule, v);
    if (schema_listed(" pattern minLength maxLength ", word))
        return !json_is_string(v) || schema_string_word(word, rule, v);
    if (strcmp(word, "minimum") == 0)
        return !json_is_integer(v) || json_integer_value(v) >= json_integer_value(rule);
    if (strcmp(word, "maximum") == 0)
        return !json_is_integer(v) || json_integer_value(v) <= json_integer_value(rule);
    return schema_any_word(root, schema, word, rule, v);
}

bool schema_holds(const json_t *root, const json_t *schema, const json_t *value)
{
    if (json_is_boolean(schema))
        return json_is_true(schema);
    const char *word;
    json_t *rule;
    json_object_foreach((json_t *)(uintptr_t)schema, word, rule)
    {
        if (!schema_word(root, schema, word, rule, value))
            return false;
    }
    return true;
}
