/* devices_own.h - what the list of devices, scanning and doctor share. Private to src/app. */
#ifndef APP_DEVICES_OWN_H
#define APP_DEVICES_OWN_H
#include "jemput/devices.h"
#include "own.h"

#define OWN_SCANNER_KEY "scanner" /* of meta: the id of the scanner that was named last */
#define OWN_PRINTER_KEY "printer" /* of meta, as print_printers.c keeps it */
#define OWN_DEVICE_ID_CAP 160

/* The entry that `id` means now: the same socket and serial, else the only one with that serial. NULL: not here */
const struct jem_scanner_info *own_scanner_find(const struct jem_scanner_list *list, const char *id);
#endif
