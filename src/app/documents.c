/* documents.c - pictures and PDFs that belong to an application: looked at before anything is written, then stored
 * with their previews in the same unit as the event that names them by hash. */
#include <stdlib.h>
#include <string.h>

#include "jemput/file.h"
#include "jemput/lookup.h"
#include "jemput/photo.h"
#include "jemput/tray_store.h"
#include "own.h"

#define DOCUMENT_OTHER "lain" /* a paper that no requirement asks for */

/* ---- looking ---- */

static size_t document_requirements(const struct jem_service *service)
{
    return service != NULL ? service->requirement_count : 0;
}

static bool document_kind_known(const struct jem_service *service, const char *kind)
{
    for (size_t i = 0; i < document_requirements(service); i++)
        if (strcmp(service->requirements[i].kind, kind) == 0)
            return true;
    return strcmp(kind, DOCUMENT_OTHER) == 0;
}

enum jem_code own_document_kind(const struct jem_service *service, const char *kind, char out[33],
    struct jem_error *err)
{
    if (kind != NULL && strlen(kind) < 33 && document_kind_known(service, kind)) {
        memcpy(out, kind, strlen(kind) + 1);
        return JEM_OK;
    }
    struct jem_buf kinds = JEM_BUF_INIT(180);
    for (size_t i = 0; i < document_requirements(service); i++)
        jem_buf_fmt(&kinds, "%s%s", i > 0 ? ", " : "", service->requirements[i].kind);
    jem_buf_fmt(&kinds, "%s" DOCUMENT_OTHER, kinds.len > 0 ? ", " : "");
    enum jem_code rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DOCUMENT_KIND, jem_buf_text(&kinds));
    jem_buf_release(&kinds);
    return rc;
}

/* The last part of the path, cut between characters; nothing when it is not UTF-8. */
static void document_name(const char *name, char *out, size_t cap)
{
    const char *slash = name != NULL ? strrchr(name, '/') : NULL;
    const char *base = slash != NULL ? slash + 1 : name != NULL ? name : "";
    size_t n = strnlen(base, cap - 1);
    while (n > 0 && n == cap - 1 && ((unsigned char)base[n] & 0xc0) == 0x80)
        n--;
    json_t *text = json_stringn(base, n);
    out[0] = '\0';
    if (text != NULL && strspn(base, "\t\r\n") == 0) {
        memcpy(out, base, n);
        out[n] = '\0';
    }
    json_decref(text);
}

/* A camera's picture becomes a page: what the kind asks for of colour, cut where the paper's edges are seen. */
static enum jem_code document_photo(const struct jem_service *service, struct own_document *out, struct jem_error *err)
{
    struct jem_sheet_settings settings = { .shape = JEM_SHEET_ANY, .colour = JEM_COLOUR_GRAY, .camera = true };
    struct jem_buf upright = JEM_BUF_INIT(JEM_DOCUMENT_MAX_BYTES);
    for (size_t i = 0; i < document_requirements(service); i++) {
        const struct jem_requirement *r = &service->requirements[i];
        if (strcmp(r->kind, out->kind) == 0 && r->colour != NULL && !jem_scan_colour_parse(r->colour, &settings.colour))
            settings.colour = JEM_COLOUR_GRAY;
    }
    enum jem_code rc = jem_photo_upright(out->bytes, out->size, JEM_PHOTO_LONG_EDGE_PX, &upright, err);
    if (rc == JEM_OK)
        rc = jem_sheet_process(&settings, upright.data, upright.len, &out->sheet, err);
    jem_buf_release(&upright);
    if (rc != JEM_OK)
        return rc;
    out->bytes = out->sheet.jpeg;
    out->size = out->sheet.jpeg_len;
    return JEM_OK;
}

/* A picture of a place or a person is not cut. */
static enum jem_code document_scene(struct own_document *out, struct jem_error *err)
{
    struct jem_buf upright = JEM_BUF_INIT(JEM_DOCUMENT_MAX_BYTES);
    const unsigned char *p = out->bytes;
    if (out->size < 2 || p[0] != 0xff || p[1] != 0xd8)
        return JEM_OK;
    enum jem_code rc = jem_photo_upright(out->bytes, out->size, JEM_PHOTO_SCENE_EDGE_PX, &upright, err);
    if (rc != JEM_OK) {
        jem_buf_release(&upright);
        return rc;
    }
    jem_buf_release(&out->file);
    out->file = upright;
    out->bytes = out->file.data;
    out->size = out->file.len;
    return JEM_OK;
}

