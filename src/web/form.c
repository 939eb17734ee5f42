/* form.c - reads what a browser sends; everything is refused that a browser would not send. */
#include "form.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- characters ---- */

static int form_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool web_unescape(char *text, bool plus)
{
    char *to = text;
    for (const char *p = text; *p; p++) {
        if (*p == '+' && plus) {
            *to++ = ' ';
            continue;
        }
        if (*p != '%') {
            *to++ = *p;
            continue;
        }
        int hi = form_hex(p[1]), lo = hi < 0 ? -1 : form_hex(p[2]);
        if (lo < 0 || (hi == 0 && lo == 0))
            return false;
        *to++ = (char)(hi << 4 | lo);
        p += 2;
    }
    *to = '\0';
    return true;
}

/* Length of the UTF-8 sequence at p (RFC 3629: shortest form, no surrogates, up to U+10FFFF), 0 when ill-formed. */
static size_t form_utf8(const unsigned char *p)
{
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool bad = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
               (p[0] == 0xf4 && p[1] > 0x8f);
    return bad ? 0 : n;
}

bool web_text_ok(const char *text, bool lines)
{
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        if ((*p < 0x20 && !(lines && (*p == '\t' || *p == '\n'))) || *p == 0x7f)
            return false;
        size_t n = form_utf8(p);
        if (n == 0)
            return false;
        p += n;
    }
    return true;
}

static void form_newlines(char *text)
{
    char *to = text;
    for (const char *p = text; *p; p++) {
        if (*p == '\r' && p[1] == '\n')
            continue;
        *to++ = *p;
    }
    *to = '\0';
}

/* ---- the form ---- */

static bool form_add(struct web_form *form, const char *name, char *value)
{
    if (form->count == WEB_FORM_FIELDS_MAX)
        return false;
    form_newlines(value);
    if (!web_text_ok(name, false) || !web_text_ok(value, true))
        return false;
    if (form->fields == NULL && (form->fields = calloc(WEB_FORM_FIELDS_MAX, sizeof *form->fields)) == NULL)
        return false;
    form->fields[form->count++] = (struct web_field){ .name = name, .value = value };
    return true;
}

static bool form_add_file(struct web_form *form, const struct web_file *file)
{
    if (file->size == 0 && *file->filename == '\0')
        return true; /* an input that was left empty */
    if (form->file_count == WEB_FORM_FILES_MAX || !web_text_ok(file->name, false))
        return false;
    if (form->files == NULL && (form->files = calloc(WEB_FORM_FILES_MAX, sizeof *form->files)) == NULL)
        return false;
    form->files[form->file_count++] = *file;
    return true;
}

void web_form_release(struct web_form *form)
{
    free(form->fields);
    free(form->files);
    *form = (struct web_form){ 0 };
}

const char *web_form_get(const struct web_form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (strcmp(form->fields[i].name, name) == 0)
            return form->fields[i].value;
    return NULL;
}

const char *web_form_text(const struct web_form *form, const char *name)
{
    const char *value = web_form_get(form, name);
    return value != NULL ? value : "";
}

int64_t web_form_number(const struct web_form *form, const char *name, int64_t fallback)
{
    const char *text = web_form_text(form, name);
    size_t n = strlen(text);
    return n > 0 && n <= 18 && strspn(text, "0123456789") == n ? strtoll(text, NULL, 10) : fallback;
}

bool web_form_urlencoded(char *text, struct web_form *out)
{
    *out = (struct web_form){ 0 };
    for (char *p = text; p != NULL && *p;) {
        char *next = strchr(p, '&');
        if (next != NULL)
            *next++ = '\0';
        if (*p) {
            char *value = strchr(p, '=');
            if (value != NULL)
                *value++ = '\0';
            else
                value = p + strlen(p);
            if (!web_unescape(p, true) || !web_unescape(value, true) || !form_add(out, p, value)) {
                web_form_release(out);
                return false;
            }
        }
        p = next;
    }
    return true;
}

/* ---- multipart ---- */

