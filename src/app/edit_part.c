/* edit_part.c - a service in parts that fit a form: what is asked, and how its text and the catalogue's JSON become each other. A
 * text that is no number, or that is blank where something is needed, goes into the JSON as it is: the parser tells its fault. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edit_own.h"

#define PART_PATH_MAX 80
#define PART_OPTIONS_MAX 101 /* one more than the parser takes, so that it tells */

/* ---- what is asked ---- */

static const struct jem_edit_choice part_types[] = { { "text", JEM_T_EDIT_TYPE_TEXT },
    { "longtext", JEM_T_EDIT_TYPE_LONGTEXT }, { "choice", JEM_T_EDIT_TYPE_CHOICE }, { "yesno", JEM_T_EDIT_TYPE_YESNO },
    { "date", JEM_T_EDIT_TYPE_DATE }, { "integer", JEM_T_EDIT_TYPE_INTEGER }, { "money", JEM_T_EDIT_TYPE_MONEY },
    { "nik", JEM_T_EDIT_TYPE_NIK }, { "kk", JEM_T_EDIT_TYPE_KK }, { "phone", JEM_T_EDIT_TYPE_PHONE },
    { "email", JEM_T_EDIT_TYPE_EMAIL }, { "village", JEM_T_EDIT_TYPE_VILLAGE }, { NULL, JEM_T_NONE } };
static const struct jem_edit_choice part_roles[] = { { "", JEM_T_EDIT_NONE }, { "birth_date", JEM_T_EDIT_ROLE_BIRTH },
    { "sex", JEM_T_EDIT_ROLE_SEX }, { "phone", JEM_T_EDIT_ROLE_PHONE }, { "village", JEM_T_EDIT_ROLE_VILLAGE },
    { NULL, JEM_T_NONE } };
static const struct jem_edit_choice part_colours[] = { { "", JEM_T_EDIT_COLOUR_BILEVEL },
    { "gray", JEM_T_EDIT_COLOUR_GRAY }, { "colour", JEM_T_EDIT_COLOUR_COLOUR }, { NULL, JEM_T_NONE } };

#define PART_END                                                \
    {                                                           \
        NULL, JEM_EDIT_END, false, JEM_T_NONE, JEM_T_NONE, NULL \
    }

static const struct jem_edit_input part_general[] = {
    { "name", JEM_EDIT_PAIR, true, JEM_T_EDIT_NAME, JEM_T_NONE, NULL },
    { "agency", JEM_EDIT_AGENCY, true, JEM_T_CLI_C_AGENCY, JEM_T_NONE, NULL },
    { "promised.hours", JEM_EDIT_NUMBER, true, JEM_T_EDIT_HOURS, JEM_T_EDIT_HOURS_HINT, NULL },
    { "promised.text", JEM_EDIT_PAIR, true, JEM_T_EDIT_PROMISED, JEM_T_EDIT_PROMISED_HINT, NULL },
    { "fee.idr", JEM_EDIT_NUMBER, true, JEM_T_EDIT_FEE, JEM_T_EDIT_FEE_HINT, NULL },
    { "fee.note", JEM_EDIT_PAIR, true, JEM_T_EDIT_FEE_NOTE, JEM_T_NONE, NULL },
    { "duplicate_window_days", JEM_EDIT_NUMBER, true, JEM_T_EDIT_WINDOW, JEM_T_EDIT_WINDOW_HINT, NULL },
    { "retention_days", JEM_EDIT_NUMBER, true, JEM_T_EDIT_RETENTION, JEM_T_EDIT_RETENTION_HINT, NULL },
    { "without", JEM_EDIT_WITHOUT, false, JEM_T_EDIT_WITHOUT, JEM_T_NONE, NULL },
    PART_END,
};

#define PART_STANDARD(path, label)                                                       \
    {                                                                                    \
        "standard." path, JEM_EDIT_TEXTS, true, JEM_T_STANDARD_##label, JEM_T_NONE, NULL \
    }
