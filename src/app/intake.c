/* intake.c - recording an application. Everything that can be refused is refused before the unit opens; in the unit
 * stand the number, the submitted event, the documents with their bytes, the receipt's token, and the draft's end. */
#include "jemput/intake.h"

#include <stdlib.h>
#include <string.h>

#include "tray_own.h"

struct intake {
    struct jem_app *app;
    struct jem_apply_in *in;
    struct jem_issues *issues;
    const struct jem_service *service; /* NULL: unknown, nothing else was checked */
    int64_t catalog;                   /* its version */
    const char *channel;
    char reason[OWN_REASON_MAX + 1]; /* why a duplicate is recorded; "" none */
    struct own_document *documents;
    size_t document_count;
    struct jem_tray_page *pages; /* scanned beside the form: the last of the documents */
    struct jem_buf *previews;    /* of them */
    size_t page_count;
    struct jem_error document_err; /* the first that a document gave */
    json_t *missing, *duplicates;
};

static void intake_release(struct intake *t)
{
    for (size_t i = 0; i < t->document_count; i++)
        own_document_release(&t->documents[i]);
    for (size_t i = 0; t->previews != NULL && i < t->page_count; i++)
        jem_buf_release(&t->previews[i]);
    free(t->documents);
    free(t->pages);
    free(t->previews);
    json_decref(t->missing);
    json_decref(t->duplicates);
}

static enum jem_code intake_service(struct intake *t, struct jem_error *err)
{
    const struct jem_catalog *catalog = NULL;
    enum jem_code rc = jem_app_catalog(t->app, &catalog, err);
    if (rc != JEM_OK)
        return rc;
    const char *id = t->in->service != NULL ? t->in->service : "";
    t->catalog = jem_catalog_version(catalog);
    t->service = jem_catalog_find(catalog, id);
    if (t->service != NULL && t->service->retired)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_APPLY_RETIRED);
    if (t->service != NULL)
        return JEM_OK;
    const char *near = jem_catalog_nearest(catalog, id);
    if (*id == '\0')
        jem_issue_add(t->issues, JEM_SEV_ERROR, "service", JEM_T_APPLY_NO_SERVICE);
    else if (*near)
        jem_issue_add(t->issues, JEM_SEV_ERROR, "service", JEM_T_APPLY_SERVICE_NEAR, near);
    else
        jem_issue_add(t->issues, JEM_SEV_ERROR, "service", JEM_T_APPLY_SERVICE_UNKNOWN);
    return JEM_OK;
}

enum jem_code own_channel(const struct jem_app *app, const char *wanted, const char **out, struct jem_error *err)
{
    static const char *const channels[] = { "van", "office", "online", "village", "self-service", "electronic" };
    *out = NULL;
    if (wanted == NULL || *wanted == '\0')
        wanted = jem_store_role(app->store) == JEM_ROLE_HQ ? "office" : "van";
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        if (strcmp(channels[i], wanted) == 0)
            *out = channels[i];
    return *out != NULL ? JEM_OK : jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_APPLY_CHANNEL);
}

static void intake_channel(struct intake *t)
{
    if (own_channel(t->app, t->in->channel, &t->channel, NULL) != JEM_OK)
        jem_issue_add(t->issues, JEM_SEV_ERROR, "channel", JEM_T_APPLY_CHANNEL);
}

