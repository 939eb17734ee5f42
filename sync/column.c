/* column.c - the choice of a way for each column, and the plain ways.
 *
 *   column  := way (a tree of 4 bits, one for columns of strings and one for columns of numbers) | its values
 *   strings : 0 text     each value among the texts
 *             1 set      number of distinct values, they among the texts in order of appearance; then for each value
 *                        a bit "as the one before" and else its index, a tree; up to 8 distinct values learn apart
 *                        for men, women and events without NIK
 *             2, 3       words, see column_words.c        4 hex   5 digits   6 card   7 date   8 ids   9 number: see
 *                        column_forms.c
 *             10 known   of each value its place in the dictionary's list + 1, a tree; or 0, and it is fresh
 *             11         words of the dictionary's list, see column_words.c
 *   numbers : 0 plain    signed
 *             1 delta    signed, against the value before
 *             2 set      number of distinct values, they as signed numbers; then as a set of strings
 *   fresh   := but for the first one of a column: a bit "as one before", then by how many fresh ones ago it first came;
 *              else it stands among the texts
 * Columns of which the dictionary has values, or words, have a tree of ways of their own.
 * The writer tries every way that fits and takes the shortest; the reader is told. */
#include "column.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "names.h"

#define COLUMN_WAYS_BITS 4
#define COLUMN_SMALL_SET 8
#define COLUMN_LIKELY 60      /* to 1: a column that the dictionary knows is written so */
#define COLUMN_FRAME_BYTES 11 /* of a zstd frame and block that hold a little */
#define COLUMN_NUMBER_SET_MAX 256
#define COLUMN_WORDS_MEAN_MAX 512 /* longer texts are left to zstd, whose matches span words */

bool jem_column_add(struct jem_column *column, struct jem_value value)
{
    if (column->count == column->cap) {
        size_t cap = column->cap == 0 ? 16 : column->cap * 2;
        struct jem_value *items = realloc(column->items, cap * sizeof *items);
        if (items == NULL)
            return false;
        column->items = items;
        column->cap = cap;
    }
    column->items[column->count++] = value;
    return true;
}

void jem_column_release(struct jem_column *column)
{
    free(column->items);
    memset(column, 0, sizeof *column);
}

const char *jem_column_string(const struct jem_coder *c, const struct jem_value *v)
{
    return v->n == 0 ? "" : (const char *)c->arena->data + v->at;
}

void jem_column_put(struct jem_coder *c, struct jem_value *v, const char *p, size_t n)
{
    v->at = c->arena->len;
    v->n = (uint32_t)n;
    jem_buf_add(c->arena, p, n);
    if (c->arena->failed) {
        c->range.failed = true;
        v->n = 0;
    }
}

void jem_column_string_code(struct jem_coder *c, struct jem_value *v)
{
    if (c->range.encoding) {
        jem_buf_add(c->text_out, jem_column_string(c, v), v->n);
        jem_buf_byte(c->text_out, '\0');
        return;
    }
    size_t left = jem_reader_left(&c->text_in);
    const unsigned char *from = c->text_in.p, *end = left == 0 ? NULL : memchr(from, '\0', left);
    if (end == NULL) {
        c->range.failed = true;
        v->n = 0;
        return;
    }
    c->text_in.p = end + 1;
    jem_column_put(c, v, (const char *)from, (size_t)(end - from));
}

struct jem_range_model *jem_column_models(struct jem_coder *c, size_t count)
{
    struct jem_range_model *models = malloc(count * sizeof *models);
    if (models == NULL)
        c->nomem = c->range.failed = true;
    else
        jem_range_models_init(models, count);
    return models;
}

struct jem_range_model *jem_column_models_of(struct jem_coder *c, const struct jem_range_model *prior, size_t count)
{
    struct jem_range_model *models = malloc(count * sizeof *models);
    if (models == NULL)
        c->nomem = c->range.failed = true;
    else
        memcpy(models, prior, count * sizeof *models);
    return models;
}

