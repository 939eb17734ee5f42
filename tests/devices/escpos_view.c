/* escpos_view.c - a receipt printer of the tests: see the header. */
#include "escpos_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VIEW_SPACING 30u /* default line spacing in dots */
#define VIEW_CELL_WIDTH 12u
#define VIEW_CELL_HEIGHT 24u
#define VIEW_ROWS_MAX 40000u
#define VIEW_LINE_ROWS 48u

static void *view_grow(void *p, size_t n)
{
    void *grown = realloc(p, n ? n : 1);
    if (!grown) {
        (void)fputs("escpos_view: no memory\n", stderr);
        abort();
    }
    return grown;
}

static size_t view_stride(const struct escpos_view *v)
{
    return (v->head_dots + 7) / 8;
}

/* ESC @: also forgets what was not printed yet. */
static void view_modes(struct escpos_view *v)
{
    if (v->line)
        memset(v->line, 0, view_stride(v) * VIEW_LINE_ROWS);
    v->x = v->line_rows = v->align = v->left = 0;
    v->spacing = VIEW_SPACING;
    v->area = v->head_dots;
}

void escpos_view_init(struct escpos_view *v, unsigned head_dots)
{
    *v = (struct escpos_view){ .head_dots = head_dots, .paper_rows = -1 };
    v->line = view_grow(NULL, view_stride(v) * VIEW_LINE_ROWS);
    view_modes(v);
}

void escpos_view_release(struct escpos_view *v)
{
    free(v->bits);
    free(v->pending);
    free(v->graphics);
    free(v->line);
    v->bits = v->pending = v->graphics = v->line = NULL;
}

void escpos_view_tear(struct escpos_view *v)
{
    free(v->bits);
    v->bits = NULL;
    v->height = v->y = v->rows = 0;
    v->resets = v->strips = v->tallest_strip = v->characters = v->cuts = v->pulses = v->unknown = 0;
}

size_t escpos_view_waiting(const struct escpos_view *v)
{
    return v->pending_len;
}

/* ---- the paper ---- */

static void view_reach(struct escpos_view *v, unsigned rows)
{
    size_t stride = view_stride(v);
    if (rows <= v->rows || rows > VIEW_ROWS_MAX)
        return;
    v->bits = view_grow(v->bits, stride * rows);
    memset(v->bits + stride * v->rows, 0, stride * (rows - v->rows));
    v->rows = rows;
}

static void view_ink(struct escpos_view *v, unsigned x, unsigned y)
{
    view_reach(v, y + 1);
    if (x < v->head_dots && y < v->rows)
        v->bits[y * view_stride(v) + x / 8] |= (unsigned char)(0x80 >> x % 8);
}

bool escpos_view_dot(const struct escpos_view *v, unsigned x, unsigned y)
{
    return x < v->head_dots && y < v->rows && v->bits[y * view_stride(v) + x / 8] >> (7 - x % 8) & 1;
}

/* GS a: four bytes at every change of what it watches. */
static void view_tell(struct escpos_view *v)
{
    const struct escpos_sensors *s = &v->sensors;
    bool offline = s->offline || s->paper_out || s->cover_open || s->error;
    unsigned char b[4] = { (unsigned char)(0x10 | (offline ? 0x08 : 0) | (s->cover_open ? 0x20 : 0)),
        s->error ? 0x20 : 0, (unsigned char)((s->near_end ? 0x03 : 0) | (s->paper_out ? 0x0C : 0)), 0 };
    if (v->automatic && v->reply && !v->mute)
        v->reply(v->ctx, b, sizeof b);
}

/* The paper moves on. */
static void view_advance(struct escpos_view *v, unsigned rows)
{
    v->y += rows;
    v->x = v->line_rows = 0;
    if (v->y > v->height)
        v->height = v->y;
    view_reach(v, v->height);
    if (v->paper_rows < 0)
        return;
    v->paper_rows -= (long)rows;
    if (v->paper_rows <= 0) {
        v->paper_rows = 0;
        bool news = !v->sensors.paper_out;
        v->sensors.paper_out = true;
        if (news)
            view_tell(v);
    }
}

static void view_line_ink(struct escpos_view *v, unsigned x, unsigned y)
{
    if (x < v->head_dots && y < VIEW_LINE_ROWS)
        v->line[y * view_stride(v) + x / 8] |= (unsigned char)(0x80 >> x % 8);
}

/* The print buffer goes onto the paper, and the paper moves on. */
static void view_feed(struct escpos_view *v, unsigned rows)
{
    for (unsigned y = 0; y < v->line_rows; y++)
        for (unsigned x = 0; x < v->head_dots; x++)
            if (v->line[y * view_stride(v) + x / 8] >> (7 - x % 8) & 1)
                view_ink(v, x, v->y + y);
    memset(v->line, 0, view_stride(v) * VIEW_LINE_ROWS);
    view_advance(v, rows);
}

