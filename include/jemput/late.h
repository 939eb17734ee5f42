/* late.h - HQ: what stands behind a ref in quarantine, and taking it in once a person admitted it. */
#ifndef JEMPUT_LATE_H
#define JEMPUT_LATE_H
#include "jemput/round.h"

/* Looks at the commits of `ref` past what was accepted of it, up to head_hex, without changing anything:
 *  {"kind":"van"|"scan"|"" no part of a lane,"van","inc","part","commits","events","bytes","why": in the thread's language, when that can be told without opening it}
 * as far as the commits themselves tell, which are 0 when this ledger does not hold them. opened: also verifies and opens them,
 * as a merge would, up to the first that does not hold, and adds
 *  "holds": commits that do,"wrong": why the next does not, or "","steps":[{"head":oid,"events","first_ms","last_ms",
 *  "numbers":[application numbers, each once in the whole answer]}]
 * of records; documents have no steps. JEM_EINVAL head_hex is none. */
JEM_NODISCARD enum jem_code jem_late_look(struct jem_store *store, const char *ref, const char *head_hex, bool opened,
    json_t **out, struct jem_error *err);
/* The last event of an accepted commit of a van's records, by the first digits (4 or more) of its name. JEM_ENOTFOUND | JEM_EINVAL
 * several begin so */
JEM_NODISCARD enum jem_code jem_late_place(struct jem_store *store, unsigned van, const char *commit,
    struct jem_event_id *out, struct jem_error *err);
/* Takes in, from this ledger and without a hub, what rulings admit of `ref` up to head_hex; the rest stays in quarantine.
 * JEM_EBUSY: a round is running, which takes it in, or the next one does */
JEM_NODISCARD enum jem_code jem_round_admit(struct jem_store *store, const char *actor, const char *ref,
    const char *head_hex, struct jem_round_report *report, struct jem_error *err);
#endif
