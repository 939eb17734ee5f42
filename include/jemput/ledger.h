/* ledger.h - DIR/ledger.git, a bare git repository: one commit a segment, signed; one fsynced pack a seal.
 *
 * A records or feed commit: tree of one blob `segment`; at most one parent; subject "segment 12: events 341-420"
 * (a feed the same); author "van 3 <van-3@jemput.invalid>" / "hq <hq@jemput.invalid>", committer
 * "jemput 0.1" (the program's version) with the same address; signed. A document
 * commit: tree of one blob `chunk`, subject "chunk 17", not signed. A commit of HQ's own lane: subject "hq 9: events 50-57",
 * parents the one before and the vans' newly accepted heads; tree `heads` ("hq inc 1 seq 57 epoch 2", how far HQ's own lane is
 * sealed and with which key, then "van 3 1.2 <oid> seq 420" lines by van and part) and `segment` when it has events of its own.
 * No personal data anywhere in clear.
 *
 * Lanes come in parts, each a ref of its own with one incarnation and one key of its writer:
 * refs/heads/{van,scan,feed}/<n>/<INC>.<PART> and refs/heads/hq/<INC>.<PART>. The root of a part has no parent; but for the
 * very first part, its message says after an empty line which part it begins and which event of the writer it follows: "part 1.2
 * after 1.420 <hash>". Parts are never rewritten; old ones are dropped whole. Accepted heads: refs/accepted/ and the same tail;
 * fetched ones: refs/hub/; roots: refs/root/. */
#ifndef JEMPUT_LEDGER_H
#define JEMPUT_LEDGER_H
#include "jemput/keys.h"

#define JEM_OID_HEX 41
struct jem_ledger;
JEM_NODISCARD enum jem_code jem_ledger_open(const char *dir, struct jem_ledger **out,
    struct jem_error *err); /* makes it when missing */
void jem_ledger_free(struct jem_ledger *ledger);
/* Seals what the stream has past its last commit, as segments of at most max_events/max_bytes each, on `ref`; *commits made.
 * What was sealed is read from the ref itself, so that a crash between pack, ref and database does no harm. */
struct jem_seal_plan {
    const char *ref;
    struct jem_event_id stream; /* seq ignored */
    unsigned peer;
    size_t max_events, max_bytes;
    size_t max_commits; /* 0: as many as it takes */
    uint16_t epoch;     /* to seal with; 0: our newest */
    uint64_t from;      /* first event of a ref that is not there yet; 0: 1 */
    uint64_t until;     /* last event; 0: to the end of the stream */
    const char *after;  /* line in the message of a ref's first commit (lane.h), or NULL */
};
JEM_NODISCARD enum jem_code jem_ledger_seal(struct jem_ledger *ledger, struct jem_store *store,
    const struct jem_keys *keys, const struct jem_seal_plan *plan, size_t *commits, struct jem_error *err);
/* Makes DIR a bare hub with settings that keep what it accepts: receive.unpackLimit=1, core.fsync, receive.fsckObjects,
 * receive.denyNonFastForwards, http.receivepack; shared = readable and writable by the group. */
JEM_NODISCARD enum jem_code jem_hub_init(const char *dir, struct jem_error *err);
/* git's allowed-signers text: "van-3@jemput.invalid ssh-ed25519 AAAA..." and HQ's line. */
JEM_NODISCARD enum jem_code jem_ledger_signers(struct jem_store *store, struct jem_buf *out, struct jem_error *err);
#endif
