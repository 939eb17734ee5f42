/* api.c - the intake for other systems: JSON in, JSON out, for an account of the role "system" (README, "Another system").
 *
 *   POST /api/permohonan            {"service","nik","name","set":{},"reference","allow_duplicate"?,"documents":[{"kind","name","base64"}]}
 *   POST /api/permohonan/NUMBER     {"nik","set":{}?,"documents":[..]?,"reason"?}: what is added to one that began in any channel;
 *                                   the NIK shows that the caller knows whose it is. The same again changes nothing
 *   GET  /api/permohonan/NUMBER     how it stands, without anything of a person
 *   GET  /api/permohonan/layanan    services and the fields that they ask
 *
 * Every request names the account and its key by HTTP Basic. A key costs one Argon2 in five minutes, not one a request: what was
 * shown last is remembered as a keyed hash. One request at a time. */
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "jemput/clock.h"
#include "jemput/intake.h"
#include "jemput/lookup.h"
#include "office.h"

#define API_PATH "/api/permohonan"
#define API_KEEP_MS ((int64_t)5 * 60 * 1000)
#define API_DOCUMENTS_MAX 60

bool web_api_is(const struct web_request *r)
{
    size_t n = sizeof API_PATH - 1;
    return strncmp(r->path, API_PATH, n) == 0 && (r->path[n] == '\0' || r->path[n] == '/') &&
           web_request_header(r, "Authorization") != NULL;
}

/* ---- who asks ---- */

/* "Basic base64(user:key)" into text, in which *key points. False: another form. */
static bool api_credentials(const struct web_request *r, char text[600], char **key)
{
    const char *header = web_request_header(r, "Authorization");
    size_t n = 0;
    if (header == NULL || strncasecmp(header, "Basic ", 6) != 0 ||
        sodium_base642bin((unsigned char *)text, 599, header + 6, strlen(header + 6), " ", &n, NULL,
            sodium_base64_VARIANT_ORIGINAL) != 0 ||
        memchr(text, '\0', n) != NULL)
        return false;
    text[n] = '\0';
    *key = strchr(text, ':');
    if (*key == NULL)
        return false;
    *(*key)++ = '\0';
    return true;
}

static void api_mark(const struct web_api *api, const char *user, const char *key, unsigned char out[32])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, api->salt, sizeof api->salt, 32);
    crypto_generichash_update(&state, (const unsigned char *)user, strlen(user) + 1);
    crypto_generichash_update(&state, (const unsigned char *)key, strlen(key));
    crypto_generichash_final(&state, out, 32);
}

/* Place of that account; else the one that ends first, emptied. */
static size_t api_place(struct web_api *api, const unsigned char mark[32])
{
    size_t at = 0;
    for (size_t i = 0; i < WEB_API_ACCOUNTS; i++) {
        if (api->items[i].app != NULL && api->items[i].until_ms > jem_mono_ms() &&
            sodium_memcmp(api->items[i].mark, mark, 32) == 0)
            return i;
        if (api->items[i].until_ms < api->items[at].until_ms)
            at = i;
    }
    jem_app_close(api->items[at].app);
    api->items[at].app = NULL;
    api->items[at].until_ms = 0;
    return at;
}

static void api_say(struct web_page *p, unsigned status, const char *error)
{
    web_json_answer(p, status, json_pack("{s:s}", "error", error));
}

static void api_error(struct web_page *p, const struct jem_error *err, const json_t *issues)
{
    unsigned status = err->code == JEM_EINVAL      ? 422
                      : err->code == JEM_ENOTFOUND ? 404
                      : err->code == JEM_EEXISTS   ? 409
                      : err->code == JEM_EDENIED   ? 403
                      : err->code == JEM_EBUSY     ? 503
                                                   : 500;
    json_t *o = json_pack("{s:s,s:s}", "error", err->msg, "code", jem_code_name(err->code));
    if (o != NULL && issues != NULL)
        json_object_set(o, "errors", (json_t *)(uintptr_t)issues);
    web_json_answer(p, status, o);
}