/* Units of ESC 3 and ESC J as dots. */
static unsigned view_units(const struct escpos_view *v, unsigned units)
{
    return v->impact ? units / 2 : units;
}

static void view_line(struct escpos_view *v)
{
    unsigned spacing = view_units(v, v->spacing);
    view_feed(v, v->line_rows > spacing ? v->line_rows : spacing);
}

static void view_character(struct escpos_view *v)
{
    if (v->x + VIEW_CELL_WIDTH > v->head_dots)
        view_line(v);
    for (unsigned y = 4; y < 20; y++)
        for (unsigned x = 1; x < 11; x++)
            view_line_ink(v, v->left + v->x + x, y);
    v->x += VIEW_CELL_WIDTH;
    v->line_rows = v->line_rows > VIEW_CELL_HEIGHT ? v->line_rows : VIEW_CELL_HEIGHT;
    v->characters++;
}

static unsigned view_start(const struct escpos_view *v, unsigned width)
{
    unsigned space = v->area > width ? v->area - width : 0;
    return v->left + (v->align == 1 ? space / 2 : v->align == 2 ? space : 0);
}

static void view_picture(struct escpos_view *v, const unsigned char *p, unsigned bytes, unsigned width, unsigned rows,
    unsigned scale_x, unsigned scale_y)
{
    unsigned start = view_start(v, width * scale_x);
    for (unsigned y = 0; y < rows * scale_y; y++)
        for (unsigned x = 0; x < width * scale_x; x++)
            if (p[y / scale_y * bytes + x / scale_x / 8] >> (7 - x / scale_x % 8) & 1)
                view_ink(v, start + x, v->y + y);
    view_advance(v, rows * scale_y);
}

/* ---- commands: each tells how many bytes it took; 0: not all of them are here yet ---- */

/* GS v 0 m xL xH yL yH d1...dk */
static size_t view_raster(struct escpos_view *v, const unsigned char *p, size_t n)
{
    if (n < 8)
        return 0;
    unsigned bytes = p[4] | (unsigned)p[5] << 8, rows = p[6] | (unsigned)p[7] << 8, mode = p[3] & 3;
    size_t size = (size_t)bytes * rows;
    if (p[2] != '0' || size == 0 || v->line_rows > 0) { /* refused also when the print buffer holds something */
        v->unknown++;
        return 3;
    }
    if (n - 8 < size)
        return 0;
    v->strips++;
    v->tallest_strip = rows > v->tallest_strip ? rows : v->tallest_strip;
    view_picture(v, p + 8, bytes, bytes * 8, rows, mode & 1 ? 2 : 1, mode & 2 ? 2 : 1);
    return 8 + size;
}

/* ESC * m nL nH d1...dk: 0, 1 are 8 dots high, 32, 33 are 24; 0 and 32 are of half the horizontal density. */
static size_t view_columns(struct escpos_view *v, const unsigned char *p, size_t n)
{
    if (n < 5)
        return 0;
    unsigned mode = p[2], columns = p[3] | (unsigned)p[4] << 8, tall = mode >= 32 ? 3 : 1;
    if (mode != 0 && mode != 1 && mode != 32 && mode != 33) {
        v->unknown++;
        return 3;
    }
    if (n - 5 < (size_t)columns * tall)
        return 0;
    unsigned scale_x = v->impact || mode == 1 || mode == 33 ? 1 : 2, scale_y = tall == 3 || v->impact ? 1 : 3;
    unsigned start = view_start(v, columns * scale_x) + v->x, high = tall * 8 * scale_y;
    for (unsigned c = 0; c < columns * scale_x; c++)
        for (unsigned y = 0; y < high; y++)
            if (p[5 + c / scale_x * tall + y / scale_y / 8] >> (7 - y / scale_y % 8) & 1)
                view_line_ink(v, start + c, y);
    v->strips++;
    v->tallest_strip = high > v->tallest_strip ? high : v->tallest_strip;
    v->x += columns * scale_x;
    v->line_rows = v->line_rows > high ? v->line_rows : high;
    return 5 + (size_t)columns * tall;
}

