/* page_survey.c - the satisfaction survey: one question a page, large choices; then who answers, if they like. Without a session:
 * what was answered so far travels in the form. */
#include "survey.h"

#include <string.h>

#include "jemput/day.h"
#include "jemput/lookup.h"
#include "jemput/skm.h"
#include "office.h"

/* "434" -> 3 answers; what is no answer ends it. */
static size_t survey_given(const char *text, int out[JEM_SKM_ELEMENTS])
{
    size_t n = 0;
    while (n < JEM_SKM_ELEMENTS && text[n] >= '1' && text[n] <= '4') {
        out[n] = text[n] - '0';
        n++;
    }
    return n;
}

static void survey_form(struct web_page *p, const struct web_survey *on, const int *answers, size_t n)
{
    web_html(p->b,
        "<form method=post action=\"%s\"><input type=hidden name=k value=\"%s\"><input type=hidden name=a value=\"",
        on->path, on->token);
    for (size_t i = 0; i < n; i++)
        jem_buf_byte(p->b, (unsigned char)('0' + answers[i]));
    jem_buf_str(p->b, "\">");
}

static void survey_question(struct web_page *p, const struct web_survey *on, const int *answers, size_t n)
{
    on->begin(p);
    jem_buf_str(p->b, "<p class=sub>");
    web_html_say(p->b, JEM_T_WEB_SURVEY_STEP, (int)n + 1, JEM_SKM_ELEMENTS);
    web_html(p->b, "</p><h1>%s</h1>", jem_skm_question(n));
    survey_form(p, on, answers, n);
    jem_buf_str(p->b, "<div class=choices>");
    for (int c = 1; c <= 4; c++)
        web_html(p->b, "<button class=second name=u value=%d data-key=%d><kbd>%d</kbd> %s</button>", c, c, c,
            jem_skm_choice(n, c));
    jem_buf_str(p->b, "</div><p class=actions>");
    if (on->aloud)
        web_html(p->b, "<button class=plain name=say value=1>%t</button>", JEM_T_WEB_SURVEY_SAY);
    if (n > 0)
        web_html(p->b, "<button class=plain name=back value=1>%t</button>", JEM_T_WEB_SURVEY_BACK);
    jem_buf_str(p->b, "</p></form>");
    on->end(p);
}

static void survey_select(struct web_page *p, const char *name, enum jem_text label, const char *const *codes,
    const enum jem_text *labels, size_t count)
{
    web_html(p->b,
        "<div class=field><label for=%s>%t <span>%t</span></label><select id=%s name=%s><option value=\"\">%t", name,
        label, JEM_T_WEB_OPTIONAL, name, name, JEM_T_WEB_CHOOSE);
    for (size_t i = 0; i < count; i++)
        web_html(p->b, "<option value=\"%s\">%t", codes[i], labels[i]);
    jem_buf_str(p->b, "</select></div>");
}

static void survey_services(struct web_page *p)
{
    json_t *o = NULL, *it;
    size_t i;
    web_html(p->b,
        "<div class=field><label for=service>%t <span>%t</span></label><select id=service name=service><option "
        "value=\"\">%t",
        JEM_T_WEB_SURVEY_SERVICE, JEM_T_WEB_OPTIONAL, JEM_T_WEB_CHOOSE);
    if (jem_catalog_show(p->app, NULL, &o, NULL) == JEM_OK)
        json_array_foreach(json_object_get(o, "services"), i, it)
        {
            web_html(p->b, "<option value=\"%s\">%s", jem_json_str(it, "id", ""), jem_json_str(it, "name", ""));
        }
    jem_buf_str(p->b, "</select></div>");
    json_decref(o);
}

