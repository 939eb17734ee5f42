/* page_tablet.c - machines beside this one: the supervisor's list and the code for a new one; what a machine sees that is not
 * enrolled.
 *
 *   supervisor: name -> code, QR, fingerprint ... the machine: opens the address, compares, sends the code -> its cookie
 *
 * Comparing is the machine's user's: a page cannot see which certificate it came by. What the browser shows under its lock
 * has to be what stands on the laptop's screen; somebody in between has another key and so another fingerprint. */
#include <stdlib.h>
#include <string.h>

#include "jemput/clock.h"
#include "jemput/receipt.h"
#include "jemput/tablet.h"
#include "office.h"

#define TABLET_COOKIE_S "34560000" /* 400 days, the longest that browsers keep one */
#define TABLET_QR_PX 5

static void tablet_seal(struct jem_buf *b, const struct web_seal *seal)
{
    web_html(b,
        "<dl class=seal><div><dt>%t</dt><dd class=mono>%s</dd></div><div><dt>%t</dt><dd class=mono>%s</dd></div>",
        JEM_T_WEB_SEAL_WORDS, seal->words, JEM_T_WEB_SEAL_HEX, seal->hex);
    jem_buf_str(b, "</dl>");
}

static void tablet_address(const struct web_seal *seal, size_t i, struct jem_buf *out)
{
    jem_buf_fmt(out, "https://%s:%u", seal->names[i], seal->port);
}

/* ---- the supervisor's page ---- */

static void tablet_code(struct web_page *p, const json_t *invite, const struct web_seal *seal)
{
    struct jem_buf *b = p->b, text = JEM_BUF_INIT(300);
    const char *code = jem_json_str(invite, "code", "");
    tablet_address(seal, 0, &text);
    jem_buf_fmt(&text, "/daftar?k=%s&s=%.23s", code, seal->hex);
    web_html(b, "<section class=\"card two\" aria-labelledby=codeh><div><h2 id=codeh>%t: %s</h2><ol><li>%t<li>%t <b>",
        JEM_T_WEB_TABLET_CODE, jem_json_str(invite, "name", ""), JEM_T_WEB_TABLET_STEP_WIFI,
        JEM_T_WEB_TABLET_STEP_OPEN);
    for (size_t i = 0; i < seal->count; i++)
        web_html(b, "%s<span class=mono>https://%s:%d/daftar</span>", i > 0 ? ", " : "", seal->names[i],
            (int)seal->port);
    web_html(b, "</b><li>%t<li>%t <span class=\"big code\">%s</span></ol><p><small>%t</small></p></div><figure>",
        JEM_T_WEB_TABLET_STEP_COMPARE, JEM_T_WEB_TABLET_STEP_CODE, code, JEM_T_WEB_TABLET_CODE_TIME);
    if (jem_qr_draw(jem_buf_text(&text), JEM_RECEIPT_SVG, TABLET_QR_PX, b, NULL) != JEM_OK)
        web_html(b, "<p>%t</p>", JEM_T_WEB_FAILED);
    jem_buf_str(b, "</figure></section>");
    jem_buf_release(&text);
}

static void tablet_row(struct web_page *p, const json_t *it)
{
    char at[64], seen[64];
    jem_time_human(jem_json_int(it, "at_ms", 0), at, sizeof at);
    jem_time_human(jem_json_int(it, "seen_ms", 0), seen, sizeof seen);
    web_html(p->b, "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>", jem_json_str(it, "name", ""),
        jem_json_str(it, "by", ""), at, seen);
    web_form_begin(p, "/tablet/cabut", " class=inline");
    web_html(p->b,
        "<input type=hidden name=id value=%l><button class=plain aria-label=\"%t: %s\">%t</button></form></td></tr>",
        jem_json_int(it, "id", 0), JEM_T_WEB_TABLET_REVOKE, jem_json_str(it, "name", ""), JEM_T_WEB_TABLET_REVOKE);
}

