/* exchange.c - the link: enrolment by two files, the hub, and rounds of sync, whose outcome is noted for the pages. */
#include "jemput/exchange.h"

#include <ctype.h>
#include <sodium.h>
#include <string.h>

#include "jemput/file.h"
#include "jemput/log.h"
#include "jemput/sshsig.h"
#include "own.h"

#define ENROL_FILE_MAX ((size_t)16 << 20) /* a grant carries the whole feed of a van that comes back */

/* ---- enrolment ---- */

enum jem_code jem_exchange_request(struct jem_app *app, const char *out_path, json_t **out, struct jem_error *err)
{
    struct jem_buf file = JEM_BUF_INIT(ENROL_FILE_MAX);
    struct jem_enrol_words words;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_VAN, "supervisor", err);
    if (rc == JEM_OK)
        rc = jem_enrol_request(app->store, &file, &words, err);
    if (rc == JEM_OK)
        rc = jem_file_write(out_path, file.data, file.len, 0600, err);
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:s,s:s}", "file", out_path, "words", words.words), out, err);
    jem_buf_release(&file);
    return rc;
}

enum jem_code jem_exchange_accept(struct jem_app *app, const char *grant_path, json_t **out, struct jem_error *err)
{
    struct jem_buf grant = JEM_BUF_INIT(ENROL_FILE_MAX);
    struct jem_enrol_words words;
    char place[200];
    enum jem_code rc = jem_app_require(app, JEM_ROLE_VAN, "supervisor", err);
    if (rc == JEM_OK)
        rc = jem_file_read(grant_path, ENROL_FILE_MAX, &grant, err);
    if (rc == JEM_OK)
        rc = jem_enrol_accept(app->store, app->user, grant.data, grant.len, &words, err);
    if (rc == JEM_OK)
        rc = own_pending_settle(app->store, app->user, err);
    jem_buf_release(&grant);
    if (rc != JEM_OK)
        return rc;
    (void)own_meta(app->store, "place", "", place, sizeof place);
    return own_give(json_pack("{s:i,s:s,s:s}", "van", jem_store_writer(app->store), "place", place, "words",
                        words.words),
        out, err);
}

/* Words as people say and type them: case, spaces and hyphens do not matter. */
bool own_words_same(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, " -\t");
        b += strspn(b, " -\t");
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (!*a)
            return true;
    }
}

enum jem_code jem_exchange_words_check(const char *path, const char *words, struct jem_error *err)
{
    struct jem_buf canonical = JEM_BUF_INIT(ENROL_FILE_MAX);
    unsigned char hash[32];
    char ours[96];
    json_t *file = NULL;
    enum jem_code rc = jem_json_file(path, ENROL_FILE_MAX, &file, err);
    if (rc == JEM_OK)
        rc = jem_json_canonical(file, &canonical, err);
    if (rc == JEM_OK) {
        jem_hash(canonical.data, canonical.len, hash);
        jem_fingerprint_words(hash, ours);
        if (!own_words_same(ours, words))
            rc = jem_fail(err, JEM_EDENIED, JEM_D_APP, 0, JEM_T_APP_WORDS_DIFFER, ours);
    }
    json_decref(file);
    jem_buf_release(&canonical);
    return rc;
}

/* ---- the hub ---- */

enum jem_code own_hub_keep(struct jem_store *store, const char *url, struct jem_error *err)
{
    char clean[512], user[128], password[256];
    enum jem_code rc = jem_hub_url_split(url, clean, user, password, err);
    if (rc == JEM_OK)
        rc = jem_store_meta_set(store, "hub", clean, err);
    /* Also when there are none: the login of an earlier hub is nothing for this one. */
    if (rc == JEM_OK)
        rc = jem_store_secret_set(store, "hub.user", user, strlen(user), err);
    if (rc == JEM_OK)
        rc = jem_store_secret_set(store, "hub.password", password, strlen(password), err);
    sodium_memzero(password, sizeof password);
    return rc;
}

enum jem_code jem_exchange_hub_set(struct jem_app *app, const char *url, json_t **out, struct jem_error *err)
{
    enum jem_code rc = jem_app_require(app, JEM_ROLE_UNKNOWN, "supervisor,admin", err);
    if (rc == JEM_OK)
        rc = jem_store_begin(app->store, err);
    if (rc != JEM_OK)
        return rc;
    rc = own_hub_keep(app->store, url, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc != JEM_OK) {
        jem_store_rollback(app->store);
        return rc;
    }
    return jem_exchange_hub_show(app, out, err);
}

