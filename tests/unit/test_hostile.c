// room: sync
/* test_hostile.c - a hub that forges, replays, reorders, rewrites and rolls back. Whatever it serves, nothing of what was
 * accepted changes, the reason is told, and the lane goes on as soon as the hub serves the truth again. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/codec.h"
#include "pack.h"
#include "regency.h"
#include "seal.h"
#include "unit.h"

/* A lane that the hub owns: `ref` as written by `writer`, sealed to `peer`. */
struct lane {
    struct regency *r;
    struct jem_ledger *forge; /* the hub's own workshop */
    struct jem_store *writer; /* whose events */
    struct jem_keys *keys;    /* the writer's */
    struct jem_seal_plan plan;
    char truth[JEM_OID_HEX]; /* head that the writer pushed */
};

static git_oid oid_of(const char *hex)
{
    git_oid oid;
    assert_int_equal(git_oid_fromstr(&oid, hex), 0);
    return oid;
}

/* Takes up the lane as it stands on the hub. */
static void lane_open(struct lane *l, struct regency *r, struct jem_store *writer, const struct jem_seal_plan *plan)
{
    struct jem_error err = { 0 };
    char dir[128];
    *l = (struct lane){ .r = r, .writer = writer, .plan = *plan };
    snprintf(dir, sizeof dir, "%s/forge-%u-%u", r->root, plan->stream.writer, plan->stream.lane);
    assert_int_equal(jem_ledger_open(dir, &l->forge, &err), JEM_OK);
    assert_int_equal(jem_keys_load(writer, &l->keys, &err), JEM_OK);
    regency_head(r, "hub.git", plan->ref, l->truth);
    assert_int_equal(regency_git(r, "-C '%s/ledger.git' fetch -q ../../hub.git '+refs/heads/*:refs/hub/*'", dir), 0);
}

static void lane_close(struct lane *l)
{
    jem_keys_free(l->keys);
    jem_ledger_free(l->forge);
}

static void lane_serve(struct lane *l, const char *ref, const git_oid *oid)
{
    struct jem_error err = { 0 };
    char name[JEM_OID_HEX];
    assert_int_equal(jem_ledger_ref_set(l->forge, "refs/heads/served", oid, &err), JEM_OK);
    git_oid_tostr(name, sizeof name, oid);
    assert_int_equal(regency_git(l->r, "-C hub.git fetch -q '%s' refs/heads/served && git -C hub.git update-ref %s %s",
                         l->forge->path, ref, name),
        0);
}

static void lane_restore(struct lane *l)
{
    assert_int_equal(regency_git(l->r, "-C hub.git update-ref %s %s", l->plan.ref, l->truth), 0);
}

/* What a forged commit is made of; defaults are a commit that would be accepted. */
struct forged {
    uint64_t skip; /* events left out before the segment */
    uint64_t from; /* 0: after the truth's last event */
    size_t events;
    const unsigned char *sign_secret;
    bool unsigned_commit, two_files, two_parents, no_parent, noise, other_name;
    struct jem_seal_plan *plan; /* whose stream; NULL: the lane's own */
    struct jem_store *store;
    struct jem_keys *keys;
    const char *message; /* NULL: a subject alone */
};