int64_t jem_column_digits(const char *p, size_t n)
{
    int64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        v = v * 10 + (p[i] - '0');
    }
    return n == 0 ? -1 : v;
}

void jem_column_note_nik(struct jem_coder *c, const struct jem_column *column)
{
    for (size_t i = 0; i < column->count; i++) {
        const struct jem_value *v = &column->items[i];
        struct jem_hint *h = &c->hints[v->event];
        const char *p = jem_column_string(c, v);
        if (v->n != 16 || jem_column_digits(p, 16) < 0)
            continue;
        h->has_nik = true;
        h->nik_district = (uint32_t)jem_column_digits(p, 6);
        h->nik_day = (unsigned)jem_column_digits(p + 6, 2);
        h->nik_month = (unsigned)jem_column_digits(p + 8, 2);
        h->nik_year = (unsigned)jem_column_digits(p + 10, 2);
    }
}

void jem_column_note_village(struct jem_coder *c, const struct jem_column *column)
{
    for (size_t i = 0; i < column->count; i++) {
        const struct jem_value *v = &column->items[i];
        struct jem_hint *h = &c->hints[v->event];
        if (v->n < 6 || jem_column_digits(jem_column_string(c, v), 6) < 0)
            continue;
        h->has_village = true;
        h->village_district = (uint32_t)jem_column_digits(jem_column_string(c, v), 6);
    }
}

/* ---- plain ways of strings ---- */

static void way_text(struct jem_coder *c, struct jem_column *column)
{
    for (size_t i = 0; i < column->count && !c->range.failed; i++)
        jem_column_string_code(c, &column->items[i]);
}

/* The indexes of a set of n; indexes[] is read or filled. */
static void set_code(struct jem_coder *c, const struct jem_column *column, uint32_t *indexes, size_t n)
{
    unsigned bits = jem_range_bits_for(n);
    size_t contexts = n <= COLUMN_SMALL_SET ? 3 : 1, tree = (size_t)1 << bits;
    struct jem_range_model same[2], *models = jem_column_models(c, contexts * tree);
    jem_range_models_init(same, 2);
    unsigned was_same = 0;
    for (size_t i = 0; i < column->count && !c->range.failed; i++) {
        const struct jem_hint *h = &c->hints[column->items[i].event];
        if (i > 0 && n > COLUMN_SMALL_SET) {
            was_same = jem_range_bit(&c->range, &same[was_same], indexes[i] == indexes[i - 1]);
            if (was_same) {
                indexes[i] = indexes[i - 1];
                continue;
            }
        }
        size_t context = contexts == 1 || !h->has_nik ? 0 : h->nik_day > 40 ? 1 : 2;
        indexes[i] = jem_range_tree(&c->range, models + context * tree, bits, indexes[i]);
        c->range.failed |= indexes[i] >= n;
    }
    free(models);
}

static void way_set(struct jem_coder *c, struct jem_column *column)
{
    struct jem_names names = { 0 };
    struct jem_range_number size;
    uint32_t *indexes = calloc(column->count, sizeof *indexes);
    struct jem_value *distinct = calloc(column->count, sizeof *distinct);
    size_t n = 0;
    c->nomem |= indexes == NULL || distinct == NULL;
    for (size_t i = 0; c->range.encoding && i < column->count && !c->nomem; i++) {
        bool fresh;
        struct jem_value *v = &column->items[i];
        size_t index = jem_names_add(&names, jem_column_string(c, v), v->n, &fresh);
        c->nomem |= index == SIZE_MAX;
        indexes[i] = (uint32_t)index;
        if (fresh)
            distinct[n++] = *v;
    }
    c->range.failed |= c->nomem;
    if (c->range.failed)
        goto out;
    jem_range_number_init(&size);
    n = jem_range_unsigned(&c->range, &size, n);
    if (n == 0 || n > column->count) {
        c->range.failed = true;
        goto out;
    }
    for (size_t i = 0; i < n && !c->range.failed; i++)
        jem_column_string_code(c, &distinct[i]);
    set_code(c, column, indexes, n);
    for (size_t i = 0; !c->range.encoding && i < column->count && !c->range.failed; i++) {
        column->items[i].at = distinct[indexes[i]].at;
        column->items[i].n = distinct[indexes[i]].n;
    }
out:
    jem_names_release(&names);
    free(indexes);
    free(distinct);
}

