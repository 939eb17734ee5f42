/* lean_http.c - the one file that knows libcurl. */
#include "lean_http.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "hub_url.h"
#include "jemput/clock.h"
#include "jemput/log.h"
#include "link.h"
#include "wire.h"

#define HTTP_SOCKETS 8
#define HTTP_URL_MAX 1024

struct jem_http {
    CURL *curl;
    char url[512];           /* for messages, as it was given */
    char base[HTTP_URL_MAX]; /* where requests go: after a redirect another path or https */
    char *authorization;     /* sodium memory, or NULL */
    char words[CURL_ERROR_SIZE];
    int64_t deadline_ms;
    int sockets[HTTP_SOCKETS];            /* open ones, -1 for none */
    uint64_t up, down;                    /* of closed ones */
    bool left;                            /* the connection that stood was closed here */
    bool kept;                            /* a connection stood when the request that runs was begun */
    const struct jem_http_request *asked; /* while a request runs */
    struct jem_http_answer *answer;
};

/* ---- what all hubs of this process share: TLS sessions and names ---- */

static CURLSH *http_share;
static pthread_mutex_t http_locks[CURL_LOCK_DATA_LAST];

static void http_lock(CURL *curl, curl_lock_data what, curl_lock_access access, void *ctx)
{
    (void)curl;
    (void)access;
    (void)ctx;
    pthread_mutex_lock(&http_locks[what]);
}

static void http_unlock(CURL *curl, curl_lock_data what, void *ctx)
{
    (void)curl;
    (void)ctx;
    pthread_mutex_unlock(&http_locks[what]);
}

static void http_start(void)
{
    for (int i = 0; i < CURL_LOCK_DATA_LAST; i++)
        pthread_mutex_init(&http_locks[i], NULL);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (http_share = curl_share_init()) == NULL)
        return;
    curl_share_setopt(http_share, CURLSHOPT_LOCKFUNC, http_lock);
    curl_share_setopt(http_share, CURLSHOPT_UNLOCKFUNC, http_unlock);
    curl_share_setopt(http_share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_share_setopt(http_share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
}

/* ---- sockets ---- */

static void http_count(int fd, uint64_t *up, uint64_t *down)
{
    struct jem_wire wire = { .fd = fd };
    jem_wire_totals(&wire, up, down);
    *up -= *up > 0; /* the kernel counts what opened the connection as one byte */
}

void jem_http_bytes(const struct jem_http *http, uint64_t *up, uint64_t *down)
{
    *up = http->up;
    *down = http->down;
    for (int i = 0; i < HTTP_SOCKETS; i++)
        if (http->sockets[i] >= 0) {
            uint64_t more_up, more_down;
            http_count(http->sockets[i], &more_up, &more_down);
            *up += more_up;
            *down += more_down;
        }
}

/* curl sends a request anew when the connection that it kept breaks: not so a body, of which a part may be there. The link
 * dropped, and whoever sends has to know: to look at the hub first, and to send less at a time. */
static curl_socket_t http_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *at)
{
    struct jem_http *http = ctx;
    (void)purpose;
    if (http->asked->service != NULL && http->kept)
        return CURL_SOCKET_BAD;
    int fd = socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol);
    for (int i = 0; fd >= 0 && i < HTTP_SOCKETS; i++)
        if (http->sockets[i] < 0) {
            http->sockets[i] = fd;
            break;
        }
    return fd;
}

static int http_socket_close(void *ctx, curl_socket_t fd)
{
    struct jem_http *http = ctx;
    for (int i = 0; i < HTTP_SOCKETS; i++)
        if (http->sockets[i] == fd) {
            uint64_t up, down;
            http_count(fd, &up, &down);
            http->up += up;
            http->down += down;
            http->sockets[i] = -1;
        }
    return close(fd);
}

/* ---- life ---- */

static size_t http_receive(char *p, size_t one, size_t n, void *ctx)
{
    struct jem_http *http = ctx;
    struct jem_http_answer *answer = http->answer;
    char *type = NULL;
    (void)one;
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_getinfo(http->curl, CURLINFO_CONTENT_TYPE, &type);
    answer->typed = type != NULL && strcasecmp(type, http->asked->expect) == 0;
    if (answer->status != 200 || !answer->typed)
        return n;
    if (!http->asked->sink(http->asked->ctx, (const unsigned char *)p, n)) {
        answer->stopped = true;
        return 0;
    }
    return n;
}

