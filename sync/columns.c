/* columns.c - a run of events as columns.
 *
 *   columns := varint length of numbers | numbers | texts
 *   numbers := one stream of the range coder (range.h), in this order:
 *              writer, lane, inc, first seq, count
 *              a bit "the hash before the first event is zero", else its 32 bytes
 *              number of shapes; of each event the index of its shape, a tree that learns by the shape before it
 *              of each event: HLC milliseconds against the event before, signed; HLC counter; wall clock against the
 *                HLC milliseconds, signed; clock source
 *              actors: a column of strings
 *              of each event its subject: 0 none, 1 as the event before, 2 new, 3 one of this segment, by how many
 *                subjects ago it was first seen. New: a bit "an application of the van before (first: the
 *                writer's)", else the part above 38 bits, a number; then 38 bits
 *              of each redacted event the 32 bytes of its body's hash
 *              columns of the bodies: villages, NIKs, then the others as the shapes bring them up
 *   texts   := the shapes (shape.h), then what the columns put among the texts
 *
 * Columns exist for each kind and path. Inside a column values stand by shape, then by seq, so that like is beside
 * like. Ways to write a column: column.c. Hashes of events are computed, not carried. A body that does not fit the
 * grammar of shapes is a leaf of its own. What is read is bounded everywhere: events, leaves, columns, arena, bodies. */
#include "columns.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "column.h"
#include "jemput/number.h"
#include "shape.h"

#define COLUMNS_BODIES_MAX (JEM_SHAPE_COLUMNS_MAX / 2) /* past that, bodies of a new shape are carried as they are */
#define COLUMNS_SHAPE_CONTEXTS 16
#define COLUMNS_INTEGER_MAX ((int64_t)1 << 53)
#define SUBJECT_RANDOM_BITS 38
#define PATH_VILLAGE "fields\001village\001$" /* as shape.h writes paths; their columns tell of others */
#define PATH_NIK "fields\001nik\001$"

enum { SUBJECT_NONE = 0, SUBJECT_SAME, SUBJECT_NEW, SUBJECT_EARLIER };

struct columns {
    struct jem_coder coder;
    struct jem_event *events; /* reading: ours; writing: a shallow copy */
    size_t count, first;
    struct jem_shape *shapes;
    size_t shape_count;
    uint32_t *shape_of; /* by event */
    uint32_t *order;    /* events by shape, then seq */
    struct jem_paths paths;
    struct jem_column *columns;
    struct jem_hint *hints;
    struct jem_buf arena;
};

static bool columns_init(struct columns *s, size_t count, const struct jem_dictionary *dictionary)
{
    memset(s, 0, sizeof *s);
    s->count = count;
    s->events = calloc(count, sizeof *s->events);
    s->shapes = calloc(count, sizeof *s->shapes);
    s->shape_of = calloc(count, sizeof *s->shape_of);
    s->order = calloc(count, sizeof *s->order);
    s->hints = calloc(count, sizeof *s->hints);
    s->arena = JEM_BUF_INIT(JEM_SEGMENT_BYTES_MAX);
    s->coder.arena = &s->arena;
    s->coder.hints = s->hints;
    s->coder.dictionary = dictionary;
    jem_column_ways_init(&s->coder);
    return s->events != NULL && s->shapes != NULL && s->shape_of != NULL && s->order != NULL && s->hints != NULL;
}

static void columns_release(struct columns *s)
{
    for (size_t i = 0; i < s->shape_count; i++)
        jem_shape_release(&s->shapes[i]);
    for (size_t i = 0; s->columns != NULL && i < s->paths.names.count; i++)
        jem_column_release(&s->columns[i]);
    free(s->events);
    free(s->shapes);
    free(s->shape_of);
    free(s->order);
    free(s->hints);
    free(s->columns);
    jem_paths_release(&s->paths);
    jem_buf_wipe(&s->arena);
}

/* ---- both directions ---- */

