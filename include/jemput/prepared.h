/* prepared.h - applications that citizens prepare at the van's stand: kept here like drafts, under a code, until an officer
 * takes one over or its day is past. No events. */
#ifndef JEMPUT_PREPARED_H
#define JEMPUT_PREPARED_H
#include "jemput/store.h"

#define JEM_PREPARED_MAX 300 /* that wait at one time */

/* JEM_EEXISTS that code is taken | JEM_EBUSY too many wait */
JEM_NODISCARD enum jem_code jem_prepared_put(struct jem_store *store, const char *code, const json_t *body,
    struct jem_error *err);
/* New reference. JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_prepared_get(struct jem_store *store, const char *code, json_t **body, int64_t *at_ms,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_prepared_drop(struct jem_store *store, const char *code, struct jem_error *err);
/* Those put before that moment go, and those that claim a time after now_ms: the clock was wrong. */
JEM_NODISCARD enum jem_code jem_prepared_sweep(struct jem_store *store, int64_t before_ms, int64_t now_ms,
    struct jem_error *err);
#endif
