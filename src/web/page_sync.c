/* page_sync.c - "Sinkron sekarang": starts a round and shows how far it is; the script asks again, without it a link does. */
#include <string.h>

#include "jemput/clock.h"
#include "jemput/exchange.h"
#include "office.h"

static const struct {
    enum jem_step step;
    bool van, hq;
    enum jem_text text;
} sync_steps[] = {
    { JEM_STEP_CONNECT, true, true, JEM_T_WEB_STEP_CONNECT },
    { JEM_STEP_FEED, true, false, JEM_T_WEB_STEP_FEED },
    { JEM_STEP_SEAL, true, false, JEM_T_WEB_STEP_SEAL },
    { JEM_STEP_RECORDS, true, false, JEM_T_WEB_STEP_RECORDS },
    { JEM_STEP_DOCUMENTS, true, false, JEM_T_WEB_STEP_DOCUMENTS },
    { JEM_STEP_CONFIRM, true, false, JEM_T_WEB_STEP_CONFIRM },
    { JEM_STEP_FETCH, false, true, JEM_T_WEB_STEP_FETCH },
    { JEM_STEP_MERGE, false, true, JEM_T_WEB_STEP_MERGE },
    { JEM_STEP_PUBLISH, false, true, JEM_T_WEB_STEP_PUBLISH },
};

/* done: passed, or the round ended well; now: under way; bad: it ended here; wait: to come. */
static const char *sync_state(const struct web_job *job, enum jem_step step)
{
    bool seen = job->seen[step];
    bool here = job->step == (unsigned)step;
    if (job->running)
        return here ? "now" : seen ? "done" : "wait";
    if (job->ended && job->ok)
        return "done";
    return !seen ? "wait" : here ? "bad" : "done";
}

static void sync_counts(const struct web_job *job, struct jem_buf *text)
{
    char done[40], total[40];
    if (job->records_total > 0)
        jem_buf_fmt(text, jem_text(JEM_T_WEB_SYNC_RECORDS), (unsigned long long)job->records_done,
            (unsigned long long)job->records_total);
    if (job->bytes_total > 0) {
        web_size_text(job->bytes_done, done, sizeof done);
        web_size_text(job->bytes_total, total, sizeof total);
        jem_buf_fmt(text, jem_text(JEM_T_WEB_SYNC_BYTES), done, total);
    }
}

/* {"running","ended","ok","text","counts","steps":[{"k","t"}]} */
static json_t *sync_json(struct web_page *p)
{
    struct web_job *job = &p->office->job;
    json_t *steps = json_array();
    struct jem_buf counts = JEM_BUF_INIT(300);
    pthread_mutex_lock(&job->lock);
    for (size_t i = 0; i < sizeof sync_steps / sizeof *sync_steps; i++)
        if (p->hq ? sync_steps[i].hq : sync_steps[i].van)
            json_array_append_new(steps,
                json_pack("{s:s,s:s}", "k", sync_state(job, sync_steps[i].step), "t", jem_text(sync_steps[i].text)));
    if (job->running)
        sync_counts(job, &counts);
    const char *text = job->running ? jem_text(JEM_T_WEB_SYNC_RUNNING) : job->ended ? job->text : "";
    json_t *o = json_pack("{s:b,s:b,s:b,s:s,s:s,s:o}", "running", (int)job->running, "ended", (int)job->ended, "ok",
        (int)job->ok, "text", text, "counts", jem_buf_text(&counts), "steps", steps);
    pthread_mutex_unlock(&job->lock);
    jem_buf_release(&counts);
    return o;
}

static const char *sync_word(const char *state)
{
    return jem_text(strcmp(state, "done") == 0  ? JEM_T_WEB_STATE_DONE
                    : strcmp(state, "now") == 0 ? JEM_T_WEB_STATE_NOW
                    : strcmp(state, "bad") == 0 ? JEM_T_WEB_STATE_BAD
                                                : JEM_T_WEB_STATE_WAIT);
}

