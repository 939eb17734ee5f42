/* login.c - the passphrase: one Argon2 at a time, so that guesses cannot fill the memory; after three wrong ones of a
 * name the next has to wait 1, 2, 4 ... 60 s. A name that does not exist is answered the same way, at the same cost. */
#include <sodium.h>
#include <string.h>

#include "jemput/clock.h"
#include "office.h"

#define LOGIN_FREE 3
#define LOGIN_WAIT_MAX_S 60
#define LOGIN_FORGET_MS ((int64_t)15 * 60 * 1000)

/* Place of the name; else the one whose last attempt is longest ago, given to it. The lock is held. */
static size_t login_place(struct web_login *login, const char *user)
{
    size_t oldest = 0;
    for (size_t i = 0; i < LOGIN_NAMES; i++) {
        if (strcmp(login->names[i].user, user) == 0)
            return i;
        if (login->names[i].last_ms < login->names[oldest].last_ms)
            oldest = i;
    }
    memset(&login->names[oldest], 0, sizeof login->names[oldest]);
    memcpy(login->names[oldest].user, user, strlen(user) + 1);
    return oldest;
}

static void login_failed(struct web_login *login, size_t at, int64_t now)
{
    unsigned *n = &login->names[at].failures;
    if (now - login->names[at].last_ms > LOGIN_FORGET_MS)
        *n = 0;
    (*n)++;
    int64_t wait_s = *n < LOGIN_FREE ? 0 : *n - LOGIN_FREE > 6 ? LOGIN_WAIT_MAX_S : (int64_t)1 << (*n - LOGIN_FREE);
    login->names[at].last_ms = now;
    login->names[at].next_ms = now + (wait_s > LOGIN_WAIT_MAX_S ? LOGIN_WAIT_MAX_S : wait_s) * 1000;
}

int64_t web_login_wait(struct web_login *login, const char *user)
{
    pthread_mutex_lock(&login->lock);
    int64_t wait_ms = login->names[login_place(login, user)].next_ms - jem_mono_ms();
    pthread_mutex_unlock(&login->lock);
    return wait_ms > 0 ? wait_ms : 0;
}

void web_login_failed(struct web_login *login, const char *user)
{
    pthread_mutex_lock(&login->lock);
    login_failed(login, login_place(login, user), jem_mono_ms());
    pthread_mutex_unlock(&login->lock);
}

enum jem_code web_login_try(struct web_office *office, const char *user, const char *passphrase, bool pages,
    struct jem_app **out, int64_t *wait_ms, struct jem_error *err)
{
    struct web_login *login = &office->login;
    char name[40] = "";
    if (strlen(user) < sizeof name)
        memcpy(name, user, strlen(user) + 1);
    pthread_mutex_lock(&login->lock);
    size_t at = login_place(login, name);
    int64_t now = jem_mono_ms();
    enum jem_code rc = JEM_ELOCKED;
    *wait_ms = login->names[at].next_ms - now;
    if (*wait_ms <= 0) {
        *wait_ms = 0;
        rc = jem_app_open(office->dir, user, passphrase, out, err);
        if (rc == JEM_OK && !pages && strcmp(jem_app_user_role(*out), "system") != 0)
            rc = jem_fail(err, JEM_EDENIED, JEM_D_WEB, 0, JEM_T_API_ONLY);
        if (rc == JEM_OK && pages && strcmp(jem_app_user_role(*out), "system") == 0)
            rc = jem_fail(err, JEM_EDENIED, JEM_D_WEB, 0, JEM_T_API_NO_PAGES);
        if (rc == JEM_EDENIED) {
            jem_app_close(*out);
            *out = NULL;
        }
        if (rc == JEM_ELOCKED)
            login_failed(login, at, jem_mono_ms());
        else if (rc == JEM_OK)
            memset(&login->names[at], 0, sizeof login->names[at]);
    }
    pthread_mutex_unlock(&login->lock);
    return rc;
}

/* A path of ours to go back to: nothing that a browser reads as another place. */
static bool login_next_ok(const char *next)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/?=&%";
    return next[0] == '/' && next[1] != '/' && strspn(next, safe) == strlen(next) && strlen(next) < 300;
}

