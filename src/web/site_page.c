/* site_page.c - what a citizen sees. Optional tags and quotes are left out: every page has to be small. */
#include "site_page.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "jemput/clock.h"
#include "jemput/number.h"

/* --p paper, --c card, --i ink, --m muted ink, --a accent, which carries white and stands out on both cards.
 * Tones: w asks something of the citizen, x is a refusal, g is over and quiet. */
#define STYLE_ALL                                                                                             \
    ":root{color-scheme:light dark;--p:#eee;--c:#fff;--i:#122;--m:#566;--a:#176}"                             \
    ".w{--a:#950}.x{--a:#b34}.g{--a:#566}"                                                                    \
    "@media(prefers-color-scheme:dark){:root{--p:#111;--c:#222;--i:#eee;--m:#abb}}"                           \
    "body{margin:auto;max-width:36rem;padding:0 .8rem;background:var(--p);color:var(--i);"                    \
    "font:1.05rem/1.5 system-ui,sans-serif;overflow-wrap:break-word}"                                         \
    "header,footer{display:flex;flex-wrap:wrap;gap:.2rem 1rem;justify-content:space-between;padding:.8rem 0}" \
    "a{color:inherit;display:inline-block}"                                                                   \
    "h1{font-size:1.75rem;line-height:1.2;margin:.2rem 0 0}h2{font-size:1rem;margin:0}p{margin:.3rem 0 0}"    \
    "section{background:var(--c);border-radius:.8rem;padding:.9rem 1rem;margin:0 0 .8rem}"                    \
    ".h{background:var(--a);color:#fff}"                                                                      \
    "dt,time,small,footer{color:var(--m);font-size:.95rem}"
/* The steps: a line with a dot for each, filled for those that were reached. */
#define STYLE_STEPS                                                                                             \
    "dl,dd{margin:0 0 .3rem}ol{list-style:none;margin:.6rem 0 -.8rem .5rem;padding:0}"                          \
    "li{position:relative;padding:0 0 .8rem 1.3rem;color:var(--m)}"                                             \
    "li:before,li:after{content:'';position:absolute;left:-1px;top:0;bottom:0;border:1px solid var(--m)}"       \
    "li:first-child:before{top:.5rem}li:last-child:before{bottom:auto;height:.5rem}"                            \
    "li:after{left:-.47rem;top:.3rem;bottom:auto;width:.7rem;height:.7rem;border-width:2px;border-radius:1rem;" \
    "background:var(--c)}"                                                                                      \
    ".d,.n{color:var(--i)}.d:after,.n:after{background:var(--a);border-color:var(--a)}.n{font-weight:700}"      \
    "time{display:block;font-weight:400}"
#define STYLE_ASK                                                                                         \
    "input,button{box-sizing:border-box;font:inherit;width:100%;padding:.7rem;border:2px solid var(--m);" \
    "border-radius:.5rem;margin:.6rem 0 0;background:var(--p);color:var(--i)}"                            \
    "button{background:var(--a);color:#fff;border-color:var(--a);font-weight:700}"

enum page_style { PAGE_STEPS = 0, PAGE_ASK, PAGE_STYLES };
static const char *const page_styles[PAGE_STYLES] = {
    [PAGE_STEPS] = STYLE_ALL STYLE_STEPS,
    [PAGE_ASK] = STYLE_ALL STYLE_ASK,
};

/* What a page may not say of itself (frame-ancestors) stands in `more`. */
static void page_csp(const char *more, char out[SITE_CSP_MAX])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char text[PAGE_STYLES][sodium_base64_ENCODED_LEN(crypto_hash_sha256_BYTES, sodium_base64_VARIANT_ORIGINAL)];
    for (int i = 0; i < PAGE_STYLES; i++) {
        crypto_hash_sha256(hash, (const unsigned char *)page_styles[i], strlen(page_styles[i]));
        sodium_bin2base64(text[i], sizeof text[i], hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
    }
    int n = snprintf(out, SITE_CSP_MAX,
        "default-src 'none'; style-src 'sha256-%s' 'sha256-%s'; img-src data:; form-action 'self'; base-uri 'none'; %s",
        text[PAGE_STEPS], text[PAGE_ASK], more);
    assert(n > 0 && n < SITE_CSP_MAX);
    (void)n;
}