void jem_fresh_init(struct jem_fresh *f)
{
    f->names = (struct jem_names){ 0 };
    jem_range_models_init(&f->again, 1);
    jem_range_number_init(&f->ago);
}

void jem_fresh_release(struct jem_fresh *f)
{
    jem_names_release(&f->names);
}

void jem_fresh_code(struct jem_coder *c, struct jem_fresh *f, struct jem_value *v)
{
    size_t count = f->names.count, n, at = SIZE_MAX;
    bool fresh;
    if (c->range.encoding)
        at = jem_names_find(&f->names, jem_column_string(c, v), v->n);
    if (count > 0 && jem_range_bit(&c->range, &f->again, at != SIZE_MAX)) {
        uint64_t ago = jem_range_unsigned(&c->range, &f->ago, count - 1 - at);
        if (ago >= count) {
            c->range.failed = true;
        } else if (!c->range.encoding) {
            const unsigned char *p = jem_names_get(&f->names, count - 1 - ago, &n);
            jem_column_put(c, v, (const char *)p, n);
        }
        return;
    }
    jem_column_string_code(c, v);
    if (!c->range.failed && jem_names_add(&f->names, jem_column_string(c, v), v->n, &fresh) == SIZE_MAX)
        c->nomem = c->range.failed = true;
}

void jem_way_values_known(struct jem_coder *c, struct jem_column *column)
{
    const struct jem_known *list = column->known;
    struct jem_range_model *models = jem_column_models_of(c, list->prior, (size_t)1 << list->bits);
    struct jem_fresh fresh;
    jem_fresh_init(&fresh);
    for (size_t i = 0; i < column->count && !c->range.failed; i++) {
        struct jem_value *v = &column->items[i];
        size_t at = c->range.encoding ? jem_known_find(list, jem_column_string(c, v), v->n) + 1 : 0;
        at = jem_range_tree(&c->range, models, list->bits, (unsigned)at);
        if (at == 0)
            jem_fresh_code(c, &fresh, v);
        else if (at > list->count)
            c->range.failed = true;
        else if (!c->range.encoding)
            jem_column_put(c, v, list->items[at - 1].p, list->items[at - 1].n);
    }
    jem_fresh_release(&fresh);
    free(models);
}

/* ---- ways of numbers ---- */

static void way_plain(struct jem_coder *c, struct jem_column *column)
{
    struct jem_range_number model;
    jem_range_number_init(&model);
    for (size_t i = 0; i < column->count && !c->range.failed; i++)
        column->items[i].number = jem_range_signed(&c->range, &model, column->items[i].number);
}

static void way_delta(struct jem_coder *c, struct jem_column *column)
{
    struct jem_range_number model;
    uint64_t last = 0;
    jem_range_number_init(&model);
    for (size_t i = 0; i < column->count && !c->range.failed; i++) {
        uint64_t v = (uint64_t)column->items[i].number;
        v = last + (uint64_t)jem_range_signed(&c->range, &model, (int64_t)(v - last));
        column->items[i].number = (int64_t)v;
        last = v;
    }
}

/* The index of v among n values; n when it is none of them. */
static size_t number_index(const int64_t *values, size_t n, int64_t v)
{
    size_t i = 0;
    while (i < n && values[i] != v)
        i++;
    return i;
}