static void stream_code(struct columns *s)
{
    struct jem_coder *c = &s->coder;
    struct jem_range_number number;
    struct jem_range_model zero;
    jem_range_number_init(&number);
    jem_range_models_init(&zero, 1);
    uint16_t *const parts[3] = { &c->stream.writer, &c->stream.lane, &c->stream.inc };
    for (int i = 0; i < 3; i++) {
        uint64_t part = jem_range_unsigned(&c->range, &number, *parts[i]);
        c->range.failed |= part > UINT16_MAX;
        *parts[i] = (uint16_t)part;
    }
    s->first = jem_range_unsigned(&c->range, &number, s->first);
    /* Another count than expected: nothing that follows can be right. */
    c->range.failed |= jem_range_unsigned(&c->range, &number, s->count) != s->count;
    if (!jem_range_bit(&c->range, &zero, sodium_is_zero(s->events[0].prev_hash, 32) != 0))
        jem_range_bytes(&c->range, s->events[0].prev_hash, 32);
}

static void shapes_code(struct columns *s)
{
    struct jem_coder *c = &s->coder;
    struct jem_range_number number;
    jem_range_number_init(&number);
    s->shape_count = jem_range_unsigned(&c->range, &number, s->shape_count);
    if (s->shape_count == 0 || s->shape_count > s->count) {
        s->shape_count = 0;
        c->range.failed = true;
        return;
    }
    unsigned bits = jem_range_bits_for(s->shape_count), before = 0;
    struct jem_range_model *models = jem_column_models(c, (size_t)COLUMNS_SHAPE_CONTEXTS << bits);
    for (size_t i = 0; i < s->count && !c->range.failed; i++) {
        unsigned context = before < COLUMNS_SHAPE_CONTEXTS ? before : COLUMNS_SHAPE_CONTEXTS - 1;
        before = jem_range_tree(&c->range, models + ((size_t)context << bits), bits, s->shape_of[i]);
        s->shape_of[i] = before;
        c->range.failed |= before >= s->shape_count;
    }
    free(models);
}

static void times_code(struct columns *s)
{
    struct jem_range *r = &s->coder.range;
    struct jem_range_number step, counter, wall, source;
    uint64_t last_ms = 0;
    jem_range_number_init(&step);
    jem_range_number_init(&counter);
    jem_range_number_init(&wall);
    jem_range_number_init(&source);
    for (size_t i = 0; i < s->count && !r->failed; i++) {
        struct jem_event *e = &s->events[i];
        uint64_t ms = e->hlc >> 16;
        ms = last_ms + (uint64_t)jem_range_signed(r, &step, (int64_t)(ms - last_ms));
        uint64_t count = jem_range_unsigned(r, &counter, e->hlc & UINT16_MAX);
        uint64_t ahead = (uint64_t)jem_range_signed(r, &wall, (int64_t)((uint64_t)e->wall_ms - ms));
        uint64_t from = jem_range_unsigned(r, &source, (uint64_t)e->clock_source);
        r->failed |= ms >> 48 != 0 || count > UINT16_MAX || from > UINT8_MAX;
        e->hlc = ms << 16 | count;
        e->wall_ms = (int64_t)(ms + ahead);
        e->clock_source = (enum jem_clock_source)from;
        last_ms = ms;
    }
}

static void actors_code(struct columns *s)
{
    struct jem_coder *c = &s->coder;
    struct jem_column actors = { 0 };
    for (size_t i = 0; i < s->count && !c->range.failed; i++) {
        struct jem_value v = { .event = (uint32_t)i };
        if (c->range.encoding)
            jem_column_put(c, &v, s->events[i].actor, strnlen(s->events[i].actor, JEM_EVENT_ACTOR_MAX));
        if (!jem_column_add(&actors, v))
            c->nomem = c->range.failed = true;
    }
    if (!c->range.failed)
        jem_column_code(c, &actors);
    for (size_t i = 0; i < s->count && !c->range.failed; i++) {
        const struct jem_value *v = &actors.items[i];
        if (v->n > JEM_EVENT_ACTOR_MAX) {
            c->range.failed = true;
            break;
        }
        memcpy(s->events[i].actor, jem_column_string(c, v), v->n);
        s->events[i].actor[v->n] = '\0';
    }
    jem_column_release(&actors);
}

struct subjects {
    struct jem_range_model how[COLUMNS_SHAPE_CONTEXTS][4], same_van;
    struct jem_range_number van_number, ago;
    uint64_t *seen; /* distinct subjects in order of appearance */
    size_t seen_count;
    uint64_t van; /* the part above 38 bits */
};

