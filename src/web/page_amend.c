/* page_amend.c - what an officer does to a record that stands: correct fields, add or take away documents, withdraw. */
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "jemput/clock.h"
#include "jemput/labels.h"
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

/* ---- correction ----
 *
 * The form carries, of each field, the writes that stood in it when it was loaded (b.NAME) and what it showed (o.NAME). So a
 * field that the officer left alone follows whoever changes it meanwhile, and one that both changed is shown to the officer
 * with both values before anything is written over. */

#define OPEN_MS ((int64_t)5 * 60 * 1000) /* without the script nobody tells that the form was left */
#define OPEN_ASKED_MS 15000              /* the script asks more often than that */

struct correct {
    struct web_page *p;
    uint64_t number;
    struct web_entry e;
    json_t *shown; /* of jem_show, as it is now */
    bool again;    /* b. and o. are those of now: the officer has seen what changed */
    const char *failure;
};

static const char *correct_named(struct correct *c, char kind, const char *field)
{
    char key[60] = { kind, '.', '\0' };
    size_t n = strlen(field);
    memcpy(key + 2, field, n < sizeof key - 3 ? n + 1 : 0);
    return web_form_text(&c->p->r->form, key);
}

/* As the input shows it; a village by its code. */
static void correct_text(const struct correct *c, const char *field, struct jem_buf *out)
{
    const char *now = jem_json_str(json_object_get(c->shown, "fields"), field, "");
    const struct jem_field *f = jem_service_field(c->e.service, field);
    if (f == NULL || f->type == JEM_FIELD_VILLAGE)
        jem_buf_str(out, now);
    else
        web_entry_shown(f->type, now, out);
}

static const json_t *correct_written(const struct correct *c, const char *field)
{
    return json_object_get(json_object_get(c->shown, "written"), field);
}

static const char *correct_field_at(const struct correct *c, size_t i)
{
    return i == 0                              ? "nik"
           : i == 1                            ? "name"
           : i - 2 < c->e.service->field_count ? c->e.service->fields[i - 2].name
                                               : NULL;
}

/* Somebody wrote it since the form was loaded. */
static bool correct_moved(struct correct *c, const char *field)
{
    return strcmp(jem_json_str(correct_written(c, field), "heads", ""), correct_named(c, 'b', field)) != 0;
}

static bool correct_typed(struct correct *c, const char *field)
{
    return strcmp(jem_json_str(c->e.values, field, ""), correct_named(c, 'o', field)) != 0;
}

/* "Nama menjadi "Siti", oleh budi, 10.32" */
static void correct_line(const struct correct *c, const char *field, enum jem_text text, struct jem_buf *out)
{
    const json_t *w = correct_written(c, field);
    struct jem_buf value = JEM_BUF_INIT(65536);
    char at[64];
    correct_text(c, field, &value);
    jem_time_human(jem_json_int(w, "at_ms", 0), at, sizeof at);
    if (text == JEM_T_WEB_TOGETHER_BOTH)
        jem_buf_fmt(out, jem_text(text), jem_json_str(w, "by", ""), jem_buf_text(&value), at);
    else
        jem_buf_fmt(out, jem_text(text), jem_label_field(c->e.service, field), jem_buf_text(&value),
            jem_json_str(w, "by", ""), at);
    jem_buf_release(&value);
}

/* [text]: what others changed since the form was loaded. */
static json_t *correct_changes(struct correct *c)
{
    json_t *list = json_array();
    const char *field;
    for (size_t i = 0; (field = correct_field_at(c, i)) != NULL; i++) {
        struct jem_buf line = JEM_BUF_INIT(70000);
        if (correct_moved(c, field)) {
            correct_line(c, field, JEM_T_WEB_TOGETHER_CHANGED, &line);
            json_array_append_new(list, json_string(jem_buf_text(&line)));
        }
        jem_buf_release(&line);
    }
    return list;
}

static void correct_seen_inputs(struct correct *c)
{
    const char *field;
    bool now = !c->p->r->post || c->again;
    for (size_t i = 0; (field = correct_field_at(c, i)) != NULL; i++) {
        struct jem_buf text = JEM_BUF_INIT(65536);
        if (now)
            correct_text(c, field, &text);
        else
            jem_buf_str(&text, correct_named(c, 'o', field));
        web_html(c->p->b,
            "<input type=hidden name=\"b.%s\" value=\"%s\"><input type=hidden name=\"o.%s\" value=\"%s\">", field,
            now ? jem_json_str(correct_written(c, field), "heads", "") : correct_named(c, 'b', field), field,
            jem_buf_text(&text));
        jem_buf_release(&text);
    }
}

