/* scan_out.c - documents to HQ: cut into sealed chunks when they are about to be sent, one commit a chunk.
 *
 * Places of chunks go on across parts and incarnations: a number is never given to two. A part that does not go on where the
 * last one ended - the ledger was lost, this van or HQ was restored - says so in its first chunk (JEM_CHUNK_ANEW): all
 * documents that ended past what HQ had acknowledged come again after it.
 *
 * Durable steps of a batch: (1) one pack, (2) the part's ref, (3) the store's note of what stands in which chunk, and meta
 * "scan.place" = "NUMBER INC PART BYTES BASE BASEPART": the last chunk and its part, and since which part, and past which chunk,
 * everything was put into parts. A crash before (3) sends the same bytes again in later chunks, which HQ takes as
 * known. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "jemput/clock.h"
#include "jemput/codec.h"
#include "jemput/log.h"
#include "pack.h"
#include "part.h"
#include "trip.h"

#define SCAN_CHUNK_MIN 1024 /* less is not worth a commit */
#define SCAN_HEAR_MS 15000  /* scans take long: what HQ says of the records meanwhile is not kept waiting */

struct scan_lane {
    struct jem_trip *trip;
    struct jem_lane_ref lane;
    char ref[JEM_LANE_TEXT];
    git_oid head;
    bool there, anew;
    uint64_t number; /* of the last chunk */
    uint64_t bytes;  /* of the part */
    uint64_t base;   /* what ended past it stands in parts from base_part on */
    uint32_t base_part;
    uint64_t acked, of_ours; /* last chunk that HQ says it has; and of those of this incarnation */
    struct jem_box_key key;
    int64_t heard_ms;       /* jem_mono_ms() when HQ was last heard, 0: not yet */
    uint64_t room;          /* for chunks on the connection that the next ones are planned for */
    unsigned char hash[32]; /* whose bytes are in `blob` */
    struct jem_buf blob;
};

/* The last chunk of this incarnation that HQ says it has; when it has none of it, *acked is of those before. */
static enum jem_code scan_acked(struct jem_trip *trip, uint64_t *of_ours, uint64_t *acked, struct jem_error *err)
{
    uint64_t seq;
    uint16_t inc = jem_store_inc(trip->store);
    enum jem_code code = jem_store_ack(trip->store, (uint16_t)trip->self, 0, inc, "received", &seq, of_ours, err);
    *acked = *of_ours;
    while (code == JEM_OK && *acked == 0 && inc > 1) {
        code = jem_store_inc_upto(trip->store, (uint16_t)trip->self, 0, (uint16_t)(inc - 1), &inc, err);
        if (code == JEM_OK && inc != 0)
            code = jem_store_ack(trip->store, (uint16_t)trip->self, 0, inc, "received", &seq, acked, err);
    }
    return code;
}

static enum jem_code scan_note_read(struct scan_lane *lane, unsigned *inc, uint32_t *part, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(128);
    *inc = 0;
    *part = 0;
    lane->number = lane->bytes = lane->base = 0;
    lane->base_part = 1;
    enum jem_code code = jem_store_meta_get(lane->trip->store, "scan.place", &text, err);
    if (code == JEM_OK && sscanf(jem_buf_text(&text), "%" SCNu64 " %u %" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu32,
                              &lane->number, inc, part, &lane->bytes, &lane->base, &lane->base_part) != 6)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_HOLE);
    jem_buf_release(&text);
    return code == JEM_ENOTFOUND ? JEM_OK : code;
}

static enum jem_code scan_note(struct scan_lane *lane, struct jem_error *err)
{
    char text[100];
    snprintf(text, sizeof text, "%" PRIu64 " %u %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu32, lane->number,
        (unsigned)lane->lane.inc, lane->lane.part, lane->bytes, lane->base, lane->base_part);
    return jem_store_meta_set(lane->trip->store, "scan.place", text, err);
}

