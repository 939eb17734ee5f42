/* bench_raw.c - the baselines of the store. */
#include "bench_raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "db.h"
#include "name_terms.h"

static void raw_exec(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        bench_die("%s: %s", sql, sqlite3_errmsg(db));
}

static sqlite3_stmt *raw_prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
        bench_die("%s: %s", sql, sqlite3_errmsg(db));
    return st;
}

void bench_raw_open(struct bench_raw *raw, enum jem_role role)
{
    kit_open(&raw->kit, role, role == JEM_ROLE_VAN ? 3 : 0);
    raw_exec(raw->kit.store->db, "CREATE TABLE one (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT");
}

void bench_raw_close(struct bench_raw *raw)
{
    kit_close(&raw->kit);
}

double bench_raw_one(struct bench_raw *raw, const char *text, size_t n)
{
    static const char sql[] = "INSERT INTO one (body) VALUES (?1)";
    struct jem_error err = { 0 };
    sqlite3_stmt *st = NULL;
    bench_ok(jem_db_prepare(raw->kit.store, sql, &st, &err), &err);
    double t = bench_now_us();
    (void)sqlite3_bind_text64(st, 1, text, n, SQLITE_STATIC, SQLITE_UTF8);
    int rc = sqlite3_step(st);
    t = bench_now_us() - t;
    if (rc != SQLITE_DONE)
        bench_die("one row: %s", sqlite3_errmsg(raw->kit.store->db));
    jem_db_done(st);
    return t;
}

/* ---- many rows ---- */

enum { RAW_TABLES = 5, RAW_NAMES = 3 };

/* ?1 is the writer. Rows go in by ascending keys, as SQLite likes them best. Of the names only the terms stand in the database, and these cannot be read back:
 * they are made again from the name. */
static const struct {
    const char *table, *insert, *select;
} raw_tables[RAW_TABLES] = {
    { "stream", "stream", "SELECT * FROM stream WHERE writer = ?1" },
    { "event", "event", "SELECT * FROM event WHERE id >> 40 IN (SELECT id FROM stream WHERE writer = ?1) ORDER BY id" },
    { "application", "application", "SELECT * FROM application WHERE writer = ?1 ORDER BY number" },
    { "name", "name (rowid, terms)", "SELECT number, name FROM application WHERE writer = ?1 ORDER BY number" },
    { "word", "word", "SELECT * FROM word WHERE ?1 > 0 ORDER BY id" },
};

struct bench_rows {
    struct raw_table {
        sqlite3_value **values; /* count rows of `columns` */
        struct jem_buf *terms;  /* of names, in place of the second column */
        size_t count, cap;
        int columns;
    } tables[RAW_TABLES];
};

static void rows_terms(struct raw_table *t, const char *name)
{
    struct jem_word_list words;
    struct jem_buf *terms = &t->terms[t->count];
    *terms = JEM_BUF_INIT(4096);
    jem_words_split(name, &words);
    jem_name_terms(&words, terms);
}

static void rows_grow(struct raw_table *t)
{
    if (t->count < t->cap)
        return;
    t->cap = t->cap == 0 ? 1024 : t->cap * 2;
    t->values = realloc(t->values, t->cap * (size_t)t->columns * sizeof *t->values);
    t->terms = realloc(t->terms, t->cap * sizeof *t->terms);
    if (t->values == NULL || t->terms == NULL)
        bench_die("out of memory");
}

struct bench_rows *bench_rows_read(struct jem_store *store, unsigned writer)
{
    struct bench_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL)
        bench_die("out of memory");
    for (size_t i = 0; i < RAW_TABLES; i++) {
        struct raw_table *t = &rows->tables[i];
        sqlite3_stmt *st = raw_prepare(store->db, raw_tables[i].select);
        (void)sqlite3_bind_int64(st, 1, writer);
        t->columns = sqlite3_column_count(st);
        while (sqlite3_step(st) == SQLITE_ROW) {
            rows_grow(t);
            if (i == RAW_NAMES)
                rows_terms(t, jem_column_text(st, 1));
            for (int c = 0; c < t->columns; c++)
                t->values[t->count * (size_t)t->columns + (size_t)c] = sqlite3_value_dup(sqlite3_column_value(st, c));
            t->count++;
        }
        (void)sqlite3_finalize(st);
        if (t->count == 0)
            bench_die("no rows of %s", raw_tables[i].table);
    }
    return rows;
}

void bench_rows_free(struct bench_rows *rows)
{
    for (size_t i = 0; i < RAW_TABLES; i++) {
        struct raw_table *t = &rows->tables[i];
        for (size_t k = 0; k < t->count * (size_t)t->columns; k++)
            sqlite3_value_free(t->values[k]);
        for (size_t k = 0; i == RAW_NAMES && k < t->count; k++)
            jem_buf_release(&t->terms[k]);
        free(t->values);
        free(t->terms);
    }
    free(rows);
}

static sqlite3_stmt *rows_statement(sqlite3 *db, size_t i, int columns)
{
    char sql[200];
    int n = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (", raw_tables[i].insert);
    for (int c = 0; c < columns; c++)
        n += snprintf(sql + n, sizeof sql - (size_t)n, c == 0 ? "?" : ", ?");
    (void)snprintf(sql + n, sizeof sql - (size_t)n, ")");
    return raw_prepare(db, sql);
}

double bench_rows_insert(struct bench_raw *raw, const struct bench_rows *rows)
{
    sqlite3 *db = raw->kit.store->db;
    double start = bench_now_us();
    raw_exec(db, "BEGIN IMMEDIATE");
    for (size_t i = 0; i < RAW_TABLES; i++) {
        const struct raw_table *t = &rows->tables[i];
        sqlite3_stmt *st = rows_statement(db, i, t->columns);
        for (size_t k = 0; k < t->count; k++) {
            for (int c = 0; c < t->columns; c++)
                (void)sqlite3_bind_value(st, c + 1, t->values[k * (size_t)t->columns + (size_t)c]);
            if (i == RAW_NAMES)
                (void)sqlite3_bind_text64(st, 2, jem_buf_text(&t->terms[k]), t->terms[k].len, SQLITE_STATIC,
                    SQLITE_UTF8);
            if (sqlite3_step(st) != SQLITE_DONE)
                bench_die("%s: %s", raw_tables[i].table, sqlite3_errmsg(db));
            (void)sqlite3_reset(st);
        }
        (void)sqlite3_finalize(st);
    }
    raw_exec(db, "COMMIT");
    return bench_now_us() - start;
}

void bench_clock_set(struct jem_store *store, const struct jem_clock *clock)
{
    store->clock = clock;
}
