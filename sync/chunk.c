/* chunk.c - a sealed piece of a blob for the document lane. Its bytes stand in segment.h.
 * Chunks are not signed one by one: the hash in a signed event proves the whole, and its place in the lane is
 * sealed with it. */
#include <string.h>

#include "box.h"

#define CHUNK_MAGIC "JSC1"
#define CHUNK_HEADER_BYTES 8
#define CHUNK_INNER_BYTES (6 + 1 + 32 + 6 + 6)
#define CHUNK_BYTES_MAX ((size_t)64 << 20)
#define CHUNK_TOTAL_MAX ((uint64_t)1 << 48)

_Static_assert(JEM_CHUNK_OVERHEAD == CHUNK_HEADER_BYTES + JEM_BOX_OVERHEAD + CHUNK_INNER_BYTES, "as the header says");

/* The piece lies inside its whole. */
static bool chunk_fits(const struct jem_chunk *chunk)
{
    return chunk->total < CHUNK_TOTAL_MAX && chunk->n > 0 && chunk->n <= CHUNK_BYTES_MAX && chunk->n <= chunk->total &&
           chunk->offset <= chunk->total - chunk->n && chunk->cls != 0 && chunk->place > 0 &&
           chunk->place < CHUNK_TOTAL_MAX;
}

enum jem_code jem_chunk_seal(const struct jem_box_key *key, uint16_t writer, const struct jem_chunk *chunk,
    struct jem_buf *out, struct jem_error *err)
{
    struct jem_buf plain = JEM_BUF_INIT(CHUNK_INNER_BYTES + CHUNK_BYTES_MAX);
    size_t had = out->len;
    if (!chunk_fits(chunk))
        return jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_CHUNK_PIECE);
    jem_buf_u48(&plain, chunk->place);
    jem_buf_byte(&plain, chunk->cls);
    jem_buf_add(&plain, chunk->hash, 32);
    jem_buf_u48(&plain, chunk->total);
    jem_buf_u48(&plain, chunk->offset);
    jem_buf_add(&plain, chunk->p, chunk->n);
    enum jem_code code = jem_buf_ok(&plain, err);
    if (code == JEM_OK) {
        jem_buf_str(out, CHUNK_MAGIC);
        jem_buf_u16(out, key->epoch);
        jem_buf_u16(out, writer);
        code = jem_buf_ok(out, err);
    }
    if (code == JEM_OK)
        code = jem_box_seal(key, &plain, out, err);
    if (code != JEM_OK)
        out->len = had;
    jem_buf_wipe(&plain);
    return code;
}

enum jem_code jem_chunk_open(const struct jem_box_key *key, uint16_t writer, const void *p, size_t n,
    struct jem_buf *plain, struct jem_chunk *out, struct jem_error *err)
{
    struct jem_reader r = jem_reader_of(p, n);
    const unsigned char *magic = jem_read_bytes(&r, 4);
    uint16_t epoch = jem_read_u16(&r), from = jem_read_u16(&r);
    if (r.failed || memcmp(magic, CHUNK_MAGIC, 4) != 0)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_CHUNK_FORM);
    if (from != writer)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_CHUNK_WRITER, (unsigned)from, (unsigned)writer);
    if (epoch != key->epoch)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_SEGMENT_EPOCH, (unsigned)epoch, (unsigned)key->epoch);
    jem_buf_clear(plain);
    enum jem_code code = jem_box_open(key, r.p, jem_reader_left(&r), plain, err);
    if (code != JEM_OK)
        return code;
    struct jem_reader inner = jem_reader_of(plain->data, plain->len);
    struct jem_chunk chunk = { .place = jem_read_u48(&inner) };
    chunk.cls = jem_read_u8(&inner);
    const unsigned char *hash = jem_read_bytes(&inner, 32);
    chunk.total = jem_read_u48(&inner);
    chunk.offset = jem_read_u48(&inner);
    chunk.n = jem_reader_left(&inner);
    chunk.p = jem_read_bytes(&inner, chunk.n);
    if (inner.failed || !chunk_fits(&chunk))
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_CHUNK_FORM);
    memcpy(chunk.hash, hash, 32);
    *out = chunk;
    return JEM_OK;
}
