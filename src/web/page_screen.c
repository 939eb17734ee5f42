/* page_screen.c - what people see who are not logged in: the queue's numbers on a second screen, the survey on a turned one.
 * No personal data, no session, no menu. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/codec.h"
#include "jemput/day.h"
#include "jemput/lookup.h"
#include "jemput/skm.h"
#include "office.h"

#define SCREEN_SHOWN 4

enum jem_code web_screen_open(struct web_office *office, const struct jem_app *app, struct jem_error *err)
{
    unsigned char random[16];
    struct jem_app *own = NULL;
    enum jem_code rc = jem_app_dup(app, &own, err);
    if (rc != JEM_OK)
        return rc;
    jem_random(random, sizeof random);
    pthread_mutex_lock(&office->screen.lock);
    jem_app_close(office->screen.app);
    office->screen.app = own;
    jem_hex(random, sizeof random, office->screen.token);
    pthread_mutex_unlock(&office->screen.lock);
    return JEM_OK;
}

void web_screen_close(struct web_office *office)
{
    pthread_mutex_lock(&office->screen.lock);
    jem_app_close(office->screen.app);
    office->screen.app = NULL;
    office->screen.token[0] = '\0';
    pthread_mutex_unlock(&office->screen.lock);
}

bool web_screen_token(struct web_office *office, char out[WEB_SCREEN_TOKEN])
{
    pthread_mutex_lock(&office->screen.lock);
    memcpy(out, office->screen.token, WEB_SCREEN_TOKEN);
    pthread_mutex_unlock(&office->screen.lock);
    return out[0] != '\0';
}

bool web_screen_path(const char *path)
{
    return strcmp(path, "/survei") == 0;
}

/* ---- the frame ---- */

static void screen_begin(struct web_page *p, const char *kind, enum jem_text title)
{
    struct web_assets *assets = &p->office->assets;
    web_html(p->b,
        "<!doctype html><html lang=%s><head><meta charset=utf-8><meta name=viewport "
        "content=\"width=device-width,initial-scale=1\"><meta name=color-scheme content=\"light dark\"><title>%t - "
        "Jemput</title><link rel=icon href=\"%s\"><link rel=stylesheet href=\"%s\">",
        jem_lang_name(jem_lang_get()), title, web_asset_path(assets, "icon.svg"), web_asset_path(assets, "app.css"));
    if (p->refresh_s > 0)
        web_html(p->b, "<noscript><meta http-equiv=refresh content=%d></noscript>", p->refresh_s);
    web_html(p->b, "<script src=\"%s\" defer></script></head><body class=%s data-kiosk><main id=main>",
        web_asset_path(assets, "app.js"), kind);
}

static void screen_end(struct web_page *p)
{
    jem_buf_str(p->b, "</main></body></html>");
}

/* ---- the queue's numbers ---- */

static void screen_queue(struct web_page *p)
{
    json_t *o = NULL, *it;
    size_t i;
    p->refresh_s = 5;
    screen_begin(p, "screen", JEM_T_WEB_SCREEN_QUEUE);
    web_html(p->b, "<h1>%t</h1>", JEM_T_QUEUE_TITLE);
    if (jem_queue_list(p->app, -1, INT32_MIN, &o, NULL) == JEM_OK) {
        jem_buf_str(p->b, "<div id=screen aria-live=polite><ol>");
        json_array_foreach(json_object_get(o, "now"), i, it)
        {
            if (i < SCREEN_SHOWN)
                web_html(p->b, "<li><b class=number>%s</b> <span>%t %d</span>", jem_json_str(it, "text", ""),
                    JEM_T_CLI_C_COUNTER, (int)jem_json_int(it, "counter", 0));
        }
        jem_buf_str(p->b, "</ol><p>");
        web_html_say(p->b, JEM_T_WEB_SCREEN_WAITING, (int)jem_json_int(o, "waiting", 0));
        jem_buf_str(p->b, "</p></div>");
    }
    screen_end(p);
    json_decref(o);
}

/* ---- the survey ---- */

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

static void survey_form(struct web_page *p, const char *token, const int *answers, size_t n)
{
    web_html(p->b,
        "<form method=post action=\"/survei\"><input type=hidden name=k value=\"%s\"><input type=hidden name=a "
        "value=\"",
        token);
    for (size_t i = 0; i < n; i++)
        jem_buf_byte(p->b, (unsigned char)('0' + answers[i]));
    jem_buf_str(p->b, "\">");
}

