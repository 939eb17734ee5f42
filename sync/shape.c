/* shape.c - bodies taken apart into shape and leaves, and shapes read back. The grammar stands in shape.h. */
#include "shape.h"

#include <stdlib.h>
#include <string.h>

#define SHAPE_NAME_MAX 200

static const char *const shape_words[] = {
#define W(word) word,
#include "shape_words.def"
#undef W
};
#define SHAPE_WORDS (sizeof shape_words / sizeof *shape_words)
_Static_assert(SHAPE_WORDS <= 128, "a known word is one byte from 0x80 on");

/* ---- taking apart ---- */

static void shape_name(struct jem_buf *out, const char *p, size_t n)
{
    for (size_t i = 0; i < SHAPE_WORDS; i++) {
        if (shape_words[i][0] == p[0] && strlen(shape_words[i]) == n && memcmp(shape_words[i], p, n) == 0) {
            jem_buf_byte(out, (unsigned char)(0x80 + i));
            return;
        }
    }
    jem_buf_byte(out, ':');
    jem_buf_add(out, p, n);
    jem_buf_byte(out, '\0');
}

static bool leaves_add(struct jem_leaves *leaves, const char *p, size_t n, bool number)
{
    if (leaves->count == leaves->cap) {
        size_t cap = leaves->cap == 0 ? 256 : leaves->cap * 2;
        struct jem_leaf *items = realloc(leaves->items, cap * sizeof *items);
        if (items == NULL)
            return false;
        leaves->items = items;
        leaves->cap = cap;
    }
    leaves->items[leaves->count++] = (struct jem_leaf){ p, n, number };
    return true;
}

struct scan {
    const char *p, *end;
    struct jem_buf *out;
    struct jem_leaves *leaves;
    bool nomem;
};

/* The text between quotes, escapes kept; NULL when it does not end or holds a control character. */
static const char *scan_string(struct scan *s, size_t *n)
{
    if (s->p == s->end || *s->p != '"')
        return NULL;
    const char *from = ++s->p;
    for (; s->p < s->end && *s->p != '"'; s->p++) {
        if ((unsigned char)*s->p < 0x20)
            return NULL;
        if (*s->p == '\\' && ++s->p == s->end)
            return NULL;
    }
    if (s->p == s->end)
        return NULL;
    *n = (size_t)(s->p++ - from);
    return from;
}

static bool scan_char(struct scan *s, char c)
{
    if (s->p == s->end || *s->p != c)
        return false;
    s->p++;
    return true;
}

/* An integer in its only canonical form, at most 16 digits (2^53 has 16). */
static bool scan_number(struct scan *s)
{
    const char *from = s->p;
    bool minus = scan_char(s, '-');
    const char *digits = s->p;
    while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
        s->p++;
    size_t n = (size_t)(s->p - digits);
    if (n == 0 || n > 16 || (digits[0] == '0' && (n > 1 || minus)))
        return false;
    jem_buf_byte(s->out, '#');
    s->nomem |= !leaves_add(s->leaves, from, (size_t)(s->p - from), true);
    return true;
}

static bool scan_word(struct scan *s, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
        return false;
    s->p += n;
    jem_buf_byte(s->out, (unsigned char)word[0]);
    return true;
}

static bool scan_value(struct scan *s, int depth);

static bool scan_object(struct scan *s, int depth)
{
    s->p++;
    jem_buf_byte(s->out, '{');
    for (bool first = true; !scan_char(s, '}'); first = false) {
        size_t n;
        if (!first && !scan_char(s, ','))
            return false;
        const char *key = scan_string(s, &n);
        if (key == NULL || n > SHAPE_NAME_MAX || !scan_char(s, ':'))
            return false;
        shape_name(s->out, key, n);
        if (!scan_value(s, depth + 1))
            return false;
    }
    jem_buf_byte(s->out, '}');
    return true;
}

static bool scan_array(struct scan *s, int depth)
{
    s->p++;
    jem_buf_byte(s->out, '[');
    for (bool first = true; !scan_char(s, ']'); first = false)
        if ((!first && !scan_char(s, ',')) || !scan_value(s, depth + 1))
            return false;
    jem_buf_byte(s->out, ']');
    return true;
}

