/* tray.c - scanned pages until they become documents: see the header. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/lookup.h"
#include "tray_own.h"

#define TRAY_RECORDED_KEY "tray.recorded" /* of meta: "DRAFT NUMBER" of the form that was recorded last */

/* ---- who may ---- */

static bool tray_is_number(const char *tray)
{
    uint64_t number = 0;
    return jem_number_parse(tray, &number, NULL) == JEM_OK;
}

static bool tray_mine(const struct jem_app *app, const struct jem_tray_page *page)
{
    return tray_is_number(page->tray) || strcmp(page->officer, app->user) == 0;
}

enum jem_code own_tray_page(struct jem_app *app, const char *tray, int64_t id, struct jem_tray_page *out,
    struct jem_buf *jpeg, struct jem_buf *preview, struct jem_error *err)
{
    enum jem_code rc = jem_store_tray_get(app->store, id, out, NULL, NULL, err);
    if (rc == JEM_OK && (strcmp(out->tray, tray) != 0 || !tray_mine(app, out)))
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_STORE_TRAY_NONE);
    return rc == JEM_OK && (jpeg != NULL || preview != NULL)
               ? jem_store_tray_get(app->store, id, out, jpeg, preview, err)
               : rc;
}

/* ---- as JSON ---- */

json_t *own_sheet_warnings(unsigned warnings)
{
    static const struct {
        enum jem_sheet_warning bit;
        const char *name;
    } all[] = { { JEM_SHEET_BLANK, "blank" }, { JEM_SHEET_BLURRED, "blurred" }, { JEM_SHEET_TURNED, "turned" },
        { JEM_SHEET_NO_CARD, "no_card" } };
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (warnings & (unsigned)all[i].bit)
            json_array_append_new(list,
                json_pack("{s:s,s:s}", "key", all[i].name, "text", jem_text(jem_sheet_warning_text(all[i].bit))));
    if (warnings & OWN_TRAY_AGAIN)
        json_array_append_new(list, json_pack("{s:s,s:s}", "key", "again", "text", jem_text(JEM_T_SCANS_AGAIN)));
    return list;
}

json_t *own_tray_page_json(const struct jem_tray_page *page)
{
    return json_pack("{s:I,s:s,s:b,s:b,s:I,s:I,s:o}", "id", (json_int_t)page->id, "kind", page->kind, "card",
        (int)page->card, "half", (int)page->half, "size", (json_int_t)page->size_bytes, "at_ms",
        (json_int_t)page->at_unix_ms, "warnings", own_sheet_warnings(page->warnings));
}

enum jem_code jem_tray_show(struct jem_app *app, const char *tray, json_t **out, struct jem_error *err)
{
    struct jem_tray_page *pages = NULL;
    size_t count = 0;
    int64_t half = 0;
    enum jem_code rc = jem_store_tray(app->store, tray, &pages, &count, err);
    if (rc != JEM_OK)
        return rc;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        if (!tray_mine(app, &pages[i]))
            continue;
        json_array_append_new(list, own_tray_page_json(&pages[i]));
        half = pages[i].half ? pages[i].id : 0;
    }
    free(pages);
    return own_give(json_pack("{s:s,s:o,s:I}", "tray", tray, "pages", list, "half", (json_int_t)half), out, err);
}

enum jem_code jem_trays(struct jem_app *app, json_t **out, struct jem_error *err)
{
    struct jem_tray_page *pages = NULL;
    size_t count = 0;
    enum jem_code rc = jem_store_tray(app->store, NULL, &pages, &count, err);
    if (rc != JEM_OK)
        return rc;
    json_t *list = json_array(), *last = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct jem_tray_page *page = &pages[i];
        if (!tray_mine(app, page))
            continue;
        if (last == NULL || strcmp(jem_json_str(last, "tray", ""), page->tray) != 0) {
            last = json_pack("{s:s,s:i,s:I,s:s}", "tray", page->tray, "pages", 0, "at_ms", (json_int_t)page->at_unix_ms,
                "officer", page->officer);
            json_array_append_new(list, last);
        }
        json_object_set_new(last, "pages", json_integer(jem_json_int(last, "pages", 0) + 1));
        json_object_set_new(last, "at_ms", json_integer(page->at_unix_ms));
    }
    free(pages);
    return own_give(list, out, err);
}

