/* prune.c - which parts are over, and letting them go.
 *
 * Durable steps for a part of ours: (1) the note in the store; from then on it is neither sent nor taken up again; (2) the hub's
 * ref; (3) our refs; (4) the packs, one new before the old ones go (repack.c). Stopped anywhere, the next round does the
 * rest: each step is read from what the one before left. */
#include "prune.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/codec.h"
#include "jemput/log.h"
#include "merge.h"
#include "repack.h"

#define PRUNE_RETAIN_EPOCHS 3
#define PRUNE_ASK_BYTES 1000     /* about what a deletion costs */
#define PRUNE_DOCUMENTS "pruned" /* meta: the day when documents were last let go */
#define PRUNE_REPACK "repack"    /* meta: "DAY DUE": when objects were last let go, and whether some wait */

/* Every ref of a part begins with one of these. */
static const char *const prune_roots[] = { JEM_LANE_HEADS, "refs/hub/", "refs/accepted/", "refs/brought/",
    "refs/known/", "refs/bundle/", "refs/root/" };

static enum jem_code prune_meta(struct jem_store *store, const char *key, struct jem_buf *out, struct jem_error *err)
{
    enum jem_code code = jem_store_meta_get(store, key, out, err);
    return code == JEM_ENOTFOUND ? JEM_OK : code;
}

/* ---- the note ---- */

enum jem_code jem_prune_dropped(struct jem_trip *trip, const struct jem_lane_ref *lane, const git_oid *head, bool *out,
    struct jem_error *err)
{
    char key[JEM_LANE_TEXT], hex[JEM_OID_HEX];
    struct jem_buf text = JEM_BUF_INIT(64);
    jem_lane_name("dropped.", lane, key);
    enum jem_code code = prune_meta(trip->store, key, &text, err);
    *out = code == JEM_OK && strcmp(jem_buf_text(&text), git_oid_tostr(hex, sizeof hex, head)) == 0;
    jem_buf_release(&text);
    return code;
}

/* ---- which are over ---- */

/* The last event, or chunk, of a part; UINT64_MAX when its head does not tell. */
static uint64_t prune_last(struct jem_ledger *ledger, const struct jem_part *part)
{
    git_odb_object *heads = NULL;
    uint64_t first, last = UINT64_MAX;
    char text[64];
    switch (part->lane.kind) {
    case JEM_LANE_VAN:
    case JEM_LANE_FEED: return jem_part_events(ledger, &part->head, &first, &last) ? last : UINT64_MAX;
    case JEM_LANE_SCAN: last = jem_commit_number(ledger, &part->head, "chunk"); return last > 0 ? last : UINT64_MAX;
    case JEM_LANE_HQ:
        if (jem_hq_file(ledger, &part->head, "heads", &heads, NULL) == JEM_OK && heads != NULL) {
            size_t n = git_odb_object_size(heads);
            snprintf(text, sizeof text, "%.*s", n < 60 ? (int)n : 60, (const char *)git_odb_object_data(heads));
            if (sscanf(text, "hq inc %*u seq %" SCNu64, &last) != 1)
                last = UINT64_MAX;
        }
        git_odb_object_free(heads);
        return last;
    case JEM_LANE_UNKNOWN: break;
    }
    return UINT64_MAX;
}

/* Up to which event or chunk nobody needs a part of ours. */
static enum jem_code prune_safe(struct jem_trip *trip, const struct jem_lane_ref *lane, uint64_t *upto,
    struct jem_error *err)
{
    struct jem_store *store = trip->store;
    uint64_t seq = 0, scan = 0, heard = UINT64_MAX;
    enum jem_code code = JEM_OK;
    if (lane->kind == JEM_LANE_VAN || lane->kind == JEM_LANE_SCAN) {
        code = jem_store_ack(store, (uint16_t)trip->self, 0, lane->inc, "durable", &seq, &scan, err);
        *upto = lane->kind == JEM_LANE_SCAN ? scan : seq;
        return code;
    }
    if (lane->kind == JEM_LANE_FEED)
        code = jem_store_ack(store, 0, (uint16_t)lane->van, lane->inc, "received", &heard, &scan, err);
    if (code == JEM_OK)
        code = jem_store_kept(store, 0, (uint16_t)lane->van, lane->inc, &seq, &scan, err);
    *upto = heard < seq ? heard : seq;
    return code;
}

