/* agency.c - packages for agencies, and who they are. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "agency_own.h"
#include "jemput/csv.h"
#include "jemput/sshsig.h"
#include "jemput/waiting.h"

#define AGENCY_MOST 10000u
#define AGENCY_COUNTED 100u
#define AGENCY_FILE_MAX ((size_t)256 << 20)
#define AGENCY_CODE 10 /* symbols of a package's name */

/* ---- agencies ---- */

enum jem_code own_agency_services(struct jem_app *app, const char *agency, const struct jem_service ***out,
    size_t *count, struct jem_error *err)
{
    const struct jem_catalog *catalog = NULL;
    struct jem_buf known = JEM_BUF_INIT(1000);
    *count = 0;
    enum jem_code rc = jem_app_catalog(app, &catalog, err);
    if (rc != JEM_OK)
        return rc;
    *out = calloc(jem_catalog_count(catalog) + 1, sizeof **out);
    if (*out == NULL)
        return jem_fail_nomem(err);
    for (size_t i = 0; i < jem_catalog_count(catalog); i++) {
        const struct jem_service *s = jem_catalog_at(catalog, i);
        if (strcmp(s->agency, agency) == 0)
            (*out)[(*count)++] = s;
        if (known.len == 0 || strstr(jem_buf_text(&known), s->agency) == NULL)
            jem_buf_fmt(&known, "%s%s", known.len > 0 ? ", " : "", s->agency);
    }
    if (*count == 0)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_CARE_AGENCY, jem_buf_text(&known));
    else if (!own_agency_has(app, (*out)[0]->id))
        rc = jem_fail(err, JEM_EDENIED, JEM_D_APP, 0, JEM_T_APP_AGENCY_ALL, app->agency);
    jem_buf_release(&known);
    return rc;
}

void own_agency_key(struct jem_app *app, const char *agency, char out[200])
{
    struct jem_buf name = JEM_BUF_INIT(80);
    jem_buf_fmt(&name, "exchange.key.%.40s", agency);
    (void)own_meta(app->store, jem_buf_text(&name), "", out, 200);
    jem_buf_release(&name);
}

static enum jem_code agency_waiting(struct jem_app *app, const struct jem_service *const *services, size_t count,
    unsigned limit, json_t **rows, struct jem_error *err)
{
    struct jem_waiting *of = calloc(count + 1, sizeof *of);
    if (of == NULL)
        return jem_fail_nomem(err);
    for (size_t i = 0; i < count; i++)
        of[i] = (struct jem_waiting){ services[i]->id, INT64_MAX };
    enum jem_code rc =
        jem_store_waiting(app->store, 1u << JEM_STATUS_VERIFIED, of, count, limit, NULL, NULL, rows, err);
    free(of);
    return rc;
}

enum jem_code jem_agency_list(struct jem_app *app, json_t **out, struct jem_error *err)
{
    const struct jem_catalog *catalog = NULL;
    json_t *list = json_array(), *seen = json_object();
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    if (rc == JEM_OK)
        rc = jem_app_catalog(app, &catalog, err);
    for (size_t i = 0; rc == JEM_OK && i < jem_catalog_count(catalog); i++) {
        const struct jem_service *s = jem_catalog_at(catalog, i), **services = NULL;
        size_t count = 0;
        char key[200];
        json_t *rows = NULL;
        if (json_object_get(seen, s->agency) != NULL || !own_agency_has(app, s->id))
            continue;
        json_object_set_new(seen, s->agency, json_true());
        rc = own_agency_services(app, s->agency, &services, &count, err);
        if (rc == JEM_OK)
            rc = agency_waiting(app, services, count, AGENCY_COUNTED, &rows, err);
        own_agency_key(app, s->agency, key);
        if (rc == JEM_OK)
            json_array_append_new(list,
                json_pack("{s:s,s:s,s:i,s:s}", "agency", s->agency, "name", jem_pair(s->agency_name), "waiting",
                    (int)json_array_size(rows), "key", key));
        json_decref(rows);
        free((void *)services);
    }
    json_decref(seen);
    if (rc == JEM_OK)
        return own_give(json_pack("{s:o}", "agencies", list), out, err);
    json_decref(list);
    return rc;
}

/* ---- which applications ---- */

struct package {
    struct jem_app *app;
    const char *agency;
    const struct jem_service **services;
    size_t service_count;
    char code[OWN_SHORT_CODE];
    json_t *rows; /* as they go out */
    struct jem_error *err;
};

/* What the history says of a package; in the language of receipts, whoever makes it. */
static void package_note(const struct package *k, char out[120])
{
    (void)snprintf(out, 120, jem_text_in(JEM_LANG_ID, JEM_T_AGENCY_NOTE), k->code, k->agency);
}

/* What of an application goes out beside its fields and documents. */
static const char *const package_columns[] = { "number", "service", "submitted", "channel", "nik", "name", "village" };
#define PACKAGE_COLUMNS (sizeof package_columns / sizeof *package_columns)

