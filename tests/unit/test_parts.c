/* test_parts.c - the law of parts: whatever is rotated, lost, restored or rolled back, in any order, nothing that was confirmed
 * is lost, every side ends with the same logs, and no (writer, lane, incarnation, seq) ever stands for two events. */
// room: sync
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/backup.h"
#include "jemput/codec.h"
#include "jemput/keys.h"
#include "prop.h"
#include "regency_law.h"
#include "unit.h"

static void good(enum jem_code code, const struct jem_error *err)
{
    if (code != JEM_OK)
        fail_msg("%s: %s", jem_code_name(code), err->msg);
}

/* ---- one thing at a time ---- */

static void test_rotate(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 2);
    regency_work(&r, 0, 30, 1);
    regency_sync(&r, 0);
    regency_rotate(&r);
    regency_decide_any(&r, 0);
    regency_publish(&r);
    regency_work(&r, 0, 20, 2); /* not sent yet when the van hears of it */
    regency_van(&r, 0);
    regency_work(&r, 0, 20, 3);
    regency_settle(&r, 2);
    regency_holds(&r, 2);
    regency_nothing_quarantined(&r);
    assert_int_equal(regency_git(&r, "-C hub.git rev-list van/3/1.2 feed/3/1.2"), 0);
    assert_int_equal(regency_git(&r,
                         "-C hub.git log -1 --format=%%B $(git -C hub.git rev-list --max-parents=0 van/3/1.2) "
                         ">o && grep -qE '^part 1\\.2 after 1\\.[0-9]+ [0-9a-f]{64}$' o"),
        0);
    regency_rotate(&r);
    regency_rotate(&r); /* a van that was away follows both in one step */
    regency_settle(&r, 2);
    regency_work(&r, 0, 5, 4);
    regency_work(&r, 1, 5, 5);
    regency_settle(&r, 2);
    regency_holds(&r, 2);
    regency_nothing_quarantined(&r);
    regency_hub_clean(&r);
    regency_free(&r);
}

/* A van that comes when HQ has rotated before. */
static void test_late_van(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 1);
    regency_work(&r, 0, 5, 1);
    regency_sync(&r, 0);
    regency_rotate(&r);
    regency_enrol_more(&r, 1);
    regency_work(&r, 1, 5, 2);
    regency_settle(&r, 2);
    regency_rotate(&r);
    regency_settle(&r, 2);
    regency_work(&r, 1, 5, 3);
    regency_settle(&r, 2);
    regency_holds(&r, 2);
    regency_nothing_quarantined(&r);
    regency_free(&r);
}

static void van_restored(bool hub_lost, bool sent)
{
    struct regency r;
    regency_make(&r, 1);
    regency_work(&r, 0, 20, 1);
    regency_sync(&r, 0);
    regency_backup(&r, r.van[0], "van.backup");
    regency_work(&r, 0, 15, 2);
    regency_sync(&r, 0);
    regency_decide_any(&r, 0);
    if (sent)
        regency_rotate(&r);
    regency_publish(&r);
    regency_work(&r, 0, 3, 3);
    if (sent)
        regency_van(&r, 0);
    uint64_t at_hq = regency_total(r.hq, 3, 0);
    if (hub_lost)
        regency_lose_hub(&r);
    regency_restore(&r, &r.van[0], r.van_dir[0], "van.backup");
    regency_work(&r, 0, 7, 4);
    regency_settle(&r, 1);
    assert_true(regency_total(r.van[0], 3, 0) >= at_hq + 7);
    regency_work(&r, 0, 2, 5);
    regency_settle(&r, 1);
    regency_holds(&r, 1);
    regency_nothing_quarantined(&r);
    regency_free(&r);
}
static void test_van_restored(void **state)
{
    (void)state;
    van_restored(false, false);
    van_restored(false, true);
}
static void test_van_restored_without_hub(void **state)
{
    (void)state;
    van_restored(true, false);
    van_restored(true, true);
}

