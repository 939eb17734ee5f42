/* buf.h - a growable byte buffer with a maximum; always followed by a NUL that len does not count. */
#ifndef JEMPUT_BUF_H
#define JEMPUT_BUF_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jemput/error.h"

struct jem_buf {
    unsigned char *data; /* NULL until the first byte */
    size_t len, cap, max;
    bool failed; /* an append did not fit or memory ran out: checked once, at the end */
};
#define JEM_BUF_INIT(max_bytes) ((struct jem_buf){ .max = (max_bytes) })
#define JEM_BUF_DEFAULT_MAX ((size_t)64 << 20)

/* Appends set `failed` and leave the buffer as it was when it cannot grow; after that they do nothing. */
void jem_buf_add(struct jem_buf *b, const void *p, size_t n);
void jem_buf_str(struct jem_buf *b, const char *s);
void jem_buf_byte(struct jem_buf *b, unsigned char c);
void jem_buf_fmt(struct jem_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void jem_buf_vfmt(struct jem_buf *b, const char *fmt, va_list ap);
void jem_buf_u16(struct jem_buf *b, uint16_t v); /* big endian, as are u32, u48, u64 */
void jem_buf_u32(struct jem_buf *b, uint32_t v);
void jem_buf_u48(struct jem_buf *b, uint64_t v);
void jem_buf_u64(struct jem_buf *b, uint64_t v);
void jem_buf_varint(struct jem_buf *b, uint64_t v); /* LEB128 */
bool jem_buf_reserve(struct jem_buf *b, size_t more);
void jem_buf_clear(struct jem_buf *b);   /* keeps the memory */
void jem_buf_release(struct jem_buf *b); /* NULL and zero accepted */
void jem_buf_wipe(struct jem_buf *b);    /* zeroes, then releases: for secrets */
/* The text, "" when empty. Borrowed. */
const char *jem_buf_text(const struct jem_buf *b);
/* JEM_OK | JEM_ENOMEM when any append failed. */
JEM_NODISCARD enum jem_code jem_buf_ok(const struct jem_buf *b, struct jem_error *err);

/* A bounded reader over bytes that somebody else owns. After a short read `failed` stays set and
 * every value is zero: check once, at the end. */
struct jem_reader {
    const unsigned char *p, *end;
    bool failed;
};
struct jem_reader jem_reader_of(const void *p, size_t n);
uint8_t jem_read_u8(struct jem_reader *r);
uint16_t jem_read_u16(struct jem_reader *r);
uint32_t jem_read_u32(struct jem_reader *r);
uint64_t jem_read_u48(struct jem_reader *r);
uint64_t jem_read_u64(struct jem_reader *r);
uint64_t jem_read_varint(struct jem_reader *r);
const unsigned char *jem_read_bytes(struct jem_reader *r, size_t n); /* NULL when short */
size_t jem_reader_left(const struct jem_reader *r);
#endif
