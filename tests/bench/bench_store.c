// room: store
/* bench_store.c - the store's rows of the budget table. Each is a ratio against its baseline in the same run.
 *
 *   bench_store [rows for find, default 100000]
 * prints one JSON object a line: {"what","value","unit","target",...}. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db.h"
#include "gen_events.h"
#include "store_kit.h"
#include "unit.h"

static double now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double at(double *sorted, size_t n, double share)
{
    size_t i = (size_t)(share * (double)n);
    return sorted[i < n ? i : n - 1];
}

static void exec(sqlite3 *db, const char *sql)
{
    char *msg = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &msg) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", sql, msg);
        exit(1);
    }
}

/* ---- record one application ---- */

static void bench_record(void)
{
    enum { ROUNDS = 1500 };
    static double raw[ROUNDS], ours[ROUNDS];
    struct kit kit, plain;
    struct jem_event_list list = { 0 };
    struct jem_error err = { 0 };
    sqlite3_stmt *put = NULL;
    kit_open(&kit, JEM_ROLE_VAN, 3);
    kit_open(&plain, JEM_ROLE_VAN, 3);
    gen_events(7, ROUNDS, 1, GEN_SUBMIT, &list);
    exec(plain.store->db, "CREATE TABLE one (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT");
    (void)sqlite3_prepare_v2(plain.store->db, "INSERT INTO one (body) VALUES (?1)", -1, &put, NULL);
    for (size_t i = 0; i < ROUNDS; i++) {
        json_t *body = NULL;
        uint64_t number = 0;
        kit.now_ms += 30000;
        double t = now_us();
        (void)sqlite3_bind_text(put, 1, list.items[i].body, (int)list.items[i].body_len, SQLITE_STATIC);
        if (sqlite3_step(put) != SQLITE_DONE)
            exit(1);
        (void)sqlite3_reset(put);
        raw[i] = now_us() - t;
        if (jem_json_parse(list.items[i].body, list.items[i].body_len, "bench", &body, &err) != JEM_OK)
            exit(1);
        t = now_us();
        kit_begin(kit.store);
        if (jem_store_number_new(kit.store, &number, &err) != JEM_OK ||
            jem_store_append(kit.store, 0, number, "application.submitted", body, "siti", NULL, &err) != JEM_OK)
            exit(1);
        kit_commit(kit.store);
        ours[i] = now_us() - t;
        json_decref(body);
    }
    (void)sqlite3_finalize(put);
    qsort(raw, ROUNDS, sizeof *raw, by_value);
    qsort(ours, ROUNDS, sizeof *ours, by_value);
    printf("{\"what\":\"record one application, median\",\"value\":%.2f,\"unit\":\"x\",\"target\":\"<= 1.5\","
           "\"us\":%.0f,\"baseline_us\":%.0f}\n",
        at(ours, ROUNDS, .5) / at(raw, ROUNDS, .5), at(ours, ROUNDS, .5), at(raw, ROUNDS, .5));
    printf("{\"what\":\"record one application, p99\",\"value\":%.2f,\"unit\":\"x\",\"target\":\"<= 3\","
           "\"us\":%.0f,\"baseline_us\":%.0f}\n",
        at(ours, ROUNDS, .99) / at(raw, ROUNDS, .99), at(ours, ROUNDS, .99), at(raw, ROUNDS, .99));
    jem_event_list_release(&list);
    kit_close(&kit);
    kit_close(&plain);
}

/* ---- import against raw inserts of the same rows ---- */

/* Every row of every table that the import filled, kept in memory and inserted again into an empty store. */
struct rows {
    const char *select, *insert;
    sqlite3_value ***items;
    size_t count;
    int columns;
};

static void rows_read(sqlite3 *db, struct rows *r)
{
    sqlite3_stmt *st = NULL;
    size_t cap = 0;
    if (sqlite3_prepare_v2(db, r->select, -1, &st, NULL) != SQLITE_OK)
        exit(1);
    r->columns = sqlite3_column_count(st);
    while (sqlite3_step(st) == SQLITE_ROW) {
        if (r->count == cap)
            r->items = realloc(r->items, (cap = cap == 0 ? 1024 : cap * 2) * sizeof *r->items);
        sqlite3_value **row = calloc((size_t)r->columns, sizeof *row);
        for (int c = 0; c < r->columns; c++)
            row[c] = sqlite3_value_dup(sqlite3_column_value(st, c));
        r->items[r->count++] = row;
    }
    (void)sqlite3_finalize(st);
}

