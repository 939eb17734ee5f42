/* export.c - applications into files for people's own tools: CSV, JSON lines, SQLite. */
#include <stdlib.h>
#include <string.h>

#include "data_own.h"
#include "jemput/csv.h"
#include "jemput/data.h"
#include "jemput/plain_db.h"

static const char *const export_columns[] = { "number", "service", "agency", "status", "submitted", "channel", "van",
    "officer", "village", "nik", "name", "documents", "conflicts", "linked", "reason", NULL };

static const char EXPORT_SCHEMA[] =
    "CREATE TABLE application (number TEXT PRIMARY KEY, service TEXT, agency TEXT, status TEXT, submitted TEXT, "
    "channel "
    "TEXT, van INTEGER, officer TEXT, village TEXT, nik TEXT, name TEXT, documents INTEGER, conflicts INTEGER, linked "
    "TEXT, reason TEXT) STRICT, WITHOUT ROWID;"
    "CREATE TABLE field (number TEXT, name TEXT, value TEXT, PRIMARY KEY (number, name)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE stage (number TEXT, status TEXT, day TEXT, PRIMARY KEY (number, status)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE document (number TEXT, place INTEGER, kind TEXT, pages INTEGER, mime TEXT, size INTEGER, PRIMARY KEY "
    "(number, place)) STRICT, WITHOUT ROWID;";
static const char EXPORT_APPLICATION[] = "INSERT INTO application VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
static const char EXPORT_FIELD[] = "INSERT INTO field VALUES (?,?,?)";
static const char EXPORT_STAGE[] = "INSERT INTO stage VALUES (?,?,?)";
static const char EXPORT_DOCUMENT[] = "INSERT INTO document VALUES (?,?,?,?,?,?)";

struct export_run {
    struct jem_app *app;
    const struct jem_export *in;
    json_t *fields; /* names of the columns of fields, CSV */
    struct data_file file;
    struct jem_plain_db *db;
    struct jem_buf line;
    struct jem_error *err;
};

enum jem_export_format jem_export_format_parse(const char *s)
{
    static const char *const names[] = { "", "csv", "jsonl", "sqlite" };
    for (unsigned i = JEM_EXPORT_CSV; s != NULL && i <= JEM_EXPORT_SQLITE; i++)
        if (strcmp(s, names[i]) == 0)
            return (enum jem_export_format)i;
    return JEM_EXPORT_UNKNOWN;
}

/* A member of the row as the text or number of its column. New reference. */
static json_t *export_cell(const json_t *row, const char *column)
{
    const json_t *v = json_object_get(row, column);
    if (json_is_array(v))
        return json_integer((json_int_t)json_array_size(v));
    return json_is_integer(v) ? json_integer(json_integer_value(v)) : json_string(jem_json_str(row, column, ""));
}

/* ---- CSV ---- */

/* Names of the fields of the services that may be in it, in the catalogue's order, each once. */
static enum jem_code export_field_names(struct export_run *x)
{
    const struct jem_catalog *catalog = NULL;
    json_t *seen = json_object();
    x->fields = json_array();
    if (seen == NULL || x->fields == NULL)
        return jem_fail_nomem(x->err);
    if (jem_app_catalog(x->app, &catalog, NULL) == JEM_OK)
        for (size_t i = 0; i < jem_catalog_count(catalog); i++) {
            const struct jem_service *s = jem_catalog_at(catalog, i);
            for (size_t k = 0; k < s->field_count; k++) {
                const char *name = s->fields[k].name;
                bool other = x->in->what.service != NULL && strcmp(x->in->what.service, s->id) != 0;
                if (other || strcmp(name, "village") == 0 || json_object_get(seen, name) != NULL)
                    continue;
                json_object_set_new(seen, name, json_true());
                json_array_append_new(x->fields, json_string(name));
            }
        }
    json_decref(seen);
    return JEM_OK;
}

