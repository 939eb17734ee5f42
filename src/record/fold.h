/* fold.h - the events of one application, loaded once for the parts of the fold. Private to record. */
#ifndef RECORD_FOLD_H
#define RECORD_FOLD_H
#include "jemput/application.h"

struct fold_event {
    const struct jem_event *e; /* borrowed */
    json_t *body;              /* object, owned; NULL only when absent bodies are kept (timeline) */
    json_t *id;                /* its id as a JSON string, made when first needed; owned */
    enum jem_kind kind;
    bool removed; /* an attached document that a later event takes out */
};
struct fold_id {
    struct jem_event_id id;
    size_t index; /* into events */
};
struct fold {
    struct fold_event *events; /* fold order, one per id */
    struct fold_id *ids;       /* the same, sorted by id */
    size_t count;
    struct jem_application *app; /* what is being filled */
    bool failed;                 /* memory ran out: checked once, at the end */
};

/* Sorts, drops duplicates of an id, reads every body once. An absent or unreadable body drops its event, unless
 * keep_absent. JEM_OK | JEM_ENOMEM */
JEM_NODISCARD enum jem_code fold_load(struct fold *f, const struct jem_event *const *events, size_t count,
    bool keep_absent, struct jem_error *err);
void fold_release(struct fold *f);

/* Index of the event that a JSON string names, or SIZE_MAX. */
size_t fold_find(const struct fold *f, const json_t *id_text);
/* The id of events[i] as a JSON string: a new reference. */
json_t *fold_id_text(struct fold *f, size_t i);
/* {"event","actor","van","at_ms"} of events[i]: a new reference. */
json_t *fold_origin(struct fold *f, size_t i);
/* Store a new reference; a NULL value or a full heap sets f->failed. */
void fold_put(struct fold *f, json_t *object, const char *key, json_t *value);
void fold_append(struct fold *f, json_t *array, json_t *value);
/* The member as a string value of its own type, else "": a new reference. */
json_t *fold_text(const json_t *object, const char *key);
/* The keys of an object, sorted by bytes; *out owned (free), keys borrowed. False when memory ran out. */
bool fold_sorted_keys(json_t *object, const char ***out, size_t *count);

/* The parts: each fills its members of app->state and its numbers in app. */
void fold_fields(struct fold *f);
void fold_status(struct fold *f);
void fold_documents(struct fold *f);
void fold_duplicates(struct fold *f);
#endif
