/* late.c - quarantined refs, looked at and taken in.
 *
 * Durable steps of taking in: those of a merge. */
#include "jemput/late.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "merge.h"
#include "verify.h"

#define LATE_COMMIT_MIN 4 /* digits of a commit's name */

struct late {
    struct jem_store *store;
    struct jem_ledger *ledger;
    struct jem_keys *keys;
    struct jem_lane_ref lane; /* kind UNKNOWN: the ref is no part of a lane */
    git_oid head, accepted;
    bool any; /* something of the part was accepted */
    struct jem_oids fresh;
    json_t *seen; /* numbers told already, as members */
};

static void late_release(struct late *late)
{
    jem_oids_release(&late->fresh);
    jem_keys_free(late->keys);
    jem_ledger_free(late->ledger);
    json_decref(late->seen);
}

static enum jem_code late_head(const char *hex, git_oid *out, struct jem_error *err)
{
    if (strlen(hex) != GIT_OID_HEXSZ || git_oid_fromstr(out, hex) != 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_LATE_HEAD);
    return JEM_OK;
}

/* The commits past what was accepted; none when the chain is not whole here. */
static enum jem_code late_open(struct late *late, const char *ref, const char *head_hex, struct jem_error *err)
{
    char kept[JEM_LANE_TEXT];
    enum jem_relation relation = JEM_RELATION_UNKNOWN;
    if (!jem_lane_parse(JEM_LANE_HEADS, ref, &late->lane))
        late->lane.kind = JEM_LANE_UNKNOWN;
    enum jem_code code = late_head(head_hex, &late->head, err);
    if (code == JEM_OK)
        code = jem_ledger_open(jem_store_dir(late->store), &late->ledger, err);
    if (code != JEM_OK || late->lane.kind == JEM_LANE_UNKNOWN)
        return code;
    jem_lane_name("refs/accepted/", &late->lane, kept);
    code = jem_ledger_ref(late->ledger, kept, &late->accepted, &late->any, err);
    if (code != JEM_OK || !git_odb_exists(late->ledger->odb, &late->head))
        return code;
    code =
        jem_chain_compare(late->ledger, late->any ? &late->accepted : NULL, &late->head, &relation, &late->fresh, err);
    return code == JEM_ECORRUPT ? JEM_OK : code;
}

static json_t *late_counts(const struct late *late)
{
    uint64_t events = 0, bytes = 0;
    for (size_t i = 0; i < late->fresh.count; i++) {
        uint64_t first = 0, last = 0;
        if (jem_part_events(late->ledger, &late->fresh.items[i], &first, &last) && last >= first)
            events += last - first + 1;
        bytes += jem_lane_commit_bytes(late->ledger, &late->fresh.items[i]);
    }
    bool lane = late->lane.kind != JEM_LANE_UNKNOWN;
    return json_pack("{s:s,s:i,s:i,s:I,s:I,s:I,s:I}", "kind", lane ? jem_lane_word(late->lane.kind) : "", "van",
        (int)late->lane.van, "inc", (int)late->lane.inc, "part", (json_int_t)late->lane.part, "commits",
        (json_int_t)late->fresh.count, "events", (json_int_t)events, "bytes", (json_int_t)bytes);
}

