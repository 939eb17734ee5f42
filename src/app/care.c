/* care.c - officers: who may open this store, under which role; and backups. A van that is not enrolled yet cannot write events: its
 * further officers wait in meta "officer.more" ([{"user","name","role"}]) and become user.put events afterwards. */
#include "jemput/care.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "jemput/backup.h"
#include "jemput/log.h"
#include "own.h"

#define CARE_PENDING "officer.more"
#define CARE_PENDING_MAX 20000
#define CARE_KEEPERS "supervisor,admin"
#define CARE_TRUSTED "admin,approver"
#define CARE_PATH_MAX 1000

/* ---- officers of a van that is not enrolled yet ---- */

static enum jem_code pending_read(struct jem_store *store, json_t **out, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(CARE_PENDING_MAX);
    enum jem_code rc = jem_store_meta_get(store, CARE_PENDING, &text, err);
    if (rc == JEM_ENOTFOUND)
        rc = own_give(json_array(), out, err);
    else if (rc == JEM_OK)
        rc = jem_json_parse(jem_buf_text(&text), text.len, CARE_PENDING, out, err);
    jem_buf_release(&text);
    return rc;
}

static enum jem_code pending_write(struct jem_store *store, const json_t *list, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(CARE_PENDING_MAX);
    enum jem_code rc = jem_json_canonical(list, &text, err);
    if (rc == JEM_OK)
        rc = jem_buf_ok(&text, err);
    if (rc == JEM_OK)
        rc = jem_store_meta_set(store, CARE_PENDING, jem_buf_text(&text), err);
    jem_buf_release(&text);
    return rc;
}

static json_t *pending_of(json_t *list, const char *user)
{
    size_t i;
    json_t *it;
    json_array_foreach(list, i, it)
    {
        if (strcmp(jem_json_str(it, "user", ""), user) == 0)
            return it;
    }
    return NULL;
}

enum jem_code own_pending_find(struct jem_store *store, const char *user, json_t **out, struct jem_error *err)
{
    json_t *list = NULL;
    enum jem_code rc = pending_read(store, &list, err);
    json_t *found = rc == JEM_OK ? pending_of(list, user) : NULL;
    if (found != NULL)
        *out = json_incref(found);
    else if (rc == JEM_OK)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_CARE_NO_USER, user);
    json_decref(list);
    return rc;
}

