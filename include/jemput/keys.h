/* keys.h - the keys of a van or of HQ, kept as secrets in the encrypted store: "sign.secret" (Ed25519, 64 bytes),
 * "box.secret.<epoch>" (X25519, 32 bytes), "ssh.secret" (Ed25519 for the hub's sshd, 64 bytes); and those of its peers: a van knows
 * HQ's from the grant ("hq.sign", "hq.box.<epoch>") and HQ's key.rotated, HQ knows each van's from van.enrolled and the van's
 * key.rotated. Meta "epoch" is the newest of our own, "rotated.<epoch>" (".<van>" for HQ's lane to a van) = "INC SEQ BEFORE" where our own stream
 * names that epoch's key and which epoch was before it. */
#ifndef JEMPUT_KEYS_H
#define JEMPUT_KEYS_H
#include "jemput/segment.h"
#include "jemput/store.h"
struct jem_keys {
    unsigned char sign_public[32], sign_secret[64], box_public[32], box_secret[32], ssh_public[32], ssh_secret[64];
    uint16_t epoch;
};
/* Makes all three pairs for epoch 1 and stores them. Joins an open unit. */
JEM_NODISCARD enum jem_code jem_keys_create(struct jem_store *store, struct jem_error *err);
/* *out in sodium_malloc memory; jem_keys_free wipes. JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_keys_load(struct jem_store *store, struct jem_keys **out, struct jem_error *err);
/* The same with the box key of an older epoch; 0: the newest. JEM_ENOTFOUND: it was destroyed. */
JEM_NODISCARD enum jem_code jem_keys_load_epoch(struct jem_store *store, uint16_t epoch, struct jem_keys **out,
    struct jem_error *err);
void jem_keys_free(struct jem_keys *keys);

/* A van's first box key is made before it knows HQ's epoch: the request calls it 1, and the grant says which epoch it is from
 * then on (meta "enrolled.epoch"; "enrolled.inc": from which incarnation on its key signs).
 * ---- enrolment: two files that may travel by any way; the fingerprints are compared by phone ----
 * request {"format":"jemput-request-1","name","sign","box","ssh","epoch","sig"}     signed by the van's key over
 *         "jemput-request-1\n" + canonical JSON without "sig"; fingerprint = words of BLAKE2b-256 of the canonical whole
 * grant   {"format":"jemput-grant-1","van","name","hq_sign","hq_box","epoch","inc","hub","host","region","place","contact",
 *          "request":hex hash of the request,"feed":base64 segment of lane van from seq 1,"sig"}   signed by HQ's key */
struct jem_enrol_words {
    char words[96];
};
JEM_NODISCARD enum jem_code jem_enrol_request(struct jem_store *store, struct jem_buf *out,
    struct jem_enrol_words *words, struct jem_error *err);
/* HQ: checks the request, appends van.enrolled (lane 0) and, for a new van, catalog.published to lane `number` in one
 * unit, and makes the grant; what else stands on that lane from before travels along. Asking again for the same van and key gives a grant again without new events.
 * JEM_EEXISTS number taken by another key | JEM_EINVAL malformed, number 0 or past 4095 | JEM_ECORRUPT bad signature |
 * JEM_ENOTFOUND no catalogue published yet */
JEM_NODISCARD enum jem_code jem_enrol_grant(struct jem_store *store, const char *actor, const void *request, size_t n,
    unsigned number, struct jem_buf *out, struct jem_enrol_words *request_words, struct jem_enrol_words *grant_words,
    struct jem_error *err);
/* HQ: another laptop for an enrolled van, in one unit: van.enrolled with its keys and a new incarnation *inc on lane 0 and every
 * van's lane (on its own with the keys that it had before, so that it knows its old receipts), and its own records in
 * history.returned. The old incarnations end at what is accepted. Again for the same request: a grant again, without new events. JEM_ENOTFOUND no
 * such van | JEM_EEXISTS a key that another laptop has or had | else as jem_enrol_grant */
JEM_NODISCARD enum jem_code jem_enrol_reissue(struct jem_store *store, const char *actor, const void *request, size_t n,
    unsigned number, uint16_t *inc, struct jem_buf *out, struct jem_enrol_words *request_words,
    struct jem_enrol_words *grant_words, struct jem_error *err);
/* The words of a request that was received, without doing anything. */
JEM_NODISCARD enum jem_code jem_enrol_look(const void *request, size_t n, struct jem_enrol_words *words, char name[96],
    struct jem_error *err);
/* Van: checks that the grant answers this van's request, stores number, HQ's keys, host, region; a hub URL only when the van
 * has none; imports the feed; makes the escrow slot; appends user.put for the officers that exist. JEM_EEXISTS already enrolled elsewhere */
JEM_NODISCARD enum jem_code jem_enrol_accept(struct jem_store *store, const char *actor, const void *grant, size_t n,
    struct jem_enrol_words *words, struct jem_error *err);
/* ---- epochs ---- */
/* HQ: a new box key, named by key.rotated on lane 0 and on every van's lane, in one unit. Every van answers with a key of its
 * own in its next round; until then its lane stays with the old one. *epoch: the new one. JEM_EDENIED not HQ */
JEM_NODISCARD enum jem_code jem_keys_rotate(struct jem_store *store, const char *actor, uint16_t *epoch,
    struct jem_error *err);
/* Van: answers HQ's newest epoch with a key of its own and key.rotated, in one unit. *followed false: it has one. */
JEM_NODISCARD enum jem_code jem_keys_follow(struct jem_store *store, bool *followed, struct jem_error *err);
/* HQ, restored from a backup: epochs that it had named since, and whose secrets are lost with what came after the backup, get
 * new keys in its present incarnation. Nothing happens otherwise. */
JEM_NODISCARD enum jem_code jem_keys_mend(struct jem_store *store, const char *actor, struct jem_error *err);
/* With which of our epochs the event `seq` of our own stream (lane, inc) is sealed: never with one that is named there at `seq`
 * or later. *until: the last event that the same epoch seals; UINT64_MAX: no end yet. */
JEM_NODISCARD enum jem_code jem_keys_epoch_at(struct jem_store *store, const struct jem_keys *keys, unsigned lane,
    uint16_t inc, uint64_t seq, uint16_t *epoch, uint64_t *until, struct jem_error *err);

/* Public signing key of a writer (0 HQ, n van) as this store knows it, of its highest incarnation; JEM_ENOTFOUND. */
JEM_NODISCARD enum jem_code jem_keys_public(struct jem_store *store, unsigned writer, unsigned char sign_public[32],
    struct jem_error *err);
/* The same of incarnation inc: a van that was given a new laptop signs with a new key from then on. */
JEM_NODISCARD enum jem_code jem_keys_sign(struct jem_store *store, unsigned writer, uint16_t inc,
    unsigned char sign_public[32], struct jem_error *err);
/* The box key between us and incarnation `inc` of `peer` (0 HQ, n van) for `epoch`. JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_keys_box(struct jem_store *store, const struct jem_keys *keys, unsigned peer,
    uint16_t inc, uint16_t epoch, struct jem_box_key *out, struct jem_error *err);
#endif
