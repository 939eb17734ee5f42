/* scan.c - from the scanner into an application: which scanner, which settings, each page kept as it comes, and the place
 * of a batch that was stopped.
 *
 * Durable steps: a page is an event with its pictures, or a row of a tray (one unit); the batch's place in meta follows it.
 * A crash in between loses the place only: the next call begins a new batch behind the pages that are kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices_own.h"
#include "jemput/intake.h"
#include "jemput/lookup.h"
#include "tray_own.h"

#define SCAN_PLACE_KEY "scanner.batch" /* of meta: "TRAY|NUMBER SOURCE PAGES HALF TARGET AFTER-SEPARATOR AT-MS" */
#define SCAN_PLACE_AGE_MS ((int64_t)3600 * 1000)
#define SCAN_KIND_OTHER "lain"

struct scan {
    struct jem_app *app;
    const struct jem_scan_in *in;
    const struct jem_scan_watch *watch;
    struct jem_scan_settings settings;
    struct jem_scan_report report;
    enum jem_scan_colour colour; /* that the kind asks for */
    struct jem_sheet_batch batch;
    uint64_t target; /* the application that pages go to now; 0: to the tray of a draft */
    bool parted;     /* by a receipt: `target` is its application, and pages wait in no tray */
    char kind[33];   /* of document there */
    json_t *pages;
    struct jem_sheet front; /* of a card whose back comes next, on its way to a document */
    unsigned front_page;
};

/* ---- which scanner ---- */

static void scan_names(const struct jem_scanner_list *list, char *out, size_t cap)
{
    size_t at = 0;
    *out = '\0';
    for (size_t i = 0; i < list->count && at + OWN_DEVICE_ID_CAP + 2 < cap; i++) {
        int n = snprintf(out + at, cap - at, "%s%s", i > 0 ? ", " : "", list->items[i].id);
        at += n > 0 ? (size_t)n : 0;
    }
}

/* The only one that can be used; one without a driver comes before those of SANE. NULL: none, or a choice. */
static const struct jem_scanner_info *scan_only(const struct jem_scanner_list *list)
{
    const struct jem_scanner_info *only[2] = { NULL, NULL };
    size_t count[2] = { 0, 0 };
    for (size_t i = 0; i < list->count; i++) {
        size_t sane = list->items[i].via == JEM_VIA_SANE;
        if (!list->items[i].usable)
            continue;
        only[sane] = &list->items[i];
        count[sane]++;
    }
    size_t way = count[0] == 0;
    return count[way] == 1 ? only[way] : NULL;
}

enum jem_code own_scanner_pick(struct jem_app *app, const struct jem_scanner_list *list, const char *wanted,
    char id[OWN_DEVICE_ID_CAP], struct jem_error *err)
{
    char chosen[OWN_DEVICE_ID_CAP], names[512];
    bool named = wanted != NULL && *wanted != '\0';
    enum jem_code rc = JEM_OK;
    (void)own_meta(app->store, OWN_SCANNER_KEY, "", chosen, sizeof chosen);
    const char *meant = named ? wanted : chosen;
    const struct jem_scanner_info *found = own_scanner_find(list, meant);
    if (found == NULL && !named)
        found = scan_only(list);
    if (found == NULL && list->count == 1 && !named)
        found = &list->items[0]; /* not usable: it tells why */
    scan_names(list, names, sizeof names);
    if (found != NULL && !found->usable)
        rc = jem_fail(err, JEM_EBUSY, JEM_D_APP, 0, JEM_T_APP_AS_SAID, found->why);
    else if (found != NULL)
        (void)snprintf(id, OWN_DEVICE_ID_CAP, "%s", found->id);
    else if (*meant != '\0')
        rc = jem_fail(err, JEM_EIO, JEM_D_APP, 0, JEM_T_SCANS_NOT_HERE, meant);
    else if (list->count == 0)
        rc = jem_fail(err, JEM_EIO, JEM_D_APP, 0, JEM_T_SCANS_NONE);
    else
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_SCANS_WHICH, names);
    return rc == JEM_OK && named ? jem_store_meta_set(app->store, OWN_SCANNER_KEY, id, err) : rc;
}