static void correct_others(struct correct *c, const json_t *changes)
{
    struct jem_buf *b = c->p->b, others = JEM_BUF_INIT(2000);
    size_t i;
    const json_t *line;
    web_presence_others(&c->p->office->presence, c->number, c->p->session, &others);
    web_html(b, "<div class=\"note wait\" id=together role=status%s><p>",
        others.len + json_array_size(changes) > 0 ? "" : " hidden");
    if (others.len > 0)
        web_html_say(b, JEM_T_WEB_TOGETHER_OPEN, jem_buf_text(&others));
    web_html(b, "</p><div%s><b>%t</b><ul>", json_array_size(changes) > 0 ? "" : " hidden", JEM_T_WEB_TOGETHER);
    json_array_foreach(changes, i, line)
    {
        web_html(b, "<li>%s", json_string_value(line));
    }
    web_html(b, "</ul><p>%t</p></div></div>", JEM_T_WEB_TOGETHER_MERGE);
    jem_buf_release(&others);
}

static void correct_form(struct correct *c)
{
    struct web_page *p = c->p;
    struct jem_buf action = JEM_BUF_INIT(60), *b = p->b;
    const char *number = jem_json_str(c->shown, "number", "");
    json_t *changes = p->r->post ? correct_changes(c) : NULL;
    web_presence_note(&p->office->presence, c->number, p->session, jem_app_user(p->app), OPEN_MS);
    web_page_begin(p, WEB_NAV_LIST, jem_text(JEM_T_WEB_CORRECT),
        c->failure != NULL || json_array_size(c->e.errors) > 0);
    web_html(b, "<div class=head><h1>%t <span class=number>%s</span></h1><a href=\"/p/%s\" data-back>%t</a></div>",
        JEM_T_WEB_CORRECT, number, number, JEM_T_WEB_CANCEL);
    web_entry_summary(p, &c->e, c->failure);
    correct_others(c, changes);
    jem_buf_fmt(&action, "/p/%s/ubah", number);
    web_form_begin(p, jem_buf_text(&action), " class=entry novalidate id=entry data-together");
    correct_seen_inputs(c);
    jem_buf_str(b, "<section class=\"card span\"><div class=fields>");
    web_entry_fields(p, &c->e, NULL);
    web_html(b,
        "</div></section><section class=\"card span\"><label for=reason>%t</label><input id=reason name=reason "
        "maxlength=400 value=\"%s\"></section>",
        JEM_T_WEB_CORRECT_REASON, web_form_text(&p->r->form, "reason"));
    web_html(b, "<div class=actions><button data-save>%t <kbd>F9</kbd></button></div></form>", JEM_T_WEB_CORRECT_SAVE);
    web_page_end(p);
    jem_buf_release(&action);
    json_decref(changes);
}

/* What the officer typed, and which writes that was about. A field that others changed and the officer did not follows. */
static void correct_sets(struct correct *c, json_t *set, json_t *seen)
{
    const char *field;
    for (size_t i = 0; (field = correct_field_at(c, i)) != NULL; i++) {
        if (correct_typed(c, field)) {
            json_object_set_new(set, field, json_string(jem_json_str(c->e.values, field, "")));
            json_object_set_new(seen, field, json_string(correct_named(c, 'b', field)));
        }
    }
}

/* Both changed it: told beside the field, with the other's value; the officer's stays in it. */
static void correct_clashes(struct correct *c)
{
    const char *field;
    for (size_t i = 0; (field = correct_field_at(c, i)) != NULL; i++) {
        struct jem_buf text = JEM_BUF_INIT(70000);
        if (correct_moved(c, field) && correct_typed(c, field)) {
            correct_line(c, field, JEM_T_WEB_TOGETHER_BOTH, &text);
            web_entry_wrong(&c->e, field, jem_buf_text(&text), false);
        } else if (correct_moved(c, field)) {
            correct_text(c, field, &text);
            json_object_set_new(c->e.values, field, json_string(jem_buf_text(&text)));
        }
        jem_buf_release(&text);
    }
    c->again = true;
}

static void correct_issues(struct correct *c, const struct jem_issues *issues)
{
    for (size_t i = 0; issues != NULL && i < issues->count && i < JEM_ISSUES_MAX; i++) {
        const struct jem_issue *it = &issues->items[i];
        bool several = json_object_get(c->e.villages, it->field) != NULL;
        if (it->severity == JEM_SEV_ERROR)
            web_entry_wrong(&c->e, it->field, several ? jem_text(JEM_T_WEB_VILLAGES) : it->msg, false);
    }
}

