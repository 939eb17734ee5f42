/* edit_own.h - what the files of the catalogue's editor share. Private to src/app. */
#ifndef APP_EDIT_OWN_H
#define APP_EDIT_OWN_H
#include "jemput/catalog_edit.h"
#include "own.h"

#define EDIT_KEY \
    "catalog.draft" /* meta: {"rev","services":{id:{"rev","officer","at_ms","base":object|null,"service":object}}} */

/* The item that goes by `name`; NULL. Borrowed. */
json_t *own_edit_item(const struct jem_edit_part *part, const json_t *service, const char *name, size_t *at);
/* Sets what is given of a part in a service, which is the caller's; an item "" is appended. False when there is no such item. */
bool own_edit_apply(const struct jem_edit_part *part, json_t *service, const char *item, const json_t *values);

/* What the store holds: the published catalogue, with what is common as a member JEM_EDIT_COMMON besides, and the drafts. Both new
 * references. */
JEM_NODISCARD enum jem_code own_edit_load(struct jem_app *app, json_t **published, json_t **drafts,
    struct jem_error *err);
JEM_NODISCARD enum jem_code own_edit_write(struct jem_app *app, const json_t *drafts, struct jem_error *err);
/* Of a catalogue, or JEM_EDIT_COMMON of the one that own_edit_load gave; borrowed, NULL. */
json_t *own_edit_service(const json_t *catalog, const char *id);
/* {"agencies","common_fields"} of a catalogue. New reference. */
json_t *own_edit_common(const json_t *catalog);
/* The published one with every draft in it, as it would be published. New reference. */
json_t *own_edit_whole(const json_t *published, const json_t *drafts);
bool own_edit_behind(const json_t *draft, const json_t *published, const char *id);
/* A version: 0 the one that counts, -1 with the drafts. New reference. JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code own_edit_version(struct jem_app *app, int64_t version, json_t **out, struct jem_error *err);
/* Checks what no single catalogue shows: an id keeps its code and a code its id over all versions. */
JEM_NODISCARD enum jem_code own_edit_codes(struct jem_app *app, const json_t *next, struct jem_error *err);
#endif