static void rows_insert(sqlite3 *db, struct rows *r)
{
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(db, r->insert, -1, &st, NULL) != SQLITE_OK)
        exit(1);
    for (size_t i = 0; i < r->count; i++) {
        for (int c = 0; c < r->columns; c++)
            (void)sqlite3_bind_value(st, c + 1, r->items[i][c]);
        if (sqlite3_step(st) != SQLITE_DONE)
            exit(1);
        (void)sqlite3_reset(st);
    }
    (void)sqlite3_finalize(st);
}

static void rows_free(struct rows *r)
{
    for (size_t i = 0; i < r->count; i++) {
        for (int c = 0; c < r->columns; c++)
            sqlite3_value_free(r->items[i][c]);
        free(r->items[i]);
    }
    free(r->items);
}

static void bench_import(void)
{
    struct rows tables[] = {
        { .select = "SELECT * FROM stream", .insert = "INSERT INTO stream VALUES (?1, ?2, ?3, ?4)" },
        { .select = "SELECT * FROM event ORDER BY id",
            .insert = "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)" },
        { .select = "SELECT * FROM application ORDER BY number",
            .insert = "INSERT INTO application VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
                      "?15, ?16)" },
        { .select = "SELECT number, lower(name) FROM application ORDER BY number",
            .insert = "INSERT INTO name (rowid, terms) VALUES (?1, ?2)" },
        { .select = "SELECT * FROM word", .insert = "INSERT INTO word VALUES (?1, ?2)" },
    };
    enum { EVENTS = 10000, ROUNDS = 5 };
    struct jem_event_list list = { 0 };
    struct jem_error err = { 0 };
    double ours[ROUNDS], raw[ROUNDS];
    gen_events(8, EVENTS, 1, GEN_SUBMIT, &list);
    for (size_t round = 0; round < ROUNDS; round++) {
        struct kit kit, plain;
        size_t added = 0;
        kit_open(&kit, JEM_ROLE_HQ, 0);
        double t = now_us();
        kit_begin(kit.store);
        if (jem_store_import(kit.store, list.items, list.count, &added, &err) != JEM_OK || added != list.count)
            exit(1);
        kit_commit(kit.store);
        ours[round] = now_us() - t;
        for (size_t i = 0; round == 0 && i < sizeof tables / sizeof *tables; i++)
            rows_read(kit.store->db, &tables[i]);
        kit_close(&kit);
        kit_open(&plain, JEM_ROLE_HQ, 0);
        t = now_us();
        exec(plain.store->db, "BEGIN IMMEDIATE");
        for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
            rows_insert(plain.store->db, &tables[i]);
        exec(plain.store->db, "COMMIT");
        raw[round] = now_us() - t;
        kit_close(&plain);
    }
    qsort(ours, ROUNDS, sizeof *ours, by_value);
    qsort(raw, ROUNDS, sizeof *raw, by_value);
    printf("{\"what\":\"import %zu events\",\"value\":%.2f,\"unit\":\"x rate\",\"target\":\">= 0.7\","
           "\"events_per_s\":%.0f,\"baseline_per_s\":%.0f}\n",
        list.count, at(raw, ROUNDS, .5) / at(ours, ROUNDS, .5), (double)list.count * 1e6 / at(ours, ROUNDS, .5),
        (double)list.count * 1e6 / at(raw, ROUNDS, .5));
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        rows_free(&tables[i]);
    jem_event_list_release(&list);
}

/* ---- find ---- */

static void bench_queries(struct kit *kit, const json_t *people, const char *what,
    void (*make)(const json_t *person, char out[128]))
{
    size_t n = json_array_size(people);
    double *times = calloc(n, sizeof *times);
    size_t empty = 0;
    for (size_t i = 0; i < n; i++) {
        char text[128];
        struct jem_error err = { 0 };
        json_t *rows = NULL;
        make(json_array_get(people, i), text);
        double t = now_us();
        if (jem_store_find(kit->store, text, 20, &rows, &err) != JEM_OK)
            exit(1);
        times[i] = now_us() - t;
        empty += json_array_size(rows) == 0;
        json_decref(rows);
    }
    qsort(times, n, sizeof *times, by_value);
    printf("{\"what\":\"find by %s, p99\",\"value\":%.2f,\"unit\":\"ms\",\"target\":\"<= 5\",\"median_ms\":%.2f,"
           "\"worst_ms\":%.2f,\"found_nothing\":%zu}\n",
        what, at(times, n, .99) / 1e3, at(times, n, .5) / 1e3, times[n - 1] / 1e3, empty);
    free(times);
}

