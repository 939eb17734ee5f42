/* page_catalog_edit.c - headquarters: one service of the catalogue, a part at a time.
 *
 *   /katalog?s=ID            the service          &b=PART[&i=ITEM]   the form of a part, or of an item of it
 *   POST /katalog/ubah       keeps it as a draft, or shows the form again: with its faults, or with what another admin did meanwhile
 *   POST /katalog/urut       moves an item or takes it out        POST /katalog/layanan   retire, take back, drop or keep the draft
 *   /katalog/contoh?s=ID     the officer's form and the receipt as they would be; contoh.png the receipt's picture */
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "desk.h"
#include "entry.h"
#include "jemput/catalog_edit.h"
#include "jemput/clock.h"

#define EDIT_WIDTH_MM 80
#define EDIT_PATH_MAX 80

void web_page_catalog_service(struct web_page *p, const char *id);

void web_catalog_back(struct web_page *p, const char *id, const char *done, const char *part)
{
    struct jem_buf to = JEM_BUF_INIT(300);
    jem_buf_str(&to, "/katalog?s=");
    web_url_text(&to, id);
    if (*done)
        jem_buf_fmt(&to, "&d=%s", done);
    if (*part)
        jem_buf_fmt(&to, "#b-%s", part);
    web_answer_redirect(p->a, jem_buf_text(&to));
    jem_buf_release(&to);
}

/* ---- the service ---- */

static void service_hidden(struct web_page *p, const json_t *o)
{
    web_html(p->b, "<input type=hidden name=s value=\"%s\"><input type=hidden name=rev value=%l>",
        jem_json_str(o, "id", ""), jem_json_int(o, "rev", 0));
}

static void service_act(struct web_page *p, const json_t *o, const char *act, const char *class, enum jem_text text)
{
    web_form_begin(p, "/katalog/layanan", " class=inline");
    service_hidden(p, o);
    web_html(p->b, "<input type=hidden name=act value=%s><button class=%s>%t</button></form> ", act, class, text);
}

static void service_faults(struct web_page *p, const json_t *o)
{
    struct jem_buf *b = p->b;
    const json_t *faults = json_object_get(o, "faults"), *it;
    size_t i;
    if (json_array_size(faults) == 0)
        return;
    web_html(b, "<div class=\"summary bad\"><h2>%t</h2><ul>", JEM_T_WEB_CATALOG_MEND);
    json_array_foreach(faults, i, it)
    {
        web_html(b, "<li><a href=\"/katalog?s=%u&amp;b=%u&amp;i=%u\"><span class=mono>%s</span>: %s</a>",
            jem_json_str(o, "id", ""), jem_json_str(it, "part", ""), jem_json_str(it, "item", ""),
            jem_json_str(it, "path", ""), jem_json_str(it, "text", ""));
    }
    jem_buf_str(b, "</ul></div>");
}

static void item_button(struct web_page *p, const json_t *o, const struct jem_edit_part *part, const char *item,
    const char *by, const char *sign, enum jem_text text)
{
    web_form_begin(p, "/katalog/urut", " class=inline");
    service_hidden(p, o);
    web_html(p->b,
        "<input type=hidden name=b value=%s><input type=hidden name=i value=\"%s\"><button class=plain name=by "
        "value=%s>%s<span class=hide> %t %s</span></button></form> ",
        part->name, item, by, sign, text, item);
}

