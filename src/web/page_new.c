/* page_new.c - before the form: which service. And villages by their names, for the form's script. */
#include <string.h>

#include "entry.h"
#include "jemput/draft.h"
#include "jemput/region.h"

#define VILLAGES_MAX 20

/* ---- services ---- */

static void service_item(struct jem_buf *b, const struct jem_service *s)
{
    web_html(b, "<li><a href=\"/baru/%u\"><b>%s</b><small>%s</small></a>", s->id, jem_pair(s->name),
        jem_pair(s->agency_name));
}

/* Those that this officer recorded most come first, so that their keys are 1, 2, 3. */
static void services_list(struct web_page *p, const struct jem_catalog *catalog, const json_t *often)
{
    size_t i;
    const json_t *id;
    json_array_foreach(often, i, id)
    {
        const struct jem_service *s = jem_catalog_find(catalog, json_string_value(id));
        if (s != NULL && !s->retired)
            service_item(p->b, s);
    }
    for (i = 0; i < jem_catalog_count(catalog); i++) {
        const struct jem_service *s = jem_catalog_at(catalog, i);
        bool first = s->retired;
        for (size_t j = 0; j < json_array_size(often); j++)
            first = first || strcmp(json_string_value(json_array_get(often, j)), s->id) == 0;
        if (!first)
            service_item(p->b, s);
    }
}

void web_page_services(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct jem_catalog *catalog = NULL;
    json_t *habits = NULL;
    if (jem_app_catalog(p->app, &catalog, &err) != JEM_OK || jem_habits(p->app, &habits, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    struct jem_buf *b = p->b;
    web_page_begin(p, WEB_NAV_NEW, jem_text(JEM_T_WEB_NEW), false);
    web_html(b,
        "<h1>%t</h1><div class=pick hidden><label for=pick>%t</label><input id=pick autocomplete=off spellcheck=false "
        "aria-describedby=pickh><small id=pickh>%t</small></div><ul class=services id=services>",
        JEM_T_WEB_NEW, JEM_T_WEB_PICK, JEM_T_WEB_PICK_HINT);
    services_list(p, catalog, json_object_get(habits, "services"));
    web_html(b, "</ul><p class=empty id=pick0 hidden role=status>%t</p>", JEM_T_WEB_PICK_NONE);
    web_prepared_ask(p);
    web_page_end(p);
    json_decref(habits);
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
