/* slice.h - how much goes at once over a link that drops. Pure: no clock, no link.
 *
 * The square-root rule: a slice costs h bytes besides what it carries, and a drop loses half a slice on average, once in L
 * bytes. h/s + s/2L is least at s = sqrt(2 h L). Both are moving averages of what is seen. While nothing drops (never yet, or
 * not for four times L) each slice is twice the one before, up to a cap.
 *
 * That supposes drops at random. Some links drop every connection after the same number of bytes. As long as each drop
 * agrees with that, having come where no connection got past, a slice fills the room that is left before it, and a fresh
 * connection is made instead of the drop. Now and then one goes on a little further. */
#ifndef JEMPUT_SYNC_SLICE_H
#define JEMPUT_SYNC_SLICE_H
#include <stdbool.h>
#include <stdint.h>

#define JEM_SLICE_MIN ((uint64_t)4 << 10)
#define JEM_SLICE_FIRST ((uint64_t)16 << 10)
#define JEM_SLICE_MAX ((uint64_t)8 << 20) /* longer, and the wait for the answer is no longer to be seen beside it */
#define JEM_SLICE_USUAL ((uint64_t)960 << 10) /* nginx takes 1 MB unless it is told otherwise */
#define JEM_SLICE_COMMIT 420                  /* bytes of commit, tree and signature around a segment or chunk */
#define JEM_SLICE_ASK 900                     /* bytes of a push's request and answer */
#define JEM_SLICE_TEXT 200
#define JEM_SLICE_NO_LIMIT UINT64_MAX

struct jem_slice {
    uint64_t size;     /* bytes of the next slice */
    uint64_t cap;      /* that the server takes at once, as far as it told */
    uint64_t overhead; /* h */
    uint64_t lasting;  /* L; 0: the link never dropped */
    uint64_t carried;  /* since the last drop, both ways */
    uint64_t held;     /* by the connection that stands, both ways */
    uint64_t most;     /* that a connection was seen to hold */
    uint64_t least;    /* that one would have held, had it not dropped; JEM_SLICE_NO_LIMIT before the first drop */
    uint64_t drops;    /* in a row that agree: each came between most and least */
    uint64_t opening;  /* that a connection costs which has to be made for each slice, or 0 */
    uint64_t spared;   /* connections left before their drop, one after the other */
};
/* A link nothing is known of; overhead: what a slice costs at the least. */
void jem_slice_start(struct jem_slice *slice, uint64_t overhead);
/* A slice with `payload` bytes arrived and took `wire` bytes, both ways; again: of a connection that had to be made for the
 * next one, 0 when it goes on the same. */
void jem_slice_passed(struct jem_slice *slice, uint64_t wire, uint64_t again, uint64_t payload);
/* One that arrived while another was on its way, and the bytes since the last that did: what each cost is not to be told apart. */
void jem_slice_flown(struct jem_slice *slice, uint64_t wire);
/* True while nothing drops: never yet, or not for four times L. */
bool jem_slice_calm(const struct jem_slice *slice);
/* Other traffic that went through. */
void jem_slice_carried(struct jem_slice *slice, uint64_t wire);
/* The link dropped after `wire` bytes more, of `tried` that were to pass at most. */
void jem_slice_dropped(struct jem_slice *slice, uint64_t wire, uint64_t tried);
/* The server refused a slice of `bytes` as too large, and closed: nothing dropped. */
void jem_slice_refused(struct jem_slice *slice, uint64_t bytes);
/* The connection was left while it stood: the next one is new. */
void jem_slice_left(struct jem_slice *slice);
/* Bytes, requests and all, that the connection which stands may still hold; JEM_SLICE_NO_LIMIT: nobody knows. */
uint64_t jem_slice_room(const struct jem_slice *slice);
/* Bytes, requests and all, that fill a fresh connection; `size` where nobody knows. */
uint64_t jem_slice_whole(const struct jem_slice *slice);
/* As text for a later round: "size 5792 overhead 560 ...". Reading anything else changes nothing: false. */
void jem_slice_write(const struct jem_slice *slice, char out[JEM_SLICE_TEXT]);
bool jem_slice_read(struct jem_slice *slice, const char *text);

/* How fast a link is once it is under way. What each slice costs whatever its size, the wait for its answer above all, is told
 * apart by the smallest one seen, or one that took even less: a larger one takes longer by its bytes alone. */
struct jem_pace {
    uint64_t speed; /* bytes a second, moving average; 0: not known */
    uint64_t least; /* bytes of that one */
    int64_t least_ms;
};
void jem_pace_seen(struct jem_pace *pace, uint64_t bytes, int64_t took_ms);
/* How long `bytes` keep the line; 0 while the speed is not known. */
int64_t jem_pace_ms(const struct jem_pace *pace, uint64_t bytes);
/* True when they keep it twice as long as an answer is waited for: begun when the slice before them is over, they end after its
 * answer is there. False while the speed is not known. */
bool jem_pace_outlasts(const struct jem_pace *pace, uint64_t bytes);
#endif
