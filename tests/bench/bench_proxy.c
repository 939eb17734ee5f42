/* bench_proxy.c - the counting relay: one thread, poll. */
#include "bench_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

enum { PROXY_PAIRS = 32, PROXY_TICK_MS = 100 };

struct proxy_pair {
    int fd[2];    /* client, server */
    bool open[2]; /* that side may still send */
};

static struct sockaddr_in proxy_address(unsigned port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

static void proxy_accept(struct bench_proxy *proxy, struct proxy_pair *pairs, size_t *count)
{
    struct sockaddr_in to = proxy_address(proxy->server_port);
    struct proxy_pair pair = { { accept(proxy->listener, NULL, NULL), socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) },
        { true, true } };
    if (pair.fd[0] < 0 || pair.fd[1] < 0 || *count == PROXY_PAIRS ||
        connect(pair.fd[1], (struct sockaddr *)&to, sizeof to) != 0)
        bench_die("the relay cannot reach the server");
    pairs[(*count)++] = pair;
}

/* Moves what one side sent; false when the pair is done. */
static bool proxy_move(struct bench_proxy *proxy, struct proxy_pair *pair, int side)
{
    static unsigned char bytes[65536];
    ssize_t n = recv(pair->fd[side], bytes, sizeof bytes, 0);
    if (n <= 0) {
        pair->open[side] = false;
        (void)shutdown(pair->fd[1 - side], SHUT_WR);
        return pair->open[1 - side];
    }
    atomic_fetch_add(side == 0 ? &proxy->up : &proxy->down, (uint64_t)n);
    for (ssize_t at = 0; at < n;) {
        ssize_t sent = send(pair->fd[1 - side], bytes + at, (size_t)(n - at), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
    }
    return true;
}

static void *proxy_run(void *ctx)
{
    struct bench_proxy *proxy = ctx;
    struct proxy_pair pairs[PROXY_PAIRS];
    size_t count = 0;
    while (!atomic_load(&proxy->stop)) {
        struct pollfd p[1 + 2 * PROXY_PAIRS] = { { .fd = proxy->listener, .events = POLLIN } };
        for (size_t i = 0; i < count; i++)
            for (size_t side = 0; side < 2; side++)
                p[1 + 2 * i + side] =
                    (struct pollfd){ .fd = pairs[i].open[side] ? pairs[i].fd[side] : -1, .events = POLLIN };
        if (poll(p, (nfds_t)(1 + 2 * count), PROXY_TICK_MS) <= 0)
            continue;
        for (size_t i = count; i-- > 0;) {
            bool alive = true;
            for (int side = 0; alive && side < 2; side++)
                if ((p[1 + 2 * i + (size_t)side].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
                    alive = proxy_move(proxy, &pairs[i], side);
            if (alive)
                continue;
            (void)close(pairs[i].fd[0]);
            (void)close(pairs[i].fd[1]);
            pairs[i] = pairs[--count];
        }
        if ((p[0].revents & POLLIN) != 0)
            proxy_accept(proxy, pairs, &count);
    }
    for (size_t i = 0; i < count; i++) {
        (void)close(pairs[i].fd[0]);
        (void)close(pairs[i].fd[1]);
    }
    return NULL;
}

void bench_proxy_start(struct bench_proxy *proxy, unsigned server_port)
{
    struct sockaddr_in at = proxy_address(0);
    socklen_t n = sizeof at;
    memset(proxy, 0, sizeof *proxy);
    proxy->server_port = server_port;
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (proxy->listener < 0 || bind(proxy->listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(proxy->listener, 16) != 0 || getsockname(proxy->listener, (struct sockaddr *)&at, &n) != 0)
        bench_die("the relay cannot listen");
    proxy->port = ntohs(at.sin_port);
    if (pthread_create(&proxy->thread, NULL, proxy_run, proxy) != 0)
        bench_die("the relay cannot start");
}

void bench_proxy_stop(struct bench_proxy *proxy)
{
    atomic_store(&proxy->stop, true);
    (void)pthread_join(proxy->thread, NULL);
    (void)close(proxy->listener);
}

struct bench_bytes bench_proxy_take(struct bench_proxy *proxy)
{
    return (struct bench_bytes){ (double)atomic_exchange(&proxy->up, 0), (double)atomic_exchange(&proxy->down, 0) };
}
