/* site_limit.h - how much one address may ask of the status site: a bucket of tokens for each, in a table of fixed
 * size. Pure; the caller brings the time and its own lock.
 *
 * A request costs 1, one whose code leads nowhere 20: a village behind one address of its operator can look up its
 * receipts all day, while guessing ends after 30 codes and goes on at one in four seconds. IPv6 counts by /64, what one
 * household has. When a set of the table is full, the address
 * that asked least of late is forgotten. */
#ifndef WEB_SITE_LIMIT_H
#define WEB_SITE_LIMIT_H
#include <stdbool.h>
#include <stdint.h>

struct sockaddr;

enum {
    SITE_LIMIT_SETS = 512,
    SITE_LIMIT_WAYS = 8,
    SITE_LIMIT_BURST = 600, /* tokens of a full bucket */
    SITE_LIMIT_PER_S = 5,   /* tokens that come back in a second */
    SITE_LIMIT_MISS = 20,   /* tokens of a request that found nothing */
    SITE_LIMIT_KEY_BYTES = 16
};

struct site_limit_entry {
    unsigned char key[SITE_LIMIT_KEY_BYTES];
    int64_t milli; /* thousandths of a token, as of seen_ms; below 0: in debt */
    int64_t seen_ms;
    bool used;
};
struct site_limit {
    unsigned char secret[16]; /* of the table's hash, so that nobody can aim at a set */
    struct site_limit_entry entries[SITE_LIMIT_SETS][SITE_LIMIT_WAYS];
};
void site_limit_init(struct site_limit *l);
/* IPv4 (also mapped into IPv6) whole, IPv6 its first 64 bits, anything else one common key. */
void site_limit_key(const struct sockaddr *peer, unsigned char out[SITE_LIMIT_KEY_BYTES]);
/* The same from text ("203.0.113.7", "2001:db8::1"). False: not an address. */
bool site_limit_key_text(const char *text, unsigned char out[SITE_LIMIT_KEY_BYTES]);
/* 0: go on, 1 token is taken. Else the seconds to wait, and nothing is taken. */
unsigned site_limit_ask(struct site_limit *l, const unsigned char key[SITE_LIMIT_KEY_BYTES], int64_t now_ms);
/* The request that was let through found nothing. */
void site_limit_miss(struct site_limit *l, const unsigned char key[SITE_LIMIT_KEY_BYTES], int64_t now_ms);
#endif
