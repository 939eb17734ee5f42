/* store_kit.h - a scratch store for suites: its folder, a clock that the test turns, and the usual bodies.
 * Failures abort the running test through cmocka. */
#ifndef STORE_KIT_H
#define STORE_KIT_H
#include "jemput/store.h"

struct kit {
    char dir[64];
    int64_t now_ms;
    struct jem_clock clock;
    struct jem_store *store;
};
#define KIT_PASSPHRASE "kopi tanpa gula"

/* A new store in a new folder under /tmp (or $JEM_KIT_DIR); van >= 0 enrols it. */
void kit_open(struct kit *kit, enum jem_role role, int van);
/* Closes, removes the folder. */
void kit_close(struct kit *kit);
void kit_begin(struct jem_store *store);
void kit_commit(struct jem_store *store);
json_t *kit_submitted(const char *service, const char *nik, const char *name, const char *village);
/* Appends one event in a unit of its own. Steals body. */
struct jem_event_id kit_append(struct kit *kit, uint16_t lane, uint64_t number, const char *kind, json_t *body);
/* Mints a number and submits, in one unit. */
uint64_t kit_submit(struct kit *kit, const char *service, const char *nik, const char *name);
/* hex of all view rows, from jem_store_audit; fails the test on a problem. */
void kit_digest(struct jem_store *store, bool rebuild, char out[65]);
/* True when the file dir/name holds the bytes. */
bool kit_file_holds(const char *dir, const char *name, const char *text);
#endif