enum jem_code jem_exchange_hub_show(struct jem_app *app, json_t **out, struct jem_error *err)
{
    const struct jem_keys *keys = NULL;
    struct jem_buf user = JEM_BUF_INIT(256), ssh = JEM_BUF_INIT(1024);
    char hub[512], comment[48];
    int writer = jem_store_writer(app->store);
    enum jem_code rc = own_keys(app, &keys, err);
    if (rc == JEM_OK) {
        struct jem_buf text = JEM_BUF_INIT(sizeof comment - 1);
        jem_buf_fmt(&text,
            writer == 0  ? "hq@jemput.invalid"
            : writer > 0 ? "van-%d@jemput.invalid"
                         : "van@jemput.invalid",
            writer);
        memcpy(comment, jem_buf_text(&text), text.len + 1);
        jem_buf_release(&text);
        rc = jem_ssh_public_text(keys->ssh_public, comment, &ssh, err);
    }
    if (rc == JEM_OK) {
        (void)own_meta(app->store, "hub", "", hub, sizeof hub);
        if (jem_store_secret_get(app->store, "hub.user", &user, NULL) != JEM_OK)
            jem_buf_clear(&user);
        rc = own_give(json_pack("{s:s,s:s,s:s}", "hub", hub, "user", jem_buf_text(&user), "ssh_public_key",
                          jem_buf_text(&ssh)),
            out, err);
    }
    jem_buf_release(&user);
    jem_buf_release(&ssh);
    return rc;
}

enum jem_code jem_exchange_hub_init(const char *dir, json_t **out, struct jem_error *err)
{
    enum jem_code rc = jem_hub_init(dir, err);
    return rc == JEM_OK ? own_give(json_pack("{s:s}", "hub", dir), out, err) : rc;
}

/* ---- rounds ---- */

/* What the pages tell of the last round. A disk that is too full for the note does not undo the round. One that was asked
 * to stop tells nothing of the link. */
static void round_note(struct jem_app *app, const struct jem_round_options *options, enum jem_code rc, const char *text)
{
    struct jem_error ignored;
    bool asked = rc != JEM_OK && options->stop != NULL && *options->stop != 0;
    if (options->dry_run || rc == JEM_EBUSY || asked)
        return;
    struct jem_buf ms = JEM_BUF_INIT(24);
    jem_buf_fmt(&ms, "%lld", (long long)jem_store_now_ms(app->store));
    enum jem_code noted = jem_store_begin(app->store, &ignored);
    if (noted == JEM_OK)
        noted = jem_store_meta_set(app->store, "last_sync_ms", jem_buf_text(&ms), &ignored);
    if (noted == JEM_OK && rc == JEM_OK)
        noted = jem_store_meta_set(app->store, "last_good_ms", jem_buf_text(&ms), &ignored);
    if (noted == JEM_OK)
        noted = jem_store_meta_set(app->store, "last_sync_ok", rc == JEM_OK ? "1" : "0", &ignored);
    if (noted == JEM_OK)
        noted = jem_store_meta_set(app->store, "last_sync_text", text, &ignored);
    if (noted == JEM_OK)
        noted = jem_store_commit(app->store, &ignored);
    if (rc == JEM_OK)
        own_roster_settle(app);
    if (noted != JEM_OK)
        jem_store_rollback(app->store);
    if (noted != JEM_OK && noted != rc) /* otherwise the round itself says what is wrong */
        jem_log(JEM_LOG_WARN, "round not noted: %s", ignored.msg);
    jem_buf_release(&ms);
    (void)own_scrub(app); /* an erasure that arrived; when it cannot be now, the next round does it */
}

static const char *round_stopped(const struct jem_round_report *r)
{
    static const char *const names[] = { [JEM_STOPPED_NO] = "",
        [JEM_STOPPED_ASKED] = "asked",
        [JEM_STOPPED_BUDGET] = "budget",
        [JEM_STOPPED_DEADLINE] = "deadline" };
    return names[r->stopped];
}