static bool prune_same_lane(const struct jem_part *a, const struct jem_part *b, bool any_inc)
{
    return a->lane.van == b->lane.van && (any_inc || a->lane.inc == b->lane.inc);
}

/* The part that is written. What HQ sealed of an older incarnation is read from its last part, which therefore stays too. */
static bool prune_is_current(const struct jem_parts *parts, size_t i)
{
    const struct jem_part *part = &parts->items[i];
    bool hq = part->lane.kind == JEM_LANE_FEED || part->lane.kind == JEM_LANE_HQ;
    return i + 1 == parts->count || !prune_same_lane(part, &parts->items[i + 1], !hq);
}

typedef enum jem_code prune_visit(struct jem_trip *trip, const struct jem_parts *parts, size_t i,
    struct jem_error *err);

/* Every part of ours that is here. */
static enum jem_code prune_each(struct jem_trip *trip, prune_visit *visit, struct jem_error *err)
{
    static const enum jem_lane_kind ours[2][2] = { { JEM_LANE_VAN, JEM_LANE_SCAN }, { JEM_LANE_FEED, JEM_LANE_HQ } };
    enum jem_code code = JEM_OK;
    for (int k = 0; code == JEM_OK && k < 2; k++) {
        struct jem_parts parts = { 0 };
        code = jem_parts_local(trip->ledger, JEM_LANE_HEADS, ours[trip->self == 0][k], trip->self, &parts, err);
        for (size_t i = 0; code == JEM_OK && i < parts.count; i++)
            code = visit(trip, &parts, i, err);
        jem_parts_release(&parts);
    }
    return code;
}

static enum jem_code prune_decide_part(struct jem_trip *trip, const struct jem_parts *parts, size_t i,
    struct jem_error *err)
{
    const struct jem_part *part = &parts->items[i];
    char key[JEM_LANE_TEXT], hex[JEM_OID_HEX];
    uint64_t upto = 0;
    bool dropped = false;
    if (prune_is_current(parts, i))
        return JEM_OK;
    enum jem_code code = prune_safe(trip, &part->lane, &upto, err);
    if (code != JEM_OK || upto == 0 || prune_last(trip->ledger, part) > upto)
        return code;
    code = jem_prune_dropped(trip, &part->lane, &part->head, &dropped, err);
    if (code != JEM_OK || dropped)
        return code;
    trip->decided++;
    jem_lane_name("dropped.", &part->lane, key);
    return jem_store_meta_set(trip->store, key, git_oid_tostr(hex, sizeof hex, &part->head), err);
}

enum jem_code jem_prune_decide(struct jem_trip *trip, struct jem_error *err)
{
    return prune_each(trip, prune_decide_part, err);
}

/* ---- at the hub ---- */

static bool prune_is_ours(const struct jem_trip *trip, const struct jem_lane_ref *lane)
{
    if (trip->self == 0)
        return lane->kind == JEM_LANE_FEED || lane->kind == JEM_LANE_HQ;
    return (lane->kind == JEM_LANE_VAN || lane->kind == JEM_LANE_SCAN) && lane->van == trip->self;
}

/* Remembers whether this hub lets refs be deleted. */
static void prune_remember(struct jem_trip *trip, const char *key, bool forbidden, const char *why)
{
    if (forbidden)
        jem_log(JEM_LOG_WARN, "sync: %s: old parts stay at this hub, which lets nobody delete refs: %s",
            jem_link_url(trip->link), why);
    if (jem_store_meta_set(trip->store, key, forbidden ? "1" : "", NULL) != JEM_OK)
        jem_log(JEM_LOG_WARN, "sync: what the hub allows is not kept");
}

static enum jem_code prune_hub_part(struct jem_trip *trip, const struct jem_link_ref *listed, bool *gone,
    struct jem_error *err)
{
    struct jem_lane_ref lane;
    bool dropped = false;
    *gone = false;
    if (!jem_lane_parse(JEM_LANE_HEADS, listed->name, &lane) || !prune_is_ours(trip, &lane))
        return JEM_OK;
    enum jem_code code = jem_prune_dropped(trip, &lane, &listed->oid, &dropped, err);
    if (code != JEM_OK || !dropped || !jem_trip_may(trip, PRUNE_ASK_BYTES))
        return code;
    const struct jem_link_ref ref = *listed; /* the listing changes under it */
    code = jem_link_drop(trip->link, ref.name, &ref.oid, err);
    *gone = code == JEM_OK;
    return code;
}

