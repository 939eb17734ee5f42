/* page_drafts.c - what was typed and is no record yet: offered again after a crash, handed from officer to officer, carried
 * over to another catalogue when the officer agrees. */
#include <string.h>

#include "entry.h"
#include "jemput/clock.h"
#include "jemput/draft.h"

#define DRAFTS_OFFERED 3 /* on the first page */

/* ---- lists ---- */

static void draft_line(struct jem_buf *b, const json_t *draft)
{
    const char *name = jem_json_str(json_object_get(draft, "fields"), "name", "");
    char at[64];
    jem_time_human(jem_json_int(draft, "at_ms", 0), at, sizeof at);
    web_html(b, "<a class=row href=\"/baru/%u?d=%u\"><b>%s</b> %s</a> <small>%s</small>",
        jem_json_str(draft, "service", ""), jem_json_str(draft, "id", ""), *name ? name : jem_text(JEM_T_WEB_NO_NAME),
        jem_json_str(draft, "service_name", ""), at);
    if (json_is_object(json_object_get(draft, "carry")) || !jem_json_bool(draft, "offered", false))
        web_html(b, " <span class=\"badge wait\">%t</span>", JEM_T_WEB_CARRY_BADGE);
}

static void draft_button(struct web_page *p, const json_t *draft, const char *action, enum jem_text text)
{
    web_form_begin(p, action, " class=inline");
    web_html(p->b,
        "<input type=hidden name=id value=\"%s\"><button class=plain aria-label=\"%t: %s\">%t</button></form>",
        jem_json_str(draft, "id", ""), text, jem_json_str(json_object_get(draft, "fields"), "name", ""), text);
}

static void drafts_of(struct web_page *p, const json_t *list, bool mine)
{
    size_t i;
    const json_t *draft;
    web_html(p->b, "<ul class=drafts>");
    json_array_foreach(list, i, draft)
    {
        const char *user = jem_json_str(draft, "user", "");
        if (jem_json_bool(draft, "mine", false) != mine)
            continue;
        jem_buf_str(p->b, "<li>");
        draft_line(p->b, draft);
        if (!mine && *user)
            web_html(p->b, " <span class=badge>%s</span>", user);
        if (mine)
            draft_button(p, draft, "/draf/buang", JEM_T_WEB_DROP);
        else
            draft_button(p, draft, "/draf/ambil", JEM_T_WEB_DRAFT_TAKE);
    }
    jem_buf_str(p->b, "</ul>");
}

