/* link_watch.h - notices that a hub may have come within reach, or holds something else, without asking it.
 *
 * A hub on the network: the kernel tells over a NETLINK_ROUTE socket when an address or a route comes or goes; what counts
 * is whether the set of addresses and default routes is another one than before. A hub in a folder (a stick, a share):
 * whether it is there and when its refs changed, looked at every 2 s.
 * One thread at a time; only jem_link_watch_wake may be called from others. */
#ifndef JEMPUT_LINK_WATCH_H
#define JEMPUT_LINK_WATCH_H
#include "jemput/error.h"
#include <stdbool.h>
#include <stdint.h>

struct jem_link_watch;
enum jem_link_news {
    JEM_LINK_TIME = 0, /* nothing but the time passed */
    JEM_LINK_WOKEN,
    JEM_LINK_CHANGED /* another network, or another state of the folder, than at the last jem_link_watch_note */
};
JEM_NODISCARD enum jem_code jem_link_watch_new(struct jem_link_watch **out, struct jem_error *err);
void jem_link_watch_free(struct jem_link_watch *watch); /* NULL accepted */
/* From here on these hubs, one URL without credentials a line. True when they are others than before. */
bool jem_link_watch_hubs(struct jem_link_watch *watch, const char *urls);
/* Takes the state that is now as known: called before a round, so that what changes in its course is news after it. */
void jem_link_watch_note(struct jem_link_watch *watch);
void jem_link_watch_wake(struct jem_link_watch *watch);
enum jem_link_news jem_link_watch_wait(struct jem_link_watch *watch, int64_t timeout_ms);
/* False when no try can succeed: no folder is there, and there is no address by which another machine could be reached.
 * A hub on this very machine is always within reach. */
bool jem_link_watch_reachable(const struct jem_link_watch *watch);
#endif
