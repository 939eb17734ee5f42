/* postings.c - the postings of names, kept a little behind.
 *
 * One application a unit is the rule at a counter. Writing its postings at once would touch more pages than all the
 * rest of it; so its number waits in `hot`, on the page with the counts, and postings are written for many at a time.
 * find.c looks at the waiting ones directly. A unit with many applications writes their postings itself, one after the
 * other when their rows are there: what FTS5 gathers then stays in the processor's cache. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name_terms.h"
#include "views.h"

#define POSTINGS_TERMS_MAX 4096
#define POSTINGS_WORDS_IN 1024                /* places by hash; the later word wins a place */
#define POSTINGS_NAMES_IN ((size_t)256 << 10) /* bytes of names that wait in memory */

static const char POSTING_ADD[] = "INSERT INTO name (rowid, terms) VALUES (?1, ?2)";
static const char POSTING_DROP[] = "INSERT INTO name (name, rowid, terms) VALUES ('delete', ?1, ?2)";
static const char WORD_ADD[] = "INSERT OR IGNORE INTO word (word) VALUES (?1)";
static const char WAIT_ADD[] = "INSERT INTO hot (what, number, n) VALUES ('name', ?1, 0)";
static const char WAIT_FIND[] = "SELECT 1 FROM hot WHERE what = 'name' AND number = ?1";
static const char WAIT_COUNT[] = "SELECT count(*) FROM hot WHERE what = 'name'";
static const char WAIT_NAMES[] = "SELECT a.number, a.name FROM hot h CROSS JOIN application a ON a.number = h.number "
                                 "WHERE h.what = 'name' ORDER BY h.number";
static const char WAIT_DROP[] = "DELETE FROM hot WHERE what = 'name'";

static enum jem_code posting_run(struct jem_store *store, const char *sql, uint64_t number,
    const struct jem_word_list *words, struct jem_error *err)
{
    struct jem_buf terms = JEM_BUF_INIT(POSTINGS_TERMS_MAX);
    sqlite3_stmt *st = NULL;
    if (words->count == 0)
        return JEM_OK;
    jem_name_terms(words, &terms);
    enum jem_code rc = jem_buf_ok(&terms, err);
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, sql, &st, err);
    if (rc == JEM_OK) {
        jem_bind_int(st, 1, (int64_t)number);
        jem_bind_text(st, 2, jem_buf_text(&terms));
        rc = jem_db_run(store, st, err);
    }
    jem_buf_release(&terms);
    return rc;
}

/* Names share their words: one that this flush has met need not be looked for again. */
static char *word_place(struct jem_store *store, const char *word)
{
    uint32_t h = 2166136261u;
    _Static_assert(sizeof *store->words_in == JEM_WORD_BYTES, "a place holds a word");
    for (const char *p = word; *p != '\0'; p++)
        h = (h ^ (unsigned char)*p) * 16777619u;
    return store->words_in[(h ^ h >> 16) % POSTINGS_WORDS_IN];
}

static enum jem_code word_add(struct jem_store *store, const char *word, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    if (store->words_in == NULL && (store->words_in = calloc(POSTINGS_WORDS_IN, sizeof *store->words_in)) == NULL)
        return jem_fail_nomem(err);
    char *place = word_place(store, word);
    if (strcmp(place, word) == 0)
        return JEM_OK;
    enum jem_code rc = jem_db_prepare(store, WORD_ADD, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, word);
    rc = jem_db_run(store, st, err);
    if (rc == JEM_OK)
        memcpy(place, word, strlen(word) + 1);
    return rc;
}

void jem_postings_forget(struct jem_store *store)
{
    jem_buf_release(&store->names_in);
    free(store->words_in);
    store->words_in = NULL;
}

static enum jem_code posting_add(struct jem_store *store, uint64_t number, const char *name, struct jem_error *err)
{
    struct jem_word_list words;
    jem_words_split(name, &words);
    enum jem_code rc = posting_run(store, POSTING_ADD, number, &words, err);
    for (size_t i = 0; rc == JEM_OK && i < words.count; i++)
        rc = word_add(store, words.items[i], err);
    return rc;
}

static enum jem_code postings_write(struct jem_store *store, struct jem_error *err)
{
    struct jem_reader r = jem_reader_of(store->names_in.data, store->names_in.len);
    enum jem_code rc = jem_buf_ok(&store->names_in, err);
    while (rc == JEM_OK && jem_reader_left(&r) > 0) {
        uint64_t number = jem_read_u64(&r);
        size_t size = jem_read_u32(&r);
        rc = posting_add(store, number, (const char *)jem_read_bytes(&r, size), err);
    }
    jem_buf_clear(&store->names_in);
    return rc;
}

