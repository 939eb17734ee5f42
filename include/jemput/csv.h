/* csv.h - comma-separated values of RFC 4180: CRLF line ends, quotes doubled, UTF-8.
 *
 * Written cells are guarded against formulas: one that a spreadsheet would compute (it begins with = + - @, tab or
 * carriage return; OWASP, "CSV Injection") gets an apostrophe before it. Reading takes such an apostrophe off again, so that a
 * file that was written here reads back as it was. */
#ifndef JEMPUT_CSV_H
#define JEMPUT_CSV_H
#include "jemput/json.h"

/* Appends one cell; `first` of its line: without a comma before it. */
void jem_csv_cell(struct jem_buf *out, const char *text, bool first);
/* Ends the line. */
void jem_csv_end(struct jem_buf *out);
/* Reads a whole file: an array of arrays of strings, one a line; empty lines are left out, a byte order mark too; LF alone
 * ends a line as well. *out: new reference. JEM_EINVAL names the line: a quote out of place, not UTF-8, NUL */
JEM_NODISCARD enum jem_code jem_csv_read(const char *text, size_t n, json_t **out, struct jem_error *err);
#endif