static void correct_post(struct correct *c)
{
    struct web_page *p = c->p;
    struct jem_error err = { .code = JEM_OK };
    struct jem_issues *issues = calloc(1, sizeof *issues);
    json_t *out = NULL, *set = json_object(), *seen = json_object();
    web_entry_read(p, &c->e);
    correct_sets(c, set, seen);
    enum jem_code rc = issues == NULL ? jem_fail_nomem(&err)
                                      : jem_correct_seen(p->app, c->number, set, seen,
                                            web_form_text(&p->r->form, "reason"), &out, issues, &err);
    if (rc == JEM_OK) {
        web_presence_note(&p->office->presence, c->number, p->session, "", 0);
        amend_back(p, c->number);
    } else {
        json_t *now = NULL;
        if (rc == JEM_EEXISTS && jem_show(p->app, c->number, &now, NULL) == JEM_OK) {
            json_decref(c->shown);
            c->shown = now;
            correct_clashes(c);
        }
        correct_issues(c, issues);
        p->a->status = rc == JEM_EEXISTS ? 409 : 422;
        c->failure = json_array_size(c->e.errors) > 0 && rc != JEM_EEXISTS ? NULL : err.msg;
        correct_form(c);
    }
    json_decref(set);
    json_decref(seen);
    json_decref(out);
    free(issues);
}

/* False: answered. */
static bool correct_open(struct correct *c)
{
    struct jem_error err = { .code = JEM_OK };
    const struct jem_catalog *catalog = NULL;
    enum jem_code rc = jem_show(c->p->app, c->number, &c->shown, &err);
    if (rc == JEM_OK)
        rc = jem_app_catalog(c->p->app, &catalog, &err);
    if (rc == JEM_OK) {
        const char *id = jem_json_str(c->shown, "service", "");
        c->e.service = jem_catalog_find(catalog, id);
        if (c->e.service == NULL)
            rc = jem_fail(&err, JEM_ENOTFOUND, JEM_D_WEB, 0, JEM_T_LOOKUP_SERVICE_GONE, id);
    }
    if (rc != JEM_OK)
        web_page_error(c->p, &err);
    return rc == JEM_OK;
}

static void correct_release(struct correct *c)
{
    web_entry_release(&c->e);
    json_decref(c->shown);
}

void web_page_correct(struct web_page *p, uint64_t number)
{
    struct correct c = { .p = p, .number = number };
    if (correct_open(&c) && p->r->post) {
        correct_post(&c);
    } else if (c.e.service != NULL) {
        c.e.values = json_incref(json_object_get(c.shown, "fields"));
        correct_form(&c);
    }
    correct_release(&c);
}

/* What the form's script asks while it is open: {"open":"Also open with ..."|"","changed":[text]}. */
void web_api_together(struct web_page *p, uint64_t number)
{
    struct correct c = { .p = p, .number = number };
    struct jem_buf others = JEM_BUF_INIT(2000), open = JEM_BUF_INIT(2200);
    if (correct_open(&c)) {
        web_presence_note(&p->office->presence, number, p->session, jem_app_user(p->app), OPEN_ASKED_MS);
        web_presence_others(&p->office->presence, number, p->session, &others);
        if (others.len > 0)
            jem_buf_fmt(&open, jem_text(JEM_T_WEB_TOGETHER_OPEN), jem_buf_text(&others));
        web_json_answer(p, 200, json_pack("{s:s,s:o}", "open", jem_buf_text(&open), "changed", correct_changes(&c)));
    }
    jem_buf_release(&others);
    jem_buf_release(&open);
    correct_release(&c);
}

/* ---- one that began elsewhere ---- */

void web_continue_form(struct web_page *p, const char *number, const char *service)
{
    const struct jem_catalog *catalog = NULL;
    struct jem_buf action = JEM_BUF_INIT(60), *b = p->b;
    if (p->hq || jem_app_catalog(p->app, &catalog, NULL) != JEM_OK)
        return;
    jem_buf_fmt(&action, "/p/%s/lanjut", number);
    web_html(b, "<h3>%t</h3>", JEM_T_WEB_GO_ON);
    web_form_begin(p, jem_buf_text(&action), " class=ask");
    web_html(b, "<p id=onh>%t</p><label for=ons>%t</label><select id=ons name=service required><option value=\"\">",
        JEM_T_WEB_GO_ON_HINT, JEM_T_WEB_SERVICE);
    for (size_t i = 0; i < jem_catalog_count(catalog); i++) {
        const struct jem_service *s = jem_catalog_at(catalog, i);
        web_html(b, "<option value=\"%s\"%s>%s", s->id, strcmp(s->id, service) == 0 ? " selected" : "",
            jem_pair(s->name));
    }
    web_html(b,
        "</select><label for=onn>%t</label><input id=onn name=nik inputmode=numeric maxlength=24 required "
        "autocomplete=off aria-describedby=onh><button>%t</button></form>",
        JEM_T_INTAKE_LABEL_NIK, JEM_T_WEB_GO_ON);
    jem_buf_release(&action);
}

void web_page_continue(struct web_page *p, uint64_t number)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_continue in = { .service = web_form_text(&p->r->form, "service"),
        .nik = web_form_text(&p->r->form, "nik") };
    json_t *out = NULL;
    if (jem_continue(p->app, number, &in, &out, &err) == JEM_OK)
        amend_back(p, number);
    else
        web_page_error(p, &err);
    json_decref(out);
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
