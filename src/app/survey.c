/* survey.c - answers of the satisfaction survey, and their report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "day_own.h"
#include "jemput/skm.h"

static const struct day_code survey_ages[] = {
    { "17-24", JEM_T_SURVEY_AGE_1 },
    { "25-39", JEM_T_SURVEY_AGE_2 },
    { "40-59", JEM_T_SURVEY_AGE_3 },
    { "60+", JEM_T_SURVEY_AGE_4 },
    { NULL, JEM_T_NONE },
};
static const struct day_code survey_sexes[] = {
    { "f", JEM_T_SURVEY_F },
    { "m", JEM_T_SURVEY_M },
    { NULL, JEM_T_NONE },
};
static const struct day_code survey_educations[] = {
    { "sd", JEM_T_SURVEY_SD },
    { "smp", JEM_T_SURVEY_SMP },
    { "sma", JEM_T_SURVEY_SMA },
    { "diploma", JEM_T_SURVEY_DIPLOMA },
    { "s1", JEM_T_SURVEY_S1 },
    { NULL, JEM_T_NONE },
};

static enum jem_code survey_put(json_t *body, const char *member, const struct day_code *codes, const char *value,
    struct jem_error *err)
{
    if (value == NULL || *value == '\0')
        return JEM_OK;
    enum jem_code rc = own_code_check(codes, value, err);
    /* A member of the log is a code of [a-z0-9._-]. */
    if (rc == JEM_OK && json_object_set_new(body, member, json_string(strcmp(value, "60+") == 0 ? "60" : value)) != 0)
        rc = jem_fail_nomem(err);
    return rc;
}

enum jem_code jem_survey_answer(struct jem_app *app, const struct jem_survey_in *in, json_t **out,
    struct jem_error *err)
{
    struct jem_skm one = { .n = 0 };
    char day[11];
    if (!jem_skm_add(&one, in->answers))
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_SURVEY_ANSWERS);
    jem_day_format(jem_store_today(app->store), day);
    json_t *body = json_pack("{s:s}", "day", day);
    for (int u = 0; u < JEM_SKM_ELEMENTS; u++) {
        char name[3] = { 'u', (char)('1' + u), '\0' };
        json_object_set_new(body, name, json_integer(in->answers[u]));
    }
    enum jem_code rc = survey_put(body, "age", survey_ages, in->age, err);
    if (rc == JEM_OK)
        rc = survey_put(body, "sex", survey_sexes, in->sex, err);
    if (rc == JEM_OK)
        rc = survey_put(body, "education", survey_educations, in->education, err);
    if (rc == JEM_OK && in->service != NULL && *in->service) {
        if (own_service_or_null(app, in->service) == NULL)
            rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_APPLY_SERVICE_UNKNOWN);
        else
            json_object_set_new(body, "service", json_string(in->service));
    }
    if (rc == JEM_OK)
        rc = own_day_put(app, false, 0, 0, "survey.answered", json_incref(body), NULL, err);
    json_decref(body);
    return rc == JEM_OK ? own_give(json_pack("{s:b,s:s}", "recorded", 1, "day", day), out, err) : rc;
}

/* ---- report ---- */

static json_t *survey_hundredths(unsigned v)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%u.%02u", v / 100, v % 100);
    return json_string(text);
}

static bool survey_add(struct jem_skm *skm, const json_t *row)
{
    int answers[JEM_SKM_ELEMENTS];
    for (int u = 0; u < JEM_SKM_ELEMENTS; u++) {
        char name[3] = { 'u', (char)('1' + u), '\0' };
        answers[u] = (int)jem_json_int(row, name, 0);
    }
    return jem_skm_add(skm, answers);
}

static void survey_score(json_t *o, const struct jem_skm *skm)
{
    unsigned ikm = jem_skm_ikm(skm);
    char grade[2] = { jem_skm_grade(ikm), '\0' };
    json_object_set_new(o, "n", json_integer((json_int_t)skm->n));
    json_object_set_new(o, "ikm", skm->n > 0 ? survey_hundredths(ikm) : json_null());
    json_object_set_new(o, "grade", skm->n > 0 ? json_string(grade) : json_null());
}

