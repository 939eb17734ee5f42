/* folder.h - fetching from a hub in a folder or on a stick: only what was asked for. (libgit2's own way into a folder
 * copies every ref of it: a van would carry home what all others sent.) */
#ifndef JEMPUT_SYNC_FOLDER_H
#define JEMPUT_SYNC_FOLDER_H
#include <git2/indexer.h>

#include "link.h"

/* Copies into one pack what the ledger lacks of the hub's `refs` that `specs` name, then sets the refs on the ledger's side.
 * specs as jem_link_fetch; a nonzero answer of tell stops (its numbers mean nothing). *bytes: of the pack. 0, or libgit2's
 * value with its words. */
int jem_folder_fetch(struct jem_ledger *ledger, const char *path, const struct jem_link_ref *refs, size_t ref_count,
    const char *const *specs, size_t spec_count, git_indexer_progress_cb tell, void *ctx, uint64_t *bytes);
/* Deletes `ref` of the repository at `path` if it stands at `was` (GIT_EMODIFIED elsewhere; 0 when it is not there), as stock
 * receive-pack would: *denied when its configuration forbids it. */
int jem_folder_drop(const char *path, const char *ref, const git_oid *was, bool *denied);
/* The ledger's ref for the hub's `name` under a spec "+refs/heads/van/X:refs/hub/van/X", X may be an asterisk.
 * False: the spec is about others. */
bool jem_spec_target(const char *spec, const char *name, char out[JEM_REF_MAX]);
#endif
