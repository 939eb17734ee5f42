/* scan_in.c - the documents of one van, at HQ. Chunks are not signed: the box proves who sealed them, and the hash in a
 * signed event proves the whole, so that a chunk which is altered, repeated or out of order can do no harm.
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

#define SCAN_ASK 256 /* documents asked for again at once */
#define SCAN_UNIT 32 /* chunks: at most 4 MB of pieces in one unit */

enum jem_code jem_scan_accepted(struct jem_trip *trip, unsigned van, git_oid *head, bool *any, uint64_t *chunks,
    struct jem_error *err)
{
    char key[40];
    struct jem_buf text = JEM_BUF_INIT(128);
    *chunks = 0;
    snprintf(key, sizeof key, "accepted.scan.%u", van);
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
        jem_keys_box(in->merge->trip->store, in->merge->trip->keys, in->merge->van, epoch, &in->key, err);
    in->keyed = code == JEM_OK;
    return code;
}

static enum jem_code scan_miss(struct scan_in *in, const unsigned char hash[32], struct jem_error *err)
{
    char hex[65];
    jem_hex(hash, 32, hex);
    return json_array_append_new(in->missing, json_string(hex)) == 0 ? JEM_OK : jem_fail_nomem(err);
}

/* One chunk into the store. JEM_ECORRUPT: it does not open. */
static enum jem_code scan_piece(struct scan_in *in, const git_oid *oid, struct jem_error *err)
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
    }
    if (code == JEM_ENOTFOUND)
        code = JEM_ECORRUPT;
    jem_buf_clear(&in->plain);
    if (code == JEM_OK)
        code = jem_chunk_open(&in->key, (uint16_t)in->merge->van, commit.p, commit.n, &in->plain, &chunk, err);
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

/* Documents of the van that its events name and that are not here, up to SCAN_ASK: what a chunk that does not open
 * belonged to cannot be told, so all that is incomplete is asked for. */
static enum jem_code scan_gather(struct scan_in *in, uint64_t number, struct jem_error *err)
{
    struct jem_application app = { 0 };
    size_t i, k;
    json_t *doc, *page;
    enum jem_code code = jem_store_application(in->merge->trip->store, number, &app, NULL, err);
    json_array_foreach(json_object_get(app.state, "documents"), i, doc)
    {
        unsigned char hash[32];
        const char *hex = jem_json_str(doc, "hash", "");
        if (code == JEM_OK && jem_unhex(hex, strlen(hex), hash, 32) &&
            !jem_store_blob_has(in->merge->trip->store, hash))
            code = scan_miss(in, hash, err);
        json_array_foreach(json_object_get(doc, "pages"), k, page)
        {
            hex = jem_json_str(page, "preview", "");
            if (code == JEM_OK && jem_unhex(hex, strlen(hex), hash, 32) &&
                !jem_store_blob_has(in->merge->trip->store, hash))
                code = scan_miss(in, hash, err);
        }
    }
    jem_application_release(&app);
    return code;
}

static enum jem_code scan_ask(struct scan_in *in, struct jem_error *err)
{
    struct jem_trip *trip = in->merge->trip;
    struct jem_list_query query = { .day = INT32_MIN, .limit = 10000 };
    struct jem_buf flag = JEM_BUF_INIT(8);
    json_t *rows = NULL, *row;
    char key[40];
    size_t i;
    snprintf(key, sizeof key, "missing.scan.%u", in->merge->van);
    enum jem_code code = jem_store_meta_get(trip->store, key, &flag, err);
    bool wanted = code == JEM_OK && strcmp(jem_buf_text(&flag), "1") == 0;
    jem_buf_release(&flag);
    if (!wanted)
        return code == JEM_ENOTFOUND ? JEM_OK : code;
    json_array_clear(in->missing);
    code = jem_store_list(trip->store, &query, &rows, err);
    json_array_foreach(rows, i, row)
    {
        uint64_t number;
        if (code == JEM_OK && jem_json_int(row, "van", 0) == (int64_t)in->merge->van &&
            json_array_size(in->missing) < SCAN_ASK &&
            (code = jem_number_parse(jem_json_str(row, "number", ""), &number, err)) == JEM_OK)
            code = scan_gather(in, number, err);
    }
    json_decref(rows);
    if (code == JEM_OK)
        code = jem_store_begin(trip->store, err);
    if (code != JEM_OK)
        return code;
    code = jem_store_meta_set(trip->store, key, "0", err);
    if (code == JEM_OK && json_array_size(in->missing) > 0)
        code = jem_merge_ack(in->merge, in->missing, err);
    if (code == JEM_OK)
        return jem_store_commit(trip->store, err);
    jem_store_rollback(trip->store);
    return code;
}

