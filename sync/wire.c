/* wire.c - sockets and the watcher that ends their waits. */
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "jemput/clock.h"

#define WIRE_LOOK_MS 200

/* ---- watcher ---- */

static bool wire_overdue(const struct jem_wire *wire, uint64_t *moved, int64_t *moved_ms)
{
    uint64_t up, down;
    int64_t now = jem_mono_ms();
    jem_wire_totals(wire, &up, &down);
    if (up + down != *moved) {
        *moved = up + down;
        *moved_ms = now;
    }
    return now - *moved_ms >= JEM_WIRE_SILENT_MS || (wire->deadline_ms != 0 && now >= wire->deadline_ms);
}

static void *wire_watch(void *ctx)
{
    struct jem_wire *wire = ctx;
    uint64_t moved = 0;
    int64_t moved_ms = jem_mono_ms();
    pthread_mutex_lock(&wire->lock);
    while (!wire->done && !wire->cut) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += WIRE_LOOK_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&wire->wake, &wire->lock, &until);
        if (!wire->done && wire_overdue(wire, &moved, &moved_ms)) {
            wire->cut = true;
            shutdown(wire->fd, SHUT_RDWR);
        }
    }
    pthread_mutex_unlock(&wire->lock);
    return NULL;
}

static int wire_watch_start(struct jem_wire *wire)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&wire->lock, NULL);
    pthread_cond_init(&wire->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int error = pthread_create(&wire->watcher, NULL, wire_watch, wire);
    wire->watched = error == 0;
    if (error != 0) {
        pthread_cond_destroy(&wire->wake);
        pthread_mutex_destroy(&wire->lock);
    }
    return error;
}

/* ---- connection ---- */

static int wire_wait(int fd, int64_t deadline_ms)
{
    struct pollfd wait = { .fd = fd, .events = POLLOUT };
    int64_t left = deadline_ms == 0 ? JEM_WIRE_CONNECT_MS : deadline_ms - jem_mono_ms();
    int n, error = 0, timeout_ms = left < 0 ? 0 : left < JEM_WIRE_CONNECT_MS ? (int)left : JEM_WIRE_CONNECT_MS;
    socklen_t size = sizeof error;
    do
        n = poll(&wait, 1, timeout_ms);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return n < 0 ? errno : ETIMEDOUT;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

static int wire_connect(const struct addrinfo *at, int64_t deadline_ms, int *out)
{
    int on = 1, fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);
    if (fd < 0)
        return errno;
    int error = connect(fd, at->ai_addr, at->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS)
        error = wire_wait(fd, deadline_ms);
    if (error == 0 && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) != 0)
        error = errno;
    if (error != 0) {
        close(fd);
        return error;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *out = fd;
    return 0;
}

bool jem_wire_open(struct jem_wire *wire, const char *host, const char *port, int64_t deadline_ms)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC }, *all = NULL;
    int error = ENOENT;
    *wire = (struct jem_wire){ .fd = -1, .deadline_ms = deadline_ms };
    if (getaddrinfo(host, port, &hints, &all) != 0)
        all = NULL;
    for (const struct addrinfo *at = all; at != NULL && wire->fd < 0; at = at->ai_next)
        error = wire_connect(at, deadline_ms, &wire->fd);
    if (all != NULL)
        freeaddrinfo(all);
    if (wire->fd >= 0 && (error = wire_watch_start(wire)) != 0) {
        close(wire->fd);
        wire->fd = -1;
    }
    errno = error;
    return wire->fd >= 0;
}

void jem_wire_totals(const struct jem_wire *wire, uint64_t *up, uint64_t *down)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    memset(&info, 0, sizeof info);
    *up = *down = 0;
    if (wire->fd >= 0 && getsockopt(wire->fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
        *up = info.tcpi_bytes_acked;
        *down = info.tcpi_bytes_received;
    }
}

bool jem_wire_cut(struct jem_wire *wire)
{
    if (!wire->watched)
        return false;
    pthread_mutex_lock(&wire->lock);
    bool cut = wire->cut;
    pthread_mutex_unlock(&wire->lock);
    return cut;
}

void jem_wire_close(struct jem_wire *wire)
{
    if (wire->fd < 0)
        return;
    pthread_mutex_lock(&wire->lock);
    wire->done = true;
    pthread_cond_signal(&wire->wake);
    pthread_mutex_unlock(&wire->lock);
    pthread_join(wire->watcher, NULL);
    pthread_cond_destroy(&wire->wake);
    pthread_mutex_destroy(&wire->lock);
    close(wire->fd);
    wire->fd = -1;
    wire->watched = false;
}
