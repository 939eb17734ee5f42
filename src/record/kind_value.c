/* kind_value.c - does one value have the type and keep the bounds that a body's schema gives it. */
#include <string.h>

#include "jemput/application.h"
#include "jemput/number.h"
#include "kind.h"

enum jem_text kind_type_text(enum kind_type type)
{
    static const enum jem_text texts[] = {
        [KIND_NONE] = JEM_T_BODY_IS_OBJECT,
        [KIND_TEXT] = JEM_T_BODY_IS_TEXT,
        [KIND_TEXT_LIST] = JEM_T_BODY_IS_LIST,
        [KIND_CODE] = JEM_T_BODY_IS_CODE,
        [KIND_CODE_LIST] = JEM_T_BODY_IS_LIST,
        [KIND_INTEGER] = JEM_T_BODY_IS_INTEGER,
        [KIND_BOOLEAN] = JEM_T_BODY_IS_BOOLEAN,
        [KIND_HEX] = JEM_T_BODY_IS_HEX,
        [KIND_HEX_LIST] = JEM_T_BODY_IS_LIST,
        [KIND_EVENT_ID] = JEM_T_BODY_IS_EVENT_ID,
        [KIND_EVENT_LIST] = JEM_T_BODY_IS_LIST,
        [KIND_NUMBER] = JEM_T_BODY_IS_NUMBER,
        [KIND_NUMBERS] = JEM_T_BODY_IS_LIST,
        [KIND_DAY] = JEM_T_BODY_IS_DAY,
        [KIND_STATUS] = JEM_T_BODY_IS_STATUS,
        [KIND_ROLE] = JEM_T_BODY_IS_ROLE,
        [KIND_LEVEL] = JEM_T_BODY_IS_LEVEL,
        [KIND_OBJECT] = JEM_T_BODY_IS_OBJECT,
        [KIND_FIELDS] = JEM_T_BODY_IS_FIELDS,
        [KIND_TEXTS] = JEM_T_BODY_IS_OBJECT,
        [KIND_SET] = JEM_T_BODY_IS_SET,
        [KIND_PAGES] = JEM_T_BODY_IS_PAGES,
        [KIND_DUPLICATE] = JEM_T_BODY_IS_OBJECT,
        [KIND_BASE64] = JEM_T_BODY_IS_BASE64,
    };
    return texts[type];
}

static bool value_text(const json_t *v, int64_t min, int64_t max)
{
    return json_is_string(v) && json_string_length(v) >= (size_t)min && json_string_length(v) <= (size_t)max;
}

static bool value_text_list(const json_t *v, int64_t min, int64_t max)
{
    if (!json_is_array(v) || json_array_size(v) < (size_t)min || json_array_size(v) > (size_t)max)
        return false;
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!value_text(json_array_get(v, i), 1, 400))
            return false;
    return true;
}

static bool value_code(const json_t *v, int64_t min, int64_t max)
{
    if (!value_text(v, min, max))
        return false;
    for (const char *s = json_string_value(v); *s != '\0'; s++)
        if (!((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || *s == '.' || *s == '_' || *s == '-'))
            return false;
    return true;
}

/* Keys of the text table are upper case; newer ones need not be known here. */
static bool value_code_list(const json_t *v, int64_t min, int64_t max)
{
    if (!json_is_array(v) || json_array_size(v) < (size_t)min || json_array_size(v) > (size_t)max)
        return false;
    for (size_t i = 0; i < json_array_size(v); i++) {
        const json_t *item = json_array_get(v, i);
        if (!value_text(item, 1, 64))
            return false;
        const char *s = json_string_value(item);
        if (strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:") != strlen(s))
            return false;
    }
    return true;
}

static bool value_integer(const json_t *v, int64_t min, int64_t max)
{
    return json_is_integer(v) && json_integer_value(v) >= min && json_integer_value(v) <= max;
}

static bool value_hex(const json_t *v, int64_t min, int64_t max)
{
    if (!json_is_string(v))
        return false;
    size_t n = json_string_length(v);
    return (n == (size_t)min * 2 || n == (size_t)max * 2) && strspn(json_string_value(v), "0123456789abcdef") == n;
}

static bool value_base64(const json_t *v, int64_t min, int64_t max)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (!value_text(v, min, max))
        return false;
    const char *s = json_string_value(v);
    size_t n = json_string_length(v), plain = strspn(s, alphabet);
    return n % 4 == 0 && n - plain <= 2 && strspn(s + plain, "=") == n - plain;
}

static bool value_hex_list(const json_t *v, int64_t min, int64_t max)
{
    if (!json_is_array(v) || json_array_size(v) < (size_t)min || json_array_size(v) > (size_t)max)
        return false;
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!value_hex(json_array_get(v, i), 32, 32))
            return false;
    return true;
}

static bool value_event_id(const json_t *v)
{
    struct jem_event_id id;
    return json_is_string(v) && jem_event_id_parse(json_string_value(v), &id);
}

static bool value_event_list(const json_t *v, int64_t min, int64_t max)
{
    if (!json_is_array(v) || json_array_size(v) < (size_t)min || json_array_size(v) > (size_t)max)
        return false;
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!value_event_id(json_array_get(v, i)))
            return false;
    return true;
}

