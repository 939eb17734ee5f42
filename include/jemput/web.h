/* web.h - the two servers: the officer's pages over one folder, and the public status site over status.db. */
#ifndef JEMPUT_WEB_H
#define JEMPUT_WEB_H
#include "jemput/error.h"
#include <stdbool.h>
#include <stddef.h>
struct jem_app;
#define JEM_WEB_LOCK_AFTER_S 900
struct jem_web_options {
    const char *dir; /* folder of a van; the store opens with the first login */
    const char *
        listen; /* "127.0.0.1:8080", "[::1]:8080"; port 0 picks one. Only loopback: a login must not cross a network in clear */
    const char
        *tls_listen; /* "0.0.0.0:8443": a second port, by TLS, for the counters and the citizens' stand; NULL: none. It
                               opens with the first login: its key lies in the store */
    const char *host_name; /* further exact Host allowed ("van3.lan:8443"), or NULL */
    void (*ready)(void *ctx, const char *url, const char *tls_url); /* tls_url: "" when there is none */
    void *ctx;                                                      /* called once the ports are ours */
    int lock_after_s; /* a session that nobody used for so long is locked; 0: JEM_WEB_LOCK_AFTER_S */
    /* Rounds of sync come by themselves, from the first login on (it lends the key), until the server ends; pages show
     * and steer them. */
    struct jem_app *app; /* borrowed: with it they begin at once, for a machine that nobody logs into; or NULL */
    bool no_sync;        /* rounds only when an officer asks */
    int sync_every_s;    /* kept in the store from then on; 0: as kept, or JEM_SYNC_EVERY_S */
};
/* Serves until SIGINT or SIGTERM, then ends requests under way and returns. JEM_EINVAL bad or non-loopback address |
 * JEM_EBUSY port taken | JEM_ENOTFOUND no store there */
JEM_NODISCARD enum jem_code jem_web_serve(const struct jem_web_options *options, struct jem_error *err);
struct jem_site_options {
    const char *db, *listen; /* any address: it holds no personal data */
    const char *host_name;   /* exact Host allowed; NULL: any, for use behind a proxy */
    void (*ready)(void *ctx, const char *url, const char *tls_url); /* tls_url: "" */
    void *ctx;
};
/* Serves until SIGINT or SIGTERM; the file may be replaced meanwhile. What one address may ask is limited; a proxy has to run
 * on this machine and append the address it speaks for to X-Forwarded-For, whose last entry counts when the proxy's own
 * connection comes from loopback. JEM_ENOTFOUND, JEM_ECORRUPT no status data there | JEM_EINVAL bad address | JEM_EBUSY port taken */
JEM_NODISCARD enum jem_code jem_site_serve(const struct jem_site_options *options, struct jem_error *err);
struct jem_site_files {
    size_t all, written, removed; /* written: new or changed */
};
/* The status pages as files below `dir` (made when it is not there), for a host that serves files and nothing else; see
 * site_static.c. A file that is the same already is left alone; one whose application went is removed; every file has its
 * old or its new content, whole. JEM_ENOTFOUND, JEM_ECORRUPT no status data there | JEM_EINVAL the folder holds other
 * pages | JEM_EBUSY another one writes there | JEM_EIO */
JEM_NODISCARD enum jem_code jem_site_write(const char *db, const char *dir, struct jem_site_files *out,
    struct jem_error *err);
#endif