enum jem_code jem_tray_bytes(struct jem_app *app, const char *tray, int64_t id, bool preview, struct jem_buf *out,
    const char **mime, struct jem_error *err)
{
    struct jem_tray_page page;
    enum jem_code rc = own_tray_page(app, tray, id, &page, preview ? NULL : out, preview ? out : NULL, err);
    *mime = jem_mime_name(JEM_MIME_JPEG);
    if (rc == JEM_OK && out->len >= 4 && memcmp(out->data, "\x89PNG", 4) == 0)
        *mime = jem_mime_name(JEM_MIME_PNG);
    return rc;
}

/* ---- pages ---- */

void own_tray_sheet(const struct jem_tray_page *page, const struct jem_buf *jpeg, const struct jem_buf *preview,
    struct jem_sheet *out)
{
    *out = (struct jem_sheet){ .jpeg = jpeg->data,
        .jpeg_len = jpeg->len,
        .preview = preview->data,
        .preview_len = preview->len,
        .width = page->width,
        .height = page->height,
        .dpi = page->dpi,
        .is_card = page->card,
        .warnings = page->warnings & ~OWN_TRAY_AGAIN };
}

/* The number that the draft became, when it is the one recorded last. */
static bool tray_recorded(struct jem_app *app, char tray[JEM_TRAY_NAME_MAX + 1])
{
    char text[2 * JEM_TRAY_NAME_MAX + 2];
    (void)own_meta(app->store, TRAY_RECORDED_KEY, "", text, sizeof text);
    size_t n = strlen(tray);
    if (strncmp(text, tray, n) != 0 || text[n] != ' ')
        return false;
    (void)snprintf(tray, JEM_TRAY_NAME_MAX + 1, "%s", text + n + 1);
    return true;
}

enum jem_code own_tray_put(struct jem_app *app, struct jem_tray_page *page, const struct jem_sheet *sheet,
    enum jem_scan_colour colour, struct jem_error *err)
{
    page->width = sheet->width;
    page->height = sheet->height;
    page->dpi = sheet->dpi;
    page->colour = (unsigned)colour;
    page->card = sheet->is_card;
    page->warnings = (page->warnings & OWN_TRAY_AGAIN) | sheet->warnings;
    enum jem_code rc = jem_store_begin(app->store, err);
    if (rc != JEM_OK)
        return rc;
    (void)tray_recorded(app, page->tray);
    rc = jem_store_tray_put(app->store, page, sheet->jpeg, sheet->jpeg_len, sheet->preview, sheet->preview_len, err);
    if (rc == JEM_OK)
        return jem_store_commit(app->store, err);
    jem_store_rollback(app->store);
    return rc;
}

enum jem_code jem_tray_turn(struct jem_app *app, const char *tray, int64_t id, unsigned turn_deg, struct jem_error *err)
{
    struct jem_tray_page page = { 0 };
    struct jem_buf jpeg = JEM_BUF_INIT(OWN_TRAY_PAGE_MAX);
    struct jem_sheet sheet = { 0 };
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = own_tray_page(app, tray, id, &page, &jpeg, NULL, err);
    const struct jem_sheet_settings settings = { .shape = page.card ? JEM_SHEET_CARD : JEM_SHEET_PAGE,
        .colour = (enum jem_scan_colour)page.colour,
        .dpi = page.dpi,
        .turn_deg = turn_deg % 360,
        .finished = true };
    if (rc == JEM_OK)
        rc = jem_sheet_process(&settings, jpeg.data, jpeg.len, &sheet, err);
    if (rc == JEM_OK) {
        sheet.warnings |= page.warnings & (JEM_SHEET_BLURRED | JEM_SHEET_NO_CARD); /* turning makes nothing sharper */
        rc = own_tray_put(app, &page, &sheet, settings.colour, err);
    }
    jem_sheet_release(&sheet);
    jem_buf_release(&jpeg);
    return rc;
}

