/* dictionary.c - reads dictionaries, and keeps those that are in the program.
 *
 *   payload := varint number of lists | lists | varint number of paths | paths | zstd dictionary, the rest
 *   list    := kind u8 (0 values, 1 words) | varint number of strings | strings, ascending | weights
 *   string  := varint length | bytes; words also: form and group u8, form * 16 + group
 *   weights := of each context (1 for values, JEM_KNOWN_CONTEXTS for words) one u8 for each symbol: the other symbols
 *              first (JEM_KNOWN_FIRST), then the strings. 0 is a share of 1, w > 0 one of (4 + w % 4) << w / 4
 *   path    := varint length | bytes | varint index of its list
 *
 * Shares become what the range coder believes at the start of a column; from there it learns as ever. */
#include "dictionary.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zdict.h>

#include "jemput/codec.h"
#include "names.h"

#define DICTIONARY_MAGIC "JSD1"
#define DICTIONARY_HEADER 10
#define DICTIONARY_CHECK 16
#define DICTIONARY_PAYLOAD_MAX ((size_t)1 << 20)
#define DICTIONARY_LISTS_MAX 512
#define DICTIONARY_PATHS_MAX 4096
#define DICTIONARY_STRINGS_MAX 4096             /* of one list */
#define DICTIONARY_MODELS_MAX ((size_t)1 << 20) /* of all lists */
#define DICTIONARY_WEIGHT_MAX 87
#define DICTIONARY_LEVEL 19
#define DICTIONARY_TRIAL_LEVEL 6

struct jem_dictionary {
    uint16_t id;
    struct jem_buf payload; /* strings of the lists point into it */
    struct jem_known *lists;
    size_t list_count, models;
    struct jem_names paths;
    uint16_t *list_of; /* by path */
    const unsigned char *content;
    size_t content_size;
    ZSTD_DDict *unpack;
    pthread_mutex_t lock; /* of `pack` */
    ZSTD_CDict *pack[2];
};

/* ---- lists ---- */

static int known_cmp(const struct jem_known_string *a, const char *p, size_t n)
{
    size_t common = a->n < n ? a->n : n;
    int order = common == 0 ? 0 : memcmp(a->p, p, common);
    return order != 0 ? order : a->n < n ? -1 : a->n > n;
}

size_t jem_known_find(const struct jem_known *list, const char *p, size_t n)
{
    size_t from = 0, to = list->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = known_cmp(&list->items[middle], p, n);
        if (order == 0)
            return middle;
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return SIZE_MAX;
}

unsigned jem_known_context(size_t place, unsigned before, unsigned group)
{
    static const unsigned contexts[] = { JEM_KNOWN_START, JEM_KNOWN_TEXT, JEM_KNOWN_DIGITS };
    if (before < JEM_KNOWN_FIRST(true))
        return contexts[before];
    return group > 0 ? JEM_KNOWN_GROUP + group - 1 : place == 1 ? JEM_KNOWN_WORD_FIRST : JEM_KNOWN_WORD;
}

static uint64_t known_share(uint8_t weight)
{
    return weight == 0 ? 1 : (uint64_t)(4 + weight % 4) << weight / 4;
}

uint8_t jem_known_weight(uint64_t share)
{
    uint8_t weight = 0;
    while (weight < DICTIONARY_WEIGHT_MAX && known_share((uint8_t)(weight + 1)) <= share)
        weight++;
    return weight;
}

/* The models of one context: each node of the tree splits the shares of the symbols under it. */
static void known_prior(struct jem_range_model *models, unsigned bits, const uint8_t *weights, size_t symbols,
    uint64_t *sums)
{
    size_t leaves = (size_t)1 << bits;
    for (size_t i = 0; i < leaves; i++)
        sums[leaves + i] = i < symbols ? known_share(weights[i]) : 0;
    for (size_t i = leaves - 1; i > 0; i--) {
        sums[i] = sums[2 * i] + sums[2 * i + 1];
        models[i] = jem_range_model_of(sums[2 * i], sums[2 * i + 1]);
    }
}

