/* draft.c - drafts, and what becomes of them when headquarters publishes another catalogue. */
#include "jemput/draft.h"

#include <string.h>

#include "own.h"

bool jem_draft_id_ok(const char *id)
{
    return id != NULL && strlen(id) == JEM_DRAFT_ID_TEXT - 1 && strspn(id, "0123456789abcdef") == JEM_DRAFT_ID_TEXT - 1;
}

static enum jem_code draft_id(const char *id, struct jem_error *err)
{
    return jem_draft_id_ok(id) ? JEM_OK : jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DRAFT_ID);
}

static bool draft_implied(const char *name)
{
    return strcmp(name, "nik") == 0 || strcmp(name, "name") == 0;
}

/* ---- another catalogue ---- */

/* The text of a field can be shown in the service's form of today. */
static bool draft_fits(const struct jem_service *service, const char *name, const char *text)
{
    const struct jem_field *field = jem_service_field(service, name);
    if (draft_implied(name))
        return true;
    if (field == NULL)
        return false;
    bool choice = field->type == JEM_FIELD_CHOICE && *text;
    for (size_t i = 0; choice && i < field->option_count; i++)
        choice = strcmp(field->options[i].value, text) != 0;
    return !choice;
}

static json_t *draft_gone(const struct jem_service *service, const json_t *draft)
{
    json_t *gone = json_array();
    const json_t *labels = json_object_get(draft, "labels"), *fields = json_object_get(draft, "fields"), *value;
    for (void *at = json_object_iter((json_t *)(uintptr_t)fields); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)fields, at)) {
        const char *name = json_object_iter_key(at);
        value = json_object_iter_value(at);
        const char *text = json_is_string(value) ? json_string_value(value) : "";
        if (*text && !draft_fits(service, name, text))
            json_array_append_new(gone,
                json_pack("{s:s,s:s,s:s}", "field", name, "label", jem_json_str(labels, name, name), "value", text));
    }
    return gone;
}

/* Fields that the form did not have when it was typed. */
static json_t *draft_asked(const struct jem_service *service, const json_t *draft)
{
    json_t *asked = json_array();
    const json_t *labels = json_object_get(draft, "labels");
    for (size_t i = 0; i < service->field_count; i++) {
        const struct jem_field *f = &service->fields[i];
        if (json_object_get(labels, f->name) == NULL)
            json_array_append_new(asked, json_pack("{s:s,s:s,s:b}", "field", f->name, "label", jem_pair(f->label),
                                             "required", (int)f->required));
    }
    return asked;
}

/* NULL (as JSON) when the draft needs nobody's word: same catalogue, or the service asks what it asked. */
static json_t *draft_changes(const struct jem_catalog *catalog, const struct jem_service *service, const json_t *draft)
{
    int64_t from = jem_json_int(draft, "catalog", 0), to = catalog != NULL ? jem_catalog_version(catalog) : 0;
    if (service == NULL || from == to || from == 0)
        return json_null();
    json_t *gone = draft_gone(service, draft), *asked = draft_asked(service, draft);
    if (json_array_size(gone) + json_array_size(asked) == 0) {
        json_decref(gone);
        json_decref(asked);
        return json_null();
    }
    return json_pack("{s:I,s:I,s:o,s:o}", "from", (json_int_t)from, "to", (json_int_t)to, "gone", gone, "asked", asked);
}

/* ---- keeping ---- */

static json_t *draft_labels(const struct jem_service *service)
{
    json_t *labels = json_object();
    for (size_t i = 0; i < service->field_count; i++)
        json_object_set_new(labels, service->fields[i].name, json_string(jem_pair(service->fields[i].label)));
    return labels;
}

