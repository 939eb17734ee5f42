/* edit.c - drafts of the next catalogue: read, changed a part at a time, checked by the parser that loads catalogues.
 *
 * Durable step: one meta value holds all drafts; it is read, changed and written inside one unit (BEGIN IMMEDIATE), so that of two
 * admins the second meets what the first did. A revision names what an editor saw: a draft's number, or, where there is none, a hash of
 * the service as it is published. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "edit_own.h"

/* ---- what there is ---- */

json_t *own_edit_common(const json_t *catalog)
{
    static const char *const members[] = { "agencies", "common_fields" };
    json_t *common = json_object();
    for (size_t i = 0; i < 2; i++)
        if (json_object_get(catalog, members[i]) != NULL)
            json_object_set(common, members[i], json_object_get(catalog, members[i]));
    return common;
}

static bool edit_is_common(const char *id)
{
    return strcmp(id, JEM_EDIT_COMMON) == 0;
}

json_t *own_edit_service(const json_t *catalog, const char *id)
{
    if (edit_is_common(id))
        return json_object_get(catalog, JEM_EDIT_COMMON);
    const json_t *services = json_object_get(catalog, "services");
    for (size_t i = 0; i < json_array_size(services); i++)
        if (strcmp(jem_json_str(json_array_get(services, i), "id", ""), id) == 0)
            return json_array_get(services, i);
    return NULL;
}

enum jem_code own_edit_load(struct jem_app *app, json_t **published, json_t **drafts, struct jem_error *err)
{
    json_t *root = NULL;
    *published = *drafts = NULL;
    enum jem_code rc = jem_store_catalog(app->store, &root, err);
    if (rc == JEM_OK && ((*published = json_copy(root)) == NULL ||
                            json_object_set_new(*published, JEM_EDIT_COMMON, own_edit_common(root)) != 0))
        rc = jem_fail_nomem(err);
    json_decref(root);
    if (rc == JEM_ENOTFOUND)
        rc = jem_fail(err, rc, JEM_D_APP, 0, JEM_T_APP_NO_CATALOG_HQ);
    if (rc == JEM_OK)
        rc = own_meta_json(app->store, EDIT_KEY, drafts, err);
    if (rc == JEM_ENOTFOUND && *published != NULL)
        rc = own_give(json_pack("{s:i,s:{}}", "rev", 0, "services"), drafts, err);
    if (rc != JEM_OK) {
        json_decref(*published);
        *published = NULL;
    }
    return rc;
}

static json_t *edit_draft(const json_t *drafts, const char *id)
{
    return json_object_get(json_object_get(drafts, "services"), id);
}

static bool edit_is_new(const json_t *published, const char *id)
{
    return own_edit_service(published, id) == NULL;
}

bool own_edit_behind(const json_t *draft, const json_t *published, const char *id)
{
    const json_t *base = json_object_get(draft, "base"), *now = own_edit_service(published, id);
    return draft != NULL && (json_is_object(base) ? !json_equal(base, now) : now != NULL);
}

/* Of a service without a draft. */
static int64_t edit_hash(const json_t *service)
{
    unsigned char hash[16];
    int64_t rev = 0;
    char *text = json_dumps(service, JSON_COMPACT | JSON_SORT_KEYS);
    if (text == NULL)
        return 0;
    (void)crypto_generichash(hash, sizeof hash, (const unsigned char *)text, strlen(text), NULL, 0);
    free(text);
    for (size_t i = 0; i < 6; i++)
        rev = rev << 8 | hash[i];
    return rev;
}

static int64_t edit_rev(const json_t *draft, const json_t *published, const char *id)
{
    return draft != NULL ? jem_json_int(draft, "rev", 0) : edit_hash(own_edit_service(published, id));
}

