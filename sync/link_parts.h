/* link_parts.h - what the two halves of a link share: link.c (libgit2) and link_lean.c (lean http). */
#ifndef JEMPUT_SYNC_LINK_PARTS_H
#define JEMPUT_SYNC_LINK_PARTS_H
#include <git2/remote.h>

#include "hub_url.h"
#include "lean.h"
#include "link.h"
#include "wire.h"

/* A push that was begun. */
struct jem_link_flight {
    git_oid oid;
    char ref[JEM_REF_MAX];
    uint64_t bytes;
};

struct jem_link {
    struct jem_ledger *ledger;
    struct jem_store *store;
    git_remote *remote;
    enum jem_hub_kind kind;
    char url[512], host[256];
    char user[128], *password; /* password in sodium memory, 256 bytes */
    char *authorization;       /* "Authorization: Basic ...", sodium memory, or NULL */
    struct jem_link_ref *refs;
    size_t ref_count;
    unsigned asked; /* credentials given on this connection */
    int64_t deadline_ms;
    uint64_t up, down;          /* of connections that are closed; of transfers with a folder */
    unsigned silences;          /* of connections by libgit2 */
    uint64_t fetched;           /* pack bytes of the fetch that runs */
    struct jem_wire *wire;      /* the connection that is open, or NULL */
    struct jem_lean *lean;      /* http, until the server shows that it does not speak it; or NULL */
    bool read;                  /* lean: the refs were read, and stand so until a push is in doubt */
    bool recalled;              /* lean: they are what an earlier round left, not read yet */
    bool trusted;               /* lean: this hub did what its reports said, so that a report is enough */
    int64_t heard_ms;           /* lean: jem_mono_ms() when the feed's refs were read last */
    bool looked;                /* lean: the refs also tell what pushes see */
    bool hides;                 /* lean: pushes see refs that fetches do not */
    struct jem_link_ref *moved; /* lean: what pushes were to move since then, and no report that counts told of */
    size_t moved_count;
    struct jem_link_flight flights[JEM_LEAN_FLIGHTS]; /* in the order in which they were begun */
    size_t flying;
    bool ready;           /* ssh: connected for a push that was not made yet */
    bool listing;         /* libgit2 is reading the hub's refs: */
    uint64_t listed;      /* in so many bytes */
    bool cut;             /* a connection of the operation that runs was given up */
    enum jem_code failed; /* set by a callback, with `why` */
    struct jem_error why;
};

/* Takes a ref from a list. */
void jem_link_unnote(struct jem_link_ref *refs, size_t *count, const char *ref);

/* As the calls of link.h, for a link whose `lean` is set. */
JEM_NODISCARD enum jem_code jem_link_lean_refresh(struct jem_link *link, bool for_push, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_link_lean_fetch(struct jem_link *link, const char *const *specs, size_t count,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_link_lean_push_begin(struct jem_link *link, const git_oid *oid, const char *ref,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_link_lean_push_end(struct jem_link *link, const struct jem_link_flight *flight,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_link_lean_drop(struct jem_link *link, const char *ref, const git_oid *was,
    struct jem_error *err);
/* After a failure of these: true when the server does not speak it; from now on libgit2 does the work. */
bool jem_link_lean_over(struct jem_link *link);
#endif
