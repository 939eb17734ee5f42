/* services.c - the catalogue as faces read it, and the check of one that HQ is writing. */
#include <string.h>
#include <sys/stat.h>

#include "jemput/lookup.h"
#include "own.h"

#define CATALOG_FILE_MAX ((size_t)8 << 20)

static json_t *service_options(const struct jem_field *field)
{
    json_t *list = json_array();
    for (size_t i = 0; i < field->option_count; i++)
        json_array_append_new(list,
            json_pack("{s:s,s:s}", "value", field->options[i].value, "label", jem_pair(field->options[i].label)));
    return list;
}

static void service_bounds(const struct jem_field *field, json_t *o)
{
    bool number = field->type == JEM_FIELD_INTEGER || field->type == JEM_FIELD_MONEY || field->type == JEM_FIELD_DATE;
    if (number && field->min != INT64_MIN)
        json_object_set_new(o, "min", json_integer((json_int_t)field->min));
    if (number && field->max != INT64_MAX)
        json_object_set_new(o, "max", json_integer((json_int_t)field->max));
    if (field->type == JEM_FIELD_TEXT || field->type == JEM_FIELD_LONGTEXT)
        json_object_set_new(o, "max_length", json_integer((json_int_t)field->max_length));
}

static json_t *service_fields(const struct jem_service *service)
{
    json_t *list = json_array();
    for (size_t i = 0; i < service->field_count; i++) {
        const struct jem_field *f = &service->fields[i];
        json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:b,s:s,s:o}", "name", f->name, "label", jem_pair(f->label), "hint",
            jem_pair(f->hint), "type", jem_field_type_name(f->type), "required", (int)f->required, "role", f->role,
            "options", service_options(f));
        if (o != NULL)
            service_bounds(f, o);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *service_requirements(const struct jem_service *service)
{
    json_t *list = json_array();
    for (size_t i = 0; i < service->requirement_count; i++) {
        const struct jem_requirement *r = &service->requirements[i];
        json_array_append_new(list,
            json_pack("{s:s,s:s,s:b,s:s,s:b,s:s,s:s}", "kind", r->kind, "label", jem_pair(r->label), "required",
                (int)r->required, "when", jem_pair(r->when), "shown_only", (int)r->shown_only, "instead_of",
                r->instead_of, "colour", r->colour));
    }
    return list;
}

static json_t *service_standard(const struct jem_service *service)
{
    json_t *o = json_object();
    for (unsigned i = 0; i < JEM_STD_COUNT; i++)
        json_object_set_new(o, jem_standard_key((enum jem_standard)i), json_string(jem_pair(service->standard[i])));
    return o;
}

static json_t *service_json(const struct jem_service *s, bool brief)
{
    json_t *o = json_pack("{s:s,s:i,s:s,s:s,s:s,s:s,s:i,s:I,s:s,s:i}", "id", s->id, "code", (int)s->code, "agency",
        s->agency, "agency_name", jem_pair(s->agency_name), "name", jem_pair(s->name), "promised",
        jem_pair(s->promised), "promised_hours", s->promised_hours, "fee_idr", (json_int_t)s->fee_idr, "fee_note",
        jem_pair(s->fee_note), "duplicate_window_days", s->duplicate_window_days);
    if (o == NULL)
        return NULL;
    if (s->retired)
        json_object_set_new(o, "retired", json_true());
    json_object_set_new(o, "fields", service_fields(s));
    json_object_set_new(o, "requirements", service_requirements(s));
    if (!brief)
        json_object_set_new(o, "standard", service_standard(s));
    return o;
}

static enum jem_code service_unknown(const struct jem_catalog *catalog, const char *id, struct jem_error *err)
{
    const char *near = jem_catalog_nearest(catalog, id);
    return *near ? jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_APPLY_SERVICE_NEAR, near)
                 : jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_APPLY_SERVICE_UNKNOWN);
}

enum jem_code own_catalog_show(const struct jem_catalog *catalog, const char *service, json_t **out,
    struct jem_error *err)
{
    if (service != NULL && jem_catalog_find(catalog, service) == NULL)
        return service_unknown(catalog, service, err);
    json_t *list = json_array();
    for (size_t i = 0; i < jem_catalog_count(catalog); i++) {
        const struct jem_service *s = jem_catalog_at(catalog, i);
        if (service == NULL || strcmp(s->id, service) == 0)
            json_array_append_new(list, service_json(s, service == NULL));
    }
    return own_give(json_pack("{s:o,s:I,s:s}", "services", list, "version", (json_int_t)jem_catalog_version(catalog),
                        "region", jem_catalog_region(catalog)),
        out, err);
}

enum jem_code jem_catalog_show(struct jem_app *app, const char *service, json_t **out, struct jem_error *err)
{
    const struct jem_catalog *catalog = NULL;
    enum jem_code rc = jem_app_catalog(app, &catalog, err);
    return rc == JEM_OK ? own_catalog_show(catalog, service, out, err) : rc;
}

static json_t *check_problems(const struct jem_issues *issues)
{
    json_t *list = json_array();
    for (size_t i = 0; i < issues->count && i < JEM_ISSUES_MAX; i++)
        json_array_append_new(list, json_string(issues->items[i].msg));
    return list;
}

enum jem_code jem_catalog_check_path(const char *path, json_t **out, struct jem_error *err)
{
    struct stat st;
    json_t *root = NULL;
    struct jem_catalog *catalog = NULL;
    static const struct jem_issues none;
    struct jem_issues issues = none;
    bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    struct jem_error why = { .code = JEM_OK };
    enum jem_code rc =
        folder ? jem_catalog_read_dir(path, &root, &why) : jem_json_file(path, CATALOG_FILE_MAX, &root, &why);
    if (rc == JEM_OK)
        rc = jem_catalog_parse(root, &catalog, &issues, &why);
    json_t *problems = check_problems(&issues);
    if (rc != JEM_OK && json_array_size(problems) == 0)
        json_array_append_new(problems, json_string(why.msg));
    *out = json_pack("{s:b,s:i,s:I,s:o}", "ok", (int)(rc == JEM_OK), "services",
        catalog != NULL ? (int)jem_catalog_count(catalog) : 0, "version",
        catalog != NULL ? (json_int_t)jem_catalog_version(catalog) : (json_int_t)0, "problems", problems);
    jem_catalog_free(catalog);
    json_decref(root);
    if (rc != JEM_OK && err != NULL)
        *err = why;
    return *out != NULL ? rc : jem_fail_nomem(err);
}
