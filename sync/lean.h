/* lean.h - git's smart HTTP with as few bytes and rounds as it allows, against any stock server: a listing of the refs that
 * matter (protocol v2, no advertisement), a push without asking first what the hub holds and without waiting for the answer to the
 * one before, a fetch in one round.
 *
 * A server that does not speak this shows it by its first answer: the call fails, jem_lean_unfit() says so, and another
 * transport is to be used. One thread at a time. */
#ifndef JEMPUT_SYNC_LEAN_H
#define JEMPUT_SYNC_LEAN_H
#include "lean_wire.h"

struct jem_lean;
/* ledger is borrowed; url and authorization as jem_http_open. */
JEM_NODISCARD enum jem_code jem_lean_open(struct jem_ledger *ledger, const char *url, const char *authorization,
    struct jem_lean **out, struct jem_error *err);
void jem_lean_free(struct jem_lean *lean);
void jem_lean_deadline(struct jem_lean *lean, int64_t mono_ms);
void jem_lean_bytes(const struct jem_lean *lean, uint64_t *up, uint64_t *down);
/* As jem_http_silences. */
unsigned jem_lean_silences(const struct jem_lean *lean);
/* The next request goes on a new connection. */
void jem_lean_leave(struct jem_lean *lean);
/* Whether the last failure was the server's not speaking this. */
bool jem_lean_unfit(const struct jem_lean *lean);
/* All of these: JEM_ELINK no answer, no such repository | JEM_EDENIED login or ref refused | JEM_ECORRUPT certificate. */

/* Refs that begin with one of the prefixes, as a fetch sees them. *out is released by the caller. */
JEM_NODISCARD enum jem_code jem_lean_list(struct jem_lean *lean, const char *const *prefixes, size_t count,
    struct jem_lean_refs *out, struct jem_error *err);
/* All refs as a push sees them: a hub may hide some from fetches. */
JEM_NODISCARD enum jem_code jem_lean_list_push(struct jem_lean *lean, struct jem_lean_refs *out, struct jem_error *err);
/* Sends off what `known` (refs of the hub) and `before` do not hold, and the wish that `ref` moves from `before` (NULL: it is not
 * there) to oid, which must descend from it: JEM_ECORRUPT otherwise. JEM_LEAN_FLIGHTS at most are under way at a time. */
#define JEM_LEAN_FLIGHTS 2
JEM_NODISCARD enum jem_code jem_lean_push_begin(struct jem_lean *lean, const git_oid *oid, const char *ref,
    const git_oid *before, const struct jem_link_ref *known, size_t known_count, struct jem_error *err);
/* Waits until the last that was begun has left this machine and jem_mono_ms() is mono_ms, or it is answered. */
void jem_lean_push_sent(struct jem_lean *lean, int64_t mono_ms);
/* Waits for the answer to the first that was begun. JEM_OK: the hub reports that it did. JEM_ELINK also when the ref stood
 * elsewhere. After a failure those that were begun since are given up: they built on it. */
JEM_NODISCARD enum jem_code jem_lean_push_end(struct jem_lean *lean, struct jem_error *err);
/* Whether a hub's words for not moving a ref (receive-pack's, libgit2's) say that it was not where we saw it, or locked: a push of
 * ours whose answer was lost, somebody else, or a lock that a killed process left. */
bool jem_lean_ref_elsewhere(const char *reason);
/* Deletes `ref`, which stands at `before`. JEM_OK: the hub reports that it did. JEM_ELINK also when the ref stood elsewhere. */
JEM_NODISCARD enum jem_code jem_lean_drop(struct jem_lean *lean, const char *ref, const git_oid *before,
    struct jem_error *err);
/* Takes what `wants` reach and `haves` do not into the ledger, as one durable pack. */
JEM_NODISCARD enum jem_code jem_lean_fetch(struct jem_lean *lean, const git_oid *wants, size_t want_count,
    const git_oid *haves, size_t have_count, struct jem_error *err);
#endif
