/* server.c - the one file that knows libmicrohttpd. A request goes through: URI seen raw -> headers checked -> body
 * gathered up to its limit -> forms read -> handler -> headers of protection -> queued. */
#include "server.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "listen.h"
#include "patience.h"

#define SERVER_THREADS 12 /* a connection stays with one: few share it with another that works or waits for the store */
#define SERVER_CONNECTIONS 256    /* of one port, unless the options say */
#define SERVER_TLS_PER_ADDRESS 24 /* four browsers of six connections behind one address */
#define SERVER_TIMEOUT_S 30
#define SERVER_CONNECTION_BYTES ((size_t)64 << 10) /* unless the options say */
#define SERVER_TICK_S 1
#define SERVER_END_MS 5000
#define ANSWER_MAX_BYTES ((size_t)96 << 20)
/* 1.3, or 1.2 with forward secrecy and authenticated ciphers for older tablets. */
#define SERVER_TLS "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-AES-128-CBC:-AES-256-CBC:%SERVER_PRECEDENCE"

struct port {
    struct web_server *server;
    struct web_listen listen;
    bool tls;
    struct MHD_Daemon *daemon;
    atomic_int active; /* requests between their first byte and their completion */
};

struct web_server {
    const struct web_server_options *o;
    struct port plain, secure; /* secure.listen.fd -1: there is none */
    struct web_patience patience;
};

struct web_rq {
    struct web_server *server;
    struct port *port;
    size_t patience;
    struct MHD_Connection *conn;
    char *target, *query; /* as sent; cut at '?' */
    struct web_request r;
    size_t body_cap;
    bool begun, refused;
};

/* ---- requests ---- */

const char *web_request_header(const struct web_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->rq->conn, MHD_HEADER_KIND, name);
}

bool web_request_cookie(const struct web_request *r, const char *name, char *out, size_t cap)
{
    const char *p = web_request_header(r, "Cookie");
    size_t n = strlen(name);
    while (p != NULL && *p) {
        p += strspn(p, "; ");
        size_t len = strcspn(p, ";");
        if (len > n && strncmp(p, name, n) == 0 && p[n] == '=' && len - n - 1 < cap) {
            memcpy(out, p + n + 1, len - n - 1);
            out[len - n - 1] = '\0';
            return true;
        }
        p += len;
    }
    return false;
}

bool web_request_same_origin(const struct web_request *r)
{
    const char *origin = web_request_header(r, "Origin"), *site = web_request_header(r, "Sec-Fetch-Site");
    if (site != NULL && strcmp(site, "same-origin") != 0)
        return false;
    const char *scheme = r->tls ? "https://" : "http://";
    return origin != NULL && strncmp(origin, scheme, strlen(scheme)) == 0 &&
           strcasecmp(origin + strlen(scheme), r->host) == 0;
}

/* ---- answers ---- */

void web_answer_header(struct web_answer *a, const char *name, const char *value)
{
    if (a->header_count == WEB_HEADERS_MAX || strpbrk(value, "\r\n") != NULL)
        return;
    char *copy = strdup(value);
    if (copy == NULL)
        return;
    a->headers[a->header_count].name = name;
    a->headers[a->header_count++].value = copy;
}

void web_answer_redirect(struct web_answer *a, const char *path)
{
    bool ours = path[0] == '/' && path[1] != '/' && strpbrk(path, "\\\r\n\t ") == NULL;
    a->status = 303;
    web_answer_header(a, "Location", ours ? path : "/");
}

void web_answer_text(struct web_answer *a, unsigned status, enum jem_text key)
{
    a->status = status;
    a->type = "text/plain; charset=utf-8";
    jem_buf_clear(&a->body);
    jem_buf_str(&a->body, jem_text(key));
    jem_buf_byte(&a->body, '\n');
}

static void answer_init(struct web_answer *a)
{
    *a = (struct web_answer){ .status = 200,
        .type = "text/html; charset=utf-8",
        .fd = -1,
        .body = JEM_BUF_INIT(ANSWER_MAX_BYTES) };
}

