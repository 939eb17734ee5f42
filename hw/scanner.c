/* scanner.c - the list of ways to reach scanners, and what they have in common: settings, pages handed over, ends. */
#include "jemput/scanner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "picture.h"
#include "scanner_ops.h"
#include "usb.h"

/* In the order of preference: what an earlier one lists, a later one does not list again. */
static const struct jem_scanner_ops *const scanner_ways[] = { &jem_scanner_usb, &jem_scanner_ipp_usb,
    &jem_scanner_sane };
#define WAYS (sizeof scanner_ways / sizeof scanner_ways[0])

/* ---- names ---------------------------------------------------------------------------------------------------------- */

static const char *const via_names[] = { "unknown", "usb", "ipp-usb", "sane" };
static const char *const source_names[] = { "unknown", "platen", "adf", "adf-duplex" };
static const char *const colour_names[] = { "unknown", "bilevel", "gray", "colour" };
static const char *const state_names[] = { "unknown", "idle", "busy", "testing", "stopped", "gone" };
static const char *const adf_names[] = { "unknown", "loaded", "empty", "jam", "cover" };
static const char *const end_names[] = { "unknown", "done", "no-paper", "cancelled", "jam", "cover", "gone", "busy",
    "refused", "failed" };

#define NAME_OF(names, i) ((size_t)(i) < sizeof(names) / sizeof(names)[0] ? (names)[i] : (names)[0])

const char *jem_scanner_via_name(enum jem_scanner_via via)
{
    return NAME_OF(via_names, via);
}

const char *jem_scan_source_name(enum jem_scan_source source)
{
    return NAME_OF(source_names, source);
}

const char *jem_scan_colour_name(enum jem_scan_colour colour)
{
    return NAME_OF(colour_names, colour);
}

const char *jem_scanner_state_name(enum jem_scanner_state state)
{
    return NAME_OF(state_names, state);
}

const char *jem_adf_state_name(enum jem_adf_state state)
{
    return NAME_OF(adf_names, state);
}

const char *jem_scan_end_name(enum jem_scan_end end)
{
    return NAME_OF(end_names, end);
}

bool jem_scan_source_parse(const char *s, enum jem_scan_source *out)
{
    for (enum jem_scan_source i = JEM_SOURCE_PLATEN; i <= JEM_SOURCE_ADF_DUPLEX; i++)
        if (strcmp(s, source_names[i]) == 0) {
            *out = i;
            return true;
        }
    return false;
}

bool jem_scan_colour_parse(const char *s, enum jem_scan_colour *out)
{
    if (strcmp(s, "color") == 0)
        s = "colour";
    for (enum jem_scan_colour i = JEM_COLOUR_BILEVEL; i <= JEM_COLOUR_RGB; i++)
        if (strcmp(s, colour_names[i]) == 0) {
            *out = i;
            return true;
        }
    return false;
}

const char *jem_scanner_status_text(const struct jem_scanner_status *status)
{
    static const enum jem_text by_state[] = { JEM_T_SCANNER_UNKNOWN, JEM_T_SCANNER_IDLE, JEM_T_SCANNER_BUSY,
        JEM_T_SCANNER_TESTING, JEM_T_SCANNER_STOPPED, JEM_T_SCANNER_GONE };
    if (status->state != JEM_SCANNER_GONE && status->adf == JEM_ADF_JAM)
        return jem_text(JEM_T_SCANNER_JAM);
    if (status->state != JEM_SCANNER_GONE && status->adf == JEM_ADF_COVER)
        return jem_text(JEM_T_SCANNER_COVER);
    if (status->state == JEM_SCANNER_IDLE && status->adf == JEM_ADF_LOADED)
        return jem_text(JEM_T_SCANNER_LOADED);
    return jem_text(NAME_OF(by_state, status->state));
}

/* ---- the list ------------------------------------------------------------------------------------------------------- */

void jem_scanner_list_release(struct jem_scanner_list *list)
{
    free(list->items);
    *list = (struct jem_scanner_list){ NULL, 0 };
}

