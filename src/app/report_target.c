/* report_target.c - what HQ wants to reach: applications a month, of a service in the region, or of a village (of one service or all); and how
 * much of it a period reached. */
#include <stdlib.h>
#include <string.h>

#include "day_own.h"
#include "jemput/region.h"
#include "report_own.h"

#define TARGET_KEY_VILLAGES "target:villages" /* meta: {village:{service or "all":monthly}} */
#define TARGET_DAYS 30
#define TARGET_ALL "all"
#define TARGET_MAX 1000000

static void target_key(const char *service, char out[48])
{
    (void)snprintf(out, 48, "target.%.32s", service);
}

static int64_t target_region(struct jem_app *app, const char *service)
{
    char key[48], text[24];
    target_key(service, key);
    return own_meta(app->store, key, "", text, sizeof text) ? strtoll(text, NULL, 10) : 0;
}

/* New reference; an empty object when there are none. */
static enum jem_code target_villages(struct jem_app *app, json_t **out, struct jem_error *err)
{
    enum jem_code rc = own_meta_json(app->store, TARGET_KEY_VILLAGES, out, err);
    if (rc == JEM_ENOTFOUND)
        rc = own_give(json_object(), out, err);
    return rc;
}

/* ---- setting one ---- */

static enum jem_code target_put_region(struct jem_app *app, const char *service, int64_t monthly, struct jem_error *err)
{
    char key[48], text[24];
    target_key(service, key);
    (void)snprintf(text, sizeof text, "%lld", (long long)monthly);
    return jem_store_meta_set(app->store, key, monthly > 0 ? text : "", err);
}

static enum jem_code target_put_village(struct jem_app *app, json_t *all, const char *service, const char *village,
    int64_t monthly, struct jem_error *err)
{
    json_t *of = json_object_get(all, village);
    if (of == NULL) {
        json_object_set_new(all, village, json_object());
        of = json_object_get(all, village);
    }
    if (monthly > 0)
        json_object_set_new(of, service, json_integer((json_int_t)monthly));
    else
        json_object_del(of, service);
    if (json_object_size(of) == 0)
        json_object_del(all, village);
    return own_meta_json_set(app->store, TARGET_KEY_VILLAGES, all, err);
}

/* In an open unit: what stands is what was seen. */
static enum jem_code target_unit(struct jem_app *app, const char *service, const char *village, int64_t monthly,
    int64_t was, struct jem_error *err)
{
    json_t *all = NULL;
    enum jem_code rc = target_villages(app, &all, err);
    int64_t now =
        village == NULL ? target_region(app, service) : jem_json_int(json_object_get(all, village), service, 0);
    if (rc == JEM_OK && was >= 0 && was != now)
        rc = jem_fail(err, JEM_EEXISTS, JEM_D_APP, 0, JEM_T_TARGET_CHANGED, (long long)now);
    if (rc == JEM_OK)
        rc = village == NULL ? target_put_region(app, service, monthly, err)
                             : target_put_village(app, all, service, village, monthly, err);
    json_decref(all);
    return rc;
}

enum jem_code jem_report_target(struct jem_app *app, const char *service, const char *village, int64_t monthly,
    int64_t was, json_t **out, struct jem_error *err)
{
    struct jem_region region = { .code = "" };
    bool every = village != NULL && strcmp(service, TARGET_ALL) == 0;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK && !every && own_service_or_null(app, service) == NULL)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_LOOKUP_SERVICE_GONE, service);
    if (rc == JEM_OK && village != NULL && (!jem_region_find(village, &region) || region.level != JEM_REGION_VILLAGE))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_VISIT_VILLAGE);
    if (rc == JEM_OK && (monthly < 0 || monthly > TARGET_MAX))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_REPORT_TARGET_RANGE);
    if (rc == JEM_OK)
        rc = jem_store_begin(app->store, err);
    if (rc != JEM_OK)
        return rc;
    rc = target_unit(app, service, village != NULL ? region.code : NULL, monthly, was, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc != JEM_OK) {
        jem_store_rollback(app->store);
        return rc;
    }
    json_t *o = json_pack("{s:s,s:I}", "service", service, "monthly", (json_int_t)monthly);
    if (village != NULL)
        json_object_set_new(o, "village", json_string(region.code));
    return own_give(o, out, err);
}

/* ---- those that stand ---- */

static const char *target_service_name(struct jem_app *app, const char *service)
{
    const struct jem_service *s = own_service_or_null(app, service);
    return strcmp(service, TARGET_ALL) == 0 ? jem_text(JEM_T_TARGET_ALL) : s != NULL ? jem_pair(s->name) : service;
}

