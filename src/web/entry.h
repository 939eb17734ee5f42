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
    json_t *marks;                     /* {field: "SOURCE=value"}: not typed but taken from there; owned, may be NULL */
    bool look;                         /* shown, not filled in: nothing takes the focus */
    json_t *fresh;                     /* [{"field"}]: asked only since the draft was begun; owned, may be NULL */
};
void web_entry_release(struct web_entry *e);
/* What was typed: "f.NAME" of the form. A village is taken by its code, by a choice among several ("v.NAME"), or by
 * a name that fits only one. */
void web_entry_read(struct web_page *p, struct web_entry *e);
/* Also what this service's form does not have: it is of an older catalogue. */
void web_entry_read_rest(struct web_page *p, struct web_entry *e);
/* Puts a value that nobody typed into a field that is blank, with where it is from: "nik", "earlier:NUMBER", "today",
 * "default". */
void web_entry_fill(struct web_entry *e, const char *field, const char *value, const char *source);
/* The value as its input shows it: a day as DD-MM-YYYY, a village with its name. */
void web_entry_shown(enum jem_field_type type, const char *value, struct jem_buf *out);
/* "from the NIK", for a mark; false when it no longer stands for the value. */
bool web_entry_mark(const struct web_entry *e, const char *field, struct jem_buf *out);
void web_mark_text(const char *mark, struct jem_buf *out);
/* Adds an error. `document`: it is about a document of that kind, not about a field of that name. */
void web_entry_wrong(struct web_entry *e, const char *field, const char *text, bool document);
/* The first text in errors or warnings for a field, or for a kind of document; NULL when there is none. */
const char *web_entry_issue(const json_t *list, const char *field, bool document);
/* The list of faults, focused, with links to the fields; nothing when there is none. `failure`: a fault of the whole,
 * or NULL. */
void web_entry_summary(struct web_page *p, const struct web_entry *e, const char *failure);
/* All fields, NIK and name first. `below`: what stands under the NIK, or NULL. */
void web_entry_fields(struct web_page *p, const struct web_entry *e,
    void (*below)(struct web_page *p, const struct web_entry *e));
/* As web_value (desk.h), with the digits of a NIK or KK in fours: the officer compares them with a card. */
void web_value_plain(struct jem_buf *b, const struct jem_field *field, const char *name, const char *value);
struct jem_region;
/* Asks for one village outside an application's form, as the fields "village" and, when what was typed may mean several
 * (`found`), "chosen"; and which villages such a form brought: the chosen one, or those that the typed name may mean. */
void web_village_ask(struct web_page *p, const char *typed, const struct jem_region *found, size_t count);
size_t web_village_taken(struct web_page *p, struct jem_region *found, size_t max);
/* The villages that what was typed may mean: one by its code, or those of that name. */
size_t web_village_meant(struct web_page *p, const char *typed, struct jem_region *found, size_t max);
/* Regency code whose villages are looked up, "" for all. */
void web_region(struct web_page *p, char out[16]);
#endif
