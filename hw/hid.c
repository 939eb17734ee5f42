/* hid.c - the report descriptor of a code scanner: see the header. */
#include "hid.h"

#include <string.h>

#define HID_PAGE_DESKTOP 0x01
#define HID_PAGE_SCANNER 0x8C
#define HID_USAGES_MAX 32
#define HID_STACK_MAX 8
#define HID_BITS_MAX (1024u * 8)

enum { HID_INPUT = 0x80, HID_COLLECTION = 0xA0, HID_END = 0xC0 }; /* main items, without their size */
enum {
    HID_USAGE_PAGE = 0x04,
    HID_REPORT_SIZE = 0x74,
    HID_REPORT_ID = 0x84,
    HID_REPORT_COUNT = 0x94,
    HID_PUSH = 0xA4,
    HID_POP = 0xB4
};
enum { HID_USAGE = 0x08, HID_USAGE_MIN = 0x18, HID_USAGE_MAX = 0x28 };

struct hid_globals {
    uint32_t page, size, count;
    uint8_t id;
};
struct hid_parse {
    struct hid_scanner *out;
    struct hid_globals now, stack[HID_STACK_MAX];
    size_t depth, collections, inside; /* inside: the depth of the scanner's collection, 0: not in it */
    uint32_t usages[HID_USAGES_MAX], usage_min;
    size_t usage_count;
    struct hid_report reports[HID_REPORTS_MAX];
    size_t report_count;
    bool scanner, bad;
};

static struct hid_report *hid_report_of(struct hid_parse *h, uint8_t id)
{
    for (size_t i = 0; i < h->report_count; i++)
        if (h->reports[i].id == id)
            return &h->reports[i];
    if (h->report_count == HID_REPORTS_MAX)
        return NULL;
    struct hid_report *r = &h->reports[h->report_count++];
    *r = (struct hid_report){ .id = id };
    return r;
}

/* The usage of the i-th element of a main item: the last one stands for all that follow. */
static uint32_t hid_usage_at(const struct hid_parse *h, size_t i)
{
    if (h->usage_count == 0)
        return 0;
    return h->usages[i < h->usage_count ? i : h->usage_count - 1];
}

static void hid_field_take(struct hid_field *field, uint32_t at, uint32_t bits)
{
    if (field->bits > 0 && field->at + field->bits == at)
        field->bits += bits;
    else if (field->bits == 0)
        *field = (struct hid_field){ at, bits };
}

static void hid_input(struct hid_parse *h)
{
    struct hid_report *r = hid_report_of(h, h->now.id);
    if (r == NULL || h->now.size > 64 || h->now.count > HID_BITS_MAX ||
        r->bits + h->now.size * h->now.count > HID_BITS_MAX) {
        h->bad = h->bad || r != NULL; /* more kinds of report than any scanner has: the others are left out */
        return;
    }
    for (uint32_t i = 0; i < h->now.count; i++) {
        uint32_t usage = hid_usage_at(h, i);
        if (usage == (HID_PAGE_SCANNER << 16 | 0xFE) && h->inside > 0)
            hid_field_take(&r->data, r->bits, h->now.size);
        else if (usage == (HID_PAGE_SCANNER << 16 | 0xFF) && h->inside > 0)
            hid_field_take(&r->more, r->bits, h->now.size);
        else if (usage == (HID_PAGE_DESKTOP << 16 | 0x3B) && h->inside > 0)
            hid_field_take(&r->count, r->bits, h->now.size);
        r->bits += h->now.size;
    }
}

static void hid_main(struct hid_parse *h, unsigned tag)
{
    if (tag == HID_INPUT) {
        hid_input(h);
    } else if (tag == HID_COLLECTION) {
        h->collections++;
        if (h->inside == 0 && hid_usage_at(h, 0) == (HID_PAGE_SCANNER << 16 | 0x02)) {
            h->inside = h->collections;
            h->scanner = true;
        }
    } else if (tag == HID_END && h->collections > 0) {
        if (h->inside == h->collections)
            h->inside = 0;
        h->collections--;
    }
    h->usage_count = 0;
    h->usage_min = 0;
}

