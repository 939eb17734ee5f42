/* escl_read.c - ScannerCapabilities and ScannerStatus decoded. Unknown elements are skipped; nonsense values are left
 * out, so that one bad number does not take the scanner away. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "escl.h"
#include "escl_xml.h"

#define LENGTH_MAX_300DPI 100000
#define DPI_MIN 10
#define DPI_MAX 9600

/* ---- capabilities ---------------------------------------------------------------------------------------------------- */

struct caps_walk {
    struct jem_escl_caps *out;
    enum jem_scan_source source; /* whose *InputCaps is open; UNKNOWN: profiles shared by all */
    struct jem_scan_source_caps shared;
    struct jem_escl_source shared_escl;
    unsigned x, y; /* of the DiscreteResolution that is open */
    struct jem_scan_range range_x, range_y;
    unsigned compression_min, compression_max, compression_normal;
    bool root, duplex_option;
};

static bool number_of(const char *s, unsigned min, unsigned max, unsigned *out)
{
    char *end;
    if (*s < '0' || *s > '9')
        return false;
    unsigned long v = strtoul(s, &end, 10);
    if (*end != '\0' && *end != '.')
        return false;
    if (v < min || v > max)
        return false;
    *out = (unsigned)v;
    return true;
}

static void text_of(const char *s, char *out, size_t cap)
{
    size_t n = strlen(s);
    if (n >= cap)
        n = cap - 1;
    while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80) /* not in the middle of a character */
        n--;
    memcpy(out, s, n);
    out[n] = '\0';
    for (char *c = out; *c; c++)
        if ((unsigned char)*c < 0x20)
            *c = ' ';
}

static enum jem_scan_source source_of(const char *path)
{
    return strstr(path, "/PlatenInputCaps")       ? JEM_SOURCE_PLATEN
           : strstr(path, "/AdfSimplexInputCaps") ? JEM_SOURCE_ADF
           : strstr(path, "/AdfDuplexInputCaps")  ? JEM_SOURCE_ADF_DUPLEX
                                                  : JEM_SOURCE_UNKNOWN;
}

static struct jem_scan_source_caps *caps_now(struct caps_walk *w)
{
    return w->source == JEM_SOURCE_UNKNOWN ? &w->shared : &w->out->common.sources[w->source];
}

static struct jem_escl_source *escl_now(struct caps_walk *w)
{
    return w->source == JEM_SOURCE_UNKNOWN ? &w->shared_escl : &w->out->sources[w->source];
}

static void caps_begin(void *ctx, const char *path)
{
    struct caps_walk *w = ctx;
    if (strcmp(path, "/ScannerCapabilities") == 0)
        w->root = true;
    w->source = source_of(path);
    if (w->source != JEM_SOURCE_UNKNOWN && w->root)
        caps_now(w)->present = true;
    if (jem_escl_path_ends(path, "DiscreteResolution"))
        w->x = w->y = 0;
    if (jem_escl_path_ends(path, "ResolutionRange"))
        w->range_x = w->range_y = (struct jem_scan_range){ 0, 0, 0 };
}

/* Ascending, each once. */
static void add_resolution(struct jem_scan_source_caps *caps, unsigned dpi)
{
    size_t at = 0;
    while (at < caps->resolution_count && caps->resolutions[at] < dpi)
        at++;
    if (caps->resolution_count == JEM_SCAN_RESOLUTIONS_MAX ||
        (at < caps->resolution_count && caps->resolutions[at] == dpi))
        return;
    memmove(&caps->resolutions[at + 1], &caps->resolutions[at],
        (caps->resolution_count - at) * sizeof caps->resolutions[0]);
    caps->resolutions[at] = dpi;
    caps->resolution_count++;
}

/* Resolutions that both directions have. */
static void add_range(struct caps_walk *w)
{
    struct jem_scan_range x = w->range_x, y = w->range_y, both;
    if (y.max == 0)
        y = x;
    both.min = x.min > y.min ? x.min : y.min;
    both.max = x.max < y.max ? x.max : y.max;
    both.step = x.step > y.step ? x.step : y.step;
    if (both.step == 0)
        both.step = 1;
    if (both.max >= both.min && both.max > 0)
        caps_now(w)->range = both;
}

