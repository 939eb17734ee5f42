/* stand.c - use cases of the citizens' stand. */
#include "jemput/stand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/clock.h"
#include "jemput/codec.h"
#include "jemput/lookup.h"
#include "jemput/prepared.h"
#include "own.h"

#define STAND_CODE_SYMBOLS 6
#define STAND_TRIES 5 /* for a code that is free */
#define STAND_CHANNEL "self-service"

/* ---- how an application stands ---- */

static void stand_copy(char *out, size_t cap, const char *text)
{
    size_t n = strlen(text);
    while (n >= cap || (n > 0 && n == cap - 1 && ((unsigned char)text[n] & 0xc0) == 0x80))
        n--;
    memcpy(out, text, n);
    out[n] = '\0';
}

/* The reason may speak of a person: the advice to ask stands for it, as on the public site. */
static void stand_words(struct jem_app *app, const struct jem_application *a, struct jem_status_row *out)
{
    const struct jem_service *service = own_service_or_null(app, jem_json_str(a->state, "service", ""));
    for (int lang = 0; lang < JEM_LANGS; lang++) {
        stand_copy(out->reason[lang], sizeof *out->reason, jem_text(JEM_T_STATUS_DB_ASK));
        if (service == NULL)
            continue;
        stand_copy(out->service[lang], sizeof *out->service, service->name[lang]);
        stand_copy(out->agency[lang], sizeof *out->agency, service->agency_name[lang]);
        stand_copy(out->promised[lang], sizeof *out->promised, service->promised[lang]);
        if (service->stage_label[a->status][lang] != NULL)
            stand_copy(out->stage[lang], sizeof *out->stage, service->stage_label[a->status][lang]);
    }
}

/* The days of the stages: the last change to each, as the events tell. */
static void stand_days(const struct jem_application *a, const struct jem_event_list *events, struct jem_status_row *out)
{
    for (size_t i = 0; i < JEM_STATUS_COUNT; i++)
        out->stage_days[i] = INT32_MIN;
    for (size_t i = 0; i < events->count; i++) {
        const struct jem_event *e = &events->items[i];
        json_t *body = NULL;
        if (strcmp(e->kind, "status.changed") != 0 || e->body == NULL ||
            jem_json_parse(e->body, e->body_len, e->kind, &body, NULL) != JEM_OK)
            continue;
        enum jem_status to = jem_status_parse(jem_json_str(body, "to", ""));
        int32_t day = jem_day_of_unix_ms(e->wall_ms);
        if (day > out->stage_days[to])
            out->stage_days[to] = day;
        json_decref(body);
    }
    out->stage_days[JEM_STATUS_UNKNOWN] = INT32_MIN;
    out->day_submitted = jem_day_of_unix_ms(a->submitted_ms);
    out->day_stage = a->stage_ms > 0 ? jem_day_of_unix_ms(a->stage_ms) : out->day_submitted;
}

static enum jem_code stand_district(struct jem_app *app, uint64_t number, struct jem_status_row *out,
    struct jem_error *err)
{
    struct jem_district_case told;
    int64_t told_ms;
    enum jem_code rc = jem_store_district(app->store, number, &told, &told_ms, err);
    if (rc != JEM_OK)
        return rc;
    for (size_t i = 0; i < JEM_STATUS_COUNT; i++)
        out->stage_days[i] = INT32_MIN;
    out->status = told.stage;
    out->day_submitted = INT32_MIN;
    out->day_stage = told.day;
    stand_copy(out->reason[jem_lang_get() == JEM_LANG_EN ? JEM_EN : JEM_ID], sizeof *out->reason,
        jem_text(JEM_T_STATUS_DB_ASK));
    return JEM_OK;
}

enum jem_code jem_stand_status(struct jem_app *app, const char *text, struct jem_status_row *out, struct jem_error *err)
{
    struct jem_application a = { 0 };
    struct jem_event_list events = { 0 };
    uint64_t number = 0;
    memset(out, 0, sizeof *out);
    enum jem_code rc = jem_lookup_number(app, text, &number, err);
    if (rc == JEM_EINVAL || rc == JEM_ECORRUPT)
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_PREPARED_NONE);
    if (rc == JEM_OK)
        rc = own_load(app, number, &a, &events, err);
    out->number = number;
    if (rc == JEM_OK && a.submitted.seq == 0)
        rc = JEM_ENOTFOUND;
    if (rc == JEM_OK) {
        out->status = a.status;
        stand_words(app, &a, out);
        stand_days(&a, &events, out);
    } else if (rc == JEM_ENOTFOUND) {
        rc = stand_district(app, number, out, err);
    }
    jem_event_list_release(&events);
    jem_application_release(&a);
    return rc;
}

enum jem_code jem_stand_about(struct jem_app *app, json_t **out, struct jem_error *err)
{
    char place[200], contact[200], good[32];
    (void)own_meta(app->store, "place", "", place, sizeof place);
    (void)own_meta(app->store, "contact", "", contact, sizeof contact);
    (void)own_meta(app->store, "last_good_ms", "", good, sizeof good);
    return own_give(json_pack("{s:s,s:s,s:o}", "region", place, "contact", contact, "exported_ms",
                        *good ? json_integer(strtoll(good, NULL, 10)) : json_null()),
        out, err);
}

/* ---- preparing ---- */

/* Only what was filled in is checked, and kept. */
static void prepare_drop_blank(json_t *fields)
{
    const char *name;
    json_t *value;
    void *next;
    json_object_foreach_safe(fields, next, name, value)
    {
        const char *text = json_string_value(value);
        if (text == NULL || strspn(text, " \t\r\n") == strlen(text))
            json_object_del(fields, name);
    }
}

