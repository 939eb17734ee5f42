// room: sync
/* test_bundle.c - a regency without a network: what crosses on sticks, by mules, twice, out of order, cut and forged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle_file.h"
#include "jemput/bundle.h"
#include "jemput/file.h"
#include "prop.h"
#include "regency.h"
#include "unit.h"

static const char *stick(const struct regency *r, const char *name)
{
    static char path[4][128];
    static unsigned at;
    at = (at + 1) % 4;
    snprintf(path[at], sizeof path[at], "%s/%s", r->root, name);
    return path[at];
}

static struct jem_bundle_report put_with(const struct regency *r, struct jem_store *from, const char *name,
    const struct jem_bundle_options *options)
{
    struct jem_bundle_report report;
    struct jem_error err = { 0 };
    if (jem_bundle_export(from, stick(r, name), options, &report, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    return report;
}

static struct jem_bundle_report put(const struct regency *r, struct jem_store *from, const char *name, unsigned van)
{
    return put_with(r, from, name, &(struct jem_bundle_options){ .van = van });
}

static struct jem_bundle_report get(const struct regency *r, struct jem_store *to, const char *name)
{
    struct jem_bundle_report report;
    struct jem_error err = { 0 };
    if (jem_bundle_import(to, REGENCY_USER, stick(r, name), &report, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    return report;
}

static int64_t count_of(struct jem_store *store, const char *key)
{
    struct jem_error err = { 0 };
    json_t *counts = NULL;
    assert_int_equal(jem_store_counts(store, &counts, &err), JEM_OK);
    int64_t n = jem_json_int(counts, key, -1);
    json_decref(counts);
    return n;
}

/* Both sides hold the same streams of van i, and nothing of it waits. */
static void agreed(struct regency *r, unsigned i)
{
    regency_same(r->van[i], r->hq, regency_number[i], 0);
    regency_same(r->van[i], r->hq, 0, regency_number[i]);
    assert_int_equal(count_of(r->van[i], "pending_events"), 0);
    assert_int_equal(count_of(r->van[i], "pending_documents"), 0);
}

/* Everything that an import can change at HQ, as one text. */
static char *hq_state(struct regency *r)
{
    struct jem_error err = { 0 };
    json_t *audit = NULL;
    struct jem_buf out = JEM_BUF_INIT(1 << 20);
    assert_int_equal(jem_store_audit(r->hq, false, &audit, &err), JEM_OK);
    assert_int_equal(regency_git(r, "-C hq/ledger.git for-each-ref refs/heads refs/accepted refs/bundle refs/known "
                                    ">refs 2>/dev/null; true"), /* no ledger yet: no refs */
        0);
    assert_int_equal(jem_file_read(stick(r, "refs"), 1 << 20, &out, &err), JEM_OK);
    jem_buf_fmt(&out, "%s %" JSON_INTEGER_FORMAT, jem_json_str(audit, "digest", "?"),
        (json_int_t)jem_json_int(audit, "events", -1));
    json_decref(audit);
    char *text = strdup(jem_buf_text(&out));
    jem_buf_release(&out);
    return text;
}

