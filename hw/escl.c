/* escl.c - settings written, and the rules of what to do after each answer. */
#include "escl.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "quirks.h"

#define CREATE_TRIES 10
#define PAGE_TRIES 30
#define EARLY_404_TRIES 3
#define PAUSE_MAX_MS 1000

static const char *escl_colour(enum jem_scan_colour colour)
{
    return colour == JEM_COLOUR_RGB ? "RGB24" : colour == JEM_COLOUR_GRAY ? "Grayscale8" : "BlackAndWhite1";
}

enum jem_code jem_escl_settings_write(const struct jem_scan_settings *s, const struct jem_escl_caps *caps,
    struct jem_buf *out, struct jem_error *err)
{
    const struct jem_escl_source *source = &caps->sources[s->source];
    jem_buf_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                     "<scan:ScanSettings xmlns:scan=\"http://schemas.hp.com/imaging/escl/2011/05/03\""
                     " xmlns:pwg=\"http://www.pwg.org/schemas/2010/12/sm\">\n"
                     "<pwg:Version>2.0</pwg:Version>\n");
    if (!source->intents || source->intent_ok)
        jem_buf_str(out, "<scan:Intent>Document</scan:Intent>\n");
    jem_buf_fmt(out,
        "<pwg:ScanRegions><pwg:ScanRegion>"
        "<pwg:ContentRegionUnits>escl:ThreeHundredthsOfInches</pwg:ContentRegionUnits>"
        "<pwg:XOffset>%u</pwg:XOffset><pwg:YOffset>%u</pwg:YOffset><pwg:Width>%u</pwg:Width>"
        "<pwg:Height>%u</pwg:Height></pwg:ScanRegion></pwg:ScanRegions>\n",
        s->x_300dpi, s->y_300dpi, s->width_300dpi, s->height_300dpi);
    jem_buf_fmt(out, "<pwg:InputSource>%s</pwg:InputSource>\n", s->source == JEM_SOURCE_PLATEN ? "Platen" : "Feeder");
    if (caps->compression)
        jem_buf_fmt(out, "<scan:CompressionFactor>%u</scan:CompressionFactor>\n", caps->compression_factor);
    jem_buf_fmt(out, "<scan:ColorMode>%s</scan:ColorMode>\n", escl_colour(s->colour));
    jem_buf_str(out, "<pwg:DocumentFormat>image/jpeg</pwg:DocumentFormat>\n");
    if (source->format_ext)
        jem_buf_str(out, "<scan:DocumentFormatExt>image/jpeg</scan:DocumentFormatExt>\n");
    jem_buf_fmt(out, "<scan:XResolution>%u</scan:XResolution>\n<scan:YResolution>%u</scan:YResolution>\n", s->dpi,
        s->dpi);
    if (s->source != JEM_SOURCE_PLATEN)
        jem_buf_fmt(out, "<scan:Duplex>%s</scan:Duplex>\n", s->source == JEM_SOURCE_ADF_DUPLEX ? "true" : "false");
    jem_buf_str(out, "</scan:ScanSettings>\n");
    return jem_buf_ok(out, err);
}

bool jem_escl_job_path(const char *location, char out[JEM_ESCL_PATH_MAX])
{
    static const char jobs[] = "/ScanJobs/";
    const char *at = NULL;
    out[0] = '\0';
    for (const char *s = location; *s && !at; s++)
        if (strncasecmp(s, jobs, sizeof jobs - 1) == 0)
            at = s + sizeof jobs - 1;
    if (!at)
        return false;
    size_t n = 0;
    while (isalnum((unsigned char)at[n]) || (at[n] && strchr("-._~:@!$&'()*+,;=%/", at[n])))
        n++;
    while (n > 0 && at[n - 1] == '/')
        n--;
    char rest[JEM_ESCL_PATH_MAX];
    static const char prefix[] = "/eSCL/ScanJobs/";
    if (n == 0 || n + sizeof prefix > sizeof rest - sizeof "/NextDocument")
        return false;
    memcpy(rest, at, n);
    rest[n] = '\0';
    if (strstr(rest, "..") || strstr(rest, "//"))
        return false;
    memcpy(out, prefix, sizeof prefix - 1);
    memcpy(out + sizeof prefix - 1, rest, n + 1);
    return true;
}

/* ---- what next ---------------------------------------------------------------------------------------------------------- */

static struct jem_escl_verdict escl_stop(enum jem_scan_end end)
{
    return (struct jem_escl_verdict){ JEM_ESCL_STOP, end };
}

static struct jem_escl_verdict escl_go(enum jem_escl_next next)
{
    return (struct jem_escl_verdict){ next, JEM_SCAN_END_UNKNOWN };
}