/* What the form does not carry itself. */
static void draft_keep(json_t *body, const json_t *before, bool labels)
{
    static const char *const kept[] = { "left", "fresh", "channel" };
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (json_object_get(body, kept[i]) == NULL && json_object_get(before, kept[i]) != NULL)
            json_object_set(body, kept[i], json_object_get(before, kept[i]));
    if (labels && json_object_get(before, "labels") != NULL)
        json_object_set(body, "labels", json_object_get(before, "labels"));
}

enum jem_code jem_draft_put(struct jem_app *app, const char *id, const json_t *draft, struct jem_error *err)
{
    const struct jem_catalog *catalog = NULL;
    json_t *before = NULL;
    enum jem_code rc = draft_id(id, err);
    if (rc == JEM_OK)
        rc = jem_app_catalog(app, &catalog, err);
    if (rc != JEM_OK)
        return rc;
    const struct jem_service *service = jem_catalog_find(catalog, jem_json_str(draft, "service", ""));
    if (service == NULL || !json_is_object(json_object_get(draft, "fields")))
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_APPLY_SERVICE_UNKNOWN);
    rc = jem_store_draft(app->store, id, &before, err);
    rc = rc == JEM_ENOTFOUND ? JEM_OK : rc;
    json_t *body = rc == JEM_OK ? json_copy((json_t *)(uintptr_t)draft) : NULL;
    if (rc == JEM_OK && body == NULL)
        rc = jem_fail_nomem(err);
    if (rc == JEM_OK) {
        bool today = jem_json_int(draft, "catalog", 0) == jem_catalog_version(catalog);
        if (today)
            json_object_set_new(body, "labels", draft_labels(service));
        draft_keep(body, json_object_get(before, "draft"), !today);
        rc = jem_store_draft_put(app->store, id, app->user, body, err);
    }
    json_decref(body);
    json_decref(before);
    return rc;
}

/* ---- showing ---- */

static json_t *draft_shown(struct jem_app *app, const struct jem_catalog *catalog, const json_t *row)
{
    const json_t *draft = json_object_get(row, "draft");
    const char *service_id = jem_json_str(draft, "service", ""), *user = jem_json_str(row, "user", "");
    const struct jem_service *service = catalog != NULL ? jem_catalog_find(catalog, service_id) : NULL;
    json_t *o = json_pack("{s:s,s:s,s:b,s:I,s:s,s:s,s:b,s:I,s:s,s:o}", "id", jem_json_str(row, "id", ""), "user", user,
        "mine", (int)(strcmp(user, app->user) == 0), "at_ms", (json_int_t)jem_json_int(row, "at_ms", 0), "service",
        service_id, "service_name", service != NULL ? jem_pair(service->name) : service_id, "offered",
        (int)(service != NULL), "catalog", (json_int_t)jem_json_int(draft, "catalog", 0), "channel",
        jem_json_str(draft, "channel", ""), "carry", draft_changes(catalog, service, draft));
    static const char *const objects[] = { "fields", "marks", "labels" };
    for (size_t i = 0; o != NULL && i < sizeof objects / sizeof *objects; i++) {
        json_t *value = json_object_get(draft, objects[i]);
        json_object_set_new(o, objects[i], json_is_object(value) ? json_incref(value) : json_object());
    }
    static const char *const lists[] = { "left", "fresh" };
    for (size_t i = 0; o != NULL && i < sizeof lists / sizeof *lists; i++) {
        json_t *value = json_object_get(draft, lists[i]);
        json_object_set_new(o, lists[i], json_is_array(value) ? json_incref(value) : json_array());
    }
    return o;
}

enum jem_code jem_draft_get(struct jem_app *app, const char *id, json_t **out, struct jem_error *err)
{
    const struct jem_catalog *catalog = NULL;
    json_t *row = NULL;
    enum jem_code rc = draft_id(id, err);
    if (rc == JEM_OK)
        rc = jem_store_draft(app->store, id, &row, err);
    if (rc == JEM_OK && jem_app_catalog(app, &catalog, NULL) != JEM_OK)
        catalog = NULL;
    if (rc == JEM_OK)
        rc = own_give(draft_shown(app, catalog, row), out, err);
    json_decref(row);
    return rc;
}