static void round_note_van(struct jem_app *app, const struct jem_round_options *options, enum jem_code rc,
    const struct jem_round_report *r, const struct jem_error *why)
{
    struct jem_buf text = JEM_BUF_INIT(500);
    if (rc != JEM_OK)
        jem_buf_str(&text, why->msg);
    else if (*r->refused)
        jem_buf_str(&text, r->refused);
    else
        jem_buf_fmt(&text, OWN_SYNC_COUNTS, r->pushed_events, r->confirmed_events, r->pending_events);
    round_note(app, options, rc == JEM_OK && *r->refused ? JEM_ECORRUPT : rc, jem_buf_text(&text));
    jem_buf_release(&text);
}

enum jem_code jem_exchange_sync(struct jem_app *app, const struct jem_round_options *options, json_t **out,
    struct jem_error *err)
{
    static const struct jem_round_options plain;
    struct jem_round_report r = { .pushed_events = 0 };
    struct jem_error why = { .code = JEM_OK };
    const struct jem_round_options *o = options != NULL ? options : &plain;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_VAN, NULL, err);
    if (rc == JEM_OK)
        rc = own_may_write(app, err);
    if (rc != JEM_OK)
        return rc;
    rc = jem_round_van(app->store, o, &r, &why);
    round_note_van(app, o, rc, &r, &why);
    if (rc != JEM_OK) {
        if (err != NULL)
            *err = why;
        return rc;
    }
    return own_give(json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:s}", "pushed_events",
                        (json_int_t)r.pushed_events, "confirmed_events", (json_int_t)r.confirmed_events,
                        "pending_events", (json_int_t)r.pending_events, "pending_documents",
                        (json_int_t)r.pending_documents, "bytes_up", (json_int_t)r.bytes_up, "bytes_down",
                        (json_int_t)r.bytes_down, "slices", (json_int_t)r.slices, "retries", (json_int_t)r.retries,
                        "received_events", (json_int_t)r.received_events, "refused", r.refused, "stopped",
                        round_stopped(&r)),
        out, err);
}

typedef enum jem_code round_of_hq(struct jem_store *store, const char *actor, const struct jem_round_options *options,
    struct jem_round_report *out, struct jem_error *err);

static enum jem_code round_hq(struct jem_app *app, const struct jem_round_options *options, round_of_hq *const steps[2],
    struct jem_round_report r[2], struct jem_error *err)
{
    static const struct jem_round_options plain;
    struct jem_error why = { .code = JEM_OK };
    struct jem_buf text = JEM_BUF_INIT(500);
    const struct jem_round_options *o = options != NULL ? options : &plain;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    if (rc != JEM_OK)
        return rc;
    for (size_t i = 0; i < 2 && steps[i] != NULL && rc == JEM_OK; i++)
        rc = steps[i](app->store, app->user, o, &r[i], &why);
    if (rc == JEM_OK)
        jem_buf_fmt(&text, OWN_SYNC_COUNTS, r[0].accepted_events, r[0].quarantined,
            r[0].published_events + r[1].published_events);
    else
        jem_buf_str(&text, why.msg);
    round_note(app, o, rc, jem_buf_text(&text));
    jem_buf_release(&text);
    if (rc != JEM_OK && err != NULL)
        *err = why;
    return rc;
}

static json_t *round_merged(const struct jem_round_report *r)
{
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:s}", "accepted_events", (json_int_t)r->accepted_events,
        "accepted_documents", (json_int_t)r->accepted_documents, "quarantined", (json_int_t)r->quarantined, "conflicts",
        (json_int_t)r->conflicts, "duplicates", (json_int_t)r->duplicates, "bytes_up", (json_int_t)r->bytes_up,
        "bytes_down", (json_int_t)r->bytes_down, "stopped", round_stopped(r));
}

/* Members that a publishing round adds to `o`. */
static enum jem_code round_published(struct jem_app *app, json_t *o, const struct jem_round_report *r,
    struct jem_error *err)
{
    json_t *vans = NULL;
    enum jem_code rc = jem_store_vans(app->store, &vans, err);
    if (rc != JEM_OK)
        return rc;
    json_object_set_new(o, "published_events", json_integer((json_int_t)r->published_events));
    json_object_set_new(o, "vans", json_integer((json_int_t)json_array_size(vans)));
    json_object_set_new(o, "bytes_up", json_integer(jem_json_int(o, "bytes_up", 0) + (json_int_t)r->bytes_up));
    json_object_set_new(o, "bytes_down", json_integer(jem_json_int(o, "bytes_down", 0) + (json_int_t)r->bytes_down));
    if (r->stopped != JEM_STOPPED_NO || json_object_get(o, "stopped") == NULL)
        json_object_set_new(o, "stopped", json_string(round_stopped(r)));
    json_decref(vans);
    return JEM_OK;
}

