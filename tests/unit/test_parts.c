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
#include "regency.h"
#include "unit.h"

#define PASSPHRASE "kata sandi uji"

static void good(enum jem_code code, const struct jem_error *err)
{
    if (code != JEM_OK)
        fail_msg("%s: %s", jem_code_name(code), err->msg);
}

static void shell(const struct regency *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void shell(const struct regency *r, const char *fmt, ...)
{
    char args[600], command[800];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(args, sizeof args, fmt, ap);
    va_end(ap);
    snprintf(command, sizeof command, "cd '%s' && %s", r->root, args);
    if (system(command) != 0)
        fail_msg("failed: %s", args);
}

/* ---- what must hold ---- */

static const unsigned writers[] = { 0, 3, 7 };

/* Every event that both have is the same event. */
static void one_history(struct jem_store *a, struct jem_store *b)
{
    struct jem_error err = { 0 };
    for (int w = 0; w < 3; w++)
        for (int l = 0; l < 3; l++)
            for (uint16_t inc = UINT16_MAX; inc != 0; inc = (uint16_t)(inc - 1)) {
                struct jem_stream_head x, y;
                good(jem_store_inc_upto(a, (uint16_t)writers[w], (uint16_t)writers[l], inc, &inc, &err), &err);
                if (inc == 0)
                    break;
                good(jem_store_head(a, (uint16_t)writers[w], (uint16_t)writers[l], inc, &x, &err), &err);
                good(jem_store_head(b, (uint16_t)writers[w], (uint16_t)writers[l], inc, &y, &err), &err);
                struct jem_event_id id = x.last.seq < y.last.seq ? x.last : y.last;
                if (id.seq == 0)
                    continue;
                struct jem_event e, f;
                good(jem_store_event(a, &id, &e, &err), &err);
                good(jem_store_event(b, &id, &f, &err), &err);
                if (memcmp(e.hash, f.hash, 32) != 0)
                    fail_msg("%u.%u.%u.%" PRIu64 " stands for two events", writers[w], writers[l], (unsigned)inc,
                        id.seq);
                jem_event_release(&e);
                jem_event_release(&f);
            }
}

/* The stream is the same on both sides, in every incarnation. */
static void same_logs(struct jem_store *a, struct jem_store *b, unsigned writer, unsigned lane)
{
    struct jem_error err = { 0 };
    for (int side = 0; side < 2; side++)
        for (uint16_t inc = UINT16_MAX; inc != 0; inc = (uint16_t)(inc - 1)) {
            struct jem_stream_head x, y;
            good(jem_store_inc_upto(side == 0 ? a : b, (uint16_t)writer, (uint16_t)lane, inc, &inc, &err), &err);
            if (inc == 0)
                break;
            good(jem_store_head(a, (uint16_t)writer, (uint16_t)lane, inc, &x, &err), &err);
            good(jem_store_head(b, (uint16_t)writer, (uint16_t)lane, inc, &y, &err), &err);
            if (x.last.seq != y.last.seq || memcmp(x.hash, y.hash, 32) != 0)
                fail_msg("stream %u.%u.%u: %" PRIu64 " and %" PRIu64 " events", writer, lane, (unsigned)inc, x.last.seq,
                    y.last.seq);
        }
}

static uint64_t total(struct jem_store *store, unsigned writer, unsigned lane)
{
    struct jem_error err = { 0 };
    uint64_t n = 0;
    for (uint16_t inc = UINT16_MAX; inc != 0; inc = (uint16_t)(inc - 1)) {
        struct jem_stream_head head;
        good(jem_store_inc_upto(store, (uint16_t)writer, (uint16_t)lane, inc, &inc, &err), &err);
        if (inc == 0)
            break;
        good(jem_store_head(store, (uint16_t)writer, (uint16_t)lane, inc, &head, &err), &err);
        n += head.last.seq;
    }
    return n;
}

static void sound(struct jem_store *store)
{
    struct jem_error err = { 0 };
    json_t *audit = NULL;
    enum jem_code code = jem_store_audit(store, false, &audit, &err);
    if (code != JEM_OK)
        fail_msg("audit: %s", err.msg);
    json_decref(audit);
}

/* Rounds until all has been said and answered. The last of each van has nothing left to do. */
static void settle(struct regency *r, unsigned vans)
{
    static const struct jem_round_options plain;
    struct jem_round_report report;
    struct jem_error err = { 0 };
    uint64_t moved = 1;
    for (int i = 0; i < 6 && moved > 0; i++) {
        moved = 0;
        for (unsigned v = 0; v < vans; v++) {
            good(jem_round_van(r->van[v], &plain, &report, &err), &err);
            moved += report.pushed_events + report.received_events + report.slices;
        }
        good(jem_round_merge(r->hq, REGENCY_USER, &plain, &report, &err), &err);
        moved += report.accepted_events + report.accepted_documents + report.received_events + report.quarantined;
        good(jem_round_publish(r->hq, REGENCY_USER, &plain, &report, &err), &err);
        moved += report.published_events;
    }
    for (unsigned v = 0; v < vans; v++) {
        report = regency_van(r, v);
        if (report.refused[0] != '\0')
            fail_msg("van %u: the feed is refused: %s", regency_number[v], report.refused);
        if (report.pending_events != 0 || report.pending_documents != 0)
            fail_msg("van %u: %" PRIu64 " events and %" PRIu64 " documents wait", regency_number[v],
                report.pending_events, report.pending_documents);
    }
}

static void holds(struct regency *r, unsigned vans)
{
    for (unsigned v = 0; v < vans; v++) {
        one_history(r->hq, r->van[v]);
        same_logs(r->van[v], r->hq, regency_number[v], 0);
        same_logs(r->van[v], r->hq, 0, regency_number[v]);
        sound(r->van[v]);
    }
    sound(r->hq);
}

static void nothing_quarantined(struct regency *r)
{
    struct jem_error err = { 0 };
    json_t *rows = NULL;
    good(jem_store_quarantine(r->hq, &rows, &err), &err);
    if (json_array_size(rows) != 0)
        fail_msg("%s: %s", jem_json_str(json_array_get(rows, 0), "ref", ""),
            jem_json_str(json_array_get(rows, 0), "reason", ""));
    json_decref(rows);
}

/* ---- what happens ---- */

static void rotate(struct regency *r)
{
    struct jem_error err = { 0 };
    uint16_t epoch = 0;
    good(jem_keys_rotate(r->hq, REGENCY_USER, &epoch, &err), &err);
    assert_true(epoch > 1);
}

static void backup(struct regency *r, struct jem_store *store, const char *name)
{
    struct jem_error err = { 0 };
    char path[128];
    json_t *out = NULL;
    snprintf(path, sizeof path, "%s/%s", r->root, name);
    good(jem_backup_make(store, path, &out, &err), &err);
    json_decref(out);
}

static void restore(struct regency *r, struct jem_store **store, const char *dir, const char *name)
{
    struct jem_error err = { 0 };
    char path[128];
    json_t *out = NULL;
    jem_store_close(*store);
    *store = NULL;
    shell(r, "rm -rf '%s'", dir);
    snprintf(path, sizeof path, "%s/%s", r->root, name);
    good(jem_backup_restore(path, dir, REGENCY_USER, PASSPHRASE, jem_clock_system(), &out, &err), &err);
    json_decref(out);
    good(jem_store_open(dir, REGENCY_USER, PASSPHRASE, jem_clock_system(), store, &err), &err);
}

static void lose_hub(struct regency *r)
{
    struct jem_error err = { 0 };
    shell(r, "rm -rf hub.git");
    good(jem_hub_init(r->hub, &err), &err);
}

static void work(struct regency *r, unsigned van, unsigned count, unsigned seed)
{
    regency_apply_many(r->van[van], count, seed);
    regency_attach(r->van[van], regency_apply(r->van[van], "3273010101900001", "Pemohon"), 60000, 1000 + seed);
}

/* A decision of HQ on some application of that van. */
static void decide(struct regency *r, unsigned van)
{
    struct jem_error err = { 0 };
    struct jem_list_query query = { .day = INT32_MIN, .limit = 10000 };
    json_t *rows = NULL;
    good(jem_store_list(r->hq, &query, &rows, &err), &err);
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        uint64_t number;
        if (jem_json_int(row, "van", 0) != (int64_t)regency_number[van])
            continue;
        good(jem_number_parse(jem_json_str(row, "number", ""), &number, &err), &err);
        regency_decide(r->hq, number, "received", "verified");
        break;
    }
    json_decref(rows);
}