enum jem_code jem_draft_list(struct jem_app *app, bool everybody, json_t **out, struct jem_error *err)
{
    const struct jem_catalog *catalog = NULL;
    json_t *rows = NULL, *list = json_array();
    const json_t *row;
    size_t i;
    int64_t others = 0;
    enum jem_code rc = jem_store_drafts(app->store, NULL, &rows, err);
    if (rc == JEM_OK && jem_app_catalog(app, &catalog, NULL) != JEM_OK)
        catalog = NULL;
    json_array_foreach(rows, i, row)
    {
        bool mine = strcmp(jem_json_str(row, "user", ""), app->user) == 0;
        others += !mine;
        if (mine || everybody)
            json_array_append_new(list, draft_shown(app, catalog, row));
    }
    json_decref(rows);
    if (rc != JEM_OK) {
        json_decref(list);
        return rc;
    }
    return own_give(json_pack("{s:o,s:I}", "drafts", list, "others", (json_int_t)others), out, err);
}

/* ---- ruling ---- */

static void draft_move(json_t *body, const json_t *gone)
{
    json_t *left = json_object_get(body, "left"), *fields = json_object_get(body, "fields");
    const json_t *it;
    size_t i;
    if (!json_is_array(left)) {
        left = json_array();
        json_object_set_new(body, "left", left);
    }
    json_array_foreach(gone, i, it)
    {
        json_array_append_new(left,
            json_pack("{s:s,s:s}", "label", jem_json_str(it, "label", ""), "value", jem_json_str(it, "value", "")));
        json_object_del(fields, jem_json_str(it, "field", ""));
    }
}

enum jem_code jem_draft_carry(struct jem_app *app, const char *id, struct jem_error *err)
{
    const struct jem_catalog *catalog = NULL;
    json_t *row = NULL;
    enum jem_code rc = draft_id(id, err);
    if (rc == JEM_OK)
        rc = jem_app_catalog(app, &catalog, err);
    if (rc == JEM_OK)
        rc = jem_store_draft(app->store, id, &row, err);
    if (rc != JEM_OK)
        return rc;
    json_t *body = json_object_get(row, "draft");
    const struct jem_service *service = jem_catalog_find(catalog, jem_json_str(body, "service", ""));
    if (service == NULL) {
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_LOOKUP_SERVICE_GONE, jem_json_str(body, "service", ""));
    } else {
        json_t *gone = draft_gone(service, body);
        draft_move(body, gone);
        json_decref(gone);
        json_object_set_new(body, "fresh", draft_asked(service, body));
        json_object_set_new(body, "catalog", json_integer((json_int_t)jem_catalog_version(catalog)));
        json_object_set_new(body, "labels", draft_labels(service));
        rc = jem_store_draft_put(app->store, id, app->user, body, err);
    }
    json_decref(row);
    return rc;
}

enum jem_code jem_draft_take(struct jem_app *app, const char *id, struct jem_error *err)
{
    enum jem_code rc = draft_id(id, err);
    return rc == JEM_OK ? jem_store_draft_take(app->store, id, app->user, err) : rc;
}

enum jem_code jem_draft_drop(struct jem_app *app, const char *id, struct jem_error *err)
{
    json_t *row = NULL;
    enum jem_code rc = draft_id(id, err);
    if (rc == JEM_OK)
        rc = jem_store_draft(app->store, id, &row, err);
    const char *user = jem_json_str(row, "user", "");
    if (rc == JEM_OK && strcmp(user, app->user) != 0)
        rc = jem_fail(err, JEM_EDENIED, JEM_D_STORE, 0, JEM_T_STORE_DRAFT_TAKEN, user);
    if (rc == JEM_OK)
        rc = jem_store_draft_drop(app->store, id, err);
    json_decref(row);
    return rc;
}
