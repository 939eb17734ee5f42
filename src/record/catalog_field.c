/* catalog_field.c - reading the form fields and the required documents of a service. */
#include "catalog_parse.h"

#include <string.h>

enum { FIELD_MAX = 60, OPTION_MAX = 100, REQUIREMENT_MAX = 40, LABEL_MAX = 160, HINT_MAX = 320, LENGTH_MAX = 4000 };

static const char *const field_types[] = { [JEM_FIELD_UNKNOWN] = "",
    [JEM_FIELD_TEXT] = "text",
    [JEM_FIELD_LONGTEXT] = "longtext",
    [JEM_FIELD_NIK] = "nik",
    [JEM_FIELD_KK] = "kk",
    [JEM_FIELD_DATE] = "date",
    [JEM_FIELD_INTEGER] = "integer",
    [JEM_FIELD_MONEY] = "money",
    [JEM_FIELD_CHOICE] = "choice",
    [JEM_FIELD_YESNO] = "yesno",
    [JEM_FIELD_PHONE] = "phone",
    [JEM_FIELD_EMAIL] = "email",
    [JEM_FIELD_VILLAGE] = "village" };
enum { FIELD_TYPES = sizeof field_types / sizeof field_types[0] };

const char *jem_field_type_name(enum jem_field_type type)
{
    return (size_t)type < FIELD_TYPES ? field_types[type] : "";
}

bool cat_is_word(const char *s, char joint, size_t min, size_t max)
{
    size_t n = strlen(s);
    if (n < min || n > max || s[0] < 'a' || s[0] > 'z')
        return false;
    for (const char *p = s; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == joint))
            return false;
    return true;
}

static bool field_is_name(const char *s)
{
    return cat_is_word(s, '_', 1, 40);
}

static bool requirement_is_kind(const char *s)
{
    return cat_is_word(s, '-', 1, 32);
}

/* [A-Za-z0-9] then also _ and -, 1..32 characters. */
static bool option_is_value(const char *s)
{
    static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t n = strlen(s);
    return n >= 1 && n <= 32 && strspn(s, word) == n && s[0] != '_' && s[0] != '-';
}

/* The index of the text in `names` that is the member's value; 0 after a fault. names[0] is no value. */
static size_t cat_one_of(struct cat_walk *w, const json_t *obj, const char *member, const char *const *names,
    size_t count)
{
    const char *s = cat_text(w, obj, member, 80, NULL, JEM_T_NONE);
    for (size_t i = 1; i < count; i++)
        if (strcmp(s, names[i]) == 0)
            return i;
    if (*s) {
        char all[128] = "";
        for (size_t i = 1; i < count; i++) {
            strncat(all, i > 1 ? ", " : "", sizeof all - strlen(all) - 1);
            strncat(all, names[i], sizeof all - strlen(all) - 1);
        }
        cat_fault_at(w, member, JEM_T_CATALOG_F_ONE_OF, all);
    }
    return 0;
}

static void field_options(struct cat_walk *w, const json_t *obj, struct jem_field *field)
{
    const json_t *list = cat_array(w, obj, "options", 2, OPTION_MAX);
    if (!list)
        return;
    struct jem_option *options = cat_alloc(w, json_array_size(list), sizeof *options);
    if (!options)
        return;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        size_t before = cat_enter_element(w, "options", i, jem_json_str(item, "value", NULL));
        struct jem_option *option = &options[i];
        option->value = "";
        option->label[JEM_ID] = option->label[JEM_EN] = "";
        if (cat_members(w, item, "value label", "")) {
            option->value = cat_text(w, item, "value", 32, option_is_value, JEM_T_CATALOG_F_OPTION_FORM);
            cat_pair(w, item, "label", LABEL_MAX, option->label);
        }
        for (size_t j = 0; j < i; j++)
            if (*option->value && strcmp(options[j].value, option->value) == 0)
                cat_fault(w, JEM_T_CATALOG_F_TWICE, option->value);
        cat_leave(w, before);
    }
    field->options = options;
    field->option_count = json_array_size(list);
}

