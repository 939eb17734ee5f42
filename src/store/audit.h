/* audit.h - the part of an audit that only reads. Private to src/store. */
#ifndef JEM_STORE_AUDIT_H
#define JEM_STORE_AUDIT_H
#include "db.h"

struct jem_audit_counts {
    int64_t events, streams, blobs;
};
/* Every chain, body and document against its hash. Appends a text for each problem (array). */
JEM_NODISCARD enum jem_code jem_audit_log(struct jem_store *store, json_t *problems, struct jem_audit_counts *out,
    struct jem_error *err);
#endif
