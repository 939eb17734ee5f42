/* loop.c - rounds of sync that come by themselves, on a thread with a handle of its own.
 *
 *   starting -> (an officer logs in) -> waiting -> running -> waiting | retry | other
 *                                         |  ^        |
 *                        paused, away, yielding <-----+ asked to stop: by a pause, an officer's job, or new records while
 *                                                       scans go, so that records are never behind documents
 *
 * The first officer who logs in lends the loop a handle; it goes on when the page locks, and ends with the server. A round
 * may be cut at any moment by design, so that the end of the server need not wait for a slow link. */
#include "loop.h"

#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "jemput/clock.h"
#include "jemput/codec.h"
#include "jemput/exchange.h"
#include "jemput/link_watch.h"
#include "jemput/log.h"
#include "jemput/sync_plan.h"

#define LOOP_LOOK_MS 2000  /* how long new records of other processes stay unseen */
#define LOOP_CALM_MS 1000  /* after an officer's job */
#define LOOP_FRESH_MS 5000 /* a round has this long before new records may end it */
#define LOOP_NICE 5        /* pages come first */

struct run { /* the thread's own */
    struct web_loop *loop;
    struct jem_app *app;
    struct jem_sync_plan plan;
    struct jem_auto set;
    uint64_t head; /* of our events, when the round began */
    int64_t begun_ms, looked_ms;
    bool now, other; /* an officer asked; another process had the round */
};

/* ---- what pages ask ---- */

void web_loop_read(struct web_loop *loop, struct web_loop_state *out)
{
    pthread_mutex_lock(&loop->lock);
    *out = loop->state;
    out->wanted = loop->now;
    pthread_mutex_unlock(&loop->lock);
}

void web_loop_wake(struct web_loop *loop)
{
    jem_link_watch_wake(loop->watch);
}

void web_loop_offer(struct web_loop *loop, struct jem_app *app)
{
    struct jem_app *own = NULL;
    pthread_mutex_lock(&loop->lock);
    bool wanted = !loop->has_app && loop->offered == NULL;
    pthread_mutex_unlock(&loop->lock);
    if (!wanted || jem_app_dup(app, &own, NULL) != JEM_OK)
        return;
    pthread_mutex_lock(&loop->lock);
    bool taken = !loop->has_app && loop->offered == NULL;
    if (taken)
        loop->offered = own;
    pthread_mutex_unlock(&loop->lock);
    if (taken)
        web_loop_wake(loop);
    else
        jem_app_close(own);
}

void web_loop_now(struct web_loop *loop, struct jem_app *app)
{
    web_loop_offer(loop, app);
    pthread_mutex_lock(&loop->lock);
    loop->now = loop->state.doing != WEB_LOOP_RUNNING;
    pthread_mutex_unlock(&loop->lock);
    web_loop_wake(loop);
}

void web_loop_stop(struct web_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    loop->now = false;
    loop->stop = 1;
    pthread_mutex_unlock(&loop->lock);
    web_loop_wake(loop);
}

void web_loop_speak(struct web_loop *loop, enum jem_lang lang)
{
    pthread_mutex_lock(&loop->lock);
    loop->lang = lang;
    pthread_mutex_unlock(&loop->lock);
}

void web_busy_begin(struct web_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    loop->busy++;
    pthread_mutex_unlock(&loop->lock);
}

void web_busy_end(struct web_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    loop->busy--;
    loop->calm_ms = jem_mono_ms();
    pthread_mutex_unlock(&loop->lock);
}

/* ---- a round ---- */

/* True when events were recorded since the round began; looked up now and then. */
static bool run_fresh(struct run *run)
{
    uint64_t head;
    int64_t now = jem_mono_ms();
    if (now - run->begun_ms < LOOP_FRESH_MS || now - run->looked_ms < LOOP_LOOK_MS)
        return false;
    run->looked_ms = now;
    return jem_exchange_head(run->app, &head, NULL) == JEM_OK && head != run->head;
}

/* Called between slices: here an officer's job is given way, one that is just over as well. One that comes and goes within
 * a slice disturbs nothing. */