/* In its place by its code, as a folder is read. */
static void edit_place(json_t *catalog, const char *id, json_t *service)
{
    if (edit_is_common(id)) {
        json_object_update(catalog, service);
        return;
    }
    json_t *services = json_object_get(catalog, "services");
    size_t i = 0;
    while (i < json_array_size(services) && strcmp(jem_json_str(json_array_get(services, i), "id", ""), id) != 0)
        i++;
    if (i < json_array_size(services)) {
        json_array_set(services, i, service);
        return;
    }
    i = 0;
    while (i < json_array_size(services) &&
           jem_json_int(json_array_get(services, i), "code", 0) < jem_json_int(service, "code", 0))
        i++;
    json_array_insert(services, i, service);
}

json_t *own_edit_whole(const json_t *published, const json_t *drafts)
{
    const char *id;
    json_t *draft, *whole = json_copy((json_t *)(uintptr_t)published);
    json_object_set_new(whole, "services", json_copy(json_object_get(whole, "services")));
    json_object_del(whole, JEM_EDIT_COMMON);
    json_object_foreach(json_object_get(drafts, "services"), id, draft)
    {
        edit_place(whole, id, json_object_get(draft, "service"));
    }
    return whole;
}

/* Every fault of a catalogue: [{"path","text"}], the path from the root on. New reference. */
static json_t *edit_faults(const json_t *catalog)
{
    struct jem_issues issues = { .count = 0 };
    struct jem_catalog *parsed = NULL;
    json_t *list = json_array();
    if (jem_catalog_parse(catalog, &parsed, &issues, NULL) == JEM_OK)
        jem_catalog_free(parsed);
    for (size_t i = 0; i < issues.count; i++) {
        const char *path = issues.items[i].field, *at = strstr(issues.items[i].msg, *path ? path : "/");
        const char *text = at != NULL ? at + (*path ? strlen(path) : 1) : issues.items[i].msg;
        json_array_append_new(list,
            json_pack("{s:s,s:s}", "path", path, "text", strncmp(text, ": ", 2) == 0 ? text + 2 : text));
    }
    return list;
}

/* The path of a fault from the service on; NULL: it is about something else. */
static const char *edit_path(const json_t *fault, const char *id)
{
    static const char services[] = "services[";
    const char *path = jem_json_str(fault, "path", "");
    size_t n = strlen(id);
    if (edit_is_common(id))
        return strncmp(path, "agencies", 8) == 0 || strncmp(path, "common_fields", 13) == 0 ? path : NULL;
    if (strncmp(path, services, sizeof services - 1) != 0)
        return NULL;
    path += sizeof services - 1;
    if (strncmp(path, id, n) != 0 || path[n] != ']')
        return NULL;
    return path[n + 1] == '.' ? path + n + 2 : path + n + 1;
}

static size_t edit_fault_count(const json_t *faults, const char *id)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(faults); i++)
        n += edit_path(json_array_get(faults, i), id) != NULL;
    return n;
}

/* ---- reading ---- */

static const char *edit_pair(const json_t *obj, const char *member)
{
    const json_t *pair = json_object_get(obj, member);
    return jem_json_str(pair, jem_lang_get() == JEM_LANG_EN ? "en" : "id", "");
}

static const char *edit_agency(const json_t *catalog, const char *id)
{
    const json_t *agencies = json_object_get(catalog, "agencies");
    for (size_t i = 0; i < json_array_size(agencies); i++)
        if (strcmp(jem_json_str(json_array_get(agencies, i), "id", ""), id) == 0)
            return edit_pair(json_array_get(agencies, i), "name");
    return id;
}

static const char *edit_state(const json_t *draft, const json_t *published, const char *id)
{
    return draft == NULL ? "published" : edit_is_new(published, id) ? "new" : "changed";
}

static json_t *edit_row(const json_t *whole, const json_t *published, const json_t *drafts, const json_t *faults,
    const char *id, const json_t *service)
{
    const json_t *draft = edit_draft(drafts, id);
    return json_pack("{s:s,s:I,s:s,s:s,s:b,s:s,s:s,s:I,s:I,s:i,s:b}", "id", id, "code",
        (json_int_t)jem_json_int(service, "code", 0), "name",
        edit_is_common(id) ? jem_text(JEM_T_EDIT_COMMON) : edit_pair(service, "name"), "agency_name",
        edit_agency(whole, jem_json_str(service, "agency", "")), "retired",
        (int)jem_json_bool(service, "retired", false), "state", edit_state(draft, published, id), "officer",
        jem_json_str(draft, "officer", ""), "at_ms", (json_int_t)jem_json_int(draft, "at_ms", 0), "rev",
        (json_int_t)edit_rev(draft, published, id), "faults", (int)edit_fault_count(faults, id), "behind",
        (int)own_edit_behind(draft, published, id));
}