enum jem_code own_pending_settle(struct jem_store *store, const char *actor, struct jem_error *err)
{
    json_t *list = NULL, *it, *none = json_array();
    size_t i;
    enum jem_code rc = jem_store_begin(store, err);
    if (rc == JEM_OK)
        rc = pending_read(store, &list, err);
    json_array_foreach(list, i, it)
    {
        if (rc == JEM_OK)
            rc = jem_store_append(store, 0, 0, "user.put", it, actor, NULL, err);
    }
    if (rc == JEM_OK)
        rc = pending_write(store, none, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(store, err);
    if (rc != JEM_OK)
        jem_store_rollback(store);
    json_decref(list);
    json_decref(none);
    return rc;
}

/* ---- adding ---- */

static const char *care_role(const struct jem_app *app, const char *role)
{
    static const char *const van[] = { "officer", "supervisor", NULL };
    static const char *const hq[] = { "clerk", "verifier", "approver", "admin", "system", NULL };
    for (const char *const *p = jem_store_role(app->store) == JEM_ROLE_HQ ? hq : van; *p != NULL; p++)
        if (role != NULL && strcmp(*p, role) == 0)
            return *p;
    return NULL;
}

/* JEM_EEXISTS when the officer has an account that works. */
static enum jem_code care_vacant(struct jem_app *app, const char *user, struct jem_error *err)
{
    json_t *account = NULL;
    struct jem_error ignored;
    enum jem_code rc = jem_store_user(app->store, user, &account, &ignored);
    if (rc == JEM_ENOTFOUND)
        rc = own_pending_find(app->store, user, &account, &ignored);
    bool taken = rc == JEM_OK && !jem_json_bool(account, "disabled", false);
    json_decref(account);
    if (taken)
        return jem_fail(err, JEM_EEXISTS, JEM_D_APP, 0, JEM_T_CARE_TAKEN, user);
    if (rc != JEM_OK && rc != JEM_ENOTFOUND && err != NULL)
        *err = ignored;
    return rc == JEM_ENOTFOUND ? JEM_OK : rc;
}

static enum jem_code care_record(struct jem_app *app, const json_t *body, struct jem_error *err)
{
    json_t *list = NULL;
    if (jem_store_writer(app->store) >= 0)
        return jem_store_append(app->store, 0, 0, "user.put", body, app->user, NULL, err);
    enum jem_code rc = pending_read(app->store, &list, err);
    if (rc == JEM_OK && json_array_append_new(list, json_deep_copy(body)) != 0)
        rc = jem_fail_nomem(err);
    if (rc == JEM_OK)
        rc = pending_write(app->store, list, err);
    json_decref(list);
    return rc;
}

static enum jem_code care_add_unit(struct jem_app *app, const json_t *body, const char *user, const char *passphrase,
    struct jem_error *err)
{
    enum jem_code rc = jem_store_begin(app->store, err);
    if (rc == JEM_OK)
        rc = care_vacant(app, user, err);
    if (rc == JEM_OK)
        rc = care_record(app, body, err);
    /* A slot without an account opens nothing; the other way round the officer would find a closed door. */
    if (rc == JEM_OK)
        rc = jem_store_slot_put(app->store, user, passphrase, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc != JEM_OK)
        jem_store_rollback(app->store);
    return rc;
}

/* An agency of a service in the catalogue, for an officer of HQ who is no admin; "" for none. */
static enum jem_code care_agency(struct jem_app *app, const char *role, const char *agency, struct jem_error *err)
{
    const struct jem_catalog *catalog = NULL;
    struct jem_buf known = JEM_BUF_INIT(1000);
    bool found = false;
    if (agency == NULL || *agency == '\0')
        return JEM_OK;
    if (jem_store_role(app->store) != JEM_ROLE_HQ || strcmp(role, "admin") == 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_CARE_AGENCY_ROLE);
    enum jem_code rc = jem_app_catalog(app, &catalog, err);
    for (size_t i = 0; rc == JEM_OK && i < jem_catalog_count(catalog); i++) {
        const char *name = jem_catalog_at(catalog, i)->agency;
        found = found || strcmp(name, agency) == 0;
        if (known.len == 0 || strstr(jem_buf_text(&known), name) == NULL)
            jem_buf_fmt(&known, "%s%s", known.len > 0 ? ", " : "", name);
    }
    if (rc == JEM_OK && !found)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_CARE_AGENCY, jem_buf_text(&known));
    jem_buf_release(&known);
    return rc;
}

/* What user.put says. NULL when memory ran out. */
static json_t *care_body(const char *user, const char *name, const char *role, const char *agency)
{
    json_t *body = json_pack("{s:s,s:s,s:s}", "user", user, "name", name, "role", role);
    if (body != NULL && agency != NULL && *agency)
        json_object_set_new(body, "agency", json_string(agency));
    return body;
}

enum jem_code jem_care_user_add(struct jem_app *app, const char *user, const char *name, const char *role,
    const char *agency, const char *passphrase, json_t **out, struct jem_error *err)
{
    char full[OWN_REASON_MAX + 1], may[120];
    const char *known = care_role(app, role);
    bool hq = jem_store_role(app->store) == JEM_ROLE_HQ;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_UNKNOWN, CARE_KEEPERS, err);
    if (rc == JEM_OK && (user == NULL || !jem_user_name_valid(user)))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_CARE_USER_NAME);
    if (rc == JEM_OK)
        rc = own_reason(name, false, full, err);
    if (rc == JEM_OK && strlen(full) > 200)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_APP_REASON_LONG, 200);
    if (rc == JEM_OK && known == NULL)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_CARE_ROLE,
            hq ? "clerk, verifier, approver, admin, system" : "officer, supervisor");
    if (rc == JEM_OK)
        rc = care_agency(app, known, agency, err);
    if (rc != JEM_OK)
        return rc;
    json_t *body = care_body(user, *full ? full : user, known, agency);
    rc = care_add_unit(app, body, user, passphrase, err);
    if (rc != JEM_OK) {
        json_decref(body);
        return rc;
    }
    own_roles_text(known, may, sizeof may);
    json_object_set_new(body, "role_label", json_string(may));
    return own_give(body, out, err);
}

