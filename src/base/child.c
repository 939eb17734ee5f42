/* child.c - runs a program on hostile input: no shell, no environment, limits, a deadline. */
#include "jemput/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jemput/clock.h"

#define CHILD_MEMORY_BYTES ((rlim_t)1 << 30)
#define CHILD_FILE_BYTES ((rlim_t)256 << 20)
#define CHILD_FILES 64

/* The input as an anonymous file in memory: the child may seek in it, a full pipe cannot block us, and nothing
 * lies on the disk. -1 with errno when it fails. */
static int child_input(const void *in, size_t n)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    const unsigned char *p = in;
    while (fd >= 0 && n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            int errnum = errno;
            close(fd);
            errno = errnum;
            return -1;
        }
        p += done;
        n -= (size_t)done;
    }
    if (fd >= 0)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

static bool child_limit(__rlimit_resource_t what, rlim_t soft, rlim_t hard)
{
    return setrlimit(what, &(struct rlimit){ soft, hard }) == 0;
}

/* Between fork and exec: only calls that are safe when another thread held a lock. Writes errno to `report`. */
_Noreturn static void child_start(const char *const argv[], int in, int out, int report, int timeout_ms)
{
    static char *const no_env[] = { NULL };
    char *args[64];
    size_t n = 0;
    while (n < 63 && argv[n]) {
        args[n] = (char *)(uintptr_t)argv[n];
        n++;
    }
    args[n] = NULL;
    rlim_t cpu_s = (rlim_t)timeout_ms / 1000 + 1;
    sigset_t none;
    sigemptyset(&none);
    setpgid(0, 0);
    int null = open("/dev/null", O_WRONLY);
    int low_report = fcntl(report, F_DUPFD_CLOEXEC, 3);
    if (low_report >= 0 && null >= 0 && dup2(in, 0) >= 0 && dup2(out, 1) >= 0 && dup2(null, 2) >= 0 &&
        dup2(low_report, 3) >= 0 && fcntl(3, F_SETFD, FD_CLOEXEC) == 0 && close_range(4, ~0U, 0) == 0 &&
        prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        child_limit(RLIMIT_CPU, cpu_s, cpu_s + 1) && child_limit(RLIMIT_AS, CHILD_MEMORY_BYTES, CHILD_MEMORY_BYTES) &&
        child_limit(RLIMIT_FSIZE, CHILD_FILE_BYTES, CHILD_FILE_BYTES) && child_limit(RLIMIT_CORE, 0, 0) &&
        child_limit(RLIMIT_NOFILE, CHILD_FILES, CHILD_FILES) && sigprocmask(SIG_SETMASK, &none, NULL) == 0)
        execve(args[0], args, no_env);
    int errnum = errno;
    ssize_t told = write(low_report >= 0 ? 3 : report, &errnum, sizeof errnum);
    _exit(told == sizeof errnum ? 127 : 126);
}

enum child_end { CHILD_CLOSED, CHILD_TIMEOUT, CHILD_TOO_MUCH, CHILD_NOMEM };

/* Gathers what the child prints until it closes its output. */
static enum child_end child_gather(int fd, int64_t deadline_ms, size_t max_bytes, struct jem_buf *out)
{
    unsigned char chunk[16384];
    size_t start = out->len;
    for (;;) {
        int64_t left_ms = deadline_ms - jem_mono_ms();
        if (left_ms <= 0)
            return CHILD_TIMEOUT;
        struct pollfd p = { .fd = fd, .events = POLLIN };
        if (poll(&p, 1, (int)left_ms) <= 0)
            continue;
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return CHILD_CLOSED;
        if ((size_t)got > max_bytes - (out->len - start))
            return CHILD_TOO_MUCH;
        jem_buf_add(out, chunk, (size_t)got);
        if (out->failed)
            return CHILD_NOMEM;
    }
}

/* A child may close its output and run on: it is waited for until the deadline, then killed with its group. */
static int child_reap(pid_t pid, bool kill_now, int64_t deadline_ms, bool *late)
{
    int status = 0;
    for (int64_t pause_ms = 1; !kill_now; pause_ms = pause_ms < 32 ? pause_ms * 2 : 32) {
        pid_t got = waitpid(pid, &status, WNOHANG);
        if (got == pid) {
            kill(-pid, SIGKILL); /* what it left behind in its group */
            return status;
        }
        if (jem_mono_ms() >= deadline_ms) {
            *late = true;
            break;
        }
        poll(NULL, 0, (int)pause_ms);
    }
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

static enum jem_code child_verdict(const char *program, int status, struct jem_error *err)
{
    if (WIFSIGNALED(status))
        return jem_fail(err, JEM_EINVAL, JEM_D_BASE, WTERMSIG(status), JEM_T_BASE_CHILD_KILLED, program,
            WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_BASE, WEXITSTATUS(status), JEM_T_BASE_CHILD_FAILED, program,
            WEXITSTATUS(status));
    return JEM_OK;
}

static void child_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

enum jem_code jem_child_run(const char *const argv[], const void *in, size_t in_bytes, int timeout_ms, size_t max_bytes,
    struct jem_buf *out, struct jem_error *err)
{
    enum jem_code code = JEM_OK;
    int output[2] = { -1, -1 }, report[2] = { -1, -1 }, input = child_input(in, in_bytes), exec_errno = 0;
    size_t start = out->len;
    pid_t pid = -1;
    if (input < 0 || pipe2(output, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
        code = jem_fail_errno(err, errno, argv[0]);
        goto out;
    }
    if (pid == 0)
        child_start(argv, input, output[1], report[1], timeout_ms);
    setpgid(pid, pid); /* in both: whichever runs first */
    child_close(&output[1]);
    child_close(&report[1]);
    int64_t deadline_ms = jem_mono_ms() + timeout_ms;
    bool failed_exec = read(report[0], &exec_errno, sizeof exec_errno) == sizeof exec_errno;
    enum child_end end = failed_exec ? CHILD_CLOSED : child_gather(output[0], deadline_ms, max_bytes, out);
    bool late = end == CHILD_TIMEOUT;
    int status = child_reap(pid, end != CHILD_CLOSED, deadline_ms, &late);
    if (failed_exec)
        code = exec_errno == ENOENT
                   ? jem_fail(err, JEM_ENOTFOUND, JEM_D_BASE, exec_errno, JEM_T_BASE_CHILD_MISSING, argv[0])
                   : jem_fail_errno(err, exec_errno, argv[0]);
    else if (end == CHILD_NOMEM)
        code = jem_fail_nomem(err);
    else if (end == CHILD_TOO_MUCH)
        code = jem_fail(err, JEM_EINVAL, JEM_D_BASE, 0, JEM_T_BASE_CHILD_TOO_MUCH, argv[0], max_bytes);
    else if (late)
        code = jem_fail(err, JEM_EINVAL, JEM_D_BASE, ETIMEDOUT, JEM_T_BASE_CHILD_TIMEOUT, argv[0], timeout_ms);
    else
        code = child_verdict(argv[0], status, err);
out:
    child_close(&input);
    child_close(&output[0]);
    child_close(&output[1]);
    child_close(&report[0]);
    child_close(&report[1]);
    if (code != JEM_OK && out->data) {
        out->len = start;
        out->data[start] = '\0';
    }
    return code;
}
