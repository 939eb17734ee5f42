// room: store
/* bench_find.c - looking for applications among many, as an officer does who types what the citizen says.
 *
 *   bench_find [applications, default 200000] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "store_kit.h"

enum { FIND_SAMPLE = 500, FIND_LIMIT = 20 };

/* ---- what is typed ---- */

static void query_number(const json_t *p, char out[128])
{
    (void)snprintf(out, 128, "%s", jem_json_str(p, "number", ""));
}

static void query_nik(const json_t *p, char out[128])
{
    (void)snprintf(out, 128, "%s", jem_json_str(p, "nik", ""));
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

/* ---- rows ---- */

/* The newest applications, each looked for by `make`; those that must be found are. The CPU's time, its own p99, tells
 * what a machine without other work would take. */
static void find_row(struct kit *kit, const json_t *people, size_t count, const char *what, bool finds,
    void (*make)(const json_t *person, char out[128]))
{
    char title[120], measured[80], number[32];
    double times[FIND_SAMPLE], busy[FIND_SAMPLE];
    size_t n = json_array_size(people), empty = 0;
    for (size_t i = 0; i < n; i++) {
        char text[128];
        struct jem_error err = { 0 };
        json_t *rows = NULL;
        make(json_array_get(people, i), text);
        times[i] = bench_now_us();
        busy[i] = bench_cpu_us();
        enum jem_code rc = jem_store_find(kit->store, text, FIND_LIMIT, &rows, &err);
        busy[i] = bench_cpu_us() - busy[i];
        times[i] = bench_now_us() - times[i];
        bench_ok(rc, &err);
        empty += json_array_size(rows) == 0;
        json_decref(rows);
    }
    if (finds && empty > 0)
        bench_die("%s: %zu of %zu not found", what, empty, n);
    bench_thousands((double)count, number);
    (void)snprintf(title, sizeof title, "find by %s among %s", what, number);
    (void)snprintf(measured, sizeof measured, "p50 %.2f ms, p99 %.2f ms (CPU %.2f ms)", bench_at(times, n, .5) / 1e3,
        bench_at(times, n, .99) / 1e3, bench_at(busy, n, .99) / 1e3);
    bench_row(title, measured, "–", "–", "p99 ≤ 5 ms");
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
    struct jem_list_query all = { .day = INT32_MIN, .limit = FIND_SAMPLE };
    struct jem_error err = { 0 };
    struct kit kit;
    json_t *people = NULL;
    kit_open(&kit, JEM_ROLE_HQ, 0);
    kit_fill(kit.store, &kit.now_ms, count);
    bench_ok(jem_store_list(kit.store, &all, &people, &err), &err);
    find_row(&kit, people, count, "number", true, query_number);
    find_row(&kit, people, count, "NIK", true, query_nik);
    find_row(&kit, people, count, "name", true, query_name);
    find_row(&kit, people, count, "first three letters of each name", true, query_beginnings);
    find_row(&kit, people, count, "name with a typing error", false, query_typo);
    find_row(&kit, people, count, "a name that nobody has", false, query_nobody);
    json_decref(people);
    kit_close(&kit);
    return 0;
}
