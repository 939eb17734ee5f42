/* glance.c - a submission's row without a parse tree: HQ takes tens of thousands of them in one unit. */
#include "glance.h"

#include <string.h>

#define GLANCE_DEPTH 8

struct glance {
    const char *p, *end;
};

static bool glance_char(struct glance *g, char c)
{
    if (g->p == g->end || *g->p != c)
        return false;
    g->p++;
    return true;
}

/* A string; there are no escapes in the whole body. */
static bool glance_string(struct glance *g, const char **s, size_t *n)
{
    if (!glance_char(g, '"'))
        return false;
    const char *close = memchr(g->p, '"', (size_t)(g->end - g->p));
    if (close == NULL)
        return false;
    *s = g->p;
    *n = (size_t)(close - g->p);
    g->p = close + 1;
    return true;
}

static bool glance_skip(struct glance *g)
{
    const char *s = NULL;
    size_t n = 0;
    int depth = 0;
    do {
        if (g->p == g->end)
            return false;
        char c = *g->p;
        if (c == '"') {
            if (!glance_string(g, &s, &n))
                return false;
        } else if (c == '{' || c == '[') {
            if (++depth > GLANCE_DEPTH)
                return false;
            g->p++;
        } else if (c == '}' || c == ']') {
            depth--;
            g->p++;
        } else if (depth > 0) {
            g->p++;
        } else { /* a number or a literal */
            while (g->p < g->end && *g->p != ',' && *g->p != '}' && *g->p != ']')
                g->p++;
        }
    } while (depth > 0);
    return depth == 0;
}

static bool glance_is(const char *s, size_t n, const char *name)
{
    return strlen(name) == n && memcmp(s, name, n) == 0;
}

static bool glance_value(struct glance *g, char out[JEM_GLANCE_BYTES])
{
    const char *s = NULL;
    size_t n = 0;
    if (!glance_string(g, &s, &n) || n >= JEM_GLANCE_BYTES)
        return false;
    memcpy(out, s, n);
    out[n] = '\0';
    return true;
}

/* The members of one object; `fields` tells which of the two kinds it is. */
static bool glance_object(struct glance *g, bool fields, struct jem_glance *out)
{
    const char *key = NULL;
    size_t n = 0;
    if (!glance_char(g, '{'))
        return false;
    if (glance_char(g, '}'))
        return true;
    do {
        bool ok = glance_string(g, &key, &n) && glance_char(g, ':');
        if (ok && !fields && glance_is(key, n, "service"))
            ok = glance_value(g, out->service);
        else if (ok && !fields && glance_is(key, n, "fields"))
            ok = glance_object(g, true, out);
        else if (ok && fields && glance_is(key, n, "name"))
            ok = glance_value(g, out->name);
        else if (ok && fields && glance_is(key, n, "nik"))
            ok = glance_value(g, out->nik);
        else if (ok && fields && glance_is(key, n, "village"))
            ok = glance_value(g, out->village);
        else if (ok)
            ok = glance_skip(g);
        if (!ok)
            return false;
    } while (glance_char(g, ','));
    return glance_char(g, '}');
}

bool jem_glance_submitted(const char *body, size_t n, struct jem_glance *out)
{
    struct glance g = { body, body + n };
    out->service[0] = out->name[0] = out->nik[0] = out->village[0] = '\0';
    return memchr(body, '\\', n) == NULL && glance_object(&g, false, out) && g.p == g.end;
}
