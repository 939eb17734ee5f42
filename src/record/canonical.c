/* canonical.c - is this text canonical JSON, in one pass and without memory.
 *
 *   object  = "{" [ key ":" value *( "," key ":" value ) ] "}"   keys plain ASCII, strictly ascending by bytes
 *   array   = "[" [ value *( "," value ) ] "]"
 *   integer = "0" | [ "-" ] 1-9 *digit                           within +-2^53
 *   string  = valid UTF-8; only " \ and control characters escaped, each in its one form
 *   value   = object | array | string | integer | "true" | "false" | "null"         at most 32 deep
 *
 * HQ verifies every event of every van: this is its inner loop. */
#include "canonical.h"

#include <stdint.h>
#include <string.h>

#define CANON_DEPTH_MAX 32
#define CANON_INT_MAX ((uint64_t)1 << 53)

struct canon {
    const unsigned char *p, *end;
};

static bool canon_take(struct canon *c, char want)
{
    if (c->p == c->end || *c->p != (unsigned char)want)
        return false;
    c->p++;
    return true;
}

static bool canon_word(struct canon *c, const char *word, size_t n)
{
    if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0)
        return false;
    c->p += n;
    return true;
}

/* One character past ASCII: shortest form, no surrogate, at most U+10FFFF. */
static bool canon_utf8(struct canon *c)
{
    unsigned char lead = *c->p;
    unsigned char low = 0x80, high = 0xbf; /* of the second byte */
    size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || (size_t)(c->end - c->p) <= more)
        return false;
    if (lead == 0xe0)
        low = 0xa0;
    else if (lead == 0xf0)
        low = 0x90;
    else if (lead == 0xed)
        high = 0x9f;
    else if (lead == 0xf4)
        high = 0x8f;
    if (c->p[1] < low || c->p[1] > high)
        return false;
    for (size_t i = 2; i <= more; i++)
        if (c->p[i] < 0x80 || c->p[i] > 0xbf)
            return false;
    c->p += 1 + more;
    return true;
}

/* After a backslash. A control character without a short form is \u00 and two lower-case digits. */
static bool canon_escape(struct canon *c)
{
    if (c->p == c->end)
        return false;
    unsigned char kind = *c->p++;
    if (kind != 'u')
        return kind != '\0' && strchr("btnfr\"\\", kind) != NULL;
    if (!canon_word(c, "00", 2) || c->end - c->p < 2)
        return false;
    unsigned char high = *c->p++, low = *c->p++;
    const char *digit = low != '\0' ? strchr("0123456789abcdef", low) : NULL;
    if ((high != '0' && high != '1') || digit == NULL)
        return false;
    unsigned value = (high == '1' ? 16u : 0u) + (low >= 'a' ? low - 'a' + 10u : low - '0' + 0u);
    return value != 0 && (value < 8 || value > 13 || value == 11);
}

static bool canon_string(struct canon *c)
{
    if (!canon_take(c, '"'))
        return false;
    while (c->p < c->end) {
        unsigned char b = *c->p;
        if (b >= 0x80) {
            if (!canon_utf8(c))
                return false;
            continue;
        }
        c->p++;
        if (b == '"')
            return true;
        if (b < 0x20 || (b == '\\' && !canon_escape(c)))
            return false;
    }
    return false;
}

static bool canon_integer(struct canon *c)
{
    uint64_t v = 0;
    bool minus = canon_take(c, '-');
    if (canon_take(c, '0'))
        return !minus;
    if (c->p == c->end || *c->p < '1' || *c->p > '9')
        return false;
    for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++) {
        v = v * 10 + (uint64_t)(*c->p - '0');
        if (v > CANON_INT_MAX)
            return false;
    }
    return true;
}

/* Plain ASCII without escapes, later than the key before it. */
static bool canon_key(struct canon *c, const unsigned char **prev, size_t *prev_len)
{
    if (!canon_take(c, '"'))
        return false;
    const unsigned char *key = c->p;
    while (c->p < c->end && *c->p != '"') {
        if (*c->p < 0x20 || *c->p >= 0x80 || *c->p == '\\')
            return false;
        c->p++;
    }
    size_t n = (size_t)(c->p - key);
    if (*prev != NULL) {
        int order = memcmp(*prev, key, n < *prev_len ? n : *prev_len);
        if (order > 0 || (order == 0 && n <= *prev_len))
            return false;
    }
    *prev = key;
    *prev_len = n;
    return canon_take(c, '"') && canon_take(c, ':');
}

static bool canon_value(struct canon *c, int depth);

static bool canon_members(struct canon *c, int depth)
{
    const unsigned char *prev = NULL;
    size_t prev_len = 0;
    if (!canon_take(c, '{'))
        return false;
    if (canon_take(c, '}'))
        return true;
    do {
        if (!canon_key(c, &prev, &prev_len) || !canon_value(c, depth + 1))
            return false;
    } while (canon_take(c, ','));
    return canon_take(c, '}');
}

static bool canon_items(struct canon *c, int depth)
{
    if (!canon_take(c, '['))
        return false;
    if (canon_take(c, ']'))
        return true;
    do {
        if (!canon_value(c, depth + 1))
            return false;
    } while (canon_take(c, ','));
    return canon_take(c, ']');
}

static bool canon_value(struct canon *c, int depth)
{
    if (c->p == c->end || depth > CANON_DEPTH_MAX)
        return false;
    switch (*c->p) {
    case '"': return canon_string(c);
    case '{': return canon_members(c, depth);
    case '[': return canon_items(c, depth);
    case 't': return canon_word(c, "true", 4);
    case 'f': return canon_word(c, "false", 5);
    case 'n': return canon_word(c, "null", 4);
    default: return canon_integer(c);
    }
}

bool canonical_object(const char *text, size_t n)
{
    const unsigned char *p = (const unsigned char *)text;
    struct canon c = { p, p + n };
    return canon_members(&c, 0) && c.p == c.end;
}
