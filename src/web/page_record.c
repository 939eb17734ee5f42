/* page_record.c - one application: what was entered, its documents page by page, what happened, what differs. */
#include <string.h>

#include "desk.h"
#include "devices.h"
#include "jemput/catalog.h"
#include "jemput/clock.h"
#include "jemput/lookup.h"

#define RECORD_OPEN_MS ((int64_t)2 * 60 * 1000) /* nobody tells that a page was left */

struct record {
    struct web_page *p;
    json_t *o; /* of jem_show */
    const struct jem_service *service;
    const char *number;
    bool open; /* may still change */
};

/* ---- fields ---- */

static void record_field(struct record *t, const char *name)
{
    const char *value = jem_json_str(json_object_get(t->o, "fields"), name, NULL);
    const struct jem_field *field = t->service != NULL ? jem_service_field(t->service, name) : NULL;
    if (value == NULL || *value == '\0')
        return;
    web_html(t->p->b, "<div><dt>%s</dt><dd>", jem_json_str(json_object_get(t->o, "labels"), name, name));
    web_value(t->p->b, field, name, value);
    jem_buf_str(t->p->b, "</dd></div>");
}

static void record_fields(struct record *t)
{
    struct jem_buf *b = t->p->b;
    const char *name;
    const json_t *value;
    web_html(b, "<section class=card aria-labelledby=fieldsh><div class=head><h2 id=fieldsh>%t</h2>", JEM_T_WEB_FIELDS);
    if (t->open)
        web_html(b, "<a href=\"/p/%s/ubah\">%t</a>", t->number, JEM_T_WEB_CORRECT);
    jem_buf_str(b, "</div><dl class=list>");
    record_field(t, "nik");
    record_field(t, "name");
    for (size_t i = 0; t->service != NULL && i < t->service->field_count; i++)
        record_field(t, t->service->fields[i].name);
    json_object_foreach(json_object_get(t->o, "fields"), name, value)
    {
        bool listed = strcmp(name, "nik") == 0 || strcmp(name, "name") == 0 ||
                      (t->service != NULL && jem_service_field(t->service, name) != NULL);
        if (!listed)
            record_field(t, name);
    }
    jem_buf_str(b, "</dl>");
    if (t->p->hq)
        web_desk_reveal(t->p, t->number);
    jem_buf_str(b, "</section>");
}

/* ---- documents ---- */

static bool record_preview_here(struct record *t, int64_t van, int64_t ordinal, unsigned page)
{
    uint64_t number = 0;
    const char *mime;
    struct jem_buf bytes = JEM_BUF_INIT((size_t)4 << 20);
    bool here =
        jem_number_parse(t->number, &number, NULL) == JEM_OK &&
        jem_document_bytes(t->p->app, number, (unsigned)van, (unsigned)ordinal, page, &bytes, &mime, NULL) == JEM_OK;
    jem_buf_release(&bytes);
    return here;
}

static void record_pages(struct record *t, const json_t *item, const char *label)
{
    struct jem_buf *b = t->p->b;
    int64_t van = jem_json_int(item, "van", 0), ordinal = jem_json_int(item, "ordinal", 0);
    int64_t pages = jem_json_int(item, "pages", 0);
    bool have = jem_json_bool(item, "have", false), all_here = jem_json_int(item, "previews", 0) == pages;
    jem_buf_str(b, "<div class=pages>");
    for (int64_t i = 1; i <= pages; i++) {
        if (!all_here && !record_preview_here(t, van, ordinal, (unsigned)i)) {
            web_html(b, "<span class=blank>%t</span>",
                jem_json_bool(item, "previews_at_hq", false)    ? JEM_T_WEB_PREVIEW_AT_HQ
                : jem_json_bool(item, "previews_before", false) ? JEM_T_WEB_PREVIEW_BEFORE
                                                                : JEM_T_WEB_PREVIEW_LATER);
            continue;
        }
        if (have)
            web_html(b, "<a href=\"/p/%s/dok/%l/%l\">", t->number, van, ordinal);
        web_html(b, "<img loading=lazy src=\"/p/%s/dok/%l/%l/%l\" alt=\"%s, %t %l\">", t->number, van, ordinal, i,
            label, JEM_T_WEB_PAGE, i);
        if (have)
            jem_buf_str(b, "</a>");
    }
    jem_buf_str(b, "</div>");
}

