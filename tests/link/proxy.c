// room: base
/* proxy.c - a bad link on 127.0.0.1: a TCP relay that cuts, throttles, delays, stalls and corrupts, and counts.
 *
 *   proxy --to PORT [--listen PORT] [--cut N] [--cut-up N] [--cut-down N] [--rate N] [--delay MS] [--stall N]
 *         [--mute N] [--corrupt N] [--random SEED]
 *
 *   --cut N       a connection is reset after N bytes, both ways together; --cut-up, --cut-down: of one way
 *   --random SEED the bytes of --cut are drawn anew for each connection, exponentially with that mean
 *   --rate N      bytes a second, each way, all connections together
 *   --delay MS    each way
 *   --stall N     a connection falls silent after N bytes, and stays open; --stall-up, --stall-down: of one way
 *   --mute N      once N bytes of a connection went up nothing comes down any more
 *   --deaf 1      no connection comes about: nobody answers those who knock
 *   --corrupt N   one bit of every Nth byte is turned over
 *
 * Prints {"port":P} when it listens, and the counts at SIGTERM: payload bytes as they came in from the client (up) and the
 * server (down), and whatever was done to them. One thread, poll. */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "jemput/clock.h"

enum { PAIRS = 64, PIECE = 1400, AHEAD_MS = 200, QUEUE_MAX = 1 << 18 };

struct parcel { /* bytes on their way */
    struct parcel *next;
    int64_t due_ms;
    size_t n, at;
    unsigned char bytes[PIECE];
};

struct flow { /* one way of one connection */
    struct parcel *first, **last;
    size_t queued;
    uint64_t passed;
    bool ended, told; /* the sender is done; the receiver knows */
};

struct pair {
    int fd[2]; /* client, server */
    struct flow flow[2];
    uint64_t cut; /* bytes after which this one is cut, 0: never */
    bool doomed, stalled;
};

static struct {
    unsigned to;
    uint64_t cut, cut_way[2], rate, stall, stall_way[2], mute, corrupt, rng;
    bool deaf;
    int64_t delay_ms;
    int listener;
    unsigned port;      /* wanted; 0: any */
    int64_t busy_us[2]; /* until when each way's bytes keep the line */
    struct pair pairs[PAIRS];
    size_t count;
    uint64_t bytes[2], seen, connections, cuts, stalls, turned;
} proxy;

static volatile sig_atomic_t proxy_ends;

static void on_end(int signal)
{
    (void)signal;
    proxy_ends = 1;
}

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "proxy: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct sockaddr_in address(unsigned port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

/* ---- life of a connection ---- */

static uint64_t draw_cut(void)
{
    if (proxy.rng == 0 || proxy.cut == 0)
        return proxy.cut;
    proxy.rng ^= proxy.rng << 13; /* xorshift64 */
    proxy.rng ^= proxy.rng >> 7;
    proxy.rng ^= proxy.rng << 17;
    double u = ((double)(proxy.rng >> 11) + 1) / 9007199254740993.0;
    return 1 + (uint64_t)(-log(u) * (double)proxy.cut);
}

static void pair_open(void)
{
    struct sockaddr_in to = address(proxy.to);
    int on = 1, client = accept(proxy.listener, NULL, NULL);
    if (client < 0)
        return;
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server < 0 || proxy.count == PAIRS || connect(server, (struct sockaddr *)&to, sizeof to) != 0) {
        (void)close(client);
        if (server >= 0)
            (void)close(server);
        return;
    }
    (void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct pair *pair = &proxy.pairs[proxy.count++];
    *pair = (struct pair){ .fd = { client, server }, .cut = draw_cut() };
    proxy.connections++;
}

static void pair_close(size_t i, bool reset)
{
    struct pair *pair = &proxy.pairs[i];
    struct linger now = { 1, 0 };
    for (int way = 0; way < 2; way++) {
        for (struct parcel *p = pair->flow[way].first, *next; p != NULL; p = next) {
            next = p->next;
            free(p);
        }
        if (reset)
            (void)setsockopt(pair->fd[way], SOL_SOCKET, SO_LINGER, &now, sizeof now);
        (void)close(pair->fd[way]);
    }
    *pair = proxy.pairs[--proxy.count];
}

/* ---- bytes ---- */

