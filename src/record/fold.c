/* fold.c - loading the events of one application: one order, one of each id, every body read once. */
#include "fold.h"

#include <stdlib.h>
#include <string.h>

/* By id; among copies of one id the earliest in fold order first, then the one whose body is there. */
static int fold_copy_cmp(const void *pa, const void *pb)
{
    const struct fold_event *a = pa, *b = pb;
    int c = jem_event_id_cmp(&a->e->id, &b->e->id);
    if (c == 0)
        c = jem_event_cmp(a->e, b->e);
    if (c == 0)
        c = (a->e->body == NULL) - (b->e->body == NULL);
    return c != 0 ? c : memcmp(a->e->hash, b->e->hash, sizeof a->e->hash);
}

static int fold_order_cmp(const void *pa, const void *pb)
{
    const struct fold_event *a = pa, *b = pb;
    return jem_event_cmp(a->e, b->e);
}

static int fold_id_cmp(const void *pa, const void *pb)
{
    const struct fold_id *a = pa, *b = pb;
    return jem_event_id_cmp(&a->id, &b->id);
}

static void fold_dedupe(struct fold *f)
{
    size_t kept = 0;
    if (f->count > 1)
        qsort(f->events, f->count, sizeof *f->events, fold_copy_cmp);
    for (size_t i = 0; i < f->count; i++)
        if (kept == 0 || jem_event_id_cmp(&f->events[kept - 1].e->id, &f->events[i].e->id) != 0)
            f->events[kept++] = f->events[i];
    f->count = kept;
    if (f->count > 1)
        qsort(f->events, f->count, sizeof *f->events, fold_order_cmp);
}

/* A body that cannot be read counts as absent: the log's own checks name it, the rest of the application stays
 * readable. */
static enum jem_code fold_read(struct fold *f, bool keep_absent, struct jem_error *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->count; i++) {
        struct fold_event fe = f->events[i];
        enum jem_code rc = JEM_OK;
        if (fe.e->body != NULL)
            rc = jem_json_parse(fe.e->body, fe.e->body_len, "event", &fe.body, NULL);
        if (rc == JEM_ENOMEM) {
            f->count = kept;
            return jem_fail_nomem(err);
        }
        if (fe.body != NULL && !json_is_object(fe.body)) {
            json_decref(fe.body);
            fe.body = NULL;
        }
        if (fe.body == NULL && !keep_absent)
            continue;
        fe.kind = jem_kind_parse(fe.e->kind);
        f->events[kept++] = fe;
    }
    f->count = kept;
    return JEM_OK;
}

enum jem_code fold_load(struct fold *f, const struct jem_event *const *events, size_t count, bool keep_absent,
    struct jem_error *err)
{
    f->events = calloc(count == 0 ? 1 : count, sizeof *f->events);
    f->ids = calloc(count == 0 ? 1 : count, sizeof *f->ids);
    if (f->events == NULL || f->ids == NULL)
        return jem_fail_nomem(err);
    for (size_t i = 0; i < count; i++)
        if (events[i]->body != NULL || keep_absent)
            f->events[f->count++].e = events[i];
    fold_dedupe(f);
    enum jem_code rc = fold_read(f, keep_absent, err);
    if (rc != JEM_OK)
        return rc;
    for (size_t i = 0; i < f->count; i++)
        f->ids[i] = (struct fold_id){ f->events[i].e->id, i };
    if (f->count > 1)
        qsort(f->ids, f->count, sizeof *f->ids, fold_id_cmp);
    return JEM_OK;
}

void fold_release(struct fold *f)
{
    for (size_t i = 0; i < f->count; i++) {
        json_decref(f->events[i].body);
        json_decref(f->events[i].id);
    }
    free(f->events);
    free(f->ids);
    f->events = NULL;
    f->ids = NULL;
    f->count = 0;
}

size_t fold_find(const struct fold *f, const json_t *id_text)
{
    struct fold_id want = { .index = 0 };
    if (!json_is_string(id_text) || !jem_event_id_parse(json_string_value(id_text), &want.id))
        return SIZE_MAX;
    if (f->count == 0)
        return SIZE_MAX;
    const struct fold_id *hit = bsearch(&want, f->ids, f->count, sizeof *f->ids, fold_id_cmp);
    return hit == NULL ? SIZE_MAX : hit->index;
}

json_t *fold_id_text(struct fold *f, size_t i)
{
    struct fold_event *fe = &f->events[i];
    if (fe->id == NULL) {
        char text[JEM_EVENT_ID_TEXT];
        jem_event_id_format(&fe->e->id, text);
        fe->id = json_string_nocheck(text);
    }
    return json_incref(fe->id);
}

json_t *fold_origin(struct fold *f, size_t i)
{
    const struct jem_event *e = f->events[i].e;
    json_t *o = json_object();
    fold_put(f, o, "event", fold_id_text(f, i));
    fold_put(f, o, "actor", json_string(e->actor));
    fold_put(f, o, "van", json_integer(e->id.writer));
    fold_put(f, o, "at_ms", json_integer(e->wall_ms));
    return o;
}

void fold_put(struct fold *f, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new_nocheck(object, key, value) != 0)
        f->failed = true;
}

void fold_append(struct fold *f, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        f->failed = true;
}

json_t *fold_text(const json_t *object, const char *key)
{
    json_t *v = json_object_get(object, key);
    return json_is_string(v) ? json_incref(v) : json_string_nocheck("");
}

static int fold_key_cmp(const void *pa, const void *pb)
{
    const char *const *a = pa, *const *b = pb;
    return strcmp(*a, *b);
}

bool fold_sorted_keys(json_t *object, const char ***out, size_t *count)
{
    const char *key;
    json_t *value;
    size_t n = 0;
    const char **keys = calloc(json_object_size(object) + 1, sizeof *keys);
    if (keys == NULL)
        return false;
    json_object_foreach(object, key, value)
    {
        if (value != NULL)
            keys[n++] = key;
    }
    if (n > 1)
        qsort(keys, n, sizeof *keys, fold_key_cmp);
    *out = keys;
    *count = n;
    return true;
}
