/* wire.h - TCP connections that give up: on a peer that is gone, silent, or late. */
#ifndef JEMPUT_SYNC_WIRE_H
#define JEMPUT_SYNC_WIRE_H
#include <stdint.h>

#define JEM_WIRE_CONNECT_MS 15000 /* for each address of a host */
#define JEM_WIRE_SILENT_MS 60000  /* a hub that unpacks a slice may be silent for a while */

/* A connected, blocking socket, or -1 with errno set (ENOENT: the name is not known). No wait is longer than
 * `deadline_ms` (jem_mono_ms) allows; 0: none. */
int jem_wire_connect(const char *host, const char *port, int64_t deadline_ms);
/* Payload bytes of the connection so far, as the kernel counts them. */
void jem_wire_totals(int fd, uint64_t *up, uint64_t *down);
#endif