static enum jem_code intake_documents(struct intake *t, struct jem_error *err)
{
    size_t n = t->in->attachment_count;
    enum jem_code rc =
        t->in->draft != NULL ? jem_store_tray(t->app->store, t->in->draft, &t->pages, &t->page_count, err) : JEM_OK;
    if (rc != JEM_OK)
        return rc;
    if (n + t->page_count > OWN_DOCUMENTS_MAX) {
        jem_issue_add(t->issues, JEM_SEV_ERROR, "", JEM_T_DOCUMENT_MANY, OWN_DOCUMENTS_MAX);
        return JEM_OK;
    }
    t->documents = calloc(n + t->page_count + 1, sizeof *t->documents);
    t->previews = calloc(t->page_count + 1, sizeof *t->previews);
    if (t->documents == NULL || t->previews == NULL)
        return jem_fail_nomem(err);
    for (size_t i = 0; i < n; i++) {
        const struct jem_attachment *a = &t->in->attachments[i];
        struct jem_error why = { .code = JEM_OK };
        rc = own_document_prepare(t->service, a, &t->documents[t->document_count], &why);
        if (rc == JEM_OK) {
            t->document_count++;
            continue;
        }
        if (t->document_err.code == JEM_OK)
            t->document_err = why;
        const char *kind = a->kind != NULL ? a->kind : "";
        jem_issue_add(t->issues, JEM_SEV_ERROR, kind, JEM_T_APPLY_DOCUMENT, kind, why.msg);
    }
    for (size_t i = 0; i < t->page_count; i++) {
        t->previews[i] = JEM_BUF_INIT(OWN_TRAY_PAGE_MAX);
        rc = own_tray_document(t->app, &t->pages[i], &t->documents[t->document_count], &t->previews[i], err);
        if (rc != JEM_OK)
            return rc;
        t->document_count++;
    }
    return JEM_OK;
}

/* What the requirements still lack: told on the receipt, never a reason to refuse. */
static enum jem_code intake_missing(struct intake *t, struct jem_error *err)
{
    json_t *kinds = json_array();
    for (size_t i = 0; i < t->document_count; i++)
        json_array_append_new(kinds, json_string(t->documents[i].kind));
    t->missing = own_missing(t->service, kinds);
    json_decref(kinds);
    return t->missing != NULL ? JEM_OK : jem_fail_nomem(err);
}

static enum jem_code intake_duplicates(struct intake *t, struct jem_error *err)
{
    const char *nik = jem_json_str(t->in->fields, "nik", "");
    json_t *rows = NULL;
    enum jem_code rc = JEM_OK;
    if (t->service->duplicate_window_days > 0 && *nik)
        rc = jem_store_same(t->app->store, nik, t->service->id,
            jem_store_today(t->app->store) - t->service->duplicate_window_days, &rows, err);
    if (rc != JEM_OK)
        return rc;
    json_decref(t->duplicates);
    t->duplicates = rows != NULL ? rows : json_array();
    return t->duplicates != NULL ? JEM_OK : jem_fail_nomem(err);
}

/* Optional fields that were left blank say nothing: they do not go into the event. */
static void intake_drop_blank(json_t *fields)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(fields, next, key, value)
    {
        if (json_is_string(value) && json_string_length(value) == 0)
            json_object_del(fields, key);
    }
}

/* Every check, each fault into issues. Fails only when checking itself is impossible. */
static enum jem_code intake_examine(struct intake *t, struct jem_error *err)
{
    enum jem_code rc = intake_service(t, err);
    if (rc != JEM_OK || t->service == NULL)
        return rc;
    intake_channel(t);
    if (json_is_object(t->in->fields)) {
        jem_intake_check(t->service, t->in->fields, false, jem_store_today(t->app->store), t->issues);
        intake_drop_blank(t->in->fields);
    } else {
        jem_issue_add(t->issues, JEM_SEV_ERROR, "", JEM_T_APPLY_NO_FIELDS);
    }
    rc = intake_documents(t, err);
    if (rc == JEM_OK)
        rc = intake_missing(t, err);
    if (rc == JEM_OK)
        rc = intake_duplicates(t, err);
    return rc;
}

/* The earlier application, when there is one and nobody gave a reason to record another. */
static enum jem_code intake_refuse_duplicate(const struct intake *t, struct jem_error *err)
{
    const json_t *first = json_array_get(t->duplicates, 0);
    if (first == NULL || *t->reason)
        return JEM_OK;
    return jem_fail(err, JEM_EEXISTS, JEM_D_APP, 0, JEM_T_APPLY_DUPLICATE, jem_json_str(first, "number", ""),
        jem_json_str(first, "day", ""));
}