static git_oid forge_on(struct lane *l, const struct forged *f, const git_oid *parent)
{
    struct jem_error err = { 0 };
    struct jem_pack pack;
    struct jem_buf segment = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    struct jem_seal_plan plan = f->plan != NULL ? *f->plan : l->plan;
    struct jem_event_id next = plan.stream;
    git_oid made, parents[2] = { *parent, *parent };
    int64_t at_ms = 1700000000000;
    size_t count = 0;
    struct jem_store *store = f->store != NULL ? f->store : l->writer;
    struct jem_keys *keys = f->keys != NULL ? f->keys : l->keys;
    if (f->from != 0) {
        next.seq = f->from;
    } else {
        /* the position is read in the forge's copy of the lane */
        assert_int_equal(jem_ledger_ref_set(l->forge, "refs/heads/at", parent, &err), JEM_OK);
        struct jem_seal_plan at = plan;
        at.ref = "refs/heads/at";
        assert_int_equal(jem_seal_next(l->forge, &at, &next, &err), JEM_OK);
    }
    next.seq += f->skip;
    plan.max_events = f->events != 0 ? f->events : 10;
    assert_int_equal(jem_seal_segment(l->forge, store, keys, &plan, &next, &segment, &count, &at_ms, &err), JEM_OK);
    assert_true(count > 0);
    if (f->noise)
        for (size_t i = 60; i < segment.len; i++)
            segment.data[i] ^= 0x55;
    struct jem_pack_file files[2] = { { .name = f->other_name ? "payload" : "segment" }, { .name = "zusatz" } };
    struct jem_pack_commit commit = { .parents = parents,
        .parent_count = f->no_parent     ? 0
                        : f->two_parents ? 2
                                         : 1,
        .writer = l->plan.stream.writer,
        .at_unix_s = at_ms / 1000,
        .subject = f->message != NULL ? f->message : "segment 9: events 1-2",
        .sign_secret = f->unsigned_commit       ? NULL
                       : f->sign_secret != NULL ? f->sign_secret
                                                : l->keys->sign_secret };
    assert_int_equal(jem_pack_begin(&pack, l->forge, &err), JEM_OK);
    assert_int_equal(jem_pack_blob(&pack, segment.data, segment.len, &files[0].blob, &err), JEM_OK);
    files[1].blob = files[0].blob;
    assert_int_equal(jem_pack_tree(&pack, files, f->two_files ? 2 : 1, &commit.tree, &err), JEM_OK);
    if (f->two_parents) { /* a second parent that exists: an orphan with the same tree */
        struct jem_pack_commit orphan = commit;
        orphan.parent_count = 0;
        assert_int_equal(jem_pack_commit(&pack, &orphan, &parents[1], &err), JEM_OK);
    }
    assert_int_equal(jem_pack_commit(&pack, &commit, &made, &err), JEM_OK);
    assert_int_equal(jem_pack_finish(&pack, &err), JEM_OK);
    jem_pack_release(&pack);
    jem_buf_release(&segment);
    return made;
}

/* ---- HQ ---- */

static void hq_refuses(struct lane *l, const struct forged *f, const char *reason)
{
    struct jem_error err = { 0 };
    json_t *rows = NULL;
    uint64_t before = regency_count(l->r->hq, 3, 0);
    git_oid truth = oid_of(l->truth), made = forge_on(l, f, &truth);
    lane_serve(l, l->plan.ref, &made);
    struct jem_round_report report = regency_merge(l->r);
    assert_int_equal(report.quarantined, 1);
    assert_int_equal(report.accepted_events, 0);
    assert_int_equal(regency_count(l->r->hq, 3, 0), before);
    assert_int_equal(jem_store_quarantine(l->r->hq, &rows, &err), JEM_OK);
    assert_int_equal(json_array_size(rows), 1);
    assert_string_equal(jem_json_str(json_array_get(rows, 0), "ref", ""), l->plan.ref);
    if (strstr(jem_json_str(json_array_get(rows, 0), "reason", ""), reason) == NULL)
        fail_msg("wrong reason: %s", jem_json_str(json_array_get(rows, 0), "reason", ""));
    json_decref(rows);
    lane_restore(l);
    assert_int_equal(regency_merge(l->r).quarantined, 0);
    assert_int_equal(jem_store_quarantine(l->r->hq, &rows, &err), JEM_OK);
    assert_int_equal(json_array_size(rows), 0);
    json_decref(rows);
}

static struct jem_seal_plan van_plan(void)
{
    return (struct jem_seal_plan){ .ref = "refs/heads/van/3/1.1",
        .stream = { 3, 0, 1, 0 },
        .peer = 0,
        .max_events = 100,
        .max_bytes = 1 << 20 };
}

