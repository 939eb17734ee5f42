/* listen.c - opens the port and makes the list of names. Another name on our port is somebody's DNS pointing at us. */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTEN_BACKLOG SOMAXCONN

struct listen_address {
    struct sockaddr_storage sa;
    socklen_t size;
    char host[64]; /* as in a URL: with brackets for IPv6 */
};

/* "host:port" in its two parts. */
static bool listen_split(const char *text, char host[64], char port[8])
{
    const char *colon = text != NULL ? strrchr(text, ':') : NULL;
    if (colon == NULL || colon == text || strlen(colon + 1) == 0 || strlen(colon + 1) > 5 ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    size_t n = (size_t)(colon - text);
    bool bracket = text[0] == '[' && colon[-1] == ']';
    if (bracket) {
        text++;
        n -= 2;
    }
    if (n == 0 || n >= 64 || (!bracket && memchr(text, ':', n) != NULL))
        return false;
    memcpy(host, text, n);
    host[n] = '\0';
    memcpy(port, colon + 1, strlen(colon + 1) + 1);
    if (strcmp(host, "localhost") == 0)
        memcpy(host, "127.0.0.1", sizeof "127.0.0.1");
    return true;
}

static bool listen_resolve(const char *text, struct listen_address *out)
{
    char host[64], port[8];
    struct addrinfo *list = NULL;
    struct addrinfo want = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM };
    if (!listen_split(text, host, port) || getaddrinfo(host, port, &want, &list) != 0)
        return false;
    memcpy(&out->sa, list->ai_addr, list->ai_addrlen);
    out->size = list->ai_addrlen;
    snprintf(out->host, sizeof out->host, list->ai_family == AF_INET6 ? "[%.60s]" : "%.60s", host);
    freeaddrinfo(list);
    return true;
}

static bool listen_is_loopback(const struct sockaddr_storage *sa)
{
    if (sa->ss_family == AF_INET) {
        struct in_addr a = ((const struct sockaddr_in *)(const void *)sa)->sin_addr;
        return ntohl(a.s_addr) >> 24 == 127;
    }
    const struct in6_addr *a = &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
    return sa->ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(a);
}

static unsigned listen_port(int fd)
{
    struct sockaddr_storage sa;
    socklen_t n = sizeof sa;
    if (getsockname(fd, (struct sockaddr *)&sa, &n) != 0)
        return 0;
    return sa.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)(void *)&sa)->sin_port)
                                   : ntohs(((struct sockaddr_in6 *)(void *)&sa)->sin6_port);
}

static int listen_bind(const struct listen_address *a)
{
    int one = 1;
    int fd = socket(a->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (const struct sockaddr *)&a->sa, a->size) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static bool listen_is_any(const struct sockaddr_storage *sa)
{
    if (sa->ss_family == AF_INET)
        return ((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr == htonl(INADDR_ANY);
    return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr);
}

void web_listen_name(struct web_listen *l, const char *host)
{
    if (l->host_count + 2 > WEB_HOSTS_MAX || strlen(host) > 255)
        return;
    snprintf(l->hosts[l->host_count++], sizeof *l->hosts, "%s:%u", host, l->port);
    if (l->port == (strncmp(l->url, "https", 5) == 0 ? 443 : 80)) /* a browser leaves it away */
        snprintf(l->hosts[l->host_count++], sizeof *l->hosts, "%s", host);
}

enum jem_code web_listen_open(const char *text, bool loopback_only, const char *scheme, const char *host_name,
    struct web_listen *out, struct jem_error *err)
{
    struct listen_address a = { .size = 0 };
    *out = (struct web_listen){ .fd = -1 };
    if (!listen_resolve(text, &a))
        return jem_fail(err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_WEB_LISTEN_FORM, text != NULL ? text : "");
    if (loopback_only && !listen_is_loopback(&a.sa))
        return jem_fail(err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_WEB_LISTEN_LOOPBACK, a.host);
    out->fd = listen_bind(&a);
    if (out->fd < 0 && (errno == EADDRINUSE || errno == EACCES))
        return jem_fail(err, errno == EACCES ? JEM_EDENIED : JEM_EBUSY, JEM_D_WEB, errno, JEM_T_WEB_LISTEN_TAKEN, text);
    if (out->fd < 0)
        return jem_fail_errno(err, errno, text);
    out->port = listen_port(out->fd);
    out->wildcard = listen_is_any(&a.sa);
    memcpy(out->host, a.host, sizeof out->host);
    snprintf(out->url, sizeof out->url, "%s://%s:%u/", scheme, a.host, out->port);
    web_listen_name(out, a.host);
    if (listen_is_loopback(&a.sa))
        web_listen_name(out, "localhost");
    if (host_name != NULL && *host_name)
        snprintf(out->hosts[out->host_count++], sizeof *out->hosts, "%s", host_name);
    return JEM_OK;
}

enum jem_code web_listen_start(struct web_listen *l, struct jem_error *err)
{
    return listen(l->fd, LISTEN_BACKLOG) == 0 ? JEM_OK : jem_fail_errno(err, errno, l->url);
}

bool web_listen_host_allowed(const struct web_listen *l, const char *host)
{
    for (unsigned i = 0; i < l->host_count; i++)
        if (strcasecmp(l->hosts[i], host) == 0)
            return true;
    return false;
}
