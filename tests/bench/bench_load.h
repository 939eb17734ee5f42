/* bench_load.h - an HTTP client that asks as fast as it is answered. */
#ifndef TESTS_BENCH_LOAD_H
#define TESTS_BENCH_LOAD_H
#include <stddef.h>

struct bench_load {
    unsigned port;
    const char *path;
    unsigned connections;
    double seconds;
    /* out */
    double per_s;
    size_t body_bytes; /* of the last answer */
};
/* GETs over kept-alive connections to 127.0.0.1, one after the other on each, every request with another address in
 * X-Forwarded-For. Any answer but 200 ends the program. */
void bench_load_run(struct bench_load *load);
/* The body of one GET; its size. */
size_t bench_load_get(unsigned port, const char *path, char *out, size_t cap);
#endif
