/* test_revoke.c - the law of revocation: in any order of recording, sending, merging, revoking, admitting and refusing, headquarters
 * has exactly what came in time and what a person admitted, and its views are those of its log; and a van that is given another
 * laptop has all of that again. */
// room: sync
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "jemput/codec.h"
#include "jemput/keys.h"
#include "jemput/late.h"
#include "prop.h"
#include "regency_law.h"
#include "unit.h"

#define REF "refs/heads/van/3/1.1"

static void good(enum jem_code code, const struct jem_error *err)
{
    if (code != JEM_OK)
        fail_msg("%s: %s", jem_code_name(code), err->msg);
}

/* The quarantined head of van 3's records; "" when nothing of it is held. */
static void held(struct jem_store *hq, char head[41], char cls[8])
{
    struct jem_error err = { 0 };
    json_t *list = NULL, *it;
    size_t i;
    good(jem_store_quarantine(hq, &list, &err), &err);
    head[0] = cls[0] = '\0';
    json_array_foreach(list, i, it)
    {
        if (strcmp(jem_json_str(it, "ref", ""), REF) != 0)
            continue;
        snprintf(head, 41, "%s", jem_json_str(it, "head", ""));
        snprintf(cls, 8, "%s", jem_json_str(it, "class", ""));
    }
    json_decref(list);
}

/* Views rebuilt from the log are those that grew with it. */
static void same_views(struct jem_store *store)
{
    struct jem_error err = { 0 };
    json_t *grown = NULL, *rebuilt = NULL;
    good(jem_store_audit(store, false, &grown, &err), &err);
    good(jem_store_audit(store, true, &rebuilt, &err), &err);
    assert_string_equal(jem_json_str(grown, "digest", "a"), jem_json_str(rebuilt, "digest", "b"));
    assert_true(jem_json_bool(rebuilt, "views_equal", false));
    json_decref(grown);
    json_decref(rebuilt);
}

struct model {
    bool revoked, refused;
    uint64_t pushed, taken; /* events of van 3 on the hub, and that headquarters may have once revoked */
    char refused_at[41];
};

static void check(struct regency *r, const struct model *m)
{
    char head[41], cls[8];
    uint64_t want = m->revoked ? m->taken : m->pushed, have = regency_count(r->hq, 3, 0);
    if (have != want)
        fail_msg("headquarters has %" PRIu64 " events of %" PRIu64, have, want);
    held(r->hq, head, cls);
    if (m->refused && strcmp(head, m->refused_at) == 0)
        fail_msg("refused at this head, and shown again");
    if (head[0] != '\0')
        assert_string_equal(cls, "late");
}

/* Admits up to a commit that the generator chooses, as a person does after a look. */
static void admit(struct regency *r, struct prop *g, struct model *m)
{
    char head[41], cls[8], upto[41];
    struct jem_error err = { 0 };
    struct jem_round_report report;
    json_t *look = NULL;
    held(r->hq, head, cls);
    if (head[0] == '\0')
        return;
    good(jem_late_look(r->hq, REF, head, true, &look, &err), &err);
    json_t *steps = json_object_get(look, "steps");
    size_t count = json_array_size(steps), pick = prop_below(g, count);
    assert_int_equal(count, jem_json_int(look, "commits", 0));
    assert_int_equal(count, jem_json_int(look, "holds", -1));
    uint64_t before = m->taken;
    for (size_t i = 0; i <= pick; i++)
        m->taken += (uint64_t)jem_json_int(json_array_get(steps, i), "events", 0);
    snprintf(upto, sizeof upto, "%s", jem_json_str(json_array_get(steps, pick), "head", ""));
    json_decref(look);
    regency_rule(r->hq, REF, upto, true);
    good(jem_round_admit(r->hq, REGENCY_USER, REF, head, &report, &err), &err);
    assert_int_equal(report.accepted_events, m->taken - before);
}

static void refuse(struct regency *r, struct model *m)
{
    char head[41], cls[8];
    held(r->hq, head, cls);
    if (head[0] == '\0')
        return;
    regency_rule(r->hq, REF, head, false);
    m->refused = true;
    snprintf(m->refused_at, sizeof m->refused_at, "%s", head);
    held(r->hq, head, cls);
    assert_string_equal(head, "");
}

