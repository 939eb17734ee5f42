/* page_mirror.c - headquarters: its log and applications into a PostgreSQL that analysts read. An admin's. */
#include <stdio.h>
#include <string.h>

#include "jemput/mirror.h"
#include "office.h"

#define MIRROR_WAIT_MS 2000
#define MIRROR_REFRESH_S 5

/* How it stands with the last run. */
static void mirror_state(struct web_page *p, const struct web_chore_state *state)
{
    struct jem_buf *b = p->b;
    if (state->running) {
        jem_buf_str(b, "<p class=note role=status>");
        web_html_say(b, JEM_T_WEB_MIRROR_RUNS, state->path);
        web_html(b, " <a href=\"/ekspor/cermin\">%t</a></p>", JEM_T_WEB_RELOAD);
    } else if (state->err.code != JEM_OK) {
        web_html(b, "<p class=\"note bad\" role=alert>%s</p>", state->err.msg);
    } else if (state->kind == WEB_CHORE_MIRROR) {
        jem_buf_str(b, "<p class=\"note ok\" role=status>");
        web_html_say(b, JEM_T_WEB_MIRROR_DONE, (long long)jem_json_int(state->out, "events", 0),
            (long long)jem_json_int(state->out, "applications", 0), jem_json_str(state->out, "region", ""),
            (long long)jem_json_int(state->out, "total", 0), (long long)jem_json_int(state->out, "source", 0),
            state->path);
        jem_buf_str(b, "</p>");
    }
}

/* failure: above what was typed; or NULL. */
static void mirror_page(struct web_page *p, const char *failure)
{
    struct jem_buf *b = p->b;
    struct web_chore_state state;
    const char *typed = web_form_text(&p->r->form, "u");
    web_chore_read(&p->office->mirror, &state);
    p->refresh_s = state.running ? MIRROR_REFRESH_S : 0;
    web_page_begin(p, WEB_NAV_REPORT, jem_text(JEM_T_WEB_LAW_W_MIRROR), failure != NULL);
    web_html(b, "<h1>%t</h1><p class=sub><a href=\"/ekspor\">%t</a></p><p>%t</p>", JEM_T_WEB_LAW_W_MIRROR,
        JEM_T_WEB_EXPORT, JEM_T_WEB_MIRROR_ABOUT);
    if (failure != NULL)
        web_html(b, "<p class=\"note bad\" role=alert>%s</p>", failure);
    else
        mirror_state(p, &state);
    jem_buf_str(b, "<section class=card>");
    web_form_begin(p, "/ekspor/cermin", " class=ask");
    web_html(b,
        "<label for=mu>%t</label><input id=mu name=u class=mono required maxlength=999 autocomplete=off "
        "autocapitalize=none spellcheck=false value=\"%s\" aria-describedby=muh><small id=muh>%t</small><label "
        "class=check><input type=checkbox name=part value=1%s> %t</label><button>%t</button></form><p><a "
        "href=\"/ekspor/cermin.sql\">%t</a></p></section>",
        JEM_T_WEB_MIRROR_URL, *typed ? typed : state.path, JEM_T_WEB_MIRROR_HINT,
        *web_form_text(&p->r->form, "part") ? " checked" : "", JEM_T_WEB_MIRROR_PARTITIONED, JEM_T_WEB_MIRROR_SEND,
        JEM_T_WEB_MIRROR_SCHEMA);
    web_page_end(p);
    json_decref(state.out);
}

void web_page_mirror(struct web_page *p)
{
    if (web_admin_only(p))
        mirror_page(p, NULL);
}

void web_page_mirror_send(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct web_chore_want want = { .kind = WEB_CHORE_MIRROR,
        .partitioned = *web_form_text(&p->r->form, "part") != '\0' };
    if (!web_admin_only(p))
        return;
    int n = snprintf(want.path, sizeof want.path, "%s", web_form_text(&p->r->form, "u"));
    enum jem_code rc = (size_t)n < sizeof want.path ? jem_mirror_place(want.path, &err)
                                                    : jem_fail(&err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_WEB_BAD_REQUEST);
    if (rc == JEM_OK)
        rc = web_chore_start(&p->office->mirror, p->app, &want, &err);
    if (rc == JEM_OK) {
        web_chore_wait(&p->office->mirror, MIRROR_WAIT_MS);
        web_answer_redirect(p->a, "/ekspor/cermin");
    } else {
        p->a->status = rc == JEM_EBUSY ? 409 : 422;
        mirror_page(p, err.msg);
    }
}

void web_page_mirror_schema(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    if (!web_admin_only(p))
        return;
    if (jem_mirror_schema(false, p->b, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    p->a->type = "application/sql; charset=utf-8";
    web_answer_header(p->a, "Content-Disposition", "attachment; filename=\"cermin.sql\"");
}
