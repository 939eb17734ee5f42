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

/* ---- photos ---- */

/* Photos that were looked at and are not recorded yet. */
struct outage_shots {
    struct own_document docs[JEM_OUTAGE_PHOTOS_MAX];
    size_t count;
};

static enum jem_code shots_look(const struct jem_outage_photos *photos, struct outage_shots *out, struct jem_error *err)
{
    enum jem_code rc = JEM_OK;
    size_t count = photos != NULL ? photos->count : 0;
    if (count > JEM_OUTAGE_PHOTOS_MAX)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_OUTAGE_PHOTOS_MANY, JEM_OUTAGE_PHOTOS_MAX);
    while (rc == JEM_OK && out->count < count) {
        struct jem_attachment in = photos->items[out->count];
        in.kind = "lain"; /* which no body of an outage says */
        in.photo = false;
        in.scene = true;
        rc = own_document_prepare(NULL, &in, &out->docs[out->count], err);
        out->count += rc == JEM_OK;
    }
    return rc;
}

static void shots_release(struct outage_shots *s)
{
    for (size_t i = 0; i < s->count; i++)
        own_document_release(&s->docs[i]);
    free(s);
}

static bool shots_has(const json_t *rows, const char *hex)
{
    size_t i;
    const json_t *it;
    json_array_foreach((json_t *)(uintptr_t)rows, i, it)
    {
        if (strcmp(jem_json_str(it, "hash", ""), hex) == 0)
            return true;
    }
    return false;
}

/* One event a photo, in the open unit; *all becomes how many the outage has. */
static enum jem_code shots_record(struct jem_app *app, const char *id, const struct outage_shots *s, size_t *all,
    struct jem_error *err)
{
    json_t *rows = NULL;
    enum jem_code rc = jem_store_outage_photos(app->store, id, &rows, err);
    *all = json_array_size(rows) + s->count;
    if (rc == JEM_OK && *all > JEM_OUTAGE_PHOTOS_MAX)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_OUTAGE_PHOTOS_MANY, JEM_OUTAGE_PHOTOS_MAX);
    for (size_t i = 0; rc == JEM_OK && i < s->count; i++) {
        char hex[65];
        jem_hex(s->docs[i].hash, 32, hex);
        json_t *body = json_pack("{s:s}", "outage", id);
        rc = shots_has(rows, hex) ? jem_fail(err, JEM_EEXISTS, JEM_D_APP, 0, JEM_T_OUTAGE_PHOTO_TWICE)
                                  : own_document_keep(app, &s->docs[i], body, err);
        if (rc == JEM_OK && json_array_append_new(rows, json_pack("{s:s}", "hash", hex)) != 0)
            rc = jem_fail_nomem(err);
        if (rc == JEM_OK)
            rc = own_day_put(app, true, 0, 0, "outage.photographed", json_incref(body), NULL, err);
        json_decref(body);
    }
    json_decref(rows);
    return rc;
}

enum jem_code jem_outage_note(struct jem_app *app, const char *what, int64_t from_ms, int64_t to_ms, const char *note,
    const struct jem_outage_photos *photos, json_t **out, struct jem_error *err)
{
    char id[JEM_EVENT_ID_TEXT] = "";
    size_t all = 0;
    int64_t now = jem_store_now_ms(app->store);
    enum jem_code rc = own_code_check(outage_whats, what, err);
    if (rc == JEM_OK && (from_ms <= 0 || from_ms > now || to_ms > now || (to_ms != 0 && to_ms < from_ms)))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_OUTAGE_TIMES);
    if (rc != JEM_OK)
        return rc;
    json_t *body = json_pack("{s:s,s:I}", "what", what, "from", (json_int_t)from_ms);
    if (to_ms != 0)
        json_object_set_new(body, "to", json_integer((json_int_t)to_ms));
    struct outage_shots *s = calloc(1, sizeof *s);
    rc = s == NULL ? jem_fail_nomem(err) : own_may_write(app, err);
    if (rc == JEM_OK)
        rc = own_day_text(body, "note", note, false, err);
    if (rc == JEM_OK)
        rc = shots_look(photos, s, err);
    if (rc == JEM_OK)
        rc = jem_store_begin(app->store, err);
    if (rc == JEM_OK) {
        rc = own_day_put(app, true, 0, 0, "outage.noted", json_incref(body), id, err);
        if (rc == JEM_OK)
            rc = shots_record(app, id, s, &all, err);
        if (rc == JEM_OK)
            rc = jem_store_commit(app->store, err);
        if (rc != JEM_OK)
            jem_store_rollback(app->store);
    }
    json_decref(body);
    if (s != NULL)
        shots_release(s);
    return rc == JEM_OK ? own_give(json_pack("{s:s,s:I}", "outage", id, "photos", (json_int_t)all), out, err) : rc;
}

