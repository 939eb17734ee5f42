/* complaint.c - complaints and their terms (SP4N-LAPOR!). Days are those of the calendar: the stricter reading. */
#include <string.h>

#include "day_own.h"

#define COMPLAINT_LIST 200
#define COMPLAINT_FIRST_DAYS 3

static const struct {
    const char *name;
    enum jem_text label;
    int days;
} complaint_categories[] = {
    { "information", JEM_T_COMPLAINT_INFORMATION, 5 },
    { "desk", JEM_T_COMPLAINT_DESK, 14 },
    { "field", JEM_T_COMPLAINT_FIELD, 60 },
};
static const struct day_code complaint_codes[] = {
    { "information", JEM_T_COMPLAINT_INFORMATION },
    { "desk", JEM_T_COMPLAINT_DESK },
    { "field", JEM_T_COMPLAINT_FIELD },
    { NULL, JEM_T_NONE },
};
static const struct day_code complaint_channels[] = {
    { "van", JEM_T_CHANNEL_VAN },
    { "office", JEM_T_CHANNEL_OFFICE },
    { "phone", JEM_T_CHANNEL_PHONE },
    { "online", JEM_T_CHANNEL_ONLINE },
    { "village", JEM_T_CHANNEL_VILLAGE },
    { "lapor", JEM_T_CHANNEL_LAPOR },
    { NULL, JEM_T_NONE },
};

static int64_t complaint_due(const char *category, int64_t at_ms)
{
    for (size_t i = 0; i < sizeof complaint_categories / sizeof *complaint_categories; i++)
        if (strcmp(complaint_categories[i].name, category) == 0)
            return at_ms + complaint_categories[i].days * DAY_MS;
    return at_ms + 14 * DAY_MS;
}

enum jem_code jem_complaint_file(struct jem_app *app, const struct jem_complaint_in *in, json_t **out,
    struct jem_error *err)
{
    char id[JEM_EVENT_ID_TEXT];
    struct jem_application a = { 0 };
    json_t *body = json_object();
    const char *channel = in->channel != NULL ? in->channel : "van";
    enum jem_code rc = own_code_check(complaint_channels, channel, err);
    if (rc == JEM_OK)
        rc = own_code_check(complaint_codes, in->category, err);
    if (rc == JEM_OK && in->number != 0)
        rc = own_load(app, in->number, &a, NULL, err);
    jem_application_release(&a);
    if (rc == JEM_OK)
        rc = own_day_text(body, "text", in->text, true, err);
    if (rc == JEM_OK)
        rc = own_day_text(body, "name", in->name, false, err);
    if (rc == JEM_OK)
        rc = own_day_text(body, "contact", in->contact, false, err);
    if (rc == JEM_OK) {
        json_object_set_new(body, "channel", json_string(channel));
        json_object_set_new(body, "category", json_string(in->category));
        uint16_t lane = in->number != 0 ? own_lane(app, in->number) : 0;
        rc = own_day_put(app, false, lane, in->number, "complaint.filed", json_incref(body), id, err);
    }
    json_decref(body);
    if (rc != JEM_OK)
        return rc;
    int64_t now = jem_store_now_ms(app->store);
    return own_give(json_pack("{s:s,s:I,s:I}", "complaint", id, "first_due_ms",
                        (json_int_t)(now + COMPLAINT_FIRST_DAYS * DAY_MS), "due_ms",
                        (json_int_t)complaint_due(in->category, now)),
        out, err);
}

enum jem_code jem_complaint_answer(struct jem_app *app, const char *id, const char *text, bool closes, json_t **out,
    struct jem_error *err)
{
    json_t *rows = NULL, *body = NULL;
    struct jem_event_id of = { .seq = 0 };
    enum jem_code rc = jem_store_complaints(app->store, false, 0, id, 1, &rows, err);
    uint64_t number = (uint64_t)jem_json_int(json_array_get(rows, 0), "number", 0);
    if (rc == JEM_OK && (json_array_size(rows) == 0 || !jem_event_id_parse(id, &of)))
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_COMPLAINT_NONE);
    if (rc == JEM_OK && jem_json_int(json_array_get(rows, 0), "closed_ms", 0) > 0)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_COMPLAINT_CLOSED);
    json_decref(rows);
    if (rc == JEM_OK) {
        body = json_pack("{s:s,s:b}", "complaint", id, "closes", (int)closes);
        rc = own_day_text(body, "text", text, true, err);
    }
    /* To the van that has to tell it. */
    uint16_t lane = jem_store_role(app->store) == JEM_ROLE_HQ ? (of.writer != 0 ? of.writer : of.lane) : 0;
    if (rc == JEM_OK)
        rc = own_day_put(app, false, lane, number, "complaint.answered", json_incref(body), NULL, err);
    json_decref(body);
    return rc == JEM_OK ? own_give(json_pack("{s:s,s:b}", "complaint", id, "closes", (int)closes), out, err) : rc;
}

static enum jem_code complaint_dress(struct jem_app *app, json_t *row, bool *late, struct jem_error *err)
{
    json_t *answers = NULL;
    int64_t now = jem_store_now_ms(app->store), at = jem_json_int(row, "at_ms", 0);
    int64_t first_due = at + COMPLAINT_FIRST_DAYS * DAY_MS;
    int64_t due = complaint_due(jem_json_str(row, "category", ""), at);
    int64_t first = jem_json_int(row, "first_ms", now), closed = jem_json_int(row, "closed_ms", now);
    uint64_t number = (uint64_t)jem_json_int(row, "number", 0);
    enum jem_code rc = jem_store_answers(app->store, jem_json_str(row, "id", ""), &answers, err);
    if (rc != JEM_OK)
        return rc;
    json_object_set_new(row, "answers", answers);
    if (number != 0)
        (void)own_put_number(row, "number", number);
    else
        json_object_set_new(row, "number", json_string(""));
    json_object_set_new(row, "category_label",
        json_string(own_code_label(complaint_codes, jem_json_str(row, "category", ""))));
    json_object_set_new(row, "channel_label",
        json_string(own_code_label(complaint_channels, jem_json_str(row, "channel", ""))));
    json_object_set_new(row, "first_due_ms", json_integer((json_int_t)first_due));
    json_object_set_new(row, "due_ms", json_integer((json_int_t)due));
    json_object_set_new(row, "late_first", json_boolean(first > first_due));
    json_object_set_new(row, "late", json_boolean(closed > due));
    *late = first > first_due || closed > due;
    return JEM_OK;
}

enum jem_code jem_complaint_list(struct jem_app *app, bool open, const char *id, json_t **out, struct jem_error *err)
{
    json_t *rows = NULL, *it;
    size_t i;
    json_int_t opened = 0, lates = 0;
    enum jem_code rc = jem_store_complaints(app->store, open, 0, id, COMPLAINT_LIST, &rows, err);
    if (rc == JEM_OK && id != NULL && json_array_size(rows) == 0)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_COMPLAINT_NONE);
    json_array_foreach(rows, i, it)
    {
        bool late = false, closed = jem_json_int(it, "closed_ms", 0) > 0;
        if (rc == JEM_OK)
            rc = complaint_dress(app, it, &late, err);
        opened += !closed;
        lates += late && !closed;
    }
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:O,s:I,s:I}", "complaints", rows, "open", opened, "late", lates), out, err);
    json_decref(rows);
    return rc;
}
