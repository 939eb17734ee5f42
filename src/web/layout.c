/* layout.c - what stands around every page: head, navigation, the strip with the state of the van, keys. */
#include <stdlib.h>
#include <string.h>

#include "jemput/clock.h"
#include "devices.h"

#define STRIP_BELIEVED_MS ((int64_t)15 * 60 * 1000)

void web_form_begin(struct web_page *p, const char *action, const char *more)
{
    web_html(p->b, "<form method=post action=\"%s\"", action);
    jem_buf_str(p->b, more);
    web_html(p->b, "><input type=hidden name=t value=\"%s\">", p->session != NULL ? p->session->csrf : "");
}

/* ---- words for sizes and spans ---- */

void web_span_text(int64_t ms, char *out, size_t cap)
{
    int64_t minutes = ms < 0 ? 0 : ms / 60000;
    struct jem_buf b = JEM_BUF_INIT(cap - 1);
    if (minutes < 1)
        jem_buf_str(&b, jem_text(JEM_T_WEB_SPAN_NOW));
    else if (minutes < 60)
        jem_buf_fmt(&b, jem_text(JEM_T_WEB_SPAN_MINUTES), (int)minutes);
    else if (minutes < 48 * 60)
        jem_buf_fmt(&b, jem_text(JEM_T_WEB_SPAN_HOURS), (int)(minutes / 60));
    else
        jem_buf_fmt(&b, jem_text(JEM_T_WEB_SPAN_DAYS), (int)(minutes / (24 * 60)));
    memcpy(out, jem_buf_text(&b), b.len + 1);
    jem_buf_release(&b);
}

void web_size_text(uint64_t bytes, char *out, size_t cap)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
    size_t unit = 0;
    uint64_t tenths = bytes * 10;
    for (; tenths >= 10000 && unit + 1 < sizeof units / sizeof *units; unit++)
        tenths /= 1000;
    struct jem_buf b = JEM_BUF_INIT(cap - 1);
    if (tenths >= 1000 || tenths % 10 == 0)
        jem_buf_fmt(&b, "%llu %s", (unsigned long long)(tenths / 10), units[unit]);
    else
        jem_buf_fmt(&b, "%llu%c%llu %s", (unsigned long long)(tenths / 10), jem_lang_get() == JEM_LANG_EN ? '.' : ',',
            (unsigned long long)(tenths % 10), units[unit]);
    memcpy(out, jem_buf_text(&b), b.len + 1);
    jem_buf_release(&b);
}

/* ---- the strip ---- */

static json_t *strip_item(const char *kind, struct jem_buf *text)
{
    json_t *o = json_pack("{s:s,s:s}", "k", kind, "t", jem_buf_text(text));
    jem_buf_release(text);
    return o;
}

/* "Online" is believed for as long as rounds come by themselves, and a quarter of an hour at least. */
static json_t *strip_link(const json_t *state, const struct web_loop_state *loop, int64_t now)
{
    struct jem_buf text = JEM_BUF_INIT(200);
    const json_t *good = json_object_get(state, "last_good_ms");
    int64_t age = now - jem_json_int(state, "last_good_ms", now), believed = (int64_t)loop->every_s * 3000;
    bool failed = json_is_false(json_object_get(state, "last_sync_ok")) || !loop->reachable;
    bool fresh = age < (believed > STRIP_BELIEVED_MS ? believed : STRIP_BELIEVED_MS);
    char span[60];
    web_span_text(age, span, sizeof span);
    if (!json_is_integer(good))
        jem_buf_str(&text, jem_text(JEM_T_WEB_LINK_NEVER));
    else
        jem_buf_fmt(&text,
            jem_text(failed  ? JEM_T_WEB_LINK_DOWN
                     : fresh ? JEM_T_WEB_LINK_UP
                             : JEM_T_WEB_LINK_OLD),
            span);
    return strip_item(json_is_integer(good) && !failed && fresh ? "ok" : "wait", &text);
}

static json_t *strip_sync(const struct web_loop_state *loop)
{
    struct jem_buf text = JEM_BUF_INIT(300);
    bool waits = web_loop_words(loop, &text) != 0;
    return strip_item(waits ? "wait" : "ok", &text);
}

