/* law.c - erasure, access, retention and the record of processing. */
#include "jemput/law.h"

#include <stdlib.h>
#include <string.h>

#include "data_own.h"
#include "jemput/labels.h"
#include "jemput/nik.h"

#define LAW_RUN_MAX ((size_t)JEM_ERASED_MAX * 10)

/* ---- what HQ's own lane says ---- */

/* Events of one kind in HQ's lane 0, of all incarnations. */
static enum jem_code law_notes(struct jem_app *app, const char *kind, struct jem_event_list *out, struct jem_error *err)
{
    enum jem_code rc = JEM_OK;
    uint16_t last = jem_store_inc(app->store);
    for (uint16_t inc = 1; rc == JEM_OK && inc != 0 && inc <= last; inc++) {
        struct jem_event_id at = { 0, 0, inc, 1 };
        for (size_t got = 1; rc == JEM_OK && got > 0;) {
            struct jem_event_list some = { 0 };
            rc = jem_store_events(app->store, &at, 1000, (size_t)8 << 20, &some, err);
            got = some.count;
            at.seq += got;
            for (size_t i = 0; rc == JEM_OK && i < some.count; i++)
                if (strcmp(some.items[i].kind, kind) == 0)
                    rc = jem_event_list_push(out, &some.items[i], err);
            jem_event_list_release(&some);
        }
    }
    return rc;
}

static json_t *law_body(const struct jem_event *e)
{
    json_t *body = NULL;
    struct jem_error ignored;
    return e->body != NULL && jem_json_parse(e->body, e->body_len, "event", &body, &ignored) == JEM_OK ? body
                                                                                                       : json_object();
}

/* A package is named by the history of each application in it. */
static bool law_in_package(struct jem_app *app, uint64_t number, const char *package)
{
    struct jem_event_list events = { 0 };
    bool holds = jem_store_subject_events(app->store, number, &events, NULL) != JEM_OK;
    for (size_t i = 0; !holds && i < events.count; i++)
        holds = events.items[i].body != NULL && strcmp(events.items[i].kind, "status.changed") == 0 &&
                strstr(events.items[i].body, package) != NULL;
    jem_event_list_release(&events);
    return holds;
}

/* Exports that may hold one of the numbers (none: all of them): made after it was submitted, and its row lies in what they
 * were about, the stage aside, for that one changes. */
static enum jem_code law_exports(struct jem_app *app, uint64_t number, int64_t submitted_ms, json_t *out,
    struct jem_error *err)
{
    struct jem_event_list notes = { 0 };
    char text[JEM_NUMBER_TEXT];
    enum jem_code rc = law_notes(app, "data.exported", &notes, err);
    for (size_t i = 0; rc == JEM_OK && i < notes.count; i++) {
        const struct jem_event *e = &notes.items[i];
        json_t *body = law_body(e);
        struct jem_selection what;
        data_selection_read(json_object_get(body, "about"), &what);
        what.status = JEM_STATUS_UNKNOWN;
        jem_number_format(number, text);
        const char *one = jem_json_str(json_object_get(body, "about"), "number", "");
        const char *package = jem_json_str(json_object_get(body, "about"), "package", "");
        const char *some = jem_json_str(json_object_get(body, "about"), "numbers", NULL); /* of an access report */
        bool holds = number == 0        ? true
                     : *one != '\0'     ? strcmp(one, text) == 0
                     : some != NULL     ? strstr(some, text) != NULL
                     : *package != '\0' ? law_in_package(app, number, package)
                                        : jem_store_selected(app->store, &what, number);
        if (holds && (number == 0 || e->wall_ms >= submitted_ms))
            json_array_append_new(out,
                json_pack("{s:I,s:s,s:s,s:s,s:I,s:s,s:b,s:s}", "at_ms", (json_int_t)e->wall_ms, "what",
                    jem_json_str(body, "what", ""), "to", jem_json_str(body, "to", ""), "package", package, "rows",
                    (json_int_t)jem_json_int(body, "rows", 0), "by", e->actor, "whole",
                    (int)jem_json_bool(body, "whole", false), "reason", jem_json_str(body, "reason", "")));
        json_decref(body);
    }
    jem_event_list_release(&notes);
    return rc;
}

/* ---- erasure ---- */