/* One line an item: what it is called, edited, moved, taken out. */
static void service_items(struct web_page *p, const json_t *o, const struct jem_edit_part *part)
{
    struct jem_buf *b = p->b;
    const json_t *list = json_object_get(json_object_get(o, "service"), part->list), *it;
    size_t i, n = json_array_size(list);
    const char *id = jem_json_str(o, "id", ""), *lang = jem_lang_get() == JEM_LANG_EN ? "en" : "id";
    bool agencies = strcmp(part->name, "agencies") == 0;
    const char *label = agencies ? "name" : "label";
    web_html(b, "<ol class=items>");
    json_array_foreach(list, i, it)
    {
        const char *item = jem_json_str(it, part->key, "");
        web_html(b, "<li><a href=\"/katalog?s=%u&amp;b=%s&amp;i=%u\">%s</a> <small class=mono>%s</small> ", id,
            part->name, item, jem_json_str(json_object_get(it, label), lang, item), item);
        if (jem_json_bool(it, "required", false))
            web_html(b, "<span class=badge>%t</span> ", JEM_T_WEB_NEEDED);
        if (i > 0)
            item_button(p, o, part, item, "-1", "\xe2\x86\x91", JEM_T_WEB_CATALOG_UP);
        if (i + 1 < n)
            item_button(p, o, part, item, "1", "\xe2\x86\x93", JEM_T_WEB_CATALOG_DOWN);
        item_button(p, o, part, item, "0", "\xe2\x9c\x95", JEM_T_WEB_CATALOG_REMOVE);
    }
    web_html(b, "</ol><p><a class=\"button second\" href=\"/katalog?s=%u&amp;b=%s\">%t</a></p>", id, part->name,
        agencies                                  ? JEM_T_WEB_CATALOG_ADD_AGENCY
        : strcmp(part->name, "requirements") == 0 ? JEM_T_WEB_CATALOG_ADD_DOC
                                                  : JEM_T_WEB_CATALOG_ADD_FIELD);
}

/* The short parts as they stand. */
static void service_facts(struct web_page *p, const json_t *o, const struct jem_edit_part *part)
{
    struct jem_buf *b = p->b;
    const char *lang = jem_lang_get() == JEM_LANG_EN ? "en" : "id";
    json_t *values = jem_edit_values(part, json_object_get(o, "service"), NULL);
    jem_buf_str(b, "<dl class=list>");
    for (const struct jem_edit_input *in = part->inputs; in->kind != JEM_EDIT_END; in++) {
        char path[EDIT_PATH_MAX];
        (void)snprintf(path, sizeof path, "%s%s%s", in->path, in->kind == JEM_EDIT_PAIR ? "." : "",
            in->kind == JEM_EDIT_PAIR ? lang : "");
        const char *value = jem_json_str(values, path, "");
        if (*value)
            web_html(b, "<div><dt>%t</dt><dd>%s</dd></div>", in->label, value);
    }
    jem_buf_str(b, "</dl>");
    json_decref(values);
}

static void service_part(struct web_page *p, const json_t *o, const struct jem_edit_part *part)
{
    struct jem_buf *b = p->b;
    web_html(b, "<section class=card id=b-%s aria-labelledby=h-%s><div class=head><h2 id=h-%s>%t</h2>", part->name,
        part->name, part->name, part->label);
    if (part->list == NULL)
        web_html(b, "<a class=\"button second\" href=\"/katalog?s=%u&amp;b=%s\">%t<span class=hide> %t</span></a>",
            jem_json_str(o, "id", ""), part->name, JEM_T_WEB_CATALOG_EDIT, part->label);
    jem_buf_str(b, "</div>");
    if (part->list != NULL)
        service_items(p, o, part);
    else if (strcmp(part->name, "standard") == 0)
        web_html(b, "<p>%t</p>", JEM_T_WEB_CATALOG_STANDARD_ABOUT);
    else
        service_facts(p, o, part);
    jem_buf_str(b, "</section>");
}

static bool service_common(const json_t *o)
{
    return strcmp(jem_json_str(o, "id", ""), JEM_EDIT_COMMON) == 0;
}

/* What it is called on the pages; borrowed. */
static const char *service_name(const json_t *o)
{
    return service_common(o) ? jem_text(JEM_T_EDIT_COMMON)
                             : jem_json_str(json_object_get(json_object_get(o, "service"), "name"),
                                   jem_lang_get() == JEM_LANG_EN ? "en" : "id", jem_json_str(o, "id", ""));
}

