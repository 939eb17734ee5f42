/* slice.c - the square-root rule, and links that drop after a fixed number of bytes. */
#include "slice.h"

#include <inttypes.h>
#include <stdio.h>

#define SLICE_OVERHEAD_MIN 300
#define SLICE_OVERHEAD_MAX 16384
#define SLICE_LASTING_MIN 2048
#define SLICE_LASTING_MAX ((uint64_t)1 << 40)
#define SLICE_AGREED 2  /* drops that make a limit */
#define SLICE_SPARED 64 /* connections until one goes further, by so much of the limit: */
#define SLICE_FURTHER 8
#define SLICE_NEAR 16
#define PACE_LARGER 2   /* than the smallest slice, to be told apart from it */
#define PACE_OUTLASTS 2 /* a hub takes now less, now more time */
#define PACE_SHARE 4    /* of the time, at the least, is taken for that of the bytes */

static uint64_t slice_clamp(uint64_t n, uint64_t low, uint64_t high)
{
    return n < low ? low : n > high ? high : n;
}

/* Whole part of the root; n < 2^56 here. */
static uint64_t slice_root(uint64_t n)
{
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 28; bit > 0; bit >>= 1)
        if ((root + bit) * (root + bit) <= n)
            root += bit;
    return root;
}

/* Bytes after which connections drop, or 0 when they do it at random: a little more than the most that one held, until that
 * is near the least that none did. */
static uint64_t slice_limit(const struct jem_slice *slice)
{
    if (slice->drops < SLICE_AGREED || slice->most < SLICE_LASTING_MIN || slice->most >= slice->least)
        return 0;
    uint64_t further = slice->most + slice->most / SLICE_FURTHER, middle = (slice->most + slice->least) / 2;
    return slice->most >= slice->least - slice->least / SLICE_FURTHER ? slice->most
           : further < middle                                         ? further
                                                                      : middle;
}

static void slice_by_rule(struct jem_slice *slice)
{
    slice->size = slice_clamp(slice_root(2 * slice->overhead * slice->lasting), JEM_SLICE_MIN, slice->cap);
}

void jem_slice_start(struct jem_slice *slice, uint64_t overhead)
{
    *slice = (struct jem_slice){ .size = JEM_SLICE_FIRST,
        .cap = JEM_SLICE_MAX,
        .overhead = slice_clamp(overhead, SLICE_OVERHEAD_MIN, SLICE_OVERHEAD_MAX),
        .least = JEM_SLICE_NO_LIMIT };
}

void jem_slice_carried(struct jem_slice *slice, uint64_t wire)
{
    wire = slice_clamp(wire, 0, SLICE_LASTING_MAX);
    slice->carried += wire;
    slice->held += wire;
    if (slice->held > slice->most)
        slice->most = slice->held;
    if (slice->most < slice->least)
        return;
    if (slice->most - slice->least < slice->least / SLICE_NEAR) { /* the kernel counts what was on its way, too */
        slice->most = slice->least - 1;
    } else { /* where others dropped, this one stands */
        slice->least = JEM_SLICE_NO_LIMIT;
        slice->drops = 0;
    }
}

bool jem_slice_calm(const struct jem_slice *slice)
{
    return slice->lasting == 0 || (slice->carried > 4 * slice->lasting && slice_limit(slice) == 0);
}

void jem_slice_flown(struct jem_slice *slice, uint64_t wire)
{
    jem_slice_carried(slice, wire);
    if (jem_slice_calm(slice))
        slice->size = slice_clamp(2 * slice->size, JEM_SLICE_MIN, slice->cap);
    else
        slice_by_rule(slice);
}

void jem_slice_passed(struct jem_slice *slice, uint64_t wire, uint64_t again, uint64_t payload)
{
    uint64_t cost = slice_clamp(wire, 0, SLICE_LASTING_MAX) + again;
    cost = cost > payload ? cost - payload : 0;
    slice->overhead = slice_clamp((7 * slice->overhead + slice_clamp(cost, 0, SLICE_OVERHEAD_MAX)) / 8,
        SLICE_OVERHEAD_MIN, SLICE_OVERHEAD_MAX);
    jem_slice_flown(slice, wire);
    slice->opening = again;
    if (again > 0) {
        jem_slice_left(slice);
        jem_slice_carried(slice, again);
    }
}

/* One more drop: it agrees when it came no earlier than any connection got. */
static void slice_agree(struct jem_slice *slice, uint64_t tried)
{
    uint64_t end = slice->held + slice_clamp(tried, 1, SLICE_LASTING_MAX);
    if (end <= slice->most) {
        slice->most = slice->held;
        slice->least = end;
        slice->drops = 1;
        return;
    }
    slice->least = end < slice->least ? end : slice->least;
    slice->drops++;
}

