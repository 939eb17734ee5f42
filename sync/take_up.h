/* take_up.h - a writer takes its own lanes back from the hub, when its repository is gone or its store was restored. */
#ifndef JEMPUT_SYNC_TAKE_UP_H
#define JEMPUT_SYNC_TAKE_UP_H
#include "trip.h"

/* Looks at the parts of our own that the hub lists and this ledger lacks: a van's records; HQ's feeds and HQ's own lane. Fetches
 * them, believes them on the terms of any reader, with our own key, imports the events that this store has not, and goes on from
 * their heads. What does not hold is told in the log and left where it is: pushing to it is refused as ever. A part of a higher
 * incarnation than ours is another laptop's: report->refused says so. JEM_ECORRUPT: the hub holds other events of our present
 * incarnation than this store: it was put back without `restore`. */
JEM_NODISCARD enum jem_code jem_take_up(struct jem_trip *trip, struct jem_error *err);
#endif
