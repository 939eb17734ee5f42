/* cups.h - office printers by CUPS's own programs, lp and lpstat. $CUPS_SERVER names another server. Private to hw. */
#ifndef JEM_HW_CUPS_H
#define JEM_HW_CUPS_H
#include "jemput/printer.h"

struct cups_queue {
    char name[96];
};
/* *out is the caller's; none when CUPS is not installed or does not answer. */
JEM_NODISCARD enum jem_code cups_list(struct cups_queue **out, size_t *count, struct jem_error *err);
JEM_NODISCARD enum jem_code cups_print(const char *queue, const void *pdf, size_t n, const char *title,
    struct jem_print_report *report, struct jem_error *err);
#endif
