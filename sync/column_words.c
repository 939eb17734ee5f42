/* column_words.c - names, addresses and sentences as runs of words, most of which came before.
 *
 *   words  := number of known words | they among the texts, most frequent first | tokens of each value
 *   token  := symbol, a tree | after a symbol of a word, but the first of a value: a bit "no space before it"
 *   symbol := 0 the value ends
 *           | 1 a word among the texts; with a list: a fresh one (column.c)
 *           | 2 a run of digits: its length (tree of 4 bits), then up to 3 digits as a tree, more as 4-bit digits
 *           | 3 + index of a known word
 *   Known words of a dictionary's list are not written. A symbol of one of them is followed by its form, a tree of two
 *   bits that learns by the form before it: as listed, upper case, lower case, capitalised (first letter upper).
 * A value is cut at each space, and where digits begin or end. What decides how a symbol is learnt is its place
 * in the value (first, second, later) or the symbol before it: two ways, the writer takes the better. With a list it is
 * the list's context of the symbol before, and the list tells what is believed at first. */
#include "column.h"

#include <stdlib.h>
#include <string.h>

#include "names.h"

enum { WORD_END = JEM_SYMBOL_END, WORD_TEXT = JEM_SYMBOL_TEXT, WORD_DIGITS = JEM_SYMBOL_DIGITS, WORD_KNOWN = 3 };
_Static_assert(WORD_KNOWN == JEM_KNOWN_FIRST(true), "a list's symbols are these");

#define WORDS_DIGITS_MAX 15
#define WORDS_PLACES 3
#define WORDS_BEFORE 64 /* symbols before that are told apart; later ones share a context */
#define WORDS_BITS_MAX 14
#define WORDS_DIGIT_CONTEXTS 16
#define WORDS_AS_LISTED 200 /* to 1: a listed word stands in the form that is listed */

struct words {
    struct jem_coder *c;
    bool by_word;
    const struct jem_known *list; /* the dictionary's words, instead of `known` */
    struct jem_range_model forms[JEM_WORD_FORMS][JEM_WORD_FORMS];
    unsigned form;
    struct jem_fresh fresh;
    struct jem_value *known;
    size_t known_count;
    unsigned bits;
    struct jem_range_model *symbols, *digits; /* symbols[context][1 << bits] */
    struct jem_range_model glue[8], lengths[WORDS_DIGIT_CONTEXTS][16];
    struct jem_range_model long_digits[16];
};
#define WORDS_DIGIT_MODELS (16 + 128 + 1024) /* trees for one, two and three digits */

static bool word_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool jem_word_next(const char *text, size_t n, size_t *at, struct jem_token *out)
{
    size_t i = *at == JEM_WORD_START ? 0 : *at;
    if (i == n)
        return false;
    out->glue = *at != JEM_WORD_START && text[i] != ' ';
    if (*at != JEM_WORD_START && text[i] == ' ')
        i++;
    size_t from = i;
    out->digits = i < n && word_is_digit(text[i]);
    while (i < n && text[i] != ' ' && word_is_digit(text[i]) == out->digits &&
           (!out->digits || i - from < WORDS_DIGITS_MAX))
        i++;
    out->p = text + from;
    out->n = i - from;
    *at = i;
    return true;
}

/* ---- which words are worth knowing ---- */

struct word_count {
    uint32_t name, times;
};

static int word_count_cmp(const void *a, const void *b)
{
    const struct word_count *x = a, *y = b;
    if (x->times != y->times)
        return x->times > y->times ? -1 : 1;
    return x->name < y->name ? -1 : x->name > y->name;
}

/* Counts every token; digits too, for "003" may come again and again. */
static bool words_count(struct jem_coder *c, const struct jem_column *column, struct jem_names *names,
    struct word_count **counts, struct jem_value **where)
{
    size_t cap = 0;
    for (size_t i = 0; i < column->count; i++) {
        const char *text = jem_column_string(c, &column->items[i]);
        struct jem_token t;
        for (size_t at = JEM_WORD_START; jem_word_next(text, column->items[i].n, &at, &t);) {
            bool fresh;
            size_t name = jem_names_add(names, t.p, t.n, &fresh);
            if (name == SIZE_MAX)
                return false;
            if (fresh && name >= cap) {
                cap = cap == 0 ? 64 : cap * 2;
                struct word_count *more_counts = realloc(*counts, cap * sizeof **counts);
                if (more_counts != NULL)
                    *counts = more_counts;
                struct jem_value *more_where = realloc(*where, cap * sizeof **where);
                if (more_where != NULL)
                    *where = more_where;
                if (more_counts == NULL || more_where == NULL)
                    return false;
            }
            if (fresh) {
                (*counts)[name] = (struct word_count){ (uint32_t)name, 0 };
                (*where)[name] =
                    (struct jem_value){ .at = column->items[i].at + (size_t)(t.p - text), .n = (uint32_t)t.n };
            }
            (*counts)[name].times++;
        }
    }
    return true;
}

