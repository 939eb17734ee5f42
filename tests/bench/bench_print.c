// room: app
/* bench_print.c - from "print" to the printer's last byte: a receipt on the virtual 80 mm printer, through the store (queue,
 * copy, two durable steps), the drawing, the encoder, the status questions and libusb; beside it the same number of bytes sent
 * by libusb in one transfer to the same printer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app_world.h"
#include "bench.h"
#include "bench_pipe.h"
#include "jemput/print.h"
#include "jemput/usb.h"
#include "vprinter.h"

#define ROUNDS 15

static double print_once(struct jem_app *app, struct jem_usb *usb, struct vprinter *p, const char *id, unsigned person,
    double *whole_us)
{
    struct jem_error err;
    json_t *o = NULL;
    uint64_t number = world_apply(app, "kia", person);
    vprinter_tear(p);
    double start = bench_now_us();
    bench_ok(jem_print_add(app, usb, number, id, &o, &err), &err);
    int64_t job = jem_json_int(o, "job", 0);
    json_decref(o);
    bench_ok(jem_print_run(app, usb, job, NULL, &o, &err), &err);
    *whole_us = bench_now_us() - start;
    if (strcmp(jem_json_str(o, "state", ""), "printed") != 0)
        bench_die("the receipt is %s", jem_json_str(o, "state", ""));
    json_decref(o);
    return (double)p->last_us - start;
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
    struct jem_usb *usb = NULL;
    struct jem_error err;
    double last[ROUNDS], whole[ROUNDS];
    char id[160], what[160], measured[120], baseline[120], ratio[32];
    world_make(&w, 1);
    struct vusb_bus *bus = vusb_bus_new();
    vprinter_make(&printer, bus, "tests/devices/tm80");
    vusb_plug(printer.device);
    bench_ok(jem_usb_new(&usb, &err), &err);
    (void)snprintf(id, sizeof id, "usb:%s", vusb_id(printer.device));
    (void)print_once(w.van[0], usb, &printer, id, 0, &whole[0]); /* fonts are read once */
    uint64_t before = printer.taken;
    for (unsigned i = 0; i < ROUNDS; i++)
        last[i] = print_once(w.van[0], usb, &printer, id, i + 1, &whole[i]);
    size_t bytes = (size_t)((printer.taken - before) / ROUNDS);
    jem_usb_free(usb);
    double raw = bench_pipe_us(0x04b8, 0x0e15, 0x01, bytes, ROUNDS), median = bench_at(last, ROUNDS, 0.5);
    (void)snprintf(what, sizeof what, "from \"print\" to the printer's last byte, 80 mm receipt of %zu KB",
        bytes / 1000);
    (void)snprintf(measured, sizeof measured, "%.0f ms; %.0f ms until it has confirmed and the store says printed",
        median / 1000, bench_at(whole, ROUNDS, 0.5) / 1000);
    (void)snprintf(baseline, sizeof baseline, "%.1f ms, as many bytes in one transfer", raw / 1000);
    (void)snprintf(ratio, sizeof ratio, "+ %.0f ms", (median - raw) / 1000);
    bench_row(what, measured, baseline, ratio, "–");
    vusb_bus_free(bus);
    vprinter_drop(&printer);
    world_free(&w);
    return 0;
}