static json_t *strip_wait(const json_t *state, int64_t now)
{
    struct jem_buf text = JEM_BUF_INIT(300);
    int64_t n = jem_json_int(state, "unconfirmed", 0), documents = jem_json_int(state, "pending_documents", 0);
    char span[60];
    if (n == 0) {
        jem_buf_str(&text, jem_text(JEM_T_WEB_WAIT_NONE));
    } else {
        web_span_text(now - jem_json_int(state, "oldest_unconfirmed_ms", now), span, sizeof span);
        jem_buf_fmt(&text, jem_text(JEM_T_WEB_WAIT_SOME), (long long)n, span);
    }
    if (documents > 0)
        jem_buf_fmt(&text, jem_text(JEM_T_WEB_WAIT_DOCUMENTS), (long long)documents);
    return strip_item(n == 0 && documents == 0 ? "ok" : "wait", &text);
}

static json_t *strip_disk(const json_t *state)
{
    struct jem_buf text = JEM_BUF_INIT(100);
    int64_t free_bytes = jem_json_int(state, "disk_free", 0);
    char size[40];
    web_size_text((uint64_t)free_bytes, size, sizeof size);
    jem_buf_fmt(&text, jem_text(JEM_T_WEB_DISK), size);
    return strip_item(free_bytes > (int64_t)2000000000 ? "ok" : free_bytes > 300000000 ? "wait" : "bad", &text);
}

static json_t *strip_clock(const json_t *state, int64_t now)
{
    struct jem_buf text = JEM_BUF_INIT(100);
    bool set = strcmp(jem_json_str(state, "clock", "none"), "none") != 0;
    bool sane = now >= JEM_CLOCK_EARLIEST_MS, back = jem_json_int(state, "clock_behind_ms", 0) > JEM_CLOCK_BEHIND_MS;
    jem_buf_str(&text, jem_text(!sane  ? JEM_T_WEB_CLOCK_WRONG
                                : back ? JEM_T_WEB_CLOCK_BACK
                                : set  ? JEM_T_WEB_CLOCK_SET
                                       : JEM_T_WEB_CLOCK_FREE));
    return strip_item(!sane || back ? "bad" : set ? "ok" : "wait", &text);
}

json_t *web_strip(struct web_page *p)
{
    json_t *state = NULL;
    if (jem_app_state(p->app, &state, NULL) != JEM_OK)
        return NULL;
    int64_t now = jem_store_now_ms(jem_app_store(p->app));
    struct web_loop_state loop;
    web_loop_read(&p->office->loop, &loop);
    json_t *o = json_pack("{s:o,s:o,s:o,s:o}", "link", strip_link(state, &loop, now), "sync", strip_sync(&loop), "disk",
        strip_disk(state), "clock", strip_clock(state, now));
    if (o != NULL && !p->hq) {
        json_object_set_new(o, "wait", strip_wait(state, now));
        json_object_set_new(o, "pending",
            json_pack("[O?,O?]", json_object_get(state, "pending_events"),
                json_object_get(state, "pending_documents")));
    }
    if (o != NULL && !p->hq)
        web_devices_strip(p, o);
    if (o != NULL)
        json_object_set(o, "name", json_object_get(state, "name"));
    json_decref(state);
    return o;
}

static void strip_html(struct web_page *p, const json_t *strip)
{
    static const char *const keys[] = { "link", "sync", "wait", "scanner", "printer", "disk", "clock" };
    web_html(p->b, "<aside class=strip id=strip aria-label=\"%t\"><ul><li class=place>%s</li>", JEM_T_WEB_STATE,
        jem_json_str(strip, "name", ""));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *it = json_object_get(strip, keys[i]);
        if (it != NULL)
            web_html(p->b, "<li class=\"%s\" data-k=%s>%s</li>", jem_json_str(it, "k", ""), keys[i],
                jem_json_str(it, "t", ""));
    }
    web_html(p->b, "</ul></aside>");
}

/* ---- the frame ---- */

/* The address of this page with another value of one argument. */
static void layout_same(struct web_page *p, const char *name, const char *value)
{
    struct jem_buf *b = p->b;
    web_html_text(b, p->r->post ? "/" : p->r->path);
    web_html(b, "?%s=%s", name, value);
    for (size_t i = 0; i < p->r->args.count && !p->r->post; i++) {
        const struct web_field *f = &p->r->args.fields[i];
        if (strcmp(f->name, "l") == 0 || strcmp(f->name, "m") == 0 || strlen(f->value) > 300)
            continue;
        jem_buf_str(b, "&amp;");
        web_url_text(b, f->name);
        jem_buf_byte(b, '=');
        web_url_text(b, f->value);
    }
}

