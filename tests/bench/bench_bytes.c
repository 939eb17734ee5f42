// room: sync
/* bench_bytes.c - what 1, 10, 100 and 1,000 applications cost to send, on top of a day's work that is at the hub
 * already. The same events go by all ways:
 *   ours       jem_round_van over smart HTTP: sealed and signed commits, and a look at the feed; the hub was met before
 *   zstd       one file of JSON lines, `zstd -19 --ultra --long`: not sealed, not signed, not even sent
 *   rivals     bench_rivals.h
 * Sent bytes are TCP payload, counted by a relay between client and server; the pack is a thin one of what the hub lacked,
 * made by stock git. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "bench_proxy.h"
#include "bench_raw.h"
#include "bench_rivals.h"
#include "gen_events.h"
#include "jemput/number.h"
#include "regency.h"

enum { BYTES_BEFORE = 2000, BYTES_GAP_MS = 45000 };
#define BYTES_LOGIN "van3:rahasia"

struct bytes_run {
    struct regency r;
    struct bench_server http;
    struct bench_proxy proxy;
    struct bench_rivals rivals;
    struct prop rng;
    int64_t now_ms; /* of the van: an application every 22 s or so, as at a counter */
    struct jem_clock clock;
    struct jem_event_id next; /* first event that is not in the JSON lines yet */
};

struct bytes_result {
    double zstd, pack;
    struct bench_bytes sent, rivals[BENCH_RIVALS];
};

static int64_t bytes_now(void *ctx)
{
    return ((struct bytes_run *)ctx)->now_ms;
}

static enum jem_clock_source bytes_source(void *ctx)
{
    (void)ctx;
    return JEM_CLOCK_NTP;
}

static void bytes_record(struct bytes_run *run, unsigned count)
{
    struct jem_error err = { 0 };
    struct jem_store *van = run->r.van[0];
    kit_begin(van);
    for (unsigned i = 0; i < count; i++) {
        uint64_t number = 0;
        const char *service = NULL;
        json_t *fields = gen_fields(&run->rng, &service);
        json_t *body = json_pack("{s:s,s:i,s:s,s:o,s:[]}", "service", service, "catalog", 1, "channel", "van", "fields",
            fields, "warnings");
        run->now_ms += gen_below(&run->rng, BYTES_GAP_MS);
        bench_ok(jem_store_number_new(van, &number, &err), &err);
        bench_ok(jem_store_append(van, 0, number, "application.submitted", body, REGENCY_USER, NULL, &err), &err);
        json_decref(body);
    }
    kit_commit(van);
}

/* What an event says, without its hashes: they follow from the rest, and no JSON needs them. */
static json_t *bytes_json(const struct jem_event *e)
{
    char number[JEM_NUMBER_TEXT];
    struct jem_error err = { 0 };
    json_t *body = NULL;
    jem_number_format(e->subject, number);
    bench_ok(jem_json_parse(e->body, e->body_len, "event", &body, &err), &err);
    return json_pack("{s:i,s:I,s:I,s:I,s:i,s:s,s:s,s:s,s:o}", "van", (int)e->id.writer, "seq", (json_int_t)e->id.seq,
        "hlc", (json_int_t)e->hlc, "wall", (json_int_t)e->wall_ms, "source", (int)e->clock_source, "actor", e->actor,
        "subject", number, "kind", e->kind, "body", body);
}

static void bytes_file(const char *path, const char *mode, const char *text)
{
    FILE *f = fopen(path, mode);
    if (f == NULL || fputs(text, f) == EOF || fputc('\n', f) == EOF || fclose(f) != 0)
        bench_die("cannot write %s", path);
}

/* The new events as lines of root/lines and as one file each in root/fresh. */
static void bytes_export(struct bytes_run *run)
{
    struct jem_event_list events = { 0 };
    struct jem_error err = { 0 };
    char path[160];
    bench_ok(jem_store_events(run->r.van[0], &run->next, 100000, (size_t)1 << 30, &events, &err), &err);
    bench_shell(run->r.root, "rm -rf lines fresh && mkdir fresh");
    for (size_t i = 0; i < events.count; i++) {
        json_t *line = bytes_json(&events.items[i]);
        char *text = json_dumps(line, JSON_COMPACT);
        if (text == NULL)
            bench_die("out of memory");
        (void)snprintf(path, sizeof path, "%s/lines", run->r.root);
        bytes_file(path, "a", text);
        (void)snprintf(path, sizeof path, "%s/fresh/%llu.json", run->r.root,
            (unsigned long long)events.items[i].id.seq);
        bytes_file(path, "w", text);
        free(text);
        json_decref(line);
    }
    run->next.seq += events.count;
    jem_event_list_release(&events);
}

/* The hub's lane as it is now, to be told from what comes. */
static void bytes_mark(struct bytes_run *run)
{
    bench_shell(run->r.root, "git -C hub.git update-ref refs/before refs/heads/van/3/1.1");
}

static double bytes_pack(struct bytes_run *run)
{
    return bench_shell_number(run->r.root, "printf 'refs/heads/van/3/1.1\n^refs/before\n' | git -C hub.git "
                                           "pack-objects -q --revs --thin --stdout | wc -c");
}