/* One event for all of them in lane 0 and every van's lane, in an open unit. */
static enum jem_code erase_append(struct jem_app *app, const json_t *numbers, const char *basis, struct jem_error *err)
{
    json_t *vans = NULL, *van;
    size_t i;
    json_t *body = json_pack("{s:O,s:s}", "numbers", numbers, "basis", basis);
    enum jem_code rc = body == NULL ? jem_fail_nomem(err) : jem_store_vans(app->store, &vans, err);
    if (rc == JEM_OK)
        rc = jem_store_append(app->store, 0, 0, "body.redacted", body, app->user, NULL, err);
    json_array_foreach(vans, i, van)
    {
        if (rc != JEM_OK)
            break;
        rc = jem_store_append(app->store, (uint16_t)jem_json_int(van, "van", 0), 0, "body.redacted", body, app->user,
            NULL, err);
    }
    json_decref(vans);
    json_decref(body);
    return rc;
}

static enum jem_code erase_unit(struct jem_app *app, const json_t *numbers, const char *basis, struct jem_error *err)
{
    enum jem_code rc = jem_store_begin(app->store, err);
    if (rc == JEM_OK)
        rc = erase_append(app, numbers, basis, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc != JEM_OK)
        jem_store_rollback(app->store);
    return rc;
}

/* Rows of the same NIK that are not erased. */
static enum jem_code erase_others(struct jem_app *app, const char *nik, const char *self, json_t *out,
    struct jem_error *err)
{
    json_t *rows = NULL, *row;
    size_t i;
    if (strlen(nik) != JEM_NIK_DIGITS)
        return JEM_OK;
    enum jem_code rc = jem_store_find(app->store, nik, 1000, &rows, err);
    json_array_foreach(rows, i, row)
    {
        if (strcmp(jem_json_str(row, "nik", ""), nik) == 0 && strcmp(jem_json_str(row, "number", ""), self) != 0)
            json_array_append(out, json_object_get(row, "number"));
    }
    json_decref(rows);
    return rc;
}

bool own_scrub(struct jem_app *app)
{
    bool done = false;
    struct jem_error ignored;
    return jem_store_scrub(app->store, &done, &ignored) == JEM_OK && done;
}

static json_t *erase_backup(struct jem_app *app)
{
    char at[24];
    bool known = own_meta(app->store, "backup.at", "", at, sizeof at) && at[0] != '\0';
    return known ? json_integer((json_int_t)strtoll(at, NULL, 10)) : json_null();
}

/* What is known of the application and of where it went. */
static enum jem_code erase_scope(struct jem_app *app, uint64_t number, json_t **out, struct jem_error *err)
{
    struct jem_application a = { 0 };
    struct jem_event_list events = { 0 };
    char text[JEM_NUMBER_TEXT];
    size_t i, bodies = 0;
    json_t *rows = NULL, *van, *exports = json_array(), *vans = json_array(), *others = json_array();
    enum jem_code rc = own_load(app, number, &a, &events, err);
    if (rc == JEM_OK)
        rc = law_exports(app, number, a.submitted_ms, exports, err);
    jem_number_format(number, text);
    if (rc == JEM_OK)
        rc = erase_others(app, jem_json_str(json_object_get(a.state, "fields"), "nik", ""), text, others, err);
    if (rc == JEM_OK)
        rc = jem_store_vans(app->store, &rows, err);
    json_array_foreach(rows, i, van) json_array_append(vans, json_object_get(van, "van"));
    for (i = 0; i < events.count; i++)
        bodies += events.items[i].body != NULL;
    if (rc == JEM_OK) {
        const char *id = jem_json_str(a.state, "service", "");
        const struct jem_service *s = own_service_or_null(app, id);
        rc = own_give(json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:O,s:O,s:O,s:o,s:s}", "number", text, "service", id,
                          "service_name", s != NULL ? jem_pair(s->name) : id, "status", jem_status_name(a.status),
                          "status_label", jem_label_stage(s, a.status), "events", (json_int_t)bodies, "documents",
                          (json_int_t)a.documents, "vans", vans, "exports", exports, "others", others, "backup_ms",
                          erase_backup(app), "sealed", jem_text(JEM_T_LAW_SEALED)),
            out, err);
    }
    json_decref(rows);
    json_decref(exports);
    json_decref(vans);
    json_decref(others);
    jem_event_list_release(&events);
    jem_application_release(&a);
    return rc;
}

