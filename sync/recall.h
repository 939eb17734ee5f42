/* recall.h - what a hub held of a van's lanes when a round there last ended well. The next round of that day believes it and
 * pushes at once: a push names the head that it follows, and a hub whose ref stands elsewhere refuses it. */
#ifndef JEMPUT_SYNC_RECALL_H
#define JEMPUT_SYNC_RECALL_H
#include "trip.h"

/* *done: the link that was just opened has its refs from memory (jem_link_recall). Only when records (`waiting`) or documents are
 * to be sent, the ledger holds what it sent, and the feed was taken as it stood: otherwise there is nothing to gain, or something
 * to be looked at. */
JEM_NODISCARD enum jem_code jem_recall(struct jem_trip *trip, bool waiting, bool *done, struct jem_error *err);
/* The end of a visit: keeps the refs as the hub is known to hold them; forgets them when it is not known, or the visit failed.
 * What cannot be kept is read next time. */
void jem_recall_keep(struct jem_trip *trip, bool good);
#endif
