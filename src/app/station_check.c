/* station_check.c - the morning's check, row by row: the program's own tests, doctor, a test print, a test scan. Each row says
 * what to do. A test print is no receipt and no job of the queue; a test scan is kept nowhere but on the page that shows it. */
#include <stdio.h>
#include <string.h>

#include "jemput/care.h"
#include "jemput/clock.h"
#include "jemput/receipt.h"
#include "jemput/usb.h"
#include "print_own.h"
#include "station_own.h"

static void check_row(struct jem_station *s, const char *check, const char *level, const char *subject,
    const char *text)
{
    pthread_mutex_lock(&s->lock);
    json_array_append_new(json_object_get(s->check, "rows"),
        json_pack("{s:s,s:s,s:s,s:s}", "check", check, "level", level, "subject", subject, "text", text));
    station_touch(s);
    pthread_mutex_unlock(&s->lock);
}

/* Rows of what is tried again go; the others stay. */
static void check_begin(struct jem_station *s, struct jem_app *app, unsigned tries)
{
    json_t *rows = json_array(), *row;
    size_t i;
    pthread_mutex_lock(&s->lock);
    json_array_foreach(json_object_get(s->check, "rows"), i, row)
    {
        const char *check = jem_json_str(row, "check", "");
        bool again = tries & STATION_TRY_PROGRAM || (strcmp(check, "print") == 0 && tries & STATION_TRY_PRINT) ||
                     (strcmp(check, "scan") == 0 && tries & STATION_TRY_SCAN);
        if (!again)
            json_array_append(rows, row);
    }
    json_decref(s->check);
    s->check = json_pack("{s:I,s:o}", "at_ms", (json_int_t)jem_store_now_ms(jem_app_store(app)), "rows", rows);
    if (tries & STATION_TRY_SCAN)
        jem_buf_clear(&s->picture);
    station_touch(s);
    pthread_mutex_unlock(&s->lock);
}

static void check_program(struct jem_station *s)
{
    json_t *o = NULL, *it;
    size_t i;
    char wrong[300] = "";
    struct jem_error err = { .msg = "" };
    enum jem_code rc = jem_care_selftest(&o, &err);
    json_array_foreach(json_object_get(o, "checks"), i, it)
    {
        size_t at = strlen(wrong);
        if (!jem_json_bool(it, "ok", false))
            (void)snprintf(wrong + at, sizeof wrong - at, "%s%s", at > 0 ? ", " : "", jem_json_str(it, "name", ""));
    }
    check_row(s, "program", rc == JEM_OK ? "ok" : "fault", wrong,
        rc == JEM_OK ? jem_text(JEM_T_STATION_PROGRAM_OK) : err.msg);
    json_decref(o);
}

static void check_doctor(struct jem_station *s, struct jem_app *app)
{
    json_t *o = NULL, *it;
    size_t i;
    struct jem_error err = { .msg = "" };
    pthread_mutex_lock(&s->printer_lock);
    pthread_mutex_lock(&s->readers_lock);
    station_readers_close(s);
    enum jem_code rc = jem_doctor(app, s->devices, &o, &err);
    pthread_mutex_unlock(&s->readers_lock);
    pthread_mutex_unlock(&s->printer_lock);
    if (rc != JEM_OK)
        check_row(s, "usb", "fault", "", err.msg);
    json_array_foreach(json_object_get(o, "findings"), i, it) check_row(s, jem_json_str(it, "check", ""),
        jem_json_str(it, "level", ""), jem_json_str(it, "subject", ""), jem_json_str(it, "text", ""));
    json_decref(o);
}

/* ---- a test print ---- */

static enum jem_code check_page(struct jem_app *app, const struct jem_printer_info *info,
    const struct jem_printer_profile *profile, struct jem_raster *raster, struct jem_error *err)
{
    char at[64], van[200];
    jem_time_human(jem_store_now_ms(jem_app_store(app)), at, sizeof at);
    (void)own_meta(jem_app_store(app), "name", "", van, sizeof van);
    const char *const lines[] = { van, info->name, jem_text(profile->name), at, jem_text(JEM_T_STATION_TEST_LINE) };
    return jem_test_page_raster(jem_text(JEM_T_STATION_TEST_TITLE), lines, sizeof lines / sizeof *lines,
        profile->style.width_dots, raster, err);
}

static enum jem_code check_paper(struct jem_station *s, struct jem_app *app, const struct jem_printer_info *info,
    struct jem_print_report *report, struct jem_error *err)
{
    const struct jem_printer_profile *profile = own_printer_profile(app, info);
    struct jem_printer *printer = NULL;
    struct jem_raster raster = { .bits = NULL };
    if (profile == NULL)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_STATION_TEST_OFFICE);
    enum jem_code rc = check_page(app, info, profile, &raster, err);
    if (rc == JEM_OK)
        rc = jem_printer_open(jem_devices_usb(s->devices), info, profile, &printer, err);
    const struct jem_escpos_page page = { raster.width_dots, raster.height_dots, raster.stride, raster.bits };
    if (rc == JEM_OK)
        rc = jem_printer_print(printer, &page, false, &s->stop, report, err);
    jem_printer_close(printer);
    jem_raster_release(&raster);
    return rc;
}

