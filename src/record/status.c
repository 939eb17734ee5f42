/* status.c - the stages of an application and the changes between them.
 *
 *   submitted --> received --> verified --> in_process --> ready --> handed_over
 *       |  \        |  ^ \        | ^           |            |
 *       |   \------>|--|--\------>| |           |            |   (submitted may skip received: HQ has the
 *       |           |  |          | |           |            |    application when it decides)
 *       v           v  |          v |           v            |
 *      returned (from any of the four) ------------------    |
 *       |   |        ^ back to received or verified     |    |
 *       |   v                                           v    v
 *       |  rejected (from the four, or returned)       withdrawn, linked
 *       +----------------------------------------------> (from any but handed_over and rejected)
 *
 * ready becomes handed_over by a van's handover.recorded, or by HQ's status.changed. A correction by a van while
 * `returned` makes the application `received` again (fold_status.c). Nothing else moves: another change is illegal, kept,
 * shown and queued for HQ. */
#include <string.h>

#include "jemput/application.h"

#define STATUS_BIT(s) (1u << (unsigned)JEM_STATUS_##s)
#define STATUS_OUT (STATUS_BIT(WITHDRAWN) | STATUS_BIT(LINKED))
#define STATUS_BACK (STATUS_BIT(RETURNED) | STATUS_BIT(REJECTED))

static const struct {
    const char *name;
    enum jem_text label;
    unsigned to; /* bits of the stages that may follow */
} status_table[JEM_STATUS_COUNT] = {
    [JEM_STATUS_UNKNOWN] = { "unknown", JEM_T_STATUS_UNKNOWN, 0 },
    [JEM_STATUS_SUBMITTED] = { "submitted", JEM_T_STATUS_SUBMITTED,
        STATUS_BIT(RECEIVED) | STATUS_BIT(VERIFIED) | STATUS_BACK | STATUS_OUT },
    [JEM_STATUS_RECEIVED] = { "received", JEM_T_STATUS_RECEIVED, STATUS_BIT(VERIFIED) | STATUS_BACK | STATUS_OUT },
    [JEM_STATUS_VERIFIED] = { "verified", JEM_T_STATUS_VERIFIED, STATUS_BIT(IN_PROCESS) | STATUS_BACK | STATUS_OUT },
    [JEM_STATUS_IN_PROCESS] = { "in_process", JEM_T_STATUS_IN_PROCESS, STATUS_BIT(READY) | STATUS_BACK | STATUS_OUT },
    [JEM_STATUS_READY] = { "ready", JEM_T_STATUS_READY, STATUS_BIT(HANDED_OVER) | STATUS_OUT },
    [JEM_STATUS_HANDED_OVER] = { "handed_over", JEM_T_STATUS_HANDED_OVER, 0 },
    [JEM_STATUS_RETURNED] = { "returned", JEM_T_STATUS_RETURNED,
        STATUS_BIT(RECEIVED) | STATUS_BIT(VERIFIED) | STATUS_BIT(REJECTED) | STATUS_OUT },
    [JEM_STATUS_REJECTED] = { "rejected", JEM_T_STATUS_REJECTED, 0 },
    [JEM_STATUS_WITHDRAWN] = { "withdrawn", JEM_T_STATUS_WITHDRAWN, STATUS_BIT(LINKED) },
    [JEM_STATUS_LINKED] = { "linked", JEM_T_STATUS_LINKED, STATUS_BIT(WITHDRAWN) },
};

static bool status_known(enum jem_status s)
{
    return (unsigned)s < JEM_STATUS_COUNT;
}

const char *jem_status_name(enum jem_status s)
{
    return status_table[status_known(s) ? s : JEM_STATUS_UNKNOWN].name;
}

enum jem_status jem_status_parse(const char *s)
{
    for (unsigned i = JEM_STATUS_SUBMITTED; s != NULL && i < JEM_STATUS_COUNT; i++)
        if (strcmp(s, status_table[i].name) == 0)
            return (enum jem_status)i;
    return JEM_STATUS_UNKNOWN;
}

const char *jem_status_label(enum jem_status s)
{
    return jem_text(status_table[status_known(s) ? s : JEM_STATUS_UNKNOWN].label);
}

bool jem_status_allowed(enum jem_status from, enum jem_status to)
{
    return status_known(from) && status_known(to) && (status_table[from].to >> (unsigned)to & 1u) != 0;
}
