/* loopback.h - an HTTP pipe over TCP to 127.0.0.1: where a running ipp-usb serves the devices that it holds. */
#ifndef JEM_HW_LOOPBACK_H
#define JEM_HW_LOOPBACK_H
#include "http1.h"

#define JEM_LOOPBACK_FIRST_PORT 60000 /* of ipp-usb; it counts up, one port a device */
#define JEM_LOOPBACK_PORTS 16         /* that are looked at */

/* Connects for each exchange. Owned by the caller. */
JEM_NODISCARD enum jem_code jem_loopback_new(unsigned port, struct jem_http1_pipe **out, struct jem_error *err);
void jem_loopback_free(struct jem_http1_pipe *pipe); /* NULL accepted */
/* Whether anybody listens there. Takes no time: the loopback answers at once. */
bool jem_loopback_listens(unsigned port);
/* Sets what Host says: with the port, or without (JEM_QUIRK_HOST_PLAIN). */
void jem_loopback_host(struct jem_http1_pipe *pipe, bool plain);
#endif
