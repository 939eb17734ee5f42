/* escl_job.h - the eSCL engine: requests over a pipe, and a job from its creation to its deletion. */
#ifndef JEM_HW_ESCL_JOB_H
#define JEM_HW_ESCL_JOB_H
#include "escl.h"
#include "http1.h"
#include "scanner_ops.h"

struct jem_escl_times { /* milliseconds; tests use shorter ones */
    int retry_ms;       /* after 503 */
    int answer_ms;      /* of a small answer */
    int create_ms;      /* of the answer to a new job: some give it when the lamp is warm */
    int page_first_ms;  /* until a page begins to come: lamps warm up, paper moves */
    int page_idle_ms;   /* between its bytes */
    int page_total_ms;  /* from its request to its end */
    int drain_ms;       /* for the rest of a page that is not wanted any more */
};
extern const struct jem_escl_times jem_escl_times_usual;

struct jem_escl {
    struct jem_http1_pipe *pipe, *aside; /* borrowed; aside may be NULL */
    unsigned quirks;
    const struct jem_escl_times *times;
    bool caps_known;
    struct jem_escl_caps caps;
    char server[96];
};

/* Asks for the capabilities when they are not known yet. JEM_ENOTFOUND: answers, but is no scanner. */
JEM_NODISCARD enum jem_code jem_escl_caps(struct jem_escl *escl, const atomic_bool *cancel, struct jem_error *err);
/* job_path may be NULL */
JEM_NODISCARD enum jem_code jem_escl_status(struct jem_escl *escl, const char *job_path, struct jem_escl_status *out,
    struct jem_error *err);
/* Scans one job: until the source is empty, enough pages are here, or it fails. The capabilities must be known. */
JEM_NODISCARD enum jem_code jem_escl_scan(struct jem_escl *escl, const struct jem_scan_settings *settings,
    struct jem_scan_run *run, struct jem_error *err);
#endif
