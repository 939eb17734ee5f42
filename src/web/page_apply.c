/* page_apply.c - one application: the form with its documents, its check, and the record that comes of it.
 *
 *   GET -> form -> POST -> faults: the form again, with what was typed and the files that came
 *                       -> doubts, or a duplicate: the same, asks once
 *                       -> recorded: 303 to the page with the receipt */
#include <string.h>

#include "entry.h"
#include "jemput/codec.h"
#include "jemput/page.h"

struct apply {
    struct web_page *p;
    struct web_entry e;
    char draft[OFFICE_DRAFT_ID], confirm[33]; /* of the warnings that stand now */
    json_t *duplicates;                       /* rows, or NULL */
    bool ask_duplicate;                       /* recording waits for a reason */
    const char *failure;
};

static void apply_release(struct apply *t)
{
    json_decref(t->duplicates);
    web_entry_release(&t->e);
}

static bool apply_draft_ok(const char *id)
{
    return strlen(id) == OFFICE_DRAFT_ID - 1 && strspn(id, "0123456789abcdef") == OFFICE_DRAFT_ID - 1;
}

/* ---- drawing ---- */

static void apply_doubts(struct apply *t)
{
    struct jem_buf *b = t->p->b;
    size_t i;
    const json_t *it;
    if (json_array_size(t->e.errors) > 0 || (json_array_size(t->e.warnings) == 0 && !t->ask_duplicate))
        return;
    web_html(b,
        "<div class=\"summary wait\" id=errors role=alert tabindex=-1 autofocus aria-labelledby=errorsh><h2 "
        "id=errorsh>%t</h2><ul>",
        JEM_T_WEB_DOUBTS);
    json_array_foreach(t->e.warnings, i, it)
    {
        const char *field = jem_json_str(it, "field", ""), *text = jem_json_str(it, "text", "");
        if (*field)
            web_html(b, "<li><a href=\"#f-%s\">%s</a>", field, text);
        else
            web_html(b, "<li>%s", text);
    }
    if (t->ask_duplicate) {
        const json_t *row = json_array_get(t->duplicates, 0);
        const char *number = jem_json_str(row, "number", "");
        web_html(b, "<li>%t <a href=\"/p/%s\">%s</a> (%s, %s)", JEM_T_WEB_DUPLICATE, number, number,
            jem_json_str(row, "day", ""), jem_json_str(row, "status_label", ""));
    }
    web_html(b, "</ul><p>%t</p>", JEM_T_WEB_DOUBTS_HOW);
    if (t->ask_duplicate)
        web_html(b,
            "<label for=reason>%t</label><input id=reason name=reason form=entry maxlength=400 value=\"%s\" required>",
            JEM_T_WEB_DUPLICATE_REASON, web_form_text(&t->p->r->form, "reason"));
    web_html(b, "<button form=entry name=act value=save>%t</button></div>", JEM_T_WEB_SAVE_ANYWAY);
}

/* Files of this kind that came with an earlier try. */
static void apply_kept(struct apply *t, const char *kind)
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

static void apply_requirement(struct apply *t, const char *kind, const char *label, const char *note, bool needed,
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
    apply_kept(t, kind);
    web_html(b,
        "<input type=file id=\"d-%s\" name=\"d.%s\" multiple accept=\"image/jpeg,image/png,application/pdf\"%s>", kind,
        kind, fault != NULL ? " aria-invalid=true" : "");
    if (fault != NULL)
        web_html(b, "<p class=\"fault bad\">%s</p>", fault);
    jem_buf_str(b, "</div>");
}

static void apply_documents(struct apply *t)
{
    const struct jem_service *s = t->e.service;
    web_html(t->p->b, "<section class=\"card docs\" aria-labelledby=docsh><h2 id=docsh>%t</h2><small>%t</small>",
        JEM_T_WEB_DOCUMENTS, JEM_T_WEB_DOCUMENTS_HINT);
    for (size_t i = 0; i < s->requirement_count; i++) {
        const struct jem_requirement *r = &s->requirements[i];
        apply_requirement(t, r->kind, jem_pair(r->label), r->required ? jem_text(JEM_T_WEB_NEEDED) : jem_pair(r->when),
            r->required, r->shown_only);
    }
    apply_requirement(t, "lain", jem_text(JEM_T_DOCUMENT_OTHER), "", false, false);
    web_html(t->p->b, "</section>");
}

