// room: sync
/* test_filled.c - parts at their real limits: records of 4,096 commits and documents of 64 MB go on in the next part, HQ takes
 * all of it, and the parts are told apart by their roots. The 64 MB go with JEM_SOAK=1 alone. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lane_seal.h"
#include "regency_law.h"
#include "unit.h"

#define RECORDS (JEM_PART_COMMITS + 20)
#define SCAN_BYTES ((size_t)2 << 20)
#define SCANS (JEM_PART_BYTES / SCAN_BYTES + 1)

static void good(enum jem_code code, const struct jem_error *err)
{
    if (code != JEM_OK)
        fail_msg("%s: %s", jem_code_name(code), err->msg);
}

/* Each event a segment of its own, as on a day with as many syncs. */
static void seal_each(struct regency *r)
{
    struct jem_error err = { 0 };
    struct jem_trip trip;
    struct jem_round_report report;
    const struct jem_lane_plan plan = { .kind = JEM_LANE_VAN,
        .van = regency_number[0],
        .max_events = 1,
        .max_bytes = JEM_SEGMENT_BYTES };
    size_t commits = 0;
    good(jem_trip_begin(&trip, r->van[0], JEM_ROLE_VAN, &(struct jem_round_options){ 0 }, &report, &err), &err);
    good(jem_lane_seal(&trip, &plan, &commits, &err), &err);
    jem_trip_end(&trip);
    assert_true(commits >= RECORDS);
}

static void expect_commits(struct regency *r, const char *part, unsigned least, unsigned most)
{
    assert_int_equal(regency_git(r, "-C hub.git rev-list --count %s >n && test $(cat n) -ge %u && test $(cat n) -le %u",
                         part, least, most),
        0);
}

static void test_records(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 1);
    regency_apply_many(r.van[0], RECORDS, 1);
    seal_each(&r);
    regency_settle(&r, 1);
    expect_commits(&r, "van/3/1.1", JEM_PART_COMMITS, JEM_PART_COMMITS);
    expect_commits(&r, "van/3/1.2", RECORDS - JEM_PART_COMMITS, RECORDS);
    assert_int_equal(regency_git(&r,
                         "-C hub.git log -1 --format=%%B $(git -C hub.git rev-list --max-parents=0 van/3/1.2) "
                         ">o && grep -qE '^part 1\\.2 after 1\\.%u [0-9a-f]{64}$' o",
                         (unsigned)JEM_PART_COMMITS),
        0);
    regency_work(&r, 0, 5, 2); /* the new part is gone on with */
    regency_settle(&r, 1);
    assert_int_not_equal(regency_git(&r, "-C hub.git rev-parse -q --verify van/3/1.3"), 0);
    regency_holds(&r, 1);
    regency_nothing_quarantined(&r);
    regency_free(&r);
}

static void test_documents(void **state)
{
    struct regency r;
    (void)state;
    if (getenv("JEM_SOAK") == NULL)
        skip();
    regency_make(&r, 1);
    uint64_t number = regency_apply(r.van[0], "3273014501900007", "Siti Zulaikha");
    for (unsigned i = 0; i < SCANS; i++)
        regency_attach(r.van[0], number, SCAN_BYTES, 100 + i);
    struct jem_round_report sent = regency_van(&r, 0);
    assert_true(sent.bytes_up > JEM_PART_BYTES);
    assert_int_equal(regency_git(&r, "-C hub.git rev-parse -q --verify scan/3/1.2"), 0);
    regency_settle(&r, 1);
    struct jem_round_report last = regency_van(&r, 0);
    assert_int_equal(last.pending_documents, 0);
    regency_holds(&r, 1);
    regency_nothing_quarantined(&r);
    regency_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_records), cmocka_unit_test(test_documents) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
