/* catalog_walk.c - strict reading of a JSON tree with paths. */
#include "catalog_walk.h"

#include "jemput/catalog.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cat_block {
    struct cat_block *next;
    max_align_t data[];
};

void *cat_alloc(struct cat_walk *w, size_t count, size_t size)
{
    struct cat_block *block = NULL;
    if (count <= (SIZE_MAX - sizeof *block - 1) / size)
        block = calloc(1, sizeof *block + count * size + 1);
    if (!block) {
        w->no_memory = true;
        return NULL;
    }
    block->next = w->blocks;
    w->blocks = block;
    return block->data;
}

void cat_free_blocks(struct cat_block *blocks)
{
    while (blocks) {
        struct cat_block *next = blocks->next;
        free(blocks);
        blocks = next;
    }
}

static void cat_path_add(struct cat_walk *w, const char *text, const char *tail, char close)
{
    size_t left = sizeof w->path - w->path_len;
    int n = snprintf(w->path + w->path_len, left, "%s%s", text, tail);
    size_t used = n < 0 ? 0 : (size_t)n;
    w->path_len += used < left ? used : left - 1;
    if (close && w->path_len + 1 < sizeof w->path) {
        w->path[w->path_len++] = close;
        w->path[w->path_len] = '\0';
    }
}

size_t cat_enter(struct cat_walk *w, const char *member)
{
    size_t before = w->path_len;
    cat_path_add(w, before ? "." : "", member, '\0');
    return before;
}

size_t cat_enter_element(struct cat_walk *w, const char *member, size_t i, const char *id)
{
    size_t before = cat_enter(w, member);
    char number[24];
    snprintf(number, sizeof number, "%zu", i);
    cat_path_add(w, "[", id && *id ? id : number, ']');
    return before;
}

void cat_leave(struct cat_walk *w, size_t path_len)
{
    w->path_len = path_len;
    w->path[path_len] = '\0';
}

/* The field of an issue is short: the end of a path tells more than its start. */
static const char *cat_path_tail(const struct cat_walk *w)
{
    size_t keep = sizeof((struct jem_issue *)0)->field - 1;
    const char *tail = w->path_len > keep ? w->path + (w->path_len - keep) : w->path;
    while (((unsigned char)*tail & 0xC0) == 0x80)
        tail++;
    return tail;
}

static void cat_vfault(struct cat_walk *w, enum jem_text key, va_list args)
{
    char what[224];
    vsnprintf(what, sizeof what, jem_text(key), args);
    const char *path = w->path_len ? w->path : "/";
    if (w->faults++ == 0)
        (void)jem_fail(w->err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_CATALOG_FAULT, path, what);
    if (!w->issues)
        return;
    size_t before = w->issues->count;
    jem_issue_add(w->issues, JEM_SEV_ERROR, cat_path_tail(w), JEM_T_CATALOG_FAULT, path, what);
    if (w->issues->count > before)
        w->issues->items[before].key = key;
}

void cat_fault(struct cat_walk *w, enum jem_text key, ...)
{
    va_list args;
    va_start(args, key);
    cat_vfault(w, key, args);
    va_end(args);
}

void cat_fault_at(struct cat_walk *w, const char *member, enum jem_text key, ...)
{
    size_t before = cat_enter(w, member);
    va_list args;
    va_start(args, key);
    cat_vfault(w, key, args);
    va_end(args);
    cat_leave(w, before);
}

static bool cat_listed(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = list; *p; p += strspn(p, " ")) {
        size_t word = strcspn(p, " ");
        if (word == n && memcmp(p, name, n) == 0)
            return true;
        p += word;
    }
    return false;
}

bool cat_members(struct cat_walk *w, const json_t *v, const char *required, const char *optional)
{
    if (!json_is_object(v)) {
        cat_fault(w, JEM_T_CATALOG_F_OBJECT);
        return false;
    }
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)v, key, member)
    {
        if (!cat_listed(required, key) && !cat_listed(optional, key))
            cat_fault(w, JEM_T_CATALOG_F_UNKNOWN, key);
    }
    for (const char *p = required; *p; p += strspn(p, " ")) {
        char name[48];
        size_t n = strcspn(p, " ");
        snprintf(name, sizeof name, "%.*s", (int)n, p);
        if (!json_object_get(v, name))
            cat_fault(w, JEM_T_CATALOG_F_MISSING, name);
        p += n;
    }
    return true;
}

size_t cat_chars(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

const char *cat_text(struct cat_walk *w, const json_t *obj, const char *member, size_t max_chars,
    bool (*form)(const char *), enum jem_text form_key)
{
    const json_t *v = json_object_get(obj, member);
    if (!v)
        return "";
    const char *s = json_string_value(v);
    if (!s || strlen(s) != json_string_length(v) || s[strspn(s, " ")] == '\0' || cat_chars(s) > max_chars) {
        cat_fault_at(w, member, JEM_T_CATALOG_F_TEXT, (int)max_chars);
        return "";
    }
    if (form && !form(s)) {
        cat_fault_at(w, member, form_key);
        return "";
    }
    return s;
}

void cat_pair(struct cat_walk *w, const json_t *obj, const char *member, size_t max_chars, const char *out[2])
{
    out[JEM_ID] = out[JEM_EN] = "";
    const json_t *v = json_object_get(obj, member);
    if (!v)
        return;
    size_t before = cat_enter(w, member);
    if (cat_members(w, v, "id en", "")) {
        out[JEM_ID] = cat_text(w, v, "id", max_chars, NULL, JEM_T_NONE);
        out[JEM_EN] = cat_text(w, v, "en", max_chars, NULL, JEM_T_NONE);
    }
    cat_leave(w, before);
}

int64_t cat_int(struct cat_walk *w, const json_t *obj, const char *member, int64_t min, int64_t max, int64_t absent)
{
    const json_t *v = json_object_get(obj, member);
    if (!v)
        return absent;
    int64_t value = json_is_integer(v) ? json_integer_value(v) : 0;
    if (!json_is_integer(v) || value < min || value > max) {
        cat_fault_at(w, member, JEM_T_CATALOG_F_INTEGER, (long long)min, (long long)max);
        return absent;
    }
    return value;
}

bool cat_bool(struct cat_walk *w, const json_t *obj, const char *member, bool absent)
{
    const json_t *v = json_object_get(obj, member);
    if (!v)
        return absent;
    if (!json_is_boolean(v)) {
        cat_fault_at(w, member, JEM_T_CATALOG_F_BOOL);
        return absent;
    }
    return json_is_true(v);
}

const json_t *cat_array(struct cat_walk *w, const json_t *obj, const char *member, size_t min, size_t max)
{
    const json_t *v = json_object_get(obj, member);
    if (!v)
        return NULL;
    if (!json_is_array(v) || json_array_size(v) < min || json_array_size(v) > max) {
        cat_fault_at(w, member, JEM_T_CATALOG_F_ARRAY, (int)min, (int)max);
        return NULL;
    }
    return v;
}