static void layout_language(struct web_page *p)
{
    bool id = jem_lang_get() != JEM_LANG_EN;
    web_html(p->b, "<a class=lang lang=%s hreflang=%s href=\"", id ? "en" : "id", id ? "en" : "id");
    layout_same(p, "l", id ? "en" : "id");
    web_html(p->b, "\">%s</a>", id ? "English" : "Indonesia");
}

/* Large print and high contrast, each a link that turns it on or off: no script needed. */
static void layout_look(struct web_page *p)
{
    static const struct {
        unsigned bit;
        const char *sign;
        enum jem_text text;
    } looks[] = { { WEB_LOOK_BIG, "A+", JEM_T_WEB_LOOK_BIG },
        { WEB_LOOK_CONTRAST, "\xe2\x97\x90", JEM_T_WEB_LOOK_CONTRAST } };
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        bool on = (p->look & looks[i].bit) != 0;
        char value[2] = { (char)('0' + (p->look ^ looks[i].bit)), '\0' };
        jem_buf_str(p->b, "<a class=look href=\"");
        layout_same(p, "m", value);
        web_html(p->b, "\" title=\"%t\"%s><span aria-hidden=true>%s</span><span class=hide>%t</span></a>",
            looks[i].text, on ? " aria-current=true" : "", looks[i].sign, looks[i].text);
    }
}

static void layout_link(struct web_page *p, const char *path, enum jem_text text, bool here)
{
    web_html(p->b, "<a href=\"%s\"%s>%t</a>", path, here ? " aria-current=page" : "", text);
}

static void layout_top(struct web_page *p, enum web_nav nav)
{
    json_t *strip = p->session != NULL ? web_strip(p) : NULL;
    web_html(p->b, "<header class=top><a class=brand href=\"/\">Jemput</a>");
    if (p->session != NULL) {
        web_html(p->b, "<nav aria-label=\"%t\">", JEM_T_WEB_MENU);
        layout_link(p, "/", JEM_T_WEB_NAV_LIST, nav == WEB_NAV_LIST);
        if (!p->hq) {
            layout_link(p, "/baru", JEM_T_WEB_NAV_NEW, nav == WEB_NAV_NEW);
            layout_link(p, "/draf", JEM_T_WEB_NAV_DRAFTS, nav == WEB_NAV_DRAFTS);
            layout_link(p, "/antrean", JEM_T_WEB_NAV_QUEUE, nav == WEB_NAV_QUEUE);
        } else {
            layout_link(p, "/meja", JEM_T_WEB_DESK, nav == WEB_NAV_DESK);
            layout_link(p, "/karantina", JEM_T_WEB_NAV_HELD, nav == WEB_NAV_HELD);
            layout_link(p, "/van", JEM_T_WEB_NAV_VANS, nav == WEB_NAV_VANS);
            layout_link(p, "/instansi", JEM_T_WEB_AGENCIES, nav == WEB_NAV_AGENCIES);
            layout_link(p, "/laporan", JEM_T_WEB_REPORT, nav == WEB_NAV_REPORT);
            if (strcmp(jem_app_user_role(p->app), "admin") == 0)
                layout_link(p, "/katalog", JEM_T_WEB_NAV_CATALOG, nav == WEB_NAV_CATALOG);
        }
        if (!p->hq)
            layout_link(p, "/perangkat", JEM_T_WEB_DEVICES, nav == WEB_NAV_DEVICES);
        layout_link(p, "/hari", JEM_T_WEB_NAV_DAY, nav == WEB_NAV_DAY);
        layout_link(p, "/periksa", JEM_T_WEB_NAV_VERIFY, nav == WEB_NAV_VERIFY);
        layout_link(p, "/sinkron", JEM_T_WEB_NAV_SYNC, nav == WEB_NAV_SYNC);
        layout_link(p, "/kelola", JEM_T_WEB_MANAGE, nav == WEB_NAV_MANAGE);
        web_html(p->b,
            "</nav><form class=find action=\"/cari\" role=search><input type=search name=q id=q maxlength=300 "
            "aria-label=\"%t\" placeholder=\"%t\" value=\"%s\"></form>",
            JEM_T_WEB_FIND, JEM_T_WEB_FIND_HINT,
            strcmp(p->r->path, "/cari") == 0 ? web_form_text(&p->r->args, "q") : "");
    }
    web_html(p->b, "<div class=who>");
    layout_look(p);
    layout_language(p);
    if (p->session != NULL) {
        web_form_begin(p, "/keluar", " class=inline");
        web_html(p->b, "<span>%s</span> <button class=plain>%t</button></form>", jem_app_user(p->app),
            JEM_T_WEB_LOGOUT);
    }
    web_html(p->b, "</div></header>");
    if (strip != NULL)
        strip_html(p, strip);
    json_decref(strip);
}

