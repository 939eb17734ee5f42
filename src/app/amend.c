/* amend.c - what follows an application: corrections, field by field, each naming the writes that it saw; and its
 * withdrawal. */
#include <stdlib.h>
#include <string.h>

#include "own.h"

struct amend {
    struct jem_app *app;
    struct jem_application a;
    const struct jem_service *service;
    struct jem_issues *issues;
    json_t *set;        /* borrowed: what the officer wants, normalised */
    const json_t *seen; /* borrowed: the writes that the officer saw, or NULL: those of now */
    json_t *changes;    /* {field: {"v","base"}}, owned */
};

/* Opens the unit and loads: a base is what stands in the log at this moment. */
static enum jem_code amend_begin(struct amend *m, uint64_t number, struct jem_error *err)
{
    enum jem_code rc = own_may_write(m->app, err);
    if (rc == JEM_OK)
        rc = jem_store_begin(m->app->store, err);
    return rc == JEM_OK ? own_load(m->app, number, &m->a, NULL, err) : rc;
}

static enum jem_code amend_end(struct amend *m, enum jem_code rc, struct jem_error *err)
{
    if (rc == JEM_OK)
        rc = jem_store_commit(m->app->store, err);
    if (rc != JEM_OK)
        jem_store_rollback(m->app->store);
    jem_application_release(&m->a);
    return rc;
}

/* ---- corrections ---- */

static bool amend_conflicted(const struct jem_application *a, const char *field)
{
    size_t i;
    json_t *it;
    json_array_foreach(json_object_get(a->state, "conflicts"), i, it)
    {
        if (strcmp(jem_json_str(it, "field", ""), field) == 0)
            return true;
    }
    return false;
}

/* What the changed fields are compared with: the NIK holds a birth date and a sex. */
static bool amend_context(const struct jem_service *service, const char *name)
{
    const struct jem_field *field = jem_service_field(service, name);
    if (strcmp(name, "nik") == 0)
        return true;
    return field != NULL && (strcmp(field->role, "birth_date") == 0 || strcmp(field->role, "sex") == 0);
}

static bool amend_touches_context(const struct amend *m)
{
    const char *key;
    json_t *value;
    json_object_foreach(m->set, key, value)
    {
        if (amend_context(m->service, key))
            return true;
    }
    return false;
}

static void amend_keep_issue(struct jem_issues *list, const struct jem_issue *issue)
{
    list->errors += issue->severity == JEM_SEV_ERROR;
    list->warnings += issue->severity == JEM_SEV_WARNING;
    if (list->count < JEM_ISSUES_MAX)
        list->items[list->count++] = *issue;
    else
        list->dropped++;
}

/* Checks the changed fields beside their context; errors of the context are old and not this correction's. */
static enum jem_code amend_check(struct amend *m, struct jem_error *err)
{
    json_t *merged = json_copy(m->set);
    struct jem_issues *found = calloc(1, sizeof *found);
    const char *key;
    json_t *value;
    if (merged == NULL || found == NULL) {
        json_decref(merged);
        free(found);
        return jem_fail_nomem(err);
    }
    bool context = amend_touches_context(m);
    json_object_foreach(json_object_get(m->a.state, "fields"), key, value)
    {
        if (context && json_object_get(merged, key) == NULL && amend_context(m->service, key))
            json_object_set(merged, key, value);
    }
    jem_intake_check(m->service, merged, true, jem_store_today(m->app->store), found);
    for (size_t i = 0; i < found->count && i < JEM_ISSUES_MAX; i++) {
        const struct jem_issue *it = &found->items[i];
        if (it->severity == JEM_SEV_WARNING || *it->field == '\0' || json_object_get(m->set, it->field) != NULL)
            amend_keep_issue(m->issues, it);
    }
    json_object_foreach(merged, key, value)
    {
        if (json_object_get(m->set, key) != NULL)
            json_object_set(m->set, key, value);
    }
    json_decref(merged);
    free(found);
    return m->issues->errors == 0 ? JEM_OK : own_fail_issues(m->issues, err);
}

/* Writes of a value that is there already would only make work; in a conflict the same value is a decision. */
static enum jem_code amend_changes(struct amend *m, struct jem_error *err)
{
    const json_t *fields = json_object_get(m->a.state, "fields"), *heads = json_object_get(m->a.state, "heads");
    const char *key;
    json_t *value;
    m->changes = json_object();
    json_object_foreach(m->set, key, value)
    {
        const char *now = jem_json_str(fields, key, "");
        if (strcmp(now, json_string_value(value)) == 0 && !amend_conflicted(&m->a, key))
            continue;
        json_t *base = json_object_get(heads, key);
        json_t *change = json_pack("{s:O,s:o}", "v", value, "base", base != NULL ? json_incref(base) : json_array());
        if (json_object_set_new(m->changes, key, change) != 0)
            return jem_fail_nomem(err);
    }
    return json_object_size(m->changes) > 0 ? JEM_OK : jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_AMEND_NOTHING);
}

void own_heads_text(const json_t *ids, struct jem_buf *out)
{
    size_t i;
    const json_t *id;
    json_array_foreach(ids, i, id)
    {
        jem_buf_fmt(out, i > 0 ? ",%s" : "%s", json_string_value(id) != NULL ? json_string_value(id) : "");
    }
}

