/* show.c - one application as a record page shows it. */
#include <stdlib.h>
#include <string.h>

#include "jemput/labels.h"
#include "jemput/lookup.h"
#include "day_own.h"
#include "own.h"

struct show {
    struct jem_app *app;
    uint64_t number;
    struct jem_application a;
    struct jem_event_list events;
    const struct jem_service *service; /* NULL: not in today's catalogue */
    json_t *o;
};

static void show_put(struct show *s, const char *key, json_t *value)
{
    json_object_set_new(s->o, key, value != NULL ? value : json_null());
}

static void show_borrow(struct show *s, const char *key)
{
    json_t *value = json_object_get(s->a.state, key);
    show_put(s, key, value != NULL ? json_incref(value) : json_null());
}

const char *own_place_word(enum jem_blob_place place)
{
    static const char *const words[] = { [JEM_BLOB_NOWHERE] = "",
        [JEM_BLOB_HERE] = "here",
        [JEM_BLOB_AT_HQ] = "hq",
        [JEM_BLOB_BEFORE] = "before" };
    return words[place];
}

static enum jem_blob_place show_place(struct show *s, const char *hex)
{
    unsigned char hash[32];
    enum jem_blob_place place = JEM_BLOB_NOWHERE;
    struct jem_error ignored;
    if (!jem_unhex(hex, strlen(hex), hash, sizeof hash) ||
        jem_store_blob_place(s->app->store, hash, &place, &ignored) != JEM_OK)
        return JEM_BLOB_NOWHERE;
    return place;
}

/* ---- documents by kind ---- */

/* *previews and *have count what is here or safe at HQ; the item tells where. */
static json_t *show_document(struct show *s, const json_t *doc, int64_t *pages, int64_t *previews, bool *have)
{
    size_t i, here = 0, hq = 0, before = 0;
    json_t *page;
    const json_t *list = json_object_get(doc, "pages");
    json_array_foreach(list, i, page)
    {
        enum jem_blob_place at = show_place(s, jem_json_str(page, "preview", ""));
        here += at == JEM_BLOB_HERE;
        hq += at == JEM_BLOB_AT_HQ;
        before += at == JEM_BLOB_BEFORE;
    }
    enum jem_blob_place place = show_place(s, jem_json_str(doc, "hash", ""));
    *pages = (int64_t)json_array_size(list);
    *previews = (int64_t)(here + hq);
    *have = place == JEM_BLOB_HERE || place == JEM_BLOB_AT_HQ;
    return json_pack("{s:O,s:O,s:O,s:O,s:O,s:O,s:I,s:b,s:s,s:I,s:b,s:b}", "ordinal", json_object_get(doc, "ordinal"),
        "van", json_object_get(doc, "van"), "mime", json_object_get(doc, "mime"), "size", json_object_get(doc, "size"),
        "hash", json_object_get(doc, "hash"), "name", json_object_get(doc, "name"), "pages", (json_int_t)*pages, "have",
        (int)(place == JEM_BLOB_HERE), "at", own_place_word(place), "previews", (json_int_t)here, "previews_at_hq",
        hq > 0, "previews_before", before > 0);
}

static json_t *show_group(struct show *s, json_t *groups, const char *kind)
{
    size_t i;
    json_t *it;
    json_array_foreach(groups, i, it)
    {
        if (strcmp(jem_json_str(it, "kind", ""), kind) == 0)
            return it;
    }
    it = json_pack("{s:s,s:s,s:i,s:i,s:i,s:b,s:[]}", "kind", kind, "label", jem_label_paper(s->service, kind), "pages",
        0, "arrived", 0, "previews", 0, "complete", 1, "items");
    return json_array_append_new(groups, it) == 0 ? it : NULL;
}

static void show_count(json_t *group, const char *key, int64_t more)
{
    json_object_set_new(group, key, json_integer(jem_json_int(group, key, 0) + more));
}

static json_t *show_documents(struct show *s)
{
    json_t *groups = json_array();
    size_t i;
    json_t *doc;
    json_array_foreach(json_object_get(s->a.state, "documents"), i, doc)
    {
        int64_t pages, previews;
        bool have;
        json_t *group = show_group(s, groups, jem_json_str(doc, "kind", ""));
        json_t *item = show_document(s, doc, &pages, &previews, &have);
        if (group == NULL || item == NULL) {
            json_decref(item);
            continue;
        }
        json_array_append_new(json_object_get(group, "items"), item);
        show_count(group, "pages", pages);
        show_count(group, "previews", previews);
        show_count(group, "arrived", have ? pages : 0);
        if (!have)
            json_object_set_new(group, "complete", json_false());
    }
    return groups;
}

/* ---- the rest ---- */

static json_t *show_labels(const struct show *s)
{
    json_t *labels = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(s->a.state, "fields"), name, value)
    {
        json_object_set_new(labels, name, json_string(jem_label_field(s->service, name)));
    }
    return labels;
}

static json_t *show_timeline(const struct show *s)
{
    const struct jem_event **list = calloc(s->events.count + 1, sizeof *list);
    if (list == NULL)
        return NULL;
    for (size_t i = 0; i < s->events.count; i++)
        list[i] = &s->events.items[i];
    json_t *timeline = jem_application_timeline(s->service, list, s->events.count);
    free(list);
    return timeline;
}

