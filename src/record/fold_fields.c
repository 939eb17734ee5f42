/* fold_fields.c - the fields of an application: writes, what overwrote what, heads, conflicts.
 *
 * Per field, every event that sets it is a write, and a write names as `base` the writes that it saw:
 *
 *      submitted 3.0.1.17 ---+--- corrected 3.0.1.40 ---+--- resolved 0.0.1.9     (the only head)
 *                            \--- corrected 5.0.1.12 ---/
 *
 * A write that another one names is overwritten; the others are the heads. Heads with different values are a
 * conflict. A base that has not arrived says nothing. Bases name earlier writes; a chain of bases that bites its
 * own tail is somebody's mistake or mischief: in it the edges towards later writes do not count, so that a head
 * remains, and the same one for everybody. */
#include "fold.h"

#include <stdlib.h>
#include <string.h>

struct field_write {
    const char *field; /* borrowed from the body */
    size_t event;      /* index into fold.events */
    json_t *value;     /* borrowed */
    json_t *base;      /* borrowed array, or NULL */
    bool overwritten;
};
struct field_writes {
    struct field_write *items;
    size_t count;
};

static int field_write_cmp(const void *pa, const void *pb)
{
    const struct field_write *a = pa, *b = pb;
    int c = strcmp(a->field, b->field);
    return c != 0 ? c : (a->event > b->event) - (a->event < b->event);
}

/* Fields that events[i] sets, or an upper bound of them. */
static size_t fields_written(const struct fold_event *fe)
{
    switch (fe->kind) {
    case JEM_KIND_APPLICATION_SUBMITTED: return json_object_size(json_object_get(fe->body, "fields"));
    case JEM_KIND_APPLICATION_CORRECTED: return json_object_size(json_object_get(fe->body, "set"));
    case JEM_KIND_CONFLICT_RESOLVED: return 1;
    default: return 0;
    }
}

static void fields_collect(struct field_writes *w, const struct fold_event *fe, size_t i)
{
    const char *field;
    json_t *v;
    if (fe->kind == JEM_KIND_APPLICATION_SUBMITTED) {
        json_object_foreach(json_object_get(fe->body, "fields"), field, v)
        {
            w->items[w->count++] = (struct field_write){ field, i, v, NULL, false };
        }
    } else if (fe->kind == JEM_KIND_APPLICATION_CORRECTED) {
        json_object_foreach(json_object_get(fe->body, "set"), field, v)
        {
            json_t *value = json_object_get(v, "v");
            if (value != NULL)
                w->items[w->count++] = (struct field_write){ field, i, value, json_object_get(v, "base"), false };
        }
    } else if (fe->kind == JEM_KIND_CONFLICT_RESOLVED) {
        field = jem_json_str(fe->body, "field", NULL);
        v = json_object_get(fe->body, "v");
        if (field != NULL && v != NULL)
            w->items[w->count++] = (struct field_write){ field, i, v, json_object_get(fe->body, "base"), false };
    }
}

/* The write of one field (g[0..n), by event) that base[k] of `from` names; n when it is not here. */
static size_t fields_base(const struct fold *f, const struct field_write *g, size_t n, size_t from, size_t k)
{
    size_t event = fold_find(f, json_array_get(g[from].base, k));
    size_t lo = 0, hi = n;
    while (event != SIZE_MAX && lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (g[mid].event == event)
            return mid;
        if (g[mid].event < event)
            lo = mid + 1;
        else
            hi = mid;
    }
    return n;
}

/* Does write `from` follow write `to`, through any number of bases? */
static bool fields_reach(struct fold *f, const struct field_write *g, size_t n, size_t from, size_t to)
{
    size_t *stack = calloc(n, sizeof *stack);
    bool *seen = calloc(n, sizeof *seen);
    bool found = false;
    size_t depth = 0;
    if (stack == NULL || seen == NULL) {
        f->failed = true;
        goto out;
    }
    stack[depth++] = from;
    seen[from] = true;
    while (depth > 0 && !found) {
        size_t at = stack[--depth];
        found = at == to;
        for (size_t k = 0; k < json_array_size(g[at].base); k++) {
            size_t b = fields_base(f, g, n, at, k);
            if (b < n && !seen[b]) {
                seen[b] = true;
                stack[depth++] = b;
            }
        }
    }
out:
    free(stack);
    free(seen);
    return found;
}

