// room: sync
/* test_round.c - rounds of two vans and HQ over a hub in a folder: what crosses, what is confirmed, and how little is repeated. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jemput/codec.h"
#include "jemput/file.h"
#include "prop.h"
#include "regency_law.h"
#include "slice.h"
#include "unit.h"

static void test_cross(void **state)
{
    struct regency r;
    char before[8192], after[8192];
    (void)state;
    regency_make(&r, 2);
    regency_apply_many(r.van[0], 1200, 1);
    uint64_t number = regency_apply(r.van[1], "3273014501900007", "Siti Zulaikha");
    regency_attach(r.van[1], number, 400000, 5);
    uint64_t events[2] = { regency_count(r.van[0], 3, 0), regency_count(r.van[1], 7, 0) };

    for (unsigned i = 0; i < 2; i++) {
        struct jem_round_report sent = regency_van(&r, i);
        assert_int_equal(sent.pushed_events, events[i]);
        assert_int_equal(sent.pending_events, events[i]);
        assert_int_equal(sent.confirmed_events, 0);
        assert_true(sent.slices > 0 && sent.bytes_up > 0);
        assert_string_equal(sent.refused, "");
    }
    struct jem_round_report merged = regency_merge(&r);
    assert_int_equal(merged.accepted_events, events[0] + events[1]);
    assert_int_equal(merged.accepted_documents, 2);
    assert_int_equal(merged.quarantined, 0);
    regency_decide(r.hq, number, "submitted", "verified");
    assert_true(regency_publish(&r).published_events > 0);
    for (unsigned i = 0; i < 2; i++) {
        struct jem_round_report back = regency_van(&r, i);
        assert_int_equal(back.confirmed_events, events[i]);
        assert_int_equal(back.pending_events, 0);
        assert_int_equal(back.pending_documents, 0);
        assert_int_equal(back.pushed_events, 0);
        assert_true(back.received_events > 0);
        regency_same(r.van[i], r.hq, regency_number[i], 0);
        regency_same(r.van[i], r.hq, 0, regency_number[i]);
    }
    struct jem_application a = { 0 }, b = { 0 };
    struct jem_error err = { 0 };
    assert_int_equal(jem_store_application(r.van[1], number, &a, NULL, &err), JEM_OK);
    assert_int_equal(jem_store_application(r.hq, number, &b, NULL, &err), JEM_OK);
    assert_int_equal(a.status, JEM_STATUS_VERIFIED);
    assert_int_equal(json_equal(a.state, b.state), 1);
    jem_application_release(&a);
    jem_application_release(&b);
    regency_hub_clean(&r);

    /* nothing is left to say: a second round of everybody changes no ref */
    regency_refs(&r, before, sizeof before);
    struct jem_round_report idle = regency_van(&r, 0);
    assert_int_equal(idle.slices, 0);
    assert_int_equal(idle.received_events, 0);
    merged = regency_merge(&r);
    assert_int_equal(merged.accepted_events, 0);
    assert_int_equal(regency_publish(&r).published_events, 0);
    assert_string_equal(before, regency_refs(&r, after, sizeof after));
    regency_free(&r);
}

