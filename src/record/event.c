/* event.c - identity, order and hashes of events. The header's byte layout stands in event.h. */
#include "jemput/event.h"

#include <stdlib.h>
#include <string.h>

#include "canonical.h"
#include "jemput/codec.h"

#define EVENT_MAGIC "jemput-event-1\n"
#define EVENT_BLOCK_MAX (32 + sizeof EVENT_MAGIC + 37 + 2 + JEM_EVENT_ACTOR_MAX + JEM_EVENT_KIND_MAX + 32)
#define EVENT_SEQ_MAX (((uint64_t)1 << 48) - 1)

void jem_event_id_format(const struct jem_event_id *id, char out[JEM_EVENT_ID_TEXT])
{
    uint64_t parts[4] = { id->writer, id->lane, id->inc, id->seq };
    char *p = out;
    for (int i = 0; i < 4; i++) {
        char digits[20];
        size_t n = 0;
        do {
            digits[n++] = (char)('0' + parts[i] % 10);
            parts[i] /= 10;
        } while (parts[i] != 0);
        while (n > 0)
            *p++ = digits[--n];
        *p++ = i < 3 ? '.' : '\0';
    }
}

/* One decimal number without sign or leading zero, up to `max`. Moves *s past it. */
static bool event_id_part(const char **s, uint64_t max, uint64_t *out)
{
    const char *p = *s;
    uint64_t v = 0;
    if (*p < '0' || *p > '9' || (*p == '0' && p[1] >= '0' && p[1] <= '9'))
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        v = v * 10 + (uint64_t)(*p - '0');
        if (v > max)
            return false;
    }
    *s = p;
    *out = v;
    return true;
}

bool jem_event_id_parse(const char *s, struct jem_event_id *out)
{
    uint64_t v[4];
    for (int i = 0; i < 4; i++) {
        if (!event_id_part(&s, i < 3 ? UINT16_MAX : EVENT_SEQ_MAX, &v[i]) || *s != (i < 3 ? '.' : '\0'))
            return false;
        s++;
    }
    if (v[2] == 0 || v[3] == 0)
        return false;
    *out = (struct jem_event_id){ (uint16_t)v[0], (uint16_t)v[1], (uint16_t)v[2], v[3] };
    return true;
}

static int event_u64_cmp(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

int jem_event_id_cmp(const struct jem_event_id *a, const struct jem_event_id *b)
{
    int c = event_u64_cmp(a->writer, b->writer);
    if (c == 0)
        c = event_u64_cmp(a->lane, b->lane);
    if (c == 0)
        c = event_u64_cmp(a->inc, b->inc);
    return c != 0 ? c : event_u64_cmp(a->seq, b->seq);
}

int jem_event_cmp(const struct jem_event *a, const struct jem_event *b)
{
    int c = event_u64_cmp(a->hlc, b->hlc);
    return c != 0 ? c : jem_event_id_cmp(&a->id, &b->id);
}

void jem_event_release(struct jem_event *e)
{
    if (e == NULL)
        return;
    free(e->body);
    memset(e, 0, sizeof *e);
}

void jem_event_list_release(struct jem_event_list *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].body);
    free(list->items);
    memset(list, 0, sizeof *list);
}

enum jem_code jem_event_list_push(struct jem_event_list *list, struct jem_event *e, struct jem_error *err)
{
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 16 : list->cap * 2;
        struct jem_event *items = NULL;
        if (cap <= SIZE_MAX / sizeof *items)
            items = realloc(list->items, cap * sizeof *items);
        if (items == NULL)
            return jem_fail_nomem(err);
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count++] = *e;
    memset(e, 0, sizeof *e);
    return JEM_OK;
}

static unsigned char *event_put(unsigned char *p, uint64_t v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        *p++ = (unsigned char)(v >> (8 * i));
    return p;
}

static unsigned char *event_put_name(unsigned char *p, const char *name, size_t max)
{
    size_t n = strnlen(name, max);
    *p++ = (unsigned char)n;
    memcpy(p, name, n);
    return p + n;
}

