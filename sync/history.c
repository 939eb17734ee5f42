/* history.c - a van's own events, given back by HQ: sealed between the two as its records were, in the bodies of
 * history.returned events on the van's lane, in the order in which the van wrote them. */
#include <sodium.h>
#include <string.h>

#include "jemput/log.h"
#include "merge.h"
#include "published.h"
#include "verify.h"

#define HISTORY_BYTES ((size_t)256 << 10) /* of bodies in one segment */
#define HISTORY_INCS_MAX 64

static enum jem_code history_text(const struct jem_buf *segment, struct jem_buf *text, struct jem_error *err)
{
    size_t need = sodium_base64_encoded_len(segment->len, sodium_base64_VARIANT_ORIGINAL);
    if (!jem_buf_reserve(text, need))
        return jem_fail_nomem(err);
    sodium_bin2base64((char *)text->data, need, segment->data, segment->len, sodium_base64_VARIANT_ORIGINAL);
    text->len = need - 1;
    return JEM_OK;
}

/* One run of events as one event on the van's lane. */
static enum jem_code history_put(struct jem_store *store, const char *actor, const struct jem_box_key *key,
    const struct jem_event_list *events, struct jem_error *err)
{
    struct jem_buf segment = JEM_BUF_INIT(JEM_EVENT_BODY_MAX), text = JEM_BUF_INIT(JEM_EVENT_BODY_MAX);
    json_t *body = NULL;
    enum jem_code code = jem_segment_seal(key, jem_dictionary_shipped(JEM_DICTIONARY_SHIPPED), events->items,
        events->count, &segment, err);
    if (code == JEM_OK)
        code = history_text(&segment, &text, err);
    if (code == JEM_OK && (body = json_pack("{s:s}", "segment", jem_buf_text(&text))) == NULL)
        code = jem_fail_nomem(err);
    if (code == JEM_OK)
        code = jem_store_append(store, (uint16_t)events->items[0].id.writer, 0, "history.returned", body, actor, NULL,
            err);
    json_decref(body);
    jem_buf_release(&segment);
    jem_buf_release(&text);
    return code;
}

static enum jem_code history_inc(struct jem_store *store, const char *actor, const struct jem_box_key *key,
    struct jem_event_id from, struct jem_error *err)
{
    enum jem_code code = JEM_OK;
    for (size_t count = 1; code == JEM_OK && count > 0;) {
        struct jem_event_list events = { 0 };
        code = jem_store_events(store, &from, JEM_SEGMENT_EVENTS, HISTORY_BYTES, &events, err);
        count = events.count;
        if (code == JEM_OK && count > 0) {
            from.seq = events.items[count - 1].id.seq + 1;
            code = history_put(store, actor, key, &events, err);
        }
        jem_event_list_release(&events);
    }
    return code;
}

/* The key by which the incarnation that asks can open it. */
static enum jem_code history_key(struct jem_store *store, const struct jem_keys *keys, unsigned van, uint16_t to,
    struct jem_box_key *key, struct jem_error *err)
{
    uint16_t epoch = 0;
    enum jem_code code = jem_store_epoch(store, (uint16_t)van, &epoch, err);
    if (code == JEM_OK)
        code = jem_keys_box(store, keys, van, to, epoch < keys->epoch ? epoch : keys->epoch, key, err);
    return code;
}

enum jem_code jem_history_give(struct jem_store *store, const struct jem_box_key *key, const char *actor, unsigned van,
    uint16_t inc, uint64_t seq, uint16_t to, struct jem_error *err)
{
    uint16_t incs[HISTORY_INCS_MAX], at = to;
    size_t count = 0;
    enum jem_code code = JEM_OK;
    while (code == JEM_OK && at > inc && at > 1 && count < HISTORY_INCS_MAX) {
        code = jem_store_inc_upto(store, (uint16_t)van, 0, (uint16_t)(at - 1), &at, err);
        if (code == JEM_OK && at >= inc && at != 0)
            incs[count++] = at;
    }
    while (code == JEM_OK && count-- > 0)
        code = history_inc(store, actor, key,
            (struct jem_event_id){ (uint16_t)van, 0, incs[count], incs[count] == inc ? seq + 1 : 1 }, err);
    return code;
}

