/* sane_child.c - starts, hears, and ends the helper program. */
#include "sane_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jemput/clock.h"

#define CHILD_FD 3
#define CHILD_SLICE_MS 50 /* between two looks at the cancel flag */
#define CHILD_SEND_MS 2000

extern char **environ;

/* ---- start ---- */

bool sane_child_path(char *out, size_t cap)
{
    static const char *const beside[] = { "jemput-sane", "../libexec/jemput/jemput-sane" };
    const char *told = getenv("JEMPUT_SANE");
    if (told && *told)
        return (size_t)snprintf(out, cap, "%s", told) < cap && access(out, X_OK) == 0;
    char self[1024];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash = n > 0 ? memrchr(self, '/', (size_t)n) : NULL;
    if (!slash)
        return false;
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
        if ((size_t)snprintf(out, cap, "%.*s/%s", (int)(slash - self), self, beside[i]) < cap && access(out, X_OK) == 0)
            return true;
    return false;
}

/* The backends' own variables (SANE_CONFIG_DIR, SANE_DEBUG_...) go along, ours do not: what unlocks a store is none of
 * their business. */
static char **child_environment(void)
{
    size_t n = 0, kept = 0;
    while (environ[n])
        n++;
    char **out = calloc(n + 1, sizeof *out);
    for (size_t i = 0; out && i < n; i++)
        if (strncmp(environ[i], "JEMPUT_", 7) != 0)
            out[kept++] = environ[i];
    return out;
}

/* A group of its own, so that what a backend forks is ended with it; no open file of ours; its words go nowhere. */
static int child_spawn(const char *path, int theirs, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, all;
    char *argv[] = { (char *)(uintptr_t)path, NULL }, **env = child_environment();
    sigemptyset(&none);
    sigfillset(&all);
    if (!env)
        return ENOMEM;
    int rc = posix_spawn_file_actions_init(&files);
    if (rc != 0) {
        free(env);
        return rc;
    }
    rc = posix_spawnattr_init(&attr);
    if (rc == 0) {
        if ((rc = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)) == 0 &&
            (rc = posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0)) == 0 &&
            (rc = posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0)) == 0 &&
            (rc = posix_spawn_file_actions_adddup2(&files, theirs, CHILD_FD)) == 0 &&
            (rc = posix_spawn_file_actions_addclosefrom_np(&files, CHILD_FD + 1)) == 0 &&
            (rc = posix_spawnattr_setpgroup(&attr, 0)) == 0 && (rc = posix_spawnattr_setsigmask(&attr, &none)) == 0 &&
            (rc = posix_spawnattr_setsigdefault(&attr, &all)) == 0 &&
            (rc = posix_spawnattr_setflags(&attr,
                 POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)) == 0)
            rc = posix_spawn(pid, path, &files, &attr, argv, env);
        posix_spawnattr_destroy(&attr);
    }
    posix_spawn_file_actions_destroy(&files);
    free(env);
    return rc;
}

enum jem_code sane_child_start(struct sane_child *child, struct jem_error *err)
{
    char path[1200];
    int pair[2];
    *child = (struct sane_child){ .fd = -1 };
    if (!sane_child_path(path, sizeof path))
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_HW, 0, JEM_T_SANE_MISSING);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return jem_fail_errno(err, errno, path);
    /* A descriptor that is where it shall go already would keep its close-on-exec flag: move it away first. */
    int theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, CHILD_FD + 1), rc = theirs < 0 ? errno : 0;
    if (rc == 0)
        rc = child_spawn(path, theirs, &child->pid);
    if (theirs >= 0)
        close(theirs);
    close(pair[1]);
    if (rc != 0) {
        close(pair[0]);
        child->pid = 0;
        return jem_fail_errno(err, rc, path);
    }
    child->fd = pair[0];
    (void)fcntl(child->fd, F_SETFL, O_NONBLOCK);
    return JEM_OK;
}

/* ---- talk ---- */

