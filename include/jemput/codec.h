/* codec.h - Crockford base 32, hex, and the two Reed-Solomon check characters of numbers on paper. */
#ifndef JEMPUT_CODEC_H
#define JEMPUT_CODEC_H
#include "jemput/buf.h"

/* Crockford's alphabet 0-9 A-Z without I L O U; reading forgives case and takes I and L as 1, O as 0.
 * Value 0..31, or -1. */
int jem_base32_value(char c);
char jem_base32_char(unsigned value); /* value & 31 */
/* Bits are taken from the left, the last character padded with zero bits. */
void jem_base32_encode(const unsigned char *p, size_t n, struct jem_buf *out);
/* Appends the bytes. Spaces and hyphens are skipped. JEM_EINVAL on another character or nonzero padding. */
JEM_NODISCARD enum jem_code jem_base32_decode(const char *s, size_t n, struct jem_buf *out, struct jem_error *err);

/* Two check symbols over GF(32), x^5 + x^2 + 1, for n <= 29 symbols: every change of one or two characters
 * and every swap is found (minimum distance 3). */
void jem_check_symbols(const uint8_t *symbols, size_t n, uint8_t check[2]);
/* True when symbols[n] (the last two are check symbols) is a word of the code. */
bool jem_check_valid(const uint8_t *symbols, size_t n);
/* When one changed symbol explains the error, repairs symbols[n] in place (a suggestion, never applied
 * silently) and returns true. */
bool jem_check_suggest(uint8_t *symbols, size_t n);

void jem_hex(const unsigned char *p, size_t n, char *out);                   /* 2n + 1 bytes, lower case */
bool jem_unhex(const char *s, size_t hex_len, unsigned char *out, size_t n); /* exact: hex_len == 2n */
/* BLAKE2b-256, the hash of everything here. */
void jem_hash(const void *p, size_t n, unsigned char out[32]);
/* Eight words of a 256-word Indonesian list, joined by '-', for the first 8 bytes of `hash`: read aloud
 * on the phone to compare keys. out >= 96 bytes. */
void jem_fingerprint_words(const unsigned char hash[32], char out[96]);
/* 40 unbiased bits etc.: libsodium's generator. */
void jem_random(void *p, size_t n);
#endif