static void caps_length(struct caps_walk *w, const char *path, const char *text)
{
    struct jem_scan_source_caps *caps = caps_now(w);
    static const char *const names[] = { "MinWidth", "MinHeight", "MaxWidth", "MaxHeight" };
    uint32_t *const to[] = { &caps->min_width_300dpi, &caps->min_height_300dpi, &caps->max_width_300dpi,
        &caps->max_height_300dpi };
    unsigned v;
    for (size_t i = 0; i < 4; i++)
        if (jem_escl_path_ends(path, names[i]) && number_of(text, 0, LENGTH_MAX_300DPI, &v))
            *to[i] = v;
}

static void caps_resolution(struct caps_walk *w, const char *path, const char *text)
{
    unsigned v;
    bool y = strstr(path, "/YResolution") != NULL;
    struct jem_scan_range *range = y ? &w->range_y : &w->range_x;
    if (jem_escl_path_ends(path, "DiscreteResolution")) {
        if (w->x > 0 && w->x == w->y)
            add_resolution(caps_now(w), w->x);
    } else if (jem_escl_path_ends(path, "ResolutionRange"))
        add_range(w);
    else if (!number_of(text, 0, DPI_MAX, &v))
        return;
    else if (jem_escl_path_ends(path, "Step"))
        range->step = v;
    else if (v < DPI_MIN)
        return;
    else if (jem_escl_path_ends(path, "XResolution"))
        w->x = v;
    else if (jem_escl_path_ends(path, "YResolution"))
        w->y = v;
    else if (jem_escl_path_ends(path, "Min"))
        range->min = v;
    else if (jem_escl_path_ends(path, "Max"))
        range->max = v;
}

static void caps_profile(struct caps_walk *w, const char *path, const char *text)
{
    struct jem_scan_source_caps *caps = caps_now(w);
    if (jem_escl_path_ends(path, "ColorMode")) {
        static const struct {
            const char *name;
            enum jem_scan_colour colour;
        } modes[] = { { "BlackAndWhite1", JEM_COLOUR_BILEVEL }, { "Grayscale8", JEM_COLOUR_GRAY },
            { "RGB24", JEM_COLOUR_RGB } };
        for (size_t i = 0; i < 3; i++)
            if (strcasecmp(text, modes[i].name) == 0)
                caps->colours |= 1U << modes[i].colour;
    } else if (jem_escl_path_ends(path, "DocumentFormat") || jem_escl_path_ends(path, "DocumentFormatExt")) {
        caps->jpeg = caps->jpeg || strcasecmp(text, "image/jpeg") == 0;
        escl_now(w)->format_ext = escl_now(w)->format_ext || jem_escl_path_ends(path, "DocumentFormatExt");
    } else if (jem_escl_path_ends(path, "SupportedIntent") || jem_escl_path_ends(path, "Intent")) {
        escl_now(w)->intents = true;
        escl_now(w)->intent_ok = escl_now(w)->intent_ok || strcasecmp(text, "Document") == 0;
    }
}

static void caps_end(void *ctx, const char *path, const char *text)
{
    struct caps_walk *w = ctx;
    if (!w->root)
        return;
    w->source = source_of(path);
    if (strcmp(path, "/ScannerCapabilities/MakeAndModel") == 0)
        text_of(text, w->out->common.model, sizeof w->out->common.model);
    else if (strcmp(path, "/ScannerCapabilities/SerialNumber") == 0)
        text_of(text, w->out->common.serial, sizeof w->out->common.serial);
    else if (strstr(path, "/CompressionFactorSupport/")) {
        unsigned v;
        if (!number_of(text, 0, 1000, &v))
            return;
        if (jem_escl_path_ends(path, "Min"))
            w->compression_min = v;
        else if (jem_escl_path_ends(path, "Max"))
            w->compression_max = v;
        else if (jem_escl_path_ends(path, "Normal"))
            w->compression_normal = v;
    } else if (jem_escl_path_ends(path, "AdfOption"))
        w->duplex_option = w->duplex_option || strcasecmp(text, "Duplex") == 0;
    else if (strstr(path, "/SupportedResolutions"))
        caps_resolution(w, path, text);
    else {
        caps_length(w, path, text);
        caps_profile(w, path, text);
    }
}