static void answer_release(struct web_answer *a)
{
    for (size_t i = 0; i < a->header_count; i++)
        free(a->headers[i].value);
    jem_buf_release(&a->body);
    if (a->fd >= 0)
        (void)close(a->fd);
}

static void answer_head(const struct web_server *s, const struct web_answer *a, struct MHD_Response *response)
{
    const struct {
        const char *name, *value;
    } always[] = {
        { "Content-Type", a->type },
        { "Content-Security-Policy", a->csp != NULL ? a->csp : s->o->csp },
        { "Referrer-Policy", s->o->referrer },
        { "X-Content-Type-Options", "nosniff" },
        { "X-Frame-Options", "DENY" },
        { "Cross-Origin-Opener-Policy", "same-origin" },
        { "Cross-Origin-Resource-Policy", "same-origin" },
        { "Permissions-Policy", "camera=(), geolocation=(), microphone=(), usb=(), serial=(), hid=()" },
        { "Cache-Control", a->immutable ? "public, max-age=31536000, immutable" : "no-store" },
    };
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        (void)MHD_add_response_header(response, always[i].name, always[i].value);
    for (size_t i = 0; i < a->header_count; i++)
        (void)MHD_add_response_header(response, a->headers[i].name, a->headers[i].value);
}

/* Hands the answer to the library and releases it. */
static enum MHD_Result answer_queue(struct web_rq *rq, struct web_answer *a)
{
    if (a->body.failed && a->fixed == NULL)
        web_answer_text(a, 500, JEM_T_WEB_FULL);
    struct MHD_Response *response;
    web_patience_bytes(&rq->server->patience, rq->patience,
        a->fd >= 0         ? (size_t)a->fd_size
        : a->fixed != NULL ? a->fixed_size
                           : a->body.len);
    if (a->fd >= 0) {
        response = MHD_create_response_from_fd64(a->fd_size, a->fd);
        if (response != NULL)
            a->fd = -1;
    } else if (a->fixed != NULL) {
        response = MHD_create_response_from_buffer(a->fixed_size, (void *)(uintptr_t)a->fixed, MHD_RESPMEM_PERSISTENT);
    } else {
        response = MHD_create_response_from_buffer(a->body.len, a->body.data, MHD_RESPMEM_MUST_FREE);
        if (response != NULL)
            a->body = JEM_BUF_INIT(0);
    }
    enum MHD_Result queued = MHD_NO;
    if (response != NULL) {
        answer_head(rq->server, a, response);
        queued = MHD_queue_response(rq->conn, a->status, response);
        MHD_destroy_response(response);
    }
    answer_release(a);
    return queued;
}

static enum MHD_Result answer_refuse(struct web_rq *rq, unsigned status, enum jem_text key)
{
    struct web_answer a;
    answer_init(&a);
    web_answer_text(&a, status, key);
    if (status == 405)
        web_answer_header(&a, "Allow", "GET, HEAD, POST");
    rq->refused = true;
    return answer_queue(rq, &a);
}

/* ---- checks of the head ---- */

struct head_count {
    unsigned host, length, encoding, origin, type, cookie;
};

static enum MHD_Result head_count_one(void *ctx, enum MHD_ValueKind kind, const char *key, const char *value)
{
    struct head_count *c = ctx;
    const struct {
        const char *name;
        unsigned *n;
    } once[] = { { "Host", &c->host }, { "Content-Length", &c->length }, { "Transfer-Encoding", &c->encoding },
        { "Origin", &c->origin }, { "Content-Type", &c->type }, { "Cookie", &c->cookie } };
    (void)kind;
    (void)value;
    for (size_t i = 0; i < sizeof once / sizeof *once; i++)
        *once[i].n += strcasecmp(key, once[i].name) == 0;
    return MHD_YES;
}

/* Splits and unescapes what the browser asked for. */
static bool head_target(struct web_rq *rq)
{
    char *mark = rq->target != NULL ? strchr(rq->target, '?') : NULL;
    if (rq->target == NULL || rq->target[0] != '/' || strchr(rq->target, '#') != NULL)
        return false;
    rq->query = strdup(mark != NULL ? mark + 1 : "");
    rq->r.query = mark != NULL ? mark + 1 : "";
    if (mark != NULL)
        *mark = '\0';
    rq->r.path = rq->target;
    return rq->query != NULL && web_unescape(rq->target, false) && web_text_ok(rq->target, false) &&
           web_form_urlencoded(rq->query, &rq->r.args);
}

