/* page_apply.c - one application, from the blank form to the record. What is typed lies in a draft all the while.
 *
 *   GET ?           blank form: what this officer, this day and the catalogue suggest
 *   GET ?d=ID       the draft in its form; first asks when it is another officer's, or of another catalogue
 *   POST fill       the same, with what NIK and earlier applications tell
 *   POST draft      -> the list of drafts
 *   POST scan       -> the page of its scanned pages, for a browser without our script
 *   POST check      faults: the form again (422); else -> GET ?d=ID&c=1, the answers once more
 *   POST save       from there; nothing changed since: recorded -> the page with number and receipt. From the form itself
 *                   too, when there is nothing to think over.
 */
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "devices.h"
#include "jemput/codec.h"
#include "jemput/page.h"

static void apply_release(struct apply *t)
{
    json_decref(t->duplicates);
    json_decref(t->left);
    web_entry_release(&t->e);
}

void apply_path(const struct apply *t, const char *more, struct jem_buf *out)
{
    jem_buf_str(out, "/baru/");
    web_url_text(out, t->e.service->id);
    jem_buf_fmt(out, "?d=%s%s", t->draft, more);
}

static void apply_go(struct apply *t, const char *more)
{
    struct jem_buf to = JEM_BUF_INIT(200);
    apply_path(t, more, &to);
    web_answer_redirect(t->p->a, jem_buf_text(&to));
    jem_buf_release(&to);
}

static void apply_saved(struct apply *t, uint64_t n)
{
    char number[JEM_NUMBER_TEXT];
    struct jem_buf to = JEM_BUF_INIT(60);
    jem_number_format(n, number);
    jem_buf_fmt(&to, "/p/%s/selesai", number);
    web_answer_redirect(t->p->a, jem_buf_text(&to));
    jem_buf_release(&to);
}

/* This form became a record a moment ago: a second click is not a second one. */
static bool apply_was_saved(struct apply *t)
{
    const struct web_session *s = t->p->session;
    if (s->saved_number == 0 || strcmp(s->saved_draft, t->draft) != 0)
        return false;
    apply_saved(t, s->saved_number);
    return true;
}

/* ---- the draft ---- */

static enum jem_code apply_keep(struct apply *t, int64_t catalog, struct jem_error *err)
{
    json_t *draft =
        json_pack("{s:s,s:I,s:O}", "service", t->e.service->id, "catalog", (json_int_t)catalog, "fields", t->e.values);
    if (draft != NULL && t->e.marks != NULL)
        json_object_set(draft, "marks", t->e.marks);
    enum jem_code rc = jem_draft_put(t->p->app, t->draft, draft, err);
    json_decref(draft);
    return rc;
}

static void apply_use(struct apply *t, const json_t *draft)
{
    const char *channel = jem_json_str(draft, "channel", "");
    json_decref(t->e.values);
    json_decref(t->e.marks);
    t->e.values = json_incref(json_object_get(draft, "fields"));
    t->e.marks = json_incref(json_object_get(draft, "marks"));
    t->e.fresh = json_incref(json_object_get(draft, "fresh"));
    t->left = json_incref(json_object_get(draft, "left"));
    if (strlen(channel) < sizeof t->channel)
        memcpy(t->channel, channel, strlen(channel) + 1);
}

/* The draft that the form or its address names. False: answered. */
static bool apply_load(struct apply *t)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *draft = NULL;
    enum jem_code rc = jem_draft_get(t->p->app, t->draft, &draft, &err);
    bool usable = false;
    if (rc != JEM_OK)
        web_page_error(t->p, &err);
    else if (strcmp(jem_json_str(draft, "service", ""), t->e.service->id) != 0)
        web_page_not_found(t->p);
    else if (!jem_json_bool(draft, "mine", false) && *jem_json_str(draft, "user", "") != '\0')
        web_draft_of_another(t->p, draft);
    else if (json_is_object(json_object_get(draft, "carry")))
        web_draft_carry(t->p, draft);
    else
        usable = true;
    if (usable)
        apply_use(t, draft);
    json_decref(draft);
    return usable;
}