static void test_hq(void **state)
{
    struct regency r;
    struct lane l;
    struct jem_error err = { 0 };
    unsigned char pk[32], stranger[64];
    struct jem_seal_plan plan = van_plan();
    (void)state;
    regency_make(&r, 2);
    crypto_sign_keypair(pk, stranger);
    regency_apply_many(r.van[0], 20, 1);
    regency_apply_many(r.van[1], 20, 2);
    regency_sync(&r, 0);
    regency_sync(&r, 1);
    regency_apply_many(r.van[0], 60, 3); /* true events that the hub will try to misplace */
    lane_open(&l, &r, r.van[0], &plan);

    hq_refuses(&l, &(struct forged){ .sign_secret = stranger }, "signature");
    hq_refuses(&l, &(struct forged){ .unsigned_commit = true }, "not signed");
    hq_refuses(&l, &(struct forged){ .skip = 1 }, "do not continue");
    hq_refuses(&l, &(struct forged){ .from = 1 }, "do not continue");
    hq_refuses(&l, &(struct forged){ .two_files = true }, "exactly the one file");
    hq_refuses(&l, &(struct forged){ .other_name = true }, "exactly the one file");
    hq_refuses(&l, &(struct forged){ .two_parents = true }, "directly follow");
    hq_refuses(&l, &(struct forged){ .no_parent = true, .from = 1 }, "rewritten");
    hq_refuses(&l, &(struct forged){ .noise = true }, "");
    /* another van's work in this lane, signed by that van */
    struct jem_keys *other = NULL;
    struct jem_seal_plan other_plan = { .stream = { 7, 0, 1, 0 }, .peer = 0, .max_events = 10, .max_bytes = 1 << 20 };
    assert_int_equal(jem_keys_load(r.van[1], &other, &err), JEM_OK);
    hq_refuses(&l,
        &(struct forged){ .plan = &other_plan,
            .store = r.van[1],
            .keys = other,
            .from = 1,
            .sign_secret = other->sign_secret },
        "signature");
    hq_refuses(&l, &(struct forged){ .plan = &other_plan, .store = r.van[1], .keys = other, .from = 1 },
        "another writer");
    jem_keys_free(other);

    /* good commits before the bad one are taken, the rest waits */
    git_oid truth = oid_of(l.truth);
    git_oid good = forge_on(&l, &(struct forged){ .events = 7 }, &truth);
    git_oid bad = forge_on(&l, &(struct forged){ .skip = 2 }, &good);
    uint64_t before = regency_count(r.hq, 3, 0);
    lane_serve(&l, plan.ref, &bad);
    struct jem_round_report report = regency_merge(&r);
    assert_int_equal(report.accepted_events, 7);
    assert_int_equal(report.quarantined, 1);
    assert_int_equal(regency_count(r.hq, 3, 0), before + 7);
    assert_int_equal(regency_merge(&r).accepted_events, 0);

    /* an older state of the lane changes nothing */
    lane_serve(&l, plan.ref, &truth);
    report = regency_merge(&r);
    assert_int_equal(report.accepted_events, 0);
    assert_int_equal(regency_count(r.hq, 3, 0), before + 7);
    lane_close(&l);
    regency_free(&r);
}

/* ---- roots of parts ---- */

static void part_refused(struct lane *l, const git_oid *served, const char *reason)
{
    static const char ref[] = "refs/heads/van/3/1.2";
    struct jem_error err = { 0 };
    json_t *rows = NULL;
    uint64_t before = regency_count(l->r->hq, 3, 0);
    lane_serve(l, ref, served);
    struct jem_round_report report = regency_merge(l->r);
    assert_int_equal(report.accepted_events, 0);
    assert_int_equal(report.quarantined, 1);
    assert_int_equal(regency_count(l->r->hq, 3, 0), before);
    assert_int_equal(jem_store_quarantine(l->r->hq, &rows, &err), JEM_OK);
    assert_int_equal(json_array_size(rows), 1);
    assert_string_equal(jem_json_str(json_array_get(rows, 0), "ref", ""), ref);
    assert_string_equal(jem_json_str(json_array_get(rows, 0), "class", ""), "broken");
    if (strstr(jem_json_str(json_array_get(rows, 0), "reason", ""), reason) == NULL)
        fail_msg("wrong reason: %s", jem_json_str(json_array_get(rows, 0), "reason", ""));
    json_decref(rows);
}

/* A root with this message behind its subject, on events from `from` on. */
static void root_refused(struct lane *l, struct forged f, const char *line, const char *reason)
{
    char message[300];
    git_oid truth = oid_of(l->truth);
    snprintf(message, sizeof message, "segment 1: events 1-2%s%s", line[0] == '\0' ? "" : "\n\n", line);
    f.no_parent = true;
    f.message = message;
    git_oid made = forge_on(l, &f, &truth);
    part_refused(l, &made, reason);
}

