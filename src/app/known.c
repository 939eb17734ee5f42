/* known.c - what need not be typed: read from the digits of a NIK, or known from earlier applications of the person. */
#include <string.h>

#include "jemput/day.h"
#include "jemput/draft.h"
#include "jemput/nik.h"
#include "jemput/region.h"
#include "own.h"

#define KNOWN_ROWS 5
#define KNOWN_READ 3 /* so many of them are read for what the latest does not say */

struct known {
    struct jem_app *app;
    const struct jem_service *service;
    char prefix[41]; /* "" for "nik", "child_" for "child_nik" */
    struct jem_nik nik;
    json_t *values, *person, *earlier;
};

/* The service's field that holds `what` of the person: by its role for the applicant, by its name for others. */
static const struct jem_field *known_field(const struct known *k, const char *what)
{
    struct jem_buf name = JEM_BUF_INIT(90);
    const struct jem_field *found = NULL;
    if (*k->prefix == '\0')
        for (size_t i = 0; i < k->service->field_count && found == NULL; i++)
            if (strcmp(k->service->fields[i].role, what) == 0)
                found = &k->service->fields[i];
    if (found == NULL) {
        jem_buf_fmt(&name, "%s%s", k->prefix, what);
        found = jem_service_field(k->service, jem_buf_text(&name));
    }
    jem_buf_release(&name);
    return found;
}

static void known_digits(struct known *k)
{
    const struct jem_field *birth = known_field(k, "birth_date"), *sex = known_field(k, "sex");
    if (birth != NULL && birth->type == JEM_FIELD_DATE) {
        struct jem_buf day = JEM_BUF_INIT(15);
        jem_buf_fmt(&day, "%04d-%02d-%02d", k->nik.year, k->nik.month, k->nik.day);
        json_object_set_new(k->values, birth->name, json_string(jem_buf_text(&day)));
        jem_buf_release(&day);
    }
    const char *letter = k->nik.sex == JEM_SEX_FEMALE ? "P" : "L";
    for (size_t i = 0; sex != NULL && sex->type == JEM_FIELD_CHOICE && i < sex->option_count; i++)
        if (strcmp(sex->options[i].value, letter) == 0)
            json_object_set_new(k->values, sex->name, json_string(letter));
}

/* Takes what an earlier application says of the person into fields that none newer one filled. */
static void known_take(struct known *k, const json_t *fields)
{
    static const char *const what[] = { "name", "kk", "phone", "village", "address", "email" };
    for (size_t i = 0; i < sizeof what / sizeof *what; i++) {
        const char *text = jem_json_str(fields, what[i], "");
        bool name = *k->prefix == '\0' && i == 0; /* implied, in no catalogue */
        const struct jem_field *field = name ? NULL : known_field(k, what[i]);
        const char *into = name ? "name" : field != NULL ? field->name : "";
        bool others = *k->prefix != '\0' && i > 0; /* a child's telephone is not the mother's */
        if (*text && *into && !others && json_object_get(k->person, into) == NULL)
            json_object_set_new(k->person, into, json_string(text));
    }
}

static enum jem_code known_person(struct known *k, struct jem_error *err)
{
    size_t i;
    const json_t *row;
    enum jem_code rc = jem_store_person(k->app->store, k->nik.text, KNOWN_ROWS, &k->earlier, err);
    if (rc != JEM_OK)
        return rc;
    json_array_foreach(k->earlier, i, row)
    {
        struct jem_application a = { 0 };
        uint64_t number = 0;
        if (i == KNOWN_READ)
            break;
        if (jem_number_parse(jem_json_str(row, "number", ""), &number, NULL) == JEM_OK &&
            jem_store_application(k->app->store, number, &a, NULL, NULL) == JEM_OK)
            known_take(k, json_object_get(a.state, "fields"));
        jem_application_release(&a);
    }
    own_dress_rows(k->app, k->earlier);
    return JEM_OK;
}

static json_t *known_json(const struct known *k)
{
    char district[280] = "";
    const json_t *latest = json_array_get(k->earlier, 0);
    jem_region_full_name(k->nik.district, district, sizeof district);
    return json_pack("{s:s,s:s,s:O,s:O,s:O,s:s,s:s}", "nik", k->nik.text, "district", district, "values", k->values,
        "person", k->person, "earlier", k->earlier, "number", jem_json_str(latest, "number", ""), "day",
        jem_json_str(latest, "day", ""));
}

enum jem_code jem_known(struct jem_app *app, const char *service, const char *field, const char *nik, json_t **out,
    struct jem_error *err)
{
    struct known k = { .app = app, .values = json_object(), .person = json_object() };
    size_t n = strlen(field);
    k.service = own_service_or_null(app, service);
    const struct jem_field *typed = k.service != NULL ? jem_service_field(k.service, field) : NULL;
    bool applicant = strcmp(field, "nik") == 0;
    enum jem_code rc = JEM_OK;
    if (k.service == NULL || (!applicant && (typed == NULL || typed->type != JEM_FIELD_NIK)))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_APPLY_SERVICE_UNKNOWN);
    if (rc == JEM_OK)
        rc = jem_nik_parse(nik, jem_store_today(app->store), &k.nik, err);
    bool plain = n > 3 && n - 3 < sizeof k.prefix && strcmp(field + n - 3, "nik") == 0;
    if (plain)
        memcpy(k.prefix, field, n - 3);
    if (rc == JEM_OK && (applicant || plain)) {
        known_digits(&k);
        rc = known_person(&k, err);
    }
    if (rc == JEM_OK && k.earlier == NULL)
        k.earlier = json_array();
    if (rc == JEM_OK)
        rc = own_give(known_json(&k), out, err);
    json_decref(k.values);
    json_decref(k.person);
    json_decref(k.earlier);
    return rc;
}

enum jem_code jem_habits(struct jem_app *app, json_t **out, struct jem_error *err)
{
    int64_t now = jem_store_now_ms(app->store), zone = (int64_t)7 * 3600000, day = (int64_t)86400000;
    json_t *visit = NULL;
    enum jem_code rc = jem_store_habits(app->store, app->user, (now + zone) / day * day - zone, out, err);
    if (rc == JEM_OK && jem_visit_current(app, &visit, NULL) == JEM_OK)
        json_object_set(*out, "village", json_object_get(visit, "village"));
    json_decref(visit);
    return rc;
}
