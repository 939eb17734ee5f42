/* day_db.h - reading the views of the van's day (views.sql: ticket, visit, handover, complaint, outage, survey). Each gives an
 * array of rows, a member a column; new reference in *out. Ids are of the event that made the row, times Unix milliseconds,
 * days days since 1970-01-01; what did not happen is null. `van` 0 is HQ, -1 any. */
#ifndef JEMPUT_DAY_DB_H
#define JEMPUT_DAY_DB_H
#include "jemput/store.h"

/* Of one van and day, by number: {"id","van","day","number","category","issued_ms","officer","called_ms":first call,
 * "recalled_ms":last call,"served_ms","state":"waiting"|"called"|"served"|"skipped","counter"} */
JEM_NODISCARD enum jem_code jem_store_tickets(struct jem_store *store, unsigned van, int32_t day, json_t **out,
    struct jem_error *err);
/* Plans that stand and do not end before the day `from`, the earliest first: {"id","van","village","first","last","place",
 * "note","planned_ms","visit":id of a visit that was opened for it} */
JEM_NODISCARD enum jem_code jem_store_visit_plans(struct jem_store *store, int van, int32_t from, json_t **out,
    struct jem_error *err);
/* Newest first: {"id","van","plan","village","place","team":names in lines,"opened_ms","officer","closed_ms",
 * "applications","tickets","note"} */
JEM_NODISCARD enum jem_code jem_store_visits(struct jem_store *store, int van, bool open, unsigned limit, json_t **out,
    struct jem_error *err);
/* Of one application, or all (0), newest first: {"id","number","van","name","relation","nik_end","document","note","at_ms",
 * "officer"}; `number` is an integer. */
JEM_NODISCARD enum jem_code jem_store_handovers(struct jem_store *store, uint64_t number, unsigned limit, json_t **out,
    struct jem_error *err);
/* Newest first; open: those that no answer closed; number 0 and id NULL: any. {"id","number":integer, 0 none,"van","channel",
 * "category","name","contact","text","at_ms","officer","first_ms":first answer,"closed_ms"} */
JEM_NODISCARD enum jem_code jem_store_complaints(struct jem_store *store, bool open, uint64_t number, const char *id,
    unsigned limit, json_t **out, struct jem_error *err);
/* In their order: {"id","text","closes":0|1,"writer","at_ms","officer"} */
JEM_NODISCARD enum jem_code jem_store_answers(struct jem_store *store, const char *complaint, json_t **out,
    struct jem_error *err);
/* Those that began before a moment, newest first: {"id","van","what","from_ms","to_ms","note","officer"} */
JEM_NODISCARD enum jem_code jem_store_outages(struct jem_store *store, int van, int64_t before_ms, unsigned limit,
    json_t **out, struct jem_error *err);
/* Photos of one outage, in the order in which they were taken in: {"id","van","mime","size","hash":hex,"preview":hex,"name",
 * "at_ms","officer"} */
JEM_NODISCARD enum jem_code jem_store_outage_photos(struct jem_store *store, const char *outage, json_t **out,
    struct jem_error *err);
/* {"van","day","service","age","sex","education","u1".."u9"} */
JEM_NODISCARD enum jem_code jem_store_surveys(struct jem_store *store, int van, int32_t first, int32_t last,
    json_t **out, struct jem_error *err);
/* What was recorded from from_ms on and before to_ms: one row {"applications","tickets","served","surveys","handovers",
 * "first":number of the first application,"last"}; numbers are integers, null without one. */
JEM_NODISCARD enum jem_code jem_store_day_counts(struct jem_store *store, int van, int64_t from_ms, int64_t to_ms,
    json_t **out, struct jem_error *err);
#endif
