/* page_keep.c - headquarters: backups and what the vans were told of them, keys, the dictionary. */
#include <string.h>

#include "jemput/care.h"
#include "jemput/clock.h"
#include "jemput/desk.h"
#include "jemput/exchange.h"
#include "office.h"

#define KEEP_WAIT_MS 2000
#define KEEP_REFRESH_S 5

bool web_may_keep(struct web_page *p)
{
    json_t *o = NULL;
    bool may = p->hq && jem_care_backup_state(p->app, &o, NULL) == JEM_OK;
    json_decref(o);
    return may;
}

/* ---- the page ---- */

static void keep_backup_ended(struct web_page *p, const json_t *out)
{
    char size[40];
    web_size_text((uint64_t)jem_json_int(out, "bytes", 0), size, sizeof size);
    jem_buf_str(p->b, "<p class=\"note ok\" role=status>");
    web_html_say(p->b, JEM_T_WEB_KEEP_MADE, jem_json_str(out, "file", ""), size,
        (long long)jem_json_int(out, "events", 0), (long long)jem_json_int(out, "documents", 0),
        (long long)jem_json_int(out, "acknowledged", 0));
    jem_buf_str(p->b, "</p>");
    if (jem_json_bool(out, "same_disk", false))
        web_html(p->b, "<p class=\"note wait\">%t</p>", JEM_T_WEB_KEEP_SAME_DISK);
}

static void keep_words_ended(struct web_page *p, const json_t *out)
{
    jem_buf_str(p->b, "<p class=\"note ok\" role=status>");
    web_html_say(p->b, jem_json_bool(out, "published", false) ? JEM_T_WEB_KEEP_TRAINED : JEM_T_WEB_KEEP_NO_BETTER,
        (long long)jem_json_int(out, "before", 0), (long long)jem_json_int(out, "after", 0));
    jem_buf_str(p->b, "</p>");
}

static void keep_state(struct web_page *p, const struct web_chore_state *state)
{
    if (state->running)
        web_html(p->b, "<p class=note role=status>%t <a href=\"/cadangan\">%t</a></p>",
            state->kind == WEB_CHORE_BACKUP ? JEM_T_WEB_KEEP_RUNS : JEM_T_WEB_KEEP_TRAINING, JEM_T_WEB_RELOAD);
    else if (state->err.code != JEM_OK)
        web_html(p->b, "<p class=\"note bad\" role=alert>%s</p>", state->err.msg);
    else if (state->kind == WEB_CHORE_BACKUP)
        keep_backup_ended(p, state->out);
    else if (state->kind == WEB_CHORE_DICTIONARY)
        keep_words_ended(p, state->out);
}

static void keep_last(struct web_page *p, const json_t *o)
{
    struct jem_buf *b = p->b;
    int64_t at_ms = jem_json_int(o, "at_ms", 0);
    char at[64], span[60];
    if (at_ms == 0) {
        web_html(b, "<p class=\"note bad\">%t</p>", JEM_T_WEB_KEEP_NEVER);
        return;
    }
    jem_time_human(at_ms, at, sizeof at);
    web_span_text(jem_store_now_ms(jem_app_store(p->app)) - at_ms, span, sizeof span);
    web_html(b, "<dl class=list><div><dt>%t</dt><dd>%s <small>%s</small><br><span class=mono>%s</span>",
        JEM_T_WEB_KEEP_LAST, at, span, jem_json_str(o, "file", ""));
    if (!jem_json_bool(o, "here", false) && *jem_json_str(o, "file", ""))
        web_html(b, " <span class=\"badge wait\">%t</span>", JEM_T_WEB_KEEP_FILE_GONE);
    jem_buf_str(b, "</dd></div></dl>");
}

static void keep_backup(struct web_page *p, const json_t *o)
{
    struct jem_buf *b = p->b;
    const char *typed = web_form_text(&p->r->form, "path");
    web_html(b, "<section class=card aria-labelledby=kb><h2 id=kb>%t</h2>", JEM_T_WEB_KEEP_BACKUP);
    keep_last(p, o);
    web_html(b, "<p>%t</p>", JEM_T_WEB_KEEP_ABOUT);
    if (web_admin(p)) {
        web_form_begin(p, "/cadangan", " class=ask");
        web_html(b,
            "<label for=kp>%t</label><input id=kp name=path class=mono required maxlength=999 autocomplete=off "
            "autocapitalize=none spellcheck=false value=\"%s\" aria-describedby=kph><small id=kph>%t</small>"
            "<button>%t</button></form>",
            JEM_T_WEB_KEEP_PATH, *typed ? typed : jem_json_str(o, "offer", ""), JEM_T_WEB_KEEP_PATH_HINT,
            JEM_T_WEB_KEEP_MAKE);
    }
    jem_buf_str(b, "</section>");
}

