/* job.c - one round of sync in the background, with a handle of its own; pages read how far it is. A round may be cut
 * at any moment by design, so that the end of the server need not wait for a slow link. */
#include <string.h>
#include <time.h>

#include "jemput/clock.h"
#include "jemput/exchange.h"
#include "office.h"

static void job_progress(void *ctx, const struct jem_progress *p)
{
    struct web_job *job = ctx;
    pthread_mutex_lock(&job->lock);
    job->step = (unsigned)p->step;
    if ((unsigned)p->step < JOB_STEPS)
        job->seen[p->step] = true;
    if (p->records_total > 0) {
        job->records_done = p->records_done;
        job->records_total = p->records_total;
    }
    if (p->bytes_total > 0) {
        job->bytes_done = p->bytes_done;
        job->bytes_total = p->bytes_total;
    }
    pthread_mutex_unlock(&job->lock);
}

static void job_words(struct web_job *job, const json_t *o, struct jem_buf *text)
{
    const char *refused = jem_json_str(o, "refused", "");
    if (job->hq)
        jem_buf_fmt(text, jem_text(JEM_T_WEB_SYNC_DONE_HQ), (long long)jem_json_int(o, "accepted_events", 0),
            (long long)jem_json_int(o, "published_events", 0), (long long)jem_json_int(o, "quarantined", 0));
    else
        jem_buf_fmt(text, jem_text(JEM_T_WEB_SYNC_DONE), (long long)jem_json_int(o, "pushed_events", 0),
            (long long)jem_json_int(o, "received_events", 0), (long long)jem_json_int(o, "pending_events", 0),
            (long long)jem_json_int(o, "pending_documents", 0));
    if (*refused)
        jem_buf_fmt(text, " %s", refused);
}

static void *job_run(void *ctx)
{
    struct web_job *job = ctx;
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    struct jem_round_options options = { .progress = job_progress, .ctx = job };
    jem_lang_set(job->lang);
    enum jem_code rc =
        job->hq ? jem_exchange_hq_sync(job->app, &options, &o, &err) : jem_exchange_sync(job->app, &options, &o, &err);
    struct jem_buf text = JEM_BUF_INIT(sizeof job->text - 1);
    if (rc == JEM_OK)
        job_words(job, o, &text);
    else
        jem_buf_str(&text, err.msg);
    bool ok = rc == JEM_OK && *jem_json_str(o, "refused", "") == '\0';
    json_decref(o);
    jem_app_close(job->app);
    pthread_mutex_lock(&job->lock);
    job->app = NULL;
    job->ok = ok;
    memcpy(job->text, jem_buf_text(&text), text.len + 1);
    job->ended_ms = jem_mono_ms();
    job->ended = true;
    job->running = false;
    pthread_mutex_unlock(&job->lock);
    jem_buf_release(&text);
    return NULL;
}

enum jem_code web_job_start(struct web_job *job, struct jem_app *app, struct jem_error *err)
{
    enum jem_code rc = JEM_OK;
    pthread_mutex_lock(&job->lock);
    if (job->running)
        rc = jem_fail(err, JEM_EBUSY, JEM_D_WEB, 0, JEM_T_WEB_SYNC_RUNNING);
    if (rc == JEM_OK && job->joinable) {
        pthread_join(job->thread, NULL);
        job->joinable = false;
    }
    if (rc == JEM_OK)
        rc = jem_app_dup(app, &job->app, err);
    if (rc == JEM_OK) {
        memset(job->seen, 0, sizeof job->seen);
        job->step = JEM_STEP_UNKNOWN;
        job->records_done = job->records_total = job->bytes_done = job->bytes_total = 0;
        job->started_ms = jem_mono_ms();
        job->lang = jem_lang_get();
        job->hq = jem_store_role(jem_app_store(job->app)) == JEM_ROLE_HQ;
        job->ended = false;
        job->running = job->joinable = pthread_create(&job->thread, NULL, job_run, job) == 0;
        if (!job->running) {
            jem_app_close(job->app);
            job->app = NULL;
            rc = jem_fail(err, JEM_EBUSY, JEM_D_WEB, 0, JEM_T_WEB_START);
        }
    }
    pthread_mutex_unlock(&job->lock);
    return rc;
}

bool web_job_end(struct web_job *job, int64_t wait_ms)
{
    bool running = true;
    for (int64_t waited = 0; running && waited <= wait_ms; waited += 20) {
        pthread_mutex_lock(&job->lock);
        running = job->running;
        pthread_mutex_unlock(&job->lock);
        if (running)
            nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    }
    if (running)
        return false;
    if (job->joinable)
        pthread_join(job->thread, NULL);
    job->joinable = false;
    return true;
}
