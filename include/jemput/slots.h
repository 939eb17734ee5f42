/* slots.h - who can open a store: DIR/slots.json, one slot an officer. The 32-byte store key is random; each slot
 * holds it under Argon2id of the officer's passphrase (64 MiB, t = 3: RFC 9106 as libsodium offers it), and one
 * escrow slot holds it sealed to HQ's box key. One thread at a time. */
#ifndef JEMPUT_SLOTS_H
#define JEMPUT_SLOTS_H
#include "jemput/buf.h"

#define JEM_STORE_KEY_BYTES 32
#define JEM_PASSPHRASE_MIN 8 /* characters */

/* Writes a first slot with `key`. JEM_EEXISTS when the folder has slots | JEM_EINVAL bad user name, short passphrase */
JEM_NODISCARD enum jem_code jem_slots_create(const char *dir, const char *user, const char *passphrase,
    const unsigned char key[JEM_STORE_KEY_BYTES], struct jem_error *err);
/* JEM_ELOCKED: wrong passphrase or unknown user (the same message and the same time for both) | JEM_ENOTFOUND: no
 * store in this folder | JEM_ECORRUPT. `key` must be wiped by the caller. */
JEM_NODISCARD enum jem_code jem_slots_open(const char *dir, const char *user, const char *passphrase,
    unsigned char key[JEM_STORE_KEY_BYTES], struct jem_error *err);
/* Adds or replaces a slot. */
JEM_NODISCARD enum jem_code jem_slots_put(const char *dir, const char *user, const char *passphrase,
    const unsigned char key[JEM_STORE_KEY_BYTES], struct jem_error *err);
/* JEM_EDENIED for the last slot. */
JEM_NODISCARD enum jem_code jem_slots_remove(const char *dir, const char *user, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_slots_escrow(const char *dir, const unsigned char hq_box_public[32],
    const unsigned char key[JEM_STORE_KEY_BYTES], struct jem_error *err);
bool jem_user_name_valid(const char *user); /* [a-z0-9][a-z0-9._-]{0,31} */
#endif
