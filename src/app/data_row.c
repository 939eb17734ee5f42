/* data_row.c - one application as it goes out, the note that it did, and files that appear whole. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "data_own.h"
#include "jemput/file.h"
#include "jemput/nik.h"

/* ---- files ---- */

enum jem_code data_file_open(struct data_file *file, const char *path, struct jem_error *err)
{
    file->path = path;
    file->f = NULL;
    if (snprintf(file->made, sizeof file->made, "%s.new", path) >= (int)sizeof file->made)
        return jem_fail_errno(err, ENAMETOOLONG, path);
    (void)unlink(file->made);
    int fd = open(file->made, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0 && (file->f = fdopen(fd, "w")) == NULL)
        (void)close(fd);
    return file->f != NULL ? JEM_OK : jem_fail_errno(err, errno, path);
}

enum jem_code data_file_put(struct data_file *file, struct jem_buf *bytes, struct jem_error *err)
{
    enum jem_code rc = jem_buf_ok(bytes, err);
    if (rc == JEM_OK && bytes->len > 0 && fwrite(bytes->data, 1, bytes->len, file->f) != bytes->len)
        rc = jem_fail_errno(err, errno, file->path);
    jem_buf_clear(bytes);
    return rc;
}

enum jem_code data_file_finish(struct data_file *file, struct jem_error *err)
{
    FILE *f = file->f;
    file->f = NULL;
    enum jem_code rc = fclose(f) == 0 ? JEM_OK : jem_fail_errno(err, errno, file->path);
    if (rc == JEM_OK)
        rc = jem_file_name_it(file->made, file->path, err);
    if (rc != JEM_OK)
        (void)unlink(file->made);
    return rc;
}

void data_file_drop(struct data_file *file)
{
    if (file->f == NULL)
        return;
    (void)fclose(file->f);
    (void)unlink(file->made);
    file->f = NULL;
}

/* ---- masks ---- */

json_t *data_masked(const char *text)
{
    struct jem_buf out = JEM_BUF_INIT((size_t)1 << 20);
    for (const char *p = text; *p != '\0';) {
        size_t run = strspn(p, "0123456789");
        if (run == JEM_NIK_DIGITS) {
            char digits[JEM_NIK_DIGITS + 1], masked[40];
            memcpy(digits, p, JEM_NIK_DIGITS);
            digits[JEM_NIK_DIGITS] = '\0';
            jem_nik_mask(digits, masked);
            jem_buf_str(&out, masked);
        } else
            jem_buf_add(&out, p, run > 0 ? run : 1);
        p += run > 0 ? run : 1;
    }
    json_t *v = out.failed ? NULL : json_string(jem_buf_text(&out));
    jem_buf_release(&out);
    return v;
}

static json_t *row_text(const char *text, bool whole)
{
    return whole ? json_string(text) : data_masked(text);
}

/* ---- the row ---- */

static json_t *row_fields(const struct jem_application *a, bool whole)
{
    const char *key;
    json_t *v, *out = json_object();
    json_object_foreach(json_object_get(a->state, "fields"), key, v)
    {
        if (strcmp(key, "nik") != 0 && strcmp(key, "name") != 0)
            json_object_set_new(out, key, row_text(json_is_string(v) ? json_string_value(v) : "", whole));
    }
    return out;
}

static json_t *row_documents(const struct jem_application *a)
{
    size_t i;
    json_t *d, *out = json_array();
    json_array_foreach(json_object_get(a->state, "documents"), i, d)
        json_array_append_new(out, json_pack("{s:s,s:i,s:s,s:I}", "kind", jem_json_str(d, "kind", ""), "pages",
                                       (int)json_array_size(json_object_get(d, "pages")), "mime",
                                       jem_json_str(d, "mime", ""), "size", (json_int_t)jem_json_int(d, "size", 0)));
    return out;
}

static enum jem_code row_stages(const struct jem_application *a, struct jem_event_list *events, json_t **out,
    struct jem_error *err)
{
    int64_t at_ms[JEM_STATUS_COUNT];
    char day[11];
    enum jem_code rc = jem_application_stages(events, at_ms, err);
    if (rc != JEM_OK)
        return rc;
    at_ms[a->status] = at_ms[a->status] == INT64_MIN ? a->stage_ms : at_ms[a->status];
    *out = json_object();
    for (unsigned s = JEM_STATUS_RECEIVED; s < JEM_STATUS_COUNT; s++)
        if (at_ms[s] != INT64_MIN) {
            jem_day_format(jem_day_of_unix_ms(at_ms[s]), day);
            json_object_set_new(*out, jem_status_name((enum jem_status)s), json_string(day));
        }
    return JEM_OK;
}