static bool child_wait(int fd, short events, int64_t deadline_ms)
{
    int64_t left = deadline_ms - jem_mono_ms();
    struct pollfd p = { .fd = fd, .events = events };
    return left > 0 && poll(&p, 1, left < CHILD_SLICE_MS ? (int)left : CHILD_SLICE_MS) >= 0;
}

bool sane_child_send(struct sane_child *child, const struct jem_buf *frames)
{
    int64_t deadline_ms = jem_mono_ms() + CHILD_SEND_MS;
    size_t sent = 0;
    while (!frames->failed && sent < frames->len) {
        ssize_t n = send(child->fd, frames->data + sent, frames->len - sent, MSG_NOSIGNAL);
        if (n > 0)
            sent += (size_t)n;
        else if (n < 0 && errno != EINTR && errno != EAGAIN)
            return false;
        else if (!child_wait(child->fd, POLLOUT, deadline_ms))
            return false;
    }
    return sent == frames->len;
}

/* Something that a backend forked may hold the socket open after the helper's death: the process tells. It stays to be
 * reaped by stop. */
static bool child_is_dead(const struct sane_child *child)
{
    siginfo_t info = { .si_pid = 0 };
    return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == child->pid;
}

/* Adds bytes until `buf` holds `want`. */
static enum sane_next child_fill(struct sane_child *child, int64_t deadline_ms, const atomic_bool *cancel, size_t want,
    struct jem_buf *buf)
{
    unsigned char chunk[65536];
    bool dead = false; /* seen before the last look for bytes, so that none are left behind */
    while (buf->len < want) {
        size_t most = want - buf->len < sizeof chunk ? want - buf->len : sizeof chunk;
        ssize_t n = recv(child->fd, chunk, most, 0);
        if (n > 0) {
            jem_buf_add(buf, chunk, (size_t)n);
            if (buf->failed)
                return SANE_NEXT_NONSENSE;
        } else if (n == 0 || (errno != EINTR && (dead || errno != EAGAIN))) {
            return SANE_NEXT_DIED;
        }
        if (cancel && atomic_load(cancel))
            return SANE_NEXT_CANCELLED;
        if (jem_mono_ms() >= deadline_ms)
            return SANE_NEXT_SILENT;
        if (n < 0) {
            (void)child_wait(child->fd, POLLIN, deadline_ms);
            dead = child_is_dead(child);
        }
    }
    return SANE_NEXT_FRAME;
}

/* A cancel may come between the parts of a frame: `payload` keeps what is here, head first, until the frame is whole. */
enum sane_next sane_child_next(struct sane_child *child, int64_t deadline_ms, const atomic_bool *cancel, unsigned *type,
    struct jem_buf *payload)
{
    size_t max_bytes;
    enum sane_next next = child_fill(child, deadline_ms, cancel, SANE_FRAME_HEAD, payload);
    if (next != SANE_NEXT_FRAME)
        return next;
    struct jem_reader head = jem_reader_of(payload->data, SANE_FRAME_HEAD);
    *type = jem_read_u8(&head);
    size_t n = jem_read_u32(&head);
    if (!sane_frame_max(*type, &max_bytes) || n > max_bytes)
        return SANE_NEXT_NONSENSE;
    return child_fill(child, deadline_ms, cancel, SANE_FRAME_HEAD + n, payload);
}

/* ---- end ---- */

int sane_child_stop(struct sane_child *child, int grace_ms)
{
    int status = 0;
    if (child->fd >= 0)
        close(child->fd);
    child->fd = -1;
    if (child->pid <= 0)
        return 0;
    int64_t deadline_ms = jem_mono_ms() + grace_ms;
    pid_t got = 0;
    for (int pause_ms = 1; got == 0; pause_ms = pause_ms < 32 ? pause_ms * 2 : 32) {
        got = waitpid(child->pid, &status, WNOHANG);
        if (got != 0 || jem_mono_ms() >= deadline_ms)
            break;
        poll(NULL, 0, pause_ms);
    }
    kill(-child->pid, SIGKILL); /* also what a backend left behind */
    while (got == 0 && waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    child->pid = 0;
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}
