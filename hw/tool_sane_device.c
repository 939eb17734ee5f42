/* tool_sane_device.c - a backend's options as sources, colours, resolutions and regions.
 *
 * Option names are SANE's well-known ones (saneopts.h). What backends call their sources and modes is not in the
 * standard; the words below are those of the backends of sane-backends 1.2 and of the makers' own. */
#include "tool_sane.h"

#include <stdlib.h>
#include <string.h>
#include <sane/saneopts.h>

#define DEVICE_OPTIONS_MAX 1000
#define DEVICE_MM_MAX 3000.0
#define A4_W_300DPI 2480u
#define A4_H_300DPI 3508u

/* ---- options ---- */

/* An option of that name that can be set now. */
static const SANE_Option_Descriptor *option_find(struct tool_device *dev, const char *name, SANE_Int *index)
{
    SANE_Int count = 0;
    if (sane_control_option(dev->handle, 0, SANE_ACTION_GET_VALUE, &count, NULL) != SANE_STATUS_GOOD)
        return NULL;
    for (SANE_Int i = 1; i < count && i < DEVICE_OPTIONS_MAX; i++) {
        const SANE_Option_Descriptor *d = sane_get_option_descriptor(dev->handle, i);
        if (d && d->name && strcmp(d->name, name) == 0 && SANE_OPTION_IS_ACTIVE(d->cap) &&
            SANE_OPTION_IS_SETTABLE(d->cap)) {
            *index = i;
            return d;
        }
    }
    return NULL;
}

static SANE_Status option_set(struct tool_device *dev, SANE_Int index, void *value)
{
    SANE_Int info = 0;
    return sane_control_option(dev->handle, index, SANE_ACTION_SET_VALUE, value, &info);
}

/* A backend may write back as many bytes as the option has. */
static SANE_Status option_set_word(struct tool_device *dev, const char *name, SANE_Word word)
{
    SANE_Int index = 0;
    const SANE_Option_Descriptor *d = option_find(dev, name, &index);
    if (!d || d->size != (SANE_Int)sizeof(SANE_Word))
        return SANE_STATUS_UNSUPPORTED;
    return option_set(dev, index, &word);
}

static SANE_Status option_set_text(struct tool_device *dev, SANE_Int index, const SANE_Option_Descriptor *d,
    const char *text)
{
    size_t size = d->size > 0 ? (size_t)d->size : 0, n = strlen(text) + 1;
    char *value = calloc(1, size > n ? size : n);
    if (!value)
        return SANE_STATUS_NO_MEM;
    memcpy(value, text, n);
    SANE_Status status = option_set(dev, index, value);
    free(value);
    return status;
}

/* The smallest and largest of a numeric option, in its own words; false when it is not bounded. */
static bool option_bounds(const SANE_Option_Descriptor *d, SANE_Word *min, SANE_Word *max)
{
    if (d->constraint_type == SANE_CONSTRAINT_RANGE && d->constraint.range) {
        *min = d->constraint.range->min;
        *max = d->constraint.range->max;
        return true;
    }
    if (d->constraint_type != SANE_CONSTRAINT_WORD_LIST || !d->constraint.word_list || d->constraint.word_list[0] < 1)
        return false;
    const SANE_Word *list = d->constraint.word_list;
    *min = *max = list[1];
    for (SANE_Int i = 2; i <= list[0]; i++) {
        *min = list[i] < *min ? list[i] : *min;
        *max = list[i] > *max ? list[i] : *max;
    }
    return true;
}

static double option_number(const SANE_Option_Descriptor *d, SANE_Word word)
{
    return d->type == SANE_TYPE_FIXED ? SANE_UNFIX(word) : (double)word;
}

static SANE_Word option_word(const SANE_Option_Descriptor *d, double value)
{
    return d->type == SANE_TYPE_FIXED ? SANE_FIX(value) : (SANE_Word)(value + 0.5);
}

static bool has_any(const char *text, const char *const words[])
{
    for (size_t i = 0; words[i]; i++)
        if (strcasestr(text, words[i]))
            return true;
    return false;
}

static const char *text_choice(const SANE_Option_Descriptor *d, size_t i)
{
    return d->constraint_type == SANE_CONSTRAINT_STRING_LIST && d->constraint.string_list ? d->constraint.string_list[i]
                                                                                          : NULL;
}

/* ---- sources ---- */

