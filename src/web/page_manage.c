/* page_manage.c - officers, their sessions, and one's own passphrase. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/care.h"
#include "jemput/clock.h"
#include "jemput/tablet.h"
#include "office.h"

bool web_manager(const struct web_page *p)
{
    const char *role = jem_app_user_role(p->app);
    return strcmp(role, "supervisor") == 0 || strcmp(role, "admin") == 0;
}

/* Passphrases are in the body: gone as soon as they were used. */
static void manage_forget(struct web_page *p)
{
    if (p->r->body != NULL)
        sodium_memzero(p->r->body, p->r->body_size);
}

/* Back to the page, or the reason. */
static void manage_done(struct web_page *p, enum jem_code rc, const struct jem_error *err)
{
    manage_forget(p);
    if (rc == JEM_OK)
        web_answer_redirect(p->a, "/kelola?s=1");
    else
        web_page_error(p, err);
}

/* ---- sessions ---- */

static const char *session_place(const json_t *tablets, unsigned device)
{
    size_t i;
    const json_t *it;
    if (device == 0)
        return jem_text(JEM_T_WEB_THIS_LAPTOP);
    json_array_foreach(tablets, i, it)
    {
        if (jem_json_int(it, "id", 0) == (int64_t)device)
            return jem_json_str(it, "name", "");
    }
    return jem_text(JEM_T_WEB_TABLET_GONE);
}

static void session_row(struct web_page *p, const struct web_session_row *row, const json_t *tablets)
{
    char at[64], span[60];
    jem_time_human(row->begun_ms, at, sizeof at);
    web_span_text(row->idle_ms, span, sizeof span);
    web_html(p->b, "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>", row->user,
        session_place(tablets, row->device), at, span);
    if (row->serial == p->session->serial) {
        web_html(p->b, "<span class=\"badge ok\">%t</span>", JEM_T_WEB_SESSION_THIS);
    } else {
        web_form_begin(p, "/kelola/sesi", " class=inline");
        web_html(p->b,
            "<input type=hidden name=s value=%d><button class=plain aria-label=\"%t: %s, %s\">%t</button></form>",
            (int)row->serial, JEM_T_WEB_SESSION_END, row->user, session_place(tablets, row->device),
            JEM_T_WEB_SESSION_END);
    }
    jem_buf_str(p->b, "</td></tr>");
}

static void manage_sessions(struct web_page *p)
{
    struct web_session_row rows[SESSIONS_MAX];
    json_t *o = NULL;
    size_t n = web_sessions_list(&p->office->sessions, rows);
    if (jem_tablet_list(p->app, &o, NULL) != JEM_OK)
        o = NULL; /* then nobody knows what the machines are called */
    web_html(p->b,
        "<section class=card aria-labelledby=sesh><h2 id=sesh>%t</h2><p class=sub>%t</p><table class=rows><thead><tr>"
        "<th scope=col>%t<th scope=col>%t<th scope=col>%t<th scope=col>%t<th scope=col>%t</tr></thead><tbody>",
        JEM_T_WEB_SESSIONS, JEM_T_WEB_SESSIONS_ABOUT, JEM_T_WEB_USER, JEM_T_WEB_SESSION_WHERE, JEM_T_WEB_SESSION_SINCE,
        JEM_T_WEB_SESSION_SEEN, JEM_T_WEB_ACTION);
    for (size_t i = 0; i < n; i++)
        if (web_manager(p) || strcmp(rows[i].user, p->session->user) == 0)
            session_row(p, &rows[i], json_object_get(o, "tablets"));
    jem_buf_str(p->b, "</tbody></table></section>");
    json_decref(o);
}

void web_page_session_end(struct web_page *p)
{
    unsigned serial = (unsigned)strtoul(web_form_text(&p->r->form, "s"), NULL, 10);
    if (serial != 0)
        web_sessions_end(&p->office->sessions, web_manager(p) ? NULL : p->session->user, 0, serial, p->session);
    web_answer_redirect(p->a, "/kelola");
}

/* ---- officers ---- */

static void officer_roles(struct web_page *p, const char *role)
{
    static const struct {
        const char *name;
        enum jem_text label;
        bool hq;
    } roles[] = { { "clerk", JEM_T_ROLE_CLERK, true }, { "verifier", JEM_T_ROLE_VERIFIER, true },
        { "approver", JEM_T_ROLE_APPROVER, true }, { "admin", JEM_T_ROLE_ADMIN, true },
        { "system", JEM_T_ROLE_SYSTEM, true }, { "officer", JEM_T_ROLE_OFFICER, false },
        { "supervisor", JEM_T_ROLE_SUPERVISOR, false } };
    web_html(p->b, "<label>%t <select name=role>", JEM_T_WEB_OFFICER_ROLE);
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (roles[i].hq == p->hq)
            web_html(p->b, "<option value=%s%s>%t", roles[i].name, strcmp(roles[i].name, role) == 0 ? " selected" : "",
                roles[i].label);
    jem_buf_str(p->b, "</select></label>");
}

