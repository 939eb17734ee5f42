// room: sync
/* bench_cuts.c - what a link costs that resets each connection after 30 KB or 100 KB: scans of 150 KB over smart HTTP through
 * tests/link's proxy, bytes up against the bytes of the scans; and stock `git push` of one of them through the same link. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"
#include "regency.h"

enum { CUTS_SCANS = 40, CUTS_SCAN_BYTES = 150000, CUTS_ROUNDS_MAX = 50 };

struct cuts_proxy {
    struct bench_server server;
    char log[160];
};

/* The relay writes its port, and at the end its counts, to a file. */
static void cuts_start(struct cuts_proxy *proxy, const struct regency *r, unsigned to, const char *cut)
{
    char command[600];
    const char *build = getenv("B");
    if (build == NULL)
        bench_die("B is not set");
    (void)snprintf(proxy->log, sizeof proxy->log, "%s/proxy", r->root);
    (void)snprintf(command, sizeof command, "exec '%s/tests/proxy' --to %u --cut %s >'%s'", build, to, cut, proxy->log);
    const char *const argv[] = { "sh", "-c", command, NULL };
    bench_server_spawn(&proxy->server, argv);
    proxy->server.port = 0;
    for (int tries = 0; tries < 100 && proxy->server.port == 0; tries++) {
        FILE *f = fopen(proxy->log, "r");
        if (f != NULL && fscanf(f, "{\"port\":%u}", &proxy->server.port) != 1)
            proxy->server.port = 0;
        if (f != NULL)
            (void)fclose(f);
        (void)nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
    }
    if (proxy->server.port == 0)
        bench_die("the relay does not listen");
}

static double cuts_stop(struct cuts_proxy *proxy, const struct regency *r)
{
    bench_server_stop(&proxy->server);
    return bench_shell_number(r->root, "tail -1 proxy | jq .up");
}

static void cuts_row(const char *cut, const char *name, const char *target)
{
    struct regency r;
    struct bench_server http;
    struct cuts_proxy proxy;
    char work[96], url[200], title[80], measured[80], baseline[120], ratio[24], number[32];
    regency_make(&r, 1);
    for (unsigned i = 0; i < CUTS_SCANS; i++) {
        char nik[20];
        (void)snprintf(nik, sizeof nik, "32730145019%05u", 10001 + i);
        regency_attach(r.van[0], regency_apply(r.van[0], nik, "Pemohon"), CUTS_SCAN_BYTES, 1000 + i);
    }
    (void)snprintf(work, sizeof work, "%s/http", r.root);
    const char *const argv[] = { "sh", "tests/e2e/hub_http.sh", work, r.root, "van3", "rahasia", NULL };
    bench_server_start(&http, argv);
    cuts_start(&proxy, &r, http.port, cut);
    (void)snprintf(url, sizeof url, "http://van3:rahasia@127.0.0.1:%u/hub.git", proxy.server.port);
    struct jem_round_options options = { .remote = url };
    struct jem_round_report report = { 0 };
    struct jem_error err = { 0 };
    enum jem_code code = JEM_ELINK;
    double begun = bench_now_us();
    for (unsigned rounds = 0; code == JEM_ELINK && rounds < CUTS_ROUNDS_MAX; rounds++)
        code = jem_round_van(r.van[0], &options, &report, &err);
    bench_ok(code, &err);
    double took_s = (bench_now_us() - begun) / 1e6, up = cuts_stop(&proxy, &r);
    double payload = (double)CUTS_SCANS * (CUTS_SCAN_BYTES + 3000);
    cuts_start(&proxy, &r, http.port, cut);
    double landed = bench_shell_number(r.root,
        "git init -q -b main stock && head -c %u /dev/urandom >stock/scan && git -C stock add . && "
        "git -C stock -c user.name=x -c user.email=x@x.invalid commit -q -m scan && git init -q --bare stock.git && "
        "git -C stock.git config http.receivepack true && "
        "{ for i in 1 2 3; do git -C stock push -q http://van3:rahasia@127.0.0.1:%u/stock.git main || true; done; } && "
        "git -C stock.git for-each-ref | wc -l",
        CUTS_SCAN_BYTES, proxy.server.port);
    (void)cuts_stop(&proxy, &r);
    bench_thousands(up, number);
    (void)snprintf(title, sizeof title, "a link that cuts every %s, %d scans of 150 KB, up", name, CUTS_SCANS);
    (void)snprintf(measured, sizeof measured, "%s B in %.0f s", number, took_s);
    bench_thousands(payload, number);
    (void)snprintf(baseline, sizeof baseline, "%s B of scans (`git push` %s)", number,
        landed > 0 ? "finishes one" : "of one: 3 tries, nothing");
    (void)snprintf(ratio, sizeof ratio, "%.3f ×", up / payload);
    bench_row(title, measured, baseline, ratio, target);
    bench_server_stop(&http);
    regency_free(&r);
}

int main(void)
{
    cuts_row("30000", "30 KB", "≤ 1.2 ×");
    cuts_row("100000", "100 KB", "≤ 1.12 ×");
    return 0;
}