/* What only some types have. */
static void field_by_type(struct cat_walk *w, const json_t *obj, struct jem_field *field)
{
    bool choice = field->type == JEM_FIELD_CHOICE;
    bool text = field->type == JEM_FIELD_TEXT || field->type == JEM_FIELD_LONGTEXT;
    bool bounded = field->type == JEM_FIELD_INTEGER || field->type == JEM_FIELD_MONEY || field->type == JEM_FIELD_DATE;
    const char *type = jem_field_type_name(field->type);
    if (choice && !json_object_get(obj, "options"))
        cat_fault(w, JEM_T_CATALOG_F_MISSING, "options");
    if (choice)
        field_options(w, obj, field);
    else if (json_object_get(obj, "options"))
        cat_fault_at(w, "options", JEM_T_CATALOG_F_NOT_HERE, type);
    if (text)
        field->max_length =
            (size_t)cat_int(w, obj, "max_length", 1, LENGTH_MAX, field->type == JEM_FIELD_TEXT ? 120 : 1000);
    else if (json_object_get(obj, "max_length"))
        cat_fault_at(w, "max_length", JEM_T_CATALOG_F_NOT_HERE, type);
    const int64_t widest = (int64_t)1 << 53;
    if (bounded) {
        int64_t lowest = field->type == JEM_FIELD_MONEY ? 0 : -widest;
        field->min = cat_int(w, obj, "min", lowest, widest, field->type == JEM_FIELD_MONEY ? 0 : INT64_MIN);
        field->max = cat_int(w, obj, "max", lowest, widest, INT64_MAX);
        if (field->min > field->max)
            cat_fault_at(w, "min", JEM_T_CATALOG_F_MIN_MAX);
    } else {
        if (json_object_get(obj, "min"))
            cat_fault_at(w, "min", JEM_T_CATALOG_F_NOT_HERE, type);
        if (json_object_get(obj, "max"))
            cat_fault_at(w, "max", JEM_T_CATALOG_F_NOT_HERE, type);
    }
}

/* A role binds the type: the check of a NIK and the search read the value by it. */
static void field_role(struct cat_walk *w, const json_t *obj, struct jem_field *field)
{
    static const char *const roles[] = { "", "birth_date", "sex", "phone", "village" };
    static const enum jem_field_type types[] = { JEM_FIELD_UNKNOWN, JEM_FIELD_DATE, JEM_FIELD_CHOICE, JEM_FIELD_PHONE,
        JEM_FIELD_VILLAGE };
    field->role = "";
    size_t role = cat_one_of(w, obj, "role", roles, sizeof roles / sizeof roles[0]);
    if (role == 0)
        return;
    field->role = roles[role];
    if (field->type == JEM_FIELD_UNKNOWN)
        return;
    if (field->type != types[role]) {
        cat_fault_at(w, "role", JEM_T_CATALOG_F_NOT_HERE, jem_field_type_name(field->type));
        return;
    }
    bool man = false, woman = false;
    for (size_t i = 0; i < field->option_count; i++) {
        man = man || strcmp(field->options[i].value, "L") == 0;
        woman = woman || strcmp(field->options[i].value, "P") == 0;
    }
    if (field->type == JEM_FIELD_CHOICE && !(man && woman && field->option_count == 2))
        cat_fault_at(w, "options", JEM_T_CATALOG_F_SEX);
}

/* What the form begins with; only where there is something to choose or to count. */
static void field_preset(struct cat_walk *w, const json_t *obj, struct jem_field *field)
{
    field->preset = cat_text(w, obj, "default", 40, NULL, JEM_T_NONE);
    size_t n = strlen(field->preset), digits = strspn(field->preset, "0123456789");
    bool good = n == 0;
    if (field->type == JEM_FIELD_CHOICE) {
        for (size_t i = 0; i < field->option_count; i++)
            good = good || strcmp(field->options[i].value, field->preset) == 0;
    } else if (field->type == JEM_FIELD_YESNO) {
        good = good || strcmp(field->preset, "ya") == 0 || strcmp(field->preset, "tidak") == 0;
    } else if (field->type == JEM_FIELD_INTEGER || field->type == JEM_FIELD_MONEY) {
        good = n == digits && n <= 15;
    } else if (n > 0 && field->type != JEM_FIELD_UNKNOWN) {
        cat_fault_at(w, "default", JEM_T_CATALOG_F_NOT_HERE, jem_field_type_name(field->type));
        return;
    }
    if (!good)
        cat_fault_at(w, "default", JEM_T_CATALOG_F_DEFAULT);
}

static void field_read(struct cat_walk *w, const json_t *obj, struct jem_field *field)
{
    *field = (struct jem_field){ .name = "",
        .label = { "", "" },
        .hint = { "", "" },
        .role = "",
        .preset = "",
        .min = INT64_MIN,
        .max = INT64_MAX };
    if (!cat_members(w, obj, "name type required label", "hint options min max max_length role default"))
        return;
    field->name = cat_text(w, obj, "name", 40, field_is_name, JEM_T_CATALOG_F_FIELD_FORM);
    if (strcmp(field->name, "nik") == 0 || strcmp(field->name, "name") == 0)
        cat_fault_at(w, "name", JEM_T_CATALOG_F_IMPLIED, field->name);
    field->type = (enum jem_field_type)cat_one_of(w, obj, "type", field_types, FIELD_TYPES);
    field->required = cat_bool(w, obj, "required", false);
    cat_pair(w, obj, "label", LABEL_MAX, field->label);
    cat_pair(w, obj, "hint", HINT_MAX, field->hint);
    if (field->type != JEM_FIELD_UNKNOWN)
        field_by_type(w, obj, field);
    field_role(w, obj, field);
    field_preset(w, obj, field);
}