static void test_cross(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 2);
    for (unsigned i = 0; i < 2; i++) {
        regency_apply_many(r.van[i], 700, i + 1);
        uint64_t number = regency_apply(r.van[i], "3273014501900007", "Siti Zulaikha");
        regency_attach(r.van[i], number, 300000, i + 5);
    }
    for (unsigned i = 0; i < 2; i++) {
        uint64_t events = regency_count(r.van[i], regency_number[i], 0);
        struct jem_bundle_report out = put(&r, r.van[i], "out", 0);
        assert_int_equal(out.refs, 2);
        assert_int_equal(out.events, events);
        assert_int_equal(out.documents, 2);
        assert_in_range(out.bytes, 300000, 400000);
        /* the first file stands alone: stock git checks it, lists it, clones it */
        assert_int_equal(regency_git(&r, "-C hub.git bundle verify ../out"), 0);
        assert_int_equal(regency_git(&r, "clone -q --bare out clone%u", i), 0);
        assert_int_equal(regency_git(&r, "-C clone%u fsck --strict", i), 0);
        struct jem_bundle_report in = get(&r, r.hq, "out");
        assert_int_equal(in.events, events);
        assert_int_equal(in.documents, 2);
        assert_int_equal(in.quarantined, 0);
        assert_string_equal(in.refused, "");
        assert_int_equal(in.duplicates, i);
    }
    for (unsigned i = 0; i < 2; i++) {
        struct jem_bundle_report out = put(&r, r.hq, "back", regency_number[i]);
        assert_int_equal(out.refs, 1);
        assert_int_equal(out.events, regency_count(r.hq, 0, regency_number[i]));
        assert_true(get(&r, r.van[i], "back").events > 0);
        agreed(&r, i);
    }

    /* the second file builds on what HQ has acknowledged, HQ's answer on what the van has said that it has */
    regency_apply(r.van[0], "3273014501900008", "Budi");
    struct jem_bundle_report out = put(&r, r.van[0], "out", 0);
    assert_int_equal(out.events, 1);
    assert_int_equal(out.documents, 0);
    assert_true(out.bytes < 3000);
    assert_int_not_equal(regency_git(&r, "clone -q --bare out half"), 0);
    assert_int_equal(regency_git(&r, "-C hq/ledger.git bundle verify ../../out"), 0);
    assert_int_equal(get(&r, r.hq, "out").events, 1);
    out = put(&r, r.hq, "back", 3);
    assert_int_equal(out.events, 1);
    assert_int_equal(regency_git(&r, "-C van3/ledger.git bundle verify ../../back"), 0);
    assert_int_equal(get(&r, r.van[0], "back").events, 1);
    agreed(&r, 0);

    /* nothing new: the file says so, and may be imported like any other */
    out = put(&r, r.van[0], "out", 0);
    assert_int_equal(out.events, 0);
    assert_int_equal(get(&r, r.hq, "out").events, 0);
    assert_int_equal(put(&r, r.hq, "back", 3).events, 0);
    assert_int_equal(get(&r, r.van[0], "back").events, 0);
    for (int i = 0; i < 3; i++) {
        static const char *const repositories[] = { "hq", "van3", "van7" };
        assert_int_equal(regency_git(&r, "-C %s/ledger.git fsck --strict --full", repositories[i]), 0);
    }
    regency_free(&r);
}

static void test_order(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 1);
    regency_apply_many(r.van[0], 30, 1);
    uint64_t number = regency_apply(r.van[0], "3273014501900007", "Siti");
    regency_attach(r.van[0], number, 200000, 1);
    put(&r, r.van[0], "one", 0);
    regency_apply_many(r.van[0], 20, 2);
    put(&r, r.van[0], "two", 0); /* holds what "one" holds: nothing was acknowledged */
    assert_int_equal(get(&r, r.hq, "two").events, 53);
    char *before = hq_state(&r);
    for (int i = 0; i < 2; i++) { /* older, then the same again */
        struct jem_bundle_report in = get(&r, r.hq, i == 0 ? "one" : "two");
        assert_int_equal(in.events + in.documents + in.quarantined, 0);
        assert_string_equal(in.refused, "");
    }
    free(before);
    before = hq_state(&r);
    get(&r, r.hq, "two");
    char *after = hq_state(&r);
    assert_string_equal(before, after);
    free(before);
    free(after);

    put(&r, r.hq, "answer1", 3);
    regency_decide(r.hq, number, "submitted", "verified");
    put(&r, r.hq, "answer2", 3);
    assert_true(get(&r, r.van[0], "answer2").events > 0);
    for (int i = 0; i < 2; i++) {
        struct jem_bundle_report in = get(&r, r.van[0], i == 0 ? "answer1" : "answer2");
        assert_int_equal(in.events, 0);
        assert_string_equal(in.refused, "");
    }
    agreed(&r, 0);

    /* a file whose predecessor never came is refused whole, and tells what helps; with it, it is taken */
    regency_apply_many(r.van[0], 5, 3);
    put(&r, r.van[0], "three", 0);
    struct regency other;
    struct jem_error err = { 0 };
    struct jem_bundle_report report;
    regency_make(&other, 1); /* another HQ: it has none of this van's records */
    before = hq_state(&other);
    assert_int_equal(jem_bundle_import(other.hq, REGENCY_USER, stick(&r, "three"), &report, &err), JEM_EINVAL);
    assert_non_null(strstr(err.msg, "--full"));
    after = hq_state(&other);
    assert_string_equal(before, after);
    free(before);
    free(after);
    struct jem_bundle_report full = put_with(&r, r.van[0], "full", &(struct jem_bundle_options){ .full = true });
    assert_int_equal(full.events, 58);
    assert_int_equal(regency_git(&r, "clone -q --bare full whole"), 0);
    regency_free(&other);
    assert_int_equal(get(&r, r.hq, "full").events, 5);
    regency_free(&r);
}

