/* district.h - HQ tells each van the stages of the other vans' applications, as they change. Internal to the room sync. */
#ifndef JEMPUT_SYNC_DISTRICT_H
#define JEMPUT_SYNC_DISTRICT_H
#include "jemput/store.h"

/* Appends district.status events to the van's lane for what changed since it was last told; nothing when nothing did, or
 * when the van is revoked. How far it was told stands in meta "told.<van>", in the same unit as the events. Units of its own; for HQ. */
JEM_NODISCARD enum jem_code jem_district_tell(struct jem_store *store, const char *actor, unsigned van,
    struct jem_error *err);
#endif