/* True when HQ has the key of the part: one that was restored may have lost it. */
static enum jem_code scan_readable(struct scan_lane *lane, const struct jem_part *part, bool *readable,
    struct jem_error *err)
{
    struct jem_trip *trip = lane->trip;
    struct jem_lane_commit commit;
    struct jem_chunk chunk;
    struct jem_box_key key;
    struct jem_error why = { .code = JEM_OK };
    struct jem_buf plain = JEM_BUF_INIT(JEM_LANE_FILE_MAX);
    uint16_t epoch = 0, inc = 1;
    *readable = true;
    enum jem_code code = jem_store_van_inc(trip->store, 0, &inc, err);
    if (code != JEM_OK || inc == 1)
        return code;
    code = jem_part_epoch(trip->ledger, part, &epoch, &why);
    if (code == JEM_OK)
        code = jem_keys_box(trip->store, trip->keys, 0, UINT16_MAX, epoch, &key, &why);
    if (code == JEM_OK)
        code = jem_lane_commit_read(trip->ledger, &part->head, "chunk", &commit, &why);
    if (code == JEM_OK) {
        code = jem_chunk_open(&key, (uint16_t)trip->self, commit.p, commit.n, &plain, &chunk, &why);
        jem_lane_commit_release(&commit);
    }
    *readable = code == JEM_OK;
    sodium_memzero(&key, sizeof key);
    jem_buf_wipe(&plain);
    if (code == JEM_ECORRUPT || code == JEM_ENOTFOUND)
        code = JEM_OK;
    else if (code != JEM_OK && err != NULL)
        *err = why;
    return code;
}

/* True when the parts that are here begin too late for what HQ has, or one of them is closed to it. */
static enum jem_code scan_lacks(struct scan_lane *lane, const struct jem_parts *parts, bool *lacks,
    struct jem_error *err)
{
    const struct jem_part *oldest = NULL;
    git_oid root;
    for (size_t i = parts->count; i-- > 0;)
        if (parts->items[i].lane.inc == lane->lane.inc)
            oldest = &parts->items[i];
    *lacks = lane->acked < lane->base;
    enum jem_code code = JEM_OK;
    for (size_t i = 0; code == JEM_OK && !*lacks && i < parts->count; i++) {
        const struct jem_part *part = &parts->items[i];
        bool readable = true;
        if (part->lane.inc == lane->lane.inc && part->lane.part >= lane->base_part &&
            jem_commit_number(lane->trip->ledger, &part->head, "chunk") > lane->of_ours)
            code = scan_readable(lane, part, &readable, err);
        *lacks = !readable;
    }
    if (code != JEM_OK || *lacks || oldest == NULL || oldest->lane.part <= lane->base_part)
        return code;
    code = jem_part_root(lane->trip->ledger, oldest, &root, err);
    if (code == JEM_OK)
        *lacks = jem_commit_number(lane->trip->ledger, &root, "chunk") > lane->acked + 1;
    return code;
}

/* True when the hub has nothing of the part and HQ all of it: it need not go there again. */
static bool scan_is_over(const struct scan_lane *lane)
{
    return lane->trip->link != NULL && lane->number <= lane->of_ours &&
           jem_link_find(lane->trip->link, lane->ref) == NULL &&
           jem_parts_any(lane->trip->link, JEM_LANE_SCAN, lane->trip->self);
}

/* The part that takes the next chunk. Within an open unit: what HQ lacks goes out again. */
static enum jem_code scan_head(struct scan_lane *lane, struct jem_error *err)
{
    struct jem_trip *trip = lane->trip;
    struct jem_parts parts = { 0 };
    unsigned inc;
    uint32_t noted;
    uint16_t epoch = 0;
    bool lacks = false;
    lane->lane = (struct jem_lane_ref){ JEM_LANE_SCAN, trip->self, jem_store_inc(trip->store), 0 };
    lane->there = lane->anew = false;
    enum jem_code code = scan_note_read(lane, &inc, &noted, err);
    if (code == JEM_OK)
        code = scan_acked(trip, &lane->of_ours, &lane->acked, err);
    if (code == JEM_OK)
        code = jem_parts_local(trip->ledger, JEM_LANE_HEADS, JEM_LANE_SCAN, trip->self, &parts, err);
    const struct jem_part *part = jem_parts_last(&parts, lane->lane.inc);
    if (code == JEM_OK && part != NULL) {
        uint64_t number = jem_commit_number(trip->ledger, &part->head, "chunk");
        lane->number = number > lane->number ? number : lane->number;
        lane->lane.part = part->lane.part;
        jem_lane_name(JEM_LANE_HEADS, &lane->lane, lane->ref);
        code = jem_part_epoch(trip->ledger, part, &epoch, err);
    }
    if (code == JEM_OK)
        code = scan_lacks(lane, &parts, &lacks, err);
    if (code == JEM_OK && part != NULL && !lacks && epoch == lane->key.epoch && noted == part->lane.part &&
        lane->bytes < JEM_PART_BYTES && !scan_is_over(lane)) {
        lane->head = part->head;
        lane->there = true;
    } else if (code == JEM_OK) {
        lane->bytes = 0;
        lane->anew = lacks || (part == NULL && (lane->number > 0 || lane->acked > 0));
        if (lane->anew)
            code = jem_store_outgoing_rewind(trip->store, lane->acked, err);
        if (code == JEM_OK)
            code = jem_part_number(trip->store, &parts, &lane->lane, err);
        if (lane->anew) {
            lane->number = lane->number < lane->acked ? lane->acked : lane->number;
            lane->base = lane->acked;
            lane->base_part = lane->lane.part;
        }
        jem_lane_name(JEM_LANE_HEADS, &lane->lane, lane->ref);
    }
    jem_parts_release(&parts);
    return code;
}