/* Van 7 meets van 3 in a village, again and again; HQ meets only van 7. */
static void test_mule(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 2);
    regency_apply_many(r.van[1], 10, 9);
    for (unsigned k = 0; k < 3; k++) {
        regency_apply_many(r.van[0], 15 + k, k + 1);
        uint64_t number = regency_apply(r.van[0], "3273014501900007", "Siti Zulaikha");
        regency_attach(r.van[0], number, 90000, k + 20);
        put(&r, r.van[0], "met", 0);
        struct jem_bundle_report met = get(&r, r.van[1], "met");
        assert_int_equal(met.carried, 2);
        assert_int_equal(met.events, 0);
        assert_int_equal(get(&r, r.van[1], "met").carried, 0);
        assert_int_equal(regency_count(r.van[1], 3, 0), 0); /* it reads nothing */
        struct jem_bundle_report out = put(&r, r.van[1], "out", 0);
        assert_int_equal(out.carried, 2);
        struct jem_bundle_report in = get(&r, r.hq, "out");
        assert_int_equal(in.quarantined, 0);
        assert_string_equal(in.refused, "");
        assert_int_equal(in.documents, 2);
        assert_int_equal(in.events, 15 + k + 2 + (k == 0 ? 12 : 0));
        put(&r, r.hq, "for7", 7);
        put(&r, r.hq, "for3", 3);
        get(&r, r.van[1], "for7");
        assert_int_equal(get(&r, r.van[1], "for3").carried, 1);
        assert_int_equal(put(&r, r.van[1], "handed", 3).carried, 1);
        assert_true(get(&r, r.van[0], "handed").events > 0);
        agreed(&r, 0);
        agreed(&r, 1);
    }
    /* what is carried never enters the mule's own ledger */
    assert_int_equal(regency_git(&r, "-C van7/ledger.git for-each-ref >o && ! grep '/3$' o"), 0);
    assert_int_equal(regency_git(&r, "-C van7/ledger.git fsck --strict --full"), 0);
    regency_free(&r);
}

/* A mule that finds a link hands to the hub what it carries, and lets go of it. */
static void test_mule_hub(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 2);
    regency_apply_many(r.van[0], 15, 1);
    uint64_t number = regency_apply(r.van[0], "3273014501900007", "Siti");
    regency_attach(r.van[0], number, 90000, 20);
    put(&r, r.van[0], "met", 0);
    get(&r, r.van[1], "met");
    regency_van(&r, 1);
    assert_false(jem_path_exists(stick(&r, "van7/carry")));
    struct jem_round_report merged = regency_merge(&r);
    assert_int_equal(merged.accepted_events, 19); /* van 7 was enrolled with one event */
    assert_int_equal(merged.accepted_documents, 2);
    regency_publish(&r);
    regency_van(&r, 0);
    agreed(&r, 0);

    /* now only the end of the lane is carried: the hub has what it stands on */
    regency_apply_many(r.van[0], 5, 2);
    put(&r, r.van[0], "met", 0);
    assert_int_equal(get(&r, r.van[1], "met").carried, 1);
    regency_van(&r, 1);
    assert_false(jem_path_exists(stick(&r, "van7/carry")));
    assert_int_equal(regency_merge(&r).accepted_events, 5);

    /* what van 3 brought itself meanwhile is let go as well */
    regency_apply_many(r.van[0], 5, 3);
    put(&r, r.van[0], "met", 0);
    get(&r, r.van[1], "met");
    assert_true(jem_path_exists(stick(&r, "van7/carry")));
    regency_apply_many(r.van[0], 5, 4);
    regency_van(&r, 0);
    regency_van(&r, 1);
    assert_false(jem_path_exists(stick(&r, "van7/carry")));
    assert_int_equal(regency_merge(&r).accepted_events, 10);
    regency_hub_clean(&r);
    regency_free(&r);
}