static enum jem_code prepare_keep(struct jem_app *app, const json_t *body, char code[OWN_SHORT_CODE],
    struct jem_error *err)
{
    enum jem_code rc = JEM_EEXISTS;
    for (int i = 0; i < STAND_TRIES && rc == JEM_EEXISTS; i++) {
        own_short_code_make(STAND_CODE_SYMBOLS, code);
        rc = jem_prepared_put(app->store, code, body, err);
    }
    return rc;
}

/* What becomes the officer's draft (draft.h): also what the form asked and of which catalogue it was, should that change
 * before it is opened. */
static json_t *prepare_draft(const struct jem_service *s, int64_t catalog, json_t *fields)
{
    json_t *labels = json_object();
    for (size_t i = 0; i < s->field_count; i++)
        json_object_set_new(labels, s->fields[i].name, json_string(jem_pair(s->fields[i].label)));
    return json_pack("{s:s,s:I,s:O,s:o,s:s}", "service", s->id, "catalog", (json_int_t)catalog, "fields", fields,
        "labels", labels, "channel", STAND_CHANNEL);
}

/* Lets go of what is past its day. */
static enum jem_code stand_sweep(struct jem_app *app, struct jem_error *err)
{
    int64_t now = jem_store_now_ms(app->store);
    return jem_prepared_sweep(app->store, now - JEM_PREPARED_MS, now + JEM_PREPARED_MS, err);
}

enum jem_code jem_stand_prepare(struct jem_app *app, const char *service, json_t *fields, json_t **out,
    struct jem_issues *issues, struct jem_error *err)
{
    char code[OWN_SHORT_CODE];
    const struct jem_catalog *catalog = NULL;
    enum jem_code rc = jem_app_catalog(app, &catalog, err);
    if (rc != JEM_OK)
        return rc;
    const struct jem_service *s = jem_catalog_find(catalog, service);
    if (s == NULL || s->retired)
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_LOOKUP_SERVICE_GONE, service);
    prepare_drop_blank(fields);
    jem_intake_check(s, fields, true, jem_store_today(app->store), issues);
    static const char *const needed[] = { "nik", "name" };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (json_object_get(fields, needed[i]) == NULL)
            jem_issue_add(issues, JEM_SEV_ERROR, needed[i], JEM_T_STAND_NEEDED);
    if (issues->errors > 0)
        return own_fail_issues(issues, err);
    rc = stand_sweep(app, err);
    json_t *body = prepare_draft(s, jem_catalog_version(catalog), fields);
    if (rc == JEM_OK && body == NULL)
        rc = jem_fail_nomem(err);
    if (rc == JEM_OK)
        rc = prepare_keep(app, body, code, err);
    json_decref(body);
    return rc == JEM_OK ? own_give(json_pack("{s:s,s:I}", "code", code, "until_ms",
                                       (json_int_t)(jem_store_now_ms(app->store) + JEM_PREPARED_MS)),
                              out, err)
                        : rc;
}

/* The body under a typed code, while its day lasts. */
static enum jem_code prepared_load(struct jem_app *app, const char *text, char code[OWN_SHORT_CODE], json_t **body,
    int64_t *until_ms, struct jem_error *err)
{
    int64_t at_ms = 0, now = jem_store_now_ms(app->store);
    *body = NULL;
    if (!own_short_code_read(STAND_CODE_SYMBOLS, text, code))
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_PREPARED_NONE);
    enum jem_code rc = jem_prepared_get(app->store, code, body, &at_ms, err);
    *until_ms = at_ms + JEM_PREPARED_MS;
    if (rc == JEM_OK && (*until_ms < now || at_ms > now + JEM_PREPARED_MS)) {
        json_decref(*body);
        *body = NULL;
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_PREPARED_NONE);
    }
    return rc;
}

enum jem_code jem_stand_prepared(struct jem_app *app, const char *text, json_t **out, struct jem_error *err)
{
    char code[OWN_SHORT_CODE];
    json_t *body = NULL;
    int64_t until_ms = 0;
    enum jem_code rc = prepared_load(app, text, code, &body, &until_ms, err);
    if (rc != JEM_OK)
        return rc;
    const char *id = jem_json_str(body, "service", "");
    const struct jem_service *s = own_service_or_null(app, id);
    json_t *o = json_pack("{s:s,s:s,s:s,s:I}", "code", code, "service", id, "service_name",
        s != NULL ? jem_pair(s->name) : id, "until_ms", (json_int_t)until_ms);
    json_decref(body);
    return own_give(o, out, err);
}

static enum jem_code take_unit(struct jem_app *app, const char *text, const char *draft, json_t **out,
    struct jem_error *err)
{
    char code[OWN_SHORT_CODE];
    json_t *body = NULL;
    int64_t until_ms = 0;
    enum jem_code rc = prepared_load(app, text, code, &body, &until_ms, err);
    if (rc == JEM_OK)
        rc = jem_store_draft_put(app->store, draft, app->user, body, err);
    if (rc == JEM_OK)
        rc = jem_prepared_drop(app->store, code, err);
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:s,s:s}", "draft", draft, "service", jem_json_str(body, "service", "")), out, err);
    json_decref(body);
    return rc;
}

enum jem_code jem_stand_take(struct jem_app *app, const char *text, json_t **out, struct jem_error *err)
{
    unsigned char random[16];
    char draft[33];
    *out = NULL;
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = jem_store_begin(app->store, err);
    if (rc != JEM_OK)
        return rc;
    jem_random(random, sizeof random);
    jem_hex(random, sizeof random, draft);
    rc = take_unit(app, text, draft, out, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc == JEM_OK)
        return rc;
    jem_store_rollback(app->store);
    json_decref(*out);
    *out = NULL;
    return rc;
}
