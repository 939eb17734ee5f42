/* page_amend.c - what an officer does to a record that stands: correct fields, add or take away documents, withdraw. */
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "jemput/lookup.h"

static void amend_back(struct web_page *p, uint64_t number)
{
    char text[JEM_NUMBER_TEXT];
    struct jem_buf to = JEM_BUF_INIT(40);
    jem_number_format(number, text);
    jem_buf_fmt(&to, "/p/%s", text);
    web_answer_redirect(p->a, jem_buf_text(&to));
    jem_buf_release(&to);
}

/* ---- correction ---- */

static void correct_form(struct web_page *p, const struct web_entry *e, const char *number, const char *failure)
{
    struct jem_buf action = JEM_BUF_INIT(60), *b = p->b;
    web_page_begin(p, WEB_NAV_LIST, jem_text(JEM_T_WEB_CORRECT), failure != NULL || json_array_size(e->errors) > 0);
    web_html(b, "<div class=head><h1>%t <span class=number>%s</span></h1><a href=\"/p/%s\">%t</a></div>",
        JEM_T_WEB_CORRECT, number, number, JEM_T_WEB_CANCEL);
    web_entry_summary(p, e, failure);
    jem_buf_fmt(&action, "/p/%s/ubah", number);
    web_form_begin(p, jem_buf_text(&action), " class=entry novalidate");
    jem_buf_str(b, "<section class=\"card span\"><div class=fields>");
    web_entry_fields(p, e, NULL);
    web_html(b,
        "</div></section><section class=\"card span\"><label for=reason>%t</label><input id=reason name=reason "
        "maxlength=400 value=\"%s\"></section>",
        JEM_T_WEB_CORRECT_REASON, web_form_text(&p->r->form, "reason"));
    web_html(b, "<div class=actions><button data-save>%t <kbd>F9</kbd></button></div></form>", JEM_T_WEB_CORRECT_SAVE);
    web_page_end(p);
    jem_buf_release(&action);
}

/* What differs from what stands; a field that is blank in both is left out. */
static json_t *correct_set(const json_t *typed, const json_t *now)
{
    json_t *set = json_object();
    const char *name;
    const json_t *value;
    json_object_foreach((json_t *)(uintptr_t)typed, name, value)
    {
        if (strcmp(json_string_value(value), jem_json_str(now, name, "")) != 0)
            json_object_set_new(set, name, json_string(json_string_value(value)));
    }
    return set;
}

static void correct_post(struct web_page *p, uint64_t number, struct web_entry *e, const json_t *shown)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_issues *issues = calloc(1, sizeof *issues);
    json_t *out = NULL;
    web_entry_read(p, e);
    json_t *set = correct_set(e->values, json_object_get(shown, "fields"));
    enum jem_code rc = issues == NULL
                           ? JEM_ENOMEM
                           : jem_correct(p->app, number, set, web_form_text(&p->r->form, "reason"), &out, issues, &err);
    if (rc == JEM_OK) {
        amend_back(p, number);
    } else {
        for (size_t i = 0; issues != NULL && i < issues->count && i < JEM_ISSUES_MAX; i++) {
            const struct jem_issue *it = &issues->items[i];
            bool several = json_object_get(e->villages, it->field) != NULL;
            if (it->severity == JEM_SEV_ERROR)
                web_entry_wrong(e, it->field, several ? jem_text(JEM_T_WEB_VILLAGES) : it->msg, false);
        }
        p->a->status = 422;
        correct_form(p, e, jem_json_str(shown, "number", ""), json_array_size(e->errors) > 0 ? NULL : err.msg);
    }
    json_decref(set);
    json_decref(out);
    free(issues);
}

