/* keys.c - our keys and those of our peers, in the encrypted store. Names of the secrets: keys.h. */
#include "jemput/keys.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/codec.h"

#define KEYS_SIGN "sign.secret"
#define KEYS_SSH "ssh.secret"
#define KEYS_HQ_SIGN "hq.sign"
#define KEYS_FIRST_EPOCH 1

static void keys_name(char out[32], const char *what, unsigned epoch)
{
    snprintf(out, 32, "%s.%u", what, epoch);
}

/* A secret of exactly n bytes. JEM_ENOTFOUND | JEM_ECORRUPT of another length */
static enum jem_code keys_get(struct jem_store *store, const char *name, unsigned char *out, size_t n,
    struct jem_error *err)
{
    struct jem_buf value = JEM_BUF_INIT(64);
    jem_buf_reserve(&value, 64); /* so that no growth leaves a copy behind */
    enum jem_code code = jem_store_secret_get(store, name, &value, err);
    if (code == JEM_OK && value.len != n)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_KEYS_DAMAGED, name);
    if (code == JEM_OK)
        memcpy(out, value.data, n);
    jem_buf_wipe(&value);
    return code;
}

void jem_keys_free(struct jem_keys *keys)
{
    sodium_free(keys); /* wipes */
}

static struct jem_keys *keys_new(void)
{
    return sodium_init() < 0 ? NULL : sodium_malloc(sizeof(struct jem_keys));
}

enum jem_code jem_keys_create(struct jem_store *store, struct jem_error *err)
{
    char box[32], epoch[8];
    struct jem_keys *keys = keys_new();
    if (keys == NULL)
        return jem_fail_nomem(err);
    enum jem_code code = keys_get(store, KEYS_SIGN, keys->sign_secret, 64, NULL);
    if (code != JEM_ENOTFOUND) {
        code = jem_fail(err, JEM_EEXISTS, JEM_D_SYNC, 0, JEM_T_KEYS_EXIST);
        goto out;
    }
    crypto_sign_keypair(keys->sign_public, keys->sign_secret);
    crypto_sign_keypair(keys->ssh_public, keys->ssh_secret);
    crypto_box_keypair(keys->box_public, keys->box_secret);
    keys_name(box, "box.secret", KEYS_FIRST_EPOCH);
    snprintf(epoch, sizeof epoch, "%u", (unsigned)KEYS_FIRST_EPOCH);
    code = jem_store_secret_set(store, KEYS_SIGN, keys->sign_secret, 64, err);
    if (code == JEM_OK)
        code = jem_store_secret_set(store, KEYS_SSH, keys->ssh_secret, 64, err);
    if (code == JEM_OK)
        code = jem_store_secret_set(store, box, keys->box_secret, 32, err);
    if (code == JEM_OK)
        code = jem_store_meta_set(store, "epoch", epoch, err);
out:
    jem_keys_free(keys);
    return code;
}

/* The epoch in use. JEM_ENOTFOUND: no keys yet */
static enum jem_code keys_epoch(struct jem_store *store, uint16_t *out, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(16);
    enum jem_code code = jem_store_meta_get(store, "epoch", &text, err);
    if (code == JEM_OK) {
        char *end;
        unsigned long epoch = strtoul(jem_buf_text(&text), &end, 10);
        if (*end != '\0' || epoch == 0 || epoch > UINT16_MAX)
            code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_KEYS_DAMAGED, "epoch");
        *out = (uint16_t)epoch;
    }
    jem_buf_release(&text);
    return code;
}

