/* draft.h - an application while it is typed: drafts, what is known of the person, what this officer does most. Nothing here is
 * an event; a draft is durable when a call returns.
 *
 * A draft is {"service","catalog":version it was typed with,"fields":{name:text as typed},"marks":{name:"SOURCE=text"},
 * "labels":{name:label} of every field that the form had,"left":[{"label","value"}] what an older catalogue asked,
 * "fresh":[{"field"}] what only the newer one asks,"channel"}. A mark says that the text was not typed but taken from somewhere, and stands as long as the text does. */
#ifndef JEMPUT_DRAFT_H
#define JEMPUT_DRAFT_H
#include "jemput/app.h"

#define JEM_DRAFT_ID_TEXT 33 /* 32 hex digits and NUL */
bool jem_draft_id_ok(const char *id);

/* Keeps service, catalog, fields, marks and (when given) channel; labels are added, "left" and "channel" of before stay.
 * JEM_EINVAL: no such id or service | JEM_EDENIED another officer has taken it over */
JEM_NODISCARD enum jem_code jem_draft_put(struct jem_app *app, const char *id, const json_t *draft,
    struct jem_error *err);
/* {"id","user","mine","at_ms","service","service_name","offered":the catalogue has the service,"catalog","fields","marks",
 *  "left","fresh","channel","carry":null|{"from","to","gone":[{"field","label","value"}],"asked":[{"field","label","required"}]}}.
 * carry: the service asks other things than when it was typed, and nobody agreed yet. JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_draft_get(struct jem_app *app, const char *id, json_t **out, struct jem_error *err);
/* The same of every draft of the officer, newest first, with "others": how many other officers have.
 * everybody: also theirs, with "mine" false. {"drafts":[..],"others":n} */
JEM_NODISCARD enum jem_code jem_draft_list(struct jem_app *app, bool everybody, json_t **out, struct jem_error *err);
/* The officer agrees: the draft is of today's catalogue, what it does not ask any more goes to "left". */
JEM_NODISCARD enum jem_code jem_draft_carry(struct jem_app *app, const char *id, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_draft_take(struct jem_app *app, const char *id, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_draft_drop(struct jem_app *app, const char *id, struct jem_error *err);

/* What a NIK typed into `field` ("nik", or "child_nik", "mother_nik", ...) tells for the other fields of the service:
 * {"nik":digits,"district":"Cibeber, Kab. Cianjur"|"","values":{name:value} read from the digits: birth date and sex,
 *  "number":of the latest application of the person here|"","day","person":{name:value} of it and those before it:
 *  name, kk, phone, village, address, email,
 *  "earlier":[rows of jem_list, newest first, at most 5]}. Values as they are stored.
 * JEM_EINVAL: not a NIK (says why), or no such field */
JEM_NODISCARD enum jem_code jem_known(struct jem_app *app, const char *service, const char *field, const char *nik,
    json_t **out, struct jem_error *err);
/* {"services":[ids, what this officer recorded most of late first],"village":code|""}: that of the visit that is open,
 * else of the last application that this officer recorded today. */
JEM_NODISCARD enum jem_code jem_habits(struct jem_app *app, json_t **out, struct jem_error *err);
#endif