/* GS ( L and GS 8 L: m=48, fn=112 stores a picture (a, bx, by, c, xL xH yL yH, data), fn=50 (or 2) prints it. */
static void view_graphics(struct escpos_view *v, const unsigned char *p, size_t n)
{
    if (n >= 2 && (p[1] == 50 || p[1] == 2)) {
        if (v->graphics)
            view_picture(v, v->graphics, (v->graphics_width + 7) / 8, v->graphics_width, v->graphics_height, 1, 1);
        return;
    }
    if (n < 10 || p[1] != 112)
        return;
    unsigned width = p[6] | (unsigned)p[7] << 8, height = p[8] | (unsigned)p[9] << 8;
    size_t size = (size_t)((width + 7) / 8) * height;
    if (size == 0 || n - 10 < size || p[3] != 1 || p[4] != 1) {
        v->unknown++;
        return;
    }
    v->graphics = view_grow(v->graphics, size);
    memcpy(v->graphics, p + 10, size);
    v->graphics_width = width;
    v->graphics_height = height;
    v->strips++;
}

static size_t view_sized(struct escpos_view *v, const unsigned char *p, size_t n, size_t head, size_t size)
{
    if (n < head || n - head < size)
        return 0;
    if (p[2] == 'L')
        view_graphics(v, p + head, size);
    return head + size;
}

/* GS k m: system A ends with NUL, system B tells its length. Bars are not drawn. */
static size_t view_barcode(const unsigned char *p, size_t n)
{
    if (n < 4)
        return 0;
    if (p[2] >= 65)
        return n - 4 < p[3] ? 0 : 4u + p[3];
    const unsigned char *end = memchr(p + 3, 0, n - 3);
    return end ? (size_t)(end - p) + 1 : 0;
}

static void view_answer(struct escpos_view *v, unsigned char b)
{
    v->asked++; /* also when it keeps its answer to itself */
    if (v->reply && !v->mute)
        v->reply(v->ctx, &b, 1);
}

/* GS V m [n]: A and B feed to the knife first. */
static size_t view_cut(struct escpos_view *v, const unsigned char *p, size_t n)
{
    if (n < 3 || (p[2] >= 'A' && n < 4))
        return 0;
    v->cuts++;
    return p[2] >= 'A' ? 4 : 3;
}

static size_t view_gs(struct escpos_view *v, const unsigned char *p, size_t n)
{
    if (n < 3)
        return 0;
    switch (p[1]) {
    case 'v': return view_raster(v, p, n);
    case 'V': return view_cut(v, p, n);
    case 'k': return view_barcode(p, n);
    case '(': return n < 5 ? 0 : view_sized(v, p, n, 5, p[3] | (size_t)p[4] << 8);
    case '8':
        return n < 7 ? 0 : view_sized(v, p, n, 7, p[3] | (size_t)p[4] << 8 | (size_t)p[5] << 16 | (size_t)p[6] << 24);
    case 'r':
        view_answer(v, (unsigned char)((v->sensors.near_end ? 0x03 : 0) | (v->sensors.paper_out ? 0x0C : 0)));
        return 3;
    case 'L':
    case 'W':
        if (n < 4)
            return 0;
        if (p[1] == 'L')
            v->left = p[2] | (unsigned)p[3] << 8;
        else
            v->area = p[2] | (unsigned)p[3] << 8;
        return 4;
    case 'P': return n < 4 ? 0 : 4;
    case 'a':
        v->automatic = (p[2] & 0x0E) != 0;
        view_tell(v);
        return 3;
    case '!':
    case 'B':
    case 'H':
    case 'b':
    case 'f':
    case 'h':
    case 'w': return 3;
    default: v->unknown++; return 2;
    }
}

static size_t view_esc_position(struct escpos_view *v, const unsigned char *p, size_t n)
{
    if (n < 4)
        return 0;
    unsigned to = p[2] | (unsigned)p[3] << 8;
    v->x = p[1] == '$' ? to : v->x + (to < 32768 ? to : 0);
    return 4;
}

static size_t view_esc_long(struct escpos_view *v, const unsigned char *p, size_t n)
{
    switch (p[1]) {
    case '*': return view_columns(v, p, n);
    case '$':
    case '\\': return view_esc_position(v, p, n);
    case 'p':
        if (n < 5)
            return 0;
        v->pulses++;
        return 5;
    case 'c': return n < 4 ? 0 : 4;
    case 'D': {
        const unsigned char *end = n > 2 ? memchr(p + 2, 0, n - 2) : NULL;
        return end ? (size_t)(end - p) + 1 : 0;
    }
    default: v->unknown++; return 2;
    }
}

static size_t view_esc(struct escpos_view *v, const unsigned char *p, size_t n)
{
    if (n < 2)
        return 0;
    if (strchr("@2im", p[1]) && p[1]) {
        if (p[1] == '@') {
            v->resets++;
            view_modes(v);
        } else if (p[1] == '2') {
            v->spacing = VIEW_SPACING;
        } else {
            v->cuts++;
        }
        return 2;
    }
    if (!p[1] || !strchr("3Jda! -=EGMRTVrt{", p[1]))
        return view_esc_long(v, p, n);
    if (n < 3)
        return 0;
    if (p[1] == '3')
        v->spacing = p[2];
    else if (p[1] == 'J')
        view_feed(v, view_units(v, p[2]));
    else if (p[1] == 'd')
        for (unsigned i = 0; i < p[2]; i++)
            view_line(v);
    else if (p[1] == 'a')
        v->align = p[2] & 3;
    return 3;
}

