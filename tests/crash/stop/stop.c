/* stop.c - a library to be preloaded: counts what a program does to files, and stops it, or lets a call fail, at the k-th.
 *
 *   JEM_STOP_LOG=FILE   appends a line "k what" for each step
 *   JEM_STOP_AT=k       the step at which
 *   JEM_STOP=before     the process is killed before the call
 *           after       ... after it
 *           fail        the call fails: no space for what writes, an I/O error for the others
 *
 * Steps are the calls that change a regular file or a folder: write, pwrite, ftruncate, fsync, fdatasync, rename, unlink,
 * mkdir, and open that creates. Other descriptors (terminals, pipes, sockets) do not count. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_int step;

static void *real(const char *name)
{
    void *f = dlsym(RTLD_NEXT, name);
    if (f == NULL)
        abort();
    return f;
}

static bool regular(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

static void step_log(int k, const char *what)
{
    const char *path = getenv("JEM_STOP_LOG");
    char line[64];
    int (*open_)(const char *, int, ...) = real("open");
    ssize_t (*write_)(int, const void *, size_t) = real("write");
    if (path == NULL)
        return;
    int fd = open_(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    int n = snprintf(line, sizeof line, "%d %s\n", k, what);
    if (fd < 0 || write_(fd, line, (size_t)n) != n)
        abort();
    close(fd);
}

enum { GO, KILL_AFTER, FAIL };

static int begin(const char *what)
{
    const char *at = getenv("JEM_STOP_AT"), *how = getenv("JEM_STOP");
    int k = atomic_fetch_add(&step, 1) + 1;
    step_log(k, what);
    if (at == NULL || how == NULL || atoi(at) != k)
        return GO;
    if (strcmp(how, "before") == 0)
        raise(SIGKILL);
    return strcmp(how, "after") == 0 ? KILL_AFTER : FAIL;
}

static void end(int how)
{
    if (how == KILL_AFTER)
        raise(SIGKILL);
}

#define STEP(what, error, call)          \
    do {                                 \
        int how_ = begin(what);          \
        if (how_ == FAIL) {              \
            errno = error;               \
            return -1;                   \
        }                                \
        __typeof__(call) done_ = (call); \
        int errno_ = errno;              \
        end(how_);                       \
        errno = errno_;                  \
        return done_;                    \
    } while (0)

ssize_t write(int fd, const void *p, size_t n)
{
    ssize_t (*f)(int, const void *, size_t) = real("write");
    if (!regular(fd))
        return f(fd, p, n);
    STEP("write", ENOSPC, f(fd, p, n));
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    ssize_t (*f)(int, const void *, size_t, off_t) = real("pwrite");
    STEP("pwrite", ENOSPC, f(fd, p, n, at));
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    ssize_t (*f)(int, const void *, size_t, off64_t) = real("pwrite64");
    STEP("pwrite", ENOSPC, f(fd, p, n, at));
}

int ftruncate(int fd, off_t n)
{
    int (*f)(int, off_t) = real("ftruncate");
    STEP("ftruncate", EIO, f(fd, n));
}

int ftruncate64(int fd, off64_t n)
{
    int (*f)(int, off64_t) = real("ftruncate64");
    STEP("ftruncate", EIO, f(fd, n));
}

int fsync(int fd)
{
    int (*f)(int) = real("fsync");
    STEP("fsync", EIO, f(fd));
}

int fdatasync(int fd)
{
    int (*f)(int) = real("fdatasync");
    STEP("fsync", EIO, f(fd));
}

int rename(const char *from, const char *to)
{
    int (*f)(const char *, const char *) = real("rename");
    STEP("rename", EIO, f(from, to));
}

int unlink(const char *path)
{
    int (*f)(const char *) = real("unlink");
    STEP("unlink", EIO, f(path));
}

int mkdir(const char *path, mode_t mode)
{
    int (*f)(const char *, mode_t) = real("mkdir");
    STEP("mkdir", ENOSPC, f(path, mode));
}

static int open_at(const char *name, const char *path, int flags, mode_t mode)
{
    int (*f)(const char *, int, ...) = real(name);
    struct stat st;
    if ((flags & O_CREAT) == 0 || stat(path, &st) == 0)
        return f(path, flags, mode);
    STEP("open", ENOSPC, f(path, flags, mode));
}

int open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return open_at("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return open_at("open64", path, flags, mode);
}