static void event_hash(struct jem_store *store, uint64_t seq, char hex[65])
{
    struct jem_error err = { 0 };
    struct jem_event e;
    assert_int_equal(jem_store_event(store, &(struct jem_event_id){ 3, 0, 1, seq }, &e, &err), JEM_OK);
    jem_hex(e.hash, 32, hex);
    jem_event_release(&e);
}

static void test_roots(void **state)
{
    struct regency r;
    struct lane l;
    struct jem_error err = { 0 };
    unsigned char pk[32], stranger[64];
    struct jem_seal_plan plan = van_plan();
    char line[200], hash[65], ahead[65];
    (void)state;
    regency_make(&r, 2);
    crypto_sign_keypair(pk, stranger);
    regency_apply_many(r.van[0], 20, 1);
    regency_apply_many(r.van[1], 20, 2);
    regency_sync(&r, 0);
    regency_sync(&r, 1);
    uint64_t last = regency_count(r.hq, 3, 0);
    regency_apply_many(r.van[0], 30, 3);
    lane_open(&l, &r, r.van[0], &plan);
    event_hash(r.van[0], last, hash);
    event_hash(r.van[0], last + 5, ahead);

    snprintf(line, sizeof line, "part 1.2 after 1.%d %064d", (int)last, 0);
    root_refused(&l, (struct forged){ .from = last + 1 }, line, "not known here");
    snprintf(line, sizeof line, "part 1.2 after 1.%d %s", (int)last + 5, ahead);
    root_refused(&l, (struct forged){ .from = last + 6 }, line, "not known here");
    snprintf(line, sizeof line, "part 1.2 after 1.%d %s", (int)last, hash);
    root_refused(&l, (struct forged){ .from = last + 2 }, line, "do not continue");
    root_refused(&l, (struct forged){ .from = last + 1, .sign_secret = stranger }, line, "signature");
    root_refused(&l, (struct forged){ .from = last + 1, .unsigned_commit = true }, line, "not signed");
    snprintf(line, sizeof line, "part 1.3 after 1.%d %s", (int)last, hash);
    root_refused(&l, (struct forged){ .from = last + 1 }, line, "does not belong to the part");
    snprintf(line, sizeof line, "part 1.2 after 1.%d %s ", (int)last, hash);
    root_refused(&l, (struct forged){ .from = last + 1 }, line, "does not belong to the part");
    root_refused(&l, (struct forged){ .from = last + 1 }, "", "does not belong to the part");
    root_refused(&l, (struct forged){ .from = 1 }, "part 1.2 before 1.1", "does not belong to the part");
    root_refused(&l, (struct forged){ .from = last + 1 }, "part 1.2", "do not continue");

    /* a part under another name; a part of another van */
    git_oid truth = oid_of(l.truth);
    part_refused(&l, &truth, "does not belong to the part");
    char other[JEM_OID_HEX];
    regency_head(&r, "hub.git", "refs/heads/van/7/1.1", other);
    git_oid foreign = oid_of(other);
    part_refused(&l, &foreign, "signature");

    /* the true one is taken, whatever stood there before */
    char message[300];
    snprintf(message, sizeof message, "segment 1: events %d-%d\n\npart 1.2 after 1.%d %s", (int)last + 1,
        (int)last + 10, (int)last, hash);
    git_oid good = forge_on(&l, &(struct forged){ .from = last + 1, .no_parent = true, .message = message }, &truth);
    lane_serve(&l, "refs/heads/van/3/1.2", &good);
    struct jem_round_report report = regency_merge(&r);
    assert_int_equal(report.quarantined, 0);
    assert_int_equal(report.accepted_events, 10);
    json_t *rows = NULL;
    assert_int_equal(jem_store_quarantine(r.hq, &rows, &err), JEM_OK);
    assert_int_equal(json_array_size(rows), 0);
    json_decref(rows);
    lane_close(&l);
    regency_free(&r);
}

