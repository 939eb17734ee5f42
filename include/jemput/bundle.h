/* bundle.h - sync without a network: lanes in one file, on any stick.
 *
 * The file is a git bundle of version 2 (gitformat-bundle): "# v2 git bundle", lines "-OID" of commits that the reader must
 * have, lines "OID refs/heads/van/3/1.1", an empty line, a pack. Stock git verifies, lists and clones it.
 *
 * Van to HQ: its records after the last acknowledged, its document chunks likewise, the head of the feed that it has (so
 * that HQ answers with what is new), and the lanes that it carries for other vans. HQ to a van: that van's feed, with the
 * acknowledgements. What a van gets for others it keeps unread in DIR/carry, and hands on by the hub or by its next file. */
#ifndef JEMPUT_BUNDLE_H
#define JEMPUT_BUNDLE_H
#include "jemput/round.h"

struct jem_bundle_options {
    unsigned van;          /* whose feed goes into the file; 0: a file for HQ */
    bool full;             /* from the first commit on, for a reader that has lost what the file would build on */
    uint64_t budget_bytes; /* 0: none; records always go, documents as far as they fit */
    uint64_t limit_bytes;  /* past it nothing is written; 0: FAT's largest file, 4 GB - 1 */
};
struct jem_bundle_report {
    uint64_t refs;      /* lanes in the file */
    uint64_t events;    /* export: in the file; import: new here */
    uint64_t documents; /* export: our own that are whole in the file; import at HQ: that became whole */
    uint64_t bytes;     /* of the file */
    uint64_t carried;   /* lanes of others: export: in the file; import: kept */
    uint64_t quarantined, conflicts, duplicates; /* import at HQ, as a merge counts them */
    char refused[320];                           /* why a lane of the file was not believed, or "" */
};
/* Seals what is new and writes the file, durably, beside its name and then under it. JEM_ENOTFOUND there is no lane to
 * write | JEM_EINVAL past the limit, or a van that this side has nothing for | JEM_ENOSPC, JEM_EIO the stick | JEM_EBUSY */
JEM_NODISCARD enum jem_code jem_bundle_export(struct jem_store *store, const char *path,
    const struct jem_bundle_options *options, struct jem_bundle_report *out, struct jem_error *err);
/* Reads a file on the terms of a fetch from the hub. JEM_ECORRUPT cut or damaged, JEM_EINVAL no bundle or built on commits
 * that are not here: nothing has changed then. A lane that does not hold is quarantined (HQ) or told in `refused`; the others
 * are taken. actor: HQ's officer, for the acknowledgements. */
JEM_NODISCARD enum jem_code jem_bundle_import(struct jem_store *store, const char *actor, const char *path,
    struct jem_bundle_report *out, struct jem_error *err);
#endif
