/* page_sync.c - what the loop does and how far its round is; now, pause, go on. The script asks again; without it the
 * browser loads the page anew while a round runs. */
#include <string.h>

#include "jemput/clock.h"
#include "jemput/exchange.h"
#include "devices.h"

#define SYNC_REFRESH_S 3

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
static const char *sync_state(const struct web_loop_state *loop, enum jem_step step)
{
    bool seen = loop->seen[step];
    bool here = loop->step == (unsigned)step;
    if (loop->doing == WEB_LOOP_RUNNING)
        return here ? "now" : seen ? "done" : "wait";
    if (loop->ended && loop->ok)
        return "done";
    return !seen ? "wait" : here && loop->ended ? "bad" : "done";
}

static const char *sync_step(const struct web_loop_state *loop)
{
    for (size_t i = 0; i < sizeof sync_steps / sizeof *sync_steps; i++)
        if ((unsigned)sync_steps[i].step == loop->step)
            return jem_text(sync_steps[i].text);
    return jem_text(JEM_T_WEB_STEP_CONNECT);
}

/* Of the bytes when they are known, else of the records; -1: neither is. */
static int sync_percent(const struct web_loop_state *loop)
{
    uint64_t done = loop->bytes_total > 0 ? loop->bytes_done : loop->records_done;
    uint64_t total = loop->bytes_total > 0 ? loop->bytes_total : loop->records_total;
    if (total == 0)
        return -1;
    return done >= total ? 100 : (int)(done * 100 / total);
}

static void sync_counts(const struct web_loop_state *loop, struct jem_buf *text)
{
    static const char between[] = " \xc2\xb7 ";
    char done[40], total[40];
    if (loop->records_total > 0)
        jem_buf_fmt(text, jem_text(JEM_T_WEB_SYNC_RECORDS), (unsigned long long)loop->records_done,
            (unsigned long long)loop->records_total);
    if (loop->bytes_total > 0) {
        web_size_text(loop->bytes_done < loop->bytes_total ? loop->bytes_done : loop->bytes_total, done, sizeof done);
        web_size_text(loop->bytes_total, total, sizeof total);
        jem_buf_str(text, text->len > 0 ? between : "");
        jem_buf_fmt(text, jem_text(JEM_T_WEB_SYNC_BYTES), done, total);
    }
    if (loop->seconds_left >= 0 && loop->bytes_total > loop->bytes_done) {
        jem_buf_str(text, text->len > 0 ? between : "");
        jem_buf_fmt(text, jem_text(JEM_T_WEB_SYNC_LEFT), (long long)(loop->seconds_left + 59) / 60);
    }
}

/* How long until the next try. */
static void sync_until(const struct web_loop_state *loop, struct jem_buf *out)
{
    int64_t s = (loop->next_ms - jem_mono_ms() + 999) / 1000;
    if (s < 1)
        s = 1;
    if (s < 100)
        jem_buf_fmt(out, jem_text(JEM_T_WEB_LOOP_RETRY_S), (int)s);
    else
        jem_buf_fmt(out, jem_text(JEM_T_WEB_LOOP_RETRY_MIN), (int)((s + 30) / 60));
}

int web_loop_words(const struct web_loop_state *loop, struct jem_buf *out)
{
    static const enum jem_text texts[] = { [WEB_LOOP_STARTING] = JEM_T_WEB_LOOP_STARTING,
        [WEB_LOOP_UNSET] = JEM_T_WEB_LOOP_UNSET,
        [WEB_LOOP_PAUSED] = JEM_T_WEB_LOOP_PAUSED,
        [WEB_LOOP_AWAY] = JEM_T_WEB_LOOP_AWAY,
        [WEB_LOOP_WAITING] = JEM_T_WEB_LOOP_WAITING,
        [WEB_LOOP_YIELDING] = JEM_T_WEB_LOOP_YIELDING,
        [WEB_LOOP_RUNNING] = JEM_T_WEB_LOOP_RUNNING,
        [WEB_LOOP_RETRY] = JEM_T_WEB_LOOP_RETRY_S,
        [WEB_LOOP_OTHER] = JEM_T_WEB_LOOP_OTHER };
    int percent = sync_percent(loop);
    if (loop->doing == WEB_LOOP_RUNNING) {
        jem_buf_fmt(out, jem_text(texts[loop->doing]), sync_step(loop));
        if (percent >= 0)
            jem_buf_fmt(out, " (%d%%)", percent);
    } else if (loop->doing == WEB_LOOP_RETRY) {
        sync_until(loop, out);
    } else {
        jem_buf_str(out,
            jem_text(loop->doing == WEB_LOOP_PAUSED && loop->off ? JEM_T_WEB_LOOP_OFF : texts[loop->doing]));
    }
    return loop->doing != WEB_LOOP_WAITING && loop->doing != WEB_LOOP_RUNNING && loop->doing != WEB_LOOP_STARTING;
}

