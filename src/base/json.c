/* json.c - strict reading and canonical writing. Messages name a place, never the text: that may be personal. */
#include "jemput/json.h"

#include <stdlib.h>
#include <string.h>

#include "jemput/file.h"

#define JSON_DEPTH_MAX 32
#define JSON_INT_MAX ((json_int_t)1 << 53)
#define JSON_KEYS_ON_STACK 64

static bool json_plain(const json_t *v, int depth)
{
    if (depth > JSON_DEPTH_MAX || json_is_real(v))
        return false;
    if (json_is_object(v)) {
        void *it = json_object_iter((json_t *)(uintptr_t)v);
        for (; it; it = json_object_iter_next((json_t *)(uintptr_t)v, it))
            if (!json_plain(json_object_iter_value(it), depth + 1))
                return false;
    }
    for (size_t i = 0; json_is_array(v) && i < json_array_size(v); i++)
        if (!json_plain(json_array_get(v, i), depth + 1))
            return false;
    return true;
}

enum jem_code jem_json_parse(const char *text, size_t n, const char *what, json_t **out, struct jem_error *err)
{
    json_error_t at;
    json_t *v = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &at);
    if (!v)
        return jem_fail(err, JEM_EINVAL, JEM_D_BASE, 0, JEM_T_BASE_JSON_SYNTAX, what, at.line, at.column);
    if (!json_plain(v, 0)) {
        json_decref(v);
        return jem_fail(err, JEM_EINVAL, JEM_D_BASE, 0, JEM_T_BASE_JSON_KIND, what, JSON_DEPTH_MAX);
    }
    *out = v;
    return JEM_OK;
}

enum jem_code jem_json_file(const char *path, size_t max_bytes, json_t **out, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(max_bytes);
    enum jem_code code = jem_file_read(path, max_bytes, &text, err);
    if (code == JEM_OK)
        code = jem_json_parse(jem_buf_text(&text), text.len, path, out, err);
    jem_buf_release(&text);
    return code;
}

static void json_write_string(const char *s, size_t n, struct jem_buf *out)
{
    static const char hex[] = "0123456789abcdef", specials[] = "\b\t\n\f\r\"\\", shorts[] = "btnfr\"\\";
    jem_buf_byte(out, '"');
    for (size_t i = 0; i < n;) {
        size_t run = i;
        while (run < n && (unsigned char)s[run] >= 0x20 && s[run] != '"' && s[run] != '\\')
            run++;
        jem_buf_add(out, s + i, run - i);
        if (run == n)
            break;
        unsigned char c = (unsigned char)s[run];
        const char *at = strchr(specials, c);
        if (at) {
            const char e[] = { '\\', shorts[at - specials] };
            jem_buf_add(out, e, sizeof e);
        } else {
            const char u[] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
            jem_buf_add(out, u, sizeof u);
        }
        i = run + 1;
    }
    jem_buf_byte(out, '"');
}

/* UTF-16 order of two UTF-8 keys: that of their bytes, but what needs surrogates (lead byte F0 and up) stands
 * before U+E000..U+FFFF (lead bytes EE and EF). */
static int json_key_cmp(const void *a, const void *b)
{
    const unsigned char *x = *(const unsigned char *const *)a, *y = *(const unsigned char *const *)b;
    while (*x && *x == *y) {
        x++;
        y++;
    }
    if (*x >= 0xEE && *y >= 0xEE && (*x >= 0xF0) != (*y >= 0xF0))
        return *x >= 0xF0 ? -1 : 1;
    return *x < *y ? -1 : *x > *y;
}

static enum jem_code json_write(const json_t *v, int depth, struct jem_buf *out, struct jem_error *err);

static enum jem_code json_write_object(const json_t *v, int depth, struct jem_buf *out, struct jem_error *err)
{
    const char *few[JSON_KEYS_ON_STACK];
    const char **keys = few;
    enum jem_code code = JEM_OK;
    size_t n = json_object_size(v), i = 0;
    if (n > JSON_KEYS_ON_STACK && !(keys = calloc(n, sizeof *keys)))
        return jem_fail_nomem(err);
    json_t *walk = (json_t *)(uintptr_t)v;
    for (void *it = json_object_iter(walk); it && i < n; it = json_object_iter_next(walk, it))
        keys[i++] = json_object_iter_key(it);
    qsort(keys, n, sizeof *keys, json_key_cmp);
    jem_buf_byte(out, '{');
    for (i = 0; i < n && code == JEM_OK; i++) {
        if (i)
            jem_buf_byte(out, ',');
        json_write_string(keys[i], strlen(keys[i]), out);
        jem_buf_byte(out, ':');
        code = json_write(json_object_get(v, keys[i]), depth + 1, out, err);
    }
    jem_buf_byte(out, '}');
    if (keys != few)
        free(keys);
    return code;
}

static enum jem_code json_write(const json_t *v, int depth, struct jem_buf *out, struct jem_error *err)
{
    if (depth > JSON_DEPTH_MAX)
        return jem_fail(err, JEM_EINVAL, JEM_D_BASE, 0, JEM_T_BASE_JSON_KIND, "JSON", JSON_DEPTH_MAX);
    switch (json_typeof(v)) {
    case JSON_OBJECT: return json_write_object(v, depth, out, err);
    case JSON_ARRAY:
        jem_buf_byte(out, '[');
        for (size_t i = 0; i < json_array_size(v); i++) {
            if (i)
                jem_buf_byte(out, ',');
            enum jem_code code = json_write(json_array_get(v, i), depth + 1, out, err);
            if (code != JEM_OK)
                return code;
        }
        jem_buf_byte(out, ']');
        return JEM_OK;
    case JSON_STRING: json_write_string(json_string_value(v), json_string_length(v), out); return JEM_OK;
    case JSON_INTEGER:
        if (json_integer_value(v) < -JSON_INT_MAX || json_integer_value(v) > JSON_INT_MAX)
            break;
        jem_buf_fmt(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
        return JEM_OK;
    case JSON_TRUE: jem_buf_str(out, "true"); return JEM_OK;
    case JSON_FALSE: jem_buf_str(out, "false"); return JEM_OK;
    case JSON_NULL: jem_buf_str(out, "null"); return JEM_OK;
    case JSON_REAL:
    default: break;
    }
    return jem_fail(err, JEM_EINVAL, JEM_D_BASE, 0, JEM_T_BASE_JSON_RANGE);
}

enum jem_code jem_json_canonical(const json_t *v, struct jem_buf *out, struct jem_error *err)
{
    size_t start = out->len;
    enum jem_code code = json_write(v, 0, out, err);
    if (code == JEM_OK)
        return jem_buf_ok(out, err);
    if (out->data) {
        out->len = start;
        out->data[start] = '\0';
    }
    return code;
}

const char *jem_json_str(const json_t *obj, const char *key, const char *fallback)
{
    const char *s = json_string_value(json_object_get(obj, key));
    return s ? s : fallback;
}

int64_t jem_json_int(const json_t *obj, const char *key, int64_t fallback)
{
    const json_t *v = json_object_get(obj, key);
    return json_is_integer(v) ? (int64_t)json_integer_value(v) : fallback;
}

bool jem_json_bool(const json_t *obj, const char *key, bool fallback)
{
    const json_t *v = json_object_get(obj, key);
    return json_is_boolean(v) ? json_is_true(v) : fallback;
}