enum jem_code jem_law_erase_preview(struct jem_app *app, uint64_t number, json_t **out, struct jem_error *err)
{
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    return rc == JEM_OK ? erase_scope(app, number, out, err) : rc;
}

enum jem_code jem_law_erase(struct jem_app *app, uint64_t number, const char *basis, json_t **out,
    struct jem_error *err)
{
    char why[OWN_REASON_MAX + 1];
    json_t *report = NULL, *numbers = NULL;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = own_reason(basis, true, why, err);
    if (rc == JEM_OK)
        rc = erase_scope(app, number, &report, err);
    if (rc == JEM_OK) {
        numbers = json_pack("[O]", json_object_get(report, "number"));
        rc = erase_unit(app, numbers, why, err);
    }
    if (rc == JEM_OK) {
        json_object_set_new(report, "basis", json_string(why));
        json_object_set_new(report, "scrubbed", json_boolean(own_scrub(app)));
        *out = json_incref(report);
    }
    json_decref(report);
    json_decref(numbers);
    return rc;
}

/* ---- access ---- */

static json_t *access_events(struct jem_event_list *events)
{
    json_t *list = json_array();
    for (size_t i = 0; i < events->count; i++) {
        const struct jem_event *e = &events->items[i];
        char id[JEM_EVENT_ID_TEXT];
        jem_event_id_format(&e->id, id);
        json_array_append_new(list,
            json_pack("{s:s,s:s,s:s,s:I,s:s,s:i,s:o}", "event", id, "kind", e->kind, "label", jem_kind_label(e->kind),
                "at_ms", (json_int_t)e->wall_ms, "actor", e->actor, "van", (int)e->id.writer, "body", law_body(e)));
    }
    return list;
}

static enum jem_code access_one(struct jem_app *app, uint64_t number, json_t *list, json_t *exports,
    struct jem_error *err)
{
    struct jem_application a = { 0 };
    struct jem_event_list events = { 0 };
    json_t *row = NULL;
    char until[11] = "";
    enum jem_code rc = own_load(app, number, &a, &events, err);
    if (rc == JEM_OK)
        rc = data_row(app, number, true, &row, err);
    if (rc == JEM_OK)
        rc = law_exports(app, number, a.submitted_ms, exports, err);
    if (rc == JEM_OK) {
        const struct jem_service *s = own_service_or_null(app, jem_json_str(a.state, "service", ""));
        if (s != NULL && s->retention_days > 0)
            jem_day_format(jem_day_of_unix_ms(a.stage_ms) + s->retention_days, until);
        json_object_set_new(row, "service_name",
            json_string(s != NULL ? jem_pair(s->name) : jem_json_str(a.state, "service", "")));
        json_object_set_new(row, "status_label", json_string(jem_label_stage(s, a.status)));
        json_object_set_new(row, "kept_until", json_string(until));
        json_object_set_new(row, "events", access_events(&events));
        json_array_append(list, row);
    }
    json_decref(row);
    jem_event_list_release(&events);
    jem_application_release(&a);
    return rc;
}

/* The NIK that `who` is, or that the application `who` has. */
static enum jem_code access_who(struct jem_app *app, const char *who, char nik[JEM_NIK_DIGITS + 1],
    struct jem_error *err)
{
    struct jem_nik parsed;
    struct jem_application a = { 0 };
    uint64_t number = 0;
    struct jem_error ignored;
    if (jem_nik_parse(who, jem_store_today(app->store), &parsed, &ignored) == JEM_OK) {
        memcpy(nik, parsed.text, JEM_NIK_DIGITS + 1);
        return JEM_OK;
    }
    enum jem_code rc = jem_number_parse(who, &number, err);
    if (rc == JEM_OK)
        rc = own_load(app, number, &a, NULL, err);
    if (rc == JEM_OK) {
        const char *text = jem_json_str(json_object_get(a.state, "fields"), "nik", "");
        memcpy(nik, text, strnlen(text, JEM_NIK_DIGITS));
        nik[strnlen(text, JEM_NIK_DIGITS)] = '\0';
    }
    jem_application_release(&a);
    return rc;
}