static uint64_t subject_new(struct jem_range *r, struct subjects *t, uint64_t subject)
{
    uint64_t van = subject >> SUBJECT_RANDOM_BITS;
    if (jem_range_bit(r, &t->same_van, van == t->van))
        van = t->van;
    else
        van = jem_range_unsigned(r, &t->van_number, van);
    if (van >> (64 - SUBJECT_RANDOM_BITS) != 0) {
        r->failed = true;
        return 0;
    }
    t->van = van;
    return van << SUBJECT_RANDOM_BITS | jem_range_direct(r, subject, SUBJECT_RANDOM_BITS);
}

static uint64_t subject_code(struct columns *s, struct subjects *t, size_t i, uint64_t before)
{
    struct jem_range *r = &s->coder.range;
    uint64_t subject = s->events[i].subject, ago = 0;
    unsigned context = s->shape_of[i] < COLUMNS_SHAPE_CONTEXTS ? s->shape_of[i] : COLUMNS_SHAPE_CONTEXTS - 1;
    unsigned how = SUBJECT_NEW;
    if (r->encoding) {
        for (size_t j = t->seen_count; j > 0 && how == SUBJECT_NEW; j--) {
            if (t->seen[j - 1] == subject) {
                how = SUBJECT_EARLIER;
                ago = t->seen_count - j;
            }
        }
        how = subject == 0 ? SUBJECT_NONE : subject == before ? SUBJECT_SAME : how;
    }
    how = jem_range_tree(r, t->how[context], 2, how);
    if (how == SUBJECT_NONE)
        return 0;
    if (how == SUBJECT_SAME)
        return before;
    if (how == SUBJECT_NEW)
        return t->seen[t->seen_count++] = subject_new(r, t, subject);
    ago = jem_range_unsigned(r, &t->ago, ago);
    if (ago >= t->seen_count) {
        r->failed = true;
        return 0;
    }
    return t->seen[t->seen_count - 1 - ago];
}

static void subjects_code(struct columns *s)
{
    struct jem_coder *c = &s->coder;
    struct subjects t = { .van = c->stream.writer, .seen = calloc(s->count, sizeof *t.seen) };
    uint64_t before = 0;
    c->nomem |= t.seen == NULL;
    c->range.failed |= c->nomem;
    jem_range_models_init(&t.how[0][0], sizeof t.how / sizeof t.how[0][0]);
    jem_range_models_init(&t.same_van, 1);
    jem_range_number_init(&t.van_number);
    jem_range_number_init(&t.ago);
    for (size_t i = 0; i < s->count && !c->range.failed; i++) {
        before = s->events[i].subject = subject_code(s, &t, i, before);
        s->hints[i].subject = before;
        s->hints[i].seq = s->first + i;
    }
    free(t.seen);
}

static void redacted_code(struct columns *s)
{
    for (size_t i = 0; i < s->count && !s->coder.range.failed; i++)
        if (s->shapes[s->shape_of[i]].content == JEM_SHAPE_REDACTED)
            jem_range_bytes(&s->coder.range, s->events[i].body_hash, 32);
}

/* True when the column's path, whatever the kind, is this one. */
static bool column_is(const struct columns *s, size_t column, const char *path)
{
    size_t n, wanted = strlen(path);
    const unsigned char *name = jem_names_get(&s->paths.names, column, &n);
    const unsigned char *after = memchr(name, '\0', n);
    return after != NULL && n - (size_t)(after + 1 - name) == wanted && memcmp(after + 1, path, wanted) == 0;
}

static void bodies_code(struct columns *s)
{
    struct jem_coder *c = &s->coder;
    enum { VILLAGES, NIKS, OTHERS, TURNS };
    for (int turn = VILLAGES; turn < TURNS; turn++) {
        for (size_t i = 0; i < s->paths.names.count && !c->range.failed; i++) {
            int when = column_is(s, i, PATH_VILLAGE) ? VILLAGES : column_is(s, i, PATH_NIK) ? NIKS : OTHERS;
            if (when != turn || s->columns[i].count == 0)
                continue;
            jem_column_code(c, &s->columns[i]);
            if (c->range.failed)
                break;
            if (turn == VILLAGES)
                jem_column_note_village(c, &s->columns[i]);
            else if (turn == NIKS)
                jem_column_note_nik(c, &s->columns[i]);
        }
    }
}

