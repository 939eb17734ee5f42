/* lean_http.h - requests to one hub over HTTP, on connections that are kept: connect, silence and total limits, TLS 1.2 or
 * 1.3 with resumed sessions, the system's certificates (or those of SSL_CERT_FILE), proxies as the environment names them.
 * A redirect is followed to the same host alone, and once. One thread at a time. */
#ifndef JEMPUT_SYNC_LEAN_HTTP_H
#define JEMPUT_SYNC_LEAN_HTTP_H
#include "jemput/buf.h"

struct jem_http;
/* url: of the hub, without credentials. authorization: "Authorization: ..." or NULL. Both are copied. */
JEM_NODISCARD enum jem_code jem_http_open(const char *url, const char *authorization, struct jem_http **out,
    struct jem_error *err);
void jem_http_free(struct jem_http *http);
/* Requests end at this jem_mono_ms() time with JEM_ELINK; 0: none. */
void jem_http_deadline(struct jem_http *http, int64_t mono_ms);

struct jem_http_request {
    const char *path;    /* after the hub's URL: "/git-receive-pack" */
    const char *service; /* body and answer are application/x-<service>-request and -result; NULL: nothing is sent */
    const char *expect;  /* content type of the answer; another one is not read */
    bool second_version; /* Git-Protocol: version=2 */
    const void *body;
    size_t size;
    /* Where the answer goes when its status is 200; false stops. */
    bool (*sink)(void *ctx, const unsigned char *p, size_t n);
    void *ctx;
};
struct jem_http_answer {
    long status;
    bool typed;   /* of the expected content type */
    bool stopped; /* by the sink; JEM_OK all the same */
};
/* JEM_OK: an answer came, of whatever status. JEM_ELINK no connection, silence, deadline | JEM_ECORRUPT a certificate that
 * cannot be trusted */
JEM_NODISCARD enum jem_code jem_http_ask(struct jem_http *http, const struct jem_http_request *request,
    struct jem_http_answer *answer, struct jem_error *err);

/* The same in two calls, so that a request may be begun before the one before it is answered, on a connection of its own. Those
 * that run go on in every call of this file that waits. request, its body and answer are borrowed until _end or _give_up. No more
 * than JEM_HTTP_LINES at a time. */
#define JEM_HTTP_LINES 3
struct jem_http_line;
JEM_NODISCARD enum jem_code jem_http_begin(struct jem_http *http, const struct jem_http_request *request,
    struct jem_http_answer *answer, struct jem_http_line **out, struct jem_error *err);
/* Waits until the last byte of its body has left this machine and jem_mono_ms() is mono_ms, or it ended. */
void jem_http_sent(struct jem_http_line *line, int64_t mono_ms);
/* Waits for its answer; as jem_http_ask. The line is gone afterwards. */
JEM_NODISCARD enum jem_code jem_http_end(struct jem_http_line *line, struct jem_error *err);
/* Ends it unanswered: its connection is closed. */
void jem_http_give_up(struct jem_http_line *line);
/* The connections that stand are closed; the next request opens another. None may run. */
void jem_http_leave(struct jem_http *http);
/* TCP payload so far, handshakes included, as the kernel counts it. */
void jem_http_bytes(const struct jem_http *http, uint64_t *up, uint64_t *down);
/* Requests so far that ended because the hub was silent, not for the deadline. */
unsigned jem_http_silences(const struct jem_http *http);
#endif
