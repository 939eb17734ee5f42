/* enrol_file.c - the two files of enrolment, signed; and the request, which a van makes and HQ reads. */
#include "enrol.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "jemput/codec.h"

/* ---- signed files ---- */

/* "jemput-request-1\n" and the canonical object without "sig". */
static enum jem_code signed_message(const json_t *o, const char *format, struct jem_buf *out, struct jem_error *err)
{
    json_t *bare = json_copy((json_t *)(uintptr_t)o);
    if (bare == NULL)
        return jem_fail_nomem(err);
    (void)json_object_del(bare, "sig");
    jem_buf_str(out, format);
    jem_buf_byte(out, '\n');
    enum jem_code code = jem_json_canonical(bare, out, err);
    json_decref(bare);
    return code == JEM_OK ? jem_buf_ok(out, err) : code;
}

enum jem_code jem_signed_write(json_t *o, const char *format, const unsigned char secret[64], struct jem_buf *out,
    unsigned char hash[32], struct jem_error *err)
{
    struct jem_buf message = JEM_BUF_INIT(ENROL_FILE_MAX), whole = JEM_BUF_INIT(ENROL_FILE_MAX);
    unsigned char sig[64];
    char hex[129];
    enum jem_code code = signed_message(o, format, &message, err);
    if (code == JEM_OK) {
        crypto_sign_detached(sig, NULL, message.data, message.len, secret);
        jem_hex(sig, sizeof sig, hex);
        if (json_object_set_new(o, "sig", json_string(hex)) != 0)
            code = jem_fail_nomem(err);
    }
    if (code == JEM_OK)
        code = jem_json_canonical(o, &whole, err);
    if (code == JEM_OK) {
        jem_hash(whole.data, whole.len, hash);
        jem_buf_add(out, whole.data, whole.len);
        code = jem_buf_ok(out, err);
    }
    jem_buf_release(&message);
    jem_buf_release(&whole);
    return code;
}

bool jem_signed_hex(const json_t *o, const char *member, unsigned char *out, size_t n)
{
    const char *hex = jem_json_str(o, member, "");
    return jem_unhex(hex, strlen(hex), out, n);
}

enum jem_code jem_signed_read(const void *p, size_t n, const char *format, const char *signer, json_t **out,
    unsigned char hash[32], struct jem_error *err)
{
    struct jem_buf message = JEM_BUF_INIT(ENROL_FILE_MAX), whole = JEM_BUF_INIT(ENROL_FILE_MAX);
    unsigned char key[32], sig[64];
    json_t *o = NULL;
    enum jem_code code = JEM_EINVAL;
    if (n > 0 && n <= ENROL_FILE_MAX)
        code = jem_json_parse(p, n, format, &o, err);
    if (code == JEM_ENOMEM)
        goto out;
    if (code != JEM_OK || strcmp(jem_json_str(o, "format", ""), format) != 0 || !jem_signed_hex(o, signer, key, 32) ||
        !jem_signed_hex(o, "sig", sig, 64)) {
        code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0,
            strcmp(format, ENROL_REQUEST) == 0 ? JEM_T_ENROL_NO_REQUEST : JEM_T_ENROL_NO_GRANT);
        goto out;
    }
    code = signed_message(o, format, &message, err);
    if (code == JEM_OK && crypto_sign_verify_detached(sig, message.data, message.len, key) != 0)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_CRYPTO, 0, JEM_T_ENROL_ALTERED);
    if (code == JEM_OK)
        code = jem_json_canonical(o, &whole, err);
    if (code == JEM_OK) {
        jem_hash(whole.data, whole.len, hash);
        *out = json_incref(o);
    }
out:
    json_decref(o);
    jem_buf_release(&message);
    jem_buf_release(&whole);
    return code;
}

bool jem_enrol_text_fits(const char *s, size_t min, size_t max)
{
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
            return false;
    return n >= min && n <= max;
}

/* ---- request ---- */

