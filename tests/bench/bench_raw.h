/* bench_raw.h - the baselines of the store: rows that go into SQLite by themselves, in a database with the same key,
 * cipher, settings and schema as ours. */
#ifndef TESTS_BENCH_RAW_H
#define TESTS_BENCH_RAW_H
#include "store_kit.h"

struct bench_raw {
    struct kit kit;
};
void bench_raw_open(struct bench_raw *raw, enum jem_role role);
void bench_raw_close(struct bench_raw *raw);
/* One durable row of one table without an index; microseconds. */
double bench_raw_one(struct bench_raw *raw, const char *text, size_t n);

/* Rows of the log and the views that come from one writer, kept in memory. */
struct bench_rows;
struct bench_rows *bench_rows_read(struct jem_store *store, unsigned writer);
void bench_rows_free(struct bench_rows *rows);
/* All of them in one transaction, the statements prepared and the values bound; microseconds. */
double bench_rows_insert(struct bench_raw *raw, const struct bench_rows *rows);

/* The store goes by this clock from now on. Borrowed. */
void bench_clock_set(struct jem_store *store, const struct jem_clock *clock);
#endif
