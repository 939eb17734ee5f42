/* http1.c - the reader of responses (pure), and exchanges over a pipe.
 *
 * The one rule of pipes that cannot be closed: a response is always drained. An exchange that is cancelled reads on and
 * drops what comes; only when that lasts too long, or the pipe fails, are both ends reset. */
#include "http1.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "jemput/clock.h"

#define RECEIVE_BYTES 16384
#define BACKOFF_FIRST_US 10000
#define BACKOFF_MAX_US 1000000
#define NUDGE_FIRST_MS 250
#define NUDGE_MAX_MS 2000
#define CHUNK_DIGITS_MAX 7
#define WANT_SMALL_BYTES 65536 /* up to here a body of unknown length is taken for a small one */
#define CLOSE_QUIET_MS 1500

void jem_http1_request_write(const struct jem_http1_request *request, struct jem_buf *out)
{
    jem_buf_fmt(out, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: jemput\r\nAccept: */*\r\n", request->method,
        request->path, request->host);
    if (request->content_type)
        jem_buf_fmt(out, "Content-Type: %s\r\n", request->content_type);
    if (request->content_type || strcmp(request->method, "POST") == 0)
        jem_buf_fmt(out, "Content-Length: %zu\r\n", request->body_len);
    jem_buf_str(out, "\r\n");
    if (request->body_len > 0)
        jem_buf_add(out, request->body, request->body_len);
}

/* ---- the reader ----------------------------------------------------------------------------------------------------- */

static enum jem_code response_bad(struct jem_http1_response *r, struct jem_error *err)
{
    r->phase = JEM_HTTP1_BAD;
    return jem_fail(err, JEM_ECORRUPT, JEM_D_HW, 0, JEM_T_HTTP1_BAD);
}

static bool status_line(struct jem_http1_response *r)
{
    const char *s = r->line;
    if (strncmp(s, "HTTP/1.", 7) != 0 || !isdigit((unsigned char)s[7]) || s[8] != ' ')
        return false;
    r->status = 0;
    for (size_t i = 9; i < 12; i++) {
        if (!isdigit((unsigned char)s[i]))
            return false;
        r->status = r->status * 10 + (unsigned)(s[i] - '0');
    }
    r->close = s[7] == '0';
    return r->status >= 100 && (s[12] == ' ' || s[12] == '\0');
}

static void value_copy(char *out, size_t cap, const char *value)
{
    size_t n = strlen(value);
    if (n >= cap)
        n = 0; /* a cut value would be another one */
    memcpy(out, value, n);
    out[n] = '\0';
}

static bool field_length(struct jem_http1_response *r, const char *value)
{
    uint64_t n = 0;
    size_t digits = strspn(value, "0123456789");
    if (digits == 0 || digits > 10 || value[digits] != '\0')
        return false;
    for (size_t i = 0; i < digits; i++)
        n = n * 10 + (uint64_t)(value[i] - '0');
    if (r->length_told && r->left != n)
        return false;
    r->length_told = true;
    r->left = n;
    return n <= INT32_MAX;
}

static bool has_word(const char *value, const char *word)
{
    size_t n = strlen(word);
    for (const char *s = value; *s;) {
        s += strspn(s, " \t,");
        size_t len = strcspn(s, " \t,;");
        if (len == n && strncasecmp(s, word, n) == 0)
            return true;
        s += strcspn(s, ",");
    }
    return false;
}

static bool field_line(struct jem_http1_response *r)
{
    char *value = strchr(r->line, ':');
    if (r->line[0] == ' ' || r->line[0] == '\t') /* a folded line: of no field that is used here */
        return true;
    if (!value || value == r->line)
        return false;
    *value++ = '\0';
    value += strspn(value, " \t");
    size_t n = strlen(value);
    while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'))
        value[--n] = '\0';
    if (strcasecmp(r->line, "content-length") == 0)
        return field_length(r, value);
    if (strcasecmp(r->line, "transfer-encoding") == 0)
        r->chunked = r->chunked || has_word(value, "chunked");
    else if (strcasecmp(r->line, "location") == 0)
        value_copy(r->location, sizeof r->location, value);
    else if (strcasecmp(r->line, "server") == 0)
        value_copy(r->server, sizeof r->server, value);
    else if (strcasecmp(r->line, "connection") == 0) {
        r->close = (r->close && !has_word(value, "keep-alive")) || has_word(value, "close");
    } else if (strcasecmp(r->line, "content-type") == 0) {
        value[strcspn(value, "; \t")] = '\0';
        value_copy(r->content_type, sizeof r->content_type, value);
        for (char *c = r->content_type; *c; c++)
            *c = (char)tolower((unsigned char)*c);
    }
    return true;
}

static void fields_end(struct jem_http1_response *r)
{
    if (r->status < 200) { /* an interim response: the real one follows */
        struct jem_http1_response fresh = { .lines = r->lines };
        *r = fresh;
        return;
    }
    if (r->status == 204 || r->status == 304)
        r->phase = JEM_HTTP1_DONE;
    else if (r->chunked)
        r->phase = JEM_HTTP1_CHUNK_SIZE;
    else if (r->length_told)
        r->phase = r->left > 0 ? JEM_HTTP1_BODY : JEM_HTTP1_DONE;
    else
        r->phase = JEM_HTTP1_UNTIL_CLOSE;
}

static bool chunk_size(struct jem_http1_response *r)
{
    size_t digits = strspn(r->line, "0123456789abcdefABCDEF");
    const char *rest = r->line + digits + strspn(r->line + digits, " \t");
    if (digits == 0 || (*rest != '\0' && *rest != ';'))
        return false;
    size_t zeros = strspn(r->line, "0");
    if (digits - (zeros < digits ? zeros : digits) > CHUNK_DIGITS_MAX)
        return false;
    r->left = strtoull(r->line, NULL, 16);
    r->phase = r->left > 0 ? JEM_HTTP1_CHUNK : JEM_HTTP1_TRAILERS;
    if (r->left == 0)
        r->lines = 0;
    return true;
}

/* A whole line, without its end. */
static bool line_take(struct jem_http1_response *r)
{
    switch (r->phase) {
    case JEM_HTTP1_STATUS:
        if (r->line[0] == '\0') /* an empty line before it is forgiven */
            return ++r->lines < 8;
        if (++r->lines >= JEM_HTTP1_LINES_MAX || !status_line(r))
            return false;
        r->phase = JEM_HTTP1_FIELDS;
        return true;
    case JEM_HTTP1_FIELDS:
        if (r->line[0] == '\0')
            fields_end(r);
        else
            return ++r->lines < JEM_HTTP1_LINES_MAX && field_line(r);
        return true;
    case JEM_HTTP1_CHUNK_SIZE: return chunk_size(r);
    case JEM_HTTP1_CHUNK_END: r->phase = JEM_HTTP1_CHUNK_SIZE; return r->line[0] == '\0';
    case JEM_HTTP1_TRAILERS:
        if (r->line[0] == '\0')
            r->phase = JEM_HTTP1_DONE;
        return ++r->lines < JEM_HTTP1_LINES_MAX;
    case JEM_HTTP1_BODY:
    case JEM_HTTP1_CHUNK:
    case JEM_HTTP1_UNTIL_CLOSE:
    case JEM_HTTP1_DONE:
    case JEM_HTTP1_BAD: break;
    }
    return false;
}

static bool in_body(enum jem_http1_phase phase)
{
    return phase == JEM_HTTP1_BODY || phase == JEM_HTTP1_CHUNK || phase == JEM_HTTP1_UNTIL_CLOSE;
}

static enum jem_code body_take(struct jem_http1_response *r, const char *p, size_t n, const struct jem_http1_body *body,
    size_t *used, struct jem_error *err)
{
    size_t k = r->phase != JEM_HTTP1_UNTIL_CLOSE && r->left < n ? (size_t)r->left : n;
    *used += k;
    r->body_bytes += k;
    if (r->phase != JEM_HTTP1_UNTIL_CLOSE) {
        r->left -= k;
        if (r->left == 0)
            r->phase = r->phase == JEM_HTTP1_CHUNK ? JEM_HTTP1_CHUNK_END : JEM_HTTP1_DONE;
    }
    return body && body->piece ? body->piece(body->ctx, p, k, err) : JEM_OK;
}

enum jem_code jem_http1_response_feed(struct jem_http1_response *r, const void *p, size_t n,
    const struct jem_http1_body *body, size_t *used, struct jem_error *err)
{
    const char *s = p;
    *used = 0;
    while (*used < n && r->phase != JEM_HTTP1_DONE) {
        if (r->phase == JEM_HTTP1_BAD)
            return response_bad(r, err);
        if (in_body(r->phase)) {
            enum jem_code code = body_take(r, s + *used, n - *used, body, used, err);
            if (code != JEM_OK)
                return code;
            continue;
        }
        char c = s[(*used)++];
        if (c != '\n') {
            if (c == '\0' || r->line_len + 1 >= sizeof r->line)
                return response_bad(r, err);
            r->line[r->line_len++] = c;
            continue;
        }
        while (r->line_len > 0 && r->line[r->line_len - 1] == '\r')
            r->line_len--;
        r->line[r->line_len] = '\0';
        r->line_len = 0;
        if (!line_take(r))
            return response_bad(r, err);
    }
    return r->phase == JEM_HTTP1_BAD ? response_bad(r, err) : JEM_OK;
}

size_t jem_http1_response_want(const struct jem_http1_response *r)
{
    switch (r->phase) {
    case JEM_HTTP1_DONE: return 0;
    case JEM_HTTP1_BODY: return (size_t)r->left;
    case JEM_HTTP1_CHUNK: return (size_t)r->left + 7; /* its end, and the last size line at least */
    case JEM_HTTP1_STATUS:
    case JEM_HTTP1_FIELDS:
    case JEM_HTTP1_CHUNK_SIZE:
    case JEM_HTTP1_CHUNK_END:
    case JEM_HTTP1_TRAILERS:
    case JEM_HTTP1_UNTIL_CLOSE:
    case JEM_HTTP1_BAD: break;
    }
    return r->body_bytes < WANT_SMALL_BYTES ? 2 * RECEIVE_BYTES : SIZE_MAX;
}

/* ---- exchanges ------------------------------------------------------------------------------------------------------ */

void jem_http1_pause(int ms, const atomic_bool *cancel)
{
    int64_t until_ms = jem_mono_ms() + ms;
    for (;;) {
        int64_t left_ms = until_ms - jem_mono_ms();
        if (left_ms <= 0 || (cancel && atomic_load(cancel)))
            return;
        if (left_ms > 20)
            left_ms = 20;
        (void)nanosleep(&(struct timespec){ 0, (long)left_ms * 1000000 }, NULL);
    }
}

struct exchange {
    struct jem_http1_pipe *pipe;
    const struct jem_http1_exchange *what;
    struct jem_http1_response *r;
    size_t body_start;
    bool cancelled;
    bool surplus;        /* bytes behind the response that nobody asked for */
    int64_t deadline_ms; /* of the next byte, or of the whole drain */
    int64_t end_ms;      /* of the exchange */
    long backoff_us;
    int nudge_ms;
    unsigned char *chunk;
};

static enum jem_code exchange_piece(void *ctx, const void *p, size_t n, struct jem_error *err)
{
    struct exchange *x = ctx;
    if (x->r->body_bytes > x->what->limits->max_body_bytes)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_HW, 0, JEM_T_HTTP1_TOO_MUCH, x->pipe->name,
            x->what->limits->max_body_bytes >> 20);
    if (x->cancelled || !x->what->body)
        return JEM_OK;
    jem_buf_add(x->what->body, p, n);
    return x->what->body->failed ? jem_fail_nomem(err) : JEM_OK;
}

static bool exchange_flag(const struct exchange *x)
{
    return x->what->cancel && atomic_load(x->what->cancel);
}

/* The flag was set: from here on the response is only drained. */
static void exchange_cancel(struct exchange *x)
{
    x->cancelled = true;
    if (x->what->on_cancel)
        x->what->on_cancel(x->what->ctx);
    x->deadline_ms = x->end_ms = jem_mono_ms() + x->what->limits->drain_ms;
}

static void exchange_heard(struct exchange *x)
{
    x->backoff_us = BACKOFF_FIRST_US;
    x->nudge_ms = NUDGE_FIRST_MS;
    if (!x->cancelled)
        x->deadline_ms = jem_mono_ms() + x->what->limits->idle_ms;
}

/* A packet without bytes: "wait", longer each time. */
static void exchange_backoff(struct exchange *x)
{
    jem_http1_pause((int)(x->backoff_us / 1000), x->cancelled ? NULL : x->what->cancel);
    x->backoff_us = x->backoff_us * 5 / 4 < BACKOFF_MAX_US ? x->backoff_us * 5 / 4 : BACKOFF_MAX_US;
}

/* No byte came for a while. Transfers were taken back, so that nothing hides in a half-filled one; the wait goes on
 * until the deadline. JEM_OK to go on. */
static enum jem_code exchange_quiet(struct exchange *x, const struct jem_error *why, struct jem_error *err)
{
    x->nudge_ms = x->nudge_ms * 2 < NUDGE_MAX_MS ? x->nudge_ms * 2 : NUDGE_MAX_MS;
    if (jem_mono_ms() < x->deadline_ms)
        return JEM_OK;
    if (x->r->phase == JEM_HTTP1_UNTIL_CLOSE && x->r->body_bytes > 0) {
        x->r->phase = JEM_HTTP1_DONE; /* a pipe that cannot be closed, a body without length: silence is its end */
        return JEM_OK;
    }
    if (err)
        *err = *why;
    return why->code;
}

/* *empty: a packet without bytes came. */
static enum jem_code exchange_receive(struct exchange *x, size_t *got, bool *end, bool *empty, struct jem_error *err)
{
    struct jem_error why = { 0 };
    int64_t left_ms = x->deadline_ms - jem_mono_ms();
    struct jem_usb_wait wait = { x->nudge_ms, x->cancelled ? NULL : x->what->cancel };
    if (left_ms < wait.timeout_ms)
        wait.timeout_ms = left_ms > 0 ? (int)left_ms : 1;
    size_t want = jem_http1_response_want(x->r);
    enum jem_code code = x->pipe->ops->receive(x->pipe, x->chunk, RECEIVE_BYTES, want, wait, got, end, &why);
    if (code == JEM_OK) {
        *empty = *got == 0 && !*end;
        return JEM_OK;
    }
    *got = 0;
    *end = false;
    if (why.native == JEM_USB_TIMEOUT)
        return exchange_quiet(x, &why, err);
    if (why.native == JEM_USB_CANCELLED)
        return JEM_OK; /* the loop sees the flag */
    if (err)
        *err = why;
    return code;
}

static enum jem_code exchange_read(struct exchange *x, struct jem_error *err)
{
    const struct jem_http1_body sink = { exchange_piece, x };
    while (x->r->phase != JEM_HTTP1_DONE) {
        size_t got = 0, used = 0;
        bool end = false, empty = false;
        if (!x->cancelled && exchange_flag(x))
            exchange_cancel(x);
        enum jem_code code = exchange_receive(x, &got, &end, &empty, err);
        if (code != JEM_OK)
            return code;
        if (got == 0 && end) {
            if (x->r->phase != JEM_HTTP1_UNTIL_CLOSE)
                return jem_fail(err, JEM_EIO, JEM_D_HW, JEM_USB_FAILED, JEM_T_HTTP1_CLOSED, x->pipe->name);
            x->r->phase = JEM_HTTP1_DONE;
            x->r->close = true;
        }
        if (jem_mono_ms() >= (empty ? x->deadline_ms : x->end_ms))
            return jem_fail(err, JEM_EIO, JEM_D_HW, JEM_USB_TIMEOUT, JEM_T_USB_TIMEOUT, x->pipe->name);
        if (empty)
            exchange_backoff(x);
        if (got == 0)
            continue;
        exchange_heard(x);
        code = jem_http1_response_feed(x->r, x->chunk, got, &sink, &used, err);
        if (code != JEM_OK)
            return code;
        if (x->r->phase == JEM_HTTP1_UNTIL_CLOSE)
            x->deadline_ms = jem_mono_ms() + CLOSE_QUIET_MS;
        for (size_t i = used; i < got; i++) /* old servers send an empty line behind a body */
            x->surplus = x->surplus || (x->chunk[i] != '\r' && x->chunk[i] != '\n');
    }
    return JEM_OK;
}

static enum jem_code exchange_send(struct exchange *x, struct jem_error *err)
{
    struct jem_http1_request request = *x->what->request;
    struct jem_buf bytes = JEM_BUF_INIT((size_t)1 << 20);
    request.host = x->pipe->host;
    jem_http1_request_write(&request, &bytes);
    enum jem_code code = jem_buf_ok(&bytes, err);
    /* Not cancellable: half a request would be finished by the next one. It is one transfer. */
    if (code == JEM_OK)
        code = x->pipe->ops->send(x->pipe, bytes.data, bytes.len,
            (struct jem_usb_wait){ x->what->limits->send_ms, NULL }, err);
    jem_buf_release(&bytes);
    return code;
}

static enum jem_code exchange_run(struct exchange *x, struct jem_error *err)
{
    enum jem_code code = JEM_OK;
    if (x->pipe->dirty)
        code = x->pipe->ops->recover(x->pipe, err);
    if (code == JEM_OK) {
        x->pipe->dirty = true;
        code = exchange_send(x, err);
    }
    x->deadline_ms = jem_mono_ms() + x->what->limits->first_byte_ms;
    x->end_ms = jem_mono_ms() + x->what->limits->total_ms;
    if (code == JEM_OK)
        code = exchange_read(x, err);
    if (code == JEM_OK)
        x->pipe->dirty = x->surplus;
    x->pipe->ops->rest(x->pipe, code != JEM_OK || x->r->close);
    return code;
}

enum jem_code jem_http1_exchange(struct jem_http1_pipe *pipe, const struct jem_http1_exchange *what,
    struct jem_http1_response *out, struct jem_error *err)
{
    struct exchange x = { .pipe = pipe,
        .what = what,
        .r = out,
        .backoff_us = BACKOFF_FIRST_US,
        .nudge_ms = NUDGE_FIRST_MS,
        .body_start = what->body ? what->body->len : 0 };
    *out = (struct jem_http1_response){ 0 };
    if (exchange_flag(&x))
        return jem_fail(err, JEM_EBUSY, JEM_D_HW, JEM_USB_CANCELLED, JEM_T_USB_CANCELLED, pipe->name);
    x.chunk = malloc(RECEIVE_BYTES);
    enum jem_code code = x.chunk ? exchange_run(&x, err) : jem_fail_nomem(err);
    free(x.chunk);
    if (x.cancelled && (code == JEM_OK || (code == JEM_EIO && err && err->native == JEM_USB_TIMEOUT)))
        code = jem_fail(err, JEM_EBUSY, JEM_D_HW, JEM_USB_CANCELLED, JEM_T_USB_CANCELLED, pipe->name);
    if (code != JEM_OK && what->body && what->body->data) {
        what->body->len = x.body_start;
        what->body->data[x.body_start] = '\0';
    }
    return code;
}