static void apply_form(struct apply *t)
{
    struct web_page *p = t->p;
    struct jem_buf *b = p->b, action = JEM_BUF_INIT(200);
    const char *name = jem_pair(t->e.service->name);
    bool wrong = json_array_size(t->e.errors) > 0 || t->failure != NULL;
    web_page_begin(p, WEB_NAV_NEW, name, wrong);
    web_html(b, "<div class=head><div><h1>%s</h1><p class=sub>%s", name, jem_pair(t->e.service->agency_name));
    if (*jem_pair(t->e.service->promised))
        web_html(b, " &middot; %s", jem_pair(t->e.service->promised));
    web_html(b, "</p></div><a href=\"/baru\">%t</a></div>", JEM_T_WEB_OTHER_SERVICE);
    web_entry_summary(p, &t->e, t->failure);
    apply_doubts(t);
    jem_buf_str(&action, "/baru/");
    web_url_text(&action, t->e.service->id);
    web_form_begin(p, jem_buf_text(&action),
        " id=entry class=entry enctype=\"multipart/form-data\" novalidate data-draft");
    web_html(b, "<input type=hidden name=draft value=\"%s\"><input type=hidden name=service value=\"%s\">", t->draft,
        t->e.service->id);
    if (*t->confirm)
        web_html(b, "<input type=hidden name=confirm value=\"%s\">", t->confirm);
    web_html(b, "<section class=card aria-labelledby=fieldsh><h2 id=fieldsh>%t</h2><div class=fields>",
        JEM_T_WEB_FIELDS);
    web_entry_fields(p, &t->e);
    web_html(b, "</div></section>");
    apply_documents(t);
    web_html(b,
        "<div class=actions><button name=act value=save data-save>%t <kbd>F9</kbd></button><button class=second "
        "name=act "
        "value=draft>%t</button><span id=saved role=status data-t=\"%t\"></span></div></form>",
        JEM_T_WEB_SAVE, JEM_T_WEB_SAVE_DRAFT, JEM_T_WEB_DRAFT_SAVED);
    web_page_end(p);
    jem_buf_release(&action);
}

/* ---- GET ---- */

static void apply_resume(struct apply *t, const char *id)
{
    json_t *list = NULL;
    const json_t *it;
    size_t i;
    if (!apply_draft_ok(id) ||
        jem_store_drafts(jem_app_store(t->p->app), jem_app_user(t->p->app), &list, NULL) != JEM_OK)
        return;
    json_array_foreach(list, i, it)
    {
        json_t *fields = json_object_get(json_object_get(it, "draft"), "fields");
        if (strcmp(jem_json_str(it, "id", ""), id) != 0 || !json_is_object(fields))
            continue;
        memcpy(t->draft, id, OFFICE_DRAFT_ID);
        json_decref(t->e.values);
        t->e.values = json_incref(fields);
    }
    json_decref(list);
}

static void apply_get(struct apply *t)
{
    unsigned char random[16];
    jem_random(random, sizeof random);
    jem_hex(random, sizeof random, t->draft);
    t->e.values = json_object();
    apply_resume(t, web_form_text(&t->p->r->args, "d"));
    apply_form(t);
}

/* ---- POST ---- */

static enum jem_code apply_keep_draft(struct apply *t, struct jem_error *err)
{
    json_t *draft = json_pack("{s:s,s:O}", "service", t->e.service->id, "fields", t->e.values);
    enum jem_code rc = jem_store_draft_put(jem_app_store(t->p->app), t->draft, jem_app_user(t->p->app), draft, err);
    json_decref(draft);
    return rc;
}

