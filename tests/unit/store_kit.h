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

/* A new store in a scratch folder; van >= 0 enrols it. */
void kit_open(struct kit *kit, enum jem_role role, int van);
/* Closes, removes the folder. */
void kit_close(struct kit *kit);
void kit_begin(struct jem_store *store);
void kit_commit(struct jem_store *store);
json_t *kit_submitted(const char *service, const char *nik, const char *name, const char *village);
/* Appends one event in a unit of its own. Steals body. */
struct jem_event_id kit_append(struct kit *kit, uint16_t lane, uint64_t number, const char *kind, json_t *body);
/* A stream of another writer as a test makes it up, event by event. */
struct kit_stream {
    uint16_t writer, lane, inc;
    uint64_t seq;
    unsigned char hash[32]; /* of the last event */
};
/* Seals the next event of the stream, a second later, and imports it in a unit of its own. Steals body. */
void kit_next(struct kit *kit, struct kit_stream *s, const char *kind, json_t *body);
/* The same for an event about an application. */
void kit_next_about(struct kit *kit, struct kit_stream *s, uint64_t subject, const char *kind, json_t *body);
/* What goes on in a higher incarnation from where `from` stands. */
struct kit_stream kit_restored(const struct kit_stream *from, uint16_t inc);
/* Mints a number and submits, in one unit. */
uint64_t kit_submit(struct kit *kit, const char *service, const char *nik, const char *name);
/* Bodies of van.enrolled (keys of 32 bytes whose hex is one digit again and again), of ledger.acked (steals missing, NULL:
 * none) and of a kind that has only a reason. */
json_t *kit_enrolled(int van, char sign, char box, int epoch, int inc);
json_t *kit_acked(int writer, int inc, int seq, const char *level, int scan, json_t *missing);
json_t *kit_note(void);
/* A member of jem_store_counts, which must be there. */
int64_t kit_count(struct kit *kit, const char *what);
/* How far incarnation 1 of HQ or a van has been acknowledged. */
void kit_expect_ack(struct kit *kit, uint16_t writer, uint16_t lane, const char *level, uint64_t seq, uint64_t scan);
/* hex of all view rows, from jem_store_audit; fails the test on a problem. */
void kit_digest(struct jem_store *store, bool rebuild, char out[65]);
/* True when the file dir/name holds the bytes. */
bool kit_file_holds(const char *dir, const char *name, const char *text);

/* So many applications of a writer's own, ten thousand a unit; *now_ms (NULL: the clock is another) goes on by a second with each. */
void kit_fill(struct jem_store *store, int64_t *now_ms, size_t count);
#endif
