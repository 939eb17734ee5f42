/* epoch.c - new box keys: made, named in the log, and from which event on they seal.
 *
 * Durable step: secret, events and metas of one rotation are one unit. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "jemput/codec.h"
#include "jemput/keys.h"

#define EPOCH_ACTOR "jemput" /* a van's answer is nobody's act */

struct epoch_place {
    uint16_t inc, before;
    uint64_t seq;
};

static void epoch_key(uint16_t epoch, unsigned lane, char key[32])
{
    if (lane == 0)
        snprintf(key, 32, "rotated.%u", (unsigned)epoch);
    else
        snprintf(key, 32, "rotated.%u.%u", (unsigned)epoch, lane);
}

/* Where our own stream names the key of `epoch`; seq 0: it does not, the key came with the enrolment. */
static enum jem_code epoch_place(struct jem_store *store, uint16_t epoch, unsigned lane, struct epoch_place *out,
    struct jem_error *err)
{
    char key[32];
    struct jem_buf text = JEM_BUF_INIT(64);
    *out = (struct epoch_place){ 0 };
    epoch_key(epoch, lane, key);
    enum jem_code code = jem_store_meta_get(store, key, &text, err);
    if (code == JEM_OK &&
        sscanf(jem_buf_text(&text), "%" SCNu16 " %" SCNu64 " %" SCNu16, &out->inc, &out->seq, &out->before) != 3)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_KEYS_DAMAGED, key);
    jem_buf_release(&text);
    return code == JEM_ENOTFOUND ? JEM_OK : code;
}

/* key.rotated on one of our lanes. Within a unit. */
static enum jem_code epoch_append(struct jem_store *store, const char *actor, unsigned lane, uint16_t before,
    uint16_t epoch, const json_t *body, struct jem_error *err)
{
    char key[32], text[64];
    struct jem_event_id at;
    enum jem_code code = jem_store_append(store, (uint16_t)lane, 0, "key.rotated", body, actor, &at, err);
    if (code != JEM_OK)
        return code;
    epoch_key(epoch, lane, key);
    snprintf(text, sizeof text, "%u %" PRIu64 " %u", (unsigned)at.inc, at.seq, (unsigned)before);
    return jem_store_meta_set(store, key, text, err);
}

/* Makes the key of `epoch` and puts key.rotated on lane 0. Within a unit. */
static enum jem_code epoch_make(struct jem_store *store, const char *actor, uint16_t before, uint16_t epoch,
    json_t **body, struct jem_error *err)
{
    unsigned char public_key[32], secret[32];
    char name[32], hex[65], text[8];
    crypto_box_keypair(public_key, secret);
    jem_hex(public_key, 32, hex);
    snprintf(name, sizeof name, "box.secret.%u", (unsigned)epoch);
    *body = json_pack("{s:i, s:s}", "epoch", (int)epoch, "box", hex);
    enum jem_code code = *body == NULL ? jem_fail_nomem(err) : jem_store_secret_set(store, name, secret, 32, err);
    sodium_memzero(secret, sizeof secret);
    if (code == JEM_OK)
        code = epoch_append(store, actor, 0, before, epoch, *body, err);
    snprintf(text, sizeof text, "%u", (unsigned)epoch);
    return code == JEM_OK ? jem_store_meta_set(store, "epoch", text, err) : code;
}

/* HQ: on every van's lane too. */
static enum jem_code epoch_tell(struct jem_store *store, const char *actor, uint16_t before, uint16_t epoch,
    const json_t *body, struct jem_error *err)
{
    json_t *vans = NULL, *van;
    size_t i;
    enum jem_code code = jem_store_vans(store, &vans, err);
    json_array_foreach(vans, i, van) if (code == JEM_OK) code =
        epoch_append(store, actor, (unsigned)jem_json_int(van, "van", 0), before, epoch, body, err);
    json_decref(vans);
    return code;
}

static enum jem_code epoch_unit(struct jem_store *store, const char *actor, uint16_t before, uint16_t epoch,
    struct jem_error *err)
{
    json_t *body = NULL;
    enum jem_code code = jem_store_begin(store, err);
    if (code != JEM_OK)
        return code;
    code = epoch_make(store, actor, before, epoch, &body, err);
    if (code == JEM_OK && jem_store_role(store) == JEM_ROLE_HQ)
        code = epoch_tell(store, actor, before, epoch, body, err);
    if (code == JEM_OK)
        code = jem_store_commit(store, err);
    else
        jem_store_rollback(store);
    json_decref(body);
    return code;
}

enum jem_code jem_keys_rotate(struct jem_store *store, const char *actor, uint16_t *epoch, struct jem_error *err)
{
    struct jem_keys *keys = NULL;
    *epoch = 0;
    if (jem_store_role(store) != JEM_ROLE_HQ)
        return jem_fail(err, JEM_EDENIED, JEM_D_SYNC, 0, JEM_T_ROUND_ROLE_HQ);
    enum jem_code code = jem_keys_load(store, &keys, err);
    if (code == JEM_OK && keys->epoch == UINT16_MAX)
        code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_KEYS_NO_EPOCH, (unsigned)UINT16_MAX + 1);
    if (code == JEM_OK)
        code = epoch_unit(store, actor, keys->epoch, (uint16_t)(keys->epoch + 1), err);
    if (code == JEM_OK)
        *epoch = (uint16_t)(keys->epoch + 1);
    jem_keys_free(keys);
    return code;
}

enum jem_code jem_keys_mend(struct jem_store *store, const char *actor, struct jem_error *err)
{
    uint16_t seen = 0;
    struct jem_keys *keys = NULL;
    enum jem_code code = jem_store_epoch(store, 0, &seen, err);
    if (code == JEM_ENOTFOUND) /* never rotated */
        return JEM_OK;
    if (code == JEM_OK)
        code = jem_keys_load(store, &keys, err);
    for (uint16_t at = code == JEM_OK ? keys->epoch : seen; code == JEM_OK && at < seen; at++)
        code = epoch_unit(store, actor, at, (uint16_t)(at + 1), err);
    jem_keys_free(keys);
    return code;
}

enum jem_code jem_keys_follow(struct jem_store *store, bool *followed, struct jem_error *err)
{
    struct jem_keys *keys = NULL;
    uint16_t theirs = 0;
    *followed = false;
    enum jem_code code = jem_keys_load(store, &keys, err);
    if (code == JEM_OK)
        code = jem_store_epoch(store, 0, &theirs, err);
    if (code == JEM_OK && theirs > keys->epoch) {
        code = epoch_unit(store, EPOCH_ACTOR, keys->epoch, theirs, err);
        *followed = code == JEM_OK;
    }
    jem_keys_free(keys);
    return code;
}

enum jem_code jem_keys_epoch_at(struct jem_store *store, const struct jem_keys *keys, unsigned lane, uint16_t inc,
    uint64_t seq, uint16_t *epoch, uint64_t *until, struct jem_error *err)
{
    struct epoch_place place;
    *epoch = keys->epoch;
    *until = UINT64_MAX;
    enum jem_code code = epoch_place(store, *epoch, lane, &place, err);
    while (code == JEM_OK && place.seq != 0 && (place.inc > inc || (place.inc == inc && place.seq >= seq))) {
        *epoch = place.before;
        *until = place.inc == inc ? place.seq : UINT64_MAX;
        code = epoch_place(store, *epoch, lane, &place, err);
    }
    return code;
}
