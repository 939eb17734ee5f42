/* find.c - looking for applications by number, NIK or name.
 *
 * Names go through four stages, each only when those before gave too few: 0 exactly these words and no other, 1 all
 * these words, 2 these or words that begin so, 3 these or words within the forgiven typing errors. Every stage asks
 * for a bounded number of candidates, so that a common name costs no more than a rare one; the candidates are then
 * ordered by what their names miss. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "views.h"

#define FIND_LIMIT 20u
#define FIND_LIMIT_MAX 200u
#define FIND_CANDIDATES 96u /* looked at beyond what is asked for */
#define FIND_EXPAND 48      /* words that one word may stand for */
#define FIND_MATCH_MAX 32768

struct candidate {
    int64_t number, at;
    int stage;
    unsigned miss; /* typing errors, then words too many */
    json_t *row;
};
struct find {
    struct jem_store *store;
    struct candidate *items;
    size_t count, cap; /* cap: all that will ever be kept */
    struct jem_word_list words;
    struct jem_error *err;
};

static const char FIND_NUMBER[] =
    "SELECT " JEM_ROW_COLUMNS "FROM application a WHERE a.number BETWEEN ?1 AND ?2 ORDER BY a.number LIMIT ?3";
static const char FIND_NIK[] =
    "SELECT " JEM_ROW_COLUMNS "FROM application a INDEXED BY application_nik WHERE a.nik <> '' AND a.nik >= ?1 "
    "AND a.nik < ?1 || ':' ORDER BY a.nik LIMIT ?3";
static const char FIND_MATCH[] = "SELECT rowid FROM name WHERE name MATCH ?1 LIMIT ?2";
static const char FIND_ROW[] = "SELECT " JEM_ROW_COLUMNS "FROM application a WHERE a.number = ?1";
static const char INDEX_ADD[] = "INSERT INTO name (rowid, words) VALUES (?1, ?2)";
static const char INDEX_DROP[] = "INSERT INTO name (name, rowid, words) VALUES ('delete', ?1, ?2)";
static const char WORD_ADD[] = "INSERT OR IGNORE INTO word (word) VALUES (?1)";
static const char WORD_NEW[] = "SELECT id, word FROM word WHERE id > ?1 ORDER BY id";
static const char WORD_PREFIX[] = "SELECT word FROM word WHERE word > ?1 AND word < ?1 || x'ff' ORDER BY word LIMIT ?2";

/* ---- keeping the index ---- */

/* The words, then #n. False for a name without words. */
static bool find_terms(const struct jem_word_list *words, char *out, size_t cap)
{
    size_t len = 0;
    for (size_t i = 0; i < words->count; i++) {
        size_t n = strlen(words->items[i]);
        memcpy(out + len, words->items[i], n);
        out[len + n] = ' ';
        len += n + 1;
    }
    (void)snprintf(out + len, cap - len, "#%zu", words->count);
    return words->count > 0;
}

static enum jem_code find_index_run(struct jem_store *store, const char *sql, uint64_t number, const char *terms,
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, (int64_t)number);
    jem_bind_text(st, 2, terms);
    return jem_db_run(store, st, err);
}

enum jem_code jem_find_index(struct jem_store *store, uint64_t number, const char *before, const char *after,
    struct jem_error *err)
{
    char terms[JEM_WORDS_MAX * (JEM_WORD_BYTES + 1) + 16];
    struct jem_word_list words;
    enum jem_code rc = JEM_OK;
    jem_words_split(before, &words);
    if (find_terms(&words, terms, sizeof terms))
        rc = find_index_run(store, INDEX_DROP, number, terms, err);
    jem_words_split(after, &words);
    if (rc == JEM_OK && find_terms(&words, terms, sizeof terms))
        rc = find_index_run(store, INDEX_ADD, number, terms, err);
    for (size_t i = 0; rc == JEM_OK && i < words.count; i++) {
        sqlite3_stmt *st = NULL;
        rc = jem_db_prepare(store, WORD_ADD, &st, err);
        if (rc == JEM_OK) {
            jem_bind_text(st, 1, words.items[i]);
            rc = jem_db_run(store, st, err);
        }
    }
    return rc;
}

/* ---- candidates ---- */

static bool find_known(const struct find *f, int64_t number)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->items[i].number == number)
            return true;
    return false;
}

/* The fewest typing errors between a word that is sought and a word of the name; a beginning counts as none. */
static unsigned find_miss(const char *sought, const struct jem_word_list *name)
{
    size_t n = strlen(sought);
    unsigned forgiven = jem_words_forgiven(n), best = forgiven + 1;
    for (size_t i = 0; i < name->count && best > 0; i++) {
        unsigned d = strncmp(name->items[i], sought, n) == 0
                         ? 0
                         : jem_words_distance(sought, n, name->items[i], strlen(name->items[i]), forgiven);
        if (d < best)
            best = d;
    }
    return best;
}

static void find_rate(const struct find *f, struct candidate *c, const char *name)
{
    struct jem_word_list words;
    unsigned errors = 0;
    jem_words_split(name, &words);
    for (size_t i = 0; i < f->words.count; i++)
        errors += find_miss(f->words.items[i], &words);
    size_t more = words.count > f->words.count ? words.count - f->words.count : 0;
    c->miss = errors * 16 + (unsigned)more;
}