static enum jem_code scan_pick(struct jem_app *app, struct jem_usb *usb, const char *wanted, char id[OWN_DEVICE_ID_CAP],
    struct jem_error *err)
{
    struct jem_scanner_list list;
    enum jem_code rc = jem_scanners_list(usb, &list, err);
    if (rc != JEM_OK)
        return rc;
    rc = own_scanner_pick(app, &list, wanted, id, err);
    jem_scanner_list_release(&list);
    return rc;
}

enum jem_code jem_scan_choose(struct jem_app *app, struct jem_devices *devices, const char *scanner,
    struct jem_error *err)
{
    char id[OWN_DEVICE_ID_CAP];
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK && (scanner == NULL || *scanner == '\0'))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_SCANS_NONE);
    return rc == JEM_OK ? scan_pick(app, jem_devices_usb(devices), scanner, id, err) : rc;
}

/* ---- settings ---- */

static enum jem_scan_colour scan_colour_of(const struct jem_service *service, const char *kind)
{
    enum jem_scan_colour colour = JEM_COLOUR_UNKNOWN;
    for (size_t i = 0; i < service->requirement_count; i++) {
        const struct jem_requirement *r = &service->requirements[i];
        if (strcmp(r->kind, kind) == 0 && r->colour != NULL && jem_scan_colour_parse(r->colour, &colour))
            return colour;
    }
    return JEM_COLOUR_GRAY;
}

/* A form that is no application yet: its service and the kind. */
static enum jem_code scan_ask_draft(struct scan *s, struct jem_error *err)
{
    const struct jem_catalog *catalog = NULL;
    const struct jem_service *service = NULL;
    enum jem_code rc = jem_app_catalog(s->app, &catalog, err);
    if (rc == JEM_OK && (service = jem_catalog_find(catalog, s->in->service != NULL ? s->in->service : "")) == NULL)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_APPLY_SERVICE_UNKNOWN);
    if (rc == JEM_OK)
        rc = own_document_kind(service, s->in->kind, s->kind, err);
    if (rc == JEM_OK)
        s->colour = s->in->colour != JEM_COLOUR_UNKNOWN ? s->in->colour : scan_colour_of(service, s->kind);
    return rc;
}

/* The application, its service and the kind, before a sheet is drawn in for nothing. */
static enum jem_code scan_ask_application(struct scan *s, uint64_t number, const char *kind, struct jem_error *err)
{
    struct jem_application a = { 0 };
    const struct jem_service *service = NULL;
    char known[33];
    enum jem_code rc = own_load(s->app, number, &a, NULL, err);
    if (rc == JEM_OK)
        rc = own_document_room(&a, err);
    if (rc == JEM_OK)
        rc = own_service(s->app, &a, &service, err);
    if (rc == JEM_OK)
        rc = own_document_kind(service, kind, known, err);
    if (rc == JEM_OK) {
        s->target = number;
        memcpy(s->kind, known, sizeof known);
        s->colour = s->in->colour != JEM_COLOUR_UNKNOWN ? s->in->colour : scan_colour_of(service, known);
    }
    jem_application_release(&a);
    return rc;
}

static enum jem_scan_source scan_source_now(struct jem_scanner *scanner, const struct jem_scanner_caps *caps)
{
    struct jem_scanner_status status = { JEM_SCANNER_UNKNOWN, JEM_ADF_UNKNOWN };
    bool glass = caps->sources[JEM_SOURCE_PLATEN].present, feeder = caps->sources[JEM_SOURCE_ADF].present;
    if (glass && feeder && jem_scanner_status(scanner, &status, NULL) == JEM_OK && status.adf == JEM_ADF_LOADED)
        return JEM_SOURCE_ADF;
    return glass ? JEM_SOURCE_PLATEN : feeder ? JEM_SOURCE_ADF : JEM_SOURCE_ADF_DUPLEX;
}

