/* buf.c - growable bytes and the bounded reader. */
#include "jemput/buf.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for `more` bytes and a NUL. */
bool jem_buf_reserve(struct jem_buf *b, size_t more)
{
    if (b->failed)
        return false;
    size_t max = b->max ? b->max : JEM_BUF_DEFAULT_MAX;
    if (more > max || b->len > max - more) {
        b->failed = true;
        return false;
    }
    size_t need = b->len + more + 1;
    if (b->data && need <= b->cap)
        return true;
    size_t cap = b->cap < 32 ? 64 : b->cap * 2;
    if (cap > max + 1)
        cap = max + 1;
    if (cap < need)
        cap = need;
    unsigned char *data = realloc(b->data, cap);
    if (!data) {
        b->failed = true;
        return false;
    }
    b->data = data;
    b->cap = cap;
    b->data[b->len] = '\0';
    return true;
}

void jem_buf_add(struct jem_buf *b, const void *p, size_t n)
{
    if (!jem_buf_reserve(b, n) || n == 0)
        return;
    memcpy(b->data + b->len, p, n);
    b->len += n;
    b->data[b->len] = '\0';
}

void jem_buf_str(struct jem_buf *b, const char *s)
{
    jem_buf_add(b, s, strlen(s));
}

void jem_buf_byte(struct jem_buf *b, unsigned char c)
{
    jem_buf_add(b, &c, 1);
}

void jem_buf_vfmt(struct jem_buf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n < 0)
        b->failed = true;
    else if (jem_buf_reserve(b, (size_t)n)) {
        vsnprintf((char *)b->data + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void jem_buf_fmt(struct jem_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    jem_buf_vfmt(b, fmt, ap);
    va_end(ap);
}

static void buf_be(struct jem_buf *b, uint64_t v, unsigned bytes)
{
    unsigned char out[8];
    for (unsigned i = 0; i < bytes; i++)
        out[i] = (unsigned char)(v >> (8 * (bytes - 1 - i)));
    jem_buf_add(b, out, bytes);
}

void jem_buf_u16(struct jem_buf *b, uint16_t v)
{
    buf_be(b, v, 2);
}

void jem_buf_u32(struct jem_buf *b, uint32_t v)
{
    buf_be(b, v, 4);
}

void jem_buf_u48(struct jem_buf *b, uint64_t v)
{
    buf_be(b, v, 6);
}

void jem_buf_u64(struct jem_buf *b, uint64_t v)
{
    buf_be(b, v, 8);
}

void jem_buf_varint(struct jem_buf *b, uint64_t v)
{
    unsigned char out[10];
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        out[n++] = (unsigned char)(v | 0x80);
    out[n++] = (unsigned char)v;
    jem_buf_add(b, out, n);
}

void jem_buf_clear(struct jem_buf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->data)
        b->data[0] = '\0';
}

void jem_buf_release(struct jem_buf *b)
{
    if (!b)
        return;
    free(b->data);
    *b = (struct jem_buf){ .max = b->max };
}

void jem_buf_wipe(struct jem_buf *b)
{
    if (!b)
        return;
    if (b->data)
        sodium_memzero(b->data, b->cap);
    jem_buf_release(b);
}

const char *jem_buf_text(const struct jem_buf *b)
{
    return b->data ? (const char *)b->data : "";
}

enum jem_code jem_buf_ok(const struct jem_buf *b, struct jem_error *err)
{
    return b->failed ? jem_fail_nomem(err) : JEM_OK;
}

struct jem_reader jem_reader_of(const void *p, size_t n)
{
    const unsigned char *start = p;
    return (struct jem_reader){ .p = start, .end = n ? start + n : start };
}

size_t jem_reader_left(const struct jem_reader *r)
{
    return r->failed ? 0 : (size_t)(r->end - r->p);
}

const unsigned char *jem_read_bytes(struct jem_reader *r, size_t n)
{
    if (jem_reader_left(r) < n || r->failed) {
        r->failed = true;
        return NULL;
    }
    const unsigned char *p = r->p;
    if (n)
        r->p += n;
    return p;
}

static uint64_t reader_be(struct jem_reader *r, size_t bytes)
{
    const unsigned char *p = jem_read_bytes(r, bytes);
    uint64_t v = 0;
    for (size_t i = 0; p && i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

uint8_t jem_read_u8(struct jem_reader *r)
{
    return (uint8_t)reader_be(r, 1);
}

uint16_t jem_read_u16(struct jem_reader *r)
{
    return (uint16_t)reader_be(r, 2);
}

uint32_t jem_read_u32(struct jem_reader *r)
{
    return (uint32_t)reader_be(r, 4);
}

uint64_t jem_read_u48(struct jem_reader *r)
{
    return reader_be(r, 6);
}

uint64_t jem_read_u64(struct jem_reader *r)
{
    return reader_be(r, 8);
}

/* One encoding a value: a padded varint or one past 64 bits is refused. */
uint64_t jem_read_varint(struct jem_reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const unsigned char *p = jem_read_bytes(r, 1);
        if (!p)
            return 0;
        uint64_t bits = *p & 0x7F;
        if ((shift == 63 && bits > 1) || (shift > 0 && *p == 0))
            break;
        v |= bits << shift;
        if (*p < 0x80)
            return v;
    }
    r->failed = true;
    return 0;
}