/* ---- disabling ---- */

static enum jem_code care_disable_unit(struct jem_app *app, const char *user, const char *reason, struct jem_error *err)
{
    json_t *account = NULL, *body = NULL;
    enum jem_code rc = jem_store_begin(app->store, err);
    if (rc == JEM_OK)
        rc = jem_store_user(app->store, user, &account, err);
    if (rc == JEM_ENOTFOUND || (rc == JEM_OK && jem_json_bool(account, "disabled", false)))
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_CARE_NO_USER, user);
    if (rc == JEM_OK) {
        body = json_pack("{s:s,s:s}", "user", user, "reason", reason);
        rc = jem_store_append(app->store, 0, 0, "user.disabled", body, app->user, NULL, err);
    }
    if (rc == JEM_OK) {
        /* Put by HQ, or disabled before: then there is no slot here. */
        rc = jem_slots_remove(jem_store_dir(app->store), user, err);
        rc = rc == JEM_ENOTFOUND ? JEM_OK : rc;
    }
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc != JEM_OK)
        jem_store_rollback(app->store);
    json_decref(account);
    json_decref(body);
    return rc;
}

enum jem_code jem_care_user_disable(struct jem_app *app, const char *user, const char *reason, json_t **out,
    struct jem_error *err)
{
    char why[OWN_REASON_MAX + 1];
    enum jem_code rc = jem_app_require(app, JEM_ROLE_UNKNOWN, CARE_KEEPERS, err);
    if (rc == JEM_OK)
        rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = own_reason(reason, true, why, err);
    /* So one who can add officers always remains. */
    if (rc == JEM_OK && strcmp(user, app->user) == 0)
        rc = jem_fail(err, JEM_EDENIED, JEM_D_APP, 0, JEM_T_CARE_SELF);
    if (rc == JEM_OK)
        rc = care_disable_unit(app, user, why, err);
    return rc == JEM_OK ? own_give(json_pack("{s:s,s:b}", "user", user, "disabled", 1), out, err) : rc;
}

/* HQ's word about an officer of a van, on that van's lane: it counts there as soon as it arrives. Which officers a van has
 * is its own business; a name that it does not know does nothing there. */
static enum jem_code care_disable_at_unit(struct jem_app *app, unsigned van, const char *user, const char *reason,
    struct jem_error *err)
{
    unsigned char sign[32];
    json_t *body = json_pack("{s:s,s:s}", "user", user, "reason", reason);
    enum jem_code rc = body == NULL ? jem_fail_nomem(err) : jem_store_begin(app->store, err);
    if (rc == JEM_OK && (van == 0 || van > JEM_VAN_MAX ||
                            jem_store_sign_key(app->store, (uint16_t)van, UINT16_MAX, sign, NULL) != JEM_OK))
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_TRUST_NO_VAN, van);
    if (rc == JEM_OK)
        rc = jem_store_append(app->store, (uint16_t)van, 0, "user.disabled", body, app->user, NULL, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc != JEM_OK)
        jem_store_rollback(app->store);
    json_decref(body);
    return rc;
}

enum jem_code jem_care_user_disable_at(struct jem_app *app, unsigned van, const char *user, const char *reason,
    json_t **out, struct jem_error *err)
{
    char why[OWN_REASON_MAX + 1];
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK && !jem_user_name_valid(user))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_CARE_USER_NAME);
    if (rc == JEM_OK)
        rc = own_reason(reason, true, why, err);
    if (rc == JEM_OK)
        rc = care_disable_at_unit(app, van, user, why, err);
    return rc == JEM_OK ? own_give(json_pack("{s:s,s:b,s:i}", "user", user, "disabled", 1, "van", (int)van), out, err)
                        : rc;
}

