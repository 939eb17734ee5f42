/* vusb_ep0.h - what every virtual device answers on endpoint 0. */
#ifndef VUSB_EP0_H
#define VUSB_EP0_H
#include "vusb_file.h"

#define VUSB_EP0_NOT_MINE (-2)

/* Descriptors, GET_STATUS of the device and GET_DEVICE_ID, as the folder has them. Returns the bytes put in data, -1 to stall,
 * VUSB_EP0_NOT_MINE for every other request. */
int vusb_ep0(const struct vusb_file *file, const uint8_t setup[8], uint8_t *data, size_t len);
#endif