/* ---- one thing at a time ---- */

static void test_rotate(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 2);
    work(&r, 0, 30, 1);
    regency_sync(&r, 0);
    rotate(&r);
    decide(&r, 0);
    regency_publish(&r);
    work(&r, 0, 20, 2); /* not sent yet when the van hears of it */
    regency_van(&r, 0);
    work(&r, 0, 20, 3);
    settle(&r, 2);
    holds(&r, 2);
    nothing_quarantined(&r);
    assert_int_equal(regency_git(&r, "-C hub.git rev-list van/3/1.2 feed/3/1.2"), 0);
    assert_int_equal(regency_git(&r,
                         "-C hub.git log -1 --format=%%B $(git -C hub.git rev-list --max-parents=0 van/3/1.2) "
                         ">o && grep -qE '^part 1\\.2 after 1\\.[0-9]+ [0-9a-f]{64}$' o"),
        0);
    rotate(&r);
    rotate(&r); /* a van that was away follows both in one step */
    settle(&r, 2);
    work(&r, 0, 5, 4);
    work(&r, 1, 5, 5);
    settle(&r, 2);
    holds(&r, 2);
    nothing_quarantined(&r);
    regency_hub_clean(&r);
    regency_free(&r);
}

/* A van that comes when HQ has rotated before. */
static void test_late_van(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 1);
    work(&r, 0, 5, 1);
    regency_sync(&r, 0);
    rotate(&r);
    regency_enrol_more(&r, 1);
    work(&r, 1, 5, 2);
    settle(&r, 2);
    rotate(&r);
    settle(&r, 2);
    work(&r, 1, 5, 3);
    settle(&r, 2);
    holds(&r, 2);
    nothing_quarantined(&r);
    regency_free(&r);
}

