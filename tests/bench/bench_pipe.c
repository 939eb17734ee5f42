/* bench_pipe.c - bytes to a USB device by libusb alone. Zeros: a printer does nothing with them, so that only the pipe is
 * measured. */
#include "bench_pipe.h"

#include <libusb.h>
#include <stdlib.h>

#include "bench.h"

#define PIPE_ROUNDS_MAX 64

static double pipe_once(libusb_device_handle *handle, unsigned char endpoint, unsigned char *bytes, size_t n)
{
    int sent = 0;
    double start = bench_now_us();
    if (libusb_bulk_transfer(handle, endpoint, bytes, (int)n, &sent, 10000) != 0 || (size_t)sent != n)
        bench_die("the raw device takes nothing");
    return bench_now_us() - start;
}

double bench_pipe_us(uint16_t vendor, uint16_t product, unsigned char endpoint, size_t n, unsigned rounds)
{
    libusb_context *ctx = NULL;
    unsigned char *bytes = calloc(1, n);
    double us[PIPE_ROUNDS_MAX];
    if (bytes == NULL || rounds > PIPE_ROUNDS_MAX || libusb_init(&ctx) != 0)
        bench_die("libusb does not start");
    libusb_device_handle *handle = libusb_open_device_with_vid_pid(ctx, vendor, product);
    if (handle == NULL || libusb_set_auto_detach_kernel_driver(handle, 1) != 0 ||
        libusb_claim_interface(handle, 0) != 0)
        bench_die("the raw device does not open");
    for (unsigned i = 0; i < rounds; i++)
        us[i] = pipe_once(handle, endpoint, bytes, n);
    libusb_close(handle);
    libusb_exit(ctx);
    free(bytes);
    return bench_at(us, rounds, 0.5);
}