/* What a source does not say for itself, the shared profiles say; a width that is missing is A4's. */
static void source_finish(const struct caps_walk *w, enum jem_scan_source source)
{
    struct jem_scan_source_caps *caps = &w->out->common.sources[source];
    struct jem_escl_source *escl = &w->out->sources[source];
    if (!caps->present)
        return;
    if (caps->resolution_count == 0 && caps->range.max == 0) {
        memcpy(caps->resolutions, w->shared.resolutions, sizeof caps->resolutions);
        caps->resolution_count = w->shared.resolution_count;
        caps->range = w->shared.range;
    }
    if (caps->colours == 0)
        caps->colours = w->shared.colours;
    if (!caps->jpeg && w->shared.jpeg) {
        caps->jpeg = true;
        *escl = w->shared_escl;
    }
    if (caps->max_width_300dpi == 0 || caps->max_height_300dpi == 0) {
        caps->max_width_300dpi = 2480;
        caps->max_height_300dpi = 3508;
    }
    if (caps->min_width_300dpi > caps->max_width_300dpi)
        caps->min_width_300dpi = 0;
    if (caps->min_height_300dpi > caps->max_height_300dpi)
        caps->min_height_300dpi = 0;
    if (caps->resolution_count > 0)
        caps->range = (struct jem_scan_range){ 0, 0, 0 };
    caps->present = caps->colours != 0 && (caps->resolution_count > 0 || caps->range.max > 0);
}

enum jem_code jem_escl_caps_read(const void *xml, size_t n, struct jem_escl_caps *out, struct jem_error *err)
{
    *out = (struct jem_escl_caps){ .compression = false };
    struct caps_walk w = { .out = out };
    const struct jem_escl_xml walk = { caps_begin, caps_end, &w };
    enum jem_code code = jem_escl_xml_walk(xml, n, &walk, err);
    bool any = false;
    if (code == JEM_OK) {
        struct jem_scan_source_caps *simplex = &out->common.sources[JEM_SOURCE_ADF];
        struct jem_scan_source_caps *duplex = &out->common.sources[JEM_SOURCE_ADF_DUPLEX];
        if (w.duplex_option && simplex->present && !duplex->present) { /* told as an option only */
            *duplex = *simplex;
            out->sources[JEM_SOURCE_ADF_DUPLEX] = out->sources[JEM_SOURCE_ADF];
        }
        for (enum jem_scan_source s = JEM_SOURCE_PLATEN; s <= JEM_SOURCE_ADF_DUPLEX; s++) {
            source_finish(&w, s);
            any = any || out->common.sources[s].present;
        }
        out->compression = w.compression_max > w.compression_min;
        out->compression_factor = w.compression_normal >= w.compression_min && w.compression_normal > 0 &&
                                          w.compression_normal <= w.compression_max
                                      ? w.compression_normal
                                      : w.compression_min + (w.compression_max - w.compression_min) / 4;
        if (!any)
            code = jem_fail(err, JEM_ECORRUPT, JEM_D_HW, 0, JEM_T_HTTP1_BAD);
    }
    if (code != JEM_OK)
        *out = (struct jem_escl_caps){ .compression = false };
    return code;
}

/* ---- status ------------------------------------------------------------------------------------------------------------ */

struct status_walk {
    struct jem_escl_status *out;
    const char *job_path;
    bool root, mine;
    enum jem_escl_job job; /* of the JobInfo that is open */
};

