/* views.h - from the log to the views. Private to src/store. */
#ifndef JEM_STORE_VIEWS_H
#define JEM_STORE_VIEWS_H
#include "db.h"

/* Raised with every change of views.sql or of what the projection writes: older stores fold anew when opened. */
#define JEM_VIEWS_VERSION 9

#define JEM_KEY_BYTES 22
#define JEM_LEVEL_RECEIVED 1
#define JEM_LEVEL_DURABLE 2

/* Place of an event in the order of the fold; memcmp compares. */
void jem_key_make(const struct jem_event *e, unsigned char out[JEM_KEY_BYTES]);
void jem_key_id(const unsigned char key[JEM_KEY_BYTES], struct jem_event_id *out);

/* Takes an event over into the open unit's list of what has to be projected; projects at once when that list is
 * long. */
JEM_NODISCARD enum jem_code jem_views_note(struct jem_store *store, struct jem_event *e, struct jem_error *err);
/* Projects all that was noted. */
JEM_NODISCARD enum jem_code jem_views_flush(struct jem_store *store, struct jem_error *err);
/* Drops the views and folds the whole log anew. Needs an open unit. */
JEM_NODISCARD enum jem_code jem_views_rebuild(struct jem_store *store, struct jem_error *err);

/* One event that is not (only) about one application: acknowledgements, accounts, vans, the catalogue. */
JEM_NODISCARD enum jem_code jem_views_kind(struct jem_store *store, const struct jem_event *e, struct jem_error *err);
/* The row of one application, from some or all of its events: `whole` says that no others are in the log. */
JEM_NODISCARD enum jem_code jem_views_application(struct jem_store *store, uint64_t number,
    const struct jem_event *const *events, size_t count, bool whole, struct jem_error *err);
/* The same for a submission whose application has no row and no other event in the log, without a fold where a glance at
 * the body tells enough. *done false: nothing was written, as there is a row or the glance does not do; the fold has to. */
JEM_NODISCARD enum jem_code jem_views_submitted(struct jem_store *store, const struct jem_event *e, bool *done,
    struct jem_error *err);
/* Pairs of duplicates: of one application whose row changed, of one whose row is new, or of all after the catalogue
 * changed. */
