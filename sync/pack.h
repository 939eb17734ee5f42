/* pack.h - new objects, gathered in memory and made durable together as one pack. One batch of a ledger at a time. */
#ifndef JEMPUT_SYNC_PACK_H
#define JEMPUT_SYNC_PACK_H
#include "ledger_repo.h"

struct jem_pack {
    struct jem_ledger *ledger;
    git_packbuilder *builder;
    size_t objects;
};
JEM_NODISCARD enum jem_code jem_pack_begin(struct jem_pack *pack, struct jem_ledger *ledger, struct jem_error *err);
/* Writes what was put as one fsynced pack; only then may a ref name it. Nothing put: nothing is written. */
JEM_NODISCARD enum jem_code jem_pack_finish(struct jem_pack *pack, struct jem_error *err);
void jem_pack_release(struct jem_pack *pack); /* forgets what was not finished; zero accepted */

JEM_NODISCARD enum jem_code jem_pack_blob(struct jem_pack *pack, const void *p, size_t n, git_oid *out,
    struct jem_error *err);
/* A tree of plain files; names must be in git's order. */
struct jem_pack_file {
    const char *name;
    git_oid blob;
};
JEM_NODISCARD enum jem_code jem_pack_tree(struct jem_pack *pack, const struct jem_pack_file *files, size_t count,
    git_oid *out, struct jem_error *err);

struct jem_pack_commit {
    git_oid tree;
    const git_oid *parents;
    size_t parent_count;
    unsigned writer;                  /* author and committer */
    int64_t at_unix_s;                /* written with zone +0000: a zone would tell where the clock stands */
    const char *subject;              /* without a newline */
    const unsigned char *sign_secret; /* Ed25519, 64 bytes; NULL: not signed */
};
JEM_NODISCARD enum jem_code jem_pack_commit(struct jem_pack *pack, const struct jem_pack_commit *commit, git_oid *out,
    struct jem_error *err);
#endif
