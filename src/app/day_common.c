/* day_common.c - what the use cases of the van's day share. */
#include <string.h>
#include <strings.h>

#include "day_own.h"
#include "jemput/region.h"

#define DAY_WIB_MS ((int64_t)7 * 3600 * 1000)

const char *own_code_label(const struct day_code *list, const char *name)
{
    for (; list->name != NULL; list++)
        if (strcmp(list->name, name) == 0)
            return jem_text(list->label);
    return name;
}

enum jem_code own_code_check(const struct day_code *list, const char *name, struct jem_error *err)
{
    struct jem_buf all = JEM_BUF_INIT(180);
    for (const struct day_code *c = list; c->name != NULL; c++) {
        if (name != NULL && strcmp(c->name, name) == 0) {
            jem_buf_release(&all);
            return JEM_OK;
        }
        jem_buf_fmt(&all, "%s%s", all.len > 0 ? ", " : "", c->name);
    }
    enum jem_code rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DAY_CODE, jem_buf_text(&all));
    jem_buf_release(&all);
    return rc;
}

enum jem_code own_day_put(struct jem_app *app, bool joined, uint16_t lane, uint64_t subject, const char *kind,
    json_t *body, char id[JEM_EVENT_ID_TEXT], struct jem_error *err)
{
    struct jem_event_id at;
    enum jem_code rc = body == NULL ? jem_fail_nomem(err) : JEM_OK;
    if (rc == JEM_OK && !joined)
        rc = own_may_write(app, err);
    if (rc == JEM_OK && !joined)
        rc = jem_store_begin(app->store, err);
    if (rc == JEM_OK) {
        rc = jem_store_append(app->store, lane, subject, kind, body, app->user, &at, err);
        if (rc == JEM_OK && !joined)
            rc = jem_store_commit(app->store, err);
        if (rc != JEM_OK && !joined)
            jem_store_rollback(app->store);
    }
    if (rc == JEM_OK && id != NULL)
        jem_event_id_format(&at, id);
    json_decref(body);
    return rc;
}

enum jem_code own_day_text(json_t *body, const char *member, const char *text, bool required, struct jem_error *err)
{
    char clean[OWN_REASON_MAX + 1];
    if (!required && (text == NULL || text[strspn(text, " \t\r\n")] == '\0'))
        return JEM_OK;
    enum jem_code rc = own_reason(text, false, clean, err);
    if (rc == JEM_OK && required && *clean == '\0')
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DAY_TEXT_MISSING);
    if (rc == JEM_OK && json_object_set_new(body, member, json_string(clean)) != 0)
        rc = jem_fail_nomem(err);
    return rc;
}

int64_t own_day_begins(int32_t day)
{
    return (int64_t)day * DAY_MS - DAY_WIB_MS;
}

void own_village_name(json_t *row)
{
    char name[300];
    const char *code = jem_json_str(row, "village", "");
    jem_region_full_name(code, name, sizeof name);
    json_object_set_new(row, "village_name", json_string(*name ? name : code));
}

enum jem_code jem_day_typed(struct jem_app *app, const char *text, int32_t *out, struct jem_error *err)
{
    *out = jem_store_today(app->store);
    if (text == NULL || *text == '\0' || strcasecmp(text, "today") == 0 || strcasecmp(text, "hari ini") == 0)
        return JEM_OK;
    return jem_day_parse(text, out, err);
}

static bool time_digits(const char *s, int *hours, int *minutes)
{
    const char pattern[] = "dd:dd";
    if (strlen(s) != 5)
        return false;
    for (int i = 0; i < 5; i++)
        if (pattern[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != ':' && s[i] != '.')
            return false;
    *hours = (s[0] - '0') * 10 + s[1] - '0';
    *minutes = (s[3] - '0') * 10 + s[4] - '0';
    return *hours < 24 && *minutes < 60;
}

enum jem_code jem_time_typed(struct jem_app *app, const char *text, int64_t *out_ms, struct jem_error *err)
{
    int32_t day = jem_store_today(app->store);
    int hours = 0, minutes = 0;
    bool ok = true;
    if (strlen(text) == 16 && (text[10] == ' ' || text[10] == 'T')) {
        char iso[11];
        memcpy(iso, text, 10);
        iso[10] = '\0';
        ok = jem_day_parse(iso, &day, NULL) == JEM_OK;
        text += 11;
    }
    if (!ok || !time_digits(text, &hours, &minutes))
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DAY_TIME);
    *out_ms = own_day_begins(day) + ((int64_t)hours * 60 + minutes) * 60000;
    return JEM_OK;
}
