/* escl.h - eSCL (driverless scanning): what is asked, what the answers say, and what to do next. Pure.
 * Source: Mopria eSCL Technical Specification 2.97; lengths in 1/300 inch. */
#ifndef JEM_HW_ESCL_H
#define JEM_HW_ESCL_H
#include "jemput/buf.h"
#include "jemput/scanner.h"

#define JEM_ESCL_PATH_MAX 256

/* ---- capabilities ---------------------------------------------------------------------------------------------------- */

struct jem_escl_source {
    bool format_ext;         /* wants DocumentFormatExt */
    bool intents, intent_ok; /* tells intents; "Document" is one */
};
struct jem_escl_caps {
    struct jem_scanner_caps common;
    struct jem_escl_source sources[JEM_SOURCES];
    bool compression; /* wants CompressionFactor */
    unsigned compression_factor;
};
/* JEM_ECORRUPT: no ScannerCapabilities, or no source in them | JEM_ENOMEM. *out is zeroed on failure. */
JEM_NODISCARD enum jem_code jem_escl_caps_read(const void *xml, size_t n, struct jem_escl_caps *out,
    struct jem_error *err);

/* ---- status ------------------------------------------------------------------------------------------------------------ */

enum jem_escl_job {
    JEM_ESCL_JOB_UNKNOWN = 0, /* not told */
    JEM_ESCL_JOB_ACTIVE,
    JEM_ESCL_JOB_COMPLETED,
    JEM_ESCL_JOB_ENDED /* aborted or cancelled */
};
struct jem_escl_status {
    struct jem_scanner_status common;
    enum jem_escl_job job; /* of the job asked about */
};
/* job_path may be NULL. JEM_ECORRUPT no ScannerStatus | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_escl_status_read(const void *xml, size_t n, const char *job_path,
    struct jem_escl_status *out, struct jem_error *err);

/* ---- a job --------------------------------------------------------------------------------------------------------------- */

/* The body of POST /eSCL/ScanJobs. */
JEM_NODISCARD enum jem_code jem_escl_settings_write(const struct jem_scan_settings *settings,
    const struct jem_escl_caps *caps, struct jem_buf *out, struct jem_error *err);
/* The path of a Location: its host is never used, and devices write it in many ways. False when there is no job in it. */
JEM_NODISCARD bool jem_escl_job_path(const char *location, char out[JEM_ESCL_PATH_MAX]);

/* ---- what next ------------------------------------------------------------------------------------------------------------ */

enum jem_escl_next {
    JEM_ESCL_TAKE = 0, /* the answer is the thing itself: a job, a page */
    JEM_ESCL_WAIT,     /* ask again in a second */
    JEM_ESCL_PLAIN,    /* refused: try once with gray instead of bilevel */
    JEM_ESCL_STOP      /* `end` says why */
};
struct jem_escl_verdict {
    enum jem_escl_next next;
    enum jem_scan_end end;
};
struct jem_escl_facts {
    unsigned http;  /* status code of the answer */
    unsigned tries; /* of this request so far, this one too */
    unsigned pages; /* taken in this job */
    enum jem_scan_source source;
    enum jem_scan_colour colour;
    unsigned quirks;
    bool status_known; /* ScannerStatus was read after the answer */
    struct jem_escl_status status;
};
/* The answer to the creation of a job; to NextDocument. */
struct jem_escl_verdict jem_escl_judge_create(const struct jem_escl_facts *facts);
struct jem_escl_verdict jem_escl_judge_page(const struct jem_escl_facts *facts);
/* Whether the feeder's state alone forbids to begin. */
struct jem_escl_verdict jem_escl_judge_feeder(const struct jem_escl_facts *facts);
/* How long to wait before the next page is asked for: early 404s come from devices that are not ready yet. */
int jem_escl_pause_ms(int last_load_ms);
#endif
