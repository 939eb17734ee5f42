// room: app
/* bench_print.c - from F9 to the printer's last byte: an application is recorded and its receipt handed to the station, as serve
 * does it: the store (record, queue, copy, two durable steps), the drawing, the encoder, the status questions and libusb; beside it
 * the same number of bytes sent by libusb in one transfer to the same printer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app_world.h"
#include "bench.h"
#include "bench_pipe.h"
#include "jemput/print.h"
#include "jemput/station.h"
#include "vprinter.h"

#define ROUNDS 15

static bool print_done(struct jem_app *app, uint64_t number)
{
    struct jem_error err;
    json_t *o = NULL;
    bench_ok(jem_print_jobs(app, number, false, &o, &err), &err);
    const char *state = jem_json_str(json_array_get(json_object_get(o, "jobs"), 0), "state", "");
    bool done = strcmp(state, "printed") == 0;
    if (strcmp(state, "failed") == 0 || strcmp(state, "unknown") == 0)
        bench_die("the receipt is %s", state);
    json_decref(o);
    return done;
}

static void printer_saw(struct vprinter *p, int64_t *last_us, uint64_t *taken)
{
    (void)pthread_mutex_lock(&p->lock);
    *last_us = p->last_us;
    *taken = p->taken;
    (void)pthread_mutex_unlock(&p->lock);
}

static double print_once(struct jem_app *app, struct jem_station *station, struct vprinter *p, unsigned person,
    double *saved_us, double *whole_us)
{
    struct jem_error err;
    vprinter_tear(p);
    double start = bench_now_us();
    uint64_t number = world_apply(app, "kia", person);
    bench_ok(jem_station_print(station, app, number, 0, &err), &err);
    *saved_us = bench_now_us() - start;
    while (!print_done(app, number))
        (void)usleep(1000);
    *whole_us = bench_now_us() - start;
    int64_t last_us;
    uint64_t taken;
    printer_saw(p, &last_us, &taken);
    return (double)last_us - start;
}

int main(int argc, char **argv)
{
    const char *preload = getenv("LD_PRELOAD");
    if ((!preload || !strstr(preload, "umockdev")) && argc > 0) {
        (void)execlp("umockdev-wrapper", "umockdev-wrapper", argv[0], (char *)NULL);
        bench_die("umockdev-wrapper is not there");
    }
    static struct world w;
    static struct vprinter printer;
    struct jem_station *station = NULL;
    const struct jem_station_hooks hooks = { NULL, NULL, NULL };
    struct jem_error err;
    double last[ROUNDS], whole[ROUNDS], saved[ROUNDS];
    char what[160], measured[120], baseline[120], ratio[32];
    world_make(&w, 1);
    struct vusb_bus *bus = vusb_bus_new();
    vprinter_make(&printer, bus, "tests/devices/tm80");
    vusb_plug(printer.device);
    bench_ok(jem_station_new(&hooks, &station, &err), &err);
    jem_station_offer(station, w.van[0]);
    while (!jem_station_has_printer(station))
        (void)usleep(10000);
    (void)print_once(w.van[0], station, &printer, 0, &saved[0], &whole[0]); /* fonts are read once */
    uint64_t before, taken;
    int64_t last_us;
    printer_saw(&printer, &last_us, &before);
    for (unsigned i = 0; i < ROUNDS; i++)
        last[i] = print_once(w.van[0], station, &printer, i + 1, &saved[i], &whole[i]);
    printer_saw(&printer, &last_us, &taken);
    size_t bytes = (size_t)((taken - before) / ROUNDS);
    jem_station_free(station);
    double raw = bench_pipe_us(0x04b8, 0x0e15, 0x01, bytes, ROUNDS), median = bench_at(last, ROUNDS, 0.5);
    (void)snprintf(what, sizeof what, "from F9 to the printer's last byte, 80 mm receipt of %zu KB", bytes / 1000);
    (void)snprintf(measured, sizeof measured, "%.0f ms; saved after %.0f ms, confirmed by the printer after %.0f ms",
        median / 1000, bench_at(saved, ROUNDS, 0.5) / 1000, bench_at(whole, ROUNDS, 0.5) / 1000);
    (void)snprintf(baseline, sizeof baseline, "%.1f ms, as many bytes in one transfer", raw / 1000);
    (void)snprintf(ratio, sizeof ratio, "%.0f × (+ %.0f ms)", median / raw, (median - raw) / 1000);
    bench_row(what, measured, baseline, ratio, "–");
    vusb_bus_free(bus);
    vprinter_drop(&printer);
    world_free(&w);
    return 0;
}
