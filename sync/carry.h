/* carry.h - lanes that a van carries for others, unread: DIR/carry/ledger.git, a repository of its own, so that what somebody's
 * stick brings never mixes with this van's ledger. Its refs have the hub's names, refs/heads/van/7, and the newest head that
 * was met. A lane may stand on commits that are not here: its writer left out what HQ has. */
#ifndef JEMPUT_SYNC_CARRY_H
#define JEMPUT_SYNC_CARRY_H
#include "bundle_file.h"
#include "trip.h"

/* *out NULL: nothing is carried, and `make` is false. */
JEM_NODISCARD enum jem_code jem_carry_open(struct jem_store *store, bool make, struct jem_ledger **out,
    struct jem_error *err);
/* Makes its objects readable through the trip's ledger, for the life of that handle. */
JEM_NODISCARD enum jem_code jem_carry_lend(struct jem_trip *trip, const struct jem_ledger *carry,
    struct jem_error *err);
/* All lanes with their heads; free *refs. */
JEM_NODISCARD enum jem_code jem_carry_list(struct jem_ledger *carry, struct jem_bundle_ref **refs, size_t *count,
    struct jem_error *err);
/* Keeps a lane that was read into `carry`, unless a newer head of it is there already. *kept tells. */
JEM_NODISCARD enum jem_code jem_carry_keep(struct jem_ledger *carry, const struct jem_bundle_ref *ref, int64_t now_ms,
    bool *kept, struct jem_error *err);
/* Van: hands what is carried to the hub, over a connection of its own once the trip's is closed; what the hub has is dropped here. A hub that
 * refuses is no failure of the round. */
JEM_NODISCARD enum jem_code jem_carry_send(struct jem_trip *trip, const char *url, struct jem_error *err);
/* Removes the folder when nothing is carried any more. */
void jem_carry_sweep(struct jem_store *store);
#endif
