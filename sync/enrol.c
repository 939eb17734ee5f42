/* enrol.c - how a van and HQ come to know each other: two signed files, fingerprints compared by phone.
 *
 *   van: request (its public keys, signed)  ->  HQ: grant (number, HQ's keys, the feed so far, signed)  ->  van
 *
 * The words of the request tell HQ that the keys are this van's; the words of the grant tell the van that the keys are
 * HQ's. The grant names the request by its hash, so that another van's grant does not fit. Shapes of both files: keys.h.
 * All changes of a side are one unit; the files may be made and taken in as often as one likes. */
#include "enrol.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "jemput/codec.h"
#include "merge.h"

#define ENROL_FEED_EVENTS 256 /* the rest comes with the first round of sync */
#define ENROL_FEED_BYTES ((size_t)6 << 20)

/* ---- grant ---- */

enum jem_code jem_enrol_key_find(struct jem_store *store, const char sign[65], unsigned *van, uint16_t *inc,
    struct jem_error *err)
{
    json_t *keys = NULL, *it;
    size_t i;
    unsigned found = 0;
    enum jem_code code = jem_store_sign_keys(store, 0, &keys, err);
    json_array_foreach(keys, i, it)
    {
        if (strcmp(jem_json_str(it, "sign", ""), sign) != 0)
            continue;
        found = (unsigned)jem_json_int(it, "van", 0);
        *inc = (uint16_t)jem_json_int(it, "inc", 1);
    }
    json_decref(keys);
    if (van != NULL)
        *van = found;
    return code;
}

/* Is the number free, or this very van's, whose key then has its epoch? JEM_EEXISTS it is another's, or the van has another
 * number */
static enum jem_code grant_number_check(struct jem_store *store, struct jem_request *r, unsigned number, bool *fresh,
    struct jem_error *err)
{
    char sign[65], box[65];
    json_t *vans = NULL, *van;
    size_t i;
    jem_hex(r->sign, 32, sign);
    jem_hex(r->box, 32, box);
    *fresh = true;
    enum jem_code code = jem_store_vans(store, &vans, err);
    json_array_foreach(vans, i, van)
    {
        bool same = strcmp(jem_json_str(van, "sign", ""), sign) == 0;
        bool mine = jem_json_int(van, "van", 0) == (int64_t)number;
        if (mine && same && strcmp(jem_json_str(van, "box", ""), box) == 0) {
            *fresh = false;
            r->epoch = (uint16_t)jem_json_int(van, "epoch", 1);
        } else if (mine)
            code = jem_fail(err, JEM_EEXISTS, JEM_D_SYNC, 0, JEM_T_ENROL_TAKEN, number);
        else if (same)
            code = jem_fail(err, JEM_EEXISTS, JEM_D_SYNC, 0, JEM_T_ENROL_HAS_NUMBER,
                (unsigned)jem_json_int(van, "van", 0));
    }
    json_decref(vans);
    return code == JEM_OK && !*fresh ? jem_enrol_key_find(store, sign, NULL, &r->inc, err) : code;
}

json_t *jem_grant_body(unsigned number, const char *name, const char *sign, const char *box, int64_t epoch, int64_t inc)
{
    return json_pack("{s:i, s:s, s:s, s:s, s:I, s:I}", "van", (int)number, "name", name, "sign", sign, "box", box,
        "epoch", (json_int_t)epoch, "inc", (json_int_t)inc);
}

enum jem_code jem_grant_tell_keys(struct jem_store *store, const char *actor, const json_t *van, unsigned to,
    struct jem_error *err)
{
    unsigned n = (unsigned)jem_json_int(van, "van", 0);
    json_t *keys = NULL, *key;
    size_t i;
    enum jem_code code = jem_store_sign_keys(store, (uint16_t)n, &keys, err);
    json_array_foreach(keys, i, key)
    {
        if (code != JEM_OK)
            break;
        json_t *body = jem_grant_body(n, jem_json_str(van, "name", ""), jem_json_str(key, "sign", ""),
            jem_json_str(van, "box", ""), jem_json_int(van, "epoch", 1), jem_json_int(key, "inc", 1));
        code = body == NULL ? jem_fail_nomem(err)
                            : jem_store_append(store, (uint16_t)to, 0, "van.enrolled", body, actor, NULL, err);
        json_decref(body);
    }
    json_decref(keys);
    return code;
}

