/* listen.h - the socket and the names under which a server may be called. */
#ifndef WEB_LISTEN_H
#define WEB_LISTEN_H
#include "jemput/error.h"
#include <stdbool.h>

#define WEB_HOSTS_MAX 40
struct web_listen {
    int fd;                         /* -1: none */
    char hosts[WEB_HOSTS_MAX][280]; /* exact values of Host that are accepted */
    unsigned host_count;
    unsigned port;
    bool wildcard; /* every address of this machine: the names come later */
    char host[64]; /* of the address, as in a URL */
    char url[300]; /* "http://127.0.0.1:8080/" */
};
/* Takes the port; nobody is let in before web_listen_start. JEM_EINVAL not an address, or not loopback when that is asked
 * for | JEM_EBUSY port taken | JEM_EDENIED */
JEM_NODISCARD enum jem_code web_listen_open(const char *text, bool loopback_only, const char *scheme,
    const char *host_name, struct web_listen *out, struct jem_error *err);
JEM_NODISCARD enum jem_code web_listen_start(struct web_listen *l, struct jem_error *err);
/* One more name or address ("van3.local", "192.168.8.1", "[fd00::1]") of this machine, with the port. */
void web_listen_name(struct web_listen *l, const char *host);
bool web_listen_host_allowed(const struct web_listen *l, const char *host);
#endif
