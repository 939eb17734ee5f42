/* page_new.c - before the form: which service, and the drafts that wait. Small answers for the form's script. */
#include <string.h>

#include "entry.h"
#include "jemput/clock.h"
#include "jemput/codec.h"
#include "jemput/region.h"

#define VILLAGES_MAX 20

/* ---- services ---- */

void web_page_services(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct jem_catalog *catalog = NULL;
    if (jem_app_catalog(p->app, &catalog, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    struct jem_buf *b = p->b;
    web_page_begin(p, WEB_NAV_NEW, jem_text(JEM_T_WEB_NEW), false);
    web_html(b,
        "<h1>%t</h1><div class=pick hidden><label for=pick>%t</label><input id=pick autocomplete=off spellcheck=false "
        "aria-describedby=pickh><small id=pickh>%t</small></div><ul class=services id=services>",
        JEM_T_WEB_NEW, JEM_T_WEB_PICK, JEM_T_WEB_PICK_HINT);
    for (size_t i = 0; i < jem_catalog_count(catalog); i++) {
        const struct jem_service *s = jem_catalog_at(catalog, i);
        web_html(b, "<li><a href=\"/baru/%u\"><b>%s</b><small>%s</small></a>", s->id, jem_pair(s->name),
            jem_pair(s->agency_name));
    }
    web_html(b, "</ul><p class=empty id=pick0 hidden role=status>%t</p>", JEM_T_WEB_PICK_NONE);
    web_prepared_ask(p);
    web_page_end(p);
}

/* ---- drafts ---- */

static bool draft_id_ok(const char *id)
{
    return strlen(id) == OFFICE_DRAFT_ID - 1 && strspn(id, "0123456789abcdef") == OFFICE_DRAFT_ID - 1;
}

void web_page_drafts(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *list = NULL;
    const json_t *it;
    const struct jem_catalog *catalog = NULL;
    size_t i;
    if (jem_app_catalog(p->app, &catalog, &err) != JEM_OK ||
        jem_store_drafts(jem_app_store(p->app), jem_app_user(p->app), &list, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    struct jem_buf *b = p->b;
    web_page_begin(p, WEB_NAV_DRAFTS, jem_text(JEM_T_WEB_DRAFTS), false);
    web_html(b, "<h1>%t</h1><p>%t</p>", JEM_T_WEB_DRAFTS, JEM_T_WEB_DRAFTS_WHAT);
    if (json_array_size(list) == 0)
        web_html(b, "<p class=empty>%t</p>", JEM_T_WEB_DRAFTS_NONE);
    web_html(b, "<ul class=drafts>");
    json_array_foreach(list, i, it)
    {
        const json_t *draft = json_object_get(it, "draft");
        const char *id = jem_json_str(it, "id", ""), *service_id = jem_json_str(draft, "service", "");
        const struct jem_service *s = jem_catalog_find(catalog, service_id);
        const char *name = jem_json_str(json_object_get(draft, "fields"), "name", "");
        char at[64];
        jem_time_human(jem_json_int(it, "at_ms", 0), at, sizeof at);
        web_html(b, "<li><a class=row href=\"/baru/%u?d=%u\"><b>%s</b> %s</a> <small>%s</small>", service_id, id,
            *name ? name : jem_text(JEM_T_WEB_NO_NAME), s != NULL ? jem_pair(s->name) : service_id, at);
        web_form_begin(p, "/draf/buang", " class=inline");
        web_html(b,
            "<input type=hidden name=id value=\"%s\"><button class=plain aria-label=\"%t: %s\">%t</button></form>", id,
            JEM_T_WEB_DROP, name, JEM_T_WEB_DROP);
    }
    web_html(b, "</ul>");
    web_page_end(p);
    json_decref(list);
}

/* True when the draft is this officer's own, or nobody's yet. */
static bool draft_mine(struct web_page *p, const char *id, bool *exists)
{
    json_t *list = NULL;
    const json_t *it;
    size_t i;
    *exists = false;
    if (!draft_id_ok(id) || jem_store_drafts(jem_app_store(p->app), jem_app_user(p->app), &list, NULL) != JEM_OK)
        return false;
    json_array_foreach(list, i, it)
    {
        *exists = *exists || strcmp(jem_json_str(it, "id", ""), id) == 0;
    }
    json_decref(list);
    return true;
}

void web_page_draft_drop(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    bool exists = false;
    const char *id = web_form_text(&p->r->form, "id");
    if (draft_mine(p, id, &exists) && exists && jem_store_draft_drop(jem_app_store(p->app), id, &err) != JEM_OK)
        web_page_error(p, &err);
    else
        web_answer_redirect(p->a, "/draf");
}

void web_api_draft(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct jem_catalog *catalog = NULL;
    const struct web_form *form = &p->r->form;
    const char *id = web_form_text(form, "draft");
    struct web_entry e = { .service = NULL };
    enum jem_code rc = jem_app_catalog(p->app, &catalog, &err);
    if (rc == JEM_OK)
        e.service = jem_catalog_find(catalog, web_form_text(form, "service"));
    if (rc != JEM_OK || e.service == NULL || !draft_id_ok(id)) {
        web_json_answer(p, 422, json_pack("{s:b}", "ok", 0));
        return;
    }
    web_entry_read(p, &e);
    json_t *draft = json_pack("{s:s,s:O}", "service", e.service->id, "fields", e.values);
    rc = jem_store_draft_put(jem_app_store(p->app), id, jem_app_user(p->app), draft, &err);
    json_decref(draft);
    web_entry_release(&e);
    char at[64];
    jem_time_human(jem_store_now_ms(jem_app_store(p->app)), at, sizeof at);
    if (rc == JEM_OK)
        web_json_answer(p, 200, json_pack("{s:b,s:s}", "ok", 1, "at", at));
    else
        web_json_answer(p, 503, json_pack("{s:b,s:s}", "ok", 0, "error", err.msg));
}

/* ---- villages ---- */

void web_api_village(struct web_page *p)
{
    struct jem_region found[VILLAGES_MAX];
    char within[16];
    const char *text = web_form_text(&p->r->args, "q");
    json_t *list = json_array();
    web_region(p, within);
    size_t n = strlen(text) >= 2 ? jem_region_search(within, text, found, VILLAGES_MAX) : 0;
    for (size_t i = 0; i < n; i++) {
        char name[280];
        struct jem_buf line = JEM_BUF_INIT(320);
        jem_region_full_name(found[i].code, name, sizeof name);
        jem_buf_fmt(&line, "%s (%s)", name, found[i].code);
        json_array_append_new(list, json_string(jem_buf_text(&line)));
        jem_buf_release(&line);
    }
    web_json_answer(p, 200, list);
}