static enum jem_code scan_chunk(struct scan_lane *lane, struct jem_pack *pack, const struct jem_outgoing *doc, size_t n,
    struct jem_error *err)
{
    struct jem_buf sealed = JEM_BUF_INIT(JEM_CHUNK_BYTES + 1024);
    struct jem_chunk chunk = { .place = lane->number + 1,
        .cls = (uint8_t)(doc->cls | (lane->anew && !lane->there ? JEM_CHUNK_ANEW : 0)),
        .total = doc->size,
        .offset = doc->sent,
        .p = lane->blob.data + doc->sent,
        .n = n };
    struct jem_pack_file file = { .name = "chunk" };
    char subject[40];
    git_oid made;
    memcpy(chunk.hash, doc->hash, 32);
    snprintf(subject, sizeof subject, "chunk %" PRIu64, lane->number + 1);
    struct jem_pack_commit commit = { .parents = &lane->head,
        .parent_count = lane->there ? 1 : 0,
        .writer = lane->trip->self,
        .at_unix_s = jem_store_now_ms(lane->trip->store) / 1000,
        .subject = subject };
    enum jem_code code = jem_chunk_seal(&lane->key, (uint16_t)lane->trip->self, &chunk, &sealed, err);
    if (code == JEM_OK)
        code = jem_pack_blob(pack, sealed.data, sealed.len, &file.blob, err);
    if (code == JEM_OK)
        code = jem_pack_tree(pack, &file, 1, &commit.tree, err);
    if (code == JEM_OK)
        code = jem_pack_commit(pack, &commit, &made, err);
    if (code == JEM_OK) {
        lane->head = made;
        lane->there = true;
        lane->number++;
        lane->bytes += n;
    }
    jem_buf_release(&sealed);
    return code;
}

/* The bytes of a document; *good false for one that this store cannot read any more: it must not hold up the others. */
static enum jem_code scan_load(struct scan_lane *lane, const struct jem_outgoing *doc, bool *good,
    struct jem_error *err)
{
    *good = true;
    if (lane->blob.len > 0 && memcmp(lane->hash, doc->hash, 32) == 0)
        return JEM_OK;
    jem_buf_clear(&lane->blob);
    enum jem_code code = jem_store_blob_get(lane->trip->store, doc->hash, &lane->blob, err);
    if (code == JEM_ENOTFOUND || code == JEM_ECORRUPT || (code == JEM_OK && lane->blob.len != doc->size)) {
        jem_log(JEM_LOG_ERROR, "sync: a document cannot be read and stays out: run audit verify");
        *good = false;
        return JEM_OK;
    }
    memcpy(lane->hash, doc->hash, 32);
    return code;
}

/* Bytes of the next chunk. Where a connection is known to drop, chunks fill it: `room` is what the planned one still holds. */
static size_t scan_chunk_bytes(struct scan_lane *lane, uint64_t left)
{
    const uint64_t around = JEM_SLICE_COMMIT + JEM_CHUNK_OVERHEAD;
    const struct jem_slice *slice = &lane->trip->slice;
    uint64_t size = slice->size, parts = (size + JEM_CHUNK_BYTES - 1) / JEM_CHUNK_BYTES;
    if (jem_slice_room(slice) != JEM_SLICE_NO_LIMIT) {
        if (lane->room < around + SCAN_CHUNK_MIN)
            lane->room = jem_slice_whole(slice) - JEM_SLICE_ASK - slice->opening / 8; /* its cost varies */
        size = lane->room - around;
    } else if (parts > 1 && size < slice->cap) {
        size = size / parts - around;
    }
    size = size == 0 || size > JEM_CHUNK_BYTES ? JEM_CHUNK_BYTES : size;
    size = left < size ? left : size;
    lane->room = lane->room > size + around ? lane->room - size - around : 0;
    return (size_t)size;
}

static uint64_t scan_batch_bytes(const struct jem_trip *trip)
{
    uint64_t batch = jem_slice_whole(&trip->slice) * JEM_BATCH_SLICES;
    return jem_trip_most(trip, batch == 0 || batch > JEM_BATCH_BYTES ? JEM_BATCH_BYTES : batch);
}

