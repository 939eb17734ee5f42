/* token.c - writes, reads and verifies the 88 bytes of a receipt's QR; token.h has the layout.
 *
 * Reading is forgiving because the text often comes through a wedge scanner: a "keyboard" whose layout may differ from
 * the laptop's, so that ':' and '/' arrive as other signs and capitals as small letters. Only where the payload begins
 * is guessed; its 141 characters are exact, and the signature decides. */
#include "jemput/token.h"

#include <sodium.h>
#include <string.h>

#include "jemput/number.h"

#define TOKEN_BODY 24
#define TOKEN_VERSION 1
#define TOKEN_DAY_BASE 18262 /* 2020-01-01 in days since 1970-01-01 */
#define TOKEN_NUMBER_MAX ((UINT64_C(1) << 50) - 1)
#define TOKEN_FLAG_INCOMPLETE 1u
#define TOKEN_HOST_MAX 80
#define TOKEN_INPUT_MAX 1024 /* longer input is no receipt, whatever it is */
#define TOKEN_BARE_MIN 16    /* shorter, a text without a header may be a mistyped application number (12) */

static const char token_domain[] = "jemput-receipt-1\n";

static void token_key_id(const unsigned char public_key[32], unsigned char out[4])
{
    unsigned char hash[32];
    jem_hash(public_key, 32, hash);
    memcpy(out, hash, 4);
}

static void token_message(const unsigned char body[TOKEN_BODY], unsigned char out[sizeof token_domain - 1 + TOKEN_BODY])
{
    memcpy(out, token_domain, sizeof token_domain - 1);
    memcpy(out + sizeof token_domain - 1, body, TOKEN_BODY);
}

static const char *token_bad_value(const struct jem_token *t)
{
    if (t->van > JEM_VAN_MAX)
        return "van";
    if (t->number == 0 || t->number > TOKEN_NUMBER_MAX)
        return "number";
    if (t->day < TOKEN_DAY_BASE || t->day > TOKEN_DAY_BASE + UINT16_MAX)
        return "day";
    if (t->service_code > UINT16_MAX)
        return "service_code";
    if (t->documents > UINT8_MAX)
        return "documents";
    return NULL;
}

static unsigned char *token_put(unsigned char *p, uint64_t value, unsigned bytes)
{
    for (unsigned i = bytes; i-- > 0;)
        *p++ = (unsigned char)(value >> (8 * i));
    return p;
}

static uint64_t token_take(const unsigned char **p, unsigned bytes)
{
    uint64_t v = 0;
    while (bytes-- > 0)
        v = v << 8 | *(*p)++;
    return v;
}

enum jem_code jem_token_sign(const struct jem_token *token, const unsigned char secret[64],
    unsigned char out[JEM_TOKEN_BYTES], struct jem_error *err)
{
    const char *bad = token_bad_value(token);
    if (bad && strcmp(bad, "day") == 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_TOKEN_DAY);
    if (bad)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_TOKEN_VALUE, bad);

    unsigned char public_key[32], *p = out;
    crypto_sign_ed25519_sk_to_pk(public_key, secret);
    p = token_put(p, TOKEN_VERSION, 1);
    p = token_put(p, token->van, 2);
    token_key_id(public_key, p);
    p = token_put(p + 4, token->number, 7);
    p = token_put(p, (uint64_t)(token->day - TOKEN_DAY_BASE), 2);
    p = token_put(p, token->service_code, 2);
    p = token_put(p, token->documents, 1);
    p = token_put(p, token->incomplete ? TOKEN_FLAG_INCOMPLETE : 0, 1);
    jem_random(p, 4);

    unsigned char message[sizeof token_domain - 1 + TOKEN_BODY];
    token_message(out, message);
    if (crypto_sign_detached(out + TOKEN_BODY, NULL, message, sizeof message, secret) != 0)
        return jem_fail(err, JEM_EINTERNAL, JEM_D_CRYPTO, 0, JEM_T_TOKEN_KEY);
    return JEM_OK;
}

static bool token_is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static char token_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