static void tablet_list(struct web_page *p)
{
    json_t *o = NULL;
    const json_t *it;
    size_t i;
    if (jem_tablet_list(p->app, &o, NULL) != JEM_OK)
        return;
    const json_t *list = json_object_get(o, "tablets");
    if (json_array_size(list) == 0)
        web_html(p->b, "<p class=empty>%t</p>", JEM_T_WEB_TABLETS_NONE);
    else
        web_html(p->b,
            "<table class=rows><caption class=hide>%t</caption><thead><tr><th scope=col>%t<th scope=col>%t<th "
            "scope=col>%t<th scope=col>%t<th scope=col>%t</tr></thead><tbody>",
            JEM_T_WEB_TABLETS, JEM_T_WEB_VAN_NAME, JEM_T_WEB_TABLET_BY, JEM_T_WEB_TABLET_AT, JEM_T_WEB_SESSION_SEEN,
            JEM_T_WEB_ACTION);
    json_array_foreach(list, i, it)
    {
        tablet_row(p, it);
    }
    if (json_array_size(list) > 0)
        jem_buf_str(p->b, "</tbody></table>");
    json_decref(o);
}

void web_page_tablets(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct web_seal seal;
    json_t *invite = NULL;
    struct jem_buf *b = p->b;
    bool up = web_gate_seal(&p->office->gate, &seal) && seal.count > 0;
    if (!web_manager(p)) {
        web_page_message(p, 403, jem_text(JEM_T_WEB_FAILED), jem_text(JEM_T_WEB_TABLET_ROLE));
        return;
    }
    if (p->r->post && up && jem_tablet_invite(p->app, web_form_text(&p->r->form, "name"), &invite, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    web_page_begin(p, WEB_NAV_MANAGE, jem_text(JEM_T_WEB_TABLETS), false);
    web_html(b, "<div class=head><h1>%t</h1><a href=\"/kelola\">%t</a></div>", JEM_T_WEB_TABLETS, JEM_T_WEB_MANAGE);
    if (!up)
        web_html(b, "<p class=\"note wait\">%t</p>", seal.port == 0 ? JEM_T_WEB_TABLET_NO_PORT : JEM_T_WEB_TABLET_SOON);
    if (invite != NULL)
        tablet_code(p, invite, &seal);
    if (up) {
        web_html(b, "<section class=card aria-labelledby=sealh><h2 id=sealh>%t</h2>", JEM_T_WEB_SEAL);
        tablet_seal(b, &seal);
        web_html(b, "</section><section class=card aria-labelledby=newh><h2 id=newh>%t</h2>", JEM_T_WEB_TABLET_NEW);
        web_form_begin(p, "/tablet", " class=ask");
        web_html(b,
            "<label for=name>%t</label><input id=name name=name maxlength=60 required autocomplete=off "
            "aria-describedby=nameh><small id=nameh>%t</small><button>%t</button></form></section>",
            JEM_T_WEB_TABLET_NAME, JEM_T_WEB_TABLET_NAME_HINT, JEM_T_WEB_TABLET_MAKE);
    }
    tablet_list(p);
    web_page_end(p);
    json_decref(invite);
}

void web_page_tablet_revoke(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    unsigned id = (unsigned)strtoul(web_form_text(&p->r->form, "id"), NULL, 10);
    if (jem_tablet_revoke(p->app, id, &o, &err) == JEM_OK) {
        web_sessions_end(&p->office->sessions, NULL, id, 0, p->session);
        web_answer_redirect(p->a, "/tablet");
    } else {
        web_page_error(p, &err);
    }
    json_decref(o);
}

/* ---- a machine that is not enrolled ---- */

static void enrol_form(struct web_page *p, const char *code, const char *message)
{
    struct web_seal seal;
    struct jem_buf *b = p->b;
    const char *said = web_form_text(&p->r->args, "s");
    bool up = web_gate_seal(&p->office->gate, &seal);
    web_page_begin(p, WEB_NAV_NONE, jem_text(JEM_T_WEB_ENROL), message != NULL);
    web_html(b, "<form class=\"card login\" method=post action=\"/daftar\"><h1>%t</h1>", JEM_T_WEB_ENROL);
    if (message != NULL)
        web_html(b, "<p class=\"note bad\" role=alert>%s</p>", message);
    else if (*said && strncmp(said, seal.hex, strlen(said)) != 0)
        web_html(b, "<p class=\"note bad\" role=alert>%t</p>", JEM_T_WEB_ENROL_OTHER);
    web_html(b, "<p>%t</p>", JEM_T_WEB_ENROL_COMPARE);
    if (up)
        tablet_seal(b, &seal);
    web_html(b,
        "<label for=k>%t</label><input id=k name=k maxlength=20 required autocomplete=off autocapitalize=characters "
        "spellcheck=false value=\"%s\"><button>%t</button><p><a href=\"/warga\">%t</a></p></form>",
        JEM_T_WEB_ENROL_CODE, code, JEM_T_WEB_ENROL_DO, JEM_T_WEB_TO_STAND);
    web_page_end(p);
}

static bool enrol_waits(struct web_page *p)
{
    unsigned wait_s = web_gate_wait(&p->office->gate, p->r);
    if (wait_s == 0)
        return false;
    struct jem_buf text = JEM_BUF_INIT(200), seconds = JEM_BUF_INIT(20);
    jem_buf_fmt(&text, jem_text(JEM_T_SITE_BUSY_TEXT), (int)wait_s);
    jem_buf_fmt(&seconds, "%u", wait_s);
    web_answer_header(p->a, "Retry-After", jem_buf_text(&seconds));
    web_page_message(p, 429, jem_text(JEM_T_SITE_BUSY_TITLE), jem_buf_text(&text));
    jem_buf_release(&text);
    jem_buf_release(&seconds);
    return true;
}

void web_page_enrol(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    char token[JEM_TABLET_TOKEN] = "";
    json_t *o = NULL;
    if (enrol_waits(p))
        return;
    if (!p->r->post) {
        enrol_form(p, web_form_text(&p->r->args, "k"), NULL);
        return;
    }
    struct jem_app *app = web_gate_enter(&p->office->gate);
    enum jem_code rc = app == NULL ? jem_fail(&err, JEM_EDENIED, JEM_D_WEB, 0, JEM_T_TABLET_CODE)
                                   : jem_tablet_enrol(app, web_form_text(&p->r->form, "k"), token, &o, &err);
    if (app != NULL)
        web_gate_leave(&p->office->gate);
    if (rc == JEM_OK) {
        struct jem_buf cookie = JEM_BUF_INIT(200);
        jem_buf_fmt(&cookie, "__Host-dev=%s; Secure; HttpOnly; SameSite=Strict; Path=/; Max-Age=" TABLET_COOKIE_S,
            token);
        web_answer_header(p->a, "Set-Cookie", jem_buf_text(&cookie));
        jem_buf_wipe(&cookie);
        web_answer_redirect(p->a, "/masuk");
    } else {
        web_gate_missed(&p->office->gate, p->r);
        p->a->status = rc == JEM_EDENIED ? 403 : 503;
        enrol_form(p, "", err.msg);
    }
    json_decref(o);
}

void web_page_stranger(struct web_page *p)
{
    if (!p->r->post && strcmp(p->r->path, "/") == 0) { /* a citizen who typed the address that stands on the poster */
        web_answer_redirect(p->a, "/warga");
        return;
    }
    p->a->status = 403;
    web_page_begin(p, WEB_NAV_NONE, jem_text(JEM_T_WEB_STRANGER_TITLE), true);
    web_html(p->b,
        "<div class=card><h1>%t</h1><p role=alert>%t</p><p><a href=\"/warga\">%t</a></p><p><a "
        "href=\"/daftar\">%t</a></p></div>",
        JEM_T_WEB_STRANGER_TITLE, JEM_T_WEB_STRANGER, JEM_T_WEB_TO_STAND, JEM_T_WEB_ENROL);
    web_page_end(p);
}