static void act(struct regency *r, struct prop *g, struct model *m)
{
    switch (prop_below(g, 8)) {
    case 0:
    case 1: regency_apply_many(r->van[0], (unsigned)(1 + prop_below(g, 4)), (unsigned)prop_below(g, 1000)); break;
    case 2:
    case 3:
        regency_van(r, 0);
        m->pushed = regency_count(r->van[0], 3, 0);
        break;
    case 4:
        regency_merge(r);
        check(r, m);
        break;
    case 5: regency_publish(r); break;
    case 6:
        if (prop_below(g, 3) == 0) {
            m->taken = regency_count(r->hq, 3, 0);
            m->revoked = true;
            regency_revoke(r->hq, 3);
        } else if (m->revoked) {
            admit(r, g, m);
            check(r, m);
        }
        break;
    default:
        if (m->revoked)
            refuse(r, m);
    }
}

/* The old laptop steps aside for the new one, which gets everything; what the old one sends is held. */
static void replace(struct regency *r, struct model *m)
{
    char head[41], cls[8];
    uint16_t inc = 0;
    struct jem_error err = { 0 };
    struct jem_stream_head own, theirs;
    uint64_t accepted = regency_count(r->hq, 3, 0);
    struct jem_store *old = r->van[0];
    r->van[0] = regency_reissue(r, 0, "fresh", &inc);
    assert_true(inc > 1);
    regency_apply_many(r->van[0], 3, 77);
    for (int i = 0; i < 2; i++) {
        regency_van(r, 0);
        regency_merge(r);
        regency_publish(r);
    }
    struct jem_round_report report = regency_van(r, 0);
    assert_string_equal(report.refused, "");
    regency_same(r->van[0], r->hq, 3, 0);
    regency_same(r->van[0], r->hq, 0, 3);
    good(jem_store_head(r->van[0], 3, 0, inc, &own, &err), &err);
    good(jem_store_head(r->hq, 3, 0, inc, &theirs, &err), &err);
    assert_int_equal(own.last.seq, theirs.last.seq);
    assert_true(own.last.seq >= 3);
    assert_memory_equal(own.hash, theirs.hash, 32);

    struct jem_store *fresh = r->van[0];
    r->van[0] = old;
    regency_apply_many(old, 2, 78);
    static const struct jem_round_options plain;
    good(jem_round_van(old, &plain, &report, &err), &err);
    m->pushed = regency_count(old, 3, 0);
    regency_merge(r);
    assert_int_equal(regency_count(r->hq, 3, 0), accepted);
    held(r->hq, head, cls);
    assert_string_equal(cls, "late");
    m->revoked = true;
    m->taken = accepted;
    struct prop last = { 1 };
    admit(r, &last, m);
    regency_publish(r);
    r->van[0] = fresh;
    regency_van(r, 0);
    regency_same(r->van[0], r->hq, 3, 0);
    jem_store_close(old);
}

static void test_law(void **state)
{
    (void)state;
    struct prop g = prop_start("revoke");
    for (size_t round = prop_rounds(3); round-- > 0;) {
        struct regency r;
        struct model m = { .revoked = false };
        regency_make(&r, 1);
        for (int i = 0; i < 60; i++)
            act(&r, &g, &m);
        regency_van(&r, 0);
        m.pushed = regency_count(r.van[0], 3, 0);
        regency_merge(&r);
        check(&r, &m);
        same_views(r.hq);
        replace(&r, &m);
        same_views(r.hq);
        same_views(r.van[0]);
        regency_hub_clean(&r);
        regency_free(&r);
    }
}