enum jem_code own_document_prepare(const struct jem_service *service, const struct jem_attachment *in,
    struct own_document *out, struct jem_error *err)
{
    memset(out, 0, sizeof *out);
    out->file = JEM_BUF_INIT(JEM_DOCUMENT_MAX_BYTES + 1);
    enum jem_code rc = own_document_kind(service, in->kind, out->kind, err);
    if (rc != JEM_OK)
        return rc;
    const char *name = in->name != NULL ? in->name : in->path;
    out->bytes = in->bytes;
    out->size = in->size;
    if (in->path != NULL) {
        rc = jem_file_read(in->path, JEM_DOCUMENT_MAX_BYTES, &out->file, err);
        if (rc == JEM_EINVAL)
            rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DOCUMENT_TOO_LARGE, (int)(JEM_DOCUMENT_MAX_BYTES >> 20));
        out->bytes = out->file.data;
        out->size = out->file.len;
    }
    document_name(name, out->name, sizeof out->name);
    if (rc == JEM_OK && in->photo && out->size <= JEM_DOCUMENT_MAX_BYTES && jem_photo_is(out->bytes, out->size))
        rc = document_photo(service, out, err);
    if (rc == JEM_OK && in->scene && out->size <= JEM_DOCUMENT_MAX_BYTES)
        rc = document_scene(out, err);
    if (rc == JEM_OK)
        rc = jem_document_look(out->bytes, out->size, name, &out->view, err);
    if (rc == JEM_OK && in->scene && out->view.mime == JEM_MIME_PDF)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DOCUMENT_NO_PHOTO);
    if (rc == JEM_OK)
        jem_hash(out->bytes, out->size, out->hash);
    else
        own_document_release(out);
    if (rc == JEM_OK && in->preview != NULL && out->view.pages == 1) {
        out->preview = in->preview;
        out->preview_size = in->preview_size;
    } else if (rc == JEM_OK && out->sheet.preview != NULL) {
        out->preview = out->sheet.preview;
        out->preview_size = out->sheet.preview_len;
    }
    return rc;
}

void own_document_release(struct own_document *doc)
{
    if (doc == NULL)
        return;
    jem_document_view_release(&doc->view);
    jem_sheet_release(&doc->sheet);
    jem_buf_release(&doc->file);
    doc->bytes = NULL;
    doc->size = 0;
}

/* ---- recording ---- */

static enum jem_code document_previews(struct jem_app *app, const struct own_document *doc, json_t *pages,
    struct jem_error *err)
{
    enum jem_code rc = JEM_OK;
    for (unsigned i = 0; i < doc->view.pages && rc == JEM_OK; i++) {
        const void *preview = doc->preview != NULL ? doc->preview : doc->view.previews[i].jpeg;
        size_t size = doc->preview != NULL ? doc->preview_size : doc->view.previews[i].len;
        unsigned char hash[32];
        char hex[65];
        jem_hash(preview, size, hash);
        jem_hex(hash, 32, hex);
        rc = jem_store_blob_put(app->store, hash, JEM_BLOB_PREVIEW, preview, size, err);
        json_t *page = json_pack("{s:s,s:I}", "preview", hex, "size", (json_int_t)size);
        if (rc == JEM_OK && json_array_append_new(pages, page) != 0)
            rc = jem_fail_nomem(err);
    }
    return rc;
}

enum jem_code own_document_keep(struct jem_app *app, const struct own_document *doc, json_t *body,
    struct jem_error *err)
{
    char hex[65];
    json_t *pages = json_array();
    jem_hex(doc->hash, 32, hex);
    enum jem_code rc = document_previews(app, doc, pages, err);
    if (rc == JEM_OK)
        rc = jem_store_blob_put(app->store, doc->hash, JEM_BLOB_ORIGINAL, doc->bytes, doc->size, err);
    json_t *bytes = json_pack("{s:s,s:I,s:s,s:O}", "mime", jem_mime_name(doc->view.mime), "size", (json_int_t)doc->size,
        "hash", hex, "pages", pages);
    if (rc == JEM_OK && (bytes == NULL || json_object_update(body, bytes) != 0 ||
                            (*doc->name && json_object_set_new(body, "name", json_string(doc->name)) != 0)))
        rc = jem_fail_nomem(err);
    json_decref(bytes);
    json_decref(pages);
    return rc;
}

enum jem_code own_document_record(struct jem_app *app, uint64_t number, unsigned ordinal,
    const struct own_document *doc, struct jem_error *err)
{
    json_t *body = json_pack("{s:i,s:s}", "ordinal", (int)ordinal, "kind", doc->kind);
    enum jem_code rc = own_document_keep(app, doc, body, err);
    if (rc == JEM_OK)
        rc = jem_store_append(app->store, own_lane(app, number), number, "document.attached", body, app->user, NULL,
            err);
    json_decref(body);
    return rc;
}