/* The account's handle, borrowed from the table whose lock is held; NULL: answered. */
static struct jem_app *api_enter(struct web_page *p)
{
    struct web_api *api = &p->office->api;
    struct jem_error err = { .code = JEM_OK };
    char text[600], *key = NULL;
    unsigned char mark[32];
    int64_t wait_ms = 0;
    if (!api_credentials(p->r, text, &key)) {
        web_answer_header(p->a, "WWW-Authenticate", "Basic realm=\"jemput\"");
        api_say(p, 401, jem_text(JEM_T_API_KEY));
        return NULL;
    }
    api_mark(api, text, key, mark);
    size_t at = api_place(api, mark);
    enum jem_code rc = JEM_OK;
    if (api->items[at].app == NULL) {
        rc = web_login_try(p->office, text, key, false, &api->items[at].app, &wait_ms, &err);
        memcpy(api->items[at].mark, mark, sizeof mark);
        api->items[at].until_ms = rc == JEM_OK ? jem_mono_ms() + API_KEEP_MS : 0;
    } else {
        rc = jem_app_require(api->items[at].app, JEM_ROLE_HQ, "system", &err); /* disabled or changed meanwhile */
    }
    sodium_memzero(text, sizeof text);
    if (rc == JEM_OK)
        return api->items[at].app;
    if (wait_ms > 0) {
        struct jem_buf seconds = JEM_BUF_INIT(20);
        jem_buf_fmt(&seconds, "%d", (int)((wait_ms + 999) / 1000));
        web_answer_header(p->a, "Retry-After", jem_buf_text(&seconds));
        jem_buf_release(&seconds);
    }
    api_say(p, wait_ms > 0 ? 429 : rc == JEM_EDENIED ? 403 : 401, wait_ms > 0 ? jem_text(JEM_T_API_WAIT) : err.msg);
    return NULL;
}

/* ---- an application ---- */

struct api_form {
    struct jem_apply_in in;
    struct jem_attachment attachments[API_DOCUMENTS_MAX];
    unsigned char *bytes[API_DOCUMENTS_MAX];
    struct jem_buf once;
};

static void api_form_release(struct api_form *f)
{
    for (size_t i = 0; i < f->in.attachment_count; i++)
        free(f->bytes[i]);
    json_decref(f->in.fields);
    jem_buf_release(&f->once);
}

static enum jem_code api_document(struct api_form *f, const json_t *document, struct jem_error *err)
{
    const char *text = jem_json_str(document, "base64", "");
    size_t n = strlen(text), at = f->in.attachment_count, size = 0;
    if (at == API_DOCUMENTS_MAX)
        return jem_fail(err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_DOCUMENT_MANY, API_DOCUMENTS_MAX);
    f->bytes[at] = malloc(n / 4 * 3 + 3);
    if (f->bytes[at] == NULL)
        return jem_fail_nomem(err);
    f->in.attachment_count++;
    if (sodium_base642bin(f->bytes[at], n / 4 * 3 + 3, text, n, "\r\n ", &size, NULL, sodium_base64_VARIANT_ORIGINAL) !=
        0)
        return jem_fail(err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_API_BASE64);
    f->attachments[at] = (struct jem_attachment){ .kind = jem_json_str(document, "kind", ""),
        .bytes = f->bytes[at],
        .size = size,
        .name = jem_json_str(document, "name", "") };
    return JEM_OK;
}

static enum jem_code api_documents(struct api_form *f, const json_t *o, struct jem_error *err)
{
    const json_t *document;
    size_t i;
    enum jem_code rc = JEM_OK;
    json_array_foreach(json_object_get(o, "documents"), i, document)
    {
        if (rc == JEM_OK)
            rc = api_document(f, document, err);
    }
    return rc;
}