void jem_prune_hub(struct jem_trip *trip)
{
    char key[600];
    size_t count;
    struct jem_buf text = JEM_BUF_INIT(8);
    struct jem_error err = { .code = JEM_OK };
    snprintf(key, sizeof key, "hub.keeps.%s", jem_link_url(trip->link));
    enum jem_code code = prune_meta(trip->store, key, &text, &err);
    bool forbidden = text.len > 0, any = false;
    jem_buf_release(&text);
    if (code != JEM_OK || (forbidden && trip->decided == 0))
        return;
    const struct jem_link_ref *refs = jem_link_refs(trip->link, &count);
    for (size_t i = 0; code == JEM_OK && !trip->stopped && i < count;) {
        bool gone;
        code = prune_hub_part(trip, &refs[i], &gone, &err);
        any = any || gone;
        i += !gone;
        refs = jem_link_refs(trip->link, &count);
    }
    if (code == JEM_EDENIED && !forbidden)
        prune_remember(trip, key, true, err.msg);
    else if (code != JEM_OK && code != JEM_EDENIED)
        jem_log(JEM_LOG_INFO, "sync: old parts stay at the hub for now: %s", err.msg);
    else if (code == JEM_OK && forbidden && any)
        prune_remember(trip, key, false, "");
}

/* ---- here ---- */

/* Objects wait to be let go: noted before the first ref goes. */
static enum jem_code prune_due(struct jem_trip *trip, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(32);
    char now[32];
    int day = INT32_MIN, due = 0;
    enum jem_code code = prune_meta(trip->store, PRUNE_REPACK, &text, err);
    if (code == JEM_OK && text.len > 0 && sscanf(jem_buf_text(&text), "%d %d", &day, &due) != 2)
        day = INT32_MIN;
    jem_buf_release(&text);
    if (code != JEM_OK || due != 0)
        return code;
    snprintf(now, sizeof now, "%d 1", day);
    return jem_store_meta_set(trip->store, PRUNE_REPACK, now, err);
}

static enum jem_code prune_refs(struct jem_trip *trip, const struct jem_lane_ref *lane, struct jem_error *err)
{
    char name[JEM_LANE_TEXT];
    enum jem_code code = prune_due(trip, err);
    for (size_t i = 0; code == JEM_OK && i < sizeof prune_roots / sizeof prune_roots[0]; i++) {
        jem_lane_name(prune_roots[i], lane, name);
        int rc = git_reference_remove(trip->ledger->repo, name);
        if (rc != 0 && rc != GIT_ENOTFOUND)
            code = jem_gitlib_fail(err, rc, trip->ledger->path);
    }
    return code;
}

static enum jem_code prune_own_part(struct jem_trip *trip, const struct jem_parts *parts, size_t i,
    struct jem_error *err)
{
    const struct jem_part *part = &parts->items[i];
    bool dropped = false;
    if (prune_is_current(parts, i))
        return JEM_OK;
    enum jem_code code = jem_prune_dropped(trip, &part->lane, &part->head, &dropped, err);
    return code == JEM_OK && dropped ? prune_refs(trip, &part->lane, err) : code;
}

enum jem_code jem_prune_own(struct jem_trip *trip, struct jem_error *err)
{
    return prune_each(trip, prune_own_part, err);
}

/* True when a hub has the part otherwise than it was read. */
static bool prune_stands_elsewhere(const struct jem_parts *listed, const struct jem_part *part)
{
    for (size_t i = 0; i < listed->count; i++)
        if (jem_lane_cmp(&listed->items[i].lane, &part->lane) == 0 &&
            !git_oid_equal(&listed->items[i].head, &part->head))
            return true;
    return false;
}

