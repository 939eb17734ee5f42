/* chain.h - reading lanes: chains of commits by first parent, each with a tree of one file. */
#ifndef JEMPUT_SYNC_CHAIN_H
#define JEMPUT_SYNC_CHAIN_H
#include "ledger_repo.h"

struct jem_oids {
    git_oid *items;
    size_t count, cap;
};
void jem_oids_release(struct jem_oids *oids);
JEM_NODISCARD enum jem_code jem_oids_push(struct jem_oids *oids, const git_oid *oid, struct jem_error *err);
void jem_oids_reverse(struct jem_oids *oids);

/* How `head` stands to `base` by first parents. */
enum jem_relation {
    JEM_RELATION_UNKNOWN = 0,
    JEM_RELATION_SAME,
    JEM_RELATION_AHEAD,
    JEM_RELATION_BEHIND,
    JEM_RELATION_FOREIGN
};
/* base NULL: there is none, and all of head's chain is AHEAD. For AHEAD `fresh` gets the commits after base, oldest first.
 * A base that this repository does not hold is FOREIGN. JEM_ECORRUPT when the chain of head has a hole. */
JEM_NODISCARD enum jem_code jem_chain_compare(struct jem_ledger *ledger, const git_oid *base, const git_oid *head,
    enum jem_relation *relation, struct jem_oids *fresh, struct jem_error *err);

/* One commit of a lane. */
struct jem_lane_commit {
    git_oid oid, parent;
    unsigned parents;
    git_odb_object *object; /* the tree's only file */
    const void *p;
    size_t n; /* its bytes, borrowed from object */
};
#define JEM_LANE_FILE_MAX ((size_t)17 << 20) /* a sealed segment at most; a larger file is refused unread */
/* Reads a commit whose tree must be exactly one plain file `name`. JEM_ECORRUPT otherwise. Release in every case. */
JEM_NODISCARD enum jem_code jem_lane_commit_read(struct jem_ledger *ledger, const git_oid *oid, const char *name,
    struct jem_lane_commit *out, struct jem_error *err);
void jem_lane_commit_release(struct jem_lane_commit *commit);
/* Size in bytes of that file without reading it, 0 when it cannot be told. */
uint64_t jem_lane_commit_bytes(struct jem_ledger *ledger, const git_oid *oid);

/* JEM_ECORRUPT unless the commit carries a valid signature of this key. */
JEM_NODISCARD enum jem_code jem_commit_verify(struct jem_ledger *ledger, const git_oid *oid,
    const unsigned char public_key[32], struct jem_error *err);
#endif