/* A hub that stands behind what a stick brought has not rolled back: nobody is told so. */
static void test_hub_behind(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 1);
    regency_apply_many(r.van[0], 10, 1);
    uint64_t number = regency_apply(r.van[0], "3273014501900007", "Siti");
    regency_attach(r.van[0], number, 30000, 2);
    regency_sync(&r, 0);
    regency_apply_many(r.van[0], 5, 2);
    regency_attach(r.van[0], number, 30000, 3);
    put(&r, r.van[0], "out", 0);
    assert_int_equal(get(&r, r.hq, "out").events, 6);
    struct jem_round_report merged = regency_merge(&r);
    assert_int_equal(merged.quarantined, 0);
    assert_int_equal(merged.accepted_events, 0);
    put(&r, r.hq, "back", 3);
    get(&r, r.van[0], "back");
    agreed(&r, 0);
    struct jem_round_report sent = regency_van(&r, 0); /* the hub's feed is older than the van's */
    assert_string_equal(sent.refused, "");
    assert_int_equal(sent.pushed_events, 6);
    assert_int_equal(regency_merge(&r).quarantined, 0);
    regency_publish(&r);
    assert_string_equal(regency_van(&r, 0).refused, "");
    agreed(&r, 0);
    /* a hub that does roll back is told as ever */
    assert_int_equal(regency_git(&r, "-C hub.git update-ref refs/heads/van/3/1.1 refs/heads/van/3/1.1^"), 0);
    regency_apply_many(r.van[0], 1, 7);
    regency_van(&r, 0);
    assert_int_equal(regency_merge(&r).accepted_events, 1);
    assert_int_equal(regency_git(&r, "-C hub.git update-ref refs/heads/van/3/1.1 refs/heads/van/3/1.1^"), 0);
    assert_int_equal(regency_merge(&r).quarantined, 1);
    regency_free(&r);
}

static void write_file(const struct regency *r, const char *name, const void *p, size_t n)
{
    struct jem_error err = { 0 };
    assert_int_equal(jem_file_write(stick(r, name), p, n, 0600, &err), JEM_OK);
}