static void bytes_round(struct bytes_run *run, struct jem_round_report *report)
{
    char url[200];
    struct jem_error err = { 0 };
    (void)snprintf(url, sizeof url, "http://" BYTES_LOGIN "@127.0.0.1:%u/hub.git", run->proxy.port);
    struct jem_round_options options = { .remote = url };
    bench_ok(jem_round_van(run->r.van[0], &options, report, &err), &err);
}

static void bytes_make(struct bytes_run *run)
{
    char work[96];
    struct jem_round_report met;
    regency_make(&run->r, 1);
    run->rng = (struct prop){ 2026 };
    run->now_ms = (int64_t)time(NULL) * 1000 - (int64_t)2 * 86400000;
    run->clock = (struct jem_clock){ bytes_now, bytes_source, run };
    bench_clock_set(run->r.van[0], &run->clock);
    run->next = (struct jem_event_id){ (uint16_t)regency_number[0], 0, 1, 1 };
    (void)snprintf(work, sizeof work, "%s/http", run->r.root);
    const char *const argv[] = { "sh", "tests/e2e/hub_http.sh", work, run->r.root, "van3", "rahasia", NULL };
    bench_server_start(&run->http, argv);
    bench_proxy_start(&run->proxy, run->http.port);
    bytes_record(run, BYTES_BEFORE);
    regency_sync(&run->r, 0);
    bytes_round(run, &met);
    bytes_export(run);
    bench_rivals_start(&run->rivals, run->r.root, &run->http, BYTES_LOGIN);
    for (int i = 0; i < BENCH_RIVALS; i++)
        (void)bench_rivals_send(&run->rivals, (enum bench_rival)i);
}

static struct bytes_result bytes_send(struct bytes_run *run, unsigned count)
{
    struct bytes_result out;
    struct jem_round_report report;
    bytes_mark(run);
    bytes_record(run, count);
    (void)bench_proxy_take(&run->proxy);
    bytes_round(run, &report);
    out.sent = bench_proxy_take(&run->proxy);
    if (report.pushed_events != count)
        bench_die("%llu of %u events sent", (unsigned long long)report.pushed_events, count);
    bytes_export(run);
    for (int i = 0; i < BENCH_RIVALS; i++)
        out.rivals[i] = bench_rivals_send(&run->rivals, (enum bench_rival)i);
    out.zstd = bench_shell_number(run->r.root, "zstd -q -19 --ultra --long -c lines | wc -c");
    out.pack = bytes_pack(run);
    return out;
}

static void bytes_row(const char *what, unsigned count, double ours, double other, const char *name, const char *target)
{
    char title[120], measured[48], baseline[120], ratio[24], number[32];
    bench_thousands(count, number);
    (void)snprintf(title, sizeof title, "%s, %s application%s", what, number, count == 1 ? "" : "s");
    bench_thousands(ours, number);
    (void)snprintf(measured, sizeof measured, "%s B", number);
    bench_thousands(other, number);
    (void)snprintf(baseline, sizeof baseline, "%s B, %s", number, name);
    if (ours * 2 > other)
        (void)snprintf(ratio, sizeof ratio, "%.2f ×", ours / other);
    else
        (void)snprintf(ratio, sizeof ratio, "1/%.1f", other / ours);
    bench_row(title, measured, baseline, ratio, target);
}

static void bytes_sent(unsigned count, const struct bytes_result *r, enum bench_rival rival)
{
    static const char *const targets[BENCH_RIVALS] = { "≤ 1/8", "", "≤ 1/15", "" };
    char name[80], down[2][32];
    const struct bench_bytes *other = &r->rivals[rival];
    bench_thousands(r->sent.down, down[0]);
    bench_thousands(other->down, down[1]);
    (void)snprintf(name, sizeof name, "%s (down %s against %s)", bench_rival_words[rival], down[0], down[1]);
    bytes_row("sent over HTTP, up", count, r->sent.up, other->up, name, count == 1000 ? targets[rival] : "");
}

int main(void)
{
    static const unsigned counts[] = { 1, 10, 100, 1000 };
    enum { COUNTS = sizeof counts / sizeof *counts };
    static struct bytes_run run;
    struct bytes_result results[COUNTS];
    bytes_make(&run);
    for (size_t i = 0; i < COUNTS; i++)
        results[i] = bytes_send(&run, counts[i]);
    for (size_t i = 0; i < COUNTS; i++)
        bytes_row("sealed, signed commits in a pack", counts[i], results[i].pack, results[i].zstd,
            "`zstd -19 --ultra --long` of the JSON lines", counts[i] == 1000 ? "≤ 0.75 ×" : "");
    for (size_t k = 0; k < BENCH_RIVALS; k++)
        for (size_t i = 0; i < COUNTS; i++)
            bytes_sent(counts[i], &results[i], (enum bench_rival)k);
    bytes_row("sent over HTTP, up + down", 1, results[0].sent.up + results[0].sent.down,
        results[0].rivals[BENCH_GIT].up + results[0].rivals[BENCH_GIT].down, bench_rival_words[BENCH_GIT], "≤ 1,350 B");
    bench_rivals_stop(&run.rivals);
    bench_proxy_stop(&run.proxy);
    bench_server_stop(&run.http);
    regency_free(&run.r);
    return 0;
}
