/* print_own.h - what the print queue and the choice of a printer share. Private to src/app. */
#ifndef APP_PRINT_OWN_H
#define APP_PRINT_OWN_H
#include "jemput/print.h"
#include "jemput/printer.h"
#include "own.h"

struct jem_raster;

/* The printer that is meant: `wanted` (an id, or the name of a CUPS queue), else the remembered one, else the only usable.
 * Fills *list, which the caller releases in every case; *out points into it. JEM_ENOTFOUND: the message says what is here. */
JEM_NODISCARD enum jem_code own_printer_pick(struct jem_app *app, struct jem_usb *usb, const char *wanted,
    struct jem_printer_list *list, const struct jem_printer_info **out, struct jem_error *err);
/* The profile that the officer chose for it, else that of its kind. NULL for CUPS. */
const struct jem_printer_profile *own_printer_profile(struct jem_app *app, const struct jem_printer_info *info);
/* "number" as on paper; with "ticket" and "day" where it stands for a ticket. */
void own_print_number(json_t *o, uint64_t number);
/* The paper of a ticket of today: dots 0 makes a PDF, else a raster for a head of so many. JEM_ENOTFOUND: of another day. */
JEM_NODISCARD enum jem_code own_queue_draw(struct jem_app *app, int32_t day, unsigned ticket, unsigned width_mm,
    unsigned dots, struct jem_raster *raster, struct jem_buf *pdf, struct jem_error *err);
#endif
