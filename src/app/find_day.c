/* find_day.c - search beyond applications: complaints, visits, today's tickets. A van has hundreds of these a year, a regency some
 * thousands: they are looked through as they are. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "day_own.h"

#define FIND_LOOK 5000
#define FIND_WORDS 8

struct needle {
    char text[304];
    const char *words[FIND_WORDS];
    size_t count;
};

static void find_lower(char *text)
{
    for (; *text; text++)
        *text = (char)tolower((unsigned char)*text);
}

static void needle_set(struct needle *n, const char *text)
{
    char *rest = NULL;
    size_t len = strnlen(text, sizeof n->text - 1);
    memcpy(n->text, text, len);
    n->text[len] = '\0';
    find_lower(n->text);
    n->count = 0;
    for (char *w = strtok_r(n->text, " \t", &rest); w != NULL && n->count < FIND_WORDS;
         w = strtok_r(NULL, " \t", &rest))
        n->words[n->count++] = w;
}

/* Every word stands in one of the row's members. */
static bool find_in(const struct needle *n, const json_t *row, const char *const *members)
{
    bool all = n->count > 0;
    struct jem_buf hay = JEM_BUF_INIT(8192);
    for (; *members != NULL; members++)
        jem_buf_fmt(&hay, "%s\n", jem_json_str(row, *members, ""));
    if (hay.failed || hay.data == NULL) {
        jem_buf_release(&hay);
        return false;
    }
    find_lower((char *)hay.data);
    for (size_t i = 0; i < n->count; i++)
        all = all && strstr((char *)hay.data, n->words[i]) != NULL;
    jem_buf_release(&hay);
    return all;
}

static enum jem_code find_complaints(struct jem_app *app, const struct needle *n, unsigned limit, json_t *out,
    struct jem_error *err)
{
    static const char *const members[] = { "text", "name", "contact", NULL };
    json_t *rows = NULL, *it, *one = NULL;
    size_t i;
    enum jem_code rc = jem_store_complaints(app->store, false, 0, NULL, FIND_LOOK, &rows, err);
    json_array_foreach(rows, i, it)
    {
        if (rc != JEM_OK || json_array_size(out) >= limit || !find_in(n, it, members))
            continue;
        rc = jem_complaint_list(app, false, jem_json_str(it, "id", ""), &one, err);
        if (rc == JEM_OK)
            json_array_extend(out, json_object_get(one, "complaints"));
        json_decref(one);
        one = NULL;
    }
    json_decref(rows);
    return rc;
}

/* Those that were, and those that are planned. */
static enum jem_code find_visits(struct jem_app *app, const struct needle *n, unsigned limit, json_t *out,
    struct jem_error *err)
{
    static const char *const members[] = { "village_name", "village", "place", "team", "note", NULL };
    json_t *rows = NULL, *plans = NULL, *it;
    size_t i;
    int van = jem_store_role(app->store) == JEM_ROLE_HQ ? -1 : jem_store_writer(app->store);
    enum jem_code rc = jem_store_visits(app->store, van, false, FIND_LOOK, &rows, err);
    if (rc == JEM_OK)
        rc = jem_visit_list(app, &plans, err);
    json_array_extend(rows, json_object_get(plans, "plans"));
    json_array_foreach(rows, i, it)
    {
        own_village_name(it);
        if (json_array_size(out) < limit && find_in(n, it, members))
            json_array_append(out, it);
    }
    json_decref(plans);
    json_decref(rows);
    return rc;
}

/* "12", "012", or the code of a ticket. */
static enum jem_code find_tickets(struct jem_app *app, const char *text, json_t *out, struct jem_error *err)
{
    json_t *o = NULL, *it;
    size_t i, digits = strspn(text, "0123456789");
    unsigned number = 0;
    if (digits > 0 && digits <= 4 && text[digits] == '\0')
        number = (unsigned)strtoul(text, NULL, 10);
    else if (!jem_queue_code_parse(app, text, &number))
        return JEM_OK;
    enum jem_code rc = jem_queue_list(app, -1, INT32_MIN, &o, err);
    json_array_foreach(json_object_get(o, "tickets"), i, it)
    {
        if (jem_json_int(it, "number", 0) == (json_int_t)number)
            json_array_append(out, it);
    }
    json_decref(o);
    return rc;
}

enum jem_code jem_day_find(struct jem_app *app, const char *text, unsigned limit, json_t **out, struct jem_error *err)
{
    struct needle n;
    json_t *o = json_pack("{s:[],s:[],s:[]}", "complaints", "visits", "tickets");
    if (o == NULL)
        return jem_fail_nomem(err);
    needle_set(&n, text);
    enum jem_code rc = find_complaints(app, &n, limit, json_object_get(o, "complaints"), err);
    if (rc == JEM_OK)
        rc = find_visits(app, &n, limit, json_object_get(o, "visits"), err);
    if (rc == JEM_OK)
        rc = find_tickets(app, text, json_object_get(o, "tickets"), err);
    if (rc == JEM_OK)
        return own_give(o, out, err);
    json_decref(o);
    return rc;
}
