// room: app
/* bench_desk.c - a clerk's desk among many applications: a decision against one durable row, in turns, and the page of the inbox
 * as a browser gets it, against the same page of a small office.
 *
 *   bench_desk [applications, default 200000] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_world.h"
#include "bench.h"
#include "bench_raw.h"
#include "jemput/desk.h"
#include "jemput/lookup.h"

enum { DESK_DECISIONS = 500, DESK_SMALL = 1000, DESK_PAGES = 60 };

/* One office with its pages, logged in. */
struct desk_office {
    struct world w;
    struct bench_server server;
};

static void desk_open(struct desk_office *o, size_t count)
{
    const char *program = getenv("JEMPUT");
    world_make(&o->w, 0);
    kit_fill(jem_app_store(o->w.hq), NULL, count);
    const char *const argv[] = { program != NULL ? program : "build/jemput", "-C", o->w.hq_dir, "--json", "serve",
        "--no-sync", "--listen", "127.0.0.1:0", NULL };
    bench_server_start(&o->server, argv);
    bench_shell(o->w.root,
        "U=http://127.0.0.1:%u; curl -sf -c '%s/jar' -o /dev/null -H \"Origin: $U\" -d user=kepala --data-urlencode "
        "'pass=%s' $U/masuk",
        o->server.port, o->w.root, WORLD_PASSPHRASE);
}

/* Seconds until the inbox is there. */
static double desk_load(struct desk_office *o)
{
    return bench_shell_number(o->w.root,
        "curl -sf -b '%s/jar' -o '%s/page' -w '%%{time_total}\\n' http://127.0.0.1:%u/meja && grep -q 'class=row' "
        "'%s/page'",
        o->w.root, o->w.root, o->server.port, o->w.root);
}

static void desk_close(struct desk_office *o)
{
    bench_server_stop(&o->server);
    world_free(&o->w);
}

static void desk_decisions(struct world *w, const char *among)
{
    static double ours[DESK_DECISIONS], raw[DESK_DECISIONS];
    char title[120], measured[80], baseline[80], ratio[24];
    struct bench_raw base;
    struct jem_error err = { 0 };
    struct jem_list_query newest = { .day = INT32_MIN, .limit = DESK_DECISIONS };
    json_t *list = NULL, *row;
    size_t i;
    bench_raw_open(&base, JEM_ROLE_HQ);
    bench_ok(jem_list(w->hq, &newest, &list, &err), &err);
    json_array_foreach(json_object_get(list, "applications"), i, row)
    {
        json_t *out = NULL;
        struct jem_decision yes = { .number = world_number(row, "number"), .to = JEM_STATUS_VERIFIED };
        raw[i] = bench_raw_one(&base, "from received to verified", 25);
        ours[i] = bench_now_us();
        bench_ok(jem_desk_decide(w->hq, &yes, &out, &err), &err);
        ours[i] = bench_now_us() - ours[i];
        json_decref(out);
    }
    if (i != DESK_DECISIONS)
        bench_die("%zu applications to decide on", i);
    json_decref(list);
    double mine = bench_at(ours, DESK_DECISIONS, .5), theirs = bench_at(raw, DESK_DECISIONS, .5);
    (void)snprintf(title, sizeof title, "decide on one application among %s, durable", among);
    (void)snprintf(measured, sizeof measured, "p50 %.2f ms, p95 %.2f ms", mine / 1e3,
        bench_at(ours, DESK_DECISIONS, .95) / 1e3);
    (void)snprintf(baseline, sizeof baseline, "%.2f ms, one durable row", theirs / 1e3);
    (void)snprintf(ratio, sizeof ratio, "%.2f ×", mine / theirs);
    bench_row(title, measured, baseline, ratio, "");
    bench_raw_close(&base);
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
    static struct desk_office small, large;
    char title[120], measured[80], baseline[80], ratio[24], among[32], few[32];
    double few_s[DESK_PAGES], many_s[DESK_PAGES];
    desk_open(&small, DESK_SMALL);
    desk_open(&large, count);
    for (size_t i = 0; i < DESK_PAGES; i++) { /* in turns: both meet the same machine */
        few_s[i] = desk_load(&small);
        many_s[i] = desk_load(&large);
    }
    double base = bench_at(few_s, DESK_PAGES, .5), ours = bench_at(many_s, DESK_PAGES, .5);
    bench_thousands((double)count, among);
    bench_thousands(DESK_SMALL, few);
    (void)snprintf(title, sizeof title, "the inbox page of a clerk among %s", among);
    (void)snprintf(measured, sizeof measured, "p50 %.1f ms, p95 %.1f ms", ours * 1e3,
        bench_at(many_s, DESK_PAGES, .95) * 1e3);
    (void)snprintf(baseline, sizeof baseline, "%.1f ms among %s", base * 1e3, few);
    (void)snprintf(ratio, sizeof ratio, "%.2f ×", ours / base);
    bench_row(title, measured, baseline, ratio, "≤ 2 ×");
    desk_decisions(&large.w, among);
    desk_close(&small);
    desk_close(&large);
    return 0;
}