/* What a disabled officer's passphrase opened, it opens no more: also when the word came from HQ. The last slot stays, so that
 * the store can be opened at all; its account is closed all the same. */
void own_roster_settle(struct jem_app *app)
{
    json_t *users = NULL, *it;
    size_t i;
    if (jem_store_users(app->store, &users, NULL) != JEM_OK)
        return;
    json_array_foreach(users, i, it)
    {
        if (!jem_json_bool(it, "disabled", false))
            continue;
        enum jem_code rc = jem_slots_remove(jem_store_dir(app->store), jem_json_str(it, "user", ""), NULL);
        if (rc != JEM_OK && rc != JEM_ENOTFOUND && rc != JEM_EDENIED)
            jem_log(JEM_LOG_WARN, "the slot of a disabled officer stays: %s", jem_code_name(rc));
    }
    json_decref(users);
}

/* ---- another role, a passphrase that was forgotten ---- */

/* user.put again, in a unit: with what is given, and otherwise as the account stands. */
static enum jem_code care_put_again(struct jem_app *app, const char *user, const char *role, const char *agency,
    const char *passphrase, struct jem_error *err)
{
    json_t *account = NULL, *body = NULL;
    enum jem_code rc = jem_store_begin(app->store, err);
    if (rc == JEM_OK)
        rc = jem_store_user(app->store, user, &account, err);
    if (rc == JEM_ENOTFOUND || (rc == JEM_OK && jem_json_bool(account, "disabled", false)))
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_CARE_NO_USER, user);
    if (rc == JEM_OK) {
        role = role != NULL ? role : jem_json_str(account, "role", "");
        agency = agency != NULL ? agency : jem_json_str(account, "agency", "");
        rc = care_agency(app, role, agency, err);
    }
    if (rc == JEM_OK) {
        body = care_body(user, jem_json_str(account, "name", user), role, agency);
        rc = jem_store_append(app->store, 0, 0, "user.put", body, app->user, NULL, err);
    }
    if (rc == JEM_OK && passphrase != NULL)
        rc = jem_store_slot_put(app->store, user, passphrase, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc != JEM_OK)
        jem_store_rollback(app->store);
    json_decref(account);
    json_decref(body);
    return rc;
}

enum jem_code jem_care_user_change(struct jem_app *app, const char *user, const char *role, const char *agency,
    json_t **out, struct jem_error *err)
{
    json_t *account = NULL;
    const char *known = role != NULL && *role ? care_role(app, role) : NULL;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_UNKNOWN, CARE_KEEPERS, err);
    if (rc == JEM_OK)
        rc = own_may_write(app, err);
    /* So one who can add officers always remains. */
    if (rc == JEM_OK && strcmp(user, app->user) == 0)
        rc = jem_fail(err, JEM_EDENIED, JEM_D_APP, 0, JEM_T_CARE_SELF_ROLE);
    if (rc == JEM_OK && known == NULL && role != NULL && *role)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_CARE_ROLE,
            jem_store_role(app->store) == JEM_ROLE_HQ ? "clerk, verifier, approver, admin, system"
                                                      : "officer, supervisor");
    if (rc == JEM_OK)
        rc = care_put_again(app, user, known, agency, NULL, err);
    if (rc == JEM_OK)
        rc = jem_store_user(app->store, user, &account, err);
    return rc == JEM_OK ? own_give(account, out, err) : rc;
}

enum jem_code jem_care_user_reset(struct jem_app *app, const char *user, const char *passphrase, json_t **out,
    struct jem_error *err)
{
    enum jem_code rc = jem_app_require(app, JEM_ROLE_UNKNOWN, CARE_KEEPERS, err);
    if (rc == JEM_OK)
        rc = own_may_write(app, err);
    if (rc == JEM_OK && strcmp(user, app->user) == 0)
        rc = jem_fail(err, JEM_EDENIED, JEM_D_APP, 0, JEM_T_CARE_SELF_RESET);
    if (rc == JEM_OK)
        rc = care_put_again(app, user, NULL, NULL, passphrase, err);
    return rc == JEM_OK ? own_give(json_pack("{s:s}", "user", user), out, err) : rc;
}