/* Two laptops from one backup: different incarnations; the one that HQ sees last in their order closes the other. */
static void test_twins(void **state)
{
    static const struct jem_round_options plain;
    struct regency r;
    struct jem_round_report report;
    struct jem_error err = { 0 };
    struct jem_store *twin = NULL;
    char dir[128];
    json_t *rows = NULL;
    (void)state;
    regency_make(&r, 1);
    regency_work(&r, 0, 10, 1);
    regency_sync(&r, 0);
    regency_backup(&r, r.van[0], "van.backup");
    snprintf(dir, sizeof dir, "%s/twin", r.root);
    regency_restore(&r, &r.van[0], r.van_dir[0], "van.backup");
    regency_restore(&r, &twin, dir, "van.backup");
    assert_int_not_equal(jem_store_inc(r.van[0]), jem_store_inc(twin));
    bool first_is_lower = jem_store_inc(r.van[0]) < jem_store_inc(twin);
    struct jem_store *lower = first_is_lower ? r.van[0] : twin, *higher = first_is_lower ? twin : r.van[0];
    regency_apply_many(lower, 4, 2);
    regency_apply_many(higher, 5, 3);
    good(jem_round_van(lower, &plain, &report, &err), &err);
    regency_merge(&r);
    regency_publish(&r);
    good(jem_round_van(higher, &plain, &report, &err), &err);
    regency_merge(&r);
    regency_publish(&r);
    regency_apply_many(lower, 3, 4);
    good(jem_round_van(lower, &plain, &report, &err), &err);
    assert_non_null(strstr(report.refused, "Another laptop"));
    report = regency_merge(&r);
    assert_int_equal(report.quarantined, 1);
    good(jem_store_quarantine(r.hq, &rows, &err), &err);
    assert_string_equal(jem_json_str(json_array_get(rows, 0), "class", ""), "late");
    assert_non_null(strstr(jem_json_str(json_array_get(rows, 0), "reason", ""), "too late"));
    /* a person admits it */
    regency_rule(r.hq, jem_json_str(json_array_get(rows, 0), "ref", ""),
        jem_json_str(json_array_get(rows, 0), "head", ""), true);
    json_decref(rows);
    report = regency_merge(&r);
    assert_int_equal(report.quarantined, 0);
    assert_int_equal(report.accepted_events, 3);
    regency_nothing_quarantined(&r);
    regency_one_history(r.hq, lower);
    regency_one_history(r.hq, higher);
    regency_one_history(lower, higher);
    jem_store_close(twin);
    regency_free(&r);
}

static void hq_restored(bool hub_lost, bool rotated)
{
    struct regency r;
    regency_make(&r, 2);
    regency_work(&r, 0, 20, 1);
    regency_work(&r, 1, 10, 2);
    regency_settle(&r, 2);
    regency_backup(&r, r.hq, "hq.backup");
    regency_work(&r, 0, 10, 3);
    regency_settle(&r, 2);
    regency_decide_any(&r, 0);
    if (rotated)
        regency_rotate(&r);
    regency_settle(&r, 2);
    regency_work(&r, 0, 5, 4);
    regency_settle(&r, 2);
    uint64_t told = regency_total(r.van[0], 0, 3), wrote = regency_total(r.van[0], 3, 0);
    if (hub_lost)
        regency_lose_hub(&r);
    regency_restore(&r, &r.hq, r.hq_dir, "hq.backup");
    regency_work(&r, 1, 5, 5);
    regency_settle(&r, 2);
    assert_true(regency_total(r.hq, 3, 0) >= wrote);
    if (!hub_lost && !rotated)
        assert_true(regency_total(r.hq, 0, 3) >= told);
    for (unsigned v = 0; v < 2; v++) {
        regency_one_history(r.hq, r.van[v]);
        regency_same_logs(r.van[v], r.hq, regency_number[v], 0);
        regency_sound(r.van[v]);
    }
    regency_sound(r.hq);
    regency_rotate(&r);
    regency_settle(&r, 2);
    regency_work(&r, 0, 5, 6);
    regency_work(&r, 1, 5, 7);
    regency_settle(&r, 2);
    regency_same_logs(r.van[0], r.hq, 3, 0);
    regency_same_logs(r.van[1], r.hq, 7, 0);
    regency_nothing_quarantined(&r);
    regency_free(&r);
}
static void test_hq_restored(void **state)
{
    (void)state;
    hq_restored(false, false);
    hq_restored(false, true);
}
static void test_hq_restored_without_hub(void **state)
{
    (void)state;
    hq_restored(true, false);
    hq_restored(true, true);
}

