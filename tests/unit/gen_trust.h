/* gen_trust.h - what moves keys, acknowledgements, revocations, rulings, the district and dictionaries: events of HQ in two
 * incarnations and of vans that were restored from a backup. The same seed and list give the same events. */
#ifndef TESTS_GEN_TRUST_H
#define TESTS_GEN_TRUST_H
#include "gen_events.h"

#define GEN_TRUST_HQ_INC 7  /* of HQ after it was restored */
#define GEN_TRUST_VAN_INC 5 /* of each van after it was restored */

/* Appends to what gen_events made: streams (0, 0, 1), (0, 0, 7), (0, n, 7) and (n, 0, 5), sealed, chained and contiguous; the
 * restored ones go on from an event in the middle of the incarnation before. */
void gen_trust(uint64_t seed, unsigned vans, struct jem_event_list *list);
#endif