enum jem_code jem_edit_list(struct jem_app *app, json_t **out, struct jem_error *err)
{
    json_t *published = NULL, *drafts = NULL, *versions = NULL, *list = json_array();
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = own_edit_load(app, &published, &drafts, err);
    if (rc == JEM_OK)
        rc = jem_store_catalogs(app->store, &versions, err);
    if (rc == JEM_OK) {
        json_t *whole = own_edit_whole(published, drafts), *faults = edit_faults(whole);
        const json_t *services = json_object_get(whole, "services"), *last = json_array_get(versions, 0);
        for (size_t i = 0; i < json_array_size(services); i++)
            json_array_append_new(list,
                edit_row(whole, published, drafts, faults, jem_json_str(json_array_get(services, i), "id", ""),
                    json_array_get(services, i)));
        json_t *common = edit_row(whole, published, drafts, faults, JEM_EDIT_COMMON, NULL);
        rc = own_give(json_pack("{s:I,s:I,s:s,s:O,s:o,s:i}", "version",
                          (json_int_t)jem_json_int(published, "version", 0), "published_ms",
                          (json_int_t)jem_json_int(last, "at_ms", 0), "officer", jem_json_str(last, "officer", ""),
                          "services", list, "common", common, "drafts",
                          (int)json_object_size(json_object_get(drafts, "services"))),
            out, err);
        json_decref(faults);
        json_decref(whole);
    }
    json_decref(list);
    json_decref(versions);
    json_decref(drafts);
    json_decref(published);
    return rc;
}

/* "fields[email].label.id" -> part "fields", item "email". */
static json_t *edit_fault_row(const char *path, const char *text)
{
    const char *part = "general", *item = "";
    size_t n = strcspn(path, ".["), item_len = 0;
    for (const struct jem_edit_part *p = jem_edit_parts; p->name != NULL; p++)
        if (strlen(p->name) == n && strncmp(p->name, path, n) == 0)
            part = p->name;
    if (path[n] == '[') {
        item = path + n + 1;
        item_len = strcspn(item, "]");
    }
    return json_pack("{s:s,s:s,s:s%,s:s}", "path", path, "part", part, "item", item, item_len, "text", text);
}

static json_t *edit_service_faults(const json_t *faults, const char *id)
{
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(faults); i++) {
        const char *path = edit_path(json_array_get(faults, i), id);
        if (path != NULL)
            json_array_append_new(list, edit_fault_row(path, jem_json_str(json_array_get(faults, i), "text", "")));
    }
    return list;
}

/* [{key: of an element,"label"}] */
static json_t *edit_names(const json_t *list, const char *key, const char *pair)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(list); i++)
        json_array_append_new(out, json_pack("{s:s,s:s}", key, jem_json_str(json_array_get(list, i), key, ""), "label",
                                       edit_pair(json_array_get(list, i), pair)));
    return out;
}