/* A page in black and white is scanned in gray: what is straightened and cleaned needs the tones. */
static enum jem_code scan_settings(struct scan *s, struct jem_scanner *scanner, struct jem_error *err)
{
    struct jem_scanner_caps caps;
    enum jem_code rc = jem_scanner_caps(scanner, &caps, err);
    if (rc != JEM_OK)
        return rc;
    bool two_tones = s->colour == JEM_COLOUR_BILEVEL;
    unsigned dpi = s->in->dpi != 0 ? s->in->dpi : two_tones ? 200 : 300;
    s->settings.source = s->in->source != JEM_SOURCE_UNKNOWN ? s->in->source : scan_source_now(scanner, &caps);
    const struct jem_scan_source_caps *source = &caps.sources[s->settings.source];
    s->settings.colour = jem_scan_colour_choose(source, two_tones ? JEM_COLOUR_GRAY : s->colour);
    s->settings.dpi = jem_scan_dpi_choose(source, dpi);
    s->settings.max_pages = s->in->replace != 0 ? 1 : 0;
    return JEM_OK;
}

/* ---- the place of a batch ---- */

static void scan_place_name(const struct scan *s, char out[JEM_TRAY_NAME_MAX + 1])
{
    if (s->in->tray != NULL)
        (void)snprintf(out, JEM_TRAY_NAME_MAX + 1, "%s", s->in->tray);
    else
        (void)snprintf(out, JEM_TRAY_NAME_MAX + 1, "%llu", (unsigned long long)s->in->number);
}

static bool scan_place_read(struct scan *s)
{
    char text[200], name[JEM_TRAY_NAME_MAX + 1], own[JEM_TRAY_NAME_MAX + 1];
    unsigned long long target = 0;
    unsigned pages = 0, half = 0, after = 0, source = 0;
    long long at_ms = 0;
    int64_t now_ms = jem_store_now_ms(s->app->store);
    scan_place_name(s, own);
    (void)own_meta(s->app->store, SCAN_PLACE_KEY, "", text, sizeof text);
    if (sscanf(text, "%40s %1u %9u %1u %20llu %1u %19lld", name, &source, &pages, &half, &target, &after, &at_ms) !=
            7 ||
        strcmp(name, own) != 0 || source != (unsigned)s->settings.source || now_ms < at_ms ||
        now_ms - at_ms > SCAN_PLACE_AGE_MS || s->settings.source == JEM_SOURCE_PLATEN || s->in->replace != 0)
        return false;
    s->report = (struct jem_scan_report){ .pages = pages, .resumable = true, .half_sheet = half != 0 };
    s->batch.after_separator = after != 0;
    if (target == s->in->number)
        return true;
    s->parted = true;
    return scan_ask_application(s, target, s->kind, NULL) == JEM_OK ||
           scan_ask_application(s, target, SCAN_KIND_OTHER, NULL) == JEM_OK;
}

/* Best effort: without it the next call begins a new batch. One page that replaces another leaves the batch alone. */
static void scan_place_keep(struct scan *s)
{
    char text[200] = "", name[JEM_TRAY_NAME_MAX + 1];
    if (s->in->replace != 0)
        return;
    scan_place_name(s, name);
    if (s->report.resumable && s->report.pages > 0)
        (void)snprintf(text, sizeof text, "%s %u %u %u %llu %u %lld", name, (unsigned)s->settings.source,
            s->report.pages, (unsigned)s->report.half_sheet, (unsigned long long)s->target,
            (unsigned)s->batch.after_separator, (long long)jem_store_now_ms(s->app->store));
    if (jem_store_meta_set(s->app->store, SCAN_PLACE_KEY, text, NULL) != JEM_OK)
        return;
}

/* ---- a page ---- */

