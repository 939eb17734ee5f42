/* pairs.c - two vans that took the same application do not know of each other: HQ tells both, once. */
#include <stdio.h>
#include <string.h>

#include "merge.h"

static enum jem_code pair_tell(struct jem_trip *trip, const char *actor, const json_t *one, const json_t *other,
    struct jem_error *err)
{
    uint64_t number;
    enum jem_code code = jem_number_parse(jem_json_str(one, "number", ""), &number, err);
    if (code != JEM_OK)
        return code;
    json_t *body = json_pack("{s:s,s:s,s:s,s:I}", "other", jem_json_str(other, "number", ""), "service",
        jem_json_str(other, "service", ""), "day", jem_json_str(other, "day", ""), "van",
        (json_int_t)jem_json_int(other, "van", 0));
    if (body == NULL)
        return jem_fail_nomem(err);
    code = jem_store_append(trip->store, (uint16_t)jem_number_van(number), number, "duplicate.found", body, actor, NULL,
        err);
    json_decref(body);
    return code;
}

enum jem_code jem_merge_pairs(struct jem_trip *trip, const char *actor, struct jem_error *err)
{
    json_t *pairs = NULL, *pair;
    size_t i;
    enum jem_code code = jem_store_duplicates_untold(trip->store, &pairs, err);
    if (code != JEM_OK || json_array_size(pairs) == 0)
        goto out;
    code = jem_store_begin(trip->store, err);
    if (code != JEM_OK)
        goto out;
    json_array_foreach(pairs, i, pair)
    {
        const json_t *a = json_object_get(pair, "a"), *b = json_object_get(pair, "b");
        bool tell_a = jem_json_bool(pair, "tell_a", false), tell_b = jem_json_bool(pair, "tell_b", false);
        if (code == JEM_OK && tell_a)
            code = pair_tell(trip, actor, a, b, err);
        if (code == JEM_OK && tell_b)
            code = pair_tell(trip, actor, b, a, err);
        trip->report->duplicates++;
    }
    if (code == JEM_OK)
        code = jem_store_commit(trip->store, err);
    else
        jem_store_rollback(trip->store);
out:
    json_decref(pairs);
    return code;
}
