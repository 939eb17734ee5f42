/* bench_proxy.h - a TCP relay on 127.0.0.1 that counts what passes: bytes of payload, up to the server and down. */
#ifndef TESTS_BENCH_PROXY_H
#define TESTS_BENCH_PROXY_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct bench_proxy {
    unsigned port; /* to connect to */
    /* private */
    unsigned server_port;
    int listener;
    atomic_bool stop;
    _Atomic uint64_t up, down;
    pthread_t thread;
};
void bench_proxy_start(struct bench_proxy *proxy, unsigned server_port);
void bench_proxy_stop(struct bench_proxy *proxy);
struct bench_bytes {
    double up, down;
};
/* What has passed since the last call. */
struct bench_bytes bench_proxy_take(struct bench_proxy *proxy);
#endif