/* What is told of a page, whatever became of it. Takes `one` over. */
static enum jem_code scan_told(struct scan *s, json_t *one, const struct jem_sheet *sheet,
    const struct jem_scan_page *page, bool twice, struct jem_error *err)
{
    if (one == NULL)
        return jem_fail_nomem(err);
    json_object_set_new(one, "page", json_integer(page->number));
    json_object_set_new(one, "side", json_string(page->side == JEM_SIDE_BACK ? "back" : "front"));
    json_object_set_new(one, "card", json_boolean(sheet->is_card));
    json_object_set_new(one, "twice", json_boolean(twice));
    json_object_set_new(one, "warnings", own_sheet_warnings(sheet->warnings | (page->again ? OWN_TRAY_AGAIN : 0)));
    json_array_append_new(s->pages, one);
    if (s->watch != NULL)
        s->watch->page(s->watch->ctx, one);
    return JEM_OK;
}

static enum jem_code scan_keep_document(struct scan *s, const struct jem_sheet *sheet, const struct jem_scan_page *page,
    struct jem_error *err)
{
    char name[32];
    json_t *one = NULL;
    (void)snprintf(name, sizeof name, "scan-%u.jpg", page->number);
    const struct jem_attachment attachment = { .kind = s->kind,
        .bytes = sheet->jpeg,
        .size = sheet->jpeg_len,
        .name = name,
        .preview = sheet->preview,
        .preview_size = sheet->preview_len };
    enum jem_code rc = jem_attach(s->app, s->target, &attachment, &one, err);
    bool twice = rc == JEM_EEXISTS; /* the very same picture: nothing is lost */
    if (twice && (one = json_pack("{s:s}", "kind", s->kind)) != NULL)
        (void)own_put_number(one, "number", s->target);
    return rc == JEM_OK || twice ? scan_told(s, one, sheet, page, twice, err) : rc;
}

/* The front of a card that lies last in the tray and waits for this page; zero: there is none. */
static enum jem_code scan_waiting_front(struct scan *s, struct jem_tray_page *front, struct jem_error *err)
{
    struct jem_tray_page *pages = NULL;
    size_t count = 0;
    *front = (struct jem_tray_page){ .id = 0 };
    enum jem_code rc = jem_store_tray(s->app->store, s->in->tray, &pages, &count, err);
    if (rc == JEM_OK && count > 0 && pages[count - 1].half && strcmp(pages[count - 1].kind, s->kind) == 0)
        *front = pages[count - 1];
    free(pages);
    return rc;
}

static enum jem_code scan_join_waiting(struct scan *s, struct jem_tray_page *front, const struct jem_sheet *back,
    struct jem_error *err)
{
    struct jem_buf jpeg = JEM_BUF_INIT(OWN_TRAY_PAGE_MAX);
    const struct jem_buf none = JEM_BUF_INIT(1);
    struct jem_sheet side, joined = { 0 };
    enum jem_code rc = own_tray_page(s->app, front->tray, front->id, front, &jpeg, NULL, err);
    if (rc == JEM_OK) {
        own_tray_sheet(front, &jpeg, &none, &side);
        rc = jem_sheet_combine(&side, back, &joined, err);
    }
    front->half = false;
    if (rc == JEM_OK)
        rc = own_tray_put(s->app, front, &joined, s->colour, err);
    jem_sheet_release(&joined);
    jem_buf_release(&jpeg);
    return rc;
}

static enum jem_code scan_keep_tray(struct scan *s, const struct jem_sheet *sheet, const struct jem_scan_page *page,
    struct jem_error *err)
{
    struct jem_tray_page row = { .id = 0 };
    enum jem_code rc = s->in->card ? scan_waiting_front(s, &row, err) : JEM_OK;
    if (rc == JEM_OK && row.id != 0) {
        rc = scan_join_waiting(s, &row, sheet, err);
    } else if (rc == JEM_OK) {
        row = (struct jem_tray_page){ .id = s->in->replace,
            .half = s->in->card,
            .warnings = page->again ? OWN_TRAY_AGAIN : 0 };
        (void)snprintf(row.tray, sizeof row.tray, "%s", s->in->tray);
        (void)snprintf(row.kind, sizeof row.kind, "%s", s->kind);
        (void)snprintf(row.officer, sizeof row.officer, "%s", s->app->user);
        rc = own_tray_put(s->app, &row, sheet, s->colour, err);
    }
    return rc == JEM_OK ? scan_told(s, own_tray_page_json(&row), sheet, page, false, err) : rc;
}

