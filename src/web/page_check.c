/* page_check.c - the answers once more, before they become a record: everything on one page and one key. Faults send back
 * to the form; doubts, a likely duplicate and missing papers are told here and block nothing. */
#include <string.h>

#include "apply.h"
#include "jemput/tray.h"

static void check_field(struct apply *t, const struct jem_field *field, const char *name, const char *label)
{
    struct jem_buf *b = t->p->b, mark = JEM_BUF_INIT(400);
    const char *value = jem_json_str(t->e.values, name, ""), *warning = web_entry_issue(t->e.warnings, name, false);
    if (*value == '\0')
        return;
    web_html(b, "<div%s><dt>%s</dt><dd>", warning != NULL ? " class=wait" : "", label);
    web_value_plain(b, field, name, value);
    if (web_entry_mark(&t->e, name, &mark))
        web_html(b, " <small class=from>%s</small>", jem_buf_text(&mark));
    if (warning != NULL)
        web_html(b, "<p class=\"fault wait\">%s</p>", warning);
    jem_buf_str(b, "</dd></div>");
    jem_buf_release(&mark);
}

static void check_fields(struct apply *t, const char *back)
{
    struct jem_buf *b = t->p->b;
    const struct jem_service *s = t->e.service;
    web_html(b,
        "<section class=card aria-labelledby=fieldsh><div class=head><h2 id=fieldsh>%t</h2><a href=\"%s\" "
        "data-back>%t <kbd>Esc</kbd></a></div><dl class=\"list answers\">",
        JEM_T_WEB_FIELDS, back, JEM_T_WEB_CHANGE);
    check_field(t, NULL, "nik", jem_text(JEM_T_INTAKE_LABEL_NIK));
    check_field(t, NULL, "name", jem_text(JEM_T_INTAKE_LABEL_NAME));
    for (size_t i = 0; i < s->field_count; i++)
        check_field(t, &s->fields[i], s->fields[i].name, jem_pair(s->fields[i].label));
    jem_buf_str(b, "</dl></section>");
}

/* ---- documents ---- */

/* The kind of every paper that would be recorded: files that came with the form, and pages scanned beside it. */
static json_t *check_kinds(const struct apply *t)
{
    const struct web_stash *stash = &t->p->session->stash;
    json_t *kinds = json_array(), *tray = NULL;
    const json_t *page;
    size_t i;
    for (i = 0; i < stash->count && strcmp(stash->draft, t->draft) == 0; i++)
        json_array_append_new(kinds, json_string(stash->files[i].name + 2));
    if (jem_tray_show(t->p->app, t->draft, &tray, NULL) == JEM_OK)
        json_array_foreach(json_object_get(tray, "pages"), i, page)
            json_array_append(kinds, json_object_get(page, "kind"));
    json_decref(tray);
    return kinds;
}

static void check_document(struct apply *t, const json_t *kinds, const char *kind, const char *label)
{
    size_t n = 0, i;
    const json_t *it;
    json_array_foreach(kinds, i, it) n += strcmp(json_string_value(it), kind) == 0;
    if (n > 0) {
        web_html(t->p->b, "<li class=done>%s <small>", label);
        web_html_say(t->p->b, n == 1 ? JEM_T_WEB_FILE_ONE : JEM_T_WEB_FILE_SOME, n);
        jem_buf_str(t->p->b, "</small>");
    }
}

static void check_documents(struct apply *t)
{
    struct jem_buf *b = t->p->b;
    const struct jem_service *s = t->e.service;
    const struct jem_requirement *missing[64];
    json_t *kinds = check_kinds(t);
    size_t n = jem_intake_missing(s, kinds, missing, sizeof missing / sizeof *missing);
    web_html(b, "<section class=\"card docs\" aria-labelledby=docsh><h2 id=docsh>%t</h2><ul class=papers>",
        JEM_T_WEB_DOCUMENTS);
    for (size_t i = 0; i < s->requirement_count; i++)
        check_document(t, kinds, s->requirements[i].kind, jem_pair(s->requirements[i].label));
    check_document(t, kinds, "lain", jem_text(JEM_T_LABEL_PAPER_OTHER));
    jem_buf_str(b, "</ul>");
    if (json_array_size(kinds) == 0)
        web_html(b, "<p class=sub>%t</p>", JEM_T_WEB_CHECK_NO_FILES);
    if (n > 0) {
        web_html(b, "<div class=\"note wait\"><b>%t</b><ul>", JEM_T_WEB_MISSING);
        for (size_t i = 0; i < n; i++)
            web_html(b, "<li>%s", jem_pair(missing[i]->label));
        web_html(b, "</ul><p>%t</p></div>", JEM_T_WEB_MISSING_ON_PAPER);
    }
    jem_buf_str(b, "</section>");
    json_decref(kinds);
}

