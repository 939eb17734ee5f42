/* labels.h - what people read where events hold ids: fields, papers, stages and values, in the thread's language. No I/O.
 * A service may be NULL (gone from the catalogue), and a label is then what can be said without it. Labels are borrowed. */
#ifndef JEMPUT_LABELS_H
#define JEMPUT_LABELS_H
#include "jemput/application.h"
#include "jemput/catalog.h"

/* Also of "nik" and "name", which every application has; the id itself when nobody named it. */
const char *jem_label_field(const struct jem_service *service, const char *name);
/* Of a kind of document, also of "lain"; the kind itself when nobody named it. */
const char *jem_label_paper(const struct jem_service *service, const char *kind);
/* The service's own name of a stage, or else the common one. */
const char *jem_label_stage(const struct jem_service *service, enum jem_status status);
/* Appends what was entered: words of a choice, a day, rupiah, a village with district and regency. NIKs and KKs are masked,
 * sixteen digits of a field that is not known (NULL) too. */
void jem_label_value(struct jem_buf *b, const struct jem_field *field, const char *name, const char *value);
#endif
