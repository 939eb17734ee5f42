/* page_screen.c - what people see who are not logged in: the queue's numbers on a second screen, the survey on a turned one.
 * No personal data, no session, no menu. */
#include <sodium.h>
#include <string.h>

#include "jemput/codec.h"
#include "jemput/day.h"
#include "office.h"
#include "survey.h"

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

static void survey_begin(struct web_page *p)
{
    screen_begin(p, "survey", JEM_T_WEB_SURVEY);
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
    } else {
        const struct web_survey on = { "/survei", token, true, survey_begin, screen_end };
        (void)web_survey(&p, &on);
    }
    pthread_mutex_unlock(&office->screen.lock);
    return true;
}