/* Encoder: fills w->known, and *symbols: the known word of each name of `names`, or 0. */
static bool words_choose(struct words *w, const struct jem_column *column, struct jem_names *names, uint32_t **symbols)
{
    struct word_count *counts = NULL;
    struct jem_value *where = NULL;
    bool ok = words_count(w->c, column, names, &counts, &where);
    *symbols = calloc(names->count + 1, sizeof **symbols);
    w->known = calloc(names->count + 1, sizeof *w->known);
    ok = ok && *symbols != NULL && w->known != NULL;
    if (ok && names->count > 0) {
        qsort(counts, names->count, sizeof *counts, word_count_cmp);
        for (size_t i = 0; i < names->count && counts[i].times > 1; i++) {
            if (w->known_count == ((size_t)1 << WORDS_BITS_MAX) - WORD_KNOWN)
                break;
            w->known[w->known_count] = where[counts[i].name];
            (*symbols)[counts[i].name] = (uint32_t)(WORD_KNOWN + w->known_count++);
        }
    }
    free(counts);
    free(where);
    return ok;
}

/* ---- tokens ---- */

static void word_digits_code(struct words *w, unsigned context, struct jem_value *v)
{
    struct jem_coder *c = w->c;
    char text[WORDS_DIGITS_MAX];
    unsigned n = jem_range_tree(&c->range, w->lengths[context], 4, v->n);
    if (n == 0 || n > WORDS_DIGITS_MAX) {
        c->range.failed = true;
        return;
    }
    if (c->range.encoding)
        memcpy(text, jem_column_string(c, v), n);
    if (n <= 3) {
        static const unsigned bits[4] = { 0, 4, 7, 10 }, start[4] = { 0, 0, 16, 144 };
        struct jem_range_model *models = w->digits + context * WORDS_DIGIT_MODELS + start[n];
        unsigned number = c->range.encoding ? (unsigned)jem_column_digits(text, n) : 0;
        number = jem_range_tree(&c->range, models, bits[n], number);
        for (unsigned i = n; i-- > 0; number /= 10)
            text[i] = (char)('0' + number % 10);
        c->range.failed |= number != 0;
    } else {
        for (unsigned i = 0; i < n; i++) {
            unsigned digit = jem_range_tree(&c->range, w->long_digits, 4, (unsigned)(text[i] - '0') & 15);
            c->range.failed |= digit > 9;
            text[i] = (char)('0' + digit % 10);
        }
    }
    if (!c->range.encoding)
        jem_column_put(c, v, text, n);
}

static unsigned words_digit_context(const struct words *w, unsigned before)
{
    if (w->list == NULL || before < WORD_KNOWN)
        return before % WORDS_DIGIT_CONTEXTS;
    return WORD_KNOWN + w->list->items[before - WORD_KNOWN].group;
}
_Static_assert(WORD_KNOWN + JEM_KNOWN_GROUPS <= WORDS_DIGIT_CONTEXTS, "a context for each group");

static unsigned words_context(const struct words *w, unsigned place, unsigned before)
{
    if (w->list != NULL)
        return jem_known_context(place, before, before < WORD_KNOWN ? 0 : w->list->items[before - WORD_KNOWN].group);
    if (w->by_word)
        return before < WORDS_BEFORE ? before : WORDS_BEFORE - 1;
    return place < WORDS_PLACES ? place : WORDS_PLACES - 1;
}

/* ---- words of a dictionary's list ---- */

static char word_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static char word_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static void word_as(enum jem_word_form form, const char *lower, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = form == JEM_WORD_UPPER || (form == JEM_WORD_CAPITAL && i == 0) ? word_upper(lower[i]) : lower[i];
}

