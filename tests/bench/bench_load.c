/* bench_load.c - the HTTP client: one thread, poll, answers with Content-Length. */
#include "bench_load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

enum { LOAD_CONNECTIONS_MAX = 64, LOAD_ANSWER_MAX = 131072 };

struct load_connection {
    int fd;
    size_t got, whole; /* whole 0: the head is not here yet */
    size_t body;
    char bytes[LOAD_ANSWER_MAX];
};

static void load_ask(const struct bench_load *load, const struct load_connection *c, unsigned n)
{
    char text[600];
    int size = snprintf(text, sizeof text,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: bench\r\nAccept: text/html\r\n"
        "X-Forwarded-For: 10.%u.%u.%u\r\n\r\n",
        load->path, load->port, n >> 16 & 255, n >> 8 & 255, n & 255);
    if (send(c->fd, text, (size_t)size, MSG_NOSIGNAL) != size)
        bench_die("port %u takes no request", load->port);
}

static void load_connect(const struct bench_load *load, struct load_connection *c)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)load->port) };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0)
        bench_die("nobody listens on port %u", load->port);
}

static void load_head(const struct bench_load *load, struct load_connection *c)
{
    const char *end = strstr(c->bytes, "\r\n\r\n");
    if (end == NULL)
        return;
    const char *length = strcasestr(c->bytes, "\r\nContent-Length:");
    if (strncmp(c->bytes, "HTTP/1.1 200 ", 13) != 0 || length == NULL || length > end)
        bench_die("port %u answers %.20s", load->port, c->bytes);
    c->body = strtoul(length + 17, NULL, 10);
    c->whole = (size_t)(end + 4 - c->bytes) + c->body;
    if (c->whole >= sizeof c->bytes)
        bench_die("port %u answers too much", load->port);
}

/* True when an answer is whole. A server ends a connection after so many requests: another takes its place. */
static bool load_read(const struct bench_load *load, struct load_connection *c)
{
    ssize_t n = recv(c->fd, c->bytes + c->got, sizeof c->bytes - 1 - c->got, 0);
    if (n <= 0 && c->got == 0) {
        (void)close(c->fd);
        load_connect(load, c);
        load_ask(load, c, 0);
        return false;
    }
    if (n <= 0)
        bench_die("port %u hung up", load->port);
    c->got += (size_t)n;
    c->bytes[c->got] = '\0';
    if (c->whole == 0)
        load_head(load, c);
    return c->whole > 0 && c->got >= c->whole;
}

void bench_load_run(struct bench_load *load)
{
    static struct load_connection connections[LOAD_CONNECTIONS_MAX];
    static unsigned asked;
    struct pollfd p[LOAD_CONNECTIONS_MAX];
    unsigned answered = 0, n = load->connections < LOAD_CONNECTIONS_MAX ? load->connections : LOAD_CONNECTIONS_MAX;
    for (unsigned i = 0; i < n; i++) {
        connections[i].got = connections[i].whole = 0;
        load_connect(load, &connections[i]);
        load_ask(load, &connections[i], ++asked);
        p[i] = (struct pollfd){ .fd = connections[i].fd, .events = POLLIN };
    }
    double start = bench_now_us(), end = start + load->seconds * 1e6, now = start;
    while (now < end) {
        if (poll(p, n, 5000) <= 0)
            bench_die("port %u does not answer", load->port);
        for (unsigned i = 0; i < n; i++) {
            bool whole = p[i].revents != 0 && load_read(load, &connections[i]);
            p[i].fd = connections[i].fd;
            if (!whole)
                continue;
            answered++;
            load->body_bytes = connections[i].body;
            connections[i].got = connections[i].whole = 0;
            load_ask(load, &connections[i], ++asked);
        }
        now = bench_now_us();
    }
    for (unsigned i = 0; i < n; i++)
        (void)close(connections[i].fd);
    load->per_s = (double)answered * 1e6 / (now - start);
}

size_t bench_load_get(unsigned port, const char *path, char *out, size_t cap)
{
    static struct load_connection c;
    struct bench_load load = { .port = port, .path = path };
    c.got = c.whole = 0;
    load_connect(&load, &c);
    load_ask(&load, &c, 0);
    while (!load_read(&load, &c))
        continue;
    if (c.body >= cap)
        bench_die("the page does not fit");
    memcpy(out, c.bytes + c.whole - c.body, c.body);
    out[c.body] = '\0';
    (void)close(c.fd);
    return c.body;
}
