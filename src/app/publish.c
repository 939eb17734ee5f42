/* publish.c - what HQ gives out: the catalogue to every van, and the public's status file. */
#include <sodium.h>
#include <string.h>

#include "edit_own.h"
#include "jemput/desk.h"
#include "jemput/status_db.h"

static enum jem_code publish_to(struct jem_store *store, uint16_t lane, const char *actor, const json_t *body,
    struct jem_error *err)
{
    return jem_store_append(store, lane, 0, "catalog.published", body, actor, NULL, err);
}

enum jem_code own_catalog_append(struct jem_store *store, const char *actor, json_t *catalog, int64_t version,
    struct jem_error *err)
{
    json_t *vans = NULL, *van, *body = NULL;
    size_t i;
    if (json_object_set_new(catalog, "version", json_integer((json_int_t)version)) == 0)
        body = json_pack("{s:I,s:O}", "version", (json_int_t)version, "catalog", catalog);
    if (body == NULL)
        return jem_fail_nomem(err);
    enum jem_code rc = publish_to(store, 0, actor, body, err);
    if (rc == JEM_OK)
        rc = jem_store_vans(store, &vans, err);
    json_array_foreach(vans, i, van)
    {
        if (rc == JEM_OK)
            rc = publish_to(store, (uint16_t)jem_json_int(van, "van", 0), actor, body, err);
    }
    json_decref(vans);
    json_decref(body);
    return rc;
}

/* A folder that is of an older version would take back, unseen, what was published since. */
static enum jem_code publish_unit(struct jem_app *app, json_t *root, int64_t *version, struct jem_error *err)
{
    json_t *now = NULL;
    int64_t current = 0;
    enum jem_code rc = jem_store_begin(app->store, err);
    if (rc == JEM_OK && jem_store_catalog(app->store, &now, NULL) == JEM_OK)
        current = jem_json_int(now, "version", 0);
    json_decref(now);
    if (rc == JEM_OK && *version < current)
        rc = jem_fail(err, JEM_EEXISTS, JEM_D_APP, 0, JEM_T_EDIT_STALE, (long long)current, (long long)*version);
    *version = *version > current ? *version : current + 1;
    if (rc == JEM_OK)
        rc = own_edit_codes(app, root, err);
    if (rc == JEM_OK)
        rc = own_catalog_append(app->store, app->user, root, *version, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc != JEM_OK)
        jem_store_rollback(app->store);
    return rc;
}

enum jem_code jem_desk_catalog_publish(struct jem_app *app, const char *dir, json_t **out, struct jem_error *err)
{
    struct jem_catalog *next = NULL;
    json_t *root = NULL;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = jem_catalog_read_dir(dir, &root, err);
    if (rc == JEM_OK)
        rc = jem_catalog_parse(root, &next, NULL, err);
    if (rc == JEM_OK) {
        int64_t version = jem_catalog_version(next);
        rc = publish_unit(app, root, &version, err);
        if (rc == JEM_OK)
            rc = own_give(json_pack("{s:I,s:i}", "version", (json_int_t)version, "services",
                              (int)jem_catalog_count(next)),
                out, err);
    }
    jem_catalog_free(next);
    json_decref(root);
    return rc;
}

/* ---- status.db ---- */

static void status_sign(void *ctx, const void *p, size_t n, unsigned char sig[64])
{
    const struct jem_keys *keys = ctx;
    (void)crypto_sign_detached(sig, NULL, p, n, keys->sign_secret);
}

enum jem_code jem_desk_status_export(struct jem_app *app, const char *path, json_t **out, struct jem_error *err)
{
    const struct jem_keys *keys = NULL;
    size_t rows = 0;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    if (rc == JEM_OK)
        rc = own_keys(app, &keys, err);
    if (rc != JEM_OK)
        return rc;
    struct jem_status_signer signer = { .sign = status_sign, .ctx = app->keys };
    memcpy(signer.public_key, keys->sign_public, sizeof signer.public_key);
    rc = jem_status_db_export(app->store, path, &signer, &rows, err);
    if (rc != JEM_OK)
        return rc;
    return own_give(json_pack("{s:s,s:I}", "file", path, "rows", (json_int_t)rows), out, err);
}
