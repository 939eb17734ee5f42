// room: sync
/* test_year.c - a year of daily work, on a clock that the test turns: the laptop's ledger and the cost of a sync stay flat.
 *
 * One van, HQ, a hub in a folder. Each day the van records applications, one in ten with a scan of 2 KB; each second day
 * everybody syncs; each week HQ makes a backup and tells the vans what is durable; each period a new key comes by itself. A plain
 * run is 60 days of 30 applications and periods of 10 days; JEM_SOAK=1 runs 365 days of 300 applications, each with a scan,
 * synced each day, and periods of 30 days. The scans stand for ones of 150 KB: how many parts, packs and refs there are is the same, the bytes are fewer.
 * JEM_YEAR="DAYS APPLICATIONS SCANS PERIOD" runs another year. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <ftw.h>

#include "jemput/backup.h"
#include "jemput/codec.h"
#include "prop.h"
#include "regency.h"
#include "unit.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define SCAN_BYTES 2000
#define PREVIEW_BYTES 300
#define RETENTION_DAYS 20
#define GROWTH 1.3 /* of the last period over the third */

struct year {
    struct regency r;
    unsigned days, applications, scans, period, pause; /* scans: each day; pause: days between rounds */
    struct prop g;
    unsigned char first_scan[32];
    uint64_t sync_bytes; /* of this period */
    int64_t sync_ms, sync_cpu_us;
};
struct period {
    uint64_t ledger, packs, hub, sync_bytes;
    int64_t sync_ms, sync_cpu_us;
};

/* ---- the clock ---- */

static int64_t year_now;

static int64_t clock_now_ms(void *ctx)
{
    (void)ctx;
    return year_now++;
}

static enum jem_clock_source clock_source(void *ctx)
{
    (void)ctx;
    return JEM_CLOCK_NTP;
}

static const struct jem_clock year_clock = { clock_now_ms, clock_source, NULL };

static void good(enum jem_code code, const struct jem_error *err)
{
    if (code != JEM_OK)
        fail_msg("%s: %s", jem_code_name(code), err->msg);
}

/* ---- what there is ---- */

static uint64_t folder_bytes, folder_packs;

static int folder_file(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    size_t n = strlen(path);
    (void)at;
    folder_bytes += kind == FTW_F ? (uint64_t)st->st_size : 0;
    folder_packs += kind == FTW_F && n > 5 && strcmp(path + n - 5, ".pack") == 0;
    return 0;
}

static uint64_t folder_size(const char *path)
{
    folder_bytes = folder_packs = 0;
    assert_int_equal(nftw(path, folder_file, 16, FTW_PHYS), 0);
    return folder_bytes;
}

static struct period year_measure(struct year *y)
{
    char path[160];
    struct period p = { .sync_bytes = y->sync_bytes, .sync_ms = y->sync_ms, .sync_cpu_us = y->sync_cpu_us };
    snprintf(path, sizeof path, "%s/ledger.git", y->r.van_dir[0]);
    p.ledger = folder_size(path);
    p.packs = folder_packs;
    assert_int_equal(regency_git(&y->r, "-C hub.git gc -q --prune=now"), 0);
    p.hub = folder_size(y->r.hub);
    y->sync_bytes = 0;
    y->sync_ms = y->sync_cpu_us = 0;
    return p;
}

/* ---- work ---- */

/* A catalogue by which documents may leave the van after RETENTION_DAYS. */
static void year_catalog(struct year *y)
{
    struct jem_error err = { 0 };
    json_t *catalog = NULL, *service;
    size_t i;
    good(jem_catalog_read_dir("src/record/catalog", &catalog, &err), &err);
    json_array_foreach(json_object_get(catalog, "services"), i, service)
        assert_int_equal(json_object_set_new(service, "retention_days", json_integer(RETENTION_DAYS)), 0);
    json_t *body = json_pack("{s:i,s:o}", "version", 2, "catalog", catalog);
    good(jem_store_begin(y->r.hq, &err), &err);
    for (unsigned lane = 0; lane <= regency_number[0]; lane += regency_number[0])
        good(jem_store_append(y->r.hq, (uint16_t)lane, 0, "catalog.published", body, REGENCY_USER, NULL, &err), &err);
    good(jem_store_commit(y->r.hq, &err), &err);
    json_decref(body);
}

