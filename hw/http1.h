/* http1.h - HTTP/1.1 as scanners speak it: requests written, responses read as they come, exchanges over a pipe.
 * Source: RFC 9112. The reader allocates nothing and is bounded: 64 lines of 4 KiB in a head, sizes below 2^31. */
#ifndef JEM_HW_HTTP1_H
#define JEM_HW_HTTP1_H
#include "jemput/buf.h"
#include "usb.h"

/* ---- pure: writing and reading ------------------------------------------------------------------------------------ */

struct jem_http1_request {
    const char *method, *path, *host; /* host: a printer behind USB wants "localhost" */
    const char *content_type;         /* NULL: no body */
    const void *body;
    size_t body_len;
};
/* No Expect, no Connection: pipes stay open by themselves. */
void jem_http1_request_write(const struct jem_http1_request *request, struct jem_buf *out);

#define JEM_HTTP1_LINE_MAX 4096
#define JEM_HTTP1_LINES_MAX 64
enum jem_http1_phase {
    JEM_HTTP1_STATUS = 0, /* the line "HTTP/1.1 200 OK", also of an interim response */
    JEM_HTTP1_FIELDS,
    JEM_HTTP1_BODY, /* of a known length */
    JEM_HTTP1_CHUNK_SIZE,
    JEM_HTTP1_CHUNK,
    JEM_HTTP1_CHUNK_END,
    JEM_HTTP1_TRAILERS,
    JEM_HTTP1_UNTIL_CLOSE, /* no length was told */
    JEM_HTTP1_DONE,
    JEM_HTTP1_BAD
};
struct jem_http1_response { /* zeroed: ready for a response */
    enum jem_http1_phase phase;
    unsigned status;    /* 0 until its line came */
    char location[512]; /* "" when there is none or it is longer */
    char server[96];
    char content_type[64]; /* lower case, without parameters */
    bool close;            /* the server will close */
    uint64_t body_bytes;   /* that came */
    /* private */
    bool chunked, length_told;
    uint64_t left; /* of the body or chunk */
    unsigned lines;
    size_t line_len;
    char line[JEM_HTTP1_LINE_MAX];
};
/* Takes bytes of the response until it is done; *used tells how many. Pieces of the body go to `body` (a borrowed
 * range of p). JEM_ECORRUPT: this is no HTTP; phase is BAD from then on. */
struct jem_http1_body {
    enum jem_code (*piece)(void *ctx, const void *p, size_t n, struct jem_error *err);
    void *ctx;
};
JEM_NODISCARD enum jem_code jem_http1_response_feed(struct jem_http1_response *r, const void *p, size_t n,
    const struct jem_http1_body *body, size_t *used, struct jem_error *err);
/* How many bytes are worth asking for ahead: what is still to come when that is known; a little while a body of unknown
 * length is small, then SIZE_MAX. 0: done. */
size_t jem_http1_response_want(const struct jem_http1_response *r);

/* ---- over a pipe --------------------------------------------------------------------------------------------------- */

struct jem_http1_pipe; /* one connection: an IPP-USB interface, or TCP on the loopback */
struct jem_http1_pipe_ops {
    /* Failures as in usb.h, also over TCP (a closed connection is JEM_USB_GONE only when nothing can be reached). */
    enum jem_code (
        *send)(struct jem_http1_pipe *pipe, const void *p, size_t n, struct jem_usb_wait wait, struct jem_error *err);
    /* JEM_OK with *got = 0: wait a little (USB), or the end (TCP, *end set). `want` as jem_usb_stream_read. */
    enum jem_code (*receive)(struct jem_http1_pipe *pipe, void *p, size_t cap, size_t want, struct jem_usb_wait wait,
        size_t *got, bool *end, struct jem_error *err);
    /* The response is drained: nothing is expected. `close`: the server will close. */
    void (*rest)(struct jem_http1_pipe *pipe, bool close);
    /* After a failure: brings both ends to the start of an exchange. */
    enum jem_code (*recover)(struct jem_http1_pipe *pipe, struct jem_error *err);
};
struct jem_http1_pipe {
    const struct jem_http1_pipe_ops *ops;
    bool dirty;     /* the last exchange broke off: recover first */
    char name[160]; /* of the device, for messages */
    char host[32];
};

struct jem_http1_limits {
    int first_byte_ms, idle_ms; /* before the response begins; between its bytes */
    int send_ms, total_ms;      /* total_ms: of the whole response */
    int drain_ms;               /* how long the rest of a cancelled response may take */
    size_t max_body_bytes;      /* more is refused */
};
struct jem_http1_exchange {
    const struct jem_http1_request *request; /* its host is set from the pipe */
    const struct jem_http1_limits *limits;
    const atomic_bool *cancel; /* may be NULL */
    /* Called once when the flag is seen while a response comes in: may tell the device by another pipe to stop. May be
     * NULL. The rest of the response is then drained for limits->drain_ms at most. */
    void (*on_cancel)(void *ctx);
    void *ctx;
    struct jem_buf *body; /* may be NULL: dropped. Appended to; holds nothing of a response that failed */
};
/* One request and its whole response. Any status is JEM_OK. On failure the pipe is recovered by the next exchange. When it
 * was cancelled, *out still holds the head of a response that was drained to its end: it may name a job.
 * JEM_EIO silent or gone (err->native as in usb.h) | JEM_EBUSY cancelled | JEM_ECORRUPT no HTTP, or too much */
JEM_NODISCARD enum jem_code jem_http1_exchange(struct jem_http1_pipe *pipe, const struct jem_http1_exchange *what,
    struct jem_http1_response *out, struct jem_error *err);
/* Sleeps for ms, less when the flag is set. */
void jem_http1_pause(int ms, const atomic_bool *cancel);
#endif