static enum jem_scan_source source_of(const char *text)
{
    static const char *const film[] = { "transparen", "tma", "negative", "slide", "film", "tpu", NULL };
    static const char *const feeder[] = { "adf", "feeder", NULL };
    static const char *const glass[] = { "flatbed", "platen", "normal", "glass", "fb", NULL };
    if (has_any(text, film))
        return JEM_SOURCE_UNKNOWN;
    if (strcasestr(text, "duplex"))
        return JEM_SOURCE_ADF_DUPLEX;
    if (has_any(text, feeder))
        return strcasestr(text, "back") ? JEM_SOURCE_UNKNOWN : JEM_SOURCE_ADF; /* "ADF Back": the wrong side alone */
    return has_any(text, glass) ? JEM_SOURCE_PLATEN : JEM_SOURCE_UNKNOWN;
}

/* The other way to say duplex: an option beside the source. */
static SANE_Status source_sides(struct tool_device *dev, bool duplex)
{
    SANE_Int index = 0;
    const SANE_Option_Descriptor *d = option_find(dev, "adf-mode", &index);
    for (size_t i = 0; d && text_choice(d, i); i++)
        if ((strcasestr(text_choice(d, i), "duplex") != NULL) == duplex)
            return option_set_text(dev, index, d, text_choice(d, i));
    d = option_find(dev, "duplex", &index);
    if (d && d->type == SANE_TYPE_BOOL)
        return option_set_word(dev, "duplex", duplex ? SANE_TRUE : SANE_FALSE);
    return duplex ? SANE_STATUS_UNSUPPORTED : SANE_STATUS_GOOD;
}

/* UNSUPPORTED when there is no such source. A device without the option has glass only. */
static SANE_Status source_set(struct tool_device *dev, enum jem_scan_source source)
{
    SANE_Int index = 0;
    const SANE_Option_Descriptor *d = option_find(dev, SANE_NAME_SCAN_SOURCE, &index);
    if (!d || !text_choice(d, 0))
        return source == JEM_SOURCE_PLATEN ? SANE_STATUS_GOOD : SANE_STATUS_UNSUPPORTED;
    for (size_t i = 0; text_choice(d, i); i++)
        if (source_of(text_choice(d, i)) == source)
            return option_set_text(dev, index, d, text_choice(d, i));
    if (source != JEM_SOURCE_ADF_DUPLEX)
        return SANE_STATUS_UNSUPPORTED;
    SANE_Status status = source_set(dev, JEM_SOURCE_ADF);
    return status == SANE_STATUS_GOOD ? source_sides(dev, true) : status;
}

/* ---- colours ---- */

static enum jem_scan_colour colour_of(const char *text)
{
    static const char *const two[] = { "lineart", "binary", "black & white", "black and white", "monochrome",
        "threshold", NULL };
    static const char *const gray[] = { "gray", "grey", NULL };
    static const char *const full[] = { "color", "colour", "rgb", NULL };
    if (has_any(text, two))
        return JEM_COLOUR_BILEVEL;
    if (has_any(text, gray))
        return JEM_COLOUR_GRAY;
    return has_any(text, full) ? JEM_COLOUR_RGB : JEM_COLOUR_UNKNOWN;
}

static bool depth_has(struct tool_device *dev, SANE_Word bits)
{
    SANE_Int index = 0;
    SANE_Word min, max;
    const SANE_Option_Descriptor *d = option_find(dev, SANE_NAME_BIT_DEPTH, &index);
    if (!d || !option_bounds(d, &min, &max))
        return false;
    if (d->constraint_type == SANE_CONSTRAINT_RANGE)
        return bits >= min && bits <= max;
    for (SANE_Int i = 1; i <= d->constraint.word_list[0]; i++)
        if (d->constraint.word_list[i] == bits)
            return true;
    return false;
}

static unsigned colour_bits(struct tool_device *dev)
{
    SANE_Int index = 0;
    unsigned bits = 0;
    const SANE_Option_Descriptor *d = option_find(dev, SANE_NAME_SCAN_MODE, &index);
    for (size_t i = 0; d && text_choice(d, i); i++)
        bits |= 1U << colour_of(text_choice(d, i));
    bits &= ~(1U << JEM_COLOUR_UNKNOWN);
    if ((bits & 1U << JEM_COLOUR_GRAY) && depth_has(dev, 1))
        bits |= 1U << JEM_COLOUR_BILEVEL;
    return bits ? bits : 1U << JEM_COLOUR_GRAY;
}

