/* scanned.h - what a code reader read: a receipt (ours or another van's), an application number, a queue ticket, or something
 * else. Pure: nothing is looked up or believed; a receipt is verified by jem_paper_verify.
 *
 * A ticket's code is "JEMPUT/Q/<van>/<day>/<ticket>", such as "JEMPUT/Q/3/2026-11-22/A012": no name, no NIK; upper case, so
 * that its QR code stays small. Readers that type as another keyboard layout lower the case or change '/' and '-': forgiven. */
#ifndef JEMPUT_SCANNED_H
#define JEMPUT_SCANNED_H
#include <stdint.h>

#include "jemput/error.h"

enum jem_scanned_kind { JEM_SCANNED_UNKNOWN = 0, JEM_SCANNED_RECEIPT, JEM_SCANNED_NUMBER, JEM_SCANNED_TICKET };
#define JEM_TICKET_MAX 8
struct jem_scanned {
    enum jem_scanned_kind kind;
    uint64_t number; /* receipt, number */
    unsigned van;    /* receipt, number, ticket */
    int32_t day;     /* receipt, ticket */
    char ticket[JEM_TICKET_MAX + 1];
};
const char *jem_scanned_name(enum jem_scanned_kind kind); /* "receipt", "number", "ticket", "unknown" */
void jem_scanned_read(const char *text, struct jem_scanned *out);
#endif
