/* file.h - the disk: whole files, durable writes, locks, folders. Paths are UTF-8, errors name them. */
#ifndef JEMPUT_FILE_H
#define JEMPUT_FILE_H
#include "jemput/buf.h"

/* Appends the file to `out`. JEM_EINVAL when longer than max_bytes | JEM_ENOTFOUND | JEM_EIO */
JEM_NODISCARD enum jem_code jem_file_read(const char *path, size_t max_bytes, struct jem_buf *out,
    struct jem_error *err);
/* Writes to a temporary name beside it, fsyncs, renames, fsyncs the folder: after a power cut the old
 * or the new file is there, whole. mode e.g. 0600. */
JEM_NODISCARD enum jem_code jem_file_write(const char *path, const void *p, size_t n, unsigned mode,
    struct jem_error *err);
/* The last step of a file that was written under another name in the same folder: fsyncs, renames, fsyncs the folder. */
JEM_NODISCARD enum jem_code jem_file_name_it(const char *made, const char *path, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_dir_make(const char *path, unsigned mode, struct jem_error *err); /* with parents */
bool jem_path_exists(const char *path);
/* out = dir/name. JEM_EINVAL when it does not fit */
JEM_NODISCARD enum jem_code jem_path_join(char *out, size_t cap, const char *dir, const char *name,
    struct jem_error *err);
/* Free bytes of the file system that holds path, 0 when unknown. */
uint64_t jem_disk_free_bytes(const char *path);

/* An advisory lock file (flock). JEM_EBUSY when another process holds it. Released by close or death. */
JEM_NODISCARD enum jem_code jem_lock_take(const char *path, int *out_fd, struct jem_error *err);
void jem_lock_release(int fd); /* -1 accepted */

/* Runs argv (NULL-terminated, absolute program first, no shell) with an optional input, gathers stdout up to
 * max_bytes, kills it after timeout_ms; limits CPU, memory and file size of the child, empties its
 * environment. JEM_EINVAL: it failed, was killed or printed too much | JEM_ENOTFOUND: no such program. */
JEM_NODISCARD enum jem_code jem_child_run(const char *const argv[], const void *in, size_t in_bytes, int timeout_ms,
    size_t max_bytes, struct jem_buf *out, struct jem_error *err);
#endif
