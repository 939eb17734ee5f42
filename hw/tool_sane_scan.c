/* tool_sane_scan.c - rows of a backend as JPEG pages.
 *
 *     start -> parameters -> read until EOF -> JPEG -> send -> start ... -> NO_DOCS
 *
 * The rows are gathered first: backends announce more or fewer lines than they send, some none at all, and a JPEG's
 * header needs the true number. */
#include "tool_sane.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#define SCAN_RAW_MAX_BYTES ((size_t)700 << 20)
#define SCAN_SIDE_MAX_PX 65500
#define SCAN_QUALITY 90
#define SCAN_LINEART_QUALITY 95 /* rings around letters would cost more later than these bytes */

/* ---- JPEG ---- */

struct scan_jpeg {
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    jmp_buf failed;
    unsigned char *out;
    unsigned long len;
};

_Noreturn static void scan_jpeg_exit(j_common_ptr common)
{
    longjmp(((struct scan_jpeg *)common->client_data)->failed, 1);
}

static void scan_jpeg_silent(j_common_ptr common)
{
    (void)common;
}

/* One row of the backend's as 8-bit samples. Of 16 bits, which are in the machine's order, the high byte. */
static void scan_row(const SANE_Parameters *p, const unsigned char *from, unsigned char *to)
{
    size_t samples = (size_t)p->pixels_per_line * (p->format == SANE_FRAME_RGB ? 3 : 1);
    for (size_t i = 0; i < samples; i++) {
        if (p->depth == 16) {
            uint16_t v;
            memcpy(&v, from + 2 * i, sizeof v);
            to[i] = (unsigned char)(v >> 8);
        } else if (p->depth == 1) {
            to[i] = from[i / 8] & 0x80 >> i % 8 ? 0 : 255; /* in lineart 1 is black */
        } else {
            to[i] = from[i];
        }
    }
}

/* In a function of its own, as what setjmp's caller holds in locals is lost by a longjmp. */
static bool scan_jpeg_write(struct scan_jpeg *job, const SANE_Parameters *p, const struct jem_buf *raw, size_t rows,
    unsigned dpi, unsigned char *row)
{
    if (setjmp(job->failed) != 0)
        return false;
    struct jpeg_compress_struct *c = &job->c;
    jpeg_create_compress(c);
    jpeg_mem_dest(c, &job->out, &job->len);
    c->image_width = (JDIMENSION)p->pixels_per_line;
    c->image_height = (JDIMENSION)rows;
    c->input_components = p->format == SANE_FRAME_RGB ? 3 : 1;
    c->in_color_space = p->format == SANE_FRAME_RGB ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(c);
    jpeg_set_quality(c, p->depth == 1 ? SCAN_LINEART_QUALITY : SCAN_QUALITY, TRUE);
    c->density_unit = 1;
    c->X_density = c->Y_density = (UINT16)dpi;
    jpeg_start_compress(c, TRUE);
    while (c->next_scanline < c->image_height) {
        JSAMPROW one = row;
        scan_row(p, raw->data + (size_t)c->next_scanline * (size_t)p->bytes_per_line, row);
        jpeg_write_scanlines(c, &one, 1);
    }
    jpeg_finish_compress(c);
    return true;
}

static SANE_Status scan_send(const SANE_Parameters *p, const struct jem_buf *raw, unsigned dpi)
{
    size_t rows = p->bytes_per_line > 0 ? raw->len / (size_t)p->bytes_per_line : 0;
    if (rows == 0)
        return SANE_STATUS_IO_ERROR;
    if (rows > SCAN_SIDE_MAX_PX)
        return SANE_STATUS_NO_MEM;
    struct scan_jpeg job = { .out = NULL };
    struct jem_buf frame = JEM_BUF_INIT(SANE_FRAME_HEAD + SANE_PAGE_MAX_BYTES);
    SANE_Status status = SANE_STATUS_NO_MEM;
    unsigned char *row = malloc((size_t)p->pixels_per_line * 3);
    job.c.err = jpeg_std_error(&job.errors);
    job.errors.error_exit = scan_jpeg_exit;
    job.errors.output_message = scan_jpeg_silent;
    job.c.client_data = &job;
    if (row && scan_jpeg_write(&job, p, raw, rows, dpi, row)) {
        size_t at = sane_frame_open(&frame, SANE_FRAME_PAGE);
        jem_buf_add(&frame, job.out, job.len);
        sane_frame_close(&frame, at);
        if (!frame.failed)
            status = tool_send(&frame) ? SANE_STATUS_GOOD : SANE_STATUS_IO_ERROR;
    }
    jpeg_destroy_compress(&job.c);
    free(job.out);
    free(row);
    jem_buf_release(&frame);
    return status;
}