static void test_damage(void **state)
{
    struct regency r;
    struct jem_error err = { 0 };
    struct jem_bundle_report report;
    struct jem_buf whole = JEM_BUF_INIT(1 << 22);
    (void)state;
    regency_make(&r, 1);
    regency_apply_many(r.van[0], 200, 1);
    uint64_t number = regency_apply(r.van[0], "3273014501900007", "Siti");
    regency_attach(r.van[0], number, 120000, 1);
    put(&r, r.van[0], "out", 0);
    assert_int_equal(jem_file_read(stick(&r, "out"), 1 << 22, &whole, &err), JEM_OK);
    char *before = hq_state(&r);
    size_t cuts = 0;
    for (size_t n = 0; n < whole.len; n = n < 512 ? n + 37 : (n / 4096 + 1) * 4096) {
        write_file(&r, "cut", whole.data, n);
        enum jem_code code = jem_bundle_import(r.hq, REGENCY_USER, stick(&r, "cut"), &report, &err);
        assert_true(code == JEM_EINVAL || code == JEM_ECORRUPT);
        cuts++;
    }
    assert_true(cuts > 40);
    char *after = hq_state(&r);
    assert_string_equal(before, after);
    free(after);
    /* one wrong byte: in the pack nothing is taken; in the header at most a lane under a wrong name, which does not hold */
    struct prop g = { 77 };
    for (int i = 0; i < 60; i++) {
        size_t at = i < 20 ? (size_t)prop_below(&g, 160) : (size_t)prop_below(&g, whole.len);
        whole.data[at] ^= 1;
        write_file(&r, "bad", whole.data, whole.len);
        enum jem_code code = jem_bundle_import(r.hq, REGENCY_USER, stick(&r, "bad"), &report, &err);
        if (at >= 160)
            assert_int_equal(code, JEM_ECORRUPT);
        whole.data[at] ^= 1;
    }
    free(before);
    assert_int_equal(get(&r, r.hq, "out").quarantined, 0);
    regency_same(r.van[0], r.hq, 3, 0);
    assert_int_equal(regency_git(&r, "-C hq/ledger.git fsck --strict --full"), 0);

    /* the same at a van, which also carries */
    put(&r, r.hq, "back", 3);
    jem_buf_clear(&whole);
    assert_int_equal(jem_file_read(stick(&r, "back"), 1 << 22, &whole, &err), JEM_OK);
    uint64_t feed = regency_count(r.van[0], 0, 3);
    for (size_t n = 0; n < whole.len; n += 199) {
        write_file(&r, "cut", whole.data, n);
        assert_int_not_equal(jem_bundle_import(r.van[0], REGENCY_USER, stick(&r, "cut"), &report, &err), JEM_OK);
    }
    assert_int_equal(regency_count(r.van[0], 0, 3), feed);
    assert_false(jem_path_exists(stick(&r, "van3/carry")));
    get(&r, r.van[0], "back");
    agreed(&r, 0);
    jem_buf_release(&whole);
    regency_free(&r);
}

static void quarantined_ref(struct regency *r, const char *ref)
{
    struct jem_error err = { 0 };
    json_t *rows = NULL;
    assert_int_equal(jem_store_quarantine(r->hq, &rows, &err), JEM_OK);
    assert_int_equal(json_array_size(rows), 1);
    assert_string_equal(jem_json_str(json_array_get(rows, 0), "ref", ""), ref);
    json_decref(rows);
    assert_int_equal(jem_store_quarantine_clear(r->hq, ref, &err), JEM_OK);
}