/* Events by shape, then seq; the columns with a place for each value. leaves: of each event where its leaves begin,
 * when writing. */
static bool columns_lay_out(struct columns *s, const struct jem_leaf *leaves, const size_t *leaf_start)
{
    size_t total = 0, at = 0;
    s->columns = calloc(s->paths.names.count + 1, sizeof *s->columns);
    if (s->columns == NULL) {
        s->coder.nomem = true;
        return false;
    }
    for (size_t i = 0; i < s->paths.names.count; i++) {
        size_t n;
        const unsigned char *path = jem_names_get(&s->paths.names, i, &n);
        s->columns[i].number = s->paths.number[i];
        s->columns[i].known = s->paths.number[i] ? NULL : jem_dictionary_list(s->coder.dictionary, path, n);
    }
    size_t *next = calloc(s->shape_count + 1, sizeof *next);
    if (next == NULL) {
        s->coder.nomem = true;
        return false;
    }
    for (size_t i = 0; i < s->count; i++) {
        next[s->shape_of[i] + 1]++;
        total += s->shapes[s->shape_of[i]].count;
    }
    for (size_t i = 1; i <= s->shape_count; i++)
        next[i] += next[i - 1];
    for (size_t i = 0; i < s->count; i++)
        s->order[next[s->shape_of[i]]++] = (uint32_t)i;
    free(next);
    for (; total <= JEM_SHAPE_LEAVES_MAX && at < s->count; at++) {
        uint32_t event = s->order[at];
        const struct jem_shape *shape = &s->shapes[s->shape_of[event]];
        for (size_t j = 0; j < shape->count; j++) {
            const struct jem_leaf *leaf = leaves == NULL ? NULL : &leaves[leaf_start[event] + j];
            struct jem_column *column = &s->columns[shape->leaves[j].column];
            struct jem_value v = { .event = event };
            if (leaf != NULL && column->number)
                v.number = strtoll(leaf->p, NULL, 10); /* ends at the comma or bracket after it */
            else if (leaf != NULL)
                jem_column_put(&s->coder, &v, leaf->p, leaf->n);
            s->coder.nomem |= !jem_column_add(column, v);
        }
        if (s->coder.nomem || s->coder.range.failed)
            return false;
    }
    return at == s->count;
}

static void columns_code(struct columns *s)
{
    times_code(s);
    actors_code(s);
    subjects_code(s);
    redacted_code(s);
    bodies_code(s);
}

/* ---- writing ---- */

/* Finds or makes the shape of event i; its text goes among the texts when it is new. */
static bool write_shape(struct columns *s, struct jem_names *known, size_t i, bool raw, struct jem_leaves *leaves)
{
    struct jem_buf text = JEM_BUF_INIT(JEM_EVENT_BODY_MAX * 2);
    size_t leaf_count = leaves->count;
    bool fresh, ok = jem_shape_scan(&s->events[i], raw, &text, leaves);
    /* Of the leaves that remain one is kept for each event that follows. */
    ok = ok && (raw || leaves->count + (s->count - i) <= JEM_SHAPE_LEAVES_MAX);
    size_t index = ok ? jem_names_add(known, text.data, text.len, &fresh) : SIZE_MAX;
    ok = index != SIZE_MAX;
    if (ok && fresh) {
        struct jem_reader reader = jem_reader_of(text.data, text.len);
        size_t columns = s->paths.names.count;
        ok = jem_shape_read(&reader, &s->paths, &s->shapes[index]);
        if (ok && !raw && s->paths.names.count > COLUMNS_BODIES_MAX) {
            jem_names_cut(&s->paths.names, columns);
            jem_shape_release(&s->shapes[index]);
            ok = false;
        }
        if (ok) {
            s->shape_count++;
            jem_buf_add(s->coder.text_out, text.data, text.len);
        } else {
            jem_names_cut(known, index);
        }
    }
    jem_buf_release(&text);
    if (ok)
        s->shape_of[i] = (uint32_t)index;
    else
        leaves->count = leaf_count;
    return ok;
}

static bool write_shapes(struct columns *s, struct jem_leaves *leaves, size_t *leaf_start)
{
    struct jem_names known = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < s->count; i++) {
        leaf_start[i] = leaves->count;
        ok = write_shape(s, &known, i, false, leaves) || write_shape(s, &known, i, true, leaves);
    }
    jem_names_release(&known);
    return ok;
}

