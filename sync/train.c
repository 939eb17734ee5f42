/* train.c - what comes again and again in events, as a dictionary.
 *
 * Three passes over the events: (1) values of each column and words of each group of columns are counted, with the
 * applications that have them; (2) lists are chosen, and what follows what in their columns is counted; (3) events are
 * written under these lists, and from the texts that are left zstd learns the frequencies of bytes and lengths. Of the
 * texts themselves only shapes go into the dictionary.
 *
 * A group is the columns whose words are likely the same: those of people's names, those of addresses, or one column. */
#include <stdlib.h>
#include <string.h>
#include <zdict.h>

#include "columns.h"
#include "train_count.h"

#define TRAIN_VALUES_MAX 600 /* of a list */
#define TRAIN_WORDS_MAX 1500 /* of a list */
#define TRAIN_SAMPLES_MAX 3000
#define TRAIN_SAMPLE_EVENTS 8 /* of the longest sample */
#define TRAIN_CONTENT_MAX ((size_t)16 << 10)
#define TRAIN_ENTROPY_MAX ((size_t)4 << 10)
#define TRAIN_SHARE 8     /* of one occurrence; a string that does not come has 1 */
#define TRAIN_ELSEWHERE 6 /* occurrences of other contexts that count in each */

/* ---- lists ---- */

struct train_list {
    struct jem_known_draft draft;
    size_t group;                 /* words */
    uint64_t *times;              /* [contexts][symbols] */
    const struct jem_known *base; /* taken over as it is, instead of all that */
};
struct train {
    struct jem_counts counts;
    const struct jem_dictionary_rule *rule;
    struct train_list *lists;
    size_t list_count;
    uint32_t *list_of; /* by path; UINT32_MAX none */
};

static size_t train_symbols(const struct jem_known_draft *draft)
{
    return draft->count + JEM_KNOWN_FIRST(draft->words);
}

static size_t train_contexts(const struct jem_known_draft *draft)
{
    return draft->words ? JEM_KNOWN_CONTEXTS : 1;
}

/* Most frequent first; equal ones by their bytes, so that the order of events does not matter. */
struct train_rank {
    const char *p;
    size_t n, times, at;
};

static int rank_by_times(const void *a, const void *b)
{
    const struct train_rank *x = a, *y = b;
    size_t n = x->n < y->n ? x->n : y->n;
    int order = memcmp(x->p, y->p, n);
    if (x->times != y->times)
        return x->times > y->times ? -1 : 1;
    return order != 0 ? order : x->n < y->n ? -1 : x->n > y->n;
}

static int string_by_bytes(const void *a, const void *b)
{
    const struct jem_known_string *x = a, *y = b;
    size_t n = x->n < y->n ? x->n : y->n;
    int order = memcmp(x->p, y->p, n);
    return order != 0 ? order : x->n < y->n ? -1 : x->n > y->n;
}

static uint8_t train_form(const struct jem_count *c)
{
    int best = JEM_WORD_LOWER;
    for (int form = JEM_WORD_UPPER; form < JEM_WORD_FORMS; form++)
        if (c->forms[form] > c->forms[best])
            best = form;
    return (uint8_t)best;
}

/* The strings of the table that enough applications have, as a new list; *covered: how often they come in all. */
static bool train_choose(struct train *t, const struct jem_count_table *table, bool words, size_t max,
    struct train_list *out, size_t *covered)
{
    struct train_rank *ranks = calloc(table->names.count + 1, sizeof *ranks);
    size_t n = 0;
    *covered = 0;
    *out = (struct train_list){ .draft = { .words = words } };
    if (ranks == NULL)
        return false;
    for (size_t i = 0; i < table->names.count; i++) {
        size_t len;
        const char *p = (const char *)jem_names_get(&table->names, i, &len);
        if (table->items[i].applications >= t->rule->applications_min && jem_count_allowed(p, len, words) &&
            (t->rule->names || !jem_count_names(&t->counts, p, len)))
            ranks[n++] = (struct train_rank){ p, len, table->items[i].times, i };
    }
    qsort(ranks, n, sizeof *ranks, rank_by_times);
    n = n > max ? max : n;
    struct jem_known_string *items = calloc(n + 1, sizeof *items);
    for (size_t i = 0; i < n && items != NULL; i++) {
        *covered += ranks[i].times;
        items[i] = (struct jem_known_string){ .p = ranks[i].p, .n = (uint32_t)ranks[i].n };
        if (words) {
            items[i].group = (uint8_t)(i + 1 < JEM_KNOWN_GROUPS ? i + 1 : 0);
            items[i].form = train_form(&table->items[ranks[i].at]);
        }
    }
    free(ranks);
    if (items == NULL)
        return false;
    qsort(items, n, sizeof *items, string_by_bytes);
    out->draft.items = items;
    out->draft.count = n;
    return true;
}