static const struct jem_edit_input part_standard[] = {
    PART_STANDARD("requirements", REQUIREMENTS),
    PART_STANDARD("procedure", PROCEDURE),
    PART_STANDARD("time", TIME),
    PART_STANDARD("cost", COST),
    PART_STANDARD("product", PRODUCT),
    PART_STANDARD("complaints", COMPLAINTS),
    PART_STANDARD("legal_basis", LEGAL_BASIS),
    PART_STANDARD("facilities", FACILITIES),
    PART_STANDARD("competence", COMPETENCE),
    PART_STANDARD("supervision", SUPERVISION),
    PART_STANDARD("staff_number", STAFF_NUMBER),
    PART_STANDARD("service_guarantee", SERVICE_GUARANTEE),
    PART_STANDARD("safety_guarantee", SAFETY_GUARANTEE),
    PART_STANDARD("evaluation", EVALUATION),
    PART_END,
};

#define PART_STAGE(path, label)                                                      \
    {                                                                                \
        "stages." path, JEM_EDIT_PAIR, false, JEM_T_STATUS_##label, JEM_T_NONE, NULL \
    }
static const struct jem_edit_input part_stages[] = {
    PART_STAGE("submitted", SUBMITTED),
    PART_STAGE("received", RECEIVED),
    PART_STAGE("verified", VERIFIED),
    PART_STAGE("in_process", IN_PROCESS),
    PART_STAGE("ready", READY),
    PART_STAGE("handed_over", HANDED_OVER),
    PART_STAGE("returned", RETURNED),
    PART_STAGE("rejected", REJECTED),
    PART_STAGE("withdrawn", WITHDRAWN),
    PART_STAGE("linked", LINKED),
    PART_END,
};

static const struct jem_edit_input part_fields[] = {
    { "name", JEM_EDIT_WORD, true, JEM_T_EDIT_F_NAME, JEM_T_EDIT_F_NAME_HINT, NULL },
    { "label", JEM_EDIT_PAIR, true, JEM_T_EDIT_LABEL, JEM_T_NONE, NULL },
    { "type", JEM_EDIT_CHOICE, true, JEM_T_EDIT_F_TYPE, JEM_T_NONE, part_types },
    { "required", JEM_EDIT_TICK, true, JEM_T_EDIT_F_REQUIRED, JEM_T_NONE, NULL },
    { "hint", JEM_EDIT_PAIR, false, JEM_T_EDIT_F_HINT, JEM_T_NONE, NULL },
    { "options", JEM_EDIT_OPTIONS, false, JEM_T_EDIT_F_OPTIONS, JEM_T_EDIT_F_OPTIONS_HINT, NULL },
    { "default", JEM_EDIT_WORD, false, JEM_T_EDIT_F_DEFAULT, JEM_T_EDIT_F_DEFAULT_HINT, NULL },
    { "max_length", JEM_EDIT_NUMBER, false, JEM_T_EDIT_F_LENGTH, JEM_T_EDIT_F_LENGTH_HINT, NULL },
    { "min", JEM_EDIT_NUMBER, false, JEM_T_EDIT_F_MIN, JEM_T_EDIT_F_BOUND_HINT, NULL },
    { "max", JEM_EDIT_NUMBER, false, JEM_T_EDIT_F_MAX, JEM_T_EDIT_F_BOUND_HINT, NULL },
    { "role", JEM_EDIT_CHOICE, false, JEM_T_EDIT_F_ROLE, JEM_T_EDIT_F_ROLE_HINT, part_roles },
    PART_END,
};
static const struct jem_edit_input part_requirements[] = {
    { "kind", JEM_EDIT_WORD, true, JEM_T_EDIT_R_KIND, JEM_T_EDIT_R_KIND_HINT, NULL },
    { "label", JEM_EDIT_PAIR, true, JEM_T_EDIT_LABEL, JEM_T_NONE, NULL },
    { "required", JEM_EDIT_TICK, true, JEM_T_EDIT_R_REQUIRED, JEM_T_NONE, NULL },
    { "when", JEM_EDIT_PAIR, false, JEM_T_EDIT_R_WHEN, JEM_T_EDIT_R_WHEN_HINT, NULL },
    { "shown_only", JEM_EDIT_TICK, false, JEM_T_EDIT_R_SHOWN, JEM_T_NONE, NULL },
    { "instead_of", JEM_EDIT_WORD, false, JEM_T_EDIT_R_INSTEAD, JEM_T_EDIT_R_INSTEAD_HINT, NULL },
    { "colour", JEM_EDIT_CHOICE, false, JEM_T_EDIT_R_COLOUR, JEM_T_NONE, part_colours },
    PART_END,
};

