/* decide.c - what HQ rules: stages, conflicts of fields, illegal transitions, duplicates. Each ruling is one event in
 * the feed of the van that took the application. */
#include <string.h>

#include "jemput/desk.h"
#include "own.h"

#define DECIDE_JUDGES "verifier,approver,admin"

struct decide {
    struct jem_app *app;
    struct jem_application a;
    char reason[OWN_REASON_MAX + 1];
};

/* Role, reason, unit, application: what every ruling begins with. The unit is open when this gives JEM_OK. */
static enum jem_code decide_begin(struct decide *d, uint64_t number, const char *roles, const char *reason,
    bool reason_required, struct jem_error *err)
{
    enum jem_code rc = jem_app_require(d->app, JEM_ROLE_HQ, roles, err);
    if (rc == JEM_OK)
        rc = own_reason(reason, reason_required, d->reason, err);
    if (rc == JEM_OK)
        rc = jem_store_begin(d->app->store, err);
    if (rc != JEM_OK)
        return rc;
    rc = own_load(d->app, number, &d->a, NULL, err);
    if (rc != JEM_OK)
        jem_store_rollback(d->app->store);
    return rc;
}

/* Takes `body`; appends when rc is JEM_OK, then ends the unit either way. */
static enum jem_code decide_end(struct decide *d, enum jem_code rc, const char *kind, json_t *body,
    struct jem_error *err)
{
    if (rc == JEM_OK && body == NULL)
        rc = jem_fail_nomem(err);
    if (rc == JEM_OK)
        rc = jem_store_append(d->app->store, own_lane(d->app, d->a.number), d->a.number, kind, body, d->app->user, NULL,
            err);
    if (rc == JEM_OK)
        rc = jem_store_commit(d->app->store, err);
    if (rc != JEM_OK)
        jem_store_rollback(d->app->store);
    json_decref(body);
    return rc;
}

/* Takes `o`. */
static enum jem_code decide_give(json_t *o, uint64_t number, json_t **out, struct jem_error *err)
{
    if (o != NULL)
        (void)own_put_number(o, "number", number);
    return own_give(o, out, err);
}

/* ---- stages ---- */

static const char *decide_roles(enum jem_status to)
{
    switch (to) {
    case JEM_STATUS_RECEIVED:
    case JEM_STATUS_RETURNED: return "clerk,verifier,approver,admin";
    case JEM_STATUS_VERIFIED:
    case JEM_STATUS_REJECTED: return "verifier,approver,admin";
    default: return "approver,admin";
    }
}

/* Withdrawal and linking are events of their own. */
static bool decide_is_stage(enum jem_status to)
{
    return to > JEM_STATUS_SUBMITTED && to < JEM_STATUS_COUNT && to != JEM_STATUS_WITHDRAWN && to != JEM_STATUS_LINKED;
}

unsigned jem_desk_may(struct jem_app *app, const char *service, enum jem_status from)
{
    unsigned may = 0;
    if (!own_agency_has(app, service))
        return 0;
    for (unsigned to = JEM_STATUS_RECEIVED; to < JEM_STATUS_COUNT; to++)
        if (to != from && decide_is_stage((enum jem_status)to) && jem_status_allowed(from, (enum jem_status)to) &&
            jem_app_require(app, JEM_ROLE_HQ, decide_roles((enum jem_status)to), NULL) == JEM_OK)
            may |= 1u << to;
    return may;
}

static enum jem_code decide_refuse(enum jem_status from, struct jem_error *err)
{
    struct jem_buf may = JEM_BUF_INIT(160);
    for (unsigned to = JEM_STATUS_RECEIVED; to < JEM_STATUS_COUNT; to++)
        if (to != from && decide_is_stage((enum jem_status)to) && jem_status_allowed(from, (enum jem_status)to))
            jem_buf_fmt(&may, "%s%s", may.len > 0 ? ", " : "", jem_status_name((enum jem_status)to));
    enum jem_code rc = may.len > 0 ? jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DESK_NOT_FROM_HERE,
                                         jem_status_label(from), jem_buf_text(&may))
                                   : jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DESK_FINAL, jem_status_label(from));
    jem_buf_release(&may);
    return rc;
}

