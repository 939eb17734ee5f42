/* train_count.h - how often values and words come in events, and in how many applications. Internal to the room sync. */
#ifndef SYNC_TRAIN_COUNT_H
#define SYNC_TRAIN_COUNT_H
#include "column.h"
#include "dictionary.h"
#include "shape.h"

#define JEM_COUNT_NAMES "\2name" /* the group of people's names */

struct jem_count {
    size_t times, applications;
    uint64_t last;                /* the application that had it last, + 1 */
    size_t forms[JEM_WORD_FORMS]; /* words */
};
struct jem_count_table {
    struct jem_names names;
    struct jem_count *items;
    size_t cap;
};
struct jem_count_path {
    size_t times;
    struct jem_count_table values;
    size_t group; /* of words */
    bool person;  /* people's names */
};
struct jem_counts {
    const struct jem_event **events; /* those with a body, by application, then time */
    size_t count;
    struct jem_paths shapes;      /* columns by path */
    struct jem_count_path *paths; /* by column */
    size_t path_cap;
    struct jem_names group_names;
    struct jem_count_table *groups;
    struct jem_count_table seen; /* shapes */
};
/* False: out of memory; release all the same. */
bool jem_counts_make(struct jem_counts *c, const struct jem_event *events, size_t count);
void jem_counts_release(struct jem_counts *c);
/* Every leaf of every event, with its column. False: out of memory. */
bool jem_counts_each(struct jem_counts *c,
    void (*leaf)(void *ctx, const struct jem_event *e, size_t path, const struct jem_leaf *leaf), void *ctx);

/* A dictionary may hold the value, or the word: it is short, of plain characters, and has no long run of digits. */
bool jem_count_allowed(const char *p, size_t n, bool word);
/* Every word of it is also one of some person's name. */
bool jem_count_names(const struct jem_counts *c, const char *p, size_t n);
/* In lower case, and the form it had; JEM_WORD_AS_LISTED: mixed case or too long, `lower` is not filled. */
enum jem_word_form jem_count_fold(const char *p, size_t n, char lower[JEM_WORD_MAX]);
#endif
