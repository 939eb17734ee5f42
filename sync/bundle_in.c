/* bundle_in.c - what comes in a file, on the terms of a fetch from the hub.
 *
 * HQ, durable steps: (1) the pack, (2) refs/bundle/ and the parts' tails, (3) the steps of a merge, (4) refs/brought/ likewise, which
 * tells that a hub behind this head has not rolled back. A van: (1) the pack, in DIR/carry, (2) the commits of its own feed
 * copied to its ledger and refs/bundle/feed/..., (3) the steps of the feed, (4) refs/brought/feed/..., (5) the refs of what is
 * carried. Stopped anywhere, the same file imported again does the rest. */
#include <stdlib.h>
#include <string.h>

#include "carry.h"
#include "jemput/bundle.h"
#include "merge.h"
#include "prune.h"
#include "verify.h"

struct bundle_in {
    struct jem_trip trip;
    struct jem_round_report round;
    struct jem_bundle_file file;
    struct jem_bundle_report *report;
    const char *actor;
    size_t taken, baseless; /* lanes that could be read; that stand on commits which are not here */
};

static void in_refuse(struct bundle_in *in, const char *why)
{
    snprintf(in->report->refused, sizeof in->report->refused, "%s", why);
}

static void in_refuse_ref(struct bundle_in *in, enum jem_text key, const char *ref)
{
    struct jem_error why;
    int valid = 0; /* a name from a stranger's file may hold anything */
    (void)git_reference_name_is_valid(&valid, ref);
    (void)jem_fail(&why, JEM_ECORRUPT, JEM_D_SYNC, 0, key, valid ? ref : "?");
    in_refuse(in, why.msg);
}

/* The commits of a lane that follow `stop`. *good false: it stands on commits that are not here, which is told. */
static enum jem_code in_walk(struct bundle_in *in, const struct jem_bundle_ref *ref, const git_oid *stop,
    struct jem_oids *fresh, bool *good, struct jem_error *err)
{
    enum jem_walk_end end;
    git_oid missing;
    enum jem_code code = jem_lane_walk(in->trip.ledger, &ref->oid, stop, fresh, &end, &missing, err);
    *good = code == JEM_OK && end != JEM_WALK_MISSING;
    in->taken += *good;
    if (code == JEM_OK && !*good) {
        in->baseless++;
        in_refuse_ref(in, JEM_T_BUNDLE_BASE, ref->name);
    }
    return code;
}

/* refs/brought/<lane>, unless the hub is known to have that head too. */
static enum jem_code in_note(struct bundle_in *in, const char *lane, const git_oid *head, struct jem_error *err)
{
    char name[JEM_REF_MAX + 16];
    git_oid hub;
    bool there = false;
    snprintf(name, sizeof name, "refs/hub/%s", lane);
    enum jem_code code = jem_ledger_ref(in->trip.ledger, name, &hub, &there, err);
    if (code != JEM_OK || (there && git_oid_equal(&hub, head)))
        return code;
    snprintf(name, sizeof name, "refs/brought/%s", lane);
    return jem_ledger_ref_set(in->trip.ledger, name, head, err);
}

/* ---- HQ ---- */

/* A van says which feed it has: believed when that is a head of ours. A false claim costs that van one export --full. */
static enum jem_code in_claim(struct bundle_in *in, const struct jem_bundle_ref *ref, const struct jem_lane_ref *lane,
    struct jem_error *err)
{
    char known[JEM_LANE_TEXT];
    git_oid head, missing;
    bool there = false;
    enum jem_walk_end end = JEM_WALK_UNKNOWN;
    struct jem_oids between = { 0 };
    jem_lane_name("refs/known/", lane, known);
    enum jem_code code = jem_ledger_ref(in->trip.ledger, ref->name, &head, &there, err);
    if (code == JEM_OK && there)
        code = jem_lane_walk(in->trip.ledger, &head, &ref->oid, &between, &end, &missing, err);
    jem_oids_release(&between);
    in->taken += end == JEM_WALK_MET;
    return code == JEM_OK && end == JEM_WALK_MET ? jem_ledger_ref_set(in->trip.ledger, known, &ref->oid, err) : code;
}