/* The reason's code, and its words in the language of receipts where the clerk gave none. */
static enum jem_code decide_code(const char *code, const char **reason, struct jem_error *err)
{
    if (code == NULL || *code == '\0')
        return JEM_OK;
    if (jem_reason_parse(code) == JEM_REASON_UNKNOWN)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DESK_CODE, (int)strnlen(code, 40), code);
    if (*reason == NULL || **reason == '\0') {
        enum jem_lang lang = jem_lang_get();
        jem_lang_set(JEM_LANG_ID);
        *reason = jem_reason_label(code);
        jem_lang_set(lang);
    }
    return JEM_OK;
}

/* What the log says of a decision from `from`; NULL when memory ran out. */
static json_t *decide_body(const struct decide *d, const struct jem_decision *in, enum jem_status from)
{
    json_t *body = json_pack("{s:s,s:s}", "from", jem_status_name(from), "to", jem_status_name(in->to));
    if (body != NULL && *d->reason)
        json_object_set_new(body, "reason", json_string(d->reason));
    if (body != NULL && in->code != NULL && *in->code)
        json_object_set_new(body, "code", json_string(in->code));
    if (body != NULL && in->note != NULL)
        json_object_set_new(body, "note", json_string(in->note));
    return body;
}

enum jem_code jem_desk_decide(struct jem_app *app, const struct jem_decision *in, json_t **out, struct jem_error *err)
{
    struct decide d = { .app = app };
    enum jem_status to = in->to;
    bool explain = to == JEM_STATUS_RETURNED || to == JEM_STATUS_REJECTED;
    const char *reason = in->reason;
    json_t *body = NULL;
    enum jem_code rc = decide_code(in->code, &reason, err);
    if (rc == JEM_OK)
        rc = decide_begin(&d, in->number, decide_is_stage(to) ? decide_roles(to) : NULL, reason, explain, err);
    if (rc != JEM_OK)
        return rc;
    enum jem_status now = d.a.status, from = in->seen != JEM_STATUS_UNKNOWN ? in->seen : now;
    bool agreed = from != now && to == now; /* somebody else decided the same meanwhile */
    if (!agreed && (to == from || !decide_is_stage(to) || !jem_status_allowed(from, to)))
        rc = decide_refuse(from, err);
    else
        body = decide_body(&d, in, from);
    rc = decide_end(&d, rc, "status.changed", body, err);
    jem_application_release(&d.a);
    if (rc != JEM_OK)
        return rc;
    bool waits = from != now && !agreed && !(from == JEM_STATUS_SUBMITTED && now == JEM_STATUS_RECEIVED);
    return decide_give(json_pack("{s:s,s:s,s:b}", "from", jem_status_name(from), "status",
                           jem_status_name(waits ? now : to), "waits", (int)waits),
        in->number, out, err);
}

/* ---- conflicts ---- */

static const json_t *decide_entry(const struct jem_application *a, const char *list, const char *key, const char *value)
{
    size_t i;
    json_t *it;
    json_array_foreach(json_object_get(a->state, list), i, it)
    {
        if (strcmp(jem_json_str(it, key, ""), value) == 0)
            return it;
    }
    return NULL;
}

/* The value in its normal form; *out owned. Without the service in today's catalogue it stays as typed. */
static enum jem_code decide_value(struct decide *d, const char *field, const char *value, json_t **out,
    struct jem_error *err)
{
    const struct jem_service *service = own_service_or_null(d->app, jem_json_str(d->a.state, "service", ""));
    json_t *one = json_pack("{s:s}", field, value);
    static const struct jem_issues none;
    struct jem_issues issues = none;
    if (one == NULL)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_APP_NOT_UTF8);
    if (service != NULL)
        jem_intake_check(service, one, true, jem_store_today(d->app->store), &issues);
    *out = json_incref(json_object_get(one, field));
    json_decref(one);
    return issues.errors > 0 ? own_fail_issues(&issues, err) : JEM_OK;
}