enum jem_code jem_edit_get(struct jem_app *app, const char *id, json_t **out, struct jem_error *err)
{
    json_t *published = NULL, *drafts = NULL;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = own_edit_load(app, &published, &drafts, err);
    if (rc != JEM_OK)
        return rc;
    json_t *whole = own_edit_whole(published, drafts);
    const json_t *draft = edit_draft(drafts, id);
    json_t *service = draft != NULL ? json_object_get(draft, "service") : own_edit_service(published, id);
    if (service == NULL) {
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_LOOKUP_SERVICE_GONE, id);
    } else {
        json_t *faults = edit_faults(whole), *before = own_edit_service(published, id);
        rc =
            own_give(json_pack("{s:s,s:s,s:I,s:s,s:I,s:b,s:O,s:o,s:o,s:o,s:o}", "id", id, "state",
                         edit_state(draft, published, id), "rev", (json_int_t)edit_rev(draft, published, id), "officer",
                         jem_json_str(draft, "officer", ""), "at_ms", (json_int_t)jem_json_int(draft, "at_ms", 0),
                         "behind", (int)own_edit_behind(draft, published, id), "service", service, "agencies",
                         edit_names(json_object_get(whole, "agencies"), "id", "name"), "common",
                         edit_names(json_object_get(whole, "common_fields"), "name", "label"), "faults",
                         edit_service_faults(faults, id), "changes",
                         before != NULL ? jem_catalog_diff(before, service) : json_array()),
                out, err);
        json_decref(faults);
    }
    json_decref(whole);
    json_decref(drafts);
    json_decref(published);
    return rc;
}

/* ---- a change ---- */

struct edit {
    struct jem_app *app;
    const char *id;
    json_t *published, *drafts;
    const json_t *draft; /* of the service, or NULL; borrowed */
    json_t *service;     /* own copy: what is changed */
    json_t *before;      /* as it stood */
    int64_t rev;
};

static void edit_release(struct edit *e)
{
    json_decref(e->before);
    json_decref(e->service);
    json_decref(e->drafts);
    json_decref(e->published);
}

static enum jem_code edit_seen(const struct edit *e, int64_t seen, struct jem_error *err)
{
    if (seen < 0 || seen == e->rev)
        return JEM_OK;
    return jem_fail(err, JEM_EEXISTS, JEM_D_APP, 0, JEM_T_EDIT_CHANGED,
        e->draft != NULL ? jem_json_str(e->draft, "officer", "") : "-");
}

/* Opens a unit and reads what stands; id may name a service that is not there yet. */
static enum jem_code edit_begin(struct edit *e, struct jem_app *app, const char *id, struct jem_error *err)
{
    *e = (struct edit){ .app = app, .id = id };
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = jem_store_begin(app->store, err);
    if (rc != JEM_OK)
        return rc;
    rc = own_edit_load(app, &e->published, &e->drafts, err);
    if (rc == JEM_OK) {
        e->draft = edit_draft(e->drafts, id);
        const json_t *now =
            e->draft != NULL ? json_object_get(e->draft, "service") : own_edit_service(e->published, id);
        e->before = json_deep_copy(now);
        e->service = json_deep_copy(now);
        e->rev = edit_rev(e->draft, e->published, id);
    }
    return rc;
}

static enum jem_code edit_there(const struct edit *e, struct jem_error *err)
{
    return e->service != NULL ? JEM_OK : jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_LOOKUP_SERVICE_GONE, e->id);
}

enum jem_code own_edit_write(struct jem_app *app, const json_t *drafts, struct jem_error *err)
{
    return own_meta_json_set(app->store, EDIT_KEY, drafts, err);
}

/* Keeps `service` as the draft over `base` (borrowed; NULL: it was not published); the same as what is published: no draft at all. */
static enum jem_code edit_keep(struct edit *e, json_t *base, struct jem_error *err)
{
    json_t *services = json_object_get(e->drafts, "services"), *now = own_edit_service(e->published, e->id);
    if (now != NULL && json_equal(e->service, now)) {
        json_object_del(services, e->id);
        e->draft = NULL;
        e->rev = edit_hash(now);
        return own_edit_write(e->app, e->drafts, err);
    }
    e->rev = jem_json_int(e->drafts, "rev", 0) + 1;
    json_t *base_kept = base != NULL ? json_incref(base) : json_null();
    json_object_set_new(e->drafts, "rev", json_integer((json_int_t)e->rev));
    json_object_set_new(services, e->id,
        json_pack("{s:I,s:s,s:I,s:o,s:O}", "rev", (json_int_t)e->rev, "officer", e->app->user, "at_ms",
            (json_int_t)jem_store_now_ms(e->app->store), "base", base_kept, "service", e->service));
    e->draft = edit_draft(e->drafts, e->id);
    return own_edit_write(e->app, e->drafts, err);
}