static enum jem_code api_form(struct jem_app *app, const json_t *o, struct api_form *f, struct jem_error *err)
{
    const char *reference = jem_json_str(o, "reference", "");
    const json_t *set = json_object_get(o, "set");
    f->once = JEM_BUF_INIT(400);
    if (*reference == '\0' || strlen(reference) > 200)
        return jem_fail(err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_API_REFERENCE);
    jem_buf_fmt(&f->once, "%s %s", jem_app_user(app), reference);
    f->in = (struct jem_apply_in){ .service = jem_json_str(o, "service", ""),
        .fields = json_is_object(set) ? json_copy((json_t *)(uintptr_t)set) : json_object(),
        .channel = "electronic",
        .duplicate_reason = jem_json_str(o, "allow_duplicate", NULL),
        .attachments = f->attachments,
        .once = jem_buf_text(&f->once) };
    json_object_set_new(f->in.fields, "nik", json_string(jem_json_str(o, "nik", "")));
    json_object_set_new(f->in.fields, "name", json_string(jem_json_str(o, "name", "")));
    return api_documents(f, o, err);
}

static json_t *api_issues(const struct jem_issues *issues)
{
    json_t *list = json_array();
    for (size_t i = 0; i < issues->count && i < JEM_ISSUES_MAX; i++)
        if (issues->items[i].severity == JEM_SEV_ERROR)
            json_array_append_new(list,
                json_pack("{s:s,s:s}", "field", issues->items[i].field, "text", issues->items[i].msg));
    return list;
}

static void api_apply(struct web_page *p, struct jem_app *app, const json_t *o)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_issues *issues = calloc(1, sizeof *issues);
    struct api_form *f = calloc(1, sizeof *f);
    json_t *out = NULL, *list = NULL;
    enum jem_code rc = issues == NULL || f == NULL ? jem_fail_nomem(&err) : api_form(app, o, f, &err);
    if (rc == JEM_OK)
        rc = jem_apply(app, &f->in, &out, issues, &err);
    list = issues != NULL && issues->errors > 0 ? api_issues(issues) : NULL;
    if (rc == JEM_OK)
        web_json_answer(p, jem_json_bool(out, "again", false) ? 200 : 201, out);
    else
        api_error(p, &err, list);
    json_decref(list);
    if (f != NULL)
        api_form_release(f);
    free(f);
    free(issues);
}

/* Those that it has already are no fault: the answer to the first time was lost. */
static enum jem_code api_add_documents(struct jem_app *app, uint64_t number, const json_t *o, json_t *added,
    struct jem_error *err)
{
    struct api_form *f = calloc(1, sizeof *f);
    enum jem_code rc = f == NULL ? jem_fail_nomem(err) : api_documents(f, o, err);
    for (size_t i = 0; rc == JEM_OK && i < f->in.attachment_count; i++) {
        json_t *one = NULL;
        rc = jem_attach(app, number, &f->attachments[i], &one, err);
        if (rc == JEM_EEXISTS)
            rc = JEM_OK;
        else if (rc == JEM_OK)
            json_array_append_new(added, one);
    }
    if (f != NULL)
        api_form_release(f);
    free(f);
    return rc;
}

/* Fields that stand as they are sent need no correction. */
static enum jem_code api_add_fields(struct jem_app *app, uint64_t number, const json_t *o, const json_t *fields,
    json_t **out, struct jem_error *err)
{
    json_t *set = json_object(), *value;
    const char *name;
    json_object_foreach(json_object_get(o, "set"), name, value)
    {
        if (!json_is_string(value) || strcmp(json_string_value(value), jem_json_str(fields, name, "")) != 0)
            json_object_set(set, name, value);
    }
    enum jem_code rc = json_object_size(set) == 0
                           ? JEM_OK
                           : jem_correct(app, number, set, jem_json_str(o, "reason", NULL), out, NULL, err);
    json_decref(set);
    return rc;
}

static enum jem_code api_theirs(struct jem_app *app, uint64_t number, const json_t *o, json_t **shown,
    struct jem_error *err)
{
    enum jem_code rc = jem_show(app, number, shown, err);
    if (rc == JEM_OK &&
        strcmp(jem_json_str(json_object_get(*shown, "fields"), "nik", ""), jem_json_str(o, "nik", "-")) != 0)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_WEB, 0, JEM_T_API_NOT_THEIRS);
    if (rc == JEM_OK &&
        json_object_size(json_object_get(o, "set")) + json_array_size(json_object_get(o, "documents")) == 0)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_API_JSON);
    return rc;
}

