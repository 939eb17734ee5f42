/* bundle_file.h - git bundles as files: the header read within bounds, the pack handed to a repository, and both written
 * durably. What the lanes mean is bundle_in.c's and bundle_out.c's. */
#ifndef JEMPUT_SYNC_BUNDLE_FILE_H
#define JEMPUT_SYNC_BUNDLE_FILE_H
#include <stdio.h>

#include "chain.h"
#include "lane.h"

#define JEM_BUNDLE_HEADER_MAX ((size_t)1 << 20)
#define JEM_BUNDLE_REFS_MAX 8192
#define JEM_BUNDLE_BYTES_MAX ((uint64_t)UINT32_MAX) /* FAT's largest file */

struct jem_bundle_ref {
    git_oid oid;
    char name[JEM_REF_MAX];
};
struct jem_bundle_file {
    FILE *f;
    const char *path; /* borrowed */
    struct jem_bundle_ref *refs;
    size_t ref_count, need_count; /* need_count: commits that the reader must have */
    uint64_t pack_at, bytes;
    uint32_t objects;
};
/* Opens and reads the header. JEM_EINVAL no bundle | JEM_ECORRUPT a cut, overlong or contradicting header | JEM_ENOTFOUND.
 * Close in every case. */
JEM_NODISCARD enum jem_code jem_bundle_open(struct jem_bundle_file *file, const char *path, struct jem_error *err);
/* Adds the pack to the ledger's objects, durably, all or nothing. JEM_ECORRUPT cut or damaged */
JEM_NODISCARD enum jem_code jem_bundle_index(struct jem_bundle_file *file, struct jem_ledger *ledger,
    struct jem_error *err);
void jem_bundle_close(struct jem_bundle_file *file); /* zero accepted */

/* A lane to be written: its commits in `fresh`, oldest first, on top of `base`. */
struct jem_bundle_lane {
    char ref[64];
    git_oid head, base;
    bool based; /* base is set: the reader must have it. With no fresh commit it is the head. */
    struct jem_oids fresh;
};
/* Packs the objects of all fresh commits out of `ledger` and writes the file. *bytes: its size. JEM_EINVAL past
 * `limit` bytes: nothing is left on the stick. */
JEM_NODISCARD enum jem_code jem_bundle_write(struct jem_ledger *ledger, const char *path,
    const struct jem_bundle_lane *lanes, size_t count, uint64_t limit, uint64_t *bytes, struct jem_error *err);

/* Where a walk by first parents ended. */
enum jem_walk_end { JEM_WALK_UNKNOWN = 0, JEM_WALK_ROOT, JEM_WALK_MET, JEM_WALK_MISSING };
/* Commits from head back to `stop` (not included; NULL: none), oldest first. MISSING: *missing is the first commit that is not
 * here; those after it are in `out`. */
JEM_NODISCARD enum jem_code jem_lane_walk(struct jem_ledger *ledger, const git_oid *head, const git_oid *stop,
    struct jem_oids *out, enum jem_walk_end *end, git_oid *missing, struct jem_error *err);
#endif