/* True when all that was fetched of the part was accepted, and our backup has it. */
static enum jem_code prune_is_read(struct jem_trip *trip, const struct jem_part *part, bool *out, struct jem_error *err)
{
    char seen[JEM_LANE_TEXT];
    git_oid hub;
    bool there = false;
    uint64_t seq = 0, scan = 0;
    jem_lane_name("refs/hub/", &part->lane, seen);
    enum jem_code code = jem_ledger_ref(trip->ledger, seen, &hub, &there, err);
    *out = code == JEM_OK && !(there && !git_oid_equal(&hub, &part->head));
    if (!*out || part->lane.kind == JEM_LANE_FEED)
        return code;
    code = jem_store_kept(trip->store, (uint16_t)part->lane.van, 0, part->lane.inc, &seq, &scan, err);
    *out = prune_last(trip->ledger, part) <= (part->lane.kind == JEM_LANE_SCAN ? scan : seq);
    return code;
}

enum jem_code jem_prune_read(struct jem_trip *trip, enum jem_lane_kind kind, const struct jem_parts *listed,
    struct jem_error *err)
{
    struct jem_parts parts = { 0 };
    enum jem_code code = jem_parts_local(trip->ledger, "refs/accepted/", kind, trip->self, &parts, err);
    for (size_t i = 0; code == JEM_OK && i + 1 < parts.count; i++) {
        const struct jem_part *part = &parts.items[i];
        bool read = false;
        if (!prune_same_lane(part, part + 1, false) || prune_stands_elsewhere(listed, part))
            continue;
        code = prune_is_read(trip, part, &read, err);
        if (code == JEM_OK && read)
            code = prune_refs(trip, &part->lane, err);
    }
    jem_parts_release(&parts);
    return code;
}

/* ---- the end of a round ---- */

/* Once a day: retention is told in days, and who looks reads all documents that were ever attached. */
static void prune_documents(struct jem_trip *trip)
{
    uint64_t blobs = 0, bytes = 0;
    struct jem_error err;
    struct jem_buf text = JEM_BUF_INIT(32);
    char today[16];
    int32_t day = jem_store_today(trip->store);
    snprintf(today, sizeof today, "%d", (int)day);
    enum jem_code code = prune_meta(trip->store, PRUNE_DOCUMENTS, &text, &err);
    bool done = code == JEM_OK && strcmp(jem_buf_text(&text), today) == 0;
    jem_buf_release(&text);
    if (code == JEM_OK && !done)
        code = jem_store_blobs_prune(trip->store, day, &blobs, &bytes, &err);
    if (code == JEM_OK && !done)
        code = jem_store_meta_set(trip->store, PRUNE_DOCUMENTS, today, &err);
    if (code != JEM_OK)
        jem_log(JEM_LOG_WARN, "sync: old documents stay here for now: %s", err.msg);
    else if (blobs > 0)
        jem_log(JEM_LOG_INFO, "sync: %" PRIu64 " documents of %" PRIu64 " bytes are kept by HQ alone from now on",
            blobs, bytes);
}

static void prune_packs(struct jem_trip *trip)
{
    struct jem_buf text = JEM_BUF_INIT(32);
    struct jem_repack done;
    struct jem_error err;
    char now[32];
    int day = INT32_MIN, due = 0, today = (int)jem_store_today(trip->store);
    if (prune_meta(trip->store, PRUNE_REPACK, &text, NULL) == JEM_OK && text.len > 0 &&
        sscanf(jem_buf_text(&text), "%d %d", &day, &due) != 2)
        due = 1;
    jem_buf_release(&text);
    bool prune = due != 0 && day != today;
    enum jem_code code = jem_ledger_repack(trip->ledger, prune, &done, &err);
    snprintf(now, sizeof now, "%d 0", today);
    if (code == JEM_OK && prune)
        code = jem_store_meta_set(trip->store, PRUNE_REPACK, now, &err);
    if (code != JEM_OK)
        jem_log(JEM_LOG_WARN, "sync: the ledger stays as large as it is for now: %s", err.msg);
}

void jem_prune_finish(struct jem_trip *trip)
{
    struct jem_error err;
    if (jem_epochs_forget(trip, &err) != JEM_OK)
        jem_log(JEM_LOG_WARN, "sync: keys of old epochs stay for now: %s", err.msg);
    if (trip->self != 0)
        prune_documents(trip);
    if (!trip->stopped)
        prune_packs(trip);
}