static bool from_feeder(const struct jem_escl_facts *f)
{
    return f->source == JEM_SOURCE_ADF || f->source == JEM_SOURCE_ADF_DUPLEX;
}

/* What the feeder says of a failure: a jam or an open cover, else UNKNOWN. */
static enum jem_scan_end feeder_trouble(const struct jem_escl_facts *f)
{
    if (!f->status_known || !from_feeder(f))
        return JEM_SCAN_END_UNKNOWN;
    return f->status.common.adf == JEM_ADF_JAM     ? JEM_SCAN_JAM
           : f->status.common.adf == JEM_ADF_COVER ? JEM_SCAN_COVER
                                                   : JEM_SCAN_END_UNKNOWN;
}

static bool feeder_empty(const struct jem_escl_facts *f)
{
    return f->status_known && from_feeder(f) && f->status.common.adf == JEM_ADF_EMPTY;
}

struct jem_escl_verdict jem_escl_judge_feeder(const struct jem_escl_facts *f)
{
    enum jem_scan_end trouble = feeder_trouble(f);
    if (trouble != JEM_SCAN_END_UNKNOWN)
        return escl_stop(trouble);
    if (feeder_empty(f))
        return escl_stop(JEM_SCAN_NO_PAPER);
    return escl_go(JEM_ESCL_TAKE);
}

struct jem_escl_verdict jem_escl_judge_create(const struct jem_escl_facts *f)
{
    if (f->http == 201 || f->http == 200 || f->http == 202)
        return escl_go(JEM_ESCL_TAKE);
    enum jem_scan_end trouble = feeder_trouble(f);
    if (trouble != JEM_SCAN_END_UNKNOWN)
        return escl_stop(trouble);
    if (f->http == 503)
        return feeder_empty(f)           ? escl_stop(JEM_SCAN_NO_PAPER)
               : f->tries < CREATE_TRIES ? escl_go(JEM_ESCL_WAIT)
                                         : escl_stop(JEM_SCAN_BUSY);
    if (f->http == 409 && feeder_empty(f))
        return escl_stop(JEM_SCAN_NO_PAPER);
    if ((f->http == 409 || f->http == 400) && f->colour == JEM_COLOUR_BILEVEL)
        return escl_go(JEM_ESCL_PLAIN);
    if (f->http == 409 || f->http == 400)
        return escl_stop(JEM_SCAN_REFUSED);
    return escl_stop(JEM_SCAN_FAILED);
}

/* No further page is told: is it the end, or too early? */
static struct jem_escl_verdict judge_no_page(const struct jem_escl_facts *f)
{
    bool platen = f->source == JEM_SOURCE_PLATEN;
    bool over = feeder_empty(f) || (f->status_known && f->status.job > JEM_ESCL_JOB_ACTIVE);
    bool early = f->pages == 0 ||
                 (f->status_known && f->status.job == JEM_ESCL_JOB_ACTIVE && f->status.common.adf == JEM_ADF_LOADED);
    unsigned tries = f->quirks & JEM_QUIRK_RETRY_404 ? PAGE_TRIES : EARLY_404_TRIES;
    if (!over && (early || f->quirks & JEM_QUIRK_RETRY_404) && f->tries < tries)
        return escl_go(JEM_ESCL_WAIT);
    if (f->pages > 0)
        return escl_stop(JEM_SCAN_DONE);
    return escl_stop(platen ? JEM_SCAN_FAILED : JEM_SCAN_NO_PAPER);
}

struct jem_escl_verdict jem_escl_judge_page(const struct jem_escl_facts *f)
{
    if (f->http == 200)
        return escl_go(JEM_ESCL_TAKE);
    enum jem_scan_end trouble = feeder_trouble(f);
    if (trouble != JEM_SCAN_END_UNKNOWN)
        return escl_stop(trouble);
    if (f->http == 503)
        return f->tries < PAGE_TRIES ? escl_go(JEM_ESCL_WAIT) : escl_stop(JEM_SCAN_BUSY);
    /* An end that might be a jam is not believed while the status could not be read. */
    if (!f->status_known && from_feeder(f) && f->tries < EARLY_404_TRIES)
        return escl_go(JEM_ESCL_WAIT);
    if (f->http == 404 || f->http == 410)
        return judge_no_page(f);
    if (f->http == 409 && from_feeder(f))
        return escl_stop(f->pages > 0 ? JEM_SCAN_DONE : JEM_SCAN_NO_PAPER);
    return escl_stop(JEM_SCAN_FAILED);
}

int jem_escl_pause_ms(int last_load_ms)
{
    int pause_ms = last_load_ms / 2;
    return pause_ms < 0 ? 0 : pause_ms > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause_ms;
}