static void service_draft(struct web_page *p, const json_t *o)
{
    struct jem_buf *b = p->b;
    char at[64];
    bool draft = strcmp(jem_json_str(o, "state", ""), "published") != 0;
    bool retired = jem_json_bool(json_object_get(o, "service"), "retired", false);
    if (jem_json_bool(o, "behind", false)) {
        web_html(b, "<div class=\"note wait\" role=alert><p>%t</p>", JEM_T_WEB_CATALOG_BEHIND_ABOUT);
        service_act(p, o, "keep", "second", JEM_T_WEB_CATALOG_KEEP);
        service_act(p, o, "drop", "danger", JEM_T_WEB_CATALOG_DROP);
        jem_buf_str(b, "</div>");
    }
    if (draft) {
        jem_time_human(jem_json_int(o, "at_ms", 0), at, sizeof at);
        web_html(b, "<section class=card aria-labelledby=dh><h2 id=dh>%t</h2><p>%s &middot; %s</p>",
            JEM_T_WEB_CATALOG_DRAFT, jem_json_str(o, "officer", ""), at);
        web_catalog_changes(b, json_object_get(o, "changes"));
        service_act(p, o, "drop", "danger", JEM_T_WEB_CATALOG_DROP);
        jem_buf_str(b, "</section>");
    }
    if (service_common(o))
        return;
    web_html(b, "<section class=card aria-labelledby=rh><h2 id=rh>%t</h2><p>%t</p>", JEM_T_WEB_CATALOG_RETIRE,
        JEM_T_WEB_CATALOG_RETIRE_ABOUT);
    service_act(p, o, retired ? "again" : "retire", "second",
        retired ? JEM_T_WEB_CATALOG_AGAIN : JEM_T_WEB_CATALOG_RETIRE);
    jem_buf_str(b, "</section>");
}

static void service_page(struct web_page *p, const json_t *o)
{
    struct jem_buf *b = p->b;
    const json_t *service = json_object_get(o, "service");
    const char *id = jem_json_str(o, "id", ""), *name = service_name(o);
    bool common = service_common(o);
    web_page_begin(p, WEB_NAV_CATALOG, name, false);
    web_html(b, "<div class=head><div><h1>%s</h1><p class=sub>", name);
    if (!common)
        web_html(b, "<span class=mono>%s &middot; %l</span> ", id, jem_json_int(service, "code", 0));
    json_t *row = json_pack("{s:O,s:b,s:O}", "state", json_object_get(o, "state"), "retired",
        (int)jem_json_bool(service, "retired", false), "behind", json_object_get(o, "behind"));
    web_catalog_badges(b, row);
    json_decref(row);
    web_html(b, "</p></div><p><a href=\"/katalog\">%t</a>", JEM_T_WEB_CATALOG);
    if (!common)
        web_html(b, " <a class=\"button second\" href=\"/katalog/contoh?s=%u\">%t</a>", id, JEM_T_WEB_CATALOG_PREVIEW);
    jem_buf_str(b, "</p></div>");
    if (common)
        web_html(b, "<p>%t</p>", JEM_T_WEB_CATALOG_COMMON_ABOUT);
    if (*web_form_text(&p->r->args, "d"))
        web_html(b, "<p class=\"note ok\" role=status>%t</p>", JEM_T_WEB_CATALOG_KEPT);
    service_faults(p, o);
    for (const struct jem_edit_part *part = jem_edit_parts; part->name != NULL; part++)
        if (part->common == common)
            service_part(p, o, part);
    service_draft(p, o);
    web_page_end(p);
}

/* ---- the form of a part ---- */

struct part_form {
    struct web_page *p;
    const json_t *o; /* of jem_edit_get */
    const struct jem_edit_part *part;
    const char *item;
    json_t *values;         /* {path: text} as typed or as it stands */
    json_t *was;            /* {path: text} as the editor sees it: goes with the form */
    int64_t rev;            /* of that */
    const json_t *faults;   /* [{"path","text"}] or NULL */
    const json_t *conflict; /* what another admin did, or NULL */
};