/* prev_hash, header and body_hash stand in one block, so that the hash is one call. */
static void event_hash(const struct jem_event *e, const unsigned char body_hash[32], unsigned char out[32])
{
    unsigned char block[EVENT_BLOCK_MAX];
    unsigned char *p = block;
    memcpy(p, e->prev_hash, 32);
    memcpy(p + 32, EVENT_MAGIC, sizeof EVENT_MAGIC - 1);
    p += 32 + sizeof EVENT_MAGIC - 1;
    p = event_put(p, e->id.writer, 2);
    p = event_put(p, e->id.lane, 2);
    p = event_put(p, e->id.inc, 2);
    p = event_put(p, e->id.seq, 6);
    p = event_put(p, e->hlc, 8);
    p = event_put(p, (uint64_t)e->wall_ms, 8);
    p = event_put(p, (uint64_t)e->clock_source, 1);
    p = event_put(p, e->subject, 8);
    p = event_put_name(p, e->actor, JEM_EVENT_ACTOR_MAX);
    p = event_put_name(p, e->kind, JEM_EVENT_KIND_MAX);
    memcpy(p, body_hash, 32);
    jem_hash(block, (size_t)(p + 32 - block), out);
}

void jem_event_seal(struct jem_event *e)
{
    if (e->body != NULL)
        jem_hash(e->body, e->body_len, e->body_hash);
    event_hash(e, e->body_hash, e->hash);
}

/* 1..max characters of [a-z0-9._-], NUL within the array. */
static bool event_name_ok(const char *s, size_t max)
{
    size_t n = 0;
    for (; n <= max && s[n] != '\0'; n++) {
        char c = s[n];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
            return false;
    }
    return n >= 1 && n <= max;
}

static bool event_names_ok(const struct jem_event *e)
{
    return e->id.inc != 0 && e->id.seq != 0 && e->id.seq <= EVENT_SEQ_MAX && (unsigned)e->clock_source <= UINT8_MAX &&
           event_name_ok(e->actor, JEM_EVENT_ACTOR_MAX) && event_name_ok(e->kind, JEM_EVENT_KIND_MAX);
}

/* JEM_OK when the body is the canonical form of a JSON object; JEM_ECORRUPT without a message when not. */
static enum jem_code event_body_check(const struct jem_event *e, struct jem_error *err)
{
    json_t *v = NULL;
    struct jem_buf canon = JEM_BUF_INIT(JEM_EVENT_BODY_MAX);
    if (e->body_len > JEM_EVENT_BODY_MAX)
        return JEM_ECORRUPT;
    if (canonical_object(e->body, e->body_len))
        return JEM_OK;
    enum jem_code rc = jem_json_parse(e->body, e->body_len, "event", &v, err);
    if (rc == JEM_OK)
        rc = jem_json_canonical(v, &canon, err);
    if (rc != JEM_OK)
        rc = rc == JEM_ENOMEM && !canon.failed ? JEM_ENOMEM : JEM_ECORRUPT;
    else if (!json_is_object(v) || canon.len != e->body_len || memcmp(canon.data, e->body, e->body_len) != 0)
        rc = JEM_ECORRUPT;
    json_decref(v);
    jem_buf_release(&canon);
    return rc;
}

enum jem_code jem_event_verify(const struct jem_event *e, struct jem_error *err)
{
    char id[JEM_EVENT_ID_TEXT];
    unsigned char hash[32];
    jem_event_id_format(&e->id, id);
    if (!event_names_ok(e))
        return jem_fail(err, JEM_ECORRUPT, JEM_D_RECORD, 0, JEM_T_EVENT_NAME, id);
    if (e->body != NULL) {
        jem_hash(e->body, e->body_len, hash);
        if (memcmp(hash, e->body_hash, 32) != 0)
            return jem_fail(err, JEM_ECORRUPT, JEM_D_RECORD, 0, JEM_T_EVENT_HASH, id);
    }
    event_hash(e, e->body_hash, hash);
    if (memcmp(hash, e->hash, 32) != 0)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_RECORD, 0, JEM_T_EVENT_HASH, id);
    if (e->body == NULL)
        return JEM_OK;
    enum jem_code rc = event_body_check(e, err);
    return rc == JEM_ECORRUPT ? jem_fail(err, rc, JEM_D_RECORD, 0, JEM_T_EVENT_BODY, id) : rc;
}
