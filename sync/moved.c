/* moved.c - what another van did moves an application's stage (it handed the documents over, it took the paper that was missing);
 * the van that began it has not got that event. HQ tells it the stage by a change of its own on that van's lane, before a
 * person decides on from there; to HQ's own fold, which is there already, it says nothing new.
 *
 * One unit; stopped before its end, the next merge does it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "jemput/application.h"
#include "merge.h"

#define MOVED_BATCH 1000
#define MOVED_SEEN "moved.rev" /* meta: as far as was looked */

static bool moved_level(enum jem_status a, enum jem_status b)
{
    return a == b || (a <= JEM_STATUS_RECEIVED && b <= JEM_STATUS_RECEIVED);
}

/* The stage as the van sees it: by its own events and by HQ's. */
static enum jem_code moved_seen(const struct jem_event_list *events, unsigned van, enum jem_status *stage,
    struct jem_error *err)
{
    size_t count = 0;
    struct jem_application a = { 0 };
    const struct jem_event **seen = calloc(events->count, sizeof *seen);
    if (seen == NULL)
        return jem_fail_nomem(err);
    for (size_t i = 0; i < events->count; i++)
        if (events->items[i].id.writer == 0 || events->items[i].id.writer == van)
            seen[count++] = &events->items[i];
    enum jem_code code = count < events->count ? jem_application_fold(seen, count, &a, err) : JEM_EINVAL;
    *stage = code == JEM_OK ? a.status : JEM_STATUS_UNKNOWN;
    jem_application_release(&a);
    free(seen);
    return code == JEM_EINVAL ? JEM_OK : code; /* nothing of another's, or nothing of its own yet */
}

static enum jem_code moved_tell(struct jem_trip *trip, const char *actor, uint64_t number, struct jem_error *err)
{
    unsigned van = jem_number_van(number);
    enum jem_status stage = JEM_STATUS_UNKNOWN;
    struct jem_application a = { 0 };
    struct jem_event_list events = { 0 };
    enum jem_code code = jem_store_application(trip->store, number, &a, &events, err);
    if (code == JEM_OK)
        code = moved_seen(&events, van, &stage, err);
    if (code == JEM_OK && !moved_level(stage, a.status) && jem_status_allowed(stage, a.status) &&
        a.status != JEM_STATUS_LINKED) {
        json_t *body = json_pack("{s:s,s:s}", "from", jem_status_name(stage), "to", jem_status_name(a.status));
        code = body == NULL
                   ? jem_fail_nomem(err)
                   : jem_store_append(trip->store, (uint16_t)van, number, "status.changed", body, actor, NULL, err);
        json_decref(body);
    }
    jem_application_release(&a);
    jem_event_list_release(&events);
    return code == JEM_ENOTFOUND ? JEM_OK : code; /* erased */
}

static enum jem_code moved_batch(struct jem_trip *trip, const char *actor, uint64_t *since, bool *more,
    struct jem_error *err)
{
    char text[24];
    size_t count = 0;
    uint64_t rev = *since, *numbers = calloc(MOVED_BATCH, sizeof *numbers);
    if (numbers == NULL)
        return jem_fail_nomem(err);
    enum jem_code code = jem_store_changed_across(trip->store, *since, MOVED_BATCH, numbers, &count, &rev, err);
    for (size_t i = 0; code == JEM_OK && i < count; i++)
        code = moved_tell(trip, actor, numbers[i], err);
    free(numbers);
    *more = count == MOVED_BATCH;
    snprintf(text, sizeof text, "%" PRIu64, rev);
    if (code == JEM_OK && rev != *since)
        code = jem_store_meta_set(trip->store, MOVED_SEEN, text, err);
    *since = rev;
    return code;
}

enum jem_code jem_merge_moved(struct jem_trip *trip, const char *actor, struct jem_error *err)
{
    uint64_t since = 0;
    bool more = true;
    enum jem_code code = jem_store_meta_number(trip->store, MOVED_SEEN, &since, err);
    if (code == JEM_OK)
        code = jem_store_begin(trip->store, err);
    if (code != JEM_OK)
        return code;
    while (code == JEM_OK && more)
        code = moved_batch(trip, actor, &since, &more, err);
    if (code == JEM_OK)
        return jem_store_commit(trip->store, err);
    jem_store_rollback(trip->store);
    return code;
}
