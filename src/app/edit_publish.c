/* edit_publish.c - from drafts to a version: checked again inside the unit that publishes, so that nothing slips between the look and
 * the act. And versions: which there were, what changed between two, one as a folder. */
#include <stdlib.h>
#include <string.h>

#include "edit_own.h"
#include "jemput/file.h"

/* ---- codes over all versions ---- */

/* Of `old`: each id keeps its code in `next`, and no code stands for another id. */
static enum jem_code codes_of(const json_t *old, const json_t *next, struct jem_error *err)
{
    const json_t *was = json_object_get(old, "services"), *is = json_object_get(next, "services");
    for (size_t i = 0; i < json_array_size(was); i++)
        for (size_t k = 0; k < json_array_size(is); k++) {
            const json_t *a = json_array_get(was, i), *b = json_array_get(is, k);
            bool same_id = strcmp(jem_json_str(a, "id", ""), jem_json_str(b, "id", "")) == 0;
            int64_t code = jem_json_int(a, "code", 0);
            if (same_id != (code == jem_json_int(b, "code", 0)))
                return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_EDIT_CODE, jem_json_str(b, "id", ""),
                    (long long)jem_json_int(old, "version", 0), jem_json_str(a, "id", ""), (long long)code);
        }
    return JEM_OK;
}

enum jem_code own_edit_codes(struct jem_app *app, const json_t *next, struct jem_error *err)
{
    json_t *versions = NULL;
    enum jem_code rc = jem_store_catalogs(app->store, &versions, err);
    for (size_t i = 0; rc == JEM_OK && i < json_array_size(versions); i++) {
        json_t *old = NULL;
        rc = jem_store_catalog_of(app->store, jem_json_str(json_array_get(versions, i), "event", ""), &old, err);
        if (rc == JEM_OK)
            rc = codes_of(old, next, err);
        json_decref(old);
    }
    json_decref(versions);
    return rc;
}

/* ---- publishing ---- */

/* Leaves in `drafts` what is published now; the rest stays in `left`. */
static enum jem_code publish_choose(const json_t *published, json_t *drafts, const json_t *chosen, json_t *left,
    struct jem_error *err)
{
    const char *id;
    json_t *draft, *seen, *services = json_object_get(drafts, "services");
    void *next;
    json_object_foreach((json_t *)(uintptr_t)chosen, id, seen)
    {
        draft = json_object_get(services, id);
        if (draft == NULL || json_integer_value(seen) != jem_json_int(draft, "rev", 0))
            return jem_fail(err, JEM_EEXISTS, JEM_D_APP, 0, JEM_T_EDIT_PUBLISH_CHANGED, id,
                jem_json_str(draft, "officer", "-"));
    }
    json_object_foreach_safe(services, next, id, draft)
    {
        if (chosen != NULL && json_object_get(chosen, id) == NULL) {
            json_object_set(left, id, draft);
            json_object_del(services, id);
        } else if (own_edit_behind(draft, published, id)) {
            return jem_fail(err, JEM_EEXISTS, JEM_D_APP, 0, JEM_T_EDIT_PUBLISH_BEHIND, id);
        }
    }
    return json_object_size(services) > 0 ? JEM_OK : jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_EDIT_NOTHING);
}

static json_t *publish_ids(const json_t *drafts)
{
    const char *id;
    json_t *draft, *list = json_array();
    json_object_foreach(json_object_get(drafts, "services"), id, draft) json_array_append_new(list, json_string(id));
    return list;
}

static enum jem_code publish_unit(struct jem_app *app, const json_t *chosen, json_t **out, struct jem_error *err)
{
    json_t *published = NULL, *drafts = NULL, *whole = NULL, *left = json_object(), *changed = NULL;
    struct jem_catalog *parsed = NULL;
    enum jem_code rc = own_edit_load(app, &published, &drafts, err);
    if (rc == JEM_OK)
        rc = publish_choose(published, drafts, chosen, left, err);
    if (rc == JEM_OK) {
        changed = publish_ids(drafts);
        whole = own_edit_whole(published, drafts);
        rc = jem_catalog_parse(whole, &parsed, NULL, err);
    }
    if (rc == JEM_OK)
        rc = own_edit_codes(app, whole, err);
    int64_t version = jem_json_int(published, "version", 0) + 1;
    if (rc == JEM_OK)
        rc = own_catalog_append(app->store, app->user, whole, version, err);
    if (rc == JEM_OK)
        json_object_set(drafts, "services", left);
    if (rc == JEM_OK)
        rc = own_edit_write(app, drafts, err);
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:I,s:i,s:O}", "version", (json_int_t)version, "services",
                          (int)jem_catalog_count(parsed), "changed", changed),
            out, err);
    jem_catalog_free(parsed);
    json_decref(changed);
    json_decref(whole);
    json_decref(left);
    json_decref(drafts);
    json_decref(published);
    return rc;
}

