/* wire.c - sockets with limits that the kernel keeps, so that they also hold where another library reads and writes. */
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "jemput/clock.h"

static int wire_limit_ms(int limit_ms, int64_t deadline_ms)
{
    int64_t left = deadline_ms == 0 ? limit_ms : deadline_ms - jem_mono_ms();
    return left < 1 ? 1 : left < limit_ms ? (int)left : limit_ms;
}

static void wire_set(int fd, int level, int option, int value)
{
    (void)setsockopt(fd, level, option, &value, sizeof value);
}

/* A peer that vanished is found by probes when nothing is sent, and by missing answers when something is. */
static void wire_limits(int fd, int silent_ms)
{
    struct timeval silent = { silent_ms / 1000, silent_ms % 1000 * 1000 };
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silent, sizeof silent);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silent, sizeof silent);
    wire_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    wire_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 20);
    wire_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
    wire_set(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
    wire_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, silent_ms);
    wire_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

static int wire_finish(int fd, int timeout_ms)
{
    struct pollfd wait = { .fd = fd, .events = POLLOUT };
    int n, error = 0;
    socklen_t size = sizeof error;
    do
        n = poll(&wait, 1, timeout_ms);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno;
    if (n == 0)
        return ETIMEDOUT;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

static int wire_address(const struct addrinfo *at, int64_t deadline_ms)
{
    int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);
    if (fd < 0)
        return -1;
    int error = connect(fd, at->ai_addr, at->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS)
        error = wire_finish(fd, wire_limit_ms(JEM_WIRE_CONNECT_MS, deadline_ms));
    if (error == 0 && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) != 0)
        error = errno;
    if (error != 0) {
        close(fd);
        errno = error;
        return -1;
    }
    wire_limits(fd, wire_limit_ms(JEM_WIRE_SILENT_MS, deadline_ms));
    return fd;
}

int jem_wire_connect(const char *host, const char *port, int64_t deadline_ms)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC }, *all = NULL;
    int rc = getaddrinfo(host, port, &hints, &all), fd = -1, error = ENOENT;
    for (const struct addrinfo *at = rc == 0 ? all : NULL; at != NULL && fd < 0; at = at->ai_next) {
        fd = wire_address(at, deadline_ms);
        error = errno;
    }
    if (all != NULL)
        freeaddrinfo(all);
    if (fd < 0)
        errno = error;
    return fd;
}

void jem_wire_totals(int fd, uint64_t *up, uint64_t *down)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    memset(&info, 0, sizeof info);
    *up = *down = 0;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
        *up = info.tcpi_bytes_acked;
        *down = info.tcpi_bytes_received;
    }
}
