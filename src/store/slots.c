/* slots.c - DIR/slots.json, who can open the store:
 *
 *   {"format": "jemput-slots-1",
 *    "slots": [{"user", "ops", "mem": KiB, "salt": hex16, "nonce": hex24, "box": hex48}, ...],
 *    "escrow": {"public": hex32, "box": hex80}}                          escrow may be absent
 *
 * box = XChaCha20-Poly1305(store key) under Argon2id(passphrase, salt, ops, mem), with "jemput-slot-1\n" || user as
 * authenticated data, so that a slot cannot be given to another name. escrow.box = crypto_box_seal(store key).
 * Written whole, under the lock DIR/slots.lock. */
#include "jemput/slots.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "jemput/codec.h"
#include "jemput/file.h"
#include "jemput/json.h"
#include "secret.h"

#define SLOTS_FORMAT "jemput-slots-1"
#define SLOTS_FILE_MAX ((size_t)1 << 20)
#define SLOTS_MAX 256
#define SLOT_OPS 3u
#define SLOT_MEM_KIB 65536u
#define SLOT_OPS_MAX 16u
#define SLOT_MEM_KIB_MAX (1u << 20)
#define SLOT_SALT crypto_pwhash_SALTBYTES
#define SLOT_NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define SLOT_BOX (JEM_STORE_KEY_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define SLOT_ESCROW_BOX (JEM_STORE_KEY_BYTES + crypto_box_SEALBYTES)
#define SLOT_AD_MAX 64
#define SLOTS_LOCK_TRIES 200 /* of 50 ms */

unsigned char *jem_secret_new(size_t n)
{
    return sodium_init() < 0 ? NULL : sodium_malloc(n);
}

bool jem_user_name_valid(const char *user)
{
    size_t n = 0;
    for (; user != NULL && user[n] != '\0'; n++) {
        char c = user[n];
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (n >= 32 || (!word && (n == 0 || (c != '.' && c != '_' && c != '-'))))
            return false;
    }
    return n > 0;
}

static size_t slots_characters(const char *utf8)
{
    size_t n = 0;
    for (; *utf8 != '\0'; utf8++)
        n += ((unsigned char)*utf8 & 0xc0) != 0x80;
    return n;
}

static enum jem_code slots_check_input(const char *user, const char *passphrase, struct jem_error *err)
{
    if (!jem_user_name_valid(user))
        return jem_fail(err, JEM_EINVAL, JEM_D_STORE, 0, JEM_T_SLOTS_USER);
    if (slots_characters(passphrase) < JEM_PASSPHRASE_MIN)
        return jem_fail(err, JEM_EINVAL, JEM_D_STORE, 0, JEM_T_SLOTS_SHORT, JEM_PASSPHRASE_MIN);
    return JEM_OK;
}

static size_t slot_ad(const char *user, char out[SLOT_AD_MAX])
{
    static const char domain[] = "jemput-slot-1\n";
    size_t n = strnlen(user, SLOT_AD_MAX - sizeof domain);
    memcpy(out, domain, sizeof domain - 1);
    memcpy(out + sizeof domain - 1, user, n);
    return sizeof domain - 1 + n;
}