static bool way_number_set_fits(const struct jem_column *column)
{
    int64_t values[COLUMN_NUMBER_SET_MAX] = { 0 };
    size_t n = 0;
    for (size_t i = 0; i < column->count; i++) {
        if (number_index(values, n, column->items[i].number) < n)
            continue;
        if (n == COLUMN_NUMBER_SET_MAX)
            return false;
        values[n++] = column->items[i].number;
    }
    return n < column->count;
}

static void way_number_set(struct jem_coder *c, struct jem_column *column)
{
    int64_t values[COLUMN_NUMBER_SET_MAX] = { 0 };
    size_t n = 0;
    struct jem_range_number model;
    uint32_t *indexes = calloc(column->count, sizeof *indexes);
    if (indexes == NULL) {
        c->nomem = c->range.failed = true;
        return;
    }
    for (size_t i = 0; c->range.encoding && i < column->count; i++) {
        indexes[i] = (uint32_t)number_index(values, n, column->items[i].number);
        if (indexes[i] == n)
            values[n++] = column->items[i].number;
    }
    jem_range_number_init(&model);
    n = jem_range_unsigned(&c->range, &model, n);
    c->range.failed |= n == 0 || n > COLUMN_NUMBER_SET_MAX;
    for (size_t i = 0; i < n && !c->range.failed; i++)
        values[i] = jem_range_signed(&c->range, &model, values[i]);
    if (!c->range.failed)
        set_code(c, column, indexes, n);
    for (size_t i = 0; i < column->count && !c->range.failed; i++)
        column->items[i].number = values[indexes[i]];
    free(indexes);
}

/* ---- the choice ---- */

static bool way_any(const struct jem_coder *c, const struct jem_column *column)
{
    (void)c;
    (void)column;
    return true;
}

static bool way_words_fits(const struct jem_coder *c, const struct jem_column *column)
{
    (void)c;
    size_t bytes = 0;
    for (size_t i = 0; i < column->count; i++)
        bytes += column->items[i].n;
    return column->count > 1 && bytes / column->count <= COLUMN_WORDS_MEAN_MAX;
}

static bool way_set_fits(const struct jem_coder *c, const struct jem_column *column)
{
    (void)c;
    return column->count > 1;
}

static bool way_numbers_fits(const struct jem_coder *c, const struct jem_column *column)
{
    (void)c;
    return way_number_set_fits(column);
}

/* Also the number of the tree of ways: of numbers it is 1. */
enum { LIST_NONE = 0, LIST_VALUES = 2, LIST_WORDS = 3 };
struct way {
    bool (*fits)(const struct jem_coder *c, const struct jem_column *column);
    void (*code)(struct jem_coder *c, struct jem_column *column);
    unsigned list; /* what the dictionary must have for the column */
};
static const struct way ways_string[] = {
    { way_any, way_text, LIST_NONE },
    { way_set_fits, way_set, LIST_NONE },
    { way_words_fits, jem_way_words_by_place, LIST_NONE },
    { way_words_fits, jem_way_words_by_word, LIST_NONE },
    { jem_way_hex_fits, jem_way_hex, LIST_NONE },
    { jem_way_digits_fits, jem_way_digits, LIST_NONE },
    { jem_way_card_fits, jem_way_card, LIST_NONE },
    { jem_way_date_fits, jem_way_date, LIST_NONE },
    { jem_way_ids_fits, jem_way_ids, LIST_NONE },
    { jem_way_number_fits, jem_way_number, LIST_NONE },
    { way_any, jem_way_values_known, LIST_VALUES },
    { way_any, jem_way_words_known, LIST_WORDS },
};
static const struct way ways_number[] = {
    { way_any, way_plain, LIST_NONE },
    { way_any, way_delta, LIST_NONE },
    { way_numbers_fits, way_number_set, LIST_NONE },
};

