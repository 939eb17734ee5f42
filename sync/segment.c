/* segment.c - the envelope of a run of events: header, box, compression. Its bytes stand in segment.h. */
#include "jemput/segment.h"

#include <string.h>
#include <zstd.h>

#include "box.h"
#include "columns.h"
#include "dictionary.h"

#define SEGMENT_MAGIC "JSG1"
#define SEGMENT_HEADER_BYTES (4 + 2 + 2 + 6 + 2 + 2)
#define SEGMENT_LEVEL 19
#define SEGMENT_KNOWN_EVENTS 2048 /* a longer run learns more from itself than a dictionary tells */
#define SEGMENT_FRAME_MAGIC 4
#define SEGMENT_WINDOW_LOG 20 /* a reader needs a window no larger than a megabyte */
#define SEGMENT_PLAIN_MAX (JEM_SEGMENT_BYTES_MAX * 2)

/* ---- compression ---- */

/* Sealing and signing prove the bytes: no checksum. The size is told, for the reader's limit. Which dictionary it is
 * stands in the header. */
static size_t segment_settings(ZSTD_CCtx *z, const struct jem_dictionary *d)
{
    size_t bad = ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 0);
    if (!ZSTD_isError(bad))
        bad = ZSTD_CCtx_setParameter(z, ZSTD_c_dictIDFlag, 0);
    if (!ZSTD_isError(bad) && d != NULL)
        return ZSTD_CCtx_refCDict(z, jem_dictionary_pack(d, true));
    if (!ZSTD_isError(bad))
        bad = ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, SEGMENT_LEVEL);
    if (!ZSTD_isError(bad))
        bad = ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, SEGMENT_WINDOW_LOG);
    return bad;
}

/* Appends the texts of the columns as one frame. */
static enum jem_code segment_compress(const struct jem_dictionary *d, const unsigned char *p, size_t n,
    struct jem_buf *out, struct jem_error *err)
{
    size_t cap = ZSTD_compressBound(n), had = out->len;
    ZSTD_CCtx *z = ZSTD_createCCtx();
    enum jem_code code = JEM_OK;
    if (z == NULL || !jem_buf_reserve(out, cap) || (d != NULL && jem_dictionary_pack(d, true) == NULL)) {
        code = jem_fail_nomem(err);
        goto out;
    }
    size_t bad = segment_settings(z, d);
    if (!ZSTD_isError(bad))
        bad = ZSTD_compress2(z, out->data + had, cap, p, n);
    if (ZSTD_isError(bad)) {
        code = jem_fail(err, JEM_EINTERNAL, JEM_D_SYNC, 0, JEM_T_SEGMENT_ZSTD);
        goto out;
    }
    out->len += bad;
    if (d != NULL) {
        memmove(out->data + had, out->data + had + SEGMENT_FRAME_MAGIC, bad - SEGMENT_FRAME_MAGIC);
        out->len -= SEGMENT_FRAME_MAGIC;
    }
out:
    ZSTD_freeCCtx(z);
    return code;
}

/* A whole frame, magic and all. */
static enum jem_code segment_frame_open(const struct jem_dictionary *d, const unsigned char *p, size_t n,
    struct jem_buf *out, struct jem_error *err)
{
    unsigned long long size = ZSTD_getFrameContentSize(p, n);
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size == 0 || size > SEGMENT_PLAIN_MAX ||
        ZSTD_findFrameCompressedSize(p, n) != n)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_SEGMENT_LIES);
    ZSTD_DCtx *z = ZSTD_createDCtx();
    if (z == NULL || !jem_buf_reserve(out, size)) {
        ZSTD_freeDCtx(z);
        return jem_fail_nomem(err);
    }
    size_t got = d == NULL ? ZSTD_decompressDCtx(z, out->data + out->len, size, p, n)
                           : ZSTD_decompress_usingDDict(z, out->data + out->len, size, p, n, jem_dictionary_unpack(d));
    ZSTD_freeDCtx(z);
    if (ZSTD_isError(got) || got != size)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_SEGMENT_LIES);
    out->len += size;
    return JEM_OK;
}

static enum jem_code segment_decompress(const struct jem_dictionary *d, const unsigned char *p, size_t n,
    struct jem_buf *out, struct jem_error *err)
{
    static const unsigned char magic[SEGMENT_FRAME_MAGIC] = { 0x28, 0xb5, 0x2f, 0xfd };
    if (d == NULL)
        return segment_frame_open(d, p, n, out, err);
    struct jem_buf frame = JEM_BUF_INIT(SEGMENT_PLAIN_MAX * 2);
    jem_buf_add(&frame, magic, sizeof magic);
    jem_buf_add(&frame, p, n);
    enum jem_code code = jem_buf_ok(&frame, err);
    if (code == JEM_OK)
        code = segment_frame_open(d, frame.data, frame.len, out, err);
    jem_buf_wipe(&frame);
    return code;
}

/* The numbers are as dense as they get: beside them, zstd would only learn the texts worse. */
static enum jem_code segment_pack(const struct jem_dictionary *d, const struct jem_buf *columns, struct jem_buf *out,
    struct jem_error *err)
{
    struct jem_reader r = jem_reader_of(columns->data, columns->len);
    uint64_t numbers = jem_read_varint(&r);
    size_t texts_at = (size_t)(r.p - columns->data) + numbers;
    jem_buf_add(out, columns->data, texts_at);
    return segment_compress(d, columns->data + texts_at, columns->len - texts_at, out, err);
}

