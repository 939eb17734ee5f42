/* cheap_slot.c - writes what src/store/slots.c reads. */
#include "cheap_slot.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "jemput/codec.h"
#include "jemput/file.h"
#include "jemput/json.h"
#include "jemput/slots.h"

#define OPS 1
#define MEM_KIB 8
#define BOX (JEM_STORE_KEY_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES)

static json_t *hex_value(const unsigned char *p, size_t n)
{
    char hex[2 * BOX + 1];
    jem_hex(p, n, hex);
    return json_string(hex);
}

static enum jem_code seal(json_t *slot, const char *user, const char *passphrase, const unsigned char *key,
    struct jem_error *err)
{
    unsigned char salt[crypto_pwhash_SALTBYTES], nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES], box[BOX];
    unsigned char wrap[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    char ad[64];
    int n = snprintf(ad, sizeof ad, "jemput-slot-1\n%s", user);
    jem_random(salt, sizeof salt);
    jem_random(nonce, sizeof nonce);
    if (crypto_pwhash(wrap, sizeof wrap, passphrase, strlen(passphrase), salt, OPS, MEM_KIB * 1024,
            crypto_pwhash_ALG_ARGON2ID13) != 0)
        return jem_fail_nomem(err);
    crypto_aead_xchacha20poly1305_ietf_encrypt(box, NULL, key, JEM_STORE_KEY_BYTES, (const unsigned char *)ad,
        (unsigned long long)n, NULL, nonce, wrap);
    json_object_set_new(slot, "ops", json_integer(OPS));
    json_object_set_new(slot, "mem", json_integer(MEM_KIB));
    json_object_set_new(slot, "salt", hex_value(salt, sizeof salt));
    json_object_set_new(slot, "nonce", hex_value(nonce, sizeof nonce));
    json_object_set_new(slot, "box", hex_value(box, sizeof box));
    return JEM_OK;
}

enum jem_code cheap_slot(const char *dir, const char *user, const char *passphrase, struct jem_error *err)
{
    unsigned char key[JEM_STORE_KEY_BYTES];
    char path[4096];
    size_t i;
    json_t *root = NULL, *slot;
    struct jem_buf text = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    enum jem_code code = jem_slots_open(dir, user, passphrase, key, err);
    if (code == JEM_OK)
        code = jem_path_join(path, sizeof path, dir, "slots.json", err);
    if (code == JEM_OK)
        code = jem_json_file(path, JEM_BUF_DEFAULT_MAX, &root, err);
    json_array_foreach(json_object_get(root, "slots"), i,
        slot) if (code == JEM_OK && strcmp(jem_json_str(slot, "user", ""), user) == 0) code =
        seal(slot, user, passphrase, key, err);
    if (code == JEM_OK)
        code = jem_json_canonical(root, &text, err);
    if (code == JEM_OK)
        code = jem_file_write(path, text.data, text.len, 0600, err);
    sodium_memzero(key, sizeof key);
    json_decref(root);
    jem_buf_release(&text);
    return code;
}
