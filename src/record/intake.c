/* intake.c - what was entered for a service against what the catalogue asks. */
#include "catalog_parse.h"
#include "intake_value.h"

#include "jemput/catalog.h"
#include "jemput/clock.h"
#include "jemput/nik.h"

#include <stdio.h>
#include <string.h>

/* Every application has these two, whatever the catalogue says. */
enum { IMPLIED_NIK = 0, IMPLIED_NAME, IMPLIED_COUNT };

static struct jem_field intake_implied(int which)
{
    enum jem_text label = which == IMPLIED_NIK ? JEM_T_INTAKE_LABEL_NIK : JEM_T_INTAKE_LABEL_NAME;
    struct jem_field field = { .name = which == IMPLIED_NIK ? "nik" : "name",
        .type = which == IMPLIED_NIK ? JEM_FIELD_NIK : JEM_FIELD_TEXT,
        .required = true,
        .hint = { "", "" },
        .max_length = which == IMPLIED_NIK ? 0 : 120,
        .role = "" };
    field.label[JEM_ID] = jem_text_in(JEM_LANG_ID, label);
    field.label[JEM_EN] = jem_text_in(JEM_LANG_EN, label);
    return field;
}

/* ---- names of fields ---- */

static const char *intake_nearest(const struct jem_service *service, const char *name)
{
    const char *best = NULL;
    unsigned best_distance = (unsigned)(strlen(name) < 36 ? strlen(name) : 36) / 3 + 1;
    for (size_t i = 0; i < service->field_count + IMPLIED_COUNT; i++) {
        const char *candidate = i < service->field_count    ? service->fields[i].name
                                : i == service->field_count ? "nik"
                                                            : "name";
        unsigned distance = catalog_distance(name, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

static void intake_unknown(const struct jem_service *service, const char *name, struct jem_issues *out)
{
    /* What is no name of a field at all may be a value in the wrong place: it is not repeated. */
    if (!cat_is_word(name, '_', 1, 40)) {
        jem_issue_add(out, JEM_SEV_ERROR, "", JEM_T_INTAKE_UNKNOWN_FORM);
        return;
    }
    const char *near = intake_nearest(service, name);
    if (near)
        jem_issue_add(out, JEM_SEV_ERROR, name, JEM_T_INTAKE_UNKNOWN_NEAR, name, near);
    else
        jem_issue_add(out, JEM_SEV_ERROR, name, JEM_T_INTAKE_UNKNOWN, name, service->id);
}

/* ---- one field ---- */

/* A JSON number or truth value where the type is one has a plain text; NULL when it has none. */
static json_t *intake_text_of(const struct jem_field *field, const json_t *v)
{
    bool number = field->type == JEM_FIELD_INTEGER || field->type == JEM_FIELD_MONEY;
    if (number && json_is_integer(v))
        return json_sprintf("%lld", (long long)json_integer_value(v));
    if (field->type == JEM_FIELD_YESNO && json_is_boolean(v))
        return json_string(json_is_true(v) ? "ya" : "tidak");
    return NULL;
}

static void intake_empty(const struct jem_field *field, json_t *fields, bool partial, struct jem_issues *out)
{
    if (field->required)
        jem_issue_add(out, JEM_SEV_ERROR, field->name, JEM_T_INTAKE_MISSING, jem_pair(field->label));
    else if (partial) /* a correction that takes a value away */
        json_object_set_new(fields, field->name, json_string(""));
    else
        json_object_del(fields, field->name);
}

static void intake_value(const struct jem_field *field, const char *text, json_t *fields, bool partial, int32_t today,
    struct jem_issues *out)
{
    struct jem_buf clean = JEM_BUF_INIT((size_t)1 << 20), stored = JEM_BUF_INIT((size_t)1 << 20);
    if (!value_clean(text, field->type == JEM_FIELD_LONGTEXT, &clean))
        jem_issue_add(out, JEM_SEV_ERROR, field->name, JEM_T_INTAKE_CONTROL, jem_pair(field->label));
    else if (clean.failed)
        jem_issue_add(out, JEM_SEV_ERROR, field->name, JEM_T_INTAKE_TOO_LONG, jem_pair(field->label), 4000);
    else if (clean.len == 0)
        intake_empty(field, fields, partial, out);
    else if (value_normalise(field, jem_buf_text(&clean), today, &stored, out))
        json_object_set_new(fields, field->name, json_string(jem_buf_text(&stored)));
    jem_buf_release(&clean);
    jem_buf_release(&stored);
}

static void intake_field(const struct jem_field *field, json_t *fields, bool partial, int32_t today,
    struct jem_issues *out)
{
    const json_t *v = json_object_get(fields, field->name);
    if (!v && partial)
        return;
    if (!v || json_is_null(v)) {
        intake_empty(field, fields, partial, out);
        return;
    }
    if (!json_is_string(v)) {
        json_t *text = intake_text_of(field, v);
        if (!text) {
            jem_issue_add(out, JEM_SEV_ERROR, field->name, JEM_T_INTAKE_TYPE, jem_pair(field->label));
            return;
        }
        json_object_set_new(fields, field->name, text);
        v = text;
    }
    if (strlen(json_string_value(v)) != json_string_length(v))
        jem_issue_add(out, JEM_SEV_ERROR, field->name, JEM_T_INTAKE_CONTROL, jem_pair(field->label));
    else
        intake_value(field, json_string_value(v), fields, partial, today, out);
}

/* ---- the whole ---- */

/* The character at *p of UTF-8 that was checked before, and past it. */
static uint32_t intake_character(const unsigned char **p)
{
    uint32_t c = *(*p)++;
    if (c >= 0xC0)
        c &= c >= 0xF0 ? 0x07u : c >= 0xE0 ? 0x0Fu : 0x1Fu;
    while ((**p & 0xC0) == 0x80)
        c = c << 6 | (*(*p)++ & 0x3Fu);
    return c;
}

/* Marks stand on letters: they are neither. What else is no letter of any script: punctuation, arrows, symbols, emoji. */
static bool intake_is_mark(uint32_t c)
{
    return (c >= 0x0300 && c <= 0x036F) || (c >= 0x1DC0 && c <= 0x1DFF) || (c >= 0x20D0 && c <= 0x20FF) ||
           (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xFE20 && c <= 0xFE2F);
}

static bool intake_is_letter(uint32_t c)
{
    if (c < 0xC0)
        return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    return !(c >= 0x2000 && c <= 0x2BFF) && !(c >= 0x3000 && c <= 0x303F) && !(c >= 0xE000 && c <= 0xF8FF) &&
           c < 0x1F000 && !intake_is_mark(c) && c != 0xD7 && c != 0xF7;
}

static void intake_name(const json_t *fields, struct jem_issues *out)
{
    const char *name = jem_json_str(fields, "name", "");
    bool letter = false, other = false;
    for (const unsigned char *p = (const unsigned char *)name; *p;) {
        uint32_t c = intake_character(&p);
        bool is_letter = intake_is_letter(c);
        letter = letter || is_letter;
        other = other || !(is_letter || intake_is_mark(c) || (c < 0x80 && strchr(" .,'`-/()", (int)c) != NULL) ||
                             c == 0x2018 || c == 0x2019);
    }
    if (*name && !letter)
        jem_issue_add(out, JEM_SEV_ERROR, "name", JEM_T_INTAKE_NAME_LETTER);
    else if (other)
        jem_issue_add(out, JEM_SEV_WARNING, "name", JEM_T_INTAKE_NAME_DIGIT);
}

/* The value of the field with this role, NULL when the form has none or it is empty. */
static const char *intake_by_role(const struct jem_service *service, const json_t *fields, const char *role)
{
    for (size_t i = 0; i < service->field_count; i++)
        if (strcmp(service->fields[i].role, role) == 0) {
            const char *s = jem_json_str(fields, service->fields[i].name, "");
            return *s ? s : NULL;
        }
    return NULL;
}

static void intake_doubt_nik(const struct jem_service *service, const json_t *fields, int32_t today,
    struct jem_issues *out)
{
    struct jem_nik nik;
    int32_t birth = INT32_MIN;
    if (jem_nik_parse(jem_json_str(fields, "nik", ""), today, &nik, NULL) != JEM_OK)
        return;
    const char *date = intake_by_role(service, fields, "birth_date");
    if (date && jem_day_parse(date, &birth, NULL) != JEM_OK)
        birth = INT32_MIN;
    const char *sex = intake_by_role(service, fields, "sex");
    enum jem_sex said = JEM_SEX_UNKNOWN;
    if (sex && strcmp(sex, "L") == 0)
        said = JEM_SEX_MALE;
    else if (sex && strcmp(sex, "P") == 0)
        said = JEM_SEX_FEMALE;
    jem_nik_warn(&nik, "nik", birth, said, out);
}

void jem_intake_check(const struct jem_service *service, json_t *fields, bool partial, int32_t today,
    struct jem_issues *out)
{
    if (!json_is_object(fields)) {
        jem_issue_add(out, JEM_SEV_ERROR, "", JEM_T_INTAKE_OBJECT);
        return;
    }
    const char *key;
    json_t *value;
    json_object_foreach(fields, key, value)
    {
        if (strcmp(key, "nik") != 0 && strcmp(key, "name") != 0 && !jem_service_field(service, key))
            intake_unknown(service, key, out);
    }
    for (int i = 0; i < IMPLIED_COUNT; i++) {
        struct jem_field implied = intake_implied(i);
        size_t errors = out->errors;
        intake_field(&implied, fields, partial, today, out);
        if (i == IMPLIED_NAME && out->errors == errors)
            intake_name(fields, out);
    }
    for (size_t i = 0; i < service->field_count; i++)
        intake_field(&service->fields[i], fields, partial, today, out);
    intake_doubt_nik(service, fields, today, out);
}

/* ---- documents ---- */

static bool intake_has(const json_t *kinds, const char *kind)
{
    for (size_t i = 0; i < json_array_size(kinds); i++) {
        const char *have = json_string_value(json_array_get(kinds, i));
        if (have && strcmp(have, kind) == 0)
            return true;
    }
    return false;
}

/* True when `r` stands, directly or through others, for `kind`. The parser refuses circles. */
static bool intake_stands_for(const struct jem_service *service, const struct jem_requirement *r, const char *kind)
{
    while (r && *r->instead_of) {
        if (strcmp(r->instead_of, kind) == 0)
            return true;
        const struct jem_requirement *next = NULL;
        for (size_t i = 0; i < service->requirement_count && !next; i++)
            if (strcmp(service->requirements[i].kind, r->instead_of) == 0)
                next = &service->requirements[i];
        r = next;
    }
    return false;
}

size_t jem_intake_missing(const struct jem_service *service, const json_t *kinds, const struct jem_requirement **out,
    size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < service->requirement_count; i++) {
        const struct jem_requirement *r = &service->requirements[i];
        bool there = !r->required || r->shown_only || intake_has(kinds, r->kind);
        for (size_t j = 0; j < service->requirement_count && !there; j++) {
            const struct jem_requirement *other = &service->requirements[j];
            there = intake_has(kinds, other->kind) && intake_stands_for(service, other, r->kind);
        }
        if (!there && count < max)
            out[count++] = r;
    }
    return count;
}