/* Parameter `key` of a header value such as  form-data; name="kk"; filename="a.png" , cut out in place. */
static char *part_parameter(char *value, const char *key)
{
    size_t n = strlen(key);
    bool quoted = false;
    for (char *p = value; *p; p++) {
        if (*p == '"')
            quoted = !quoted;
        if (quoted || *p != ';')
            continue;
        char *q = p + 1 + strspn(p + 1, " \t");
        if (strncasecmp(q, key, n) != 0 || q[n] != '=' || q[n + 1] != '"')
            continue;
        char *start = q + n + 2, *close = strchr(start, '"');
        if (close != NULL)
            *close = '\0';
        return close != NULL ? start : NULL;
    }
    return NULL;
}

/* The names of a part from its header block, which ends with NUL. */
static bool part_names(char *head, char **name, char **filename)
{
    *name = *filename = NULL;
    for (char *line = head; line != NULL && *line;) {
        char *next = strstr(line, "\r\n");
        if (next != NULL) {
            *next = '\0';
            next += 2;
        }
        static const char wanted[] = "content-disposition:";
        if (strncasecmp(line, wanted, sizeof wanted - 1) == 0) {
            char *copy = line + sizeof wanted - 1;
            /* filename stands behind name: taken first, because taking cuts the text. */
            *filename = part_parameter(copy, "filename");
            *name = part_parameter(copy, "name");
        }
        line = next;
    }
    return *name != NULL;
}

static const char *part_base_name(const char *filename)
{
    for (const char *p = filename; *p; p++)
        if ((*p == '/' || *p == '\\') && p[1])
            filename = p + 1;
    return web_text_ok(filename, false) ? filename : "";
}

static bool part_add(struct web_form *out, char *part, size_t size)
{
    char *head_end = memmem(part, size, "\r\n\r\n", 4);
    if (head_end == NULL)
        return false;
    char *name, *filename, *value = head_end + 4;
    size_t value_size = size - (size_t)(value - part);
    *head_end = '\0';
    if (memchr(part, '\0', (size_t)(head_end - part)) != NULL || !part_names(part, &name, &filename))
        return false;
    if (filename != NULL)
        return form_add_file(out, &(struct web_file){ .name = name,
                                      .filename = part_base_name(filename),
                                      .bytes = (const unsigned char *)value,
                                      .size = value_size });
    if (memchr(value, '\0', value_size) != NULL)
        return false;
    value[value_size] = '\0'; /* on the CR of the boundary */
    return form_add(out, name, value);
}

/* "\r\n--" and the boundary; 0 when the header names none that RFC 2046 allows. */
static size_t multipart_delimiter(const char *content_type, char out[80])
{
    const char *p = strcasestr(content_type, "boundary=");
    if (p == NULL)
        return 0;
    p += strlen("boundary=");
    bool quoted = *p == '"';
    p += quoted;
    size_t n = strcspn(p, quoted ? "\"" : "; \t");
    if (n == 0 || n > 70)
        return 0;
    memcpy(out, "\r\n--", 4);
    memcpy(out + 4, p, n);
    return n + 4;
}

bool web_form_multipart(char *body, size_t size, const char *content_type, struct web_form *out)
{
    char mark[80];
    *out = (struct web_form){ 0 };
    size_t mark_size = multipart_delimiter(content_type, mark);
    char *end = body + size;
    /* The first boundary opens the body without the line break before it. */
    if (mark_size == 0 || size < mark_size || memcmp(body, mark + 2, mark_size - 2) != 0)
        return false;
    char *p = body + mark_size - 2;
    while (end - p >= 2 && memcmp(p, "\r\n", 2) == 0) {
        p += 2;
        char *next = memmem(p, (size_t)(end - p), mark, mark_size);
        if (next == NULL || !part_add(out, p, (size_t)(next - p)))
            break;
        p = next + mark_size;
    }
    if (end - p >= 2 && memcmp(p, "--", 2) == 0)
        return true;
    web_form_release(out);
    return false;
}
