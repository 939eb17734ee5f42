/* link_watch.c - see the header. What is seen is folded into one number; another number is news. */
#include "jemput/link_watch.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jemput/buf.h"
#include "jemput/clock.h"
#include "jemput/log.h"

#define WATCH_FOLDER_MS 2000
#define WATCH_NETWORK_MS 30000 /* the kernel tells; this is for what it did not */
#define WATCH_URLS_MAX 8192
#define WATCH_DEPTH 5 /* refs/heads/van/3/1.1 */

struct jem_link_watch {
    int wake, route; /* route -1: not to be had, the addresses are looked at more often */
    char *urls;
    uint64_t known;
};

/* ---- what is seen ---- */

static void seen_add(uint64_t *seen, const void *p, size_t n)
{
    const unsigned char *bytes = p;
    for (size_t i = 0; i < n; i++)
        *seen = (*seen ^ bytes[i]) * 0x100000001b3u;
}

/* By the address and not by its interface: link-local ones lead to no hub. */
static bool address_leads(const struct sockaddr *address)
{
    if (address == NULL)
        return false;
    if (address->sa_family == AF_INET) {
        uint32_t a = ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr);
        return a >> 24 != 127 && a >> 16 != 0xa9fe;
    }
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *a = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        return !IN6_IS_ADDR_LOOPBACK(a) && !IN6_IS_ADDR_LINKLOCAL(a);
    }
    return false;
}

/* A default route: all-zero destination, in the forms of the two tables. */
static void seen_routes(uint64_t *seen)
{
    static const char *const tables[] = { "/proc/net/route", "/proc/net/ipv6_route" };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char line[256], gateway[40];
        FILE *f = fopen(tables[i], "re");
        while (f != NULL && fgets(line, sizeof line, f) != NULL)
            if (i == 0 ? sscanf(line, "%*15s 00000000 %39s", gateway) == 1
                       : sscanf(line, "00000000000000000000000000000000 00 %*32s 00 %39s", gateway) == 1)
                seen_add(seen, gateway, strlen(gateway));
        if (f != NULL)
            fclose(f);
    }
}

/* How many addresses lead anywhere; seen may be NULL. */
static unsigned network_look(uint64_t *seen)
{
    struct ifaddrs *list = NULL;
    unsigned count = 0;
    if (getifaddrs(&list) != 0)
        return 0;
    for (const struct ifaddrs *it = list; it != NULL; it = it->ifa_next) {
        if (!(it->ifa_flags & IFF_UP) || !address_leads(it->ifa_addr))
            continue;
        count++;
        if (seen != NULL && it->ifa_addr->sa_family == AF_INET)
            seen_add(seen, &((const struct sockaddr_in *)(const void *)it->ifa_addr)->sin_addr, 4);
        else if (seen != NULL)
            seen_add(seen, &((const struct sockaddr_in6 *)(const void *)it->ifa_addr)->sin6_addr, 16);
    }
    freeifaddrs(list);
    if (seen != NULL)
        seen_routes(seen);
    return count;
}

static void seen_file(uint64_t *seen, int dir, const char *name)
{
    struct stat st;
    if (fstatat(dir, name, &st, 0) != 0)
        return;
    seen_add(seen, &st.st_ino, sizeof st.st_ino);
    seen_add(seen, &st.st_size, sizeof st.st_size);
    seen_add(seen, &st.st_mtim, sizeof st.st_mtim);
}

/* A ref is renamed into its folder, so that the folders' times tell: files need no look. Takes `dir` over. The order of
 * entries is the file system's and stays while nothing changes. */