/* Of the whole row what the agency's form asks: nothing of officers, vans or history. */
static enum jem_code package_row(struct package *k, uint64_t number)
{
    json_t *whole = NULL, *row = json_object(), *fields = json_object(), *documents = json_array(), *d;
    size_t i;
    enum jem_code rc = data_row(k->app, number, true, &whole, k->err);
    const struct jem_service *s = own_service_or_null(k->app, jem_json_str(whole, "service", ""));
    for (i = 0; i < PACKAGE_COLUMNS; i++)
        json_object_set(row, package_columns[i], json_object_get(whole, package_columns[i]));
    for (i = 0; s != NULL && i < s->field_count; i++)
        if (json_object_get(json_object_get(whole, "fields"), s->fields[i].name) != NULL)
            json_object_set(fields, s->fields[i].name,
                json_object_get(json_object_get(whole, "fields"), s->fields[i].name));
    json_array_foreach(json_object_get(whole, "documents"), i, d) json_array_append_new(documents,
        json_pack("{s:O,s:O}", "kind", json_object_get(d, "kind"), "pages", json_object_get(d, "pages")));
    json_object_set_new(row, "documents", documents);
    json_object_set_new(row, "fields", fields);
    if (rc == JEM_OK)
        json_array_append(k->rows, row);
    json_decref(row);
    json_decref(whole);
    return rc;
}

/* One verified application goes in process, in the open unit. *taken: false when another clerk moved it meanwhile. */
static enum jem_code package_take(struct package *k, uint64_t number, bool *taken)
{
    struct jem_application a = { 0 };
    char note[120];
    enum jem_code rc = own_load(k->app, number, &a, NULL, k->err);
    *taken = rc == JEM_OK && a.status == JEM_STATUS_VERIFIED;
    jem_application_release(&a);
    if (!*taken)
        return rc;
    package_note(k, note);
    json_t *body = json_pack("{s:s,s:s,s:s}", "from", "verified", "to", "in_process", "note", note);
    rc = body == NULL ? jem_fail_nomem(k->err)
                      : jem_store_append(k->app->store, own_lane(k->app, number), number, "status.changed", body,
                            k->app->user, NULL, k->err);
    json_decref(body);
    return rc;
}

/* One note a service, so that an erasure finds which packages may hold an application. */
static enum jem_code package_notes(struct package *k)
{
    enum jem_code rc = JEM_OK;
    for (size_t i = 0; rc == JEM_OK && i < k->service_count; i++)
        rc = data_note(k->app, "exchange", k->agency, json_array_size(k->rows), true,
            json_pack("{s:s,s:s}", "service", k->services[i]->id, "package", k->code), "", k->err);
    return rc;
}

static enum jem_code package_new(struct package *k)
{
    json_t *waiting = NULL, *row;
    size_t i;
    own_short_code_make(AGENCY_CODE - 2, k->code);
    enum jem_code rc = jem_store_begin(k->app->store, k->err);
    if (rc != JEM_OK)
        return rc;
    rc = agency_waiting(k->app, k->services, k->service_count, AGENCY_MOST, &waiting, k->err);
    json_array_foreach(waiting, i, row)
    {
        uint64_t number = 0;
        bool taken = false;
        if (rc != JEM_OK || jem_number_parse(jem_json_str(row, "number", ""), &number, NULL) != JEM_OK)
            continue;
        rc = package_take(k, number, &taken);
        if (rc == JEM_OK && taken)
            rc = package_row(k, number);
    }
    if (rc == JEM_OK && json_array_size(k->rows) == 0)
        rc = jem_fail(k->err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_AGENCY_NOTHING, k->agency);
    if (rc == JEM_OK)
        rc = package_notes(k);
    if (rc == JEM_OK)
        rc = jem_store_commit(k->app->store, k->err);
    if (rc != JEM_OK)
        jem_store_rollback(k->app->store);
    json_decref(waiting);
    return rc;
}

/* Its history names the package. */
static enum jem_code package_holds(struct package *k, uint64_t number, const char *note, bool *holds)
{
    struct jem_event_list events = { 0 };
    *holds = false;
    enum jem_code rc = jem_store_subject_events(k->app->store, number, &events, k->err);
    for (size_t i = 0; rc == JEM_OK && i < events.count; i++) {
        const struct jem_event *e = &events.items[i];
        *holds = *holds || (strcmp(e->kind, "status.changed") == 0 && e->body != NULL && strstr(e->body, note) != NULL);
    }
    jem_event_list_release(&events);
    return rc;
}

static enum jem_code package_again(struct package *k, const char *again)
{
    char note[120];
    enum jem_code rc = JEM_OK;
    if (!own_short_code_read(AGENCY_CODE - 2, again, k->code))
        return jem_fail(k->err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_AGENCY_NO_PACKAGE, again);
    package_note(k, note);
    for (size_t i = 0; rc == JEM_OK && i < k->service_count; i++) {
        struct jem_selection what = JEM_SELECTION_ALL;
        uint64_t *numbers = NULL;
        size_t count = 0;
        what.service = k->services[i]->id;
        rc = jem_store_select(k->app->store, &what, &numbers, &count, k->err);
        for (size_t n = 0; rc == JEM_OK && n < count; n++) {
            bool holds = false;
            rc = package_holds(k, numbers[n], note, &holds);
            if (rc == JEM_OK && holds)
                rc = package_row(k, numbers[n]);
        }
        free(numbers);
    }
    return rc == JEM_OK && json_array_size(k->rows) == 0
               ? jem_fail(k->err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_AGENCY_NO_PACKAGE, again)
               : rc;
}