/* Puts a lane where the merge reads it. */
static enum jem_code in_stage(struct bundle_in *in, const struct jem_bundle_ref *ref, bool *good, struct jem_error *err)
{
    char name[JEM_REF_MAX + 16];
    const char *lane = ref->name + strlen("refs/heads/");
    git_oid accepted;
    bool there = false;
    struct jem_oids fresh = { 0 };
    snprintf(name, sizeof name, "refs/accepted/%s", lane);
    enum jem_code code = jem_ledger_ref(in->trip.ledger, name, &accepted, &there, err);
    if (code == JEM_OK)
        code = in_walk(in, ref, there ? &accepted : NULL, &fresh, good, err);
    jem_oids_release(&fresh);
    snprintf(name, sizeof name, "%s%s", in->trip.seen, lane);
    return code == JEM_OK && *good ? jem_ledger_ref_set(in->trip.ledger, name, &ref->oid, err) : code;
}

/* Notes for a lane whose accepted head came with this file, or is this file's, that a hub which was last seen elsewhere has
 * not rolled back. */
static enum jem_code in_brought(struct bundle_in *in, const struct jem_link_ref *lane, const git_oid *before,
    struct jem_error *err)
{
    char accepted[JEM_REF_MAX + 16];
    git_oid head;
    bool there = false;
    const char *name = lane->name + strlen("refs/heads/");
    snprintf(accepted, sizeof accepted, "refs/accepted/%s", name);
    enum jem_code code = jem_ledger_ref(in->trip.ledger, accepted, &head, &there, err);
    if (code != JEM_OK || !there || (git_oid_equal(&head, before) && !git_oid_equal(&head, &lane->oid)))
        return code;
    return in_note(in, name, &head, err);
}

static enum jem_code in_before(struct bundle_in *in, const char *ref, git_oid *out, struct jem_error *err)
{
    char accepted[JEM_REF_MAX + 16];
    bool there = false;
    snprintf(accepted, sizeof accepted, "refs/accepted/%s", ref + strlen("refs/heads/"));
    memset(out, 0, sizeof *out);
    return jem_ledger_ref(in->trip.ledger, accepted, out, &there, err);
}

static enum jem_code in_merge(struct bundle_in *in, const struct jem_link_ref *lanes, const git_oid *before,
    size_t count, struct jem_error *err)
{
    enum jem_code code = jem_merge_lanes(&in->trip, in->actor, lanes, count, err);
    for (size_t i = 0; code == JEM_OK && i < count; i++)
        code = in_brought(in, &lanes[i], &before[i], err);
    return code == JEM_OK ? jem_merge_finish(&in->trip, in->actor, err) : code;
}

static enum jem_code in_at_hq(struct bundle_in *in, struct jem_error *err)
{
    size_t count = 0;
    struct jem_link_ref *lanes = calloc(in->file.ref_count, sizeof *lanes);
    git_oid *before = calloc(in->file.ref_count, sizeof *before);
    enum jem_code code = lanes == NULL || before == NULL ? jem_fail_nomem(err) : JEM_OK;
    if (code == JEM_OK)
        code = jem_bundle_index(&in->file, in->trip.ledger, err);
    for (size_t i = 0; code == JEM_OK && i < in->file.ref_count; i++) {
        const struct jem_bundle_ref *ref = &in->file.refs[i];
        struct jem_lane_ref lane;
        bool good = false;
        if (!jem_lane_parse(JEM_LANE_HEADS, ref->name, &lane) || lane.kind == JEM_LANE_HQ)
            in_refuse_ref(in, JEM_T_BUNDLE_REF, ref->name);
        else if (lane.kind == JEM_LANE_FEED)
            code = in_claim(in, ref, &lane, err);
        else
            code = in_stage(in, ref, &good, err);
        if (code == JEM_OK && good) {
            snprintf(lanes[count].name, sizeof lanes[count].name, "%s", ref->name);
            lanes[count].oid = ref->oid;
            code = in_before(in, ref->name, &before[count++], err);
        }
    }
    if (code == JEM_OK && count > 0)
        code = in_merge(in, lanes, before, count, err);
    in->report->events = in->round.accepted_events;
    in->report->documents = in->round.accepted_documents;
    in->report->quarantined = in->round.quarantined;
    in->report->conflicts = in->round.conflicts;
    in->report->duplicates = in->round.duplicates;
    free(lanes);
    free(before);
    return code;
}

