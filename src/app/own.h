/* own.h - what the use cases of room app share. Private to src/app. */
#ifndef APP_OWN_H
#define APP_OWN_H
#include <inttypes.h>

#include "jemput/app.h"
#include "jemput/intake.h"
#include "jemput/keys.h"
#include "jemput/page.h"
#include "jemput/sheet.h"
#include "jemput/paper.h"
#include "jemput/token.h"

#define OWN_REASON_MAX 500   /* bytes of a reason that an officer types */
#define OWN_DOCUMENTS_MAX 60 /* documents of one application */
#define OWN_LIST_LIMIT 50
#define OWN_QR_CAP 256

struct jem_app {
    struct jem_store *store;
    char user[JEM_EVENT_ACTOR_MAX + 1], role[16], agency[33]; /* agency: whose services alone; "" all */
    struct jem_catalog *catalog;
    struct jem_stream_head catalog_head; /* of HQ's stream when the catalogue was read */
    struct jem_keys *keys;               /* NULL until first needed */
};

/* ---- app.c ---- */
/* The officer may still act here and the store has its number: JEM_EDENIED otherwise. */
JEM_NODISCARD enum jem_code own_may_write(struct jem_app *app, struct jem_error *err);
JEM_NODISCARD enum jem_code own_keys(struct jem_app *app, const struct jem_keys **out, struct jem_error *err);
/* A short meta value or `fallback` (also when it is empty). False when it does not fit or cannot be read. */
bool own_meta(struct jem_store *store, const char *key, const char *fallback, char *out, size_t cap);
/* What meta "last_sync_text" holds after a good round, so that every reader has it in their language: a van's events
 * pushed, confirmed, pending; HQ's accepted, held, published. After a bad one: the words of what went wrong. */
#define OWN_SYNC_COUNTS "=%" PRIu64 " %" PRIu64 " %" PRIu64
#define OWN_SYNC_COUNTS_READ "=%20" SCNu64 " %20" SCNu64 " %20" SCNu64
/* JSON that is kept under a key of meta: JEM_ENOTFOUND, or a new reference. */
JEM_NODISCARD enum jem_code own_meta_json(struct jem_store *store, const char *key, json_t **out,
    struct jem_error *err);
JEM_NODISCARD enum jem_code own_meta_json_set(struct jem_store *store, const char *key, const json_t *value,
    struct jem_error *err);
/* HQ's lane for events about the application: its van's feed. A van has lane 0 only. */
uint16_t own_lane(const struct jem_app *app, uint64_t number);
/* A handle for a store that is open: takes it over, also on failure. */
JEM_NODISCARD enum jem_code own_app_of(struct jem_store *store, const char *user, struct jem_app **out,
    struct jem_error *err);
/* Whether this officer works on a service: one of their agency, or any when they have none. */
bool own_agency_has(struct jem_app *app, const char *service);
/* JEM_EDENIED for an officer of one agency, where something is about all. */
JEM_NODISCARD enum jem_code own_agency_none(const struct jem_app *app, struct jem_error *err);
/* "admin,approver" as words of the thread's language. */
void own_roles_text(const char *roles, char *out, size_t cap);

/* ---- law.c ---- */
/* Rewrites the database when something was erased; true when it did. Not in an open unit. */
bool own_scrub(struct jem_app *app);

/* ---- texts.c ---- */
const char *own_text_name(enum jem_text key); /* "NIK_LENGTH" */
/* [{"field","key","text"}] of one severity. New reference, NULL when memory ran out. */
json_t *own_issues_json(const struct jem_issues *issues, enum jem_severity severity);
/* JEM_EINVAL with the words of the first error. */
enum jem_code own_fail_issues(const struct jem_issues *issues, struct jem_error *err);
/* Trimmed copy of what a person typed. JEM_EINVAL: blank (when `required`), too long, not UTF-8, control characters. */
JEM_NODISCARD enum jem_code own_reason(const char *in, bool required, char out[OWN_REASON_MAX + 1],
    struct jem_error *err);
/* The value as a string member; false when memory ran out or the text is not UTF-8. */
bool own_put_number(json_t *obj, const char *key, uint64_t number);
/* Hands *value over: JEM_ENOMEM when it is NULL. */
JEM_NODISCARD enum jem_code own_give(json_t *value, json_t **out, struct jem_error *err);

