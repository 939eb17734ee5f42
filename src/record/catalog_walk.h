/* catalog_walk.h - strict reading of a JSON tree: every member known, typed and bounded, every fault told with its
 * path. Getters give an empty value after a fault, so that one pass finds all faults of the whole. */
#ifndef JEM_RECORD_CATALOG_WALK_H
#define JEM_RECORD_CATALOG_WALK_H
#include "jemput/issue.h"
#include "jemput/json.h"

struct cat_block;
struct cat_walk {
    struct jem_issues *issues; /* may be NULL */
    struct jem_error *err;     /* filled by the first fault */
    size_t faults;
    bool no_memory;
    struct cat_block *blocks; /* what cat_alloc gave */
    size_t path_len;
    char path[256];
};

/* Zeroed memory that lives until cat_free_blocks; NULL sets no_memory. count 0 gives a valid pointer. */
void *cat_alloc(struct cat_walk *w, size_t count, size_t size);
void cat_free_blocks(struct cat_block *blocks);

/* The path: enter gives what leave takes back. An element goes by its `id` or number. */
size_t cat_enter(struct cat_walk *w, const char *member);
size_t cat_enter_element(struct cat_walk *w, const char *member, size_t i, const char *id);
void cat_leave(struct cat_walk *w, size_t path_len);

/* One fault at the present path; `key` formats what is wrong there. */
void cat_fault(struct cat_walk *w, enum jem_text key, ...);
/* The same at a member of the present path. */
void cat_fault_at(struct cat_walk *w, const char *member, enum jem_text key, ...);

/* `v` is an object that has all of `required` and nothing beyond `optional` (both space-separated). False when no
 * object at all. */
bool cat_members(struct cat_walk *w, const json_t *v, const char *required, const char *optional);
/* A text of 1..max_chars characters, not blank; `form` (may be NULL) must hold, else form_key is the fault. "" when
 * absent or faulty. Borrowed from the tree. */
const char *cat_text(struct cat_walk *w, const json_t *obj, const char *member, size_t max_chars,
    bool (*form)(const char *), enum jem_text form_key);
/* {"id": text, "en": text} into out[JEM_LANGS]; "" twice when absent or faulty. */
void cat_pair(struct cat_walk *w, const json_t *obj, const char *member, size_t max_chars, const char *out[2]);
int64_t cat_int(struct cat_walk *w, const json_t *obj, const char *member, int64_t min, int64_t max, int64_t absent);
bool cat_bool(struct cat_walk *w, const json_t *obj, const char *member, bool absent);
/* An array of min..max elements; NULL when absent or faulty. */
const json_t *cat_array(struct cat_walk *w, const json_t *obj, const char *member, size_t min, size_t max);

/* Characters, not bytes, of UTF-8. */
size_t cat_chars(const char *s);
#endif
