/* epoch_age.c - how old keys get: HQ makes a new one each month, and those of dead epochs are destroyed.
 *
 * A key is destroyed when nothing can come any more that it opens. At a van: HQ's feed is read into a later epoch. At HQ: every van
 * has named a later key of its own, which ends all that came before; and its documents are read into a later epoch, or none is
 * missing. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "jemput/codec.h"
#include "jemput/log.h"
#include "merge.h"
#include "part.h"

#define AGE_ACTOR "jemput" /* time passed: nobody's act */
#define AGE_ROTATE_DAYS 30
#define AGE_RETAIN 3
#define AGE_DAY_MS ((int64_t)24 * 3600 * 1000)

static enum jem_code age_setting(struct jem_store *store, const char *key, long unset, long *out, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(32);
    char *end = NULL;
    *out = unset;
    enum jem_code code = jem_store_meta_get(store, key, &text, err);
    if (code == JEM_OK) {
        long value = strtol(jem_buf_text(&text), &end, 10);
        if (text.len > 0 && *end == '\0' && value >= 0)
            *out = value;
    }
    jem_buf_release(&text);
    return code == JEM_ENOTFOUND ? JEM_OK : code;
}

/* ---- new keys ---- */

/* When our newest key came: the event that names it, or, for the first, our first event. */
static enum jem_code age_born(struct jem_trip *trip, int64_t *at_ms, struct jem_error *err)
{
    char key[32];
    unsigned inc = 1;
    uint64_t seq = 1;
    struct jem_event e;
    struct jem_buf text = JEM_BUF_INIT(64);
    snprintf(key, sizeof key, "rotated.%u", (unsigned)trip->keys->epoch);
    enum jem_code code = jem_store_meta_get(trip->store, key, &text, err);
    if (code == JEM_OK && (sscanf(jem_buf_text(&text), "%u %" SCNu64, &inc, &seq) != 2 || inc > UINT16_MAX))
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_KEYS_DAMAGED, key);
    jem_buf_release(&text);
    if (code != JEM_OK && code != JEM_ENOTFOUND)
        return code;
    const struct jem_event_id id = { 0, 0, (uint16_t)inc, seq };
    code = jem_store_event(trip->store, &id, &e, err);
    if (code == JEM_OK) {
        *at_ms = jem_hlc_unix_ms(e.hlc);
        jem_event_release(&e);
    }
    return code;
}

enum jem_code jem_trip_rotate(struct jem_trip *trip, struct jem_error *err)
{
    json_t *vans = NULL;
    long days = 0;
    int64_t born_ms = 0;
    uint16_t epoch = 0;
    struct jem_keys *keys = NULL;
    enum jem_code code = age_setting(trip->store, "rotate_days", AGE_ROTATE_DAYS, &days, err);
    if (code == JEM_OK)
        code = jem_store_vans(trip->store, &vans, err);
    size_t count = json_array_size(vans);
    json_decref(vans);
    if (code != JEM_OK || days == 0 || count == 0)
        return code;
    code = age_born(trip, &born_ms, err);
    if (code != JEM_OK || jem_store_now_ms(trip->store) - born_ms < days * AGE_DAY_MS)
        return code;
    code = jem_keys_rotate(trip->store, AGE_ACTOR, &epoch, err);
    if (code == JEM_OK)
        code = jem_keys_load(trip->store, &keys, err);
    if (code == JEM_OK) {
        jem_log(JEM_LOG_INFO, "sync: the key of epoch %u is older than %ld days: epoch %u begins",
            (unsigned)trip->keys->epoch, days, (unsigned)epoch);
        jem_keys_free(trip->keys);
        trip->keys = keys;
    }
    return code;
}

/* ---- old keys ---- */

/* HQ's own lane says in clear with which key it is sealed. */
static enum jem_code age_hq_epoch(struct jem_ledger *ledger, const struct jem_part *part, uint16_t *epoch,
    struct jem_error *err)
{
    char text[64] = "";
    unsigned found = 0;
    git_odb_object *heads = NULL;
    enum jem_code code = jem_hq_file(ledger, &part->head, "heads", &heads, err);
    if (heads != NULL) {
        size_t n = git_odb_object_size(heads);
        snprintf(text, sizeof text, "%.*s", n < 60 ? (int)n : 60, (const char *)git_odb_object_data(heads));
    }
    git_odb_object_free(heads);
    if (code == JEM_OK && (sscanf(text, "hq inc %*u seq %*u epoch %u", &found) != 1 || found > UINT16_MAX))
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_HOLE);
    *epoch = (uint16_t)found;
    return code;
}

