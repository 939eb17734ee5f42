/* vusb_redir.h - the bus of vusb.h outside of a virtual machine: each device is a USB port of the machine, by the usbredir
 * protocol over a socket. What is plugged in there is seen by the machine's own kernel. One thread: nothing is locked. */
#ifndef VUSB_REDIR_H
#define VUSB_REDIR_H
#include "../devices/vusb.h"

/* Listens on DIRECTORY/0.sock, 1.sock ... one a device, in the order of vusb_device_new. Before vusb_bus_new. */
void vusb_redir_directory(const char *directory);
/* What poll() is to watch, at most cap. Returns how many. */
struct pollfd;
size_t vusb_redir_polls(struct vusb_bus *bus, struct pollfd *out, size_t cap);
/* Moves all that can be moved. Called after each poll(), and at least every few milliseconds. */
void vusb_redir_step(struct vusb_bus *bus);
#endif