static void hid_global(struct hid_parse *h, unsigned tag, uint32_t value)
{
    switch (tag) {
    case HID_USAGE_PAGE: h->now.page = value & 0xFFFF; break;
    case HID_REPORT_SIZE: h->now.size = value; break;
    case HID_REPORT_COUNT: h->now.count = value; break;
    case HID_REPORT_ID:
        h->now.id = (uint8_t)value;
        h->out->numbered = true;
        break;
    case HID_PUSH:
        h->bad = h->bad || h->depth == HID_STACK_MAX;
        if (!h->bad)
            h->stack[h->depth++] = h->now;
        break;
    case HID_POP:
        h->bad = h->bad || h->depth == 0;
        if (!h->bad)
            h->now = h->stack[--h->depth];
        break;
    default: break;
    }
}

static void hid_local(struct hid_parse *h, unsigned tag, uint32_t value, unsigned size)
{
    uint32_t usage = size == 4 ? value : h->now.page << 16 | (value & 0xFFFF);
    if (tag == HID_USAGE && h->usage_count < HID_USAGES_MAX)
        h->usages[h->usage_count++] = usage;
    if (tag == HID_USAGE_MIN)
        h->usage_min = usage;
    if (tag == HID_USAGE_MAX)
        for (uint32_t u = h->usage_min; u <= usage && h->usage_count < HID_USAGES_MAX; u++)
            h->usages[h->usage_count++] = u;
}

bool hid_scanner_parse(const uint8_t *p, size_t n, struct hid_scanner *out)
{
    struct hid_parse h = { .out = out };
    *out = (struct hid_scanner){ .report_count = 0 };
    for (size_t at = 0; at < n && n <= HID_DESCRIPTOR_MAX && !h.bad;) {
        if (p[at] == 0xFE) { /* long item: two bytes of head, skipped */
            if (n - at < 3)
                return false;
            at += 3u + p[at + 1];
            continue;
        }
        unsigned size = (p[at] & 3) == 3 ? 4 : p[at] & 3, tag = p[at] & 0xFC, kind = p[at] & 0x0C;
        uint32_t value = 0;
        if (n - at < 1 + size)
            return false;
        for (unsigned i = 0; i < size; i++)
            value |= (uint32_t)p[at + 1 + i] << 8 * i;
        if (kind == 0x00)
            hid_main(&h, tag);
        else if (kind == 0x04)
            hid_global(&h, tag, value);
        else if (kind == 0x08)
            hid_local(&h, tag, value, size);
        at += 1 + size;
    }
    for (size_t i = 0; i < h.report_count; i++)
        if (h.reports[i].data.bits >= 8)
            out->reports[out->report_count++] = h.reports[i];
    return !h.bad && h.scanner && out->report_count > 0;
}

static uint32_t hid_bits(const uint8_t *p, size_t n, uint32_t at, uint32_t bits)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < bits && i < 32; i++)
        if ((at + i) / 8 < n && p[(at + i) / 8] >> (at + i) % 8 & 1)
            value |= 1u << i;
    return value;
}

bool hid_scanner_read(const struct hid_scanner *scanner, const uint8_t *report, size_t n, char *text, size_t cap,
    size_t *len, bool *more)
{
    size_t head = scanner->numbered ? 1 : 0;
    const struct hid_report *r = NULL;
    *more = false;
    for (size_t i = 0; i < scanner->report_count; i++)
        if (n > head && (!scanner->numbered || scanner->reports[i].id == report[0]))
            r = &scanner->reports[i];
    if (r == NULL)
        return false;
    const uint8_t *p = report + head;
    n -= head;
    size_t bytes = r->data.bits / 8, held = n > r->data.at / 8 ? n - r->data.at / 8 : 0;
    bytes = bytes < held ? bytes : held;
    if (r->count.bits > 0) {
        size_t count = hid_bits(p, n, r->count.at, r->count.bits);
        bytes = count < bytes ? count : bytes;
    } else {
        while (bytes > 0 && hid_bits(p, n, r->data.at + (uint32_t)(bytes - 1) * 8, 8) == 0)
            bytes--;
    }
    if (*len + bytes > cap)
        return false;
    for (size_t i = 0; i < bytes; i++)
        text[(*len)++] = (char)hid_bits(p, n, r->data.at + (uint32_t)i * 8, 8);
    *more = r->more.bits > 0 && hid_bits(p, n, r->more.at, r->more.bits) != 0;
    return true;
}