/* A field that somebody wrote since the officer saw it is not written over: two people decide that. */
static enum jem_code amend_unseen(const struct amend *m, struct jem_error *err)
{
    const char *field;
    json_t *value;
    bool changed = false;
    json_object_foreach(m->seen != NULL ? m->set : NULL, field, value)
    {
        struct jem_buf heads = JEM_BUF_INIT(4096);
        own_heads_text(json_object_get(json_object_get(m->a.state, "heads"), field), &heads);
        changed = changed || strcmp(jem_buf_text(&heads), jem_json_str(m->seen, field, "")) != 0;
        jem_buf_release(&heads);
    }
    return changed ? jem_fail(err, JEM_EEXISTS, JEM_D_APP, 0, JEM_T_AMEND_UNSEEN) : JEM_OK;
}

enum jem_code own_open(const struct jem_application *a, struct jem_error *err)
{
    bool open = a->status != JEM_STATUS_HANDED_OVER && a->status != JEM_STATUS_REJECTED &&
                a->status != JEM_STATUS_WITHDRAWN && a->status != JEM_STATUS_LINKED;
    return open ? JEM_OK : jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_AMEND_CLOSED, jem_status_label(a->status));
}

static enum jem_code amend_correct(struct amend *m, const char *reason, struct jem_error *err)
{
    enum jem_code rc = own_open(&m->a, err);
    if (rc == JEM_OK)
        rc = own_service(m->app, &m->a, &m->service, err);
    if (rc == JEM_OK)
        rc = amend_unseen(m, err);
    if (rc == JEM_OK)
        rc = amend_check(m, err);
    if (rc == JEM_OK)
        rc = amend_changes(m, err);
    if (rc != JEM_OK)
        return rc;
    json_t *body = json_pack("{s:O}", "set", m->changes);
    if (body != NULL && *reason)
        json_object_set_new(body, "reason", json_string(reason));
    uint64_t number = m->a.number;
    rc = jem_store_append(m->app->store, own_lane(m->app, number), number, "application.corrected", body, m->app->user,
        NULL, err);
    json_decref(body);
    return rc;
}

static enum jem_code amend_report(struct amend *m, uint64_t number, json_t **out, struct jem_error *err)
{
    struct jem_application after = { 0 };
    enum jem_code rc = own_load(m->app, number, &after, NULL, err);
    if (rc != JEM_OK)
        return rc;
    json_t *changed = json_array();
    const char *key;
    json_t *value;
    json_object_foreach(m->changes, key, value)
    {
        json_array_append_new(changed, json_string(key));
    }
    json_t *o = json_pack("{s:s,s:o,s:o}", "status", jem_status_name(after.status), "changed", changed, "warnings",
        own_issues_json(m->issues, JEM_SEV_WARNING));
    if (o != NULL)
        (void)own_put_number(o, "number", number);
    jem_application_release(&after);
    return own_give(o, out, err);
}

enum jem_code jem_correct(struct jem_app *app, uint64_t number, json_t *set, const char *reason, json_t **out,
    struct jem_issues *issues, struct jem_error *err)
{
    return jem_correct_seen(app, number, set, NULL, reason, out, issues, err);
}

enum jem_code jem_correct_seen(struct jem_app *app, uint64_t number, json_t *set, const json_t *seen,
    const char *reason, json_t **out, struct jem_issues *issues, struct jem_error *err)
{
    struct jem_issues *own = issues == NULL ? calloc(1, sizeof *own) : NULL;
    struct amend m = { .app = app, .issues = issues != NULL ? issues : own, .set = set, .seen = seen };
    char why[OWN_REASON_MAX + 1];
    if (m.issues == NULL)
        return jem_fail_nomem(err);
    enum jem_code rc = own_reason(reason, false, why, err);
    if (rc == JEM_OK && (!json_is_object(set) || json_object_size(set) == 0))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_AMEND_EMPTY);
    if (rc == JEM_OK) {
        rc = amend_begin(&m, number, err);
        if (rc == JEM_OK)
            rc = amend_correct(&m, why, err);
        rc = amend_end(&m, rc, err);
    }
    if (rc == JEM_OK)
        rc = amend_report(&m, number, out, err);
    json_decref(m.changes);
    free(own);
    return rc;
}

/* ---- withdrawal ---- */

static enum jem_code amend_withdraw(struct amend *m, const char *reason, struct jem_error *err)
{
    if (m->a.status == JEM_STATUS_WITHDRAWN || !jem_status_allowed(m->a.status, JEM_STATUS_WITHDRAWN))
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_AMEND_CLOSED, jem_status_label(m->a.status));
    uint64_t number = m->a.number;
    json_t *body = json_pack("{s:s}", "reason", reason);
    enum jem_code rc = jem_store_append(m->app->store, own_lane(m->app, number), number, "application.withdrawn", body,
        m->app->user, NULL, err);
    json_decref(body);
    return rc;
}

enum jem_code jem_withdraw(struct jem_app *app, uint64_t number, const char *reason, json_t **out,
    struct jem_error *err)
{
    struct amend m = { .app = app };
    char why[OWN_REASON_MAX + 1];
    enum jem_code rc = own_reason(reason, true, why, err);
    if (rc != JEM_OK)
        return rc;
    rc = amend_begin(&m, number, err);
    if (rc == JEM_OK)
        rc = amend_withdraw(&m, why, err);
    rc = amend_end(&m, rc, err);
    if (rc != JEM_OK)
        return rc;
    json_t *o = json_pack("{s:s}", "status", jem_status_name(JEM_STATUS_WITHDRAWN));
    if (o != NULL)
        (void)own_put_number(o, "number", number);
    return own_give(o, out, err);
}
