/* box.c - X25519 and XSalsa20-Poly1305 (crypto_box of libsodium) under a random nonce. */
#include "box.h"

#include <sodium.h>

#include "jemput/codec.h"

_Static_assert(sizeof((struct jem_box_key *)0)->shared == crypto_box_BEFORENMBYTES,
    "a box key is what libsodium makes");
_Static_assert(JEM_BOX_OVERHEAD == crypto_box_NONCEBYTES + crypto_box_MACBYTES, "nonce and authenticator");

enum jem_code jem_box_key_make(struct jem_box_key *out, uint16_t epoch, const unsigned char their_public[32],
    const unsigned char my_secret[32], struct jem_error *err)
{
    out->epoch = epoch;
    if (crypto_box_beforenm(out->shared, their_public, my_secret) != 0)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_CRYPTO, 0, JEM_T_SEGMENT_WEAK_KEY);
    return JEM_OK;
}

enum jem_code jem_box_seal(const struct jem_box_key *key, const struct jem_buf *plain, struct jem_buf *out,
    struct jem_error *err)
{
    size_t need = JEM_BOX_OVERHEAD + plain->len;
    if (!jem_buf_reserve(out, need))
        return jem_fail_nomem(err);
    unsigned char *nonce = out->data + out->len;
    jem_random(nonce, crypto_box_NONCEBYTES);
    if (crypto_box_easy_afternm(nonce + crypto_box_NONCEBYTES, plain->data, plain->len, nonce, key->shared) != 0)
        return jem_fail(err, JEM_EINTERNAL, JEM_D_CRYPTO, 0, JEM_T_SEGMENT_BOX);
    out->len += need;
    return JEM_OK;
}

enum jem_code jem_box_open(const struct jem_box_key *key, const unsigned char *p, size_t n, struct jem_buf *plain,
    struct jem_error *err)
{
    if (n < JEM_BOX_OVERHEAD)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_SEGMENT_FORM);
    if (!jem_buf_reserve(plain, n - JEM_BOX_OVERHEAD))
        return jem_fail_nomem(err);
    if (crypto_box_open_easy_afternm(plain->data + plain->len, p + crypto_box_NONCEBYTES, n - crypto_box_NONCEBYTES, p,
            key->shared) != 0)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_CRYPTO, 0, JEM_T_SEGMENT_KEY);
    plain->len += n - JEM_BOX_OVERHEAD;
    return JEM_OK;
}
