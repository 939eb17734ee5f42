/* repack.h - fewer and smaller packs in a ledger. */
#ifndef JEMPUT_SYNC_REPACK_H
#define JEMPUT_SYNC_REPACK_H
#include "ledger_repo.h"

struct jem_repack {
    size_t packs_before, packs_after;
    uint64_t bytes_before, bytes_after;
};
#define JEM_REPACK_PACKS 50 /* more of them are joined */

/* Joins small packs when there are more than JEM_REPACK_PACKS; with `prune`, objects that no ref reaches go too. Whoever calls it
 * holds the store's sync.lock and uses this handle for nothing afterwards: packs that it knows are gone. Packs with a .keep file
 * stay. Bytes are told only when packs were looked at. On failure the ledger is as it was, or has an object twice. */
JEM_NODISCARD enum jem_code jem_ledger_repack(struct jem_ledger *ledger, bool prune, struct jem_repack *out,
    struct jem_error *err);
#endif