enum jem_code jem_grant_introduce(struct jem_store *store, const char *actor, unsigned number, const json_t *enrolled,
    bool first, struct jem_error *err)
{
    json_t *vans = NULL, *van;
    size_t i;
    enum jem_code code = jem_store_vans(store, &vans, err);
    json_array_foreach(vans, i, van)
    {
        unsigned n = (unsigned)jem_json_int(van, "van", 0);
        if (code != JEM_OK || n == 0 || n == number)
            continue;
        if (first)
            code = jem_grant_tell_keys(store, actor, van, number, err);
        if (code == JEM_OK)
            code = jem_store_append(store, (uint16_t)n, 0, "van.enrolled", enrolled, actor, NULL, err);
    }
    json_decref(vans);
    return code;
}

/* The van's place in the log, the catalogue for its lane, and who is who. */
static enum jem_code grant_record(struct jem_store *store, const char *actor, const struct jem_request *r,
    unsigned number, const json_t *catalog, struct jem_error *err)
{
    char sign[65], box[65];
    jem_hex(r->sign, 32, sign);
    jem_hex(r->box, 32, box);
    json_t *enrolled = jem_grant_body(number, r->name, sign, box, r->epoch, r->inc);
    json_t *published = json_pack("{s:I, s:O}", "version", (json_int_t)jem_json_int(catalog, "version", 1), "catalog",
        (json_t *)(uintptr_t)catalog);
    enum jem_code code = enrolled == NULL || published == NULL ? jem_fail_nomem(err) : JEM_OK;
    if (code == JEM_OK)
        code = jem_store_append(store, 0, 0, "van.enrolled", enrolled, actor, NULL, err);
    if (code == JEM_OK)
        code = jem_store_append(store, (uint16_t)number, 0, "catalog.published", published, actor, NULL, err);
    if (code == JEM_OK)
        code = jem_grant_introduce(store, actor, number, enrolled, true, err);
    json_decref(enrolled);
    json_decref(published);
    return code;
}

/* The lane's first events, sealed, in base 64. */
static enum jem_code grant_feed(struct jem_store *store, const struct jem_box_key *key, unsigned number, json_t **out,
    struct jem_error *err)
{
    struct jem_event_id from = { 0, (uint16_t)number, jem_store_inc(store), 1 };
    struct jem_event_list events = { 0 };
    struct jem_buf segment = JEM_BUF_INIT(ENROL_FILE_MAX / 2), text = JEM_BUF_INIT(ENROL_FILE_MAX);
    enum jem_code code = jem_store_events(store, &from, ENROL_FEED_EVENTS, ENROL_FEED_BYTES, &events, err);
    if (code == JEM_OK)
        code = jem_segment_seal(key, jem_dictionary_shipped(JEM_DICTIONARY_SHIPPED), events.items, events.count,
            &segment, err);
    if (code == JEM_OK) {
        size_t need = sodium_base64_encoded_len(segment.len, sodium_base64_VARIANT_ORIGINAL);
        *out = NULL;
        if (jem_buf_reserve(&text, need)) {
            sodium_bin2base64((char *)text.data, need, segment.data, segment.len, sodium_base64_VARIANT_ORIGINAL);
            *out = json_string((const char *)text.data);
        }
        if (*out == NULL)
            code = jem_fail_nomem(err);
    }
    jem_event_list_release(&events);
    jem_buf_release(&segment);
    jem_buf_release(&text);
    return code;
}