enum jem_code jem_exchange_merge(struct jem_app *app, const struct jem_round_options *options, json_t **out,
    struct jem_error *err)
{
    struct jem_round_report r[2] = { { .pushed_events = 0 } };
    round_of_hq *const steps[2] = { jem_round_merge, NULL };
    enum jem_code rc = round_hq(app, options, steps, r, err);
    return rc == JEM_OK ? own_give(round_merged(&r[0]), out, err) : rc;
}

enum jem_code jem_exchange_publish(struct jem_app *app, const struct jem_round_options *options, json_t **out,
    struct jem_error *err)
{
    struct jem_round_report r[2] = { { .pushed_events = 0 } };
    round_of_hq *const steps[2] = { jem_round_publish, NULL };
    enum jem_code rc = round_hq(app, options, steps, r, err);
    if (rc != JEM_OK)
        return rc;
    json_t *o = json_object();
    rc = round_published(app, o, &r[0], err);
    if (rc == JEM_OK)
        return own_give(o, out, err);
    json_decref(o);
    return rc;
}

enum jem_code jem_exchange_hq_sync(struct jem_app *app, const struct jem_round_options *options, json_t **out,
    struct jem_error *err)
{
    struct jem_round_report r[2] = { { .pushed_events = 0 } };
    round_of_hq *const steps[2] = { jem_round_merge, jem_round_publish };
    enum jem_code rc = round_hq(app, options, steps, r, err);
    if (rc != JEM_OK)
        return rc;
    json_t *o = round_merged(&r[0]);
    rc = round_published(app, o, &r[1], err);
    if (rc == JEM_OK)
        return own_give(o, out, err);
    json_decref(o);
    return rc;
}

/* ---- rounds that come by themselves ---- */

enum jem_code jem_exchange_auto(struct jem_app *app, struct jem_auto *out, struct jem_error *err)
{
    static const char *const keys[] = { "hub", "hubs" };
    struct jem_buf urls = JEM_BUF_INIT(sizeof out->hubs - 1);
    char text[24];
    enum jem_code rc = JEM_OK;
    *out = (struct jem_auto){ .on = true };
    for (size_t i = 0; i < sizeof keys / sizeof *keys && rc == JEM_OK; i++) {
        rc = jem_store_meta_get(app->store, keys[i], &urls, err);
        if (rc == JEM_OK && urls.len > 0 && urls.data[urls.len - 1] != '\n')
            jem_buf_byte(&urls, '\n');
        rc = rc == JEM_ENOTFOUND ? JEM_OK : rc;
    }
    if (rc == JEM_OK)
        rc = jem_buf_ok(&urls, err);
    if (rc == JEM_OK) {
        memcpy(out->hubs, jem_buf_text(&urls), urls.len + 1);
        out->ready = urls.len > 0 && jem_store_writer(app->store) >= 0;
        out->on = !own_meta(app->store, "sync.auto", "1", text, sizeof text) || strcmp(text, "0") != 0;
        out->every_s = own_meta(app->store, "sync.every", "", text, sizeof text) ? (int)strtol(text, NULL, 10) : 0;
    }
    jem_buf_release(&urls);
    return rc;
}

enum jem_code jem_exchange_auto_set(struct jem_app *app, bool on, struct jem_error *err)
{
    enum jem_code rc = jem_app_require(app, JEM_ROLE_UNKNOWN, NULL, err);
    return rc == JEM_OK ? jem_store_meta_set(app->store, "sync.auto", on ? "1" : "0", err) : rc;
}

enum jem_code jem_exchange_auto_every(struct jem_app *app, int every_s, struct jem_error *err)
{
    char text[24];
    snprintf(text, sizeof text, "%d", every_s);
    enum jem_code rc = jem_app_require(app, JEM_ROLE_UNKNOWN, NULL, err);
    return rc == JEM_OK ? jem_store_meta_set(app->store, "sync.every", text, err) : rc;
}

