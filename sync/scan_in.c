/* scan_in.c - the documents of one van, at HQ, part by part. Commits of this lane are not signed: the box proves who sealed a
 * chunk and at which place, and the hash in a signed event proves the whole. Places go on across the parts of an incarnation;
 * only the first chunk of a part may leave some out, when the van says that what ended in them comes again. What is altered,
 * repeated or out of order is quarantined from there on, as it stands at the hub, and the place stays; a lane that is right
 * again goes on from it.
 *
 * Durable steps: (1) refs/hub/ and the part's tail; (2) for each unit: pieces, meta "accepted.scan.<n>.<inc>.<part>" = "OID
 * CHUNKS", meta "accepted.scan.<n>.<inc>" = "CHUNKS" and the acknowledgement together; (3) refs/accepted/ and the tail. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "chain.h"
#include "jemput/codec.h"
#include "jemput/log.h"
#include "merge.h"

#define SCAN_UNIT 32 /* chunks: at most 4 MB of pieces in one unit */

enum jem_code jem_scan_accepted(struct jem_trip *trip, unsigned van, uint16_t inc, uint64_t *chunks,
    struct jem_error *err)
{
    char key[JEM_LANE_TEXT];
    snprintf(key, sizeof key, "accepted.scan.%u.%u", van, (unsigned)inc);
    return jem_store_meta_number(trip->store, key, chunks, err);
}

static void scan_part_key(const struct jem_lane_ref *lane, char key[JEM_LANE_TEXT])
{
    snprintf(key, JEM_LANE_TEXT, "accepted.scan.%u.%u.%lu", lane->van, (unsigned)lane->inc, (unsigned long)lane->part);
}

/* The accepted commit of a part and the place of its chunk. */
static enum jem_code scan_part_accepted(struct jem_trip *trip, const struct jem_lane_ref *lane, git_oid *head,
    bool *any, uint64_t *chunks, struct jem_error *err)
{
    char key[JEM_LANE_TEXT];
    struct jem_buf text = JEM_BUF_INIT(128);
    *chunks = 0;
    scan_part_key(lane, key);
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
    bool keyless; /* the chunk that does not hold is sealed with a key that is not here */
};

static enum jem_code scan_key(struct scan_in *in, uint16_t epoch, struct jem_error *err)
{
    if (in->keyed && in->key.epoch == epoch)
        return JEM_OK;
    enum jem_code code = jem_keys_box(in->merge->trip->store, in->merge->trip->keys, in->merge->lane.van,
        in->merge->lane.inc, epoch, &in->key, err);
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

/* The chunk follows the one at *place, or begins a part past it with the van's word that nothing is lost. */
static bool scan_follows(const struct jem_lane_commit *commit, struct jem_chunk *chunk, uint64_t place)
{
    bool anew = (chunk->cls & JEM_CHUNK_ANEW) != 0;
    chunk->cls = (uint8_t)(chunk->cls & ~JEM_CHUNK_ANEW);
    return anew ? commit->parents == 0 && chunk->place > place : chunk->place == place + 1;
}

/* One chunk into the store. JEM_ECORRUPT: it is not the van's chunk after *place, which it moves. */
static enum jem_code scan_piece(struct scan_in *in, const git_oid *oid, uint64_t *place, struct jem_error *err)
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
        in->keyless = code == JEM_ENOTFOUND;
        if (in->keyless)
            code = scan_fail(oid, JEM_T_LANE_EPOCH, err);
    }
    jem_buf_clear(&in->plain);
    if (code == JEM_OK)
        code = jem_chunk_open(&in->key, (uint16_t)in->merge->lane.van, commit.p, commit.n, &in->plain, &chunk, err);
    in->keyless = in->keyless || (code == JEM_ECORRUPT && err->domain == JEM_D_CRYPTO);
    if (code == JEM_OK && !scan_follows(&commit, &chunk, *place))
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
        *place = chunk.place;
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
    const struct jem_lane_ref *lane = &in->merge->lane;
    char key[JEM_LANE_TEXT], all[JEM_LANE_TEXT], ref[JEM_LANE_TEXT], text[80], hex[JEM_OID_HEX];
    struct jem_error why = { .code = JEM_OK };
    size_t good = 0;
    uint64_t place = *chunks;
    scan_part_key(lane, key);
    snprintf(all, sizeof all, "accepted.scan.%u.%u", lane->van, (unsigned)lane->inc);
    jem_lane_name("refs/accepted/", lane, ref);
    json_array_clear(in->missing);
    enum jem_code bad = JEM_OK, code = jem_store_begin(trip->store, err);
    if (code != JEM_OK)
        return code;
    for (uint64_t at = place; good < count && (bad = scan_piece(in, &oids[good], &at, &why)) == JEM_OK; good++)
        place = at;
    if (bad != JEM_OK && bad != JEM_ECORRUPT)
        code = bad;
    if (code == JEM_OK && good > 0) {
        git_oid_tostr(hex, sizeof hex, &oids[good - 1]);
        snprintf(text, sizeof text, "%s %" PRIu64, hex, place);
        code = jem_store_meta_set(trip->store, key, text, err);
        if (code == JEM_OK)
            code = jem_store_meta_set(trip->store, all, text + GIT_OID_HEXSZ + 1, err);
        if (code == JEM_OK)
            code = jem_merge_ack(trip, in->merge->actor, lane->van, lane->inc, NULL, in->missing, false, err);
    }
    if (code == JEM_OK && good > 0)
        code = jem_store_commit(trip->store, err);
    else
        jem_store_rollback(trip->store);
    if (bad != JEM_OK && err != NULL)
        *err = why;
    if (code == JEM_OK && good > 0) {
        code = jem_ledger_ref_set(trip->ledger, ref, &oids[good - 1], err);
        *chunks = place;
        jem_trip_tell(trip);
    }
    return code == JEM_OK ? bad : code;
}