enum jem_code jem_keys_load_epoch(struct jem_store *store, uint16_t epoch, struct jem_keys **out, struct jem_error *err)
{
    char box[32];
    struct jem_keys *keys = keys_new();
    *out = NULL;
    if (keys == NULL)
        return jem_fail_nomem(err);
    keys->epoch = epoch;
    enum jem_code code = epoch == 0 ? keys_epoch(store, &keys->epoch, err) : JEM_OK;
    if (code == JEM_OK)
        code = keys_get(store, KEYS_SIGN, keys->sign_secret, 64, err);
    if (code == JEM_OK)
        code = keys_get(store, KEYS_SSH, keys->ssh_secret, 64, err);
    if (code == JEM_OK) {
        keys_name(box, "box.secret", keys->epoch);
        code = keys_get(store, box, keys->box_secret, 32, err);
    }
    if (code != JEM_OK) {
        jem_keys_free(keys);
        return code;
    }
    memcpy(keys->sign_public, keys->sign_secret + 32, 32); /* libsodium keeps it in the second half */
    memcpy(keys->ssh_public, keys->ssh_secret + 32, 32);
    crypto_scalarmult_base(keys->box_public, keys->box_secret);
    *out = keys;
    return JEM_OK;
}

enum jem_code jem_keys_load(struct jem_store *store, struct jem_keys **out, struct jem_error *err)
{
    return jem_keys_load_epoch(store, 0, out, err);
}

static enum jem_code keys_own_public(struct jem_store *store, unsigned char out[32], struct jem_error *err)
{
    struct jem_keys *keys = NULL;
    enum jem_code code = jem_keys_load(store, &keys, err);
    if (code == JEM_OK)
        memcpy(out, keys->sign_public, 32);
    jem_keys_free(keys);
    return code;
}

enum jem_code jem_keys_sign(struct jem_store *store, unsigned writer, uint16_t inc, unsigned char sign_public[32],
    struct jem_error *err)
{
    bool ours = (int)writer == jem_store_writer(store);
    enum jem_code code;
    if (writer == 0)
        return ours ? keys_own_public(store, sign_public, err) : keys_get(store, KEYS_HQ_SIGN, sign_public, 32, err);
    if (ours)
        return keys_own_public(store, sign_public, err);
    code = jem_store_sign_key(store, (uint16_t)writer, inc, sign_public, err);
    return code == JEM_ENOTFOUND ? jem_fail(err, code, JEM_D_SYNC, 0, JEM_T_KEYS_NO_VAN, writer) : code;
}

enum jem_code jem_keys_public(struct jem_store *store, unsigned writer, unsigned char sign_public[32],
    struct jem_error *err)
{
    return jem_keys_sign(store, writer, UINT16_MAX, sign_public, err);
}

/* The other side's box key of that epoch. */
static enum jem_code keys_box_public(struct jem_store *store, const unsigned char my_secret[32], unsigned peer,
    uint16_t inc, uint16_t epoch, unsigned char out[32], struct jem_error *err)
{
    unsigned char sign[32];
    if ((int)peer == jem_store_writer(store)) { /* HQ's own lane is sealed to itself */
        crypto_scalarmult_base(out, my_secret);
        return JEM_OK;
    }
    enum jem_code code = JEM_OK;
    if (peer != 0)
        code = jem_keys_sign(store, peer, inc, sign, err);
    if (code == JEM_OK && (code = jem_store_box_key(store, (uint16_t)peer, inc, epoch, out, err)) == JEM_ENOTFOUND)
        code = jem_fail(err, code, JEM_D_SYNC, 0, JEM_T_KEYS_NO_EPOCH, (unsigned)epoch);
    return code;
}

enum jem_code jem_keys_box(struct jem_store *store, const struct jem_keys *keys, unsigned peer, uint16_t inc,
    uint16_t epoch, struct jem_box_key *out, struct jem_error *err)
{
    char name[32];
    unsigned char my_secret[32], their_public[32];
    enum jem_code code = JEM_OK;
    if (epoch == keys->epoch) {
        memcpy(my_secret, keys->box_secret, 32);
    } else {
        keys_name(name, "box.secret", epoch);
        code = keys_get(store, name, my_secret, 32, err);
        if (code == JEM_ENOTFOUND)
            code = jem_fail(err, code, JEM_D_SYNC, 0, JEM_T_KEYS_NO_EPOCH, (unsigned)epoch);
    }
    if (code == JEM_OK)
        code = keys_box_public(store, my_secret, peer, inc, epoch, their_public, err);
    if (code == JEM_OK)
        code = jem_box_key_make(out, epoch, their_public, my_secret, err);
    sodium_memzero(my_secret, sizeof my_secret);
    return code;
}
