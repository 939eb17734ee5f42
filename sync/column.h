/* column.h - the values of one JSON path in all events of a segment that have it, and the ways to write them.
 * Internal to the room sync. The ways' bytes stand above the code that owns them.
 *
 * Every jem_way_* codes a whole column in the coder's direction: reading fills the values whose `event` is set, and
 * sets range.failed on what no writer writes. Strings are pieces of the arena. */
#ifndef SYNC_COLUMN_H
#define SYNC_COLUMN_H
#include "dictionary.h"
#include "jemput/event.h"
#include "names.h"

struct jem_value {
    int64_t number;
    size_t at; /* string: in the arena */
    uint32_t n, event;
};
struct jem_column {
    bool number;
    const struct jem_known *known; /* what a dictionary knows of it, or NULL */
    struct jem_value *items;
    size_t count, cap;
};

/* What is known about an event when its later columns are coded. */
struct jem_hint {
    uint64_t seq, subject;
    bool has_nik, has_village;
    uint32_t nik_district, village_district; /* first six digits */
    unsigned nik_day, nik_month, nik_year;   /* as the NIK writes them: day past 40 for a woman, year of two digits */
};

struct jem_coder {
    struct jem_range range;
    struct jem_range_model ways[4][16]; /* which way columns are written: strings, numbers, known values, known words */
    const struct jem_dictionary *dictionary;
    struct jem_buf *text_out;
    struct jem_reader text_in;
    struct jem_buf *arena;
    struct jem_hint *hints; /* by event */
    struct jem_event_id stream;
    bool nomem;
};

/* What is believed of the ways before the first column. */
void jem_column_ways_init(struct jem_coder *c);
/* Codes the column in the way that costs least. */
void jem_column_code(struct jem_coder *c, struct jem_column *column);
bool jem_column_add(struct jem_column *column, struct jem_value value);
void jem_column_release(struct jem_column *column);
/* Notes in the hints what a column of NIKs or village codes says. */
void jem_column_note_nik(struct jem_coder *c, const struct jem_column *column);
void jem_column_note_village(struct jem_coder *c, const struct jem_column *column);

/* ---- for the ways ---- */
const char *jem_column_string(const struct jem_coder *c, const struct jem_value *v);
/* Reading: the value is these bytes, which move to the arena. */
void jem_column_put(struct jem_coder *c, struct jem_value *v, const char *p, size_t n);
/* A string among the texts, ended by NUL. */
void jem_column_string_code(struct jem_coder *c, struct jem_value *v);
/* Strings of a column that the dictionary does not have: each is among the texts once. */
struct jem_fresh {
    struct jem_names names;
    struct jem_range_model again;
    struct jem_range_number ago;
};
void jem_fresh_init(struct jem_fresh *f);
void jem_fresh_release(struct jem_fresh *f);
void jem_fresh_code(struct jem_coder *c, struct jem_fresh *f, struct jem_value *v);
/* calloc-like, models initialised; NULL sets nomem and range.failed. Freed with free(). */
struct jem_range_model *jem_column_models(struct jem_coder *c, size_t count);
/* The same, copied from others. */
struct jem_range_model *jem_column_models_of(struct jem_coder *c, const struct jem_range_model *prior, size_t count);
/* The first n characters as a number, -1 unless all are digits. n <= 18 */
int64_t jem_column_digits(const char *p, size_t n);

/* The next token of a value: *at is JEM_WORD_START first, then where the last one ended. False at the end of the value.
 * An empty value has no token; a space at either end stands beside an empty one. */
#define JEM_WORD_START SIZE_MAX
struct jem_token {
    const char *p;
    size_t n;
    bool digits, glue; /* glue: no space stands before it */
};
bool jem_word_next(const char *text, size_t n, size_t *at, struct jem_token *out);

void jem_way_words_by_place(struct jem_coder *c, struct jem_column *column);
void jem_way_words_by_word(struct jem_coder *c, struct jem_column *column);
void jem_way_words_known(struct jem_coder *c, struct jem_column *column);
void jem_way_values_known(struct jem_coder *c, struct jem_column *column);

bool jem_way_hex_fits(const struct jem_coder *c, const struct jem_column *column);
void jem_way_hex(struct jem_coder *c, struct jem_column *column);
bool jem_way_digits_fits(const struct jem_coder *c, const struct jem_column *column);
void jem_way_digits(struct jem_coder *c, struct jem_column *column);
bool jem_way_card_fits(const struct jem_coder *c, const struct jem_column *column);
void jem_way_card(struct jem_coder *c, struct jem_column *column);
bool jem_way_date_fits(const struct jem_coder *c, const struct jem_column *column);
void jem_way_date(struct jem_coder *c, struct jem_column *column);
bool jem_way_ids_fits(const struct jem_coder *c, const struct jem_column *column);
void jem_way_ids(struct jem_coder *c, struct jem_column *column);
bool jem_way_number_fits(const struct jem_coder *c, const struct jem_column *column);
void jem_way_number(struct jem_coder *c, struct jem_column *column);
#endif