enum jem_code jem_edit_publish(struct jem_app *app, const json_t *chosen, json_t **out, struct jem_error *err)
{
    *out = NULL;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = jem_store_begin(app->store, err);
    if (rc != JEM_OK)
        return rc;
    rc = publish_unit(app, chosen, out, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc != JEM_OK) {
        jem_store_rollback(app->store);
        json_decref(*out);
        *out = NULL;
    }
    return rc;
}

enum jem_code jem_edit_catalog(struct jem_app *app, struct jem_catalog **out, struct jem_error *err)
{
    json_t *published = NULL, *drafts = NULL;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = own_edit_load(app, &published, &drafts, err);
    if (rc != JEM_OK)
        return rc;
    json_t *whole = own_edit_whole(published, drafts);
    rc = jem_catalog_parse(whole, out, NULL, err);
    json_decref(whole);
    json_decref(drafts);
    json_decref(published);
    return rc;
}

enum jem_code jem_edit_show(struct jem_app *app, const char *service, json_t **out, struct jem_error *err)
{
    struct jem_catalog *catalog = NULL;
    enum jem_code rc = jem_edit_catalog(app, &catalog, err);
    if (rc == JEM_OK)
        rc = own_catalog_show(catalog, service, out, err);
    jem_catalog_free(catalog);
    return rc;
}

/* ---- versions ---- */

enum jem_code jem_edit_versions(struct jem_app *app, json_t **out, struct jem_error *err)
{
    json_t *versions = NULL, *published = NULL, *drafts = NULL;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = own_edit_load(app, &published, &drafts, err);
    if (rc == JEM_OK)
        rc = jem_store_catalogs(app->store, &versions, err);
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:O,s:I,s:i}", "versions", versions, "version",
                          (json_int_t)jem_json_int(published, "version", 0), "drafts",
                          (int)json_object_size(json_object_get(drafts, "services"))),
            out, err);
    json_decref(versions);
    json_decref(drafts);
    json_decref(published);
    return rc;
}

enum jem_code own_edit_version(struct jem_app *app, int64_t version, json_t **out, struct jem_error *err)
{
    json_t *published = NULL, *drafts = NULL, *versions = NULL;
    const char *event = NULL;
    *out = NULL;
    enum jem_code rc = own_edit_load(app, &published, &drafts, err);
    if (rc == JEM_OK && version == -1)
        *out = own_edit_whole(published, drafts);
    else if (rc == JEM_OK && (version == 0 || version == jem_json_int(published, "version", 0)))
        *out = own_edit_whole(published, NULL);
    else if (rc == JEM_OK)
        rc = jem_store_catalogs(app->store, &versions, err);
    for (size_t i = 0; i < json_array_size(versions); i++)
        if (jem_json_int(json_array_get(versions, i), "version", 0) == version)
            event = jem_json_str(json_array_get(versions, i), "event", "");
    if (rc == JEM_OK && *out == NULL)
        rc = event != NULL ? jem_store_catalog_of(app->store, event, out, err)
                           : jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_EDIT_NO_VERSION, (long long)version);
    json_decref(versions);
    json_decref(drafts);
    json_decref(published);
    return rc;
}

static const char *compare_name(const json_t *service)
{
    return jem_json_str(json_object_get(service, "name"), jem_lang_get() == JEM_LANG_EN ? "en" : "id", "");
}

static void compare_service(json_t *list, const json_t *a, const json_t *b)
{
    if (a != NULL && b != NULL && json_equal(a, b))
        return;
    const json_t *known = b != NULL ? b : a;
    json_t *changes = a != NULL && b != NULL ? jem_catalog_diff(a, b) : json_array();
    json_array_append_new(list,
        json_pack("{s:s,s:s,s:s,s:o}", "id", jem_json_str(known, "id", ""), "name", compare_name(known), "state",
            a == NULL   ? "new"
            : b == NULL ? "gone"
                        : "changed",
            "changes", changes));
}