/* Over what it was begun from. */
static enum jem_code edit_keep_draft(struct edit *e, struct jem_error *err)
{
    json_t *base = e->draft != NULL ? json_object_get(e->draft, "base") : own_edit_service(e->published, e->id);
    return edit_keep(e, base, err);
}

/* Commits, or takes back; what the change gave goes to *out when it has not got something else yet. */
static enum jem_code edit_end(struct edit *e, enum jem_code rc, const char *item, json_t **out, struct jem_error *err)
{
    if (rc == JEM_OK)
        rc = jem_store_commit(e->app->store, err);
    if (rc != JEM_OK)
        jem_store_rollback(e->app->store);
    else
        rc = own_give(json_pack("{s:s,s:I,s:s}", "id", e->id, "rev", (json_int_t)e->rev, "item", item), out, err);
    edit_release(e);
    return rc;
}

/* ---- a part ---- */

static json_t *edit_faults_with(const struct edit *e, json_t *service)
{
    json_t *whole = own_edit_whole(e->published, e->drafts);
    edit_place(whole, e->id, service);
    json_t *faults = edit_faults(whole);
    json_decref(whole);
    return faults;
}

static bool edit_fault_known(const json_t *faults, const json_t *fault)
{
    for (size_t i = 0; i < json_array_size(faults); i++)
        if (json_equal(json_array_get(faults, i), fault))
            return true;
    return false;
}

/* The path from the item on, or from the service on; NULL: a fault of another part. prefix: "fields[email]", or "" without items. */
static const char *edit_in_part(const struct jem_edit_part *part, const char *prefix, const char *path)
{
    size_t n = strlen(prefix);
    if (n > 0)
        return strncmp(path, prefix, n) != 0 ? NULL : path[n] == '\0' ? path + n : path[n] == '.' ? path + n + 1 : NULL;
    for (const struct jem_edit_input *in = part->inputs; in->kind != JEM_EDIT_END; in++) {
        size_t first = strcspn(in->path, ".");
        if (strncmp(path, in->path, first) == 0 && strchr(".[", path[first]) != NULL)
            return path;
    }
    return NULL;
}

/* The parser tells of a member that is missing at its parent, by name: the input of that name. "" when there is none. */
static const char *edit_missing(const struct jem_edit_part *part, const char *text)
{
    for (const struct jem_edit_input *in = part->inputs; in->kind != JEM_EDIT_END; in++) {
        char quoted[60];
        (void)snprintf(quoted, sizeof quoted, "\"%s\"", in->path);
        if (strstr(text, quoted) != NULL)
            return in->path;
    }
    return "";
}

/* What a part's editor must mend: its faults, and those that the change made elsewhere. */
static json_t *edit_part_faults(const struct edit *e, const struct jem_edit_part *part, const char *prefix)
{
    json_t *out = json_array(), *faults = edit_faults_with(e, e->service);
    json_t *before = e->before != NULL ? edit_faults_with(e, e->before) : json_array();
    for (size_t i = 0; i < json_array_size(faults); i++) {
        const json_t *fault = json_array_get(faults, i);
        const char *text = jem_json_str(fault, "text", ""), *path = edit_path(fault, e->id);
        const char *inner = path != NULL ? edit_in_part(part, prefix, path) : NULL;
        struct jem_buf words = JEM_BUF_INIT(600);
        if (inner == NULL && edit_fault_known(before, fault))
            continue;
        if (inner != NULL && *inner == '\0')
            inner = edit_missing(part, text);
        if (inner == NULL)
            jem_buf_fmt(&words, "%s: ", path != NULL ? path : jem_json_str(fault, "path", ""));
        jem_buf_str(&words, text);
        json_array_append_new(out,
            json_pack("{s:s,s:s}", "path", inner != NULL ? inner : "", "text", jem_buf_text(&words)));
        jem_buf_release(&words);
    }
    json_decref(before);
    json_decref(faults);
    return out;
}