/* An ordinal is never used twice by a writer, also when its document was taken out again. */
static unsigned document_next(const struct jem_app *app, const struct jem_event_list *events)
{
    int writer = jem_store_writer(app->store);
    int64_t last = 0;
    for (size_t i = 0; i < events->count; i++) {
        const struct jem_event *e = &events->items[i];
        json_t *body = NULL;
        if (e->id.writer != writer || strcmp(e->kind, "document.attached") != 0 || e->body == NULL)
            continue;
        if (jem_json_parse(e->body, e->body_len, e->kind, &body, NULL) == JEM_OK) {
            int64_t ordinal = jem_json_int(body, "ordinal", 0);
            last = ordinal > last ? ordinal : last;
        }
        json_decref(body);
    }
    return (unsigned)last + 1;
}

enum jem_code own_document_room(const struct jem_application *a, struct jem_error *err)
{
    enum jem_code rc = own_open(a, err);
    if (rc == JEM_OK && a->documents >= OWN_DOCUMENTS_MAX)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DOCUMENT_MANY, OWN_DOCUMENTS_MAX);
    return rc;
}

/* The application may take documents, and has not this one already. */
static enum jem_code document_welcome(const struct jem_application *a, const struct own_document *doc,
    struct jem_error *err)
{
    char hex[65];
    size_t i;
    json_t *it;
    enum jem_code rc = own_document_room(a, err);
    if (rc != JEM_OK)
        return rc;
    jem_hex(doc->hash, 32, hex);
    json_array_foreach(json_object_get(a->state, "documents"), i, it)
    {
        if (strcmp(jem_json_str(it, "hash", ""), hex) == 0 && strcmp(jem_json_str(it, "kind", ""), doc->kind) == 0)
            return jem_fail(err, JEM_EEXISTS, JEM_D_APP, 0, JEM_T_DOCUMENT_TWICE, doc->kind,
                (int)jem_json_int(it, "ordinal", 0));
    }
    return JEM_OK;
}

static json_t *document_result(uint64_t number, unsigned ordinal, const struct own_document *doc)
{
    char hex[65];
    jem_hex(doc->hash, 32, hex);
    json_t *o = json_pack("{s:s,s:i,s:i,s:I,s:s,s:s}", "kind", doc->kind, "ordinal", (int)ordinal, "pages",
        (int)doc->view.pages, "size", (json_int_t)doc->size, "hash", hex, "mime", jem_mime_name(doc->view.mime));
    if (o != NULL)
        (void)own_put_number(o, "number", number);
    return o;
}

enum jem_code own_document_attach(struct jem_app *app, uint64_t number, const struct own_document *doc,
    int64_t tray_page, json_t **out, struct jem_error *err)
{
    struct jem_application a = { 0 };
    struct jem_event_list events = { 0 };
    unsigned ordinal = 0;
    enum jem_code rc = jem_store_begin(app->store, err);
    if (rc != JEM_OK)
        return rc;
    rc = own_load(app, number, &a, &events, err);
    if (rc == JEM_OK)
        rc = document_welcome(&a, doc, err);
    if (rc == JEM_OK) {
        ordinal = document_next(app, &events);
        rc = own_document_record(app, number, ordinal, doc, err);
    }
    if (rc == JEM_OK && tray_page != 0)
        rc = jem_store_tray_drop(app->store, tray_page, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc == JEM_OK)
        rc = own_give(document_result(number, ordinal, doc), out, err);
    else
        jem_store_rollback(app->store);
    jem_event_list_release(&events);
    jem_application_release(&a);
    return rc;
}

enum jem_code jem_attach(struct jem_app *app, uint64_t number, const struct jem_attachment *in, json_t **out,
    struct jem_error *err)
{
    struct jem_application a = { 0 };
    struct own_document doc = { .bytes = NULL };
    const struct jem_service *service = NULL;
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = own_load(app, number, &a, NULL, err);
    if (rc == JEM_OK)
        rc = own_service(app, &a, &service, err);
    if (rc == JEM_OK)
        rc = own_document_prepare(service, in, &doc, err);
    if (rc == JEM_OK)
        rc = own_document_attach(app, number, &doc, 0, out, err);
    own_document_release(&doc);
    jem_application_release(&a);
    return rc;
}