/* One stream without a gap, and not too much of it. */
static enum jem_code write_check(const struct jem_event *events, size_t count, struct jem_error *err)
{
    size_t bytes = 0;
    if (count == 0 || count > JEM_SEGMENT_EVENTS_MAX)
        return jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_SEGMENT_COUNT, (int)JEM_SEGMENT_EVENTS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct jem_event *e = &events[i];
        struct jem_event_id wanted = events[0].id;
        wanted.seq += i;
        if (jem_event_id_cmp(&e->id, &wanted) != 0 || (i > 0 && memcmp(e->prev_hash, events[i - 1].hash, 32) != 0))
            return jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_SEGMENT_GAP);
        if ((unsigned)e->clock_source > UINT8_MAX || (e->body != NULL && memchr(e->body, '\0', e->body_len) != NULL))
            return jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_SEGMENT_EVENT);
        bytes += e->body_len;
    }
    if (bytes > JEM_SEGMENT_BYTES_MAX)
        return jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_SEGMENT_SIZE, (int)(JEM_SEGMENT_BYTES_MAX >> 20));
    return JEM_OK;
}

enum jem_code jem_columns_write(const struct jem_event *events, size_t count, const struct jem_dictionary *dictionary,
    struct jem_buf *out, struct jem_error *err)
{
    struct jem_buf numbers = JEM_BUF_INIT(JEM_SEGMENT_BYTES_MAX * 2), texts = JEM_BUF_INIT(JEM_SEGMENT_BYTES_MAX * 2);
    struct jem_leaves leaves = { 0 };
    struct columns s;
    enum jem_code code = write_check(events, count, err);
    if (code != JEM_OK)
        return code;
    size_t *leaf_start = calloc(count, sizeof *leaf_start);
    bool ok = columns_init(&s, count, dictionary) && leaf_start != NULL;
    if (ok) {
        memcpy(s.events, events, count * sizeof *events);
        s.coder.text_out = &texts;
        s.coder.stream = events[0].id;
        s.first = events[0].id.seq;
        s.arena.max = JEM_SEGMENT_BYTES_MAX * 2; /* bodies, and actors */
        jem_range_encoder(&s.coder.range, &numbers);
        ok = write_shapes(&s, &leaves, leaf_start);
    }
    if (ok) {
        stream_code(&s);
        shapes_code(&s);
        ok = columns_lay_out(&s, leaves.items, leaf_start);
    }
    if (ok) {
        columns_code(&s);
        jem_range_finish(&s.coder.range);
        ok = !s.coder.range.failed && !numbers.failed && !texts.failed;
    }
    if (ok) {
        jem_buf_varint(out, numbers.len);
        jem_buf_add(out, numbers.data, numbers.len);
        jem_buf_add(out, texts.data, texts.len);
        code = jem_buf_ok(out, err);
    } else {
        code = jem_fail_nomem(err);
    }
    columns_release(&s);
    free(leaves.items);
    free(leaf_start);
    jem_buf_wipe(&numbers);
    jem_buf_wipe(&texts);
    return code;
}

/* ---- reading ---- */

static bool read_shapes(struct columns *s)
{
    size_t literal = 0, wanted = s->shape_count;
    for (s->shape_count = 0; s->shape_count < wanted; s->shape_count++) {
        struct jem_shape *shape = &s->shapes[s->shape_count];
        if (!jem_shape_read(&s->coder.text_in, &s->paths, shape))
            return false;
        literal += shape->literal.len;
        if (literal > JEM_SEGMENT_BYTES_MAX) {
            jem_shape_release(shape);
            return false;
        }
    }
    return true;
}

