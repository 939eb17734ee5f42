/* scan.c - from the scanner into an application: which scanner, which settings, each page kept as it comes, and the place
 * of a batch that was stopped.
 *
 * Durable steps: a page is an event with its pictures (one unit); the batch's place in meta follows it. A crash in between
 * loses the place only: the next call begins a new batch behind the pages that are kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices_own.h"
#include "jemput/intake.h"
#include "jemput/lookup.h"
#include "jemput/sheet.h"

#define SCAN_PLACE_KEY "scanner.batch" /* of meta: "NUMBER SOURCE PAGES HALF TARGET AFTER-SEPARATOR AT-MS" */
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
    uint64_t target; /* the application that pages go to now */
    char kind[33];   /* of document there */
    json_t *pages;
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

static enum jem_code scan_pick(struct jem_app *app, struct jem_usb *usb, const char *wanted, char id[OWN_DEVICE_ID_CAP],
    struct jem_error *err)
{
    struct jem_scanner_list list;
    char chosen[OWN_DEVICE_ID_CAP], names[512];
    bool named = wanted != NULL && *wanted != '\0';
    enum jem_code rc = jem_scanners_list(usb, &list, err);
    if (rc != JEM_OK)
        return rc;
    (void)own_meta(app->store, OWN_SCANNER_KEY, "", chosen, sizeof chosen);
    const char *meant = named ? wanted : chosen;
    const struct jem_scanner_info *found = own_scanner_find(&list, meant);
    if (found == NULL && !named)
        found = scan_only(&list);
    if (found == NULL && list.count == 1 && !named)
        found = &list.items[0]; /* not usable: it tells why */
    scan_names(&list, names, sizeof names);
    if (found != NULL && !found->usable)
        rc = jem_fail(err, JEM_EBUSY, JEM_D_APP, 0, JEM_T_APP_AS_SAID, found->why);
    else if (found != NULL)
        (void)snprintf(id, OWN_DEVICE_ID_CAP, "%s", found->id);
    else if (*meant != '\0')
        rc = jem_fail(err, JEM_EIO, JEM_D_APP, 0, JEM_T_SCANS_NOT_HERE, meant);
    else if (list.count == 0)
        rc = jem_fail(err, JEM_EIO, JEM_D_APP, 0, JEM_T_SCANS_NONE);
    else
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_SCANS_WHICH, names);
    jem_scanner_list_release(&list);
    return rc == JEM_OK && named ? jem_store_meta_set(app->store, OWN_SCANNER_KEY, id, err) : rc;
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
    return JEM_OK;
}

/* ---- the place of a batch ---- */

static bool scan_place_read(struct scan *s)
{
    char text[160];
    unsigned long long number = 0, target = 0;
    unsigned pages = 0, half = 0, after = 0, source = 0;
    long long at_ms = 0;
    int64_t now_ms = jem_store_now_ms(s->app->store);
    (void)own_meta(s->app->store, SCAN_PLACE_KEY, "", text, sizeof text);
    if (sscanf(text, "%20llu %1u %9u %1u %20llu %1u %19lld", &number, &source, &pages, &half, &target, &after,
            &at_ms) != 7 ||
        number != s->in->number || source != (unsigned)s->settings.source || now_ms < at_ms ||
        now_ms - at_ms > SCAN_PLACE_AGE_MS || s->settings.source == JEM_SOURCE_PLATEN)
        return false;
    s->report = (struct jem_scan_report){ .pages = pages, .resumable = true, .half_sheet = half != 0 };
    s->batch.after_separator = after != 0;
    return target != number && scan_ask_application(s, target, s->kind, NULL) != JEM_OK
               ? scan_ask_application(s, target, SCAN_KIND_OTHER, NULL) == JEM_OK
               : true;
}

/* Best effort: without it the next call begins a new batch. */
static void scan_place_keep(struct scan *s)
{
    char text[160] = "";
    if (s->report.resumable && s->report.pages > 0)
        (void)snprintf(text, sizeof text, "%llu %u %u %u %llu %u %lld", (unsigned long long)s->in->number,
            (unsigned)s->settings.source, s->report.pages, (unsigned)s->report.half_sheet,
            (unsigned long long)s->target, (unsigned)s->batch.after_separator,
            (long long)jem_store_now_ms(s->app->store));
    if (jem_store_meta_set(s->app->store, SCAN_PLACE_KEY, text, NULL) != JEM_OK)
        return;
}

/* ---- a page ---- */

static json_t *scan_warnings(const struct jem_sheet *sheet, const struct jem_scan_page *page)
{
    static const struct {
        enum jem_sheet_warning bit;
        const char *name;
    } all[] = { { JEM_SHEET_BLANK, "blank" }, { JEM_SHEET_BLURRED, "blurred" }, { JEM_SHEET_TURNED, "turned" },
        { JEM_SHEET_NO_CARD, "no_card" } };
    json_t *warnings = json_array();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (sheet->warnings & (unsigned)all[i].bit)
            json_array_append_new(warnings,
                json_pack("{s:s,s:s}", "key", all[i].name, "text", jem_text(jem_sheet_warning_text(all[i].bit))));
    if (page->again)
        json_array_append_new(warnings, json_pack("{s:s,s:s}", "key", "again", "text", jem_text(JEM_T_SCANS_AGAIN)));
    return warnings;
}

static enum jem_code scan_keep(struct scan *s, const struct jem_sheet *sheet, const struct jem_scan_page *page,
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
    if (rc != JEM_OK && !twice)
        return rc;
    if (one == NULL)
        return jem_fail_nomem(err);
    json_object_set_new(one, "page", json_integer(page->number));
    json_object_set_new(one, "side", json_string(page->side == JEM_SIDE_BACK ? "back" : "front"));
    json_object_set_new(one, "card", json_boolean(sheet->is_card));
    json_object_set_new(one, "twice", json_boolean(twice));
    json_object_set_new(one, "warnings", scan_warnings(sheet, page));
    json_array_append_new(s->pages, one);
    if (s->watch != NULL)
        s->watch->page(s->watch->ctx, one);
    return JEM_OK;
}

/* The pages that follow belong to the receipt's application. */
static enum jem_code scan_turn_to(struct scan *s, const char *receipt, struct jem_error *err)
{
    uint64_t number = 0;
    enum jem_code rc = jem_lookup_number(s->app, receipt, &number, err);
    if (rc != JEM_OK)
        return rc;
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
        .find_receipt = feeder };
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

enum jem_code jem_scan_documents(struct jem_app *app, struct jem_devices *devices, const struct jem_scan_in *in,
    const atomic_bool *cancel, const struct jem_scan_watch *watch, json_t **out, struct jem_error *err)
{
    struct scan s = { .app = app, .in = in, .watch = watch };
    struct jem_scanner *scanner = NULL;
    struct jem_usb *usb = jem_devices_usb(devices);
    char id[OWN_DEVICE_ID_CAP] = "";
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = scan_ask_application(&s, in->number, in->kind, err);
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
    const struct jem_scan_sink sink = { scan_page, &s };
    rc = jem_scanner_scan(scanner, &s.settings, cancel, &sink, &s.report, err);
    scan_place_keep(&s);
    *out = scan_result(&s, id);
    if (*out == NULL && rc == JEM_OK)
        rc = jem_fail_nomem(err);
out:
    jem_scanner_close(scanner);
    json_decref(s.pages);
    return rc;
}
