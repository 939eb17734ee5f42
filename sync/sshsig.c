/* sshsig.c - Ed25519 signatures and keys in the text forms of OpenSSH (PROTOCOL.sshsig, PROTOCOL.key, RFC 4251).
 *
 *   string   := u32 length | bytes
 *   public   := string "ssh-ed25519" | string key 32
 *   signed   := "SSHSIG" | string namespace | string "" | string "sha512" | string SHA-512(message)
 *   blob     := "SSHSIG" | u32 1 | string public | string namespace | string "" | string "sha512"
 *               | string (string "ssh-ed25519" | string signature 64)
 *   armour   := base 64 of blob in lines of 70 between the BEGIN and END lines
 *   private  := "openssh-key-v1\0" | string "none" | string "none" | string "" | u32 1 | string public
 *               | string (u32 check | u32 check | public | string secret 64 | string comment | 1 2 3 ... to 8 bytes) */
#include "jemput/sshsig.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/codec.h"

#define SSH_NAMESPACE "git"
#define SSH_KEY_TYPE "ssh-ed25519"
#define SSH_HASH "sha512"
#define SSHSIG_MAGIC "SSHSIG"
#define SSHSIG_BEGIN "-----BEGIN SSH SIGNATURE-----"
#define SSHSIG_END "-----END SSH SIGNATURE-----"
#define SSH_PRIVATE_MAGIC "openssh-key-v1"
#define SSH_PRIVATE_BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
#define SSH_PRIVATE_END "-----END OPENSSH PRIVATE KEY-----"
#define SSH_LINE 70
#define SSH_BLOB_MAX 1024
#define SSH_TEXT_MAX 4096
#define SSH_COMMENT_MAX 200

static void ssh_string(struct jem_buf *b, const void *p, size_t n)
{
    jem_buf_u32(b, (uint32_t)n);
    jem_buf_add(b, p, n);
}

static void ssh_public(struct jem_buf *b, const unsigned char key[32])
{
    ssh_string(b, SSH_KEY_TYPE, strlen(SSH_KEY_TYPE));
    ssh_string(b, key, 32);
}

/* What the signature covers. */
static void sshsig_message(struct jem_buf *b, const void *msg, size_t n)
{
    unsigned char hash[crypto_hash_sha512_BYTES];
    crypto_hash_sha512(hash, msg, n);
    jem_buf_add(b, SSHSIG_MAGIC, strlen(SSHSIG_MAGIC));
    ssh_string(b, SSH_NAMESPACE, strlen(SSH_NAMESPACE));
    ssh_string(b, NULL, 0);
    ssh_string(b, SSH_HASH, strlen(SSH_HASH));
    ssh_string(b, hash, sizeof hash);
}

/* Appends `blob` in base 64; lines of `width`, or one line when width is 0. No last newline. */
static void ssh_base64(struct jem_buf *out, const struct jem_buf *blob, size_t width)
{
    char text[SSH_BLOB_MAX * 4 / 3 + 8];
    sodium_bin2base64(text, sizeof text, blob->data, blob->len, sodium_base64_VARIANT_ORIGINAL);
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i += width) {
        size_t take = width == 0 || n - i < width ? n - i : width;
        if (i > 0)
            jem_buf_byte(out, '\n');
        jem_buf_add(out, text + i, take);
        if (width == 0)
            break;
    }
    sodium_memzero(text, sizeof text);
}

static enum jem_code ssh_armor(const struct jem_buf *blob, const char *begin, const char *end, struct jem_buf *out,
    struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(SSH_TEXT_MAX);
    enum jem_code code = jem_buf_ok(blob, err);
    if (code != JEM_OK)
        return code;
    jem_buf_reserve(&text, SSH_TEXT_MAX);
    jem_buf_str(&text, begin);
    jem_buf_byte(&text, '\n');
    ssh_base64(&text, blob, SSH_LINE);
    jem_buf_byte(&text, '\n');
    jem_buf_str(&text, end);
    code = jem_buf_ok(&text, err);
    if (code == JEM_OK) {
        jem_buf_add(out, text.data, text.len);
        code = jem_buf_ok(out, err);
    }
    jem_buf_wipe(&text);
    return code;
}

enum jem_code jem_sshsig_sign(const unsigned char secret[64], const void *msg, size_t n, struct jem_buf *out,
    struct jem_error *err)
{
    struct jem_buf message = JEM_BUF_INIT(SSH_BLOB_MAX), key = JEM_BUF_INIT(SSH_BLOB_MAX);
    struct jem_buf signature = JEM_BUF_INIT(SSH_BLOB_MAX), blob = JEM_BUF_INIT(SSH_BLOB_MAX);
    unsigned char sig[crypto_sign_BYTES];

