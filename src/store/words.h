/* words.h - names as words, and words that are nearly alike. No clock, no disk. Private to src/store.
 *
 * A word is lower case; apostrophes vanish (Ma'ruf, maruf), other signs part words (Nur-Aini, nur aini), bytes past
 * ASCII are letters. */
#ifndef JEM_STORE_WORDS_H
#define JEM_STORE_WORDS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jemput/error.h"

#define JEM_WORDS_MAX 12  /* of one name; further ones are not searched */
#define JEM_WORD_BYTES 32 /* with NUL; longer words are cut */

struct jem_word_list {
    size_t count;
    char items[JEM_WORDS_MAX][JEM_WORD_BYTES];
};
void jem_words_split(const char *text, struct jem_word_list *out);

/* Typing errors forgiven in a word of n bytes: 0, 1 from 4 on, 2 from 8 on. */
unsigned jem_words_forgiven(size_t n);
/* Changes, insertions, deletions and swaps of neighbours (each pair of letters touched once: optimal string
 * alignment) from a to b, or max + 1 when there are more than `max`. Both shorter than JEM_WORD_BYTES. */
unsigned jem_words_distance(const char *a, size_t an, const char *b, size_t bn, unsigned max);

/* The vocabulary: every distinct word, packed, with the set of its letters to pass over the unlike ones fast. */
struct jem_words {
    char *text; /* NUL after each */
    size_t text_len, text_cap;
    struct jem_words_entry {
        uint32_t at;      /* into text */
        uint32_t letters; /* bit c & 31 for each byte c */
        uint8_t len;
    } * items;
    size_t count, cap;
    int64_t last_id; /* word.id of the last one read */
};
JEM_NODISCARD enum jem_code jem_words_add(struct jem_words *words, const char *word, struct jem_error *err);
void jem_words_release(struct jem_words *words);
/* The words nearest to `word` within its forgiven distance, itself not among them, nearest first: at most `max`
 * indexes into items. */
size_t jem_words_near(const struct jem_words *words, const char *word, uint32_t *out, size_t max);
#endif
