// room: sync
/* bench_merge.c - HQ's merge of a van's records: signature, parent and order of every commit, opening, hashes, import,
 * views, acknowledgement, duplicates, the commit on main; against raw inserts of the rows that it left, in one
 * transaction. What carries the objects to HQ (libgit2's fetch) is left out. */
#include <stdio.h>

#include "bench.h"
#include "bench_raw.h"
#include "gen_events.h"
#include "regency.h"

enum { MERGE_ROUNDS = 3, MERGE_EVENTS = 10000, MERGE_BATCH = 2500 };

static void merge_record(struct jem_store *van, uint64_t seed)
{
    struct jem_error err = { 0 };
    struct prop rng = { seed };
    for (unsigned i = 0; i < MERGE_EVENTS; i++) {
        uint64_t number = 0;
        const char *service = NULL;
        json_t *fields = gen_fields(&rng, &service);
        json_t *body = json_pack("{s:s,s:i,s:s,s:o,s:[]}", "service", service, "catalog", 1, "channel", "van", "fields",
            fields, "warnings");
        if (i % MERGE_BATCH == 0)
            kit_begin(van);
        bench_ok(jem_store_number_new(van, &number, &err), &err);
        bench_ok(jem_store_append(van, 0, number, "application.submitted", body, REGENCY_USER, NULL, &err), &err);
        json_decref(body);
        if (i % MERGE_BATCH == MERGE_BATCH - 1)
            kit_commit(van);
    }
}

struct merge_times {
    double merge, done;
};

static void merge_step(void *ctx, const struct jem_progress *p)
{
    struct merge_times *times = ctx;
    if (p->step == JEM_STEP_MERGE && times->merge <= 0)
        times->merge = bench_now_us();
    if (p->step == JEM_STEP_DONE)
        times->done = bench_now_us();
}

static double merge_ours(struct regency *r)
{
    struct merge_times times = { 0 };
    struct jem_round_options options = { .progress = merge_step, .ctx = &times };
    struct jem_round_report report;
    struct jem_error err = { 0 };
    bench_ok(jem_round_merge(r->hq, REGENCY_USER, &options, &report, &err), &err);
    if (report.accepted_events < MERGE_EVENTS || report.quarantined != 0 || times.merge <= 0 || times.done <= 0)
        bench_die("HQ accepted %llu events", (unsigned long long)report.accepted_events);
    return times.done - times.merge;
}

int main(void)
{
    double ours[MERGE_ROUNDS], raw[MERGE_ROUNDS], ratio[MERGE_ROUNDS];
    char measured[64], baseline[64], text[24], rate[32];
    for (size_t i = 0; i < MERGE_ROUNDS; i++) {
        struct regency r;
        struct bench_raw base;
        regency_make(&r, 1);
        bench_raw_open(&base, JEM_ROLE_HQ);
        (void)regency_apply(r.van[0], "3273014501900001", "Pemohon Pertama");
        regency_sync(&r, 0); /* HQ at work: its first merge also seals the catalogue and the enrolment */
        merge_record(r.van[0], 100 + i);
        (void)regency_van(&r, 0);
        ours[i] = merge_ours(&r);
        struct bench_rows *rows = bench_rows_read(r.hq, regency_number[0]);
        raw[i] = bench_rows_insert(&base, rows);
        ratio[i] = raw[i] / ours[i];
        bench_rows_free(rows);
        bench_raw_close(&base);
        regency_free(&r);
    }
    bench_thousands(MERGE_EVENTS * 1e6 / bench_at(ours, MERGE_ROUNDS, .5), rate);
    (void)snprintf(measured, sizeof measured, "%s events/s", rate);
    bench_thousands(MERGE_EVENTS * 1e6 / bench_at(raw, MERGE_ROUNDS, .5), rate);
    (void)snprintf(baseline, sizeof baseline, "%s/s, raw inserts of the same rows", rate);
    (void)snprintf(text, sizeof text, "%.2f × rate", bench_at(ratio, MERGE_ROUNDS, .5));
    bench_row("HQ merge: verify, open, import, project 10,000 events", measured, baseline, text, "≥ 0.7 ×");
    return 0;
}
