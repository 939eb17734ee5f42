// room: app
/* test_sync_plan.c - when the background loop goes again, and that it notices networks and folders by itself. */
#include <arpa/inet.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app_world.h"
#include "jemput/clock.h"
#include "jemput/exchange.h"
#include "jemput/link_watch.h"
#include "jemput/sync_plan.h"
#include "prop.h"
#include "scratch.h"
#include "unit.h"

static void test_plan_order(void **state)
{
    struct jem_sync_plan p;
    (void)state;
    jem_sync_plan_start(&p, 120, 1000);
    assert_int_equal(jem_sync_plan_wait_ms(&p, 1000), 0);
    jem_sync_plan_done(&p, 1000, false, true);
    assert_int_equal(jem_sync_plan_wait_ms(&p, 1000), 120000);
    jem_sync_plan_fresh(&p, 5000);
    assert_int_equal(jem_sync_plan_wait_ms(&p, 5000), 2000);
    jem_sync_plan_link(&p, 5000);
    assert_int_equal(jem_sync_plan_wait_ms(&p, 5000), 1000);
    jem_sync_plan_fresh(&p, 5000); /* not later than it was due */
    assert_int_equal(jem_sync_plan_wait_ms(&p, 5000), 1000);
    jem_sync_plan_now(&p, 5000);
    assert_int_equal(jem_sync_plan_wait_ms(&p, 5000), 0);
    jem_sync_plan_busy(&p, 5000);
    assert_int_equal(jem_sync_plan_wait_ms(&p, 5000), 3000);

    /* records that HQ has not acknowledged are asked for more and more seldom, and news start that anew */
    static const int64_t asks[] = { 15000, 30000, 60000, 120000, 120000 };
    jem_sync_plan_done(&p, 0, true, true);
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        assert_int_equal(jem_sync_plan_wait_ms(&p, 0), asks[i]);
        jem_sync_plan_done(&p, 0, true, false);
    }
    jem_sync_plan_done(&p, 0, true, true);
    assert_int_equal(jem_sync_plan_wait_ms(&p, 0), 15000);
    jem_sync_plan_start(&p, 1, 0);
    jem_sync_plan_done(&p, 0, true, true); /* every_s bounds that too, and is never less than 5 s */
    assert_int_equal(jem_sync_plan_wait_ms(&p, 0), 5000);
}

/* Whatever happens: a failure waits no longer than 10 minutes and no less than half its step, nothing but an officer
 * starts a round within 5 s of a failure, and news of any kind bring the wait down to seconds. */
static void test_plan_backoff(void **state)
{
    struct prop rng = prop_start("backoff");
    (void)state;
    for (size_t run = prop_rounds(300); run > 0; run--) {
        struct jem_sync_plan p;
        int64_t now = 1000, step = 5000, failed = 0;
        jem_sync_plan_start(&p, 5 + (int)prop_below(&rng, 1000), now);
        for (unsigned i = 0; i < 60; i++) {
            unsigned what = (unsigned)prop_below(&rng, 10);
            now += (int64_t)prop_below(&rng, 20000);
            if (what < 7) {
                failed = now;
                jem_sync_plan_failed(&p, now, (uint16_t)prop_below(&rng, 65536));
                int64_t wait = jem_sync_plan_wait_ms(&p, now);
                assert_true(wait >= step / 2 && wait <= step);
                step = step * 2 < JEM_SYNC_BACKOFF_MAX_MS ? step * 2 : JEM_SYNC_BACKOFF_MAX_MS;
                continue;
            }
            bool failing = p.failures > 0;
            if (what == 7)
                jem_sync_plan_fresh(&p, now);
            else if (what == 8)
                jem_sync_plan_link(&p, now);
            else
                jem_sync_plan_now(&p, now);
            assert_true(jem_sync_plan_wait_ms(&p, now) <= 5000);
            if (what != 9 && failing)
                assert_true(p.next_ms >= failed + 2500); /* 5 s, or the jittered first step */
            step = 5000;
        }
    }
}

/* ---- noticing ---- */

static void *wake_later(void *ctx)
{
    nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
    jem_link_watch_wake(ctx);
    return NULL;
}