/* ---- documents.c ---- */
struct own_document {
    char kind[33], name[201];
    struct jem_buf file; /* when it was read from a path, or written anew */
    const void *bytes;
    size_t size;
    unsigned char hash[32];
    struct jem_document_view view;
    const void *preview; /* borrowed: given instead of view's, or of sheet; or NULL */
    size_t preview_size;
    struct jem_sheet sheet; /* of a camera's picture: bytes point into it */
};
/* The kind is one of the service's (NULL: none), or "lain": copied to out. JEM_EINVAL names those that are. */
JEM_NODISCARD enum jem_code own_document_kind(const struct jem_service *service, const char *kind, char out[33],
    struct jem_error *err);
/* The application may take another document: JEM_EINVAL, it is closed or full. */
JEM_NODISCARD enum jem_code own_document_room(const struct jem_application *a, struct jem_error *err);
/* Reads and looks at one attachment. `service` borrowed; NULL: nobody knows it, and "lain" is the only kind. JEM_EINVAL for a kind
 * that it does not know. */
JEM_NODISCARD enum jem_code own_document_prepare(const struct jem_service *service, const struct jem_attachment *in,
    struct own_document *out, struct jem_error *err);
void own_document_release(struct own_document *doc);
/* Its bytes and previews go into the store, in an open unit; body gets "mime","size","hash","pages" and, when it has one,
 * "name". */
JEM_NODISCARD enum jem_code own_document_keep(struct jem_app *app, const struct own_document *doc, json_t *body,
    struct jem_error *err);
/* Blobs and the document.attached event, in an open unit. */
JEM_NODISCARD enum jem_code own_document_record(struct jem_app *app, uint64_t number, unsigned ordinal,
    const struct own_document *doc, struct jem_error *err);
/* One more document of the application, in a unit of its own; tray_page (0: none) leaves its tray in the same. *out as
 * jem_attach. JEM_EEXISTS it has this very picture | JEM_EINVAL closed or full */
JEM_NODISCARD enum jem_code own_document_attach(struct jem_app *app, uint64_t number, const struct own_document *doc,
    int64_t tray_page, json_t **out, struct jem_error *err);

/* ---- show.c ---- */
/* Where bytes are, as jem_show says it: "here", "hq", "before", ""; static. */
const char *own_place_word(enum jem_blob_place place);

/* ---- intake.c ---- */
/* One of the channels' names, static; NULL or "": that of this store. JEM_EINVAL */
JEM_NODISCARD enum jem_code own_channel(const struct jem_app *app, const char *wanted, const char **out,
    struct jem_error *err);

/* ---- lookup.c ---- */
/* As own_load; at a van, an application of another van's that is not here has the stage that headquarters told, and no service
 * and no field. */
JEM_NODISCARD enum jem_code own_load_told(struct jem_app *app, uint64_t number, struct jem_application *out,
    struct jem_event_list *events, struct jem_error *err);
/* Loads and folds; SUBMITTED is raised to RECEIVED when HQ has it. JEM_ENOTFOUND | JEM_EDENIED of another agency. events may
 * be NULL. */
JEM_NODISCARD enum jem_code own_load(struct jem_app *app, uint64_t number, struct jem_application *out,
    struct jem_event_list *events, struct jem_error *err);
/* The service of a loaded application. JEM_ENOTFOUND when the catalogue has no such service any more. */
JEM_NODISCARD enum jem_code own_service(struct jem_app *app, const struct jem_application *a,
    const struct jem_service **out, struct jem_error *err);
/* NULL when there is no catalogue or no such service. */
const struct jem_service *own_service_or_null(struct jem_app *app, const char *id);
/* [{"kind","label"}] that the kinds (array of strings) lack. New reference. */
json_t *own_missing(const struct jem_service *service, const json_t *kinds);
/* Kinds of the documents of a folded application. New reference. */
json_t *own_kinds(const struct jem_application *a);
/* Adds "service_name" and "status_label" to rows of the store; of other agencies' takes away whom they are about. */
void own_dress_rows(struct jem_app *app, json_t *rows);

/* ---- amend.c ---- */
/* JEM_EINVAL: it is closed, nothing can follow. */
JEM_NODISCARD enum jem_code own_open(const struct jem_application *a, struct jem_error *err);
/* The writes that stand in a field, one text: "3.0.1.17,5.0.1.2". */
void own_heads_text(const json_t *ids, struct jem_buf *out);

/* ---- token.c ---- */
/* Signs and keeps the QR text of a new application, in its unit. */
JEM_NODISCARD enum jem_code own_token_make(struct jem_app *app, uint64_t number, unsigned service_code,
    unsigned documents, bool incomplete, char out[OWN_QR_CAP], struct jem_error *err);
