/* csv.c - writing and reading comma-separated values. */
#include "jemput/csv.h"

#include <string.h>

static bool csv_computes(char c)
{
    return c != '\0' && strchr("=+-@\t\r", c) != NULL;
}

/* An apostrophe that stands before what would be guarded would be taken for a guard: it gets one too. */
static bool csv_guarded(const char *text)
{
    return csv_computes(text[strspn(text, "'")]);
}

void jem_csv_cell(struct jem_buf *out, const char *text, bool first)
{
    bool quote = strpbrk(text, ",\"\r\n") != NULL;
    if (!first)
        jem_buf_byte(out, ',');
    if (quote)
        jem_buf_byte(out, '"');
    if (csv_guarded(text))
        jem_buf_byte(out, '\'');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"')
            jem_buf_byte(out, '"');
        jem_buf_byte(out, (unsigned char)*p);
    }
    if (quote)
        jem_buf_byte(out, '"');
}

void jem_csv_end(struct jem_buf *out)
{
    jem_buf_str(out, "\r\n");
}

struct csv {
    const char *p, *end;
    size_t line; /* of the text, for messages */
    struct jem_buf cell;
    json_t *row, *rows;
    bool some; /* the row has more than one empty cell */
};

static enum jem_code csv_take(struct csv *c, struct jem_error *err)
{
    const char *text = jem_buf_text(&c->cell);
    if (text[0] == '\'' && csv_guarded(text))
        text++;
    if (c->cell.failed)
        return jem_fail_nomem(err);
    if (memchr(jem_buf_text(&c->cell), '\0', c->cell.len) != NULL ||
        json_array_append_new(c->row, json_string(text)) != 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_BASE, 0, JEM_T_CSV_TEXT, c->line);
    c->some = c->some || c->cell.len > 0 || json_array_size(c->row) > 1;
    jem_buf_clear(&c->cell);
    return JEM_OK;
}

/* Up to and with the closing quote. */
static enum jem_code csv_quoted(struct csv *c, struct jem_error *err)
{
    size_t began = c->line;
    for (c->p++; c->p < c->end; c->p++) {
        if (*c->p == '\n')
            c->line++;
        if (*c->p == '"' && (c->p + 1 == c->end || c->p[1] != '"'))
            break;
        jem_buf_byte(&c->cell, (unsigned char)*c->p);
        if (*c->p == '"')
            c->p++;
    }
    if (c->p == c->end)
        return jem_fail(err, JEM_EINVAL, JEM_D_BASE, 0, JEM_T_CSV_QUOTE, began);
    c->p++;
    if (c->p < c->end && strchr(",\r\n", *c->p) == NULL)
        return jem_fail(err, JEM_EINVAL, JEM_D_BASE, 0, JEM_T_CSV_QUOTE, c->line);
    return JEM_OK;
}

static enum jem_code csv_line_end(struct csv *c, struct jem_error *err)
{
    enum jem_code rc = csv_take(c, err);
    if (rc == JEM_OK && c->some && json_array_append(c->rows, c->row) != 0)
        rc = jem_fail_nomem(err);
    json_decref(c->row);
    c->row = json_array();
    c->some = false;
    return rc == JEM_OK && c->row == NULL ? jem_fail_nomem(err) : rc;
}

enum jem_code jem_csv_read(const char *text, size_t n, json_t **out, struct jem_error *err)
{
    struct csv c = { .p = text, .end = text + n, .line = 1, .cell = JEM_BUF_INIT((size_t)1 << 20) };
    enum jem_code rc = JEM_OK;
    *out = NULL;
    c.row = json_array();
    c.rows = json_array();
    if (c.row == NULL || c.rows == NULL)
        rc = jem_fail_nomem(err);
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        c.p += 3;
    while (rc == JEM_OK && c.p < c.end) {
        if (*c.p == '"' && c.cell.len == 0)
            rc = csv_quoted(&c, err);
        else if (*c.p == '"')
            rc = jem_fail(err, JEM_EINVAL, JEM_D_BASE, 0, JEM_T_CSV_QUOTE, c.line);
        else if (*c.p == ',') {
            rc = csv_take(&c, err);
            c.p++;
        } else if (*c.p == '\n' || (*c.p == '\r' && c.p + 1 < c.end && c.p[1] == '\n')) {
            rc = csv_line_end(&c, err);
            c.p += *c.p == '\r' ? 2 : 1;
            c.line++;
        } else
            jem_buf_byte(&c.cell, (unsigned char)*c.p++);
    }
    if (rc == JEM_OK && (c.cell.len > 0 || json_array_size(c.row) > 0))
        rc = csv_line_end(&c, err);
    if (rc == JEM_OK)
        *out = json_incref(c.rows);
    json_decref(c.row);
    json_decref(c.rows);
    jem_buf_release(&c.cell);
    return rc;
}
