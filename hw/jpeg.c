/* jpeg.c - libjpeg with an error handler of ours: leptonica's own reader prints every warning, and cannot tell harmless
 * ones from damage. */
#include "jpeg.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

/* A progressive picture has about ten scans; thousands of empty ones only cost time. */
#define JPEG_MAX_SCANS 200

struct jpeg_job {
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    bool damaged;
    PIX *pix;
};

_Noreturn static void jpeg_exit(j_common_ptr common)
{
    struct jpeg_job *job = common->client_data;
    longjmp(job->failed, 1);
}

static void jpeg_message(j_common_ptr common, int level)
{
    struct jpeg_job *job = common->client_data;
    if (level < 0 && job->errors.msg_code != JWRN_EXTRANEOUS_DATA)
        job->damaged = true;
}

static void jpeg_silent(j_common_ptr common)
{
    (void)common;
}

static void jpeg_watch(j_common_ptr common)
{
    struct jpeg_job *job = common->client_data;
    if (job->d.input_scan_number > JPEG_MAX_SCANS)
        jpeg_exit(common);
}

/* Printers' colours: CMYK, which Adobe's files hold inverted. */
static l_uint32 jpeg_from_cmyk(const unsigned char *c, bool inverted)
{
    unsigned rgb[3], k = inverted ? c[3] : 255u - c[3];
    for (size_t i = 0; i < 3; i++)
        rgb[i] = (inverted ? c[i] : 255u - c[i]) * k / 255;
    return rgb[0] << 24 | rgb[1] << 16 | rgb[2] << 8;
}

static void jpeg_put_row(struct jpeg_job *job, const unsigned char *row, l_uint32 *line)
{
    for (unsigned x = 0; x < job->d.output_width; x++) {
        const unsigned char *c = row + (size_t)x * (size_t)job->d.output_components;
        if (job->d.output_components == 1)
            SET_DATA_BYTE(line, x, c[0]);
        else if (job->d.output_components == 3)
            line[x] = (l_uint32)c[0] << 24 | (l_uint32)c[1] << 16 | (l_uint32)c[2] << 8;
        else
            line[x] = jpeg_from_cmyk(c, job->d.saw_Adobe_marker);
    }
}

static void jpeg_read(struct jpeg_job *job, bool gray, unsigned reduction, uint64_t max_pixels)
{
    struct jpeg_decompress_struct *d = &job->d;
    jpeg_read_header(d, TRUE);
    if ((uint64_t)d->image_width * d->image_height > max_pixels)
        jpeg_exit((j_common_ptr)d);
    bool four = d->jpeg_color_space == JCS_CMYK || d->jpeg_color_space == JCS_YCCK;
    d->out_color_space = d->jpeg_color_space == JCS_GRAYSCALE || (gray && !four) ? JCS_GRAYSCALE
                         : four                                                  ? JCS_CMYK
                                                                                 : JCS_RGB;
    d->scale_num = 1;
    d->scale_denom = reduction;
    jpeg_start_decompress(d);
    job->pix = pixCreate((l_int32)d->output_width, (l_int32)d->output_height, d->output_components == 1 ? 8 : 32);
    if (!job->pix)
        jpeg_exit((j_common_ptr)d);
    JSAMPARRAY rows =
        d->mem->alloc_sarray((j_common_ptr)d, JPOOL_IMAGE, d->output_width * (JDIMENSION)d->output_components, 1);
    l_uint32 *data = pixGetData(job->pix);
    size_t wpl = (size_t)pixGetWpl(job->pix);
    while (d->output_scanline < d->output_height) {
        size_t y = d->output_scanline;
        jpeg_read_scanlines(d, rows, 1);
        jpeg_put_row(job, rows[0], data + y * wpl);
    }
    jpeg_finish_decompress(d);
}

/* In a function of its own: what setjmp's caller holds in locals is lost by a longjmp, what `job` points to is not. */
static void jpeg_run(struct jpeg_job *job, const unsigned char *p, size_t n, bool gray, unsigned reduction,
    uint64_t max_pixels)
{
    if (setjmp(job->failed) != 0) {
        job->damaged = true;
        return;
    }
    jpeg_create_decompress(&job->d);
    job->progress.progress_monitor = jpeg_watch;
    job->d.progress = &job->progress;
    jpeg_mem_src(&job->d, p, n);
    jpeg_read(job, gray, reduction, max_pixels);
}

PIX *jem_jpeg_decode(const unsigned char *p, size_t n, bool gray, unsigned reduction, uint64_t max_pixels)
{
    struct jpeg_job job = { .pix = NULL };
    job.d.err = jpeg_std_error(&job.errors);
    job.errors.error_exit = jpeg_exit;
    job.errors.emit_message = jpeg_message;
    job.errors.output_message = jpeg_silent;
    job.d.client_data = &job;
    jpeg_run(&job, p, n, gray, reduction, max_pixels);
    jpeg_destroy_decompress(&job.d);
    if (job.damaged)
        pixDestroy(&job.pix);
    return job.pix;
}