/* ---- van ---- */

/* Copies commits that are readable through the carried objects into our own ledger, as one pack. */
static enum jem_code in_copy(struct bundle_in *in, const struct jem_oids *commits, struct jem_error *err)
{
    git_packbuilder *builder = NULL;
    if (commits->count == 0)
        return JEM_OK;
    int rc = git_packbuilder_new(&builder, in->trip.ledger->repo);
    for (size_t i = 0; rc == 0 && i < commits->count; i++)
        rc = git_packbuilder_insert_commit(builder, &commits->items[i]);
    if (rc == 0)
        rc = git_packbuilder_write(builder, NULL, 0, NULL, NULL);
    git_packbuilder_free(builder);
    return rc == 0 ? JEM_OK : jem_gitlib_fail(err, rc, in->trip.ledger->path);
}

static enum jem_code in_feed(struct bundle_in *in, const struct jem_bundle_ref *ref, const struct jem_lane_ref *lane,
    struct jem_error *err)
{
    char name[JEM_LANE_TEXT];
    git_oid accepted, now;
    bool any, good = false, there = false;
    struct jem_oids fresh = { 0 };
    struct jem_parts before = { 0 };
    struct jem_trip *trip = &in->trip;
    const struct jem_part part = { *lane, ref->oid };
    enum jem_code code = jem_feed_head(trip, lane, &accepted, &any, err);
    if (code == JEM_OK)
        code = jem_parts_local(trip->ledger, "refs/accepted/", JEM_LANE_FEED, trip->self, &before, err);
    if (code == JEM_OK)
        code = in_walk(in, ref, any ? &accepted : NULL, &fresh, &good, err);
    if (code != JEM_OK || !good)
        goto out;
    code = in_copy(in, &fresh, err);
    jem_lane_name(trip->seen, lane, name);
    if (code == JEM_OK)
        code = jem_ledger_ref_set(trip->ledger, name, &ref->oid, err);
    if (code == JEM_OK)
        code = jem_feed_accept(trip, &part, before.count > 0, err);
    if (code == JEM_OK && in->round.refused[0] != '\0')
        in_refuse(in, in->round.refused);
    if (code == JEM_OK)
        code = jem_feed_head(trip, lane, &now, &there, err);
    if (code == JEM_OK && there && git_oid_equal(&now, &ref->oid))
        code = in_note(in, ref->name + strlen(JEM_LANE_HEADS), &now, err);
out:
    jem_parts_release(&before);
    jem_oids_release(&fresh);
    return code;
}

/* A lane of somebody else. A feed is HQ's or nobody's; who signed a van's lane only HQ can tell. */
static enum jem_code in_carry(struct bundle_in *in, struct jem_ledger *carry, const struct jem_bundle_ref *ref,
    enum jem_lane_kind kind, struct jem_error *err)
{
    unsigned char hq[32];
    bool kept = false;
    enum jem_code code = JEM_OK;
    if (kind == JEM_LANE_FEED && git_odb_exists(carry->odb, &ref->oid)) {
        struct jem_error why = { .code = JEM_OK };
        code = jem_keys_public(in->trip.store, 0, hq, err);
        if (code == JEM_OK && jem_commit_verify(carry, &ref->oid, hq, &why) != JEM_OK) {
            in_refuse(in, why.msg);
            return JEM_OK;
        }
    }
    if (code == JEM_OK)
        code = jem_carry_keep(carry, ref, jem_store_now_ms(in->trip.store), &kept, err);
    in->taken++;
    in->report->carried += kept;
    return code;
}

