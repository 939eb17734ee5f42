// room: app
/* bench_site.c - the status page that a citizen's phone gets, against nginx serving a file with the very bytes of that
 * page. Both answer the same client over kept-alive connections, in turns: ours, and wrk. $JEMPUT is the program, $BENCH_TOP the
 * folder of all sources. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_world.h"
#include "bench.h"
#include "bench_load.h"
#include "jemput/desk.h"
#include "jemput/file.h"
#include "jemput/number.h"

enum { SITE_APPLICATIONS = 300, SITE_TURNS = 5, SITE_CONNECTIONS = 16 };

static void site_export(struct world *w, char path[64])
{
    struct jem_error err = { 0 };
    json_t *out = NULL;
    char file[300], number[JEM_NUMBER_TEXT];
    uint64_t last = 0;
    for (unsigned i = 0; i < SITE_APPLICATIONS; i++)
        last = world_apply(w->van[0], "akta-kelahiran", i);
    world_sync(w, 0);
    (void)snprintf(file, sizeof file, "%s/status.db", w->root);
    bench_ok(jem_desk_status_export(w->hq, file, &out, &err), &err);
    json_decref(out);
    jem_number_format(last, number);
    (void)snprintf(path, 64, "/T/%s", number);
}

static void site_start(const struct world *w, struct bench_server *server)
{
    char file[300];
    (void)snprintf(file, sizeof file, "%s/status.db", w->root);
    const char *const argv[] = { getenv("JEMPUT"), "--json", "status-site", "--db", file, "--listen", "127.0.0.1:0",
        NULL };
    if (argv[0] == NULL)
        bench_die("JEMPUT does not name the program");
    bench_server_start(server, argv);
}

/* nginx as it comes, without a log, with as many workers as there are processors. */
static void nginx_start(const struct world *w, const char *page, size_t n, struct bench_server *server)
{
    struct jem_error err = { 0 };
    char path[300], script[900];
    bench_shell(w->root, "mkdir -p nginx/www");
    (void)snprintf(path, sizeof path, "%s/nginx/www/page.html", w->root);
    bench_ok(jem_file_write(path, page, n, 0644, &err), &err);
    (void)snprintf(path, sizeof path, "%s/nginx", w->root);
    (void)snprintf(script, sizeof script,
        "PATH=$PATH:/usr/sbin; cd \"$0\" || exit 1\n"
        "u=; [ \"$(id -u)\" = 0 ] && u='user root;'\n"
        "p=$((20000 + $$ %% 20000))\n"
        "cat >conf <<END\n"
        "$u daemon off; worker_processes auto; pid $0/pid; error_log $0/error.log;\n"
        "events { worker_connections 64; }\n"
        "http { access_log off; default_type text/html; server { listen 127.0.0.1:$p; root $0/www; } }\n"
        "END\n"
        "nginx -p \"$0\" -c \"$0/conf\" -e \"$0/error.log\" &\n"
        "n=$!; trap 'kill $n; wait $n; exit 0' TERM\n"
        "while [ ! -s pid ] && kill -0 $n; do sleep 0.05; done\n"
        "echo http://127.0.0.1:$p; wait $n\n");
    const char *const argv[] = { "sh", "-c", script, path, NULL };
    bench_server_start(server, argv);
}

/* Requests per second that wrk counts; an answer that is none ends the program. */
static double wrk_per_s(const struct world *w, unsigned port, const char *path)
{
    double per_s = bench_shell_number(w->root,
        "SITE_PATH=%s wrk -t1 -c%d -d1s -s \"$BENCH_TOP/tests/bench/site.lua\" http://127.0.0.1:%u |"
        " awk '/Non-2xx|Socket errors/ { bad = 1 } /^Requests.sec/ { print bad ? 0 : $2 }'",
        path, SITE_CONNECTIONS, port);
    if (per_s <= 0)
        bench_die("wrk got no good answers of port %u", port);
    return per_s;
}

static void site_row(const char *what, double ours[SITE_TURNS], double theirs[SITE_TURNS], size_t bytes)
{
    char measured[64], baseline[80], ratio[24], rate[32];
    double ratios[SITE_TURNS];
    for (size_t i = 0; i < SITE_TURNS; i++)
        ratios[i] = ours[i] / theirs[i];
    bench_thousands(bench_at(ours, SITE_TURNS, .5), rate);
    (void)snprintf(measured, sizeof measured, "%s requests/s", rate);
    bench_thousands(bench_at(theirs, SITE_TURNS, .5), rate);
    (void)snprintf(baseline, sizeof baseline, "%s/s, nginx with a file of its %zu bytes", rate, bytes);
    (void)snprintf(ratio, sizeof ratio, "%.2f × rate", bench_at(ratios, SITE_TURNS, .5));
    bench_row(what, measured, baseline, ratio, "≥ 0.5 ×");
}

int main(void)
{
    static struct world w;
    static char page[65536];
    struct bench_server site, nginx;
    char path[64];
    double ours[SITE_TURNS], theirs[SITE_TURNS], ours_wrk[SITE_TURNS], theirs_wrk[SITE_TURNS];
    world_make(&w, 1);
    site_export(&w, path);
    site_start(&w, &site);
    size_t n = bench_load_get(site.port, path, page, sizeof page);
    nginx_start(&w, page, n, &nginx);
    struct bench_load a = { .port = site.port, .path = path, .connections = SITE_CONNECTIONS, .seconds = 1 };
    struct bench_load b = { .port = nginx.port, .path = "/page.html", .connections = SITE_CONNECTIONS, .seconds = 1 };
    for (size_t i = 0; i < SITE_TURNS; i++) {
        bench_load_run(&a);
        bench_load_run(&b);
        if (a.body_bytes != b.body_bytes)
            bench_die("%zu bytes are not %zu", a.body_bytes, b.body_bytes);
        ours[i] = a.per_s;
        theirs[i] = b.per_s;
        ours_wrk[i] = wrk_per_s(&w, site.port, path);
        theirs_wrk[i] = wrk_per_s(&w, nginx.port, "/page.html");
    }
    site_row("status page of one application", ours, theirs, n);
    site_row("status page of one application, asked by `wrk`", ours_wrk, theirs_wrk, n);
    bench_server_stop(&site);
    bench_server_stop(&nginx);
    world_free(&w);
    return 0;
}