static void http_options(struct jem_http *http)
{
    const char *certificates = getenv("SSL_CERT_FILE");
    CURL *curl = http->curl;
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->words);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)JEM_WIRE_CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)JEM_WIRE_SILENT_MS / 1000);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, http_receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, http);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, http_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, http);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, http_socket_close);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, http);
    if (http_share != NULL)
        curl_easy_setopt(curl, CURLOPT_SHARE, http_share);
    if (certificates != NULL && certificates[0] != '\0')
        curl_easy_setopt(curl, CURLOPT_CAINFO, certificates);
}

enum jem_code jem_http_open(const char *url, const char *authorization, struct jem_http **out, struct jem_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct jem_http *http = calloc(1, sizeof *http);
    if (http == NULL)
        return jem_fail_nomem(err);
    pthread_once(&once, http_start);
    for (int i = 0; i < HTTP_SOCKETS; i++)
        http->sockets[i] = -1;
    snprintf(http->url, sizeof http->url, "%s", url);
    snprintf(http->base, sizeof http->base, "%s", url);
    for (size_t n = strlen(http->base); n > 0 && http->base[n - 1] == '/'; n--)
        http->base[n - 1] = '\0';
    http->curl = curl_easy_init();
    bool good = http->curl != NULL;
    if (good && authorization != NULL) {
        http->authorization = sodium_malloc(strlen(authorization) + 1);
        good = http->authorization != NULL;
        if (good)
            memcpy(http->authorization, authorization, strlen(authorization) + 1);
    }
    if (!good) {
        jem_http_free(http);
        return jem_fail_nomem(err);
    }
    http_options(http);
    *out = http;
    return JEM_OK;
}

void jem_http_free(struct jem_http *http)
{
    if (http == NULL)
        return;
    curl_easy_cleanup(http->curl);
    sodium_free(http->authorization);
    free(http);
}

/* curl finds the end of a connection before it would use it again. */
void jem_http_leave(struct jem_http *http)
{
    for (int i = 0; i < HTTP_SOCKETS; i++)
        if (http->sockets[i] >= 0)
            (void)shutdown(http->sockets[i], SHUT_RDWR);
    http->left = true;
}

void jem_http_deadline(struct jem_http *http, int64_t mono_ms)
{
    http->deadline_ms = mono_ms;
}

/* ---- requests ---- */

static bool http_header(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer != NULL)
        *list = longer;
    return longer != NULL;
}

/* No Accept, and no waiting for leave to send a body: each costs bytes or a round. */
static struct curl_slist *http_headers(const struct jem_http *http, const struct jem_http_request *request)
{
    struct curl_slist *list = NULL;
    char type[96];
    bool good = http_header(&list, "Accept:") && http_header(&list, "Expect:");
    if (good && http->authorization != NULL)
        good = http_header(&list, http->authorization);
    if (good && request->second_version)
        good = http_header(&list, "Git-Protocol: version=2");
    if (good && request->service != NULL) {
        snprintf(type, sizeof type, "Content-Type: application/x-%s-request", request->service);
        good = http_header(&list, type);
    }
    if (!good) {
        curl_slist_free_all(list);
        return NULL;
    }
    return list;
}

/* libcurl's copies of header lines are freed as they are: the login is wiped from them first. */
static void http_headers_free(struct curl_slist *list)
{
    for (struct curl_slist *at = list; at != NULL; at = at->next)
        sodium_memzero(at->data, strlen(at->data));
    curl_slist_free_all(list);
}

static enum jem_code http_fail(struct jem_http *http, CURLcode rc, struct jem_error *err)
{
    const char *words = http->words[0] != '\0' ? http->words : curl_easy_strerror(rc);
    char host[256];
    switch (rc) {
    case CURLE_OUT_OF_MEMORY: return jem_fail_nomem(err);
    case CURLE_OPERATION_TIMEDOUT:
        if (http->deadline_ms != 0 && jem_mono_ms() >= http->deadline_ms)
            return jem_fail(err, JEM_ELINK, JEM_D_LINK, JEM_LINK_LATE, JEM_T_HUB_DEADLINE);
        return jem_fail(err, JEM_ELINK, JEM_D_LINK, (int)rc, JEM_T_HUB_STALLED, http->url);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        jem_hub_url_host(http->url, host);
        return jem_fail(err, JEM_ECORRUPT, JEM_D_LINK, (int)rc, JEM_T_HUB_CERTIFICATE, host);
    default: return jem_fail(err, JEM_ELINK, JEM_D_LINK, (int)rc, JEM_T_HUB_SILENT, http->url, words);
    }
}

