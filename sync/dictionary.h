/* dictionary.h - a dictionary as the columns use it. Internal to the room sync. */
#ifndef SYNC_DICTIONARY_H
#define SYNC_DICTIONARY_H
#include <zstd.h>

#include "jemput/dictionary.h"
#include "range.h"

/* Symbols of a list: JEM_KNOWN_FIRST[words] of them mean something else (column_known.c, column_words.c). */
#define JEM_KNOWN_FIRST(words) ((words) ? 3u : 1u)
#define JEM_WORD_MAX 64     /* bytes of a listed word */
#define JEM_KNOWN_GROUPS 12 /* words after which others follow than elsewhere; 0: no such word */
/* At the start; after a word among the texts; after digits; after a word of no group, the first or a later one; then
 * after a word of each group. */
#define JEM_KNOWN_CONTEXTS (5 + JEM_KNOWN_GROUPS - 1)
enum { JEM_KNOWN_START = 0, JEM_KNOWN_TEXT, JEM_KNOWN_DIGITS, JEM_KNOWN_WORD_FIRST, JEM_KNOWN_WORD, JEM_KNOWN_GROUP };

enum { JEM_SYMBOL_END = 0, JEM_SYMBOL_TEXT, JEM_SYMBOL_DIGITS };
/* The context of a symbol by its place in the value, the symbol before it, and that one's group. */
unsigned jem_known_context(size_t place, unsigned before, unsigned group);

/* How a word of the list is written: as the list has it by default, or in another form. */
enum jem_word_form { JEM_WORD_AS_LISTED = 0, JEM_WORD_UPPER, JEM_WORD_LOWER, JEM_WORD_CAPITAL, JEM_WORD_FORMS };

struct jem_known_string {
    const char *p;
    uint32_t n;
    uint8_t group, form; /* words only; form: not JEM_WORD_AS_LISTED */
};
/* Values that a column has again and again; or words, in lower case, that its texts are made of. */
struct jem_known {
    bool words;
    struct jem_known_string *items; /* ascending by bytes */
    size_t count;
    unsigned bits; /* of a symbol */
    size_t contexts;
    struct jem_range_model *prior; /* [contexts << bits] */
    const unsigned char *raw;      /* the list as the payload has it */
    size_t raw_size;
};
/* The index of the string; SIZE_MAX when the list does not have it. */
size_t jem_known_find(const struct jem_known *list, const char *p, size_t n);

/* The list for a column by its path, as shape.h writes it; NULL: none. d may be NULL. */
const struct jem_known *jem_dictionary_list(const struct jem_dictionary *d, const void *path, size_t n);
/* Texts under the dictionary. Made at the first call; NULL: out of memory. `hard`: for what is sent, else for trials. */
const ZSTD_CDict *jem_dictionary_pack(const struct jem_dictionary *d, bool hard);
/* What texts may repeat: the zstd dictionary without its tables. */
const unsigned char *jem_dictionary_content(const struct jem_dictionary *d, size_t *n);
const ZSTD_DDict *jem_dictionary_unpack(const struct jem_dictionary *d);

/* ---- the payload, for the trainer ---- */
struct jem_known_draft {
    bool words;
    struct jem_known_string *items;
    size_t count;
    uint8_t *weights; /* [contexts][JEM_KNOWN_FIRST + count], jem_known_weight() each; contexts: 1 for values */
};
uint8_t jem_known_weight(uint64_t share);
void jem_known_write(const struct jem_known_draft *draft, struct jem_buf *payload);
/* The file around a payload; id 0: one from what is in it. */
JEM_NODISCARD enum jem_code jem_dictionary_write(uint16_t id, const struct jem_buf *payload, struct jem_buf *out,
    struct jem_error *err);
#endif