/* What was returned goes back to the clerks last, when all that came is recorded. */
static void api_add(struct web_page *p, struct jem_app *app, uint64_t number, const json_t *o)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_continue in = { .nik = jem_json_str(o, "nik", ""), .channel = "electronic" };
    json_t *shown = NULL, *corrected = NULL, *gone_on = NULL, *now = NULL, *added = json_array();
    enum jem_code rc = api_theirs(app, number, o, &shown, &err);
    if (rc == JEM_OK)
        rc = api_add_documents(app, number, o, added, &err);
    if (rc == JEM_OK)
        rc = api_add_fields(app, number, o, json_object_get(shown, "fields"), &corrected, &err);
    if (rc == JEM_OK)
        rc = jem_continue(app, number, &in, &gone_on, &err);
    if (rc == JEM_OK)
        rc = jem_show(app, number, &now, &err);
    if (rc == JEM_OK) {
        json_t *changed = json_object_get(corrected, "changed");
        web_json_answer(p, 200,
            json_pack("{s:O,s:O,s:o,s:O,s:O}", "number", json_object_get(now, "number"), "status",
                json_object_get(now, "status"), "changed", changed != NULL ? json_incref(changed) : json_array(),
                "documents", added, "missing", json_object_get(now, "missing")));
    } else {
        api_error(p, &err, NULL);
    }
    json_decref(added);
    json_decref(gone_on);
    json_decref(corrected);
    json_decref(shown);
    json_decref(now);
}

static void api_state(struct web_page *p, struct jem_app *app, uint64_t number)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    if (jem_show(app, number, &o, &err) != JEM_OK) {
        api_error(p, &err, NULL);
        return;
    }
    web_json_answer(p, 200,
        json_pack("{s:O,s:O,s:O,s:O,s:O,s:O,s:O}", "number", json_object_get(o, "number"), "service",
            json_object_get(o, "service"), "status", json_object_get(o, "status"), "status_label",
            json_object_get(o, "status_label"), "stage_ms", json_object_get(o, "stage_ms"), "missing",
            json_object_get(o, "missing"), "promised", json_object_get(o, "promised")));
    json_decref(o);
}

static void api_services(struct web_page *p, struct jem_app *app)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    if (jem_catalog_show(app, *web_form_text(&p->r->args, "service") ? web_form_text(&p->r->args, "service") : NULL, &o,
            &err) == JEM_OK)
        web_json_answer(p, 200, o);
    else
        api_error(p, &err, NULL);
}

static void api_route(struct web_page *p, struct jem_app *app)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    uint64_t number = 0;
    const char *rest = p->r->path + sizeof API_PATH - 1;
    bool one = *rest == '/' && strcmp(rest, "/layanan") != 0;
    if (!p->r->post && strcmp(rest, "/layanan") == 0) {
        api_services(p, app);
        return;
    }
    if (one && jem_number_parse(rest + 1, &number, &err) != JEM_OK) {
        api_error(p, &err, NULL);
        return;
    }
    if (one && !p->r->post) {
        api_state(p, app, number);
        return;
    }
    if (!p->r->post ||
        jem_json_parse(p->r->body != NULL ? p->r->body : "", p->r->body_size, "JSON", &o, &err) != JEM_OK ||
        !json_is_object(o))
        api_say(p, 400, jem_text(JEM_T_API_JSON));
    else if (one)
        api_add(p, app, number, o);
    else
        api_apply(p, app, o);
    json_decref(o);
}

void web_api_answer(struct web_page *p)
{
    struct web_api *api = &p->office->api;
    pthread_mutex_lock(&api->lock);
    struct jem_app *app = api_enter(p);
    if (app != NULL)
        api_route(p, app);
    pthread_mutex_unlock(&api->lock);
    if (p->r->body != NULL)
        sodium_memzero(p->r->body, p->r->body_size);
}

void web_api_init(struct web_api *api)
{
    memset(api, 0, sizeof *api);
    pthread_mutex_init(&api->lock, NULL);
    randombytes_buf(api->salt, sizeof api->salt);
}

void web_api_release(struct web_api *api)
{
    for (size_t i = 0; i < WEB_API_ACCOUNTS; i++)
        jem_app_close(api->items[i].app);
    pthread_mutex_destroy(&api->lock);
}