static void test_foreign_refs(void **state)
{
    static const char *const names[] = { "refs/heads/van/99/1.1", "refs/heads/van/03/1.1", "refs/heads/van/x/1.1",
        "refs/heads/scan/99/1.1" };
    struct regency r;
    struct jem_error err = { 0 };
    json_t *rows = NULL;
    (void)state;
    regency_make(&r, 1);
    regency_apply_many(r.van[0], 5, 1);
    regency_sync(&r, 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(regency_git(&r, "-C hub.git update-ref %s refs/heads/van/3/1.1", names[i]), 0);
    regency_apply_many(r.van[0], 5, 2);
    regency_van(&r, 0);
    struct jem_round_report report = regency_merge(&r);
    assert_int_equal(report.accepted_events, 5);
    assert_int_equal(report.quarantined, 4);
    assert_int_equal(jem_store_quarantine(r.hq, &rows, &err), JEM_OK);
    assert_int_equal(json_array_size(rows), 4);
    json_decref(rows);
    regency_free(&r);
}

/* ---- van ---- */

static void van_refuses(struct lane *l, const git_oid *served, const char *reason)
{
    uint64_t before = regency_count(l->r->van[0], 0, 3);
    regency_apply_many(l->r->van[0], 1, 50);
    lane_serve(l, l->plan.ref, served);
    struct jem_round_report report = regency_van(l->r, 0);
    if (strstr(report.refused, reason) == NULL || report.refused[0] == '\0')
        fail_msg("wrong reason: %s", report.refused);
    assert_int_equal(report.received_events, 0);
    assert_int_equal(report.pushed_events, 1); /* a bad feed does not keep the van's own records back */
    assert_int_equal(regency_count(l->r->van[0], 0, 3), before);
    lane_restore(l);
    assert_string_equal(regency_van(l->r, 0).refused, "");
    assert_int_equal(regency_count(l->r->van[0], 0, 3), before);
}

static void test_van(void **state)
{
    struct regency r;
    struct lane l;
    struct jem_seal_plan plan = { .ref = "refs/heads/feed/3/1.1",
        .stream = { 0, 3, 1, 0 },
        .peer = 3,
        .max_events = 100,
        .max_bytes = 1 << 20 };
    unsigned char pk[32], stranger[64];
    char older[JEM_OID_HEX];
    (void)state;
    regency_make(&r, 1);
    crypto_sign_keypair(pk, stranger);
    for (unsigned i = 0; i < 3; i++) {
        regency_apply_many(r.van[0], 4, i);
        regency_sync(&r, 0);
    }
    uint64_t number = regency_apply(r.van[0], "3273014501900007", "Siti");
    regency_sync(&r, 0);
    lane_open(&l, &r, r.hq, &plan);
    regency_decide(r.hq, number, "submitted", "verified");
    regency_decide(r.hq, number, "verified", "in_process");

    git_oid truth = oid_of(l.truth), made;
    made = forge_on(&l, &(struct forged){ .sign_secret = stranger }, &truth);
    van_refuses(&l, &made, "signature");
    made = forge_on(&l, &(struct forged){ .unsigned_commit = true }, &truth);
    van_refuses(&l, &made, "not signed");
    made = forge_on(&l, &(struct forged){ .skip = 1 }, &truth);
    van_refuses(&l, &made, "do not continue");
    made = forge_on(&l, &(struct forged){ .from = 1 }, &truth);
    van_refuses(&l, &made, "do not continue");
    made = forge_on(&l, &(struct forged){ .two_files = true }, &truth);
    van_refuses(&l, &made, "exactly the one file");
    made = forge_on(&l, &(struct forged){ .no_parent = true, .from = 1 }, &truth);
    van_refuses(&l, &made, "rewritten");
    /* a good commit followed by a bad one: the feed is taken whole or not at all */
    git_oid first = forge_on(&l, &(struct forged){ .events = 1 }, &truth);
    made = forge_on(&l, &(struct forged){ .sign_secret = stranger }, &first);
    van_refuses(&l, &made, "signature");
    regency_head(&r, "hub.git", "refs/heads/feed/3/1.1~1", older);
    made = oid_of(older);
    van_refuses(&l, &made, "older state");

    /* and the true feed still gets through */
    regency_merge(&r);
    regency_publish(&r);
    struct jem_round_report report = regency_van(&r, 0);
    assert_string_equal(report.refused, "");
    assert_true(report.received_events >= 2);
    regency_same(r.van[0], r.hq, 0, 3);
    assert_int_equal(report.pending_events, 0);
    lane_close(&l);
    regency_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hq),
        cmocka_unit_test(test_roots),
        cmocka_unit_test(test_foreign_refs),
        cmocka_unit_test(test_van),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