static void record_detach(struct record *t, int64_t ordinal)
{
    struct web_page *p = t->p;
    struct jem_buf action = JEM_BUF_INIT(60);
    jem_buf_fmt(&action, "/p/%s/lepas", t->number);
    web_html(p->b, "<details class=small><summary>%t</summary>", JEM_T_WEB_DETACH);
    web_form_begin(p, jem_buf_text(&action), "");
    web_html(p->b,
        "<input type=hidden name=o value=%l><label>%t <input name=reason maxlength=400 required></label><button "
        "class=danger>%t</button></form></details>",
        ordinal, JEM_T_WEB_REASON, JEM_T_WEB_DETACH);
    jem_buf_release(&action);
}

static void record_item(struct record *t, const json_t *item, const char *label)
{
    struct jem_buf *b = t->p->b;
    const char *name = jem_json_str(item, "name", "");
    const char *at = jem_json_str(item, "at", "");
    char size[40];
    web_size_text((uint64_t)jem_json_int(item, "size", 0), size, sizeof size);
    record_pages(t, item, label);
    web_html(b, "<small>%s%s%s%s</small>", name, *name ? " · " : "", size,
        jem_json_bool(item, "have", false) ? "" : " · ");
    if (!jem_json_bool(item, "have", false))
        web_html(b, "<small>%t</small>",
            strcmp(at, "hq") == 0       ? JEM_T_WEB_ORIGINAL_AT_HQ
            : strcmp(at, "before") == 0 ? JEM_T_WEB_ORIGINAL_BEFORE
                                        : JEM_T_WEB_ORIGINAL_LATER);
    if (t->open && jem_json_int(item, "van", -1) == (int64_t)jem_store_writer(jem_app_store(t->p->app)))
        record_detach(t, jem_json_int(item, "ordinal", 0));
}

static void record_attach(struct record *t)
{
    struct web_page *p = t->p;
    struct jem_buf action = JEM_BUF_INIT(60);
    if (!t->open || t->service == NULL)
        return;
    jem_buf_fmt(&action, "/p/%s/dokumen", t->number);
    web_form_begin(p, jem_buf_text(&action), " class=attach enctype=\"multipart/form-data\"");
    web_html(p->b, "<label for=kind>%t</label><select id=kind name=kind>", JEM_T_WEB_ATTACH);
    for (size_t i = 0; i < t->service->requirement_count; i++)
        if (!t->service->requirements[i].shown_only)
            web_html(p->b, "<option value=\"%s\">%s", t->service->requirements[i].kind,
                jem_pair(t->service->requirements[i].label));
    web_html(p->b,
        "<option value=lain>%t</select><input type=file name=file multiple aria-label=\"%t\" "
        "accept=\"image/jpeg,image/png,application/pdf\"><label>%t <input type=file name=photo accept=\"image/*\" "
        "capture=environment></label><button class=second>%t</button></form>",
        JEM_T_LABEL_PAPER_OTHER, JEM_T_WEB_FILES, JEM_T_WEB_PHOTO, JEM_T_WEB_ATTACH_DO);
    jem_buf_release(&action);
}

