/* page_prepared.c - a citizen's code at the counter: found, then opened as a draft of this officer. */
#include <string.h>

#include "jemput/clock.h"
#include "jemput/stand.h"
#include "office.h"

void web_prepared_ask(struct web_page *p)
{
    web_html(p->b,
        "<form class=\"card ask\" action=\"/mandiri\"><label for=k>%t</label><input id=k name=k maxlength=20 required "
        "autocomplete=off autocapitalize=characters spellcheck=false aria-describedby=kh><small "
        "id=kh>%t</small><button "
        "class=second>%t</button></form>",
        JEM_T_WEB_PREPARED_ASK, JEM_T_WEB_PREPARED_HINT, JEM_T_WEB_PREPARED_FIND);
}

static void prepared_take(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    if (jem_stand_take(p->app, web_form_text(&p->r->form, "k"), &o, &err) == JEM_OK) {
        struct jem_buf to = JEM_BUF_INIT(200);
        jem_buf_str(&to, "/baru/");
        web_url_text(&to, jem_json_str(o, "service", ""));
        jem_buf_fmt(&to, "?d=%s", jem_json_str(o, "draft", ""));
        web_answer_redirect(p->a, jem_buf_text(&to));
        jem_buf_release(&to);
    } else {
        web_page_error(p, &err);
    }
    json_decref(o);
}

void web_page_prepared(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const char *code = web_form_text(&p->r->args, "k");
    struct jem_buf *b = p->b;
    json_t *o = NULL;
    char until[64];
    if (p->r->post) {
        prepared_take(p);
        return;
    }
    enum jem_code rc = *code ? jem_stand_prepared(p->app, code, &o, &err) : JEM_OK;
    web_page_begin(p, WEB_NAV_NEW, jem_text(JEM_T_WEB_PREPARED), rc != JEM_OK);
    web_html(b, "<h1>%t</h1>", JEM_T_WEB_PREPARED);
    if (rc != JEM_OK) {
        p->a->status = rc == JEM_ENOTFOUND ? 404 : 500;
        web_html(b, "<p class=\"note bad\" role=alert>%s</p>", err.msg);
    }
    if (o != NULL) {
        jem_time_human(jem_json_int(o, "until_ms", 0), until, sizeof until);
        web_html(b, "<section class=card><p class=big>%s</p><p><b>%s</b></p><p>%t %s</p>", jem_json_str(o, "code", ""),
            jem_json_str(o, "service_name", ""), JEM_T_STAND_UNTIL, until);
        web_form_begin(p, "/mandiri", "");
        web_html(b, "<input type=hidden name=k value=\"%s\"><button autofocus>%t</button></form></section>",
            jem_json_str(o, "code", ""), JEM_T_WEB_PREPARED_OPEN);
    }
    web_prepared_ask(p);
    web_page_end(p);
    json_decref(o);
}
