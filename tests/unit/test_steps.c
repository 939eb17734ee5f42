// room: sync
/* test_steps.c - every durable step of every round is a place to die: the process is killed before the step, after it, or the
 * step fails; then everybody goes on as if nothing had been, ends where the undisturbed run ended, and has nothing more to say.
 * JEM_SOAK=1 takes every step of every act, a plain run some of each; JEM_STEPS=N so many of each, by chance; JEM_ACT=N those
 * of one act alone, counted from 1. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic" /* functions found by name */
#include "../crash/stop/stop.c"
#pragma GCC diagnostic pop

#include <inttypes.h>
#include <sys/wait.h>

#include "jemput/bundle.h"
#include "jemput/codec.h"
#include "prop.h"
#include "regency_law.h"
#include "unit.h"

#define STEPS_A_ACT 1 /* of a plain run */

static void good(enum jem_code code, const struct jem_error *err)
{
    if (code != JEM_OK)
        fail_msg("%s: %s", jem_code_name(code), err->msg);
}

/* ---- the acts, in the order of a day ---- */

static enum jem_code act_van(struct regency *r, struct jem_error *err)
{
    struct jem_round_report report;
    return jem_round_van(r->van[0], &(struct jem_round_options){ 0 }, &report, err);
}

static enum jem_code act_merge(struct regency *r, struct jem_error *err)
{
    struct jem_round_report report;
    return jem_round_merge(r->hq, REGENCY_USER, &(struct jem_round_options){ 0 }, &report, err);
}

static enum jem_code act_publish(struct regency *r, struct jem_error *err)
{
    struct jem_round_report report;
    return jem_round_publish(r->hq, REGENCY_USER, &(struct jem_round_options){ 0 }, &report, err);
}

static enum jem_code act_rotate(struct regency *r, struct jem_error *err)
{
    uint16_t epoch;
    return jem_keys_rotate(r->hq, REGENCY_USER, &epoch, err);
}

static enum jem_code stick_export(struct regency *r, struct jem_store *from, const char *name, unsigned van,
    struct jem_error *err)
{
    char path[128];
    struct jem_bundle_report report;
    snprintf(path, sizeof path, "%s/%s", r->root, name);
    return jem_bundle_export(from, path, &(struct jem_bundle_options){ .van = van }, &report, err);
}

static enum jem_code stick_import(struct regency *r, struct jem_store *to, const char *name, struct jem_error *err)
{
    char path[128];
    struct jem_bundle_report report;
    snprintf(path, sizeof path, "%s/%s", r->root, name);
    return jem_bundle_import(to, REGENCY_USER, path, &report, err);
}

static enum jem_code act_stick_out(struct regency *r, struct jem_error *err)
{
    return stick_export(r, r->van[1], "out", 0, err);
}

static enum jem_code act_stick_at_hq(struct regency *r, struct jem_error *err)
{
    return stick_import(r, r->hq, "out", err);
}

static enum jem_code act_stick_back(struct regency *r, struct jem_error *err)
{
    return stick_export(r, r->hq, "back", regency_number[1], err);
}

static enum jem_code act_stick_home(struct regency *r, struct jem_error *err)
{
    return stick_import(r, r->van[1], "back", err);
}

static const struct act {
    const char *name;
    enum jem_code (*run)(struct regency *r, struct jem_error *err);
} acts[] = {
    { "van sends", act_van },
    { "HQ merges", act_merge },
    { "HQ publishes", act_publish },
    { "van hears", act_van },
    { "HQ makes new keys", act_rotate },
    { "HQ publishes them", act_publish },
    { "van follows", act_van },
    { "van writes a stick", act_stick_out },
    { "HQ reads it", act_stick_at_hq },
    { "HQ writes one", act_stick_back },
    { "van reads it", act_stick_home },
};

/* ---- a world that can be taken back ---- */

static void world_make(struct regency *r)
{
    regency_make(r, 2);
    for (unsigned i = 0; i < 2; i++) {
        regency_apply_many(r->van[i], 12, i + 1);
        uint64_t number = regency_apply(r->van[i], i == 0 ? "3273014501900007" : "3273014501900008", "Siti Zulaikha");
        regency_attach(r->van[i], number, 60000, i + 5);
    }
    regency_close(r);
}