static void record_documents(struct record *t)
{
    struct jem_buf *b = t->p->b;
    size_t i, j;
    const json_t *group, *item;
    const json_t *missing = json_object_get(t->o, "missing");
    web_html(b, "<section class=card aria-labelledby=docsh><h2 id=docsh>%t</h2>", JEM_T_WEB_DOCUMENTS);
    json_array_foreach(json_object_get(t->o, "documents"), i, group)
    {
        const char *label = jem_json_str(group, "label", "");
        int64_t pages = jem_json_int(group, "pages", 0), arrived = jem_json_int(group, "arrived", 0);
        web_html(b, "<div class=docgroup><h3>%s <small class=\"%s\">", label, arrived < pages ? "wait" : "");
        if (arrived < pages)
            web_html_say(b, JEM_T_WEB_PAGES_ARRIVED, (long long)arrived, (long long)pages);
        else if (pages == 1)
            web_html(b, "%t", JEM_T_WEB_PAGES_ONE);
        else
            web_html_say(b, JEM_T_WEB_PAGES, (long long)pages);
        jem_buf_str(b, "</small></h3>");
        json_array_foreach(json_object_get(group, "items"), j, item)
        {
            record_item(t, item, label);
        }
        jem_buf_str(b, "</div>");
    }
    if (json_array_size(missing) > 0) {
        web_html(b, "<div class=\"note wait\"><b>%t</b><ul>", JEM_T_WEB_MISSING);
        json_array_foreach(missing, i, item)
        {
            web_html(b, "<li>%s", jem_json_str(item, "label", ""));
        }
        jem_buf_str(b, "</ul></div>");
    }
    if (t->open && t->service != NULL)
        web_tray_beside(t->p, t->number, t->service->id, false);
    record_attach(t);
    jem_buf_str(b, "</section>");
}

/* ---- what differs, what happened ---- */

void web_who(struct jem_buf *b, const json_t *it)
{
    char at[64];
    jem_time_human(jem_json_int(it, "at_ms", 0), at, sizeof at);
    web_html(b, " <small>%s, %s ", jem_json_str(it, "actor", ""), at);
    int64_t van = jem_json_int(it, "van", 0);
    if (van > 0)
        web_html(b, "(van %l)", van);
    else
        web_html(b, "(%t)", JEM_T_WEB_HQ);
    jem_buf_str(b, "</small>");
}

static void record_conflicts(struct record *t)
{
    struct jem_buf *b = t->p->b;
    const json_t *conflicts = json_object_get(t->o, "conflicts"), *illegal = json_object_get(t->o, "illegal");
    const json_t *it, *value;
    size_t i, j;
    if (json_array_size(conflicts) + json_array_size(illegal) == 0)
        return;
    web_html(b, "<section class=\"card alert\" aria-labelledby=confh><h2 id=confh>%t</h2><p>%t</p>",
        JEM_T_WEB_CONFLICTS, JEM_T_WEB_CONFLICTS_WHAT);
    json_array_foreach(conflicts, i, it)
    {
        const char *field = jem_json_str(it, "field", "");
        web_html(b, "<h3>%s</h3><ul>", jem_json_str(json_object_get(t->o, "labels"), field, field));
        json_array_foreach(json_object_get(it, "values"), j, value)
        {
            jem_buf_str(b, "<li><b>");
            web_value(b, t->service != NULL ? jem_service_field(t->service, field) : NULL, field,
                jem_json_str(value, "value", ""));
            jem_buf_str(b, "</b>");
            web_who(b, value);
        }
        jem_buf_str(b, "</ul>");
    }
    json_array_foreach(illegal, i, it)
    {
        web_html(b, "<p>%s &rarr; %s", jem_status_label(jem_status_parse(jem_json_str(it, "from", ""))),
            jem_status_label(jem_status_parse(jem_json_str(it, "to", ""))));
        web_who(b, it);
    }
    jem_buf_str(b, "</section>");
}

static void record_others(struct record *t)
{
    struct jem_buf *b = t->p->b;
    const json_t *it, *reason = json_object_get(t->o, "reason"), *linked = json_object_get(t->o, "linked");
    size_t i;
    if (json_is_string(reason) && json_string_length(reason) > 0)
        web_html(b, "<p class=\"note wait\"><b>%t</b> %s</p>", JEM_T_WEB_REASON_GIVEN, json_string_value(reason));
    if (json_is_string(linked))
        web_html(b, "<p class=\"note wait\">%t <a href=\"/p/%s\">%s</a></p>", JEM_T_WEB_LINKED,
            json_string_value(linked), json_string_value(linked));
    json_array_foreach(t->p->hq ? NULL : json_object_get(t->o, "duplicates"), i, it)
    {
        const char *other = jem_json_str(it, "other", "");
        web_html(b, "<p class=\"note wait\">%t <a href=\"/p/%s\">%s</a></p>", JEM_T_WEB_DUPLICATE, other, other);
    }
}

