/* codec.c - base 32, hex, hash, and the check characters of numbers on paper.
 *
 * Check characters: a Reed-Solomon code over GF(32) = GF(2)[x] / (x^5 + x^2 + 1), a = x. The symbols are the
 * coefficients of a polynomial, the first the highest; a word of the code is a multiple of (z - a)(z - a^2), so
 * that c(a) = c(a^2) = 0. Two such syndromes find any two wrong symbols in up to 31, or locate one. */
#include "jemput/codec.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static const char codec_base32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

char jem_base32_char(unsigned value)
{
    return codec_base32[value & 31];
}

int jem_base32_value(char c)
{
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    if (c == 'I' || c == 'L')
        return 1;
    if (c == 'O')
        return 0;
    const char *at = c ? strchr(codec_base32, c) : NULL;
    return at ? (int)(at - codec_base32) : -1;
}

void jem_base32_encode(const unsigned char *p, size_t n, struct jem_buf *out)
{
    unsigned acc = 0, bits = 0;
    for (size_t i = 0; i < n; i++) {
        acc = (acc << 8 | p[i]) & 0xFFF;
        for (bits += 8; bits >= 5; bits -= 5)
            jem_buf_byte(out, (unsigned char)jem_base32_char(acc >> (bits - 5)));
    }
    if (bits)
        jem_buf_byte(out, (unsigned char)jem_base32_char(acc << (5 - bits)));
}

enum jem_code jem_base32_decode(const char *s, size_t n, struct jem_buf *out, struct jem_error *err)
{
    size_t start = out->len;
    unsigned acc = 0, bits = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == ' ' || s[i] == '-')
            continue;
        int v = jem_base32_value(s[i]);
        if (v < 0) {
            out->len = start;
            return jem_fail(err, JEM_EINVAL, JEM_D_BASE, 0, JEM_T_BASE_BASE32_CHAR, i + 1);
        }
        acc = (acc << 5 | (unsigned)v) & 0xFFF;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            jem_buf_byte(out, (unsigned char)(acc >> bits));
        }
    }
    if (bits >= 5 || (acc & ((1U << bits) - 1))) {
        out->len = start;
        return jem_fail(err, JEM_EINVAL, JEM_D_BASE, 0, JEM_T_BASE_BASE32_END);
    }
    return jem_buf_ok(out, err);
}

/* a times v. */
static uint8_t codec_times_a(uint8_t v)
{
    return (uint8_t)((v << 1 ^ (v & 16 ? 0x25 : 0)) & 31);
}

static uint8_t codec_mul(uint8_t x, uint8_t y)
{
    uint8_t r = 0;
    for (; y; y = (uint8_t)(y >> 1), x = codec_times_a(x))
        if (y & 1)
            r ^= x;
    return r;
}

/* x^30, the inverse: the group has 31 elements. */
static uint8_t codec_inverse(uint8_t x)
{
    uint8_t r = 1;
    for (int i = 0; i < 30; i++)
        r = codec_mul(r, x);
    return r;
}

void jem_check_symbols(const uint8_t *symbols, size_t n, uint8_t check[2])
{
    assert(n <= 29);
    /* (z - a)(z - a^2) = z^2 + (a + a^2) z + a^3 = z^2 + 6 z + 8 */
    uint8_t hi = 0, lo = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t feed = (uint8_t)((symbols[i] & 31) ^ hi);
        hi = (uint8_t)(lo ^ codec_mul(feed, 6));
        lo = codec_mul(feed, 8);
    }
    check[0] = hi;
    check[1] = lo;
}

static void codec_syndromes(const uint8_t *symbols, size_t n, uint8_t s[2])
{
    s[0] = s[1] = 0;
    for (size_t i = 0; i < n; i++) {
        s[0] = (uint8_t)(codec_times_a(s[0]) ^ (symbols[i] & 31));
        s[1] = (uint8_t)(codec_times_a(codec_times_a(s[1])) ^ (symbols[i] & 31));
    }
}

bool jem_check_valid(const uint8_t *symbols, size_t n)
{
    uint8_t s[2];
    if (n < 3 || n > 31)
        return false;
    codec_syndromes(symbols, n, s);
    return s[0] == 0 && s[1] == 0;
}

bool jem_check_suggest(uint8_t *symbols, size_t n)
{
    uint8_t s[2];
    if (n < 3 || n > 31)
        return false;
    codec_syndromes(symbols, n, s);
    if (s[0] == 0 || s[1] == 0)
        return false;
    /* One error e at degree d gives s0 = e a^d and s1 = e a^2d. */
    uint8_t place = codec_mul(s[1], codec_inverse(s[0]));
    uint8_t error = codec_mul(s[0], codec_inverse(place));
    uint8_t power = 1;
    for (size_t degree = 0; degree < n; degree++, power = codec_times_a(power))
        if (power == place) {
            symbols[n - 1 - degree] ^= error;
            return true;
        }
    return false;
}

void jem_hex(const unsigned char *p, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * n] = '\0';
}

static int codec_hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool jem_unhex(const char *s, size_t hex_len, unsigned char *out, size_t n)
{
    if (hex_len != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int hi = codec_hex_value(s[2 * i]), lo = codec_hex_value(s[2 * i + 1]);
        if (hi < 0 || lo < 0)
            return false;
        out[i] = (unsigned char)(hi << 4 | lo);
    }
    return true;
}

void jem_hash(const void *p, size_t n, unsigned char out[32])
{
    crypto_generichash(out, 32, p, n, NULL, 0);
}

static const char *const codec_words[256] = {
#define W(word) #word,
#include "words.def"
#undef W
};

void jem_fingerprint_words(const unsigned char hash[32], char out[96])
{
    size_t at = 0;
    for (size_t i = 0; i < 8; i++) {
        size_t len = strlen(codec_words[hash[i]]);
        memcpy(out + at, codec_words[hash[i]], len);
        at += len;
        out[at++] = i < 7 ? '-' : '\0';
    }
}

void jem_random(void *p, size_t n)
{
    /* Cheap and thread-safe once done; without it the generator opens its device in a sandboxed child. */
    int ready = sodium_init();
    assert(ready >= 0);
    (void)ready;
    randombytes_buf(p, n);
}