enum jem_code jem_report_targets(struct jem_app *app, json_t **out, struct jem_error *err)
{
    const struct jem_catalog *catalog = NULL;
    json_t *all = NULL, *of, *monthly, *services = json_array(), *villages = json_array();
    const char *village, *service;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    if (rc == JEM_OK)
        rc = jem_app_catalog(app, &catalog, err);
    if (rc == JEM_OK)
        rc = target_villages(app, &all, err);
    for (size_t i = 0; rc == JEM_OK && i < jem_catalog_count(catalog); i++) {
        const struct jem_service *s = jem_catalog_at(catalog, i);
        int64_t n = target_region(app, s->id);
        if (n > 0 || !s->retired)
            json_array_append_new(services,
                json_pack("{s:s,s:s,s:I}", "service", s->id, "name", jem_pair(s->name), "monthly", (json_int_t)n));
    }
    json_object_foreach(all, village, of)
    {
        json_object_foreach(of, service, monthly)
        {
            json_t *row = json_pack("{s:s,s:s,s:s,s:O}", "village", village, "service", service, "service_name",
                target_service_name(app, service), "monthly", monthly);
            own_village_name(row);
            json_array_append_new(villages, row);
        }
    }
    json_decref(all);
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:O,s:O}", "services", services, "villages", villages), out, err);
    json_decref(services);
    json_decref(villages);
    return rc;
}

/* ---- what was reached ---- */

/* As much of a month's target as the period is of thirty days. */
static int64_t target_of(int64_t monthly, const struct jem_selection *period)
{
    return (monthly * (period->to_day - period->from_day + 1) + TARGET_DAYS / 2) / TARGET_DAYS;
}

static json_t *target_progress(int64_t n, int64_t target)
{
    return target > 0 ? json_integer((json_int_t)(n * 100 / target)) : json_null();
}

static void target_services(struct jem_app *app, const struct jem_selection *period, json_t *report)
{
    json_t *row;
    size_t i;
    json_array_foreach(json_object_get(report, "services"), i, row)
    {
        /* A region's target says nothing of a part of the region. */
        int64_t monthly = period->village == NULL ? target_region(app, jem_json_str(row, "service", "")) : 0;
        int64_t target = target_of(monthly, period);
        json_object_set_new(row, "target", monthly > 0 ? json_integer((json_int_t)target) : json_null());
        json_object_set_new(row, "progress", target_progress(jem_json_int(row, "submitted", 0), target));
    }
}

/* What was counted for a village: of one service, or all. */
static const json_t *target_counted(const json_t *counts, const char *village, const char *service)
{
    const json_t *entry = json_object_get(counts, village);
    return strcmp(service, TARGET_ALL) == 0 ? entry : json_object_get(json_object_get(entry, "by"), service);
}

static bool target_chosen(const struct jem_selection *period, const char *village, const char *service)
{
    return (period->service == NULL || strcmp(period->service, service) == 0) &&
           (period->village == NULL || strncmp(village, period->village, strlen(period->village)) == 0);
}

static json_t *target_row(struct jem_app *app, const char *village, const char *service, int64_t target,
    const json_t *now, const json_t *before)
{
    int64_t n = jem_json_int(now, "n", 0);
    json_t *row = json_pack("{s:s,s:s,s:s,s:o,s:o,s:I,s:o}", "village", village, "service", service, "service_name",
        target_service_name(app, service), "submitted", own_report_small(now), "before", own_report_small(before),
        "target", (json_int_t)target, "progress",
        n < JEM_REPORT_SMALL ? json_null() : target_progress(n, target)); /* a share of few would tell how few */
    own_village_name(row);
    return row;
}

enum jem_code own_report_targets(struct jem_app *app, const struct jem_selection *period, const json_t *villages,
    const json_t *before, json_t *report, struct jem_error *err)
{
    json_t *all = NULL, *of, *monthly, *list = json_array();
    const char *village, *service;
    target_services(app, period, report);
    enum jem_code rc = target_villages(app, &all, err);
    json_object_foreach(all, village, of)
    {
        json_object_foreach(of, service, monthly)
        {
            if (target_chosen(period, village, service))
                json_array_append_new(list,
                    target_row(app, village, service, target_of(json_integer_value(monthly), period),
                        target_counted(villages, village, service), target_counted(before, village, service)));
        }
    }
    json_decref(all);
    json_object_set_new(report, "targets", list);
    return rc;
}
