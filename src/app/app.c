/* app.c - the handle of a face: one open folder, one officer, the catalogue as it was published last. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/file.h"
#include "own.h"

#define APP_OFFLINE_DAYS 45

static bool app_word_in(const char *word, const char *list)
{
    size_t n = strlen(word);
    for (const char *p = list; p != NULL && n > 0; p = strchr(p, ',')) {
        p += *p == ',';
        if (strncmp(p, word, n) == 0 && (p[n] == ',' || p[n] == '\0'))
            return true;
    }
    return false;
}

void own_roles_text(const char *roles, char *out, size_t cap)
{
    static const struct {
        const char *name;
        enum jem_text label;
    } table[] = {
        { "officer", JEM_T_ROLE_OFFICER },
        { "supervisor", JEM_T_ROLE_SUPERVISOR },
        { "clerk", JEM_T_ROLE_CLERK },
        { "verifier", JEM_T_ROLE_VERIFIER },
        { "approver", JEM_T_ROLE_APPROVER },
        { "admin", JEM_T_ROLE_ADMIN },
        { "system", JEM_T_ROLE_SYSTEM },
    };
    struct jem_buf b = JEM_BUF_INIT(cap - 1);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (!app_word_in(table[i].name, roles))
            continue;
        if (b.len > 0)
            jem_buf_str(&b, ", ");
        jem_buf_str(&b, jem_text(table[i].label));
    }
    memcpy(out, jem_buf_text(&b), b.len + 1);
    jem_buf_release(&b);
}

bool own_meta(struct jem_store *store, const char *key, const char *fallback, char *out, size_t cap)
{
    struct jem_buf b = JEM_BUF_INIT(cap - 1);
    enum jem_code rc = jem_store_meta_get(store, key, &b, NULL);
    bool found = rc == JEM_OK && !b.failed && b.len > 0;
    const char *text = found ? jem_buf_text(&b) : fallback;
    size_t n = strlen(text);
    bool fits = n < cap && !b.failed && (rc == JEM_OK || rc == JEM_ENOTFOUND);
    if (fits)
        memcpy(out, text, n + 1);
    else
        out[0] = '\0';
    jem_buf_release(&b);
    return fits;
}

enum jem_code own_meta_json(struct jem_store *store, const char *key, json_t **out, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    *out = NULL;
    enum jem_code rc = jem_store_meta_get(store, key, &text, err);
    if (rc == JEM_OK)
        rc = jem_json_parse(jem_buf_text(&text), text.len, key, out, err);
    jem_buf_release(&text);
    return rc;
}

enum jem_code own_meta_json_set(struct jem_store *store, const char *key, const json_t *value, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    enum jem_code rc = jem_json_canonical(value, &text, err);
    if (rc == JEM_OK)
        rc = jem_buf_ok(&text, err);
    if (rc == JEM_OK)
        rc = jem_store_meta_set(store, key, jem_buf_text(&text), err);
    jem_buf_release(&text);
    return rc;
}

uint16_t own_lane(const struct jem_app *app, uint64_t number)
{
    return jem_store_role(app->store) == JEM_ROLE_HQ ? (uint16_t)jem_number_van(number) : 0;
}

/* The account of an officer who was added before the enrolment; once the van has its number, that is made good. */
static enum jem_code app_account_pending(struct jem_app *app, json_t **out, struct jem_error *err)
{
    enum jem_code rc = own_pending_find(app->store, app->user, out, err);
    if (rc == JEM_OK && jem_store_writer(app->store) >= 0)
        rc = own_pending_settle(app->store, app->user, err);
    return rc;
}