static void keep_count(struct web_page *p, int64_t n, enum jem_text what)
{
    web_html(p->b, "<div><span class=\"badge %s\">%l</span> %t</div>", n > 0 ? "wait" : "ok", n, what);
}

static void keep_vans(struct web_page *p, const json_t *vans)
{
    struct jem_buf *b = p->b;
    const json_t *van;
    size_t i;
    web_html(b, "<section class=card aria-labelledby=kv><h2 id=kv>%t</h2>", JEM_T_WEB_KEEP_DURABLE);
    if (json_array_size(vans) == 0)
        web_html(b, "<p class=empty>%t</p>", JEM_T_WEB_VANS_NONE);
    else
        web_html(b,
            "<table class=\"rows named\"><caption class=hide>%t</caption><thead><tr><th scope=col>%t<th "
            "scope=col>%t<tbody>",
            JEM_T_WEB_KEEP_DURABLE, JEM_T_WEB_VANS, JEM_T_WEB_VAN_RISK);
    json_array_foreach(vans, i, van)
    {
        int64_t here = jem_json_int(van, "events", 0), kept = jem_json_int(van, "kept", 0);
        int64_t out = here - kept, unsafe = jem_json_int(van, "unsafe_events", 0);
        web_html(b, "<tr><td>%l %s<small>%l %t</small><td>", jem_json_int(van, "van", 0), jem_json_str(van, "name", ""),
            here, JEM_T_WEB_KEEP_HERE);
        keep_count(p, out, JEM_T_WEB_KEEP_NOT_IN);
        keep_count(p, unsafe > out ? unsafe - out : 0, JEM_T_WEB_KEEP_NOT_TOLD);
    }
    if (json_array_size(vans) > 0)
        jem_buf_str(b, "</table>");
    web_html(b, "<p>%t</p>", JEM_T_WEB_KEEP_TELL_ABOUT);
    web_form_begin(p, "/cadangan/kabar", "");
    web_html(b, "<button class=second>%t</button></form></section>", JEM_T_WEB_KEEP_TELL);
}

static void keep_keys(struct web_page *p)
{
    struct jem_buf *b = p->b;
    web_html(b, "<section class=card aria-labelledby=kk><h2 id=kk>%t</h2>", JEM_T_WEB_KEEP_KEYS);
    if (web_admin(p)) {
        web_html(b, "<p>%t</p>", JEM_T_WEB_KEEP_ROTATE_ABOUT);
        web_form_begin(p, "/cadangan/kunci", " class=ask");
        web_html(b,
            "<label class=check><input type=checkbox name=sure value=1 required> %t</label><button "
            "class=danger>%t</button></form>",
            JEM_T_WEB_KEEP_ROTATE_SURE, JEM_T_WEB_KEEP_ROTATE);
    }
    web_html(b,
        "<dl><dt>%t</dt><dd class=mono>git -c gpg.ssh.allowedSignersFile=signers verify-commit REF</dd></dl><p><a "
        "href=\"/cadangan/signers\">%t</a></p></section>",
        JEM_T_WEB_KEEP_SIGNERS_ABOUT, JEM_T_WEB_KEEP_SIGNERS);
    if (!web_admin(p))
        return;
    web_html(b, "<section class=card aria-labelledby=kw><h2 id=kw>%t</h2><p>%t</p>", JEM_T_WEB_KEEP_WORDS,
        JEM_T_WEB_KEEP_WORDS_ABOUT);
    web_form_begin(p, "/cadangan/kamus", "");
    web_html(b, "<button class=second>%t</button></form></section>", JEM_T_WEB_KEEP_TRAIN);
}