static void survey_question(struct web_page *p, const char *token, const int *answers, size_t n)
{
    screen_begin(p, "survey", JEM_T_WEB_SURVEY);
    jem_buf_str(p->b, "<p class=sub>");
    web_html_say(p->b, JEM_T_WEB_SURVEY_STEP, (int)n + 1, JEM_SKM_ELEMENTS);
    web_html(p->b, "</p><h1>%s</h1>", jem_skm_question(n));
    survey_form(p, token, answers, n);
    jem_buf_str(p->b, "<div class=choices>");
    for (int c = 1; c <= 4; c++)
        web_html(p->b, "<button class=second name=u value=%d data-key=%d><kbd>%d</kbd> %s</button>", c, c, c,
            jem_skm_choice(n, c));
    web_html(p->b, "</div><p class=actions><button class=plain name=say value=1>%t</button>", JEM_T_WEB_SURVEY_SAY);
    if (n > 0)
        web_html(p->b, "<button class=plain name=back value=1>%t</button>", JEM_T_WEB_SURVEY_BACK);
    jem_buf_str(p->b, "</p></form>");
    screen_end(p);
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

static void survey_about(struct web_page *p, const char *token, const int *answers)
{
    static const char *const ages[] = { "17-24", "25-39", "40-59", "60+" };
    static const enum jem_text age_texts[] = { JEM_T_SURVEY_AGE_1, JEM_T_SURVEY_AGE_2, JEM_T_SURVEY_AGE_3,
        JEM_T_SURVEY_AGE_4 };
    static const char *const sexes[] = { "f", "m" };
    static const enum jem_text sex_texts[] = { JEM_T_SURVEY_F, JEM_T_SURVEY_M };
    static const char *const schools[] = { "sd", "smp", "sma", "diploma", "s1" };
    static const enum jem_text school_texts[] = { JEM_T_SURVEY_SD, JEM_T_SURVEY_SMP, JEM_T_SURVEY_SMA,
        JEM_T_SURVEY_DIPLOMA, JEM_T_SURVEY_S1 };
    screen_begin(p, "survey", JEM_T_WEB_SURVEY);
    web_html(p->b, "<h1>%t</h1><p>%t</p>", JEM_T_WEB_SURVEY_WHO, JEM_T_WEB_SURVEY_ANONYMOUS);
    survey_form(p, token, answers, JEM_SKM_ELEMENTS);
    jem_buf_str(p->b, "<div class=fields>");
    survey_services(p);
    survey_select(p, "age", JEM_T_WEB_SURVEY_AGE, ages, age_texts, 4);
    survey_select(p, "sex", JEM_T_WEB_SURVEY_SEX, sexes, sex_texts, 2);
    survey_select(p, "education", JEM_T_WEB_SURVEY_EDUCATION, schools, school_texts, 5);
    web_html(p->b, "</div><p class=actions><button name=done value=1>%t</button></p></form>", JEM_T_WEB_SURVEY_DONE);
    screen_end(p);
}

static void survey_thanks(struct web_page *p, const char *token, const char *failure)
{
    screen_begin(p, "survey", JEM_T_WEB_SURVEY);
    if (failure != NULL)
        web_html(p->b, "<p class=\"note bad\" role=alert>%s</p>", failure);
    else
        web_html(p->b, "<h1>%t</h1>", JEM_T_WEB_SURVEY_THANKS);
    web_html(p->b, "<p><a class=button href=\"/survei?k=%s\">%t</a></p>", token, JEM_T_WEB_SURVEY_AGAIN);
    screen_end(p);
}

static void survey_post(struct web_page *p, const char *token)
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
    } else if (strcmp(web_form_text(f, "say"), "1") == 0 && n < JEM_SKM_ELEMENTS) {
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
        survey_thanks(p, token, kept ? NULL : err.msg);
        json_decref(out);
        return;
    }
    if (n < JEM_SKM_ELEMENTS)
        survey_question(p, token, in.answers, n);
    else
        survey_about(p, token, in.answers);
}

bool web_screen_answer(struct web_office *office, struct web_request *r, struct web_answer *a)
{
    bool survey = strcmp(r->path, "/survei") == 0, screen = strcmp(r->path, "/layar") == 0;
    struct web_page p = { .office = office, .r = r, .a = a, .b = &a->body };
    if (!survey && !(screen && !r->post))
        return false;
    const char *token = web_form_text(r->post ? &r->form : &r->args, "k");
    pthread_mutex_lock(&office->screen.lock);
    struct web_screen *s = &office->screen;
    p.app = s->app;
    if (s->app == NULL || strlen(token) != WEB_SCREEN_TOKEN - 1 ||
        sodium_memcmp(token, s->token, WEB_SCREEN_TOKEN - 1) != 0) {
        a->status = 403;
        screen_begin(&p, "survey", JEM_T_WEB_SCREEN);
        web_html(p.b, "<h1>%t</h1><p>%t</p>", JEM_T_WEB_SCREEN, JEM_T_WEB_SCREEN_OVER);
        screen_end(&p);
    } else if (screen) {
        screen_queue(&p);
    } else if (r->post) {
        survey_post(&p, token);
    } else {
        int none[JEM_SKM_ELEMENTS] = { 0 };
        survey_question(&p, token, none, 0);
    }
    pthread_mutex_unlock(&office->screen.lock);
    return true;
}