enum jem_code jem_history_return(struct jem_store *store, const struct jem_keys *keys, const char *actor, unsigned van,
    uint16_t inc, uint64_t seq, uint16_t to, struct jem_error *err)
{
    struct jem_box_key key;
    enum jem_code code = history_key(store, keys, van, to, &key, err);
    if (code == JEM_OK)
        code = jem_history_give(store, &key, actor, van, inc, seq, to, err);
    sodium_memzero(&key, sizeof key);
    return code;
}

enum jem_code jem_history_add(struct jem_store *store, const struct jem_keys *keys, const char *actor, unsigned van,
    uint16_t inc, uint64_t seq, struct jem_error *err)
{
    uint16_t newest = 0;
    struct jem_box_key key;
    enum jem_code code = jem_store_van_inc(store, (uint16_t)van, &newest, err);
    if (code != JEM_OK || newest <= inc)
        return code;
    code = history_key(store, keys, van, newest, &key, err);
    if (code == JEM_OK)
        code = history_inc(store, actor, &key, (struct jem_event_id){ (uint16_t)van, 0, inc, seq + 1 }, err);
    sodium_memzero(&key, sizeof key);
    return code;
}

/* ---- van ---- */

static enum jem_code history_open(struct jem_trip *trip, uint16_t hq_inc, const char *text,
    struct jem_event_list *events, struct jem_error *err)
{
    struct jem_buf segment = JEM_BUF_INIT(JEM_EVENT_BODY_MAX);
    struct jem_segment_header header;
    struct jem_box_key key;
    const struct jem_dictionary *dictionary = NULL;
    size_t n = 0;
    enum jem_code code = jem_buf_reserve(&segment, strlen(text) + 1) ? JEM_OK : jem_fail_nomem(err);
    if (code == JEM_OK && sodium_base642bin(segment.data, strlen(text), text, strlen(text), NULL, &n, NULL,
                              sodium_base64_VARIANT_ORIGINAL) != 0)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_SEGMENT_FORM);
    if (code == JEM_OK)
        code = jem_segment_header_read(segment.data, n, &header, err);
    if (code == JEM_OK)
        code = jem_keys_box(trip->store, trip->keys, 0, hq_inc, header.epoch, &key, err);
    if (code == JEM_OK)
        code = jem_published_find(trip->ledger, trip->store, header.dictionary, &dictionary, err);
    if (code == JEM_OK)
        code = jem_segment_open(&key, dictionary, segment.data, n, events, err);
    sodium_memzero(&key, sizeof key);
    jem_buf_release(&segment);
    return code;
}

/* The van's own events of a closed incarnation, and nothing else. */
static bool history_is_ours(const struct jem_trip *trip, const struct jem_event_list *events)
{
    for (size_t i = 0; i < events->count; i++) {
        const struct jem_event_id *id = &events->items[i].id;
        if (id->writer != trip->self || id->lane != 0 || id->inc >= jem_store_inc(trip->store))
            return false;
    }
    return true;
}

static enum jem_code history_take_one(struct jem_trip *trip, uint16_t hq_inc, const struct jem_event *e,
    struct jem_error *err)
{
    json_t *body = NULL;
    size_t added = 0;
    struct jem_event_list events = { 0 };
    enum jem_code code = jem_json_parse(e->body, e->body_len, e->kind, &body, err);
    if (code == JEM_OK)
        code = history_open(trip, hq_inc, jem_json_str(body, "segment", ""), &events, err);
    if (code == JEM_OK && history_is_ours(trip, &events)) /* else it is for another laptop of this van */
        code = jem_store_import(trip->store, events.items, events.count, &added, err);
    if (code == JEM_OK)
        trip->report->received_events += added;
    jem_event_list_release(&events);
    json_decref(body);
    return code;
}

enum jem_code jem_history_take(struct jem_trip *trip, uint16_t hq_inc, const struct jem_event_list *events,
    struct jem_error *err)
{
    struct jem_error why = { .code = JEM_OK };
    for (size_t i = 0; i < events->count; i++) {
        const struct jem_event *e = &events->items[i];
        if (strcmp(e->kind, "history.returned") != 0 || e->body == NULL)
            continue;
        enum jem_code code = history_take_one(trip, hq_inc, e, &why);
        if (code == JEM_ECORRUPT || code == JEM_EINVAL || code == JEM_ENOTFOUND) {
            jem_log(JEM_LOG_WARN, "sync: own events that HQ returned do not hold: %s", why.msg);
            continue;
        }
        if (code != JEM_OK) {
            if (err != NULL)
                *err = why;
            return code;
        }
    }
    return JEM_OK;
}