/* The first fault of an input: at its path, or also below. */
static const char *part_fault(const struct part_form *f, const char *path, bool only_there)
{
    size_t i, n = strlen(path);
    const json_t *it;
    json_array_foreach(f->faults, i, it)
    {
        const char *at = jem_json_str(it, "path", "");
        if (strncmp(at, path, n) == 0 && (at[n] == '\0' || (!only_there && strchr(".[", at[n]) != NULL)))
            return jem_json_str(it, "text", "");
    }
    return NULL;
}

static void part_attributes(struct jem_buf *b, const char *path, const char *fault, bool hint, bool needed)
{
    web_html(b, " id=\"v-%s\" name=\"v.%s\"%s", path, path, needed ? " required" : "");
    if (fault != NULL || hint)
        web_html(b, " aria-describedby=\"%s%s%s%s%s\"", hint ? "h-" : "", hint ? path : "",
            fault != NULL && hint ? " " : "", fault != NULL ? "e-" : "", fault != NULL ? path : "");
    if (fault != NULL)
        jem_buf_str(b, " aria-invalid=true");
}

static void part_notes(struct jem_buf *b, const struct jem_edit_input *in, const char *path, const char *fault)
{
    if (in->hint != JEM_T_NONE)
        web_html(b, "<small id=\"h-%s\">%t</small>", path, in->hint);
    if (fault != NULL)
        web_html(b, "<p class=\"fault bad\" id=\"e-%s\">%s</p>", path, fault);
}

static void part_label(struct jem_buf *b, const struct jem_edit_input *in, const char *path, const char *lang)
{
    web_html(b, "<div class=field><label for=\"v-%s\">%t", path, in->label);
    if (lang != NULL)
        web_html(b, " <span>(%s)</span>", lang);
    if (!in->needed)
        web_html(b, " <span>%t</span>", JEM_T_WEB_OPTIONAL);
    jem_buf_str(b, "</label>");
}

static void part_pair(const struct part_form *f, const struct jem_edit_input *in)
{
    static const char *const langs[] = { "id", "en" }, *const names[] = { "Indonesia", "English" };
    struct jem_buf *b = f->p->b;
    for (size_t i = 0; i < 2; i++) {
        char path[EDIT_PATH_MAX];
        (void)snprintf(path, sizeof path, "%s.%s", in->path, langs[i]);
        const char *fault = part_fault(f, path, true), *value = jem_json_str(f->values, path, "");
        if (fault == NULL && i == 0) /* of the pair itself */
            fault = part_fault(f, in->path, true);
        part_label(b, in, path, names[i]);
        if (in->kind == JEM_EDIT_TEXTS) {
            web_html(b, "<textarea rows=4 lang=%s", langs[i]);
            part_attributes(b, path, fault, in->hint != JEM_T_NONE, in->needed);
            web_html(b, ">\n%s</textarea>", value);
        } else {
            web_html(b, "<input lang=%s value=\"%s\"", langs[i], value);
            part_attributes(b, path, fault, in->hint != JEM_T_NONE, in->needed);
            jem_buf_byte(b, '>');
        }
        part_notes(b, in, path, fault);
        jem_buf_str(b, "</div>");
    }
}

static void part_choice(const struct part_form *f, const struct jem_edit_input *in, const char *value,
    const char *fault)
{
    struct jem_buf *b = f->p->b;
    const json_t *agencies = json_object_get(f->o, "agencies"), *it;
    size_t i;
    jem_buf_str(b, "<select");
    part_attributes(b, in->path, fault, in->hint != JEM_T_NONE, false);
    jem_buf_byte(b, '>');
    for (const struct jem_edit_choice *c = in->choices; c != NULL && c->value != NULL; c++)
        web_html(b, "<option value=\"%s\"%s>%t", c->value, strcmp(c->value, value) == 0 ? " selected" : "", c->label);
    if (in->kind == JEM_EDIT_AGENCY)
        json_array_foreach(agencies, i, it)
        {
            const char *id = jem_json_str(it, "id", "");
            web_html(b, "<option value=\"%s\"%s>%s", id, strcmp(id, value) == 0 ? " selected" : "",
                jem_json_str(it, "label", ""));
        }
    jem_buf_str(b, "</select>");
}