/* Copies settings of ours that a van needs; "" for those unset. */
static enum jem_code grant_settings(struct jem_store *store, json_t *o, struct jem_error *err)
{
    static const char *const names[] = { "hub", "host", "region", "place", "contact" };
    enum jem_code code = JEM_OK;
    for (size_t i = 0; code == JEM_OK && i < sizeof names / sizeof *names; i++) {
        struct jem_buf value = JEM_BUF_INIT(ENROL_TEXT_MAX);
        code = jem_store_meta_get(store, names[i], &value, err);
        if (code == JEM_ENOTFOUND)
            code = JEM_OK;
        if (code == JEM_OK && json_object_set_new(o, names[i], json_string(jem_buf_text(&value))) != 0)
            code = jem_fail_nomem(err);
        jem_buf_release(&value);
    }
    return code;
}

static enum jem_code grant_write(struct jem_store *store, const struct jem_keys *keys, const struct jem_request *r,
    unsigned number, struct jem_buf *out, unsigned char hash[32], struct jem_error *err)
{
    char sign[65], box[65], request[65];
    struct jem_box_key key;
    json_t *o = NULL, *feed = NULL;
    enum jem_code code = jem_box_key_make(&key, keys->epoch, r->box, keys->box_secret, err);
    if (code == JEM_OK)
        code = grant_feed(store, &key, number, &feed, err);
    sodium_memzero(&key, sizeof key);
    if (code != JEM_OK)
        return code;
    jem_hex(keys->sign_public, 32, sign);
    jem_hex(keys->box_public, 32, box);
    jem_hex(r->hash, 32, request);
    o = json_pack("{s:s, s:i, s:s, s:s, s:s, s:i, s:s, s:o}", "format", ENROL_GRANT, "van", (int)number, "name",
        r->name, "hq_sign", sign, "hq_box", box, "epoch", (int)keys->epoch, "request", request, "feed", feed);
    if (o != NULL && json_object_set_new(o, "inc", json_integer(r->inc)) != 0) {
        json_decref(o);
        o = NULL;
    }
    code = o == NULL ? jem_fail_nomem(err) : grant_settings(store, o, err);
    if (code == JEM_OK)
        code = jem_signed_write(o, ENROL_GRANT, keys->sign_secret, out, hash, err);
    json_decref(o);
    return code;
}

static enum jem_code grant_unit(struct jem_store *store, const char *actor, struct jem_request *r, unsigned number,
    struct jem_error *err)
{
    bool fresh = false;
    json_t *catalog = NULL;
    enum jem_code code = jem_store_begin(store, err);
    if (code != JEM_OK)
        return code;
    code = grant_number_check(store, r, number, &fresh, err);
    if (code == JEM_OK && fresh) {
        code = jem_store_catalog(store, &catalog, err);
        if (code == JEM_ENOTFOUND)
            code = jem_fail(err, code, JEM_D_SYNC, 0, JEM_T_ENROL_NO_CATALOG);
        if (code == JEM_OK)
            code = grant_record(store, actor, r, number, catalog, err);
    }
    if (code == JEM_OK)
        code = jem_store_commit(store, err);
    else
        jem_store_rollback(store);
    json_decref(catalog);
    return code;
}

enum jem_code jem_grant_finish(struct jem_store *store, struct jem_keys **keys, const struct jem_request *r,
    unsigned number, struct jem_buf *out, struct jem_enrol_words *request_words, struct jem_enrol_words *grant_words,
    struct jem_error *err)
{
    unsigned char hash[32];
    enum jem_code code = JEM_OK;
    if (r->epoch != (*keys)->epoch) { /* asked for again after a new key: as it was */
        jem_keys_free(*keys);
        code = jem_keys_load_epoch(store, r->epoch, keys, err);
    }
    if (code == JEM_OK)
        code = grant_write(store, *keys, r, number, out, hash, err);
    if (code == JEM_OK) {
        jem_fingerprint_words(r->hash, request_words->words);
        jem_fingerprint_words(hash, grant_words->words);
    }
    return code;
}