static const struct jem_edit_input part_agencies[] = {
    { "id", JEM_EDIT_WORD, true, JEM_T_EDIT_A_ID, JEM_T_EDIT_A_ID_HINT, NULL },
    { "name", JEM_EDIT_PAIR, true, JEM_T_EDIT_A_NAME, JEM_T_NONE, NULL },
    PART_END,
};

const struct jem_edit_part jem_edit_parts[] = {
    { "general", JEM_T_EDIT_PART_GENERAL, NULL, NULL, part_general, false },
    { "requirements", JEM_T_EDIT_PART_REQUIREMENTS, "requirements", "kind", part_requirements, false },
    { "fields", JEM_T_EDIT_PART_FIELDS, "fields", "name", part_fields, false },
    { "standard", JEM_T_EDIT_PART_STANDARD, NULL, NULL, part_standard, false },
    { "stages", JEM_T_EDIT_PART_STAGES, NULL, NULL, part_stages, false },
    { "agencies", JEM_T_EDIT_PART_AGENCIES, "agencies", "id", part_agencies, true },
    { "common_fields", JEM_T_EDIT_PART_COMMON, "common_fields", "name", part_fields, true },
    { NULL, JEM_T_NONE, NULL, NULL, NULL, false },
};

const struct jem_edit_part *jem_edit_part(const char *name)
{
    for (const struct jem_edit_part *part = jem_edit_parts; part->name != NULL; part++)
        if (strcmp(part->name, name) == 0)
            return part;
    return NULL;
}

/* ---- places ---- */

json_t *own_edit_item(const struct jem_edit_part *part, const json_t *service, const char *name, size_t *at)
{
    const json_t *list = json_object_get(service, part->list);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(jem_json_str(json_array_get(list, i), part->key, ""), name) == 0) {
            if (at != NULL)
                *at = i;
            return json_array_get(list, i);
        }
    return NULL;
}

/* "promised.hours": the object that holds the last step (made when `make`), and that step. */
static json_t *part_holder(json_t *obj, const char *path, bool make, const char **last)
{
    const char *dot = strchr(path, '.');
    char step[PART_PATH_MAX];
    *last = dot != NULL ? dot + 1 : path;
    if (dot == NULL)
        return obj;
    (void)snprintf(step, sizeof step, "%.*s", (int)(dot - path), path);
    json_t *inner = json_object_get(obj, step);
    if (!json_is_object(inner) && make) {
        json_object_set_new(obj, step, json_object());
        inner = json_object_get(obj, step);
    }
    return inner;
}

static const json_t *part_get(const json_t *obj, const char *path)
{
    const char *last = path;
    const json_t *holder = part_holder((json_t *)(uintptr_t)obj, path, false, &last);
    return json_object_get(holder, last);
}

/* value NULL takes it out; an object that has nothing left goes as well. Takes the reference. */
static void part_set(json_t *obj, const char *path, json_t *value)
{
    const char *last;
    json_t *holder = part_holder(obj, path, value != NULL, &last);
    if (value != NULL) {
        json_object_set_new(holder, last, value);
        return;
    }
    json_object_del(holder, last);
    if (holder != obj && json_is_object(holder) && json_object_size(holder) == 0) {
        char step[PART_PATH_MAX];
        (void)snprintf(step, sizeof step, "%.*s", (int)(last - 1 - path), path);
        json_object_del(obj, step);
    }
}

/* ---- from text ---- */