static enum jem_code export_csv_head(struct export_run *x)
{
    size_t i;
    json_t *name;
    for (i = 0; export_columns[i] != NULL; i++)
        jem_csv_cell(&x->line, export_columns[i], i == 0);
    for (unsigned s = JEM_STATUS_RECEIVED; s < JEM_STATUS_COUNT; s++) {
        char head[40];
        (void)snprintf(head, sizeof head, "day_%s", jem_status_name((enum jem_status)s));
        jem_csv_cell(&x->line, head, false);
    }
    json_array_foreach(x->fields, i, name)
    {
        char head[60];
        (void)snprintf(head, sizeof head, "field_%s", json_string_value(name));
        jem_csv_cell(&x->line, head, false);
    }
    jem_csv_cell(&x->line, "other_fields", false);
    jem_csv_end(&x->line);
    return data_file_put(&x->file, &x->line, x->err);
}

static enum jem_code export_csv(struct export_run *x, json_t *row)
{
    size_t i;
    json_t *name, *fields = json_object_get(row, "fields"), *stages = json_object_get(row, "stages");
    struct jem_buf other = JEM_BUF_INIT((size_t)1 << 20);
    enum jem_code rc = JEM_OK;
    for (i = 0; export_columns[i] != NULL; i++) {
        char number[24];
        json_t *cell = export_cell(row, export_columns[i]);
        (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(cell));
        jem_csv_cell(&x->line, json_is_string(cell) ? json_string_value(cell) : number, i == 0);
        json_decref(cell);
    }
    for (unsigned s = JEM_STATUS_RECEIVED; s < JEM_STATUS_COUNT; s++)
        jem_csv_cell(&x->line, jem_json_str(stages, jem_status_name((enum jem_status)s), ""), false);
    json_object_del(fields, "village");
    json_array_foreach(x->fields, i, name)
    {
        jem_csv_cell(&x->line, jem_json_str(fields, json_string_value(name), ""), false);
        json_object_del(fields, json_string_value(name));
    }
    if (json_object_size(fields) > 0)
        rc = jem_json_canonical(fields, &other, x->err);
    jem_csv_cell(&x->line, jem_buf_text(&other), false);
    jem_csv_end(&x->line);
    jem_buf_release(&other);
    return rc == JEM_OK ? data_file_put(&x->file, &x->line, x->err) : rc;
}

/* ---- the others ---- */

static enum jem_code export_jsonl(struct export_run *x, const json_t *row)
{
    enum jem_code rc = jem_json_canonical(row, &x->line, x->err);
    jem_buf_byte(&x->line, '\n');
    return rc == JEM_OK ? data_file_put(&x->file, &x->line, x->err) : rc;
}

/* Takes over `values`. */
static enum jem_code export_put(struct export_run *x, const char *insert, json_t *values)
{
    enum jem_code rc = values == NULL ? jem_fail_nomem(x->err) : jem_plain_db_put(x->db, insert, values, x->err);
    json_decref(values);
    return rc;
}

static enum jem_code export_sqlite(struct export_run *x, const json_t *row)
{
    const char *number = jem_json_str(row, "number", ""), *key;
    json_t *v, *values = json_array();
    size_t i;
    for (i = 0; export_columns[i] != NULL; i++)
        json_array_append_new(values, export_cell(row, export_columns[i]));
    enum jem_code rc = export_put(x, EXPORT_APPLICATION, values);
    json_object_foreach(json_object_get(row, "fields"), key, v)
    {
        if (rc == JEM_OK)
            rc = export_put(x, EXPORT_FIELD, json_pack("[s,s,O]", number, key, v));
    }
    json_object_foreach(json_object_get(row, "stages"), key, v)
    {
        if (rc == JEM_OK)
            rc = export_put(x, EXPORT_STAGE, json_pack("[s,s,O]", number, key, v));
    }
    json_array_foreach(json_object_get(row, "documents"), i, v)
    {
        if (rc == JEM_OK)
            rc = export_put(x, EXPORT_DOCUMENT,
                json_pack("[s,I,O,O,O,O]", number, (json_int_t)i + 1, json_object_get(v, "kind"),
                    json_object_get(v, "pages"), json_object_get(v, "mime"), json_object_get(v, "size")));
    }
    return rc;
}

/* ---- the run ---- */

static enum jem_code export_open(struct export_run *x)
{
    if (x->in->format == JEM_EXPORT_SQLITE)
        return jem_plain_db_make(x->in->path, EXPORT_SCHEMA, &x->db, x->err);
    enum jem_code rc = data_file_open(&x->file, x->in->path, x->err);
    if (rc == JEM_OK && x->in->format == JEM_EXPORT_CSV)
        rc = export_field_names(x);
    if (rc == JEM_OK && x->in->format == JEM_EXPORT_CSV)
        rc = export_csv_head(x);
    return rc;
}