enum jem_code jem_scanner_list_add(struct jem_scanner_list *list, const struct jem_scanner_info *info,
    struct jem_error *err)
{
    struct jem_scanner_info *items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (!items)
        return jem_fail_nomem(err);
    items[list->count++] = *info;
    list->items = items;
    return JEM_OK;
}

static bool same_device(const struct jem_scanner_info *a, const struct jem_scanner_info *b)
{
    if (a->serial[0] && strcasecmp(a->serial, b->serial) == 0)
        return true;
    /* SANE's own eSCL backends tell no serial number: the name has to do. */
    bool escl = strncmp(b->id, "sane:escl:", 10) == 0 || strncmp(b->id, "sane:airscan:", 13) == 0;
    return escl && a->name[0] && strcasestr(b->name, a->name) != NULL;
}

/* Of two entries of one device the usable one stays; of two usable ones the first. */
static void list_merge(struct jem_scanner_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        size_t twin = 0;
        while (twin < kept &&
               (list->items[twin].via == list->items[i].via || !same_device(&list->items[twin], &list->items[i])))
            twin++;
        if (twin == kept)
            list->items[kept++] = list->items[i];
        else if (!list->items[twin].usable && list->items[i].usable)
            list->items[twin] = list->items[i];
    }
    list->count = kept;
}

enum jem_code jem_scanners_list(struct jem_usb *usb, struct jem_scanner_list *out, struct jem_error *err)
{
    *out = (struct jem_scanner_list){ NULL, 0 };
    for (size_t i = 0; i < WAYS; i++) {
        enum jem_code code = scanner_ways[i]->list(usb, out, err);
        if (code != JEM_OK) {
            jem_scanner_list_release(out);
            return code;
        }
    }
    list_merge(out);
    return JEM_OK;
}

/* ---- one scanner ---------------------------------------------------------------------------------------------------- */

enum jem_code jem_scanner_open(struct jem_usb *usb, const char *id, struct jem_scanner **out, struct jem_error *err)
{
    *out = NULL;
    const char *colon = strchr(id, ':');
    for (size_t i = 0; colon && i < WAYS; i++) {
        const struct jem_scanner_ops *ops = scanner_ways[i];
        if (strlen(ops->scheme) != (size_t)(colon - id) || strncmp(id, ops->scheme, (size_t)(colon - id)) != 0)
            continue;
        struct jem_scanner *scanner = calloc(1, sizeof *scanner);
        if (!scanner)
            return jem_fail_nomem(err);
        scanner->ops = ops;
        enum jem_code code = ops->open(usb, colon + 1, &scanner->self, err);
        if (code == JEM_OK)
            *out = scanner;
        else
            free(scanner);
        return code;
    }
    return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_SCAN_ID, id);
}

void jem_scanner_close(struct jem_scanner *scanner)
{
    if (!scanner)
        return;
    scanner->ops->close(scanner->self);
    free(scanner);
}

enum jem_code jem_scanner_caps(struct jem_scanner *scanner, struct jem_scanner_caps *out, struct jem_error *err)
{
    *out = (struct jem_scanner_caps){ .model = "" };
    return scanner->ops->caps(scanner->self, out, err);
}

enum jem_code jem_scanner_status(struct jem_scanner *scanner, struct jem_scanner_status *out, struct jem_error *err)
{
    *out = (struct jem_scanner_status){ JEM_SCANNER_UNKNOWN, JEM_ADF_UNKNOWN };
    return scanner->ops->status(scanner->self, out, err);
}

/* ---- settings ------------------------------------------------------------------------------------------------------- */

unsigned jem_scan_dpi_choose(const struct jem_scan_source_caps *caps, unsigned wanted)
{
    if (caps->resolution_count > 0) {
        for (size_t i = 0; i < caps->resolution_count; i++)
            if (caps->resolutions[i] >= wanted)
                return caps->resolutions[i];
        return caps->resolutions[caps->resolution_count - 1];
    }
    const struct jem_scan_range *r = &caps->range;
    if (r->max == 0)
        return 0;
    unsigned step = r->step ? r->step : 1;
    if (wanted <= r->min)
        return r->min;
    unsigned steps = (wanted - r->min + step - 1) / step, last = (r->max - r->min) / step;
    return r->min + (steps < last ? steps : last) * step;
}

