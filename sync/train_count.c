/* train_count.c - counts what a dictionary could hold. Its rule of privacy stands in jemput/dictionary.h. */
#include "train_count.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_DIGITS_MAX 3
#define COUNT_VALUE_MAX 80

/* ---- one string ---- */

bool jem_count_allowed(const char *p, size_t n, bool word)
{
    size_t digits = 0;
    if (n == 0 || n > (word ? JEM_WORD_MAX : COUNT_VALUE_MAX))
        return false;
    for (size_t i = 0; i < n; i++) {
        digits = p[i] >= '0' && p[i] <= '9' ? digits + 1 : 0;
        if (digits > COUNT_DIGITS_MAX || p[i] == '\0')
            return false;
    }
    return true;
}

enum jem_word_form jem_count_fold(const char *p, size_t n, char lower[JEM_WORD_MAX])
{
    size_t upper = 0, letters = 0;
    if (n > JEM_WORD_MAX)
        return JEM_WORD_AS_LISTED;
    for (size_t i = 0; i < n; i++) {
        bool is_upper = p[i] >= 'A' && p[i] <= 'Z';
        upper += is_upper;
        letters += is_upper || (p[i] >= 'a' && p[i] <= 'z');
        lower[i] = is_upper ? (char)(p[i] - 'A' + 'a') : p[i];
    }
    if (upper == 0)
        return JEM_WORD_LOWER;
    bool first = p[0] >= 'A' && p[0] <= 'Z';
    if (upper == 1 && first && letters > 1)
        return JEM_WORD_CAPITAL;
    return upper == letters ? JEM_WORD_UPPER : JEM_WORD_AS_LISTED;
}

/* ---- tables ---- */

static struct jem_count *table_add(struct jem_count_table *table, const void *p, size_t n, uint64_t application)
{
    bool fresh;
    if (table->names.bytes.max == 0)
        table->names.bytes.max = JEM_BUF_DEFAULT_MAX;
    size_t at = jem_names_add(&table->names, p, n, &fresh);
    if (at == SIZE_MAX)
        return NULL;
    if (fresh && at >= table->cap) {
        size_t cap = table->cap == 0 ? 16 : table->cap * 2;
        struct jem_count *items = realloc(table->items, cap * sizeof *items);
        if (items == NULL)
            return NULL;
        table->items = items;
        table->cap = cap;
    }
    struct jem_count *c = &table->items[at];
    if (fresh)
        *c = (struct jem_count){ 0 };
    c->times++;
    /* Events are sorted by application. */
    c->applications += c->last != application + 1;
    c->last = application + 1;
    return c;
}

static void table_release(struct jem_count_table *table)
{
    jem_names_release(&table->names);
    free(table->items);
}

/* ---- columns ---- */

static bool text_ends(const char *p, size_t n, const char *end)
{
    size_t m = strlen(end);
    return n >= m && memcmp(p + n - m, end, m) == 0;
}

static bool text_has(const char *p, size_t n, const char *part)
{
    return memmem(p, n, part, strlen(part)) != NULL;
}

/* The member's own name in a path, as shape.h writes paths. */
static const char *path_member(const char *path, size_t n, size_t *member_n)
{
    size_t end = n < 2 ? 0 : n - 2, from; /* 0x01 and the type */
    for (from = end; from > 0 && path[from - 1] != '\1' && path[from - 1] != '\0'; from--)
        ;
    *member_n = end - from;
    return path + from;
}

/* Some member on the way to the value is somebody's name, or holds one. */
static bool path_person(const char *path, size_t n)
{
    static const char *const ends[] = { "name", "holder", "actor", "user" };
    const char *from = memchr(path, '\0', n), *end = path + n;
    for (from = from == NULL ? end : from + 1; from < end;) {
        const char *key_end = memchr(from, '\1', (size_t)(end - from));
        if (key_end == NULL)
            break;
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
            if (text_ends(from, (size_t)(key_end - from), ends[i]))
                return true;
        from = key_end + 1;
    }
    return false;
}

/* Makes what is counted for a column that appears. */
static bool path_add(struct jem_counts *c, size_t path)
{
    size_t n, member_n;
    const char *name = (const char *)jem_names_get(&c->shapes.names, path, &n);
    const char *member = path_member(name, n, &member_n);
    if (path >= c->path_cap) {
        size_t cap = c->path_cap == 0 ? 64 : c->path_cap * 2;
        struct jem_count_path *paths = realloc(c->paths, cap * sizeof *paths);
        if (paths == NULL)
            return false;
        memset(paths + c->path_cap, 0, (cap - c->path_cap) * sizeof *paths);
        c->paths = paths;
        c->path_cap = cap;
    }
    struct jem_count_path *p = &c->paths[path];
    p->person = path_person(name, n);
    const char *group = p->person                               ? JEM_COUNT_NAMES
                        : text_has(member, member_n, "address") ? "\2address"
                        : text_has(member, member_n, "place")   ? "\2place"
                                                                : name;
    bool fresh;
    if (c->group_names.bytes.max == 0)
        c->group_names.bytes.max = JEM_BUF_DEFAULT_MAX;
    p->group = jem_names_add(&c->group_names, group, group == name ? n : strlen(group), &fresh);
    if (p->group == SIZE_MAX)
        return false;
    if (!fresh)
        return true;
    struct jem_count_table *groups = realloc(c->groups, c->group_names.count * sizeof *groups);
    if (groups == NULL)
        return false;
    c->groups = groups;
    groups[p->group] = (struct jem_count_table){ 0 };
    return true;
}