static void make(const char *top, const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", top, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void put(const char *top, const char *name, const char *text)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", top, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void test_folder(void **state)
{
    char top[64], urls[700], moved[600], hub[600];
    struct jem_link_watch *watch = NULL;
    struct jem_error err;
    pthread_t thread;
    (void)state;
    scratch_dir(top, sizeof top, "watch");
    snprintf(hub, sizeof hub, "%s/hub", top);
    snprintf(moved, sizeof moved, "%s/moved", top);
    snprintf(urls, sizeof urls, "%s\nhttps://hub.example/x.git\n", hub);
    assert_int_equal(jem_link_watch_new(&watch, &err), JEM_OK);
    assert_false(jem_link_watch_reachable(watch)); /* no hub at all */
    assert_true(jem_link_watch_hubs(watch, hub));
    assert_false(jem_link_watch_hubs(watch, hub));
    assert_false(jem_link_watch_reachable(watch));
    assert_int_equal(jem_link_watch_wait(watch, 50), JEM_LINK_TIME);

    assert_int_equal(pthread_create(&thread, NULL, wake_later, watch), 0);
    int64_t begun = jem_mono_ms();
    assert_int_equal(jem_link_watch_wait(watch, 60000), JEM_LINK_WOKEN);
    assert_true(jem_mono_ms() - begun < 30000);
    pthread_join(thread, NULL);

    make(top, "hub");
    make(top, "hub/refs");
    make(top, "hub/refs/heads");
    assert_false(jem_link_watch_reachable(watch)); /* a folder, and no repository yet */
    put(top, "hub/HEAD", "ref: refs/heads/main\n");
    assert_true(jem_link_watch_reachable(watch));
    assert_int_equal(jem_link_watch_wait(watch, 60000), JEM_LINK_CHANGED);
    jem_link_watch_note(watch);
    assert_int_equal(jem_link_watch_wait(watch, 50), JEM_LINK_TIME);
    make(top, "hub/refs/heads/van");
    jem_link_watch_note(watch);
    put(top, "hub/refs/heads/van/3", "0000\n"); /* a lane moves */
    assert_int_equal(jem_link_watch_wait(watch, 60000), JEM_LINK_CHANGED);
    jem_link_watch_note(watch);
    assert_int_equal(rename(hub, moved), 0); /* the stick is pulled */
    assert_int_equal(jem_link_watch_wait(watch, 60000), JEM_LINK_CHANGED);
    assert_false(jem_link_watch_reachable(watch));
    assert_int_equal(rename(moved, hub), 0);
    assert_true(jem_link_watch_hubs(watch, urls));
    assert_true(jem_link_watch_reachable(watch)); /* one of several is enough */
    jem_link_watch_free(watch);
    snprintf(urls, sizeof urls, "rm -rf %s", top);
    assert_int_equal(system(urls), 0);
}

/* A network of its own, in which nothing is up: tells by its exit code what went wrong. */
static int lone_network(void)
{
    struct jem_link_watch *watch = NULL;
    struct jem_error err;
    struct ifreq request = { .ifr_name = "lo:1" };
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(0x0a090807) } };
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return 77;
    if (jem_link_watch_new(&watch, &err) != JEM_OK)
        return 1;
    (void)jem_link_watch_hubs(watch, "https://van3@hub.example:8443/hub.git");
    if (jem_link_watch_reachable(watch))
        return 2;
    static const char *const here[] = { "http://127.0.0.1:8080/hub.git", "ssh://git@localhost/hub.git",
        "https://[::1]/hub.git", "git@localhost:hub.git" };
    for (size_t i = 0; i < sizeof here / sizeof *here; i++) {
        (void)jem_link_watch_hubs(watch, here[i]);
        if (!jem_link_watch_reachable(watch))
            return 3;
    }
    (void)jem_link_watch_hubs(watch, "git@hub.example:hub.git");
    if (jem_link_watch_reachable(watch) || jem_link_watch_wait(watch, 100) != JEM_LINK_TIME)
        return 4;
    pid_t child = fork();
    if (child == 0) { /* meanwhile an address comes */
        nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        memcpy(&request.ifr_addr, &address, sizeof address);
        int rc = ioctl(fd, SIOCSIFADDR, &request);
        request.ifr_name[2] = '\0'; /* "lo": the alias has no state of its own */
        request.ifr_flags = IFF_UP;
        _exit(rc == 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0 ? 0 : 1);
    }
    int status = 0;
    int64_t begun = jem_mono_ms();
    enum jem_link_news news = jem_link_watch_wait(watch, 29000);
    waitpid(child, &status, 0);
    if (status != 0)
        return 77;
    /* the kernel told: the look every 30 s was not needed */
    if (news != JEM_LINK_CHANGED || jem_mono_ms() - begun > 20000)
        return 5;
    if (!jem_link_watch_reachable(watch))
        return 6;
    jem_link_watch_free(watch);
    return 0;
}