static void part_without(const struct part_form *f, const struct jem_edit_input *in)
{
    struct jem_buf *b = f->p->b;
    const json_t *it;
    size_t i;
    web_html(b, "<fieldset class=\"field wide radios\"><legend>%t</legend><div>", in->label);
    json_array_foreach(json_object_get(f->o, "common"), i, it)
    {
        char path[EDIT_PATH_MAX];
        const char *name = jem_json_str(it, "name", "");
        (void)snprintf(path, sizeof path, "%s.%s", in->path, name);
        web_html(b, "<label><input type=checkbox name=\"v.%s\" value=1%s>%s</label>", path,
            *jem_json_str(f->values, path, "") ? " checked" : "", jem_json_str(it, "label", ""));
    }
    jem_buf_str(b, "</div></fieldset>");
}

static void part_input(const struct part_form *f, const struct jem_edit_input *in)
{
    struct jem_buf *b = f->p->b;
    const char *value = jem_json_str(f->values, in->path, ""), *fault = part_fault(f, in->path, false);
    bool hint = in->hint != JEM_T_NONE;
    if (in->kind == JEM_EDIT_PAIR || in->kind == JEM_EDIT_TEXTS) {
        part_pair(f, in);
        return;
    }
    if (in->kind == JEM_EDIT_WITHOUT) {
        part_without(f, in);
        return;
    }
    if (in->kind == JEM_EDIT_TICK) {
        web_html(b, "<div class=\"field wide\"><span class=check><input type=checkbox value=1%s",
            *value ? " checked" : "");
        part_attributes(b, in->path, fault, hint, false);
        web_html(b, "><label for=\"v-%s\">%t</label></span>", in->path, in->label);
    } else {
        part_label(b, in, in->path, NULL);
        if (in->kind == JEM_EDIT_CHOICE || in->kind == JEM_EDIT_AGENCY) {
            part_choice(f, in, value, fault);
        } else if (in->kind == JEM_EDIT_OPTIONS) {
            jem_buf_str(b, "<textarea rows=5 class=mono");
            part_attributes(b, in->path, fault, hint, in->needed);
            web_html(b, ">\n%s</textarea>", value);
        } else {
            web_html(b, "<input%s value=\"%s\"", in->kind == JEM_EDIT_NUMBER ? " class=short" : "", value);
            part_attributes(b, in->path, fault, hint, in->needed);
            jem_buf_byte(b, '>');
        }
    }
    part_notes(b, in, in->path, fault);
    jem_buf_str(b, "</div>");
}

/* Where the summary's link goes: the input of the fault's path; "" when it is about the whole. */
static const char *part_anchor(const struct part_form *f, const char *path, char out[EDIT_PATH_MAX])
{
    for (const struct jem_edit_input *in = f->part->inputs; in->kind != JEM_EDIT_END; in++) {
        size_t n = strlen(in->path);
        bool pair = in->kind == JEM_EDIT_PAIR || in->kind == JEM_EDIT_TEXTS;
        if (strncmp(path, in->path, n) != 0 || strchr(".[", path[n]) == NULL)
            continue;
        (void)snprintf(out, EDIT_PATH_MAX, "%s%s", in->path, !pair ? "" : strcmp(path + n, ".en") == 0 ? ".en" : ".id");
        return out;
    }
    return "";
}

