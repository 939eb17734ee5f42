/* lookup.h - reading: one application, lists, search, documents, the log. */
#ifndef JEMPUT_LOOKUP_H
#define JEMPUT_LOOKUP_H
#include "jemput/app.h"
/* A typed number or a scanned QR text -> number. JEM_EINVAL (did you mean), JEM_ECORRUPT for a QR that does not verify. */
JEM_NODISCARD enum jem_code jem_lookup_number(struct jem_app *app, const char *text, uint64_t *out,
    struct jem_error *err);
/* {"number","service","service_name","agency","status","status_label","confirmed":"recorded"|"confirmed"|"durable","van","day","at_ms","stage_ms","by","channel","receipts",
 *  "fields":{},"written":{field:{"heads":"3.0.1.17,..","by","at_ms"}} the writes that stand and who made the last,"labels":{field:label},"documents":[{"kind","label","pages","arrived","previews","complete","items":[{"ordinal","van","name","mime","size",
 *  "hash","pages","have":bool original here,"at":"here"|"hq" past its time here and safe at headquarters|"","previews":
 *  pages whose preview is here,"previews_at_hq":bool}]}],"missing":[{"kind","label"}],"timeline":[..],"conflicts":[..],"illegal":[..],"duplicates":[..],"apart":[..],"linked","reason","reason_code",
 *  "warnings":[text key names],"qr":text|null (only where it was taken),"promised","due_ms"?,"excused_hours"?,"began_here":bool}
 * began_here: false of one that goes on here (jem_continue) and began elsewhere: what came before is not known, "day" is "".
 * due_ms: when the promised time ends, outages of its van and of HQ left out: so many hours, rounded up (Permendagri 19/2018)
 * documents grouped by kind: pages of all its files; arrived: pages whose original is in this store,
 * or was and is safe at headquarters. */
JEM_NODISCARD enum jem_code jem_show(struct jem_app *app, uint64_t number, json_t **out, struct jem_error *err);
/* An application of another van, as headquarters told it last: {"number","elsewhere":true,"van","status","status_label","stage_day",
 * "told_ms"}. JEM_ENOTFOUND: nothing was told of it here, and what the officer can do. */
JEM_NODISCARD enum jem_code jem_elsewhere(struct jem_app *app, uint64_t number, json_t **out, struct jem_error *err);
/* {"applications":[rows of jem_store_list + "service_name","status_label"],"more":bool} */
JEM_NODISCARD enum jem_code jem_list(struct jem_app *app, const struct jem_list_query *query, json_t **out,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_find(struct jem_app *app, const char *text, unsigned limit, json_t **out,
    struct jem_error *err);
/* {"number","events":[{"event","kind","actor","at_ms","hlc","clock","hash","body"}]} */
JEM_NODISCARD enum jem_code jem_log_show(struct jem_app *app, uint64_t number, json_t **out, struct jem_error *err);
/* The bytes of document `ordinal` of writer `van`: preview of `page` (1..) or, page 0, the original. mime: static text.
 * JEM_ENOTFOUND not here yet, or past its time here: says where it is. */
JEM_NODISCARD enum jem_code jem_document_bytes(struct jem_app *app, uint64_t number, unsigned van, unsigned ordinal,
    unsigned page, struct jem_buf *out, const char **mime, struct jem_error *err);
/* {"services":[{"id","code","agency","name","fields":[{"name","label","hint","type","required","role","options":[{"value","label"}]}],
 *  "requirements":[{"kind","label","required","when","shown_only"}],"promised","fee_idr","standard":{key:text}}],"version"}; service NULL: all, brief */
JEM_NODISCARD enum jem_code jem_catalog_show(struct jem_app *app, const char *service, json_t **out,
    struct jem_error *err);
/* Checks a catalogue folder or merged file without a store: {"ok","services":n,"problems":[text]}; JEM_EINVAL with problems. */
JEM_NODISCARD enum jem_code jem_catalog_check_path(const char *path, json_t **out, struct jem_error *err);
#endif