static enum jem_code slot_derive(const char *passphrase, const unsigned char *salt, unsigned ops, unsigned mem_kib,
    unsigned char *out, struct jem_error *err)
{
    if (crypto_pwhash(out, crypto_aead_xchacha20poly1305_ietf_KEYBYTES, passphrase, strlen(passphrase), salt, ops,
            (size_t)mem_kib * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return jem_fail_nomem(err);
    return JEM_OK;
}

static bool slot_hex(const json_t *slot, const char *key, unsigned char *out, size_t n)
{
    const char *hex = jem_json_str(slot, key, "");
    return jem_unhex(hex, strlen(hex), out, n);
}

static json_t *slot_hex_value(const unsigned char *p, size_t n)
{
    char hex[2 * SLOT_ESCROW_BOX + 1];
    jem_hex(p, n, hex);
    return json_string(hex);
}

/* A new slot. New reference in *out. */
static enum jem_code slot_seal(const char *user, const char *passphrase, const unsigned char *key, json_t **out,
    struct jem_error *err)
{
    unsigned char salt[SLOT_SALT], nonce[SLOT_NONCE], box[SLOT_BOX];
    char ad[SLOT_AD_MAX];
    unsigned char *wrap = jem_secret_new(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    enum jem_code rc = wrap == NULL ? jem_fail_nomem(err) : JEM_OK;
    jem_random(salt, sizeof salt);
    jem_random(nonce, sizeof nonce);
    if (rc == JEM_OK)
        rc = slot_derive(passphrase, salt, SLOT_OPS, SLOT_MEM_KIB, wrap, err);
    if (rc == JEM_OK) {
        crypto_aead_xchacha20poly1305_ietf_encrypt(box, NULL, key, JEM_STORE_KEY_BYTES, (const unsigned char *)ad,
            slot_ad(user, ad), NULL, nonce, wrap);
        *out = json_pack("{s:s, s:i, s:i, s:o, s:o, s:o}", "user", user, "ops", (int)SLOT_OPS, "mem", (int)SLOT_MEM_KIB,
            "salt", slot_hex_value(salt, sizeof salt), "nonce", slot_hex_value(nonce, sizeof nonce), "box",
            slot_hex_value(box, sizeof box));
        if (*out == NULL)
            rc = jem_fail_nomem(err);
    }
    sodium_free(wrap);
    return rc;
}

/* Opens one slot. The cost of Argon2id is paid also for an unknown user (slot NULL), with a salt of their own, so
 * that the time tells nothing. */
static enum jem_code slot_open(const json_t *slot, const char *user, const char *passphrase, unsigned char *key,
    struct jem_error *err)
{
    unsigned char salt[SLOT_SALT], nonce[SLOT_NONCE] = { 0 }, box[SLOT_BOX] = { 0 };
    int64_t ops = SLOT_OPS, mem = SLOT_MEM_KIB;
    char ad[SLOT_AD_MAX];
    size_t ad_len = slot_ad(user, ad);
    (void)crypto_generichash(salt, sizeof salt, (const unsigned char *)ad, ad_len, NULL, 0);
    if (slot != NULL) {
        ops = jem_json_int(slot, "ops", 0);
        mem = jem_json_int(slot, "mem", 0);
        if (!slot_hex(slot, "salt", salt, sizeof salt) || !slot_hex(slot, "nonce", nonce, sizeof nonce) ||
            !slot_hex(slot, "box", box, sizeof box) || ops < 1 || ops > SLOT_OPS_MAX || mem < 8 ||
            mem > SLOT_MEM_KIB_MAX)
            return jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_SLOTS_CORRUPT);
    }
    unsigned char *wrap = jem_secret_new(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    enum jem_code rc = wrap == NULL ? jem_fail_nomem(err) : JEM_OK;
    if (rc == JEM_OK)
        rc = slot_derive(passphrase, salt, (unsigned)ops, (unsigned)mem, wrap, err);
    if (rc == JEM_OK && (crypto_aead_xchacha20poly1305_ietf_decrypt(key, NULL, NULL, box, sizeof box,
                             (const unsigned char *)ad, ad_len, nonce, wrap) != 0 ||
                            slot == NULL)) {
        sodium_memzero(key, JEM_STORE_KEY_BYTES);
        rc = jem_fail(err, JEM_ELOCKED, JEM_D_STORE, 0, JEM_T_SLOTS_LOCKED);
    }
    sodium_free(wrap);
    return rc;
}

static enum jem_code slots_path(char out[4096], const char *dir, struct jem_error *err)
{
    return jem_path_join(out, 4096, dir, "slots.json", err);
}

static enum jem_code slots_read(const char *dir, json_t **out, struct jem_error *err)
{
    char path[4096];
    *out = NULL;
    enum jem_code rc = slots_path(path, dir, err);
    if (rc != JEM_OK)
        return rc;
    if (!jem_path_exists(path))
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_NONE, dir);
    rc = jem_json_file(path, SLOTS_FILE_MAX, out, err);
    if (rc == JEM_EINVAL || (rc == JEM_OK && (strcmp(jem_json_str(*out, "format", ""), SLOTS_FORMAT) != 0 ||
                                                 !json_is_array(json_object_get(*out, "slots"))))) {
        json_decref(*out);
        *out = NULL;
        rc = jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_SLOTS_CORRUPT);
    }
    return rc;
}

static enum jem_code slots_write(const char *dir, const json_t *root, struct jem_error *err)
{
    char path[4096];
    struct jem_buf text = JEM_BUF_INIT(SLOTS_FILE_MAX);
    enum jem_code rc = slots_path(path, dir, err);
    if (rc == JEM_OK)
        rc = jem_json_canonical(root, &text, err);
    jem_buf_byte(&text, '\n');
    if (rc == JEM_OK)
        rc = jem_buf_ok(&text, err);
    if (rc == JEM_OK)
        rc = jem_file_write(path, text.data, text.len, 0600, err);
    jem_buf_release(&text);
    return rc;
}

/* Index of the user's slot, or the number of slots. */
static size_t slots_index(const json_t *slots, const char *user)
{
    size_t i = 0;
    for (; i < json_array_size(slots); i++)
        if (strcmp(jem_json_str(json_array_get(slots, i), "user", ""), user) == 0)
            break;
    return i;
}

static enum jem_code slots_lock(const char *dir, int *fd, struct jem_error *err)
{
    char path[4096];
    const struct timespec pause = { 0, 50 * 1000 * 1000 };
    *fd = -1;
    enum jem_code rc = jem_path_join(path, sizeof path, dir, "slots.lock", err);
    if (rc != JEM_OK)
        return rc;
    rc = jem_lock_take(path, fd, err);
    for (int i = 0; rc == JEM_EBUSY && i < SLOTS_LOCK_TRIES; i++) {
        (void)nanosleep(&pause, NULL);
        rc = jem_lock_take(path, fd, err);
    }
    return rc;
}

enum jem_code jem_slots_create(const char *dir, const char *user, const char *passphrase,
    const unsigned char key[JEM_STORE_KEY_BYTES], struct jem_error *err)
{
    char path[4096];
    int fd = -1;
    json_t *slot = NULL, *root = NULL;
    enum jem_code rc = slots_check_input(user, passphrase, err);
    if (rc == JEM_OK)
        rc = slots_path(path, dir, err);
    if (rc == JEM_OK)
        rc = slots_lock(dir, &fd, err);
    if (rc == JEM_OK && jem_path_exists(path))
        rc = jem_fail(err, JEM_EEXISTS, JEM_D_STORE, 0, JEM_T_STORE_EXISTS, dir);
    if (rc == JEM_OK)
        rc = slot_seal(user, passphrase, key, &slot, err);
    if (rc == JEM_OK) {
        root = json_pack("{s:s, s:[O]}", "format", SLOTS_FORMAT, "slots", slot);
        rc = root == NULL ? jem_fail_nomem(err) : slots_write(dir, root, err);
    }
    json_decref(root);
    json_decref(slot);
    jem_lock_release(fd);
    return rc;
}

enum jem_code jem_slots_open(const char *dir, const char *user, const char *passphrase,
    unsigned char key[JEM_STORE_KEY_BYTES], struct jem_error *err)
{
    json_t *root = NULL;
    enum jem_code rc = slots_read(dir, &root, err);
    if (rc == JEM_OK) {
        const json_t *slots = json_object_get(root, "slots");
        rc = slot_open(json_array_get(slots, slots_index(slots, user)), user, passphrase, key, err);
    }
    json_decref(root);
    return rc;
}

enum jem_code jem_slots_put(const char *dir, const char *user, const char *passphrase,
    const unsigned char key[JEM_STORE_KEY_BYTES], struct jem_error *err)
{
    int fd = -1;
    json_t *root = NULL, *slot = NULL;
    enum jem_code rc = slots_check_input(user, passphrase, err);
    if (rc == JEM_OK)
        rc = slot_seal(user, passphrase, key, &slot, err);
    if (rc == JEM_OK)
        rc = slots_lock(dir, &fd, err);
    if (rc == JEM_OK)
        rc = slots_read(dir, &root, err);
    if (rc == JEM_OK) {
        json_t *slots = json_object_get(root, "slots");
        size_t at = slots_index(slots, user);
        if (at < json_array_size(slots))
            rc = json_array_set(slots, at, slot) == 0 ? JEM_OK : jem_fail_nomem(err);
        else if (at >= SLOTS_MAX)
            rc = jem_fail(err, JEM_EINVAL, JEM_D_STORE, 0, JEM_T_SLOTS_MANY, SLOTS_MAX);
        else
            rc = json_array_append(slots, slot) == 0 ? JEM_OK : jem_fail_nomem(err);
    }
    if (rc == JEM_OK)
        rc = slots_write(dir, root, err);
    json_decref(root);
    json_decref(slot);
    jem_lock_release(fd);
    return rc;
}

enum jem_code jem_slots_remove(const char *dir, const char *user, struct jem_error *err)
{
    int fd = -1;
    json_t *root = NULL;
    enum jem_code rc = slots_lock(dir, &fd, err);
    if (rc == JEM_OK)
        rc = slots_read(dir, &root, err);
    if (rc == JEM_OK) {
        json_t *slots = json_object_get(root, "slots");
        size_t at = slots_index(slots, user);
        if (at == json_array_size(slots))
            rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_SLOTS_NO_USER);
        else if (json_array_size(slots) == 1)
            rc = jem_fail(err, JEM_EDENIED, JEM_D_STORE, 0, JEM_T_SLOTS_LAST);
        else
            (void)json_array_remove(slots, at);
    }
    if (rc == JEM_OK)
        rc = slots_write(dir, root, err);
    json_decref(root);
    jem_lock_release(fd);
    return rc;
}

enum jem_code jem_slots_escrow(const char *dir, const unsigned char hq_box_public[32],
    const unsigned char key[JEM_STORE_KEY_BYTES], struct jem_error *err)
{
    unsigned char box[SLOT_ESCROW_BOX];
    int fd = -1;
    json_t *root = NULL;
    if (crypto_box_seal(box, key, JEM_STORE_KEY_BYTES, hq_box_public) != 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_STORE, 0, JEM_T_SLOTS_ESCROW);
    enum jem_code rc = slots_lock(dir, &fd, err);
    if (rc == JEM_OK)
        rc = slots_read(dir, &root, err);
    if (rc == JEM_OK) {
        json_t *escrow = json_pack("{s:o, s:o}", "public", slot_hex_value(hq_box_public, 32), "box",
            slot_hex_value(box, sizeof box));
        rc = json_object_set_new(root, "escrow", escrow) == 0 ? slots_write(dir, root, err) : jem_fail_nomem(err);
    }
    json_decref(root);
    jem_lock_release(fd);
    return rc;
}
