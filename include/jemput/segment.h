/* segment.h - a run of events of one stream, sealed. No clock, no disk, no network; one thread at a time.
 *
 *   magic "JSG1" | epoch u16 | writer u16 | first u48 | count u16 | dictionary id u16 | nonce 24 | ciphertext
 *
 * ciphertext = crypto_box (X25519, XSalsa20-Poly1305; libsodium) of: varint length of numbers | numbers | one zstd frame
 * of texts, under a dictionary (dictionary.h; 0: none) without its first four bytes, the magic of zstd. Numbers are a range coder's stream and as dense as they get; beside them zstd would only
 * learn the texts worse. Numbers and texts together are the columns: writer, lane, inc, first, count, the hash before the
 * first event, then one column for each header member and for each JSON path of each kind, like beside like; see
 * sync/columns.c for the layout. Decoding gives back the canonical bytes of every event exactly; hashes are recomputed,
 * not carried. The header is authenticated by the commit's signature, and by the columns, which repeat it. */
#ifndef JEMPUT_SEGMENT_H
#define JEMPUT_SEGMENT_H
#include "jemput/dictionary.h"

#define JEM_SEGMENT_EVENTS_MAX 4096
#define JEM_SEGMENT_BYTES_MAX ((size_t)16 << 20) /* decoded columns; a larger claim is refused before memory is taken */

struct jem_box_key {
    uint16_t epoch;
    unsigned char shared[32];
}; /* crypto_box_beforenm of the pair, for one epoch */
JEM_NODISCARD enum jem_code jem_box_key_make(struct jem_box_key *out, uint16_t epoch,
    const unsigned char their_public[32], const unsigned char my_secret[32], struct jem_error *err);

/* Appends the sealed segment of events (one stream, contiguous, at most JEM_SEGMENT_EVENTS_MAX; a redacted body is kept as its
 * hash). dictionary: one that the reader surely has; NULL: none. `out` unchanged on failure. JEM_EINVAL empty, gapped
 * or mixed | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_segment_seal(const struct jem_box_key *key, const struct jem_dictionary *dictionary,
    const struct jem_event *events, size_t count, struct jem_buf *out, struct jem_error *err);
struct jem_segment_header {
    uint16_t epoch, writer, count, dictionary;
    uint64_t first;
};
JEM_NODISCARD enum jem_code jem_segment_header_read(const void *p, size_t n, struct jem_segment_header *out,
    struct jem_error *err);
/* dictionary: the published one that the header names; those in the program are found without (NULL).
 * Appends the events to `out`, hashes chained from the carried prev hash and verified against the header. Bodies and names
 * are not parsed: jem_event_verify (jem_store_import calls it) does that. JEM_ECORRUPT: not sealed with this key, altered,
 * lying about itself, or under a dictionary that was not given | JEM_ENOMEM. Any thread may open; nothing is shared. */
JEM_NODISCARD enum jem_code jem_segment_open(const struct jem_box_key *key, const struct jem_dictionary *dictionary,
    const void *p, size_t n, struct jem_event_list *out, struct jem_error *err);

/* ---- document lane: a piece of a blob ----
 *   magic "JSC1" | epoch u16 | writer u16 | nonce 24 | crypto_box( place u48 | class u8 | hash 32 | total u48 | offset u48 |
 *   bytes )
 * place: 1, 2, ... in the lane; nobody else can make a chunk, and none can be put elsewhere in the lane. */
struct jem_chunk {
    uint64_t place;
    unsigned char hash[32];
    uint8_t cls;
    uint64_t total, offset;
    const unsigned char *p;
    size_t n;
};
#define JEM_CHUNK_OVERHEAD 99
JEM_NODISCARD enum jem_code jem_chunk_seal(const struct jem_box_key *key, uint16_t writer,
    const struct jem_chunk *chunk, struct jem_buf *out, struct jem_error *err);
/* plain: holds the bytes that chunk->p points into. */
JEM_NODISCARD enum jem_code jem_chunk_open(const struct jem_box_key *key, uint16_t writer, const void *p, size_t n,
    struct jem_buf *plain, struct jem_chunk *out, struct jem_error *err);
#endif
