/* server.h - the HTTP core under both servers: libmicrohttpd with what it lets through closed.
 *
 * Refused before any handler runs: two of a header that must be one, Content-Length with Transfer-Encoding, chunked
 * bodies, malformed escapes, %00, control characters, a path that is not UTF-8 (400); a Host that is not on the exact
 * list (421); a body longer than allowed, by its header and by count (413); other methods than GET, HEAD, POST (405).
 * Every answer carries the protections of web_answer. A request is answered by one thread of a small pool. A client that
 * takes too long for a head, a body or an answer is cut off (patience.h). */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H
#include "jemput/buf.h"
#include "form.h"

struct sockaddr;
struct web_listen;
struct web_server;
struct web_rq; /* the connection's own state */

struct web_request {
    bool post;            /* else GET or HEAD */
    const char *path;     /* unescaped, starts with '/' */
    const char *query;    /* raw, "" when none */
    const char *host;     /* as sent; on the list */
    struct web_form args; /* of the query */
    struct web_form form; /* of the body; empty until the body is here */
    char *body;           /* the body's bytes, in which `form` points; a handler may take it (set NULL, free later) */
    size_t body_size;
    const struct sockaddr *peer;
    bool tls;        /* it came by the second port, from another machine */
    unsigned device; /* for the handler's own use; 0 at first */
    struct web_rq *rq;
};
/* Header of the request, NULL when absent. Borrowed until the answer. */
const char *web_request_header(const struct web_request *r, const char *name);
/* Value of a cookie into out. False when absent or longer. */
bool web_request_cookie(const struct web_request *r, const char *name, char *out, size_t cap);
/* True when Origin is this very port of the server and Sec-Fetch-Site, when present, says same-origin. */
bool web_request_same_origin(const struct web_request *r);

enum { WEB_HEADERS_MAX = 8 };
struct web_answer {
    unsigned status;  /* 200 until set */
    const char *type; /* "text/html; charset=utf-8" until set; static */
    struct jem_buf body;
    int fd; /* instead of body: a file from its beginning, closed when it was sent; -1: none */
    uint64_t fd_size;
    const void *fixed; /* instead of body: bytes that live as long as the server */
    size_t fixed_size;
    bool immutable;  /* may be kept for ever; else no-store */
    const char *csp; /* instead of the server's; lives as long as the server */
    struct {
        const char *name; /* static */
        char *value;
    } headers[WEB_HEADERS_MAX];
    size_t header_count;
};
/* A further header; a value with CR or LF is left out. */
void web_answer_header(struct web_answer *a, const char *name, const char *value);
/* 303 to a path of ours; anything that is not one goes to "/". */
void web_answer_redirect(struct web_answer *a, const char *path);
/* A plain-text answer. */
void web_answer_text(struct web_answer *a, unsigned status, enum jem_text key);

struct web_server_options {
    const char *listen; /* "127.0.0.1:8080", "[::1]:0", "localhost:8080" */
    bool loopback_only;
    const char *host_name; /* further exact Host, or NULL */
    bool any_host;
    const char *csp, *referrer; /* Content-Security-Policy and Referrer-Policy of every answer */
    const char
        *tls_listen;      /* a second port, by TLS, of any address; NULL: none. It answers from web_server_secure on */
    size_t connections;   /* open at once, of each port; 0: 256. One more, and whoever waited longest makes room */
    unsigned per_address; /* connections of one address, of each port; 0: no limit of its own but at the second port */
    size_t connection_bytes; /* for the head of a request and a piece of its body; 0: 64 kB. All of it is wiped for
                                   every request */
    /* How many bytes the body of this POST may have; headers and args are here. 0 refuses it: with 413, or with what
     * was put into *early (any status but 200). NULL: no POST has a body. */
    size_t (*body_max)(void *ctx, struct web_request *r, struct web_answer *early);
    void (*answer)(void *ctx, struct web_request *r, struct web_answer *a);
    void (*tick)(void *ctx, struct web_server *server); /* every second, on the thread of web_server_run; may be NULL */
    void *ctx;
    void (*ready)(void *ctx, const char *url, const char *tls_url); /* tls_url: "" when there is none */
    void *ready_ctx;
};
/* Listens, calls ready, serves until SIGINT or SIGTERM, ends the requests under way (at most 5 s) and returns.
 * JEM_EINVAL bad address, or not loopback | JEM_EBUSY port taken | JEM_EDENIED port not allowed */
JEM_NODISCARD enum jem_code web_server_run(const struct web_server_options *options, struct jem_error *err);
/* From here on, or anew, the second port answers with this certificate (PEM, copied by the library) under these names and
 * addresses of this machine; connections that were open end. Only from `tick`. JEM_EIO the library takes neither */
JEM_NODISCARD enum jem_code web_server_secure(struct web_server *server, const char *cert_pem, const char *key_pem,
    const char *const *names, size_t name_count, struct jem_error *err);
/* The second port; NULL when there is none. */
const struct web_listen *web_server_tls(const struct web_server *server);
#endif