enum jem_code jem_enrol_grant(struct jem_store *store, const char *actor, const void *request, size_t n,
    unsigned number, struct jem_buf *out, struct jem_enrol_words *request_words, struct jem_enrol_words *grant_words,
    struct jem_error *err)
{
    struct jem_request r;
    struct jem_keys *keys = NULL;
    if (jem_store_role(store) != JEM_ROLE_HQ)
        return jem_fail(err, JEM_EDENIED, JEM_D_SYNC, 0, JEM_T_ENROL_ROLE_HQ);
    if (number == 0 || number > JEM_VAN_MAX)
        return jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_ENROL_NUMBER, (unsigned)JEM_VAN_MAX);
    enum jem_code code = jem_request_read(request, n, &r, err);
    if (code == JEM_OK)
        code = jem_keys_load(store, &keys, err);
    if (code == JEM_OK) {
        r.epoch = keys->epoch;
        r.inc = 1;
        code = grant_unit(store, actor, &r, number, err);
    }
    if (code == JEM_OK)
        code = jem_grant_finish(store, &keys, &r, number, out, request_words, grant_words, err);
    jem_keys_free(keys);
    return code;
}

/* ---- accept ---- */

struct enrol_grant {
    json_t *file;
    unsigned number;
    unsigned char hq_sign[32], hq_box[32], request[32], hash[32];
    uint16_t epoch, inc;
    struct jem_event_list feed;
};

static void grant_release(struct enrol_grant *g)
{
    json_decref(g->file);
    jem_event_list_release(&g->feed);
}

static enum jem_code grant_read(const void *p, size_t n, struct enrol_grant *out, struct jem_error *err)
{
    static const char *const texts[] = { "hub", "host", "region", "place", "contact" };
    enum jem_code code = jem_signed_read(p, n, ENROL_GRANT, "hq_sign", &out->file, out->hash, err);
    if (code != JEM_OK)
        return code;
    int64_t number = jem_json_int(out->file, "van", 0), epoch = jem_json_int(out->file, "epoch", 0),
            inc = jem_json_int(out->file, "inc", 1);
    bool ok = jem_signed_hex(out->file, "hq_sign", out->hq_sign, 32) &&
              jem_signed_hex(out->file, "hq_box", out->hq_box, 32) &&
              jem_signed_hex(out->file, "request", out->request, 32) && number >= 1 && number <= (int64_t)JEM_VAN_MAX &&
              epoch >= 1 && epoch <= UINT16_MAX && inc >= 1 && inc <= UINT16_MAX;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ok = ok && jem_enrol_text_fits(jem_json_str(out->file, texts[i], ""), 0, ENROL_TEXT_MAX);
    if (!ok)
        return jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_ENROL_NO_GRANT);
    out->number = (unsigned)number;
    out->epoch = (uint16_t)epoch;
    out->inc = (uint16_t)inc;
    return JEM_OK;
}

/* Opens the feed that came along and checks that it is HQ's lane for this van from its beginning. */
static enum jem_code grant_open_feed(struct enrol_grant *g, const struct jem_keys *keys, struct jem_error *err)
{
    const char *text = jem_json_str(g->file, "feed", "");
    struct jem_buf segment = JEM_BUF_INIT(ENROL_FILE_MAX);
    struct jem_box_key key;
    size_t n = 0;
    enum jem_code code = jem_box_key_make(&key, g->epoch, g->hq_box, keys->box_secret, err);
    if (code == JEM_OK && !jem_buf_reserve(&segment, strlen(text) + 1))
        code = jem_fail_nomem(err);
    if (code == JEM_OK && sodium_base642bin(segment.data, strlen(text), text, strlen(text), NULL, &n, NULL,
                              sodium_base64_VARIANT_ORIGINAL) != 0)
        code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_ENROL_NO_GRANT);
    if (code == JEM_OK)
        code = jem_segment_open(&key, NULL, segment.data, n, &g->feed, err);
    sodium_memzero(&key, sizeof key);
    jem_buf_release(&segment);
    if (code == JEM_OK && (g->feed.count == 0 || g->feed.items[0].id.writer != 0 ||
                              g->feed.items[0].id.lane != g->number || g->feed.items[0].id.seq != 1))
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_ENROL_FEED);
    return code;
}

