/* devices.c - the devices of this laptop in one list: what each can do and how it stands. */
#include "jemput/devices.h"

#include <stdlib.h>
#include <string.h>

#include "devices_own.h"
#include "jemput/print.h"
#include "jemput/reader.h"
#include "jemput/usb.h"

struct jem_devices {
    struct jem_usb *usb;
};

enum jem_code jem_devices_new(struct jem_devices **out, struct jem_error *err)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return jem_fail_nomem(err);
    if (jem_usb_new(&(*out)->usb, NULL) != JEM_OK)
        (*out)->usb = NULL;
    return JEM_OK;
}

void jem_devices_free(struct jem_devices *devices)
{
    if (devices == NULL)
        return;
    jem_usb_free(devices->usb);
    free(devices);
}

struct jem_usb *jem_devices_usb(struct jem_devices *devices)
{
    return devices->usb;
}

/* ---- scanners ---- */

/* What follows the socket of a USB id: the serial number. NULL when it tells none (then vendor:product stands there). */
static const char *scanner_serial(const char *id)
{
    const char *slash = strncmp(id, "usb:", 4) == 0 ? strchr(id, '/') : NULL;
    return slash != NULL && strchr(slash, ':') == NULL && slash[1] != '\0' ? slash + 1 : NULL;
}

const struct jem_scanner_info *own_scanner_find(const struct jem_scanner_list *list, const char *id)
{
    const char *serial = scanner_serial(id);
    const struct jem_scanner_info *found = NULL;
    size_t same = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].id, id) == 0)
            return &list->items[i];
        if (serial != NULL && strcmp(list->items[i].serial, serial) == 0) {
            found = &list->items[i];
            same++;
        }
    }
    return same == 1 ? found : NULL;
}

static int scanner_mm(uint32_t at_300dpi)
{
    return (int)((at_300dpi * 254 + 1500) / 3000);
}

static json_t *scanner_dpi(const struct jem_scan_source_caps *caps)
{
    if (caps->resolution_count == 0)
        return json_pack("[i,i,i]", (int)caps->range.min, (int)caps->range.max, (int)caps->range.step);
    json_t *dpi = json_array();
    for (size_t i = 0; i < caps->resolution_count; i++)
        json_array_append_new(dpi, json_integer(caps->resolutions[i]));
    return dpi;
}

static json_t *scanner_colours(const struct jem_scan_source_caps *caps)
{
    json_t *colours = json_array();
    for (enum jem_scan_colour c = JEM_COLOUR_BILEVEL; c <= JEM_COLOUR_RGB; c++)
        if (caps->colours & 1U << c)
            json_array_append_new(colours, json_string(jem_scan_colour_name(c)));
    return colours;
}

static json_t *scanner_sources(const struct jem_scanner_caps *caps)
{
    json_t *sources = json_array();
    for (enum jem_scan_source s = JEM_SOURCE_PLATEN; s <= JEM_SOURCE_ADF_DUPLEX; s++) {
        const struct jem_scan_source_caps *c = &caps->sources[s];
        if (c->present)
            json_array_append_new(sources,
                json_pack("{s:s,s:i,s:i,s:o,s:b,s:o}", "source", jem_scan_source_name(s), "width_mm",
                    scanner_mm(c->max_width_300dpi), "height_mm", scanner_mm(c->max_height_300dpi), "dpi",
                    scanner_dpi(c), "dpi_range", (int)(c->resolution_count == 0), "colours", scanner_colours(c)));
    }
    return sources;
}

/* Capabilities and state; one that cannot be asked is not usable, and `why` tells. */
static void scanner_look(struct jem_usb *usb, const struct jem_scanner_info *info, json_t *o)
{
    struct jem_scanner *scanner = NULL;
    struct jem_scanner_caps caps;
    struct jem_scanner_status status = { JEM_SCANNER_UNKNOWN, JEM_ADF_UNKNOWN };
    struct jem_error err = { .msg = "" };
    enum jem_code rc = jem_scanner_open(usb, info->id, &scanner, &err);
    if (rc == JEM_OK)
        rc = jem_scanner_caps(scanner, &caps, &err);
    if (rc == JEM_OK)
        json_object_set_new(o, "sources", scanner_sources(&caps));
    if (rc == JEM_OK && jem_scanner_status(scanner, &status, NULL) != JEM_OK)
        status = (struct jem_scanner_status){ JEM_SCANNER_UNKNOWN, JEM_ADF_UNKNOWN };
    jem_scanner_close(scanner);
    if (rc != JEM_OK) {
        json_object_set_new(o, "usable", json_false());
        json_object_set_new(o, "why", json_string(err.msg));
    }
    json_object_set_new(o, "state", json_string(jem_scanner_state_name(status.state)));
    json_object_set_new(o, "adf", json_string(jem_adf_state_name(status.adf)));
    json_object_set_new(o, "state_text", json_string(rc == JEM_OK ? jem_scanner_status_text(&status) : err.msg));
}

static enum jem_code devices_scanners(struct jem_app *app, struct jem_usb *usb, bool look, json_t *out,
    struct jem_error *err)
{
    struct jem_scanner_list list;
    char chosen[OWN_DEVICE_ID_CAP];
    enum jem_code rc = jem_scanners_list(usb, &list, err);
    if (rc != JEM_OK)
        return rc;
    (void)own_meta(app->store, OWN_SCANNER_KEY, "", chosen, sizeof chosen);
    const struct jem_scanner_info *mine = own_scanner_find(&list, chosen);
    for (size_t i = 0; i < list.count; i++) {
        const struct jem_scanner_info *s = &list.items[i];
        json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:b,s:s,s:b}", "id", s->id, "name", s->name, "via",
            jem_scanner_via_name(s->via), "serial", s->serial, "usable", (int)s->usable, "why", s->why, "chosen",
            (int)(s == mine));
        if (o != NULL && look && s->usable)
            scanner_look(usb, s, o);
        json_array_append_new(out, o);
    }
    jem_scanner_list_release(&list);
    return JEM_OK;
}

/* ---- all of them ---- */

static enum jem_code devices_readers(struct jem_usb *usb, json_t *out, struct jem_error *err)
{
    struct jem_code_reader_list list;
    enum jem_code rc = jem_code_readers_list(usb, &list, err);
    for (size_t i = 0; rc == JEM_OK && i < list.count; i++) {
        const struct jem_code_reader_info *r = &list.items[i];
        json_array_append_new(out,
            json_pack("{s:s,s:s,s:s,s:s,s:b,s:s}", "id", r->id, "name", r->name, "via",
                jem_code_reader_via_name(r->via), "serial", r->serial, "usable", (int)r->usable, "why", r->why));
    }
    if (rc == JEM_OK)
        jem_code_reader_list_release(&list);
    return rc;
}

enum jem_code jem_devices_list(struct jem_app *app, struct jem_devices *devices, bool look, json_t **out,
    struct jem_error *err)
{
    json_t *scanners = json_array(), *readers = json_array(), *printers = NULL;
    enum jem_code rc = devices_scanners(app, devices->usb, look, scanners, err);
    if (rc == JEM_OK)
        rc = devices_readers(devices->usb, readers, err);
    if (rc == JEM_OK)
        rc = jem_print_printers(app, devices->usb, look, &printers, err);
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:O,s:O,s:O,s:O}", "scanners", scanners, "readers", readers, "printers",
                          json_object_get(printers, "printers"), "profiles", json_object_get(printers, "profiles")),
            out, err);
    json_decref(scanners);
    json_decref(readers);
    json_decref(printers);
    return rc;
}
