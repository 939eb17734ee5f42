/* waiting.h - what waits at HQ, the oldest first, read from an index: a page costs what it shows, whatever the store holds.
 * All of it at HQ only. */
#ifndef JEMPUT_WAITING_H
#define JEMPUT_WAITING_H
#include "jemput/store.h"

/* One service and, of its applications, those submitted before until_ms (INT64_MAX: all). */
struct jem_waiting {
    const char *service; /* borrowed */
    int64_t until_ms;
};
/* Whether an application counts; at_ms: when it was submitted. */
typedef bool jem_waiting_keep(void *ctx, const char *service, uint64_t number, int64_t at_ms);
/* Services of which applications are received, verified, in process, ready or returned: an array of ids. New reference. */
JEM_NODISCARD enum jem_code jem_store_waiting_services(struct jem_store *store, json_t **out, struct jem_error *err);
/* The oldest `limit` applications of these services in these stages (a bit 1u << stage each; of the five above) that `keep`
 * (NULL: any) counts; rows as jem_store_list. New reference. */
JEM_NODISCARD enum jem_code jem_store_waiting(struct jem_store *store, unsigned stages, const struct jem_waiting *of,
    size_t count, unsigned limit, jem_waiting_keep *keep, void *ctx, json_t **out, struct jem_error *err);
/* The same for those of which named bytes (originals, previews) have not come; costs what is under way. */
JEM_NODISCARD enum jem_code jem_store_lacking(struct jem_store *store, unsigned stages, unsigned limit,
    jem_waiting_keep *keep, void *ctx, json_t **out, struct jem_error *err);
/* Of one van: files named that have not come, and when the oldest application or photo of an outage that lacks one was
 * recorded (0: none). */
JEM_NODISCARD enum jem_code jem_store_van_lacking(struct jem_store *store, uint16_t van, int64_t *files,
    int64_t *oldest_ms, struct jem_error *err);
#endif