static void record_timeline(struct record *t)
{
    struct jem_buf *b = t->p->b;
    size_t i;
    const json_t *it;
    web_html(b, "<section class=card aria-labelledby=timeh><h2 id=timeh>%t</h2><ol class=timeline>",
        JEM_T_WEB_TIMELINE);
    json_array_foreach(json_object_get(t->o, "timeline"), i, it)
    {
        const char *detail = jem_json_str(it, "detail", ""), *label = jem_json_str(it, "label", "");
        char at[64];
        jem_time_human(jem_json_int(it, "at_ms", 0), at, sizeof at);
        web_html(b, "<li><b>%s</b> <small>%s</small>", label, at);
        if (*detail && strcmp(detail, label) != 0)
            web_html(b, "<p>%s</p>", detail);
    }
    jem_buf_str(b, "</ol></section>");
}

/* ---- paper and withdrawal, beside ---- */

static void record_paper(struct record *t)
{
    struct web_page *p = t->p;
    uint64_t number = 0;
    if (!json_is_string(json_object_get(t->o, "qr")) || jem_number_parse(t->number, &number, NULL) != JEM_OK)
        return;
    web_html(p->b, "<section class=card aria-labelledby=paperh><h2 id=paperh>%t</h2>", JEM_T_WEB_RECEIPT);
    web_paper_box(p, number, false);
    web_html(p->b,
        "<details><summary>%t</summary><img class=receipt loading=lazy src=\"/p/%s/tanda-terima\" alt=\"%t "
        "%s\"></details></section>",
        JEM_T_WEB_RECEIPT_SHOW, t->number, JEM_T_WEB_RECEIPT, t->number);
}

static void record_withdraw(struct record *t)
{
    struct web_page *p = t->p;
    struct jem_buf action = JEM_BUF_INIT(60);
    if (!t->open)
        return;
    jem_buf_fmt(&action, "/p/%s/tarik", t->number);
    web_html(p->b, "<details class=card><summary>%t</summary><p>%t</p>", JEM_T_WEB_WITHDRAW, JEM_T_WEB_WITHDRAW_WHAT);
    web_form_begin(p, jem_buf_text(&action), "");
    web_html(p->b,
        "<label for=wr>%t</label><input id=wr name=reason maxlength=400 required><button "
        "class=danger>%t</button></form>"
        "</details>",
        JEM_T_WEB_REASON, JEM_T_WEB_WITHDRAW);
    jem_buf_release(&action);
}

static void record_head(struct record *t)
{
    struct jem_buf *b = t->p->b;
    char at[64] = "";
    if (jem_json_bool(t->o, "began_here", true))
        jem_time_human(jem_json_int(t->o, "at_ms", 0), at, sizeof at);
    web_html(b, "<div class=head><div><h1><span class=number>%s</span></h1><p class=sub>%s &middot; %s%s%s</p></div>",
        t->number, jem_json_str(t->o, "service_name", ""), jem_json_str(t->o, "agency", ""), *at ? " · " : "", at);
    web_html(b, "<dl class=two><div><dt>%t</dt><dd>", JEM_T_WEB_C_VAN);
    web_badge_van(b, jem_json_str(t->o, "confirmed", ""));
    web_html(b, "</dd></div><div><dt>%t</dt><dd>", JEM_T_WEB_C_HQ);
    web_badge_status(b, jem_json_str(t->o, "status", ""), jem_json_str(t->o, "status_label", ""));
    jem_buf_str(b, "</dd></div></dl></div>");
    const char *promised = jem_json_str(t->o, "promised", "");
    if (*promised)
        web_html(b, "<p class=sub>%t %s</p>", JEM_T_WEB_PROMISED, promised);
    if (jem_json_int(t->o, "excused_hours", 0) > 0) {
        char due[64];
        jem_time_human(jem_json_int(t->o, "due_ms", 0), due, sizeof due);
        web_html(b, "<p class=sub>%t %s (", JEM_T_WEB_DUE, due);
        web_html_say(b, JEM_T_WEB_EXCUSED, (int)jem_json_int(t->o, "excused_hours", 0));
        jem_buf_str(b, ")</p>");
    }
}

