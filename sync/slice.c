/* slice.c - the square-root rule. */
#include "slice.h"

#include <inttypes.h>
#include <stdio.h>

#define SLICE_OVERHEAD_MIN 300
#define SLICE_OVERHEAD_MAX 16384
#define SLICE_LASTING_MIN 2048
#define SLICE_LASTING_MAX ((uint64_t)1 << 40)

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

static void slice_by_rule(struct jem_slice *slice)
{
    slice->size = slice_clamp(slice_root(2 * slice->overhead * slice->lasting), JEM_SLICE_MIN, JEM_SLICE_MAX);
}

void jem_slice_start(struct jem_slice *slice, uint64_t overhead)
{
    *slice = (struct jem_slice){ .size = JEM_SLICE_FIRST,
        .overhead = slice_clamp(overhead, SLICE_OVERHEAD_MIN, SLICE_OVERHEAD_MAX) };
}

void jem_slice_carried(struct jem_slice *slice, uint64_t wire)
{
    slice->carried += slice_clamp(wire, 0, SLICE_LASTING_MAX);
}

void jem_slice_passed(struct jem_slice *slice, uint64_t wire, uint64_t payload)
{
    uint64_t cost = wire > payload ? wire - payload : 0;
    slice->overhead = slice_clamp((7 * slice->overhead + slice_clamp(cost, 0, SLICE_OVERHEAD_MAX)) / 8,
        SLICE_OVERHEAD_MIN, SLICE_OVERHEAD_MAX);
    jem_slice_carried(slice, wire);
    if (slice->lasting == 0 || slice->carried > 4 * slice->lasting)
        slice->size = slice_clamp(2 * slice->size, JEM_SLICE_MIN, JEM_SLICE_MAX);
    else
        slice_by_rule(slice);
}

void jem_slice_dropped(struct jem_slice *slice, uint64_t wire)
{
    jem_slice_carried(slice, wire);
    if (slice->carried == 0) /* it never came up: that tells nothing of how long it lasts */
        return;
    uint64_t seen = slice->lasting == 0 ? slice->carried : (3 * slice->lasting + slice->carried) / 4;
    slice->lasting = slice_clamp(seen, SLICE_LASTING_MIN, SLICE_LASTING_MAX);
    slice->carried = 0;
    slice_by_rule(slice);
}

void jem_slice_write(const struct jem_slice *slice, char out[JEM_SLICE_TEXT])
{
    snprintf(out, JEM_SLICE_TEXT, "size %" PRIu64 " overhead %" PRIu64 " lasting %" PRIu64, slice->size,
        slice->overhead, slice->lasting);
}

bool jem_slice_read(struct jem_slice *slice, const char *text)
{
    uint64_t size, overhead, lasting;
    int end = 0;
    if (sscanf(text, "size %15" SCNu64 " overhead %15" SCNu64 " lasting %15" SCNu64 "%n", &size, &overhead, &lasting,
            &end) != 3 ||
        text[end] != '\0')
        return false;
    *slice = (struct jem_slice){ .size = slice_clamp(size, JEM_SLICE_MIN, JEM_SLICE_MAX),
        .overhead = slice_clamp(overhead, SLICE_OVERHEAD_MIN, SLICE_OVERHEAD_MAX),
        .lasting = lasting == 0 ? 0 : slice_clamp(lasting, SLICE_LASTING_MIN, SLICE_LASTING_MAX) };
    return true;
}
