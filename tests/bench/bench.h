/* bench.h - what the programs of the budget table share: a clock, order statistics, rows of the table, servers. Whatever
 * fails ends the program with a message: a figure is measured whole or not at all. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H
#include <stddef.h>
#include <sys/types.h>

#include "jemput/error.h"

double bench_now_us(void);
double bench_cpu_us(void); /* spent by this thread */
/* The value below which `share` (0..1) of the n values lie. Sorts them. */
double bench_at(double *values, size_t n, double share);

/* One row of the table on stdout: what | measured | baseline | ratio | target, parted by tabs. */
void bench_row(const char *what, const char *measured, const char *baseline, const char *ratio, const char *target);
/* 12,345 into out. */
void bench_thousands(double value, char out[32]);

_Noreturn void bench_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void bench_ok(enum jem_code code, const struct jem_error *err);

/* Runs a command by the shell; its output is appended to root/log. */
void bench_shell(const char *root, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The number that a command prints. */
double bench_shell_number(const char *root, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A server of its own process group, whose first line on stdout holds its address. */
struct bench_server {
    pid_t pid;
    char url[256]; /* from "http" up to the end of the line, or a quotation mark */
    unsigned port;
};
void bench_server_start(struct bench_server *server, const char *const argv[]);
/* A server that is told its port and answers there once it is ready; what it says goes nowhere. */
void bench_server_start_at(struct bench_server *server, unsigned port, const char *const argv[]);
/* Only starts it; its stdout is ours. */
void bench_server_spawn(struct bench_server *server, const char *const argv[]);
unsigned bench_port_free(void); /* a TCP port of 127.0.0.1 that nobody listens on */
void bench_server_stop(struct bench_server *server);
#endif
