/* prune.h - what nobody needs any more goes: parts of lanes at the hub and here, other writers' parts that were read, keys of
 * dead epochs, documents whose time is over.
 *
 *   a van's part      when a backup of HQ holds it: HQ's "durable" acknowledgement covers its last event, or chunk
 *   a feed's part     when its van has acknowledged it and the last verified backup of HQ holds it
 *   HQ's own part     when that backup holds it
 * and never the part that is being written. The log keeps every event; a reader that yet lacks something gets it sealed anew.
 *
 * Nothing here fails a round that got its work through: what could not be done is told in the log and done by a later
 * round. */
#ifndef JEMPUT_SYNC_PRUNE_H
#define JEMPUT_SYNC_PRUNE_H
#include "part.h"
#include "trip.h"

/* Decides which of our parts are over, and notes it in the store: meta "dropped." and the part's tail = its head. */
JEM_NODISCARD enum jem_code jem_prune_decide(struct jem_trip *trip, struct jem_error *err);
/* True when our part was let go as it stands at that head. */
JEM_NODISCARD enum jem_code jem_prune_dropped(struct jem_trip *trip, const struct jem_lane_ref *lane,
    const git_oid *head, bool *out, struct jem_error *err);
/* Deletes at the hub that is visited what was decided, each only where it stands as it was. A hub that lets nobody delete is told
 * once in the log, and asked again when there is something new. */
void jem_prune_hub(struct jem_trip *trip);
/* Lets go of the refs of what was decided. */
JEM_NODISCARD enum jem_code jem_prune_own(struct jem_trip *trip, struct jem_error *err);
/* Lets go of other writers' parts of that kind that were read whole, have a later one, and stand on no hub otherwise than they
 * were read; at HQ only when the last verified backup holds them. listed: what the hubs list. */
JEM_NODISCARD enum jem_code jem_prune_read(struct jem_trip *trip, enum jem_lane_kind kind,
    const struct jem_parts *listed, struct jem_error *err);
/* The end of a round, after which the trip's ledger serves for nothing but being closed: keys of dead epochs, documents
 * (jem_store_blobs_prune), packs. At most once a day the ledger is cut down to what refs reach. */
void jem_prune_finish(struct jem_trip *trip);
#endif
