/* catalog.h - what the two files of the catalogue's pages share. Private to src/web. */
#ifndef WEB_CATALOG_H
#define WEB_CATALOG_H
#include "office.h"

/* "3 - drafts": badges of a service's state. */
void web_catalog_badges(struct jem_buf *b, const json_t *row);
/* [{"path","before","after"}] as a list; nothing when empty. */
void web_catalog_changes(struct jem_buf *b, const json_t *changes);
/* Back to the service, to the part named behind '#'; done: what is told there ("s" of its address). */
void web_catalog_back(struct web_page *p, const char *id, const char *done, const char *part);
#endif
