/* application.h - an application is the fold of its events: any order of arrival gives the same bytes.
 *
 * Bodies (canonical JSON; ids are "writer.lane.inc.seq"):
 * application.submitted  {"service","catalog":version,"channel","fields":{"nik","name",...},
 *                         "warnings":[text key names, overridden],"duplicate"?:{"of":number text,"reason"}}
 * application.corrected  {"set":{field:{"v":value,"base":[ids of the writes it saw]}},"reason"?}
 * conflict.resolved      {"field","v","base":[ids of all the values it rules on],"reason"}
 *                        or {"event":id of an illegal transition,"accept":bool,"reason"}
 * application.withdrawn  {"reason"}
 * application.continued  {"service","channel"}   it goes on at this writer, in that channel; it keeps the one that it began in.
 *                        Where the submission is not here, its service is the one that is named first
 * application.linked     {"to":number text,"reason"}   this one is a duplicate of `to`
 *                        or {"apart":number text,"reason"}   told apart: no duplicate
 * duplicate.found        {"other":number text,"service","day":"2026-11-21","van"}  HQ tells a van of a pair across vans
 * status.changed         {"from","to","code"? (jem_reason_name),"reason"?,"note"?}
 * document.attached      {"ordinal","kind","mime","size","hash":hex,"pages":[{"preview":hex,"size"}],"name"?}
 * document.removed       {"document":id of the attaching event,"reason"}
 * receipt.printed        {"copy":n,"format","width"}    copy 0 is the original
 *
 * A value is overwritten by a write that names it as base, or by one that (transitively) followed it; what nobody
 * overwrote are the heads of a field. More than one distinct head value is a conflict; the provisional value is the
 * head with the highest (hlc, writer, lane, inc, seq).
 *
 * Status machine; any other change is illegal: kept, shown, queued for HQ.
 *   submitted -> received -> verified -> in_process -> ready -> handed_over
 *   submitted|received|verified|in_process -> returned | rejected ; submitted skips received (HQ has it when it decides)
 *   returned -> received | verified | rejected ;  any but handed_over, rejected -> withdrawn, linked
 *   A correction by a van while `returned` makes it `received` again, and so does application.continued.
 * A change is legal when its `from` is the stage it meets in fold order (submitted and received count as one). One
 * that leads where the application already is agrees with it and does nothing. HQ's last conflict.resolved about an
 * illegal one counts: accepted, the change is made at that point; refused, it is closed.
 * handover.recorded (kinds.h) leads to handed_over from ready. HQ's conflict.resolved that refuses it undoes it, legal or not.
 * `received` is shown for `submitted` once the writer's ledger.acked covers the submitting event. */
#ifndef JEMPUT_APPLICATION_H
#define JEMPUT_APPLICATION_H
#include "jemput/event.h"

enum jem_status { /* stored in status.db and catalogues by name; values index stage labels */
    JEM_STATUS_UNKNOWN = 0,
    JEM_STATUS_SUBMITTED,
    JEM_STATUS_RECEIVED,
    JEM_STATUS_VERIFIED,
    JEM_STATUS_IN_PROCESS,
    JEM_STATUS_READY,
    JEM_STATUS_HANDED_OVER,
    JEM_STATUS_RETURNED,
    JEM_STATUS_REJECTED,
    JEM_STATUS_WITHDRAWN,
    JEM_STATUS_LINKED,
    JEM_STATUS_COUNT
};
const char *jem_status_name(enum jem_status s);
enum jem_status jem_status_parse(const char *s);
const char *jem_status_label(enum jem_status s); /* in the thread's language */
bool jem_status_allowed(enum jem_status from, enum jem_status to);

/* Why an application is returned or rejected, for counting; the words beside it are a person's. Stored by name; a code of a
 * newer version is kept and counted under its name. */
enum jem_reason {
    JEM_REASON_UNKNOWN = 0,
    JEM_REASON_DOCUMENT_MISSING,
    JEM_REASON_DOCUMENT_UNREADABLE,
    JEM_REASON_DATA_DIFFERS, /* from what the documents say */
    JEM_REASON_IDENTITY,     /* not proven */
    JEM_REASON_NOT_ENTITLED,
    JEM_REASON_WRONG_SERVICE,
    JEM_REASON_OUTSIDE_AREA,
    JEM_REASON_OTHER,
    JEM_REASON_COUNT
};
const char *jem_reason_name(enum jem_reason reason); /* "document_missing" */
enum jem_reason jem_reason_parse(const char *s);
const char *jem_reason_label(const char *code); /* in the thread's language; an unknown code itself */

struct jem_application {
    uint64_t number;
    struct jem_event_id submitted; /* the submitting event; seq 0: only other events have arrived so far */
    uint64_t first_hlc, last_hlc;
    int64_t submitted_ms, stage_ms; /* wall clock of submission, of the last legal change of status */
    enum jem_status status;         /* SUBMITTED until a decision: the caller raises it to RECEIVED when acked */
    unsigned conflicts, illegal;    /* open ones */
    unsigned documents, receipts;
    /* {"service","catalog","channel","fields":{},"heads":{field:[ids]},
     *  "conflicts":[{"field","before"?: what all of them set out from,"values":[{"event","value","actor","van","at_ms"}]}],
     *  "illegal":[{"event","from","to","actor","van","at_ms"}],
     *  "documents":[{"event","ordinal","van","kind","mime","size","hash","pages":[..],"name"}],
     *  "linked":number text|null,"apart":[number texts],"duplicates":[{"other","van","day"}] those not told apart,
     *  "duplicate":{"of","reason"}|null as submitted,"warnings":[..],
     *  "reason","reason_code": of the last return/rejection/withdrawal or "", "unknown":[kinds]} ; owned; canonical form is the
     *  state that must be equal for every order of arrival */
    json_t *state;
};
void jem_application_release(struct jem_application *a);
/* Folds the events of one subject, in any order, duplicates by id ignored; redacted bodies count as absent.
 * JEM_OK | JEM_EINVAL no event or mixed subjects | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_application_fold(const struct jem_event *const *events, size_t count,
    struct jem_application *out, struct jem_error *err);
/* When each stage was reached first (wall clock of the event after which the fold shows it; SUBMITTED: of the submission);
 * INT64_MIN: never. `events` are those of one application and are sorted into fold order here. A stage that only the
 * acknowledgement makes (received) is not among them. JEM_EINVAL as jem_application_fold | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_application_stages(struct jem_event_list *events, int64_t at_ms[JEM_STATUS_COUNT],
    struct jem_error *err);
/* One entry an event for the record page: [{"event","kind","label","at_ms","hlc":decimal text (it exceeds 2^53),
 * "actor","van","detail"}] in fold order, `detail` a sentence in the thread's language without NIK; redacted events
 * stay, without their content. The service (may be NULL) names fields, papers and stages. New reference; NULL when memory
 * ran out. */
struct jem_service;
json_t *jem_application_timeline(const struct jem_service *service, const struct jem_event *const *events,
    size_t count);
#endif