static void van_restored(bool hub_lost, bool sent)
{
    struct regency r;
    regency_make(&r, 1);
    work(&r, 0, 20, 1);
    regency_sync(&r, 0);
    backup(&r, r.van[0], "van.backup");
    work(&r, 0, 15, 2);
    regency_sync(&r, 0);
    decide(&r, 0);
    if (sent)
        rotate(&r);
    regency_publish(&r);
    work(&r, 0, 3, 3);
    if (sent)
        regency_van(&r, 0);
    uint64_t at_hq = total(r.hq, 3, 0);
    if (hub_lost)
        lose_hub(&r);
    restore(&r, &r.van[0], r.van_dir[0], "van.backup");
    work(&r, 0, 7, 4);
    settle(&r, 1);
    assert_true(total(r.van[0], 3, 0) >= at_hq + 7);
    work(&r, 0, 2, 5);
    settle(&r, 1);
    holds(&r, 1);
    nothing_quarantined(&r);
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
    work(&r, 0, 10, 1);
    regency_sync(&r, 0);
    backup(&r, r.van[0], "van.backup");
    snprintf(dir, sizeof dir, "%s/twin", r.root);
    restore(&r, &r.van[0], r.van_dir[0], "van.backup");
    restore(&r, &twin, dir, "van.backup");
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
    json_t *ruled = json_pack("{s:s,s:s,s:b,s:s}", "ref", jem_json_str(json_array_get(rows, 0), "ref", ""), "head",
        jem_json_str(json_array_get(rows, 0), "head", ""), "admit", 1, "reason", "petugas bertanya");
    json_decref(rows);
    good(jem_store_begin(r.hq, &err), &err);
    good(jem_store_append(r.hq, 0, 0, "quarantine.ruled", ruled, REGENCY_USER, NULL, &err), &err);
    good(jem_store_commit(r.hq, &err), &err);
    json_decref(ruled);
    report = regency_merge(&r);
    assert_int_equal(report.quarantined, 0);
    assert_int_equal(report.accepted_events, 3);
    nothing_quarantined(&r);
    one_history(r.hq, lower);
    one_history(r.hq, higher);
    one_history(lower, higher);
    jem_store_close(twin);
    regency_free(&r);
}

