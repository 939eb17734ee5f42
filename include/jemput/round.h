/* round.h - one round of sync: what a van and HQ do when a link is there.
 *
 * Van: fetch the feed, verify, import; seal new events; push the records lane slice by slice; then document chunks, previews
 * before originals; compare the hub's refs after each push; fetch the feed once more. HQ merge: fetch, verify
 * every commit (signature, parent, contiguous seq, epoch, descends from the last accepted head), open, import and acknowledge in one
 * transaction a batch; what fails is quarantined with its reason and blocks nobody else; merge commit on HQ's own lane.
 * HQ publish: seal each van's lane to its part of the lane feed/<n>, push feeds and HQ's own lane. */
#ifndef JEMPUT_ROUND_H
#define JEMPUT_ROUND_H
#include <signal.h>

#include "jemput/ledger.h"

enum jem_step {
    JEM_STEP_UNKNOWN = 0,
    JEM_STEP_CONNECT,
    JEM_STEP_FEED,
    JEM_STEP_SEAL,
    JEM_STEP_RECORDS,
    JEM_STEP_DOCUMENTS,
    JEM_STEP_CONFIRM,
    JEM_STEP_FETCH,
    JEM_STEP_MERGE,
    JEM_STEP_PUBLISH,
    JEM_STEP_DONE
};
struct jem_progress {
    enum jem_step step;
    uint64_t records_done, records_total, bytes_done, bytes_total;
    int64_t seconds_left; /* of this step, by the moving average of its speed; -1: not known */
};
struct jem_round_options {
    const char *remote;    /* overrides the configured hub, or NULL */
    uint64_t budget_bytes; /* 0: none; stops before a slice that would pass it */
    int deadline_s;        /* 0: none */
    bool dry_run;          /* van: no link is used; pending_*, and bytes_up and slices as expected. merge: fetches and
                                   verifies, accepts nothing. publish: counts, seals and sends nothing */
    void (*progress)(void *ctx, const struct jem_progress *p);
    void *ctx; /* may be NULL */
    const volatile sig_atomic_t
        *stop; /* may be NULL; once not zero, the round ends before the next slice with JEM_ELINK */
};
enum jem_stopped { JEM_STOPPED_NO = 0, JEM_STOPPED_ASKED, JEM_STOPPED_BUDGET, JEM_STOPPED_DEADLINE };
struct jem_round_report {
    uint64_t pushed_events, confirmed_events, pending_events, pending_documents, slices, retries; /* van */
    uint64_t bytes_up, bytes_down; /* TCP payload; for a folder, bytes of packs */
    uint64_t received_events;      /* feed events new on the van */
    /* HQ: quarantined: refs refused in this round; conflicts: open after it; duplicates: pairs across vans told in it */
    uint64_t accepted_events, accepted_documents, quarantined, conflicts, duplicates, published_events;
    char refused[320]; /* van: why the feed was refused, or "" */
    /* Why it ended before all was done. BUDGET and DEADLINE are no failures: JEM_OK, also when the deadline came in
     * mid-slice; ASKED goes with JEM_ELINK. */
    enum jem_stopped stopped;
};
/* Takes DIR/sync.lock (JEM_EBUSY). JEM_ELINK hub missing or silent | JEM_EDENIED the hub refuses the login or the ref |
 * JEM_ECORRUPT the hub holds somebody else's repository or a rewritten lane, or has another host key or certificate |
 * JEM_ENOTFOUND no hub is set; report is filled as far as it came. HQ visits every hub of meta "hub" and "hubs" (one URL a
 * line): one that fails stops no other, and its error is returned at the end. */
JEM_NODISCARD enum jem_code jem_round_van(struct jem_store *store, const struct jem_round_options *options,
    struct jem_round_report *out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_round_merge(struct jem_store *store, const char *actor,
    const struct jem_round_options *options, struct jem_round_report *out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_round_publish(struct jem_store *store, const char *actor,
    const struct jem_round_options *options, struct jem_round_report *out, struct jem_error *err);
/* Splits "http://user:secret@host/path" into a URL without credentials, user and password (wiped by the caller). A folder
 * becomes absolute; the user of an ssh URL stays in it, being part of the address. JEM_EINVAL: not a folder, file://, http(s):// or ssh:// (user@host:path too) */
JEM_NODISCARD enum jem_code jem_hub_url_split(const char *url, char clean[512], char user[128], char password[256],
    struct jem_error *err);
#endif