/* Two clerks at one application know of each other. */
static void record_together(struct record *t, uint64_t number)
{
    struct web_page *p = t->p;
    struct jem_buf others = JEM_BUF_INIT(1000);
    web_presence_note(&p->office->presence, number, p->session, jem_app_user(p->app), RECORD_OPEN_MS);
    web_presence_others(&p->office->presence, number, p->session, &others);
    if (others.len > 0) {
        jem_buf_str(p->b, "<p class=\"note wait\" role=status>");
        web_html_say(p->b, JEM_T_WEB_TOGETHER_OPEN, jem_buf_text(&others));
        jem_buf_str(p->b, "</p>");
    }
    jem_buf_release(&others);
}

static bool record_may_change(const char *status)
{
    static const char *const closed[] = { "handed_over", "rejected", "withdrawn", "linked" };
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        if (strcmp(closed[i], status) == 0)
            return false;
    return true;
}

static void record_elsewhere(struct web_page *p, const json_t *o)
{
    const char *number = jem_json_str(o, "number", "");
    web_page_begin(p, WEB_NAV_LIST, number, false);
    web_html(p->b, "<h1>%s</h1><section class=card><h2>%t</h2>", number, JEM_T_WEB_ELSEWHERE);
    web_elsewhere(p, o);
    if (record_may_change(jem_json_str(o, "status", "")))
        web_continue_form(p, number, "");
    jem_buf_str(p->b, "</section>");
    web_page_end(p);
}

void web_page_record(struct web_page *p, uint64_t number)
{
    struct jem_error err = { .code = JEM_OK };
    struct record t = { .p = p };
    const struct jem_catalog *catalog = NULL;
    enum jem_code rc = jem_show(p->app, number, &t.o, &err);
    if (rc == JEM_ENOTFOUND && (rc = jem_elsewhere(p->app, number, &t.o, &err)) == JEM_OK) {
        record_elsewhere(p, t.o);
        json_decref(t.o);
        return;
    }
    if (rc != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    if (jem_app_catalog(p->app, &catalog, NULL) == JEM_OK)
        t.service = jem_catalog_find(catalog, jem_json_str(t.o, "service", ""));
    t.number = jem_json_str(t.o, "number", "");
    t.open = record_may_change(jem_json_str(t.o, "status", ""));
    p->devices = !p->hq;
    web_page_begin(p, WEB_NAV_LIST, t.number, false);
    record_head(&t);
    if (!jem_json_bool(t.o, "began_here", true))
        web_html(p->b, "<p class=note>%t</p>", JEM_T_WEB_GONE_ON);
    record_others(&t);
    if (p->hq) {
        record_together(&t, number);
        web_desk_rulings(p, t.o, t.service);
    } else {
        record_conflicts(&t);
    }
    jem_buf_str(p->b, "<div class=columns><div>");
    if (p->hq)
        web_desk_view(p, t.o);
    else
        record_fields(&t);
    record_documents(&t);
    jem_buf_str(p->b, "</div><div>");
    if (p->hq)
        record_fields(&t);
    record_paper(&t);
    record_timeline(&t);
    record_withdraw(&t);
    jem_buf_str(p->b, "</div></div>");
    if (t.open && t.service != NULL)
        web_tray_form(p, t.number, t.service->id);
    web_page_end(p);
    json_decref(t.o);
}
