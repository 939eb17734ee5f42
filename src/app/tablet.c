/* tablet.c - meta "tablets": {"next": id, "tablets": [{"id","name","hash","by","at_ms","seen_ms"}],
 *                             "invites": [{"hash","name","by","until_ms"}]}
 * Hashes are BLAKE2b-256 of the token and of the code, so that the file tells neither. */
#include "jemput/tablet.h"

#include <sodium.h>
#include <string.h>

#include "jemput/codec.h"
#include "own.h"

#define TABLET_META "tablets"
#define TABLET_META_MAX ((size_t)64 << 10)
#define TABLET_KEEPERS "supervisor,admin"
#define TABLET_CODE_SYMBOLS 8
#define TABLET_INVITES_MAX 16
#define TABLET_NAME_MAX 60
#define TABLET_SEEN_MS ((int64_t)10 * 60 * 1000)

static enum jem_code tablets_read(struct jem_store *store, json_t **out, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(TABLET_META_MAX);
    enum jem_code rc = jem_store_meta_get(store, TABLET_META, &text, err);
    if (rc == JEM_ENOTFOUND)
        rc = own_give(json_pack("{s:i,s:[],s:[]}", "next", 1, "tablets", "invites"), out, err);
    else if (rc == JEM_OK)
        rc = jem_json_parse(jem_buf_text(&text), text.len, TABLET_META, out, err);
    jem_buf_release(&text);
    return rc;
}

static enum jem_code tablets_write(struct jem_store *store, const json_t *o, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(TABLET_META_MAX);
    enum jem_code rc = jem_json_canonical(o, &text, err);
    if (rc == JEM_OK)
        rc = jem_buf_ok(&text, err);
    if (rc == JEM_OK)
        rc = jem_store_meta_set(store, TABLET_META, jem_buf_text(&text), err);
    jem_buf_release(&text);
    return rc;
}

static void tablet_hash(const char *secret, char hex[65])
{
    unsigned char hash[32];
    jem_hash(secret, strlen(secret), hash);
    jem_hex(hash, sizeof hash, hex);
}

/* Place of the entry with that hash; the size of the list when there is none. */
static size_t tablet_place(const json_t *list, const char hex[65])
{
    size_t i = 0;
    for (; i < json_array_size(list); i++) {
        const char *kept = jem_json_str(json_array_get(list, i), "hash", "");
        if (strlen(kept) == 64 && sodium_memcmp(kept, hex, 64) == 0)
            break;
    }
    return i;
}

/* Codes past their time go, and the oldest when there are too many. */
static void invites_sweep(json_t *list, int64_t now_ms)
{
    for (size_t i = json_array_size(list); i-- > 0;)
        if (jem_json_int(json_array_get(list, i), "until_ms", 0) < now_ms ||
            json_array_size(list) - i > TABLET_INVITES_MAX)
            json_array_remove(list, i);
}

/* ---- a code ---- */

static enum jem_code invite_unit(struct jem_app *app, const char *name, const char *code, int64_t until_ms,
    struct jem_error *err)
{
    json_t *o = NULL;
    char hex[65];
    tablet_hash(code, hex);
    enum jem_code rc = jem_store_begin(app->store, err);
    if (rc == JEM_OK)
        rc = tablets_read(app->store, &o, err);
    if (rc == JEM_OK && json_array_size(json_object_get(o, "tablets")) >= JEM_TABLET_MAX)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_TABLET_MANY, JEM_TABLET_MAX);
    if (rc == JEM_OK) {
        json_t *invites = json_object_get(o, "invites");
        invites_sweep(invites, jem_store_now_ms(app->store));
        json_t *it = json_pack("{s:s,s:s,s:s,s:I}", "hash", hex, "name", name, "by", app->user, "until_ms",
            (json_int_t)until_ms);
        rc = json_array_append_new(invites, it) == 0 ? tablets_write(app->store, o, err) : jem_fail_nomem(err);
    }
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc != JEM_OK)
        jem_store_rollback(app->store);
    json_decref(o);
    return rc;
}

enum jem_code jem_tablet_invite(struct jem_app *app, const char *name, json_t **out, struct jem_error *err)
{
    char called[OWN_REASON_MAX + 1], code[OWN_SHORT_CODE];
    enum jem_code rc = jem_app_require(app, JEM_ROLE_UNKNOWN, TABLET_KEEPERS, err);
    if (rc == JEM_OK)
        rc = own_reason(name, true, called, err);
    if (rc == JEM_OK && strlen(called) > TABLET_NAME_MAX)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_APP_REASON_LONG, TABLET_NAME_MAX);
    if (rc != JEM_OK)
        return rc;
    int64_t until_ms = jem_store_now_ms(app->store) + JEM_TABLET_INVITE_MS;
    own_short_code_make(TABLET_CODE_SYMBOLS, code);
    rc = invite_unit(app, called, code, until_ms, err);
    return rc == JEM_OK
               ? own_give(json_pack("{s:s,s:s,s:I}", "code", code, "name", called, "until_ms", (json_int_t)until_ms),
                     out, err)
               : rc;
}

/* ---- a machine ---- */

