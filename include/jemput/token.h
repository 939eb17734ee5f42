/* token.h - the signed token in a receipt's QR: 24 bytes, then a 64-byte Ed25519 signature.
 *   version u8 = 1 | van u16 | key id 4 bytes (first of BLAKE2b-256 of the van's public key) | number 7 bytes (50 bits,
 *   right aligned) | day u16 (days since 2020-01-01, WIB) | service code u16 | documents u8 | flags u8 (bit 0: incomplete)
 *   | random 4 bytes
 * signed over "jemput-receipt-1\n" followed by the 24 bytes. No name, no NIK.
 * QR text: "HTTPS://HOST/T/" + Crockford base 32 of the 88 bytes (141 characters), upper case. */
#ifndef JEMPUT_TOKEN_H
#define JEMPUT_TOKEN_H
#include "jemput/codec.h"

#define JEM_TOKEN_BYTES 88
#define JEM_TOKEN_CHARS 141
struct jem_token {
    unsigned van;
    unsigned char key_id[4];
    uint64_t number;
    int32_t day; /* since 1970-01-01 */
    unsigned service_code;
    unsigned documents;
    bool incomplete;
};
/* token.key_id is computed. JEM_EINVAL value out of range */
JEM_NODISCARD enum jem_code jem_token_sign(const struct jem_token *token, const unsigned char secret[64],
    unsigned char out[JEM_TOKEN_BYTES], struct jem_error *err);
/* host: upper-cased into the text. cap >= 256 */
JEM_NODISCARD enum jem_code jem_token_text(const unsigned char token[JEM_TOKEN_BYTES], const char *host, char *out,
    size_t cap, struct jem_error *err);
/* Reads a QR text (any host; bare base 32 is accepted too; scanners that lower the case or change ':' and '/' by their
 * keyboard layout are forgiven). JEM_EINVAL: not a receipt, or cut (says how many characters are missing). */
JEM_NODISCARD enum jem_code jem_token_parse(const char *text, struct jem_token *out, unsigned char raw[JEM_TOKEN_BYTES],
    struct jem_error *err);
/* JEM_ECORRUPT when the signature or key id is not of this key. */
JEM_NODISCARD enum jem_code jem_token_verify(const unsigned char raw[JEM_TOKEN_BYTES],
    const unsigned char public_key[32], struct jem_error *err);
#endif