/* JEM_ENOTFOUND: this store did not note it, or not among its last OUTAGE_LIST. */
static enum jem_code outage_ours(struct jem_app *app, const char *id, struct jem_error *err)
{
    json_t *rows = NULL, *it;
    size_t i;
    bool found = false;
    enum jem_code rc = jem_store_outages(app->store, jem_store_writer(app->store), INT64_MAX, OUTAGE_LIST, &rows, err);
    json_array_foreach(rows, i, it)
    {
        found = found || strcmp(jem_json_str(it, "id", ""), id) == 0;
    }
    json_decref(rows);
    return rc != JEM_OK || found ? rc : jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_OUTAGE_UNKNOWN);
}

enum jem_code jem_outage_attach(struct jem_app *app, const char *id, const struct jem_outage_photos *photos,
    json_t **out, struct jem_error *err)
{
    size_t all = 0;
    struct outage_shots *s = calloc(1, sizeof *s);
    enum jem_code rc = s == NULL ? jem_fail_nomem(err) : own_may_write(app, err);
    if (rc == JEM_OK)
        rc = outage_ours(app, id, err);
    if (rc == JEM_OK && photos->count == 0)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DOCUMENT_NO_PHOTO);
    if (rc == JEM_OK)
        rc = shots_look(photos, s, err);
    if (rc == JEM_OK)
        rc = jem_store_begin(app->store, err);
    if (rc == JEM_OK) {
        rc = shots_record(app, id, s, &all, err);
        if (rc == JEM_OK)
            rc = jem_store_commit(app->store, err);
        if (rc != JEM_OK)
            jem_store_rollback(app->store);
    }
    if (s != NULL)
        shots_release(s);
    return rc == JEM_OK ? own_give(json_pack("{s:s,s:I}", "outage", id, "photos", (json_int_t)all), out, err) : rc;
}

/* NOWHERE for a hash that is none. */
static enum jem_blob_place photo_place(struct jem_app *app, const json_t *photo, const char *member,
    unsigned char hash[32])
{
    struct jem_error ignored;
    enum jem_blob_place place = JEM_BLOB_NOWHERE;
    const char *hex = jem_json_str(photo, member, "");
    if (!jem_unhex(hex, strlen(hex), hash, 32) || jem_store_blob_place(app->store, hash, &place, &ignored) != JEM_OK)
        return JEM_BLOB_NOWHERE;
    return place;
}

enum jem_code jem_outage_photo(struct jem_app *app, const char *id, unsigned n, bool preview, struct jem_buf *out,
    const char **mime, struct jem_error *err)
{
    json_t *rows = NULL;
    unsigned char hash[32];
    enum jem_code rc = jem_store_outage_photos(app->store, id, &rows, err);
    const json_t *photo = n > 0 ? json_array_get(rows, n - 1) : NULL;
    if (rc == JEM_OK && photo == NULL)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_OUTAGE_PHOTO_NONE, n);
    if (rc == JEM_OK) {
        enum jem_blob_place place = photo_place(app, photo, preview ? "preview" : "hash", hash);
        if (place != JEM_BLOB_HERE)
            rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0,
                place == JEM_BLOB_AT_HQ ? JEM_T_OUTAGE_PHOTO_AT_HQ : JEM_T_OUTAGE_PHOTO_LATER, n);
    }
    if (rc == JEM_OK) {
        bool png = !preview && strcmp(jem_json_str(photo, "mime", ""), jem_mime_name(JEM_MIME_PNG)) == 0;
        *mime = jem_mime_name(png ? JEM_MIME_PNG : JEM_MIME_JPEG);
        rc = jem_store_blob_get(app->store, hash, out, err);
    }
    json_decref(rows);
    return rc;
}

static enum jem_code outage_photos(struct jem_app *app, json_t *outage, struct jem_error *err)
{
    json_t *rows = NULL, *it;
    size_t i;
    unsigned char hash[32];
    enum jem_code rc = jem_store_outage_photos(app->store, jem_json_str(outage, "id", ""), &rows, err);
    json_array_foreach(rows, i, it)
    {
        json_object_set_new(it, "at", json_string(own_place_word(photo_place(app, it, "hash", hash))));
        json_object_set_new(it, "preview_here", json_boolean(photo_place(app, it, "preview", hash) == JEM_BLOB_HERE));
    }
    if (rc == JEM_OK)
        json_object_set_new(outage, "photos", rows);
    return rc;
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
        if (rc == JEM_OK)
            rc = outage_photos(app, it, err);
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
