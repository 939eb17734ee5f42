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
/* The scanner that is meant: `wanted`, else the remembered one, else the only one. A named one is remembered.
 * JEM_EIO none | JEM_EBUSY it cannot be used, and why | JEM_EINVAL a choice of several */
JEM_NODISCARD enum jem_code own_scanner_pick(struct jem_app *app, const struct jem_scanner_list *list,
    const char *wanted, char id[OWN_DEVICE_ID_CAP], struct jem_error *err);
#endif
