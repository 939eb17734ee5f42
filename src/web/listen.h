/* listen.h - the socket and the names under which a server may be called. */
#ifndef WEB_LISTEN_H
#define WEB_LISTEN_H
#include "jemput/error.h"
#include <stdbool.h>

struct web_listen {
    int fd;             /* -1: none */
    char hosts[8][280]; /* exact values of Host that are accepted, lower case */
    unsigned host_count;
    char url[300]; /* "http://127.0.0.1:8080/" */
};
/* JEM_EINVAL not an address, or not loopback when that is asked for | JEM_EBUSY port taken | JEM_EDENIED */
JEM_NODISCARD enum jem_code web_listen_open(const char *text, bool loopback_only, const char *host_name,
    struct web_listen *out, struct jem_error *err);
bool web_listen_host_allowed(const struct web_listen *l, const char *host);
#endif
