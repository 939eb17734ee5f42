/* bench_pipe.h - bytes to a USB device by libusb alone, the baseline of what our drivers add. */
#ifndef TESTS_BENCH_PIPE_H
#define TESTS_BENCH_PIPE_H
#include <stddef.h>
#include <stdint.h>

/* The median time of `rounds` (at most 64) writes of n zeros, each one transfer, on interface 0. */
double bench_pipe_us(uint16_t vendor, uint16_t product, unsigned char endpoint, size_t n, unsigned rounds);
#endif
