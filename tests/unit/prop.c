/* prop.c - splitmix64 behind the property tests. */
#include "prop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int prop_soak(void)
{
    const char *s = getenv("JEM_SOAK");
    return s && strcmp(s, "1") == 0;
}

struct prop prop_start(const char *what)
{
    uint64_t seed = 20261121;
    const char *chosen = getenv("JEM_SEED");
    if (chosen)
        seed = strtoull(chosen, NULL, 10);
    else if (prop_soak())
        seed = (uint64_t)time(NULL);
    printf("%s: JEM_SEED=%llu\n", what, (unsigned long long)seed);
    return (struct prop){ seed };
}

uint64_t prop_u64(struct prop *g)
{
    uint64_t z = (g->state += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

uint64_t prop_below(struct prop *g, uint64_t n)
{
    return prop_u64(g) % n;
}

void prop_bytes(struct prop *g, void *p, size_t n)
{
    unsigned char *out = p;
    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)prop_u64(g);
}

size_t prop_rounds(size_t plain)
{
    return prop_soak() ? plain * 50 : plain;
}