static bool known_read_strings(struct jem_reader *r, struct jem_known *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct jem_known_string *s = &list->items[i];
        uint64_t n = jem_read_varint(r);
        if (r->failed || n > jem_reader_left(r))
            return false;
        s->n = (uint32_t)n;
        s->p = (const char *)jem_read_bytes(r, n);
        if (list->words) {
            uint8_t more = jem_read_u8(r);
            s->form = more / 16;
            s->group = more % 16;
        }
        /* A NUL would end it among the texts; a word without bytes would be none. */
        if (r->failed || (n > 0 && memchr(s->p, '\0', n) != NULL) || s->form >= JEM_WORD_FORMS ||
            s->group >= JEM_KNOWN_GROUPS || (list->words && (n == 0 || n > JEM_WORD_MAX)) ||
            (i > 0 && known_cmp(&list->items[i - 1], s->p, s->n) >= 0))
            return false;
    }
    return true;
}

static enum jem_code known_read(struct jem_dictionary *d, struct jem_reader *r, struct jem_known *list,
    struct jem_error *err)
{
    list->raw = r->p;
    uint8_t kind = jem_read_u8(r);
    uint64_t count = jem_read_varint(r);
    if (r->failed || kind > 1 || count == 0 || count > DICTIONARY_STRINGS_MAX)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_DICTIONARY_DAMAGED);
    list->words = kind == 1;
    list->count = count;
    list->contexts = list->words ? JEM_KNOWN_CONTEXTS : 1;
    size_t symbols = list->count + JEM_KNOWN_FIRST(list->words);
    list->bits = jem_range_bits_for(symbols);
    d->models += list->contexts << list->bits;
    if (d->models > DICTIONARY_MODELS_MAX)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_DICTIONARY_DAMAGED);
    list->items = calloc(list->count, sizeof *list->items);
    list->prior = calloc(list->contexts << list->bits, sizeof *list->prior);
    uint64_t *sums = calloc((size_t)2 << list->bits, sizeof *sums);
    enum jem_code code = JEM_OK;
    if (list->items == NULL || list->prior == NULL || sums == NULL)
        code = jem_fail_nomem(err);
    else if (!known_read_strings(r, list) || jem_reader_left(r) < list->contexts * symbols)
        code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_DICTIONARY_DAMAGED);
    for (size_t i = 0; code == JEM_OK && i < list->contexts; i++) {
        const unsigned char *weights = jem_read_bytes(r, symbols);
        for (size_t j = 0; j < symbols; j++)
            if (weights[j] > DICTIONARY_WEIGHT_MAX)
                code = jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_DICTIONARY_DAMAGED);
        if (code == JEM_OK)
            known_prior(list->prior + (i << list->bits), list->bits, weights, symbols, sums);
    }
    list->raw_size = (size_t)(r->p - list->raw);
    free(sums);
    return code;
}

void jem_known_write(const struct jem_known_draft *draft, struct jem_buf *payload)
{
    size_t contexts = draft->words ? JEM_KNOWN_CONTEXTS : 1;
    jem_buf_byte(payload, draft->words);
    jem_buf_varint(payload, draft->count);
    for (size_t i = 0; i < draft->count; i++) {
        jem_buf_varint(payload, draft->items[i].n);
        jem_buf_add(payload, draft->items[i].p, draft->items[i].n);
        if (draft->words)
            jem_buf_byte(payload, (unsigned char)(draft->items[i].form * 16 + draft->items[i].group));
    }
    jem_buf_add(payload, draft->weights, contexts * (draft->count + JEM_KNOWN_FIRST(draft->words)));
}

/* ---- the payload ---- */

