/* dictionary.c - HQ trains a dictionary for segments on what its vans record, and publishes it.
 *
 * A van gets to read it, and a van must learn nothing of people whom another van served: the rule of jemput/dictionary.h is
 * kept with names left out and a number of applications that no family or hamlet office reaches by itself. People's names
 * come from the program's own dictionary, which nobody's records went into. */
#include <sodium.h>
#include <string.h>

#include "jemput/desk.h"
#include "jemput/segment.h"
#include "own.h"

#define DICTIONARY_EVENTS_STREAM 20000 /* the newest of each stream */
#define DICTIONARY_EVENTS_ALL 100000
#define DICTIONARY_BYTES ((size_t)64 << 20)
#define DICTIONARY_TEST 50 /* one event in this many is kept out of the training, in runs of DICTIONARY_RUN */
#define DICTIONARY_RUN 5
#define DICTIONARY_BODY_MAX 8192 /* a longer body is a catalogue or the like: it does not come again and again */

/* ---- the events ---- */

static enum jem_code events_of_stream(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t inc,
    struct jem_event_list *out, struct jem_error *err)
{
    struct jem_stream_head head;
    size_t had = out->count;
    enum jem_code rc = jem_store_head(store, writer, lane, inc, &head, err);
    if (rc != JEM_OK || head.last.seq == 0 || had >= DICTIONARY_EVENTS_ALL)
        return rc;
    struct jem_event_id from = head.last;
    from.seq = head.last.seq > DICTIONARY_EVENTS_STREAM ? head.last.seq - DICTIONARY_EVENTS_STREAM + 1 : 1;
    return jem_store_events(store, &from, DICTIONARY_EVENTS_STREAM, DICTIONARY_BYTES, out, err);
}

static enum jem_code events_of_vans(struct jem_store *store, const json_t *vans, struct jem_event_list *out,
    struct jem_error *err)
{
    size_t i;
    json_t *van;
    enum jem_code rc = JEM_OK;
    json_array_foreach(vans, i, van)
    {
        uint16_t number = (uint16_t)jem_json_int(van, "van", 0);
        if (rc == JEM_OK)
            rc = events_of_stream(store, number, 0, (uint16_t)jem_json_int(van, "inc", 1), out, err);
        if (rc == JEM_OK)
            rc = events_of_stream(store, 0, number, jem_store_inc(store), out, err);
    }
    return rc;
}

static void events_drop_long(struct jem_event_list *all)
{
    size_t kept = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].body_len > DICTIONARY_BODY_MAX)
            jem_event_release(&all->items[i]);
        else
            all->items[kept++] = all->items[i];
    }
    all->count = kept;
}

/* Moves short runs of events to `test`, spread over all of them; both stay sorted. */
static enum jem_code events_part(struct jem_event_list *all, struct jem_event_list *test, struct jem_error *err)
{
    size_t kept = 0;
    enum jem_code rc = JEM_OK;
    for (size_t i = 0; i < all->count; i++) {
        if (rc == JEM_OK && i / DICTIONARY_RUN % DICTIONARY_TEST == DICTIONARY_TEST / 2)
            rc = jem_event_list_push(test, &all->items[i], err);
        else
            all->items[kept++] = all->items[i];
    }
    all->count = kept;
    return rc;
}

/* ---- does it pay ---- */

/* Bytes of the events as segments of one run each. */
static enum jem_code sealed_size(const struct jem_dictionary *d, const struct jem_event_list *test, size_t *size,
    struct jem_error *err)
{
    struct jem_box_key key = { .epoch = 1 };
    struct jem_buf out = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    enum jem_code rc = JEM_OK;
    *size = 0;
    jem_random(key.shared, sizeof key.shared);
    for (size_t from = 0, to; rc == JEM_OK && from < test->count; from = to) {
        to = from + 1;
        while (to < test->count && test->items[to].id.writer == test->items[from].id.writer &&
               test->items[to].id.lane == test->items[from].id.lane &&
               test->items[to].id.seq == test->items[to - 1].id.seq + 1)
            to++;
        jem_buf_clear(&out);
        rc = jem_segment_seal(&key, d, test->items + from, to - from, &out, err);
        *size += out.len;
    }
    jem_buf_release(&out);
    return rc;
}

/* ---- publishing ---- */

