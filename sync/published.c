/* published.c - published dictionaries by id: read from the store, or learnt from a lane before the store has them. */
#include "published.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define PUBLISHED_KIND "dictionary.published"

struct jem_published {
    struct jem_published *next;
    struct jem_dictionary *dictionary;
};

void jem_published_free(struct jem_published *published)
{
    while (published != NULL) {
        struct jem_published *next = published->next;
        jem_dictionary_free(published->dictionary);
        free(published);
        published = next;
    }
}

static const struct jem_dictionary *published_have(const struct jem_ledger *ledger, uint16_t id)
{
    for (const struct jem_published *p = ledger->published; p != NULL; p = p->next)
        if (jem_dictionary_id(p->dictionary) == id)
            return p->dictionary;
    return NULL;
}

/* Opens and keeps a file; JEM_ECORRUPT when it is not the dictionary `id`. */
static enum jem_code published_keep(struct jem_ledger *ledger, uint16_t id, const struct jem_buf *file,
    struct jem_error *err)
{
    struct jem_dictionary *d = NULL;
    enum jem_code code = jem_dictionary_open(file->data, file->len, &d, err);
    if (code == JEM_OK && (jem_dictionary_id(d) != id || id <= JEM_DICTIONARY_SHIPPED_MAX))
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_DICTIONARY_DAMAGED);
    struct jem_published *p = code == JEM_OK ? calloc(1, sizeof *p) : NULL;
    if (code == JEM_OK && p == NULL)
        code = jem_fail_nomem(err);
    if (code != JEM_OK) {
        jem_dictionary_free(d);
        return code;
    }
    *p = (struct jem_published){ ledger->published, d };
    ledger->published = p;
    return JEM_OK;
}

enum jem_code jem_published_find(struct jem_ledger *ledger, struct jem_store *store, uint16_t id,
    const struct jem_dictionary **out, struct jem_error *err)
{
    struct jem_buf file = JEM_BUF_INIT(JEM_DICTIONARY_BYTES_MAX);
    *out = NULL;
    if (id == 0)
        return JEM_OK;
    *out = id <= JEM_DICTIONARY_SHIPPED_MAX ? jem_dictionary_shipped(id) : published_have(ledger, id);
    if (*out != NULL)
        return JEM_OK;
    enum jem_code code = id <= JEM_DICTIONARY_SHIPPED_MAX ? JEM_ENOTFOUND : jem_store_dictionary(store, id, &file, err);
    if (code == JEM_ENOTFOUND)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_SEGMENT_DICTIONARY, (unsigned)id);
    if (code == JEM_OK)
        code = published_keep(ledger, id, &file, err);
    if (code == JEM_OK)
        *out = published_have(ledger, id);
    jem_buf_release(&file);
    return code;
}

static enum jem_code published_event(struct jem_ledger *ledger, const struct jem_event *e, struct jem_error *err)
{
    json_t *body = NULL;
    struct jem_error ignored;
    struct jem_buf file = JEM_BUF_INIT(JEM_EVENT_BODY_MAX);
    size_t n = 0;
    enum jem_code code = jem_json_parse(e->body, e->body_len, PUBLISHED_KIND, &body, &ignored);
    int64_t id = jem_json_int(body, "id", 0);
    const char *text = jem_json_str(body, "bytes", "");
    if (code == JEM_OK && (id <= JEM_DICTIONARY_SHIPPED_MAX || id > UINT16_MAX || published_have(ledger, (uint16_t)id)))
        code = JEM_ECORRUPT;
    if (code == JEM_OK && !jem_buf_reserve(&file, strlen(text) + 1))
        code = jem_fail_nomem(err);
    if (code == JEM_OK &&
        sodium_base642bin(file.data, file.cap, text, strlen(text), NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        code = JEM_ECORRUPT;
    if (code == JEM_OK) {
        file.len = n;
        code = published_keep(ledger, (uint16_t)id, &file, &ignored);
    }
    json_decref(body);
    jem_buf_release(&file);
    return code == JEM_ENOMEM ? jem_fail_nomem(err) : JEM_OK;
}

enum jem_code jem_published_learn(struct jem_ledger *ledger, const struct jem_event *events, size_t count,
    struct jem_error *err)
{
    enum jem_code code = JEM_OK;
    for (size_t i = 0; code == JEM_OK && i < count; i++)
        if (events[i].id.writer == 0 && events[i].body != NULL && strcmp(events[i].kind, PUBLISHED_KIND) == 0)
            code = published_event(ledger, &events[i], err);
    return code;
}

enum jem_code jem_published_for(struct jem_ledger *ledger, struct jem_store *store, const struct jem_event_id *first,
    const struct jem_dictionary **out, struct jem_error *err)
{
    const struct jem_event_id start = { first->writer, first->lane, first->inc, 1 };
    struct jem_event_id at = *first;
    uint16_t id = 0, older = 0;
    uint64_t read = 0, scan;
    enum jem_code code = JEM_OK;
    if (first->writer != 0) {
        code = jem_store_dictionary_latest(store, &id, err);
    } else {
        if (first->lane != 0) {
            code = jem_store_ack(store, 0, first->lane, first->inc, "received", &read, &scan, err);
            at.seq = read < first->seq ? read + 1 : first->seq;
        }
        if (code == JEM_OK)
            code = jem_store_dictionary_before(store, &at, &id, err);
        if (code == JEM_OK)
            code = jem_store_dictionary_before(store, &start, &older, err);
        /* A van that came later need not have more than the lane's present incarnation. */
        if (id == older)
            id = 0;
    }
    *out = NULL;
    if (code != JEM_OK)
        return code;
    if (id > JEM_DICTIONARY_SHIPPED_MAX && jem_published_find(ledger, store, id, out, err) == JEM_OK)
        return JEM_OK;
    *out = jem_dictionary_shipped(JEM_DICTIONARY_SHIPPED); /* also instead of one that is damaged */
    return JEM_OK;
}