/* The commits that follow the accepted place. A part that does not hold the accepted commit is read from its root: its
 * chunks prove their places, so that a hub that was wrong and is right again needs nobody's help. JEM_ECORRUPT: it ends before
 * what was accepted, or there is a hole. */
static enum jem_code scan_fresh(struct scan_in *in, uint64_t chunks, struct jem_oids *fresh, size_t *first,
    struct jem_error *err)
{
    struct jem_trip *trip = in->merge->trip;
    git_oid accepted;
    bool any;
    uint64_t upto;
    enum jem_relation relation = JEM_RELATION_UNKNOWN;
    *first = 0;
    enum jem_code code = scan_part_accepted(trip, &in->merge->lane, &accepted, &any, &upto, err);
    if (code == JEM_OK)
        code = jem_chain_compare(trip->ledger, any ? &accepted : NULL, &in->merge->head, &relation, fresh, err);
    if (code == JEM_OK && relation == JEM_RELATION_BEHIND && !trip->several &&
        !jem_trip_by_bundle(trip, &in->merge->lane, &accepted))
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_ROLLED_BACK);
    if (code == JEM_OK && relation == JEM_RELATION_FOREIGN)
        code = jem_chain_compare(trip->ledger, NULL, &in->merge->head, &relation, fresh, err);
    else if (code == JEM_OK)
        return code;
    if (code == JEM_OK && jem_commit_number(trip->ledger, &in->merge->head, "chunk") < upto)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_REWRITTEN);
    while (code == JEM_OK && *first < fresh->count) {
        uint64_t number = jem_commit_number(trip->ledger, &fresh->items[*first], "chunk");
        if (number == 0 || number > chunks)
            break;
        ++*first;
    }
    return code;
}

/* A revoked van's documents come too late, but up to a head that a person admitted. */
static enum jem_code scan_in_time(const struct jem_merge *merge, const char *ref, struct jem_error *err)
{
    char hex[JEM_OID_HEX];
    uint64_t limit;
    uint16_t highest = 0;
    enum jem_ruling ruling = JEM_RULING_NONE;
    struct jem_store *store = merge->trip->store;
    git_oid_tostr(hex, sizeof hex, &merge->head);
    enum jem_code code = jem_store_van_limit(store, (uint16_t)merge->lane.van, merge->lane.inc, &limit, err);
    if (code == JEM_OK)
        code = jem_store_van_inc(store, (uint16_t)merge->lane.van, &highest, err);
    if (code != JEM_OK || limit == UINT64_MAX || merge->lane.inc < highest)
        return code;
    code = jem_store_ruling(store, ref, hex, &ruling, err);
    if (code == JEM_OK && ruling != JEM_RULING_ADMIT)
        code = jem_fail(err, JEM_EDENIED, JEM_D_SYNC, 0, JEM_T_LANE_LATE, hex, (unsigned long long)limit);
    return code;
}

enum jem_code jem_merge_scans(const struct jem_merge *merge, struct jem_error *err)
{
    struct jem_trip *trip = merge->trip;
    struct scan_in in = { .merge = merge, .plain = JEM_BUF_INIT(JEM_LANE_FILE_MAX), .missing = json_array() };
    struct jem_oids fresh = { 0 };
    char ref[JEM_LANE_TEXT];
    uint64_t chunks;
    size_t first = 0;
    struct jem_error why = { .code = JEM_OK };
    jem_lane_name(JEM_LANE_HEADS, &merge->lane, ref);
    enum jem_code code = in.missing == NULL ? jem_fail_nomem(&why) : JEM_OK;
    if (code == JEM_OK)
        code = jem_scan_accepted(trip, merge->lane.van, merge->lane.inc, &chunks, &why);
    if (code == JEM_OK)
        code = scan_fresh(&in, chunks, &fresh, &first, &why);
    if (code == JEM_OK && first < fresh.count)
        code = scan_in_time(merge, ref, &why);
    for (size_t i = first, n; code == JEM_OK && i < fresh.count; i += n) {
        n = fresh.count - i < SCAN_UNIT ? fresh.count - i : SCAN_UNIT;
        code = scan_unit(&in, &fresh.items[i], n, &chunks, &why);
    }
    /* what a key opened that HQ lost when it was restored, and came again since */
    if (code == JEM_ECORRUPT && in.keyless && jem_store_inc(trip->store) > 1 &&
        jem_commit_number(trip->ledger, &merge->head, "chunk") <= chunks)
        code = JEM_OK;
    if (code == JEM_ECORRUPT || code == JEM_EDENIED)
        code = jem_merge_quarantine(trip, ref, &merge->head, code == JEM_EDENIED, why.msg, &why);
    else if (code == JEM_OK)
        code = jem_store_quarantine_clear(trip->store, ref, &why);
    if (code != JEM_OK && err != NULL)
        *err = why;
    sodium_memzero(&in.key, sizeof in.key);
    jem_buf_wipe(&in.plain);
    json_decref(in.missing);
    jem_oids_release(&fresh);
    return code;
}