/* True when this van has this number from this HQ already; JEM_EEXISTS when it has another. */
static enum jem_code accept_again(struct jem_store *store, const struct enrol_grant *g, bool *again,
    struct jem_error *err)
{
    unsigned char hq[32];
    int writer = jem_store_writer(store);
    *again = false;
    if (writer < 0)
        return JEM_OK;
    enum jem_code code = jem_keys_public(store, 0, hq, err);
    if (code != JEM_OK)
        return code;
    if (writer != (int)g->number || memcmp(hq, g->hq_sign, 32) != 0)
        return jem_fail(err, JEM_EEXISTS, JEM_D_SYNC, 0, JEM_T_ENROL_ALREADY, (unsigned)writer);
    *again = true;
    return JEM_OK;
}

/* Our first box key is of the epoch that the grant names. */
static enum jem_code accept_epoch(struct jem_store *store, const struct enrol_grant *g, const struct jem_keys *keys,
    struct jem_error *err)
{
    char box[32], epoch[8];
    snprintf(box, sizeof box, "box.secret.%u", (unsigned)g->epoch);
    snprintf(epoch, sizeof epoch, "%u", (unsigned)g->epoch);
    enum jem_code code = jem_store_secret_set(store, box, keys->box_secret, 32, err);
    if (code == JEM_OK)
        code = jem_store_meta_set(store, "epoch", epoch, err);
    return code == JEM_OK ? jem_store_meta_set(store, "enrolled.epoch", epoch, err) : code;
}

static enum jem_code accept_settings(struct jem_store *store, const struct enrol_grant *g, struct jem_error *err)
{
    static const char *const names[] = { "host", "region", "place", "contact" };
    char box[32], number[8], inc[8];
    struct jem_buf hub = JEM_BUF_INIT(ENROL_TEXT_MAX);
    const char *offered = jem_json_str(g->file, "hub", "");
    snprintf(box, sizeof box, "hq.box.%u", (unsigned)g->epoch);
    snprintf(number, sizeof number, "%u", g->number);
    snprintf(inc, sizeof inc, "%u", (unsigned)g->inc);
    enum jem_code code = jem_store_secret_set(store, "hq.sign", g->hq_sign, 32, err);
    if (code == JEM_OK)
        code = jem_store_secret_set(store, box, g->hq_box, 32, err);
    for (size_t i = 0; code == JEM_OK && i < sizeof names / sizeof *names; i++)
        code = jem_store_meta_set(store, names[i], jem_json_str(g->file, names[i], ""), err);
    if (code == JEM_OK && offered[0] != '\0') {
        code = jem_store_meta_get(store, "hub", &hub, NULL);
        if (code == JEM_ENOTFOUND || (code == JEM_OK && hub.len == 0))
            code = jem_store_meta_set(store, "hub", offered, err);
    }
    if (code == JEM_OK)
        code = jem_store_meta_set(store, "inc", inc, err);
    if (code == JEM_OK)
        code = jem_store_meta_set(store, "enrolled.inc", inc, err);
    if (code == JEM_OK)
        code = jem_store_meta_set(store, "van", number, err);
    jem_buf_release(&hub);
    return code;
}

/* The officers whom only the store knew become events. Who made the store has its highest role, on a van supervisor. */
static enum jem_code accept_officers(struct jem_store *store, const char *actor, json_t *users, struct jem_error *err)
{
    enum jem_code code = JEM_OK;
    size_t i;
    json_t *user;
    json_array_foreach(users, i, user)
    {
        const char *role = jem_json_str(user, "role", "");
        json_t *body = json_pack("{s:s, s:s, s:s}", "user", jem_json_str(user, "user", ""), "name",
            jem_json_str(user, "name", ""), "role", strcmp(role, "admin") == 0 ? "supervisor" : role);
        if (body == NULL)
            code = jem_fail_nomem(err);
        if (code == JEM_OK && !jem_json_bool(user, "disabled", false))
            code = jem_store_append(store, 0, 0, "user.put", body, actor, NULL, err);
        json_decref(body);
    }
    return code;
}