    sshsig_message(&message, msg, n);
    enum jem_code code = jem_buf_ok(&message, err);
    if (code != JEM_OK)
        goto out;
    crypto_sign_detached(sig, NULL, message.data, message.len, secret);
    ssh_public(&key, secret + 32); /* libsodium keeps the public key in the second half */
    ssh_string(&signature, SSH_KEY_TYPE, strlen(SSH_KEY_TYPE));
    ssh_string(&signature, sig, sizeof sig);

    jem_buf_add(&blob, SSHSIG_MAGIC, strlen(SSHSIG_MAGIC));
    jem_buf_u32(&blob, 1);
    ssh_string(&blob, key.data, key.len);
    ssh_string(&blob, SSH_NAMESPACE, strlen(SSH_NAMESPACE));
    ssh_string(&blob, NULL, 0);
    ssh_string(&blob, SSH_HASH, strlen(SSH_HASH));
    ssh_string(&blob, signature.data, signature.len);
    code = ssh_armor(&blob, SSHSIG_BEGIN, SSHSIG_END, out, err);
out:
    jem_buf_release(&message);
    jem_buf_release(&key);
    jem_buf_release(&signature);
    jem_buf_release(&blob);
    return code;
}

/* ---- reading ---- */

static struct jem_reader ssh_read_string(struct jem_reader *r)
{
    uint32_t n = jem_read_u32(r);
    const unsigned char *p = jem_read_bytes(r, n);
    struct jem_reader s = jem_reader_of(p, p == NULL ? 0 : n);
    if (p == NULL)
        s.failed = true;
    return s;
}

static bool ssh_read_is(struct jem_reader *r, const char *text)
{
    struct jem_reader s = ssh_read_string(r);
    size_t n = strlen(text);
    return !s.failed && jem_reader_left(&s) == n && memcmp(s.p, text, n) == 0;
}

/* A string of exactly n bytes; NULL otherwise. */
static const unsigned char *ssh_read_exact(struct jem_reader *r, size_t n)
{
    struct jem_reader s = ssh_read_string(r);
    return !s.failed && jem_reader_left(&s) == n ? s.p : NULL;
}

static bool ssh_read_end(const struct jem_reader *r)
{
    return !r->failed && jem_reader_left(r) == 0;
}

struct sshsig_parts {
    unsigned char public_key[32], signature[crypto_sign_BYTES];
};

static bool sshsig_read(const unsigned char *p, size_t n, struct sshsig_parts *out)
{
    struct jem_reader r = jem_reader_of(p, n);
    const unsigned char *magic = jem_read_bytes(&r, strlen(SSHSIG_MAGIC));
    if (magic == NULL || memcmp(magic, SSHSIG_MAGIC, strlen(SSHSIG_MAGIC)) != 0 || jem_read_u32(&r) != 1)
        return false;

    struct jem_reader key = ssh_read_string(&r);
    if (!ssh_read_is(&key, SSH_KEY_TYPE))
        return false;
    const unsigned char *public_key = ssh_read_exact(&key, sizeof out->public_key);
    if (public_key == NULL || !ssh_read_end(&key))
        return false;

    if (!ssh_read_is(&r, SSH_NAMESPACE) || !ssh_read_is(&r, "") || !ssh_read_is(&r, SSH_HASH))
        return false;

    struct jem_reader sig = ssh_read_string(&r);
    if (!ssh_read_end(&r) || !ssh_read_is(&sig, SSH_KEY_TYPE))
        return false;
    const unsigned char *signature = ssh_read_exact(&sig, sizeof out->signature);
    if (signature == NULL || !ssh_read_end(&sig))
        return false;
    memcpy(out->public_key, public_key, sizeof out->public_key);
    memcpy(out->signature, signature, sizeof out->signature);
    return true;
}

