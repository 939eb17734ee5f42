// room: sync
/* bench_growth.c - what a sync costs a van with little and with much behind it: 10 applications over smart HTTP, with 500
 * and with 50,000 segments of history that HQ has taken over. The history has one event a segment. */
#include <stdio.h>

#include "bench.h"
#include "bench_proxy.h"
#include "jemput/ledger.h"
#include "regency.h"
#include "store_kit.h"

enum { GROWTH_ROUNDS = 9, GROWTH_APPLICATIONS = 10, GROWTH_PACK = 2500, GROWTH_BATCH = 2500 };

struct growth {
    double ms, bytes;
};

static void growth_history(struct regency *r, unsigned segments)
{
    struct jem_error err = { 0 };
    struct jem_keys *keys = NULL;
    struct jem_ledger *ledger = NULL;
    struct jem_seal_plan plan = { .ref = "refs/heads/van/3/1.1",
        .stream = { (uint16_t)regency_number[0], 0, 1, 0 },
        .max_events = 1,
        .max_bytes = (size_t)1 << 20,
        .max_commits = GROWTH_PACK };
    for (unsigned done = 0; done < segments; done += GROWTH_BATCH)
        regency_apply_many(r->van[0], segments - done < GROWTH_BATCH ? segments - done : GROWTH_BATCH,
            done / GROWTH_BATCH);
    bench_ok(jem_keys_load(r->van[0], &keys, &err), &err);
    bench_ok(jem_ledger_open(r->van_dir[0], &ledger, &err), &err);
    for (size_t commits = 1; commits > 0;)
        bench_ok(jem_ledger_seal(ledger, r->van[0], keys, &plan, &commits, &err), &err);
    jem_ledger_free(ledger);
    jem_keys_free(keys);
    bench_shell(r->root, "git -C hub.git fetch -q %s/ledger.git 'refs/heads/van/*:refs/heads/van/*'", r->van_dir[0]);
    regency_sync(r, 0);
}

static struct growth growth_measure(unsigned segments)
{
    struct regency r;
    struct bench_server http;
    struct bench_proxy proxy;
    char work[96], url[200];
    double ms[GROWTH_ROUNDS], bytes[GROWTH_ROUNDS];
    regency_make(&r, 1);
    growth_history(&r, segments);
    (void)snprintf(work, sizeof work, "%s/http", r.root);
    const char *const argv[] = { "sh", "tests/e2e/hub_http.sh", work, r.root, "van3", "rahasia", NULL };
    bench_server_start(&http, argv);
    bench_proxy_start(&proxy, http.port);
    (void)snprintf(url, sizeof url, "http://van3:rahasia@127.0.0.1:%u/hub.git", proxy.port);
    for (size_t i = 0; i < GROWTH_ROUNDS; i++) {
        struct jem_round_options options = { .remote = url };
        struct jem_round_report report;
        struct jem_error err = { 0 };
        regency_apply_many(r.van[0], GROWTH_APPLICATIONS, 29 + (unsigned)i % 2);
        (void)bench_proxy_take(&proxy);
        double begun = bench_now_us();
        bench_ok(jem_round_van(r.van[0], &options, &report, &err), &err);
        ms[i] = (bench_now_us() - begun) / 1000;
        struct bench_bytes sent = bench_proxy_take(&proxy);
        bytes[i] = sent.up + sent.down;
        if (report.pushed_events != GROWTH_APPLICATIONS)
            bench_die("%llu events sent", (unsigned long long)report.pushed_events);
    }
    bench_proxy_stop(&proxy);
    bench_server_stop(&http);
    regency_free(&r);
    return (struct growth){ bench_at(ms, GROWTH_ROUNDS, .5), bench_at(bytes, GROWTH_ROUNDS, .5) };
}

int main(void)
{
    char measured[64], baseline[64], ratio[24], number[32];
    struct growth few = growth_measure(500), many = growth_measure(50000);
    (void)snprintf(measured, sizeof measured, "%.1f ms", many.ms);
    (void)snprintf(baseline, sizeof baseline, "%.1f ms, 500 segments", few.ms);
    (void)snprintf(ratio, sizeof ratio, "%.2f ×", many.ms / few.ms);
    bench_row("sync with 50,000 segments of history, time", measured, baseline, ratio, "≤ 1.2 ×");
    bench_thousands(many.bytes, number);
    (void)snprintf(measured, sizeof measured, "%s B", number);
    bench_thousands(few.bytes, number);
    (void)snprintf(baseline, sizeof baseline, "%s B, 500 segments", number);
    (void)snprintf(ratio, sizeof ratio, "%.2f ×", many.bytes / few.bytes);
    bench_row("sync with 50,000 segments of history, up + down", measured, baseline, ratio, "≤ 1.2 ×");
    return 0;
}