/* How many of n bytes may still pass before this connection is cut or stalls. */
static size_t pair_allows(struct pair *pair, int way, size_t n)
{
    uint64_t both = pair->flow[0].passed + pair->flow[1].passed, left = n;
    if (pair->cut != 0 && pair->cut - both <= left) {
        left = pair->cut - both;
        pair->doomed = true;
    }
    if (proxy.cut_way[way] != 0 && proxy.cut_way[way] - pair->flow[way].passed <= left) {
        left = proxy.cut_way[way] - pair->flow[way].passed;
        pair->doomed = true;
    }
    if (proxy.stall != 0 && proxy.stall - both <= left) {
        left = proxy.stall - both;
        pair->stalled = true;
    }
    if (proxy.stall_way[way] != 0 && proxy.stall_way[way] - pair->flow[way].passed <= left) {
        left = proxy.stall_way[way] - pair->flow[way].passed;
        pair->stalled = true;
    }
    proxy.stalls += pair->stalled;
    if (pair->doomed)
        proxy.cuts++;
    return (size_t)left;
}

static int64_t line_due_ms(int way, size_t n)
{
    int64_t now_us = jem_mono_ms() * 1000;
    if (proxy.busy_us[way] < now_us)
        proxy.busy_us[way] = now_us;
    if (proxy.rate != 0)
        proxy.busy_us[way] += (int64_t)(n * 1000000 / proxy.rate);
    return proxy.busy_us[way] / 1000 + proxy.delay_ms;
}

static bool may_read(const struct pair *pair, int way)
{
    if (way == 1 && proxy.mute != 0 && pair->flow[0].passed >= proxy.mute)
        return false;
    return !pair->flow[way].ended && !pair->doomed && !pair->stalled && pair->flow[way].queued < QUEUE_MAX &&
           proxy.busy_us[way] / 1000 - jem_mono_ms() < AHEAD_MS;
}

static void pair_read(struct pair *pair, int way)
{
    struct flow *flow = &pair->flow[way];
    struct parcel *parcel = calloc(1, sizeof *parcel);
    if (parcel == NULL)
        die("memory");
    ssize_t n = recv(pair->fd[way], parcel->bytes, PIECE, 0);
    if (n <= 0) {
        flow->ended = true;
        pair->doomed = pair->doomed || n < 0;
        free(parcel);
        return;
    }
    proxy.bytes[way] += (uint64_t)n;
    parcel->n = pair_allows(pair, way, (size_t)n);
    flow->passed += parcel->n;
    flow->queued += parcel->n;
    for (size_t i = 0; proxy.corrupt != 0 && i < parcel->n; i++)
        if (++proxy.seen % proxy.corrupt == 0) {
            parcel->bytes[i] ^= 0x10;
            proxy.turned++;
        }
    parcel->due_ms = line_due_ms(way, parcel->n);
    if (flow->first == NULL)
        flow->last = &flow->first;
    *flow->last = parcel;
    flow->last = &parcel->next;
}

/* Hands on what is due; false when the receiver is gone. */
static bool pair_write(struct pair *pair, int way)
{
    struct flow *flow = &pair->flow[way];
    while (flow->first != NULL && flow->first->due_ms <= jem_mono_ms()) {
        struct parcel *parcel = flow->first;
        ssize_t sent =
            send(pair->fd[1 - way], parcel->bytes + parcel->at, parcel->n - parcel->at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN)
            return false;
        if (sent < 0)
            return true;
        parcel->at += (size_t)sent;
        flow->queued -= (size_t)sent;
        if (parcel->at < parcel->n)
            return true;
        flow->first = parcel->next;
        free(parcel);
    }
    if (flow->ended && flow->first == NULL && !flow->told) {
        (void)shutdown(pair->fd[1 - way], SHUT_WR);
        flow->told = true;
    }
    return true;
}

/* ---- the loop ---- */

static void pair_take(struct pair *pair, const short events[2])
{
    for (int way = 0; way < 2; way++)
        if ((events[way] & (POLLIN | POLLHUP | POLLERR)) != 0 && may_read(pair, way))
            pair_read(pair, way);
}

/* True while the connection lives. */
static bool pair_step(struct pair *pair, bool *reset)
{
    bool alive = pair_write(pair, 0) && pair_write(pair, 1);
    *reset = !alive || pair->doomed;
    if (pair->doomed && pair->flow[0].first == NULL && pair->flow[1].first == NULL)
        return false;
    return alive && !(pair->flow[0].told && pair->flow[1].told);
}

static int next_due_ms(void)
{
    int64_t wait = 100, now = jem_mono_ms();
    for (size_t i = 0; i < proxy.count; i++)
        for (int way = 0; way < 2; way++) {
            const struct parcel *first = proxy.pairs[i].flow[way].first;
            if (first != NULL && first->due_ms - now < wait)
                wait = first->due_ms > now ? first->due_ms - now : 1;
        }
    return (int)wait;
}