void site_page_csp(char out[SITE_CSP_MAX])
{
    page_csp("frame-ancestors 'none'", out);
}

void site_page_file_csp(char out[SITE_CSP_MAX])
{
    page_csp("script-src 'self'; connect-src 'self'", out);
}

/* ---- the frame of every page ---- */

/* The address of this page in a language. Indonesian is what comes without asking. */
static void page_link(struct site_page *p, enum jem_lang lang)
{
    jem_buf_str(p->b, p->self);
    if (p->file_csp == NULL)
        jem_buf_fmt(p->b, "?l=%s", jem_lang_name(lang));
    else if (lang == JEM_LANG_EN)
        jem_buf_str(p->b, "en.html");
}

/* What a server of ours says in headers. */
static void page_file_head(struct site_page *p)
{
    web_html(p->b,
        "<meta http-equiv=Content-Security-Policy content=\"%s\"><meta name=referrer content=no-referrer>"
        "<meta name=robots content=noindex><script src=/site.js></script>",
        p->file_csp);
}

/* mark: what tells this page from others in a list of tabs, or NULL. tone: "", "w", "x" or "g". */
static void page_top(struct site_page *p, enum page_style style, const char *title, const char *mark, const char *tone)
{
    bool english = jem_lang_get() == JEM_LANG_EN;
    enum jem_lang other = english ? JEM_LANG_ID : JEM_LANG_EN;
    const char *region = jem_json_str(p->about, "region", "");
    /* The empty icon keeps browsers from asking for one. */
    web_html(p->b,
        "<!doctype html><html lang=%s><meta charset=utf-8><meta name=viewport content=\"width=device-width\">",
        jem_lang_name(jem_lang_get()));
    if (p->file_csp != NULL)
        page_file_head(p);
    web_html(p->b, "<link rel=icon href=data:,><title>%s%s%s</title><style>", title, mark != NULL ? " " : "", mark);
    jem_buf_str(p->b, page_styles[style]);
    web_html(p->b, "</style><body class=\"%s\"><header><b>%s</b><a lang=%s href=\"", tone,
        *region ? region : jem_text(JEM_T_SITE_NAME), jem_lang_name(other));
    page_link(p, other);
    web_html(p->b, "\">%s</a></header><main>", english ? "Indonesia" : "English");
}

/* A telephone number becomes a link, everything else stays as HQ wrote it. */
static void page_contact(struct site_page *p, const char *contact)
{
    static const char dial[] = "0123456789+";
    if (strspn(contact, "0123456789+-() .") != strlen(contact) || strlen(contact) > 24) {
        web_html(p->b, "%s", contact);
        return;
    }
    jem_buf_str(p->b, "<a href=tel:");
    for (const char *c = contact; *c; c++)
        if (strchr(dial, *c) != NULL)
            jem_buf_byte(p->b, (unsigned char)*c);
    web_html(p->b, ">%s</a>", contact);
}

/* What stands in the footer, in the thread's language. */
static void page_foot(struct site_page *p)
{
    char when[40];
    int64_t exported = jem_json_int(p->about, "exported_ms", 0);
    const char *contact = jem_json_str(p->about, "contact", "");
    if (p->home != NULL)
        web_html(p->b, "<div><a href=%s>%t</a></div>", p->home, JEM_T_STAND_HOME);
    if (*contact) {
        web_html(p->b, "<div>%t: ", JEM_T_SITE_CONTACT);
        page_contact(p, contact);
        jem_buf_str(p->b, "</div>");
    }
    jem_buf_str(p->b, "<div>");
    if (exported > 0) {
        jem_time_human(exported, when, sizeof when);
        web_html_say(p->b, JEM_T_SITE_AS_OF, when);
        jem_buf_byte(p->b, ' ');
    }
    /* A file stays as it is while others are renewed: the front page knows of all of them. */
    bool elsewhere = p->file_csp != NULL && exported == 0;
    if (elsewhere) {
        web_html(p->b, "<a class=age href=/%s", jem_lang_get() == JEM_LANG_EN ? "en.html" : "");
    } else {
        jem_buf_str(p->b, "<a href=\"");
        page_link(p, jem_lang_get());
        jem_buf_byte(p->b, '"');
    }
    web_html(p->b, ">%t</a></div>", elsewhere ? JEM_T_SITE_DATA_AGE : JEM_T_SITE_RELOAD);
}

