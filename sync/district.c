/* district.c - what is new in the district, into a van's lane. */
#include "district.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define DISTRICT_BATCH ((size_t)20000) /* about 200 kB of body: one segment */

/* One event and the note, in the open unit. */
static enum jem_code district_append(struct jem_store *store, const char *actor, unsigned van, const char *key,
    struct jem_district_case *cases, size_t count, uint64_t rev, struct jem_error *err)
{
    char text[24];
    json_t *body = NULL;
    enum jem_code code = count > 0 ? jem_district_pack(cases, count, &body, err) : JEM_OK;
    if (code == JEM_OK && count > 0)
        code = jem_store_append(store, (uint16_t)van, 0, "district.status", body, actor, NULL, err);
    json_decref(body);
    snprintf(text, sizeof text, "%" PRIu64, rev);
    return code == JEM_OK ? jem_store_meta_set(store, key, text, err) : code;
}

static enum jem_code district_batch(struct jem_store *store, const char *actor, unsigned van, const char *key,
    bool *more, struct jem_error *err)
{
    struct jem_district_case *cases = NULL;
    size_t count = 0;
    uint64_t told, rev = 0;
    *more = false;
    enum jem_code code = jem_store_begin(store, err);
    if (code != JEM_OK)
        return code;
    code = jem_store_meta_number(store, key, &told, err);
    if (code == JEM_OK)
        code = jem_store_district_changed(store, told, van, DISTRICT_BATCH, &cases, &count, &rev, err);
    if (code == JEM_OK && rev != told)
        code = district_append(store, actor, van, key, cases, count, rev, err);
    *more = code == JEM_OK && count == DISTRICT_BATCH;
    free(cases);
    if (code == JEM_OK)
        return jem_store_commit(store, err);
    jem_store_rollback(store);
    return code;
}

enum jem_code jem_district_tell(struct jem_store *store, const char *actor, unsigned van, struct jem_error *err)
{
    char key[24];
    uint64_t goes = 0;
    enum jem_code code = jem_store_feed_end(store, (uint16_t)van, jem_store_inc(store), &goes, err);
    bool more = goes == UINT64_MAX;
    snprintf(key, sizeof key, "told.%u", van);
    while (code == JEM_OK && more)
        code = district_batch(store, actor, van, key, &more, err);
    return code;
}