enum jem_code jem_tray_drop(struct jem_app *app, const char *tray, int64_t id, struct jem_error *err)
{
    struct jem_tray_page page;
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = own_tray_page(app, tray, id, &page, NULL, NULL, err);
    return rc == JEM_OK ? jem_store_tray_drop(app->store, id, err) : rc;
}

enum jem_code jem_tray_clear(struct jem_app *app, const char *tray, struct jem_error *err)
{
    struct jem_tray_page *pages = NULL;
    size_t count = 0;
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = jem_store_tray(app->store, tray, &pages, &count, err);
    for (size_t i = 0; rc == JEM_OK && i < count; i++)
        if (tray_mine(app, &pages[i]))
            rc = jem_store_tray_drop(app->store, pages[i].id, err);
    free(pages);
    return rc;
}

static enum jem_code tray_service(struct jem_app *app, const char *tray, const char *service_id,
    const struct jem_service **out, struct jem_error *err)
{
    struct jem_application a = { 0 };
    const struct jem_catalog *catalog = NULL;
    uint64_t number = 0;
    if (jem_number_parse(tray, &number, NULL) != JEM_OK) {
        enum jem_code rc = jem_app_catalog(app, &catalog, err);
        if (rc == JEM_OK && (*out = jem_catalog_find(catalog, service_id != NULL ? service_id : "")) == NULL)
            rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_APPLY_SERVICE_UNKNOWN);
        return rc;
    }
    enum jem_code rc = own_load(app, number, &a, NULL, err);
    if (rc == JEM_OK)
        rc = own_service(app, &a, out, err);
    jem_application_release(&a);
    return rc;
}

enum jem_code jem_tray_kind(struct jem_app *app, const char *tray, int64_t id, const char *service_id, const char *kind,
    struct jem_error *err)
{
    struct jem_tray_page page;
    const struct jem_service *service = NULL;
    char known[33];
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = own_tray_page(app, tray, id, &page, NULL, NULL, err);
    if (rc == JEM_OK)
        rc = tray_service(app, tray, service_id, &service, err);
    if (rc == JEM_OK)
        rc = own_document_kind(service, kind, known, err);
    return rc == JEM_OK ? jem_store_tray_kind(app->store, id, known, err) : rc;
}

/* The page that follows in its tray. */
static enum jem_code tray_next(struct jem_app *app, const struct jem_tray_page *page, int64_t *next,
    struct jem_error *err)
{
    struct jem_tray_page *pages = NULL;
    size_t count = 0;
    *next = 0;
    enum jem_code rc = jem_store_tray(app->store, page->tray, &pages, &count, err);
    for (size_t i = 0; rc == JEM_OK && i + 1 < count; i++)
        if (pages[i].id == page->id)
            *next = pages[i + 1].id;
    free(pages);
    return rc == JEM_OK && *next == 0 ? jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_TRAY_NO_BACK) : rc;
}

enum jem_code jem_tray_combine(struct jem_app *app, const char *tray, int64_t id, struct jem_error *err)
{
    struct jem_tray_page pages[2];
    struct jem_buf jpeg[2] = { JEM_BUF_INIT(OWN_TRAY_PAGE_MAX), JEM_BUF_INIT(OWN_TRAY_PAGE_MAX) };
    const struct jem_buf none = JEM_BUF_INIT(1);
    struct jem_sheet sides[2], joined = { 0 };
    int64_t next = 0;
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = own_tray_page(app, tray, id, &pages[0], &jpeg[0], NULL, err);
    if (rc == JEM_OK)
        rc = tray_next(app, &pages[0], &next, err);
    if (rc == JEM_OK)
        rc = own_tray_page(app, tray, next, &pages[1], &jpeg[1], NULL, err);
    for (size_t i = 0; rc == JEM_OK && i < 2; i++)
        own_tray_sheet(&pages[i], &jpeg[i], &none, &sides[i]);
    if (rc == JEM_OK)
        rc = jem_sheet_combine(&sides[0], &sides[1], &joined, err);
    if (rc == JEM_OK) {
        pages[0].half = false;
        rc = own_tray_put(app, &pages[0], &joined, (enum jem_scan_colour)pages[0].colour, err);
    }
    /* Died in between, the back is there twice: seen and thrown away by hand. Nothing is lost. */
    if (rc == JEM_OK)
        rc = jem_store_tray_drop(app->store, next, err);
    jem_sheet_release(&joined);
    jem_buf_release(&jpeg[0]);
    jem_buf_release(&jpeg[1]);
    return rc;
}