void jem_slice_dropped(struct jem_slice *slice, uint64_t wire, uint64_t tried)
{
    if (slice->held > 0 || wire > 0)
        slice_agree(slice, tried);
    slice->carried += slice_clamp(wire, 0, SLICE_LASTING_MAX);
    slice->held = slice->spared = 0;
    if (slice->carried == 0) /* it never came up: that tells nothing of how long it lasts */
        return;
    uint64_t seen = slice->lasting == 0 ? slice->carried : (3 * slice->lasting + slice->carried) / 4;
    slice->lasting = slice_clamp(seen, SLICE_LASTING_MIN, SLICE_LASTING_MAX);
    slice->carried = 0;
    slice_by_rule(slice);
}

void jem_slice_refused(struct jem_slice *slice, uint64_t bytes)
{
    slice->cap = bytes > JEM_SLICE_USUAL ? JEM_SLICE_USUAL : slice_clamp(bytes / 2, JEM_SLICE_MIN, slice->cap);
    slice->size = slice_clamp(slice->size, JEM_SLICE_MIN, slice->cap);
    slice->held = 0;
}

void jem_slice_left(struct jem_slice *slice)
{
    slice->held = 0;
    slice->spared++;
}

uint64_t jem_slice_room(const struct jem_slice *slice)
{
    uint64_t limit = slice_limit(slice);
    if (limit == 0)
        return JEM_SLICE_NO_LIMIT;
    if (slice->spared >= SLICE_SPARED)
        limit += limit / SLICE_FURTHER;
    return limit > slice->held ? limit - slice->held : 0;
}

uint64_t jem_slice_whole(const struct jem_slice *slice)
{
    uint64_t limit = slice_limit(slice);
    return limit > slice->opening ? slice_clamp(limit - slice->opening, JEM_SLICE_MIN, slice->cap) : slice->size;
}

void jem_slice_write(const struct jem_slice *slice, char out[JEM_SLICE_TEXT])
{
    uint64_t least = slice_clamp(slice->least, 0, SLICE_LASTING_MAX);
    snprintf(out, JEM_SLICE_TEXT,
        "size %" PRIu64 " overhead %" PRIu64 " lasting %" PRIu64 " most %" PRIu64 " least %" PRIu64 " drops %" PRIu64
        " cap %" PRIu64,
        slice->size, slice->overhead, slice->lasting, slice->most, least, slice->drops, slice->cap);
}

bool jem_slice_read(struct jem_slice *slice, const char *text)
{
    uint64_t size, overhead, lasting, most, least, drops, cap;
    int end = 0;
    if (sscanf(text,
            "size %15" SCNu64 " overhead %15" SCNu64 " lasting %15" SCNu64 " most %15" SCNu64 " least %15" SCNu64
            " drops %15" SCNu64 " cap %15" SCNu64 "%n",
            &size, &overhead, &lasting, &most, &least, &drops, &cap, &end) != 7 ||
        text[end] != '\0')
        return false;
    cap = slice_clamp(cap, JEM_SLICE_MIN, JEM_SLICE_MAX);
    *slice = (struct jem_slice){ .size = slice_clamp(size, JEM_SLICE_MIN, cap),
        .cap = cap,
        .overhead = slice_clamp(overhead, SLICE_OVERHEAD_MIN, SLICE_OVERHEAD_MAX),
        .lasting = lasting == 0 ? 0 : slice_clamp(lasting, SLICE_LASTING_MIN, SLICE_LASTING_MAX),
        .most = slice_clamp(most, 0, SLICE_LASTING_MAX),
        .least = least >= SLICE_LASTING_MAX ? JEM_SLICE_NO_LIMIT : least,
        .drops = drops };
    return true;
}

void jem_pace_seen(struct jem_pace *pace, uint64_t bytes, int64_t took_ms)
{
    if (took_ms < 1)
        took_ms = 1;
    if (pace->least == 0 || bytes < pace->least || took_ms < pace->least_ms) {
        pace->least = bytes;
        pace->least_ms = took_ms;
    }
    uint64_t seen = bytes * 1000 / (uint64_t)took_ms;
    if (bytes >= PACE_LARGER * pace->least) {
        int64_t more_ms = took_ms - pace->least_ms;
        more_ms = more_ms > took_ms / PACE_SHARE ? more_ms : took_ms / PACE_SHARE;
        seen = (bytes - pace->least) * 1000 / (uint64_t)(more_ms > 0 ? more_ms : 1);
    }
    pace->speed = pace->speed == 0 ? seen : (pace->speed + seen) / 2;
}

int64_t jem_pace_ms(const struct jem_pace *pace, uint64_t bytes)
{
    return pace->speed > 0 ? (int64_t)(bytes * 1000 / pace->speed) : 0;
}

bool jem_pace_outlasts(const struct jem_pace *pace, uint64_t bytes)
{
    return pace->speed > 0 && jem_pace_ms(pace, bytes) >= PACE_OUTLASTS * pace->least_ms;
}