/* Puts a batch of documents into chunks; *bytes 0: all are in. Within an open unit. */
static enum jem_code scan_fill(struct scan_lane *lane, struct jem_pack *pack, uint64_t *bytes, struct jem_error *err)
{
    const uint64_t batch = scan_batch_bytes(lane->trip), room = jem_slice_room(&lane->trip->slice);
    lane->room = room != JEM_SLICE_NO_LIMIT && room > JEM_SLICE_ASK ? room - JEM_SLICE_ASK : 0;
    *bytes = 0;
    for (;;) {
        struct jem_outgoing doc;
        bool good;
        enum jem_code code = jem_store_outgoing_next(lane->trip->store, &doc, err);
        if (code == JEM_ENOTFOUND)
            return JEM_OK;
        if (code == JEM_OK)
            code = scan_load(lane, &doc, &good, err);
        if (code != JEM_OK)
            return code;
        uint64_t left = doc.size - doc.sent;
        size_t n = good ? scan_chunk_bytes(lane, left) : (size_t)left;
        const uint64_t whole = good ? n + JEM_CHUNK_OVERHEAD + JEM_SLICE_COMMIT : 0;
        if (*bytes > 0 && *bytes + whole > batch) /* it would go alone, and its answer be waited for */
            return JEM_OK;
        if (good)
            code = scan_chunk(lane, pack, &doc, n, err);
        if (code == JEM_OK)
            code = jem_store_outgoing_sent(lane->trip->store, doc.hash, doc.sent + n, lane->number, err);
        if (code != JEM_OK)
            return code;
        *bytes += whole;
    }
}

/* Nothing is given a number, and nothing goes out again, before there is something to put there. */
static bool scan_waits(struct scan_lane *lane)
{
    struct jem_outgoing doc;
    uint64_t of_ours, acked = 0;
    if (scan_acked(lane->trip, &of_ours, &acked, NULL) != JEM_OK)
        return false;
    return jem_store_outgoing_next(lane->trip->store, &doc, NULL) == JEM_OK || acked < lane->number;
}

static enum jem_code scan_batch(struct scan_lane *lane, uint64_t *bytes, struct jem_error *err)
{
    struct jem_pack pack = { 0 };
    unsigned inc;
    uint32_t part;
    *bytes = 0;
    enum jem_code code = scan_note_read(lane, &inc, &part, err);
    if (code != JEM_OK || !scan_waits(lane))
        return code;
    code = jem_pack_begin(&pack, lane->trip->ledger, err);
    if (code == JEM_OK)
        code = jem_store_begin(lane->trip->store, err);
    if (code == JEM_OK) {
        code = scan_head(lane, err);
        if (code == JEM_OK)
            code = scan_fill(lane, &pack, bytes, err);
        if (code == JEM_OK && *bytes > 0)
            code = jem_pack_finish(&pack, err);
        if (code == JEM_OK && *bytes > 0)
            code = jem_ledger_ref_set(lane->trip->ledger, lane->ref, &lane->head, err);
        if (code == JEM_OK && *bytes > 0)
            code = scan_note(lane, err);
        if (code == JEM_OK && (*bytes > 0 || lane->there))
            code = jem_store_commit(lane->trip->store, err);
        else
            jem_store_rollback(lane->trip->store);
    }
    jem_pack_release(&pack);
    return code;
}

static enum jem_code scan_open(struct scan_lane *lane, struct jem_trip *trip, struct jem_error *err)
{
    uint16_t theirs = 0;
    *lane = (struct scan_lane){ .trip = trip, .blob = JEM_BUF_INIT((size_t)1 << 30) };
    enum jem_code code = jem_store_epoch(trip->store, 0, &theirs, err);
    if (code == JEM_OK)
        code = jem_keys_box(trip->store, trip->keys, 0, UINT16_MAX,
            theirs < trip->keys->epoch ? theirs : trip->keys->epoch, &lane->key, err);
    return code;
}

static void scan_close(struct scan_lane *lane)
{
    sodium_memzero(&lane->key, sizeof lane->key);
    jem_buf_wipe(&lane->blob);
}

enum jem_code jem_scan_seal(struct jem_trip *trip, uint64_t max_bytes, struct jem_error *err)
{
    struct scan_lane lane;
    uint64_t bytes = 1;
    enum jem_code code = scan_open(&lane, trip, err);
    for (uint64_t sealed = 0; code == JEM_OK && bytes > 0 && sealed < max_bytes; sealed += bytes)
        code = scan_batch(&lane, &bytes, err);
    scan_close(&lane);
    return code;
}