static void hq_restored(bool hub_lost, bool rotated)
{
    struct regency r;
    regency_make(&r, 2);
    work(&r, 0, 20, 1);
    work(&r, 1, 10, 2);
    settle(&r, 2);
    backup(&r, r.hq, "hq.backup");
    work(&r, 0, 10, 3);
    settle(&r, 2);
    decide(&r, 0);
    if (rotated)
        rotate(&r);
    settle(&r, 2);
    work(&r, 0, 5, 4);
    settle(&r, 2);
    uint64_t told = total(r.van[0], 0, 3), wrote = total(r.van[0], 3, 0);
    if (hub_lost)
        lose_hub(&r);
    restore(&r, &r.hq, r.hq_dir, "hq.backup");
    work(&r, 1, 5, 5);
    settle(&r, 2);
    assert_true(total(r.hq, 3, 0) >= wrote);
    if (!hub_lost && !rotated)
        assert_true(total(r.hq, 0, 3) >= told);
    for (unsigned v = 0; v < 2; v++) {
        one_history(r.hq, r.van[v]);
        same_logs(r.van[v], r.hq, regency_number[v], 0);
        sound(r.van[v]);
    }
    sound(r.hq);
    rotate(&r);
    settle(&r, 2);
    work(&r, 0, 5, 6);
    work(&r, 1, 5, 7);
    settle(&r, 2);
    same_logs(r.van[0], r.hq, 3, 0);
    same_logs(r.van[1], r.hq, 7, 0);
    nothing_quarantined(&r);
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
    work(&r, 0, 20, 1);
    work(&r, 1, 5, 2);
    settle(&r, 2);
    shell(&r, "cp -r hub.git old.git");
    work(&r, 0, 10, 3);
    settle(&r, 2);
    lose_hub(&r);
    work(&r, 0, 5, 4);
    settle(&r, 2);
    holds(&r, 2);
    nothing_quarantined(&r);
    /* rolled back */
    shell(&r, "rm -rf hub.git && mv old.git hub.git");
    work(&r, 1, 5, 5);
    regency_van(&r, 0);
    regency_van(&r, 1);
    regency_merge(&r);
    regency_publish(&r);
    settle(&r, 2);
    holds(&r, 2);
    nothing_quarantined(&r);
    regency_free(&r);
}

static void test_ledger_lost(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 2);
    work(&r, 0, 20, 1);
    settle(&r, 2);
    for (unsigned i = 0; i < 2; i++) { /* with the hub, then without */
        if (i == 1)
            lose_hub(&r);
        work(&r, 0, 5, 2 + i);
        regency_van(&r, 0);
        shell(&r, "rm -rf van3/ledger.git");
        work(&r, 0, 5, 4 + i);
        settle(&r, 2);
        holds(&r, 2);
        if (i == 1)
            lose_hub(&r);
        decide(&r, 0);
        shell(&r, "rm -rf hq/ledger.git");
        settle(&r, 2);
        work(&r, 0, 5, 6 + i);
        settle(&r, 2);
        holds(&r, 2);
        nothing_quarantined(&r);
    }
    regency_free(&r);
}