static uint64_t year_submit(struct year *y)
{
    struct jem_error err = { 0 };
    char nik[20], name[40];
    uint64_t number;
    snprintf(nik, sizeof nik, "327301%02u0190%04u", 1 + (unsigned)prop_below(&y->g, 28),
        1 + (unsigned)prop_below(&y->g, 9000));
    snprintf(name, sizeof name, "Pemohon %" PRIu64, prop_below(&y->g, 1000000));
    json_t *body = json_pack("{s:s,s:i,s:s,s:{s:s,s:s},s:[]}", "service", "akta-kelahiran", "catalog", 2, "channel",
        "van", "fields", "nik", nik, "name", name, "warnings");
    good(jem_store_number_new(y->r.van[0], &number, &err), &err);
    good(jem_store_append(y->r.van[0], 0, number, "application.submitted", body, REGENCY_USER, NULL, &err), &err);
    json_decref(body);
    return number;
}

static void year_scan(struct year *y, uint64_t number, bool first)
{
    struct jem_error err = { 0 };
    struct jem_store *van = y->r.van[0];
    unsigned char bytes[SCAN_BYTES], preview[PREVIEW_BYTES], hash[32], preview_hash[32];
    char hex[65], preview_hex[65];
    prop_bytes(&y->g, bytes, sizeof bytes);
    prop_bytes(&y->g, preview, sizeof preview);
    jem_hash(bytes, sizeof bytes, hash);
    jem_hash(preview, sizeof preview, preview_hash);
    jem_hex(hash, 32, hex);
    jem_hex(preview_hash, 32, preview_hex);
    if (first)
        memcpy(y->first_scan, hash, 32);
    json_t *body = json_pack("{s:i,s:s,s:s,s:i,s:s,s:[{s:s,s:i}]}", "ordinal", 1, "kind", "kk", "mime", "image/jpeg",
        "size", (int)sizeof bytes, "hash", hex, "pages", "preview", preview_hex, "size", (int)sizeof preview);
    good(jem_store_blob_put(van, hash, JEM_BLOB_ORIGINAL, bytes, sizeof bytes, &err), &err);
    good(jem_store_blob_put(van, preview_hash, JEM_BLOB_PREVIEW, preview, sizeof preview, &err), &err);
    good(jem_store_append(van, 0, number, "document.attached", body, REGENCY_USER, NULL, &err), &err);
    json_decref(body);
}

static void year_record(struct year *y, unsigned day)
{
    struct jem_error err = { 0 };
    good(jem_store_begin(y->r.van[0], &err), &err);
    for (unsigned i = 0; i < y->applications; i++) {
        uint64_t number = year_submit(y);
        if (i < y->scans)
            year_scan(y, number, day == 0 && i == 0);
    }
    good(jem_store_commit(y->r.van[0], &err), &err);
}

static void year_book(struct year *y, const struct jem_round_report *report)
{
    assert_string_equal(report->refused, "");
    assert_int_equal(report->quarantined, 0);
    y->sync_bytes += report->bytes_up + report->bytes_down;
}

static void year_sync(struct year *y)
{
    int64_t begun_ms = jem_mono_ms();
    clock_t begun = clock();
    struct jem_round_report report = regency_van(&y->r, 0);
    year_book(y, &report);
    report = regency_merge(&y->r);
    year_book(y, &report);
    report = regency_publish(&y->r);
    year_book(y, &report);
    y->sync_ms += jem_mono_ms() - begun_ms;
    y->sync_cpu_us += (int64_t)(clock() - begun) * 1000000 / CLOCKS_PER_SEC;
}

static void year_backup(struct year *y)
{
    char path[160];
    struct jem_error err = { 0 };
    json_t *made = NULL;
    size_t told;
    snprintf(path, sizeof path, "%s/backup.tar", y->r.root);
    good(jem_backup_make(y->r.hq, path, true, &made, &err), &err);
    json_decref(made);
    good(jem_store_ack_durable(y->r.hq, REGENCY_USER, &told, &err), &err);
}

/* ---- what must hold ---- */

/* Nothing is lost, nothing waits: equal logs by their chained hashes, every document at HQ. */
static void year_whole(struct year *y)
{
    struct jem_error err = { 0 };
    json_t *counts = NULL;
    for (int i = 0; i < 3; i++) /* a new key and its answer need more than one */
        year_sync(y);
    struct jem_round_report report = regency_van(&y->r, 0);
    assert_int_equal(report.pending_events, 0);
    assert_int_equal(report.pending_documents, 0);
    regency_same(y->r.van[0], y->r.hq, regency_number[0], 0);
    regency_same(y->r.van[0], y->r.hq, 0, regency_number[0]);
    assert_true(regency_count(y->r.hq, regency_number[0], 0) >= (uint64_t)y->days * (y->applications + y->scans));
    good(jem_store_counts(y->r.hq, &counts, &err), &err);
    assert_int_equal(jem_json_int(counts, "applications", 0), (int64_t)y->days * y->applications);
    assert_int_equal(jem_json_int(counts, "pending_documents", -1), 0);
    json_decref(counts);
    assert_true(jem_store_blob_has(y->r.hq, y->first_scan));
    regency_hub_clean(&y->r);
}