static bool scan_value(struct scan *s, int depth)
{
    size_t n;
    const char *text;
    if (s->p == s->end || depth > JEM_SHAPE_DEPTH_MAX)
        return false;
    switch (*s->p) {
    case '{': return scan_object(s, depth);
    case '[': return scan_array(s, depth);
    case '"':
        text = scan_string(s, &n);
        if (text == NULL)
            return false;
        jem_buf_byte(s->out, '$');
        s->nomem |= !leaves_add(s->leaves, text, n, false);
        return true;
    case 't': return scan_word(s, "true");
    case 'f': return scan_word(s, "false");
    case 'n': return scan_word(s, "null");
    default: return scan_number(s);
    }
}

bool jem_shape_scan(const struct jem_event *e, bool raw, struct jem_buf *out, struct jem_leaves *leaves)
{
    shape_name(out, e->kind, strlen(e->kind));
    if (e->body == NULL) {
        jem_buf_byte(out, '-');
        return !out->failed;
    }
    struct scan s = { .p = e->body, .end = e->body + e->body_len, .out = out, .leaves = leaves };
    size_t out_len = out->len, leaf_count = leaves->count;
    if (raw || e->body_len == 0 || e->body[0] != '{' || !scan_value(&s, 0) || s.p != s.end) {
        out->len = out_len;
        leaves->count = leaf_count;
        jem_buf_byte(out, '!');
        s.nomem |= !leaves_add(leaves, e->body, e->body_len, false);
    }
    return !out->failed && !s.nomem;
}

/* ---- reading back ---- */

void jem_paths_release(struct jem_paths *paths)
{
    jem_names_release(&paths->names);
    free(paths->number);
    memset(paths, 0, sizeof *paths);
}

void jem_shape_release(struct jem_shape *shape)
{
    jem_buf_release(&shape->literal);
    free(shape->leaves);
    memset(shape, 0, sizeof *shape);
}

struct shape_reader {
    struct jem_reader *text;
    struct jem_paths *paths;
    struct jem_shape *out;
    unsigned char path[JEM_SHAPE_PATH_MAX];
    size_t path_len;
};

static bool path_push(struct shape_reader *r, const void *p, size_t n, unsigned char end)
{
    if (n + 1 > sizeof r->path - r->path_len)
        return false;
    if (n > 0)
        memcpy(r->path + r->path_len, p, n);
    r->path_len += n;
    r->path[r->path_len++] = end;
    return true;
}

/* The column of the path as it stands; UINT32_MAX when there are too many, or a string and a number share one. */
static uint32_t paths_column(struct shape_reader *r, bool number)
{
    struct jem_paths *paths = r->paths;
    bool fresh;
    /* A path may hold strings in one event and numbers in another: two columns. */
    if (r->path_len == sizeof r->path)
        return UINT32_MAX;
    r->path[r->path_len] = number ? '#' : '$';
    size_t column = jem_names_add(&paths->names, r->path, r->path_len + 1, &fresh);
    if (column >= JEM_SHAPE_COLUMNS_MAX)
        return UINT32_MAX;
    if (fresh && column >= paths->cap) {
        size_t cap = paths->cap == 0 ? 64 : paths->cap * 2;
        bool *grown = realloc(paths->number, cap * sizeof *grown);
        if (grown == NULL)
            return UINT32_MAX;
        paths->number = grown;
        paths->cap = cap;
    }
    paths->number[column] = number;
    return (uint32_t)column;
}

static bool read_leaf(struct shape_reader *r, bool number)
{
    struct jem_shape *s = r->out;
    if (r->paths->leaves >= JEM_SHAPE_LEAVES_MAX)
        return false;
    uint32_t column = paths_column(r, number);
    if (column == UINT32_MAX)
        return false;
    if (s->count == s->cap) {
        size_t cap = s->cap == 0 ? 16 : s->cap * 2;
        struct jem_shape_leaf *leaves = realloc(s->leaves, cap * sizeof *leaves);
        if (leaves == NULL)
            return false;
        s->leaves = leaves;
        s->cap = cap;
    }
    s->leaves[s->count++] = (struct jem_shape_leaf){ s->literal.len, column };
    r->paths->leaves++;
    return true;
}