/* Old parts were dropped when HQ had them; then HQ comes back from a backup that has not. */
static void test_dropped(void **state)
{
    struct regency r;
    (void)state;
    regency_make(&r, 1);
    work(&r, 0, 10, 1);
    settle(&r, 1);
    backup(&r, r.hq, "hq.backup");
    work(&r, 0, 10, 2);
    settle(&r, 1);
    rotate(&r);
    settle(&r, 1);
    work(&r, 0, 10, 3);
    settle(&r, 1);
    assert_int_equal(regency_git(&r, "-C hub.git rev-list van/3/1.2 scan/3/1.2"), 0);
    static const char *const refs[] = { "van", "scan" };
    for (int i = 0; i < 2; i++) {
        assert_int_equal(regency_git(&r, "-C hub.git update-ref -d refs/heads/%s/3/1.1", refs[i]), 0);
        assert_int_equal(regency_git(&r, "-C van3/ledger.git update-ref -d refs/heads/%s/3/1.1", refs[i]), 0);
        assert_int_equal(regency_git(&r, "-C van3/ledger.git update-ref -d refs/root/%s/3/1.1", refs[i]), 0);
        assert_int_equal(regency_git(&r, "-C van3/ledger.git update-ref -d refs/hub/%s/3/1.1", refs[i]), 0);
    }
    regency_git(&r, "-C hub.git update-ref -d refs/heads/hq/1.1");
    restore(&r, &r.hq, r.hq_dir, "hq.backup");
    settle(&r, 1);
    settle(&r, 1);
    one_history(r.hq, r.van[0]);
    same_logs(r.van[0], r.hq, 3, 0);
    nothing_quarantined(&r);
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
    settle(&r, 2);
    backup(&r, r.van[0], "van.backup");
    backup(&r, r.hq, "hq.backup");
    char trace[2000] = "";
    for (unsigned i = 0; i < steps; i++) {
        unsigned what = (unsigned)prop_below(&g, sizeof words / sizeof *words), van = (unsigned)prop_below(&g, 2);
        snprintf(trace + strlen(trace), sizeof trace - strlen(trace), "%s%s", i == 0 ? "" : ", ", words[what]);
        switch (what) {
        case 0:
        case 1: work(&r, van, 1 + (unsigned)prop_below(&g, 6), i + 1); break;
        case 2:
        case 3: good(jem_round_van(r.van[van], &plain, &report, &err), &err); break;
        case 4: good(jem_round_merge(r.hq, REGENCY_USER, &plain, &report, &err), &err); break;
        case 5: good(jem_round_publish(r.hq, REGENCY_USER, &plain, &report, &err), &err); break;
        case 6: decide(&r, van); break;
        case 7: rotate(&r); break;
        case 8:
            backup(&r, r.van[0], "van.backup");
            van_kept = true;
            break;
        case 9:
            if (van_kept)
                restore(&r, &r.van[0], r.van_dir[0], "van.backup");
            break;
        case 10:
            backup(&r, r.hq, "hq.backup");
            hq_kept = true;
            break;
        case 11:
            if (hq_kept)
                restore(&r, &r.hq, r.hq_dir, "hq.backup");
            break;
        case 12: lose_hub(&r); break;
        case 13: shell(&r, "rm -rf van3/ledger.git"); break;
        default: shell(&r, "rm -rf hq/ledger.git"); break;
        }
    }
    print_message("seed %" PRIu64 ": %s\n", seed, trace);
    settle(&r, 2);
    settle(&r, 2);
    for (unsigned v = 0; v < 2; v++) {
        one_history(r.hq, r.van[v]);
        same_logs(r.van[v], r.hq, regency_number[v], 0);
        sound(r.van[v]);
    }
    sound(r.hq);
    nothing_quarantined(&r);
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