static void page_end(struct site_page *p)
{
    jem_buf_str(p->b, "</main><footer>");
    page_foot(p);
    jem_buf_str(p->b, "</footer>");
}

/* ---- asking ---- */

/* id: of the field, another for each form of a page. */
static void page_ask(struct site_page *p, const char *id)
{
    bool english = jem_lang_get() == JEM_LANG_EN;
    web_html(p->b,
        "<section><form action=%s%s><label for=n%s><b>%t</b></label><p id=h%s><small>%t</small>"
        "<input id=n%s name=n required maxlength=200 autocomplete=off autocapitalize=characters spellcheck=false "
        "aria-describedby=h%s>",
        p->ask != NULL ? p->ask : "/", english && p->file_csp != NULL ? "en.html" : "", id, JEM_T_SITE_FORM_LABEL, id,
        JEM_T_SITE_FORM_HINT, id, id);
    if (english && p->file_csp == NULL)
        jem_buf_str(p->b, "<input type=hidden name=l value=en>");
    web_html(p->b, "<button>%t</button></form></section>", JEM_T_SITE_FORM_BUTTON);
    if (p->file_csp != NULL)
        web_html(p->b, "<noscript><section>%t</section></noscript>", JEM_T_SITE_NO_SCRIPT);
}

void site_page_form(struct site_page *p)
{
    page_top(p, PAGE_ASK, jem_text(JEM_T_SITE_NAME), NULL, "");
    web_html(p->b, "<section class=h><h1>%t</h1><p>%t</section>", JEM_T_SITE_FORM_TITLE, JEM_T_SITE_FORM_SCAN);
    page_ask(p, "");
    web_html(p->b, "<p><small>%t</small>", JEM_T_SITE_FORM_PRIVATE);
    page_end(p);
}

void site_page_none(struct site_page *p)
{
    page_top(p, PAGE_ASK, jem_text(JEM_T_SITE_NONE_TITLE), NULL, "w");
    web_html(p->b, "<section class=h><h1>%t</h1><p>%t<p>%t</section>", JEM_T_SITE_NONE_TITLE, JEM_T_SITE_NONE_TEXT,
        JEM_T_SITE_NONE_ASK);
    page_ask(p, "");
    page_end(p);
}

static void missing_part(struct site_page *p, enum jem_lang lang)
{
    jem_lang_set(lang);
    web_html(p->b,
        "<div lang=%s><section class=h data-if=none><h1>%t</h1><p>%t<p>%t</section>"
        "<section class=h data-if=away hidden><h1>%t</h1></section>"
        "<section data-if=away hidden><p data-van=away><p data-van=met></section>"
        "<section data-if=away hidden><h2>%t</h2>%t<p>%t: <b data-number></b><p><small "
        "data-van=signed></small></section>",
        jem_lang_name(lang), JEM_T_SITE_NONE_TITLE, JEM_T_SITE_NONE_TEXT, JEM_T_SITE_NONE_ASK, JEM_T_SITE_AWAY_TITLE,
        JEM_T_SITE_NEXT, JEM_T_SITE_AWAY_NEXT, JEM_T_SITE_NUMBER);
    page_ask(p, jem_lang_name(lang));
    jem_buf_str(p->b, "</div>");
}