enum jem_code jem_token_text(const unsigned char token[JEM_TOKEN_BYTES], const char *host, char *out, size_t cap,
    struct jem_error *err)
{
    size_t n = strlen(host);
    bool fits = n > 0 && n <= TOKEN_HOST_MAX && strlen("HTTPS:///T/") + n + JEM_TOKEN_CHARS < cap;
    for (size_t i = 0; fits && i < n; i++)
        fits = token_is_alnum(host[i]) || strchr(".-:", host[i]);
    if (!fits)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_TOKEN_HOST, host, TOKEN_HOST_MAX);

    struct jem_buf text = JEM_BUF_INIT(cap - 1);
    jem_buf_str(&text, "HTTPS://");
    for (size_t i = 0; i < n; i++)
        jem_buf_byte(&text, (unsigned char)token_upper(host[i]));
    jem_buf_str(&text, "/T/");
    jem_base32_encode(token, JEM_TOKEN_BYTES, &text);
    enum jem_code code = jem_buf_ok(&text, err);
    if (code == JEM_OK)
        memcpy(out, jem_buf_text(&text), text.len + 1);
    jem_buf_release(&text);
    return code;
}

/* Copies without white space and control characters: scanners add a return or a tab, people paste wrapped lines.
 * Length, or SIZE_MAX when it is longer than any receipt. */
static size_t token_squeeze(const char *text, char out[TOKEN_INPUT_MAX])
{
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p <= ' ' || *p == 0x7F)
            continue;
        if (n == TOKEN_INPUT_MAX - 1)
            return SIZE_MAX;
        out[n++] = (char)*p;
    }
    out[n] = 0;
    return n;
}

static bool token_is_http(const char *s)
{
    static const char http[] = "HTTP";
    for (size_t i = 0; i < 4; i++)
        if (token_upper(s[i]) != http[i])
            return false;
    return true;
}

/* The payload of a text that starts like an address: what follows the last single T between two signs (which signs
 * they are depends on the keyboard layout). NULL when there is none. */
static const char *token_after_path(const char *s, size_t n)
{
    for (size_t i = n; i-- > 1;) {
        if (token_upper(s[i]) != 'T' || token_is_alnum(s[i - 1]) || !s[i + 1] || token_is_alnum(s[i + 1]))
            continue;
        const char *p = s + i + 1;
        while (*p && !token_is_alnum(*p))
            p++;
        return p;
    }
    return NULL;
}

/* Version 1 and a 12-bit van always begin with the characters 0 and 4: a cut receipt shows itself by them. */
static bool token_begins(const char *p, size_t n)
{
    return (n < 1 || jem_base32_value(p[0]) == 0) && (n < 2 || jem_base32_value(p[1]) == 4);
}

/* True where a second address starts. H, T and P are base-32 characters too, so a sign has to follow: "HTTPS:". */
static bool token_is_second(const char *s, size_t left)
{
    if (left < 6 || !token_is_http(s))
        return false;
    return !token_is_alnum(s[4]) || (token_upper(s[4]) == 'S' && !token_is_alnum(s[5]));
}

/* Finds the payload in the squeezed text s[n], which it edits. */
static enum jem_code token_find(char *s, size_t n, char **payload, size_t *len, struct jem_error *err)
{
    while (n > 0 && !token_is_alnum(s[n - 1]))
        s[--n] = 0;
    *payload = s;
    *len = n;
    bool has_path = n >= 4 && token_is_http(s);
    if (has_path) {
        for (size_t i = 4; i < n; i++)
            if (token_is_second(s + i, n - i))
                return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_TOKEN_TWICE);
        const char *p = token_after_path(s, n);
        if (!p)
            return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_TOKEN_FOREIGN);
        *payload = s + (p - s);
        *len = n - (size_t)(p - s);
    } else {
        *len = 0;
        for (size_t i = 0; i < n; i++)
            if (s[i] != '-')
                s[(*len)++] = s[i];
    }
    if (*len != JEM_TOKEN_CHARS && ((!has_path && *len < TOKEN_BARE_MIN) || !token_begins(*payload, *len)))
        return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_TOKEN_FOREIGN);
    return JEM_OK;
}