/* Only the one form that jem_number_format writes: a forgiving reader would give one number two byte forms. */
static bool value_number(const json_t *v)
{
    uint64_t number = 0;
    char text[JEM_NUMBER_TEXT];
    if (!json_is_string(v) || json_string_length(v) != JEM_NUMBER_TEXT - 1)
        return false;
    if (jem_number_parse(json_string_value(v), &number, NULL) != JEM_OK)
        return false;
    jem_number_format(number, text);
    return strcmp(text, json_string_value(v)) == 0;
}

static bool value_numbers(const json_t *v, int64_t min, int64_t max)
{
    size_t i;
    json_t *it;
    if (!json_is_array(v) || (int64_t)json_array_size(v) < min || (int64_t)json_array_size(v) > max)
        return false;
    json_array_foreach(v, i, it)
    {
        if (!value_number(it))
            return false;
    }
    return true;
}

static bool value_day(const json_t *v)
{
    int32_t day = 0;
    return json_is_string(v) && json_string_length(v) == 10 &&
           jem_day_parse(json_string_value(v), &day, NULL) == JEM_OK;
}

static bool value_one_of(const json_t *v, const char *const names[])
{
    if (!json_is_string(v))
        return false;
    for (size_t i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], json_string_value(v)) == 0)
            return true;
    return false;
}

/* [a-z][a-z0-9_]{0,39}, as the catalogue names its fields. */
static bool value_field_name(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return n >= 1 && n <= KIND_NAME_MAX && s[n] == '\0' && *s >= 'a' && *s <= 'z';
}

static bool value_texts(json_t *v, int64_t max)
{
    const char *name;
    json_t *text;
    if (!json_is_object(v) || (int64_t)json_object_size(v) > max)
        return false;
    json_object_foreach(v, name, text)
    {
        if (!value_text(text, 0, KIND_VALUE_MAX))
            return false;
    }
    return true;
}

static bool value_fields(json_t *v, int64_t max)
{
    const char *name;
    json_t *value;
    if (!json_is_object(v) || json_object_size(v) > (size_t)max)
        return false;
    if (json_object_get(v, "nik") == NULL || json_object_get(v, "name") == NULL)
        return false;
    json_object_foreach(v, name, value)
    {
        if (!value_field_name(name) || !value_text(value, 0, KIND_VALUE_MAX))
            return false;
    }
    return true;
}

static bool value_set(json_t *v, int64_t min, int64_t max)
{
    const char *name;
    json_t *write;
    if (!json_is_object(v) || json_object_size(v) < (size_t)min || json_object_size(v) > (size_t)max)
        return false;
    json_object_foreach(v, name, write)
    {
        if (!value_field_name(name) || !json_is_object(write) ||
            !value_text(json_object_get(write, "v"), 0, KIND_VALUE_MAX) ||
            !value_event_list(json_object_get(write, "base"), 0, KIND_BASE_MAX))
            return false;
    }
    return true;
}

static bool value_pages(const json_t *v, int64_t min, int64_t max)
{
    if (!json_is_array(v) || json_array_size(v) < (size_t)min || json_array_size(v) > (size_t)max)
        return false;
    for (size_t i = 0; i < json_array_size(v); i++) {
        const json_t *page = json_array_get(v, i);
        if (!json_is_object(page) || !value_hex(json_object_get(page, "preview"), 32, 32) ||
            !value_integer(json_object_get(page, "size"), 0, (int64_t)1 << 40))
            return false;
    }
    return true;
}

static bool value_duplicate(const json_t *v)
{
    return json_is_object(v) && value_number(json_object_get(v, "of")) &&
           value_text(json_object_get(v, "reason"), 0, 4000);
}

bool kind_value_ok(const struct kind_member *m, const json_t *v)
{
    static const char *const roles[] = { "officer", "supervisor", "clerk", "verifier", "approver", "admin", "system",
        NULL };
    static const char *const levels[] = { "received", "durable", NULL };
    switch (m->type) {
    case KIND_NONE: return false;
    case KIND_TEXT: return value_text(v, m->min, m->max);
    case KIND_TEXT_LIST: return value_text_list(v, m->min, m->max);
    case KIND_CODE: return value_code(v, m->min, m->max);
    case KIND_CODE_LIST: return value_code_list(v, m->min, m->max);
    case KIND_INTEGER: return value_integer(v, m->min, m->max);
    case KIND_BOOLEAN: return json_is_boolean(v);
    case KIND_HEX: return value_hex(v, m->min, m->max);
    case KIND_HEX_LIST: return value_hex_list(v, m->min, m->max);
    case KIND_EVENT_ID: return value_event_id(v);
    case KIND_EVENT_LIST: return value_event_list(v, m->min, m->max);
    case KIND_NUMBER: return value_number(v);
    case KIND_NUMBERS: return value_numbers(v, m->min, m->max);
    case KIND_DAY: return value_day(v);
    case KIND_STATUS: return json_is_string(v) && jem_status_parse(json_string_value(v)) != JEM_STATUS_UNKNOWN;
    case KIND_ROLE: return value_one_of(v, roles);
    case KIND_LEVEL: return value_one_of(v, levels);
    case KIND_OBJECT: return json_is_object(v);
    case KIND_FIELDS: return value_fields((json_t *)(uintptr_t)v, m->max);
    case KIND_TEXTS: return value_texts((json_t *)(uintptr_t)v, m->max);
    case KIND_SET: return value_set((json_t *)(uintptr_t)v, m->min, m->max);
    case KIND_PAGES: return value_pages(v, m->min, m->max);
    case KIND_DUPLICATE: return value_duplicate(v);
    case KIND_BASE64: return value_base64(v, m->min, m->max);
    }
    return false;
}