static json_t *intake_body(const struct intake *t)
{
    json_t *warnings = json_array();
    for (size_t i = 0; i < t->issues->count && i < JEM_ISSUES_MAX; i++)
        if (t->issues->items[i].severity == JEM_SEV_WARNING)
            json_array_append_new(warnings, json_string(own_text_name(t->issues->items[i].key)));
    json_t *body = json_pack("{s:s,s:I,s:s,s:O,s:o}", "service", t->service->id, "catalog", (json_int_t)t->catalog,
        "channel", t->channel, "fields", t->in->fields, "warnings", warnings);
    const json_t *first = json_array_get(t->duplicates, 0);
    if (body != NULL && first != NULL)
        json_object_set_new(body, "duplicate",
            json_pack("{s:s,s:s}", "of", jem_json_str(first, "number", ""), "reason", t->reason));
    return body;
}

/* Kept under a hash: the name is the caller's, and may be long. */
static void intake_once_key(const char *once, char key[72])
{
    unsigned char hash[32];
    jem_hash(once, strlen(once), hash);
    memcpy(key, "once.", 5);
    jem_hex(hash, 32, key + 5);
}

static enum jem_code intake_once_keep(const struct intake *t, uint64_t number, struct jem_error *err)
{
    char key[72], text[JEM_NUMBER_TEXT];
    intake_once_key(t->in->once, key);
    jem_number_format(number, text);
    return jem_store_meta_set(t->app->store, key, text, err);
}

/* What was recorded under that name before; *out NULL: nothing. */
static enum jem_code intake_once_before(const struct intake *t, json_t **out, struct jem_error *err)
{
    char key[72], text[JEM_NUMBER_TEXT];
    uint64_t number = 0;
    struct jem_application a = { 0 };
    intake_once_key(t->in->once, key);
    if (!own_meta(t->app->store, key, "", text, sizeof text) || jem_number_parse(text, &number, NULL) != JEM_OK)
        return JEM_OK;
    enum jem_code rc = own_load(t->app, number, &a, NULL, err);
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:s,s:s,s:b}", "number", text, "status", jem_status_name(a.status), "again", 1), out,
            err);
    jem_application_release(&a);
    return rc;
}

static enum jem_code intake_record(struct intake *t, uint64_t *number, char qr[OWN_QR_CAP], struct jem_error *err)
{
    struct jem_app *app = t->app;
    json_t *body = NULL;
    /* Another counter may have recorded the same person since the first look. */
    enum jem_code rc = intake_duplicates(t, err);
    if (rc == JEM_OK)
        rc = intake_refuse_duplicate(t, err);
    if (rc == JEM_OK)
        rc = jem_store_number_new(app->store, number, err);
    if (rc == JEM_OK && (body = intake_body(t)) == NULL)
        rc = jem_fail_nomem(err);
    if (rc == JEM_OK)
        rc = jem_store_append(app->store, own_lane(app, *number), *number, "application.submitted", body, app->user,
            NULL, err);
    json_decref(body);
    for (size_t i = 0; i < t->document_count && rc == JEM_OK; i++)
        rc = own_document_record(app, *number, (unsigned)i + 1, &t->documents[i], err);
    if (rc == JEM_OK)
        rc = own_token_make(app, *number, t->service->code, (unsigned)t->document_count,
            json_array_size(t->missing) > 0, qr, err);
    if (rc == JEM_OK && t->in->once != NULL)
        rc = intake_once_keep(t, *number, err);
    if (rc == JEM_OK && t->in->draft != NULL) {
        rc = jem_store_draft_drop(app->store, t->in->draft, err);
        rc = rc == JEM_ENOTFOUND ? JEM_OK : rc;
    }
    if (rc == JEM_OK && t->in->draft != NULL)
        rc = own_tray_recorded(app, t->in->draft, *number, t->pages, t->page_count, err);
    return rc;
}