static void run_progress(void *ctx, const struct jem_progress *p)
{
    struct run *run = ctx;
    struct web_loop *loop = run->loop;
    bool fresh = p->step == JEM_STEP_DOCUMENTS && run_fresh(run);
    pthread_mutex_lock(&loop->lock);
    struct web_loop_state *s = &loop->state;
    if (s->step != (unsigned)p->step) /* its bytes are its own; records stay on show */
        s->bytes_done = s->bytes_total = 0;
    s->step = (unsigned)p->step;
    if ((unsigned)p->step < WEB_LOOP_STEPS)
        s->seen[p->step] = true;
    if (p->records_total > 0) {
        s->records_done = p->records_done;
        s->records_total = p->records_total;
    }
    if (p->bytes_total > 0) {
        s->bytes_done = p->bytes_done;
        s->bytes_total = p->bytes_total;
    }
    s->seconds_left = p->seconds_left;
    if (loop->busy > 0 || jem_mono_ms() - loop->calm_ms < LOOP_CALM_MS || fresh)
        loop->stop = 1;
    pthread_mutex_unlock(&loop->lock);
}

static void run_begin(struct run *run)
{
    struct web_loop *loop = run->loop;
    run->now = run->other = false;
    run->begun_ms = run->looked_ms = jem_mono_ms();
    jem_link_watch_note(loop->watch);
    pthread_mutex_lock(&loop->lock);
    struct web_loop_state *s = &loop->state;
    s->doing = WEB_LOOP_RUNNING;
    s->hq = jem_store_role(jem_app_store(run->app)) == JEM_ROLE_HQ;
    s->step = JEM_STEP_UNKNOWN;
    memset(s->seen, 0, sizeof s->seen);
    s->records_done = s->records_total = s->bytes_done = s->bytes_total = 0;
    s->seconds_left = -1;
    s->ended = false;
    loop->stop = loop->end;
    pthread_mutex_unlock(&loop->lock);
}

static void run_words(const json_t *o, bool hq, struct jem_buf *text)
{
    const char *refused = jem_json_str(o, "refused", "");
    if (hq)
        jem_buf_fmt(text, jem_text(JEM_T_WEB_SYNC_DONE_HQ), (long long)jem_json_int(o, "accepted_events", 0),
            (long long)jem_json_int(o, "published_events", 0), (long long)jem_json_int(o, "quarantined", 0));
    else
        jem_buf_fmt(text, jem_text(JEM_T_WEB_SYNC_DONE), (long long)jem_json_int(o, "pushed_events", 0),
            (long long)jem_json_int(o, "received_events", 0), (long long)jem_json_int(o, "pending_events", 0),
            (long long)jem_json_int(o, "pending_documents", 0));
    if (*refused)
        jem_buf_fmt(text, " %s", refused);
}

static void run_told(struct run *run, const json_t *o, const struct jem_error *err)
{
    struct web_loop_state *s = &run->loop->state;
    struct jem_buf text = JEM_BUF_INIT(sizeof s->text - 1);
    pthread_mutex_lock(&run->loop->lock);
    s->ended = true;
    s->ok = o != NULL && *jem_json_str(o, "refused", "") == '\0';
    if (o != NULL)
        run_words(o, s->hq, &text);
    else
        jem_buf_str(&text, err->msg);
    memcpy(s->text, jem_buf_text(&text), text.len + 1);
    pthread_mutex_unlock(&run->loop->lock);
    jem_buf_release(&text);
}

static void run_release(struct run *run)
{
    pthread_mutex_lock(&run->loop->lock);
    run->loop->has_app = false;
    pthread_mutex_unlock(&run->loop->lock);
    jem_app_close(run->app);
    run->app = NULL;
}

