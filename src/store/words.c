/* words.c - names as words, and words that are nearly alike. */
#include "words.h"

#include <stdlib.h>
#include <string.h>

static bool words_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
}

void jem_words_split(const char *text, struct jem_word_list *out)
{
    size_t n = 0;
    out->count = 0;
    for (const char *p = text;; p++) {
        unsigned char c = (unsigned char)*p;
        if (c >= 'A' && c <= 'Z')
            c = (unsigned char)(c - 'A' + 'a');
        if (c == '\'' || c == '`')
            continue;
        if (words_letter(c)) {
            if (out->count < JEM_WORDS_MAX && n < JEM_WORD_BYTES - 1)
                out->items[out->count][n++] = (char)c;
            continue;
        }
        if (n > 0) {
            out->items[out->count++][n] = '\0';
            n = 0;
        }
        if (c == '\0')
            return;
    }
}

unsigned jem_words_forgiven(size_t n)
{
    return n >= 8 ? 2 : n >= 4 ? 1 : 0;
}

static unsigned words_min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned jem_words_distance(const char *a, size_t an, const char *b, size_t bn, unsigned max)
{
    unsigned rows[3][JEM_WORD_BYTES];
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];
    if ((an > bn ? an - bn : bn - an) > max)
        return max + 1;
    for (size_t j = 0; j <= bn; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= an; i++) {
        unsigned best = now[0] = (unsigned)i;
        for (size_t j = 1; j <= bn; j++) {
            unsigned v = last[j - 1] + (a[i - 1] != b[j - 1]);
            v = words_min(v, words_min(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                v = words_min(v, before[j - 2] + 1);
            now[j] = v;
            best = words_min(best, v);
        }
        if (best > max)
            return max + 1; /* minima of neighbouring rows differ by one at most: no swap leads back below */
        unsigned *t = before;
        before = last;
        last = now;
        now = t;
    }
    return words_min(last[bn], max + 1);
}

static uint32_t words_letters(const char *word)
{
    uint32_t set = 0;
    for (; *word != '\0'; word++)
        set |= (uint32_t)1 << ((unsigned char)*word & 31);
    return set;
}

enum jem_code jem_words_add(struct jem_words *words, const char *word, struct jem_error *err)
{
    size_t n = strlen(word);
    if (n >= JEM_WORD_BYTES)
        return JEM_OK;
    if (words->count == words->cap) {
        size_t cap = words->cap == 0 ? 1024 : words->cap * 2;
        struct jem_words_entry *items = realloc(words->items, cap * sizeof *items);
        if (items == NULL)
            return jem_fail_nomem(err);
        words->items = items;
        words->cap = cap;
    }
    if (words->text_cap - words->text_len < n + 1) {
        size_t cap = words->text_cap == 0 ? 8192 : words->text_cap * 2;
        char *text = cap > UINT32_MAX ? NULL : realloc(words->text, cap);
        if (text == NULL)
            return jem_fail_nomem(err);
        words->text = text;
        words->text_cap = cap;
    }
    memcpy(words->text + words->text_len, word, n + 1);
    words->items[words->count++] =
        (struct jem_words_entry){ (uint32_t)words->text_len, words_letters(word), (uint8_t)n };
    words->text_len += n + 1;
    return JEM_OK;
}

void jem_words_release(struct jem_words *words)
{
    free(words->text);
    free(words->items);
    memset(words, 0, sizeof *words);
}

size_t jem_words_near(const struct jem_words *words, const char *word, uint32_t *out, size_t max)
{
    size_t n = strlen(word), found = 0, ones = 0; /* out: those at distance 1 first */
    unsigned forgiven = jem_words_forgiven(n);
    uint32_t letters = words_letters(word);
    if (forgiven == 0)
        return 0;
    for (size_t i = 0; i < words->count; i++) {
        const struct jem_words_entry *e = &words->items[i];
        /* An error takes at most one letter away and brings at most one. */
        if (e->len + forgiven < n || e->len > n + forgiven ||
            __builtin_popcount(e->letters ^ letters) > (int)(2 * forgiven))
            continue;
        unsigned d = jem_words_distance(word, n, words->text + e->at, e->len, forgiven);
        if (d == 0 || d > forgiven)
            continue;
        if (d == 1 && ones < max) {
            if (found < max)
                found++;
            out[found - 1] = out[ones];
            out[ones++] = (uint32_t)i;
        } else if (found < max) {
            out[found++] = (uint32_t)i;
        }
    }
    return found;
}