void web_page_drafts(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    if (jem_draft_list(p->app, true, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    const json_t *list = json_object_get(o, "drafts");
    int64_t others = jem_json_int(o, "others", 0);
    struct jem_buf *b = p->b;
    web_page_begin(p, WEB_NAV_DRAFTS, jem_text(JEM_T_WEB_DRAFTS), false);
    web_html(b, "<h1>%t</h1><p>%t</p>", JEM_T_WEB_DRAFTS, JEM_T_WEB_DRAFTS_WHAT);
    if ((int64_t)json_array_size(list) == others)
        web_html(b, "<p class=empty>%t</p>", JEM_T_WEB_DRAFTS_NONE);
    else
        drafts_of(p, list, true);
    if (others > 0) {
        web_html(b, "<h2>%t</h2><p>%t</p>", JEM_T_WEB_DRAFTS_OTHERS, JEM_T_WEB_DRAFTS_OTHERS_WHAT);
        drafts_of(p, list, false);
    }
    web_page_end(p);
    json_decref(o);
}

void web_drafts_wait(struct web_page *p)
{
    json_t *o = NULL;
    size_t i;
    const json_t *draft;
    if (p->hq || jem_draft_list(p->app, false, &o, NULL) != JEM_OK)
        return;
    const json_t *list = json_object_get(o, "drafts");
    size_t n = json_array_size(list);
    if (n > 0) {
        web_html(p->b, "<section class=\"card wait-card\" aria-labelledby=drafth><div class=head><h2 id=drafth>");
        web_html_say(p->b, JEM_T_WEB_DRAFTS_WAIT, n);
        web_html(p->b, "</h2><a href=\"/draf\">%t</a></div><ul class=\"drafts flat\">", JEM_T_WEB_DRAFTS_ALL);
        json_array_foreach(list, i, draft)
        {
            if (i == DRAFTS_OFFERED)
                break;
            jem_buf_str(p->b, "<li>");
            draft_line(p->b, draft);
        }
        jem_buf_str(p->b, "</ul></section>");
    }
    json_decref(o);
}

/* ---- before the form opens ---- */

void web_draft_of_another(struct web_page *p, const json_t *draft)
{
    char at[64];
    jem_time_human(jem_json_int(draft, "at_ms", 0), at, sizeof at);
    web_page_begin(p, WEB_NAV_DRAFTS, jem_text(JEM_T_WEB_DRAFTS), false);
    web_html(p->b, "<div class=card><h1>%t</h1><p>", JEM_T_WEB_DRAFTS_OTHERS);
    web_html_say(p->b, JEM_T_WEB_DRAFT_ANOTHER, jem_json_str(draft, "user", ""), at);
    jem_buf_str(p->b, "</p>");
    web_form_begin(p, "/draf/ambil", " class=actions");
    web_html(p->b,
        "<input type=hidden name=id value=\"%s\"><button autofocus>%t</button><a class=\"button second\" "
        "href=\"/draf\">%t</a></form></div>",
        jem_json_str(draft, "id", ""), JEM_T_WEB_DRAFT_TAKE, JEM_T_WEB_CANCEL);
    web_page_end(p);
}

static void carry_gone(struct jem_buf *b, const json_t *gone)
{
    size_t i;
    const json_t *it;
    if (json_array_size(gone) == 0)
        return;
    web_html(b, "<h2>%t</h2><dl class=list>", JEM_T_WEB_CARRY_GONE);
    json_array_foreach(gone, i, it)
    {
        web_html(b, "<div><dt>%s</dt><dd>%s</dd></div>", jem_json_str(it, "label", ""), jem_json_str(it, "value", ""));
    }
    jem_buf_str(b, "</dl>");
}

static void carry_asked(struct jem_buf *b, const json_t *asked)
{
    size_t i;
    const json_t *it;
    if (json_array_size(asked) == 0)
        return;
    web_html(b, "<h2>%t</h2><ul>", JEM_T_WEB_CARRY_ASKED);
    json_array_foreach(asked, i, it)
    {
        bool required = jem_json_bool(it, "required", false);
        web_html(b, "<li>%s%s", jem_json_str(it, "label", ""), required ? "" : jem_text(JEM_T_WEB_OPTIONAL));
    }
    jem_buf_str(b, "</ul>");
}

void web_draft_carry(struct web_page *p, const json_t *draft)
{
    struct jem_buf *b = p->b;
    const json_t *carry = json_object_get(draft, "carry");
    web_page_begin(p, WEB_NAV_DRAFTS, jem_text(JEM_T_WEB_CARRY), false);
    web_html(b, "<div class=card><h1>%t</h1><p>", JEM_T_WEB_CARRY);
    web_html_say(b, JEM_T_WEB_CARRY_WHAT, jem_json_str(draft, "service_name", ""),
        (long long)jem_json_int(carry, "from", 0), (long long)jem_json_int(carry, "to", 0));
    jem_buf_str(b, "</p>");
    carry_gone(b, json_object_get(carry, "gone"));
    carry_asked(b, json_object_get(carry, "asked"));
    web_form_begin(p, "/draf/pindah", " class=actions");
    web_html(b,
        "<input type=hidden name=id value=\"%s\"><button autofocus>%t</button><a class=\"button second\" "
        "href=\"/draf\">%t</a></form></div>",
        jem_json_str(draft, "id", ""), JEM_T_WEB_CARRY_DO, JEM_T_WEB_CARRY_LATER);
    web_page_end(p);
}

/* The service went out of the catalogue: what was typed can still be read. */
bool web_draft_orphan(struct web_page *p, const char *id)
{
    json_t *draft = NULL;
    struct jem_buf *b = p->b;
    if (!jem_draft_id_ok(id) || jem_draft_get(p->app, id, &draft, NULL) != JEM_OK)
        return false;
    const json_t *fields = json_object_get(draft, "fields"), *labels = json_object_get(draft, "labels");
    web_page_begin(p, WEB_NAV_DRAFTS, jem_text(JEM_T_WEB_CARRY), false);
    web_html(b, "<div class=card><h1>%t</h1><p>", JEM_T_WEB_CARRY);
    web_html_say(b, JEM_T_WEB_CARRY_ORPHAN, jem_json_str(draft, "service", ""));
    jem_buf_str(b, "</p><dl class=list>");
    for (void *at = json_object_iter((json_t *)(uintptr_t)fields); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)fields, at)) {
        const char *name = json_object_iter_key(at), *value = json_string_value(json_object_iter_value(at));
        if (value != NULL && *value)
            web_html(b, "<div><dt>%s</dt><dd>%s</dd></div>", jem_json_str(labels, name, name), value);
    }
    web_html(b, "</dl><div class=actions><a class=button href=\"/baru\">%t</a>", JEM_T_WEB_OTHER_SERVICE);
    draft_button(p, draft, "/draf/buang", JEM_T_WEB_DROP);
    jem_buf_str(b, "</div></div>");
    web_page_end(p);
    json_decref(draft);
    return true;
}