/* Ticked files go, from the last so that the places of the others stay. */
static void apply_drop_files(struct apply *t)
{
    struct web_stash *stash = &t->p->session->stash;
    const struct web_form *form = &t->p->r->form;
    for (size_t at = stash->count; at-- > 0 && strcmp(stash->draft, t->draft) == 0;)
        for (size_t i = 0; i < form->count; i++)
            if (strcmp(form->fields[i].name, "x") == 0 && strtoul(form->fields[i].value, NULL, 10) == at &&
                form->fields[i].value[0] != '\0') {
                web_stash_drop(stash, at);
                break;
            }
}

static bool apply_take_files(struct apply *t)
{
    struct web_request *r = t->p->r;
    for (size_t i = 0; i < r->form.file_count; i++)
        if (strncmp(r->form.files[i].name, "d.", 2) != 0)
            return false;
    return web_stash_take(t->p->session, t->draft, r);
}

static size_t apply_attachments(const struct apply *t, struct jem_attachment out[WEB_FORM_FILES_MAX])
{
    const struct web_stash *stash = &t->p->session->stash;
    for (size_t i = 0; i < stash->count; i++)
        out[i] = (struct jem_attachment){ .kind = stash->files[i].name + 2,
            .bytes = stash->files[i].bytes,
            .size = stash->files[i].size,
            .name = stash->files[i].filename,
            .photo = true };
    return stash->count;
}

/* One word for the warnings that stand: a confirmation of these is none of others. */
static void apply_confirm_word(struct apply *t)
{
    struct jem_buf b = JEM_BUF_INIT((size_t)64 << 10);
    unsigned char hash[32];
    size_t i;
    const json_t *it;
    json_array_foreach(t->e.warnings, i, it)
    {
        jem_buf_fmt(&b, "%s:%s;", jem_json_str(it, "field", ""), jem_json_str(it, "key", ""));
    }
    jem_hash(b.data != NULL ? b.data : (const unsigned char *)"", b.len, hash);
    jem_hex(hash, 16, t->confirm);
    jem_buf_release(&b);
}

static void apply_take_issues(struct apply *t, const json_t *found)
{
    size_t i;
    json_t *it;
    json_array_foreach(json_object_get(found, "errors"), i, it)
    {
        const char *field = jem_json_str(it, "field", "");
        bool several = json_object_get(t->e.villages, field) != NULL;
        web_entry_wrong(&t->e, field, several ? jem_text(JEM_T_WEB_VILLAGES) : jem_json_str(it, "text", ""),
            strcmp(jem_json_str(it, "key", ""), "APPLY_DOCUMENT") == 0);
    }
    json_decref(t->e.warnings);
    t->e.warnings = json_incref(json_object_get(found, "warnings"));
    json_decref(t->duplicates);
    t->duplicates = json_incref(json_object_get(found, "duplicates"));
}

/* Asks the rules without the documents, which take long to look at; with them only when the form comes back anyway. */
static enum jem_code apply_check(struct apply *t, struct jem_apply_in *in, struct jem_error *err)
{
    json_t *found = NULL;
    struct jem_apply_in fields_only = *in;
    fields_only.attachment_count = 0;
    fields_only.fields = json_copy(in->fields);
    enum jem_code rc = jem_apply_check(t->p->app, &fields_only, &found, NULL, err);
    if (rc == JEM_OK && json_array_size(json_object_get(found, "errors")) > 0 && in->attachment_count > 0) {
        json_t *all = NULL;
        struct jem_apply_in again = *in;
        again.fields = json_copy(in->fields);
        if (jem_apply_check(t->p->app, &again, &all, NULL, err) == JEM_OK) {
            json_decref(found);
            found = all;
        }
        json_decref(again.fields);
    }
    if (rc == JEM_OK)
        apply_take_issues(t, found);
    json_decref(found);
    json_decref(fields_only.fields);
    return rc;
}

static void apply_saved(struct apply *t, const char *number)
{
    struct jem_buf to = JEM_BUF_INIT(60);
    jem_buf_fmt(&to, "/p/%s/selesai", number);
    web_answer_redirect(t->p->a, jem_buf_text(&to));
    jem_buf_release(&to);
}

