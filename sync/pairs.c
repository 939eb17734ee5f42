/* pairs.c - two vans that took the same application do not know of each other: HQ tells both, once. */
#include <stdio.h>
#include <string.h>

#include "merge.h"

/* True when the application already carries duplicate.found for `other`. */
static enum jem_code pair_told(struct jem_store *store, uint64_t number, const char *other, bool *told,
    struct jem_error *err)
{
    struct jem_application app = { 0 };
    size_t i;
    json_t *found = NULL;
    *told = false;
    enum jem_code code = jem_store_application(store, number, &app, NULL, err);
    json_array_foreach(json_object_get(app.state, "duplicates"), i, found) *told =
        *told || strcmp(jem_json_str(found, "other", ""), other) == 0;
    jem_application_release(&app);
    return code;
}

static enum jem_code pair_tell(struct jem_trip *trip, const char *actor, const json_t *one, const json_t *other,
    bool *told, struct jem_error *err)
{
    uint64_t number;
    const char *text = jem_json_str(other, "number", "");
    bool known = false;
    enum jem_code code = jem_number_parse(jem_json_str(one, "number", ""), &number, err);
    if (code == JEM_OK)
        code = pair_told(trip->store, number, text, &known, err);
    if (code != JEM_OK || known)
        return code;
    json_t *body = json_pack("{s:s,s:s,s:s,s:I}", "other", text, "service", jem_json_str(other, "service", ""), "day",
        jem_json_str(other, "day", ""), "van", (json_int_t)jem_json_int(other, "van", 0));
    if (body == NULL)
        return jem_fail_nomem(err);
    code = jem_store_append(trip->store, (uint16_t)jem_number_van(number), number, "duplicate.found", body, actor, NULL,
        err);
    json_decref(body);
    *told = *told || code == JEM_OK;
    return code;
}

enum jem_code jem_merge_pairs(struct jem_trip *trip, const char *actor, struct jem_error *err)
{
    json_t *pairs = NULL, *pair;
    size_t i;
    enum jem_code code = jem_store_duplicates(trip->store, &pairs, err);
    if (code != JEM_OK || json_array_size(pairs) == 0)
        goto out;
    code = jem_store_begin(trip->store, err);
    if (code != JEM_OK)
        goto out;
    json_array_foreach(pairs, i, pair)
    {
        const json_t *a = json_object_get(pair, "a"), *b = json_object_get(pair, "b");
        bool told = false;
        if (code != JEM_OK || jem_json_int(a, "van", 0) == jem_json_int(b, "van", 0))
            continue;
        code = pair_tell(trip, actor, a, b, &told, err);
        if (code == JEM_OK)
            code = pair_tell(trip, actor, b, a, &told, err);
        trip->report->duplicates += told;
    }
    if (code == JEM_OK)
        code = jem_store_commit(trip->store, err);
    else
        jem_store_rollback(trip->store);
out:
    json_decref(pairs);
    return code;
}
