/* application.c - an application as the fold of its events (the rules stand in application.h). */
#include <string.h>

#include "fold.h"

void jem_application_release(struct jem_application *a)
{
    if (a == NULL)
        return;
    json_decref(a->state);
    memset(a, 0, sizeof *a);
}

static enum jem_code application_subject(const struct jem_event *const *events, size_t count, uint64_t *out,
    struct jem_error *err)
{
    if (count == 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_FOLD_EMPTY);
    for (size_t i = 0; i < count; i++)
        if (events[i]->subject != events[0]->subject)
            return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_FOLD_MIXED);
    *out = events[0]->subject;
    return JEM_OK;
}

/* The first event of that kind in fold order, or NULL. */
static const struct fold_event *application_first(const struct fold *f, enum jem_kind kind)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->events[i].kind == kind)
            return &f->events[i];
    return NULL;
}

static void application_head(struct fold *f)
{
    struct jem_application *a = f->app;
    const struct fold_event *fe = application_first(f, JEM_KIND_APPLICATION_SUBMITTED);
    const struct fold_event *named = fe != NULL ? fe : application_first(f, JEM_KIND_APPLICATION_CONTINUED);
    const json_t *body = fe != NULL ? fe->body : NULL;
    json_t *warnings = json_object_get(body, "warnings"), *duplicate = json_object_get(body, "duplicate");
    if (fe != NULL) {
        a->submitted = fe->e->id;
        a->submitted_ms = fe->e->wall_ms;
    }
    if (f->count > 0) {
        a->first_hlc = f->events[0].e->hlc;
        a->last_hlc = f->events[f->count - 1].e->hlc;
    }
    fold_put(f, a->state, "service", fold_text(named != NULL ? named->body : NULL, "service"));
    fold_put(f, a->state, "catalog", json_integer(jem_json_int(body, "catalog", 0)));
    fold_put(f, a->state, "channel", fold_text(body, "channel"));
    fold_put(f, a->state, "warnings", json_is_array(warnings) ? json_incref(warnings) : json_array());
    fold_put(f, a->state, "duplicate", json_is_object(duplicate) ? json_incref(duplicate) : json_null());
}

enum jem_code jem_application_fold(const struct jem_event *const *events, size_t count, struct jem_application *out,
    struct jem_error *err)
{
    struct jem_application app = { 0 };
    struct fold f = { .app = &app };
    enum jem_code rc = application_subject(events, count, &app.number, err);
    if (rc != JEM_OK)
        return rc;
    rc = fold_load(&f, events, count, false, err);
    if (rc == JEM_OK && (app.state = json_object()) == NULL)
        f.failed = true;
    if (rc == JEM_OK) {
        application_head(&f);
        fold_fields(&f);
        fold_status(&f);
        fold_documents(&f);
        fold_duplicates(&f);
        if (f.failed)
            rc = jem_fail_nomem(err);
    }
    fold_release(&f);
    if (rc == JEM_OK)
        *out = app;
    else
        json_decref(app.state);
    return rc;
}