/* Decimal digits only: a sign, white space or a list is not a length. */
static bool head_length(const char *text, unsigned long long *out)
{
    size_t n = strlen(text);
    if (n == 0 || n > 15 || strspn(text, "0123456789") != n)
        return false;
    *out = strtoull(text, NULL, 10);
    return true;
}

/* 0: go on. */
static unsigned head_check(struct web_rq *rq, const char *method, struct web_answer *early)
{
    struct head_count c = { 0 };
    struct web_request *r = &rq->r;
    unsigned long long length = 0;
    MHD_get_connection_values(rq->conn, MHD_HEADER_KIND, head_count_one, &c);
    if (c.host != 1 || c.length > 1 || c.encoding > 0 || c.origin > 1 || c.type > 1 || c.cookie > 1)
        return 400;
    r->host = web_request_header(r, "Host");
    const char *length_text = web_request_header(r, "Content-Length");
    if (!head_target(rq) || (length_text != NULL && !head_length(length_text, &length)))
        return 400;
    if (!rq->server->o->any_host && !web_listen_host_allowed(&rq->port->listen, r->host))
        return 421;
    r->post = strcmp(method, "POST") == 0;
    if (!r->post && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return 405;
    if (!r->post)
        return length > 0 ? 400 : 0;
    size_t max = rq->server->o->body_max != NULL ? rq->server->o->body_max(rq->server->o->ctx, r, early) : 0;
    if (early->status != 200)
        return early->status;
    if (length_text == NULL || length > max)
        return length_text == NULL ? 411 : 413;
    web_patience_bytes(&rq->server->patience, rq->patience, (size_t)length);
    r->body = malloc((size_t)length + 1);
    rq->body_cap = (size_t)length;
    return r->body != NULL ? 0 : 503;
}

static enum jem_text head_reason(unsigned status)
{
    switch (status) {
    case 405: return JEM_T_WEB_METHOD;
    case 413: return JEM_T_WEB_TOO_LARGE;
    case 421: return JEM_T_WEB_HOST;
    case 503: return JEM_T_WEB_FULL;
    default: return JEM_T_WEB_BAD_REQUEST;
    }
}

/* ---- the way of a request ---- */

static bool body_forms(struct web_request *r)
{
    const char *type = web_request_header(r, "Content-Type");
    r->body[r->body_size] = '\0';
    if (type == NULL)
        return r->body_size == 0;
    if (strncasecmp(type, "multipart/form-data;", 20) == 0)
        return web_form_multipart(r->body, r->body_size, type, &r->form);
    if (strncasecmp(type, "application/json", 16) == 0) /* for a handler that reads the body itself (api.c) */
        return true;
    if (strncasecmp(type, "application/x-www-form-urlencoded", 33) == 0)
        return strlen(r->body) == r->body_size && web_form_urlencoded(r->body, &r->form);
    return false;
}

static enum MHD_Result rq_body(struct web_rq *rq, const char *data, size_t *size)
{
    if (rq->r.body == NULL || *size > rq->body_cap - rq->r.body_size)
        return MHD_NO; /* more than its header said */
    memcpy(rq->r.body + rq->r.body_size, data, *size);
    rq->r.body_size += *size;
    *size = 0;
    return MHD_YES;
}

static enum MHD_Result rq_answer(struct web_rq *rq)
{
    struct web_answer a;
    web_patience_none(&rq->server->patience, rq->patience);
    if (rq->r.post && !body_forms(&rq->r))
        return answer_refuse(rq, 400, JEM_T_WEB_BAD_REQUEST);
    answer_init(&a);
    rq->server->o->answer(rq->server->o->ctx, &rq->r, &a);
    return answer_queue(rq, &a);
}

static enum MHD_Result rq_begin(struct web_rq *rq, const char *method)
{
    struct web_answer early;
    answer_init(&early);
    jem_lang_set(JEM_LANG_ID);
    unsigned status = head_check(rq, method, &early);
    if (early.status != 200) {
        rq->refused = true;
        return answer_queue(rq, &early);
    }
    answer_release(&early);
    return status == 0 ? MHD_YES : answer_refuse(rq, status, head_reason(status));
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **ctx)
{
    struct web_rq *rq = *ctx;
    (void)cls;
    (void)url;
    (void)version;
    if (rq == NULL)
        return MHD_NO;
    if (!rq->begun) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        rq->begun = true;
        rq->conn = conn;
        rq->r.rq = rq;
        rq->r.peer = info != NULL ? info->client_addr : NULL;
        rq->r.tls = rq->port->tls;
        return rq_begin(rq, method);
    }
    if (*size > 0)
        return rq_body(rq, data, size);
    return rq->refused ? MHD_YES : rq_answer(rq);
}