/* The agencies of the catalogue, each once. */
static void officer_agencies(struct web_page *p, const char *agency)
{
    const struct jem_catalog *catalog = NULL;
    json_t *seen = json_object();
    if (p->hq && jem_app_catalog(p->app, &catalog, NULL) == JEM_OK) {
        web_html(p->b, "<label>%t <select name=agency><option value=\"\">%t", JEM_T_WEB_OFFICER_AGENCY,
            JEM_T_WEB_OFFICER_AGENCY_ALL);
        for (size_t i = 0; i < jem_catalog_count(catalog); i++) {
            const struct jem_service *s = jem_catalog_at(catalog, i);
            if (json_object_get(seen, s->agency) == NULL)
                web_html(p->b, "<option value=\"%s\"%s>%s", s->agency,
                    strcmp(s->agency, agency) == 0 ? " selected" : "", jem_pair(s->agency_name));
            json_object_set_new(seen, s->agency, json_true());
        }
        jem_buf_str(p->b, "</select></label>");
    }
    json_decref(seen);
}

static void officer_acts(struct web_page *p, const json_t *officer)
{
    struct jem_buf *b = p->b;
    const char *user = jem_json_str(officer, "user", "");
    web_html(b, "<details class=small><summary>%t<span class=hide> %s</span></summary>", JEM_T_WEB_OFFICER_CHANGE,
        user);
    web_form_begin(p, "/kelola/petugas/peran", "");
    web_html(b, "<input type=hidden name=user value=\"%s\">", user);
    officer_roles(p, jem_json_str(officer, "role", ""));
    officer_agencies(p, jem_json_str(officer, "agency", ""));
    web_html(b, "<button class=second>%t</button></form></details>", JEM_T_WEB_OFFICER_CHANGE);
    web_html(b, "<details class=small><summary>%t<span class=hide> %s</span></summary>", JEM_T_WEB_OFFICER_RESET, user);
    web_form_begin(p, "/kelola/petugas/sandi", "");
    web_html(b,
        "<input type=hidden name=user value=\"%s\"><label>%t <input type=password name=pass minlength=8 maxlength=500 "
        "autocomplete=new-password required></label><button class=second>%t</button></form></details>",
        user, JEM_T_WEB_PASSPHRASE_NEW, JEM_T_WEB_OFFICER_RESET);
    web_html(b, "<details class=small><summary>%t<span class=hide> %s</span></summary>", JEM_T_WEB_OFFICER_DISABLE,
        user);
    web_form_begin(p, "/kelola/petugas/nonaktif", "");
    web_html(b,
        "<input type=hidden name=user value=\"%s\"><label>%t <input name=reason maxlength=400 required></label><button "
        "class=danger>%t</button></form></details>",
        user, JEM_T_WEB_REASON, JEM_T_WEB_OFFICER_DISABLE);
}

static void officer_add(struct web_page *p)
{
    struct jem_buf *b = p->b;
    web_html(b, "<details><summary>%t</summary>", JEM_T_WEB_OFFICER_ADD);
    web_form_begin(p, "/kelola/petugas", "");
    web_html(b,
        "<label>%t <input name=user maxlength=32 pattern=\"[a-z0-9][a-z0-9._\\-]*\" autocapitalize=none "
        "spellcheck=false autocomplete=off required></label><small>%t</small>"
        "<label>%t <input name=name maxlength=200 autocomplete=off required></label>",
        JEM_T_WEB_USER, JEM_T_WEB_OFFICER_USER_HINT, JEM_T_WEB_VAN_NAME);
    officer_roles(p, "");
    officer_agencies(p, "");
    web_html(b,
        "<label>%t <input type=password name=pass minlength=8 maxlength=500 "
        "autocomplete=new-password required></label><small>%t</small><button>%t</button></form></details>",
        JEM_T_WEB_PASSPHRASE, JEM_T_WEB_OFFICER_PASS_HINT, JEM_T_WEB_OFFICER_ADD);
}

static void manage_officers(struct web_page *p)
{
    struct jem_buf *b = p->b;
    json_t *o = NULL;
    const json_t *it;
    size_t i;
    if (!web_manager(p) || jem_care_users(p->app, &o, NULL) != JEM_OK)
        return;
    web_html(b,
        "<section class=card aria-labelledby=offh><h2 id=offh>%t</h2><table class=rows><thead><tr><th scope=col>%t<th "
        "scope=col>%t<th scope=col>%t<th scope=col>%t</tr></thead><tbody>",
        JEM_T_WEB_OFFICERS, JEM_T_WEB_USER, JEM_T_WEB_VAN_NAME, JEM_T_WEB_OFFICER_ROLE, JEM_T_WEB_ACTION);
    json_array_foreach(json_object_get(o, "users"), i, it)
    {
        const char *user = jem_json_str(it, "user", "");
        const char *agency = jem_json_str(it, "agency", "");
        web_html(b, "<tr><td>%s</td><td>%s</td><td>%s%s%s</td><td>", user, jem_json_str(it, "name", ""),
            jem_json_str(it, "role_label", ""), *agency ? ", " : "", agency);
        if (jem_json_bool(it, "disabled", false))
            web_html(b, "<span class=\"badge bad\">%t</span>", JEM_T_WEB_OFFICER_DISABLED);
        else if (strcmp(user, p->session->user) != 0)
            officer_acts(p, it);
        jem_buf_str(b, "</td></tr>");
    }
    jem_buf_str(b, "</tbody></table>");
    officer_add(p);
    jem_buf_str(b, "</section>");
    json_decref(o);
}

