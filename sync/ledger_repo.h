/* ledger_repo.h - the ledger as the files of this room see it. */
#ifndef JEMPUT_SYNC_LEDGER_REPO_H
#define JEMPUT_SYNC_LEDGER_REPO_H
#include "gitlib.h"

struct jem_ledger {
    git_repository *repo;
    git_odb *odb;
    git_odb_backend *fresh;          /* objects in memory until their pack is durable; owned by odb */
    struct jem_published *published; /* dictionaries that were needed (published.h) */
    char path[1024];                 /* DIR/ledger.git */
};

#define JEM_REF_MAX 256

/* *out and true when the ref is there. */
JEM_NODISCARD enum jem_code jem_ledger_ref(struct jem_ledger *ledger, const char *ref, git_oid *out, bool *there,
    struct jem_error *err);
/* Moves or makes a ref, durably. */
JEM_NODISCARD enum jem_code jem_ledger_ref_set(struct jem_ledger *ledger, const char *ref, const git_oid *oid,
    struct jem_error *err);
/* The number behind `noun` in a commit's subject ("segment 12: ...", "chunk 17"); 0 for another commit. */
uint64_t jem_commit_number(struct jem_ledger *ledger, const git_oid *oid, const char *noun);
/* "van 3" / "hq" and "van-3@jemput.invalid" / "hq@jemput.invalid". */
void jem_writer_name(unsigned writer, char name[24]);
void jem_writer_mail(unsigned writer, char mail[48]);
#endif