static void test_foreign(void **state)
{
    struct regency r;
    struct jem_error err = { 0 };
    struct jem_bundle_report report;
    (void)state;
    regency_make(&r, 2);
    regency_apply_many(r.van[0], 10, 1);
    put(&r, r.van[0], "out", 0);
    assert_int_equal(regency_git(&r, "clone -q --bare out forge"), 0);
    assert_int_equal(regency_git(&r, "-C forge commit-tree -m 'segment 2: events 11-20' -p refs/heads/van/3/1.1 "
                                     "'refs/heads/van/3/1.1^{tree}' >forge/new && test -s forge/new"),
        0);
#define FORGE(refs)                                                                                              \
    assert_int_equal(regency_git(&r, "-C forge for-each-ref --format='delete %%(refname)' >del && git -C forge " \
                                     "update-ref --stdin <del"),                                                 \
        0);                                                                                                      \
    assert_int_equal(regency_git(&r, "-C forge %s", refs), 0)

    assert_int_equal(regency_git(&r, "-C forge rev-parse refs/heads/van/3/1.1 >head && test -s head"), 0);
    /* signed by nobody */
    FORGE("update-ref refs/heads/van/3/1.1 $(cat forge/new) && git -C forge bundle create -q ../evil "
          "refs/heads/van/3/1.1");
    report = get(&r, r.hq, "evil");
    assert_int_equal(report.quarantined, 1);
    assert_int_equal(report.events, 11); /* those that are signed are good, whoever brings them */
    quarantined_ref(&r, "refs/heads/van/3/1.1");
    /* another van's name */
    FORGE("update-ref refs/heads/van/7/1.1 $(cat head) && git -C forge bundle create -q ../evil refs/heads/van/7/1.1");
    report = get(&r, r.hq, "evil");
    assert_int_equal(report.quarantined, 1);
    assert_int_equal(report.events, 0);
    quarantined_ref(&r, "refs/heads/van/7/1.1");
    /* a van that nobody knows */
    FORGE(
        "update-ref refs/heads/van/99/1.1 $(cat head) && git -C forge bundle create -q ../evil refs/heads/van/99/1.1");
    assert_int_equal(get(&r, r.hq, "evil").quarantined, 1);
    quarantined_ref(&r, "refs/heads/van/99/1.1");
    /* HQ's own names */
    FORGE("update-ref refs/heads/main $(cat head) && git -C forge bundle create -q ../evil refs/heads/main");
    char *before = hq_state(&r);
    report = get(&r, r.hq, "evil");
    assert_non_null(strstr(report.refused, "refs/heads/main"));
    report = get(&r, r.van[1], "evil");
    assert_non_null(strstr(report.refused, "refs/heads/main"));
    assert_int_equal(report.carried, 0);
    FORGE("update-ref refs/heads/feed/3/1.1 $(cat head) && git -C forge update-ref refs/heads/feed/7/1.1 $(cat head) "
          "&& git "
          "-C forge bundle create -q ../evil refs/heads/feed/3/1.1 refs/heads/feed/7/1.1");
    assert_int_equal(get(&r, r.hq, "evil").events, 0);
    char *after = hq_state(&r);
    assert_string_equal(before, after);
    uint64_t feed = regency_count(r.van[1], 0, 7);
    report = get(&r, r.van[1], "evil");
    assert_non_null(strstr(report.refused, "signature"));
    assert_int_equal(report.events + report.carried, 0);
    assert_int_equal(regency_count(r.van[1], 0, 7), feed);
    free(before);
    free(after);

    write_file(&r, "text", "hello", 5);
    assert_int_equal(jem_bundle_import(r.hq, REGENCY_USER, stick(&r, "text"), &report, &err), JEM_EINVAL);
    assert_int_equal(jem_bundle_import(r.hq, REGENCY_USER, stick(&r, "hq"), &report, &err), JEM_EINVAL);
    assert_int_equal(jem_bundle_import(r.hq, REGENCY_USER, stick(&r, "nothing"), &report, &err), JEM_ENOTFOUND);
    struct jem_bundle_options whom = { .van = 0 };
    assert_int_equal(jem_bundle_export(r.hq, stick(&r, "x"), &whom, &report, &err), JEM_EINVAL);
    whom.van = 99;
    assert_int_equal(jem_bundle_export(r.hq, stick(&r, "x"), &whom, &report, &err), JEM_EINVAL);
    assert_int_equal(jem_bundle_export(r.van[0], stick(&r, "x"), &whom, &report, &err), JEM_ENOTFOUND);
    whom.van = 3;
    assert_int_equal(jem_bundle_export(r.van[0], stick(&r, "x"), &whom, &report, &err), JEM_EINVAL);
    whom.van = 0;
    assert_int_equal(jem_bundle_export(r.van[0], stick(&r, "no/folder/x"), &whom, &report, &err), JEM_ENOTFOUND);
    assert_false(jem_path_exists(stick(&r, "x")));
    assert_false(jem_path_exists(stick(&r, "x.tmp")));
    regency_free(&r);
}

/* Documents come in pieces when the stick is small; each file goes on where HQ's answer says. */
static void test_budget(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 1);
    for (unsigned k = 0; k < 4; k++) {
        uint64_t number = regency_apply(r.van[0], "3273014501900007", "Siti");
        regency_attach(r.van[0], number, 400000, k + 1);
    }
    uint64_t arrived = 0;
    unsigned files = 0;
    for (; arrived < 8; files++) {
        assert_true(files < 6);
        struct jem_bundle_report out =
            put_with(&r, r.van[0], "out", &(struct jem_bundle_options){ .budget_bytes = 600000 });
        assert_in_range(out.bytes, 1, 610000);
        assert_int_equal(out.events, files == 0 ? 9 : 0);
        struct jem_bundle_report in = get(&r, r.hq, "out");
        assert_int_equal(in.documents, out.documents);
        arrived += in.documents;
        put(&r, r.hq, "back", 3);
        get(&r, r.van[0], "back");
    }
    assert_true(files >= 3);
    agreed(&r, 0);
    regency_free(&r);
}