/* Without blanks around it; new text, "" for NULL. */
static json_t *part_trimmed(const char *text, size_t n)
{
    while (n > 0 && strchr(" \t\n", text[n - 1]) != NULL)
        n--;
    size_t start = 0;
    while (start < n && strchr(" \t\n", text[start]) != NULL)
        start++;
    return json_stringn(text + start, n - start);
}

static json_t *part_text(const json_t *values, const char *path)
{
    const char *text = jem_json_str(values, path, "");
    return part_trimmed(text, strlen(text));
}

static bool part_blank(const json_t *text)
{
    return json_string_length(text) == 0;
}

static json_t *part_number(const char *text)
{
    const char *digits = *text == '-' ? text + 1 : text;
    size_t n = strlen(digits);
    bool whole = n >= 1 && n <= 15 && strspn(digits, "0123456789") == n;
    return whole ? json_integer(strtoll(text, NULL, 10)) : json_string(text);
}

/* "ya | Ya | Yes", a line each. */
static json_t *part_options(const char *text)
{
    json_t *list = json_array();
    while (*text != '\0' && json_array_size(list) < PART_OPTIONS_MAX) {
        size_t line = strcspn(text, "\n"), at = 0;
        json_t *cell[3];
        for (size_t i = 0; i < 3; i++) {
            const char *bar = i < 2 ? memchr(text + at, '|', line - at) : NULL;
            size_t n = bar != NULL ? (size_t)(bar - text) - at : line - at;
            cell[i] = part_trimmed(text + at, n);
            at += n + (bar != NULL);
        }
        if (part_blank(cell[0]) && part_blank(cell[1]))
            json_decref(cell[0]), json_decref(cell[1]), json_decref(cell[2]);
        else
            json_array_append_new(list,
                json_pack("{s:o,s:{s:o,s:o}}", "value", cell[0], "label", "id", cell[1], "en", cell[2]));
        text += line + (text[line] == '\n');
    }
    return list;
}

static void part_take_pair(json_t *obj, const struct jem_edit_input *in, const json_t *values)
{
    static const char *const langs[] = { "id", "en" };
    char path[PART_PATH_MAX];
    bool given = false;
    const json_t *now = part_get(obj, in->path);
    json_t *next = json_is_object(now) ? json_deep_copy(now) : json_pack("{s:s,s:s}", "id", "", "en", "");
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "%s.%s", in->path, langs[i]);
        if (json_object_get(values, path) == NULL)
            continue;
        given = true;
        json_object_set_new(next, langs[i], part_text(values, path));
    }
    bool blank = part_blank(json_object_get(next, "id")) && part_blank(json_object_get(next, "en"));
    if (given)
        part_set(obj, in->path, blank && !in->needed ? NULL : json_incref(next));
    json_decref(next);
}

/* "without.kk": "1" puts it into the list, "" takes it out. */
static void part_take_without(json_t *obj, const struct jem_edit_input *in, const json_t *values)
{
    const char *key;
    json_t *value, *now = json_object_get(obj, in->path), *next = json_is_array(now) ? json_copy(now) : json_array();
    size_t n = strlen(in->path);
    json_object_foreach((json_t *)(uintptr_t)values, key, value)
    {
        if (strncmp(key, in->path, n) != 0 || key[n] != '.')
            continue;
        size_t i = 0;
        while (i < json_array_size(next) && strcmp(json_string_value(json_array_get(next, i)), key + n + 1) != 0)
            i++;
        bool there = i < json_array_size(next), wanted = !part_blank(value);
        if (there && !wanted)
            json_array_remove(next, i);
        else if (!there && wanted)
            json_array_append_new(next, json_string(key + n + 1));
    }
    part_set(obj, in->path, json_array_size(next) > 0 ? json_incref(next) : NULL);
    json_decref(next);
}