static void train_list_release(struct train_list *list)
{
    free(list->draft.items);
    free(list->draft.weights);
    free(list->times);
}

static bool train_list_add(struct train *t, struct train_list *list, uint32_t *index)
{
    struct train_list *lists = realloc(t->lists, (t->list_count + 1) * sizeof *lists);
    if (lists == NULL)
        return false;
    t->lists = lists;
    if (list->base == NULL) {
        size_t size = train_contexts(&list->draft) * train_symbols(&list->draft);
        list->times = calloc(size, sizeof *list->times);
        list->draft.weights = calloc(size, 1);
        if (list->times == NULL || list->draft.weights == NULL)
            return false;
    }
    *index = (uint32_t)t->list_count;
    lists[t->list_count++] = *list;
    return true;
}

/* The list of words of the group, made when it is the first to ask; SIZE_MAX in *index: the group has none. */
static bool train_words(struct train *t, size_t group, uint32_t *index)
{
    size_t covered;
    struct train_list list;
    for (size_t i = 0; i < t->list_count; i++) {
        if (t->lists[i].base == NULL && t->lists[i].draft.words && t->lists[i].group == group) {
            *index = (uint32_t)i;
            return true;
        }
    }
    if (!train_choose(t, &t->counts.groups[group], true, TRAIN_WORDS_MAX, &list, &covered))
        return false;
    list.group = group;
    if (list.draft.count > 0 && train_list_add(t, &list, index))
        return true;
    bool ok = list.draft.count == 0;
    train_list_release(&list);
    return ok;
}

static bool train_base(struct train *t, const void *path, size_t n, uint32_t *index)
{
    struct train_list list = { .base = jem_dictionary_list(t->rule->base, path, n) };
    if (list.base == NULL)
        return true;
    for (size_t i = 0; i < t->list_count; i++) {
        if (t->lists[i].base == list.base) {
            *index = (uint32_t)i;
            return true;
        }
    }
    return train_list_add(t, &list, index);
}

/* What the dictionary will have for a column: values when a few make up most of it, else words, else what the base has. */
static bool train_column(struct train *t, size_t path, uint32_t *index)
{
    const struct jem_count_path *p = &t->counts.paths[path];
    size_t covered, n;
    const unsigned char *name = jem_names_get(&t->counts.shapes.names, path, &n);
    struct train_list list;
    *index = UINT32_MAX;
    if (p->times > 0 && (!p->person || t->rule->names)) {
        if (!train_choose(t, &p->values, false, TRAIN_VALUES_MAX, &list, &covered))
            return false;
        if (covered * 2 >= p->times)
            return train_list_add(t, &list, index);
        train_list_release(&list);
        if (!train_words(t, p->group, index))
            return false;
    }
    return *index != UINT32_MAX || train_base(t, name, n, index);
}

static bool train_lists(struct train *t)
{
    size_t paths = t->counts.shapes.names.count;
    t->list_of = calloc(paths + 1, sizeof *t->list_of);
    if (t->list_of == NULL)
        return false;
    for (size_t i = 0; i < paths; i++)
        if (!train_column(t, i, &t->list_of[i]))
            return false;
    return true;
}

/* ---- what follows what ---- */

static size_t draft_find(const struct jem_known_draft *draft, const char *p, size_t n)
{
    const struct jem_known list = { .items = draft->items, .count = draft->count };
    return jem_known_find(&list, p, n);
}

static void train_follow(struct train_list *list, const struct jem_leaf *leaf)
{
    size_t symbols = train_symbols(&list->draft), place = 0;
    unsigned before = JEM_SYMBOL_END, group = 0;
    struct jem_token token;
    for (size_t at = JEM_WORD_START; jem_word_next(leaf->p, leaf->n, &at, &token); place++) {
        char lower[JEM_WORD_MAX];
        size_t word = SIZE_MAX;
        if (token.n > 0 && jem_count_fold(token.p, token.n, lower) != JEM_WORD_AS_LISTED)
            word = draft_find(&list->draft, lower, token.n);
        unsigned symbol = word != SIZE_MAX ? (unsigned)(JEM_KNOWN_FIRST(true) + word)
                          : token.digits   ? JEM_SYMBOL_DIGITS
                                           : JEM_SYMBOL_TEXT;
        list->times[jem_known_context(place, before, group) * symbols + symbol]++;
        before = symbol;
        group = word == SIZE_MAX ? 0 : list->draft.items[word].group;
    }
    list->times[jem_known_context(place, before, group) * symbols + JEM_SYMBOL_END]++;
}