/* ---- rules ---- */

/* One word for all that the check shows: a confirmation of this is none of something else. */
static void apply_confirm_word(struct apply *t)
{
    struct jem_buf b = JEM_BUF_INIT((size_t)1 << 20);
    const struct web_stash *stash = &t->p->session->stash;
    unsigned char hash[32];
    size_t i;
    const json_t *it;
    (void)!jem_json_canonical(t->e.values, &b, NULL);
    json_array_foreach(t->e.warnings, i, it)
    {
        jem_buf_fmt(&b, "%s:%s;", jem_json_str(it, "field", ""), jem_json_str(it, "key", ""));
    }
    jem_buf_str(&b, jem_json_str(json_array_get(t->duplicates, 0), "number", ""));
    for (i = 0; i < stash->count && strcmp(stash->draft, t->draft) == 0; i++)
        jem_buf_fmt(&b, ";%s %zu", stash->files[i].name, stash->files[i].size);
    jem_hash(b.data != NULL ? b.data : (const unsigned char *)"", b.len, hash);
    jem_hex(hash, 16, t->confirm);
    jem_buf_wipe(&b);
}

static size_t apply_attachments(const struct apply *t, struct jem_attachment out[WEB_FORM_FILES_MAX])
{
    const struct web_stash *stash = &t->p->session->stash;
    if (strcmp(stash->draft, t->draft) != 0)
        return 0;
    for (size_t i = 0; i < stash->count; i++)
        out[i] = (struct jem_attachment){ .kind = stash->files[i].name + 2,
            .bytes = stash->files[i].bytes,
            .size = stash->files[i].size,
            .name = stash->files[i].filename,
            .photo = true };
    return stash->count;
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

static struct jem_apply_in apply_in(struct apply *t, const struct jem_attachment *attachments, size_t count)
{
    const char *reason = web_form_text(&t->p->r->form, "reason");
    return (struct jem_apply_in){ .service = t->e.service->id,
        .draft = t->draft,
        .channel = *t->channel ? t->channel : NULL,
        .duplicate_reason = *reason ? reason : NULL,
        .attachments = attachments,
        .attachment_count = count };
}

/* Asks the rules; with the documents, which takes long, only when files came with this very request. The fields become
 * what would be stored. */
static enum jem_code apply_examine(struct apply *t, bool documents, struct jem_error *err)
{
    struct jem_attachment attachments[WEB_FORM_FILES_MAX];
    size_t count = documents ? apply_attachments(t, attachments) : 0;
    struct jem_apply_in in = apply_in(t, attachments, count);
    json_t *found = NULL;
    in.fields = json_copy(t->e.values);
    enum jem_code rc = jem_apply_check(t->p->app, &in, &found, NULL, err);
    if (rc == JEM_OK)
        apply_take_issues(t, found);
    json_decref(found);
    json_decref(in.fields);
    return rc;
}

/* ---- recording ---- */

static enum jem_code apply_record(struct apply *t, struct jem_error *err)
{
    struct jem_attachment attachments[WEB_FORM_FILES_MAX];
    struct jem_apply_in in = apply_in(t, attachments, apply_attachments(t, attachments));
    struct web_session *s = t->p->session;
    json_t *out = NULL;
    in.fields = json_copy(t->e.values);
    enum jem_code rc = jem_apply(t->p->app, &in, &out, NULL, err);
    if (rc == JEM_OK) {
        memcpy(s->saved_draft, t->draft, sizeof s->saved_draft);
        if (jem_number_parse(jem_json_str(out, "number", ""), &s->saved_number, NULL) != JEM_OK)
            s->saved_number = 0;
        web_stash_clear(&s->stash);
        web_paper_recorded(t->p, s->saved_number);
        apply_saved(t, s->saved_number);
    }
    json_decref(in.fields);
    json_decref(out);
    return rc;
}

/* The mark goes along with the value that it is about. */
static void apply_normal_one(struct apply *t, const char *field, json_t *value)
{
    const char *mark = jem_json_str(t->e.marks, field, ""), *text = strchr(mark, '=');
    if (text != NULL && strcmp(text + 1, jem_json_str(t->e.values, field, "")) == 0) {
        struct jem_buf again = JEM_BUF_INIT(4096);
        jem_buf_add(&again, mark, (size_t)(text + 1 - mark));
        jem_buf_str(&again, json_string_value(value));
        json_object_set_new(t->e.marks, field, json_string(jem_buf_text(&again)));
        jem_buf_release(&again);
    }
    json_object_set(t->e.values, field, value);
}

/* The values as they would be stored: what the check shows. */
static void apply_normal(struct apply *t)
{
    struct jem_issues *issues = calloc(1, sizeof *issues);
    json_t *copy = json_copy(t->e.values);
    if (issues != NULL && copy != NULL) {
        const char *key;
        json_t *value;
        jem_intake_check(t->e.service, copy, false, jem_store_today(jem_app_store(t->p->app)), issues);
        json_object_foreach(copy, key, value)
        {
            if (json_is_string(value))
                apply_normal_one(t, key, value);
        }
    }
    json_decref(copy);
    free(issues);
}

/* The answers once more, from the draft; the form instead when something is wrong with them. */
static void apply_check(struct apply *t, bool again)
{
    struct jem_error err = { .code = JEM_OK };
    if (apply_examine(t, false, &err) != JEM_OK)
        t->failure = t->failure != NULL ? t->failure : err.msg;
    if (json_array_size(t->e.errors) > 0) {
        t->p->a->status = 422;
        apply_form(t);
        return;
    }
    apply_confirm_word(t);
    apply_normal(t);
    apply_check_page(t, again);
}

static void apply_save(struct apply *t, bool typed)
{
    struct jem_error err = { .code = JEM_OK };
    enum jem_code rc = apply_examine(t, false, &err);
    bool duplicate = json_array_size(t->duplicates) > 0;
    if (rc == JEM_OK && json_array_size(t->e.errors) == 0) {
        bool doubts = json_array_size(t->e.warnings) > 0 || duplicate;
        bool reason = *web_form_text(&t->p->r->form, "reason") != '\0';
        apply_confirm_word(t);
        bool confirmed = strcmp(web_form_text(&t->p->r->form, "confirm"), t->confirm) == 0;
        if ((typed && !doubts) || (confirmed && (!duplicate || reason))) {
            rc = apply_record(t, &err);
            if (rc == JEM_OK)
                return;
            if (rc == JEM_EINVAL) /* a document: told beside its kind */
                (void)!apply_examine(t, true, NULL);
        } else if (typed) {
            apply_go(t, "&c=1");
            return;
        } else {
            t->p->a->status = 422;
            apply_check(t, !confirmed);
            return;
        }
    }
    if (rc != JEM_OK && json_array_size(t->e.errors) == 0)
        t->failure = err.msg;
    t->p->a->status = 422;
    apply_form(t);
}

/* ---- GET ---- */

static void apply_suggest(struct apply *t)
{
    json_t *habits = NULL;
    t->e.values = json_object();
    if (jem_habits(t->p->app, &habits, NULL) == JEM_OK)
        for (size_t i = 0; i < t->e.service->field_count; i++)
            if (strcmp(t->e.service->fields[i].role, "village") == 0)
                web_entry_fill(&t->e, t->e.service->fields[i].name, jem_json_str(habits, "village", ""), "today");
    for (size_t i = 0; i < t->e.service->field_count; i++)
        web_entry_fill(&t->e, t->e.service->fields[i].name, t->e.service->fields[i].preset, "default");
    json_decref(habits);
}

static void apply_get(struct apply *t)
{
    unsigned char random[16];
    const char *id = web_form_text(&t->p->r->args, "d");
    if (!jem_draft_id_ok(id)) {
        jem_random(random, sizeof random);
        jem_hex(random, sizeof random, t->draft);
        apply_suggest(t);
        apply_form(t);
        return;
    }
    memcpy(t->draft, id, OFFICE_DRAFT_ID);
    if (apply_was_saved(t) || !apply_load(t))
        return;
    if (strcmp(web_form_text(&t->p->r->args, "c"), "1") == 0)
        apply_check(t, false);
    else
        apply_form(t);
}

/* ---- POST ---- */

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

/* From the form: kept in any case, then what the button says. */
static void apply_typed(struct apply *t, const char *act)
{
    struct web_page *p = t->p;
    struct jem_error err = { .code = JEM_OK };
    int64_t catalog = web_form_number(&p->r->form, "catalog", t->catalog);
    web_entry_read(p, &t->e);
    if (catalog != t->catalog)
        web_entry_read_rest(p, &t->e);
    apply_drop_files(t);
    if (!apply_take_files(t))
        t->failure = jem_text(JEM_T_WEB_TOO_LARGE);
    bool fill = strcmp(act, "fill") == 0;
    if (fill)
        apply_fill(t, true);
    enum jem_code rc = apply_keep(t, catalog, &err);
    if (rc == JEM_EDENIED || rc == JEM_ENOTFOUND) { /* another officer's by now, or over */
        web_page_error(p, &err);
        return;
    }
    if (catalog != t->catalog && !apply_load(t)) /* the form is of another catalogue: the draft asks */
        return;
    if (strcmp(act, "draft") == 0 && t->failure == NULL) {
        if (rc == JEM_OK)
            web_answer_redirect(p->a, "/draf");
        else
            web_page_error(p, &err);
    } else if (fill) {
        apply_form(t);
    } else if (strcmp(act, "scan") == 0 && rc == JEM_OK && t->failure == NULL) {
        web_tray_open(p, t->draft, t->e.service->id);
    } else if (strcmp(act, "save") == 0 && t->failure == NULL) {
        apply_save(t, true);
    } else {
        bool documents = p->session->stash.count > 0;
        if (apply_examine(t, documents, &err) == JEM_OK && json_array_size(t->e.errors) == 0 && t->failure == NULL &&
            rc == JEM_OK) {
            apply_go(t, "&c=1");
            return;
        }
        if (t->failure == NULL && json_array_size(t->e.errors) == 0)
            t->failure = err.msg;
        p->a->status = 422;
        apply_form(t);
    }
}

static void apply_post(struct apply *t)
{
    struct web_page *p = t->p;
    const char *draft = web_form_text(&p->r->form, "draft"), *act = web_form_text(&p->r->form, "act");
    if (!jem_draft_id_ok(draft)) {
        web_page_message(p, 400, jem_text(JEM_T_WEB_FAILED), jem_text(JEM_T_WEB_BAD_REQUEST));
        return;
    }
    memcpy(t->draft, draft, OFFICE_DRAFT_ID);
    if (apply_was_saved(t))
        return;
    if (web_form_get(&p->r->form, "f.nik") != NULL)
        apply_typed(t, act);
    else if (apply_load(t)) /* from the check: what it showed lies in the draft */
        apply_save(t, false);
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
    t.catalog = jem_catalog_version(catalog);
    t.e.service = jem_catalog_find(catalog, service);
    if (t.e.service != NULL && t.e.service->retired)
        t.e.service = NULL;
    if (t.e.service != NULL && p->r->post)
        apply_post(&t);
    else if (t.e.service != NULL)
        apply_get(&t);
    else if (!web_draft_orphan(p, web_form_text(&p->r->args, "d")))
        web_page_not_found(p);
    apply_release(&t);
}