/* The symbol of a token, 0 when the list does not have it or it is in mixed case. */
static unsigned word_listed(const struct jem_known *list, const char *p, size_t n, enum jem_word_form *form)
{
    char lower[JEM_WORD_MAX], again[JEM_WORD_MAX];
    if (n == 0 || n > JEM_WORD_MAX)
        return 0;
    for (size_t i = 0; i < n; i++)
        lower[i] = word_lower(p[i]);
    size_t at = jem_known_find(list, lower, n);
    if (at == SIZE_MAX)
        return 0;
    static const enum jem_word_form forms[] = { JEM_WORD_LOWER, JEM_WORD_CAPITAL, JEM_WORD_UPPER };
    enum jem_word_form listed = list->items[at].form;
    for (int i = -1; i < 3; i++) {
        *form = i < 0 ? listed : forms[i];
        word_as(*form, lower, n, again);
        if (memcmp(again, p, n) == 0) {
            *form = *form == listed ? JEM_WORD_AS_LISTED : *form;
            return (unsigned)(WORD_KNOWN + at);
        }
    }
    return 0;
}

static void word_form_code(struct words *w, const struct jem_known_string *word, struct jem_value *token)
{
    struct jem_coder *c = w->c;
    char text[JEM_WORD_MAX];
    enum jem_word_form form = JEM_WORD_AS_LISTED;
    if (c->range.encoding)
        (void)word_listed(w->list, jem_column_string(c, token), token->n, &form);
    form = jem_range_tree(&c->range, w->forms[w->form], 2, form);
    w->form = form;
    if (c->range.encoding)
        return;
    word_as(form == JEM_WORD_AS_LISTED ? word->form : form, word->p, word->n, text);
    jem_column_put(c, token, text, word->n);
}

/* One symbol and what follows it. *token is read, or set to a piece of the arena. */
static unsigned word_code(struct words *w, unsigned place, unsigned before, unsigned symbol, bool *glue,
    struct jem_value *token)
{
    struct jem_coder *c = w->c;
    symbol =
        jem_range_tree(&c->range, w->symbols + ((size_t)words_context(w, place, before) << w->bits), w->bits, symbol);
    if (symbol == WORD_END)
        return symbol;
    if (place > 0)
        *glue = jem_range_bit(&c->range, &w->glue[(before < 3 ? before : 3) * 2 + (symbol == WORD_DIGITS)], *glue);
    if (symbol == WORD_TEXT && w->list != NULL)
        jem_fresh_code(c, &w->fresh, token);
    else if (symbol == WORD_TEXT)
        jem_column_string_code(c, token);
    else if (symbol == WORD_DIGITS)
        word_digits_code(w, words_digit_context(w, before), token);
    else if (symbol - WORD_KNOWN >= w->known_count)
        c->range.failed = true;
    else if (w->list != NULL)
        word_form_code(w, &w->list->items[symbol - WORD_KNOWN], token);
    else
        *token = w->known[symbol - WORD_KNOWN];
    return symbol;
}

/* The symbol of a known word, else 0. */
static unsigned word_symbol(const struct words *w, const struct jem_token *t, struct jem_names *names,
    const uint32_t *symbols)
{
    enum jem_word_form form;
    if (w->list != NULL)
        return word_listed(w->list, t->p, t->n, &form);
    size_t name = jem_names_find(names, t->p, t->n);
    return name == SIZE_MAX ? 0 : symbols[name];
}

static void words_write(struct words *w, struct jem_column *column, struct jem_names *names, const uint32_t *symbols)
{
    for (size_t i = 0; i < column->count && !w->c->range.failed; i++) {
        const struct jem_value *v = &column->items[i];
        const char *text = jem_column_string(w->c, v);
        unsigned place = 0, before = WORD_END;
        bool glue = false;
        struct jem_token t;
        for (size_t at = JEM_WORD_START; jem_word_next(text, v->n, &at, &t); place++) {
            unsigned symbol = word_symbol(w, &t, names, symbols);
            if (symbol == 0)
                symbol = t.digits ? WORD_DIGITS : WORD_TEXT;
            struct jem_value token = { .at = v->at + (size_t)(t.p - text), .n = (uint32_t)t.n };
            glue = t.glue;
            before = word_code(w, place, before, symbol, &glue, &token);
        }
        (void)word_code(w, place, before, WORD_END, &glue, NULL);
    }
}