static void train_leaf(void *ctx, const struct jem_event *e, size_t path, const struct jem_leaf *leaf)
{
    (void)e;
    struct train *t = ctx;
    if (leaf->number || t->list_of[path] == UINT32_MAX)
        return;
    struct train_list *list = &t->lists[t->list_of[path]];
    if (list->base != NULL)
        return;
    if (list->draft.words)
        train_follow(list, leaf);
    else
        list->times[draft_find(&list->draft, leaf->p, leaf->n) + 1]++; /* SIZE_MAX + 1: it is among the texts */
}

static void train_weigh(struct train_list *list)
{
    size_t symbols = train_symbols(&list->draft), contexts = train_contexts(&list->draft);
    uint64_t all = 0;
    for (size_t i = 0; i < contexts * symbols; i++)
        all += list->times[i];
    for (size_t s = 0; s < symbols; s++) {
        uint64_t elsewhere = 0;
        for (size_t c = 0; c < contexts; c++)
            elsewhere += list->times[c * symbols + s];
        for (size_t c = 0; c < contexts; c++) {
            uint64_t share = list->times[c * symbols + s] * TRAIN_SHARE;
            if (all > 0 && contexts > 1)
                share += elsewhere * TRAIN_SHARE * TRAIN_ELSEWHERE / all;
            if (s < JEM_KNOWN_FIRST(list->draft.words) && share < TRAIN_SHARE)
                share = TRAIN_SHARE; /* people will write what was never written before */
            list->draft.weights[c * symbols + s] = jem_known_weight(share);
        }
    }
}

/* ---- the file ---- */

static void train_payload(struct train *t, const void *content, size_t size, struct jem_buf *out)
{
    size_t known = 0;
    jem_buf_varint(out, t->list_count);
    for (size_t i = 0; i < t->list_count; i++) {
        if (t->lists[i].base != NULL)
            jem_buf_add(out, t->lists[i].base->raw, t->lists[i].base->raw_size);
        else
            jem_known_write(&t->lists[i].draft, out);
    }
    for (size_t i = 0; i < t->counts.shapes.names.count; i++)
        known += t->list_of[i] != UINT32_MAX;
    jem_buf_varint(out, known);
    for (size_t i = 0; i < t->counts.shapes.names.count; i++) {
        size_t n;
        const unsigned char *name = jem_names_get(&t->counts.shapes.names, i, &n);
        if (t->list_of[i] == UINT32_MAX)
            continue;
        jem_buf_varint(out, n);
        jem_buf_add(out, name, n);
        jem_buf_varint(out, t->list_of[i]);
    }
    jem_buf_add(out, content, size);
}

/* The base's shapes, then those that enough applications have, the most frequent last, where zstd reaches them most cheaply. */
static bool train_content(struct train *t, struct jem_buf *out)
{
    const struct jem_count_table *shapes = &t->counts.seen;
    struct train_rank *ranks = calloc(shapes->names.count + 1, sizeof *ranks);
    size_t n = 0, bytes = 0, taken = 0;
    if (ranks == NULL)
        return false;
    for (size_t i = 0; i < shapes->names.count; i++) {
        size_t len;
        const char *p = (const char *)jem_names_get(&shapes->names, i, &len);
        if (shapes->items[i].applications >= t->rule->applications_min)
            ranks[n++] = (struct train_rank){ p, len, shapes->items[i].times, i };
    }
    if (t->rule->base != NULL) {
        size_t size;
        const unsigned char *content = jem_dictionary_content(t->rule->base, &size);
        jem_buf_add(out, content, size);
    }
    qsort(ranks, n, sizeof *ranks, rank_by_times);
    while (taken < n && bytes + ranks[taken].n <= TRAIN_CONTENT_MAX)
        bytes += ranks[taken++].n;
    while (taken > 0) {
        taken--;
        jem_buf_add(out, ranks[taken].p, ranks[taken].n);
    }
    free(ranks);
    return !out->failed;
}

struct train_samples {
    struct jem_buf bytes;
    size_t *sizes, count;
};