/* Parts in the order in which they are read. */
static int in_order(const void *a, const void *b)
{
    struct jem_lane_ref x = { 0 }, y = { 0 };
    (void)jem_lane_parse(JEM_LANE_HEADS, ((const struct jem_bundle_ref *)a)->name, &x);
    (void)jem_lane_parse(JEM_LANE_HEADS, ((const struct jem_bundle_ref *)b)->name, &y);
    return jem_lane_cmp(&x, &y);
}

static enum jem_code in_at_van(struct bundle_in *in, struct jem_error *err)
{
    struct jem_ledger *carry = NULL;
    enum jem_code code = jem_carry_open(in->trip.store, true, &carry, err);
    if (code == JEM_OK)
        code = jem_bundle_index(&in->file, carry, err);
    if (code == JEM_OK)
        code = jem_carry_lend(&in->trip, carry, err);
    qsort(in->file.refs, in->file.ref_count, sizeof *in->file.refs, in_order);
    for (size_t i = 0; code == JEM_OK && i < in->file.ref_count; i++) {
        const struct jem_bundle_ref *ref = &in->file.refs[i];
        struct jem_lane_ref lane;
        if (!jem_lane_parse(JEM_LANE_HEADS, ref->name, &lane) || lane.kind == JEM_LANE_HQ)
            in_refuse_ref(in, JEM_T_BUNDLE_REF, ref->name);
        else if (lane.van == in->trip.self && lane.kind == JEM_LANE_FEED)
            code = in_feed(in, ref, &lane, err);
        else if (lane.van == in->trip.self) /* what we wrote ourselves has come round */
            in->taken++;
        else
            code = in_carry(in, carry, ref, lane.kind, err);
    }
    in->report->events = in->round.received_events;
    jem_ledger_free(carry);
    jem_carry_sweep(in->trip.store);
    return code;
}

/* ---- import ---- */

/* A van that meets no hub also lets go of what HQ has for good; a hub loses it when it is met again. */
static enum jem_code in_let_go(struct bundle_in *in, struct jem_error *err)
{
    enum jem_code code = jem_prune_decide(&in->trip, err);
    if (code == JEM_OK)
        code = jem_prune_own(&in->trip, err);
    if (code == JEM_OK)
        jem_prune_finish(&in->trip);
    return code;
}

enum jem_code jem_bundle_import(struct jem_store *store, const char *actor, const char *path,
    struct jem_bundle_report *out, struct jem_error *err)
{
    static const struct jem_round_options plain;
    enum jem_role role = jem_store_role(store);
    struct bundle_in in = { .report = out, .actor = actor };
    memset(out, 0, sizeof *out);
    enum jem_code code = jem_trip_begin(&in.trip, store, role, &plain, &in.round, err);
    if (code == JEM_OK) {
        in.trip.seen = "refs/bundle/";
        in.trip.several = true; /* an older file is nothing to report */
        code = jem_bundle_open(&in.file, path, err);
    }
    if (code == JEM_OK) {
        out->refs = in.file.ref_count;
        out->bytes = in.file.bytes;
        code = role == JEM_ROLE_HQ ? in_at_hq(&in, err) : in_at_van(&in, err);
    }
    if (code == JEM_OK && in.taken == 0 && in.baseless > 0)
        code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_BUNDLE_BASE, in.file.refs[0].name);
    if (code == JEM_OK)
        code = in_let_go(&in, err);
    jem_bundle_close(&in.file);
    jem_trip_end(&in.trip);
    return code;
}
