/* ahead.c - a ring of commits between two threads: `given` <= `opened` <= `taken`. The caller takes and finishes, in
 * order; the opener opens what is taken. A job belongs to the opener from taken to opened, else to the caller. */
#include "ahead.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define AHEAD_JOBS 6 /* each may hold a whole segment */

struct jem_ahead {
    struct jem_lane_state *state;
    struct jem_ledger *ledger;
    const struct jem_oids *oids;
    struct jem_lane_job jobs[AHEAD_JOBS];
    size_t taken, opened, given;
    bool last; /* nothing more is taken: a commit does not hold */
    bool stop;
    bool threaded;
    enum jem_lang lang; /* errors speak the caller's language */
    pthread_t thread;
    pthread_mutex_t lock; /* taken, opened, stop */
    pthread_cond_t moved;
};

static void *ahead_open(void *arg)
{
    struct jem_ahead *ahead = arg;
    jem_lang_set(ahead->lang);
    pthread_mutex_lock(&ahead->lock);
    for (;;) {
        while (!ahead->stop && ahead->opened == ahead->taken)
            pthread_cond_wait(&ahead->moved, &ahead->lock);
        if (ahead->stop)
            break;
        struct jem_lane_job *job = &ahead->jobs[ahead->opened % AHEAD_JOBS];
        pthread_mutex_unlock(&ahead->lock);
        jem_lane_job_open(job);
        pthread_mutex_lock(&ahead->lock);
        ahead->opened++;
        pthread_cond_signal(&ahead->moved);
    }
    pthread_mutex_unlock(&ahead->lock);
    return NULL;
}

/* Signals go to the threads that wait for them. Without a thread the caller opens by itself. */
static void ahead_thread(struct jem_ahead *ahead)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ahead->threaded = pthread_create(&ahead->thread, NULL, ahead_open, ahead) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

enum jem_code jem_ahead_start(struct jem_lane_state *state, struct jem_ledger *ledger, const struct jem_oids *oids,
    struct jem_ahead **out, struct jem_error *err)
{
    struct jem_ahead *ahead = calloc(1, sizeof *ahead);
    *out = ahead;
    if (ahead == NULL)
        return jem_fail_nomem(err);
    ahead->state = state;
    ahead->ledger = ledger;
    ahead->oids = oids;
    ahead->lang = jem_lang_get();
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->moved, NULL);
    if (oids->count > 1)
        ahead_thread(ahead);
    return JEM_OK;
}

static void ahead_take(struct jem_ahead *ahead)
{
    size_t room = ahead->threaded ? AHEAD_JOBS : 1;
    while (!ahead->last && ahead->taken < ahead->oids->count && ahead->taken - ahead->given < room) {
        struct jem_lane_job *job = &ahead->jobs[ahead->taken % AHEAD_JOBS];
        jem_lane_job_take(ahead->state, ahead->ledger, &ahead->oids->items[ahead->taken], job);
        ahead->last = job->code != JEM_OK;
        pthread_mutex_lock(&ahead->lock);
        ahead->taken++;
        pthread_cond_signal(&ahead->moved);
        pthread_mutex_unlock(&ahead->lock);
    }
}

enum jem_code jem_ahead_next(struct jem_ahead *ahead, struct jem_event_list *out, struct jem_error *err)
{
    ahead_take(ahead);
    assert(ahead->given < ahead->taken);
    struct jem_lane_job *job = &ahead->jobs[ahead->given % AHEAD_JOBS];
    if (!ahead->threaded) {
        jem_lane_job_open(job);
        ahead->opened++;
    } else {
        pthread_mutex_lock(&ahead->lock);
        while (ahead->opened <= ahead->given)
            pthread_cond_wait(&ahead->moved, &ahead->lock);
        pthread_mutex_unlock(&ahead->lock);
    }
    enum jem_code code = jem_lane_job_finish(ahead->state, job, out, err);
    jem_lane_job_release(job);
    ahead->given++;
    return code;
}

void jem_ahead_stop(struct jem_ahead *ahead)
{
    if (ahead == NULL)
        return;
    if (ahead->threaded) {
        pthread_mutex_lock(&ahead->lock);
        ahead->stop = true;
        pthread_cond_signal(&ahead->moved);
        pthread_mutex_unlock(&ahead->lock);
        pthread_join(ahead->thread, NULL);
    }
    for (; ahead->given < ahead->taken; ahead->given++)
        jem_lane_job_release(&ahead->jobs[ahead->given % AHEAD_JOBS]);
    pthread_cond_destroy(&ahead->moved);
    pthread_mutex_destroy(&ahead->lock);
    free(ahead);
}