static void part_summary(const struct part_form *f)
{
    struct jem_buf *b = f->p->b;
    char anchor[EDIT_PATH_MAX];
    const json_t *it;
    size_t i;
    if (f->conflict != NULL) {
        char at[64];
        jem_time_human(jem_json_int(f->conflict, "at_ms", 0), at, sizeof at);
        web_html(b, "<div class=\"summary wait\" id=summary tabindex=-1 role=alert autofocus><h2>%t</h2><p>",
            JEM_T_WEB_CATALOG_CONFLICT);
        if (*jem_json_str(f->conflict, "officer", ""))
            web_html(b, "%s &middot; %s. ", jem_json_str(f->conflict, "officer", ""), at);
        web_html(b, "%t</p>", JEM_T_WEB_CATALOG_CONFLICT_ABOUT);
        web_catalog_changes(b, json_object_get(f->conflict, "changes"));
        jem_buf_str(b, "</div>");
    }
    if (json_array_size(f->faults) == 0)
        return;
    web_html(b, "<div class=\"summary bad\" id=summary tabindex=-1 role=alert autofocus><h2>%t</h2><ul>",
        JEM_T_WEB_CATALOG_MEND);
    json_array_foreach(f->faults, i, it)
    {
        const char *to = part_anchor(f, jem_json_str(it, "path", ""), anchor), *text = jem_json_str(it, "text", "");
        if (*to)
            web_html(b, "<li><a href=\"#v-%s\"><span class=mono>%s</span>: %s</a>", to, jem_json_str(it, "path", ""),
                text);
        else
            web_html(b, "<li>%s", text);
    }
    jem_buf_str(b, "</ul></div>");
}

static void part_page(const struct part_form *f)
{
    struct web_page *p = f->p;
    struct jem_buf *b = p->b;
    const char *id = jem_json_str(f->o, "id", ""), *name = service_name(f->o);
    const char *path;
    json_t *value;
    web_page_begin(p, WEB_NAV_CATALOG, jem_text(f->part->label), json_array_size(f->faults) > 0);
    web_html(b, "<h1>%t%s<span class=mono>%s</span></h1><p class=sub><a href=\"/katalog?s=%u\">%s</a></p>",
        f->part->label, *f->item ? ": " : "", f->item, id, name);
    part_summary(f);
    web_form_begin(p, "/katalog/ubah", " novalidate");
    web_html(b,
        "<input type=hidden name=s value=\"%s\"><input type=hidden name=rev value=%l><input type=hidden name=b "
        "value=%s><input type=hidden name=i value=\"%s\">",
        id, f->rev, f->part->name, f->item);
    json_object_foreach(f->was, path, value)
    {
        if (*json_string_value(value))
            web_html(b, "<input type=hidden name=\"w.%s\" value=\"%s\">", path, json_string_value(value));
    }
    jem_buf_str(b, "<section class=card><div class=fields>");
    for (const struct jem_edit_input *in = f->part->inputs; in->kind != JEM_EDIT_END; in++)
        part_input(f, in);
    web_html(b, "</div></section><div class=actions><button>%t</button><a href=\"/katalog?s=%u\">%t</a></div></form>",
        f->conflict != NULL ? JEM_T_WEB_CATALOG_OVER : JEM_T_WEB_CATALOG_SAVE, id, JEM_T_WEB_CATALOG_CANCEL);
    web_page_end(p);
}