static void status_begin(void *ctx, const char *path)
{
    struct status_walk *w = ctx;
    if (strcmp(path, "/ScannerStatus") == 0)
        w->root = true;
    if (jem_escl_path_ends(path, "JobInfo")) {
        w->mine = false;
        w->job = JEM_ESCL_JOB_UNKNOWN;
    }
}

static enum jem_scanner_state state_of(const char *s)
{
    return strcasecmp(s, "Idle") == 0                                    ? JEM_SCANNER_IDLE
           : strcasecmp(s, "Processing") == 0                            ? JEM_SCANNER_BUSY
           : strcasecmp(s, "Testing") == 0                               ? JEM_SCANNER_TESTING
           : strcasecmp(s, "Stopped") == 0 || strcasecmp(s, "Down") == 0 ? JEM_SCANNER_STOPPED
                                                                         : JEM_SCANNER_UNKNOWN;
}

static enum jem_adf_state adf_of(const char *s)
{
    static const struct {
        const char *name;
        enum jem_adf_state state;
    } states[] = { { "ScannerAdfLoaded", JEM_ADF_LOADED }, { "ScannerAdfProcessing", JEM_ADF_LOADED },
        { "ScannerAdfEmpty", JEM_ADF_EMPTY }, { "ScannerAdfJam", JEM_ADF_JAM }, { "ScannerAdfMispick", JEM_ADF_JAM },
        { "ScannerAdfMultipickDetected", JEM_ADF_JAM }, { "ScannerAdfInputTrayFailed", JEM_ADF_JAM },
        { "ScannerAdfInputTrayOverloaded", JEM_ADF_JAM }, { "ScannerAdfDuplexPageTooShort", JEM_ADF_JAM },
        { "ScannerAdfDuplexPageTooLong", JEM_ADF_JAM }, { "ScannerAdfHatchOpen", JEM_ADF_COVER } };
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strcasecmp(s, states[i].name) == 0)
            return states[i].state;
    return JEM_ADF_UNKNOWN;
}

static enum jem_escl_job job_of(const char *s)
{
    return strcasecmp(s, "Completed") == 0                                   ? JEM_ESCL_JOB_COMPLETED
           : strcasecmp(s, "Aborted") == 0 || strcasecmp(s, "Canceled") == 0 ? JEM_ESCL_JOB_ENDED
           : *s                                                              ? JEM_ESCL_JOB_ACTIVE
                                                                             : JEM_ESCL_JOB_UNKNOWN;
}

static void status_end(void *ctx, const char *path, const char *text)
{
    struct status_walk *w = ctx;
    char job[JEM_ESCL_PATH_MAX];
    if (!w->root)
        return;
    if (strcmp(path, "/ScannerStatus/State") == 0)
        w->out->common.state = state_of(text);
    else if (strcmp(path, "/ScannerStatus/AdfState") == 0)
        w->out->common.adf = adf_of(text);
    else if (jem_escl_path_ends(path, "JobUri"))
        w->mine = w->job_path && jem_escl_job_path(text, job) && strcmp(job, w->job_path) == 0;
    else if (jem_escl_path_ends(path, "JobState"))
        w->job = job_of(text);
    else if (jem_escl_path_ends(path, "JobInfo") && w->mine)
        w->out->job = w->job;
}

enum jem_code jem_escl_status_read(const void *xml, size_t n, const char *job_path, struct jem_escl_status *out,
    struct jem_error *err)
{
    *out = (struct jem_escl_status){ .job = JEM_ESCL_JOB_UNKNOWN };
    struct status_walk w = { .out = out, .job_path = job_path };
    const struct jem_escl_xml walk = { status_begin, status_end, &w };
    enum jem_code code = jem_escl_xml_walk(xml, n, &walk, err);
    if (code == JEM_OK && !w.root)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_HW, 0, JEM_T_HTTP1_BAD);
    if (code != JEM_OK)
        *out = (struct jem_escl_status){ .job = JEM_ESCL_JOB_UNKNOWN };
    return code;
}