void site_page_missing(struct site_page *p)
{
    page_top(p, PAGE_ASK, jem_text(JEM_T_SITE_NAME), NULL, "w");
    for (int lang = JEM_LANG_ID; lang <= JEM_LANG_EN; lang++)
        missing_part(p, (enum jem_lang)lang);
    jem_buf_str(p->b, "</main><footer>");
    for (int lang = JEM_LANG_ID; lang <= JEM_LANG_EN; lang++) {
        jem_lang_set((enum jem_lang)lang);
        web_html(p->b, "<div lang=%s>", jem_lang_name((enum jem_lang)lang));
        page_foot(p);
        jem_buf_str(p->b, "</div>");
    }
    jem_buf_str(p->b, "</footer>");
    jem_lang_set(JEM_LANG_ID);
}

/* ---- one application ---- */

static const struct {
    enum jem_text next;
    const char *tone;
    bool open; /* somebody is at work on it: the promised time counts */
} site_stages[JEM_STATUS_COUNT] = {
    [JEM_STATUS_UNKNOWN] = { JEM_T_SITE_NEXT_WAIT, "", true },
    [JEM_STATUS_SUBMITTED] = { JEM_T_SITE_NEXT_WAIT, "", true },
    [JEM_STATUS_RECEIVED] = { JEM_T_SITE_NEXT_WAIT, "", true },
    [JEM_STATUS_VERIFIED] = { JEM_T_SITE_NEXT_WAIT, "", true },
    [JEM_STATUS_IN_PROCESS] = { JEM_T_SITE_NEXT_WAIT, "", true },
    [JEM_STATUS_READY] = { JEM_T_SITE_NEXT_READY, "", false },
    [JEM_STATUS_HANDED_OVER] = { JEM_T_SITE_NEXT_DONE, "", false },
    [JEM_STATUS_RETURNED] = { JEM_T_SITE_NEXT_RETURNED, "w", false },
    [JEM_STATUS_REJECTED] = { JEM_T_SITE_NEXT_REJECTED, "x", false },
    [JEM_STATUS_WITHDRAWN] = { JEM_T_SITE_NEXT_WITHDRAWN, "g", false },
    [JEM_STATUS_LINKED] = { JEM_T_SITE_NEXT_LINKED, "w", false },
};

static int32_t stage_day(const struct jem_status_row *row, enum jem_status s)
{
    if (row->stage_days[s] != INT32_MIN)
        return row->stage_days[s];
    if (s == row->status)
        return row->day_stage;
    return s == JEM_STATUS_SUBMITTED ? row->day_submitted : INT32_MIN;
}

/* Deciding takes receiving for granted: HQ need not have recorded that stage, and then nobody knows its day. */
static bool stage_implied(const struct jem_status_row *row, enum jem_status s)
{
    return s == JEM_STATUS_RECEIVED && (stage_day(row, JEM_STATUS_VERIFIED) != INT32_MIN ||
                                           row->status == JEM_STATUS_RETURNED || row->status == JEM_STATUS_REJECTED);
}

/* The stages behind, by their days; the present one last. */
static size_t stages_behind(const struct jem_status_row *row, enum jem_status out[JEM_STATUS_COUNT])
{
    int32_t days[JEM_STATUS_COUNT] = { 0 };
    size_t n = 0;
    for (unsigned i = JEM_STATUS_SUBMITTED; i < JEM_STATUS_COUNT; i++) {
        enum jem_status s = (enum jem_status)i;
        int32_t day = stage_day(row, s);
        if (s == row->status || (day == INT32_MIN && !stage_implied(row, s)))
            continue;
        if (day == INT32_MIN)
            day = row->day_submitted;
        size_t at = n++;
        for (; at > 0 && days[at - 1] > day; at--) {
            out[at] = out[at - 1];
            days[at] = days[at - 1];
        }
        out[at] = s;
        days[at] = day;
    }
    out[n++] = row->status;
    return n;
}