static void world_keep(const struct regency *r)
{
    regency_shell(r,
        "rm -rf kept && mkdir kept && cp -a hq van3 van7 hub.git kept/ && cp -a out back kept/ 2>/dev/null || true");
}

static void world_back(const struct regency *r)
{
    regency_shell(r, "rm -rf hq van3 van7 hub.git out* back* && cp -a kept/. .");
}

/* Everybody goes on, so many times round; then nobody has anything to say. */
static void world_quiet(struct regency *r, int times)
{
    for (int i = 0; i < times; i++) {
        regency_van(r, 0);
        regency_van(r, 1);
        regency_merge(r);
        regency_publish(r);
    }
    for (unsigned i = 0; i < 2; i++) {
        struct jem_round_report last = regency_van(r, i);
        assert_int_equal(last.pending_events, 0);
        assert_int_equal(last.pending_documents, 0);
        if (last.refused[0] != '\0')
            fail_msg("the feed was refused: %s", last.refused);
    }
}

/* What people see, and the vans' own events: hashed. Acknowledgements may have been split otherwise. */
static void world_say(struct regency *r, char hex[65])
{
    struct jem_error err = { 0 };
    struct jem_buf text = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    struct jem_store *stores[] = { r->hq, r->van[0], r->van[1] };
    unsigned char hash[32];
    for (int s = 0; s < 3; s++) {
        json_t *rows = NULL, *quarantine = NULL, *audit = NULL;
        good(jem_store_list(stores[s], &(struct jem_list_query){ .day = INT32_MIN, .limit = 1000 }, &rows, &err), &err);
        good(jem_json_canonical(rows, &text, &err), &err);
        good(jem_store_quarantine(stores[s], &quarantine, &err), &err);
        assert_int_equal(json_array_size(quarantine), 0);
        good(jem_store_audit(stores[s], false, &audit, &err), &err);
        json_decref(rows);
        json_decref(quarantine);
        json_decref(audit);
    }
    for (unsigned i = 0; i < 2; i++) {
        unsigned van = regency_number[i];
        struct jem_event_id from = { (uint16_t)van, 0, 1, 1 };
        struct jem_event_list list = { 0 };
        good(jem_store_events(r->van[i], &from, 1000, SIZE_MAX, &list, &err), &err);
        for (size_t k = 0; k < list.count; k++) /* those of a round are made at its time */
            if (list.items[k].subject != 0)
                jem_buf_add(&text, list.items[k].hash, 32);
        regency_same(r->van[i], r->hq, van, 0);
        regency_same(r->van[i], r->hq, 0, van);
        jem_event_list_release(&list);
    }
    good(jem_buf_ok(&text, &err), &err);
    jem_hash(text.data, text.len, hash);
    jem_hex(hash, 32, hex);
    jem_buf_release(&text);
}

/* ---- one act in a process that may die ---- */

enum how { HOW_COUNT = 0, HOW_BEFORE, HOW_AFTER, HOW_FAIL, HOWS };
static const char *const how_name[] = { "counted", "before", "after", "fail" };

