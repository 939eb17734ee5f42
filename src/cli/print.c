/* print.c - results as people read them in a terminal: tables, labelled lines, files. */
#include <assert.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "jemput/file.h"
#include "jemput/nik.h"

#define COLUMNS_MAX 12
#define CELL_MAX 40 /* what a column grows to for a long value */

const struct jem_column jem_columns_list[] = {
    { "number", JEM_T_CLI_C_NUMBER, 16 },
    { "status_label", JEM_T_CLI_C_STATUS, 18 },
    { "sent", JEM_T_CLI_C_SENT, 13 },
    { "day", JEM_T_CLI_C_DAY, 11 },
    { "service_name", JEM_T_CLI_C_SERVICE, 30 },
    { "nik_masked", JEM_T_CLI_C_NIK, 17 },
    { "name", JEM_T_CLI_C_NAME, 0 },
    { NULL, JEM_T_NONE, 0 },
};

void jem_print_safe(FILE *f, const char *s)
{
    for (; *s; s++)
        fputc((unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s, f);
}

/* Columns a terminal gives to UTF-8 text: one a code point is right for the scripts used here. */
static int width_of(const char *s)
{
    int n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

/* Bytes of the first `columns` characters of s. */
static size_t bytes_of(const char *s, int columns)
{
    size_t i = 0;
    for (; s[i]; i++)
        if (((unsigned char)s[i] & 0xC0) != 0x80 && columns-- == 0)
            break;
    return i;
}

void jem_print_cell(const char *s, int width)
{
    jem_print_safe(stdout, s);
    for (int n = width_of(s); n < width; n++)
        putchar(' ');
    putchar(' ');
}

static const char *cell_text(const json_t *row, const char *key, char num[32])
{
    const json_t *v = json_object_get(row, key);
    if (json_is_string(v))
        return json_string_value(v);
    if (json_is_true(v))
        return jem_text(JEM_T_CLI_YES);
    if (json_is_integer(v)) {
        snprintf(num, 32, "%lld", (long long)json_integer_value(v));
        return num;
    }
    return "";
}

/* As wide as the heading and the widest value, between the column's own width and CELL_MAX; the last is 0, and not padded. */
static int column_width(const json_t *rows, const struct jem_column *c)
{
    size_t i;
    json_t *row;
    char num[32];
    int most = c->width > CELL_MAX ? c->width : CELL_MAX, width = c->width;
    if (c->width == 0)
        return 0;
    json_array_foreach(rows, i, row)
    {
        int n = width_of(cell_text(row, c->key, num));
        width = n > width ? n : width;
    }
    width = width < most ? width : most;
    int head = width_of(jem_text(c->head));
    return head > width ? head : width;
}

void jem_print_rows(const json_t *rows, const struct jem_column *columns)
{
    size_t i;
    json_t *row;
    char num[32], cut[512];
    int widths[COLUMNS_MAX] = { 0 };
    if (json_array_size(rows) == 0) {
        puts(jem_text(JEM_T_CLI_NOTHING));
        return;
    }
    for (int k = 0; columns[k].key; k++) {
        assert(k < COLUMNS_MAX);
        widths[k] = column_width(rows, &columns[k]);
        jem_print_cell(jem_text(columns[k].head), widths[k]);
    }
    putchar('\n');
    json_array_foreach(rows, i, row)
    {
        for (int k = 0; columns[k].key; k++) {
            const char *s = cell_text(row, columns[k].key, num);
            if (widths[k] > 0 && width_of(s) > widths[k]) {
                snprintf(cut, sizeof cut, "%.*s…", (int)bytes_of(s, widths[k] - 1), s);
                s = cut;
            }
            jem_print_cell(s, widths[k]);
        }
        putchar('\n');
    }
}

void jem_print_line(enum jem_text label, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    jem_print_cell(jem_text(label), JEM_LABEL_WIDTH);
    jem_print_safe(stdout, text);
    putchar('\n');
}

void jem_print_dress(json_t *rows)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        char mask[40];
        bool durable = jem_json_bool(row, "durable", false), confirmed = jem_json_bool(row, "confirmed", false);
        enum jem_text sent = durable ? JEM_T_CLI_DURABLE : confirmed ? JEM_T_CLI_CONFIRMED : JEM_T_CLI_RECORDED;
        jem_nik_mask(jem_json_str(row, "nik", ""), mask);
        json_object_set_new(row, "nik_masked", json_string(mask));
        json_object_set_new(row, "sent", json_string(jem_text(sent)));
    }
}

/* A copy: the command may have borrowed what it tells. */
static json_t *masked(const json_t *v)
{
    const char *key;
    size_t i;
    json_t *item, *copy;
    char mask[40];
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        copy = json_object();
        json_object_foreach((json_t *)v, key, item) json_object_set_new(copy, key, masked(item));
        return copy;
    case JSON_ARRAY:
        copy = json_array();
        json_array_foreach(v, i, item) json_array_append_new(copy, masked(item));
        return copy;
    case JSON_STRING:
        if (!jem_nik_shaped(json_string_value(v)))
            break;
        jem_nik_mask(json_string_value(v), mask);
        return json_string(mask);
    default: break;
    }
    return json_incref((json_t *)v);
}

void jem_cli_mask(struct jem_cli *cli)
{
    if (cli->app == NULL || cli->out == NULL || jem_store_role(jem_app_store(cli->app)) != JEM_ROLE_HQ)
        return;
    json_t *copy = masked(cli->out);
    json_decref(cli->out);
    cli->out = copy;
}

enum jem_code jem_cli_deliver(struct jem_cli *cli, const char *path, const struct jem_buf *bytes)
{
    if (path && strcmp(path, "-") != 0) {
        if (strncmp(path, "/dev/", 5) != 0)
            return jem_file_write(path, bytes->data, bytes->len, 0600, &cli->err);
        FILE *device = fopen(path, "wb"); /* a printer: nothing to rename */
        bool ok = device && fwrite(bytes->data, 1, bytes->len, device) == bytes->len;
        if (device && fclose(device) != 0)
            ok = false;
        return ok ? JEM_OK : jem_fail(&cli->err, JEM_EIO, JEM_D_CLI, 0, JEM_T_CLI_DEVICE, path);
    }
    if (cli->json)
        return jem_cli_usage(cli, JEM_T_CLI_JSON_NEEDS_FILE, "-o");
    if (isatty(STDOUT_FILENO) && memchr(bytes->data, 0, bytes->len))
        return jem_cli_usage(cli, JEM_T_CLI_BINARY_TO_TERMINAL, "-o");
    if (fwrite(bytes->data, 1, bytes->len, stdout) != bytes->len)
        return jem_fail(&cli->err, JEM_EIO, JEM_D_CLI, 0, JEM_T_CLI_DEVICE, "stdout");
    return JEM_OK;
}

enum jem_code jem_cli_deliver_paper(struct jem_cli *cli, const struct jem_buf *bytes, const char *mime)
{
    const char *path = jem_cli_opt(cli, "-o");
    enum jem_code rc = jem_cli_deliver(cli, path, bytes);
    if (rc == JEM_OK && cli->json)
        cli->out = json_pack("{s:s, s:s, s:I}", "file", path, "mime", mime, "bytes", (json_int_t)bytes->len);
    return rc;
}
