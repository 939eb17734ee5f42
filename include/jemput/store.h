/* store.h - the encrypted database of one folder: DIR/jemput.db (SQLite3 Multiple Ciphers, aegis, WAL,
 * synchronous=FULL). The log is append-only; the views are folded in the same transaction and can be rebuilt.
 *
 * One thread at a time for one handle; several handles and processes may work on one store (jem_store_dup). Writers
 * wait up to 10 s for each other, then JEM_EBUSY. A full disk is JEM_ENOSPC and leaves the store as it was. */
#ifndef JEMPUT_STORE_H
#define JEMPUT_STORE_H
#include "jemput/application.h"
#include "jemput/catalog.h"
#include "jemput/district.h"
#include "jemput/number.h"
#include "jemput/slots.h"

struct jem_store;
enum jem_role { JEM_ROLE_UNKNOWN = 0, JEM_ROLE_VAN, JEM_ROLE_HQ };

/* ---- life ---- */
/* Makes DIR (0700), the database and the first slot. `clock` borrowed for the life of the store.
 * JEM_EEXISTS when DIR holds a store. */
JEM_NODISCARD enum jem_code jem_store_create(const char *dir, enum jem_role role, const char *name, const char *user,
    const char *passphrase, const struct jem_clock *clock, struct jem_store **out, struct jem_error *err);
/* JEM_ENOTFOUND no store | JEM_ELOCKED | JEM_ECORRUPT not ours, altered pages, or a newer format */
JEM_NODISCARD enum jem_code jem_store_open(const char *dir, const char *user, const char *passphrase,
    const struct jem_clock *clock, struct jem_store **out, struct jem_error *err);
/* Another handle on the same store for another thread. */
JEM_NODISCARD enum jem_code jem_store_dup(const struct jem_store *store, struct jem_store **out, struct jem_error *err);
void jem_store_close(struct jem_store *store); /* rolls back an open unit; NULL accepted */
const char *jem_store_dir(const struct jem_store *store);
enum jem_role jem_store_role(const struct jem_store *store);
int64_t jem_store_now_ms(const struct jem_store *store);
/* How far this computer's clock is behind the newest stamp in what the store wrote itself, 0 when it is not. Stamps never go back, and
 * follow others' records that are up to a day ahead: then the clock was set back, or the other's is ahead. */
