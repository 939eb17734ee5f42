/* page_form.c - the form of an application: its fields, and its documents beside them. */
#include <string.h>

#include "apply.h"
#include "desk.h"
#include "devices.h"

static void form_kept(struct apply *t, const char *kind)
{
    const struct web_stash *stash = &t->p->session->stash;
    for (size_t i = 0; i < stash->count && strcmp(stash->draft, t->draft) == 0; i++) {
        char size[40];
        if (strcmp(stash->files[i].name + 2, kind) != 0)
            continue;
        web_size_text(stash->files[i].size, size, sizeof size);
        web_html(t->p->b,
            "<p class=kept>&#10003; %s <small>%s</small> <label><input type=checkbox name=x value=%d> %t</label></p>",
            stash->files[i].filename, size, (int)i, JEM_T_WEB_REMOVE);
    }
}

static void form_requirement(struct apply *t, const char *kind, const char *label, const char *note, bool needed,
    bool shown_only)
{
    struct jem_buf *b = t->p->b;
    const char *fault = web_entry_issue(t->e.errors, kind, true);
    if (shown_only) {
        web_html(b, "<div class=doc><b>%s</b><small>%t</small></div>", label, JEM_T_WEB_SHOWN_ONLY);
        return;
    }
    web_html(b, "<div class=\"doc%s\"><label for=\"d-%s\">%s</label>", needed ? " needed" : "", kind, label);
    if (*note)
        web_html(b, "<small id=\"n-%s\">%s</small>", kind, note);
    form_kept(t, kind);
    web_html(b,
        "<input type=file id=\"d-%s\" name=\"d.%s\" multiple accept=\"image/jpeg,image/png,application/pdf\"%s>", kind,
        kind, fault != NULL ? " aria-invalid=true" : "");
    if (fault != NULL)
        web_html(b, "<p class=\"fault bad\">%s</p>", fault);
    jem_buf_str(b, "</div>");
}

static void form_documents(struct apply *t)
{
    const struct jem_service *s = t->e.service;
    web_html(t->p->b, "<section class=\"card docs\" aria-labelledby=docsh><h2 id=docsh>%t</h2><small>%t</small>",
        JEM_T_WEB_DOCUMENTS, JEM_T_WEB_DOCUMENTS_HINT);
    web_tray_beside(t->p, t->draft, s->id, true);
    for (size_t i = 0; i < s->requirement_count; i++) {
        const struct jem_requirement *r = &s->requirements[i];
        form_requirement(t, r->kind, jem_pair(r->label), r->required ? jem_text(JEM_T_WEB_NEEDED) : jem_pair(r->when),
            r->required, r->shown_only);
    }
    form_requirement(t, "lain", jem_text(JEM_T_LABEL_PAPER_OTHER), "", false, false);
    web_html(t->p->b, "</section>");
}

/* What an older catalogue asked and this one does not: read on, typed elsewhere if need be. */
static void form_left(struct apply *t)
{
    struct jem_buf *b = t->p->b;
    const json_t *it;
    size_t i;
    if (json_array_size(t->left) == 0)
        return;
    web_html(b, "<div class=\"note wait span\"><b>%t</b><dl class=list>", JEM_T_WEB_CARRY_LEFT);
    json_array_foreach(t->left, i, it)
    {
        web_html(b, "<div><dt>%s</dt><dd>%s</dd></div>", jem_json_str(it, "label", ""), jem_json_str(it, "value", ""));
    }
    jem_buf_str(b, "</dl></div>");
}

static void form_head(struct apply *t)
{
    struct jem_buf *b = t->p->b;
    const struct jem_service *s = t->e.service;
    web_html(b, "<div class=head><div><h1>%s</h1><p class=sub>%s", jem_pair(s->name), jem_pair(s->agency_name));
    if (*jem_pair(s->promised))
        web_html(b, " &middot; %s", jem_pair(s->promised));
    jem_buf_str(b, " &middot; ");
    web_fee(b, s);
    web_html(b, "</p></div><a href=\"/baru\">%t</a></div>", JEM_T_WEB_OTHER_SERVICE);
}

void apply_form(struct apply *t)
{
    struct web_page *p = t->p;
    struct jem_buf *b = p->b, action = JEM_BUF_INIT(200);
    bool wrong = json_array_size(t->e.errors) > 0 || t->failure != NULL;
    p->devices = true;
    web_page_begin(p, WEB_NAV_NEW, jem_pair(t->e.service->name), wrong);
    form_head(t);
    web_entry_summary(p, &t->e, t->failure);
    jem_buf_str(&action, "/baru/");
    web_url_text(&action, t->e.service->id);
    web_form_begin(p, jem_buf_text(&action),
        " id=entry class=entry enctype=\"multipart/form-data\" novalidate data-draft");
    jem_buf_release(&action);
    web_html(b,
        "<input type=hidden name=draft value=\"%s\"><input type=hidden name=service value=\"%s\"><input type=hidden "
        "name=catalog value=%l>",
        t->draft, t->e.service->id, t->catalog);
    /* The first button is the one that Enter means where there is no script. */
    web_html(b, "<button class=hide name=act value=check tabindex=-1 aria-hidden=true></button>");
    form_left(t);
    web_html(b, "<section class=card aria-labelledby=fieldsh><h2 id=fieldsh>%t</h2><div class=fields>",
        JEM_T_WEB_FIELDS);
    web_entry_fields(p, &t->e, apply_known);
    web_html(b, "</div></section>");
    form_documents(t);
    web_html(b,
        "<div class=actions><button name=act value=check data-save>%t <kbd>F9</kbd></button><button class=second "
        "name=act value=draft>%t</button><span id=saved role=status data-t=\"%t\"></span><small class=walk hidden>%t"
        "</small></div></form>",
        JEM_T_WEB_CHECK_GO, JEM_T_WEB_SAVE_DRAFT, JEM_T_WEB_DRAFT_SAVED, JEM_T_WEB_WALK);
    web_tray_form(p, t->draft, t->e.service->id);
    web_page_end(p);
}