/* Takes the invitation out and puts the machine in its place. JEM_EDENIED when there is none. */
static enum jem_code enrol_take(struct jem_app *app, json_t *o, const char *code, const char *token, json_t **out,
    struct jem_error *err)
{
    json_t *invites = json_object_get(o, "invites"), *tablets = json_object_get(o, "tablets");
    int64_t now = jem_store_now_ms(app->store), id = jem_json_int(o, "next", 1);
    char hex[65];
    tablet_hash(code, hex);
    size_t at = tablet_place(invites, hex);
    const json_t *it = json_array_get(invites, at);
    int64_t until = jem_json_int(it, "until_ms", 0);
    if (it == NULL || until < now || until > now + JEM_TABLET_INVITE_MS)
        return jem_fail(err, JEM_EDENIED, JEM_D_APP, 0, JEM_T_TABLET_CODE);
    tablet_hash(token, hex);
    json_t *tablet = json_pack("{s:I,s:s,s:s,s:s,s:I,s:I}", "id", (json_int_t)id, "name", jem_json_str(it, "name", ""),
        "hash", hex, "by", jem_json_str(it, "by", ""), "at_ms", (json_int_t)now, "seen_ms", (json_int_t)now);
    *out = json_pack("{s:I,s:s}", "id", (json_int_t)id, "name", jem_json_str(it, "name", ""));
    if (tablet == NULL || *out == NULL || json_array_append_new(tablets, tablet) != 0)
        return jem_fail_nomem(err);
    json_array_remove(invites, at);
    json_object_set_new(o, "next", json_integer((json_int_t)id + 1));
    return JEM_OK;
}

enum jem_code jem_tablet_enrol(struct jem_app *app, const char *code, char token[JEM_TABLET_TOKEN], json_t **out,
    struct jem_error *err)
{
    unsigned char random[32];
    char read[OWN_SHORT_CODE];
    json_t *o = NULL;
    *out = NULL;
    if (!own_short_code_read(TABLET_CODE_SYMBOLS, code, read))
        return jem_fail(err, JEM_EDENIED, JEM_D_APP, 0, JEM_T_TABLET_CODE);
    jem_random(random, sizeof random);
    jem_hex(random, sizeof random, token);
    sodium_memzero(random, sizeof random);
    enum jem_code rc = jem_store_begin(app->store, err);
    if (rc == JEM_OK)
        rc = tablets_read(app->store, &o, err);
    if (rc == JEM_OK)
        rc = enrol_take(app, o, read, token, out, err);
    if (rc == JEM_OK)
        rc = tablets_write(app->store, o, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    json_decref(o);
    if (rc == JEM_OK)
        return rc;
    jem_store_rollback(app->store);
    sodium_memzero(token, JEM_TABLET_TOKEN);
    json_decref(*out);
    *out = NULL;
    return rc;
}

static void tablet_seen(struct jem_app *app, const char hex[65])
{
    json_t *o = NULL;
    if (jem_store_begin(app->store, NULL) != JEM_OK)
        return;
    enum jem_code rc = tablets_read(app->store, &o, NULL);
    json_t *list = json_object_get(o, "tablets"), *it = NULL;
    if (rc == JEM_OK)
        it = json_array_get(list, tablet_place(list, hex));
    if (it != NULL && json_object_set_new(it, "seen_ms", json_integer((json_int_t)jem_store_now_ms(app->store))) == 0 &&
        tablets_write(app->store, o, NULL) == JEM_OK)
        rc = jem_store_commit(app->store, NULL);
    (void)rc; /* when it was seen is worth no fuss: what could not be written is undone */
    jem_store_rollback(app->store);
    json_decref(o);
}

unsigned jem_tablet_of(struct jem_app *app, const char *token)
{
    json_t *o = NULL;
    char hex[65];
    unsigned id = 0;
    if (strlen(token) != JEM_TABLET_TOKEN - 1 || tablets_read(app->store, &o, NULL) != JEM_OK)
        return 0;
    tablet_hash(token, hex);
    const json_t *list = json_object_get(o, "tablets");
    const json_t *it = json_array_get(list, tablet_place(list, hex));
    if (it != NULL) {
        int64_t age = jem_store_now_ms(app->store) - jem_json_int(it, "seen_ms", 0);
        id = (unsigned)jem_json_int(it, "id", 0);
        if (age > TABLET_SEEN_MS || age < 0)
            tablet_seen(app, hex);
    }
    json_decref(o);
    return id;
}

enum jem_code jem_tablet_list(struct jem_app *app, json_t **out, struct jem_error *err)
{
    json_t *o = NULL, *it;
    size_t i;
    enum jem_code rc = tablets_read(app->store, &o, err);
    if (rc != JEM_OK)
        return rc;
    json_object_del(o, "invites");
    json_object_del(o, "next");
    json_array_foreach(json_object_get(o, "tablets"), i, it) json_object_del(it, "hash");
    return own_give(o, out, err);
}

enum jem_code jem_tablet_revoke(struct jem_app *app, unsigned id, json_t **out, struct jem_error *err)
{
    json_t *o = NULL;
    size_t at = 0;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_UNKNOWN, TABLET_KEEPERS, err);
    if (rc == JEM_OK)
        rc = jem_store_begin(app->store, err);
    if (rc != JEM_OK)
        return rc;
    rc = tablets_read(app->store, &o, err);
    json_t *list = json_object_get(o, "tablets");
    while (at < json_array_size(list) && jem_json_int(json_array_get(list, at), "id", 0) != (int64_t)id)
        at++;
    if (rc == JEM_OK && at == json_array_size(list))
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_TABLET_NONE);
    if (rc == JEM_OK) {
        json_array_remove(list, at);
        rc = tablets_write(app->store, o, err);
    }
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc != JEM_OK)
        jem_store_rollback(app->store);
    json_decref(o);
    return rc == JEM_OK ? own_give(json_pack("{s:i}", "id", (int)id), out, err) : rc;
}