enum jem_code jem_desk_resolve_field(struct jem_app *app, uint64_t number, const char *field, const char *value,
    const char *reason, json_t **out, struct jem_error *err)
{
    struct decide d = { .app = app };
    json_t *settled = NULL, *body = NULL;
    enum jem_code rc = decide_begin(&d, number, DECIDE_JUDGES, reason, true, err);
    if (rc != JEM_OK)
        return rc;
    if (decide_entry(&d.a, "conflicts", "field", field) == NULL)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DESK_NO_CONFLICT, (int)strnlen(field, 40), field);
    else
        rc = decide_value(&d, field, value, &settled, err);
    if (rc == JEM_OK)
        body = json_pack("{s:s,s:O,s:O,s:s}", "field", field, "v", settled, "base",
            json_object_get(json_object_get(d.a.state, "heads"), field), "reason", d.reason);
    rc = decide_end(&d, rc, "conflict.resolved", body, err);
    jem_application_release(&d.a);
    if (rc == JEM_OK)
        rc = decide_give(json_pack("{s:s,s:O}", "field", field, "value", settled), number, out, err);
    json_decref(settled);
    return rc;
}

/* A handover of this application can be refused also when it was legal: it did not happen. */
static bool decide_handover(struct decide *d, const char *event_id)
{
    struct jem_event_id id;
    struct jem_event e = { .subject = 0 };
    bool is = jem_event_id_parse(event_id, &id) && jem_store_event(d->app->store, &id, &e, NULL) == JEM_OK &&
              e.subject == d->a.number && jem_kind_parse(e.kind) == JEM_KIND_HANDOVER_RECORDED;
    jem_event_release(&e);
    return is && d->a.status == JEM_STATUS_HANDED_OVER;
}

enum jem_code jem_desk_resolve_transition(struct jem_app *app, uint64_t number, const char *event_id, bool accept,
    const char *reason, json_t **out, struct jem_error *err)
{
    struct decide d = { .app = app };
    struct jem_application after = { 0 };
    json_t *body = NULL;
    enum jem_code rc = decide_begin(&d, number, DECIDE_JUDGES, reason, true, err);
    if (rc != JEM_OK)
        return rc;
    if (decide_entry(&d.a, "illegal", "event", event_id) == NULL && (accept || !decide_handover(&d, event_id)))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DESK_NO_TRANSITION);
    else
        body = json_pack("{s:s,s:b,s:s}", "event", event_id, "accept", (int)accept, "reason", d.reason);
    rc = decide_end(&d, rc, "conflict.resolved", body, err);
    jem_application_release(&d.a);
    if (rc == JEM_OK)
        rc = own_load(app, number, &after, NULL, err);
    if (rc == JEM_OK)
        rc = decide_give(json_pack("{s:s,s:b,s:s}", "event", event_id, "accepted", (int)accept, "status",
                             jem_status_name(after.status)),
            number, out, err);
    jem_application_release(&after);
    return rc;
}

/* ---- duplicates ---- */

/* The other application exists, is not this one, and is not itself out of the way. */
static enum jem_code decide_other(struct decide *d, uint64_t to, bool apart, struct jem_error *err)
{
    struct jem_application other = { 0 };
    if (to == d->a.number)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DESK_SAME);
    enum jem_code rc = own_load(d->app, to, &other, NULL, err);
    bool gone = other.status == JEM_STATUS_LINKED || other.status == JEM_STATUS_WITHDRAWN ||
                other.status == JEM_STATUS_REJECTED;
    if (rc == JEM_OK && !apart && gone)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DESK_LINK_TO, jem_status_label(other.status));
    jem_application_release(&other);
    if (rc == JEM_OK && !apart && !jem_status_allowed(d->a.status, JEM_STATUS_LINKED))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_AMEND_CLOSED, jem_status_label(d->a.status));
    return rc;
}

enum jem_code jem_desk_link(struct jem_app *app, uint64_t number, uint64_t to, bool apart, const char *reason,
    json_t **out, struct jem_error *err)
{
    struct decide d = { .app = app };
    char text[JEM_NUMBER_TEXT];
    json_t *body = NULL;
    const char *member = apart ? "apart" : "to";
    enum jem_code rc = decide_begin(&d, number, DECIDE_JUDGES, reason, true, err);
    if (rc != JEM_OK)
        return rc;
    jem_number_format(to, text);
    rc = decide_other(&d, to, apart, err);
    if (rc == JEM_OK)
        body = json_pack("{s:s,s:s}", member, text, "reason", d.reason);
    rc = decide_end(&d, rc, "application.linked", body, err);
    enum jem_status status = apart ? d.a.status : JEM_STATUS_LINKED;
    jem_application_release(&d.a);
    if (rc != JEM_OK)
        return rc;
    return decide_give(json_pack("{s:s,s:s}", member, text, "status", jem_status_name(status)), number, out, err);
}
