/* token.c - the signed QR text of an application: made once, when the application is recorded, and kept, so that
 * every copy of the receipt shows the same one. It stands in meta under "token.<number>". */
#include <string.h>

#include "own.h"

static void token_key(uint64_t number, char out[32])
{
    memcpy(out, "token.", 6);
    jem_number_format(number, out + 6);
}

enum jem_code own_token_make(struct jem_app *app, uint64_t number, unsigned service_code, unsigned documents,
    bool incomplete, char out[OWN_QR_CAP], struct jem_error *err)
{
    const struct jem_keys *keys = NULL;
    unsigned char raw[JEM_TOKEN_BYTES];
    char host[128], key[32];
    struct jem_token token = { .van = jem_number_van(number),
        .number = number,
        .day = jem_store_today(app->store),
        .service_code = service_code,
        .documents = documents > 255 ? 255 : documents,
        .incomplete = incomplete };
    enum jem_code rc = own_keys(app, &keys, err);
    if (rc == JEM_OK)
        rc = jem_token_sign(&token, keys->sign_secret, raw, err);
    if (rc != JEM_OK)
        return rc;
    (void)own_meta(app->store, "host", "status.jemput.invalid", host, sizeof host);
    rc = jem_token_text(raw, host, out, OWN_QR_CAP, err);
    token_key(number, key);
    return rc == JEM_OK ? jem_store_meta_set(app->store, key, out, err) : rc;
}

enum jem_code own_token_get(struct jem_app *app, uint64_t number, char out[OWN_QR_CAP], struct jem_error *err)
{
    char key[32];
    token_key(number, key);
    if (own_meta(app->store, key, "", out, OWN_QR_CAP) && *out)
        return JEM_OK;
    unsigned van = jem_number_van(number);
    return van == 0 ? jem_fail(err, JEM_EDENIED, JEM_D_APP, 0, JEM_T_PAPER_AT_HQ)
                    : jem_fail(err, JEM_EDENIED, JEM_D_APP, 0, JEM_T_PAPER_ELSEWHERE, van);
}

/* Signed by a key that the van had on an earlier laptop. */
static enum jem_code token_by_earlier(struct jem_app *app, const struct jem_token *token,
    const unsigned char raw[JEM_TOKEN_BYTES], struct jem_error *err)
{
    unsigned char key[32];
    json_t *keys = NULL, *it;
    size_t i;
    struct jem_error first = *err;
    enum jem_code rc = JEM_ECORRUPT, listed = jem_store_sign_keys(app->store, (uint16_t)token->van, &keys, err);
    json_array_foreach(keys, i, it)
    {
        const char *hex = jem_json_str(it, "sign", "");
        if (rc == JEM_ECORRUPT && jem_unhex(hex, strlen(hex), key, 32))
            rc = jem_token_verify(raw, key, err);
    }
    json_decref(keys);
    if (listed != JEM_OK)
        return listed;
    if (rc == JEM_ECORRUPT)
        *err = first;
    return rc;
}

enum jem_code own_token_judge(struct jem_app *app, const struct jem_token *token,
    const unsigned char raw[JEM_TOKEN_BYTES], struct jem_error *err)
{
    unsigned char key[32];
    struct jem_error why = { .code = JEM_OK };
    enum jem_code rc = jem_keys_public(app->store, token->van, key, &why);
    if (rc == JEM_ENOTFOUND)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_APP, 0, JEM_T_PAPER_UNKNOWN_VAN, token->van);
    if (rc == JEM_OK)
        rc = jem_token_verify(raw, key, &why);
    if (rc == JEM_ECORRUPT)
        rc = token_by_earlier(app, token, raw, &why);
    if (rc == JEM_OK && jem_number_van(token->number) != token->van)
        rc = jem_fail(&why, JEM_ECORRUPT, JEM_D_APP, 0, JEM_T_PAPER_OTHER_VAN);
    if (rc != JEM_OK && err != NULL)
        *err = why;
    return rc;
}