static enum jem_code export_rows(struct export_run *x, const uint64_t *numbers, size_t count)
{
    enum jem_code rc = JEM_OK;
    for (size_t i = 0; rc == JEM_OK && i < count; i++) {
        json_t *row = NULL;
        rc = data_row(x->app, numbers[i], x->in->nik, &row, x->err);
        if (rc == JEM_OK)
            rc = x->in->format == JEM_EXPORT_CSV     ? export_csv(x, row)
                 : x->in->format == JEM_EXPORT_JSONL ? export_jsonl(x, row)
                                                     : export_sqlite(x, row);
        json_decref(row);
    }
    return rc;
}

/* The file's last step stands between the note and its commit: neither is there without the other, but for a power cut between
 * the two, which leaves a file without a note under its temporary name's rename. */
static enum jem_code export_end(struct export_run *x, size_t count, const char *reason)
{
    static const char *const names[] = { "", "csv", "jsonl", "sqlite" };
    const char *base = strrchr(x->in->path, '/');
    enum jem_code rc = jem_store_begin(x->app->store, x->err);
    if (rc != JEM_OK)
        return rc;
    rc = data_note(x->app, names[x->in->format], base != NULL ? base + 1 : x->in->path, count, x->in->nik,
        data_selection_json(&x->in->what), reason, x->err);
    if (rc == JEM_OK && x->db != NULL) {
        rc = jem_plain_db_finish(x->db, x->err);
        x->db = NULL;
    } else if (rc == JEM_OK)
        rc = data_file_finish(&x->file, x->err);
    if (rc == JEM_OK)
        rc = jem_store_commit(x->app->store, x->err);
    if (rc != JEM_OK)
        jem_store_rollback(x->app->store);
    return rc;
}

static enum jem_code export_may(struct jem_app *app, const struct jem_export *in, char reason[OWN_REASON_MAX + 1],
    struct jem_error *err)
{
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, in->nik ? "admin" : "verifier,approver,admin", err);
    if (rc == JEM_OK)
        rc = own_agency_none(app, err);
    if (rc == JEM_OK)
        rc = own_reason(in->reason, false, reason, err);
    if (rc == JEM_OK && in->nik && reason[0] == '\0')
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DATA_NIK_REASON);
    if (rc == JEM_OK && in->format == JEM_EXPORT_UNKNOWN)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DATA_FORMAT, "");
    if (rc == JEM_OK && in->what.from_day > in->what.to_day)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DATA_DAYS);
    return rc;
}

enum jem_code jem_data_export_may(struct jem_app *app, const struct jem_export *in, struct jem_error *err)
{
    char reason[OWN_REASON_MAX + 1];
    return export_may(app, in, reason, err);
}

enum jem_code jem_data_export(struct jem_app *app, const struct jem_export *in, json_t **out, struct jem_error *err)
{
    struct export_run x = { .app = app, .in = in, .line = JEM_BUF_INIT((size_t)8 << 20), .err = err };
    char reason[OWN_REASON_MAX + 1] = "";
    uint64_t *numbers = NULL;
    size_t count = 0;
    enum jem_code rc = export_may(app, in, reason, err);
    if (rc == JEM_OK)
        rc = jem_store_select(app->store, &in->what, &numbers, &count, err);
    if (rc == JEM_OK)
        rc = export_open(&x);
    if (rc == JEM_OK)
        rc = export_rows(&x, numbers, count);
    if (rc == JEM_OK)
        rc = export_end(&x, count, reason);
    data_file_drop(&x.file);
    jem_plain_db_drop(x.db);
    json_decref(x.fields);
    jem_buf_release(&x.line);
    free(numbers);
    if (rc != JEM_OK)
        return rc;
    static const char *const names[] = { "", "csv", "jsonl", "sqlite" };
    return own_give(json_pack("{s:s,s:I,s:s,s:b}", "file", in->path, "rows", (json_int_t)count, "format",
                        names[in->format], "nik", (int)in->nik),
        out, err);
}
