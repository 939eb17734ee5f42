/* wire.h - TCP connections that give up: on a peer that does not answer, one that falls silent, and at a deadline.
 *
 * Another library reads and writes the socket, and may wait for ever in ways of its own: a watcher thread looks at the
 * kernel's counters and shuts the connection down, which ends every wait. */
#ifndef JEMPUT_SYNC_WIRE_H
#define JEMPUT_SYNC_WIRE_H
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define JEM_WIRE_CONNECT_MS 15000 /* for each address of a host */
#define JEM_WIRE_SILENT_MS 60000  /* a hub that unpacks a slice may be silent for a while */

struct jem_wire {
    int fd; /* blocking; -1: not connected */
    int64_t deadline_ms;
    bool watched, done, cut; /* cut: the watcher shut it down. Under lock */
    pthread_t watcher;
    pthread_mutex_t lock;
    pthread_cond_t wake;
};
/* False with errno set (ENOENT: the name is not known; ETIMEDOUT: no answer); then there is nothing to close. deadline_ms:
 * jem_mono_ms() time, 0: none. The struct stays where it is until it is closed. */
bool jem_wire_open(struct jem_wire *wire, const char *host, const char *port, int64_t deadline_ms);
/* Payload bytes so far, as the kernel counts them. */
void jem_wire_totals(const struct jem_wire *wire, uint64_t *up, uint64_t *down);
bool jem_wire_cut(struct jem_wire *wire);
void jem_wire_close(struct jem_wire *wire); /* not connected: nothing happens */
#endif