/* ---- documents ---- */

enum jem_code own_tray_document(struct jem_app *app, const struct jem_tray_page *page, struct own_document *doc,
    struct jem_buf *preview, struct jem_error *err)
{
    struct jem_tray_page now;
    *doc =
        (struct own_document){ .file = JEM_BUF_INIT(OWN_TRAY_PAGE_MAX), .view = { .mime = JEM_MIME_JPEG, .pages = 1 } };
    enum jem_code rc = jem_store_tray_get(app->store, page->id, &now, &doc->file, preview, err);
    if (rc != JEM_OK)
        return rc;
    (void)snprintf(doc->kind, sizeof doc->kind, "%s", now.kind);
    (void)snprintf(doc->name, sizeof doc->name, "scan-%u.jpg", now.place);
    doc->bytes = doc->file.data;
    doc->size = doc->file.len;
    doc->preview = preview->data;
    doc->preview_size = preview->len;
    jem_hash(doc->bytes, doc->size, doc->hash);
    return JEM_OK;
}

enum jem_code own_tray_recorded(struct jem_app *app, const char *draft, uint64_t number,
    const struct jem_tray_page *pages, size_t count, struct jem_error *err)
{
    char text[JEM_NUMBER_TEXT], recorded[2 * JEM_TRAY_NAME_MAX + 2];
    enum jem_code rc = JEM_OK;
    for (size_t i = 0; rc == JEM_OK && i < count; i++)
        rc = jem_store_tray_drop(app->store, pages[i].id, err);
    jem_number_format(number, text);
    (void)snprintf(recorded, sizeof recorded, "%.*s %s", JEM_TRAY_NAME_MAX, draft, text);
    if (rc == JEM_OK)
        rc = jem_store_tray_move(app->store, draft, text, err);
    return rc == JEM_OK ? jem_store_meta_set(app->store, TRAY_RECORDED_KEY, recorded, err) : rc;
}

static enum jem_code tray_attach_one(struct jem_app *app, uint64_t number, const struct jem_tray_page *page,
    json_t *documents, struct jem_error *err)
{
    struct own_document doc;
    struct jem_buf preview = JEM_BUF_INIT(OWN_TRAY_PAGE_MAX);
    json_t *one = NULL;
    enum jem_code rc = own_tray_document(app, page, &doc, &preview, err);
    if (rc == JEM_OK)
        rc = own_document_attach(app, number, &doc, page->id, &one, err);
    if (rc == JEM_EEXISTS) /* the very same picture is a document already */
        rc = jem_store_tray_drop(app->store, page->id, err);
    if (rc == JEM_OK && one != NULL)
        json_array_append_new(documents, one);
    own_document_release(&doc);
    jem_buf_release(&preview);
    return rc;
}

enum jem_code jem_tray_attach(struct jem_app *app, uint64_t number, json_t **out, struct jem_error *err)
{
    char tray[JEM_NUMBER_TEXT];
    struct jem_tray_page *pages = NULL;
    size_t count = 0;
    json_t *documents = json_array();
    jem_number_format(number, tray);
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = jem_store_tray(app->store, tray, &pages, &count, err);
    for (size_t i = 0; rc == JEM_OK && i < count; i++)
        rc = tray_attach_one(app, number, &pages[i], documents, err);
    free(pages);
    enum jem_code told =
        own_give(json_pack("{s:s,s:o}", "number", tray, "documents", documents), out, rc == JEM_OK ? err : NULL);
    return rc == JEM_OK ? told : rc;
}