/* The text kept for an application taken here; JEM_EDENIED when it was taken elsewhere. */
JEM_NODISCARD enum jem_code own_token_get(struct jem_app *app, uint64_t number, char out[OWN_QR_CAP],
    struct jem_error *err);

/* The token is of the van that it names and of an application of that van: JEM_ECORRUPT, also when its key is not known here. */
JEM_NODISCARD enum jem_code own_token_judge(struct jem_app *app, const struct jem_token *token,
    const unsigned char raw[JEM_TOKEN_BYTES], struct jem_error *err);

#define OWN_HEARD "heard_ms" /* meta: when a stick brought news of headquarters */
/* ---- care.c ---- */
/* After a round: key slots of officers who are disabled go. */
void own_roster_settle(struct jem_app *app);

/* ---- short_code.c ---- */
#define OWN_SHORT_CODE_SYMBOLS 16
#define OWN_SHORT_CODE (OWN_SHORT_CODE_SYMBOLS + 2)
/* `data` random symbols (at most 14) and two check symbols: "7K3M9-Q9TDX" for 8. */
void own_short_code_make(size_t data, char out[OWN_SHORT_CODE]);
/* The same form from what was typed; forgives case, spaces, hyphens, I, L and O. False: not a code. */
bool own_short_code_read(size_t data, const char *text, char out[OWN_SHORT_CODE]);

/* ---- paper.c: what the print queue needs of it ---- */
struct jem_raster;
/* As jem_paper_receipt, for a job: its copy (0: the original), and the dots of its printer. */
JEM_NODISCARD enum jem_code own_paper_raster(struct jem_app *app, uint64_t number, unsigned copy, unsigned width_mm,
    unsigned head_dots, struct jem_raster *out, struct jem_error *err);
JEM_NODISCARD enum jem_code own_paper_pdf(struct jem_app *app, uint64_t number, unsigned copy, unsigned width_mm,
    struct jem_buf *out, struct jem_error *err);
/* The copy that would be printed now. JEM_EDENIED: taken elsewhere */
JEM_NODISCARD enum jem_code own_paper_copy(struct jem_app *app, uint64_t number, unsigned *copy, struct jem_error *err);
/* Appends receipt.printed, in an open unit. */
JEM_NODISCARD enum jem_code own_paper_note(struct jem_app *app, uint64_t number, const char *format, unsigned width_mm,
    unsigned copy, struct jem_error *err);

/* A receipt of nobody, for the eyes of whoever writes the catalogue: it says so, and its QR is signed by no key. */
JEM_NODISCARD enum jem_code own_paper_sample(struct jem_app *app, const struct jem_service *service,
    enum jem_paper_format format, unsigned width_mm, struct jem_buf *out, struct jem_error *err);

struct jem_slip;
JEM_NODISCARD enum jem_code own_slip_paper(const struct jem_slip *slip, enum jem_paper_format format,
    struct jem_buf *out, struct jem_error *err);

/* ---- services.c ---- */
/* As jem_catalog_show, of any catalogue. */
JEM_NODISCARD enum jem_code own_catalog_show(const struct jem_catalog *catalog, const char *service, json_t **out,
    struct jem_error *err);

/* ---- publish.c ---- */
/* Appends catalog.published to lane 0 and every van's lane, in an open unit; sets the version in `catalog`. */
JEM_NODISCARD enum jem_code own_catalog_append(struct jem_store *store, const char *actor, json_t *catalog,
    int64_t version, struct jem_error *err);

/* ---- care.c ---- */
/* An officer added before the van was enrolled: JEM_ENOTFOUND, or the account (new reference). */
JEM_NODISCARD enum jem_code own_pending_find(struct jem_store *store, const char *user, json_t **out,
    struct jem_error *err);
/* Those officers become user.put events, in a unit of its own. */
JEM_NODISCARD enum jem_code own_pending_settle(struct jem_store *store, const char *actor, struct jem_error *err);

/* ---- exchange.c ---- */
/* Fingerprint words as people say and type them: case, spaces and hyphens do not matter. */
bool own_words_same(const char *a, const char *b);
/* Keeps the hub's URL in meta and its login in secrets, in an open unit or alone. */
JEM_NODISCARD enum jem_code own_hub_keep(struct jem_store *store, const char *url, struct jem_error *err);
#endif