/* ---- the file ---- */

static enum jem_code package_json(struct package *k, struct jem_buf *file)
{
    char office[200], region[64], made[11];
    (void)own_meta(k->app->store, "name", "", office, sizeof office);
    (void)own_meta(k->app->store, "region", "", region, sizeof region);
    jem_day_format(jem_store_today(k->app->store), made);
    json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:O}", "format", AGENCY_FORMAT, "package", k->code, "agency",
        k->agency, "office", office, "region", region, "made", made, "applications", k->rows);
    enum jem_code rc = o == NULL ? jem_fail_nomem(k->err) : jem_json_canonical(o, file, k->err);
    jem_buf_byte(file, '\n');
    json_decref(o);
    return rc;
}

/* Fields of the agency's services, each once, in the catalogue's order. */
static json_t *package_fields(const struct package *k)
{
    json_t *names = json_array(), *seen = json_object();
    for (size_t i = 0; i < k->service_count; i++)
        for (size_t f = 0; f < k->services[i]->field_count; f++) {
            const char *name = k->services[i]->fields[f].name;
            if (json_object_get(seen, name) == NULL)
                json_array_append_new(names, json_string(name));
            json_object_set_new(seen, name, json_true());
        }
    json_decref(seen);
    return names;
}

static void package_csv(const struct package *k, struct jem_buf *file)
{
    json_t *names = package_fields(k), *name, *row, *d;
    size_t r, i;
    jem_csv_cell(file, "package", true);
    for (i = 0; i < PACKAGE_COLUMNS; i++)
        jem_csv_cell(file, package_columns[i], false);
    jem_csv_cell(file, "documents", false);
    json_array_foreach(names, i, name)
    {
        struct jem_buf head = JEM_BUF_INIT(80);
        jem_buf_fmt(&head, "field_%s", json_string_value(name));
        jem_csv_cell(file, jem_buf_text(&head), false);
        jem_buf_release(&head);
    }
    jem_csv_end(file);
    json_array_foreach(k->rows, r, row)
    {
        struct jem_buf papers = JEM_BUF_INIT(8000);
        jem_csv_cell(file, k->code, true);
        for (i = 0; i < PACKAGE_COLUMNS; i++)
            jem_csv_cell(file, jem_json_str(row, package_columns[i], ""), false);
        json_array_foreach(json_object_get(row, "documents"), i, d) jem_buf_fmt(&papers, "%s%s:%lld", i > 0 ? " " : "",
            jem_json_str(d, "kind", ""), (long long)jem_json_int(d, "pages", 0));
        jem_csv_cell(file, jem_buf_text(&papers), false);
        json_array_foreach(names, i, name)
            jem_csv_cell(file, jem_json_str(json_object_get(row, "fields"), json_string_value(name), ""), false);
        jem_csv_end(file);
        jem_buf_release(&papers);
    }
    json_decref(names);
}

static enum jem_code package_sign(struct package *k, const struct jem_buf *file, struct jem_buf *signature)
{
    const struct jem_keys *keys = NULL;
    enum jem_code rc = own_keys(k->app, &keys, k->err);
    if (rc == JEM_OK)
        rc = jem_sshsig_sign(keys->sign_secret, file->data, file->len, signature, k->err);
    jem_buf_byte(signature, '\n');
    return rc == JEM_OK ? jem_buf_ok(signature, k->err) : rc;
}

enum jem_code jem_agency_out(struct jem_app *app, const struct jem_package *in, struct jem_buf *file,
    struct jem_buf *signature, json_t **out, struct jem_error *err)
{
    struct package k = { .app = app, .agency = in->agency, .rows = json_array(), .err = err };
    struct jem_buf bytes = JEM_BUF_INIT(AGENCY_FILE_MAX);
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, AGENCY_ROLES, err);
    if (rc == JEM_OK)
        rc = own_agency_services(app, in->agency, &k.services, &k.service_count, err);
    if (rc == JEM_OK)
        rc = in->again != NULL ? package_again(&k, in->again) : package_new(&k);
    if (rc == JEM_OK && in->csv)
        package_csv(&k, &bytes);
    else if (rc == JEM_OK)
        rc = package_json(&k, &bytes);
    if (rc == JEM_OK)
        rc = jem_buf_ok(&bytes, err);
    if (rc == JEM_OK)
        rc = package_sign(&k, &bytes, signature);
    jem_buf_add(file, bytes.data, rc == JEM_OK ? bytes.len : 0);
    if (rc == JEM_OK)
        rc = jem_buf_ok(file, err);
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:s,s:s,s:i}", "agency", in->agency, "package", k.code, "applications",
                          (int)json_array_size(k.rows)),
            out, err);
    jem_buf_wipe(&bytes);
    json_decref(k.rows);
    free((void *)k.services);
    return rc;
}