enum jem_code jem_request_read(const void *p, size_t n, struct jem_request *out, struct jem_error *err)
{
    json_t *o = NULL;
    enum jem_code code = jem_signed_read(p, n, ENROL_REQUEST, "sign", &o, out->hash, err);
    if (code != JEM_OK)
        return code;
    const char *name = jem_json_str(o, "name", "");
    int64_t epoch = jem_json_int(o, "epoch", 0);
    if (!jem_signed_hex(o, "sign", out->sign, 32) || !jem_signed_hex(o, "box", out->box, 32) ||
        !jem_signed_hex(o, "ssh", out->ssh, 32) || !jem_enrol_text_fits(name, 1, ENROL_NAME_MAX) || epoch < 1 ||
        epoch > UINT16_MAX) {
        code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_ENROL_NO_REQUEST);
    } else {
        memcpy(out->name, name, strlen(name) + 1);
        out->epoch = (uint16_t)epoch;
    }
    json_decref(o);
    return code;
}

enum jem_code jem_enrol_keys(struct jem_store *store, struct jem_keys **out, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(16);
    enum jem_code code = jem_store_meta_get(store, "enrolled.epoch", &text, err);
    unsigned epoch = 0;
    if (code == JEM_OK && (sscanf(jem_buf_text(&text), "%u", &epoch) != 1 || epoch > UINT16_MAX))
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_KEYS_DAMAGED, "enrolled.epoch");
    jem_buf_release(&text);
    *out = NULL;
    return code == JEM_OK || code == JEM_ENOTFOUND ? jem_keys_load_epoch(store, (uint16_t)epoch, out, err) : code;
}

enum jem_code jem_request_write(struct jem_store *store, const struct jem_keys *keys, struct jem_buf *out,
    unsigned char hash[32], struct jem_error *err)
{
    char sign[65], box[65], ssh[65];
    struct jem_buf name = JEM_BUF_INIT(ENROL_TEXT_MAX);
    json_t *o = NULL;
    enum jem_code code = jem_store_meta_get(store, "name", &name, err);
    if (code == JEM_OK && !jem_enrol_text_fits(jem_buf_text(&name), 1, ENROL_NAME_MAX))
        code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_ENROL_NAME, (int)ENROL_NAME_MAX);
    if (code == JEM_OK) {
        jem_hex(keys->sign_public, 32, sign);
        jem_hex(keys->box_public, 32, box);
        jem_hex(keys->ssh_public, 32, ssh);
        o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i}", "format", ENROL_REQUEST, "name", jem_buf_text(&name), "sign",
            sign, "box", box, "ssh", ssh, "epoch", 1);
        code = o == NULL ? jem_fail_nomem(err) : jem_signed_write(o, ENROL_REQUEST, keys->sign_secret, out, hash, err);
    }
    json_decref(o);
    jem_buf_release(&name);
    return code;
}

enum jem_code jem_enrol_request(struct jem_store *store, struct jem_buf *out, struct jem_enrol_words *words,
    struct jem_error *err)
{
    unsigned char hash[32];
    struct jem_keys *keys = NULL;
    if (jem_store_role(store) != JEM_ROLE_VAN)
        return jem_fail(err, JEM_EDENIED, JEM_D_SYNC, 0, JEM_T_ENROL_ROLE_VAN);
    enum jem_code code = jem_enrol_keys(store, &keys, err);
    if (code == JEM_OK)
        code = jem_request_write(store, keys, out, hash, err);
    if (code == JEM_OK)
        jem_fingerprint_words(hash, words->words);
    jem_keys_free(keys);
    return code;
}

enum jem_code jem_enrol_look(const void *request, size_t n, struct jem_enrol_words *words, char name[96],
    struct jem_error *err)
{
    struct jem_request r;
    enum jem_code code = jem_request_read(request, n, &r, err);
    if (code == JEM_OK) {
        jem_fingerprint_words(r.hash, words->words);
        memcpy(name, r.name, strlen(r.name) + 1);
    }
    return code;
}