/* FS: Chinese and Japanese characters; only their lengths matter. */
static size_t view_fs(struct escpos_view *v, const unsigned char *p, size_t n)
{
    if (n < 2)
        return 0;
    if (p[1] == '&' || p[1] == '.')
        return 2;
    if (p[1] == 'S')
        return n < 4 ? 0 : 4;
    if (p[1] == '(')
        return n < 5 ? 0 : view_sized(v, p, n, 5, p[3] | (size_t)p[4] << 8);
    if (p[1] && strchr("!-CW", p[1]))
        return n < 3 ? 0 : 3;
    v->unknown++;
    return 2;
}

/* They have acted already when they came. */
static size_t view_dle(struct escpos_view *v, const unsigned char *p, size_t n)
{
    if (n < 3)
        return n == 2 && p[1] != 4 && p[1] != 5 && p[1] != 0x14 ? 1 : 0;
    if (p[1] == 4 || p[1] == 5)
        return 3;
    if (p[1] == 0x14 && p[2] == 8)
        return n < 10 ? 0 : 10;
    if (p[1] == 0x14)
        return n < 5 ? 0 : 5;
    v->unknown++;
    return 1;
}

static size_t view_step(struct escpos_view *v, const unsigned char *p, size_t n)
{
    switch (p[0]) {
    case 0x10: return view_dle(v, p, n);
    case 0x1B: return view_esc(v, p, n);
    case 0x1C: return view_fs(v, p, n);
    case 0x1D: return view_gs(v, p, n);
    case '\n': view_line(v); return 1;
    case '\t': v->x += VIEW_CELL_WIDTH * 8; return 1;
    case 0:
    case '\r':
    case 0x18: return 1;
    default:
        if (p[0] >= 0x20)
            view_character(v);
        return 1;
    }
}

void escpos_view_go(struct escpos_view *v)
{
    size_t at = 0, used = 1;
    while (used > 0 && at < v->pending_len && !v->sensors.paper_out && !v->sensors.cover_open && !v->sensors.error) {
        used = view_step(v, v->pending + at, v->pending_len - at);
        at += used;
    }
    if (at > 0)
        memmove(v->pending, v->pending + at, v->pending_len - at);
    v->pending_len -= at;
}

void escpos_view_sense(struct escpos_view *v, struct escpos_sensors sensors)
{
    v->sensors = sensors;
    view_tell(v);
    escpos_view_go(v);
}

/* ---- real time ---- */

static void view_status(struct escpos_view *v, unsigned char what)
{
    const struct escpos_sensors *s = &v->sensors;
    bool offline = s->offline || s->paper_out || s->cover_open || s->error;
    unsigned char b = 0x12;
    if (what == 1)
        b |= offline ? 0x08 : 0;
    else if (what == 2)
        b |= (unsigned char)((s->cover_open ? 0x04 : 0) | (s->paper_out ? 0x20 : 0) | (s->error ? 0x40 : 0));
    else if (what == 3)
        b |= s->error ? 0x20 : 0;
    else if (what == 4)
        b |= (unsigned char)((s->near_end ? 0x0C : 0) | (s->paper_out ? 0x60 : 0));
    else
        return;
    view_answer(v, b);
}

static void view_watch(struct escpos_view *v, unsigned char b)
{
    static const unsigned char none[3] = { 0 };
    v->recent[0] = v->recent[1];
    v->recent[1] = v->recent[2];
    v->recent[2] = b;
    bool eot = v->recent[0] == 0x10 && v->recent[1] == 4, enq = v->recent[0] == 0x10 && v->recent[1] == 5;
    if (eot)
        view_status(v, b);
    if (enq && b == 2) { /* recover, with buffers cleared */
        v->flushed++;
        v->pending_len = 0;
        v->sensors.error = false;
    }
    if (eot || enq)
        memcpy(v->recent, none, sizeof none);
}

void escpos_view_take(struct escpos_view *v, const void *p, size_t n)
{
    const unsigned char *bytes = p;
    if (v->pending_len + n > v->pending_cap) {
        v->pending_cap = (v->pending_len + n) * 2;
        v->pending = view_grow(v->pending, v->pending_cap);
    }
    for (size_t i = 0; i < n; i++) {
        v->pending[v->pending_len++] = bytes[i];
        view_watch(v, bytes[i]);
    }
    escpos_view_go(v);
}
