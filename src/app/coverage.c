/* coverage.c - which villages were visited in a period, which are planned, which are neither: every village of the region in the order of
 * its codes, and any other that a visit or a plan names. */
#include <string.h>

#include "day_own.h"
#include "jemput/csv.h"
#include "jemput/region.h"

#define COVERAGE_DAYS_MAX 1100
#define COVERAGE_VISITS 200000u
#define COVERAGE_PAGE 64 /* regions read at once */

struct coverage {
    struct jem_app *app;
    int32_t from, to, today;
    json_t *villages; /* {code: row} */
    int64_t counts[3];
};
static const char *const coverage_states[] = { "visited", "planned", "none" };
static const enum jem_text coverage_labels[] = { JEM_T_VISIT_STATE_VISITED, JEM_T_VISIT_STATE_PLANNED,
    JEM_T_VISIT_STATE_NONE };

static json_t *coverage_row(struct coverage *c, const char *code)
{
    json_t *row = json_object_get(c->villages, code);
    struct jem_region village, district;
    char parent[7];
    if (row != NULL || !jem_region_find(code, &village) || village.level != JEM_REGION_VILLAGE)
        return row;
    (void)snprintf(parent, sizeof parent, "%.6s", village.code);
    row = json_pack("{s:s,s:s,s:s,s:i,s:s,s:n,s:n,s:s,s:n}", "village", village.code, "name", village.name, "district",
        jem_region_find(parent, &district) ? district.name : "", "visits", 0, "last_day", "", "last_van", "days_since",
        "next_day", "", "next_van");
    json_object_set_new(c->villages, village.code, row);
    return row;
}

/* The villages below a code, at whatever level it stands. */
static void coverage_region(struct coverage *c, const char *code)
{
    struct jem_region found[COVERAGE_PAGE];
    size_t n, from = 0;
    do {
        n = jem_region_children(code, from, found, COVERAGE_PAGE);
        for (size_t i = 0; i < n; i++) {
            if (found[i].level == JEM_REGION_VILLAGE)
                (void)coverage_row(c, found[i].code);
            else
                coverage_region(c, found[i].code);
        }
        from += n;
    } while (n == COVERAGE_PAGE);
}

static enum jem_code coverage_visits(struct coverage *c, struct jem_error *err)
{
    json_t *visits = NULL, *it;
    size_t i;
    enum jem_code rc = jem_store_visits(c->app->store, -1, false, COVERAGE_VISITS, &visits, err);
    json_array_foreach(visits, i, it) /* the newest first */
    {
        json_t *row = coverage_row(c, jem_json_str(it, "village", ""));
        int32_t day = jem_day_of_unix_ms(jem_json_int(it, "opened_ms", 0));
        char text[11];
        if (row == NULL)
            continue;
        if (day >= c->from && day <= c->to)
            json_object_set_new(row, "visits", json_integer(jem_json_int(row, "visits", 0) + 1));
        if (*jem_json_str(row, "last_day", "") != '\0')
            continue;
        jem_day_format(day, text);
        json_object_set_new(row, "last_day", json_string(text));
        json_object_set(row, "last_van", json_object_get(it, "van"));
        json_object_set_new(row, "days_since", json_integer(c->today > day ? c->today - day : 0));
    }
    json_decref(visits);
    return rc;
}

/* Plans that stand and are not over, the earliest first. */
static enum jem_code coverage_plans(struct coverage *c, struct jem_error *err)
{
    json_t *plans = NULL, *it;
    size_t i;
    enum jem_code rc = jem_store_visit_plans(c->app->store, -1, c->today, &plans, err);
    json_array_foreach(plans, i, it)
    {
        json_t *row = coverage_row(c, jem_json_str(it, "village", ""));
        int32_t first = (int32_t)jem_json_int(it, "first", 0), last = (int32_t)jem_json_int(it, "last", 0);
        char text[11];
        if (row == NULL)
            continue;
        if (first <= c->to && last >= c->from)
            json_object_set_new(row, "planned", json_true());
        if (*jem_json_str(row, "next_day", "") != '\0')
            continue;
        jem_day_format(first, text);
        json_object_set_new(row, "next_day", json_string(text));
        json_object_set(row, "next_van", json_object_get(it, "van"));
    }
    json_decref(plans);
    return rc;
}