/* What HQ returned of the van's own records, as far as it came along. Within the unit. */
static enum jem_code accept_history(struct jem_store *store, const struct enrol_grant *g, const struct jem_keys *keys,
    struct jem_error *err)
{
    struct jem_round_report report = { 0 };
    struct jem_trip trip = { .store = store,
        .keys = (struct jem_keys *)(uintptr_t)keys,
        .report = &report,
        .self = g->number,
        .lock = -1 };
    enum jem_code code = jem_ledger_open(jem_store_dir(store), &trip.ledger, err);
    if (code == JEM_OK)
        code = jem_history_take(&trip, g->feed.items[0].id.inc, &g->feed, err);
    jem_ledger_free(trip.ledger);
    return code;
}

static enum jem_code accept_unit(struct jem_store *store, const char *actor, const struct enrol_grant *g,
    const struct jem_keys *keys, struct jem_error *err)
{
    bool again = false;
    size_t added = 0;
    json_t *users = NULL;
    enum jem_code code = jem_store_begin(store, err);
    if (code != JEM_OK)
        return code;
    code = accept_again(store, g, &again, err);
    if (code == JEM_OK && !again) {
        code = jem_store_users(store, &users, err);
        if (code == JEM_OK)
            code = accept_settings(store, g, err);
        if (code == JEM_OK)
            code = accept_epoch(store, g, keys, err);
    }
    if (code == JEM_OK)
        code = jem_store_import(store, g->feed.items, g->feed.count, &added, err);
    if (code == JEM_OK && !again && g->inc > 1)
        code = accept_history(store, g, keys, err);
    if (code == JEM_OK && !again)
        code = accept_officers(store, actor, users, err);
    if (code == JEM_OK)
        code = jem_store_commit(store, err);
    else
        jem_store_rollback(store);
    json_decref(users);
    return code;
}

enum jem_code jem_enrol_accept(struct jem_store *store, const char *actor, const void *grant, size_t n,
    struct jem_enrol_words *words, struct jem_error *err)
{
    struct enrol_grant g = { .file = NULL };
    struct jem_keys *keys = NULL;
    struct jem_buf request = JEM_BUF_INIT(ENROL_FILE_MAX);
    unsigned char mine[32];
    bool again = false;
    if (jem_store_role(store) != JEM_ROLE_VAN)
        return jem_fail(err, JEM_EDENIED, JEM_D_SYNC, 0, JEM_T_ENROL_ROLE_VAN);
    enum jem_code code = grant_read(grant, n, &g, err);
    if (code == JEM_OK)
        code = jem_enrol_keys(store, &keys, err);
    if (code == JEM_OK)
        code = jem_request_write(store, keys, &request, mine, err);
    if (code == JEM_OK && memcmp(mine, g.request, 32) != 0)
        code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_ENROL_NOT_OURS);
    if (code == JEM_OK)
        code = grant_open_feed(&g, keys, err);
    /* Who is enrolled keeps its HQ's escrow slot, whatever grant comes along. The slot is a file of its own: made before
     * the unit, it does no harm when that fails. */
    if (code == JEM_OK)
        code = accept_again(store, &g, &again, err);
    if (code == JEM_OK && !again)
        code = jem_store_escrow(store, g.hq_box, err);
    if (code == JEM_OK)
        code = accept_unit(store, actor, &g, keys, err);
    if (code == JEM_OK)
        jem_fingerprint_words(g.hash, words->words);
    grant_release(&g);
    jem_keys_free(keys);
    jem_buf_release(&request);
    return code;
}
