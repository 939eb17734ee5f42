/* slice.h - how much goes at once over a link that drops. Pure: no clock, no link.
 *
 * The square-root rule: a slice costs h bytes besides what it carries, and a drop loses half a slice on average, once in L
 * bytes. h/s + s/2L is least at s = sqrt(2 h L). Both are moving averages of what is seen. While nothing drops (never yet, or
 * not for four times L) each slice is twice the one before, up to a cap. */
#ifndef JEMPUT_SYNC_SLICE_H
#define JEMPUT_SYNC_SLICE_H
#include <stdbool.h>
#include <stdint.h>

#define JEM_SLICE_MIN ((uint64_t)4 << 10)
#define JEM_SLICE_FIRST ((uint64_t)16 << 10)
#define JEM_SLICE_MAX ((uint64_t)960 << 10) /* nginx takes 1 MB unless it is told otherwise */
#define JEM_SLICE_TEXT 80

struct jem_slice {
    uint64_t size;     /* bytes of the next slice */
    uint64_t overhead; /* h */
    uint64_t lasting;  /* L; 0: the link never dropped */
    uint64_t carried;  /* since the last drop, both ways */
};
/* A link nothing is known of; overhead: what a slice costs at the least. */
void jem_slice_start(struct jem_slice *slice, uint64_t overhead);
/* A slice with `payload` bytes arrived and took `wire` bytes, both ways. */
void jem_slice_passed(struct jem_slice *slice, uint64_t wire, uint64_t payload);
/* Other traffic that went through. */
void jem_slice_carried(struct jem_slice *slice, uint64_t wire);
/* The link dropped after `wire` bytes more. */
void jem_slice_dropped(struct jem_slice *slice, uint64_t wire);
/* As text for a later round: "size 5792 overhead 560 lasting 30000". Reading anything else changes nothing: false. */
void jem_slice_write(const struct jem_slice *slice, char out[JEM_SLICE_TEXT]);
bool jem_slice_read(struct jem_slice *slice, const char *text);
#endif
