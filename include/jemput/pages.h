/* pages.h - text, tables and bars on A4 pages, as PDF: what a report needs, set from top to bottom. */
#ifndef JEMPUT_PAGES_H
#define JEMPUT_PAGES_H
#include "jemput/buf.h"

struct jem_pages;
/* The title goes into the file and on the first page. at_unix_s: when it was made. NULL when memory ran out. */
struct jem_pages *jem_pages_new(const char *title, int64_t at_unix_s);
void jem_pages_heading(struct jem_pages *pages, const char *text);
void jem_pages_text(struct jem_pages *pages, const char *text);
/* One row of a table: the first cell takes what the others leave, which stand right. `head`: in bold. */
void jem_pages_row(struct jem_pages *pages, const char *const *cells, size_t count, bool head);
/* A label, a bar of value / most, and the value in words. */
void jem_pages_bar(struct jem_pages *pages, const char *label, int64_t value, int64_t most, const char *words);
/* Appends the file and frees. JEM_EINTERNAL the drawing failed */
JEM_NODISCARD enum jem_code jem_pages_finish(struct jem_pages *pages, struct jem_buf *out, struct jem_error *err);
#endif