static enum jem_code access_note(struct jem_app *app, const json_t *list, const char *reason, struct jem_error *err)
{
    struct jem_buf numbers = JEM_BUF_INIT(16000); /* of at most 1000 */
    const json_t *one;
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)list, i, one)
    {
        jem_buf_fmt(&numbers, i > 0 ? " %s" : "%s", jem_json_str(one, "number", ""));
    }
    enum jem_code rc = jem_store_begin(app->store, err);
    if (rc == JEM_OK)
        rc = data_note(app, "access", "", json_array_size(list), true,
            json_pack("{s:s}", "numbers", jem_buf_text(&numbers)), reason, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc != JEM_OK)
        jem_store_rollback(app->store);
    jem_buf_release(&numbers);
    return rc;
}

enum jem_code jem_law_access(struct jem_app *app, const char *who, const char *reason, json_t **out,
    struct jem_error *err)
{
    char nik[JEM_NIK_DIGITS + 1] = "", masked[40], why[OWN_REASON_MAX + 1];
    json_t *rows = NULL, *row, *list = json_array(), *exports = json_array();
    size_t i;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = own_reason(reason, true, why, err);
    if (rc == JEM_OK)
        rc = access_who(app, who, nik, err);
    if (rc == JEM_OK)
        rc = jem_store_find(app->store, nik, 1000, &rows, err);
    json_array_foreach(rows, i, row)
    {
        uint64_t number = 0;
        if (rc == JEM_OK && strcmp(jem_json_str(row, "nik", ""), nik) == 0 &&
            jem_number_parse(jem_json_str(row, "number", ""), &number, NULL) == JEM_OK)
            rc = access_one(app, number, list, exports, err);
    }
    if (rc == JEM_OK)
        rc = access_note(app, list, why, err);
    jem_nik_mask(nik, masked);
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:s,s:O,s:O,s:s}", "nik", masked, "applications", list, "exports", exports, "purpose",
                          jem_text(JEM_T_LAW_PURPOSE)),
            out, err);
    json_decref(rows);
    json_decref(list);
    json_decref(exports);
    return rc;
}

/* ---- one person's numbers, shown whole ---- */

enum jem_code jem_law_reveal(struct jem_app *app, uint64_t number, const char *reason, json_t **out,
    struct jem_error *err)
{
    struct jem_application a = { 0 };
    char why[OWN_REASON_MAX + 1], text[JEM_NUMBER_TEXT];
    const char *name;
    json_t *value, *shown = json_object();
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    if (rc == JEM_OK)
        rc = own_reason(reason, true, why, err);
    if (rc == JEM_OK)
        rc = own_load(app, number, &a, NULL, err);
    const struct jem_service *s = own_service_or_null(app, jem_json_str(a.state, "service", ""));
    json_object_foreach(json_object_get(a.state, "fields"), name, value)
    {
        const struct jem_field *f = s != NULL ? jem_service_field(s, name) : NULL;
        if (strcmp(name, "nik") == 0 || (f != NULL && (f->type == JEM_FIELD_NIK || f->type == JEM_FIELD_KK)))
            json_object_set(shown, name, value);
    }
    jem_number_format(number, text);
    if (rc == JEM_OK)
        rc = jem_store_begin(app->store, err);
    if (rc == JEM_OK) {
        rc = data_note(app, "reveal", "", 1, true, json_pack("{s:s}", "number", text), why, err);
        if (rc == JEM_OK)
            rc = jem_store_commit(app->store, err);
        if (rc != JEM_OK)
            jem_store_rollback(app->store);
    }
    jem_application_release(&a);
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:s,s:O}", "number", text, "fields", shown), out, err);
    json_decref(shown);
    return rc;
}

/* ---- retention ---- */

static bool retention_ended(enum jem_status s)
{
    return s == JEM_STATUS_HANDED_OVER || s == JEM_STATUS_REJECTED || s == JEM_STATUS_WITHDRAWN ||
           s == JEM_STATUS_LINKED;
}