/* Documents of several slices arrive whole; a lane that the hub damaged stands still until it is right again. */
static void test_documents(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 1);
    uint64_t number = regency_apply(r.van[0], "3273014501900007", "Siti");
    regency_attach(r.van[0], number, JEM_SLICE_MAX + 1500000, 11);
    regency_attach(r.van[0], number, 70000, 12);
    struct jem_round_report sent = regency_van(&r, 0);
    assert_true(sent.slices >= 3);
    assert_int_equal(regency_merge(&r).accepted_documents, 4);
    regency_publish(&r);
    assert_int_equal(regency_van(&r, 0).pending_documents, 0);

    /* a lane whose last chunk is noise: same chain, another file */
    regency_attach(r.van[0], number, 60000, 13);
    regency_van(&r, 0);
    assert_int_equal(regency_git(&r,
                         "-C hub.git rev-parse refs/heads/scan/3/1.1 >tip && old=$(cat tip) && parent=$(git -C "
                         "hub.git rev-parse $old^) && "
                         "blob=$(head -c 9000 /dev/urandom | git -C hub.git hash-object -w --stdin) && "
                         "tree=$(printf '100644 blob %%s\\tchunk\\n' $blob | git -C hub.git mktree) && "
                         "new=$(git -C hub.git -c user.name=x -c user.email=x@x.invalid commit-tree -p "
                         "$parent -m 'chunk 99' $tree) && "
                         "git -C hub.git update-ref refs/heads/scan/3/1.1 $new"),
        0);
    struct jem_round_report noise = regency_merge(&r);
    assert_int_equal(noise.accepted_documents, 1);
    assert_int_equal(noise.quarantined, 1);
    regency_publish(&r);
    struct jem_error err = { 0 };
    struct jem_round_report report;
    static const struct jem_round_options plain;
    /* the van sees that the hub holds other chunks than its own, and says so */
    assert_int_equal(jem_round_van(r.van[0], &plain, &report, &err), JEM_ECORRUPT);
    assert_int_equal(report.pending_documents, 1);

    /* the van's own chunk again, at a place that is not its own: believed as little */
    assert_int_equal(regency_git(&r,
                         "-C hub.git update-ref refs/heads/scan/3/1.1 $(git -C hub.git -c user.name=x "
                         "-c user.email=x@x.invalid commit-tree -p $(cat tip) -m 'chunk 99' $(cat tip)^{tree})"),
        0);
    noise = regency_merge(&r);
    assert_int_equal(noise.accepted_documents, 1);
    assert_int_equal(noise.quarantined, 1);

    /* the lane as the van made it: goes on where it stood */
    assert_int_equal(regency_git(&r, "-C hub.git update-ref refs/heads/scan/3/1.1 $(cat tip)"), 0);
    regency_attach(r.van[0], number, 50000, 14);
    regency_van(&r, 0);
    struct jem_round_report mended = regency_merge(&r);
    assert_int_equal(mended.accepted_documents, 2);
    assert_int_equal(mended.quarantined, 0);
    regency_publish(&r);
    assert_int_equal(regency_van(&r, 0).pending_documents, 0);
    regency_free(&r);
}

static void test_pairs(void **state)
{
    struct regency r;
    struct jem_error err = { 0 };
    (void)state;
    regency_make(&r, 2);
    uint64_t a = regency_apply(r.van[0], "3273014501900007", "Siti Zulaikha");
    uint64_t b = regency_apply(r.van[1], "3273014501900007", "Siti Zulaikha");
    regency_van(&r, 0);
    regency_van(&r, 1);
    assert_int_equal(regency_merge(&r).duplicates, 1);
    assert_int_equal(regency_merge(&r).duplicates, 0);
    regency_publish(&r);
    for (unsigned i = 0; i < 2; i++) {
        struct jem_application app = { 0 };
        char other[JEM_NUMBER_TEXT];
        regency_van(&r, i);
        jem_number_format(i == 0 ? b : a, other);
        assert_int_equal(jem_store_application(r.van[i], i == 0 ? a : b, &app, NULL, &err), JEM_OK);
        const json_t *found = json_object_get(app.state, "duplicates");
        assert_int_equal(json_array_size(found), 1);
        assert_string_equal(jem_json_str(json_array_get(found, 0), "other", ""), other);
        jem_application_release(&app);
    }
    regency_free(&r);
}

static void test_limits(void **state)
{
    struct regency r;
    struct jem_error err = { 0 };
    struct jem_round_report report;
    char refs[4096];
    (void)state;
    regency_make(&r, 1);
    uint64_t number = regency_apply(r.van[0], "3273014501900007", "Siti");
    regency_attach(r.van[0], number, 900000, 3);
    uint64_t events = regency_count(r.van[0], 3, 0);
    struct jem_round_options options = { .dry_run = true };
    assert_int_equal(jem_round_van(r.van[0], &options, &report, &err), JEM_OK);
    assert_int_equal(report.pushed_events, 0);
    assert_int_equal(report.pending_events, events);
    assert_in_range(report.bytes_up, 900000, 940000);
    assert_string_equal(regency_refs(&r, refs, sizeof refs), "");
    uint64_t expected = report.bytes_up;

    options = (struct jem_round_options){ .budget_bytes = 1500 };
    assert_int_equal(jem_round_van(r.van[0], &options, &report, &err), JEM_OK);
    assert_int_equal(report.pushed_events, events);
    assert_true(report.bytes_up <= 1500);
    assert_non_null(strstr(regency_refs(&r, refs, sizeof refs), "refs/heads/van/3/1.1"));
    assert_null(strstr(refs, "refs/heads/scan/3/1.1"));
    struct jem_round_report rest = regency_van(&r, 0);
    assert_in_range(report.bytes_up + rest.bytes_up, expected, expected + expected / 20);
    regency_free(&r);
}

