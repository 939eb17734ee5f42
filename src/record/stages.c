/* stages.c - when an application reached each of its stages. */
#include <stdlib.h>

#include "jemput/application.h"

static bool stages_changes(const char *kind)
{
    enum jem_kind k = jem_kind_parse(kind);
    return k == JEM_KIND_STATUS_CHANGED || k == JEM_KIND_APPLICATION_WITHDRAWN || k == JEM_KIND_APPLICATION_LINKED ||
           k == JEM_KIND_APPLICATION_CORRECTED || k == JEM_KIND_CONFLICT_RESOLVED ||
           k == JEM_KIND_APPLICATION_CONTINUED;
}

static int stages_order(const void *a, const void *b)
{
    return jem_event_cmp(a, b);
}

/* The fold after each event that may change it says the stage. */
enum jem_code jem_application_stages(struct jem_event_list *events, int64_t at_ms[JEM_STATUS_COUNT],
    struct jem_error *err)
{
    const struct jem_event **all = calloc(events->count + 1, sizeof *all);
    enum jem_status before = JEM_STATUS_SUBMITTED;
    enum jem_code rc = all == NULL ? jem_fail_nomem(err) : JEM_OK;
    for (unsigned s = 0; s < JEM_STATUS_COUNT; s++)
        at_ms[s] = INT64_MIN;
    qsort(events->items, events->count, sizeof *events->items, stages_order);
    for (size_t i = 0; rc == JEM_OK && i < events->count; i++) {
        struct jem_application then = { 0 };
        const struct jem_event *e = all[i] = &events->items[i];
        if (jem_kind_parse(e->kind) == JEM_KIND_APPLICATION_SUBMITTED && at_ms[JEM_STATUS_SUBMITTED] == INT64_MIN)
            at_ms[JEM_STATUS_SUBMITTED] = e->wall_ms;
        if (!stages_changes(e->kind))
            continue;
        rc = jem_application_fold(all, i + 1, &then, err);
        if (rc == JEM_OK && then.status != before && at_ms[then.status] == INT64_MIN)
            at_ms[then.status] = e->wall_ms;
        before = then.status;
        jem_application_release(&then);
    }
    free(all);
    return rc;
}