static void check_print(struct jem_station *s, struct jem_app *app)
{
    struct jem_printer_list list = { NULL, 0 };
    const struct jem_printer_info *info = NULL;
    struct jem_print_report report = { .outcome = JEM_PRINTED_NO };
    struct jem_error err = { .msg = "" };
    char name[128] = "";
    pthread_mutex_lock(&s->printer_lock);
    enum jem_code rc = own_printer_pick(app, jem_devices_usb(s->devices), NULL, &list, &info, &err);
    bool none = rc == JEM_ENOTFOUND && list.count == 0;
    if (info != NULL)
        (void)snprintf(name, sizeof name, "%s", info->name);
    if (rc == JEM_OK)
        rc = check_paper(s, app, info, &report, &err);
    pthread_mutex_unlock(&s->printer_lock);
    jem_printer_list_release(&list);
    if (rc != JEM_OK)
        check_row(s, "print", none ? "note" : "fault", name, err.msg);
    else
        check_row(s, "print", report.outcome == JEM_PRINTED_YES ? "ok" : "ask", name,
            jem_text(report.outcome == JEM_PRINTED_YES ? JEM_T_STATION_TEST_PRINTED : JEM_T_STATION_TEST_ASK));
}

/* ---- a test scan ---- */

struct check_scan {
    struct jem_station *s;
    unsigned warnings;
    bool got;
};

static enum jem_code check_scan_page(void *ctx, const struct jem_scan_page *page, struct jem_error *err)
{
    struct check_scan *c = ctx;
    struct jem_sheet sheet = { 0 };
    const struct jem_sheet_settings settings = { .colour = JEM_COLOUR_GRAY, .dpi = page->dpi };
    enum jem_code rc = jem_sheet_process(&settings, page->jpeg, page->len, &sheet, err);
    if (rc == JEM_OK) {
        c->warnings = sheet.warnings;
        c->got = true;
        pthread_mutex_lock(&c->s->lock);
        jem_buf_clear(&c->s->picture);
        jem_buf_add(&c->s->picture, sheet.preview, sheet.preview_len);
        pthread_mutex_unlock(&c->s->lock);
    }
    jem_sheet_release(&sheet);
    return rc;
}

static enum jem_code check_scan_run(struct jem_station *s, const char *id, struct check_scan *c, struct jem_error *err)
{
    struct jem_scanner *scanner = NULL;
    struct jem_scanner_caps caps;
    struct jem_scan_report report = { .pages = 0 };
    struct jem_scan_settings settings = { .max_pages = 1 };
    const struct jem_scan_sink sink = { check_scan_page, c };
    enum jem_code rc = jem_scanner_open(jem_devices_usb(s->devices), id, &scanner, err);
    if (rc == JEM_OK)
        rc = jem_scanner_caps(scanner, &caps, err);
    if (rc == JEM_OK) {
        settings.source = caps.sources[JEM_SOURCE_PLATEN].present ? JEM_SOURCE_PLATEN : JEM_SOURCE_ADF;
        settings.colour = jem_scan_colour_choose(&caps.sources[settings.source], JEM_COLOUR_GRAY);
        settings.dpi = jem_scan_dpi_choose(&caps.sources[settings.source], 100);
        rc = jem_scanner_scan(scanner, &settings, &s->stop, &sink, &report, err);
    }
    jem_scanner_close(scanner);
    return rc;
}

static void check_scan(struct jem_station *s, struct jem_app *app)
{
    struct jem_scanner_list list;
    struct check_scan c = { .s = s };
    struct jem_error err = { .msg = "" };
    char id[OWN_DEVICE_ID_CAP] = "", name[128] = "";
    if (jem_scanners_list(jem_devices_usb(s->devices), &list, NULL) != JEM_OK)
        return;
    enum jem_code rc = own_scanner_pick(app, &list, NULL, id, &err);
    bool none = list.count == 0;
    const struct jem_scanner_info *info = own_scanner_find(&list, id);
    if (info != NULL)
        (void)snprintf(name, sizeof name, "%s", info->name);
    jem_scanner_list_release(&list);
    if (rc == JEM_OK)
        rc = check_scan_run(s, id, &c, &err);
    if (rc != JEM_OK)
        check_row(s, "scan", none ? "note" : "fault", name, err.msg);
    else if (c.warnings & JEM_SHEET_BLURRED)
        check_row(s, "scan", "fault", name, jem_text(jem_sheet_warning_text(JEM_SHEET_BLURRED)));
    else
        check_row(s, "scan", "ok", name,
            jem_text(c.warnings & JEM_SHEET_BLANK ? JEM_T_STATION_TEST_BLANK : JEM_T_STATION_TEST_SCANNED));
}

void station_check_run(struct jem_station *s, struct jem_app *app, unsigned tries)
{
    check_begin(s, app, tries);
    if (tries & STATION_TRY_PROGRAM) {
        check_program(s);
        check_doctor(s, app);
    }
    if (tries & STATION_TRY_PRINT)
        check_print(s, app);
    if (tries & STATION_TRY_SCAN)
        check_scan(s, app);
}
