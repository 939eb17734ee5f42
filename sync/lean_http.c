/* lean_http.c - the one file that knows libcurl. */
#include "lean_http.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>
#include <linux/sockios.h>

#include "hub_url.h"
#include "jemput/clock.h"
#include "jemput/log.h"
#include "link.h"
#include "wire.h"

#define HTTP_SOCKETS 8
#define HTTP_URL_MAX 1024
#define HTTP_LOOK_MS 10 /* how often the kernel is asked whether a body has left */

struct jem_http_line {
    struct jem_http *http;
    CURL *curl; /* NULL until the line is first used */
    char words[CURL_ERROR_SIZE];
    struct curl_slist *headers;
    bool kept;                            /* a connection stood idle when the request was begun */
    const struct jem_http_request *asked; /* NULL: the line is free */
    struct jem_http_answer *answer;
    bool done;
    CURLcode rc; /* once it is done */
};

struct jem_http {
    CURLM *multi; /* holds the connections */
    struct jem_http_line lines[JEM_HTTP_LINES];
    char url[512];           /* for messages, as it was given */
    char base[HTTP_URL_MAX]; /* where requests go: after a redirect another path or https */
    char *authorization;     /* sodium memory, or NULL */
    int64_t deadline_ms;
    unsigned silences;
    int sockets[HTTP_SOCKETS]; /* open ones, -1 for none */
    uint64_t up, down;         /* of closed ones */
    bool left;                 /* the connections that stood were closed here */
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

unsigned jem_http_silences(const struct jem_http *http)
{
    return http->silences;
}

/* curl sends a request anew when the connection that it kept breaks: not so a body, of which a part may be there. The link
 * dropped, and whoever sends has to know: to look at the hub first, and to send less at a time. */
static curl_socket_t http_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *at)
{
    struct jem_http_line *line = ctx;
    struct jem_http *http = line->http;
    (void)purpose;
    if (line->asked->service != NULL && line->kept)
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

static void http_status(struct jem_http_line *line)
{
    char *type = NULL;
    curl_easy_getinfo(line->curl, CURLINFO_RESPONSE_CODE, &line->answer->status);
    curl_easy_getinfo(line->curl, CURLINFO_CONTENT_TYPE, &type);
    line->answer->typed = type != NULL && strcasecmp(type, line->asked->expect) == 0;
}

static size_t http_receive(char *p, size_t one, size_t n, void *ctx)
{
    struct jem_http_line *line = ctx;
    struct jem_http_answer *answer = line->answer;
    (void)one;
    http_status(line);
    if (answer->status != 200 || !answer->typed)
        return n;
    if (!line->asked->sink(line->asked->ctx, (const unsigned char *)p, n)) {
        answer->stopped = true;
        return 0;
    }
    return n;
}

static void http_options(struct jem_http_line *line)
{
    const char *certificates = getenv("SSL_CERT_FILE");
    CURL *curl = line->curl;
    curl_easy_setopt(curl, CURLOPT_PRIVATE, line);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, line->words);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    /* over HTTP/2 a body waits a whole round for room after its first 64 kB */
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)JEM_WIRE_CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)JEM_WIRE_SILENT_MS / 1000);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, http_receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, line);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, http_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, line);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, http_socket_close);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, line->http);
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
    for (int i = 0; i < JEM_HTTP_LINES; i++)
        http->lines[i].http = http;
    http->multi = curl_multi_init();
    bool good = http->multi != NULL;
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
    *out = http;
    return JEM_OK;
}

