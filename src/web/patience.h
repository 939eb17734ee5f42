/* patience.h - how long one connection may take for what it is at: a deadline each, so that a client which drips bytes holds
 * its place for seconds, not for hours. The library's own timeout counts from the last byte and never ends such a one.
 *
 *   open --(a request's head is here)--> body --(handler works: no deadline)--> answer --> idle --> ... --> closed
 *
 * When all places are taken, whoever has waited longest makes room for who comes: however many hold connections without
 * asking for anything, there is a place for somebody who does. A connection that is answered is left alone.
 *
 * Any thread. */
#ifndef WEB_PATIENCE_H
#define WEB_PATIENCE_H
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "jemput/error.h"

#define WEB_PATIENCE_MS 20000 /* for a head, and on top of the time that bytes take */
#define WEB_PATIENCE_IDLE_MS 60000
#define WEB_PATIENCE_BYTES_PER_MS 20 /* the slowest that is waited for: 20 kB/s, far below any Wi-Fi in a van */
#define WEB_PATIENCE_NOWHERE SIZE_MAX

struct web_patience_item {
    int fd; /* -1: free, or already cut */
    size_t next_free;
    atomic_llong until_ms; /* its end */
    atomic_llong turn_ms;  /* its turn to make room: before those with a later one */
};
struct web_patience {
    pthread_mutex_t lock; /* guards all but the times: a descriptor that is cut is still ours */
    struct web_patience_item *items;
    size_t places, full, taken, free; /* of places, `full` may be taken for long */
};
/* full: connections that may be open; a few more have a place while others are shut. JEM_ENOMEM */
JEM_NODISCARD enum jem_code web_patience_init(struct web_patience *p, size_t full, struct jem_error *err);
void web_patience_release(struct web_patience *p);
/* A place for a new connection; WEB_PATIENCE_NOWHERE when there is none: the library's limit is below that. */
size_t web_patience_open(struct web_patience *p, int fd);
void web_patience_close(struct web_patience *p, size_t at);               /* before the descriptor is closed */
void web_patience_bytes(struct web_patience *p, size_t at, size_t bytes); /* so many are to come or to go */
void web_patience_none(struct web_patience *p, size_t at);                /* we are at work */
void web_patience_idle(struct web_patience *p, size_t at);
/* Ends the connections that are past their time. Called now and then. */
void web_patience_cut(struct web_patience *p);
#endif
