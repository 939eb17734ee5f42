/* gitlib.h - libgit2 as this room uses it: started once, and its errors as ours. The network part of libgit2 is
 * used by link.c alone. */
#ifndef JEMPUT_SYNC_GITLIB_H
#define JEMPUT_SYNC_GITLIB_H
#include <git2/commit.h>
#include <git2/config.h>
#include <git2/errors.h>
#include <git2/odb.h>
#include <git2/oid.h>
#include <git2/pack.h>
#include <git2/refs.h>
#include <git2/repository.h>

#include "jemput/ledger.h"

/* Safe to call often and from any thread. fsync is on, the owner of a folder is not checked (a stick has none), and
 * no configuration of the person who runs the program is read. */
void jem_gitlib_start(void);

/* A failure of libgit2 on our own disk: the message names `path` and gives libgit2's words. A full disk is JEM_ENOSPC,
 * a lock that another process holds JEM_EBUSY, unreadable objects JEM_ECORRUPT, the rest JEM_EIO. */
enum jem_code jem_gitlib_fail(struct jem_error *err, int rc, const char *path);

/* libgit2's words of the last failure, or "?". Borrowed until the next call of libgit2. */
const char *jem_gitlib_words(void);
/* Whether the last failure of this thread was a full disk, or of a file below `path`: not the other side's doing. */
bool jem_gitlib_disk(const char *path);
#endif