static int busy_lock(const struct regency *r)
{
    char path[128];
    int fd = -1;
    snprintf(path, sizeof path, "%s/sync.lock", r->van_dir[0]);
    assert_int_equal(jem_lock_take(path, &fd, NULL), JEM_OK);
    return fd;
}

static void test_refusals(void **state)
{
    static const struct jem_round_options plain;
    struct regency r;
    struct jem_error err = { 0 };
    struct jem_round_report report;
    char refs[4096];
    (void)state;
    regency_make(&r, 1);
    regency_apply_many(r.van[0], 3, 1);
    int fd = busy_lock(&r);
    assert_int_equal(jem_round_van(r.van[0], &plain, &report, &err), JEM_EBUSY);
    jem_lock_release(fd);
    assert_int_equal(jem_round_van(r.hq, &plain, &report, &err), JEM_EDENIED);
    assert_int_equal(jem_round_merge(r.van[0], REGENCY_USER, &plain, &report, &err), JEM_EDENIED);

    struct jem_round_options away = { .remote = "/tmp/jemput-no-such-hub" };
    assert_int_equal(jem_round_van(r.van[0], &away, &report, &err), JEM_ELINK);
    assert_true(report.pending_events > 0);
    away.remote = "http://127.0.0.1:9/hub.git";
    assert_int_equal(jem_round_van(r.van[0], &away, &report, &err), JEM_ELINK);
    away.remote = r.root; /* a folder, no repository */
    assert_int_equal(jem_round_van(r.van[0], &away, &report, &err), JEM_ELINK);

    /* somebody else's repository stays as it is */
    assert_int_equal(regency_git(&r,
                         "init -q -b main work && git -C work -c user.name=x -c user.email=x@x.invalid commit -q "
                         "--allow-empty -m x && git clone -q --bare work other.git"),
        0);
    char other[128];
    snprintf(other, sizeof other, "%s/other.git", r.root);
    away.remote = other;
    assert_int_equal(jem_round_van(r.van[0], &away, &report, &err), JEM_ECORRUPT);
    assert_non_null(strstr(err.msg, "somebody else"));
    assert_int_equal(jem_round_publish(r.hq, REGENCY_USER, &away, &report, &err), JEM_ECORRUPT);
    assert_int_equal(regency_git(&r,
                         "-C other.git for-each-ref --format='%%(refname)' >o && test \"$(cat o)\" = refs/heads/main"),
        0);

    /* a lane of ours that the hub rewrote is not overwritten */
    regency_van(&r, 0);
    assert_int_equal(
        regency_git(&r,
            "-C hub.git update-ref refs/heads/van/3/1.1 $(git -C hub.git -c user.name=x -c user.email=x@x.invalid "
            "commit-tree -m x $(git -C hub.git rev-parse 'refs/heads/van/3/1.1^{tree}'))"),
        0);
    regency_apply_many(r.van[0], 1, 2);
    regency_refs(&r, refs, sizeof refs);
    assert_int_equal(jem_round_van(r.van[0], &plain, &report, &err), JEM_ECORRUPT);
    assert_non_null(strstr(err.msg, "another history"));
    char after[4096];
    assert_string_equal(refs, regency_refs(&r, after, sizeof after));
    regency_free(&r);
}

/* One hub of two that is away stops nobody; what came over the other is in. */
static void test_hubs(void **state)
{
    static const struct jem_round_options plain;
    struct regency r;
    struct jem_error err = { 0 };
    struct jem_round_report report;
    (void)state;
    regency_make(&r, 2);
    char second[128], third[320];
    snprintf(second, sizeof second, "%s/second.git", r.root);
    snprintf(third, sizeof third, "/tmp/jemput-no-such-hub\n%s", second);
    assert_int_equal(jem_hub_init(second, &err), JEM_OK);
    assert_int_equal(jem_store_meta_set(r.hq, "hubs", third, &err), JEM_OK);
    assert_int_equal(jem_store_meta_set(r.van[1], "hub", second, &err), JEM_OK);
    regency_apply_many(r.van[0], 5, 1);
    regency_apply_many(r.van[1], 6, 2);
    regency_van(&r, 0);
    regency_van(&r, 1);
    assert_int_equal(jem_round_merge(r.hq, REGENCY_USER, &plain, &report, &err), JEM_ELINK);
    regency_same(r.van[0], r.hq, 3, 0);
    regency_same(r.van[1], r.hq, 7, 0);
    assert_int_equal(jem_round_publish(r.hq, REGENCY_USER, &plain, &report, &err), JEM_ELINK);
    assert_int_equal(regency_van(&r, 0).pending_events, 0);
    assert_int_equal(regency_van(&r, 1).pending_events, 0);
    assert_int_equal(regency_git(&r, "-C second.git for-each-ref >o && ! grep -E 'feed/3/|heads/hq/' o"), 0);
    regency_free(&r);
}