enum jem_scan_colour jem_scan_colour_choose(const struct jem_scan_source_caps *caps, enum jem_scan_colour wanted)
{
    for (enum jem_scan_colour c = wanted; c >= JEM_COLOUR_BILEVEL && c <= JEM_COLOUR_RGB; c++)
        if (caps->colours & 1U << c)
            return c;
    for (enum jem_scan_colour c = JEM_COLOUR_RGB; c >= JEM_COLOUR_BILEVEL; c--)
        if (caps->colours & 1U << c)
            return c;
    return JEM_COLOUR_UNKNOWN;
}

static void fit_side(uint32_t *offset, uint32_t *size, uint32_t min, uint32_t max)
{
    if (*offset >= max)
        *offset = 0;
    if (*size == 0 || *size > max - *offset)
        *size = max - *offset;
    if (*size < min) {
        *size = min;
        *offset = *offset > max - min ? max - min : *offset;
    }
}

enum jem_code jem_scan_settings_fit(const struct jem_scanner_caps *caps, const struct jem_scan_settings *in,
    struct jem_scan_settings *out, struct jem_error *err)
{
    *out = *in;
    if (in->source <= JEM_SOURCE_UNKNOWN || in->source >= JEM_SOURCES || !caps->sources[in->source].present)
        return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_SCAN_SOURCE, caps->model, jem_scan_source_name(in->source));
    const struct jem_scan_source_caps *source = &caps->sources[in->source];
    if (in->dpi == 0 || jem_scan_dpi_choose(source, in->dpi) != in->dpi)
        return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_SCAN_DPI, caps->model, in->dpi,
            jem_scan_dpi_choose(source, in->dpi));
    if (in->colour <= JEM_COLOUR_UNKNOWN || in->colour > JEM_COLOUR_RGB || !(source->colours & 1U << in->colour))
        return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_SCAN_COLOUR, caps->model, jem_scan_colour_name(in->colour),
            jem_scan_colour_name(jem_scan_colour_choose(source, in->colour)));
    fit_side(&out->x_300dpi, &out->width_300dpi, source->min_width_300dpi, source->max_width_300dpi);
    fit_side(&out->y_300dpi, &out->height_300dpi, source->min_height_300dpi, source->max_height_300dpi);
    return JEM_OK;
}

/* ---- a run ---------------------------------------------------------------------------------------------------------- */

bool jem_scan_cancelled(const struct jem_scan_run *run)
{
    return atomic_load(run->cancel);
}

bool jem_scan_enough(const struct jem_scan_run *run)
{
    return (run->settings->max_pages > 0 && run->report->pages >= run->settings->max_pages) ||
           (run->settings->source == JEM_SOURCE_PLATEN && run->job_pages > 0);
}

enum jem_code jem_scan_hand_over(struct jem_scan_run *run, const unsigned char *jpeg, size_t len, struct jem_error *err)
{
    struct jem_picture_facts facts = jem_picture_jpeg(jpeg, len);
    if (!facts.whole || facts.width == 0)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_HW, 0, JEM_T_SCAN_HALF_PAGE, run->report->pages + 1);
    bool back = run->settings->source == JEM_SOURCE_ADF_DUPLEX && run->job_pages % 2 == 1;
    const struct jem_scan_page page = { .jpeg = jpeg,
        .len = len,
        .number = run->report->pages + 1,
        .dpi = run->settings->dpi,
        .source = run->settings->source,
        .side = back ? JEM_SIDE_BACK : JEM_SIDE_FRONT,
        .again = run->again && run->job_pages == 0 };
    enum jem_code code = run->sink->page(run->sink->ctx, &page, err);
    if (code == JEM_OK) {
        run->report->pages++;
        run->job_pages++;
    }
    return code;
}

enum jem_code jem_scan_done(struct jem_scan_run *run)
{
    run->report->end = JEM_SCAN_DONE;
    run->report->resumable = false;
    run->report->half_sheet = false;
    return JEM_OK;
}

struct end_text {
    enum jem_code code;
    enum jem_text text;
};

