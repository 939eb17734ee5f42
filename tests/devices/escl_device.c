/* escl_device.c - a small eSCL server for tests, written from the specification; it shares no code with the engine. */
#include "escl_device.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jpeglib.h>

#include "jemput/file.h"
#include "vusb_file.h"

#define PIPES 4
#define REQUEST_MAX 65536
#define PIECE 2048
#define GIVEN_MAX 16
#define GIVEN_BYTES_MAX (8U << 20)

struct pipe_state {
    char in[REQUEST_MAX];
    size_t len;
    int fd; /* TCP: the connection; -1: free */
};

struct escl_device {
    struct vusb_device *usb;
    struct vusb_file file;
    char caps[16384];
    pthread_mutex_t lock;
    struct pipe_state pipes[PIPES];
    unsigned next, count, job, job_pages, early, busies, piece_ms, trouble_at, inside_at, cut_at;
    size_t page_bytes;
    struct jem_buf given[GIVEN_MAX]; /* pages that lie in the feeder instead of drawn ones */
    enum escl_trouble trouble;
    bool busy, platen, job_open, jammed, covered;
    char job_id[32], settings[4096];
    struct escl_counts counts;
    int listener;
    pthread_t server;
    bool stop;
};

/* ---- pages ---------------------------------------------------------------------------------------------------------- */

#define KEPT_PAGES 128
static struct {
    unsigned number;
    size_t about;
    unsigned char *jpeg;
    unsigned long len;
} kept_pages[KEPT_PAGES];
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;

static void page_draw(unsigned number, size_t about, unsigned char **jpeg, unsigned long *len)
{
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    unsigned width = 64, height = (unsigned)(about / 70 + 8), noise = number * 2654435761U;
    if (about > 100000) {
        width = 2048;
        height = (unsigned)(about / 2300);
    }
    unsigned char *row = malloc(width);
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, jpeg, len);
    c.image_width = width;
    c.image_height = height;
    c.input_components = 1;
    c.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, 95, TRUE);
    jpeg_start_compress(&c, TRUE);
    while (c.next_scanline < height && row) {
        for (unsigned x = 0; x < width; x++)
            row[x] = (unsigned char)((noise = noise * 1664525U + 1013904223U) >> 24);
        (void)jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    free(row);
}

const unsigned char *escl_page(unsigned number, size_t about, size_t *len)
{
    size_t i = 0;
    (void)pthread_mutex_lock(&kept_lock);
    while (i < KEPT_PAGES && kept_pages[i].jpeg && !(kept_pages[i].number == number && kept_pages[i].about == about))
        i++;
    if (i == KEPT_PAGES)
        vusb_die("too many pages");
    if (!kept_pages[i].jpeg) {
        page_draw(number, about, &kept_pages[i].jpeg, &kept_pages[i].len);
        kept_pages[i].number = number;
        kept_pages[i].about = about;
    }
    *len = kept_pages[i].len;
    const unsigned char *jpeg = kept_pages[i].jpeg;
    (void)pthread_mutex_unlock(&kept_lock);
    return jpeg;
}

/* ---- answers -------------------------------------------------------------------------------------------------------- */

static const char *key_of(const struct escl_device *e, const char *key)
{
    return vusb_file_key(&e->file, key, 0);
}

static unsigned number_key(const struct escl_device *e, const char *key)
{
    const char *s = key_of(e, key);
    return s ? (unsigned)strtoul(s, NULL, 10) : 0;
}

static void emit(struct escl_device *e, unsigned pipe, const void *p, size_t n, unsigned delay_ms)
{
    if (e->usb) {
        vusb_send_later(e->usb, (uint8_t)(0x81 + pipe), p, n, delay_ms);
        return;
    }
    if (delay_ms)
        (void)poll(NULL, 0, (int)delay_ms);
    const char *from = p;
    while (n > 0) {
        ssize_t k = send(e->pipes[pipe].fd, from, n, MSG_NOSIGNAL);
        if (k <= 0)
            return;
        from += k;
        n -= (size_t)k;
    }
}

