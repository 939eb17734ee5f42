/* cheap_slot.h - Argon2id at its least cost, for stores that a suite opens many times. The slot is a valid one: only `ops` and
 * `mem` in slots.json differ. A slot that the program makes costs 64 MiB and three passes (test_slots). */
#ifndef CHEAP_SLOT_H
#define CHEAP_SLOT_H
#include "jemput/error.h"

/* Seals the user's slot in dir/slots.json anew. */
JEM_NODISCARD enum jem_code cheap_slot(const char *dir, const char *user, const char *passphrase,
    struct jem_error *err);
#endif