static enum jem_code dictionary_paths(struct jem_dictionary *d, struct jem_reader *r, struct jem_error *err)
{
    uint64_t count = jem_read_varint(r);
    if (r->failed || count > DICTIONARY_PATHS_MAX)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_DICTIONARY_DAMAGED);
    d->paths.bytes = JEM_BUF_INIT(DICTIONARY_PAYLOAD_MAX);
    d->list_of = calloc(count + 1, sizeof *d->list_of);
    if (d->list_of == NULL)
        return jem_fail_nomem(err);
    for (uint64_t i = 0; i < count; i++) {
        bool fresh;
        uint64_t n = jem_read_varint(r);
        const unsigned char *path = r->failed || n > jem_reader_left(r) ? NULL : jem_read_bytes(r, n);
        uint64_t list = jem_read_varint(r);
        if (path == NULL || r->failed || list >= d->list_count)
            return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_DICTIONARY_DAMAGED);
        size_t at = jem_names_add(&d->paths, path, n, &fresh);
        if (at == SIZE_MAX)
            return jem_fail_nomem(err);
        d->list_of[at] = (uint16_t)list;
    }
    return JEM_OK;
}

static enum jem_code dictionary_read(struct jem_dictionary *d, struct jem_error *err)
{
    struct jem_reader r = jem_reader_of(d->payload.data, d->payload.len);
    uint64_t lists = jem_read_varint(&r);
    enum jem_code code = JEM_OK;
    if (r.failed || lists > DICTIONARY_LISTS_MAX)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_DICTIONARY_DAMAGED);
    d->lists = calloc(lists + 1, sizeof *d->lists);
    if (d->lists == NULL)
        return jem_fail_nomem(err);
    while (code == JEM_OK && d->list_count < lists)
        code = known_read(d, &r, &d->lists[d->list_count++], err);
    if (code == JEM_OK)
        code = dictionary_paths(d, &r, err);
    if (code != JEM_OK)
        return code;
    d->content = r.p;
    d->content_size = jem_reader_left(&r);
    d->unpack = ZSTD_createDDict(d->content, d->content_size);
    return d->unpack == NULL ? jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_DICTIONARY_DAMAGED) : JEM_OK;
}

/* ---- the file ---- */

static enum jem_code dictionary_unwrap(const unsigned char *p, size_t n, struct jem_dictionary *d,
    struct jem_error *err)
{
    struct jem_reader r = jem_reader_of(p, n);
    const unsigned char *magic = jem_read_bytes(&r, 4);
    unsigned char check[32];
    d->id = jem_read_u16(&r);
    uint32_t size = jem_read_u32(&r);
    if (r.failed || n > JEM_DICTIONARY_BYTES_MAX || jem_reader_left(&r) < DICTIONARY_CHECK ||
        memcmp(magic, DICTIONARY_MAGIC, 4) != 0 || d->id == 0 || size == 0 || size > DICTIONARY_PAYLOAD_MAX)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_DICTIONARY_DAMAGED);
    jem_hash(p, n - DICTIONARY_CHECK, check);
    size_t frame = jem_reader_left(&r) - DICTIONARY_CHECK;
    if (memcmp(check, p + n - DICTIONARY_CHECK, DICTIONARY_CHECK) != 0 ||
        ZSTD_getFrameContentSize(r.p, frame) != size || ZSTD_findFrameCompressedSize(r.p, frame) != frame)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_DICTIONARY_DAMAGED);
    if (!jem_buf_reserve(&d->payload, size))
        return jem_fail_nomem(err);
    d->payload.len = ZSTD_decompress(d->payload.data, size, r.p, frame);
    if (ZSTD_isError(d->payload.len) || d->payload.len != size) {
        d->payload.len = 0;
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_DICTIONARY_DAMAGED);
    }
    return JEM_OK;
}

enum jem_code jem_dictionary_open(const void *p, size_t n, struct jem_dictionary **out, struct jem_error *err)
{
    struct jem_dictionary *d = calloc(1, sizeof *d);
    *out = NULL;
    if (d == NULL)
        return jem_fail_nomem(err);
    pthread_mutex_init(&d->lock, NULL);
    d->payload = JEM_BUF_INIT(DICTIONARY_PAYLOAD_MAX);
    enum jem_code code = dictionary_unwrap(p, n, d, err);
    if (code == JEM_OK)
        code = dictionary_read(d, err);
    if (code == JEM_OK)
        *out = d;
    else
        jem_dictionary_free(d);
    return code;
}