static void test_hub(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 2);
    regency_work(&r, 0, 20, 1);
    regency_work(&r, 1, 5, 2);
    regency_settle(&r, 2);
    regency_shell(&r, "cp -r hub.git old.git");
    regency_work(&r, 0, 10, 3);
    regency_settle(&r, 2);
    regency_lose_hub(&r);
    regency_work(&r, 0, 5, 4);
    regency_settle(&r, 2);
    regency_holds(&r, 2);
    regency_nothing_quarantined(&r);
    /* rolled back */
    regency_shell(&r, "rm -rf hub.git && mv old.git hub.git");
    regency_work(&r, 1, 5, 5);
    regency_van(&r, 0);
    regency_van(&r, 1);
    regency_merge(&r);
    regency_publish(&r);
    regency_settle(&r, 2);
    regency_holds(&r, 2);
    regency_nothing_quarantined(&r);
    regency_free(&r);
}

static void test_ledger_lost(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 2);
    regency_work(&r, 0, 20, 1);
    regency_settle(&r, 2);
    for (unsigned i = 0; i < 2; i++) { /* with the hub, then without */
        if (i == 1)
            regency_lose_hub(&r);
        regency_work(&r, 0, 5, 2 + i);
        regency_van(&r, 0);
        regency_shell(&r, "rm -rf van3/ledger.git");
        regency_work(&r, 0, 5, 4 + i);
        regency_settle(&r, 2);
        regency_holds(&r, 2);
        if (i == 1)
            regency_lose_hub(&r);
        regency_decide_any(&r, 0);
        regency_shell(&r, "rm -rf hq/ledger.git");
        regency_settle(&r, 2);
        regency_work(&r, 0, 5, 6 + i);
        regency_settle(&r, 2);
        regency_holds(&r, 2);
        regency_nothing_quarantined(&r);
    }
    regency_free(&r);
}

/* Old parts were dropped when HQ had them; then HQ comes back from a backup that has not. */
static void test_dropped(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 1);
    regency_work(&r, 0, 10, 1);
    regency_settle(&r, 1);
    regency_backup(&r, r.hq, "hq.backup");
    regency_work(&r, 0, 10, 2);
    regency_settle(&r, 1);
    regency_rotate(&r);
    regency_settle(&r, 1);
    regency_work(&r, 0, 10, 3);
    regency_settle(&r, 1);
    assert_int_equal(regency_git(&r, "-C hub.git rev-list van/3/1.2 scan/3/1.2"), 0);
    static const char *const refs[] = { "van", "scan" };
    for (int i = 0; i < 2; i++) {
        assert_int_equal(regency_git(&r, "-C hub.git update-ref -d refs/heads/%s/3/1.1", refs[i]), 0);
        assert_int_equal(regency_git(&r, "-C van3/ledger.git update-ref -d refs/heads/%s/3/1.1", refs[i]), 0);
        assert_int_equal(regency_git(&r, "-C van3/ledger.git update-ref -d refs/root/%s/3/1.1", refs[i]), 0);
        assert_int_equal(regency_git(&r, "-C van3/ledger.git update-ref -d refs/hub/%s/3/1.1", refs[i]), 0);
    }
    regency_git(&r, "-C hub.git update-ref -d refs/heads/hq/1.1");
    regency_restore(&r, &r.hq, r.hq_dir, "hq.backup");
    regency_settle(&r, 1);
    regency_settle(&r, 1);
    regency_one_history(r.hq, r.van[0]);
    regency_same_logs(r.van[0], r.hq, 3, 0);
    regency_nothing_quarantined(&r);
    regency_free(&r);
}

