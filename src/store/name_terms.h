/* name_terms.h - what the postings hold of a name, and the queries that meet it. No disk. Private to src/store.
 *
 * Terms of "Siti Rahayu": siti rahayu <si <sit <ra <rah =hhhhhh ~hhhhh
 *   word     each word
 *   <ab <abc its first two and three letters
 *   =        a hash of all words, whatever their order: the whole name
 *   ~        a hash of each two words, whatever their order: so that two common words together are one short list
 *            of postings, not two long ones to be walked side by side
 * Hashes may meet by chance: what a query finds is compared with the name itself. */
#ifndef JEM_STORE_NAME_TERMS_H
#define JEM_STORE_NAME_TERMS_H
#include "jemput/buf.h"
#include "words.h"

/* All terms, with a space after each; none for a name without words. */
void jem_name_terms(const struct jem_word_list *words, struct jem_buf *out);

#define JEM_NAME_CHOICES 48 /* words that one word may stand for */

/* What one word of a query may be: one of these words, or (count 0) any that begins with `word`'s first letters. */
struct jem_name_group {
    const char *word;
    size_t count;
    char choices[JEM_NAME_CHOICES][JEM_WORD_BYTES];
};
/* The FTS5 expression for names that hold one of each group; groups 1..JEM_WORDS_MAX. */
void jem_name_match(const struct jem_name_group *groups, size_t count, struct jem_buf *out);
/* The expression for names of exactly these words. */
void jem_name_match_whole(const struct jem_word_list *words, struct jem_buf *out);
#endif
