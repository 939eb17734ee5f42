/* box.h - nonce and crypto_box, as segments and chunks carry them. Internal to the room sync. */
#ifndef SYNC_BOX_H
#define SYNC_BOX_H
#include "jemput/segment.h"

#define JEM_BOX_OVERHEAD 40 /* nonce 24, authenticator 16 */
/* Appends nonce and box of `plain`. JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_box_seal(const struct jem_box_key *key, const struct jem_buf *plain,
    struct jem_buf *out, struct jem_error *err);
/* Appends what was sealed. JEM_ECORRUPT another key, or altered | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_box_open(const struct jem_box_key *key, const unsigned char *p, size_t n,
    struct jem_buf *plain, struct jem_error *err);
#endif