/* Reads the account again: somebody may have disabled it or changed its role meanwhile. */
static enum jem_code app_account(struct jem_app *app, struct jem_error *err)
{
    json_t *account = NULL;
    enum jem_code rc = jem_store_user(app->store, app->user, &account, err);
    if (rc == JEM_ENOTFOUND)
        rc = app_account_pending(app, &account, err);
    if (rc == JEM_ENOTFOUND || (rc == JEM_OK && jem_json_bool(account, "disabled", false)))
        rc = jem_fail(err, JEM_ELOCKED, JEM_D_APP, 0, JEM_T_APP_DISABLED, app->user);
    if (rc == JEM_OK) {
        const char *role = jem_json_str(account, "role", "");
        /* Whoever made the store has its highest role: on a van that is the supervisor's. */
        if (jem_store_role(app->store) == JEM_ROLE_VAN && strcmp(role, "admin") == 0)
            role = "supervisor";
        const char *agency = jem_json_str(account, "agency", "");
        if (strlen(role) < sizeof app->role)
            memcpy(app->role, role, strlen(role) + 1);
        if (strlen(agency) < sizeof app->agency)
            memcpy(app->agency, agency, strlen(agency) + 1);
    }
    json_decref(account);
    return rc;
}

enum jem_code own_app_of(struct jem_store *store, const char *user, struct jem_app **out, struct jem_error *err)
{
    struct jem_app *app = calloc(1, sizeof *app);
    if (app == NULL || strlen(user) > JEM_EVENT_ACTOR_MAX) {
        free(app);
        jem_store_close(store);
        return jem_fail_nomem(err);
    }
    app->store = store;
    memcpy(app->user, user, strlen(user) + 1);
    enum jem_code rc = app_account(app, err);
    if (rc == JEM_OK)
        *out = app;
    else
        jem_app_close(app);
    return rc;
}

/* An officer of a van works on without headquarters for 45 days, and no longer: whom it disabled meanwhile is not known here.
 * A supervisor may always come in, so that the van can sync. */
static enum jem_code app_fresh(struct jem_app *app, struct jem_error *err)
{
    char round[64], stick[64];
    if (jem_store_role(app->store) != JEM_ROLE_VAN || strcmp(app->role, "supervisor") == 0)
        return JEM_OK;
    (void)own_meta(app->store, "last_good_ms", "", round, sizeof round);
    (void)own_meta(app->store, OWN_HEARD, "", stick, sizeof stick);
    int64_t heard_ms = strtoll(round, NULL, 10);
    if (heard_ms < strtoll(stick, NULL, 10))
        heard_ms = strtoll(stick, NULL, 10);
    if (heard_ms == 0) /* new, and without a catalogue to work with */
        return JEM_OK;
    int64_t days = (jem_store_now_ms(app->store) - heard_ms) / ((int64_t)24 * 3600 * 1000);
    return days <= APP_OFFLINE_DAYS ? JEM_OK : jem_fail(err, JEM_EDENIED, JEM_D_APP, 0, JEM_T_APP_STALE, (int)days);
}

enum jem_code jem_app_open(const char *dir, const char *user, const char *passphrase, struct jem_app **out,
    struct jem_error *err)
{
    struct jem_store *store = NULL;
    if (user == NULL || !jem_user_name_valid(user) || passphrase == NULL)
        return jem_fail(err, JEM_ELOCKED, JEM_D_APP, 0, JEM_T_APP_LOGIN);
    enum jem_code rc = jem_store_open(dir, user, passphrase, jem_clock_system(), &store, err);
    if (rc == JEM_ENOTFOUND)
        return jem_fail(err, rc, JEM_D_APP, 0, JEM_T_APP_NO_STORE, dir);
    if (rc == JEM_OK)
        rc = own_app_of(store, user, out, err);
    if (rc != JEM_OK)
        return rc;
    rc = app_fresh(*out, err);
    if (rc != JEM_OK) {
        jem_app_close(*out);
        *out = NULL;
    }
    return rc;
}

enum jem_code jem_app_dup(const struct jem_app *app, struct jem_app **out, struct jem_error *err)
{
    struct jem_store *store = NULL;
    enum jem_code rc = jem_store_dup(app->store, &store, err);
    return rc == JEM_OK ? own_app_of(store, app->user, out, err) : rc;
}

void jem_app_close(struct jem_app *app)
{
    if (app == NULL)
        return;
    jem_catalog_free(app->catalog);
    jem_keys_free(app->keys);
    jem_store_close(app->store);
    free(app);
}

struct jem_store *jem_app_store(struct jem_app *app)
{
    return app->store;
}