static enum jem_code own_head_add(struct jem_app *app, uint16_t lane, uint64_t *sum, struct jem_error *err)
{
    struct jem_stream_head head;
    int writer = jem_store_writer(app->store);
    enum jem_code rc = jem_store_head(app->store, (uint16_t)writer, lane, jem_store_inc(app->store), &head, err);
    if (rc == JEM_OK)
        *sum += head.last.seq;
    return rc;
}

enum jem_code jem_exchange_head(struct jem_app *app, uint64_t *out, struct jem_error *err)
{
    json_t *vans = NULL, *van;
    size_t i;
    *out = 0;
    if (jem_store_writer(app->store) < 0)
        return JEM_OK;
    enum jem_code rc = own_head_add(app, 0, out, err);
    if (rc == JEM_OK && jem_store_role(app->store) == JEM_ROLE_HQ)
        rc = jem_store_vans(app->store, &vans, err);
    json_array_foreach(vans, i, van)
    {
        if (rc == JEM_OK)
            rc = own_head_add(app, (uint16_t)jem_json_int(van, "van", 0), out, err);
    }
    json_decref(vans);
    return rc;
}

/* ---- bundles ---- */

static enum jem_code bundle_may(struct jem_app *app, struct jem_error *err)
{
    enum jem_code rc = jem_app_require(app, JEM_ROLE_UNKNOWN, NULL, err);
    return rc == JEM_OK ? own_may_write(app, err) : rc;
}

static json_t *bundle_told(const char *key, const char *path, const struct jem_bundle_report *r)
{
    return json_pack("{s:s,s:I,s:I,s:I,s:I,s:I}", key, path, "refs", (json_int_t)r->refs, "events",
        (json_int_t)r->events, "documents", (json_int_t)r->documents, "carried", (json_int_t)r->carried, "bytes",
        (json_int_t)r->bytes);
}

enum jem_code jem_exchange_bundle_export(struct jem_app *app, const char *path,
    const struct jem_bundle_options *options, json_t **out, struct jem_error *err)
{
    struct jem_bundle_report r;
    enum jem_code rc = bundle_may(app, err);
    if (rc == JEM_OK)
        rc = jem_bundle_export(app->store, path, options, &r, err);
    return rc == JEM_OK ? own_give(bundle_told("exported", path, &r), out, err) : rc;
}

/* News of headquarters came by stick: that counts as hearing of it, and its word about officers holds. */
static void bundle_heard(struct jem_app *app)
{
    struct jem_buf ms = JEM_BUF_INIT(24);
    jem_buf_fmt(&ms, "%lld", (long long)jem_store_now_ms(app->store));
    if (jem_store_meta_set(app->store, OWN_HEARD, jem_buf_text(&ms), NULL) != JEM_OK)
        jem_log(JEM_LOG_WARN, "import not noted");
    jem_buf_release(&ms);
    own_roster_settle(app);
}

enum jem_code jem_exchange_bundle_import(struct jem_app *app, const char *path, json_t **out, struct jem_error *err)
{
    struct jem_bundle_report r;
    enum jem_code rc = bundle_may(app, err);
    if (rc == JEM_OK)
        rc = jem_bundle_import(app->store, app->user, path, &r, err);
    if (rc != JEM_OK)
        return rc;
    if (jem_store_role(app->store) == JEM_ROLE_VAN && r.events > 0)
        bundle_heard(app);
    json_t *o = bundle_told("imported", path, &r);
    if (o != NULL)
        json_object_set_new(o, "refused", json_string(r.refused));
    if (o != NULL && jem_store_role(app->store) == JEM_ROLE_HQ) {
        json_object_set_new(o, "quarantined", json_integer((json_int_t)r.quarantined));
        json_object_set_new(o, "conflicts", json_integer((json_int_t)r.conflicts));
        json_object_set_new(o, "duplicates", json_integer((json_int_t)r.duplicates));
    }
    return own_give(o, out, err);
}

enum jem_code jem_exchange_rotate(struct jem_app *app, json_t **out, struct jem_error *err)
{
    uint16_t epoch = 0;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = jem_keys_rotate(app->store, app->user, &epoch, err);
    return rc == JEM_OK ? own_give(json_pack("{s:i}", "epoch", (int)epoch), out, err) : rc;
}

enum jem_code jem_exchange_signers(struct jem_app *app, struct jem_buf *out, struct jem_error *err)
{
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    return rc == JEM_OK ? jem_ledger_signers(app->store, out, err) : rc;
}
