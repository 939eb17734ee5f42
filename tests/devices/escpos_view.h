/* escpos_view.h - a receipt printer of the tests: executes ESC/POS as Epson's command reference describes it, and keeps
 * what stands on the paper. Written from the reference alone; it shares no code with the encoder.
 *
 * Knows HT LF CR, DLE EOT/ENQ/DC4, ESC @ * ! $ \ - 2 3 = D E G J M R SP T V a c d i m p r t { and GS ! ( 8 B H L P V W
 * a b f h k r v w, FS commands of Chinese and Japanese models by their length. Characters print as boxes: text of any kind
 * on a receipt that is sent as a picture is garbage, and must be seen. Real-time commands act when they arrive, also in
 * the middle of the data of another command. */
#ifndef ESCPOS_VIEW_H
#define ESCPOS_VIEW_H
#include <stdbool.h>
#include <stddef.h>

struct escpos_sensors {
    bool near_end, paper_out, cover_open, offline, error;
};
struct escpos_view {
    unsigned head_dots; /* width of the paper */
    bool impact;        /* 8-pin head: ESC * 0 has square dots, and the vertical unit is half a dot */
    bool mute;          /* never answers */
    bool automatic;     /* GS a is on: it tells every change */
    void (*reply)(void *ctx, const unsigned char *p, size_t n); /* may be NULL */
    void *ctx;
    long paper_rows; /* that are left on the roll; -1: endless. At 0 the sensor tells, and it stops */
    struct escpos_sensors sensors;

    /* What came out. */
    unsigned char *bits; /* rows of (head_dots + 7) / 8 bytes, most significant bit left, 1 is black */
    unsigned height;     /* rows that passed the head */
    unsigned resets, strips, tallest_strip, characters, cuts, pulses, asked, flushed;
    unsigned unknown; /* bytes of no known command: they print or do harm on a real printer */

    /* Inside. */
    unsigned char *pending;
    size_t pending_len, pending_cap;
    unsigned char recent[3]; /* the last bytes, for real-time commands */
    unsigned x, y, rows, line_rows, spacing, align, left, area;
    unsigned char *line;     /* the print buffer: what stands in the line that no feed has printed yet */
    unsigned char *graphics; /* stored by GS ( L 112 */
    unsigned graphics_width, graphics_height;
};
void escpos_view_init(struct escpos_view *view, unsigned head_dots);
void escpos_view_release(struct escpos_view *view);
/* Bytes from the host. Out of paper or open they wait; escpos_view_go executes what waits when that has changed. */
void escpos_view_take(struct escpos_view *view, const void *p, size_t n);
void escpos_view_go(struct escpos_view *view);
/* The sensors were changed: tells it when it is to, and goes on if it can. */
void escpos_view_sense(struct escpos_view *view, struct escpos_sensors sensors);
/* Bytes that wait: of a command that is not whole, or behind an empty roll. */
size_t escpos_view_waiting(const struct escpos_view *view);
bool escpos_view_dot(const struct escpos_view *view, unsigned x, unsigned y);
/* Paper to the knife: forgets what stands on it, the printer's state stays. */
void escpos_view_tear(struct escpos_view *view);
#endif
