/* fold_status.c - the stage of an application: its events walked in fold order through the machine of status.c.
 *
 * Each change meets the stage that the earlier events left:
 *   - it leads where the application already is: two people agree, nothing happens;
 *   - it starts from this stage (submitted and received count as one) and the machine allows it: it is made;
 *   - otherwise it is illegal, that is, concurrent with another change or plain wrong: it waits for HQ's
 *     conflict.resolved. Accepted, it is made where HQ accepted it (or where it stands, when clocks place the
 *     answer before the question); refused, it is closed. The last answer counts.
 * withdrawn and linked are changes from whatever stage they meet. A handover is one from ready, made at the van; HQ can
 * refuse it afterwards also when it was legal: then it never happened, and the application is where it was. */
#include "fold.h"

#include <stdlib.h>
#include <string.h>

#include "jemput/number.h"

struct status_answer {
    bool given, accept;
    bool waiting; /* the change was illegal and its answer comes later in the order */
    size_t by;    /* index of the answering event */
};
struct status_walk {
    struct status_answer *answers; /* one an event, or NULL when HQ answered nothing */
    json_t *illegal;
    json_t *reason, *code; /* borrowed, or NULL */
    json_t *linked;        /* borrowed, or NULL */
    char self[JEM_NUMBER_TEXT];
};

/* The stage that an event leads to, UNKNOWN for events that are no change of status. */
static enum jem_status status_target(const struct fold_event *fe)
{
    switch (fe->kind) {
    case JEM_KIND_STATUS_CHANGED: return jem_status_parse(jem_json_str(fe->body, "to", NULL));
    case JEM_KIND_APPLICATION_WITHDRAWN: return JEM_STATUS_WITHDRAWN;
    case JEM_KIND_HANDOVER_RECORDED: return JEM_STATUS_HANDED_OVER;
    case JEM_KIND_APPLICATION_LINKED:
        return jem_json_str(fe->body, "to", NULL) != NULL ? JEM_STATUS_LINKED : JEM_STATUS_UNKNOWN;
    default: return JEM_STATUS_UNKNOWN;
    }
}

static enum jem_status status_level(enum jem_status s)
{
    return s == JEM_STATUS_RECEIVED ? JEM_STATUS_SUBMITTED : s;
}

/* Makes the change that events[i] asks for; `at` is the event that brings it about. */
static void status_make(struct fold *f, struct status_walk *w, size_t i, size_t at)
{
    const struct fold_event *fe = &f->events[i];
    enum jem_status to = status_target(fe);
    f->app->status = to;
    f->app->stage_ms = f->events[at].e->wall_ms;
    if (to == JEM_STATUS_RETURNED || to == JEM_STATUS_REJECTED || to == JEM_STATUS_WITHDRAWN) {
        w->reason = json_object_get(fe->body, "reason");
        w->code = json_object_get(fe->body, "code");
    }
    if (to == JEM_STATUS_LINKED)
        w->linked = json_object_get(fe->body, "to");
}

static bool status_agrees(const struct fold *f, const struct status_walk *w, const struct fold_event *fe,
    enum jem_status to)
{
    if (status_level(to) != status_level(f->app->status))
        return false;
    if (to == JEM_STATUS_LINKED)
        return w->linked != NULL && json_equal(w->linked, json_object_get(fe->body, "to")) == 1;
    /* submitted -> received is a step of its own, though both count as one start. */
    return to == f->app->status || f->app->status == JEM_STATUS_RECEIVED;
}

static bool status_legal(const struct fold *f, const struct status_walk *w, const struct fold_event *fe,
    enum jem_status to)
{
    if (!jem_status_allowed(f->app->status, to))
        return false;
    if (fe->kind == JEM_KIND_APPLICATION_LINKED)
        return strcmp(jem_json_str(fe->body, "to", ""), w->self) != 0;
    if (fe->kind != JEM_KIND_STATUS_CHANGED)
        return true;
    enum jem_status from = jem_status_parse(jem_json_str(fe->body, "from", NULL));
    return status_level(from) == status_level(f->app->status);
}