/* Documents are cut to what the stick takes; where the records alone pass it, no file is begun or left behind, and the message says
 * what helps. */
static void test_too_big(void **state)
{
    struct regency r;
    struct jem_error err = { 0 };
    struct jem_bundle_report report;
    (void)state;
    regency_make(&r, 1);
    uint64_t number = regency_apply(r.van[0], "3273014501900007", "Siti");
    regency_attach(r.van[0], number, 300000, 1);
    /* counted before, and while it is written */
    static const struct jem_bundle_options options[] = { { .limit_bytes = 500 }, { .limit_bytes = 200000 } };
    for (int i = 0; i < 2; i++) {
        assert_int_equal(jem_bundle_export(r.van[0], stick(&r, "big"), &options[i], &report, &err), JEM_EINVAL);
        assert_non_null(strstr(err.msg, "--budget"));
        assert_int_equal(regency_git(&r, "-C hub.git rev-parse --git-dir && test ! -e big && test ! -e big.tmp"), 0);
    }
    struct jem_bundle_report out =
        put_with(&r, r.van[0], "big", &(struct jem_bundle_options){ .limit_bytes = 200000, .budget_bytes = 190000 });
    assert_in_range(out.bytes, 1, 200000);
    assert_true(get(&r, r.hq, "big").events > 0);
    regency_free(&r);
}

/* Any order of two vans, HQ and a mule that meet at random, with sticks lost and read twice, ends in one state. */
static void test_random(void **state)
{
    struct prop g = prop_start("bundles at random");
    struct regency r;
    static const char *const files[] = { "f0", "f1", "f2", "f3" };
    bool written[4] = { false };
    (void)state;
    regency_make(&r, 2);
    for (unsigned i = 0; i < 2; i++)
        regency_apply_many(r.van[i], 3, i + 1);
    for (int k = 0; k < 60; k++) {
        struct jem_store *side[3] = { r.hq, r.van[0], r.van[1] };
        struct jem_store *who = side[prop_below(&g, 3)];
        unsigned f = (unsigned)prop_below(&g, 4), to = (unsigned)prop_below(&g, 3);
        struct jem_bundle_options options = { .van = to == 0 ? 0 : regency_number[to - 1] };
        struct jem_bundle_report report;
        struct jem_error err = { 0 };
        switch (prop_below(&g, 5)) {
        case 0:
            if (who != r.hq)
                regency_apply_many(who, 2, (unsigned)k + 10);
            break;
        case 1:
        case 2:
            if (jem_bundle_export(who, stick(&r, files[f]), &options, &report, &err) == JEM_OK)
                written[f] = true;
            else
                assert_true(err.code == JEM_EINVAL || err.code == JEM_ENOTFOUND);
            break;
        default:
            if (!written[f])
                break;
            enum jem_code code = jem_bundle_import(who, REGENCY_USER, stick(&r, files[f]), &report, &err);
            if (code != JEM_OK && (code != JEM_EINVAL || strstr(err.msg, "--full") == NULL))
                fail_msg("%s", err.msg);
            assert_int_equal(report.quarantined, 0);
        }
    }
    for (int k = 0; k < 2; k++)
        for (unsigned i = 0; i < 2; i++) {
            put(&r, r.van[i], "last", 0);
            struct jem_bundle_report in = get(&r, r.hq, "last");
            assert_int_equal(in.quarantined, 0);
            put(&r, r.hq, "last", regency_number[i]);
            get(&r, r.van[i], "last");
        }
    for (unsigned i = 0; i < 2; i++)
        agreed(&r, i);
    regency_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cross),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_mule),
        cmocka_unit_test(test_mule_hub),
        cmocka_unit_test(test_hub_behind),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_too_big),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
