/* sane_frame.c - encodes and decodes the frames of sane_frame.h. No I/O. */
#include "sane_frame.h"

#include <string.h>

#define FRAME_SMALL_MAX 1024u
#define FRAME_CAPS_MAX 4096u
#define CAPS_SIDE_MAX_300DPI 35433u /* 3 m */
#define CAPS_DPI_MAX 19200u

bool sane_frame_max(unsigned type, size_t *max_bytes)
{
    switch (type) {
    case SANE_FRAME_LIST:
    case SANE_FRAME_CANCEL: *max_bytes = 0; return true;
    case SANE_FRAME_OPEN:
    case SANE_FRAME_CAPS:
    case SANE_FRAME_SCAN:
    case SANE_FRAME_DEVICE:
    case SANE_FRAME_END: *max_bytes = FRAME_SMALL_MAX; return true;
    case SANE_FRAME_CAPS_ARE: *max_bytes = FRAME_CAPS_MAX; return true;
    case SANE_FRAME_PAGE: *max_bytes = SANE_PAGE_MAX_BYTES; return true;
    default: return false;
    }
}

size_t sane_frame_open(struct jem_buf *b, enum sane_frame type)
{
    size_t at = b->len;
    jem_buf_byte(b, (unsigned char)type);
    jem_buf_u32(b, 0);
    return at;
}

void sane_frame_close(struct jem_buf *b, size_t at)
{
    if (b->failed)
        return;
    size_t n = b->len - at - SANE_FRAME_HEAD;
    for (size_t i = 0; i < 4; i++)
        b->data[at + 1 + i] = (unsigned char)(n >> (24 - 8 * i));
}

static char frame_printable(unsigned char c)
{
    return c >= 0x20 && c < 0x7F ? (char)c : '?';
}

void sane_put_text(struct jem_buf *b, const char *s)
{
    size_t n = strnlen(s, 255);
    jem_buf_u16(b, (uint16_t)n);
    for (size_t i = 0; i < n; i++)
        jem_buf_byte(b, (unsigned char)frame_printable((unsigned char)s[i]));
}

