/* find.c - looking for applications by number, NIK or name.
 *
 * Names go through four stages, each only when those before gave too few: 0 exactly these words and no other, 1 all
 * these words, 2 these or words that begin so, 3 these or words within the forgiven typing errors. Every stage asks
 * for a bounded number of candidates, so that a common name costs no more than a rare one; each is compared with the
 * name itself, and what remains is ordered by what it misses. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "name_terms.h"
#include "views.h"

#define FIND_LIMIT 20u
#define FIND_LIMIT_MAX 200u
#define FIND_CANDIDATES 96u /* looked at beyond what is asked for */
#define FIND_MATCH_MAX 65536

#define FIND_BEGINS 16u
#define FIND_ERROR 256u
#define FIND_LACKS UINT_MAX

enum find_by { FIND_BY_NUMBER = 0, FIND_BY_NIK, FIND_BY_NAME }; /* best first */
struct candidate {
    int64_t number, at;
    enum find_by by;
    unsigned miss; /* how far the name is from what is sought: FIND_..., and 1 each word too many */
};
struct find {
    struct jem_store *store;
    struct candidate *items;
    size_t count, cap; /* cap: all that will ever be kept */
    struct jem_word_list words;
    struct jem_error *err;
};

static const char FIND_NUMBER[] =
    "SELECT a.number, a.at, a.name FROM application a WHERE a.number BETWEEN ?1 AND ?2 ORDER BY a.number LIMIT ?3";
static const char FIND_NIK[] =
    "SELECT a.number, a.at, a.name FROM application a INDEXED BY application_nik WHERE a.nik <> '' AND a.nik >= ?1 "
    "AND a.nik < ?1 || ':' ORDER BY a.nik LIMIT ?3";
static const char FIND_MATCH[] = "SELECT rowid FROM name WHERE name MATCH ?1 LIMIT ?2";
static const char FIND_CANDIDATE[] = "SELECT a.number, a.at, a.name FROM application a WHERE a.number = ?1";
static const char FIND_WAITING[] =
    "SELECT a.number, a.at, a.name FROM hot h CROSS JOIN application a ON a.number = h.number WHERE h.what = 'name'";
static const char FIND_ROW[] = "SELECT " JEM_ROW_COLUMNS "FROM application a WHERE a.number = ?1";
static const char WORD_NEW[] = "SELECT id, word FROM word WHERE id > ?1 ORDER BY id";
static const char WORD_PREFIX[] = "SELECT word FROM word WHERE word > ?1 AND word < ?1 || x'ff' ORDER BY word LIMIT ?2";

/* ---- candidates ---- */

static bool find_known(const struct find *f, int64_t number)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->items[i].number == number)
            return true;
    return false;
}

/* How far a word that is sought is from the nearest word of the name: 0 the same, FIND_BEGINS a beginning of it,
 * FIND_ERROR each typing error; FIND_LACKS when there is none. */
static unsigned find_miss(const char *sought, const struct jem_word_list *name)
{
    size_t n = strlen(sought);
    unsigned forgiven = jem_words_forgiven(n), best = FIND_LACKS;
    for (size_t i = 0; i < name->count && best > 0; i++) {
        unsigned miss = FIND_LACKS;
        if (strncmp(name->items[i], sought, n) == 0) {
            miss = name->items[i][n] == '\0' ? 0 : FIND_BEGINS;
        } else {
            unsigned d = jem_words_distance(sought, n, name->items[i], strlen(name->items[i]), forgiven);
            if (d <= forgiven)
                miss = d * FIND_ERROR;
        }
        if (miss < best)
            best = miss;
    }
    return best;
}

/* False when the name lacks a word that is sought. */
static bool find_rate(const struct find *f, struct candidate *c, const char *name)
{
    struct jem_word_list words;
    jem_words_split(name, &words);
    c->miss = words.count > f->words.count ? (unsigned)(words.count - f->words.count) : 0;
    for (size_t i = 0; i < f->words.count; i++) {
        unsigned miss = find_miss(f->words.items[i], &words);
        if (miss == FIND_LACKS)
            return false;
        c->miss += miss;
    }
    return true;
}

/* Takes the row under the cursor in, unless it is known or no more are kept. */
static void find_take(struct find *f, sqlite3_stmt *st, enum find_by by)
{
    struct candidate c = { .number = sqlite3_column_int64(st, 0), .at = sqlite3_column_int64(st, 1), .by = by };
    if (f->count == f->cap || find_known(f, c.number))
        return;
    if (by == FIND_BY_NAME && !find_rate(f, &c, jem_column_text(st, 2)))
        return;
    f->items[f->count++] = c;
}