/* Keys of dead epochs are destroyed on both sides, later ones are there; the oldest scan is at HQ alone. */
static void year_let_go(struct year *y)
{
    struct jem_error err = { 0 };
    struct jem_buf secret = JEM_BUF_INIT(64), epoch = JEM_BUF_INIT(16);
    enum jem_blob_place place;
    struct jem_store *stores[] = { y->r.hq, y->r.van[0] };
    for (size_t i = 0; i < 2; i++) {
        char name[32];
        jem_buf_clear(&epoch);
        good(jem_store_meta_get(stores[i], "epoch", &epoch, &err), &err);
        unsigned newest = (unsigned)strtoul(jem_buf_text(&epoch), NULL, 10);
        assert_true(newest >= y->days / (y->period + 2));
        assert_int_equal(jem_store_secret_get(stores[i], "box.secret.1", &secret, &err), JEM_ENOTFOUND);
        snprintf(name, sizeof name, "box.secret.%u", newest - 3);
        good(jem_store_secret_get(stores[i], name, &secret, &err), &err);
    }
    jem_buf_wipe(&secret);
    jem_buf_release(&epoch);
    good(jem_store_blob_place(y->r.van[0], y->first_scan, &place, &err), &err);
    assert_int_equal(place, JEM_BLOB_AT_HQ);
}

static void year_plan(struct year *y)
{
    const char *other = getenv("JEM_YEAR"), *soak = getenv("JEM_SOAK");
    y->days = 60;
    y->applications = 30;
    y->scans = 3;
    y->period = 10;
    y->pause = 2;
    if (soak != NULL && strcmp(soak, "1") == 0) {
        y->days = 365;
        y->applications = y->scans = 300;
        y->period = 30;
        y->pause = 1;
    }
    if (other != NULL)
        assert_int_equal(sscanf(other, "%u %u %u %u", &y->days, &y->applications, &y->scans, &y->period), 4);
}

static void test_year(void **state)
{
    struct year *y = calloc(1, sizeof *y);
    struct jem_error err = { 0 };
    struct period third = { 0 }, last = { 0 };
    char days[16];
    (void)state;
    assert_non_null(y);
    year_plan(y);
    y->g = prop_start("year");
    year_now = 1767225600000; /* 2026-01-01 */
    regency_clock = &year_clock;
    regency_make(&y->r, 1);
    snprintf(days, sizeof days, "%u", y->period);
    good(jem_store_meta_set(y->r.hq, "rotate_days", days, &err), &err);
    year_catalog(y);
    year_sync(y);
    regency_van(&y->r, 0);
    print_message("%u days of %u applications, %u with a scan of %d bytes that stands for one of 150 KB\n", y->days,
        y->applications, y->scans, SCAN_BYTES);
    print_message("period   ledger B  packs      hub B     sync B  sync s   cpu s\n");
    for (unsigned day = 0; day < y->days; day++) {
        year_now += DAY_MS;
        year_record(y, day);
        if (day % y->pause == y->pause - 1)
            year_sync(y);
        if (day % 7 == 6)
            year_backup(y);
        if ((day + 1) % y->period != 0)
            continue;
        last = year_measure(y);
        if ((day + 1) / y->period == 3)
            third = last;
        print_message("%6u %10" PRIu64 " %6" PRIu64 " %10" PRIu64 " %10" PRIu64 " %7.1f %7.2f\n", (day + 1) / y->period,
            last.ledger, last.packs, last.hub, last.sync_bytes, (double)last.sync_ms / 1000,
            (double)last.sync_cpu_us / 1e6);
    }
    year_whole(y);
    year_let_go(y);
    assert_true((double)last.ledger <= GROWTH * (double)third.ledger);
    assert_true((double)last.sync_bytes <= GROWTH * (double)third.sync_bytes);
    assert_true((double)last.hub <= GROWTH * (double)third.hub);
    regency_free(&y->r);
    regency_clock = NULL;
    free(y);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_year) };
    return cmocka_run_group_tests_name("year", tests, NULL, NULL);
}