void web_page_correct(struct web_page *p, uint64_t number)
{
    struct jem_error err = { .code = JEM_OK };
    const struct jem_catalog *catalog = NULL;
    struct web_entry e = { .service = NULL };
    json_t *shown = NULL;
    enum jem_code rc = jem_show(p->app, number, &shown, &err);
    if (rc == JEM_OK)
        rc = jem_app_catalog(p->app, &catalog, &err);
    if (rc == JEM_OK) {
        const char *id = jem_json_str(shown, "service", "");
        e.service = jem_catalog_find(catalog, id);
        if (e.service == NULL)
            rc = jem_fail(&err, JEM_ENOTFOUND, JEM_D_WEB, 0, JEM_T_LOOKUP_SERVICE_GONE, id);
    }
    if (rc != JEM_OK) {
        web_page_error(p, &err);
    } else if (p->r->post) {
        correct_post(p, number, &e, shown);
    } else {
        e.values = json_incref(json_object_get(shown, "fields"));
        correct_form(p, &e, jem_json_str(shown, "number", ""), NULL);
    }
    web_entry_release(&e);
    json_decref(shown);
}

/* ---- withdrawal ---- */

void web_page_withdraw(struct web_page *p, uint64_t number)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *out = NULL;
    if (jem_withdraw(p->app, number, web_form_text(&p->r->form, "reason"), &out, &err) == JEM_OK)
        amend_back(p, number);
    else
        web_page_error(p, &err);
    json_decref(out);
}

/* ---- documents ---- */

void web_page_attach(struct web_page *p, uint64_t number)
{
    struct jem_error err = { .code = JEM_OK };
    enum jem_code rc = JEM_OK;
    size_t done = 0;
    for (size_t i = 0; i < p->r->form.file_count && rc == JEM_OK; i++) {
        const struct web_file *f = &p->r->form.files[i];
        struct jem_attachment in = { .kind = web_form_text(&p->r->form, "kind"),
            .bytes = f->bytes,
            .size = f->size,
            .name = f->filename,
            .photo = true };
        json_t *out = NULL;
        rc = jem_attach(p->app, number, &in, &out, &err);
        json_decref(out);
        done += rc == JEM_OK;
    }
    if (rc == JEM_OK && done == 0)
        rc = jem_fail(&err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_WEB_NO_FILE);
    if (rc == JEM_OK)
        amend_back(p, number);
    else
        web_page_error(p, &err);
}

void web_page_detach(struct web_page *p, uint64_t number)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *out = NULL;
    unsigned ordinal = (unsigned)strtoul(web_form_text(&p->r->form, "o"), NULL, 10);
    if (jem_document_remove(p->app, number, ordinal, web_form_text(&p->r->form, "reason"), &out, &err) == JEM_OK)
        amend_back(p, number);
    else
        web_page_error(p, &err);
    json_decref(out);
}

/* "VAN/ORDINAL" the original, "VAN/ORDINAL/PAGE" a preview. */
static bool document_numbers(const char *rest, unsigned out[3])
{
    out[2] = 0;
    for (size_t i = 0; i < 3; i++) {
        size_t n = strspn(rest, "0123456789");
        if (n == 0 || n > 5)
            return false;
        out[i] = (unsigned)strtoul(rest, NULL, 10);
        rest += n;
        if (*rest == '\0')
            return i > 0 && (i == 1 || out[2] > 0);
        if (*rest++ != '/')
            return false;
    }
    return false;
}

void web_page_document(struct web_page *p, uint64_t number, const char *rest)
{
    struct jem_error err = { .code = JEM_OK };
    unsigned at[3];
    const char *mime = NULL;
    if (!document_numbers(rest, at)) {
        web_page_not_found(p);
        return;
    }
    if (jem_document_bytes(p->app, number, at[0], at[1], at[2], p->b, &mime, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    p->a->type = mime;
    /* A browser's PDF viewer is a program of its own inside our origin: it gets a file, not a page. */
    if (strncmp(mime, "image/", 6) != 0)
        web_answer_header(p->a, "Content-Disposition", "attachment; filename=\"dokumen.pdf\"");
}