JEM_NODISCARD enum jem_code jem_pairs_of(struct jem_store *store, uint64_t number, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_pairs_fresh(struct jem_store *store, uint64_t number, const char *nik,
    const char *service, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_pairs_all(struct jem_store *store, struct jem_error *err);
/* Postings of names: of a new row, of one whose name changed; and at the end of a flush or rebuild those of its new rows
 * and, when more than these wait, all that wait. */
#define JEM_POSTINGS_WAITING 64
JEM_NODISCARD enum jem_code jem_postings_new(struct jem_store *store, uint64_t number, const char *name,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_postings_change(struct jem_store *store, uint64_t number, const char *before,
    const char *after, struct jem_error *err);
/* After each flush or rebuild, also one that failed: what it knows of words and names holds for itself only. */
void jem_postings_forget(struct jem_store *store);
JEM_NODISCARD enum jem_code jem_postings_settle(struct jem_store *store, struct jem_error *err);
/* HQ has document chunks up to `scan` that incarnations up to `inc` made; `missing` (array of hex) go out again. Safe to
 * repeat. `anew`: another HQ speaks, which may have less than the one before. */
JEM_NODISCARD enum jem_code jem_outgoing_acked(struct jem_store *store, int64_t inc, int64_t scan,
    const json_t *missing, bool anew, struct jem_error *err);
/* The bytes that an own document.attached or outage.photographed names go out. */
JEM_NODISCARD enum jem_code jem_outgoing_add(struct jem_store *store, const json_t *body, int64_t wall_ms,
    struct jem_error *err);

/* Highest acknowledged seq of a stream; 0 none. */
JEM_NODISCARD enum jem_code jem_ack_get(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t inc,
    int level, uint64_t *seq, uint64_t *scan, struct jem_error *err);
/* Projections of the kinds about lanes; each is told what kind_apply (kinds_view.c) found believable. */
JEM_NODISCARD enum jem_code jem_acks_apply(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_writer_enrolled(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_writer_rotated(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_writer_revoked(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_writer_ruled(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_district_apply(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_dictionary_apply(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err);
/* erase.c: what body.redacted names goes. */
JEM_NODISCARD enum jem_code jem_erase_apply(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err);
/* Takes the body of an event about an erased application away before it is written; body_hash is set. */
JEM_NODISCARD enum jem_code jem_erase_late(struct jem_store *store, struct jem_event *e, struct jem_error *err);
/* The bytes are of an erased application, and of no other. */
bool jem_blob_refused(struct jem_store *store, const unsigned char hash[32]);
/* A row goes: its postings; then, the row gone, the words that only it had. */
JEM_NODISCARD enum jem_code jem_postings_erase(struct jem_store *store, uint64_t number, const char *name,
    struct jem_error *err);
/* No trace of erased postings remains in the index. */
JEM_NODISCARD enum jem_code jem_postings_merge(struct jem_store *store, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_postings_forget_words(struct jem_store *store, const char *name, struct jem_error *err);
/* The van's day (day_view.c). */
JEM_NODISCARD enum jem_code jem_day_apply(struct jem_store *store, enum jem_kind kind, const struct jem_event *e,
    const json_t *body, struct jem_error *err);
/* Where jem_day_apply looks: of each kind whether it is of the van's day. */
bool jem_day_concerns(enum jem_kind kind);
/* HQ: the stage of an application is another than it was; `fresh`: it was not known before. */
JEM_NODISCARD enum jem_code jem_district_note(struct jem_store *store, uint64_t number, int64_t stage_ms, bool fresh,
    struct jem_error *err);
/* {"inc","seq","reason","at_ms"} of the newest revocation of a van, or JSON null. New reference in *out. */
JEM_NODISCARD enum jem_code jem_writer_revocation(struct jem_store *store, uint16_t van, json_t **out,
    struct jem_error *err);
/* Appends the bytes of a base64 member. JEM_ENOTFOUND, without a message, when it is none. */
JEM_NODISCARD enum jem_code jem_body_base64(const json_t *body, const char *member, struct jem_buf *out,
    struct jem_error *err);
/* Folds one application from the log anew. */
JEM_NODISCARD enum jem_code jem_views_refold(struct jem_store *store, uint64_t number, struct jem_error *err);

/* Row `o` of outgoing lies whole in a chunk that HQ's backup holds; `self` is bound to our writer number. An
 * acknowledgement speaks of chunks that incarnations up to its own made. */
#define JEM_SQL_DURABLE(self)                                                                    \
    "o.confirmed = 1 AND o.sent = o.size AND o.chunk > 0 AND EXISTS (SELECT 1 FROM ack c WHERE " \
    "c.writer = " self " AND c.lane = 0 AND c.level = 2 AND c.inc >= o.inc AND c.scan >= o.chunk)"
_Static_assert(JEM_LEVEL_DURABLE == 2, "JEM_SQL_DURABLE names it");

/* Columns of `application` for jem_row_json, to stand first in a SELECT. */
#define JEM_ROW_COLUMNS                                                                                           \
    "a.number, a.at, a.day, a.status, a.confirmed, a.conflicts, a.illegal, a.documents, a.writer, a.inc, a.seq, " \
    "a.service, a.village, a.nik, a.name, a.officer "
/* The row under the cursor as jem_store_list gives it; new reference, NULL with *rc set on failure. */
json_t *jem_row_json(struct jem_store *store, sqlite3_stmt *st, enum jem_code *rc, struct jem_error *err);
/* Steps to the end, appending each row; gives the statement back. */
JEM_NODISCARD enum jem_code jem_rows_append(struct jem_store *store, sqlite3_stmt *st, json_t *array,
    struct jem_error *err);
#endif