/* Why nothing of it is in, in the reader's language; "" when its commits have to be opened to tell. */
static enum jem_code late_why(const struct late *late, json_t *o, struct jem_error *err)
{
    struct jem_error why = { .code = JEM_OK };
    char hex[JEM_OID_HEX];
    unsigned char sign[32];
    uint64_t limit = UINT64_MAX, first = 0, last = 0;
    if (late->lane.kind == JEM_LANE_UNKNOWN)
        return JEM_OK;
    enum jem_code code = jem_keys_sign(late->store, late->lane.van, late->lane.inc, sign, &why);
    if (code == JEM_ENOTFOUND) {
        (void)jem_fail(&why, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_UNKNOWN_VAN);
    } else if (code == JEM_OK && late->fresh.count > 0) {
        code = jem_store_van_limit(late->store, (uint16_t)late->lane.van, late->lane.inc, &limit, err);
        bool past = late->lane.kind == JEM_LANE_SCAN ||
                    (jem_part_events(late->ledger, &late->fresh.items[0], &first, &last) && last > limit);
        if (code == JEM_OK && limit != UINT64_MAX && past)
            (void)jem_fail(&why, JEM_EDENIED, JEM_D_SYNC, 0, JEM_T_LANE_LATE,
                git_oid_tostr(hex, 11, &late->fresh.items[0]), (unsigned long long)limit);
    }
    if (why.code != JEM_OK)
        json_object_set_new(o, "why", json_string(why.msg));
    return code == JEM_ENOTFOUND ? JEM_OK : code;
}

/* ---- opened ---- */

static json_t *late_step(struct late *late, const git_oid *oid, const struct jem_event_list *events)
{
    char hex[JEM_OID_HEX], number[JEM_NUMBER_TEXT];
    json_t *numbers = json_array();
    for (size_t i = 0; i < events->count; i++) {
        if (events->items[i].subject == 0)
            continue;
        jem_number_format(events->items[i].subject, number);
        if (json_object_get(late->seen, number) != NULL)
            continue;
        json_object_set_new(late->seen, number, json_true());
        json_array_append_new(numbers, json_string(number));
    }
    return json_pack("{s:s,s:I,s:I,s:I,s:o}", "head", git_oid_tostr(hex, sizeof hex, oid), "events",
        (json_int_t)events->count, "first_ms", (json_int_t)events->items[0].wall_ms, "last_ms",
        (json_int_t)events->items[events->count - 1].wall_ms, "numbers", numbers);
}

/* Commit by commit as a merge would. JEM_ECORRUPT with the reason at the first that does not hold. */
static enum jem_code late_walk(struct late *late, json_t *steps, struct jem_error *err)
{
    unsigned char sign[32];
    struct jem_lane_state state = { .store = late->store,
        .keys = late->keys,
        .peer = late->lane.van,
        .peer_inc = late->lane.inc,
        .writer = (uint16_t)late->lane.van,
        .inc = late->lane.inc,
        .part = late->lane.part,
        .sign_public = sign };
    enum jem_code code = jem_keys_sign(late->store, late->lane.van, late->lane.inc, sign, err);
    if (code == JEM_ENOTFOUND)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_LANE_UNKNOWN_VAN);
    if (code == JEM_OK && late->any)
        code = jem_lane_resume(&state, late->ledger, &late->accepted, err);
    for (size_t i = 0; code == JEM_OK && i < late->fresh.count; i++) {
        struct jem_event_list events = { 0 };
        code = jem_lane_check(&state, late->ledger, &late->fresh.items[i], &events, err);
        if (code == JEM_OK && json_array_append_new(steps, late_step(late, &late->fresh.items[i], &events)) != 0)
            code = jem_fail_nomem(err);
        jem_event_list_release(&events);
    }
    return code;
}

static enum jem_code late_opened(struct late *late, json_t *o, struct jem_error *err)
{
    struct jem_error why = { .code = JEM_OK };
    json_t *steps = json_array();
    bool records = late->lane.kind == JEM_LANE_VAN;
    late->seen = json_object();
    enum jem_code code = jem_keys_load(late->store, &late->keys, err);
    if (code == JEM_OK && records && (code = late_walk(late, steps, &why)) != JEM_OK && code != JEM_ECORRUPT &&
        err != NULL)
        *err = why;
    json_object_set_new(o, "holds", json_integer((json_int_t)(records ? json_array_size(steps) : late->fresh.count)));
    json_object_set_new(o, "wrong", json_string(code == JEM_ECORRUPT ? why.msg : ""));
    json_object_set_new(o, "steps", steps);
    return code == JEM_ECORRUPT ? JEM_OK : code;
}