int64_t jem_store_behind_ms(struct jem_store *store);
int32_t jem_store_today(const struct jem_store *store);
/* Slots of this store, with its key. */
JEM_NODISCARD enum jem_code jem_store_slot_put(struct jem_store *store, const char *user, const char *passphrase,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_store_escrow(struct jem_store *store, const unsigned char hq_box_public[32],
    struct jem_error *err);

/* ---- meta and secrets: small local values, not events ---- */
/* Keys in use: "name", "van" (number, absent before enrolment; HQ has 0), "inc", "epoch", "hub" (URL without
 * credentials), "host" (status host printed in QR codes), "region", "place", ... Secrets: "hub.user",
 * "hub.password", "sign.secret" ... Appends to out. JEM_ENOTFOUND when unset. Sets join an open unit. */
JEM_NODISCARD enum jem_code jem_store_meta_get(struct jem_store *store, const char *key, struct jem_buf *out,
    struct jem_error *err);
/* One that is a number and says how far something came: 0 when it is not there or no number, and all is looked at again. */
JEM_NODISCARD enum jem_code jem_store_meta_number(struct jem_store *store, const char *key, uint64_t *out,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_store_meta_set(struct jem_store *store, const char *key, const char *value,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_store_secret_get(struct jem_store *store, const char *key, struct jem_buf *out,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_store_secret_set(struct jem_store *store, const char *key, const void *p, size_t n,
    struct jem_error *err);
/* Destroys a secret: its bytes in the database are overwritten with zeros at the next checkpoint (secure_delete). No more
 * can be promised: flash keeps old blocks as it likes, and backups made before keep theirs; both are only readable with
 * the store's key. JEM_OK when there was none. Joins an open unit. */
JEM_NODISCARD enum jem_code jem_store_secret_drop(struct jem_store *store, const char *key, struct jem_error *err);
/* Our writer number: a van's, 0 for HQ; -1 before enrolment. Incarnation: "inc", 1 until set. */
int jem_store_writer(const struct jem_store *store);
uint16_t jem_store_inc(const struct jem_store *store);
/* An incarnation above `inc`: by 1 and a random number below half of what is left of 16 bits, so that two stores restored
 * from one backup get different ones. JEM_EINVAL: none is left. */
JEM_NODISCARD enum jem_code jem_inc_after(uint16_t inc, uint16_t *out, struct jem_error *err);
/* From here on this store writes in a new incarnation, above every one of its own that it knows of. Needs an open unit. */
JEM_NODISCARD enum jem_code jem_store_inc_next(struct jem_store *store, uint16_t *out, struct jem_error *err);

/* ---- unit of work: everything between begin and commit is durable together ---- */
JEM_NODISCARD enum jem_code jem_store_begin(struct jem_store *store, struct jem_error *err); /* BEGIN IMMEDIATE */
/* Folds every touched application, updates the views, commits (fsync). On failure all is rolled back. */
JEM_NODISCARD enum jem_code jem_store_commit(struct jem_store *store, struct jem_error *err);
void jem_store_rollback(struct jem_store *store); /* no open unit: nothing happens */

/* ---- log ---- */
/* A number that this store has never used. Needs an open unit. JEM_EDENIED before enrolment */
JEM_NODISCARD enum jem_code jem_store_number_new(struct jem_store *store, uint64_t *out, struct jem_error *err);
/* Appends an own event to lane (0; HQ: van number for that van's feed): stamps, chains, checks the body
 * (jem_kind_check). The first event of an incarnation above 1 follows, by prev_hash, the newest event of the next lower
 * incarnation of that stream that is here. Needs an open unit. *out (may be NULL) gets the id. JEM_EDENIED before
 * enrolment */
JEM_NODISCARD enum jem_code jem_store_append(struct jem_store *store, uint16_t lane, uint64_t subject, const char *kind,
    const json_t *body, const char *actor, struct jem_event_id *out, struct jem_error *err);
/* Appends foreign events, which must follow their stream's head (seq + 1, prev_hash) and verify; those already
 * here with the same hash are skipped; what event the first of an incarnation above 1 follows is for the caller to
 * judge: it may be one that never comes here; *added counts the new ones. Needs an open unit; on failure the caller rolls back.
 * JEM_ECORRUPT names the first event that fails and why. */
JEM_NODISCARD enum jem_code jem_store_import(struct jem_store *store, const struct jem_event *events, size_t count,
    size_t *added, struct jem_error *err);
/* The same for events that jem_event_verify found good in this process and nobody changed since: they are not verified
 * again. Never for what a file, a link, or another program gave. Takes over the new ones (they are zeroed); the caller
 * releases the list in every case. */
JEM_NODISCARD enum jem_code jem_store_import_verified(struct jem_store *store, struct jem_event_list *events,
    size_t *added, struct jem_error *err);
struct jem_stream_head {
    struct jem_event_id last;
    unsigned char hash[32];
}; /* last.seq 0: empty */
JEM_NODISCARD enum jem_code jem_store_head(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t inc,
    struct jem_stream_head *out, struct jem_error *err);
/* Events of a stream from seq `from` on, at most max_count and about max_bytes of bodies (at least one). */
JEM_NODISCARD enum jem_code jem_store_events(struct jem_store *store, const struct jem_event_id *from, size_t max_count,
    size_t max_bytes, struct jem_event_list *out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_store_subject_events(struct jem_store *store, uint64_t number,
    struct jem_event_list *out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_store_event(struct jem_store *store, const struct jem_event_id *id,
    struct jem_event *out, struct jem_error *err);

/* ---- views ---- */
/* One application folded from the log. out->state as application.h; JEM_ENOTFOUND. events (may be NULL) gets its events. */
JEM_NODISCARD enum jem_code jem_store_application(struct jem_store *store, uint64_t number, struct jem_application *out,
    struct jem_event_list *events, struct jem_error *err);
struct jem_list_query {
    enum jem_status status; /* UNKNOWN: any */
    bool unconfirmed;       /* only those that HQ has not acknowledged */
    bool open_conflicts, open_illegal;
    bool oldest_first;
    const char *village; /* code prefix, or NULL */
    const char *service; /* id, or NULL */
    int32_t day;         /* submitted on that day; INT32_MIN any */
    uint64_t before;     /* paging: rows after this number in the listing; 0 from the first */
    unsigned limit;      /* 0: 50; at most 10000 */
};
/* Newest first, unless asked otherwise. Rows: {"number","service","status","name","nik","village","day","at_ms","van","confirmed":bool,
 * "durable":bool,"conflicts":n,"illegal":n,"documents":n,"arrived":n,"by"}. New reference in *out. `nik` is whole:
 * faces mask it. `number` as on paper; `status` a name, submitted raised to received once confirmed; `village` the
 * value of the field of that name; `day` "2026-11-21", "" while the submission has not arrived; `arrived` documents
 * whose original and previews are all here, or were pruned here and are durable at HQ; `van` the writer; `by` the officer. */
JEM_NODISCARD enum jem_code jem_store_list(struct jem_store *store, const struct jem_list_query *query, json_t **out,
    struct jem_error *err);
/* By number (whole or its first 4+ characters), NIK (whole, or 6+ leading digits), or name: words in any order, prefixes, and
 * typing errors (1 in words of 4+, 2 in 8+). Best first; rows as jem_store_list. */
JEM_NODISCARD enum jem_code jem_store_find(struct jem_store *store, const char *text, unsigned limit, json_t **out,
    struct jem_error *err);
/* Applications of this NIK for this service submitted since `since_day` and neither rejected, withdrawn nor linked. */
JEM_NODISCARD enum jem_code jem_store_same(struct jem_store *store, const char *nik, const char *service,
    int32_t since_day, json_t **out, struct jem_error *err);
/* What an officer did last: {"services":[ids of the newest thousand applications of the store that are this officer's, most
 * frequent first],"village": of the latest since since_ms, "" none}. */
JEM_NODISCARD enum jem_code jem_store_habits(struct jem_store *store, const char *officer, int64_t since_ms,
    json_t **out, struct jem_error *err);
/* Applications of one NIK, newest first, whatever became of them: rows of jem_store_list. */
JEM_NODISCARD enum jem_code jem_store_person(struct jem_store *store, const char *nik, unsigned limit, json_t **out,
    struct jem_error *err);
/* Pairs of different applications with one NIK and service inside the service's window (the published catalogue's), not
 * told apart, not linked: [{"a":row,"b":row}], a the older; the oldest `limit` of services that the filter (NULL: any) lets by. */
typedef bool jem_service_filter(void *ctx, const char *service);
JEM_NODISCARD enum jem_code jem_store_duplicates(struct jem_store *store, size_t limit, jem_service_filter *filter,
    void *ctx, json_t **out, struct jem_error *err);
/* Those of two vans of which not both were told (duplicate.found): with "tell_a" and "tell_b", who was not. What was told costs
 * a look into an index, so that a round does not read all of the past. */
JEM_NODISCARD enum jem_code jem_store_duplicates_untold(struct jem_store *store, json_t **out, struct jem_error *err);
/* True when HQ's acknowledgement of `level` ("received"|"durable") covers the event. */
bool jem_store_acked(struct jem_store *store, const struct jem_event_id *id, const char *level);
/* How far the reader of a lane has it, by "received" or "durable": HQ a van's stream (lane 0) and the chunks of its
 * documents (*scan); a van HQ's stream for it (writer 0, lane: the van). The reader's highest incarnation rules: once it
 * speaks of a lane, all that lower ones said of that lane is void, also downwards and for every `inc` of the writer; what
 * is then not covered is unconfirmed again. What a van's laptop said is void too once another was enrolled in its place. A restored HQ therefore states anew how far it has each incarnation of each
 * van. 0 when nothing was said. */
JEM_NODISCARD enum jem_code jem_store_ack(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t inc,
    const char *level, uint64_t *seq, uint64_t *scan, struct jem_error *err);
/* What the last verified backup of this store (backup.h) holds of a stream, and of the document chunks of a van; 0 when there
 * is none. */
JEM_NODISCARD enum jem_code jem_store_kept(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t inc,
    uint64_t *seq, uint64_t *scan, struct jem_error *err);
/* HQ: appends "durable" acknowledgements to the vans' lanes as far as the last verified backup holds their streams; those
 * told before are not told again. *told: how many were appended. Joins an open unit. JEM_EDENIED at a van */
JEM_NODISCARD enum jem_code jem_store_ack_durable(struct jem_store *store, const char *actor, size_t *told,
    struct jem_error *err);
/* ---- erasure ---- */
/* Whether an application was erased (body.redacted of HQ), on which basis (appended) and when; basis and at_ms may be NULL.
 * From then on jem_store_application does not find it, and nothing about it is stored with a body. */
JEM_NODISCARD enum jem_code jem_store_erased(struct jem_store *store, uint64_t number, bool *erased,
    struct jem_buf *basis, int64_t *at_ms, struct jem_error *err);
/* Writes the whole file anew (VACUUM, in memory: a temporary file would be plain text) when something was erased since the last time, so
 * that no page holds what SQLite had moved, and empties the write-ahead log. *done: false, nothing was asked for. JEM_EBUSY
 * another handle is at work, or memory is short: call again later, what is asked for stays noted. Not in an open unit. */
JEM_NODISCARD enum jem_code jem_store_scrub(struct jem_store *store, bool *done, struct jem_error *err);
/* ---- trust: whose key counts for what (events of HQ; box keys: events of their owner) ---- */
/* The key that signs incarnation inc of a van: of the van.enrolled with the highest inc that is not above. JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_store_sign_key(struct jem_store *store, uint16_t van, uint16_t inc,
    unsigned char out[32], struct jem_error *err);
/* Every key that signs or signed for a van (0: for any): [{"van","inc":from which incarnation on,"sign":hex}], ascending. */
JEM_NODISCARD enum jem_code jem_store_sign_keys(struct jem_store *store, uint16_t van, json_t **out,
    struct jem_error *err);
/* A writer's box key of an epoch, as incarnation inc has it: from van.enrolled and key.rotated; HQ's at a van also from the
 * grant (secret hq.box.<epoch>). A key that was named after the event from which inc goes on does not count for it: the
 * writer lost it. JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_store_box_key(struct jem_store *store, uint16_t writer, uint16_t inc, uint16_t epoch,
    unsigned char out[32], struct jem_error *err);
/* The newest epoch for which jem_store_box_key has a key of the writer's highest incarnation. JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_store_epoch(struct jem_store *store, uint16_t writer, uint16_t *out,
    struct jem_error *err);
/* The highest incarnation of a writer that has events here or was enrolled; 1 when there is none. */
JEM_NODISCARD enum jem_code jem_store_van_inc(struct jem_store *store, uint16_t van, uint16_t *inc,
    struct jem_error *err);
/* The highest incarnation up to `most` in which a stream has events here; 0: none. */
JEM_NODISCARD enum jem_code jem_store_inc_upto(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t most,
    uint16_t *inc, struct jem_error *err);
/* Where a van's incarnation ends: UINT64_MAX open; else nothing after *seq is taken (0: nothing at all). A lower incarnation
 * than the highest ends at what is here; a revoked one, and higher ones under the same enrolment, where HQ said. */
JEM_NODISCARD enum jem_code jem_store_van_limit(struct jem_store *store, uint16_t van, uint16_t inc, uint64_t *seq,
    struct jem_error *err);
/* HQ: the last event of its incarnation `inc` on a van's lane that the van is sent: UINT64_MAX while it is not revoked. A revoked
 * van hears that it is, and nothing after it; all the rest goes to the laptop that replaces it. */
JEM_NODISCARD enum jem_code jem_store_feed_end(struct jem_store *store, uint16_t van, uint16_t inc, uint64_t *seq,
    struct jem_error *err);
enum jem_ruling { JEM_RULING_NONE = 0, JEM_RULING_ADMIT, JEM_RULING_REFUSE };
/* What a person ruled on a ref as it stood at that head (quarantine.ruled). */
JEM_NODISCARD enum jem_code jem_store_ruling(struct jem_store *store, const char *ref, const char *head_hex,
    enum jem_ruling *out, struct jem_error *err);
/* ---- the district ---- */
/* Van: what HQ last told of an application of another van, and when (told_ms, HQ's clock). JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_store_district(struct jem_store *store, uint64_t number, struct jem_district_case *out,
    int64_t *told_ms, struct jem_error *err);
/* HQ: applications whose stage changed after revision since_rev (0: all), without those of one van, in the order of their
 * last change, at most max; *rev: from where to go on. *out is the caller's (free). Fewer than max: there are no more. */
JEM_NODISCARD enum jem_code jem_store_district_changed(struct jem_store *store, uint64_t since_rev,
    unsigned van_to_leave_out, size_t max, struct jem_district_case **out, size_t *count, uint64_t *rev,
    struct jem_error *err);
/* HQ: numbers of applications of vans to which another van wrote, and which changed after revision since_rev, at most max into
 * numbers[max]; *rev: from where to go on. Fewer than max: there are no more. */
JEM_NODISCARD enum jem_code jem_store_changed_across(struct jem_store *store, uint64_t since_rev, size_t max,
    uint64_t *numbers, size_t *count, uint64_t *rev, struct jem_error *err);
/* ---- compression dictionaries that HQ published ---- */
/* Appends the bytes. JEM_ENOTFOUND | JEM_ECORRUPT */
JEM_NODISCARD enum jem_code jem_store_dictionary(struct jem_store *store, uint16_t id, struct jem_buf *out,
    struct jem_error *err);
/* The newest that stands on HQ's lane at->lane before (at->inc, at->seq); *id 0: none. */
JEM_NODISCARD enum jem_code jem_store_dictionary_before(struct jem_store *store, const struct jem_event_id *at,
    uint16_t *id, struct jem_error *err);
/* The newest on our lane: a van's own, at HQ lane 0; *id 0: none. */
JEM_NODISCARD enum jem_code jem_store_dictionary_latest(struct jem_store *store, uint16_t *id, struct jem_error *err);
/* {"applications","unconfirmed","oldest_unconfirmed_ms"|null,"documents","pending_events","pending_documents",
 *  "conflicts","illegal","duplicates"}: pending_events are own events of all lanes past the acknowledged seq (HQ: 0). */
JEM_NODISCARD enum jem_code jem_store_counts(struct jem_store *store, json_t **out, struct jem_error *err);
/* Published catalogue of the highest version. *out: merged JSON, new reference. JEM_ENOTFOUND none yet */
JEM_NODISCARD enum jem_code jem_store_catalog(struct jem_store *store, json_t **out, struct jem_error *err);
/* HQ: every catalogue that was published, the highest version first: [{"event","version","officer","at_ms","services":count}]; and one of
 * them, merged, new reference. JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_store_catalogs(struct jem_store *store, json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_store_catalog_of(struct jem_store *store, const char *event, json_t **out,
    struct jem_error *err);
/* [{"user","name","role","disabled"}] and one of them (JEM_ENOTFOUND). */
JEM_NODISCARD enum jem_code jem_store_users(struct jem_store *store, json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_store_user(struct jem_store *store, const char *user, json_t **out,
    struct jem_error *err);
/* HQ: [{"van","name","sign","box","epoch","inc":highest,"seq":last accepted of it,"acked":last acknowledged of it,
 * "enrolled_ms","revoked":null|{"inc","seq","reason","at_ms"}}]; sign, box and epoch as last enrolled. */
JEM_NODISCARD enum jem_code jem_store_vans(struct jem_store *store, json_t **out, struct jem_error *err);
/* Checks every chain, body and blob hash and the views against the log; rebuild: drops the views and folds all anew.
 * {"events","streams","blobs","views_equal":bool,"digest":hex of all view rows,"problems":[text]}; JEM_ECORRUPT when
 * there is a problem (*out is set all the same). */
JEM_NODISCARD enum jem_code jem_store_audit(struct jem_store *store, bool rebuild, json_t **out, struct jem_error *err);

/* ---- documents: bytes by their BLAKE2b-256 ---- */
enum jem_blob_class { JEM_BLOB_UNKNOWN = 0, JEM_BLOB_PREVIEW = 1, JEM_BLOB_ORIGINAL = 2 };
/* Stores; joins an open unit. JEM_ECORRUPT when the bytes do not have that hash. Storing twice is no error. */
JEM_NODISCARD enum jem_code jem_store_blob_put(struct jem_store *store, const unsigned char hash[32],
    enum jem_blob_class cls, const void *p, size_t n, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_store_blob_get(struct jem_store *store, const unsigned char hash[32],
    struct jem_buf *out, struct jem_error *err);
bool jem_store_blob_has(struct jem_store *store, const unsigned char hash[32]);
/* Where the bytes of a document are. */
enum jem_blob_place {
    JEM_BLOB_NOWHERE = 0, /* never here, or still on the way */
    JEM_BLOB_HERE,
    JEM_BLOB_AT_HQ, /* durable there, and removed here by jem_store_blobs_prune */
    JEM_BLOB_BEFORE /* ours, from before this store came back from a backup or the van got this laptop: at HQ if it was sent */
};
JEM_NODISCARD enum jem_code jem_store_blob_place(struct jem_store *store, const unsigned char hash[32],
    enum jem_blob_place *out, struct jem_error *err);
/* Van: removes originals and previews of own documents that are durable at HQ (ledger.acked "durable" covers their chunk) when
 * `today` is past the day of application and attachment by more than the retention_days of the service in the
 * published catalogue; of several applications with the same bytes the one that keeps longest counts. Without a catalogue, or for
 * a service that it does not have, nothing is removed; nor ever at HQ. *blobs and *bytes tell what went. Joins an open
 * unit. */
JEM_NODISCARD enum jem_code jem_store_blobs_prune(struct jem_store *store, int32_t today, uint64_t *blobs,
    uint64_t *bytes, struct jem_error *err);
/* A piece of a blob that arrives; when all `total` bytes are there and hash right, it becomes a blob (*done true).
 * JEM_ECORRUPT: whole but wrong: the pieces are dropped (commit all the same) and it counts as missing. Joins an open unit. */
JEM_NODISCARD enum jem_code jem_store_blob_piece(struct jem_store *store, const unsigned char hash[32],
    enum jem_blob_class cls, uint64_t total, uint64_t offset, const void *p, size_t n, bool *done,
    struct jem_error *err);

/* The van's outgoing document lane: blobs of own documents, previews before originals, oldest first. */
struct jem_outgoing {
    unsigned char hash[32];
    enum jem_blob_class cls;
    uint64_t size, sent;
}; /* sent: bytes already in committed chunks */
/* The next blob with bytes unsent. JEM_ENOTFOUND: all sent. */
JEM_NODISCARD enum jem_code jem_store_outgoing_next(struct jem_store *store, struct jem_outgoing *out,
    struct jem_error *err);
/* Notes that bytes up to `sent` stand in chunk number `chunk` (1, 2, ... of the lane). */
JEM_NODISCARD enum jem_code jem_store_outgoing_sent(struct jem_store *store, const unsigned char hash[32],
    uint64_t sent, uint64_t chunk, struct jem_error *err);
/* How many blobs that HQ has not confirmed lie whole in chunks up to `chunk`. */
JEM_NODISCARD enum jem_code jem_store_outgoing_whole(struct jem_store *store, uint64_t chunk, uint64_t *out,
    struct jem_error *err);
/* What ended past `chunk`, or is on its way past it, goes out again from its first byte, confirmed or not. Joins an open
 * unit. */
JEM_NODISCARD enum jem_code jem_store_outgoing_rewind(struct jem_store *store, uint64_t chunk, struct jem_error *err);

/* ---- drafts: local, not events ---- */
/* Keeps it as that officer's. JEM_EDENIED: it is another officer's; nothing is changed, the message names the other. One
 * whose officer is "" is nobody's yet, and becomes whose keeps it first. */
JEM_NODISCARD enum jem_code jem_store_draft_put(struct jem_store *store, const char *id, const char *user,
    const json_t *draft, struct jem_error *err);
/* From here on it is this officer's. JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_store_draft_take(struct jem_store *store, const char *id, const char *user,
    struct jem_error *err);
/* {"id","user","at_ms","draft"}. JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_store_draft(struct jem_store *store, const char *id, json_t **out,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_store_draft_drop(struct jem_store *store, const char *id, struct jem_error *err);
/* [{"id","user","at_ms","draft"}] of a user (NULL: of everybody), newest first. */
JEM_NODISCARD enum jem_code jem_store_drafts(struct jem_store *store, const char *user, json_t **out,
    struct jem_error *err);
/* ---- quarantine (HQ): refs or events refused, kept with the reason until a person rules ---- */
JEM_NODISCARD enum jem_code jem_store_quarantine_put(struct jem_store *store, const char *ref, const char *head_hex,
    const char *reason, struct jem_error *err);
/* The same for good work that came too late: a person may admit it; what jem_store_quarantine_put notes is broken and can
 * only be refused. */
JEM_NODISCARD enum jem_code jem_store_quarantine_late(struct jem_store *store, const char *ref, const char *head_hex,
    const char *reason, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_store_quarantine_clear(struct jem_store *store, const char *ref, struct jem_error *err);
/* [{"ref","head","reason","at_ms","class":"late"|"broken"}] without those that were refused at that head. */
JEM_NODISCARD enum jem_code jem_store_quarantine(struct jem_store *store, json_t **out, struct jem_error *err);
#endif