/* ---- the rest ---- */

enum jem_code jem_care_passphrase(struct jem_app *app, const char *old_passphrase, const char *new_passphrase,
    json_t **out, struct jem_error *err)
{
    const char *dir = jem_store_dir(app->store);
    unsigned char *key = sodium_malloc(JEM_STORE_KEY_BYTES);
    if (key == NULL)
        return jem_fail_nomem(err);
    enum jem_code rc = jem_slots_open(dir, app->user, old_passphrase, key, err);
    sodium_free(key);
    if (rc == JEM_OK && strcmp(old_passphrase, new_passphrase) == 0)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_CARE_SAME_PASSPHRASE);
    if (rc == JEM_OK)
        rc = jem_store_slot_put(app->store, app->user, new_passphrase, err);
    return rc == JEM_OK ? own_give(json_pack("{s:s}", "user", app->user), out, err) : rc;
}

enum jem_code jem_care_users(struct jem_app *app, json_t **out, struct jem_error *err)
{
    json_t *users = NULL, *more = NULL, *it;
    size_t i;
    char label[120];
    enum jem_code rc = jem_store_users(app->store, &users, err);
    if (rc == JEM_OK)
        rc = pending_read(app->store, &more, err);
    json_array_foreach(more, i, it)
    {
        json_object_set_new(it, "disabled", json_false());
        json_array_append(users, it);
    }
    json_array_foreach(users, i, it)
    {
        own_roles_text(jem_json_str(it, "role", ""), label, sizeof label);
        json_object_set_new(it, "role_label", json_string(label));
    }
    json_decref(more);
    if (rc == JEM_OK)
        return own_give(json_pack("{s:o}", "users", users), out, err);
    json_decref(users);
    return rc;
}

enum jem_code jem_care_audit(struct jem_app *app, bool rebuild, json_t **out, struct jem_error *err)
{
    return jem_store_audit(app->store, rebuild, out, err);
}

/* ---- backup ---- */

enum jem_code jem_care_backup(struct jem_app *app, const char *file, json_t **out, struct jem_error *err)
{
    return jem_backup_make(app->store, file, true, out, err);
}

static bool backup_below(const char *folder, const char *home)
{
    size_t n = strlen(home);
    return strncmp(folder, home, n) == 0 && (folder[n] == '\0' || folder[n] == '/');
}

/* A page cannot be trusted with any path: what it makes is named as a backup, and lies outside the store's folder. */
static enum jem_code backup_place(struct jem_app *app, const char *file, bool *same_disk, struct jem_error *err)
{
    static const char ending[] = ".backup";
    char folder[CARE_PATH_MAX];
    size_t n = strlen(file), tail = sizeof ending - 1;
    if (file[0] != '/' || n >= sizeof folder || n <= tail || strcmp(file + n - tail, ending) != 0 ||
        file[n - tail - 1] == '/')
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_CARE_BACKUP_PATH);
    memcpy(folder, file, n + 1);
    *(strrchr(folder, '/') + 1) = '\0';
    struct stat there, here;
    char *real = realpath(folder, NULL), *home = realpath(jem_store_dir(app->store), NULL);
    enum jem_code rc = JEM_OK;
    if (home == NULL || stat(home, &here) != 0)
        rc = jem_fail_errno(err, errno, jem_store_dir(app->store));
    else if (real == NULL || stat(real, &there) != 0 || !S_ISDIR(there.st_mode))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, errno, JEM_T_CARE_BACKUP_FOLDER, folder);
    else if (backup_below(real, home))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_CARE_BACKUP_INSIDE, folder);
    *same_disk = rc == JEM_OK && here.st_dev == there.st_dev;
    free(real);
    free(home);
    return rc;
}

