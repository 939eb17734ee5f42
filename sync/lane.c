/* lane.c - names of parts. */
#include "lane.h"

#include <stdio.h>
#include <string.h>

#include "jemput/number.h"

static const char *const lane_words[] = { "", "van", "scan", "feed", "hq" };

const char *jem_lane_word(enum jem_lane_kind kind)
{
    return lane_words[kind];
}

void jem_lane_prefix(const char *root, enum jem_lane_kind kind, unsigned van, char out[JEM_LANE_TEXT])
{
    if (kind == JEM_LANE_HQ || van == 0)
        snprintf(out, JEM_LANE_TEXT, "%.20s%s/", root, lane_words[kind]);
    else
        snprintf(out, JEM_LANE_TEXT, "%.20s%s/%u/", root, lane_words[kind], van);
}

void jem_lane_name(const char *root, const struct jem_lane_ref *lane, char out[JEM_LANE_TEXT])
{
    jem_lane_prefix(root, lane->kind, lane->van, out);
    size_t n = strlen(out);
    snprintf(out + n, JEM_LANE_TEXT - n, "%u.%lu", (unsigned)lane->inc, (unsigned long)lane->part);
}

/* A number from 1 to `most` without leading zeros, ended by `end`; moves *p past both. */
static bool lane_number(const char **p, char end, uint32_t most, uint32_t *out)
{
    uint64_t value = 0;
    const char *s = *p;
    if (*s < '1' || *s > '9')
        return false;
    for (; *s >= '0' && *s <= '9'; s++) {
        value = value * 10 + (uint64_t)(*s - '0');
        if (value > most)
            return false;
    }
    if (*s != end)
        return false;
    *out = (uint32_t)value;
    *p = end == '\0' ? s : s + 1;
    return true;
}

bool jem_lane_parse(const char *root, const char *name, struct jem_lane_ref *out)
{
    size_t n = strlen(root);
    uint32_t van = 0, inc = 0, part = 0;
    if (strncmp(name, root, n) != 0)
        return false;
    for (int kind = JEM_LANE_VAN; kind <= JEM_LANE_HQ; kind++) {
        const char *p = name + n;
        size_t word = strlen(lane_words[kind]);
        if (strncmp(p, lane_words[kind], word) != 0 || p[word] != '/')
            continue;
        p += word + 1;
        if ((kind != JEM_LANE_HQ && !lane_number(&p, '/', JEM_VAN_MAX, &van)) ||
            !lane_number(&p, '.', UINT16_MAX, &inc) || !lane_number(&p, '\0', UINT32_MAX, &part))
            return false;
        *out = (struct jem_lane_ref){ (enum jem_lane_kind)kind, van, (uint16_t)inc, part };
        return true;
    }
    return false;
}

int jem_lane_cmp(const struct jem_lane_ref *a, const struct jem_lane_ref *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->van != b->van)
        return a->van < b->van ? -1 : 1;
    if (a->inc != b->inc)
        return a->inc < b->inc ? -1 : 1;
    return a->part == b->part ? 0 : a->part < b->part ? -1 : 1;
}
