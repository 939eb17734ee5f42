/* application_get.c - one application, folded from the log when asked for. */
#include <stdlib.h>
#include <string.h>

#include "views.h"

static bool get_confirmed(struct jem_store *store, const struct jem_event_id *submitted)
{
    return store->role == JEM_ROLE_HQ || submitted->seq == 0 || submitted->writer == 0 ||
           jem_store_acked(store, submitted, "received");
}

enum jem_code jem_store_application(struct jem_store *store, uint64_t number, struct jem_application *out,
    struct jem_event_list *events, struct jem_error *err)
{
    struct jem_event_list list = { 0 };
    const struct jem_event **all = NULL;
    bool erased = false;
    memset(out, 0, sizeof *out);
    enum jem_code rc = jem_store_erased(store, number, &erased, NULL, NULL, err);
    if (rc == JEM_OK && erased)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_ERASED);
    if (rc != JEM_OK)
        return rc;
    rc = number == 0 ? JEM_OK : jem_store_subject_events(store, number, &list, err);
    if (rc == JEM_OK && list.count == 0)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_NO_APPLICATION);
    if (rc == JEM_OK && (all = calloc(list.count, sizeof *all)) == NULL)
        rc = jem_fail_nomem(err);
    for (size_t i = 0; rc == JEM_OK && i < list.count; i++)
        all[i] = &list.items[i];
    if (rc == JEM_OK)
        rc = jem_application_fold(all, list.count, out, err);
    if (rc == JEM_OK && out->status == JEM_STATUS_SUBMITTED && get_confirmed(store, &out->submitted))
        out->status = JEM_STATUS_RECEIVED;
    for (size_t i = 0; rc == JEM_OK && events != NULL && i < list.count; i++)
        rc = jem_event_list_push(events, &list.items[i], err);
    if (rc != JEM_OK)
        jem_application_release(out);
    free(all);
    jem_event_list_release(&list);
    return rc;
}

bool jem_store_acked(struct jem_store *store, const struct jem_event_id *id, const char *level)
{
    struct jem_error ignored;
    uint64_t acked = 0, scan = 0;
    bool durable = strcmp(level, "durable") == 0;
    if (id->seq == 0 || (id->lane != 0 && !durable && store->role != JEM_ROLE_HQ))
        return false;
    if (!durable && store->role == JEM_ROLE_HQ)
        return true;
    return jem_ack_get(store, id->writer, id->lane, id->inc, durable ? JEM_LEVEL_DURABLE : JEM_LEVEL_RECEIVED, &acked,
               &scan, &ignored) == JEM_OK &&
           id->seq <= acked;
}