static struct end_text end_text_of(enum jem_scan_end end)
{
    switch (end) {
    case JEM_SCAN_NO_PAPER: return (struct end_text){ JEM_EIO, JEM_T_SCAN_NO_PAPER };
    case JEM_SCAN_CANCELLED: return (struct end_text){ JEM_EBUSY, JEM_T_SCAN_CANCELLED };
    case JEM_SCAN_JAM: return (struct end_text){ JEM_EIO, JEM_T_SCAN_JAM };
    case JEM_SCAN_COVER: return (struct end_text){ JEM_EIO, JEM_T_SCAN_COVER };
    case JEM_SCAN_GONE: return (struct end_text){ JEM_EIO, JEM_T_SCAN_GONE };
    case JEM_SCAN_BUSY: return (struct end_text){ JEM_EBUSY, JEM_T_SCAN_BUSY_NOW };
    case JEM_SCAN_REFUSED: return (struct end_text){ JEM_EINVAL, JEM_T_SCAN_REFUSED };
    case JEM_SCAN_DONE:
    case JEM_SCAN_FAILED:
    case JEM_SCAN_END_UNKNOWN: break;
    }
    return (struct end_text){ JEM_EIO, JEM_T_SCAN_FAILED };
}

enum jem_code jem_scan_fail(struct jem_scan_run *run, enum jem_scan_end end, int native, const char *detail,
    struct jem_error *err)
{
    struct end_text text = end_text_of(end);
    char kept[128] = "";
    bool duplex = run->settings->source == JEM_SOURCE_ADF_DUPLEX;
    run->report->end = end;
    run->report->resumable = end != JEM_SCAN_REFUSED;
    /* A run that ended before its first page leaves the sheet of the run before as it was. */
    run->report->half_sheet = run->job_pages > 0 ? duplex && run->job_pages % 2 == 1 : run->again;
    const char *first = end == JEM_SCAN_FAILED || end == JEM_SCAN_BUSY ? detail : NULL;
    if (run->report->pages > 0)
        (void)snprintf(kept, sizeof kept, jem_text(JEM_T_SCAN_KEPT), run->report->pages);
    return jem_fail(err, text.code, JEM_D_HW, native, JEM_T_SCAN_MESSAGE, first && *first ? first : jem_text(text.text),
        kept, run->report->half_sheet ? jem_text(JEM_T_SCAN_HALF_SHEET) : "");
}

enum jem_code jem_scan_broke(struct jem_scan_run *run, const struct jem_error *why, struct jem_error *err)
{
    enum jem_scan_end end = why->native == JEM_USB_GONE        ? JEM_SCAN_GONE
                            : why->native == JEM_USB_CANCELLED ? JEM_SCAN_CANCELLED
                            : why->code == JEM_EBUSY           ? JEM_SCAN_BUSY
                                                               : JEM_SCAN_FAILED;
    enum jem_code code = jem_scan_fail(run, end, why->native, why->msg, err);
    if (end != JEM_SCAN_FAILED)
        return code;
    if (err)
        err->code = why->code;
    return why->code;
}

enum jem_code jem_scanner_scan(struct jem_scanner *scanner, const struct jem_scan_settings *settings,
    const atomic_bool *cancel, const struct jem_scan_sink *sink, struct jem_scan_report *report, struct jem_error *err)
{
    static const atomic_bool never = false;
    struct jem_scan_settings fitted = *settings;
    struct jem_scanner_caps caps;
    struct jem_error why = { 0 };
    struct jem_scan_run run = { .cancel = cancel ? cancel : &never,
        .sink = sink,
        .report = report,
        .settings = &fitted,
        .again = report->half_sheet && settings->source == JEM_SOURCE_ADF_DUPLEX };
    report->end = JEM_SCAN_END_UNKNOWN;
    if (jem_scan_enough(&run))
        return jem_scan_done(&run);
    enum jem_code code = scanner->ops->caps(scanner->self, &caps, &why);
    if (code != JEM_OK)
        return jem_scan_broke(&run, &why, err);
    code = jem_scan_settings_fit(&caps, settings, &fitted, err);
    if (code != JEM_OK) {
        report->end = JEM_SCAN_REFUSED;
        report->resumable = false;
        return code;
    }
    return scanner->ops->scan(scanner->self, &fitted, &run, err);
}