static const char *survey_group_label(struct jem_app *app, const char *by, const char *value)
{
    if (strcmp(by, "sex") == 0)
        return own_code_label(survey_sexes, value);
    if (strcmp(by, "age") == 0)
        return own_code_label(survey_ages, strcmp(value, "60") == 0 ? "60+" : value);
    if (strcmp(by, "education") == 0)
        return own_code_label(survey_educations, value);
    const struct jem_service *service = own_service_or_null(app, value);
    return service != NULL ? jem_pair(service->name) : value;
}

/* The values of one column that enough people have; the others are only counted. */
static int64_t survey_groups(struct jem_app *app, const json_t *rows, const char *by, json_t *out)
{
    json_t *seen = json_object(), *row, *inner;
    int64_t hidden = 0;
    size_t i, k;
    json_array_foreach((json_t *)(uintptr_t)rows, i, row)
    {
        struct jem_skm skm = { .n = 0 };
        const char *value = jem_json_str(row, by, "");
        if (*value == '\0' || json_object_get(seen, value) != NULL)
            continue;
        json_object_set_new(seen, value, json_true());
        json_array_foreach((json_t *)(uintptr_t)rows, k, inner)
        {
            if (strcmp(jem_json_str(inner, by, ""), value) == 0)
                (void)survey_add(&skm, inner);
        }
        if (skm.n < JEM_SKM_HIDE_BELOW) {
            hidden++;
            continue;
        }
        json_t *group =
            json_pack("{s:s,s:s,s:s}", "by", by, "value", value, "label", survey_group_label(app, by, value));
        survey_score(group, &skm);
        json_array_append_new(out, group);
    }
    json_decref(seen);
    return hidden;
}

static json_t *survey_elements(const struct jem_skm *skm)
{
    json_t *list = json_array();
    for (size_t u = 0; u < JEM_SKM_ELEMENTS; u++) {
        char name[3] = { 'U', (char)('1' + u), '\0' };
        json_array_append_new(list, json_pack("{s:s,s:s,s:o}", "element", name, "name", jem_skm_name(u), "nrr",
                                        survey_hundredths(jem_skm_nrr(skm, u))));
    }
    return list;
}

enum jem_code jem_survey_report(struct jem_app *app, int32_t first, int32_t last, json_t **out, struct jem_error *err)
{
    static const char *const by[] = { "service", "sex", "age", "education" };
    struct jem_skm skm = { .n = 0 };
    json_t *rows = NULL, *counts = NULL, *row;
    int64_t hidden = 0;
    size_t i;
    int van = jem_store_role(app->store) == JEM_ROLE_HQ ? -1 : jem_store_writer(app->store);
    enum jem_code rc = jem_store_surveys(app->store, van, first, last, &rows, err);
    if (rc == JEM_OK)
        rc = jem_store_day_counts(app->store, van, own_day_begins(first), own_day_begins(last + 1), &counts, err);
    if (rc != JEM_OK) {
        json_decref(rows);
        return rc;
    }
    json_array_foreach(rows, i, row)
    {
        (void)survey_add(&skm, row);
    }
    json_int_t population = jem_json_int(json_array_get(counts, 0), "applications", 0);
    json_t *o = json_object(), *groups = json_array();
    survey_score(o, &skm);
    bool shown = skm.n >= JEM_SKM_HIDE_BELOW;
    for (i = 0; i < sizeof by / sizeof *by; i++)
        hidden += survey_groups(app, rows, by[i], groups);
    json_object_set_new(o, "elements", shown ? survey_elements(&skm) : json_array());
    json_object_set_new(o, "population", json_integer(population));
    json_object_set_new(o, "sample", json_integer((json_int_t)jem_skm_sample((uint64_t)population)));
    json_object_set_new(o, "groups", groups);
    json_object_set_new(o, "hidden", json_integer(hidden));
    if (!shown) { /* so few could be recognised as well */
        json_object_set_new(o, "ikm", json_null());
        json_object_set_new(o, "grade", json_null());
    }
    json_decref(rows);
    json_decref(counts);
    return own_give(o, out, err);
}
