/* entry.h - a form that the catalogue describes: drawn, read back, its faults told twice with the same words (above, and
 * beside the field). */
#ifndef WEB_ENTRY_H
#define WEB_ENTRY_H
#include "office.h"

struct web_entry {
    const struct jem_service *service; /* borrowed from the catalogue */
    json_t *values;                    /* {field: text as typed}; owned */
    json_t *errors, *warnings;         /* [{"field","text","document"?}]; owned, may be NULL */
    json_t *villages;                  /* {field: [{"code","name"}]} where a typed name fits several; owned */
};
void web_entry_release(struct web_entry *e);
/* What was typed: "f.NAME" of the form. A village is taken by its code, by a choice among several ("v.NAME"), or by
 * a name that fits only one. */
void web_entry_read(struct web_page *p, struct web_entry *e);
/* Adds an error. `document`: it is about a document of that kind, not about a field of that name. */
void web_entry_wrong(struct web_entry *e, const char *field, const char *text, bool document);
/* The first text in errors or warnings for a field, or for a kind of document; NULL when there is none. */
const char *web_entry_issue(const json_t *list, const char *field, bool document);
/* The list of faults, focused, with links to the fields; nothing when there is none. `failure`: a fault of the whole,
 * or NULL. */
void web_entry_summary(struct web_page *p, const struct web_entry *e, const char *failure);
/* All fields, NIK and name first. */
void web_entry_fields(struct web_page *p, const struct web_entry *e);
/* Regency code whose villages are looked up, "" for all. */
void web_region(struct web_page *p, char out[16]);
#endif