static size_t leaf_text(const struct columns *s, const struct jem_shape_leaf *leaf, size_t at, char number[24],
    const char **p)
{
    const struct jem_column *column = &s->columns[leaf->column];
    if (!column->number) {
        *p = jem_column_string(&s->coder, &column->items[at]);
        return column->items[at].n;
    }
    int64_t v = column->items[at].number;
    uint64_t rest = v < 0 ? (uint64_t)(-v) : (uint64_t)v;
    char *q = number + 24;
    do {
        *--q = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (v < 0)
        *--q = '-';
    *p = q;
    return (size_t)(number + 24 - q);
}

/* Puts one body together from its shape and the next value of each of its columns. */
static bool read_body(const struct columns *s, const struct jem_shape *shape, size_t *next, struct jem_buf *body)
{
    size_t literal = 0;
    jem_buf_clear(body);
    for (size_t i = 0; i < shape->count; i++) {
        const struct jem_shape_leaf *leaf = &shape->leaves[i];
        char number[24];
        const char *p;
        size_t n = leaf_text(s, leaf, next[leaf->column]++, number, &p);
        if (leaf->literal_end > literal)
            jem_buf_add(body, shape->literal.data + literal, leaf->literal_end - literal);
        jem_buf_add(body, p, n);
        literal = leaf->literal_end;
    }
    if (shape->literal.len > literal)
        jem_buf_add(body, shape->literal.data + literal, shape->literal.len - literal);
    return !body->failed;
}

static bool read_bodies(struct columns *s)
{
    size_t *next = calloc(s->paths.names.count + 1, sizeof *next), total = 0;
    struct jem_buf body = JEM_BUF_INIT(JEM_EVENT_BODY_MAX);
    bool ok = next != NULL;
    s->coder.nomem |= !ok;
    for (size_t i = 0; ok && i < s->count; i++) {
        struct jem_event *e = &s->events[s->order[i]];
        const struct jem_shape *shape = &s->shapes[s->shape_of[s->order[i]]];
        memcpy(e->kind, shape->kind, sizeof e->kind);
        if (shape->content == JEM_SHAPE_REDACTED)
            continue;
        ok = read_body(s, shape, next, &body);
        total += body.len;
        ok = ok && total <= JEM_SEGMENT_BYTES_MAX;
        if (!ok)
            break;
        e->body = malloc(body.len + 1);
        if (e->body == NULL) {
            s->coder.nomem = true;
            ok = false;
            break;
        }
        memcpy(e->body, jem_buf_text(&body), body.len + 1);
        e->body_len = body.len;
    }
    free(next);
    jem_buf_wipe(&body);
    return ok;
}

static bool columns_read(struct columns *s, const void *p, size_t n, const struct jem_segment_header *header)
{
    struct jem_reader r = jem_reader_of(p, n);
    uint64_t size = jem_read_varint(&r);
    if (r.failed || size > jem_reader_left(&r))
        return false;
    jem_range_decoder(&s->coder.range, r.p, size);
    s->coder.text_in = jem_reader_of(r.p + size, jem_reader_left(&r) - size);
    stream_code(s);
    if (s->coder.range.failed || s->coder.stream.writer != header->writer || s->first != header->first ||
        s->coder.stream.inc == 0 || s->first == 0 || s->first + s->count - 1 >= (uint64_t)1 << 48)
        return false;
    shapes_code(s);
    if (s->coder.range.failed || !read_shapes(s) || !columns_lay_out(s, NULL, NULL))
        return false;
    columns_code(s);
    return !s->coder.range.failed && jem_reader_left(&s->coder.text_in) == 0 && read_bodies(s);
}

enum jem_code jem_columns_read(const void *p, size_t n, const struct jem_segment_header *header,
    const struct jem_dictionary *dictionary, struct jem_event_list *out, struct jem_error *err)
{
    struct columns s;
    size_t had = out->count;
    enum jem_code code = JEM_OK;
    if (header->count == 0 || header->count > JEM_SEGMENT_EVENTS_MAX)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_SEGMENT_LIES);
    if (!columns_init(&s, header->count, dictionary))
        s.coder.nomem = true;
    if (s.coder.nomem || !columns_read(&s, p, n, header))
        code = s.coder.nomem ? jem_fail_nomem(err) : jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_SEGMENT_LIES);
    for (size_t i = 0; i < s.count && s.events != NULL; i++) {
        struct jem_event *e = &s.events[i];
        if (code == JEM_OK) {
            e->id = s.coder.stream;
            e->id.seq = s.first + i;
            if (i > 0)
                memcpy(e->prev_hash, out->items[out->count - 1].hash, 32);
            jem_event_seal(e);
            code = jem_event_list_push(out, e, err);
        }
        jem_event_release(e);
    }
    while (code != JEM_OK && out->count > had)
        jem_event_release(&out->items[--out->count]);
    columns_release(&s);
    return code;
}