static void fields_overwrite(struct fold *f, struct field_write *g, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < json_array_size(g[i].base); k++) {
            size_t b = fields_base(f, g, n, i, k);
            if (b >= n || b == i)
                continue;
            if (b < i || !fields_reach(f, g, n, b, i))
                g[b].overwritten = true;
        }
    }
}

/* The last write that every head followed: what all of them set out from. NULL when they share none. */
static const json_t *fields_before(struct fold *f, const struct field_write *g, size_t n)
{
    for (size_t i = n; i-- > 0;) {
        bool all = g[i].overwritten;
        for (size_t head = 0; head < n && all; head++)
            all = g[head].overwritten || fields_reach(f, g, n, head, i);
        if (all)
            return g[i].value;
    }
    return NULL;
}

static json_t *fields_conflict(struct fold *f, const struct field_write *g, size_t n)
{
    const json_t *before = fields_before(f, g, n);
    json_t *conflict = json_object();
    json_t *values = json_array();
    for (size_t i = 0; i < n; i++) {
        if (g[i].overwritten)
            continue;
        json_t *entry = fold_origin(f, g[i].event);
        fold_put(f, entry, "value", json_incref(g[i].value));
        fold_append(f, values, entry);
    }
    fold_put(f, conflict, "field", json_string_nocheck(g[0].field));
    if (before != NULL)
        fold_put(f, conflict, "before", json_deep_copy(before));
    fold_put(f, conflict, "values", values);
    return conflict;
}

/* g[0..n): all writes of one field in fold order. */
static void fields_settle(struct fold *f, struct field_write *g, size_t n, json_t *fields, json_t *heads,
    json_t *conflicts)
{
    json_t *ids = json_array();
    const json_t *first = NULL;
    json_t *value = NULL;
    bool distinct = false;
    if (n > 1)
        fields_overwrite(f, g, n);
    for (size_t i = 0; i < n; i++) {
        if (g[i].overwritten)
            continue;
        fold_append(f, ids, fold_id_text(f, g[i].event));
        if (first == NULL)
            first = g[i].value;
        else if (json_equal(first, g[i].value) == 0)
            distinct = true;
        value = g[i].value; /* the last head is the provisional value */
    }
    fold_put(f, heads, g[0].field, ids);
    fold_put(f, fields, g[0].field, json_incref(value));
    if (distinct) {
        fold_append(f, conflicts, fields_conflict(f, g, n));
        f->app->conflicts++;
    }
}

void fold_fields(struct fold *f)
{
    struct field_writes w = { NULL, 0 };
    json_t *fields = json_object(), *heads = json_object(), *conflicts = json_array();
    size_t most = 0, writers = 0;
    for (size_t i = 0; i < f->count; i++) {
        size_t n = fields_written(&f->events[i]);
        most += n;
        writers += n > 0;
    }
    w.items = calloc(most + 1, sizeof *w.items);
    for (size_t i = 0; i < f->count && w.items != NULL; i++)
        fields_collect(&w, &f->events[i], i);
    if (w.items == NULL)
        f->failed = true;
    if (writers > 1)
        qsort(w.items, w.count, sizeof *w.items, field_write_cmp);
    for (size_t i = 0, n = 0; i < w.count; i += n) {
        for (n = 1; i + n < w.count && strcmp(w.items[i].field, w.items[i + n].field) == 0;)
            n++;
        fields_settle(f, w.items + i, n, fields, heads, conflicts);
    }
    fold_put(f, f->app->state, "fields", fields);
    fold_put(f, f->app->state, "heads", heads);
    fold_put(f, f->app->state, "conflicts", conflicts);
    free(w.items);
}
