/* event.h - one change, for ever. An event is appended by one writer to one of its streams and never altered.
 *
 * A stream is (writer, lane, inc): the van or HQ (0) that writes; lane 0, or for HQ n > 0 its feed to van n; and
 * the incarnation, 1 until the writer was restored from a backup. seq counts from 1 without gaps in a stream.
 *
 * hash = BLAKE2b-256(prev_hash || header || BLAKE2b-256(body)), prev_hash zero for seq 1 of inc 1. header, big endian:
 *   "jemput-event-1\n" | writer u16 | lane u16 | inc u16 | seq u48 | hlc u64 | wall_ms u64 | clock_source u8
 *   | subject u64 | len u8 actor | len u8 kind
 * The body is canonical JSON (json.h), an object, at most JEM_EVENT_BODY_MAX bytes; it can be redacted and the
 * chain still verifies. */
#ifndef JEMPUT_EVENT_H
#define JEMPUT_EVENT_H
#include "jemput/clock.h"
#include "jemput/json.h"

#define JEM_EVENT_BODY_MAX ((size_t)2 << 20)
#define JEM_EVENT_ACTOR_MAX 32 /* user names: [a-z0-9._-]{1,32} */
#define JEM_EVENT_KIND_MAX 40
#define JEM_ERASED_MAX 1000 /* numbers in one body.redacted */

struct jem_event_id {
    uint16_t writer, lane, inc;
    uint64_t seq;
};
/* "3.0.1.17" writer.lane.inc.seq */
#define JEM_EVENT_ID_TEXT 40
void jem_event_id_format(const struct jem_event_id *id, char out[JEM_EVENT_ID_TEXT]);
bool jem_event_id_parse(const char *s, struct jem_event_id *out);
int jem_event_id_cmp(const struct jem_event_id *a, const struct jem_event_id *b);

struct jem_event {
    struct jem_event_id id;
    uint64_t hlc;
    int64_t wall_ms; /* what the writer's clock said */
    enum jem_clock_source clock_source;
    char actor[JEM_EVENT_ACTOR_MAX + 1];
    uint64_t subject; /* application number, or 0 */
    char kind[JEM_EVENT_KIND_MAX + 1];
    char *body;
    size_t body_len; /* canonical JSON, owned, NUL after; NULL when redacted */
    unsigned char body_hash[32], prev_hash[32], hash[32];
};
struct jem_event_list {
    struct jem_event *items;
    size_t count, cap;
};

void jem_event_release(struct jem_event *e);
void jem_event_list_release(struct jem_event_list *list);
/* Takes over e's memory (e is zeroed). */
JEM_NODISCARD enum jem_code jem_event_list_push(struct jem_event_list *list, struct jem_event *e,
    struct jem_error *err);
/* Computes body_hash (when body is there) and hash from prev_hash and the rest. */
void jem_event_seal(struct jem_event *e);
/* Recomputes both. JEM_ECORRUPT when they differ, when the body is not a canonical JSON object, or a name is malformed. */
JEM_NODISCARD enum jem_code jem_event_verify(const struct jem_event *e, struct jem_error *err);
/* Order of the fold: (hlc, writer, lane, inc, seq). */
int jem_event_cmp(const struct jem_event *a, const struct jem_event *b);

/* The kinds of version 1. An unknown kind is kept, carried and shown as unknown. */
enum jem_kind {
    JEM_KIND_UNKNOWN = 0,
    JEM_KIND_APPLICATION_SUBMITTED,
    JEM_KIND_APPLICATION_CORRECTED,
    JEM_KIND_APPLICATION_WITHDRAWN,
    JEM_KIND_APPLICATION_LINKED,
    JEM_KIND_DOCUMENT_ATTACHED,
    JEM_KIND_DOCUMENT_REMOVED,
    JEM_KIND_RECEIPT_PRINTED,
    JEM_KIND_STATUS_CHANGED,
    JEM_KIND_CONFLICT_RESOLVED,
    JEM_KIND_DUPLICATE_FOUND,
    JEM_KIND_CATALOG_PUBLISHED,
    JEM_KIND_USER_PUT,
    JEM_KIND_USER_DISABLED,
    JEM_KIND_VAN_ENROLLED,
    JEM_KIND_LEDGER_ACKED,
    JEM_KIND_KEY_ROTATED,
    JEM_KIND_VAN_REVOKED,
    JEM_KIND_QUARANTINE_RULED,
    JEM_KIND_HISTORY_RETURNED,
    JEM_KIND_DISTRICT_STATUS,
    JEM_KIND_DICTIONARY_PUBLISHED,
    JEM_KIND_DATA_EXPORTED,
    JEM_KIND_BODY_REDACTED,
    JEM_KIND_QUEUE_ISSUED,
    JEM_KIND_QUEUE_CALLED,
    JEM_KIND_QUEUE_SERVED,
    JEM_KIND_QUEUE_SKIPPED,
    JEM_KIND_VISIT_PLANNED,
    JEM_KIND_VISIT_OPENED,
    JEM_KIND_VISIT_CLOSED,
    JEM_KIND_HANDOVER_RECORDED,
    JEM_KIND_COMPLAINT_FILED,
    JEM_KIND_COMPLAINT_ANSWERED,
    JEM_KIND_OUTAGE_NOTED,
    JEM_KIND_SURVEY_ANSWERED,
    JEM_KIND_APPLICATION_CONTINUED,
    JEM_KIND_OUTAGE_PHOTOGRAPHED,
    JEM_KIND_COUNT
};
enum jem_kind jem_kind_parse(const char *s);
const char *jem_kind_name(enum jem_kind kind); /* "application.submitted" */
const char *jem_kind_label(const char *kind);  /* in the thread's language; a text for unknown ones */
/* Checks a body against its kind's schema (application.h, and kinds.h for the others): known members must
 * have their type and keep their bounds, other members (a newer writer's) are kept. Unknown kinds pass. JEM_EINVAL
 * names the member, never its value. */
JEM_NODISCARD enum jem_code jem_kind_check(const char *kind, const json_t *body, struct jem_error *err);
#endif