/* A front is kept in mind until its back is here; the two are one document. */
static enum jem_code scan_keep_card(struct scan *s, struct jem_sheet *sheet, const struct jem_scan_page *page,
    struct jem_error *err)
{
    struct jem_sheet joined = { 0 };
    if (s->front.jpeg == NULL) {
        s->front = *sheet;
        s->front_page = page->number;
        *sheet = (struct jem_sheet){ 0 };
        return JEM_OK;
    }
    enum jem_code rc = jem_sheet_combine(&s->front, sheet, &joined, err);
    jem_sheet_release(&s->front);
    if (rc == JEM_OK)
        rc = scan_keep_document(s, &joined, page, err);
    jem_sheet_release(&joined);
    return rc;
}

/* A front whose back never came is a page like any other: it was scanned, so it is kept. */
static enum jem_code scan_keep_front(struct scan *s, struct jem_error *err)
{
    const struct jem_scan_page page = { .number = s->front_page, .side = JEM_SIDE_FRONT };
    enum jem_code rc = s->front.jpeg != NULL ? scan_keep_document(s, &s->front, &page, err) : JEM_OK;
    jem_sheet_release(&s->front);
    return rc;
}

static enum jem_code scan_keep(struct scan *s, struct jem_sheet *sheet, const struct jem_scan_page *page,
    struct jem_error *err)
{
    if (s->in->tray != NULL && !s->parted)
        return scan_keep_tray(s, sheet, page, err);
    return s->in->card ? scan_keep_card(s, sheet, page, err) : scan_keep_document(s, sheet, page, err);
}

/* The pages that follow belong to the receipt's application. */
static enum jem_code scan_turn_to(struct scan *s, const char *receipt, struct jem_error *err)
{
    uint64_t number = 0;
    enum jem_code rc = jem_lookup_number(s->app, receipt, &number, err);
    if (rc != JEM_OK)
        return rc;
    rc = scan_keep_front(s, err);
    if (rc != JEM_OK)
        return rc;
    s->parted = true;
    rc = scan_ask_application(s, number, s->in->kind, err);
    return rc == JEM_EINVAL ? scan_ask_application(s, number, SCAN_KIND_OTHER, err) : rc;
}

static enum jem_code scan_page(void *ctx, const struct jem_scan_page *page, struct jem_error *err)
{
    struct scan *s = ctx;
    struct jem_sheet sheet = { 0 };
    bool feeder = page->source != JEM_SOURCE_PLATEN;
    const struct jem_sheet_settings settings = { .shape = feeder ? JEM_SHEET_PAGE : JEM_SHEET_ANY,
        .colour = s->colour,
        .dpi = page->dpi,
        .find_receipt = feeder && s->in->replace == 0 };
    enum jem_code rc = jem_sheet_process(&settings, page->jpeg, page->len, &sheet, err);
    if (rc == JEM_OK && jem_sheet_batch_take(&s->batch, &sheet))
        rc = scan_keep(s, &sheet, page, err);
    else if (rc == JEM_OK && *sheet.receipt != '\0')
        rc = scan_turn_to(s, sheet.receipt, err);
    jem_sheet_release(&sheet);
    return rc;
}

/* ---- the run ---- */

static json_t *scan_result(const struct scan *s, const char *scanner)
{
    json_t *o = json_pack("{s:s,s:s,s:i,s:s,s:O,s:i,s:s,s:b,s:b}", "scanner", scanner, "source",
        jem_scan_source_name(s->settings.source), "dpi", (int)s->settings.dpi, "colour",
        jem_scan_colour_name(s->settings.colour), "pages", s->pages, "kept", (int)s->report.pages, "end",
        jem_scan_end_name(s->report.end), "resumable", (int)s->report.resumable, "half_sheet",
        (int)s->report.half_sheet);
    if (o != NULL)
        (void)own_put_number(o, "number", s->in->number);
    return o;
}