static void query_number(const json_t *p, char out[128])
{
    (void)snprintf(out, 128, "%s", jem_json_str(p, "number", ""));
}

static void query_nik(const json_t *p, char out[128])
{
    (void)snprintf(out, 128, "%s", jem_json_str(p, "nik", ""));
}

static void query_nik_prefix(const json_t *p, char out[128])
{
    (void)snprintf(out, 128, "%.6s", jem_json_str(p, "nik", ""));
}

static void query_name(const json_t *p, char out[128])
{
    (void)snprintf(out, 128, "%s", jem_json_str(p, "name", ""));
}

static void query_beginnings(const json_t *p, char out[128])
{
    size_t n = 0, run = 0;
    for (const char *s = jem_json_str(p, "name", ""); *s != '\0' && n < 100; s++) {
        run = *s == ' ' ? 0 : run + 1;
        if (run <= 3)
            out[n++] = *s;
    }
    out[n] = '\0';
}

static void query_first(const json_t *p, char out[128])
{
    (void)snprintf(out, 128, "%.*s", (int)strcspn(jem_json_str(p, "name", ""), " "), jem_json_str(p, "name", ""));
}

static void query_typo(const json_t *p, char out[128])
{
    (void)snprintf(out, 128, "%s", jem_json_str(p, "name", ""));
    size_t n = strlen(out);
    if (n > 3) {
        char c = out[2];
        out[2] = out[1];
        out[1] = c;
    }
}

static void query_nobody(const json_t *p, char out[128])
{
    (void)snprintf(out, 128, "xq%.60szv", jem_json_str(p, "name", ""));
}

static void bench_find(size_t count)
{
    struct kit kit;
    struct jem_error err = { 0 };
    json_t *people = NULL;
    size_t done = 0;
    double t = now_us();
    kit_open(&kit, JEM_ROLE_HQ, 0);
    kit.now_ms = 1795250000000;
    struct prop rng = { 11 };
    while (done < count) {
        kit_begin(kit.store);
        for (size_t i = 0; i < 10000 && done < count; i++, done++) {
            uint64_t number = 0;
            const char *service = NULL;
            json_t *fields = gen_fields(&rng, &service);
            json_t *body = json_pack("{s:s, s:i, s:s, s:o, s:[]}", "service", service, "catalog", 1, "channel", "van",
                "fields", fields, "warnings");
            kit.now_ms += 1000;
            if (jem_store_number_new(kit.store, &number, &err) != JEM_OK ||
                jem_store_append(kit.store, 0, number, "application.submitted", body, "siti", NULL, &err) != JEM_OK)
                exit(1);
            json_decref(body);
        }
        kit_commit(kit.store);
    }
    fprintf(stderr, "%zu applications in %.1f s\n", count, (now_us() - t) / 1e6);
    struct jem_list_query q = { .day = INT32_MIN, .limit = 500 };
    t = now_us();
    if (jem_store_list(kit.store, &q, &people, &err) != JEM_OK)
        exit(1);
    fprintf(stderr, "list of 500: %.2f ms\n", (now_us() - t) / 1e3);
    printf("{\"what\":\"rows in the store for find\",\"value\":%zu}\n", count);
    bench_queries(&kit, people, "number", query_number);
    bench_queries(&kit, people, "NIK", query_nik);
    bench_queries(&kit, people, "beginning of a NIK", query_nik_prefix);
    bench_queries(&kit, people, "name", query_name);
    bench_queries(&kit, people, "first name", query_first);
    bench_queries(&kit, people, "beginnings of a name", query_beginnings);
    bench_queries(&kit, people, "name with a typing error", query_typo);
    bench_queries(&kit, people, "name of nobody", query_nobody);
    json_decref(people);
    kit_close(&kit);
}

int main(int argc, char **argv)
{
    bench_record();
    bench_import();
    bench_find(argc > 1 ? strtoul(argv[1], NULL, 10) : 100000);
    return 0;
}