static void login_page(struct web_page *p, const char *user, const char *next, const char *message, bool first)
{
    struct jem_buf *b = p->b;
    web_page_begin(p, WEB_NAV_NONE, jem_text(JEM_T_WEB_LOGIN), message != NULL && !first);
    web_html(b, "<form class=\"card login\" method=post action=\"/masuk\"><h1>%t</h1>", JEM_T_WEB_LOGIN);
    if (message != NULL)
        web_html(b, "<p class=\"note %s\" id=m role=alert>%s</p>", first ? "" : "bad", message);
    web_html(b,
        "<label for=user>%t</label><input id=user name=user autocomplete=username autocapitalize=none spellcheck=false "
        "maxlength=39 required value=\"%s\"%s>"
        "<label for=pass>%t</label><input id=pass name=pass type=password autocomplete=current-password "
        "maxlength=500 required%s>",
        JEM_T_WEB_USER, user, *user ? "" : " autofocus", JEM_T_WEB_PASSPHRASE, *user ? " autofocus" : "");
    if (login_next_ok(next))
        web_html(b, "<input type=hidden name=n value=\"%s\">", next);
    web_html(b, "<button>%t</button></form>", JEM_T_WEB_LOGIN);
    web_page_end(p);
}

/* The lock over a page asks by script: it stays where it is. */
static bool login_unlocks(const struct web_page *p)
{
    return *web_form_text(&p->r->form, "buka") != '\0';
}

static void login_say(struct web_page *p, unsigned status, const char *user, const char *next, const char *message)
{
    p->a->status = status;
    if (login_unlocks(p))
        web_json_answer(p, status, json_pack("{s:b,s:s}", "ok", 0, "error", message));
    else
        login_page(p, user, next, message, false);
}

static void login_refuse(struct web_page *p, int64_t wait_ms, const char *next, const struct jem_error *err)
{
    const char *user = web_form_text(&p->r->form, "user");
    if (wait_ms <= 0 && err->code != JEM_ELOCKED) {
        login_say(p, err->code == JEM_EDENIED ? 403 : 503, user, next, err->msg);
        return;
    }
    struct jem_buf text = JEM_BUF_INIT(500), seconds = JEM_BUF_INIT(20);
    jem_buf_fmt(&seconds, "%d", (int)((wait_ms + 999) / 1000));
    if (wait_ms > 0) {
        jem_buf_fmt(&text, jem_text(JEM_T_WEB_LOGIN_WAIT), (int)((wait_ms + 999) / 1000));
        web_answer_header(p->a, "Retry-After", jem_buf_text(&seconds));
    } else {
        jem_buf_str(&text, jem_text(JEM_T_WEB_LOGIN_WRONG));
    }
    login_say(p, wait_ms > 0 ? 429 : 403, user, next, jem_buf_text(&text));
    jem_buf_release(&text);
    jem_buf_release(&seconds);
}

static void login_post(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_app *app = NULL;
    int64_t wait_ms = 0;
    const char *next = web_form_text(&p->r->form, "n");
    enum jem_code rc = web_login_try(p->office, web_form_text(&p->r->form, "user"), web_form_text(&p->r->form, "pass"),
        true, &app, &wait_ms, &err);
    if (rc != JEM_OK) {
        login_refuse(p, wait_ms, next, &err);
        return;
    }
    struct web_session *session = web_session_start(&p->office->sessions, app, p->r->device);
    if (session == NULL) {
        web_answer_text(p->a, 503, JEM_T_WEB_FULL);
        return;
    }
    struct jem_buf cookie = JEM_BUF_INIT(200);
    jem_buf_fmt(&cookie, "__Host-sid=%s; Secure; HttpOnly; SameSite=Strict; Path=/", session->id);
    web_answer_header(p->a, "Set-Cookie", jem_buf_text(&cookie));
    jem_buf_wipe(&cookie);
    if (login_unlocks(p))
        web_json_answer(p, 200, json_pack("{s:b,s:s}", "ok", 1, "token", session->csrf));
    else
        web_answer_redirect(p->a, login_next_ok(next) ? next : "/");
    web_session_leave(&p->office->sessions, session);
}

void web_page_login(struct web_page *p)
{
    char sid[65];
    const char *next = web_form_text(&p->r->args, "n");
    if (p->r->post) {
        login_post(p);
        if (p->r->body != NULL)
            sodium_memzero(p->r->body, p->r->body_size);
    } else if (web_session_exists(&p->office->sessions, p->r)) {
        web_answer_redirect(p->a, login_next_ok(next) ? next : "/");
    } else {
        bool locked = web_request_cookie(p->r, "__Host-sid", sid, sizeof sid) && *sid;
        login_page(p, "", next, locked ? jem_text(JEM_T_WEB_LOCKED) : NULL, true);
    }
}

void web_page_logout(struct web_page *p)
{
    web_session_end(&p->office->sessions, p->session);
    web_answer_header(p->a, "Set-Cookie", "__Host-sid=; Secure; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    web_answer_redirect(p->a, "/masuk");
}