/* Applications of one service and stage that are past its time, onto `due`. */
static enum jem_code retention_find(struct jem_app *app, const struct jem_service *s, enum jem_status status,
    json_t *due, struct jem_error *err)
{
    struct jem_selection what = JEM_SELECTION_ALL;
    uint64_t *numbers = NULL;
    size_t count = 0;
    int32_t today = jem_store_today(app->store);
    what.service = s->id;
    what.status = status;
    what.to_day = today - s->retention_days - 1; /* nothing ends before it is submitted */
    enum jem_code rc = jem_store_select(app->store, &what, &numbers, &count, err);
    for (size_t i = 0; rc == JEM_OK && i < count && json_array_size(due) <= LAW_RUN_MAX; i++) {
        struct jem_application a = { 0 };
        char text[JEM_NUMBER_TEXT], day[11];
        rc = own_load(app, numbers[i], &a, NULL, err);
        int32_t ended = jem_day_of_unix_ms(a.stage_ms);
        if (rc == JEM_OK && ended + s->retention_days < today) {
            jem_number_format(numbers[i], text);
            jem_day_format(ended, day);
            json_array_append_new(due,
                json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:i}", "number", text, "service", s->id, "service_name",
                    jem_pair(s->name), "status", jem_status_name(status), "status_label", jem_label_stage(s, status),
                    "ended", day, "days", s->retention_days));
        }
        jem_application_release(&a);
    }
    free(numbers);
    return rc;
}

static enum jem_code retention_erase(struct jem_app *app, const json_t *due, struct jem_error *err)
{
    size_t i, n = json_array_size(due);
    enum jem_code rc = JEM_OK;
    for (i = 0; rc == JEM_OK && i < n;) {
        json_t *numbers = json_array();
        for (; i < n && json_array_size(numbers) < JEM_ERASED_MAX; i++)
            json_array_append(numbers, json_object_get(json_array_get(due, i), "number"));
        rc = erase_unit(app, numbers, "retention", err);
        json_decref(numbers);
    }
    return rc;
}

/* How many of each service: their rows stand together. */
static json_t *retention_counts(const json_t *due)
{
    json_t *list = json_array(), *last = NULL, *row;
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)due, i, row)
    {
        const char *service = jem_json_str(row, "service", "");
        if (last == NULL || strcmp(jem_json_str(last, "service", ""), service) != 0) {
            last = json_pack("{s:s,s:O,s:i}", "service", service, "name", json_object_get(row, "service_name"), "count",
                0);
            json_array_append_new(list, last);
        }
        json_object_set_new(last, "count", json_integer(jem_json_int(last, "count", 0) + 1));
    }
    return list;
}

enum jem_code jem_law_retention(struct jem_app *app, bool dry_run, int64_t shown, json_t **out, struct jem_error *err)
{
    const struct jem_catalog *catalog = NULL;
    json_t *due = json_array();
    bool more = false;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = jem_app_catalog(app, &catalog, err);
    for (size_t i = 0; rc == JEM_OK && i < jem_catalog_count(catalog); i++)
        for (unsigned s = 0; rc == JEM_OK && s < JEM_STATUS_COUNT; s++)
            if (jem_catalog_at(catalog, i)->retention_days > 0 && retention_ended((enum jem_status)s))
                rc = retention_find(app, jem_catalog_at(catalog, i), (enum jem_status)s, due, err);
    while (json_array_size(due) > LAW_RUN_MAX) {
        more = true;
        json_array_remove(due, json_array_size(due) - 1);
    }
    if (rc == JEM_OK && shown >= 0 && (size_t)shown != json_array_size(due))
        rc = jem_fail(err, JEM_EBUSY, JEM_D_APP, 0, JEM_T_LAW_RETENTION_CHANGED, json_array_size(due));
    if (rc == JEM_OK && !dry_run)
        rc = retention_erase(app, due, err);
    bool scrubbed = rc == JEM_OK && !dry_run && own_scrub(app);
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:O,s:o,s:I,s:b,s:b}", "due", due, "services", retention_counts(due), "erased",
                          (json_int_t)(dry_run ? 0 : json_array_size(due)), "more", (int)more, "scrubbed",
                          (int)scrubbed),
            out, err);
    json_decref(due);
    return rc;
}

/* ---- the record of processing ---- */

/* Data of children are specific data (UU PDP art. 4): forms about a child have a field that says so, or the service is theirs. */
static bool processing_specific(const struct jem_service *s)
{
    for (size_t i = 0; i < s->field_count; i++)
        if (strncmp(s->fields[i].name, "child_", 6) == 0)
            return true;
    return false;
}