static const char *show_actor(const struct show *s)
{
    for (size_t i = 0; i < s->events.count; i++)
        if (jem_event_id_cmp(&s->events.items[i].id, &s->a.submitted) == 0)
            return s->events.items[i].actor;
    return "";
}

/* Of one that began elsewhere and goes on here: by the last that was recorded here. */
static const char *show_confirmed(const struct show *s)
{
    struct jem_event_id id = s->a.submitted;
    for (size_t i = 0; s->a.submitted.seq == 0 && i < s->events.count; i++)
        if (s->events.items[i].id.writer == jem_store_writer(s->app->store))
            id = s->events.items[i].id;
    if (id.seq > 0 && jem_store_acked(s->app->store, &id, "durable"))
        return "durable";
    return id.seq > 0 && jem_store_acked(s->app->store, &id, "received") ? "confirmed" : "recorded";
}

/* Who wrote what stands in each field, and which writes those are: what a correction form must know. */
static json_t *show_written(const struct show *s)
{
    json_t *written = json_object(), *ids;
    const char *field;
    json_object_foreach(json_object_get(s->a.state, "heads"), field, ids)
    {
        struct jem_buf heads = JEM_BUF_INIT(4096);
        const struct jem_event *last = NULL;
        own_heads_text(ids, &heads);
        const char *id = json_string_value(json_array_get(ids, json_array_size(ids) - 1));
        for (size_t i = 0; i < s->events.count && last == NULL; i++) {
            char text[JEM_EVENT_ID_TEXT];
            jem_event_id_format(&s->events.items[i].id, text);
            last = id != NULL && strcmp(text, id) == 0 ? &s->events.items[i] : NULL;
        }
        json_object_set_new(written, field,
            json_pack("{s:s,s:s,s:I}", "heads", jem_buf_text(&heads), "by", last != NULL ? last->actor : "", "at_ms",
                (json_int_t)(last != NULL ? last->wall_ms : 0)));
        jem_buf_release(&heads);
    }
    return written;
}

/* Until when the promise runs, and how many hours of outages were left out (rounded up). */
static void show_promise(struct show *s)
{
    int64_t due_ms = 0, excused_ms = 0;
    if (s->service == NULL || s->service->promised_hours <= 0 || s->a.submitted.seq == 0 ||
        own_promise(s->app, jem_number_van(s->number), s->a.submitted_ms, s->service->promised_hours, &due_ms,
            &excused_ms, NULL) != JEM_OK)
        return;
    show_put(s, "due_ms", json_integer((json_int_t)due_ms));
    show_put(s, "excused_hours", json_integer((json_int_t)((excused_ms + 3599999) / 3600000)));
}

static void show_head(struct show *s)
{
    const char *id = jem_json_str(s->a.state, "service", "");
    char day[11] = "";
    if (s->a.submitted.seq > 0)
        jem_day_format(jem_day_of_unix_ms(s->a.submitted_ms), day);
    (void)own_put_number(s->o, "number", s->number);
    show_put(s, "service", json_string(id));
    show_put(s, "service_name", json_string(s->service != NULL ? jem_pair(s->service->name) : id));
    show_put(s, "agency", json_string(s->service != NULL ? jem_pair(s->service->agency_name) : ""));
    show_put(s, "status", json_string(jem_status_name(s->a.status)));
    show_put(s, "status_label", json_string(jem_label_stage(s->service, s->a.status)));
    show_put(s, "confirmed", json_string(show_confirmed(s)));
    show_put(s, "began_here", json_boolean(s->a.submitted.seq > 0));
    show_put(s, "van", json_integer((json_int_t)jem_number_van(s->number)));
    show_put(s, "day", json_string(day));
    show_put(s, "at_ms", json_integer((json_int_t)s->a.submitted_ms));
    show_put(s, "stage_ms", json_integer((json_int_t)s->a.stage_ms));
    show_put(s, "by", json_string(show_actor(s)));
    show_put(s, "promised", json_string(s->service != NULL ? jem_pair(s->service->promised) : ""));
    show_promise(s);
    show_put(s, "receipts", json_integer((json_int_t)s->a.receipts));
}

static void show_body(struct show *s)
{
    static const char *const kept[] = { "channel", "fields", "conflicts", "illegal", "duplicates", "duplicate", "apart",
        "linked", "reason", "reason_code", "warnings" };
    char qr[OWN_QR_CAP];
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        show_borrow(s, kept[i]);
    show_put(s, "written", show_written(s));
    show_put(s, "labels", show_labels(s));
    show_put(s, "documents", show_documents(s));
    json_t *kinds = own_kinds(&s->a);
    show_put(s, "missing", own_missing(s->service, kinds));
    json_decref(kinds);
    show_put(s, "timeline", show_timeline(s));
    bool ours = own_token_get(s->app, s->number, qr, NULL) == JEM_OK;
    show_put(s, "qr", ours ? json_string(qr) : json_null());
}

enum jem_code jem_show(struct jem_app *app, uint64_t number, json_t **out, struct jem_error *err)
{
    struct show s = { .app = app, .number = number };
    enum jem_code rc = own_load(app, number, &s.a, &s.events, err);
    if (rc == JEM_OK) {
        s.service = own_service_or_null(app, jem_json_str(s.a.state, "service", ""));
        s.o = json_object();
        show_head(&s);
        show_body(&s);
        rc = own_give(s.o, out, err);
    }
    jem_event_list_release(&s.events);
    jem_application_release(&s.a);
    return rc;
}