static void keep_done(struct web_page *p)
{
    const char *done = web_form_text(&p->r->args, "d");
    if (strcmp(done, "kabar") == 0 || strcmp(done, "kunci") == 0)
        web_html(p->b, "<p class=\"note ok\" role=status>%t</p>",
            done[1] == 'a' ? JEM_T_WEB_KEEP_TOLD : JEM_T_WEB_KEEP_ROTATED);
}

/* failure: with its code, above what was typed; or NULL. */
static void keep_page(struct web_page *p, const struct jem_error *failure)
{
    struct jem_error err = { .code = JEM_OK };
    struct web_chore_state state = { .kind = WEB_CHORE_NONE };
    json_t *o = NULL, *vans = NULL;
    enum jem_code rc = jem_care_backup_state(p->app, &o, &err);
    if (rc == JEM_OK)
        rc = jem_desk_vans(p->app, &vans, &err);
    if (rc == JEM_OK && failure != NULL && failure->code == JEM_EDENIED)
        err = *failure;
    if (rc != JEM_OK || err.code != JEM_OK) {
        web_page_error(p, &err);
    } else {
        web_chore_read(&p->office->keep, &state);
        p->refresh_s = state.running ? KEEP_REFRESH_S : 0;
        web_page_begin(p, WEB_NAV_VANS, jem_text(JEM_T_WEB_KEEP), failure != NULL);
        web_html(p->b, "<h1>%t</h1><p class=sub><a href=\"/van\">%t</a> &middot; <a href=\"/kelola\">%t</a></p>",
            JEM_T_WEB_KEEP, JEM_T_WEB_VANS, JEM_T_WEB_MANAGE);
        if (failure != NULL)
            web_html(p->b, "<p class=\"note bad\" role=alert>%s</p>", failure->msg);
        else if (*web_form_text(&p->r->args, "d"))
            keep_done(p);
        else
            keep_state(p, &state);
        keep_backup(p, o);
        keep_vans(p, json_object_get(vans, "vans"));
        keep_keys(p);
        web_page_end(p);
    }
    json_decref(state.out);
    json_decref(o);
    json_decref(vans);
}

void web_page_keep(struct web_page *p)
{
    keep_page(p, NULL);
}

/* ---- what is done ---- */

/* To the page, by another address when all is well, so that loading it again does nothing again. */
static void keep_end(struct web_page *p, enum jem_code rc, const char *to, const struct jem_error *err)
{
    if (rc == JEM_OK) {
        web_answer_redirect(p->a, to);
        return;
    }
    p->a->status = rc == JEM_EBUSY || rc == JEM_EEXISTS ? 409 : 422;
    keep_page(p, err);
}

static void keep_start(struct web_page *p, const struct web_chore_want *want, enum jem_code rc, struct jem_error *err)
{
    if (rc == JEM_OK)
        rc = web_chore_start(&p->office->keep, p->app, want, err);
    if (rc == JEM_OK)
        web_chore_wait(&p->office->keep, KEEP_WAIT_MS);
    keep_end(p, rc, "/cadangan", err);
}

void web_page_keep_make(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct web_chore_want want = { .kind = WEB_CHORE_BACKUP };
    const char *path = web_form_text(&p->r->form, "path");
    enum jem_code rc = jem_care_backup_place(p->app, path, &err);
    if (rc == JEM_OK)
        (void)snprintf(want.path, sizeof want.path, "%s", path);
    keep_start(p, &want, rc, &err);
}

void web_page_keep_train(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_chore_want want = { .kind = WEB_CHORE_DICTIONARY };
    keep_start(p, &want, jem_app_require(p->app, JEM_ROLE_HQ, "admin", &err), &err);
}

void web_page_keep_tell(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    enum jem_code rc = jem_care_ack_durable(p->app, &o, &err);
    json_decref(o);
    keep_end(p, rc, "/cadangan?d=kabar", &err);
}

void web_page_keep_rotate(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    enum jem_code rc = *web_form_text(&p->r->form, "sure")
                           ? jem_exchange_rotate(p->app, &o, &err)
                           : jem_fail(&err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_WEB_KEEP_ROTATE_ASK);
    json_decref(o);
    keep_end(p, rc, "/cadangan?d=kunci", &err);
}

void web_page_keep_signers(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    if (jem_exchange_signers(p->app, p->b, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    p->a->type = "text/plain; charset=utf-8";
    web_answer_header(p->a, "Content-Disposition", "attachment; filename=\"signers\"");
}
