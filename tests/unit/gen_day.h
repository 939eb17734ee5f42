/* gen_day.h - random events of a van's day: tickets and what becomes of them, visits, handovers, complaints, outages, surveys. */
#ifndef TESTS_GEN_DAY_H
#define TESTS_GEN_DAY_H
#include "gen_events.h"

#define GEN_DAY_INC 3 /* incarnation of the streams that it makes */

/* Appends to what gen_events made: streams (n, 0, 3) of vans and (0, n, 3) of HQ for them, chained and contiguous. Some rows name
 * what never comes, some what is not theirs to follow. The same seed and list give the same events. */
void gen_day(uint64_t seed, unsigned vans, struct jem_event_list *list);
#endif
