/* reissue.c - another laptop for a van that is enrolled: a new key and a new incarnation, and all that HQ has of the van.
 *
 * One unit: van.enrolled on lane 0 and on every van's lane, then what the van wrote, sealed to the new key (history.c). A
 * request that was granted so before gets the same grant again. */
#include <sodium.h>
#include <string.h>

#include "enrol.h"
#include "jemput/codec.h"
#include "merge.h"

/* *van: its row, borrowed from *vans. *fresh false: it has this very laptop. JEM_EEXISTS somebody has or had that key */
static enum jem_code reissue_check(struct jem_store *store, struct jem_request *r, unsigned number, json_t **vans,
    json_t **van, bool *fresh, struct jem_error *err)
{
    char sign[65];
    json_t *it;
    size_t i;
    unsigned whose = 0;
    jem_hex(r->sign, 32, sign);
    *van = NULL;
    enum jem_code code = jem_store_vans(store, vans, err);
    json_array_foreach(*vans, i, it) if (jem_json_int(it, "van", 0) == (int64_t)number) *van = it;
    if (code == JEM_OK && *van == NULL)
        code = jem_fail(err, JEM_ENOTFOUND, JEM_D_SYNC, 0, JEM_T_REISSUE_NO_VAN, number);
    if (code == JEM_OK)
        code = jem_enrol_key_find(store, sign, &whose, &r->inc, err);
    *fresh = whose == 0;
    if (code != JEM_OK || *fresh)
        return code;
    if (strcmp(jem_json_str(*van, "sign", ""), sign) != 0)
        return jem_fail(err, JEM_EEXISTS, JEM_D_SYNC, 0, JEM_T_REISSUE_OLD_KEY, whose);
    r->epoch = (uint16_t)jem_json_int(*van, "epoch", 1);
    return JEM_OK;
}

static enum jem_code reissue_record(struct jem_store *store, const char *actor, const struct jem_keys *keys,
    struct jem_request *r, const json_t *van, struct jem_error *err)
{
    char sign[65], box[65];
    uint16_t highest = 0;
    unsigned number = (unsigned)jem_json_int(van, "van", 0);
    json_t *body = NULL;
    struct jem_box_key key;
    jem_hex(r->sign, 32, sign);
    jem_hex(r->box, 32, box);
    enum jem_code code = jem_store_van_inc(store, (uint16_t)number, &highest, err);
    if (code == JEM_OK)
        code = jem_inc_after(highest, &r->inc, err);
    if (code == JEM_OK)
        code = jem_grant_tell_keys(store, actor, van, number, err);
    if (code == JEM_OK && (body = jem_grant_body(number, r->name, sign, box, r->epoch, r->inc)) == NULL)
        code = jem_fail_nomem(err);
    if (code == JEM_OK)
        code = jem_store_append(store, 0, 0, "van.enrolled", body, actor, NULL, err);
    if (code == JEM_OK)
        code = jem_store_append(store, (uint16_t)number, 0, "van.enrolled", body, actor, NULL, err);
    if (code == JEM_OK)
        code = jem_grant_introduce(store, actor, number, body, false, err);
    if (code == JEM_OK)
        code = jem_box_key_make(&key, keys->epoch, r->box, keys->box_secret, err);
    if (code == JEM_OK)
        code = jem_history_give(store, &key, actor, number, 0, 0, r->inc, err);
    sodium_memzero(&key, sizeof key);
    json_decref(body);
    return code;
}

static enum jem_code reissue_unit(struct jem_store *store, const char *actor, const struct jem_keys *keys,
    struct jem_request *r, unsigned number, struct jem_error *err)
{
    bool fresh = false;
    json_t *vans = NULL, *van = NULL;
    enum jem_code code = jem_store_begin(store, err);
    if (code != JEM_OK)
        return code;
    code = reissue_check(store, r, number, &vans, &van, &fresh, err);
    if (code == JEM_OK && fresh)
        code = reissue_record(store, actor, keys, r, van, err);
    if (code == JEM_OK)
        code = jem_store_commit(store, err);
    else
        jem_store_rollback(store);
    json_decref(vans);
    return code;
}

enum jem_code jem_enrol_reissue(struct jem_store *store, const char *actor, const void *request, size_t n,
    unsigned number, uint16_t *inc, struct jem_buf *out, struct jem_enrol_words *request_words,
    struct jem_enrol_words *grant_words, struct jem_error *err)
{
    struct jem_request r;
    struct jem_keys *keys = NULL;
    if (jem_store_role(store) != JEM_ROLE_HQ)
        return jem_fail(err, JEM_EDENIED, JEM_D_SYNC, 0, JEM_T_ENROL_ROLE_HQ);
    enum jem_code code = jem_request_read(request, n, &r, err);
    if (code == JEM_OK)
        code = jem_keys_load(store, &keys, err);
    if (code == JEM_OK) {
        r.epoch = keys->epoch;
        code = reissue_unit(store, actor, keys, &r, number, err);
    }
    if (code == JEM_OK)
        code = jem_grant_finish(store, &keys, &r, number, out, request_words, grant_words, err);
    *inc = code == JEM_OK ? r.inc : 0;
    jem_keys_free(keys);
    return code;
}