void web_page_begin(struct web_page *p, enum web_nav nav, const char *title, bool wrong)
{
    struct web_assets *assets = &p->office->assets;
    web_html(p->b,
        "<!doctype html><html lang=%s class=\"%s%s\"><head><meta charset=utf-8><meta name=viewport "
        "content=\"width=device-width,initial-scale=1\"><meta name=color-scheme content=\"light dark\"><title>",
        jem_lang_name(jem_lang_get()), p->look & WEB_LOOK_BIG ? "big " : "",
        p->look & WEB_LOOK_CONTRAST ? "contrast" : "");
    if (wrong)
        web_html(p->b, "%t ", JEM_T_WEB_ERROR_PREFIX);
    web_html(p->b, "%s - Jemput</title><link rel=icon href=\"%s\"><link rel=stylesheet href=\"%s\">", title,
        web_asset_path(assets, "icon.svg"), web_asset_path(assets, "app.css"));
    if (p->refresh_s > 0)
        web_html(p->b, "<noscript><meta http-equiv=refresh content=%d></noscript>", p->refresh_s);
    web_html(p->b, "<script src=\"%s\" defer></script>", web_asset_path(assets, "app.js"));
    if (p->devices)
        web_html(p->b, "<script src=\"%s\" defer></script>", web_asset_path(assets, "devices.js"));
    jem_buf_str(p->b, "</head><body");
    if (p->session != NULL)
        web_html(p->b, " data-in=\"%s\"", p->session->user);
    jem_buf_byte(p->b, '>');
    web_html(p->b, "<a class=skip href=\"#main\">%t</a>", JEM_T_WEB_SKIP);
    layout_top(p, nav);
    web_html(p->b, "<main id=main tabindex=-1>");
}

static void layout_keys(struct web_page *p)
{
    static const struct {
        const char *key;
        enum jem_text text;
        enum { KEYS_BOTH, KEYS_VAN, KEYS_HQ } at;
    } keys[] = { { "F2", JEM_T_WEB_KEY_NEW, KEYS_VAN }, { "F4", JEM_T_WEB_KEY_FILL, KEYS_VAN },
        { "F8", JEM_T_WEB_KEY_SCANNER, KEYS_VAN }, { "F9", JEM_T_WEB_KEY_SAVE, KEYS_VAN },
        { "Esc", JEM_T_WEB_KEY_BACK, KEYS_VAN }, { "/", JEM_T_WEB_KEY_FIND, KEYS_BOTH },
        { "j k", JEM_T_WEB_KEY_ROWS, KEYS_BOTH }, { "a r x", JEM_T_WEB_KEY_RULE, KEYS_HQ },
        { "m", JEM_T_WEB_KEY_TICK, KEYS_HQ }, { "S", JEM_T_WEB_KEY_SYNC, KEYS_BOTH },
        { "1-9", JEM_T_WEB_KEY_NUMBER, KEYS_VAN }, { "?", JEM_T_WEB_KEY_HELP, KEYS_BOTH } };
    web_html(p->b, "<dialog id=keys aria-labelledby=keysh><h2 id=keysh>%t</h2><dl>", JEM_T_WEB_KEYS);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].at == KEYS_BOTH || (keys[i].at == KEYS_HQ) == p->hq)
            web_html(p->b, "<div><dt><kbd>%s</kbd></dt><dd>%t</dd></div>", keys[i].key, keys[i].text);
    web_html(p->b, "</dl><p>%t</p><form method=dialog><button>%t</button></form></dialog>", JEM_T_WEB_KEY_SCAN,
        JEM_T_WEB_CLOSE);
}