static void words_read(struct words *w, struct jem_column *column)
{
    struct jem_coder *c = w->c;
    struct jem_buf value = JEM_BUF_INIT(JEM_EVENT_BODY_MAX);
    for (size_t i = 0; i < column->count && !c->range.failed; i++) {
        unsigned before = WORD_END;
        jem_buf_clear(&value);
        for (unsigned place = 0; !c->range.failed; place++) {
            struct jem_value token = { 0 };
            bool glue = false;
            size_t arena_len = c->arena->len;
            before = word_code(w, place, before, 0, &glue, &token);
            if (before == WORD_END)
                break;
            if (place > 0 && !glue)
                jem_buf_byte(&value, ' ');
            jem_buf_add(&value, jem_column_string(c, &token), token.n);
            c->arena->len = arena_len; /* the token was needed only here */
            c->range.failed |= value.failed;
            /* Every token adds a byte, so that tokens that cost nothing end at the limits too. */
            c->range.failed |= place > 0 && glue && token.n == 0;
        }
        jem_column_put(c, &column->items[i], jem_buf_text(&value), value.len);
    }
    jem_buf_release(&value);
}

/* What the words of this column are, and what is believed of them. */
static void words_begin(struct words *w, const struct jem_column *column, struct jem_names *names, uint32_t **symbols)
{
    struct jem_coder *c = w->c;
    struct jem_range_number size;
    if (w->list != NULL) {
        w->known_count = w->list->count;
        w->bits = w->list->bits;
        w->symbols = jem_column_models_of(c, w->list->prior, w->list->contexts << w->bits);
        return;
    }
    if (c->range.encoding && !words_choose(w, column, names, symbols)) {
        c->nomem = c->range.failed = true;
        return;
    }
    jem_range_number_init(&size);
    w->known_count = jem_range_unsigned(&c->range, &size, w->known_count);
    if (w->known_count > ((size_t)1 << WORDS_BITS_MAX) - WORD_KNOWN) {
        c->range.failed = true;
        return;
    }
    if (!c->range.encoding)
        w->known = calloc(w->known_count + 1, sizeof *w->known);
    w->bits = jem_range_bits_for(w->known_count + WORD_KNOWN);
    w->symbols = jem_column_models(c, (size_t)(w->by_word ? WORDS_BEFORE : WORDS_PLACES) << w->bits);
    c->nomem |= w->known == NULL;
    c->range.failed |= c->nomem;
    for (size_t i = 0; i < w->known_count && !c->range.failed; i++)
        jem_column_string_code(c, &w->known[i]);
}

static void words_code(struct jem_coder *c, struct jem_column *column, bool by_word, const struct jem_known *list)
{
    struct words w = { .c = c, .by_word = by_word, .list = list };
    struct jem_names names = { 0 };
    uint32_t *symbols = NULL;
    jem_range_models_init(w.glue, sizeof w.glue / sizeof *w.glue);
    jem_range_models_init(&w.lengths[0][0], sizeof w.lengths / sizeof w.lengths[0][0]);
    jem_range_models_init(w.long_digits, 16);
    jem_range_models_init(&w.forms[0][0], sizeof w.forms / sizeof w.forms[0][0]);
    w.forms[JEM_WORD_AS_LISTED][1] = w.forms[JEM_WORD_AS_LISTED][2] = jem_range_model_of(WORDS_AS_LISTED, 1);
    jem_fresh_init(&w.fresh);
    words_begin(&w, column, &names, &symbols);
    if (!c->range.failed)
        w.digits = jem_column_models(c, (size_t)WORDS_DIGIT_CONTEXTS * WORDS_DIGIT_MODELS);
    if (c->range.encoding && !c->range.failed)
        words_write(&w, column, &names, symbols);
    else if (!c->range.failed)
        words_read(&w, column);
    jem_fresh_release(&w.fresh);
    jem_names_release(&names);
    free(symbols);
    free(w.known);
    free(w.symbols);
    free(w.digits);
}

void jem_way_words_by_place(struct jem_coder *c, struct jem_column *column)
{
    words_code(c, column, false, NULL);
}

void jem_way_words_by_word(struct jem_coder *c, struct jem_column *column)
{
    words_code(c, column, true, NULL);
}

void jem_way_words_known(struct jem_coder *c, struct jem_column *column)
{
    words_code(c, column, false, column->known);
}
