/* fold_documents.c - what lies beside the fields: documents, receipts, duplicates, and kinds that we do not know. */
#include "fold.h"

#include <stdlib.h>
#include <string.h>

static int64_t document_ordinal(const struct fold_event *fe)
{
    return jem_json_int(fe->body, "ordinal", 0);
}

static json_t *document_entry(struct fold *f, size_t i)
{
    const json_t *body = f->events[i].body;
    json_t *pages = json_object_get(body, "pages");
    json_t *o = json_object();
    fold_put(f, o, "event", fold_id_text(f, i));
    fold_put(f, o, "ordinal", json_integer(document_ordinal(&f->events[i])));
    fold_put(f, o, "van", json_integer(f->events[i].e->id.writer));
    fold_put(f, o, "kind", fold_text(body, "kind"));
    fold_put(f, o, "mime", fold_text(body, "mime"));
    fold_put(f, o, "size", json_integer(jem_json_int(body, "size", 0)));
    fold_put(f, o, "hash", fold_text(body, "hash"));
    fold_put(f, o, "pages", json_is_array(pages) ? json_incref(pages) : json_array());
    fold_put(f, o, "name", fold_text(body, "name"));
    return o;
}

struct document_place {
    int64_t ordinal;
    size_t event;
};

static int document_place_cmp(const void *pa, const void *pb)
{
    const struct document_place *a = pa, *b = pb;
    int c = (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
    return c != 0 ? c : (a->event > b->event) - (a->event < b->event);
}

/* A removal counts wherever it stands in the order: it names a document that its author saw. */
static size_t documents_mark(struct fold *f)
{
    size_t attached = 0;
    for (size_t i = 0; i < f->count; i++) {
        attached += f->events[i].kind == JEM_KIND_DOCUMENT_ATTACHED;
        f->app->receipts += f->events[i].kind == JEM_KIND_RECEIPT_PRINTED;
        if (f->events[i].kind != JEM_KIND_DOCUMENT_REMOVED)
            continue;
        size_t target = fold_find(f, json_object_get(f->events[i].body, "document"));
        if (target != SIZE_MAX)
            f->events[target].removed = true;
    }
    return attached;
}

void fold_documents(struct fold *f)
{
    json_t *documents = json_array();
    size_t attached = documents_mark(f), n = 0;
    struct document_place *places = attached > 0 ? calloc(attached, sizeof *places) : NULL;
    if (attached > 0 && places == NULL)
        f->failed = true;
    for (size_t i = 0; i < f->count && places != NULL; i++)
        if (f->events[i].kind == JEM_KIND_DOCUMENT_ATTACHED && !f->events[i].removed)
            places[n++] = (struct document_place){ document_ordinal(&f->events[i]), i };
    if (n > 1)
        qsort(places, n, sizeof *places, document_place_cmp);
    for (size_t i = 0; i < n; i++)
        fold_append(f, documents, document_entry(f, places[i].event));
    f->app->documents = (unsigned)n;
    fold_put(f, f->app->state, "documents", documents);
    free(places);
}

static void duplicates_collect(struct fold *f, const struct fold_event *fe, json_t *apart, json_t *others)
{
    const char *number;
    if (fe->kind == JEM_KIND_APPLICATION_LINKED && (number = jem_json_str(fe->body, "apart", NULL)) != NULL)
        fold_put(f, apart, number, json_true());
    if (fe->kind == JEM_KIND_DUPLICATE_FOUND && (number = jem_json_str(fe->body, "other", NULL)) != NULL) {
        json_t *pair = json_object();
        fold_put(f, pair, "other", json_string_nocheck(number));
        fold_put(f, pair, "van", json_integer(jem_json_int(fe->body, "van", 0)));
        fold_put(f, pair, "day", fold_text(fe->body, "day"));
        fold_put(f, others, number, pair);
    }
}

/* `set` as an array sorted by key: the keys themselves, or the values; keys of `without` are left out. */
static json_t *duplicates_list(struct fold *f, json_t *set, bool values, const json_t *without)
{
    json_t *list = json_array();
    const char **keys = NULL;
    size_t n = 0;
    if (json_object_size(set) == 0)
        return list;
    if (!fold_sorted_keys(set, &keys, &n))
        f->failed = true;
    for (size_t i = 0; i < n; i++)
        if (json_object_get(without, keys[i]) == NULL)
            fold_append(f, list, values ? json_incref(json_object_get(set, keys[i])) : json_string_nocheck(keys[i]));
    free(keys);
    return list;
}

void fold_duplicates(struct fold *f)
{
    json_t *apart = json_object(), *others = json_object(), *unknown = json_object();
    for (size_t i = 0; i < f->count; i++) {
        duplicates_collect(f, &f->events[i], apart, others);
        if (f->events[i].kind == JEM_KIND_UNKNOWN)
            fold_put(f, unknown, f->events[i].e->kind, json_true());
    }
    fold_put(f, f->app->state, "apart", duplicates_list(f, apart, false, NULL));
    fold_put(f, f->app->state, "duplicates", duplicates_list(f, others, true, apart));
    fold_put(f, f->app->state, "unknown", duplicates_list(f, unknown, false, NULL));
    json_decref(apart);
    json_decref(others);
    json_decref(unknown);
}