/* The document of that ordinal: ours first, then the one of the van that took the application. */
static const json_t *document_find(const struct jem_application *a, int writer, unsigned ordinal)
{
    const json_t *found = NULL;
    size_t i;
    json_t *it;
    json_array_foreach(json_object_get(a->state, "documents"), i, it)
    {
        if (jem_json_int(it, "ordinal", -1) != (int64_t)ordinal)
            continue;
        int64_t van = jem_json_int(it, "van", -1);
        if (van == writer || (found == NULL && van == (int64_t)jem_number_van(a->number)))
            found = it;
    }
    return found;
}

static enum jem_code document_remove(struct jem_app *app, const struct jem_application *a, unsigned ordinal,
    const char *reason, struct jem_error *err)
{
    const json_t *doc = document_find(a, jem_store_writer(app->store), ordinal);
    if (doc == NULL)
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_DOCUMENT_NO_ORDINAL, ordinal);
    enum jem_code rc = own_open(a, err);
    if (rc != JEM_OK)
        return rc;
    json_t *body = json_pack("{s:s,s:s}", "document", jem_json_str(doc, "event", ""), "reason", reason);
    rc = jem_store_append(app->store, own_lane(app, a->number), a->number, "document.removed", body, app->user, NULL,
        err);
    json_decref(body);
    return rc;
}

enum jem_code jem_document_remove(struct jem_app *app, uint64_t number, unsigned ordinal, const char *reason,
    json_t **out, struct jem_error *err)
{
    struct jem_application a = { 0 };
    char why[OWN_REASON_MAX + 1];
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = own_reason(reason, true, why, err);
    if (rc == JEM_OK)
        rc = jem_store_begin(app->store, err);
    if (rc != JEM_OK)
        return rc;
    rc = own_load(app, number, &a, NULL, err);
    if (rc == JEM_OK)
        rc = document_remove(app, &a, ordinal, why, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    jem_application_release(&a);
    if (rc != JEM_OK) {
        jem_store_rollback(app->store);
        return rc;
    }
    json_t *o = json_pack("{s:i}", "ordinal", (int)ordinal);
    if (o != NULL)
        (void)own_put_number(o, "number", number);
    return own_give(o, out, err);
}

/* ---- reading ---- */

static const char *document_mime(const char *mime)
{
    static const enum jem_mime known[] = { JEM_MIME_JPEG, JEM_MIME_PNG, JEM_MIME_PDF };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(jem_mime_name(known[i]), mime) == 0)
            return jem_mime_name(known[i]);
    return "application/octet-stream";
}

enum jem_code jem_document_bytes(struct jem_app *app, uint64_t number, unsigned van, unsigned ordinal, unsigned page,
    struct jem_buf *out, const char **mime, struct jem_error *err)
{
    struct jem_application a = { 0 };
    const json_t *doc = NULL, *it;
    size_t i;
    unsigned char hash[32];
    enum jem_blob_place place = JEM_BLOB_NOWHERE;
    enum jem_code rc = own_load(app, number, &a, NULL, err);
    if (rc != JEM_OK)
        return rc;
    json_array_foreach(json_object_get(a.state, "documents"), i, it)
    {
        if (jem_json_int(it, "ordinal", -1) == (int64_t)ordinal && jem_json_int(it, "van", -1) == (int64_t)van)
            doc = it;
    }
    const json_t *pages = json_object_get(doc, "pages");
    const char *hex =
        page == 0 ? jem_json_str(doc, "hash", "") : jem_json_str(json_array_get(pages, page - 1), "preview", "");
    *mime = page == 0 ? document_mime(jem_json_str(doc, "mime", "")) : jem_mime_name(JEM_MIME_JPEG);
    if (doc == NULL)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_DOCUMENT_NO_ORDINAL, ordinal);
    else if (page > json_array_size(pages))
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_DOCUMENT_NO_PAGE, page, (int)json_array_size(pages));
    else if (!jem_unhex(hex, strlen(hex), hash, sizeof hash))
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_DOCUMENT_NOT_HERE, ordinal);
    else
        rc = jem_store_blob_place(app->store, hash, &place, err);
    if (rc == JEM_OK && place != JEM_BLOB_HERE)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0,
            place == JEM_BLOB_AT_HQ    ? JEM_T_DOCUMENT_AT_HQ
            : place == JEM_BLOB_BEFORE ? JEM_T_DOCUMENT_BEFORE
                                       : JEM_T_DOCUMENT_NOT_HERE,
            ordinal);
    if (rc == JEM_OK)
        rc = jem_store_blob_get(app->store, hash, out, err);
    /* A scanned page of text has a preview in two tones: a PNG. */
    if (rc == JEM_OK && page > 0 && out->len >= 4 && memcmp(out->data, "\x89PNG", 4) == 0)
        *mime = jem_mime_name(JEM_MIME_PNG);
    jem_application_release(&a);
    return rc;
}