void web_page_catalog_service(struct web_page *p, const char *id)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    const char *name = web_form_get(&p->r->args, "b"), *item = web_form_text(&p->r->args, "i");
    const struct jem_edit_part *part = name != NULL ? jem_edit_part(name) : NULL;
    if (jem_edit_get(p->app, id, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    if (name == NULL) {
        service_page(p, o);
    } else if (part == NULL) {
        web_page_not_found(p);
    } else {
        struct part_form f = { .p = p, .o = o, .part = part, .item = part->list != NULL ? item : "" };
        f.values = f.was = jem_edit_values(part, json_object_get(o, "service"), f.item);
        f.rev = jem_json_int(o, "rev", 0);
        part_page(&f);
        json_decref(f.values);
    }
    json_decref(o);
}

/* ---- changes ---- */

/* What was typed: "v.PATH"; a tick that is not there was taken away. */
static json_t *edit_typed(struct web_page *p, const struct jem_edit_part *part, const json_t *o)
{
    const struct web_form *form = &p->r->form;
    const json_t *it;
    size_t i;
    json_t *values = json_object();
    for (const struct jem_edit_input *in = part->inputs; in->kind != JEM_EDIT_END; in++) {
        if (in->kind == JEM_EDIT_TICK)
            json_object_set_new(values, in->path, json_string(""));
        if (in->kind == JEM_EDIT_WITHOUT)
            json_array_foreach(json_object_get(o, "common"), i, it)
            {
                char path[EDIT_PATH_MAX];
                (void)snprintf(path, sizeof path, "%s.%s", in->path, jem_json_str(it, "name", ""));
                json_object_set_new(values, path, json_string(""));
            }
    }
    for (i = 0; i < form->count; i++)
        if (strncmp(form->fields[i].name, "v.", 2) == 0)
            json_object_set_new(values, form->fields[i].name + 2, json_string(form->fields[i].value));
    return values;
}

/* What they saw: "w.PATH"; what was blank is not among them. */
static json_t *edit_was(struct web_page *p)
{
    const struct web_form *form = &p->r->form;
    json_t *was = json_object();
    for (size_t i = 0; i < form->count; i++)
        if (strncmp(form->fields[i].name, "w.", 2) == 0)
            json_object_set_new(was, form->fields[i].name + 2, json_string(form->fields[i].value));
    return was;
}

static int64_t edit_rev(struct web_page *p)
{
    return web_form_number(&p->r->form, "rev", 0);
}

void web_page_catalog_put(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *form = &p->r->form;
    const char *id = web_form_text(form, "s");
    const struct jem_edit_part *part = jem_edit_part(web_form_text(form, "b"));
    json_t *o = NULL, *out = NULL;
    if (part == NULL) {
        web_page_not_found(p);
        return;
    }
    if (jem_edit_get(p->app, id, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    json_t *typed = edit_typed(p, part, o), *was = edit_was(p);
    struct part_form f = { .p = p, .o = o, .part = part, .item = web_form_text(form, "i"), .rev = edit_rev(p) };
    struct jem_edit_change in = { .id = id,
        .part = part->name,
        .item = f.item,
        .values = typed,
        .was = was,
        .seen = f.rev };
    enum jem_code rc = jem_edit_put(p->app, &in, &out, &err);
    bool conflict = rc == JEM_EEXISTS && out != NULL;
    f.conflict = conflict ? out : NULL;
    f.values = conflict ? json_object_get(out, "values") : typed;
    f.was = conflict ? json_object_get(out, "now") : was;
    f.rev = conflict ? jem_json_int(out, "rev", 0) : f.rev;
    f.faults = json_object_get(out, "faults");
    if (rc == JEM_OK) {
        web_catalog_back(p, id, "simpan", part->name);
    } else if (out != NULL) {
        p->a->status = conflict ? 409 : 422;
        part_page(&f);
    } else {
        web_page_error(p, &err);
    }
    json_decref(typed);
    json_decref(was);
    json_decref(out);
    json_decref(o);
}

void web_page_catalog_move(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *form = &p->r->form;
    const char *id = web_form_text(form, "s"), *part = web_form_text(form, "b"), *by = web_form_text(form, "by");
    json_t *out = NULL;
    int steps = strcmp(by, "-1") == 0 ? -1 : strcmp(by, "1") == 0 ? 1 : 0;
    if (jem_edit_move(p->app, id, part, web_form_text(form, "i"), steps, edit_rev(p), &out, &err) == JEM_OK)
        web_catalog_back(p, id, "simpan", part);
    else
        web_page_error(p, &err);
    json_decref(out);
}

void web_page_catalog_act(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const char *id = web_form_text(&p->r->form, "s"), *act = web_form_text(&p->r->form, "act");
    json_t *out = NULL;
    enum jem_code rc;
    if (strcmp(act, "drop") == 0)
        rc = jem_edit_drop(p->app, id, edit_rev(p), &out, &err);
    else if (strcmp(act, "restore") == 0)
        rc = jem_edit_restore(p->app, id, web_form_number(&p->r->form, "version", 0), edit_rev(p), &out, &err);
    else if (strcmp(act, "keep") == 0)
        rc = jem_edit_keep(p->app, id, edit_rev(p), &out, &err);
    else
        rc = jem_edit_retire(p->app, id, strcmp(act, "retire") == 0, edit_rev(p), &out, &err);
    if (rc != JEM_OK)
        web_page_error(p, &err);
    else if (strcmp(act, "drop") == 0)
        web_answer_redirect(p->a, "/katalog?d=buang");
    else
        web_catalog_back(p, id, "simpan", "");
    json_decref(out);
}

/* ---- before it is published ---- */

static void preview_documents(struct jem_buf *b, const struct jem_service *s)
{
    web_html(b, "<section class=card aria-labelledby=docsh><h2 id=docsh>%t</h2>", JEM_T_WEB_DOCUMENTS);
    for (size_t i = 0; i < s->requirement_count; i++) {
        const struct jem_requirement *r = &s->requirements[i];
        web_html(b, "<div class=\"doc%s\"><b>%s</b><small>%s</small></div>", r->required ? " needed" : "",
            jem_pair(r->label),
            r->shown_only ? jem_text(JEM_T_WEB_SHOWN_ONLY)
            : r->required ? jem_text(JEM_T_WEB_NEEDED)
                          : jem_pair(r->when));
    }
    jem_buf_str(b, "</section>");
}

void web_page_catalog_preview(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_catalog *catalog = NULL;
    struct jem_buf *b = p->b;
    const char *id = web_form_text(&p->r->args, "s");
    if (jem_edit_catalog(p->app, &catalog, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    struct web_entry e = { .service = jem_catalog_find(catalog, id), .look = true };
    if (e.service == NULL) {
        web_page_not_found(p);
    } else {
        web_page_begin(p, WEB_NAV_CATALOG, jem_text(JEM_T_WEB_CATALOG_PREVIEW), false);
        web_html(b, "<h1>%t: %s</h1><p class=sub><a href=\"/katalog?s=%u\">%t</a></p><p class=note>%t</p>",
            JEM_T_WEB_CATALOG_PREVIEW, jem_pair(e.service->name), id, JEM_T_WEB_CATALOG_BACK,
            JEM_T_WEB_CATALOG_PREVIEW_ABOUT);
        web_html(b,
            "<div class=columns><section class=card aria-labelledby=fieldsh><h2 id=fieldsh>%t</h2><div class=fields>",
            JEM_T_WEB_FIELDS);
        web_entry_fields(p, &e, NULL);
        jem_buf_str(b, "</div></section><div>");
        preview_documents(b, e.service);
        web_html(b,
            "<section class=card aria-labelledby=reh><h2 id=reh>%t</h2><img class=receipt "
            "src=\"/katalog/contoh.png?s=%u\" "
            "alt=\"%t\"></section></div></div>",
            JEM_T_WEB_CATALOG_RECEIPT, id, JEM_T_WEB_CATALOG_RECEIPT_ALT);
        web_page_end(p);
    }
    web_entry_release(&e);
    jem_catalog_free(catalog);
}

void web_page_catalog_receipt(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    if (jem_edit_receipt(p->app, NULL, web_form_text(&p->r->args, "s"), JEM_PAPER_PNG, EDIT_WIDTH_MM, p->b, &err) !=
        JEM_OK) {
        jem_buf_clear(p->b);
        web_page_error(p, &err);
        return;
    }
    p->a->type = "image/png";
}