/* ---- what a person rules ---- */

static void draft_act(struct web_page *p, enum jem_code (*act)(struct jem_app *, const char *, struct jem_error *),
    bool open)
{
    struct jem_error err = { .code = JEM_OK };
    const char *id = web_form_text(&p->r->form, "id");
    json_t *draft = NULL;
    enum jem_code rc = act(p->app, id, &err);
    if (rc == JEM_OK && open)
        rc = jem_draft_get(p->app, id, &draft, &err);
    if (rc == JEM_ENOTFOUND && !open)
        rc = JEM_OK; /* gone is gone */
    if (rc != JEM_OK) {
        web_page_error(p, &err);
    } else if (open) {
        struct jem_buf to = JEM_BUF_INIT(200);
        jem_buf_str(&to, "/baru/");
        web_url_text(&to, jem_json_str(draft, "service", ""));
        jem_buf_fmt(&to, "?d=%s", id);
        web_answer_redirect(p->a, jem_buf_text(&to));
        jem_buf_release(&to);
    } else {
        web_answer_redirect(p->a, "/draf");
    }
    json_decref(draft);
}

void web_page_draft_drop(struct web_page *p)
{
    draft_act(p, jem_draft_drop, false);
}

void web_page_draft_take(struct web_page *p)
{
    draft_act(p, jem_draft_take, true);
}

void web_page_draft_carry(struct web_page *p)
{
    draft_act(p, jem_draft_carry, true);
}

/* ---- as each field is left ---- */

void web_api_draft(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct jem_catalog *catalog = NULL;
    const struct web_form *form = &p->r->form;
    struct web_entry e = { .service = NULL };
    enum jem_code rc = jem_app_catalog(p->app, &catalog, &err);
    if (rc == JEM_OK)
        e.service = jem_catalog_find(catalog, web_form_text(form, "service"));
    if (rc != JEM_OK || e.service == NULL) {
        web_json_answer(p, 422, json_pack("{s:b}", "ok", 0));
        return;
    }
    int64_t version = jem_catalog_version(catalog), typed = web_form_number(form, "catalog", version);
    web_entry_read(p, &e);
    if (typed != version)
        web_entry_read_rest(p, &e);
    json_t *draft =
        json_pack("{s:s,s:I,s:O}", "service", e.service->id, "catalog", (json_int_t)typed, "fields", e.values);
    if (draft != NULL && e.marks != NULL)
        json_object_set(draft, "marks", e.marks);
    rc = jem_draft_put(p->app, web_form_text(form, "draft"), draft, &err);
    json_decref(draft);
    web_entry_release(&e);
    char at[64];
    jem_time_human(jem_store_now_ms(jem_app_store(p->app)), at, sizeof at);
    if (rc == JEM_OK)
        web_json_answer(p, 200, json_pack("{s:b,s:s}", "ok", 1, "at", at));
    else
        web_json_answer(p,
            rc == JEM_EDENIED || rc == JEM_ENOTFOUND ? 409
            : rc == JEM_EINVAL                       ? 422
                                                     : 503,
            json_pack("{s:b,s:s}", "ok", 0, "error", err.msg));
}