static enum jem_code token_decode(const char *p, size_t n, unsigned char raw[JEM_TOKEN_BYTES], struct jem_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (jem_base32_value(p[i]) < 0)
            return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0,
                token_begins(p, n) ? JEM_T_TOKEN_DAMAGED : JEM_T_TOKEN_FOREIGN, i + 1);
    if (n < JEM_TOKEN_CHARS)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_TOKEN_CUT, JEM_TOKEN_CHARS - n);
    if (n > JEM_TOKEN_CHARS)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_TOKEN_LONG, n - JEM_TOKEN_CHARS);

    struct jem_buf bytes = JEM_BUF_INIT(JEM_TOKEN_BYTES + 8);
    enum jem_code code = jem_base32_decode(p, n, &bytes, NULL);
    if (code == JEM_OK && bytes.len == JEM_TOKEN_BYTES)
        memcpy(raw, bytes.data, JEM_TOKEN_BYTES);
    else
        code = jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_TOKEN_DAMAGED, (size_t)JEM_TOKEN_CHARS);
    jem_buf_release(&bytes);
    return code;
}

/* Every value that jem_token_sign refuses to write is refused here as well. */
static enum jem_code token_open(const unsigned char raw[JEM_TOKEN_BYTES], struct jem_token *out, struct jem_error *err)
{
    const unsigned char *p = raw;
    unsigned version = (unsigned)token_take(&p, 1);
    if (version == 0 || version > 16)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_TOKEN_FOREIGN);
    if (version != TOKEN_VERSION)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_TOKEN_VERSION, version);
    struct jem_token t = { .van = (unsigned)token_take(&p, 2) };
    memcpy(t.key_id, p, 4);
    p += 4;
    t.number = token_take(&p, 7);
    t.day = TOKEN_DAY_BASE + (int32_t)token_take(&p, 2);
    t.service_code = (unsigned)token_take(&p, 2);
    t.documents = (unsigned)token_take(&p, 1);
    unsigned flags = (unsigned)token_take(&p, 1);
    t.incomplete = flags & TOKEN_FLAG_INCOMPLETE;
    const char *bad = flags & ~TOKEN_FLAG_INCOMPLETE ? "flags" : token_bad_value(&t);
    if (bad)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_TOKEN_VALUE, bad);
    *out = t;
    return JEM_OK;
}

enum jem_code jem_token_parse(const char *text, struct jem_token *out, unsigned char raw[JEM_TOKEN_BYTES],
    struct jem_error *err)
{
    char squeezed[TOKEN_INPUT_MAX], *payload = NULL;
    unsigned char bytes[JEM_TOKEN_BYTES];
    size_t len = 0, n = token_squeeze(text, squeezed);
    if (n == SIZE_MAX)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECEIPT, 0, JEM_T_TOKEN_FOREIGN);
    enum jem_code code = token_find(squeezed, n, &payload, &len, err);
    if (code == JEM_OK)
        code = token_decode(payload, len, bytes, err);
    if (code == JEM_OK)
        code = token_open(bytes, out, err);
    if (code == JEM_OK)
        memcpy(raw, bytes, JEM_TOKEN_BYTES);
    return code;
}

enum jem_code jem_token_verify(const unsigned char raw[JEM_TOKEN_BYTES], const unsigned char public_key[32],
    struct jem_error *err)
{
    unsigned char key_id[4], message[sizeof token_domain - 1 + TOKEN_BODY];
    token_key_id(public_key, key_id);
    if (memcmp(raw + 3, key_id, sizeof key_id) != 0)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_RECEIPT, 0, JEM_T_TOKEN_KEY);
    token_message(raw, message);
    if (raw[0] != TOKEN_VERSION || crypto_sign_verify_detached(raw + TOKEN_BODY, message, sizeof message, public_key))
        return jem_fail(err, JEM_ECORRUPT, JEM_D_RECEIPT, 0, JEM_T_TOKEN_FORGED);
    return JEM_OK;
}