/* Adds the texts of a run of events, which are made a stream of their own for that. */
static bool samples_add(struct train_samples *s, const struct jem_dictionary *d, const struct jem_event *const *events,
    size_t count)
{
    struct jem_event run[TRAIN_SAMPLE_EVENTS];
    struct jem_buf columns = JEM_BUF_INIT(JEM_SEGMENT_BYTES_MAX * 2);
    struct jem_error err;
    for (size_t i = 0; i < count; i++) {
        run[i] = *events[i];
        run[i].id = (struct jem_event_id){ 1, 0, 1, i + 1 };
        memset(run[i].prev_hash, 0, sizeof run[i].prev_hash);
        if (i > 0)
            memcpy(run[i].prev_hash, run[i - 1].hash, sizeof run[i].prev_hash);
        jem_event_seal(&run[i]);
    }
    bool ok = jem_columns_write(run, count, d, &columns, &err) == JEM_OK;
    if (ok) {
        struct jem_reader r = jem_reader_of(columns.data, columns.len);
        uint64_t numbers = jem_read_varint(&r);
        (void)jem_read_bytes(&r, numbers);
        s->sizes[s->count++] = jem_reader_left(&r);
        jem_buf_add(&s->bytes, r.p, jem_reader_left(&r));
    }
    jem_buf_release(&columns);
    return ok && !s->bytes.failed;
}

/* The zstd dictionary: the shapes, behind tables of what is left under `lists`. Too few samples: the shapes alone. */
static bool train_finish(struct train *t, const struct jem_dictionary *lists, const struct jem_buf *shapes,
    struct jem_buf *out)
{
    struct train_samples s = { .bytes = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX),
        .sizes = calloc(TRAIN_SAMPLES_MAX, sizeof *s.sizes) };
    bool ok = s.sizes != NULL && jem_buf_reserve(out, shapes->len + TRAIN_ENTROPY_MAX);
    for (size_t at = 0; ok && at < t->counts.count && s.count < TRAIN_SAMPLES_MAX;) {
        size_t count = 1 + s.count % TRAIN_SAMPLE_EVENTS;
        count = s.count % 2 == 0 ? 1 : count;
        if (count > t->counts.count - at)
            count = t->counts.count - at;
        ok = samples_add(&s, lists, t->counts.events + at, count);
        at += count;
    }
    if (ok) {
        ZDICT_params_t params = { .compressionLevel = 19 };
        size_t size = ZDICT_finalizeDictionary(out->data, out->cap, shapes->data, shapes->len, s.bytes.data, s.sizes,
            (unsigned)s.count, params);
        if (ZDICT_isError(size))
            jem_buf_add(out, shapes->data, shapes->len);
        else
            out->len = size;
        ok = !out->failed;
    }
    free(s.sizes);
    jem_buf_wipe(&s.bytes);
    return ok;
}

static enum jem_code train_write(struct train *t, uint16_t id, struct jem_buf *out, struct jem_error *err)
{
    struct jem_buf payload = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX), first = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    struct jem_buf shapes = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX), content = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    struct jem_dictionary *lists = NULL;
    enum jem_code code = train_content(t, &shapes) ? JEM_OK : jem_fail_nomem(err);
    size_t own = 0;
    for (size_t i = 0; i < t->list_count; i++)
        own += t->lists[i].base == NULL;
    if (code == JEM_OK && own == 0)
        code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_DICTIONARY_FEW);
    if (code == JEM_OK) {
        train_payload(t, shapes.data, shapes.len, &payload);
        code = jem_dictionary_write(id, &payload, &first, err);
    }
    if (code == JEM_OK)
        code = jem_dictionary_open(first.data, first.len, &lists, err);
    if (code == JEM_OK && !train_finish(t, lists, &shapes, &content))
        code = jem_fail_nomem(err);
    if (code == JEM_OK) {
        jem_buf_clear(&payload);
        train_payload(t, content.data, content.len, &payload);
        code = jem_dictionary_write(id, &payload, out, err);
    }
    jem_dictionary_free(lists);
    jem_buf_release(&payload);
    jem_buf_release(&first);
    jem_buf_release(&shapes);
    jem_buf_release(&content);
    return code;
}

enum jem_code jem_dictionary_train(const struct jem_event *events, size_t count, uint16_t id,
    const struct jem_dictionary_rule *rule, struct jem_buf *out, struct jem_error *err)
{
    struct train t = { .rule = rule };
    bool ok = jem_counts_make(&t.counts, events, count) && train_lists(&t);
    if (ok)
        ok = jem_counts_each(&t.counts, train_leaf, &t);
    for (size_t i = 0; ok && i < t.list_count; i++)
        if (t.lists[i].base == NULL)
            train_weigh(&t.lists[i]);
    enum jem_code code = ok ? train_write(&t, id, out, err) : jem_fail_nomem(err);
    for (size_t i = 0; i < t.list_count; i++)
        train_list_release(&t.lists[i]);
    free(t.lists);
    free(t.list_of);
    jem_counts_release(&t.counts);
    return code;
}
