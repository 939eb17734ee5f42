/* init.c - a new folder: store, keys, first officer; at HQ also the starting catalogue, so that it can be used at once.
 *
 * Everything a person typed is checked before anything is made; what is half made after that is taken away again. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jemput/file.h"
#include "jemput/region.h"
#include "jemput/round.h"
#include "own.h"

#define INIT_NAME_MAX 80
#define INIT_HOST "status.jemput.invalid"

struct init {
    const struct jem_init *in;
    char name[OWN_REASON_MAX + 1], place[OWN_REASON_MAX + 1], contact[OWN_REASON_MAX + 1];
    char region[11];
    json_t *catalog; /* HQ */
};

/* ---- what was typed ---- */

static enum jem_code init_host(const char *host, struct jem_error *err)
{
    size_t n = strlen(host);
    bool good =
        n > 0 && n <= 80 && strspn(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:") == n;
    return good ? JEM_OK : jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_INIT_HOST);
}

static enum jem_code init_region(struct init *t, struct jem_error *err)
{
    struct jem_region region;
    const char *code = t->in->region != NULL ? t->in->region : "";
    if (*code == '\0')
        return JEM_OK;
    if (!jem_region_find(code, &region) || region.level != JEM_REGION_REGENCY)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_INIT_REGION);
    memcpy(t->region, region.code, sizeof t->region);
    if (*t->place == '\0')
        snprintf(t->place, sizeof t->place, "%s", region.name);
    return JEM_OK;
}

static enum jem_code init_hub(const char *url, struct jem_error *err)
{
    char clean[512], user[128], password[256];
    enum jem_code rc = url != NULL && *url ? jem_hub_url_split(url, clean, user, password, err) : JEM_OK;
    sodium_memzero(password, sizeof password);
    return rc;
}

static enum jem_code init_check(struct init *t, struct jem_error *err)
{
    const struct jem_init *in = t->in;
    if (in->role != JEM_ROLE_VAN && in->role != JEM_ROLE_HQ)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_INIT_ROLE);
    if (in->user == NULL || !jem_user_name_valid(in->user))
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_CARE_USER_NAME);
    enum jem_code rc = own_reason(in->name, false, t->name, err);
    if (rc == JEM_OK && (*t->name == '\0' || strlen(t->name) > INIT_NAME_MAX))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_INIT_NAME, INIT_NAME_MAX);
    if (rc == JEM_OK)
        rc = own_reason(in->place, false, t->place, err);
    if (rc == JEM_OK)
        rc = own_reason(in->contact, false, t->contact, err);
    if (rc == JEM_OK && in->host != NULL && *in->host)
        rc = init_host(in->host, err);
    if (rc == JEM_OK)
        rc = init_region(t, err);
    return rc == JEM_OK ? init_hub(in->hub, err) : rc;
}

/* ---- what is made ---- */

static enum jem_code init_hq(struct init *t, struct jem_store *store, struct jem_error *err)
{
    const struct jem_init *in = t->in;
    const char *const meta[][2] = {
        { "host", in->host != NULL && *in->host ? in->host : INIT_HOST },
        { "region", t->region },
        { "place", *t->place ? t->place : t->name },
        { "contact", t->contact },
    };
    enum jem_code rc = jem_catalog_builtin(&t->catalog, err);
    for (size_t i = 0; i < sizeof meta / sizeof *meta && rc == JEM_OK; i++)
        rc = jem_store_meta_set(store, meta[i][0], meta[i][1], err);
    json_t *user = json_pack("{s:s,s:s,s:s}", "user", in->user, "name", in->user, "role", "admin");
    if (rc == JEM_OK)
        rc = jem_store_append(store, 0, 0, "user.put", user, in->user, NULL, err);
    json_decref(user);
    return rc == JEM_OK ? own_catalog_append(store, in->user, t->catalog, 1, err) : rc;
}

static enum jem_code init_unit(struct init *t, struct jem_store *store, struct jem_error *err)
{
    enum jem_code rc = jem_store_begin(store, err);
    if (rc == JEM_OK)
        rc = jem_keys_create(store, err);
    if (rc == JEM_OK && t->in->hub != NULL && *t->in->hub)
        rc = own_hub_keep(store, t->in->hub, err);
    if (rc == JEM_OK && t->in->role == JEM_ROLE_HQ)
        rc = init_hq(t, store, err);
    return rc == JEM_OK ? jem_store_commit(store, err) : rc;
}

static void init_undo(const char *dir)
{
    static const char *const made[] = { "jemput.db", "jemput.db-wal", "jemput.db-shm", "slots.json" };
    char path[4096];
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (jem_path_join(path, sizeof path, dir, made[i], NULL) == JEM_OK)
            (void)unlink(path);
}

static enum jem_code init_report(const struct init *t, struct jem_store *store, json_t **out, struct jem_error *err)
{
    struct jem_keys *keys = NULL;
    unsigned char hash[32];
    char words[96];
    enum jem_code rc = jem_keys_load(store, &keys, err);
    if (rc != JEM_OK)
        return rc;
    jem_hash(keys->sign_public, sizeof keys->sign_public, hash);
    jem_fingerprint_words(hash, words);
    jem_keys_free(keys);
    bool hq = t->in->role == JEM_ROLE_HQ;
    return own_give(json_pack("{s:s,s:s,s:s,s:s,s:s,s:o}", "dir", t->in->dir, "role", hq ? "hq" : "van", "name",
                        t->name, "user", t->in->user, "words", words, "catalog", hq ? json_integer(1) : json_null()),
        out, err);
}

enum jem_code jem_app_init(const struct jem_init *in, json_t **out, struct jem_error *err)
{
    struct init t = { .in = in };
    struct jem_store *store = NULL;
    enum jem_code rc = init_check(&t, err);
    if (rc == JEM_OK)
        rc = jem_store_create(in->dir, in->role, t.name, in->user, in->passphrase, jem_clock_system(), &store, err);
    if (rc != JEM_OK)
        return rc;
    rc = init_unit(&t, store, err);
    if (rc == JEM_OK)
        rc = init_report(&t, store, out, err);
    else
        jem_store_rollback(store);
    jem_store_close(store);
    if (rc != JEM_OK)
        init_undo(in->dir);
    json_decref(t.catalog);
    return rc;
}