static enum jem_code edit_part_check(struct edit *e, const struct jem_edit_part *part, const char *prefix, json_t **out,
    struct jem_error *err)
{
    json_t *faults = edit_part_faults(e, part, prefix);
    if (json_array_size(faults) == 0) {
        json_decref(faults);
        return JEM_OK;
    }
    const json_t *first = json_array_get(faults, 0);
    enum jem_code rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_CATALOG_FAULT, jem_json_str(first, "path", ""),
        jem_json_str(first, "text", ""));
    *out = json_pack("{s:o}", "faults", faults);
    return rc;
}

/* How the parser names the item that was changed: by its key as it stands now, or by its place. */
static void edit_prefix(const struct jem_edit_part *part, const json_t *service, size_t at, struct jem_buf *out)
{
    const char *name = jem_json_str(json_array_get(json_object_get(service, part->list), at), part->key, "");
    if (*name != '\0')
        jem_buf_fmt(out, "%s[%s]", part->list, name);
    else
        jem_buf_fmt(out, "%s[%zu]", part->list, at);
}

/* What the editor changed of what they saw; all of it when that is not known. New reference. */
static json_t *edit_mine(const json_t *values, const json_t *was)
{
    const char *path;
    json_t *value, *mine = json_object();
    json_object_foreach((json_t *)(uintptr_t)values, path, value)
    {
        if (was == NULL || strcmp(json_string_value(value), jem_json_str(was, path, "")) != 0)
            json_object_set(mine, path, value);
    }
    return mine;
}

/* Another admin changed a place that this one changes, to something else. now: how the part stands. */
static bool edit_clash(const json_t *mine, const json_t *was, const json_t *now)
{
    const char *path;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)mine, path, value)
    {
        const char *stands = jem_json_str(now, path, "");
        if (was == NULL ||
            (strcmp(stands, jem_json_str(was, path, "")) != 0 && strcmp(stands, json_string_value(value)) != 0))
            return true;
    }
    return false;
}

/* What stands, what it would become, and who made it so. Takes now. */
static json_t *edit_conflict(const struct edit *e, json_t *now, const json_t *mine)
{
    json_t *values = json_copy(now);
    json_object_update(values, (json_t *)(uintptr_t)mine);
    return json_pack("{s:I,s:s,s:I,s:o,s:o,s:o}", "rev", (json_int_t)e->rev, "officer",
        jem_json_str(e->draft, "officer", ""), "at_ms", (json_int_t)jem_json_int(e->draft, "at_ms", 0), "now", now,
        "values", values, "changes", jem_catalog_diff(e->before, e->service));
}

static enum jem_code edit_put(struct edit *e, const struct jem_edit_part *part, const struct jem_edit_change *in,
    struct jem_buf *prefix, const char **name, json_t **out, struct jem_error *err)
{
    size_t at = json_array_size(json_object_get(e->service, part->list != NULL ? part->list : ""));
    if (part->list != NULL && *in->item != '\0' && own_edit_item(part, e->service, in->item, &at) == NULL)
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_EDIT_NO_ITEM, in->item);
    bool added = part->list != NULL && *in->item == '\0';
    json_t *mine = edit_mine(in->values, added ? NULL : in->was), *now = jem_edit_values(part, e->before, in->item);
    (void)own_edit_apply(part, e->service, in->item, mine);
    if (part->list != NULL) {
        edit_prefix(part, e->service, at, prefix);
        *name = jem_json_str(json_array_get(json_object_get(e->service, part->list), at), part->key, "");
    }
    enum jem_code rc = edit_seen(e, in->seen, err);
    if (rc == JEM_EEXISTS && (added || !edit_clash(mine, in->was, now)))
        rc = JEM_OK; /* what is apart merges */
    if (rc == JEM_EEXISTS)
        *out = edit_conflict(e, json_incref(now), mine);
    else
        rc = edit_part_check(e, part, jem_buf_text(prefix), out, err);
    json_decref(mine);
    json_decref(now);
    return rc;
}