enum jem_code jem_care_backup_place(struct jem_app *app, const char *file, struct jem_error *err)
{
    bool same_disk;
    struct stat st;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = backup_place(app, file, &same_disk, err);
    if (rc == JEM_OK && lstat(file, &st) == 0)
        rc = jem_fail(err, JEM_EEXISTS, JEM_D_APP, 0, JEM_T_BACKUP_EXISTS, file);
    return rc;
}

enum jem_code jem_care_backup_tell(struct jem_app *app, const char *file, json_t **out, struct jem_error *err)
{
    json_t *made = NULL, *told = NULL;
    bool same_disk = false;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = backup_place(app, file, &same_disk, err);
    if (rc == JEM_OK)
        rc = jem_backup_make(app->store, file, false, &made, err);
    if (rc == JEM_OK)
        rc = jem_care_ack_durable(app, &told, err);
    if (rc == JEM_OK) {
        json_object_set(made, "acknowledged", json_object_get(told, "acknowledged"));
        json_object_set_new(made, "same_disk", json_boolean(same_disk));
        rc = own_give(json_incref(made), out, err);
    }
    json_decref(made);
    json_decref(told);
    return rc;
}

/* The next free name for today beside the last backup; "" when there was none. */
static void backup_offer(struct jem_app *app, const char *file, char *out, size_t cap)
{
    char day[11];
    struct stat st;
    const char *slash = strrchr(file, '/');
    out[0] = '\0';
    if (slash == NULL)
        return;
    jem_day_format(jem_store_today(app->store), day);
    for (int i = 1; i < 100; i++) {
        char more[8] = "";
        if (i > 1)
            (void)snprintf(more, sizeof more, "-%d", i);
        int n = snprintf(out, cap, "%.*s/jemput-%s%s.backup", (int)(slash - file), file, day, more);
        if (n < 0 || (size_t)n >= cap)
            out[0] = '\0';
        if (out[0] == '\0' || lstat(out, &st) != 0)
            return;
    }
    out[0] = '\0';
}

enum jem_code jem_care_backup_state(struct jem_app *app, json_t **out, struct jem_error *err)
{
    char at[24], file[CARE_PATH_MAX], offer[CARE_PATH_MAX];
    struct stat st;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, CARE_TRUSTED, err);
    if (rc == JEM_OK)
        rc = own_agency_none(app, err);
    if (rc != JEM_OK)
        return rc;
    if (!own_meta(app->store, "backup.at", "", at, sizeof at))
        at[0] = '\0';
    if (!own_meta(app->store, "backup.file", "", file, sizeof file))
        file[0] = '\0';
    backup_offer(app, file, offer, sizeof offer);
    return own_give(json_pack("{s:I,s:s,s:b,s:s}", "at_ms", (json_int_t)strtoll(at, NULL, 10), "file", file, "here",
                        file[0] != '\0' && stat(file, &st) == 0, "offer", offer),
        out, err);
}

enum jem_code jem_care_restore(const char *file, const char *dir, const char *user, const char *passphrase,
    json_t **out, struct jem_error *err)
{
    enum jem_code rc = jem_backup_restore(file, dir, user, passphrase, jem_clock_system(), out, err);
    if (rc == JEM_OK && json_object_set_new(*out, "dir", json_string(dir)) != 0)
        rc = jem_fail_nomem(err);
    return rc;
}

enum jem_code jem_care_ack_durable(struct jem_app *app, json_t **out, struct jem_error *err)
{
    char at[24];
    size_t told = 0;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, CARE_TRUSTED, err);
    if (rc == JEM_OK)
        rc = own_agency_none(app, err);
    if (rc == JEM_OK && !own_meta(app->store, "backup.at", "", at, sizeof at))
        at[0] = '\0';
    if (rc == JEM_OK && at[0] == '\0')
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_CARE_NO_BACKUP);
    if (rc == JEM_OK)
        rc = jem_store_ack_durable(app->store, app->user, &told, err);
    return rc == JEM_OK ? own_give(json_pack("{s:I,s:I}", "acknowledged", (json_int_t)told, "backup_ms",
                                       (json_int_t)strtoll(at, NULL, 10)),
                              out, err)
                        : rc;
}