/* {"running","paused","ended","ok","text","doing","counts","percent","steps":[{"k","t"}]} */
static json_t *sync_json(struct web_page *p)
{
    struct web_loop_state loop;
    json_t *steps = json_array();
    struct jem_buf counts = JEM_BUF_INIT(400), doing = JEM_BUF_INIT(400);
    web_loop_read(&p->office->loop, &loop);
    for (size_t i = 0; i < sizeof sync_steps / sizeof *sync_steps; i++)
        if (p->hq ? sync_steps[i].hq : sync_steps[i].van)
            json_array_append_new(steps,
                json_pack("{s:s,s:s}", "k", sync_state(&loop, sync_steps[i].step), "t", jem_text(sync_steps[i].text)));
    bool running = loop.doing == WEB_LOOP_RUNNING || loop.wanted;
    if (loop.doing == WEB_LOOP_RUNNING || loop.doing == WEB_LOOP_YIELDING)
        sync_counts(&loop, &counts);
    (void)web_loop_words(&loop, &doing);
    const char *text = running ? jem_text(JEM_T_WEB_SYNC_RUNNING) : loop.ended ? loop.text : "";
    json_t *o = json_pack("{s:b,s:b,s:b,s:b,s:b,s:s,s:s,s:s,s:i,s:o}", "running", (int)running, "paused",
        (int)(loop.doing == WEB_LOOP_PAUSED), "off", (int)loop.off, "ended", (int)loop.ended, "ok", (int)loop.ok,
        "text", text, "doing", jem_buf_text(&doing), "counts", jem_buf_text(&counts), "percent", sync_percent(&loop),
        "steps", steps);
    jem_buf_release(&counts);
    jem_buf_release(&doing);
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
        web_html(b, "<div><dt>%t</dt><dd id=pending>%l / %l</dd></div>", JEM_T_WEB_PENDING,
            jem_json_int(state, "pending_events", 0), jem_json_int(state, "pending_documents", 0));
    jem_buf_str(b, "</dl>");
    json_decref(state);
}

/* Off for good, or only for now: the button that changes it. */
static void sync_switch(struct web_page *p, const json_t *o)
{
    struct jem_auto set = { .on = true };
    if (jem_json_bool(o, "off", false) || jem_exchange_auto(p->app, &set, NULL) != JEM_OK)
        return;
    web_form_begin(p, set.on ? "/sinkron/jeda" : "/sinkron/lanjut", "");
    web_html(p->b, "<button class=second>%t</button></form>", set.on ? JEM_T_WEB_SYNC_PAUSE : JEM_T_WEB_SYNC_RESUME);
}

static void sync_progress(struct web_page *p, const json_t *o)
{
    struct jem_buf *b = p->b;
    size_t i;
    const json_t *it;
    bool running = jem_json_bool(o, "running", false), ended = jem_json_bool(o, "ended", false);
    bool ok = jem_json_bool(o, "ok", false);
    int percent = (int)jem_json_int(o, "percent", -1);
    web_html(b, "<p id=doing>%s</p><ol class=steps id=steps%s>", jem_json_str(o, "doing", ""),
        running ? " data-run" : "");
    json_array_foreach(json_object_get(o, "steps"), i, it)
    {
        const char *k = jem_json_str(it, "k", "");
        web_html(b, "<li class=%s>%s <small>%s</small>", k, jem_json_str(it, "t", ""),
            running || ended ? sync_word(k) : "");
    }
    web_html(b, "</ol><progress id=bar max=100 value=%d aria-label=\"%t\"%s></progress><p id=counts>%s</p>",
        percent < 0 ? 0 : percent, JEM_T_WEB_SYNC_BAR, running && percent >= 0 ? "" : " hidden",
        jem_json_str(o, "counts", ""));
    web_html(b, "<p id=result role=status class=\"note %s\"%s>%s</p>",
        running ? ""
        : ok    ? "ok"
                : "bad",
        running || ended ? "" : " hidden", jem_json_str(o, "text", ""));
    if (running)
        web_html(b, "<p><a id=again href=\"/sinkron\">%t</a></p>", JEM_T_WEB_RELOAD);
}

void web_page_sync(struct web_page *p)
{
    json_t *o = sync_json(p);
    bool running = jem_json_bool(o, "running", false);
    struct jem_buf *b = p->b;
    p->refresh_s = running ? SYNC_REFRESH_S : 0;
    web_page_begin(p, WEB_NAV_SYNC, jem_text(JEM_T_WEB_SYNC), false);
    web_html(b, "<h1>%t</h1><section class=card><div class=actions>", JEM_T_WEB_SYNC);
    web_form_begin(p, "/sinkron/mulai", " id=syncform");
    web_html(b, "<button%s>%t <kbd>S</kbd></button></form>", running ? " disabled" : "", JEM_T_WEB_SYNC_NOW);
    sync_switch(p, o);
    web_html(b, "</div>");
    sync_progress(p, o);
    jem_buf_str(b, "</section><section class=card>");
    sync_last(p);
    web_html(b, "<p class=sub>%t</p></section>", p->hq ? JEM_T_WEB_SYNC_WHAT_HQ : JEM_T_WEB_SYNC_WHAT);
    web_page_end(p);
    json_decref(o);
}

void web_page_sync_start(struct web_page *p)
{
    web_loop_now(&p->office->loop, p->app);
    web_answer_redirect(p->a, "/sinkron");
}

static void sync_set(struct web_page *p, bool on)
{
    struct jem_error err = { .code = JEM_OK };
    enum jem_code rc = jem_exchange_auto_set(p->app, on, &err);
    if (rc != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    if (on) /* at once: the page that follows tells of it, also without a script */
        web_loop_now(&p->office->loop, p->app);
    else
        web_loop_stop(&p->office->loop);
    web_answer_redirect(p->a, "/sinkron");
}

void web_page_sync_pause(struct web_page *p)
{
    sync_set(p, false);
}

void web_page_sync_resume(struct web_page *p)
{
    sync_set(p, true);
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
    if (all != NULL && !p->hq)
        json_object_set_new(all, "devices", web_devices_state(p));
    web_json_answer(p, 200, all);
}