static enum jem_code posting_keep(struct jem_store *store, uint64_t number, const char *name, struct jem_error *err)
{
    size_t size = strlen(name) + 1;
    store->names_in.max = POSTINGS_NAMES_IN + JEM_EVENT_BODY_MAX + 16;
    jem_buf_u64(&store->names_in, number);
    jem_buf_u32(&store->names_in, (uint32_t)size);
    jem_buf_add(&store->names_in, name, size);
    return store->names_in.failed || store->names_in.len >= POSTINGS_NAMES_IN ? postings_write(store, err) : JEM_OK;
}

enum jem_code jem_postings_new(struct jem_store *store, uint64_t number, const char *name, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    if (store->postings_at_once)
        return posting_keep(store, number, name, err);
    enum jem_code rc = jem_db_prepare(store, WAIT_ADD, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, (int64_t)number);
    return jem_db_run(store, st, err);
}

/* Drops what a name put into the index. *waits: it put nothing there yet, and nothing was dropped. */
static enum jem_code posting_take(struct jem_store *store, uint64_t number, const char *name, bool *waits,
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    struct jem_word_list words;
    enum jem_code rc = jem_db_prepare(store, WAIT_FIND, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, (int64_t)number);
    rc = jem_db_step(store, st, waits, err);
    jem_db_done(st);
    if (rc != JEM_OK || *waits)
        return rc;
    jem_words_split(name, &words);
    return posting_run(store, POSTING_DROP, number, &words, err);
}

enum jem_code jem_postings_change(struct jem_store *store, uint64_t number, const char *before, const char *after,
    struct jem_error *err)
{
    bool waits = false;
    enum jem_code rc = posting_take(store, number, before, &waits, err);
    return rc == JEM_OK && !waits ? posting_add(store, number, after, err) : rc;
}

/* FTS5 keeps deleted terms in its segments until they are merged. */
static const char POSTINGS_MERGE[] = "INSERT INTO name (name) VALUES ('optimize')";
static const char WORD_HAS[] = "SELECT 1 FROM name WHERE name MATCH ?1 LIMIT 1";
static const char WORD_DROP[] = "DELETE FROM word WHERE word = ?1";

enum jem_code jem_postings_erase(struct jem_store *store, uint64_t number, const char *name, struct jem_error *err)
{
    bool waits = false;
    return posting_take(store, number, name, &waits, err);
}

enum jem_code jem_postings_merge(struct jem_store *store, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, POSTINGS_MERGE, &st, err);
    return rc == JEM_OK ? jem_db_run(store, st, err) : rc;
}

/* A waiting name has postings later: its words stay. */
static enum jem_code word_waits(struct jem_store *store, const char *word, bool *is, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, WAIT_NAMES, &st, err);
    while (rc == JEM_OK && !*is && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        struct jem_word_list words;
        jem_words_split(jem_column_text(st, 1), &words);
        for (size_t i = 0; i < words.count; i++)
            *is = *is || strcmp(words.items[i], word) == 0;
    }
    jem_db_done(st);
    return rc;
}

enum jem_code jem_postings_forget_words(struct jem_store *store, const char *name, struct jem_error *err)
{
    struct jem_word_list words;
    enum jem_code rc = JEM_OK;
    jem_words_split(name, &words);
    for (size_t i = 0; rc == JEM_OK && i < words.count; i++) {
        char match[JEM_WORD_BYTES + 3];
        bool kept = false;
        sqlite3_stmt *st = NULL;
        (void)snprintf(match, sizeof match, "\"%s\"", words.items[i]);
        rc = jem_db_prepare(store, WORD_HAS, &st, err);
        if (rc != JEM_OK)
            break;
        jem_bind_text(st, 1, match);
        rc = jem_db_step(store, st, &kept, err);
        jem_db_done(st);
        if (rc == JEM_OK && !kept)
            rc = word_waits(store, words.items[i], &kept, err);
        if (rc != JEM_OK || kept)
            continue;
        rc = jem_db_prepare(store, WORD_DROP, &st, err);
        if (rc == JEM_OK) {
            jem_bind_text(st, 1, words.items[i]);
            rc = jem_db_run(store, st, err);
        }
    }
    jem_words_release(&store->words);
    jem_postings_forget(store);
    return rc;
}

enum jem_code jem_postings_settle(struct jem_store *store, struct jem_error *err)
{
    int64_t waiting = 0;
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = postings_write(store, err);
    if (rc == JEM_OK)
        rc = jem_db_int(store, WAIT_COUNT, 0, &waiting, err);
    if (rc != JEM_OK || waiting <= JEM_POSTINGS_WAITING)
        return rc;
    rc = jem_db_prepare(store, WAIT_NAMES, &st, err);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row)
        rc = posting_add(store, (uint64_t)sqlite3_column_int64(st, 0), jem_column_text(st, 1), err);
    jem_db_done(st);
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, WAIT_DROP, &st, err);
    return rc == JEM_OK ? jem_db_run(store, st, err) : rc;
}