static void test_network(void **state)
{
    int status;
    (void)state;
    pid_t child = fork();
    if (child == 0)
        _exit(lone_network());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip(); /* this system lets nobody make a network of their own */
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- what the loop asks of the store ---- */

static void test_store(void **state)
{
    static struct world w;
    struct jem_error err;
    struct jem_auto set;
    uint64_t before, after, hq;
    json_t *id = NULL, *en = NULL;
    static volatile sig_atomic_t stop = 1;
    struct jem_round_options options = { .stop = &stop };
    (void)state;
    world_make(&w, 1);
    world_sync(&w, 0);
    assert_int_equal(jem_exchange_auto(w.van[0], &set, &err), JEM_OK);
    assert_true(set.on && set.ready && set.every_s == 0);
    assert_int_equal(strncmp(set.hubs, w.hub, strlen(w.hub)), 0);
    assert_int_equal(jem_exchange_auto_set(w.van[0], false, &err), JEM_OK);
    assert_int_equal(jem_exchange_auto_every(w.van[0], 300, &err), JEM_OK);
    assert_int_equal(jem_exchange_auto(w.van[0], &set, &err), JEM_OK);
    assert_true(!set.on && set.ready && set.every_s == 300);

    assert_int_equal(jem_exchange_head(w.van[0], &before, &err), JEM_OK);
    assert_int_equal(jem_exchange_head(w.hq, &hq, &err), JEM_OK);
    world_apply(w.van[0], "ktp-el", 1);
    assert_int_equal(jem_exchange_head(w.van[0], &after, &err), JEM_OK);
    assert_true(after > before);

    /* a round that was asked to stop tells nothing of the link: the last good one stays */
    assert_int_equal(jem_app_state(w.van[0], &id, &err), JEM_OK);
    json_t *told = json_incref(json_object_get(id, "last_sync_ms"));
    json_decref(id);
    assert_int_equal(jem_exchange_sync(w.van[0], &options, &id, &err), JEM_ELINK);
    assert_int_equal(jem_app_state(w.van[0], &id, &err), JEM_OK);
    assert_true(json_equal(json_object_get(id, "last_sync_ms"), told));
    assert_true(json_is_true(json_object_get(id, "last_sync_ok")));
    json_decref(told);
    json_decref(id);
    world_sync(&w, 0);
    assert_int_equal(jem_exchange_head(w.van[0], &before, &err), JEM_OK);
    assert_int_equal(before, after); /* a round makes no events of a van's */
    assert_int_equal(jem_exchange_head(w.hq, &after, &err), JEM_OK);
    assert_true(after > hq); /* HQ's acknowledgement */

    /* the counts of the last round, in the language of whoever reads */
    assert_int_equal(jem_app_state(w.van[0], &id, &err), JEM_OK);
    jem_lang_set(JEM_LANG_EN);
    assert_int_equal(jem_app_state(w.van[0], &en, &err), JEM_OK);
    jem_lang_set(JEM_LANG_ID);
    assert_non_null(strstr(jem_json_str(id, "last_sync_text", ""), "dikonfirmasi"));
    assert_non_null(strstr(jem_json_str(en, "last_sync_text", ""), "confirmed"));
    assert_int_equal(jem_json_int(id, "last_good_ms", 0), jem_json_int(id, "last_sync_ms", 1));
    json_decref(id);
    json_decref(en);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_plan_order), cmocka_unit_test(test_plan_backoff),
        cmocka_unit_test(test_folder), cmocka_unit_test(test_network), cmocka_unit_test(test_store) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
