/* page_known.c - what need not be typed: from the digits of a NIK, and from earlier applications of the person. The same for a
 * browser without scripts (a button) and for the script (an answer that it puts into the form). */
#include <string.h>

#include "apply.h"

/* ---- without the script: into the form ---- */

static void known_into(struct web_entry *e, const json_t *values, const char *source)
{
    for (void *at = json_object_iter((json_t *)(uintptr_t)values); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)values, at))
        web_entry_fill(e, json_object_iter_key(at), json_string_value(json_object_iter_value(at)), source);
}

static void known_source(const json_t *known, struct jem_buf *out)
{
    jem_buf_fmt(out, "earlier:%s", jem_json_str(known, "number", ""));
}

static void known_fill(struct apply *t, const char *field, bool person)
{
    struct jem_error err = { .code = JEM_OK };
    const char *nik = jem_json_str(t->e.values, field, "");
    json_t *known = NULL;
    if (*nik == '\0' || jem_known(t->p->app, t->e.service->id, field, nik, &known, &err) != JEM_OK)
        return;
    struct jem_buf source = JEM_BUF_INIT(60);
    known_source(known, &source);
    if (person)
        known_into(&t->e, json_object_get(known, "person"), jem_buf_text(&source));
    known_into(&t->e, json_object_get(known, "values"), "nik");
    jem_buf_release(&source);
    json_decref(known);
}

void apply_fill(struct apply *t, bool person)
{
    known_fill(t, "nik", person);
    for (size_t i = 0; i < t->e.service->field_count; i++)
        if (t->e.service->fields[i].type == JEM_FIELD_NIK)
            known_fill(t, t->e.service->fields[i].name, person);
}

/* ---- what is shown ---- */

/* "Kartu Keluarga, 2026-05-12: Diterima" */
static void known_row(const json_t *row, struct jem_buf *out)
{
    jem_buf_fmt(out, "%s, %s: %s", jem_json_str(row, "service_name", ""), jem_json_str(row, "day", ""),
        jem_json_str(row, "status_label", ""));
}

/* What the earlier applications say that the form does not yet. */
static size_t known_offers(const struct web_entry *e, const json_t *known)
{
    size_t n = 0;
    const json_t *person = json_object_get(known, "person");
    for (void *at = json_object_iter((json_t *)(uintptr_t)person); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)person, at))
        n += *jem_json_str(e->values, json_object_iter_key(at), "") == '\0';
    return n;
}

void apply_known(struct web_page *p, const struct web_entry *e)
{
    struct jem_buf *b = p->b;
    json_t *known = NULL;
    const json_t *row;
    size_t i;
    const char *nik = jem_json_str(e->values, "nik", "");
    if (*nik && jem_known(p->app, e->service->id, "nik", nik, &known, NULL) != JEM_OK)
        known = NULL;
    const json_t *rows = json_object_get(known, "earlier");
    web_html(b, "<div class=\"known wide\" id=known role=status><p class=place>%s</p>",
        jem_json_str(known, "district", ""));
    web_html(b, "<div class=earlier%s><b>%t</b><ul>", json_array_size(rows) > 0 ? "" : " hidden", JEM_T_WEB_KNOWN);
    json_array_foreach(rows, i, row)
    {
        struct jem_buf text = JEM_BUF_INIT(1000);
        const char *number = jem_json_str(row, "number", "");
        known_row(row, &text);
        web_html(b, "<li><a href=\"/p/%s\" target=_blank rel=noopener>%s</a> %s", number, number, jem_buf_text(&text));
        jem_buf_release(&text);
    }
    jem_buf_str(b, "</ul></div>");
    bool offers = known == NULL || known_offers(e, known) > 0;
    web_html(b, "<button class=second name=act value=fill data-fill%s>%t <kbd>F4</kbd></button></div>",
        offers ? "" : " hidden", JEM_T_WEB_FILL);
    json_decref(known);
}

/* ---- for the script ---- */

static json_t *known_values(const struct jem_service *service, const json_t *values, const char *source)
{
    json_t *list = json_array();
    for (void *at = json_object_iter((json_t *)(uintptr_t)values); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)values, at)) {
        const char *name = json_object_iter_key(at), *value = json_string_value(json_object_iter_value(at));
        const struct jem_field *field = jem_service_field(service, name);
        enum jem_field_type type = field != NULL ? field->type : JEM_FIELD_TEXT;
        struct jem_buf shown = JEM_BUF_INIT(4096), mark = JEM_BUF_INIT(4200), says = JEM_BUF_INIT(400);
        web_entry_shown(type, value, &shown);
        jem_buf_fmt(&mark, "%s=%s", source, type == JEM_FIELD_VILLAGE ? value : jem_buf_text(&shown));
        web_mark_text(jem_buf_text(&mark), &says);
        json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s}", "f", name, "v", jem_buf_text(&shown), "m",
                                        jem_buf_text(&mark), "n", jem_buf_text(&says)));
        jem_buf_release(&shown);
        jem_buf_release(&mark);
        jem_buf_release(&says);
    }
    return list;
}

static json_t *known_rows(const json_t *known)
{
    json_t *list = json_array();
    const json_t *row;
    size_t i;
    json_array_foreach(json_object_get(known, "earlier"), i, row)
    {
        struct jem_buf text = JEM_BUF_INIT(1000);
        known_row(row, &text);
        json_array_append_new(list,
            json_pack("{s:s,s:s}", "number", jem_json_str(row, "number", ""), "t", jem_buf_text(&text)));
        jem_buf_release(&text);
    }
    return list;
}

/* POST: a NIK stands in no address. */
void web_api_known(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct jem_catalog *catalog = NULL;
    const struct web_form *form = &p->r->form;
    const char *id = web_form_text(form, "service");
    json_t *known = NULL;
    enum jem_code rc = jem_known(p->app, id, web_form_text(form, "field"), web_form_text(form, "nik"), &known, &err);
    if (rc == JEM_OK)
        rc = jem_app_catalog(p->app, &catalog, &err);
    if (rc != JEM_OK) {
        web_json_answer(p, 200, json_pack("{s:b,s:s}", "ok", 0, "t", err.msg));
        return;
    }
    const struct jem_service *service = jem_catalog_find(catalog, id);
    struct jem_buf source = JEM_BUF_INIT(60);
    known_source(known, &source);
    web_json_answer(p, 200,
        json_pack("{s:b,s:s,s:o,s:o,s:o}", "ok", 1, "place", jem_json_str(known, "district", ""), "fill",
            known_values(service, json_object_get(known, "values"), "nik"), "offer",
            known_values(service, json_object_get(known, "person"), jem_buf_text(&source)), "rows", known_rows(known)));
    jem_buf_release(&source);
    json_decref(known);
}
