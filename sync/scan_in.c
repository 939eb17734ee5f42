/* scan_in.c - the documents of one van, at HQ. Commits of this lane are not signed: the box proves who sealed a chunk and
 * at which place of the lane, and the hash in a signed event proves the whole. What is altered, repeated or out of order is
 * quarantined from there on, as it stands at the hub, and the place stays; a lane that is right again goes on from it.
 *
 * Durable steps: (1) refs/hub/scan/<n>; (2) for each unit: pieces, meta "accepted.scan.<n>" = "OID CHUNKS" and the
 * acknowledgement together; (3) refs/accepted/scan/<n>. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "chain.h"
#include "jemput/codec.h"
#include "jemput/log.h"
#include "merge.h"

#define SCAN_UNIT 32 /* chunks: at most 4 MB of pieces in one unit */

enum jem_code jem_scan_accepted(struct jem_trip *trip, unsigned van, git_oid *head, bool *any, uint64_t *chunks,
    struct jem_error *err)
{
    char key[40];
    struct jem_buf text = JEM_BUF_INIT(128);
    *chunks = 0;
    snprintf(key, sizeof key, "accepted.scan.%u.1.1", van);
    enum jem_code code = jem_store_meta_get(trip->store, key, &text, err);
    *any = code == JEM_OK && text.len > GIT_OID_HEXSZ &&
           git_oid_fromstrn(head, jem_buf_text(&text), GIT_OID_HEXSZ) == 0 &&
           sscanf(jem_buf_text(&text) + GIT_OID_HEXSZ, "%" SCNu64, chunks) == 1;
    jem_buf_release(&text);
    return code == JEM_ENOTFOUND ? JEM_OK : code;
}

struct scan_in {
    const struct jem_merge *merge;
    struct jem_box_key key; /* of the epoch used last */
    bool keyed;
    struct jem_buf plain;
    json_t *missing;
};

static enum jem_code scan_key(struct scan_in *in, uint16_t epoch, struct jem_error *err)
{
    if (in->keyed && in->key.epoch == epoch)
        return JEM_OK;
    enum jem_code code =
        jem_keys_box(in->merge->trip->store, in->merge->trip->keys, in->merge->van, in->merge->inc, epoch, &in->key, err);
    in->keyed = code == JEM_OK;
    return code;
}

static enum jem_code scan_fail(const git_oid *oid, enum jem_text key, struct jem_error *err)
{
    char hex[JEM_OID_HEX];
    return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, key, git_oid_tostr(hex, 11, oid));
}

static enum jem_code scan_miss(struct scan_in *in, const unsigned char hash[32], struct jem_error *err)
{
    char hex[65];
    jem_hex(hash, 32, hex);
    return json_array_append_new(in->missing, json_string(hex)) == 0 ? JEM_OK : jem_fail_nomem(err);
}

/* One chunk into the store. JEM_ECORRUPT: it is not the van's chunk number `place`. */
static enum jem_code scan_piece(struct scan_in *in, const git_oid *oid, uint64_t place, struct jem_error *err)
{
    struct jem_trip *trip = in->merge->trip;
    struct jem_lane_commit commit;
    struct jem_chunk chunk;
    bool done = false;
    enum jem_code code = jem_lane_commit_read(trip->ledger, oid, "chunk", &commit, err);
    if (code == JEM_OK) {
        struct jem_reader header = jem_reader_of(commit.p, commit.n);
        (void)jem_read_u32(&header);
        code = scan_key(in, jem_read_u16(&header), err);
        if (code == JEM_ENOTFOUND)
            code = scan_fail(oid, JEM_T_LANE_EPOCH, err);
    }
    jem_buf_clear(&in->plain);
    if (code == JEM_OK)
        code = jem_chunk_open(&in->key, (uint16_t)in->merge->van, commit.p, commit.n, &in->plain, &chunk, err);
    if (code == JEM_OK && chunk.place != place)
        code = scan_fail(oid, JEM_T_LANE_PARENT, err);
    if (code == JEM_OK) {
        enum jem_code piece = jem_store_blob_piece(trip->store, chunk.hash, (enum jem_blob_class)chunk.cls, chunk.total,
            chunk.offset, chunk.p, chunk.n, &done, err);
        trip->report->accepted_documents += done;
        trip->progress.bytes_done += chunk.n;
        bool last = chunk.offset + chunk.n == chunk.total;
        if (piece == JEM_ECORRUPT || (piece == JEM_OK && last && !done && !jem_store_blob_has(trip->store, chunk.hash)))
            piece = scan_miss(in, chunk.hash, err);
        code = piece == JEM_ECORRUPT ? JEM_EINTERNAL : piece;
    }
    jem_lane_commit_release(&commit);
    return code;
}

/* Takes up to `count` chunks that follow place *chunks, and moves it. JEM_ECORRUPT with the reason at the first that does not
 * hold; those before it are in. */