/* ---- pages ---- */

/* Gray or colour in one pass, with rows as long as they must be. */
static bool scan_can_take(const SANE_Parameters *p)
{
    if ((p->format != SANE_FRAME_GRAY && p->format != SANE_FRAME_RGB) || !p->last_frame || p->pixels_per_line < 1 ||
        p->pixels_per_line > SCAN_SIDE_MAX_PX || p->bytes_per_line < 1 || p->bytes_per_line > 6 * SCAN_SIDE_MAX_PX)
        return false;
    int64_t samples = (int64_t)p->pixels_per_line * (p->format == SANE_FRAME_RGB ? 3 : 1);
    if (p->depth != 8 && p->depth != 16 && !(p->depth == 1 && p->format == SANE_FRAME_GRAY))
        return false;
    return p->bytes_per_line >= (samples * p->depth + 7) / 8;
}

static SANE_Status scan_read(struct tool_device *dev, struct jem_buf *raw)
{
    unsigned char chunk[65536];
    for (;;) {
        SANE_Int n = 0;
        SANE_Status status = sane_read(dev->handle, chunk, (SANE_Int)sizeof chunk, &n);
        if (tool_cancelled())
            return SANE_STATUS_CANCELLED;
        if (status == SANE_STATUS_EOF)
            return SANE_STATUS_GOOD;
        if (status != SANE_STATUS_GOOD)
            return status;
        if (n < 0 || n > (SANE_Int)sizeof chunk)
            return SANE_STATUS_IO_ERROR;
        jem_buf_add(raw, chunk, (size_t)n);
        if (raw->failed)
            return SANE_STATUS_NO_MEM;
    }
}

static SANE_Status scan_page(struct tool_device *dev, const struct jem_scan_settings *settings, struct jem_buf *raw,
    enum sane_stage *stage)
{
    SANE_Parameters p = { 0 };
    *stage = SANE_STAGE_START;
    dev->was_started = true;
    SANE_Status status = sane_start(dev->handle);
    if (status == SANE_STATUS_GOOD)
        status = sane_get_parameters(dev->handle, &p);
    if (status == SANE_STATUS_GOOD && !scan_can_take(&p))
        status = SANE_STATUS_UNSUPPORTED;
    if (status != SANE_STATUS_GOOD)
        return status;
    *stage = SANE_STAGE_READ;
    jem_buf_clear(raw);
    status = scan_read(dev, raw);
    return status == SANE_STATUS_GOOD ? scan_send(&p, raw, settings->dpi) : status;
}

SANE_Status tool_scan(struct tool_device *dev, const struct jem_scan_settings *settings, enum sane_stage *stage)
{
    struct jem_buf raw = JEM_BUF_INIT(SCAN_RAW_MAX_BYTES);
    SANE_Status status = tool_settings(dev, settings);
    if (status == SANE_STATUS_UNSUPPORTED)
        status = SANE_STATUS_INVAL;
    tool_cancel_reaches(dev->handle);
    for (unsigned pages = 0; status == SANE_STATUS_GOOD && (settings->max_pages == 0 || pages < settings->max_pages);
         pages++)
        status = tool_cancelled() ? SANE_STATUS_CANCELLED : scan_page(dev, settings, &raw, stage);
    tool_cancel_reaches(NULL);
    jem_buf_release(&raw);
    return status;
}
