/* link.h - the way to one hub: what it holds, fetching from it, pushing one ref to it. A folder or ssh by libgit2; http(s)
 * by lean.h, and by libgit2 when the server does not speak that (told in the log). One thread at a time. */
#ifndef JEMPUT_SYNC_LINK_H
#define JEMPUT_SYNC_LINK_H
#include <errno.h>

#include "ledger_repo.h"

struct jem_link;
struct jem_link_ref {
    char name[JEM_REF_MAX];
    git_oid oid;
};

/* Prepares; nothing is sent yet. url: without or with credentials; those of the store ("hub.user", "hub.password",
 * "ssh.secret") serve where it has none. ledger and store are borrowed. JEM_EINVAL malformed URL */
JEM_NODISCARD enum jem_code jem_link_open(struct jem_ledger *ledger, struct jem_store *store, const char *url,
    struct jem_link **out, struct jem_error *err);
void jem_link_free(struct jem_link *link);
/* URL without credentials, for messages. Borrowed. */
const char *jem_link_url(const struct jem_link *link);
#define JEM_LINK_LATE ETIME
#define JEM_LINK_ELSEWHERE \
    ESTALE /* native of JEM_ELINK: the hub answered; its ref stands elsewhere, or it lacks objects */
/* Transfers stop at this jem_mono_ms() time with JEM_ELINK, native JEM_LINK_LATE; 0: none. */
void jem_link_deadline(struct jem_link *link, int64_t mono_ms);

/* Connects anew and reads the refs of the hub; for_push: so that a push may follow on the same connection, and nothing is
 * asked over lean http when every push since is known to have arrived or is on its way, nor over ssh when such a connection stands unused. A van
 * reads its own lanes, or all when the hub has none of them.
 * JEM_ELINK no answer, no such repository | JEM_EDENIED login refused | JEM_ECORRUPT another host key or certificate */
JEM_NODISCARD enum jem_code jem_link_refresh(struct jem_link *link, bool for_push, struct jem_error *err);
/* Lean http: instead of the first refresh, the refs as an earlier round left them. A push says whether they are right: the hub
 * refuses one whose ref stands elsewhere. False: another transport, which has to ask. */
JEM_NODISCARD bool jem_link_recall(struct jem_link *link, const struct jem_link_ref *refs, size_t count);
/* True until the refs are read. */
bool jem_link_recalled(const struct jem_link *link);
/* Forgets what was recalled or read: the next refresh reads. */
void jem_link_forget(struct jem_link *link);
/* Lean http: a push's report is enough to know where its ref stands: the hub was seen to do as it says. */
bool jem_link_reports(const struct jem_link *link);
/* Lean http: true when the refs are those of the hub, by its listing or its reports; false when a push is in doubt. */
bool jem_link_knows(const struct jem_link *link);
/* Lean http: reads the refs of a van's feed alone, unless they were read in the last JEM_LINK_HEAR_MS. Otherwise: nothing, the
 * refs are as of the last refresh. */
#define JEM_LINK_HEAR_MS 10000
JEM_NODISCARD enum jem_code jem_link_hear(struct jem_link *link, struct jem_error *err);
/* As of the last refresh, over lean http with what pushes reported since. Borrowed until the next call that sends. */
const struct jem_link_ref *jem_link_refs(const struct jem_link *link, size_t *count);
const git_oid *jem_link_find(const struct jem_link *link, const char *ref); /* NULL: the hub does not have it */

/* Fetches by refspecs ("+refs/heads/van/3:refs/hub/van/3"). Errors as above. */
JEM_NODISCARD enum jem_code jem_link_fetch(struct jem_link *link, const char *const *specs, size_t count,
    struct jem_error *err);
/* Asks the hub to set `ref` to `oid` and sends what it lacks: _begin sends it off, _end waits for what becomes of it. JEM_OK of _end
 * only says that nothing complained: refresh and compare. JEM_EDENIED with the server's words when it refuses. bytes: what it
 * holds, about. After a _begin that failed there is nothing to end.
 * Where jem_link_flies, one more may be begun before the first is ended, which goes on from it on the same ref; when the first
 * fails, it is given up. */
JEM_NODISCARD enum jem_code jem_link_push_begin(struct jem_link *link, const git_oid *oid, const char *ref,
    uint64_t bytes, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_link_push_end(struct jem_link *link, struct jem_error *err);
/* Waits until the last that was begun has left this machine and jem_mono_ms() is mono_ms, or it is answered. */
void jem_link_push_sent(struct jem_link *link, int64_t mono_ms);
bool jem_link_flies(const struct jem_link *link);
/* Waits for what was begun, whatever becomes of it. */
void jem_link_push_settle(struct jem_link *link);
/* Deletes a ref that the hub listed at `was`; one that stands elsewhere is left alone. JEM_OK: the hub says that it is gone, or
 * never had it | JEM_EDENIED the hub lets nobody delete | JEM_ELINK it stands elsewhere, or no answer */
JEM_NODISCARD enum jem_code jem_link_drop(struct jem_link *link, const char *ref, const git_oid *was,
    struct jem_error *err);
/* What comes next goes on a new connection. */
JEM_NODISCARD enum jem_code jem_link_leave(struct jem_link *link, struct jem_error *err);
/* Bytes so far: TCP payload; for a folder, bytes of the packs fetched and `bytes` of what was pushed. */
void jem_link_bytes(const struct jem_link *link, uint64_t *up, uint64_t *down);
/* Waits so far that ended because the hub was silent, not for the deadline. */
unsigned jem_link_silences(const struct jem_link *link);
#endif