void jem_http_free(struct jem_http *http)
{
    if (http == NULL)
        return;
    for (int i = 0; i < JEM_HTTP_LINES; i++) {
        if (http->lines[i].asked != NULL)
            jem_http_give_up(&http->lines[i]);
        curl_easy_cleanup(http->lines[i].curl);
    }
    curl_multi_cleanup(http->multi);
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

static enum jem_code http_fail(struct jem_http_line *line, CURLcode rc, struct jem_error *err)
{
    struct jem_http *http = line->http;
    const char *words = line->words[0] != '\0' ? line->words : curl_easy_strerror(rc);
    char host[256];
    switch (rc) {
    case CURLE_OUT_OF_MEMORY: return jem_fail_nomem(err);
    case CURLE_OPERATION_TIMEDOUT:
        if (http->deadline_ms != 0 && jem_mono_ms() >= http->deadline_ms)
            return jem_fail(err, JEM_ELINK, JEM_D_LINK, JEM_LINK_LATE, JEM_T_HUB_DEADLINE);
        http->silences++;
        return jem_fail(err, JEM_ELINK, JEM_D_LINK, (int)rc, JEM_T_HUB_STALLED, http->url);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        jem_hub_url_host(http->url, host);
        return jem_fail(err, JEM_ECORRUPT, JEM_D_LINK, (int)rc, JEM_T_HUB_CERTIFICATE, host);
    default: return jem_fail(err, JEM_ELINK, JEM_D_LINK, (int)rc, JEM_T_HUB_SILENT, http->url, words);
    }
}

/* A line that is free; NULL: no memory. */
static struct jem_http_line *http_line(struct jem_http *http)
{
    struct jem_http_line *line = http->lines;
    while (line->asked != NULL)
        line++;
    if (line->curl == NULL && (line->curl = curl_easy_init()) != NULL)
        http_options(line);
    return line->curl != NULL ? line : NULL;
}

/* True when a connection stands that no line uses. */
static bool http_stands(const struct jem_http *http)
{
    int open = 0, busy = 0;
    for (int i = 0; i < HTTP_SOCKETS; i++)
        open += http->sockets[i] >= 0;
    for (int i = 0; i < JEM_HTTP_LINES; i++)
        busy += http->lines[i].asked != NULL && !http->lines[i].done;
    return open > busy && !http->left;
}

static void http_free(struct jem_http_line *line)
{
    curl_easy_setopt(line->curl, CURLOPT_HTTPHEADER, NULL);
    http_headers_free(line->headers);
    line->headers = NULL;
    line->asked = NULL;
    line->answer = NULL;
}

/* Sends off what line->asked asks, to where http->base stands now. */
static enum jem_code http_start_line(struct jem_http_line *line, struct jem_error *err)
{
    struct jem_http *http = line->http;
    const struct jem_http_request *request = line->asked;
    char url[HTTP_URL_MAX + 64];
    long limit_ms = 0;
    *line->answer = (struct jem_http_answer){ 0 };
    if (http->deadline_ms != 0) {
        int64_t left = http->deadline_ms - jem_mono_ms();
        if (left <= 0)
            return jem_fail(err, JEM_ELINK, JEM_D_LINK, JEM_LINK_LATE, JEM_T_HUB_DEADLINE);
        limit_ms = (long)left;
    }
    snprintf(url, sizeof url, "%s%s", http->base, request->path);
    http->left = line->done = false;
    line->words[0] = '\0';
    curl_easy_setopt(line->curl, CURLOPT_URL, url);
    curl_easy_setopt(line->curl, CURLOPT_HTTPHEADER, line->headers);
    curl_easy_setopt(line->curl, CURLOPT_TIMEOUT_MS, limit_ms);
    if (request->service != NULL) {
        curl_easy_setopt(line->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->size);
        curl_easy_setopt(line->curl, CURLOPT_POSTFIELDS, request->body);
    } else {
        curl_easy_setopt(line->curl, CURLOPT_HTTPGET, 1L);
    }
    return curl_multi_add_handle(http->multi, line->curl) == CURLM_OK ? JEM_OK : jem_fail_nomem(err);
}

static void http_done(struct jem_http_line *line, CURLcode rc)
{
    line->done = true;
    line->rc = rc;
    curl_multi_remove_handle(line->http->multi, line->curl);
}

/* Moves every line on; waits up to wait_ms for something to come when none ended. */
static void http_drive(struct jem_http *http, int wait_ms)
{
    int running = 0, more;
    CURLMsg *said;
    bool ended = false;
    CURLMcode rc = curl_multi_perform(http->multi, &running);
    while ((said = curl_multi_info_read(http->multi, &more)) != NULL) {
        struct jem_http_line *line = NULL;
        CURLcode result = said->data.result; /* said is gone with the handle */
        curl_easy_getinfo(said->easy_handle, CURLINFO_PRIVATE, (char **)&line);
        http_done(line, result);
        ended = true;
    }
    if (rc == CURLM_OK && !ended)
        rc = curl_multi_poll(http->multi, NULL, 0, wait_ms, NULL);
    for (int i = 0; rc != CURLM_OK && i < JEM_HTTP_LINES; i++)
        if (http->lines[i].asked != NULL && !http->lines[i].done)
            http_done(&http->lines[i], CURLE_OUT_OF_MEMORY);
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
static bool http_redirected(struct jem_http_line *line)
{
    struct jem_http *http = line->http;
    char *to = NULL;
    size_t from_n, to_n, path = strlen(line->asked->path);
    curl_easy_getinfo(line->curl, CURLINFO_REDIRECT_URL, &to);
    size_t n = to != NULL ? strlen(to) : 0;
    if (n <= path || n - path >= sizeof http->base || strcmp(to + n - path, line->asked->path) != 0)
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

static bool http_moved(const struct jem_http_answer *answer)
{
    return answer->status == 301 || answer->status == 302 || answer->status == 307 || answer->status == 308;
}

static enum jem_code http_wait(struct jem_http_line *line, struct jem_error *err)
{
    while (!line->done)
        http_drive(line->http, 1000);
    http_status(line);
    if (line->rc == CURLE_OK || (line->rc == CURLE_WRITE_ERROR && line->answer->stopped))
        return JEM_OK;
    /* a server that refuses a body may close before it has read all of it */
    if ((line->rc == CURLE_SEND_ERROR || line->rc == CURLE_RECV_ERROR) && line->answer->status >= 400)
        return JEM_OK;
    return http_fail(line, line->rc, err);
}

enum jem_code jem_http_begin(struct jem_http *http, const struct jem_http_request *request,
    struct jem_http_answer *answer, struct jem_http_line **out, struct jem_error *err)
{
    bool stands = http_stands(http);
    struct jem_http_line *line = http_line(http);
    struct curl_slist *headers = line != NULL ? http_headers(http, request) : NULL;
    if (headers == NULL)
        return jem_fail_nomem(err);
    line->kept = stands;
    line->headers = headers;
    line->asked = request;
    line->answer = answer;
    enum jem_code code = http_start_line(line, err);
    if (code != JEM_OK)
        http_free(line);
    *out = line;
    return code;
}

/* What curl was given and the kernel has sent on its way. */
static bool http_left(const struct jem_http_line *line)
{
    curl_off_t sent = 0;
    curl_socket_t fd = CURL_SOCKET_BAD;
    int waiting = 0;
    curl_easy_getinfo(line->curl, CURLINFO_SIZE_UPLOAD_T, &sent);
    curl_easy_getinfo(line->curl, CURLINFO_ACTIVESOCKET, &fd);
    return sent >= (curl_off_t)line->asked->size &&
           (fd == CURL_SOCKET_BAD || ioctl(fd, SIOCOUTQNSD, &waiting) != 0 || waiting == 0);
}

void jem_http_sent(struct jem_http_line *line, int64_t mono_ms)
{
    while (!line->done && (jem_mono_ms() < mono_ms || !http_left(line)))
        http_drive(line->http, HTTP_LOOK_MS);
}

enum jem_code jem_http_end(struct jem_http_line *line, struct jem_error *err)
{
    enum jem_code code = http_wait(line, err);
    if (code == JEM_OK && http_moved(line->answer) && http_redirected(line)) {
        line->kept = false;
        code = http_start_line(line, err);
        if (code == JEM_OK)
            code = http_wait(line, err);
    }
    http_free(line);
    return code;
}

void jem_http_give_up(struct jem_http_line *line)
{
    if (!line->done)
        curl_multi_remove_handle(line->http->multi, line->curl);
    http_free(line);
}

enum jem_code jem_http_ask(struct jem_http *http, const struct jem_http_request *request,
    struct jem_http_answer *answer, struct jem_error *err)
{
    struct jem_http_line *line;
    enum jem_code code = jem_http_begin(http, request, answer, &line, err);
    return code == JEM_OK ? jem_http_end(line, err) : code;
}
