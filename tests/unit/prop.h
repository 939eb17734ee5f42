/* prop.h - the seeded generator of property tests.
 * A plain run uses the same seed every time; JEM_SEED=N picks another, JEM_SOAK=1 a fresh one and more rounds. */
#ifndef PROP_H
#define PROP_H
#include <stddef.h>
#include <stdint.h>

struct prop {
    uint64_t state;
};
/* Prints the seed, so that a failure can be run again. */
struct prop prop_start(const char *what);
uint64_t prop_u64(struct prop *g);
uint64_t prop_below(struct prop *g, uint64_t n); /* 0..n-1; n > 0 */
void prop_bytes(struct prop *g, void *p, size_t n);
/* Rounds of a loop: `plain`, or 50 times that under JEM_SOAK=1. */
size_t prop_rounds(size_t plain);
#endif