void jem_dictionary_free(struct jem_dictionary *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < d->list_count; i++) {
        free(d->lists[i].items);
        free(d->lists[i].prior);
    }
    free(d->lists);
    free(d->list_of);
    jem_names_release(&d->paths);
    ZSTD_freeDDict(d->unpack);
    ZSTD_freeCDict(d->pack[0]);
    ZSTD_freeCDict(d->pack[1]);
    jem_buf_release(&d->payload);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

uint16_t jem_dictionary_id(const struct jem_dictionary *d)
{
    return d == NULL ? 0 : d->id;
}

const struct jem_known *jem_dictionary_list(const struct jem_dictionary *d, const void *path, size_t n)
{
    size_t at = d == NULL ? SIZE_MAX : jem_names_find(&d->paths, path, n);
    return at == SIZE_MAX ? NULL : &d->lists[d->list_of[at]];
}

const unsigned char *jem_dictionary_content(const struct jem_dictionary *d, size_t *n)
{
    size_t tables = ZDICT_getDictHeaderSize(d->content, d->content_size);
    tables = ZDICT_isError(tables) || tables > d->content_size ? 0 : tables; /* it may have none */
    *n = d->content_size - tables;
    return d->content + tables;
}

const ZSTD_DDict *jem_dictionary_unpack(const struct jem_dictionary *d)
{
    return d->unpack;
}

/* Writing under a dictionary needs tables that readers have no use for. */
const ZSTD_CDict *jem_dictionary_pack(const struct jem_dictionary *d, bool hard)
{
    struct jem_dictionary *own = (struct jem_dictionary *)(uintptr_t)d;
    pthread_mutex_lock(&own->lock);
    if (own->pack[hard] == NULL)
        own->pack[hard] =
            ZSTD_createCDict(d->content, d->content_size, hard ? DICTIONARY_LEVEL : DICTIONARY_TRIAL_LEVEL);
    const ZSTD_CDict *pack = own->pack[hard];
    pthread_mutex_unlock(&own->lock);
    return pack;
}

enum jem_code jem_dictionary_write(uint16_t id, const struct jem_buf *payload, struct jem_buf *out,
    struct jem_error *err)
{
    size_t had = out->len, cap = ZSTD_compressBound(payload->len), packed = 0;
    unsigned char check[32];
    jem_buf_str(out, DICTIONARY_MAGIC);
    jem_buf_u16(out, id);
    jem_buf_u32(out, (uint32_t)payload->len);
    enum jem_code code = JEM_OK;
    if (payload->len > DICTIONARY_PAYLOAD_MAX)
        code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_DICTIONARY_LARGE);
    else if (payload->failed || !jem_buf_reserve(out, cap + DICTIONARY_CHECK))
        code = jem_fail_nomem(err);
    if (code == JEM_OK) {
        packed = ZSTD_compress(out->data + out->len, cap, payload->data, payload->len, DICTIONARY_LEVEL);
        if (ZSTD_isError(packed))
            code = jem_fail(err, JEM_EINTERNAL, JEM_D_SYNC, 0, JEM_T_SEGMENT_ZSTD);
    }
    if (code == JEM_OK) {
        out->len += packed;
        if (id == 0) {
            jem_hash(out->data + had, out->len - had, check);
            id = (uint16_t)(JEM_DICTIONARY_SHIPPED_MAX + 1 +
                            (unsigned)(check[0] << 8 | check[1]) % (UINT16_MAX - JEM_DICTIONARY_SHIPPED_MAX));
            out->data[had + 4] = (unsigned char)(id >> 8);
            out->data[had + 5] = (unsigned char)id;
        }
        jem_hash(out->data + had, out->len - had, check);
        jem_buf_add(out, check, DICTIONARY_CHECK);
        if (out->len - had > JEM_DICTIONARY_BYTES_MAX)
            code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_DICTIONARY_LARGE);
    }
    if (code != JEM_OK)
        out->len = had;
    return code;
}
