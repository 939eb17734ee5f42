/* stale.h - lock files that a killed process left in a git repository. git's way to change a ref is to write REF.lock and to
 * rename it: whoever dies in between stops every later change of that ref. Internal to the room sync. */
#ifndef JEMPUT_SYNC_STALE_H
#define JEMPUT_SYNC_STALE_H

/* Removes the *.lock files of refs, packs' indexes, packed-refs, HEAD and config in the bare repository at `path` that nobody touched for
 * `seconds`; 0: all of them, for who is known to be alone. A file that cannot be removed stays, and git says so. */
void jem_stale_sweep(const char *path, int seconds);
/* Removes a folder with all that is in it, as far as it can. */
void jem_tree_remove(const char *path);
#endif