struct jem_field *cat_fields(struct cat_walk *w, const json_t *obj, const char *member, size_t *out_count)
{
    *out_count = 0;
    const json_t *list = cat_array(w, obj, member, 0, FIELD_MAX);
    size_t count = json_array_size(list);
    struct jem_field *fields = cat_alloc(w, count, sizeof *fields);
    if (!fields)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        size_t before = cat_enter_element(w, member, i, jem_json_str(item, "name", NULL));
        field_read(w, item, &fields[i]);
        for (size_t j = 0; j < i; j++)
            if (*fields[i].name && strcmp(fields[j].name, fields[i].name) == 0)
                cat_fault(w, JEM_T_CATALOG_F_TWICE, fields[i].name);
        cat_leave(w, before);
    }
    *out_count = count;
    return fields;
}

/* ---- required documents ---- */

static void requirement_read(struct cat_walk *w, const json_t *obj, struct jem_requirement *r)
{
    static const char *const colours[] = { "", "bilevel", "gray", "colour" };
    *r = (struct jem_requirement){ .kind = "",
        .label = { "", "" },
        .when = { "", "" },
        .instead_of = "",
        .colour = "bilevel" };
    if (!cat_members(w, obj, "kind label required", "shown_only when instead_of colour"))
        return;
    r->kind = cat_text(w, obj, "kind", 32, requirement_is_kind, JEM_T_CATALOG_F_KIND_FORM);
    cat_pair(w, obj, "label", HINT_MAX, r->label);
    r->required = cat_bool(w, obj, "required", false);
    r->shown_only = cat_bool(w, obj, "shown_only", false);
    cat_pair(w, obj, "when", HINT_MAX, r->when);
    r->instead_of = cat_text(w, obj, "instead_of", 32, requirement_is_kind, JEM_T_CATALOG_F_KIND_FORM);
    size_t colour = cat_one_of(w, obj, "colour", colours, sizeof colours / sizeof colours[0]);
    if (colour)
        r->colour = colours[colour];
    if (json_is_true(json_object_get(obj, "required"))) {
        if (json_object_get(obj, "when"))
            cat_fault_at(w, "when", JEM_T_CATALOG_F_WHEN_REQUIRED);
        if (json_object_get(obj, "instead_of"))
            cat_fault_at(w, "instead_of", JEM_T_CATALOG_F_WHEN_REQUIRED);
    } else if (json_is_false(json_object_get(obj, "required")) && !json_object_get(obj, "when")) {
        cat_fault(w, JEM_T_CATALOG_F_MISSING, "when");
    }
}

static const struct jem_requirement *requirement_of(const struct jem_requirement *all, size_t count, const char *kind)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(all[i].kind, kind) == 0)
            return &all[i];
    return NULL;
}

/* What a document stands for is another document of the service, and the chain ends. */
static void requirement_chain(struct cat_walk *w, const struct jem_requirement *all, size_t count, size_t at)
{
    const struct jem_requirement *r = &all[at];
    if (*r->instead_of == '\0')
        return;
    size_t steps = 0;
    while (r && *r->instead_of && steps++ <= count) {
        const char *target = r->instead_of;
        r = requirement_of(all, count, target);
        if (!r)
            cat_fault_at(w, "instead_of", JEM_T_CATALOG_F_REFERENCE, target);
    }
    if (r && steps > count)
        cat_fault_at(w, "instead_of", JEM_T_CATALOG_F_CIRCLE);
}

struct jem_requirement *cat_requirements(struct cat_walk *w, const json_t *obj, size_t *out_count)
{
    *out_count = 0;
    const json_t *list = cat_array(w, obj, "requirements", 0, REQUIREMENT_MAX);
    size_t count = json_array_size(list);
    struct jem_requirement *all = cat_alloc(w, count, sizeof *all);
    if (!all)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        size_t before = cat_enter_element(w, "requirements", i, jem_json_str(item, "kind", NULL));
        requirement_read(w, item, &all[i]);
        if (*all[i].kind && requirement_of(all, i, all[i].kind))
            cat_fault(w, JEM_T_CATALOG_F_TWICE, all[i].kind);
        cat_leave(w, before);
    }
    for (size_t i = 0; i < count; i++) {
        size_t before = cat_enter_element(w, "requirements", i, all[i].kind);
        requirement_chain(w, all, count, i);
        cat_leave(w, before);
    }
    *out_count = count;
    return all;
}