/* The library keeps one pointer a connection for us: the place among the deadlines, plus one. */
static size_t connection_place(struct MHD_Connection *conn)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    uintptr_t kept = info != NULL ? (uintptr_t)info->socket_context : 0;
    return kept > 0 ? (size_t)kept - 1 : WEB_PATIENCE_NOWHERE;
}

static void on_connection(void *cls, struct MHD_Connection *conn, void **kept, enum MHD_ConnectionNotificationCode code)
{
    struct port *port = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
        size_t at = info != NULL ? web_patience_open(&port->server->patience, info->connect_fd) : WEB_PATIENCE_NOWHERE;
        if (info != NULL && at == WEB_PATIENCE_NOWHERE)
            (void)shutdown(info->connect_fd, SHUT_RDWR);
        *kept = (void *)(uintptr_t)(at + 1);
    } else if (*kept != NULL) {
        web_patience_close(&port->server->patience, (size_t)(uintptr_t)*kept - 1);
        *kept = NULL;
    }
}

/* Called with the request line as it came, before the library unescapes it. */
static void *on_uri(void *cls, const char *uri, struct MHD_Connection *conn)
{
    struct port *port = cls;
    struct web_rq *rq = calloc(1, sizeof *rq);
    if (rq == NULL)
        return NULL;
    rq->server = port->server;
    rq->port = port;
    rq->patience = connection_place(conn);
    rq->target = strdup(uri);
    atomic_fetch_add(&port->active, 1);
    return rq;
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **ctx, enum MHD_RequestTerminationCode code)
{
    struct port *port = cls;
    struct web_rq *rq = *ctx;
    (void)conn;
    (void)code;
    if (rq == NULL)
        return;
    *ctx = NULL;
    web_patience_idle(&port->server->patience, rq->patience);
    web_form_release(&rq->r.args);
    web_form_release(&rq->r.form);
    free(rq->r.body);
    free(rq->target);
    free(rq->query);
    free(rq);
    atomic_fetch_sub(&port->active, 1);
}

/* ---- life ---- */

/* cert_pem and key_pem: NULL without TLS. How many connections there may be is the patience's business: the library divides
 * its limit among its threads, and one that had no part left would leave the others to accept. */
static enum jem_code port_start(struct port *port, const char *cert_pem, const char *key_pem, struct jem_error *err)
{
    const struct web_server_options *o = port->server->o;
    unsigned per_address = port->tls && o->per_address == 0 ? SERVER_TLS_PER_ADDRESS : o->per_address;
    struct MHD_OptionItem more[5] = { { MHD_OPTION_END, 0, NULL } };
    size_t n = 0;
    if (per_address > 0)
        more[n++] = (struct MHD_OptionItem){ MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)per_address, NULL };
    if (port->tls) {
        more[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)cert_pem };
        more[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key_pem };
        more[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)SERVER_TLS };
    }
    more[n] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
    enum jem_code rc = web_listen_start(&port->listen, err);
    if (rc != JEM_OK)
        return rc;
    port->daemon =
        MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | (port->tls ? MHD_USE_TLS : 0), 0, NULL, NULL, on_access, port,
            MHD_OPTION_LISTEN_SOCKET, port->listen.fd, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)SERVER_THREADS,
            MHD_OPTION_CONNECTION_LIMIT, (unsigned)(port->server->patience.places * SERVER_THREADS),
            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SERVER_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
            o->connection_bytes > 0 ? o->connection_bytes : SERVER_CONNECTION_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
            MHD_OPTION_URI_LOG_CALLBACK, on_uri, port, MHD_OPTION_NOTIFY_COMPLETED, on_completed, port,
            MHD_OPTION_NOTIFY_CONNECTION, on_connection, port, MHD_OPTION_ARRAY, more, MHD_OPTION_END);
    if (port->daemon == NULL)
        return jem_fail(err, JEM_EIO, JEM_D_WEB, errno, JEM_T_WEB_START);
    return JEM_OK;
}

