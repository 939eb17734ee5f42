/* cups.c - office printers by lp and lpstat. Both run with an empty environment: their words are English. */
#include "cups.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/clock.h"
#include "jemput/file.h"

#define CUPS_LP "/usr/bin/lp"
#define CUPS_LPSTAT "/usr/bin/lpstat"
#define CUPS_TIMEOUT_MS 10000
#define CUPS_WAIT_MS 60000
#define CUPS_POLL_MS 300
#define CUPS_OUTPUT_BYTES ((size_t)1 << 20)
#define CUPS_QUEUES_MAX 64
#define CUPS_ARGS_MAX 16

/* Runs a program of CUPS; `args` ends with NULL. */
static enum jem_code cups_run(const char *program, const char *const args[], const void *in, size_t n,
    struct jem_buf *out, struct jem_error *err)
{
    const char *argv[CUPS_ARGS_MAX + 4] = { program }, *server = getenv("CUPS_SERVER");
    size_t count = 1;
    if (server != NULL && *server) {
        argv[count++] = "-h";
        argv[count++] = server;
    }
    for (size_t i = 0; i < CUPS_ARGS_MAX && args[i] != NULL; i++)
        argv[count++] = args[i];
    return jem_child_run(argv, in, n, CUPS_TIMEOUT_MS, CUPS_OUTPUT_BYTES, out, err);
}

/* The text behind `head` at the start of a line, up to `stop`; NULL when the line begins otherwise. */
static const char *cups_after(const char *line, const char *head, char stop, size_t *len)
{
    size_t n = strlen(head);
    if (strncmp(line, head, n) != 0)
        return NULL;
    const char *end = strchr(line + n, stop), *eol = strchr(line + n, '\n');
    if (end == NULL || (eol != NULL && eol < end))
        return NULL;
    *len = (size_t)(end - line) - n;
    return line + n;
}

static const char *cups_next(const char *line)
{
    const char *eol = strchr(line, '\n');
    return eol != NULL ? eol + 1 : line + strlen(line);
}

/* "device for kantor: ipp://10.0.0.7/ipp/print" */
enum jem_code cups_list(struct cups_queue **out, size_t *count, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(CUPS_OUTPUT_BYTES);
    const char *const args[] = { "-v", NULL };
    *count = 0;
    *out = calloc(CUPS_QUEUES_MAX, sizeof **out);
    if (*out == NULL)
        return jem_fail_nomem(err);
    if (cups_run(CUPS_LPSTAT, args, NULL, 0, &text, NULL) == JEM_OK)
        for (const char *p = jem_buf_text(&text); *p && *count < CUPS_QUEUES_MAX; p = cups_next(p)) {
            size_t len = 0;
            const char *name = cups_after(p, "device for ", ':', &len);
            struct cups_queue *q = &(*out)[*count];
            if (name == NULL || len == 0 || len >= sizeof q->name)
                continue;
            memcpy(q->name, name, len);
            ++*count;
        }
    jem_buf_release(&text);
    return JEM_OK;
}

/* "request id is kantor-12 (1 file(s))" */
static bool cups_job_name(const char *text, char out[128])
{
    size_t len = 0;
    const char *name = cups_after(text, "request id is ", ' ', &len);
    if (name == NULL || len == 0 || len >= 128)
        return false;
    memcpy(out, name, len);
    out[len] = '\0';
    return true;
}

/* The lines about a job in `which` ("not-completed", "completed"): its own and the indented ones behind it. */
static bool cups_job_lines(const char *queue, const char *job, const char *which, struct jem_buf *out)
{
    struct jem_buf text = JEM_BUF_INIT(CUPS_OUTPUT_BYTES);
    const char *const args[] = { "-l", "-W", which, "-o", queue, NULL };
    size_t n = strlen(job);
    bool found = false, inside = false, answered = cups_run(CUPS_LPSTAT, args, NULL, 0, &text, NULL) == JEM_OK;
    jem_buf_clear(out);
    for (const char *p = jem_buf_text(&text); *p; p = cups_next(p)) {
        if (*p != '\t' && *p != ' ')
            inside = strncmp(p, job, n) == 0 && (p[n] == ' ' || p[n] == '\n');
        found = found || inside;
        if (inside)
            jem_buf_add(out, p, (size_t)(cups_next(p) - p));
    }
    jem_buf_release(&text);
    return answered && found;
}

/* Waits for the job's end. JEM_OK: it is over, *lines say how, as far as lpstat tells: CUPS 2.4 gives one and the same reason
 * for jobs that were printed and for those that were withdrawn. */
static enum jem_code cups_wait(const char *queue, const char *job, struct jem_buf *lines, struct jem_error *err)
{
    int64_t deadline_ms = jem_mono_ms() + CUPS_WAIT_MS;
    while (jem_mono_ms() < deadline_ms) {
        if (cups_job_lines(queue, job, "completed", lines))
            return JEM_OK;
        poll(NULL, 0, CUPS_POLL_MS);
    }
    return jem_fail(err, JEM_EBUSY, JEM_D_HW, 0, JEM_T_PRINTER_CUPS_WAITS, job);
}

enum jem_code cups_print(const char *queue, const void *pdf, size_t n, const char *title,
    struct jem_print_report *report, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(CUPS_OUTPUT_BYTES);
    const char *const args[] = { "-d", queue, "-t", title, "-o", "print-scaling=none", NULL };
    char job[128];
    *report = (struct jem_print_report){ .outcome = JEM_PRINTED_NO };
    enum jem_code rc = cups_run(CUPS_LP, args, pdf, n, &text, err);
    if (rc == JEM_EINVAL) /* lp ended with a failure: no such queue, or no server */
        rc = jem_fail(err, JEM_EIO, JEM_D_HW, 0, JEM_T_PRINTER_CUPS_REFUSED, queue);
    else if (rc == JEM_OK && !cups_job_name(jem_buf_text(&text), job))
        rc = jem_fail(err, JEM_EIO, JEM_D_HW, 0, JEM_T_PRINTER_CUPS_REFUSED, queue);
    if (rc == JEM_OK) {
        report->sent_bytes = n;
        report->outcome = JEM_PRINTED_UNKNOWN;
        rc = cups_wait(queue, job, &text, err);
    }
    const char *how = jem_buf_text(&text);
    if (rc == JEM_OK && (strstr(how, "cancel") != NULL || strstr(how, "abort") != NULL)) {
        report->outcome = JEM_PRINTED_NO;
        rc = jem_fail(err, JEM_EBUSY, JEM_D_HW, 0, JEM_T_PRINTER_CUPS_ENDED, job);
    }
    jem_buf_release(&text);
    return rc;
}