static enum jem_code scan_unit(struct scan_in *in, const git_oid *oids, size_t count, uint64_t chunks, uint64_t *bad,
    struct jem_error *err)
{
    struct jem_trip *trip = in->merge->trip;
    char key[40], flag[40], ref[64], text[80], hex[JEM_OID_HEX];
    uint64_t bad_before = *bad;
    snprintf(flag, sizeof flag, "missing.scan.%u", in->merge->van);
    snprintf(key, sizeof key, "accepted.scan.%u", in->merge->van);
    snprintf(ref, sizeof ref, "refs/accepted/scan/%u", in->merge->van);
    snprintf(text, sizeof text, "%s %" PRIu64, git_oid_tostr(hex, sizeof hex, &oids[count - 1]), chunks + count);
    json_array_clear(in->missing);
    enum jem_code code = jem_store_begin(trip->store, err);
    if (code != JEM_OK)
        return code;
    for (size_t i = 0; code == JEM_OK && i < count; i++) {
        code = scan_piece(in, &oids[i], err);
        if (code == JEM_ECORRUPT) {
            (*bad)++;
            code = JEM_OK;
        }
    }
    if (code == JEM_OK)
        code = jem_store_meta_set(trip->store, key, text, err);
    if (code == JEM_OK && *bad > bad_before)
        code = jem_store_meta_set(trip->store, flag, "1", err);
    if (code == JEM_OK)
        code = jem_merge_ack(in->merge, in->missing, err);
    if (code == JEM_OK)
        code = jem_store_commit(trip->store, err);
    else
        jem_store_rollback(trip->store);
    jem_trip_tell(trip);
    return code == JEM_OK ? jem_ledger_ref_set(trip->ledger, ref, &oids[count - 1], err) : code;
}

enum jem_code jem_merge_scans(const struct jem_merge *merge, struct jem_error *err)
{
    struct jem_trip *trip = merge->trip;
    struct scan_in in = { .merge = merge, .plain = JEM_BUF_INIT(JEM_LANE_FILE_MAX), .missing = json_array() };
    struct jem_oids fresh = { 0 };
    char ref[64], hub[64];
    git_oid head, accepted;
    bool there, any;
    uint64_t chunks, bad = 0;
    enum jem_relation relation = JEM_RELATION_UNKNOWN;
    snprintf(ref, sizeof ref, "refs/heads/scan/%u", merge->van);
    snprintf(hub, sizeof hub, "refs/hub/scan/%u", merge->van);
    enum jem_code code =
        in.missing == NULL ? jem_fail_nomem(err) : jem_ledger_ref(trip->ledger, hub, &head, &there, err);
    if (code != JEM_OK || !there)
        goto out;
    code = jem_scan_accepted(trip, merge->van, &accepted, &any, &chunks, err);
    if (code == JEM_OK)
        code = jem_chain_compare(trip->ledger, any ? &accepted : NULL, &head, &relation, &fresh, err);
    if (code == JEM_ECORRUPT ||
        (code == JEM_OK && ((relation == JEM_RELATION_BEHIND && !trip->several) || relation == JEM_RELATION_FOREIGN))) {
        code = jem_merge_quarantine(trip, ref, &head,
            jem_text(code == JEM_ECORRUPT              ? JEM_T_LANE_HOLE
                     : relation == JEM_RELATION_BEHIND ? JEM_T_LANE_ROLLED_BACK
                                                       : JEM_T_LANE_REWRITTEN),
            err);
        goto out;
    }
    for (size_t i = 0, n; code == JEM_OK && i < fresh.count; i += n, chunks += n) {
        n = fresh.count - i < SCAN_UNIT ? fresh.count - i : SCAN_UNIT;
        code = scan_unit(&in, &fresh.items[i], n, chunks, &bad, err);
    }
    if (bad > 0)
        jem_log(JEM_LOG_WARN, "sync: %" PRIu64 " chunks of van %u do not open and were passed over", bad, merge->van);
    if (code == JEM_OK)
        code = scan_ask(&in, err);
    if (code == JEM_OK)
        code = jem_store_quarantine_clear(trip->store, ref, err);
out:
    sodium_memzero(&in.key, sizeof in.key);
    jem_buf_wipe(&in.plain);
    json_decref(in.missing);
    jem_oids_release(&fresh);
    return code;
}