/* Over a page that locked while something was typed: the script shows it. */
static void layout_lock(struct web_page *p)
{
    web_html(p->b,
        "<dialog id=lock aria-labelledby=lockh><form method=post action=\"/masuk\"><h2 id=lockh>%t</h2><p>%t</p><p "
        "class=\"note bad\" role=alert hidden></p><label for=lockp>%t (%s)</label><input id=lockp type=password "
        "name=pass autocomplete=current-password maxlength=500 required><p><button>%t</button> <a "
        "href=\"/masuk\">%t</a></p></form></dialog>",
        JEM_T_WEB_LOCK, JEM_T_WEB_LOCK_ABOUT, JEM_T_WEB_PASSPHRASE, p->session->user, JEM_T_WEB_UNLOCK,
        JEM_T_WEB_LOCK_OTHER);
}

void web_page_end(struct web_page *p)
{
    web_html(p->b, "</main>");
    if (p->session != NULL) {
        layout_keys(p);
        layout_lock(p);
    }
    web_html(p->b, "</body></html>");
}

/* ---- small answers ---- */

void web_page_message(struct web_page *p, unsigned status, const char *title, const char *message)
{
    p->a->status = status;
    jem_buf_clear(p->b);
    web_page_begin(p, WEB_NAV_NONE, title, status >= 400);
    web_html(p->b, "<div class=card><h1>%s</h1><p role=alert>%s</p><p><a href=\"/\">%t</a></p></div>", title, message,
        JEM_T_WEB_BACK);
    web_page_end(p);
}

void web_page_error(struct web_page *p, const struct jem_error *err)
{
    unsigned status = 500;
    switch (err->code) {
    case JEM_EINVAL:
    case JEM_ECORRUPT: status = 422; break;
    case JEM_EEXISTS:
    case JEM_EBUSY: status = 409; break;
    case JEM_ENOTFOUND: status = 404; break;
    case JEM_EDENIED:
    case JEM_ELOCKED: status = 403; break;
    case JEM_ENOSPC: status = 507; break;
    default: break;
    }
    web_page_message(p, status, jem_text(status == 404 ? JEM_T_WEB_NOT_FOUND_TITLE : JEM_T_WEB_FAILED), err->msg);
}

void web_page_not_found(struct web_page *p)
{
    web_page_message(p, 404, jem_text(JEM_T_WEB_NOT_FOUND_TITLE), jem_text(JEM_T_WEB_NOT_FOUND));
}

bool web_admin(struct web_page *p)
{
    return jem_app_require(p->app, JEM_ROLE_HQ, "admin", NULL) == JEM_OK;
}

bool web_admin_only(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    if (jem_app_require(p->app, JEM_ROLE_HQ, "admin", &err) == JEM_OK)
        return true;
    web_page_error(p, &err);
    return false;
}

void web_json_answer(struct web_page *p, unsigned status, json_t *o)
{
    char *text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
    p->a->status = text != NULL ? status : 500;
    p->a->type = "application/json; charset=utf-8";
    jem_buf_clear(p->b);
    jem_buf_str(p->b, text != NULL ? text : "{}");
    free(text);
    json_decref(o);
}

void web_badge_van(struct jem_buf *b, const char *confirmed)
{
    bool durable = strcmp(confirmed, "durable") == 0, here = strcmp(confirmed, "confirmed") == 0;
    web_html(b, "<span class=\"badge %s\">%t</span>", durable || here ? "ok" : "wait",
        durable ? JEM_T_WEB_VAN_DURABLE
        : here  ? JEM_T_WEB_VAN_CONFIRMED
                : JEM_T_WEB_VAN_RECORDED);
}

void web_badge_status(struct jem_buf *b, const char *status, const char *label)
{
    static const char good[] = " ready handed_over ", bad[] = " returned rejected withdrawn ";
    char word[40] = " ";
    size_t n = strnlen(status, sizeof word - 3);
    memcpy(word + 1, status, n);
    memcpy(word + 1 + n, " ", 2);
    web_html(b, "<span class=\"badge %s\">%s</span>",
        strstr(good, word) != NULL  ? "ok"
        : strstr(bad, word) != NULL ? "bad"
                                    : "",
        label);
}
