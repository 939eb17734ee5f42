/* catalog_diff.c - what changed between two objects of a catalogue, a line a place. Elements of a list are the same when they go
 * by the same name, wherever in the list they stand; the order is told apart from what the elements say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/catalog.h"

struct diff {
    json_t *out;
    struct jem_buf path;
};

/* A text as it stands, anything else as JSON; null: not there. */
static json_t *diff_value(const json_t *v)
{
    if (v == NULL)
        return json_null();
    if (json_is_string(v))
        return json_copy((json_t *)(uintptr_t)v);
    char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
    json_t *out = text != NULL ? json_string(text) : json_null();
    free(text);
    return out;
}

static void diff_tell(struct diff *d, json_t *before, json_t *after)
{
    json_array_append_new(d->out,
        json_pack("{s:s,s:o,s:o}", "path", jem_buf_text(&d->path), "before", before, "after", after));
}

static void diff_cut(struct diff *d, size_t len)
{
    d->path.len = len;
    if (d->path.data != NULL)
        d->path.data[len] = '\0';
}

/* By what an element goes; NULL: by nothing but its place. */
static const char *diff_name(const json_t *element)
{
    static const char *const keys[] = { "id", "name", "kind", "value" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (json_is_string(json_object_get(element, keys[i])))
            return json_string_value(json_object_get(element, keys[i]));
    return json_string_value(element);
}

static const json_t *diff_find(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *other = diff_name(json_array_get(list, i));
        if (other != NULL && strcmp(other, name) == 0)
            return json_array_get(list, i);
    }
    return NULL;
}

static void diff_walk(struct diff *d, const json_t *a, const json_t *b);

static void diff_element(struct diff *d, const char *name, const json_t *a, const json_t *b)
{
    size_t len = d->path.len;
    jem_buf_fmt(&d->path, "[%s]", name);
    diff_walk(d, a, b);
    diff_cut(d, len);
}

/* Names of the list that the other one has as well, in their order: "kk, email". */
static json_t *diff_order(const json_t *list, const json_t *other)
{
    struct jem_buf text = JEM_BUF_INIT(8192);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = diff_name(json_array_get(list, i));
        if (name != NULL && diff_find(other, name) != NULL)
            jem_buf_fmt(&text, "%s%s", text.len > 0 ? ", " : "", name);
    }
    json_t *out = json_string(jem_buf_text(&text));
    jem_buf_release(&text);
    return out;
}

static bool diff_named(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (diff_name(json_array_get(list, i)) == NULL)
            return false;
    return true;
}

static void diff_lists(struct diff *d, const json_t *a, const json_t *b)
{
    if (!diff_named(a) || !diff_named(b)) {
        diff_tell(d, diff_value(a), diff_value(b));
        return;
    }
    for (size_t i = 0; i < json_array_size(a); i++) {
        const char *name = diff_name(json_array_get(a, i));
        diff_element(d, name, json_array_get(a, i), diff_find(b, name));
    }
    for (size_t i = 0; i < json_array_size(b); i++) {
        const char *name = diff_name(json_array_get(b, i));
        if (diff_find(a, name) == NULL)
            diff_element(d, name, NULL, json_array_get(b, i));
    }
    json_t *before = diff_order(a, b), *after = diff_order(b, a);
    if (!json_equal(before, after))
        diff_tell(d, json_incref(before), json_incref(after));
    json_decref(before);
    json_decref(after);
}

static void diff_member(struct diff *d, const char *key, const json_t *a, const json_t *b)
{
    size_t len = d->path.len;
    jem_buf_fmt(&d->path, "%s%s", len > 0 ? "." : "", key);
    diff_walk(d, a, b);
    diff_cut(d, len);
}

static void diff_walk(struct diff *d, const json_t *a, const json_t *b)
{
    const char *key;
    json_t *v;
    if (a != NULL && b != NULL && json_equal(a, b))
        return;
    if (json_is_object(a) && json_is_object(b)) {
        json_object_foreach((json_t *)(uintptr_t)a, key, v) diff_member(d, key, v, json_object_get(b, key));
        json_object_foreach((json_t *)(uintptr_t)b, key, v)
        {
            if (json_object_get(a, key) == NULL)
                diff_member(d, key, NULL, v);
        }
    } else if (json_is_array(a) && json_is_array(b)) {
        diff_lists(d, a, b);
    } else {
        diff_tell(d, diff_value(a), diff_value(b));
    }
}

json_t *jem_catalog_diff(const json_t *before, const json_t *after)
{
    struct diff d = { .out = json_array(), .path = JEM_BUF_INIT(1024) };
    if (d.out == NULL)
        return NULL;
    diff_walk(&d, before, after);
    jem_buf_release(&d.path);
    return d.out;
}