enum jem_code jem_edit_put(struct jem_app *app, const struct jem_edit_change *in, json_t **out, struct jem_error *err)
{
    struct edit e;
    struct jem_buf prefix = JEM_BUF_INIT(200);
    const struct jem_edit_part *part = jem_edit_part(in->part);
    const char *name = "";
    *out = NULL;
    if (part == NULL || part->common != edit_is_common(in->id))
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_EDIT_NO_ITEM, in->part);
    enum jem_code rc = edit_begin(&e, app, in->id, err);
    if (rc == JEM_OK)
        rc = edit_there(&e, err);
    if (rc == JEM_OK)
        rc = edit_put(&e, part, in, &prefix, &name, out, err);
    if (rc == JEM_OK && !json_equal(e.before, e.service))
        rc = edit_keep_draft(&e, err);
    jem_buf_release(&prefix);
    return edit_end(&e, rc, name, out, err);
}

enum jem_code jem_edit_move(struct jem_app *app, const char *id, const char *part_name, const char *item, int by,
    int64_t seen, json_t **out, struct jem_error *err)
{
    struct edit e;
    size_t at = 0;
    const struct jem_edit_part *part = jem_edit_part(part_name);
    if (part == NULL || part->list == NULL || part->common != edit_is_common(id))
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_EDIT_NO_ITEM, part_name);
    enum jem_code rc = edit_begin(&e, app, id, err);
    if (rc == JEM_OK)
        rc = edit_there(&e, err);
    if (rc == JEM_OK)
        rc = edit_seen(&e, seen, err);
    if (rc == JEM_OK && own_edit_item(part, e.service, item, &at) == NULL)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_EDIT_NO_ITEM, item);
    if (rc == JEM_OK) {
        json_t *list = json_object_get(e.service, part->list), *moved = json_incref(json_array_get(list, at));
        int64_t to = (int64_t)at + by, last = (int64_t)json_array_size(list) - 1;
        json_array_remove(list, at);
        if (by != 0)
            json_array_insert(list, (size_t)(to < 0 ? 0 : to > last ? last : to), moved);
        json_decref(moved);
        rc = edit_keep_draft(&e, err);
    }
    return edit_end(&e, rc, item, out, err);
}

/* ---- whole services ---- */

/* One more than any code that a version or a draft has. */
static enum jem_code edit_next_code(const struct edit *e, json_int_t *out, struct jem_error *err)
{
    json_t *versions = NULL, *whole = own_edit_whole(e->published, e->drafts);
    int64_t most = 0;
    enum jem_code rc = jem_store_catalogs(e->app->store, &versions, err);
    for (size_t v = 0; rc == JEM_OK && v <= json_array_size(versions); v++) {
        json_t *root = NULL;
        if (v < json_array_size(versions))
            rc =
                jem_store_catalog_of(e->app->store, jem_json_str(json_array_get(versions, v), "event", ""), &root, err);
        else
            root = json_incref(whole);
        const json_t *services = json_object_get(root, "services");
        for (size_t i = 0; i < json_array_size(services); i++) {
            int64_t code = jem_json_int(json_array_get(services, i), "code", 0);
            most = code > most ? code : most;
        }
        json_decref(root);
    }
    json_decref(versions);
    json_decref(whole);
    *out = (json_int_t)most + 1;
    return rc;
}