/* What is broken tells why, and is not taken whatever was ruled. */
static void test_broken(void **state)
{
    (void)state;
    struct regency r;
    struct jem_error err = { 0 };
    struct jem_round_report report;
    json_t *list = NULL, *look = NULL;
    regency_make(&r, 2);
    regency_apply_many(r.van[0], 3, 5);
    regency_sync(&r, 0);
    assert_int_equal(regency_git(&r, "-C hub.git update-ref refs/heads/van/7/1.1 " REF), 0);
    regency_merge(&r);
    good(jem_store_quarantine(r.hq, &list, &err), &err);
    assert_int_equal(json_array_size(list), 1);
    const char *head = jem_json_str(json_array_get(list, 0), "head", "");
    assert_string_equal(jem_json_str(json_array_get(list, 0), "class", ""), "broken");
    good(jem_late_look(r.hq, "refs/heads/van/7/1.1", head, true, &look, &err), &err);
    assert_int_equal(jem_json_int(look, "holds", -1), 0);
    assert_true(jem_json_int(look, "commits", 0) > 0);
    assert_string_not_equal(jem_json_str(look, "wrong", ""), "");
    json_decref(look);
    regency_rule(r.hq, "refs/heads/van/7/1.1", head, true);
    good(jem_round_admit(r.hq, REGENCY_USER, "refs/heads/van/7/1.1", head, &report, &err), &err);
    assert_int_equal(report.accepted_events, 0);
    assert_int_equal(regency_count(r.hq, 7, 0), 0);
    assert_int_equal(jem_late_look(r.hq, REF, "zz", false, &look, &err), JEM_EINVAL);
    assert_int_equal(jem_round_admit(r.hq, REGENCY_USER, "refs/heads/lain", head, &report, &err), JEM_EINVAL);
    json_decref(list);
    regency_free(&r);
}

/* A revoked van hears that it is, and nothing after it; the laptop that replaces it gets the rest. */
static void test_silence(void **state)
{
    (void)state;
    struct regency r;
    struct model m = { .revoked = false };
    char before[4096], after[4096];
    regency_make(&r, 2);
    uint64_t number = regency_apply(r.van[0], "3273014501900007", "Siti");
    regency_sync(&r, 0);
    uint64_t heard = regency_count(r.van[0], 0, 3);
    regency_revoke(r.hq, 3);
    regency_decide(r.hq, number, "submitted", "verified");
    regency_apply_many(r.van[1], 3, 9); /* news of the district */
    regency_sync(&r, 1);
    assert_int_equal(regency_van(&r, 0).received_events, 1);
    assert_int_equal(regency_count(r.van[0], 0, 3), heard + 1);
    regency_refs(&r, before, sizeof before);
    uint64_t written = regency_count(r.hq, 0, 3);
    assert_true(written > heard + 1);
    regency_apply_many(r.van[1], 3, 10);
    regency_van(&r, 1);
    regency_merge(&r);
    regency_decide(r.hq, number, "verified", "in_process");
    regency_publish(&r);
    assert_int_equal(regency_van(&r, 0).received_events, 0);
    assert_int_equal(regency_count(r.hq, 0, 3), written + 1); /* the decision, and no news */
    regency_refs(&r, after, sizeof after);
    const char *a = strstr(before, "refs/heads/feed/3/"), *b = strstr(after, "refs/heads/feed/3/");
    assert_non_null(a);
    assert_non_null(b);
    assert_memory_equal(a - 48, b - 48, 40); /* the feed stands where it stood */
    replace(&r, &m);
    regency_hub_clean(&r);
    regency_free(&r);
}

/* The place of a commit that was accepted. */
static void test_place(void **state)
{
    (void)state;
    struct regency r;
    struct jem_error err = { 0 };
    struct jem_event_id at;
    char head[JEM_OID_HEX];
    regency_make(&r, 1);
    regency_apply_many(r.van[0], 3, 5);
    regency_sync(&r, 0);
    regency_head(&r, "van3/ledger.git", REF, head);
    head[9] = '\0';
    good(jem_late_place(r.hq, 3, head, &at, &err), &err);
    assert_int_equal(at.seq, regency_count(r.hq, 3, 0));
    assert_int_equal(at.inc, 1);
    assert_int_equal(at.writer, 3);
    assert_int_equal(jem_late_place(r.hq, 3, "000000000", &at, &err), JEM_ENOTFOUND);
    head[3] = '\0';
    assert_int_equal(jem_late_place(r.hq, 3, head, &at, &err), JEM_ENOTFOUND);
    regency_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_law),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