/* A visit that was made counts more than one that is planned. */
static json_t *coverage_rows(struct coverage *c)
{
    const char *code;
    json_t *row, *list = json_array();
    json_object_foreach(c->villages, code, row)
    {
        size_t state = jem_json_int(row, "visits", 0) > 0 ? 0 : jem_json_bool(row, "planned", false) ? 1 : 2;
        json_object_del(row, "planned");
        c->counts[state]++;
        json_object_set_new(row, "state", json_string(coverage_states[state]));
        json_object_set_new(row, "state_label", json_string(jem_text(coverage_labels[state])));
        json_array_append(list, row);
    }
    return list;
}

/* The quarter of the year that a day lies in. */
static void coverage_quarter(int32_t day, int32_t *first, int32_t *last)
{
    char text[11];
    jem_day_format(day, text);
    int year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0';
    int month = ((text[5] - '0') * 10 + text[6] - '0' - 1) / 3 * 3 + 1, next = month + 3;
    (void)snprintf(text, sizeof text, "%04u-%02u-01", (unsigned)year % 10000, (unsigned)month % 100);
    *first = day;
    *last = day;
    if (jem_day_parse(text, first, NULL) != JEM_OK)
        return;
    (void)snprintf(text, sizeof text, "%04u-%02u-01", (unsigned)(year + next / 13) % 10000,
        (unsigned)(next > 12 ? next - 12 : next) % 100);
    if (jem_day_parse(text, last, NULL) == JEM_OK)
        (*last)--;
}

enum jem_code jem_visit_coverage(struct jem_app *app, int32_t from, int32_t to, json_t **out, struct jem_error *err)
{
    struct coverage c = { .app = app, .today = jem_store_today(app->store) };
    char region[32], first[11], last[11];
    int32_t quarter_first, quarter_last;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    if (rc != JEM_OK)
        return rc;
    coverage_quarter(c.today, &quarter_first, &quarter_last);
    c.from = from == INT32_MIN ? quarter_first : from;
    c.to = to == INT32_MAX ? quarter_last : to;
    if (c.from > c.to || c.to - c.from >= COVERAGE_DAYS_MAX)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_VISIT_PERIOD, COVERAGE_DAYS_MAX);
    c.villages = json_object();
    (void)own_meta(app->store, "region", "", region, sizeof region);
    if (*region != '\0')
        coverage_region(&c, region);
    rc = coverage_visits(&c, err);
    if (rc == JEM_OK)
        rc = coverage_plans(&c, err);
    if (rc == JEM_OK) {
        json_t *rows = coverage_rows(&c);
        int64_t total = (int64_t)json_array_size(rows);
        jem_day_format(c.from, first);
        jem_day_format(c.to, last);
        rc = own_give(json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:o}", "from", first, "to", last, "region", region,
                          "total", (json_int_t)total, "visited", (json_int_t)c.counts[0], "planned",
                          (json_int_t)c.counts[1], "none", (json_int_t)c.counts[2], "percent",
                          (json_int_t)(total > 0 ? c.counts[0] * 100 / total : 0), "villages", rows),
            out, err);
    }
    json_decref(c.villages);
    return rc;
}

enum jem_code jem_visit_coverage_csv(const json_t *coverage, const char *only, struct jem_buf *out,
    struct jem_error *err)
{
    static const char *const columns[] = { "village", "name", "district", "state", "visits", "last_day", "last_van",
        "days_since", "next_day", "next_van" };
    const json_t *row;
    size_t i, k, n = sizeof columns / sizeof *columns;
    for (k = 0; k < n; k++)
        jem_csv_cell(out, columns[k], k == 0);
    jem_csv_end(out);
    json_array_foreach(json_object_get(coverage, "villages"), i, row)
    {
        if (only != NULL && *only != '\0' && strcmp(jem_json_str(row, "state", ""), only) != 0)
            continue;
        for (k = 0; k < n; k++) {
            const json_t *v = json_object_get(row, columns[k]);
            char number[24] = "";
            if (json_is_integer(v))
                (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(v));
            jem_csv_cell(out, json_is_string(v) ? json_string_value(v) : number, k == 0);
        }
        jem_csv_end(out);
    }
    return jem_buf_ok(out, err);
}
