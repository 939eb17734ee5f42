/* continue.c - an application that began in one channel goes on in another, by its number. Where its submission is not (another
 * van took it), what is added here meets it at headquarters: the NIK that the applicant shows goes along as a write that saw
 * nothing, so that a number of somebody else becomes a conflict there, and the same NIK becomes one value. */
#include <string.h>

#include "jemput/nik.h"
#include "jemput/number.h"
#include "own.h"

struct carry_on {
    struct jem_app *app;
    uint64_t number;
    const struct jem_continue *in;
    const char *channel;
    struct jem_application a;
    struct jem_event_list events;
    bool again; /* nothing was to be recorded */
};

static enum jem_code carry_on_service(struct carry_on *c, struct jem_error *err)
{
    const struct jem_service *service = NULL;
    if (*jem_json_str(c->a.state, "service", "") == '\0' && c->in->service != NULL && *c->in->service)
        json_object_set_new(c->a.state, "service", json_string(c->in->service));
    if (*jem_json_str(c->a.state, "service", "") == '\0')
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_CONTINUE_SERVICE);
    return own_service(c->app, &c->a, &service, err);
}

/* Whose it is. *fresh: it does not stand here yet. */
static enum jem_code carry_on_nik(struct carry_on *c, struct jem_nik *nik, bool *fresh, struct jem_error *err)
{
    const char *known = jem_json_str(json_object_get(c->a.state, "fields"), "nik", "");
    enum jem_code rc = jem_nik_parse(c->in->nik != NULL ? c->in->nik : "", jem_store_today(c->app->store), nik, err);
    *fresh = *known == '\0';
    if (rc == JEM_OK && !*fresh && strcmp(known, nik->text) != 0)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_API_NOT_THEIRS);
    return rc;
}

/* Began here, or went on here already, and nobody waits for more. */
static bool carry_on_known(const struct carry_on *c)
{
    int writer = jem_store_writer(c->app->store);
    bool known = c->a.submitted.seq > 0 && c->a.submitted.writer == writer &&
                 strcmp(jem_json_str(c->a.state, "channel", ""), c->channel) == 0;
    for (size_t i = 0; !known && i < c->events.count; i++) {
        const struct jem_event *e = &c->events.items[i];
        json_t *body = NULL;
        if (e->id.writer != writer || jem_kind_parse(e->kind) != JEM_KIND_APPLICATION_CONTINUED || e->body == NULL ||
            jem_json_parse(e->body, e->body_len, e->kind, &body, NULL) != JEM_OK)
            continue;
        known = strcmp(jem_json_str(body, "channel", ""), c->channel) == 0;
        json_decref(body);
    }
    return known && c->a.status != JEM_STATUS_RETURNED;
}

static enum jem_code carry_on_append(struct carry_on *c, const char *kind, json_t *body, struct jem_error *err)
{
    enum jem_code rc = body == NULL ? jem_fail_nomem(err)
                                    : jem_store_append(c->app->store, own_lane(c->app, c->number), c->number, kind,
                                          body, c->app->user, NULL, err);
    json_decref(body);
    return rc;
}

static enum jem_code carry_on_record(struct carry_on *c, struct jem_error *err)
{
    struct jem_nik nik;
    bool fresh = false;
    enum jem_code rc = own_load_told(c->app, c->number, &c->a, &c->events, err);
    if (rc == JEM_OK)
        rc = own_open(&c->a, err);
    if (rc == JEM_OK)
        rc = carry_on_service(c, err);
    if (rc == JEM_OK)
        rc = carry_on_nik(c, &nik, &fresh, err);
    c->again = rc == JEM_OK && carry_on_known(c);
    if (rc != JEM_OK || c->again)
        return rc;
    const char *service = jem_json_str(c->a.state, "service", "");
    rc = carry_on_append(c, "application.continued", json_pack("{s:s,s:s}", "service", service, "channel", c->channel),
        err);
    if (rc == JEM_OK && fresh)
        rc = carry_on_append(c, "application.corrected",
            json_pack("{s:{s:{s:s,s:[]}}}", "set", "nik", "v", nik.text, "base"), err);
    return rc;
}

enum jem_code jem_continue(struct jem_app *app, uint64_t number, const struct jem_continue *in, json_t **out,
    struct jem_error *err)
{
    struct carry_on c = { .app = app, .number = number, .in = in };
    enum jem_code rc = own_channel(app, in->channel, &c.channel, err);
    if (rc == JEM_OK)
        rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = jem_store_begin(app->store, err);
    if (rc != JEM_OK)
        return rc;
    rc = carry_on_record(&c, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc != JEM_OK)
        jem_store_rollback(app->store);
    json_t *o = rc == JEM_OK
                    ? json_pack("{s:s,s:b}", "service", jem_json_str(c.a.state, "service", ""), "again", (int)c.again)
                    : NULL;
    if (o != NULL)
        (void)own_put_number(o, "number", number);
    jem_event_list_release(&c.events);
    jem_application_release(&c.a);
    return rc == JEM_OK ? own_give(o, out, err) : rc;
}