/* The blob between the two lines; a newline after the last is as good as none. False when it is anything else. */
static bool sshsig_dearmor(const char *text, size_t n, unsigned char *out, size_t cap, size_t *out_len)
{
    const size_t begin = strlen(SSHSIG_BEGIN), end = strlen(SSHSIG_END);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    if (n < begin + end || n > SSH_TEXT_MAX || memcmp(text, SSHSIG_BEGIN, begin) != 0 ||
        memcmp(text + n - end, SSHSIG_END, end) != 0)
        return false;
    const char *stop = NULL;
    if (sodium_base642bin(out, cap, text + begin, n - begin - end, "\r\n", out_len, &stop,
            sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    return stop == text + n - end;
}

enum jem_code jem_sshsig_verify(const char *armor, size_t armor_len, const void *msg, size_t n,
    const unsigned char public_key[32], struct jem_error *err)
{
    unsigned char blob[SSH_BLOB_MAX];
    size_t blob_len = 0;
    struct sshsig_parts parts;
    if (!sshsig_dearmor(armor, armor_len, blob, sizeof blob, &blob_len) || !sshsig_read(blob, blob_len, &parts))
        return jem_fail(err, JEM_ECORRUPT, JEM_D_CRYPTO, 0, JEM_T_SSHSIG_FORM);
    if (sodium_memcmp(parts.public_key, public_key, 32) != 0)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_CRYPTO, 0, JEM_T_SSHSIG_KEY);

    struct jem_buf message = JEM_BUF_INIT(SSH_BLOB_MAX);
    sshsig_message(&message, msg, n);
    enum jem_code code = jem_buf_ok(&message, err);
    if (code == JEM_OK && crypto_sign_verify_detached(parts.signature, message.data, message.len, public_key) != 0)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_CRYPTO, 0, JEM_T_SSHSIG_WRONG);
    jem_buf_release(&message);
    return code;
}

/* ---- keys ---- */

/* A comment ends a line: control characters in it would forge another. */
static enum jem_code ssh_comment_check(const char *comment, struct jem_error *err)
{
    size_t n = strlen(comment);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)comment[i] < 0x20 || comment[i] == 0x7f)
            return jem_fail(err, JEM_EINVAL, JEM_D_CRYPTO, 0, JEM_T_SSHSIG_COMMENT);
    if (n > SSH_COMMENT_MAX)
        return jem_fail(err, JEM_EINVAL, JEM_D_CRYPTO, 0, JEM_T_SSHSIG_COMMENT);
    return JEM_OK;
}

enum jem_code jem_ssh_public_text(const unsigned char public_key[32], const char *comment, struct jem_buf *out,
    struct jem_error *err)
{
    enum jem_code code = ssh_comment_check(comment, err);
    if (code != JEM_OK)
        return code;
    struct jem_buf blob = JEM_BUF_INIT(SSH_BLOB_MAX), text = JEM_BUF_INIT(SSH_TEXT_MAX);
    ssh_public(&blob, public_key);
    code = jem_buf_ok(&blob, err);
    if (code == JEM_OK) {
        jem_buf_str(&text, SSH_KEY_TYPE " ");
        ssh_base64(&text, &blob, 0);
        if (comment[0] != '\0')
            jem_buf_fmt(&text, " %s", comment);
        code = jem_buf_ok(&text, err);
    }
    if (code == JEM_OK) {
        jem_buf_add(out, text.data, text.len);
        code = jem_buf_ok(out, err);
    }
    jem_buf_release(&blob);
    jem_buf_release(&text);
    return code;
}

enum jem_code jem_ssh_private_text(const unsigned char secret[64], const char *comment, struct jem_buf *out,
    struct jem_error *err)
{
    enum jem_code code = ssh_comment_check(comment, err);
    if (code != JEM_OK)
        return code;
    struct jem_buf inner = JEM_BUF_INIT(SSH_BLOB_MAX), blob = JEM_BUF_INIT(SSH_BLOB_MAX);
    uint32_t check;
    jem_random(&check, sizeof check);
    jem_buf_reserve(&inner, SSH_BLOB_MAX); /* so that no growth leaves a copy of the secret behind */
    jem_buf_reserve(&blob, SSH_BLOB_MAX);
    jem_buf_u32(&inner, check);
    jem_buf_u32(&inner, check);
    ssh_public(&inner, secret + 32);
    ssh_string(&inner, secret, 64);
    ssh_string(&inner, comment, strlen(comment));
    for (unsigned char i = 1; inner.len % 8 != 0 && !inner.failed; i++)
        jem_buf_byte(&inner, i);

    jem_buf_add(&blob, SSH_PRIVATE_MAGIC, sizeof SSH_PRIVATE_MAGIC); /* its NUL belongs to the magic */
    ssh_string(&blob, "none", 4);
    ssh_string(&blob, "none", 4);
    ssh_string(&blob, NULL, 0);
    jem_buf_u32(&blob, 1);
    jem_buf_u32(&blob, (uint32_t)(4 + strlen(SSH_KEY_TYPE) + 4 + 32));
    ssh_public(&blob, secret + 32);
    ssh_string(&blob, inner.data, inner.len);
    code = jem_buf_ok(&inner, err);
    if (code == JEM_OK)
        code = ssh_armor(&blob, SSH_PRIVATE_BEGIN, SSH_PRIVATE_END, out, err);
    if (code == JEM_OK) {
        jem_buf_byte(out, '\n');
        code = jem_buf_ok(out, err);
    }
    jem_buf_wipe(&inner);
    jem_buf_wipe(&blob);
    return code;
}
