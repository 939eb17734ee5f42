/* verify.h - what a commit of a records or feed lane must be before anything of it is believed. The same terms hold for
 * HQ that reads a van and for a van that reads HQ. */
#ifndef JEMPUT_SYNC_VERIFY_H
#define JEMPUT_SYNC_VERIFY_H
#include "part.h"
#include "jemput/segment.h"

/* Where a stream stands after a commit: what the next one must follow. */
struct jem_lane_state {
    struct jem_store *store;
    const struct jem_keys *keys;
    unsigned peer;     /* whose box key opens it */
    uint16_t peer_inc; /* and as which incarnation of the peer has it */
    uint16_t writer, lane, inc;
    uint32_t part; /* that is read, of inc */
    const unsigned char *sign_public;
    bool any;               /* a commit has been read */
    bool early;             /* the root follows an event that is not here (yet) */
    bool keyless;           /* the commit that does not hold is sealed with a key that is not here */
    struct jem_after after; /* of the root, once it was read */
    git_oid head;
    struct jem_event_id last;
    unsigned char hash[32]; /* of the last event */
};
/* Takes up after `head`, which was verified before: reads where its segment ends. */
JEM_NODISCARD enum jem_code jem_lane_resume(struct jem_lane_state *state, struct jem_ledger *ledger,
    const git_oid *head, struct jem_error *err);
/* Checks all of one commit: signature; its single parent is the state's head; for the first, no parent, and the event that its
 * message says it follows is in the store with that hash; tree; header; the
 * segment opens with the pair's key; every event of the stream (writer, lane, inc), and contiguous in number and
 * hash with what came before, and verified by jem_event_verify. Appends the events and moves the state. JEM_ECORRUPT with
 * the exact reason. */
JEM_NODISCARD enum jem_code jem_lane_check(struct jem_lane_state *state, struct jem_ledger *ledger, const git_oid *oid,
    struct jem_event_list *out, struct jem_error *err);

/* The same in three steps, of which `open` touches neither store nor repository and may run on another thread, before the
 * commits ahead of this one are believed. Nothing of a job is believed before it is finished. */
struct jem_lane_job {
    struct jem_lane_commit commit;
    bool read; /* the commit stands above */
    bool keyless;
    struct jem_box_key key;
    struct jem_ledger *ledger;
    uint16_t dictionary_id;
    const struct jem_dictionary *dictionary;
    bool waits; /* for a dictionary that a commit ahead of it may bring */
    struct jem_event_list events;
    struct jem_after after;          /* of a root */
    bool after_written, after_known; /* as we write it; and the store has that event */
    enum jem_code code;              /* of the steps so far, told by `finish` */
    struct jem_error err;
};
/* Signature, tree, header, key, dictionary. `job` need not be initialised. */
void jem_lane_job_take(const struct jem_lane_state *state, struct jem_ledger *ledger, const git_oid *oid,
    struct jem_lane_job *job);
/* Opens the segment and verifies its events. Does nothing after a step that failed. */
void jem_lane_job_open(struct jem_lane_job *job);
/* Parent, stream; appends the events and moves the state. */
JEM_NODISCARD enum jem_code jem_lane_job_finish(struct jem_lane_state *state, struct jem_lane_job *job,
    struct jem_event_list *out, struct jem_error *err);
void jem_lane_job_release(struct jem_lane_job *job);
/* True for a reader that was restored, and lost a key with what came after its backup, when a part that this key opens has
 * nothing that is not here: it is its writer's (its head is signed), and the store has
 * every event up to the one that it names as its last. */
bool jem_lane_is_known(const struct jem_lane_state *state, struct jem_ledger *ledger, const git_oid *head);
#endif