static const char *stage_name(const struct jem_status_row *row, enum jem_status s, int lang)
{
    return s == row->status && row->stage[lang][0] ? row->stage[lang] : jem_status_label(s);
}

static void found_steps(struct site_page *p, const struct jem_status_row *row, int lang)
{
    enum jem_status behind[JEM_STATUS_COUNT];
    char day[40];
    size_t n = stages_behind(row, behind);
    web_html(p->b, "<section><h2>%t</h2><ol>", JEM_T_SITE_STEPS);
    for (size_t i = 0; i < n; i++) {
        bool now = i + 1 == n;
        web_html(p->b, now ? "<li class=n aria-current=step>%s" : "<li class=d>%s", stage_name(row, behind[i], lang));
        if (now && site_stages[row->status].open)
            web_html(p->b, " (%t)", JEM_T_SITE_STEP_NOW);
        if (stage_day(row, behind[i]) == INT32_MIN)
            continue;
        jem_day_human(stage_day(row, behind[i]), day, sizeof day);
        web_html(p->b, "<time>%s</time>", day);
    }
    for (unsigned s = (unsigned)row->status + 1; row->status != JEM_STATUS_UNKNOWN && s <= JEM_STATUS_HANDED_OVER; s++)
        web_html(p->b, "<li>%s", jem_status_label((enum jem_status)s));
    jem_buf_str(p->b, "</ol></section>");
}

/* What the clerk wrote, or, where that is not for the public and HQ decided, the advice to ask. Nothing when the
 * application has moved on since. */
static void found_reason(struct site_page *p, enum jem_status status, const char *reason)
{
    bool ask = strcmp(reason, jem_text(JEM_T_STATUS_DB_ASK)) == 0;
    bool decided = status == JEM_STATUS_RETURNED || status == JEM_STATUS_REJECTED;
    if (ask && decided)
        web_html(p->b, "<p>%s", reason);
    else if (*reason && !ask && (decided || status == JEM_STATUS_WITHDRAWN))
        web_html(p->b, "<p>%t: %s", JEM_T_SITE_REASON, reason);
}

static void found_what(struct site_page *p, const struct jem_status_row *row, const char *number, int lang)
{
    web_html(p->b, "<section><dl><dt>%t<dd><b>%s</b>", JEM_T_SITE_NUMBER, number);
    if (row->agency[lang][0])
        web_html(p->b, "<dt>%t<dd>%s", JEM_T_SITE_AGENCY, row->agency[lang]);
    if (row->promised[lang][0] && site_stages[row->status].open)
        web_html(p->b, "<dt>%t<dd>%s", JEM_T_SITE_PROMISED, row->promised[lang]);
    jem_buf_str(p->b, "</dl>");
}

/* Headquarters' signature, and what it is over: number, stage and day (status_db.h). */
static void found_signature(struct site_page *p, const struct jem_status_row *row, const char *number)
{
    char text[sodium_base64_ENCODED_LEN(sizeof row->signature, sodium_base64_VARIANT_ORIGINAL)];
    sodium_bin2base64(text, sizeof text, row->signature, sizeof row->signature, sodium_base64_VARIANT_ORIGINAL);
    web_html(p->b,
        "<p><small>%t: <code id=office data-number=%s data-stage=\"%s %d\">%s</code> <b hidden>%t</b></small>",
        JEM_T_SITE_OFFICE_SIGNED, number, jem_status_name(row->status), (int)row->day_stage, text,
        JEM_T_SITE_OFFICE_VALID);
}

/* What proves it. In a file the script says whether headquarters' signature is good, and, when the receipt's code is at
 * hand, the van's. The van's own pages have no signature. */