/* What the outcome means for the next round. */
static void run_end(struct run *run, enum jem_code rc, const json_t *o, const struct jem_error *err)
{
    uint16_t noise;
    int64_t now = jem_mono_ms();
    bool asked = rc == JEM_ELINK && run->loop->stop != 0;
    jem_random(&noise, sizeof noise);
    if (rc == JEM_OK) {
        static const char *const moves[] = { "pushed_events", "received_events", "accepted_events",
            "published_events" };
        int64_t moved = 0;
        for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
            moved += jem_json_int(o, moves[i], 0);
        jem_sync_plan_done(&run->plan, now, jem_json_int(o, "pending_events", 0) > 0, moved > 0);
        jem_log(JEM_LOG_INFO, "sync: round done, %lld events moved, %lld bytes up, %lld down", (long long)moved,
            (long long)jem_json_int(o, "bytes_up", 0), (long long)jem_json_int(o, "bytes_down", 0));
    } else if (asked) {
        jem_sync_plan_now(&run->plan, now);
        jem_log(JEM_LOG_INFO, "sync: round stopped as asked");
        return;
    } else if (rc == JEM_EBUSY) {
        run->other = true;
        jem_sync_plan_busy(&run->plan, now);
        return;
    } else {
        jem_sync_plan_failed(&run->plan, now, noise);
        jem_log(JEM_LOG_INFO, "sync: round failed (%s), next in %lld s", jem_code_name(rc),
            (long long)(jem_sync_plan_wait_ms(&run->plan, now) / 1000));
    }
    run_told(run, rc == JEM_OK ? o : NULL, err);
    if (rc == JEM_ELOCKED) /* that officer may not act here any more: the next who logs in lends a handle */
        run_release(run);
}

static void run_round(struct run *run)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    struct jem_round_options options = { .progress = run_progress, .ctx = run, .stop = &run->loop->stop };
    run_begin(run);
    enum jem_code rc = jem_store_role(jem_app_store(run->app)) == JEM_ROLE_HQ
                           ? jem_exchange_hq_sync(run->app, &options, &o, &err)
                           : jem_exchange_sync(run->app, &options, &o, &err);
    run_end(run, rc, o, &err);
    json_decref(o);
}

/* ---- between rounds ---- */

/* Takes what pages ordered. False: the server ends. */
static bool run_orders(struct run *run)
{
    struct web_loop *loop = run->loop;
    pthread_mutex_lock(&loop->lock);
    struct jem_app *offered = loop->offered;
    loop->offered = NULL;
    loop->has_app = loop->has_app || offered != NULL;
    run->now = run->now || loop->now;
    bool end = loop->end;
    jem_lang_set(loop->lang);
    pthread_mutex_unlock(&loop->lock);
    if (offered == NULL)
        return !end;
    run->app = offered;
    jem_sync_plan_start(&run->plan, JEM_SYNC_EVERY_S, jem_mono_ms());
    if (loop->every_s > 0 && jem_exchange_auto_every(run->app, loop->every_s, NULL) != JEM_OK)
        jem_log(JEM_LOG_WARN, "sync: --sync-every holds for this time only");
    return !end;
}

/* Settings, new records and networks may have changed: by pages, by other processes, by the world. */
static void run_look(struct run *run)
{
    uint64_t head = run->head;
    int64_t now = jem_mono_ms();
    struct jem_auto set;
    if (jem_exchange_auto(run->app, &set, NULL) == JEM_OK)
        run->set = set;
    int every = run->loop->every_s > 0 ? run->loop->every_s : run->set.every_s;
    run->plan.every_s = every > 0 ? every : JEM_SYNC_EVERY_S;
    if (jem_link_watch_hubs(run->loop->watch, run->set.hubs))
        jem_sync_plan_link(&run->plan, now);
    if (jem_exchange_head(run->app, &head, NULL) == JEM_OK && head != run->head) {
        run->head = head;
        jem_sync_plan_fresh(&run->plan, now);
    }
}

static enum web_doing run_waits(const struct run *run)
{
    return run->other ? WEB_LOOP_OTHER : run->plan.failures > 0 ? WEB_LOOP_RETRY : WEB_LOOP_WAITING;
}

