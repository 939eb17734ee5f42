/* file.c - whole files, durable writes, folders, locks. */
#include "jemput/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FILE_PATH_MAX 4096

enum jem_code jem_file_read(const char *path, size_t max_bytes, struct jem_buf *out, struct jem_error *err)
{
    enum jem_code code = JEM_OK;
    size_t start = out->len;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return jem_fail_errno(err, errno, path);
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        if ((uint64_t)st.st_size > max_bytes) {
            code = jem_fail(err, JEM_EINVAL, JEM_D_BASE, EFBIG, JEM_T_BASE_TOO_BIG, path, max_bytes);
            goto out;
        }
        jem_buf_reserve(out, (size_t)st.st_size);
    }
    unsigned char chunk[16384];
    ssize_t got;
    while (!out->failed && (got = read(fd, chunk, sizeof chunk)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            code = jem_fail_errno(err, errno, path);
            goto out;
        }
        /* A file may grow while it is read, and a pipe has no size. */
        if ((size_t)got > max_bytes - (out->len - start)) {
            code = jem_fail(err, JEM_EINVAL, JEM_D_BASE, EFBIG, JEM_T_BASE_TOO_BIG, path, max_bytes);
            goto out;
        }
        jem_buf_add(out, chunk, (size_t)got);
    }
    code = jem_buf_ok(out, err);
out:
    if (code != JEM_OK && out->data) {
        out->len = start;
        out->data[start] = '\0';
    }
    close(fd);
    return code;
}

/* The folder of a path: "." when it names none. */
static bool file_parent(const char *path, char out[FILE_PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 1;
    if (slash == path)
        n = 1;
    if (n >= FILE_PATH_MAX)
        return false;
    memcpy(out, slash ? path : ".", n);
    out[n] = '\0';
    return true;
}

static enum jem_code file_sync_dir(const char *dir, struct jem_error *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return jem_fail_errno(err, errno, dir);
    /* Some file systems (FAT on a stick, FUSE) cannot sync a folder; they say EINVAL and have done what they can. */
    enum jem_code code = fsync(fd) < 0 && errno != EINVAL ? jem_fail_errno(err, errno, dir) : JEM_OK;
    close(fd);
    return code;
}

static bool file_write_all(int fd, const unsigned char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

/* Opens the temporary name and locks it: two writers of one file take turns, and what a killed writer left is
 * written over. When the turn comes, the name may stand for another file, or for none: then again. */
static int file_open_temp(const char *temp, unsigned mode)
{
    for (;;) {
        struct stat ours, named;
        int fd = open(temp, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
            return -1;
        int locked;
        while ((locked = flock(fd, LOCK_EX)) < 0 && errno == EINTR)
            continue;
        if (locked == 0 && fstat(fd, &ours) == 0 && stat(temp, &named) == 0 && ours.st_ino == named.st_ino &&
            ours.st_dev == named.st_dev) {
            if (ftruncate(fd, 0) == 0 && fchmod(fd, (mode_t)mode) == 0)
                return fd;
            locked = -1;
        }
        int errnum = errno;
        close(fd);
        if (locked < 0) {
            errno = errnum;
            return -1;
        }
    }
}

enum jem_code jem_file_write(const char *path, const void *p, size_t n, unsigned mode, struct jem_error *err)
{
    char temp[FILE_PATH_MAX], dir[FILE_PATH_MAX];
    int len = snprintf(temp, sizeof temp, "%s.tmp", path);
    if (len < 0 || (size_t)len >= sizeof temp || !file_parent(path, dir))
        return jem_fail(err, JEM_EINVAL, JEM_D_BASE, ENAMETOOLONG, JEM_T_BASE_PATH_LONG, path);
    int fd = file_open_temp(temp, mode);
    if (fd < 0)
        return jem_fail_errno(err, errno, path);
    bool ok = file_write_all(fd, p, n) && fsync(fd) == 0 && rename(temp, path) == 0;
    int errnum = errno;
    if (!ok)
        unlink(temp);
    close(fd);
    return ok ? file_sync_dir(dir, err) : jem_fail_errno(err, errnum, path);
}

enum jem_code jem_file_name_it(const char *made, const char *path, struct jem_error *err)
{
    char dir[FILE_PATH_MAX];
    if (!file_parent(path, dir))
        return jem_fail(err, JEM_EINVAL, JEM_D_BASE, ENAMETOOLONG, JEM_T_BASE_PATH_LONG, path);
    int fd = open(made, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0 && rename(made, path) == 0;
    int errnum = errno;
    if (fd >= 0)
        close(fd);
    return ok ? file_sync_dir(dir, err) : jem_fail_errno(err, errnum, path);
}

static enum jem_code file_make_one(const char *path, unsigned mode, struct jem_error *err)
{
    char parent[FILE_PATH_MAX];
    struct stat st;
    if (mkdir(path, (mode_t)mode) == 0)
        return file_parent(path, parent) ? file_sync_dir(parent, err) : JEM_OK;
    int errnum = errno;
    if (stat(path, &st) < 0)
        return jem_fail_errno(err, errnum == EEXIST ? errno : errnum, path);
    if (!S_ISDIR(st.st_mode))
        return jem_fail(err, JEM_EEXISTS, JEM_D_BASE, ENOTDIR, JEM_T_BASE_NOT_DIR, path);
    return JEM_OK;
}

enum jem_code jem_dir_make(const char *path, unsigned mode, struct jem_error *err)
{
    char part[FILE_PATH_MAX];
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    if (n == 0 || n >= sizeof part)
        return jem_fail(err, JEM_EINVAL, JEM_D_BASE, ENAMETOOLONG, JEM_T_BASE_PATH_LONG, path);
    for (size_t i = 1; i <= n; i++) {
        if (i < n && path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        enum jem_code code = file_make_one(part, mode, err);
        if (code != JEM_OK)
            return code;
    }
    return JEM_OK;
}

bool jem_path_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

enum jem_code jem_path_join(char *out, size_t cap, const char *dir, const char *name, struct jem_error *err)
{
    size_t n = strlen(dir);
    const char *slash = n > 0 && dir[n - 1] != '/' ? "/" : "";
    int len = snprintf(out, cap, "%s%s%s", dir, slash, name);
    if (len < 0 || (size_t)len >= cap)
        return jem_fail(err, JEM_EINVAL, JEM_D_BASE, ENAMETOOLONG, JEM_T_BASE_PATH_LONG, name);
    return JEM_OK;
}

uint64_t jem_disk_free_bytes(const char *path)
{
    struct statvfs fs;
    return statvfs(path, &fs) == 0 ? (uint64_t)fs.f_bavail * fs.f_frsize : 0;
}

enum jem_code jem_lock_take(const char *path, int *out_fd, struct jem_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return jem_fail_errno(err, errno, path);
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int errnum = errno;
        if (errnum == EINTR)
            continue;
        close(fd);
        return errnum == EWOULDBLOCK ? jem_fail(err, JEM_EBUSY, JEM_D_BASE, errnum, JEM_T_BASE_LOCK_BUSY, path)
                                     : jem_fail_errno(err, errnum, path);
    }
    *out_fd = fd;
    return JEM_OK;
}

void jem_lock_release(int fd)
{
    if (fd >= 0)
        close(fd);
}