static void found_proof(struct site_page *p, const struct jem_status_row *row, const char *number,
    const struct jem_token *token)
{
    if (token != NULL) {
        jem_buf_str(p->b, "<small>");
        web_html_say(p->b, JEM_T_SITE_SIGNED, (int)token->van);
        jem_buf_str(p->b, "</small>");
    }
    if (p->file_csp != NULL)
        jem_buf_str(p->b, "<p><small data-van=signed></small>");
    if (sodium_is_zero(row->signature, sizeof row->signature))
        return;
    if (p->file_csp != NULL || p->signature) {
        found_signature(p, row, number);
        return;
    }
    jem_buf_str(p->b, "<p><small><a href=\"");
    page_link(p, jem_lang_get());
    web_html(p->b, "&s=1\">%t</a></small>", JEM_T_SITE_OFFICE_SIGNED);
}

void site_page_found(struct site_page *p, const struct jem_status_row *row, const struct jem_token *token)
{
    char number[JEM_NUMBER_TEXT], day[40];
    int lang = jem_lang_get() == JEM_LANG_EN ? JEM_EN : JEM_ID;
    int32_t since = stage_day(row, row->status);
    jem_number_format(row->number, number);
    const char *name = stage_name(row, row->status, lang);
    page_top(p, PAGE_STEPS, jem_status_label(row->status), number, site_stages[row->status].tone);
    web_html(p->b, "<section class=h>%s<h1>%s</h1>", row->service[lang], name);
    if (since != INT32_MIN) {
        jem_day_human(since, day, sizeof day);
        jem_buf_str(p->b, "<p>");
        web_html_say(p->b, JEM_T_SITE_SINCE, day);
    }
    web_html(p->b, "</section><section><h2>%t</h2>%t", JEM_T_SITE_NEXT, site_stages[row->status].next);
    found_reason(p, row->status, row->reason[lang]);
    jem_buf_str(p->b, "</section>");
    found_steps(p, row, lang);
    found_what(p, row, number, lang);
    found_proof(p, row, number, token);
    jem_buf_str(p->b, "</section>");
    page_end(p);
}

void site_page_away(struct site_page *p, const struct jem_token *token, int64_t synced_ms)
{
    char number[JEM_NUMBER_TEXT], when[40];
    jem_number_format(token->number, number);
    jem_day_human(token->day, when, sizeof when);
    page_top(p, PAGE_STEPS, jem_text(JEM_T_SITE_AWAY_TITLE), number, "");
    web_html(p->b, "<section class=h><h1>%t</h1><p>%s</section><section>", JEM_T_SITE_AWAY_TITLE, when);
    web_html_say(p->b, JEM_T_SITE_AWAY_TEXT, (int)token->van);
    jem_buf_str(p->b, "<p>");
    if (synced_ms > 0) {
        jem_time_human(synced_ms, when, sizeof when);
        web_html_say(p->b, JEM_T_SITE_AWAY_SEEN, when);
    } else {
        web_html(p->b, "%t", JEM_T_SITE_AWAY_NEVER);
    }
    web_html(p->b, "</section><section><h2>%t</h2>%t</section><section><dl><dt>%t<dd><b>%s</b></dl><small>",
        JEM_T_SITE_NEXT, JEM_T_SITE_AWAY_NEXT, JEM_T_SITE_NUMBER, number);
    web_html_say(p->b, JEM_T_SITE_SIGNED, (int)token->van);
    jem_buf_str(p->b, "</small></section>");
    page_end(p);
}

/* ---- not now ---- */

void site_page_busy(struct site_page *p, unsigned wait_s)
{
    page_top(p, PAGE_STEPS, jem_text(JEM_T_SITE_BUSY_TITLE), NULL, "w");
    web_html(p->b, "<section class=h><h1>%t</h1><p>", JEM_T_SITE_BUSY_TITLE);
    web_html_say(p->b, JEM_T_SITE_BUSY_TEXT, (int)wait_s);
    jem_buf_str(p->b, "</section>");
    page_end(p);
}

void site_page_down(struct site_page *p)
{
    page_top(p, PAGE_STEPS, jem_text(JEM_T_SITE_DOWN_TITLE), NULL, "w");
    web_html(p->b, "<section class=h><h1>%t</h1><p>%t</section>", JEM_T_SITE_DOWN_TITLE, JEM_T_SITE_DOWN_TEXT);
    page_end(p);
}