/* ---- power cuts ---- */

struct cut {
    unsigned at, now;
};
static void cut_here(void *ctx, const struct jem_progress *p)
{
    struct cut *cut = ctx;
    (void)p;
    if (++cut->now == cut->at)
        _exit(9);
}

/* Runs one round in a child that dies at its at-th sign of progress; true when it came to its end. */
static bool cut_round(struct regency *r, int which, unsigned at)
{
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct cut cut = { at, 0 };
        struct jem_round_options options = { .progress = cut_here, .ctx = &cut };
        struct jem_round_report report;
        struct jem_error err = { 0 };
        regency_open(r);
        enum jem_code code = which == 0   ? jem_round_van(r->van[0], &options, &report, &err)
                             : which == 1 ? jem_round_merge(r->hq, REGENCY_USER, &options, &report, &err)
                                          : jem_round_publish(r->hq, REGENCY_USER, &options, &report, &err);
        _exit(code == JEM_OK ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9);
    return WEXITSTATUS(status) == 0;
}

static void test_cuts(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 1);
    uint64_t number = regency_apply(r.van[0], "3273014501900007", "Siti");
    regency_attach(r.van[0], number, 700000, 3);
    regency_apply_many(r.van[0], 1100, 4);
    for (int which = 0; which < 4; which++) {
        regency_close(&r);
        for (unsigned at = 1; !cut_round(&r, which % 3, at); at++)
            assert_true(at < 100);
        regency_open(&r);
    }
    struct jem_round_report report = regency_van(&r, 0);
    assert_int_equal(report.pending_events, 0);
    assert_int_equal(report.pending_documents, 0);
    regency_same(r.van[0], r.hq, 3, 0);
    regency_same(r.van[0], r.hq, 0, 3);
    /* each event was acknowledged once: the feed holds what one whole round would have put there */
    struct jem_event_list feed = { 0 };
    struct jem_error err = { 0 };
    struct jem_event_id from = { 0, 3, 1, 1 };
    unsigned acks = 0;
    uint64_t last_seq = 0;
    int64_t last_scan = 0;
    assert_int_equal(jem_store_events(r.hq, &from, 10000, 10 << 20, &feed, &err), JEM_OK);
    for (size_t i = 0; i < feed.count; i++) {
        json_t *body = NULL;
        if (strcmp(feed.items[i].kind, "ledger.acked") != 0)
            continue;
        assert_int_equal(jem_json_parse(feed.items[i].body, feed.items[i].body_len, "ack", &body, &err), JEM_OK);
        uint64_t seq = (uint64_t)jem_json_int(body, "seq", 0);
        int64_t scan = jem_json_int(body, "scan", 0);
        assert_true(seq > last_seq || scan > last_scan);
        last_seq = seq;
        last_scan = scan;
        acks++;
        json_decref(body);
    }
    assert_true(acks > 0);
    assert_int_equal(last_seq, regency_count(r.van[0], 3, 0));
    jem_event_list_release(&feed);
    regency_hub_clean(&r);
    regency_free(&r);
}

/* A process that was killed a moment ago left its lock in the hub's folder: the round waits until it counts as left behind. */
static void test_lock(void **state)
{
    (void)state;
    struct regency r;
    regency_make(&r, 1);
    regency_apply_many(r.van[0], 3, 1);
    (void)regency_van(&r, 0);
    regency_apply_many(r.van[0], 2, 2);
    regency_shell(&r, "for f in $(find hub.git/refs/heads/van -type f); do touch $f.lock; done; test -e "
                      "hub.git/refs/heads/van/3/1.1.lock");
    struct jem_round_report sent = regency_van(&r, 0);
    assert_true(sent.pushed_events > 0);
    assert_true(sent.retries > 0);
    regency_shell(&r, "! find hub.git -name '*.lock' | grep .");
    regency_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cross),
        cmocka_unit_test(test_documents),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_hubs),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