static bool path_count(struct jem_counts *c, size_t path, const struct jem_leaf *leaf, uint64_t application)
{
    struct jem_count_path *p = &c->paths[path];
    struct jem_token token;
    p->times++;
    if (leaf->n <= COUNT_VALUE_MAX && table_add(&p->values, leaf->p, leaf->n, application) == NULL)
        return false;
    for (size_t at = JEM_WORD_START; jem_word_next(leaf->p, leaf->n, &at, &token);) {
        char lower[JEM_WORD_MAX];
        enum jem_word_form form = jem_count_fold(token.p, token.n, lower);
        if (token.n == 0 || token.n > sizeof lower || (form == JEM_WORD_AS_LISTED && !p->person))
            continue;
        struct jem_count *word = table_add(&c->groups[p->group], lower, token.n, application);
        if (word == NULL)
            return false;
        word->forms[form]++;
    }
    return true;
}

bool jem_count_names(const struct jem_counts *c, const char *p, size_t n)
{
    size_t group = jem_names_find(&c->group_names, JEM_COUNT_NAMES, strlen(JEM_COUNT_NAMES)), words = 0;
    struct jem_token token;
    if (group == SIZE_MAX)
        return false;
    for (size_t at = JEM_WORD_START; jem_word_next(p, n, &at, &token); words++) {
        char lower[JEM_WORD_MAX];
        for (size_t i = 0; i < token.n && i < sizeof lower; i++)
            lower[i] = (char)(token.p[i] >= 'A' && token.p[i] <= 'Z' ? token.p[i] - 'A' + 'a' : token.p[i]);
        if (token.n > sizeof lower || jem_names_find(&c->groups[group].names, lower, token.n) == SIZE_MAX)
            return false;
    }
    return words > 0;
}

/* ---- events ---- */

static int event_by_application(const void *a, const void *b)
{
    const struct jem_event *const *x = a, *const *y = b;
    if ((*x)->subject != (*y)->subject)
        return (*x)->subject < (*y)->subject ? -1 : 1;
    return jem_event_cmp(*x, *y);
}

/* Events of no application each stand for one. */
static uint64_t event_application(const struct jem_event *e, size_t i)
{
    return e->subject != 0 ? e->subject : ((uint64_t)1 << 63) + i;
}

/* The event's shape and leaves; false: out of memory. A body without a shape has no columns (count 0). */
static bool event_scan(struct jem_counts *c, const struct jem_event *e, struct jem_buf *text, struct jem_leaves *leaves,
    struct jem_shape *shape)
{
    jem_buf_clear(text);
    leaves->count = 0;
    *shape = (struct jem_shape){ 0 };
    if (!jem_shape_scan(e, false, text, leaves))
        return false;
    c->shapes.leaves = 0; /* shapes are not kept */
    size_t had = c->shapes.names.count;
    struct jem_reader r = jem_reader_of(text->data, text->len);
    if (!jem_shape_read(&r, &c->shapes, shape))
        return true;
    for (size_t i = had; i < c->shapes.names.count; i++)
        if (!path_add(c, i))
            return false;
    return true;
}

struct count_run {
    struct jem_buf text;
    struct jem_leaves leaves;
    struct jem_shape shape;
};

static void run_release(struct count_run *run)
{
    jem_buf_wipe(&run->text);
    free(run->leaves.items);
    jem_shape_release(&run->shape);
}

static bool counts_all(struct jem_counts *c)
{
    struct count_run run = { .text = JEM_BUF_INIT(JEM_EVENT_BODY_MAX * 2) };
    bool ok = true;
    for (size_t i = 0; ok && i < c->count; i++) {
        const struct jem_event *e = c->events[i];
        uint64_t application = event_application(e, i);
        ok = event_scan(c, e, &run.text, &run.leaves, &run.shape);
        if (ok && run.shape.content == JEM_SHAPE_BODY)
            ok = table_add(&c->seen, run.text.data, run.text.len, application) != NULL;
        for (size_t j = 0; ok && run.shape.content == JEM_SHAPE_BODY && j < run.shape.count; j++)
            if (!run.leaves.items[j].number)
                ok = path_count(c, run.shape.leaves[j].column, &run.leaves.items[j], application);
        jem_shape_release(&run.shape);
    }
    run_release(&run);
    return ok;
}

bool jem_counts_make(struct jem_counts *c, const struct jem_event *events, size_t count)
{
    *c = (struct jem_counts){ 0 };
    c->events = calloc(count + 1, sizeof *c->events);
    if (c->events == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        if (events[i].body != NULL)
            c->events[c->count++] = &events[i];
    qsort(c->events, c->count, sizeof *c->events, event_by_application);
    return counts_all(c);
}

void jem_counts_release(struct jem_counts *c)
{
    for (size_t i = 0; i < c->path_cap; i++)
        table_release(&c->paths[i].values);
    for (size_t i = 0; i < c->group_names.count && c->groups != NULL; i++)
        table_release(&c->groups[i]);
    table_release(&c->seen);
    jem_names_release(&c->group_names);
    jem_paths_release(&c->shapes);
    free(c->groups);
    free(c->paths);
    free(c->events);
}

bool jem_counts_each(struct jem_counts *c,
    void (*leaf)(void *ctx, const struct jem_event *e, size_t path, const struct jem_leaf *leaf), void *ctx)
{
    struct count_run run = { .text = JEM_BUF_INIT(JEM_EVENT_BODY_MAX * 2) };
    bool ok = true;
    for (size_t i = 0; ok && i < c->count; i++) {
        ok = event_scan(c, c->events[i], &run.text, &run.leaves, &run.shape);
        for (size_t j = 0; ok && run.shape.content == JEM_SHAPE_BODY && j < run.shape.count; j++)
            leaf(ctx, c->events[i], run.shape.leaves[j].column, &run.leaves.items[j]);
        jem_shape_release(&run.shape);
    }
    run_release(&run);
    return ok;
}