static const char *row_officer(const struct jem_application *a, const struct jem_event_list *events)
{
    for (size_t i = 0; i < events->count; i++)
        if (jem_event_id_cmp(&events->items[i].id, &a->submitted) == 0)
            return events->items[i].actor;
    return "";
}

enum jem_code data_row(struct jem_app *app, uint64_t number, bool whole, json_t **out, struct jem_error *err)
{
    struct jem_application a = { 0 };
    struct jem_event_list events = { 0 };
    char text[JEM_NUMBER_TEXT], day[11] = "";
    json_t *stages = NULL;
    *out = NULL;
    enum jem_code rc = own_load(app, number, &a, &events, err);
    if (rc == JEM_OK)
        rc = row_stages(&a, &events, &stages, err);
    if (rc == JEM_OK) {
        const json_t *fields = json_object_get(a.state, "fields");
        const struct jem_service *service = own_service_or_null(app, jem_json_str(a.state, "service", ""));
        jem_number_format(number, text);
        if (a.submitted.seq > 0)
            jem_day_format(jem_day_of_unix_ms(a.submitted_ms), day);
        *out = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:s,s:s,s:o,s:o,s:I,s:s,s:o,s:o,s:o,s:o}", "number", text,
            "service", jem_json_str(a.state, "service", ""), "agency", service != NULL ? service->agency : "", "status",
            jem_status_name(a.status), "submitted", day, "channel", jem_json_str(a.state, "channel", ""), "van",
            (int)a.submitted.writer, "officer", row_officer(&a, &events), "village",
            jem_json_str(fields, "village", ""), "nik", row_text(jem_json_str(fields, "nik", ""), whole), "name",
            row_text(jem_json_str(fields, "name", ""), whole), "conflicts", (json_int_t)a.conflicts, "linked",
            jem_json_str(a.state, "linked", ""), "reason", row_text(jem_json_str(a.state, "reason", ""), whole),
            "stages", stages, "documents", row_documents(&a), "fields", row_fields(&a, whole));
        stages = NULL; /* taken over */
        rc = *out == NULL ? jem_fail_nomem(err) : JEM_OK;
    }
    json_decref(stages);
    jem_event_list_release(&events);
    jem_application_release(&a);
    return rc;
}

/* ---- the note ---- */

json_t *data_selection_json(const struct jem_selection *what)
{
    json_t *o = json_object();
    char day[11];
    if (what->service != NULL)
        json_object_set_new(o, "service", json_string(what->service));
    if (what->village != NULL)
        json_object_set_new(o, "village", json_string(what->village));
    if (what->status != JEM_STATUS_UNKNOWN)
        json_object_set_new(o, "status", json_string(jem_status_name(what->status)));
    if (what->from_day != INT32_MIN) {
        jem_day_format(what->from_day, day);
        json_object_set_new(o, "from", json_string(day));
    }
    if (what->to_day != INT32_MAX) {
        jem_day_format(what->to_day, day);
        json_object_set_new(o, "to", json_string(day));
    }
    return o;
}

void data_selection_read(const json_t *about, struct jem_selection *out)
{
    *out = JEM_SELECTION_ALL;
    out->service = jem_json_str(about, "service", NULL);
    out->village = jem_json_str(about, "village", NULL);
    out->status = jem_status_parse(jem_json_str(about, "status", ""));
    if (jem_day_parse(jem_json_str(about, "from", ""), &out->from_day, NULL) != JEM_OK)
        out->from_day = INT32_MIN;
    if (jem_day_parse(jem_json_str(about, "to", ""), &out->to_day, NULL) != JEM_OK)
        out->to_day = INT32_MAX;
}

enum jem_code data_note(struct jem_app *app, const char *what, const char *to, size_t rows, bool whole, json_t *about,
    const char *reason, struct jem_error *err)
{
    json_t *body = json_pack("{s:s,s:s,s:I,s:b,s:o,s:s}", "what", what, "to", to, "rows", (json_int_t)rows, "whole",
        (int)whole, "about", about, "reason", reason);
    if (body == NULL)
        return jem_fail_nomem(err);
    enum jem_code rc = jem_store_append(app->store, 0, 0, "data.exported", body, app->user, NULL, err);
    json_decref(body);
    return rc;
}