static enum jem_code intake_unit(struct intake *t, json_t **out, struct jem_error *err)
{
    uint64_t number = 0;
    char qr[OWN_QR_CAP];
    enum jem_code rc = jem_store_begin(t->app->store, err);
    if (rc == JEM_OK)
        rc = intake_record(t, &number, qr, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(t->app->store, err);
    if (rc != JEM_OK) {
        jem_store_rollback(t->app->store);
        return rc;
    }
    const json_t *first = json_array_get(t->duplicates, 0);
    json_t *duplicate = first != NULL ? json_incref(json_object_get(first, "number")) : json_null();
    json_t *o = json_pack("{s:s,s:s,s:o,s:O,s:o}", "status", jem_status_name(JEM_STATUS_SUBMITTED), "qr", qr,
        "warnings", own_issues_json(t->issues, JEM_SEV_WARNING), "missing", t->missing, "duplicate", duplicate);
    if (o != NULL && !own_put_number(o, "number", number)) {
        json_decref(o);
        o = NULL;
    }
    return own_give(o, out, err);
}

static enum jem_code intake_verdict(const struct intake *t, struct jem_error *err)
{
    size_t by_documents = 0;
    if (t->issues->errors == 0)
        return JEM_OK;
    for (size_t i = 0; i < t->issues->count && i < JEM_ISSUES_MAX; i++)
        by_documents += t->issues->items[i].key == JEM_T_APPLY_DOCUMENT;
    if (by_documents == t->issues->errors && t->document_err.code != JEM_EINVAL) {
        if (err != NULL)
            *err = t->document_err; /* a file that is not there, say: its own code */
        return t->document_err.code;
    }
    return own_fail_issues(t->issues, err);
}

enum jem_code jem_apply(struct jem_app *app, struct jem_apply_in *in, json_t **out, struct jem_issues *issues,
    struct jem_error *err)
{
    struct jem_issues *own = issues == NULL ? calloc(1, sizeof *own) : NULL;
    struct intake t = { .app = app, .in = in, .issues = issues != NULL ? issues : own };
    enum jem_code rc = t.issues != NULL ? own_may_write(app, err) : jem_fail_nomem(err);
    *out = NULL;
    if (rc == JEM_OK && in->once != NULL)
        rc = intake_once_before(&t, out, err);
    if (rc != JEM_OK || *out != NULL) {
        free(own);
        return rc;
    }
    rc = own_reason(in->duplicate_reason, false, t.reason, err);
    if (rc == JEM_OK)
        rc = intake_examine(&t, err);
    if (rc == JEM_OK)
        rc = intake_verdict(&t, err);
    if (rc == JEM_OK)
        rc = intake_refuse_duplicate(&t, err);
    if (rc == JEM_OK)
        rc = intake_unit(&t, out, err);
    intake_release(&t);
    free(own);
    return rc;
}

enum jem_code jem_apply_check(struct jem_app *app, struct jem_apply_in *in, json_t **out, struct jem_issues *issues,
    struct jem_error *err)
{
    struct jem_issues *own = issues == NULL ? calloc(1, sizeof *own) : NULL;
    struct intake t = { .app = app, .in = in, .issues = issues != NULL ? issues : own };
    enum jem_code rc = t.issues != NULL ? intake_examine(&t, err) : jem_fail_nomem(err);
    if (rc == JEM_OK) {
        json_t *missing = t.missing != NULL ? json_incref(t.missing) : json_array();
        json_t *duplicates = t.duplicates != NULL ? json_incref(t.duplicates) : json_array();
        own_dress_rows(app, duplicates);
        rc = own_give(json_pack("{s:o,s:o,s:o,s:o}", "errors", own_issues_json(t.issues, JEM_SEV_ERROR), "warnings",
                          own_issues_json(t.issues, JEM_SEV_WARNING), "missing", missing, "duplicates", duplicates),
            out, err);
    }
    intake_release(&t);
    free(own);
    return rc;
}
