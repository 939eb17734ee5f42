/* published.h - the dictionaries that HQ published (dictionary.published), opened once for a ledger, and which of them a
 * segment is sealed with. Internal to the room sync. */
#ifndef JEMPUT_SYNC_PUBLISHED_H
#define JEMPUT_SYNC_PUBLISHED_H
#include "jemput/dictionary.h"
#include "jemput/store.h"
#include "ledger_repo.h"

/* The dictionary that a segment's header names: *out NULL for 0, one of the program's, or one that HQ published, which is the
 * ledger's until it is freed. JEM_ECORRUPT: it is not known here, or what was published as that is none | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_published_find(struct jem_ledger *ledger, struct jem_store *store, uint16_t id,
    const struct jem_dictionary **out, struct jem_error *err);
/* Notes dictionaries among events that are believed but perhaps not in the store yet, for later segments of their lane. What
 * is no dictionary is passed over: whoever uses it is refused. JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_published_learn(struct jem_ledger *ledger, const struct jem_event *events, size_t count,
    struct jem_error *err);
/* What a segment that begins with `first` is sealed with, so that its reader surely has it. A van: the newest that HQ
 * published to it. HQ: the newest that stands before `first` on that lane in the same incarnation, for a van's lane as far
 * as that van has said that it has it. Else the program's. */
JEM_NODISCARD enum jem_code jem_published_for(struct jem_ledger *ledger, struct jem_store *store,
    const struct jem_event_id *first, const struct jem_dictionary **out, struct jem_error *err);
void jem_published_free(struct jem_published *published); /* NULL accepted */
#endif