/* A name that begins with `first`: its bytes, borrowed from the text or the table. */
static const char *read_name(struct shape_reader *r, unsigned char first, size_t *n)
{
    if (first >= 0x80) {
        if (first - 0x80u >= SHAPE_WORDS)
            return NULL;
        *n = strlen(shape_words[first - 0x80u]);
        return shape_words[first - 0x80u];
    }
    if (first != ':')
        return NULL;
    size_t left = jem_reader_left(r->text);
    const unsigned char *end = left == 0 ? NULL : memchr(r->text->p, '\0', left);
    if (end == NULL)
        return NULL;
    *n = (size_t)(end - r->text->p);
    return (const char *)jem_read_bytes(r->text, *n + 1);
}

static bool read_value(struct shape_reader *r, int depth);

static bool read_object(struct shape_reader *r, int depth)
{
    struct jem_buf *literal = &r->out->literal;
    jem_buf_byte(literal, '{');
    for (bool first = true;; first = false) {
        unsigned char c = jem_read_u8(r->text);
        if (c == '}')
            break;
        size_t n, path_len = r->path_len;
        const char *name = read_name(r, c, &n);
        if (name == NULL || !path_push(r, name, n, 1))
            return false;
        jem_buf_str(literal, first ? "\"" : ",\"");
        jem_buf_add(literal, name, n);
        jem_buf_str(literal, "\":");
        if (!read_value(r, depth + 1))
            return false;
        r->path_len = path_len;
    }
    jem_buf_byte(literal, '}');
    return true;
}

static bool read_array(struct shape_reader *r, int depth)
{
    size_t path_len = r->path_len;
    if (!path_push(r, "[]", 2, 1))
        return false;
    jem_buf_byte(&r->out->literal, '[');
    for (bool first = true; jem_reader_left(r->text) > 0 && *r->text->p != ']'; first = false) {
        if (!first)
            jem_buf_byte(&r->out->literal, ',');
        if (!read_value(r, depth + 1))
            return false;
    }
    if (jem_read_u8(r->text) != ']')
        return false;
    jem_buf_byte(&r->out->literal, ']');
    r->path_len = path_len;
    return true;
}

static bool read_value(struct shape_reader *r, int depth)
{
    struct jem_buf *literal = &r->out->literal;
    unsigned char c = jem_read_u8(r->text);
    if (depth > JEM_SHAPE_DEPTH_MAX || r->text->failed)
        return false;
    switch (c) {
    case '{': return read_object(r, depth);
    case '[': return read_array(r, depth);
    case '$':
        jem_buf_byte(literal, '"');
        if (!read_leaf(r, false))
            return false;
        jem_buf_byte(literal, '"');
        return true;
    case '#': return read_leaf(r, true);
    case 't':
    case 'f':
    case 'n': jem_buf_str(literal, c == 't' ? "true" : c == 'f' ? "false" : "null"); return true;
    default: return false;
    }
}

static bool shape_read(struct shape_reader *r)
{
    size_t n;
    const char *kind = read_name(r, jem_read_u8(r->text), &n);
    if (kind == NULL || n > JEM_EVENT_KIND_MAX)
        return false;
    memcpy(r->out->kind, kind, n);
    if (jem_reader_left(r->text) == 0 || !path_push(r, kind, n, 0))
        return false;
    switch (*r->text->p) {
    case '!':
        r->out->content = JEM_SHAPE_RAW;
        (void)jem_read_u8(r->text);
        return read_leaf(r, false);
    case '-':
        r->out->content = JEM_SHAPE_REDACTED;
        (void)jem_read_u8(r->text);
        return true;
    case '{': r->out->content = JEM_SHAPE_BODY; return read_value(r, 0) && !r->out->literal.failed;
    default: return false;
    }
}

bool jem_shape_read(struct jem_reader *text, struct jem_paths *paths, struct jem_shape *out)
{
    struct shape_reader r = { .text = text, .paths = paths, .out = out };
    size_t columns = paths->names.count, leaves = paths->leaves;
    *out = (struct jem_shape){ .literal = JEM_BUF_INIT(JEM_EVENT_BODY_MAX) };
    if (shape_read(&r))
        return true;
    jem_names_cut(&paths->names, columns);
    paths->leaves = leaves;
    jem_shape_release(out);
    return false;
}