static enum jem_code find_rows(struct find *f, sqlite3_stmt *st, enum find_by by)
{
    bool row = false;
    enum jem_code rc = JEM_OK;
    while (rc == JEM_OK && (rc = jem_db_step(f->store, st, &row, f->err)) == JEM_OK && row)
        find_take(f, st, by);
    jem_db_done(st);
    return rc;
}

/* ---- numbers ---- */

/* The whole number, or its first 4 to 10 characters: those carry its 50 bits from the left. */
static enum jem_code find_number(struct find *f, const char *text)
{
    uint64_t value = 0, first = 0, last = 0;
    unsigned n = 0;
    struct jem_error ignored;
    if (jem_number_parse(text, &first, &ignored) == JEM_OK) {
        last = first;
    } else {
        for (const char *p = text; *p != '\0'; p++) {
            if (*p == ' ' || *p == '-')
                continue;
            int v = jem_base32_value(*p);
            if (v < 0 || ++n > 10)
                return JEM_OK;
            value = value << 5 | (unsigned)v;
        }
        if (n < 4)
            return JEM_OK;
        first = value << (5 * (10 - n));
        last = first + (((uint64_t)1 << (5 * (10 - n))) - 1);
    }
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(f->store, FIND_NUMBER, &st, f->err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, (int64_t)first);
    jem_bind_int(st, 2, (int64_t)last);
    jem_bind_int(st, 3, (int64_t)f->cap);
    return find_rows(f, st, FIND_BY_NUMBER);
}

static enum jem_code find_nik(struct find *f, const char *text)
{
    char digits[17] = "";
    size_t n = 0;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == ' ' || *p == '.' || *p == '-')
            continue;
        if (*p < '0' || *p > '9' || n == 16)
            return JEM_OK;
        digits[n++] = *p;
    }
    if (n < 6)
        return JEM_OK;
    digits[n] = '\0';
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(f->store, FIND_NIK, &st, f->err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, digits);
    jem_bind_int(st, 3, (int64_t)f->cap);
    return find_rows(f, st, FIND_BY_NIK);
}

/* ---- names ---- */

/* Words that came since the vocabulary was read. */
static enum jem_code find_vocabulary(struct find *f)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    struct jem_words *words = &f->store->words;
    enum jem_code rc = jem_db_prepare(f->store, WORD_NEW, &st, f->err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, words->last_id);
    while (rc == JEM_OK && (rc = jem_db_step(f->store, st, &row, f->err)) == JEM_OK && row) {
        rc = jem_words_add(words, jem_column_text(st, 1), f->err);
        words->last_id = sqlite3_column_int64(st, 0);
    }
    jem_db_done(st);
    return rc;
}

static void find_choice(struct jem_name_group *g, const char *word)
{
    memcpy(g->choices[g->count++], word, strnlen(word, JEM_WORD_BYTES - 1) + 1);
}

/* Words that begin with the group's; too many of them leave the group as it was, with *all false. */
static enum jem_code find_beginnings(struct find *f, struct jem_name_group *g, bool *all)
{
    bool row = false;
    size_t before = g->count;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(f->store, WORD_PREFIX, &st, f->err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, g->word);
    jem_bind_int(st, 2, JEM_NAME_CHOICES + 1);
    while (g->count < JEM_NAME_CHOICES && (rc = jem_db_step(f->store, st, &row, f->err)) == JEM_OK && row)
        find_choice(g, jem_column_text(st, 0));
    *all = !row;
    if (row)
        g->count = before;
    jem_db_done(st);
    return rc;
}

/* What one word may be at a stage. */
static enum jem_code find_group(struct find *f, const char *word, int stage, struct jem_name_group *g)
{
    enum jem_code rc = JEM_OK;
    uint32_t near[JEM_NAME_CHOICES / 2];
    bool all = true;
    *g = (struct jem_name_group){ .word = word };
    find_choice(g, word);
    if (stage == 3) {
        size_t n = jem_words_near(&f->store->words, word, near, sizeof near / sizeof *near);
        for (size_t i = 0; i < n; i++)
            find_choice(g, f->store->words.text + f->store->words.items[near[i]].at);
    }
    if (stage >= 2)
        rc = find_beginnings(f, g, &all);
    if (stage == 2 && !all)
        g->count = 0;
    return rc;
}

/* From stage 2 on a single letter says too little beside other words: the rating sees to it. */
static bool find_passes_over(const struct find *f, size_t i, int stage)
{
    bool longer = false;
    for (size_t j = 0; j < f->words.count; j++)
        longer = longer || f->words.items[j][1] != '\0';
    return stage >= 2 && longer && f->words.items[i][1] == '\0';
}

