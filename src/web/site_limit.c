/* site_limit.c - a set-associative table of token buckets. */
#include "site_limit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <string.h>

#include "jemput/codec.h"

#define LIMIT_FULL ((int64_t)SITE_LIMIT_BURST * 1000)
#define LIMIT_ONE ((int64_t)1000)

_Static_assert(crypto_shorthash_KEYBYTES == 16, "the secret is the hash's key");
_Static_assert(crypto_shorthash_BYTES == 8, "the hash is read as one number");

void site_limit_init(struct site_limit *l)
{
    memset(l, 0, sizeof *l);
    jem_random(l->secret, sizeof l->secret);
}

static void limit_key4(const struct in_addr *a, unsigned char out[SITE_LIMIT_KEY_BYTES])
{
    memset(out, 0, SITE_LIMIT_KEY_BYTES);
    out[0] = 4;
    memcpy(out + 1, a, 4);
}

static void limit_key6(const struct in6_addr *a, unsigned char out[SITE_LIMIT_KEY_BYTES])
{
    if (IN6_IS_ADDR_V4MAPPED(a)) {
        struct in_addr four;
        memcpy(&four, a->s6_addr + 12, sizeof four);
        limit_key4(&four, out);
        return;
    }
    memset(out, 0, SITE_LIMIT_KEY_BYTES);
    out[0] = 6;
    memcpy(out + 1, a, 8);
}

void site_limit_key(const struct sockaddr *peer, unsigned char out[SITE_LIMIT_KEY_BYTES])
{
    memset(out, 0, SITE_LIMIT_KEY_BYTES);
    if (peer != NULL && peer->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, peer, sizeof in);
        limit_key4(&in.sin_addr, out);
    } else if (peer != NULL && peer->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, peer, sizeof in);
        limit_key6(&in.sin6_addr, out);
    }
}

bool site_limit_key_text(const char *text, unsigned char out[SITE_LIMIT_KEY_BYTES])
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, text, &four) == 1)
        limit_key4(&four, out);
    else if (inet_pton(AF_INET6, text, &six) == 1)
        limit_key6(&six, out);
    else
        return false;
    return true;
}

static void limit_refill(struct site_limit_entry *e, int64_t now_ms)
{
    if (now_ms <= e->seen_ms)
        return;
    int64_t passed = now_ms - e->seen_ms, room = LIMIT_FULL - e->milli;
    e->milli = passed >= room / SITE_LIMIT_PER_S + 1 ? LIMIT_FULL : e->milli + passed * SITE_LIMIT_PER_S;
    e->seen_ms = now_ms;
}

/* The address's bucket, filled up to now; the fullest of its set makes room for a new one. */
static struct site_limit_entry *limit_entry(struct site_limit *l, const unsigned char key[SITE_LIMIT_KEY_BYTES],
    int64_t now_ms)
{
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, key, SITE_LIMIT_KEY_BYTES, l->secret);
    struct site_limit_entry *set = l->entries[hash % SITE_LIMIT_SETS], *room = NULL;
    for (int i = 0; i < SITE_LIMIT_WAYS; i++) {
        struct site_limit_entry *e = &set[i];
        if (e->used)
            limit_refill(e, now_ms);
        if (e->used && memcmp(e->key, key, SITE_LIMIT_KEY_BYTES) == 0)
            return e;
        if (room == NULL || (room->used && (!e->used || e->milli > room->milli)))
            room = e;
    }
    *room = (struct site_limit_entry){ .milli = LIMIT_FULL, .seen_ms = now_ms, .used = true };
    memcpy(room->key, key, SITE_LIMIT_KEY_BYTES);
    return room;
}

unsigned site_limit_ask(struct site_limit *l, const unsigned char key[SITE_LIMIT_KEY_BYTES], int64_t now_ms)
{
    struct site_limit_entry *e = limit_entry(l, key, now_ms);
    if (e->milli >= LIMIT_ONE) {
        e->milli -= LIMIT_ONE;
        return 0;
    }
    /* Until there is enough for one more code that may lead nowhere. */
    int64_t rate = SITE_LIMIT_PER_S * 1000, lacking = SITE_LIMIT_MISS * LIMIT_ONE - e->milli;
    return (unsigned)((lacking + rate - 1) / rate);
}

void site_limit_miss(struct site_limit *l, const unsigned char key[SITE_LIMIT_KEY_BYTES], int64_t now_ms)
{
    limit_entry(l, key, now_ms)->milli -= (SITE_LIMIT_MISS - 1) * LIMIT_ONE;
}