const char *jem_app_user(const struct jem_app *app)
{
    return app->user;
}

const char *jem_app_user_role(const struct jem_app *app)
{
    return app->role;
}

bool own_agency_has(struct jem_app *app, const char *service)
{
    if (app->agency[0] == '\0')
        return true;
    const struct jem_service *known = own_service_or_null(app, service);
    return known != NULL && strcmp(known->agency, app->agency) == 0;
}

enum jem_code own_agency_none(const struct jem_app *app, struct jem_error *err)
{
    return app->agency[0] == '\0' ? JEM_OK
                                  : jem_fail(err, JEM_EDENIED, JEM_D_APP, 0, JEM_T_APP_AGENCY_ALL, app->agency);
}

enum jem_code own_keys(struct jem_app *app, const struct jem_keys **out, struct jem_error *err)
{
    if (app->keys == NULL) {
        enum jem_code rc = jem_keys_load(app->store, &app->keys, err);
        if (rc != JEM_OK)
            return rc;
    }
    *out = app->keys;
    return JEM_OK;
}

enum jem_code jem_app_require(struct jem_app *app, enum jem_role role, const char *roles, struct jem_error *err)
{
    enum jem_code rc = app_account(app, err);
    if (rc != JEM_OK)
        return rc;
    if (role != JEM_ROLE_UNKNOWN && jem_store_role(app->store) != role)
        return jem_fail(err, JEM_EDENIED, JEM_D_APP, 0, role == JEM_ROLE_HQ ? JEM_T_APP_HQ_ONLY : JEM_T_APP_VAN_ONLY);
    if (roles == NULL || app_word_in(app->role, roles))
        return JEM_OK;
    char may[120];
    own_roles_text(roles, may, sizeof may);
    return jem_fail(err, JEM_EDENIED, JEM_D_APP, 0, JEM_T_APP_ROLE, may, app->user);
}

enum jem_code own_may_write(struct jem_app *app, struct jem_error *err)
{
    enum jem_code rc = app_account(app, err);
    if (rc == JEM_OK && jem_store_writer(app->store) < 0)
        rc = jem_fail(err, JEM_EDENIED, JEM_D_APP, 0, JEM_T_APP_NOT_ENROLLED);
    return rc;
}

/* ---- catalogue ---- */

/* The head of the stream by which catalogues arrive here: while it stands still, nothing new was published. */
static enum jem_code catalog_stream(struct jem_app *app, struct jem_stream_head *out, struct jem_error *err)
{
    int writer = jem_store_writer(app->store);
    uint16_t lane = writer > 0 ? (uint16_t)writer : 0;
    *out = (struct jem_stream_head){ .last = { .seq = 0 } };
    for (uint16_t inc = 1; inc != 0; inc++) {
        struct jem_stream_head head = { .last = { .seq = 0 } };
        enum jem_code rc = jem_store_head(app->store, 0, lane, inc, &head, err);
        if (rc != JEM_OK)
            return rc;
        if (head.last.seq == 0)
            break;
        *out = head;
    }
    return JEM_OK;
}

static bool catalog_same(const struct jem_stream_head *a, const struct jem_stream_head *b)
{
    return jem_event_id_cmp(&a->last, &b->last) == 0 && memcmp(a->hash, b->hash, sizeof a->hash) == 0;
}

enum jem_code jem_app_catalog(struct jem_app *app, const struct jem_catalog **out, struct jem_error *err)
{
    struct jem_stream_head head;
    struct jem_catalog *catalog = NULL;
    json_t *root = NULL;
    enum jem_code rc = catalog_stream(app, &head, err);
    if (rc != JEM_OK)
        return rc;
    if (app->catalog != NULL && catalog_same(&head, &app->catalog_head)) {
        *out = app->catalog;
        return JEM_OK;
    }
    rc = jem_store_catalog(app->store, &root, err);
    if (rc == JEM_ENOTFOUND)
        return jem_fail(err, rc, JEM_D_APP, 0,
            jem_store_role(app->store) == JEM_ROLE_HQ ? JEM_T_APP_NO_CATALOG_HQ : JEM_T_APP_NO_CATALOG_VAN);
    if (rc != JEM_OK)
        return rc;
    if (app->catalog == NULL || jem_json_int(root, "version", 0) != jem_catalog_version(app->catalog)) {
        rc = jem_catalog_parse(root, &catalog, NULL, err);
        if (rc != JEM_OK) {
            json_decref(root);
            return rc;
        }
        jem_catalog_free(app->catalog);
        app->catalog = catalog;
    }
    json_decref(root);
    app->catalog_head = head;
    *out = app->catalog;
    return JEM_OK;
}

