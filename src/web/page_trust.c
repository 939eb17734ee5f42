/* page_trust.c - headquarters' pages of trust: what is held in quarantine, and vans whose laptop was lost or replaced. */
#include <stdlib.h>
#include <string.h>

#include "jemput/clock.h"
#include "jemput/desk.h"
#include "jemput/trust.h"
#include "office.h"

#define HELD_HEADS "refs/heads/"

static const char *held_short(const char *ref)
{
    return strncmp(ref, HELD_HEADS, strlen(HELD_HEADS)) == 0 ? ref + strlen(HELD_HEADS) : ref;
}

static bool held_late(const json_t *row)
{
    return strcmp(jem_json_str(row, "class", ""), "late") == 0;
}

static bool trust_may(struct web_page *p, const char *roles)
{
    return jem_app_require(p->app, JEM_ROLE_HQ, roles, NULL) == JEM_OK;
}

/* ---- quarantine ---- */

static void held_title(struct web_page *p, const json_t *row, const char *tag)
{
    const char *kind = jem_json_str(row, "kind", "");
    int van = (int)jem_json_int(row, "van", 0);
    struct jem_buf *b = p->b;
    jem_buf_fmt(b, "<%s>", tag);
    if (strcmp(kind, "van") == 0 || strcmp(kind, "scan") == 0)
        web_html_say(b, *kind == 'v' ? JEM_T_WEB_HELD_RECORDS : JEM_T_WEB_HELD_SCANS, van);
    else
        web_html(b, "%t", JEM_T_WEB_HELD_OTHER);
    web_html(b, " <span class=\"badge %s\">%t</span>", held_late(row) ? "wait" : "bad",
        held_late(row) ? JEM_T_WEB_HELD_LATE : JEM_T_WEB_HELD_BROKEN);
    jem_buf_fmt(b, "</%s>", tag);
}

static void held_facts(struct web_page *p, const json_t *row)
{
    char at[64], size[40];
    struct jem_buf *b = p->b;
    int64_t commits = jem_json_int(row, "commits", 0);
    jem_time_human(jem_json_int(row, "at_ms", 0), at, sizeof at);
    web_size_text((uint64_t)jem_json_int(row, "bytes", 0), size, sizeof size);
    web_html(b, "<dl class=list><div><dt>%t</dt><dd>%s</dd></div><div><dt>%t</dt><dd>", JEM_T_WEB_HELD_WHY,
        jem_json_str(row, "reason", ""), JEM_T_WEB_HELD_SIZE);
    if (commits == 0)
        web_html(b, "%t", JEM_T_WEB_HELD_UNKNOWN);
    else if (strcmp(jem_json_str(row, "kind", ""), "scan") == 0)
        web_html_say(b, JEM_T_WEB_HELD_CHUNKS, (long long)commits, size);
    else
        web_html_say(b, JEM_T_WEB_HELD_COUNTS, (long long)commits, (long long)jem_json_int(row, "events", 0), size);
    web_html(b, "</dd></div><div><dt>%t</dt><dd>%s</dd></div><div><dt>%t</dt><dd class=mono>%s</dd></div></dl>",
        JEM_T_WEB_HELD_SINCE, at, JEM_T_WEB_HELD_REF, held_short(jem_json_str(row, "ref", "")));
}