/* Notes every document as sent inside a unit that is rolled back: the store's own order and counts, without a trace. */
enum jem_code jem_scan_expect(struct jem_trip *trip, uint64_t *bytes, struct jem_error *err)
{
    const uint64_t whole = jem_slice_whole(&trip->slice);
    const uint64_t most = whole == 0 || whole > JEM_CHUNK_BYTES ? JEM_CHUNK_BYTES : whole;
    enum jem_code code = jem_store_begin(trip->store, err);
    if (code != JEM_OK)
        return code;
    for (struct jem_outgoing doc; (code = jem_store_outgoing_next(trip->store, &doc, err)) == JEM_OK;) {
        uint64_t left = doc.size - doc.sent;
        *bytes += left + (left / most + 1) * JEM_CHUNK_OVERHEAD;
        code = jem_store_outgoing_sent(trip->store, doc.hash, doc.size, 1, err);
        if (code != JEM_OK)
            break;
    }
    jem_store_rollback(trip->store);
    return code == JEM_ENOTFOUND ? JEM_OK : code;
}

/* What HQ says of the records meanwhile. */
static enum jem_code scan_hear(struct scan_lane *lane, struct jem_error *err)
{
    if (lane->heard_ms != 0 && jem_mono_ms() - lane->heard_ms < SCAN_HEAR_MS)
        return JEM_OK;
    enum jem_code code = jem_feed_hear(lane->trip, err);
    lane->heard_ms = jem_mono_ms();
    return code == JEM_ELINK ? JEM_OK : code;
}

/* The next batch, while a slice of the last is on its way; none when records wait: they go first. */
static enum jem_code scan_more(void *ctx, struct jem_error *err)
{
    struct scan_lane *lane = ctx;
    uint64_t records = 0, bytes;
    enum jem_code code = scan_hear(lane, err);
    if (code == JEM_OK)
        code = jem_records_wait(lane->trip, &records, err);
    return code == JEM_OK && records == 0 ? scan_batch(lane, &bytes, err) : code;
}

/* Every part that HQ does not have whole, oldest first. */
static enum jem_code scan_push(struct scan_lane *lane, struct jem_error *err)
{
    const struct jem_trip_source source = { scan_more, lane };
    struct jem_trip *trip = lane->trip;
    struct jem_parts parts = { 0 };
    char ref[JEM_LANE_TEXT];
    struct scan_lane note = { .trip = trip };
    uint64_t of_ours = 0, acked;
    unsigned inc = 0;
    uint32_t part;
    enum jem_code code = scan_acked(trip, &of_ours, &acked, err);
    if (code == JEM_OK)
        code = scan_note_read(&note, &inc, &part, err);
    if (code == JEM_OK)
        code = jem_parts_local(trip->ledger, JEM_LANE_HEADS, JEM_LANE_SCAN, trip->self, &parts, err);
    for (size_t i = 0; code == JEM_OK && !trip->stopped && i < parts.count; i++) {
        jem_lane_name(JEM_LANE_HEADS, &parts.items[i].lane, ref);
        bool had = jem_commit_number(trip->ledger, &parts.items[i].head, "chunk") <= of_ours ||
                   (parts.items[i].lane.inc == inc && parts.items[i].lane.part < note.base_part);
        bool first = i + 1 == parts.count && !jem_parts_any(trip->link, JEM_LANE_SCAN, trip->self);
        if (!had || first || jem_link_find(trip->link, ref) != NULL)
            code = jem_trip_push(trip, ref, NULL, i + 1 == parts.count ? &source : NULL, err);
    }
    jem_parts_release(&parts);
    return code;
}

enum jem_code jem_scan_send(struct jem_trip *trip, struct jem_error *err)
{
    struct scan_lane lane;
    uint64_t bytes = 1;
    jem_trip_step(trip, JEM_STEP_DOCUMENTS);
    enum jem_code code = jem_scan_expect(trip, &trip->progress.bytes_total, err);
    if (code == JEM_OK)
        code = scan_open(&lane, trip, err);
    while (code == JEM_OK) {
        code = scan_push(&lane, err);
        if (code == JEM_OK)
            code = scan_hear(&lane, err);
        if (code == JEM_OK && !trip->stopped)
            code = jem_records_send(trip, err);
        if (code != JEM_OK || !jem_trip_may(trip, jem_trip_most(trip, trip->slice.size)))
            break;
        code = scan_batch(&lane, &bytes, err);
        if (bytes == 0)
            break;
    }
    scan_close(&lane);
    return code;
}