void web_page_officer_add(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *f = &p->r->form;
    json_t *o = NULL;
    enum jem_code rc = jem_care_user_add(p->app, web_form_text(f, "user"), web_form_text(f, "name"),
        web_form_text(f, "role"), web_form_text(f, "agency"), web_form_text(f, "pass"), &o, &err);
    json_decref(o);
    manage_done(p, rc, &err);
}

void web_page_officer_change(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *f = &p->r->form;
    json_t *o = NULL;
    enum jem_code rc = jem_care_user_change(p->app, web_form_text(f, "user"), web_form_text(f, "role"),
        p->hq ? web_form_text(f, "agency") : NULL, &o, &err);
    json_decref(o);
    manage_done(p, rc, &err);
}

void web_page_officer_disable(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const char *user = web_form_text(&p->r->form, "user");
    json_t *o = NULL;
    enum jem_code rc = jem_care_user_disable(p->app, user, web_form_text(&p->r->form, "reason"), &o, &err);
    json_decref(o);
    if (rc == JEM_OK)
        web_sessions_end(&p->office->sessions, user, 0, 0, p->session);
    manage_done(p, rc, &err);
}

void web_page_officer_reset(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const char *user = web_form_text(&p->r->form, "user");
    json_t *o = NULL;
    enum jem_code rc = jem_care_user_reset(p->app, user, web_form_text(&p->r->form, "pass"), &o, &err);
    json_decref(o);
    if (rc == JEM_OK)
        web_sessions_end(&p->office->sessions, user, 0, 0, p->session);
    manage_done(p, rc, &err);
}

/* ---- oneself ---- */

static void manage_self(struct web_page *p)
{
    web_html(p->b, "<section class=card aria-labelledby=selfh><h2 id=selfh>%t</h2>", JEM_T_WEB_PASSPHRASE_CHANGE);
    web_form_begin(p, "/kelola/sandi", " class=ask");
    web_html(p->b,
        "<label for=old>%t</label><input id=old type=password name=old maxlength=500 autocomplete=current-password "
        "required><label for=new>%t</label><input id=new type=password name=pass minlength=8 maxlength=500 "
        "autocomplete=new-password required><button class=second>%t</button></form></section>",
        JEM_T_WEB_PASSPHRASE_OLD, JEM_T_WEB_PASSPHRASE_NEW, JEM_T_WEB_PASSPHRASE_CHANGE);
}

void web_page_passphrase(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    int64_t wait_ms = web_login_wait(&p->office->login, p->session->user);
    enum jem_code rc =
        wait_ms > 0 ? jem_fail(&err, JEM_EBUSY, JEM_D_WEB, 0, JEM_T_WEB_LOGIN_WAIT, (int)((wait_ms + 999) / 1000))
                    : jem_care_passphrase(p->app, web_form_text(&p->r->form, "old"), web_form_text(&p->r->form, "pass"),
                          &o, &err);
    json_decref(o);
    if (rc == JEM_ELOCKED)
        web_login_failed(&p->office->login, p->session->user);
    if (rc == JEM_OK) /* whoever knew the old one is out */
        web_sessions_end(&p->office->sessions, p->session->user, 0, 0, p->session);
    manage_done(p, rc, &err);
}

void web_page_manage(struct web_page *p)
{
    struct jem_buf *b = p->b;
    web_page_begin(p, WEB_NAV_MANAGE, jem_text(JEM_T_WEB_MANAGE), false);
    web_html(b, "<div class=head><h1>%t</h1><div class=actions>", JEM_T_WEB_MANAGE);
    if (web_manager(p) && p->office->gate.port != 0)
        web_html(b, "<a class=\"button second\" href=\"/tablet\">%t</a>", JEM_T_WEB_TABLETS);
    if (web_may_keep(p))
        web_html(b, "<a class=\"button second\" href=\"/cadangan\">%t</a>", JEM_T_WEB_KEEP);
    if (p->hq && web_manager(p))
        web_html(b, "<a class=\"button second\" href=\"/data-pribadi\">%t</a>", JEM_T_WEB_LAW);
    jem_buf_str(b, "</div></div>");
    if (*web_form_text(&p->r->args, "s"))
        web_html(b, "<p class=\"note ok\" role=status>%t</p>", JEM_T_WEB_MANAGE_DONE);
    manage_sessions(p);
    manage_officers(p);
    manage_self(p);
    web_page_end(p);
}