/* Takes the row under the cursor in, unless it is known or no more are kept. */
static enum jem_code find_take(struct find *f, sqlite3_stmt *st, int stage, bool by_name)
{
    enum jem_code rc = JEM_OK;
    struct candidate c = { .number = sqlite3_column_int64(st, 0), .at = sqlite3_column_int64(st, 1), .stage = stage };
    if (f->count == f->cap || find_known(f, c.number))
        return JEM_OK;
    if (by_name)
        find_rate(f, &c, jem_column_text(st, 14));
    c.row = jem_row_json(f->store, st, &rc, f->err);
    if (rc == JEM_OK)
        f->items[f->count++] = c;
    return rc;
}

static enum jem_code find_rows(struct find *f, sqlite3_stmt *st, int stage, bool by_name)
{
    bool row = false;
    enum jem_code rc = JEM_OK;
    while (rc == JEM_OK && (rc = jem_db_step(f->store, st, &row, f->err)) == JEM_OK && row)
        rc = find_take(f, st, stage, by_name);
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
    return find_rows(f, st, -2, false);
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
    return find_rows(f, st, -1, false);
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

static enum jem_code find_expand_prefix(struct find *f, const char *word, struct jem_buf *match)
{
    bool row = false;
    int n = 0;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(f->store, WORD_PREFIX, &st, f->err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, word);
    jem_bind_int(st, 2, FIND_EXPAND + 1);
    while (rc == JEM_OK && (rc = jem_db_step(f->store, st, &row, f->err)) == JEM_OK && row) {
        if (++n > FIND_EXPAND) {
            jem_buf_fmt(match, " OR \"%s\"*", word); /* too many to name */
            break;
        }
        jem_buf_fmt(match, " OR \"%s\"", jem_column_text(st, 0));
    }
    jem_db_done(st);
    return rc;
}

/* One word of the query at a stage: ("a" OR "b" OR ...). */
static enum jem_code find_group(struct find *f, const char *word, int stage, struct jem_buf *match)
{
    enum jem_code rc = JEM_OK;
    uint32_t near[FIND_EXPAND];
    /* The index holds beginnings of 2 and 3 letters; longer ones stand for few words. */
    if (stage >= 2 && strlen(word) <= 3) {
        jem_buf_fmt(match, "(\"%s\"*", word);
    } else {
        jem_buf_fmt(match, "(\"%s\"", word);
        if (stage >= 2)
            rc = find_expand_prefix(f, word, match);
    }
    if (rc == JEM_OK && stage == 3) {
        size_t n = jem_words_near(&f->store->words, word, near, FIND_EXPAND);
        for (size_t i = 0; i < n; i++)
            jem_buf_fmt(match, " OR \"%s\"", f->store->words.text + f->store->words.items[near[i]].at);
    }
    jem_buf_str(match, ")");
    return rc;
}

/* From stage 2 on a single letter says too little beside other words: the rating sees to it. */
static enum jem_code find_query(struct find *f, int stage, struct jem_buf *match)
{
    enum jem_code rc = JEM_OK;
    for (size_t i = 0; rc == JEM_OK && i < f->words.count; i++) {
        if (stage >= 2 && f->words.items[i][1] == '\0' && (match->len > 0 || i + 1 < f->words.count))
            continue;
        if (match->len > 0)
            jem_buf_str(match, " AND ");
        rc = find_group(f, f->words.items[i], stage, match);
    }
    if (stage == 0)
        jem_buf_fmt(match, " AND \"#%zu\"", f->words.count);
    return rc == JEM_OK ? jem_buf_ok(match, f->err) : rc;
}

static enum jem_code find_row(struct find *f, int64_t number, int stage)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(f->store, FIND_ROW, &st, f->err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, number);
    return find_rows(f, st, stage, true);
}

static enum jem_code find_stage(struct find *f, int stage)
{
    struct jem_buf match = JEM_BUF_INIT(FIND_MATCH_MAX);
    sqlite3_stmt *st = NULL;
    bool row = false;
    enum jem_code rc = find_query(f, stage, &match);
    if (rc == JEM_OK)
        rc = jem_db_prepare(f->store, FIND_MATCH, &st, f->err);
    if (rc == JEM_OK) {
        jem_bind_text(st, 1, jem_buf_text(&match));
        jem_bind_int(st, 2, (int64_t)f->cap);
    }
    while (rc == JEM_OK && f->count < f->cap && (rc = jem_db_step(f->store, st, &row, f->err)) == JEM_OK && row)
        if (!find_known(f, sqlite3_column_int64(st, 0)))
            rc = find_row(f, sqlite3_column_int64(st, 0), stage);
    jem_db_done(st);
    jem_buf_release(&match);
    return rc;
}

static enum jem_code find_name(struct find *f, const char *text, size_t wanted)
{
    enum jem_code rc = JEM_OK;
    jem_words_split(text, &f->words);
    if (f->words.count == 0)
        return JEM_OK;
    for (int stage = 0; rc == JEM_OK && stage <= 3 && f->count < wanted; stage++) {
        if (stage == 3)
            rc = find_vocabulary(f);
        if (rc == JEM_OK)
            rc = find_stage(f, stage);
    }
    return rc;
}

static int find_order(const void *x, const void *y)
{
    const struct candidate *a = x, *b = y;
    if (a->stage != b->stage)
        return a->stage < b->stage ? -1 : 1;
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
    for (size_t i = 0; rc == JEM_OK && i < f.count && i < wanted; i++)
        if (json_array_append(rows, f.items[i].row) != 0)
            rc = jem_fail_nomem(err);
    for (size_t i = 0; i < f.count; i++)
        json_decref(f.items[i].row);
    free(f.items);
    if (rc == JEM_OK)
        *out = json_incref(rows);
    json_decref(rows);
    return rc;
}
