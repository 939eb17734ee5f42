/* gen_nasty.h - valid events that no sane program makes, for coders that must carry them all the same. */
#ifndef TESTS_GEN_NASTY_H
#define TESTS_GEN_NASTY_H
#include "gen_events.h"

/* Appends `count` contiguous, chained events of one random stream: odd kinds, keys, types, escapes, nesting, numbers
 * at their limits, look-alikes of dates, numbers and hashes, redacted bodies, clocks that jump. */
void gen_nasty(struct prop *rng, size_t count, struct jem_event_list *out);
#endif
