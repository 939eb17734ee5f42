/* name_terms.c - the terms of a name and the expressions that look for them. */
#include "name_terms.h"

#include <stdlib.h>
#include <string.h>

#include "jemput/codec.h"

#define TERMS_PAIR_CHARS 5
#define TERMS_WHOLE_CHARS 6
#define TERMS_PAIRS_MAX 96 /* pairs of choices that are still asked for as pairs */

/* FNV-1a, 64 bits: no secret here, and the seed stands in every database. */
static uint64_t terms_hash(uint64_t h, const char *word)
{
    do {
        h ^= (unsigned char)*word;
        h *= 1099511628211u;
    } while (*word++ != '\0');
    return h;
}
#define TERMS_SEED 14695981039346656037u

static void terms_put_hash(char sign, uint64_t h, int chars, struct jem_buf *out)
{
    char text[16] = { sign };
    h ^= h >> 32;
    for (int i = 0; i < chars; i++) {
        char c = jem_base32_char((unsigned)(h >> (5 * i)) & 31);
        text[1 + i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    jem_buf_add(out, text, (size_t)chars + 1);
}

static void terms_put_pair(const char *a, const char *b, struct jem_buf *out)
{
    bool ordered = strcmp(a, b) <= 0;
    uint64_t h = terms_hash(TERMS_SEED, ordered ? a : b);
    terms_put_hash('~', terms_hash(h, ordered ? b : a), TERMS_PAIR_CHARS, out);
}

static int terms_cmp(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void terms_put_whole(const struct jem_word_list *words, struct jem_buf *out)
{
    const char *sorted[JEM_WORDS_MAX] = { NULL };
    uint64_t h = TERMS_SEED;
    for (size_t i = 0; i < words->count; i++)
        sorted[i] = words->items[i];
    qsort(sorted, words->count, sizeof *sorted, terms_cmp);
    for (size_t i = 0; i < words->count; i++)
        h = terms_hash(h, sorted[i]);
    terms_put_hash('=', h, TERMS_WHOLE_CHARS, out);
}

/* At most `letters` bytes: a letter of several bytes may be cut, the same way in terms and queries. */
static void terms_put_start(const char *word, size_t letters, struct jem_buf *out)
{
    jem_buf_byte(out, '<');
    jem_buf_add(out, word, strnlen(word, letters));
}

void jem_name_terms(const struct jem_word_list *words, struct jem_buf *out)
{
    if (words->count == 0)
        return;
    for (size_t i = 0; i < words->count; i++) {
        size_t n = strlen(words->items[i]);
        jem_buf_add(out, words->items[i], n);
        jem_buf_byte(out, ' ');
        for (size_t letters = 2; letters <= 3 && letters <= n; letters++) {
            terms_put_start(words->items[i], letters, out);
            jem_buf_byte(out, ' ');
        }
        for (size_t j = 0; j < i; j++) {
            terms_put_pair(words->items[j], words->items[i], out);
            jem_buf_byte(out, ' ');
        }
    }
    terms_put_whole(words, out);
    jem_buf_byte(out, ' ');
}

/* ---- queries ---- */

static void match_and(struct jem_buf *out)
{
    if (out->len > 0)
        jem_buf_str(out, " AND ");
}

static void match_single(const struct jem_name_group *g, struct jem_buf *out)
{
    match_and(out);
    if (g->count == 0) {
        jem_buf_byte(out, '"');
        if (g->word[1] != '\0')
            terms_put_start(g->word, 3, out);
        else
            jem_buf_str(out, g->word);
        jem_buf_byte(out, '"');
        return;
    }
    jem_buf_byte(out, '(');
    for (size_t i = 0; i < g->count; i++)
        jem_buf_fmt(out, "%s\"%s\"", i == 0 ? "" : " OR ", g->choices[i]);
    jem_buf_byte(out, ')');
}

static void match_pair(const struct jem_name_group *a, const struct jem_name_group *b, struct jem_buf *out)
{
    match_and(out);
    jem_buf_byte(out, '(');
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++) {
            jem_buf_str(out, i + j == 0 ? "\"" : " OR \"");
            terms_put_pair(a->choices[i], b->choices[j], out);
            jem_buf_byte(out, '"');
        }
    jem_buf_byte(out, ')');
}

/* Neighbours are asked for as pairs where that is a moderate number of terms, the others by their words. */
void jem_name_match(const struct jem_name_group *groups, size_t count, struct jem_buf *out)
{
    bool covered[JEM_WORDS_MAX] = { false };
    for (size_t i = 0; i + 1 < count; i++) {
        size_t pairs = groups[i].count * groups[i + 1].count;
        if (pairs == 0 || pairs > TERMS_PAIRS_MAX)
            continue;
        match_pair(&groups[i], &groups[i + 1], out);
        covered[i] = covered[i + 1] = true;
    }
    for (size_t i = 0; i < count; i++)
        if (!covered[i])
            match_single(&groups[i], out);
}

void jem_name_match_whole(const struct jem_word_list *words, struct jem_buf *out)
{
    jem_buf_byte(out, '"');
    terms_put_whole(words, out);
    jem_buf_byte(out, '"');
}
