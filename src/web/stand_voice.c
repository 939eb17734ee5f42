/* stand_voice.c - what a citizen says at the stand: the satisfaction survey and a complaint. What is sent is bounded by address, and
 * no page shows what anybody else said. */
#include <string.h>

#include "jemput/clock.h"
#include "jemput/day.h"
#include "jemput/lookup.h"
#include "office.h"
#include "stand.h"
#include "survey.h"

static void voice_survey_begin(struct web_page *p)
{
    web_stand_begin(p, jem_text(JEM_T_WEB_SURVEY), false);
    jem_buf_str(p->b, "<div class=survey>");
}

static void voice_survey_end(struct web_page *p)
{
    jem_buf_str(p->b, "</div>");
    web_stand_end(p);
}

/* What the officer's page calls by the names of the law, in a citizen's words. */
static void voice_kind(struct web_page *p)
{
    static const char *const kinds[] = { "desk", "field", "information" };
    static const enum jem_text labels[] = { JEM_T_STAND_COMPLAINT_DESK, JEM_T_STAND_COMPLAINT_FIELD,
        JEM_T_STAND_COMPLAINT_INFORMATION };
    const char *chosen = web_form_text(&p->r->form, "cat");
    web_html(p->b, "<fieldset><legend>%t</legend>", JEM_T_STAND_COMPLAINT_KIND);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        web_html(p->b, "<div><label class=check><input type=radio name=cat value=%s%s> %t</label></div>", kinds[i],
            strcmp(kinds[i], *chosen ? chosen : kinds[0]) == 0 ? " checked" : "", labels[i]);
    jem_buf_str(p->b, "</fieldset>");
}

static void voice_complaint(struct web_page *p, const char *failure)
{
    const struct web_form *f = &p->r->form;
    web_stand_begin(p, jem_text(JEM_T_STAND_COMPLAINT), failure != NULL);
    web_html(p->b, "<h1>%t</h1><p>%t</p>", JEM_T_STAND_COMPLAINT, JEM_T_STAND_COMPLAINT_ABOUT);
    if (failure != NULL)
        web_html(p->b, "<p class=\"note bad\" role=alert>%s</p>", failure);
    web_html(p->b,
        "<form method=post action=\"/warga/pengaduan\" class=\"card ask\"><label for=text>%t</label><textarea id=text "
        "name=text rows=4 maxlength=500 required>%s</textarea>",
        JEM_T_WEB_COMPLAINT_TEXT, web_form_text(f, "text"));
    voice_kind(p);
    web_html(p->b,
        "<label for=n>%t <span>%t</span></label><input class=number id=n name=n maxlength=300 "
        "autocomplete=off "
        "value=\"%s\"><label for=name>%t <span>%t</span></label><input id=name name=name maxlength=200 "
        "autocomplete=name "
        "value=\"%s\"><label for=contact>%t <span>%t</span></label><input id=contact name=contact maxlength=200 "
        "value=\"%s\">"
        "<button>%t</button></form>",
        JEM_T_STAND_COMPLAINT_NUMBER, JEM_T_WEB_OPTIONAL, web_form_text(f, "n"), JEM_T_STAND_COMPLAINT_NAME,
        JEM_T_WEB_OPTIONAL, web_form_text(f, "name"), JEM_T_STAND_COMPLAINT_CONTACT, JEM_T_WEB_OPTIONAL,
        web_form_text(f, "contact"), JEM_T_STAND_COMPLAINT_SEND);
    web_stand_end(p);
}

static void voice_kept(struct web_page *p, const json_t *o)
{
    char first[64], due[64];
    jem_time_human(jem_json_int(o, "first_due_ms", 0), first, sizeof first);
    jem_time_human(jem_json_int(o, "due_ms", 0), due, sizeof due);
    web_stand_begin(p, jem_text(JEM_T_STAND_COMPLAINT_DONE), false);
    web_html(p->b,
        "<h1>%t</h1><section class=card><p>%t</p><p class=\"big number\">%s</p><p>%t %s</p><p>%t %s</p></section>",
        JEM_T_STAND_COMPLAINT_DONE, JEM_T_STAND_COMPLAINT_ASK, jem_json_str(o, "complaint", ""),
        JEM_T_WEB_COMPLAINT_FIRST_DUE, first, JEM_T_WEB_COMPLAINT_DUE, due);
    web_stand_end(p);
}

/* A number that is not here and one that does not exist are answered alike. */
static void voice_complain(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *f = &p->r->form;
    json_t *o = NULL;
    struct jem_complaint_in in = { .channel = "van",
        .category = web_form_text(f, "cat"),
        .text = web_form_text(f, "text"),
        .name = web_form_text(f, "name"),
        .contact = web_form_text(f, "contact") };
    const char *number = web_form_text(f, "n");
    bool wrong = *number && jem_lookup_number(p->app, number, &in.number, &err) != JEM_OK;
    enum jem_code rc = wrong ? JEM_ENOTFOUND : jem_complaint_file(p->app, &in, &o, &err);
    web_stand_cost(p);
    if (rc == JEM_OK) {
        voice_kept(p, o);
    } else {
        bool known = rc == JEM_EINVAL || rc == JEM_ENOTFOUND;
        p->a->status = known ? 422 : 503;
        voice_complaint(p, rc == JEM_ENOTFOUND ? jem_text(JEM_T_STAND_NONE) : err.msg);
    }
    json_decref(o);
}

bool web_stand_voice(struct web_page *p)
{
    static const struct web_survey survey = { "/warga/survei", "", false, voice_survey_begin, voice_survey_end };
    if (strcmp(p->r->path, survey.path) == 0) {
        if (web_survey(p, &survey))
            web_stand_cost(p);
    } else if (strcmp(p->r->path, "/warga/pengaduan") != 0) {
        return false;
    } else if (p->r->post) {
        voice_complain(p);
    } else {
        voice_complaint(p, NULL);
    }
    return true;
}