/* What is to be done now: WEB_LOOP_RUNNING means a round. *wait_ms: until the next look. */
static enum web_doing run_choose(struct run *run, bool reachable, int64_t *wait_ms)
{
    struct web_loop *loop = run->loop;
    int64_t now = jem_mono_ms(), wait = jem_sync_plan_wait_ms(&run->plan, now);
    pthread_mutex_lock(&loop->lock);
    int64_t calm = loop->busy > 0 ? 0 : now - loop->calm_ms;
    pthread_mutex_unlock(&loop->lock);
    *wait_ms = wait < LOOP_LOOK_MS ? wait : LOOP_LOOK_MS;
    bool paused = loop->off || !run->set.on;
    if (!run->set.ready || (paused && !run->now) || (!reachable && !run->now)) {
        *wait_ms = LOOP_LOOK_MS;
        return !run->set.ready ? WEB_LOOP_UNSET : paused ? WEB_LOOP_PAUSED : WEB_LOOP_AWAY;
    }
    if (wait > 0 && !run->now)
        return run_waits(run);
    if (calm >= LOOP_CALM_MS)
        return WEB_LOOP_RUNNING;
    *wait_ms = LOOP_CALM_MS - calm;
    return WEB_LOOP_YIELDING;
}

static void run_show(struct run *run, enum web_doing doing, bool reachable)
{
    struct web_loop *loop = run->loop;
    pthread_mutex_lock(&loop->lock);
    loop->state.doing = doing;
    loop->state.reachable = reachable;
    loop->state.off = loop->off;
    loop->state.every_s = run->plan.every_s;
    loop->state.next_ms = run->plan.next_ms;
    if (doing == WEB_LOOP_UNSET)
        run->now = false;
    if (doing == WEB_LOOP_RUNNING || doing == WEB_LOOP_UNSET)
        loop->now = false;
    pthread_mutex_unlock(&loop->lock);
}

static void *loop_main(void *ctx)
{
    struct run run = { .loop = ctx };
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), LOOP_NICE);
    while (run_orders(&run)) {
        int64_t wait_ms = LOOP_LOOK_MS;
        enum web_doing doing = WEB_LOOP_STARTING;
        if (run.app != NULL) {
            run_look(&run);
            bool reachable = jem_link_watch_reachable(run.loop->watch);
            doing = run_choose(&run, reachable, &wait_ms);
            run_show(&run, doing, reachable);
        }
        if (doing == WEB_LOOP_RUNNING)
            run_round(&run);
        else if (jem_link_watch_wait(run.loop->watch, wait_ms) == JEM_LINK_CHANGED) {
            jem_link_watch_note(run.loop->watch);
            jem_sync_plan_link(&run.plan, jem_mono_ms());
        }
    }
    jem_app_close(run.app);
    return NULL;
}

/* ---- life ---- */

enum jem_code web_loop_start(struct web_loop *loop, bool off, int every_s, struct jem_error *err)
{
    sigset_t all, before;
    pthread_mutex_init(&loop->lock, NULL);
    loop->off = off;
    loop->every_s = every_s;
    loop->lang = jem_lang_get();
    loop->calm_ms = jem_mono_ms() - LOOP_CALM_MS;
    loop->state = (struct web_loop_state){ .off = off, .seconds_left = -1, .reachable = true };
    enum jem_code rc = jem_link_watch_new(&loop->watch, err);
    if (rc != JEM_OK)
        return rc;
    /* signals are the server's: no thread but its own gets one */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    loop->started = pthread_create(&loop->thread, NULL, loop_main, loop) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return loop->started ? JEM_OK : jem_fail(err, JEM_EBUSY, JEM_D_WEB, 0, JEM_T_WEB_START);
}

bool web_loop_end(struct web_loop *loop, int64_t wait_ms)
{
    struct timespec until;
    pthread_mutex_lock(&loop->lock);
    loop->end = true;
    loop->stop = 1;
    pthread_mutex_unlock(&loop->lock);
    if (loop->started) {
        web_loop_wake(loop);
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += (time_t)(wait_ms / 1000);
        if (pthread_clockjoin_np(loop->thread, NULL, CLOCK_MONOTONIC, &until) != 0)
            return false;
    }
    jem_app_close(loop->offered);
    jem_link_watch_free(loop->watch);
    pthread_mutex_destroy(&loop->lock);
    return true;
}