/* From the glass: the other side of the card, once it was turned. */
static enum jem_code scan_other_side(struct scan *s, struct jem_scanner *scanner, const atomic_bool *cancel,
    const struct jem_scan_sink *sink, struct jem_error *err)
{
    if (s->front.jpeg == NULL || s->settings.source != JEM_SOURCE_PLATEN || s->watch == NULL ||
        s->watch->turn == NULL || !s->watch->turn(s->watch->ctx))
        return JEM_OK;
    s->report = (struct jem_scan_report){ .pages = 0 };
    return jem_scanner_scan(scanner, &s->settings, cancel, sink, &s->report, err);
}

static enum jem_code scan_run(struct scan *s, struct jem_scanner *scanner, const atomic_bool *cancel,
    struct jem_error *err)
{
    const struct jem_scan_sink sink = { scan_page, s };
    enum jem_code rc = jem_scanner_scan(scanner, &s->settings, cancel, &sink, &s->report, err);
    if (rc == JEM_OK)
        rc = scan_other_side(s, scanner, cancel, &sink, err);
    enum jem_code kept = scan_keep_front(s, rc == JEM_OK ? err : NULL);
    return rc == JEM_OK ? kept : rc;
}

enum jem_code jem_scan_documents(struct jem_app *app, struct jem_devices *devices, const struct jem_scan_in *in,
    const atomic_bool *cancel, const struct jem_scan_watch *watch, json_t **out, struct jem_error *err)
{
    struct scan s = { .app = app, .in = in, .watch = watch };
    struct jem_scanner *scanner = NULL;
    struct jem_usb *usb = jem_devices_usb(devices);
    char id[OWN_DEVICE_ID_CAP] = "";
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = in->number != 0 ? scan_ask_application(&s, in->number, in->kind, err) : scan_ask_draft(&s, err);
    if (rc == JEM_OK)
        rc = scan_pick(app, usb, in->scanner, id, err);
    if (rc == JEM_OK)
        rc = jem_scanner_open(usb, id, &scanner, err);
    if (rc == JEM_OK)
        rc = scan_settings(&s, scanner, err);
    if (rc == JEM_OK && (s.pages = json_array()) == NULL)
        rc = jem_fail_nomem(err);
    if (rc != JEM_OK)
        goto out;
    if (!scan_place_read(&s))
        s.report = (struct jem_scan_report){ .pages = 0 };
    rc = scan_run(&s, scanner, cancel, err);
    scan_place_keep(&s);
    *out = scan_result(&s, id);
    if (*out == NULL && rc == JEM_OK)
        rc = jem_fail_nomem(err);
out:
    jem_scanner_close(scanner);
    json_decref(s.pages);
    return rc;
}

/* ---- how papers of a kind were scanned last ---- */

static void scan_habit_key(const char *kind, char out[64])
{
    (void)snprintf(out, 64, "scan.kind.%.33s", kind);
}

void jem_scan_habit(struct jem_app *app, const char *kind, struct jem_scan_habit *out)
{
    char key[64], text[80];
    unsigned source = 0, colour = 0, dpi = 0, card = 0;
    *out = (struct jem_scan_habit){ .dpi = 0 };
    scan_habit_key(kind, key);
    (void)own_meta(app->store, key, "", text, sizeof text);
    if (sscanf(text, "%1u %1u %4u %1u", &source, &colour, &dpi, &card) != 4 || source > JEM_SOURCE_ADF_DUPLEX ||
        colour > JEM_COLOUR_RGB)
        return;
    *out = (struct jem_scan_habit){ .source = (enum jem_scan_source)source,
        .colour = (enum jem_scan_colour)colour,
        .dpi = dpi,
        .card = card != 0 };
}

enum jem_code jem_scan_habit_keep(struct jem_app *app, const char *kind, const struct jem_scan_habit *habit,
    struct jem_error *err)
{
    char key[64], text[80];
    scan_habit_key(kind, key);
    (void)snprintf(text, sizeof text, "%u %u %u %u", (unsigned)habit->source, (unsigned)habit->colour, habit->dpi,
        (unsigned)habit->card);
    return jem_store_meta_set(app->store, key, text, err);
}
