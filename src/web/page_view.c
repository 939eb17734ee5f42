/* page_view.c - headquarters: the scanned pages of an application beside its fields, one at a time.
 *
 * /p/NUMBER?d=N&z=Z&r=R: page N of all (from 1), enlarged in Z steps, turned R quarters. Every move is a link, so that it works
 * without the script, and by its key with it. */
#include <string.h>

#include "desk.h"
#include "jemput/clock.h"
#include "jemput/law.h"
#include "jemput/lookup.h"
#include "jemput/number.h"

#define VIEW_ZOOM_MAX 4

struct view {
    struct web_page *p;
    const json_t *o; /* of jem_show */
    json_t *pages;   /* [{"label","n","of","van","ordinal","page": of the preview, 0 the original,"here","why"}] */
    const char *list;
    int64_t at, zoom, turn; /* at: from 0 */
};

static enum jem_text view_why(const json_t *item)
{
    return jem_json_bool(item, "previews_at_hq", false)    ? JEM_T_WEB_PREVIEW_AT_HQ
           : jem_json_bool(item, "previews_before", false) ? JEM_T_WEB_PREVIEW_BEFORE
                                                           : JEM_T_WEB_PREVIEW_LATER;
}

static bool view_is_here(const struct view *v, const json_t *item, int64_t page)
{
    uint64_t number = 0;
    const char *mime;
    struct jem_buf bytes = JEM_BUF_INIT((size_t)60 << 20);
    if (page > 0 && jem_json_int(item, "previews", 0) == jem_json_int(item, "pages", 0))
        return true;
    bool here = jem_number_parse(jem_json_str(v->o, "number", ""), &number, NULL) == JEM_OK &&
                jem_document_bytes(v->p->app, number, (unsigned)jem_json_int(item, "van", 0),
                    (unsigned)jem_json_int(item, "ordinal", 0), (unsigned)page, &bytes, &mime, NULL) == JEM_OK;
    jem_buf_release(&bytes);
    return here;
}

/* A picture of one page is shown as it was scanned; of a PDF and of what has not come whole, the preview. */
static void view_item(struct view *v, const json_t *group, const json_t *item)
{
    int64_t pages = jem_json_int(item, "pages", 0);
    bool picture =
        pages == 1 && jem_json_bool(item, "have", false) && strncmp(jem_json_str(item, "mime", ""), "image/", 6) == 0;
    for (int64_t n = 1; n <= pages; n++) {
        int64_t page = picture ? 0 : n;
        bool here = picture || view_is_here(v, item, n);
        json_array_append_new(v->pages,
            json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:b,s:s}", "label", jem_json_str(group, "label", ""), "n",
                (json_int_t)n, "of", (json_int_t)pages, "van", (json_int_t)jem_json_int(item, "van", 0), "ordinal",
                (json_int_t)jem_json_int(item, "ordinal", 0), "page", (json_int_t)page, "here", (int)here, "why",
                here ? "" : jem_text(view_why(item))));
    }
}

static void view_collect(struct view *v)
{
    size_t i, j;
    const json_t *group, *item;
    json_array_foreach(json_object_get(v->o, "documents"), i, group)
    {
        json_array_foreach(json_object_get(group, "items"), j, item)
        {
            view_item(v, group, item);
        }
    }
}

/* A link to another page, size or turn; key: that presses it. Where there is nothing to go to, a text. */
static void view_move(struct view *v, int64_t at, int64_t zoom, int64_t turn, const char *key, enum jem_text text)
{
    bool may = at >= 0 && at < (int64_t)json_array_size(v->pages) && zoom >= 0 && zoom <= VIEW_ZOOM_MAX;
    if (may)
        web_html(v->p->b, "<a data-key=\"%s\" href=\"/p/%s?k=%u&amp;d=%l&amp;z=%l&amp;r=%l#lembar\">", key,
            jem_json_str(v->o, "number", ""), v->list, at + 1, zoom, turn);
    web_html(v->p->b, "%t <kbd>%s</kbd>%s ", text, key, may ? "</a>" : "");
}

static void view_tools(struct view *v)
{
    jem_buf_str(v->p->b, "<p class=tools>");
    view_move(v, v->at - 1, v->zoom, 0, "[", JEM_T_WEB_VIEW_BEFORE);
    view_move(v, v->at + 1, v->zoom, 0, "]", JEM_T_WEB_VIEW_NEXT);
    view_move(v, v->at, v->zoom + 1, v->turn, "+", JEM_T_WEB_VIEW_LARGER);
    view_move(v, v->at, v->zoom - 1, v->turn, "-", JEM_T_WEB_VIEW_SMALLER);
    view_move(v, v->at, v->zoom, (v->turn + 1) % 4, "g", JEM_T_WEB_VIEW_TURN);
    jem_buf_str(v->p->b, "</p>");
}

static void view_name(struct view *v, const json_t *page)
{
    web_html(v->p->b, "%s", jem_json_str(page, "label", ""));
    if (jem_json_int(page, "of", 1) > 1)
        web_html(v->p->b, ", %t %l/%l", JEM_T_WEB_PAGE, jem_json_int(page, "n", 1), jem_json_int(page, "of", 1));
}