static enum jem_code find_query(struct find *f, int stage, struct jem_buf *match)
{
    enum jem_code rc = JEM_OK;
    size_t count = 0;
    struct jem_name_group *groups = stage == 0 ? NULL : calloc(f->words.count, sizeof *groups);
    if (stage == 0)
        jem_name_match_whole(&f->words, match);
    else if (groups == NULL)
        return jem_fail_nomem(f->err);
    for (size_t i = 0; rc == JEM_OK && stage > 0 && i < f->words.count; i++)
        if (!find_passes_over(f, i, stage))
            rc = find_group(f, f->words.items[i], stage, &groups[count++]);
    if (rc == JEM_OK && stage > 0)
        jem_name_match(groups, count, match);
    free(groups);
    return rc == JEM_OK ? jem_buf_ok(match, f->err) : rc;
}

static enum jem_code find_candidate(struct find *f, int64_t number)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(f->store, FIND_CANDIDATE, &st, f->err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, number);
    return find_rows(f, st, FIND_BY_NAME);
}

static enum jem_code find_stage(struct find *f, const char *match)
{
    sqlite3_stmt *st = NULL;
    bool row = false;
    enum jem_code rc = jem_db_prepare(f->store, FIND_MATCH, &st, f->err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, match);
    jem_bind_int(st, 2, (int64_t)f->cap * 2); /* some are known, some match by hash alone */
    while (rc == JEM_OK && f->count < f->cap && (rc = jem_db_step(f->store, st, &row, f->err)) == JEM_OK && row)
        if (!find_known(f, sqlite3_column_int64(st, 0)))
            rc = find_candidate(f, sqlite3_column_int64(st, 0));
    jem_db_done(st);
    return rc;
}

/* Names whose postings are not written yet: few, so each is compared. */
static enum jem_code find_waiting(struct find *f)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(f->store, FIND_WAITING, &st, f->err);
    return rc == JEM_OK ? find_rows(f, st, FIND_BY_NAME) : rc;
}

static enum jem_code find_name(struct find *f, const char *text, size_t wanted)
{
    struct jem_buf match[2] = { JEM_BUF_INIT(FIND_MATCH_MAX), JEM_BUF_INIT(FIND_MATCH_MAX) };
    enum jem_code rc = JEM_OK;
    jem_words_split(text, &f->words);
    if (f->words.count > 0)
        rc = find_waiting(f);
    for (int stage = 0; rc == JEM_OK && f->words.count > 0 && stage <= 3 && f->count < wanted; stage++) {
        struct jem_buf *now = &match[stage % 2], *before = &match[(stage + 1) % 2];
        jem_buf_clear(now);
        if (stage == 3)
            rc = find_vocabulary(f);
        if (rc == JEM_OK)
            rc = find_query(f, stage, now);
        /* No other words to choose from: the same names again. */
        if (rc == JEM_OK && strcmp(jem_buf_text(now), jem_buf_text(before)) != 0)
            rc = find_stage(f, jem_buf_text(now));
    }
    jem_buf_release(&match[0]);
    jem_buf_release(&match[1]);
    return rc;
}

static int find_order(const void *x, const void *y)
{
    const struct candidate *a = x, *b = y;
    if (a->by != b->by)
        return a->by < b->by ? -1 : 1;
    if (a->miss != b->miss)
        return a->miss < b->miss ? -1 : 1;
    if (a->at != b->at)
        return a->at > b->at ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

enum jem_code jem_store_find(struct jem_store *store, const char *text, unsigned limit, json_t **out,
    struct jem_error *err)
{
    size_t wanted = limit == 0 ? FIND_LIMIT : limit > FIND_LIMIT_MAX ? FIND_LIMIT_MAX : limit;
    struct find f = { .store = store, .cap = wanted + FIND_CANDIDATES, .err = err };
    json_t *rows = json_array();
    *out = NULL;
    f.items = calloc(f.cap, sizeof *f.items);
    enum jem_code rc = rows == NULL || f.items == NULL ? jem_fail_nomem(err) : find_number(&f, text);
    if (rc == JEM_OK)
        rc = find_nik(&f, text);
    if (rc == JEM_OK)
        rc = find_name(&f, text, wanted);
    if (rc == JEM_OK)
        qsort(f.items, f.count, sizeof *f.items, find_order);
    for (size_t i = 0; rc == JEM_OK && i < f.count && i < wanted; i++) {
        sqlite3_stmt *st = NULL;
        rc = jem_db_prepare(store, FIND_ROW, &st, err);
        if (rc == JEM_OK) {
            jem_bind_int(st, 1, f.items[i].number);
            rc = jem_rows_append(store, st, rows, err);
        }
    }
    free(f.items);
    if (rc == JEM_OK)
        *out = json_incref(rows);
    json_decref(rows);
    return rc;
}