static enum jem_code scan_unit(struct scan_in *in, const git_oid *oids, size_t count, uint64_t *chunks,
    struct jem_error *err)
{
    struct jem_trip *trip = in->merge->trip;
    char key[40], ref[64], text[80], hex[JEM_OID_HEX];
    struct jem_error why = { .code = JEM_OK };
    size_t good = 0;
    snprintf(key, sizeof key, "accepted.scan.%u.1.1", in->merge->van);
    jem_lane_name("refs/accepted/", &(struct jem_lane_ref){ JEM_LANE_SCAN, in->merge->van, 1, 1 }, ref);
    json_array_clear(in->missing);
    enum jem_code bad = JEM_OK, code = jem_store_begin(trip->store, err);
    if (code != JEM_OK)
        return code;
    while (good < count && (bad = scan_piece(in, &oids[good], *chunks + good + 1, &why)) == JEM_OK)
        good++;
    if (bad != JEM_OK && bad != JEM_ECORRUPT)
        code = bad;
    if (code == JEM_OK && good > 0) {
        git_oid_tostr(hex, sizeof hex, &oids[good - 1]);
        snprintf(text, sizeof text, "%s %" PRIu64, hex, *chunks + good);
        code = jem_store_meta_set(trip->store, key, text, err);
        if (code == JEM_OK)
            code = jem_merge_ack(in->merge, in->missing, err);
    }
    if (code == JEM_OK && good > 0)
        code = jem_store_commit(trip->store, err);
    else
        jem_store_rollback(trip->store);
    if (bad != JEM_OK && err != NULL)
        *err = why;
    if (code == JEM_OK && good > 0) {
        code = jem_ledger_ref_set(trip->ledger, ref, &oids[good - 1], err);
        *chunks += good;
        jem_trip_tell(trip);
    }
    return code == JEM_OK ? bad : code;
}

/* The commits that follow the accepted place. A lane that does not hold the accepted commit is read from its root: its
 * chunks prove their places, so that a hub that was wrong and is right again needs nobody's help. JEM_ECORRUPT: there are
 * not even as many as were accepted, or there is a hole. */
static enum jem_code scan_fresh(struct scan_in *in, const git_oid *accepted, uint64_t chunks, const git_oid *head,
    struct jem_oids *fresh, size_t *first, struct jem_error *err)
{
    struct jem_trip *trip = in->merge->trip;
    enum jem_relation relation = JEM_RELATION_UNKNOWN;
    *first = 0;
    enum jem_code code = jem_chain_compare(trip->ledger, accepted, head, &relation, fresh, err);
    if (code == JEM_OK && relation == JEM_RELATION_BEHIND && !trip->several &&
        !jem_trip_by_bundle(trip, &(struct jem_lane_ref){ JEM_LANE_SCAN, in->merge->van, 1, 1 }, accepted))
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_ROLLED_BACK);
    if (code != JEM_OK || relation != JEM_RELATION_FOREIGN)
        return code;
    code = jem_chain_compare(trip->ledger, NULL, head, &relation, fresh, err);
    if (code == JEM_OK && fresh->count < chunks)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_REWRITTEN);
    *first = (size_t)chunks;
    return code;
}

enum jem_code jem_merge_scans(const struct jem_merge *merge, struct jem_error *err)
{
    struct jem_trip *trip = merge->trip;
    struct scan_in in = { .merge = merge, .plain = JEM_BUF_INIT(JEM_LANE_FILE_MAX), .missing = json_array() };
    struct jem_oids fresh = { 0 };
    char ref[64], hub[64];
    git_oid head, accepted;
    bool there, any;
    uint64_t chunks;
    size_t first = 0;
    struct jem_error why = { .code = JEM_OK };
    jem_lane_name("refs/heads/", &(struct jem_lane_ref){ JEM_LANE_SCAN, merge->van, 1, 1 }, ref);
    jem_lane_name(trip->seen, &(struct jem_lane_ref){ JEM_LANE_SCAN, merge->van, 1, 1 }, hub);
    enum jem_code code =
        in.missing == NULL ? jem_fail_nomem(&why) : jem_ledger_ref(trip->ledger, hub, &head, &there, &why);
    if (code != JEM_OK || !there)
        goto out;
    code = jem_scan_accepted(trip, merge->van, &accepted, &any, &chunks, &why);
    if (code == JEM_OK)
        code = scan_fresh(&in, any ? &accepted : NULL, chunks, &head, &fresh, &first, &why);
    for (size_t i = first, n; code == JEM_OK && i < fresh.count; i += n) {
        n = fresh.count - i < SCAN_UNIT ? fresh.count - i : SCAN_UNIT;
        code = scan_unit(&in, &fresh.items[i], n, &chunks, &why);
    }
    if (code == JEM_ECORRUPT)
        code = jem_merge_quarantine(trip, ref, &head, why.msg, &why);
    else if (code == JEM_OK)
        code = jem_store_quarantine_clear(trip->store, ref, &why);
out:
    if (code != JEM_OK && err != NULL)
        *err = why;
    sodium_memzero(&in.key, sizeof in.key);
    jem_buf_wipe(&in.plain);
    json_decref(in.missing);
    jem_oids_release(&fresh);
    return code;
}
