/* picture.c - walks JPEG segments and PNG chunks. */
#include "picture.h"

#include <string.h>

#define EXIF_ORIENTATION 0x0112u
#define EXIF_SHORT 3u

static uint32_t picture_be(const unsigned char *p, size_t n)
{
    uint32_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static uint32_t picture_le(const unsigned char *p, size_t n)
{
    uint32_t v = 0;
    while (n-- > 0)
        v = v << 8 | p[n];
    return v;
}

/* The orientation in a TIFF header's first directory: byte order, 42, offset; then count and 12-byte entries of tag,
 * type, count, value. */
static unsigned picture_orientation(const unsigned char *p, size_t n)
{
    if (n < 8 || (memcmp(p, "II*\0", 4) != 0 && memcmp(p, "MM\0*", 4) != 0))
        return 1;
    uint32_t (*number)(const unsigned char *, size_t) = p[0] == 'I' ? picture_le : picture_be;
    size_t at = number(p + 4, 4);
    if (at > n - 2)
        return 1;
    size_t entries = number(p + at, 2);
    for (at += 2; entries-- > 0 && at <= n && n - at >= 12; at += 12) {
        if (number(p + at, 2) != EXIF_ORIENTATION || number(p + at + 2, 2) != EXIF_SHORT)
            continue;
        unsigned value = number(p + at + 8, 2);
        return value >= 1 && value <= 8 ? value : 1;
    }
    return 1;
}

/* The position of the next marker after entropy-coded data: 0xFF that is neither stuffed nor a restart. */
static size_t jpeg_skip_scan(const unsigned char *p, size_t n, size_t at)
{
    while (at + 1 < n && !(p[at] == 0xFF && p[at + 1] != 0 && p[at + 1] != 0xFF && (p[at + 1] & 0xF8) != 0xD0))
        at++;
    return at;
}

static bool jpeg_is_frame(unsigned char marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

/* Unit 1 is an inch, 2 a centimetre; 0 tells the shape of a pixel only. */
static unsigned jpeg_dpi(unsigned unit, uint32_t density)
{
    return unit == 1 ? density : unit == 2 ? (density * 254 + 50) / 100 : 0;
}

struct jem_picture_facts jem_picture_jpeg(const unsigned char *p, size_t n)
{
    struct jem_picture_facts facts = { .orientation = 1 };
    for (size_t at = 2; at + 1 < n;) {
        if (p[at] != 0xFF)
            return facts;
        unsigned char marker = p[at + 1];
        if (marker == 0xFF) { /* fill */
            at++;
            continue;
        }
        if (marker == 0xD9) {
            facts.whole = facts.width > 0;
            return facts;
        }
        if (n - at < 4)
            return facts;
        size_t len = picture_be(p + at + 2, 2);
        if (len < 2 || len > n - at - 2)
            return facts;
        const unsigned char *body = p + at + 4;
        if (jpeg_is_frame(marker) && len >= 7 && facts.width == 0) {
            facts.height = picture_be(body + 1, 2);
            facts.width = picture_be(body + 3, 2);
        } else if (marker == 0xE0 && len >= 14 && memcmp(body, "JFIF", 5) == 0) {
            facts.dpi = jpeg_dpi(body[7], picture_be(body + 8, 2));
        } else if (marker == 0xE1 && len >= 8 && memcmp(body, "Exif\0", 6) == 0) {
            facts.orientation = picture_orientation(body + 6, len - 8);
        }
        at += 2 + len;
        if (marker == 0xDA)
            at = jpeg_skip_scan(p, n, at);
    }
    return facts;
}

/* CRC-32 as PNG uses it (ISO 3309), a nibble at a time: the table fits a few lines. */
static uint32_t png_crc(const unsigned char *p, size_t n)
{
    static const uint32_t table[16] = { 0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
        0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278,
        0xBDBDF21C };
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

struct jem_picture_facts jem_picture_png(const unsigned char *p, size_t n)
{
    struct jem_picture_facts facts = { .orientation = 1 };
    for (size_t at = 8; n >= 12 && at <= n - 12;) {
        size_t len = picture_be(p + at, 4);
        const unsigned char *type = p + at + 4, *body = type + 4;
        bool is_first = at == 8;
        if (is_first != (memcmp(type, "IHDR", 4) == 0))
            return facts;
        /* The size is told even when the rest is not there: a picture that is too large is named so. */
        if (is_first && len == 13 && n - at >= 4 + 4 + 8) {
            facts.width = picture_be(body, 4);
            facts.height = picture_be(body + 4, 4);
        }
        if (len > n - at - 12 || png_crc(type, len + 4) != picture_be(body + len, 4))
            return facts;
        if (memcmp(type, "eXIf", 4) == 0)
            facts.orientation = picture_orientation(body, len);
        if (memcmp(type, "IEND", 4) == 0) {
            facts.whole = true;
            return facts;
        }
        at += 12 + len;
    }
    return facts;
}

void jem_picture_png_strip(const unsigned char *p, size_t n, struct jem_buf *out)
{
    jem_buf_add(out, p, 8);
    for (size_t at = 8; at + 12 <= n;) {
        size_t chunk = 12 + (size_t)picture_be(p + at, 4);
        const unsigned char *type = p + at + 4;
        bool is_critical = (type[0] & 0x20) == 0; /* a capital first letter says so */
        if (is_critical || memcmp(type, "tRNS", 4) == 0)
            jem_buf_add(out, p + at, chunk);
        if (memcmp(type, "IEND", 4) == 0)
            break;
        at += chunk;
    }
}