static SANE_Status colour_set(struct tool_device *dev, enum jem_scan_colour colour)
{
    SANE_Int index = 0;
    SANE_Word depth = 8;
    const SANE_Option_Descriptor *d = option_find(dev, SANE_NAME_SCAN_MODE, &index);
    const char *found = NULL, *gray = NULL;
    for (size_t i = 0; d && text_choice(d, i); i++) {
        enum jem_scan_colour c = colour_of(text_choice(d, i));
        found = !found && c == colour ? text_choice(d, i) : found;
        gray = !gray && c == JEM_COLOUR_GRAY ? text_choice(d, i) : gray;
    }
    if (!found && colour == JEM_COLOUR_BILEVEL) {
        found = gray;
        depth = 1;
    }
    if (d && text_choice(d, 0)) {
        if (!found)
            return SANE_STATUS_UNSUPPORTED;
        SANE_Status status = option_set_text(dev, index, d, found);
        if (status != SANE_STATUS_GOOD)
            return status;
    }
    bool two_tones_mode = colour == JEM_COLOUR_BILEVEL && depth == 8;
    return !two_tones_mode && depth_has(dev, depth) ? option_set_word(dev, SANE_NAME_BIT_DEPTH, depth)
                                                    : SANE_STATUS_GOOD;
}

/* ---- resolutions ---- */

static int dpi_order(const void *a, const void *b)
{
    const unsigned *p = a, *q = b;
    return *p < *q ? -1 : *p > *q;
}

static void dpi_list(const SANE_Option_Descriptor *d, struct jem_scan_source_caps *out)
{
    const SANE_Word *list = d->constraint.word_list;
    for (SANE_Int i = 1; i <= list[0] && out->resolution_count < JEM_SCAN_RESOLUTIONS_MAX; i++) {
        double dpi = option_number(d, list[i]);
        if (dpi >= 1 && dpi <= 19200)
            out->resolutions[out->resolution_count++] = (unsigned)(dpi + 0.5);
    }
    qsort(out->resolutions, out->resolution_count, sizeof *out->resolutions, dpi_order);
    size_t kept = 0;
    for (size_t i = 0; i < out->resolution_count; i++)
        if (kept == 0 || out->resolutions[i] != out->resolutions[kept - 1])
            out->resolutions[kept++] = out->resolutions[i];
    out->resolution_count = kept;
}

static void dpi_caps(struct tool_device *dev, struct jem_scan_source_caps *out)
{
    SANE_Int index = 0;
    SANE_Word min = 0, max = 0;
    const SANE_Option_Descriptor *d = option_find(dev, SANE_NAME_SCAN_RESOLUTION, &index);
    if (!d)
        d = option_find(dev, SANE_NAME_SCAN_X_RESOLUTION, &index);
    if (d && option_bounds(d, &min, &max)) {
        if (d->constraint_type == SANE_CONSTRAINT_WORD_LIST) {
            dpi_list(d, out);
            return;
        }
        double low = option_number(d, min), high = option_number(d, max);
        double step = option_number(d, d->constraint.range->quant);
        if (high >= 1 && high >= low) {
            out->range.min = low < 1 ? 1 : (unsigned)(low + 0.999);
            out->range.max = high > 19200 ? 19200 : (unsigned)high;
            out->range.step = step < 1 ? 1 : (unsigned)(step + 0.5);
            return;
        }
    }
    out->resolutions[0] = 300; /* it cannot be chosen: what the device does is in the picture's own size */
    out->resolution_count = 1;
}

static SANE_Status dpi_set(struct tool_device *dev, unsigned dpi)
{
    SANE_Int index = 0;
    const SANE_Option_Descriptor *d = option_find(dev, SANE_NAME_SCAN_RESOLUTION, &index);
    if (d)
        return option_set_word(dev, SANE_NAME_SCAN_RESOLUTION, option_word(d, dpi));
    d = option_find(dev, SANE_NAME_SCAN_X_RESOLUTION, &index);
    if (!d)
        return SANE_STATUS_GOOD;
    SANE_Status status = option_set_word(dev, SANE_NAME_SCAN_X_RESOLUTION, option_word(d, dpi));
    d = status == SANE_STATUS_GOOD ? option_find(dev, SANE_NAME_SCAN_Y_RESOLUTION, &index) : NULL;
    return d ? option_set_word(dev, SANE_NAME_SCAN_Y_RESOLUTION, option_word(d, dpi)) : status;
}

/* ---- regions ---- */