static enum jem_code dictionary_append(struct jem_app *app, const json_t *vans, uint16_t id, const struct jem_buf *file,
    struct jem_error *err)
{
    size_t i, need = sodium_base64_encoded_len(file->len, sodium_base64_VARIANT_ORIGINAL);
    json_t *van, *body = NULL;
    struct jem_buf text = JEM_BUF_INIT(JEM_EVENT_BODY_MAX);
    if (jem_buf_reserve(&text, need)) {
        sodium_bin2base64((char *)text.data, need, file->data, file->len, sodium_base64_VARIANT_ORIGINAL);
        body = json_pack("{s:i,s:s}", "id", (int)id, "bytes", (const char *)text.data);
    }
    enum jem_code rc = body == NULL ? jem_fail_nomem(err) : jem_store_begin(app->store, err);
    if (rc == JEM_OK) {
        rc = jem_store_append(app->store, 0, 0, "dictionary.published", body, app->user, NULL, err);
        json_array_foreach(vans, i, van)
        {
            if (rc == JEM_OK)
                rc = jem_store_append(app->store, (uint16_t)jem_json_int(van, "van", 0), 0, "dictionary.published",
                    body, app->user, NULL, err);
        }
        if (rc == JEM_OK)
            rc = jem_store_commit(app->store, err);
        if (rc != JEM_OK)
            jem_store_rollback(app->store);
    }
    json_decref(body);
    jem_buf_release(&text);
    return rc;
}

/* Known already: the same contents give the same id. */
static bool dictionary_known(struct jem_store *store, uint16_t id)
{
    struct jem_buf file = JEM_BUF_INIT(JEM_DICTIONARY_BYTES_MAX);
    bool known = jem_store_dictionary(store, id, &file, NULL) == JEM_OK;
    jem_buf_release(&file);
    return known;
}

static enum jem_code dictionary_judge(struct jem_app *app, const json_t *vans, const struct jem_event_list *test,
    size_t events, const struct jem_buf *file, json_t **out, struct jem_error *err)
{
    struct jem_dictionary *made = NULL;
    size_t before = 0, after = 0;
    bool publish = false;
    enum jem_code rc = jem_dictionary_open(file->data, file->len, &made, err);
    uint16_t id = jem_dictionary_id(made);
    if (rc == JEM_OK)
        rc = sealed_size(jem_dictionary_shipped(JEM_DICTIONARY_SHIPPED), test, &before, err);
    if (rc == JEM_OK)
        rc = sealed_size(made, test, &after, err);
    if (rc == JEM_OK) {
        publish = after < before && !dictionary_known(app->store, id);
        rc = publish ? dictionary_append(app, vans, id, file, err) : JEM_OK;
    }
    jem_dictionary_free(made);
    if (rc != JEM_OK)
        return rc;
    return own_give(json_pack("{s:b,s:i,s:I,s:I,s:I,s:I}", "published", publish, "id", (int)id, "bytes",
                        (json_int_t)file->len, "events", (json_int_t)events, "before", (json_int_t)before, "after",
                        (json_int_t)after),
        out, err);
}

enum jem_code jem_desk_dictionary_train(struct jem_app *app, json_t **out, struct jem_error *err)
{
    const struct jem_dictionary_rule rule = { .applications_min = JEM_DESK_DICTIONARY_APPLICATIONS,
        .base = jem_dictionary_shipped(JEM_DICTIONARY_SHIPPED) };
    struct jem_event_list events = { 0 }, test = { 0 };
    struct jem_buf file = JEM_BUF_INIT(JEM_DICTIONARY_BYTES_MAX * 2);
    json_t *vans = NULL;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = jem_store_vans(app->store, &vans, err);
    if (rc == JEM_OK)
        rc = events_of_vans(app->store, vans, &events, err);
    events_drop_long(&events);
    if (rc == JEM_OK)
        rc = events_part(&events, &test, err);
    if (rc == JEM_OK)
        rc = jem_dictionary_train(events.items, events.count, 0, &rule, &file, err);
    if (rc == JEM_OK)
        rc = dictionary_judge(app, vans, &test, events.count, &file, out, err);
    json_decref(vans);
    jem_event_list_release(&events);
    jem_event_list_release(&test);
    jem_buf_release(&file);
    return rc;
}