/* Under a dictionary a text of a few bytes is packed with its neighbours: what it takes alone tells too little. */
static size_t text_cost_known(const struct jem_dictionary *d, const struct jem_buf *text)
{
    size_t cap = ZSTD_compressBound(text->len), n = SIZE_MAX;
    void *scratch = malloc(cap);
    ZSTD_CCtx *z = ZSTD_createCCtx();
    const ZSTD_CDict *pack = jem_dictionary_pack(d, false);
    if (scratch != NULL && z != NULL && pack != NULL && !ZSTD_isError(ZSTD_CCtx_refCDict(z, pack)))
        n = ZSTD_compress2(z, scratch, cap, text->data, text->len);
    ZSTD_freeCCtx(z);
    free(scratch);
    if (n == SIZE_MAX || ZSTD_isError(n) || n > text->len + COLUMN_FRAME_BYTES)
        return text->len * 8;
    return n <= COLUMN_FRAME_BYTES ? 8 : (n - COLUMN_FRAME_BYTES) * 8;
}

/* Bits that the texts will take after zstd, roughly. */
static size_t text_cost(const struct jem_dictionary *d, const struct jem_buf *text)
{
    if (text->len == 0)
        return 0;
    if (d != NULL)
        return text_cost_known(d, text);
    size_t cap = ZSTD_compressBound(text->len);
    void *scratch = text->len < 32 ? NULL : malloc(cap);
    if (scratch == NULL)
        return text->len * 6;
    size_t n = ZSTD_compress(scratch, cap, text->data, text->len, 6);
    free(scratch);
    return ZSTD_isError(n) || n > text->len ? text->len * 8 : n * 8;
}

static size_t way_cost(const struct jem_coder *c, const struct way *way, struct jem_column *column)
{
    struct jem_coder trial = *c;
    struct jem_buf numbers = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX), text = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    jem_range_encoder(&trial.range, &numbers);
    trial.text_out = &text;
    way->code(&trial, column);
    jem_range_finish(&trial.range);
    size_t cost = trial.range.failed || numbers.failed || text.failed
                      ? SIZE_MAX
                      : numbers.len * 8 + text_cost(c->dictionary, &text);
    jem_buf_release(&numbers);
    jem_buf_release(&text);
    return cost;
}

void jem_column_ways_init(struct jem_coder *c)
{
    jem_range_models_init(&c->ways[0][0], sizeof c->ways / sizeof c->ways[0][0]);
    for (unsigned i = 0; i < sizeof ways_string / sizeof *ways_string; i++) {
        if (ways_string[i].list == LIST_NONE)
            continue;
        unsigned node = 1;
        for (unsigned bit = COLUMN_WAYS_BITS; bit-- > 0; node = node << 1 | (i >> bit & 1))
            c->ways[ways_string[i].list][node] =
                jem_range_model_of(i >> bit & 1 ? 1 : COLUMN_LIKELY, i >> bit & 1 ? COLUMN_LIKELY : 1);
    }
}

void jem_column_code(struct jem_coder *c, struct jem_column *column)
{
    const struct way *ways = column->number ? ways_number : ways_string;
    size_t count = column->number ? sizeof ways_number / sizeof *ways_number : sizeof ways_string / sizeof *ways_string;
    unsigned best = 0, list = column->known == NULL ? LIST_NONE : column->known->words ? LIST_WORDS : LIST_VALUES;
    size_t best_cost = SIZE_MAX;
    for (unsigned i = 0; c->range.encoding && i < count; i++) {
        bool fits = (ways[i].list == LIST_NONE || ways[i].list == list) && ways[i].fits(c, column);
        size_t cost = fits ? way_cost(c, &ways[i], column) : SIZE_MAX;
        if (cost < best_cost) {
            best = i;
            best_cost = cost;
        }
    }
    best = jem_range_tree(&c->range, c->ways[column->number ? 1 : list], COLUMN_WAYS_BITS, best);
    if (best >= count || (ways[best].list != LIST_NONE && ways[best].list != list))
        c->range.failed = true;
    else if (!c->range.failed)
        ways[best].code(c, column);
}