/* ---- state ---- */

static void state_meta(struct jem_app *app, json_t *state, const char *key)
{
    char value[600];
    (void)own_meta(app->store, key, "", value, sizeof value);
    json_object_set_new(state, key, json_string(value));
}

static void state_last_text(struct jem_app *app, json_t *state)
{
    char value[600];
    uint64_t n[3];
    struct jem_buf text = JEM_BUF_INIT(600);
    bool hq = jem_store_role(app->store) == JEM_ROLE_HQ;
    (void)own_meta(app->store, "last_sync_text", "", value, sizeof value);
    if (sscanf(value, OWN_SYNC_COUNTS_READ, &n[0], &n[1], &n[2]) == 3)
        jem_buf_fmt(&text, jem_text(hq ? JEM_T_EXCHANGE_SUMMARY_HQ : JEM_T_EXCHANGE_SUMMARY), (unsigned long long)n[0],
            (unsigned long long)n[1], (unsigned long long)n[2]);
    else
        jem_buf_str(&text, value);
    json_object_set_new(state, "last_sync_text", json_string(jem_buf_text(&text)));
    jem_buf_release(&text);
}

/* Numbers of the last round are kept as text: meta holds nothing else. */
static void state_last_sync(struct jem_app *app, json_t *state)
{
    char value[64];
    (void)own_meta(app->store, "last_sync_ms", "", value, sizeof value);
    json_object_set_new(state, "last_sync_ms", *value ? json_integer(strtoll(value, NULL, 10)) : json_null());
    (void)own_meta(app->store, "last_good_ms", "", value, sizeof value);
    json_object_set_new(state, "last_good_ms", *value ? json_integer(strtoll(value, NULL, 10)) : json_null());
    (void)own_meta(app->store, "last_sync_ok", "", value, sizeof value);
    json_object_set_new(state, "last_sync_ok", *value ? json_boolean(*value == '1') : json_null());
    state_last_text(app, state);
}

enum jem_code jem_app_state(struct jem_app *app, json_t **out, struct jem_error *err)
{
    json_t *state = NULL;
    const struct jem_catalog *catalog = NULL;
    enum jem_code rc = app_account(app, err);
    if (rc == JEM_OK)
        rc = jem_store_counts(app->store, &state, err);
    if (rc != JEM_OK)
        return rc;
    int writer = jem_store_writer(app->store);
    bool hq = jem_store_role(app->store) == JEM_ROLE_HQ;
    json_object_set_new(state, "role", json_string(hq ? "hq" : "van"));
    json_object_set_new(state, "van", writer >= 0 ? json_integer(writer) : json_null());
    json_object_set_new(state, "user", json_string(app->user));
    json_object_set_new(state, "user_role", json_string(app->role));
    static const char *const kept[] = { "name", "place", "hub", "host", "region", "contact" };
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        state_meta(app, state, kept[i]);
    rc = jem_app_catalog(app, &catalog, NULL);
    json_object_set_new(state, "catalog", rc == JEM_OK ? json_integer(jem_catalog_version(catalog)) : json_null());
    json_object_set_new(state, "clock",
        json_string(jem_clock_source_name(jem_clock_system()->source(jem_clock_system()->ctx))));
    json_object_set_new(state, "clock_behind_ms", json_integer(jem_store_behind_ms(app->store)));
    json_object_set_new(state, "disk_free", json_integer((json_int_t)jem_disk_free_bytes(jem_store_dir(app->store))));
    state_last_sync(app, state);
    *out = state;
    return JEM_OK;
}