static enum jem_code segment_unpack(const struct jem_dictionary *d, const struct jem_buf *packed, struct jem_buf *out,
    struct jem_error *err)
{
    struct jem_reader r = jem_reader_of(packed->data, packed->len);
    uint64_t numbers = jem_read_varint(&r);
    if (r.failed || numbers > jem_reader_left(&r))
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_SEGMENT_LIES);
    size_t texts_at = (size_t)(r.p - packed->data) + numbers;
    jem_buf_add(out, packed->data, texts_at);
    return segment_decompress(d, packed->data + texts_at, packed->len - texts_at, out, err);
}

/* ---- the envelope ---- */

static void segment_header_write(const struct jem_segment_header *h, struct jem_buf *out)
{
    jem_buf_str(out, SEGMENT_MAGIC);
    jem_buf_u16(out, h->epoch);
    jem_buf_u16(out, h->writer);
    jem_buf_u48(out, h->first);
    jem_buf_u16(out, h->count);
    jem_buf_u16(out, h->dictionary);
}

enum jem_code jem_segment_header_read(const void *p, size_t n, struct jem_segment_header *out, struct jem_error *err)
{
    struct jem_reader r = jem_reader_of(p, n);
    const unsigned char *magic = jem_read_bytes(&r, 4);
    if (magic == NULL || memcmp(magic, SEGMENT_MAGIC, 4) != 0)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_SEGMENT_FORM);
    struct jem_segment_header h;
    h.epoch = jem_read_u16(&r);
    h.writer = jem_read_u16(&r);
    h.first = jem_read_u48(&r);
    h.count = jem_read_u16(&r);
    h.dictionary = jem_read_u16(&r);
    if (r.failed || jem_reader_left(&r) < JEM_BOX_OVERHEAD || h.first == 0 || h.count == 0 ||
        h.count > JEM_SEGMENT_EVENTS_MAX)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_SEGMENT_FORM);
    *out = h;
    return JEM_OK;
}

/* What was written is read again: a segment that does not give back its events never leaves. */
static enum jem_code segment_read_again(const struct jem_buf *columns, const struct jem_segment_header *header,
    const struct jem_dictionary *dictionary, const struct jem_event *events, size_t count, struct jem_error *err)
{
    struct jem_event_list again = { 0 };
    enum jem_code code = jem_columns_read(columns->data, columns->len, header, dictionary, &again, err);
    for (size_t i = 0; i < count && code == JEM_OK; i++)
        if (memcmp(again.items[i].hash, events[i].hash, 32) != 0)
            code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_SEGMENT_EVENT);
    jem_event_list_release(&again);
    return code;
}

enum jem_code jem_segment_seal(const struct jem_box_key *key, const struct jem_dictionary *dictionary,
    const struct jem_event *events, size_t count, struct jem_buf *out, struct jem_error *err)
{
    if (count > SEGMENT_KNOWN_EVENTS)
        dictionary = NULL;
    struct jem_buf columns = JEM_BUF_INIT(SEGMENT_PLAIN_MAX), packed = JEM_BUF_INIT(SEGMENT_PLAIN_MAX * 2);
    size_t had = out->len;
    enum jem_code code = jem_columns_write(events, count, dictionary, &columns, err);
    if (code != JEM_OK)
        goto out;
    struct jem_segment_header header = { .epoch = key->epoch,
        .writer = events[0].id.writer,
        .first = events[0].id.seq,
        .count = (uint16_t)count,
        .dictionary = jem_dictionary_id(dictionary) };
    code = segment_read_again(&columns, &header, dictionary, events, count, err);
    if (code == JEM_OK)
        code = segment_pack(dictionary, &columns, &packed, err);
    if (code != JEM_OK)
        goto out;
    segment_header_write(&header, out);
    code = jem_buf_ok(out, err);
    if (code == JEM_OK)
        code = jem_box_seal(key, &packed, out, err);
    if (code != JEM_OK)
        out->len = had;
out:
    jem_buf_wipe(&columns);
    jem_buf_wipe(&packed);
    return code;
}

enum jem_code jem_segment_open(const struct jem_box_key *key, const struct jem_dictionary *dictionary, const void *p,
    size_t n, struct jem_event_list *out, struct jem_error *err)
{
    struct jem_buf packed = JEM_BUF_INIT(SEGMENT_PLAIN_MAX * 2), columns = JEM_BUF_INIT(SEGMENT_PLAIN_MAX);
    struct jem_segment_header header;
    enum jem_code code = jem_segment_header_read(p, n, &header, err);
    if (code != JEM_OK)
        return code;
    if (header.epoch != key->epoch)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_SEGMENT_EPOCH, (unsigned)header.epoch,
            (unsigned)key->epoch);
    if (header.dictionary != jem_dictionary_id(dictionary))
        dictionary = jem_dictionary_shipped(header.dictionary);
    if (header.dictionary != jem_dictionary_id(dictionary))
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_SEGMENT_DICTIONARY, (unsigned)header.dictionary);
    code = jem_box_open(key, (const unsigned char *)p + SEGMENT_HEADER_BYTES, n - SEGMENT_HEADER_BYTES, &packed, err);
    if (code == JEM_OK)
        code = segment_unpack(dictionary, &packed, &columns, err);
    if (code == JEM_OK)
        code = jem_columns_read(columns.data, columns.len, &header, dictionary, out, err);
    jem_buf_wipe(&packed);
    jem_buf_wipe(&columns);
    return code;
}
