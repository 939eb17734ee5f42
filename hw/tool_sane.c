/* tool_sane.c - jemput-sane: takes one request, answers it, ends.
 *
 * A thread listens for the cancel, because the backends' calls block; it interrupts the main thread by a signal, in
 * which sane_cancel is called: the standard allows that function, and no other, at any time (SANE API, sane_cancel). */
#include "tool_sane.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define TOOL_FD 3
#define TOOL_END_S 3 /* from the cancel to the end at the latest, when nobody listens any more */
#define TOOL_DEVICES_MAX 64
#define TOOL_MEMORY_BYTES ((rlim_t)1536 << 20)
#define TOOL_FILE_BYTES ((rlim_t)64 << 20) /* calibrations that backends keep */

static atomic_bool tool_stop;
static pthread_t tool_main;
static _Atomic(SANE_Handle) tool_reached;

bool tool_cancelled(void)
{
    return atomic_load(&tool_stop);
}

void tool_cancel_reaches(SANE_Handle handle)
{
    atomic_store(&tool_reached, handle);
    if (handle && tool_cancelled())
        sane_cancel(handle);
}

static void tool_on_cancel(int number)
{
    (void)number;
    int kept = errno;
    SANE_Handle handle = atomic_exchange(&tool_reached, NULL);
    if (handle)
        sane_cancel(handle);
    errno = kept;
}

/* ---- the socket ---- */

bool tool_send(struct jem_buf *frames)
{
    size_t sent = 0;
    bool done = !frames->failed;
    while (done && sent < frames->len) {
        ssize_t n = send(TOOL_FD, frames->data + sent, frames->len - sent, MSG_NOSIGNAL);
        if (n > 0)
            sent += (size_t)n;
        else if (n < 0 && errno != EINTR)
            done = false;
    }
    jem_buf_clear(frames);
    return done;
}

static bool tool_receive(unsigned char *p, size_t n)
{
    while (n > 0) {
        ssize_t got = recv(TOOL_FD, p, n, 0);
        if (got == 0 || (got < 0 && errno != EINTR))
            return false;
        if (got > 0) {
            p += got;
            n -= (size_t)got;
        }
    }
    return true;
}

/* Requests are small. */
static bool tool_request(unsigned *type, struct jem_buf *payload)
{
    unsigned char head[SANE_FRAME_HEAD], body[1024];
    size_t max_bytes;
    if (!tool_receive(head, sizeof head))
        return false;
    struct jem_reader r = jem_reader_of(head, sizeof head);
    *type = jem_read_u8(&r);
    size_t n = jem_read_u32(&r);
    if (!sane_frame_max(*type, &max_bytes) || n > max_bytes || n > sizeof body || !tool_receive(body, n))
        return false;
    jem_buf_add(payload, body, n);
    return !payload->failed;
}

/* The next thing that comes is a cancel: as a frame, or as the end of a parent that died. A backend that does not stop
 * then is left behind with the process. */
static void *tool_listen(void *ctx)
{
    unsigned char head[SANE_FRAME_HEAD];
    (void)ctx;
    bool has_parent = tool_receive(head, sizeof head);
    atomic_store(&tool_stop, true);
    pthread_kill(tool_main, SIGUSR1);
    if (has_parent)
        (void)tool_receive(head, 1); /* until it closes */
    (void)sleep(TOOL_END_S);
    _exit(3);
}

/* ---- requests ---- */

static SANE_Status tool_list(void)
{
    const SANE_Device **devices = NULL;
    struct jem_buf b = JEM_BUF_INIT(65536);
    SANE_Status status = sane_get_devices(&devices, SANE_TRUE);
    for (size_t i = 0; status == SANE_STATUS_GOOD && devices && devices[i] && i < TOOL_DEVICES_MAX; i++) {
        size_t at = sane_frame_open(&b, SANE_FRAME_DEVICE);
        sane_put_text(&b, devices[i]->name ? devices[i]->name : "");
        sane_put_text(&b, devices[i]->vendor ? devices[i]->vendor : "");
        sane_put_text(&b, devices[i]->model ? devices[i]->model : "");
        sane_frame_close(&b, at);
    }
    if (!tool_send(&b))
        status = SANE_STATUS_IO_ERROR;
    jem_buf_release(&b);
    return status;
}