static void run(void)
{
    struct pollfd p[1 + 2 * PAIRS];
    size_t turns = 0;
    while (!proxy_ends) {
        p[0] = (struct pollfd){ .fd = proxy.deaf ? -1 : proxy.listener, .events = POLLIN };
        for (size_t i = 0; i < proxy.count; i++)
            for (int way = 0; way < 2; way++) {
                bool wants = may_read(&proxy.pairs[i], way);
                p[1 + 2 * i + (size_t)way] =
                    (struct pollfd){ .fd = wants ? proxy.pairs[i].fd[way] : -1, .events = POLLIN };
            }
        if (poll(p, (nfds_t)(1 + 2 * proxy.count), next_due_ms()) < 0 && errno != EINTR)
            die("poll");
        for (size_t k = 0, turn = turns++; k < proxy.count;
             k++) { /* the line is shared: another one is first each time */
            size_t i = (turn + k) % proxy.count;
            pair_take(&proxy.pairs[i], (const short[]){ p[1 + 2 * i].revents, p[2 + 2 * i].revents });
        }
        for (size_t i = proxy.count; i-- > 0;) {
            bool reset;
            if (!pair_step(&proxy.pairs[i], &reset))
                pair_close(i, reset);
        }
        if ((p[0].revents & POLLIN) != 0)
            pair_open();
    }
}

/* Its own connections fill the queue of those that wait to be accepted: the kernel drops all further ones. */
static void be_deaf(const struct sockaddr_in *at)
{
    for (int i = 0; i < 4; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0 || (connect(fd, (const struct sockaddr *)at, sizeof *at) != 0 && errno != EINPROGRESS))
            die("cannot be deaf");
    }
}

static void listen_on_loopback(void)
{
    struct sockaddr_in at = address(proxy.port);
    socklen_t n = sizeof at;
    int again = 1;
    proxy.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (proxy.listener < 0 || setsockopt(proxy.listener, SOL_SOCKET, SO_REUSEADDR, &again, sizeof again) != 0 ||
        bind(proxy.listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(proxy.listener, proxy.deaf ? 0 : 16) != 0 ||
        getsockname(proxy.listener, (struct sockaddr *)&at, &n) != 0)
        die("cannot listen");
    if (proxy.deaf)
        be_deaf(&at);
    printf("{\"port\":%u}\n", (unsigned)ntohs(at.sin_port));
    (void)fflush(stdout);
}

static void option(const char *name, const char *text)
{
    uint64_t value = strtoull(text, NULL, 10);
    if (strcmp(name, "--to") == 0)
        proxy.to = (unsigned)value;
    else if (strcmp(name, "--listen") == 0)
        proxy.port = (unsigned)value;
    else if (strcmp(name, "--cut") == 0)
        proxy.cut = value;
    else if (strcmp(name, "--cut-up") == 0)
        proxy.cut_way[0] = value;
    else if (strcmp(name, "--cut-down") == 0)
        proxy.cut_way[1] = value;
    else if (strcmp(name, "--random") == 0)
        proxy.rng = value * 0x9e3779b97f4a7c15U + 1;
    else if (strcmp(name, "--rate") == 0)
        proxy.rate = value;
    else if (strcmp(name, "--delay") == 0)
        proxy.delay_ms = (int64_t)value;
    else if (strcmp(name, "--stall") == 0)
        proxy.stall = value;
    else if (strcmp(name, "--stall-up") == 0)
        proxy.stall_way[0] = value;
    else if (strcmp(name, "--stall-down") == 0)
        proxy.stall_way[1] = value;
    else if (strcmp(name, "--mute") == 0)
        proxy.mute = value;
    else if (strcmp(name, "--deaf") == 0)
        proxy.deaf = value != 0;
    else if (strcmp(name, "--corrupt") == 0)
        proxy.corrupt = value;
    else
        errno = EINVAL, die(name);
}

int main(int argc, char **argv)
{
    struct sigaction end = { .sa_handler = on_end };
    for (int i = 1; i + 1 < argc; i += 2)
        option(argv[i], argv[i + 1]);
    if (proxy.to == 0 || argc % 2 == 0) {
        fprintf(stderr, "usage: proxy --to PORT [--cut N] ...\n");
        return 2;
    }
    (void)sigaction(SIGTERM, &end, NULL);
    (void)sigaction(SIGINT, &end, NULL);
    listen_on_loopback();
    run();
    printf("{\"connections\":%llu,\"up\":%llu,\"down\":%llu,\"cuts\":%llu,\"stalls\":%llu,\"turned\":%llu}\n",
        (unsigned long long)proxy.connections, (unsigned long long)proxy.bytes[0], (unsigned long long)proxy.bytes[1],
        (unsigned long long)proxy.cuts, (unsigned long long)proxy.stalls, (unsigned long long)proxy.turned);
    while (proxy.count > 0)
        pair_close(proxy.count - 1, true);
    return 0;
}
