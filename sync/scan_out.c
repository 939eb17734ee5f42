/* scan_out.c - documents to HQ: cut into sealed chunks when they are about to be sent, one commit a chunk.
 *
 * Durable steps of a batch: (1) one pack, (2) refs/heads/scan/<n>, (3) the store's note of what stands in which chunk. A
 * crash before (3) sends the same bytes again in later chunks, which HQ takes as known. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "chain.h"
#include "jemput/log.h"
#include "pack.h"
#include "trip.h"

struct scan_lane {
    struct jem_trip *trip;
    char ref[64];
    git_oid head;
    bool there;
    uint64_t number; /* of the last chunk */
    struct jem_box_key key;
    unsigned char hash[32]; /* whose bytes are in `blob` */
    struct jem_buf blob;
};

static enum jem_code scan_head(struct scan_lane *lane, struct jem_error *err)
{
    git_commit *commit = NULL;
    lane->number = 0;
    enum jem_code code = jem_ledger_ref(lane->trip->ledger, lane->ref, &lane->head, &lane->there, err);
    if (code != JEM_OK || !lane->there)
        return code;
    int rc = git_commit_lookup(&commit, lane->trip->ledger->repo, &lane->head);
    if (rc != 0)
        return jem_gitlib_fail(err, rc, lane->trip->ledger->path);
    if (sscanf(git_commit_message(commit), "chunk %" SCNu64, &lane->number) != 1)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_HOLE);
    git_commit_free(commit);
    return code;
}

static enum jem_code scan_chunk(struct scan_lane *lane, struct jem_pack *pack, const struct jem_outgoing *doc, size_t n,
    struct jem_error *err)
{
    struct jem_buf sealed = JEM_BUF_INIT(JEM_CHUNK_BYTES + 1024);
    struct jem_chunk chunk = { .place = lane->number + 1,
        .cls = (uint8_t)doc->cls,
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

/* Chunks that one slice can carry. */
static size_t scan_chunk_bytes(const struct jem_trip *trip)
{
    uint64_t size = trip->slice.size;
    return size == 0 || size > JEM_CHUNK_BYTES ? JEM_CHUNK_BYTES : (size_t)size;
}

static uint64_t scan_batch_bytes(const struct jem_trip *trip)
{
    uint64_t batch = trip->slice.size * JEM_BATCH_SLICES;
    return jem_trip_most(trip, batch == 0 || batch > JEM_BATCH_BYTES ? JEM_BATCH_BYTES : batch);
}

/* Puts a batch of documents into chunks; *bytes 0: all are in. Within an open unit. */
static enum jem_code scan_fill(struct scan_lane *lane, struct jem_pack *pack, uint64_t *bytes, struct jem_error *err)
{
    const size_t most = scan_chunk_bytes(lane->trip);
    const uint64_t batch = scan_batch_bytes(lane->trip);
    *bytes = 0;
    while (*bytes == 0 || *bytes < batch) {
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
        size_t n = good && left > most ? most : (size_t)left;
        if (good)
            code = scan_chunk(lane, pack, &doc, n, err);
        if (code == JEM_OK)
            code = jem_store_outgoing_sent(lane->trip->store, doc.hash, doc.sent + n, lane->number, err);
        if (code != JEM_OK)
            return code;
        *bytes += good ? n + JEM_CHUNK_OVERHEAD : 0;
    }
    return JEM_OK;
}

static enum jem_code scan_batch(struct scan_lane *lane, uint64_t *bytes, struct jem_error *err)
{
    struct jem_pack pack = { 0 };
    enum jem_code code = scan_head(lane, err);
    if (code == JEM_OK)
        code = jem_pack_begin(&pack, lane->trip->ledger, err);
    if (code == JEM_OK)
        code = jem_store_begin(lane->trip->store, err);
    if (code == JEM_OK) {
        code = scan_fill(lane, &pack, bytes, err);
        if (code == JEM_OK && *bytes > 0)
            code = jem_pack_finish(&pack, err);
        if (code == JEM_OK && *bytes > 0)
            code = jem_ledger_ref_set(lane->trip->ledger, lane->ref, &lane->head, err);
        if (code == JEM_OK)
            code = jem_store_commit(lane->trip->store, err);
        else
            jem_store_rollback(lane->trip->store);
    }
    jem_pack_release(&pack);
    return code;
}

static enum jem_code scan_open(struct scan_lane *lane, struct jem_trip *trip, struct jem_error *err)
{
    *lane = (struct scan_lane){ .trip = trip, .blob = JEM_BUF_INIT((size_t)1 << 30) };
    jem_lane_name("refs/heads/", &(struct jem_lane_ref){ JEM_LANE_SCAN, trip->self, 1, 1 }, lane->ref);
    return jem_keys_box(trip->store, trip->keys, 0, UINT16_MAX, trip->keys->epoch, &lane->key, err);
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
    const size_t most = scan_chunk_bytes(trip);
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

enum jem_code jem_scan_send(struct jem_trip *trip, struct jem_error *err)
{
    struct scan_lane lane;
    uint64_t bytes = 1;
    jem_trip_step(trip, JEM_STEP_DOCUMENTS);
    enum jem_code code = jem_scan_expect(trip, &trip->progress.bytes_total, err);
    if (code == JEM_OK)
        code = scan_open(&lane, trip, err);
    while (code == JEM_OK) {
        code = jem_trip_push(trip, lane.ref, NULL, err);
        /* scans take long: what HQ says of the records meanwhile is not kept waiting */
        if (code == JEM_OK && (code = jem_feed_hear(trip, err)) == JEM_ELINK)
            code = JEM_OK;
        if (code != JEM_OK || !jem_trip_may(trip, trip->slice.size))
            break;
        code = scan_batch(&lane, &bytes, err);
        if (bytes == 0)
            break;
    }
    scan_close(&lane);
    return code;
}
