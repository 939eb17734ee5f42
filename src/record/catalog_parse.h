/* catalog_parse.h - what the files of the catalogue share. */
#ifndef JEM_RECORD_CATALOG_PARSE_H
#define JEM_RECORD_CATALOG_PARSE_H
#include "jemput/catalog.h"

#include "catalog_walk.h"

#define CATALOG_FORMAT "jemput-catalog-1"

struct jem_catalog {
    json_t *root; /* every text of the services is borrowed from here */
    struct cat_block *blocks;
    int64_t version;
    const char *region;
    struct jem_service *services;
    size_t count;
};

/* The member list `member` of obj, read into an array of fields that lives in w. Names are unique inside the list. */
struct jem_field *cat_fields(struct cat_walk *w, const json_t *obj, const char *member, size_t *out_count);
struct jem_requirement *cat_requirements(struct cat_walk *w, const json_t *obj, size_t *out_count);

/* Edits (with neighbours swapped as one) from one word to the other; case, spaces and underscores do not count. */
unsigned catalog_distance(const char *typed, const char *word);

/* [a-z] then [a-z0-9] or `joint`, of min..max characters in all. */
bool cat_is_word(const char *s, char joint, size_t min, size_t max);
#endif