static json_t *processing_purposes(const struct jem_catalog *catalog)
{
    json_t *list = json_array();
    for (size_t i = 0; catalog != NULL && i < jem_catalog_count(catalog); i++) {
        const struct jem_service *s = jem_catalog_at(catalog, i);
        json_t *fields = json_array();
        for (size_t k = 0; k < s->field_count; k++)
            json_array_append_new(fields, json_string(jem_pair(s->fields[k].label)));
        json_array_append_new(list,
            json_pack("{s:s,s:s,s:s,s:o,s:s,s:i,s:b}", "service", s->id, "name", jem_pair(s->name), "agency",
                jem_pair(s->agency_name), "fields", fields, "basis", jem_pair(s->standard[JEM_STD_LEGAL_BASIS]),
                "retention_days", s->retention_days, "specific", (int)processing_specific(s)));
    }
    return list;
}

/* What is held of people besides applications. */
static json_t *processing_others(void)
{
    static const enum jem_text held[][2] = { { JEM_T_LAW_O_COMPLAINT, JEM_T_LAW_O_COMPLAINT_IS },
        { JEM_T_LAW_O_HANDOVER, JEM_T_LAW_O_HANDOVER_IS }, { JEM_T_LAW_O_OUTAGE, JEM_T_LAW_O_OUTAGE_IS },
        { JEM_T_LAW_O_QUEUE, JEM_T_LAW_O_QUEUE_IS }, { JEM_T_LAW_O_OFFICER, JEM_T_LAW_O_OFFICER_IS } };
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof held / sizeof *held; i++)
        json_array_append_new(list, json_pack("{s:s,s:s}", "what", jem_text(held[i][0]), "data", jem_text(held[i][1])));
    return list;
}

static enum jem_code processing_erasures(struct jem_app *app, json_t *out, struct jem_error *err)
{
    struct jem_event_list notes = { 0 };
    enum jem_code rc = law_notes(app, "body.redacted", &notes, err);
    for (size_t i = 0; rc == JEM_OK && i < notes.count; i++) {
        json_t *body = law_body(&notes.items[i]);
        json_array_append_new(out,
            json_pack("{s:I,s:s,s:O,s:s}", "at_ms", (json_int_t)notes.items[i].wall_ms, "by", notes.items[i].actor,
                "numbers", json_object_get(body, "numbers"), "basis", jem_json_str(body, "basis", "")));
        json_decref(body);
    }
    jem_event_list_release(&notes);
    return rc;
}

enum jem_code jem_law_processing(struct jem_app *app, json_t **out, struct jem_error *err)
{
    const struct jem_catalog *catalog = NULL;
    char name[240], contact[240];
    json_t *counts = NULL, *users = NULL, *vans = NULL, *exports = json_array(), *erasures = json_array();
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    if (rc == JEM_OK)
        rc = jem_store_counts(app->store, &counts, err);
    if (rc == JEM_OK)
        rc = jem_store_users(app->store, &users, err);
    if (rc == JEM_OK)
        rc = jem_store_vans(app->store, &vans, err);
    if (rc == JEM_OK)
        rc = law_exports(app, 0, 0, exports, err);
    if (rc == JEM_OK)
        rc = processing_erasures(app, erasures, err);
    if (rc == JEM_OK) {
        if (jem_app_catalog(app, &catalog, NULL) != JEM_OK)
            catalog = NULL;
        (void)own_meta(app->store, "name", "", name, sizeof name);
        (void)own_meta(app->store, "contact", "", contact, sizeof contact);
        rc = own_give(json_pack("{s:s,s:s,s:s,s:o,s:o,s:O,s:O,s:I,s:I,s:I,s:s}", "controller", name, "contact", contact,
                          "purpose", jem_text(JEM_T_LAW_PURPOSE), "purposes", processing_purposes(catalog), "others",
                          processing_others(), "recipients", exports, "erasures", erasures, "officers",
                          (json_int_t)json_array_size(users), "vans", (json_int_t)json_array_size(vans), "applications",
                          (json_int_t)jem_json_int(counts, "applications", 0), "safeguards",
                          jem_text(JEM_T_LAW_SAFEGUARDS)),
            out, err);
    }
    json_decref(counts);
    json_decref(users);
    json_decref(vans);
    json_decref(exports);
    json_decref(erasures);
    return rc;
}
