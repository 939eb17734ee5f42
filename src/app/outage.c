/* outage.c - outages as evidence, and what they add to promised times. */
#include <stdlib.h>
#include <string.h>

#include "day_own.h"

#define OUTAGE_LIST 200
#define OUTAGE_LOOK 5000 /* of which the promise of one application is counted */
#define OUTAGE_ROUNDS 20

static const struct day_code outage_whats[] = {
    { "power", JEM_T_OUTAGE_POWER },
    { "network", JEM_T_OUTAGE_NETWORK },
    { "printer", JEM_T_OUTAGE_PRINTER },
    { "scanner", JEM_T_OUTAGE_SCANNER },
    { "server", JEM_T_OUTAGE_SERVER },
    { "other", JEM_T_OUTAGE_OTHER },
    { NULL, JEM_T_NONE },
};

enum jem_code jem_outage_note(struct jem_app *app, const char *what, int64_t from_ms, int64_t to_ms, const char *note,
    json_t **out, struct jem_error *err)
{
    char id[JEM_EVENT_ID_TEXT];
    int64_t now = jem_store_now_ms(app->store);
    enum jem_code rc = own_code_check(outage_whats, what, err);
    if (rc == JEM_OK && (from_ms <= 0 || from_ms > now || to_ms > now || (to_ms != 0 && to_ms < from_ms)))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_OUTAGE_TIMES);
    if (rc != JEM_OK)
        return rc;
    json_t *body = json_pack("{s:s,s:I}", "what", what, "from", (json_int_t)from_ms);
    if (to_ms != 0)
        json_object_set_new(body, "to", json_integer((json_int_t)to_ms));
    rc = own_day_text(body, "note", note, false, err);
    if (rc == JEM_OK)
        rc = own_day_put(app, false, 0, 0, "outage.noted", json_incref(body), id, err);
    json_decref(body);
    return rc == JEM_OK ? own_give(json_pack("{s:s}", "outage", id), out, err) : rc;
}

/* The named outage of ours that lasts, or the newest; new reference. */
static enum jem_code outage_lasting(struct jem_app *app, const char *id, json_t **out, struct jem_error *err)
{
    json_t *rows = NULL, *it;
    size_t i;
    enum jem_code rc = jem_store_outages(app->store, jem_store_writer(app->store), INT64_MAX, OUTAGE_LIST, &rows, err);
    *out = NULL;
    json_array_foreach(rows, i, it)
    {
        bool lasts = json_is_null(json_object_get(it, "to_ms"));
        if (*out == NULL && lasts && (id == NULL || strcmp(jem_json_str(it, "id", ""), id) == 0))
            *out = json_incref(it);
    }
    json_decref(rows);
    if (rc == JEM_OK && *out == NULL)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_OUTAGE_NONE);
    return rc;
}

enum jem_code jem_outage_end(struct jem_app *app, const char *id, int64_t to_ms, json_t **out, struct jem_error *err)
{
    json_t *row = NULL;
    int64_t now = jem_store_now_ms(app->store);
    enum jem_code rc = outage_lasting(app, id, &row, err);
    if (to_ms == 0)
        to_ms = now;
    if (rc == JEM_OK && (to_ms > now || to_ms < jem_json_int(row, "from_ms", 0)))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_OUTAGE_TIMES);
    if (rc == JEM_OK)
        rc = own_day_put(app, false, 0, 0, "outage.noted",
            json_pack("{s:O,s:I}", "outage", json_object_get(row, "id"), "to", (json_int_t)to_ms), NULL, err);
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:O,s:I}", "outage", json_object_get(row, "id"), "to_ms", (json_int_t)to_ms), out,
            err);
    json_decref(row);
    return rc;
}

enum jem_code jem_outage_list(struct jem_app *app, json_t **out, struct jem_error *err)
{
    json_t *rows = NULL, *it;
    size_t i;
    int64_t now = jem_store_now_ms(app->store);
    int van = jem_store_role(app->store) == JEM_ROLE_HQ ? -1 : jem_store_writer(app->store);
    enum jem_code rc = jem_store_outages(app->store, van, INT64_MAX, OUTAGE_LIST, &rows, err);
    json_array_foreach(rows, i, it)
    {
        int64_t ms = jem_json_int(it, "to_ms", now) - jem_json_int(it, "from_ms", 0);
        json_object_set_new(it, "what_label", json_string(own_code_label(outage_whats, jem_json_str(it, "what", ""))));
        json_object_set_new(it, "minutes", json_integer((json_int_t)(ms / 60000)));
    }
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:O}", "outages", rows), out, err);
    json_decref(rows);
    return rc;
}

/* ---- promised times ---- */

struct span {
    int64_t from, to;
};

static int outage_span_cmp(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

static enum jem_code outage_spans(struct jem_app *app, int van, int64_t now, struct span *spans, size_t *count,
    int64_t before_ms, struct jem_error *err)
{
    json_t *rows = NULL, *it;
    size_t i;
    enum jem_code rc = jem_store_outages(app->store, van, before_ms, OUTAGE_LOOK / 2, &rows, err);
    json_array_foreach(rows, i, it)
    {
        spans[(*count)++] = (struct span){ jem_json_int(it, "from_ms", 0), jem_json_int(it, "to_ms", now) };
    }
    json_decref(rows);
    return rc;
}

enum jem_code own_outage_ms(struct jem_app *app, unsigned van, int64_t from_ms, int64_t to_ms, int64_t *out,
    struct jem_error *err)
{
    size_t count = 0;
    int64_t now = jem_store_now_ms(app->store), end = from_ms;
    struct span *spans = calloc(OUTAGE_LOOK + 2, sizeof *spans);
    *out = 0;
    if (spans == NULL)
        return jem_fail_nomem(err);
    enum jem_code rc = outage_spans(app, (int)van, now, spans, &count, to_ms, err);
    if (rc == JEM_OK && van != 0)
        rc = outage_spans(app, 0, now, spans, &count, to_ms, err);
    qsort(spans, count, sizeof *spans, outage_span_cmp);
    for (size_t i = 0; i < count; i++) {
        int64_t from = spans[i].from > end ? spans[i].from : end, to = spans[i].to < to_ms ? spans[i].to : to_ms;
        if (to > from) {
            *out += to - from;
            end = to;
        }
    }
    free(spans);
    return rc;
}

/* An outage after the promised time only counts when those before it have moved that time behind it. */
enum jem_code own_promise(struct jem_app *app, unsigned van, int64_t from_ms, int hours, int64_t *due_ms,
    int64_t *excused_ms, struct jem_error *err)
{
    enum jem_code rc = JEM_OK;
    int64_t before = -1;
    *excused_ms = 0;
    *due_ms = from_ms + (int64_t)hours * 3600 * 1000;
    for (int i = 0; rc == JEM_OK && i < OUTAGE_ROUNDS && before != *excused_ms; i++) {
        before = *excused_ms;
        rc = own_outage_ms(app, van, from_ms, from_ms + (int64_t)hours * 3600 * 1000 + before, excused_ms, err);
        *due_ms = from_ms + (int64_t)hours * 3600 * 1000 + *excused_ms;
    }
    return rc;
}