struct bytes {
    char *p;
    size_t len;
};

static void bytes_add(struct bytes *b, const void *p, size_t n)
{
    b->p = realloc(b->p, b->len + n + 1);
    if (!b->p)
        vusb_die("out of memory");
    memcpy(b->p + b->len, p, n);
    b->len += n;
    b->p[b->len] = '\0';
}

static void bytes_fmt(struct bytes *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void bytes_fmt(struct bytes *b, const char *fmt, ...)
{
    char text[4096];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    bytes_add(b, text, (size_t)n);
}

static void answer(struct escl_device *e, unsigned pipe, const char *status, const char *extra, const char *type,
    const void *body, size_t len)
{
    struct bytes b = { NULL, 0 };
    bool chunked = key_of(e, "chunked") != NULL, until_close = key_of(e, "until-close") != NULL;
    if (key_of(e, "interim-100"))
        bytes_fmt(&b, "HTTP/1.1 100 Continue\r\n\r\n");
    bytes_fmt(&b, "HTTP/1.1 %s\r\n%s", status, extra);
    if (key_of(e, "server"))
        bytes_fmt(&b, "Server: %s\r\n", key_of(e, "server"));
    if (type)
        bytes_fmt(&b, "Content-Type: %s\r\n", type);
    if (until_close && len > 0)
        bytes_fmt(&b, "\r\n");
    else if (chunked && len > 0)
        bytes_fmt(&b, "Transfer-Encoding: chunked\r\n\r\n");
    else
        bytes_fmt(&b, "Content-Length: %zu\r\n\r\n", len);
    size_t step = e->piece_ms ? PIECE : chunked ? 1000 : len;
    for (size_t at = 0; at < len; at += step) {
        size_t k = len - at < step ? len - at : step;
        if (chunked)
            bytes_fmt(&b, "%zx;x=1\r\n", k);
        bytes_add(&b, (const char *)body + at, k);
        if (chunked)
            bytes_fmt(&b, "\r\n");
        if (e->piece_ms) {
            emit(e, pipe, b.p, b.len, e->piece_ms * (unsigned)(e->usb ? at / step + 1 : 1));
            b.len = 0;
        }
    }
    if (chunked && len > 0)
        bytes_fmt(&b, "0\r\n\r\n");
    if (key_of(e, "tail-crlf"))
        bytes_fmt(&b, "\r\n");
    unsigned late_ms = e->piece_ms && e->usb && len > 0 ? e->piece_ms * (unsigned)(len / step + 2) : 0;
    if (strncmp(status, "201", 3) == 0)
        late_ms = number_key(e, "create-ms");
    if (b.len > 0)
        emit(e, pipe, b.p, b.len, late_ms);
    free(b.p);
}

static void plain(struct escl_device *e, unsigned pipe, const char *status)
{
    answer(e, pipe, status, "", NULL, NULL, 0);
}

/* ---- requests ------------------------------------------------------------------------------------------------------- */

static void status_xml(struct escl_device *e, unsigned pipe)
{
    struct bytes b = { NULL, 0 };
    const char *adf = e->jammed            ? "ScannerAdfJam"
                      : e->covered         ? "ScannerAdfHatchOpen"
                      : e->next < e->count ? "ScannerAdfLoaded"
                                           : "ScannerAdfEmpty";
    bytes_fmt(&b,
        "<?xml version=\"1.0\"?><scan:ScannerStatus xmlns:scan=\"s\" xmlns:pwg=\"p\"><pwg:Version>2.0</pwg:Version>"
        "<pwg:State>%s</pwg:State><scan:AdfState>%s</scan:AdfState><scan:Jobs>",
        e->job_open || e->busy ? "Processing" : "Idle", adf);
    if (e->job_id[0])
        bytes_fmt(&b,
            "<scan:JobInfo><pwg:JobUri>/eSCL/ScanJobs/%s</pwg:JobUri><pwg:JobState>%s</pwg:JobState></scan:JobInfo>",
            e->job_id, e->job_open ? "Processing" : "Completed");
    bytes_fmt(&b, "</scan:Jobs></scan:ScannerStatus>");
    answer(e, pipe, "200 OK", "", "text/xml; charset=utf-8", b.p, b.len);
    free(b.p);
}

static void new_job(struct escl_device *e, unsigned pipe, const char *body)
{
    char location[256], id[32], extra[300];
    const char *format = key_of(e, "location");
    (void)snprintf(e->settings, sizeof e->settings, "%s", body);
    if (e->busy || e->busies < number_key(e, "busy-503")) {
        e->busies++;
        plain(e, pipe, "503 Service Unavailable");
        return;
    }
    bool platen = strstr(body, "<pwg:InputSource>Platen<") != NULL;
    if ((!platen && (e->jammed || e->covered)) || (key_of(e, "refuse-bilevel") && strstr(body, ">BlackAndWhite1<"))) {
        plain(e, pipe, "409 Conflict");
        return;
    }
    if (e->job_open)
        e->counts.outside++; /* the job before was not deleted */
    if (key_of(e, "empty-jams") && !platen && e->next >= e->count)
        e->jammed = true;
    e->platen = platen;
    e->job_open = true;
    e->job_pages = e->early = 0;
    (void)snprintf(id, sizeof id, "job-%u", ++e->job);
    (void)snprintf(e->job_id, sizeof e->job_id, "%s", id);
    e->counts.created++;
    const char *cut = format ? strstr(format, "%s") : NULL;
    if (cut)
        (void)snprintf(location, sizeof location, "%.*s%s%s", (int)(cut - format), format, id, cut + 2);
    else
        (void)snprintf(location, sizeof location, "/eSCL/ScanJobs/%s", id);
    (void)snprintf(extra, sizeof extra, "Location: %s\r\n", location);
    answer(e, pipe, "201 Created", extra, NULL, NULL, 0);
}

static void feeder_end(struct escl_device *e, unsigned pipe)
{
    const char *code = key_of(e, "feeder-end");
    if (!e->platen && e->job_pages > 0)
        e->job_open = true; /* stays "Processing" until it is deleted, as one vendor does */
    plain(e, pipe, code && strcmp(code, "409") == 0 && !e->platen ? "409 Conflict" : "404 Not Found");
}

/* Half of the page, and then the paper is stuck. */
static void half_page(struct escl_device *e, unsigned pipe, const unsigned char *jpeg, size_t len)
{
    struct bytes b = { NULL, 0 };
    bytes_fmt(&b, "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %zu\r\n\r\n", len);
    bytes_add(&b, jpeg, len / 2);
    emit(e, pipe, b.p, b.len, 0);
    free(b.p);
    e->jammed = true;
}

static const unsigned char *page_of(const struct escl_device *e, unsigned number, size_t *len)
{
    if (number >= GIVEN_MAX || e->given[number].len == 0)
        return escl_page(number, e->page_bytes, len);
    *len = e->given[number].len;
    return e->given[number].data;
}

static void next_page(struct escl_device *e, unsigned pipe)
{
    unsigned number = e->platen ? 1 : e->next;
    bool none = e->platen ? e->job_pages > 0 : e->next >= e->count;
    if (none) {
        feeder_end(e, pipe);
        return;
    }
    if (e->early < number_key(e, "early-404")) {
        e->early++;
        plain(e, pipe, "404 Not Found");
        return;
    }
    if (!e->platen && e->trouble != ESCL_FINE && number >= e->trouble_at) {
        e->jammed = e->trouble == ESCL_JAM;
        e->covered = e->trouble == ESCL_COVER;
        plain(e, pipe, "409 Conflict");
        return;
    }
    size_t len;
    const unsigned char *jpeg = page_of(e, number, &len);
    e->early = 0;
    if (!e->platen)
        e->next++; /* the sheet has left the feeder */
    e->job_pages++;
    e->counts.pages++;
    if (number == e->inside_at)
        half_page(e, pipe, jpeg, len);
    else
        answer(e, pipe, "200 OK", "", "image/jpeg", jpeg, number == e->cut_at ? len - 40 : len);
}

static void delete_job(struct escl_device *e, unsigned pipe, const char *path)
{
    char mine[64];
    (void)snprintf(mine, sizeof mine, "/eSCL/ScanJobs/%s", e->job_id);
    if (!e->job_id[0] || strcmp(path, mine) != 0) {
        plain(e, pipe, "404 Not Found");
        return;
    }
    e->counts.deleted++;
    e->job_open = false;
    if (e->piece_ms && e->usb && key_of(e, "chunked")) /* what was not sent of a page is not sent */
        for (unsigned i = 0; i < PIPES; i++)
            if (i != pipe && vusb_claimed(e->usb, (int)i)) {
                vusb_cut(e->usb, (uint8_t)(0x81 + i));
                emit(e, i, "0\r\n\r\n", 5, 0);
            }
    plain(e, pipe, "200 OK");
}

static void request(struct escl_device *e, unsigned pipe, const char *method, const char *path, const char *body)
{
    char next[80];
    if (key_of(e, "all-404")) {
        plain(e, pipe, "404 Not Found");
        return;
    }
    (void)snprintf(next, sizeof next, "/eSCL/ScanJobs/%s/NextDocument", e->job_id);
    if (strcmp(method, "GET") == 0 && strcmp(path, "/eSCL/ScannerCapabilities") == 0)
        answer(e, pipe, "200 OK", "", "text/xml", e->caps, strlen(e->caps));
    else if (strcmp(method, "GET") == 0 && strcmp(path, "/eSCL/ScannerStatus") == 0)
        status_xml(e, pipe);
    else if (strcmp(method, "POST") == 0 && strcmp(path, "/eSCL/ScanJobs") == 0)
        new_job(e, pipe, body);
    else if (strcmp(method, "GET") == 0 && e->job_open && strcmp(path, next) == 0)
        next_page(e, pipe);
    else if (strcmp(method, "DELETE") == 0)
        delete_job(e, pipe, path);
    else
        plain(e, pipe, "404 Not Found");
}

/* Bytes of the host: answers each request that is whole. */
static void feed(struct escl_device *e, unsigned pipe, const uint8_t *p, size_t n)
{
    struct pipe_state *s = &e->pipes[pipe];
    (void)pthread_mutex_lock(&e->lock);
    if (n > sizeof s->in - 1 - s->len)
        vusb_die("a request is too long");
    memcpy(s->in + s->len, p, n);
    s->len += n;
    s->in[s->len] = '\0';
    char *end;
    while ((end = strstr(s->in, "\r\n\r\n"))) {
        char method[16] = "", path[256] = "";
        size_t head = (size_t)(end + 4 - s->in), body = 0;
        *end = '\0';
        (void)sscanf(s->in, "%15s %255s", method, path);
        const char *length = strcasestr(s->in, "\r\nContent-Length:");
        if (length)
            body = strtoul(length + 17, NULL, 10);
        bool good = strstr(s->in, "\r\nHost: localhost") && !strcasestr(s->in, "\r\nExpect:");
        bool port_in_host = strstr(s->in, "\r\nHost: localhost:") != NULL;
        *end = '\r';
        if (s->len - head < body)
            break;
        if (!good)
            e->counts.outside++;
        char *text = strndup(s->in + head, body);
        memmove(s->in, s->in + head + body, s->len - head - body + 1);
        s->len -= head + body;
        if (port_in_host && key_of(e, "host-plain"))
            plain(e, pipe, "404 Not Found");
        else
            request(e, pipe, method, path, text ? text : "");
        free(text);
    }
    (void)pthread_mutex_unlock(&e->lock);
}

/* ---- on USB --------------------------------------------------------------------------------------------------------- */

static void usb_out(struct vusb_device *d, void *ctx, uint8_t endpoint, const uint8_t *p, size_t n)
{
    struct escl_device *e = ctx;
    (void)d;
    feed(e, endpoint - 1U, p, n);
}

static int usb_control(struct vusb_device *d, void *ctx, const uint8_t setup[8], uint8_t *data, size_t len)
{
    struct escl_device *e = ctx;
    (void)d;
    (void)data;
    (void)len;
    bool soft_reset = (setup[0] == 0x21 || setup[0] == 0x23) && setup[1] == 2;
    return soft_reset && !key_of(e, "reset-stalls") ? 0 : -1;
}

static void usb_restart(struct vusb_device *d, void *ctx, int interface, int alt)
{
    struct escl_device *e = ctx;
    (void)d;
    (void)alt;
    (void)pthread_mutex_lock(&e->lock);
    for (unsigned i = 0; i < PIPES; i++)
        if (interface < 0 || (unsigned)interface == i + number_key(e, "first-interface"))
            e->pipes[i].len = 0;
    if (interface == -2) {
        e->job_open = false;
        e->job_id[0] = '\0';
    }
    (void)pthread_mutex_unlock(&e->lock);
}

static const struct vusb_behaviour usb_behaviour = { usb_out, usb_control, usb_restart };

static struct escl_device *device_new(const char *folder)
{
    struct escl_device *e = calloc(1, sizeof *e);
    char path[300];
    if (!e)
        vusb_die("out of memory");
    vusb_file_read(&e->file, folder);
    (void)snprintf(path, sizeof path, "%s/caps.xml", folder);
    const char *caps = vusb_file_key(&e->file, "caps", 0);
    FILE *f = fopen(caps ? caps : path, "r");
    if (!f)
        vusb_die("cannot open %s", caps ? caps : path);
    e->caps[fread(e->caps, 1, sizeof e->caps - 1, f)] = '\0';
    (void)fclose(f);
    pthread_mutexattr_t attr;
    (void)pthread_mutexattr_init(&attr);
    (void)pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    (void)pthread_mutex_init(&e->lock, &attr);
    (void)pthread_mutexattr_destroy(&attr);
    e->page_bytes = 3000;
    e->listener = -1;
    for (unsigned i = 0; i < PIPES; i++)
        e->pipes[i].fd = -1;
    return e;
}

struct escl_device *escl_device_usb(struct vusb_bus *bus, const char *folder)
{
    struct escl_device *e = device_new(folder);
    e->usb = vusb_device_new(bus, folder, &usb_behaviour, e);
    return e;
}

struct vusb_device *escl_device_vusb(struct escl_device *e)
{
    return e->usb;
}

/* ---- on TCP --------------------------------------------------------------------------------------------------------- */

static void tcp_read(struct escl_device *e, unsigned pipe)
{
    uint8_t bytes[8192];
    ssize_t n = recv(e->pipes[pipe].fd, bytes, sizeof bytes, 0);
    if (n > 0)
        feed(e, pipe, bytes, (size_t)n);
    if (n <= 0 || key_of(e, "until-close")) {
        (void)close(e->pipes[pipe].fd);
        e->pipes[pipe].fd = -1;
        e->pipes[pipe].len = 0;
    }
}

static void *tcp_serve(void *ctx)
{
    struct escl_device *e = ctx;
    for (;;) {
        struct pollfd p[PIPES + 1];
        for (unsigned i = 0; i < PIPES; i++)
            p[i] = (struct pollfd){ .fd = e->pipes[i].fd, .events = POLLIN };
        p[PIPES] = (struct pollfd){ .fd = e->listener, .events = POLLIN };
        (void)poll(p, PIPES + 1, 50);
        (void)pthread_mutex_lock(&e->lock);
        bool stop = e->stop;
        (void)pthread_mutex_unlock(&e->lock);
        if (stop)
            return NULL;
        for (unsigned i = 0; i < PIPES; i++)
            if (p[i].fd >= 0 && p[i].revents)
                tcp_read(e, i);
        unsigned i = 0;
        while (i < PIPES && e->pipes[i].fd >= 0)
            i++;
        if (i < PIPES && p[PIPES].revents & POLLIN)
            e->pipes[i].fd = accept(e->listener, NULL, NULL);
    }
}

struct escl_device *escl_device_tcp(const char *folder, unsigned *port)
{
    struct escl_device *e = device_new(folder);
    struct sockaddr_in at = { .sin_family = AF_INET };
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1;
    for (*port = 60000; *port < 60016 && e->listener < 0; (*port)++) {
        at.sin_port = htons((uint16_t)*port);
        e->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        (void)setsockopt(e->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(e->listener, (const struct sockaddr *)&at, sizeof at) != 0 || listen(e->listener, 8) != 0) {
            (void)close(e->listener);
            e->listener = -1;
        }
    }
    (*port)--;
    if (e->listener < 0 || pthread_create(&e->server, NULL, tcp_serve, e) != 0)
        vusb_die("no port is free");
    return e;
}

void escl_device_free(struct escl_device *e)
{
    if (!e)
        return;
    if (e->listener >= 0) {
        (void)pthread_mutex_lock(&e->lock);
        e->stop = true;
        (void)pthread_mutex_unlock(&e->lock);
        (void)pthread_join(e->server, NULL);
        (void)close(e->listener);
        for (unsigned i = 0; i < PIPES; i++)
            if (e->pipes[i].fd >= 0)
                (void)close(e->pipes[i].fd);
    }
    for (unsigned i = 0; i < GIVEN_MAX; i++)
        jem_buf_release(&e->given[i]);
    vusb_file_release(&e->file);
    (void)pthread_mutex_destroy(&e->lock);
    free(e);
}

/* ---- what tests turn ------------------------------------------------------------------------------------------------- */

#define LOCKED(e, what)                         \
    do {                                        \
        (void)pthread_mutex_lock(&(e)->lock);   \
        what;                                   \
        (void)pthread_mutex_unlock(&(e)->lock); \
    } while (0)

void escl_device_load(struct escl_device *e, unsigned first, unsigned count)
{
    LOCKED(e, e->next = first; e->count = first + count);
}

unsigned escl_device_left(struct escl_device *e)
{
    unsigned left;
    LOCKED(e, left = e->count - e->next);
    return left;
}

void escl_device_page_bytes(struct escl_device *e, size_t about_bytes)
{
    LOCKED(e, e->page_bytes = about_bytes);
}

void escl_device_page_file(struct escl_device *e, unsigned number, const char *path)
{
    struct jem_buf b = JEM_BUF_INIT(GIVEN_BYTES_MAX);
    struct jem_error err;
    if (number >= GIVEN_MAX || jem_file_read(path, GIVEN_BYTES_MAX, &b, &err) != JEM_OK)
        vusb_die("no page %u in %s", number, path);
    LOCKED(e, jem_buf_release(&e->given[number]); e->given[number] = b);
}

void escl_device_trouble(struct escl_device *e, enum escl_trouble what, unsigned at_page)
{
    LOCKED(e, e->trouble = what; e->trouble_at = at_page; e->inside_at = 0; e->jammed = e->covered = false);
}

void escl_device_jam_inside(struct escl_device *e, unsigned at_page)
{
    LOCKED(e, e->inside_at = at_page);
}

void escl_device_cut_page(struct escl_device *e, unsigned at_page)
{
    LOCKED(e, e->cut_at = at_page);
}

void escl_device_busy(struct escl_device *e, bool busy)
{
    LOCKED(e, e->busy = busy);
}

void escl_device_slow(struct escl_device *e, unsigned piece_ms)
{
    LOCKED(e, e->piece_ms = piece_ms);
}

struct escl_counts escl_device_counts(struct escl_device *e)
{
    struct escl_counts counts;
    LOCKED(e, counts = e->counts; counts.open_jobs = e->job_open);
    return counts;
}

void escl_device_settings(struct escl_device *e, char *out, size_t cap)
{
    LOCKED(e, (void)snprintf(out, cap, "%s", e->settings));
}