/* ---- what is to be thought over ---- */

static void check_duplicate(struct apply *t)
{
    struct jem_buf *b = t->p->b;
    const json_t *row = json_array_get(t->duplicates, 0);
    const char *number = jem_json_str(row, "number", "");
    bool wrong = t->p->r->post;
    if (row == NULL)
        return;
    web_html(b,
        "<div class=\"summary wait\"><h2>%t</h2><p>%t <a href=\"/p/%s\" target=_blank rel=noopener>%s</a> (%s, %s, "
        "%s)</p>"
        "<label for=reason>%t</label><input id=reason name=reason form=entry maxlength=400 value=\"%s\" required "
        "autofocus%s>",
        JEM_T_WEB_DOUBTS, JEM_T_WEB_DUPLICATE, number, number, jem_json_str(row, "day", ""),
        jem_json_str(row, "status_label", ""), jem_json_str(row, "by", ""), JEM_T_WEB_DUPLICATE_REASON,
        web_form_text(&t->p->r->form, "reason"), wrong ? " aria-invalid=true aria-describedby=e-reason" : "");
    if (wrong)
        web_html(b, "<p class=\"fault bad\" id=e-reason>%t</p>", JEM_T_WEB_DUPLICATE_REASON_NEEDED);
    jem_buf_str(b, "</div>");
}

/* Doubts stand beside their fields; those of no field, here. */
static void check_doubts(struct apply *t, bool again)
{
    struct jem_buf *b = t->p->b;
    size_t i;
    const json_t *it;
    if (again)
        web_html(b, "<p class=\"note wait\" role=alert>%t</p>", JEM_T_WEB_CHECK_AGAIN);
    if (t->failure != NULL)
        web_html(b, "<p class=\"note bad\" role=alert>%s</p>", t->failure);
    json_array_foreach(t->e.warnings, i, it)
    {
        if (*jem_json_str(it, "field", "") == '\0')
            web_html(b, "<p class=\"note wait\">%s</p>", jem_json_str(it, "text", ""));
    }
    if (json_array_size(t->e.warnings) > 0)
        web_html(b, "<p class=\"note wait\">%t</p>", JEM_T_WEB_CHECK_DOUBTS);
    check_duplicate(t);
}

void apply_check_page(struct apply *t, bool again)
{
    struct web_page *p = t->p;
    struct jem_buf *b = p->b, action = JEM_BUF_INIT(200), back = JEM_BUF_INIT(200);
    bool asks = json_array_size(t->duplicates) > 0;
    const struct jem_service *s = t->e.service;
    jem_buf_str(&action, "/baru/");
    web_url_text(&action, s->id);
    apply_path(t, "", &back);
    web_page_begin(p, WEB_NAV_NEW, jem_text(JEM_T_WEB_CHECK), t->failure != NULL);
    web_html(b, "<div class=head><div><h1>%t</h1><p class=sub>%s &middot; %s</p></div></div>", JEM_T_WEB_CHECK,
        jem_pair(s->name), jem_pair(s->agency_name));
    check_doubts(t, again);
    jem_buf_str(b, "<div class=columns>");
    check_fields(t, jem_buf_text(&back));
    check_documents(t);
    jem_buf_str(b, "</div>");
    web_form_begin(p, jem_buf_text(&action), " id=entry");
    web_html(b,
        "<input type=hidden name=draft value=\"%s\"><input type=hidden name=confirm value=\"%s\"><div "
        "class=\"actions big-actions\"><button name=act value=save data-save%s>%t <kbd>F9</kbd></button><a "
        "class=\"button "
        "second\" href=\"%s\">%t</a><small>%t</small></div></form>",
        t->draft, t->confirm, asks ? "" : " autofocus", JEM_T_WEB_SAVE, jem_buf_text(&back), JEM_T_WEB_CHANGE,
        JEM_T_WEB_CHECK_NOT_YET);
    web_page_end(p);
    jem_buf_release(&action);
    jem_buf_release(&back);
}