static SANE_Status tool_send_caps(struct tool_device *dev, const char *name)
{
    struct jem_scanner_caps caps;
    struct jem_buf b = JEM_BUF_INIT(8192);
    SANE_Status status = tool_caps(dev, name, &caps);
    if (status == SANE_STATUS_GOOD) {
        size_t at = sane_frame_open(&b, SANE_FRAME_CAPS_ARE);
        sane_put_caps(&b, &caps);
        sane_frame_close(&b, at);
        if (!tool_send(&b))
            status = SANE_STATUS_IO_ERROR;
    }
    jem_buf_release(&b);
    return status;
}

static SANE_Status tool_device_request(unsigned type, struct jem_reader *r, struct tool_device *dev,
    enum sane_stage *stage)
{
    char name[256];
    struct jem_scan_settings settings = { 0 };
    sane_get_text(r, name, sizeof name);
    if (type == SANE_FRAME_SCAN && !sane_get_settings(r, &settings))
        r->failed = true;
    *stage = SANE_STAGE_OPEN;
    if (r->failed || jem_reader_left(r) != 0)
        return SANE_STATUS_UNSUPPORTED;
    SANE_Status status = sane_open(name, &dev->handle);
    dev->is_open = status == SANE_STATUS_GOOD;
    if (!dev->is_open)
        return status;
    *stage = SANE_STAGE_OPTIONS;
    if (type == SANE_FRAME_CAPS)
        status = tool_send_caps(dev, name);
    else if (type == SANE_FRAME_SCAN)
        status = tool_scan(dev, &settings, stage);
    return status;
}

static void tool_end(enum sane_stage stage, SANE_Status status)
{
    struct sane_end end = { .stage = stage, .status = (unsigned)status };
    struct jem_buf b = JEM_BUF_INIT(2048);
    (void)snprintf(end.text, sizeof end.text, "%s", sane_strstatus(status));
    size_t at = sane_frame_open(&b, SANE_FRAME_END);
    sane_put_end(&b, &end);
    sane_frame_close(&b, at);
    (void)tool_send(&b);
    jem_buf_release(&b);
}

/* A backend that eats memory shall meet its own limit, and if the machine has none left be the first to go. */
static void tool_limits(void)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    (void)setrlimit(RLIMIT_DATA, &(struct rlimit){ TOOL_MEMORY_BYTES, TOOL_MEMORY_BYTES });
#endif
    (void)setrlimit(RLIMIT_FSIZE, &(struct rlimit){ TOOL_FILE_BYTES, TOOL_FILE_BYTES });
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t told = write(fd, "1000", 4);
        (void)told;
        close(fd);
    }
}

int main(void)
{
    unsigned type = 0;
    struct jem_buf payload = JEM_BUF_INIT(4096);
    enum sane_stage stage = SANE_STAGE_INIT;
    struct tool_device dev = { 0 };
    pthread_t listener;
    struct sigaction action = { .sa_handler = tool_on_cancel };
    tool_limits();
    tool_main = pthread_self();
    (void)fcntl(TOOL_FD, F_SETFD, FD_CLOEXEC); /* what a backend forks shall not keep our parent waiting */
    if (sigaction(SIGUSR1, &action, NULL) != 0 || !tool_request(&type, &payload) ||
        pthread_create(&listener, NULL, tool_listen, NULL) != 0)
        return 2;
    SANE_Status status = sane_init(NULL, NULL);
    if (status == SANE_STATUS_GOOD) {
        struct jem_reader r = jem_reader_of(payload.data, payload.len);
        status = type == SANE_FRAME_LIST ? tool_list() : tool_device_request(type, &r, &dev, &stage);
        if (status == SANE_STATUS_GOOD)
            stage = SANE_STAGE_DONE;
    }
    if (tool_cancelled())
        status = SANE_STATUS_CANCELLED;
    /* The end is told first: sane_cancel and sane_close are where backends hang (the test backend's own reader thread,
     * stopped within free(), never ends). What the device needs them for, they have time for. */
    tool_end(stage, status);
    jem_buf_release(&payload);
    if (dev.was_started)
        sane_cancel(dev.handle); /* also when all went well: the feeder puts out its last sheet */
    if (dev.is_open)
        sane_close(dev.handle);
    /* No sane_exit: it unloads the backends, which is where many of them crash; the process's end frees all. */
    _exit(0);
}