/* Lowers *limit to the lowest epoch of the parts of that kind. */
static enum jem_code age_limit_parts(struct jem_trip *trip, const char *root, enum jem_lane_kind kind, uint16_t *limit,
    struct jem_error *err)
{
    struct jem_parts parts = { 0 };
    enum jem_code code = jem_parts_local(trip->ledger, root, kind, trip->self, &parts, err);
    for (size_t i = 0; code == JEM_OK && i < parts.count; i++) {
        uint16_t epoch = 0;
        code = kind == JEM_LANE_HQ ? age_hq_epoch(trip->ledger, &parts.items[i], &epoch, err)
                                   : jem_part_epoch(trip->ledger, &parts.items[i], &epoch, err);
        if (code == JEM_OK && epoch < *limit)
            *limit = epoch;
    }
    jem_parts_release(&parts);
    return code;
}

/* Lowers *limit to the epoch into which a lane was read; to nothing when none of it was. */
static enum jem_code age_limit_read(struct jem_trip *trip, enum jem_lane_kind kind, unsigned van, uint16_t *limit,
    struct jem_error *err)
{
    struct jem_parts parts = { 0 };
    uint16_t epoch = 1;
    enum jem_code code = jem_parts_local(trip->ledger, "refs/accepted/", kind, van, &parts, err);
    if (code == JEM_OK && parts.count > 0)
        code = jem_part_epoch(trip->ledger, &parts.items[parts.count - 1], &epoch, err);
    jem_parts_release(&parts);
    if (code == JEM_OK && epoch < *limit)
        *limit = epoch;
    return code;
}

static enum jem_code age_limit_van(struct jem_trip *trip, unsigned van, bool missing, uint16_t *limit,
    struct jem_error *err)
{
    uint16_t epoch = 1;
    enum jem_code code = jem_store_epoch(trip->store, (uint16_t)van, &epoch, err);
    if (code == JEM_OK && epoch < *limit)
        *limit = epoch;
    return code == JEM_OK && missing ? age_limit_read(trip, JEM_LANE_SCAN, van, limit, err) : code;
}

static enum jem_code age_limit_vans(struct jem_trip *trip, uint16_t *limit, struct jem_error *err)
{
    json_t *vans = NULL, *van, *counts = NULL;
    size_t i;
    enum jem_code code = jem_store_counts(trip->store, &counts, err);
    const bool missing = jem_json_int(counts, "pending_documents", 1) > 0;
    json_decref(counts);
    if (code == JEM_OK)
        code = jem_store_vans(trip->store, &vans, err);
    json_array_foreach(vans, i, van)
    {
        if (code == JEM_OK && !json_is_object(json_object_get(van, "revoked")))
            code = age_limit_van(trip, (unsigned)jem_json_int(van, "van", 0), missing, limit, err);
    }
    json_decref(vans);
    return code;
}

static enum jem_code age_limit(struct jem_trip *trip, uint16_t *limit, struct jem_error *err)
{
    enum jem_code code;
    if (trip->self != 0) {
        code = age_limit_parts(trip, JEM_LANE_HEADS, JEM_LANE_VAN, limit, err);
        if (code == JEM_OK)
            code = age_limit_parts(trip, JEM_LANE_HEADS, JEM_LANE_SCAN, limit, err);
        return code == JEM_OK ? age_limit_read(trip, JEM_LANE_FEED, trip->self, limit, err) : code;
    }
    code = age_limit_parts(trip, JEM_LANE_HEADS, JEM_LANE_FEED, limit, err);
    if (code == JEM_OK)
        code = age_limit_parts(trip, JEM_LANE_HEADS, JEM_LANE_HQ, limit, err);
    if (code == JEM_OK) /* what is quarantined may yet be admitted */
        code = age_limit_parts(trip, "refs/hub/", JEM_LANE_VAN, limit, err);
    return code == JEM_OK ? age_limit_vans(trip, limit, err) : code;
}

enum jem_code jem_epochs_forget(struct jem_trip *trip, struct jem_error *err)
{
    long retain = AGE_RETAIN;
    struct jem_buf secret = JEM_BUF_INIT(64);
    enum jem_code code = age_setting(trip->store, "retain_epochs", AGE_RETAIN, &retain, err);
    if (code != JEM_OK || trip->keys->epoch <= retain + 1)
        return code;
    uint16_t limit = (uint16_t)(trip->keys->epoch - retain); /* keys below it go */
    jem_buf_reserve(&secret, 64);                            /* so that no growth leaves a copy behind */
    for (unsigned epoch = 1; code == JEM_OK && epoch < limit; epoch++) {
        char name[32];
        snprintf(name, sizeof name, "box.secret.%u", epoch);
        jem_buf_clear(&secret);
        code = jem_store_secret_get(trip->store, name, &secret, err);
        if (code == JEM_ENOTFOUND) {
            code = JEM_OK;
            continue;
        }
        if (code == JEM_OK) /* the first that is there: what may go is looked up once */
            code = age_limit(trip, &limit, err);
        if (code != JEM_OK || epoch >= limit)
            break;
        code = jem_store_secret_drop(trip->store, name, err);
        if (code == JEM_OK)
            jem_log(JEM_LOG_INFO, "sync: the key of epoch %u is destroyed", epoch);
    }
    jem_buf_wipe(&secret);
    return code;
}