static void view_picture(struct view *v, const json_t *page)
{
    struct jem_buf *b = v->p->b;
    const char *number = jem_json_str(v->o, "number", "");
    if (!jem_json_bool(page, "here", false)) {
        web_html(b, "<p class=\"note wait\">%s</p>", jem_json_str(page, "why", ""));
        return;
    }
    web_html(b, "<div class=pane tabindex=0 role=region aria-label=\"%t\"><img class=\"z%l r%l\" alt=\"",
        JEM_T_WEB_VIEW, v->zoom, v->turn);
    view_name(v, page);
    web_html(b, "\" src=\"/p/%s/dok/%l/%l", number, jem_json_int(page, "van", 0), jem_json_int(page, "ordinal", 0));
    if (jem_json_int(page, "page", 0) > 0)
        web_html(b, "/%l", jem_json_int(page, "page", 0));
    jem_buf_str(b, "\"></div>");
}

/* All pages by name, those that are missing too; what was never handed in stands after them. */
static void view_list(struct view *v)
{
    struct jem_buf *b = v->p->b;
    size_t i;
    const json_t *page, *it;
    jem_buf_str(b, "<ol class=sheetlist>");
    json_array_foreach(v->pages, i, page)
    {
        web_html(b, "<li><a href=\"/p/%s?k=%u&amp;d=%d&amp;z=%l#lembar\"%s>", jem_json_str(v->o, "number", ""), v->list,
            (int)i + 1, v->zoom, (int64_t)i == v->at ? " aria-current=page" : "");
        view_name(v, page);
        jem_buf_str(b, "</a>");
        if (!jem_json_bool(page, "here", false))
            web_html(b, " <small class=wait>%s</small>", jem_json_str(page, "why", ""));
    }
    jem_buf_str(b, "</ol>");
    if (json_array_size(json_object_get(v->o, "missing")) > 0)
        web_html(b, "<p class=\"note wait\"><b>%t</b>", JEM_T_WEB_MISSING);
    json_array_foreach(json_object_get(v->o, "missing"), i, it)
    {
        web_html(b, "%s %s", i > 0 ? ";" : "", jem_json_str(it, "label", ""));
    }
    if (json_array_size(json_object_get(v->o, "missing")) > 0)
        jem_buf_str(b, "</p>");
}

void web_desk_view(struct web_page *p, const json_t *o)
{
    const struct web_form *f = &p->r->args;
    struct view v = { .p = p, .o = o, .pages = json_array(), .list = web_form_text(f, "k") };
    view_collect(&v);
    int64_t count = (int64_t)json_array_size(v.pages);
    v.at = web_form_number(f, "d", 1) - 1;
    v.zoom = web_form_number(f, "z", 0);
    v.turn = web_form_number(f, "r", 0);
    v.at = v.at < 0 || v.at >= count ? 0 : v.at;
    v.zoom = v.zoom < 0 || v.zoom > VIEW_ZOOM_MAX ? 0 : v.zoom;
    v.turn = v.turn < 0 || v.turn > 3 ? 0 : v.turn;
    const json_t *page = json_array_get(v.pages, (size_t)v.at);
    if (page != NULL) {
        web_html(p->b, "<section class=\"card view\" id=lembar aria-labelledby=lembarh><h2 id=lembarh>");
        view_name(&v, page);
        web_html(p->b, " <small>%t %l/%l</small></h2>", JEM_T_WEB_VIEW_SHEET, v.at + 1, count);
        view_tools(&v);
        view_picture(&v, page);
        view_list(&v);
        jem_buf_str(p->b, "</section>");
    }
    json_decref(v.pages);
}

/* ---- numbers of persons, whole ---- */

void web_desk_reveal(struct web_page *p, const char *number)
{
    struct jem_buf action = JEM_BUF_INIT(60);
    jem_buf_fmt(&action, "/p/%s/buka", number);
    web_html(p->b, "<details class=small><summary>%t</summary>", JEM_T_WEB_REVEAL);
    web_form_begin(p, jem_buf_text(&action), "");
    web_html(p->b,
        "<label>%t <input name=reason maxlength=400 required autocomplete=off></label><small>%t</small><button "
        "class=second>%t</button></form></details>",
        JEM_T_WEB_REASON, JEM_T_WEB_REVEAL_ABOUT, JEM_T_WEB_REVEAL);
    if (web_manager(p))
        web_html(p->b, "<p><a href=\"/data-pribadi/hapus?n=%s\">%t</a></p>", number, JEM_T_WEB_LAW_ERASE_LINK);
    jem_buf_release(&action);
}

void web_page_reveal(struct web_page *p, uint64_t number)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL, *value;
    const char *name, *text;
    if (jem_law_reveal(p->app, number, web_form_text(&p->r->form, "reason"), &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    text = jem_json_str(o, "number", "");
    web_page_begin(p, WEB_NAV_DESK, text, false);
    web_html(p->b, "<h1 class=number>%s</h1><p class=note>%t</p><dl class=\"list card\">", text, JEM_T_WEB_REVEAL_DONE);
    json_object_foreach(json_object_get(o, "fields"), name, value)
    {
        web_html(p->b, "<div><dt>%s</dt><dd class=digits>%s</dd></div>", name, json_string_value(value));
    }
    web_html(p->b, "</dl><p><a data-back href=\"/p/%s\">%t</a></p>", text, JEM_T_WEB_BACK_RECORD);
    web_page_end(p);
    json_decref(o);
}