static void part_take(json_t *obj, const struct jem_edit_input *in, const json_t *values)
{
    if (in->kind == JEM_EDIT_PAIR || in->kind == JEM_EDIT_TEXTS) {
        part_take_pair(obj, in, values);
        return;
    }
    if (in->kind == JEM_EDIT_WITHOUT) {
        part_take_without(obj, in, values);
        return;
    }
    if (json_object_get(values, in->path) == NULL)
        return;
    json_t *text = part_text(values, in->path), *value = NULL;
    if (in->kind == JEM_EDIT_TICK)
        value = in->needed || !part_blank(text) ? json_boolean(!part_blank(text)) : NULL;
    else if (part_blank(text))
        value = in->needed ? json_incref(text) : NULL;
    else if (in->kind == JEM_EDIT_NUMBER)
        value = part_number(json_string_value(text));
    else if (in->kind == JEM_EDIT_OPTIONS)
        value = part_options(json_string_value(text));
    else
        value = json_incref(text);
    part_set(obj, in->path, value);
    json_decref(text);
}

bool own_edit_apply(const struct jem_edit_part *part, json_t *service, const char *item, const json_t *values)
{
    json_t *obj = service;
    if (part->list != NULL && *item == '\0') {
        json_t *list = json_object_get(service, part->list);
        if (!json_is_array(list)) {
            json_object_set_new(service, part->list, json_array());
            list = json_object_get(service, part->list);
        }
        json_array_append_new(list, json_object());
        obj = json_array_get(list, json_array_size(list) - 1);
    } else if (part->list != NULL) {
        obj = own_edit_item(part, service, item, NULL);
    }
    if (obj == NULL)
        return false;
    for (const struct jem_edit_input *in = part->inputs; in->kind != JEM_EDIT_END; in++)
        part_take(obj, in, values);
    return true;
}

/* ---- into text ---- */

static void part_show_options(struct jem_buf *out, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *it = json_array_get(list, i), *label = json_object_get(it, "label");
        jem_buf_fmt(out, "%s%s | %s | %s", i > 0 ? "\n" : "", jem_json_str(it, "value", ""),
            jem_json_str(label, "id", ""), jem_json_str(label, "en", ""));
    }
}

static void part_show_without(json_t *out, const struct jem_edit_input *in, const json_t *list)
{
    char path[PART_PATH_MAX];
    for (size_t i = 0; i < json_array_size(list); i++) {
        (void)snprintf(path, sizeof path, "%s.%s", in->path, json_string_value(json_array_get(list, i)));
        json_object_set_new(out, path, json_string("1"));
    }
}

static void part_show_pair(json_t *out, const struct jem_edit_input *in, const json_t *pair)
{
    static const char *const langs[] = { "id", "en" };
    char path[PART_PATH_MAX];
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "%s.%s", in->path, langs[i]);
        json_object_set_new(out, path, json_string(jem_json_str(pair, langs[i], "")));
    }
}

static void part_show(json_t *out, const struct jem_edit_input *in, const json_t *v)
{
    struct jem_buf text = JEM_BUF_INIT((size_t)64 << 10);
    if (in->kind == JEM_EDIT_PAIR || in->kind == JEM_EDIT_TEXTS) {
        part_show_pair(out, in, v);
        return;
    }
    if (in->kind == JEM_EDIT_WITHOUT) {
        part_show_without(out, in, v);
        return;
    }
    if (in->kind == JEM_EDIT_OPTIONS)
        part_show_options(&text, v);
    else if (json_is_integer(v))
        jem_buf_fmt(&text, "%lld", (long long)json_integer_value(v));
    else if (json_is_true(v))
        jem_buf_str(&text, "1");
    else if (json_is_string(v))
        jem_buf_str(&text, json_string_value(v));
    json_object_set_new(out, in->path, json_string(jem_buf_text(&text)));
    jem_buf_release(&text);
}

json_t *jem_edit_values(const struct jem_edit_part *part, const json_t *service, const char *item)
{
    json_t *out = json_object();
    const json_t *obj = part->list == NULL ? service : item != NULL ? own_edit_item(part, service, item, NULL) : NULL;
    for (const struct jem_edit_input *in = part->inputs; in->kind != JEM_EDIT_END; in++)
        part_show(out, in, part_get(obj, in->path));
    return out;
}