/* Runs the act alone in a child. HOW_COUNT: the number of its steps. Else whether it died, or ended with which code. */
static int act_run(struct regency *r, const struct act *act, enum how how, int k)
{
    int pipes[2];
    int32_t said[2] = { -1, 0 };
    assert_int_equal(pipe(pipes), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct jem_error err = { 0 };
        char at[16];
        regency_open(r);
        snprintf(at, sizeof at, "%d", k);
        if (how != HOW_COUNT) {
            setenv("JEM_STOP", how_name[how], 1);
            setenv("JEM_STOP_AT", at, 1);
        }
        atomic_store(&step, 0);
        said[0] = (int32_t)act->run(r, &err);
        said[1] = atomic_load(&step);
        if (said[0] == JEM_EINTERNAL || said[0] == JEM_ECORRUPT)
            fprintf(stderr, "  %s\n", err.msg);
        if (write(pipes[1], said, sizeof said) != (ssize_t)sizeof said)
            _exit(3);
        _exit(0);
    }
    int status;
    close(pipes[1]);
    ssize_t n = read(pipes[0], said, sizeof said);
    close(pipes[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (n == 0)
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? -1 : -2;
    return how == HOW_COUNT && said[0] == JEM_OK ? said[1] : said[0];
}

static void say_where(const struct act *act, enum how how, int k, int steps)
{
    printf("  %s: %s step %d of %d\n", act->name, how_name[how], k, steps);
}

/* The act is stopped; then the rest of the day, and what everybody knows in the end. */
static void act_stopped(struct regency *r, const struct act *act, enum how how, int k, int steps, const char *wanted)
{
    char got[65], before[16384], after[16384];
    int ended = act_run(r, act, how, k);
    if (ended == -2 || (how != HOW_FAIL && ended > 0) || ended == JEM_EINTERNAL || ended == JEM_ECORRUPT) {
        say_where(act, how, k, steps);
        fail_msg("ended with %d", ended);
    }
    /* a lock in the hub's folder counts as left behind once it has some age */
    regency_shell(r, "find hub.git -name '*.lock' -exec touch -d '1 minute ago' {} +");
    regency_open(r);
    for (const struct act *next = act; next < acts + sizeof acts / sizeof *acts; next++) {
        struct jem_error err = { 0 };
        if (next->run != act_rotate && next->run(r, &err) != JEM_OK) {
            say_where(act, how, k, steps);
            fail_msg("%s: %s", next->name, err.msg);
        }
    }
    world_quiet(r, 2);
    world_say(r, got);
    regency_refs(r, before, sizeof before);
    world_quiet(r, 1);
    regency_refs(r, after, sizeof after);
    regency_close(r);
    if (strcmp(got, wanted) != 0 || strcmp(before, after) != 0) {
        say_where(act, how, k, steps);
        fail_msg("%s", strcmp(got, wanted) != 0 ? "another end than the undisturbed run" : "there was more to say");
    }
}

static void any_step_may_be_the_last(void **state)
{
    (void)state;
    struct regency r;
    struct prop g = prop_start("steps");
    const char *chosen = getenv("JEM_STEPS"), *only = getenv("JEM_ACT");
    int some = chosen != NULL ? (int)strtol(chosen, NULL, 10) : STEPS_A_ACT;
    size_t act = only != NULL ? strtoul(only, NULL, 10) : 0;
    bool all = chosen == NULL && getenv("JEM_SOAK") != NULL;
    unsigned died = 0, failed = 0;
    world_make(&r);
    char wanted[65];
    world_keep(&r);
    regency_open(&r);
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        struct jem_error err = { 0 };
        good(acts[i].run(&r, &err), &err);
    }
    world_quiet(&r, 2);
    world_say(&r, wanted);
    regency_close(&r);
    world_back(&r);
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        world_keep(&r);
        int steps = act_run(&r, &acts[i], HOW_COUNT, 0);
        assert_true(steps > 0);
        printf("%s: %d steps\n", acts[i].name, steps);
        int stops = act != 0 && act != i + 1 ? 0 : all ? steps : some;
        for (int n = 0, k = 0; n < stops; n++) {
            k = all ? k + 1 : 1 + (int)prop_below(&g, (uint64_t)steps);
            for (enum how how = HOW_BEFORE; how < HOWS; how++) {
                if (all ? how == HOW_AFTER && k < steps /* is before the next one */
                        : how != HOW_BEFORE + (enum how)prop_below(&g, HOWS - 1))
                    continue;
                world_back(&r);
                act_stopped(&r, &acts[i], how, k, steps, wanted);
                died += how != HOW_FAIL;
                failed += how == HOW_FAIL;
            }
        }
        world_back(&r);
        assert_true(act_run(&r, &acts[i], HOW_COUNT, 0) > 0);
    }
    printf("%u stops, %u failures\n", died, failed);
    assert_true(died + failed > (act == 0 ? 5 : 0));
    regency_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(any_step_may_be_the_last) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
