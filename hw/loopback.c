/* loopback.c - TCP to 127.0.0.1 with every wait bounded. */
#include "loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "jemput/clock.h"

#define CONNECT_MS 2000
#define SLICE_MS 20

struct loopback {
    struct jem_http1_pipe base;
    unsigned port;
    int fd; /* -1: not connected */
};

static void loopback_shut(struct loopback *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

/* poll() in slices, so that the flag is seen. 0 | JEM_USB_TIMEOUT | JEM_USB_CANCELLED */
static int loopback_poll(int fd, short events, int64_t deadline_ms, const atomic_bool *cancel)
{
    for (;;) {
        int64_t left_ms = deadline_ms - jem_mono_ms();
        if (cancel && atomic_load(cancel))
            return JEM_USB_CANCELLED;
        if (left_ms <= 0)
            return JEM_USB_TIMEOUT;
        if (cancel && left_ms > SLICE_MS)
            left_ms = SLICE_MS;
        struct pollfd p = { .fd = fd, .events = events };
        int n = poll(&p, 1, (int)left_ms);
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return JEM_USB_FAILED;
    }
}

static int loopback_socket(unsigned port, int timeout_ms)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1, failed = 0;
    if (fd < 0)
        return -1;
    socklen_t len = sizeof failed;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 ||
        (errno == EINPROGRESS && loopback_poll(fd, POLLOUT, jem_mono_ms() + timeout_ms, NULL) == 0 &&
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &len) == 0 && failed == 0))
        return fd;
    close(fd);
    return -1;
}

bool jem_loopback_listens(unsigned port)
{
    int fd = loopback_socket(port, CONNECT_MS / 4);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static enum jem_code loopback_fail(const struct loopback *l, int native, struct jem_error *err)
{
    if (native == JEM_USB_CANCELLED)
        return jem_fail(err, JEM_EBUSY, JEM_D_HW, native, JEM_T_USB_CANCELLED, l->base.name);
    if (native == JEM_USB_TIMEOUT)
        return jem_fail(err, JEM_EIO, JEM_D_HW, native, JEM_T_USB_TIMEOUT, l->base.name);
    if (native == JEM_USB_GONE)
        return jem_fail(err, JEM_EIO, JEM_D_HW, native, JEM_T_LOOPBACK_GONE, l->port);
    return jem_fail(err, JEM_EIO, JEM_D_HW, JEM_USB_FAILED, JEM_T_HTTP1_CLOSED, l->base.name);
}

static bool loopback_connect(struct loopback *l)
{
    if (l->fd < 0)
        l->fd = loopback_socket(l->port, CONNECT_MS);
    return l->fd >= 0;
}

static enum jem_code loopback_send(struct jem_http1_pipe *base, const void *p, size_t n, struct jem_usb_wait wait,
    struct jem_error *err)
{
    struct loopback *l = (struct loopback *)base;
    const char *from = p;
    int64_t deadline_ms = jem_mono_ms() + wait.timeout_ms;
    if (!loopback_connect(l))
        return loopback_fail(l, JEM_USB_GONE, err);
    while (n > 0) {
        ssize_t k = send(l->fd, from, n, MSG_NOSIGNAL);
        if (k > 0) {
            from += k;
            n -= (size_t)k;
            continue;
        }
        if (k < 0 && errno != EAGAIN && errno != EINTR)
            return loopback_fail(l, JEM_USB_FAILED, err);
        int rc = loopback_poll(l->fd, POLLOUT, deadline_ms, wait.cancel);
        if (rc != 0)
            return loopback_fail(l, rc, err);
    }
    return JEM_OK;
}

static enum jem_code loopback_receive(struct jem_http1_pipe *base, void *p, size_t cap, size_t want,
    struct jem_usb_wait wait, size_t *got, bool *end, struct jem_error *err)
{
    struct loopback *l = (struct loopback *)base;
    int64_t deadline_ms = jem_mono_ms() + wait.timeout_ms;
    (void)want;
    *got = 0;
    *end = false;
    for (;;) {
        ssize_t k = recv(l->fd, p, cap, 0);
        if (k >= 0) {
            *got = (size_t)k;
            *end = k == 0;
            return JEM_OK;
        }
        if (errno != EAGAIN && errno != EINTR)
            return loopback_fail(l, JEM_USB_FAILED, err);
        int rc = loopback_poll(l->fd, POLLIN, deadline_ms, wait.cancel);
        if (rc != 0)
            return loopback_fail(l, rc, err);
    }
}

/* A connection a request: a new one costs nothing here, and a kept one may be closed by the other side in the very moment
 * in which a job is posted over it. */
static void loopback_rest(struct jem_http1_pipe *base, bool close_it)
{
    (void)close_it;
    loopback_shut((struct loopback *)base);
}

static enum jem_code loopback_recover(struct jem_http1_pipe *base, struct jem_error *err)
{
    struct loopback *l = (struct loopback *)base;
    loopback_shut(l);
    if (!loopback_connect(l))
        return loopback_fail(l, JEM_USB_GONE, err);
    base->dirty = false;
    return JEM_OK;
}

static const struct jem_http1_pipe_ops loopback_ops = { loopback_send, loopback_receive, loopback_rest,
    loopback_recover };

void jem_loopback_host(struct jem_http1_pipe *pipe, bool plain)
{
    const struct loopback *l = (const struct loopback *)pipe;
    if (plain)
        (void)snprintf(pipe->host, sizeof pipe->host, "localhost");
    else
        (void)snprintf(pipe->host, sizeof pipe->host, "localhost:%u", l->port);
}

enum jem_code jem_loopback_new(unsigned port, struct jem_http1_pipe **out, struct jem_error *err)
{
    *out = NULL;
    struct loopback *l = calloc(1, sizeof *l);
    if (!l)
        return jem_fail_nomem(err);
    l->base.ops = &loopback_ops;
    l->port = port;
    l->fd = -1;
    (void)snprintf(l->base.name, sizeof l->base.name, "ipp-usb:%u", port);
    jem_loopback_host(&l->base, false);
    *out = &l->base;
    return JEM_OK;
}

void jem_loopback_free(struct jem_http1_pipe *pipe)
{
    if (!pipe)
        return;
    loopback_shut((struct loopback *)pipe);
    free(pipe);
}