enum jem_code jem_late_look(struct jem_store *store, const char *ref, const char *head_hex, bool opened, json_t **out,
    struct jem_error *err)
{
    struct late late = { .store = store };
    json_t *o = NULL;
    *out = NULL;
    enum jem_code code = late_open(&late, ref, head_hex, err);
    if (code == JEM_OK && (o = late_counts(&late)) == NULL)
        code = jem_fail_nomem(err);
    if (code == JEM_OK)
        code = late_why(&late, o, err);
    if (code == JEM_OK && opened)
        code = late_opened(&late, o, err);
    if (code == JEM_OK)
        *out = json_incref(o);
    json_decref(o);
    late_release(&late);
    return code;
}

/* ---- the place of a commit ---- */

static enum jem_code late_search(struct jem_ledger *ledger, const struct jem_part *part, const char *commit,
    size_t *found, struct jem_event_id *out, struct jem_error *err)
{
    struct jem_oids chain = { 0 };
    enum jem_relation relation;
    char hex[JEM_OID_HEX];
    uint64_t first;
    enum jem_code code = jem_chain_compare(ledger, NULL, &part->head, &relation, &chain, err);
    for (size_t i = 0; code == JEM_OK && i < chain.count; i++) {
        git_oid_tostr(hex, sizeof hex, &chain.items[i]);
        if (strncasecmp(hex, commit, strlen(commit)) != 0)
            continue;
        out->inc = part->lane.inc;
        *found += jem_part_events(ledger, &chain.items[i], &first, &out->seq);
    }
    jem_oids_release(&chain);
    return code;
}

enum jem_code jem_late_place(struct jem_store *store, unsigned van, const char *commit, struct jem_event_id *out,
    struct jem_error *err)
{
    struct jem_ledger *ledger = NULL;
    struct jem_parts parts = { 0 };
    size_t found = 0;
    *out = (struct jem_event_id){ .writer = (uint16_t)van };
    enum jem_code code = jem_ledger_open(jem_store_dir(store), &ledger, err);
    if (code == JEM_OK)
        code = jem_parts_local(ledger, "refs/accepted/", JEM_LANE_VAN, van, &parts, err);
    for (size_t i = 0; code == JEM_OK && i < parts.count && strlen(commit) >= LATE_COMMIT_MIN; i++)
        code = late_search(ledger, &parts.items[i], commit, &found, out, err);
    if (code == JEM_OK && found == 0)
        code = jem_fail(err, JEM_ENOTFOUND, JEM_D_SYNC, 0, JEM_T_LATE_NO_COMMIT, commit, van);
    if (code == JEM_OK && found > 1)
        code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_LATE_TWO_COMMITS, commit);
    jem_parts_release(&parts);
    jem_ledger_free(ledger);
    return code;
}

/* ---- taking in ---- */

enum jem_code jem_round_admit(struct jem_store *store, const char *actor, const char *ref, const char *head_hex,
    struct jem_round_report *report, struct jem_error *err)
{
    static const struct jem_round_options plain;
    struct jem_trip trip;
    struct jem_merge merge = { .trip = &trip, .actor = actor };
    if (!jem_lane_parse(JEM_LANE_HEADS, ref, &merge.lane) ||
        (merge.lane.kind != JEM_LANE_VAN && merge.lane.kind != JEM_LANE_SCAN))
        return jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_LANE_UNKNOWN_VAN);
    enum jem_code code = late_head(head_hex, &merge.head, err);
    if (code != JEM_OK)
        return code;
    code = jem_trip_begin(&trip, store, JEM_ROLE_HQ, &plain, report, err);
    trip.several = true; /* what was taken in since is nothing to report */
    if (code == JEM_OK)
        code = merge.lane.kind == JEM_LANE_VAN ? jem_merge_records(&merge, err) : jem_merge_scans(&merge, err);
    if (code == JEM_OK)
        code = jem_merge_finish(&trip, actor, err);
    jem_trip_end(&trip);
    return code;
}