/* No new connections; those with a request under way may end it. The port stays ours. */
static void port_stop(struct port *port)
{
    if (port->daemon == NULL)
        return;
    port->listen.fd = MHD_quiesce_daemon(port->daemon);
    for (int waited = 0; atomic_load(&port->active) > 0 && waited < SERVER_END_MS; waited += 20)
        nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    MHD_stop_daemon(port->daemon);
    port->daemon = NULL;
}

static void port_release(struct port *port)
{
    port_stop(port);
    if (port->listen.fd >= 0)
        close(port->listen.fd);
}

const struct web_listen *web_server_tls(const struct web_server *server)
{
    return server->secure.tls ? &server->secure.listen : NULL;
}

enum jem_code web_server_secure(struct web_server *server, const char *cert_pem, const char *key_pem,
    const char *const *names, size_t name_count, struct jem_error *err)
{
    struct port *port = &server->secure;
    port_stop(port);
    port->listen.host_count = 0;
    if (server->o->host_name != NULL && *server->o->host_name)
        snprintf(port->listen.hosts[port->listen.host_count++], sizeof *port->listen.hosts, "%s", server->o->host_name);
    for (size_t i = 0; i < name_count; i++)
        web_listen_name(&port->listen, names[i]);
    return port_start(port, cert_pem, key_pem, err);
}

static enum jem_code server_open(struct web_server *s, struct jem_error *err)
{
    const struct web_server_options *o = s->o;
    s->plain = (struct port){ .server = s, .listen = { .fd = -1 } };
    s->secure = (struct port){ .server = s, .listen = { .fd = -1 } };
    size_t connections = o->connections > 0 ? o->connections : SERVER_CONNECTIONS;
    enum jem_code rc = web_patience_init(&s->patience, o->tls_listen != NULL ? 2 * connections : connections, err);
    if (rc == JEM_OK)
        rc = web_listen_open(o->listen, o->loopback_only, "http", o->host_name, &s->plain.listen, err);
    if (rc == JEM_OK && o->tls_listen != NULL) {
        rc = web_listen_open(o->tls_listen, false, "https", o->host_name, &s->secure.listen, err);
        s->secure.tls = rc == JEM_OK;
    }
    return rc == JEM_OK ? port_start(&s->plain, NULL, NULL, err) : rc;
}

static void server_release(struct web_server *s)
{
    port_release(&s->secure);
    port_release(&s->plain);
    web_patience_release(&s->patience);
}

enum jem_code web_server_run(const struct web_server_options *options, struct jem_error *err)
{
    struct web_server *s = calloc(1, sizeof *s);
    sigset_t wanted, before;
    if (s == NULL)
        return jem_fail_nomem(err);
    s->o = options;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGPIPE); /* blocked: writing to a browser that left is an error code */
    /* Blocked before the threads start, so that none of them gets the signal. */
    pthread_sigmask(SIG_BLOCK, &wanted, &before);
    enum jem_code rc = server_open(s, err);
    sigdelset(&wanted, SIGPIPE);
    if (rc == JEM_OK && options->ready != NULL)
        options->ready(options->ready_ctx, s->plain.listen.url, s->secure.tls ? s->secure.listen.url : "");
    while (rc == JEM_OK && sigtimedwait(&wanted, NULL, &(struct timespec){ .tv_sec = SERVER_TICK_S }) < 0) {
        web_patience_cut(&s->patience);
        if (options->tick != NULL)
            options->tick(options->ctx, s);
    }
    server_release(s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    free(s);
    return rc;
}