static enum jem_code http_send(struct jem_http *http, const struct jem_http_request *request,
    struct jem_http_answer *answer, struct jem_error *err)
{
    char url[HTTP_URL_MAX + 64];
    long limit_ms = 0;
    *answer = (struct jem_http_answer){ 0 };
    if (http->deadline_ms != 0) {
        int64_t left = http->deadline_ms - jem_mono_ms();
        if (left <= 0)
            return jem_fail(err, JEM_ELINK, JEM_D_LINK, JEM_LINK_LATE, JEM_T_HUB_DEADLINE);
        limit_ms = (long)left;
    }
    struct curl_slist *headers = http_headers(http, request);
    if (headers == NULL)
        return jem_fail_nomem(err);
    snprintf(url, sizeof url, "%s%s", http->base, request->path);
    http->asked = request;
    http->answer = answer;
    http->kept = false;
    for (int i = 0; i < HTTP_SOCKETS; i++)
        http->kept = http->kept || (http->sockets[i] >= 0 && !http->left);
    http->left = false;
    http->words[0] = '\0';
    curl_easy_setopt(http->curl, CURLOPT_URL, url);
    curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(http->curl, CURLOPT_TIMEOUT_MS, limit_ms);
    if (request->service != NULL) {
        curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->size);
        curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, request->body);
    } else {
        curl_easy_setopt(http->curl, CURLOPT_HTTPGET, 1L);
    }
    CURLcode rc = curl_easy_perform(http->curl);
    char *type = NULL;
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_getinfo(http->curl, CURLINFO_CONTENT_TYPE, &type);
    answer->typed = type != NULL && strcasecmp(type, request->expect) == 0;
    curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, NULL);
    http_headers_free(headers);
    if (rc == CURLE_OK || (rc == CURLE_WRITE_ERROR && answer->stopped))
        return JEM_OK;
    /* a server that refuses a body may close before it has read all of it */
    if ((rc == CURLE_SEND_ERROR || rc == CURLE_RECV_ERROR) && answer->status >= 400)
        return JEM_OK;
    return http_fail(http, rc, err);
}

/* Host of a URL, lower case does not matter; its length in *n. */
static const char *http_host(const char *url, size_t *n)
{
    const char *at = strstr(url, "://");
    at = at != NULL ? at + 3 : url;
    *n = strcspn(at, "/?#");
    return at;
}

/* To the same host (http may become https, which has another port), and to the same service of another path. */
static bool http_redirected(struct jem_http *http, const struct jem_http_request *request)
{
    char *to = NULL;
    size_t from_n, to_n, path = strlen(request->path);
    curl_easy_getinfo(http->curl, CURLINFO_REDIRECT_URL, &to);
    size_t n = to != NULL ? strlen(to) : 0;
    if (n <= path || n - path >= sizeof http->base || strcmp(to + n - path, request->path) != 0)
        return false;
    const char *from_host = http_host(http->base, &from_n), *to_host = http_host(to, &to_n);
    bool secured = strncmp(http->base, "http://", 7) == 0 && strncmp(to, "https://", 8) == 0;
    if (secured) {
        from_n = strcspn(from_host, ":/");
        to_n = strcspn(to_host, ":/?#");
    } else if (strncmp(http->base, to, strcspn(to, ":") + 1) != 0) {
        return false;
    }
    if (memchr(to_host, '@', strcspn(to_host, "/?#")) != NULL || from_n != to_n ||
        strncasecmp(from_host, to_host, to_n) != 0)
        return false;
    snprintf(http->base, sizeof http->base, "%.*s", (int)(n - path), to);
    jem_log(JEM_LOG_INFO, "sync: the hub's server sends on to another address of the same host");
    return true;
}

enum jem_code jem_http_ask(struct jem_http *http, const struct jem_http_request *request,
    struct jem_http_answer *answer, struct jem_error *err)
{
    enum jem_code code = http_send(http, request, answer, err);
    bool moved = code == JEM_OK &&
                 (answer->status == 301 || answer->status == 302 || answer->status == 307 || answer->status == 308);
    if (moved && http_redirected(http, request))
        code = http_send(http, request, answer, err);
    return code;
}