enum jem_code jem_edit_new(struct jem_app *app, const char *id, const char *like, json_t **out, struct jem_error *err)
{
    struct edit e;
    json_int_t code = 0;
    enum jem_code rc = edit_begin(&e, app, id, err);
    if (rc == JEM_OK && e.service != NULL)
        rc = jem_fail(err, JEM_EEXISTS, JEM_D_APP, 0, JEM_T_EDIT_TAKEN, id);
    if (rc == JEM_OK)
        rc = edit_next_code(&e, &code, err);
    if (rc == JEM_OK) {
        json_t *whole = own_edit_whole(e.published, e.drafts);
        e.service = json_deep_copy(own_edit_service(whole, like));
        json_decref(whole);
        if (e.service == NULL)
            rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_LOOKUP_SERVICE_GONE, like);
    }
    if (rc == JEM_OK) {
        json_object_set_new(e.service, "id", json_string(id));
        json_object_set_new(e.service, "code", json_integer(code));
        json_object_del(e.service, "retired");
        json_t *faults = edit_faults_with(&e, e.service);
        for (size_t i = 0; rc == JEM_OK && i < json_array_size(faults); i++) {
            const char *path = edit_path(json_array_get(faults, i), id);
            if (path != NULL && strcmp(path, "id") == 0)
                rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_CATALOG_FAULT, path,
                    jem_json_str(json_array_get(faults, i), "text", ""));
        }
        json_decref(faults);
    }
    if (rc == JEM_OK)
        rc = edit_keep(&e, NULL, err);
    return edit_end(&e, rc, "", out, err);
}

enum jem_code jem_edit_retire(struct jem_app *app, const char *id, bool retired, int64_t seen, json_t **out,
    struct jem_error *err)
{
    struct edit e;
    enum jem_code rc = edit_begin(&e, app, id, err);
    if (rc == JEM_OK)
        rc = edit_is_common(id) ? jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_LOOKUP_SERVICE_GONE, id)
                                : edit_there(&e, err);
    if (rc == JEM_OK)
        rc = edit_seen(&e, seen, err);
    if (rc == JEM_OK) {
        if (retired)
            json_object_set_new(e.service, "retired", json_true());
        else
            json_object_del(e.service, "retired");
        rc = edit_keep_draft(&e, err);
    }
    return edit_end(&e, rc, "", out, err);
}

enum jem_code jem_edit_restore(struct jem_app *app, const char *id, int64_t version, int64_t seen, json_t **out,
    struct jem_error *err)
{
    struct edit e;
    json_t *old = NULL;
    enum jem_code rc = edit_begin(&e, app, id, err);
    if (rc == JEM_OK)
        rc = edit_seen(&e, seen, err);
    if (rc == JEM_OK)
        rc = own_edit_version(app, version, &old, err);
    json_t *service = old == NULL          ? NULL
                      : edit_is_common(id) ? own_edit_common(old)
                                           : json_incref(own_edit_service(old, id));
    if (rc == JEM_OK && service == NULL)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_LOOKUP_SERVICE_GONE, id);
    if (rc == JEM_OK) {
        json_decref(e.service);
        e.service = json_deep_copy(service);
        rc = edit_keep_draft(&e, err);
    }
    json_decref(service);
    json_decref(old);
    return edit_end(&e, rc, "", out, err);
}

/* A draft that is there, as it was seen. */
static enum jem_code edit_begin_draft(struct edit *e, struct jem_app *app, const char *id, int64_t seen,
    struct jem_error *err)
{
    enum jem_code rc = edit_begin(e, app, id, err);
    if (rc == JEM_OK && e->draft == NULL)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_EDIT_NO_DRAFT, id);
    return rc == JEM_OK ? edit_seen(e, seen, err) : rc;
}

enum jem_code jem_edit_drop(struct jem_app *app, const char *id, int64_t seen, json_t **out, struct jem_error *err)
{
    struct edit e;
    enum jem_code rc = edit_begin_draft(&e, app, id, seen, err);
    if (rc == JEM_OK) {
        json_object_del(json_object_get(e.drafts, "services"), id);
        e.draft = NULL;
        e.rev = edit_hash(own_edit_service(e.published, id));
        rc = own_edit_write(app, e.drafts, err);
    }
    return edit_end(&e, rc, "", out, err);
}

enum jem_code jem_edit_keep(struct jem_app *app, const char *id, int64_t seen, json_t **out, struct jem_error *err)
{
    struct edit e;
    enum jem_code rc = edit_begin_draft(&e, app, id, seen, err);
    if (rc == JEM_OK)
        rc = edit_keep(&e, own_edit_service(e.published, id), err);
    return edit_end(&e, rc, "", out, err);
}
