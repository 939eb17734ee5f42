/* print_queue.h - the print queue of one store: receipts on their way to paper. Local, not events; survives a restart.
 * What becomes of a job, and why, is told by jemput/print.h. */
#ifndef JEMPUT_PRINT_QUEUE_H
#define JEMPUT_PRINT_QUEUE_H
#include "jemput/store.h"

enum jem_job_state { /* stored: values never change */
    JEM_JOB_UNSET = 0,
    JEM_JOB_QUEUED = 1,
    JEM_JOB_PRINTING = 2,
    JEM_JOB_PRINTED = 3,
    JEM_JOB_UNKNOWN = 4, /* did paper come out? */
    JEM_JOB_FAILED = 5,
    JEM_JOB_DROPPED = 6
};
#define JEM_JOB_BIT(state) (1u << (state))
struct jem_print_job {
    int64_t id;
    uint64_t number;
    char format[8]; /* "escpos", "pdf" */
    unsigned width_mm, copy;
    char printer[128], officer[33], reason[320];
    enum jem_job_state state;
    bool cut; /* the printer may wait for the rest of what this job began to send */
    int64_t at_unix_ms, changed_unix_ms;
};
/* Sets id, state QUEUED and both times. JEM_EEXISTS: the number has a job that is queued, printing or unknown; job->id
 * tells which. Joins an open unit, as do the next. */
JEM_NODISCARD enum jem_code jem_store_job_add(struct jem_store *store, struct jem_print_job *job,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_store_job(struct jem_store *store, int64_t id, struct jem_print_job *out,
    struct jem_error *err);
/* Writes everything but id, number, officer and `at` of a job whose stored state is one of `from` (JEM_JOB_BITs).
 * JEM_EBUSY: it is in another state by now | JEM_EEXISTS: as above */
JEM_NODISCARD enum jem_code jem_store_job_put(struct jem_store *store, const struct jem_print_job *job, unsigned from,
    struct jem_error *err);
/* Jobs in the states `in`, of one number (0: all), newest first, at most limit. *out is the caller's: free(). */
JEM_NODISCARD enum jem_code jem_store_jobs(struct jem_store *store, uint64_t number, unsigned in, unsigned limit,
    struct jem_print_job **out, size_t *count, struct jem_error *err);
/* Whether the last job of the printer was cut off. */
JEM_NODISCARD enum jem_code jem_store_job_cut(struct jem_store *store, const char *printer, bool *cut,
    struct jem_error *err);
#endif