static void sync_last(struct web_page *p)
{
    json_t *state = NULL;
    char at[64];
    if (jem_app_state(p->app, &state, NULL) != JEM_OK)
        return;
    const char *hub = jem_json_str(state, "hub", "");
    struct jem_buf *b = p->b;
    jem_buf_str(b, "<dl class=list>");
    web_html(b, "<div><dt>Hub</dt><dd>%s</dd></div>", *hub ? hub : jem_text(JEM_T_WEB_NO_HUB));
    if (json_is_integer(json_object_get(state, "last_sync_ms"))) {
        jem_time_human(jem_json_int(state, "last_sync_ms", 0), at, sizeof at);
        web_html(b, "<div><dt>%t</dt><dd>%s", JEM_T_WEB_LAST_SYNC, at);
        web_html(b, "<br>%s</dd></div>", jem_json_str(state, "last_sync_text", ""));
    }
    if (!p->hq)
        web_html(b, "<div><dt>%t</dt><dd>%l / %l</dd></div>", JEM_T_WEB_PENDING,
            jem_json_int(state, "pending_events", 0), jem_json_int(state, "pending_documents", 0));
    jem_buf_str(b, "</dl>");
    json_decref(state);
}

void web_page_sync(struct web_page *p)
{
    json_t *o = sync_json(p);
    const json_t *it;
    size_t i;
    struct jem_buf *b = p->b;
    bool running = jem_json_bool(o, "running", false), ended = jem_json_bool(o, "ended", false);
    bool ok = jem_json_bool(o, "ok", false);
    web_page_begin(p, WEB_NAV_SYNC, jem_text(JEM_T_WEB_SYNC), false);
    web_html(b, "<h1>%t</h1><section class=card>", JEM_T_WEB_SYNC);
    web_form_begin(p, "/sinkron/mulai", " id=syncform");
    web_html(b, "<button%s>%t <kbd>S</kbd></button></form>", running ? " disabled" : "", JEM_T_WEB_SYNC_NOW);
    web_html(b, "<ol class=steps id=steps%s>", running ? " data-run" : "");
    json_array_foreach(json_object_get(o, "steps"), i, it)
    {
        const char *k = jem_json_str(it, "k", "");
        web_html(b, "<li class=%s>%s <small>%s</small>", k, jem_json_str(it, "t", ""),
            running || ended ? sync_word(k) : "");
    }
    web_html(b, "</ol><p id=counts>%s</p><p id=result role=status class=\"note %s\"%s>%s</p>",
        jem_json_str(o, "counts", ""),
        running ? ""
        : ok    ? "ok"
                : "bad",
        running || ended ? "" : " hidden", jem_json_str(o, "text", ""));
    if (running)
        web_html(b, "<p><a id=again href=\"/sinkron\">%t</a></p>", JEM_T_WEB_RELOAD);
    jem_buf_str(b, "</section><section class=card>");
    sync_last(p);
    web_html(b, "<p class=sub>%t</p></section>", p->hq ? JEM_T_WEB_SYNC_WHAT_HQ : JEM_T_WEB_SYNC_WHAT);
    web_page_end(p);
    json_decref(o);
}

void web_page_sync_start(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    enum jem_code rc = web_job_start(&p->office->job, p->app, &err);
    if (rc == JEM_OK || rc == JEM_EBUSY) /* one is under way: the page shows it */
        web_answer_redirect(p->a, "/sinkron");
    else
        web_page_error(p, &err);
}

void web_api_state(struct web_page *p)
{
    json_t *o = sync_json(p);
    json_t *strip = web_strip(p);
    size_t i;
    json_t *it;
    json_array_foreach(json_object_get(o, "steps"), i, it)
    {
        json_object_set_new(it, "w", json_string(sync_word(jem_json_str(it, "k", ""))));
    }
    json_t *all = json_pack("{s:o,s:o}", "sync", o, "strip", strip != NULL ? strip : json_null());
    web_json_answer(p, 200, all);
}
