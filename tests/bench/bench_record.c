// room: app
/* bench_record.c - recording one application: checked against the catalogue, appended, projected, its receipt signed,
 * durable; against one row that goes into one table of a database with the same settings. In turns, so that both
 * meet the same disk. */
#include <stdio.h>
#include <string.h>

#include "app_world.h"
#include "bench.h"
#include "bench_raw.h"
#include "gen_events.h"
#include "jemput/intake.h"
#include "jemput/token.h"

enum { RECORD_ROUNDS = 1500 };

static double record_ours(struct jem_app *app, const char *service, json_t *fields)
{
    struct jem_error err = { 0 };
    json_t *out = NULL;
    struct jem_apply_in in = { .service = service, .fields = fields, .duplicate_reason = "the same NIK by chance" };
    double t = bench_now_us();
    enum jem_code rc = jem_apply(app, &in, &out, NULL, &err);
    t = bench_now_us() - t;
    bench_ok(rc, &err);
    if (strlen(jem_json_str(out, "qr", "")) < JEM_TOKEN_CHARS)
        bench_die("no signed receipt");
    json_decref(out);
    return t;
}

static void record_row(const char *what, double ours, double raw, const char *target)
{
    char measured[40], baseline[80], ratio[24];
    (void)snprintf(measured, sizeof measured, "%.2f ms", ours / 1e3);
    (void)snprintf(baseline, sizeof baseline, "%.2f ms, one durable row", raw / 1e3);
    (void)snprintf(ratio, sizeof ratio, "%.2f ×", ours / raw);
    bench_row(what, measured, baseline, ratio, target);
}

int main(void)
{
    static double ours[RECORD_ROUNDS], raw[RECORD_ROUNDS];
    static struct world w;
    struct bench_raw base;
    struct prop rng = { 7 };
    world_make(&w, 1);
    bench_raw_open(&base, JEM_ROLE_VAN);
    for (size_t i = 0; i < RECORD_ROUNDS; i++) {
        struct jem_buf text = JEM_BUF_INIT(JEM_EVENT_BODY_MAX);
        struct jem_error err = { 0 };
        const char *service = NULL;
        json_t *fields = gen_fields(&rng, &service);
        bench_ok(jem_json_canonical(fields, &text, &err), &err);
        raw[i] = bench_raw_one(&base, jem_buf_text(&text), text.len);
        ours[i] = record_ours(w.van[0], service, fields);
        jem_buf_release(&text);
        json_decref(fields);
    }
    record_row("record one application, durable: median", bench_at(ours, RECORD_ROUNDS, .5),
        bench_at(raw, RECORD_ROUNDS, .5), "≤ 1.5 ×");
    record_row("record one application, durable: p99", bench_at(ours, RECORD_ROUNDS, .99),
        bench_at(raw, RECORD_ROUNDS, .99), "≤ 3 ×");
    bench_raw_close(&base);
    world_free(&w);
    return 0;
}