static enum jem_code apply_record(struct apply *t, struct jem_apply_in *in, struct jem_error *err)
{
    struct web_session *s = t->p->session;
    json_t *out = NULL, *found = NULL, *typed = t->e.values;
    in->fields = json_copy(typed);
    enum jem_code rc = jem_apply(t->p->app, in, &out, NULL, err);
    if (rc == JEM_OK) {
        const char *number = jem_json_str(out, "number", "");
        memcpy(s->saved_draft, t->draft, sizeof s->saved_draft);
        if (jem_number_parse(number, &s->saved_number, NULL) != JEM_OK)
            s->saved_number = 0;
        web_stash_clear(&s->stash);
        apply_saved(t, number);
    } else if (rc == JEM_EINVAL) { /* a document: told beside its kind */
        struct jem_apply_in again = *in;
        again.fields = json_copy(typed);
        if (jem_apply_check(t->p->app, &again, &found, NULL, NULL) == JEM_OK)
            apply_take_issues(t, found);
        json_decref(again.fields);
    }
    json_decref(in->fields);
    json_decref(found);
    json_decref(out);
    return rc;
}

/* True when nothing stands between the form and the record. */
static bool apply_clear(struct apply *t, const struct jem_apply_in *in)
{
    if (json_array_size(t->e.errors) > 0)
        return false;
    apply_confirm_word(t);
    bool confirmed =
        json_array_size(t->e.warnings) == 0 || strcmp(web_form_text(&t->p->r->form, "confirm"), t->confirm) == 0;
    t->ask_duplicate = json_array_size(t->duplicates) > 0;
    if (confirmed && (!t->ask_duplicate || in->duplicate_reason != NULL))
        return true;
    return false;
}

static void apply_post(struct apply *t)
{
    struct web_page *p = t->p;
    struct jem_error err = { .code = JEM_OK };
    struct jem_attachment attachments[WEB_FORM_FILES_MAX];
    const char *draft = web_form_text(&p->r->form, "draft"), *reason = web_form_text(&p->r->form, "reason");
    if (!apply_draft_ok(draft)) {
        web_page_message(p, 400, jem_text(JEM_T_WEB_FAILED), jem_text(JEM_T_WEB_BAD_REQUEST));
        return;
    }
    memcpy(t->draft, draft, OFFICE_DRAFT_ID);
    if (p->session->saved_number != 0 && strcmp(p->session->saved_draft, t->draft) == 0) {
        char number[JEM_NUMBER_TEXT];
        jem_number_format(p->session->saved_number, number);
        apply_saved(t, number);
        return;
    }
    web_entry_read(p, &t->e);
    apply_drop_files(t);
    if (!apply_take_files(t))
        t->failure = jem_text(JEM_T_WEB_TOO_LARGE);
    /* Kept in any case: the form may still come to nothing. Recording drops it. */
    enum jem_code kept = apply_keep_draft(t, &err);
    if (strcmp(web_form_text(&p->r->form, "act"), "draft") == 0 && t->failure == NULL) {
        if (kept == JEM_OK)
            web_answer_redirect(p->a, "/draf");
        else
            web_page_error(p, &err);
        return;
    }
    struct jem_apply_in in = { .service = t->e.service->id,
        .fields = t->e.values,
        .draft = t->draft,
        .duplicate_reason = *reason ? reason : NULL,
        .attachments = attachments,
        .attachment_count = apply_attachments(t, attachments) };
    enum jem_code rc = apply_check(t, &in, &err);
    if (rc == JEM_OK && t->failure == NULL && apply_clear(t, &in)) {
        rc = apply_record(t, &in, &err);
        if (rc == JEM_OK)
            return;
    }
    if (rc != JEM_OK && json_array_size(t->e.errors) == 0)
        t->failure = err.msg;
    p->a->status = 422;
    apply_form(t);
}

void web_page_apply(struct web_page *p, const char *service)
{
    struct jem_error err = { .code = JEM_OK };
    const struct jem_catalog *catalog = NULL;
    struct apply t = { .p = p };
    if (jem_app_catalog(p->app, &catalog, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    t.e.service = jem_catalog_find(catalog, service);
    if (t.e.service == NULL)
        web_page_not_found(p);
    else if (p->r->post)
        apply_post(&t);
    else
        apply_get(&t);
    apply_release(&t);
}