static void survey_about(struct web_page *p, const struct web_survey *on, const int *answers)
{
    static const char *const ages[] = { "17-24", "25-39", "40-59", "60+" };
    static const enum jem_text age_texts[] = { JEM_T_SURVEY_AGE_1, JEM_T_SURVEY_AGE_2, JEM_T_SURVEY_AGE_3,
        JEM_T_SURVEY_AGE_4 };
    static const char *const sexes[] = { "f", "m" };
    static const enum jem_text sex_texts[] = { JEM_T_SURVEY_F, JEM_T_SURVEY_M };
    static const char *const schools[] = { "sd", "smp", "sma", "diploma", "s1" };
    static const enum jem_text school_texts[] = { JEM_T_SURVEY_SD, JEM_T_SURVEY_SMP, JEM_T_SURVEY_SMA,
        JEM_T_SURVEY_DIPLOMA, JEM_T_SURVEY_S1 };
    on->begin(p);
    web_html(p->b, "<h1>%t</h1><p>%t</p>", JEM_T_WEB_SURVEY_WHO, JEM_T_WEB_SURVEY_ANONYMOUS);
    survey_form(p, on, answers, JEM_SKM_ELEMENTS);
    jem_buf_str(p->b, "<div class=fields>");
    survey_services(p);
    survey_select(p, "age", JEM_T_WEB_SURVEY_AGE, ages, age_texts, 4);
    survey_select(p, "sex", JEM_T_WEB_SURVEY_SEX, sexes, sex_texts, 2);
    survey_select(p, "education", JEM_T_WEB_SURVEY_EDUCATION, schools, school_texts, 5);
    web_html(p->b, "</div><p class=actions><button name=done value=1>%t</button></p></form>", JEM_T_WEB_SURVEY_DONE);
    on->end(p);
}

static void survey_thanks(struct web_page *p, const struct web_survey *on, const char *failure)
{
    on->begin(p);
    if (failure != NULL)
        web_html(p->b, "<p class=\"note bad\" role=alert>%s</p>", failure);
    else
        web_html(p->b, "<h1>%t</h1>", JEM_T_WEB_SURVEY_THANKS);
    if (*on->token)
        web_html(p->b, "<p><a class=button href=\"%s?k=%s\">%t</a></p>", on->path, on->token, JEM_T_WEB_SURVEY_AGAIN);
    on->end(p);
}

static bool survey_post(struct web_page *p, const struct web_survey *on)
{
    const struct web_form *f = &p->r->form;
    struct jem_survey_in in = { .service = web_form_text(f, "service"),
        .age = web_form_text(f, "age"),
        .sex = web_form_text(f, "sex"),
        .education = web_form_text(f, "education") };
    struct jem_error err = { .code = JEM_OK };
    json_t *out = NULL;
    size_t n = survey_given(web_form_text(f, "a"), in.answers);
    const char *u = web_form_text(f, "u");
    if (strcmp(web_form_text(f, "back"), "1") == 0) {
        n -= n > 0;
    } else if (on->aloud && strcmp(web_form_text(f, "say"), "1") == 0 && n < JEM_SKM_ELEMENTS) {
        struct jem_buf text = JEM_BUF_INIT(580);
        jem_buf_str(&text, jem_skm_question(n));
        for (int c = 1; c <= 4; c++)
            jem_buf_fmt(&text, " %d: %s.", c, jem_skm_choice(n, c));
        (void)jem_speak(jem_buf_text(&text));
        jem_buf_release(&text);
    } else if (n < JEM_SKM_ELEMENTS && u[0] >= '1' && u[0] <= '4') {
        in.answers[n++] = u[0] - '0';
    } else if (n == JEM_SKM_ELEMENTS && strcmp(web_form_text(f, "done"), "1") == 0) {
        bool kept = jem_survey_answer(p->app, &in, &out, &err) == JEM_OK;
        survey_thanks(p, on, kept ? NULL : err.msg);
        json_decref(out);
        return kept;
    }
    if (n < JEM_SKM_ELEMENTS)
        survey_question(p, on, in.answers, n);
    else
        survey_about(p, on, in.answers);
    return false;
}

bool web_survey(struct web_page *p, const struct web_survey *on)
{
    const int none[JEM_SKM_ELEMENTS] = { 0 };
    if (p->r->post)
        return survey_post(p, on);
    survey_question(p, on, none, 0);
    return false;
}