static void seen_folders(uint64_t *seen, int dir, unsigned depth)
{
    DIR *open_dir = fdopendir(dir);
    if (open_dir == NULL) {
        close(dir);
        return;
    }
    seen_file(seen, dirfd(open_dir), ".");
    for (const struct dirent *it = readdir(open_dir); it != NULL && depth > 0; it = readdir(open_dir)) {
        if (it->d_name[0] == '.' || (it->d_type != DT_DIR && it->d_type != DT_UNKNOWN))
            continue;
        int sub = openat(dirfd(open_dir), it->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (sub >= 0)
            seen_folders(seen, sub, depth - 1);
    }
    closedir(open_dir);
}

static void folder_look(const char *path, uint64_t *seen)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return;
    seen_file(seen, dir, "HEAD");
    seen_file(seen, dir, "packed-refs");
    int refs = openat(dir, "refs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (refs >= 0)
        seen_folders(seen, refs, WATCH_DEPTH);
    close(dir);
}

static bool folder_there(const char *path)
{
    struct stat st;
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool there = dir >= 0 && fstatat(dir, "HEAD", &st, 0) == 0;
    if (dir >= 0)
        close(dir);
    return there;
}

/* ---- hubs ---- */

enum watch_kind { WATCH_FOLDER, WATCH_HERE, WATCH_NETWORK };

/* The host of "scheme://user@host:port/", "scheme://[::1]/" or "user@host:path"; false for a folder. */
static bool url_host(const char *url, char out[256])
{
    const char *mark = strstr(url, "://"), *host = mark != NULL ? mark + 3 : url;
    if (strncmp(url, "file://", 7) == 0 || (mark == NULL && (url[0] == '/' || strchr(url, ':') == NULL)))
        return false;
    size_t whole = strcspn(host, mark != NULL ? "/" : ":");
    const char *at = memchr(host, '@', whole);
    if (at != NULL) {
        whole -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    bool bracket = *host == '[';
    size_t n = bracket ? strcspn(host + 1, "]") : strcspn(host, ":");
    if (!bracket && n > whole)
        n = whole;
    if (n >= 256)
        n = 255;
    memcpy(out, host + bracket, n);
    out[n] = '\0';
    return true;
}

/* *path: the folder's. */
static enum watch_kind url_kind(const char *url, const char **path)
{
    char host[256];
    *path = strncmp(url, "file://", 7) == 0 ? url + 7 : url;
    if (!url_host(url, host))
        return WATCH_FOLDER;
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 || strcmp(host, "localhost") == 0 ? WATCH_HERE
                                                                                                       : WATCH_NETWORK;
}

/* Each hub in turn, until one is enough. */
static bool hubs_any(const struct jem_link_watch *watch, bool (*enough)(enum watch_kind, const char *path, void *),
    void *ctx)
{
    for (const char *at = watch->urls; *at;) {
        char url[1024];
        const char *path;
        size_t n = strcspn(at, "\n");
        if (n > 0 && n < sizeof url) {
            memcpy(url, at, n);
            url[n] = '\0';
            enum watch_kind kind = url_kind(url, &path);
            if (enough(kind, path, ctx))
                return true;
        }
        at += n + (at[n] == '\n');
    }
    return false;
}

static bool hub_is_folder(enum watch_kind kind, const char *path, void *ctx)
{
    (void)path;
    (void)ctx;
    return kind == WATCH_FOLDER;
}

static bool hub_look(enum watch_kind kind, const char *path, void *ctx)
{
    if (kind == WATCH_FOLDER)
        folder_look(path, ctx);
    return false;
}

static bool hub_near(enum watch_kind kind, const char *path, void *ctx)
{
    (void)ctx;
    return kind == WATCH_HERE || (kind == WATCH_FOLDER ? folder_there(path) : network_look(NULL) > 0);
}

static uint64_t watch_look(const struct jem_link_watch *watch)
{
    uint64_t seen = 0xcbf29ce484222325u;
    network_look(&seen);
    (void)hubs_any(watch, hub_look, &seen);
    return seen;
}

bool jem_link_watch_reachable(const struct jem_link_watch *watch)
{
    return hubs_any(watch, hub_near, NULL);
}

/* ---- life ---- */

static int route_open(void)
{
    struct sockaddr_nl address = { .nl_family = AF_NETLINK,
        .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE | RTMGRP_LINK };
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    jem_log(JEM_LOG_INFO, "link: the kernel does not tell of networks here (%s): they are looked at now and then",
        strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

enum jem_code jem_link_watch_new(struct jem_link_watch **out, struct jem_error *err)
{
    struct jem_link_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return jem_fail_nomem(err);
    watch->urls = strdup("");
    watch->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watch->route = route_open();
    if (watch->urls == NULL || watch->wake < 0) {
        jem_link_watch_free(watch);
        return jem_fail_nomem(err);
    }
    jem_link_watch_note(watch);
    *out = watch;
    return JEM_OK;
}

void jem_link_watch_free(struct jem_link_watch *watch)
{
    if (watch == NULL)
        return;
    if (watch->wake >= 0)
        close(watch->wake);
    if (watch->route >= 0)
        close(watch->route);
    free(watch->urls);
    free(watch);
}

bool jem_link_watch_hubs(struct jem_link_watch *watch, const char *urls)
{
    char *copy = strcmp(watch->urls, urls) != 0 ? strndup(urls, WATCH_URLS_MAX) : NULL;
    if (copy == NULL)
        return false;
    free(watch->urls);
    watch->urls = copy;
    jem_link_watch_note(watch);
    return true;
}

void jem_link_watch_note(struct jem_link_watch *watch)
{
    watch->known = watch_look(watch);
}

void jem_link_watch_wake(struct jem_link_watch *watch)
{
    uint64_t one = 1;
    ssize_t done = write(watch->wake, &one, sizeof one);
    (void)done; /* a full counter wakes as well */
}

/* What the messages say is looked up anew: it may be more than the kernel kept of them (ENOBUFS). */
static void watch_drain(int fd)
{
    char bytes[8192];
    ssize_t n;
    do
        n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    while (n > 0 || (n < 0 && (errno == ENOBUFS || errno == EINTR)));
}

enum jem_link_news jem_link_watch_wait(struct jem_link_watch *watch, int64_t timeout_ms)
{
    bool often = watch->route < 0 || hubs_any(watch, hub_is_folder, NULL);
    int64_t until = jem_mono_ms() + timeout_ms, look_ms = often ? WATCH_FOLDER_MS : WATCH_NETWORK_MS;
    for (;;) {
        struct pollfd fds[] = { { watch->wake, POLLIN, 0 }, { watch->route, POLLIN, 0 } };
        int64_t left = until - jem_mono_ms();
        if (watch_look(watch) != watch->known)
            return JEM_LINK_CHANGED;
        if (left < 0)
            left = 0;
        int ready = poll(fds, watch->route >= 0 ? 2 : 1, (int)(left < look_ms ? left : look_ms));
        uint64_t count;
        if (ready > 0 && (fds[0].revents & POLLIN) && read(watch->wake, &count, sizeof count) > 0)
            return JEM_LINK_WOKEN;
        if (ready > 0 && watch->route >= 0 && fds[1].revents != 0)
            watch_drain(watch->route);
        if (jem_mono_ms() >= until)
            return watch_look(watch) != watch->known ? JEM_LINK_CHANGED : JEM_LINK_TIME;
    }
}