/* ---- all things in any order ---- */

static void law(uint64_t seed, unsigned steps)
{
    static const struct jem_round_options plain;
    static const char *const words[] = { "work", "work", "van", "van", "merge", "publish", "decide", "rotate",
        "backup van", "restore van", "backup hq", "restore hq", "lose hub", "lose van ledger", "lose hq ledger" };
    struct prop g = { seed };
    struct regency r;
    struct jem_round_report report;
    struct jem_error err = { 0 };
    bool van_kept = false, hq_kept = false;
    regency_make(&r, 2);
    regency_settle(&r, 2);
    regency_backup(&r, r.van[0], "van.backup");
    regency_backup(&r, r.hq, "hq.backup");
    char trace[2000] = "";
    for (unsigned i = 0; i < steps; i++) {
        unsigned what = (unsigned)prop_below(&g, sizeof words / sizeof *words), van = (unsigned)prop_below(&g, 2);
        snprintf(trace + strlen(trace), sizeof trace - strlen(trace), "%s%s", i == 0 ? "" : ", ", words[what]);
        switch (what) {
        case 0:
        case 1: regency_work(&r, van, 1 + (unsigned)prop_below(&g, 6), i + 1); break;
        case 2:
        case 3: good(jem_round_van(r.van[van], &plain, &report, &err), &err); break;
        case 4: good(jem_round_merge(r.hq, REGENCY_USER, &plain, &report, &err), &err); break;
        case 5: good(jem_round_publish(r.hq, REGENCY_USER, &plain, &report, &err), &err); break;
        case 6: regency_decide_any(&r, van); break;
        case 7: regency_rotate(&r); break;
        case 8:
            regency_backup(&r, r.van[0], "van.backup");
            van_kept = true;
            break;
        case 9:
            if (van_kept)
                regency_restore(&r, &r.van[0], r.van_dir[0], "van.backup");
            break;
        case 10:
            regency_backup(&r, r.hq, "hq.backup");
            hq_kept = true;
            break;
        case 11:
            if (hq_kept)
                regency_restore(&r, &r.hq, r.hq_dir, "hq.backup");
            break;
        case 12: regency_lose_hub(&r); break;
        case 13: regency_shell(&r, "rm -rf van3/ledger.git"); break;
        default: regency_shell(&r, "rm -rf hq/ledger.git"); break;
        }
    }
    print_message("seed %" PRIu64 ": %s\n", seed, trace);
    regency_settle(&r, 2);
    regency_settle(&r, 2);
    for (unsigned v = 0; v < 2; v++) {
        regency_one_history(r.hq, r.van[v]);
        regency_same_logs(r.van[v], r.hq, regency_number[v], 0);
        regency_sound(r.van[v]);
    }
    regency_sound(r.hq);
    regency_nothing_quarantined(&r);
    regency_free(&r);
}

static void test_law(void **state)
{
    (void)state;
    struct prop g = prop_start("law of parts");
    uint64_t seed = g.state;
    unsigned rounds = getenv("JEM_SOAK") != NULL ? 60 : 2;
    for (unsigned i = 0; i < rounds; i++)
        law(seed + i, 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rotate),
        cmocka_unit_test(test_late_van),
        cmocka_unit_test(test_van_restored),
        cmocka_unit_test(test_van_restored_without_hub),
        cmocka_unit_test(test_twins),
        cmocka_unit_test(test_hq_restored),
        cmocka_unit_test(test_hq_restored_without_hub),
        cmocka_unit_test(test_hub),
        cmocka_unit_test(test_ledger_lost),
        cmocka_unit_test(test_dropped),
        cmocka_unit_test(test_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