static json_t *compare_roots(json_t *a, json_t *b)
{
    json_t *list = json_array(), *rest_a = json_copy(a), *rest_b = json_copy(b);
    const json_t *was = json_object_get(a, "services"), *is = json_object_get(b, "services");
    for (size_t i = 0; i < json_array_size(was); i++)
        compare_service(list, json_array_get(was, i),
            own_edit_service(b, jem_json_str(json_array_get(was, i), "id", "")));
    for (size_t i = 0; i < json_array_size(is); i++)
        if (own_edit_service(a, jem_json_str(json_array_get(is, i), "id", "")) == NULL)
            compare_service(list, NULL, json_array_get(is, i));
    json_object_del(rest_a, "services");
    json_object_del(rest_b, "services");
    json_object_del(rest_a, "version");
    json_object_del(rest_b, "version");
    json_t *out = json_pack("{s:I,s:I,s:o,s:o}", "from", (json_int_t)jem_json_int(a, "version", 0), "to",
        (json_int_t)jem_json_int(b, "version", 0), "services", list, "changes", jem_catalog_diff(rest_a, rest_b));
    json_decref(rest_a);
    json_decref(rest_b);
    return out;
}

enum jem_code jem_edit_compare(struct jem_app *app, int64_t from, int64_t to, const char *folder, json_t **out,
    struct jem_error *err)
{
    json_t *a = NULL, *b = NULL;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = own_edit_version(app, from, &a, err);
    if (rc == JEM_OK)
        rc = folder != NULL ? jem_catalog_read_dir(folder, &b, err) : own_edit_version(app, to == 0 ? -1 : to, &b, err);
    if (rc == JEM_OK)
        rc = own_give(compare_roots(a, b), out, err);
    json_decref(a);
    json_decref(b);
    return rc;
}

/* ---- as a folder ---- */

static enum jem_code export_file(const char *dir, const char *name, const json_t *value, struct jem_error *err)
{
    char path[1024];
    enum jem_code rc = jem_path_join(path, sizeof path, dir, name, err);
    char *text = rc == JEM_OK ? json_dumps(value, JSON_INDENT(2)) : NULL;
    if (rc == JEM_OK)
        rc = text == NULL ? jem_fail_nomem(err) : jem_file_write(path, text, strlen(text), 0644, err);
    free(text);
    return rc;
}

static enum jem_code export_services(const char *folder, const json_t *services, struct jem_error *err)
{
    char dir[1024];
    enum jem_code rc = jem_path_join(dir, sizeof dir, folder, "services", err);
    if (rc == JEM_OK)
        rc = jem_dir_make(dir, 0755, err);
    for (size_t i = 0; rc == JEM_OK && i < json_array_size(services); i++) {
        char name[48];
        const json_t *service = json_array_get(services, i);
        (void)snprintf(name, sizeof name, "%.32s.json", jem_json_str(service, "id", ""));
        rc = export_file(dir, name, service, err);
    }
    return rc;
}

enum jem_code jem_edit_export(struct jem_app *app, int64_t version, const char *folder, json_t **out,
    struct jem_error *err)
{
    char head[1024];
    json_t *root = NULL;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = jem_path_join(head, sizeof head, folder, "catalog.json", err);
    if (rc == JEM_OK && jem_path_exists(head))
        rc = jem_fail(err, JEM_EEXISTS, JEM_D_APP, 0, JEM_T_EDIT_FOLDER, folder);
    if (rc == JEM_OK)
        rc = own_edit_version(app, version, &root, err);
    if (rc != JEM_OK)
        return rc;
    json_t *rest = json_copy(root);
    json_object_del(rest, "services");
    rc = export_services(folder, json_object_get(root, "services"), err);
    if (rc == JEM_OK) /* last: a folder without it is none */
        rc = export_file(folder, "catalog.json", rest, err);
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:s,s:I,s:I}", "folder", folder, "version",
                          (json_int_t)jem_json_int(root, "version", 0), "services",
                          (json_int_t)json_array_size(json_object_get(root, "services"))),
            out, err);
    json_decref(rest);
    json_decref(root);
    return rc;
}

/* ---- the receipt before there is one ---- */

enum jem_code jem_edit_receipt(struct jem_app *app, const char *folder, const char *id, enum jem_paper_format format,
    unsigned width_mm, struct jem_buf *out, struct jem_error *err)
{
    struct jem_catalog *catalog = NULL;
    json_t *root = NULL;
    enum jem_code rc;
    if (folder == NULL) {
        rc = jem_edit_catalog(app, &catalog, err);
    } else {
        rc = jem_catalog_read_dir(folder, &root, err);
        if (rc == JEM_OK)
            rc = jem_catalog_parse(root, &catalog, NULL, err);
    }
    const struct jem_service *service = rc == JEM_OK ? jem_catalog_find(catalog, id) : NULL;
    if (rc == JEM_OK)
        rc = service != NULL ? own_paper_sample(app, service, format, width_mm, out, err)
                             : jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_LOOKUP_SERVICE_GONE, id);
    jem_catalog_free(catalog);
    json_decref(root);
    return rc;
}