void sane_get_text(struct jem_reader *r, char *out, size_t cap)
{
    size_t n = jem_read_u16(r);
    const unsigned char *p = jem_read_bytes(r, n);
    out[0] = '\0';
    if (!p || n >= cap) {
        r->failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = frame_printable(p[i]);
    out[n] = '\0';
}

void sane_put_settings(struct jem_buf *b, const struct jem_scan_settings *s)
{
    jem_buf_byte(b, (unsigned char)s->source);
    jem_buf_byte(b, (unsigned char)s->colour);
    jem_buf_u32(b, s->dpi);
    jem_buf_u32(b, s->x_300dpi);
    jem_buf_u32(b, s->y_300dpi);
    jem_buf_u32(b, s->width_300dpi);
    jem_buf_u32(b, s->height_300dpi);
    jem_buf_u32(b, s->max_pages);
}

bool sane_get_settings(struct jem_reader *r, struct jem_scan_settings *out)
{
    *out = (struct jem_scan_settings){ .source = (enum jem_scan_source)jem_read_u8(r) };
    out->colour = (enum jem_scan_colour)jem_read_u8(r);
    out->dpi = jem_read_u32(r);
    out->x_300dpi = jem_read_u32(r);
    out->y_300dpi = jem_read_u32(r);
    out->width_300dpi = jem_read_u32(r);
    out->height_300dpi = jem_read_u32(r);
    out->max_pages = jem_read_u32(r);
    return !r->failed && out->source > JEM_SOURCE_UNKNOWN && out->source < JEM_SOURCES &&
           out->colour > JEM_COLOUR_UNKNOWN && out->colour <= JEM_COLOUR_RGB && out->dpi > 0 &&
           out->dpi <= CAPS_DPI_MAX && out->x_300dpi <= CAPS_SIDE_MAX_300DPI && out->y_300dpi <= CAPS_SIDE_MAX_300DPI &&
           out->width_300dpi <= CAPS_SIDE_MAX_300DPI && out->height_300dpi <= CAPS_SIDE_MAX_300DPI;
}

static void frame_put_source(struct jem_buf *b, const struct jem_scan_source_caps *s)
{
    jem_buf_byte(b, s->present);
    jem_buf_u32(b, s->min_width_300dpi);
    jem_buf_u32(b, s->min_height_300dpi);
    jem_buf_u32(b, s->max_width_300dpi);
    jem_buf_u32(b, s->max_height_300dpi);
    jem_buf_byte(b, (unsigned char)s->resolution_count);
    for (size_t i = 0; i < s->resolution_count; i++)
        jem_buf_u32(b, s->resolutions[i]);
    jem_buf_u32(b, s->range.min);
    jem_buf_u32(b, s->range.max);
    jem_buf_u32(b, s->range.step);
    jem_buf_byte(b, (unsigned char)s->colours);
}

static bool frame_get_source(struct jem_reader *r, struct jem_scan_source_caps *s)
{
    *s = (struct jem_scan_source_caps){ .present = jem_read_u8(r) == 1, .jpeg = true };
    s->min_width_300dpi = jem_read_u32(r);
    s->min_height_300dpi = jem_read_u32(r);
    s->max_width_300dpi = jem_read_u32(r);
    s->max_height_300dpi = jem_read_u32(r);
    s->resolution_count = jem_read_u8(r);
    if (s->resolution_count > JEM_SCAN_RESOLUTIONS_MAX)
        return false;
    bool fits = true;
    for (size_t i = 0; i < s->resolution_count; i++) {
        s->resolutions[i] = jem_read_u32(r);
        fits = fits && s->resolutions[i] > 0 && s->resolutions[i] <= CAPS_DPI_MAX &&
               (i == 0 || s->resolutions[i] > s->resolutions[i - 1]);
    }
    s->range.min = jem_read_u32(r);
    s->range.max = jem_read_u32(r);
    s->range.step = jem_read_u32(r);
    s->colours = jem_read_u8(r);
    if (r->failed || !s->present)
        return !r->failed;
    return fits && s->max_width_300dpi > 0 && s->max_width_300dpi <= CAPS_SIDE_MAX_300DPI && s->max_height_300dpi > 0 &&
           s->max_height_300dpi <= CAPS_SIDE_MAX_300DPI && s->min_width_300dpi <= s->max_width_300dpi &&
           s->min_height_300dpi <= s->max_height_300dpi && s->range.min <= s->range.max &&
           s->range.max <= CAPS_DPI_MAX && (s->colours & ~0x0Eu) == 0;
}

void sane_put_caps(struct jem_buf *b, const struct jem_scanner_caps *caps)
{
    sane_put_text(b, caps->model);
    for (size_t i = JEM_SOURCE_PLATEN; i < JEM_SOURCES; i++)
        frame_put_source(b, &caps->sources[i]);
}

bool sane_get_caps(struct jem_reader *r, struct jem_scanner_caps *out)
{
    *out = (struct jem_scanner_caps){ .model = "" };
    sane_get_text(r, out->model, sizeof out->model);
    bool fits = true;
    for (size_t i = JEM_SOURCE_PLATEN; fits && i < JEM_SOURCES; i++)
        fits = frame_get_source(r, &out->sources[i]);
    return fits && !r->failed && jem_reader_left(r) == 0;
}

void sane_put_end(struct jem_buf *b, const struct sane_end *end)
{
    jem_buf_byte(b, (unsigned char)end->stage);
    jem_buf_byte(b, (unsigned char)end->status);
    sane_put_text(b, end->text);
}

bool sane_get_end(struct jem_reader *r, struct sane_end *out)
{
    *out = (struct sane_end){ .stage = (enum sane_stage)jem_read_u8(r) };
    out->status = jem_read_u8(r);
    sane_get_text(r, out->text, sizeof out->text);
    return !r->failed && jem_reader_left(r) == 0 && out->stage >= SANE_STAGE_INIT && out->stage <= SANE_STAGE_DONE;
}
