/* verify.h - what a commit of a records or feed lane must be before anything of it is believed. The same terms hold for
 * HQ that reads a van and for a van that reads HQ. */
#ifndef JEMPUT_SYNC_VERIFY_H
#define JEMPUT_SYNC_VERIFY_H
#include "chain.h"

/* Where a stream stands after a commit: what the next one must follow. */
struct jem_lane_state {
    struct jem_store *store;
    const struct jem_keys *keys;
    unsigned peer;              /* whose box key opens it */
    uint16_t writer, lane, inc; /* inc 0: what the first commit says */
    const unsigned char *sign_public;
    bool any; /* a commit has been read */
    git_oid head;
    struct jem_event_id last;
    unsigned char hash[32]; /* of the last event */
};
/* Takes up after `head`, which was verified before: reads where its segment ends. */
JEM_NODISCARD enum jem_code jem_lane_resume(struct jem_lane_state *state, struct jem_ledger *ledger,
    const git_oid *head, struct jem_error *err);
/* Checks all of one commit: signature; its single parent is the state's head (none for the first); tree; header; the
 * segment opens with the pair's key; every event of the stream (writer, lane, inc), and contiguous in number and
 * hash with what came before. Appends the events and moves the state. JEM_ECORRUPT with the exact reason. */
JEM_NODISCARD enum jem_code jem_lane_check(struct jem_lane_state *state, struct jem_ledger *ledger, const git_oid *oid,
    struct jem_event_list *out, struct jem_error *err);
#endif
