/* patience.h - how long one connection may take for what it is at: a deadline each, so that a client which drips bytes holds
 * its place for seconds, not for hours. The library's own timeout counts from the last byte and never ends such a one.
 *
 *   open --(a request's head is here)--> body --(handler works: no deadline)--> answer --> idle --> ... --> closed
 *
 * Any thread. */
#ifndef WEB_PATIENCE_H
#define WEB_PATIENCE_H
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define WEB_CONNECTIONS 256 /* of one port */
#define WEB_PATIENCE_PLACES (2 * WEB_CONNECTIONS)
#define WEB_PATIENCE_MS 20000 /* for a head, and on top of the time that bytes take */
#define WEB_PATIENCE_IDLE_MS 60000
#define WEB_PATIENCE_BYTES_PER_MS 20 /* the slowest that is waited for: 20 kB/s, far below any Wi-Fi in a van */

struct web_patience {
    pthread_mutex_t lock; /* guards fd: a descriptor that is cut is still ours */
    struct {
        int fd; /* -1: free */
        atomic_llong until_ms;
    } items[WEB_PATIENCE_PLACES];
};
void web_patience_init(struct web_patience *p);
void web_patience_release(struct web_patience *p);
/* A place for a new connection; WEB_PATIENCE_PLACES when there is none (it goes without a deadline). */
size_t web_patience_open(struct web_patience *p, int fd);
void web_patience_close(struct web_patience *p, size_t at);               /* before the descriptor is closed */
void web_patience_bytes(struct web_patience *p, size_t at, size_t bytes); /* so many are to come or to go */
void web_patience_none(struct web_patience *p, size_t at);                /* we are at work */
void web_patience_idle(struct web_patience *p, size_t at);
/* Ends the connections that are past their time. Called now and then. */
void web_patience_cut(struct web_patience *p);
#endif
