/* dictionary.h - what writer and reader of a segment both know before it: the words, values and shapes that come again
 * and again, so that a segment of one application need not spell them.
 *
 *   magic "JSD1" | id u16 | size u32 | zstd frame of the payload, `size` bytes when opened | check 16
 *
 * check = the first half of BLAKE2b-256 of everything before it. The payload's bytes stand in sync/dictionary.c.
 *
 * Id 0 is no dictionary. Ids from 1 on up to JEM_DICTIONARY_SHIPPED_MAX are in the program (sync/assets) and never change:
 * a new version of the program adds one and keeps the old. Others are published by HQ (dictionary.published).
 *
 * A dictionary holds no personal data. The shipped one is trained on invented applications (sync/tool_train.c). HQ's is
 * trained by the rule of jem_dictionary_train, since it lies in clear on every van, and a van must not learn from it
 * whom another van served. */
#ifndef JEMPUT_DICTIONARY_H
#define JEMPUT_DICTIONARY_H
#include "jemput/event.h"

#define JEM_DICTIONARY_SHIPPED 1 /* the newest that is in the program */
#define JEM_DICTIONARY_SHIPPED_MAX 255
#define JEM_DICTIONARY_BYTES_MAX ((size_t)256 << 10) /* of the file */

/* Never changes once it is made: any thread may use it. */
struct jem_dictionary;

/* From a file's bytes, which are copied. JEM_ECORRUPT damaged, or no dictionary | JEM_ENOMEM. *out: jem_dictionary_free */
JEM_NODISCARD enum jem_code jem_dictionary_open(const void *p, size_t n, struct jem_dictionary **out,
    struct jem_error *err);
void jem_dictionary_free(struct jem_dictionary *d);         /* NULL accepted */
uint16_t jem_dictionary_id(const struct jem_dictionary *d); /* NULL: 0 */
/* One that is in the program; NULL when it has none of that id. Borrowed for ever. */
const struct jem_dictionary *jem_dictionary_shipped(uint16_t id);

/* Which applications' words a dictionary may hold. */
struct jem_dictionary_rule {
    /* A value or a word is taken only when this many different applications have it. */
    unsigned applications_min;
    /* Also words of people's names. False for real people: then no word that any of them is called by is taken from
     * anywhere, whatever applications_min says. */
    bool names;
    /* NULL, or a dictionary whose words are kept beside those found. */
    const struct jem_dictionary *base;
};
/* id 0: one past JEM_DICTIONARY_SHIPPED_MAX that follows from the contents, so that no two dictionaries share one even when HQ
 * forgot, restored from a backup, that it published the first. Appends the file of a new dictionary, trained on events of any streams (sorted by the caller as he likes; the same events
 * give the same bytes). Taken are: shapes (kinds and names of members) and, of each member, values or single words, each
 * on its own and in the order of the alphabet, that applications_min different applications (for events of no
 * application: events) have. Never taken: numbers of more than three digits, and so no NIK, number, date or phone; hashes;
 * whole texts of more than one word, unless rule->applications_min applications have that very text.
 * JEM_EINVAL too few events to learn anything | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_dictionary_train(const struct jem_event *events, size_t count, uint16_t id,
    const struct jem_dictionary_rule *rule, struct jem_buf *out, struct jem_error *err);
#endif