static void held_list(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL, *row;
    size_t i;
    struct jem_buf *b = p->b;
    if (jem_trust_quarantine(p->app, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    const json_t *rows = json_object_get(o, "quarantine");
    web_page_begin(p, WEB_NAV_HELD, jem_text(JEM_T_WEB_HELD), false);
    web_html(b, "<h1>%t</h1>", JEM_T_WEB_HELD);
    if (json_array_size(rows) == 0)
        web_html(b, "<p class=empty>%t</p>", JEM_T_WEB_HELD_NONE);
    else
        web_html(b, "<p class=sub>%t</p>", JEM_T_WEB_HELD_ABOUT);
    json_array_foreach((json_t *)(uintptr_t)rows, i, row)
    {
        jem_buf_str(b, "<section class=card>");
        held_title(p, row, "h2");
        held_facts(p, row);
        web_html(b, "<p><a class=\"button second\" href=\"/karantina?r=%u\">%t</a></p></section>",
            held_short(jem_json_str(row, "ref", "")), JEM_T_WEB_HELD_LOOK);
    }
    web_page_end(p);
    json_decref(o);
}

static void held_numbers(struct web_page *p, const json_t *numbers)
{
    size_t i;
    json_t *number;
    if (json_array_size(numbers) == 0) {
        web_html(p->b, "<small>%t</small>", JEM_T_WEB_HELD_NO_NUMBERS);
        return;
    }
    jem_buf_str(p->b, "<small>");
    web_html_say(p->b, JEM_T_WEB_HELD_NUMBERS, (int)json_array_size(numbers));
    jem_buf_str(p->b, "</small>");
    json_array_foreach((json_t *)(uintptr_t)numbers, i, number)
        web_html(p->b, " <span class=number>%s</span>", json_string_value(number));
}

/* Each commit that holds: up to it, everything before included. */
static void held_steps(struct web_page *p, const json_t *row)
{
    const json_t *steps = json_object_get(row, "steps");
    size_t i, count = json_array_size(steps);
    json_t *step;
    web_html(p->b, "<fieldset><legend>%t</legend>", JEM_T_WEB_HELD_UPTO);
    json_array_foreach((json_t *)(uintptr_t)steps, i, step)
    {
        char at[64];
        jem_time_human(jem_json_int(step, "last_ms", 0), at, sizeof at);
        web_html(p->b, "<div><label class=check><input type=radio name=head value=\"%s\"%s>",
            jem_json_str(step, "head", ""), i + 1 == count ? " checked" : "");
        web_html_say(p->b, JEM_T_WEB_HELD_STEP, (long long)jem_json_int(step, "events", 0), at);
        jem_buf_str(p->b, "</label><p>");
        held_numbers(p, json_object_get(step, "numbers"));
        jem_buf_str(p->b, "</p></div>");
    }
    jem_buf_str(p->b, "</fieldset>");
    if (*jem_json_str(row, "wrong", "")) {
        jem_buf_str(p->b, "<p class=\"note bad\">");
        web_html_say(p->b, JEM_T_WEB_HELD_BREAKS, jem_json_str(row, "wrong", ""));
        jem_buf_str(p->b, "</p>");
    }
}

static void held_reason(struct web_page *p, const char *id, const char *button, enum jem_text text)
{
    web_html(p->b,
        "<label for=%s>%t <span>(%t)</span></label><input id=%s name=reason required maxlength=400 autocomplete=off>",
        id, JEM_T_WEB_HELD_REASON, JEM_T_WEB_HELD_REASON_HINT, id);
    web_html(p->b, "<button%s>%t</button></form>", button, text);
}

static void held_forms(struct web_page *p, const json_t *row)
{
    const char *ref = held_short(jem_json_str(row, "ref", ""));
    bool scans = strcmp(jem_json_str(row, "kind", ""), "scan") == 0;
    bool some = json_array_size(json_object_get(row, "steps")) > 0 || (scans && jem_json_int(row, "holds", 0) > 0);
    struct jem_buf *b = p->b;
    if (!trust_may(p, "admin,approver")) {
        web_html(b, "<p class=note>%t</p>", JEM_T_WEB_HELD_ROLE);
        return;
    }
    if (held_late(row) && some) {
        web_html(b, "<section class=card aria-labelledby=ah><h2 id=ah>%t</h2>", JEM_T_WEB_HELD_ADMIT);
        web_form_begin(p, "/karantina/terima", " class=ask");
        web_html(b, "<input type=hidden name=r value=\"%s\">", ref);
        if (!scans)
            held_steps(p, row);
        held_reason(p, "ar", "", JEM_T_WEB_HELD_ADMIT);
        jem_buf_str(b, "</section>");
    }
    web_html(b, "<section class=card aria-labelledby=rh><h2 id=rh>%t</h2><p>%t</p>", JEM_T_WEB_HELD_REFUSE,
        JEM_T_WEB_HELD_REFUSE_ABOUT);
    web_form_begin(p, "/karantina/tolak", " class=ask");
    web_html(b, "<input type=hidden name=r value=\"%s\">", ref);
    held_reason(p, "rr", " class=danger", JEM_T_WEB_HELD_REFUSE);
    jem_buf_str(b, "</section>");
}

void web_page_held(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const char *ref = web_form_text(&p->r->args, "r");
    json_t *row = NULL;
    if (*ref == '\0') {
        held_list(p);
        return;
    }
    if (jem_trust_look(p->app, ref, &row, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    web_page_begin(p, WEB_NAV_HELD, jem_text(JEM_T_WEB_HELD), false);
    web_html(p->b, "<p><a href=\"/karantina\">%t</a></p>", JEM_T_WEB_HELD_BACK);
    jem_buf_str(p->b, "<section class=card>");
    held_title(p, row, "h1");
    held_facts(p, row);
    jem_buf_str(p->b, "</section>");
    held_forms(p, row);
    web_page_end(p);
    json_decref(row);
}

/* What was done, and the way back to the list. */
static void trust_done(struct web_page *p, enum web_nav nav, const char *title, struct jem_buf *text, const char *back,
    enum jem_text back_text, const json_t *numbers)
{
    web_page_begin(p, nav, title, false);
    web_html(p->b, "<h1>%s</h1><p class=\"note ok\" role=status>%s</p>", title, jem_buf_text(text));
    if (json_array_size(numbers) > 0) {
        jem_buf_str(p->b, "<p>");
        held_numbers(p, numbers);
        jem_buf_str(p->b, "</p>");
    }
    web_html(p->b, "<p><a href=\"%s\">%t</a></p>", back, back_text);
    web_page_end(p);
}

void web_page_held_admit(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *f = &p->r->form;
    struct jem_buf text = JEM_BUF_INIT(400);
    json_t *o = NULL;
    if (jem_trust_admit(p->app, web_form_text(f, "r"), web_form_text(f, "head"), web_form_text(f, "reason"), &o,
            &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    if (jem_json_bool(o, "taken", false))
        jem_buf_fmt(&text, jem_text(JEM_T_WEB_HELD_DONE), (long long)jem_json_int(o, "accepted_events", 0),
            (long long)jem_json_int(o, "accepted_documents", 0));
    else
        jem_buf_str(&text, jem_text(JEM_T_WEB_HELD_LATER));
    trust_done(p, WEB_NAV_HELD, jem_text(JEM_T_WEB_HELD), &text, "/karantina", JEM_T_WEB_HELD_BACK, NULL);
    jem_buf_release(&text);
    json_decref(o);
}

void web_page_held_refuse(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *f = &p->r->form;
    struct jem_buf text = JEM_BUF_INIT(400);
    json_t *o = NULL;
    if (jem_trust_refuse(p->app, web_form_text(f, "r"), web_form_text(f, "reason"), &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    jem_buf_str(&text, jem_text(JEM_T_WEB_HELD_REFUSED));
    trust_done(p, WEB_NAV_HELD, jem_text(JEM_T_WEB_HELD), &text, "/karantina", JEM_T_WEB_HELD_BACK, NULL);
    jem_buf_release(&text);
    json_decref(o);
}

/* ---- vans ---- */

static bool van_is_revoked(const json_t *van)
{
    const json_t *revoked = json_object_get(van, "revoked");
    return json_is_object(revoked) && jem_json_int(revoked, "at_ms", 0) >= jem_json_int(van, "enrolled_ms", 0);
}

static void van_state(struct web_page *p, const json_t *van)
{
    const json_t *revoked = json_object_get(van, "revoked");
    bool is = van_is_revoked(van);
    web_html(p->b, "<span class=\"badge %s\">%t</span>", is ? "bad" : "ok",
        is ? JEM_T_WEB_VAN_REVOKED : JEM_T_WEB_VAN_TRUSTED);
    if (!is)
        return;
    char at[64];
    jem_time_human(jem_json_int(revoked, "at_ms", 0), at, sizeof at);
    jem_buf_str(p->b, " <small>");
    web_html_say(p->b, JEM_T_WEB_VAN_REVOKED_AT, (long long)jem_json_int(revoked, "seq", 0), at,
        jem_json_str(revoked, "reason", ""));
    jem_buf_str(p->b, "</small>");
}

/* A moment, and how long ago. */
static void van_ago(struct web_page *p, int64_t at_ms)
{
    char at[64], span[60];
    if (at_ms <= 0) {
        web_html(p->b, "%t", JEM_T_WEB_VAN_NEVER);
        return;
    }
    jem_time_human(at_ms, at, sizeof at);
    web_span_text(jem_store_now_ms(jem_app_store(p->app)) - at_ms, span, sizeof span);
    web_html(p->b, "%s<small>%s</small>", at, span);
}

static void van_risk(struct web_page *p, int64_t n, enum jem_text what, int64_t oldest_ms)
{
    char span[60];
    web_html(p->b, "<div><span class=\"badge %s\">%l</span> %t", n > 0 ? "wait" : "ok", n, what);
    if (n > 0 && oldest_ms > 0) {
        web_span_text(jem_store_now_ms(jem_app_store(p->app)) - oldest_ms, span, sizeof span);
        web_html(p->b, "<small>%t %s</small>", JEM_T_WEB_VAN_OLDEST, span);
    }
    jem_buf_str(p->b, "</div>");
}

/* A clock that nobody set, or that runs ahead, makes days and promises doubtful. */
static void van_clock(struct web_page *p, const json_t *van)
{
    char span[60];
    const char *clock = jem_json_str(van, "clock", "");
    int64_t ahead_ms = jem_json_int(van, "ahead_ms", 0);
    bool trusted = strcmp(clock, "ntp") == 0 || strcmp(clock, "gps") == 0;
    if (*clock == '\0')
        return;
    web_html(p->b, "<span class=\"badge %s\">%t: %s</span>", trusted && ahead_ms < 300000 ? "ok" : "wait",
        JEM_T_WEB_VAN_CLOCK, jem_clock_source_label(clock));
    if (ahead_ms >= 300000) {
        web_span_text(ahead_ms, span, sizeof span);
        web_html(p->b, "<small>%t %s</small>", JEM_T_WEB_VAN_AHEAD, span);
    }
}

static void van_rows(struct web_page *p, const json_t *vans)
{
    size_t i;
    json_t *van;
    struct jem_buf *b = p->b;
    bool may = trust_may(p, "admin");
    web_html(b,
        "<table class=rows><caption class=hide>%t</caption><thead><tr><th scope=col>%t</th><th scope=col>%t</th><th "
        "scope=col>%t</th><th scope=col>%t</th><th scope=col>%t</th><th scope=col>%t</th><th scope=col>%t</th></tr>"
        "</thead><tbody>",
        JEM_T_WEB_VANS, JEM_T_WEB_VANS, JEM_T_WEB_VAN_NAME, JEM_T_WEB_VAN_SEEN, JEM_T_WEB_VAN_RISK, JEM_T_WEB_VAN_CLOCK,
        JEM_T_WEB_VAN_VERSION, JEM_T_WEB_VAN_STATE);
    json_array_foreach((json_t *)(uintptr_t)vans, i, van)
    {
        int64_t n = jem_json_int(van, "van", 0);
        web_html(b, "<tr><td>%l</td><td>%s", n, jem_json_str(van, "name", ""));
        if (may)
            web_html(b, "<br><a href=\"/van?n=%l\">%t <span class=hide>%l</span></a>", n, JEM_T_WEB_VAN_CHANGE, n);
        jem_buf_str(b, "</td><td class=when>");
        van_ago(p, jem_json_int(van, "seen_ms", 0));
        jem_buf_str(b, "</td><td>");
        van_risk(p, jem_json_int(van, "unsafe_events", 0), JEM_T_WEB_VAN_UNSAFE,
            jem_json_int(van, "unsafe_oldest_ms", 0));
        van_risk(p, jem_json_int(van, "lacking_files", 0), JEM_T_WEB_VAN_LACKING,
            jem_json_int(van, "lacking_oldest_ms", 0));
        jem_buf_str(b, "</td><td>");
        van_clock(p, van);
        web_html(b, "</td><td>%s</td><td>", jem_json_str(van, "version", ""));
        van_state(p, van);
        jem_buf_str(b, "<small>");
        jem_buf_fmt(b, jem_text(JEM_T_WEB_VAN_ACCEPTED), (long long)jem_json_int(van, "seq", 0));
        jem_buf_str(b, "</small>");
        jem_buf_str(b, "</td></tr>");
    }
    jem_buf_str(b, "</tbody></table>");
}

/* The request's file and its words, then the grant: what enrolling and replacing ask. */
static void van_request(struct web_page *p, const char *id, enum jem_text button)
{
    web_html(p->b,
        "<label for=%sf>%t</label><input type=file id=%sf name=f required><label for=%sw>%t</label><input id=%sw "
        "name=words required maxlength=95 autocomplete=off><p>%t</p><button>%t</button></form>",
        id, JEM_T_WEB_VAN_REQUEST, id, id, JEM_T_WEB_VAN_WORDS, id, JEM_T_WEB_VAN_GRANT_ABOUT, button);
}

static void van_enrol(struct web_page *p, const json_t *vans)
{
    size_t i;
    json_t *van;
    int64_t next = 1;
    json_array_foreach((json_t *)(uintptr_t)vans, i, van) if (jem_json_int(van, "van", 0) >= next) next =
        jem_json_int(van, "van", 0) + 1;
    if (!trust_may(p, "admin"))
        return;
    web_html(p->b, "<details class=card><summary>%t</summary><p>%t</p>", JEM_T_WEB_VAN_ENROL,
        JEM_T_WEB_VAN_ENROL_ABOUT);
    web_form_begin(p, "/van/daftar", " class=ask enctype=\"multipart/form-data\"");
    web_html(p->b,
        "<label for=en>%t</label><input id=en name=n class=short inputmode=numeric required maxlength=4 value=%l>",
        JEM_T_CLI_O_NUMBER, next);
    van_request(p, "e", JEM_T_WEB_VAN_ENROL);
    jem_buf_str(p->b, "</details>");
}

static void van_forms(struct web_page *p, const json_t *van)
{
    struct jem_buf *b = p->b;
    int64_t n = jem_json_int(van, "van", 0);
    jem_buf_str(b, "<h1>");
    web_html_say(b, JEM_T_WEB_VAN_TITLE, (int)n, jem_json_str(van, "name", ""));
    jem_buf_str(b, "</h1><p>");
    van_state(p, van);
    web_html(b, "</p><section class=card aria-labelledby=vc><h2 id=vc>%t</h2><p>%t</p>", JEM_T_WEB_VAN_REVOKE,
        JEM_T_WEB_VAN_REVOKE_ABOUT);
    web_form_begin(p, "/van/cabut", " class=ask");
    web_html(b,
        "<input type=hidden name=n value=%l><label for=va>%t <span>(%t)</span></label><input id=va name=after "
        "maxlength=40 autocomplete=off class=mono placeholder=\"%l.0.%l.%l\">",
        n, JEM_T_WEB_VAN_AFTER, JEM_T_WEB_VAN_AFTER_HINT, n, jem_json_int(van, "inc", 1), jem_json_int(van, "seq", 0));
    held_reason(p, "vr", " class=danger", JEM_T_WEB_VAN_REVOKE_DO);
    web_html(b, "</section><section class=card aria-labelledby=vg><h2 id=vg>%t</h2><p>%t</p>", JEM_T_WEB_VAN_REPLACE,
        JEM_T_WEB_VAN_REPLACE_ABOUT);
    web_form_begin(p, "/van/ganti", " class=ask enctype=\"multipart/form-data\"");
    web_html(b, "<input type=hidden name=n value=%l>", n);
    van_request(p, "v", JEM_T_WEB_VAN_REPLACE_DO);
    jem_buf_str(b, "</section>");
}

void web_page_vans(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL, *van = NULL, *it;
    size_t i;
    const char *one = web_form_text(&p->r->args, "n");
    if (jem_desk_vans(p->app, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    const json_t *vans = json_object_get(o, "vans");
    json_array_foreach((json_t *)(uintptr_t)vans, i,
        it) if (*one && jem_json_int(it, "van", 0) == strtol(one, NULL, 10)) van = it;
    if (*one && (van == NULL || !trust_may(p, "admin"))) {
        web_page_not_found(p);
    } else {
        web_page_begin(p, WEB_NAV_VANS, jem_text(JEM_T_WEB_VANS), false);
        if (van != NULL) {
            web_html(p->b, "<p><a href=\"/van\">%t</a></p>", JEM_T_WEB_VANS_BACK);
            van_forms(p, van);
        } else {
            web_html(p->b, "<h1>%t</h1>", JEM_T_WEB_VANS);
            if (json_array_size(vans) > 0)
                van_rows(p, vans);
            else
                web_html(p->b, "<p class=empty>%t</p>", JEM_T_WEB_VANS_NONE);
            if (web_may_keep(p))
                web_html(p->b, "<p><a href=\"/cadangan\">%t</a></p>", JEM_T_WEB_KEEP);
            van_enrol(p, vans);
        }
        web_page_end(p);
    }
    json_decref(o);
}

static unsigned van_number(const struct web_page *p)
{
    unsigned long n = strtoul(web_form_text(&p->r->form, "n"), NULL, 10);
    return n <= JEM_VAN_MAX ? (unsigned)n : 0;
}

void web_page_van_revoke(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *f = &p->r->form;
    struct jem_buf text = JEM_BUF_INIT(400);
    json_t *o = NULL;
    if (jem_trust_revoke(p->app, van_number(p), web_form_text(f, "after"), web_form_text(f, "reason"), &o, &err) !=
        JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    jem_buf_fmt(&text, jem_text(JEM_T_WEB_VAN_REVOKED_DONE), (long long)jem_json_int(o, "past", 0));
    trust_done(p, WEB_NAV_VANS, jem_text(JEM_T_WEB_VANS), &text, "/van", JEM_T_WEB_VANS_BACK,
        json_object_get(o, "numbers"));
    jem_buf_release(&text);
    json_decref(o);
}

typedef enum jem_code van_grant(struct jem_app *app, const void *request, size_t n, const char *words, unsigned number,
    struct jem_buf *grant, json_t **out, struct jem_error *err);

/* The grant is the answer: a file whose name holds the words that go with it. */
static void van_answer_grant(struct web_page *p, van_grant *make)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *f = &p->r->form;
    struct jem_buf name = JEM_BUF_INIT(200), grant = JEM_BUF_INIT((size_t)16 << 20);
    json_t *o = NULL;
    enum jem_code rc = f->file_count == 1 ? JEM_OK : jem_fail(&err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_WEB_VAN_NO_FILE);
    if (rc == JEM_OK)
        rc = make(p->app, f->files[0].bytes, f->files[0].size, web_form_text(f, "words"), van_number(p), &grant, &o,
            &err);
    if (rc != JEM_OK) {
        web_page_error(p, &err);
    } else {
        jem_buf_fmt(&name, "attachment; filename=\"van%d-%s.grant\"", (int)jem_json_int(o, "van", 0),
            jem_json_str(o, "words", ""));
        p->a->type = "application/octet-stream";
        web_answer_header(p->a, "Content-Disposition", jem_buf_text(&name));
        jem_buf_add(p->b, grant.data, grant.len);
    }
    jem_buf_release(&name);
    jem_buf_release(&grant);
    json_decref(o);
}

void web_page_van_enrol(struct web_page *p)
{
    van_answer_grant(p, jem_trust_enrol);
}

void web_page_van_replace(struct web_page *p)
{
    van_answer_grant(p, jem_trust_replace);
}