static void status_queue(struct fold *f, struct status_walk *w, size_t i, enum jem_status to)
{
    const struct fold_event *fe = &f->events[i];
    json_t *entry = fold_origin(f, i);
    json_t *from = json_string_nocheck(jem_status_name(f->app->status));
    if (fe->kind == JEM_KIND_STATUS_CHANGED) {
        json_decref(from);
        from = fold_text(fe->body, "from");
    }
    fold_put(f, entry, "from", from);
    fold_put(f, entry, "to", json_string_nocheck(jem_status_name(to)));
    fold_append(f, w->illegal, entry);
    f->app->illegal++;
}

static void status_change(struct fold *f, struct status_walk *w, size_t i, enum jem_status to)
{
    const struct fold_event *fe = &f->events[i];
    struct status_answer *answer = w->answers != NULL ? &w->answers[i] : NULL;
    if (fe->kind == JEM_KIND_HANDOVER_RECORDED && answer != NULL && answer->given && !answer->accept)
        return; /* HQ ruled that it did not happen */
    if (status_agrees(f, w, fe, to))
        return;
    if (status_legal(f, w, fe, to))
        status_make(f, w, i, i);
    else if (answer == NULL || !answer->given)
        status_queue(f, w, i, to);
    else if (answer->accept && answer->by < i)
        status_make(f, w, i, i);
    else
        answer->waiting = answer->accept;
}

/* Index of the change that a conflict.resolved answers, or SIZE_MAX. */
static size_t status_question(const struct fold *f, const struct fold_event *fe)
{
    if (fe->kind != JEM_KIND_CONFLICT_RESOLVED || !json_is_boolean(json_object_get(fe->body, "accept")))
        return SIZE_MAX;
    return fold_find(f, json_object_get(fe->body, "event"));
}

static void status_gather_answers(struct fold *f, struct status_walk *w)
{
    for (size_t i = 0; i < f->count; i++) {
        size_t q = status_question(f, &f->events[i]);
        if (q == SIZE_MAX)
            continue;
        if (w->answers == NULL)
            w->answers = calloc(f->count, sizeof *w->answers);
        if (w->answers == NULL) {
            f->failed = true;
            return;
        }
        w->answers[q] = (struct status_answer){ true, jem_json_bool(f->events[i].body, "accept", false), false, i };
    }
}

static void status_step(struct fold *f, struct status_walk *w, size_t i)
{
    const struct fold_event *fe = &f->events[i];
    enum jem_status to = status_target(fe);
    if (to != JEM_STATUS_UNKNOWN) {
        status_change(f, w, i, to);
        return;
    }
    bool supplied = (fe->kind == JEM_KIND_APPLICATION_CORRECTED && fe->e->id.writer != 0) ||
                    fe->kind == JEM_KIND_APPLICATION_CONTINUED;
    if (supplied && f->app->status == JEM_STATUS_RETURNED) {
        f->app->status = JEM_STATUS_RECEIVED;
        f->app->stage_ms = fe->e->wall_ms;
        return;
    }
    size_t q = w->answers != NULL ? status_question(f, fe) : SIZE_MAX;
    if (q != SIZE_MAX && w->answers[q].waiting && w->answers[q].by == i)
        status_make(f, w, q, i);
}

static json_t *status_text(json_t *s)
{
    return json_is_string(s) ? json_incref(s) : json_string_nocheck("");
}

void fold_status(struct fold *f)
{
    struct status_walk w = { .illegal = json_array() };
    jem_number_format(f->app->number, w.self);
    f->app->status = JEM_STATUS_SUBMITTED;
    f->app->stage_ms = f->app->submitted_ms;
    status_gather_answers(f, &w);
    for (size_t i = 0; i < f->count; i++)
        status_step(f, &w, i);
    fold_put(f, f->app->state, "illegal", w.illegal);
    fold_put(f, f->app->state, "reason", status_text(w.reason));
    fold_put(f, f->app->state, "reason_code", status_text(w.code));
    fold_put(f, f->app->state, "linked", json_is_string(w.linked) ? json_incref(w.linked) : json_null());
    free(w.answers);
}