/* The largest coordinate in 1/300 inch; in pixels it counts at `dpi`. `otherwise` when the backend does not tell. */
static uint32_t region_max(struct tool_device *dev, const char *name, unsigned dpi, uint32_t otherwise)
{
    SANE_Int index = 0;
    SANE_Word min, max;
    const SANE_Option_Descriptor *d = option_find(dev, name, &index);
    if (!d || !option_bounds(d, &min, &max) || (d->type != SANE_TYPE_FIXED && d->type != SANE_TYPE_INT))
        return otherwise;
    double value = option_number(d, max), mm = d->unit == SANE_UNIT_PIXEL ? value * 25.4 / dpi : value;
    if (d->unit != SANE_UNIT_PIXEL && d->unit != SANE_UNIT_MM)
        return otherwise;
    if (mm < 1)
        return otherwise;
    return (uint32_t)((mm < DEVICE_MM_MAX ? mm : DEVICE_MM_MAX) * 300 / 25.4 + 0.5);
}

static SANE_Status region_set_one(struct tool_device *dev, const char *name, double at_300dpi, unsigned dpi)
{
    SANE_Int index = 0;
    SANE_Word min, max;
    const SANE_Option_Descriptor *d = option_find(dev, name, &index);
    if (!d || (d->type != SANE_TYPE_FIXED && d->type != SANE_TYPE_INT))
        return SANE_STATUS_GOOD;
    double value = d->unit == SANE_UNIT_PIXEL ? at_300dpi * dpi / 300 : at_300dpi * 25.4 / 300;
    SANE_Word word = option_word(d, value);
    if (option_bounds(d, &min, &max))
        word = word < min ? min : word > max ? max : word;
    return option_set_word(dev, name, word);
}

/* The lower right corner first: backends refuse a corner that would be left of, or above, the other. */
static SANE_Status region_set(struct tool_device *dev, const struct jem_scan_settings *s)
{
    const struct {
        const char *name;
        double at;
    } steps[] = { { SANE_NAME_SCAN_TL_X, 0 }, { SANE_NAME_SCAN_TL_Y, 0 },
        { SANE_NAME_SCAN_BR_X, (double)s->x_300dpi + s->width_300dpi },
        { SANE_NAME_SCAN_BR_Y, (double)s->y_300dpi + s->height_300dpi }, { SANE_NAME_SCAN_TL_X, s->x_300dpi },
        { SANE_NAME_SCAN_TL_Y, s->y_300dpi } };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        SANE_Status status = region_set_one(dev, steps[i].name, steps[i].at, s->dpi);
        if (status != SANE_STATUS_GOOD)
            return status;
    }
    return SANE_STATUS_GOOD;
}

/* ---- the whole ---- */

static bool caps_source(struct tool_device *dev, enum jem_scan_source source, struct jem_scan_source_caps *out)
{
    if (tool_cancelled() || source_set(dev, source) != SANE_STATUS_GOOD)
        return false;
    *out = (struct jem_scan_source_caps){ .present = true, .jpeg = true };
    out->colours = colour_bits(dev);
    dpi_caps(dev, out);
    unsigned dpi = out->resolution_count > 0 ? out->resolutions[out->resolution_count - 1] : out->range.max;
    out->max_width_300dpi = region_max(dev, SANE_NAME_SCAN_BR_X, dpi, A4_W_300DPI);
    out->max_height_300dpi = region_max(dev, SANE_NAME_SCAN_BR_Y, dpi, A4_H_300DPI);
    out->min_width_300dpi = out->min_height_300dpi = 1;
    return out->resolution_count > 0 || out->range.max > 0;
}

SANE_Status tool_caps(struct tool_device *dev, const char *model, struct jem_scanner_caps *out)
{
    bool any = false;
    *out = (struct jem_scanner_caps){ .model = "" };
    strncat(out->model, model, sizeof out->model - 1);
    for (enum jem_scan_source s = JEM_SOURCE_PLATEN; s < JEM_SOURCES; s++)
        any = caps_source(dev, s, &out->sources[s]) || any;
    return any ? SANE_STATUS_GOOD : SANE_STATUS_UNSUPPORTED;
}

SANE_Status tool_settings(struct tool_device *dev, const struct jem_scan_settings *s)
{
    SANE_Status status = source_set(dev, s->source);
    if (status == SANE_STATUS_GOOD && s->source == JEM_SOURCE_ADF)
        status = source_sides(dev, false);
    if (status == SANE_STATUS_GOOD)
        status = colour_set(dev, s->colour);
    if (status == SANE_STATUS_GOOD)
        status = dpi_set(dev, s->dpi);
    return status == SANE_STATUS_GOOD ? region_set(dev, s) : status;
}
